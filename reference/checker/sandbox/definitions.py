"""The definitions of a program, executed without the rest of it, and described.

Imports, `def` and `class` are executed; each assignment by itself, if it neither fails, reads a
file nor takes long. What is left out becomes a placeholder, which is an error only where it is
used. The remaining statements run only if a definition needs a name that they make.

Runs in the process of the code under test, and imports nothing of the checker.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib
import inspect
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

ASSIGNMENT_SECONDS = 1.0
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
READS = {"guarded": False}  # whether an assignment is executed, which must not read files


class LeftOut(Exception):
    """Something that the program needs was not executed, or is not installed."""


class Placeholder:
    """Stands for a value that is not there: whatever is done with it says why."""

    def __init__(self, why: str) -> None:
        object.__setattr__(self, "_why", why)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise LeftOut(object.__getattribute__(self, "_why"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._refuse()


for _name in [
    "call",
    "getitem",
    "setitem",
    "len",
    "iter",
    "bool",
    "array",
    "float",
    "int",
    "index",
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "matmul",
    "rmatmul",
    "truediv",
    "rtruediv",
    "pow",
    "rpow",
    "neg",
    "abs",
    "lt",
    "le",
    "gt",
    "ge",
    "contains",
    "enter",
    "mro_entries",
]:
    setattr(Placeholder, f"__{_name}__", Placeholder._refuse)


def load(file: str, source: str, name: str, functions: dict[str, Any]) -> dict[str, Any]:
    """Execute the definitions of a program or import a module; describe what was found.

    Parameters
    ----------
    file : str
        The path of the program, or package.module if `source` is empty.
    source : str
    name : str
        The only thing that is meant, or "".
    functions : dict
        Filled with what was found.
    """
    left_out: list[dict[str, Any]] = []
    if source:
        module, left_out = execute(file, source)
    elif file:
        sys.path[0] = os.getcwd()
        module = importlib.import_module(file)
    if name:
        functions[name] = functools.reduce(getattr, name.split("."), module)
    elif file:
        functions.update(public_names(module, ast.parse(source) if source else None))
    found = [describe(n, f, functions) for n, f in functions.items()]
    return {"found": found, "left_out": left_out}


def public_names(module: Any, tree: ast.Module | None) -> dict[str, Any]:
    """What the module defines or names, and can be called; imported things apart."""
    defined = set(bound_names(tree.body)) if tree else set(vars(module))
    return {
        n: f
        for n, f in vars(module).items()
        if callable(f)
        and not n.startswith("_")
        and n in defined
        and not isinstance(f, Placeholder)
        and (not hasattr(f, "__module__") or f.__module__ == module.__name__ or named_here(f, tree))
    }


def named_here(f: Any, tree: ast.Module | None) -> bool:
    """Whether `f` is a value made by the program, such as `functools.partial(...)`."""
    return tree is not None and not inspect.isclass(f) and not inspect.isfunction(f)


def execute(file: str, source: str) -> tuple[Any, list[dict[str, Any]]]:
    """The module that the definitions of a program make, and what of it was left out."""
    stem = os.path.splitext(os.path.basename(file))[0]
    module = types.ModuleType(stem if stem.isidentifier() else "program")
    module.__file__ = file
    sys.modules.setdefault(module.__name__, module)
    sys.path[0] = os.path.dirname(file)
    tree, left_out, later = ast.parse(source, file), [], []
    for statement in statements(tree.body):
        if isinstance(statement, ASSIGNMENTS):
            problem = run(statement, module, file, ASSIGNMENT_SECONDS)
        elif isinstance(statement, DEFINITIONS) or is_docstring(statement):
            problem = run(statement, module, file, None)
        else:
            later.append(statement)
            continue
        if problem:
            left_out.append({"line": statement.lineno, "why": problem})
            replace_by_placeholder(statement, module, problem)
    left_out += run_later(later, module, file, tree)
    return module, left_out


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The top level; the branches of `if` and `try` that only import or define are part of it."""
    for statement in body:
        if isinstance(statement, ast.Try) and all_definitions(statement.body):
            yield from [ast.fix_missing_locations(as_one(statement))]
        elif isinstance(statement, ast.If) and not is_main(statement):
            inner = [*statement.body, *statement.orelse]
            yield as_one(statement) if all_definitions(inner) else statement
        elif not (isinstance(statement, ast.If) and is_main(statement)):
            yield statement


def as_one(statement: ast.stmt) -> ast.stmt:
    """A compound statement that counts as a definition."""
    statement.is_definition = True  # type: ignore[attr-defined]
    return statement


def all_definitions(body: list[ast.stmt]) -> bool:
    """Whether these statements only import, define and assign."""
    allowed = (*DEFINITIONS, *ASSIGNMENTS, ast.Pass, ast.Raise)
    return all(isinstance(s, allowed) or is_docstring(s) for s in body)


def is_main(statement: ast.If) -> bool:
    """Whether it is `if __name__ == "__main__":`."""
    return "__name__" in ast.dump(statement.test)


def is_docstring(statement: ast.stmt) -> bool:
    """Whether it has no effect, or counts as a definition."""
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or getattr(statement, "is_definition", False)


def run(statement: ast.stmt, module: Any, file: str, seconds: float | None) -> str:
    """Execute one statement; why it failed, or ""."""
    code = compile(ast.Module([statement], []), file, "exec", dont_inherit=True)
    try:
        READS["guarded"] = seconds is not None
        with time_limit(seconds):
            exec(code, module.__dict__)
    except ModuleNotFoundError as error:
        return f"No module named {error.name} (line {statement.lineno})"
    except BaseException as error:
        first = (str(error).splitlines() or [""])[0][:200]
        return f"{type(error).__name__}: {first} (line {statement.lineno})"
    finally:
        READS["guarded"] = False
    return ""


def replace_by_placeholder(statement: ast.stmt, module: Any, why: str) -> None:
    """Whatever the statement would have named says why it is not there."""
    for name in bound_names([statement]):
        if name not in module.__dict__ or isinstance(statement, ast.Assign):
            module.__dict__[name] = Placeholder(why)


def run_later(
    later: list[ast.stmt], module: Any, file: str, tree: ast.Module
) -> list[dict[str, Any]]:
    """Run the rest of the top level if a definition needs a name that it makes."""
    missing = needed_names(tree) - set(module.__dict__) - set(dir(builtins))
    missing |= {n for n in needed_names(tree) if isinstance(module.__dict__.get(n), Placeholder)}
    if not missing & set(bound_names(later)):
        return [{"line": s.lineno, "why": ""} for s in later]
    found = []
    for statement in later:
        problem = run(statement, module, file, None)
        if problem:
            found.append({"line": statement.lineno, "why": problem})
    return found


def needed_names(tree: ast.Module) -> set[str]:
    """The names that functions and classes of the program load."""
    return {
        n.id
        for d in ast.walk(tree)
        if isinstance(d, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        for n in ast.walk(d)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }


def bound_names(body: list[ast.stmt]) -> Iterator[str]:
    """The names that statements of the top level bind."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.alias):
                yield (node.asname or node.name).partition(".")[0]
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise TimeoutError after so many seconds, where the system has alarms."""
    alarms = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not alarms:
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError(f"it takes more than {seconds:g} second")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def refuse_reading(event: str, arguments: Any) -> None:
    """An audit hook: while an assignment is executed, files other than code are not opened."""
    if READS["guarded"] and event == "open" and isinstance(arguments[0], str):
        library = arguments[0].startswith((sys.prefix, sys.base_prefix, "/proc", "/sys", "/etc"))
        if not library and not arguments[0].endswith((".py", ".pyc", ".so", ".pyd")):
            raise LeftOut(f"it reads the file {os.path.basename(arguments[0])}")


def describe(name: str, f: Any, functions: dict[str, Any]) -> dict[str, Any]:
    """What can be known of a function or class without calling it."""
    same = next((n for n, g in functions.items() if g is f), name)
    found = {
        "name": name,
        "alias_of": "" if same == name else same,
        "is_class": inspect.isclass(f),
        "parameters": parameters(f),
        "doc": str(inspect.getdoc(f) or "")[:2000],
        "line": first_line(f),
        "methods": {},
        "abstract": False,
    }
    if inspect.isclass(f):
        methods = {n: getattr(f, n) for n in dir(f) if not n.startswith("__")}
        found["methods"] = {
            n: parameters(m)[1:] for n, m in methods.items() if inspect.isfunction(m)
        }
        found["abstract"] = inspect.isabstract(f)
        found["bases"] = [c.__name__ for c in f.__mro__[1:-1]]
    return found


def first_line(f: Any) -> int:
    """The line of its `def` or `class`, or 0."""
    with contextlib.suppress(Exception):
        return inspect.unwrap(f).__code__.co_firstlineno
    return 0


def parameters(f: Any) -> list[dict[str, Any]]:
    """The parameters of a function; none where Python cannot tell."""
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    own = [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [
        {
            "name": p.name,
            "required": p.default is p.empty,
            "kind": str(p.kind),
            "default": None if p.default is p.empty else short_repr(p.default),
            "annotation": "" if p.annotation is p.empty else short_repr(p.annotation),
        }
        for p in own
    ]


def short_repr(value: Any) -> str:
    """A value as text, whatever it is."""
    try:
        return (value.__name__ if inspect.isclass(value) else repr(value))[:100]
    except Exception:
        return type(value).__name__
