"""How fast: beside torch, scikit-learn and plain loops, each at work on the same numbers.

Each row takes turns, ours and the peer's, in one run on one machine: the table has the median of
the ratios of the pairs, their quartiles, and the ratio of the fastest of each, which a busy
machine disturbs least; times are medians. The peers do what their users do: torch's loop is that
of *Dive into Deep Learning* (float64, on as many threads as torch takes); scikit-learn's
SGDRegressor is compiled, takes a step a sample and keeps no path. Where a peer is known to be
faster stands at the end. What two calls return is compared before they are timed.

scikit-learn is optional: pip install '.[bench]'.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib import pyplot as plt

from demos import BLUE, GREEN, ORANGE, VERMILLION, WIDTH
from demos.__main__ import main
from demos._speed.baselines import SKLEARN, torch_descent, torch_fit
from demos._speed.benchmarks import (
    LR,
    QUICK,
    Sizes,
    data,
    descend,
    size,
    sklearn_train,
    train,
    works,
)
from demos._speed.timing import measure, once
from linreg_np import fit, fit_affine

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
    parser.add_argument("--quick", action="store_true", help="small sizes: a try, no measurement")


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    sizes, seconds = (QUICK, 0.0) if args.quick else (Sizes(), 6.0)
    about = machine()
    print("\n".join(f"{key:8}{value}" for key, value in about.items()), end="\n\n")
    print(f"{'':53}{'':19}{'at':>6}{'':>7}{'':>14}{'of the':>9}{'ours':>9}{'theirs':>9}")
    print(
        f"{'work':53}{'beside':19}{'least':>6}{'ratio':>7}{'quartiles':>14}{'fastest':>9}"
        f"{'ms':>9}{'ms':>9}"
    )
    rows = []
    for work in works(sizes, args.seed):
        rows.append(measure(work, seconds))
        print(_line(rows[-1]), flush=True)
    print(
        "\n'<': ours may cost so many times the other. No floor: a peer is known to be faster there"
    )
    if args.quick:
        print("--quick: these sizes are no measurement, and the floors are not for them")
    curves = _curves(args.quick, args.seed)
    yield "speed.png", _figure(curves)
    if args.json:
        found = {"machine": about, "rows": rows, "curves": curves}
        yield "speed.json", json.dumps(found, indent=1) + "\n"


def machine() -> dict[str, str]:
    """Where and with what it was measured."""
    cpuinfo, blas = Path("/proc/cpuinfo"), np.show_config("dicts")["Build Dependencies"]["blas"]
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return {
        "CPU": f"{model[0] if model else platform.machine()}, {os.cpu_count()} cores{load}",
        "Python": f"{platform.python_version()} on {platform.system()}",
        "NumPy": f"{np.__version__}, {blas['name']} {blas.get('version', '')}",
        "torch": f"{torch.__version__}, {torch.get_num_threads()} threads",
        "sklearn": __import__("sklearn").__version__ if SKLEARN else "not installed",
    }


def _line(row: dict[str, Any]) -> str:
    floor = "" if row["floor"] is None else f"{'<' * row['growth']}{row['floor']:g}"
    begin = f"{row['work']:53}{row['beside']:19}{floor:>6}"
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


def _curves(quick: bool, seed: int) -> dict[str, dict[str, Any]]:
    """Seconds against n, for an epoch of minibatches; and against steps, of full-batch descent."""
    by_n: dict[str, Any] = {}
    for n in (20, 50) if quick else (100, 1000, 10_000, 100_000):
        X, y = data((n, 2), seed)
        hows = {"fit": fit, "fit_affine": fit_affine, "the loop in torch": torch_fit}
        calls = {name: partial(train, how, X, y, 10, 1) for name, how in hows.items()}
        for name, call in [*calls.items(), ("SGDRegressor", sklearn_train(X, y, 1))]:
            if call:
                by_n.setdefault(name, []).append((n, min(once(call) for _ in range(3))))
    X, y = data((100, 32) if quick else (100_000, 32), seed)
    autograd = partial(torch_descent, X, y, w=np.zeros(32), lr=LR)
    bowl, peer = "LossSurface.descend", "torch autograd"
    by_steps: dict[str, Any] = {bowl: [], peer: []}
    for steps in (1, 10) if quick else (1, 3, 10, 30, 100, 300, 1000, 10_000):
        ours, theirs = partial(descend, X, y, steps), partial(autograd, steps=steps)
        by_steps[bowl].append((steps, min(once(ours) for _ in range(3))))
        if steps <= 100:
            by_steps[peer].append((steps, min(once(theirs) for _ in range(3))))
    return {
        "samples, one epoch in batches of 10": by_n,
        f"steps of full batch, {size((X, y))}": by_steps,
    }


def _figure(curves: dict[str, dict[str, Any]]) -> Any:
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.3), sharey=True, layout="constrained")
    fig.suptitle(
        "Every step of an epoch at once, and every full-batch step for the price of the first"
    )
    free = "upper left", "lower right"
    for ax, (what, lines), place in zip(axes, curves.items(), free, strict=True):
        for name, points in lines.items():
            ax.plot(*np.transpose(points), label=name, **LOOKS[name])
        ax.set(xscale="log", yscale="log", xlabel=what)
        ax.legend(loc=place)
        ax.grid(alpha=0.3)
    axes[0].set(ylabel="seconds")
    return fig


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
