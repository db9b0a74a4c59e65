"""The command line: what it takes, what it prints and where, and with which status it ends."""

import argparse
import os
import sys
import threading
from dataclasses import replace

import pytest

from reference import __main__ as command
from reference.checker.check import NothingToCheck
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.report import Check, Report, as_json, table

RIGHT = Check("predict", "predict", None, "", 1000, 0.3)
WRONG = Check("gradient", "grad", "stale", "You return an earlier call's answer.")
SEEN = []


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    """A check whose verdict is in the name of the file; what it was asked is in `SEEN`."""
    SEEN.clear()

    def check(target, **options):
        SEEN.append((target, options))
        options["progress"]("grad")
        if "absent" in target:
            raise FileNotFoundError(f"there is no file {target}")
        if "nothing" in target:
            raise NothingToCheck(["f"])
        if "lacks" in target:
            raise ModuleNotFoundError("No module named 'x'", name=target.partition(":")[2])
        if "stop" in target:
            raise KeyboardInterrupt
        return Report(target, (WRONG if "wrong" in target else RIGHT,))

    monkeypatch.setattr(command, "check", check)


REPORTS = {
    name: Report(name, (WRONG if "wrong" in name else RIGHT,)) for name in ("a.py", "wrong.py")
}


@pytest.mark.parametrize(
    ("targets", "status"),
    [
        (["a.py"], 0),
        (["wrong.py"], 1),
        (["absent.py"], 2),
        (["a.py", "absent.py"], 2),
        (["wrong.py", "absent.py"], 1),
        (["a.py", "wrong.py"], 1),
        (["a.py", "b.py"], 0),
    ],
)
def test_the_status_says_what_came_of_it(targets, status):
    """0 all right, 1 a mistake in any, 2 none found but not all could be checked."""
    assert command.main(["check", *targets]) == status


def test_options_have_their_defaults_and_reach_the_check():
    """half-mse, seed 0, 1,000 examples, 10 seconds; or what is given."""
    command.main(["check", "a.py"])
    ((target, options),) = SEEN
    assert target == "a.py"
    assert options.pop("progress")
    assert options == {"loss": "half-mse", "seed": 0, "max_examples": 1000, "timeout": 10.0}
    SEEN.clear()
    given = ["--loss", "sse", "--seed", "7", "--max-examples", "20", "--timeout", "0.5"]
    command.main(["check", "a.py", *given])
    options = SEEN[0][1]
    del options["progress"]
    assert options == {"loss": "sse", "seed": 7, "max_examples": 20, "timeout": 0.5}
    assert type(options["timeout"]) is float


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--max-examples", "0"], "argument --max-examples: must be positive, got 0"),
        (["--timeout", "-1"], "argument --timeout: must be positive, got -1"),
        (["--timeout", "inf"], "argument --timeout: must be positive, got inf"),
        (["--timeout", "nan"], "argument --timeout: must be positive, got nan"),
        (["--timeout", "x"], "argument --timeout: invalid positive float value: 'x'"),
        (["--max-examples", "x"], "argument --max-examples: invalid positive int value: 'x'"),
        (["--seed", "x"], "argument --seed: invalid int value: 'x'"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, said, capsys):
    """With the rule, and status 2; nothing is checked."""
    with pytest.raises(SystemExit) as stop:
        command.main(["check", "a.py", *arguments])
    assert stop.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"python -m reference check: error: {said}"
    assert SEEN == []
    assert command.positive(int)("1") == 1


@pytest.mark.parametrize("arguments", [[], ["check"], ["check", "a.py", "--loss", "l2"], ["list"]])
def test_what_is_no_command_is_refused(arguments, capsys):
    """A command, a file and a known loss are needed."""
    with pytest.raises(SystemExit) as stop:
        command.main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m reference")


def test_the_help_names_everything(capsys, monkeypatch):
    """Both commands, and each option with its default."""
    monkeypatch.setenv("COLUMNS", "100")
    for arguments in (["-h"], ["check", "-h"]):
        with pytest.raises(SystemExit) as stop:
            command.main(arguments)
        assert stop.value.code == 0
    words = " ".join(capsys.readouterr().out.split())
    for part in (
        "usage: python -m reference [-h]",
        command.__doc__,
        "faults print the catalogue of faults",
        "check check the gradients of files, and name their mistakes",
        "FILE.py [FILE.py ...]",
        "FILE.py or FILE.py:NAME, or package.module:NAME",
        "--loss {half-mse,mse,half-sse,sse} default: half-mse",
        "--seed SEED of the problems; default: 0",
        "--max-examples MAX_EXAMPLES default: 1000",
        "--timeout TIMEOUT seconds a function; default: 10",
        "--json print JSON",
        "--quiet print what is wrong, and nothing else",
    ):
        assert part in words


def test_one_report_is_printed_as_it_is(capsys):
    """On standard output, and nothing on the other."""
    command.main(["check", "wrong.py"])
    assert capsys.readouterr() == (f"{REPORTS['wrong.py']}\n", "")


def test_several_reports_end_in_a_table(capsys):
    """In the order of the files; what could not be checked is said on standard error."""
    command.main(["check", "a.py", "absent.py", "wrong.py"])
    out, err = capsys.readouterr()
    absent = Report("absent.py", (), "there is no file absent.py")
    all_of_them = [REPORTS["a.py"], absent, REPORTS["wrong.py"]]
    assert out == f"{REPORTS['a.py']}\n{REPORTS['wrong.py']}\n\n{table(all_of_them)}\n"
    assert err == "absent.py: there is no file absent.py\n"


def test_two_reports_have_a_table_too(capsys):
    """One has none."""
    command.main(["check", "a.py", "wrong.py"])
    both = list(REPORTS.values())
    assert capsys.readouterr().out == f"{both[0]}\n{both[1]}\n\n{table(both)}\n"


def test_two_are_checked_at_a_time(monkeypatch):
    """No more, however many there are; and no fewer."""
    running, peak, both = set(), [], threading.Barrier(2)

    def check(target, **options):
        running.add(target)
        both.wait(20)
        peak.append(len(running))
        both.wait(20)
        running.remove(target)
        return REPORTS["a.py"]

    monkeypatch.setattr(command, "check", check)
    assert command.main(["check", *(f"{i}.py" for i in range(6))]) == 0
    assert peak == [2] * 6


def test_what_has_not_begun_at_ctrl_c_does_not_begin(monkeypatch):
    """And who is at it is killed before anybody waits for it."""
    begun, killed, in_time = [], threading.Event(), []

    def check(target, **options):
        begun.append(target)
        if target == "stop.py":
            raise KeyboardInterrupt
        in_time.append(killed.wait(5))
        return REPORTS["a.py"]

    monkeypatch.setattr(command, "check", check)
    monkeypatch.setattr(command, "kill_all", killed.set)
    with pytest.raises(KeyboardInterrupt):
        command.main(["check", "stop.py", "a.py", "b.py", "c.py", "d.py"])
    assert all(in_time)
    assert len(begun) <= 3
    assert "d.py" not in begun


def test_quiet_prints_what_is_wrong(capsys):
    """No right report and no table."""
    command.main(["check", "a.py", "wrong.py", "--quiet"])
    assert capsys.readouterr() == (f"{REPORTS['wrong.py']}\n", "")


def test_json_is_printed_alone(capsys):
    """Also of what could not be checked, which is said, too."""
    command.main(["check", "a.py", "absent.py", "--json"])
    out, err = capsys.readouterr()
    absent = Report("absent.py", (), "there is no file absent.py")
    assert out == f"{as_json([REPORTS['a.py'], absent])}\n"
    assert err == "absent.py: there is no file absent.py\n"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("lacks:hypothesis", "needs Hypothesis; pip install 'linreg_np[reference]'"),
        ("lacks:numpy", "No module named 'x'"),
        ("nothing.py", str(NothingToCheck(["f"]))),
    ],
)
def test_what_cannot_be_checked_says_why(target, said, capsys):
    """On standard error, behind the name of the file."""
    assert command.main(["check", target]) == 2
    assert capsys.readouterr() == ("", f"{target}: {said}\n")


def test_faults_prints_each_with_its_sentence(capsys):
    """Name, formula and explanation of all, in the order of the catalogue."""
    assert command.main(["faults"]) == 0
    blocks = (f"{f.name}\n    {f.formula}\n    {f.sentence()}\n" for f in CATALOGUE)
    assert capsys.readouterr().out == "".join(blocks)


def test_progress_is_a_line_on_a_terminal(capsys, monkeypatch):
    """How many are done of how many, the file and the function, in 80 columns; then nothing."""
    quiet = command.Progress(3)
    quiet.show("x")
    quiet.clear()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = command.Progress(3)
    progress.of("/some/where/mine.py")("grad")
    progress.done = 2
    progress.show("x" * 100)
    progress.clear()
    long = f"\r\033[K2/3 {'x' * 100}"[:80]
    assert capsys.readouterr().err == f"\r\033[K0/3 mine.py grad{long}\r\033[K"
    command.main(["check", "a.py", "absent.py"])
    err = capsys.readouterr().err
    assert "/2 a.py grad" in err
    assert "1/2 " in err
    assert "\r\033[Kabsent.py: " in err
    flushed = []
    monkeypatch.setattr(sys.stderr, "flush", lambda: flushed.append(1))
    progress.show("x")
    progress.clear()
    assert len(flushed) == 2


def test_ctrl_c_is_an_ordinary_end(capsys, monkeypatch):
    """Status 130 and a word; every subject is killed; Hypothesis keeps its notes elsewhere."""
    killed, places = [], []
    monkeypatch.setattr(command, "kill_all", lambda: killed.append(1))
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    monkeypatch.setattr(sys, "argv", ["x", "check", "stop.py"])
    main = command.main

    def remember():
        places.append(os.environ["HYPOTHESIS_STORAGE_DIRECTORY"])
        assert os.path.isdir(places[-1])
        return main()

    monkeypatch.setattr(command, "main", remember)
    assert command.run() == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert killed == [1]
    assert not os.path.exists(places[0])
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY")
    monkeypatch.setattr(sys, "argv", ["x", "check", "wrong.py"])
    assert command.run() == 1
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", os.getcwd())
    assert command.run() == 1
    assert places[2] == os.getcwd()


def test_an_unchecked_report_counts_as_done():
    """Whatever came of it, and with its reason in it."""
    progress = argparse.Namespace(done=0, of=lambda target: lambda name: None)
    assert command.checked("a.py", {}, progress) == REPORTS["a.py"]
    found = command.checked("absent.py", {}, progress)
    assert found == replace(found, checks=(), unchecked="there is no file absent.py")
    assert progress.done == 2
    found = command.checked("lacks:hypothesis", {}, progress)
    assert found == replace(found, checks=())
