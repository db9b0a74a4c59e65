"""Whatever a caller passes: a correct result, or an error that names the argument; nothing else."""

import contextlib
import fractions
import io
import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from linreg_np import (
    DivergenceError,
    DivergenceWarning,
    LossSurface,
    Moments,
    Trajectory,
    curvature,
    fit,
    fit_affine,
    max_lr,
    synthetic_data,
)

EXAMPLES = max(15, settings().max_examples // 5)  # for each of many arguments
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 2)), RNG.normal(size=6)
NAN_WITH_PAYLOAD = np.array([0x7FF8DEADBEEF0001, 0xFFF0000000000001], np.uint64).view(np.float64)


class Hostile:
    """An object each of whose conversions raises another error."""

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
    """A valid number of steps or samples that would take too long."""
    try:
        return limit < float(value) < 2**62
    except Exception:
        return False


def shaped(shape):
    """Arrays of this shape, of every kind of number, huge and tiny, NaN and inf."""
    special = st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e-160, 1e160, 1.7e308, np.nan, -np.inf])
    dtypes = st.sampled_from(["f8", ">f8", "f4", ">f4", "f2", "i1", "<i8", ">u8", "?"])
    return st.one_of(
        npst.arrays(np.float64, shape, elements=special),
        dtypes.flatmap(lambda dtype: npst.arrays(np.dtype(dtype), shape)),
        st.sampled_from([1.0, 1e-300, 1e150]).map(lambda c: c * np.ones(shape)),
    )


def numbers_of(value):
    """What NumPy reads in `value`, in float64."""
    return None if value is None else np.asarray(value).astype(np.float64)


def in_own_precision(value):
    """The same, but float32 and float16 as they are: with these, columns are sooner dependent."""
    a = np.asarray(value)
    return a.astype(a.dtype.newbyteorder("=") if a.dtype.kind == "f" else np.float64)


def one_number(value):
    return None if value is None else float(value)


def written(path, **options):
    """The text that `write_log` writes."""
    path.write_log(file := io.StringIO(), **options)
    return file.getvalue()


class Argument(NamedTuple):
    """One argument of one function: the call, the numbers that a value means, and its valid shape."""

    call: Callable[[Any], Any]
    meaning: Callable[[Any], Any] = numbers_of
    shape: tuple[int, ...] = ()
    names: str = ""  # the argument, if not the last word of the key; or several


def arguments_of(name, train):
    """The arguments of `fit`, or of another function with the same."""
    given = {"batch_size": 3, "rng": 0}
    return {
        f"{name} X": Argument(lambda v: train(v, Y, **given), shape=X.shape),
        f"{name} y": Argument(lambda v: train(X, v, **given), shape=Y.shape),
        f"{name} w": Argument(lambda v: train(X, Y, **given, w=v), shape=(2,)),
        f"{name} b": Argument(lambda v: train(X, Y, **given, b=v), one_number),
        f"{name} lr": Argument(lambda v: train(X, Y, **given, lr=v), one_number),
        f"{name} rng": Argument(lambda v: train(X, Y, batch_size=3, rng=v), lambda v: int(v)),
        f"{name} batch_size": Argument(lambda v: train(X, Y, batch_size=v, rng=0), one_number),
        f"{name} epochs": Argument(lambda v: train(X, Y, **given, epochs=v), one_number),
    }


def unchanged(value):
    return value


SURFACE, MOMENTS, PATH = (
    LossSurface.from_data(X, Y),
    Moments.of(X, Y),
    fit(X, Y, rng=0, batch_size=3),
)
W1, STEPS = [0.0, 1.0], {"lr": 0.1, "steps": 4}
ARGUMENTS = {
    **arguments_of("fit", fit),
    **arguments_of("fit_affine", fit_affine),
    "curvature X": Argument(curvature, in_own_precision, shape=X.shape),
    "max_lr X": Argument(max_lr, in_own_precision, shape=X.shape),
    "from_data X": Argument(lambda v: LossSurface.from_data(v, Y), in_own_precision, shape=X.shape),
    "from_data y": Argument(lambda v: LossSurface.from_data(X, v), shape=Y.shape),
    "from_moments m": Argument(LossSurface.from_moments, unchanged),
    "loss w": Argument(lambda v: SURFACE.loss(v, 0.5), shape=(3, 2)),
    "loss b": Argument(lambda v: SURFACE.loss([1, 2], v), shape=(3,)),
    "excess w": Argument(lambda v: SURFACE.excess(v, [0.5, 1]), shape=(2,)),
    "excess b": Argument(lambda v: SURFACE.excess([[1, 2], [3, 4]], v), shape=(2,)),
    "gradient w": Argument(lambda v: SURFACE.gradient(v, 0.5), shape=(2, 2)),
    "gradient b": Argument(lambda v: SURFACE.gradient([1, 2], v)),
    "grid w1": Argument(lambda v: SURFACE.grid(v, W1), shape=(4,)),
    "grid w2": Argument(lambda v: SURFACE.grid(W1, v, b=1), shape=(4,)),
    "grid b": Argument(lambda v: SURFACE.grid(W1, W1, b=v), one_number),
    "grid w": Argument(lambda v: SURFACE.grid(W1, W1, w=v), shape=(2,)),
    "grid features": Argument(
        lambda v: SURFACE.grid(W1, W1, features=v), lambda v: tuple(map(int, v)), (2,)
    ),
    "descend w": Argument(lambda v: SURFACE.descend(v, 0.5, **STEPS), shape=(2,)),
    "descend b": Argument(lambda v: SURFACE.descend([1, 2], v, **STEPS), one_number),
    "descend lr": Argument(lambda v: SURFACE.descend([1, 2], 3, lr=v, steps=4), one_number),
    "descend steps": Argument(lambda v: SURFACE.descend([1, 2], 3, lr=0.1, steps=v), one_number),
    "Moments.of X": Argument(lambda v: Moments.of(v, Y), shape=X.shape),
    "Moments.of y": Argument(lambda v: Moments.of(X, v), shape=Y.shape),
    "Moments n": Argument(lambda v: Moments(v, MOMENTS.mean, MOMENTS.scatter), int),
    "Moments mean": Argument(lambda v: Moments(6, v, MOMENTS.scatter), shape=(3,)),
    "write_log precision": Argument(lambda v: written(PATH, precision=v), int),
    "Moments scatter": Argument(lambda v: Moments(6, MOMENTS.mean, v), shape=(3, 3)),
}


def answer(call, names):
    """What `call` returns, or the path before it diverged; None after an error that names one of `names`.

    Never a warning but that a training diverged, not even one that is turned into an error on its way.
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            found = call()
        except DivergenceError as error:
            found = error.trajectory
        except (TypeError, ValueError, MemoryError) as error:
            found, message = None, str(error).partition("; ")[0]  # without the hint
            assert re.search(rf"\b({'|'.join(names.split())})\b", message), message
    assert not [w.message for w in warned if w.category is not DivergenceWarning]
    return found


def same(a, b):
    """Equal to the last bit, type and shape included; NaN is NaN."""
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray | np.generic | float):
        return np.asarray(a).dtype == np.asarray(b).dtype and np.array_equal(a, b, equal_nan=True)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_arguments_mean_their_numbers_or_are_refused_by_name(name, data):
    """The result that the same numbers give as plain float64, or a documented error; no warning."""
    argument, word = ARGUMENTS[name], name.split()[-1]
    kind = shaped(argument.shape) if data.draw(st.booleans()) else ANYTHING
    value = data.draw(kind, label=word)
    assume(word not in ("epochs", "steps") or not takes_long(value, 100))
    assume(word != "rng" or value is not None)
    found = answer(lambda: argument.call(value), argument.names or word)
    if found is not None:
        assert same(found, answer(lambda: argument.call(argument.meaning(value)), word))


@pytest.mark.parametrize("name", ["X", "y", "lr", "batch_size", "epochs", "w", "b", "rng"])
def test_an_unprintable_object_is_refused_like_any_other(name):
    """Showing the value in the message does not fail."""
    with pytest.raises(TypeError, match=f"^{name} must be"):
        fit(**{"X": X, "y": Y, "batch_size": 3, name: Unprintable()})


@pytest.mark.parametrize("name", ["w", "b", "n", "noise", "rng"])
@given(data=st.data())
def test_synthetic_data_answers_or_names_the_argument(name, data):
    """Finite data of the right shape, or a documented error that names what was wrong."""
    arguments = {"w": [1.0, 2.0], "b": 0.0, "n": 5, "rng": 0, name: data.draw(ANYTHING)}
    assume(name != "n" or not takes_long(arguments["n"], 1e6))
    found = answer(lambda: synthetic_data(**arguments), name)
    if found is not None:
        X, y = found
        assert y.shape == (len(X),)
        assert np.isfinite(X).all()
        assert np.isfinite(y).all()


@pytest.mark.parametrize("name", ["w", "b", "grad_w", "grad_b", "epoch_ends"])
@given(data=st.data())
def test_trajectory_answers_or_names_the_argument(name, data):
    """A path that shows and compares itself, or a documented error that names what was wrong."""
    w = np.zeros((6, 2))
    value = data.draw(ANYTHING)
    path = answer(lambda: Trajectory(**{"w": w, name: value}), name)
    if path is not None:
        got, meant = getattr(path, name), numbers_of(value)
        assert (got is meant is None) or np.array_equal(got, meant, equal_nan=True)
        assert answer(lambda: repr(path), name).startswith("Trajectory(")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for all examples."""
    return tmp_path_factory.mktemp("hostile")


WORDS = st.sampled_from(
    [
        *("w:", "w.grad:", "b:", "b.grad:", "tensor(", ")", "[", "]", "[[", "]]", ",", "...", "''"),
        *("1.", "-2.5", "1e-3", "1e999", "-inf", "nan", "0x1", "1_0", "²", "None", "Parameter "),
        *("containing: ", ", requires_grad=True", ", dtype=torch.float16", " ", "\0", "\ufeff"),
        *("\n", "\r\n", "\n\n", "w:  tensor([[1.],\n [2.]])\n", "w:  tensor([3.])\n"),
    ]
)


@pytest.mark.filterwarnings("ignore:.*(are kept|one weight without bias)")
@given(words=st.lists(st.one_of(WORDS, WORDS, WORDS, st.text(max_size=3)), max_size=30))
def test_what_looks_like_a_log_is_read_or_refused(words):
    """Of the parts of a log in any order: the numbers that stand in it, or a ValueError with a reason."""
    text = "\n" + "".join(words)
    try:
        path = Trajectory.read_log(text)
    except ValueError as error:
        assert re.search("line \\d+: .*; |a log must contain", str(error))
    else:
        said = {
            float(x)
            for x in re.findall(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?|nan|inf)", text)
        }
        assert {repr(float(x)) for x in path.w.ravel()} <= set(map(repr, said))


@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1), st.one_of(st.binary(max_size=8), st.integers(1, 400))),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_log_is_refused_or_read_as_what_it_says(damage, folder):
    """Bytes put in or cut out anywhere: a path, a documented warning, or a ValueError with a reason."""
    PATH.write_log(folder / "damaged.txt")
    data = (folder / "damaged.txt").read_bytes()
    for at, change in damage:
        i = int(at * len(data))
        data = data[:i] + (change + data[i:] if isinstance(change, bytes) else data[i + change :])
    (folder / "damaged.txt").write_bytes(data)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            path = Trajectory.read_log(folder / "damaged.txt")
        except ValueError as error:
            assert re.search("line \\d+: .*; |a log must|UTF-8, or UTF-16", str(error))
        else:
            assert path.w.shape[1] <= 2
    assert all(re.search("are kept|one weight without bias", str(w.message)) for w in warned)


@given(
    at=st.integers(0, 5000), bit=st.integers(0, 7), cut=st.one_of(st.none(), st.integers(0, 5000))
)
def test_a_damaged_npz_is_refused_or_unharmed(at, bit, cut, folder):
    """One bit flipped, or the end cut off: a ValueError, or no part that is another."""
    path = fit(X, Y, batch_size=2, rng=0)
    file = folder / "path.npz"
    path.save(file)
    damaged = bytearray(file.read_bytes())[:cut]
    if damaged:
        damaged[at % len(damaged)] ^= 1 << bit
    file.write_bytes(damaged)
    again = answer(lambda: Trajectory.load(file), "path must be the .npz")
    parts = {} if again is None else vars(again)
    assert all(
        v is None or np.size(v) == 0 or np.array_equal(v, getattr(path, k))
        for k, v in parts.items()
    )


PARTS = {name: part for name, part in vars(PATH).items() if isinstance(part, np.ndarray)}


def zipped(file, **members):
    """An .npz of these members, each an array, or the bytes of one."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if not isinstance(content, bytes):
                np.lib.format.write_array(f := io.BytesIO(), content)
                content = f.getvalue()
            archive.writestr(f"{name}.npy", content)


def npy(shape, descr="'<f8'", version=b"\x01\x00", data=b""):
    """The bytes of an .npy file with this header."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header + data


def load_with(name, member, folder):
    """What is loaded of a file whose part `name` is this one; every other part is as it was."""
    zipped(folder / "any.npz", **{**PARTS, name: member})
    path = answer(lambda: Trajectory.load(folder / "any.npz"), "path must be the .npz")
    others = set(PARTS) - {name} if path else ()
    assert all(same(getattr(path, other), PARTS[other]) for other in others)
    return path


@pytest.mark.parametrize("name", PARTS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_any_array_in_an_npz_is_a_part_of_the_path_or_refused(name, data, folder):
    """Of any type and shape: the numbers that it holds, or an error that names the file."""
    right, kinds = npst.array_shapes(min_dims=0, min_side=0), npst.scalar_dtypes()
    shape = data.draw(st.one_of(right, st.just(PARTS[name].shape)))
    member = data.draw(npst.arrays(kinds, shape))
    path = load_with(name, member, folder)
    assert path is None or np.array_equal(getattr(path, name), numbers_of(member), equal_nan=True)


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("version", [b"\x01\x00", b"\x02\x00", b"\x07\x00"])
@pytest.mark.parametrize(
    "shape",
    ["()", "(7,)", "(7L,)", f"({2**40}, 2)", f"({2**62}, {2**62})", "(-1,)", "(True,)", "x"],
)
def test_whatever_an_npz_claims_to_hold_it_is_refused_or_read(name, version, shape, folder):
    """A header that promises huge arrays, other types, or nonsense: no warning, and no memory taken."""
    for descr in ("'<f8'", "'|O'", "'<M8[s]'", "'|V8'", "'<f8' * 9", "[('x', '<f8')]", "'<f2'"):
        path = load_with(name, npy(shape, descr, version, bytes(56)), folder)
        assert path is None or same(getattr(path, name), np.zeros(7, getattr(path, name).dtype))


@given(st.sets(st.sampled_from([*PARTS, "W", "w.npy", "x", "", "../w"])))
def test_an_npz_holds_the_parts_of_a_path_and_no_others(names):
    """Those that may be None can be missing; what is of another name is refused, not passed over."""
    zipped(file := io.BytesIO(), **{name: PARTS.get(name, np.zeros(3)) for name in names})
    with tempfile.NamedTemporaryFile() as npz:
        npz.write(file.getvalue())
        npz.flush()
        path = answer(lambda: Trajectory.load(npz.name), "path must be the .npz")
    if names <= set(PARTS) and "w" in names:
        assert path == Trajectory(**{name: PARTS[name] for name in names})
    else:
        assert path is None


NO_PATHS = st.one_of(
    ANYTHING.filter(lambda v: not isinstance(v, str | bytes)),
    st.sampled_from([0, 1, True, bytearray(b"x"), io.BytesIO()]),
)
FILES = {
    "load path": Trajectory.load,
    "read_log path_or_text": Trajectory.read_log,
    "save path": PATH.save,
    "write_log file": PATH.write_log,
}


@pytest.mark.parametrize("name", FILES)
@given(value=NO_PATHS)
def test_what_names_no_file_is_refused(name, value):
    """Numbers too, which `open` would take for files that are open; the error names the argument."""
    with contextlib.suppress(FileNotFoundError):  # of a text that could be a name
        assert answer(lambda: FILES[name](value), name.split()[1]) is None


@given(name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300))
def test_a_name_that_no_file_can_have_is_an_os_error_or_a_value_error(name, folder):
    """Too long, with a slash, empty, of any letters: the path is under that name, or refused."""
    file = os.path.join(folder, "names", "".join(name.split("/")))
    os.makedirs(folder / "names", exist_ok=True)
    try:
        saved = answer(lambda: PATH.save(file) or True, "path")
    except OSError as error:
        assert error.strerror
    else:
        assert saved is None or Trajectory.load(file) == PATH
    for left in os.scandir(folder / "names"):
        assert left.path == file
        os.unlink(left)
