"""The verdict on one function: its fault, the sentences that explain it, the smallest example."""

import os
import re
import sys

import numpy as np
import pytest
from in_process import InProcess, Model, evaluate_of, gradient_descent, planned, right

from reference import check
from reference.checker.call_plan import Problem
from reference.checker.problem_set import distinguishing_problems
from reference.checker.session import Options
from reference.checker.verdict import diagnose, verdicts

ONE = ([[1]], [0], [1], 0)
TWO = ([[1], [1]], [0, 0], [1], 0)
FIVE = ([[1]] * 5, [0] * 5, [1], 0)
CASES = []


def expect(fault, explanation="", example=None, numbers=None, **options):
    """Enter a program: its fault, a pattern in the explanation, X, y, w, b and the wrong number."""

    def enter(program):
        case = (program, fault, explanation, example, numbers, options)
        CASES.append(pytest.param(*case, id=program.__name__))
        return program

    return enter


@expect("mutates-input", "change the caller's arrays", ONE)
def changes_y(X, y, w, b):
    y -= 1
    return right(X, y + 1, w, b)


@expect("no-return", "return nothing", ONE)
def returns_nothing(X, y, w, b):
    right(X, y, w, b)


@expect("stale", "earlier call")
def keeps_the_first(X, y, w, b, seen=[]):  # noqa: B006
    seen.append(right(X, y, w, b))
    return seen[0]


@expect("stale", "earlier call")
def is_one_behind(X, y, w, b, seen=[]):  # noqa: B006
    seen.append(right(X, y, w, b))
    return seen[max(len(seen) - 2, 0)]


@expect("nondeterministic", "[Tt]he same arguments")
def is_random(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.random.random(), grad_b  # noqa: NPY002


@expect("wrong-shape", r"shape .*\ngrad_w must have shape \(1,\).* got \(1, 1\) and \(\)", ONE)
def is_a_column(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w[:, None], grad_b


@expect("broadcast-n-by-n", r"n × n residuals.*\n.*got \(1, \d+\) and \(\d+, \d+\)", ONE)
def broadcasts(X, y, w, b):
    r = (X @ w + b)[:, None] - y
    return X.T @ r, r


@expect("raised", r'ValueError: five +\(line \d+: raise ValueError\("five"\)\)', FIVE)
def raises_at_five(X, y, w, b):
    if len(y) == 5:
        raise ValueError("five")
    return right(X, y, w, b)


@expect("no-return", "returned None", FIVE)
def returns_nothing_at_five(X, y, w, b):
    return right(X, y, w, b) if len(y) != 5 else None


@expect("crash", r'SystemExit: no +\(line \d+: sys.exit\("no"\)\)', ONE)
def exits(X, y, w, b):
    sys.exit("no")


@expect("crash", "exit code 3", TWO)
def ends_its_process(X, y, w, b):
    os._exit(3)


@expect("timeout", r"within 0\.3 seconds", TWO, timeout=0.3)
def never_ends(X, y, w, b):
    while True:
        pass


@expect("non-finite", "NaN or infinity", ONE, ("grad_w[0]", np.nan, 1))
def is_nan(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.nan, grad_b


@expect("low-precision", "float32")
def casts_arguments(X, y, w, b):
    return tuple(a.astype(float) for a in right(*map(np.float32, (X, y, w, b))))


@expect("low-precision", "float32")
def casts_answers(X, y, w, b):
    return tuple(np.float32(a).astype(float) for a in right(X, y, w, b))


@expect("low-precision", "float32")
def casts_residuals(X, y, w, b):
    r = np.float32(X @ w + b - y).astype(float)
    return X.T @ r / len(y), r.mean()


@expect("unknown")
def casts_or_raises(X, y, w, b):
    if len(y) > 12:  # as in no problem that tells the faults apart
        raise ValueError
    return casts_residuals(X, y, w, b)


@expect("finite-difference", "difference quotient", ONE)
def takes_differences(X, y, w, b):
    h = 1e-6

    def loss(w, b):
        return ((X @ w + b - y) ** 2).sum() / 2 / len(y)

    grad_w = [(loss(w + h * e, b) - loss(w - h * e, b)) / 2 / h for e in np.eye(len(w))]
    return np.array(grad_w), (loss(w, b + h) - loss(w, b - h)) / 2 / h


@expect(
    "missing-mean",
    r"1/n of 1\.3f is missing.*\n.*--loss half-sse.*\n.*θ = \(b, w\) .* ones",
    TWO,
    ("grad_w[0]", 2, 1),
)
def sums_with_theta(X, y, theta):
    return X.T @ (X @ theta - y)


@expect("missing-mean", r"--loss half-sse.*\n.*as columns", TWO, ("grad_w[0]", 2, 1))
def sums_with_columns(X, y, w, b):
    n, _ = y.shape
    r = X @ w + b - y
    return X.T @ r, r.sum()


@expect("unknown", "", ([[1, 1]], [0], [1, 1], 0), ("grad_w[1]", 4, 2))
def doubles_the_second(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.where(np.arange(len(w)) == 1, 2, 1), grad_b


@expect(None, "^$")
def gradient(X, y, w, b):
    return right(X, y, w, b)


@expect(None, "^in float32 it is wrong for 40 of 40 problems$")
def is_wrong_in_float32(X, y, w, b):
    return right(X, y, w, b * 1.001 if X.dtype == np.float32 else b)


@expect(None, r"θ = \(b, w\).*\nin float32 it is wrong for 40 of 40")
def is_wrong_in_float32_with_theta(X, y, theta):
    return X.T @ (X @ theta - y) / len(y) * (1.001 if X.dtype == np.float32 else 1)


@expect("lr-missing", "learning rate", (*ONE, 0.5), ("new w[0]", 0, 0.5))
def step(X, y, w, b, lr):
    grad_w, grad_b = right(X, y, w, b)
    return w - grad_w, b - lr * grad_b


@expect("no-return", "return nothing", (*ONE, 1.0))
def update(X, y, w, b, lr):
    step(X, y, w, b, lr)


@expect("crash", "exit code 4", (*TWO, 0.5))
def step_gradient(X, y, w, b, lr):
    os._exit(4)


@expect("missing-mean", r"[Ll]oss .*1/n of 1\.2b.*\n.*--loss half-sse", TWO, ("loss", 1, 0.5))
def cost(X, y, w, b):
    return ((X @ w + b - y) ** 2).sum() / 2


@expect("sign-flipped", "ŷ is of the wrong sign", ONE, ("ŷ[0]", -1, 1))
def forward(X, w, b):
    return -(X @ w + b)


@expect("bias-omitted", r"1\.1b is ŷ = Xw \+ b", ([[1]], [0], [1], 1), ("ŷ[0]", 1, 2))
def predict(X, w, b):
    return X @ w


@expect("factor-two", r"loss is twice too large.*\n.*--loss mse", ONE, ("loss", 1, 0.5))
def loss(X, y, w, b):
    return ((X @ w + b - y) ** 2).mean()


@expect("factor-two", r"loss is twice too large.*\n.*--loss mse", ONE, ("l[0]", 1, 0.5))
def squared_loss(y_hat, y):
    return (y_hat - y) ** 2


@pytest.mark.parametrize(
    ("program", "fault", "explanation", "example", "numbers", "options"), CASES
)
def test_each_program_has_its_verdict(program, fault, explanation, example, numbers, options):
    """The fault, the sentence, the smallest example and the number that is wrong there."""
    (found,) = check(program, **{"max_examples": 20, "timeout": 5} | options).checks
    assert found.fault == fault, found
    assert re.search(explanation, found.explanation), found.explanation
    shown = found.counterexample
    assert (shown is None) == (fault is None)
    if example:
        X, y, w, b, *lr = example
        assert (shown.X.tolist(), shown.y.tolist(), shown.w.tolist(), shown.b) == (X, y, w, b)
        assert shown.lr == (lr[0] if lr else None)
    if numbers:
        component, got, expected = numbers
        assert shown.component == component
        np.testing.assert_array_equal([shown.got, shown.expected], [got, expected])


@pytest.mark.parametrize(
    ("program", "declared"),
    [(sums_with_theta, "half-sse"), (sums_with_columns, "half-sse"), (loss, "mse")],
)
def test_a_program_of_another_loss_is_right_where_that_is_declared(program, declared):
    """As the hint said."""
    report = check(program, max_examples=20, loss=declared)
    assert report.passed, str(report)


@pytest.mark.parametrize(("loss", "c"), [("half-mse", 1), ("mse", 2)])
def test_a_trainer_and_its_predictions_have_a_check_each(loss, c):
    """A step is shown as the gradient that it followed, a prediction as it is."""

    class Wrong(Model):
        def fit(self, X, y):
            start = np.zeros(X.shape[1]), 0.0
            self.w, self.b = gradient_descent(X, y, *start, 2 * c * self.lr, self.n_iters)

        def predict(self, X):
            return X @ self.w

    step, predict = check(Wrong, max_examples=10, loss=loss).checks
    assert (step.kind, step.name, step.fault, step.cases) == ("trainer", "Wrong", "factor-two", 10)
    assert (predict.kind, predict.name, predict.cases) == ("predict", "Wrong.predict", 10)
    assert predict.fault == "bias-omitted"
    shown = step.counterexample
    assert shown.component == "grad_w[0]"
    assert shown.expected == pytest.approx(c * right(*shown_problem(shown))[0][0], rel=1e-12)
    assert shown.got == pytest.approx(2 * shown.expected, rel=1e-12)
    shown = predict.counterexample
    y_hat = (shown.X @ shown.w)[0]
    assert (shown.component, shown.got) == ("ŷ[0]", pytest.approx(y_hat))
    assert shown.expected == pytest.approx(y_hat + shown.b)


def shown_problem(shown):
    """X, y, w, b of a counterexample."""
    return shown.X, shown.y, shown.w, shown.b


def verdict_of(program, name="gradient", **options):
    """The check of a program in this process, and the X of each call."""
    process = InProcess(program)
    found, *_ = verdicts(process, planned(program, name), Options(**{"max_examples": 5} | options))
    return found, [kwargs["X"] for kwargs, _ in process.calls if "X" in kwargs]


def sign_flipped(X, y, w, b):
    """By the wrong residual."""
    return tuple(-g for g in right(X, y, w, b))


@pytest.mark.parametrize("program", [right, sign_flipped])
def test_the_same_seed_makes_the_same_calls(program):
    """In float32 and in the diagnosis, too; another seed makes others."""
    (first, calls), (_, again) = (verdict_of(program, seed=3) for _ in range(2))
    assert first.passed == (program is right)
    assert [X.tolist() for X in calls] == [X.tolist() for X in again]
    assert calls[1].tolist() != verdict_of(program, seed=4)[1][1].tolist()


def test_the_diagnosis_asks_problems_that_were_not_asked_before():
    """The forty that tell the faults apart, drawn anew."""
    calls = [X.tolist() for X in verdict_of(sign_flipped)[1]]
    shapes, wanted = [np.shape(X) for X in calls], [c.X.shape for c in distinguishing_problems(0)]
    (at,) = [i for i in range(len(calls)) if shapes[i : i + 40] == wanted]
    assert not any(X in calls[:at] for X in calls[at : at + 40])


def test_the_number_of_wrong_problems_counts_each_once():
    """Those of the run and those of the diagnosis, however often they were asked."""

    def off(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return grad_w, grad_b + 1e-3

    found, _ = verdict_of(off)
    assert "Wrong in 50 problems: grad_b" in found.explanation


@pytest.mark.parametrize("program", [right, gradient_descent])
def test_only_what_is_no_trainer_is_called_in_float32(program):
    """Where a training ends depends on every rounding before."""
    found, calls = verdict_of(program, program.__name__)
    assert found.passed
    assert any(X.dtype == np.float32 for X in calls) == (program is right)


@pytest.mark.parametrize("program", [keeps_the_first, is_random])
def test_an_example_that_depends_on_more_than_the_arguments_is_shown_as_it_was_asked(program):
    """Asked again, or smaller, it may answer otherwise."""
    found, calls = verdict_of(program)
    assert any(found.counterexample.X is X for X in calls)


def test_an_example_is_made_smaller_as_long_as_it_fails_in_the_same_way():
    """A wrong number stays one, and does not become an exception."""

    def raises_for_one_number(X, y, w, b):
        if X.size == 1:
            raise ValueError
        return sign_flipped(X, y, w, b)

    shown = verdict_of(raises_for_one_number)[0].counterexample
    assert (shown.X.size, shown.got) == (2, -shown.expected)


def test_an_example_that_is_right_the_next_time_is_shown_as_it_was():
    """The fault does not occur again while it is made smaller."""
    calls = []

    def recovers(X, y, w, b):
        calls.append(1)
        return (sign_flipped if len(calls) <= 70 else right)(X, y, w, b)

    found, asked = verdict_of(recovers)
    assert not found.passed
    assert any(found.counterexample.X is X for X in asked)


def test_several_faults_that_explain_all_answers_are_all_named():
    """With two samples, twice is n times."""

    def twice(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return 2 * grad_w, grad_b

    rng = np.random.default_rng(0)
    problem = Problem(rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3), 0.5)
    trials = evaluate_of(twice)([problem])
    fault, explanation = diagnose(trials, trials, [], None, "half-mse")
    assert fault == "unknown"
    assert re.search(r"may be one of factor-two-w, weight-gradient-sum", explanation)
