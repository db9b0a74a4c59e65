"""Answers that are close, but not close enough: float32 arithmetic, or difference quotients."""

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


def is_low_precision(trials: Sequence[Trial]) -> bool:
    """Whether these answers, labelled float64, are only as accurate as float32.

    Numbers rounded to float32 can look like difference quotients too, so they come first.
    """
    return is_rounded_to_float32(trials) or (
        is_computed_in_float32(trials) and not is_finite_difference(trials)
    )


def is_finite_difference(trials: Sequence[Trial]) -> bool:
    """Whether these gradients are difference quotients of the loss.

    L(w + h) − L(w − h), or L(w + h) − L(w), is exactly a multiple of the spacing of floats at L,
    since the difference of two close floats is not rounded. So is the quotient times its step, up
    to two roundings. Any other number would be so with a probability of one in ten.
    """
    if not all(e.finite and formula_of(e.plan) == "gradient" for e in trials):
        return False
    near = all(
        np.abs(e.gradient - e.expected_gradient).max() < 0.1 * (1 + np.abs(e.case.X).max() ** 2)
        for e in trials
    )
    return bool(trials) and near and any(all(on_lattice(e, h) for e in trials) for h in STEPS)


def on_lattice(e: Trial, h: float) -> bool:
    """Whether the gradient times h, or 2h, is in multiples of the spacing of floats at the loss."""
    spacing = np.spacing(float(e.expected.factor * exact.loss(*e.case[:4]))) / 4
    for step in (h, 2 * h):
        z = e.reading.vector * step / spacing
        whole = np.abs(z - np.rint(z)) <= 0.01 + 4 * EPS * np.abs(z)
        if whole.all() and np.abs(z).max() * EPS < 0.01:
            return True
    return False


def is_rounded_to_float32(trials: Sequence[Trial]) -> bool:
    """Whether answers labelled float64 are float32, or right for arguments rounded to float32."""
    if not near_in_float32(trials):
        return False
    if all((e.reading.vector == np.float32(e.reading.vector)).all() for e in trials):
        return True
    return any(all(is_right_for_rounded(e, which) for e in trials) for which in SUBSETS)


def is_computed_in_float32(trials: Sequence[Trial]) -> bool:
    """Whether nearly all numbers are off by what float32 arithmetic loses, by varying factors."""
    if not near_in_float32(trials):
        return False
    used = np.concatenate([gaps(e) / e.expected.bounds_in(np.float32) for e in trials])
    ratios = np.concatenate([e.reading.vector / e.expected.rounded - 1 for e in trials])
    wrong = np.concatenate([(e.errors > 1)[: labelled_float64(e)] for e in trials])
    scattered = np.std(ratios) > 0.1 * np.abs(ratios).mean()
    return bool(wrong.mean() > 0.9 and np.median(used) > 2.0**-10 and scattered)


def labelled_float64(e: Trial) -> int:
    """How many numbers of an answer come first that are labelled float64: a bias may be float32."""
    return len(e.errors) - (e.reading.dtype_b is not None and e.reading.dtype_b != np.float64)


def near_in_float32(trials: Sequence[Trial]) -> bool:
    """Whether answers labelled float64 are within the bound for float32, arguments converted."""
    return bool(trials) and all(
        e.finite
        and e.reading.dtype == np.float64
        and (gaps(e) <= e.expected.bounds_in(np.float32)).all()
        for e in trials
    )


def gaps(e: Trial) -> Any:
    """|got − exact|"""
    return np.abs(e.reading.vector - e.expected.rounded)


SUBSETS = [s for k in (4, 1, 2, 3) for s in itertools.combinations("Xywb", k)]


def is_right_for_rounded(e: Trial, which: Sequence[str]) -> bool:
    """Whether the answer is right for the problem with some of its arguments in float32."""
    changed = {f: np.float32(getattr(e.case, f)).astype(float) for f in which}
    expected = Expected(e.plan, e.case._replace(**changed), e.expected.loss)
    return bool((expected.errors(e.reading.vector, np.dtype(float)) <= 1).all())
