"""The command line: what it takes, what it prints and where, and with which status it ends."""

import re
import sys
import threading

import pytest

from reference import __main__ as command
from reference.checker.check import NothingToCheck
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.report import Check, Report, as_json, table

RIGHT = Check("predict", "predict", None, "", 1000, 0.3)
WRONG = Check("gradient", "grad", "stale", "You return an earlier call's answer.")
CALLS = []


def report(target):
    """A report whose verdict is in the name of the file."""
    if "absent" in target:
        return Report(target, (), f"there is no file {target}")
    return Report(target, (WRONG if "wrong" in target else RIGHT,))


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    """A check that runs nothing; its arguments are in `CALLS`."""
    CALLS.clear()

    def check(target, *, progress, **options):
        CALLS.append((target, options))
        progress("grad")
        if "absent" in target:
            raise FileNotFoundError(f"there is no file {target}")
        if "nothing" in target:
            raise NothingToCheck(["f"])
        if "stop" in target:
            raise KeyboardInterrupt
        return report(target)

    monkeypatch.setattr(command, "check", check)


@pytest.mark.parametrize(
    ("targets", "status"),
    [
        ("a.py", 0),
        ("a.py b.py", 0),
        ("wrong.py", 1),
        ("a.py wrong.py", 1),
        ("wrong.py absent.py", 1),
        ("absent.py", 2),
        ("a.py absent.py", 2),
    ],
)
def test_the_status_tells_right_wrong_and_unchecked(targets, status):
    """0 all right, 1 a mistake in any, 2 none found but not all could be checked."""
    assert command.main(["check", *targets.split()]) == status


DEFAULTS = {"loss": "half-mse", "seed": 0, "max_examples": 1000, "timeout": 10.0}


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("", {}),
        ("--loss sse --seed 7", {"loss": "sse", "seed": 7}),
        ("--max-examples 1 --timeout 0.5", {"max_examples": 1, "timeout": 0.5}),
    ],
)
def test_options_reach_the_check(arguments, changed):
    """Or their defaults, which are those of `check`."""
    command.main(["check", "a.py", *arguments.split()])
    ((target, options),) = CALLS
    assert (target, options) == ("a.py", DEFAULTS | changed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("check a.py --max-examples 0", "--max-examples: must be positive, got 0"),
        ("check a.py --timeout -1", "--timeout: must be positive, got -1"),
        ("check a.py --timeout inf", "--timeout: must be positive, got inf"),
        ("check a.py --timeout nan", "--timeout: must be positive, got nan"),
        ("check a.py --timeout x", "--timeout: invalid positive float value: 'x'"),
        ("check a.py --max-examples x", "--max-examples: invalid positive int value: 'x'"),
        ("check a.py --seed x", "--seed: invalid int value: 'x'"),
        ("check a.py --loss l2", "--loss: invalid choice: 'l2'.*half-mse"),
        ("check", "required: FILE"),
        ("list", "invalid choice: 'list'"),
        ("", "required: command"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, capsys):
    """With the rule and status 2; nothing is checked."""
    with pytest.raises(SystemExit) as stop:
        command.main(arguments.split())
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: python -m reference")
    assert re.search(message, err)
    assert CALLS == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ("-h", ["faults", "check"]),
        (
            "check -h",
            [
                "FILE.py",
                "FILE.py:NAME",
                "package.module:NAME",
                "--json",
                "--quiet",
                "--loss",
                "half-mse",
                "--seed",
                "0",
                "--max-examples",
                "1000",
                "--timeout",
                "10",
            ],
        ),
    ],
)
def test_the_help_names_commands_options_and_defaults(arguments, parts, capsys):
    """On standard output, with status 0."""
    with pytest.raises(SystemExit) as stop:
        command.main(arguments.split())
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert [p for p in parts if p not in out] == []


@pytest.mark.parametrize(
    ("arguments", "shown", "has_table"),
    [
        ("wrong.py", ["wrong.py"], False),
        ("a.py wrong.py", ["a.py", "wrong.py"], True),
        ("a.py absent.py wrong.py", ["a.py", "wrong.py"], True),
        ("a.py --quiet", [], False),
        ("a.py wrong.py --quiet", ["wrong.py"], False),
    ],
)
def test_reports_are_printed_in_order_and_several_end_in_a_table(
    arguments, shown, has_table, capsys
):
    """Only what is wrong with --quiet; what could not be checked is on standard error."""
    command.main(["check", *arguments.split()])
    out, err = capsys.readouterr()
    targets = [a for a in arguments.split() if a.endswith(".py")]
    rows = f"\n{table([report(t) for t in targets])}\n" if has_table else ""
    assert out == "".join(f"{report(t)}\n" for t in shown) + rows
    assert err == ("absent.py: there is no file absent.py\n" if "absent" in arguments else "")


def test_json_is_all_that_is_printed(capsys):
    """Also of what could not be checked, which is on standard error, too."""
    command.main(["check", "a.py", "absent.py", "--json"])
    out, err = capsys.readouterr()
    assert out == f"{as_json([report('a.py'), report('absent.py')])}\n"
    assert err.startswith("absent.py: ")


def test_a_file_with_nothing_to_check_says_why(capsys):
    """On standard error, after the name of the file."""
    assert command.main(["check", "nothing.py"]) == 2
    assert capsys.readouterr() == ("", f"nothing.py: {NothingToCheck(['f'])}\n")


def test_two_files_are_checked_at_a_time(monkeypatch):
    """No more, however many there are; and no fewer."""
    running, peak, both = set(), [], threading.Barrier(2)

    def check(target, **options):
        running.add(target)
        both.wait(20)
        peak.append(len(running))
        both.wait(20)
        running.remove(target)
        return report(target)

    monkeypatch.setattr(command, "check", check)
    assert command.main(["check", *(f"{i}.py" for i in range(6))]) == 0
    assert peak == [2] * 6


def test_ctrl_c_kills_what_runs_and_starts_nothing_more(monkeypatch):
    """Before anybody waits for it."""
    begun, killed, in_time = [], threading.Event(), []

    def check(target, **options):
        begun.append(target)
        if target == "stop.py":
            raise KeyboardInterrupt
        in_time.append(killed.wait(5))
        return report(target)

    monkeypatch.setattr(command, "check", check)
    monkeypatch.setattr(command, "kill_all", killed.set)
    with pytest.raises(KeyboardInterrupt):
        command.main(["check", "stop.py", "a.py", "b.py", "c.py", "d.py"])
    assert all(in_time)
    assert len(begun) <= 3
    assert "d.py" not in begun


@pytest.mark.parametrize(
    ("target", "status", "err"), [("stop.py", 130, "interrupted\n"), ("wrong.py", 1, "")]
)
def test_ctrl_c_is_an_ordinary_end(target, status, err, capsys, monkeypatch):
    """Status 130 and a word; whatever runs is killed."""
    killed = []
    monkeypatch.setattr(command, "kill_all", lambda: killed.append(1))
    monkeypatch.setattr(sys, "argv", ["reference", "check", target])
    assert command.run() == status
    assert capsys.readouterr().err == err
    assert bool(killed) == bool(err)


def test_progress_is_a_line_on_a_terminal(capsys, monkeypatch):
    """How many are done of how many, the file and the function, in 80 columns; then nothing."""
    command.main(["check", "a.py", "absent.py"])
    assert "\r" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    command.main(["check", "some/where/mine.py", f"{'x' * 100}.py", "absent.py"])
    err = capsys.readouterr().err
    assert re.search(r"\r\033\[K[01]/3 mine\.py grad\r", err)
    assert re.search(r"\r\033\[K[01]/3 x{50,}\r", err)
    assert max(len(line) for line in err.split("\r")) < 80
    assert re.search(r"\r\033\[K[12]/3 absent\.py grad\r\033\[Kabsent\.py: there is no", err)


def test_faults_prints_the_whole_catalogue(capsys):
    """Name, formula and sentence of each, in its order, with nothing left to fill in."""
    assert command.main(["faults"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^(\S+)\n    \S", out, re.MULTILINE) == [f.name for f in CATALOGUE]
    assert all(f.formula in out for f in CATALOGUE)
    assert "{subject}" not in out
    assert "{section}" not in out
    assert re.search(r"^missing-mean\n    ∇w L = Xᵀ\(ŷ − y\).*\n    .*1/n", out, re.MULTILINE)
