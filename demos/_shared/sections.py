"""The sections of the derivation: number, equation, functions, and how to evaluate them.

`section.values(f, X, y, w, b)` gives the same named numbers for f = `OURS`, which is linreg_np, and
for f = `reference.autograd`, which is torch.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from linreg_np import fit, gradient, load_houses, loss, predict, sgd_step, squared_loss
from linreg_np.chain_rule import dL_db, dl_db, dL_dw, dl_dw, dl_dyhat, dyhat_db, dyhat_dw
from linreg_np.data import price
from linreg_np.model import predict_one

W, B = np.array([2.0, -0.1]), 30.0  # 1000 $ per 100 square feet, 1000 $ per year, 1000 $
LR = 1e-5  # η of §1.3g to §2, for houses that are not standardised


def three_houses(seed: int) -> tuple[Any, Any]:
    X, y = load_houses()
    some = np.random.default_rng(seed).choice(len(y), 3, replace=False)
    return X[some], y[some]


class Section(NamedTuple):
    """One § of the derivation: its number, equation and functions, and how to evaluate it.

    `values(f, X, y, w, b)` is a dict of named numbers, computed by the functions that `f` has:
    `OURS`, or `reference.autograd`, whose names are the same.
    """

    number: str
    equation: str
    functions: tuple[Callable[..., Any], ...]
    values: Callable[[Any, Any, Any, Any, Any], dict[str, Any]]


def _houses(name: str, numbers: Any) -> dict[str, Any]:
    """One number per house, each with its name."""
    return {f"{name}, house {i}": v for i, v in enumerate(numbers, 1)}


def _weights(name: str, numbers: Any) -> dict[str, Any]:
    """One number per weight, each with its name."""
    return {f"{name}_{j}": v for j, v in zip(("area", "age"), numbers, strict=True)}


def _dl_dw(f: Any, X: Any, y: Any, w: Any, b: Any) -> dict[str, Any]:
    """∂l/∂w_j of each house and each weight."""
    by_house = [[f.dl_dw(x, y_i, w, b, j) for j in (0, 1)] for x, y_i in zip(X, y, strict=True)]
    of_area, of_age = zip(*by_house, strict=True)
    return _houses("∂l/∂w_area", of_area) | _houses("∂l/∂w_age", of_age)


def _step(f: Any, X: Any, y: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """w and b after a step on the minibatch of houses 1 and 2."""
    return f.sgd_step(w, b, *f.gradient(X[:2], y[:2], w, b), LR)


def _fit(f: Any, X: Any, y: Any, w: Any, b: Any) -> dict[str, Any]:
    path = f.fit(X, y, lr=LR, batch_size=2, epochs=3, w=w, b=b, rng=0)
    return _weights("w", path.w[-1]) | {"b": path.b[-1]}


SECTIONS = [
    Section(
        "0",
        "price = w_area · area + w_age · age + b",
        (price,),
        lambda f, X, y, w, b: _houses("price", [f.price(*x, *w, b) for x in X]),
    ),
    Section(
        "1.1a",
        "ŷ = wᵀx + b",
        (predict_one,),
        lambda f, X, y, w, b: _houses("ŷ", [f.predict_one(x, w, b) for x in X]),
    ),
    Section(
        "1.1b",
        "ŷ = Xw + b",
        (predict,),
        lambda f, X, y, w, b: _houses("ŷ", f.predict(X, w, b)),
    ),
    Section(
        "1.2a",
        "l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²",
        (squared_loss,),
        lambda f, X, y, w, b: _houses("l", f.squared_loss(f.predict(X, w, b), y)),
    ),
    Section(
        "1.2b",
        "L = (1/n) Σᵢ l⁽ⁱ⁾",
        (loss,),
        lambda f, X, y, w, b: {"L": f.loss(X, y, w, b)},
    ),
    Section("1.3a", "∂l/∂w_j = ∂l/∂ŷ · ∂ŷ/∂w_j", (dl_dw,), _dl_dw),
    Section(
        "1.3b",
        "∂l/∂ŷ = ŷ − y",
        (dl_dyhat,),
        lambda f, X, y, w, b: _houses(
            "∂l/∂ŷ", [f.dl_dyhat(f.predict_one(x, w, b), y_i) for x, y_i in zip(X, y, strict=True)]
        ),
    ),
    Section(
        "1.3c",
        "∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1",
        (dyhat_dw, dyhat_db),
        lambda f, X, y, w, b: (
            _houses("∂ŷ/∂w_area", [f.dyhat_dw(x, 0) for x in X])
            | _houses("∂ŷ/∂w_age", [f.dyhat_dw(x, 1) for x in X])
            | {"∂ŷ/∂b": f.dyhat_db()}
        ),
    ),
    Section(
        "1.3d",
        "∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y",
        (dl_dw, dl_db),
        lambda f, X, y, w, b: (
            _dl_dw(f, X, y, w, b)
            | _houses("∂l/∂b", [f.dl_db(x, y_i, w, b) for x, y_i in zip(X, y, strict=True)])
        ),
    ),
    Section(
        "1.3e",
        "∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾",
        (dL_dw, dL_db),
        lambda f, X, y, w, b: (
            _weights("∂L/∂w", [f.dL_dw(X, y, w, b, j) for j in (0, 1)])
            | {"∂L/∂b": f.dL_db(X, y, w, b)}
        ),
    ),
    Section(
        "1.3f",
        "∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        (gradient,),
        lambda f, X, y, w, b: (
            _weights("∇w L", f.gradient(X, y, w, b)[0]) | {"∂L/∂b": f.gradient(X, y, w, b)[1]}
        ),
    ),
    Section(
        "1.3g",
        "w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)",
        (sgd_step,),
        lambda f, X, y, w, b: _weights("w", _step(f, X, y, w, b)[0]),
    ),
    Section(
        "1.3h",
        "b ← b − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)",
        (sgd_step,),
        lambda f, X, y, w, b: {"b": _step(f, X, y, w, b)[1]},
    ),
    Section(
        "2",
        "the path of w on the surface L(w₁, w₂) at a fixed b",
        (fit,),
        _fit,
    ),
]
OURS = SimpleNamespace(**{g.__name__: g for section in SECTIONS for g in section.functions})
