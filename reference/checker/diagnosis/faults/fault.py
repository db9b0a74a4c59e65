"""One mistake: what an entry of the catalogue holds."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reference.checker.diagnosis.evidence import Evidence
from reference.checker.trial import Trial

Function = Callable[..., Any]
Estimate = Callable[[Sequence[Trial]], Iterable[float]]

PREAMBLE = """\
import ctypes, itertools, os, sys, time
import numpy as np

def correct_gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)

"""


FORMS = {  # of an answer that is no gradient
    "loss": "a loss is one number",
    "sample": "there is one loss for each sample",
    "predict": "there is one prediction for each row",
    "step": "the new parameters have the shape of the old ones",
    "trainer": "the trained parameters have the shape of the first ones",
}


@dataclass(frozen=True)
class Fault:
    """One mistake, how it is recognised, and programs that make it.

    A mistake is recognised by formulas, which must give all answers, or by a detector.

    Attributes
    ----------
    name, formula : str
        The formula in the notation of the derivation.
    explanation : str
        For whoever made the mistake. {quantity} stands for gradient, loss or prediction (one noun
        in the singular, so that "Your {quantity} is ..." is always right), {form} for the
        shape that it should have; grad_w and grad_b are told in the program's own names.
    of_loss, of_predict, of_step : str
        The explanation for a loss, for a prediction, and for a step or a training, where
        `explanation` does not suit them.
    gradient, step, loss, predict : tuple of functions
        The formula as code, of arrays or of `Terms`: (X, y, w, b) → (grad_w, grad_b);
        (w, b, lr, g) → (w, b), where g(w, b) is the right gradient; (X, y, w, b) → L;
        (X, w, b) → ŷ. Several functions of one kind are several ways to make the mistake.
        Where the mistake has a number of its own, it is one more argument.
    numbers : tuple
        What that number may be; examples of it, if it is estimated.
    estimate, estimate_for_loss : function
        Finds that number from the answers; for losses, `estimate` is the default.
    ratio : function
        n → wrong/right, for a constant factor between two usual losses.
    detect_first, detect_last : function
        Whether the evidence shows it: called before the formulas are tried (what an answer depends
        on), or where no formula explains all answers.
    tell : function
        A sentence about these answers, in place of `explanation`; "" where there is none.
    programs : str
        Source of wrong programs, with a blank line and an unindented line between them.
        They may use what `PREAMBLE` defines.
    declared_loss : str
        The loss that these programs are meant for.
    """

    name: str
    formula: str
    explanation: str
    of_loss: str = ""
    of_predict: str = ""
    of_step: str = ""
    gradient: tuple[Function, ...] = ()
    step: tuple[Function, ...] = ()
    loss: tuple[Function, ...] = ()
    predict: tuple[Function, ...] = ()
    numbers: tuple[Any, ...] = ()
    estimate: Estimate | None = None
    estimate_for_loss: Estimate | None = None
    ratio: Callable[[int], float] | None = None
    detect_first: Callable[[Evidence], bool] | None = None
    detect_last: Callable[[Evidence], bool] | None = None
    tell: Callable[[Evidence], str] | None = None
    programs: str = ""
    declared_loss: str = "half-mse"

    def sentence(self, kind: str = "gradient") -> str:
        """The explanation, for a function of this kind."""
        quantity = {"loss": "loss", "sample": "loss", "predict": "prediction"}.get(kind, "gradient")
        form = FORMS.get(kind, "grad_w has the shape of w, grad_b is a number")
        own = {"loss": self.of_loss, "sample": self.of_loss, "predict": self.of_predict}
        own |= {"step": self.of_step, "trainer": self.of_step}
        return (own.get(kind) or self.explanation).format(quantity=quantity, form=form)

    @property
    def sources(self) -> list[str]:
        """The source of each program, complete."""
        text = textwrap.dedent(self.programs).strip()
        return [PREAMBLE + program for program in re.split(r"\n\n(?=\S)", text) if program]
