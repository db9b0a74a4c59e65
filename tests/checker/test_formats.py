"""The files for other programs: whole, valid, and with what each of their readers expects."""

import csv
import io
import json
import os
from dataclasses import replace
from importlib import resources
from xml.etree import ElementTree

import jsonschema
import pytest

from reference import __main__ as command
from reference.checker.command import formats
from reference.checker.command.classroom import Item, Submission
from reference.checker.report import FIELDS, Check, Report, hinted

RIGHT = Check("predict", "predict", "right", cases=1000, worst_error=0.3)
WRONG = Check("gradient", "grad", "wrong", "missing-mean", "n times too large.")
SKIPPED = Check("gradient", "gradient", "unchecked", reason="it raised TypeError")
ITEMS = (Item("gradient", 5), Item("predict", 2), Item("loss", 1))
HOSTILE = "=\x1b[2J<&\ud800\x00\n,\"'"
CLASS = [
    Submission("ada", (Report("ada/a.py", (WRONG, RIGHT)),), ITEMS),
    Submission("=1+1", (Report("b.py", (), "no such file"), Report("c.py", (SKIPPED,))), ITEMS),
]
SCHEMA = json.loads(
    resources.files("reference.checker").joinpath("report.schema.json").read_text(encoding="utf-8")
)


def test_the_schema_is_one_and_names_every_field():
    """A field that is added to the reports is added to it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["check"]["required"] == list(FIELDS)
    assert list(SCHEMA["$defs"]["check"]["properties"]) == list(FIELDS)


@pytest.mark.parametrize("is_class", [False, True])
@pytest.mark.parametrize("found", [CLASS, CLASS[:1], []], ids=len)
def test_json_is_what_the_schema_says(found, is_class):
    """For a class, one report and several; in ASCII."""
    text = formats.as_json(found, is_class)
    jsonschema.validate(json.loads(text), SCHEMA)
    assert text.isascii()


def test_the_schema_refuses_what_is_none():
    """Another verdict, a missing field, a strange one."""
    report = json.loads(formats.as_json(CLASS[:1], False))
    for change in ({"verdict": "maybe"}, {"line": "7"}, {"more": 1}):
        wrong = report | {"checks": [report["checks"][0] | change]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)


def test_csv_has_a_row_for_each_submission():
    """With the points of each item; no cell is a formula."""
    rows = list(csv.DictReader(io.StringIO(formats.as_csv(CLASS))))
    assert rows[0] == {
        **{"submission": "ada", "verdict": "wrong", "points": "2", "max_points": "8"},
        **{"gradient": "0", "predict": "2", "loss": "0", "right": "predict"},
        **{"mistakes": "grad: missing-mean", "missing": "loss", "not_checked": ""},
    }
    assert rows[1]["submission"] == "'=1+1"
    assert rows[1]["not_checked"] == "gradient; no such file"
    assert len(list(csv.reader(io.StringIO(formats.as_csv([]))))) == 1


def test_junit_has_a_case_for_each_function_and_missing_item():
    """Failures, errors of files, and what was skipped, with their numbers."""
    root = ElementTree.fromstring(formats.as_junit(CLASS).encode())
    assert [s.get("name") for s in root] == ["ada", "=1+1"]
    expected = {"tests": "7", "failures": "4", "errors": "1", "skipped": "1"}
    assert {name: root.get(name) for name in expected} == expected
    cases = {c.get("name"): [e.tag for e in c] for c in root[0]}
    assert cases == {"grad": ["failure"], "predict": [], "loss": ["failure"]}
    assert "n times too large." in root[0][0][0].text


def test_gradescope_has_a_test_for_each_item():
    """With the fields that it reads; of several submissions the name says whose it is."""
    (ada,) = [json.loads(formats.as_gradescope(CLASS[:1]))["tests"]]
    assert [(t["name"], t["score"], t["max_score"]) for t in ada] == [
        *[("gradient", 0, 5), ("predict", 2, 2), ("loss", 0, 1)]
    ]
    assert {t["visibility"] for t in ada} == {"visible"}
    assert "missing-mean" in ada[0]["output"]
    assert ada[2]["output"] == "there is no loss"
    both = json.loads(formats.as_gradescope(CLASS))["tests"]
    assert both[3]["name"] == "=1+1: gradient"


@pytest.mark.parametrize(("hint", "shown"), [(0, []), (1, ["∇w L"]), (2, ["∇w L", "missing-mean"])])
def test_the_students_output_says_what_the_hint_allows(hint, shown):
    """The teacher's table names the mistake all the same."""
    found = Submission("ada", (Report("a.py", (hinted(WRONG, hint),)),))
    (test,) = json.loads(formats.as_gradescope([found]))["tests"]
    assert [part for part in ("∇w L", "missing-mean") if part in test["output"]] == shown
    assert "missing-mean" in formats.as_csv([found])


def test_hostile_names_break_no_format():
    """Control characters, markup, lone surrogates: each file can be read and written."""
    check = replace(WRONG, name=HOSTILE, explanation=HOSTILE, fault=None)
    found = [Submission(HOSTILE, (Report(HOSTILE, (check,), HOSTILE),))]
    jsonschema.validate(json.loads(formats.as_json(found, True)), SCHEMA)
    for form in (formats.as_csv, formats.as_junit, formats.as_gradescope):
        text = form(found)
        assert text.encode()
        assert all(c.isprintable() or c == "\n" for c in text)
    ElementTree.fromstring(formats.as_junit(found).encode())
    assert len(list(csv.reader(io.StringIO(formats.as_csv(found))))) == 2


def test_a_file_is_whole_or_absent(tmp_path, monkeypatch):
    """What fails leaves the old file, and nothing beside it."""
    path = tmp_path / "out.csv"
    formats.write_whole(str(path), "ŷ\n")
    assert path.read_text(encoding="utf-8") == "ŷ\n"
    with pytest.raises(UnicodeEncodeError):
        formats.write_whole(str(path), "x" * 100_000 + "\ud800")
    monkeypatch.setattr(os, "replace", lambda a, b: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        formats.write_whole(str(path), "other")
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text(encoding="utf-8") == "ŷ\n"


@pytest.mark.parametrize("target", ["absent/out", "", "file/out"])
@pytest.mark.parametrize("name", ["csv", "junit", "gradescope"])
def test_what_cannot_be_written_is_said_before_the_work_begins(
    checked, tmp_path, capsys, name, target
):
    """Status 2; nothing is checked and nothing is left."""
    (tmp_path / "file").touch()
    path = f"{tmp_path}/{target}"
    assert command.main(["check", "a.py", f"--{name}", path]) == 2
    assert path in capsys.readouterr().err
    assert checked == []
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_all_files_are_written_by_one_command(checked, tmp_path):
    """Beside what is printed."""
    names = ("csv", "junit", "gradescope")
    options = [part for n in names for part in (f"--{n}", str(tmp_path / n))]
    assert command.main(["check", "a.py", "b.py", *options]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    assert len(json.loads((tmp_path / "gradescope").read_text())["tests"]) == 2


def test_a_disk_that_is_full_is_no_verdict(checked, tmp_path, capsys):
    """Status 2, and which file is missing."""
    if not os.path.exists("/dev/full"):
        pytest.skip("a full disk is played by /dev/full, which this system lacks")
    assert command.main(["check", "a.py", "--csv", "/dev/full"]) == 2
    assert "/dev/full cannot be written" in capsys.readouterr().err
