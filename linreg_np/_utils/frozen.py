"""Named values that stay as they are."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy import ndarray


class Record:
    """Named values that stay as they are: frozen, comparable and picklable.

    A subclass annotates the names in the order of the arguments of its `__init__`, which checks
    them and calls `_hold`. (`dataclasses` does this too, by code that it writes and compiles anew
    at every start.)
    """

    def _hold(self, **values: Any) -> None:
        """These values; their arrays are made read-only, not copied."""
        self.__dict__.update(values)
        for value in values.values():
            while isinstance(value, ndarray):  # and what it is a view of
                value.setflags(False)  # type: ignore[call-arg]  # write=False, said quicker
                value = value.base

    @classmethod
    def _of(cls, **values: Any) -> Any:
        """Of values that need no check."""
        record = object.__new__(cls)
        record._hold(**values)
        return record

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(
            f"{type(self).__name__} must stay as it is, got a new {name}; make another one"
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"{type(self).__name__} must stay whole, got del of {name}; make another one"
        )

    def __eq__(self, other: object) -> bool:
        """Equal in every number and dtype; NaN equals NaN, and None only None."""
        if type(other) is not type(self):
            return NotImplemented
        return all(map(_same, self._parts().values(), other._parts().values()))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self._parts().values())

    def __repr__(self) -> str:
        parts = ", ".join(f"{k}={v!r}" for k, v in self._parts().items())
        return f"{type(self).__name__}({parts})"

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__annotations__}


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, ndarray) and isinstance(b, ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    return type(a) is type(b) and a == b
