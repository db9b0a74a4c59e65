"""How one function is tried: which call is understood, all problems, what a training shows."""

import itertools

import numpy as np
import pytest
from in_process import (
    FOREVER,
    InProcess,
    Model,
    chosen,
    definition_of,
    evaluate_of,
    gradient_descent,
    right,
)

from reference.checker import session
from reference.checker.choose_call import choose_call
from reference.checker.problem_set import distinguishing_problems, random_problems
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.session import Options, make_evaluate, of_function, run

PROBLEM = distinguishing_problems(0)[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "l2"}, r"loss must be one of auto, half-mse, mse, half-sse, sse, got 'l2'"),
        ({"max_examples": 0}, r"must be positive, got 0\b"),
        ({"timeout": -1.0}, r"must be positive, .* -1\.0"),
        ({"timeout": np.nan}, r"must be positive, .* nan"),
        ({"timeout": 1e6}, r"at most .* got 1000000\.0"),
        ({"seed": -1}, r"not be negative, got -1"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    """With the rule and the value."""
    with pytest.raises(ValueError, match=message):
        Options(**options)


def gradient(X, y, w, b):
    """Right."""
    return right(X, y, w, b)


def gradient_of_columns(X, y, w, b):
    """Right, and only for columns."""
    n, _ = y.shape
    r = X @ w + b - y
    return X.T @ r / n, r.mean()


def gradient_of_one_feature(x, y, w, b):
    """Right, for x of shape (n,) and a number w."""
    r = w * x + b - y
    return x @ r / len(y), r.mean()


def gradient_of_one_sample(x, y, w, b):
    """Right, for one row."""
    r = x @ w + b - y
    return r * x, r


def twice_the_gradient(X, y, w, b):
    """Wrong under half-mse."""
    return tuple(2 * g for g in right(X, y, w, b))


def gradient_with_a_sum(X, y, w, b):
    """Right for one sample alone, and answers any number of them."""
    r = X @ w + b - y
    return X.T @ r, np.sum(r)


def gradient_of_the_first_feature(X, y, w, b):
    """Right for one feature alone, and answers any number of them."""
    grad_w, grad_b = right(X, y, w, b)
    return 0 * grad_w + grad_w.max(), grad_b


def gradient_that_raises(X, y, w, b):
    """For all arguments."""
    raise ValueError("no")


def gradient_of_nothing(X, y, w, b):
    """Answers nothing."""


def gradient_of_each_sample(X, y, w, b):
    """Answers of the wrong size."""
    return X @ w, y


def helper(text):
    """None of ours."""
    return text


@pytest.mark.parametrize(
    ("program", "losses", "status", "layout"),
    [
        (gradient, ["half-mse"], "right", {"d": 0, "n": 0, "w": "vector"}),
        (twice_the_gradient, ["half-mse", "mse"], "right", {"w": "vector"}),
        (gradient_of_columns, ["half-mse"], "right", {"y": "column", "w": "column"}),
        (gradient_of_one_feature, ["half-mse"], "right", {"x": "vector", "d": 1}),
        (gradient_of_one_sample, ["half-mse"], "right", {"x": "one row", "n": 1}),
        (twice_the_gradient, ["half-mse"], "named", {"d": 0}),
        (gradient_with_a_sum, ["half-mse"], "named", {"n": 0}),
        (gradient_of_the_first_feature, ["half-mse"], "only reading", {"d": 0}),
        (gradient_of_nothing, ["half-mse"], "no reading", {"d": 0}),
        (gradient_of_each_sample, ["half-mse"], "no reading", {"d": 0}),
        (gradient_that_raises, ["half-mse"], "unknown call", None),
        (helper, ["half-mse"], "unknown call", None),
    ],
)
def test_a_call_is_chosen_that_can_be_understood(program, losses, status, layout):
    """One under which it is right; else one that a name explains; else the only one meant."""
    choice = chosen(program, losses)
    assert choice.status == status
    assert (choice.call is None) == (layout is None)
    for name, value in (layout or {}).items():
        assert getattr(choice.call.plan.layout, name) == value
    if status == "right":
        assert choice.call.loss == losses[-1]


def test_there_is_a_time_limit_for_the_choice():
    """With no attempt before it, nothing is known."""
    choice = choose_call(InProcess(gradient), definition_of(gradient), ["half-mse"], 0, 0.0)
    assert (choice.call, choice.first) == (None, None)


def test_a_process_that_ends_in_two_calls_is_asked_no_more():
    """The likeliest call is then the one that ended it."""

    class Dies(InProcess):
        def ask(self, requests):
            self.requests += requests
            raise SubjectTerminated("timeout", "no answer")
            yield

    process = Dies(gradient)
    choice = chosen(gradient, process=process)
    assert (choice.status, choice.ended.fault) == ("terminated", "timeout")
    assert len(process.requests) == 2


@pytest.mark.parametrize(("count", "again"), [(7, 7), (150, 100)])
def test_all_problems_are_run_and_some_of_them_again(count, again):
    """A few simple ones first, a hundred at most again, under the index that they had."""
    process, call = InProcess(gradient), chosen(gradient).call
    options = Options(max_examples=count, seed=2)
    trials, problems = run(make_evaluate(process, call, FOREVER), call, options)
    assert problems == count
    assert len(trials) == len(process.requests) == 5 + count + again
    assert [t.index for t in trials[: 5 + count]] == list(range(5 + count))
    repeated = [t.index for t in trials[5 + count :]]
    assert sorted(repeated) != repeated
    assert len(set(repeated)) == again
    assert min(repeated) >= 5
    assert all(t.problem is trials[t.index].problem for t in trials)
    drawn = zip(trials[5:], random_problems(2, count, True, 0, 0), strict=False)
    assert all(t.problem is c for t, c in drawn)
    for trial, request in zip(trials, process.requests, strict=True):
        assert request["args"][0] is trial.problem.X
        assert trial.is_correct
    assert not process.closed


def test_a_slow_function_is_run_for_as_long_as_there_is_time(monkeypatch):
    """Then the process is closed with the rest of its answers; those that came count."""
    now = itertools.count()
    monkeypatch.setattr(session.time, "monotonic", lambda: float(next(now)))
    process, call = InProcess(gradient), chosen(gradient).call
    evaluate = make_evaluate(process, call, FOREVER)
    trials, problems = run(evaluate, call, Options(max_examples=50), next(now) + 10.0)
    assert (len(trials), problems, process.closed) == (11, 6, True)
    process.closed = False
    assert len(evaluate(distinguishing_problems(0)[:5])) == 5
    assert not process.closed


def test_an_error_names_the_problem_at_which_the_process_ended():
    """The one that had no answer."""
    problems = distinguishing_problems(0)[:5]
    with pytest.raises(SubjectTerminated) as ended:
        evaluate_of(gradient, dies_at=3)(problems)
    assert ended.value.problem.X is problems[2].X


def test_a_training_is_seen_as_steps():
    """Of 1, 2 and 3 iterations, each from where the one before it ended."""
    trials = evaluate_of(gradient_descent)([PROBLEM, PROBLEM])
    assert [t.index for t in trials] == [0, 0, 0, 1, 1, 1]
    assert all(t.is_correct and t.problem.X is PROBLEM.X for t in trials)
    assert trials[0].case.w.tolist() == PROBLEM.w.tolist()
    for before, after in itertools.pairwise(trials[:3]):
        assert [*after.case.w, after.case.b] == before.reading.vector.tolist()


def test_a_class_chooses_where_it_starts():
    """Its first training is the start of the second; its predictions are a trial of their own."""
    trials = evaluate_of(Model)([PROBLEM])
    *steps, predicted = trials
    assert [t.plan.name for t in trials] == ["Model", "Model", "Model.predict"]
    assert of_function(trials, steps[0].plan) == steps
    assert all(t.is_correct and t.problem.X is PROBLEM.X for t in trials)
    start = 0 * PROBLEM.w, 0.0, PROBLEM.lr
    first, third = (gradient_descent(*PROBLEM[:2], *start, n) for n in (1, 3))
    assert [*steps[0].case.w, steps[0].case.b] == pytest.approx(np.append(*first), rel=1e-12)
    assert [*predicted.case.w, predicted.case.b] == np.append(*third).tolist()
    assert len(predicted.case.y) == len(PROBLEM.y) + 1  # other rows than it was fitted on
    y_hat = predicted.case.X @ third[0] + third[1]
    np.testing.assert_allclose(predicted.reading.vector, y_hat, rtol=1e-12)


class Narrow(Model):
    def predict(self, X):
        return super().predict(X).astype(np.float32)


class Short(Model):
    def predict(self, X):
        return super().predict(X)[1:]


class Diverges(Model):
    def fit(self, X, y):
        super().fit(X, y)
        if self.n_iters == 3:
            self.b = np.nan


def test_predictions_are_compared_in_their_own_precision():
    """float32 ones in float32, whatever the weights are; too few are of the wrong shape."""
    predicted = evaluate_of(Narrow)([PROBLEM])[-1]
    assert (predicted.plan.kind, predicted.reading.dtype) == ("predict", np.float32)
    assert predicted.is_correct
    short = evaluate_of(Short)([PROBLEM])[-1]
    assert (short.plan.kind, short.reading.fault) == ("predict", "wrong-shape")


def test_a_model_that_diverges_predicts_nothing():
    """Even if it does so in its last step."""
    trials = evaluate_of(Diverges)([PROBLEM])
    assert [(t.plan.name, t.finite) for t in trials] == [("Diverges", True), ("Diverges", False)]


def test_steps_after_nan_are_compared_from_the_start():
    """What comes after NaN cannot be compared; the step that led there is wrong."""

    def diverging_descent(X, y, w, b, lr, n_iters):
        w, b = gradient_descent(X, y, w, b, lr, 1)
        return (w * np.nan, b) if n_iters > 1 else (w, b)

    trials = evaluate_of(diverging_descent)([PROBLEM])
    assert [t.is_correct for t in trials] == [True, False, False]
    assert trials[2].case.w.tolist() == PROBLEM.w.tolist()
    assert not trials[2].finite
