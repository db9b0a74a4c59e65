"""Answers that depend on more than the arguments: on earlier calls, or on randomness."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.checker.diagnosis.evidence import Evaluate
from reference.checker.trial import Trial


def returns_earlier_answer(trials: Sequence[Trial]) -> bool:
    """Whether every wrong answer is the answer of an earlier call, or right for the call before."""
    right = {t.answer.key for t in trials if t.is_correct and t.finite and t.reading.vector.any()}
    wrong = {t.answer.key for t in trials if not t.is_correct}
    return off_by_one_call(trials) or (bool(right & wrong) and repeats_answer(trials))


def repeats_answer(trials: Sequence[Trial]) -> bool:
    """Whether every wrong answer is, to the last bit, an earlier answer to another problem."""
    earlier: dict[Any, int] = {}
    for t in trials:
        if not t.is_correct and earlier.get(t.answer.key, t.index) == t.index:
            return False
        earlier.setdefault(t.answer.key, t.index)
    return True


def off_by_one_call(trials: Sequence[Trial]) -> bool:
    """Whether every wrong answer is right for the problem before it; the first has none before."""
    found = False
    for before, t in itertools.pairwise(trials):
        if not t.is_correct:
            if not answers(t, before):
                return False
            found = True
    return found


def answers(trial: Trial, other: Trial) -> bool:
    """Whether an answer is right for the problem of another trial."""
    vector, *precisions = trial.numbers
    sent = sum(p.values.size for p in trial.answer.parts if p.values is not None)
    if vector is not None and sent == 2 < len(vector):  # one number was read for all weights
        vector = vector[[0, -1]]
    if vector is None or len(vector) != len(other.expected.near):
        return False
    return bool((other.expected.errors(vector, *precisions) <= 1).all())


def is_nondeterministic(wrong: Sequence[Trial], evaluate: Evaluate) -> bool:
    """Whether the same arguments give answers that differ by more than rounding.

    The problems of the wrong answers are asked in their order, each three times in a row, and
    backwards. A training of several steps has an answer for each: like steps are compared.
    """
    once, found = list(range(len(wrong))), {}
    for order in (once, [i for i in once for _ in range(3)], once[::-1]):
        trials = evaluate([wrong[i].problem for i in order])
        for index, answers in itertools.groupby(trials, lambda t: t.index):
            for step, answer in enumerate(answers):
                found.setdefault((order[index], step), []).append(answer)
    return any(
        len({t.answer.key for t in same}) > 1 and differ_beyond_rounding(same)
        for same in found.values()
    )


def differ_beyond_rounding(trials: Sequence[Trial]) -> bool:
    """Whether answers to one problem differ by more than twice the bound."""
    vectors = [t.reading.vector for t in trials]
    if any(v is None for v in vectors) or len({v.shape for v in vectors}) > 1:
        return True
    with np.errstate(invalid="ignore"):
        difference = np.max(vectors, axis=0) - np.min(vectors, axis=0)
    bounds = np.max([t.expected.bounds_in(t.reading.dtype) for t in trials], axis=0)
    return bool((difference > 2 * bounds).any())
