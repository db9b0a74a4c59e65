"""An answer read as the contract has it: which number is which, or what is wrong with its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.sandbox.messages import ArrayMessage, RawOutput

FLOAT = np.dtype(float)
NAMES = {
    "gradient": ("grad_w", "grad_b"),
    "step": ("the new w", "the new b"),
    "trainer": ("the weights", "the bias"),
    "predict": ("ŷ",),
    "sample": ("l",),
    "loss": ("the loss",),
}


@dataclass(frozen=True)
class Output:
    """The numbers of one answer, in the order of `Expected`, and their precision.

    Where the form is wrong, `fault` and `message` say how, and `vector` holds what can be read
    salvage, if anything. `refused` is whether another layout of the arguments may suit better.
    """

    vector: Any
    dtype: Any = FLOAT
    fault: str = ""
    message: str = ""
    refused: bool = False


def parse_output(plan: CallPlan, case: Problem, answer: RawOutput) -> Output:
    """What one call answered.

    Examples
    --------
    >>> one = ArrayMessage("float64", (1,), np.array([3.0]))
    >>> two = ArrayMessage("float64", (), np.array([4.0]))
    >>> case = Problem(np.ones((2, 1)), np.ones(2), np.ones(1), 0.0)
    >>> plan = CallPlan("gradient", "gradient", (("X", "X"), ("w", "w"), ("b", "b")))
    >>> parse_output(plan, case, RawOutput((two, one))).vector
    array([3., 4.])
    >>> parse_output(plan, case, RawOutput((one, one))).message
    'grad_w must have shape (1,), grad_b shape (); got (1,) and (1,).'
    """
    if answer.raised:
        return Output(None, fault="raised", message=traced(answer.raised), refused=True)
    parts = [p for p in answer.parts if p.dtype != "NoneType"]
    if not parts:
        return Output(None, fault="no-return", message="It returned None.")
    if plan.is_class:
        return parse_model(case, answer.parts)
    allowed = shapes(plan, case)
    chosen = choose(parts, allowed, loosely=plan.kind == "trainer")
    dtype = precision(parts)
    if chosen:
        vector = np.concatenate([p.values for p in chosen])
        return Output(np.roll(vector, -1) if one_vector(plan) else vector, dtype)
    blown_up = any(np.prod(p.shape) > max(len(a) for a in (case.y, case.w)) + 1 for p in parts)
    message = form(plan, allowed, answer.parts)
    return Output(salvage(plan, case, parts), dtype, "wrong-shape", message, blown_up)


def traced(raised: dict[str, Any]) -> str:
    """An exception and the subject's own line, in one sentence."""
    message = f"{raised['type']}: {raised['message']}".rstrip(": ")
    return f"{message}   (line {raised['lineno']}: {raised['line']})" if raised["line"] else message


def one_vector(plan: CallPlan) -> bool:
    """Whether w and b come back as one vector (b, w)."""
    return plan.theta and plan.kind in ("gradient", "step", "trainer")


def shapes(plan: CallPlan, case: Problem) -> list[list[tuple[int, ...]]]:
    """The shapes that each part of the answer may have, the one to be named first."""
    n, d = case.X.shape
    one: list[tuple[int, ...]] = [(), (1,), (1, 1)] if plan.column else [()]
    lengths = {"predict": n, "sample": n}
    many = lengths.get(plan.kind, d + one_vector(plan))
    first = [(many, 1), (many,)] if plan.column else [(many,)]
    if plan.kind == "loss":
        return [one]
    return [first, one] if len(NAMES[plan.kind]) == 2 and not one_vector(plan) else [first]


def choose(parts: list[ArrayMessage], allowed: Any, loosely: bool) -> list[ArrayMessage] | None:
    """The parts in their order, in whichever order they came; loosely: the first that fit."""
    if len(parts) < len(allowed) or (len(parts) > len(allowed) and not loosely):
        return None
    for order in (1, -1):
        chosen = parts[: len(allowed)][::order]
        fit = zip(chosen, allowed, strict=True)
        if all(p.values is not None and p.shape in shapes for p, shapes in fit):
            return chosen
    return None


def precision(parts: list[ArrayMessage]) -> Any:
    """The coarsest precision among the parts; whole numbers have that of float64."""
    floats = [np.dtype(p.dtype) for p in parts if p.dtype in ("float16", "float32")]
    return max(floats, key=lambda t: np.finfo(t).eps, default=FLOAT)


def form(plan: CallPlan, allowed: Any, parts: Any) -> str:
    """The rule of the shapes, and what came."""
    rules = [f"{name} shape {a[0]}" for name, a in zip(NAMES[plan.kind], allowed, strict=False)]
    rules[0] = rules[0].replace(" shape", " must have shape")
    came = [str(p.shape) if p.values is not None else p.dtype for p in parts]
    return f"{', '.join(rules)}; got {' and '.join(came)}."


def salvage(plan: CallPlan, case: Problem, parts: list[ArrayMessage]) -> Any:
    """The numbers of a wrongly formed gradient, one for all where one was given."""
    d = len(case.w)
    if (
        plan.kind not in ("gradient", "step")
        or one_vector(plan)
        or any(p.values is None for p in parts)
    ):
        return None
    sizes = [p.values.size for p in parts]
    if sizes == [1]:
        return np.full(d + 1, parts[0].values[0])
    if len(parts) != 2 or not {1, d} >= set(sizes):
        return None
    w, b = (parts[1], parts[0]) if sizes == [1, d] and d > 1 else parts
    return np.append(np.broadcast_to(w.values, d), b.values[0]) if b.values.size == 1 else None


def parse_model(case: Problem, parts: tuple[ArrayMessage, ...]) -> Output:
    """w and b of a fitted model, b perhaps among the weights; ŷ behind them."""
    weights, bias, y_hat = parts
    n, d = case.X.shape
    if weights.values is None or weights.values.size - d != (bias.values is None):
        message = (
            f"After fit the weights must be {d} numbers in an attribute like `weights`, and the "
            f"bias one in `bias`; got {weights.shape} and {bias.shape}."
        )
        return Output(None, fault="wrong-shape", message=message, refused=True)
    if y_hat.values is None or y_hat.values.size != n:
        message = f"predict must give shape ({n},), got {y_hat.shape}."
        return Output(None, fault="wrong-shape", message=message, refused=True)
    w = weights.values
    if bias.values is None:
        first = w[0] + case.X @ w[1:], w[-1] + case.X @ w[:-1]
        errors = [np.abs(f - y_hat.values).sum() for f in first]
        w, b = (w[1:], w[:1]) if errors[0] <= errors[1] else (w[:-1], w[-1:])
    else:
        b = bias.values[:1]
    dtype = precision([p for p in parts[:2] if p.values is not None])
    return Output(np.concatenate([w, b]), dtype)
