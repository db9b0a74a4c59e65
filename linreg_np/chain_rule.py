"""§1.3a to §1.3e: the gradient as one derives it on paper.

One sample and one weight at a time, in plain loops. Read it next to `gradient.py`, which says the
same in two lines. Here x (d,) is the features of one sample, y its label, and j the number of a
weight, counted from 0; from `dL_dw` on, X and y are all samples again.

Each function raises ValueError if shapes do not match, IndexError if there is no weight j.

Source: *Dive into Deep Learning*, ch. 3.1.1, which states the result (eq. 3.1.10) only.
"""

from __future__ import annotations

from linreg_np._utils.types import ArrayLike
from linreg_np._utils.validation import as_float, check_weight_number
from linreg_np.loss import residual
from linreg_np.model import predict_one


def dl_dyhat(y_hat: float, y: float) -> float:
    """∂l/∂ŷ = ŷ − y   (§1.3b)

    The first factor: the 2 of the square cancels the ½ of §1.2a.

    >>> dl_dyhat(3.5, 4.0)
    -0.5
    """
    return residual(y_hat, y)


def dyhat_dw(x: ArrayLike, j: int) -> float:
    """∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1   (§1.3c, the part for w_j)

    The second factor, in the units of feature j.

    >>> dyhat_dw([1.0, 2.0], 1)
    2.0
    """
    return as_float("x", x[check_weight_number(j, x)])


def dyhat_db() -> float:
    """∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1   (§1.3c, the part for b)

    >>> dyhat_db()
    1.0
    """
    return 1.0


def dl_dw(x: ArrayLike, y: float, w: ArrayLike, b: float, j: int) -> float:
    """∂l/∂w_j = ∂l/∂ŷ · ∂ŷ/∂w_j   (§1.3a)
    ∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y   (§1.3d, the part for w_j)

    The chain rule: how l changes with ŷ, times how ŷ changes with w_j.

    >>> dl_dw([1, 2], 4, [1, 1], 0.5, j=1)  # (3.5 − 4) · 2
    np.float64(-1.0)
    """
    y_hat = predict_one(x, w, b)
    return dl_dyhat(y_hat, y) * dyhat_dw(x, j)


def dl_db(x: ArrayLike, y: float, w: ArrayLike, b: float) -> float:
    """∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y   (§1.3d, the part for b)

    >>> dl_db([1, 2], 4, [1, 1], 0.5)
    np.float64(-0.5)
    """
    y_hat = predict_one(x, w, b)
    return dl_dyhat(y_hat, y) * dyhat_db()


def dL_dw(X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float, j: int) -> float:
    """∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾   (§1.3e)

    All samples, one weight: the mean of `dl_dw`.

    >>> dL_dw([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5, j=1)  # (−0.5 · 2 + 0.5 · 4) / 2
    np.float64(0.5)
    """
    total = 0.0
    for x_i, y_i in zip(X, y, strict=True):
        total += dl_dw(x_i, y_i, w, b, j)
    return total / len(y)


def dL_db(X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float) -> float:
    """∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)   (for §1.3e, with b in the place of w_j)

    >>> dL_db([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5)
    np.float64(0.0)
    """
    total = 0.0
    for x_i, y_i in zip(X, y, strict=True):
        total += dl_db(x_i, y_i, w, b)
    return total / len(y)
