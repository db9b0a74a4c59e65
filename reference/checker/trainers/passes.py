"""Which rows a trainer uses in a pass, and with which weight: read off its own answers.

With X the identity each row acts on a weight of its own, and with a tiny learning rate the order
of the steps has no effect. After one pass (one iteration) a row has moved the parameters by

    η · c_i · (w_i + b − y_σ(i)),

where c_i = Σ 1/|B| over the steps whose batch B holds row i, and σ(i) is the row whose label was
used. So c and σ can be read, whatever the program shuffles or draws.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.output import Reading, parse_output

EPOCHS = (1, 2, 3, 4)


class Precision(NamedTuple):
    """The learning rate, and how well a weight is read: the rate and the rounding of w leave less.

    A start that is not zero leaves few digits of a small step in float32.
    """

    lr: float
    near: float


DOUBLE, SINGLE = Precision(2.0**-30, 1e-5), Precision(2.0**-13, 3e-3)


class Pass(NamedTuple):
    """What one pass did: how far each row has moved the parameters, and from where.

    `number` counts the passes of a training from its start.
    """

    n: int
    m: int
    number: int
    moved: Any  # (n,) c · (w + b − label)
    start: Any  # (n,) w + b
    bias: float = np.nan  # what b has moved: the sum of `moved`, if b is trained on the same rows
    near: float = DOUBLE.near

    @property
    def bias_agrees(self) -> bool:
        """Whether b has moved as it does if it is trained on the same rows; or it is not known."""
        off = abs(self.bias - self.moved.sum())
        return not off > 10 * self.near * self.n * max(1.0, np.abs(self.moved).max())

    @property
    def weights(self) -> Any:
        """c of each row, if it is used with its own label."""
        with np.errstate(all="ignore"):
            return self.moved / (self.start - row_labels(self.n))


def row_labels(n: int) -> Any:
    """Labels that tell which row they belong to: no ratio of two is a simple fraction."""
    primes = (p for p in itertools.count(2) if all(p % q for q in range(2, math.isqrt(p) + 1)))
    return np.array([40.0 + 10 * math.sqrt(p) for p in itertools.islice(primes, n)])


def precision_of(process: Any, plan: CallPlan, reading: Reading) -> Precision:
    """How the passes of a trainer are read: by the precision of its own numbers."""
    problem, _ = row_problems(plan, 4, 4, DOUBLE)[0]
    (answer,) = process.ask([plan.request(problem)])
    output = parse_output(plan, reading, problem, answer)
    return SINGLE if output.dtype == np.float32 else DOUBLE


def identity_problem(n: int, m: int, lr: float) -> Problem:
    """A problem by which the rows of a pass can be read."""
    return Problem(np.eye(n), row_labels(n), np.zeros(n), np.float64(0), lr=lr, batch_size=m)


def row_problems(
    plan: CallPlan, n: int, m: int, precision: Precision
) -> list[tuple[Problem, Sequence[int]]]:
    """Problems by which the rows of a pass can be read, each with the rows that it tells of.

    For a fixed number of features there is one for each row, which alone has features that are
    not 0.
    """
    problem, d = identity_problem(n, m, precision.lr), plan.layout.d
    if not d:
        return [(problem, range(n))]
    ones = np.ones(d)
    return [
        (problem._replace(X=np.outer(np.eye(n)[i], ones), w=np.zeros(d)), [i]) for i in range(n)
    ]


def read_passes(
    process: Any,
    plan: CallPlan,
    reading: Reading,
    size: tuple[int, int],
    precision: Precision = DOUBLE,
    epochs: Sequence[int] = EPOCHS,
) -> list[Pass] | None:
    """The passes of a training between these numbers of iterations; None if they cannot be read."""
    columns, first = [], 0 if plan.starts else min(epochs)
    for problem, rows in row_problems(plan, *size, precision):
        found = rows_moved(process, plan, reading, problem, epochs, rows)
        if found is None:
            return None
        columns.append(found)
    passes = []
    for k, parts in enumerate(zip(*columns, strict=True)):
        moved, start, biases = zip(*parts, strict=True)
        alike = (
            np.ptp(biases) <= precision.near * np.abs(biases).max()
        )  # not so where rows are drawn
        bias = biases[0] if alike else np.nan
        pair = np.concatenate(moved), np.concatenate(start)
        passes.append(Pass(*size, first + k, *pair, bias, precision.near))
    return passes


STEEP = 2.0**15  # features so large, and steps so small, that the bias hardly moves


def left_over(process: Any, plan: CallPlan, reading: Reading, n: int, m: int) -> Any:
    """What the first pass leaves of the residual of each row, at η x² = ½; None if unreadable.

    Each step that uses a row divides its residual by the same, in whatever order.
    """
    found = []
    for problem, rows in row_problems(plan, n, m, DOUBLE):
        X = problem.X * STEEP / np.sqrt(plan.layout.d or 1)
        steep = problem._replace(X=X, lr=0.5 / STEEP**2)
        points = points_of(process, plan, reading, steep, (1,) if plan.starts else (0, 1))
        if points is None:
            return None
        before, after = ((X @ p[:-1] + p[-1] - problem.y)[rows] for p in points)
        found.append(after / before)
    return np.concatenate(found)


def rows_moved(
    process: Any,
    plan: CallPlan,
    reading: Reading,
    problem: Problem,
    epochs: Sequence[int],
    rows: Sequence[int],
) -> list[tuple[Any, Any, float]] | None:
    """(moved, start) of these rows in each pass, and what b has moved."""
    points = points_of(process, plan, reading, problem, epochs)
    X = problem.X
    if plan.scaling is not None:
        X = plan.scaling.apply(X, plan.scaling.measure(X))
    A = np.column_stack([X, np.ones(len(X))])[rows]
    told = slice(-1) if plan.scaling is None else slice(None)  # scaled rows depend on each other
    found = []
    for before, after in itertools.pairwise(points or []):
        moved = (before - after) / problem.lr
        terms = np.linalg.lstsq(A.T[told], moved[told], rcond=None)[0]
        if (np.abs(A.T[told] @ terms - moved[told]) > 1e-2 * (np.abs(terms).max() or 1.0)).any():
            return None
        found.append((terms, A @ before, moved[-1] if plan.scaling is None else np.nan))
    return found or None


def points_of(
    process: Any, plan: CallPlan, reading: Reading, problem: Problem, epochs: Sequence[int]
) -> list[Any] | None:
    """(w, b) at the start, if it is given, and after each number of passes; None if one fails."""
    answers = list(process.ask([plan.request(problem._replace(iters=t)) for t in epochs]))
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if any(o.fault or len(o.vector) != len(problem.w) + 1 for o in outputs):
        return None
    points = [o.vector for o in outputs]
    if not all(np.isfinite(p).all() for p in points):
        return None
    return [np.append(problem.w, problem.b), *points] if plan.starts else points


def labels_of(p: Pass, factor: float) -> tuple[Any, Any] | None:
    """(c, σ) of each row, −1 where it was not used; None where a row tells no label.

    A row's own label counts first, where that gives a fraction that batches can make.
    """
    weights, labels = np.zeros(p.n), np.full(p.n, -1)
    for i in np.flatnonzero(np.abs(p.moved) > 10 * p.near):
        found = weight_and_label(p, i, factor)
        if found is None:
            return None
        weights[i], labels[i] = found
    return weights, labels


def weight_and_label(p: Pass, i: int, factor: float) -> tuple[float, int] | None:
    """c and σ of one row."""
    n, m, y, moved = p.n, p.m, row_labels(p.n), p.moved[i] / factor
    if p.start[i] == y[i]:
        return None
    unit = math.lcm(n, m, n % m or m)
    count = moved / (p.start[i] - y[i]) * unit
    if abs(count - round(count)) < p.near * max(1.0, abs(count)) and round(count):
        return round(count) / unit, i
    for size, sign in itertools.product(dict.fromkeys((m, n % m or m, n, 1)), (1, -1)):
        label = p.start[i] - sign * moved * size
        other = int(np.argmin(np.abs(y - label)))
        if abs(y[other] - label) < p.near * abs(label) * 10:
            return sign / size, other
    return None
