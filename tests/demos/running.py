"""Run a demo in this process or in a new one, and read what it printed and drew."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from demos.__main__ import main

ROOT = Path(__file__).parents[2]


class Run(NamedTuple):
    status: int
    out: str
    err: str

    def line(self, beginning: str) -> str:
        """What follows this beginning in the only line that has it."""
        (found,) = [x for x in self.out.splitlines() if x.startswith(beginning)]
        return found.removeprefix(beginning)

    def numbers(self, beginning: str) -> list[float]:
        """The numbers in that line, commas for thousands removed."""
        found = re.findall(r"-?\d[\d,]*\.?\d*(?:e[-+]\d+)?", self.line(beginning))
        return [float(x.replace(",", "")) for x in found]

    def written(self) -> list[str]:
        return re.findall(r"(?m)^wrote (.+)$", self.out)


def run(*argv: str) -> Run:
    """The command `python -m demos` in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace") for _ in "oe")
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(argv))
        except SystemExit as end:
            status = end.code or 0
        finally:
            plt.close("all")
    for stream in (out, err):
        stream.flush()
    return Run(status, *(s.buffer.getvalue().decode() for s in (out, err)))


@functools.cache
def run_once(*argv: str) -> tuple[Run, Path]:
    """The same, once for all tests that only look at the result; and its folder."""
    folder = Path(tempfile.mkdtemp())
    ran = run(*argv, "--out", str(folder))
    assert (ran.status, ran.err) == (0, "")
    return ran, folder


def shell(command: str, **options: str) -> subprocess.CompletedProcess[str]:
    """A shell command, $PYTHON being this Python, without a display, from the project's root.

    No process writes down which lines it ran: some have no room for files.
    """
    drop = ("DISPLAY", "WAYLAND_DISPLAY", "PYTHONUNBUFFERED")
    env = {k: v for k, v in os.environ.items() if k not in drop and "COVERAGE_PROCESS" not in k}
    env |= {"PYTHON": sys.executable, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=env | options,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def assert_one_error(ran: Run, message: str, name: str = "") -> None:
    """Exit status 2, one line on stderr with this message beside warnings, and no file."""
    (error,) = [line for line in ran.err.splitlines() if ": warning: " not in line]
    assert ran.status == 2
    assert error.startswith(f"python -m demos{name and ' '}{name}")
    assert re.search(message, error), error
    assert not ran.written()


def pixels(image: Image.Image | Path) -> np.ndarray:
    if isinstance(image, Path):
        with Image.open(image) as opened:
            return pixels(opened)
    return np.asarray(image.convert("RGB"), dtype=int)


def count_pixels(picture: np.ndarray, colour: str) -> int:
    """The number of pixels of about this colour, given as #RRGGBB."""
    return int((np.abs(picture - [*bytes.fromhex(colour[1:])]).sum(axis=-1) < 40).sum())
