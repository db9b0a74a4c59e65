"""A process that answers, is silent, exits, writes half a message, or hides a child."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from reference.checker.sandbox import invoke, process
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.sandbox.process import ALIVE, Process, kill_all

pytestmark = pytest.mark.sample(2)  # the others where all tests run
LONG = 60.0  # seconds that no test waits for
FILE = """
import gc, os, signal, subprocess, sys, time

def echo(a): return a
def environment(a): return os.getsid(0) == os.getppid(), gc.isenabled()
def sleeps_on_2(a):
    if a == 2: time.sleep(600)
    return a

def pipes():
    frame = sys._getframe()
    while "answers" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["requests"], frame.f_locals["answers"]
def write(data): os.write(pipes()[1].fileno(), data)

def own_pid(a): return os.getpid()
def exits(a): os._exit(7)
def kills_itself(a): os.kill(os.getpid(), signal.SIGKILL)
def sleeps(a): time.sleep(600)
def writes_a_number(a): write(b"3\\n"); time.sleep(600)
def writes_a_list(a): write(b"[1]\\n"); time.sleep(600)
def writes_another_object(a): write(b'{"a": 1}\\n'); time.sleep(600)
def writes_no_utf8(a): write(b"\\xff\\n"); time.sleep(600)
def nests_without_end(a): write(b"[" * 50_000 + b"\\n"); time.sleep(600)
def never_ends_its_line(a):
    while True: write(b" " * 50_000)
def writes_half_and_sleeps(a): write(b'{"par'); time.sleep(600)
def writes_half_and_exits(a): write(b'{"par'); os._exit(7)
def closes_its_pipe(a): [pipe.close() for pipe in pipes()]; time.sleep(600)
def hide(a):
    ready, hidden = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        os.write(hidden, b"x")
        time.sleep(45)  # longer than a test may take
        os._exit(0)
    os.read(ready, 1)
    return child
def hides_a_child_and_exits(a): hide(a); os._exit(7)
def child(a):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid
"""


@pytest.fixture(params=["file", "fork"])
def code(request, tmp_path):
    """The same functions, in a file and in this process."""
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    functions = {}
    exec(FILE, functions)
    found = {n: f for n, f in functions.items() if callable(f) and n != "__builtins__"}
    given = (str(file), "", LONG, None, FILE) if request.param == "file" else ("", "", LONG, found)
    with Process(*given) as opened:
        yield opened
    assert opened not in ALIVE
    assert opened.popen is None


def request(name, *args):
    """A call with these arguments."""
    return {"target": name, "args": list(args)}


def ask(code, name, *numbers, **options):
    """The numbers that come back for numbers."""
    answers = code.ask([request(name, n) for n in numbers], **options)
    return [float(part.values[0]) for a in answers for part in a.parts]


def names_of(code):
    """What is defined there."""
    return [f["name"] for f in code.load()["found"]]


def opened(file, source, name="", timeout=LONG):
    """A process for a file with that source."""
    file.write_text(source)
    return Process(str(file), name, timeout, source=source)


def wait_until(condition):
    """Fail if it does not hold within a minute."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid):
    """Whether there is no such process, or it is dead and nobody has asked for its exit code."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip()[:1] in ("", "Z")


def test_it_is_loaded_and_answers_in_order(code):
    """All that is in it; an answer for each call; as often as it is asked."""
    assert names_of(code)[:2] == ["echo", "environment"]
    assert code in ALIVE
    assert ask(code, "echo", *range(300)) == list(range(300))
    assert ask(code, "echo") == []
    assert ask(code, "environment", 1) == [1, 1]


def test_it_is_loaded_when_it_is_first_asked_and_after_it_was_closed(code):
    """The process of before is gone by then."""
    assert ask(code, "echo", 1) == [1]
    first = code.popen.pid
    code.close()
    assert code.popen is None
    assert ask(code, "echo", 2) == [2]
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


ENDS = {
    "exits": ("crash", "exit code 7"),
    "kills_itself": ("crash", "killed by SIGKILL"),
    "sleeps": ("timeout", "no answer within 0.4 seconds"),
    "writes_a_number": ("crash", "wrote into the pipe"),
    "writes_a_list": ("crash", "wrote into the pipe"),
    "writes_another_object": ("crash", "wrote into the pipe"),
    "writes_no_utf8": ("crash", "wrote into the pipe"),
    "nests_without_end": ("crash", "wrote into the pipe"),
    "never_ends_its_line": ("crash", "wrote into the pipe"),
    "writes_half_and_sleeps": ("timeout", "no answer"),
    "writes_half_and_exits": ("crash", "exit code 7"),
    "closes_its_pipe": ("crash", "closed the pipe"),
    "hides_a_child_and_exits": ("crash", "exit code 7"),
}


@pytest.mark.sample(5)
@pytest.mark.parametrize("name", ENDS)
def test_a_process_that_gives_no_answer_is_ended(code, name):
    """With the fault and the reason, long before the time limit; and it can be asked anew."""
    code.load()
    pid, (fault, detail) = code.popen.pid, ENDS[name]
    code.timeout, begin = 0.5 if fault == "timeout" else LONG, time.monotonic()
    with pytest.raises(SubjectTerminated, match=detail) as ended:
        ask(code, name, 1)
    assert time.monotonic() - begin < LONG / 2
    assert ended.value.fault == fault
    assert code.popen is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    code.timeout = LONG
    assert ask(code, "echo", 4) == [4]


def test_one_deadline_holds_for_all_answers(code):
    """Those that come before it are given; then it is a timeout, whatever `timeout` is."""
    code.load()
    requests = [request("sleeps_on_2", n) for n in range(4)]
    answers = code.ask(requests, deadline=time.monotonic() + 1)
    assert [next(answers).parts[0].values[0] for _ in range(2)] == [0, 1]
    with pytest.raises(SubjectTerminated, match="no answer within") as ended:
        next(answers)
    assert ended.value.fault == "timeout"
    with pytest.raises(SubjectTerminated, match="no answer within 0 seconds"):
        ask(code, "echo", 1, deadline=time.monotonic() - 1)


def test_a_long_answer_is_no_garbage():
    """The longest that the worker gives has its place in a line, and comes whole."""
    a = np.random.default_rng(0).normal(size=invoke.MAX_NUMBERS) * 1e-300
    assert 25 * invoke.MAX_NUMBERS < process.MAX_LINE
    with Process("", "", LONG, {"f": lambda: a}) as code:
        (answer,) = code.ask([request("f")])
    assert np.array_equal(answer.parts[0].values, a)


def test_a_module_that_raises_is_described(tmp_path, monkeypatch):
    """Type, message, line and its number; where it worked before, it is a crash."""
    file = tmp_path / "mine_raises.py"
    file.write_text("def f(): return 1\n")
    monkeypatch.chdir(tmp_path)
    with Process("mine_raises", "", LONG) as code:
        code.load()
        code.close()
        file.write_text("x = 123456\nraise KeyError('w')\n")
        with pytest.raises(SubjectTerminated, match="imported once, and not again") as ended:
            list(code.ask([]))
        assert ended.value.fault == "crash"
        with pytest.raises(ImportError) as error:
            code.load()
    assert error.value.args[0].items() >= {"type": "KeyError", "message": "'w'"}.items()


@pytest.mark.parametrize(("timeout", "import_timeout"), [(0.01, LONG), (LONG, 0.01)])
def test_a_slow_import_has_time(tmp_path, monkeypatch, timeout, import_timeout):
    """At least `IMPORT_TIMEOUT`, and at least as long as an answer."""
    monkeypatch.setattr(process, "IMPORT_TIMEOUT", import_timeout)
    source = "import time\nclass A: time.sleep(0.5)\ndef echo(a): return a\n"
    with opened(tmp_path / "mine.py", source, timeout=timeout) as code:
        assert names_of(code) == ["A", "echo"]


def test_an_import_that_never_ends_is_a_timeout(tmp_path, monkeypatch):
    """After both limits, or at the deadline of the question that it is loaded for."""
    monkeypatch.setattr(process, "IMPORT_TIMEOUT", 0.2)
    monkeypatch.setattr(process, "STARTING_SECONDS", 0)
    source = "class A:\n    while True: pass"
    with opened(tmp_path / "mine.py", source, timeout=0.1) as code:
        with pytest.raises(SubjectTerminated, match=r"within 0\.2 seconds") as ended:
            code.load()
        assert ended.value.fault == "timeout"
        code.timeout = LONG
        with pytest.raises(SubjectTerminated, match="no answer"):
            ask(code, "f", 1, deadline=time.monotonic() + 0.1)


def test_a_file_opens_no_windows_starts_no_threads_and_prints_nothing(tmp_path, monkeypatch, capfd):
    """Not even what its Python says before a line of ours is run."""
    monkeypatch.setenv("PYTHONWARNINGS", "nonsense")  # of which every Python complains
    source = "import os\ndef f(name): return os.environ.get(name) == "
    with opened(tmp_path / "mine.py", source + "('Agg' if 'MPL' in name else '1')") as code:
        names = ("MPLBACKEND", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
        answers = list(code.ask([request("f", name) for name in names]))
    assert [a.parts[0].values for a in answers] == [[1]] * 3
    assert capfd.readouterr() == ("", "")


def test_a_process_is_ended_by_whoever_interrupts_its_end(code):
    """A signal's handler runs while the code that it interrupts holds the lock of Popen.wait."""
    assert ask(code, "echo", 1)
    popen = code.popen
    with popen._waitpid_lock:
        ender = threading.Thread(target=code.kill, daemon=True)
        ender.start()
        ender.join(LONG)
        assert not ender.is_alive()
    assert popen.wait(LONG) != 0


def test_a_closed_process_leaves_no_thread(code):
    """However many of its answers nobody took."""
    before = set(threading.enumerate())
    next(code.ask([request("echo", float(i)) for i in range(300)]))
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    code.close()
    wait_until(lambda: not thread.is_alive())


def test_a_process_that_nobody_asks_any_more_exits(code):
    """As when the program that started it has ended."""
    code.load()
    code.requests.put(None)
    assert code.popen.wait(LONG) == 0


def test_a_process_that_does_not_read_holds_nobody_up(code):
    """A request that is larger than its pipe."""
    (worker,) = ask(code, "own_pid", 1)
    os.kill(int(worker), signal.SIGSTOP)
    code.timeout = 0.2
    with pytest.raises(SubjectTerminated, match="no answer"):
        ask(code, "echo", np.zeros(1 << 20))


def test_a_hidden_child_is_ended_with_it(code):
    """It has left the session, and has the pipe open still."""
    (child,) = ask(code, "hide", 1)
    assert not is_gone(int(child))
    code.close()
    wait_until(lambda: is_gone(int(child)))
    assert ask(code, "echo", 2) == [2]


def test_a_child_of_its_session_is_killed_with_it(code):
    """Though nobody waits for the child."""
    (child,) = ask(code, "child", 1)
    assert not is_gone(int(child))
    code.close()
    wait_until(lambda: is_gone(int(child)))


def test_without_process_groups_the_process_is_killed(code, monkeypatch):
    """As on Windows."""
    code.load()
    pid = code.popen.pid
    monkeypatch.delattr(os, "killpg")
    code.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_name_alone_can_be_meant(tmp_path):
    """Of a file; functions are given by name."""
    with opened(tmp_path / "mine.py", FILE, "exits") as code:
        assert names_of(code) == ["exits"]
    with Process("", "echo", LONG, {"echo": len}) as code:
        assert names_of(code) == ["echo"]


def test_all_can_be_killed_for_good(code):
    """Whoever waits gets a crash; so does whoever asks again, and who was not yet started."""
    code.load()
    with Process("", "", LONG, {"f": len}) as other:
        kill_all()
        with pytest.raises(SubjectTerminated, match="the check was ended"):
            other.load()
    code.stopped = False
    code.load()
    threading.Timer(0.2, kill_all).start()
    for name in ("sleeps", "echo"):
        with pytest.raises(SubjectTerminated, match=r"SIGKILL|the check was ended") as ended:
            ask(code, name, 1)
        assert ended.value.fault == "crash"


def test_the_process_that_was_forked_goes_on():
    """Not in this process: a fork that goes on would end pytest, and end well."""
    program = (
        "from reference.checker.sandbox.process import Process\n"
        "with Process('', '', 60.0, {'f': len}) as p: print(len(p.load()['found']))\n"
        "print('went on')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "1\nwent on\n", "")


def test_a_fork_has_nothing_open_and_random_numbers_of_its_own(monkeypatch):
    """The files that are open here are closed there; a seed of a training here is not used there."""
    monkeypatch.setattr(invoke.unseeded, "seed", 0)

    def draw():
        return np.random.default_rng().random()

    with open(__file__) as file:
        functions = {"draw": draw, "read": lambda: os.fstat(file.fileno()).st_size}
        with Process("", "", LONG, functions) as code:
            drawn, read = code.ask([request("draw"), request("read")])
        assert read.raised["type"] == "OSError"
        assert file.read()
    assert drawn.parts[0].values[0] != np.random.default_rng(0).random()


def test_no_warning_of_a_fork_beside_threads(monkeypatch):
    """Python deprecates it since 3.12; other warnings are shown."""
    start = process.start_worker

    def warns(*arguments, **options):
        warnings.warn("threads", DeprecationWarning, stacklevel=2)
        warnings.warn("something else", UserWarning, stacklevel=2)
        return start(*arguments, **options)

    monkeypatch.setattr(process, "start_worker", warns)
    with pytest.warns() as shown, Process("", "", LONG, {"f": len}) as code:
        code.load()
    assert [str(w.message) for w in shown] == ["something else"]


def test_where_python_cannot_fork_a_function_needs_a_file(monkeypatch):
    """As on Windows: the message says so."""
    monkeypatch.delattr(os, "fork")
    with (
        Process("", "", LONG, {"f": len}) as code,
        pytest.raises(NotImplementedError, match=re.compile("fork.*into a file")),
    ):
        code.load()


def test_memory_is_limited_and_no_core_is_left():
    """More than four gibibytes is a MemoryError, not the whole machine."""
    import resource

    functions = {
        "large": lambda: np.empty(5 << 30, np.uint8).size,
        "core": lambda: resource.getrlimit(resource.RLIMIT_CORE),
    }
    with Process("", "", LONG, functions) as code:
        large, core = code.ask([request("large"), request("core")])
    assert "MemoryError" in large.raised["type"]
    assert [p.values[0] for p in core.parts] == [0, 0]
