"""Names that a file can have, and files that are whole or absent."""

import errno
import os
import re

import pytest

from linreg_np._utils.files import file_name, replacing


class Nowhere:
    """A path that has none."""

    def __fspath__(self):
        raise RuntimeError

    def __repr__(self):
        return "<nowhere>"


def test_a_name_is_text(tmp_path):
    """Of a path, text or bytes; also with what no encoding has."""
    for path in (tmp_path, str(tmp_path), os.fsencode(tmp_path)):
        assert file_name("path", path) == str(tmp_path)
    assert file_name("path", b"\xff") == os.fsdecode(b"\xff")


@pytest.mark.parametrize(("path", "got"), [(3, "3"), (None, "None"), (Nowhere(), "<nowhere>")])
def test_what_is_no_path_is_refused(path, got):
    """Numbers too, which `open` takes for descriptors."""
    message = f"path must be a path, got {got}; pass the name of a file"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        file_name("path", path)


@pytest.mark.parametrize("path", ["a\0b", "\ud800", b"\0"])
def test_a_name_that_no_file_can_have_is_refused(path):
    """With NUL in it, or what is no character."""
    message = (
        f"file must be a name that a file can have, got {path!r}; leave out NUL and what cannot be "
        "encoded"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        file_name("file", path)


def test_no_directory_and_no_device_is_replaced(tmp_path):
    """Each with the errno of its kind; neither is harmed, and nothing is left beside it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, kind in ((tmp_path, errno.EISDIR), (pipe, errno.EEXIST)):
        with pytest.raises(OSError, match="must be a regular file") as error:
            replacing(path).__enter__()
        said = error.value.errno, error.value.strerror, error.value.filename
        assert said == (kind, "must be a regular file or a new one, and is neither", str(path))
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
