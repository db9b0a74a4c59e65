"""The judging process: it ends at once with all that it has started, and imports no stranger."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any

from reference.checker.sandbox.process import STARTING, kill_all, own_children

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has


def protect() -> None:
    """Prepare this process, which does nothing but judge, for code that nobody has read."""
    forget_working_directory()
    own_children()
    for number in (getattr(signal, name, None) for name in SIGNALS):
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # of nohup
            signal.signal(number, end_all)


def forget_working_directory() -> None:
    """Import nothing from the working directory, which `python -m` has put first."""
    if sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]


def end_all(number: int, frame: Any) -> None:
    """End this process and all others; no other thread can start one meanwhile."""
    signal.signal(number, signal.SIG_IGN)
    STARTING.acquire()
    kill_all()
    with contextlib.suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(128 + number)
