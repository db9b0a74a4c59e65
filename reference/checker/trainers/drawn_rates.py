"""A training on one random sample a step, with a learning rate that changes from step to step.

With a single row there is nothing to draw: the rates are read off its steps. On rows that are all
alike the order has no effect, and each pass must be as many steps with these rates. On labels that
the first parameters predict nothing moves, if each row is used with its own label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis.history import Path, rates_of
from reference.checker.output import Reading, parse_output
from reference.checker.trainers.minibatches import alike_problem, is_near

ROWS, PASSES = 3, (0, 1, 2)


def drawn_rates(process: Any, plan: CallPlan, reading: Reading, seed: int) -> list[float]:
    """The rates of the first steps, on the gradient of one row; none if it is no such training."""
    rng = np.random.default_rng(seed)
    d, steps = plan.layout.d or 2, range(ROWS * PASSES[-1] + 1)
    singles = [alike_problem(rng, 1, d, 1) for _ in range(3)]
    paths = [points_at(process, plan, reading, p, steps) for p in singles]
    if not all(paths):
        return []
    each = [Path(p._replace(lr=1.0), points) for p, points in zip(singles, paths, strict=True)]
    rates = rates_of(each, lambda n: 1.0)
    if rates is None or not follows_rates(process, plan, reading, rates, seed):
        return []
    return rates if uses_own_labels(process, plan, reading, seed) else []


def points_at(
    process: Any, plan: CallPlan, reading: Reading, problem: Problem, passes: Sequence[int]
) -> list[Any]:
    """(w, b) after so many passes; none if one cannot be read. A start that is given is known."""
    asked = [t for t in passes if t or not plan.starts]
    answers = process.ask([plan.request(problem._replace(iters=t)) for t in asked])
    found = [parse_output(plan, reading, problem, a).vector for a in answers]
    if any(v is None or not np.isfinite(v).all() for v in found):
        return []
    start = [np.append(problem.w, problem.b)] if plan.starts and 0 in passes else []
    return [*start, *found]


def follows_rates(
    process: Any, plan: CallPlan, reading: Reading, rates: Sequence[float], seed: int
) -> bool:
    """Whether passes over rows that are all alike are steps with these rates."""
    problem = alike_problem(np.random.default_rng(seed + 1), ROWS, plan.layout.d or 2, 1)
    points = points_at(process, plan, reading, problem, PASSES)
    if not points:
        return False
    x, theta = np.append(problem.X[0], 1.0), points[0]
    for number, after in enumerate(points[1:]):
        for rate in rates[number * ROWS : (number + 1) * ROWS]:
            theta = theta - rate * x * (x @ theta - problem.y[0])
        if not is_near(theta, after, 200, np.float64):
            return False
    return True


def uses_own_labels(process: Any, plan: CallPlan, reading: Reading, seed: int) -> bool:
    """Whether nothing moves where the first parameters predict all labels."""
    rng = np.random.default_rng(seed + 2)
    X, w = rng.normal(size=(5, plan.layout.d or 2)), rng.normal(size=plan.layout.d or 2)
    problem = Problem(X, rng.normal(size=5), w, np.float64(rng.normal()), batch_size=1)
    first = points_at(process, plan, reading, problem, (0,))
    if not first:
        return False
    exact = problem._replace(y=X @ first[0][:-1] + first[0][-1])
    points = points_at(process, plan, reading, exact, (0, 2))
    return len(points) == 2 and is_near(points[0], points[1], 200, np.float64)
