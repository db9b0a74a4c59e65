"""The report: a record for each check, as text, as a table and as JSON."""

import json
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from reference.checker.report import Check, Counterexample, Report, as_json, table, text

EXAMPLE = Counterexample(np.ones((2, 1)), np.zeros(2), np.ones(1), 0.0, None, "grad_w[0]", 2.0, 1.0)
WRONG = Check("gradient", "grad", "missing-mean", "n times too large.", 1000, np.inf, EXAMPLE)
RIGHT = Check("predict", "predict", None, "", 1000, 0.31)


def test_the_text_has_a_line_for_each_check_and_its_details_below():
    """Name, equation, verdict; explanation, smallest example and numbers."""
    assert str(Report("mine.py", (WRONG, RIGHT))).splitlines() == [
        "mine.py",
        "  grad      ∇w L = (1/n) Xᵀ(ŷ − y)   WRONG   missing-mean",
        "      n times too large.",
        "      smallest example   X = [[1.], [1.]]  y = [0., 0.]  w = [1.]  b = 0.",
        "      grad_w[0]          got 2.0   expected 1.0",
        "  predict   ŷ = Xw + b               right   1,000 problems, "
        "worst error 0.3 of the rounding bound",
    ]


def test_what_is_not_known_is_left_out():
    """No equation for an import, no number where none came, no learning rate where none matters."""
    found = str(Report("a", (Check("import", "import", None, cases=1),)))
    assert found.splitlines()[1].split()[:4] == ["import", "right", "1", "problem,"]
    for lr, shown in ((None, False), (0.5, True)):
        example = Counterexample(np.ones((1, 1)), np.ones(1), np.ones(1), 1.5, lr)
        found = str(Report("a", (Check("step", "s", "unknown", counterexample=example),)))
        assert found.endswith("b = 1.5" + "  lr = 0.5" * shown)
    assert str(Report("mine.py", ())) == "mine.py"


def test_a_table_has_a_line_for_each_file():
    """What is wrong in it, or that it could not be checked."""
    reports = [
        Report("a.py", (WRONG, RIGHT, WRONG)),
        Report("long.py", (RIGHT,)),
        Report("c.py", (), "nothing to check"),
    ]
    assert table(reports).splitlines() == [
        "a.py      WRONG         grad: missing-mean, grad: missing-mean",
        "long.py   right",
        "c.py      not checked",
    ]
    assert [r.passed for r in reports] == [False, True, False]


def test_json_holds_every_field():
    """A per-sample loss is a loss; ŷ stays ŷ."""
    found = as_json([Report("ŷ.py", (WRONG, Check("sample", "squared_loss", None)))])
    assert '"ŷ.py"' in found
    report = json.loads(found)
    assert (report["file"], report["passed"]) == ("ŷ.py", False)
    wrong, right = report["checks"]
    assert wrong == {
        **{"kind": "gradient", "name": "grad", "passed": False, "fault": "missing-mean"},
        **{"explanation": "n times too large.", "cases": 1000, "worst_error": "inf"},
        "counterexample": {
            **{"X": [[1.0], [1.0]], "y": [0.0, 0.0], "w": [1.0], "b": 0.0, "lr": None},
            **{"component": "grad_w[0]", "got": 2.0, "expected": 1.0},
        },
    }
    assert set(wrong) >= {f.name for f in fields(Check)}
    assert (right["kind"], right["passed"], right["fault"]) == ("loss", True, None)
    assert right["counterexample"] is None


def test_json_is_an_object_for_one_file_and_an_array_for_several():
    """Each with its file; without checks all has passed."""
    empty = {"file": "a", "passed": True, "checks": []}
    assert json.loads(as_json([Report("a", ())])) == empty
    assert json.loads(as_json([Report("a", ()), Report("b", ())])) == [empty, empty | {"file": "b"}]


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-310, -1.7976931348623157e308, np.nan, -np.inf])
def test_floats_survive_json_and_text(value):
    """To the last bit; NaN and infinity are strings that float() reads."""
    example = Counterexample(np.full((1, 1), value), np.array([value]), np.ones(1), value, None)
    report = Report("a", (Check("step", "s", "unknown", "", 1, 2.0, example),))
    back = json.loads(as_json([report]))["checks"][0]["counterexample"]
    for v in (back["X"][0][0], back["y"][0], back["b"]):
        np.testing.assert_equal(float(v), value)
        assert isinstance(v, str) == (not np.isfinite(value))
    np.testing.assert_equal(float(text(value)), value)
    np.testing.assert_equal(float(text(np.array([value]))[1:-1]), value)


@pytest.mark.parametrize(
    "record", [EXAMPLE, WRONG, Report("a", ())], ids=lambda r: type(r).__name__
)
def test_records_are_immutable(record):
    """A report is what was found."""
    with pytest.raises(FrozenInstanceError):
        record.file = record.name = record.X = ""
