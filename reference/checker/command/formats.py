"""The files that other programs read: JSON, CSV, JUnit XML, and Gradescope's results.json."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import stat
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from reference.checker.command.classroom import Score, Submission, as_dict, fault_of
from reference.checker.report import Check, Report, escaped

FORMULA = ("=", "+", "-", "@", "\t")  # with which a cell begins that a spreadsheet computes


def as_json(found: Sequence[Submission], is_class: bool) -> str:
    """A class with its submissions; or the report of one file, or an array of several."""
    reports = [r.as_dict() for s in found for r in s.reports]
    plain = reports[0] if len(reports) == 1 else reports
    return json.dumps(as_dict(found) if is_class else plain, indent=2)


def as_csv(found: Sequence[Submission]) -> str:
    """A row for each submission: its score, that of each item, and its mistakes."""
    items = [s.name for s in found[0].scores] if found and found[0].items else []
    titles = ["submission", "verdict", "points", "max_points", *items]
    titles += ["right", "mistakes", "missing", "not_checked"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows([cell(value) for value in csv_row(s)] for s in found)
    return text.getvalue()


def csv_row(s: Submission) -> Iterable[Any]:
    """The values of a submission."""
    yield from (s.name, s.verdict, f"{s.points:g}", f"{s.max_points:g}")
    yield from (f"{score.points:g}" for score in s.scores if s.items)
    yield "; ".join(c.name for c in s.checks if c.verdict == "right")
    yield "; ".join(f"{c.name}: {fault_of(c)}" for c in s.checks if c.verdict == "wrong")
    yield "; ".join(s.missing)
    unread = [r.unchecked for r in s.reports if r.unchecked]
    yield "; ".join([*(c.name for c in s.checks if c.verdict == "unchecked"), *unread])


def cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line."""
    text = escaped(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def as_junit(found: Sequence[Submission]) -> str:
    """JUnit XML: a suite for each submission, a case for each function, and each missing item."""
    root = ElementTree.Element("testsuites", name="linreg-check")
    for s in found:
        suite = ElementTree.SubElement(root, "testsuite", name=escaped(s.name))
        for r in s.reports:
            add_report(suite, r)
        for score in s.scores:
            if score.verdict == "missing":
                add_case(suite, s.name, score.name, "failure", "missing", score.reason)
        count_results(suite)
    count_results(root)
    ElementTree.indent(root)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return head + ElementTree.tostring(root, encoding="unicode") + "\n"


def add_report(suite: ElementTree.Element, report: Report) -> None:
    """A case for each function of a file, and one for a file that could not be read."""
    if report.unchecked:
        add_case(suite, report.file, "file", "error", "not checked", report.unchecked)
    for c in report.checks:
        tag = {"right": "", "wrong": "failure", "unchecked": "skipped"}[c.verdict]
        text = text_of(c) if tag == "failure" else c.reason
        add_case(suite, report.file, c.name, tag, c.fault or c.verdict, text)


def add_case(
    suite: ElementTree.Element, file: str, name: str, tag: str, message: str, text: str
) -> None:
    """A case, and below it what is wrong with it."""
    case = ElementTree.SubElement(suite, "testcase", classname=escaped(file), name=escaped(name))
    if tag:
        found = ElementTree.SubElement(case, tag, message=escaped(message))
        found.text = "\n".join(map(escaped, text.split("\n")))


def count_results(element: ElementTree.Element) -> None:
    """The numbers that JUnit's readers expect of a suite."""
    tags = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for name, tag in tags.items():
        element.set(name, str(len(list(element.iter(tag)))))


def text_of(check: Check) -> str:
    """What the report says of one function."""
    lines = str(Report("", (check,))).split("\n")[1:]
    return "\n".join(line.removeprefix("  ") for line in lines)


def as_gradescope(found: Sequence[Submission]) -> str:
    """results.json: a test for each score; of several submissions, with whose it is."""
    tests = [test_of(s, score, len(found) > 1) for s in found for score in s.scores]
    return json.dumps({"tests": tests}, indent=2) + "\n"


def test_of(s: Submission, score: Score, several: bool) -> dict[str, Any]:
    """One test: what the student sees of it is what `--hint` allows."""
    lines = [*map(text_of, score.checks), *map(escaped, score.reason.splitlines())]
    return {
        "name": escaped(f"{s.name}: {score.name}" if several else score.name),
        "score": score.points,
        "max_score": score.max_points,
        "output": "\n".join(lines),
        "visibility": "visible",
    }


def why_unwritable(path: str) -> str:
    """Why a file cannot be written, tried without touching it; or ""."""
    try:
        if is_special(path):
            with open(path, "a"):
                return ""
        if os.path.isdir(path):
            return f"{path} is a folder"
        beside = temporary(path)
        with open(beside, "x"):
            pass
        os.remove(beside)
        return ""
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"


def write_whole(path: str, text: str) -> None:
    """Write a file that is there with all of its text, or not at all."""
    if is_special(path):
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    beside = temporary(path)
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(beside)
        raise


def is_special(path: str) -> bool:
    """Whether it is a device or a pipe, which no other file can replace."""
    with contextlib.suppress(OSError):
        return not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path)
    return False


def temporary(path: str) -> str:
    """The name of the file that becomes `path`."""
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}.{os.getpid()}.part")
