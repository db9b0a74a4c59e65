"""A function or class of a program, as far as its source shows what it is."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reference.checker.signature import bare, kinds_of, roles_of, words

GRADIENT_ROLES = {"grad", "grad_w", "grad_b"}
ONE_SAMPLE = frozenset(
    ["sample", "point", "single", "one", "row", "xi", "yi", "instance", "stochastic"]
)
ONE_OF_THEM = (
    r"\b(single|one|1) (training )?(sample|example|row|(data ?)?point|observation|instance)\b"
)
OTHER_METHODS = frozenset(
    ["adam", "rmsprop", "adagrad", "adadelta", "nadam", "adamw", "newton", "lbfgs", "bfgs", "svm"]
).union(
    ["lasso", "elastic", "huber", "quantile", "hinge", "perceptron", "logistic", "polynomial"],
    ["poly", "neural", "hidden"],
)
OTHER_PARAMETERS = frozenset(
    ["delta", "tau", "quantile", "degree", "kernel", "sigma", "l1", "activation"]
)


RECORD = re.compile(r"\b(NamedTuple|namedtuple|TypedDict|Enum|dataclass)\b")


@dataclass(frozen=True)
class Definition:
    """A function or class of a program, as far as it can be known without calling it."""

    name: str
    parameters: tuple[dict[str, Any], ...]
    is_class: bool = False
    methods: dict[str, Any] = field(default_factory=dict)
    abstract: bool = False
    doc: str = ""
    node: Any = None
    program: Any = None
    told: Any = None  # a `ToldCall`, where a person said how it is called
    asked: bool = False  # whether a person pointed at it alone

    @property
    def short_name(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]

    @property
    def is_record(self) -> bool:
        """Whether it is a class that only holds values: a named tuple, a dataclass."""
        if not self.is_class or any(not m.startswith("_") for m in self.methods):
            return False
        if self.node is None:  # made by a call, as `namedtuple("Gradient", "dw db")`
            return {"_fields", "_asdict", "_replace"} & set(self.methods) != set()
        marks = [ast.unparse(n) for n in (*self.node.bases, *self.node.decorator_list)]
        return any(RECORD.search(mark) for mark in marks)

    @cached_property
    def returned_names(self) -> tuple[str, ...]:
        """The names in its last `return a, b`; empty where it returns something else."""
        returns = [n for n in self.nodes if isinstance(n, ast.Return) and n.value is not None]
        value = returns[-1].value if returns else None
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        return tuple(n.id if isinstance(n, ast.Name) else "" for n in parts)

    @cached_property
    def nodes(self) -> list[Any]:
        """All nodes of its source."""
        return list(ast.walk(self.node)) if self.node else []

    @cached_property
    def keys(self) -> dict[str, str]:
        """{"w": "weights", "b": "bias"}: the keys by which it takes parameters from a dict.

        Where it names none itself, those that the other functions of the program use. A bias
        that nothing uses may have any key.
        """
        found = keys_in(self.nodes)
        if {"w", "b"} <= set(found):
            return found
        nodes = list(ast.walk(self.program.tree)) if self.program else self.nodes
        found = keys_in(nodes)
        written = [k.value for n in nodes if isinstance(n, ast.Dict) for k in n.keys if is_text(k)]
        bias = first_named([*written, "b"], ("b",))
        return bias | found if "w" in found else found

    @cached_property
    def fields(self) -> dict[str, str]:
        """{"w": "weights", "b": "bias"}: the attributes of a record that it takes."""
        own = {p["name"] for p in self.parameters}
        names = [
            n.attr
            for n in self.nodes
            if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") in own
        ]
        return first_named(names, ("w", "b"))

    @cached_property
    def gradient_keys(self) -> tuple[str, ...]:
        """("dw", "db"): the keys by which it takes a gradient from a dict; () if it does not."""
        found = first_named(constant_keys(self.nodes), ("grad_w", "grad_b"))
        return (found["grad_w"], found["grad_b"]) if len(found) == 2 else ()

    @cached_property
    def names_bias(self) -> bool:
        """Whether anything in it is called a bias."""
        names = {n.attr for n in self.nodes if isinstance(n, ast.Attribute)}
        names |= {n.id for n in self.nodes if isinstance(n, ast.Name)}
        return any({bare(n), bare(n).rstrip("0")} & BIASES for n in names)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that it takes from a table by name, that of the labels last."""
        taken = [n for n in self.nodes if isinstance(n, ast.Attribute)]
        rows = [
            n.attr for n in taken if getattr(getattr(n.value, "value", None), "attr", "") == "iloc"
        ]
        names = list(dict.fromkeys([*constant_keys(self.nodes), *rows]))
        return tuple(sorted(names, key=lambda name: roles_of(name)[:1] == ["y"]))

    @cached_property
    def names_torch(self) -> bool:
        """Whether its own source names torch, or what only tensors have."""
        names = {getattr(n, "id", getattr(n, "attr", "")) for n in self.nodes}
        return bool(names & {"torch", "d2l", "nn", "backward", "requires_grad", "no_grad"})

    @cached_property
    def answer_names(self) -> set[str]:
        """The names of what it returns: of variables, of keys, of fields."""
        returns = [n for n in self.nodes if isinstance(n, ast.Return) and n.value is not None]
        inner = [m for n in returns for m in ast.walk(n.value)]
        found = {m.arg for m in inner if isinstance(m, ast.keyword) and m.arg}
        dicts = [n for n in self.nodes if isinstance(n, ast.Dict)]
        keys = [k.value for d in dicts for k in d.keys if isinstance(k, ast.Constant)]
        return found | {k for k in keys if isinstance(k, str)} | set(self.returned_names) - {""}

    @cached_property
    def promised(self) -> list[str]:
        """The kinds that its name speaks for; gradients that it returns beside come first.

        What a person points at is a gradient, where its name says nothing.
        """
        named = [k for k in kinds_of(self.short_name) if k != "other"]
        if self.is_unnamed:
            return ["gradient"]
        holds = any(set(roles_of(n)) & GRADIENT_ROLES for n in self.answer_names)
        if holds and named and named[0] in ("loss", "predict"):
            return ["gradient", *named]
        return named

    @property
    def is_unnamed(self) -> bool:
        """Whether a person pointed at a function whose name says nothing."""
        return self.asked and not self.is_class and not kinds_of(self.short_name)

    @cached_property
    def reached(self) -> list[Any]:
        """Its nodes, and those of the program's functions that it calls, directly or not."""
        found, todo, seen = [], list(self.nodes), {self.short_name}
        while todo:
            found += todo
            names = {called_name(n) for n in todo if isinstance(n, ast.Call)} - seen
            seen |= names
            inner = [self.program.node_of(n) for n in sorted(names)] if self.program else []
            todo = [n for node in inner if node for n in ast.walk(node)]
        return found

    @property
    def functions_used(self) -> int:
        """How many functions it has, or calls of the program, directly or not."""
        return sum(isinstance(n, ast.FunctionDef) for n in self.reached) - (not self.is_class)

    @cached_property
    def squares(self) -> bool:
        """Whether a square is taken somewhere in it."""
        return any(is_square(n) for n in self.reached)

    @cached_property
    def is_given_row(self) -> bool:
        """Whether its parameters or its docstring say that it is given one sample."""
        names = [p["name"].lower() for p in self.parameters]
        if any(re.fullmatch(r"[xy]_?[ij]|row|sample|instance|example", n) for n in names):
            return True
        labels = [p for p in self.parameters if roles_of(p["name"])[:1] == ["y"]]
        if any(p["annotation"] in ("float", "int", "'float'", "'int'") for p in labels):
            return True
        return re.search(ONE_OF_THEM, self.doc.lower()) is not None

    @cached_property
    def of_one_sample(self) -> bool:
        """Whether its names or its callers say that it is given one sample."""
        if self.is_given_row:
            return True
        names = [p["name"].lower() for p in self.parameters]
        words_of = {w for n in [*names, self.short_name] for w in words(n)}
        if words_of & ONE_SAMPLE:
            return True
        return self.program is not None and called_by_row(self.program.tree, self.short_name)

    @cached_property
    def other_method(self) -> str:
        """A word in its source that names another method than gradient descent, or ""."""
        return next(iter(sorted(self.wording & OTHER_METHODS)), "")

    @cached_property
    def standardises(self) -> bool:
        """Whether it divides its data by their deviation, range or the like, or calls what does."""
        calls = [n for n in self.reached if isinstance(n, ast.Call)]
        names = {called_name(n).lower() for n in calls}
        of_arrays = {called_name(n) for n in calls if isinstance(n.func, ast.Attribute)}
        scales = names & {"std", "standardscaler", "fit_transform", "zscore", "ptp"}
        divided = any(divides_data(n) for n in self.reached)
        return bool(scales) or {"min", "max"} <= of_arrays or divided

    @cached_property
    def other_model(self) -> str:
        """A parameter that a linear model by least squares does not have, or ""."""
        names = {w for p in self.parameters for w in words(p["name"])}
        return next(iter(sorted(names & OTHER_PARAMETERS)), "")

    @cached_property
    def constants(self) -> dict[str, float]:
        """The numbers that it gives to names: {"alpha": 0.01}, {"self.lr": 0.1}."""
        found = {}
        for n in self.nodes:
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant):
                for target in n.targets:
                    if type(n.value.value) in (int, float):
                        found[ast.unparse(target)] = n.value.value
        return found

    @cached_property
    def numbers(self) -> list[float]:
        """All numbers in its source."""
        found = (n.value for n in self.nodes if isinstance(n, ast.Constant))
        return [v for v in found if type(v) in (int, float)]

    def fixed_iterations(self, method: str = "") -> tuple[float, ...]:
        """The number of iterations that its source fixes, where it is there once and no other."""
        inner = [n for n in self.nodes if getattr(n, "name", "") == method]
        nodes = list(ast.walk(inner[0])) if method and inner else self.nodes
        ranges = [n.args[-1] for n in nodes if isinstance(n, ast.Call) and is_range(n)]
        named = [
            n.value
            for n in nodes
            if isinstance(n, ast.Assign) and "iters" in roles_of(ast.unparse(n.targets[0]))
        ]
        numbers = [n.value for n in nodes if isinstance(n, ast.Constant)]
        values = [n.value for n in (*ranges, *named) if isinstance(n, ast.Constant)]
        found = {v for v in values if type(v) is int and v > 1}
        return tuple(found) if len(found) == 1 and numbers.count(*found) == 1 else ()

    @cached_property
    def batch_sizes(self) -> list[int]:
        """The sizes of batches that its source may fix: steps of ranges, divisors, named ones."""
        steps = [n.args[2] for n in self.nodes if isinstance(n, ast.Call) and is_stepping(n)]
        halves = [n for n in self.nodes if isinstance(n, ast.BinOp)]
        steps += [n.right for n in halves if isinstance(n.op, ast.FloorDiv)]
        named = {n for n in self.constants if "batch_size" in roles_of(n.removeprefix("self."))}
        named |= {ast.unparse(s) for s in steps}
        values = [s.value for s in steps if isinstance(s, ast.Constant)]
        values += [self.constants[n] for n in sorted(named) if n in self.constants]
        return list(dict.fromkeys(v for v in values if type(v) is int and v > 1))

    @cached_property
    def class_level(self) -> dict[str, float]:
        """The numbers that the body of a class gives to names."""
        body = self.node.body if isinstance(self.node, ast.ClassDef) else []
        own = [s for s in body if isinstance(s, ast.Assign | ast.AnnAssign)]
        targets = [s.targets[0] if isinstance(s, ast.Assign) else s.target for s in own]
        pairs = zip(targets, own, strict=True)
        return {
            ast.unparse(t): s.value.value for t, s in pairs if isinstance(s.value, ast.Constant)
        }

    @cached_property
    def has_fixed_index(self) -> bool:
        """Whether it takes parts of its arguments by fixed positions, as in theta[0] or X[:, 1]."""
        own = {p["name"] for p in self.parameters}
        taken = [n for n in self.nodes if isinstance(n, ast.Subscript)]
        taken = [n for n in taken if isinstance(n.value, ast.Name) and n.value.id in own]
        parts = [p for n in taken for p in getattr(n.slice, "elts", [n.slice])]
        return any(isinstance(p, ast.Constant) and isinstance(p.value, int) for p in parts)

    @cached_property
    def loaded(self) -> set[str]:
        """The names that it uses and does not define."""
        own = {p["name"] for p in self.parameters}
        stored = {n.id for n in self.nodes if isinstance(n, ast.Name) and is_stored(n)}
        return {n.id for n in self.nodes if isinstance(n, ast.Name)} - own - stored

    @cached_property
    def wording(self) -> set[str]:
        """All words in its names, comments and texts."""
        if self.node is None or self.program is None:
            return set()
        lines = self.program.source.splitlines()[self.node.lineno - 1 : self.node.end_lineno]
        return {w for name in re.findall(r"[^\W\d]\w*", "\n".join(lines)) for w in words(name)}

    @cached_property
    def stops_early(self) -> bool:
        """Whether a loop in it ends by a comparison, as with a tolerance."""
        return any(
            isinstance(n, ast.If)
            and any(isinstance(m, ast.Compare) for m in ast.walk(n.test))
            and any(isinstance(m, ast.Break | ast.Return) for m in n.body)
            for n in self.nodes
        )

    @cached_property
    def nonlinear(self) -> str:
        """What in it no linear model needs: a call such as `sigmoid`, a power of X; or ""."""
        curved = ("exp", "sigmoid", "tanh", "relu", "softmax", "log", "log1p", "expit", "sign")
        names = [called_name(n) for n in self.reached if isinstance(n, ast.Call)]
        called = next((n for n in names if n.lower().strip("_") in curved), "")
        data = {p["name"] for p in self.parameters if roles_of(p["name"])[:1] == ["X"]}
        powers = [n.left for n in self.nodes if isinstance(n, ast.BinOp) and is_power(n)]
        taken = next((names_in(n) for n in powers if set() < names_in(n) <= data), set())
        return f"calls {called}" if called else f"takes powers of {min(taken)}" if taken else ""


def role_by_use(node: Any, name: str) -> str:
    """What a parameter whose name says nothing is, by what is done with it; "" if that is unknown.

    Examples
    --------
    >>> source = "def f(rows, k, s):\\n    for _ in range(k):\\n        w -= s * g"
    >>> [role_by_use(ast.parse(source), name) for name in ("rows", "k", "s")]
    ['', 'iters', 'lr']
    """
    nodes = list(ast.walk(node))
    known = aliases(nodes, name)
    if any(known & names_of_size(n) for n in nodes):
        return "batch_size"
    if any(ast.unparse(end) in known for n in nodes for end in ends_of_loop(n)):
        return "iters"
    return "lr" if any(known & rates_of_update(n) for n in nodes) else ""


def aliases(nodes: list[Any], name: str) -> set[str]:
    """A name, and the attributes that hold its value."""
    found = {name}
    for n in nodes:
        targets = n.targets if isinstance(n, ast.Assign) else []
        for target in targets:
            pairs = [(target, n.value)]
            if isinstance(target, ast.Tuple) and isinstance(n.value, ast.Tuple):
                pairs = list(zip(target.elts, n.value.elts, strict=False))
            found |= {ast.unparse(t) for t, v in pairs if ast.unparse(v) == name}
    return found


def names_of_size(node: Any) -> set[str]:
    """The third argument of a `range`, and m of a slice `i:i + m`."""
    if isinstance(node, ast.Call) and is_stepping(node):
        return {ast.unparse(node.args[2])}
    upper = node.upper if isinstance(node, ast.Slice) and node.lower else None
    return {ast.unparse(upper.right)} if isinstance(upper, ast.BinOp) else set()


def ends_of_loop(node: Any) -> list[Any]:
    """The last argument of a `range` that a loop runs over, or what a counter is compared with."""
    if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and is_range(node.iter):
        return node.iter.args[-1:]
    if isinstance(node, ast.While) and isinstance(node.test, ast.Compare):
        return [n for n in node.test.comparators if isinstance(n, ast.Name | ast.Attribute)]
    return []


def rates_of_update(node: Any) -> set[str]:
    """The factors of what is subtracted from a variable, or added to it."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub | ast.Add):
        return factors_of(node.value)
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub | ast.Add):
        own = ast.unparse(node.targets[0]) == ast.unparse(value.left)
        return factors_of(value.right) if own else set()
    return set()


def factors_of(node: Any) -> set[str]:
    """The factors of a product, as they are written."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult | ast.Div):
        left = factors_of(node.left)
        return left | (set() if isinstance(node.op, ast.Div) else factors_of(node.right))
    return {ast.unparse(node)}


def used_names(node: Any) -> set[str]:
    """The names that the body of a function reads."""
    inner = [n for s in node.body for n in ast.walk(s)]
    return {n.id for n in inner if isinstance(n, ast.Name) and not is_stored(n)}


def is_range(node: ast.Call) -> bool:
    """Whether a call is range(n) or range(0, n)."""
    return called_name(node) in ("range", "trange") and len(node.args) in (1, 2)


BIASES = {
    "b",
    "bias",
    "biases",
    "intercept",
    "c",
    "offset",
    "const",
    "constant",
    "q",
    "w0",
    "beta0",
}


def is_stepping(node: ast.Call) -> bool:
    """Whether a call is range(first, last, step)."""
    return called_name(node) in ("range", "trange") and len(node.args) == 3


def keys_in(nodes: list[Any]) -> dict[str, str]:
    """The constant keys of subscripts that mean w and b."""
    return first_named(constant_keys(nodes), ("w", "b"))


def constant_keys(nodes: list[Any]) -> list[str]:
    """The texts in subscripts."""
    taken = [n.slice for n in nodes if isinstance(n, ast.Subscript)]
    keys = [s.value for s in taken if isinstance(s, ast.Constant)]
    return [k for k in keys if isinstance(k, str)]


def divides_data(node: Any) -> bool:
    """Whether it is `X / s` or `(X - a) / s`, where s is no number of samples."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div):
        return False
    shifted = isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Sub)
    data = node.left.left if shifted else node.left
    if not isinstance(data, ast.Name) or roles_of(data.id)[:1] != ["X"]:
        return False
    divisor = node.right
    name = divisor.attr if isinstance(divisor, ast.Attribute) else getattr(divisor, "id", "")
    return bool(name) and "n" not in roles_of(name)


def is_text(node: Any) -> bool:
    """Whether a node is a text."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def first_named(names: list[str], wanted: tuple[str, ...]) -> dict[str, str]:
    """The first name that means each of the wanted roles."""
    found: dict[str, str] = {}
    for name in names:
        for role in roles_of(name)[:1]:
            if role in wanted:
                found.setdefault(role, name)
    return found


def is_power(node: ast.BinOp) -> bool:
    """Whether a node takes a power."""
    return isinstance(node.op, ast.Pow)


def is_square(node: Any) -> bool:
    """Whether a node takes a square, or may do so."""
    if isinstance(node, ast.BinOp):
        same = ast.dump(node.left) == ast.dump(node.right)
        if isinstance(node.op, ast.MatMult):
            return names_in(node.left) == names_in(node.right)
        return isinstance(node.op, ast.Pow) or (isinstance(node.op, ast.Mult) and same)
    if not isinstance(node, ast.Call):
        return False
    if called_name(node) in ("dot", "matmul", "inner", "vdot") and node.args:
        own = getattr(node.func, "value", None)
        first = own if len(node.args) == 1 and own is not None else node.args[0]
        return names_in(first) == names_in(node.args[-1])
    squaring = ("square", "pow", "power", "norm", "mse_loss", "MSELoss")
    return called_name(node) in squaring


def names_in(node: Any) -> set[str]:
    """The names in an expression."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def called_by_row(tree: ast.Module, name: str) -> bool:
    """Whether the program calls a function with single rows: in a loop over them, or by index."""
    for loop in ast.walk(tree):
        if not isinstance(loop, ast.For | ast.comprehension):
            continue
        targets = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
        inner = ast.walk(loop) if isinstance(loop, ast.For) else ast.walk(tree)
        for call in inner:
            own = isinstance(call, ast.Call) and called_name(call) == name
            if own and any(is_row(a, targets) for a in call.args[:4]):
                return True
    return False


def is_row(argument: Any, targets: set[str]) -> bool:
    """Whether an argument is the variable of a loop, or X[i] with such a variable."""
    if isinstance(argument, ast.Name):
        return argument.id in targets and bool({"X", "y"} & set(roles_of(argument.id)))
    index = argument.slice if isinstance(argument, ast.Subscript) else None
    return isinstance(index, ast.Name) and index.id in targets


def is_stored(node: ast.Name | ast.Attribute | ast.Subscript) -> bool:
    """Whether a name, an attribute or an element is assigned to here."""
    return isinstance(node.ctx, ast.Store)


def called_name(node: ast.Call) -> str:
    """The last part of what is called."""
    f = node.func
    return f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""


def source_parameters(node: Any) -> list[dict[str, Any]]:
    """The parameters that the source shows, where a decorator hides them; all by position.

    Those of `def f(*args)` are the names that it unpacks `args` to.
    """
    if not isinstance(node, ast.FunctionDef):
        return []
    a = node.args
    names = [p.arg for p in (*a.posonlyargs, *a.args)]
    first_default = len(names) - len(a.defaults)
    if not names and a.vararg:
        unpacked = [n for n in ast.walk(node) if isinstance(n, ast.Assign)]
        unpacked = [n for n in unpacked if ast.dump(n.value) == ast.dump(loaded(a.vararg.arg))]
        parts = unpacked[0].targets[0] if unpacked else None
        names = [n.id for n in getattr(parts, "elts", ()) if isinstance(n, ast.Name)]
        first_default = len(names)
    return [
        {
            "name": name,
            "required": i < first_default,
            "kind": "POSITIONAL_ONLY",
            "default": None,
            "annotation": "",
        }
        for i, name in enumerate(names)
    ]


def loaded(name: str) -> ast.Name:
    """A name as it is read."""
    return ast.Name(name, ast.Load())
