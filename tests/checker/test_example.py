"""Examples are Python code: below the definitions of the program they give what is printed."""

import numpy as np
import pytest
from form_programs import FORMS
from replays import same

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.check import check
from reference.checker.examples.literal import Writer, entry, number
from reference.checker.loading import Program
from reference.checker.report import details
from reference.checker.sandbox.invoke import build


def checks_of(source, folder):
    """The wrong functions of a program."""
    file = folder / "program.py"
    file.write_text(source)
    found = check(str(file), max_examples=10, timeout=30).checks
    return [c for c in found if c.verdict == "wrong"]


NAMES = {  # form, number of its mistake: what its number is called, and a part of its call
    ("the course's lab, one feature", 1): ("dj_dw", "dj_dw, dj_db = compute_gradient(x=np.array("),
    ("a step of theta", 0): ("theta[1]", "numpy.array("),
    ("lists of lists", 0): ("gw[0]", "gradient(xs=[[1.0]"),
    ("parameters in a dict", 0): ("bias", "grad(theta={'weights': np.array([1.]), 'bias': 0.0}"),
    ("a named tuple", 0): ("dw[0]", ".dw[0]"),
    ("a class that draws its start", 0): ("bias", "model = LinearRegression(lr=1.0, n_iters="),
    ("tensors that hold their gradients", 0): ("params[0][0]", "w.grad = torch.tensor("),
    ("the course's lab, several features", 3): ("w[0]", "gradient_function=compute_gradient, "),
    ("data in globals", 0): ("w[0]", "X = np.array("),
}


def wrong_checks_of_form(name, number, folder):
    """Those of a form with one of its mistakes."""
    form = FORMS[name]
    mistake = form.mistakes[number]
    return checks_of(form.source.replace(mistake.old, mistake.new, 1), folder)


@pytest.mark.sample(9)
@pytest.mark.parametrize("form", NAMES, ids=str)
def test_each_example_is_in_the_author_s_form(form, tmp_path):
    """In his arguments and layout; a number has the name that the program gives it."""
    shown = wrong_checks_of_form(*form, tmp_path)[0].counterexample
    component, in_call = NAMES[form]
    assert shown.component == component
    assert in_call in shown.call


def test_a_training_tells_the_step_and_its_points(tmp_path):
    """From where it went to where, and where it should have gone."""
    (wrong,) = wrong_checks_of_form("the course's lab, several features", 3, tmp_path)
    assert wrong.counterexample.step.startswith("step 1: from w = [1.], b = 0.0 to w = [")
    assert "; should be w = [" in wrong.counterexample.step


def test_a_name_that_the_program_uses_is_not_bound_to_something_else():
    """Its own imports are used, other names are made for what would replace its own."""
    program = Program("a.py", "import numpy as N\nimport json as np\ndef model(): return pd")
    writer = Writer(program)
    assert writer.value(np.ones(1)) == "N.array([1.])"
    assert writer.fresh("model") == "model_"
    assert writer.value(("frame", np.ones(1))).startswith("pandas.Series(")
    assert writer.imports == ["import pandas"]


@pytest.mark.parametrize(
    "value",
    [
        np.array([[1.0, -0.1], [np.inf, np.nan]]),
        np.array([0.1, 3], np.float32),
        np.array([[1, 2]]),
        np.ones((12, 2)),
        np.zeros(30),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        ("list", np.array([[1.5], [2.0]])),
        ("matrix", np.array([[1.0, 2.0]])),
        ("tuple", [np.ones(1), 2.0]),
        ("dict", {"w": np.ones(1), "b": -1.5}),
        3,
        -2.5,
        True,
        float("-inf"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_value_written_is_the_value(value):
    """Types, precision, order in memory and non-finite numbers included."""
    writer = Writer(None)
    written = writer.value(value)
    again, wanted = eval(written, {"np": np}), build(value, {})
    assert type(again) is type(wanted)
    if isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(again, wanted)
        assert again.dtype == wanted.dtype
        assert again.flags.f_contiguous == wanted.flags.f_contiguous
    else:
        assert repr(again) == repr(wanted)


@pytest.mark.parametrize(("value", "written"), [(1.0, "1."), (np.float32(0.1), "0.1"), (3, "3")])
def test_an_entry_has_no_more_digits_than_it_needs(value, written):
    """In its own precision."""
    assert entry(value) == written


def test_a_number_alone_keeps_its_type():
    """1 and 1.0 are different arguments."""
    assert (number(1), number(1.0), number(np.int64(2))) == ("1", "1.0", "2")


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (("the course's lab, one feature", 1), ["1.1b", "1.3b", "1.3d", "1.3f"]),
        (("a step of theta", 0), ["1.3f", "1.3g"]),
        (("a class that draws its start", 0), ["1.3b", "1.3h"]),
    ],
)
def test_the_derivation_ends_with_the_number_that_differs(form, lines, tmp_path):
    """This example's numbers, equation by equation."""
    found = wrong_checks_of_form(*form, tmp_path)[0]
    shown = found.counterexample.derivation
    assert all(any(line.startswith(number) for line in shown) for number in lines)
    last = shown[-2]
    assert last.startswith(lines[-1])
    assert f"yours is {found.counterexample.got!r}" in last
    expected = float(last.partition("   ← ")[0].rpartition("= ")[2])
    assert same(expected, found.counterexample.expected)
    assert set(shown) <= set(details(found, derived=True))
    assert not set(shown) & set(details(found))


def test_a_plan_in_lists_is_written_in_lists():
    """Without any import."""
    plan = CallPlan("f", "predict", (("X", "X"),))
    problem = Problem(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0)
    wrapped = plan.layout._replace(container="list")
    value = CallPlan("f", "predict", (("X", "X"),), layout=wrapped).request(problem)["kwargs"]["X"]
    writer = Writer(None)
    assert (writer.value(value), writer.imports) == ("[[1.0]]", [])
