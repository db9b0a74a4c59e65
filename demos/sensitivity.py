"""The smallest error that each gradient checker detects: this one, gradcheck, check_grad, CS231n.

Left: a relative error is injected into one component of the gradient of 1.3f, and each checker sees
it at random points. A checker that differentiates numerically cannot detect less than its own
error, and one with a fixed tolerance not less than that. Right: how many of the
catalogue's own programs, one for each fault, are caught by tests of the usual kinds, as far as they
can be applied: gradcheck, `np.allclose` on two fixed cases, as courses test, and comparing the
trained weights with least squares. The names of those that each lets through are printed.

Sources: `torch.autograd.gradcheck` and `scipy.optimize.check_grad` at their defaults (the latter
returns a distance, which is usually compared with 1e-6), and Stanford CS231n, "Gradient
checks": a centred difference at h = 1e-5, and a relative error of at most 1e-7.
Without SciPy its line is left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from demos import WIDTH
from demos.__main__ import main
from demos._shared.course_tests import let_through, subjects
from linreg_np import gradient, loss
from linreg_np.plotting import BLUE, GREEN, ORANGE, VERMILLION
from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected

SIZES = 10.0 ** np.arange(-16, -0.9, 0.5)
POINTS = 40  # random points for each size
PLAN = CallPlan("gradient", "gradient", ())
STYLES = {
    "this checker": (GREEN, "o", "-"),
    "CS231n, 1e-7": (BLUE, "s", "--"),
    "scipy check_grad, 1e-6": (ORANGE, "^", "-."),
    "torch gradcheck": (VERMILLION, "D", "-"),
}

Check = Callable[[Problem, Any, int], bool]  # (problem, 1 + error, component) -> caught?


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    rng = np.random.default_rng(args.seed)
    cases = [point(rng) for _ in range(POINTS)]
    components = rng.integers(0, 4, POINTS)
    shares = {
        name: [
            np.mean([caught(c, 1 + e, int(j)) for c, j in zip(cases, components, strict=True)])
            for e in SIZES
        ]
        for name, caught in checks().items()
    }
    told = let_through(subjects())
    yield "sensitivity.png", draw(shares, told)
    for name, found in shares.items():
        print(f"{name:24} detects every relative error from {detection_threshold(found)} on")
    print("\nof the catalogue's own programs, one for each fault")
    for name, (count, missed) in told.items():
        print(f"{name:24} catches {count - len(missed):2} of {count:2}", end="")
        print(f", and lets through {', '.join(missed)}" if missed else "")


def point(rng: np.random.Generator) -> Problem:
    """A problem of 20 samples and 3 features, away from its minimum."""
    X, w = rng.normal(size=(20, 3)), rng.normal(size=3)
    return Problem(X, X @ [2, -3.4, 1] + 4.2, w, np.float64(rng.normal()))


def injected(case: Problem, factor: float, j: int, w: Any = None, b: Any = None) -> Any:
    """∇L at (w, b) as one vector, with component j multiplied by a factor."""
    at = case.w if w is None else w, case.b if b is None else b
    grad = np.append(*gradient(case.X, case.y, *at))
    grad[j] *= factor
    return grad


def checks() -> dict[str, Check]:
    """Each way to check a gradient, by its name in the picture."""
    found: dict[str, Check] = {"this checker": by_exact_answer, "CS231n, 1e-7": by_cs231n}
    try:
        from scipy.optimize import check_grad
    except ModuleNotFoundError:
        pass
    else:
        found["scipy check_grad, 1e-6"] = lambda case, factor, j: (
            check_grad(
                lambda t: loss(case.X, case.y, t[:-1], t[-1]),
                lambda t: injected(case, factor, j, t[:-1], t[-1]),
                np.append(case.w, case.b),
            )
            > 1e-6
        )
    return {**found, "torch gradcheck": by_gradcheck}


def by_exact_answer(case: Problem, factor: float, j: int) -> bool:
    """Beyond the bound of rounding from the exact gradient, on this one problem."""
    errors = Expected(PLAN, case, "half-mse").errors(injected(case, factor, j), np.dtype(float))
    return bool((errors > 1).any())


def by_cs231n(case: Problem, factor: float, j: int) -> bool:
    """|numeric − analytic| / max(|numeric|, |analytic|) > 1e-7, centred, h = 1e-5."""
    h, theta, analytic = 1e-5, np.append(case.w, case.b), injected(case, factor, j)

    def at(t: Any) -> float:
        return loss(case.X, case.y, t[:-1], t[-1])

    numeric = np.array([(at(theta + h * e) - at(theta - h * e)) / (2 * h) for e in np.eye(4)])
    size = np.maximum(np.abs(numeric), np.abs(analytic))
    return bool((np.abs(numeric - analytic) > 1e-7 * size).any())


def by_gradcheck(case: Problem, factor: float, j: int) -> bool:
    """`torch.autograd.gradcheck` at its defaults, of a function with this gradient."""
    import torch

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, theta: Any) -> Any:
            ctx.theta = theta.detach().numpy()
            return torch.tensor(loss(case.X, case.y, ctx.theta[:-1], ctx.theta[-1]))

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            w, b = ctx.theta[:-1], ctx.theta[-1]
            return upstream * torch.from_numpy(injected(case, factor, j, w, b))

    theta = torch.tensor(np.append(case.w, case.b), requires_grad=True)
    return not torch.autograd.gradcheck(Loss.apply, (theta,), raise_exception=False)


def detection_threshold(shares: list[Any]) -> str:
    """The smallest error from which on every error is caught."""
    last = max((i for i, share in enumerate(shares) if share < 1), default=-1)
    return f"{SIZES[last + 1]:.0e}" if last + 1 < len(SIZES) else "nowhere"


def draw(shares: dict[str, list[Any]], told: dict[str, tuple[int, list[str]]]) -> Any:
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, 4.3), width_ratios=(2, 1), layout="constrained"
    )
    ours, torchs = (detection_threshold(shares[k]) for k in ("this checker", "torch gradcheck"))
    fig.suptitle(f"gradcheck detects relative errors from {torchs} on, this checker from {ours} on")
    for name, found in shares.items():
        color, marker, style = STYLES[name]
        left.plot(SIZES, found, color=color, marker=marker, ls=style, ms=5, label=name)
    left.set(xscale="log", xlabel="relative error injected", ylabel="share caught on one problem")
    left.legend(loc="center left", bbox_to_anchor=(0.195, 0.5), fontsize="small")
    names = [name.replace(", ", ",\n").replace("torch ", "torch\n") for name in told]
    counts = [(count - len(missed), count) for count, missed in told.values()]
    colors = [STYLES[name][0] if name in STYLES else "lightgray" for name in told]
    bars = right.barh(names, [k / n for k, n in counts], color=colors, ec="black")
    right.bar_label(bars, [f"{k} of {n}" for k, n in counts], padding=-50, color="black")
    right.set(xlabel="share caught of the mistakes\nin this project's catalogue", xlim=(0, 1))
    right.invert_yaxis()
    return fig


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
