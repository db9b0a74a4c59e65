"""File names, and files that are written as a whole or not at all."""

import os

import pytest

from linreg_np._utils.files import atomic_write, file_name


def test_a_name_is_text(tmp_path):
    """Of a path, text or bytes; also bytes that are no text."""
    for path in (tmp_path, str(tmp_path), os.fsencode(tmp_path)):
        assert file_name("path", path) == str(tmp_path)
    assert file_name("path", b"\xff") == os.fsdecode(b"\xff")


@pytest.mark.parametrize("path", [3, None, ["a"]])
def test_what_is_no_file_name_is_refused(path):
    """Numbers above all, which `open` would take for a descriptor."""
    with pytest.raises(TypeError, match=r"^file must be a path, got .*; pass the name of a file"):
        file_name("file", path)


def test_no_directory_and_no_device_is_replaced(tmp_path):
    """Neither is harmed, and nothing else is left there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(FileExistsError, match="must be a regular file") as error:
            atomic_write(path).__enter__()
        assert error.value.filename == path
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
