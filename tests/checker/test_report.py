"""The report: a record for each check, as text and as JSON."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from reference.checker.command import formats
from reference.checker.command.classroom import Submission, table
from reference.checker.report import Check, Counterexample, Report, exit_status, text


def each(reports):
    """Every report as a submission of its own."""
    return [Submission(r.file, (r,)) for r in reports]


def as_json(reports):
    """The reports on files that are no class."""
    return formats.as_json(each(reports), is_class=False)


EXAMPLE = Counterexample(np.ones((2, 1)), np.zeros(2), np.ones(1), 0.0, None, "grad_w[0]", 2.0, 1.0)
WRONG = Check(
    "gradient",
    "grad",
    "wrong",
    "missing-mean",
    "n times too large.",
    cases=1000,
    worst_error=np.inf,
    counterexample=EXAMPLE,
)
RIGHT = Check("predict", "predict", "right", cases=1000, worst_error=0.31)
UNKNOWN = Check(
    *("gradient", "gradient", "unchecked"),
    reason="called as gradient(a: X), it raised ValueError",
    call="as gradient(a: X)",
    suggestion="gradient(a: X) -> grad",
)
OTHERS = [
    Check("other", "plot_data", "unchecked", reason="by its name it is none of ours"),
    Check("function", "helper", "unchecked", reason="no call is known for these parameters"),
]


def test_the_text_has_a_line_for_each_check_and_its_details_below():
    """Name, equation, verdict; explanation, smallest example and numbers."""
    lines = str(Report("mine.py", (WRONG, RIGHT))).splitlines()
    assert lines[0] == "mine.py"
    assert re.fullmatch(r"  grad +∇w L = \(1/n\) Xᵀ\(ŷ − y\) +WRONG +missing-mean", lines[1])
    assert "smallest example" in lines[3]
    assert re.search(r"X = .*w = .*grad_w\[0\]: got 2.0, expected 1.0$", lines[4])
    assert re.fullmatch(r"  predict +ŷ = Xw \+ b +right +1,000 problems, .* 0.3 of .*", lines[5])
    assert len(lines) == 6


def test_a_right_file_has_a_line_for_each_function_and_one_for_the_rest():
    """What is plainly none of ours is named, and no more."""
    lines = str(Report("mine.py", (OTHERS[0], RIGHT, OTHERS[1]))).splitlines()
    assert len(lines) == 3
    assert lines[2].strip() == "not checked: plot_data, helper"


def test_what_should_have_been_checked_has_its_reason_and_a_call_to_edit():
    """It was tried, or its name says that it is one of ours."""
    lines = str(Report("mine.py", (UNKNOWN, OTHERS[0]))).splitlines()
    assert re.search(r"gradient +not checked +called as .* raised ValueError", lines[1])
    assert "--call 'gradient(a: X) -> grad'" in lines[2]
    found = str(Report("a.py", (Check("class", "Loss", "unchecked", reason="No module"),)))
    assert re.search(r"Loss +not checked +No module", found)


@pytest.mark.parametrize(
    ("call", "shown"),
    [("as f(X: X, y: y)", False), ("as f(x: X)", True), ("f(x=X[:, 0], y=y)", True), ("", False)],
)
def test_the_call_is_shown_where_it_says_something(call, shown):
    """Of a right and of a wrong function."""
    for check in (WRONG, RIGHT):
        found = str(Report("a", (replace(check, call=call),)))
        assert ("called as f(" in found) == shown
        assert len(found.splitlines()) == (2 if check is RIGHT else 5 + shown)


def test_what_was_left_out_is_said():
    """Of the program; and why a file could not be read."""
    found = str(Report("a", (RIGHT,), left_out=("code from line 4 on was not run",)))
    assert found.endswith("left out: code from line 4 on was not run")
    found = str(Report("a.py", (), "there is no file a.py"))
    assert re.fullmatch(r"a\.py\n +not checked +there is no file a\.py", found)


def test_what_is_not_known_is_left_out():
    """No number where none came, no learning rate where none matters."""
    for lr, shown in ((None, False), (0.5, True)):
        example = Counterexample(np.ones((1, 1)), np.ones(1), np.ones(1), 1.5, lr)
        check = Check("step", "s", "wrong", "unknown", counterexample=example)
        assert str(Report("a", (check,))).endswith("b = 1.5" + "  lr = 0.5" * shown)
    assert str(Report("mine.py", ())) == "mine.py"


def test_remarks_stand_below():
    """Whatever the verdict."""
    for check in (RIGHT, WRONG, UNKNOWN):
        assert "also named J" in str(Report("a", (replace(check, remarks=("also named J",)),)))


LOADED = Report("b", (), "it is no Python")
MISSED = replace(UNKNOWN, kind="function")


@pytest.mark.parametrize(
    ("checks", "status", "strict"),
    [
        ([RIGHT], 0, 0),
        ([RIGHT, *OTHERS], 0, 2),
        ([RIGHT, UNKNOWN], 2, 2),
        ([RIGHT, MISSED], 2, 2),
        ([RIGHT, replace(UNKNOWN, name="loss")], 0, 2),
        ([RIGHT, replace(UNKNOWN, name="M.gradient")], 2, 2),
        ([RIGHT, replace(UNKNOWN, kind="other")], 0, 2),
        ([WRONG, UNKNOWN], 1, 1),
        (OTHERS, 2, 2),
        ([], 2, 2),
    ],
)
def test_the_status_tells_right_wrong_and_not_checked(checks, status, strict):
    """1 for anything wrong; 2 if a gradient, or nothing, was judged; else 0."""
    report = Report("a", tuple(checks))
    assert (report.status, exit_status([report], strict=True)) == (status, strict)
    assert report.passed is {0: True, 1: False, 2: None}[status]
    assert report.word == {0: "right", 1: "WRONG", 2: "not checked"}[status]
    assert exit_status([report, LOADED]) == (status or 2)
    assert exit_status([report, Report("c", (RIGHT,))]) == (
        0 if status == 2 and not any(c.is_gradient for c in checks) else status
    )


def test_json_holds_every_field():
    """A per-sample loss is a loss; it is ASCII; what was not checked is neither passed nor failed."""
    sample = Check("sample", "squared_loss", "right", call="as squared_loss(a: y_hat)", line=7)
    checks = (WRONG, sample, UNKNOWN)
    found = as_json([Report("ŷ.py", checks, left_out=("line 3",), sandbox="bubblewrap")])
    assert found.isascii()
    report = json.loads(found)
    assert report["sandbox"] == "bubblewrap"
    assert (report["file"], report["passed"], report["left_out"]) == ("ŷ.py", False, ["line 3"])
    wrong, right, unknown = report["checks"]
    assert (wrong["verdict"], wrong["passed"], wrong["fault"]) == ("wrong", False, "missing-mean")
    assert (wrong["worst_error"], wrong["cases"]) == ("inf", 1000)
    example = {"X": [[1.0], [1.0]], "y": [0.0, 0.0], "w": [1.0], "b": 0.0, "lr": None}
    example |= {"component": "grad_w[0]", "got": 2.0, "expected": 1.0}
    assert {k: wrong["counterexample"][k] for k in example} == example
    assert (right["kind"], right["passed"], right["fault"]) == ("loss", True, None)
    assert (right["call"], right["line"], right["remarks"]) == (sample.call, 7, [])
    assert (unknown["verdict"], unknown["passed"]) == ("unchecked", None)
    assert (unknown["reason"], unknown["suggestion"]) == (UNKNOWN.reason, UNKNOWN.suggestion)


def test_json_is_an_object_for_one_file_and_an_array_for_several():
    """Each with its file, and why it could not be read."""
    one, two = Report("a", ()), Report("b", (), "no such file")
    empty = {"file": "a", "passed": None, "unchecked": "", "left_out": [], "checks": []}
    empty["sandbox"] = ""
    assert json.loads(as_json([one])) == empty
    assert json.loads(as_json([one, two])) == [
        empty,
        empty | {"file": "b", "unchecked": two.unchecked},
    ]


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "a\nb", "\x07", "\u202e", "\x9b0m", "\ud800", "\U000e0001"]
)
def test_no_control_character_reaches_the_terminal(hostile):
    """Neither of a name nor of a message; as an escape it is still seen, and JSON keeps it."""
    check = Check("gradient", hostile, "unchecked", reason=hostile, call="f()", suggestion=hostile)
    report = Report(hostile, (check,), hostile, (hostile,))
    for found in (str(report), table(each([report, report])), as_json([report])):
        assert all(c.isprintable() for line in found.split("\n") for c in line)
        assert hostile not in found
    assert len(str(report).split("\n")) == 5
    assert json.loads(as_json([report]))["unchecked"] == hostile


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-310, -1.7976931348623157e308, np.nan, -np.inf])
def test_floats_survive_json_and_text(value):
    """To the last bit; NaN and infinity are strings that float() reads."""
    example = Counterexample(np.full((1, 1), value), np.array([value]), np.ones(1), value, None)
    report = Report("a", (Check("step", "s", "wrong", "unknown", counterexample=example),))
    back = json.loads(as_json([report]))["checks"][0]["counterexample"]
    for v in (back["X"][0][0], back["y"][0], back["b"]):
        np.testing.assert_equal(float(v), value)
        assert isinstance(v, str) == (not np.isfinite(value))
    np.testing.assert_equal(float(text(value)), value)
    np.testing.assert_equal(float(text(np.array([value]))[1:-1]), value)
