"""The path of the weights on the loss surface: the worked example, the houses, or your own log.

Without options: 1000 samples, two features, w = (2, −3.4), b = 4.2, three epochs of minibatch
SGD (§2). --data houses uses 211 real houses instead, with standardised features. --log FILE draws
what another training loop has printed. A log holds no data, so its loss is unknown: the surface is
drawn only if --true gives the lowest point, under an assumption that the picture states.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from demos import COLORS, WIDTH
from demos.__main__ import main
from demos._shared.plots import Scene, animate, draw_path, draw_plane, draw_scene
from demos._shared.summary import WORDS, log_table, table
from linreg_np import Trajectory, fit, load_houses, loss, synthetic_data

W, B = np.array([2.0, -3.4]), 4.2
MAX_DRAWN = 1e100  # its square is finite
Summary = Callable[[str], str]  # from a language of --lang to the text that is printed


def options(parser: argparse.ArgumentParser) -> None:
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--data", choices=["example", "houses"], default="example", help="what to train on"
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
    kind = "log" if args.log else args.data
    make_scene = {"log": log_scene, "houses": houses_scene, "example": example_scene}[kind]
    scene, fig, summary = make_scene(args)
    if args.animate and not scene:
        raise ValueError("--animate needs a path of two weights, got another number")
    name = "trajectory" if kind == "example" else f"trajectory_{kind}"
    yield f"{name}.png", fig
    if args.animate:
        yield f"{name}.gif", animate(scene)
    print(summary(args.lang))


def worked_example(seed: int) -> tuple[Any, Any, Trajectory]:
    """X, y and the path of the worked example of §2."""
    rng = np.random.default_rng(seed)
    X, y = synthetic_data(W, B, 1000, noise=0.01, rng=rng)
    return X, y, fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=rng)


def example_scene(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y, path = worked_example(args.seed)
    scene = Scene(
        f"{path.steps} steps of minibatch SGD lead from near (0, 0) to the true w = (2, −3.4)",
        path.w,
        ("w₁", "w₂"),
        W,
        "true w",
        lambda w: loss(X, y, w, B),
        f"loss at b = {B}",
        (0, 5, -5, 0),
    )
    return scene, draw_scene(scene), lambda lang: table(lang, "example", X, y, path, W, B, "true")


def houses_scene(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y = load_houses()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    path = fit(Z, y, lr=0.03, batch_size=10, epochs=10, rng=args.seed)
    *w, b = np.linalg.lstsq(np.column_stack([Z, np.ones(len(y))]), y, rcond=None)[0]
    scene = Scene(
        f"211 houses, features standardised: {path.steps} steps of minibatch SGD reach the "
        "least-squares w\nand keep jittering around it",
        path.w,
        ("w_area, 1000 $", "w_age, 1000 $"),
        np.array(w),
        "least squares",
        lambda w: loss(Z, y, w, b),
        f"loss at b = {b:.1f}, in (1000 $)²",
    )
    return (
        scene,
        draw_scene(scene),
        lambda lang: table(lang, "houses", Z, y, path, w, b, "least squares"),
    )


def log_scene(args: argparse.Namespace) -> tuple[Scene | None, Any, Summary]:
    saved = args.log.suffix == ".npz"
    path = cut_at_infinity(Trajectory.load(args.log) if saved else Trajectory.read_log(args.log))
    d = path.w.shape[1]
    true = np.array(args.true) if args.true else None
    if true is not None and (len(true) != d or not (abs(true) < MAX_DRAWN).all()):
        raise ValueError(
            f"--true needs {d} finite numbers under {MAX_DRAWN:g}, one per weight, got {args.true}"
        )
    title = "The path of w in the log of a training loop"
    scene = Scene(title, path.w, ("w₁", "w₂"), true, "true w, as given") if d == 2 else None
    if scene and true is not None:
        scene = scene._replace(
            height=lambda w: ((w - true) ** 2).sum() / 2,
            height_name="loss above its minimum,\nif X is standard normal and b correct",
        )
    fig = draw_scene(scene) if scene and scene.height else draw_by_step(path, title, scene, true)
    return scene, fig, lambda lang: log_table(lang, args.log, path, true)


def cut_at_infinity(path: Trajectory) -> Trajectory:
    """The path before its first point that is not finite or too large to draw."""
    numbers = path.w
    if path.b is not None:  # a b that the log does not hold is nan; w is drawn
        numbers = np.column_stack([path.w, np.where(np.isnan(path.b), 0, path.b)])
    finite = (abs(numbers) < MAX_DRAWN).all(axis=1)
    if finite.all():
        return path
    end = int(finite.argmin())
    if end == 0:
        raise ValueError(
            f"the path must have a finite point under {MAX_DRAWN:g}, got one that begins with "
            f"{numbers[0]}"
        )
    warnings.warn(
        f"point {end} (counted from 0) is not finite or over {MAX_DRAWN:g}; only the points "
        "before it are drawn",
        stacklevel=2,
    )
    return Trajectory(path.w[:end], None if path.b is None else path.b[:end])


def draw_by_step(path: Trajectory, title: str, scene: Scene | None, true: Any) -> Any:
    """Every weight and the bias at each step; with two weights also the plane of w."""
    fig, axes = plt.subplots(1, 2 if scene else 1, figsize=(WIDTH, 4.2), squeeze=False)
    fig.suptitle(title)
    ax = axes[0, -1]
    for j, w in enumerate(path.w.T[:6]):
        ax.plot(w, color=COLORS[j], label=f"w{chr(0x2081 + j)}")
        if true is not None:
            ax.axhline(true[j], color=COLORS[j], linestyle="--", linewidth=1)
    if path.b is not None:
        ax.plot(path.b, color="black", label="b")
    d = path.w.shape[1]
    ax.set(xlabel="step", ylabel="value" if d <= 6 else f"value, the first 6 of {d} weights")
    ax.legend()
    if scene:
        draw_plane(axes[0, 0], scene)
        draw_path(axes[0, 0], scene.path)
        axes[0, 0].legend()
    fig.tight_layout()
    return fig


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
