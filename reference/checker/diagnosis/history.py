"""A training whose steps depend on earlier ones: what is kept, left out, or repeated.

Step t goes from θ_t along Σ_s c_{t,s} ∇L(θ_s). Plain gradient descent has c = 1 for s = t and 0
for s < t; other coefficients are other programs, some of them meant, some mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from reference import rounding
from reference.checker.call_plan import Problem

Coefficients = Callable[[int, int], float]  # (t, s) → c


class Path(NamedTuple):
    """A problem, and the points θ₀, θ₁, … of the training on it, each (w, b)."""

    problem: Problem
    points: list[Any]


class Explanation(NamedTuple):
    """The name of a mistake, or the kind of descent that it is right of."""

    fault: str = ""
    kind: str = ""


def explain_paths(paths: Sequence[Path], factor: Callable[[int], float]) -> Explanation:
    """Find the first program that explains each step of all paths.

    Parameters
    ----------
    paths : sequence of Path
        On several problems, from the start on.
    factor : callable
        n → what the gradient of 1.3f is multiplied with under the convention.
    """
    for explanation, coefficients in programs(paths, factor):
        if all(follows(path, factor, coefficients) for path in paths):
            return explanation
    return Explanation()


def programs(
    paths: Sequence[Path], factor: Callable[[int], float]
) -> Iterator[tuple[Explanation, Coefficients]]:
    """The programs that are known, with the numbers that the paths suggest."""
    yield Explanation("gradient-outside-loop"), lambda t, s: float(s == 0)
    yield Explanation("early-return"), lambda t, s: float(s == t == 0)
    yield Explanation("iteration-missing"), lambda t, s: float(s == t > 0)
    yield Explanation("accumulator-kept"), lambda t, s: 1.0
    for beta in estimates(paths, factor):
        kind = f"descent with momentum: {beta:g} × the step before"
        yield Explanation("", kind), lambda t, s, beta=beta: beta ** (t - s)
        yield Explanation("", kind), lambda t, s, beta=beta: (1 - beta) * beta ** (t - s)
    rates = rates_of(paths, factor)
    if rates is not None:
        shown = ", ".join(f"{r:.4g}" for r in rates)
        yield (
            Explanation("", f"a learning rate that changes: {shown} times the given one"),
            lambda t, s: rates[t] if s == t else 0.0,
        )


def gradient_at(problem: Problem, theta: Any) -> tuple[Any, Any]:
    """∇L at a point, and how far a program may be from it."""
    X, y = problem.X, problem.y
    r = X @ theta[:-1] + theta[-1] - y
    bound = rounding.gradient_bound(X, y, theta[:-1], theta[-1], np.float64)
    return np.append(X.T @ r, r.sum()) / len(y), np.append(*bound)


def follows(path: Path, factor: Callable[[int], float], c: Coefficients) -> bool:
    """Whether each step is that of the program, within rounding."""
    problem, points = path
    eta = problem.lr * factor(len(problem.y))
    found = [gradient_at(problem, p) for p in points[:-1]]
    for t in range(len(points) - 1):
        terms = [(c(t, s), *found[s]) for s in range(t + 1)]
        moved = sum(k * g for k, g, _ in terms)
        size = np.abs(points[t]) + eta * sum(abs(k) * np.abs(g) for k, g, _ in terms)
        near = eta * sum(abs(k) * bound for k, _, bound in terms)
        gap = np.abs(points[t] - eta * moved - points[t + 1])
        steps = len(problem.y) * (t + 1) + 16
        if not (gap <= 4 * near * (t + 1) + rounding.gamma(steps, np.float64) * size).all():
            return False
    return True


def estimates(paths: Sequence[Path], factor: Callable[[int], float]) -> list[float]:
    """The momentum that second steps suggest; and first ones, if they are 1 − β of the plain."""
    seconds, firsts = [], []
    for problem, points in paths:
        eta = problem.lr * factor(len(problem.y))
        (g, _), (h, _) = (gradient_at(problem, p) for p in points[:2])
        first, second = (points[0] - points[1]) / eta, (points[1] - points[2]) / eta
        with np.errstate(all="ignore"):
            seconds.append((second - h) @ g / (g @ g))
            firsts.append(1 - first @ g / (g @ g))
    found = [float(f"{np.median(values):.6g}") for values in (seconds, firsts)]
    return [beta for beta in found if 1e-6 < beta < 1]


def rates_of(paths: Sequence[Path], factor: Callable[[int], float]) -> list[float] | None:
    """The factor on the learning rate in each step, where it is the same on all problems."""
    rates = []
    for t in range(min(len(points) for _, points in paths) - 1):
        values = []
        for problem, points in paths:
            g, _ = gradient_at(problem, points[t])
            eta = problem.lr * factor(len(problem.y))
            values.append(float((points[t] - points[t + 1]) @ g / (g @ g) / eta))
        if np.ptp(values) > 1e-9 * abs(values[0]) or not 0 < values[0] < 10:
            return None
        rates.append(float(np.median(values)))
    return rates if np.ptp(rates) > 1e-9 else None
