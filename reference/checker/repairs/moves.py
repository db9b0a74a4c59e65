"""Changes of whole statements: moved, indented, left out, exchanged, taken together, added."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

from reference.checker.definition import is_stored
from reference.checker.repairs.edits import Change, Edit, Scope, called, short
from reference.checker.signature import roles_of

SIMPLE = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Return
LOOPS = ast.For | ast.While


def moves(scope: Scope) -> Iterator[Change]:
    """All changes of the statements of a function."""
    for body in bodies(scope.function):
        for generate in (deleted, exchanged, together, into_loops, out_of_loops, shuffled):
            yield from generate(scope, body)
    for generate_of_all in OF_ALL:
        yield from generate_of_all(scope)


def bodies(node: Any) -> Iterator[list[Any]]:
    """Each block of statements."""
    for n in ast.walk(node):
        for name in ("body", "orelse"):
            block = getattr(n, name, None)
            if isinstance(block, list) and block:
                yield block


def block_of(scope: Scope, statements: list[Any]) -> tuple[int, int] | None:
    """Where the lines of statements begin and end; None where they share a line with others."""
    text = scope.text
    first, last = statements[0], statements[-1]
    start = text.starts[first.lineno - 1]
    end = text.starts[min(last.end_lineno, len(text.lines))]
    before = text.source[start : text.span(first)[0]]
    after = text.source[text.span(last)[1] : end].strip()
    return None if before.strip() or (after and not after.startswith("#")) else (start, end)


def indent_of(scope: Scope, statement: Any) -> str:
    """The space before a statement."""
    line: str = scope.text.lines[statement.lineno - 1]
    return line[: len(line) - len(line.lstrip())]


def lines_of(scope: Scope, block: tuple[int, int], old: str, new: str) -> str:
    """The lines of a block with another indentation, each with its end."""
    lines = scope.text.source[slice(*block)].splitlines()
    return "".join(f"{new}{line[len(old) :]}\n" if line.strip() else "\n" for line in lines)


def moved(scope: Scope, statements: list[Any], to: int, indent: str, cost: float) -> list[Change]:
    """Statements that are moved to another place, with the indentation there."""
    block = block_of(scope, statements)
    if block is None or block[0] < to < block[1]:
        return []
    text = lines_of(scope, block, indent_of(scope, statements[0]), indent)
    if to == len(scope.text.source) and not scope.text.source.endswith("\n"):
        text = "\n" + text.rstrip("\n")
    if to in block:
        return [Change((Edit(*block, text),), "move", cost)]
    return [Change((Edit(*block, ""), Edit(to, to, text)), "move", cost)]


def after(scope: Scope, statement: Any) -> int:
    """Where the line behind a statement begins."""
    return scope.text.starts[min(int(statement.end_lineno), len(scope.text.lines))]


def deleted(scope: Scope, body: list[Any]) -> Iterator[Change]:
    """A statement less."""
    for i, statement in enumerate(body):
        simple = isinstance(statement, ast.Assign | ast.AugAssign | ast.Break | ast.Expr | ast.If)
        block = block_of(scope, [statement]) if simple and len(body) > 1 else None
        if block is not None:
            again = target_and_value(scope, statement) is not None and any(
                target_and_value(scope, s) == target_and_value(scope, statement) for s in body[:i]
            )
            yield Change((Edit(*block, ""),), "delete", 0.8 if again else 1.5)


def exchanged(scope: Scope, body: list[Any]) -> Iterator[Change]:
    """Two statements in the other order."""
    for a, b in itertools.pairwise(body):
        if isinstance(a, SIMPLE) and isinstance(b, SIMPLE):
            start = block_of(scope, [a])
            yield from moved(scope, [b], start[0], indent_of(scope, a), 1.5) if start else []


def together(scope: Scope, body: list[Any]) -> Iterator[Change]:
    """Two assignments as one, so that both use the values from before."""
    text = scope.text
    for a, b in itertools.pairwise(body):
        block = block_of(scope, [a, b])
        pairs = [target_and_value(scope, s) for s in (a, b)]
        if block is None or None in pairs:
            continue
        (s, v), (t, u) = pairs  # type: ignore[misc]
        line = f"{s}, {t} = {v}, {u}"
        yield Change((Edit(text.span(a)[0], text.span(b)[1], line),), "simultaneous", 1.1)


def target_and_value(scope: Scope, statement: Any) -> tuple[str, str] | None:
    """The two sides of an assignment to one target."""
    text = scope.text
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Tuple) or isinstance(value, ast.Tuple):
            return None
        return text.of(target), text.of(value)
    if isinstance(statement, ast.AugAssign):
        return text.of(statement.target), augmented(scope, statement)
    return None


def augmented(scope: Scope, statement: ast.AugAssign) -> str:
    """`w - (…)` of `w -= …`."""
    text = scope.text
    gap = text.source[text.span(statement.target)[1] : text.span(statement.value)[0]]
    sign = gap.strip().rstrip("(").strip().removesuffix("=")
    value = text.of(statement.value)
    plain = not isinstance(statement.value, ast.BinOp | ast.IfExp | ast.Compare)
    product = isinstance(getattr(statement.value, "op", None), ast.Mult | ast.MatMult | ast.Div)
    enough = plain or (product and sign in "+-")
    return f"{text.of(statement.target)} {sign} {value if enough else f'({value})'}"


def into_loops(scope: Scope, body: list[Any]) -> Iterator[Change]:
    """Statements before a loop at its beginning, and those after it at its end."""
    for i, loop in enumerate(body):
        if not isinstance(loop, LOOPS) or loop.body[0].lineno == loop.lineno:
            continue
        indent = indent_of(scope, loop.body[0])
        first = scope.text.starts[loop.body[0].lineno - 1]
        movable = list(itertools.takewhile(lambda s: isinstance(s, SIMPLE), body[:i][::-1]))[::-1]
        for count in range(1, 4):
            chosen = movable[-count:] if count <= len(movable) else []
            if chosen:
                yield from moved(scope, chosen, first, indent, 1.1 + 0.2 * count)
        for statement in movable[:-1]:
            yield from moved(scope, [statement], first, indent, 1.4)
        for statement in [s for s in body[i + 1 : i + 2] if isinstance(s, SIMPLE)]:
            for inner in lasts(loop):
                indent = indent_of(scope, inner)
                yield from moved(scope, [statement], after(scope, loop), indent, 1.4)


def lasts(loop: Any) -> Iterator[Any]:
    """The last statement of a loop, and of a loop that is the last in it."""
    while isinstance(loop, LOOPS):
        yield loop.body[-1]
        loop = loop.body[-1]


def out_of_loops(scope: Scope, body: list[Any]) -> Iterator[Change]:
    """The last statement of a loop behind it, and the first before it."""
    for loop in body:
        if not isinstance(loop, LOOPS) or len(loop.body) < 2:
            continue
        if loop.body[0].lineno == loop.lineno:
            continue
        indent = indent_of(scope, loop)
        for count in (1, 2):
            if count < len(loop.body):
                last, cost = loop.body[-count:], 1.0 + 0.2 * count
                yield from moved(scope, last, after(scope, loop), indent, cost)
        start = scope.text.starts[loop.lineno - 1]
        yield from moved(scope, loop.body[:1], start, indent, 1.4)


def shuffled(scope: Scope, body: list[Any]) -> Iterator[Change]:
    """One permutation for two arrays that are shuffled apart."""
    for count in (1, 2):
        for i in range(len(body) - count + 1):
            yield from one_permutation(scope, body[i : i + count])


def one_permutation(scope: Scope, statements: list[Any]) -> Iterator[Change]:
    """Two shuffles in these statements, as the same order of both arrays."""
    text = scope.text
    source = text.source[text.span(statements[0])[0] : text.span(statements[-1])[1]]
    found = re.findall(r"([\w.]+)\.(?:permutation|shuffle)\(([\w.]+)(\[[\w.]+\])?\)", source)
    ordered = re.findall(r"([\w.]+)\[([\w.]+)\.permutation\((?:\w+|len\(\w+\))\)\]", source)
    found = [(rng, a, "") for a, rng in ordered] or found
    if len(found) != 2 or not all(isinstance(s, SIMPLE) for s in statements):
        return
    (rng, a, _), (_, b, _) = found
    targets = [t for s in statements if isinstance(s, ast.Assign) for t in s.targets]
    stored = ", ".join(text.of(t).strip("()") for t in targets) or f"{a}, {b}"
    if stored.count(",") != 1:
        return
    new = f"order = {rng}.permutation(len({a}))\n{indent_of(scope, statements[0])}"
    new += f"{stored} = {a}[order], {b}[order]"
    edit = Edit(text.span(statements[0])[0], text.span(statements[-1])[1], new)
    yield Change((edit,), "shuffle", 1.0)


def standardised(fit: Scope, predict: Scope) -> Iterator[Change]:
    """The mean and deviation of `fit` kept as attributes, and used in `predict`."""
    text, body = fit.text, predict.function.body
    at, indent = text.starts[body[0].lineno - 1], indent_of(predict, body[0])
    for node in fit.nodes:
        scaled = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        if not scaled or not isinstance(getattr(node.left, "op", None), ast.Sub):
            continue
        statement = fit.statement_of[id(node)]
        mean, scale = text.of(node.left.right), text.of(node.right)
        X = (predict.parameters or ["X"])[0]
        use = f"{indent}{X} = ({X} - self.mean_) / self.scale_\n"
        kept = f"self.mean_, self.scale_ = {mean}, {scale}\n{indent_of(fit, statement)}"
        start = text.span(statement)[0]
        if not mean.startswith("self.") or "self." not in scale:
            yield Change((Edit(start, start, kept), Edit(at, at, use)), "standardise", 1.0)
        divisor = scale if re.fullmatch(r"[\w.]+", scale) else f"({scale})"
        direct = use.replace("self.mean_", mean).replace("self.scale_", divisor)
        yield Change((Edit(at, at, direct),), "standardise", 0.9)


def assignments(scope: Scope) -> Iterator[Change]:
    """`w = w - …` for `w -= …`, and the other way round for sums."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.AugAssign):
            new = text.replaced(node, f"{text.of(node.target)} = {augmented(scope, node)}")
            yield Change((new,), "copy", 1.0)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            edge = text.span(node.targets[0])[1], text.span(node.value)[0]
            new = Edit(*edge, text.source[slice(*edge)].replace("=", "+=", 1))
            yield Change((new,), "accumulate", 1.5)


def zeroed_gradients(scope: Scope) -> Iterator[Change]:
    """`w.grad.zero_()` behind the steps that use `w.grad`: torch adds to it otherwise."""
    text = scope.text
    for body in bodies(scope.function):
        steps = [s for s in body if isinstance(s, SIMPLE)]
        used = [n.value for s in steps for n in ast.walk(s) if is_gradient_held(n)]
        if used and block_of(scope, [body[-1]]) is not None:
            lines = [f"{t}.grad.zero_()" for t in dict.fromkeys(map(text.of, used))]
            end, start = text.span(body[-1])[1], f"\n{indent_of(scope, body[-1])}"
            new = "".join(start + line for line in lines)
            yield Change((Edit(end, end, new),), "accumulate", 1.0)


def cleared_by_optimizers(scope: Scope) -> Iterator[Change]:
    """`optimizer.zero_grad()` before `loss.backward()`, where an optimizer steps."""
    calls = [n for n in scope.nodes if isinstance(n, ast.Call)]
    backward = [scope.statement_of[id(n)] for n in calls if called(n) == "backward"]
    for node in calls if backward else ():
        block = block_of(scope, backward[:1])
        if called(node) == "step" and not node.args and block is not None:
            optimizer = scope.text.of(node.func).removesuffix(".step")
            line = f"{indent_of(scope, backward[0])}{optimizer}.zero_grad()\n"
            yield Change((Edit(block[0], block[0], line),), "accumulate", 1.0)


def is_gradient_held(node: Any) -> bool:
    """Whether it is `w.grad`."""
    return isinstance(node, ast.Attribute) and node.attr == "grad"


def fresh_copies(scope: Scope) -> Iterator[Change]:
    """A line at the beginning by which a parameter is copied, as it is or as floats."""
    first = next((s for s in scope.function.body if not is_docstring(s)), None)
    if first is None or first.lineno == scope.function.lineno:
        return
    at, indent = scope.text.starts[first.lineno - 1], indent_of(scope, first)
    for name in scope.parameters:
        if {"w", "theta", "X", "y", "b"} & set(roles_of(name)):
            for value in (f"{name}.copy()", f"{name}.astype(float)", f"list({name})"):
                line = f"{indent}{name} = {value}\n"
                yield Change((Edit(at, at, line),), "copy", 1.6)


def next_starts(scope: Scope) -> Iterator[Change]:
    """`i += m` at the end of a loop that slices `i:i + m` and leaves i where it is."""
    text = scope.text
    for loop in (n for n in scope.nodes if isinstance(n, LOOPS)):
        inner = [n for s in loop.body for n in ast.walk(s)]
        stored = {n.id for n in inner if isinstance(n, ast.Name) and is_stored(n)}
        targets = ast.walk(loop.target) if isinstance(loop, ast.For) else ()
        stored |= {n.id for n in targets if isinstance(n, ast.Name)}
        for part in (n for n in inner if isinstance(n, ast.Slice) and n.lower):
            start, m = text.of(part.lower), getattr(part.upper, "right", None)
            if m is None or start in stored or not isinstance(part.lower, ast.Name):
                continue
            line = f"\n{indent_of(scope, loop.body[-1])}{start} += {text.of(m)}"
            end = text.starts[int(loop.body[-1].end_lineno)] - 1
            yield Change((Edit(end, end, line),), "range", 0.8)
            break


def is_docstring(statement: Any) -> bool:
    """Whether a statement is a text alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def returns(scope: Scope) -> Iterator[Change]:
    """A `return` where there is none: of what is printed or computed last, or of the parameters."""
    text = scope.text
    if any(isinstance(n, ast.Return) and n.value is not None for n in scope.nodes):
        return
    last = scope.function.body[-1]
    if isinstance(last, ast.Expr):
        value = last.value
        if isinstance(value, ast.Call) and called(value) == "print":
            given = ", ".join(text.of(a) for a in value.args)
            yield Change((text.replaced(last, f"return {given}"),), "return", 1.0)
        yield Change((text.replaced(last, f"return {text.of(last)}"),), "return", 1.1)
    for names in returnable(scope):
        if isinstance(last, ast.Return | ast.Pass):
            yield Change((text.replaced(last, f"return {names}"),), "return", 1.1)
        elif block_of(scope, [last]) is not None or not isinstance(last, SIMPLE):
            end = text.span(last)[1]
            line = f"\n{indent_of(scope, last)}return {names}"
            yield Change((Edit(end, end, line),), "return", 1.1)


def returnable(scope: Scope) -> Iterator[str]:
    """What a function may have meant to return: gradients, parameters, its last variables."""
    stored = [n.id for n in scope.nodes if isinstance(n, ast.Name) and is_stored(n)]
    local = list(dict.fromkeys(stored))[::-1]

    def having(role: str) -> list[str]:
        return [v for v in local if role in roles_of(v)]

    for w, b in (("grad_w", "grad_b"), ("w", "b")):
        for pair in itertools.product(having(w)[:2], having(b)[:2]):
            if pair[0] != pair[1]:
                yield ", ".join(pair)
    yield from local[:3]


def bias_updates(scope: Scope) -> Iterator[Change]:
    """The update of a bias that is missing, after that of the weights and made like it."""
    text = scope.text
    for node in scope.nodes:
        if not isinstance(node, ast.Assign | ast.AugAssign) or block_of(scope, [node]) is None:
            continue
        target = text.of(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        if not {"w", "grad_w"} & set(roles_of(short(target))):
            continue
        for b in (*scope.meaning("b")[:1], *scope.meaning("grad_b")[:1]):
            summed = without_features(text.of(node))
            new = re.sub(rf"(?<![\w.]){re.escape(target)}(?!\w)", b, summed)
            end = text.span(node)[1]
            for own in dict.fromkeys((new, with_gradient_of_bias(scope, new))):
                line = f"\n{indent_of(scope, node)}{own}"
                yield Change((Edit(end, end, line),), "bias", 1.3)


def with_gradient_of_bias(scope: Scope, line: str) -> str:
    """A line with the gradient of the bias in place of that of the weights."""
    for new in scope.meaning("grad_b")[:1]:
        for old in scope.meaning("grad_w"):
            line = re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, line)
    return line


def without_features(line: str) -> str:
    """A line for the weights with Σ r in place of Xᵀr.

    Examples
    --------
    >>> without_features("w = w - lr * X.T @ r / n"), without_features("w -= lr * np.dot(X.T, r)")
    ('w = w - lr * r.sum() / n', 'w -= lr * r.sum()')
    """
    line = re.sub(rf"[\w.]+\.T\s*@\s*{OPERAND}", r"\1.sum()", line)
    line = re.sub(rf"np\.(?:dot|matmul)\([\w.]+\.T,\s*{OPERAND}\)", r"\1.sum()", line)
    return re.sub(rf"[\w.]+\.T\.dot\({OPERAND}\)", r"\1.sum()", line)


OPERAND = r"([\w.]+|\((?:[^()]|\([^()]*\))*\))"  # a name, or what is in parentheses


OF_ALL = (
    assignments,
    zeroed_gradients,
    cleared_by_optimizers,
    fresh_copies,
    returns,
    bias_updates,
    next_starts,
)
