"""Answers that are near the exact ones and not near enough: float32 inside, or differences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from reference import exact
from reference.checker.expected import Expected, formula_of
from reference.checker.trial import Trial

EPS = float(np.finfo(np.float64).eps)
STEPS = [m * 10.0**-k for k in range(1, 13) for m in (1, 2, 5)]
STEPS += [EPS ** (1 / 2), EPS ** (1 / 3), EPS ** (1 / 4), *(2.0**-k for k in range(4, 41))]


def finite_difference(trials: Sequence[Trial]) -> bool:
    """Whether these gradients are difference quotients of the loss.

    L(w + h) − L(w − h), or L(w + h) − L(w), is a whole multiple of the spacing of floats at L:
    exactly so, since the difference of two near floats is not rounded. So is the quotient times
    its step, up to two roundings, and no other number would be, but by a chance of one in ten.
    """
    if formula_of(trials[0].plan) != "gradient" or not all(e.finite for e in trials):
        return False
    near = all(
        np.abs(e.gradient - e.expected_gradient).max() < 0.1 * (1 + np.abs(e.case.X).max() ** 2)
        for e in trials
    )
    return near and any(all(on_lattice(e, h) for e in trials) for h in STEPS)


def on_lattice(e: Trial, h: float) -> bool:
    """Whether the gradient times h, or 2h, is in multiples of the spacing of floats at the loss."""
    spacing = np.spacing(float(e.expected.factor * exact.loss(*e.case[:4]))) / 4
    for step in (h, 2 * h):
        z = e.reading.vector * step / spacing
        if (np.abs(z - np.rint(z)) <= 0.01 + 4 * EPS * np.abs(z)).all() and np.abs(
            z
        ).max() * EPS < 0.01:
            return True
    return False


def rounded_to_float32(trials: Sequence[Trial]) -> bool:
    """Whether answers labelled float64 are float32, or right for arguments rounded to float32."""
    if not near_in_float32(trials):
        return False
    if all((e.reading.vector == np.float32(e.reading.vector)).all() for e in trials):
        return True
    return any(all(rounded_arguments(e, which) for e in trials) for which in SUBSETS)


def as_in_float32(trials: Sequence[Trial]) -> bool:
    """Whether nearly all numbers are off by what float32 inside does, each by another factor."""
    if not near_in_float32(trials):
        return False
    used = np.concatenate([gaps(e) / e.expected.bounds_in(np.float32) for e in trials])
    ratios = np.concatenate([e.reading.vector / e.expected.rounded - 1 for e in trials])
    wrong = np.concatenate([e.errors > 1 for e in trials])
    scattered = np.std(ratios) > 0.1 * np.abs(ratios).mean()
    return bool(wrong.mean() > 0.9 and np.median(used) > 2.0**-10 and scattered)


def near_in_float32(trials: Sequence[Trial]) -> bool:
    """Whether answers labelled float64 are within the bound for float32, arguments converted."""
    return all(
        e.finite
        and e.reading.dtype == np.float64
        and (gaps(e) <= e.expected.bounds_in(np.float32)).all()
        for e in trials
    )


def gaps(e: Trial) -> Any:
    """|got − exact|"""
    return np.abs(e.reading.vector - e.expected.rounded)


SUBSETS = [s for k in (4, 1, 2, 3) for s in itertools.combinations("Xywb", k)]


def rounded_arguments(e: Trial, which: Sequence[str]) -> bool:
    """Whether the answer is right for the problem with some of its arguments in float32."""
    changed = {f: np.float32(getattr(e.case, f)).astype(float) for f in which}
    expected = Expected(e.plan, e.case._replace(**changed), e.expected.loss)
    return bool((expected.errors(e.reading.vector, np.dtype(float)) <= 1).all())
