"""Examples of answers that depend on more than the arguments: the code of several calls."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.examples.example import Subject, example, script
from reference.checker.report import Counterexample, text, words_of
from reference.checker.session import Call, make_evaluate, of_function
from reference.checker.trial import Trial

CALLS = 8  # of the same arguments, of which two should differ


def repeated_example(process: Any, subject: Subject, loss: str) -> Counterexample | None:
    """A call whose answers differ; or two of which the second is wrong in a fresh process."""
    evaluate = make_evaluate(process, Call(subject.plan, subject.reading, loss), float("inf"))

    def fresh(problems: Sequence[Problem]) -> list[Trial]:
        process.close()  # whatever earlier calls have left behind
        return of_function(evaluate(problems), subject.plan)

    for p in problems_of(subject.plan):
        found = [t for t in fresh([p] * CALLS) if t.finite]
        wrong = [t for t in found if not t.is_correct]
        values = {text(t.reading.vector) for t in found}
        if wrong and len(values) > 1:
            shown = example(subject, wrong[-1])
            return replace(shown, got=f"{words_of(shown.got)}, and other numbers in other calls")
    for pair in itertools.permutations(problems_of(subject.plan), 2):
        trials = fresh(pair)
        first, second = trials[0], trials[-1]
        if not second.is_correct and second.finite:
            return second_call(subject, first, second)
    return None


def problems_of(plan: CallPlan) -> list[Problem]:
    """Small problems: two of the same shape, and a larger one."""
    n, d = plan.layout.n or 2, plan.layout.d or 1
    ones = Problem(np.ones((n, d)), np.zeros(n), np.ones(d), np.float64(0), lr=0.5)
    other = ones._replace(X=np.tile(np.arange(1.0, n + 1)[:, None], d), y=np.ones(n))
    more = Problem(np.ones((n + 1, d)), np.ones(n + 1), np.ones(d), np.float64(1), lr=0.5)
    return [ones, other, *([] if plan.layout.n else [more])]


def second_call(subject: Subject, first: Trial, second: Trial) -> Counterexample:
    """The code of two calls, and what the second gives."""
    lines = script(subject, first.problem, first.answer, None)[0].splitlines()
    found = example(subject, second)
    more = [line for line in found.call.splitlines() if line not in lines or line[:6] != "import"]
    return replace(found, call="\n".join([*lines, *more]))
