"""The demo trajectory: what it prints and draws is what the data say, in both languages."""

from __future__ import annotations

import argparse
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager, rc_context
from matplotlib import pyplot as plt
from matplotlib.text import Text
from PIL import Image
from running import assert_one_error, count_pixels, pixels, run, run_once

from demos import trajectory
from demos.__main__ import make_parser
from demos._shared import chinese
from demos._shared.plots import animate
from demos._shared.summary import WORDS, width
from linreg_np import Trajectory, fit, load_houses, loss, synthetic_data
from linreg_np.plotting import VERMILLION, Scene, draw_path

DARKEST = "#440154"  # of viridis: the lowest part of a surface


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_the_summary_is_that_of_the_path():
    """Start, end and true weights of the path that fit records, and the loss at each."""
    rng = np.random.default_rng(5)
    X, y = synthetic_data([2, -3.4], 4.2, 1000, noise=0.01, rng=rng)
    path = fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=rng)
    ran, _ = run_once("trajectory", "--seed", "5")
    points = {"start ": (path.w[0], path.b[0]), "end, after 300 steps": (path.w[-1], path.b[-1])}
    for label, (w, b) in {**points, "true ": (np.array([2, -3.4]), 4.2)}.items():
        shown = [f"{v:.4f}" for v in (*w, b)] + [f"{loss(X, y, w, b):.4g}"]
        assert ran.line(label).split() == shown


def test_the_houses_end_near_least_squares():
    """The lowest loss is that of least squares, in whatever units the features are."""
    X, y = load_houses()
    ran, _ = run_once("trajectory", "--data", "houses")
    A = np.column_stack([X, np.ones(len(y))])
    lowest = ((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2).mean() / 2
    assert ran.line("least squares").split()[-1] == f"{lowest:.4g}"
    assert lowest <= float(ran.line("end, after 220 steps").split()[-1]) < 1.1 * lowest
    assert "standardised" in ran.out


@pytest.mark.thorough
def test_another_seed_gives_another_path():
    """Other numbers and another picture."""
    (ran, one), (again, other) = (run_once("trajectory", *s) for s in ([], ["--seed", "5"]))
    assert ran.out != again.out
    assert (one / "trajectory.png").read_bytes() != (other / "trajectory.png").read_bytes()


def test_the_path_is_seen_on_the_surface():
    """In both panels: thousands of pixels in the colour of the path, on a surface."""
    picture = pixels(run_once("trajectory")[1] / "trajectory.png")
    for half in np.array_split(picture, 2, axis=1):
        assert count_pixels(half, VERMILLION) > 1000
        assert count_pixels(half, DARKEST) > 1000


def test_start_and_arrows_are_on_the_path():
    """The start is not cut off at the edge; each arrow points to where the path goes."""
    scene = trajectory.houses_scene(argparse.Namespace(seed=0))[0]
    _, ax = plt.subplots()
    draw_path(ax, scene.path)
    (start,) = [mark for mark in ax.lines if mark.get_label() == "start"]
    assert start.get_xydata().tolist() == [scene.path[0].tolist()]
    assert not start.get_clip_on()
    assert len(ax.texts) == 5
    for arrow in ax.texts:
        foot, tip = np.array(arrow.xyann), np.array(arrow.xy)
        (t,) = np.flatnonzero((scene.path == foot).all(axis=1))
        assert (tip - foot) @ (scene.path[min(t + 5, len(scene.path) - 1)] - scene.path[t - 5]) > 0


def assert_path_grows(file, seconds):
    with Image.open(file) as gif:
        duration, frames = 0, []
        for i in range(gif.n_frames):
            gif.seek(i)
            duration += gif.info["duration"] / 1000
            frames.append(count_pixels(pixels(gif), VERMILLION))
    assert seconds < duration < 3 * seconds
    assert frames[-1] > 2 * frames[0]
    assert all(b > 0.95 * a for a, b in pairwise(frames))  # the square of the end covers a little


@pytest.mark.thorough
def test_the_animation_shows_the_path_grow(tmp_path):
    """To its end, where the last frame stays for a second."""
    path = np.linspace([0, 0], [2, -3.4], 50)
    (tmp_path / "a.gif").write_bytes(animate(Scene(path, ("w₁", "w₂")), frames=6, fps=6))
    assert_path_grows(tmp_path / "a.gif", seconds=1)


@pytest.mark.thorough
def test_animate_writes_a_gif_of_modest_size(tmp_path):
    ran = run("--animate", "--out", str(tmp_path))
    assert ran.written() == [str(tmp_path / f"trajectory.{kind}") for kind in ("png", "gif")]
    assert (tmp_path / "trajectory.gif").stat().st_size < 1_000_000
    assert_path_grows(tmp_path / "trajectory.gif", seconds=3)


# logs


@pytest.fixture
def log(tmp_path):
    """Run the demo on a log, as torch prints it, of a path with d weights."""

    def log_(d: int, *options: str, bias: bool = True, text: str = ""):
        path = fit(*synthetic_data([2, -3.4, 1, 1, 1, 1, 1, 1, 1][:d], 4.2, 100, rng=0), rng=0)
        path = path if bias else Trajectory(path.w)
        file = tmp_path / "notebook.log"
        file.write_text(text) if text else path.write_log(file)
        return run("--log", str(file), "--out", str(tmp_path), *options), path

    return log_


@pytest.mark.parametrize("d", [1, 2, 9])
def test_a_log_is_drawn(tmp_path, log, d):
    """With any number of weights; the first and the last printed point are shown."""
    ran, path = log(d)
    assert (ran.status, ran.err) == (0, "")
    assert ran.written() == [str(tmp_path / "trajectory_log.png")]
    for label, t in (("first", 0), ("last", -2)):  # the log lacks the point after the last step
        assert f"{path.w[t][0]:.4f}" in ran.line(label)
        assert ran.line(label).endswith(f"b {path.b[t]:.4f}")
    assert "no loss" in ran.out


@pytest.mark.parametrize(("d", "bias"), [(2, True), (9, False)])
def test_a_log_is_described_in_chinese(log, d, bias):
    """Its first and last point, and what it does not hold."""
    ran, _ = log(d, *(["--true", "2", "-3.4"] if d == 2 else []), "--lang", "zh", bias=bias)
    assert re.search(rf"notebook.log：3\d 个点，{d} 个权重\n", ran.out)
    assert all(f"{WORDS['zh'][key]} w" in ran.out.replace("  ", " ") for key in ("first", "last"))
    assert "没有数据" in ran.out
    assert (WORDS["zh"]["no bias"] in ran.out) == (not bias)
    assert (WORDS["zh"]["given"] in ran.out) == (d == 2)
    assert ("（共 9 个）" in ran.out) == (d == 9)


@pytest.mark.parametrize(
    ("text", "holds", "lacks"),
    [
        ("w: 1 b: 2\nw: 3 b: 4\n", "w and b", {"unknown ends"}),
        ("w: 1\n", "w", {"no bias", "unknown ends"}),
        ("w: 1 b: 2 dw: 3 db: 4\nw: 3 b: 4 dw: 3 db: 4\n", None, {"no last point"}),
        ("w: 1 b: 2 dw: 3 db: 4\nfinal w: 3 b: 4\n", None, set()),
    ],
)
def test_the_summary_says_what_a_log_holds_and_what_it_lacks(log, text, holds, lacks):
    """And no more than that."""
    ran, _ = log(1, text=text)
    assert ran.status == 0
    assert f"holds {holds or 'w and b and their gradients'}; not the data" in ran.out
    ends = {"no bias", "no last bias", "no last point", "unknown ends"}
    assert {key for key in ends if WORDS["en"][key] in ran.out} == lacks


@pytest.mark.filterwarnings("default")
def test_a_log_that_ends_before_its_last_bias_is_drawn_to_its_last_weights(log):
    """The summary names the b that is missing, and no number stands for it."""
    text = "w: [1. 2.]\nw.grad: [1. 1.]\nb: 3.\nb.grad: 1.\nw: [5. 6.]\nw.grad: [1."
    ran, _ = log(2, text=text)
    assert ran.status == 0
    assert ran.line("last").split() == ["w", "5.0000", "6.0000"]
    assert WORDS["en"]["no last bias"] in ran.out


def test_a_log_has_no_surface_unless_its_lowest_point_is_given(tmp_path, log):
    """Then ½‖w − true w‖² is drawn: the loss above its minimum for E[xxᵀ] = 1, as is stated."""
    log(2)
    assert count_pixels(pixels(tmp_path / "trajectory_log.png"), DARKEST) == 0
    ran, _ = log(2, "--true", "2", "-3.4")
    assert count_pixels(pixels(tmp_path / "trajectory_log.png"), DARKEST) > 1000
    assert ran.line("true").endswith("(as given)")
    args = argparse.Namespace(log=tmp_path / "notebook.log", true=[2, -3.4])
    scene = trajectory.log_scene(args)[0]
    assert scene.height_name == "½‖w − true w‖²"
    assert [scene.height(np.array(w)) for w in ([2, -3.4], [3, -3.4], [2, 0.6])] == [0, 0.5, 8]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("no tensors here\n", "", "no record"),
        ("w: tensor([[1.], [2.]])\nw: tensor([[1.], [?]])\n", "", "line 2"),
        ("w: tensor([[nan], [2.]])\n", "", r"a finite point .* begins with \[nan"),
        ("w: tensor([[1.], [2.]])\n", "--true 1 2 3", "--true needs 2 finite numbers"),
        ("w: tensor([[1.], [2.]])\n", "--true 1 inf", "--true needs 2 finite numbers"),
        ("w: tensor([[1.], [2.], [3.]])\n", "--animate", "--animate needs a path of two weights"),
    ],
)
def test_a_log_that_cannot_be_drawn_is_refused(log, text, options, message):
    """In one line, with the reason."""
    assert_one_error(log(2, *options.split(), text=text)[0], message)


@pytest.mark.filterwarnings("default")
def test_a_log_that_diverges_is_drawn_up_to_there(log):
    """And a warning of one line says where."""
    text = "".join(f"w: tensor([[{x}], [1.]])\n" for x in ("1.", "5.", "inf", "nan"))
    ran, _ = log(2, text=text)
    assert ran.status == 0
    assert re.fullmatch(r".*trajectory: warning: point 2 .* not finite.*\n", ran.err)
    assert ran.line("last").split() == ["w", "5.0000", "1.0000"]


# languages


@pytest.mark.sample(2)
@pytest.mark.parametrize("options", [[], ["--data", "houses"]])
def test_both_languages_give_the_same_numbers(options):
    """In columns of the same width, a Chinese character being two wide; no English is left."""
    en, zh = (run_once("trajectory", *options, *lang)[0].out for lang in ([], ["--lang", "zh"]))
    rows_en, rows_zh = (text.splitlines()[-3:] for text in (en, zh))
    assert [row.split()[-4:] for row in rows_en] == [row.split()[-4:] for row in rows_zh]
    assert len({width(row) for row in zh.splitlines()[-4:]}) == 1
    said = [x for x in zh.splitlines() if not x.startswith("wrote ") and x != chinese.NO_FONT]
    assert re.findall("[A-Za-z]{2,}", "".join(said)) == []


def test_both_languages_have_the_same_texts():
    """With the same numbers inserted."""
    assert {k: v.count("{}") for k, v in WORDS["en"].items()} == {
        k: v.count("{}") for k, v in WORDS["zh"].items()
    }


@pytest.mark.parametrize(
    "options",
    ["", "--data houses", "--data area", "--log a.log", "--log b.log", "--log a.log --true 2 3"],
)
def test_no_english_word_is_left_in_a_chinese_picture(options, tmp_path, monkeypatch):
    """Every text of the figure: titles, labels, legends; SGD and --true keep their names."""
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_text("w: [0. 0.] b: 0\nw: [1. 2.] b: 1\n", encoding="utf-8")
    Path("b.log").write_text("w: [1. 2. 3. 4. 5. 6. 7. 8.] b: 0\n", encoding="utf-8")
    monkeypatch.setattr(trajectory, "use_chinese_font", lambda: True)
    args = make_parser("", trajectory).parse_args([*options.split(), "--lang", "zh"])
    _, fig = next(trajectory.run(args))
    texts = " ".join(text.get_text() for text in fig.findobj(Text))
    plt.close(fig)
    assert re.search("[\u4e00-\u9fff]", texts)
    assert set(re.findall("[A-Za-z]{2,}", texts)) <= {"SGD", "true", "mathdefault"}


def test_a_font_installed_since_matplotlib_listed_them_is_found(monkeypatch):
    """Its list stands in a cache; a file that is no font is passed over."""
    manager, name = font_manager.fontManager, "DejaVu Sans Mono"
    path = font_manager.findfont(name)
    monkeypatch.setattr(manager, "ttflist", [f for f in manager.ttflist if f.name != name])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [path, __file__])
    monkeypatch.setattr(chinese, "FONTS", (name,))
    with rc_context():
        assert chinese.use_chinese_font()


def test_without_a_chinese_font_the_picture_is_english_and_a_line_says_so(monkeypatch):
    """It names a package to install; nothing is drawn that the font has not."""
    monkeypatch.setattr(chinese, "FONTS", ())
    ran = run("trajectory", "--lang", "zh")
    assert (ran.status, ran.err) == (0, "")
    assert chinese.NO_FONT in ran.out.splitlines()
    assert "fonts-noto-cjk" in chinese.NO_FONT
