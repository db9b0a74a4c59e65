"""One answer beside what it should have been; the problems on which every fault looks different."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected, formula_of
from reference.checker.output import Output
from reference.checker.sandbox.messages import RawOutput

SHAPES = [(5, 3), (7, 4), (4, 2), (3, 5), (2, 3), (6, 1), (9, 6), (2, 1), (1, 3), (1, 1)]
SHAPES += [(8, 2), (12, 5), (5, 4), (10, 7), (3, 3), (2, 2), (1, 2), (11, 8), (4, 4), (1, 4)]


def distinguishing_problems(seed: int) -> list[Problem]:
    """Problems on which no two faults look alike: normal numbers, n and d of many kinds."""
    rng = np.random.default_rng(seed)
    found = []
    for n, d in SHAPES * 2:
        X, y, w = rng.normal(size=(n, d)), 3 * rng.normal(size=n), rng.normal(size=d)
        lr = float(rng.choice([0.125, 0.25, 0.375]))
        found.append(Problem(X, y, w, np.float64(rng.normal()), lr=lr))
    return found


@dataclass
class Trial:
    """One answer: to what, as what it was read, and what it should have been.

    `case` is the problem that it answers; for a trainer that starts where `asked` led to.
    """

    plan: CallPlan
    case: Problem
    answer: RawOutput
    reading: Output
    expected: Expected
    problem: Problem

    @cached_property
    def errors(self) -> Any:
        """|got − exact| / bound of each number; inf for an answer of the wrong form."""
        if self.reading.fault:
            return np.array([np.inf])
        return self.expected.errors(self.reading.vector, self.reading.dtype)

    @property
    def is_correct(self) -> bool:
        """Whether it is within the bound."""
        return bool((self.errors <= 1).all())

    @property
    def finite(self) -> bool:
        """Whether there are numbers, and ordinary ones."""
        return self.reading.vector is not None and bool(np.isfinite(self.reading.vector).all())

    @property
    def has_wrong_values(self) -> bool:
        """Whether its numbers are wrong, whatever their form."""
        vector, size = self.reading.vector, len(self.expected.exact)
        if not self.finite or vector.size != size:
            return False
        return bool((self.expected.errors(vector, self.reading.dtype) > 1).any())

    @property
    def moved(self) -> bool:
        """Whether a step led anywhere."""
        return self.finite and bool((self.gradient != 0).any())

    @property
    def gradient(self) -> Any:
        """As a gradient, or as the loss, without the factor of the convention."""
        return self._as_gradient(self.reading.vector)

    @property
    def expected_gradient(self) -> Any:
        """What `got` should be."""
        return self._as_gradient(self.expected.rounded)

    def _as_gradient(self, vector: Any) -> Any:
        if formula_of(self.plan) == "step":
            vector = (np.append(self.case.w, self.case.b) - vector) / self.case.lr
        return vector / self.expected.factor
