"""A repair as it is shown and written: the lines before and after, and the mended copy."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Hunk(NamedTuple):
    """Lines that follow each other, before and after a repair."""

    line: int
    before: str
    after: str


@dataclass(frozen=True)
class Repair:
    """A change that was confirmed: the first changed line, and all lines before and after."""

    hunks: tuple[Hunk, ...]
    places: tuple[str, ...] = ()  # where the lines of a notebook are

    @property
    def line(self) -> int:
        """The first line that changes."""
        return self.hunks[0].line

    def as_dict(self) -> dict[str, Any]:
        """What JSON has: the first place, and the others under "also" where there are several."""
        first, *rest = [h._asdict() for h in dedented(self.hunks)]
        return first | ({"also": rest} if rest else {})

    def __str__(self) -> str:
        shown = []
        for hunk in dedented(self.hunks):
            for sign, text in (("-", hunk.before), ("+", hunk.after)):
                for i, line in enumerate(text.splitlines()):
                    shown.append(f"{sign} {self.place(hunk.line + i)}  {line}")
        return "\n".join(shown)

    def place(self, line: int) -> str:
        """A line's number; in a notebook the cell and the line in it."""
        known = 0 < line <= len(self.places)
        return self.places[line - 1] if known else str(line)


def dedented(hunks: Sequence[Hunk]) -> list[Hunk]:
    """The same lines without the space that all of them begin with."""
    lines = [line for h in hunks for t in (h.before, h.after) for line in t.splitlines()]
    margin = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)

    def cut(text: str) -> str:
        return "\n".join(line[margin:] for line in text.splitlines())

    return [Hunk(h.line, cut(h.before), cut(h.after)) for h in hunks]


def hunks_between(before: str, after: str) -> tuple[Hunk, ...]:
    """The lines that differ.

    Examples
    --------
    >>> hunks_between("a\\nb\\n", "a\\nc\\n")
    (Hunk(line=2, before='b', after='c'),)
    """
    a, b = before.splitlines(), after.splitlines()
    found = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return tuple(
        Hunk(i + 1, "\n".join(a[i:j]), "\n".join(b[k:m]))
        for tag, i, j, k, m in found
        if tag != "equal"
    )


def mended(source: str, repairs: Sequence[Repair]) -> str:
    """A source with its repairs; of two that change the same lines the first."""
    lines, taken = source.splitlines(), set()
    chosen = []
    for repair in repairs:
        touched = {
            line for h in repair.hunks for line in range(h.line, h.line + h.before.count("\n") + 1)
        }
        if not touched & taken:
            taken |= touched
            chosen += repair.hunks
    for hunk in sorted(chosen, reverse=True):
        count = len(hunk.before.splitlines())
        lines[hunk.line - 1 : hunk.line - 1 + count] = hunk.after.splitlines()
    return "\n".join(lines) + "\n"


def repaired_name(file: str) -> str:
    """The name of the mended copy.

    Examples
    --------
    >>> repaired_name("a/gradient.py")
    'a/gradient.repaired.py'
    """
    stem, ending = os.path.splitext(file)
    return f"{stem}.repaired{ending}"
