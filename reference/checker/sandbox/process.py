"""The code under test in a process of its own, called within a time limit.

Results are parsed as JSON and validated, never unpickled. The process may be silent, exit, write
half an answer, or leave a hidden child that holds its pipes open. So only a background thread waits
for the pipes; the caller waits for that thread, until a deadline, and kills before it waits.

It runs in bubblewrap where that works; elsewhere in a temporary folder, beside a keeper that ends
it. Its environment is a minimal one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import queue
import secrets
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy.ma
import numpy.random  # noqa: F401  nothing is imported once code under test has begun to run

from reference.checker.sandbox import bubblewrap, worker
from reference.checker.sandbox.bubblewrap import python_path
from reference.checker.sandbox.keeper import children_of
from reference.checker.sandbox.messages import (
    OutOfTime,
    RawOutput,
    SubjectTerminated,
    decode,
    decode_changed,
    decode_definitions,
    describe_exit,
    parse_line,
)
from reference.checker.sandbox.system import (
    CHILD_SUBREAPER,
    DUMPABLE,
    GET_DUMPABLE,
    prctl,
    remove_folder,
)

BOOT = """\
import sys, types
if sys.path[:1] == [""]:
    del sys.path[0]
package = types.ModuleType("_sandbox")
path, judge, sandbox, made_for_it, own_folder = sys.argv[1:]
package.__path__ = [path]
sys.modules["_sandbox"] = package
if sandbox != "bubblewrap":
    from _sandbox.keeper import keep
    keep(int(judge), made_for_it)
from _sandbox.worker import main
main({}, sandbox == "bubblewrap", own_folder)
"""  # the worker and its helpers, without the package that they stand in
ALIVE: set[Any] = set()  # all that `kill_all` must stop
STARTING = threading.RLock()  # held while processes are started, or stray ones looked for
OWNED = {"children": False}  # whether all children of this process were started here
KEPT = ("PATH", "LANG", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "LD_LIBRARY_PATH")
KEPT += ("SYSTEMROOT",)  # without which Windows starts no Python
ALWAYS = {"MPLBACKEND": "Agg"}  # no windows
# Problems are small: a second thread would only wait, and use a core for that.
ALWAYS |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

IMPORT_TIMEOUT = 10.0  # seconds; torch takes a few
STARTING_SECONDS = 3.0  # for the start of a process, beside its imports
MAX_LINE = 1 << 21  # bytes; an answer has `invoke.MAX_NUMBERS` numbers of 16 digits in a part
ALONE = 0.8  # of the time of a function: one answer that takes longer is none
CHUNK = 1 << 16  # bytes
POLL = 0.2  # seconds between two checks that a silent process still runs
GRACE = 1.0  # seconds for a process that has closed its pipe to exit by itself
KEEPER_SECONDS = 0.4  # for the keeper of a process to end what this has started


class Process:
    """FILE.py or package.module, and NAME if only one thing in it is meant, in its own process.

    Parameters
    ----------
    file, name : str
    timeout : float
        Seconds to wait for an answer; for all that is asked after `begin`.
    functions : dict of str to callable
        Functions of this process instead of a file. They are called in a fork of it and never
        pickled, so they may be local functions and lambdas.
    source : str
        What is executed for a file; a module is imported.
    sandbox : str
        What it runs in, see `choose_sandbox`; functions of this process in a fork of it.
    """

    def __init__(
        self,
        file: str,
        name: str,
        timeout: float,
        functions: dict[str, Any] | None = None,
        source: str = "",
        sandbox: str = "none",
    ) -> None:
        self.file, self.name, self.timeout, self.functions = file, name, timeout, functions
        self.source = "" if functions else source
        self.sandbox = "none" if functions else sandbox
        self.popen: Any = None
        self.folder = ""  # where it runs, if that was made for it
        self.stopped = False
        self.deadline = float("inf")

    def __enter__(self) -> Process:
        with STARTING:
            ALIVE.add(self)
            hide()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
        with STARTING:
            ALIVE.discard(self)
            hide()

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
        name, seconds = self.file and self.name, max(self.timeout, IMPORT_TIMEOUT)
        self.send(("load", self.file, self.source, name, self.own_folder, seconds), 1)
        return self.receive(deadline, seconds + STARTING_SECONDS, decode_definitions)

    def begin(self) -> None:
        """Begin with a function: all that is asked from now on shares `timeout` seconds."""
        self.deadline = float("inf")
        if self.popen is None:
            self.load_again(None)
        self.deadline = time.monotonic() + self.timeout

    def ask(
        self, requests: Sequence[dict[str, Any]], deadline: float | None = None
    ) -> Iterator[RawOutput]:
        """Yield the output of each call, see `invoke.call`; `close` if you do not take all.

        Raises
        ------
        SubjectTerminated
            If the process ends, or an output does not come before `deadline`, a moment of
            `time.monotonic()`; by default each may take nearly `timeout` seconds.
        OutOfTime
            If the time of the function is over.
        """
        self.prepare(deadline)
        self.send(("call", list(requests)), len(requests))
        for _ in requests:
            yield self.receive(deadline, ALONE * self.timeout, decode)

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
        self.prepare(deadline)
        self.send(("change", list(changes)), len(changes))
        for _ in changes:
            yield self.receive(deadline, ALONE * self.timeout, decode_changed)

    def prepare(self, deadline: float | None) -> None:
        """See that there is time, and a process."""
        if time.monotonic() > self.deadline:
            raise OutOfTime(self.timeout)
        if self.popen is None:
            self.load_again(deadline)

    def load_again(self, deadline: float | None) -> None:
        """Load after the process was ended by another function."""
        try:
            self.load(deadline)
        except ImportError:
            raise SubjectTerminated("crash", "it could be imported once, and not again") from None

    @property
    def own_folder(self) -> str:
        """The folder of the file; of a module, or of standard input, the working directory."""
        own = os.path.dirname(self.file) if self.source else ""
        return own or os.getcwd()

    def start(self) -> None:
        """Start a new process, and end the old one."""
        self.close()
        self.requests: queue.SimpleQueue[tuple[bytes, int] | None] = queue.SimpleQueue()
        self.chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.lines: list[bytes] = [b""]  # what came, the last first; the last may be incomplete
        with STARTING:
            if self.stopped:
                raise SubjectTerminated("crash", "the check was ended")
            self.popen = self.started()
        pipes = self.popen.stdin, self.popen.stdout, self.requests, self.chunks
        threading.Thread(target=serve_pipes, args=pipes, daemon=True).start()

    def started(self) -> Any:
        """A new process."""
        if self.functions is not None:
            return start_fork(self.functions)
        if self.sandbox == "bubblewrap":
            begin = functools.partial(bubblewrap.start, folder=self.own_folder)
            env = environment(bubblewrap.FOLDER)
            return start_worker(begin, self.sandbox, "", self.own_folder, env=env)
        self.folder = new_folder()
        root = os.path.abspath(os.sep)
        told = {"cwd": root, "env": environment(self.folder or root)}
        return start_worker(subprocess.Popen, "none", self.folder, self.own_folder, **told)

    def close(self) -> None:
        """End the process and all that it has started."""
        if self.popen is not None:
            self.kill()
            self.requests.put(None)
            self.popen = None
            end_strays()
        remove_folder(self.folder)
        self.folder = ""

    def terminate(self) -> None:
        """Tell the keeper of the process, or its sandbox, to end all that it has started."""
        popen = self.popen  # another thread may set it to None
        if popen is None:
            return
        if self.sandbox == "bubblewrap":  # ends when the first process in it, and so all, did
            kill_each(children_of(popen.pid))
        else:
            popen.terminate()

    def kill(self) -> None:
        """End the process and all in its session; its keeper ends those that have left this."""
        popen = self.popen
        if popen is None:
            return
        self.terminate()
        wait_for(popen, KEEPER_SECONDS)
        with contextlib.suppress(OSError, AttributeError):  # Windows has no process groups
            os.killpg(popen.pid, signal.SIGKILL)
        popen.kill()
        wait_for(popen, KEEPER_SECONDS)

    def send(self, request: Any, count: int) -> None:
        """Send a request with `count` answers."""
        self.requests.put((pickle.dumps(request), count))

    def receive(self, deadline: float | None, timeout: float, decoder: Callable[[Any], Any]) -> Any:
        """Decode the next answer, due at `deadline` or else after `timeout`, or end the process."""
        begin = time.monotonic()
        until = begin + timeout if deadline is None else deadline
        try:
            line = self.next_line(min(until, self.deadline))
            if line is None:
                waited = max(0.0, min(until, self.deadline) - begin)
                if self.deadline < until and waited < self.timeout / 2:
                    raise OutOfTime(self.timeout)
                raise SubjectTerminated("timeout", f"no answer within {waited:.3g} seconds")
            if not line:
                raise SubjectTerminated("crash", self.describe_end())
            return decoder(parse_line(line))
        except SubjectTerminated:
            self.close()
            raise

    def next_line(self, deadline: float) -> bytes | None:
        """Wait for a line: not complete if the process ended, None if none came in time."""
        while len(self.lines) == 1 and len(self.lines[0]) < MAX_LINE:
            remaining = max(0.0, deadline - time.monotonic())
            try:
                chunk = self.chunks.get(timeout=min(remaining, POLL))
            except queue.Empty:
                if self.popen.poll() is not None:  # a child of it may hold the pipe open
                    return b""
                if not remaining:
                    return None
                continue
            if not chunk:
                return b""
            self.lines = (self.lines[0] + chunk).split(b"\n")[::-1]
        return self.lines.pop()

    def describe_end(self) -> str:
        """How the process ended, or that it closed its pipe and still runs."""
        try:
            code = self.popen.wait(GRACE)
            killed = self.sandbox == "bubblewrap" and 128 < code < 128 + 65
            return describe_exit(128 - code if killed else code)
        except subprocess.TimeoutExpired:
            return "it closed the pipe of its answers"


def serve_pipes(stdin: Any, stdout: Any, requests: Any, chunks: Any) -> None:
    """Send each request and read its answers; in a thread of its own, since pipes may block."""
    with contextlib.suppress(OSError), stdin, stdout:
        for request, count in iter(requests.get, None):
            stdin.write(request)
            stdin.flush()
            while count > 0:
                chunk = os.read(stdout.fileno(), CHUNK)
                chunks.put(chunk)
                if not chunk:  # the process closed its pipe
                    return
                count -= chunk.count(b"\n")
    chunks.put(b"")


def start_worker(begin: Any, *told: str, **options: Any) -> Any:
    """Start the worker with pipes for its input and output, in a session of its own."""
    return begin(
        [sys.executable, "-c", BOOT, os.path.dirname(worker.__file__), str(os.getpid()), *told],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )


def environment(folder: str) -> dict[str, str]:
    """What the code under test sees of the environment: no tokens; its folder for all it writes."""
    found = {name: os.environ[name] for name in KEPT if name in os.environ}
    found |= dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), folder)
    if python_path():
        found["PYTHONPATH"] = python_path()
    if site.ENABLE_USER_SITE:
        found["PYTHONUSERBASE"] = site.getuserbase()
    return found | ALWAYS


def new_folder() -> str:
    """The path of a temporary folder that is to be made; "" where there is no place for it."""
    try:
        return os.path.join(tempfile.gettempdir(), f"linreg_np-{secrets.token_hex(8)}")
    except OSError:
        return ""


def start_fork(functions: dict[str, Any]) -> Any:
    """The same, but in a fork of this process: `preexec_fn` never gives way to the program."""
    if not hasattr(os, "fork"):
        raise NotImplementedError(
            "checking a function object needs a system that can fork, got Windows; "
            "write the function into a file and check that"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        serve = functools.partial(worker.serve_fork, functions)
        return start_worker(subprocess.Popen, preexec_fn=serve)


def wait_for(popen: Any, seconds: float) -> None:
    """Wait for the end of a process, but never without a limit: a signal's handler may be waiting.

    Without one Popen.wait takes a lock, which the code that was interrupted may hold.
    """
    with contextlib.suppress(subprocess.TimeoutExpired):
        popen.wait(seconds)


def kill_all() -> None:
    """End every process for good, with all that it has started and written."""
    with STARTING:
        for process in ALIVE:
            process.stopped = True
    for process in list(ALIVE):
        process.terminate()  # so that they end side by side
    for process in list(ALIVE):
        process.kill()
        remove_folder(process.folder)
    end_strays()


def hide() -> None:
    """Let no process of this user read or trace this one, while code under test is running."""
    if ALIVE and prctl(GET_DUMPABLE) == 1:
        prctl(DUMPABLE, 0)
        OWNED["hidden"] = True
    elif not ALIVE and OWNED.pop("hidden", False):
        prctl(DUMPABLE, 1)


def own_children() -> None:
    """Receive every process whose parents have ended, so that it can be ended, too."""
    OWNED["children"] = prctl(CHILD_SUBREAPER, 1) == 0


def end_strays() -> None:
    """End the children of this process that it has not started: those of a keeper that is dead."""
    if not OWNED["children"]:
        return
    with STARTING:
        known = {p.popen.pid for p in ALIVE if p.popen is not None}
        while strays := set(children_of(os.getpid())) - known:
            kill_each(strays)
            for pid in strays:
                with contextlib.suppress(OSError):
                    os.waitpid(pid, 0)


def kill_each(pids: Iterable[int]) -> None:
    """Kill processes, those that have ended apart."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
