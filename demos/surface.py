"""The loss surface from one pass over the data, and three methods that descend it.

L(θ) = floor + ½ (θ − θ*)ᵀ H (θ − θ*), θ = (w, b). One pass over the data gives the minimum θ*,
the floor and H. They give every height in the picture, the largest safe learning rate and the path
of full-batch descent. A double loop reads the data again for each of its 50 × 50 points.

The data are those of §2 with noise of standard deviation 1, and with features of mean 0 whose
correlation of 0.8 makes the bowl-shaped surface long and narrow. SGD in batches of 10, full-batch
descent with η just under the limit 2/λ_max, and gradient flow, dθ/dt = −∇L, begin at the same
point. For small η the first two follow the flow:

    θ(t) = θ* + V e^{−Λt} Vᵀ (θ₀ − θ*),   H = V Λ Vᵀ,   t = η × steps
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
from linreg_np import LossSurface, Moments, fit, loss
from linreg_np.plotting import BLUE, GREEN, LOSS, PATH, START, TRUTH, casing

W0 = np.array([1.6, 0.0])  # where every path starts; b from its best value
STEP = 1.0  # of loss, between two contours
W1, W2 = np.linspace(-1.1, 5.4, 50), np.linspace(-6.1, 0.5, 50)


class Method(NamedTuple):
    """One method of descent: its path, and the time at each point."""

    name: str
    look: dict[str, Any]
    lr: float
    w: Any  # (T+1, 2)
    b: Any  # (T+1,)
    t: Any  # (T+1,): η × steps
    passes: int  # over the data, after the one that gave the surface


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    X, y = correlated(args.seed)
    surface = LossSurface.from_moments(Moments.of(X, y))
    methods = [*by_surface(surface), sgd(X, y, surface.b, args.seed)]
    yield "surface.png", draw(surface, methods)
    print(format_table(X, y, surface, methods))


def correlated(seed: int) -> tuple[Any, Any]:
    """1000 samples of the line of §2 with more noise; features of mean 0 and correlation 0.8."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 2)) @ [[1, 0.8], [0, 0.6]]
    X -= X.mean(axis=0)  # then the best b is the same for every w
    return X, X @ [2, -3.4] + 4.2 + rng.standard_normal(1000)


def flow(surface: LossSurface, w: Any, b: Any, t: Any) -> Any:
    """θ(t) = θ* + V e^{−Λt} Vᵀ (θ₀ − θ*): one row for each t."""
    (λ, V), θ = surface.principal_axes, np.append(*surface.minimum)
    return θ + (np.exp(-np.multiply.outer(t, λ)) * (V.T @ (np.append(w, b) - θ))) @ V.T


def by_surface(surface: LossSurface) -> tuple[Method, Method]:
    """The two methods that need no data."""
    b, lr, steps = surface.b, 0.9 * surface.max_lr, 30
    full = surface.descend(W0, b, lr=lr, steps=steps)
    t = np.linspace(0, lr * steps, 500)
    θ = flow(surface, W0, b, t)
    dots = {"color": "white", "marker": "o", "ms": 5, "mfc": GREEN, "mew": 1, "linewidth": 1}
    return (
        Method("gradient flow, η → 0", {"color": BLUE, "linewidth": 3}, 0, θ[:, :2], θ[:, 2], t, 0),
        Method("full batch", dots, lr, full.w, full.b, lr * np.arange(steps + 1), 0),
    )


def sgd(X: Any, y: Any, b: float, seed: int) -> Method:
    """The method that reads the data in each epoch."""
    path = fit(X, y, lr=0.1, batch_size=10, epochs=3, w=W0, b=b, rng=seed)
    look = {**PATH, "linewidth": 1.2}
    return Method("SGD", look, 0.1, path.w, path.b, 0.1 * np.arange(path.steps + 1), 3)


def format_table(X: Any, y: Any, surface: LossSurface, methods: list[Method]) -> str:
    (λ1, _, λ2), _ = surface.principal_axes
    (w1, w2), b = surface.minimum
    double_loop = [[loss(X, y, np.array([u, v]), b) for u in W1] for v in W2]
    off = np.abs(surface.grid(W1, W2, b=b) / double_loop - 1).max()
    rows = [
        f"minimum     w* = ({w1:.4f}, {w2:.4f}), b* = {b:.4f}",
        f"floor       {surface.min_loss:.4f}",
        f"axes        curvature λ = {λ1:.4f} and {λ2:.4f}: the surface is √(λ_max/λ_min) = "
        f"{(λ1 / λ2) ** 0.5:.2f} times as long as wide",
        f"limit of η  2/λ_max = {surface.max_lr:.4f}",
        f"the 50 × 50 surface took 1 pass over the data; the double loop takes {W1.size * W2.size}"
        f", and differs by {off:.0e} of it",
        f"\n{'':22}{'η':>8}{'steps':>8}{'passes':>8}{'loss − floor, start':>22}{'end':>12}",
    ]
    for method in methods:
        excess = surface.excess(method.w, method.b)
        steps = len(method.t) - 1 if method.lr else "∞"
        lr = f"{method.lr:.3f}" if method.lr else "→ 0"
        rows.append(
            f"{method.name:22}{lr:>8}{steps:>8}{method.passes:>8}{excess[0]:22.4g}{excess[-1]:12.2g}"
        )
    return "\n".join(rows)


def draw(surface: LossSurface, methods: list[Method]) -> Any:
    fig, panels = plt.subplot_mosaic(
        [["plane", "cut"], ["plane", "time"]],
        figsize=(WIDTH, 5.4),
        width_ratios=(1.25, 1),
        layout="constrained",
    )
    fig.suptitle("Along the flat axis of the loss surface every method is slow")
    _plane(panels["plane"], surface, methods)
    _cut(panels["cut"], surface)
    _time(panels["time"], surface, methods)
    return fig


def _plane(ax: Any, surface: LossSurface, methods: list[Method]) -> None:
    L = surface.grid(W1, W2, b=surface.b)
    levels = surface.min_loss + np.arange(0, np.ptp(L) + STEP, STEP)
    ax.contourf(W1, W2, L, levels, cmap=LOSS)
    λ, V = surface.principal_axes
    for k, name in ((0, "steep"), (2, "flat")):
        s = (2 * STEP / λ[k]) ** 0.5  # floor + ½ λ s²: as far as the first contour
        ends = surface.w + np.array([[-s], [s]]) * V[:2, k]
        ax.plot(*ends.T, color="white", linewidth=1.5, linestyle="--")
        ax.annotate(f" {name} axis", ends[ends[:, 0].argmax()], color="white")
    for method in methods:
        edge = casing() if method.lr == 0 else []
        ax.plot(*method.w.T, label=method.name, zorder=3, path_effects=edge, **method.look)
    ax.plot(*surface.w, zorder=4, label="minimum", **{**TRUTH, "ms": 12})
    ax.plot(*W0, zorder=5, label="start", **START)
    ax.set(xlabel="w₁", ylabel="w₂", aspect="equal", xlim=W1[[0, -1]], ylim=W2[[0, -1]])
    ax.set_title(f"contours at steps of {STEP:g} above the floor", fontsize="medium")
    ax.legend(loc="upper right")


def _cut(ax: Any, surface: LossSurface) -> None:
    s = np.linspace(-3, 3, 100)
    λ = surface.principal_axes[0]
    ax.plot(
        s, surface.min_loss + λ[0] / 2 * s**2, color="black", label=f"steep axis, λ = {λ[0]:.2f}"
    )
    ax.plot(s, surface.min_loss + λ[2] / 2 * s**2, color="gray", label=f"flat axis, λ = {λ[2]:.2f}")
    ax.axhline(
        surface.min_loss, color="black", linestyle=":", label=f"floor, {surface.min_loss:.2f}"
    )
    ax.set(xlabel="distance from the minimum", ylabel="loss", ylim=(0, None))
    ax.set_title("cuts along both axes; λ is the curvature there", fontsize="medium")
    ax.legend(loc="upper center")


def _time(ax: Any, surface: LossSurface, methods: list[Method]) -> None:
    for method in methods:
        ax.plot(method.t, surface.excess(method.w, method.b), label=method.name, **method.look)
    ax.set(xlabel="t = η × steps", ylabel="loss − floor", yscale="log")


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
