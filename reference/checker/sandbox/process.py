"""The judge's end of the pipe: a subject in a process of its own, asked within a time limit.

What comes back is believed to be numbers and nothing else: it is parsed as JSON, checked for its
form, and never unpickled. Only POSIX can fork, so only there can a function that stands in no file
be a subject.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from reference.checker.sandbox import worker
from reference.checker.sandbox.messages import (
    RAISED,
    RawOutput,
    SubjectTerminated,
    decode,
    describe_exit,
)

BOOT = """\
import sys, types
package = types.ModuleType("_sandbox")
package.__path__ = [sys.argv.pop()]
sys.modules["_sandbox"] = package
from _sandbox.worker import main
main()
"""  # the worker and its helpers, without the package that they stand in
ALIVE: set[Process] = set()
IMPORT_TIMEOUT = 10.0  # seconds; torch takes a few
LONGEST_LINE = 1 << 21  # bytes; an answer has `worker.LARGEST` numbers of 25 characters at most


class Process:
    """A subject: FILE.py or package.module, and NAME if only one thing in it is meant.

    Parameters
    ----------
    file, name : str
    timeout : float
        Seconds to wait for an answer.
    subjects : dict of str to callable
        Instead of a file: functions of this process, reached by a fork.
    """

    def __init__(
        self,
        file: str,
        name: str,
        timeout: float,
        subjects: dict[str, Any] | None = None,
        source: str = "",
    ) -> None:
        self.file, self.name, self.timeout, self.subjects = file, name, timeout, subjects
        self.handle: Any = None
        self.source = source

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def load(self) -> dict[str, Any]:
        """Start anew, import the subject, and say what is in it.

        Raises
        ------
        SubjectTerminated
            If the import ends the process, or does not end.
        ImportError
            With what the subject raised, as a dict, if it did.
        """
        self.start()
        found = next(
            self._lines(("load", self.file, self.source, self.file and self.name), 1, max(self.timeout, IMPORT_TIMEOUT))
        )
        if "raised" in found:
            raise ImportError({k: found["raised"].get(k) for k in RAISED})
        return found

    def ask(self, requests: Sequence[dict[str, Any]]) -> Iterator[RawOutput]:
        """The answers to calls, given as (args, kwargs), one after the other.

        Raises
        ------
        SubjectTerminated
            If one does not come.
        """
        if self.handle is None:  # it was ended, and other functions are to be asked
            try:
                self.load()
            except ImportError:
                raise SubjectTerminated(
                    "crash", "it could be imported once, and not again"
                ) from None
        for line in self._lines(("call", list(requests)), len(requests), self.timeout):
            yield decode(line)

    def start(self) -> None:
        """A new process, and no old one."""
        self.close()
        if self.subjects is None:
            self.handle = subprocess.Popen(
                [sys.executable, "-c", BOOT, os.path.dirname(worker.__file__)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "MPLBACKEND": "Agg"},  # no windows
            )
        else:
            self.handle = Fork(self.subjects)
        ALIVE.add(self)
        self.requests, answers = self.handle.stdin, self.handle.stdout
        self.lines: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self.reader = threading.Thread(target=self._read, args=(answers, self.lines), daemon=True)
        self.reader.start()

    def close(self) -> None:
        """Kill the process, and whatever it started and did not hide."""
        if self.handle is None:
            return
        self.kill()
        self.handle.wait()
        ALIVE.discard(self)
        for _ in range(100):  # a second at most: what it hid may hold the pipe
            for _ in range(self.lines.qsize()):  # the reader waits until there is room
                self.lines.get()
            self.reader.join(0.01)
            if not self.reader.is_alive():
                break
        with contextlib.suppress(OSError):
            self.requests.close()
        self.handle = None

    def kill(self) -> None:
        """Without waiting for the end."""
        with contextlib.suppress(OSError, AttributeError):  # Windows has no groups
            os.killpg(self.handle.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.handle.kill()

    def _lines(self, request: Any, count: int, timeout: float) -> Iterator[dict[str, Any]]:
        """Send a request; then `count` lines of answer, each parsed."""
        threading.Thread(target=self._send, args=(pickle.dumps(request),), daemon=True).start()
        for _ in range(count):
            try:
                line = self.lines.get(timeout=timeout)
            except queue.Empty:
                self.close()
                raise SubjectTerminated(
                    "timeout", f"no answer within {timeout:g} seconds"
                ) from None
            if not line:
                code = self.handle.wait()
                self.close()
                raise SubjectTerminated("crash", describe_exit(code))
            try:
                parsed = json.loads(line)
                if not isinstance(parsed, dict):
                    raise ValueError  # as below
            except (ValueError, RecursionError):
                self.close()
                raise SubjectTerminated("crash", "it wrote into the pipe of its answers") from None
            yield parsed

    def _send(self, data: bytes) -> None:
        """Write a request, for as long as somebody reads."""
        with contextlib.suppress(OSError, ValueError):
            self.requests.write(len(data).to_bytes(8, "big") + data)
            self.requests.flush()

    @staticmethod
    def _read(answers: Any, lines: queue.Queue[bytes]) -> None:
        """Put each line where `_lines` waits for it, and an empty one at the end."""
        with contextlib.suppress(OSError), answers:
            while line := answers.readline(LONGEST_LINE):
                lines.put(line)
        lines.put(b"")


def kill_all() -> None:
    """End every subject: whoever waits for one is told that it crashed."""
    for process in list(ALIVE):
        process.kill()


class Fork:
    """A copy of this process that serves its own functions: what Popen is for a file."""

    def __init__(self, subjects: dict[str, Any]) -> None:
        theirs, self.stdin = (os.fdopen(f, m) for f, m in zip(os.pipe(), ("rb", "wb"), strict=True))
        self.stdout, ours = (os.fdopen(f, m) for f, m in zip(os.pipe(), ("rb", "wb"), strict=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
            self.pid = os.fork()
        self._serve(theirs, ours, subjects)
        theirs.close()
        ours.close()
        self.code: int | None = None

    def _serve(self, requests: Any, answers: Any, subjects: dict[str, Any]) -> None:
        """The copy's whole life; nothing in the process that was copied."""
        if self.pid:
            return
        try:
            os.setsid()
            self.stdin.close()
            worker.serve(requests, answers, subjects)
        finally:
            os._exit(0)

    def kill(self) -> None:
        """As Popen.kill."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """As Popen.wait."""
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code
