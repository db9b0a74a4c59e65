"""The demos: every one runs headless, prints what it wrote, and refuses in one line."""

from __future__ import annotations

import argparse
import errno
import inspect
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from demos import VERMILLION, __main__, derivation, houses, learning_rate, starts
from demos import trajectory as trajectory_demo
from demos._shared import sections
from demos._shared.plots import descent
from linreg_np import Trajectory, fit, load_houses, loss, max_lr, synthetic_data
from reference import autograd
from reference.rounding import loss_bound

ROOT = Path(__file__).parents[2]
SCENES = {
    "example": trajectory_demo._example,
    "houses": trajectory_demo._houses,
    "log": trajectory_demo._log,
}
DARKEST = (68, 1, 84)  # the lowest colour of viridis: the bottom of a surface
OF_PATH = tuple(bytes.fromhex(VERMILLION[1:]))
GOOD = "A,B,y\n" + "".join(f"{i},{i * i % 7},{2 * i - 3 * (i * i % 7) + i % 2}\n" for i in range(9))


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys, tmp_path):
    """Run the front in this process, with --out a new directory."""

    def run_(*argv: str, out: bool = True) -> Ran:
        status = 0
        try:
            __main__.main([*argv, *(["--out", str(tmp_path / "out")] if out else [])])
        except SystemExit as exit_:
            status = exit_.code
        return Ran(status, *capsys.readouterr())

    return run_


def shell(*argv: str, **options) -> subprocess.CompletedProcess[str]:
    """Run Python from the project's root without a display."""
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env |= {"PYTHONIOENCODING": "utf-8", **options.pop("env", {})}
    command = [sys.executable, *argv]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        **options,
    )


def refused(ran: Ran, message: str) -> None:
    """One line, exit status 2, and the message in it."""
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("python -m demos")
    assert re.search(message, ran.err)
    assert "wrote" not in ran.out


def written(ran: Ran) -> list[str]:
    return re.findall(r"(?m)^wrote (.+)$", ran.out)


def pixels(image: Image.Image | Path) -> np.ndarray:
    if isinstance(image, Path):
        with Image.open(image) as opened:
            return pixels(opened)
    return np.asarray(image.convert("RGB"), dtype=int)


def near(picture: np.ndarray, colour: tuple[int, ...]) -> int:
    """The number of pixels of about this colour."""
    return int((np.abs(picture - colour).sum(axis=-1) < 40).sum())


def numbers(line: str) -> list[float]:
    """The numbers that end a line, thousands' commas and all."""
    return [
        float(x.replace(",", ""))
        for x in re.findall(r"(?<= )-?[\d,]+\.?\d*(?:e[-+]\d+)?(?= |$)", line)
    ]


def line(ran: Ran, beginning: str) -> str:
    (found,) = [each for each in ran.out.splitlines() if each.startswith(beginning)]
    return found


@pytest.mark.parametrize("name", __main__.found())
def test_every_demo_runs_headless_and_prints_the_path_of_each_file_it_wrote(run, tmp_path, name):
    """Status 0, nothing on stderr; what it says it wrote is what there is."""
    ran = run(name, *(["--quick"] if name == "speed" else []))
    assert (ran.status, ran.err) == (0, "")
    there = sorted(str(p) for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert sorted(written(ran)) == there


@pytest.mark.parametrize("name", ["trajectory", "starts", "learning_rate", "houses"])
def test_pictures_are_whole_and_legible(run, tmp_path, name):
    """A PNG of README width or more, with a white ground, black text and much else on it."""
    run(name)
    file = tmp_path / "out" / f"{name}.png"
    with Image.open(file) as image:
        assert image.format == "PNG"
        assert image.width >= 900
    picture = pixels(file)
    assert near(picture, (255, 255, 255)) > 100_000
    assert near(picture, (0, 0, 0)) > 10_000
    assert len(np.unique(picture @ (1 << 16, 1 << 8, 1))) > 100


def test_the_main_demo_runs_without_a_name_and_without_a_display(tmp_path):
    """`python -m demos` is `python -m demos trajectory`, as is `python -m demos.trajectory`."""
    pictures = []
    for i, command in enumerate((["demos"], ["demos", "trajectory"], ["demos.trajectory"])):
        out, seed = tmp_path / str(i), {"PYTHONHASHSEED": str(i), "MPLBACKEND": "TkAgg"}
        ran = shell("-m", *command, "--out", str(out), env=seed)
        assert (ran.returncode, ran.stderr) == (0, "")
        pictures.append((out / "trajectory.png").read_bytes())
    assert pictures[0] == pictures[1] == pictures[2]


def test_the_default_directory_is_figures(run, tmp_path, monkeypatch):
    """Without --out, files go to figures/ in the directory one is in."""
    monkeypatch.chdir(tmp_path)
    assert written(run("houses", out=False)) == [str(Path("figures/houses.png"))]
    assert Path("figures/houses.png").exists()


def test_the_seed_makes_the_data(run, tmp_path):
    """Another seed, another picture and other numbers; the same seed, the same bytes."""
    shown = []
    for seed in ("1", "2", "1"):
        ran = run("trajectory", "--seed", seed)
        shown.append((ran.out, (tmp_path / "out" / "trajectory.png").read_bytes()))
    assert shown[0] == shown[2]
    assert shown[0][0] != shown[1][0]
    assert shown[0][1] != shown[1][1]


def test_a_picture_does_not_name_the_version_that_drew_it(run, tmp_path):
    """No Software and no date in the file: nothing changes from run to run."""
    run("houses")
    with Image.open(tmp_path / "out" / "houses.png") as image:
        assert not {"Software", "Creation Time"} & image.info.keys()


def test_list_shows_each_file_by_its_first_line(run, tmp_path, monkeypatch):
    """A new file in demos/ is a new line; a file that begins with _ is none."""
    ran = run("list", out=False)
    for name, doc in __main__.found().items():
        assert f"{doc.splitlines()[0]}" in line(ran, f"{name} ")
    (tmp_path / "new.py").write_text('"""A finding.\n\nMore.\n"""\nraise RuntimeError\n')
    (tmp_path / "_part.py").write_text('"""No demo."""\n')
    monkeypatch.setattr(__main__, "HERE", tmp_path)
    assert run("list", out=False).out == "new  A finding.\n"


@pytest.mark.parametrize("name", __main__.found())
def test_help_shows_the_docstring_and_the_common_options(run, name):
    """`python -m demos NAME --help`."""
    ran = run(name, "--help", out=False)
    assert ran.status == 0
    assert __main__.found()[name].splitlines()[0] in ran.out
    assert all(option in ran.out for option in ("--out DIR", "--show", "--seed N"))


def test_help_without_a_name_shows_the_list(run):
    """`python -m demos --help`."""
    assert run("list", out=False).out.strip() in run("--help", out=False).out


def test_a_hyphen_is_as_good_as_an_underscore(run):
    """`python -m demos learning-rate`."""
    assert (
        run("learning-rate", "--help", out=False).out
        == run("learning_rate", "--help", out=False).out
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("nonsense", "there is no demo 'nonsense'.*list shows all"),
        ("hauses", "did you mean houses"),
        ("--nonsense", "unrecognized arguments: --nonsense"),
        ("starts extra", "unrecognized arguments: extra"),
        ("starts --see 1", "unrecognized arguments: --see"),
        ("--seed -1", "whole number from 0 up, got '-1'"),
        ("--seed 1.5", "whole number from 0 up, got '1.5'"),
        ("--seed", "--seed: expected one argument"),
        ("--data cats", "invalid choice: 'cats'"),
        ("--data houses --log x", "--log: not allowed with argument --data"),
        ("--log /no/such/file", "no such file.*/no/such/file"),
        ("--log .", "Is a directory|Permission denied"),
        ("--true 2 -3.4", "--true goes with --log"),
        ("houses --area 1500", "--area .* and --age .* go together"),
        ("houses --area big --age 3", "--area: must be a finite number under 1e100, got 'big'"),
        ("houses --area 1500 --age nan", "--age: must be a finite number under 1e100, got 'nan'"),
        ("houses --area 0 --age 3", "--area must be over 0"),
        ("houses --area 1500 --age -3", "--age not under 0"),
        ("houses --at 3 4", "--at goes with --csv"),
        ("houses --csv f.csv", "--csv, --target and --features go together"),
        ("houses --target y --features A", "--csv, --target and --features go together"),
        ("houses --csv /no/file --target y --features A", "/no/file: No such file"),
        ("houses --csv f --target y --features A,y", "must name different columns"),
        ("houses --csv f --target y --features A,A", "must name different columns"),
        ("houses --csv f --target y --features A --area 1 --age 1", "with --csv pass --at"),
    ],
)
def test_bad_options_are_refused_in_one_line(run, tmp_path, argv, message):
    """Exit status 2, the rule and what came, and no file."""
    refused(run(*argv.split()), message)
    assert not (tmp_path / "out").exists()


def test_list_takes_no_options(run):
    """`python -m demos list x` is refused."""
    refused(run("list", "x", out=False), "takes no options, got x")


def test_show_without_a_display_is_refused(tmp_path):
    """Where no window can open, --show says so."""
    ran = shell(
        "-m", "demos", "houses", "--show", "--out", str(tmp_path), env={"MPLBACKEND": "Agg"}
    )
    refused(Ran(ran.returncode, ran.stdout, ran.stderr), "--show needs a display")


def test_show_opens_every_picture(run, monkeypatch):
    """With --show, matplotlib's windows are opened after the files are written."""
    shown = []
    monkeypatch.setattr("matplotlib.get_backend", lambda: "tkagg")
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: shown.append(True))
    assert run("houses", "--show").status == 0
    assert shown == [True]


def test_a_directory_that_cannot_be_written_is_refused(run, tmp_path):
    """A file stands where --out should be."""
    (tmp_path / "out").write_text("in the way")
    refused(run("houses"), "cannot write .*houses.png: .*choose another --out")
    assert (tmp_path / "out").read_text() == "in the way"


def test_a_directory_where_a_picture_should_be_is_refused(run, tmp_path):
    """In one sentence, with one way out."""
    (tmp_path / "out" / "houses.png").mkdir(parents=True)
    refused(
        run("houses"),
        "cannot write .*houses.png: must be a regular file or a new one, and is neither; choose another --out",
    )


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file(run, tmp_path, monkeypatch, error):
    """A full disk or Ctrl-C in the middle: the old picture, and nothing beside it."""

    def half(self, file, **_):
        file.write(b"half")
        raise error

    old = tmp_path / "out" / "houses.png"
    old.parent.mkdir()
    old.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", half)
    ran = run("houses")
    assert (ran.status, ran.err.count("\n")) == ((2, 1) if isinstance(error, OSError) else (130, 1))
    assert old.read_bytes() == b"old"
    assert list(old.parent.iterdir()) == [old]


def test_ctrl_c_ends_without_a_traceback(run, monkeypatch):
    """Exit status 130 and one word."""

    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(derivation, "run", interrupted)
    assert run("derivation") == (130, "", "interrupted\n")


@pytest.mark.parametrize("name", ["list", "derivation"])
def test_a_closed_pipe_ends_without_a_traceback(name):
    """As in `python -m demos derivation | head -1`, whether the output is short or long."""
    program = f"from demos.__main__ import main; main([{name!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_terminal_that_knows_no_letter_gets_a_question_mark():
    """An ASCII stdout is no error."""
    ran = shell("-m", "demos", "trajectory", "--help", env={"PYTHONIOENCODING": "ascii"})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "SGD (?2)" in ran.stdout


@pytest.mark.parametrize(("package", "name"), [("torch", "derivation"), ("matplotlib", "starts")])
def test_a_missing_package_is_named_with_its_extra(package, name):
    """Without matplotlib or torch: what to install, in one line."""
    absent = f"import sys; sys.modules[{package!r}] = None"
    ran = shell("-c", f"{absent}; from demos.__main__ import main; main([{name!r}])")
    refused(Ran(ran.returncode, ran.stdout, ran.stderr), f"{package} is not installed; pip install")


def test_the_list_and_the_table_of_sections_need_neither_matplotlib_nor_torch():
    """`python -m demos list` is quick, and a page can read the table."""
    program = (
        "import sys; sys.modules['torch'] = sys.modules['matplotlib'] = None\n"
        "import demos._shared.sections; from demos.__main__ import main; main(['list'])"
    )
    assert shell("-c", program).returncode == 0


# trajectory


def test_the_summary_is_the_engine_s(run):
    """Start, end and true weights, and the loss at each, of the path that fit records."""
    rng = np.random.default_rng(5)
    X, y = synthetic_data([2, -3.4], 4.2, 1000, noise=0.01, rng=rng)
    path = fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=rng)
    ran = run("--seed", "5")
    rows = {"start ": 0, "end, after 300 steps": -1}
    for label, t in rows.items():
        w, b = path.w[t], path.b[t]
        shown = [f"{v:.4f}" for v in (*w, b)] + [f"{loss(X, y, w, b):.4g}"]
        assert line(ran, label).removeprefix(label).split() == shown
    floor = f"{loss(X, y, [2, -3.4], 4.2):.4g}"
    assert line(ran, "true").split() == ["true", "2.0000", "-3.4000", "4.2000", floor]


def test_the_summary_of_the_houses_stands_beside_least_squares(run):
    """Standardised, and said so; the lowest point is where the gradient is zero."""
    X, y = load_houses()
    ran = run("--data", "houses")
    assert "standardised" in ran.out
    *_, level = numbers(line(ran, "least squares"))
    A = np.column_stack([X, np.ones(len(y))])
    floor = ((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2).mean() / 2  # in any units of X
    assert f"{level:.4g}" == f"{floor:.4g}"
    assert numbers(line(ran, "end"))[-1] >= level


def test_the_path_is_seen_on_the_surface(run, tmp_path):
    """In both panels: thousands of pixels in the colour of the path, on a surface."""
    run()
    for half in np.array_split(pixels(tmp_path / "out" / "trajectory.png"), 2, axis=1):
        assert near(half, OF_PATH) > 1000
        assert near(half, DARKEST) > 1000


def test_the_start_at_the_corner_is_drawn_whole():
    """The worked example starts at the edge of its surface: the mark is not cut off there."""
    _, _, path = trajectory_demo.worked_example(0)
    _, ax = plt.subplots()
    descent(ax, path.w)
    plt.close("all")
    (start,) = [mark for mark in ax.lines if mark.get_label() == "start"]
    assert start.get_xydata().tolist() == [path.w[0].tolist()]
    assert not start.get_clip_on()


@pytest.mark.parametrize("data", ["example", "houses"])
def test_the_arrows_point_along_the_path(data):
    """Each arrow's tip lies ahead of its foot, in the direction in which the path goes there."""
    scene = SCENES[data](argparse.Namespace(seed=0))[0]
    plt.close("all")
    _, ax = plt.subplots()
    descent(ax, scene.path)
    plt.close("all")
    assert len(ax.texts) == 5
    for arrow in ax.texts:
        foot, tip = np.array(arrow.xyann), np.array(arrow.xy)
        (t,) = np.flatnonzero((scene.path == foot).all(axis=1))
        assert (tip - foot) @ (
            scene.path[min(t + 5, scene.path.shape[0] - 1)] - scene.path[t - 5]
        ) > 0


def test_animate_writes_the_descent_as_a_gif(run, tmp_path):
    """A few seconds, modest in size; the path grows and ends where the training ends."""
    ran = run("--animate")
    assert [Path(p).name for p in written(ran)] == ["trajectory.png", "trajectory.gif"]
    file = tmp_path / "out" / "trajectory.gif"
    assert file.stat().st_size < 1_000_000
    with Image.open(file) as gif:
        seconds, frames = 0, []
        for i in range(gif.n_frames):
            gif.seek(i)
            seconds += gif.info["duration"] / 1000
            frames.append(near(pixels(gif), OF_PATH))
    assert 3 < seconds < 10
    assert frames[-1] > 2 * frames[0]
    assert all(b > 0.97 * a for a, b in pairwise(frames))  # the square of the end covers a little


@pytest.fixture
def log(tmp_path):
    """A log as torch prints it, of a path of d weights."""

    def log_(w: list[float], name: str = "notebook.log") -> tuple[Path, Trajectory]:
        X, y = synthetic_data(w, 4.2, 100, rng=0)
        path = fit(X, y, lr=0.1, rng=0)
        path.write_log(tmp_path / name)
        return tmp_path / name, path

    return log_


@pytest.mark.parametrize("d", [1, 2, 3, 9])
def test_somebody_s_log_is_drawn(run, tmp_path, log, d):
    """Any number of weights; the first and the last printed point are told."""
    file, path = log([float(j + 1) for j in range(d)])
    ran = run("--log", str(file))
    assert (ran.status, ran.err) == (0, "")
    assert written(ran) == [str(tmp_path / "out" / "trajectory_log.png")]
    for label, t in (("first", 0), ("last", -2)):  # the log lacks the point after the last step
        assert f"{path.w[t][0]:.4f}" in line(ran, label)
        assert line(ran, label).endswith(f"b {path.b[t]:.4f}")
    assert "so no loss; the point after the last step" in ran.out


def test_a_log_has_no_surface_unless_its_lowest_point_is_told(run, tmp_path, log):
    """Without data the loss is not known: only --true draws one, and states the assumption."""
    file, _ = log([2, -3.4])
    run("--log", str(file))
    assert near(pixels(tmp_path / "out" / "trajectory_log.png"), DARKEST) == 0
    ran = run("--log", str(file), "--true", "2", "-3.4")
    assert near(pixels(tmp_path / "out" / "trajectory_log.png"), DARKEST) > 1000
    assert line(ran, "true").endswith("(as given)")


def test_the_assumed_surface_is_the_loss_of_standard_normal_features(log):
    """½‖w − true w‖², as E[xxᵀ] = 1 makes of the loss above its minimum."""
    file, _ = log([2, -3.4])
    scene = SCENES["log"](argparse.Namespace(log=file, true=[2, -3.4]))[0]
    plt.close("all")
    assert "if X is standard normal" in scene.height_name
    assert [scene.height(np.array(w)) for w in ([2, -3.4], [3, -3.4], [2, 0.6])] == [0, 0.5, 8]


def test_a_saved_trajectory_is_drawn_too(run, tmp_path, log):
    """--log FILE.npz reads what Trajectory.save wrote."""
    _, path = log([2, -3.4])
    path.save(tmp_path / "path.npz")
    ran = run("--log", str(tmp_path / "path.npz"))
    assert f"{path.w[-1][0]:.4f} {path.w[-1][1]:.4f}" in line(ran, "last")
    assert "Not in a printed log" not in ran.out


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("no tensors here\n", "", "no record"),
        ("w: tensor([[1.], [2.]])\nw: tensor([[1.], [?]])\n", "", "line 2"),
        (
            "w: tensor([[nan], [2.]])\n",
            "",
            r"a finite point under 1e\+100, got one that begins with \[nan 2",
        ),
        ("w: tensor([[1.], [2.]])\n", "--true 1 2 3", "--true needs 2 finite numbers"),
        ("w: tensor([[1.], [2.]])\n", "--true 1 inf", "--true needs 2 finite numbers"),
        ("w: tensor([[1.], [2.], [3.]])\n", "--animate", "--animate needs a path in a plane"),
    ],
)
def test_a_log_that_cannot_be_drawn_is_refused(run, tmp_path, text, options, message):
    """In one line, with the reason."""
    (tmp_path / "log.txt").write_text(text)
    refused(run("--log", str(tmp_path / "log.txt"), *options.split()), message)


@pytest.mark.filterwarnings("default")
def test_a_log_that_diverges_is_drawn_up_to_there(run, tmp_path):
    """And a warning, of one line, says where."""
    text = "".join(f"w: tensor([[{x}], [1.]])\n" for x in ("1.", "5.", "inf", "nan"))
    (tmp_path / "log.txt").write_text(text)
    ran = run("--log", str(tmp_path / "log.txt"))
    assert ran.status == 0
    assert re.fullmatch(r"python -m demos trajectory: warning: point 2 .* not finite.*\n", ran.err)
    assert "last   w 5.0000 1.0000" in ran.out


# derivation


def test_every_section_is_shown_once(run):
    """§0 to §1.3h and §2, in order, each with its equation, in 100 columns."""
    ran = run("derivation", out=False)
    shown = re.findall(r"(?m)^§(\S+)   (.+)$", ran.out)
    assert shown == [(section.number, section.equation) for section in sections.SECTIONS]
    expected = "0 1.1a 1.1b 1.2a 1.2b 1.3a 1.3b 1.3c 1.3d 1.3e 1.3f 1.3g 1.3h 2"
    assert [number for number, _ in shown] == expected.split()
    assert max(map(len, ran.out.splitlines())) <= 100


@pytest.mark.parametrize("section", sections.SECTIONS, ids=lambda s: s.number)
def test_each_equation_stands_over_its_function(section):
    """The equation of the table and its § are those of the function's docstring."""
    docs = [g.__doc__ or "" for g in section.functions]
    assert any(f"{section.equation}   (§{section.number}" in doc for doc in docs)


@pytest.mark.parametrize("section", sections.SECTIONS, ids=lambda s: s.number)
def test_the_numbers_shown_are_the_engine_s_and_torch_s(run, monkeypatch, section):
    """Every number is computed when it is shown, by either, and compared to the last bit."""
    monkeypatch.setattr(derivation, "SECTIONS", [section])
    ran = run("derivation", "--seed", "4", out=False)
    args = (*derivation.three_houses(4), derivation.W, derivation.B)
    ours, theirs = section.values(sections.OURS, *args), section.values(autograd, *args)
    assert ours.keys() == theirs.keys()
    for name in ours:
        a, b = float(ours[name]), float(theirs[name])
        assert numbers(line(ran, f"{name} "))[-3:] == [a, b, derivation.ulps(a, b)]


def test_the_names_tell_what_the_numbers_are():
    """Each number against NumPy by its name: the names are not mixed up (hence the tolerance)."""
    X, y = derivation.three_houses(1)
    w, b = derivation.W, derivation.B
    r = X @ w + b - y
    g = np.column_stack([X, np.ones(3)]).T @ r / 3
    g_B = np.append(X[:2].T @ r[:2], r[:2].sum()) / 2
    after = np.append(w, b) - sections.LR * g_B
    expected = {
        "L": (r @ r) / 6,
        "∂ŷ/∂b": 1.0,
        "w_area": after[0],
        "w_age": after[1],
        "b": after[2],
    }
    for name, grad in zip(("∂L/∂w_area", "∂L/∂w_age", "∂L/∂b"), g, strict=True):
        expected |= {name: grad, name.replace("∂L/∂w", "∇w L"): grad}
    per_house = {
        "price": r + y, "ŷ": r + y, "l": r**2 / 2, "∂l/∂ŷ": r, "∂l/∂b": r,
        "∂l/∂w_area": r * X[:, 0], "∂l/∂w_age": r * X[:, 1],
        "∂ŷ/∂w_area": X[:, 0], "∂ŷ/∂w_age": X[:, 1],
    }  # fmt: skip
    for name, values in per_house.items():
        expected |= {f"{name}, house {i}": v for i, v in enumerate(values, 1)}
    for section in sections.SECTIONS[:-1]:
        for name, value in section.values(sections.OURS, X, y, w, b).items():
            assert float(value) == pytest.approx(expected[name], rel=1e-12), (section.number, name)


def test_the_last_section_trains_from_the_given_point():
    """§2: three epochs in batches of two, as fit does it."""
    X, y = derivation.three_houses(1)
    w, b = derivation.W, derivation.B
    path = fit(X, y, lr=sections.LR, batch_size=2, epochs=3, w=w, b=b, rng=0)
    values = sections.SECTIONS[-1].values(sections.OURS, X, y, w, b)
    assert [*values.values()] == [*path.w[-1], path.b[-1]]


def test_three_of_the_houses_are_shown(run):
    """Three different ones, drawn by the seed, each a row of the data."""
    X, y = load_houses()
    shown = set()
    for seed in range(5):
        ran = run("derivation", "--seed", str(seed), out=False)
        rows = re.findall(r"(?m)^    house . +area +(\S+) +age +(\S+) +y +(\S+)$", ran.out)
        assert len(rows) == 3
        assert {tuple(map(float, row)) for row in rows} <= {
            (*x, y_i) for x, y_i in zip(X, y, strict=True)
        }
        shown.add(tuple(rows))
    assert len(shown) == 5


def test_the_sections_compute_with_the_functions_they_are_given():
    """Nothing is stored: other functions give other numbers."""
    X, y = derivation.three_houses(0)
    for section in sections.SECTIONS:
        known = vars(sections.OURS)
        broken = argparse.Namespace(
            **{k: lambda *a, g=g, **o: _doubled(g(*a, **o)) for k, g in known.items()}
        )
        before, after = (
            section.values(f, X, y, derivation.W, derivation.B) for f in (sections.OURS, broken)
        )
        assert before.keys() == after.keys()
        assert all(before[name] != after[name] for name in before)


def _doubled(value):
    if isinstance(value, Trajectory):
        return Trajectory(2 * value.w, 2 * value.b)
    return tuple(2 * v for v in value) if isinstance(value, tuple) else 2 * value


def test_the_source_is_shown_without_its_docstring(run):
    """Signature and body, word for word, and nothing else of the function."""
    shown = run("derivation", out=False).out
    assert '"""' not in shown
    for section in sections.SECTIONS:
        for g in section.functions:
            code = derivation.source(g)
            assert code in shown
            assert re.sub(r' +""".*?"""\n', "", inspect.getsource(g), flags=re.S) == code


def test_ulps_count_the_floats_between():
    """Steps from one float64 to the next."""
    assert derivation.ulps(1.0, 1.0) == 0
    assert derivation.ulps(0.0, 0.0) == 0
    assert derivation.ulps(-3.0, np.nextafter(-3.0, 0)) == 1
    assert derivation.ulps(0.1 + 0.2, 0.3) == 1
    assert derivation.ulps(1e300, 1e300 + 3 * np.spacing(1e300)) == 3


# starts and learning_rate


def test_from_every_start_training_ends_at_the_same_point(run):
    """Eight or more starts; every end is a hundred times nearer to the true w than any start."""
    ran = run("starts")
    X, y, _ = trajectory_demo.worked_example(0)
    ends = []
    for i, w in enumerate(starts.STARTS, 1):
        path = fit(X, y, lr=0.03, batch_size=10, epochs=3, w=w, b=4.2, rng=0)
        shown = line(ran, f"{i:7} ").split()
        assert shown[1:3] == [f"{v:.1f}" for v in w]
        assert shown[4:6] == [f"{v:.4f}" for v in path.w[-1]]
        assert shown[3] == f"{loss(X, y, w, 4.2):.3f}"
        ends.append(path.w[-1])
    away = np.linalg.norm(np.array(starts.STARTS) - [2, -3.4], axis=1)
    assert len(away) >= 8
    assert 100 * np.linalg.norm(np.array(ends) - [2, -3.4], axis=1).max() < away.min()


def test_below_the_limit_every_step_lowers_the_loss_and_above_it_grows():
    """The theorem of full-batch descent, for the four rates that are drawn."""
    X, y, _ = trajectory_demo.worked_example(0)
    limit = max_lr(X)
    parts = [part for part, *_ in learning_rate.RATES.values()]
    assert parts == sorted(parts)
    assert parts[2] < 1 < parts[3]
    for part in parts:
        L = learning_rate.losses(X, y, part * limit)
        rounding = 2 * loss_bound(X, y, [2, -3.4], 4.2, np.float64)
        if part < 1:
            assert all(b <= a + rounding for a, b in pairwise(L))
        else:
            assert L[-1] > 10 * min(L)


def test_the_limit_is_told_and_marked(run):
    """2/λ_max of the data; the rates as parts of it; the last losses of just those trainings."""
    X, y, _ = trajectory_demo.worked_example(0)
    ran = run("learning_rate")
    assert f"2/λ_max = {max_lr(X):.4f}" in ran.out
    for name, (part, *_) in learning_rate.RATES.items():
        last = learning_rate.losses(X, y, part * max_lr(X))[-1]
        lr, ratio, _, shown = line(ran, name).removeprefix(name).split()
        assert (lr, ratio, shown) == (f"{part * max_lr(X):.4f}", f"{part:.3f}", f"{last:.4g}")


# houses


def test_the_houses_equal_least_squares(run):
    """Dollars per square foot and per year, from features that were never standardised."""
    X, y = load_houses()
    A = np.column_stack([X * [100, 1], np.ones(len(y))])
    exact = np.linalg.lstsq(A, y * 1000, rcond=None)[0]
    (w, b), least_squares, _ = houses.train(houses._houses(), seed=0)
    # What is left of the way, 1e-12, and the rounding of either solution: κ(A)² u.
    tolerance = (1e-12 + np.linalg.cond(A) ** 2 * 2.0**-53) * np.linalg.norm(exact)
    assert np.abs([*w, b] - exact).max() <= tolerance
    assert np.abs([*least_squares[0], least_squares[1]] - exact).max() <= tolerance
    ran = run("houses")
    labels = ("area, $ per square foot", "age, $ per year", "constant, $")
    for label, value in zip(labels, exact, strict=True):
        assert line(ran, label).removeprefix(label).split() == [f"{value:,.6g}"] * 2


def test_one_house_is_predicted(run):
    """In dollars, from square feet and years."""
    X, y = load_houses()
    A = np.column_stack([X, np.ones(len(y))])
    value = 1000 * np.array([15, 30, 1]) @ np.linalg.lstsq(A, y, rcond=None)[0]
    ran = run("houses", "--area", "1500", "--age", "30")
    assert f"At area = 1,500, age = 30: price in $ = {value:,.6g}, give or take" in ran.out
    assert "Extrapolated" not in ran.out


def test_a_house_unlike_those_sold_is_said_to_be_extrapolated(run):
    """As when hundreds of square feet are given."""
    ran = run("houses", "--area", "15", "--age", "30")
    assert "Extrapolated: area = 15 is outside the data, 576 to 4,761" in ran.out


@pytest.fixture
def own(run, tmp_path):
    """Run `houses` on a CSV file of this content."""

    def own_(content: str | bytes, *options: str, target: str = "y", features: str = "A,B") -> Ran:
        file = tmp_path / "own.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        names = ("--target", target, "--features", features)
        return run("houses", "--csv", str(file), *names, *options)

    return own_


def test_your_own_file_is_fitted(own, tmp_path):
    """Weights in the units of the file, beside the least squares; --at predicts."""
    table = np.loadtxt(GOOD.splitlines(), delimiter=",", skiprows=1)
    A = np.column_stack([table[:, :2], np.ones(len(table))])
    exact = np.linalg.lstsq(A, table[:, 2], rcond=None)[0]
    ran = own(GOOD, "--at", "2", "-5")
    assert written(ran) == [str(tmp_path / "out" / "houses_csv.png")]
    for label, value in zip(("A", "B", "constant"), exact, strict=True):
        assert line(ran, f"{label} ").split()[1:] == [f"{value:,.6g}"] * 2
    assert f"At A = 2, B = -5: y = {exact @ [2, -5, 1]:,.6g}, give or take" in ran.out
    assert "Extrapolated: B = -5 is outside the data, 0 to 4" in ran.out


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", ", "),
        GOOD + "\n\n",
        GOOD.rstrip("\n"),
        GOOD.replace("A,B", 'A, "B"'),
        GOOD.replace("\n", ",words\n"),
    ],
    ids=["crlf", "mark", "semicolon", "tab", "blanks", "ends", "no-end", "quotes", "words"],
)
def test_files_as_programs_write_them_are_read(own, content):
    """Each gives the numbers of the plain file; a column that is not used may hold anything."""
    assert own(content).out == own(GOOD).out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            GOOD.replace("\n3,2,", "\nold,2,"),
            r"row 4 \(line 5\), column 'A': 'old' is not a number",
        ),
        (GOOD.replace("\n3,2,", "\n3,,"), r"row 4 \(line 5\), column 'B': the cell is blank"),
        (GOOD.replace("\n3,2,", "\n3, ,"), r"row 4 \(line 5\), column 'B': the cell is blank"),
        (GOOD.replace("\n3,2,", "\n3,NaN,"), r"row 4 \(line 5\), column 'B': NaN is not a finite"),
        (GOOD.replace("\n3,2,", "\n-inf,2,"), r"row 4 \(line 5\), column 'A': -inf is not a fin"),
        (GOOD.replace("\n3,2,", "\n1e200,2,"), r"row 4 \(line 5\), column 'A': 1e200 is not a fin"),
        (
            GOOD.replace("\n3,2,", "\n1_0,2,"),
            r"row 4 \(line 5\), column 'A': '1_0' is not a number",
        ),
        (GOOD.replace("\n3,2,", '\n"1,5",2,'), r"column 'A': '1,5' is not a number: .* no comma"),
        (GOOD.replace("\n3,2,", "\nNA,NA,"), r"row 4 .* \(and 1 more like it\)"),
        (GOOD.replace("\n3,2,", "\n3,2,2,"), r"row 4 \(line 5\): 4 cells under 3 column names"),
        (GOOD.replace("\n3,2,", "\n\n3,"), r"row 4 \(line 6\): 2 cells under 3 column names"),
        (GOOD + ",,\n", r"row 10 \(line 11\), column 'A': the cell is blank \(and 2 more"),
        (GOOD.replace("A,B,y", "A,C,y"), "has no column 'B'; its first line names 'A', 'C', 'y'"),
        (GOOD.replace("A,B,y", "A,A,y"), "has 2 columns 'A'"),
        (GOOD.replace("A,B,y\n", ""), "has no column 'A'; its first line names '0', '0'"),
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("A,B,y\n", "has one line only"),
        ("A,B,y\n1,2,3\n", "column 'A' is constant"),
        ("A,B,y\n1,2,3\n2,2,4\n3,2,1\n", r"column 'B' is constant \(2 in every row\)"),
        ("A,B,y\n1,2,3\n2,1,3\n3,2,3\n", "column 'y' is constant"),
        ("A,B,y\n1,2,3\n2,1,4\n", "2 features need 3 rows or more.*got 2 rows"),
        ("A,B,y\n1,2,3\n2,4,4\n3,6,9\n4,8,0\n", "follow from the others, got 4 rows of rank 2"),
        (GOOD.encode("utf-16"), "must be UTF-8 text"),
        ("Größe".encode("latin-1") + GOOD.encode(), "must be UTF-8 text"),
        ("A,B,y\n" + "1" * 200_000 + ",2,3\n", "must be a CSV file"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(own, tmp_path, content, message):
    """Named by row, line and column; no picture is written."""
    refused(own(content), message)
    assert not (tmp_path / "out").exists()


def test_a_prediction_needs_a_number_for_each_feature(own):
    """--at with one number for two features."""
    refused(own(GOOD, "--at", "3"), "--at needs 2 numbers, one a feature, got 1")


@pytest.mark.filterwarnings("default")
def test_features_that_nearly_depend_on_each_other_bring_a_warning(own):
    """Descent would need too many steps, and says so in one line."""
    nearly = "A,B,y\n" + "".join(f"{i},{i + i * i % 7 * 1e-6:.6f},{i % 3}\n" for i in range(9))
    ran = own(nearly)
    assert ran.status == 0
    assert re.fullmatch(r"python -m demos houses: warning: .* nearly dependent.*\n", ran.err)
    assert "100000 steps" in ran.out


def test_names_with_dollar_signs_are_no_mathematics(own):
    """matplotlib would set what stands between two of them as a formula, or fail."""
    content = GOOD.replace("A,B,y", "$A^$,B,$_y$")
    assert own(content, target="$_y$", features="$A^$,B").status == 0
