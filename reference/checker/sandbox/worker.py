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
import sys
import traceback
import warnings
from typing import Any

import numpy as np

from .definitions import load, refuse_reading
from .invoke import call, install
from .patches import call_changed

MAX_MEMORY = 4 << 30  # bytes; more is a MemoryError


def serve_fork(functions: dict[str, Any]) -> None:
    """Serve functions in the child that `Popen` forked, in place of the program that it would run.

    Popen waits until all files that the child inherited are closed, and has stopped the collector.
    """
    try:
        os.closerange(3, max(map(int, os.listdir("/dev/fd"))) + 1)
        gc.enable()
        main(functions)
    finally:
        os._exit(0)


def main(functions: dict[str, Any]) -> None:
    """Answer requests from stdin on stdout, and redirect these for the code under test."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    isolate()
    serve(requests, answers, functions)


def serve(requests: Any, answers: Any, functions: dict[str, Any]) -> None:
    """Answer requests with a line each: to ("load", file, source, name) one, to the others several.

    These are ("call", requests), and ("change", changes) for calls of a changed source.
    """
    own, functions, file = os.getpid(), dict(functions), ""
    while True:
        try:
            what, *request = pickle.load(requests)
        except EOFError:
            return
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
    """Redirect all streams to /dev/null; no warning, no core dump, no more than `MAX_MEMORY`."""
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
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))


def reported(job: Any, file: str) -> dict[str, Any]:
    """Return the result of `job`, or what it raised and where, SystemExit included."""
    try:
        return job()
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == file]
        where = {"line": str(own[-1].line)[:200], "lineno": own[-1].lineno} if own else {}
        return {"raised": {"type": type(error).__name__, "message": str(error)[:300], **where}}
