"""The arguments of a call as Python text, as they would be typed below a program."""

from __future__ import annotations

import ast
import builtins
import itertools
import math
from typing import Any

import numpy as np

LONG = 8  # rows or columns from which an array of one number is written as np.ones or np.zeros


class Writer:
    """Text for values, the imports that it needs, and lines that have to go before it.

    Parameters
    ----------
    program : Program or None
        Its imports are used; its names are not bound to something else.
    """

    def __init__(self, program: Any) -> None:
        self.tree = program.tree if program is not None else ast.Module([], [])
        self.taken = global_names(self.tree) | set(dir(builtins))
        self.imports: list[str] = []
        self.lines: list[str] = []

    def module(self, name: str, usual: str) -> str:
        """The name by which the program has a module, or by which it is imported here."""
        for statement in self.tree.body:
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    if alias.name == name:
                        return alias.asname or name
        short = usual if usual not in self.taken else name
        line = f"import {name} as {short}" if short != name else f"import {name}"
        if line not in self.imports:
            self.imports.append(line)
        return short

    def fresh(self, name: str) -> str:
        """A name that the program does not use for something else; it is taken from now on."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def value(self, value: Any) -> str:
        """Python text for a value of a request, see `invoke.build`."""
        if isinstance(value, np.ndarray):
            return self.array(value)
        if not isinstance(value, tuple):
            return number(value)
        kind, *rest = value
        write = getattr(self, f"write_{kind}", None)
        return write(*rest) if write is not None else repr(value)

    def array(self, a: Any, function: str = "array") -> str:
        """An array with its precision, and its order in memory where that is not the usual one."""
        np_ = self.module("numpy", "np")
        more = "" if a.dtype.name in ("float64", "int64", "bool") else f", dtype={np_}.{a.dtype}"
        if a.ndim and a.size and max(a.shape) > LONG and (a == a.flat[0]).all():
            constant = {1.0: "ones", 0.0: "zeros"}.get(float(a.flat[0]))
            if constant and function == "array" and a.dtype == float:
                shape = len(a) if a.ndim == 1 else a.shape
                return f"{np_}.{constant}({shape}{more})"
        if a.ndim > 1 and not a.flags.c_contiguous and a.flags.f_contiguous:
            more += ', order="F"' if function == "array" else ""
        return f"{np_}.{function}({self.nested(a)}{more})"

    def nested(self, a: Any) -> str:
        """The numbers of an array, in brackets."""
        if np.ndim(a):
            return f"[{', '.join(self.nested(v) for v in a)}]"
        if not np.isfinite(a):
            np_ = self.module("numpy", "np")
            return f"{np_}.nan" if np.isnan(a) else f"{'-' * bool(a < 0)}{np_}.inf"
        return entry(a)

    def write_list(self, a: Any) -> str:
        """A list of numbers, or of lists."""
        return listed(np.asarray(a).tolist())

    def write_matrix(self, a: Any) -> str:
        """An np.matrix."""
        return self.array(np.atleast_2d(a), "matrix")

    def write_tensor(self, a: Any, grad: Any = None) -> str:
        """A torch tensor; with `.grad` it gets a name of its own."""
        a, torch = np.asarray(a), self.module("torch", "torch")
        written = f"{torch}.tensor({self.nested(a)}, dtype={torch}.{a.dtype}"
        if grad is None:
            return f"{written})"
        name = self.fresh("w" if "w" not in self.taken else "b")
        self.lines.append(f"{name} = {written}, requires_grad=True)")
        self.lines.append(f"{name}.grad = {self.write_tensor(grad)}")
        return name

    def write_frame(self, a: Any, columns: list[str] | None = None) -> str:
        """A pandas DataFrame or Series."""
        pd = self.module("pandas", "pd")
        if np.ndim(a) == 1:
            return f"{pd}.Series({self.nested(a)}, name='price')"
        names = columns or [f"x{j}" for j in range(np.shape(a)[1])]
        return f"{pd}.DataFrame({self.nested(a)}, columns={names})"

    def write_leaf(self, a: Any) -> str:
        """A torch tensor that requires a gradient."""
        torch = self.module("torch", "torch")
        a = np.asarray(a)
        return f"{torch}.tensor({self.nested(a)}, dtype={torch}.{a.dtype}, requires_grad=True)"

    def write_record(self, items: dict[str, Any]) -> str:
        """An object with attributes."""
        types = self.module("types", "types")
        given = ", ".join(f"{k}={self.value(v)}" for k, v in items.items())
        return f"{types}.SimpleNamespace({given})"

    def write_function(self, name: str) -> str:
        """A function of the program."""
        return name

    def write_dict(self, items: dict[str, Any]) -> str:
        """A dict of values."""
        return f"{{{', '.join(f'{k!r}: {self.value(v)}' for k, v in items.items())}}}"

    def write_tuple(self, items: list[Any]) -> str:
        """A tuple of values."""
        return f"({', '.join(map(self.value, items))})"

    def write_items(self, items: list[Any]) -> str:
        """A list of values."""
        return f"[{', '.join(map(self.value, items))}]"

    def write_generator(self, seed: int) -> str:
        """A generator of random numbers."""
        return f"{self.module('numpy', 'np')}.random.default_rng({seed})"


def number(value: Any) -> str:
    """A number that is an argument of its own.

    Examples
    --------
    >>> number(1.0), number(np.float64(0.1)), number(3), number(float("inf"))
    ('1.0', '0.1', '3', "float('inf')")
    """
    if isinstance(value, bool | np.bool_ | str) or value is None:
        return repr(value)
    if isinstance(value, int | np.integer):
        return repr(int(value))
    value = float(value)
    return repr(value) if math.isfinite(value) else f"float({str(value)!r})"


def entry(value: Any) -> str:
    """A number in an array: 1. for 1.0, and 0.1 in float32 for the float32 that it is.

    Examples
    --------
    >>> entry(1.0), entry(np.float32(0.1)), entry(np.int64(3))
    ('1.', '0.1', '3')
    """
    plain = value.item() if hasattr(value, "item") else value
    written = str(value) if isinstance(value, np.floating) else repr(plain)
    return written[:-1] if written.endswith(".0") else written


def listed(value: Any) -> str:
    """A list of numbers, or of lists."""
    if isinstance(value, list):
        return f"[{', '.join(map(listed, value))}]"
    return number(value)


def global_names(tree: ast.Module) -> set[str]:
    """The names that a program defines, imports, or uses in its functions without defining them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found |= {statement.name} | used_names(statement)
    return found


def used_names(statement: ast.stmt) -> set[str]:
    """The names that a function or class uses and does not bind."""
    nodes = list(ast.walk(statement))
    names = [n for n in nodes if isinstance(n, ast.Name)]
    bound = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    declared = itertools.chain(*(n.names for n in nodes if isinstance(n, ast.Global)))
    return ({n.id for n in names} - bound) | set(declared)
