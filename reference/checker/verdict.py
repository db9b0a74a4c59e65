"""From answers to a verdict: right; or the fault, the sentence for it, and the smallest example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis import match, symptoms
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.diagnosis.faults import BY_NAME
from reference.checker.expected import FORMULAS
from reference.checker.problem_set import distinguishing_problems
from reference.checker.report import Check, Counterexample
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.session import (
    Evaluate,
    Options,
    choose_layout,
    make_evaluate,
    of_function,
    run,
)
from reference.checker.shrink import smallest
from reference.checker.trial import Trial

STATEFUL = ("stale", "nondeterministic")


def verdicts(process: Any, plan: CallPlan, options: Options) -> Iterator[Check]:
    """The check of a function; and of the predictions of a class."""
    try:
        plan = choose_layout(process, plan, options)
        evaluate = make_evaluate(process, plan, options.loss)
        found = run(evaluate, plan, options)
        own = of_function(found.trials, plan)
        yield make_check(own, found.problems, evaluate, options)
        predictions = [t for t in found.trials if t.plan.name != plan.name]
        if predictions:
            yield make_check(predictions, found.problems, None, options)
    except SubjectTerminated as error:
        yield ended(plan, error)


def ended(plan: CallPlan, error: SubjectTerminated) -> Check:
    """The check of a function that ended its process, or did not come back."""
    example = example_of(plan, error.problem)
    return Check(plan.kind, plan.name, error.fault, crash_message(error), 0, float("inf"), example)


def crash_message(error: SubjectTerminated) -> str:
    """The sentence for it."""
    return f"{BY_NAME[error.fault].sentence()} ({error.detail}.)"


def make_check(
    trials: Sequence[Trial], count: int, evaluate: Evaluate | None, options: Options
) -> Check:
    """The verdict on a function's answers; the predictions of a model cannot be asked again."""
    plan = trials[0].plan
    wrong = [t for t in trials if not t.is_correct or t.answer.changed]
    worst = max(float(t.errors.max()) for t in trials)
    if not wrong:
        notes = [plan.note, in_float32(evaluate, plan, options) if evaluate else ""]
        return Check(plan.kind, plan.name, None, "\n".join(filter(None, notes)), count, worst)
    fresh = evaluate(distinguishing_problems(options.seed + 1)) if evaluate else []
    asked = 1 + max(t.index for t in trials)
    fresh = [replace(t, index=asked + t.index) for t in of_function(fresh, plan)]
    fault, explanation = diagnose(Evidence(trials, fresh, evaluate), options.loss)
    shown = shrunk(evaluate, wrong, fault) if evaluate else wrong[0]
    notes = [explanation, plan.note and f"({plan.note}.)"]
    text = "\n".join(filter(None, notes))
    return Check(plan.kind, plan.name, fault, text, count, worst, counterexample(shown))


def in_float32(evaluate: Evaluate, plan: CallPlan, options: Options) -> str:
    """A word on float32 arguments, where the function is right for float64 alone.

    No mistake: a complex step of 1e-200, say, is lost in complex64.
    """
    if plan.kind == "trainer":
        return ""
    narrow = [p._replace(**as_float32(p)) for p in distinguishing_problems(options.seed)]
    wrong = [t for t in evaluate(narrow) if not t.is_correct]
    return f"in float32 it is wrong for {len(wrong)} of {len(narrow)} problems" if wrong else ""


def as_float32(problem: Problem) -> dict[str, Any]:
    """The arrays of a problem in float32."""
    return {field: np.float32(getattr(problem, field)) for field in ("X", "y", "w", "b")}


def diagnose(evidence: Evidence, loss: str) -> tuple[str, str]:
    """The fault, and the sentences that explain it: form first, then state, then mathematics."""
    kind = evidence.trials[0].plan.kind
    detected = match.detected(evidence, "detect_first")
    if detected:
        return explain(detected, kind)
    other = match.other_loss(evidence.everything, loss)
    if other:
        fault, sentence = explain(other[0], kind)
        hint = f"(It would be right for the loss {FORMULAS[other[1]]}: "
        return fault, f"{sentence}\n{hint}if that is your loss, add --loss {other[1]}.)"
    few = [*evidence.fresh, *evidence.wrong[:30]]
    names = match.matching_faults(few, evidence.everything)
    if len(names) == 1:
        return explain(names[0], kind)
    fault, sentence = unnamed(evidence)
    return fault, f"{sentence}\nIt may be one of {', '.join(names)}." if names else sentence


def unnamed(evidence: Evidence) -> tuple[str, str]:
    """The fault where no formula explains all: what was raised, the form, the size; or unknown."""
    kind, wrong = evidence.trials[0].plan.kind, evidence.wrong
    for fault in ("raised", "no-return", "wrong-shape"):
        found = next((t for t in wrong if t.reading.fault == fault), None)
        if found and all(t.reading.fault or not t.finite for t in wrong):
            if found.answer.raised and found.answer.raised["type"] == "SystemExit":
                fault = "crash"
            fault = "broadcast-n-by-n" if symptoms.n_by_n(wrong) else fault
            return explain(fault, kind, found.reading.message)
    detected = match.detected(evidence, "detect_last")
    if detected:
        return explain(detected, kind)
    return "unknown", symptoms.describe(evidence.everything)


def explain(fault: str, kind: str, more: str = "") -> tuple[str, str]:
    """A fault and its sentence, for this kind of function."""
    sentence = BY_NAME[fault].sentence(kind)
    return fault, f"{sentence}\n{more}" if more else sentence


def shrunk(evaluate: Evaluate, wrong: Sequence[Trial], fault: str) -> Trial:
    """The wrong answer to the smallest problem that shows it."""
    smallest_seen = min(wrong, key=lambda t: t.problem.X.size)
    if fault in STATEFUL:
        return smallest_seen
    plan, form = smallest_seen.plan, smallest_seen.reading.fault

    def failing(problems: Sequence[Problem]) -> list[Trial]:
        trials = of_function(evaluate(problems), plan)
        wrong = [t for t in trials if not t.is_correct or t.answer.changed]
        return [t for t in wrong if t.reading.fault == form]

    def fails(candidates: Sequence[Problem]) -> list[bool]:
        found = {t.index for t in failing(candidates)}
        return [i in found for i in range(len(candidates))]

    try:
        problem = smallest(smallest_seen.problem, fails)
        return next(iter(failing([problem])), smallest_seen)
    except SubjectTerminated:
        return smallest_seen


def example_of(plan: CallPlan, problem: Problem) -> Counterexample:
    """A problem, with a learning rate if it matters."""
    lr = problem.lr if "lr" in plan.uses else None
    return Counterexample(*problem[:4], lr=lr)


def counterexample(item: Trial) -> Counterexample:
    """The problem of an item, and the first number that is wrong in it."""
    lr = item.case.lr if "lr" in item.plan.uses else None
    if item.reading.fault or not (item.errors > 1).any():
        return Counterexample(*item.case[:4], lr=lr)
    i = int(np.flatnonzero(item.errors > 1)[0])
    if item.plan.kind == "trainer":  # as the gradient that it went along
        got, expected = (
            item.gradient * item.expected.factor,
            item.expected_gradient * item.expected.factor,
        )
    else:
        got, expected = item.reading.vector, item.expected.rounded
    component = item.expected.component(i)
    return Counterexample(*item.case[:4], lr, component, float(got[i]), float(expected[i]))
