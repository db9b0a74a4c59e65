"""A program as text: a file, a notebook or standard input, read without running anything."""

from __future__ import annotations

import ast
import glob
import importlib.machinery
import importlib.util
import io
import json
import os
import re
import sys
import tokenize
import warnings
import zipfile
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reference.checker.definition import Definition, role_by_use, source_parameters, used_names
from reference.checker.signature import kinds_of, roles_of

ENDINGS = (".py", ".ipynb")
LARGEST_SOURCE = 5_000_000  # bytes
MOST_NAMES = 1_000  # functions and classes
PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")  # magics whose cell is Python
MAGIC = re.compile(r"^(\s*)((?:[%!?]|[\w.]+\s*=\s*[%!]).*|[\w.]+\?{1,2}\s*)$")
PYTHON_2 = re.compile(
    r"""^\s*(print\s+[^(=\s]|print\s*>>|exec\s+["'\w]|except\s+[\w.]+\s*,\s*\w+\s*:)
    |^\s*raise\s+[\w.]+\s*,|<>|`\w+`|\b0\d+\b|\bur["']""",
    re.VERBOSE,
)


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
    left_out: tuple[str, ...] = ()  # what of it is not Python

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
    def constants(self) -> frozenset[str]:
        """Those of them whose value is a number or a text and nothing else."""
        given = [s for s in self.tree.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        plain = {n for s in given if isinstance(s.value, ast.Constant) for n in targets_of(s)}
        return frozenset(plain - {n for s in given if s.value is None for n in targets_of(s)})

    @cached_property
    def counts(self) -> frozenset[str]:
        """Those of them that are a size of data: `n = len(y)`, `n, d = X.shape`, `m = 100`."""
        given = [s for s in self.tree.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        return frozenset(n for s in given if is_size(s.value) for n in targets_of(s))

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
            inner = [n for n in body if getattr(n, "name", "") == part]
            found = inner or [
                n for s in body for n in ast.walk(s) if getattr(n, "name", "") == part
            ]
            found = [n for n in found if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            if not found:
                return None
            node = found[-1]
            body = node.body
        return node

    def first_line(self, name: str) -> int:
        """The line where a function or class begins, `name = lambda …` too; 0 if not known."""
        given = [s for s in self.tree.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        found = [s.lineno for s in given if name in targets_of(s)]
        node = self.node_of(name)
        return node.lineno if node else max(found, default=0)

    def line(self, number: Any) -> str:
        """A line of the source, without the space around it."""
        lines = self.source.split("\n")
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
            if "." in f["name"] and not stands_alone(f, node):
                continue
            parameters = f["parameters"] or ([] if f["is_class"] else source_parameters(node))
            definitions.append(
                Definition(
                    str(f["name"]),
                    with_use(parameters, node),
                    bool(f["is_class"]),
                    {m: with_use(ps, method_of(node, m)) for m, ps in f["methods"].items()},
                    bool(f["abstract"]) or is_abstract(node),
                    str(f["doc"]),
                    node,
                )
            )
        program = replace(self, definitions=tuple(definitions))
        for d in definitions:
            object.__setattr__(d, "program", program)
        return program


def stands_alone(found: dict[str, Any], node: Any) -> bool:
    """Whether a method has the name of one of our functions, and uses no object."""
    kinds = kinds_of(found["name"].rpartition(".")[2])[:1]
    parameters = with_use(found["parameters"], node)
    first = parameters[0] if parameters else {}
    used = {
        n.attr
        for n in ast.walk(node or ast.Module([], []))
        if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "self"
    }
    roles = sorted(role for name in used for role in roles_of(name)[:1])
    record = roles == ["b", "w"] and kinds != ["predict"]  # which is asked after a training
    bound = first.get("name") == "self" and not first.get("unused") and not record
    named = kinds in (["gradient"], ["loss"], ["predict"], ["step"])
    return named and not bound and isinstance(node, ast.FunctionDef)


def targets_of(statement: Any) -> set[str]:
    """The names that a statement assigns to."""
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, ast.Store)}


def is_size(value: Any) -> bool:
    """Whether a value is a number of samples or features, perhaps as a float."""
    if isinstance(value, ast.Constant):
        return type(value.value) is int and value.value > 1
    names = {n.attr for n in ast.walk(value or ast.Tuple([])) if isinstance(n, ast.Attribute)}
    called = value.func if isinstance(value, ast.Call) else value
    inner = value.args[0] if isinstance(value, ast.Call) and value.args else called
    is_len = any(getattr(getattr(n, "func", n), "id", "") == "len" for n in (value, inner))
    return is_len or (bool(names) and names <= {"shape", "size"})


def with_use(parameters: list[dict[str, Any]], node: Any) -> tuple[dict[str, Any], ...]:
    """The parameters of a function or class, with whether and how its body uses them."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return tuple(parameters)
    found = [p | {"role": role_by_use(node, p["name"])} for p in parameters]
    if isinstance(node, ast.ClassDef):
        return tuple(found)
    used = used_names(node)
    return tuple(p | {"unused": p["name"] not in used} for p in found)


def method_of(node: Any, name: str) -> Any:
    """The source of a method, or None."""
    body = node.body if isinstance(node, ast.ClassDef) else []
    return next((n for n in body if getattr(n, "name", "") == name), None)


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
    """The program in a file, or in `archive.zip/file`; of `-`, that on standard input.

    Raises
    ------
    NotLoaded
        If there is none that can be read.
    """
    if file == "-":
        data = (
            sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
        )
        return notebook("<stdin>", data) if data[:1] == b"{" else Program("<stdin>", decode(data))
    known = os.path.exists(file) or in_archive(file)[0]
    if file.endswith(ENDINGS) and (known or not glob.has_magic(file)):
        data, path = read_bytes(file), os.path.abspath(file)
        return notebook(path, data) if file.endswith(".ipynb") else Program(path, decode(data))
    if os.path.isdir(file) or file.lower().endswith(".zip") or glob.has_magic(file):
        raise NotLoaded(
            "it may have several programs, and `check` takes one; "
            f"run `python -m reference check {file}`, or call `check` for each file"
        )
    if os.path.exists(file):
        raise NotLoaded("it is neither FILE.py nor FILE.ipynb")
    package = file.partition(".")[0]
    if not package.isidentifier() or not is_importable(package):
        raise NotLoaded(
            f"a target is FILE.py, FILE.ipynb, FILE.py:NAME or package.module:NAME, got {file}"
        )
    return Program(file, "")


def is_importable(package: str) -> bool:
    """Whether there is such a package, in the working directory or where Python looks."""
    path = [os.getcwd(), *sys.path]
    try:
        found = importlib.machinery.PathFinder.find_spec(package, path)
        return (found or importlib.util.find_spec(package)) is not None
    except (ImportError, ValueError):
        return False


def read_bytes(file: str) -> bytes:
    """What is in a file, on the disk or in a zip archive."""
    archive, member = in_archive(file)
    if os.path.exists(file) and not os.path.isfile(file):
        raise NotLoaded("it is no file, but a folder, a pipe or a device")
    try:
        if archive:
            with zipfile.ZipFile(archive) as opened:
                too_large = opened.getinfo(member).file_size > LARGEST_SOURCE
                data = b"" if too_large else opened.read(member)
        else:
            too_large = os.path.getsize(file) > LARGEST_SOURCE
            with open(file, "rb") as source:
                data = b"" if too_large else source.read()
    except (FileNotFoundError, KeyError):
        raise NotLoaded(f"there is no file {file}") from None
    except OSError as error:
        raise NotLoaded(f"it cannot be read: {error.strerror}") from None
    except Exception as error:  # damaged archives raise errors of many kinds
        raise NotLoaded(f"it cannot be read from the archive: {error}") from None
    if too_large:
        raise NotLoaded(f"it has more than {LARGEST_SOURCE // 1_000_000} MB")
    return data


def in_archive(file: str) -> tuple[str, str]:
    """The archive and the entry of `archive.zip/folder/file.py`; "" for a file on the disk."""
    parts = file.split("/")
    for i, part in enumerate(parts[:-1], start=1):
        archive = "/".join(parts[:i])
        if part.lower().endswith(".zip") and os.path.isfile(archive):
            return archive, "/".join(parts[i:])
    return "", file


def decode(data: bytes) -> str:
    """Source text, by its byte order mark or coding line."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return with_newlines(data.decode("utf-16", errors="replace"))
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return with_newlines(data.decode(encoding))
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return with_newlines(data.decode("latin-1"))


def with_newlines(text: str) -> str:
    """The text with every line ended in the same way, and no byte order mark."""
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def notebook(file: str, data: bytes) -> Program:
    """The code cells of a notebook in order, magics and shell lines left out."""
    try:
        content = json.loads(data.decode("utf-8-sig"))
        cells = content["cells"] if "cells" in content else content["worksheets"][0]["cells"]
        code = ["".join(c.get("source", c.get("input", ""))) for c in cells if is_code(c)]
        language = str(content.get("metadata", {}).get("kernelspec", {}).get("language", "python"))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise NotLoaded("it is no notebook: its JSON has no code cells") from None
    if "python" not in language.lower():
        raise NotLoaded(f"its cells are not in Python, but in {language}")
    source, places, left_out = [], [], []
    for number, cell in enumerate(code, start=1):
        lines, why = cell_lines(cell.replace("\r\n", "\n"))
        source += lines
        places += [f"cell {number}, line {i}" for i in range(1, len(lines) + 1)]
        left_out += [f"cell {number} was left out: {why}"] if why else []
    return Program(file, "\n".join(source), tuple(places), left_out=tuple(left_out))


def is_code(cell: dict[str, Any]) -> bool:
    """Whether a cell of a notebook has code."""
    return cell["cell_type"] == "code"


def cell_lines(cell: str) -> tuple[list[str], str]:
    """The lines of a cell that are Python, the others as comments; why all are left out, or ""."""
    lines = cell.split("\n")
    first = lines[0].split()
    if cell.startswith("%%") and first[0] not in PYTHON_CELLS:
        return [f"# {line}" for line in lines], ""
    kept = lines if parses(cell) else [MAGIC.sub(r"\1pass  # \2", line) for line in lines]
    why = why_not_python("\n".join(kept))
    return ([f"# {line}" for line in kept] if why else kept), why  # such a cell is left out alone


def parses(text: str) -> bool:
    """Whether it is Python."""
    try:
        ast.parse(text)
        return True
    except (SyntaxError, ValueError, RecursionError, MemoryError):
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, say
            compile(source, "program", "exec", dont_inherit=True)
            number = prints_to_file(ast.parse(source))
        return f"it is written for Python 2: print >>{in_line(number)}; {TO_3}" if number else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        number = getattr(error, "lineno", None)
        where = in_line(number)
        lines = source.split("\n")
        line = lines[number - 1] if number and number <= len(lines) else ""
        if PYTHON_2.search(line) or isinstance(error, TabError):
            return f"it is written for Python 2: {reason(error)}{where}; {TO_3}"
        return f"it is no Python 3: {reason(error)}{where}"


TO_3 = "run 2to3 on it"


def in_line(number: int | None) -> str:
    """Where something is, in brackets."""
    return f" (line {number})" if number else ""


def prints_to_file(tree: ast.Module) -> int | None:
    """The line of a `print >>file` of Python 2, which compiles; None where there is none."""
    shifts = [
        n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.RShift)
    ]
    return next((n.lineno for n in shifts if getattr(n.left, "id", "") == "print"), None)


def reason(error: BaseException) -> str:
    """What the compiler says, in short."""
    message = str(getattr(error, "msg", None) or error) or type(error).__name__
    return "print needs parentheses" if "call to 'print'" in message else message


DEFINED = re.compile(r"^(?:def|class)\s+([^\W_]\w*)", re.MULTILINE)


def why_too_many(source: str) -> str:
    """Why a program is not judged that defines more than anybody has written; or ""."""
    count = len(names_defined(source))
    if count <= MOST_NAMES:
        return ""
    return f"it defines {count:,} functions and classes; more than {MOST_NAMES:,} are not judged"


def names_defined(source: str) -> list[str]:
    """The public functions and classes of a source that may be no Python.

    Examples
    --------
    >>> names_defined("def f(x):\\n  print x\\nclass A: pass")
    ['f', 'A']
    """
    return list(dict.fromkeys(DEFINED.findall(source)))
