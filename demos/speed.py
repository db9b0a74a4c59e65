"""Speed, compared with torch, scikit-learn and plain loops that do the same computation.

Each row times our code and a baseline in turns, on one machine in one run. The table shows the
median of the ratios of the pairs, their quartiles, the ratio of the fastest times, which a busy
machine affects least, and the median times. The baselines are written as their users write them:
torch's loop is that of *Dive into Deep Learning* (float64, with torch's default number of threads).
scikit-learn's SGDRegressor, numba and jax are compiled and keep no path, which ours and torch's
loop do; SGDRegressor takes one step per sample. Rows without a target, at the end, are ones where
the baseline is faster or optional. Results are compared before timing.

A full run takes about 5 minutes. scikit-learn, numba and jax are optional:
pip install '.[bench,peers]'.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from demos import WIDTH
from demos.__main__ import main
from demos._speed.baselines import torch_descent, torch_fit
from demos._speed.benchmarks import (
    LR,
    QUICK,
    Sizes,
    all_benchmarks,
    data,
    descend,
    size,
    sklearn_train,
    train,
)
from demos._speed.timing import Call, measure, time_calls
from linreg_np import fit, fit_affine
from linreg_np.plotting import BLUE, GREEN, ORANGE, VERMILLION

Line = dict[int, Call]  # what is timed at each x of a curve
REPEATS = 7  # of each point of a curve
NOTES = """
target   the floor that this project has set itself: theirs/ours must be at least this. With '<' it
         is a ceiling: ours/theirs must be below. 'missed' says that it was not so in this run.
ratio    the median of theirs/ours, or with '<' of ours/theirs
SGDRegressor, numba and jax keep no path: they return the last w and b alone. Rows without a target
are ones where the baseline is faster or optional."""
LOOKS: dict[str, dict[str, Any]] = {
    "fit": {"color": BLUE, "marker": "o"},
    "fit_affine": {"color": GREEN, "marker": "s", "linewidth": 2.5},
    "LossSurface.descend": {"color": GREEN, "marker": "s", "linewidth": 2.5},
    "the loop in torch": {"color": VERMILLION, "marker": "^", "linestyle": "--"},
    "torch autograd": {"color": VERMILLION, "marker": "^", "linestyle": "--"},
    "SGDRegressor": {"color": ORANGE, "marker": "D", "linestyle": ":"},
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="also write speed.json")
    parser.add_argument(
        "--quick", action="store_true", help="use small sizes; timings are not meaningful"
    )


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    sizes, seconds = (QUICK, 0.0) if args.quick else (Sizes(), 6.0)
    about = machine()
    print("\n".join(f"{key:13}{value}" for key, value in about.items()), end="\n\n")
    print(f"{'':59}{'':19}{'':>6}{'':>7}{'':>14}{'of the':>9}{'ours':>9}{'theirs':>9}")
    print(
        f"{'row':6}{'benchmark':53}{'baseline':19}{'target':>6}{'ratio':>7}{'quartiles':>14}{'fastest':>9}"
        f"{'ms':>9}{'ms':>9}"
    )
    benchmarks, rows = all_benchmarks(sizes, args.seed), []
    for i, benchmark in enumerate(benchmarks, 1):
        rows.append(measure(benchmark, seconds))
        print(f"{i:2}/{len(benchmarks)} {format_row(rows[-1])}", flush=True)
    print(NOTES)
    if args.quick:
        print("--quick: the sizes are too small for meaningful timings, and for the targets")
    print("\nnow the curves of the picture", flush=True)
    curves = measure_curves(args.quick, args.seed)
    yield "speed.png", draw(curves)
    if args.json:
        found = {"machine": about, "rows": rows, "curves": curves}
        yield "speed.json", json.dumps(found, indent=1) + "\n"


def machine() -> dict[str, str]:
    """The machine and the versions that were measured."""
    cpuinfo, blas = Path("/proc/cpuinfo"), np.show_config("dicts")["Build Dependencies"]["blas"]
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    import torch  # here, so that --help needs no torch

    return {
        "CPU": f"{model[0] if model else platform.machine()}, {os.cpu_count()} cores{load}",
        "Python": f"{platform.python_version()} on {platform.system()}",
        "NumPy": f"{np.__version__}, {blas['name']} {blas.get('version', '')}",
        "torch": f"{torch.__version__}, {torch.get_num_threads()} threads",
        **{name: installed_version(name) for name in ("scikit-learn", "numba", "jax")},
    }


def installed_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def format_row(row: dict[str, Any]) -> str:
    target = f"<{row['max_ratio']:g}" if row["max_ratio"] else f"{row['min_speedup'] or ''}"
    begin = f"{row['name']:53}{row['baseline']:19}{target:>6}"
    if row["ratio"] is None:
        return f"{begin}  {row['note']}"
    low, high = row["quartiles"]
    missed = "  missed" if row["met"] is False else ""
    return (
        f"{begin}{_short(row['ratio']):>7}{f'{_short(low)} – {_short(high)}':>14}"
        f"{_short(row['fastest']):>9}{_ms(row['ours']):>9}{_ms(row['theirs']):>9}{missed}"
    )


def _short(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:,.0f}" if seconds >= 1 else f"{1e3 * seconds:.4g}"


def measure_curves(quick: bool, seed: int) -> dict[str, dict[str, Any]]:
    """Quartiles of the seconds for an epoch of minibatches by n, and for descent by steps."""
    by_n: dict[str, Line] = {}
    for n in (20, 50) if quick else (100, 1000, 10_000, 100_000):
        X, y = data((n, 2), seed)
        trainers = {"fit": fit, "fit_affine": fit_affine, "the loop in torch": torch_fit}
        calls = {name: partial(train, trainer, X, y, 10, 1) for name, trainer in trainers.items()}
        for name, call in [*calls.items(), ("SGDRegressor", sklearn_train(X, y, 1))]:
            if call:
                by_n.setdefault(name, {})[n] = call
    X, y = data((100, 32) if quick else (100_000, 32), seed)
    autograd = partial(torch_descent, X, y, w=np.zeros(32), lr=LR)
    steps = (1, 10) if quick else (1, 3, 10, 30, 100, 300, 1000, 10_000)
    by_steps: dict[str, Line] = {
        "LossSurface.descend": {k: partial(descend, X, y, k) for k in steps},
        "torch autograd": {k: partial(autograd, steps=k) for k in steps if k <= 100},
    }
    return {
        "samples, one epoch in batches of 10": time_in_turns(by_n),
        f"steps of full batch, {size((X, y))}": time_in_turns(by_steps),
    }


def time_in_turns(lines: dict[str, Line]) -> dict[str, list[tuple[float, ...]]]:
    """The quartiles of the seconds at each point of each line, after a call that is not counted.

    In rounds over all points, so that no point alone meets a busy moment of the machine.
    """
    points = [(name, x, call) for name, line in lines.items() for x, call in line.items()]
    rounds = [[time_calls(call) for *_, call in points] for _ in range(REPEATS + 1)][1:]
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in lines}
    for (name, x, _), seconds in zip(points, zip(*rounds, strict=True), strict=True):
        found[name].append((x, *statistics.quantiles(seconds, method="inclusive")))
    return found


def draw(curves: dict[str, dict[str, Any]]) -> Any:
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.3), sharey=True, layout="constrained")
    fig.suptitle(
        "All steps of an epoch at once, and many full-batch steps in the time of the first"
    )
    places = "upper left", "lower right"
    for ax, (what, lines), place in zip(axes, curves.items(), places, strict=True):
        for name, points in lines.items():
            x, low, median, high = np.transpose(points)
            ax.fill_between(x, low, high, color=LOOKS[name]["color"], alpha=0.25, linewidth=0)
            ax.plot(x, median, label=name, **LOOKS[name])
        ax.set(xscale="log", yscale="log", xlabel=what)
        ax.legend(loc=place)
        ax.grid(alpha=0.3)
    axes[0].set(ylabel=f"seconds: median and quartiles of {REPEATS} runs")
    return fig


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
