"""CONTRIBUTING.md: its examples work as they are written, in a copy of the checkout."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from test_readme import ROOT

GUIDE = ROOT.joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")


def example(start):
    """The code block that begins with a comment of this start; without that line."""
    (code,) = re.findall(rf"```python\n# {re.escape(start)}.*?\n(.*?)```", GUIDE, re.S)
    return code


@pytest.fixture
def run(tmp_path):
    """Run Python in a copy of the checkout; what it printed, and its exit status."""
    copy = tmp_path / "copy"
    for folder in ("linreg_np", "reference", "demos", "tests/checker"):
        unused = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=unused)
    shutil.copy(ROOT / "setup.cfg", copy)
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONIOENCODING": "utf-8"}

    def run(*command):
        options = {"cwd": copy, "env": env, "capture_output": True, "encoding": "utf-8"}
        done = subprocess.run([sys.executable, *command], check=False, **options)
        return done.returncode, done.stdout + done.stderr

    run.copy = copy
    return run


@pytest.mark.thorough
def test_the_example_of_a_fault_is_recognised_by_its_name(run):
    """One entry in one table: it is listed, its programs are rejected as it, and its tests pass."""
    table = run.copy / "reference/checker/diagnosis/faults/inputs.py"
    entry, before = (
        example("reference/checker/diagnosis/faults/inputs.py"),
        table.read_text("utf-8"),
    )
    table.write_text(before.replace("FAULTS = (\n", "FAULTS = (\n" + entry), encoding="utf-8")
    source = (
        "def gradient(X, y, w, b):\n    r = X @ w + b + y\n    return X.T @ r / len(y), r.mean()"
    )
    (run.copy / "mine.py").write_text(source, encoding="utf-8")
    assert "label-added" in run("-m", "reference", "faults")[1]
    status, report = run("-m", "reference", "check", "mine.py", "--max-examples", "40")
    assert (status, "WRONG   label-added" in report) == (1, True), report
    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/checker/test_faults.py")
    status, output = run(*tests, "-k", "label-added")
    assert (status, bool(re.search(r"[4-9] passed", output))) == (0, True), output


def test_the_example_of_a_demo_is_listed_and_runs(run):
    """One file: the list shows its first line, and it prints and writes what it says."""
    (run.copy / "demos/mean_only.py").write_text(example("demos/mean_only.py"), encoding="utf-8")
    assert re.search(r"^mean_only +How good is a model", run("-m", "demos", "list")[1], re.M)
    status, output = run("-m", "demos", "mean_only", "--out", "figures")
    assert status == 0, output
    assert re.match(r"L = \d\S+\nwrote ", output)
    assert (run.copy / "figures/mean_only.txt").read_text("utf-8") == output.splitlines()[0] + "\n"


def test_every_file_that_the_guide_names_exists():
    """Apart from the one that its example adds."""
    for path in re.findall(r"`((?:\w+/)+\w*(?:\.\w+)?)`", GUIDE):
        assert ROOT.joinpath(path).exists() or path == "demos/mean_only.py", path


def test_mutmut_changes_files_that_exist():
    """The configuration names the nine files of the derivation and the four oracles."""
    config = ROOT.joinpath("pyproject.toml").read_text("utf-8").partition("[tool.mutmut]")[2]
    files = re.findall(r'"(\w+/\w+\.py)"', config)
    assert len(files) == 13
    assert all(ROOT.joinpath(file).exists() for file in files)
