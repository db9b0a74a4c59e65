"""Anything a caller can pass: a right answer, or an error that names the argument. Nothing else."""

import fractions
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from linreg_np import DivergenceError, Trajectory, fit, synthetic_data

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 2)), RNG.normal(size=6)
NAN_WITH_PAYLOAD = np.array([0x7FF8DEADBEEF0001, 0xFFF0000000000001], np.uint64).view(np.float64)


class Hostile:
    """An object whose every conversion fails in its own way."""

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")

    def __float__(self):
        raise ZeroDivisionError("no float")

    def __len__(self):
        return -1


class Unprintable(Hostile):
    """Nor can it be shown."""

    def __repr__(self):
        raise OSError("no repr")


def odd_arrays(values):
    """The same numbers in the shapes and wrappers that come by mistake."""
    a = np.asarray(values)
    yield from (a, a.reshape(-1, 1), a.ravel(), a[None], np.ma.masked_invalid(a), a.tolist())
    yield from (a.astype(object), a.astype(str), a.astype(complex), a.astype(np.longdouble))
    yield from (a.astype(np.float32), a.astype(np.float16), a.astype(">f8"), a.astype(bool))
    yield from (torch.tensor(a), torch.tensor(a, requires_grad=True), iter(a), {"a": a})
    with warnings.catch_warnings():  # a matrix warns when it is made, whoever makes it
        warnings.simplefilter("ignore")
        yield np.asmatrix(a)
    yield from (pd.DataFrame(a), pd.DataFrame(a).astype(str), pd.Series(a.ravel()))
    yield from (a[:0], a[..., :0], a.ravel()[0], np.array(a.ravel()[0]))
    yield from (np.full(a.shape, NAN_WITH_PAYLOAD[0]), np.full(a.shape, NAN_WITH_PAYLOAD[1]))
    yield from (a * 1e307, a * 1e-320, a * 1e160, np.full(a.shape, 10**400, object))
    yield from (a.astype("datetime64[s]"), np.zeros(a.shape, [("x", "f8")]))


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(2**62, 2**70),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.one_of(st.floats(), st.text(max_size=2), st.none()), max_size=4),
    npst.arrays(npst.scalar_dtypes(), npst.array_shapes(min_dims=0, min_side=0, max_side=6)),
    st.sampled_from([Hostile(), object(), fractions.Fraction(1, 3), set(), range(6), ..., print]),
    st.sampled_from(list(odd_arrays(X))),
    st.sampled_from(list(odd_arrays(Y))),
)


def takes_long(value, limit):
    """A whole number that is neither wrong nor out of reach, but would keep the test waiting."""
    try:
        return limit < float(value) < 2**62
    except Exception:
        return False


@pytest.mark.parametrize("name", ["X", "y", "lr", "batch_size", "epochs", "w", "b", "rng"])
@settings(max_examples=300)
@given(data=st.data())
def test_fit_answers_or_names_the_argument(name, data):
    """A finite path of the right shape, or a documented error that names what was wrong."""
    value = data.draw(ANYTHING)
    arguments = {"X": X, "y": Y, "batch_size": 3, "rng": 0, name: value}
    assume(name != "epochs" or not takes_long(value, 100))
    try:
        path = fit(arguments.pop("X"), arguments.pop("y"), **arguments)
    except DivergenceError as error:
        assert np.isfinite(error.trajectory.w).all()
    except (TypeError, ValueError, MemoryError) as error:
        assert name in str(error)
    else:
        d = np.shape(value)[1] if name == "X" else 2
        assert path.w.shape == (path.steps + 1, d)
        assert all(np.isfinite(a).all() for a in (path.w, path.b, path.grad_w, path.grad_b))


@pytest.mark.parametrize("name", ["X", "y", "lr", "batch_size", "epochs", "w", "b", "rng"])
def test_an_unprintable_object_is_refused_like_any_other(name):
    """A message does not fail at what it has to show."""
    with pytest.raises(TypeError, match=f"^{name} must be"):
        fit(**{"X": X, "y": Y, "batch_size": 3, name: Unprintable()})


@pytest.mark.parametrize("name", ["w", "b", "n", "noise", "rng"])
@settings(max_examples=200)
@given(data=st.data())
def test_synthetic_data_answers_or_names_the_argument(name, data):
    """Finite data of the right shape, or a documented error that names what was wrong."""
    arguments = {"w": [1.0, 2.0], "b": 0.0, "n": 5, "rng": 0, name: data.draw(ANYTHING)}
    assume(name != "n" or not takes_long(arguments["n"], 1e6))
    try:
        X, y = synthetic_data(
            arguments.pop("w"), arguments.pop("b"), arguments.pop("n"), **arguments
        )
    except (TypeError, ValueError, MemoryError) as error:
        assert name in str(error)
    else:
        assert y.shape == (len(X),)
        assert np.isfinite(X).all()
        assert np.isfinite(y).all()


@pytest.mark.parametrize("name", ["w", "b", "grad_w", "grad_b", "epoch_ends"])
@settings(max_examples=200)
@given(data=st.data())
def test_trajectory_answers_or_names_the_argument(name, data):
    """A path that shows and compares itself, or a documented error that names what was wrong."""
    w = np.zeros((6, 2))
    value = data.draw(ANYTHING)
    try:
        path = Trajectory(**{"w": w, name: value})
    except (TypeError, ValueError) as error:
        assert name in str(error)
    else:
        assert path == Trajectory(**{"w": w, name: getattr(path, name)})
        assert repr(path).startswith("Trajectory(")


@settings(max_examples=200)
@given(noise=st.binary(max_size=400))
def test_random_bytes_are_no_log(noise, tmp_path_factory):
    """A file of random bytes is read as a log (if it is one) or refused with ValueError."""
    file = tmp_path_factory.mktemp("log") / "log.txt"
    file.write_bytes(noise)
    with pytest.raises(ValueError, match=str(file)[:4] + "|must hold lines|line "):
        Trajectory.read_log(file)


@settings(max_examples=300)
@given(
    at=st.integers(0, 5000), bit=st.integers(0, 7), cut=st.one_of(st.none(), st.integers(0, 5000))
)
def test_a_damaged_npz_is_refused_or_unharmed(at, bit, cut, tmp_path_factory):
    """One bit flipped, or the end cut off: the very same path, or a ValueError."""
    path = fit(X, Y, batch_size=2, rng=0)
    file = tmp_path_factory.mktemp("npz") / "path.npz"
    path.save(file)
    damaged = bytearray(file.read_bytes())[:cut]
    if damaged:
        damaged[at % len(damaged)] ^= 1 << bit
    file.write_bytes(damaged)
    try:
        again = Trajectory.load(file)
    except ValueError as error:
        assert "path must name the .npz" in str(error)
    else:
        assert again == path or set(vars(again)) == set(vars(path))


@pytest.mark.parametrize("value", [None, 5, 1.5, b"bytes\xff", ["a"], Hostile(), np.zeros(3)])
@pytest.mark.parametrize("door", [Trajectory.load, Trajectory.read_log])
def test_what_is_no_path_is_refused(door, value):
    """Neither a path nor text: a TypeError, a ValueError or the file that is not there."""
    with pytest.raises((TypeError, ValueError, OSError)):
        door(value)
