"""Where no call is right: the call whose answers a name explains, or why nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reference.checker.attempts import (
    Attempt,
    Choice,
    raises,
    readings_of,
    right_call,
    trials_of,
    usual_losses,
)
from reference.checker.call_plan import written
from reference.checker.definition import Definition
from reference.checker.diagnosis import match, pairs
from reference.checker.expected import CONVENTIONS
from reference.checker.output import Reading, collapsed_readings, parts_of
from reference.checker.plans import RELATED, WEAK
from reference.checker.session import Call
from reference.checker.signature import words
from reference.checker.trial import Trial

EXPLAINED = 12  # calls at most whose answers are compared with the catalogue
PAIRED = 4  # calls at most that are compared with two mistakes of it
UNEXPLAINED = (
    "called as {call}, its answers are neither right nor explained by a mistake; "
    "it may mean something else"
)


def explained_call(
    definition: Definition, attempts: Sequence[Attempt], losses: Sequence[str]
) -> Choice:
    """Where no call is right: the first whose answers a name explains, or the only one meant."""
    choice = Choice(first=attempts[0] if attempts else None)
    reason = why_not_accused(definition)
    if reason and definition.told is None:
        return replace(choice, reason="" if reason == UNNAMED else reason)
    tried = likely_readings(definition, attempts)
    found = collapsed_call(definition, attempts, losses) or named_call(tried, losses)
    found = found or explained_by(
        match.matching_faults, of_one_feature(definition, attempts), losses
    )
    if found is not None:
        return replace(choice, call=found, status="named")
    for _, a, reading in tried:
        if definition.told is not None or is_certain(a, definition):
            return replace(choice, call=Call(a.plan, reading, losses[0]), status="only reading")
    if tried:
        call = written(tried[0][1].plan)
        choice = replace(choice, reason=UNEXPLAINED.format(call=call))
    return without_reading(definition, attempts, choice, losses, bool(tried))


def named_call(tried: Sequence[tuple[int, Attempt, Reading]], losses: Sequence[str]) -> Call | None:
    """The first of the likely calls whose answers one or two names of the catalogue explain.

    Where one of two would be shapes that do not fit, one name for another call comes first.
    """
    unfit: list[Call] = []
    for i in dict.fromkeys(k for k, _, _ in tried[:EXPLAINED]):
        same = [(a, r) for k, a, r in tried if k == i]
        found = explained_by(match.matching_faults, same, losses)
        if found is None and i < PAIRED:
            several = 2 if same[0][0].plan.kind == "loss" else 1  # a gradient takes longer
            found = explained_by(pairs.matching_pair, same, losses[:several])
            read = [(same[0][0], found.reading)] if found is not None else []
            if found is not None and explained_by(names_shapes, read, [found.loss]):
                unfit.append(found)
                continue
        if found is not None:
            return found
    return unfit[0] if unfit else None


def names_shapes(few: Sequence[Trial], everything: Sequence[Trial]) -> bool:
    """Whether two mistakes explain the answers, and one of them is a broadcast."""
    return "broadcast-n-by-n" in pairs.matching_pair(few, everything)


def collapsed_call(
    definition: Definition, attempts: Sequence[Attempt], losses: Sequence[str]
) -> Call | None:
    """The call with several features under which the one number for all weights is their sum."""
    for a in [a for a in attempts if not (a.ended or raises(a) or a.plan.layout.d)][:PAIRED]:
        each = [(p, one) for p, g in zip(a.problems, a.answers, strict=True) for one in g]
        for reading in collapsed_readings(a.plan, definition, each):
            for loss in losses:
                trials = trials_of(a, reading, loss)
                names = match.matching_faults(trials, trials) or pairs.matching_pair(trials, trials)
                if "collapsed-to-scalar" in names:
                    return Call(a.plan, reading, loss)
    return None


def without_reading(
    definition: Definition,
    attempts: Sequence[Attempt],
    choice: Choice,
    losses: Sequence[str],
    answered_well: bool,
) -> Choice:
    """The choice where no answer can be read: the process ended, or nothing was returned."""
    terminated = next((a for a in attempts[:1] if a.ended is not None), None)
    if terminated is not None and (terminated.plan.guessed or terminated.plan.doubtful):
        return choice
    if terminated is not None:
        call = Call(terminated.plan, None, losses[0])
        return replace(choice, call=call, status="terminated", ended=terminated.ended)
    answered = [a for a in attempts if a.ended is None and not answered_well]
    formless = [a for a in answered if has_no_form(a, definition)]
    for a in (a for a in formless if a.plan.kind == "gradient"):
        loss = right_call(a._replace(plan=replace(a.plan, kind="loss")), definition, [*CONVENTIONS])
        if loss is not None:
            return replace(choice, call=Call(a.plan, None, loss.loss), status="loss")
    if formless:
        call = Call(formless[0].plan, pair_of_parts(formless[0]), losses[0])
        return replace(choice, call=call, status="no reading")
    return choice


def likely_readings(
    definition: Definition, attempts: Sequence[Attempt]
) -> list[tuple[int, Attempt, Reading]]:
    """Each call that was answered with the readings of its answers, the likeliest first.

    What takes any number of features is not read as called with one alone.
    """
    found: list[tuple[int, Attempt, Reading]] = []
    answered = (a for a in attempts if a.ended is None and not a.plan.doubtful)
    for i, a in enumerate(sorted(answered, key=raises)):
        if a.plan.layout.d and any(not b.plan.layout.d for _, b, _ in found):
            continue
        found += [(i, a, r) for r in readings_of(a, definition)[:4]]
    return found


def of_one_feature(
    definition: Definition, attempts: Sequence[Attempt]
) -> list[tuple[Attempt, Reading]]:
    """The calls with x (n,) and a number w, for what multiplies number by number."""
    one = [a for a in attempts if a.ended is None and a.plan.layout.x == "vector" and not raises(a)]
    return [(a, r) for a in one[:PAIRED] for r in readings_of(a, definition)[:4]]


def explained_by(
    explain: Any, tried: Sequence[tuple[Attempt, Reading]], losses: Sequence[str]
) -> Call | None:
    """The reading and the convention under which a name explains all answers."""
    for a, reading in tried:
        for loss in usual_losses(a.plan.kind, losses):
            trials = trials_of(a, reading, loss)
            if trials and explain(trials, trials):
                return Call(a.plan, reading, loss)
    return None


UNNAMED = "nothing in its name says that it is one of ours"


def why_not_accused(definition: Definition) -> str:
    """Why nothing wrong is said of a function: what no more than might be ours is not judged."""
    if definition.standardises:
        return (
            "it standardises its data, and training on other data than it is given is not followed"
        )
    if definition.is_class:
        return ""
    if is_residual(definition):
        return "it takes no square: it is a residual, and no loss"
    if definition.other_model:
        return f"it is another model: it has a parameter {definition.other_model}"
    return "" if definition.promised else UNNAMED


def is_residual(definition: Definition) -> bool:
    """Whether a function called error or residual takes no square: then it is no loss."""
    named = set(words(definition.short_name))
    weak = named & {"error", "errors", "residual", "residuals", "err"}
    strong = named & {"loss", "cost", "mse", "squared", "sse", "rss"}
    return definition.promised == ["loss"] and bool(weak) and not strong and not definition.squares


def is_certain(tried: Attempt, definition: Definition) -> bool:
    """Whether names leave no other reading, and all answers have the shape that they promise."""
    plan = tried.plan
    one = bool(plan.layout.n) != definition.of_one_sample
    if plan.kind in ("step", "trainer"):  # which may draw one sample of all that it is given
        one = bool(plan.layout.n) and not definition.of_one_sample
    if plan.guessed or one or raises(tried) or definition.other_method:
        return False
    kinds = {k for p in definition.promised for k in RELATED[p]} - {"gradient", "trainer"}
    kinds |= set(definition.promised)
    related = plan.kind.partition("_")[0] in kinds and not set(words(definition.short_name)) <= WEAK
    return plan.is_class or related


def has_no_form(tried: Attempt, definition: Definition) -> bool:
    """Whether a gradient, loss or prediction gave nothing, or no numbers of a form that it may."""
    kinds = ("gradient", "loss", "predict")
    plan = tried.plan
    sure = is_certain(tried, definition) and plan.kind == definition.promised[0]
    return sure and not (plan.is_class or plan.namespace or plan.doubtful) and plan.kind in kinds


def pair_of_parts(tried: Attempt) -> Reading | None:
    """Where w and b would be in answers that always have two parts, of whatever size."""
    each = [list(parts_of(answer)) for group in tried.answers for answer in group]
    of_both = tried.plan.kind in ("gradient", "step", "trainer")
    if not of_both or any(len(keys) != 2 or keys != each[0] for keys in each):
        return None
    return Reading(*each[0])
