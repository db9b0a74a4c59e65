"""The verdict: problems, answers, judgement. It is formed here, where the subject does not run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from reference.checker import signature
from reference.checker.output import traced
from reference.checker.report import Check, Report
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.sandbox.process import Process
from reference.checker.session import Options
from reference.checker.verdict import crash_message, verdicts


def check(
    target: str | Callable[..., Any],
    *,
    loss: str = "half-mse",
    seed: int = 0,
    max_examples: int = 1000,
    timeout: float = 10.0,
    progress: Callable[[str], None] = lambda name: None,
) -> Report:
    """Whether a gradient, step, trainer, prediction or loss is right; and if not, why.

    Parameters
    ----------
    target : str or callable
        FILE.py, FILE.py:NAME or package.module:NAME; or a function or class itself.
    loss : {"half-mse", "mse", "half-sse", "sse"}
        The convention that it is meant to follow; that of §1.2 by default.
    seed : int
        Of the problems.
    max_examples : int
        How many problems each function is tried on, at most.
    timeout : float
        Seconds for each function.
    progress : callable
        Is given the name of each function before it is tried.

    Returns
    -------
    Report
        `passed`, `checks`, and as text what to read.

    Raises
    ------
    FileNotFoundError
        If there is no such file or module.
    ValueError
        For an option out of its range.
    """
    chosen = Options(loss, seed, max_examples, timeout, progress)
    if isinstance(target, str):
        file, name = signature.locate(target)
        process = Process(file, name, chosen.timeout)
    else:
        target_name = getattr(target, "__name__", type(target).__name__)
        file, name = "", "gradient" if target_name == "<lambda>" else target_name
        process = Process(file, name, chosen.timeout, {name: target})
    with process:
        label = target if isinstance(target, str) else name
        return Report(label, tuple(all_checks(process, bool(name), chosen)))


def assert_gradient(
    function: str | Callable[..., Any],
    *,
    loss: str = "half-mse",
    seed: int = 0,
    max_examples: int = 1000,
    timeout: float = 10.0,
) -> None:
    """Raise an AssertionError, whose text is the report, unless `function` is right.

    Parameters
    ----------
    function : str or callable
    loss, seed, max_examples, timeout
        As for `check`.

    Raises
    ------
    AssertionError
        If it is not right.
    """
    report = check(function, loss=loss, seed=seed, max_examples=max_examples, timeout=timeout)
    if not report.passed:
        raise AssertionError(f"\n{report}")


def all_checks(process: Process, asked_for: bool, options: Options) -> Iterator[Check]:
    """A check for everything that is recognised in a subject.

    Raises
    ------
    NothingToCheck
        If that is nothing.
    """
    try:
        found = process.load()
    except SubjectTerminated as error:
        yield Check("import", "import", error.fault, crash_message(error))
        return
    except ImportError as error:
        yield Check("import", "import", *raised_in_import(error.args[0]))
        return
    plans = [p for f in found if (p := signature.plan(f, asked_for)) is not None]
    if not plans:
        raise NothingToCheck([f["name"] for f in found])
    for plan in sorted(plans, key=lambda p: ORDER.index(p.kind)):
        options.progress(plan.name)
        yield from verdicts(process, plan, options)


ORDER = ("gradient", "step", "trainer", "predict", "sample", "loss")


class NothingToCheck(Exception):
    """No function or class of a file has a name, and parameters, that are known."""

    def __init__(self, found: Sequence[str]) -> None:
        names = ", ".join(found) or "no function and no class"
        super().__init__(
            f"nothing to check: found {names}. A gradient is recognised by a name like gradient "
            "or compute_gradient and by its parameters X, y, w, b; likewise a step (sgd_step, "
            "update), a trainer (a class with fit and predict), predict and loss. For example:\n\n"
            + EXAMPLE
        )


EXAMPLE = """\
import numpy as np

def gradient(X, y, w, b):
    residual = X @ w + b - y
    n = len(y)
    return X.T @ residual / n, residual.sum() / n
"""


def raised_in_import(raised: dict[str, Any]) -> tuple[str, str]:
    """The fault and the explanation, of an exception while the file was imported."""
    fault = "crash" if raised["type"] == "SystemExit" else "raised"
    return fault, f"The file cannot be imported: {traced(raised)}"
