"""Small changes of a program's text, made at the positions of its syntax tree.

An edit replaces a piece of the text, so that the rest of each line stays as its author wrote it.
A change is one edit or several that belong together. Nothing is known here of whether a change
makes the program right: `repair` tries that.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from reference.checker.definition import GRADIENT_ROLES, is_stored
from reference.checker.signature import roles_of

OPEN, CLOSE = "\ue000", "\ue001"  # parentheses that may not be needed
PARAMETERS = {"w", "b", "theta"}
NUMBERS = ("2", "0.5", "1", "0")


class Edit(NamedTuple):
    """The text from `start` to `end` is replaced; or kept between `text` and `closing`."""

    start: int
    end: int
    text: str
    closing: str | None = None


class Change(NamedTuple):
    """Edits that belong together: of which kind they are, and how unusual; less is tried first."""

    edits: tuple[Edit, ...]
    kind: str
    cost: float = 1.0
    label: str = ""  # what is done, in equal words for the same change at several places


def applied(source: str, edits: Iterable[Edit]) -> str:
    """The changed text, in which parentheses that may not be needed are still marked."""
    pieces: list[tuple[Any, int, str]] = []  # what sorts them at one place; how much they replace
    for i, (start, end, text, last) in enumerate(edits):
        if last is None:
            pieces.append(((start, 2, 0, 0), end - start, text))
        else:  # of two around the same text the first is the outer one
            pieces.append(((start, 1, -end, i), 0, text))
            pieces.append(((end, 0, -start, -i), 0, last))
    found, at = [], 0
    for (start, *_), length, text in sorted(pieces):
        found += [source[at:start], text]
        at = start + length
    return "".join([*found, source[at:]])


def compatible(edits: Iterable[Edit]) -> bool:
    """Whether none of the edits replaces what another one changes, and none overlap by halves."""
    outer_first = sorted(edits, key=lambda e: (e.start, -e.end, e.closing is None))
    return all(
        b.start >= a.end or (a.closing is not None and b.end <= a.end)
        for a, b in itertools.combinations(outer_first, 2)
    )


def with_parentheses(source: str) -> str:
    """A changed text as Python reads it."""
    return source.replace(OPEN, "(").replace(CLOSE, ")")


def tidy(source: str) -> str:
    """A changed text with those of the marked parentheses that it needs.

    Examples
    --------
    >>> tidy(f"{OPEN}{OPEN}X.T @ r{CLOSE} / n{CLOSE} + 1"), tidy(f"{OPEN}r + b{CLOSE} / n")
    ('X.T @ r / n + 1', '(r + b) / n')
    """
    meant = ast.dump(ast.parse(with_parentheses(source)))
    while OPEN in source:
        start = source.index(OPEN)
        end = closing(source, start)
        inner = source[start + 1 : end]
        without = source[:start] + inner + source[end + 1 :]
        try:
            same = ast.dump(ast.parse(with_parentheses(without))) == meant
        except SyntaxError:
            same = False
        source = without if same else f"{source[:start]}({inner}){source[end + 1 :]}"
    return source


def closing(source: str, start: int) -> int:
    """Where the marked parenthesis that opens at `start` is closed."""
    depth = 0
    for i in range(start, len(source)):
        depth += (source[i] == OPEN) - (source[i] == CLOSE)
        if not depth:
            return i
    raise ValueError("a marked parenthesis must be closed")


@dataclass(frozen=True)
class Text:
    """A source, with the positions of its nodes in characters."""

    source: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, with their ends."""
        return self.source.splitlines(keepends=True)

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *itertools.accumulate(map(len, self.lines))]

    def offset(self, line: int, column: int) -> int:
        """The position of a line, counted from 1, and a column, counted in bytes from 0."""
        before = self.lines[line - 1].encode()[:column] if line <= len(self.lines) else b""
        return self.starts[line - 1] + len(before.decode(errors="ignore"))

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node begins and ends, without parentheses around it."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: Any) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.source[start:end]

    def replaced(self, node: Any, text: str) -> Edit:
        """The edit that puts a text in the place of a node."""
        return Edit(*self.span(node), text)

    def around(self, node: Any, before: str, behind: str) -> Edit:
        """The edit that puts a node between two texts, in marked parentheses with them."""
        return Edit(*self.span(node), f"{OPEN}{before}{OPEN}", f"{CLOSE}{behind}{CLOSE}")

    def reduced(self, node: Any, part: Any) -> tuple[Edit, ...]:
        """The edits that leave one part of a node."""
        (start, end), (first, last) = self.with_own_parentheses(node), self.span(part)
        return Edit(start, first, OPEN), Edit(last, end, CLOSE)

    def with_own_parentheses(self, node: Any) -> tuple[int, int]:
        """Where a node begins and ends, with the parentheses around it that are not of a call."""
        start, end = self.span(node)
        around = self.source[start - 1 : start] + self.source[end : end + 1]
        before = self.source[: start - 1].rstrip(" ")[-1:]
        if around == "()" and not (before.isalnum() or before in ("_", ")", "]")):
            return start - 1, end + 1
        return start, end


def enclosed(text: str) -> str:
    """A text in marked parentheses."""
    return f"{OPEN}{text}{CLOSE}"


class Place(NamedTuple):
    """An expression, what it is an operand of, and as which: "value", "added", "left", "item", …"""

    node: Any
    parent: Any
    role: str


@dataclass(frozen=True)
class Scope:
    """A function, with the names in it by what they may mean; `shared` has those of its class.

    `thetas`: the parameters that were given w and b as one vector, whatever their names;
    `biases`: where b is in a dict or record of parameters, as the program would write it.
    """

    text: Text
    function: Any
    shared: tuple[str, ...] = ()
    thetas: tuple[str, ...] = ()
    biases: tuple[str, ...] = ()

    @cached_property
    def nodes(self) -> list[Any]:
        """All nodes of its body, but for those in f-strings, whose positions are not known."""
        found = [n for s in self.function.body for n in ast.walk(s)]
        hidden = {
            id(n) for f in found if isinstance(f, ast.JoinedStr) for n in ast.walk(f) if n is not f
        }
        return [n for n in found if id(n) not in hidden]

    @cached_property
    def parameters(self) -> list[str]:
        """The names of its parameters."""
        a = self.function.args
        return [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs) if p.arg != "self"]

    @cached_property
    def names(self) -> list[str]:
        """Its variables, parameters first."""
        stored = [n.id for n in self.nodes if isinstance(n, ast.Name) and is_stored(n)]
        return list(dict.fromkeys([*self.parameters, *stored]))

    @cached_property
    def attributes(self) -> list[str]:
        """The attributes of `self` that it uses, as it writes them, but for methods."""
        called = {id(n.func) for n in self.nodes if isinstance(n, ast.Call)}
        found = [
            f"self.{n.attr}"
            for n in self.nodes
            if isinstance(n, ast.Attribute) and is_self(n.value) and id(n) not in called
        ]
        return list(dict.fromkeys([*found, *self.shared]))

    def meaning(self, role: str) -> list[str]:
        """The variables and attributes that may have this role, the likeliest first."""
        found = [v for v in (*self.names, *self.attributes) if role in roles_of(short(v))]
        return sorted(found, key=lambda v: roles_of(short(v)).index(role))

    @cached_property
    def counts(self) -> list[str]:
        """What may be the number of samples: names, then `len(y)` as it is written or would be."""
        written = [n for n in self.nodes if is_count(n)]
        named = []
        for s in self.nodes:
            holds = isinstance(s, ast.Assign) and any(n in written for n in ast.walk(s.value))
            if holds and is_number(s.value):
                named += [n.id for t in s.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        named += [n for n in self.parameters if "n" in roles_of(n)[:1]]
        said = [self.text.of(n) for n in written]
        labels = [f"len({y})" for y in self.meaning("y")[:2] if not y.startswith("self.")]
        labels += [f"len({r})" for r in self.parameters if "residual" in roles_of(r)[:1]]
        divisors = [n.right for n in self.nodes if isinstance(n, ast.BinOp) and is_division(n)]
        named += [n.id for n in divisors if isinstance(n, ast.Name) and n.id in self.parameters]
        counted = [n for n in named if "batch_size" not in roles_of(n)]
        return list(dict.fromkeys([*counted, *said, *labels]))[:5]

    @cached_property
    def local_arrays(self) -> list[str]:
        """What is assigned a part of an array, or a difference, within a loop."""
        loops = [n for n in self.nodes if isinstance(n, ast.For | ast.While)]
        inside = [s for n in loops for s in ast.walk(n) if isinstance(s, ast.Assign)]
        found = []
        for s in inside:
            values = s.value.elts if isinstance(s.value, ast.Tuple) else [s.value]
            targets = s.targets[0].elts if isinstance(s.targets[0], ast.Tuple) else s.targets
            for t, v in zip(targets, values, strict=False):
                part = isinstance(v, ast.Subscript) or self.is_residual(v)
                if part and isinstance(t, ast.Name) and not PARAMETERS & set(roles_of(t.id)[:1]):
                    found.append(t.id)
        return list(dict.fromkeys(found))[::-1][:4]

    @cached_property
    def divisors(self) -> list[str]:
        """What a sum may be divided by: where there are batches, first the rows of one."""
        batches = self.meaning("batch_size")
        own = [f"len({a})" for a in self.local_arrays[:2]] if batches else []
        return list(dict.fromkeys([*own, *self.counts]))[:5]

    @cached_property
    def rows(self) -> list[str]:
        """What may be a feature, or all of them: `X`, `x[i]`, the target of a loop."""
        X = self.meaning("X")
        found = [
            self.text.of(n)
            for n in self.nodes
            if isinstance(n, ast.Subscript) and short(self.text.of(n.value)) in map(short, X)
        ]
        return list(dict.fromkeys([*found, *self.looped, *X]))[:5]

    @cached_property
    def looped(self) -> list[str]:
        """The targets of its loops and comprehensions."""
        loops = (n for n in self.nodes if isinstance(n, ast.For | ast.comprehension))
        return [n.id for s in loops for n in ast.walk(s.target) if isinstance(n, ast.Name)]

    @cached_property
    def places(self) -> list[Place]:
        """Values, their items, and the operands of sums: where a factor can stand or be missing."""
        found: list[Place] = []
        for s in self.nodes:
            if self.is_counting(s):  # n itself has no sign and no divisor
                continue
            if isinstance(s, ast.Assign | ast.AugAssign | ast.Return | ast.AnnAssign) and s.value:
                role = "added" if isinstance(s, ast.AugAssign) else "value"
                found += inner_places(s.value, s, role)
            elif isinstance(s, ast.Call) and called(s) in ("append", "array", "sum", "mean"):
                found += [p for a in s.args for p in inner_places(a, s, "argument")]
            elif isinstance(s, ast.Call) and makes_record(s):
                found += [p for a in s.args for p in inner_places(a, s, "item")]
                found += [p for k in s.keywords for p in inner_places(k.value, s, "item")]
        unique = {id(p.node): p for p in found}
        return list(unique.values())

    def is_counting(self, node: Any) -> bool:
        """Whether it gives the number of samples, or of features, a name."""
        if not isinstance(node, ast.Assign):
            return False
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        return all(is_count(v) or is_count(unwrapped(v)) for v in values)

    @cached_property
    def lines_of_gradients(self) -> set[int]:
        """The lines that give a part of a gradient its value."""
        stored = [n for n in self.nodes if isinstance(n, ast.Name) and is_stored(n)]
        return {n.lineno for n in stored if GRADIENT_ROLES & set(roles_of(n.id))}

    @cached_property
    def divides_what_it_adds(self) -> bool:
        """Whether it divides each term of some sum: then it is likely to be meant of all."""
        added = [s.value for s in self.nodes if isinstance(s, ast.AugAssign)]
        return any(isinstance(getattr(n, "op", None), ast.Div) for v in added for n in ast.walk(v))

    def returned_as_it_is(self, place: Place) -> bool:
        """Whether a variable with a single plain assignment of its own is returned."""
        if not isinstance(place.node, ast.Name):
            return False
        stored = [n for n in self.nodes if isinstance(n, ast.Name) and n.id == place.node.id]
        stored = [n for n in stored if is_stored(n)]
        return len(stored) == 1 and not isinstance(self.statement_of[id(stored[0])], LOOP_STEPS)

    def is_update(self, node: Any) -> bool:
        """Whether a sum gives a parameter its new value: `w = w + …`, `w += …`."""
        changed = node.target if isinstance(node, ast.AugAssign) else node.left
        name = short(self.text.of(changed).partition("[")[0])  # theta of theta[j]
        return bool(PARAMETERS & set(roles_of(name)))

    def is_residual(self, node: Any) -> bool:
        """Whether it is a difference with labels, not yet summed."""
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub):
            return False
        inner = [self.text.of(n) for n in ast.walk(node) if isinstance(n, ast.Name)]
        return any("y" in roles_of(n) for n in inner)

    def is_own_target(self, node: Any, part: Any) -> bool:
        """Whether a statement would become `a = a` with this part as its value."""
        s = self.statement_of.get(id(node))
        if not isinstance(s, ast.Assign) or s.value is not node:
            return False
        return self.text.of(s.targets[0]) == self.text.of(part)

    @cached_property
    def statement_of(self) -> dict[int, Any]:
        """The smallest statement that holds each node."""
        found: dict[int, Any] = {}
        for s in self.nodes:
            if isinstance(s, ast.stmt):
                found |= {id(n): s for n in ast.walk(s)}
        return found


def inner_places(node: Any, parent: Any, role: str) -> Iterator[Place]:
    """A value, or each of its items; and below them the operands of sums and differences."""
    if isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            yield from inner_places(item, node, "item")
    elif isinstance(node, ast.Dict):
        for item in node.values:
            yield from inner_places(item, node, "item")
    elif isinstance(node, ast.ListComp | ast.GeneratorExp):
        yield from inner_places(node.elt, node, "item")
    elif not isinstance(node, ast.Constant | ast.Starred):
        yield Place(node, parent, role)
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Add | ast.Sub):
                yield from inner_places(node.left, node, "left")
            if not isinstance(node.op, ast.Div | ast.FloorDiv | ast.Pow):
                yield from inner_places(node.right, node, f"right {type(node.op).__name__}")
            yield from inner_places(node.left, node, f"left {type(node.op).__name__}")


def is_self(node: Any) -> bool:
    """Whether it is `self`."""
    return isinstance(node, ast.Name) and node.id == "self"


def short(name: str) -> str:
    """A variable without `self.`."""
    return name.removeprefix("self.")


def called(node: Any) -> str:
    """The last part of what is called."""
    f = node.func
    return f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""


LOOP_STEPS = ast.AugAssign | ast.For | ast.While


def makes_record(node: ast.Call) -> bool:
    """Whether it makes a dict, or an object of a class: `Gradient(dw, db)`."""
    return called(node) == "dict" or called(node)[:1].isupper()


def unwrapped(node: Any) -> Any:
    """What is within `float(…)` or `int(…)`."""
    cast = isinstance(node, ast.Call) and called(node) in ("float", "int") and node.args
    return node.args[0] if cast else node


def is_number(node: Any) -> bool:
    """Whether it is likely to be a number, or several: no list, and no call that makes an array."""
    inner = list(ast.walk(node))
    calls = [called(n) for n in inner if isinstance(n, ast.Call)]
    return not any(isinstance(n, ast.List | ast.ListComp) for n in inner) and set(calls) <= COUNTS


def is_division(node: ast.BinOp) -> bool:
    """Whether it divides."""
    return isinstance(node.op, ast.Div)


COUNTS = {"len", "float", "int", "max", "min", "ceil", "floor"}


def is_count(node: Any) -> bool:
    """Whether it is `len(...)`, `….shape[...]` or `….size`."""
    if isinstance(node, ast.Call):
        return called(node) == "len"
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    return isinstance(node, ast.Attribute) and node.attr in ("size", "shape")


def changes(scope: Scope) -> Iterator[Change]:
    """All changes of single expressions of a function."""
    for generate in EXPRESSIONS:
        yield from generate(scope)


def signs(scope: Scope) -> Iterator[Change]:
    """A minus more or less; a difference the other way round; + and −."""
    text = scope.text
    for place in scope.places:
        node = place.node
        if place.role in ("value", "added", "item", "argument"):
            negated = text.around(node, "-", "")
            cost = 1.2 + 0.8 * scope.is_residual(node)
            yield Change((negated,), "sign", cost, f"negate {place.role}")
    for node in scope.nodes:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            bare = text.reduced(node, node.operand)
            yield Change(bare, "sign", 1, "no minus")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            a, b = text.of(node.left), text.of(node.right)
            turned = text.replaced(node, f"{OPEN}{enclosed(b)} - {enclosed(a)}{CLOSE}")
            from_label = roles_of(short(a.partition("[")[0]))[:1] == ["y"]
            yield Change((turned,), "sign", 0.8 if from_label else 1.5, "turn a difference")


OPERATORS: dict[type, tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-", "*")),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("@", "/", "+")),
    ast.MatMult: ("@", ("*",)),
    ast.Div: ("/", ("*",)),
    ast.FloorDiv: ("//", ("/",)),
    ast.Mod: ("%", ("/",)),
    ast.Pow: ("**", ("*",)),
}


def operators(scope: Scope) -> Iterator[Change]:
    """Another operator."""
    for node in scope.nodes:
        if isinstance(node, ast.BinOp):
            edge = scope.text.span(node.left)[1], scope.text.span(node.right)[0]
        elif isinstance(node, ast.AugAssign):
            edge = scope.text.span(node.target)[1], scope.text.span(node.value)[0]
        else:
            continue
        if type(node.op) not in OPERATORS:
            continue
        sign, others = OPERATORS[type(node.op)]
        gap = scope.text.source[slice(*edge)]
        for other in others:
            new = gap.replace(sign, other, 1)
            kind = "sign" if {sign, other} == {"+", "-"} else "operator"
            updates = scope.is_update(node)
            label = f"{sign} to {other} {isinstance(node, ast.AugAssign)} {updates}"
            cost = 0.8 if updates and sign == "+" else 1 if sign in "+-//" else 1.4
            yield Change((Edit(*edge, new),), kind, cost, label)


def factors(scope: Scope) -> Iterator[Change]:
    """A divisor, a learning rate, a feature or a constant more."""
    text = scope.text
    for place in scope.places:
        for i, n in enumerate(scope.divisors):
            new = text.around(place.node, "", f" / {n}")
            alike = place.role == "added" and scope.divides_what_it_adds
            cost = 1 + 0.2 * i + (-0.2 if alike else 0.8 * scope.is_residual(place.node))
            if isinstance(scope.statement_of.get(id(place.node)), ast.Return):
                cost += 0.3 if scope.returned_as_it_is(place) else -0.1
            yield Change((new,), "divide", cost, f"/ {n} {place.role}")
        for lr in scope.meaning("lr")[:1]:
            new = text.around(place.node, f"{lr} * ", "")
            updates = place.role.startswith("right") and scope.is_update(place.parent)
            updates |= isinstance(place.parent, ast.AugAssign) and scope.is_update(place.parent)
            yield Change((new,), "rate", 1.8 - 0.6 * updates, f"{lr} * {place.role} {updates}")
        for i, x in enumerate(scope.rows):
            new = text.around(place.node, "", f" * {x}")
            yield Change((new,), "feature", 1.6 + 0.2 * i, f"* {x} {place.role}")
        for c in ("2", "0.5"):
            new = text.around(place.node, f"{c} * ", "")
            yield Change((new,), "constant", 1.8, f"{c} * {place.role}")
        squared = text.around(place.node, "", " ** 2")
        yield Change((squared,), "square", 1.7, f"** 2 {place.role}")


def constants(scope: Scope) -> Iterator[Change]:
    """Another number, or the number of samples in its place."""
    axes = {id(n.slice) for n in scope.nodes if isinstance(n, ast.Subscript) and is_count(n)}
    slices = [n.slice for n in scope.nodes if isinstance(n, ast.Subscript) and not is_count(n)]
    indices = {id(n) for s in slices for n in (s, *getattr(s, "elts", ()))}
    starts = {id(n.value) for n in scope.nodes if isinstance(n, ast.Assign)}
    for node in scope.nodes:
        value: Any = getattr(node, "value", None)
        if not isinstance(node, ast.Constant) or type(value) not in (int, float):
            continue
        others = [*NUMBERS, str(value - 1), str(value + 1)]
        others += scope.counts[:2] if value > 1 else []
        others += scope.looped if id(node) in indices else []
        for other in dict.fromkeys(others):
            if other != scope.text.of(node):
                label = f"{value} to {other}"
                cost = 1.2 if id(node) in axes else 1.4
                cost += 0.3 * (id(node) in starts and "." in other) + 0.05 * ("." in other)
                yield Change((scope.text.replaced(node, other),), "constant", cost, label)


def subtracted(scope: Scope) -> Iterator[Change]:
    """`w = w - …` for `w = …` and for `w =- …`, where w is a parameter that is not used."""
    text = scope.text
    for node in (n for n in scope.nodes if isinstance(n, ast.Assign)):
        target, value = text.of(node.targets[0]), node.value
        used = [text.of(n) for n in ast.walk(value) if isinstance(n, ast.Name | ast.Attribute)]
        if not PARAMETERS & set(roles_of(short(target))) or target in used:
            continue
        new = text.around(value, f"{target} - ", "")
        if text.of(value).startswith("-"):
            new = Edit(text.span(node.targets[0])[1], text.span(value)[0], f" = {target} ")
        yield Change((new,), "accumulate", 0.9, "subtract")


def dropped(scope: Scope) -> Iterator[Change]:
    """An operation without one of its operands, a call without the call."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.BinOp):
            for cost, part in operands(node):
                cost += 0.8 * scope.is_own_target(node, part)
                lost = node.left if part is node.right else node.right
                label = f"{type(node.op).__name__} without {text.of(lost)}"
                yield Change(text.reduced(node, part), "drop", cost, label)
        elif isinstance(node, ast.Call):
            f = node.func
            bare = [*node.args[:1]]
            usual = called(node) in ("sum", "mean", "round", "astype")
            if isinstance(f, ast.Attribute) and (usual or not isinstance(f.value, ast.Name)):
                bare.append(f.value)
            for part in bare:
                label = f"no {called(node)}"
                yield Change(text.reduced(node, part), "unwrap", 1.3, label)


def operands(node: ast.BinOp) -> Iterator[tuple[float, Any]]:
    """The operands of an operation, and those of its first operand."""
    yield 1, node.left
    if not isinstance(node.op, ast.Div | ast.FloorDiv | ast.Pow):
        yield 1.1, node.right
    if isinstance(node.left, ast.BinOp):
        yield 1.5, node.left.left


def groupings(scope: Scope) -> Iterator[Change]:
    """a ∘ (b ∘ c) for (a ∘ b) ∘ c, and the other way round; through several operations too."""
    text = scope.text
    for node in scope.nodes:
        if not isinstance(node, ast.BinOp):
            continue
        left = node.left
        while isinstance(left, ast.BinOp):  # a ∘ b ∘ c is (a ∘ b) ∘ c: put brackets around b ∘ c
            start, end = text.span(left.right)[0], text.span(node)[1]
            yield bracketed(text, start, end)
            left = left.left
        right = node.right
        while isinstance(right, ast.BinOp):
            yield bracketed(text, text.span(node)[0], text.span(right.left)[1])
            right = right.left
        for inner in (node.left, node.right):  # brackets that are there are left out
            found = unbracketed(text, inner)
            if found is not None:
                yield found


def bracketed(text: Text, start: int, end: int) -> Change:
    """Parentheses around a piece of an expression, if that is balanced."""
    return Change((Edit(start, end, "(", ")"),), "parentheses", 1.2, "parentheses")


def unbracketed(text: Text, node: Any) -> Change | None:
    """The parentheses around an operation left out."""
    if not isinstance(node, ast.BinOp):
        return None
    start, end = text.span(node)
    source = text.source
    if source[start - 1 : start] != "(" or source[end : end + 1] != ")":
        return None
    new = Edit(start - 1, end + 1, source[start:end])
    return Change((new,), "parentheses", 1.3, "no parentheses")


def transpositions(scope: Scope) -> Iterator[Change]:
    """`.T` more or less, and factors of a product the other way round."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield Change(text.reduced(node, node.value), "transpose", 1.4, "no .T")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            a, b = enclosed(text.of(node.left)), enclosed(text.of(node.right))
            new = text.replaced(node, f"{OPEN}{b} @ {a}{CLOSE}")
            yield Change((new,), "swap", 1.5, "turn @")
            for operand in (node.left, node.right):
                new = text.around(operand, "", ".T")
                yield Change((new,), "transpose", 1.4, ".T")


def swaps(scope: Scope) -> Iterator[Change]:
    """Two items of a tuple or a dict, or two arguments of a call, that change places."""
    text = scope.text
    for node in scope.nodes:
        items = node.elts if isinstance(node, ast.Tuple | ast.List) else getattr(node, "args", [])
        items = node.values if isinstance(node, ast.Dict) else items
        if isinstance(node, ast.Call) and makes_record(node):
            items = [*items, *(k.value for k in node.keywords)]
        if not isinstance(items, list) or isinstance(node, ast.arguments):
            continue
        for a, b in itertools.combinations(items, 2):
            if text.of(a) != text.of(b):
                pair = text.replaced(a, text.of(b)), text.replaced(b, text.of(a))
                yield Change(pair, "swap", 1.2, "swap")


def indices(scope: Scope) -> Iterator[Change]:
    """Slices: left out, put to an array that has none, or that of another array."""
    text = scope.text
    slices = [n for n in scope.nodes if isinstance(n, ast.Subscript) and not is_stored(n)]
    known = dict.fromkeys(text.of(n.slice) for n in slices)
    known |= dict.fromkeys(s for _, s in batch_slices(scope))
    for node in slices:
        whole = text.reduced(node, node.value)
        yield Change(whole, "slice", 1.3, "no slice")
        for other in known:
            if other != text.of(node.slice):
                new = text.replaced(node.slice, other)
                label = f"slice {text.of(node.slice)} to {other}"
                yield Change((new,), "slice", 1.3, label)
        if isinstance(node.slice, ast.Constant):
            inner = node.value if isinstance(node.value, ast.Subscript) else node
            new = text.replaced(node, f"{text.of(inner.value)}[:, {text.of(node.slice)}]")
            yield Change((new,), "slice", 1.4, "a column")
    arrays = {*scope.meaning("X"), *scope.meaning("y")}
    indexed = {id(n.value) for n in slices}
    for node in scope.nodes:
        if isinstance(node, ast.Name) and not is_stored(node) and node.id in arrays:
            for other in () if id(node) in indexed else known:
                new = text.replaced(node, f"{node.id}[{other}]")
                yield Change((new,), "slice", 1.5, f"[{other}]")


def slices_of_data(scope: Scope) -> Iterator[Change]:
    """Slices of all the data that a loop over batches uses whole."""
    arrays = {*scope.meaning("X"), *scope.meaning("y")}
    sliced = {id(n.value) for n in scope.nodes if isinstance(n, ast.Subscript)}
    for loop, other in batch_slices(scope):
        used = [n for s in loop.body for n in ast.walk(s) if isinstance(n, ast.Name)]
        whole = [n for n in used if n.id in arrays - {m.id for m in used if is_stored(m)}]
        whole = [n for n in whole if id(n) not in sliced]
        edits = tuple(scope.text.replaced(n, f"{n.id}[{other}]") for n in whole)
        if edits:
            yield Change(edits, "slice", 1.2, "slices of a batch")


def positions(scope: Scope) -> Iterator[Change]:
    """`[a[j] for j in range(len(w))]` for `[a[0] for _ in w]`."""
    text = scope.text
    for node in scope.nodes:
        if not isinstance(node, ast.ListComp) or len(node.generators) > 1:
            continue
        target, over = node.generators[0].target, node.generators[0].iter
        inner = list(ast.walk(node.elt))
        used = {n.id for n in inner if isinstance(n, ast.Name)}
        if not isinstance(target, ast.Name) or target.id in used:
            continue
        if not isinstance(over, ast.Name | ast.Attribute) or not is_variable(scope, over):
            continue
        j = "j" if target.id == "_" else target.id
        for n in (n.slice for n in inner if isinstance(n, ast.Subscript)):
            last = n.elts[-1] if isinstance(n, ast.Tuple) else n
            if isinstance(last, ast.Constant) and j not in used:
                counted = text.replaced(over, f"range(len({text.of(over)}))")
                edits = (text.replaced(last, j), text.replaced(target, j), counted)
                yield Change(edits, "slice", 1.3, f"position {j}")


def batch_slices(scope: Scope) -> Iterator[tuple[ast.For, str]]:
    """Each loop `for i in range(…, …, m)` with its slice `i:i + m`."""
    for node in scope.nodes:
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Call):
            arguments = node.iter.args
            if called(node.iter) == "range" and len(arguments) == 3:
                i, m = scope.text.of(node.target), scope.text.of(arguments[2])
                yield node, f"{i}:{i} + {m}"


def ranges(scope: Scope) -> Iterator[Change]:
    """The ends of a `range`, and steps of one batch in it."""
    text = scope.text
    for node in scope.nodes:
        if not isinstance(node, ast.Call) or called(node) != "range" or not node.args:
            continue
        first, *rest = [text.of(a) for a in node.args]
        if len(rest) == 1:
            for i, new in enumerate((rest[0], f"0, {rest[0]}", f"{first}, {rest[0]} + 1")):
                yield Change((ranged(text, node, new),), "range", 1 + 0.1 * i, "range")
        elif not rest:
            yield Change((ranged(text, node, f"{first} + 1"),), "range", 1.3, "range")
        sizes = scope.meaning("batch_size") + steps_of_slices(scope)
        for n, m in itertools.product(scope.counts[:3], dict.fromkeys(sizes)):
            new = ranged(text, node, f"0, {n}, {m}")
            yield from of_short_batches(scope, new, 1.6, "range of batches")


def numbers_of_batches(scope: Scope) -> Iterator[Change]:
    """`-(-n // m)` for `n // m`."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
            new = f"-(-{text.of(node.left)} // {text.of(node.right)})"
            yield from of_short_batches(scope, text.replaced(node, new), 1.1, "round up")


def of_short_batches(scope: Scope, edit: Edit, cost: float, label: str) -> Iterator[Change]:
    """A change that makes a short last batch; also with its own size as the divisor."""
    yield Change((edit,), "range", cost, label)
    sizes = set(scope.meaning("batch_size"))
    used = [n for n in scope.nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    divided = [n.right for n in used if scope.text.of(n.right) in sizes]
    for a in scope.local_arrays[:1] if divided else ():
        own = [scope.text.replaced(n, f"len({a})") for n in divided]
        if compatible((edit, *own)):
            yield Change((edit, *own), "range", cost + 0.2, f"{label} of its own size")


def of_batches(scope: Scope) -> Iterator[Change]:
    """The batch that was sliced, for all the data, in the rest of its loop."""
    text = scope.text
    for loop in (n for n in scope.nodes if isinstance(n, ast.For | ast.While)):
        sliced = dict(pair for s in loop.body for pair in slices_in(text, s))
        last = max((s.lineno for s in loop.body if list(slices_in(text, s))), default=0)
        rest = [n for s in loop.body if s.lineno > last for n in ast.walk(s)]
        whole = [n for n in rest if isinstance(n, ast.Name) and n.id in sliced]
        edits = tuple(text.replaced(n, sliced[n.id]) for n in whole if not is_stored(n))
        counts = [n for n in rest if isinstance(n, ast.Name) and n.id in scope.counts]
        own = tuple(text.replaced(n, f"len({min(sliced.values())})") for n in counts if sliced)
        if edits:
            yield Change(edits, "slice", 1.2, "batch")
            yield Change((*edits, *own), "slice", 1.4, "batch and its size")


def slices_in(text: Text, statement: Any) -> Iterator[tuple[str, str]]:
    """(X, X_batch) of `X_batch = X[i:i + m]`; of several on one line too."""
    if not isinstance(statement, ast.Assign):
        return
    target, value = statement.targets[0], statement.value
    both = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
    pairs = zip(target.elts, value.elts, strict=False) if both else [(target, value)]
    for t, v in pairs:
        if isinstance(t, ast.Name) and isinstance(v, ast.Subscript):
            yield text.of(v.value), t.id


def ranged(text: Text, node: Any, arguments: str) -> Edit:
    """Other arguments of a `range`."""
    return text.replaced(node, f"range({arguments})")


def steps_of_slices(scope: Scope) -> list[str]:
    """m of each slice `i:i + m`."""
    sums = [
        n.upper
        for n in scope.nodes
        if isinstance(n, ast.Slice) and isinstance(n.upper, ast.BinOp) and n.lower
    ]
    return [scope.text.of(s.right) for s in sums]


def sums(scope: Scope) -> Iterator[Change]:
    """A mean for a sum and the other way round, along another axis or all."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.Call) and called(node) in ("sum", "mean"):
            end, name = text.span(node.func)[1], called(node)
            other = "mean" if name == "sum" else "sum"
            new = Edit(end - len(name), end, other)
            yield Change((new,), "divide", 1, f"{name} to {other}")
            last = text.span(node)[1] - 1
            for axis in () if node.keywords else ("axis=0", "axis=1"):
                given = f", {axis}" if node.args else axis
                yield Change((Edit(last, last, given),), "axis", 1.5, axis)
        if isinstance(node, ast.keyword) and node.arg in ("axis", "dim"):
            for axis in ("0", "1", "None"):
                yield Change((text.replaced(node.value, axis),), "axis", 1.2, f"axis {axis}")


def products_in_sums(scope: Scope) -> Iterator[Change]:
    """A mean of products for a product of means; a sum of squares for the square of a sum."""
    text = scope.text
    for node in (n for n in scope.nodes if isinstance(n, ast.BinOp)):
        a, b = summed(node.left), summed(node.right)
        if isinstance(node.op, ast.Mult) and a is not None and b is not None:
            first, second = enclosed(text.of(a)), enclosed(text.of(b))
            matrix = f"{first}.T @ {second} / len({text.of(b)})"
            for new in (matrix, f"({first} * {second}).mean()"):
                yield Change((text.replaced(node, enclosed(new)),), "swap", 1.0, "mean of products")
        yield from sums_in_products(scope, node)
        if isinstance(node.op, ast.Pow) and a is not None:
            inner = text.around(a, "", f" ** {text.of(node.right)}")
            cut = Edit(text.span(node.left)[1], text.span(node)[1], "")
            yield Change((inner, cut), "square", 1.0, "sum of squares")


def sums_in_products(scope: Scope, node: Any) -> Iterator[Change]:
    """`c * (a * b).sum() / n` for `c * sum(a) * sum(b) / n ** 2`."""
    text = scope.text
    product = node.left if isinstance(node.op, ast.Div) else None
    if not isinstance(product, ast.BinOp) or not isinstance(product.op, ast.Mult):
        return
    left = product.left
    first = left.right if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult) else left
    a, b = summed(first), summed(product.right)
    if a is None or b is None:
        return
    new = f"({enclosed(text.of(a))} * {enclosed(text.of(b))}).sum()"
    joined = Edit(text.span(first)[0], text.span(product.right)[1], new)
    n = node.right
    for root in (n.left, n.right) if isinstance(n, ast.BinOp) else (n,):
        edits = (joined, *(text.reduced(n, root) if root is not n else ()))
        yield Change(edits, "swap", 1.1, "sum of products")


def absolute_values(scope: Scope) -> Iterator[Change]:
    """A square for an absolute value."""
    for node in scope.nodes:
        if isinstance(node, ast.Call) and called(node) in ("abs", "absolute") and node.args:
            new = enclosed(f"{enclosed(scope.text.of(node.args[0]))} ** 2")
            yield Change((scope.text.replaced(node, new),), "square", 1.2, "square")


def summed(node: Any) -> Any:
    """What a call of `sum`, `mean` or `average` is of; None for all else."""
    if not isinstance(node, ast.Call) or called(node) not in ("sum", "mean", "average"):
        return None
    f = node.func
    modules = ("np", "numpy", "torch")
    method = isinstance(f, ast.Attribute) and getattr(f.value, "id", "") not in modules
    return f.value if method else next(iter(node.args), None)  # type: ignore[union-attr]


def forms(scope: Scope) -> Iterator[Change]:
    """Copies, flat arrays, columns, floats."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and is_variable(scope, node):
            for kind, ending in ENDINGS:
                new = Edit(*text.span(node), "", ending)
                yield Change((new,), kind, 1.7, f"{ending} {text.of(node)}")
        if isinstance(node, ast.Call) and called(node) in COPIES:
            yield from as_floats(text, node)
        if isinstance(node, ast.Attribute) and node.attr in ("float32", "float16", "single"):
            end = text.span(node)[1]
            wide = Edit(end - len(node.attr), end, "float64")
            yield Change((wide,), "copy", 1.2, "float64")
        if isinstance(node, ast.keyword) and node.arg == "dtype" and text.of(node.value) != "float":
            yield Change((text.replaced(node.value, "float"),), "copy", 1.2, "float")
        if isinstance(node, ast.Call) and not is_plain_call(node):
            flat = Edit(text.span(node)[1], text.span(node)[1], ".ravel()")
            yield Change((flat,), "ravel", 1.7, ".ravel() call")


COPIES = ("copy", "array", "zeros_like", "asarray")
ENDINGS = [("copy", ".copy()"), ("ravel", ".ravel()"), ("ravel", ".reshape(-1, 1)")]


def is_variable(scope: Scope, node: Any) -> bool:
    """Whether it is the value of one of the function's own variables or attributes."""
    return not is_stored(node) and scope.text.of(node) in (*scope.names, *scope.attributes)


def is_plain_call(node: ast.Call) -> bool:
    """Whether what is called gives no column."""
    return called(node) in ("range", "len", "sum", "mean", "zeros", "append", "zip", "float", "int")


def as_floats(text: Text, node: Any) -> Iterator[Change]:
    """A copy whose numbers are floats."""
    end = text.span(node)[1]
    if called(node) == "copy" and isinstance(node.func, ast.Attribute) and not node.args:
        new = Edit(end - len("copy()"), end, "astype(float)")
    else:
        new = Edit(end - 1, end - 1, ", dtype=float")
    yield Change((new,), "copy", 1.2, "float")


def names(scope: Scope) -> Iterator[Change]:
    """Another variable of the same function."""
    text = scope.text
    for node in scope.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and is_variable(scope, node):
            old = text.of(node)
            own = scope.names if isinstance(node, ast.Name) else []
            for new in dict.fromkeys((*own, *scope.attributes, *scope.counts[:2])):
                if new != old:
                    alike = set(roles_of(short(new))) & set(roles_of(short(old)))
                    cost = 1.4 if alike or new in scope.counts else 1.8
                    cost -= 0.3 * ({old, new} <= set(scope.counts))
                    yield Change((text.replaced(node, new),), "name", cost, f"{old} to {new}")


def terms(scope: Scope) -> Iterator[Change]:
    """A product plus the bias that is missing."""
    text = scope.text
    for node in scope.nodes:
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult)
        if product or (isinstance(node, ast.Call) and called(node) in PRODUCTS):
            for b in (*scope.biases, *scope.meaning("b"))[:2]:
                new = text.around(node, "", f" + {b}")
                yield Change((new,), "term", 1.2, f"+ {b}")
        if isinstance(node, ast.Assign) and is_zero(node.value):  # where a sum begins
            for b in (*scope.biases, *scope.meaning("b"))[:1]:
                yield Change((text.replaced(node.value, b),), "term", 1.5, f"from {b}")
                for edits in added_each_time(scope, node, b):
                    yield Change((*edits, text.replaced(node.value, b)), "term", 1.2)


def added_each_time(scope: Scope, begin: ast.Assign, b: str) -> Iterator[tuple[Edit, ...]]:
    """Where b is added to a sum with each term, `s += a + b`: those terms without it."""
    text = scope.text
    for s in scope.nodes:
        same = isinstance(s, ast.AugAssign) and text.of(s.target) == text.of(begin.targets[0])
        if same and isinstance(s.value, ast.BinOp) and isinstance(s.value.op, ast.Add):
            sides = (s.value.left, s.value.right)
            for part, other in (sides, sides[::-1]):
                if text.of(other) == b:
                    yield text.reduced(s.value, part)


PRODUCTS = ("dot", "sum", "matmul", "einsum", "inner", "vdot", "tensordot", "mv")


def is_zero(node: Any) -> bool:
    """Whether it is the number 0."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and not node.value


def freed(scope: Scope) -> Iterator[Change]:
    """θ without its first number, or with a zero in its place; 0 for λ b: the bias is free."""
    arrays = {*scope.meaning("theta"), *scope.thetas}
    for node in scope.nodes:
        if not isinstance(node, ast.Name | ast.Attribute) or is_stored(node):
            continue
        name = scope.text.of(node)
        for new in (f"{name}[1:]", f"np.r_[0, {name}[1:]]") if name in arrays else ():
            yield Change((scope.text.replaced(node, new),), "free", 0.95, new)
    for place in scope.places:  # λ b, where the sum for the bias begins
        if isinstance(place.node, ast.BinOp) and isinstance(place.node.op, ast.Mult):
            sides = [scope.text.of(n) for n in (place.node.left, place.node.right)]
            if any(roles_of(short(s))[:1] == ["b"] for s in sides):
                yield Change((scope.text.replaced(place.node, "0.0"),), "free", 1.2, "no penalty")


def divisors(scope: Scope) -> Iterator[Change]:
    """The length of a local array for a number of samples or the size of a batch.

    Also the number of samples for a name that is not the function's own.
    """
    text = scope.text
    counts = {*scope.counts, *scope.meaning("batch_size"), *scope.meaning("n")}
    arrays = [a for a in scope.local_arrays if f"len({a})" not in counts]
    for node in scope.nodes:  # a number of the program, in place of that of the samples
        divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        if divides and isinstance(node.right, ast.Name) and node.right.id not in scope.names:
            for n in scope.counts[:2]:
                yield Change((text.replaced(node.right, n),), "divisor", 1, f"/ {n}")
    for node in scope.nodes:
        used = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv)
        if used and text.of(node.right) in counts:
            for i, a in enumerate(arrays):
                new = text.replaced(node.right, f"len({a})")
                yield Change((new,), "divisor", 1 + 0.2 * i, f"/ len({a})")


def subscripts_of_einsum(scope: Scope) -> Iterator[Change]:
    """Another letter in the indices of `einsum`."""
    for node in scope.nodes:
        value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if not isinstance(value, str) or not re.fullmatch(r"[a-z, ]+->[a-z]*", value):
            continue
        for i, old in enumerate(value):
            for new in sorted(set(re.findall("[a-z]", value)) - {old}) if old.isalpha() else ():
                text = repr(value[:i] + new + value[i + 1 :]).replace("'", '"')
                yield Change((scope.text.replaced(node, text),), "slice", 1.2, "einsum")


EXPRESSIONS = (
    signs,
    operators,
    factors,
    constants,
    subtracted,
    dropped,
    groupings,
    transpositions,
    swaps,
    indices,
    slices_of_data,
    positions,
    ranges,
    numbers_of_batches,
    of_batches,
    sums,
    products_in_sums,
    absolute_values,
    forms,
    names,
    terms,
    subscripts_of_einsum,
    divisors,
    freed,
)


def repeated(scope: Scope, single: Iterable[Change]) -> Iterator[Change]:
    """The same change at several places at once: in one statement, or in the whole function."""
    by_label: dict[Any, list[Change]] = {}
    for change in single:
        if change.label:
            line = scope.text.source.count("\n", 0, change.edits[0].start)
            by_label.setdefault((change.kind, change.label, line), []).append(change)
            by_label.setdefault((change.kind, change.label), []).append(change)
            if line + 1 in scope.lines_of_gradients:
                by_label.setdefault((change.kind, change.label, "gradient"), []).append(change)
    for alike in by_label.values():
        edits = tuple(e for c in alike for e in c.edits)
        if 2 <= len(alike) <= 6 and compatible(edits):
            yield Change(edits, alike[0].kind, alike[0].cost + 0.2 * (len(alike) - 1) + 0.1)
