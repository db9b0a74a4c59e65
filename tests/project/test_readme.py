"""The README tells the truth: its code prints what it says, and its map shows what is there."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")


def blocks(language):
    """The fenced blocks of one language, with what stands in the block after each."""
    fence = re.compile(rf"```{language}\n(.*?)```\n+(?:```\n(.*?)```)?", re.S)
    return fence.findall(README)


def test_the_code_block_prints_what_the_readme_says():
    """Word for word."""
    ((code, expected),) = blocks("python")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == expected


def test_there_are_two_commands_of_one_line_each():
    """One runs the main job, one the tests; each makes its own environment."""
    commands = [code.strip() for code, _ in blocks("sh")]
    assert [c.splitlines() for c in commands] == [[c] for c in commands]
    main_job, tests = commands[:2]
    assert main_job.endswith("python -m demos")
    assert "python -m pytest" in tests
    assert all(c.startswith("python3 -m venv ") for c in commands[:2])


def test_the_checkers_transcript_is_real(tmp_path):
    """The file as shown, the command as shown, what it prints; only the worst error may differ."""
    (transcript,) = re.findall(r"```console\n(.*?)```", README, re.S)
    cat, _, rest = transcript.partition("\n")
    source, _, rest = rest.partition("$ python ")
    command, _, expected = rest.partition("\n")
    assert (cat, command) == ("$ cat my_gradient.py", "-m reference check my_gradient.py")
    tmp_path.joinpath("my_gradient.py").write_text(source, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, *command.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert [p.name for p in tmp_path.iterdir()] == ["my_gradient.py"]  # and nothing is left behind
    any_error = re.compile(r"worst error \S+")
    assert any_error.sub("", run.stdout) == any_error.sub("", expected)


def test_the_pytest_lines_work(tmp_path):
    """The three lines, on that file, fail with the report as their message."""
    (lines,) = re.findall(r"```py\n(.*?)```", README, re.S)
    (transcript,) = re.findall(r"```console\n(.*?)```", README, re.S)
    source = transcript.partition("\n")[2].partition("$ python ")[0]
    tmp_path.joinpath("my_gradient.py").write_text(source, encoding="utf-8")
    tmp_path.joinpath("test_mine.py").write_text(lines, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert len(lines.splitlines()) == 3
    assert run.returncode == 1
    assert "WRONG   missing-mean" in run.stdout


def test_every_equations_file_is_on_the_map():
    """The table of the derivation names the file of each equation."""
    shown = set(re.findall(r"^\| \[(\S+)\]\(\1\) \|", README, re.M))
    parts = "data model loss chain_rule gradient sgd trajectory train affine"
    assert {f"linreg_np/{part}.py" for part in parts.split()} <= shown


def test_links_lead_somewhere():
    """Every file that is linked or shown exists."""
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert ROOT.joinpath(link).exists(), link
