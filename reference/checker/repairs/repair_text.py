"""A repair as it is shown and written: the lines before and after, and the mended copy."""

from __future__ import annotations

import difflib
import io
import json
import os
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from reference.checker.loading import decode


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
    loss: str = ""  # the convention under which all is right then

    @property
    def line(self) -> int:
        """The first line that changes, or is moved; else where the first new one comes."""
        return next((h.line for h in self.hunks if h.before), self.hunks[0].line)

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


def chosen_hunks(repairs: Sequence[Repair]) -> list[Hunk]:
    """The hunks of several repairs, the last first; of two for the same lines the first."""
    chosen: list[Hunk] = []
    taken: set[int] = set()
    for repair in repairs:
        touched = {h.line + i for h in repair.hunks for i in range(h.before.count("\n") + 1)}
        if not touched & taken:
            taken |= touched
            chosen += repair.hunks
    return sorted(chosen, reverse=True)


def mended(source: str, repairs: Sequence[Repair]) -> str:
    """A source with its repairs.

    Examples
    --------
    >>> mended("a\\nb\\n", [Repair((Hunk(2, "b", "c"),))])
    'a\\nc\\n'
    """
    lines = source.splitlines()
    for line, before, after in chosen_hunks(repairs):
        lines[line - 1 : line - 1 + len(before.splitlines())] = after.splitlines()
    return "\n".join(lines) + "\n"


def mended_notebook(text: str, repairs: Sequence[Repair]) -> str:
    """A notebook with the repairs of its cells."""
    document = json.loads(text)
    cells = [c for c in document["cells"] if c["cell_type"] == "code"]
    places = next((r.places for r in repairs), ())
    for line, before, after in chosen_hunks(repairs):
        cell, at = map(int, re.findall(r"\d+", places[line - 1]))
        lines = "".join(cells[cell - 1]["source"]).split("\n")
        lines[at - 1 : at - 1 + len(before.splitlines())] = after.splitlines()
        cells[cell - 1]["source"] = "\n".join(lines).splitlines(keepends=True)
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_mended(file: str, repairs: Sequence[Repair]) -> str:
    """Write the mended copy beside a file; its name."""
    with open(file, "rb") as opened:
        data = opened.read()
    if file.endswith(".ipynb"):
        text, encoding = mended_notebook(data.decode("utf-8-sig"), repairs), "utf-8"
    else:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = mended(decode(data), repairs)
    name = repaired_name(file)
    newline = "\r\n" if b"\r\n" in data else "\n"
    with open(name, "w", encoding=encoding, newline=newline) as opened:
        opened.write(text)
    return name


def repaired_name(file: str) -> str:
    """The name of the mended copy.

    Examples
    --------
    >>> repaired_name("a/gradient.py")
    'a/gradient.repaired.py'
    """
    stem, ending = os.path.splitext(file)
    return f"{stem}.repaired{ending}"
