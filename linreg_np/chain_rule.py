"""§1.3a to §1.3e: the gradient as one derives it on paper.

One sample and one weight at a time, in plain loops. Read it beside `gradient.py`, which says the
same thing in two lines. x is one row of X, y one label, j the number of a weight.
"""

from __future__ import annotations

from typing import Any

from linreg_np._utils.validation import as_float
from linreg_np.loss import residual
from linreg_np.model import predict_one


def dl_dyhat(y_hat: Any, y: Any) -> Any:
    """∂l/∂ŷ = ŷ − y   (§1.3b)

    The first factor: the 2 of the square cancels the ½ of §1.2a.

    Parameters
    ----------
    y_hat, y : scalar
        Prediction and label of one sample.

    Returns
    -------
    scalar
        In the units of y.

    Raises
    ------
    ValueError
        If y_hat and y differ in shape.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dl_dyhat(3.5, 4.0)
    -0.5
    """
    return residual(y_hat, y)


def dyhat_dw(x: Any, j: int) -> Any:
    """∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1   (§1.3c, the part for w_j)

    Parameters
    ----------
    x : (d,)
        The features of one sample.
    j : int
        Which weight.

    Returns
    -------
    scalar
        In the units of feature j.

    Raises
    ------
    IndexError
        If there is no feature j.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dyhat_dw([1.0, 2.0], 1)
    2.0
    """
    return as_float(x[j])


def dyhat_db() -> float:
    """∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1   (§1.3c, the part for b)

    Returns
    -------
    scalar
        Without a unit, and the same for every sample.

    Raises
    ------
    Nothing.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dyhat_db()
    1.0
    """
    return 1.0


def dl_dw(x: Any, y: Any, w: Any, b: Any, j: int) -> Any:
    """∂l/∂w_j = ∂l/∂ŷ · ∂ŷ/∂w_j   (§1.3a)
    ∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y   (§1.3d, the part for w_j)

    The chain rule: how l changes with ŷ, times how ŷ changes with w_j.

    Parameters
    ----------
    x : (d,)
        The features of one sample.
    y : scalar
        Its label.
    w : (d,)
    b : scalar
    j : int
        Which weight.

    Returns
    -------
    scalar
        In the units of y squared per unit of w_j.

    Raises
    ------
    ValueError, IndexError
        If the shapes do not fit or there is no weight j.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dl_dw([1, 2], 4, [1, 1], 0.5, j=1)  # (3.5 − 4) · 2
    np.float64(-1.0)
    """
    y_hat = predict_one(x, w, b)
    return dl_dyhat(y_hat, y) * dyhat_dw(x, j)


def dl_db(x: Any, y: Any, w: Any, b: Any) -> Any:
    """∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y   (§1.3d, the part for b)

    Parameters
    ----------
    x : (d,)
        The features of one sample.
    y : scalar
        Its label.
    w : (d,)
    b : scalar

    Returns
    -------
    scalar
        In the units of y.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dl_db([1, 2], 4, [1, 1], 0.5)
    np.float64(-0.5)
    """
    y_hat = predict_one(x, w, b)
    return dl_dyhat(y_hat, y) * dyhat_db()


def dL_dw(X: Any, y: Any, w: Any, b: Any, j: int) -> Any:
    """∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾   (§1.3e)

    All samples, one weight: the mean of `dl_dw`.

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    w : (d,)
    b : scalar
    j : int
        Which weight.

    Returns
    -------
    scalar
        In the units of y squared per unit of w_j.

    Raises
    ------
    ValueError, IndexError
        If the shapes do not fit or there is no weight j.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dL_dw([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5, j=1)  # (−0.5 · 2 + 0.5 · 4) / 2
    np.float64(0.5)
    """
    total = 0.0
    for x_i, y_i in zip(X, y, strict=True):
        total += dl_dw(x_i, y_i, w, b, j)
    return total / len(y)


def dL_db(X: Any, y: Any, w: Any, b: Any) -> Any:
    """∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)   (for §1.3e, with b in the place of w_j)

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    w : (d,)
    b : scalar

    Returns
    -------
    scalar
        In the units of y.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> dL_db([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5)
    np.float64(0.0)
    """
    total = 0.0
    for x_i, y_i in zip(X, y, strict=True):
        total += dl_db(x_i, y_i, w, b)
    return total / len(y)
