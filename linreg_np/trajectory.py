"""§2: the recorded path of (w, b), which every picture is drawn from."""

from __future__ import annotations

import io
import os
import reprlib
import warnings
from typing import IO, Any

import numpy as np

from linreg_np._utils.files import file_name, replacing
from linreg_np._utils.frozen import Record
from linreg_np._utils.validation import Array, real_array


class Trajectory(Record):
    """(w₀, b₀), (w₁, b₁), …, (w_T, b_T) and the gradients between them   (for §2)

    What `fit` records. A path read from somebody's log may lack parts: they are None.

    Parameters
    ----------
    w : (T+1, d)
        The weights before the first step and after each step. A log does not hold the point
        after its last step: then w is (T, d).
    b : (T+1,) or None
        The bias, likewise.
    grad_w : (T, d) or None
        The gradient that each step used, 1.3f on its own minibatch.
    grad_b : (T,) or None
    epoch_ends : (epochs,)
        The number of steps done when each epoch ended.

    Raises
    ------
    TypeError, ValueError
        If an array is not of real numbers, or the shapes do not fit.

    Source: *Dive into Deep Learning*, ch. 3, whose training loop it records.

    Examples
    --------
    >>> Trajectory(w=[[0, 0], [1, -1]], b=[0, 0.5])
    Trajectory(1 step: w = [0, 0], b = 0 → w = [1, -1], b = 0.5)
    """

    w: Array
    b: Array | None
    grad_w: Array | None
    grad_b: Array | None
    epoch_ends: Array

    def __init__(
        self, w: Any, b: Any = None, grad_w: Any = None, grad_b: Any = None, epoch_ends: Any = ()
    ) -> None:
        given = {"b": b, "grad_w": grad_w, "grad_b": grad_b}
        parts = {k: None if v is None else _own(k, v) for k, v in given.items()}
        self._hold(w=_own("w", w), **parts, epoch_ends=_own("epoch_ends", epoch_ends))
        _check_shapes(self)

    @property
    def steps(self) -> int:
        """The number of steps from the first recorded point to the last: T, or T − 1 in a log."""
        return len(self.w) - 1

    def __repr__(self) -> str:
        steps = f"{self.steps} step{'s' * (self.steps != 1)}"
        epochs = len(self.epoch_ends)
        within = f" in {epochs} epoch{'s' * (epochs != 1)}" if epochs else ""
        return f"Trajectory({steps}{within}: {self._point(0)} → {self._point(-1)})"

    def _point(self, t: int) -> str:
        w = ", ".join(f"{x:.4g}" for x in self.w[t][:8]) + (", …" * (len(self.w[t]) > 8))
        return f"w = [{w}]" + ("" if self.b is None else f", b = {self.b[t]:.4g}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it to `path` as `.npz`; whatever happens, the old file or the new one stays.

        Parameters
        ----------
        path : str or path
            Used as it is: no ending is added.

        Raises
        ------
        OSError
            If `path` cannot be written.
        TypeError, ValueError
            If it is no name of a file.
        """
        with replacing(file_name("path", path)) as file:
            np.savez(file, **{k: v for k, v in self._parts().items() if v is not None})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trajectory:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        OSError
            If `path` cannot be read.
        ValueError
            If it is not a whole `.npz` of a Trajectory, or `path` no name of a file; pickles are
            never loaded.
        TypeError
            If `path` is no path.
        """
        with open(file_name("path", path), "rb") as file:
            data = file.read()
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as npz, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that NumPy for Python 2 wrote the file
                _check_directory(data, npz.files)
                return cls(**npz)
        except Exception as error:  # zipfile, zlib and numpy.lib.format each raise their own
            raise ValueError(
                f"path must name the .npz of a Trajectory, got {os.fspath(path)!r}, which cannot "
                f"be read as one ({error}); write it with Trajectory.save"
            ) from error

    @classmethod
    def read_log(cls, path_or_text: str | os.PathLike[str]) -> Trajectory:
        """Read the log that a torch training loop printed, in a file or as text.

        The log of the loop in `torch_log` holds the weights before each step, not the point after
        the last one; it prints the gradients of the summed loss, m times 1.3f. They are kept as
        printed, and what is not in the log is None.

        Parameters
        ----------
        path_or_text : str or path
            A str with a line break or a tensor in it is text, any other the name of a file.

        Raises
        ------
        OSError
            If the file cannot be read.
        TypeError
            If it is neither a str nor a path.
        ValueError
            With the line number and the reason, if a record cannot be read or there is none.
        """
        from linreg_np.torch_log.parse import parse_log, read_text

        if isinstance(path_or_text, os.PathLike):
            path_or_text = file_name("path_or_text", path_or_text)
        return cls(**parse_log(read_text(path_or_text))._asdict())

    def write_log(self, file: str | os.PathLike[str] | IO[str], *, precision: int = 4) -> None:
        """Print the path in the form of the loop in `torch_log`: `w:` and `w.grad:` at each step.

        Gradients are printed as they are held: those of `fit` are 1.3f, where that loop prints m
        times as much. The point after the last step is not printed.

        Parameters
        ----------
        file : str, path or open text file
            A file that is named is replaced as a whole, or not at all.
        precision : int
            Digits behind the point, as in `torch.set_printoptions`. Four, torch's own number,
            lose the rest; see `linreg_np.torch_log.format.format_log` for how many keep every bit.

        Raises
        ------
        OSError
            If `file` cannot be written.
        TypeError, ValueError
            If `file` is neither a path nor an open text file, or `precision` not from 0 to 1074,
            or the path has gradients for b and no b, or not for the same steps as for w.
        """
        from linreg_np.torch_log.format import format_log

        lines = format_log(self.w, self.b, self.grad_w, self.grad_b, precision=precision)
        if hasattr(file, "writelines") and not isinstance(file, io.RawIOBase | io.BufferedIOBase):
            file.writelines(lines)
        else:
            with replacing(file_name("file", file)) as binary:
                binary.writelines(line.encode() for line in lines)


class DivergenceError(ArithmeticError):
    """Training left the finite numbers: the learning rate is too large for these data.

    Attributes
    ----------
    trajectory : Trajectory
        The path up to the last finite point.
    step : int
        The step, counted from 1, whose result is not finite.
    lr : float
        The learning rate used.
    max_lr : float
        The largest safe one, 2/λ_max of the curvature of all the data.
    """

    def __init__(self, trajectory: Trajectory, lr: float, max_lr: float) -> None:
        super().__init__(trajectory, lr, max_lr)
        self.trajectory, self.step = trajectory, trajectory.steps + 1
        self.lr, self.max_lr = lr, max_lr

    def __str__(self) -> str:
        return (
            f"training must stay finite, got a value that is not at step {self.step} with "
            f"lr={self.lr:g}; the largest safe lr for these data is 2/λ_max = {self.max_lr:.3g} "
            "(minibatches may need less): pass a smaller lr or standardise the features. "
            "The path so far is in this error's .trajectory"
        )


def _check_directory(data: bytes, names: list[str]) -> None:
    """Raise ValueError unless there are as many files in the zip as the end of its directory says.

    `zipfile` does not look: a wrong length in the directory could hide what follows.
    """
    end = data.rfind(b"PK\5\6")
    if int.from_bytes(data[end + 10 : end + 12], "little") != len(names):
        raise ValueError(f"its directory is damaged, {', '.join(names)} alone can be found in it")


def _own(name: str, value: Any) -> Array:
    """An array to be held, of integers for `epoch_ends` and of floats for all else.

    A copy, unless nobody can write to the array: then the array itself.
    """
    a = real_array(name, value)
    whole = name == "epoch_ends"
    if whole and a.size and a.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be whole numbers, got {reprlib.repr(value)}; pass numbers of steps"
        )
    dtype = np.int64 if whole else np.float32 if a.dtype == np.float32 else np.float64
    if a.dtype == dtype and _unwritable(a):
        return a
    return np.array(a, dtype=dtype)


def _unwritable(a: Any) -> bool:
    """Whether neither `a` nor the array that it is a view of, if any, can be written to."""
    while isinstance(a, np.ndarray) and not a.flags.writeable:
        a = a.base
    return a is None


def _check_shapes(t: Trajectory) -> None:
    """Raise ValueError unless the shapes are those of one path."""
    if t.w.ndim != 2 or 0 in t.w.shape:
        raise ValueError(
            f"w must have shape (T+1, d), one point a row, got {t.w.shape}; "
            "pass points as rows, w.reshape(-1, 1) for one weight"
        )
    points, d = t.w.shape
    if t.b is not None and t.b.shape != (points,):
        raise ValueError(f"b must have shape ({points},), got {t.b.shape}; pass one b a point")
    for name, g, tail in (("grad_w", t.grad_w, (d,)), ("grad_b", t.grad_b, ())):
        if g is not None and g.shape not in ((points - 1, *tail), (points, *tail)):
            raise ValueError(
                f"{name} must have shape {(points - 1, *tail)}, one row a step, got {g.shape}; "
                "record the gradient of each step between two points"
            )
    ends = t.epoch_ends
    if (
        ends.ndim != 1
        or (ends[1:] < ends[:-1]).any()
        or (ends.size and not 0 <= ends[0] <= ends[-1] < points)
    ):
        raise ValueError(
            f"epoch_ends must count steps upwards to at most {points - 1}, got {ends}; "
            "pass the number of steps done at the end of each epoch"
        )
