"""What is recognised by its name, how its parameters are bound; where a target is found."""

import pytest

from reference import check
from reference.checker.call_plan import CallPlan
from reference.checker.sandbox.process import Process
from reference.checker.signature import EQUATIONS, locate, plan, role_of


def described(name, parameters, **more):
    """As the worker describes it: every parameter is required, but those with =."""
    found = [[p.rstrip("="), not p.endswith("="), True] for p in parameters.split()]
    return {"name": name, "parameters": found, "fit": None, "is_class": False} | more


def roles(name, parameters):
    """The roles of the parameters, as one string; None if it is not recognised."""
    found = plan(described(name, parameters), False)
    return found and " ".join(role for _, role in found.roles)


@pytest.mark.parametrize(
    ("kind", "names", "parameters"),
    [
        (
            "gradient",
            "gradient gradients grad compute_gradient compute_gradients calculate_gradient "
            "calculate_gradients computeGradient inner.gradient",
            "X y w b",
        ),
        (
            "step",
            "sgd_step step step_gradient gradient_step update update_parameters update_weights",
            "X y w b lr",
        ),
        ("trainer", "gradient_descent gradientDescent", "X y theta alpha iters"),
        ("predict", "predict linreg forward hypothesis", "X w b"),
        ("loss", "loss mse compute_cost cost squared_loss", "X y w b"),
        ("loss", "loss mse", "y_true y_pred"),
        ("sample", "squared_loss", "y_hat y"),
        (None, "train_test_split helper f my_gradient", "X y w b"),
    ],
)
def test_a_name_tells_the_kind(kind, names, parameters):
    """Whatever its case, its underscores and its module."""
    for name in names.split():
        found = plan(described(name, parameters), False)
        assert (found and (found.kind, found.name)) == (kind and (kind, name))


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
def test_a_parameter_has_its_role_by_its_name(role):
    """Whatever the case and the underscores; any other name is nothing."""
    assert {role_of(name) for name in PARAMETERS[role].split()} == {role}


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        # by name, in any order
        ("gradient", "X y w b", "X y w b"),
        ("gradient", "b weights target features", "b w y X"),
        ("gradient", "tx labels theta intercept", "X y w b"),
        ("gradient", "x target weights bias verbose=", "X y w b"),
        ("gradient", "X y theta", "X y w"),
        ("gradient", "y tx w", "y X w"),
        ("predict", "theta X", "w X"),
        ("predict", "X y w b", "X y w b"),
        ("update", "w b grad_w grad_b learning_rate", "w b grad_w grad_b lr"),
        ("gradient", "X y w b z=", "X y w b"),
        # by position, where the names are not enough
        ("gradient", "first second third fourth", "X y w b"),
        ("gradient", "p q r", "X y w"),
        ("step", "p q r s t", "X y w b lr"),
        ("step", "p q r s", "X y w lr"),
        ("gradient_descent", "p q r s t u", "X y w b lr iters"),
        ("gradient_descent", "p q r s t", "X y w lr iters"),
        ("predict", "p q r", "X w b"),
        ("predict", "p q", "X w"),
        ("loss", "p q r s", "X y w b"),
        ("loss", "p q r", "X y w"),
        ("loss", "p q", "y_hat y"),
        ("gradient", "X y b", "X y w"),
        ("gradient", "X x_train w b", "X y w b"),
        ("loss", "y_true y_pred b", "X y w"),
        # not at all
        ("gradient", "A v", None),
        ("gradient", "p q r s t", None),
        ("gradient", "X y w b z", None),
        ("gradient", "X y w bias intercept", None),
        ("step", "w grad_w lr", None),
        ("loss", "w b grad_w grad_b lr", None),
        ("loss", "p", None),
        ("predict", "p q r s", None),
    ],
)
def test_parameters_are_bound_by_name_and_else_by_position(name, parameters, expected):
    """All that is required has a role of its own, and the roles are enough; else positions decide."""
    assert roles(name, parameters) == expected
    if parameters.startswith(("p", "first")) and expected:
        assert {n for n, _ in plan(described(name, parameters), False).roles} == {""}


def test_a_positional_only_parameter_is_given_by_position():
    """It is bound by its name, and called without it."""
    parameters = [["y", True, False], ["X", True, False], ["w", True, True], ["b", True, True]]
    found = plan({**described("gradient", ""), "parameters": parameters}, False)
    assert found.roles == (("", "y"), ("", "X"), ("w", "w"), ("b", "b"))


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        ("f", "X y w lr epochs", "trainer"),
        ("my_gradient", "X y w b lr", "step"),
        ("my_loss_gradient", "X y w b", "gradient"),
        ("My_LOSS", "X y w b", "loss"),
        ("Module.my_cost", "X w b y", "loss"),
        ("half_the_error", "X y w b", "loss"),
        ("an_mse_of_it", "X y w b", "loss"),
        ("f", "X w b", "predict"),
        ("f", "X w", "predict"),
        ("f", "X y w", "gradient"),
        ("f", "X y w b", "gradient"),
    ],
)
def test_the_kind_is_guessed_where_the_user_named_it(name, parameters, kind):
    """By what it takes, then by a part of its name; otherwise it is not recognised."""
    assert plan(described(name, parameters), True).kind == kind
    assert plan(described(name, parameters), False) is None


FIT = [["X", True, True], ["y", True, True], ["z", False, True]]


@pytest.mark.parametrize(
    ("init", "fit", "settings"),
    [
        ("learning_rate= n_iters= verbose=", "", ("learning_rate lr n_iters iters", "")),
        ("alpha batch_size=", "epochs", ("alpha lr batch_size batch_size", "epochs iters")),
        ("", "lr epochs", ("", "lr lr epochs iters")),
        ("lr=", "", None),
        ("data lr= epochs=", "", None),
        ("lr= epochs=", None, None),
    ],
)
def test_a_class_needs_fit_a_learning_rate_and_iterations(init, fit, settings):
    """That can be set, in the constructor or in fit; the data are no settings."""
    more = None if fit is None else [*FIT, *([p, False, True] for p in fit.split())]
    found = plan(described("Model", init, fit=more, is_class=True), False)
    if settings is None:
        assert found is None
    else:
        pairs = [tuple(zip(*[iter(s.split())] * 2, strict=True)) for s in settings]
        assert found == CallPlan("Model", "trainer", pairs[1], pairs[0], is_class=True)


def test_each_kind_has_its_equation():
    """Of a gradient, a step, a trainer, a prediction, a loss, and the loss of a sample."""
    assert set(EQUATIONS) == {"gradient", "step", "trainer", "predict", "loss", "sample"}
    assert "Xᵀ(ŷ − y)" in EQUATIONS["gradient"]
    assert EQUATIONS["step"] == EQUATIONS["trainer"]


@pytest.mark.parametrize(
    ("target", "file", "name"),
    [
        ("{here}/mine.py", "{here}/mine.py", ""),
        ("{here}/mine.py:gradient", "{here}/mine.py", "gradient"),
        ("mine.py:a.b", "{here}/mine.py", "a.b"),
        ("{here}/a:b/mine.py", "{here}/a:b/mine.py", ""),
        ("{here}/a:b/mine.py:gradient", "{here}/a:b/mine.py", "gradient"),
        ("reference.exact:gradient", "reference.exact", "gradient"),
        ("reference.exact", "reference.exact", ""),
        ("reference:exact.gradient", "reference", "exact.gradient"),
    ],
)
def test_a_target_is_a_file_or_a_module_and_a_name(target, file, name, tmp_path, monkeypatch):
    """FILE.py, FILE.py:NAME, package.module:NAME; relative to the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a:b").mkdir()
    for place in (tmp_path, tmp_path / "a:b"):
        (place / "mine.py").write_text("")
    assert locate(target.format(here=tmp_path)) == (file.format(here=tmp_path), name)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("absent.py:gradient", r"no file absent\.py$"),
        ("C:mine.py", r"no file C:mine\.py$"),
        ("no.such.module:f", r"a target is FILE\.py.* got no\.such\.module:f"),
        ("notes.txt:no name", r"a target is FILE\.py.* got notes\.txt:no name"),
        ("notes.txt", "a target is FILE"),
        ("no such:f", "a target is FILE"),
        ("no_such.py:1", "a target is FILE"),
        ("no_such.py:", "a target is FILE"),
        ("no_such.py:..", "a target is FILE"),
    ],
)
def test_any_other_target_is_refused(target, message):
    """With the three forms, and the one that was given."""
    with pytest.raises(FileNotFoundError, match=message):
        locate(target)


def test_a_module_is_imported_from_the_working_directory():
    """In a process of its own; a name that it lacks is an exception of the import."""
    with Process("linreg_np", "gradient", 10) as process:
        (found,) = process.load()
    assert [p[0] for p in found["parameters"]] == ["X", "y", "w", "b"]
    (missing,) = check("linreg_np:no_such").checks
    assert (missing.kind, missing.fault) == ("import", "raised")
    assert "no_such" in missing.explanation
