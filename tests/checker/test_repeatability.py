"""Answers that depend on earlier calls, or on randomness: what is seen in a list of answers."""

import itertools

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan
from reference.checker.diagnosis import repeatability
from reference.checker.expected import Expected
from reference.checker.output import Output
from reference.checker.problem_set import distinguishing_problems
from reference.checker.sandbox.messages import ArrayMessage, RawOutput
from reference.checker.trial import Trial

GRADIENT = CallPlan("gradient", "gradient", (("X", "X"), ("y", "y"), ("w", "w"), ("b", "b")))
CASES = [c for c in distinguishing_problems(0) if c.X.shape[1] == 3][:4]
CASE = next(c for c in distinguishing_problems(1) if c.X.shape == (5, 3))


def trial(case, vector, fault="", index=0):
    """An answer to a case: grad_w and grad_b; None for no numbers."""
    expected = Expected(GRADIENT, case, "half-mse")
    if vector is None:
        return Trial(GRADIENT, case, RawOutput(), Output(None, fault=fault), expected, index, case)
    w, b = np.array(vector[:-1]), np.array(vector[-1:])
    answer = RawOutput((ArrayMessage("float64", w.shape, w), ArrayMessage("float64", (), b)))
    return Trial(
        GRADIENT, case, answer, Output(np.append(w, b), fault=fault), expected, index, case
    )


def true(case):
    """Its exact answer."""
    return Expected(GRADIENT, case, "half-mse").rounded


def trials_of(*pairs):
    """For each pair of numbers (problem, other problem): the answer to the other one."""
    return [trial(CASES[i], true(CASES[j]), index=k) for k, (i, j) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("pairs", "earlier"),
    [
        ([(0, 0), (1, 0), (2, 0), (3, 0)], True),  # the first answer every time
        ([(0, 0), (1, 1), (2, 0), (3, 1)], True),
        ([(0, 0), (1, 0), (2, 1), (3, 2)], True),  # the answer to the problem before
        ([(0, 0), (1, 1), (2, 1)], True),
        ([(0, 1), (1, 0), (2, 1)], True),  # the call before the first is not known
        ([(0, 0), (1, 3), (2, 3)], False),  # a later answer
    ],
)
def test_an_earlier_answer_is_recognised(pairs, earlier):
    """To the last bit an earlier answer that was right; or right for the problem before."""
    assert repeatability.returns_earlier_answer(trials_of(*pairs)) == earlier


def test_other_wrong_answers_are_not_earlier_ones():
    """Some that belong to no call; a constant; zeros, which are right for some problem."""
    doubled = [trial(c, 2 * true(c)) for c in CASES]
    ones, zeros = ([trial(c, np.full(4, v)) for c in CASES] for v in (1.0, 0.0))
    X, w = np.rint(CASES[0].X), np.rint(CASES[0].w)
    solved = trial(CASES[0]._replace(X=X, y=X @ w + 1, w=w, b=np.float64(1)), np.zeros(4))
    assert solved.is_correct
    for trials in (
        [*trials_of((0, 0), (1, 0)), doubled[2]],
        doubled,
        [*trials_of((0, 0)), *ones],
        [solved, *zeros],
        [*trials_of((0, 0)), trial(CASES[1], None, "no-return")],
    ):
        assert not repeatability.returns_earlier_answer(trials)


def test_an_answer_to_the_same_problem_is_not_an_earlier_one():
    """A training that stays where it was after its first step repeats itself, and no other."""
    trials = trials_of((0, 0), (1, 1), (2, 0))
    assert repeatability.repeats_answer(trials)
    trials[2].index = 0
    assert not repeatability.returns_earlier_answer(trials)


def evaluate_with(answer, steps=1):
    """An `evaluate` whose answers are those of a function, one for each step of a training."""
    return lambda problems: [
        trial(p, answer(p), index=i) for i, p in enumerate(problems) for _ in range(steps)
    ]


def factors(*numbers):
    """The exact answer times the next of the numbers, over and over."""
    cycle = itertools.cycle(numbers)
    return lambda case: true(case) * next(cycle)


AGAIN = [*[1] * 4, *[1, 2, 2] * 4, *[1] * 4]  # another answer when asked twice in a row


@pytest.mark.parametrize(
    ("answer", "steps", "changes"),
    [
        (factors(*range(1, 30)), 1, True),
        (factors(1, 2, 2, 1, 1), 1, True),
        (factors(*AGAIN), 1, True),
        (factors(2), 1, False),
        (factors(2), 3, False),
        (factors(1, 2), 2, False),  # each step of a training has an answer of its own
        (factors(1, 2, 3), 3, False),
        (factors(*range(1, 99)), 3, True),
        (factors(1, 1 + 2.0**-52), 1, False),
        (lambda case: None, 1, False),
    ],
)
def test_answers_that_change_between_equal_calls_are_recognised(answer, steps, changes):
    """By more than rounding, whichever call it is that differs; like steps are compared."""
    wrong = [trial(c, true(c) * 2) for c in CASES]
    assert repeatability.is_nondeterministic(wrong, evaluate_with(answer, steps)) == changes


@pytest.mark.parametrize(
    ("offsets", "differ"),
    [([0, 0], False), ([0, 1.9], False), ([-1, 1.1], True), ([0, 1, 2.5], True)],
)
def test_answers_differ_if_by_more_than_twice_the_bound(offsets, differ):
    """From the smallest to the largest answer, in any component."""
    bound = Expected(GRADIENT, CASE, "half-mse").bounds * [0, 0, 1, 0]
    answers = [trial(CASE, true(CASE) + k * bound) for k in offsets]
    assert repeatability.differ_beyond_rounding(answers) == differ


def test_the_widest_bound_of_the_answers_decides():
    """One in float32 is allowed what float32 is, whichever comes first."""
    wide, narrow = trial(CASE, true(CASE)), trial(CASE, true(CASE) * (1 + 1e-8))
    assert repeatability.differ_beyond_rounding([wide, narrow])
    narrow.reading = Output(narrow.reading.vector, np.dtype(np.float32))
    assert not repeatability.differ_beyond_rounding([wide, narrow])
    assert not repeatability.differ_beyond_rounding([narrow, wide])


def test_answers_that_cannot_be_compared_differ():
    """No numbers, or another number of them; but NaN is like NaN."""
    right = trial(CASE, true(CASE))
    assert repeatability.differ_beyond_rounding([right, trial(CASE, None, "no-return")])
    assert repeatability.differ_beyond_rounding([right, trial(CASE, np.ones(3))])
    for v in (np.nan, np.inf):
        assert not repeatability.differ_beyond_rounding([trial(CASE, np.full(4, v))] * 2)
