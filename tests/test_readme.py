"""The README tells the truth: its code prints what it says, and its map shows what is there."""

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")


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
