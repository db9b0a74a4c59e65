"""Batch size: minibatches of 1, 10, 100 and all 1000 samples, compared for the same work.

The data and the start are those of the demo surface. Every run sees each sample ten times, with
the same η. Far from the minimum, a step on few samples is about as good as a step on many, so small
batches make more progress per sample seen. Near the minimum the gradients of small batches
disagree, and the path jitters around it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt

from demos import WIDTH
from demos.__main__ import main
from demos.surface import W0, correlated
from linreg_np import LossSurface, Trajectory, fit
from linreg_np.plotting import BLUE, GREEN, LOSS, ORANGE, START, TRUTH, VERMILLION, casing

LR, EPOCHS = 0.05, 10
SIZES = {  # colour, width and opacity: batches of 1 cover a whole area
    1: (VERMILLION, 0.6, 0.45),
    10: (ORANGE, 1.2, 1),
    100: (GREEN, 2, 1),
    1000: (BLUE, 3, 1),
}


class Run(NamedTuple):
    """One training and the height above the floor at each step of it."""

    m: int
    path: Trajectory
    excess: Any


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    X, y = correlated(args.seed)
    surface = LossSurface.from_data(X, y)
    runs = [train(X, y, surface, m, args.seed) for m in SIZES]
    yield "batch_size.png", draw(surface, runs)
    print(f"{EPOCHS} epochs, η = {LR}, floor of the loss {surface.min_loss:.4f}\n")
    print(f"{'batch':>8}{'steps':>8}{'loss − floor, start':>22}{'end':>10}{'last epoch, mean':>19}")
    for m, path, excess in runs:
        last = excess[-(path.steps // EPOCHS) :].mean()
        print(f"{m:8}{path.steps:8}{excess[0]:22.3f}{excess[-1]:10.2g}{last:19.2g}")


def train(X: Any, y: Any, surface: LossSurface, m: int, seed: int) -> Run:
    path = fit(X, y, lr=LR, batch_size=m, epochs=EPOCHS, w=W0, b=surface.b, rng=seed)
    return Run(m, path, surface.excess(path.w, path.b))


def draw(surface: LossSurface, runs: list[Run]) -> Any:
    fig, panels = plt.subplot_mosaic(
        [["plane", "step"], ["plane", "sample"]],
        figsize=(WIDTH, 5.4),
        width_ratios=(1.1, 1),
        layout="constrained",
    )
    fig.suptitle("For the same work small batches get further, and in the end jitter more")
    _plane(panels["plane"], surface, runs)
    for m, path, excess in runs:
        color, width, alpha = SIZES[m]
        look = {"color": color, "linewidth": width, "alpha": alpha, "label": f"{m}"}
        for panel, per_step in (("step", 1), ("sample", m)):
            panels[panel].plot(per_step * np.arange(path.steps + 1), excess, **look)
    for panel, what in (("step", "steps"), ("sample", "samples seen (steps × batch)")):
        panels[panel].set(yscale="log", xlabel=what, ylabel="loss − floor")
        panels[panel].set_xscale("symlog", linthresh=1)  # step 0 belongs to the path
        panels[panel].set_xlim(0, None)
    legend = panels["step"].legend(title="batch", loc="lower left", fontsize="small")
    for line in legend.get_lines():
        line.set(linewidth=2, alpha=1)
    return fig


def _plane(ax: Any, surface: LossSurface, runs: list[Run]) -> None:
    w1, w2 = np.linspace(-1.1, 3, 50), np.linspace(-4.3, 0.3, 50)
    L = surface.grid(w1, w2, b=surface.b)
    ax.contourf(w1, w2, L, surface.min_loss + np.arange(0, np.ptp(L) + 0.5, 0.5), cmap=LOSS)
    for m, path, _ in runs:
        color, width, alpha = SIZES[m]
        look = {"color": color, "linewidth": width, "alpha": alpha}
        label = f"batches of {m}" if m < surface.n else f"all {m}"
        edge = casing() if m >= 100 else []
        ax.plot(*path.w.T, label=label, path_effects=edge, **look)
    ax.plot(*surface.w, label="minimum", zorder=4, **{**TRUTH, "ms": 12})
    ax.plot(*W0, label="start", zorder=5, **START)
    ax.set(xlabel="w₁", ylabel="w₂", aspect="equal")
    ax.set_title("contours at steps of 0.5 above the floor", fontsize="medium")
    ax.legend(loc="lower left")


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
