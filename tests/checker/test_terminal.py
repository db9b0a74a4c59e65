"""Standard output and error: whatever they are, no report is lost to them, and no verdict made."""

import errno
import io
import sys

import pytest

from reference import __main__ as command
from reference.checker.command import parallel
from reference.checker.command.terminal import complain, escape_what_cannot_be_encoded, write
from reference.checker.report import Check, Report


class Failing(io.StringIO):
    """A stream that takes nothing."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


@pytest.mark.parametrize(
    ("stream", "good"),
    [
        (io.StringIO(), True),
        (Failing(BrokenPipeError(errno.EPIPE, "Broken pipe")), True),
        (Failing(OSError(errno.ENOSPC, "No space left on device")), False),
        (None, False),
    ],
    ids=["open", "reader gone", "full", "closed"],
)
@pytest.mark.parametrize("verdict", ["right", "wrong"])
def test_output_that_is_lost_is_never_a_success(monkeypatch, capsys, stream, good, verdict):
    """A reader that has gone has read enough; what is wrong stays wrong."""
    report = Report("a.py", (Check("gradient", "grad", verdict),))
    monkeypatch.setattr(parallel, "check", lambda target, **options: report)
    monkeypatch.setattr(sys, "stdout", stream)
    status = command.main(["check", "a.py"])
    assert status == (1 if verdict == "wrong" else 0 if good else 2)
    full = isinstance(stream, Failing) and stream.error.errno == errno.ENOSPC
    assert ("No space left" in capsys.readouterr().err) == full


@pytest.mark.parametrize("stream", [None, Failing(OSError(errno.EBADF, "Bad file descriptor"))])
def test_a_closed_standard_error_is_no_trouble(monkeypatch, stream):
    """Neither for messages nor for the line of progress."""
    monkeypatch.setattr(sys, "stderr", stream)
    complain("x")
    monkeypatch.setattr(parallel, "check", lambda target, **options: Report(target, ()))
    assert command.main(["check", "a.py", "b.py", "--quiet"]) == 2


def test_letters_that_an_encoding_lacks_are_escaped(monkeypatch):
    """Also where there is no stream."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    escape_what_cannot_be_encoded()
    assert write("∇w L, Σ, é")
    assert stream.buffer.getvalue() == b"\\u2207w L, \\u03a3, \xe9\n"
