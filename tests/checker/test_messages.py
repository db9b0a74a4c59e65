"""What comes out of the pipe: numbers in their form, or the word that none came."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from reference.checker.sandbox.messages import (
    ArrayMessage,
    RawOutput,
    SubjectTerminated,
    decode,
    describe_exit,
)


def line(**parts):
    """A line with one part."""
    usual = {"dtype": "float64", "shape": [2], "values": [1.5, -0.0]}
    return {"parts": [usual | parts], "changed": [0, 2]}


def test_an_answer_is_read_as_it_was_written():
    """dtype, shape, numbers; none where there are none; the arguments that were changed."""
    (part,) = decode(line()).parts
    assert (part.dtype, part.shape, part.values.tolist()) == ("float64", (2,), [1.5, 0.0])
    assert part.values.dtype == float
    assert decode(line()).changed == (0, 2)
    assert decode(line()).raised is None
    (part,) = decode(line(dtype="complex128", values=None)).parts
    assert (part.dtype, part.values) == ("complex128", None)
    (part,) = decode(line(shape=[], values=[7])).parts
    assert (part.shape, part.values.tolist()) == ((), [7.0])
    assert RawOutput() == RawOutput((), (), None)


def test_what_was_raised_has_four_fields():
    """Those that are known, and None for the others; nothing else is let through."""
    raised = {"type": "KeyError", "message": "'w'", "line": "x['w']", "lineno": 3, "more": 1}
    expected = {k: v for k, v in raised.items() if k != "more"}
    assert decode({"raised": raised}) == RawOutput(raised=expected)
    bare = dict.fromkeys(("type", "message", "line", "lineno"))
    assert decode({"raised": {}}).raised == bare


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"parts": 1, "changed": []},
        {"parts": [], "changed": ["a"]},
        {"parts": [{}], "changed": []},
        {"parts": [], "changed": [1e400]},
        {"raised": 3},
        line(values=[1.0]),
        line(values=["x", "y"]),
        line(shape=[1, 1]),
        line(shape=["two"]),
    ],
)
def test_what_is_no_answer_is_a_crash(wrong):
    """Said in one sentence, of no problem in particular."""
    with pytest.raises(SubjectTerminated) as ended:
        decode(wrong)
    assert ended.value.fault == "crash"
    assert str(ended.value) == ended.value.detail == "it wrote into the pipe of its answers"
    assert ended.value.problem is None


def test_keys_are_equal_to_the_last_bit():
    """Shapes and numbers: 0 is not −0, and NaN is itself; what has no numbers has its shape."""

    def key(*values, shape=(2,)):
        return RawOutput(
            (ArrayMessage("float64", shape, np.array(values) if values else None),)
        ).key

    assert key(1.0, 0.0) == key(1.0, 0.0) != key(1.0, -0.0)
    assert key(1.0, np.nan) == key(1.0, np.nan)
    assert key(1.0, 2.0) != key(1.0, np.nextafter(2, 3))
    assert key(1.0, 2.0) != key(1.0, 2.0, shape=(2, 1))
    assert key() == key() != key(shape=(3,))
    assert key() != key(1.0, 2.0)
    assert (
        RawOutput((ArrayMessage("a", (), None),) * 2).key
        != RawOutput((ArrayMessage("a", (), None),)).key
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "killed by SIGKILL"),
        (-1, "killed by SIGHUP"),
        (0, "it ended its own process, with exit code 0"),
        (3, "it ended its own process, with exit code 3"),
    ],
)
def test_an_exit_code_is_told_in_words(code, words):
    """A signal by its name."""
    assert describe_exit(code) == words


@pytest.mark.parametrize("record", [ArrayMessage("float64", (), None), RawOutput()])
def test_records_stay_as_they_are(record):
    """They are frozen."""
    with pytest.raises(FrozenInstanceError):
        record.values = record.parts = None
