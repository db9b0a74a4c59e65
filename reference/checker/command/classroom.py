"""A class: the reports of many files as submissions, with their scores and what they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from reference.checker.report import (
    RIGHT,
    UNCHECKED,
    WRONG,
    Check,
    Report,
    escaped,
    exit_status,
    kind_of,
)
from reference.checker.targets import Target

HALVES = ("gradient_w", "gradient_b")  # together they are a gradient
CLOSE = 1e-6  # the relative difference of answers that are called equal


class Item(NamedTuple):
    """What a submission must contain: the kind or the name of a function; and its points."""

    name: str
    points: float = 1.0


class Score(NamedTuple):
    """What one item has earned: verdicts are right, wrong, missing and unchecked."""

    name: str
    verdict: str
    max_points: float
    checks: tuple[Check, ...] = ()
    reason: str = ""

    @property
    def points(self) -> float:
        """All or nothing."""
        return self.max_points if self.verdict == "right" else 0.0


@dataclass(frozen=True)
class Submission:
    """The reports on one student's files, and what these must contain, if anything is said."""

    name: str
    reports: tuple[Report, ...]
    items: tuple[Item, ...] = ()

    @property
    def checks(self) -> list[Check]:
        """Of all its files."""
        return [c for r in self.reports for c in r.checks]

    @cached_property
    def scores(self) -> list[Score]:
        """Of each item; without items, of each function that was or should have been judged."""
        if self.items:
            return [score(self, item) for item in self.items]
        judged = [c for c in self.checks if c.verdict != "unchecked" or c.is_gradient]
        found = [Score(c.name, c.verdict, 1.0, (c,)) for c in judged]
        return found or [Score("submission", "unchecked", 1.0, reason=why_nothing(self))]

    @property
    def points(self) -> float:
        """The sum of its scores."""
        return sum(s.points for s in self.scores)

    @property
    def max_points(self) -> float:
        """The most that it could be."""
        return sum(s.max_points for s in self.scores)

    @property
    def missing(self) -> list[str]:
        """The items that it does not contain."""
        return [s.name for s in self.scores if s.verdict == "missing"]

    @property
    def status(self) -> int:
        """The exit status of its reports; 2 where nothing is wrong, but an item is not right."""
        status = exit_status(self.reports)
        unearned = any(s.verdict != "right" for s in self.scores if self.items)
        return UNCHECKED if status == RIGHT and unearned else status

    @property
    def verdict(self) -> str:
        """The verdict in a word."""
        words = {RIGHT: "right", WRONG: "wrong", UNCHECKED: "unchecked"}
        unread = any(r.unchecked for r in self.reports)
        known = self.status == WRONG or unread or not self.missing
        return words[self.status] if known else "incomplete"


def submissions(
    targets: Sequence[Target],
    reports: Sequence[Report],
    items: Sequence[Item] = (),
    one: bool = False,
) -> list[Submission]:
    """The reports, grouped by whose files they are on; with `one`, all are one person's."""
    found: dict[str, list[Report]] = {}
    for target, report in zip(targets, reports, strict=True):
        name = "submission" if one else target.submission or target.name
        found.setdefault(name, []).append(report)
    return [Submission(name, tuple(group), tuple(items)) for name, group in found.items()]


def score(submission: Submission, item: Item) -> Score:
    """What a submission earns for an item: wrong if any function for it is wrong."""
    checks = tuple(checks_for(item.name, submission.checks))
    verdicts = {c.verdict for c in checks}
    order = ("wrong", "right", "unchecked")
    verdict = next((v for v in order if v in verdicts), "missing")
    reason = "" if checks else f"there is no {item.name}"
    unread = [r.unchecked for r in submission.reports if r.unchecked]
    return Score(item.name, verdict, item.points, checks, "; ".join([reason, *unread]).strip("; "))


def checks_for(name: str, checks: Sequence[Check]) -> list[Check]:
    """The checks of the functions that have a name; else of those of that kind."""
    named = [c for c in checks if name in (c.name, c.name.rpartition(".")[2])]
    found = named or [c for c in checks if kind_of(c) == name]
    halves = [c for c in checks if c.kind in HALVES]
    if not found and name == "gradient" and {c.kind for c in halves} == set(HALVES):
        return halves
    return found


def why_nothing(submission: Submission) -> str:
    """Why nothing of a submission was judged."""
    reasons = [r.unchecked for r in submission.reports if r.unchecked]
    return "; ".join(reasons) or "nothing in it could be checked"


def class_status(found: Sequence[Submission], strict: bool = False) -> int:
    """The exit status of all: 1 if anything is wrong, else 2 if an item is not right, else 0."""
    status = exit_status([r for s in found for r in s.reports], strict)
    unearned = any(s.items and s.status != RIGHT for s in found)
    return UNCHECKED if status == RIGHT and unearned else status


def fault_of(check: Check) -> str:
    """The name of a mistake, also where a hint hides it from the student."""
    return check.fault or check.hidden


def mistakes(found: Sequence[Submission]) -> list[tuple[str, int]]:
    """How many submissions have each mistake, the most frequent first."""
    each = [
        {name for c in s.checks if c.verdict == "wrong" for name in fault_of(c).split("+") if name}
        for s in found
    ]
    count = Counter(name for names in each for name in names)
    return sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))


class Unknown(NamedTuple):
    """Functions of one kind whose mistake has no name, and whose answers are equal."""

    kind: str
    functions: list[tuple[str, str]]  # (submission, function)


def unknown_groups(found: Sequence[Submission]) -> list[Unknown]:
    """The functions whose mistake is unknown, grouped by equal answers; the largest first."""
    groups: list[tuple[Check, Unknown]] = []
    for s in found:
        for c in s.checks:
            if c.verdict == "wrong" and fault_of(c) == "unknown":
                same = (g for first, g in groups if are_alike(first, c))
                group = next(same, None) or Unknown(kind_of(c), [])
                group.functions.append((s.name, c.name))
                if len(group.functions) == 1:
                    groups.append((c, group))
    return sorted((g for _, g in groups), key=lambda g: -len(g.functions))


def are_alike(a: Check, b: Check) -> bool:
    """Whether two functions of one kind give equal answers, or are wrong for one reason."""
    if kind_of(a) != kind_of(b) or len(a.answers) != len(b.answers):
        return False
    if not a.answers:
        return a.explanation == b.explanation
    x, y = np.array(a.answers), np.array(b.answers)
    return bool(np.allclose(x, y, rtol=CLOSE, atol=CLOSE * np.median(np.abs(x)), equal_nan=True))


def table(found: Sequence[Submission]) -> str:
    """A line for each submission: its verdict, its score, and what is right and wrong in it."""
    width = max(len(escaped(s.name)) for s in found)
    return "\n".join(escaped(row(s, width)).rstrip() for s in found)


def row(submission: Submission, width: int) -> str:
    """The line of a submission."""
    word = {"wrong": "WRONG", "unchecked": "not checked"}.get(
        submission.verdict, submission.verdict
    )
    earned = f"{submission.points:g}/{submission.max_points:g}"
    columns = [f"{escaped(submission.name):{width}}", f"{word:11}"]
    columns += [f"{earned:7}"] if submission.items else []
    return "   ".join([*columns, "; ".join(told(submission))])


def told(submission: Submission) -> Iterator[str]:
    """What is wrong, right, not checked and missing, and why a file was not read."""
    wrong = [f"{c.name}: {fault_of(c)}" for c in submission.checks if c.verdict == "wrong"]
    yield from [", ".join(wrong)] if wrong else []
    for verdict, title in (("right", "right"), ("unchecked", "not checked")):
        names = [c.name for c in submission.checks if c.verdict == verdict]
        yield from [f"{title}: {', '.join(names)}"] if names else []
    yield from [f"missing: {', '.join(submission.missing)}"] if submission.missing else []
    yield from (r.unchecked for r in submission.reports if r.unchecked)


def summary(found: Sequence[Submission]) -> str:
    """How often each mistake was made, and which unknown ones are alike; "" where there is none."""
    lines = []
    counts = mistakes(found)
    if counts:
        lines += ["mistakes, and in how many submissions:"]
        lines += [f"  {count:5}   {name}" for name, count in counts]
    groups = unknown_groups(found)
    if groups:
        lines += ["unknown mistakes, those with equal answers on one line:"]
        lines += [f"  {g.kind:8}   {', '.join(map(in_submission, g.functions))}" for g in groups]
    return "\n".join(map(escaped, lines))


def in_submission(function: tuple[str, str]) -> str:
    """A function and whose it is."""
    return f"{function[0]} ({function[1]})"


def as_dict(found: Sequence[Submission]) -> dict[str, Any]:
    """All of it, for JSON."""
    groups = [
        {
            "kind": g.kind,
            "functions": [{"submission": s, "function": f} for s, f in g.functions],
        }
        for g in unknown_groups(found)
    ]
    return {
        "submissions": [submission_dict(s) for s in found],
        "mistakes": dict(mistakes(found)),
        "unknown": groups,
    }


def submission_dict(s: Submission) -> dict[str, Any]:
    """One submission, for JSON."""
    scores = [
        {"name": c.name, "verdict": c.verdict, "points": c.points, "max_points": c.max_points}
        for c in s.scores
    ]
    told = {"name": s.name, "verdict": s.verdict, "points": s.points, "max_points": s.max_points}
    return told | {"scores": scores, "reports": [r.as_dict() for r in s.reports]}
