"""What is said: text, table, JSON; the smallest example; the bounds behind the names."""

import json
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from reference import exact, rounding
from reference.checker import shrink
from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis import precision, symptoms
from reference.checker.diagnosis.error_bounds import Terms
from reference.checker.diagnosis.faults import formulas
from reference.checker.diagnosis.match import terms
from reference.checker.expected import Expected
from reference.checker.report import Check, Counterexample, Report, as_json, table, text
from reference.checker.shrink import smallest
from reference.strategies import problems

EXAMPLE = Counterexample(np.ones((2, 1)), np.zeros(2), np.ones(1), 0.0, None, "grad_w[0]", 2.0, 1.0)
WRONG = Check("gradient", "grad", "missing-mean", "n times too large.", 1000, np.inf, EXAMPLE)
RIGHT = Check("predict", "predict", None, "", 1000, 0.31)
GRADIENT = CallPlan("", "gradient", (("X", "X"), ("y", "y"), ("w", "w"), ("b", "b")))


def test_the_text_reads_as_promised():
    """Name, equation, verdict; explanation, smallest example and numbers below."""
    assert str(Report("mine.py", (WRONG, RIGHT))).splitlines() == [
        "mine.py",
        "  grad      ∇w L = (1/n) Xᵀ(ŷ − y)   WRONG   missing-mean",
        "      n times too large.",
        "      smallest example   X = [[1.], [1.]]  y = [0., 0.]  w = [1.]  b = 0.",
        "      grad_w[0]          got 2.0   expected 1.0",
        "  predict   ŷ = Xw + b               right   1,000 problems, "
        "worst error 0.3 of the rounding bound",
    ]


def test_a_report_of_nothing_is_its_name():
    """No check, no line; as JSON it has passed, with an empty list."""
    assert str(Report("mine.py", ())) == "mine.py"
    assert json.loads(as_json([Report("mine.py", ())])) == {
        "file": "mine.py",
        "passed": True,
        "checks": [],
    }


def test_json_holds_every_field_and_no_escapes():
    """kind, name, passed, fault, explanation, cases, worst_error, counterexample; ŷ as ŷ."""
    found = as_json([Report("ŷ.py", (WRONG, Check("sample", "squared_loss", None)))])
    assert found.startswith('{\n  "file": "ŷ.py",\n')
    assert len(json.loads(as_json([Report("a", ()), Report("b", ())]))) == 2
    assert json.loads(found) == {
        "file": "ŷ.py",
        "passed": False,
        "checks": [
            {
                "kind": "gradient",
                "name": "grad",
                "passed": False,
                "fault": "missing-mean",
                "explanation": "n times too large.",
                "cases": 1000,
                "worst_error": "inf",
                "counterexample": {
                    "X": [[1.0], [1.0]],
                    "y": [0.0, 0.0],
                    "w": [1.0],
                    "b": 0.0,
                    "lr": None,
                    "component": "grad_w[0]",
                    "got": 2.0,
                    "expected": 1.0,
                },
            },
            {
                "kind": "loss",
                "name": "squared_loss",
                "passed": True,
                "fault": None,
                "explanation": "",
                "cases": 0,
                "worst_error": 0.0,
                "counterexample": None,
            },
        ],
    }


def test_what_is_unknown_has_no_equation_and_no_number():
    """A check of an import stands against nothing; one problem is no problems."""
    check = Check("import", "import", None, cases=1)
    assert check.equation == ""
    assert str(Report("a", (check,))).splitlines()[1] == (
        "  import      right   1 problem, worst error 0 of the rounding bound"
    )
    example = Counterexample(np.ones((1, 1)), np.ones(1), np.ones(1), 1.5, None)
    assert (example.component, example.got, example.expected) == (None, None, None)
    shown = str(Report("a", (Check("step", "s", "unknown", counterexample=example),)))
    assert shown.splitlines()[2:] == [
        "      smallest example   X = [[1.]]  y = [1.]  w = [1.]  b = 1.5"
    ]


@pytest.mark.parametrize(
    "record", [EXAMPLE, WRONG, Report("a", ())], ids=lambda r: type(r).__name__
)
def test_records_stay_as_they_are(record):
    """They are frozen."""
    with pytest.raises(FrozenInstanceError):
        record.file = record.name = record.X = ""


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


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-310, -1.7976931348623157e308, np.nan, -np.inf])
def test_floats_survive_json(value):
    """To the last bit; NaN and infinity as strings that float() reads."""
    example = Counterexample(np.full((1, 1), value), np.array([value]), np.ones(1), value, None)
    found = json.loads(
        as_json([Report("a", (Check("step", "s", "unknown", "", 1, 2.0, example),))])
    )
    back = found["checks"][0]["counterexample"]
    for v in (back["X"][0][0], back["y"][0], back["b"]):
        np.testing.assert_equal(float(v), value)
    assert isinstance(back["b"], str) == (not np.isfinite(value))
    assert isinstance(back["X"][0][0], str) == (not np.isfinite(value))


def test_numbers_are_written_as_python_reads_them():
    """No digit is lost, none is added."""
    assert text(np.array([1e16, 0.1, -2.0])) == "[1e+16, 0.1, -2.]"


def test_the_smallest_example_keeps_failing():
    """Each step fails as the first did, and no number can be made simpler."""

    def fails(cases):
        return [bool((c.X.sum(axis=1) > 3.25).any()) for c in cases]

    rng = np.random.default_rng(0)
    case = Problem(rng.normal(size=(9, 6)) + 4, rng.normal(size=9), rng.normal(size=6), 0.3, 0.1)
    found = smallest(case, fails)
    assert fails([found]) == [True]
    assert found.X.shape == (1, 4)
    assert found.y.tolist() == [0]
    assert found.w.tolist() == [1] * 4
    assert (found.b, found.lr) == (0, 1)
    assert found.X.tolist() == [[1, 1, 1, 1]]


def test_shrinking_ends(monkeypatch):
    """After `ROUNDS` rounds, also where each finds something simpler."""
    monkeypatch.setattr(shrink, "ROUNDS", 2)
    case = Problem(np.full((9, 6), 0.3), np.full(9, 0.3), np.full(6, 0.3), 0.3, 0.1)
    asked = []

    def fails(cases):
        asked.append(cases)
        return [i == len(cases) - 1 for i in range(len(cases))]

    found = shrink.smallest(case, fails)
    assert len(asked) == 2
    assert found is asked[1][-1]


@settings(max_examples=50)
@given(problems(dtypes=[np.float64], layouts=["C"], nasty=False))
def test_terms_give_the_bound_of_the_gradient(problem):
    """On 1.3f their sizes are M_j, the magnitude of `gradient_bound`; their values its value."""
    X, y, w, b = problem
    k = sum(X.shape) + 5
    grad_w, grad_b = formulas.gradient(*terms(Problem(*problem)))
    sizes = rounding.gamma(k, np.float64) * np.append(grad_w.size, grad_b.size)
    bounds = np.append(*rounding.gradient_bound(*problem, np.float64))
    np.testing.assert_allclose(sizes, bounds, rtol=1e-12, atol=1e-300)
    true_w, true_b = exact.gradient(*problem)
    for part, true in ((grad_w, true_w), (grad_b, [true_b])):
        for got, t, bound in zip(
            *map(np.ravel, (part.value, true, part.bound(k, float))), strict=True
        ):
            assert rounding.within(got, t, bound)


def test_terms_know_when_they_know_nothing():
    """A sign that rounding may have changed has no bound; what is not known has no rule."""
    cancelled = Terms(np.array([1.0])) + 1e-16 - 1.0
    assert np.sign(cancelled).size == np.inf
    assert np.sign(Terms(np.array([2.0]))).size == 1
    with pytest.raises(TypeError):
        np.sin(cancelled)


@settings(max_examples=50)
@given(problems(dtypes=[np.float64], layouts=["C"], digits=15))
def test_errors_are_decided_exactly(problem):
    """At the bound an answer is right, beyond it wrong, whatever floats make of the difference."""
    expected = Expected(GRADIENT, Problem(*problem), "half-mse")
    for i, (true, bound) in enumerate(zip(expected.exact, expected.bounds, strict=True)):
        for factor in (0.5, 0.999999, 1.0, 1.000001, 2.0):
            got = expected.rounded.copy()
            got[i] = float(true + Fraction(bound) * Fraction(factor))
            right = abs(Fraction(got[i]) - true) <= Fraction(bound)
            assert (expected.errors(got, np.dtype(float))[i] <= 1) == right


def test_a_narrower_answer_has_a_wider_bound():
    """float32 answers to float64 problems are held against u = 2⁻²⁴, float64 ones against 2⁻⁵³."""
    case = Problem(np.full((3, 2), 0.1), np.ones(3), np.ones(2), np.float64(0.1))
    expected = Expected(GRADIENT, case, "half-mse")
    answer = expected.rounded * (1 + 1e-8)
    assert (expected.errors(answer, np.dtype(np.float32)) <= 1).all()
    assert (expected.errors(answer, np.dtype(np.float64)) > 1).all()


def test_ratios_beside_one_are_told_from_one():
    """1 + 1e-12 is not shown as 1."""
    assert symptoms.factor(1 + 1e-12) == "(1 + 1e-12)"
    assert symptoms.factor(-3.0) == "-3"
    assert len(precision.SUBSETS) == 15
