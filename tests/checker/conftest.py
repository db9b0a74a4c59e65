"""A check that runs nothing, for tests of what is done with its reports; and time for repairs."""

import pytest
from in_process import check_here

from reference import __main__ as command
from reference.checker.command import parallel
from reference.checker.repairs import repair
from reference.checker.report import Check, Report

RIGHT = Check("predict", "predict", "right", cases=1000, worst_error=0.3)
WRONG = Check("gradient", "grad", "wrong", "stale", "You return an earlier call's answer.")
UNCHECKED = Check("loss", "loss", "unchecked", reason="it raised TypeError", call="loss(X)")


@pytest.fixture
def report():
    """A report whose verdict is in the name of the file."""

    def report(target):
        if "absent" in target:
            return Report(target, (), f"there is no file {target}")
        checks = (RIGHT, UNCHECKED) if "partly" in target else (RIGHT,)
        return Report(target, (WRONG,) if "wrong" in target else checks)

    return report


@pytest.fixture
def checked(monkeypatch, report):
    """A check that runs nothing, in this process, and the arguments that it gets.

    Nothing protects this process, whose other children and signals are pytest's.
    """
    calls = []
    monkeypatch.setattr(command, "protect", lambda: None)

    def check(target, *, progress, **options):
        calls.append((target, options))
        progress("grad")
        if "fails" in target:
            raise ZeroDivisionError("of the checker")
        if "seed" in target:
            raise ValueError("seed must be positive")
        if "stop" in target:
            raise KeyboardInterrupt
        return report(target)

    monkeypatch.setattr(parallel, "check", check)
    monkeypatch.setattr(command, "check_several", check_here)
    return calls


@pytest.fixture
def time_enough(monkeypatch):
    """A busy machine changes no repair."""
    monkeypatch.setattr(repair, "SHARE", 3.0)
