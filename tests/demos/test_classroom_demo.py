"""The autograder for Gradescope, run as Gradescope runs it, and the teachers' guide."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reference.__main__ import main
from reference.checker.command.options import check_parser, items

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "demos" / "classroom"
GUIDE = ROOT / "reference" / "checker" / "README.md"
GRADIENT = "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r, r.sum()\n"
RIGHT = GRADIENT.replace("X.T @ r, r.sum()", "X.T @ r / len(y), r.mean()")
LOSS = "def loss(X, y, w, b):\n    return ((X @ w + b - y) ** 2).mean() / 2\n"


@pytest.fixture
def autograder(tmp_path):
    """Run the autograder on a made-up submission; the process, and its results."""
    script = tmp_path / "bin" / "linreg-check"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from reference.__main__ import run_check\nsys.exit(run_check())\n"
    )
    script.chmod(0o755)

    def run(**files):
        (tmp_path / "submission").mkdir()
        for name, source in files.items():
            (tmp_path / "submission" / f"{name}.py").write_text(source)
        path = f"{script.parent}:{os.environ['PATH']}"
        env = {**os.environ, "AUTOGRADER_ROOT": str(tmp_path), "PATH": path}
        command = [str(FOLDER / "run_autograder")]
        done = subprocess.run(command, env=env, capture_output=True, timeout=120, check=False)
        results = tmp_path / "results" / "results.json"
        return done, json.loads(results.read_text())["tests"]

    if os.name == "nt" or not shutil.which("bash"):
        pytest.skip("the autograder is a script for bash, which this system lacks")
    return run


def test_the_autograder_scores_a_submission(autograder):
    """Of two files; the student sees the mistake, but no repair."""
    done, tests = autograder(part_1=GRADIENT, part_2=LOSS)
    assert done.returncode == 0
    assert [(t["name"], t["score"], t["max_score"]) for t in tests] == [
        *[("gradient", 0, 5), ("loss", 2, 2)]
    ]
    assert "missing-mean" in tests[0]["output"]
    assert "smallest example" in tests[0]["output"]
    assert "+ 3" not in tests[0]["output"]


def test_the_autograder_scores_a_submission_without_a_program(autograder):
    """Nothing, and the student reads why."""
    done, tests = autograder()
    assert done.returncode == 0
    assert [t["score"] for t in tests] == [0, 0]
    assert all("there is no .py and no .ipynb in it" in t["output"] for t in tests)


def test_the_scripts_can_be_run():
    """By Gradescope, and as bash reads them."""
    for name in ("setup.sh", "run_autograder"):
        assert os.access(FOLDER / name, os.X_OK)
        subprocess.run(["bash", "-n", str(FOLDER / name)], check=True)


def test_the_guide_names_the_options_that_there_are():
    """Its commands can be parsed; its table has every option that is for classes."""
    text = GUIDE.read_text(encoding="utf-8")
    commands = re.findall(r"^(?:\S*/)?linreg-check (.*)$", text, re.MULTILINE)
    assert len(commands) == 2
    parsed = [check_parser().parse_args(shlex.split(c)) for c in commands]
    assert [i.points for i in items(parsed[1])] == [5, 2]
    named = re.findall(r"^\| `(--[\w-]+)", text, re.MULTILINE)
    assert [n for n in named if n not in check_parser().format_help()] == []


def test_the_guide_shows_what_is_printed(tmp_path, capsys):
    """The table of a small class."""
    sources = {
        "ada": RIGHT + LOSS,
        "bob": RIGHT.replace("X @ w + b - y", "y - (X @ w + b)") + LOSS,
        "cyd": RIGHT,
        "eve": "def gradient(X:\n",
    }
    for name, source in sources.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "hw.py").write_text(source)
    options = ["--points", "gradient=5 loss=2", "--max-examples", "5", "--timeout", "60"]
    assert main(["check", str(tmp_path), *options]) == 1
    shown = re.search(r"```text\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert capsys.readouterr().out.endswith(f"\n\n{shown}")
