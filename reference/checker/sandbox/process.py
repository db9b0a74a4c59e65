"""The code under test in a process of its own, called within a time limit.

Results are parsed as JSON and validated, never unpickled. The process may be silent, exit, write
half an answer, or leave a hidden child that holds its pipes open. So only a background thread waits
for the pipes; the caller waits for that thread, until a deadline, and kills before it waits.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from reference.checker.sandbox import worker
from reference.checker.sandbox.messages import (
    RawOutput,
    SubjectTerminated,
    decode,
    decode_changed,
    decode_definitions,
    describe_exit,
    parse_line,
)

BOOT = """\
import sys, types
package = types.ModuleType("_sandbox")
package.__path__ = [sys.argv.pop()]
sys.modules["_sandbox"] = package
from _sandbox.worker import main
main({})
"""  # the worker and its helpers, without the package that they stand in
ALIVE: set[Process] = set()  # all that `kill_all` must stop
IMPORT_TIMEOUT = 10.0  # seconds; torch takes a few
MAX_LINE = 1 << 21  # bytes; an answer has `worker.MAX_NUMBERS` numbers of 25 characters at most
POLL = 0.2  # seconds between two checks that a silent process still runs
GRACE = 1.0  # seconds for a process that has closed its pipe to exit by itself


class Process:
    """FILE.py or package.module, and NAME if only one thing in it is meant, in its own process.

    Parameters
    ----------
    file, name : str
    timeout : float
        Seconds to wait for an answer.
    functions : dict of str to callable
        Functions of this process instead of a file. They are called in a fork of it and never
        pickled, so they may be local functions and lambdas.
    source : str
        What is executed for a file; a module is imported.
    """

    def __init__(
        self,
        file: str,
        name: str,
        timeout: float,
        functions: dict[str, Any] | None = None,
        source: str = "",
    ) -> None:
        self.file, self.name, self.timeout, self.functions = file, name, timeout, functions
        self.source = "" if functions else source
        self.popen: Any = None
        self.stopped = False

    def __enter__(self) -> Process:
        ALIVE.add(self)
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
        ALIVE.discard(self)

    def load(self, deadline: float | None = None) -> dict[str, Any]:
        """Start anew, load the code under test, and describe what it defines and what was left out.

        Raises
        ------
        SubjectTerminated
            If the import ends the process, or is not done in time.
        ImportError
            With the exception that the import raised, as a dict.
        NotImplementedError
            If there are functions instead of a file, and Python cannot fork (on Windows).
        """
        self.start()
        self.send(("load", self.file, self.source, self.file and self.name), 1)
        return self.receive(deadline, max(self.timeout, IMPORT_TIMEOUT), decode_definitions)

    def ask(
        self, requests: Sequence[dict[str, Any]], deadline: float | None = None
    ) -> Iterator[RawOutput]:
        """Yield the output of each call, see `invoke.call`; `close` if you do not take all.

        Raises
        ------
        SubjectTerminated
            If the process ends, or an output does not come before `deadline`, a moment of
            `time.monotonic()`; by default each may take `timeout` seconds.
        """
        if self.popen is None:
            self.load_again(deadline)
        self.send(("call", list(requests)), len(requests))
        for _ in requests:
            yield self.receive(deadline, self.timeout, decode)

    def ask_changed(
        self, changes: Sequence[dict[str, Any]], deadline: float | None = None
    ) -> Iterator[list[RawOutput]]:
        """Yield the outputs of the calls of each changed source, see `patches.call_changed`.

        The last change stays, until another is asked for or the process starts anew.

        Raises
        ------
        SubjectTerminated
            As for `ask`.
        """
        if self.popen is None:
            self.load_again(deadline)
        self.send(("change", list(changes)), len(changes))
        for _ in changes:
            yield self.receive(deadline, self.timeout, decode_changed)

    def load_again(self, deadline: float | None) -> None:
        """Load after the process was ended by another function."""
        try:
            self.load(deadline)
        except ImportError:
            raise SubjectTerminated("crash", "it could be imported once, and not again") from None

    def start(self) -> None:
        """Start a new process, and end the old one."""
        self.close()
        self.popen = start_worker() if self.functions is None else start_fork(self.functions)
        self.requests: queue.SimpleQueue[tuple[bytes, int] | None] = queue.SimpleQueue()
        self.lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        pipes = self.popen.stdin, self.popen.stdout, self.requests, self.lines
        threading.Thread(target=serve_pipes, args=pipes, daemon=True).start()
        if self.stopped:
            self.kill()

    def close(self) -> None:
        """Kill the process and everything in its session."""
        if self.popen is not None:
            self.kill()
            self.popen.wait()
            self.requests.put(None)
            self.popen = None

    def kill(self) -> None:
        """Kill the process and everything in its session, without waiting for the end."""
        popen = self.popen  # another thread may set it to None
        if popen is not None:
            with contextlib.suppress(OSError, AttributeError):  # Windows has no process groups
                os.killpg(popen.pid, signal.SIGKILL)
            popen.kill()

    def send(self, request: Any, count: int) -> None:
        """Send a request with `count` answers."""
        self.requests.put((pickle.dumps(request), count))

    def receive(self, deadline: float | None, timeout: float, decoder: Callable[[Any], Any]) -> Any:
        """Decode the next answer, due at `deadline` or else after `timeout`, or end the process."""
        begin = time.monotonic()
        try:
            line = self.next_line(begin + timeout if deadline is None else deadline)
            if line is None:
                seconds = timeout if deadline is None else max(0.0, deadline - begin)
                raise SubjectTerminated("timeout", f"no answer within {seconds:.3g} seconds")
            if not line.endswith(b"\n") and len(line) < MAX_LINE:
                raise SubjectTerminated("crash", self.describe_end())
            return decoder(parse_line(line))
        except SubjectTerminated:
            self.close()
            raise

    def next_line(self, deadline: float) -> bytes | None:
        """Wait for a line: not complete if the process ended, None if none came in time."""
        while True:
            remaining = max(0.0, deadline - time.monotonic())
            try:
                return self.lines.get(timeout=min(remaining, POLL))
            except queue.Empty:
                if self.popen.poll() is not None:  # a child of it may hold the pipe open
                    return b""
                if not remaining:
                    return None

    def describe_end(self) -> str:
        """How the process ended, or that it closed its pipe and still runs."""
        try:
            return describe_exit(self.popen.wait(GRACE))
        except subprocess.TimeoutExpired:
            return "it closed the pipe of its answers"


def serve_pipes(stdin: Any, stdout: Any, requests: Any, lines: Any) -> None:
    """Send each request and read its answers; in a thread of its own, since pipes may block."""
    with contextlib.suppress(OSError), stdin, stdout:
        for request, count in iter(requests.get, None):
            stdin.write(request)
            stdin.flush()
            for _ in range(count):
                lines.put(stdout.readline(MAX_LINE))
    lines.put(b"")


def start_worker(**options: Any) -> Any:
    """Start the worker with pipes for its input and output, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", BOOT, os.path.dirname(worker.__file__)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "MPLBACKEND": "Agg"},  # no windows
        **options,
    )


def start_fork(functions: dict[str, Any]) -> Any:
    """The same, but in a fork of this process: `preexec_fn` never gives way to the program."""
    if not hasattr(os, "fork"):
        raise NotImplementedError(
            "checking a function object needs a system that can fork, got Windows; "
            "write the function into a file and check that"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        return start_worker(preexec_fn=functools.partial(worker.serve_fork, functions))


def kill_all() -> None:
    """Kill every process, and those that are started later in place of them."""
    for process in list(ALIVE):
        process.stopped = True
        process.kill()
