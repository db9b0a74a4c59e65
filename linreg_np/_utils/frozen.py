"""Immutable objects with named fields."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

import numpy as np

T = TypeVar("T", bound="Frozen")


class Frozen:
    """Base class of immutable objects with named fields: comparable and picklable.

    A subclass annotates its fields, and validates them in its `__init__` before it passes them on.
    (`dataclasses` would do the same, but generates and compiles its code at every import.)
    """

    def __init__(self, **fields: Any) -> None:
        """Set the fields; their arrays become read-only, they are not copied."""
        self.__dict__.update(fields)
        for value in fields.values():
            while isinstance(value, np.ndarray):  # and the array that it is a view of
                value.setflags(write=False)
                value = value.base

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; cannot set {name}")

    def __eq__(self, other: object) -> bool:
        """Equal in every number and dtype; NaN equals NaN, and None only None."""
        if not isinstance(other, Frozen) or type(other) is not type(self):
            return NotImplemented
        return all(map(_equal, self._fields().values(), other._fields().values()))

    __hash__ = None  # type: ignore[assignment]

    def __setstate__(self, fields: dict[str, Any]) -> None:  # from a pickle
        Frozen.__init__(self, **fields)

    def __repr__(self) -> str:
        fields = ", ".join(f"{k}={v!r}" for k, v in self._fields().items())
        return f"{type(self).__name__}({fields})"

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__annotations__}


def unchecked(cls: type[T], **fields: Any) -> T:
    """An object of `cls` from fields that are known to be valid."""
    new = object.__new__(cls)
    Frozen.__init__(new, **fields)
    return new


def _equal(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    return type(a) is type(b) and a == b
