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
    TypeError
    """
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(
            f"{argument} must be a path, got {reprlib.repr(path)}; pass the name of a file"
        )
    return os.fsdecode(path)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` once it is complete, and is deleted otherwise.

    Raises
    ------
    OSError
        If it cannot be written, or if `path` exists and is no regular file, such as a device.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileExistsError(errno.EEXIST, "must be a regular file or not exist yet", path)
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
