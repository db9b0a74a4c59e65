"""What a penalty adds to an answer: a multiple of the weights, of their signs, or of b too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem

PENALTY = 0.5
RIDGE, LASSO, OF_BIAS, OTHER = "ridge", "lasso", "bias-penalised", "another"


def penalty_seen(
    problem: Problem, plain: Sequence[Any], penalised: Sequence[Any]
) -> tuple[str, float]:
    """What a penalty adds to a gradient, or to a step along it, and the factor of it.

    Where a training begins at zero this is seen in its second iteration.
    """
    point, i = np.append(problem.w, problem.b), 0
    if len(plain) > 1 and np.allclose(plain[0], penalised[0], rtol=1e-12):
        point, i = plain[0], 1
    added = penalised[i] - plain[i]
    near = 1e-9 * (1 + np.abs(penalised[i]).max() + np.abs(plain[i]).max())
    free = np.append(point[:-1], 0.0)
    for kind, of in ((RIDGE, free), (LASSO, np.sign(free)), (OF_BIAS, point)):
        factor = float(added @ of) / (float(of @ of) or 1.0)
        if (np.abs(added - factor * of) < near).all():
            return kind, factor
    return OTHER, 0.0


def penalty_of_losses(problems: Sequence[Problem], added: Any) -> tuple[str, float]:
    """What a penalty adds to losses: a multiple of squares, or 1/n of one; and that factor."""
    n = np.array([len(p.y) for p in problems])
    squares = np.array([p.w @ p.w for p in problems])
    with_bias = squares + np.array([p.b**2 for p in problems])
    for kind, of in ((RIDGE, squares), (OF_BIAS, with_bias)):
        for factors in (added / of, added / of * n):
            if np.ptp(factors) <= 1e-9 * np.abs(factors).max():
                return kind, float(factors[0])
    return OTHER, 0.0


def problem_without_weights(plan: CallPlan) -> Problem:
    """A problem in which the weights are zero and stay so: no penalty on them is seen."""
    n, d = plan.layout.n or 2, plan.layout.d or 1
    X = np.ones((n, d)) * np.array([[1.0], [-1.0]])[:n]
    return Problem(X, np.ones(n), np.zeros(d), np.float64(0.5), lr=0.5)
