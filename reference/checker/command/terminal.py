"""What is written to standard output and error, whichever they are, and the line of progress."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any

from reference.checker.report import escaped


def escape_what_cannot_be_encoded() -> None:
    """Let ∇ and Σ be escapes where a stream's encoding has no such letters."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> bool:
    """Print a text; whether it could be, or nobody wants to read on."""
    if sys.stdout is None:
        complain("the report cannot be written: standard output is closed")
        return False
    try:
        print(text, flush=True)
        return True
    except BrokenPipeError:  # as of `| head`
        discard(sys.stdout)
        return True
    except OSError as error:
        discard(sys.stdout)
        complain(f"the report cannot be written: {error.strerror}")
        return False


def complain(text: str) -> None:
    """Print a text on standard error, if there is any."""
    try:
        if sys.stderr is not None:
            print(escaped(text), file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: Any) -> None:
    """Let what is left of a stream that failed be lost: Python writes it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class Progress:
    """A line on standard error, if that is a terminal: how many files are done, and what runs."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.on = sys.stderr is not None and sys.stderr.isatty()

    def of(self, target: str) -> Callable[[str], None]:
        """What shows that a function of a target is checked."""
        return lambda name: self.show(escaped(f"{os.path.basename(target)} {name}"))

    def show(self, text: str) -> None:
        """Another line in place of the last."""
        if self.on:
            sys.stderr.write(f"\r\033[K{self.done}/{self.total} {text}"[:80])
            sys.stderr.flush()

    def clear(self) -> None:
        """No line."""
        if self.on:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
