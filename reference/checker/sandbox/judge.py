"""The judging process: it ends at once with all that it has started, and imports no stranger."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from typing import Any

from reference.checker.sandbox.process import STARTING, kill_all, own_children
from reference.checker.sandbox.system import DUMPABLE, prctl

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has


def protect() -> None:
    """Prepare this process, which does nothing but judge, for code that nobody has read."""
    forget_working_directory()
    own_children()
    for number in known_signals():
        if signal.getsignal(number) is not signal.SIG_IGN:  # of nohup
            signal.signal(number, end_all)


def protect_helper() -> None:
    """The same for a process that a judging process has started, and that it ends by SIGTERM.

    A terminal sends its signals to both.
    """
    prctl(DUMPABLE, 0)
    own_children()
    for number in known_signals():
        signal.signal(number, ignore)
    signal.signal(signal.SIGTERM, functools.partial(end_all, said=b""))


def known_signals() -> list[int]:
    """Those of `SIGNALS` that the system has."""
    return [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]


def ignore(number: int, frame: Any) -> None:
    """Go on; programs that are started do not ignore the signal, as they would by SIG_IGN."""


def forget_working_directory() -> None:
    """Import nothing from the working directory, which `python -m` has put first."""
    if sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]


def end_self(status: int) -> None:
    """End this process by SIGTERM, from any of its threads."""
    os.kill(os.getpid(), signal.SIGTERM)


def end_all(number: int, frame: Any, said: bytes = b"interrupted\n") -> None:
    """End this process and all others; no other thread can start one meanwhile."""
    signal.signal(number, signal.SIG_IGN)
    STARTING.acquire()
    kill_all()
    with contextlib.suppress(OSError):
        os.write(2, said)
    os._exit(128 + number)
