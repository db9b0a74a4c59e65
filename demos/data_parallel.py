"""Many workers, one loss surface: moments summed once, or gradients averaged at every step.

Each worker is a process with its own shard of the data, of its own size (torch.distributed, gloo).

(a) The workers exchange the moments of their shards once. The sum of the moments gives every
    worker the loss surface of all the data: no sample is sent, and no training step is needed.
(b) Data-parallel SGD: at each step the gradients of the workers' minibatches are averaged,
    weighted by their sizes. That equals one process's step on the union of these minibatches.

Both are compared with one process that has all the data. If a worker dies, the others are ended
and the error names it. Also `torchrun --nproc-per-node 2 -m demos.data_parallel`, on one machine
or on many.

The sum of (a) is one `reduce` in other systems, with shards a list of (X, y) and operator.add:
    Dask   dask.bag.from_sequence(shards).starmap(Moments.of).fold(add).compute()
    Spark  sc.parallelize(shards).map(lambda Xy: Moments.of(*Xy)).reduce(add)
"""

from __future__ import annotations

import argparse
import datetime
import logging
import math
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import distributed as dist
from torch import multiprocessing

from demos.__main__ import main
from demos._shared.output import discard_output
from linreg_np import LossSurface, Moments, Trajectory, gradient, sgd_step, synthetic_data
from reference.rounding import gamma, moments_bound, trajectory_bound

LR = 0.03
MAX_WORKERS = 64  # that are started on one machine
TIMEOUT = datetime.timedelta(seconds=20)  # for a worker that is alive but does not answer
EXIT_PEER_LOST = 75
Report = Callable[[str], None]
Rngs = list[np.random.Generator]


def options(parser: argparse.ArgumentParser) -> None:
    number = {"type": parse_count, "metavar": "N"}
    parser.add_argument(
        "--workers", help="number of processes (default: 3; torchrun sets its own)", **number
    )
    parser.add_argument(
        "--sizes", nargs="+", help="samples of each worker (default: 200 400 600 …)", **number
    )
    parser.add_argument(
        "--batch", default=10, help="samples per step, summed over workers (default: 10)", **number
    )
    parser.add_argument("--epochs", default=3, help="passes over the data (default: 3)", **number)


def parse_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, got {text!r}")
    return int(text)


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    sizes = shard_sizes(args, os.environ)
    if "RANK" in os.environ:  # torchrun started this process as one of the workers
        work(int(os.environ["RANK"]), sizes, args, None, print)
    else:
        launch(sizes, args)
    yield from ()  # no files


def shard_sizes(args: argparse.Namespace, env: Mapping[str, str]) -> list[int]:
    """The number of samples of each worker."""
    workers = args.workers or len(args.sizes or [0, 0, 0])
    if "RANK" in env:
        workers = int(env["WORLD_SIZE"])
    elif workers > MAX_WORKERS:
        raise ValueError(
            f"--workers, or the count of --sizes, must be at most {MAX_WORKERS} on one machine, "
            f"got {workers}; use torchrun for more"
        )
    sizes = args.sizes or [200 * (rank + 1) for rank in range(workers)]
    if len(sizes) != workers:
        raise ValueError(f"--sizes needs {workers} numbers, one per worker, got {len(sizes)}")
    if args.batch > sum(sizes):
        raise ValueError(f"--batch must be at most {sum(sizes)}, all samples, got {args.batch}")
    return sizes


# ---- the launcher


def launch(sizes: list[int], args: argparse.Namespace) -> None:
    """Start one process per worker, and print what worker 0 reports until all have ended."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "store").as_uri()  # a file by which the workers find each other
        context = start_workers((sizes, args, store, sender.send), len(sizes))
        try:
            pids = ", ".join(f"{rank} (pid {pid})" for rank, pid in enumerate(context.pids()))
            print("workers:", pids, flush=True)
            while not join(context) or receiver.poll():
                while receiver.poll():
                    print(receiver.recv(), flush=True)
        finally:
            for process in context.processes:
                process.kill()
                process.join()


def start_workers(args: tuple[Any, ...], count: int) -> Any:
    """Start processes that ignore Ctrl-C: the launcher ends them."""
    logging.getLogger("torch.multiprocessing.spawn").setLevel(logging.ERROR)
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited by the workers
    try:
        return multiprocessing.spawn(work, args, count, join=False)
    finally:
        signal.signal(signal.SIGINT, handler)


def join(context: Any) -> bool:
    """Wait a moment; return whether all workers have ended, and raise if one has failed."""
    try:
        ended: bool = context.join(timeout=0.1)
    except multiprocessing.ProcessExitedException as error:
        by_signal, status = f"was killed by {error.signal_name}", f"exited with {error.exit_code}"
        fail(error, by_signal if error.signal_name else status)
    except multiprocessing.ProcessRaisedException as error:
        fail(error, f"failed: {str(error).splitlines()[-1]}")
    return ended


def fail(error: Any, what: str) -> NoReturn:
    raise ChildProcessError(
        f"worker {error.error_index} (pid {error.error_pid}) {what}; all workers were ended"
    )


# ---- one worker


def work(rank: int, sizes: list[int], args: Any, store: str | None, report: Report) -> None:
    """Exchange moments, then train; `store` is None where torchrun has started this process."""
    if store:
        discard_output(sys.stderr)  # an error goes to the launcher, gloo's messages nowhere
        use_loopback()
        threading.Thread(target=end_with_launcher, daemon=True).start()
    try:
        dist.init_process_group(
            "gloo", init_method=store, rank=rank, world_size=len(sizes), timeout=TIMEOUT
        )
        compute(rank, sizes, args, report if rank == 0 else lambda text: None)
    except RuntimeError as error:  # from gloo
        time.sleep(1)  # so that the launcher sees first which worker has ended
        raise ConnectionError(f"lost another worker: {' '.join(str(error).split())}") from error
    sys.stdout.flush()
    os._exit(0)  # in older versions of torch the end of gloo can wait for ever


def use_loopback() -> None:
    """Let the workers of one machine talk without its network."""
    loopback = {name for _, name in socket.if_nameindex()} & {"lo", "lo0"}
    if loopback:
        os.environ["GLOO_SOCKET_IFNAME"] = loopback.pop()


def end_with_launcher() -> None:
    """Wait until the launcher has ended, in whatever way, and end this process."""
    multiprocessing.parent_process().join()
    os._exit(EXIT_PEER_LOST)


def compute(rank: int, sizes: list[int], args: Any, report: Report) -> None:
    X, y, rng = shard(sizes[rank], args.seed, rank)
    moments = sum(all_gather(Moments.of(X, y)))
    surface = LossSurface.from_moments(moments)
    check_identical("surface", surface.w, surface.b, surface.curvature)
    report(moments_report(sizes, args.seed, moments, surface))
    steps = math.ceil(sum(sizes) / args.batch)
    path = train(X, y, steps, args.epochs, rng)
    check_identical("path", path.w, path.b)
    report(path_report(sizes, args, steps, path))


def shard(n: int, seed: int, rank: int) -> tuple[Any, Any, np.random.Generator]:
    """The samples of one worker, and its random numbers for the minibatches."""
    rng = np.random.default_rng([seed, rank])
    return *synthetic_data([2, -3.4], 4.2, n, noise=0.01, rng=rng), rng


def all_gather(value: Any) -> list[Any]:
    """The values of all workers in order of rank, the same list on each."""
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values


def check_identical(what: str, *arrays: Any) -> None:
    """Raise unless all workers hold the same bits."""
    different = len(set(all_gather(b"".join(np.asarray(a).tobytes() for a in arrays))))
    if different > 1:
        raise ArithmeticError(f"all workers must hold the same {what}, got {different}")


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
    """The rows of each step: each epoch split into as many parts as all workers take steps."""
    for _ in range(epochs):
        yield from np.array_split(rng.permutation(n), steps)


def average_gradient(X_B: Any, y_B: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """∇L = Σ_r m_r ∇L_r / Σ_r m_r, by one all_reduce: r the workers, m_r the rows of each."""
    total = weighted_gradient(X_B, y_B, w, b)
    dist.all_reduce(torch.from_numpy(total))  # the sum over all workers, in place
    return total[:-2] / total[-1], total[-2] / total[-1]


def weighted_gradient(X_B: Any, y_B: Any, w: Any, b: Any) -> Any:
    """(m ∇L, m) as one vector; zeros for a worker that has no rows in this step."""
    if not len(y_B):
        return np.zeros(len(w) + 2)
    grad_w, grad_b = gradient(X_B, y_B, w, b)
    return len(y_B) * np.array([*grad_w, grad_b, 1])


# ---- the comparison with one process


def moments_report(sizes: list[int], seed: int, m: Moments, surface: LossSurface) -> str:
    """Compare with one process that has all the data."""
    X, y, _ = all_data(sizes, seed)
    alone = Moments.of(X, y)
    mean, scatter = moments_bound(X, y, len(sizes))
    errors = [(abs(m.mean - alone.mean), 2 * mean), (abs(m.scatter - alone.scatter), 2 * scatter)]
    numbers = 1 + m.mean.size + m.scatter.size
    return (
        f"shards of {', '.join(map(str, sizes))} samples\n\n"
        f"(a) moments: one all_gather of {len(sizes)} × {numbers} numbers, no training step\n"
        f"    every worker holds, bit for bit, {surface}\n"
        f"    compared with one process that has all data: {compare(errors)}"
    )


def path_report(sizes: list[int], args: Any, steps: int, path: Trajectory) -> str:
    """Compare with one process that takes the union of the workers' minibatches at each step."""
    X, y, rngs = all_data(sizes, args.seed)
    batches = list(union(sizes, steps, args.epochs, rngs))
    w, b = path.w[0], path.b[0]
    ws, bs = [w], [b]
    for B in batches:
        w, b = sgd_step(w, b, *gradient(X[B], y[B], w, b), LR)
        ws.append(w)
        bs.append(b)
    differences = np.column_stack([path.w - ws, path.b - bs])
    bound = trajectory_bound(X, y, batches, np.array(ws), np.array(bs), LR, np.float64)[0]
    k = min(map(len, batches)) + len(w) + 5
    bound *= 2 * gamma(k + 3, np.float64) / gamma(k, np.float64)  # the average: 3 roundings more
    end = ", ".join(f"{x:.4f}" for x in path.w[-1])
    return (
        f"(b) SGD: {len(batches)} steps of about {round(len(y) / steps)} samples in all, one "
        f"all_reduce of {len(w) + 2} numbers each\n"
        f"    every worker holds, bit for bit, w = ({end}), b = {path.b[-1]:.4f}\n"
        f"    compared with one process on the same batches: "
        f"{compare([(np.linalg.norm(differences, axis=1), bound)])}"
    )


def all_data(sizes: list[int], seed: int) -> tuple[Any, Any, Rngs]:
    """The shards of all workers in order of rank, and the random numbers of each."""
    Xs, ys, rngs = zip(*(shard(n, seed, rank) for rank, n in enumerate(sizes)), strict=True)
    return np.concatenate(Xs), np.concatenate(ys), list(rngs)


def union(sizes: list[int], steps: int, epochs: int, rngs: Rngs) -> Iterator[Any]:
    """At each step the rows of `all_data` that the workers' minibatches hold together."""
    first = np.cumsum([0, *sizes[:-1]])
    workers = (minibatches(n, steps, epochs, rng) for n, rng in zip(sizes, rngs, strict=True))
    for parts in zip(*workers, strict=True):
        yield np.concatenate([B + i for B, i in zip(parts, first, strict=True)])


def compare(errors: list[tuple[Any, Any]]) -> str:
    """The largest of these (difference, bound), and what share of its bound is used at most."""
    largest = max(float(np.max(difference)) for difference, _ in errors)
    share = max(float(np.max(d[b > 0] / b[b > 0], initial=0)) for d, b in errors)
    if any((difference > bound).any() for difference, bound in errors):
        raise ArithmeticError(
            f"must be equal up to rounding, got a difference of {largest:g}, "
            f"{share:.3g} of the bound"
        )
    return f"difference {largest:.1e} at most, {share:.1g} of the rounding bound"


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
