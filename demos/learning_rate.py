"""Learning rates: too small, right, just under the limit 2/λ_max, and just over it.

Full-batch descent on the data of the worked example of §2. Below η = 2/λ_max, where λ_max is the
largest eigenvalue of the curvature, every full-batch step lowers the loss. Minibatches may need a
smaller η.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from demos import WIDTH
from demos.__main__ import main
from demos.trajectory import worked_example
from linreg_np import DivergenceWarning, fit, loss, max_lr
from linreg_np.plotting import BLUE, GREEN, ORANGE, VERMILLION

STEPS = 100
RATES = {  # as a fraction of the limit
    "too small": (0.005, BLUE, "-"),
    "right": (0.5, GREEN, "-"),
    "just under the limit": (0.98, ORANGE, "--"),
    "just over the limit": (1.02, VERMILLION, "-"),
}


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    X, y, _ = worked_example(args.seed)
    limit = max_lr(X)
    curves = {name: losses(X, y, part * limit) for name, (part, *_) in RATES.items()}
    parts = np.geomspace(0.002, 1.04, 150)
    ends = [losses(X, y, part * limit)[-1] for part in parts]
    yield "learning_rate.png", draw(curves, limit, parts * limit, ends)
    print(f"Full-batch descent, {STEPS} steps; the limit 2/λ_max = {limit:.4f}")
    print(f"{'':22}{'η':>10}{'η / limit':>12}{'first loss':>12}{'last loss':>12}")
    for name, (part, *_) in RATES.items():
        first, *_, last = curves[name]
        print(f"{name:22}{part * limit:10.4f}{part:12.3f}{first:12.4g}{last:12.4g}")


def losses(X: Any, y: Any, lr: float) -> list[float]:
    """The loss at each step of full-batch descent from w = 0, b = 0."""
    start = np.zeros(X.shape[1])  # rng: the order of the data affects rounding
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)  # it is what the picture shows
        path = fit(X, y, lr=lr, batch_size=len(y), epochs=STEPS, w=start, rng=0)
    return [loss(X, y, w, b) for w, b in zip(path.w, path.b, strict=True)]


def draw(curves: dict[str, list[float]], limit: float, rates: Any, ends: list[float]) -> Any:
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 4.3), sharey=True, layout="constrained")
    mark = r"$2/\lambda_{\max}$"
    fig.suptitle(f"Full-batch descent converges below η = {mark} = {limit:.3g} and diverges above")
    for name, (part, color, style) in RATES.items():
        label = f"η = {part * limit:.3g}, {name}"
        left.plot(curves[name], color=color, linestyle=style, linewidth=2, label=label)
        dot = {"marker": "o", "color": color, "markersize": 9, "mec": "black", "zorder": 3}
        right.plot(part * limit, curves[name][-1], **dot)
    right.plot(rates, ends, color="gray", label="all other η")
    right.axvline(limit, color="black", linestyle=":", label=f"the limit, {mark}")
    left.set(xlabel="step", ylabel="loss", yscale="log")
    right.set(xlabel="learning rate η", xscale="log")
    left.set_title("loss at each step", size="medium")
    right.set_title(f"loss after {STEPS} steps", size="medium")
    explain_the_fall(left, curves["just over the limit"])
    left.legend()
    right.legend(loc="upper center")
    return fig


def explain_the_fall(axes: Any, over: list[float]) -> None:
    """Say at its lowest point why the loss falls first, although η is over the limit."""
    lowest = int(np.argmin(over))
    axes.annotate(
        "over the limit only the\nsteepest direction grows,\nand it begins small",
        (lowest, over[lowest]),
        (lowest + 10, over[lowest] / 12),
        va="top",
        arrowprops={"arrowstyle": "-", "color": "gray"},
    )


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
