"""Names for the types of arguments and results."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Array", "ArrayLike", "RealArray", "Seed"]

Array: TypeAlias = NDArray[np.floating]
RealArray: TypeAlias = NDArray[np.floating | np.integer | np.bool]  # validated, not yet converted
Seed: TypeAlias = "np.random.Generator | int | None"  # a str: numpy.random is not imported yet
