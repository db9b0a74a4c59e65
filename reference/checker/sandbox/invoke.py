"""One call of the code under test: the arguments built, the answer taken apart.

A value that is no array and no number comes as a tuple whose first part says what to build. An
answer is a list of parts: each has the path to it, its type, its shape and its numbers.

Runs in the process of the code under test, and imports nothing of the checker.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import random
import sys
import types
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

MAX_NUMBERS = 10_000  # in an array of an answer
MAX_PARTS = 60
DEPTH = 3
PREDICT = ("predict", "predictions", "forward", "hypothesis", "output")


def call(functions: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Call a function, or make an object and train it; what came, and which arguments changed."""
    target, given = functions[request["target"]], request.get("args", [])
    set_seed(request)
    if request.get("constants"):
        target = with_constants(target, request, dict(request["constants"]))
    bound = module_of(target)
    for name, value in request.get("globals", {}).items():
        bound[name] = build(value, functions)
    arguments = [build(v, functions) for v in given]
    named = {k: build(v, functions) for k, v in request.get("kwargs", {}).items()}
    answer = None
    if inspect.isclass(target):
        parts = list(train(target, request, arguments, named, functions))
    else:
        answer = answer_of(target, arguments, named)
        parts = list(flatten(answer))
    before = [*enumerate(given), *request.get("kwargs", {}).items()]
    after = [*enumerate(arguments), *named.items()]
    if isinstance(answer, dict | types.SimpleNamespace):  # a record that is returned is updated
        kept = [i for i, (_, value) in enumerate(after) if value is not answer]
        before, after = [before[i] for i in kept], [after[i] for i in kept]
    moves = all(p["dtype"] == "NoneType" for p in parts) or any(is_leaf(v) for v in given)
    updates = request.get("updates", ()) if moves else ()
    return {"parts": parts, **changes(before, after, functions, updates)}


def answer_of(target: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
    """What a function returns; where it is given an index, what it returns for each one."""
    keys = [key for key, value in [*enumerate(arguments), *named.items()] if type(value) is range]
    if not keys:
        return target(*arguments, **named)
    found, key = [], keys[0]
    for index in (named if key in named else arguments)[key]:
        given = [index if i == key else value for i, value in enumerate(arguments)]
        found.append(target(*given, **{**named, **({key: index} if key in named else {})}))
    return found


def set_seed(request: dict[str, Any]) -> None:
    """Seed the generators where the request says so."""
    unseeded.seed = None
    if request.get("seeded"):
        seed_everything()


def is_leaf(value: Any) -> bool:
    """Whether an argument is a tensor that requires a gradient, which is there to be changed."""
    return isinstance(value, tuple) and value[:1] == ("leaf",)


def with_constants(target: Any, request: dict[str, Any], numbers: dict[Any, Any]) -> Any:
    """A copy of a function, or of a class with such a method, with other numbers in its code."""
    if inspect.isclass(target):
        name = request["method"]
        method = with_constants(getattr(target, name), request, numbers)
        return type(target.__name__, (target,), {name: method})
    f = inspect.unwrap(target)
    code = replaced(f.__code__, numbers)
    new = types.FunctionType(code, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    new.__kwdefaults__ = f.__kwdefaults__
    return new


def replaced(code: Any, numbers: dict[Any, Any]) -> Any:
    """Code with other numbers, that of functions within it included."""
    found = [
        replaced(c, numbers)
        if isinstance(c, types.CodeType)
        else numbers.get(c, c)
        if type(c) is int
        else c
        for c in code.co_consts
    ]
    return code.replace(co_consts=tuple(found))


def module_of(target: Any) -> dict[str, Any]:
    """The global names that a function or class sees."""
    f = target.__init__ if inspect.isclass(target) else inspect.unwrap(target)
    found = getattr(f, "__globals__", None)
    return found if found is not None else vars(sys.modules.get(target.__module__, sys))


def train(
    cls: Any, request: dict[str, Any], args: list[Any], kwargs: dict[str, Any], functions: Any
) -> Iterator[dict[str, Any]]:
    """Construct, set attributes, call the method; its answer, the attributes, a prediction."""
    init = {k: build(v, functions) for k, v in request.get("init", {}).items()}
    model = cls(**init)
    for name, value in request.get("set", {}).items():
        setattr(model, name, build(value, functions))
    answer = getattr(model, request["method"])(*args, **kwargs)
    yield from flatten(None if answer is model else answer, ("return",))
    yield from attributes(model)
    if "probe" in request:
        yield from flatten(predictions(model, build(request["probe"], functions)), ("predict",))


def predictions(model: Any, X: Any) -> Any:
    """What the model predicts for other rows than it was fitted on; None if it cannot."""
    methods = [m for n in PREDICT if callable(m := getattr(model, n, None))]
    method = next((m for m in methods if takes_one(m)), None)
    return method(X) if method else None


def takes_one(method: Any) -> bool:
    """Whether a method may be given one argument."""
    try:
        inspect.signature(method).bind(0)
        return True
    except (TypeError, ValueError):
        return False


def attributes(model: Any) -> Iterator[dict[str, Any]]:
    """The numbers that an object holds in its attributes, those of torch modules included."""
    for name, value in sorted(vars(model).items()):
        if hasattr(value, "named_parameters"):
            for inner, parameter in value.named_parameters():
                keys = inner.split(".")
                yield from flatten(parameter, ("self", name, *keys), access_of([name, *keys]))
        elif not callable(value):
            yield from flatten(value, ("self", name), f".{name}")
    if hasattr(model, "named_parameters"):
        for inner, parameter in model.named_parameters():
            keys = inner.split(".")
            yield from flatten(parameter, ("self", *keys), access_of(keys))


def access_of(keys: list[str]) -> str:
    """How Python reaches a parameter within modules."""
    return "".join(f"[{key}]" if key.isdigit() else f".{key}" for key in keys)


def flatten(value: Any, path: tuple[Any, ...] = (), access: str = "") -> Iterator[dict[str, Any]]:
    """The parts of an answer: of dicts, tuples, records and lists; else the value itself.

    `access` is how Python reaches the value from the answer: "[0]", ".dw".
    """
    inner = children(value) if len(path) < DEPTH else None
    if inner is None:
        yield part(value, path) | {"access": access}
        return
    for key, step, child in list(inner)[:MAX_PARTS]:
        yield from flatten(child, (*path, key), access + step)


def children(value: Any) -> Any:
    """(key, how Python reaches it, value) of a composed answer; None for one array or number."""
    if hasattr(value, "named_parameters"):
        return [(k, access_of(k.split(".")), v) for k, v in value.named_parameters()]
    if isinstance(value, dict):
        return [(str(k), f"[{k!r}]", v) for k, v in value.items()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(k, f".{k}", v) for k, v in zip(value._fields, value, strict=True)]
    if isinstance(value, types.SimpleNamespace) or (
        dataclasses.is_dataclass(value) and not isinstance(value, type)
    ):
        return [(k, f".{k}", v) for k, v in vars(value).items()]
    if isinstance(value, tuple) or (isinstance(value, list) and not all_numbers(value)):
        return [(k, f"[{k}]", v) for k, v in enumerate(value)]
    return None


def all_numbers(value: list[Any]) -> bool:
    """Whether a list is one array: of numbers, or of lists of them that are equally long."""
    if any(isinstance(v, tuple) or (not isinstance(v, list) and np.ndim(v)) for v in value):
        return False
    try:
        return np.asarray(value, dtype=float).size == np.asarray(value).size
    except (TypeError, ValueError):
        return False


def part(value: Any, path: tuple[Any, ...]) -> dict[str, Any]:
    """Path, dtype, shape and numbers, as the hexadecimal digits of float64; None where these are no
    real ones, or too many."""
    found = {"path": [str(key) for key in path], "kind": type(value).__name__}
    if value is None:
        return found | {"dtype": "NoneType", "shape": [], "values": None}
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        a = np.asarray(value)
        a = a.astype(float) if a.dtype == object else a
    except (TypeError, ValueError):
        return found | {"dtype": type(value).__name__, "shape": [], "values": None}
    real = a.dtype.kind in "fiub" and a.size <= MAX_NUMBERS
    values = a.astype(float).tobytes().hex() if real else None
    return found | {"dtype": name_of(a.dtype), "shape": list(a.shape), "values": values}


@functools.cache
def name_of(dtype: Any) -> str:
    """The name of a dtype, which NumPy puts together anew each time."""
    return str(dtype.name)


def changes(
    before: list[Any], after: list[Any], functions: dict[str, Any], updates: Collection[Any] = ()
) -> dict[str, Any]:
    """The arguments that are no longer what they were, and the `updates` that still are."""
    found: dict[str, Any] = {"after": [], "kept": []}
    for (key, given), (_, now) in zip(before, after, strict=True):
        unchanged = is_unchanged(given, now)
        if unchanged and key not in updates:
            continue
        parts = list(flatten(now))
        if not unchanged and not same(list(flatten(build(given, functions))), parts):
            found["after"].append({"argument": key, "parts": parts})
        elif key in updates:
            found["kept"].append({"argument": key, "parts": parts})
    return found


def is_unchanged(given: Any, now: Any) -> bool:
    """Whether an argument is an array with the bytes that it had, or a number: the usual case."""
    if type(given) is not np.ndarray:
        return now is given
    return type(now) is np.ndarray and (
        (now.dtype, now.shape, now.tobytes()) == (given.dtype, given.shape, given.tobytes())
    )


def same(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> bool:
    """Whether these are the same numbers in the same shapes; NumPy may have been changed."""
    if [p["shape"] for p in a] != [p["shape"] for p in b]:
        return False
    pairs = [(p["values"], q["values"]) for p, q in zip(a, b, strict=True)]
    return all(x == y or (x and y and all(map(alike, numbers(x), numbers(y)))) for x, y in pairs)


def numbers(digits: str) -> list[float]:
    """The numbers of a part."""
    return memoryview(bytes.fromhex(digits)).cast("d").tolist()


def alike(a: float, b: float) -> bool:
    """Whether two numbers are equal, or both NaN."""
    return a == b or (a != a and b != b)


def build(value: Any, functions: dict[str, Any]) -> Any:
    """An argument: a fresh copy of an array, a number, or what the tuple describes."""
    if isinstance(value, np.ndarray):
        return np.array(value, order="K")
    if not isinstance(value, tuple):
        return value
    kind, *rest = value
    return BUILDERS[kind](functions, *rest)


def tensor(functions: Any, a: Any, grad: Any = None) -> Any:
    """A torch tensor; with `.grad` where a gradient is given."""
    import torch

    found = torch.as_tensor(np.array(a))
    if grad is not None:
        found = found.requires_grad_(True)
        found.grad = torch.as_tensor(np.array(grad))
    return found


def frame(functions: Any, a: Any, columns: list[str] | None = None) -> Any:
    """A pandas DataFrame, or a Series of one dimension."""
    import pandas

    if np.ndim(a) == 1:
        return pandas.Series(a, name="price")
    return pandas.DataFrame(a, columns=columns or [f"x{j}" for j in range(np.shape(a)[1])])


BUILDERS = {
    "list": lambda functions, a: np.asarray(a).tolist(),
    "matrix": lambda functions, a: np.matrix(np.array(a)),
    "tensor": tensor,
    "tensor32": lambda functions, a: tensor(functions, a).float(),
    "leaf": lambda functions, a: tensor(functions, a).requires_grad_(True),
    "frame": frame,
    "record": lambda functions, items: types.SimpleNamespace(
        **{k: build(v, functions) for k, v in items.items()}
    ),
    "function": lambda functions, name: functions[name],
    "dict": lambda functions, items: {k: build(v, functions) for k, v in items.items()},
    "tuple": lambda functions, items: tuple(build(v, functions) for v in items),
    "items": lambda functions, items: [build(v, functions) for v in items],
    "index": lambda functions, count: range(count),
    "generator": lambda functions, seed: np.random.default_rng(seed),
}


def seed_everything() -> None:
    """The same random state for each training."""
    unseeded.seed = 0
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  whatever the code under test draws from
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def unseeded(default_rng: Any, seed: Any = None) -> Any:
    """`np.random.default_rng`; in training one without a seed gets the same one each time."""
    return default_rng(unseeded.seed if seed is None else seed)


unseeded.seed = None


def install() -> None:
    """Let generators that nobody seeded be the same in each training."""
    np.random.default_rng = functools.partial(unseeded, np.random.default_rng)
