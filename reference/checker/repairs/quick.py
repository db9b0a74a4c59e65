"""How far answers are from the right ones, in floats: fast enough for hundreds of changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import Output, Reading, parse_output
from reference.checker.problem_set import with_rate
from reference.checker.sandbox.messages import RawOutput

FAR = 40.0  # the distance of an answer of the wrong form
RIGHT = 1.0  # below this an answer may be right: relative errors about 1e-6
SMALLEST = 1e-6


class Quick:
    """The right answers to a few problems, approximately."""

    def __init__(self, plan: CallPlan, problems: Sequence[Problem]) -> None:
        self.plan = plan
        self.problems = [with_rate(plan, p) for p in problems]
        self.known: dict[tuple[int, str], Any] = {}

    def distance(
        self, groups: Sequence[Sequence[RawOutput]], reading: Reading | None, loss: str
    ) -> float:
        """The mean logarithm of the relative errors, in units of `SMALLEST`."""
        found = []
        for i, group in enumerate(groups):
            outputs = [parse_output(self.plan, reading, self.problems[i], a) for a in group]
            pairs = zip(group, outputs, strict=True)
            mutated = any(a.changed and not o.in_place for a, o in pairs)
            found += [g + mutated for g in self.gaps(i, outputs, loss)]
        return float(np.mean(found)) if found else FAR

    def gaps(self, i: int, outputs: Sequence[Output], loss: str) -> list[float]:
        """The distance of each answer to one problem."""
        if any(o.vector is None or not np.isfinite(o.vector).all() for o in outputs):
            return [FAR]
        vectors = [o.vector for o in outputs]
        if self.plan.kind == "trainer":
            return self.gaps_of_steps(i, vectors, loss)
        wanted = self.expected(i, loss)
        if vectors[0].shape != wanted.shape:
            return [FAR]
        got = vectors[0]
        if self.plan.kind == "step":
            p = self.problems[i]
            start = np.append(p.w, p.b)
            got, wanted = start - got, start - wanted
        return [gap(got, wanted)]

    def expected(self, i: int, loss: str) -> Any:
        """The right answer to one problem."""
        if (i, loss) not in self.known:
            self.known[i, loss] = Expected(self.plan, self.problems[i], loss).rounded
        return self.known[i, loss]

    def gaps_of_steps(self, i: int, points: Sequence[Any], loss: str) -> list[float]:
        """The distance of each step of a training, as the gradient that it went along."""
        p = self.problems[i]
        if any(len(theta) != len(p.w) + 1 for theta in points):
            return [FAR]
        path = [np.append(p.w, p.b), *points] if self.plan.starts else list(points)
        X = p.X
        if self.plan.scaling is not None:
            X = self.plan.scaling.apply(X, self.plan.scaling.measure(X))
        c = p.lr * CONVENTIONS[loss](len(p.y)) / len(p.y)
        found = []
        for before, after in itertools.pairwise(path):
            r = X @ before[:-1] + before[-1] - p.y
            found.append(gap(before - after, c * np.append(r @ X, r.sum())))
        return found


def gap(got: Any, wanted: Any) -> float:
    """The mean logarithm of the relative errors of the numbers, each by itself."""
    relative = np.abs(got - wanted) / (np.abs(wanted) + 1e-9 * (1 + np.abs(wanted).max()))
    return float(np.mean(np.log1p(relative / SMALLEST)))
