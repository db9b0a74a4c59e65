"""A program as text: a file, a notebook or standard input, read without running anything."""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import os
import sys
import tokenize
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reference.checker.signature import Definition, source_parameters

LARGEST_SOURCE = 5_000_000  # bytes


class NotLoaded(Exception):
    """A program cannot be read; the message says why, and what to do."""


@dataclass(frozen=True)
class Program:
    """The source of a program; what is known of it from its text alone.

    `lines` has the place of each line of a notebook: its cell and the line there.
    """

    file: str
    source: str
    lines: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree; an empty one where there is none."""
        try:
            return ast.parse(self.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])

    @cached_property
    def assigned(self) -> frozenset[str]:
        """The names that the top level assigns to."""
        statements = [s for s in self.tree.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        nodes = [n for s in statements for n in ast.walk(s)]
        return frozenset(
            n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )

    @cached_property
    def imported(self) -> frozenset[str]:
        """The packages that it imports."""
        names = [
            name
            for n in ast.walk(self.tree)
            for name in (
                [a.name for a in n.names]
                if isinstance(n, ast.Import)
                else [n.module or ""]
                if isinstance(n, ast.ImportFrom)
                else []
            )
        ]
        return frozenset(name.partition(".")[0] for name in names)

    def node_of(self, name: str) -> Any:
        """The `def` or `class` of a name, a method as Class.method; None where there is none."""
        body: Any = self.tree.body
        node = None
        for part in name.split("."):
            found = [n for n in ast.walk(ast.Module(body, [])) if getattr(n, "name", "") == part]
            found = [n for n in found if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            if not found:
                return None
            node = found[-1]
            body = node.body
        return node

    def line(self, number: Any) -> str:
        """A line of the source, without the space around it."""
        lines = self.source.splitlines()
        known = isinstance(number, int) and 0 < number <= len(lines)
        return lines[number - 1].strip()[:200] if known else ""

    def place(self, number: int) -> str:
        """Where a line is: "line 7", or "cell 3, line 2"."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else f"line {number}"

    def with_definitions(self, found: list[dict[str, Any]]) -> Program:
        """The program with what its process found in it."""
        definitions = []
        for f in found:
            node = self.node_of(f["name"])
            definitions.append(
                Definition(
                    str(f["name"]),
                    tuple(f["parameters"] or ([] if f["is_class"] else source_parameters(node))),
                    bool(f["is_class"]),
                    dict(f["methods"]),
                    bool(f["abstract"]) or is_abstract(node),
                    str(f["doc"]),
                    node,
                )
            )
        program = replace(self, definitions=tuple(definitions))
        for d in definitions:
            object.__setattr__(d, "program", program)
        return program


def is_abstract(node: Any) -> bool:
    """Whether a class has a method whose whole body raises NotImplementedError."""
    if not isinstance(node, ast.ClassDef):
        return False
    methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
    return any(
        isinstance(s, ast.Raise) and "NotImplementedError" in ast.dump(s)
        for m in methods
        for s in m.body[-1:]
    )


def read_program(file: str) -> Program:
    """The program in a file; of `-`, that on standard input.

    Raises
    ------
    NotLoaded
        If there is none that can be read.
    """
    if file == "-":
        return Program("<stdin>", sys.stdin.read())
    if file.endswith((".py", ".ipynb")):
        if not os.path.isfile(file):
            raise NotLoaded(f"there is no file {file}")
        if os.path.getsize(file) > LARGEST_SOURCE:
            raise NotLoaded(f"it has more than {LARGEST_SOURCE // 1_000_000} MB")
        data = read_bytes(file)
        if file.endswith(".ipynb"):
            return notebook(os.path.abspath(file), data)
        return Program(os.path.abspath(file), decode(data))
    package = file.partition(".")[0]
    if not package.isidentifier() or importlib.util.find_spec(package) is None:
        raise NotLoaded(
            f"a target is FILE.py, FILE.ipynb, FILE.py:NAME or package.module:NAME, got {file}"
        )
    return Program(file, "")


def read_bytes(file: str) -> bytes:
    """What is in a file."""
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise NotLoaded(f"it cannot be read: {error.strerror}") from None


def decode(data: bytes) -> str:
    """Source text, by its byte order mark or coding line."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def notebook(file: str, data: bytes) -> Program:
    """The code cells of a notebook in order, magics and shell lines left out."""
    try:
        cells = json.loads(data.decode("utf-8-sig"))["cells"]
        code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotLoaded("it is no notebook: its JSON has no code cells") from None
    source, places = [], []
    for number, cell in enumerate(code, start=1):
        lines = cell.split("\n")
        if lines[0].startswith("%%"):
            lines = [f"# {line}" for line in lines]
        kept = [
            f"# {line}" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines
        ]
        text = "\n".join(kept)
        if not parses(text):  # a cell that is no Python is left out alone
            kept = [f"# {line}" for line in kept]
        source += kept
        places += [f"cell {number}, line {i}" for i in range(1, len(kept) + 1)]
    return Program(file, "\n".join(source), tuple(places))


def parses(text: str) -> bool:
    """Whether it is Python."""
    try:
        ast.parse(text)
        return True
    except (SyntaxError, ValueError):
        return False


def locate(target: str) -> tuple[str, str]:
    """The file or module of a target, and the name in it.

    Examples
    --------
    >>> locate("reference.exact:gradient"), locate("a.py")
    (('reference.exact', 'gradient'), ('a.py', ''))
    """
    file, _, name = target.rpartition(":")
    if not file or not name.replace(".", "").isidentifier() or name.endswith((".py", ".ipynb")):
        return target, ""
    return file, name


def why_not_python(source: str) -> str:
    """Why a source does not compile; Python 2 is recognised. "" if it does."""
    try:
        compile(source, "program", "exec", dont_inherit=True)
        return ""
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        if "Missing parentheses in call to 'print'" in str(error):
            return f"it is written for Python 2: print needs parentheses{where}; run 2to3 on it"
        message = getattr(error, "msg", None) or str(error)
        return f"it is no Python 3: {message}{where}"
