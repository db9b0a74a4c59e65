"""§2: the recorded path of (w, b), from which every picture is drawn."""

from __future__ import annotations

import io
import operator
import os
import warnings
from collections.abc import Iterator
from typing import IO, Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from linreg_np._utils.files import atomic_write, file_name
from linreg_np._utils.frozen import Frozen, unchecked
from linreg_np._utils.path_parts import check_path_shapes, copy_floats, copy_integers
from linreg_np._utils.types import Array, ArrayLike


class Trajectory(Frozen):
    """(w₀, b₀), (w₁, b₁), …, (w_T, b_T) and the gradients between them   (for §2 of the derivation)

    What `fit` records. It is immutable: arrays are copied and read-only. From data to the picture:

    >>> from linreg_np import fit, synthetic_data
    >>> X, y = synthetic_data(w=[2, -3.4], b=4.2, n=1000, rng=0)
    >>> path = fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=0)
    >>> w, b = path[-1]
    >>> surface, contours = path.plot(X, y)  # doctest: +SKIP
    >>> surface.figure.savefig("path.png")  # doctest: +SKIP

    Parameters
    ----------
    w : (T+1, d)
        The weights before the first step and after each step; (T, d) of a log that does not contain
        the point after its last step.
    b : (T+1,) or None
        The bias, likewise. Parts that a log does not contain are None.
    grad_w, grad_b : (T, d) and (T,), or None
        The gradient that each step used, 1.3f on its own minibatch.
    epoch_ends : (epochs,)
        The number of steps done when each epoch ended.
    diverged : bool
        Whether `fit` found that the loss grew rather than fell.

    Raises
    ------
    TypeError, ValueError
        If an array is not of real numbers, or the shapes do not match.

    Examples
    --------
    >>> path = Trajectory(w=[[0, 0], [1, -1]], b=[0, 0.5])
    >>> path
    Trajectory(1 step: w = [0, 0], b = 0 → w = [1, -1], b = 0.5)
    >>> path[-1]  # (w, b); len, for and slices work, too
    (array([ 1., -1.]), np.float64(0.5))
    """

    w: Array
    b: Array | None
    grad_w: Array | None
    grad_b: Array | None
    epoch_ends: NDArray[np.int64]
    diverged: bool

    def __init__(
        self,
        w: ArrayLike,
        b: ArrayLike | None = None,
        grad_w: ArrayLike | None = None,
        grad_b: ArrayLike | None = None,
        epoch_ends: ArrayLike = (),
        diverged: bool = False,
    ) -> None:
        optional = {"b": b, "grad_w": grad_w, "grad_b": grad_b}
        arrays = {k: None if a is None else copy_floats(k, a) for k, a in optional.items()}
        ends = copy_integers(epoch_ends)
        super().__init__(w=copy_floats("w", w), **arrays, epoch_ends=ends, diverged=bool(diverged))
        check_path_shapes(self.w, self.b, self.grad_w, self.grad_b, ends)

    @property
    def steps(self) -> int:
        """The number of steps from the first recorded point to the last: T, or T − 1 in a log."""
        return len(self.w) - 1

    def __len__(self) -> int:
        """The number of recorded points, T+1."""
        return len(self.w)

    def __iter__(self) -> Iterator[tuple[Array, float]]:
        return zip(self.w, known_bias(self), strict=True)

    @overload
    def __getitem__(self, t: int) -> tuple[Array, float]: ...
    @overload
    def __getitem__(self, t: slice) -> Trajectory: ...
    def __getitem__(self, t: int | slice) -> tuple[Array, float] | Trajectory:
        """path[t] is (w, b) after t steps, path[-1] the end; path[2:5] is a part, a Trajectory."""
        if isinstance(t, slice):
            return _part(self, t)
        if not -len(self) <= operator.index(t) < len(self):
            raise IndexError(f"t must be a number of steps from 0 to {self.steps}, got {t}")
        return self.w[t], known_bias(self)[t]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        """The points as rows (w, b), for NumPy, matplotlib and pandas."""
        parts = self.w if self.b is None else np.column_stack([self.w, self.b])
        return np.array(parts, dtype)

    def __repr__(self) -> str:
        steps = f"{self.steps} step{'s' * (self.steps != 1)}"
        epochs = len(self.epoch_ends)
        within = f" in {epochs} epoch{'s' * (epochs != 1)}" if epochs else ""
        diverged = ", diverged" * self.diverged
        return f"Trajectory({steps}{within}: {self._point(0)} → {self._point(-1)}{diverged})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the same line, and a small picture of the path."""
        from linreg_np._utils.svg import path_svg

        return path_svg(repr(self), self.w, np.asarray(self))

    def _point(self, t: int) -> str:
        w = ", ".join(f"{x:.4g}" for x in self.w[t][:8]) + (", …" * (len(self.w[t]) > 8))
        return f"w = [{w}]" + ("" if self.b is None else f", b = {self.b[t]:.4g}")

    def loss(self, X: ArrayLike, y: ArrayLike) -> Array:
        """L at each point (T+1,), the loss curve of these data. ValueError for a path without b."""
        from linreg_np.surface.loss_surface import LossSurface

        losses: Array = LossSurface.from_data(X, y).loss(self.w, known_bias(self))
        return losses

    def plot(self, X: ArrayLike, y: ArrayLike, *, axes: Any = None) -> Any:
        """Draw the path on the loss of these data; needs matplotlib, and calls no `show`.

        Of two features the surface L(w₁, w₂) at the best b, in 3-D and as contours; of one the bowl
        over (w, b), likewise; of more the weights over the steps and the loss curve. `axes` are one
        or two of your own: axes in 3-D get the surface, a flat one the contours, a second flat one
        the loss curve. Returns the axes.
        """
        from linreg_np.plotting import plot_path

        return plot_path(self, X, y, axes)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it to `path`, as `.npz`. If that fails, an old file there is kept.

        No ending is added to `path`. OSError if it cannot be written.
        """
        with atomic_write(file_name("path", path)) as file:
            np.savez(file, **{k: v for k, v in vars(self).items() if v is not None})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trajectory:
        """Read what `save` wrote. Pickles in it are never loaded.

        OSError if `path` cannot be read, ValueError if it is not a complete `.npz` of a Trajectory.
        """
        with open(file_name("path", path), "rb") as file:
            data = io.BytesIO(file.read())
        try:
            with np.load(data, allow_pickle=False) as npz, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that NumPy for Python 2 wrote the file
                return cls(**npz)
        except Exception as error:  # zipfile, zlib and numpy.lib.format each raise their own
            raise ValueError(
                f"path must be the .npz file of a Trajectory, got {os.fspath(path)!r}, which "
                f"cannot be read as one ({error}); write it with Trajectory.save"
            ) from error

    @classmethod
    def read_log(cls, path_or_text: str | os.PathLike[str]) -> Trajectory:
        """Read the log that a training loop printed: see `torch_log.read_torch_log`."""
        from linreg_np.torch_log import read_torch_log

        return read_torch_log(path_or_text)

    def write_log(self, file: str | os.PathLike[str] | IO[str], *, precision: int = 4) -> None:
        """Print the path as a torch training loop would: see `torch_log.write_torch_log`."""
        from linreg_np.torch_log import write_torch_log

        write_torch_log(self, file, precision=precision)


class DivergenceError(ArithmeticError):
    """Training diverged until a number overflowed: the learning rate is too large for the data.

    Attributes
    ----------
    trajectory : Trajectory
        The path up to the last finite point.
    step : int
        The step, counted from 1, whose result is not finite.
    lr, max_lr : float
        The learning rate used, and the largest stable one for full batches, 2/λ_max.
    """

    def __init__(self, trajectory: Trajectory, lr: float, max_lr: float) -> None:
        super().__init__(trajectory, lr, max_lr)
        self.trajectory, self.step = trajectory, trajectory.steps + 1
        self.lr, self.max_lr = lr, max_lr

    def __str__(self) -> str:
        return (
            f"training diverged at step {self.step}: w or b is inf or NaN. "
            f"{divergence_advice(self.lr, self.max_lr)}; "
            "the path so far is in this error's .trajectory"
        )


class DivergenceWarning(RuntimeWarning):
    """Training diverged: the loss grew, although every number on the path is finite."""


def divergence_advice(lr: float, max_lr: float) -> str:
    """The learning rate, the largest stable one, and what to do."""
    return (
        f"The learning rate is lr={lr:g}; the largest stable one for these data is 2/λ_max = "
        f"{max_lr:.3g}, and minibatches may need less. Pass a smaller lr, or standardise the "
        "features: Z, mean, std = standardise(X)"
    )


def recorded_path(points: Array, grads: Array, steps_per_epoch: int) -> Trajectory:
    """The path of points (w, b) (T+1, d+1) and gradients (T, d+1), up to its last finite point."""
    finite = np.isfinite(points).all(axis=1)
    t = len(grads) if finite.all() else int(finite.argmin()) - 1
    return unchecked(
        Trajectory,
        w=points[: t + 1, :-1],
        b=points[: t + 1, -1],
        grad_w=grads[:t, :-1],
        grad_b=grads[:t, -1],
        epoch_ends=np.arange(steps_per_epoch, t + 1, steps_per_epoch),
        diverged=t < len(grads),
    )


def known_bias(path: Trajectory) -> Array:
    """b (T+1,) of a path that holds it. ValueError otherwise."""
    if path.b is None:
        raise ValueError(
            "path must hold b at each point, got one without, from a log in which b is not "
            "printed; print b beside w, or use path.w"
        )
    return path.b


def _part(path: Trajectory, t: slice) -> Trajectory:
    """The points in t. Gradients and epochs are kept if it takes every point, one after another."""
    start, stop, step = t.indices(len(path))
    if not range(start, stop, step):
        raise ValueError(f"a part of a path must hold a point, got {t} of {len(path)} points")
    parts: dict[str, Any] = {"w": path.w[t], "b": None if path.b is None else path.b[t]}
    if step != 1:
        return Trajectory(**parts)
    for name in ("grad_w", "grad_b"):
        a = getattr(path, name)  # in a log, one at each point
        parts[name] = None if a is None else a[start : stop - (len(a) < len(path))]
    ends = path.epoch_ends - start
    inside = ends[(ends > 0) & (ends < stop - start)]
    is_all = stop - start == len(path)
    return Trajectory(**parts, epoch_ends=inside, diverged=path.diverged and is_all)
