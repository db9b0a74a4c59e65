"""What a diagnosis starts from: the answers, and a way to ask again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reference.checker.call_plan import Problem
from reference.checker.trial import Trial

Evaluate = Callable[[Sequence[Problem]], list[Trial]]


@dataclass(frozen=True)
class Evidence:
    """The answers of one function.

    Attributes
    ----------
    trials : sequence of Trial
        In the order of the calls.
    fresh : sequence of Trial
        Answers to problems that distinguish all formulas.
    evaluate : function
        Asks the function again; None where it cannot be called by itself.
    definition : Definition
        Its source, where that is known.
    """

    trials: Sequence[Trial]
    fresh: Sequence[Trial] = ()
    evaluate: Evaluate | None = None
    definition: Any = None

    @property
    def everything(self) -> list[Trial]:
        """All answers."""
        return [*self.trials, *self.fresh]

    @property
    def wrong(self) -> list[Trial]:
        """The wrong ones of all answers."""
        return [t for t in self.everything if not t.is_correct]

    @property
    def inexact(self) -> list[Trial]:
        """The wrong ones of the fresh answers, if all wrong answers are numbers in good form."""
        if any(t.reading.fault for t in self.wrong):
            return []
        return [t for t in self.fresh if not t.is_correct]
