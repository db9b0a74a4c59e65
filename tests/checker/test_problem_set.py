"""The problems that every function is tried on, and their exact answers."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Layout
from reference.checker.problem_set import (
    distinguishing_problems,
    exact_answers,
    random_problems,
    with_rate,
)

ROLES = ("X", "y", "w", "b")
GRADIENT = CallPlan("grad", "gradient", tuple((r, r) for r in ROLES))
MANY = random_problems(3, 600)


def numbers(problems):
    """All of them, as bytes."""
    return [[np.asarray(a).tobytes() for a in p] for p in problems]


@pytest.mark.parametrize("draw", [lambda seed: random_problems(seed, 60), distinguishing_problems])
def test_a_seed_gives_the_same_problems_in_any_process(draw):
    """And another seed gives others."""
    first, other = numbers(draw(5)), numbers(draw(6))
    random_problems.cache_clear()
    assert numbers(draw(5)) == first
    assert not any(a == b for a, b in zip(first, other, strict=True))


def test_problems_need_numpy_alone():
    """No Hypothesis, no torch."""
    code = (
        "import sys; from reference.checker.problem_set import random_problems as r; r(0, 9)\n"
        "sys.exit(bool({'hypothesis', 'torch'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("problems", [MANY, distinguishing_problems(3)])
def test_problems_are_well_formed(problems):
    """float64, C-ordered, finite, of matching shapes; with an η that float32 has, too."""
    for X, y, w, b, lr, iters, _ in problems:
        assert X.dtype == y.dtype == w.dtype == b.dtype == np.float64
        assert (y.shape, w.shape, np.shape(b)) == (X.shape[:1], X.shape[1:], ())
        assert X.flags.c_contiguous
        assert all(np.isfinite(a).all() for a in (X, y, w, b))
        assert (type(lr), iters) == (float, 1)
        assert lr == np.float32(lr) > 0


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_there_are_as_many_as_were_asked_for(count):
    """However few; the first ones are the same for any number."""
    assert len(random_problems(3, count)) == count
    assert numbers(random_problems(3, count)) == numbers(MANY[:count])


def test_sizes_and_learning_rates_vary():
    """n to 40, d to 10, each of them; six learning rates."""
    assert {len(c.y) for c in MANY} == set(range(1, 41))
    assert {len(c.w) for c in MANY} == set(range(1, 11))
    assert {round(c.lr, 6) for c in MANY} == {0.5, 0.25, 0.1, 0.03, 1, 2}


def has_copied_column(X):
    """Whether a column is another one, or twice another with the other sign."""
    columns = [X[:, j] for j in range(X.shape[1])]
    pairs = [(a, b) for i, a in enumerate(columns) for b in columns[i + 1 :]]
    return any((a == b).all() or (a == -2 * b).all() or (b == -2 * a).all() for a, b in pairs)


@pytest.mark.parametrize(
    ("holds", "share"),
    [
        (lambda c: not (c.X @ c.w + c.b - c.y).any(), 0.1),  # a residual of zero
        (lambda c: len(c.y) > 5 and (np.ptp(c.X, axis=0) == 0).any(), 0.03),  # constant columns
        (lambda c: len(c.y) > 5 and has_copied_column(c.X), 0.03),
        (lambda c: (abs(c.X.mean(axis=0)) > 1e4 * c.X.std(axis=0)).any(), 0.03),  # far from zero
        (lambda c: np.abs(c.X).max() > 1e9, 0.03),
        (lambda c: 0 < np.abs(c.X).max() < 1e-9, 0.01),
        (lambda c: 0 < np.abs(c.y).max() < 1e-9, 0.05),
        (lambda c: not (c.X % 1).any(), 0.3),  # whole numbers
    ],
)
def test_extreme_problems_are_among_them(holds, share):
    """What is easily got wrong occurs in more than one problem."""
    assert sum(map(holds, MANY)) > share * len(MANY)
    assert not all(map(holds, MANY))


def test_magnitudes_stay_where_a_complex_step_can_follow():
    """Below 1e15; a trainer gets problems of ordinary size, on which it does not diverge."""
    assert 1e12 < max(np.abs(c.X).max() for c in MANY) <= 1e15
    ordinary = random_problems(3, 300, False)
    assert max(np.abs(np.concatenate([a.ravel() for a in c[:3]])).max() for c in ordinary) < 10


def test_distinguishing_problems_are_normal_numbers_of_many_sizes():
    """Twenty shapes, each twice; y is three times as wide; no two answers are alike."""
    shapes = [c.X.shape for c in distinguishing_problems(5)]
    assert shapes[:20] == shapes[20:]
    assert len(set(shapes)) == 20
    assert {(1, 1), (2, 1), (1, 3)} <= set(shapes)
    many = [c for seed in range(40) for c in distinguishing_problems(seed)]
    for name, scale in (("X", 1), ("y", 3), ("w", 1), ("b", 1)):
        values = np.concatenate([np.ravel(getattr(c, name)) for c in many])
        assert abs(values.mean()) < 0.15 * scale
        assert abs(values.std() / scale - 1) < 0.1


def test_a_single_size_can_be_asked_for():
    """Of features, or of samples, for what takes no other."""
    for d, n in [(1, 0), (3, 0), (0, 1), (2, 1)]:
        for problems in (random_problems(3, 40, True, d, n), distinguishing_problems(3, d, n)):
            assert {c.X.shape[1] for c in problems} == {d} or not d
            assert {c.X.shape[0] for c in problems} == {n} or not n


def test_exact_answers_are_shared_by_all_that_are_called_alike():
    """Whatever the names and layouts; other kinds, losses and seeds have their own."""
    found = exact_answers(GRADIENT, "mse", 3, 10)
    other = replace(GRADIENT, name="f", layout=Layout(y="column", container="list"))
    assert exact_answers(other, "mse", 3, 10) is found
    for expected, problem in zip(found, random_problems(3, 10, True, 0, 0), strict=True):
        assert expected.case is problem
        assert (expected.loss, expected.plan.kind) == ("mse", "gradient")
    theta = replace(GRADIENT, layout=Layout(ones="first"))
    assert exact_answers(theta, "mse", 3, 10)[0].plan.theta
    for plan, loss, seed in [(theta, "mse", 3), (GRADIENT, "sse", 3), (GRADIENT, "mse", 4)]:
        assert exact_answers(plan, loss, seed, 10) is not found


def test_a_learning_rate_that_is_fixed_inside_is_that_of_the_problems():
    """Where the code has one."""
    problem = MANY[0]
    assert with_rate(GRADIENT, problem) is problem
    assert with_rate(replace(GRADIENT, lr=0.3), problem).lr == 0.3
