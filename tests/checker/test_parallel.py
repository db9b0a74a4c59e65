"""Files judged in several processes: what one file does to its process costs nobody a report."""

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from test_process import is_gone, wait_until

from reference.checker.command import parallel
from reference.checker.command.parallel import Judge, check_one, check_several
from reference.checker.command.terminal import Progress
from reference.checker.report import Check, Report
from reference.checker.sandbox.process import ALIVE, kill_all
from reference.checker.targets import Target

ROOT = Path(__file__).parents[2]
RIGHT = "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r / len(y), r.mean()\n"
OPTIONS = {"timeout": 60.0, "max_examples": 20, "sandbox": "off"}


def silent(name):
    """Show no progress."""


def verdicts(report):
    """What does not depend on the time there was."""
    return report.file, report.unchecked, [(c.name, c.verdict, c.fault) for c in report.checks]


@pytest.fixture
def targets(tmp_path):
    """Three files and one that is not there."""
    sources = {"a": RIGHT, "b": RIGHT.replace(" / len(y)", ""), "c": RIGHT.replace("-", "+")}
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    return [
        *(Target(str(tmp_path / f"{n}.py")) for n in sources),
        Target("d.py", "it is not there"),
    ]


@pytest.fixture
def judge():
    """A judging process, which is ended."""
    made = Judge(OPTIONS)
    yield made
    made.close()
    assert made not in ALIVE


def test_the_reports_are_those_of_one_process_in_order(targets):
    """And no process is left."""
    progress = Progress(4)
    found = check_several(targets, OPTIONS, 2, progress)
    assert list(map(verdicts, found)) == [verdicts(check_one(t, OPTIONS, silent)) for t in targets]
    assert progress.done == 4
    assert not any(isinstance(process, Judge) for process in ALIVE)


@pytest.mark.parametrize("jobs", [2, 3])
def test_as_many_files_are_checked_at_a_time_as_was_asked(monkeypatch, jobs):
    """No more, however many there are; and no fewer."""
    running, peak, both = set(), [], threading.Barrier(jobs)

    def check(self, target, progress):
        running.add(target)
        both.wait(20)
        peak.append(len(running))
        both.wait(20)
        running.remove(target)
        return Report(target.name, (Check("loss", "loss", "right"),))

    monkeypatch.setattr(Judge, "check", check)
    names = [f"{i}.py" for i in range(6)]
    found = check_several([Target(n) for n in names], OPTIONS, jobs, Progress(6))
    assert [r.file for r in found] == names
    assert peak == [jobs] * 6


def test_ctrl_c_ends_all_judges(monkeypatch, targets):
    """And is not passed over."""
    ended = []
    monkeypatch.setattr(Judge, "check", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    monkeypatch.setattr(parallel, "kill_all", lambda: ended.append(1))
    with pytest.raises(KeyboardInterrupt):
        check_several(targets, OPTIONS, 2, Progress(4))
    assert ended


@pytest.mark.thorough
def test_a_file_whose_judge_was_killed_is_judged_once_more(judge, targets):
    """Whoever killed it."""
    killed = []

    def kill_once(name):
        if not killed:
            killed.append(name)
            judge.popen.kill()

    assert judge.check(targets[1], kill_once).passed is False
    assert killed == ["gradient"]


@pytest.mark.thorough
def test_a_file_that_always_kills_its_judge_is_not_checked(judge, targets):
    """The others are."""
    found = judge.check(targets[0], lambda name: judge.popen.kill())
    assert found.passed is None
    assert "killed by SIGKILL" in found.unchecked
    assert judge.check(targets[0], silent).passed is True


@pytest.mark.thorough
def test_a_judge_that_was_stopped_is_replaced(judge, targets, monkeypatch):
    """It shows no sign of life, and is killed."""
    start, stopped = judge.start, []

    def start_patiently():
        judge.patience = 60.0
        start()

    def stop_once(name):
        if not stopped:
            stopped.append(name)
            os.kill(judge.popen.pid, signal.SIGSTOP)
            judge.patience = 0.5

    monkeypatch.setattr(judge, "start", start_patiently)
    assert judge.check(targets[0], stop_once).passed is True
    assert stopped == ["gradient"]


@pytest.mark.sample(3)
@pytest.mark.parametrize("sent", [b"I1\nK.", b"", b"no value"])
def test_a_judge_that_sends_no_report_is_replaced(judge, targets, sent):
    """Nor anything else that can be read."""
    judge.start()
    judge.popen.stdout.close()
    judge.popen.stdout = io.BytesIO(sent)
    assert judge.check(targets[0], silent).passed is True


def test_no_judge_is_started_once_all_were_ended(judge, targets):
    """And whoever waits for a report gets one."""
    assert judge.check(targets[0], lambda name: kill_all()).passed is None
    assert judge.popen is None


def test_a_judge_ends_with_the_process_that_started_it(tmp_path):
    """Though it is at work on what never ends."""
    (tmp_path / "a.py").write_text(RIGHT.replace("    r =", "    while True: pass\n    r ="))
    program = f"""
import os
from reference.checker.command.parallel import Judge, Target
judge = Judge({OPTIONS | {"timeout": 600.0}})
def leave(name):
    print(judge.popen.pid, flush=True)
    os._exit(0)
judge.ask(Target({str(tmp_path / "a.py")!r}), leave)
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    wait_until(lambda: is_gone(int(run.stdout)))


def test_nothing_is_imported_from_the_working_directory(tmp_path, monkeypatch, targets):
    """By a judging process that starts there."""
    for name in ("numpy", "pickle", "reference", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('forged')")
    monkeypatch.chdir(tmp_path)
    assert check_several(targets[:2], OPTIONS, 1, Progress(2))[1].passed is False
