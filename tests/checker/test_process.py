"""The judge's end of the pipe: a process that starts, answers, is late, lies, or dies."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from reference.checker.sandbox import process
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.sandbox.process import ALIVE, Fork, Process, kill_all

FILE = """
import os, sys, time

def echo(a): return a
def environment(a): return float(os.environ["MPLBACKEND"] == "Agg"), float(os.getsid(0) == os.getpid())
def dies(a): os._exit(7)
def sleeps(a): time.sleep(60)
def writes(a):  # not into all descriptors: in a fork they are those of the tests, too
    frame = sys._getframe()
    while "answers" not in frame.f_locals: frame = frame.f_back
    os.write(frame.f_locals["answers"].fileno(), WORDS)
    time.sleep(60)
WORDS = b"3\\n"
"""


@pytest.fixture(params=["file", "fork"])
def subject(request, tmp_path):
    """The same functions, in a file and in this process."""
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    functions = {}
    exec(FILE, functions)
    found = {n: f for n, f in functions.items() if callable(f) and n != "__builtins__"}
    given = (str(file), "", 5.0) if request.param == "file" else ("", "", 5.0, found)
    with Process(*given) as opened:
        yield opened
    assert opened not in ALIVE
    assert opened.handle is None


def echoed(subject, *numbers):
    """What comes back of numbers."""
    calls = [((n,), {}) for n in numbers]
    return [float(a.parts[0].values[0]) for a in subject.ask("echo", calls)]


def test_a_fork_is_another_process():
    """The one that it is a copy of goes on: the first test, or else pytest itself may end well."""
    program = "from reference.checker.sandbox.process import Process\nwith Process('', '', 5.0, {'f': len}) as p:\n"
    program += "    print(len(p.load()))\nprint('went on')\n"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "1\nwent on\n", "")


def test_it_is_loaded_and_answers_in_order(subject):
    """All that is in it; an answer for each call; as often as it is asked."""
    names = [f["name"] for f in subject.load()]
    assert names == ["echo", "environment", "dies", "sleeps", "writes"]
    assert subject in ALIVE
    assert echoed(subject, 1.0, 2.0, 3.0) == [1, 2, 3]
    assert echoed(subject, *range(200)) == list(range(200))
    assert echoed(subject) == []


def test_it_is_loaded_when_it_is_first_asked(subject):
    """And anew, where it was closed."""
    assert echoed(subject, 1.0) == [1]
    first = subject.handle.pid
    subject.close()
    assert subject.handle is None
    assert echoed(subject, 2.0) == [2]
    assert subject.handle.pid != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    subject.load()
    assert len(ALIVE) == 1


def test_it_has_a_session_of_its_own_and_no_windows(tmp_path):
    """So that it can be killed with all that it started, and draws nowhere."""
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    with Process(str(file), "", 5.0) as subject:
        (answer,) = subject.ask("environment", [((1.0,), {})])
        assert [p.values.tolist() for p in answer.parts] == [[1], [1]]


@pytest.mark.parametrize(
    ("name", "fault", "detail"),
    [
        ("dies", "crash", "it ended its own process, with exit code 7"),
        ("sleeps", "timeout", "no answer within 0.3 seconds"),
        ("writes", "crash", "it wrote into the pipe of its answers"),
    ],
)
def test_who_gives_no_answer_is_ended(subject, name, fault, detail):
    """With the fault and how; and can be asked anew."""
    subject.load()
    pid = subject.handle.pid
    subject.timeout = 0.3 if name == "sleeps" else 5.0
    with pytest.raises(SubjectTerminated) as ended:
        list(subject.ask(name, [((1.0,), {})]))
    assert (ended.value.fault, str(ended.value)) == (fault, detail)
    assert subject.handle is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    subject.timeout = 5.0
    assert echoed(subject, 4.0) == [4]


@pytest.mark.parametrize("words", [b"[1]\n", b"{\n", b"[" * 100_000 + b"\n", b"\xff\n"])
def test_only_an_object_is_an_answer(tmp_path, words):
    """No list, no half of one, no nesting without end, no other bytes."""
    file = tmp_path / "mine.py"
    file.write_text(FILE.replace('b"3\\n"', repr(words)))
    with (
        Process(str(file), "", 5.0) as subject,
        pytest.raises(SubjectTerminated, match="wrote into the pipe"),
    ):
        list(subject.ask("writes", [((1.0,), {})]))


def test_a_line_without_an_end_is_cut(tmp_path, monkeypatch):
    """At `LONGEST_LINE` bytes: then it is no answer."""
    assert 25 * process.worker.LARGEST < process.LONGEST_LINE
    monkeypatch.setattr(process, "LONGEST_LINE", 10)
    file = tmp_path / "mine.py"
    file.write_text(FILE.replace('b"3\\n"', repr(b'{"a":' + b" " * 50)))
    with Process(str(file), "", 5.0) as subject:
        subject.start()
        with pytest.raises(SubjectTerminated, match="wrote into the pipe"):
            subject.load()


def test_an_import_that_raises_is_told_in_four_fields(tmp_path):
    """Type, message, line and its number; and once imported, not to be imported again is a crash."""
    file = tmp_path / "mine.py"
    file.write_text("x = 1\nraise KeyError('w')\n")
    with Process(str(file), "", 5.0) as subject:
        with pytest.raises(ImportError) as error:
            subject.load()
        line = {"line": "raise KeyError('w')", "lineno": 2}
        assert error.value.args == ({"type": "KeyError", "message": "'w'", **line},)
        subject.close()
        with pytest.raises(SubjectTerminated) as ended:
            list(subject.ask("f", []))
        assert ended.value.fault == "crash"
        assert str(ended.value) == "it could be imported once, and not again"


def test_a_slow_import_has_time(tmp_path, monkeypatch):
    """At least `IMPORT_TIMEOUT`, and at least as long as an answer."""
    file = tmp_path / "mine.py"
    file.write_text("import time\ntime.sleep(0.8)\ndef echo(a): return a\n")
    with Process(str(file), "", 0.05) as subject:
        assert [f["name"] for f in subject.load()] == ["echo"]
    monkeypatch.setattr(process, "IMPORT_TIMEOUT", 0.05)
    with Process(str(file), "", 5.0) as subject:
        assert [f["name"] for f in subject.load()] == ["echo"]
    with Process(str(file), "", 0.05) as subject, pytest.raises(SubjectTerminated) as ended:
        subject.load()
    assert str(ended.value) == "no answer within 0.05 seconds"


def test_a_subject_is_silent_from_the_start(tmp_path, monkeypatch, capfd):
    """Even what its Python says before a line of ours is run is not told."""
    monkeypatch.setenv("PYTHONWARNINGS", "nonsense")  # of which every Python complains
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    with Process(str(file), "", 5.0) as subject:
        assert echoed(subject, 1.0) == [1]
    assert capfd.readouterr() == ("", "")


def test_a_closed_subject_leaves_no_thread(subject):
    """However many of its answers nobody took, or are still in the pipe."""
    next(subject.ask("echo", [((float(i),), {}) for i in range(300)]))
    while not subject.lines.full():
        time.sleep(0.01)
    subject.close()
    assert not subject.reader.is_alive()


def test_who_hid_and_holds_the_pipe_is_waited_for_a_second(subject, monkeypatch):
    """Then the reader, which cannot come to an end, is left alone."""
    subject.load()
    waited = []
    monkeypatch.setattr(subject.reader, "join", waited.append)
    monkeypatch.setattr(subject.reader, "is_alive", lambda: True)
    subject.close()
    assert round(sum(waited)) == 1


def test_no_thread_keeps_the_program_from_its_end(subject, monkeypatch):
    """Neither who reads from a subject nor who writes to one that does not read; all end with it."""
    died = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    before = set(threading.enumerate())
    subject.load()
    os.kill(subject.handle.pid, signal.SIGSTOP)
    subject.timeout = 0.01
    started, close = set(), subject.close

    def closes():
        started.update(set(threading.enumerate()) - before)
        close()

    monkeypatch.setattr(subject, "close", closes)
    with pytest.raises(SubjectTerminated, match="no answer"):
        list(subject.ask("echo", [((np.zeros(1 << 20),), {})]))
    assert subject.reader in started
    assert len(started) == 2
    assert all(t.daemon for t in started)
    for thread in started:
        thread.join()
    assert died == []


def test_a_request_to_nobody_is_no_error(subject):
    """Neither to a subject that died, nor when its pipe is closed, nor after that."""
    subject.load()
    os.kill(subject.handle.pid, signal.SIGKILL)
    subject.reader.join()
    subject._send(b"to one that died")
    subject.close()
    subject._send(b"to a closed pipe")


def test_a_pipe_that_breaks_is_at_its_end():
    """Whoever waits for a line gets the empty one."""
    reader, writer = os.pipe()
    lines = queue.Queue()
    with os.fdopen(reader, "rb"):
        Process._read(os.fdopen(writer, "rb"), lines)  # the end that cannot be read
    assert not lines.get_nowait()


def test_where_there_are_no_groups_the_process_is_killed(subject, monkeypatch):
    """As on Windows."""
    subject.load()
    pid = subject.handle.pid
    monkeypatch.delattr(os, "killpg")
    subject.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_who_is_gone_is_not_killed():
    """Be it that another thread has waited for it just now."""
    with Process("", "", 5.0, {"echo": len}) as subject:
        subject.load()
        os.kill(subject.handle.pid, signal.SIGKILL)
        status = os.waitpid(subject.handle.pid, 0)[1]
        subject.kill()
        subject.handle.code = os.waitstatus_to_exitcode(status)


def test_one_name_alone_can_be_meant(tmp_path):
    """Of a file; a fork has no file to have names in."""
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    with Process(str(file), "dies", 5.0) as subject:
        assert [f["name"] for f in subject.load()] == ["dies"]
    with Process("", "echo", 5.0, {"echo": len}) as subject:
        assert [f["name"] for f in subject.load()] == ["echo"]


def test_everybody_can_be_killed_at_once(subject):
    """Whoever waits is told of a crash."""
    subject.load()
    threading.Timer(0.2, kill_all).start()
    with pytest.raises(SubjectTerminated) as ended:
        list(subject.ask("sleeps", [((1.0,), {})]))
    assert ended.value.fault == "crash"
    assert str(ended.value) == "killed by SIGKILL"


def test_what_it_started_is_killed_with_it(tmp_path):
    """All of its session."""
    file = tmp_path / "mine.py"
    file.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "def pid(): return float(child.pid)\n"
    )
    with Process(str(file), "", 5.0) as subject:
        (answer,) = subject.ask("pid", [((), {})])
        child = int(answer.parts[0].values[0])
        os.kill(child, 0)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and os.path.exists(f"/proc/{child}"):
        with open(f"/proc/{child}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                break
        time.sleep(0.01)
    assert time.monotonic() < deadline


def test_tensors_are_asked_for(tmp_path):
    """Where the plan says so."""
    import torch  # noqa: F401

    def kind(a):
        return float(type(a).__name__ == "Tensor")

    with Process("", "", 5.0, {"kind": kind}) as subject:
        calls = [((np.ones(2),), {})]
        assert [a.parts[0].values[0] for a in subject.ask("kind", calls, True)] == [1]
        assert [a.parts[0].values[0] for a in subject.ask("kind", calls)] == [0]


def test_a_fork_draws_what_chance_will(monkeypatch):
    """Whatever was trained before in the process that it is a copy of."""
    monkeypatch.setattr(process.worker.unseeded, "seed", 0, raising=False)

    def draw():
        return np.random.default_rng().random()

    with Process("", "", 5.0, {"draw": draw}) as subject:
        (answer,) = subject.ask("draw", [((), {})])
    assert answer.parts[0].values[0] != np.random.default_rng(0).random()


def test_that_a_fork_stands_beside_threads_is_not_told(monkeypatch):
    """Python deprecates it since 3.12; any other warning is told."""
    fork = os.fork

    def warns():
        warnings.warn("threads", DeprecationWarning, stacklevel=2)
        warnings.warn("something else", UserWarning, stacklevel=2)
        return fork()

    monkeypatch.setattr(os, "fork", warns)
    with pytest.warns() as told, Process("", "", 5.0, {"f": len}) as subject:
        subject.load()
    assert [str(w.message) for w in told] == ["something else"]


def test_a_fork_is_what_a_process_is():
    """Killed once and waited for twice; killed again it stays dead."""
    fork = Fork({})
    fork.kill()
    assert fork.wait() == -signal.SIGKILL
    fork.kill()
    assert fork.wait() == -signal.SIGKILL
    fork.stdin.close()
    fork.stdout.close()
    fork = Fork({})
    fork.stdin.close()
    assert fork.stdout.read() == b""
    assert fork.wait() == 0
    fork.stdout.close()


def test_a_subject_has_four_gibibytes_and_leaves_no_core():
    """More is a MemoryError, not the whole machine; a crash leaves no file behind."""

    def limits():
        import resource

        kinds = resource.RLIMIT_DATA, resource.RLIMIT_CORE
        return tuple(float(limit) for kind in kinds for limit in resource.getrlimit(kind))

    with Process("", "", 5.0, {"limits": limits}) as subject:
        (answer,) = subject.ask("limits", [((), {})])
    assert [p.values[0] for p in answer.parts] == [4 * 1024**3, 4 * 1024**3, 0, 0]
