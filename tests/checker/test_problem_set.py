"""The problems that everybody is asked, and their exact answers: drawn once, computed once."""

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st

from reference import strategies
from reference.checker import problem_set
from reference.checker.call_plan import CallPlan
from reference.strategies import Problem

GRADIENT = CallPlan("grad", "gradient", (("X", "X"), ("y", "y"), ("w", "w"), ("b", "b")))


def same(a, b):
    """Whether two lists of cases are, number by number."""
    return len(a) == len(b) and all(
        np.array_equal(p, q) for c, d in zip(a, b, strict=True) for p, q in zip(c, d, strict=True)
    )


@pytest.fixture(autouse=True)
def fresh():
    """Nothing has been drawn yet, nor is anything left over."""
    problem_set.drawn.cache_clear()
    problem_set.computed.cache_clear()
    yield
    problem_set.drawn.cache_clear()
    problem_set.computed.cache_clear()


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_as_many_are_drawn_as_were_asked_for(count):
    """In float64, C-ordered, all finite, with a learning rate that float32 has, too."""
    found = problem_set.cases(3, count)
    assert len(found) == count
    for c in found:
        assert c.X.dtype == c.y.dtype == c.w.dtype == c.b.dtype == np.float64
        assert c.X.flags.c_contiguous
        assert all(np.isfinite(a).all() for a in c)
        assert c.lr in [float(np.float32(lr)) for lr in (0.5, 0.25, 0.1, 0.03, 1, 2)]
        assert type(c.lr) is float


def test_the_same_seed_gives_the_same_problems():
    """Drawn once; another seed, other problems; tame ones are other ones."""
    first = problem_set.cases(3, 20)
    assert problem_set.cases(3, 20) is first
    problem_set.drawn.cache_clear()
    assert same(problem_set.cases(3, 20), first)
    assert not same(problem_set.cases(4, 20), first)
    assert not any(
        np.array_equal(a.X, b.X)
        for a, b in zip(problem_set.cases(4, 20), first, strict=True)
        if a.X.any()
    )
    drawn = {round(c.lr, 6) for c in problem_set.cases(3, 200)}
    assert drawn == {0.5, 0.25, 0.1, 0.03, 1, 2}
    tame = problem_set.cases(3, 60, nasty=False)
    assert max(np.abs(c.X).max() for c in tame) <= 8
    assert max(np.abs(c.X).max() for c in problem_set.cases(3, 60)) > 8


def test_magnitudes_end_at_1e15():
    """As far as a complex step of 1e-200 can follow; offsets may add as much again."""
    largest = max(np.abs(c.X).max() for seed in (1, 7, 13) for c in problem_set.cases(seed, 100))
    assert 1e9 < largest <= 1e15


def test_every_second_problem_is_the_twin_of_the_one_before():
    """The last two thirds of its rows and columns, and −y and −b; its weights as they were."""
    cases = problem_set.cases(3, 40)
    for i in range(0, 40, 2):
        if not {i % 20, (i + 1) % 20} & {4, 9}:
            X, y, w, b = cases[i][:4]
            n, d = -(-2 * len(y) // 3), -(-2 * len(w) // 3)
            twin = cases[i + 1]
            assert twin.X.tolist() == X[-n:, -d:].tolist()
            assert twin.y.tolist() == (-y[-n:]).tolist()
            assert (twin.w.tolist(), twin.b) == (w[-d:].tolist(), -b)


def test_two_in_twenty_have_tiny_labels_and_parameters(monkeypatch):
    """The fifth and the tenth: X as it is, y, w and b 2⁻³³ times as large."""
    found = problem_set.cases(3, 40)
    problem_set.drawn.cache_clear()
    monkeypatch.setattr(problem_set, "tiny", lambda problem: problem)
    plain = problem_set.cases(3, 40)
    for i, (a, b) in enumerate(zip(found, plain, strict=True)):
        scale = 2.0**-33 if i % 20 in (4, 9) else 1
        assert a.X.tolist() == b.X.tolist()
        for field in ("y", "w", "b"):
            assert np.array_equal(getattr(a, field), getattr(b, field) * scale)


def test_the_problems_do_not_depend_on_the_tests_around_them():
    """A profile with a deadline, another number of examples, health checks or no generation."""
    expected = problem_set.cases(5, 30)
    profile = {"deadline": 1e-3, "max_examples": 3, "phases": [Phase.explicit]}
    settings.register_profile("hostile", **profile, suppress_health_check=[])
    settings.register_profile("before", settings.default)
    settings.load_profile("hostile")
    try:
        problem_set.drawn.cache_clear()
        assert same(problem_set.cases(5, 30), expected)
    finally:
        settings.load_profile("before")


def test_exact_answers_are_shared_by_all_who_are_called_alike():
    """Whatever the names; other roles, kinds, losses and seeds have their own."""
    found = problem_set.exact_answers(GRADIENT, "mse", 3, 10)
    other = CallPlan("f", "gradient", (("a", "X"), ("b", "y"), ("c", "w"), ("", "b")))
    assert problem_set.exact_answers(other, "mse", 3, 10) is found
    for e, case in zip(found, problem_set.cases(3, 10), strict=True):
        assert e.case is case
        assert (e.loss, e.plan.kind, e.plan.theta) == ("mse", "gradient", False)
        assert e.plan.name == ""
    theta = CallPlan("f", "gradient", (("X", "X"), ("y", "y"), ("w", "w")))
    assert problem_set.exact_answers(theta, "mse", 3, 10)[0].plan.theta
    for plan, loss, seed in [(theta, "mse", 3), (GRADIENT, "sse", 3), (GRADIENT, "mse", 4)]:
        assert problem_set.exact_answers(plan, loss, seed, 10) is not found


def test_too_few_problems_are_an_error(monkeypatch):
    """None is left without its learning rate, nor a learning rate without its problem."""
    one = Problem(np.ones((2, 1)), np.ones(2), np.ones(1), 1.0)
    monkeypatch.setattr(strategies, "problems", lambda **kinds: st.just(one))
    with pytest.raises(ValueError, match=r"zip\(\)"):
        problem_set.cases(0, 10)


def test_a_twin_is_cut_from_the_end():
    """A corner of X, contiguous, beside the labels and weights that belong to it."""
    X = np.arange(35.0).reshape(7, 5)
    twin = problem_set.twin(Problem(X, np.arange(7.0), np.arange(5.0), 2.0))
    assert twin.X.tolist() == X[2:, 1:].tolist()
    assert twin.X.flags.c_contiguous
    assert (twin.y.tolist(), twin.w.tolist(), twin.b) == ([-2, -3, -4, -5, -6], [1, 2, 3, 4], -2)
