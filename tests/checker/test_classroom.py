"""A class: its submissions, what these must contain, and which mistakes they share."""

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from reference import __main__ as command
from reference.checker.command.classroom import (
    Item,
    Submission,
    class_status,
    mistakes,
    submissions,
    summary,
    table,
    unknown_groups,
)
from reference.checker.report import Check, Report, hinted
from reference.checker.targets import Target, expand

RIGHT = Check("predict", "predict", "right", cases=1000, worst_error=0.3)
WRONG = Check("gradient", "grad", "wrong", "missing-mean", "n times too large.")
PAIR = replace(WRONG, fault="missing-mean+sign-flipped")
UNNAMED = replace(WRONG, fault="unknown", answers=(1.0, 2.0))
HALVES = [replace(WRONG, kind=k, name=k, verdict="right") for k in ("gradient_w", "gradient_b")]
UNREAD = Check("gradient", "gradient", "unchecked", reason="it raised TypeError")


def of(*checks, items=(), unchecked="", name="ada"):
    """A submission of one file."""
    return Submission(name, (Report("a.py", checks, unchecked),), tuple(items))


def test_a_table_has_a_line_for_each_submission():
    """What is wrong, right, not checked and missing in it, or why it could not be read."""
    plot = Check("other", "plot_data", "unchecked")
    found = [
        of(WRONG, RIGHT, WRONG),
        of(RIGHT, plot, name="long name"),
        of(unchecked="no such file", name="c"),
    ]
    rows = [re.split(r"   +", line) for line in table(found).splitlines()]
    assert rows == [
        ["ada", "WRONG", "grad: missing-mean, grad: missing-mean; right: predict"],
        ["long name", "right", "right: predict; not checked: plot_data"],
        ["c", "not checked", "no such file"],
    ]
    required = [of(RIGHT, items=[Item("predict", 3), Item("loss", 2.5)])]
    assert re.split(r"   +", table(required)) == [
        *("ada", "incomplete", "3/5.5", "right: predict; missing: loss")
    ]


@pytest.mark.parametrize(
    ("checks", "name", "verdict"),
    [
        ([WRONG, RIGHT], "predict", "right"),
        ([WRONG, RIGHT], "gradient", "wrong"),
        ([WRONG, RIGHT], "grad", "wrong"),
        ([WRONG, RIGHT], "loss", "missing"),
        ([replace(RIGHT, name="Model.predict")], "predict", "right"),
        ([replace(WRONG, verdict="right"), WRONG], "gradient", "wrong"),
        ([replace(WRONG, verdict="right"), UNREAD], "grad", "right"),
        ([UNREAD], "gradient", "unchecked"),
        (HALVES, "gradient", "right"),
        ([HALVES[0]], "gradient", "missing"),
        ([HALVES[0], replace(HALVES[1], verdict="wrong")], "gradient", "wrong"),
        ([], "gradient", "missing"),
    ],
)
def test_an_item_is_a_name_or_a_kind(checks, name, verdict):
    """All functions for it must be right; two halves are a gradient."""
    found = of(*checks, items=[Item(name, 4)])
    (score,) = found.scores
    assert (score.verdict, score.points, score.max_points) == (verdict, 4 * (verdict == "right"), 4)
    assert (found.missing == [name]) == (verdict == "missing")


def test_what_is_required_and_not_right_is_no_success():
    """1 where anything is wrong; else 2 where an item is missing; nothing changes without items."""
    items = [Item("predict"), Item("loss")]
    assert (of(RIGHT).status, class_status([of(RIGHT)])) == (0, 0)
    missing = of(RIGHT, items=items)
    assert (missing.status, missing.verdict, class_status([missing])) == (2, "incomplete", 2)
    both = of(RIGHT, WRONG, items=items)
    assert (both.status, both.verdict, class_status([both, missing])) == (1, "wrong", 1)
    complete = of(RIGHT, items=items[:1])
    assert (complete.status, class_status([complete])) == (0, 0)


def test_without_items_each_function_is_scored():
    """One point each; where nothing could be judged, nothing of one point."""
    found = of(WRONG, RIGHT, UNREAD, replace(UNREAD, kind="other", name="plot"))
    assert [(s.name, s.points) for s in found.scores] == [
        ("grad", 0),
        ("predict", 1),
        ("gradient", 0),
    ]
    assert (found.points, found.max_points) == (1, 3)
    (score,) = of(unchecked="no such file").scores
    assert (score.points, score.max_points, score.reason) == (0, 1, "no such file")


def test_mistakes_are_counted_by_submission():
    """Two in one function are two; the most frequent first; also those that a hint hides."""
    found = [of(WRONG, WRONG), of(PAIR), of(hinted(WRONG, 1)), of(RIGHT)]
    assert mistakes(found) == [("missing-mean", 3), ("sign-flipped", 1)]
    assert re.search(r"^ +3 +missing-mean\n +1 +sign-flipped$", summary(found), re.MULTILINE)
    assert summary([of(RIGHT)]) == ""


def test_unknown_mistakes_with_equal_answers_are_together():
    """Up to rounding, of one kind; without numbers, those that are explained alike."""
    close, far = (1.0 + 1e-12, 2.0), (1.0, 2.1)
    momentum = replace(UNNAMED, kind="trainer", answers=(), explanation="It is momentum.")
    found = [
        of(replace(UNNAMED, answers=far), name="f"),
        *(of(UNNAMED, name="a"), of(momentum, name="m")),
        of(replace(UNNAMED, answers=close), momentum, name="b"),
        *(of(replace(UNNAMED, kind="loss"), name="c"), of(WRONG, name="d")),
        of(replace(momentum, explanation="It decays."), name="e"),
    ]
    groups = [(g.kind, [s for s, _ in g.functions]) for g in unknown_groups(found)]
    assert groups == [
        *[("gradient", ["a", "b"]), ("trainer", ["m", "b"])],
        *[("gradient", ["f"]), ("loss", ["c"]), ("trainer", ["e"])],
    ]
    assert "gradient   a (grad), b (grad)\n" in summary(found)


def test_reports_are_grouped_by_whose_files_they_are_on():
    """Or all together, where they are one person's."""
    targets = [
        Target("s/a/x.py", submission="a"),
        Target("b.py"),
        Target("s/a/y.py", submission="a"),
    ]
    reports = [Report(t.name, ()) for t in targets]
    assert [(s.name, len(s.reports)) for s in submissions(targets, reports)] == [
        ("a", 2),
        ("b.py", 1),
    ]
    (one,) = submissions(targets, reports, one=True)
    assert len(one.reports) == 3


FILES = {
    "folders": ["ada/a.py", "ada/deep/b.ipynb", "bob_10/a.py", "bob_9/a.py", "eve/report.pdf"],
    "files": ["ada.py", "bob.ipynb"],
}
NAMES = {"folders": ["ada", "ada", "bob_9", "bob_10", "eve"], "files": ["ada.py", "bob.ipynb"]}


@pytest.mark.parametrize("inside", ["", "hw1/"])
@pytest.mark.parametrize("form", ["folder", "archive"])
@pytest.mark.parametrize("kind", FILES)
def test_a_folder_or_an_archive_holds_a_submission_a_file_or_a_folder(tmp_path, kind, form, inside):
    """In the order of their numbers; a folder around all is none; no student is passed over."""
    files = [f"{inside}{name}" for name in FILES[kind]]
    target = str(tmp_path)
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    if form == "archive":
        target = str(tmp_path / "class.zip")
        with zipfile.ZipFile(target, "w") as opened:
            for name in files:
                opened.write(tmp_path / name, name)
    found = expand([target])
    assert [t.submission for t in found] == NAMES[kind]
    troubles = [t.trouble for t in found if t.trouble]
    assert troubles == ["there is no .py and no .ipynb in it, but report.pdf"] * (kind == "folders")


def test_a_folder_without_programs_is_a_student_only_where_all_have_folders(tmp_path):
    """In a project it is the documentation, or data."""
    for name in ("main.py", "src/a.py", "docs/index.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [t.submission for t in expand([str(tmp_path)])] == ["main.py", "src"]


def test_archives_that_students_hand_in_are_read(tmp_path):
    """Each within its student's folder; an empty folder and a damaged archive are said."""
    for name in ("ada", "bob", "eve", "zoe"):
        (tmp_path / name).mkdir()
    (tmp_path / "ada" / "a.py").write_text("x = 1\n")
    with zipfile.ZipFile(tmp_path / "bob" / "b.zip", "w") as opened:
        opened.writestr("hw/b.py", "x = 1\n")
    (tmp_path / "eve" / "e.zip").write_text("no archive")
    found = expand([str(tmp_path)])
    assert [t.submission for t in found] == ["ada", "bob", "eve", "zoe"]
    assert [t.trouble.partition(", but ")[2] for t in found] == ["", "", "e.zip", ""]
    assert Path(found[1].name).parts[-3:] == ("b.zip", "hw", "b.py")
    assert found[3].trouble


def test_of_several_targets_each_is_a_submission(tmp_path, monkeypatch):
    """As of a pattern that the shell has not expanded."""
    monkeypatch.chdir(tmp_path)
    for name in ("ada/a.py", "ada/b.py", "bob/a.py", "c.py"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("")
    for targets in (["ada", "bob", "c.py"], ["*"]):
        found = [(t.submission or t.name) for t in expand(targets)]
        assert found == ["ada", "ada", "bob", "c.py"]


GRADIENT = """
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
"""
ODD = GRADIENT.replace("r.mean()", "r.mean() + 1 + b * b")
LOSS = "def loss(X, y, w, b):\n    return ((X @ w + b - y) ** 2).mean() / 2\n"
CLASS = {
    "ada": GRADIENT + LOSS,
    "bob": GRADIENT.replace("X @ w + b - y", "y - (X @ w + b)") + LOSS,
    "cyd": ODD,
    "dan": ODD.replace("X.T @ r", "(r @ X)"),
    "eve": "def gradient(X:\n",
}


@pytest.fixture
def classroom(tmp_path):
    """A folder with a class: one right, one wrong, two strange alike, and one that is no Python."""
    for name, source in CLASS.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "hw.py").write_text(source)
    return tmp_path


@pytest.mark.thorough
def test_a_class_is_graded_by_one_command(classroom, capsys):
    """Table, mistakes, groups of unknown ones and scores, as text and as JSON."""
    arguments = ["check", str(classroom / "class"), "--max-examples", "5", "--timeout", "60"]
    arguments += ["--hint", "1", "--points", "gradient=5 loss=2", "--jobs", "1"]
    assert command.main(arguments) == 1
    out = capsys.readouterr().out
    rows = [re.split(r"   +", line) for line in out.splitlines() if line[:3] in CLASS]
    assert [row[:3] for row in rows] == [
        *[["ada", "right", "7/7"], ["bob", "WRONG", "2/7"], ["cyd", "WRONG", "0/7"]],
        *[["dan", "WRONG", "0/7"], ["eve", "not checked", "0/7"]],
    ]
    assert "sign-flipped" in rows[1][3]
    assert "missing: loss" in rows[2][3]
    assert re.search(r"^ +1 +sign-flipped$", out, re.MULTILINE)
    assert re.search(r"^ +gradient +cyd \(gradient\), dan \(gradient\)$", out, re.MULTILINE)
    assert "sign-flipped" not in out.partition("\nada   ")[0]
    command.main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [s["points"] for s in found["submissions"]] == [7, 2, 0, 0, 0]
    assert found["mistakes"] == {"unknown": 2, "sign-flipped": 1}
    assert [len(g["functions"]) for g in found["unknown"]] == [2]


def test_only_some_functions_are_judged(classroom, capsys):
    """By their names; a file that has none of them says so."""
    ada, odd = (str(classroom / "class" / name / "hw.py") for name in ("ada", "cyd"))
    assert command.main(["check", ada, odd, "--only", "loss", "--max-examples", "5"]) == 2
    out = capsys.readouterr().out
    assert re.search(r"^  loss .* right", out, re.MULTILINE)
    assert "gradient " not in out.partition("\n\n")[0].split("not checked")[0]
    assert "there is no loss in it; it defines gradient" in out
