"""Pictures of a loss surface and of a path on it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import patheffects
from matplotlib import pyplot as plt
from matplotlib.animation import PillowWriter

from demos import END, LOSS, PATH, START, TRUTH, VERMILLION, WIDTH

CASING = [patheffects.withStroke(linewidth=4.5, foreground="white")]  # visible on dark and on light


class Scene(NamedTuple):
    """A path in a plane and, where it is known, the surface under it."""

    title: str
    path: Any  # (T+1, 2)
    axes: tuple[str, str]
    lowest: Any = None  # (2,)
    lowest_name: str = ""
    height: Any = None  # the function w -> height
    height_name: str = ""  # with its unit
    box: tuple[float, float, float, float] | None = None  # the limits of both axes


def draw_scene(scene: Scene) -> Any:
    """The path on the surface in 3-D on the left, on the contours on the right."""
    fig = plt.figure(figsize=(WIDTH, 4.5))
    fig.suptitle(scene.title)
    left = fig.add_axes((0.02, 0.04, 0.45, 0.86), projection="3d", computed_zorder=False)
    bar = fig.add_axes((0.475, 0.25, 0.012, 0.5))
    right = fig.add_axes((0.66, 0.125, 0.33, 0.76))
    filled = draw_plane(right, scene)
    draw_path(right, scene.path)
    right.legend(loc="upper right")
    fig.colorbar(filled, cax=bar, label=scene.height_name)
    w1, w2, L = height_grid(scene)
    mesh = (*np.meshgrid(w1, w2), L)
    left.plot_surface(*mesh, cmap=LOSS, norm=filled.norm, rcount=50, ccount=50, antialiased=False)
    lift = 0.02 * np.ptp(L)  # above the surface, to be seen
    z = np.array([scene.height(w) for w in scene.path]) + lift
    left.plot(*scene.path.T, z, zorder=4, path_effects=CASING, **PATH)
    left.plot(*scene.path[:1].T, z[:1], zorder=5, **START)
    left.plot(*scene.path[-1:].T, z[-1:], zorder=6, **END)
    corner = L[[0, 0, -1, -1], [0, -1, -1, 0]].argmin()  # look over the lowest corner
    left.view_init(40, 90 * corner - 125)
    left.locator_params(nbins=6)
    left.set(xlabel=scene.axes[0], ylabel=scene.axes[1], zticklabels=[])  # numbers: colour bar
    return fig


def height_grid(scene: Scene) -> tuple[Any, Any, Any]:
    """A 50 × 50 grid of w₁ and w₂, and the height at each of its points."""
    x0, x1, y0, y1 = scene.box or _box(scene)
    w1, w2 = np.linspace(x0, x1, 50), np.linspace(y0, y1, 50)
    return w1, w2, np.array([[scene.height(np.array([u, v])) for u in w1] for v in w2])


def _box(scene: Scene) -> tuple[float, float, float, float]:
    """As in §2: 1.5 times the distance from the start to the lowest point, and the whole path."""
    step = scene.lowest - scene.path[0]
    beyond = scene.path[0] + np.copysign(1.5 * np.abs(step).max() or 1.0, step)
    points = np.vstack([scene.path, beyond])
    low, high = points.min(axis=0), points.max(axis=0)
    (x0, y0), (x1, y1) = low - (high - low) / 20, high + (high - low) / 20
    return x0, x1, y0, y1


def draw_plane(ax: Any, scene: Scene) -> Any:
    """The plane of w, with contours and the lowest point where they are known."""
    ax.set(xlabel=scene.axes[0], ylabel=scene.axes[1])
    ax.set_aspect("equal", adjustable="box" if scene.height else "datalim")
    if scene.lowest is not None:
        ax.plot(*scene.lowest, zorder=5, label=scene.lowest_name, **TRUTH)
    if scene.height is None:
        return None
    w1, w2, L = height_grid(scene)
    ax.set(xlim=w1[[0, -1]], ylim=w2[[0, -1]], autoscale_on=False)
    return ax.contourf(w1, w2, L, 20, cmap=LOSS)


def draw_path(ax: Any, path: Any, arrows: int = 5) -> None:
    """The path, its start and end, and arrows at equal parts of the distance to the end."""
    ax.plot(*path.T, path_effects=CASING, zorder=4, **PATH)
    ax.plot(*path[0], clip_on=False, zorder=7, label="start", **START)
    ax.plot(*path[-1], zorder=6, label="end", **END)
    left = np.hypot(*(path - path[-1]).T)  # the distance to the end
    for part in np.arange(1, arrows + 1) / (arrows + 1):
        t = int((left <= (1 - part) * left[0]).argmax())
        ahead = path[min(t + 5, len(path) - 1)] - path[max(t - 5, 0)]
        look = {"arrowstyle": "-|>", "color": VERMILLION, "mutation_scale": 20}
        if t:
            ax.annotate("", path[t] + ahead * 1e-3, path[t], arrowprops=look, zorder=5)


def animate(scene: Scene, frames: int = 60, fps: int = 12) -> bytes:
    """The path as a GIF of a few seconds, with the last frame held for a second."""
    fig, ax = plt.subplots(figsize=(5, 4.8))
    fig.subplots_adjust(left=0.15, bottom=0.11, right=0.97, top=0.93)
    draw_plane(ax, scene)
    draw_path(ax, scene.path, arrows=0)  # sets the limits; then the line and the end move
    line, _, end = ax.lines[-3:]
    writer = PillowWriter(fps)
    with tempfile.TemporaryDirectory() as folder:
        with writer.saving(fig, Path(folder) / "descent.gif", dpi=100):
            for t in np.linspace(0, len(scene.path) - 1, frames).round().astype(int):
                line.set_data(*scene.path[: t + 1].T)
                end.set_data(*scene.path[t : t + 1].T)
                w = scene.path[t]
                ax.set_title(f"step {t}: w = ({w[0]:.2f}, {w[1]:.2f})")
                for _ in range(fps if t == len(scene.path) - 1 else 1):
                    writer.grab_frame()
        plt.close(fig)
        return (Path(folder) / "descent.gif").read_bytes()
