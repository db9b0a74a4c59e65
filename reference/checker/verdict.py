"""From answers to a verdict: right; or the fault, the sentence for it, and the smallest example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import Problem
from reference.checker.diagnosis import match, symptoms
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.diagnosis.faults import BY_NAME
from reference.checker.expected import FORMULAS
from reference.checker.report import Check, Counterexample
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.session import Session
from reference.checker.shrink import smallest
from reference.checker.trial import Trial, distinguishing_problems

STATEFUL = ("stale", "nondeterministic")


def verdicts(session: Session) -> Iterator[Check]:
    """The check of a function; and of the predictions of a class."""
    try:
        session.choose_layout()
        count = session.run()
        yield judged(session, session.trials, count)
        if session.predictions:
            yield judged(session, session.predictions, count)
    except SubjectTerminated as error:
        yield ended(session, error)


def ended(session: Session, error: SubjectTerminated) -> Check:
    """The check of a function that took its process with it, or did not come back."""
    plan, example = session.plan, example_of(session, error.case)
    return Check(plan.kind, plan.name, error.fault, failed(error), 0, float("inf"), example)


def failed(error: SubjectTerminated) -> str:
    """The sentence for it."""
    return f"{BY_NAME[error.fault].sentence()} ({error.detail}.)"


def judged(session: Session, trials: Sequence[Trial], count: int) -> Check:
    """The verdict on a function's answers."""
    plan = trials[0].plan
    wrong = [i for i in trials if not i.is_correct or i.answer.changed]
    worst = max(float(i.errors.max()) for i in trials)
    asking = plan is session.plan  # the predictions of a model cannot be asked for by themselves
    if not wrong:
        notes = [session.plan.note, in_float32(session) if asking else ""]
        return Check(plan.kind, plan.name, None, "\n".join(filter(None, notes)), count, worst)
    fresh = session.ask(distinguishing_problems(session.options.seed + 1)) if asking else []
    fault, explanation = diagnose(session, trials, wrong, fresh, asking)
    shown = shrunk(session, wrong, fault) if asking else wrong[0]
    notes = [explanation, session.plan.note and f"({session.plan.note}.)"]
    text = "\n".join(filter(None, notes))
    return Check(plan.kind, plan.name, fault, text, count, worst, counterexample(shown))


def in_float32(session: Session) -> str:
    """A word on float32 arguments, where the function is right for float64 alone.

    No mistake: a complex step of 1e-200, say, is lost in complex64.
    """
    if session.plan.kind == "trainer":
        return ""
    narrow = [c._replace(**single(c)) for c in distinguishing_problems(session.options.seed)]
    wrong = [i for i in session.ask(narrow) if not i.is_correct]
    return f"in float32 it is wrong for {len(wrong)} of {len(narrow)} problems" if wrong else ""


def single(case: Problem) -> dict[str, Any]:
    """The arrays of a case in float32."""
    return {field: np.float32(getattr(case, field)) for field in ("X", "y", "w", "b")}


def diagnose(
    session: Session, trials: Sequence[Trial], wrong: list[Trial], fresh: list[Trial], asking: bool
) -> tuple[str, str]:
    """The fault, and the sentences that explain it: form first, then state, then mathematics."""
    evidence = Evidence(trials, fresh, session.ask if asking else None)
    detected = match.detected(evidence, "detect_first")
    if detected:
        return explained(detected, session)
    other = match.other_loss(evidence.everything, session.options.loss)
    if other:
        fault, sentence = explained(other[0], session)
        hint = f"(It would be right for the loss {FORMULAS[other[1]]}: "
        return fault, f"{sentence}\n{hint}if that is your loss, add --loss {other[1]}.)"
    names = match.matching_faults([*fresh, *wrong[:30]], evidence.everything)
    if len(names) == 1:
        return explained(names[0], session)
    fault, sentence = unnamed(session, evidence)
    return fault, f"{sentence}\nIt may be one of {', '.join(names)}." if names else sentence


def unnamed(session: Session, evidence: Evidence) -> tuple[str, str]:
    """The fault where no formula explains all: what was raised, the form, the size; or unknown."""
    wrong = evidence.wrong
    for fault in ("raised", "no-return", "wrong-shape"):
        found = next((i for i in wrong if i.reading.fault == fault), None)
        if found and all(i.reading.fault or not i.finite for i in wrong):
            if found.answer.raised and found.answer.raised["type"] == "SystemExit":
                fault = "crash"
            fault = "broadcast-n-by-n" if symptoms.n_by_n(wrong) else fault
            return explained(fault, session, found.reading.message)
    detected = match.detected(evidence, "detect_last")
    if detected:
        return explained(detected, session)
    return "unknown", symptoms.describe(evidence.everything)


def explained(fault: str, session: Session, more: str = "") -> tuple[str, str]:
    """A fault and its sentence, for this kind of function."""
    sentence = BY_NAME[fault].sentence(session.plan.kind)
    return fault, f"{sentence}\n{more}" if more else sentence


def shrunk(session: Session, wrong: Sequence[Trial], fault: str) -> Trial:
    """The wrong answer to the smallest problem that shows it."""
    smallest_seen = min(wrong, key=lambda i: i.problem.X.size)
    if fault in STATEFUL:
        return smallest_seen
    form = smallest_seen.reading.fault

    def failing(trials: Sequence[Trial]) -> list[Trial]:
        return [
            i for i in trials if i.reading.fault == form and (not i.is_correct or i.answer.changed)
        ]

    def fails(candidates: Sequence[Problem]) -> list[bool]:
        found = {id(i.problem) for i in failing(session.ask(candidates))}
        return [id(c) in found for c in candidates]

    try:
        case = smallest(smallest_seen.problem, fails)
        return next(iter(failing(session.ask([case]))), smallest_seen)
    except SubjectTerminated:
        return smallest_seen


def example_of(session: Session, case: Problem) -> Counterexample:
    """A problem, with a learning rate if it matters."""
    lr = case.lr if "lr" in session.plan.uses else None
    return Counterexample(*case[:4], lr=lr)


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
