"""The verdict: problems, answers, judgement. It is formed here, where the subject does not run."""

from __future__ import annotations

import inspect
import textwrap
import time
from collections.abc import Callable, Sequence
from typing import Any

from reference.checker.expected import CONVENTIONS
from reference.checker.loading import NotLoaded, Program, locate, read_program, why_not_python
from reference.checker.output import describe_raised
from reference.checker.repair import find_repairs
from reference.checker.report import HINTS, Check, Report, hinted
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.sandbox.process import Process
from reference.checker.session import Options
from reference.checker.signature import Definition, kinds_of
from reference.checker.verdict import judge, unchecked


def check(
    target: str | Callable[..., Any],
    *,
    loss: str = "auto",
    seed: int = 0,
    max_examples: int = 1000,
    timeout: float = 10.0,
    progress: Callable[[str], None] = lambda name: None,
    hint: int = HINTS,
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
    hint : {0, 1, 2, 3}
        What is said of a wrong function: that it is wrong; which equation; what is wrong; the line
        and the smallest repair that was confirmed.

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
    chosen = Options(loss, seed, max_examples, timeout, progress, hint)
    if isinstance(target, str):
        file, name = locate(target)
        program, functions = read_program(file), None
        why = why_not_python(program.source)
        if why:
            raise NotLoaded(why)
    else:
        target_name = getattr(target, "__name__", type(target).__name__)
        name = "gradient" if target_name == "<lambda>" else target_name
        program, functions = Program("", source_of(target)), {name: target}
    with Process(program.file, name, timeout, functions, program.source) as process:
        label = target if isinstance(target, str) else name
        return Report(label, tuple(all_checks(process, program, chosen)))


def source_of(function: Any) -> str:
    """The source of a function at the line where it is in its file, or "" where there is none."""
    try:
        lines, start = inspect.getsourcelines(function)
        return "\n" * (start - 1) + textwrap.dedent("".join(lines))
    except (OSError, TypeError):
        return ""


def assert_gradient(
    function: str | Callable[..., Any],
    *,
    loss: str = "auto",
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


def all_checks(process: Process, program: Program, options: Options) -> list[Check]:
    """A check for every public function and class of a program, losses first."""
    try:
        found = process.load()
    except SubjectTerminated as error:
        return [Check("import", "import", "wrong", error.fault, error.detail)]
    except ImportError as error:
        raise NotLoaded(f"cannot be imported: {describe_raised(error.args[0])}") from None
    program = program.with_definitions([f for f in found["found"] if not f["alias_of"]])
    checks: dict[str, list[Check]] = {}
    losses = [options.loss] if options.loss != "auto" else []
    for d in sorted(program.definitions, key=judged_first):
        options.progress(d.name)
        allowed = losses or conventions(d, [c for cs in checks.values() for c in cs])
        checks[d.name] = judge_one(process, d, allowed, options)
    return [c for d in program.definitions for c in checks[d.name]]


def judged_first(definition: Definition) -> bool:
    """Sorts losses before all else: they tell the convention of a file."""
    return kinds_of(definition.short_name)[:1] != ["loss"]


def conventions(definition: Definition, checks: Sequence[Check]) -> list[str]:
    """The conventions that are right for a function, the one of the file's own loss first."""
    if kinds_of(definition.short_name)[:1] == ["loss"]:
        return list(CONVENTIONS)
    own = [c.loss for c in checks if c.kind in ("loss", "sample") and c.verdict == "right"]
    if any(c in ("sse", "half-sse") for c in own):
        return list(dict.fromkeys([*own, "half-sse", "sse"]))
    return list(dict.fromkeys([*own, "half-mse", "mse"]))


def judge_one(
    process: Process, definition: Definition, losses: Sequence[str], options: Options
) -> list[Check]:
    """The checks of one definition; none is tried that is plainly none of ours."""
    if definition.abstract:
        return [unchecked(definition, "class", "it is an abstract base")]
    if kinds_of(definition.short_name)[:1] == ["other"]:
        return [unchecked(definition, "other", "by its name it is none of ours")]
    deadline = time.monotonic() + options.timeout
    checks = judge(process, definition, losses, options)
    if options.hint < HINTS:
        return [hinted(c, options.hint) for c in checks]
    return find_repairs(process, definition, checks, losses, options, deadline)


EXAMPLE = """\
import numpy as np

def gradient(X, y, w, b):
    residual = X @ w + b - y
    n = len(y)
    return X.T @ residual / n, residual.sum() / n
"""
