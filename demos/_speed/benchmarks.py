"""What the demo speed measures: our code and a baseline on the same data, one row each."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from demos._speed.baselines import (
    JAX,
    NUMBA,
    SKLEARN,
    double_loop,
    jax_fit,
    numba_fit,
    sgd_regressor,
    torch_descent,
    torch_fit,
    torch_gradient,
)
from demos._speed.timing import Benchmark, Call
from linreg_np import LossSurface, Moments, fit, fit_affine, gradient, synthetic_data

LR = 0.03
GRID = np.linspace(0, 5, 50), np.linspace(-5, 0, 50)  # of the picture in §2
ROOT = Path(__file__).parents[2]


class Sizes(NamedTuple):
    """How many samples and features, and how many steps."""

    example: int = 1000
    wide: tuple[int, int] = (100_000, 8)
    tall: tuple[int, int] = (1_000_000, 32)
    many: tuple[int, int] = (20_000, 64)
    long: tuple[int, int] = (100_000, 2)
    steps: int = 100


QUICK = Sizes(100, (500, 8), (2000, 32), (200, 64), (300, 2), 10)


def data(shape: tuple[int, int], seed: int) -> tuple[Any, Any]:
    """Samples of a linear model with so many features."""
    n, d = shape
    return synthetic_data(np.linspace(2, -3.4, d), 4.2, n, rng=seed)


def train(trainer: Any, X: Any, y: Any, m: int, epochs: int, lr: float = LR) -> Any:
    """θ at the end of a training from w = 0, with the sample order of one seed."""
    w, rng = np.zeros(X.shape[1]), np.random.default_rng(1)
    path = trainer(X, y, lr=lr, batch_size=m, epochs=epochs, w=w, rng=rng)
    return np.append(path.w[-1], path.b[-1]) if trainer in (fit, fit_affine) else path


def sklearn_train(X: Any, y: Any, epochs: int, lr: float = LR) -> Call | None:
    return partial(sgd_regressor, X, y, lr=lr, epochs=epochs) if SKLEARN else None


def surface(X: Any, y: Any) -> Any:
    """The loss on the grid, including the pass over the data."""
    return LossSurface.from_moments(Moments.of(X, y)).grid(*GRID, b=4.2)


def descend(X: Any, y: Any, steps: int) -> Any:
    """θ at the end of full-batch descent from θ = 0, including the pass over the data."""
    loss_surface = LossSurface.from_moments(Moments.of(X, y))
    path = loss_surface.descend(np.zeros(X.shape[1]), 0.0, lr=LR, steps=steps)
    return np.append(path.w[-1], path.b[-1])


def our_gradient(X: Any, y: Any, w: Any, b: float) -> Any:
    return np.append(*gradient(X, y, w, b))


def import_in_new_process(package: str) -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {package}"
    subprocess.run([sys.executable, "-Ic", program], check=True)


def all_benchmarks(sizes: Sizes, seed: int) -> list[Benchmark]:
    """The rows with a target, followed by those whose baseline is known to be faster."""
    rows = [
        *worked_example(sizes.example, seed),
        *many_samples(data(sizes.wide, seed)),
        *full_batch(data(sizes.tall, seed), sizes.steps),
        *without_target(data(sizes.many, seed), data(sizes.long, seed)),
        *import_time(),
    ]
    return sorted(rows, key=lambda row: row.min_speedup is None and row.max_ratio is None)


def worked_example(n: int, seed: int) -> list[Benchmark]:
    """§2's own sizes."""
    X, y = data((n, 2), seed)
    loop, sklearn = partial(train, torch_fit, X, y, 10, 3), sklearn_train(X, y, 3)
    plain, affine = partial(train, fit, X, y, 10, 3), partial(train, fit_affine, X, y, 10, 3)
    single = partial(train, fit_affine, X, y, 1, 3)
    grid, double = partial(surface, X, y), partial(double_loop, X, y, *GRID, 4.2)
    name, same = f"{n} × 2, batches of 10, 3 epochs: fit", "the same, fit_affine"
    return [
        Benchmark(name, "the loop in torch", plain, loop, min_speedup=12),
        Benchmark(same, "the loop in torch", affine, loop, min_speedup=100),
        compare_sklearn(same, affine, sklearn, min_speedup=1.2),
        Benchmark("the 50 × 50 surface", "the double loop", grid, double, min_speedup=50),
        compare_sklearn(name, plain, sklearn),
        *(
            Benchmark(same, peer, affine, partial(train, f, X, y, 10, 3) if installed else None)
            for peer, f, installed in (("numba", numba_fit, NUMBA), ("jax", jax_fit, JAX))
        ),
        compare_sklearn("the same, batches of 1, fit_affine", single, sklearn),
    ]


def compare_sklearn(name: str, ours: Call, theirs: Call | None, **target: float) -> Benchmark:
    return Benchmark(name, "SGDRegressor", ours, theirs, results_comparable=False, **target)


def many_samples(Xy: Any) -> list[Benchmark]:
    name = f"{size(Xy)}, batches of 32, 1 epoch: fit_affine"
    ours, theirs = partial(train, fit_affine, *Xy, 32, 1), sklearn_train(*Xy, 1)
    return [compare_sklearn(name, ours, theirs, min_speedup=1.2)]


def full_batch(Xy: Any, T: int) -> list[Benchmark]:
    w, shape = np.linspace(-1, 1, Xy[0].shape[1]), size(Xy)
    autograd = partial(torch_descent, *Xy, w=0 * w, lr=LR)
    one, few, many = (partial(descend, *Xy, steps) for steps in (1, T, 100 * T))
    ours, theirs = partial(our_gradient, *Xy, w, 0.5), partial(torch_gradient, *Xy, w, 0.5)
    torch_few, torch_one = (partial(autograd, steps=steps) for steps in (T, 1))
    name, same = f"{T:,} steps of full-batch descent, {shape}", f"the same, {100 * T:,} steps"
    call = f"one gradient call, {shape}"
    return [
        Benchmark(name, "torch autograd", few, torch_few, min_speedup=25),
        Benchmark(same, f"{T:,} steps", many, few, max_ratio=1.05, results_comparable=False),
        Benchmark(call, "torch, both passes", ours, theirs, min_speedup=1.3),
        Benchmark(f"1 step of descent, {shape}", "torch", one, torch_one),
    ]


def without_target(wide: Any, long: Any) -> list[Benchmark]:
    """Many features, and many samples: no difficulty for a compiled loop."""
    lr = LR / 10  # for 64 features
    name = f"{size(wide)}, batches of 32, 1 epoch: fit_affine"
    tens = f"{size(long)}, batches of 10, 1 epoch: fit_affine"
    affine, plain = (partial(train, trainer, *wide, 32, 1, lr) for trainer in (fit_affine, fit))
    epoch = partial(train, fit_affine, *long, 10, 1)
    return [
        compare_sklearn(name, affine, sklearn_train(*wide, 1, lr)),
        Benchmark("the same, fit_affine", "fit, the loop", affine, plain),
        compare_sklearn(tens, epoch, sklearn_train(*long, 1)),
    ]


def import_time() -> list[Benchmark]:
    ours, theirs = (partial(import_in_new_process, name) for name in ("linreg_np", "numpy"))
    names = "import linreg_np", "import numpy"
    return [Benchmark(*names, ours, theirs, max_ratio=1.1, results_comparable=False)]


def size(Xy: Any) -> str:
    n, d = Xy[0].shape
    return f"{n:,} × {d}"
