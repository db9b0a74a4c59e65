"""A training on one row a step whose gradient is wrong: by which formula of the catalogue.

The path is compared with that of each formula: on rows that are all alike, and on three rows in
every order in which they may be taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import Problem
from reference.checker.diagnosis.faults.formulas import gradient, scale
from reference.checker.diagnosis.loop_pairs import Moved, is_near, ways
from reference.checker.diagnosis.pairs import quietly
from reference.checker.trainers.minibatches import (
    Trainer,
    alike_problem,
    first_points,
    of_one_row,
)

ROWS = 3  # in each problem
Told = tuple[Problem, Sequence[Any]]  # a problem, and the points of the training on it


def row_formula(trainer: Trainer, factor: float) -> str:
    """The mistake in the gradient of each row; "" where the right one is as near, or none is."""
    if not of_one_row(trainer):
        return ""
    told = list(asked(trainer))
    if not all(points for _, points in told):
        return ""

    def right(X: Any, y: Any, w: Any, b: Any, lr: float, c: float) -> Any:
        return scale(gradient(X, y, w, b), lr * c)

    if leads_there(right, told, factor):
        return ""
    return next((name for name, moved in ways() if leads_there(moved, told, factor)), "")


def asked(trainer: Trainer) -> Iterator[Told]:
    """Trainings on rows that are all alike, and on different ones."""
    process, plan, reading, seed, _ = trainer
    rng = np.random.default_rng(seed)
    d = plan.layout.d or 3
    for alike in (True, True, False):
        problem = alike_problem(rng, ROWS, d, 1)
        if not alike:
            problem = problem._replace(X=rng.normal(size=(ROWS, d)), y=rng.normal(size=ROWS))
        yield problem, first_points(process, plan, reading, problem)[0]


def leads_there(moved: Moved, told: Sequence[Told], factor: float) -> bool:
    """Whether steps along a formula, on all rows or on one, lead from each point to the next."""
    return any(
        all(
            any(ends_at(moved, problem, before, after, rows, factor) for rows in orders(problem, k))
            for problem, points in told
            for before, after in itertools.pairwise(points)
        )
        for k in (ROWS, 1)
    )


def orders(problem: Problem, count: int) -> Iterator[tuple[int, ...]]:
    """The orders in which so many rows may be taken, in turn or drawn: one where all are alike."""
    if np.ptp(problem.y) == 0:
        return iter([(0,) * count])
    return itertools.product(range(ROWS), repeat=count)


def ends_at(
    moved: Moved, problem: Problem, before: Any, after: Any, rows: Sequence[int], factor: float
) -> bool:
    """Whether one pass over these rows leads from a point to another one."""
    theta = before
    for i in rows:
        X, y = problem.X[i : i + 1], problem.y[i : i + 1]
        pair = quietly(moved, X, y, theta[:-1], theta[-1], problem.lr, factor)
        if pair is None or np.shape(pair[0]) != theta[:-1].shape:
            return False
        theta = theta - np.append(*pair)
    return is_near(after - before, theta - before, theta)
