"""A training whose steps depend on earlier ones: what is kept, left out, or repeated.

Step t goes from θ_t along Σ_s c_{t,s} ∇L(θ_s). Plain gradient descent has c = 1 for s = t and 0
for s < t; other coefficients are other programs, some of them meant, some mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from reference import rounding
from reference.checker.call_plan import Problem
from reference.checker.diagnosis.faults.scales import SCALES

Coefficients = Callable[[int, int, int], float]  # (t, s, n) → c
PARTS = {"all": slice(None), "w": slice(-1), "b": slice(-1, None)}


@dataclass(frozen=True)
class Path:
    """A problem, and the points θ₀, θ₁, … of the training on it, each (w, b)."""

    problem: Problem
    points: list[Any]
    dtype: Any = np.float64

    @cached_property
    def gradients(self) -> list[Any]:
        """∇L at each point but the last, and how far a program may be from it."""
        return self.gradients_ahead(0.0)

    def gradients_ahead(self, ahead: float) -> list[Any]:
        """The same, further on in the direction of the step before."""
        return [gradient_at(self.problem, p, self.dtype) for p in points_ahead(self.points, ahead)]


class Program(NamedTuple):
    """How a step depends on earlier ones: the name of a mistake, or the kind of descent it is.

    `rates`: the factor on the learning rate in each step. `ahead`: the multiple of the step before
    by which the gradient is taken further on.
    """

    fault: str = ""
    kind: str = ""
    c: Coefficients = lambda t, s, n: float(s == t)
    rates: tuple[float, ...] = ()
    ahead: float = 0.0

    @property
    def first(self) -> float:
        """Which multiple of a plain step the first one is."""
        return self.rates[0] if self.rates else self.c(0, 0, 1)

    def of_step(self, t: int, s: int, n: int) -> float:
        """c, where the gradient may be taken further on, and the step begins there."""
        return float(s == t) if self.ahead else self.c(t, s, n)


class Explanation(NamedTuple):
    """The name of a mistake, or of two; or the kind of descent that it is right of."""

    fault: str = ""
    kind: str = ""
    program: Program = Program()


PLAIN = Program()
FACTORS: list[tuple[str, Callable[[int], float]]] = [  # on the gradient of the convention
    ("", lambda n: 1.0),
    ("sign-flipped", lambda n: -1.0),
    ("missing-mean", lambda n: float(n)),
]
KEPT = [
    Program("gradient-outside-loop", c=lambda t, s, n: float(s == 0)),
    Program("early-return", c=lambda t, s, n: float(s == t == 0)),
    Program("iteration-missing", c=lambda t, s, n: float(s == t > 0)),
    Program("accumulator-kept", c=lambda t, s, n: 1.0),
    Program("accumulator-kept", c=lambda t, s, n: float(n) ** (s - t)),  # divided again each time
]


def explain_paths(paths: Sequence[Path], factor: Callable[[int], float]) -> Explanation:
    """Find the first program that explains each step of all paths.

    Parameters
    ----------
    paths : sequence of Path
        On several problems, from the start on.
    factor : callable
        n → what the gradient of 1.3f is multiplied with under the convention.
    """
    for name, scale in FACTORS:
        size = scaled(factor, scale)
        for program in programs(paths, size):
            for parts in parts_of(program):
                if all(follows(path, size, parts) for path in paths):
                    fault = "+".join(sorted(filter(None, (program.fault, name))))
                    return Explanation(fault, program.kind, program)
    return explain_parts(paths, factor)


OF_ONE_PART = ["bias-gradient-sum", "weight-gradient-sum", "factor-two-w", "sign-flipped-w"]
OF_ONE_PART += ["sign-flipped-b", "bias-gradient-zero"]


def explain_parts(paths: Sequence[Path], factor: Callable[[int], float]) -> Explanation:
    """The same for a mistake in what is kept, or momentum, and one of size or sign in one part."""
    for name in OF_ONE_PART:
        sizes = [lambda n, i=i, s=SCALES[name]: factor(n) * s(n, 1)[i] for i in (0, 1)]
        for program in (*KEPT, *with_momentum(estimates(paths, sizes[0], PARTS["w"]))):
            parts = list(zip(sizes, ({"w": program}, {"b": program}), strict=True))
            if all(follows(path, size, part) for path in paths for size, part in parts):
                fault = "+".join(sorted(filter(None, (program.fault, name))))
                return Explanation(fault, "", program)
    return Explanation()


def scaled(factor: Callable[[int], float], scale: Callable[[int], float]) -> Callable[[int], float]:
    """n → the product of both."""
    return lambda n: factor(n) * scale(n)


def parts_of(program: Program) -> Iterator[dict[str, Program]]:
    """The program for all numbers; a mistake also for w alone or b alone, beside plain descent."""
    yield {"all": program}
    if program.fault:
        yield {"w": program, "b": PLAIN}
        yield {"w": PLAIN, "b": program}


def programs(paths: Sequence[Path], factor: Callable[[int], float]) -> Iterator[Program]:
    """The programs that are known, with the numbers that the paths suggest."""
    yield from KEPT
    yield from with_momentum(estimates(paths, factor))
    for beta in estimates_ahead(paths, factor):
        kind = f"descent with Nesterov momentum: {beta:g} × the step before"
        yield Program("", kind, lambda t, s, n, beta=beta: beta ** (t - s), ahead=beta)
    rates = rates_of(paths, factor)
    if rates is not None:
        shown = ", ".join(f"{r:.4g}" for r in rates)
        kind = f"a learning rate that changes: {shown} times the given one"
        yield Program("", kind, lambda t, s, n: rates[t] if s == t else 0.0, tuple(rates))


def with_momentum(betas: Sequence[float]) -> Iterator[Program]:
    """Descent with these multiples of the step before, beside the whole gradient or 1 − β of it."""
    for beta in betas:
        kind = f"descent with momentum: {beta:g} × the step before"
        yield Program("", kind, lambda t, s, n, beta=beta: beta ** (t - s))
        yield Program("", kind, lambda t, s, n, beta=beta: (1 - beta) * beta ** (t - s))


def gradient_at(problem: Problem, theta: Any, dtype: Any = np.float64) -> tuple[Any, Any]:
    """∇L at a point, and how far a program may be from it."""
    X, y = problem.X, problem.y
    r = X @ theta[:-1] + theta[-1] - y
    bound = rounding.gradient_bound(X, y, theta[:-1], theta[-1], dtype)
    return np.append(X.T @ r, r.sum()) / len(y), np.append(*bound)


def follows(path: Path, factor: Callable[[int], float], programs: dict[str, Program]) -> bool:
    """Whether each step is that of the program, of each part by its own, within rounding."""
    points = path.points
    for name, program in programs.items():
        part = PARTS[name]
        found = path.gradients_ahead(program.ahead) if program.ahead else path.gradients
        for t in range(len(points) - 1):
            gap, near = missed(path, factor, program, found, t)
            if not (gap <= near)[part].all():
                return False
    return True


def points_ahead(points: Sequence[Any], ahead: float) -> list[Any]:
    """Where the gradient of each step is taken: at the point, or further in the last direction."""
    before = [points[0], *points]
    return [p + ahead * (p - q) for p, q in zip(points[:-1], before, strict=False)]


def missed(
    path: Path, factor: Callable[[int], float], program: Program, found: Sequence[Any], t: int
) -> tuple[Any, Any]:
    """How far a step is from that of the program, and how far it may be."""
    problem, points, dtype = path.problem, path.points, path.dtype
    n = len(problem.y)
    eta = problem.lr * factor(n)
    terms = [(program.of_step(t, s, n), *found[s]) for s in range(t + 1)]
    moved = sum(k * g for k, g, _ in terms)
    start = points_ahead(points, program.ahead)[t]
    size = np.abs(points[t]) + abs(eta) * sum(abs(k) * np.abs(g) for k, g, _ in terms)
    near = abs(eta) * sum(abs(k) * bound for k, _, bound in terms)
    gap = np.abs(start - eta * moved - points[t + 1])
    return gap, 4 * near * (t + 1) + rounding.gamma(n * (t + 1) + 16, dtype) * size


def in_units(paths: Sequence[Path], factor: Callable[[int], float]) -> Iterator[tuple[Any, ...]]:
    """Of each path: the gradients at the first two points, and both steps divided by η."""
    for path in paths:
        problem, points = path.problem, path.points
        eta = problem.lr * factor(len(problem.y))
        (g, _), (h, _) = path.gradients[:2]
        yield problem, g, h, (points[0] - points[1]) / eta, (points[1] - points[2]) / eta


def estimates(
    paths: Sequence[Path], factor: Callable[[int], float], part: slice = PARTS["all"]
) -> list[float]:
    """The momentum that second steps suggest; and first ones, if they are 1 − β of the plain."""
    seconds, firsts = [], []
    with np.errstate(all="ignore"):
        for _, *vectors in in_units(paths, factor):
            g, h, first, second = (v[part] for v in vectors)
            seconds.append((second - h) @ g / (g @ g))
            firsts.append(1 - first @ g / (g @ g))
    return in_range([seconds, firsts])


def estimates_ahead(paths: Sequence[Path], factor: Callable[[int], float]) -> list[float]:
    """The momentum of second steps that take their gradient after it: h + β (1 − ηH) first."""
    found = []
    with np.errstate(all="ignore"):
        for problem, _, h, first, second in in_units(paths, factor):
            A = np.column_stack([problem.X, np.ones(len(problem.y))])
            eta = problem.lr * factor(len(problem.y))
            kept = first - eta * (A.T @ (A @ first)) / len(problem.y)
            found.append((second - h) @ kept / (kept @ kept))
    return in_range([found])


def in_range(each: Sequence[Sequence[float]]) -> list[float]:
    """The medians that are a possible momentum."""
    found = [float(f"{np.median(values):.6g}") for values in each]
    return [beta for beta in found if 1e-6 < beta < 1]


def rates_of(paths: Sequence[Path], factor: Callable[[int], float]) -> list[float] | None:
    """The factor on the learning rate in each step, where it is the same on all problems."""
    rates = []
    for t in range(min(len(p.points) for p in paths) - 1):
        values = []
        for path in paths:
            (g, _), points = path.gradients[t], path.points
            eta = path.problem.lr * factor(len(path.problem.y))
            values.append(float((points[t] - points[t + 1]) @ g / (g @ g) / eta))
        if np.ptp(values) > 1e-9 * abs(values[0]) or not 0 < values[0] < 10:
            return None
        rates.append(float(np.median(values)))
    return rates if np.ptp(rates) > 1e-9 else None
