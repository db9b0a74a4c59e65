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
    """One array of an answer; `values` is None where it holds no real numbers."""

    dtype: str
    shape: tuple[int, ...]
    values: Any


@dataclass(frozen=True)
class RawOutput:
    """What one call returned, which arguments it changed, or what it raised."""

    parts: tuple[ArrayMessage, ...] = ()
    changed: tuple[int, ...] = ()
    raised: dict[str, Any] | None = None

    @property
    def key(self) -> Any:
        """Equal for equal answers, to the last bit."""
        return tuple(
            (p.shape, None if p.values is None else p.values.tobytes()) for p in self.parts
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
    >>> decode({"parts": [{"dtype": "float64", "shape": [1], "values": [2.0]}], "changed": []}).parts
    (ArrayMessage(dtype='float64', shape=(1,), values=array([2.])),)
    """
    try:
        if "raised" in line:
            return RawOutput(raised={k: line["raised"].get(k) for k in RAISED})
        found = [(p["dtype"], tuple(map(int, p["shape"])), p["values"]) for p in line["parts"]]
        arrays = [None if v is None else np.array(v, dtype=float) for _, _, v in found]
        if any(
            a is not None and a.shape != (np.prod(s),)
            for a, (_, s, _) in zip(arrays, found, strict=True)
        ):
            raise ValueError  # as below
        parts = [ArrayMessage(str(t), s, a) for (t, s, _), a in zip(found, arrays, strict=True)]
        return RawOutput(tuple(parts), tuple(map(int, line["changed"])))
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        raise SubjectTerminated("crash", "it wrote into the pipe of its answers") from None
