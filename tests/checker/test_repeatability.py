"""Answers that depend on earlier calls, or on chance: what is seen in a list of answers."""

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
SAME = [c for c in distinguishing_problems(1) if c.X.shape == (5, 3)]


def item(case, vector, fault="", index=None):
    """An answer to a case: grad_w and grad_b; None for no numbers."""
    expected = Expected(GRADIENT, case, "half-mse")
    index = id(case) if index is None else index
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


def said(*answers):
    """An item for each pair of a problem and the problem whose answer was given."""
    return [item(CASES[i], true(CASES[j])) for i, j in answers]


def stale(trials):
    """Whether the wrong ones are stale."""
    return repeatability.stale(trials, [i for i in trials if not i.is_correct])


def test_the_first_answer_for_ever_is_stale():
    """Each wrong one is, to the last bit, an earlier answer, which was right."""
    assert stale(said((0, 0), (1, 0), (2, 0), (3, 0)))
    assert stale(said((0, 0), (1, 1), (2, 0), (3, 1)))


def test_the_answer_of_the_call_before_is_stale():
    """Also where the problem before it is answered for the first time."""
    assert stale(said((0, 0), (1, 0), (2, 1), (3, 2)))
    assert stale(said((0, 0), (1, 1), (2, 1)))


def test_answers_of_no_call_are_not_stale():
    """Nor are answers of later calls, of wrong ones alone, or of some calls alone."""
    assert not stale(said((0, 1), (1, 2), (2, 1)))
    assert not stale(said((0, 0), (1, 3), (2, 3)))
    other = item(CASES[2], true(CASES[2]) * 2)
    assert not stale([*said((0, 0), (1, 0)), other])
    assert not stale([item(c, true(c) * 2) for c in CASES])
    constant = [item(c, np.ones(4)) for c in CASES]
    assert not stale([*said((0, 0)), *constant])


def test_zeros_are_no_earlier_answer():
    """A gradient that is right because it is 0 says nothing about one that is always 0."""
    case = CASES[0]._replace(y=CASES[0].X @ CASES[0].w + CASES[0].b, w=CASES[0].w)
    whole = case._replace(X=np.rint(case.X), w=np.rint(case.w), b=np.float64(1))
    whole = whole._replace(y=whole.X @ whole.w + whole.b)
    zero = item(whole, np.zeros(4))
    assert zero.is_correct
    assert not stale([zero, *(item(c, np.zeros(4)) for c in CASES)])


def test_a_wrong_form_is_never_late():
    """Nor is an answer without numbers."""
    trials = [*said((0, 0)), item(CASES[1], None, "no-return")]
    assert not stale(trials)
    late = said((0, 0), (1, 0))
    assert repeatability.late(late)
    (w, b) = late[1].answer.parts
    late[1].answer = RawOutput((ArrayMessage("float64", (3, 1), w.values), b))
    assert not repeatability.late(late)


def test_one_problem_has_no_earlier_answer_of_its_own():
    """A training that stays where it was after its first step repeats itself, and no other."""
    first, other, still = said((0, 0), (1, 1), (2, 0))
    assert repeatability.repeated([first, other, still])
    still.index = first.index
    assert not stale([first, other, still])


@pytest.mark.parametrize(("error", "late"), [(1.0, True), (1.5, False)])
def test_late_is_within_the_bound_of_the_problem_before(error, late):
    """At the bound it is right; in the precision of the answer."""
    before, after = said((0, 0), (1, 0))
    seen = []
    before.is_correct  # noqa: B018  it is known before the oracle is replaced
    before.expected.errors = lambda vector, dtype: (seen.append(dtype), np.array([error]))[1]
    assert repeatability.late([before, after]) == late
    assert seen == [np.float64]


def test_the_first_of_late_answers_may_be_any():
    """What was called before it is not known; another wrong one has to follow."""
    assert repeatability.late(said((0, 3), (1, 0)))
    assert repeatability.late(said((0, 0), (1, 0)))
    assert not repeatability.late(said((0, 3), (1, 1)))


class Asked:
    """`evaluate` that answers with numbers from a list, and remembers what it was asked."""

    def __init__(self, answer, repeats=1):
        self.answer, self.repeats, self.orders = answer, repeats, []

    def __call__(self, problems):
        self.orders.append([id(p) for p in problems])
        return [
            item(p, self.answer(p), index=i)
            for i, p in enumerate(problems)
            for _ in range(self.repeats)
        ]


def test_what_changes_between_equal_calls_is_seen():
    """By more than rounding; each problem is asked in order, thrice in a row, and backwards."""
    noise = itertools.count(1)
    wrong = [item(c, true(c) * 2) for c in CASES]
    evaluate = Asked(lambda c: true(c) * next(noise))
    assert repeatability.changing(evaluate, wrong)
    ids = [id(c) for c in CASES]
    assert evaluate.orders == [ids, [i for i in ids for _ in range(3)], ids[::-1]]
    steady = Asked(lambda c: true(c) * 2)
    assert not repeatability.changing(steady, wrong)
    assert not repeatability.changing(Asked(lambda c: true(c) * 2, repeats=3), wrong)
    tiny = itertools.cycle([-np.inf, np.inf])
    assert not repeatability.changing(Asked(lambda c: np.nextafter(true(c), next(tiny))), wrong)
    either = itertools.cycle([1, 2, 2, 1, 1])
    assert repeatability.changing(Asked(lambda c: true(c) * next(either)), wrong)
    assert not repeatability.changing(Asked(lambda c: None), wrong)
    again = itertools.cycle([*[1] * 4, *[1, 2, 2] * 4, *[1] * 4])  # the same call at once
    assert repeatability.changing(Asked(lambda c: true(c) * next(again)), wrong)


def test_what_changes_only_when_it_is_asked_twice_in_a_row_is_seen():
    """The first answer to a problem is steady, the next is another."""
    last = []

    def answer(case):
        last.append(id(case))
        return true(case) * (1 + (last[-2:-1] == last[-1:]))

    assert repeatability.changing(Asked(answer), [item(c, true(c) * 2) for c in CASES])


def test_the_steps_of_a_training_are_compared_each_with_its_like():
    """Three iterations give three different answers to one problem, and that is no chance."""
    wrong = [item(c, true(c) * 2) for c in CASES]
    for steps in (2, 3):
        of_step = itertools.cycle(range(1, steps + 1))
        evaluate = Asked(lambda c, of_step=of_step: true(c) * next(of_step), repeats=steps)
        assert not repeatability.changing(evaluate, wrong)
    drifting = itertools.count(1)
    assert repeatability.changing(Asked(lambda c: true(c) * next(drifting), repeats=3), wrong)


@pytest.mark.parametrize(
    ("times", "apart"), [([0, 0], False), ([0, 1.9], False), ([-1, 1.1], True), ([0, 1, 2.5], True)]
)
def test_apart_is_more_than_twice_the_bound(times, apart):
    """From the smallest to the largest answer, in any component."""
    case = SAME[0]
    bound = Expected(GRADIENT, case, "half-mse").bounds * [0, 0, 1, 0]
    assert repeatability.apart([item(case, true(case) + t * bound) for t in times]) == apart


def test_the_coarsest_of_the_answers_decides():
    """One in float32 is allowed what float32 is, whichever comes first."""
    case = SAME[0]
    wide, narrow = item(case, true(case)), item(case, true(case) * (1 + 1e-8))
    assert repeatability.apart([wide, narrow])
    narrow.reading = Output(narrow.reading.vector, np.dtype(np.float32))
    assert not repeatability.apart([wide, narrow])
    assert not repeatability.apart([narrow, wide])


def test_twice_the_bound_is_not_apart():
    """Two right answers can be as far from each other."""
    case = SAME[0]
    answers = [item(case, np.full(4, v)) for v in (0.0, 1.0)]
    for a in answers:
        a.expected.bounds_in = lambda dtype: np.full(4, 0.5)
    assert not repeatability.apart(answers)


def test_answers_that_cannot_be_compared_are_apart():
    """No numbers, or as many as before and then others; NaN is like NaN."""
    case = SAME[0]
    right = item(case, true(case))
    assert repeatability.apart([right, item(case, None, "no-return")])
    assert repeatability.apart([right, item(case, np.ones(3))])
    assert not repeatability.apart([item(case, np.full(4, np.nan))] * 2)
    assert not repeatability.apart([item(case, np.full(4, np.inf))] * 2)
