"""The verdict on one function: its fault, the sentences that explain it, the smallest example."""

import os
import re
import sys

import numpy as np
import pytest
from in_process import (
    InProcess,
    Model,
    answers,
    definition_of,
    gradient_descent,
    right,
)

from reference import check
from reference.checker.call_plan import Problem
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.problem_set import distinguishing_problems
from reference.checker.session import Options
from reference.checker.verdict import diagnose, judge

ONE = ([[1]], [0], [1], 0)
TWO = ([[1], [1]], [0, 0], [1], 0)
CASES = []


def expect(fault, explanation="", example=None, numbers=None, **options):
    """Enter a program: its fault, a pattern in the explanation, X, y, w, b and the wrong number."""

    def enter(program):
        case = (program, fault, explanation, example, numbers, options)
        CASES.append(pytest.param(*case, id=program.__name__))
        return program

    return enter


@expect("mutates-input", "change the caller's arrays", ONE)
def gradient_that_changes_y(X, y, w, b):
    y -= 1
    return right(X, y + 1, w, b)


@expect("no-return", "return nothing", ONE)
def gradient_of_nothing(X, y, w, b):
    right(X, y, w, b)


@expect("stale", "earlier call")
def gradient_of_the_first(X, y, w, b, seen=[]):  # noqa: B006
    seen.append(right(X, y, w, b))
    return seen[0]


@expect("stale", "earlier call")
def gradient_one_behind(X, y, w, b, seen=[]):  # noqa: B006
    seen.append(right(X, y, w, b))
    return seen[max(len(seen) - 2, 0)]


@expect("nondeterministic", "[Tt]he same arguments")
def gradient_by_chance(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.random.random(), grad_b  # noqa: NPY002


@expect("wrong-shape", r"shape .*\n.*\d numbers and a number.* got \(\d,\)")
def gradient(X, y, w, b):
    return right(X, y, w, b)[0]


@expect("broadcast-n-by-n", r"n × n residuals.*\n.*got \(1, \d+\) and \(\d+, \d+\)", ONE)
def gradient_that_broadcasts(X, y, w, b):
    r = (X @ w + b)[:, None] - y
    return X.T @ r, r


@expect("raised", "ValueError: twelve", ([[1]] * 12, [0] * 12, [1], 0))
def gradient_that_raises_at_twelve(X, y, w, b):
    if len(y) == 12:
        raise ValueError("twelve")
    return right(X, y, w, b)


@expect("no-return", "returned None", ([[1]] * 12, [0] * 12, [1], 0))
def gradient_but_for_twelve(X, y, w, b):
    return right(X, y, w, b) if len(y) != 12 else None


@expect("crash", "SystemExit: no", ([[1]] * 12, [0] * 12, [1], 0))
def gradient_that_exits_at_twelve(X, y, w, b):
    if len(y) == 12:
        sys.exit("no")
    return right(X, y, w, b)


@expect("crash", "exit code 3")
def gradient_that_ends_its_process(X, y, w, b):
    os._exit(3)


@expect("timeout", r"within 0\.3 seconds", timeout=0.3)
def gradient_without_end(X, y, w, b):
    while True:
        pass


@expect("non-finite", "NaN or infinity", ONE, ("grad_w[0]", np.nan, 1))
def gradient_of_nan(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.nan, grad_b


@expect("low-precision", "float32")
def gradient_of_narrow_arguments(X, y, w, b):
    return tuple(a.astype(float) for a in right(*map(np.float32, (X, y, w, b))))


@expect("low-precision", "float32")
def narrow_gradient(X, y, w, b):
    return tuple(np.float32(a).astype(float) for a in right(X, y, w, b))


@expect("low-precision", "float32")
def gradient_of_narrow_residuals(X, y, w, b):
    r = np.float32(X @ w + b - y).astype(float)
    return X.T @ r / len(y), r.mean()


@expect("unknown")
def gradient_narrow_or_raised(X, y, w, b):
    if len(y) > 12:  # as in no problem that tells the faults apart
        raise ValueError
    return gradient_of_narrow_residuals(X, y, w, b)


@expect("finite-difference", "difference quotient", ONE)
def gradient_by_differences(X, y, w, b):
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
def gradient_sum_of_theta(X, y, theta):
    return X.T @ (X @ theta - y)


@expect("missing-mean", r"--loss half-sse.*\n.*columns", TWO, ("grad_w[0]", 2, 1))
def gradient_sum_of_columns(X, y, w, b):
    n, _ = y.shape
    r = X @ w + b - y
    return X.T @ r, r.sum()


@expect("unknown", "", ([[1, 1]], [0], [1, 1], 0), ("grad_w[1]", 4, 2))
def gradient_with_the_second_doubled(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.where(np.arange(len(w)) == 1, 2, 1), grad_b


@expect(None, "^$")
def gradient_that_is_right(X, y, w, b):
    return right(X, y, w, b)


@expect(None, r"θ = \(b, w\) and X with a column of ones")
def gradient_of_theta(X, y, theta):
    return X.T @ (X @ theta - y) / len(y)


@expect("lr-missing", "learning rate", (*ONE, 0.5), ("new w[0]", 0, 0.5))
def step(X, y, w, b, lr):
    grad_w, grad_b = right(X, y, w, b)
    return w - grad_w, b - lr * grad_b


@expect("crash", "exit code 4")
def step_gradient(X, y, w, b, lr):
    os._exit(4)


@expect("missing-mean", r"[Ll]oss .*1/n of 1\.2b.*\n.*--loss half-sse", TWO, ("loss", 1, 0.5))
def cost(X, y, w, b):
    return ((X @ w + b - y) ** 2).sum() / 2


@expect("sign-flipped", "wrong sign", ONE, ("ŷ[0]", -1, 1))
def forward(X, w, b):
    return -(X @ w + b)


@expect("bias-omitted", r"1\.1b is ŷ = Xw \+ b", ([[1]], [0], [1], 1), ("ŷ[0]", 1, 2))
def predict(X, w, b):
    return X @ w


@expect("factor-two", r"loss is 2 times too large.*\n.*--loss mse", ONE, ("loss", 1, 0.5))
def loss(X, y, w, b):
    return ((X @ w + b - y) ** 2).mean()


@expect("factor-two", r"loss is 2 times too large.*\n.*--loss mse", ONE, ("l[0]", 1, 0.5))
def squared_loss(y_hat, y):
    return (y_hat - y) ** 2


@pytest.mark.parametrize(
    ("program", "fault", "explanation", "example", "numbers", "options"), CASES
)
def test_each_program_has_its_verdict(program, fault, explanation, example, numbers, options):
    """The fault, the sentence, the smallest example and the number that is wrong there."""
    options = {"max_examples": 20, "timeout": 20, "loss": "half-mse"} | options
    (found,) = check(program, **options).checks
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


def gradient_with_the_undefined(X, y, w, b):
    return undefined_name  # noqa: F821


def gradient_of_logistic_regression(X, y, w, b):
    r = 1 / (1 + np.exp(-(X @ w + b))) - y
    return X.T @ r / len(y), r.mean()


def something(X, y, w, b):
    return X.sum(), y.max()


def find_word(text):
    return text.split()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (
            gradient_with_the_undefined,
            r"as .*\(X: X, y: y, w: w, b: b\), it raised NameError: .*undef",
        ),
        (gradient_of_logistic_regression, "not linear: it calls exp"),
        (something, r"as something\(.*it returned \[\(\), \(\)\]"),
        (find_word, ""),
    ],
)
def test_what_is_not_understood_is_not_checked(program, reason):
    """With the likeliest call, and what came of it."""
    (found,) = check(program, max_examples=10).checks
    assert (found.verdict, found.passed, found.fault) == ("unchecked", None, None)
    assert re.search(reason, found.reason), found.reason


@pytest.mark.parametrize(
    ("program", "declared"),
    [(gradient_sum_of_theta, "half-sse"), (gradient_sum_of_columns, "half-sse"), (loss, "mse")],
)
def test_a_program_of_another_loss_is_right_where_that_is_declared(program, declared):
    """As the hint said."""
    report = check(program, max_examples=20, loss=declared)
    assert report.passed, str(report)


class Doubled(Model):
    """Steps of twice the length, predictions without the bias."""

    def fit(self, X, y):
        start = np.zeros(X.shape[1]), 0.0
        self.w, self.b = gradient_descent(X, y, *start, 2 * self.lr, self.n_iters)

    def predict(self, X):
        return X @ self.w


def test_a_trainer_and_its_predictions_have_a_check_each():
    """A step is shown as the gradient that it followed, a prediction as it is."""
    step, predict = check(Doubled, max_examples=10, loss="half-mse").checks
    assert (step.kind, step.name, step.fault) == ("trainer", "Doubled", "factor-two")
    assert (predict.kind, predict.name, predict.fault) == (
        "predict",
        "Doubled.predict",
        "bias-omitted",
    )
    shown = step.counterexample
    assert shown.component == "grad_w[0]"
    X, y, w, b = shown.X, shown.y, shown.w, shown.b
    assert shown.expected == pytest.approx(right(X, y, w, b)[0][0], rel=1e-12)
    assert shown.got == pytest.approx(2 * shown.expected, rel=1e-12)
    shown = predict.counterexample
    y_hat = (shown.X @ shown.w)[0]
    assert (shown.component, shown.got) == ("ŷ[0]", pytest.approx(y_hat))
    assert shown.expected == pytest.approx(y_hat + shown.b)


def ridge_gradient(X, y, w, b, lam=0.5):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w + lam * w, grad_b


def ridge_gradient_per_sample(X, y, theta, reg=0.5):
    return (X.T @ (X @ theta - y) + reg * np.r_[0, theta[1:]]) / len(y)


def ridge_loss(X, y, w, b, l2=0.25):
    return (((X @ w + b - y) ** 2).mean() + l2 * w @ w) / 2


def ridge_gradient_without_a_word(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w + 0.5 * w, grad_b


def ridge_gradient_of_the_bias_too(X, y, theta, lam=0.5):
    return X.T @ (X @ theta - y) / len(y) + lam * theta


def lasso_gradient(X, y, w, b, lam=0.5):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w + lam * np.sign(w), grad_b


ridge_gradient_without_a_word.__name__ = "gradient"


@pytest.mark.parametrize(
    ("program", "fault", "said"),
    [
        (ridge_gradient, None, "λ = 0.5"),
        (ridge_gradient_per_sample, None, "λ/n = 0.5/n"),
        (ridge_loss, None, "λ = 0.25"),
        (ridge_gradient_of_the_bias_too, "bias-penalised", "leaves the bias free"),
        (lasso_gradient, "weight-decay", "penalty"),
    ],
)
def test_a_penalty_on_the_weights_is_right_where_the_names_say_so(program, fault, said):
    """With the bias free, and its number; without a word for it the names of faults stay."""
    (found,) = check(program, max_examples=30, loss="half-mse").checks
    assert (found.verdict, found.fault) == ("wrong" if fault else "right", fault), found
    assert said in found.explanation


def judged(program, **options):
    """The check of a program in this process, and the X of each call."""
    process = InProcess(program)
    chosen = Options(**{"max_examples": 5, "loss": "half-mse", "timeout": 60} | options)
    found, *_ = judge(process, definition_of(program), [chosen.loss], chosen)
    return found, [r["args"][0] for r in process.requests if r["args"]]


def gradient_flipped(X, y, w, b):
    """By the wrong residual."""
    return tuple(-g for g in right(X, y, w, b))


@pytest.mark.parametrize("program", [gradient_that_is_right, gradient_flipped])
def test_the_same_seed_makes_the_same_calls(program):
    """Another seed makes others."""
    (first, calls), (_, again) = (judged(program, seed=3) for _ in range(2))
    assert first.passed == (program is gradient_that_is_right)
    assert [X.tolist() for X in calls] == [X.tolist() for X in again]
    assert calls[1].tolist() != judged(program, seed=4)[1][1].tolist()


def test_the_diagnosis_asks_problems_that_were_not_asked_before():
    """The forty that tell the faults apart, drawn anew."""
    calls = [X.tolist() for X in judged(gradient_flipped)[1]]
    wanted = [c.X.tolist() for c in distinguishing_problems(1)]
    (at,) = [i for i in range(len(calls)) if calls[i : i + 40] == wanted]
    assert not any(X in calls[:at] for X in calls[at : at + 40])


@pytest.mark.parametrize("program", [gradient_of_the_first, gradient_by_chance])
def test_an_example_that_depends_on_more_than_the_arguments_is_shown_as_it_was_asked(program):
    """Asked again, or smaller, it may answer otherwise."""
    found, calls = judged(program)
    assert any(found.counterexample.X is X for X in calls)


def test_an_example_is_made_smaller_as_long_as_it_fails_in_the_same_way():
    """A wrong number stays one, and does not become an exception."""

    def gradient_but_for_one_number(X, y, w, b):
        if X.size == 1:
            raise ValueError
        return gradient_flipped(X, y, w, b)

    shown = judged(gradient_but_for_one_number)[0].counterexample
    assert (shown.X.size, shown.got) == (2, -shown.expected)


def test_an_example_that_is_right_the_next_time_is_shown_as_it_was():
    """The fault does not occur again while it is made smaller."""
    calls = []

    def gradient_that_recovers(X, y, w, b):
        calls.append(1)
        return (gradient_flipped if len(calls) <= 55 else right)(X, y, w, b)

    found, asked = judged(gradient_that_recovers)
    assert found.verdict == "wrong"
    assert any(found.counterexample.X is X for X in asked)


def test_a_process_that_ends_while_an_example_shrinks_leaves_the_one_that_was_found():
    """The mistake is reported as it is."""

    def gradient_that_dies(X, y, w, b):
        if len(w) >= 5 and not y.any():
            os._exit(3)
        r = (1 + (len(w) >= 5)) * (X @ w + b - y)
        return X.T @ r / len(y), r.mean()

    (found,) = check(gradient_that_dies, max_examples=50, loss="half-mse").checks
    assert found.fault == "unknown"
    assert "from d = 5 on" in found.explanation
    assert found.counterexample.y.any()


def test_several_faults_that_explain_all_answers_are_all_named():
    """With two samples, twice is n times."""

    def gradient_of_twice_w(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return 2 * grad_w, grad_b

    rng = np.random.default_rng(0)
    problem = Problem(rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3), 0.5)
    trials = answers(gradient_of_twice_w, cases=[problem])
    evidence = Evidence(trials, trials, None, definition_of(gradient_of_twice_w))
    fault, explanation = diagnose(evidence, "half-mse")
    assert fault == "unknown"
    assert re.search(r"may be one of factor-two-w, weight-gradient-sum", explanation)


def train_in_batches_of_four(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        for k in range(0, len(y), 4):
            grad_w, grad_b = right(X[k : k + 4], y[k : k + 4], w, b)
            w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def train_without_the_rest(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        for k in range(0, len(y) - len(y) % 4 or len(y), 4):
            grad_w, grad_b = right(X[k : k + 4], y[k : k + 4], w, b)
            w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def train_row_by_row(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        for i in range(len(y)):
            grad_w, grad_b = right(X[i : i + 1], y[i : i + 1], w, b)
            w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


class BatchModel(Model):
    """With batches, and predictions of its own."""

    def __init__(self, lr, n_iters, batch_size):
        super().__init__(lr, n_iters)
        self.batch_size = batch_size

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            order = np.random.permutation(len(y))  # noqa: NPY002
            for k in range(0, len(y), self.batch_size):
                rows = order[k : k + self.batch_size]
                grad_w, grad_b = right(X[rows], y[rows], self.w, self.b)
                self.w, self.b = self.w - self.lr * grad_w, self.b - self.lr * grad_b


class OneRowModel(Model):
    """One random row a step."""

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            i = np.random.randint(len(y))  # noqa: NPY002
            grad_w, grad_b = right(X[i : i + 1], y[i : i + 1], self.w, self.b)
            self.w, self.b = self.w - self.lr * grad_w, self.b - self.lr * grad_b


@pytest.mark.parametrize(
    ("program", "fault", "said"),
    [
        (train_in_batches_of_four, None, "minibatches of 4 rows"),
        (train_without_the_rest, "remainder-dropped", "last, shorter batch"),
        (train_row_by_row, None, "one sample a step, each in turn"),
        (BatchModel, None, "minibatches"),
        (OneRowModel, None, "one random sample a step"),
    ],
)
def test_minibatches_are_right_of_their_kind(program, fault, said):
    """Those of a fixed size, too; predictions are checked beside them."""
    first, *rest = check(program, max_examples=30).checks
    assert (first.verdict, first.fault) == ("wrong" if fault else "right", fault), first
    assert said in first.explanation
    assert [c.verdict for c in rest] == ["right"] * isinstance(program, type)
