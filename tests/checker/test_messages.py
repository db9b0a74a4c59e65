"""What comes through the pipe: validated results, or the error that there are none."""

import json

import numpy as np
import pytest

from reference.checker.sandbox.messages import (
    ArrayMessage,
    RawOutput,
    SubjectTerminated,
    decode,
    decode_definitions,
    describe_exit,
    parse_line,
)


def digits(*values):
    """Numbers as they are written into the pipe."""
    return np.array(values, dtype=float).tobytes().hex()


def message(**part):
    """A message with one part."""
    usual = {"dtype": "float64", "shape": [2], "values": digits(1.5, -0.0)}
    after = [{"argument": 0, "parts": [usual]}, {"argument": "w", "parts": []}]
    return {"parts": [usual | part], "after": after}


@pytest.mark.parametrize(
    ("part", "dtype", "shape", "values"),
    [
        ({}, "float64", (2,), [1.5, 0.0]),
        ({"dtype": "complex128", "values": None}, "complex128", (2,), None),
        ({"shape": [], "values": digits(7)}, "float64", (), [7.0]),
        ({"values": digits(np.nan, np.inf)}, "float64", (2,), [np.nan, np.inf]),
    ],
)
def test_an_output_is_decoded_as_it_was_written(part, dtype, shape, values):
    """dtype, shape, numbers as float64 or None; and which arguments were changed."""
    found = decode(parse_line(json.dumps(message(**part)).encode()))
    (array,) = found.parts
    assert (array.dtype, array.shape, array.path, array.kind) == (dtype, shape, (), "")
    assert (found.changed, found.raised) == (("0", "w"), None)
    assert found.after[0][1][0].values.tolist() == [1.5, 0]
    np.testing.assert_array_equal(array.values, values)
    assert values is None or array.values.dtype == float


def test_what_was_raised_has_four_fields_that_can_be_printed():
    """None for one that is missing; other fields are dropped; a lone surrogate is escaped."""
    raised = {"type": "KeyError", "message": "'w'", "line": "x['w']", "lineno": 3}
    assert decode({"raised": {**raised, "more": 1}}) == RawOutput(raised=raised)
    assert decode({"raised": {}}).raised == dict.fromkeys(raised)
    odd = decode({"raised": {"message": "\ud800", "line": ["x"]}}).raised
    assert (odd["message"], odd["line"]) == ("\\ud800", "['x']")


def test_a_part_has_its_path_and_type():
    """Cut, and such that it can be printed."""
    (found,) = decode(message(path=["w", 3, "x" * 99], kind="\ud800")).parts
    assert (found.path, found.kind) == (("w", "3", "x" * 80), "\\ud800")


P = {"name": "X", "required": True, "kind": "k", "default": None, "annotation": ""}
F = {"name": "f", "parameters": [P], "methods": {}, "is_class": False, "alias_of": ""}
F |= {"abstract": False, "doc": "A text."}


def test_definitions_are_decoded_as_they_were_written():
    """In their order, with what was left out; or what the import raised, as an ImportError."""
    model = F | {"name": "M", "is_class": True, "methods": {"fit": [P, P | {"default": "3"}]}}
    left_out = [{"line": 3, "why": "it reads a file"}]
    decoded = decode_definitions({"found": [F, model], "left_out": left_out})
    assert decoded == {"found": [F, model], "left_out": [(3, "it reads a file")]}
    with pytest.raises(ImportError) as error:
        decode_definitions({"raised": {"type": "KeyError", "message": "w"}})
    assert error.value.args[0].items() >= {"type": "KeyError", "message": "w"}.items()


@pytest.mark.parametrize(
    ("decoder", "wrong"),
    [
        *((parse_line, line) for line in (b"", b"{\n", b"3\n", b"[1]\n", b"\xff\n", b"[" * 99_999)),
        *((f, wrong) for f in (decode, decode_definitions) for wrong in ({}, {"raised": 3})),
        (decode, {"raised": {"lineno": "three"}}),
        (decode, {"parts": 1, "after": []}),
        (decode, {"parts": [], "after": ["a"]}),
        (decode, {"parts": [{}], "after": []}),
        (decode, {"parts": [], "after": [{"argument": 0}]}),
        (decode, message(values=digits(1.0))),
        (decode, message(values=digits(1.0, 2.0)[:-1])),
        (decode, message(values="xy" * 16)),
        (decode, message(values=[1.0, 2.0])),
        (decode, message(shape=[1, 1])),
        (decode, message(shape=["two"])),
        (decode_definitions, {"found": 3, "left_out": []}),
        (decode_definitions, {"found": [], "left_out": [{"line": "x", "why": ""}]}),
        (decode_definitions, {"found": [{"name": "f"}], "left_out": []}),
        (decode_definitions, {"found": [{**F, "parameters": [["X"]]}], "left_out": []}),
        (decode_definitions, {"found": [{**F, "methods": 3}], "left_out": []}),
    ],
)
def test_anything_else_is_a_crash(decoder, wrong):
    """No error of another kind, whatever was written into the pipe."""
    with pytest.raises(SubjectTerminated, match="wrote into the pipe") as ended:
        decoder(wrong)
    assert ended.value.fault == "crash"
    assert ended.value.detail == str(ended.value)


def test_keys_are_equal_to_the_last_bit():
    """Shapes and numbers: 0 is not −0, and NaN is itself; what has no numbers has its shape."""

    def key(*values, shape=(2,)):
        array = ArrayMessage("float64", shape, np.array(values) if values else None)
        return RawOutput((array,)).key

    assert key(1.0, 0.0) == key(1.0, 0.0) != key(1.0, -0.0)
    assert key(1.0, np.nan) == key(1.0, np.nan)
    assert key(1.0, 2.0) != key(1.0, np.nextafter(2, 3))
    assert key(1.0, 2.0) != key(1.0, 2.0, shape=(2, 1))
    assert key() == key() != key(shape=(3,))
    assert key() != key(1.0, 2.0)
    named, other = (ArrayMessage("a", (), None, (path,)) for path in "wb")
    assert RawOutput((named,)).key != RawOutput((other,)).key
    nothing = ArrayMessage("a", (), None)
    assert RawOutput((nothing, nothing)).key != RawOutput((nothing,)).key


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "SIGKILL"),
        (-1, "SIGHUP"),
        (-40, "signal 40"),
        (0, "code 0"),
        (3221225477, "3221225477"),
    ],
)
def test_an_exit_code_is_put_in_words(code, words):
    """A signal by its name if it has one; on Windows a crash is a large code."""
    assert words in describe_exit(code)
