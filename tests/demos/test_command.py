"""The command `python -m demos`: every option, name and stream is accepted, or refused in one line."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image
from running import assert_one_error, run, run_once, shell

from demos import __main__, derivation, trajectory

DEMOS = list(__main__.list_demos())
EXAMPLES = max(5, settings().max_examples // 10)
NUMBERS = ["0", "1", "-1", "1e300", "-1e300", "1e-320", "nan", "-inf", "1e999", "0x10", "1_0", "٣"]
TEXTS = st.one_of(
    st.sampled_from([*NUMBERS, "", " ", "-", "--", "=", "%", "{}", "9" * 5000, "²", "x" * 300]),
    st.sampled_from(["houses", "en", "/dev/null", "/dev/full", ".", "..", "~", "/", "no\nfile"]),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
    st.binary(max_size=4).map(os.fsdecode),
).map(lambda text: text.replace("\0", ""))  # which no command line can hold


def test_every_file_is_listed_by_the_first_line_of_its_docstring(tmp_path, monkeypatch):
    """A new file is a new demo; a file that begins with _ is none."""
    listed = run("list").out
    assert all(f"{doc.splitlines()[0]}\n" in listed for doc in __main__.list_demos().values())
    assert listed.strip() in run("--help").out
    (tmp_path / "new.py").write_text('"""A result.\n\nMore."""\nraise RuntimeError\n')
    (tmp_path / "_part.py").write_text('"""No demo."""\n')
    monkeypatch.setattr(__main__, "FOLDER", tmp_path)
    assert run("list").out == "new  A result.\n"


@pytest.mark.parametrize("name", DEMOS)
def test_help_shows_the_docstring_and_the_common_options(name):
    """`python -m demos NAME --help`; a hyphen is as good as an underscore."""
    ran = run(name.replace("_", "-"), "--help")
    assert (ran.status, ran.err) == (0, "")
    assert __main__.list_demos()[name].splitlines()[0] in ran.out
    assert all(option in ran.out for option in ("--out DIR", "--show", "--seed N"))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("nonsense", "there is no demo 'nonsense'.*list shows all"),
        ("--nonsense", "unrecognized arguments: --nonsense"),
        ("starts --see 1", "unrecognized arguments: --see"),
        ("--seed 1.5", "--seed: .* from 0 up, got '1.5'"),
        ("--data houses --log x", "--log: not allowed with argument --data"),
        ("--log /no/such/file", "/no/such/file"),
        ("--log .", "Is a directory|Permission denied"),
        ("--true 2 -3.4", "--true needs --log"),
        ("houses --area 1500", "--area .* and --age .* go together"),
        ("houses --area big --age 3", "--area: .* finite number under 1e100, got 'big'"),
        ("houses --area 0 --age 3", "--area must be positive"),
        ("houses --area 1500 --age -3", "--age must not be negative"),
        ("houses --at 3 4", "--at needs --csv"),
        ("houses --csv /no/file --target y --features A", "/no/file: No such file"),
        ("houses --csv f --target y --features A,y", "must name different columns"),
        ("houses --csv f --target y --features A --area 1 --age 1", "--csv; pass --at"),
    ],
)
def test_wrong_options_are_refused_in_one_line(tmp_path, argv, message):
    """Exit status 2, the requirement and the value received; no file."""
    words = argv.split()
    assert_one_error(
        run(*words, *([] if words[0] == "list" else ["--out", str(tmp_path)])), message
    )
    assert not list(tmp_path.iterdir())


def options_of(name: str) -> dict[str, str | int | None]:
    """The options of a demo, and how many values each takes."""
    parser = __main__.make_parser(name, importlib.import_module(f"demos.{name}"))
    return {option: action.nargs for action in parser._actions for option in action.option_strings}


@st.composite
def command_lines(draw, names: list[str]):
    """Options with any number of values, and words that belong to none."""
    argv = draw(st.lists(TEXTS, max_size=1))
    for option in draw(st.lists(st.sampled_from(names), max_size=4)):
        values = draw(st.lists(TEXTS, max_size=3))
        argv += [f"{option}={values[0]}"] if values and draw(st.booleans()) else [option, *values]
    return argv


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", ["houses", "data_parallel", "trajectory", "speed", "starts"])
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_any_options_are_accepted_or_refused(name, data):
    """The demo starts once, or help is shown, or one line names an option; never a traceback."""
    options, started = options_of(name), []
    if data.draw(st.booleans()):  # one option with one value: then the error names this option
        takes_value = sorted(option for option, nargs in options.items() if nargs != 0)
        named = [data.draw(st.sampled_from(takes_value))]
        argv = [f"{named[0]}={data.draw(TEXTS)}"]
    else:
        named, argv = [*options, "unrecognized"], data.draw(command_lines(sorted(options)))
    with pytest.MonkeyPatch.context() as patch:
        demo = importlib.import_module(f"demos.{name}")
        patch.setattr(demo, "run", lambda args: started.append(args) or ())
        ran = run(name, *argv)
    if ran.status:
        assert_one_error(ran, "|".join(named), name)
    else:
        assert ran.err == ""
    assert len(started) == (ran.status == 0 and not ran.out.startswith("usage: "))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("argv"),
    [
        ["derivation", "--seed", str(2**128)],
        ["trajectory", "--seed", "9" * 4000],
        ["learning_rate", "--seed", str(2**64)],
    ],
)
def test_any_seed_can_be_used(argv, tmp_path):
    """However many digits it has."""
    assert run(*argv, "--out", str(tmp_path)).status == 0


# files


@pytest.mark.sample(2)
@pytest.mark.parametrize("command", ["demos", "demos.trajectory"])
def test_the_main_demo_runs_without_a_name_and_without_a_display(tmp_path, command):
    """With another hash seed and the user's own backend: the same bytes."""
    ran = shell(f"$PYTHON -m {command} --out {tmp_path}", PYTHONHASHSEED="7", MPLBACKEND="TkAgg")
    assert (ran.returncode, ran.stderr) == (0, "")
    expected = run_once("trajectory")[1] / "trajectory.png"
    assert (tmp_path / "trajectory.png").read_bytes() == expected.read_bytes()


def test_the_default_directory_is_figures(tmp_path, monkeypatch):
    """In the current directory. A picture does not name the version or the day that drew it."""
    monkeypatch.chdir(tmp_path)
    assert run("houses").written() == [str(Path("figures/houses.png"))]
    with Image.open("figures/houses.png") as image:
        assert not {"Software", "Creation Time"} & image.info.keys()


def test_show_opens_every_picture(tmp_path, monkeypatch):
    """With --show, windows are opened after the files are written."""
    shown = []
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: shown.append(list(tmp_path.iterdir())))
    assert run("houses", "--show", "--out", str(tmp_path)).status == 0
    assert shown == [[tmp_path / "houses.png"]]


@pytest.mark.parametrize("out", ["/proc/no/such", "/dev/null/under", "{}/file/under", "{}/file"])
def test_an_out_that_cannot_be_written_is_refused(out, tmp_path):
    """Even for root, and without a change to a file in the place of the directory."""
    (tmp_path / "file").write_text("here first")
    assert_one_error(run("houses", "--out", out.format(tmp_path)), "choose another --out")
    assert (tmp_path / "file").read_text() == "here first"


def test_a_directory_with_the_name_of_a_picture_is_refused(tmp_path):
    (tmp_path / "houses.png").mkdir()
    assert_one_error(run("houses", "--out", str(tmp_path)), "houses.png: .*choose another --out")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_write_that_fails_keeps_the_old_file(tmp_path, monkeypatch, error):
    """A full disk or Ctrl-C in the middle: the old picture, and no other file."""

    def half(self, file, **_):
        file.write(b"half")
        raise error

    old = tmp_path / "houses.png"
    old.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", half)
    ran = run("houses", "--out", str(tmp_path))
    assert (ran.status, ran.err.count("\n")) == (2 if isinstance(error, OSError) else 130, 1)
    assert [(p, p.read_bytes()) for p in tmp_path.iterdir()] == [(old, b"old")]


@pytest.mark.parametrize("argv", ["houses", "trajectory --animate"])
@pytest.mark.thorough
def test_a_full_disk_leaves_no_part_of_a_file(argv, tmp_path):
    """One line says which file, with exit status 2."""
    ran = shell(f"ulimit -f 8; $PYTHON -m demos {argv} --out {tmp_path}")  # 4 or 8 KiB
    assert ran.returncode == 2
    assert re.fullmatch(r"python -m demos.* cannot write .*; choose another --out\n", ran.stderr)
    assert not list(tmp_path.iterdir())


# streams and packages


def test_ctrl_c_ends_with_one_word(monkeypatch):
    """Exit status 130; also where a C module turns it into an ImportError, and only there."""

    def stop(error, cause=None):
        raise error from cause

    for error, cause in ((KeyboardInterrupt(), None), (ImportError(), KeyboardInterrupt())):
        monkeypatch.setattr(derivation, "run", lambda args, e=error, c=cause: stop(e, c))
        assert run("derivation") == (130, "", "interrupted\n")
    monkeypatch.setattr(derivation, "run", lambda args: stop(ImportError("other")))
    with pytest.raises(ImportError, match="other"):
        run("derivation")


def test_too_little_memory_is_one_line(monkeypatch):
    monkeypatch.setattr(trajectory, "run", lambda args: np.empty((2**40, 2**10)))
    assert_one_error(run("trajectory"), "Unable to allocate", "trajectory")


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("command", "status", "lines"),
    [
        ("list >/dev/full", 2, 1),
        ("nonsense 2>/dev/full", 2, 0),
        ("list <&- >&- 2>&-", 0, 0),
        ("list >&-", 0, 0),
        ("list 2>&-", 0, 0),
        ("nonsense 2>&-", 2, 0),
        ("list >/dev/full 2>/dev/full", 2, 0),
        ("houses --help >/dev/full", 2, 1),
        ("nonsense >/dev/full", 2, 1),
        ("derivation >/dev/full", 2, 1),
        ("derivation >&-", 0, 0),
    ],
)
def test_closed_and_full_streams_end_without_a_traceback(command, status, lines):
    """The exit status is that of the command, or 2 where the output cannot be written."""
    ran = shell(f"$PYTHON -m demos {command}")
    assert (ran.returncode, ran.stderr.count("\n")) == (status, lines)
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", ["list", "derivation"])
def test_a_closed_pipe_ends_in_silence(name):
    """As in `python -m demos list | head -1`, whether the output is short or long."""
    ran = shell(f"{{ sleep 1; $PYTHON -m demos {name}; echo $? >&2; }} | true")
    assert ran.stderr == "141\n"


def test_the_main_command_draws_and_writes_the_page_without_torch(tmp_path, monkeypatch):
    """The picture and the study page, with their paths; the last line says what to open."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    ran = run()
    assert (ran.status, ran.err) == (0, "")
    assert ran.written() == ["figures/trajectory.png", "figures/linreg.html"]
    assert sorted(p.name for p in Path("figures").iterdir()) == ["linreg.html", "trajectory.png"]
    assert ran.out.splitlines()[-1] == "open figures/linreg.html in a browser"
    assert "linreg.html" not in run("--data", "houses").out


def test_what_stdout_cannot_encode_is_printed_as_a_question_mark():
    ran = shell("$PYTHON -m demos list", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "2/?_max" in ran.stdout


@pytest.mark.parametrize(("package", "name"), [("torch", "sensitivity"), ("matplotlib", "starts")])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, package, name):
    """What to install, in one line."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"demos.{name}", raising=False)
    ran = run(name)
    assert ran.status == 2
    assert re.fullmatch(f".*{package} is not installed; pip install '.*'\n", ran.err)


def test_the_list_needs_no_package_beside_numpy():
    """In a new process."""
    hidden = "sys.modules |= dict.fromkeys(['torch', 'matplotlib'])"
    ran = shell(
        f"$PYTHON -c \"import sys; {hidden}; from demos.__main__ import main; main(['list'])\""
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_line(monkeypatch):
    """And the demo goes on."""

    def warn(args: argparse.Namespace):
        importlib.import_module("warnings").warn("two\nlines", stacklevel=2)
        return ()

    monkeypatch.setattr(trajectory, "run", warn)
    ran = run("trajectory")
    assert (ran.status, ran.err) == (0, "python -m demos trajectory: warning: two lines\n")
