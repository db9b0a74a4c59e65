"""§1.1: the model, for one sample and for all of them.

Source: *Dive into Deep Learning*, eq. 3.1.3 and 3.1.4.
"""

from __future__ import annotations

from linreg_np._utils.types import Array, ArrayLike
from linreg_np._utils.validation import convert_args_to_float


@convert_args_to_float
def predict_one(x: ArrayLike, w: ArrayLike, b: ArrayLike) -> float:
    """ŷ = wᵀx + b   (§1.1a)

    x (d,) is the features of one sample. ValueError if x and w differ in length.

    >>> predict_one([1, 2], [3, 4], 5)
    np.float64(16.0)
    """
    return w.dot(x) + b


@convert_args_to_float
def predict(X: ArrayLike, w: ArrayLike, b: ArrayLike) -> Array:
    """ŷ = Xw + b   (§1.1b)

    Row i is §1.1a for sample i. One feature may be x (n,) with a number w. ValueError if w does not
    have one weight per column of X.

    >>> predict([[1, 2], [3, 4]], [1, 1], 0.5)
    array([3.5, 7.5])
    """
    return X.dot(w) + b
