"""data_parallel: all workers hold the same bits, equal to one process up to rounding, and all end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from demos import data_parallel
from linreg_np import LossSurface, gradient
from reference.rounding import gamma, gradient_bound

ROOT = Path(__file__).parents[2]
PIDS = re.compile(r"(\d+) \(pid (\d+)\)")


def launch(*argv, program=("-m", "demos.data_parallel"), **options):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, *program, *argv]
    return subprocess.Popen(command, cwd=ROOT, env=env, encoding="utf-8", **streams, **options)


def finished(process, seconds=100):
    with process:
        try:
            out, err = process.communicate(timeout=seconds)
        finally:
            process.kill()  # one that takes longer fails its own test and no other
    return process.returncode, out, err


def training(process):
    """Read what it prints until the moments are done; then it is a moment into the training."""
    assert any(line.startswith("    compared with one process") for line in process.stdout)
    time.sleep(0.3)


def gone(pid, seconds=10):
    """True when the process has ended, at the latest after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":  # ended, and its parent has not asked
            return True
        time.sleep(0.05)
    return False


@pytest.mark.thorough
def test_every_worker_holds_what_one_process_would():
    """A shard of 3 and one of 1000, in 101 steps an epoch: the same bits, within the bounds."""
    status, out, err = finished(launch("--sizes", "3", "1000", "--seed", "5"))
    assert (status, err) == (0, "")
    surface = LossSurface.from_data(*data_parallel.all_data([3, 1000], seed=5)[:2])
    assert "shards of 3, 1000 samples" in out
    assert "one all_gather of 2 × 13 numbers" in out
    assert f"every worker holds, bit for bit, {surface}" in out
    assert "(b) SGD: 303 steps of about 10 samples" in out
    w, b = re.search(r"bit for bit, w = \((.*)\), b = (.*)", out).groups()
    θ = np.array([*map(float, w.split(",")), float(b)])
    assert np.abs(θ - [*surface.w, surface.b]).max() < 0.01  # as in the worked example
    used = [float(x) for x in re.findall(r"(\S+) of the rounding bound", out)]
    assert len(used) == 2
    assert max(used) <= 1


@pytest.mark.parametrize("sizes", [(10, 10), (1, 19), (0, 5), (7, 2, 11)])
def test_the_average_is_weighted_by_size(sizes):
    """Σ m_r ∇L_r / Σ m_r is the gradient of the union, with a worker without rows, too."""
    rng = np.random.default_rng(3)
    w, b = np.array([1.0, -2.0]), 0.5
    parts = [(rng.normal(rank, 1, (m, 2)), rng.normal(size=m)) for rank, m in enumerate(sizes)]
    total = sum(data_parallel.weighted_gradient(*part, w, b) for part in parts)
    X, y = (np.concatenate(a) for a in zip(*parts, strict=True))
    bound = 2 * np.append(*gradient_bound(X, y, w, b, float))
    k = sum(X.shape) + 5
    bound *= gamma(k + 3, float) / gamma(k, float)
    assert total[-1] == sum(sizes)
    assert (np.abs(total[:-1] / total[-1] - np.append(*gradient(X, y, w, b))) <= bound).all()
    assert bound.max() < 1e-12


def test_each_epoch_sees_each_sample_once():
    """The workers' minibatches are a partition of all rows, and another one in the next epoch."""
    sizes, steps = [3, 50, 101], 16
    _, y, rngs = data_parallel.all_data(sizes, 0)
    batches = list(data_parallel.union(sizes, steps, 2, rngs))
    first, second = batches[:steps], batches[steps:]
    assert len(second) == steps
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(len(y)))
    assert set(map(len, batches)) <= set(range(0 + 3 + 6, 1 + 4 + 7 + 1))  # of 3, 50, 101 / 16
    assert not set(first[0]) <= set(second[0])


def test_a_difference_over_the_bound_is_an_error():
    """One within the bound is reported."""
    assert data_parallel.compare([(np.array([1e-16]), np.array([1e-15]))]).startswith(
        "difference 1.0e-16 "
    )
    with pytest.raises(
        ArithmeticError, match="must be equal up to rounding, got a difference of 2e-15"
    ):
        data_parallel.compare([(np.array([2e-15]), np.array([1e-15]))])


@pytest.mark.thorough
@pytest.mark.parametrize("when", ["at once", "in training"])
def test_a_worker_that_dies_ends_the_run_by_name(when):
    """SIGKILL to one of two: within 30 seconds status 2, one line with its rank, and all have ended."""
    process = launch("--workers", "2", "--epochs", "1000000")
    workers = dict(PIDS.findall(process.stdout.readline()))
    if when == "in training":
        training(process)
    begin = time.monotonic()
    os.kill(int(workers["1"]), signal.SIGKILL)
    status, _, err = finished(process)
    assert time.monotonic() - begin < 30
    assert status == 2
    assert f"error: worker 1 (pid {workers['1']}) was killed by SIGKILL" in err
    assert err.count("\n") == 1
    assert all(gone(pid) for pid in workers.values())


@pytest.mark.thorough
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_no_worker_outlives_the_run(end):
    """After Ctrl-C, 130 and one word; and whatever ends the launcher, its workers end."""
    process = launch("--workers", "2", "--epochs", "1000000", start_new_session=True)
    workers = dict(PIDS.findall(process.stdout.readline()))
    training(process)
    if end == signal.SIGINT:
        os.killpg(process.pid, end)  # as a terminal does: to all of them
    else:
        process.kill()
    status, _, err = finished(process)
    assert (status, err) == ((130, "interrupted\n") if end == signal.SIGINT else (-9, ""))
    assert all(gone(pid) for pid in workers.values())


@pytest.mark.thorough
def test_it_runs_under_torchrun():
    """With torchrun's own environment: the same report, once."""
    run = ("-m", "torch.distributed.run", "--master-port", str(free_port()))
    status, out, err = finished(
        launch(program=(*run, "--nproc-per-node=2", "-m", "demos.data_parallel"))
    )
    assert status == 0, err
    assert out.count("every worker holds, bit for bit") == 2
    assert "shards of 200, 400 samples" in out


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.mark.parametrize(
    ("options", "env", "message"),
    [
        ({"workers": 2, "sizes": [1]}, {}, "--sizes needs 2 numbers, one per worker, got 1"),
        ({"sizes": [1]}, {"RANK": "0", "WORLD_SIZE": "2"}, "--sizes needs 2 numbers"),
        ({"sizes": [3, 3], "batch": 7}, {}, "--batch must be at most 6, all samples, got 7"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, env, message):
    """Before any process starts."""
    args = Namespace(**{"workers": None, "sizes": None, "batch": 1, **options})
    with pytest.raises(ValueError, match=message):
        data_parallel.shard_sizes(args, env)


@pytest.mark.thorough
@pytest.mark.parametrize("options", ["--workers 1 --batch 1", "--sizes 1 1 --batch 2"])
def test_the_smallest_numbers_run(options):
    """One worker or one sample."""
    status, _, err = finished(launch(*options.split(), "--epochs", "1"))
    assert (status, err) == (0, "")
