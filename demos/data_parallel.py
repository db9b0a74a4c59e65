"""Many workers, one bowl: moments summed once, or gradients averaged at every step.

Each worker is a process with its own shard of the data, of its own size (torch.distributed, gloo).

(a) The moments of all shards are summed by one all_reduce, and every worker then holds the loss
    surface of the whole data: no shard travels, and no step is needed.
(b) Data-parallel SGD: at each step the gradients of the shards' minibatches are averaged, weighted
    by their sizes. That is one process's step on the union of these minibatches.

Both are held beside one process that has all the data. A worker that dies ends the run, by name.
Also `torchrun --nproc-per-node 2 -m demos.data_parallel`, on one machine or many.

The sum of (a) is one `reduce` elsewhere, too, with shards a list of (X, y) and operator.add:
    Dask   dask.bag.from_sequence(shards).starmap(Moments.of).fold(add).compute()
    Spark  sc.parallelize(shards).map(lambda Xy: Moments.of(*Xy)).reduce(add)
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from demos.__main__ import main

MOST = 64  # workers that are started by this program alone
LOST = 75  # the exit status of a worker that has lost another
ROOT = Path(__file__).parents[1]


def options(parser: argparse.ArgumentParser) -> None:
    number = {"type": count, "metavar": "N"}
    parser.add_argument("--workers", help="processes (3; torchrun has its own)", **number)
    parser.add_argument("--sizes", nargs="+", help="samples of each (200, 400, 600, …)", **number)
    parser.add_argument(
        "--batch", default=10, help="samples a step, of all together (10)", **number
    )
    parser.add_argument("--epochs", default=3, help="times over the data (3)", **number)


def count(text: str) -> int:
    """A whole number from 1 up, for argparse.

    Raises
    ------
    ArgumentTypeError
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, got {text!r}")
    return int(text)


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    sizes = shard_sizes(args, os.environ)
    if "RANK" in os.environ:
        from demos._shards import work

        work(sizes, args.batch, args.epochs, args.seed)
    else:
        _launch(sizes, args)
    yield from ()  # no files


def shard_sizes(args: argparse.Namespace, env: Mapping[str, str]) -> list[int]:
    """The number of samples of each worker."""
    workers = args.workers or len(args.sizes or [0, 0, 0])
    workers = int(env.get("WORLD_SIZE", workers)) if "RANK" in env else workers
    if workers > MOST and "RANK" not in env:
        raise ValueError(
            f"--workers, and --sizes with one number each, must be at most {MOST} on one machine, "
            f"got {workers}; torchrun takes more"
        )
    sizes = args.sizes or [200 * (rank + 1) for rank in range(workers)]
    if len(sizes) != workers:
        raise ValueError(f"--sizes needs {workers} numbers, one a worker, got {len(sizes)}")
    if args.batch > sum(sizes):
        raise ValueError(f"--batch must be at most {sum(sizes)}, all samples, got {args.batch}")
    return sizes


def _launch(sizes: list[int], args: argparse.Namespace) -> None:
    """As torchrun does: one process a worker, and all of them ended when one fails."""
    numbers = {"--batch": args.batch, "--epochs": args.epochs, "--seed": args.seed}
    options = [str(x) for pair in numbers.items() for x in pair] + ["--sizes", *map(str, sizes)]
    workers: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        words = [Path(folder, str(rank)) for rank in range(len(sizes))]  # what they say on stderr
        try:
            for rank, said in enumerate(words):
                command = [sys.executable, "-m", "demos.data_parallel", *options]
                env = _environment(rank, len(sizes), Path(folder, "store"))
                with said.open("wb") as err:
                    pipe = subprocess.PIPE  # it closes when this process ends, however it ends
                    workers.append(subprocess.Popen(command, env=env, stdin=pipe, stderr=err))
            print("workers:", ", ".join(f"{r} (pid {w.pid})" for r, w in enumerate(workers)))
            sys.stdout.flush()
            _watch(workers, words)
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()


def _environment(rank: int, world: int, store: Path) -> dict[str, str]:
    """What torchrun would set; but the workers meet by a file, and talk by loopback only."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ours = {"RANK": str(rank), "WORLD_SIZE": str(world), "INIT_METHOD": store.as_uri()}
    loopback = {name for _, name in socket.if_nameindex()} & {"lo", "lo0"}
    if loopback:
        ours["GLOO_SOCKET_IFNAME"] = loopback.pop()
    return {**os.environ, **ours, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}


def _watch(workers: list[subprocess.Popen[bytes]], words: list[Path]) -> None:
    """Wait until all have ended well."""
    begin = time.monotonic()
    while any(worker.poll() is None for worker in workers):
        if any(worker.poll() for worker in workers):
            break
        time.sleep(0.02)
    status = [worker.poll() for worker in workers]
    if any(status):
        blamed = [s not in (None, 0, LOST) for s in status]
        if not any(blamed):  # those that ended had lost one that still runs, and does not answer
            blamed = [s is None for s in status] if None in status else [bool(s) for s in status]
        rank = blamed.index(True)
        _fail(rank, workers[rank], words[rank].read_text(errors="replace"), begin)


def _fail(rank: int, worker: subprocess.Popen[bytes], said: str, begin: float) -> NoReturn:
    code, lines = worker.poll(), said.strip().splitlines()
    how = "did not answer" if code is None else f"ended with status {code}"
    if code is not None and code < 0:
        how = f"was killed by {signal.Signals(-code).name}"
    raise ChildProcessError(
        f"worker {rank} (pid {worker.pid}) {how} after {time.monotonic() - begin:.1f} s, and so "
        f"all were ended; {f'its last words: {lines[-1]}' if lines else 'run it again'}"
    )


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
