"""What the demo speed measures: each row of its table, ours and a peer's, on the same data."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from demos._speed.baselines import (
    SKLEARN,
    double_loop,
    sgd_regressor,
    torch_descent,
    torch_fit,
    torch_gradient,
)
from demos._speed.timing import Call, Work
from linreg_np import LossSurface, Moments, fit, fit_affine, gradient, synthetic_data

LR = 0.03
GRID = np.linspace(0, 5, 50), np.linspace(-5, 0, 50)  # of the picture in §2
ROOT = Path(__file__).parents[2]


class Sizes(NamedTuple):
    """How large the works are."""

    example: int = 1000
    wide: tuple[int, int] = (100_000, 8)
    tall: tuple[int, int] = (1_000_000, 32)
    many: tuple[int, int] = (20_000, 64)
    long: tuple[int, int] = (100_000, 2)
    steps: int = 100


QUICK = Sizes(100, (500, 8), (2000, 32), (200, 64), (300, 2), 10)


def data(shape: tuple[int, int], seed: int) -> tuple[Any, Any]:
    """Samples of a line in so many features."""
    n, d = shape
    return synthetic_data(np.linspace(2, -3.4, d), 4.2, n, rng=seed)


def train(how: Any, X: Any, y: Any, m: int, epochs: int, lr: float = LR) -> Any:
    """θ at the end of a training from w = 0, in the order of samples of one seed."""
    w, rng = np.zeros(X.shape[1]), np.random.default_rng(1)
    path = how(X, y, lr=lr, batch_size=m, epochs=epochs, w=w, rng=rng)
    return path if how is torch_fit else np.append(path.w[-1], path.b[-1])


def sklearn_train(X: Any, y: Any, epochs: int, lr: float = LR) -> Call | None:
    return partial(sgd_regressor, X, y, lr=lr, epochs=epochs) if SKLEARN else None


def surface(X: Any, y: Any) -> Any:
    """The height over the grid, the pass over the data included."""
    return LossSurface.from_moments(Moments.of(X, y)).grid(*GRID, b=4.2)


def descend(X: Any, y: Any, steps: int) -> Any:
    """θ at the end of full-batch descent from θ = 0, the pass over the data included."""
    bowl = LossSurface.from_moments(Moments.of(X, y))
    path = bowl.descend(np.zeros(X.shape[1]), 0.0, lr=LR, steps=steps)
    return np.append(path.w[-1], path.b[-1])


def our_gradient(X: Any, y: Any, w: Any, b: float) -> Any:
    return np.append(*gradient(X, y, w, b))


def fresh(package: str) -> None:
    """A new process that imports a package."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {package}"
    subprocess.run([sys.executable, "-Ic", program], check=True)


def works(sizes: Sizes, seed: int) -> list[Work]:
    """The rows with a floor, and after them those where the peer is known to be faster."""
    rows = [
        *of_example(sizes.example, seed),
        *of_wide(data(sizes.wide, seed)),
        *of_tall(data(sizes.tall, seed), sizes.steps),
        *of_many(data(sizes.many, seed), data(sizes.long, seed)),
        *of_import(),
    ]
    return sorted(rows, key=lambda work: work.floor is None)


def of_example(n: int, seed: int) -> list[Work]:
    """§2's own."""
    X, y = data((n, 2), seed)
    loop, skl = partial(train, torch_fit, X, y, 10, 3), sklearn_train(X, y, 3)
    plain, affine = partial(train, fit, X, y, 10, 3), partial(train, fit_affine, X, y, 10, 3)
    single = partial(train, fit_affine, X, y, 1, 3)
    points = partial(double_loop, X, y, *GRID, 4.2)
    name = f"{n} × 2, batches of 10, 3 epochs: fit"
    return [
        Work(name, "the loop in torch", 12, plain, loop),
        Work("the same, fit_affine", "the loop in torch", 100, affine, loop),
        Work("the same, fit_affine", "SGDRegressor", 1.2, affine, skl, same=False),
        Work("the 50 × 50 surface", "the double loop", 50, partial(surface, X, y), points),
        Work(name, "SGDRegressor", None, plain, skl, same=False),
        Work("the same, batches of 1, fit_affine", "SGDRegressor", None, single, skl, same=False),
    ]


def of_wide(Xy: Any) -> list[Work]:
    name = f"{size(Xy)}, batches of 32, 1 epoch: fit_affine"
    ours = partial(train, fit_affine, *Xy, 32, 1)
    return [Work(name, "SGDRegressor", 1.2, ours, sklearn_train(*Xy, 1), same=False)]


def of_tall(Xy: Any, T: int) -> list[Work]:
    w = np.linspace(-1, 1, Xy[0].shape[1])
    autograd = partial(torch_descent, *Xy, w=0 * w, lr=LR)
    one, few, many = (partial(descend, *Xy, steps) for steps in (1, T, 100 * T))
    call, passes = partial(our_gradient, *Xy, w, 0.5), partial(torch_gradient, *Xy, w, 0.5)
    name = f"{T:,} steps of full-batch descent, {size(Xy)}"
    grow = f"the same, {100 * T:,} steps"
    return [
        Work(name, "torch autograd", 25, few, partial(autograd, steps=T)),
        Work(grow, f"{T:,} steps", 1.05, many, few, growth=True, same=False),
        Work(f"one gradient call, {size(Xy)}", "torch, both passes", 1.3, call, passes),
        Work(f"1 step of descent, {size(Xy)}", "torch", None, one, partial(autograd, steps=1)),
    ]


def of_many(Xy: Any, long: Any) -> list[Work]:
    """Many features, and many samples: what a compiled loop does not mind."""
    lr = LR / 10  # for 64 features
    name, sk = f"{size(Xy)}, batches of 32, 1 epoch: fit_affine", "SGDRegressor"
    affine, plain = (partial(train, how, *Xy, 32, 1, lr) for how in (fit_affine, fit))
    tens, epoch = f"{size(long)}, batches of 10, 1 epoch: fit_affine", partial(train, fit_affine)
    return [
        Work(name, sk, None, affine, sklearn_train(*Xy, 1, lr), same=False),
        Work("the same, fit_affine", "fit, the loop", None, affine, plain),
        Work(tens, sk, None, partial(epoch, *long, 10, 1), sklearn_train(*long, 1), same=False),
    ]


def of_import() -> list[Work]:
    ours, theirs = partial(fresh, "linreg_np"), partial(fresh, "numpy")
    return [Work("import linreg_np", "import numpy", 1.1, ours, theirs, growth=True, same=False)]


def size(Xy: Any) -> str:
    n, d = Xy[0].shape
    return f"{n:,} × {d}"
