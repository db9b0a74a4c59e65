"""Output of the demos: files that are complete or absent, and one line for each error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from demos import DPI
from linreg_np._utils.files import atomic_write


def write_file(path: Path, content: Any) -> None:
    """Write one file, completely or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            if isinstance(content, str | bytes):
                file.write(content.encode() if isinstance(content, str) else content)
            else:  # the same seed gives the same bytes, whatever matplotlib's version
                content.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"cannot write {path}: {reason}; choose another --out") from error


def prepare_streams() -> None:
    """Open closed streams on the null device, and print ? for what stdout cannot encode."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # a worker process needs it, too
            setattr(sys, name, open(number, "w" if number else "r"))  # noqa: SIM115 (until exit)
    stdout: Any = sys.stdout
    stdout.reconfigure(errors="replace")


def fail(prog: str, message: Any) -> NoReturn:
    report(prog, "error", message)
    sys.exit(2)


def report(prog: str, kind: str, message: Any) -> None:
    """Print an error or a warning as one line on stderr, after what stdout still holds."""
    sys.stdout.flush()
    print_stderr(f"{prog}: {kind}: {' '.join(str(message).split())}")


def print_stderr(line: str) -> None:
    """Print one line; if stderr cannot be written, the exit status alone must do."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        discard_output(sys.stderr)


def discard_output(stream: Any) -> None:
    """Send what a stream still holds, and cannot write, to the null device."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
