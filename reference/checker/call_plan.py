"""How a subject is called: a case, and a plan for what of it goes into which parameter."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

SHORT = 3  # samples that a batch is short of batch_size, where there is such a parameter


class Problem(NamedTuple):
    """A problem, a learning rate, and for how long to train."""

    X: Any
    y: Any
    w: Any
    b: Any
    lr: float = 1.0
    iters: int = 1


@dataclass(frozen=True)
class CallPlan:
    """How one function or class is called: which parameter is what, and in which shapes.

    `roles` has (parameter, role) for each; a parameter without a name is given by position.
    """

    name: str
    kind: str
    roles: tuple[tuple[str, str], ...]
    init: tuple[tuple[str, str], ...] = ()
    is_class: bool = False
    column: bool = False
    ones: bool = True
    tensors: bool = False
    short: int = 0

    @property
    def theta(self) -> bool:
        """Whether w and b come as one vector, beside an X with a column of ones in front."""
        names = {role for _, role in self.roles}
        return not self.is_class and "w" in names and "b" not in names

    @property
    def uses(self) -> set[str]:
        """The roles of all parameters."""
        return {role for _, role in self.roles + self.init}

    def arguments(self, case: Problem) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """args and kwargs for one call."""
        if self.is_class:
            values = self.values(case)
            init, fit = ({p: values[r] for p, r in roles} for roles in (self.init, self.roles))
            return (values["X"], values["y"], init, fit), {}
        values = self.values(case)
        args = tuple(values[role] for name, role in self.roles if not name)
        return args, {name: values[role] for name, role in self.roles if name}

    def values(self, case: Problem) -> dict[str, Any]:
        """What each role stands for, in the shapes of this plan."""
        X, y, w = case.X, case.y, case.w
        if self.theta:
            X = np.column_stack([np.ones(len(y), X.dtype), X]) if self.ones else X
            w = np.append(case.b, w).astype(X.dtype)
        arrays = {"y": y, "w": w, "y_hat": case.X[:, 0], "grad_w": case.X[0]}
        if self.column:
            arrays = {role: a[:, None] for role, a in arrays.items()}
        numbers = {"b": float(case.b), "lr": case.lr, "iters": case.iters}
        more = {"grad_b": float(y[0]), "batch_size": len(y) + self.short}
        return {"X": X, **arrays, **numbers, **more}

    def layouts(self) -> Iterator[CallPlan]:
        """This plan, and the ones to try where it is refused."""
        shorts = (SHORT, 0) if "batch_size" in self.uses else (0,)
        for tensors, ones, column, short in itertools.product(
            (False, True), (True, False) if self.theta else (True,), (False, True), shorts
        ):
            yield replace(self, column=column, ones=ones, tensors=tensors, short=short)

    @property
    def note(self) -> str:
        """What in the call is not as usual."""
        notes = []
        if self.theta:
            notes.append("θ = (b, w)" + (" and X with a column of ones" if self.ones else ""))
        if self.column:
            notes.append("labels (n, 1) and weights (d, 1) as columns")
        if self.tensors:
            notes.append("torch tensors")
        return "called with " + ", ".join(notes) if notes else ""
