"""The path of the weights on the loss surface: the worked example, the houses, or your own log.

Without options: 1000 samples, two features, w = (2, −3.4), b = 4.2, three epochs of minibatch
SGD (§2). --data houses uses 211 real houses instead, with standardised features; --data area their
area alone, so that the bowl over (w, b) is drawn, and the line through the houses. --log FILE draws
what another training loop has printed. A log holds no data, so its loss is unknown: the surface is
drawn only if --true gives the lowest point, under an assumption that the picture states.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from demos import WIDTH
from demos.__main__ import main
from demos._shared.chinese import NO_FONT, in_chinese, translate, use_chinese_font
from demos._shared.plots import animate
from demos._shared.summary import WORDS, log_table, table
from linreg_np import (
    LossSurface,
    Trajectory,
    fit,
    load_houses,
    predict,
    standardise,
    synthetic_data,
    unstandardise,
)
from linreg_np.plotting import (
    MAX_DRAWN,
    PATH,
    Scene,
    casing,
    cut_at_infinity,
    draw_contours,
    draw_scene,
    draw_weights,
    scene_of,
)

W, B = np.array([2.0, -3.4]), 4.2
Summary = Callable[[str], str]  # from a language of --lang to the text that is printed


def options(parser: argparse.ArgumentParser) -> None:
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--data",
        choices=["example", "houses", "area"],
        default="example",
        help="what to train on",
    )
    data.add_argument(
        "--log", type=Path, metavar="FILE", help="draw a printed log (or an .npz file)"
    )
    parser.add_argument(
        "--true", type=float, nargs="+", metavar="W", help="with --log: the true weights"
    )
    parser.add_argument("--lang", choices=list(WORDS), default="en", help="output language")
    parser.add_argument("--animate", action="store_true", help="also write the path as a GIF")


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if args.true and not args.log:
        raise ValueError("--true needs --log: for other data the lowest point is known")
    is_chinese = args.lang == "zh" and use_chinese_font()
    if args.lang == "zh" and not is_chinese:
        print(NO_FONT)
    kind = "log" if args.log else args.data
    make_scene = {"log": log_scene, "houses": houses_scene, "area": area_scene}
    scene, fig, summary = make_scene.get(kind, example_scene)(args)
    if args.animate and not scene:
        raise ValueError("--animate needs a path of two weights, got another number")
    if is_chinese:
        translate(fig)
    name = "trajectory" if kind == "example" else f"trajectory_{kind}"
    yield f"{name}.png", fig
    if args.animate:
        yield f"{name}.gif", animate(scene, in_chinese if is_chinese else str)
    print(summary(args.lang))


def worked_example(seed: int) -> tuple[Any, Any, Trajectory]:
    """X, y and the path of the worked example of §2."""
    rng = np.random.default_rng(seed)
    X, y = synthetic_data(W, B, 1000, noise=0.01, rng=rng)
    return X, y, fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=rng)


def example_scene(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y, path = worked_example(args.seed)
    surface = LossSurface.from_data(X, y)
    scene = Scene(
        path.w,
        ("w₁", "w₂"),
        W,
        "true w",
        lambda w: surface.loss(w, B),
        f"loss at b = {B}",
        box=(0, 5, -5, 0),
    )
    title = (
        f"{path.steps} steps of minibatch SGD lead from near (0, 0) to the true w = (2, −3.4);\n"
        f"b is trained, too, but the surface is drawn at b = {B}"
    )
    summary = partial(table, kind="example", X=X, y=y, path=path, w=W, b=B, name="true")
    return scene, draw(scene, title), summary


def houses_scene(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y = load_houses()
    Z, _, _ = standardise(X)
    path = fit(Z, y, lr=0.03, batch_size=10, epochs=10, rng=args.seed)
    surface = LossSurface.from_data(Z, y)
    scene = scene_of(path, surface)._replace(
        axes=("w_area, 1000 $", "w_age, 1000 $"),
        lowest_name="least squares",
        height_name=f"loss at b = {surface.b:.1f}, in (1000 $)²",
    )
    title = (
        f"211 houses, features standardised: {path.steps} steps of minibatch SGD reach the "
        "least-squares w\nand keep jittering around it; "
        f"the surface is drawn at b = {surface.b:.1f}"
    )
    w, b = surface.minimum
    summary = partial(table, kind="houses", X=Z, y=y, path=path, w=w, b=b, name="least squares")
    return scene, draw(scene, title), summary


def area_scene(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y = load_houses()
    z, mean, std = standardise(X[:, 0])
    path = fit(z, y, lr=0.03, batch_size=10, epochs=10, rng=args.seed)
    w, b = LossSurface.from_data(z, y).minimum
    scene = scene_of(path, LossSurface.from_data(z, y))._replace(
        axes=("w, 1000 $", "b, 1000 $"),
        lowest_name="least squares",
        height_name="loss, in (1000 $)²",
    )
    fig = plt.figure(figsize=(1.5 * WIDTH, 4.5))
    fig.suptitle(
        f"The price of 211 houses from their area alone, standardised: {path.steps} steps of "
        "minibatch SGD\nin the bowl over (w, b), and the line of some of these w and b"
    )
    draw_scene(scene, fig, width=0.69)
    draw_lines(fig.add_axes((0.755, 0.13, 0.235, 0.74)), X[:, 0], y, path, mean, std)
    summary = partial(
        table, kind="area", X=z[:, None], y=y, path=path, w=w, b=b, name="least squares"
    )
    return scene, fig, summary


def draw_lines(ax: Any, x: Any, y: Any, path: Trajectory, mean: Any, std: Any) -> None:
    """The houses, and the line through them at the start, after a few steps and at the end."""
    ax.plot(x, y, ".", color="gray", ms=4)
    ends = np.array([x.min(), x.max()])
    for t, style in ((0, ":"), (10, "--"), (30, "-."), (path.steps, "-")):
        w, b = unstandardise(*path[t], mean, std)
        heights = predict(ends, w[0], b)
        ax.plot(ends, heights, style, path_effects=casing() if style == "-" else None, **PATH)
        ax.annotate(f"{t} steps" if t else "start", (ends[1], heights[1]), ha="right", va="bottom")
    ax.set(xlabel="area, 100 square feet", ylabel="price, 1000 $")


def draw(scene: Scene, title: str) -> Any:
    """The figure of a scene with its surface."""
    left, _ = draw_scene(scene)
    left.figure.suptitle(title)
    return left.figure


def log_scene(args: argparse.Namespace) -> tuple[Scene | None, Any, Summary]:
    saved = args.log.suffix == ".npz"
    path = cut_at_infinity(Trajectory.load(args.log) if saved else Trajectory.read_log(args.log))
    d = path.w.shape[1]
    true = np.array(args.true) if args.true else None
    if true is not None and (len(true) != d or not (abs(true) < MAX_DRAWN).all()):
        raise ValueError(
            f"--true needs {d} finite numbers under {MAX_DRAWN:g}, one per weight, got {args.true}"
        )
    scene = Scene(path.w, ("w₁", "w₂"), true, "true w, as given") if d == 2 else None
    if scene and true is not None:
        scene = scene._replace(
            height=lambda w: ((w - true) ** 2).sum(axis=-1) / 2, height_name="½‖w − true w‖²"
        )
        title = (
            f"{log_title(path)}; the height is the loss above its minimum, "
            "if X is\nstandard normal, b correct, and the lowest point where --true says"
        )
        fig = draw(scene, title)
    else:
        fig = draw_by_step(path, log_title(path), scene, true)
    return scene, fig, lambda lang: log_table(lang, args.log, path, true)


def log_title(path: Trajectory) -> str:
    if len(path) == 1:
        return "One point in the log of a training loop, which is no path yet"
    return f"{len(path)} points of w in the log of a training loop"


def draw_by_step(path: Trajectory, title: str, scene: Scene | None, true: Any) -> Any:
    """Every weight and the bias at each step; with two weights also the plane of w."""
    fig, axes = plt.subplots(
        1, 2 if scene else 1, figsize=(WIDTH, 4.2), squeeze=False, layout="constrained"
    )
    fig.suptitle(title)
    draw_weights(axes[0, -1], path, true)
    if scene:
        draw_contours(axes[0, 0], scene)
    return fig


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
