"""Calls of a source that was changed in a few places, without loading the rest of it again.

The functions and classes that a change concerns are defined anew where they were defined. Runs in
the process of the code under test, and imports nothing of the checker.
"""

from __future__ import annotations

import ast
import functools
import inspect
from typing import Any

from .definitions import time_limit
from .invoke import call

SECONDS = 0.5  # for all calls of one change: it may make an endless loop


def call_changed(functions: dict[str, Any], file: str, change: dict[str, Any]) -> dict[str, Any]:
    """Define the statements of a change, and answer its calls; what each gave or raised.

    Parameters
    ----------
    functions : dict of str to callable
        Those that were loaded; the changed ones take their place.
    file : str
    change : dict
        `target`, a name in `functions`; `statements`, pairs of the line where a statement begins
        and its source; `requests`, see `invoke.call`.
    """
    namespace = namespace_of(functions[change["target"]])
    answers: list[dict[str, Any]] = []
    with time_limit(SECONDS):
        for line, source in change["statements"]:
            define(line, source, file, namespace, functions)
        for request in change["requests"]:
            answers.append(answered(functions, request))
            if "raised" in answers[-1]:
                break
    return {"answers": answers}


def answered(functions: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one call, or what it raised, the end of the time included."""
    try:
        return call(functions, request)
    except BaseException as error:
        found = {"type": type(error).__name__, "message": str(error)[:300]}
        return {"raised": found}


def define(
    line: int, source: str, file: str, namespace: dict[str, Any], functions: dict[str, Any]
) -> None:
    """Execute a statement that begins at this line, and let its names take their place."""
    tree = ast.parse(source, file)
    ast.increment_lineno(tree, line - 1)
    exec(compile(tree, file, "exec", dont_inherit=True), namespace)
    for name in functions:
        first, *rest = name.split(".")
        if first in {getattr(s, "name", "") for s in tree.body}:
            functions[name] = functools.reduce(getattr, rest, namespace[first])


def namespace_of(target: Any) -> dict[str, Any]:
    """The global names of the module that defines a function or class."""
    if inspect.isclass(target):
        methods = [f for c in target.__mro__ for f in vars(c).values() if inspect.isfunction(f)]
        target = methods[0]
    return inspect.unwrap(target).__globals__
