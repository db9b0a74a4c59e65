"""The demo sensitivity: each checker catches what it is said to catch, and no more."""

import numpy as np
import pytest

from demos import sensitivity
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


@pytest.mark.parametrize(
    ("name", "missed"),
    [("bias-step-doubled", True), ("sequential-update", True), ("index-port", False)],
)
def test_final_weights_miss_what_ends_at_the_same_optimum(name, missed):
    """Stepping the bias twice leads to the same weights; another feature's gradient does not."""
    assert sensitivity.same_weights(BY_NAME[name], 0) == missed
    assert sensitivity.exactly_seen(BY_NAME[name])


def test_the_smallest_size_from_which_on_all_is_caught():
    """Not the first that is caught by chance."""
    shares = [0.0, 1.0, 0.5, *[1.0] * (len(sensitivity.SIZES) - 3)]
    assert sensitivity.detection_threshold(shares) == f"{sensitivity.SIZES[3]:.0e}"
    assert sensitivity.detection_threshold([0.0] * len(sensitivity.SIZES)) == "nowhere"
