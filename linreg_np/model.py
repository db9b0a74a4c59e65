"""§1.1: the model, for one sample and for all of them."""

from __future__ import annotations

from typing import Any

from linreg_np._utils.validation import Array, in_floats


@in_floats
def predict_one(x: Any, w: Any, b: Any) -> Any:
    """ŷ = wᵀx + b   (§1.1a)

    Parameters
    ----------
    x : (d,)
        The features of one sample.
    w : (d,)
    b : scalar

    Returns
    -------
    scalar
        The prediction, in the units of y.

    Raises
    ------
    ValueError
        From NumPy, where x and w differ in length.

    Source: *Dive into Deep Learning*, eq. 3.1.3.

    Examples
    --------
    >>> predict_one([1, 2], [3, 4], 5)
    np.float64(16.0)
    """
    return w.dot(x) + b


@in_floats
def predict(X: Any, w: Any, b: Any) -> Array:
    """ŷ = Xw + b   (§1.1b)

    Parameters
    ----------
    X : (n, d)
        Features, one sample a row.
    w : (d,)
    b : scalar

    Returns
    -------
    y_hat : (n,)
        Predictions, in the units of y.

    Raises
    ------
    ValueError
        From NumPy, where w does not have one weight a column of X.

    Source: *Dive into Deep Learning*, eq. 3.1.4.

    Examples
    --------
    >>> predict([[1, 2], [3, 4]], [1, 1], 0.5)
    array([3.5, 7.5])
    """
    y_hat: Array = X.dot(w) + b
    return y_hat
