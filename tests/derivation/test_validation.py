"""Argument validation, where no single public function shows all of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_np import predict
from linreg_np._utils.blocks import NUMBERS
from linreg_np._utils.validation import (
    as_float,
    check_finite,
    check_number,
    check_positive,
    check_positive_int,
)


@pytest.mark.parametrize("value", [3, True, np.int8(3), np.bool(True), np.uint64(7)])
def test_whole_numbers_become_python_floats(value):
    """Which take the precision of what they meet: float32 stays float32."""
    assert type(as_float("w", value)) is float
    assert as_float("w", value) == value
    assert predict(np.ones((2, 1), np.float32), np.ones(1, np.float32), value).dtype == np.float32


@pytest.mark.parametrize("order", "<>=")
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_foreign_byte_order_keeps_its_precision(order, kind):
    """Big-endian float32 is float32, and big-endian float64 is float64."""
    X, w = np.ones((2, 1)).astype(order + kind), np.ones(1).astype(order + kind)
    assert predict(X, w, 0.5).dtype == np.dtype(kind)
    np.testing.assert_array_equal(predict(X, w, 0.5), [1.5, 1.5])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_the_largest_numbers_are_finite(dtype):
    """Those whose squares are not, too, and without a warning."""
    check_finite("X", np.full((3, 2), np.finfo(dtype).max))


@pytest.mark.parametrize("row", [0, NUMBERS - 1, NUMBERS, NUMBERS + 4, 2 * NUMBERS + 4])
def test_the_bad_row_is_named_in_whichever_block(row):
    """A large array is searched block by block; the row is counted from its beginning."""
    a = np.ones(2 * NUMBERS + 5, np.float32)
    a[row] = np.inf
    with pytest.raises(ValueError, match=f"a must be finite, got inf in row {row} "):
        check_finite("a", a)
    a[row] = 1
    check_finite("a", a)


def test_a_time_is_no_number():
    """NumPy registers it as an integer, and has no float for it."""
    with pytest.raises(ValueError, match=r"^b must be finite, got np.timedelta64\(1,'s'\); pass a"):
        check_number("b", np.timedelta64(1, "s"))


def test_zero_is_positive_only_where_it_is_allowed():
    """As `noise` it is none; as `lr` it is refused, and so is what is below zero in both."""
    assert check_positive("noise", 0, or_zero=True) == 0
    for x, or_zero in ((0, False), (-1e-300, True), (-1e-300, False)):
        with pytest.raises(ValueError, match="must be"):
            check_positive("lr", x, or_zero=or_zero)


@given(st.floats(0, 100).filter(lambda x: not x.is_integer()))
def test_the_fix_for_a_fraction_is_an_integer_from_1(x):
    """For 0.3 it is 1, for 2.6 it is 3."""
    with pytest.raises(ValueError, match=f"must be an integer.*pass {max(1, round(x))}$"):
        check_positive_int("epochs", x)
