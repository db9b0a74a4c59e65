"""What comes through the pipe: results, validated; or the error that none came."""

from __future__ import annotations

import functools
import json
import math
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

RAISED = ("type", "message", "line", "lineno")
Decoder = Callable[[Any], Any]


class SubjectTerminated(Exception):
    """The process of the code under test gave no answer: `fault` is 'timeout' or 'crash'."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(detail)
        self.fault, self.detail = fault, detail
        self.problem: Any = None  # the problem that was asked, where one was


class OutOfTime(SubjectTerminated):
    """The time of the function is over, and its last call has not taken so long as to be blamed."""

    def __init__(self, seconds: float) -> None:
        told = f"the {seconds:.3g} seconds of this function are over; if it is only slow, try "
        super().__init__("timeout", f"{told}--timeout {math.ceil(6 * seconds)}")


@dataclass(frozen=True)
class ArrayMessage:
    """One array of an answer; `values` is None if it holds no real numbers.

    `path` leads to it in what was returned: the keys of a dict, positions of a tuple; `kind` is
    the name of its Python type; `access` is how Python reaches it from there: "[0]", ".dw".
    """

    dtype: str
    shape: tuple[int, ...]
    values: Any
    path: tuple[str, ...] = ()
    kind: str = ""
    access: str = ""


@dataclass(frozen=True)
class RawOutput:
    """What one call returned, what it left in the arguments that it changed, or what it raised.

    `kept` has the parameters that a function which returns nothing could have updated and did not.
    """

    parts: tuple[ArrayMessage, ...] = ()
    after: tuple[tuple[str, tuple[ArrayMessage, ...]], ...] = ()
    raised: dict[str, Any] | None = None
    kept: tuple[tuple[str, tuple[ArrayMessage, ...]], ...] = ()

    @property
    def changed(self) -> tuple[str, ...]:
        """The arguments that it changed, by position or name."""
        return tuple(argument for argument, _ in self.after)

    @property
    def key(self) -> Any:
        """Equal for answers that are equal to the last bit."""
        left = [p for _, parts in (*self.after, *self.kept) for p in parts]
        return tuple(
            (p.path, p.shape, None if p.values is None else p.values.tobytes())
            for p in (*self.parts, *left)
        )


def describe_exit(code: int) -> str:
    """Put an exit code in words.

    Examples
    --------
    >>> describe_exit(-11), describe_exit(-40), describe_exit(3)
    ('killed by SIGSEGV', 'killed by signal 40', 'exit code 3')
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # a signal without a name
        return f"killed by signal {-code}"


def validated(decoder: Decoder) -> Decoder:
    """A decoder whose errors, where a message has another form, become SubjectTerminated."""

    @functools.wraps(decoder)
    def decode_or_refuse(message: Any) -> Any:
        try:
            return decoder(message)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError):
            raise SubjectTerminated("crash", "it wrote into the pipe of its answers") from None

    return decode_or_refuse


@validated
def parse_line(line: bytes) -> dict[str, Any]:
    """Parse one JSON object."""
    return dict(json.loads(line.decode("ascii")).items())


@validated
def decode(message: dict[str, Any]) -> RawOutput:
    """Validate the output of a call.

    Raises
    ------
    SubjectTerminated
        If the message has another form.

    Examples
    --------
    >>> part = {"dtype": "float64", "shape": [1], "values": np.float64(2).tobytes().hex()}
    >>> decode({"parts": [part], "after": []}).parts[0].values
    array([2.])
    """
    if "raised" in message:
        return RawOutput(raised=decode_raised(message["raised"]))
    parts, after = decode_arrays(message["parts"]), decode_arguments(message["after"])
    return RawOutput(parts, after, kept=decode_arguments(message.get("kept", ())))


@validated
def decode_changed(message: dict[str, Any]) -> list[RawOutput]:
    """Validate the outputs of the calls of a changed source; one where it could not be defined."""
    return [decode(m) for m in message.get("answers", [message])]


def decode_arguments(arguments: Any) -> tuple[tuple[str, tuple[ArrayMessage, ...]], ...]:
    """Validate what is in arguments after a call."""
    return tuple((printable(a["argument"]), decode_arrays(a["parts"])) for a in arguments)


def decode_arrays(parts: Any) -> tuple[ArrayMessage, ...]:
    """Validate the arrays of an answer."""
    return tuple(map(decode_array, parts))


def decode_array(part: dict[str, Any]) -> ArrayMessage:
    """Validate one array: as many numbers as its shape says, in hexadecimal digits, or None."""
    shape, values = tuple(map(int, part["shape"])), part["values"]
    if values is not None:
        values = np.frombuffer(bytes.fromhex(values))
        if values.shape != (math.prod(shape),):
            raise ValueError(f"values must have as many numbers as {shape}, got {values.shape}")
    path = tuple(printable(key)[:80] for key in part.get("path", ()))
    kind, access = printable(part.get("kind", "")), printable(part.get("access", ""))[:200]
    return ArrayMessage(str(part["dtype"]), shape, values, path, kind, access)


def decode_raised(raised: dict[str, Any]) -> dict[str, Any]:
    """Validate an exception: the four fields, each printable; None for one that is not known."""
    found = {field: raised.get(field) for field in RAISED}
    return {
        field: None if value is None else int(value) if field == "lineno" else printable(value)
        for field, value in found.items()
    }


def printable(text: Any) -> str:
    """A text on one line that changes no terminal: what cannot be printed is escaped.

    Examples
    --------
    >>> printable("ŷ\\n\\x1b[2J")
    'ŷ\\\\n\\\\x1b[2J'
    """
    found = str(text)
    if found.isprintable():
        return found
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in found)


@validated
def decode_definitions(message: dict[str, Any]) -> dict[str, Any]:
    """Validate what was found in a program and left out of it, see `definitions.load`.

    Raises
    ------
    ImportError
        With the exception, as a dict, if the import raised one.
    SubjectTerminated
        If the message has another form.
    """
    if "raised" in message:
        raise ImportError(decode_raised(message["raised"]))
    left_out = [(int(s["line"]), printable(s["why"])) for s in message["left_out"]]
    return {"found": [decode_definition(d) for d in message["found"]], "left_out": left_out}


def decode_definition(found: dict[str, Any]) -> dict[str, Any]:
    """Validate one description."""
    methods = {printable(m): decode_parameters(p) for m, p in found["methods"].items()}
    return {
        "name": printable(found["name"]),
        "alias_of": printable(found["alias_of"]),
        "parameters": decode_parameters(found["parameters"]),
        "methods": methods,
        "is_class": bool(found["is_class"]),
        "abstract": bool(found["abstract"]),
        "doc": "\n".join(map(printable, str(found["doc"]).splitlines())),
    }


def decode_parameters(parameters: Any) -> list[dict[str, Any]]:
    """Validate the description of each parameter."""
    return [
        {
            "name": printable(p["name"]),
            "required": bool(p["required"]),
            "kind": printable(p["kind"]),
            "default": None if p["default"] is None else printable(p["default"]),
            "annotation": printable(p["annotation"]),
        }
        for p in parameters
    ]
