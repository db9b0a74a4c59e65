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

    Parameters
    ----------
    paths, factor
        As for `history.explain_paths`, which finds one mistake alone.
    """
    for name, moved in ways():
        each = [steps_along(moved, p, factor) for p in paths]
        for program in KEPT if all(s is not None for s in each) else ():
            if all(is_kept(program, s, p) for s, p in zip(each, paths, strict=True)):
                return Explanation("+".join(sorted([program.fault, name])), "", program)
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
    """By how much a formula moves the parameters from each point; None if not as the first step."""
    X, y, *_ = path.problem
    first = next((t for t in (0, 1) if (path.points[t + 1] != path.points[t]).any()), 0)
    found: list[Any] = []
    for t, theta in enumerate(path.points[:-1]):
        lr, c = path.problem.lr, factor(len(y))
        pair = quietly(moved, X, y, theta[:-1], theta[-1], lr, c)
        if pair is None or np.shape(pair[0]) != theta[:-1].shape:
            return None
        found.append(np.append(*pair))
        if t == first and not is_near(path.points[t] - path.points[t + 1], found[t], theta):
            return None
    return found


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
