"""What the code under test can reach, in bubblewrap and without it, and what ends with the checker."""

import contextlib
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_hostile import ROOT, START, needs_linux, outliving, sandbox_or_skip

from reference import __main__ as command
from reference.checker.check import check
from reference.checker.sandbox import bubblewrap, keeper, process, system, worker
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.sandbox.process import Process

pytestmark = pytest.mark.sample(2)  # in bubblewrap; without it where all tests run
RIGHT = "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r / len(y), r.mean()\n"
PROBES = """
import os, resource, signal, socket, subprocess, time
def said(text): raise ValueError(str(text))
def environment(a): said(sorted(os.environ))
def folders(a): said((os.listdir("."), {os.environ[n] for n in ("HOME", "TMPDIR")} == {os.getcwd()}))
def processes(a): said(sum(map(str.isdigit, os.listdir("/proc"))))
def namespaces(a): said([os.readlink(f"/proc/self/ns/{n}") for n in ("user", "pid", "ipc", "net")])
def writes(a):
    found = []
    for place in (".", "..", "/", "/usr", "/tmp", os.path.dirname(__file__)):
        try: open(place + "/linreg_np-probe", "w").close()
        except OSError: continue
        found.append(place)
    said(found)
def neighbour(a): import beside; return beside.VALUE
def connects(a): socket.create_connection(("127.0.0.1", int(a)), timeout=2); return 1
def large_file(a): open("large", "wb").write(bytes(65 << 20))
def forks(a):
    children = 0
    try:
        while children < 2000:
            if not os.fork(): time.sleep(600)
            children += 1
    except OSError: pass
    return children
def reads_judge(a): open(f"/proc/{int(a)}/environ", "rb").read()
def kills(a): os.kill(int(a), signal.SIGCONT)
def hides(a):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: time.sleep(600)
        os._exit(0)
    return 1
"""


@pytest.fixture(params=["bubblewrap", "none"])
def probe(request, tmp_path):
    """Call a probe with a number: the text that it raises, or the number that it gives."""
    if request.param == "bubblewrap":
        sandbox_or_skip()
    elif sys.platform != "linux":
        pytest.skip("the keeper, which is tested here, needs Linux")
    (tmp_path / "beside.py").write_text("VALUE = 7.0")
    file = str(tmp_path / "probes.py")
    with Process(file, "", 60.0, source=PROBES, sandbox=request.param) as opened:
        opened.load()

        def ask(name, number=0.0):
            (answer,) = opened.ask([{"target": name, "args": [number]}])
            return answer.raised["message"] if answer.raised else float(answer.parts[0].values[0])

        ask.sandboxed, ask.opened = request.param == "bubblewrap", opened
        yield ask


def test_its_environment_has_no_tokens(probe, monkeypatch):
    """PATH and what Python needs; its home and temporary folder are its empty directory."""
    monkeypatch.setenv("TOKEN", "secret")
    probe.opened.close()
    assert "PATH" in probe("environment")
    assert "TOKEN" not in probe("environment")
    assert probe("folders") == "([], True)"


def test_it_sees_its_own_folder_and_writes_in_its_directory(probe):
    """What lies beside the file can be imported; root writes nowhere else either."""
    assert probe("neighbour") == 7
    written = probe("writes")
    if probe.sandboxed:
        assert written == "['.']"
    elif os.geteuid() == 0:
        assert set(eval(written)) <= {".", "..", "/tmp"}  # where anybody may
    for place in ("/tmp", os.path.dirname(probe.opened.folder) or "/tmp"):
        Path(place, "linreg_np-probe").unlink(missing_ok=True)


def test_it_has_namespaces_of_its_own(probe):
    """Of users, processes, messages and the network; no process of the system is seen."""
    names = ("user", "pid", "ipc", "net")
    here = [os.readlink(f"/proc/self/ns/{name}") for name in names]
    found = eval(probe("namespaces"))
    assert all((a != b) is probe.sandboxed for a, b in zip(here, found, strict=True))
    if probe.sandboxed:
        assert int(probe("processes")) <= 3


def test_it_has_no_network(probe):
    """Not even this machine's own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = probe("connects", float(server.getsockname()[1]))
    assert ("refused" in str(answer) or "unreachable" in str(answer)) is probe.sandboxed


def test_files_and_processes_are_limited(probe):
    """64 MiB and 256; outside the sandbox beside those that the user has at the start."""
    assert "large" in probe("large_file")
    assert 10 < probe("forks") < (256 if probe.sandboxed else 2000)


def test_the_checker_can_be_neither_read_nor_killed(probe):
    """In the sandbox it is not seen; root's is another user's; any other's can be signalled."""
    answer = probe("reads_judge", float(os.getpid()))
    assert "denied" in answer or (probe.sandboxed and "No such file" in answer)
    if probe.sandboxed or os.geteuid() == 0:
        assert any(w in str(probe("kills", float(os.getpid()))) for w in ("permitted", "process"))


def test_what_it_has_hidden_ends_with_it(probe, tmp_path):
    """A child in another session, whose parent has ended."""
    probe("hides")
    assert outliving(tmp_path)
    probe.opened.close()
    time.sleep(0.5)
    assert outliving(tmp_path) == []


def judging(folder, *options):
    """The checker at work on all files of a folder, in its own process, as linreg-check starts."""
    command = [sys.executable, "-c", START, *options, str(folder)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder.parent)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder.parent, env=env, text=True, **pipes)


SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"]
ENDS = [(name, sandbox) for name in SIGNALS for sandbox in ("off", "auto")]


@needs_linux
@pytest.mark.sample(8)
@pytest.mark.parametrize(("name", "sandbox"), ENDS)
def test_all_ends_with_the_checker(name, sandbox, tmp_path):
    """A loop, a hidden child and what they have written, whichever signal it is."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "programs"
    folder.mkdir()
    loop = "def gradient(X, y, w, b):\n    hides(1)\n    open('file', 'w')\n    while True: pass\n"
    for i in range(3):
        (folder / f"{i}.py").write_text(PROBES + loop)
    checker = judging(folder, "--sandbox", sandbox)
    deadline = time.monotonic() + 120  # many processes are started
    while len(outliving(folder)) < 6:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    checker.send_signal(getattr(signal, name))
    deadline = time.monotonic() + 30
    _, said = checker.communicate(timeout=30)
    number = getattr(signal, name)
    assert checker.returncode == (128 + number if name != "SIGKILL" else -number)
    assert said == ("interrupted\n" if name != "SIGKILL" else "")
    while outliving(folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.2)
    assert [p.name for p in tmp_path.iterdir()] == ["programs"]


@needs_linux
def test_nothing_is_imported_from_the_working_directory(tmp_path):
    """Though the modules of that name would be needed, and whoever has written them."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("numpy", "fractions", "queue", "hypothesis", "hashlib", "reference"):
        for place in (tmp_path, folder):
            (place / f"{name}.py").write_text("print('FORGED'); raise SystemExit(0)")
    (folder / "mine.py").write_text(RIGHT.replace("/ len(y), r.mean()", ", r.sum()"))
    checker = judging(folder / "mine.py", "--max-examples", "20")
    out, err = checker.communicate(timeout=60)
    assert (checker.returncode, err) == (1, "")
    assert "missing-mean" in out
    assert "FORGED" not in out


JUDGED = {
    "here": "command.main(['check', '--max-examples', '20', '--explain', file])",
    "by another": "print(command.check_one(command.Target(file), {'max_examples': 20}, len))",
}


@pytest.mark.parametrize(
    ("module", "judged"),
    [
        pytest.param("reference.__main__", JUDGED["here"], marks=pytest.mark.thorough),
        ("reference.checker.command.parallel", JUDGED["by another"]),
    ],
)
def test_the_checker_imports_nothing_late(module, judged, tmp_path):
    """Once a process has been started; right, wrong, in another form, and mended."""
    program = f"""
import sys
import {module} as command
from reference.checker.sandbox.process import Process
began = []
class Finder:
    def find_spec(self, name, path=None, target=None):
        if began: print("late", name)
sys.meta_path.insert(0, Finder())
load = Process.load
Process.load = lambda self, *rest: began.append(1) or load(self, *rest)
for file in sys.argv[1:]:
    {judged}
"""
    sources = {"right": RIGHT, "wrong": RIGHT.replace(" / len(y)", ""), "script": "print(1)\n"}
    sources["raises"] = "def gradient(X, y, w, b): raise ValueError\n"
    sources["unknown"] = RIGHT.replace("r.mean()", "r.mean() * 1.7 + b ** 3")
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    command = [sys.executable, "-c", program, *(str(tmp_path / f"{n}.py") for n in sources)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "WRONG" in run.stdout, run.stderr
    assert "late" not in run.stdout


def test_the_report_says_what_a_file_ran_in(tmp_path, monkeypatch):
    """On its last line and in JSON; a function runs in a copy of its own program."""
    file = tmp_path / "mine.py"
    file.write_text(RIGHT)
    off = check(str(file), max_examples=5, sandbox="off")
    assert str(off).splitlines()[-1] == "  sandbox: none (it is off)"
    monkeypatch.setattr(bubblewrap, "why_not", lambda: "it is not installed: apt-get")
    without = check(str(file), max_examples=5)
    assert without.as_dict()["sandbox"] == "none (it is not installed: apt-get)"
    with pytest.raises(ValueError, match="apt-get"):
        check(str(file), sandbox="require")
    assert command.main(["check", str(file), "--sandbox", "require"]) == 2
    with pytest.raises(ValueError, match="auto, require, off"):
        check(str(file), sandbox="on")
    monkeypatch.setattr(bubblewrap, "why_not", lambda: "")
    with pytest.raises(ValueError, match="a file"):
        check(len, sandbox="require")


def test_a_sandbox_that_does_not_work_says_why(monkeypatch):
    """Not installed, another system, refused by this one."""
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert "apt-get install bubblewrap" in bubblewrap.why_not.__wrapped__()
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: name)
    refused = subprocess.Popen(["sh", "-c", "echo no namespaces >&2; exit 1"], stderr=-1)
    monkeypatch.setattr(bubblewrap, "start", lambda *_, **__: refused)
    assert "no namespaces" in bubblewrap.why_not.__wrapped__()
    monkeypatch.setattr(bubblewrap.sys, "platform", "darwin")
    assert "darwin" in bubblewrap.why_not.__wrapped__()


def test_without_a_temporary_folder_it_runs_in_the_root(monkeypatch):
    """And nothing is removed at its end."""
    monkeypatch.setattr(process.tempfile, "gettempdir", lambda: (_ for _ in ()).throw(OSError))
    with Process("mine.py", "", 60.0, source=RIGHT) as opened:
        assert [f["name"] for f in opened.load()["found"]] == ["gradient"]
        assert opened.folder == ""


def test_a_folder_is_removed_with_all_that_is_in_it(tmp_path):
    """Closed folders too, and links, not what they lead to."""
    kept, folder = tmp_path / "kept", tmp_path / "folder"
    (folder / "closed" / "inner").mkdir(parents=True)
    kept.mkdir()
    (kept / "file").write_text("x")
    (folder / "link").symlink_to(kept)
    (folder / "closed" / "inner" / "file").write_text("x")
    (folder / "closed").chmod(0)
    system.remove_folder(str(folder))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "kept"]
    system.remove_folder("")


def test_a_worker_that_reads_ahead_ends_where_its_requests_end():
    """As on systems that end no process with the one that started it."""
    ended = []
    requests = worker.incoming(io.BytesIO(pickle.dumps(("call", [])) + pickle.dumps(("load",))))
    found = worker.read_ahead(requests, ended.append)
    assert [next(found), next(found)] == [("call", []), ("load",)]
    deadline = time.monotonic() + 10
    while not ended:
        assert time.monotonic() < deadline
    assert ended == [0]


def test_tasks_are_counted_by_ps_where_there_is_no_proc(monkeypatch):
    """As on macOS; threads are counted where they can be."""
    here = system.tasks_of_user(os.getuid())
    assert here >= 1
    monkeypatch.setattr(system.os.path, "isdir", lambda path: False)
    assert system.tasks_of_user(os.getuid()) >= 1


@pytest.mark.parametrize(("release", "counts"), [("5.13.0-7-generic", True), ("5.14rc1", False)])
def test_older_kernels_count_tasks_outside_the_namespace_too(monkeypatch, release, counts):
    """So that the limit must be one for all; the release may have letters in it."""
    monkeypatch.setattr(system.os, "uname", lambda: SimpleNamespace(release=release))
    assert system.counts_all_namespaces() == counts


def test_a_folder_is_made_for_the_code_under_test_and_gone_to(tmp_path, monkeypatch):
    """Empty; nobody else's but of the user that it runs as."""
    monkeypatch.chdir(tmp_path)
    keeper.make_folder(str(tmp_path / "own"))
    assert Path.cwd() == tmp_path / "own"
    assert os.listdir() == []
    assert Path.cwd().stat().st_mode & 0o777 == 0o700
    assert Path.cwd().stat().st_uid == (os.getuid() or system.NOBODY)


@pytest.mark.skipif(
    getattr(os, "getuid", int)() != 0 or os.name == "nt", reason="only root can act as another user"
)
def test_root_finds_out_what_nobody_can_read(tmp_path, monkeypatch):
    """A folder and Python; it is root again after that."""
    monkeypatch.setattr(system.sys, "executable", "/bin/sh")
    tmp_path.chmod(0o700)
    assert not system.nobody_can_read(str(tmp_path))
    assert system.nobody_can_read("/")
    monkeypatch.setattr(system.sys, "executable", str(tmp_path))
    assert not system.nobody_can_read("/")
    assert os.geteuid() == 0


@needs_linux
def test_children_that_were_left_to_the_checker_are_ended(monkeypatch):
    """As where the code under test has killed its keeper."""
    code = """
from reference.checker.sandbox import process
import subprocess, sys
process.own_children()
subprocess.run(["sh", "-c", "setsid sleep 600 & exit"])
found = process.children_of(process.os.getpid())
process.end_strays()
print(len(found), len(process.children_of(process.os.getpid())))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split() == ["1", "0"], run.stderr


def test_children_of_a_process_that_is_gone_are_none():
    """It may have ended meanwhile."""
    assert keeper.children_of(2**22 + 1) == []


def test_a_process_that_was_ended_for_good_is_not_started():
    """Nor asked."""
    with Process("mine.py", "", 60.0, source=RIGHT) as opened:
        opened.stopped = True
        with contextlib.suppress(KeyError), pytest.raises(SubjectTerminated, match="was ended"):
            opened.load()
