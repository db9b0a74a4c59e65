"""What is being checked: recognised by its name, bound by the names of its parameters."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from reference.checker.call_plan import CallPlan

KINDS = {  # in the order of the report; compared without case and underscores
    "gradient": "gradient gradients grad computegradient computegradients "
    "calculategradient calculategradients",
    "step": "sgdstep step stepgradient gradientstep update updateparameters updateweights",
    "trainer": "gradientdescent",
    "predict": "predict linreg forward hypothesis",
    "loss": "loss mse computecost cost squaredloss",
}
ROLES = {
    "X": "x features tx xs inputs xtrain xbatch data",
    "y": "y labels label target targets ytrue ytrain ybatch",
    "w": "w weights weight theta wts win currentw wcurrent",
    "b": "b bias intercept bin currentb bcurrent",
    "lr": "lr alpha eta learningrate stepsize",
    "iters": "niters niterations numiters numiterations iterations iters nits epochs nepochs "
    "numepochs maxiter maxiters maxiterations",
    "batch_size": "batchsize",
    "y_hat": "yhat ypred pred preds predictions",
    "grad_w": "gradw dw dldw djdw",
    "grad_b": "gradb db dldb djdb",
}
POSITIONAL = {
    "gradient": ("X y w b", "X y w"),
    "step": ("X y w b lr", "X y w lr"),
    "trainer": ("X y w b lr iters", "X y w lr iters"),
    "predict": ("X w b", "X w"),
    "loss": ("X y w b", "X y w", "y_hat y"),
}
EQUATIONS = {
    "gradient": "∇w L = (1/n) Xᵀ(ŷ − y)",
    "step": "w ← w − η ∇w L",
    "trainer": "w ← w − η ∇w L",
    "predict": "ŷ = Xw + b",
    "loss": "L = (1/n) Σᵢ l⁽ⁱ⁾",
    "sample": "l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²",
}


def bare(name: str) -> str:
    """A name without case and underscores.

    Examples
    --------
    >>> bare("Compute_Gradient") == bare("computeGradient")
    True
    """
    return name.lower().replace("_", "")


def role_of(parameter: str) -> str:
    """What a parameter is by its name, or nothing.

    Examples
    --------
    >>> role_of("learning_rate"), role_of("tx"), role_of("verbose")
    ('lr', 'X', '')
    """
    return next((r for r, names in ROLES.items() if bare(parameter) in names.split()), "")


def plan(found: dict[str, Any], asked_for: bool) -> CallPlan | None:
    """How to call what was found, or None if it is nothing that can be checked.

    Parameters
    ----------
    found : dict
        As `worker.describe` describes it.
    asked_for : bool
        Whether it was named by the user, and so is checked under any name.
    """
    name = found["name"].rpartition(".")[2]
    if found["is_class"]:
        return trainer(found) if found["fit"] is not None else None
    kind = next((k for k, names in KINDS.items() if bare(name) in names.split()), "")
    if not kind and asked_for:
        kind = guess(name.lower(), {role_of(p) for p, *_ in found["parameters"]})
    roles = bind(kind, found["parameters"]) if kind else None
    if roles is None:
        return None
    per_sample = bare(name) == "squaredloss" and "y_hat" in {r for _, r in roles}
    return CallPlan(found["name"], "sample" if per_sample else kind, roles)


def guess(name: str, roles: set[str]) -> str:
    """The kind of a function that was asked for by a name of its own.

    Examples
    --------
    >>> guess("my_gradient", {"X", "y", "w", "b"}), guess("f", {"X", "w", "b"})
    ('gradient', 'predict')
    """
    if "iters" in roles:
        return "trainer"
    if "lr" in roles:
        return "step"
    if "grad" in name:
        return "gradient"
    if any(part in name for part in ("loss", "cost", "mse", "error")):
        return "loss"
    return "predict" if roles in ({"X", "w", "b"}, {"X", "w"}) else "gradient"


def bind(kind: str, parameters: list[Any]) -> tuple[tuple[str, str], ...] | None:
    """(parameter, role) of each parameter by its name; else by position; None if by neither."""
    roles = [(p if by_keyword else "", role_of(p)) for p, _, by_keyword in parameters]
    required = [role for role, (_, needed, _) in zip(roles, parameters, strict=True) if needed]
    known = {role for _, role in roles if role}
    named = tuple(role for role in roles if role[1])
    if all(role for _, role in required) and len(named) == len(known) and complete(kind, known):
        return named
    for order in POSITIONAL[kind]:
        if len(order.split()) == len(required):
            return tuple(("", role) for role in order.split())
    return None


def complete(kind: str, known: set[str]) -> bool:
    """Whether these roles are enough for such a function."""
    if kind == "step" and {"w", "b", "grad_w", "grad_b", "lr"} <= known:
        return True
    return any(
        set(order.split()) <= known and ("b" in known) == ("b" in order.split())
        for order in POSITIONAL[kind]
    )


def trainer(found: dict[str, Any]) -> CallPlan | None:
    """A class with fit and predict, if its learning rate and its iterations can be set."""
    init, fit = (
        tuple((p, role_of(p)) for p, *_ in found[part] if role_of(p) in SETTINGS)
        for part in ("parameters", "fit")
    )
    needed = [
        p for p, required, _ in found["parameters"] if required and role_of(p) not in SETTINGS
    ]
    if needed or not {"lr", "iters"} <= {role for _, role in init + fit}:
        return None
    return CallPlan(found["name"], "trainer", fit, init, is_class=True)


SETTINGS = ("lr", "iters", "batch_size")


def locate(target: str) -> tuple[str, str]:
    """The file or module of a target, and the name in it.

    Raises
    ------
    FileNotFoundError
        If there is none.

    Examples
    --------
    >>> locate("reference.exact:gradient")
    ('reference.exact', 'gradient')
    """
    file, _, name = target.rpartition(":")
    if not file or not name.replace(".", "").isidentifier() or name.endswith(".py"):
        file, name = target, ""
    if file.endswith(".py"):
        if not os.path.isfile(file):
            raise FileNotFoundError(f"there is no file {file}")
        return os.path.abspath(file), name
    package = file.partition(".")[0]
    if not package.isidentifier() or importlib.util.find_spec(package) is None:
        raise FileNotFoundError(
            f"a target is FILE.py, FILE.py:NAME or package.module:NAME, got {target}"
        )
    return file, name
