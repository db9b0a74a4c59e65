"""The judging of trainings: what is kept between iterations, and what a pass of batches uses."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from reference.checker.call_plan import CallPlan, written
from reference.checker.diagnosis.faults import BY_NAME
from reference.checker.diagnosis.history import Explanation, explain_paths
from reference.checker.expected import CONVENTIONS
from reference.checker.minibatches import follows, read_batches, steps_in_turn
from reference.checker.report import Check
from reference.checker.session import (
    SMALL,
    Call,
    Choice,
    Options,
    is_aliased,
    make_evaluate,
    paths_of,
    small_problems,
)
from reference.checker.signature import Definition
from reference.checker.trial import Trial

INTENTS = {
    "descent with momentum": {"momentum", "velocity", "beta", "nesterov", "inertia", "mu"},
    "a learning rate": {"decay", "schedule", "anneal", "annealing", "rate", "decayed"},
}


def judge_training(
    process: Any, definition: Definition, choice: Choice, losses: Sequence[str], options: Options
) -> list[Check]:
    """The check of a trainer that is no plain descent on all rows; nothing where it may be."""
    call = choice.call
    if call is None or call.reading is None:
        return []
    if choice.status != "right" or not call.plan.starts:
        allowed = [call.loss] if choice.status == "right" else losses
        found = explanation_of(process, call, allowed, options)
        if found != Explanation():
            return [by_explanation(definition, call, found)]
    if choice.status == "named":
        return []
    factors = [CONVENTIONS[loss](1) for loss in ("half-mse", "mse")]
    if choice.status == "right":
        if is_aliased(process, call, options.seed):
            return [by_name(call, "history-aliased")]
        if "batch_size" not in call.plan.uses:
            return []
        factors = [CONVENTIONS[call.loss](1)]
    return judge_batches(process, call, factors, choice.status == "right", options)


def judge_pass(process: Any, choice: Choice, options: Options) -> list[Check]:
    """The check of a step that is a pass of steps on one row each; nothing where it is none."""
    call = choice.call
    if call is None or call.reading is None or call.plan.kind != "step" or call.plan.given:
        return []
    if choice.status == "right" or call.plan.lr is not None:
        return []
    for loss in ("half-mse", "mse"):
        factor = CONVENTIONS[loss](1)
        if steps_in_turn(process, call.plan, call.reading, factor, options.seed):
            told = known_of(call._replace(loss=loss))
            kind = "one sample a step, each in turn"
            return [Check("step", call.plan.name, "right", explanation=kind, **told)]
    return []


def explanation_of(
    process: Any, call: Call, losses: Sequence[str], options: Options
) -> Explanation:
    """What explains a training whose steps depend on earlier ones, under one of the conventions."""
    paths = paths_of(process, call, options.seed)
    each = (explain_paths(paths, CONVENTIONS[loss]) for loss in losses if paths)
    return next((found for found in each if found != Explanation()), Explanation())


def by_explanation(definition: Definition, call: Call, found: Explanation) -> Check:
    """The check of a trainer whose steps depend on earlier ones."""
    told = known_of(call)
    if found.fault:
        return by_name(call, found.fault)
    wanted = next(words for kind, words in INTENTS.items() if found.kind.startswith(kind))
    if wanted & definition.wording:
        return Check(
            "trainer", call.plan.name, "right", explanation=f"right as {found.kind}", **told
        )
    sentence = f"It is {found.kind}, and nothing in its names says so."
    return Check("trainer", call.plan.name, "wrong", "unknown", sentence, **told)


def judge_batches(
    process: Any, call: Call, factors: list[float], right: bool, options: Options
) -> list[Check]:
    """The check of a trainer by its minibatches; nothing where they leave it to the full run."""
    name, told = call.plan.name, known_of(call)
    for factor in factors:
        finding = read_batches(process, call.plan, call.reading, [factor])
        if finding.fault:
            return [by_name(call, finding.fault, finding.more)]
        kind = finding.kind
        if kind and follows(process, call.plan, call.reading, factor, kind, options.seed):
            if right:
                return []
            loss = next(k for k, of in CONVENTIONS.items() if of(1) == factor)
            known = call._replace(loss=loss)
            checks = [Check("trainer", name, "right", explanation=in_words(kind, call), **told)]
            return [*checks, *prediction_checks(process, known, options)]
    if right:
        reason = "it is right with one batch of all rows; minibatches could not be run"
        return [Check("trainer", name, "unchecked", reason=reason, **told)]
    return []


def in_words(kind: str, call: Call) -> str:
    """The kind of batches that a trainer is right of."""
    if kind == "minibatches" and "batch_size" not in call.plan.uses:
        return "one sample a step, each in turn"
    return kind


def prediction_checks(process: Any, call: Call, options: Options) -> list[Check]:
    """The check of the predictions of a class whose trainings are checked by themselves."""
    if not call.plan.is_class:
        return []
    evaluate = make_evaluate(process, call, time.monotonic() + options.timeout / 2)
    trials = [
        t for t in evaluate(small_problems(call.plan, options.seed, 20)) if t.plan.kind == "predict"
    ]
    if not trials or not all(t.is_correct for t in trials):
        return []
    worst = max(float(t.errors.max()) for t in trials)
    return [Check("predict", trials[0].plan.name, "right", cases=len(trials), worst_error=worst)]


def fixed_batch_size(definition: Definition, trials: Sequence[Trial]) -> int:
    """The number in the source up to which n a trainer is right and beyond which it is wrong."""
    wrong = [len(t.case.y) for t in trials if not t.is_correct]
    right = [len(t.case.y) for t in trials if t.is_correct]
    if trials[0].plan.kind != "trainer" or not wrong or not right:
        return 0
    sizes = sorted({int(v) for v in definition.numbers if v == int(v) and v > 1})
    return next((k for k in sizes if max(right) <= k < min(wrong)), 0)


def judge_fixed_batches(
    process: Any, call: Call, size: int, count: int, options: Options
) -> list[Check]:
    """The check of a trainer whose batches have a size that is fixed inside."""
    if call.reading is None:
        return []
    factor, name = CONVENTIONS[call.loss](1), call.plan.name
    told = known_of(call) | {"cases": count}
    finding = read_batches(process, call.plan, call.reading, [factor], size)
    if finding.fault:
        return [by_name(call, finding.fault, finding.more)]
    right = finding.kind and follows(
        process, call.plan, call.reading, factor, finding.kind, options.seed, size
    )
    text = f"{finding.kind} of {size} rows"
    return [Check("trainer", name, "right", explanation=text, **told)] if right else []


def known_of(call: Call) -> dict[str, Any]:
    """What a check says of a call that was tried on the small problems alone."""
    return {"call": described(call.plan), "loss": call.loss, "cases": SMALL}


def by_name(call: Call, fault: str, more: str = "") -> Check:
    """The check of a mistake that is not told by one answer beside its exact value."""
    kind, name = call.plan.kind, call.plan.name
    return Check(kind, name, "wrong", fault, explain(fault, kind, more)[1], **known_of(call))


def described(plan: CallPlan) -> str:
    """A call in short: each parameter and what it is given."""
    return f"as {written(plan)}"


def explain(fault: str, kind: str, more: str = "") -> tuple[str, str]:
    """A fault and its sentence, for this kind of function."""
    sentence = BY_NAME[fault].sentence(kind)
    return fault, f"{sentence}\n{more}" if more else sentence
