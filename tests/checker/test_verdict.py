"""What is said to whoever wrote it, word for word: fault, sentence, call, smallest example."""

import linecache
import os
import re
import sys

import numpy as np
import pytest
from test_match import answers, sign_flipped
from test_session import descent, opened

from reference import check
from reference.checker import verdict
from reference.checker.trial import distinguishing_problems

ONE = "X = [[1.]]  y = [0.]  w = [1.]  b = 0."
TWO = "X = [[1.], [1.]]  y = [0., 0.]  w = [1.]  b = 0."
ZERO = "X = [[0.]]  y = [0.]  w = [0.]  b = 0."
SAID = {}


def said(*lines, **options):
    """Enter a program with what is said of it, and the options with which it is checked."""

    def enter(program):
        SAID[program.__name__] = (program, lines, options)
        return program

    return enter


def right(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


@said(
    "WRONG   mutates-input",
    "You change the caller's arrays: compute new ones, without +=, -= or out=.",
    f"smallest example   {ONE}",
)
def changes_y(X, y, w, b):
    y -= 1
    return right(X, y + 1, w, b)


@said(
    "WRONG   no-return",
    "You return nothing: is the `return` missing, or did you print the answer instead?",
    f"smallest example   {ONE}",
)
def returns_nothing(X, y, w, b):
    right(X, y, w, b)


@said(
    "WRONG   stale",
    "You return the answer of an earlier call: you keep something between calls.",
    f"smallest example   {ZERO}",
    "grad_w[0]          got 1.0   expected 0.0",
)
def keeps_the_first(X, y, w, b, seen=[]):  # noqa: B006
    seen.append(right(X, y, w, b))
    return seen[0]


@said(
    "WRONG   stale",
    "You return the answer of an earlier call: you keep something between calls.",
    f"smallest example   {ZERO}",
)
def is_one_behind(X, y, w, b, seen=[]):  # noqa: B006
    seen.append(right(X, y, w, b))
    return seen[max(len(seen) - 2, 0)]


@said(
    "WRONG   nondeterministic",
    "Your code gives different results for the same arguments: it uses randomness.",
    ...,
    ...,
)
def throws_dice(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.random.random(), grad_b  # noqa: NPY002


@said(
    "WRONG   wrong-shape",
    "You return another shape than expected: grad_w has the shape of w, grad_b is a number.",
    "grad_w must have shape (1,), grad_b shape (); got (1, 1) and ().",
    f"smallest example   {ONE}",
)
def is_a_column(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w[:, None], grad_b


@said(
    "WRONG   broadcast-n-by-n",
    "You combine shapes (n,) and (n, 1), which makes n × n residuals ŷ⁽ⁱ⁾ − y⁽ᵏ⁾: use y.ravel().",
    "grad_w must have shape (1,), grad_b shape (); got (1, 2) and (2, 2).",
    f"smallest example   {ONE}",
)
def meets_a_column(X, y, w, b):
    r = (X @ w + b)[:, None] - y
    return X.T @ r, r


@said(
    "WRONG   raised",
    "Your code raised an exception on valid arguments.",
    'ValueError: five   (line {line}: raise ValueError("five"))',
    "smallest example   X = [[1.], [1.], [1.], [1.], [1.]]  y = [0., 0., 0., 0., 0.]  w = [1.]  b = 0.",
)
def raises_at_five(X, y, w, b):
    if len(y) == 5:
        raise ValueError("five")
    return right(X, y, w, b)


@said(
    "WRONG   no-return",
    "You return nothing: is the `return` missing, or did you print the answer instead?",
    "It returned None.",
    "smallest example   X = [[1.], [1.], [1.], [1.], [1.]]  y = [0., 0., 0., 0., 0.]  w = [1.]  b = 0.",
)
def returns_nothing_at_five(X, y, w, b):
    return right(X, y, w, b) if len(y) != 5 else None


@said(
    "WRONG   crash",
    "Your code ended the process: it called exit(), or compiled code crashed.",
    'SystemExit: no   (line {line}: sys.exit("no"))',
    f"smallest example   {ONE}",
)
def exits(X, y, w, b):
    sys.exit("no")


@said(
    "WRONG   crash",
    "Your code ended the process: it called exit(), or compiled code crashed. "
    "(it ended its own process, with exit code 3.)",
    f"smallest example   {TWO}",
)
def dies(X, y, w, b):
    os._exit(3)


@said(
    "WRONG   timeout",
    "Your code gave no answer in time: is there a loop that does not end? (no answer within 0.5 seconds.)",
    f"smallest example   {TWO}",
    timeout=0.5,
)
def never_ends(X, y, w, b):
    while True:
        pass


@said(
    "WRONG   non-finite",
    "You return NaN or infinity where the exact answer is an ordinary number.",
    f"smallest example   {ONE}",
    "grad_w[0]          got nan   expected 1.0",
)
def is_nan(X, y, w, b):
    grad_w, grad_b = right(X, y, w, b)
    return grad_w * np.nan, grad_b


@said(
    "WRONG   low-precision",
    "You return float64 numbers that are only as accurate as float32: is there a cast?",
    ...,
    ...,
)
def casts_arguments(X, y, w, b):
    return tuple(a.astype(float) for a in right(*map(np.float32, (X, y, w, b))))


@said(
    "WRONG   low-precision",
    "You return float64 numbers that are only as accurate as float32: is there a cast?",
    ...,
    ...,
)
def casts_answers(X, y, w, b):
    return tuple(np.float32(a).astype(float) for a in right(X, y, w, b))


@said(
    "WRONG   low-precision",
    "You return float64 numbers that are only as accurate as float32: is there a cast?",
    ...,
    ...,
)
def casts_residuals(X, y, w, b):
    r = np.float32(X @ w + b - y).astype(float)
    return X.T @ r / len(y), r.mean()


@said(
    "WRONG   finite-difference",
    "You compute a difference quotient of the loss: it is near the derivative, but only up to "
    "cancellation.",
    f"smallest example   {ONE}",
    "grad_w[0]          got 1.000000000001   expected 1.0",
)
def takes_differences(X, y, w, b):
    h = 1e-6

    def loss(w, b):
        return ((X @ w + b - y) ** 2).sum() / 2 / len(y)

    grad_w = [(loss(w + h * e, b) - loss(w - h * e, b)) / 2 / h for e in np.eye(len(w))]
    return np.array(grad_w), (loss(w, b + h) - loss(w, b - h)) / 2 / h


HALF_SSE = (
    "(It would be right for the loss ½ Σ (ŷ − y)²: if that is your loss, add --loss half-sse.)"
)


@said(
    "WRONG   missing-mean",
    "Your gradient is n times too large: the 1/n of 1.3f is missing.",
    HALF_SSE,
    "(called with θ = (b, w) and X with a column of ones.)",
    f"smallest example   {TWO}",
    "grad_w[0]          got 2.0   expected 1.0",
)
def of_theta(X, y, theta):
    return X.T @ (X @ theta - y)


@said(
    "WRONG   missing-mean",
    "Your gradient is n times too large: the 1/n of 1.3f is missing.",
    HALF_SSE,
    "(called with labels (n, 1) and weights (d, 1) as columns.)",
    f"smallest example   {TWO}",
    "grad_w[0]          got 2.0   expected 1.0",
)
def wants_columns(X, y, w, b):
    n, _ = y.shape
    r = X @ w + b - y
    return X.T @ r, r.sum()


@said("right   20 problems, worst error {worst} of the rounding bound")
def gradient(X, y, w, b):
    return right(X, y, w, b)


@said(
    "right   20 problems, worst error {worst} of the rounding bound",
    "in float32 it is wrong for 40 of 40 problems",
)
def is_wrong_in_float32(X, y, w, b):
    return right(X, y, w, b * 1.001 if X.dtype == np.float32 else b)


@said(
    "right   20 problems, worst error {worst} of the rounding bound",
    "called with θ = (b, w) and X with a column of ones",
    "in float32 it is wrong for 40 of 40 problems",
)
def of_theta_in_float64(X, y, theta):
    return X.T @ (X @ theta - y) / len(y) * (1.001 if X.dtype == np.float32 else 1)


@said(
    "WRONG   lr-missing",
    "You do not multiply the step by the learning rate.",
    f"smallest example   {ONE}  lr = 0.5",
    "new w[0]           got 0.0   expected 0.5",
)
def step(X, y, w, b, lr):
    grad_w, grad_b = right(X, y, w, b)
    return w - grad_w, b - lr * grad_b


@said(
    "WRONG   no-return",
    "You return nothing: is the `return` missing, or did you print the answer instead?",
    f"smallest example   {ONE}  lr = 1.0",
)
def update(X, y, w, b, lr):
    step(X, y, w, b, lr)


@said(
    "WRONG   crash",
    "Your code ended the process: it called exit(), or compiled code crashed. "
    "(it ended its own process, with exit code 4.)",
    f"smallest example   {TWO}  lr = 0.5",
)
def step_gradient(X, y, w, b, lr):
    os._exit(4)


@said(
    "WRONG   unknown",
    ...,
    ...,
    ...,
)
def casts_or_raises(X, y, w, b):
    if len(y) > 12:  # which no distinguishing_problems problem has
        raise ValueError
    return casts_residuals(X, y, w, b)


@said(
    "WRONG   missing-mean",
    "Your loss is n times too large: the 1/n of 1.2b is missing.",
    HALF_SSE,
    f"smallest example   {TWO}",
    "loss               got 1.0   expected 0.5",
)
def cost(X, y, w, b):
    return ((X @ w + b - y) ** 2).sum() / 2


@said(
    "WRONG   sign-flipped",
    "Your prediction has the wrong sign: the residual is ŷ − y, and a step goes against the gradient.",
    f"smallest example   {ONE}",
    "ŷ[0]               got -1.0   expected 1.0",
)
def forward(X, w, b):
    return -(X @ w + b)


@said(
    "WRONG   bias-omitted",
    "Your prediction has no bias: 1.1b is ŷ = Xw + b, here too.",
    "smallest example   X = [[1.]]  y = [0.]  w = [1.]  b = 1.",
    "ŷ[0]               got 1.0   expected 2.0",
)
def predict(X, w, b):
    return X @ w


TWICE = (
    "Your loss is 2 times too large: the ½ of 1.2a, which cancels the 2 of the square, is missing."
)
MSE = "(It would be right for the loss (1/n) Σ (ŷ − y)²: if that is your loss, add --loss mse.)"


@said(
    "WRONG   factor-two",
    TWICE,
    MSE,
    f"smallest example   {ONE}",
    "loss               got 1.0   expected 0.5",
)
def loss(X, y, w, b):
    return ((X @ w + b - y) ** 2).mean()


@said(
    "WRONG   factor-two",
    TWICE,
    MSE,
    f"smallest example   {ONE}",
    "l[0]               got 1.0   expected 0.5",
)
def squared_loss(y_hat, y):
    return (y_hat - y) ** 2


KINDS = {"squared_loss": "sample", "step": "step", "update": "step", "step_gradient": "step"}
KINDS |= {"predict": "predict", "forward": "predict", "loss": "loss", "cost": "loss"}


@pytest.mark.parametrize("name", SAID)
def test_it_is_said_word_for_word(name):
    """The verdict, the sentences and the example; `...` for a line with numbers of chance."""
    program, lines, options = SAID[name]
    report = check(program, **{"max_examples": 20, "timeout": 5} | options)
    (found,) = report.checks
    assert (found.kind, found.name) == (KINDS.get(name, "gradient"), name)
    assert found.cases == (0 if name in ("dies", "never_ends", "step_gradient") else 20)
    file, first, *told = str(report).splitlines()
    head = f"  {name}   {found.equation}   "
    assert (file, first[: len(head)]) == (name, head)
    told = [first.removeprefix(head), *(line.removeprefix("      ") for line in told)]
    for got, expected in zip(told, lines, strict=True):
        if expected is not ...:
            where = re.search(r"\(line (\d+): (.*)\)", got)
            if where:
                assert (
                    linecache.getline(__file__, int(where[1])).split("  #")[0].strip() == where[2]
                )
            worst = f"{found.worst_error:.1g}"
            assert got == expected.format(line=where and where[1], worst=worst)


@pytest.mark.parametrize("name", ["of_theta", "wants_columns", "step", "loss"])
def test_the_declared_loss_is_what_it_is_held_against(name):
    """A program of another convention is right where that is declared, and no hint is given."""
    program = SAID[name][0]
    declared = {"of_theta": "half-sse", "wants_columns": "half-sse", "loss": "mse"}
    report = check(program, max_examples=20, loss=declared.get(name, "half-mse"))
    assert report.passed == (name in declared), str(report)


@pytest.mark.parametrize(("loss", "c"), [("half-mse", 1), ("mse", 2)])
def test_a_trainer_and_its_predictions_have_a_line_each(loss, c):
    """Its steps are shown as the gradient they went along, its predictions as they came."""

    class Model:
        def __init__(self, lr, n_iters):
            self.lr, self.n_iters = lr, n_iters

        def fit(self, X, y):
            self.w, self.b = np.zeros(X.shape[1]), 0.0
            for _ in range(self.n_iters):
                grad_w, grad_b = right(X, y, self.w, self.b)
                self.w = self.w - 2 * c * self.lr * grad_w
                self.b = self.b - 2 * c * self.lr * grad_b

        def predict(self, X):
            return X @ self.w

    report = check(Model, max_examples=10, loss=loss)
    step, predict = report.checks
    assert (step.cases, predict.cases) == (10, 10)
    assert (step.kind, step.name, step.fault) == ("trainer", "Model", "factor-two")
    assert (predict.kind, predict.name) == ("predict", "Model.predict")
    assert (predict.fault, predict.explanation) == (
        "bias-omitted",
        "Your prediction has no bias: 1.1b is ŷ = Xw + b, here too.",
    )
    shown = step.counterexample
    assert shown.component == "grad_w[0]"
    assert shown.got == pytest.approx(2 * shown.expected, rel=1e-12)
    true = c * right(shown.X, shown.y, shown.w, shown.b)[0][0]
    assert shown.expected == pytest.approx(true, rel=1e-12)
    shown = predict.counterexample
    y_hat = shown.X @ shown.w
    assert shown.component == "ŷ[0]"
    assert (shown.got, shown.expected) == pytest.approx((y_hat[0], y_hat[0] + shown.b))


def test_predictions_are_judged_by_what_there_is():
    """If that is one answer: nothing more is asked, and there is nothing to say of float32."""
    session = opened(right)
    trials = answers(lambda X, w, b: X @ w + b, "predict")
    for some in (trials, trials[:1]):
        found = verdict.judged(session, some, 7)
        assert (found.kind, found.passed, found.explanation) == ("predict", True, "")
        assert (found.cases, found.counterexample) == (7, None)
        assert found.worst_error == max(i.errors.max() for i in some)
    assert verdict.judged(session, trials, 7).worst_error > 0
    wrong = answers(predict)[:1]
    found = verdict.judged(session, wrong, 7)
    assert (found.fault, found.cases) == ("bias-omitted", 7)
    assert found.counterexample.X is wrong[0].case.X
    assert session.process.problem == []


@pytest.mark.parametrize("fault", ["stale", "nondeterministic"])
def test_what_depends_on_more_than_the_arguments_is_shown_as_it_was_asked(fault):
    """Asked once more, it may answer otherwise."""
    wrong = answers(sign_flipped)
    shown = verdict.shrunk(None, wrong, fault)
    assert any(shown is i for i in wrong)
    assert shown.case.X.size == min(i.case.X.size for i in wrong)


def asked_by(program):
    """Its verdict and the arguments that it was called with, for seed 3."""
    session = opened(program, seed=3, max_examples=5)
    (found,) = verdict.verdicts(session)
    return found, [kwargs for _, _, kwargs, _ in session.process.problem]


@pytest.mark.parametrize("program", [right, sign_flipped])
def test_a_seed_asks_the_same_questions(program):
    """In float32, too, and to tell the faults apart."""
    (first, asked), (second, again) = (asked_by(program) for _ in range(2))
    assert repr(asked) == repr(again)
    assert first.passed == second.passed == (program is right)


def test_faults_are_told_apart_by_other_questions_than_the_first():
    """The forty that are distinguishing_problems, drawn anew."""
    X = [kwargs["X"].tolist() for kwargs in asked_by(sign_flipped)[1]]
    (at,) = [i for i in range(len(X)) if [len(a) for a in X[i : i + 40]] == SIZES]
    assert not any(a in X[:at] for a in X[at : at + 40])


SIZES = [len(c.y) for c in distinguishing_problems(0)]


def test_trainers_are_not_asked_in_float32():
    """Where they end depends on every rounding before."""
    session = opened(descent, "gradient_descent")
    assert verdict.in_float32(session) == ""
    assert session.process.problem == []


def test_what_several_faults_explain_has_all_their_names():
    """Of two samples, twice is n times."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return 2 * grad_w, grad_b

    wrong = next(i for i in answers(gradient) if i.case.X.shape == (2, 3))
    found = verdict.judged(opened(right), [wrong], 1)
    assert found.fault == "unknown"
    assert found.explanation.endswith("\nIt may be one of factor-two-w, weight-gradient-sum.")


def test_an_example_is_shrunk_as_long_as_it_is_answered_alike():
    """With the same form; else it is shown as it was found."""

    def raises_if_small(X, y, w, b):
        if X.size == 1:
            raise ValueError
        return sign_flipped(X, y, w, b)

    wrong = [i for i in answers(sign_flipped) if len(i.case.y) > 1]
    first = min(wrong, key=lambda i: i.case.X.size)
    assert verdict.shrunk(opened(sign_flipped), wrong, "sign-flipped").case.X.tolist() == [[1]]
    shown = verdict.shrunk(opened(raises_if_small), wrong, "sign-flipped")
    assert (shown.reading.fault, shown.case.X.size) == ("", 2)
    assert verdict.shrunk(opened(right), wrong, "sign-flipped") is first
    assert verdict.shrunk(opened(sign_flipped, dies_at=1), wrong, "sign-flipped") is first


def test_the_first_wrong_number_is_shown():
    """What is at the bound is right; and where all are, none is shown."""
    item = next(i for i in answers(sign_flipped) if i.case.X.shape == (5, 3))
    item.errors = np.array([0.5, 1.0, 1.5, 1.25])
    shown = verdict.counterexample(item)
    assert (shown.component, shown.lr) == ("grad_w[2]", None)
    assert (shown.got, shown.expected) == (item.reading.vector[2], item.expected.rounded[2])
    item.errors = np.array([0.5, 1.0, 0.0, 0.0])
    shown = verdict.counterexample(item)
    assert (shown.X is item.case.X, shown.component, shown.got) == (True, None, None)
