"""One problem, the answer to it, and what that should have been."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected, formula_of
from reference.checker.output import Output
from reference.checker.sandbox.messages import RawOutput


@dataclass
class Trial:
    """One answer: to what, as what it was read, and what it should have been.

    `problem` was given, the `index`-th of those that were asked together. `case` is what the
    answer is compared on: the same, but for a trainer it starts where the step before ended.
    """

    plan: CallPlan
    case: Problem
    answer: RawOutput
    reading: Output
    expected: Expected
    index: int
    problem: Problem

    @cached_property
    def errors(self) -> Any:
        """|got − exact| / bound of each number; inf for an answer of the wrong form."""
        if self.reading.fault:
            return np.array([np.inf])
        return self.expected.errors(*self.numbers)

    @property
    def numbers(self) -> tuple[Any, ...]:
        """The numbers that came, and the precision of both parts."""
        return self.reading.vector, self.reading.dtype, self.reading.dtype_b

    @property
    def mutated(self) -> bool:
        """Whether a function that returns its result changed the caller's arrays too.

        Tensors that require a gradient are parameters, which a training is there to change.
        """
        changed = set(self.answer.changed)
        if self.plan.layout.container == "leaf":
            changed -= set(map(str, self.plan.updates))
        return bool(changed) and not self.reading.in_place

    @cached_property
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
        vector, size = self.reading.vector, len(self.expected.near)
        if not self.finite or vector.size != size:
            return False
        return bool((self.expected.errors(*self.numbers) > 1).any())

    @property
    def gradient(self) -> Any:
        """As a gradient, or as the loss, without the factor of the convention."""
        return self._as_gradient(self.reading.vector)

    @property
    def expected_gradient(self) -> Any:
        """What `got` should be."""
        return self._as_gradient(self.expected.rounded)

    def _as_gradient(self, vector: Any) -> Any:
        if formula_of(self.plan) in ("step", "given step"):
            vector = (np.append(self.case.w, self.case.b) - vector) / self.case.lr
        return vector / self.expected.factor
