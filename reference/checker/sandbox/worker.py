"""The subject's own process: it sees inputs only, and imports nothing of the authority.

Requests come as pickles, from the judge. Answers go back as a line of JSON for each call, which
can carry names and numbers but nothing that runs. The subject prints into nowhere, and reads from
nowhere. A judge starts this file as a script, or forks into `serve`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
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

MEMORY = 4 << 30  # bytes; a subject that wants more gets a MemoryError, not the whole machine


def main() -> None:
    """Serve the standard streams, after putting others in their place."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    serve(requests, answers, {})


def serve(requests: Any, answers: Any, subjects: dict[str, Any]) -> None:
    """Answer requests: ("load", file, source, name) or ("call", requests), see `invoke.call`."""
    isolate()
    own, subjects, file = os.getpid(), dict(subjects), ""
    while size := requests.read(8):
        what, *message = pickle.loads(requests.read(int.from_bytes(size, "big")))
        if what == "load":
            file = message[0]
            jobs: list[Any] = [functools.partial(load, *message, subjects)]
        else:
            jobs = [functools.partial(call, subjects, request) for request in message[0]]
        for job in jobs:
            line = json.dumps(reported(job, file)).encode() + b"\n"
            end_of_forks(own)
            answers.write(line)
            answers.flush()


def end_of_forks(own: int) -> None:
    """The end of a fork that the subject made and forgot."""
    if os.getpid() != own:
        os._exit(0)


def isolate() -> None:
    """Nothing printed, nothing read, no warning raised, no core dump, no more than `MEMORY`."""
    faulthandler.disable()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    sys.stdin = open(os.devnull)  # noqa: SIM115  it stays open as long as the process
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    install()
    sys.addaudithook(refuse_reading)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # POSIX alone has it

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def reported(job: Any, file: str) -> dict[str, Any]:
    """What the job returns, or what it raised and where, SystemExit included."""
    try:
        return job()
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == file]
        where = {"lineno": own[-1].lineno, "line": str(own[-1].line)[:200]} if own else {}
        return {"raised": {"type": type(error).__name__, "message": str(error)[:300], **where}}
