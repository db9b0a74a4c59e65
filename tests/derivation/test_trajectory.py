"""§2: the recorded path: what it holds, and that nothing is lost on the way to disk and back."""

import io
import os
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_np import LossSurface, Trajectory, fit, synthetic_data
from linreg_np._utils.files import atomic_write


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
    """Without another number of digits; and into an open file as into a named one."""
    path, out = Trajectory([[1 / 3], [2 / 3]]), io.StringIO()
    path.write_log(out)
    path.write_log(tmp_path / "log.txt")
    path.write_log(str(tmp_path / "again.txt"))
    text = (
        "w:  tensor([[0.3333]], requires_grad=True)\nw:  tensor([[0.6667]], requires_grad=True)\n"
    )
    assert out.getvalue() == text
    assert (tmp_path / "log.txt").read_text() == (tmp_path / "again.txt").read_text() == text


def test_nothing_in_a_path_can_be_changed():
    """Neither the fields nor the numbers; and the caller's own arrays are not shared."""
    w = np.zeros((2, 1))
    path = Trajectory(w)
    with pytest.raises(AttributeError, match="Trajectory is immutable; cannot set w"):
        path.w = w
    with pytest.raises(ValueError, match="read-only"):
        path.w[0] = 1
    w[0] = 1
    assert path.w[0] == 0


def test_the_arrays_that_a_path_is_a_view_of_cannot_be_changed_either():
    """A path that `fit` or `descend` recorded is read-only down to the last base."""
    surface = LossSurface.from_data([[0.0], [2.0]], [1.0, 3.0])
    for path in (worked_example(), surface.descend([0.0], 0.0, lr=0.1, steps=5)):
        for array in vars(path).values():
            while isinstance(array, np.ndarray):
                assert not array.flags.writeable
                array = array.base


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64, np.bool])
def test_a_path_is_of_floats_and_counts_in_integers(kind):
    """float32 stays, all else is float64; epoch_ends are int64."""
    path = Trajectory(np.zeros((2, 1), kind), epoch_ends=np.array([0, 1], np.int8))
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
    """One readable line, whatever the size: of more than eight weights the rest is left out."""
    path = worked_example()
    w, b = path.w[-1], path.b[-1]
    assert repr(path).startswith("Trajectory(300 steps in 3 epochs: w = [")
    assert repr(path).endswith(f" → w = [{w[0]:.4g}, {w[1]:.4g}], b = {b:.4g})")
    assert repr(Trajectory(np.zeros((2, 1)), epoch_ends=[1])) == (
        "Trajectory(1 step in 1 epoch: w = [0] → w = [0])"
    )
    for d, shown in ((8, ", ".join("0" * 8)), (9, ", ".join("0" * 8) + ", …")):
        text = f"Trajectory(0 steps: w = [{shown}] → w = [{shown}])"
        assert repr(Trajectory(np.zeros((1, d)))) == text


REAL = "must be an array of real numbers, got"
ENDS = "epoch_ends must be increasing numbers of steps, at most"
REFUSED = [
    ({"w": [1.0, 2.0]}, ValueError, r"w must have shape \(T\+1, d\).*, got \(2,\); pass"),
    ({"w": np.zeros((0, 2))}, ValueError, r"w must have shape .*, got \(0, 2\); pass"),
    ({"w": None}, TypeError, f"w {REAL} NoneType of dtype object; "),
    ({"w": [["a"]]}, TypeError, f"w {REAL} list of dtype <U1; "),
    ({"b": [[0.0], [0.0]]}, ValueError, r"b must have shape \(2,\), got \(2, 1\); pass"),
    ({"grad_w": [[0.0]]}, ValueError, r"grad_w must have shape \(1, 2\), got \(1, 1\); pass"),
    ({"grad_b": np.zeros(5)}, ValueError, r"grad_b must have shape \(1,\).*, got \(5,\); pass"),
    ({"epoch_ends": [2]}, ValueError, rf"{ENDS} 1, got \[2\]; pass"),
    ({"epoch_ends": [1, 0]}, ValueError, rf"{ENDS} 1, got \[1 0\]; "),
    ({"w": np.zeros((6, 2)), "epoch_ends": [1, 3, 2, 4]}, ValueError, rf"{ENDS} 5, got "),
    ({"epoch_ends": [0.5]}, TypeError, r"epoch_ends must be integers, got \[0.5\]; pass"),
]


@pytest.mark.parametrize(("bad", "error", "message"), REFUSED)
def test_invalid_parts_are_refused(bad, error, message):
    """The error states the requirement, the value received and how to fix it."""
    with pytest.raises(error, match=f"^{message}"):
        Trajectory(**{"w": np.zeros((2, 2)), **bad})


def test_what_is_not_a_path_is_not_loaded(tmp_path):
    """Truncated, corrupted and foreign files, and pickles, are a ValueError that names the file."""

    def npz(**arrays):
        np.savez(file := io.BytesIO(), **arrays)
        return file.getvalue()

    worked_example().save(tmp_path / "complete.npz")
    data = (tmp_path / "complete.npz").read_bytes()
    np.save(npy := io.BytesIO(), np.zeros(3))
    bad = {
        "truncated": data[: len(data) // 2],
        "corrupted": data[:200] + b"\x00" * 50 + data[250:],
        "empty": b"",
        "text": b"w: 1, 2, 3",
        "npy": npy.getvalue(),
        "pickled": npz(w=np.array([[{"a": 1}]], object)),
        "foreign": npz(x=np.zeros(3)),
        "misshaped": npz(w=np.zeros((2, 2)), b=np.zeros(7)),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        file = re.escape(repr(os.fspath(tmp_path / name)))
        message = rf"^path must be the \.npz .*, got {file}, .*\((?s:.+)\); write it with"
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
    with pytest.raises(ValueError, match=r"path must be the \.npz"):
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


def test_a_crash_leaves_the_old_file(tmp_path):
    """A write that fails halfway changes nothing and leaves nothing behind."""
    file = tmp_path / "path.npz"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), atomic_write(file) as new:
        new.writelines(b"half" if k < 2 else 1 // 0 for k in range(3))
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_path_is_saved_under_the_very_name_given(tmp_path):
    """No ending is added, and saving again replaces."""
    for seed in (0, 1):
        worked_example(seed).save(tmp_path / "path")
        assert [p.name for p in tmp_path.iterdir()] == ["path"]
        assert Trajectory.load(tmp_path / "path") == worked_example(seed)


def test_a_path_is_a_sequence_of_points():
    """len, index from either end, iteration: (w, b) after each number of steps."""
    path = worked_example()
    assert len(path) == path.steps + 1 == 301
    for t in (0, 7, 300, -1, -301, np.int64(3)):
        w, b = path[t]
        np.testing.assert_array_equal(w, path.w[t])
        assert b == path.b[t]
    for (w, b), own_w, own_b in zip(path, path.w, path.b, strict=True):
        assert (w == own_w).all()
        assert b == own_b
    for t in (301, -302):
        with pytest.raises(IndexError, match=f"^t must be .* from 0 to 300, got {t}"):
            path[t]
    for t in ("a", 1.0, None, [1]):
        with pytest.raises(TypeError):
            path[t]


@given(
    start=st.integers(-310, 310),
    stop=st.integers(-310, 310),
    step=st.sampled_from([None, 1, 2, -1]),
)
def test_a_slice_is_a_path(start, stop, step):
    """The points in it; with every point also the gradients between them and the ends of epochs."""
    path = worked_example()
    rows = range(301)[start:stop:step]
    if not rows:
        with pytest.raises(ValueError, match="must hold a point, got slice"):
            path[start:stop:step]
        return
    part = path[start:stop:step]
    np.testing.assert_array_equal(part.w, path.w[rows])
    np.testing.assert_array_equal(part.b, path.b[rows])
    assert type(part) is Trajectory
    if step in (None, 1):
        np.testing.assert_array_equal(part.grad_w, path.grad_w[rows[:-1]])
        np.testing.assert_array_equal(part.grad_b, path.grad_b[rows[:-1]])
        ends = [t for t in (100, 200, 300) if t in rows[1:]]
        np.testing.assert_array_equal(part.epoch_ends + rows[0], ends)
    else:
        assert part.grad_w is part.grad_b is None
        assert len(part.epoch_ends) == 0


def test_a_slice_of_all_is_the_path_and_of_a_log_keeps_its_gradients():
    """In a log each point has a gradient, the last one too; what it does not hold stays away."""
    path = worked_example()
    assert path[:] == path == path[0:301:1]
    path.write_log(out := io.StringIO(), precision=20)
    log = Trajectory.read_log(out.getvalue())
    assert log[10:12].grad_w.shape == (2, 2)
    np.testing.assert_array_equal(log[10:12].grad_w, path.grad_w[10:12])
    assert Trajectory(path.w)[3:5].b is None
    marked = Trajectory(**vars(path) | {"diverged": True})
    assert marked[:].diverged
    assert not marked[:300].diverged
    assert not marked[1:].diverged


@pytest.mark.parametrize("use", [list, lambda path: path[0], lambda path: path[-1]])
def test_a_path_without_b_says_what_the_log_lacks(use):
    """Where a point is asked for."""
    log = Trajectory.read_log("w:  tensor([[1.], [2.]])\nw:  tensor([[3.], [4.]])\n")
    with pytest.raises(ValueError, match=r"must hold b .* log .*; print b"):
        use(log)
    assert len(log) == 2


def test_numpy_matplotlib_and_pandas_take_a_path():
    """As rows (w, b), a copy; of a path without b as rows of w."""
    path = worked_example()
    points = np.asarray(path)
    np.testing.assert_array_equal(points, np.column_stack([path.w, path.b]))
    np.testing.assert_array_equal(pd.DataFrame(path).to_numpy(), points)
    assert np.asarray(path, np.float32).dtype == np.float32
    np.asarray(Trajectory(path.w))[:] = 0
    assert path.w[-1, 0] != 0
