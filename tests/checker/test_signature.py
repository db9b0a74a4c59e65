"""What is recognised, and how it is called; the process that it runs in; its answers read."""

import re
from dataclasses import replace

import numpy as np
import pytest

from reference import check
from reference.checker.call_plan import CallPlan, Problem
from reference.checker.output import parse_output
from reference.checker.sandbox.messages import ArrayMessage, RawOutput
from reference.checker.signature import EQUATIONS, locate, plan, role_of

CASE = Problem(
    np.arange(6.0).reshape(3, 2), np.ones(3), np.array([5.0, 7.0]), np.float64(9), 0.5, 2
)
NAMES = {
    "gradient": "gradient gradients grad compute_gradient compute_gradients calculate_gradient "
    "calculate_gradients computeGradient",
    "step": "sgd_step step step_gradient gradient_step update update_parameters update_weights",
    "trainer": "gradient_descent gradientDescent",
    "predict": "predict linreg forward hypothesis",
    "loss": "loss mse compute_cost cost squared_loss",
}
ARGUMENTS = {
    "gradient": "X y w b",
    "step": "X y w b lr",
    "trainer": "X y theta alpha iters",
    "predict": "X w b",
    "loss": "X y w b",
}


def found(name, parameters, **more):
    """As the subject's process describes it: every parameter is required, but those with =."""
    described = [[p.rstrip("="), not p.endswith("="), True] for p in parameters.split()]
    return {"name": name, "parameters": described, "fit": None, "is_class": False} | more


def roles(name, parameters, **more):
    """The roles of the parameters, as one string."""
    found_plan = plan(found(name, parameters, **more), asked_for=False)
    return found_plan and " ".join(role for _, role in found_plan.roles)


@pytest.mark.parametrize("kind", NAMES)
def test_every_promised_name_is_recognised(kind):
    """By name, whatever the case and the underscores."""
    for name in NAMES[kind].split():
        assert plan(found(name, ARGUMENTS[kind]), asked_for=False).kind == kind
    assert plan(found("train_test_split", "X y"), asked_for=False) is None


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("X y w b", "X y w b"),
        ("b weights target features", "b w y X"),
        ("tx labels theta intercept", "X y w b"),
        ("x target weights bias verbose=", "X y w b"),
        ("X y theta", "X y w"),
        ("y tx w", "y X w"),
        ("first second third fourth", "X y w b"),
        ("A v t", "X y w"),
        ("A v", None),
        ("a b c d e", None),
    ],
)
def test_parameters_are_bound_by_name_and_else_by_position(parameters, expected):
    """In any order by their names; X, y, w, b by position otherwise; or not at all."""
    assert roles("gradient", parameters) == expected


@pytest.mark.parametrize("rate", ["lr", "alpha", "eta", "learning_rate"])
def test_learning_rates_have_many_names(rate):
    """lr, alpha, eta, learning_rate."""
    assert roles("step", f"X y w b {rate}") == "X y w b lr"
    assert roles("update", f"w b grad_w grad_b {rate}") == "w b grad_w grad_b lr"


PARAMETERS = {
    "X": "x features tx xs inputs x_train X_batch data X xTrain",
    "y": "y labels label target targets y_true y_train y_batch",
    "w": "w weights weight theta wts w_in current_w w_current W",
    "b": "b bias intercept b_in current_b b_current",
    "lr": "lr alpha eta learning_rate step_size learningRate",
    "iters": "n_iters n_iterations num_iters num_iterations iterations iters nits epochs n_epochs "
    "num_epochs max_iter max_iters max_iterations",
    "batch_size": "batch_size batchSize",
    "y_hat": "y_hat y_pred pred preds predictions",
    "grad_w": "grad_w dw dl_dw dj_dw",
    "grad_b": "grad_b db dl_db dj_db",
    "": "verbose z xx n hat",
}


@pytest.mark.parametrize("role", PARAMETERS)
def test_every_promised_parameter_is_recognised(role):
    """By its name, whatever the case and the underscores; any other is nothing."""
    for name in PARAMETERS[role].split():
        assert role_of(name) == role


@pytest.mark.parametrize(
    ("kind", "count", "expected"),
    [
        ("gradient", 4, "X y w b"),
        ("gradient", 3, "X y w"),
        ("step", 5, "X y w b lr"),
        ("step", 4, "X y w lr"),
        ("gradient_descent", 6, "X y w b lr iters"),
        ("gradient_descent", 5, "X y w lr iters"),
        ("predict", 3, "X w b"),
        ("predict", 2, "X w"),
        ("loss", 4, "X y w b"),
        ("loss", 3, "X y w"),
        ("loss", 2, "y_hat y"),
        ("loss", 1, None),
        ("predict", 4, None),
    ],
)
def test_nameless_parameters_are_bound_by_their_number(kind, count, expected):
    """In the order of the derivation, without a name to be given by."""
    parameters = " ".join(f"p{i}" for i in range(count))
    assert roles(kind, parameters) == expected
    if expected:
        assert {n for n, _ in plan(found(kind, parameters), asked_for=False).roles} == {""}


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("step", "w b grad_w grad_b lr", "w b grad_w grad_b lr"),
        ("step", "w grad_w lr", None),
        ("loss", "w b grad_w grad_b lr", None),
        ("gradient", "X y w bias intercept", None),
        ("gradient", "X y b", "X y w"),
        ("gradient", "X x_train w b", "X y w b"),
        ("predict", "theta X", "w X"),
        ("predict", "X y w b", "X y w b"),
        ("loss", "y_true y_pred b", "X y w"),
        ("gradient", "X y w b z", None),
        ("gradient", "X y w b z=", "X y w b"),
    ],
)
def test_names_are_used_where_they_are_enough(kind, parameters, expected):
    """All that is required has a role of its own, and the roles suffice; else positions decide."""
    assert roles(kind, parameters) == expected


def test_what_takes_no_keyword_is_given_by_position():
    """A positional-only parameter is bound by its name, and called without it."""
    parameters = [["X", True, False], ["y", True, False], ["w", True, True], ["b", True, True]]
    bound = plan({**found("gradient", ""), "parameters": parameters}, asked_for=False)
    assert bound.roles == (("", "X"), ("", "y"), ("w", "w"), ("b", "b"))


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        ("f", "X y w lr epochs", "trainer"),
        ("my_gradient", "X y w b lr", "step"),
        ("my_loss_gradient", "X y w b", "gradient"),
        *((f"my_{part}_of_it", "X y w b", "loss") for part in ("loss", "cost", "mse", "error")),
        ("f", "X w b", "predict"),
        ("f", "X w", "predict"),
        ("f", "X y w", "gradient"),
        ("My_LOSS", "X y w b", "loss"),
        ("Model.my_cost", "X w b y", "loss"),
    ],
)
def test_the_kind_is_guessed_where_it_was_asked_for(name, parameters, kind):
    """By what it takes, then by a part of its name, whatever its case and its module."""
    assert plan(found(name, parameters), asked_for=True).kind == kind
    assert plan(found(name, parameters), asked_for=False) is None


def test_a_class_is_planned_with_its_settings():
    """Those of the constructor and those of fit; the data are no settings."""
    fit = [["X", True, True], ["y", True, True], ["epochs", False, True], ["z", False, True]]
    model = found("Model", "alpha batch_size= verbose=", fit=fit, is_class=True)
    settings = (("alpha", "lr"), ("batch_size", "batch_size"))
    expected = CallPlan("Model", "trainer", (("epochs", "iters"),), settings, is_class=True)
    bound = plan(model, asked_for=False)
    assert bound == expected
    assert bound.is_class is True


def test_a_method_has_the_name_behind_its_dot():
    """`module.gradient` is a gradient, and keeps its name."""
    bound = plan(found("inner.gradient", "X y w b"), asked_for=False)
    assert (bound.kind, bound.name) == ("gradient", "inner.gradient")


def test_each_kind_stands_against_its_equation():
    """Those of the derivation, as they are written there."""
    assert EQUATIONS == {
        "gradient": "∇w L = (1/n) Xᵀ(ŷ − y)",
        "step": "w ← w − η ∇w L",
        "trainer": "w ← w − η ∇w L",
        "predict": "ŷ = Xw + b",
        "loss": "L = (1/n) Σᵢ l⁽ⁱ⁾",
        "sample": "l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²",
    }


def test_losses_of_predictions():
    """squared_loss(y_hat, y) is per sample; other names give one number."""
    assert plan(found("squared_loss", "y_hat y"), asked_for=False).kind == "sample"
    assert plan(found("mse", "y_true y_pred"), asked_for=False).kind == "loss"
    assert roles("loss", "a b") == "y_hat y"


def test_a_class_needs_fit_predict_and_settings():
    """A learning rate and a number of iterations that can be set, in the constructor or in fit."""
    fit = [["X", True, True], ["y", True, True]]
    model = found("Model", "learning_rate= n_iters= verbose=", fit=fit, is_class=True)
    assert plan(model, asked_for=False).init == (("learning_rate", "lr"), ("n_iters", "iters"))
    in_fit = found(
        "Model", "", fit=[*fit, ["lr", False, True], ["epochs", False, True]], is_class=True
    )
    assert plan(in_fit, asked_for=False).roles == (("lr", "lr"), ("epochs", "iters"))
    assert plan(found("Model", "lr=", fit=fit, is_class=True), asked_for=False) is None
    assert plan(found("Model", "data lr= epochs=", fit=fit, is_class=True), asked_for=False) is None
    assert plan(found("Model", "lr= epochs=", is_class=True), asked_for=False) is None


def test_what_was_asked_for_is_checked_under_any_name():
    """FILE.py:NAME and `check(function)` need no known name."""
    for name, parameters, kind in [
        ("mine", "X y w b", "gradient"),
        ("my_grad_loss", "X y w b", "gradient"),
        ("mine", "X y w b lr", "step"),
        ("mine", "X y w lr epochs", "trainer"),
        ("mine", "X w b", "predict"),
        ("half_the_error", "X y w b", "loss"),
    ]:
        assert plan(found(name, parameters), asked_for=False) is None
        assert plan(found(name, parameters), asked_for=True).kind == kind


def test_arguments_have_the_shapes_of_the_layout():
    """1-D first; columns and the column of ones where they are tried."""
    usual, columns = list(plan(found("gradient", "X y w b"), asked_for=False).layouts())[:2]
    _, given = usual.arguments(CASE)
    assert [np.shape(given[p]) for p in "Xywb"] == [(3, 2), (3,), (2,), ()]
    _, given = columns.arguments(CASE)
    assert [np.shape(given[p]) for p in "Xywb"] == [(3, 2), (3, 1), (2, 1), ()]
    theta = list(plan(found("gradient", "X y theta"), asked_for=False).layouts())
    _, given = theta[0].arguments(CASE)
    assert given["theta"].tolist() == [9, 5, 7]
    assert given["X"].tolist() == [[1, 0, 1], [1, 2, 3], [1, 4, 5]]
    assert theta[2].arguments(CASE)[1]["X"].tolist() == CASE.X.tolist()


def test_the_report_says_which_shapes_were_used():
    """Columns, where 1-D arrays are refused."""

    def gradient(X, y, w, b):
        n, _ = y.shape
        r = X @ w + b - y
        return X.T @ r / n, r.mean()

    (found_check,) = check(gradient, max_examples=20).checks
    assert found_check.passed
    assert "labels (n, 1) and weights (d, 1) as columns" in found_check.explanation


def part(*shape, dtype="float64"):
    """An array of an answer."""
    return ArrayMessage(dtype, shape, np.arange(float(np.prod(shape))))


NONE = ArrayMessage("NoneType", (), None)


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ((part(2), part()), ""),
        ((part(), part(2)), ""),
        ((part(2, 1), part()), "wrong-shape"),
        ((part(1, 2), part()), "wrong-shape"),
        ((part(2), part(1)), "wrong-shape"),
        ((part(2),), "wrong-shape"),
        ((part(2), part(), part()), "wrong-shape"),
        ((part(3), part()), "wrong-shape"),
        ((ArrayMessage("complex128", (2,), None), part()), "wrong-shape"),
        ((), "no-return"),
    ],
)
def test_shapes_are_read_strictly(parts, fault):
    """(grad_w, grad_b) in either order, each in the shape of what it belongs to."""
    gradient = plan(found("gradient", "X y w b"), asked_for=False)
    reading = parse_output(gradient, CASE, RawOutput(parts))
    assert reading.fault == fault
    if fault == "wrong-shape":
        assert reading.message.startswith("grad_w must have shape (2,), grad_b shape (); got")


def test_a_vector_of_theta_is_read_bias_first():
    """(b, w) comes back as w and then b."""
    gradient = plan(found("gradient", "X y theta"), asked_for=False)
    assert parse_output(gradient, CASE, RawOutput((part(3),))).vector.tolist() == [1, 2, 0]
    assert parse_output(gradient, CASE, RawOutput((part(2),))).fault == "wrong-shape"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((part(3), part(), part(3)), r"weights must be 2 numbers .* got \(3,\) and \(\)\."),
        ((part(2), NONE, part(3)), r"weights must be 2 numbers .* got \(2,\) and \(\)\."),
        ((NONE, part(), part(3)), "weights must be 2 numbers"),
        ((part(2), part(), part(2)), r"predict must give shape \(3,\), got \(2,\)\."),
        ((part(2), part(), NONE), r"predict must give shape \(3,\), got \(\)\."),
    ],
)
def test_a_fitted_model_has_weights_a_bias_and_predictions(parts, message):
    """As many as there are features, one, and as many as there are samples; else it is said."""
    model = CallPlan("Model", "trainer", (), is_class=True)
    reading = parse_output(model, CASE, RawOutput(parts))
    assert (reading.fault, reading.refused) == ("wrong-shape", True)
    assert re.search(message, reading.message)


def test_what_is_unusual_in_a_call_is_noted():
    """Tensors, columns, θ; nothing where all is as usual."""
    usual = plan(found("gradient", "X y w b"), asked_for=False)
    assert usual.note == ""
    assert replace(usual, tensors=True).note == "called with torch tensors"


def test_the_coarsest_precision_counts():
    """float32 in any part; whole numbers count as float64."""
    gradient = plan(found("gradient", "X y w b"), asked_for=False)
    for dtype, expected in [("float32", np.float32), ("float16", np.float16), ("int64", float)]:
        reading = parse_output(gradient, CASE, RawOutput((part(2), part(dtype=dtype))))
        assert reading.dtype == expected


def test_locate_tells_files_from_modules(tmp_path, monkeypatch):
    """FILE.py, FILE.py:NAME, package.module:NAME; nothing else."""
    file = tmp_path / "mine.py"
    file.write_text("")
    assert locate(str(file)) == (str(file), "")
    assert locate(f"{file}:gradient") == (str(file), "gradient")
    assert locate("reference.exact:gradient") == ("reference.exact", "gradient")
    assert locate("reference.exact") == ("reference.exact", "")
    assert locate("reference:exact.gradient") == ("reference", "exact.gradient")
    (tmp_path / "a:b").mkdir()
    colon = tmp_path / "a:b" / "mine.py"
    colon.write_text("")
    assert locate(f"{colon}:gradient") == (str(colon), "gradient")
    assert locate(str(colon)) == (str(colon), "")
    for odd in ("no name", ".", "..", "1", ""):
        with pytest.raises(FileNotFoundError, match="a target is FILE"):
            locate(f"{file}:{odd}")
    with pytest.raises(FileNotFoundError, match=r"^there is no file C:mine\.py$"):
        locate("C:mine.py")
    monkeypatch.chdir(tmp_path)
    assert locate("mine.py:a.b") == (str(file), "a.b")
    with pytest.raises(FileNotFoundError) as error:
        locate("absent.py:gradient")
    assert str(error.value) == "there is no file absent.py"
    with pytest.raises(FileNotFoundError) as error:
        locate("notes.txt:no name")
    assert str(error.value) == (
        "a target is FILE.py, FILE.py:NAME or package.module:NAME, got notes.txt:no name"
    )
    for absent in (f"{file}x.py", "no.such.module:f", "notes.txt", "C:mine.py", "no such:f"):
        with pytest.raises(FileNotFoundError, match=r"there is no file|a target is FILE.py"):
            locate(absent)


def test_a_missing_name_is_an_exception_of_the_import():
    """With the name in it."""
    found_check = check("linreg_np:no_such").checks[0]
    assert (found_check.kind, found_check.fault) == ("import", "raised")
    assert "no_such" in found_check.explanation
