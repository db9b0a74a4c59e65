"""What the passes of a trainer are: which batches, divided by what, in which direction.

A model of a pass has the positions of the rows in each step, the divisor, the sign, and what is
kept from earlier steps. Its weights are compared with those that were read (`passes`), for rows in
their order and for any other order; and its path is compared, step by step, on rows that are all
alike, where the order has no effect.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from reference import rounding
from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis.history import PLAIN, Program
from reference.checker.output import Reading, parse_output
from reference.checker.sandbox.messages import OutOfTime, SubjectTerminated
from reference.checker.trainers.passes import (
    EPOCHS,
    Pass,
    labels_of,
    left_over,
    precision_of,
    read_passes,
    row_labels,
)

SIZES = [(7, 3), (6, 3), (6, 2), (8, 3), (5, 1)]  # (n, batch_size): m divides n, or does not
ALL_ROWS = "all rows in each step"
MANY = 80  # epochs after which one of three rows that was never drawn is no chance any more
DRAWS_ROWS = {"shuffle", "shuffled", "permutation", "perm", "randperm", "randint", "randrange"}
DRAWS_ROWS |= {"choice", "sample", "integers", "stochastic", "sgd"}
DRAWS = {"random", "rng", "rand", "randn", *DRAWS_ROWS}  # words of a program that draws
Steps = list[list[int]]
Divisor = tuple[str, Callable[[int, int, int], float]]  # of (rows of the batch, n, m)


class Finding(NamedTuple):
    """The mistake in the batches of a trainer; or what it is right of; and what more is known."""

    fault: str = ""
    kind: str = ""  # "minibatches", "one random sample a step", …
    more: str = ""


class Structure(NamedTuple):
    """The rows of each step of a pass, by their positions in the order of that pass.

    `alike`: whether all passes use the same rows, where that makes the difference.
    """

    fault: str
    kind: str
    steps: Callable[[int, int], Steps]
    alike: bool | None = None


class Model(NamedTuple):
    """A program for one pass: names of mistakes, if any, and how its weights come about.

    `of_bias`: the divisor of the part of b.
    """

    structure: Structure
    divisor: Divisor
    sign: tuple[str, int]
    program: Program = PLAIN
    each_pass: bool = False  # whether what is kept is forgotten at the start of each pass
    of_bias: Divisor | None = None

    @property
    def names(self) -> list[str]:
        """The mistakes in it."""
        divisors = {self.divisor[0], self.of_bias[0] if self.of_bias else ""}
        found = {self.structure.fault, self.sign[0], self.program.fault, *divisors}
        return sorted(found - {""})


def windows(n: int, starts: Sequence[int], width: int) -> Steps:
    """The rows from each start on."""
    return [list(range(k, min(k + width, n))) for k in starts]


def slices(n: int, m: int) -> Steps:
    """All rows, in batches of m."""
    return windows(n, range(0, n, m), m)


def balanced(n: int, m: int) -> Steps:
    """All rows, in as many batches, whose sizes differ by one at most."""
    return [list(map(int, rows)) for rows in np.array_split(np.arange(n), all_of(n, m))]


def repeated(rows: Callable[[int, int], int], count: Callable[[int, int], int]) -> Any:
    """The first rows in so many steps."""
    return lambda n, m: [list(range(rows(n, m)))] * count(n, m)


def overlapping(count: Callable[[int, int], int], more: int = 0) -> Any:
    """Batches that begin one row apart."""
    return lambda n, m: windows(n, range(count(n, m)), m + more)


def full(n: int, m: int) -> int:
    """How many batches of m rows there are room for."""
    return n // m


def all_of(n: int, m: int) -> int:
    """How many batches there are, the last, shorter one included."""
    return -(-n // m)


def one(n: int, m: int) -> int:
    """A single one."""
    return 1


STRUCTURES = [
    Structure("", "minibatches", slices),
    Structure("", "minibatches", balanced),
    Structure("", ALL_ROWS, lambda n, m: [list(range(n))]),
    Structure("", "one random sample a step", lambda n, m: [[0]], False),
    Structure("", "one random batch a step", lambda n, m: [list(range(m))], False),
    Structure("remainder-dropped", "", lambda n, m: windows(n, range(0, n - m + 1, m), m)),
    *(
        Structure("same-batch-again", "", repeated(lambda n, m: m, count))
        for count in (all_of, full)  # of drawn batches: by chance never in all passes
    ),
    Structure("same-batch-again", "", repeated(lambda n, m: m, one), True),
    Structure("remainder-dropped", "", lambda n, m: windows(n, range(0, n - m, m), m)),
    *(
        Structure("whole-data-in-each-batch", "", repeated(lambda n, m: n, count))
        for count in (all_of, full)
    ),
    *(
        Structure("batches-overlap", "", overlapping(count))
        for count in (full, all_of, lambda n, m: n - m + 1, lambda n, m: n)
    ),
    Structure("batches-overlap", "", lambda n, m: windows(n, range(0, n, m), m + 1)),
    Structure("row-never-drawn", "", lambda n, m: slices(n - 1, m), True),
]
DIVISORS: list[Divisor] = [  # where m = 1, the first that fits: without a mean
    ("", lambda size, n, m: size),
    ("missing-mean", lambda size, n, m: 1),
    ("ragged-divisor", lambda size, n, m: m),
    ("full-n-divisor", lambda size, n, m: n),
]
APART = [d for d in DIVISORS if d[0] != "missing-mean"]  # those that w and b may have alone
OF_ONE_PART: list[tuple[Divisor, Divisor]] = [  # of w and b, where one of them is wrong
    (("factor-two-w", lambda size, n, m: size / 2), DIVISORS[0]),
    (DIVISORS[0], ("bias-step-doubled", lambda size, n, m: size / 2)),
    (("sign-flipped-w", lambda size, n, m: -size), DIVISORS[0]),
    (DIVISORS[0], ("sign-flipped-b", lambda size, n, m: -size)),
    (DIVISORS[0], ("bias-gradient-zero", lambda size, n, m: np.inf)),
    (("weight-gradient-sum", lambda size, n, m: 1), DIVISORS[0]),
    (DIVISORS[0], ("bias-gradient-sum", lambda size, n, m: 1)),
]
SIGNS = [("", 1), ("sign-flipped", -1)]
FROZEN = Program("gradient-outside-loop", c=lambda t, s, n: float(s == t))
KEPT_IN_PASS = [(FROZEN, True), (Program("accumulator-kept", c=lambda t, s, n: 1.0), True)]


@lru_cache(maxsize=1)
def models() -> list[Model]:
    """The passes of plain descent and those with mistakes, the fewest mistakes first."""
    kept = [(PLAIN, False), *KEPT_IN_PASS]
    found = [
        Model(structure, divisor, sign, *memory)
        for memory, structure, divisor, sign in itertools.product(kept, STRUCTURES, DIVISORS, SIGNS)
    ]
    plain = [m for m in found if m.program is PLAIN and m.divisor in APART]
    found += [m._replace(of_bias=d) for m in plain for d in APART if d is not m.divisor]
    by_size = [m for m in plain if m.divisor is DIVISORS[0]]
    found += [m._replace(divisor=w, of_bias=b) for m in by_size for w, b in OF_ONE_PART]
    few = [m for m in found if len(m.names) < 3]
    return sorted(few, key=lambda m: len(m.names))


def models_of(program: Program) -> list[Model]:
    """The same for descent of another kind: with momentum, or a rate that changes."""
    if program == PLAIN:
        return models()
    found = [m for m in models() if m.program is PLAIN and not m.of_bias]
    by_pass = [m._replace(program=program, each_pass=k) for k in (False, True) for m in found]
    return sorted(by_pass, key=lambda m: len(m.names))


def coefficient(model: Model, steps: int, t: int, s: int) -> float:
    """c of steps t and s of a training that has so many steps in a pass."""
    program = model.program
    if program.rates:
        k = t // steps if model.each_pass else t
        return program.rates[k] * (s == t) if k < len(program.rates) else np.nan
    if not model.each_pass:
        return program.c(t, s, 1)
    return program.c(t % steps, s % steps, 1) if t // steps == s // steps else 0.0


def step_coefficient(model: Model, steps: int, t: int, s: int) -> float:
    """The same, where the gradient is taken further on."""
    return float(t == s) if model.program.ahead else coefficient(model, steps, t, s)


@lru_cache(maxsize=20_000)
def weights_of(model: Model, n: int, m: int, number: int) -> Any:
    """c of the row at each position in a pass, of which no earlier pass is felt."""
    steps, weights = model.structure.steps(n, m), np.zeros(n)
    first, last = number * len(steps), (number + 1) * len(steps)
    for s, rows in enumerate(steps, first):
        felt = sum(coefficient(model, len(steps), t, s) for t in range(s, last))
        weights[rows] += model.sign[1] * felt / model.divisor[1](len(rows), n, m)
    return weights


def is_felt_later(model: Model, n: int, m: int) -> bool:
    """Whether a pass adds to what the next one does."""
    steps = len(model.structure.steps(n, m))
    return coefficient(model, steps, steps, 0) != 0 and not model.program.rates


def fits(model: Model, p: Pass, factor: float) -> bool:
    """Whether these are the weights of the model, for the rows in their order or in another."""
    if model.of_bias is None and not p.bias_agrees:
        return False
    if p.number and is_felt_later(model, p.n, p.m):
        return True
    wanted, weights = weights_of(model, p.n, p.m, p.number), p.weights / factor
    known = np.isfinite(wanted)
    near = p.near * np.maximum(1.0, np.abs(wanted))
    if (np.abs(weights - wanted) <= near)[known].all():
        return moves_bias(model, p, factor, np.arange(p.n))
    order = np.argsort(weights)[np.argsort(np.argsort(wanted))]  # the row at each position
    same = known.all() and (np.abs(weights[order] - wanted) <= near.max()).all()
    return bool(same) and moves_bias(model, p, factor, order)


def moves_bias(model: Model, p: Pass, factor: float, order: Any) -> bool:
    """Whether b has moved as it does with a divisor of its own, for the rows in this order."""
    if model.of_bias is None or not np.isfinite(p.bias):
        return True
    own = weights_of(model, p.n, p.m, p.number)
    of_bias = weights_of(model._replace(divisor=model.of_bias), p.n, p.m, p.number)
    if len(np.unique(own)) < len(np.unique(of_bias)):  # which rows are in which batch is not seen
        return True
    moved = factor * float(of_bias @ (p.start - row_labels(p.n))[order])
    return bool(abs(moved - p.bias) <= 10 * p.near * p.n * max(1.0, np.abs(p.moved).max()))


def same_every_time(passes: Sequence[Pass]) -> bool:
    """Whether all passes of the same sizes use the same rows."""
    return all(
        ((np.abs(a.moved) > 10 * a.near) == (np.abs(b.moved) > 10 * b.near)).all()
        for a, b in itertools.combinations(passes, 2)
        if (a.n, a.m) == (b.n, b.m)
    )


def matching_models(
    passes: Sequence[Pass], factor: float, program: Program = PLAIN
) -> Iterator[Model]:
    """The models whose weights are those of all passes, the fewest mistakes first."""
    alike = same_every_time(passes)
    if program.kind and all(p.number for p in passes):  # the passes before these were not seen
        return
    for model in models_of(program):
        wanted = model.structure.alike
        if wanted in (None, alike) and all(fits(model, p, factor) for p in passes):
            yield model


def is_drawn(p: Pass, factor: float) -> bool:
    """Whole numbers of uses: rows drawn with replacement, each step divided by its own size."""
    if not p.bias_agrees:
        return False
    rest = p.n % p.m or p.m
    weights, total = p.weights / factor, p.weights.sum() / factor
    steps = {full(p.n, p.m), all_of(p.n, p.m), 1, p.n}
    sizes = {p.m, rest, p.m * rest}

    def is_whole(k: float) -> bool:
        return bool(abs(k - round(k)) <= p.near * max(1.0, abs(k)))

    return any(abs(total - k) <= p.near * p.n * k for k in steps) and all(
        any(is_whole(w * s) for s in sizes) for w in weights
    )


def classify_labels(passes: Sequence[Pass], factor: float) -> Finding:
    """What rows that are used with the labels of others have in common; nothing if none are."""
    read = [labels_of(p, factor) for p in passes]
    used = [(p, *pair) for p, pair in zip(passes, read, strict=True) if pair is not None]
    if len(used) < len(passes):
        return Finding()
    own = [(s == np.arange(p.n)) | (s < 0) for p, _, s in used]
    if all(o.all() for o in own):
        return Finding()
    in_batch = all(all(s[i] in (-1, i % p.m) for i in range(p.n)) for p, _, s in used if p.m < p.n)
    name = "labels-of-another-batch" if in_batch else apart(used)
    return Finding("+".join(sorted([name, *factors_of(used)])))


def apart(used: Sequence[tuple[Pass, Any, Any]]) -> str:
    """The name for labels of other rows: the same in each pass, or by chance."""
    alike = all(
        (a[2] == b[2]).all()
        for a, b in itertools.combinations(used, 2)
        if (a[0].n, a[0].m) == (b[0].n, b[0].m)
    )
    return "labels-off-by-one" if alike else "shuffled-apart"


def factors_of(used: Sequence[tuple[Pass, Any, Any]]) -> list[str]:
    """The divisor and the sign of all batches, where they are mistakes."""
    wide = [(p, c[c != 0]) for p, c, _ in used if p.m > 1]
    if not wide or any(not c.size for _, c in wide):
        return []
    found = ["sign-flipped"] if all((c < 0).all() for _, c in wide) else []
    if all(np.allclose(np.abs(c), 1) for _, c in wide):
        found.append("missing-mean")
    return found


class Trainer(NamedTuple):
    """A trainer that can be asked, and how it was found to be called."""

    process: Any
    plan: CallPlan
    reading: Reading
    seed: int = 0
    fixed: int = 1  # the size of its batches, where it is no parameter

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """(n, batch_size) of the passes that are read."""
        k, given = self.fixed, "batch_size" in self.plan.uses
        return SIZES if given and k == 1 else [(k + 4, k), (2 * k + 5, k)]


def read_batches(trainer: Trainer, factors: Sequence[float], program: Program = PLAIN) -> Finding:
    """Run minibatches of several sizes, and say what they are.

    Where the trainer has no batch size, its passes are read as those of batches of `fixed` rows.
    `program`: the kind of descent that it is with all rows in one batch.
    """
    try:
        passes = passes_of(trainer)
        for factor in factors if passes else ():
            finding = classify(trainer, passes or [], factor, program)
            if finding != Finding() and not is_of_one_size(trainer, finding):
                return finding
    except OutOfTime:
        raise
    except SubjectTerminated:
        pass
    return Finding()


def of_one_row(trainer: Trainer) -> bool:
    """Whether its steps are on one row each, if they are not on all."""
    return not ("batch_size" in trainer.plan.uses or trainer.fixed > 1)


def is_of_one_size(trainer: Trainer, finding: Finding) -> bool:
    """Whether a divisor is taken for a size of batches where there are none: 1 is no size."""
    return of_one_row(trainer) and "ragged-divisor" in finding.fault


def passes_of(trainer: Trainer) -> list[Pass] | None:
    """The passes of all sizes; from no iteration on, where the start is the trainer's own."""
    process, plan, reading, *_ = trainer
    precision = precision_of(process, plan, reading)
    asked = EPOCHS if plan.kind == "trainer" else (1,)  # a step is one pass
    for epochs in (asked,) if plan.starts else ((0, *EPOCHS), EPOCHS):
        found: list[Pass] = []
        for size in trainer.sizes:
            passes = read_passes(process, plan, reading, size, precision, epochs)
            if passes is None or not all(np.isfinite(p.weights).all() for p in passes):
                break
            found += passes
        else:
            return found
    return None


def classify(
    trainer: Trainer, passes: Sequence[Pass], factor: float, program: Program = PLAIN
) -> Finding:
    """The first model that has these passes and, on rows that are all alike, these paths."""
    for model in matching_models(passes, factor, program):
        if of_one_row(trainer) and model.structure.fault == "same-batch-again" and model.each_pass:
            continue  # a row that is drawn once in each pass, with a factor, is as near
        if follows(trainer, factor, model):
            if model.structure.alike is False and not model.names:
                return finding_of_many(trainer, factor, model.structure.kind)
            return Finding("+".join(model.names), "" if model.names else model.structure.kind)
    drawn = program == PLAIN and all(is_drawn(p, factor) for p in passes)
    if drawn and not same_every_time(passes) and follows_drawn(trainer, factor):
        return finding_of_many(trainer, factor, "batches drawn with replacement")
    return classify_labels(passes, factor)


def never_used(trainer: Trainer) -> str:
    """The rows that no pass of some size uses, in words, where all passes use the same; or ""."""
    passes = passes_of(trainer) or []
    for p in passes if same_every_time(passes) else ():
        unused = np.flatnonzero(np.abs(p.moved) <= 10 * p.near)
        if 0 < len(unused) < p.n:
            rows = ", ".join(map(str, unused))
            return f"Of {p.n} rows in batches of {p.m}, no pass uses row {rows} (counted from 0)."
    return ""


def bias_apart(trainer: Trainer, factor: float) -> str:
    """That the bias does not move along the rows of which the weights are right; or ""."""
    passes = passes_of(trainer) or []
    of_weights = [p._replace(bias=np.nan) for p in passes]
    right = any(not model.names for model in matching_models(of_weights, factor))
    if right and not all(p.bias_agrees for p in passes):
        return "The weights move as they should in minibatches, and the bias does not."
    return ""


def finding_of_many(trainer: Trainer, factor: float, kind: str) -> Finding:
    """The finding on drawn rows; or a row that is missing among too many draws for chance."""
    weights = weights_of_many(trainer, factor)
    m = 2 if "batch_size" in trainer.plan.uses else 1
    drawn = round(float(weights.sum() * m))
    never = [i for i, c in enumerate(weights) if abs(c) < 1e-3]
    if never and 3 * (1 - len(never) / 3) ** drawn < 1e-12:
        rows = ", ".join(str(i) for i in never)
        text = f"Row {rows} (counted from 0, of 3) is not among {drawn} draws."
        return Finding("row-never-drawn", "", text)
    return Finding(kind=kind)


def weights_of_many(trainer: Trainer, factor: float) -> Any:
    """c of each of three rows in many passes."""
    process, plan, reading, *_ = trainer
    size = (3, 2) if "batch_size" in plan.uses else (3, 1)
    precision = precision_of(process, plan, reading)
    found = read_passes(process, plan, reading, size, precision, (1, 1 + MANY))
    return found[-1].weights / factor if found else np.ones(3)


def alike_problem(rng: np.random.Generator, n: int, d: int, m: int) -> Problem:
    """Rows that are all the same, so that every order of them gives the same path."""
    X, y = np.tile(rng.normal(size=d), (n, 1)), np.full(n, rng.normal())
    return Problem(X, y, rng.normal(size=d), np.float64(rng.normal()), lr=0.0625, batch_size=m)


def alike_problems(trainer: Trainer) -> Iterator[tuple[Problem, list[Any], Any]]:
    """Such problems, the points of the training on them, and their precision."""
    process, plan, reading, seed, k = trainer
    rng = np.random.default_rng(seed)
    sizes = [(7, 3), (6, 3), (4, 4), (3, 1)]
    for n, m in sizes if "batch_size" in plan.uses else [(k + 3, k), (2 * k + 1, k)]:
        problem = alike_problem(rng, n, plan.layout.d or 3, m)
        yield problem, *first_points(process, plan, reading, problem)


def follows(trainer: Trainer, factor: float, model: Model) -> bool:
    """Whether large steps are those of the model, on rows that are alike or act apart."""
    if trainer.plan.scaling is not None:  # rows that are alike have no spread
        return leads_on_scaled_rows(trainer, factor, model)
    alone = bool(model.program.kind) or leaves(trainer, factor, model)
    return alone and leads_on_alike_rows(trainer, factor, model)


def leads_on_alike_rows(trainer: Trainer, factor: float, model: Model) -> bool:
    """The same for rows that are all alike, step by step."""
    return all(
        bool(points) and leads(model, problem, points, factor, dtype)
        for problem, points, dtype in alike_problems(trainer)
    )


def leads_on_scaled_rows(trainer: Trainer, factor: float, model: Model) -> bool:
    """The same for the first pass over a few different rows, in any order of them."""
    process, plan, reading, seed, k = trainer
    rng = np.random.default_rng(seed)
    for n, m in [(3, 2), (4, 2)] if "batch_size" in plan.uses else [(k + 2, k)]:
        d = plan.layout.d or 2
        problem = alike_problem(rng, n, d, m)._replace(
            X=rng.normal(size=(n, d)), y=rng.normal(size=n)
        )
        points, _ = first_points(process, plan, reading, problem)
        if len(points) < 2:
            return False
        Z = plan.scaling.apply(problem.X, plan.scaling.measure(problem.X))
        A, eta = np.column_stack([Z, np.ones(n)]), problem.lr * factor
        orders = itertools.islice(itertools.permutations(range(n)), 5040)
        if not any(ends_at(model, A[list(p)], problem.y[list(p)], m, eta, points) for p in orders):
            return False
    return True


def ends_at(model: Model, A: Any, y: Any, m: int, eta: float, points: Sequence[Any]) -> bool:
    """Whether a pass over rows in their order leads from the first point to the second one."""
    theta = before = points[0]
    steps, gradients = model.structure.steps(len(y), m), []
    for t, rows in enumerate(steps):
        at = theta + model.program.ahead * (theta - before)
        r = A[rows] @ (points[0] if model.program is FROZEN else at) - y[rows]
        of_w, of_b = (
            model.sign[1] / divide(len(rows), len(y), m)
            for _, divide in (model.divisor, model.of_bias or model.divisor)
        )
        sizes = np.append(np.full(A.shape[1] - 1, of_w), of_b)
        gradients.append(sizes * (r @ A[rows]))
        c = [step_coefficient(model, len(steps), t, s) for s in range(t + 1)]
        before, theta = theta, at - eta * sum(k * g for k, g in zip(c, gradients, strict=True))
    size = 1 + np.abs(theta).max()
    return bool((np.abs(theta - points[1]) <= 1e-7 * size).all())


def leaves(trainer: Trainer, factor: float, model: Model) -> bool:
    """Whether a pass leaves of the residual of each row what the model does."""
    process, plan, reading, *_ = trainer
    n, m = trainer.sizes[1]
    found = left_over(process, plan, reading, n, m)
    if found is None:
        return False
    wanted, steps, gradients = np.ones(n), model.structure.steps(n, m), []
    for t, rows in enumerate(steps):
        part = 0.5 * factor * model.sign[1] / model.divisor[1](len(rows), n, m)
        gradients.append(np.zeros(n))
        gradients[t][rows] = part * (1.0 if model.program is FROZEN else wanted[rows])
        c = [coefficient(model, len(steps), t, s) for s in range(t + 1)]
        wanted = wanted - sum(k * g for k, g in zip(c, gradients, strict=True))
    near = 10 * precision_of(process, plan, reading).near * (1 + np.abs(wanted).max())
    return bool((np.abs(np.sort(found) - np.sort(wanted)) <= near).all())


def first_points(
    process: Any, plan: CallPlan, reading: Reading, problem: Problem
) -> tuple[list[Any], Any]:
    """(w, b) at the start and after 1, 2 and 3 iterations, and the precision; none if one fails."""
    times = (1, 2, 3) if plan.starts else (0, 1, 2, 3)
    times = times if plan.kind == "trainer" else (1,)
    answers = list(process.ask([plan.request(problem._replace(iters=t)) for t in times]))
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if any(o.fault for o in outputs[-3:]):
        return [], None
    points = [np.zeros(len(problem.w) + 1) if o.fault else o.vector for o in outputs]
    start = [np.append(problem.w, problem.b)] if plan.starts else []
    return [*start, *points], outputs[-1].dtype


def leads(model: Model, problem: Problem, points: Sequence[Any], factor: float, dtype: Any) -> bool:
    """Whether the steps of a model lead from each point to the next, within rounding."""
    n, m = len(problem.y), problem.batch_size
    steps = model.structure.steps(n, m)
    divisors, counts = (model.divisor, model.of_bias or model.divisor), map(len, steps)
    pairs = [[model.sign[1] * k / divide(k, n, m) for _, divide in divisors] for k in counts]
    sizes = [np.append(np.full(len(problem.w), of_w), of_b) for of_w, of_b in pairs]
    x, y, eta = np.append(problem.X[0], 1.0), problem.y[0], problem.lr * factor
    theta = before = points[0]
    gradients: list[Any] = []
    for number, after in enumerate(points[1:]):
        start = theta
        for j, size in enumerate(sizes):
            t = number * len(sizes) + j
            at = theta + model.program.ahead * (theta - before)
            gradients.append(size * x * (x @ (start if model.program is FROZEN else at) - y))
            c = [step_coefficient(model, len(sizes), t, s) for s in range(t + 1)]
            moved = sum(k * g for k, g in zip(c, gradients, strict=True))
            before, theta = theta, at - eta * moved
        if np.isnan(theta).any():
            return True
        if not is_near(theta, after, 8 * len(gradients) * (n + len(x)), dtype):
            return False
    return True


def is_near(theta: Any, after: Any, roundings: int, dtype: Any) -> bool:
    """Whether two points are the same but for so many roundings of numbers of this size."""
    size = 1 + np.abs(theta).max() + np.abs(after).max()
    return bool(np.abs(theta - after).max() <= rounding.gamma(roundings, dtype) * size)


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


def follows_drawn(trainer: Trainer, factor: float) -> bool:
    """The same for rows that are drawn, in a number of steps that is not known."""
    found = (repeated(lambda n, m: m, count) for count in (one, full, all_of, lambda n, m: n))
    drawn = [Model(Structure("", "", steps), DIVISORS[0], SIGNS[0]) for steps in found]
    scaled = trainer.plan.scaling is not None
    return scaled or any(leads_on_alike_rows(trainer, factor, model) for model in drawn)


NAMES = {s.fault for s in STRUCTURES} | {name for name, _ in APART[1:]}
NAMES |= {"labels-of-another-batch", "labels-off-by-one", "shuffled-apart"}
NAMES -= {""}
OF_A_PASS = {s.fault for s in STRUCTURES if s.alike is None} - {""}
OF_A_PASS |= {"labels-of-another-batch", "full-n-divisor"}
