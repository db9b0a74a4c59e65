"""Sentences in the names that a program has for the two parts of a gradient or a point."""

from __future__ import annotations

import ast
import re

from reference.checker.call_plan import CallPlan
from reference.checker.definition import Definition, is_stored
from reference.checker.output import Reading, key_name
from reference.checker.signature import roles_of

PARTS = ("grad_w", "grad_b", "new w", "new b")


def in_own_names(
    text: str, plan: CallPlan, reading: Reading | None, definition: Definition | None
) -> str:
    """The text, with the program's names in place of grad_w and grad_b, new w and new b."""
    if definition is None or not any(part in text for part in PARTS):
        return text
    for part in PARTS:
        name = name_of_part(part, plan, reading, definition)
        if plan.layout.w == "number" and plan.layout.d == 1:
            text = text.replace(f"{part}[0]", name)
        text = re.sub(rf"\b{part}\b", lambda match, name=name: name, text)  # type: ignore[misc]
    return text


def name_of_part(part: str, plan: CallPlan, reading: Reading | None, definition: Definition) -> str:
    """What is returned, the variable that holds it, or what it is the derivative for."""
    returned = returned_name(part, plan, reading, definition)
    if part.startswith("new"):
        return f"new {returned or parameter(part, plan)}"
    if returned and plan.kind not in ("step", "trainer"):  # which return no gradient
        return returned
    stored = [n.id for n in definition.nodes if isinstance(n, ast.Name) and is_stored(n)]
    held = next((n for n in stored if part in roles_of(n)[:1]), "")
    return held or f"∂L/∂{parameter(part, plan)}"


def returned_name(
    part: str, plan: CallPlan, reading: Reading | None, definition: Definition
) -> str:
    """What the program calls the part that it returns, or "" where it is not a part of its own."""
    if reading is None:
        return ""
    key = reading.b if part[-1] == "b" and plan.kind != "gradient_b" else reading.w
    return key_name(key, plan, definition) if key is not None else ""


def parameter(part: str, plan: CallPlan) -> str:
    """The parameter that a part is the derivative for; of θ, where it is in it."""
    names = {role: p for p, role in plan.roles}
    if "theta" in names and not plan.layout.packed:
        first = "0" if part.endswith("b") else "1:"
        last = "-1" if part.endswith("b") else ":-1"
        return f"{names['theta']}[{last if plan.layout.ones.endswith('last') else first}]"
    role = part[-1]
    return names.get(role, names.get(f"{role}[0]", role))
