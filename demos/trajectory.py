"""The path of the weights down the loss surface: the worked example, the houses, or your own log.

Without options: 1000 samples, two features, w = (2, −3.4), b = 4.2, three epochs of minibatch
SGD (§2). --data houses takes 211 real houses instead, their features standardised. --log FILE
draws what somebody else's training loop printed. A log holds no data, and so no loss: its surface
is drawn only if --true tells the lowest point, and then under an assumption that is stated.
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
from demos._shared.plots import Scene, animation, descent, picture, plane
from demos._shared.summary import WORDS, log_table, table
from linreg_np import Trajectory, fit, load_houses, loss, synthetic_data

W, B = np.array([2.0, -3.4]), 4.2
LARGEST = 1e100  # that is drawn: its square is finite
Summary = Callable[[str], str]  # in the language of --lang


def options(parser: argparse.ArgumentParser) -> None:
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--data", choices=["example", "houses"], default="example", help="what to train on"
    )
    data.add_argument("--log", type=Path, metavar="FILE", help="draw a printed log (or a .npz)")
    parser.add_argument(
        "--true", type=float, nargs="+", metavar="W", help="with --log: the weights of its data"
    )
    parser.add_argument(
        "--lang", choices=list(WORDS), default="en", help="of what is printed: English or Chinese"
    )
    parser.add_argument("--animate", action="store_true", help="also write the descent as a GIF")


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if args.true and not args.log:
        raise ValueError("--true goes with --log: of other data the lowest point is known")
    kind = "log" if args.log else args.data
    scene, fig, summary = {"log": _log, "houses": _houses, "example": _example}[kind](args)
    if args.animate and not scene:
        raise ValueError("--animate needs a path in a plane, and this one has no plane")
    name = "trajectory" if kind == "example" else f"trajectory_{kind}"
    yield f"{name}.png", fig
    if args.animate:
        yield f"{name}.gif", animation(scene)
    print(summary(args.lang))


def worked_example(seed: int) -> tuple[Any, Any, Trajectory]:
    """X, y and the path of the worked example of §2."""
    rng = np.random.default_rng(seed)
    X, y = synthetic_data(W, B, 1000, noise=0.01, rng=rng)
    return X, y, fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=rng)


def _example(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y, path = worked_example(args.seed)
    scene = Scene(
        f"{path.steps} steps of minibatch SGD walk from near (0, 0) to the true w = (2, −3.4)",
        path.w,
        ("w₁", "w₂"),
        W,
        "true w",
        lambda w: loss(X, y, w, B),
        f"loss at b = {B}",
        (0, 5, -5, 0),
    )
    return scene, picture(scene), lambda lang: table(lang, "example", X, y, path, W, B, "true")


def _houses(args: argparse.Namespace) -> tuple[Scene, Any, Summary]:
    X, y = load_houses()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    path = fit(Z, y, lr=0.03, batch_size=10, epochs=10, rng=args.seed)
    *w, b = np.linalg.lstsq(np.column_stack([Z, np.ones(len(y))]), y, rcond=None)[0]
    scene = Scene(
        f"211 houses, features standardised: {path.steps} steps of minibatch SGD reach the "
        "least-squares w,\nand keep jittering about it",
        path.w,
        ("w_area, 1000 $", "w_age, 1000 $"),
        np.array(w),
        "least squares",
        lambda w: loss(Z, y, w, b),
        f"loss at b = {b:.1f}, in (1000 $)²",
    )
    return (
        scene,
        picture(scene),
        lambda lang: table(lang, "houses", Z, y, path, w, b, "least squares"),
    )


def _log(args: argparse.Namespace) -> tuple[Scene | None, Any, Summary]:
    saved = args.log.suffix == ".npz"
    path = _finite(Trajectory.load(args.log) if saved else Trajectory.read_log(args.log))
    d = path.w.shape[1]
    true = np.array(args.true) if args.true else None
    if true is not None and (len(true) != d or not (abs(true) < LARGEST).all()):
        raise ValueError(
            f"--true needs {d} finite numbers under {LARGEST:g}, one a weight, got {args.true}"
        )
    title = "The path of w, as the log of a training loop tells it"
    scene = Scene(title, path.w, ("w₁", "w₂"), true, "true w, as given") if d == 2 else None
    if scene and true is not None:
        scene = scene._replace(
            height=lambda w: ((w - true) ** 2).sum() / 2,
            height_name="loss above its minimum,\nif X is standard normal and b right",
        )
    fig = picture(scene) if scene and scene.height else by_step(path, title, scene, true)
    return scene, fig, lambda lang: log_table(lang, args.log, path, true)


def _finite(path: Trajectory) -> Trajectory:
    """The path up to its first point that is not finite, or so large that it cannot be drawn."""
    numbers = path.w if path.b is None else np.column_stack([path.w, path.b])
    finite = (abs(numbers) < LARGEST).all(axis=1)
    if finite.all():
        return path
    end = int(finite.argmin())
    if end == 0:
        raise ValueError(
            f"the path must have a finite point under {LARGEST:g}, got one that begins with "
            f"{numbers[0]}"
        )
    warnings.warn(
        f"point {end} (counted from 0) is not finite or over {LARGEST:g}: drawn up to there",
        stacklevel=2,
    )
    return Trajectory(path.w[:end], None if path.b is None else path.b[:end])


def by_step(path: Trajectory, title: str, scene: Scene | None, true: Any) -> Any:
    """Every weight and the bias at each step; the plane beside them if there are two weights."""
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
        plane(axes[0, 0], scene)
        descent(axes[0, 0], scene.path)
        axes[0, 0].legend()
    fig.tight_layout()
    return fig


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
