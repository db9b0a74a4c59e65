"""The functions of the sections in fractions, as `sections.OURS` has them in floats.

Derivatives of one sample are the gradient of a data set of that one sample.
"""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np

from reference import exact


def price(area: Any, age: Any, w_area: Any, w_age: Any, b: Any) -> Fraction:
    return predict_one([area, age], [w_area, w_age], b)


def predict_one(x: Any, w: Any, b: Any) -> Fraction:
    return exact.predict([x], w, b)[0]


def dl_dyhat(y_hat: Any, y: Any) -> Fraction:
    return exact.residual([y_hat], [y])[0]


def dyhat_dw(x: Any, j: int) -> Fraction:
    return exact.rationals(x)[j]


def dyhat_db() -> Fraction:
    return Fraction(1)


def dl_dw(x: Any, y: Any, w: Any, b: Any, j: int) -> Fraction:
    return dL_dw([x], [y], w, b, j)


def dl_db(x: Any, y: Any, w: Any, b: Any) -> Fraction:
    return dL_db([x], [y], w, b)


def dL_dw(X: Any, y: Any, w: Any, b: Any, j: int) -> Fraction:
    return exact.gradient(X, y, w, b)[0][j]


def dL_db(X: Any, y: Any, w: Any, b: Any) -> Fraction:
    return exact.gradient(X, y, w, b)[1]


def sgd_step(w: Any, b: Any, grad_w: Any, grad_b: Any, lr: float) -> tuple[Any, Fraction]:
    w, b, lr = exact.rationals(w), exact.rationals(b), exact.rationals(lr)
    return [w_j - lr * g for w_j, g in zip(w, grad_w, strict=True)], b - lr * grad_b


def fit(
    X: Any, y: Any, *, lr: float, batch_size: int, epochs: int, w: Any, b: Any, rng: int
) -> SimpleNamespace:
    """The points (w, b) of the path; the order of the samples is drawn as `linreg_np.fit` does."""
    points, generator = [(w, b)], np.random.default_rng(rng)
    for _ in range(epochs):
        order = generator.permutation(len(y))
        for batch in np.split(order, range(batch_size, len(y), batch_size)):
            gradient = exact.gradient(X[batch], y[batch], *points[-1])
            points.append(sgd_step(*points[-1], *gradient, lr))
    ws, bs = zip(*points, strict=True)
    return SimpleNamespace(w=ws, b=bs)


EXACT = SimpleNamespace(
    price=price,
    predict_one=predict_one,
    predict=exact.predict,
    squared_loss=exact.squared_loss,
    loss=exact.loss,
    dl_dyhat=dl_dyhat,
    dyhat_dw=dyhat_dw,
    dyhat_db=dyhat_db,
    dl_dw=dl_dw,
    dl_db=dl_db,
    dL_dw=dL_dw,
    dL_db=dL_db,
    gradient=exact.gradient,
    sgd_step=sgd_step,
    fit=fit,
)
