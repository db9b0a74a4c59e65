"""Several files at a time, in a few processes that judge one file after the other.

They are processes and no threads, since Python runs one thread at a time. One that ends or hangs
loses no report: its file is given to a new one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from reference.checker.check import check, failure
from reference.checker.command.terminal import Progress
from reference.checker.report import Report
from reference.checker.sandbox.judge import end_self, protect_helper
from reference.checker.sandbox.messages import describe_exit
from reference.checker.sandbox.process import (
    ALIVE,
    IMPORT_TIMEOUT,
    KEEPER_SECONDS,
    STARTING,
    end_strays,
    hide,
    kill_all,
    wait_for,
)
from reference.checker.sandbox.worker import incoming, read_ahead
from reference.checker.targets import Target

BOOT = """\
import sys
file, *sys.path[:] = sys.argv[1:]
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("reference", file)
sys.modules["reference"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["reference"])
from reference.checker.command.parallel import serve
serve()
"""  # imports this package from where it is, and nothing from the working directory
PACKAGE = str(Path(__file__).parents[2] / "__init__.py")
TRIES = 2  # for each file
SILENT = 60.0  # seconds beyond those of a function: a judging process without a sign hangs
END_SECONDS = 2 * KEEPER_SECONDS  # for a judging process to end what it has started


def check_one(target: Target, options: dict[str, Any], progress: Callable[[str], None]) -> Report:
    """A report, also where there is nothing to report on."""
    try:
        if target.trouble:
            return Report(target.name, (), target.trouble)
        report = check(target.name, **options, progress=progress)
        return replace(report, left_out=(*target.left_out, *report.left_out))
    except ValueError as error:  # an option out of its range
        return Report(target.name, (), str(error))
    except Exception as error:
        return Report(target.name, (), failure(error))


def check_several(
    targets: Sequence[Target], options: dict[str, Any], jobs: int, progress: Progress
) -> list[Report]:
    """The report on each target, `jobs` at a time."""
    idle: queue.SimpleQueue[Judge] = queue.SimpleQueue()
    for _ in range(min(jobs, len(targets))):
        idle.put(Judge(options))
    with ThreadPoolExecutor(jobs) as pool:
        reports = [pool.submit(check_by_any, idle, t, progress) for t in targets]
        try:
            return [report.result() for report in reports]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            kill_all()
            raise
        finally:
            while not idle.empty():
                idle.get().close()


def check_by_any(idle: queue.SimpleQueue[Judge], target: Target, progress: Progress) -> Report:
    """The report of the first judge that is idle."""
    judge = idle.get()
    try:
        return judge.check(target, progress.of(target.name))
    finally:
        progress.done += 1
        idle.put(judge)


class Judge:
    """A process that judges one file after the other, with the same options.

    `kill_all` ends it with all others.
    """

    folder = ""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.popen: Any = None
        self.stopped = False
        self.patience = max(options["timeout"], IMPORT_TIMEOUT) + options["timeout"] + SILENT

    def start(self) -> None:
        """Start the process."""
        with STARTING:
            if self.stopped:
                raise EOFError
            ALIVE.add(self)
            hide()
            command = [sys.executable, "-c", BOOT, PACKAGE, *filter(None, sys.path)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self.popen = subprocess.Popen(command, **pipes)
        self.send(self.options)

    def send(self, request: Any) -> None:
        """Send what `serve` receives."""
        self.popen.stdin.write(pickle.dumps(request))
        self.popen.stdin.flush()

    def check(self, target: Target, progress: Callable[[str], None]) -> Report:
        """The report on a target; where none comes, why, after another try."""
        for _ in range(TRIES):
            try:
                return self.ask(target, progress)
            except Exception:  # it ended, or has sent what is no value
                why = self.describe_end()
                self.close()
        return Report(target.name, (), f"the process that judges it ended, twice: {why}")

    def ask(self, target: Target, progress: Callable[[str], None]) -> Report:
        """The report on a target, after the name of each function in it."""
        if self.popen is None:
            self.start()
        self.send(target)
        while isinstance(message := self.receive(), str):
            progress(message)
        return message

    def receive(self) -> Any:
        """The next message; a process that sends none for long is killed."""
        timer = threading.Timer(self.patience, self.popen.kill)
        timer.start()
        try:
            return pickle.load(self.popen.stdout)
        finally:
            timer.cancel()

    def describe_end(self) -> str:
        """How the process ended."""
        try:
            return describe_exit(self.popen.wait(END_SECONDS))
        except (AttributeError, subprocess.TimeoutExpired):
            return "strange answer"

    def terminate(self) -> None:
        """Tell the process to end, with all that it has started and written."""
        popen = self.popen  # another thread may set it to None
        if popen is not None:
            popen.terminate()

    def kill(self) -> None:
        """End the process."""
        popen = self.popen
        if popen is not None:
            self.terminate()
            wait_for(popen, END_SECONDS)
            popen.kill()
            wait_for(popen, KEEPER_SECONDS)

    def close(self) -> None:
        """The same, and what was left behind by a process that could not do so."""
        if self.popen is None:
            return
        killed = self.popen.poll() is not None
        self.kill()
        for pipe in (self.popen.stdin, self.popen.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        time.sleep(KEEPER_SECONDS * killed)  # for the keepers that it has left
        with STARTING:
            ALIVE.discard(self)
            hide()
        end_strays()
        self.popen = None


def serve() -> None:
    """Judge what comes on standard input, in a process that does nothing else.

    It sends the name of each function before that is judged, so that it is not taken to hang.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(2):
        os.dup2(null, stream)
    protect_helper()
    received = read_ahead(incoming(requests), end_self)
    options = next(received)
    send = functools.partial(send_value, answers)
    for target in received:
        report = check_one(target, options, send)
        checks = tuple(replace(c, choice=None) for c in report.checks)  # which no report shows
        send(replace(report, checks=checks))


def send_value(answers: Any, value: Any) -> None:
    """Send a value that is no program."""
    answers.write(pickle.dumps(value))
    answers.flush()
