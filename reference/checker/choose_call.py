"""Which of the calls that could be meant is the one that the function was written for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference.checker.attempts import (
    Attempt,
    Choice,
    answers,
    attempt,
    is_given_columns_for_rows,
    raises,
    readings_of,
    right_call,
    scaled_attempts,
    scaled_call,
    trials_of,
)
from reference.checker.call_plan import CallPlan
from reference.checker.definition import Definition
from reference.checker.diagnosis import match, pairs
from reference.checker.diagnosis.history import explain_paths
from reference.checker.expected import CONVENTIONS
from reference.checker.explain_call import explained_by, explained_call
from reference.checker.output import key_name, parse_output
from reference.checker.plans import plans
from reference.checker.sandbox.messages import OutOfTime, SubjectTerminated
from reference.checker.session import Call, paths_of
from reference.checker.signature import RATE_WORDS, bare
from reference.checker.trainers.penalty import (
    LASSO,
    OF_BIAS,
    OTHER,
    PENALTY,
    RIDGE,
    penalty_of_losses,
    penalty_seen,
)

TIME_IS_OVER = "the time was over before all calls that could be meant were tried"
Understands = Callable[[Any, Definition, Call, Sequence[str], int], bool]


def choose_call(
    process: Any,
    definition: Definition,
    losses: Sequence[str],
    seed: int,
    deadline: float,
    is_understood: Understands = lambda *told: False,
) -> Choice:
    """The first call under which the answers are right; else the first that a name explains.

    `is_understood` says whether a trainer that is not right is known by its steps or batches.
    """
    attempts: list[Attempt] = []
    told = process, definition, attempts, losses, seed
    for plan in plans(definition):
        ended, is_over = sum(a.ended is not None for a in attempts), time.monotonic() > deadline
        if is_over and not ended:
            return Choice(first=attempts[0] if attempts else None, reason=TIME_IS_OVER)
        if is_over or ended > 1:
            break
        if is_needless(plan, definition, attempts):
            continue
        start = time.monotonic()
        attempts.append(attempt(process, plan, seed))
        if not attempts[1:] and not attempts[0].ended:  # a library is loaded
            deadline += time.monotonic() - start
        if choice := right_choice(*told) or trained_choice(*told, is_understood):
            return choice
    return with_held_bias(process, explained(*told, is_understood), seed)


def explained(
    process: Any,
    definition: Definition,
    attempts: Sequence[Attempt],
    losses: Sequence[str],
    seed: int,
    is_understood: Understands,
) -> Choice:
    """The choice of what is right in no call: by a name, perhaps on standardised data, or none."""
    choice = explained_call(definition, attempts, losses)
    if choice.status == "named":
        return choice
    told = process, definition, attempts, losses, seed
    return explained_on_scaled(*told, is_understood) or choice


def explained_on_scaled(
    process: Any,
    definition: Definition,
    attempts: Sequence[Attempt],
    losses: Sequence[str],
    seed: int,
    is_understood: Understands,
) -> Choice | None:
    """The choice of a trainer that is explained on data that it has standardised itself."""
    for tried in attempts[:UNDERSTOOD]:
        every = scaled_attempts(process, definition, tried, seed)
        possible = [(a, r) for a, r in every if r == every[0][1]]  # means are no weights
        usual = possible[:2]
        found = explained_by(match.matching_faults, possible, losses)
        found = found or explained_by(pairs.matching_pair, usual, losses[:1])
        if found is not None:
            return Choice(found, "named", attempts[0])
        for scaled, reading in usual if definition.standardises else ():
            call = Call(scaled.plan, reading, losses[0])
            if is_understood(process, definition, call, losses, seed):
                return Choice(call, "understood", attempts[0])
    return None


def is_needless(plan: CallPlan, definition: Definition, attempts: Sequence[Attempt]) -> bool:
    """Whether a plan is for one sample, and the function was found to take all rows."""
    alone = plan.layout.n and not definition.is_given_row
    return bool(alone) and any(takes_rows(a, plan, definition) for a in attempts)


UNDERSTOOD = 2  # attempts of a training whose steps and batches are looked at


def trained_choice(
    process: Any,
    definition: Definition,
    attempts: Sequence[Attempt],
    losses: Sequence[str],
    seed: int,
    is_understood: Understands,
) -> Choice | None:
    """The choice of the last call, if it is one of the first of a trainer, and understood so."""
    trained = [a for a in attempts if a.plan.kind == "trainer" and answers(a)]
    tried = attempts[-1]
    if not any(a is tried for a in trained[:UNDERSTOOD]) or definition.standardises:
        return None
    if is_given_columns_for_rows(tried) or is_called_step(tried.plan, definition):
        return None
    for reading in readings_of(tried, definition)[:1]:
        call = Call(tried.plan, reading, losses[0])
        try:
            if is_understood(process, definition, call, losses, seed):
                return Choice(call, "understood", attempts[0])
        except OutOfTime:
            raise
        except SubjectTerminated:
            return None
    return None


def is_called_step(plan: CallPlan, definition: Definition) -> bool:
    """Whether it is a step by its name, and only a number in it looks like iterations."""
    return bool(plan.fixed) and definition.promised[:1] == ["step"]


def right_choice(
    process: Any,
    definition: Definition,
    attempts: Sequence[Attempt],
    losses: Sequence[str],
    seed: int,
) -> Choice | None:
    """The choice of the last call that was tried, if it is right; perhaps on standardised data."""
    tried = attempts[-1]
    if tried.ended is not None:
        return None
    found = right_call(tried, definition, losses)
    if found is not None and not is_special_case(found, attempts, definition):
        found = found._replace(plan=with_answer(found, definition))
        choice = with_loss_beside(Choice(found, "right", attempts[0]), tried, definition)
        return with_penalty(process, choice, tried, seed)
    scaled = scaled_call(process, definition, tried, losses, seed)
    return None if scaled is None else Choice(scaled, "right", attempts[0])


def with_answer(call: Call, definition: Definition) -> CallPlan:
    """The plan with what the program calls the numbers that it returns."""
    keys = [k for k in (call.reading or ())[:3] if k]
    names = tuple(key_name(k, call.plan, definition) for k in sorted(keys, key=str))  # type: ignore
    return replace(call.plan, answer=names if all(names) else ())


def with_penalty(process: Any, choice: Choice, tried: Attempt, seed: int) -> Choice:
    """The choice; where a penalty is added to more than the weights, what is said of that."""
    call = choice.call
    if call is None or "lam" not in call.plan.uses:
        return choice
    plan = replace(call.plan, lam=PENALTY)
    kinds, penalty = penalties(call, tried, attempt(process, plan, seed))
    if kinds == {RIDGE} and (penalty > 0) == (plan.kind in ("step", "trainer")):
        return replace(choice, call=call._replace(plan=plan), status="named")
    if kinds <= {RIDGE, LASSO} or (plan.kind == "loss" and OTHER in kinds):
        return replace(choice, penalty=penalty)
    if OTHER not in kinds:
        return replace(choice, call=call._replace(plan=plan), status="penalised")
    if is_rate(call.plan) and explains_path(process, call._replace(plan=plan), seed):
        return replace(choice, call=call._replace(plan=plan), status="understood")
    reason = "it is right without a penalty; with one, it is no ridge or lasso with a free bias"
    return replace(choice, call=None, reason=reason)


def is_rate(plan: CallPlan) -> bool:
    """Whether what was taken for a penalty may be what a learning rate changes by."""
    names = [p for p, role in plan.roles + plan.init if role == "lam"]
    return plan.kind == "trainer" and any(bare(p) in RATE_WORDS for p in names)


def explains_path(process: Any, call: Call, seed: int) -> bool:
    """Whether a training is descent of another kind, as with a rate that changes."""
    paths = paths_of(process, call, seed)
    return bool(paths) and bool(explain_paths(paths, CONVENTIONS[call.loss]).kind)


def with_held_bias(process: Any, choice: Choice, seed: int) -> Choice:
    """The choice of what is wrong without a penalty, with one where that holds the bias too."""
    call = choice.call
    if call is None or choice.status != "named" or "lam" not in call.plan.uses:
        return choice
    plan = replace(call.plan, lam=PENALTY)
    plain, penalised = (attempt(process, p, seed) for p in (call.plan, plan))
    if plain.ended or penalised.ended or penalties(call, plain, penalised)[0] != {OF_BIAS}:
        return choice
    return replace(choice, call=call._replace(plan=plan))


def penalties(call: Call, tried: Attempt, penalised: Attempt) -> tuple[set[str], float]:
    """What kinds of penalties are seen in the answers to the small problems, and one factor."""
    read = partial(parse_output, call.plan, call.reading)
    points = []
    for problem, *both in zip(tried.problems, tried.answers, penalised.answers, strict=False):
        points.append([[read(problem, a).vector for a in group] for group in both])
    if not points or any(v is None for pair in points for group in pair for v in group):
        return {OTHER}, 0.0
    if call.plan.kind == "loss":
        added = np.array([after[0][0] - before[0][0] for before, after in points])
        kind, factor = penalty_of_losses(tried.problems[: len(points)], added)
        return {kind}, factor
    found = [penalty_seen(p, *pair) for p, pair in zip(tried.problems, points, strict=False)]
    return {kind for kind, _ in found}, found[0][1]


def is_special_case(call: Call, attempts: Sequence[Attempt], definition: Definition) -> bool:
    """Whether it is right for few sizes alone, while it answers calls of any size.

    One feature as a vector and a number is another call, and no special case of X with rows. Nor
    is a sum the loss of each sample, where that is seen of labels (1, n) alone; nor is a
    gradient that takes arrays written for np.matrix.
    """
    o, kind = call.plan.layout, call.plan.kind
    if kind == "sample" and o.y != "vector":
        flat = [a for a in attempts if a.plan.kind == "loss" and a.plan.layout.y == "vector"]
        return any(not raises(a) and readings_of(a, definition) for a in flat)
    if o.container == "matrix" and kind == "gradient":  # whose * is another product
        arrays = [a for a in attempts if a.plan.kind == kind and not a.plan.layout.n]
        arrays = [a for a in arrays if a.plan.layout.container == "array" and not a.plan.layout.d]
        return any(not raises(a) and readings_of(a, definition) for a in arrays)
    if o.n and definition.is_given_row:
        return False
    one_feature = o.x in ("vector", "table") or definition.has_fixed_index
    if not o.n and (not o.d or one_feature):
        return False
    alike = [a for a in attempts if a.plan.kind == kind and not a.plan.layout.n]
    wider = [a for a in alike if a.plan.layout.d in (0, o.d * bool(o.n))]
    return any(not raises(a) and readings_of(a, definition) for a in wider)


def takes_rows(tried: Attempt, plan: CallPlan, definition: Definition) -> bool:
    """Whether the function answered for all rows at once what the plan has for one sample."""
    same = tried.plan.kind == plan.kind and not tried.plan.layout.n
    return same and not raises(tried) and bool(readings_of(tried, definition))


def with_loss_beside(choice: Choice, tried: Attempt, definition: Definition) -> Choice:
    """The choice; where the loss that a right gradient's function promises too is wrong, that."""
    if choice.call is None or choice.call.plan.kind != "gradient":
        return choice
    if "loss" not in definition.promised:
        return choice
    other = tried._replace(plan=replace(tried.plan, kind="loss"))
    used = {choice.call.reading.b, choice.call.reading.w} if choice.call.reading else set()
    found = [r for r in readings_of(other, definition) if r.w not in used]
    for reading in found:
        for loss in CONVENTIONS:
            if all(t.is_correct for t in trials_of(other, reading, loss)):
                return choice
    if not found:
        return choice
    return replace(choice, call=Call(other.plan, found[0], choice.call.loss), status="named")
