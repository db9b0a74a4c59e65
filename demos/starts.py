"""Starting points: from eight different starts, training ends at the same minimum.

Data and training are those of the worked example of §2: 3 epochs, batches of 10, η = 0.03. The
bias starts at its true value, so that the contours show the loss in training.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from demos import WIDTH
from demos.__main__ import main
from demos.trajectory import B, W, worked_example
from linreg_np import LossSurface, Trajectory, fit, loss
from linreg_np.plotting import COLORS, END, PATH, START, Scene, casing, draw_plane

STARTS = [(0, 0), (2.5, 0), (5, 0), (5, -2.5), (5, -5), (2.5, -5), (0, -5), (0, -2.5)]
COLOR = (*COLORS, "black", "gray")  # one for each start


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    X, y, _ = worked_example(args.seed)
    paths = [fit(X, y, lr=0.03, batch_size=10, epochs=3, w=w, b=B, rng=args.seed) for w in STARTS]
    losses = [[loss(X, y, w, b) for w, b in zip(p.w, p.b, strict=True)] for p in paths]
    yield "starts.png", draw(X, y, paths, losses)
    print(f"{'':7}{'start w₁':>10}{'w₂':>7}{'loss':>9}   {'end w₁':>10}{'w₂':>10}{'loss':>12}")
    for i, (path, l) in enumerate(zip(paths, losses, strict=True), 1):  # noqa: E741
        (u0, v0), (u, v) = path.w[0], path.w[-1]
        print(f"{i:7}{u0:10.1f}{v0:7.1f}{l[0]:9.3f}   {u:10.4f}{v:10.4f}{l[-1]:12.3g}")
    print(f"{'true':7}{'':26}   {W[0]:10.4f}{W[1]:10.4f}{loss(X, y, W, B):12.3g}")


def draw(X: Any, y: Any, paths: list[Trajectory], losses: list[Any]) -> Any:
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 4.5), layout="constrained")
    fig.suptitle("From eight starts, 300 steps of minibatch SGD lead to the same minimum")
    surface = LossSurface.from_data(X, y)
    height = lambda w: surface.loss(w, B)  # noqa: E731
    box = (-0.35, 5.35, -5.35, 0.35)
    scene = Scene(W, ("w₁", "w₂"), W, "true w", height, f"loss at b = {B}", box=box)
    fig.colorbar(draw_plane(left, scene), ax=left, label=scene.height_name, shrink=0.75)
    for i, (path, l) in enumerate(zip(paths, losses, strict=True), 1):  # noqa: E741
        look = {**PATH, "color": COLOR[i - 1]}
        left.plot(*path.w.T, path_effects=casing(), zorder=3, **look)
        right.plot(l, **{**look, "linewidth": 1.5})
        left.plot(*path.w[0], zorder=6, **{**START, "ms": 13})
        left.annotate(str(i), path.w[0], ha="center", va="center_baseline", zorder=7)
    number_curves(right, losses)
    left.plot(*np.mean([path.w[-1] for path in paths], axis=0), zorder=6, **END)
    right.set(xlabel="step", ylabel="loss", yscale="log", xlim=(-45, None))
    right.axhline(loss(X, y, W, B), color="black", linestyle=":", label="loss at the true w and b")
    right.legend()
    return fig


def number_curves(ax: Any, losses: list[Any]) -> None:
    """Write the number of each curve left of its beginning, in three columns: none is covered."""
    for k, i in enumerate(sorted(range(len(losses)), key=lambda i: losses[i][0])):
        at = (-10 - 13 * (k % 3), losses[i][0])
        ax.annotate(str(i + 1), at, ha="center", va="center", color=COLOR[i], weight="bold")


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
