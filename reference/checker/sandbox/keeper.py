"""A process beside the code under test that ends all that this has started, however hidden.

It needs Linux, where the children of a process that has ended come to it. Imports nothing of the
checker.
"""

from __future__ import annotations

import contextlib
import os
import signal

from .system import (
    CHILD_SUBREAPER,
    DUMPABLE,
    NOBODY,
    PARENT_DEATH_SIGNAL,
    prctl,
    remove_folder,
)

WAITED = {signal.SIGTERM, getattr(signal, "SIGCHLD", signal.SIGTERM)}


def keep(judge: int, folder: str = "") -> None:
    """Return in a child. This process stays and ends it, when told to by SIGTERM or with its judge.

    Parameters
    ----------
    judge : int
        The process that has started this one.
    folder : str
        Is made, to be the working directory, and removed at the end.
    """
    make_folder(folder)
    if prctl(CHILD_SUBREAPER, 1) != 0:
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)
    prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != judge:
        remove_folder(folder)
        os._exit(1)
    child = os.fork()
    if child:
        prctl(DUMPABLE, 0)  # neither read by the child nor a core
        release_pipes()
        status = wait_for(child)
        end_children()
        remove_folder(folder)
        end_as(status)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def make_folder(folder: str) -> None:
    """Make a folder that root can give to nobody, and go there."""
    if folder:
        os.mkdir(folder, 0o700)
        os.chdir(folder)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)


def release_pipes() -> None:
    """Leave stdin and stdout to the child alone: their ends tell that it has ended."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)


def wait_for(child: int) -> int:
    """The exit status of the child; that of SIGKILL if this process is told to end."""
    while signal.sigwait(WAITED) != signal.SIGTERM:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == child:
                    return status
                if not pid:
                    break
    return int(signal.SIGKILL)


def end_children() -> None:
    """Kill all children, and theirs, which come to this process, until there are none."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in children_of(os.getpid()):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def children_of(pid: int) -> list[int]:
    """The children of a process."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as listed:
                found += map(int, listed.read().split())
    return found


def end_as(status: int) -> None:
    """End this process as the child ended."""
    if os.WIFSIGNALED(status):  # pragma: no cover (what is killed writes no measurement)
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError):  # SIGKILL has no handler
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))
