"""A script without functions: the training loop in it, and the `def` to wrap it in."""

from __future__ import annotations

import ast
import builtins
import textwrap
from typing import Any

from reference.checker.loading import Program
from reference.checker.report import Check
from reference.checker.signature import roles_of

ORDER = ("X", "y", "table", "w", "b", "theta", "lr", "iters")  # of the parameters of the `def`
NAME = "<script>"


def check_script(program: Program) -> Check:
    """Not checked: how to make a function of the script's training loop, or of anything."""
    loops = [n for n in ast.walk(program.tree) if isinstance(n, ast.For | ast.While)]
    loop = next((n for n in loops if updated(n)), None)
    if loop is None:
        reason = "no function, no class and no training loop was found in it; write one like this:"
        return Check("script", NAME, "unchecked", reason=reason, remarks=remarks(EXAMPLE))
    first, last = program.place(loop.lineno), program.place(loop.end_lineno or loop.lineno)
    where = f"in lines {loop.lineno}–{loop.end_lineno}" if not program.lines else f"from {first}"
    where += f" to {last}" if program.lines else ""
    reason = (
        f"the training loop {where} stands in no function; wrapped like this it can be checked:"
    )
    code = wrapped(program, loop)
    return Check(
        "script", NAME, "unchecked", reason=reason, line=loop.lineno, remarks=remarks(code)
    )


def remarks(code: str) -> tuple[str, ...]:
    """Lines of code, as a report shows them."""
    return tuple(code.rstrip().split("\n"))


def updated(loop: Any) -> list[str]:
    """The names that each round of a loop moves by a product: w -= lr * dw, b = b - lr * db."""
    found = []
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub | ast.Add):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name | ast.Tuple):
            pairs = [p for p in pairs_of(node) if isinstance(p[1], ast.BinOp) and refers(*p)]
        else:
            pairs = []
        found += [ast.unparse(t) for t, value in pairs if has_product(value)]
    return list(dict.fromkeys(found))


def pairs_of(node: ast.Assign) -> list[tuple[Any, Any]]:
    """(target, value) of an assignment; of `a, b = c, d` both."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def refers(target: Any, value: Any) -> bool:
    """Whether a value is computed from what it replaces."""
    name = ast.unparse(target)
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))


def has_product(value: Any) -> bool:
    """Whether something is multiplied or divided in it, as by a learning rate."""
    products = ast.Mult | ast.Div | ast.MatMult
    return any(isinstance(n, ast.BinOp) and isinstance(n.op, products) for n in ast.walk(value))


def wrapped(program: Program, loop: Any) -> str:
    """The loop as a function of what it uses, that returns what it moves."""
    body = program.source.split("\n")[loop.lineno - 1 : loop.end_lineno]
    count, replaced = rounds(loop)
    if replaced:
        head = body[0].replace(f"range({replaced})", f"range({count})")
        body = [head, *body[1:]]
    moved = [n for n in updated(loop) if n.isidentifier()]
    used = inputs(program, loop) | ({count} if count else set())
    names = sorted(used, key=lambda name: likely_place(name, moved))
    code = textwrap.indent(textwrap.dedent("\n".join(body)), "    ")
    header = f"def gradient_descent({', '.join(names)}):\n"
    return f"{header}{code}\n    return {', '.join(moved)}\n"


def rounds(loop: Any) -> tuple[str, str]:
    """The name for the number of rounds, and the number in `range(...)` that it replaces."""
    call = getattr(loop, "iter", None)
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "range" and len(call.args) == 1:
        given = call.args[0]
        if isinstance(given, ast.Constant):
            return "n_iters", ast.unparse(given)
        if isinstance(given, ast.Name):
            return given.id, ""
    return "", ""


def inputs(program: Program, loop: Any) -> set[str]:
    """The names that a loop uses and the script made before it."""
    used = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name)}
    made = {
        n.id
        for n in ast.walk(program.tree)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.lineno < loop.lineno
    }
    return (used & made) - set(dir(builtins))


def likely_place(name: str, moved: list[str]) -> tuple[int, str]:
    """What sorts parameters in the usual order: data, what is moved, and the rest."""
    roles, first = roles_of(name), 3 * (name in moved)  # those before are data
    other = 5 if name in moved else len(ORDER)
    return next((i for i, role in enumerate(ORDER) if role in roles and i >= first), other), name


EXAMPLE = """\
import numpy as np

def gradient(X, y, w, b):
    residual = X @ w + b - y
    n = len(y)
    return X.T @ residual / n, residual.sum() / n
"""
