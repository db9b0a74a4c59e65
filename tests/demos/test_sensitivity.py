"""The demo sensitivity: each checker catches what it is said to catch, and no more."""

import numpy as np
import pytest

from demos import sensitivity
from demos._shared.course_tests import (
    let_through,
    loaded,
    passes_final_weights,
    passes_gradcheck,
    passes_two_cases,
    subject,
)
from reference.checker.diagnosis.faults import BY_NAME

CASE = sensitivity.point(np.random.default_rng(0))


@pytest.mark.parametrize("name", sensitivity.checks())
def test_no_checker_rejects_the_right_gradient(name):
    """Without an injected error nothing is caught; an error of a tenth is."""
    caught = sensitivity.checks()[name]
    for j in range(4):
        assert not caught(CASE, 1.0, j)
        assert caught(CASE, 1.1, j)


def test_a_part_in_ten_thousand_passes_gradcheck_and_not_here():
    """1e-4 is under gradcheck's tolerance; 1e-11 is over the bound of rounding."""
    assert not any(sensitivity.by_gradcheck(CASE, 1 + 1e-4, j) for j in range(4))
    assert all(sensitivity.by_exact_answer(CASE, 1 + 1e-11, j) for j in range(4))


def program(name):
    """The first program of a fault, in its call."""
    return subject(BY_NAME[name], loaded(BY_NAME[name].sources[0], name))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("name", "gradcheck", "cases", "weights"),
    [
        ("missing-mean", False, False, True),
        ("sign-flipped", False, False, False),
        ("remainder-dropped", None, True, True),
        ("finite-difference", True, True, True),
        ("accumulator-kept", None, False, False),
    ],
)
def test_each_test_of_a_course_lets_its_own_mistakes_through(name, gradcheck, cases, weights):
    """What keeps the minimum passes the final weights; what is seen with batches alone, two cases.

    A trainer has no gradient for gradcheck.
    """
    found = program(name)
    assert passes_gradcheck(found) is gradcheck
    assert passes_two_cases(found) is cases
    assert passes_final_weights(found) is weights


@pytest.mark.thorough
def test_this_checker_lets_none_of_these_through():
    """One of each kind; the whole catalogue is in its own tests."""
    found = let_through([program("bias-step-doubled"), program("remainder-dropped")])
    assert found["final weights"] == (2, ["bias-step-doubled", "remainder-dropped"])
    assert found["this checker"] == (2, [])


def test_the_smallest_size_from_which_on_all_is_caught():
    """Not the first that is caught by chance."""
    shares = [0.0, 1.0, 0.5, *[1.0] * (len(sensitivity.SIZES) - 3)]
    assert sensitivity.detection_threshold(shares) == f"{sensitivity.SIZES[3]:.0e}"
    assert sensitivity.detection_threshold([0.0] * len(sensitivity.SIZES)) == "nowhere"
