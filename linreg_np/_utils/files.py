"""§2: files that are whole or absent, and the names that they can have."""

from __future__ import annotations

import contextlib
import errno
import os
import reprlib
from collections.abc import Iterator
from typing import IO, Any


def file_name(argument: str, path: Any) -> str:
    """The path as text. A number, which `open` would take for a descriptor, is none.

    Raises
    ------
    TypeError, ValueError
    """
    try:
        name = os.fsencode(path)
    except UnicodeEncodeError:
        name = b"\0"
    except Exception:  # whatever a foreign __fspath__ raises
        raise TypeError(
            f"{argument} must be a path, got {reprlib.repr(path)}; pass the name of a file"
        ) from None
    if b"\0" in name:
        raise ValueError(
            f"{argument} must be a name that a file can have, got {reprlib.repr(path)}; "
            "leave out NUL and what cannot be encoded"
        )
    return os.fsdecode(name)


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of `path` when it is whole, and vanishes otherwise.

    Raises
    ------
    OSError
        If it cannot be written; or if `path` is there and no regular file, such as a device.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        kind = errno.EISDIR if os.path.isdir(path) else errno.EEXIST
        raise OSError(kind, "must be a regular file or a new one, and is neither", os.fspath(path))
    temporary = f"{os.fspath(path)}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
