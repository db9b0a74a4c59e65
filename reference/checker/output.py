"""Which numbers of an answer are w, b, ŷ or the loss.

An answer has parts: the values of a dict or tuple, the attributes of an object, arguments that were
changed. A reading says which of them are meant; the readings that the answers allow are tried like
the calls, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_plan import PARAMETERS, CallPlan, Problem
from reference.checker.definition import Definition
from reference.checker.sandbox.messages import ArrayMessage, RawOutput
from reference.checker.signature import numbered, roles_of

FLOAT = np.dtype(float)
NAMES = {
    "gradient": ("grad_w", "grad_b"),
    "gradient_w": ("grad_w",),
    "gradient_b": ("grad_b",),
    "step": ("the new w", "the new b"),
    "trainer": ("the weights", "the bias"),
    "predict": ("ŷ",),
    "sample": ("l",),
    "loss": ("the loss",),
}
EACH = ("*",)  # the path of all numbers of a tuple together: (g0, g1, g2)
Key = tuple[str, tuple[str, ...]]  # an argument, or "" for the answer; and the path in it


class Reading(NamedTuple):
    """Where the numbers are. `order`: of one vector that holds both, "wb" or "bw"."""

    w: Key | None = None
    b: Key | None = None
    joint: Key | None = None
    order: str = "wb"


@dataclass(frozen=True)
class Output:
    """The numbers of one answer, w before b, and the precision of both.

    Where the form is wrong, `fault` and `message` say how; `vector` then has the numbers that can
    be read all the same, if any.
    """

    vector: Any
    dtype: Any = FLOAT
    dtype_b: Any = None
    fault: str = ""
    message: str = ""
    in_place: bool = False  # whether the numbers stand in arguments that were changed


def sizes(plan: CallPlan, problem: Problem) -> dict[str, int]:
    """How many numbers each kind of answer has."""
    n, d = problem.X.shape
    return {"predict": n, "sample": n, "loss": 1, "gradient_w": d, "gradient_b": 1}


def parts_of(answer: RawOutput) -> dict[Key, ArrayMessage]:
    """All parts of an answer that hold numbers."""
    found = {("", p.path): p for p in answer.parts}
    arguments = (*answer.after, *answer.kept)
    found |= {(argument, p.path): p for argument, parts in arguments for p in parts}
    numbers = [p for p in answer.parts if p.values is not None and p.values.size == 1]
    if len(numbers) == len(answer.parts) > 2 and all(len(p.path) == 1 for p in numbers):
        values = np.concatenate([p.values for p in numbers])
        found["", EACH] = ArrayMessage(numbers[0].dtype, values.shape, values, EACH)
    return {key: p for key, p in found.items() if p.values is not None}


LAST = "last"  # in a path: the last entry of a list, or the last row of an array


def with_last_entries(answer: RawOutput) -> dict[Key, ArrayMessage]:
    """All parts of an answer, and the last entries of lists under paths of their own."""
    parts = parts_of(answer)
    found = dict(parts)
    for (argument, path), p in parts.items():  # in their order, so that the last one stays
        if path and path[-1].isdigit():
            found[argument, (*path[:-1], LAST)] = p
        if len(path) > 1 and path[-2].isdigit():
            found[argument, (*path[:-2], LAST, path[-1])] = p
        if len(p.shape) > 1 and p.values.size:
            row = p.values.reshape(p.shape[0], -1)[-1]
            access = f"{p.access}[-1]"
            found[argument, (*path, LAST)] = replace(
                p, shape=p.shape[1:], values=row, access=access
            )
    return found


def is_steady(key: Key, answers: Sequence[RawOutput]) -> bool:
    """Whether a path means the same however long a list is: an entry of one that does not grow.

    The last entry is what is meant of a list that grows with the iterations.
    """
    argument, path = key
    places = [i for i, step in enumerate(path) if step == LAST or step.isdigit()]
    return all(grows(argument, path[:i], answers) == (path[i] == LAST) for i in places)


def grows(argument: str, path: tuple[str, ...], answers: Sequence[RawOutput]) -> bool:
    """Whether the list or array at a path is not always as long."""
    lengths = set()
    for answer in answers:
        parts = dict(answer.after).get(argument, ()) if argument else answer.parts
        inside = [p for p in parts if p.path[: len(path)] == path]
        lengths.add(
            tuple(p.shape[:1] for p in inside if len(p.path) == len(path))
            or len({p.path[len(path)] for p in inside})
        )
    return len(lengths) > 1


def begins_at_start(key: Key, problem: Problem, parts: dict[Key, ArrayMessage]) -> bool:
    """Whether the last entry after one iteration is where a training began."""
    values = parts[key].values
    known = {0.0, *np.append(problem.w, problem.b).tolist()}
    return LAST in key[1] and set(values.tolist()) <= known


def readings(
    plan: CallPlan, definition: Definition, answers: Sequence[tuple[Problem, RawOutput]]
) -> list[Reading]:
    """The readings that all answers allow, the likeliest first."""
    known = [(p, a) for p, a in answers if not a.raised]
    read = with_last_entries if plan.kind == "trainer" else parts_of
    good = [(p, read(a)) for p, a in known]
    if not good or plan.answers:
        return told_readings(plan, good[0][1]) if good else []
    keys = steady_keys(plan, good, [a for _, a in known])

    def of_size(size: Any) -> list[Key]:
        return [k for k in keys if all(parts[k].values.size == size(p) for p, parts in good)]

    if plan.kind in ("predict", "sample", "loss", "gradient_w", "gradient_b"):
        keys = [k for k in of_size(lambda p: sizes(plan, p)[plan.kind]) if not k[0]]
        alone = all(len(parts) == 1 for _, parts in good)
        return [Reading(w=k) for k in keys][:4] if alone or "_" not in plan.kind else []
    w, b = of_size(lambda p: len(p.w)), of_size(lambda p: 1)
    b = [k for k in keys if is_misshapen_bias(k, plan, definition, good)] or b
    found = [Reading(w=k, b=m) for k in w for m in b if k != m]
    joint = of_size(lambda p: len(p.w) + 1)
    if not names_bias_apart(plan, definition, good[0][1]):
        found += [Reading(joint=k, order=o) for k in joint for o in orders(plan)]
    nearest = [r for r in found if origin(r) == min(map(origin, found))]
    nearest = [r for r in nearest if not is_against_names(r, plan, definition)] or nearest
    return sorted(nearest, key=lambda r: likelihood(r, plan, definition))[:40]


def collapsed_readings(
    plan: CallPlan, definition: Definition, answers: Sequence[tuple[Problem, RawOutput]]
) -> list[Reading]:
    """The readings of a gradient that is always two numbers, however many weights there are."""
    each = [list(parts_of(a).items()) for _, a in answers if not a.raised]
    if plan.kind != "gradient" or plan.theta or not each:
        return []
    if any([p.values.size for _, p in parts] != [1, 1] for parts in each):
        return []
    first, second = (key for key, _ in each[0])
    found = [Reading(w=first, b=second), Reading(w=second, b=first)]
    return sorted(found, key=lambda r: likelihood(r, plan, definition))


def is_misshapen_bias(
    key: Key, plan: CallPlan, definition: Definition, good: Sequence[tuple[Problem, Any]]
) -> bool:
    """Whether an attribute is called a bias, and is always of so many numbers, but not of one."""
    counts = {parts[key].values.size for _, parts in good}
    named = name_cost(key_name(key, plan, definition), B_ROLES) == 0
    return key[1][:1] == ("self",) and named and len(counts) == 1 and counts != {1}


def steady_keys(
    plan: CallPlan, good: Sequence[tuple[Problem, Any]], answers: Sequence[RawOutput]
) -> list[Key]:
    """The parts that each answer has, without arguments that were not changed.

    Of a trainer, without what its answers hold of the start, and without its settings.
    """
    changed = {name for a in answers for name in a.changed}
    in_place = "params" in plan.uses  # which a step has to change
    keys = [k for k in good[0][1] if all(k in parts for _, parts in good)]
    keys = [k for k in keys if not k[0] or k[0] in changed or in_place]
    if plan.kind == "trainer":
        keys = [k for k in keys if is_steady(k, answers) and not begins_at_start(k, *good[0])]
        keys = [k for k in keys if not is_setting(k, plan)]
    return keys


def is_setting(key: Key, plan: CallPlan) -> bool:
    """Whether an attribute has the name of an argument that is no parameter of the model."""
    given = {p for p, role in plan.init if not {role, role.partition("[")[0]} & PARAMETERS}
    return key[1][:1] == ("self",) and bool(given & set(key[1][1:2]))


def origin(reading: Reading) -> int:
    """0 for what is all returned, 1 for what was all changed in arguments, 2 for some of both."""
    changed = {bool(k[0]) for k in (reading.w, reading.b, reading.joint) if k}
    return 2 if len(changed) > 1 else int(changed.pop())


def names_bias_apart(plan: CallPlan, definition: Definition, keys: Iterable[Key]) -> bool:
    """Whether a trainer that is given a column of ones has a bias beside its weights all the same.

    Then the weights are no θ that holds both.
    """
    if plan.kind != "trainer" or plan.uses & {"theta", "w"} or not plan.theta:
        return False
    return any(roles_of(key_name(k, plan, definition))[:1] == ["b"] for k in keys)


def told_readings(plan: CallPlan, parts: dict[Key, ArrayMessage]) -> list[Reading]:
    """The readings that a person told: a key or an attribute, or the place in what is returned."""
    found: dict[str, Key] = {}
    for i, (name, role) in enumerate(plan.answers):
        places = [(str(i),), ("return", str(i))]
        places += [(), ("return",)] if len(plan.answers) == 1 else []
        for key in parts:
            if key_name(key, plan, None) == name if name else not key[0] and key[1] in places:
                found[role] = key
    single = next((k for r, k in found.items() if r in ("y_hat", "loss", "losses")), None)
    joint = next((k for r, k in found.items() if r in ("grad", "theta")), None)
    if joint:
        return [Reading(joint=joint, order=o) for o in orders(plan)]
    w, b = found.get("grad_w", found.get("w")), found.get("grad_b", found.get("b"))
    if plan.kind in ("gradient_w", "gradient_b") or single:
        w = single or w or b
        return [Reading(w=w)] if w else []
    return [Reading(w=w, b=b)] if w and b else []


def orders(plan: CallPlan) -> tuple[str, ...]:
    """The orders of w and b that one vector may have: that of θ, where θ is given."""
    if not plan.theta:
        return ("bw", "wb")
    return ("wb",) if plan.layout.ones.endswith("last") else ("bw",)


def likelihood(reading: Reading, plan: CallPlan, definition: Definition) -> tuple[Any, ...]:
    """What sorts the likely readings first: their names, then the usual places."""
    joint_first = plan.theta != (reading.joint is None)
    cost = 0
    for key, roles in ((reading.w, W_ROLES), (reading.b, B_ROLES), (reading.joint, THETA_ROLES)):
        if key is not None:
            cost += name_cost(key_name(key, plan, definition), roles)
    keys = [k for k in (reading.w, reading.b, reading.joint) if k]
    where = sum(PLACES.get(k[1][:1] if not k[0] else ("after",), 1) for k in keys)
    swapped = given_bias_first(plan) and reading.w is not None and reading.b is not None
    order = [k[1] for k in (reversed(keys) if swapped else keys)]
    return cost, not joint_first, where, order


def is_against_names(reading: Reading, plan: CallPlan, definition: Definition) -> bool:
    """Whether a part whose name means w is read as b, or the other way, beside a known name.

    A line a + b x has its weight under the name b, which may so mean both.
    """
    if reading.w is None or reading.b is None:
        return False
    names = [key_name(key, plan, definition) for key in (reading.w, reading.b)]
    roles = [{r.removeprefix("grad_") for r in roles_of(name)} & {"w", "b"} for name in names]
    if any(map(numbered, names)) or not all(roles):
        return False
    return "w" not in roles[0] or "b" not in roles[1]


def given_bias_first(plan: CallPlan) -> bool:
    """Whether a function takes b before w: then it is likely to return them so."""
    roles = [role.partition("[")[0] for _, role in plan.roles if role[0] in "wb"]
    return roles[:1] == ["b"] and "w" in roles


W_ROLES, B_ROLES = {"w", "grad_w", "theta"}, {"b", "grad_b"}
THETA_ROLES = {"theta", "grad", "w"}
PLACES = {("self",): 0, ("return",): 1, ("predict",): 9, ("after",): 2}


def key_name(key: Key, plan: CallPlan, definition: Definition | None) -> str:
    """What the program calls a part: a key, an attribute, or the name that it returns."""
    argument, path = key
    if argument:
        position = int(argument) if argument.isdigit() else -1
        return plan.roles[position][0] if 0 <= position < len(plan.roles) else argument
    path = path[:-1] if path[-1:] == (LAST,) else path
    if path and not path[-1].isdigit():
        return path[-1]
    returned = definition.returned_names if definition else ()
    return returned[int(path[-1])] if path and int(path[-1]) < len(returned) else ""


def name_cost(name: str, roles: set[str]) -> int:
    """0 for a name that means one of these roles, 1 for an unknown one, 3 for another meaning."""
    if not name:
        return 1
    known, number = set(roles_of(name)), numbered(name)
    if number:
        return 0 if (number[1] == 0) == bool(roles & {"b"}) else 2
    return 0 if known & roles else 3 if known else 1


def parse_output(
    plan: CallPlan, reading: Reading | None, problem: Problem, answer: RawOutput
) -> Output:
    """The numbers of one answer, or what is wrong with its form."""
    if answer.raised:
        return Output(None, fault="raised", message=describe_raised(answer.raised))
    keys = [k for k in (reading or ())[:3] if k]
    found = with_last_entries(answer) if any(LAST in k[1] for k in keys) else parts_of(answer)
    if reading is None:
        nothing = not answer.after and all(p.dtype == "NoneType" for p in answer.parts)
        if nothing:
            return Output(None, fault="no-return", message="It returned None.")
        return Output(None, fault="wrong-shape", message=shape_message(plan, problem, answer))
    if any(k not in found for k in keys):
        return Output(None, fault="wrong-shape", message=shape_message(plan, problem, answer))
    return assemble(plan, reading, problem, answer, [found[k] for k in keys])


def assemble(
    plan: CallPlan, reading: Reading, problem: Problem, answer: RawOutput, parts: list[ArrayMessage]
) -> Output:
    """The numbers in our order."""
    n, d = problem.X.shape
    expected = sizes(plan, problem).get(plan.kind)
    wanted = [expected] if expected else [d + 1] if reading.joint else [d, 1]
    vector = np.concatenate([p.values for p in parts]) if len(parts) > 1 else parts[0].values
    if plan.kind == "gradient" and wanted == [d, 1] and len(vector) == 2 < d + 1:
        vector = np.append(np.full(d, vector[0]), vector[1])  # one number for all weights
    elif [p.values.size for p in parts] != wanted:
        return Output(vector, fault="wrong-shape", message=shape_message(plan, problem, answer))
    if reading.joint and reading.order == "bw":
        vector = np.roll(vector, -1)
    dtypes = [precision(p) for p in parts]
    form = wrong_form(plan, problem, parts)
    fault = "wrong-shape" if form else ""
    in_place = any(k[0] for k in (reading.w, reading.b, reading.joint) if k)
    return Output(vector, dtypes[0], dtypes[-1], fault, form, in_place)


def wrong_form(plan: CallPlan, problem: Problem, parts: list[ArrayMessage]) -> str:
    """What is wrong with the shape of a gradient: it should be that of the weights."""
    d = len(problem.w)
    if plan.kind not in ("gradient", "gradient_w") or plan.is_class or plan.layout.w != "vector":
        return ""
    if plan.layout.container not in ("array",) or d == 1 or len(parts) > 2:
        return ""
    shape = parts[0].shape
    if len(shape) == 2 and 1 in shape and parts[0].values.size == d and len(parts) == 2:
        return f"{NAMES[plan.kind][0]} must have shape ({d},), that of w; got {shape}."
    return ""


def precision(part: ArrayMessage) -> Any:
    """The precision of a part; whole numbers have that of float64."""
    return np.dtype(part.dtype) if part.dtype in ("float16", "float32") else FLOAT


def describe_raised(raised: dict[str, Any]) -> str:
    """An exception in a sentence."""
    return f"{raised['type']}: {raised['message']}".rstrip(": ")


def shape_message(plan: CallPlan, problem: Problem, answer: RawOutput) -> str:
    """What the answer should have been, and what came."""
    n, d = problem.X.shape
    count = sizes(plan, problem).get(plan.kind)
    rule = f"{d + 1} numbers" if plan.theta else f"{d} numbers and a number"
    if count:
        rule = "one number" if count == 1 else f"{count} numbers"
    came = [str(p.shape) if p.values is not None else p.dtype for p in answer.parts]
    return (
        f"{' and '.join(NAMES[plan.kind])} must be {rule} here; got {', '.join(came) or 'nothing'}."
    )
