"""What comes out of the pipe: an answer, checked for its form; or the word that none comes."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

import numpy as np

RAISED = ("type", "message", "line", "lineno")


class SubjectTerminated(Exception):
    """The subject's process gave no answer: `fault` is 'timeout' or 'crash'."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(detail)
        self.fault, self.detail = fault, detail
        self.problem: Any = None  # the problem that was asked, where one was


@dataclass(frozen=True)
class ArrayMessage:
    """One array of an answer; `values` is None where it holds no real numbers.

    `path` leads to it in what was returned: the keys of a dict, positions of a tuple; `kind` is
    the name of its Python type.
    """

    dtype: str
    shape: tuple[int, ...]
    values: Any
    path: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class RawOutput:
    """What one call returned, what it left in the arguments that it changed, or what it raised."""

    parts: tuple[ArrayMessage, ...] = ()
    after: tuple[tuple[str, tuple[ArrayMessage, ...]], ...] = ()
    raised: dict[str, Any] | None = None

    @property
    def changed(self) -> tuple[str, ...]:
        """The arguments that it changed, by position or name."""
        return tuple(argument for argument, _ in self.after)

    @property
    def key(self) -> Any:
        """Equal for equal answers, to the last bit."""
        return tuple(
            (p.path, p.shape, None if p.values is None else p.values.tobytes()) for p in self.parts
        )


def describe_exit(code: int) -> str:
    """An exit code in words.

    Examples
    --------
    >>> describe_exit(-11), describe_exit(0)
    ('killed by SIGSEGV', 'it ended its own process, with exit code 0')
    """
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"it ended its own process, with exit code {code}"


def decode(line: dict[str, Any]) -> RawOutput:
    """An answer, if the line has the form of one.

    Raises
    ------
    SubjectTerminated
        If it has not.

    Examples
    --------
    >>> line = {"parts": [{"dtype": "float64", "shape": [1], "values": [2.0]}]}
    >>> decode(line).parts[0].values
    array([2.])
    """
    try:
        if "raised" in line:
            return RawOutput(raised={k: line["raised"].get(k) for k in RAISED})
        after = [(str(a["argument"]), decode_parts(a["parts"])) for a in line.get("after", ())]
        return RawOutput(decode_parts(line["parts"]), tuple(after))
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        raise SubjectTerminated("crash", "it wrote into the pipe of its answers") from None


def decode_parts(found: Any) -> tuple[ArrayMessage, ...]:
    """The parts of an answer; an error if one has not as many numbers as its shape says."""
    parts = []
    for p in found:
        shape = tuple(map(int, p["shape"]))
        values = None if p["values"] is None else np.array(p["values"], dtype=float)
        if values is not None and values.shape != (np.prod(shape),):
            raise ValueError
        path = tuple(str(key)[:80] for key in p.get("path", ()))
        kind = str(p.get("kind", ""))[:80]
        parts.append(ArrayMessage(str(p["dtype"])[:80], shape, values, path, kind))
    return tuple(parts)
