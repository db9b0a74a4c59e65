"""The options of the demos: any text for any of them is taken, or refused in one line that says which."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from demos import __main__, data_parallel, houses, trajectory
from linreg_np import Trajectory

ROOT = Path(__file__).parents[2]
DEMOS = list(__main__.found())
NUMBERS = ["0", "1", "-1", "1e300", "-1e300", "1e-320", "nan", "-inf", "1e999", "0x10", "1_0", "٣"]
TEXTS = st.one_of(
    st.sampled_from([*NUMBERS, "", " ", "-", "--", "=", "%", "{}", "9" * 5000, "²", "x" * 300]),
    st.sampled_from(["houses", "en", "/dev/null", "/dev/full", ".", "..", "~", "/", "no\nfile"]),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
    st.binary(max_size=4).map(os.fsdecode),
).map(lambda text: text.replace("\0", ""))  # which no command line can hold


class Ran(NamedTuple):
    status: int | None
    out: str
    err: str


def run(*argv: str) -> Ran:
    """The front, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    status: int | None = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            __main__.main(list(argv))
        except SystemExit as exit_:
            status = exit_.code
        finally:
            plt.close("all")
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode(errors="replace"))
    return Ran(status, *texts)


@functools.cache
def options(name: str) -> dict[str, str | int | None]:
    """The options of a demo, and how many values each takes."""
    actions = __main__._parser(name, importlib.import_module(f"demos.{name}"))._actions
    return {option: action.nargs for action in actions for option in action.option_strings}


def refused_in_one_line(ran: Ran, name: str, named: list[str]) -> None:
    """Exit status 2, and one line that names one of the options, after any warnings."""
    (last,) = [line for line in ran.err.splitlines() if ": warning: " not in line]
    assert ran.status == 2
    assert last.startswith(f"python -m demos {name}: error: ")
    assert any(option in last for option in named), last
    assert "wrote" not in ran.out


@st.composite
def command_lines(draw, names: list[str]):
    """Options with as many values as each takes, or not; and words that belong to none."""
    argv = []
    for option in draw(st.lists(st.sampled_from(names), max_size=4)):
        values = draw(st.lists(TEXTS, max_size=3))
        argv += [f"{option}={values[0]}"] if values and draw(st.booleans()) else [option, *values]
    return draw(st.lists(TEXTS, max_size=1)) * draw(st.booleans()) + argv


@pytest.mark.parametrize("name", DEMOS)
@settings(max_examples=25)
@given(data=st.data())
def test_any_words_on_the_command_line_are_taken_or_refused(name, data):
    """The demo is begun once, or help is shown, or one line names an option; a traceback never."""
    names, begun = options(name), []
    argv = data.draw(command_lines(sorted(names)))
    demo = importlib.import_module(f"demos.{name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "run", lambda args: begun.append(args) or ())
        ran = run(name, *argv)
    if ran.status == 0:
        assert ran.err == ""
        assert len(begun) == 1 - ran.out.startswith("usage: ")
    else:
        refused_in_one_line(ran, name, [*names, "unrecognized arguments"])
        assert not begun


@pytest.mark.parametrize("name", DEMOS)
@settings(max_examples=15)
@given(data=st.data())
def test_one_value_for_one_option_is_taken_or_refused_by_name(name, data):
    """The line names the very option whose value is wrong."""
    taking = sorted(option for option, nargs in options(name).items() if nargs != 0)
    option, value = data.draw(st.sampled_from(taking)), data.draw(TEXTS)
    demo = importlib.import_module(f"demos.{name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "run", lambda args: ())
        ran = run(name, f"{option}={value}")
    assert ran.status == 0 or refused_in_one_line(ran, name, [option]) is None


@settings(max_examples=100)
@given(name=TEXTS)
def test_any_name_of_a_demo_is_one_or_is_refused(name):
    """In one line that shows what there is."""
    with pytest.MonkeyPatch.context() as patch:
        for demo in DEMOS:
            patch.setattr(importlib.import_module(f"demos.{demo}"), "run", lambda args: ())
        ran = run(name)
    if ran.status:
        assert ran.status == 2
        assert len(ran.err.splitlines()) == 1
        assert "list shows all" in ran.err or "--help shows the options" in ran.err


FINITE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1e300, 1e-320])
)


@settings(max_examples=25)
@given(area=FINITE, age=FINITE)
def test_any_house_is_priced_or_refused(area, age):
    """A finite price, or what is wrong with the house; whatever its size and age."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(houses, "_figure", lambda *_: "no picture")
        patch.setattr(__main__, "_write", lambda *_: None)
        ran = run("houses", f"--area={area!r}", f"--age={age!r}")
    if ran.status == 0:
        (price,) = re.findall(r"price in \$ = (\S+),", ran.out)
        assert ran.err == ""
        assert math.isfinite(float(price.replace(",", "")))
    else:
        refused_in_one_line(ran, "houses", ["--area", "--age"])
        assert area <= 0 or age < 0 or max(area, age) >= 1e100


CELLS = st.one_of(
    st.sampled_from([*NUMBERS, "", " ", '"', "1,5"]), FINITE.map(repr), st.text(max_size=3)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("options")


@pytest.mark.filterwarnings("default")
@settings(max_examples=25)
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6),
    at=st.lists(FINITE, max_size=3),
    separator=st.sampled_from(",;\t"),
)
def test_any_csv_file_is_fitted_or_refused(rows, at, separator, folder):
    """Whatever stands in its cells: finite weights, or one line that names the file or the option."""
    lines = [["A", "B", "y"], *rows]
    file = folder / "own.csv"
    file.write_text("\n".join(map(separator.join, lines)), encoding="utf-8", errors="replace")
    argv = ["--csv", str(file), "--target", "y", "--features", "A,B", *(["--at"] * bool(at))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(__main__, "_write", lambda path, content: plt.close("all"))
        ran = run("houses", *argv, *map(repr, at))
    if ran.status == 0:
        assert not re.search(r"\b(nan|inf)\b", ran.out)
        assert ran.err == "" or ": warning: the features are nearly dependent" in ran.err
    else:
        refused_in_one_line(ran, "houses", [str(file), "--at", "features need"])


VALUES = st.one_of(FINITE, st.sampled_from([np.nan, np.inf, 1e308, -1e308, 5e-324]))


@pytest.mark.filterwarnings("default")
@settings(max_examples=15)
@given(
    points=st.integers(1, 3).flatmap(
        lambda d: st.lists(st.lists(VALUES, min_size=d, max_size=d), min_size=1, max_size=4)
    ),
    true=st.lists(VALUES, max_size=3),
    saved=st.booleans(),
    lang=st.sampled_from(["en", "zh"]),
)
def test_any_log_is_drawn_or_refused(points, true, saved, lang, folder):
    """Of weights of any size: a picture, with a warning where they are not finite, or one line."""
    file = folder / ("own.npz" if saved else "own.txt")
    path = Trajectory(points)
    path.save(file) if saved else path.write_log(file, precision=20)
    given_ = [f"--lang={lang}", *(["--true"] * bool(true)), *map(repr, true)]
    ran = run("trajectory", "--log", str(file), "--out", str(folder), *given_)
    if ran.status == 0:
        known = (
            "all records .* single numbers|point .* not finite or over 1e[+]100: drawn up to there|"
        )
        known += "Attempting to set identical low and high"
        assert re.fullmatch(f"(python -m demos trajectory: warning: ({known}).*\n)*", ran.err)
        assert (folder / "trajectory_log.png").stat().st_size > 1000
    else:
        refused_in_one_line(ran, "trajectory", ["--true", "the path must", str(file)])


@settings(max_examples=100)
@given(numbers=st.fixed_dictionaries({}, optional={
    "--workers": st.integers(1, 10**30),
    "--sizes": st.lists(st.integers(1, 10**30), min_size=1, max_size=4),
    "--batch": st.integers(1, 10**30),
    "--epochs": st.integers(1, 10**30),
}))  # fmt: skip
def test_any_numbers_of_workers_and_samples_fit_or_are_refused(numbers):
    """What is begun has a size for each worker and a sample for each step; a million workers never."""
    argv, begun = [], []
    for option, value in numbers.items():
        argv += [option, *map(str, value if isinstance(value, list) else [value])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_parallel, "_launch", lambda sizes, args: begun.append((sizes, args)))
        ran = run("data_parallel", *argv)
    if ran.status == 0:
        ((sizes, args),) = begun
        assert len(sizes) == (args.workers or len(sizes)) <= data_parallel.MOST
        assert args.batch <= sum(sizes)
    else:
        refused_in_one_line(ran, "data_parallel", ["--workers", "--sizes", "--batch"])


@pytest.mark.parametrize(
    "argv",
    [
        ["trajectory", "--seed", "9" * 4000],
        ["derivation", "--seed", str(2**128)],
        ["learning_rate", "--seed", str(2**64)],
        ["data_parallel", "--workers", "1", "--epochs", "1", "--batch", "1"],
        ["data_parallel", "--sizes", "1", "1", "--epochs", "1", "--batch", "2"],
    ],
    ids=" ".join,
)
def test_extreme_but_legal_values_run(argv, folder):
    """Huge seeds; one worker, one epoch, one sample."""
    ran = run(*argv, "--out", str(folder / "extreme"))
    assert (ran.status, ran.err) == (0, "")


def test_a_trajectory_that_has_no_room_is_refused():
    """Not enough memory is one line, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory, "run", lambda args: np.empty((2**40, 2**10)))
        ran = run("trajectory")
    assert ran.status == 2
    assert re.fullmatch("python -m demos trajectory: error: Unable to allocate .*\n", ran.err)


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """In a real shell, with this Python as $PYTHON; on a full disk its bytecode would be cut off.

    Nor does the process write down which lines it ran: there would be no room for that.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_PROCESS")}
    env |= {"PYTHON": sys.executable, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("argv", ["list", "derivation", "houses", "houses --help", "nonsense"])
def test_a_full_disk_under_what_is_printed_is_one_line(argv, tmp_path):
    """Exit status 2, whether much or little was to be written, of a demo, the list or the help."""
    out = "" if argv == "list" else f"--out {tmp_path}"
    ran = shell(f"$PYTHON -m demos {argv} {out} > /dev/full")
    assert ran.returncode == 2
    assert re.fullmatch(r"python -m demos.*: error: .+\n", ran.stderr)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("list >&-", 0),
        ("list 2>&-", 0),
        ("nonsense 2>&-", 2),
        ("nonsense 2> /dev/full", 2),
        ("list > /dev/full 2> /dev/full", 2),
        ("list <&- >&- 2>&-", 0),
    ],
)
def test_closed_and_full_streams_change_nothing_but_what_is_seen(command, status):
    """No traceback and no other exit status, where nobody can be told."""
    ran = shell(f"$PYTHON -m demos {command}")
    assert ran.returncode == status
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "place", ["/proc/no/such", "/dev/null/under", "{tmp}/file/under", "{tmp}/file"]
)
def test_an_out_that_cannot_be_written_is_one_line_even_for_root(place, tmp_path):
    """A place where there is no writing, and a file in place of the directory."""
    (tmp_path / "file").write_text("in the way")
    ran = run("houses", "--out", place.format(tmp=tmp_path))
    refused_in_one_line(ran, "houses", ["choose another --out"])
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("argv", ["houses", "trajectory --animate"])
def test_a_disk_that_is_full_leaves_no_half_of_a_file(argv, tmp_path):
    """What has no room is not there; and one line says which, with exit status 2."""
    ran = shell(f"ulimit -f 8; $PYTHON -m demos {argv} --out {tmp_path}")  # 4 or 8 KiB
    assert ran.returncode == 2
    assert re.fullmatch(
        r"python -m demos \w+: error: cannot write .*; choose another --out\n", ran.stderr
    )
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_a_module_in_c_begins_is_ctrl_c(monkeypatch, capsys):
    """Which makes an ImportError of it; one for any other reason is told as it is."""

    def imports(cause):
        raise ImportError("initialization failed") from cause

    for cause, error in ((KeyboardInterrupt(), SystemExit), (None, ImportError)):
        monkeypatch.setattr(__main__, "_main", lambda argv, cause=cause: imports(cause))
        with pytest.raises(error) as ended:
            __main__.main([])
        if cause:
            assert (ended.value.code, capsys.readouterr().err) == (130, "interrupted\n")
