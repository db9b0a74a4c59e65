"""How one function is tried: the layout of its arguments, all problems, what a training shows."""

import itertools

import numpy as np
import pytest
from in_process import InProcess, Model, evaluate_of, gradient_descent, planned, right

from reference.checker import session
from reference.checker.problem_set import distinguishing_problems, random_problems
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.session import Options, choose_layout, make_evaluate, of_function, run

PROBLEM = distinguishing_problems(0)[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "l2"}, r"loss must be one of half-mse, mse, half-sse, sse, got 'l2'"),
        ({"max_examples": 0}, r"must be positive, got 0\b"),
        ({"timeout": -1.0}, r"must be positive, .* -1\.0"),
        ({"timeout": np.nan}, r"must be positive, .* nan"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    """With the rule and the value."""
    with pytest.raises(ValueError, match=message):
        Options(**options)


def columns(X, y, w, b):
    """Right, and only for columns."""
    n, _ = y.shape
    r = X @ w + b - y
    return X.T @ r / n, r.mean()


def wrong_columns(X, y, w, b):
    """Wrong, and only for columns: nothing else tells which layout it means."""
    grad_w, grad_b = columns(X, y, w, b)
    return 2 * grad_w, grad_b


def right_for_columns(X, y, w, b):
    """Answers of the wrong shape for vectors, right ones for columns."""
    r = X @ w + b - y.reshape(-1, 1)
    return X.T @ r / len(y), r.mean()


def wrong_for_both(X, y, w, b):
    """Answers of the wrong shape for vectors, wrong ones for columns."""
    grad_w, grad_b = right_for_columns(X, y, w, b)
    return grad_w, 2 * grad_b


def wrong_but_for_one_feature(X, y, w, b):
    """Raises for vectors, unless there is one weight alone."""
    r = (w * X.T).sum(axis=0) + b - y.ravel()
    return 2 * X.T @ r, r.sum()


def raises(X, y, w, b):
    """For all arguments."""
    raise ValueError


@pytest.mark.parametrize(
    ("program", "column", "layouts"),
    [
        (right, False, 1),
        (columns, True, 2),
        (wrong_columns, True, 2),
        (wrong_but_for_one_feature, True, 2),
        (right_for_columns, True, 2),
        (wrong_for_both, False, 4),
        (raises, False, 4),
    ],
)
def test_a_layout_is_chosen_that_is_not_refused(program, column, layouts):
    """The usual one first; another if that raises, or gives a wrong shape and the other is right."""
    process = InProcess(program)
    found = choose_layout(process, planned(program), Options())
    assert (found.column, found.tensors) == (column, False)
    assert len(process.calls) == 5 * layouts
    assert [tensors for _, tensors in process.calls][10:] == [True] * 5 * (layouts - 2)


@pytest.mark.parametrize("drop_last", [True, False])
def test_a_batch_is_full_only_for_trainers_that_drop_a_short_one(drop_last):
    """One that leaves the last, short batch out does not move otherwise."""

    def gradient_descent(X, y, w, b, lr, n_iters, batch_size):
        for _ in range(n_iters):
            end = len(y) - batch_size + 1 if drop_last else len(y)
            for i in range(0, end, batch_size):
                B = slice(i, i + batch_size)
                grad_w, grad_b = right(X[B], y[B], w, b)
                w, b = w - lr * grad_w, b - lr * grad_b
        return w, b

    plan = planned(gradient_descent, "gradient_descent")
    found = choose_layout(InProcess(gradient_descent), plan, Options())
    assert (found.short == 0) == drop_last
    assert not found.column


@pytest.mark.parametrize(("count", "again"), [(7, 7), (150, 100)])
def test_all_problems_are_run_and_some_of_them_again(count, again):
    """A few simple ones first, a hundred at most again, under the index that they had."""
    process, plan = InProcess(right), planned(right)
    options = Options(max_examples=count, seed=2)
    trials, problems = run(make_evaluate(process, plan, "half-mse"), plan, options)
    assert problems == count
    assert len(trials) == len(process.calls) == 5 + count + again
    assert [t.index for t in trials[: 5 + count]] == list(range(5 + count))
    repeated = [t.index for t in trials[5 + count :]]
    assert sorted(repeated) != repeated
    assert len(set(repeated)) == again
    assert min(repeated) >= 5
    assert all(t.problem is trials[t.index].problem for t in trials)
    drawn = zip(trials[5:], random_problems(2, count, True), strict=False)
    assert all(t.problem is c for t, c in drawn)
    for trial, (kwargs, _) in zip(trials, process.calls, strict=True):
        assert trial.expected.case is trial.problem
        assert kwargs["X"] is trial.problem.X
        assert trial.is_correct
    assert not process.closed


def test_a_slow_function_is_run_for_as_long_as_there_is_time(monkeypatch):
    """Then the process is closed with the rest of its answers; those that came count."""
    now = itertools.count()
    monkeypatch.setattr(session.time, "monotonic", lambda: float(next(now)))
    process, plan = InProcess(right), planned(right)
    evaluate = make_evaluate(process, plan, "half-mse")
    trials, problems = run(evaluate, plan, Options(max_examples=50, timeout=10.0))
    assert (len(trials), problems, process.closed) == (11, 6, True)
    process.closed, problems = False, distinguishing_problems(0)[:5]
    in_time = next(now) + 5
    assert len(evaluate(problems, deadline=in_time)) == 5
    assert not process.closed  # the last answer came late, and nothing is left to wait for
    assert len(evaluate(problems)) == 5


def test_an_error_names_the_problem_at_which_the_process_ended():
    """The one that had no answer."""
    problems = distinguishing_problems(0)[:5]
    with pytest.raises(SubjectTerminated) as ended:
        evaluate_of(right, dies_at=3)(problems)
    assert ended.value.problem is problems[2]


def test_a_training_is_seen_as_steps():
    """Of 1, 2 and 3 iterations, each from where the one before it ended."""
    trials = evaluate_of(gradient_descent, "gradient_descent")([PROBLEM, PROBLEM])
    assert [t.index for t in trials] == [0, 0, 0, 1, 1, 1]
    assert all(t.is_correct and t.problem is PROBLEM for t in trials)
    assert trials[0].case.w.tolist() == PROBLEM.w.tolist()
    for before, after in itertools.pairwise(trials[:3]):
        assert [*after.case.w, after.case.b] == before.reading.vector.tolist()


def test_a_class_chooses_where_it_starts():
    """Its first training is the start of the second; its predictions are a trial of their own."""
    trials = evaluate_of(Model, "Model")([PROBLEM])
    *steps, predicted = trials
    assert [t.plan.name for t in trials] == ["Model", "Model", "Model.predict"]
    assert of_function(trials, steps[0].plan) == steps
    assert all(t.is_correct and t.problem is PROBLEM for t in trials)
    start = 0 * PROBLEM.w, 0.0, PROBLEM.lr
    first, third = (gradient_descent(*PROBLEM[:2], *start, n) for n in (1, 3))
    assert [*steps[0].case.w, steps[0].case.b] == pytest.approx(np.append(*first), rel=1e-12)
    assert [*predicted.case.w, predicted.case.b] == np.append(*third).tolist()
    y_hat = PROBLEM.X @ third[0] + third[1]
    np.testing.assert_allclose(predicted.reading.vector, y_hat, rtol=1e-12)


def test_predictions_are_compared_in_their_own_precision():
    """float32 ones in float32, whatever the weights are."""

    class Narrow(Model):
        def predict(self, X):
            return super().predict(X).astype(np.float32)

    predicted = evaluate_of(Narrow, "Narrow")([PROBLEM])[-1]
    assert predicted.plan.kind == "predict"
    assert predicted.reading.dtype == np.float32
    assert predicted.is_correct


def test_a_model_that_diverges_predicts_nothing():
    """Even if it does so in its last step."""

    class Diverges(Model):
        def fit(self, X, y):
            super().fit(X, y)
            if self.n_iters == 3:
                self.b = np.nan

    trials = evaluate_of(Diverges, "Diverges")([PROBLEM])
    assert [(t.plan.name, t.finite) for t in trials] == [("Diverges", True), ("Diverges", False)]


def test_steps_after_nan_are_compared_from_the_start():
    """What comes after NaN cannot be compared; the step that led there is wrong."""

    def diverges(X, y, w, b, lr, n_iters):
        w, b = gradient_descent(X, y, w, b, lr, 1)
        return (w * np.nan, b) if n_iters > 1 else (w, b)

    trials = evaluate_of(diverges, "gradient_descent")([PROBLEM])
    assert [t.is_correct for t in trials] == [True, False, False]
    assert trials[2].case.w.tolist() == PROBLEM.w.tolist()
    assert not trials[2].finite


def test_a_trainer_gets_problems_of_ordinary_size():
    """Extreme ones diverge, in any program."""
    plan = planned(gradient_descent, "gradient_descent")
    options = Options(max_examples=30)
    trials, count = run(evaluate_of(gradient_descent, "gradient_descent"), plan, options)
    assert count == 30
    assert len(trials) == 3 * (5 + 30 + 30)
    assert max(np.abs(t.problem.X).max() for t in trials) < 10
