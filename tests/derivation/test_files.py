"""File names, and files that are written as a whole or not at all."""

import errno
import os

import pytest

from linreg_np._utils.files import atomic_write, file_name


class NoPath:
    """A path whose conversion fails."""

    def __fspath__(self):
        raise RuntimeError

    def __repr__(self):
        return "<no path>"


def test_a_name_is_text(tmp_path):
    """Of a path, text or bytes; also bytes that are no text."""
    for path in (tmp_path, str(tmp_path), os.fsencode(tmp_path)):
        assert file_name("path", path) == str(tmp_path)
    assert file_name("path", b"\xff") == os.fsdecode(b"\xff")


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (3, TypeError, "must be a path, got 3; pass"),  # `open` would take it for a descriptor
        (None, TypeError, "must be a path, got None; pass"),
        (NoPath(), TypeError, "must be a path, got <no path>; pass"),
        ("a\0b", ValueError, "must be a valid file name, got 'a.*; remove"),
        ("\ud800", ValueError, "must be a valid file name, got '.*; remove"),
        (b"\0", ValueError, "must be a valid file name, got b'.*; remove"),
    ],
)
def test_what_is_no_file_name_is_refused(path, error, message):
    """Other objects, numbers too; NUL, and what is no character."""
    with pytest.raises(error, match=f"^file {message}"):
        file_name("file", path)


def test_no_directory_and_no_device_is_replaced(tmp_path):
    """Each with the errno of its kind; neither is harmed, and nothing else is left there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, kind in ((tmp_path, errno.EISDIR), (pipe, errno.EEXIST)):
        with pytest.raises(OSError, match="must be a regular file") as error:
            atomic_write(path).__enter__()
        assert (error.value.errno, error.value.filename) == (kind, str(path))
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
