"""The report: a record for each check, as text and as JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reference.checker.repairs.repair_text import Repair
from reference.checker.signature import EQUATIONS, kinds_of

FIELDS = (
    "kind",
    "name",
    "verdict",
    "passed",
    "fault",
    "explanation",
    "reason",
    "call",
    "suggestion",
    "loss",
    "line",
    "remarks",
    "cases",
    "worst_error",
    "counterexample",
    "largest",
    "repair",
)
OTHER = "other"  # the kind of a function that is plainly none of ours
RIGHT, WRONG, UNCHECKED = 0, 1, 2  # exit statuses


@dataclass(frozen=True)
class Counterexample:
    """The smallest problem found that shows a mistake, and the Python code that shows it.

    Attributes
    ----------
    X, y, w, b, lr
        The problem; of a training, as it stood before the step that is wrong.
    component : str or None
        What the program calls the number that is wrong.
    got, expected : float, str or None
        That number; or in words what came: an exception and its line, another form.
    call : str
        Lines of Python to be pasted below the definitions; the last is an expression for `got`.
    step : str
        Which step of a training, from where to where.
    derivation : tuple of str
        This problem's numbers put into the equations, up to the number that is wrong.
    """

    X: Any
    y: Any
    w: Any
    b: Any
    lr: Any
    component: str | None = None
    got: float | str | None = None
    expected: float | str | None = None
    call: str = ""
    step: str = ""
    derivation: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """What is known about one function: right, or which fault of the catalogue.

    `worst_error` is in units of the rounding bound: a right answer has at most 1.
    """

    kind: str
    name: str
    verdict: str  # "right", "wrong" or "unchecked"
    fault: str | None = None
    explanation: str = ""
    reason: str = ""
    call: str = ""
    loss: str = ""
    cases: int = 0
    worst_error: float = 0.0
    counterexample: Counterexample | None = None
    largest: tuple[int, int] = (0, 0)  # n and d up to which it was tried
    remarks: tuple[str, ...] = ()
    suggestion: str = ""  # a call to edit, for --call
    line: int | None = None
    where: str = ""  # the line in words
    repair: Repair | None = None
    choice: Any = field(default=None, repr=False, compare=False)  # how it was called
    hint: int = 3  # how much is said of a mistake, see `hinted`
    hidden: str = ""  # the fault, where a hint hides it
    answers: tuple[float, ...] = field(default=(), repr=False)  # of an unknown mistake, to compare

    @property
    def passed(self) -> bool | None:
        """Whether it is right; None where it was not checked."""
        return None if self.verdict == "unchecked" else self.verdict == "right"

    @property
    def equation(self) -> str:
        """What it was held against."""
        return EQUATIONS.get(self.kind, "") if self.hint and self.verdict != "unchecked" else ""

    @property
    def is_gradient(self) -> bool:
        """Whether its name says that it is a gradient."""
        return kinds_of(self.name.rpartition(".")[2])[:1] == ["gradient"] and self.kind != OTHER


HINTS = 3  # pass or fail; and which equation; and what is wrong; and the line and its repair


def hinted(check: Check, hint: int) -> Check:
    """A check that says no more of a mistake than this."""
    if check.verdict != "wrong" or hint >= HINTS:
        return check
    shown = replace(check, line=None, where="", repair=None, hint=hint)
    if hint == 0:
        shown = replace(shown, call="", remarks=())
    if hint == 2:
        return shown
    shown = replace(shown, fault=None, hidden=check.fault or "")
    return replace(shown, explanation="", counterexample=None, worst_error=0.0)


@dataclass(frozen=True)
class Report:
    """All that is known about one file."""

    file: str
    checks: tuple[Check, ...]
    unchecked: str = ""  # why it could not be checked, if so
    left_out: tuple[str, ...] = ()  # what of the program was not executed, and why
    sandbox: str = ""  # what it ran in

    @property
    def status(self) -> int:
        """1 for anything wrong; 2 if nothing, or a gradient not, could be judged; else 0."""
        return exit_status([self])

    @property
    def passed(self) -> bool | None:
        """Whether all that could be judged is right; None where too little was judged."""
        return {RIGHT: True, WRONG: False}.get(self.status)

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return {RIGHT: "right", WRONG: "WRONG", UNCHECKED: "not checked"}[self.status]

    def __str__(self) -> str:
        return self.as_text()

    def as_text(self, derived: bool = False) -> str:
        """The report to read; `derived`: with the derivation beside each example."""
        shown = [c for c in self.checks if not is_listed(c)]
        names = max((len(c.name) for c in shown), default=0)
        equations = max((len(c.equation) for c in shown), default=0)
        lines = [self.file] + [f"  not checked   {self.unchecked}"] * bool(self.unchecked)
        for c in shown:
            lines.append(f"  {c.name:{names}}   {c.equation:{equations}}   {verdict(c)}")
            lines += [f"      {line}" for line in details(c, derived)]
        listed = [c.name for c in self.checks if is_listed(c)]
        lines += [f"  not checked: {', '.join(listed)}"] * bool(listed)
        lines += [f"  left out: {what}" for what in self.left_out]
        lines += [f"  sandbox: {self.sandbox}"] * bool(self.sandbox)
        return "\n".join(map(escaped, lines))

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it: infinities and NaN are strings."""
        checks = [
            {f: plain(getattr(c, f)) for f in FIELDS} | {"kind": kind_of(c)} for c in self.checks
        ]
        found = {"file": self.file, "passed": self.passed, "unchecked": self.unchecked}
        found |= {"left_out": list(self.left_out), "sandbox": self.sandbox}
        return found | {"checks": checks}


def exit_status(reports: Sequence[Report], strict: bool = False) -> int:
    """1 for anything wrong; 2 for what should have been judged and was not; else 0.

    That is: if nothing was judged, or a function whose name says gradient was not, or a file was
    not read; if `strict`, whatever was not judged.
    """
    checks = [c for r in reports for c in r.checks]
    if any(c.verdict == "wrong" for c in checks):
        return WRONG
    missed = [c for c in checks if c.verdict == "unchecked" and (strict or c.is_gradient)]
    judged = any(c.verdict == "right" for c in checks)
    return UNCHECKED if missed or not judged or any(r.unchecked for r in reports) else RIGHT


def is_listed(check: Check) -> bool:
    """Whether a name alone says enough: it was not tried, and nothing says that it should be."""
    named = kinds_of(check.name.rpartition(".")[2])[:1] not in ([], [OTHER])
    known = check.call or check.suggestion or check.kind == "script" or named
    return check.verdict == "unchecked" and (check.kind == OTHER or not known)


def escaped(line: str) -> str:
    """A line with every character that is not printable as its escape: a file may hold any.

    Examples
    --------
    >>> escaped("ŷ\\x1b[2J")
    'ŷ\\\\x1b[2J'
    """
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def kind_of(check: Check) -> str:
    """The kind as the table of kinds has it."""
    return "loss" if check.kind == "sample" else check.kind


def verdict(check: Check) -> str:
    """The line's end."""
    if check.verdict == "unchecked":
        return f"not checked   {check.reason}"
    if check.verdict == "wrong":
        return f"WRONG   {check.fault or ''}".rstrip()
    problems = f"{check.cases:,} problem{'s' * (check.cases != 1)}"
    if check.largest[0]:
        problems += f" up to n = {check.largest[0]:,} and d = {check.largest[1]}"
    found = f"right   {problems}, worst error {check.worst_error:.1g} of the rounding bound"
    told = called(check) if is_unusual(check.call) or check.explanation else ""
    return "; ".join(filter(None, [found, told, *check.explanation.splitlines()]))


def called(check: Check) -> str:
    """The call that was used or tried."""
    call = check.call.removeprefix("called ").removeprefix("as ")
    return f"called as {call}" if call else ""


def is_unusual(call: str) -> bool:
    """Whether a parameter is given something that has another name, or the layout has a note.

    Examples
    --------
    >>> is_unusual("as f(X: X, y: y)"), is_unusual("f(x=X[:, 0])"), is_unusual("f(X=X); columns")
    (False, True, True)
    """
    pairs = re.findall(r"\b(\w+)(?:=|: )([^\s,)]+)", call)
    return "; " in call or any(name != value for name, value in pairs)


def details(check: Check, derived: bool = False) -> list[str]:
    """The lines below: explanation, call, example, its derivation."""
    lines = [] if check.verdict == "right" else check.explanation.splitlines()
    if check.verdict == "wrong" and is_unusual(check.call):
        lines.append(called(check))
    lines += check.remarks
    if check.suggestion:
        lines.append(f"if it is one of ours, say how it is called: --call '{check.suggestion}'")
    example = check.counterexample
    if example is not None:
        lines += example_lines(example)
        lines += example.derivation if derived else ()
    if check.repair is not None:
        return [*lines, *str(check.repair).splitlines()]
    return [*lines, f"likely in {check.where}"] if check.where else lines


def example_lines(example: Counterexample) -> list[str]:
    """The smallest example as Python code, and beside it what came."""
    *before, last = example.call.splitlines() or [problem_text(example)]
    shown = {"got": words_of(example.got), "expected": words_of(example.expected)}
    named = f"{example.component}: " if example.component and example.component != last else ""
    came = ", ".join(f"{word} {v}" for word, v in shown.items() if v)
    lines = ["smallest example, below the definitions:", *(f"    {line}" for line in before)]
    lines.append(f"    {last}" + (f"   # {named}{came}" if came else ""))
    return [*lines, example.step] if example.step else lines


def words_of(value: float | str | None) -> str:
    """A number as Python writes it; words as they are."""
    return value or "" if isinstance(value, str | None) else text(value)


def problem_text(example: Counterexample) -> str:
    """The numbers of a problem, where no call is known for it."""
    given = [(f, getattr(example, f)) for f in ("X", "y", "w", "b", "lr")]
    shown = (f"{f} = {entry(v) if f == 'b' else text(v)}" for f, v in given if v is not None)
    return "  ".join(shown)


def text(value: Any) -> str:
    """Numbers as Python reads them, without what they do not need.

    Examples
    --------
    >>> text(np.array([[1.0], [0.5]])), text(2.0), text(0.1 + 0.2)
    ('[[1.], [0.5]]', '2.0', '0.30000000000000004')
    """
    if np.ndim(value):
        return f"[{', '.join(text(v) if np.ndim(v) else entry(v) for v in value)}]"
    return repr(float(value))


def entry(value: float) -> str:
    """A number in an array: 1. for 1.0."""
    written = repr(float(value))
    return written[:-1] if written.endswith(".0") else written


def plain(value: Any) -> Any:
    """What JSON can hold: arrays as lists, NaN and infinity as strings."""
    if isinstance(value, Counterexample):
        return {name: plain(v) for name, v in vars(value).items()}
    if isinstance(value, Repair):
        return value.as_dict()
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        value = float(value)
        return value if math.isfinite(value) else repr(value)
    return value
