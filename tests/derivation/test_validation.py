"""The front doors' checks, where no single door shows all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_np import fit, predict
from linreg_np._utils.validation import (
    BLOCK,
    as_float,
    features,
    finite,
    labels,
    number,
    positive,
    whole,
)


@pytest.mark.parametrize("value", [3, True, np.int8(3), np.bool(True), np.uint64(7)])
def test_whole_numbers_become_python_floats(value):
    """Which take the precision of what they meet: float32 stays float32."""
    assert type(as_float(value)) is float
    assert as_float(value) == value
    assert predict(np.ones((2, 1), np.float32), np.ones(1, np.float32), value).dtype == np.float32


@pytest.mark.parametrize("value", ["a", None, 1j, object()])
def test_what_is_no_number_is_refused_as_an_argument(value):
    """Behind the doors nobody knows its name."""
    with pytest.raises(TypeError, match=r"^a must be an array of real numbers, got "):
        as_float(value)


@pytest.mark.parametrize("order", "<>=")
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_foreign_byte_order_keeps_its_precision(order, kind):
    """Big-endian float32 is float32, and big-endian float64 is float64."""
    X, w = np.ones((2, 1)).astype(order + kind), np.ones(1).astype(order + kind)
    assert predict(X, w, 0.5).dtype == np.dtype(kind)
    np.testing.assert_array_equal(predict(X, w, 0.5), [1.5, 1.5])


@pytest.mark.parametrize("value", [np.float64(0.5), np.float32(0.5), 0.5])
def test_floats_are_passed_through(value):
    """A float of any kind stays what it is, and an array of floats is not copied."""
    assert as_float(value) == value
    assert type(as_float(value)) is type(value)
    a = np.full(2, value)
    assert np.shares_memory(as_float(a), a)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_the_largest_numbers_are_finite(dtype):
    """Those whose squares are not, too, and without a warning."""
    finite("X", np.full((3, 2), np.finfo(dtype).max))


@pytest.mark.parametrize("row", [0, BLOCK - 1, BLOCK, BLOCK + 4, 2 * BLOCK + 4])
def test_the_bad_row_is_named_in_whichever_block(row):
    """A large array is looked at block by block; the row is counted from its beginning."""
    a = np.ones(2 * BLOCK + 5, np.float32)
    a[row] = np.inf
    with pytest.raises(ValueError, match=f"a must be finite, got inf in row {row} "):
        finite("a", a)
    a[row] = 1
    finite("a", a)


def test_what_is_in_memory_is_read_at_the_door():
    """If not told otherwise, features and labels are looked through."""
    with pytest.raises(ValueError, match=r"^X must be finite, got nan in row 1 "):
        features([[1.0], [np.nan]])
    with pytest.raises(ValueError, match=r"^y must be finite, got inf in row 0 "):
        labels([np.inf, 1.0], 2)


def test_a_time_is_no_number():
    """NumPy counts it among the whole numbers, and has no float for it."""
    with pytest.raises(ValueError, match=r"^b must be finite, got np.timedelta64\(1,'s'\); pass a"):
        number("b", np.timedelta64(1, "s"))


def test_zero_is_positive_only_where_it_is_allowed():
    """As `noise` it is none; as `lr` it is refused, and so is what is below zero in both."""
    assert positive("noise", 0, or_zero=True) == 0
    for x, or_zero in ((0, False), (-1e-300, True), (-1e-300, False)):
        with pytest.raises(ValueError, match="must be"):
            positive("lr", x, or_zero=or_zero)


@given(st.floats(0, 100).filter(lambda x: not x.is_integer()))
def test_the_way_out_of_a_fraction_is_a_whole_number_from_1(x):
    """0.3 is told to pass 1, 2.6 to pass 3."""
    with pytest.raises(ValueError, match=f"must be a whole number.*pass {max(1, round(x))}$"):
        whole("epochs", x)


def test_numbers_may_come_in_any_wrapping():
    """A 0-d array and a NumPy scalar are numbers; a whole float is a whole number."""
    assert number("b", np.array(1.5)) == number("b", np.float32(1.5)) == 1.5
    assert type(number("b", np.array(2))) is float
    assert whole("epochs", 3.0) == whole("epochs", np.int64(3)) == 3
    assert whole("batch_size", 3, at_most=3) == 3
    assert type(whole("epochs", 3.0)) is int


def test_the_rows_of_a_memory_map_are_not_read_at_the_door(tmp_path):
    """NaN in a map is met in training, when the first epoch's order is already drawn."""
    for name in ("X", "y"):
        data = {
            "X": np.lib.format.open_memmap(tmp_path / "X.npy", "w+", shape=(20, 1)),
            "y": np.lib.format.open_memmap(tmp_path / "y.npy", "w+", shape=(20,)),
        }
        data[name][:] = np.nan
        rng = np.random.default_rng(0)
        with pytest.raises(ValueError, match=f"{name} must be finite"):
            fit(**data, rng=rng)
        again = np.random.default_rng(0)
        again.normal(0, 0.01, 1)
        again.permutation(20)
        assert rng.random() == again.random()
