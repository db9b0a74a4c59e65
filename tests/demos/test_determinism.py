"""Same seed, same bytes: in two new processes, with another hash seed and in another directory.

`speed` is left out because it writes times.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMOS = {p.stem for p in ROOT.glob("demos/[a-z]*.py")} - {"speed"}
PICTURELESS = {"data_parallel", "derivation", "notebook", "page"}

PROGRAMS = """
import numpy as np

def gradient(X, y, w, b):
    residual = X @ w + b - y
    return X.T @ residual, residual.sum()

def sgd_step(X, y, w, b, lr):
    residual = X @ w + b - y
    return w - lr * X.T @ residual / len(y), b - lr * residual.mean()

def predict(X, w, b):
    return X @ w - b
"""

PROGRAM = """
import contextlib, sys
import numpy as np
from demos.__main__ import main as demo
from linreg_np import fit, fit_affine, synthetic_data
from reference.__main__ import main as reference

def seeded(seed=None, default_rng=np.random.default_rng):
    if seed is None:
        raise ValueError("a generator without a seed")
    return default_rng(seed)

np.random.default_rng = seeded
X, y = synthetic_data([2, -3.4], 4.2, 200, rng=3)
for train in (fit, fit_affine):
    path = train(X, y, lr=0.03, batch_size=10, epochs=2, rng=3)
    path.save(f"{train.__name__}.npz")
    path.write_log(f"{train.__name__}.log")
commands = {f"check{option}": (reference, ["check", "programs.py", "--max-examples", "10", *option])
            for option in (("--json",), ("--json", "--seed", "3"))}
commands |= {name: (demo, [name, "--seed", "3", "--out", "out"]) for name in sys.argv[1:]}
for name, (main, arguments) in commands.items():
    with open(f"{name}.txt", "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        main(arguments)
"""


def written(directory, hash_seed, demos):
    """The files that the program writes in a new process: bytes by name."""
    directory.mkdir()
    (directory / "programs.py").write_text(PROGRAMS, encoding="utf-8")
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, *sorted(demos)]
    subprocess.run(command, cwd=directory, env=env, check=True, timeout=300)
    files = {p.relative_to(directory).as_posix(): p for p in directory.rglob("*") if p.is_file()}
    pids = re.compile(rb"\(pid \d+\)")
    return {name: pids.sub(b"(pid)", p.read_bytes()) for name, p in files.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("demos", [{"surface"}, DEMOS], ids=len)
def test_the_same_seed_gives_the_same_bytes(tmp_path, demos):
    """Paths, logs, reports, pictures, tables, the page; and no generator is without a seed."""
    once, again = (written(tmp_path / name, name[-1], demos) for name in ("a1", "a directory 2"))
    assert once.keys() == again.keys()
    assert [name for name in once if once[name] != again[name]] == []
    pictures = {f"out/{name}.png" for name in demos - PICTURELESS}
    paths = {"fit.npz", "fit.log", "fit_affine.npz", "fit_affine.log"}
    assert paths | pictures | {f"{name}.txt" for name in demos} <= once.keys()
    assert all(once[name] for name in once)
    assert "page" not in demos or b"<html" in once["out/linreg.html"]
    reports = [once[name] for name in sorted(once) if name.startswith("check")]
    assert [b"missing-mean" in report for report in reports] == [True] * 2
    assert len(set(reports)) == 2  # the last is of another seed
