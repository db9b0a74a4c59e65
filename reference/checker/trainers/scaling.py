"""Trainers that standardise their data: gradient descent on (X − centre)/spread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reference.checker.definition import Definition

WORDS = {"std", "mean", "mu", "sigma", "standardize", "standardise", "scale", "scaled", "normalize"}
WORDS |= {"normalise", "min", "max", "ptp", "zscore"}
SPREADS = {
    "std": lambda X: X.std(axis=0),
    "sample std": lambda X: X.std(axis=0, ddof=1),
    "range": lambda X: np.ptp(X, axis=0),
}


class Scaling(NamedTuple):
    """What is subtracted, what is divided by, and a small number that is added to the latter."""

    centre: str = "mean"
    spread: str = "std"
    eps: float = 0.0

    @property
    def text(self) -> str:
        """In words."""
        return f"(X − {self.centre}) / {self.spread}"

    def measure(self, X: Any) -> tuple[Any, Any]:
        """The centre and the spread of data."""
        with np.errstate(all="ignore"):
            centre = X.mean(axis=0) if self.centre == "mean" else X.min(axis=0)
            return centre, SPREADS[self.spread](X) + self.eps

    def apply(self, X: Any, measured: tuple[Any, Any]) -> Any:
        """Data on the scale of other data."""
        with np.errstate(all="ignore"):
            return (X - measured[0]) / measured[1]

    def sizes(self, X: Any, measured: tuple[Any, Any]) -> Any:
        """How large the terms of the scaled data are, for bounds of rounding.

        The centre is a sum of n terms and the spread one of 2n, relative to which the difference
        X − centre may be small.
        """
        n = len(X)
        with np.errstate(all="ignore"):
            terms = (np.abs(X) + np.abs(X).max(axis=0)) / measured[1]
        return terms * (4 + terms.max(axis=0, initial=0.0)) * (1 + 0 * n)

    def applies(self, X: Any) -> bool:
        """Whether no column is constant, so that there is a scale."""
        _, spread = self.measure(X)
        return len(X) > 1 and bool((spread > 1e-6 * np.abs(X).max(axis=0)).all())


def scalings(definition: Definition) -> Iterator[Scaling]:
    """The scalings that a program may use, by its words and its small numbers."""
    if not WORDS & definition.wording:
        return
    small = sorted({v for v in definition.numbers if 0 < v < 1e-3})
    for eps in (0.0, *small):
        yield Scaling("mean", "std", eps)
        yield Scaling("mean", "sample std", eps)
    yield Scaling("min", "range")
    yield Scaling("mean", "range")
