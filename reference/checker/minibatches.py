"""Which rows a trainer uses in its steps, and with which weight: read off its own answers.

With X the identity each row acts on a weight of its own, and with a tiny learning rate the order
of the steps has no effect. After one pass

    w_i(before) − w_i(after) = η · c_i · (w_i + b − y_σ(i)),

where c_i = Σ 1/|B| over the steps whose batch B holds row i, and σ(i) is the row whose label was
used. So c and σ can be read, whatever the program shuffles or draws.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from reference import rounding
from reference.checker.call_plan import CallPlan, Problem
from reference.checker.output import Reading, parse_output
from reference.checker.sandbox.messages import SubjectTerminated

LR = 2.0**-30
NEAR = 1e-5  # how well a weight is read: the learning rate and the rounding of w leave less
SIZES = [(7, 3), (6, 3), (6, 2), (8, 3), (5, 1)]  # (n, batch_size): m divides n, or does not
EPOCHS = (1, 2, 3, 4)
ALL_ROWS = "all rows in each step"
MANY = 80  # epochs after which one of three rows that was never drawn is no chance any more


class Pass(NamedTuple):
    """What one pass (one iteration) did: the weight of each row, and whose label it used."""

    n: int
    m: int
    weights: Any  # (n,) c
    labels: Any  # (n,) σ; −1 for a row that was not used


class Finding(NamedTuple):
    """The mistake in the batches of a trainer; or what it is right of; and what more is known."""

    fault: str = ""
    kind: str = ""  # "minibatches", "one random sample a step", …
    more: str = ""


def row_labels(n: int) -> Any:
    """Labels that tell which row they belong to: no ratio of two is a simple fraction."""
    primes = (p for p in itertools.count(2) if all(p % q for q in range(2, math.isqrt(p) + 1)))
    return np.array([40.0 + 10 * math.sqrt(p) for p in itertools.islice(primes, n)])


def identity_problem(n: int, m: int) -> Problem:
    """A problem by which the rows of a pass can be read."""
    return Problem(np.eye(n), row_labels(n), np.zeros(n), np.float64(0), lr=LR, batch_size=m)


def read_passes(
    process: Any, plan: CallPlan, reading: Reading, n: int, m: int, factor: float
) -> list[Pass] | None:
    """The passes of a training, or None where they cannot be read."""
    if plan.layout.d:
        return read_passes_by_row(process, plan, reading, n, m, factor)
    points = points_of(process, plan, reading, identity_problem(n, m))
    if points is None:
        return None
    found = [decode(p, q, n, m, factor) for p, q in itertools.pairwise(points)]
    return None if any(f is None for f in found) else found  # type: ignore[return-value]


def read_passes_by_row(
    process: Any, plan: CallPlan, reading: Reading, n: int, m: int, factor: float
) -> list[Pass] | None:
    """The same for a trainer that takes a fixed number of features: a training for each row.

    Only that row has features that are not 0, so that it alone acts on the weights.
    """
    d, found = plan.layout.d, []
    for i in range(n):
        X = np.zeros((n, d))
        X[i] = 1
        problem = Problem(X, row_labels(n), np.zeros(d), np.float64(0), lr=LR, batch_size=m)
        points = points_of(process, plan, reading, problem)
        if points is None:
            return None
        found.append([decode_row(p, q, n, m, i, factor) for p, q in itertools.pairwise(points)])
    if any(None in rows for rows in found):
        return None
    passes = zip(*found, strict=True)  # of each pass, what each row did
    return [Pass(n, m, *map(np.array, zip(*rows, strict=True))) for rows in passes]  # type: ignore


def decode_row(
    before: Any, after: Any, n: int, m: int, i: int, factor: float
) -> tuple[float, int] | None:
    """The weight of one row in a pass, and whose label it used; the first weight tells."""
    moved = (before - after)[0] / (LR * factor)
    if abs(moved) < 1e-4:
        return 0.0, -1
    start = before[:-1].sum() + before[-1]
    return weight_and_label(moved, start, row_labels(n), i, n, m)


def points_of(process: Any, plan: CallPlan, reading: Reading, problem: Problem) -> list[Any] | None:
    """The points after each number of passes; None where they cannot be read."""
    answers = list(process.ask([plan.request(problem._replace(iters=t)) for t in EPOCHS]))
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if any(o.fault or len(o.vector) != len(problem.w) + 1 for o in outputs):
        return None
    points = [o.vector for o in outputs]
    if not all(np.isfinite(p).all() for p in points):
        return None
    return [np.append(problem.w, problem.b), *points] if plan.starts else points


def decode(before: Any, after: Any, n: int, m: int, factor: float) -> Pass | None:
    """The weight of each row in a pass, and whose label it used."""
    y, start = row_labels(n), before[:-1] + before[-1]
    moved = (before - after)[:-1] / (LR * factor)
    weights, labels = np.zeros(n), np.full(n, -1)
    for i in range(n):
        if abs(moved[i]) < 1e-4:
            continue
        found = weight_and_label(moved[i], start[i], y, i, n, m)
        if found is None:
            return None
        weights[i], labels[i] = found
    return Pass(n, m, weights, labels)


def weight_and_label(
    moved: float, start: float, y: Any, i: int, n: int, m: int
) -> tuple[float, int] | None:
    """c and σ of one row: its own label if that gives a fraction that batches can make."""
    if start == y[i]:
        return None
    own = moved / (start - y[i])
    unit = math.lcm(n, m, n % m or m)
    count = own * unit
    if abs(count - round(count)) < NEAR * max(1.0, abs(count)) and round(count):
        return round(count) / unit, i
    for size in dict.fromkeys((m, n % m or m, n, 1)):
        for sign in (1, -1):
            label = start - sign * moved * size
            other = int(np.argmin(np.abs(y - label)))
            if abs(y[other] - label) < NEAR * abs(label) * 10:
                return sign / size, other
    return None


def counts(p: Pass) -> Any:
    """How often each row was used in batches of size m, as whole numbers where they are."""
    return p.weights * p.m


def remainder(p: Pass) -> int:
    """The number of rows in the last, shorter batch; m if there is none."""
    return p.n % p.m or p.m


def once_each(p: Pass) -> bool:
    """Whether each row was used once, in batches divided by their own size."""
    r = remainder(p)
    short = np.isclose(p.weights, 1 / r)
    full = np.isclose(p.weights, 1 / p.m)
    return bool((short | full).all()) and (r == p.m or int((short & ~full).sum()) == r)


def same_every_time(passes: Sequence[Pass]) -> bool:
    """Whether all passes of the same sizes do the same."""
    return all(
        np.allclose(a.weights, b.weights) and (a.labels == b.labels).all()
        for a in passes
        for b in passes
        if (a.n, a.m) == (b.n, b.m)
    )


def own_labels(p: Pass) -> bool:
    """Whether each row that was used was used with its own label."""
    used = p.labels >= 0
    return bool((p.labels[used] == np.flatnonzero(used)).all())


def full_batches(p: Pass) -> int:
    """How many batches of m rows there are room for."""
    return p.n // p.m


def is_ragged(p: Pass) -> bool:
    """Each row once, and each batch divided by m, the short one too."""
    return bool(np.allclose(p.weights, 1 / p.m))


def is_full_n(p: Pass) -> bool:
    """Each row once, and each batch divided by n."""
    return bool(np.allclose(p.weights, 1 / p.n))


def is_whole_data(p: Pass) -> bool:
    """All rows in each step, as many steps as there are batches."""
    steps = {full_batches(p), -(-p.n // p.m)}
    return any(k > 1 and np.allclose(p.weights, k / p.n) for k in steps)


def is_remainder_dropped(p: Pass) -> bool:
    """The rows of the full batches once, the others not."""
    used = int(np.isclose(p.weights, 1 / p.m).sum())
    unused = int((p.weights == 0).sum())
    return used == full_batches(p) * p.m and used + unused == p.n


def is_same_batch(p: Pass) -> bool:
    """m rows, and these in every step."""
    used = p.weights[p.weights != 0]
    repeated = len({round(float(v), 6) for v in used}) == 1
    return len(used) == p.m < p.n and repeated


def is_overlapping(p: Pass) -> bool:
    """Whole numbers of uses that differ: some rows several times, in a row."""
    k = counts(p)
    whole = np.allclose(k, np.round(k)) and k.max() > 1.5
    rising = bool((np.diff(np.sign(np.diff(k[k > 0]))) <= 0).all())
    return bool(whole and rising and k[-1] < k.max())


def is_one_row(p: Pass) -> bool:
    """One row alone, with weight 1."""
    return int((p.weights != 0).sum()) == 1 and bool(np.isclose(p.weights.sum(), 1))


def is_one_batch(p: Pass) -> bool:
    """One batch of m rows."""
    used = p.weights[p.weights != 0]
    return len(used) == p.m and bool(np.allclose(used, 1 / p.m))


def is_drawn(p: Pass) -> bool:
    """Whole numbers of uses: rows drawn with replacement, each step divided by its own size."""
    sizes = {p.m, remainder(p)}
    total = p.weights.sum()
    steps = {full_batches(p), -(-p.n // p.m), 1, p.n}
    return any(np.isclose(total, k) for k in steps) and all(
        any(np.isclose(w * s, round(w * s)) for s in sizes | {p.m * remainder(p)})
        for w in p.weights
    )


Rule = tuple[str, Callable[[Pass], bool], bool | None]
FAULTS: list[Rule] = [  # name, what holds in each pass, whether all passes are alike
    ("same-batch-again", is_same_batch, True),
    ("remainder-dropped", is_remainder_dropped, None),
    ("ragged-divisor", is_ragged, None),
    ("whole-data-in-each-batch", is_whole_data, True),
    ("full-n-divisor", is_full_n, None),
    ("batches-overlap", is_overlapping, True),
]
KINDS: list[tuple[str, Callable[[Pass], bool]]] = [
    ("one random sample a step", is_one_row),
    ("one random batch a step", is_one_batch),
    ("batches drawn with replacement", is_drawn),
]


def classify(passes: Sequence[Pass]) -> Finding:
    """What the passes of several sizes have in common."""
    alike = same_every_time(passes)
    if not all(map(own_labels, passes)):
        return classify_labels(passes, alike)
    if all(map(once_each, passes)):
        return Finding(kind="minibatches")
    uneven, even = [p for p in passes if p.n % p.m], [p for p in passes if not p.n % p.m]
    for name, holds, same in FAULTS:
        of_the_rest = name in ("remainder-dropped", "ragged-divisor")
        relevant = uneven if of_the_rest else [p for p in passes if p.m > 1]
        others = even if of_the_rest else []
        found = relevant and all(map(holds, relevant)) and all(map(once_each, others))
        if found and same in (None, alike):
            return Finding(name)
    for kind, fits in KINDS:
        if not alike and all(map(fits, passes)):
            return Finding(kind=kind)
    return Finding()


def classify_labels(passes: Sequence[Pass], alike: bool) -> Finding:
    """Rows that were used with the label of another row."""
    in_batch = all(
        all(p.labels[i] in (-1, i % p.m) for i in range(p.n)) for p in passes if p.m < p.n
    )
    if in_batch:
        return Finding("labels-of-another-batch")
    return Finding("labels-off-by-one" if alike else "shuffled-apart")


def read_batches(
    process: Any, plan: CallPlan, reading: Reading, factors: Sequence[float], fixed: int = 1
) -> Finding:
    """Run minibatches of several sizes, and say what they are.

    Where the trainer has no batch size, its passes are read as those of batches of `fixed` rows.
    """
    sizes = SIZES if "batch_size" in plan.uses else [(fixed + 4, fixed), (2 * fixed + 5, fixed)]
    for factor in factors:
        passes: list[Pass] = []
        try:
            for n, m in sizes:
                found = read_passes(process, plan, reading, n, m, factor)
                if found is None:
                    break
                passes += found
            else:
                finding = classify(passes)
                if finding.fault == "full-n-divisor" and follows(
                    process, plan, reading, factor, ALL_ROWS, 0, fixed
                ):
                    return Finding(kind=ALL_ROWS)
                if finding.kind and finding.kind != "minibatches":
                    return finding_of_many(process, plan, reading, factor, finding)
                if finding != Finding():
                    return finding
        except SubjectTerminated:
            return Finding()
    return Finding()


def finding_of_many(
    process: Any, plan: CallPlan, reading: Reading, factor: float, finding: Finding
) -> Finding:
    """The finding on drawn rows; or a row that is missing among too many draws for chance."""
    n, m = (3, 2) if "batch_size" in plan.uses else (3, 1)
    if plan.layout.d:
        return finding
    problem = identity_problem(n, m)
    requests = [plan.request(problem._replace(iters=t)) for t in (1, 1 + MANY)]
    points = [parse_output(plan, reading, problem, a).vector for a in process.ask(requests)]
    moved = (points[0] - points[1])[:-1] / (LR * factor)
    weights = moved / (points[0][:-1] + points[0][-1] - row_labels(n))
    drawn = round(float(weights.sum() * m))
    never = [i for i in range(n) if abs(weights[i]) < 1e-3]
    if never and n * (1 - len(never) / n) ** drawn < 1e-12:
        rows = ", ".join(str(i) for i in never)
        text = f"Row {rows} (counted from 0, of {n}) is not among {drawn} draws."
        return Finding("row-never-drawn", "", text)
    return finding


def alike_problem(rng: np.random.Generator, n: int, d: int, m: int) -> Problem:
    """Rows that are all the same, so that every order of them gives the same path."""
    X, y = np.tile(rng.normal(size=d), (n, 1)), np.full(n, rng.normal())
    return Problem(X, y, rng.normal(size=d), np.float64(rng.normal()), lr=0.0625, batch_size=m)


def follows(
    process: Any,
    plan: CallPlan,
    reading: Reading,
    factor: float,
    kind: str,
    seed: int,
    fixed: int = 1,
) -> bool:
    """Whether the path on rows that are all alike is that of its kind of batches, step by step."""
    rng = np.random.default_rng(seed)
    sizes = [(fixed + 3, fixed), (2 * fixed + 1, fixed)]
    for n, m in [(7, 3), (6, 3), (4, 4), (3, 1)] if "batch_size" in plan.uses else sizes:
        problem = alike_problem(rng, n, plan.layout.d or 3, m)
        points = first_points(process, plan, reading, problem)
        counts = step_counts(n, m, kind)
        if not points or not all(
            any(reaches(problem, before, after, steps, factor) for steps in counts)
            for before, after in itertools.pairwise(points)
        ):
            return False
    return True


def steps_in_turn(process: Any, plan: CallPlan, reading: Reading, factor: float, seed: int) -> bool:
    """Whether a step is a pass of steps on one row each, in their order."""
    rng = np.random.default_rng(seed)
    d = plan.layout.d or 3
    for n in (2, 3, 5):
        X, y, w = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)
        problem = Problem(X, y, w, np.float64(rng.normal()), lr=0.0625)
        (answer,) = process.ask([plan.request(problem)])
        theta, came = np.append(w, problem.b), parse_output(plan, reading, problem, answer)
        for row in np.column_stack([X, np.ones(n), y]):
            theta = theta - 0.0625 * factor * (row[:-1] @ theta - row[-1]) * row[:-1]
        if came.fault or not np.allclose(came.vector, theta, rtol=1e-9, atol=1e-9):
            return False
    return True


def first_points(process: Any, plan: CallPlan, reading: Reading, problem: Problem) -> list[Any]:
    """(w, b) at the start, if it is given, and after 1, 2 and 3 iterations; none if one fails."""
    answers = list(process.ask([plan.request(problem._replace(iters=t)) for t in (1, 2, 3)]))
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if any(o.fault for o in outputs):
        return []
    points = [o.vector for o in outputs]
    return [np.append(problem.w, problem.b), *points] if plan.starts else points


def step_counts(n: int, m: int, kind: str) -> set[int]:
    """How many steps an iteration of this kind may have."""
    if kind.startswith("one random") or kind == ALL_ROWS:
        return {1}
    if kind == "minibatches":
        return {-(-n // m)}
    return {1, n, n // m, -(-n // m)}


def reaches(problem: Problem, before: Any, after: Any, steps: int, factor: float) -> bool:
    """Whether so many steps lead from one point to the other, within rounding."""
    X, y = problem.X[:1], problem.y[:1]
    w, b, lr = [before[:-1]], [before[-1]], problem.lr * factor
    for _ in range(steps):
        r = X @ w[-1] + b[-1] - y
        w.append(w[-1] - lr * (X.T @ r))
        b.append(b[-1] - lr * r[0])
    rows = [[0]] * steps
    path = np.array(w), np.array(b)
    bound, _ = rounding.trajectory_bound(X, y, rows, *path, lr, np.float64)
    widest = rounding.gamma(len(problem.y) + 8, np.float64) * 8 * (1 + np.abs(path[0]).max())
    gap = np.linalg.norm(np.append(w[-1], b[-1]) - after)
    return bool(gap <= 8 * bound[-1] + widest)
