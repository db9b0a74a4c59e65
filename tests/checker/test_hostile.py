"""Programs that attack whoever judges them end no run, appear never right, and outlive nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_programs import HERE, PLACES, hostile_program

from reference.checker.sandbox.bubblewrap import why_not

ROOT = Path(__file__).parents[2]
RIGHT = "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r / len(y), r.mean()\n"
WRONG = RIGHT.replace(" / len(y)", "")
# The console script linreg-check, which imports nothing from the working directory.
START = (
    "import sys; del sys.path[0]; from reference.__main__ import run_check; sys.exit(run_check())"
)
BATCH = 50  # programs of a run
BATCHES = [range(first, first + BATCH) for first in range(0, 500, BATCH)]
WRITTEN = ["/tmp", "/var/tmp", "/", os.path.expanduser("~")]
needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="the keeper, which ends hidden processes, needs Linux"
)


def sandbox_or_skip():
    """Skip where bubblewrap does not work, unless it is required to."""
    if why_not() and os.environ.get("LINREG_NP_SANDBOX") != "required":
        pytest.skip(why_not())


def check(folder, sandbox, seconds="3"):
    """The reports on all programs of a folder, by name; and the status.

    Most of the time is spent waiting for what hangs, so more run at a time than there are cores.
    """
    command = [sys.executable, "-c", START, "--json", "--hint", "2", "--sandbox", sandbox]
    command += ["--timeout", seconds, "--max-examples", "20", "--jobs", "10"]
    command += map(str, sorted(folder.glob("*.py")))
    run = subprocess.run(
        command, cwd=folder.parent, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True
    )
    assert run.stderr == b""
    return {Path(r["file"]).stem: r for r in json.loads(run.stdout)}, run.returncode


def outliving(folder):
    """The command lines of processes that have the folder in them."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if str(folder).encode() in line and state != "Z":
            found.append(line)
    return found


def run_batch(folder, sandbox, seeds, places):
    """The verdict on each hostile program, while two ordinary programs are judged as ever."""
    folder.mkdir()
    sources = {f"hostile_{seed}": hostile_program(seed, places) for seed in seeds}
    sources |= {"first": RIGHT, "zz_last": WRONG}
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8", errors="surrogatepass")
    before = sorted(folder.parent.rglob("*"))
    reports, status = check(folder, sandbox)
    assert outliving(folder) == []
    assert (sorted(reports), status) == (sorted(sources), 1)
    assert reports["first"]["passed"] is True, reports["first"]
    assert reports["zz_last"]["passed"] is False, reports["zz_last"]
    for seed in seeds:
        assert reports[f"hostile_{seed}"]["passed"] is not True, sources[f"hostile_{seed}"]
    return before


@needs_linux
@pytest.mark.thorough
@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_hostile_programs_in_the_sandbox(seeds, tmp_path):
    """They write nowhere but in their own directory, either."""
    sandbox_or_skip()
    before = run_batch(tmp_path / "programs", "require", seeds, PLACES)
    assert sorted(tmp_path.rglob("*")) == before
    assert not any(Path(place, "linreg_np-hostile").exists() for place in WRITTEN)


@needs_linux
@pytest.mark.thorough
@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_hostile_programs_without_a_sandbox(seeds, tmp_path):
    """They end no run, and none outlives it."""
    run_batch(tmp_path / "programs", "off", seeds, HERE)
