"""The process of the code under test: it gets arguments alone, and imports nothing of the checker.

Requests come as pickles. The answer to each is a line of JSON, which can carry names and numbers
but nothing that runs. stdin, stdout and stderr are redirected to /dev/null. `process` starts this
file as a script, or forks into `serve_fork`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import gc
import json
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .definitions import load, refuse_reading
from .invoke import call, install
from .keeper import keep
from .patches import call_changed
from .system import PARENT_DEATH_SIGNAL, drop_root, limit_resources, prctl


def serve_fork(functions: dict[str, Any]) -> None:
    """Serve functions in the child that `Popen` forked, in place of the program that it would run.

    Popen waits until all files that the child inherited are closed, and has stopped the collector.
    """
    try:
        os.closerange(3, max(map(int, os.listdir("/dev/fd"))) + 1)
        gc.enable()
        keep(os.getppid())
        main(functions)
    finally:
        os._exit(0)


def main(functions: dict[str, Any], sandboxed: bool = False, folder: str | None = None) -> None:
    """Answer requests from stdin on stdout, and redirect these for the code under test.

    `folder` is that of a file, which nobody trusts: root does not serve it.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    isolate()
    if folder is not None:
        drop_root(folder)
    has_keeper = sys.platform == "linux" and not sandboxed
    if has_keeper:
        prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    limit_resources(sandboxed)
    received = incoming(requests)
    serve(received if has_keeper else read_ahead(received), answers, functions)


def incoming(requests: Any) -> Iterator[Any]:
    """The requests of a pipe."""
    with contextlib.suppress(EOFError):
        while True:
            yield pickle.load(requests)


def read_ahead(requests: Iterable[Any], end: Callable[[int], Any] = os._exit) -> Iterator[Any]:
    """The same, read by a thread that ends this process where they end, whatever it is doing.

    It is for where no keeper ends this process with the judge; bubblewrap does so once it runs.
    """
    received: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def read() -> None:
        for request in requests:
            received.put(request)
        end(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield received.get()


def serve(requests: Iterable[Any], answers: Any, functions: dict[str, Any]) -> None:
    """Answer requests with a line each: to ("load", …), see `definitions.load`, one; else several.

    These are ("call", requests), and ("change", changes) for calls of a changed source.
    """
    own, functions, file = os.getpid(), dict(functions), ""
    for what, *request in requests:
        if what == "load":
            file = request[0]
            jobs: list[Any] = [functools.partial(load, *request, functions)]
        elif what == "change":
            jobs = [functools.partial(call_changed, functions, file, c) for c in request[0]]
        else:
            jobs = [functools.partial(call, functions, r) for r in request[0]]
        for job in jobs:
            line = json.dumps(reported(job, file)).encode() + b"\n"
            exit_unless(own)
            answers.write(line)
            answers.flush()


def exit_unless(pid: int) -> None:
    """Exit if this is a fork that the code under test made and forgot."""
    if os.getpid() != pid:
        os._exit(0)


def isolate() -> None:
    """Redirect all streams to /dev/null, and show no warning."""
    faulthandler.disable()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    sys.stdin = open(os.devnull)  # noqa: SIM115  open until the process ends
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    install()
    sys.addaudithook(refuse_reading)


def reported(job: Any, file: str) -> dict[str, Any]:
    """Return the result of `job`, or what it raised and where, SystemExit included."""
    try:
        return job()
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == file]
        where = {"line": str(own[-1].line)[:200], "lineno": own[-1].lineno} if own else {}
        return {"raised": {"type": type(error).__name__, "message": str(error)[:300], **where}}
