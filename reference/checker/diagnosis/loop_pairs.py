"""Two mistakes of a training: one in what is kept between its iterations, one in the gradient.

The steps are compared with those of each formula of the catalogue, in ordinary arithmetic: four
steps on several problems leave no room for chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.diagnosis.faults.formulas import gradient, scale
from reference.checker.diagnosis.faults.scales import SCALES
from reference.checker.diagnosis.history import KEPT, Explanation, Path, Program
from reference.checker.diagnosis.pairs import quietly, scaled, structural

Moved = Callable[[Any, Any, Any, Any, float, float], Any]  # X, y, w, b, η, factor → by how much
NEAR = 1e-7


def explain_loop_and_gradient(paths: Sequence[Path], factor: Callable[[int], float]) -> Explanation:
    """Find the mistake of the loop and that of the gradient which explain all steps together.

    Or the mistake of the gradient alone, where the learning rate changes.

    Parameters
    ----------
    paths, factor
        As for `history.explain_paths`, which finds one mistake alone.
    """
    for name, moved in ways():
        each = [steps_along(moved, p, factor) for p in paths]
        if any(s is None for s in each):
            continue
        for program in KEPT:
            if all(is_kept(program, s, p) for s, p in zip(each, paths, strict=True)):
                return Explanation("+".join(sorted([program.fault, name])), "", program)
        rates = [rates_along(s, p) for s, p in zip(each, paths, strict=True)]
        if all(r is not None and np.allclose(r, rates[0], NEAR) for r in rates):
            shown = ", ".join(f"{r:.4g}" for r in rates[0])
            kind = f"a learning rate that changes: {shown} times the given one"
            return Explanation(name, kind, Program(rates=tuple(rates[0])))
    return Explanation()


def ways() -> Iterator[tuple[str, Moved]]:
    """The mistakes of one step: of size or sign, in what is summed, in how it is stepped."""
    formulas = [(name, scaled(gradient, c)) for name, c in SCALES.items()]
    for name, f in [*formulas, *structural("gradient")]:
        if name != "zero-gradient":
            yield name, lambda X, y, w, b, lr, c, f=f: scale(f(X, y, w, b), lr * c)
    for fault in CATALOGUE:
        for f in fault.step:
            yield fault.name, lambda X, y, w, b, lr, c, f=f: stepped(f, X, y, w, b, lr, c)


def stepped(f: Any, X: Any, y: Any, w: Any, b: Any, lr: float, c: float) -> Any:
    """How far a wrong step goes along the right gradient."""
    after = f(w, b, lr, lambda w, b: scale(gradient(X, y, w, b), c))
    return w - after[0], b - after[1]


def steps_along(moved: Moved, path: Path, factor: Callable[[int], float]) -> Any:
    """By how much a formula moves the parameters from each point; None if in another direction."""
    X, y, *_ = path.problem
    first = next((t for t in (0, 1) if (path.points[t + 1] != path.points[t]).any()), 0)
    found: list[Any] = []
    for t, theta in enumerate(path.points[:-1]):
        pair = quietly(moved, X, y, theta[:-1], theta[-1], path.problem.lr, factor(len(y)))
        if pair is None or np.shape(pair[0]) != theta[:-1].shape:
            return None
        found.append(np.append(*pair))
        if t == first and multiple_of(found[t], path, t) is None:
            return None
    return found


def multiple_of(step: Any, path: Path, t: int) -> float | None:
    """Which multiple of a step the path has gone; None if it has gone in another direction."""
    went = path.points[t] - path.points[t + 1]
    with np.errstate(all="ignore"):
        multiple = float(went @ step / (step @ step))
    return multiple if is_near(went, multiple * step, path.points[t]) else None


def rates_along(steps: Sequence[Any], path: Path) -> list[float] | None:
    """The multiples of these steps that the path has gone; None if they are no changing rate."""
    rates = [multiple_of(step, path, t) for t, step in enumerate(steps)]
    if any(r is None or not 0 < r < 10 for r in rates):
        return None
    return rates if np.ptp(rates) > 1e-3 else None  # type: ignore[return-value]


def is_kept(program: Program, steps: Sequence[Any], path: Path) -> bool:
    """Whether these steps, kept as the program does, are those of the path."""
    n = len(path.problem.y)
    for t, theta in enumerate(path.points[:-1]):
        wanted = sum(program.c(t, s, n) * steps[s] for s in range(t + 1))
        if not is_near(theta - path.points[t + 1], wanted, theta):
            return False
    return True


def is_near(moved: Any, wanted: Any, theta: Any) -> bool:
    """Whether two steps are the same, but for rounding."""
    size = 1e-6 + np.abs(theta).max() + np.abs(wanted).max()
    return bool((np.abs(moved - wanted) <= NEAR * size).all())
