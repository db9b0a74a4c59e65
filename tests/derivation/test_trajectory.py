"""§2: the recorded path: what it holds, and that nothing is lost on the way to disk and back."""

import io
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linreg_np import LossSurface, Trajectory, fit, synthetic_data
from linreg_np._utils.files import replacing


def worked_example(seed=0, dtype=np.float64):
    """The path of §2."""
    X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=seed)
    return fit(X.astype(dtype), y.astype(dtype), rng=seed)


@st.composite
def trajectories(draw):
    """Paths of any size, precision and completeness, NaN and infinity included."""
    T, d = draw(st.integers(0, 6)), draw(st.integers(1, 4))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))

    def values(*shape):
        a = rng.normal(size=shape) * 10.0 ** rng.integers(-30, 30, shape)
        return np.where(rng.random(shape) < 0.1, rng.choice([np.nan, np.inf, 0.0]), a).astype(dtype)

    optional = {"b": values(T + 1), "grad_w": values(T, d), "grad_b": values(T)}
    kept = draw(st.sets(st.sampled_from(sorted(optional))))
    ends = sorted(draw(st.lists(st.integers(0, T), max_size=3)))
    return Trajectory(values(T + 1, d), **{k: optional[k] for k in kept}, epoch_ends=ends)


@settings(max_examples=100)
@given(path=trajectories())
def test_npz_keeps_every_bit(path, tmp_path_factory):
    """load(save(path)) is the path: values, dtypes and absences."""
    file = tmp_path_factory.mktemp("npz") / "path.npz"
    path.save(file)
    assert Trajectory.load(file) == path


def test_the_worked_example_survives_both_ways_of_keeping(tmp_path):
    """Through `.npz` to the last bit; through the log to the last printed digit."""
    path = worked_example()
    path.save(tmp_path / "path.npz")
    assert Trajectory.load(tmp_path / "path.npz") == path
    for precision, half_a_digit in ((4, 0.5e-4), (9, 0.5e-9)):
        path.write_log(tmp_path / "log.txt", precision=precision)
        log = Trajectory.read_log(tmp_path / "log.txt")
        for name in ("w", "b"):  # the point after the last step is not in a log
            error = np.abs(getattr(log, name) - getattr(path, name)[:-1])
            assert error.max() <= half_a_digit * 1.001
        again = io.StringIO()
        log.write_log(again, precision=precision)
        assert again.getvalue() == (tmp_path / "log.txt").read_text()
    path.write_log(tmp_path / "log.txt", precision=25)
    log = Trajectory.read_log(tmp_path / "log.txt")
    np.testing.assert_array_equal(log.w, path.w[:-1])
    np.testing.assert_array_equal(log.b, path.b[:-1])
    np.testing.assert_array_equal(log.grad_w, path.grad_w)
    np.testing.assert_array_equal(log.grad_b, path.grad_b)
    assert log.epoch_ends.size == 0


def test_a_log_has_four_digits_as_torchs_has(tmp_path):
    """If not told otherwise; and into an open file as into a named one."""
    path, out = Trajectory([[1 / 3], [2 / 3]]), io.StringIO()
    path.write_log(out)
    path.write_log(tmp_path / "log.txt")
    path.write_log(str(tmp_path / "again.txt"))
    text = (
        "w:  tensor([[0.3333]], requires_grad=True)\nw:  tensor([[0.6667]], requires_grad=True)\n"
    )
    assert out.getvalue() == text
    assert (tmp_path / "log.txt").read_text() == (tmp_path / "again.txt").read_text() == text


def test_a_log_without_a_bias_or_gradients_invents_none():
    """What the log does not hold is None."""
    log = Trajectory.read_log("w:  tensor([[1.], [2.]])\nw:  tensor([[1.5], [2.]])\n")
    np.testing.assert_array_equal(log.w, [[1, 2], [1.5, 2]])
    assert log.b is log.grad_w is log.grad_b is None


def test_nothing_in_a_path_can_be_changed():
    """Neither the fields nor the numbers; and the caller's own arrays are not shared."""
    w = np.zeros((2, 1))
    path = Trajectory(w)
    with pytest.raises(AttributeError, match=r"^Trajectory must stay as it is, got a new w; make"):
        path.w = w
    with pytest.raises(AttributeError, match=r"^Trajectory must stay whole, got del of w; make"):
        del path.w
    with pytest.raises(ValueError, match="read-only"):
        path.w[0] = 1
    w[0] = 1
    assert path.w[0] == 0


def test_nor_can_what_its_arrays_are_views_of():
    """A path that `fit` or `descend` recorded is frozen down to the last base."""
    surface = LossSurface.from_data([[0.0], [2.0]], [1.0, 3.0])
    for path in (worked_example(), surface.descend([0.0], 0.0, lr=0.1, steps=5)):
        for array in vars(path).values():
            while array is not None:
                assert not array.flags.writeable
                array = array.base


def test_only_what_nobody_can_write_to_is_shared():
    """A read-only view of an array that somebody may still change is copied; a frozen array not."""
    w = np.zeros((2, 1))
    view = w.view()
    view.flags.writeable = False
    path = Trajectory(view)
    w[0] = 1
    assert path.w[0] == 0
    w.flags.writeable = False
    assert np.shares_memory(Trajectory(w).w, w)
    assert np.shares_memory(Trajectory(w[:1]).w, w)


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64, np.bool])
def test_a_path_is_of_floats_and_counts_in_integers(kind):
    """float32 stays, all else is float64, also of read-only arrays; epoch_ends are int64."""
    w, ends = np.zeros((2, 1), kind), np.array([0, 1], np.int8)
    w.flags.writeable = ends.flags.writeable = False
    path = Trajectory(w, epoch_ends=ends)
    assert path.w.dtype == (np.float32 if kind == np.float32 else np.float64)
    assert path.epoch_ends.dtype == np.int64
    np.testing.assert_array_equal(path.epoch_ends, [0, 1])


def test_paths_compare_by_their_numbers():
    """Equal if every number and dtype is; and unhashable, as arrays are."""
    path = worked_example()
    assert path == worked_example() == pickle.loads(pickle.dumps(path))
    assert path != worked_example(1)
    without_b = Trajectory(**vars(path) | {"b": None})
    assert path != without_b
    assert without_b != path
    assert path != Trajectory(**vars(path) | {"epoch_ends": []})
    assert path != worked_example(dtype=np.float32)
    assert Trajectory([[0.0]]) != Trajectory(np.zeros((1, 1), np.float32))
    assert path != "path"
    with pytest.raises(TypeError, match="unhashable"):
        hash(path)


def test_repr_shows_start_end_and_steps():
    """One readable line, whatever the size."""
    path = worked_example()
    w, b = path.w[-1], path.b[-1]
    assert f"{path!r}".startswith("Trajectory(300 steps in 3 epochs: w = [")
    assert f"{path!r}".endswith(f" → w = [{w[0]:.4g}, {w[1]:.4g}], b = {b:.4g})")
    assert repr(Trajectory(np.zeros((2, 99)))).count("0") == 16
    assert "…" in repr(Trajectory(np.zeros((2, 99))))
    assert repr(Trajectory([[1.0]])) == "Trajectory(0 steps: w = [1] → w = [1])"
    assert repr(Trajectory(np.zeros((2, 1)), epoch_ends=[1])) == (
        "Trajectory(1 step in 1 epoch: w = [0] → w = [0])"
    )
    eight, nine = ", ".join("0" * 8), ", ".join("0" * 8) + ", …"
    assert (
        repr(Trajectory(np.zeros((1, 8)))) == f"Trajectory(0 steps: w = [{eight}] → w = [{eight}])"
    )
    assert repr(Trajectory(np.zeros((1, 9)))) == f"Trajectory(0 steps: w = [{nine}] → w = [{nine}])"


REFUSED = [
    (
        {"w": [1.0, 2.0]},
        ValueError,
        "w must have shape (T+1, d), one point a row, got (2,); pass points as rows, w.reshape(-1, 1) for one weight",
    ),
    (
        {"w": np.zeros((0, 2))},
        ValueError,
        "w must have shape (T+1, d), one point a row, got (0, 2); pass points as rows, w.reshape(-1, 1) for one weight",
    ),
    (
        {"w": np.zeros((2, 0))},
        ValueError,
        "w must have shape (T+1, d), one point a row, got (2, 0); pass points as rows, w.reshape(-1, 1) for one weight",
    ),
    (
        {"w": None},
        TypeError,
        "w must be an array of real numbers, got None; leave out or encode what is no number, then pass np.asarray(w, dtype=float)",
    ),
    (
        {"w": [["a"]]},
        TypeError,
        "w must be an array of real numbers, got list of dtype <U1; leave out or encode what is no number, then pass np.asarray(w, dtype=float)",
    ),
    (
        {"b": [[0.0], [0.0]]},
        ValueError,
        "b must have shape (2,), got (2, 1); pass one b a point",
    ),
    (
        {"b": ["x", "y"]},
        TypeError,
        "b must be an array of real numbers, got list of dtype <U1; leave out or encode what is no number, then pass np.asarray(b, dtype=float)",
    ),
    (
        {"grad_w": [[0.0]]},
        ValueError,
        "grad_w must have shape (1, 2), one row a step, got (1, 1); record the gradient of each step between two points",
    ),
    (
        {"grad_b": np.zeros(5)},
        ValueError,
        "grad_b must have shape (1,), one row a step, got (5,); record the gradient of each step between two points",
    ),
    (
        {"epoch_ends": [2]},
        ValueError,
        "epoch_ends must count steps upwards to at most 1, got [2]; pass the number of steps done at the end of each epoch",
    ),
    (
        {"epoch_ends": [1, 0]},
        ValueError,
        "epoch_ends must count steps upwards to at most 1, got [1 0]; pass the number of steps done at the end of each epoch",
    ),
    (
        {"w": np.zeros((6, 2)), "epoch_ends": [1, 3, 2, 4]},
        ValueError,
        "epoch_ends must count steps upwards to at most 5, got [1 3 2 4]; pass the number of steps done at the end of each epoch",
    ),
    (
        {"epoch_ends": [[0, 1]]},
        ValueError,
        "epoch_ends must count steps upwards to at most 1, got [[0 1]]; pass the number of steps done at the end of each epoch",
    ),
    (
        {"epoch_ends": [-1]},
        ValueError,
        "epoch_ends must count steps upwards to at most 1, got [-1]; pass the number of steps done at the end of each epoch",
    ),
    (
        {"epoch_ends": [0.5]},
        TypeError,
        "epoch_ends must be whole numbers, got [0.5]; pass numbers of steps",
    ),
]


@pytest.mark.parametrize(("bad", "error", "message"), REFUSED)
def test_the_door_refuses(bad, error, message):
    """Shapes and types that are no path are an error with the rule, what came, the way out."""
    with pytest.raises(error) as caught:
        Trajectory(**{"w": np.zeros((2, 2)), **bad})
    assert str(caught.value) == message


def npz(path, **arrays):
    """An .npz by hand."""
    np.savez(path, **arrays)
    return path


def test_what_is_not_a_path_is_not_loaded(tmp_path):
    """Truncated, corrupted and foreign files, and pickles, are a ValueError that names the file."""
    whole = tmp_path / "whole.npz"
    worked_example().save(whole)
    data = whole.read_bytes()
    bad = {
        "truncated": data[: len(data) // 2],
        "corrupted": data[:200] + b"\x00" * 50 + data[250:],
        "empty": b"",
        "text": b"w: 1, 2, 3",
        "npy": (lambda f: (np.save(f, np.zeros(3)), f.getvalue())[1])(io.BytesIO()),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    npz(tmp_path / "pickled", w=np.array([[{"a": 1}]], object))
    npz(tmp_path / "foreign", x=np.zeros(3))
    npz(tmp_path / "misshaped", w=np.zeros((2, 2)), b=np.zeros(7))
    os.rename(tmp_path / "pickled.npz", tmp_path / "pickled")
    os.rename(tmp_path / "foreign.npz", tmp_path / "foreign")
    os.rename(tmp_path / "misshaped.npz", tmp_path / "misshaped")
    for name in (*bad, "pickled", "foreign", "misshaped"):
        file = re.escape(repr(os.fspath(tmp_path / name)))
        message = (
            f"^path must name the .npz of a Trajectory, got {file}, which cannot be read as one "
            r"\((?s:.+)\); write it with Trajectory\.save$"
        )
        with pytest.raises(ValueError, match=message):
            Trajectory.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        Trajectory.load(tmp_path / "absent.npz")


class Bomb:
    """A pickle that leaves a trace when it is loaded."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return open, (self.trace, "w")


def test_no_pickle_in_an_npz_is_ever_loaded(tmp_path):
    """Loading a file from a stranger runs none of its code."""
    np.savez(tmp_path / "bomb.npz", w=np.array([[Bomb(str(tmp_path / "trace"))]], object))
    with pytest.raises(ValueError, match=r"path must name the \.npz"):
        Trajectory.load(tmp_path / "bomb.npz")
    assert not (tmp_path / "trace").exists()


def test_a_file_is_on_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    """Flushed and synchronised first, renamed then: a power cut leaves the old file or the new."""
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=real: (calls.append(n), f(*a)))
    worked_example().save(tmp_path / "path.npz")
    assert calls == ["fsync", "replace"]


def test_a_part_that_the_directory_does_not_list_is_missed(tmp_path):
    """Where the end of the zip counts more files than can be found, those found are named."""
    file = tmp_path / "path.npz"
    Trajectory([[1.0], [2.0]], [3.0, 4.0]).save(file)
    data = bytearray(file.read_bytes())
    data[data.rindex(b"PK\5\6") + 10] += 1
    file.write_bytes(data)
    found = r"its directory is damaged, w, b, epoch_ends alone can be found in it"
    with pytest.raises(ValueError, match=rf"cannot be read as one \({found}\); write it with"):
        Trajectory.load(file)


def test_numbers_may_look_like_the_end_of_an_archive(tmp_path):
    """The end of the zip is the last that looks so."""
    path = Trajectory(np.frombuffer(b"PK\5\6" * 4).reshape(2, 1))
    path.save(tmp_path / "path.npz")
    assert Trajectory.load(tmp_path / "path.npz") == path


def test_a_crash_leaves_the_old_file(tmp_path):
    """A write that fails halfway changes nothing and leaves nothing behind."""
    file = tmp_path / "path.npz"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(file) as new:
        new.writelines(b"half" if k < 2 else 1 // 0 for k in range(3))
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_path_is_saved_under_the_very_name_given(tmp_path):
    """No ending is added, and saving again replaces."""
    for seed in (0, 1):
        worked_example(seed).save(tmp_path / "path")
        assert [p.name for p in tmp_path.iterdir()] == ["path"]
        assert Trajectory.load(tmp_path / "path") == worked_example(seed)


def test_the_same_training_is_saved_as_the_same_bytes(tmp_path):
    """Same seed, same file."""
    for name in ("a", "b"):
        worked_example().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


class Elsewhere:
    """A path that leads nowhere."""

    def __fspath__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("log", "error", "message"),
    [
        (b"w: ", TypeError, "the path of a log or its text, got bytes; decode bytes to str"),
        (Path("a\0b"), ValueError, "a name that a file can have, got PosixPath('a\\x00b'); "),
        (Elsewhere(), TypeError, "a path, got <"),
    ],
)
def test_what_is_no_log_is_refused_for_what_it_is(log, error, message):
    """Bytes as no text, and paths as paths."""
    with pytest.raises(error, match=f"^path_or_text must be {re.escape(message)}"):
        Trajectory.read_log(log)
