"""The definitions of a program, executed without the rest of it, and described.

Imports, `def` and `class` are executed; each assignment by itself, if it neither fails, reads a
file nor takes long. What is left out becomes a placeholder, which is an error only where it is
used. The remaining statements run only if a definition needs a name that they make.

Runs in the process of the code under test, and imports nothing of the checker.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import functools
import importlib
import inspect
import linecache
import os
import signal
import symtable
import sys
import threading
import time
import traceback
import types
from collections.abc import Iterator
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from typing import Any

ASSIGNMENT_SECONDS = 1.0
LEFT_OUT_SECONDS = 4.0  # at most, of all assignments that are left out for their time
REST_SECONDS = 5.0  # for the rest of the top level, where a definition needs it
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)
COMPOUND = (ast.If, ast.Try, ast.With)
SETTINGS = "append insert config update use seed manual_seed seterr filterwarnings simplefilter "
SETTINGS += "setrecursionlimit addLevelName"
CHANGES = "append extend insert update add setdefault"  # methods that fill an object
PYTHON_2 = {"xrange": "range", "raw_input": "input", "unicode": "str", "reduce": "functools.reduce"}
LIMIT = {"end": float("inf")}  # the moment when imports and definitions must be done
READS = {"guarded": False}  # whether an assignment is executed, which must not read files
OUTSIDE = {
    "socket.connect": "it reads from the network",
    "socket.getaddrinfo": "it reads from the network",
    "subprocess.Popen": "it starts another program",
    "os.system": "it starts another program",
}
INSTALL = "install it, or run from the file's folder"


class LeftOut(Exception):
    """Something that the program needs was not executed, or is not installed."""


class TimeIsUp(BaseException):
    """A statement takes too long; an `except Exception` of the program does not catch it."""


class Placeholder:
    """Stands for a value that is not there: whatever is done with it says why.

    Its attributes are placeholders too, since `pandas.DataFrame` in an annotation is no use of it.
    """

    def __init__(self, why: str) -> None:
        object.__setattr__(self, "_why", why)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise LeftOut(object.__getattribute__(self, "_why"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder(object.__getattribute__(self, "_why"))

    def __instancecheck__(self, value: Any) -> bool:
        return False

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __or__


REFUSED = "call getitem setitem setattr len iter next bool array float int index complex add radd "
REFUSED += "sub rsub mul rmul matmul rmatmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow "
REFUSED += "neg pos abs lt le gt ge contains enter mro_entries array_ufunc array_function"
for _name in REFUSED.split():
    setattr(Placeholder, f"__{_name}__", Placeholder._refuse)


def load(
    file: str, source: str, name: str, folder: str, seconds: float, functions: dict[str, Any]
) -> dict[str, Any]:
    """Execute the definitions of a program or import a module; describe what was found.

    Parameters
    ----------
    file : str
        The path of the program, or package.module if `source` is empty.
    source : str
    name : str
        The only thing that is meant, or "".
    folder : str
        Where its own modules are.
    seconds : float
        For all its imports and definitions.
    functions : dict
        Filled with what was found.
    """
    left_out: list[dict[str, Any]] = []
    LIMIT["end"] = time.monotonic() + seconds
    if source:
        module, left_out = execute(file, source, folder)
    elif file:
        find_modules_in(folder)
        module = importlib.import_module(file)
    if name:
        functions[name] = functools.reduce(getattr, name.split("."), module)
    elif file:
        functions.update(public_names(module, ast.parse(source) if source else None))
        functions.update(methods_of(functions))
    found = [describe(n, f, functions) for n, f in functions.items()]
    return {"found": found, "left_out": left_out}


def public_names(module: Any, tree: ast.Module | None) -> dict[str, Any]:
    """What the module defines or names, and can be called; imported things apart."""
    body = tree.body if tree else []
    imported = {n for s in body if isinstance(s, IMPORTS) for n in bound_names([s])}
    bound = set(bound_names(body)) - imported if tree else set(vars(module))
    defined = {s.name for s in ast.walk(ast.Module(body, [])) if isinstance(s, DEFINITIONS)}
    return {
        n: f
        for n, f in vars(module).items()
        if callable(f)
        and not n.startswith("_")
        and n in bound
        and not isinstance(f, Placeholder)
        and (n in defined or made_here(f, module, tree))
    }


def methods_of(functions: dict[str, Any]) -> dict[str, Any]:
    """The public methods of the classes that were found, as functions: Class.method."""
    classes = {n: c for n, c in functions.items() if inspect.isclass(c)}
    kinds = (types.FunctionType, staticmethod, classmethod)
    return {
        f"{n}.{m}": getattr(c, m)
        for n, c in classes.items()
        for m, f in vars(c).items()
        if isinstance(f, kinds) and not m.startswith("_")
    }


def made_here(f: Any, module: Any, tree: ast.Module | None) -> bool:
    """Whether `f` is a function of the module, or a value made by it, such as a `partial`."""
    if getattr(f, "__module__", module.__name__) == module.__name__:
        return type(f).__module__ != module.__name__  # no object of one of its classes
    plain = inspect.isclass(f) or inspect.isroutine(f) or hasattr(f, "named_parameters")
    return tree is not None and not plain and type(f).__name__ != "ufunc"


def execute(file: str, source: str, folder: str) -> tuple[Any, list[dict[str, Any]]]:
    """The module that the definitions of a program make, and what of it was left out."""
    tree = ast.parse(source, file)
    module = new_module(file, source, tree, folder)
    budget = [LEFT_OUT_SECONDS]
    left_out, later = [], []
    body = list(statements(tree.body))
    for statement in body:
        if not is_definition(statement) and not is_assignment(statement, tree):
            later.append(statement)
            continue
        problem = run_at_once(statement, module, budget)
        if problem:
            left_out.append({"line": statement.lineno, "why": problem})
    left_out += run_later(body, later, module, globals_needed(source, file), budget)
    add_placeholders(tree, module, globals_needed(source, file), left_out)
    return module, sorted(left_out, key=lambda found: found["line"])


def new_module(file: str, source: str, tree: ast.Module, folder: str) -> Any:
    """An empty module, named after the file so that child processes of the program find it."""
    stem = os.path.splitext(os.path.basename(file))[0]
    module = types.ModuleType(stem.replace(".", "_") or "program")
    module.__file__ = file
    module.__flags__ = future_flags(tree)
    lines = source.splitlines(keepends=True)
    linecache.cache[file] = (len(source), None, lines, file)  # what a traceback shows
    find_modules_in(folder)
    if any(isinstance(n, ast.ImportFrom) and n.level for n in ast.walk(tree)):
        find_modules_in(os.path.dirname(folder))
        module.__package__ = os.path.basename(folder)
    sys.modules.setdefault(module.__name__, module)
    return module


def future_flags(tree: ast.Module) -> int:
    """The compiler's flags for `from __future__ import ...`."""
    found = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    names = [a.name for n in found for a in n.names if hasattr(__future__, a.name)]
    return functools.reduce(lambda flags, n: flags | getattr(__future__, n).compiler_flag, names, 0)


class FromSource(SourceFileLoader):
    """Compiles a module from its source: no bytecode is read or written."""

    def get_code(self, fullname: str) -> Any:
        """The code of the module."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def find_modules_in(folder: str) -> None:
    """Import from a folder first, and what lies there or below without its bytecode."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # for child processes of the program
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    loaders = (FromSource, [".py"]), (ExtensionFileLoader, EXTENSION_SUFFIXES)

    def finder(path: str) -> Any:
        inside = os.path.abspath(path) == folder or path.startswith(folder + os.sep)
        installed = "site-packages" in path or path.startswith((sys.prefix, sys.base_prefix))
        if not inside or installed or not os.path.isdir(path):
            raise ImportError
        return FileFinder(path, *loaders)

    sys.path_hooks.insert(0, finder)
    sys.path_importer_cache.clear()


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The top level, with what stands below `if __name__ == "__main__"` in its place."""
    for statement in body:
        if isinstance(statement, ast.If) and is_main(statement):
            for inner in statement.body:
                inner.in_main = True  # type: ignore[attr-defined]
                yield inner
        else:
            yield statement


def is_main(statement: ast.If) -> bool:
    """Whether it is `if __name__ == "__main__":`."""
    return "__name__" in ast.dump(statement.test)


def is_definition(statement: ast.stmt) -> bool:
    """Whether it imports or defines, also in branches of `if` and `try`, or has no effect."""
    if isinstance(statement, COMPOUND):
        inner = [n for n in ast.walk(statement) if isinstance(n, ast.stmt) and n is not statement]
        return any(isinstance(n, DEFINITIONS) for n in inner) or all(map(is_harmless, inner))
    return is_harmless(statement) and not isinstance(statement, ASSIGNMENTS)


def is_harmless(statement: ast.stmt) -> bool:
    """Whether it only imports, defines or assigns."""
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    allowed = (*DEFINITIONS, *IMPORTS, *ASSIGNMENTS, ast.Pass, ast.Global, *COMPOUND)
    return text or isinstance(statement, allowed)


def is_assignment(statement: ast.stmt, tree: ast.Module) -> bool:
    """Whether it assigns, or sets something of an imported module, such as a seed."""
    if getattr(statement, "in_main", False):
        return False
    if isinstance(statement, ASSIGNMENTS):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    imported = {n for s in tree.body if isinstance(s, IMPORTS) for n in bound_names([s])}
    name = call.func.attr
    setting = name in SETTINGS.split() or name.startswith(("set_", "enable_", "disable_"))
    return setting and root_name(call.func) in imported


def root_name(node: ast.AST) -> str:
    """The name that attributes and items are of: np for np.random.seed."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def run_at_once(statement: ast.stmt, module: Any, budget: list[float]) -> str:
    """Execute a definition or an assignment; why it is left out, or ""."""
    if is_definition(statement):
        problem = run(statement, module, seconds_left(statement))
        if isinstance(statement, DEFINITIONS) and problem and "takes more than" not in problem:
            flag = __future__.annotations.compiler_flag
            problem = run(
                statement, module, seconds_left(statement), flag
            )  # an annotation is no use of a name
    elif budget[0] <= 0:
        problem = f"left out for its time (line {statement.lineno})"
    else:
        begin = time.monotonic()
        problem = run(statement, module, min(ASSIGNMENT_SECONDS, budget[0]), guarded=True)
        budget[0] -= (time.monotonic() - begin) * bool(problem)
    if problem:
        replace_by_placeholder(statement, module, problem)
    return problem


def seconds_left(statement: ast.stmt) -> float:
    """The seconds for an import or a definition; few for one with branches."""
    left = max(0.1, LIMIT["end"] - time.monotonic())
    return min(left, REST_SECONDS) if isinstance(statement, COMPOUND) else left


def run(
    statement: ast.stmt, module: Any, seconds: float | None, flags: int = 0, guarded: bool = False
) -> str:
    """Execute one statement; why it failed, or ""."""
    line = f"(line {statement.lineno})"
    try:
        READS["guarded"] = guarded
        flags |= module.__flags__
        tree = ast.Module([statement], [])
        code = compile(tree, module.__file__, "exec", flags=flags, dont_inherit=True)
        with time_limit(seconds):
            exec(code, module.__dict__)
    except ModuleNotFoundError as error:
        return f"cannot be imported: No module named {error.name} {line}; {INSTALL}"
    except TimeIsUp as error:
        return f"{error} {line}{'' if guarded else why_slow(error, module)}"
    except LeftOut as error:
        return str(error) if "(line" in str(error) else f"{error} {line}"
    except BaseException as error:
        first = (str(error).splitlines() or [""])[0][:200]
        return f"{type(error).__name__}: {first} {line}"
    finally:
        READS["guarded"] = False
    return ""


def why_slow(error: BaseException, module: Any) -> str:
    """Whether it was still importing what is installed, or is a loop of the program's own."""
    frame = traceback.extract_tb(error.__traceback__)[-2]  # the last is that of the alarm
    own = os.path.dirname(module.__file__)
    if frame.filename.startswith((own, "<")) and "site-packages" not in frame.filename:
        place = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
        return f": is there a loop that does not end ({place})?"
    return ": a slow import? try --timeout 60"


def replace_by_placeholder(statement: ast.stmt, module: Any, why: str) -> None:
    """Whatever the statement would have named says why it is not there."""
    itself = isinstance(statement, (*IMPORTS, *DEFINITIONS)) or why.startswith("`")
    for name in bound_names([statement]):
        if name not in module.__dict__ or isinstance(statement, ast.Assign):
            module.__dict__[name] = Placeholder(why if itself else f"`{name}` is left out: {why}")


def run_later(
    body: list[ast.stmt],
    later: list[ast.stmt],
    module: Any,
    needed: set[str],
    budget: list[float],
) -> list[dict[str, Any]]:
    """Run the rest of the top level if a definition needs a name that it makes.

    Assignments below it are executed again, since they may have waited for it.
    """
    wanted = later_needed(later, module, needed)
    rest = later[len(wanted) :]
    found = [{"line": s.lineno, "why": ""} for s in rest if not hasattr(s, "in_main")]
    end = time.monotonic() + REST_SECONDS
    for statement in body[body.index(later[0]) :] if wanted else []:
        left = end - time.monotonic()
        if statement not in later:
            if is_assignment(statement, ast.Module([], [])) and left > 0:
                run_at_once(statement, module, budget)
        elif statement in wanted:
            why = run(statement, module, left) if left > 0 else "it was not reached in time"
            found += [{"line": statement.lineno, "why": why}] if why else []
            if why:
                replace_by_placeholder(statement, module, why)
    return found


def later_needed(later: list[ast.stmt], module: Any, needed: set[str]) -> list[ast.stmt]:
    """The statements up to the last that makes or fills what a definition needs."""
    known = {n for n, v in module.__dict__.items() if not isinstance(v, Placeholder)}
    missing = needed - known - set(dir(builtins))
    makers = [
        i
        for i, s in enumerate(later)
        if missing & set(bound_names([s])) or needed & set(filled_names([s], module))
    ]
    return later[: makers[-1] + 1] if makers else []


def globals_needed(source: str, file: str) -> set[str]:
    """The global names that functions and classes of the program load."""
    tables, found = list(symtable.symtable(source, file, "exec").get_children()), set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return found


def bound_names(body: list[ast.stmt]) -> Iterator[str]:
    """The names that statements of the top level bind."""
    for statement in body:
        if isinstance(statement, DEFINITIONS):
            yield statement.name
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.alias):
                yield (node.asname or node.name).partition(".")[0]
            elif isinstance(node, DEFINITIONS):
                yield node.name


def filled_names(body: list[ast.stmt], module: Any) -> Iterator[str]:
    """The names of objects that statements fill: by `rows.append(...)`, or by `table[i] = ...`."""
    for node in (n for s in body for n in ast.walk(s)):
        target: ast.AST | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target = node.func if node.func.attr in CHANGES.split() else None
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            target = node
        name = root_name(target) if target is not None else ""
        if name and not isinstance(module.__dict__.get(name), types.ModuleType):
            yield name


def add_placeholders(
    tree: ast.Module, module: Any, needed: set[str], left_out: list[dict[str, Any]]
) -> None:
    """Stand in for names of Python 2, and for those that a missing `import *` would have made."""
    absent = needed - set(module.__dict__) - set(dir(builtins))
    for name in absent & set(PYTHON_2):
        why = f"it is written for Python 2: {name} is {PYTHON_2[name]} now; run 2to3 on it"
        module.__dict__[name] = Placeholder(why)
    stars = [
        n.lineno for n in tree.body if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"
    ]
    why = next((found["why"] for found in left_out if found["line"] in stars), "")
    for name in absent - set(PYTHON_2) if why else ():
        module.__dict__[name] = Placeholder(why)


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise TimeIsUp after so many seconds, and again, where the system has alarms."""
    alarms = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not alarms:
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeIsUp(f"it takes more than {seconds:.2g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def refuse_reading(event: str, arguments: Any) -> None:  # pragma: no cover  (hooks are not traced)
    """An audit hook: while an assignment is executed, files other than code are not opened."""
    if not READS["guarded"]:
        return
    if event in OUTSIDE:
        raise LeftOut(OUTSIDE[event])
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.fsdecode(arguments[0])
        system = (sys.prefix, sys.base_prefix, "/proc", "/sys", "/etc", "/dev")
        if not path.startswith(system) and not path.endswith((".py", ".pyc", ".so", ".pyd")):
            raise LeftOut(f"it reads the file {os.path.basename(path)}")


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
