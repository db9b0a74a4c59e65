"""Answers that depend on more than the arguments: earlier calls, or chance."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.checker.output import parse_output
from reference.checker.session import Evaluate
from reference.checker.trial import Trial


def stale(trials: Sequence[Trial], wrong: Sequence[Trial]) -> bool:
    """Whether every wrong answer is that of an earlier call, or is right for one."""
    good = {i.answer.key for i in trials if i.is_correct and i.finite and i.reading.vector.any()}
    return late(trials) or (bool(good & {i.answer.key for i in wrong}) and repeated(trials))


def repeated(trials: Sequence[Trial]) -> bool:
    """Whether every wrong answer is, to the last bit, an earlier answer to another problem."""
    earlier: dict[Any, int] = {}
    for i in trials:
        if not i.is_correct and earlier.get(i.answer.key, i.index) == i.index:
            return False
        earlier.setdefault(i.answer.key, i.index)
    return True


def late(trials: Sequence[Trial]) -> bool:
    """Whether every wrong answer is right for the problem before it; the first has none before."""
    found = False
    for before, i in itertools.pairwise(trials):
        if not i.is_correct:
            reading = parse_output(i.plan, before.case, i.answer)
            if reading.fault or (before.expected.errors(reading.vector, reading.dtype) > 1).any():
                return False
            found = True
    return found


def changing(evaluate: Evaluate, wrong: Sequence[Trial]) -> bool:
    """Whether the same arguments give answers further apart than rounding."""
    problems, found = [i.problem for i in wrong], {}
    once = list(range(len(problems)))
    for order in (once, [i for i in once for _ in range(3)], once[::-1]):
        trials = evaluate([problems[i] for i in order])
        for index, answers in itertools.groupby(trials, lambda t: t.index):
            for step, answer in enumerate(answers):
                found.setdefault((order[index], step), []).append(answer)
    return any(len({a.answer.key for a in f}) > 1 and apart(f) for f in found.values())


def apart(answers: Sequence[Trial]) -> bool:
    """Whether answers to one problem differ by more than twice the bound."""
    vectors = [a.reading.vector for a in answers]
    if any(v is None for v in vectors) or len({v.shape for v in vectors}) > 1:
        return True
    with np.errstate(invalid="ignore"):
        spread = np.max(vectors, axis=0) - np.min(vectors, axis=0)
    bounds = np.max([a.expected.bounds_in(a.reading.dtype) for a in answers], axis=0)
    return bool((spread > 2 * bounds).any())
