"""The questions put to a function, in which order; its answers, each beside what it should be."""

import itertools
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from reference.checker import session, signature
from reference.checker.call_plan import CallPlan
from reference.checker.problem_set import cases, exact_answers
from reference.checker.sandbox import worker
from reference.checker.sandbox.messages import SubjectTerminated, decode
from reference.checker.session import PLAIN, Options, Session, refused
from reference.checker.trial import distinguishing_problems


class Here:
    """A subject in this process, in place of one of its own."""

    def __init__(self, program, dies_at=None):
        self.program, self.dies_at, self.closed, self.problem = program, dies_at, 0, []

    def ask(self, name, calls, tensors=False):
        for args, kwargs in calls:
            self.problem.append((name, args, kwargs, tensors))
            if len(self.problem) == self.dies_at:
                raise SubjectTerminated("crash", "it died")
            yield decode(worker.reported(lambda a=args, k=kwargs: self.call(a, k), ""))

    def call(self, args, kwargs):
        is_class = isinstance(self.program, type)
        f = worker.training(self.program) if is_class else self.program
        return worker.call(f, args, kwargs, False)

    def close(self):
        self.closed += 1


def opened(program, name="gradient", dies_at=None, **options):
    """A session with it."""
    plan = signature.plan(worker.describe(name, program), asked_for=True)
    return Session(Here(program, dies_at), plan, Options(**options))


def right(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"loss": "l2"}, "loss must be one of half-mse, mse, half-sse, sse, got 'l2'"),
        ({"max_examples": 0}, "max_examples and timeout must be positive, got 0 and 10.0"),
        ({"timeout": 0}, "max_examples and timeout must be positive, got 1000 and 0"),
        ({"timeout": -1.0}, "max_examples and timeout must be positive, got 1000 and -1.0"),
        ({"timeout": np.nan}, "max_examples and timeout must be positive, got 1000 and nan"),
    ],
)
def test_options_out_of_range_are_refused(options, said):
    """With the rule, and what came."""
    with pytest.raises(ValueError) as error:  # noqa: PT011  the message is held below
        Options(**options)
    assert str(error.value) == said


def test_options_have_their_defaults():
    """half-mse, seed 0, 1,000 examples, 10 seconds, and nobody to tell of progress."""
    o = Options()
    assert (o.loss, o.seed, o.max_examples, o.timeout) == ("half-mse", 0, 1000, 10.0)
    assert o.progress("gradient") is None
    assert Options(max_examples=1, timeout=1e-9).max_examples == 1
    with pytest.raises(FrozenInstanceError):
        o.seed = 1


def test_the_usual_layout_is_settled_first():
    """On the plain problem and four distinguishing_problems ones."""
    asked = opened(right, seed=4)
    asked.choose_layout()
    assert not asked.plan.column
    assert len(asked.process.problem) == 5
    assert asked.trials[0].problem is PLAIN
    X = asked.process.problem[1][2]["X"]
    assert X.tolist() == distinguishing_problems(4)[0].X.tolist()
    assert all(i.is_correct for i in asked.trials)
    assert PLAIN.X.tolist() == [[1], [1]]
    assert (PLAIN.y.tolist(), PLAIN.w.tolist(), PLAIN.b, PLAIN.lr) == ([0, 0], [1], 0, 0.5)


def test_columns_are_settled_where_others_are_refused():
    """By an exception on every distinguishing_problems problem."""

    def columns(X, y, w, b):
        n, _ = y.shape
        r = X @ w + b - y
        return X.T @ r / n, r.mean()

    asked = opened(columns)
    asked.choose_layout()
    assert asked.plan.column
    assert all(i.is_correct for i in asked.trials)

    def wrong_columns(X, y, w, b):
        grad_w, grad_b = columns(X, y, w, b)
        return 2 * grad_w, grad_b

    asked = opened(wrong_columns)
    asked.choose_layout()
    assert asked.plan.column  # the usual arguments raise, so that these are its own

    def wrong_even_so(X, y, w, b):
        r = (w * X.T).sum(axis=0) + b - y.ravel()  # a plain w goes along where d = 1
        return 2 * X.T @ r, r.sum()

    asked = opened(wrong_even_so)
    asked.choose_layout()
    assert asked.plan.column  # that it answered the plain problem, of one feature, is no matter


def test_a_layout_that_is_no_better_is_not_taken():
    """Where the usual arguments gave an answer, another layout must be right."""

    def blown_up(X, y, w, b):
        r = X @ w + b - y.reshape(-1, 1)
        return X.T @ r / len(y), 2 * r.mean()

    asked = opened(blown_up)
    asked.choose_layout()
    assert not asked.plan.column
    assert len(asked.process.problem) > 5
    assert not any(i.is_correct for i in asked.trials[1:])

    def better(X, y, w, b):
        r = X @ w + b - y.reshape(-1, 1)
        return X.T @ r / len(y), r.mean()

    asked = opened(better)
    asked.choose_layout()
    assert asked.plan.column
    assert all(i.is_correct for i in asked.trials)


def test_where_all_are_refused_it_is_the_usual_one():
    """With its answers."""

    def fails(X, y, w, b):
        raise ValueError

    asked = opened(fails)
    asked.choose_layout()
    assert not asked.plan.column
    assert not asked.plan.tensors
    assert len(asked.trials) == 5
    assert len(asked.process.problem) == 4 * 5
    assert [t for _, _, _, t in asked.process.problem] == [False] * 10 + [True] * 10


@pytest.mark.parametrize(("count", "again"), [(7, 7), (150, 100)])
def test_all_problems_are_asked_and_some_of_them_again(count, again):
    """A hundred at most, in another order; each beside its exact one, computed once for all."""
    asked = opened(right, max_examples=count, seed=2)
    asked.choose_layout()
    before = len(asked.trials)
    assert asked.run() == count
    trials = asked.trials[before:]
    assert len(trials) == count + again
    problems = cases(2, count)
    assert all(i.case is c for i, c in zip(trials, problems, strict=False))
    order = [int(k) for k in np.random.default_rng(2).permutation(count)[:100]]
    exact = exact_answers(asked.plan, "half-mse", 2, count)
    assert all(i.expected is exact[k] for i, k in zip(trials, [*range(count), *order], strict=True))
    assert {name for name, _, _, _ in asked.process.problem} == {"gradient"}
    assert all(i.problem is problems[k] for i, k in zip(trials[count:], order, strict=True))
    assert all(i.expected.case is i.case for i in trials)
    answers = [np.concatenate([p.values for p in i.answer.parts]).tolist() for i in trials]
    assert answers == [i.reading.vector.tolist() for i in trials]
    assert all(i.is_correct for i in trials)
    assert asked.process.closed == 0


def test_what_is_slow_is_asked_as_long_as_there_is_time(monkeypatch):
    """Then the process is closed with the rest of its answers; what was answered counts."""
    now = iter(range(1000))
    monkeypatch.setattr(session.time, "monotonic", lambda: float(next(now)))
    asked = opened(right, max_examples=50, timeout=10.0)
    assert asked.run() == 11
    assert len(asked.trials) == 11
    assert asked.process.closed == 1
    now = iter(range(1000))
    asked = opened(right, timeout=4.0)
    problems = distinguishing_problems(0)[:5]
    assert len(asked.ask(problems, limited=True)) == 5
    assert asked.process.closed == 0
    now = iter(range(1000))
    asked = opened(right, timeout=3.0)
    assert len(asked.ask(problems, limited=True)) == 4  # one is left
    assert asked.process.closed == 1
    now = iter(range(1000))
    assert len(asked.ask(distinguishing_problems(0)[:9])) == 9


def test_whoever_dies_is_told_with_the_problem():
    """The one that was asked."""
    asked = opened(right, dies_at=3)
    problems = distinguishing_problems(0)[:5]
    with pytest.raises(SubjectTerminated) as ended:
        asked.ask(problems)
    assert ended.value.case is problems[2]


class Model:
    """Right, with a bias, from zero."""

    def __init__(self, lr, n_iters):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            grad_w, grad_b = right(X, y, self.w, self.b)
            self.w, self.b = self.w - self.lr * grad_w, self.b - self.lr * grad_b

    def predict(self, X):
        return X @ self.w + self.b


def descent(X, y, w, b, lr, n_iters):
    """The same as a function, from where it is told."""
    for _ in range(n_iters):
        grad_w, grad_b = right(X, y, w, b)
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def test_a_training_is_seen_as_steps():
    """Of 1, 2 and 3 iterations, each from where the one before it ended."""
    asked = opened(descent, "gradient_descent")
    problem = distinguishing_problems(0)[0]
    trials = asked.ask([problem])
    assert [kw["n_iters"] for _, _, kw, _ in asked.process.problem] == [1, 2, 3]
    assert len(trials) == 3
    assert all(i.is_correct for i in trials)
    assert all(i.problem is problem for i in trials)
    assert all(i.plan is asked.plan for i in trials)
    assert trials[0].case.w.tolist() == problem.w.tolist()
    for before, i in itertools.pairwise(trials):
        assert [*i.case.w, i.case.b] == before.reading.vector.tolist()
    assert asked.predictions == []


def test_a_class_starts_where_it_likes():
    """So that its first training is the start of its second; what it predicts is an item, too."""
    asked = opened(Model, "Model")
    problem = distinguishing_problems(0)[0]
    trials = asked.ask([problem])
    assert len(trials) == 2
    assert all(i.is_correct for i in trials)
    first = descent(*problem[:2], 0 * problem.w, 0.0, problem.lr, 1)
    np.testing.assert_allclose([*trials[0].case.w, trials[0].case.b], np.append(*first), rtol=1e-12)
    (predicted,) = asked.predictions
    assert (predicted.plan.name, predicted.plan.kind) == ("Model.predict", "predict")
    assert predicted.is_correct
    assert predicted.problem is problem
    third = descent(*problem[:2], 0 * problem.w, 0.0, problem.lr, 3)
    np.testing.assert_allclose(predicted.reading.vector, problem.X @ third[0] + third[1], rtol=1e-9)
    assert predicted.answer.parts[0].values.tolist() == predicted.reading.vector.tolist()
    assert [*predicted.case.w, predicted.case.b] == np.append(*third).tolist()
    assert predicted.case.X is problem.X


def test_predictions_are_read_in_their_own_precision():
    """float32 ones are held to float32, whatever the weights are."""

    class Narrow(Model):
        def predict(self, X):
            return super().predict(X).astype(np.float32)

    asked = opened(Narrow, "Narrow")
    asked.ask(distinguishing_problems(0)[:5])
    assert len(asked.predictions) == 5
    assert {i.reading.dtype for i in asked.predictions} == {np.dtype(np.float32)}
    assert all(i.is_correct for i in asked.predictions)


def test_a_model_that_blows_up_predicts_nothing():
    """Even if it does in its last step alone."""

    class Bursts(Model):
        def fit(self, X, y):
            super().fit(X, y)
            if self.n_iters == 3:
                self.b = np.nan

    asked = opened(Bursts, "Bursts")
    trials = asked.ask(distinguishing_problems(0)[:1])
    assert [i.finite for i in trials] == [True, False]
    assert asked.predictions == []


def test_a_training_that_blows_up_is_judged_from_its_start():
    """What comes after NaN is not; the step that led there is wrong from where all began."""

    def explodes(X, y, w, b, lr, n_iters):
        w, b = descent(X, y, w, b, lr, 1)
        return (w * np.nan, b) if n_iters > 1 else (w, b)

    trials = opened(explodes, "gradient_descent").ask([distinguishing_problems(0)[0]])
    assert [i.is_correct for i in trials] == [True, False, False]
    assert trials[2].case.w.tolist() == distinguishing_problems(0)[0].w.tolist()
    assert not trials[2].finite


def test_a_trainer_is_asked_tame_problems_without_known_answers(monkeypatch):
    """Its exact answers depend on where it stands, so that none are computed before."""
    monkeypatch.setattr(session, "exact_answers", None)
    asked = opened(descent, "gradient_descent", max_examples=6, seed=1)
    assert asked.run() == 6
    assert len(asked.trials) == 3 * 12
    tame = cases(1, 6, nasty=False)
    assert all(i.problem is c for i, c in zip(asked.trials[::3], tame, strict=False))


def test_minibatches_that_never_move_are_refused():
    """A trainer in batches that stays where it was; a single distinguishing_problems step is enough to accept."""
    plan = CallPlan("f", "trainer", (("X", "X"), ("batch_size", "batch_size")))
    moved = opened(descent, "gradient_descent").ask(distinguishing_problems(0)[:1])
    still = opened(lambda X, y, w, b, lr, n_iters: (w, b), "gradient_descent").ask(
        distinguishing_problems(0)[:1]
    )
    for trials in (moved, still):
        for i in trials:
            i.plan = plan
    assert refused(still)
    assert refused(still[:1])
    assert not refused(moved)
    assert not refused([*still, *moved])
    for i in still:
        i.plan = CallPlan("f", "trainer", (("X", "X"),))
    assert not refused(still)
