"""The calls that could be meant: which parameter is given what, and in which layout.

A problem is X (n, d), y (n,), w (d,) and b. A plan says how a function takes it: one feature as a
vector and a number, columns, θ with a column of ones, features in rows, a table, lists, tensors.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_text import ToldCall, constant
from reference.checker.signature import (
    OPTIONAL,
    Assignment,
    Definition,
    assignments,
    kinds_of,
    roles_of,
    words,
)

SELDOM = {"table", "x", "y_hat", "residual", "grad_w", "grad_b", "grad", "params"}  # of few
LOOSE = 1e300  # a tolerance with which `until converged` is one step
DIVISOR = 16  # batch_size where a gradient is given: a power of two, and 1/16 is no rate


class Problem(NamedTuple):
    """Data, parameters, a learning rate, and for how many iterations to train."""

    X: Any
    y: Any
    w: Any
    b: Any
    lr: float = 1.0
    iters: int = 1
    batch_size: int = 0  # 0 for all rows in one batch


class Layout(NamedTuple):
    """The shapes in which a function takes X, y, w and b.

    `ones`: where θ = (w, b) is one vector, whether X has a column of ones for b ("first" or
    "last"), or not ("inside" with b first in θ, "inside last"). `d`, `n`: the only number of
    features or samples that it takes, or 0.
    """

    x: str = "rows"  # "vector" (n,), "features" (d, n), "table" with y last, "one row"
    y: str = "vector"  # "column" (n, 1), "row" (1, n), "number"
    w: str = "vector"  # "column" (d, 1), "row" (1, d), "number"
    ones: str = ""
    container: str = "array"  # "list", "matrix", "tensor", "frame"
    d: int = 0
    n: int = 0
    packed: str = ""  # "dict", "record" or "tuple": w and b come in one argument
    keys: tuple[str, str] = ("w", "b")
    gradient_keys: tuple[str, ...] = ()  # of a gradient that is given as a dict
    columns: tuple[str, ...] = ()  # the names of those of a table


@dataclass(frozen=True)
class CallPlan:
    """How one function or class is called.

    `roles` has (parameter, role) for each argument; `init`, `attributes` and `namespace` those of
    the constructor, of attributes that are set, and of global names. `positional` is how many of
    `roles` are given by position.
    """

    name: str
    kind: str
    roles: Assignment
    init: Assignment = ()
    attributes: Assignment = ()
    namespace: Assignment = ()
    layout: Layout = field(default_factory=Layout)
    method: str = ""
    positional: int = 0
    lr: float | None = None  # the learning rate that is fixed inside
    functions: tuple[tuple[str, str], ...] = ()  # (role, function of the program)
    starts: bool = True  # whether a trainer is told where to start
    given: str = ""  # "sum" or "mean": the gradient that a step is given
    label_first: bool = False  # whether residuals that are given are y − ŷ
    left: tuple[str, ...] = ()  # parameters that stay at their defaults
    scaling: Any = None  # how a trainer standardises its data, if it does
    answers: Assignment = ()  # (key, role) of the answers, where a person said so
    guessed: bool = False  # whether the role of a parameter is no more than a guess
    fixed: tuple[float, ...] = ()  # the number of iterations that is fixed inside
    answer: tuple[str, ...] = ()  # what the program calls what it returns
    lam: float = 0.0  # the penalty that is given where there is one
    doubtful: bool = False  # whether answers that are not right say nothing of the function
    batches: str = ""  # what the batches of a trainer were found to be

    @property
    def is_class(self) -> bool:
        """Whether an object is constructed and trained."""
        return bool(self.method)

    @cached_property
    def uses(self) -> set[str]:
        """The roles of all that is given."""
        given = self.roles + self.init + self.attributes + self.namespace
        return {role.partition("[")[0] for _, role in given}

    @property
    def theta(self) -> bool:
        """Whether w and b come as one vector."""
        return bool(self.layout.ones)

    def request(self, problem: Problem) -> dict[str, Any]:
        """The call, for the process of the code under test."""
        values = self.values(problem)
        args = [values[role] for _, role in self.roles[: self.positional]]
        found: dict[str, Any] = {"target": self.name, "args": args}
        found["kwargs"] = {p: values[role] for p, role in self.roles[self.positional :]}
        found["globals"] = {p: values[role] for p, role in self.namespace}
        found["seeded"] = self.kind == "trainer"
        found["constants"] = [(value, problem.iters) for value in self.fixed]
        found["updates"] = self.updates
        if self.is_class:
            found["init"] = {p: values[role] for p, role in self.init}
            found["set"] = {p: values[role] for p, role in self.attributes}
            found |= {"method": self.method, "probe": self.features(probe(problem))}
        return found

    @property
    def updates(self) -> list[int | str]:
        """The parameters that a step may update in place, by position or name."""
        if self.kind not in ("step", "trainer"):
            return []
        keys = [*range(self.positional), *(p for p, _ in self.roles[self.positional :])]
        pairs = zip(keys, self.roles, strict=True)
        return [key for key, (_, role) in pairs if role in ("params", *PARAMETERS)]

    def values(self, problem: Problem) -> dict[str, Any]:
        """What each role stands for, in this layout."""
        p, uses = problem, self.uses
        n, d = p.X.shape
        found = {"lr": p.lr, "iters": p.iters, "n": n, "features_count": d}
        found |= {"lam": self.lam, "seed": 0, "generator": ("generator", 0)}
        found["tol"] = LOOSE if self.kind == "step" else 0.0
        found["batch_size"] = DIVISOR if self.given else p.batch_size or n
        found |= {"X": self.features(p)} if "X" in uses else {}
        found |= {"y": self.labels(p)} if "y" in uses else {}
        found |= self.parameters(p) if uses & {"w", "b", "theta"} else {}
        found |= self.seldom_given(p) if uses & SELDOM else {}
        found |= {role: ("function", name) for role, name in self.functions}
        given = self.roles + self.init + self.attributes
        return found | {role: constant(role) for _, role in given if role.startswith("=")}

    def seldom_given(self, p: Problem) -> dict[str, Any]:
        """What the roles in `SELDOM` stand for."""
        found = {"table": self.table(p)}
        found |= {f"x[{j}]": self.wrap(column) for j, column in enumerate(p.X.T)}
        predicted = p.X @ p.w + p.b if self.kind.startswith("gradient") else p.X[:, 0]
        found["y_hat"] = self.labels(p._replace(y=predicted))
        difference = p.y - predicted if self.label_first else predicted - p.y
        found["residual"] = self.labels(p._replace(y=difference))
        scale = DIVISOR if self.given == "sum" else 1
        grad_w, grad_b = scale * p.X[0], float(scale * p.y[0])
        found |= {"grad_w": self.shaped(grad_w), "grad_b": grad_b}
        found["grad"] = self.shaped(self.joined(grad_w, grad_b))
        if self.layout.gradient_keys:
            pair = (self.shaped(grad_w), grad_b)
            found["grad"] = ("dict", dict(zip(self.layout.gradient_keys, pair, strict=True)))
        return found | {"params": self.with_gradients(p, grad_w, grad_b)}

    def table(self, p: Problem) -> Any:
        """X and y in one argument."""
        if self.layout.x.startswith("pair"):
            return ("tuple", [self.features(p), self.labels(p)])
        if self.layout.columns:
            return ("frame", np.column_stack([p.X, p.y]), list(self.layout.columns))
        return self.wrap(np.column_stack([p.X, p.y]))

    def features(self, p: Problem) -> Any:
        """X as the function takes it, with its column of ones."""
        ones = np.ones(len(p.X), p.X.dtype)
        X = {
            "first": lambda: np.column_stack([ones, p.X]),
            "last": lambda: np.column_stack([p.X, ones]),
        }
        A = X.get(self.layout.ones, lambda: p.X)()
        if self.layout.x == "labelled row":
            return self.wrap(np.append(p.X[0], p.y[0]))
        if self.layout.x in ("vector", "pair of vectors"):
            return self.wrap(p.X[:, 0])
        if self.layout.x == "one row":
            return float(A[0, 0]) if self.layout.d == 1 else self.wrap(A[0])
        return self.wrap(A.T if self.layout.x == "features" else A)

    def labels(self, p: Problem) -> Any:
        """y as the function takes it."""
        if self.layout.y == "number":
            return float(p.y[0])
        return self.wrap({"column": p.y[:, None], "row": p.y[None]}.get(self.layout.y, p.y))

    def parameters(self, p: Problem) -> dict[str, Any]:
        """w, b and θ as the function takes them."""
        b: Any = float(p.b)
        if self.layout.container.startswith(("tensor", "leaf")):
            b = (self.layout.container, np.array([p.b] if self.layout.w == "column" else p.b))
        w = self.shaped(p.w) if self.layout.w != "number" else float(p.w[0])
        found = {"w": w, "b": b, "theta": self.shaped(self.joined(p.w, p.b))}
        found |= {f"w[{j}]": float(v) for j, v in enumerate(p.w)}
        if self.layout.packed == "dict":
            found["theta"] = ("dict", dict(zip(self.layout.keys, (w, b), strict=True)))
        elif self.layout.packed == "record":
            found["theta"] = ("record", dict(zip(self.layout.keys, (w, b), strict=True)))
        elif self.layout.packed == "tuple":
            found["theta"] = ("tuple", [w, b])
        return found

    def joined(self, w: Any, b: Any) -> Any:
        """w and b as one vector."""
        pair = [w, [b]] if self.layout.ones.endswith("last") else [[b], w]
        return np.concatenate(pair).astype(np.asarray(w).dtype)

    def shaped(self, a: Any) -> Any:
        """A vector of weights as the function takes it."""
        if self.layout.w == "number":
            return float(a[0]) if len(a) == 1 else self.wrap(a, data=False)
        return self.wrap({"column": a[:, None], "row": a[None]}.get(self.layout.w, a), data=False)

    def with_gradients(self, p: Problem, grad_w: Any, grad_b: float) -> Any:
        """The parameters as tensors that hold a gradient."""
        column = self.layout.w == "column"
        w, g = (p.w[:, None], grad_w[:, None]) if column else (p.w, grad_w)
        return ("items", [("tensor", w, g), ("tensor", np.array([p.b]), np.array([grad_b]))])

    def wrap(self, a: Any, data: bool = True) -> Any:
        """An array in the container that the function takes."""
        kind = self.layout.container
        if kind == "leaf" and data:
            return ("tensor", a)
        return a if kind == "array" or (kind == "frame" and not data) else (kind, a)


def written(plan: CallPlan) -> str:
    """The call as the program's author would write it.

    Examples
    --------
    >>> roles = (("x", "X"), ("y", "y"), ("w", "w"), ("b", "b"))
    >>> one = Layout("vector", w="number", d=1)
    >>> written(CallPlan("compute_gradient", "gradient", roles, layout=one, answer=("dw", "db")))
    'compute_gradient(x=X[:, 0], y=y, w=w[0], b=b) → dw, db; for one feature'
    """
    given = ", ".join(f"{p}={expression(role, plan)}" for p, role in plan.init + plan.roles)
    if plan.is_class:
        first = ", ".join(f"{p}={expression(role, plan)}" for p, role in plan.init)
        given = ", ".join(f"{p}={expression(role, plan)}" for p, role in plan.roles)
        given = f"{first}).{plan.method}({given}"
    answer = f" → {', '.join(plan.answer)}" if plan.answer else ""
    where = [f"{p}={expression(role, plan)}" for p, role in plan.attributes + plan.namespace]
    more = [f"with {', '.join(where)}"] if where else []
    return "; ".join([f"{plan.name}({given}){answer}", *more, *notes(plan)])


FIXED = {"features_count": "d", "grad": "gradient"}  # what is always written alike


def expression(role: str, plan: CallPlan) -> str:
    """What is given for a role, in our letters."""
    if role.startswith("="):
        return role[1:]
    o, theta = plan.layout, "[w, b]" if plan.layout.ones.endswith("last") else "[b, w]"
    shapes = {"column": "{}[:, None]", "row": "{}[None]", "number": "{}[0]"}
    w = shapes.get(o.w, "{}")
    packed = {"dict": "{{{!r}: w, {!r}: b}}".format(*o.keys), "tuple": "(w, b)"}
    packed["record"] = "a record of {} = w and {} = b".format(*o.keys)
    rows = {
        "vector": "X[:, 0]",
        "features": "X.T",
        "one row": "X[0]",
        "labelled row": "[X[0], y[0]]",
    }
    ones = {"first": "[1, X]", "last": "[X, 1]"}.get(o.ones, "X")
    texts = {
        "X": rows.get(o.x, "X").replace("X", ones),
        "y": shapes.get(o.y, "{}").format("y"),
        "w": w.format("w"),
        "theta": packed.get(o.packed, w.format(theta) if o.w != "number" else theta),
        "table": {"pair": "(X, y)", "pair of vectors": "(X[:, 0], y)"}.get(o.x, "[X, y]"),
        "params": "[w, b]",
        "lam": f"{plan.lam:g}",
        "residual": "y - ŷ" if plan.label_first else "ŷ - y",
        **FIXED,
    }
    return texts.get(role, f"X[:, {role[2:-1]}]" if role.startswith("x[") else role)


def notes(plan: CallPlan) -> Iterator[str]:
    """In words, what in a layout is not as usual."""
    o = plan.layout
    if o.ones:
        order = "θ = (w, b)" if o.ones.endswith("last") else "θ = (b, w)"
        yield order + (" and X with a column of ones" if "inside" not in o.ones else "")
    if o.d:
        yield "for one feature" if o.d == 1 else f"for {o.d} features"
    if o.n == 1:
        yield "one sample at a time"
    if "column" in (o.y, o.w):
        yield "columns"
    if o.x == "features":
        yield "features in rows"
    if o.x == "table":
        yield "a table with y last"
    if o.container != "array":
        yield CONTAINERS.get(o.container, f"{o.container}s")


CONTAINERS = {"frame": "DataFrames", "matrix": "np.matrix", "tensor32": "tensors of float32"}
CONTAINERS["leaf"] = "tensors that require a gradient"


def probe(problem: Problem) -> Problem:
    """Other rows than those that a model was fitted on, for its predictions."""
    X = problem.X[::-1] * 0.5 + 1.0
    return problem._replace(X=np.vstack([X, X[:1] - 3.0]), y=np.append(problem.y, 0.0))


ROLES = frozenset(
    {"X", "x", "features_count", "y", "w", "b", "theta", "table", "lr", "iters", *OPTIONAL}
)
ALLOWED = {
    "gradient": frozenset({"X", "x", "y", "y_hat", "table", "w", "b", "theta", "n", "lam"})
    | {"residual"},
    "loss": frozenset({"X", "x", "y", "table", "w", "b", "theta", "n", "lam", "y_hat"}),
    "predict": frozenset({"X", "x", "w", "b", "theta"}),
    "step": frozenset(
        {"X", "x", "y", "table", "w", "b", "theta", "lr", "n", "batch_size", "grad_w"}
    )
    | {"grad_b", "grad", "lam", "gradient_function", "tol"},
    "trainer": ROLES | {"loss_function", "gradient_function", "model_function"},
}
ALLOWED["gradient_w"] = ALLOWED["gradient_b"] = ALLOWED["gradient"]
ALLOWED["sample"] = frozenset({"y_hat", "y"})
METHODS = ("fit", "train", "gradient_descent", "run", "learn", "optimize", "training", "sgd")


def plans(definition: Definition) -> Iterator[CallPlan]:
    """The calls that could be meant, the likeliest first."""
    if definition.told is not None:
        yield from told_plans(definition, definition.told)
        return
    if definition.is_class:
        yield from class_plans(definition)
        return
    for kind in kinds_in_order(definition):
        for cost, roles in cheapest(definition.parameters, kind):
            plan = complete(definition, kind, roles)
            if plan is not None and cost < 40:
                yield from with_layouts(replace(plan, guessed=cost >= GUESS), definition)


GUESS = 10  # what it costs to give a parameter with an unknown name a role


RELATED = {  # what a function may do beside what its name speaks for
    "trainer": ("trainer", "step", "gradient"),
    "step": ("step", "trainer"),
    "gradient": ("gradient", "step", "trainer", "gradient_w", "gradient_b"),
    "loss": ("loss", "sample"),
    "predict": ("predict",),
}
ANY = ("trainer", "step", "gradient", "loss", "sample", "predict", "gradient_w", "gradient_b")
WHOLE = frozenset(
    ["compute", "calc", "calculate", "get", "the", "gradient", "gradients", "grad", "grads"]
)
WEAK = frozenset(
    ["linear", "model", "net", "h", "f", "output", "evaluate", "estimate", "j", "run", "a"]
)


def told_plans(definition: Definition, told: ToldCall) -> Iterator[CallPlan]:
    """The calls that a person told: the roles are fixed, and all layouts are tried."""
    if told.method:
        names = {p["name"] for p in definition.parameters}
        roles = (*((p, r) for p, r in told.init if p in names), *told.roles)
        plan = complete_class(definition, told.method, roles)
        found = [plan] if plan is not None else []
    else:
        kinds = [k for k in kinds_in_order(definition) if k in told.kinds]
        found = [p for k in kinds if (p := complete(definition, k, told.roles)) is not None]
    for plan in found:
        plan = replace(plan, answers=told.answers)
        if not told.method:
            yield from with_layouts(plan, definition)
            continue
        for layout in class_layouts(definition):
            for lr in rates(plan, definition):
                yield replace(plan, layout=layout, lr=lr)


def kinds_in_order(definition: Definition) -> list[str]:
    """The kinds that the name speaks for, and what such functions may do beside; else all."""
    promised = definition.promised
    partial = partial_of(definition.short_name) if "gradient" in promised else ""
    if partial:
        return [partial]
    found: list[str] = []
    if promised[:1] == ["gradient"]:
        promised = [k for k in promised if k not in ("loss", "predict")]
    for kind in promised:
        found += RELATED[kind][:1]
    for kind in promised:
        found += RELATED[kind]
    if not found or definition.is_unnamed or set(words(definition.short_name)) <= WEAK:
        found += ANY
    if set(words(definition.short_name)) <= WHOLE:  # a part of the gradient is not all of it
        found = [k for k in found if k not in ("gradient_w", "gradient_b")]
    return list(dict.fromkeys(found))


W_ENDS = "dw gradw gradientw slope dm weights weight atm atw gradm wrtw wrtm gradientm derivativem "
W_ENDS += "derivativew dtheta1 dw1 w1 mgradient wgradient slopegradient weightgradient mderivative "
W_ENDS += "theta1 djdw dldw ldw jdw partialw partialm"
B_ENDS = "db gradb gradientb intercept dc bias atb wrtb derivativeb wrtc dtheta0 dw0 w0 bgradient "
B_ENDS += "interceptgradient biasgradient bderivative theta0 gradc derivativec djdb dldb ldb jdb "
B_ENDS += "partialb partialc"


def partial_of(name: str) -> str:
    """The kind of a function for one partial derivative, by the last words of its name.

    Examples
    --------
    >>> partial_of("gradient_w"), partial_of("dLdb"), partial_of("narrow_gradient")
    ('gradient_w', 'gradient_b', '')
    """
    found = words(name)
    ends = {"".join(found[-k:]) for k in (1, 2, 3)}
    if ends & set(W_ENDS.split()):
        return "gradient_w"
    return "gradient_b" if ends & set(B_ENDS.split()) else ""


def cheapest(parameters: Any, kind: str) -> list[tuple[int, Assignment]]:
    """The likeliest assignments of roles."""
    found = sorted(assignments(parameters, ALLOWED[kind]), key=lambda pair: pair[0])
    return found[:40]


def complete(definition: Definition, kind: str, roles: Assignment) -> CallPlan | None:
    """A plan, if these roles and the program's own names are enough for such a function."""
    names = {role.partition("[")[0] for _, role in roles}
    if not required(definition) <= {p for p, _ in roles}:
        return None
    namespace = global_data(definition, names, kind)
    names |= {role for _, role in namespace}
    fixed = () if "iters" in names or kind != "trainer" else definition.fixed_iterations()
    names |= {"iters"} if fixed else set()
    if not enough(names, kind) or takes_rate_as_penalty(roles, names, kind):
        return None
    if kind == "step" and not has_data(names) and not names & GIVEN:
        roles = tuple((p, "params" if role == "theta" else role) for p, role in roles)
    functions = own_functions(definition, names)
    if functions is None:
        return None
    plan = CallPlan(definition.name, kind, roles, namespace=namespace, functions=functions)
    left = tuple(p["name"] for p in definition.parameters if p["name"] not in dict(roles))
    starts = bool(names & PARAMETERS)
    positional = leading(definition, roles)
    doubtful = (kind == "step" and "tol" in names) or has_stray_data(definition, namespace)
    plan = replace(plan, fixed=fixed, positional=positional, left=left, starts=starts)
    return replace(plan, doubtful=doubtful)


PARAMETERS = {"w", "b", "theta"}
GIVEN = {"grad", "grad_w", "grad_b"}


def has_data(names: set[str]) -> bool:
    """Whether there are rows and labels, or a table of both."""
    columns = {"x"} if "x" in names else {"X"}
    return columns | {"y"} <= names or ("table" in names and not names & {"X", "y", "x"})


def enough(names: set[str], kind: str) -> bool:
    """Whether these roles are what such a function needs, and belong together."""
    if ("table" in names and names & {"X", "y"}) or {"x", "X"} <= names:
        return False
    data = has_data(names)
    weights = names & PARAMETERS in ({"w", "b"}, {"theta"})
    predicted = "y_hat" in names and not names & PARAMETERS
    if kind.startswith("gradient"):
        part = kind == "gradient_b" and predicted and "y" in names
        return (data and (weights or predicted)) or part or given_residual(names, kind)
    if kind == "loss":
        of_two = predicted and "y" in names and not names & {"X", "table"}
        return (data and weights and "y_hat" not in names) or of_two
    if kind == "step":
        rest = given_enough(names) if names & GIVEN else data or names <= HOLDING_GRADIENTS
        return weights and rest
    return {
        "predict": bool(names & {"X", "x"}) and weights,
        "sample": {"y_hat", "y"} <= names,
        "trainer": data and (weights or not names & PARAMETERS) and "iters" in names,
    }[kind]


def given_residual(names: set[str], kind: str) -> bool:
    """Whether a gradient, or a part of it, is given residuals, and nothing else to make them of."""
    rest = names - {"n"}
    return rest == {"X", "residual"} or (kind == "gradient_b" and rest == {"residual"})


HOLDING_GRADIENTS = {"theta", "lr", "batch_size"}  # a step on tensors that hold their gradients


def given_enough(names: set[str]) -> bool:
    """Whether a step is given its gradient, and no data."""
    pair = {"grad_w", "grad_b"} <= names and "theta" not in names
    return (pair or ("grad" in names and "theta" in names)) and not names & {"X", "y", "table"}


def takes_rate_as_penalty(roles: Assignment, names: set[str], kind: str) -> bool:
    """Whether alpha is taken for a penalty, where no other parameter is the learning rate."""
    penalties = [p for p, role in roles if role == "lam" and "lr" in roles_of(p)]
    named = any(role == "lr" and "lr" in roles_of(p) for p, role in roles)
    return bool(penalties) and not named and kind in ("step", "trainer")


def required(definition: Definition) -> set[str]:
    """The parameters that must be given."""
    return {p["name"] for p in definition.parameters if p["required"]}


def leading(definition: Definition, roles: Assignment) -> int:
    """How many arguments can go by position: the parameters from the first on that are given."""
    given, count = dict(roles), 0
    for p in definition.parameters:
        if p["name"] not in given or p["kind"] == "KEYWORD_ONLY":
            break
        count += 1
    return count


def global_data(definition: Definition, names: set[str], kind: str) -> Assignment:
    """What the function takes from global names that the program defines: data, parameters, rates.

    Parameters are given so where it has none of its own.
    """
    if definition.program is None:
        return ()
    wanted = set() if "table" in names or kind == "predict" else {"X", "y"}
    wanted |= {"lr", "iters"} if kind in ("step", "trainer") else set()
    wanted |= (
        {"w", "b", "theta"} if kind != "trainer" and not names & {"w", "b", "theta"} else set()
    )
    found: dict[str, str] = {}
    for name in sorted(definition.loaded & set(definition.program.assigned)):
        sizes = name in definition.program.counts and {"n", "features_count"} & set(roles_of(name))
        allowed = sizes or wanted
        fitting = [r for r in roles_of(name) if r in allowed - names - set(found.values())]
        if fitting:
            found[name] = fitting[0]
    if not {"X", "y", "table"} & set(found.values()):
        found = {name: role for name, role in found.items() if role not in ("n", "features_count")}
    return tuple(found.items())


def has_stray_data(definition: Definition, namespace: Assignment) -> bool:
    """Whether a function whose data are global uses other global values, made of these perhaps."""
    if not {"X", "y", "table"} & {role for _, role in namespace}:
        return False
    program = definition.program
    rest = definition.loaded & (program.assigned - program.constants)
    return bool(rest - {name for name, _ in namespace})


def own_functions(definition: Definition, names: set[str]) -> tuple[tuple[str, str], ...] | None:
    """The program's own functions for parameters that are functions; None if one is not there."""
    wanted = {"loss_function": "loss", "gradient_function": "gradient", "model_function": "predict"}
    found = []
    for role in sorted(names & set(wanted)):
        program = definition.program
        others = [d.name for d in program.definitions if not d.is_class] if program else []
        fitting = [n for n in others if n != definition.name and kinds_of(n)[:1] == [wanted[role]]]
        if not fitting:
            return None
        found.append((role, fitting[0]))
    return tuple(found)


def with_layouts(plan: CallPlan, definition: Definition) -> Iterator[CallPlan]:
    """The plan in each layout that its roles allow."""
    for layout in distinct(tensors_first(layouts(plan, definition), definition), plan):
        chosen = replace(plan, layout=layout)
        for given in given_forms(plan):
            for lr in rates(plan, definition):
                yield replace(chosen, given=given, lr=lr)
        if "residual" in plan.uses:
            yield replace(chosen, label_first=True)


def tensors_first(found: list[Layout], definition: Definition) -> list[Layout]:
    """The layouts, those of tensors first where a function is written for them."""
    if not definition.names_torch:
        return found
    return sorted(found, key=lambda o: not o.container.startswith(("tensor", "leaf")))


def distinct(found: list[Layout], plan: CallPlan) -> list[Layout]:
    """The layouts that make different calls: where no parameters are given, theirs is the same."""
    if plan.uses & {"w", "b", "theta", "grad", "grad_w", "params"}:
        return list(dict.fromkeys(found))
    own = {
        o._replace(w="", container=o.container.replace("leaf", "tensor")): o for o in found[::-1]
    }
    return [o for o in found if o in own.values()]


def given_forms(plan: CallPlan) -> tuple[str, ...]:
    """What the gradient that a step is given may be."""
    if not plan.uses & {"grad", "grad_w", "params"}:
        return ("",)
    return ("sum", "mean") if "batch_size" in plan.uses else ("mean",)


def rates(plan: CallPlan, definition: Definition) -> list[float | None]:
    """The learning rates that may be fixed inside, where it is no parameter."""
    if plan.kind not in ("step", "trainer") or "lr" in plan.uses:
        return [None]
    named = [
        v for n, v in definition.constants.items() if "lr" in roles_of(n.removeprefix("self."))
    ]
    likely = [v for v in definition.numbers if 0 < v < 1 and v not in named]
    found = list(dict.fromkeys([*named, *likely]))[:4]
    changes = bool(definition.wording & SCHEDULES)  # then the rates are read off the steps
    return [*found, 1.0] if changes and plan.kind == "trainer" else found


SCHEDULES = {"schedule", "scheduler", "decay", "anneal", "annealing", "decayed"}


def layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """The layouts that the roles allow, the likeliest first."""
    roles = {role for _, role in plan.roles + plan.namespace}
    numbers = sorted(r for r in roles if r.startswith(("w[", "x[")))
    if plan.kind in ("sample", "loss") and "y_hat" in roles:
        tensors = tensor_layouts(definition)[:1]
        columns = [Layout(y="row"), Layout(y="column")]
        return [Layout(), Layout(container="list"), *tensors, *columns]
    if "params" in roles:
        return [Layout(container="tensor"), Layout(w="column", container="tensor")]
    if numbers:
        d = max(sum(r.startswith(letter) for r in numbers) for letter in "wx")
        one = [Layout("vector", "vector", "number", d=1)] if d == 1 else []
        return [*one, *given_d(Layout(w="number"), d), *given_d(Layout("table", w="number"), d)]
    if "table" in roles:
        return theta_table_layouts() if "theta" in roles else table_layouts(definition.columns)
    if "theta" in roles:
        return theta_layouts(plan, definition)
    found = pair_layouts(plan, definition)
    if plan.kind == "trainer" and not roles & {"w", "b"}:
        found += [Layout(ones="first"), Layout(ones="last"), Layout(y="column", ones="first")]
    return found


def table_layouts(columns: tuple[str, ...]) -> list[Layout]:
    """Layouts of one table with y last; the columns have names where the program uses names."""
    table = Layout("table", w="number", d=1)
    found = [table, table._replace(container="list"), Layout("table")]
    if len(columns) > 1:
        form = Layout("table", w="number" if len(columns) == 2 else "vector", container="frame")
        found = [form._replace(columns=columns, d=len(columns) - 1), *found]
    return [*found, Layout("pair"), Layout("pair of vectors", w="number", d=1)]


def theta_table_layouts() -> list[Layout]:
    """Layouts of one table with y last, and w and b in one argument."""
    wide = Layout("table", ones="inside")
    inside = [wide._replace(d=1), wide._replace(d=1, ones="inside last"), wide]
    line = Layout("pair of vectors", ones="inside last", d=1)
    lists = [o._replace(container="list") for o in inside]
    return [*inside, *lists, Layout("pair", ones="first"), line, line._replace(ones="inside")]


def given_d(layout: Layout, d: int) -> list[Layout]:
    """A layout for d features alone, for arrays and lists."""
    return [layout._replace(d=d), layout._replace(d=d, container="list")]


def pair_layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """Layouts of separate w and b, or of data alone."""
    one = Layout("vector", "vector", "number", d=1)
    found = [Layout(), one, Layout(y="column", w="column")]
    found += [Layout("features", "row", "column"), Layout("features", "vector", "vector")]
    found += [Layout("features", "row", "row"), Layout("features", "row", "vector")]
    found += [Layout(container="list"), one._replace(container="list")]
    found += one_sample_layouts(plan, definition)
    found += [Layout(y="column", w="number", d=1), Layout(w="number", d=1)]
    found += [Layout(d=d) for d in fixed_features(definition)]
    found += [*tensor_layouts(definition), *frame_layouts(definition)]
    return [*found, *matrix_layouts(definition)]


def packed_layouts(definition: Definition) -> list[Layout]:
    """Layouts of w and b in a dict or a record with the names that the program uses, if any."""
    forms = (("dict", definition.keys), ("record", definition.fields))
    return [o for form, names in forms if {"w", "b"} <= set(names) for o in of_form(form, names)]


def of_form(form: str, names: dict[str, str]) -> list[Layout]:
    """Layouts of w and b under these names."""
    base = Layout(packed=form, keys=(names["w"], names["b"]))
    one = base._replace(x="vector", w="number", d=1)
    columns = base._replace(y="column", w="column")
    return [base, one, columns, base._replace(x="features", y="row", w="column")]


def theta_layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """Layouts of w and b in one argument: a vector, a dict, a tuple."""
    found = [*packed_layouts(definition), Layout(ones="first")]
    found += [Layout(y="column", w="column", ones="first")]
    found += [Layout(ones="inside"), Layout(y="column", w="column", ones="inside")]
    found += [Layout(ones="last"), Layout(ones="inside last")]
    found += [Layout(ones="first", container="list"), Layout("features", "row", "column", "first")]
    found += [
        Layout("features", "vector", "vector", "first"),
        Layout("features", "row", "row", "first"),
    ]
    found += [Layout(ones="first", d=1), Layout("vector", ones="inside", d=1)]
    found += [Layout("vector", ones="inside last", d=1)]
    found += [Layout("vector", ones="inside", container="list", d=1)]
    found += one_sample_layouts(plan, definition)
    found += [Layout(ones="first", d=d) for d in fixed_features(definition)]
    matrices = matrix_layouts(definition)
    found += [o._replace(w=w, ones="first") for o in matrices for w in ("row", "column")]
    found += [Layout(y="column", w="row", ones="first")]
    found += [Layout(packed="tuple"), Layout("vector", "vector", "number", d=1, packed="tuple")]
    tensors = tensor_layouts(definition) + frame_layouts(definition)
    found += [o._replace(ones="first") for o in tensors]
    if "grad" in plan.uses and definition.gradient_keys:
        keys = definition.gradient_keys
        found = [o._replace(gradient_keys=keys) for o in found if o.packed] + found
    return found


def one_sample_layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """One row and one number, for a prediction or loss, and where the program says so."""
    if plan.kind == "trainer" or not (plan.kind in ("predict", "loss") or definition.of_one_sample):
        return []
    row = Layout("one row", "number", n=1)
    if "theta" not in plan.uses:
        found = [row, row._replace(w="number", d=1)]
    else:
        inside = row._replace(ones="inside", d=1)
        if definition.is_given_row and plan.kind == "predict":
            labelled = Layout("labelled row", ones="inside", n=1)
            return [
                o._replace(container=c)
                for o in (labelled, row._replace(ones="inside"), row._replace(ones="first"))
                for c in ("list", "array")
            ]
        found = [inside, row._replace(ones="first"), inside._replace(ones="inside last")]
    return [*found, *(o._replace(container="list") for o in found)]


def matrix_layouts(definition: Definition) -> list[Layout]:
    """Everything as np.matrix, where the program multiplies as only matrices do, or names them."""
    products = (n for n in definition.nodes if isinstance(n, ast.BinOp))
    products = (n for n in products if isinstance(n.op, ast.Mult))
    transposed = any(getattr(m, "attr", "") == "T" for n in products for m in (n.left, n.right))
    source = definition.program.source if definition.program else ""
    if not transposed and not re.search(r"\b(mat|matrix|asmatrix|multiply)\b", source):
        return []
    return [Layout(y="column", w="column", container="matrix")]


def tensor_layouts(definition: Definition) -> list[Layout]:
    """Torch tensors, where the program names torch."""
    program = definition.program
    if program is None or not {"torch", "d2l"} & set(program.imported):
        return []
    vector, column = Layout(container="tensor"), Layout(y="column", w="column", container="tensor")
    found = [vector, column, column._replace(y="vector")]
    wide = [*found, *(o._replace(container="tensor32") for o in found)]
    return [*wide, *(o._replace(container="leaf") for o in found)]


def frame_layouts(definition: Definition) -> list[Layout]:
    """DataFrames, where the program names pandas or attributes that only they have."""
    text = {getattr(n, "attr", "") for n in definition.nodes}
    program = definition.program
    pandas = program is not None and "pandas" in program.imported
    if pandas or text & {"values", "iloc", "loc", "to_numpy", "columns", "iterrows"}:
        return [Layout(container="frame"), Layout("vector", w="number", container="frame", d=1)]
    return []


def fixed_features(definition: Definition) -> list[int]:
    """Numbers of features that the source may insist on, other than one."""
    found = {int(v) for v in definition.numbers if v == int(v) and 1 < v <= 12}
    found |= {len(n.elts) for n in definition.nodes if isinstance(n, ast.List)} - {0, 1}
    return sorted({*found, *(v - 1 for v in found if v > 2)})[:5]


def class_plans(definition: Definition) -> Iterator[CallPlan]:
    """The ways to construct an object and train it."""
    own = [m for m in definition.methods if kinds_of(m)[:1] == ["trainer"] and m[0] != "_"]
    method = next((m for m in (*METHODS, *own) if m in definition.methods), "")
    if not method:
        return
    init, fit = definition.parameters, tuple(definition.methods[method])
    allowed = ROLES | {"loss_function", "gradient_function"}
    for cost, roles in sorted(assignments((*init, *fit), allowed), key=lambda pair: pair[0])[:12]:
        plan = complete_class(definition, method, roles)
        if plan is not None:
            for layout in class_layouts(definition):
                for lr in rates(plan, definition):
                    yield replace(plan, layout=layout, lr=lr, guessed=cost >= GUESS)


def complete_class(definition: Definition, method: str, roles: Assignment) -> CallPlan | None:
    """A plan for a class, if its data and its iterations can be given."""
    own = {p["name"] for p in definition.parameters}
    parameters = (*definition.parameters, *definition.methods[method])
    needed = {p["name"] for p in parameters if p["required"]}
    init = tuple(r for r in roles if r[0] in own)
    call = tuple(r for r in roles if r[0] not in own)
    names = {role for _, role in init + call}
    attributes = settable(definition, names)
    names |= {role for _, role in attributes}
    fixed = () if "iters" in names else definition.fixed_iterations(method)
    names |= {"iters"} if fixed else set()
    if not needed <= {p for p, _ in init + call} or not {"X", "y", "iters"} <= names:
        return None
    together = names & PARAMETERS in (set(), {"w", "b"}, {"theta"})
    if not together or takes_rate_as_penalty(init + call, names, "trainer"):
        return None
    plan = CallPlan(definition.name, "trainer", call, init, attributes, method=method)
    left = tuple(p["name"] for p in definition.parameters if p["name"] not in dict(init))
    return replace(plan, fixed=fixed, starts=bool(names & PARAMETERS), left=left)


def settable(definition: Definition, names: set[str]) -> Assignment:
    """The settings that are attributes, for what is no parameter."""
    own = [n.removeprefix("self.") for n in definition.constants if n.startswith("self.")]
    return tuple(
        (n, role)
        for n in (*own, *definition.class_level)
        for role in ("lr", "iters")
        if role in roles_of(n) and role not in names
    )


def class_layouts(definition: Definition) -> list[Layout]:
    """The layouts of data that an object may be trained on."""
    found = [Layout(), Layout("vector", w="number", d=1), Layout(y="column", w="column")]
    if not definition.names_bias:
        found = [Layout(ones="first"), Layout(y="column", w="column", ones="first"), *found]
    found += [Layout(d=1), Layout(container="list"), Layout("vector", container="list", d=1)]
    found += [Layout(d=d) for d in fixed_features(definition)]
    found += [Layout("features", "row"), Layout("features", "vector")]
    found += [*tensor_layouts(definition), *frame_layouts(definition)]
    return tensors_first(found, definition)
