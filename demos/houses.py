"""House prices from area and age, compared with least squares; or columns of your own CSV file.

The model is trained on 211 real houses (Baltimore, 1978) by full-batch gradient descent on
standardised features, and reported in dollars per square foot and per year. --area and --age
predict the price of one house. --csv FILE --target NAME --features A,B does the same with columns
of your own file, and --at predicts from them.
"""

from __future__ import annotations

import argparse
import math
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator

from demos.__main__ import main
from demos._shared.csv_columns import parse_number, read_columns
from linreg_np import (
    curvature,
    fit,
    load_houses,
    max_lr,
    predict,
    standardise,
    unstandardise,
)
from linreg_np.plotting import BLUE

MAX_STEPS = 100_000


class Table(NamedTuple):
    """Features and target, with their names."""

    title: str
    X: Any
    y: Any
    features: list[str]
    target: str
    labels: list[str]  # of the weights and the bias
    row: str = "row of the data"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--area", type=finite, metavar="FEET²", help="area of the house in square feet"
    )
    parser.add_argument("--age", type=finite, metavar="YEARS", help="age of the house in years")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="your own data; the first line names the columns"
    )
    parser.add_argument("--target", metavar="NAME", help="with --csv: the column to predict")
    parser.add_argument("--features", metavar="A,B", help="with --csv: the columns to use")
    parser.add_argument(
        "--at", type=finite, nargs="+", metavar="X", help="with --csv: feature values to predict at"
    )


def finite(text: str) -> float:
    """`parse_number` for argparse."""
    try:
        return parse_number(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    check_options(args)
    table = read_csv(args.csv, args.target, args.features.split(",")) if args.csv else load_table()
    at = args.at or ([] if args.area is None else [args.area, args.age])
    if at and len(at) != len(table.features):
        raise ValueError(
            f"--at needs {len(table.features)} numbers, one per feature, got {len(at)}"
        )
    trained, least_squares, steps = train(table, args.seed)
    y_hat = predict(table.X, *trained)
    rms = math.sqrt(((y_hat - table.y) ** 2).mean())
    r2 = 1 - rms**2 / table.y.var()
    yield "houses_csv.png" if args.csv else "houses.png", draw(table, y_hat, r2)
    print(f"{table.title}\nFull-batch descent on standardised features, {steps} steps\n")
    print(f"{'':30}{'trained':>18}{'least squares':>18}")
    pairs = zip([*trained[0], trained[1]], [*least_squares[0], least_squares[1]], strict=True)
    for label, (ours, exact) in zip(table.labels, pairs, strict=True):
        print(f"{label:30}{ours:>18,.6g}{exact:>18,.6g}")
    print(f"\nR² = {r2:.3f}; root mean square error {rms:,.6g}")
    if at:
        print(describe_prediction(table, at, float(predict([at], *trained)[0]), rms))


def check_options(args: argparse.Namespace) -> None:
    """Raise for options that do not go together."""
    csv_options = (args.csv, args.target, args.features)
    house = (args.area, args.age)
    if any(csv_options) and not all(csv_options):
        raise ValueError("--csv, --target and --features go together: pass all three or none")
    if args.csv and house != (None, None):
        raise ValueError("--area and --age do not go with --csv; pass --at")
    if args.at and not args.csv:
        raise ValueError("--at needs --csv; for the houses pass --area and --age")
    if (args.area is None) != (args.age is None):
        raise ValueError("--area (square feet) and --age (years) go together: pass both or none")
    if args.area is not None and (args.area <= 0 or args.age < 0):
        raise ValueError(f"--area must be positive and --age must not be negative, got {house}")


def load_table() -> Table:
    X, y = load_houses()
    return Table(
        "211 houses sold in Baltimore in 1978 (Dubin 1992); prices in $ of that year",
        X * [100, 1],  # square feet, years
        y * 1000,  # dollars
        ["area", "age"],
        "price in $",
        ["area, $ per square foot", "age, $ per year", "constant, $"],
        "house",
    )


def read_csv(file: Path, target: str, names: list[str]) -> Table:
    features = [name.strip() for name in names]
    if len({*features, target}) <= len(features):
        raise ValueError("--features and --target must name different columns, each once")
    columns = read_columns(file, [*features, target])
    for name, column in zip([*features, target], columns.T, strict=True):
        if np.ptp(column) <= 1e-12 * np.abs(column).max():
            raise ValueError(
                f"{file}: column {name!r} is constant ({column[0]:g} in every row), so it cannot "
                "be standardised; leave it out"
            )
    title = f"{file}: {target} from {', '.join(features)}, {len(columns)} rows"
    labels = [*features, "constant"]
    return Table(title, columns[:, :-1], columns[:, -1], features, target, labels)


def train(table: Table, seed: int) -> tuple[tuple[Any, float], tuple[Any, float], int]:
    """(w, b) by descent and by least squares, in the units of the table; and the steps taken."""
    X, y = table.X, table.y
    Z, mean, std = standardise(X)
    (*v, c), _, rank, _ = np.linalg.lstsq(np.column_stack([Z, np.ones(len(y))]), y, rcond=None)
    if rank <= X.shape[1]:
        raise ValueError(
            f"{X.shape[1]} features need {X.shape[1] + 1} rows or more, and none may "
            f"depend on the others, got {len(y)} rows of rank {rank}"
            f"{dependence(Z, table.features)}; add rows, or leave one out"
        )
    steps = count_steps(Z)
    path = fit(Z, y, lr=max_lr(Z) / 2, batch_size=len(y), epochs=steps, rng=seed)
    trained, exact = (unstandardise(w, b, mean, std) for w, b in (path[-1], (v, c)))
    return trained, exact, steps


def dependence(Z: Any, names: list[str]) -> str:
    """Which feature follows from which of those before it, the first one that does."""
    for j in range(1, Z.shape[1] if len(Z) > Z.shape[1] else 0):
        parts = np.linalg.lstsq(Z[:, :j], Z[:, j], rcond=None)[0]
        if abs(Z[:, :j] @ parts - Z[:, j]).max() < 1e-9:
            others = [name for name, part in zip(names, parts, strict=False) if abs(part) > 1e-9]
            return f": {names[j]} follows from {', '.join(others)}"
    return ""


def count_steps(Z: Any) -> int:
    """T with (1 − λ_min/λ_max)ᵀ = 10⁻¹², the part of the distance to the minimum that is left."""
    low, *_, high = np.linalg.eigvalsh(curvature(Z))
    steps = math.log(1e-12) / math.log1p(-np.clip(low / high, 1e-9, 0.999))
    if steps > MAX_STEPS:
        warnings.warn(
            f"the features are nearly dependent: descent would need {steps:.0f} steps and stops "
            f"after {MAX_STEPS}; use the least-squares column",
            stacklevel=2,
        )
    return min(math.ceil(steps), MAX_STEPS)


def describe_prediction(table: Table, at: list[float], y_hat: float, rms: float) -> str:
    """The prediction, and a warning where it leaves the data."""
    values = ", ".join(f"{name} = {x:,g}" for name, x in zip(table.features, at, strict=True))
    lines = [f"At {values}: {table.target} = {y_hat:,.6g} ± {rms:,.6g}"]
    for name, x, column in zip(table.features, at, table.X.T, strict=True):
        low, high = column.min(), column.max()
        if not low <= x <= high:
            lines.append(
                f"Extrapolated: {name} = {x:,g} is outside the data ({low:,g} to {high:,g})"
            )
    return "\n".join(lines)


def draw(table: Table, y_hat: Any, r2: float) -> Any:
    fig, ax = plt.subplots(figsize=(6, 5), layout="constrained")
    names = table.features if len(table.features) < 3 else [f"{len(table.features)} features"]
    title = f"{table.target} from {' and '.join(names)}: R² = {r2:.3f}"
    ends = np.array([min(table.y.min(), y_hat.min()), max(table.y.max(), y_hat.max())])
    ax.plot(ends, ends, color="black", linestyle=":", label="predicted = real")
    ax.plot(table.y, y_hat, "o", color=BLUE, alpha=0.6, mec="white", label=f"one {table.row}")
    target = table.target.replace("$", r"\$")  # matplotlib would read mathematics between two
    limits = ends + 0.05 * np.ptp(ends) * np.array([-1, 1])
    ax.set(xlabel=f"real {target}", ylabel=f"predicted {target}", xlim=limits, ylim=limits)
    ax.set(aspect="equal")
    if y_hat.min() < 0 <= table.y.min():
        annotate_lowest(ax, table, y_hat)
    ax.set_title(title.replace("$", r"\$"), wrap=True)
    for axis in (ax.xaxis, ax.yaxis):  # the same numbers on both
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,g}")
    ax.legend(loc="upper left")
    return fig


def annotate_lowest(ax: Any, table: Table, y_hat: Any) -> None:
    """Name the row whose prediction is below zero, where no label is."""
    i = int(y_hat.argmin())
    values = ", ".join(f"{name} {x:,g}" for name, x in zip(table.features, table.X[i], strict=True))
    ax.annotate(
        f"below zero: {values}",
        (table.y[i], y_hat[i]),
        (12, -3),
        textcoords="offset points",
        va="center",
    )


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
