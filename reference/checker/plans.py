"""The calls that could be meant, the likeliest first: which parameter is given what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reference.checker.call_plan import PARAMETERS, CallPlan
from reference.checker.call_text import ToldCall
from reference.checker.definition import Definition
from reference.checker.layouts import class_layouts, distinct, layouts, tensors_first
from reference.checker.signature import OPTIONAL, Assignment, assignments, kinds_of, roles_of, words

ROLES = frozenset(
    {"X", "x", "features_count", "y", "w", "b", "theta", "table", "lr", "iters", *OPTIONAL}
)
ALLOWED = {
    "gradient": frozenset({"X", "x", "y", "y_hat", "table", "w", "b", "theta", "n", "lam"})
    | {"residual", "index"},
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
    part = part_of(definition.short_name)
    other = {"w": "gradient_b", "b": "gradient_w", "neither": "gradient_b"}.get(part)
    return [k for k in dict.fromkeys(found) if k != other]


W_ENDS = "dw gradw gradientw slope dm weights weight atm atw gradm wrtw wrtm gradientm derivativem "
W_ENDS += "derivativew dtheta1 dw1 w1 mgradient wgradient slopegradient weightgradient mderivative "
W_ENDS += "theta1 djdw dldw ldw jdw partialw partialm"
B_ENDS = "db gradb gradientb intercept dc bias atb wrtb derivativeb wrtc dtheta0 dw0 w0 bgradient "
B_ENDS += "interceptgradient biasgradient bderivative theta0 gradc derivativec djdb dldb ldb jdb "
B_ENDS += "partialb partialc dc0 c0 atc"


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


DIFFERENTIAL = "d dj dl de dc df g grad grads gradient gradients derivative derivatives deriv "
DIFFERENTIAL += "partial partials wrt of to the compute calc calculate get find loss cost mse "
DIFFERENTIAL += "error err sse j l e f fn func with respect by for at"


def part_of(name: str) -> str:
    """Of which parameter a partial derivative is, by the one word that says so.

    Examples
    --------
    >>> part_of("slope_derivative"), part_of("grad0"), part_of("compute_error_gradient")
    ('w', 'b', 'neither')
    """
    rest = [w for w in words(name) if w not in DIFFERENTIAL.split()]
    if not rest:
        return "neither"
    number = re.fullmatch(r"[a-z]*?(\d)", rest[0]) if len(rest) == 1 else None
    if number:
        return "w" if int(number[1]) else "b"
    roles = roles_of(rest[0]) if len(rest) == 1 else []
    known = [r for r in roles if r in ("w", "b")]
    return known[0] if len(known) == 1 and roles[0] in ("w", "b", "n") else ""


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
    kind = "gradient_w" if "index" in names and "theta" not in names else kind
    plan = CallPlan(definition.name, kind, roles, namespace=namespace, functions=functions)
    left = tuple(p["name"] for p in definition.parameters if p["name"] not in dict(roles))
    starts = bool(names & PARAMETERS)
    positional = leading(definition, roles)
    doubtful = (kind == "step" and "tol" in names) or has_stray_data(definition, namespace)
    plan = replace(plan, fixed=fixed, positional=positional, left=left, starts=starts)
    return replace(plan, doubtful=doubtful)


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
