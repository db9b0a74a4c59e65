"""Why to standardise: the steps that descent needs with raw, centred and standardised features.

Full-batch descent from w = 0, b = 0 at half the largest safe learning rate, η = 1/λ_max, until the
loss is within 1 % of its minimum, the floor. The steps are counted without taking them: with
H = V Λ Vᵀ and c = Vᵀ(θ₀ − θ*),

    L(θₜ) − floor = ½ Σ λ (1 − ηλ)²ᵗ c²

decreases in t, and bisection finds the first t below 1 % of the floor, even if it is in the
millions.
"""

from __future__ import annotations

import argparse
import bisect
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import BoundaryNorm

from demos import WIDTH
from demos.__main__ import main
from linreg_np import LossSurface, load_houses, standardise
from linreg_np.plotting import BLUE, LOSS, ORANGE, PATH, START, TRUTH, VERMILLION, casing

TOLERANCE = 0.01  # relative to the floor
LEVELS = (1, 1 + TOLERANCE, 1.1, 1.3, 2, 4, 10, 30, 100, 300)  # contours of loss / floor
COLORS = {"raw": VERMILLION, "centred": ORANGE, "standardised": BLUE}


class Case(NamedTuple):
    """One way to prepare the features, and what it costs."""

    name: str
    surface: LossSurface
    lr: float
    steps: int


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    cases = prepared()
    yield "scaling.png", draw(cases)
    print("211 houses: price from area (100 square feet) and age (years); full-batch descent\n")
    print(
        f"{'':14}{'λ_max/λ_min':>13}{'2/λ_max':>10}{'η':>10}"
        f"{f'steps to {TOLERANCE:.0%} of floor':>25}"
    )
    for name, surface, lr, steps in cases:
        κ, limit = surface.condition_number, surface.max_lr
        print(f"{name:14}{κ:13,.1f}{limit:10.5f}{lr:10.5f}{steps:25,}")
    print(
        f"\nThe floor is {cases[0].surface.min_loss:.2f} (1000 $)² for all; "
        "only the number of steps differs"
    )


def prepared() -> list[Case]:
    X, y = load_houses()
    data = {"raw": X, "centred": X - X.mean(axis=0), "standardised": standardise(X)[0]}
    return [case(name, LossSurface.from_data(X, y)) for name, X in data.items()]


def case(name: str, surface: LossSurface) -> Case:
    lr = surface.max_lr / 2
    steps = bisect.bisect_left(
        range(10**12), True, key=lambda t: excess(surface, lr, t) <= TOLERANCE * surface.min_loss
    )
    return Case(name, surface, lr, steps)


def excess(surface: LossSurface, lr: float, t: Any) -> Any:
    """L(θₜ) − floor = ½ Σ λ (1 − ηλ)²ᵗ c²: after t steps from w = 0, b = 0; for each t."""
    λ, c = surface.principal_axes[0], start(surface)
    return (λ * (1 - lr * λ) ** (2 * np.asarray(t)[..., None]) * c**2).sum(axis=-1) / 2


def start(surface: LossSurface) -> Any:
    """c = Vᵀ(θ₀ − θ*), θ₀ = 0: the distance of the start along each principal axis."""
    return surface.principal_axes[1].T @ -np.append(*surface.minimum)


def draw(cases: list[Case]) -> Any:
    fig, panels = plt.subplot_mosaic(
        [["raw", "time"], ["standardised", "time"]],
        figsize=(WIDTH, 4.6),
        width_ratios=(1.15, 1),
        layout="constrained",
    )
    raw, _, standardised = cases
    fig.suptitle(
        f"To come within {TOLERANCE:.0%} of the floor, descent needs {raw.steps:,} steps with raw "
        f"features, {standardised.steps} with standardised"
    )
    for each in (raw, standardised):
        filled = _cut(panels[each.name], each)
    panels["standardised"].set(xlabel="distance along the flattest axis, 1000 $")
    fig.get_layout_engine().set(hspace=0.08)
    parts = [panels[each.name] for each in (raw, standardised)]
    bar = fig.colorbar(filled, ax=parts, format="%g", ticks=LEVELS)
    bar.ax.set_title("loss /\nfloor", size="medium")
    _time(panels["time"], cases)
    return fig


def _cut(ax: Any, case: Case) -> Any:
    """The loss in the plane of its flattest and its steepest axis, and the path there."""
    surface, (λ, _), c = case.surface, case.surface.principal_axes, start(case.surface)
    c *= np.sign(c)  # an axis has no direction
    u, v = np.linspace(-5, 36, 400), np.linspace(-9, 9, 2001)
    L = 1 + (λ[-1] * u**2 + λ[0] * v[:, None] ** 2) / (2 * surface.min_loss)
    norm = BoundaryNorm(LEVELS, 256, extend="max")
    filled = ax.contourf(u, v, L, LEVELS, cmap=LOSS, norm=norm, extend="max")
    t = np.unique(np.geomspace(1, case.steps + 1, 300).astype(int)) - 1
    path = c[[-1, 0]] * (1 - case.lr * λ[[-1, 0]]) ** t[:, None]
    ax.plot(*path.T, zorder=4, path_effects=casing(), **PATH)
    ax.plot(0, 0, zorder=3, **TRUTH)
    ax.plot(*path[0], zorder=5, **START)
    ax.set(aspect="equal", ylabel="steepest axis, 1000 $")
    κ = surface.condition_number
    title = rf"{case.name}: $\lambda_{{\max}}/\lambda_{{\min}}$ = {κ:,.1f}, {case.steps:,} steps"
    ax.set_title(title, size="medium")
    return filled


def _time(ax: Any, cases: list[Case]) -> None:
    for name, surface, lr, steps in cases:
        t = np.unique(np.geomspace(1, 10 * steps, 400).astype(int))
        ax.plot(t, excess(surface, lr, t) / surface.min_loss, color=COLORS[name], label=name)
        dot = excess(surface, lr, steps) / surface.min_loss
        ax.plot(steps, dot, "o", color=COLORS[name], mec="black")
    ax.axhline(TOLERANCE, color="black", linestyle=":", label=f"{TOLERANCE:.0%} of the floor")
    ax.set(xscale="log", yscale="log", ylim=(1e-4, 20), xlabel="step, from 1 on")
    ax.set(ylabel="loss above the floor, as a part of the floor")
    ax.legend(loc="upper right")


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
