"""A call as a person writes it for `--call`: which parameter of the author is what.

f(features: X, target: y, params: w, lam=0.0) -> grad_b, grad_w
Model(rate: lr, rounds: iters).fit(X: X, t: y) -> coef: w, offset: b
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reference.checker.definition import Definition
from reference.checker.signature import ROLE_WORDS, kinds_of, roles_of

ANSWERS = ("grad_w", "grad_b", "grad", "w", "b", "theta", "y_hat", "loss", "losses", "_")
ROLES = tuple(ROLE_WORDS)
EXAMPLE = "f(features: X, target: y, params: w, lam=0.0) -> grad_b, grad_w"
CALL = re.compile(r"\s*([\w.]+)\s*\((.*?)\)\s*(?:\.\s*(\w+)\s*\((.*)\)\s*)?(?:->(.*))?", re.DOTALL)
KINDS = {  # the answers → what the function may be
    "gradient": ({"grad"}, {"grad_w", "grad_b"}),
    "gradient_w": ({"grad_w"},),
    "gradient_b": ({"grad_b"},),
    "loss": ({"loss"},),
    "sample": ({"losses"},),
    "predict": ({"y_hat"},),
    "step": ({"theta"}, {"w", "b"}),
    "trainer": ({"theta"}, {"w", "b"}),
}


class CallError(ValueError):
    """A text is no call; the message says what is wrong in it, and shows one that is right."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; a call is written {EXAMPLE}")


@dataclass(frozen=True)
class ToldCall:
    """What a person said of a call. A role that begins with = is a constant."""

    name: str
    roles: tuple[tuple[str, str], ...]
    method: str = ""
    init: tuple[tuple[str, str], ...] = ()
    answers: tuple[tuple[str, str], ...] = ()  # (key or attribute or "", role)

    @property
    def kinds(self) -> list[str]:
        """What it may be by its answers; all kinds, if these were not said."""
        roles = {role for _, role in self.answers if role != "_"}
        found = [kind for kind, sets in KINDS.items() if roles in sets]
        if "iters" in dict(self.roles + self.init).values() and "trainer" in found:
            return ["trainer"]
        return found if roles else list(KINDS)


def parse_call(text: str) -> ToldCall:
    """The call in a text.

    Raises
    ------
    CallError
        If it is none.

    Examples
    --------
    >>> told = parse_call("f(features: X, t: y, lam=0.5) -> grad_b, grad_w")
    >>> told.roles, told.answers
    ((('features', 'X'), ('t', 'y'), ('lam', '=0.5')), (('', 'grad_b'), ('', 'grad_w')))
    """
    match = CALL.fullmatch(text)
    if match is None:
        raise CallError(f"{text!r} is no call")
    name, first, method, second, answers = match.groups()
    given = tuple(parse_argument(a) for a in split(first))
    told = ToldCall(name, given, answers=tuple(parse_answer(a) for a in split(answers or "")))
    if method:
        own = tuple(parse_argument(a) for a in split(second))
        told = ToldCall(name, own, method, given, told.answers)
    refuse_repeated([r for r in told.roles + told.init if not r[1].startswith("=")])
    if not told.kinds:
        raise CallError(f"answers are {', '.join(ANSWERS)}, and w with b, got {answers.strip()}")
    return told


def split(text: str) -> Iterator[str]:
    """The parts of a text between commas that are in no bracket and no string."""
    depth, quote, part = 0, "", ""
    for character in text:
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        depth += 0 if quote else (character in "([{") - (character in ")]}")
        if character == "," and not depth and not quote:
            yield part.strip()
            part = ""
        else:
            part += character
    if part.strip():
        yield part.strip()


def parse_argument(text: str) -> tuple[str, str]:
    """(parameter, role) of `features: X`, and (parameter, "=0.5") of `lam=0.5`."""
    name, mark, value = text.partition(":") if is_role(text) else text.partition("=")
    name, value = name.strip(), value.strip()
    if not name.isidentifier() or not value:
        raise CallError(f"{text!r} is neither `parameter: role` nor `parameter=value`")
    if mark == ":":
        if value not in ROLES and not re.fullmatch(r"w\[\d\]", value):
            raise CallError(f"{name} must be one of {', '.join(ROLES)}, got {value}")
        return name, value
    try:
        ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise CallError(f"{name} must be a number or another Python literal, got {value}") from None
    return name, f"={value}"


def is_role(text: str) -> bool:
    """Whether the first mark in an argument is a colon."""
    return ":" in text.partition("=")[0]


def parse_answer(text: str) -> tuple[str, str]:
    """("", role), or (key, role) of `dw: grad_w`."""
    name, _, role = text.rpartition(":")
    if role.strip() not in ANSWERS:
        raise CallError(f"an answer must be one of {', '.join(ANSWERS)}, got {role.strip()}")
    return name.strip(), role.strip()


def refuse_repeated(pairs: list[tuple[str, str]]) -> None:
    """Each parameter and each role stands once."""
    for i in (0, 1):
        values = [pair[i] for pair in pairs]
        twice = next((v for v in values if values.count(v) > 1), None)
        if twice is not None:
            raise CallError(f"{twice} stands there twice")


def constant(role: str) -> Any:
    """The value of a role like "=0.5", as the process of the code under test is sent it."""
    value = ast.literal_eval(role[1:])
    return ("tuple", list(value)) if isinstance(value, tuple) else value


def suggest(definition: Definition) -> str:
    """A call ready to edit: the roles that names speak for, ? for the others."""
    methods = {m: len(p) for m, p in definition.methods.items() if not m.startswith("_")}
    method = next((m for m in ("fit", "train") if m in methods), "")
    method = method or max(methods, key=lambda m: methods[m], default="")
    kind = next((k for k in kinds_of(definition.short_name) if k != "other"), "gradient")
    steps = definition.is_class or kind in ("step", "trainer")
    taken: list[str] = []
    text = f"{definition.name}({suggested(definition.parameters, taken, steps)})"
    if definition.is_class:
        parameters = definition.methods[method] if method else ()
        return f"{text}.{method or 'fit'}({suggested(parameters, taken, steps)}) -> w: w, b: b"
    answer = {"gradient": "grad_w, grad_b", "loss": "loss", "predict": "y_hat"}.get(kind, "w, b")
    joint = "theta" in taken and kind in ("gradient", "step", "trainer")
    return f"{text} -> {('grad' if kind == 'gradient' else 'theta') if joint else answer}"


def suggested(parameters: Any, taken: list[str], steps: bool) -> str:
    """The arguments of a suggestion; alpha is a learning rate where steps are taken."""
    found = []
    for p in parameters:
        roles = [r for r in roles_of(p["name"]) if r not in taken]
        role = "lr" if steps and "lr" in roles else next(iter(roles), "?")
        if role in ("?", "lam") and not p["required"]:
            found.append(f"{p['name']}={p['default']}")
        else:
            found.append(f"{p['name']}: {role}")
            taken.append(role)
    return ", ".join(found)
