"""What one worker of the demo data_parallel does: its shard, one all_reduce, and a training."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import math
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import distributed as dist

from demos.data_parallel import LOST
from linreg_np import LossSurface, Moments, Trajectory, gradient, sgd_step, synthetic_data
from reference.rounding import gamma, moments_bound, trajectory_bound

LR = 0.03
PATIENCE = datetime.timedelta(seconds=20)  # with a worker that lives and does not answer


def work(sizes: list[int], batch_size: int, epochs: int, seed: int) -> None:
    rank, start = int(os.environ["RANK"]), os.environ.get("INIT_METHOD")
    if start:
        threading.Thread(target=_end_with_the_launcher, daemon=True).start()
    with _peers():
        dist.init_process_group(
            "gloo", init_method=start, rank=rank, world_size=len(sizes), timeout=PATIENCE
        )
    X, y, rng = shard(sizes[rank], seed, rank)
    surface = LossSurface.from_moments(moments := sum_moments(Moments.of(X, y)))
    _same_everywhere("surface", surface.w, surface.b, surface.min_loss, surface.U)
    if rank == 0:
        print(_moments_report(sizes, seed, moments, surface), flush=True)
    steps = math.ceil(moments.n / batch_size)
    path = train(X, y, steps, epochs, rng)
    _same_everywhere("path", path.w, path.b)
    if rank == 0:
        print(_path_report(sizes, seed, steps, epochs, path), flush=True)
    os._exit(0)  # all is said; gloo's own end, in older versions of torch, can wait for ever


def shard(n: int, seed: int, rank: int) -> tuple[Any, Any, np.random.Generator]:
    """The samples of one worker, and its own random numbers for what comes after."""
    rng = np.random.default_rng([seed, rank])
    return *synthetic_data([2, -3.4], 4.2, n, noise=0.01, rng=rng), rng


def sum_moments(m: Moments) -> Moments:
    """The moments of all shards, by one all_reduce, the same on every worker to the last bit.

    `Moments + Moments` is no sum of numbers. So each worker writes its own into its own row of
    zeros; the sum over the workers, exact since all but one term are 0, fills every row; and all
    workers merge the rows in the same order.
    """
    d = m.d
    rows = np.zeros((dist.get_world_size(), 1 + (d + 1) + (d + 1) ** 2))
    rows[dist.get_rank()] = [m.n, *m.mean, *m.scatter.ravel()]
    all_reduce(rows)
    return sum(Moments(int(r[0]), r[1 : d + 2], r[d + 2 :].reshape(d + 1, -1)) for r in rows)


def train(X: Any, y: Any, steps: int, epochs: int, rng: np.random.Generator) -> Trajectory:
    """§1.3g and §1.3h, each step on the minibatches of all workers together."""
    w, b = np.zeros(X.shape[1]), 0.0
    ws, bs = [w], [b]
    for B in minibatches(len(y), steps, epochs, rng):
        w, b = sgd_step(w, b, *average_gradient(X[B], y[B], w, b), LR)
        ws.append(w)
        bs.append(b)
    return Trajectory(ws, bs)


def minibatches(n: int, steps: int, epochs: int, rng: np.random.Generator) -> Iterator[Any]:
    """The rows of each step: each epoch in as many parts as all workers take steps, or none."""
    for _ in range(epochs):
        yield from np.array_split(rng.permutation(n), steps)


def average_gradient(X_B: Any, y_B: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """∇L = Σ_r m_r ∇L_r / Σ_r m_r, by one all_reduce: r the workers, m_r the rows of each."""
    total = np.zeros(len(w) + 2)
    if len(y_B):
        grad_w, grad_b = gradient(X_B, y_B, w, b)
        total[:] = len(y_B) * np.array([*grad_w, grad_b, 1])
    all_reduce(total)
    return total[:-2] / total[-1], total[-2] / total[-1]


def all_reduce(numbers: Any) -> None:
    """The sum over all workers, in place."""
    with _peers():
        dist.all_reduce(torch.from_numpy(numbers))


@contextlib.contextmanager
def _peers() -> Iterator[None]:
    """Where another worker may be missing: then say so, once the launcher has seen which."""
    try:
        yield
    except RuntimeError as error:
        time.sleep(1)
        print(f"lost another worker: {error}", file=sys.stderr, flush=True)
        os._exit(LOST)


def _end_with_the_launcher() -> None:
    """Wait for the end of stdin, which comes when the launcher has ended, however it ended."""
    os.read(0, 1)
    os._exit(LOST)


def _same_everywhere(what: str, *arrays: Any) -> None:
    """Refuse unless all workers hold the same bits."""
    digest = hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).digest()
    digests: list[Any] = [None] * dist.get_world_size()
    with _peers():
        dist.all_gather_object(digests, digest)
    if len(set(digests)) > 1:
        raise ArithmeticError(f"all workers must hold the same {what}, got {len(set(digests))}")


def _moments_report(sizes: list[int], seed: int, m: Moments, surface: LossSurface) -> str:
    """Beside one process that has all the data."""
    X, y, _ = whole(sizes, seed)
    alone = Moments.of(X, y)
    mean, scatter = moments_bound(X, y, len(sizes))
    off = [(abs(m.mean - alone.mean), 2 * mean), (abs(m.scatter - alone.scatter), 2 * scatter)]
    numbers = 1 + m.mean.size + m.scatter.size
    return (
        f"shards of {', '.join(map(str, sizes))} samples\n\n"
        f"(a) moments: one all_reduce of {len(sizes)} × {numbers} numbers, no step\n"
        f"    every worker holds, bit for bit, {surface}\n"
        f"    beside one process with all data: {_beside(off)}"
    )


def _path_report(sizes: list[int], seed: int, steps: int, epochs: int, path: Trajectory) -> str:
    """Beside one process that takes the union of the workers' minibatches at each step."""
    X, y, rngs = whole(sizes, seed)
    batches = list(union(sizes, steps, epochs, rngs))
    w, b = path.w[0], path.b[0]
    ws, bs = [w], [b]
    for B in batches:
        w, b = sgd_step(w, b, *gradient(X[B], y[B], w, b), LR)
        ws.append(w)
        bs.append(b)
    apart = np.column_stack([path.w - ws, path.b - bs])
    bound = trajectory_bound(X, y, batches, np.array(ws), np.array(bs), LR, np.float64)[0]
    k = min(map(len, batches)) + len(w) + 5
    bound *= 2 * gamma(k + 3, np.float64) / gamma(k, np.float64)  # the average: 3 roundings more
    end = ", ".join(f"{x:.4f}" for x in path.w[-1])
    return (
        f"(b) SGD: {len(batches)} steps of about {round(len(y) / steps)} samples in all, one "
        f"all_reduce of {len(w) + 2} numbers each\n"
        f"    every worker holds, bit for bit, w = ({end}), b = {path.b[-1]:.4f}\n"
        f"    beside one process, same batches: "
        f"{_beside([(np.linalg.norm(apart, axis=1), bound)])}"
    )


def whole(sizes: list[int], seed: int) -> tuple[Any, Any, list[np.random.Generator]]:
    """The data of all workers, one shard after the other, and their random numbers."""
    Xs, ys, rngs = zip(*(shard(n, seed, rank) for rank, n in enumerate(sizes)), strict=True)
    return np.concatenate(Xs), np.concatenate(ys), list(rngs)


def union(
    sizes: list[int], steps: int, epochs: int, rngs: list[np.random.Generator]
) -> Iterator[Any]:
    """What the workers' minibatches are together: the rows of `whole` at each step."""
    first = np.cumsum([0, *sizes[:-1]])
    workers = (minibatches(n, steps, epochs, rng) for n, rng in zip(sizes, rngs, strict=True))
    for parts in zip(*workers, strict=True):
        yield np.concatenate([B + i for B, i in zip(parts, first, strict=True)])


def _beside(off: list[tuple[Any, Any]]) -> str:
    """The largest difference, and how much of the rounding bound it is."""
    most = max(float(np.max(difference)) for difference, _ in off)
    used = max(float(np.max(d[b > 0] / b[b > 0], initial=0)) for d, b in off)
    if any((difference > bound).any() for difference, bound in off):
        raise ArithmeticError(
            f"must be equal up to rounding, got {most:g}, {used:.3g} of the bound"
        )
    return f"{most:.1e} apart at most, {used:.1g} of the rounding bound"
