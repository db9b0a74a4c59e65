"""Killed or interrupted at any moment: a file is complete or absent, and the next run works."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from linreg_np import Trajectory, fit, synthetic_data

ROOT = Path(__file__).parents[2]
# It imports what is needed and then forks, for each trial, a child that does the work.
PARENT = """
import os, signal, sys, time
{imports}
for line in sys.stdin:
    number, seconds = line.split()
    begun, begins = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open("stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        status = 1
        try:
            os.write(begins, b"x")
            {work}
            status = 0
        except SystemExit as end:
            status = end.code
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.read(begun, 1)
    os.close(begun)
    os.close(begins)
    time.sleep(float(seconds))
    os.kill(child, int(number))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Trials:
    """Children that do this work in this directory, and get a signal after some time."""

    def __init__(self, folder, imports, work):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT.format(imports=imports, work=work)],
            cwd=folder,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def __call__(self, number, seconds):
        """The exit status of a child that got the signal after so many seconds."""
        print(int(number), seconds, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def length(self):
        """Seconds that the work takes without a signal."""
        begin = time.monotonic()
        assert self(0, 0) == 0
        return time.monotonic() - begin


# Put before some work: its process is killed when a new file is complete but not yet renamed.
AT_THE_LAST_MOMENT = "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "

TRAIN = """
from linreg_np import fit, synthetic_data
X, y = synthetic_data([1.0] * 20, 4.2, 500, rng=0)
def train():
    for seed in range(3):
        path = fit(X, y, epochs=4, rng=seed)
        path.save("path.npz")
        path.write_log("log.txt", precision=20)
"""


@pytest.mark.sample(2)
@pytest.mark.parametrize("count", [6, 60])
def test_a_killed_training_leaves_complete_files_or_none(tmp_path, count):
    """`fit`, `save` and `write_log`, three times in a row: each file is one of theirs."""
    X, y = synthetic_data([1.0] * 20, 4.2, 500, rng=0)
    paths = [fit(X, y, epochs=4, rng=seed) for seed in range(3)]
    texts = set()
    for path in paths:
        path.write_log(tmp_path / "complete.txt", precision=20)
        texts.add((tmp_path / "complete.txt").read_bytes())
    rng, file, log = random.Random(), tmp_path / "path.npz", tmp_path / "log.txt"
    with Trials(tmp_path, TRAIN, "train()") as trial:
        length = trial.length()
        for i in range(count):
            if i % 3 == 0:
                file.unlink(missing_ok=True)
                log.unlink(missing_ok=True)
            assert trial(signal.SIGKILL, rng.uniform(0, length)) in (0, -signal.SIGKILL)
            assert not file.exists() or Trajectory.load(file) in paths
            assert not log.exists() or log.read_bytes() in texts
    paths[1].save(file)
    with Trials(tmp_path, TRAIN, AT_THE_LAST_MOMENT + "train()") as trial:
        assert trial(0, 0) == -signal.SIGKILL
    assert list(tmp_path.glob("path.npz.*.tmp"))
    assert Trajectory.load(file) == paths[1]
    paths[0].save(file)
    assert Trajectory.load(file) == paths[0]


DRAW = """
import matplotlib.pyplot, demos.houses
from demos.__main__ import main
"""
HOUSES = 'main(["houses", "--out", "out"])'


@pytest.fixture
def picture(tmp_path):
    """Where the demo is to write its picture; an older one is there."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "houses.png").write_bytes(b"old")
    return tmp_path / "out" / "houses.png"


@pytest.mark.thorough
def test_a_demo_killed_at_the_last_moment_leaves_the_old_picture(tmp_path, picture):
    """And a temporary file, in spite of which the next run works."""
    with Trials(tmp_path, DRAW, AT_THE_LAST_MOMENT + HOUSES) as trial:
        assert trial(0, 0) == -signal.SIGKILL
    assert picture.read_bytes() == b"old"
    assert list(picture.parent.glob("*.tmp"))
    with Trials(tmp_path, DRAW, HOUSES) as trial:
        trial.length()
    assert picture.read_bytes() != b"old"


@pytest.mark.thorough
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_demo_ended_at_any_moment_leaves_the_old_picture_or_the_new_one(tmp_path, picture, sent):
    """After Ctrl-C also exit status 130, one word, and no temporary file."""
    ended = {signal.SIGKILL: (-9, ""), signal.SIGINT: (130, "interrupted\n")}[sent]
    rng = random.Random()
    with Trials(tmp_path, DRAW, HOUSES) as trial:
        length = trial.length()
        new = picture.read_bytes()
        for _ in range(10):
            picture.write_bytes(b"old")
            status = trial(sent, rng.uniform(0.01, length))
            assert (status, (tmp_path / "stderr").read_text()) in (ended, (0, ""))
            assert picture.read_bytes() in ((b"old", new) if status else (new,))
            assert sent == signal.SIGKILL or list(picture.parent.iterdir()) == [picture]
