"""How a function is called: the values of its arguments, in a layout.

A problem is X (n, d), y (n,), w (d,) and b. A plan says how a function takes it: one feature as a
vector and a number, columns, θ with a column of ones, features in rows, a table, lists, tensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_text import constant
from reference.checker.signature import Assignment

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
    begins: bool = False  # whether it is asked for no iteration too, where it starts by itself
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

    def takes(self, X: Any) -> bool:
        """Whether data can be standardised, where a trainer does so."""
        return self.scaling is None or bool(self.scaling.applies(X))

    @cached_property
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
        found |= {"index": ("index", d + self.theta), "lam": self.lam}
        found |= {"seed": 0, "generator": ("generator", 0)}
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
        A = p.X
        if self.layout.ones in ("first", "last"):
            pair = [np.ones(len(A), A.dtype), A]
            A = np.column_stack(pair if self.layout.ones == "first" else pair[::-1])
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
        found = {"w": w, "b": b}
        if "w" in self.uses:
            found |= {f"w[{j}]": v for j, v in enumerate(p.w.tolist())}
        if self.layout.packed == "dict":
            found["theta"] = ("dict", dict(zip(self.layout.keys, (w, b), strict=True)))
        elif self.layout.packed == "record":
            found["theta"] = ("record", dict(zip(self.layout.keys, (w, b), strict=True)))
        elif self.layout.packed == "tuple":
            found["theta"] = ("tuple", [w, b])
        elif "theta" in self.uses:
            found["theta"] = self.shaped(self.joined(p.w, p.b))
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


FIXED = {"features_count": "d", "grad": "gradient", "index": "0, 1, …"}  # always written alike


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


PARAMETERS = {"w", "b", "theta"}
