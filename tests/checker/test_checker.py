"""One file, one function or one class: what is checked of it, in which order, or why nothing is."""

import sys

import pytest

from reference.checker.check import (
    EXAMPLE,
    NothingToCheck,
    all_checks,
    assert_gradient,
    check,
    raised_in_import,
)
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.session import Options


def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()


def test_a_function_has_its_own_name_and_a_lambda_is_a_gradient():
    """In the report's title and in its line; an object is called by its type."""

    class Callable:
        def __call__(self, X, y, w, b):
            return gradient(X, y, w, b)

    for target, name in [
        (gradient, "gradient"),
        (lambda X, y, w, b: gradient(X, y, w, b), "gradient"),
        (Callable(), "Callable"),
    ]:
        report = check(target, max_examples=3)
        assert report.file == name
        assert [c.name for c in report.checks] == [name]
        assert report.passed


def test_a_file_has_all_its_checks_and_a_name_its_own(tmp_path, monkeypatch):
    """In the order of the derivation; FILE.py:NAME is checked under any name."""
    file = tmp_path / "mine.py"
    file.write_text(
        "def loss(X, y, w, b): return ((X @ w + b - y) ** 2).mean() / 2\n"
        "def predict(X, w, b): return X @ w + b\n"
        "def other(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r / len(y), r.mean()\n"
        "def gradient(X, y, w, b): return other(X, y, w, b)\n"
    )
    report = check(str(file), max_examples=3)
    assert report.file == str(file)
    assert [c.kind for c in report.checks] == ["gradient", "predict", "loss"]
    assert report.passed
    assert all(c.cases == 3 for c in report.checks)
    seen = []
    report = check(f"{file}:other", max_examples=3, progress=seen.append)
    assert report.file == f"{file}:other"
    assert [(c.kind, c.name) for c in report.checks] == [("gradient", "other")]
    assert seen == ["other"]


def test_assert_gradient_takes_the_options_of_check():
    """What is wrong for one loss is right for another."""

    def of_the_sum(X, y, w, b):
        grad_w, grad_b = gradient(X, y, w, b)
        return 2 * len(y) * grad_w, 2 * len(y) * grad_b

    assert assert_gradient(of_the_sum, loss="sse", max_examples=3) is None
    with pytest.raises(AssertionError, match="factor-two-sum"):
        assert_gradient(of_the_sum, max_examples=3)


class Subject:
    """What a process finds, or how it ends."""

    def __init__(self, found):
        self.found = found

    def load(self):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_an_import_that_ends_the_process_is_the_verdict():
    """With its fault, its sentence and how it ended."""
    subject = Subject(SubjectTerminated("timeout", "no answer within 10 seconds"))
    (found,) = all_checks(subject, False, Options())
    assert (found.kind, found.name, found.fault) == ("import", "import", "timeout")
    assert found.explanation == (
        "Your code gave no answer in time: is there a loop that does not end? (no answer within 10 seconds.)"
    )


@pytest.mark.parametrize(("kind", "fault"), [("NameError", "raised"), ("SystemExit", "crash")])
def test_an_import_that_raises_is_the_verdict(kind, fault):
    """With what it raised, and where."""
    raised = {"type": kind, "message": "x", "line": "y = x", "lineno": 2}
    said = f"The file cannot be imported: {kind}: x   (line 2: y = x)"
    assert raised_in_import(raised) == (fault, said)
    (found,) = all_checks(Subject(ImportError(raised)), False, Options())
    assert (found.kind, found.name) == ("import", "import")
    assert (found.fault, found.explanation) == (fault, said)


@pytest.mark.parametrize(
    ("names", "said"),
    [(["helper", "main"], "helper, main"), ([], "no function and no class")],
)
def test_nothing_to_check_says_what_was_found_and_what_is_wanted(names, said):
    """Names and parameters, and an example that can be copied."""
    found = [
        {"name": n, "parameters": [["x", True, True]], "fit": None, "is_class": False}
        for n in names
    ]
    with pytest.raises(NothingToCheck) as error:
        list(all_checks(Subject(found), False, Options()))
    assert str(error.value) == (
        f"nothing to check: found {said}. A gradient is recognised by a name like gradient or "
        "compute_gradient and by its parameters X, y, w, b; likewise a step (sgd_step, update), a "
        "trainer (a class with fit and predict), predict and loss. For example:\n\n"
        "import numpy as np\n\n"
        "def gradient(X, y, w, b):\n"
        "    residual = X @ w + b - y\n"
        "    n = len(y)\n"
        "    return X.T @ residual / n, residual.sum() / n\n"
    )
    assert str(error.value).endswith(EXAMPLE)


def test_checks_come_in_the_order_of_the_derivation(monkeypatch):
    """Gradient, step, trainer, prediction, sample, loss; each is told before it begins."""
    kinds = {
        "loss": "X y w b",
        "squared_loss": "y_hat y",
        "predict": "X w b",
        "gradient_descent": "X y w b lr iters",
        "update": "X y w b lr",
        "gradient": "X y w b",
        "helper": "x",
    }
    found = [
        {
            "name": n,
            "parameters": [[p, True, True] for p in ps.split()],
            "fit": None,
            "is_class": False,
        }
        for n, ps in kinds.items()
    ]
    seen = []
    monkeypatch.setattr(
        sys.modules["reference.checker.check"], "verdicts", lambda session: [session]
    )
    options = Options(progress=seen.append)
    subject = Subject(found)
    sessions = list(all_checks(subject, False, options))
    order = ["gradient", "update", "gradient_descent", "predict", "squared_loss", "loss"]
    assert [s.plan.name for s in sessions] == seen == order
    assert all(s.process is subject and s.options is options for s in sessions)
    found[-1]["parameters"] = found[0]["parameters"]
    (asked_for,) = list(all_checks(Subject(found[-1:]), True, options))
    assert asked_for.plan.name == "helper"
