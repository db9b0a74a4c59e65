"""Programs as text: files, notebooks, archives and folders, and what of them cannot be read."""

import contextlib
import io
import json
import os
import re
import sys
import types
import zipfile

import pytest

from reference.checker import loading, targets
from reference.checker.check import check
from reference.checker.loading import NotLoaded, names_defined, read_program, why_not_python
from reference.checker.report import is_unusual
from reference.checker.signature import kinds_of
from reference.checker.targets import expand


def notebook(*cells, **metadata):
    """The bytes of a notebook with these code cells."""
    found = [{"cell_type": "markdown", "source": "# title"}]
    found += [{"cell_type": "code", "source": c} for c in cells]
    return json.dumps({"cells": found, "metadata": metadata}).encode()


@pytest.fixture
def read(tmp_path):
    """The program in a file with these bytes."""

    def read(data, name="mine.py"):
        file = tmp_path / name
        file.write_bytes(data)
        return read_program(str(file))

    return read


@pytest.mark.parametrize(
    "data",
    [
        "ŷ = 'é'\nz = 1\n".encode(),
        b"\xef\xbb\xbf" + "ŷ = 'é'\nz = 1\n".encode(),
        "ŷ = 'é'\r\nz = 1\r\n".encode(),
        "ŷ = 'é'\rz = 1\r".encode(),
        "ŷ = 'é'\nz = 1\n".encode("utf-16"),
    ],
)
def test_a_file_is_read_whatever_its_encoding_and_line_ends(read, data):
    """By its byte order mark, or as UTF-8."""
    assert read(data).source == "ŷ = 'é'\nz = 1\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"# -*- coding: latin-1 -*-\ns = '\xe9'", "é"),
        (b"# coding: cp1251\ns = '\xe9'", "й"),
        (b"# coding: no-such\ns = '\xe9'", "é"),
        (b"s = '\xe9'", "é"),
    ],
)
def test_the_coding_line_decides(read, data, text):
    """Bytes that fit no encoding are taken as latin-1."""
    assert read(data).source.endswith(f"s = '{text}'")


def test_lines_are_those_of_the_file(read):
    """A form feed or a line separator in a text ends no line."""
    program = read("s = 'a\u2028b'\n\x0c\nt = 2\n".encode())
    assert program.line(3) == "t = 2"
    assert (program.line(99), program.line(None), program.place(3)) == ("", "", "line 3")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
        ("!pip install numpy\nx = 1", "pass  # !pip install numpy\nx = 1"),
        ("for i in y:\n    %time f(i)", "for i in y:\n    pass  # %time f(i)"),
        ("files = !ls\nx = 1", "pass  # files = !ls\nx = 1"),
        ("np.dot?\nx = 1", "pass  # np.dot?\nx = 1"),
        ("%%time\nx = 1", "pass  # %%time\nx = 1"),
        ("%%bash\nls -l", "# %%bash\n# ls -l"),
        ("x = (7\n% 4)", "x = (7\n% 4)"),
        ("", ""),
    ],
)
def test_magics_and_shell_lines_are_left_out_of_a_notebook(read, cell, code):
    """Python is not, whatever its lines begin with."""
    assert read(notebook(cell), "a.ipynb").source == code


def test_the_lines_of_a_notebook_are_cells_and_lines(read):
    """Cells of code count; one that is no Python is left out alone, and said."""
    program = read(notebook("a = 1\nb = 2", "print 'x'", ["c = 3\n", "d = 4"]), "a.ipynb")
    assert program.source == "a = 1\nb = 2\n# print 'x'\nc = 3\nd = 4"
    assert program.place(2) == "cell 1, line 2"
    assert program.place(5) == "cell 3, line 2"
    assert program.place(99) == "line 99"
    (left_out,) = program.left_out
    assert "cell 2" in left_out
    assert "Python 2" in left_out
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = ", "1"]}]}]}
    assert read(json.dumps(old).encode(), "b.ipynb").source == "x = 1"


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"{}", "a.ipynb", "no notebook"),
        (b"[1]", "a.ipynb", "no notebook"),
        (b"x = 1", "a.ipynb", "no notebook"),
        (b"{" * 100_000, "a.ipynb", "no notebook"),
        (notebook("x", kernelspec={"language": "R"}), "a.ipynb", "not in Python, but in R"),
        (b"x", "a.txt", r"neither FILE\.py"),
        (b"#" * 101, "a.py", "more than"),
    ],
)
def test_what_cannot_be_read_says_why(read, data, name, message, monkeypatch):
    """A notebook without cells, another language, a file that is too large."""
    monkeypatch.setattr(loading, "LARGEST_SOURCE", 100 if b"###" in data else 10**6)
    with pytest.raises(NotLoaded, match=message):
        read(data, name)


@pytest.mark.parametrize("target", ["absent.py", "absent.ipynb", "no_such_package", "a-b", "."])
def test_a_target_that_is_not_there_is_not_loaded(target):
    """Neither a file nor a module."""
    with pytest.raises(NotLoaded, match=r"no file|a target is|several programs"):
        read_program(target)


def test_a_folder_with_the_name_of_a_program_cannot_be_read(tmp_path):
    """It is there, and no file."""
    (tmp_path / "a.py").mkdir()
    with pytest.raises(NotLoaded, match="a folder"):
        read_program(str(tmp_path / "a.py"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    """Nor read without an end."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    for name in ("pipe.py", "device.py"):
        with pytest.raises(NotLoaded, match="a pipe"):
            read_program(str(tmp_path / name))


def test_a_module_has_no_source_here():
    """It is imported by name, where it is there."""
    assert read_program("reference.exact") == loading.Program("reference.exact", "")


@pytest.mark.parametrize("data", [b"x = 1\n", notebook("x = 1\n")])
def test_standard_input_is_a_file_or_a_notebook(data, monkeypatch):
    """As `-`."""
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(data)))
    program = read_program("-")
    assert (program.file, program.source) == ("<stdin>", "x = 1\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("x = 1\n"))
    assert read_program("-").source == "x = 1\n"


@pytest.mark.parametrize(
    "source",
    [
        "print 'x'",
        "try:\n    f()\nexcept ValueError, e:\n    pass",
        "raise ValueError, 'x'",
        "if a <> b: pass",
        "exec 'x = 1'",
        "s = `x`",
        "n = 0777",
        "if a:\n\tb\n        c",
    ],
)
def test_python_2_is_recognised(source):
    """With its line, and what to do."""
    why = why_not_python(f"x = 1\n{source}\n")
    assert "written for Python 2" in why
    assert "line " in why
    assert "2to3" in why


@pytest.mark.parametrize("source", ["def f(:", "x = (", "a b", "x = '\0'", "(" * 500])
def test_what_is_no_python_at_all_says_why(source):
    """And is not taken for Python 2."""
    assert why_not_python(source).startswith("it is no Python 3: ")
    assert why_not_python("x = 1  # print it\ns = '\\d'") == ""


def test_a_program_without_end_is_not_judged(tmp_path):
    """Each of its functions could take its time."""
    file = tmp_path / "a.py"
    file.write_text("".join(f"def gradient_{i}(X, y, w, b): pass\n" for i in range(1001)))
    assert "1,001 functions" in check(str(file)).unchecked


@pytest.mark.parametrize("word", ["gradient", "x", "mean_"])
def test_a_name_may_be_as_long_as_a_file(word):
    """An effort that grew with the square of its letters would take hours."""
    name = word * 300_000
    assert kinds_of(f"gradient_{name}") == ["gradient"]
    assert is_unusual(f"f({name}=X)")


def test_names_are_found_in_what_cannot_be_compiled():
    """The public ones, at the top level, each once."""
    source = "def f(x):\n    print x\n    def inner(): pass\nclass A:\n    pass\ndef _g(): pass\ndef f(): pass"
    assert names_defined(source) == ["f", "A"]


def test_nodes_and_names_of_a_program(read):
    """The last `def` of a name; methods; what is imported and assigned."""
    program = read(
        b"import a.b\nfrom c import d\nn, (k, *l) = 1\ndef f(): 1\nclass A:\n  def f(self): 2\ndef f(): 3\n"
    )
    assert program.node_of("f").lineno == 7
    assert program.node_of("A.f").lineno == 6
    assert program.node_of("A.g") is None
    assert program.imported == {"a", "c"}
    assert program.assigned == {"n", "k", "l"}
    assert loading.Program("a", "def f(:").node_of("f") is None


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of programs, and of what is none; the working directory."""
    names = ("b.py", "a.ipynb", "x/c.py", "data.csv", ".git/h.py", "__MACOSX/a.py")
    for name in (*names, "x/.ipynb_checkpoints/c.ipynb", "v/pyvenv.cfg", "v/lib/u.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


LEFT_OUT = {"left out: .git", "left out: __MACOSX", "left out: x/.ipynb_checkpoints", "left out: v"}


def test_a_folder_means_its_programs_and_says_what_it_left_out(folder):
    """Hidden folders, checkpoints and virtual environments."""
    found = expand(["."])
    assert [t.name for t in found] == ["a.ipynb", "b.py", "x/c.py"]
    assert set(found[0].left_out) == LEFT_OUT
    assert not any(t.trouble or t.left_out for t in found[1:])


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["*.py"], ["b.py"]),
        (["**/*.py"], ["b.py", "v/lib/u.py", "x/c.py"]),
        (["*"], ["a.ipynb", "b.py", "v/lib/u.py", "x/c.py"]),
        (["b.py", "*.py", "b.py:f", "math:sqrt"], ["b.py", "b.py:f", "math:sqrt"]),
        (["x"], ["x/c.py"]),
    ],
)
def test_a_pattern_means_the_programs_that_it_matches(folder, given, names):
    """Each once; what is no pattern is taken as it is."""
    found = [t.name for t in expand(given) if "__MACOSX" not in t.name]
    assert sorted(found) == sorted(names)


def archive(path, *names, data="x = 1\n"):
    """A zip archive with entries of these names."""
    with zipfile.ZipFile(path, "w") as opened:
        for name in names:
            opened.writestr(name, data)
    return str(path)


def test_an_archive_is_read_where_it_is(tmp_path):
    """Entries that lead out of it are refused, and nothing is written."""
    names = (
        "s/a.py",
        "s/b.txt",
        "__MACOSX/s/._a.py",
        "../e.py",
        "/etc/e.py",
        "C:/e.py",
        "s\\..\\e.py",
    )
    file = archive(tmp_path / "all.ZIP".lower(), *names)
    (found,) = expand([file])
    assert found.name == f"{file}/s/a.py"
    assert sum(said.startswith("refused: ") for said in found.left_out) == 4
    assert read_program(found.name).source == "x = 1\n"
    assert [f.name for f in tmp_path.iterdir()] == ["all.zip"]
    with pytest.raises(NotLoaded, match="no file"):
        read_program(f"{file}/s/absent.py")


def test_an_archive_among_programs_is_not_passed_over(tmp_path):
    """In a folder or in an archive: somebody may have handed it in."""
    archive(tmp_path / "bob.zip", "bob.py")
    (tmp_path / "ada.py").write_text("x = 1\n")
    for target in (str(tmp_path), archive(tmp_path / "all.zip", "ada.py", "bob.zip")):
        (found,) = expand([target])
        assert any("bob.zip" in said for said in found.left_out)


@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 2), ("MOST_BYTES", 5)])
def test_too_many_files_are_refused(tmp_path, monkeypatch, limit, value):
    """In a folder and in an archive."""
    monkeypatch.setattr(targets, limit, value)
    file = archive(tmp_path / "a.zip", "a.py", "b.py", "c.py")
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("x = 1\n")
    for target in (file, str(tmp_path)):
        (found,) = expand([target])
        assert "more than" in found.trouble


@pytest.mark.parametrize(
    ("target", "trouble"),
    [
        ("absent.zip", "no file"),
        ("bad.zip", "no zip archive"),
        ("no*.py", "no file matches"),
        ("e", r"no \.py"),
    ],
)
def test_a_target_without_programs_says_so(tmp_path, monkeypatch, target, trouble):
    """It is not passed over."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.zip").write_text("x")
    (tmp_path / "e").mkdir()
    (found,) = expand([target])
    assert re.search(trouble, found.trouble)


def test_an_archive_that_is_damaged_anywhere_says_so(tmp_path):
    """Wherever a byte of it is another one, and wherever it ends."""
    file = tmp_path / "a.zip"
    archive(file, "ada/a.py", "bob/b.py")
    data = file.read_bytes()
    for i in range(0, len(data), 3):
        for damaged in (data[:i], data[:i] + b"\xff" + data[i + 1 :]):
            file.write_bytes(damaged)
            for target in expand([str(file)]):
                with contextlib.suppress(NotLoaded):
                    assert target.trouble or read_program(target.name).source


def test_names_in_an_archive_are_no_patterns(tmp_path):
    """Whatever letters they have."""
    file = archive(tmp_path / "a.zip", "ada [1]/a*.py")
    (found,) = expand([file])
    assert read_program(found.name).source == "x = 1\n"
    assert expand([found.name])[0].trouble == ""


def test_an_entry_that_is_damaged_or_too_large_is_not_loaded(tmp_path, monkeypatch):
    """It says so."""
    file = archive(tmp_path / "a.zip", "a.py", data="x = 1\n" * 50)
    monkeypatch.setattr(loading, "LARGEST_SOURCE", 100)
    with pytest.raises(NotLoaded, match="more than"):
        read_program(f"{file}/a.py")
    monkeypatch.setattr(loading, "LARGEST_SOURCE", 1000)
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(b"x = 1\n", b"y = 2\n", 3))
    with pytest.raises(NotLoaded, match="archive"):
        read_program(f"{file}/a.py")
