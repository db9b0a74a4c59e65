"""One call that is tried on the small problems: what came, and whether it is right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.definition import Definition
from reference.checker.expected import CONVENTIONS
from reference.checker.output import Reading, parse_output, readings
from reference.checker.problem_set import distinguishing_problems
from reference.checker.sandbox.messages import OutOfTime, RawOutput, SubjectTerminated
from reference.checker.session import Call, ask, small_problems, start_of, trials_of_problem
from reference.checker.trainers.scaling import scalings
from reference.checker.trial import Trial

ENOUGH = 3  # problems that tell whether a call is right, where the function is slow


class Attempt(NamedTuple):
    """What came of one plan on the small problems."""

    plan: CallPlan
    problems: list[Problem]
    answers: list[list[RawOutput]]  # of each problem, one for each number of iterations
    ended: SubjectTerminated | None = None


@dataclass
class Choice:
    """The call that was understood, and how; or the likeliest one, and what came of it."""

    call: Call | None = None
    status: str = "unknown call"  # "right", "named", "understood", "penalised", "loss", …
    first: Attempt | None = None
    ended: SubjectTerminated | None = None
    reason: str = ""  # why nothing is said of it, where the answers are numbers
    penalty: float = 0.0  # what the weights are multiplied with where it is right as ridge


def attempt(process: Any, plan: CallPlan, seed: int) -> Attempt:
    """What a plan gives on the small problems; on one alone where that raises.

    What refuses arguments by position is given them by keyword.
    """
    problems, found = small_problems(plan, seed), []
    try:
        first = [a for _, a in ask(process, plan, problems[:1])]
        if plan.positional and all(refuses_positions(a) for a in first[0]):
            return attempt(process, replace(plan, positional=0), seed)
        if all(a.raised for a in first[0]):
            return Attempt(plan, problems[:1], first)
        found = first
        for _, answers in ask(process, plan, problems[1:]):
            found.append(answers)
        return Attempt(plan, problems, found)
    except OutOfTime:
        if len(found) < ENOUGH:
            raise
        return Attempt(plan, problems[: len(found)], found)
    except SubjectTerminated as error:
        return Attempt(plan, problems, [], error)


def refuses_positions(answer: RawOutput) -> bool:
    """Whether it raised since it takes fewer arguments by position than it was given."""
    raised = answer.raised or {}
    return raised.get("type") == "TypeError" and "positional argument" in str(raised["message"])


def answers(tried: Attempt) -> bool:
    """Whether some calls of an attempt did not raise."""
    return any(not answer.raised for group in tried.answers for answer in group)


def raises(tried: Attempt) -> bool:
    """Whether a call of an attempt raised."""
    return any(answer.raised for group in tried.answers for answer in group)


def right_call(tried: Attempt, definition: Definition, losses: Sequence[str]) -> Call | None:
    """The reading and the convention under which all answers are right."""
    if is_given_columns_for_rows(tried):
        return None
    meant = losses_meant(tried, definition, losses)
    for reading in readings_of(tried, definition):
        for loss in meant:
            if is_right(tried, reading, loss):
                return Call(tried.plan, reading, loss)
        own = recorded_loss(tried, reading)
        if own and is_right(tried, reading, own):
            return Call(tried.plan, reading, own)
    return None


MEANS = ["half-mse", "mse"]


def losses_meant(tried: Attempt, definition: Definition, losses: Sequence[str]) -> Sequence[str]:
    """The conventions that are right; beside a loss that is a mean, no gradient of a sum is."""
    plan, usual = tried.plan, usual_losses(tried.plan.kind, losses)
    if plan.kind != "gradient" or "loss" not in definition.promised or len(losses) < 2:
        return usual
    beside = tried._replace(plan=replace(plan, kind="loss"))
    found = readings_of(beside, definition)
    own = [c for c in CONVENTIONS if any(is_right(beside, r, c) for r in found)]
    if own and own[0] in MEANS:
        return MEANS
    return list(dict.fromkeys([*usual, *own]))


def recorded_loss(tried: Attempt, reading: Reading) -> str:
    """The convention of the losses that a trainer records at each iteration, if they are sums."""
    if tried.plan.kind != "trainer" or raises(tried):
        return ""
    for loss in ("half-sse", "sse"):
        if all(records(tried.plan, reading, loss, *pair) for pair in answered_problems(tried)):
            return loss
    return ""


def answered_problems(tried: Attempt) -> Iterator[tuple[Problem, list[RawOutput]]]:
    """The problems of several samples, and the answers to them."""
    pairs = zip(tried.problems, tried.answers, strict=True)
    return (pair for pair in pairs if len(pair[0].y) > 2)


def records(
    plan: CallPlan, reading: Reading, loss: str, problem: Problem, answers: Sequence[RawOutput]
) -> bool:
    """Whether the losses of a convention stand in a list of one number an iteration."""
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if any(o.fault for o in outputs):
        return False
    n, factor = len(problem.y), CONVENTIONS[loss](len(problem.y))
    residuals = [problem.X @ o.vector[:-1] + o.vector[-1] - problem.y for o in outputs]
    values = [factor * float(r @ r) / (2 * n) for r in residuals]
    lists = [p.values for p in answers[-1].parts if p.values is not None]
    return any(
        len(found) == len(values)
        and (np.allclose(found[1:], values[:-1]) or np.allclose(found, values))
        for found in lists
    )


def is_given_columns_for_rows(tried: Attempt) -> bool:
    """Whether an object was given labels (n, 1) and predicts (n,): its own labels are (n,)."""
    if not tried.plan.is_class or tried.plan.layout.y != "column":
        return False
    parts = [p for g in tried.answers for a in g for p in a.parts if p.path[:1] == ("predict",)]
    return bool(parts) and all(len(p.shape) == 1 for p in parts)


def is_right(tried: Attempt, reading: Reading | None, loss: str) -> bool:
    """Whether there are trials and all are right; those after a wrong one are not judged."""
    each = (t.is_correct for t in each_trial(tried, reading, loss))
    return next(each, False) and all(each)


def usual_losses(kind: str, losses: Sequence[str]) -> Sequence[str]:
    """A prediction has no convention."""
    return losses[:1] if kind == "predict" else losses


def readings_of(tried: Attempt, definition: Definition) -> list[Reading]:
    """The readings of an attempt's answers."""
    pairs = [(p, a) for p, group in zip(tried.problems, tried.answers, strict=True) for a in group]
    return readings(tried.plan, definition, pairs)


def trials_of(tried: Attempt, reading: Reading | None, loss: str) -> list[Trial]:
    """The trials of an attempt, without the predictions of a fitted model."""
    return list(each_trial(tried, reading, loss))


def each_trial(tried: Attempt, reading: Reading | None, loss: str) -> Iterator[Trial]:
    """The same, one after the other."""
    for i, (problem, group) in enumerate(zip(tried.problems, tried.answers, strict=True)):
        for t in trials_of_problem(tried.plan, reading, loss, i, problem, group):
            if t.plan.name == tried.plan.name:
                yield t


def scaled_call(
    process: Any, definition: Definition, tried: Attempt, losses: Sequence[str], seed: int
) -> Call | None:
    """The call under which a trainer is right on data that it has standardised itself."""
    possible = scaled_attempts(process, definition, tried, seed)
    for (scaled, reading), loss in itertools.product(possible, losses):
        if is_right(scaled, reading, loss):
            return Call(scaled.plan, reading, loss)
    return None


def scaled_attempts(
    process: Any, definition: Definition, tried: Attempt, seed: int
) -> list[tuple[Attempt, Reading]]:
    """A training as one on data that it has standardised itself, in each way that is known."""
    plan, possible = tried.plan, list(scalings(definition))
    if plan.kind != "trainer" or tried.ended or raises(tried) or not possible:
        return []
    found = readings_of(tried, definition)
    problems = [p for p in distinguishing_problems(seed, plan.layout.d)[:8] if len(p.y) > 3]
    if found and not plan.starts:
        first = start_of(process, plan, found[0], problems[0])
        plan = replace(plan, begins=not first.fault)
    answers = [a for _, a in ask(process, plan, problems)] if found else []
    each = [Attempt(replace(plan, scaling=s), problems, answers) for s in possible]
    return list(itertools.product(each, found))
