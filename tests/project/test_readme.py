"""The README: its code prints what it says, its commands work, its links and its map are right."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_architecture import DERIVATION

ROOT = Path(__file__).parents[2]
README, CHINESE = (
    ROOT.joinpath(f).read_text(encoding="utf-8") for f in ("README.md", "README.zh.md")
)


def blocks(language):
    """The fenced blocks of one language, each with the block after it."""
    fence = re.compile(rf"```{language}\n(.*?)```\n+(?:```\n(.*?)```)?", re.S)
    return fence.findall(README)


def run(*command, cwd):
    """Run Python in `cwd`, where `reference` and `linreg_np` can be imported."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *command]
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture
def transcript(tmp_path):
    """The command and the output of the README's check; its file lies in `tmp_path`."""
    ((text, _),) = blocks("console")
    cat, source, command, output = re.fullmatch(
        r"\$ (cat \S+)\n(.*)\$ linreg-check (.*?)\n(.*)", text, re.S
    ).groups()
    assert cat == "cat my_gradient.py"
    tmp_path.joinpath("my_gradient.py").write_text(source, encoding="utf-8")
    return f"-m reference check {command}", output  # the same without an installation


def test_the_code_block_prints_and_draws_what_the_readme_says(tmp_path, monkeypatch):
    """Word for word, without torch; and the picture that it saves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    ((code, expected),) = blocks("python")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == expected
    assert [p.name for p in tmp_path.iterdir()] == ["descent.png"]


def test_the_chinese_readme_has_the_same_commands_code_and_outputs():
    """Block for block, the same links to files, and the same equations of d2l."""
    fence = re.compile(r"```.*?```", re.S)
    assert fence.findall(CHINESE) == fence.findall(README)
    files = [{*re.findall(r"\]\((?!#|http)([^)]+)\)", text)} for text in (README, CHINESE)]
    assert files[0] - {"README.zh.md"} == files[1] - {"README.md"}
    numbers = [re.findall(r"\| (3\.[^|]*) \|", text) for text in (README, CHINESE)]
    assert numbers[0] == numbers[1]


def test_the_main_job_and_the_tests_are_one_command_each():
    """Each makes its own environment; the time that the tests take stands before theirs."""
    commands = [code.strip() for code, _ in blocks("sh")]
    assert all(re.fullmatch(r"python3 -m venv .*", c) for c in commands[:2])
    assert commands[0].endswith("python -m demos")
    assert "python -m pytest" in commands[1]
    assert "minutes" in README.partition(commands[1])[0].splitlines()[-3]


def test_the_transcript_of_the_checker_is_real(transcript, tmp_path):
    """The file, the command and its output; only the worst error and the sandbox may differ."""
    command, expected = transcript
    done = run(*command.split(), "--timeout", "60", cwd=tmp_path)  # on a busy machine, too
    assert (done.returncode, done.stderr) == (1, "")
    assert [p.name for p in tmp_path.iterdir()] == ["my_gradient.py"]  # no file is left behind
    any_error = re.compile(r"worst error \S+|sandbox: .*")
    assert any_error.sub("", done.stdout) == any_error.sub("", expected)


def test_the_lines_for_pytest_work(transcript, tmp_path):
    """On the file of the transcript, the test fails with the report as its message."""
    ((lines, _),) = blocks("py")
    tmp_path.joinpath("test_mine.py").write_text(lines, encoding="utf-8")
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "WRONG   missing-mean" in done.stdout


def test_the_map_is_the_reading_order():
    """It names the derivation's files in order, and every link leads to a file or folder."""
    for text in (README, CHINESE):
        shown = re.findall(r"^\| \[linreg_np/(\w+)\.py\]", text, re.M)
        assert tuple(shown) == DERIVATION
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert ROOT.joinpath(link).exists(), link
