"""The report: a record for each check, as text and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reference.checker.repair_text import Repair
from reference.checker.signature import EQUATIONS

FIELDS = (
    "kind",
    "name",
    "verdict",
    "passed",
    "fault",
    "explanation",
    "reason",
    "call",
    "cases",
    "worst_error",
    "counterexample",
    "line",
    "repair",
)


@dataclass(frozen=True)
class Counterexample:
    """The smallest problem found that shows a mistake, and the number that is wrong there."""

    X: Any
    y: Any
    w: Any
    b: Any
    lr: Any
    component: str | None = None
    got: float | None = None
    expected: float | None = None


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
    line: int | None = None
    where: str = ""  # the line in words
    repair: Repair | None = None
    choice: Any = field(default=None, repr=False, compare=False)  # how it was called
    hint: int = 3  # how much is said of a mistake, see `hinted`

    @property
    def passed(self) -> bool | None:
        """Whether it is right; None where it was not checked."""
        return None if self.verdict == "unchecked" else self.verdict == "right"

    @property
    def equation(self) -> str:
        """What it was held against."""
        return EQUATIONS.get(self.kind, "") if self.hint else ""


HINTS = 3  # pass or fail; and which equation; and what is wrong; and the line and its repair


def hinted(check: Check, hint: int) -> Check:
    """A check that says no more of a mistake than this."""
    if check.verdict != "wrong" or hint >= HINTS:
        return check
    shown = replace(check, line=None, where="", repair=None, hint=hint)
    if hint == 2:
        return shown
    return replace(shown, fault=None, explanation="", counterexample=None, worst_error=0.0)


@dataclass(frozen=True)
class Report:
    """All that is known about one file."""

    file: str
    checks: tuple[Check, ...]
    unchecked: str = ""  # why it could not be checked, if so

    @property
    def passed(self) -> bool:
        """Whether all is right."""
        return not self.unchecked and all(c.verdict != "wrong" for c in self.checks)

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return "not checked" if self.unchecked else "right" if self.passed else "WRONG"

    def __str__(self) -> str:
        names = max((len(c.name) for c in self.checks), default=0)
        equations = max((len(c.equation) for c in self.checks), default=0)
        lines = [self.file]
        for c in self.checks:
            lines.append(f"  {c.name:{names}}   {c.equation:{equations}}   {verdict(c)}")
            lines += [f"      {line}" for line in details(c)]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it: infinities and NaN are strings."""
        checks = [
            {f: plain(getattr(c, f)) for f in FIELDS} | {"kind": kind_of(c)} for c in self.checks
        ]
        return {"file": self.file, "passed": self.passed, "checks": checks}


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
    return f"right   {problems}, worst error {check.worst_error:.1g} of the rounding bound"


def details(check: Check) -> list[str]:
    """The lines below: explanation, example, the wrong number."""
    lines = check.explanation.splitlines()
    example = check.counterexample
    if example is not None:
        given = {f: getattr(example, f) for f in ("X", "y", "w", "b", "lr")}
        shown = [
            f"{f} = {entry(v) if f == 'b' else text(v)}" for f, v in given.items() if v is not None
        ]
        lines.append("smallest example   " + "  ".join(shown))
        if example.component is not None:
            got, expected = text(example.got), text(example.expected)
            lines.append(f"{example.component:<19}got {got}   expected {expected}")
    if check.repair is not None:
        return [*lines, *str(check.repair).splitlines()]
    return [*lines, f"likely in {check.where}"] if check.where else lines


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
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float):
        value = float(value)
        return value if math.isfinite(value) else repr(value)
    return value


def as_json(reports: Sequence[Report]) -> str:
    """One object for one report, an array for several."""
    found = [report.as_dict() for report in reports]
    return json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, indent=2)


def table(reports: Sequence[Report]) -> str:
    """A line for each file: what is right in it, and which faults it has."""
    width = max(len(r.file) for r in reports)
    rows = []
    for r in reports:
        faults = [f"{c.name}: {c.fault}" for c in r.checks if c.verdict == "wrong"]
        rows.append(f"{r.file:{width}}   {r.word:11}   {', '.join(faults)}")
    return "\n".join(row.rstrip() for row in rows)
