"""Examples of trainings whose single steps on all rows do not show what is wrong.

An epoch of minibatches is compared with the exact one: the rows in their order, in batches of m,
each divided by its own size. Where a program draws the order, only problems are used whose answer
does not depend on it: one batch of all rows, or rows that are all alike.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.definition import Definition, called_name
from reference.checker.diagnosis.history import PLAIN, Program
from reference.checker.examples.example import (
    Place,
    Subject,
    component,
    example,
    place_of,
    point_text,
    problem_of,
    script,
    step_text,
)
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import Output, parse_output
from reference.checker.problem_set import with_rate
from reference.checker.report import Counterexample, text
from reference.checker.sandbox.messages import RawOutput
from reference.checker.session import start_of
from reference.checker.signature import words
from reference.checker.trainers.minibatches import DRAWS, MANY
from reference.checker.trial import Trial

SIZES = [(2, 1), (3, 2), (4, 2), (5, 2), (2, 2), (3, 3), (5, 5)]  # (n, m), simple ones first
LONG = 10_000  # iterations that are fixed inside, and can all be made for an example


def batch_example(
    process: Any, subject: Subject, losses: Sequence[str], program: Program = PLAIN
) -> Counterexample | None:
    """The first small problem on which epochs of minibatches lead elsewhere than they should.

    None for a `program` whose rate changes, or that takes its gradient further on.
    """
    plan = subject.plan
    scaled = plan.scaling is not None
    if program.rates or program.ahead:
        return None
    right = (c for c in losses if not scaled and full_batch_is_right(process, subject, c))
    loss = next(right, losses[0])
    for p in epoch_problems(plan, subject.definition):
        item = trained(process, subject, p, loss)
        if item is None:
            return None
        wanted = epochs_of(on_own_scale(plan, item.case), CONVENTIONS[loss], program)
        wrong = np.flatnonzero(differs(item.reading.vector, wanted))
        if len(wrong):
            steps = f"{p.iters} epoch{'s' * (p.iters > 1)} in batches of {p.batch_size}"
            return leads_to(subject, item, wanted, int(wrong[0]), steps)
    return None


def epoch_problems(plan: CallPlan, definition: Definition) -> Iterator[Problem]:
    """Small problems for an epoch or two, or for as many as the program has fixed inside."""
    own = [count for count in plan.fixed if count <= LONG]
    counts = own or ((1, 2) if plan.kind == "trainer" else (1,))
    small = batch_problems(plan, draws(definition), definition.batch_sizes)
    for problem, epochs in itertools.product(small, counts):
        if plan.takes(problem.X):
            lr = slow(epochs) if own else problem.lr
            yield with_rate(plan, problem._replace(iters=epochs, lr=lr))


def on_own_scale(plan: CallPlan, case: Problem) -> Problem:
    """The problem on the data that a trainer has standardised, if it does."""
    if plan.scaling is None:
        return case
    return case._replace(X=plan.scaling.apply(case.X, plan.scaling.measure(case.X)))


def draws(definition: Definition) -> bool:
    """Whether it draws rows, or calls what does so; the name sgd alone does not say that."""
    calls = (called_name(n) for n in definition.reached if isinstance(n, ast.Call))
    found = definition.wording | {w for name in calls for w in words(name)}
    return bool(DRAWS & found - {"sgd", "stochastic"})


def batch_problems(plan: CallPlan, free: bool, fixed: Sequence[int] = ()) -> Iterator[Problem]:
    """Small problems with batches; `free`: those alone that do not depend on the order of rows.

    `fixed`: the sizes that the source may fix, where the size is no parameter.
    """
    d = plan.layout.d or 1
    of_one = [(n, k) for k in fixed or (1,) for n in (k + 1, 2 * k + 1)]
    sizes = SIZES if "batch_size" in plan.uses else of_one
    for (n, m), alike in itertools.product(sizes, (True, False)):
        if alike or not free or m == n:
            column = np.ones(n) if alike else np.arange(1.0, n + 1)
            X, y = np.tile(column[:, None], d), (column if alike else (column - 1) ** 2)
            yield Problem(X, y, np.full(d, 2.0), np.float64(0), lr=0.25, batch_size=m)


def trained(
    process: Any, subject: Subject, p: Problem, loss: str, multiple: float = 1.0
) -> Trial | None:
    """The training on a problem, from the point where it begins; None where it cannot be read."""
    plan, reading = subject.plan, subject.reading
    start = np.append(p.w, p.b) if plan.starts else start_of(process, plan, reading, p).vector
    start = np.zeros(len(p.w) + 1) if start is None else start
    (answer,) = process.ask([plan.request(p)])
    output = parse_output(plan, reading, p, answer)
    if output.fault:
        return None
    case = p._replace(w=start[:-1], b=start[-1], lr=multiple * p.lr)
    expected = Expected(plan, case, loss)
    return Trial(plan, case, answer, output, expected, 0, p)


def full_batch_is_right(process: Any, subject: Subject, loss: str) -> bool:
    """Whether one step with all rows is right under a convention."""
    p = Problem(np.ones((3, subject.plan.layout.d or 1)), np.ones(3), np.ones(1), 0.0, lr=0.5)
    p = with_rate(subject.plan, p._replace(w=np.ones(p.X.shape[1]) * 2))
    item = trained(process, subject, p, loss)
    return item is not None and item.is_correct


@np.errstate(over="ignore", invalid="ignore")  # of those that diverge
def epochs_of(case: Problem, factor: Any, program: Program = PLAIN) -> Any:
    """Where the epochs of a small problem should lead, in float64   (1.3g, 1.3h)"""
    w, b, m = case.w, case.b, case.batch_size or len(case.y)
    starts = [k for _ in range(case.iters) for k in range(0, len(case.y), m)]
    kept: list[Any] = []
    for t, k in enumerate(starts):
        X, y = case.X[k : k + m], case.y[k : k + m]
        residual = X @ w + b - y
        eta = case.lr * float(factor(len(y))) / len(y)
        step = eta * np.append(residual @ X, residual.sum())
        if program is not PLAIN:
            kept.append(step)
            step = sum(program.c(t, s, 1) * each for s, each in enumerate(kept))
        w, b = w - step[:-1], b - step[-1]
    return np.append(w, b)


def from_the_start(
    process: Any, subject: Subject, loss: str, shown: Counterexample
) -> Counterexample:
    """The example of a training that is not told where to start, or for how many iterations.

    It shows the first wrong step, and all iterations where their number is fixed inside; it stays
    as it is where what should come is not known.
    """
    plan = subject.plan
    if not is_plain(plan, loss, shown):
        return shown
    if plan.fixed:
        return with_all_iterations(process, subject, loss) or shown
    step = first_wrong_step(process, subject, problem_in(plan, shown), loss)
    return example(subject, step) if step else shown


def problem_in(plan: CallPlan, shown: Counterexample) -> Problem:
    """The problem of an example."""
    lr = 1.0 if shown.lr is None else shown.lr
    return with_rate(plan, Problem(shown.X, shown.y, shown.w, shown.b, lr))


def with_all_iterations(process: Any, subject: Subject, loss: str) -> Counterexample | None:
    """A training with all the iterations that are fixed inside, where they lead elsewhere."""
    plan, (count,) = subject.plan, subject.plan.fixed
    d, lr = plan.layout.d or 1, slow(count)
    for n, x in itertools.product((1, 2, 3) if count <= LONG else (), (1.0, 0.125)):
        y = np.arange(1.0, n + 1)
        p = Problem(np.tile(x * y[:, None], d), y, np.full(d, 2.0), np.float64(0), lr, count)
        item = trained(process, subject, with_rate(plan, p), loss)
        if item is None:
            return None
        wanted = epochs_of(item.case, CONVENTIONS[loss])
        wrong = np.flatnonzero(differs(item.reading.vector, wanted))
        if len(wrong) and np.isfinite(item.reading.vector).all() and np.isfinite(wanted).all():
            found = leads_to(subject, item, wanted, int(wrong[0]), f"{count:,} steps")
            step = first_wrong_step(process, subject, item.problem, loss)
            return found if found is None or step is None else with_step(subject, found, step)
    return None


def with_step(subject: Subject, found: Counterexample, step: Trial) -> Counterexample:
    """The example of a training, with a wrong step of it and the derivation of that."""
    derivation = example(subject, step).derivation
    return replace(found, step=step_text(subject, step), derivation=derivation)


def first_wrong_step(process: Any, subject: Subject, problem: Problem, loss: str) -> Trial | None:
    """The first step of a training that is wrong; None if it is a later than the third."""
    start = None
    for t in (1, 2, 3):
        after = trained(process, subject, problem._replace(iters=t), loss)
        if after is None:
            return None
        if start is not None:
            case = after.case._replace(w=start[:-1], b=start[-1])
            after = replace(after, case=case, expected=Expected(subject.plan, case, loss))
        if not after.is_correct:
            return after
        start = after.reading.vector
    return None


def slow(count: int) -> float:
    """A learning rate with which so many steps neither come to an end nor grow without bound."""
    return float(2.0 ** -np.ceil(np.log2(2 * count)))


def is_plain(plan: CallPlan, loss: str, shown: Counterexample) -> bool:
    """Whether a plain step on all rows leads where an example of one step says that it should."""
    if not isinstance(shown.got, float) or plan.scaling or plan.lam:
        return False
    lr = shown.lr if shown.lr is not None else plan.lr
    if lr is None:
        return False
    after = epochs_of(Problem(shown.X, shown.y, shown.w, shown.b, lr), CONVENTIONS[loss])
    return not differs(after, shown.expected).all()


def differs(got: Any, wanted: Any) -> Any:
    """Which numbers are not the same, beyond rounding."""
    return ~(np.abs(got - wanted) <= 1e-9 * (1 + np.abs(wanted)))


def leads_to(
    subject: Subject, item: Trial, wanted: Any, i: int, steps: str
) -> Counterexample | None:
    """The code of a training, and where its `steps` lead."""
    p, got = item.problem, item.reading.vector
    place = place_of(subject, item.answer, item.case, i)
    if place is None:
        return None
    call, expression = script(subject, p, item.answer, place)
    start = np.append(item.case.w, item.case.b)
    points = [point_text(subject, item, v) for v in (start, got, wanted)]
    return problem_of(
        item,
        call=call,
        component=component(subject, place, item, i, expression),
        got=float(got[i]),
        expected=float(wanted[i]),
        step=f"{steps}: from {points[0]} to {points[1]}; should be {points[2]}",
    )


def first_step(process: Any, subject: Subject, loss: str, multiple: float = 1.0) -> Trial | None:
    """The first step of a training, where that is wrong; it should be this multiple of a plain one.

    Used where it is not told where to start, or where later steps are no plain ones.
    """
    d = subject.plan.layout.d or 1
    if subject.plan.scaling is not None:
        return None
    for y in ([1.0], [1.0, 1.0], [1.0, 2.0], [1.0, 0.0, 3.0]):
        X = np.tile(np.array(y)[:, None], d)
        p = Problem(X, np.array(y), np.ones(d), np.float64(1), lr=0.5)
        found = trained(process, subject, with_rate(subject.plan, p), loss, multiple)
        if found is not None and not found.is_correct:
            return found
    return None


def missed_row_example(process: Any, subject: Subject) -> Counterexample | None:
    """A training on rows of which one alone says anything, and that one is never drawn."""
    plan, d = subject.plan, subject.plan.layout.d or 1
    n, m = (3, 2) if "batch_size" in plan.uses else (3, 1)
    count = next(iter(plan.fixed), MANY)
    for row in range(n):
        y = np.eye(n)[row]
        X = np.tile(y[:, None], d)
        p = Problem(X, y, np.zeros(d), np.float64(0), 0.5, count, m)
        item = trained(process, subject, with_rate(plan, p), "half-mse")
        if item is not None and not item.reading.vector.any():
            place = place_of(subject, item.answer, item.case, 0)
            if place is not None:
                call, expression = script(subject, item.problem, item.answer, place)
                name = component(subject, place, item, 0, expression)
                expected = f"another number: row {row} alone says what it is"
                return problem_of(item, call=call, component=name, got=0.0, expected=expected)
    return None


def aliased_example(process: Any, subject: Subject) -> Counterexample | None:
    """The record of a training of two steps: its last entry but one is that after one step."""
    plan, d = subject.plan, subject.plan.layout.d or 1
    p = Problem(np.ones((1, d)), np.ones(1), np.full(d, 2.0), np.float64(0), lr=0.25)
    p = with_rate(plan, p)
    one, two = process.ask([plan.request(p._replace(iters=t)) for t in (1, 2)])
    outputs = [parse_output(plan, subject.reading, p, a) for a in (one, two)]
    place = last_but_one(two, {d, d + 1})
    if place is None or any(o.fault for o in outputs):
        return None
    wanted = as_recorded(subject, outputs[0], place.part.values.size)
    wrong = np.flatnonzero(differs(place.part.values, wanted))
    if not len(wrong):
        return None
    place = place._replace(index=int(wrong[0]))
    call, expression = script(subject, p._replace(iters=2), two, place)
    item = Trial(plan, p, two, outputs[1], Expected(plan, p, "half-mse"), 0, p)
    got, expected = float(place.part.values[place.index]), float(wanted[place.index])
    name = expression.removesuffix(".item()")
    example = problem_of(item, call=call, component=name, got=got, expected=expected)
    return replace(example, step=f"after step 1 it was {text(expected)}")


def last_but_one(answer: RawOutput, sizes: set[int]) -> Place | None:
    """The entry before the last of a record of weights."""
    entries: dict[Any, list[Place]] = {}
    for p in answer.parts:
        if p.values is not None and p.values.size in sizes and p.path and p.path[-1].isdigit():
            place = Place(("", p.path), p, 0)
            entries.setdefault((p.path[:-1], p.shape), []).append(place)
    records = [found for found in entries.values() if len(found) in (2, 3)]
    records = [
        found
        for found in records
        if all((q.part.values == found[-1].part.values).all() for q in found[-2:])
    ]
    return records[0][-2] if records else None


def as_recorded(subject: Subject, output: Output, size: int) -> Any:
    """The weights after a step as a record has them: w alone, or both as in the answer."""
    vector, reading = output.vector, subject.reading
    if size < len(vector):
        return vector[:-1]
    return np.roll(vector, 1) if reading is not None and reading.order == "bw" else vector
