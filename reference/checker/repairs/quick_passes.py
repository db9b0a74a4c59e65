"""How far a pass of minibatches is from the right one: fast enough for hundreds of changes.

Two problems on which every order of the rows gives the same: rows that are all alike, and rows
that act on separate weights, in batches of one size. What is right of them need not be right of
others; `training` decides that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis.history import PLAIN, Program
from reference.checker.expected import CONVENTIONS
from reference.checker.output import Reading, parse_output
from reference.checker.repairs.quick import FAR, RIGHT, gap
from reference.checker.sandbox.messages import RawOutput
from reference.checker.trainers.minibatches import alike_problem, slices
from reference.checker.trainers.passes import DOUBLE, identity_problem


class QuickPasses:
    """One pass over each of the problems, from a start that is known.

    `fixed`: how many rows a step takes, where that is no parameter; 0 if it is not known.
    `program`: the kind of descent, as with momentum.
    """

    def __init__(
        self, plan: CallPlan, reading: Reading | None, fixed: int = 0, program: Program = PLAIN
    ) -> None:
        self.plan, self.reading, self.program = plan, reading, program
        self.fixed = 0 if "batch_size" in plan.uses else fixed

    @property
    def applies(self) -> bool:
        """Whether the sizes of the batches are known, and the data are used as they are."""
        known = bool("batch_size" in self.plan.uses or self.fixed) and self.plan.scaling is None
        return known and not self.program.rates and not self.program.ahead

    @cached_property
    def problems(self) -> list[Problem]:
        """Rows that are alike; and, for any number of features, rows on separate weights."""
        d = self.plan.layout.d
        m = self.fixed or 3
        alike = alike_problem(np.random.default_rng(0), 2 * m + 1, d or 3, m)
        return [alike] if d else [alike, identity_problem(2 * m, m, DOUBLE.lr)]

    @property
    def times(self) -> tuple[int, ...]:
        """For how many iterations each problem is asked."""
        return (1,) if self.plan.starts else (0, 1)

    def requests(self) -> list[dict[str, Any]]:
        """The calls."""
        return [self.plan.request(p._replace(iters=t)) for p in self.problems for t in self.times]

    def distance(self, answers: Sequence[RawOutput], losses: Sequence[str]) -> tuple[float, bool]:
        """The distance under the nearest convention, and whether the passes may be right."""
        found = [self.moved(i, answers) for i in range(len(self.problems))]
        if any(pair is None for pair in found):
            return FAR, False
        each = list(zip(self.problems, found, strict=True))
        ways = [(each, None)] + [(each[:1], 1)] * (self.fixed == 1)  # or one sample a pass
        gaps = [
            np.mean([gap(moved, pass_over(p, at, loss, c, self.program)) for p, (at, moved) in way])
            for loss in losses
            for way, c in ways
        ]
        return float(min(gaps)), min(gaps) < RIGHT

    def moved(self, i: int, answers: Sequence[RawOutput]) -> Any:
        """Where the pass over a problem starts, and how far it leads; None if it cannot be read."""
        count, p = len(self.times), self.problems[i]
        own = answers[i * count : (i + 1) * count]
        points = [parse_output(self.plan, self.reading, p, a).vector for a in own]
        if self.plan.starts:
            points = [np.append(p.w, p.b), *points]
        wrong = any(v is None or len(v) != len(p.w) + 1 or not np.isfinite(v).all() for v in points)
        return None if wrong else (points[0], points[0] - points[1])


def pass_over(problem: Problem, start: Any, loss: str, count: int | None, program: Program) -> Any:
    """How far one pass over the rows in their order leads, or its first steps."""
    theta, kept = np.array(start, dtype=float), []
    A = np.column_stack([problem.X, np.ones(len(problem.y))])
    for t, rows in enumerate(slices(len(problem.y), problem.batch_size)[:count]):
        r = A[rows] @ theta - problem.y[rows]
        kept.append(CONVENTIONS[loss](len(rows)) * (r @ A[rows]) / len(rows))
        theta = theta - problem.lr * sum(program.c(t, s, 1) * g for s, g in enumerate(kept))
    return start - theta
