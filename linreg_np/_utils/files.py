"""Names of files, and files that are written as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import reprlib
from collections.abc import Iterator
from typing import IO


def file_name(argument: str, path: object) -> str:
    """The path as text. An int, which `open` would take for a file descriptor, is a TypeError.

    Raises
    ------
    TypeError, ValueError
    """
    try:
        name = os.fsencode(path)  # type: ignore[arg-type]  # a wrong type is refused below
    except UnicodeEncodeError:
        name = b"\0"
    except Exception:  # an object's own __fspath__ may raise anything
        raise TypeError(
            f"{argument} must be a path, got {reprlib.repr(path)}; pass the name of a file"
        ) from None
    if b"\0" in name:
        raise ValueError(
            f"{argument} must be a valid file name, got {reprlib.repr(path)}; "
            "remove NUL and characters that cannot be encoded"
        )
    return os.fsdecode(name)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` once it is complete, and is deleted otherwise.

    Raises
    ------
    OSError
        If it cannot be written, or if `path` exists and is no regular file, such as a device.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        kind = errno.EISDIR if os.path.isdir(path) else errno.EEXIST
        raise OSError(kind, "must be a regular file or not exist yet", os.fspath(path))
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
