"""The path of a scene as a GIF."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.animation import PillowWriter

from linreg_np.plotting import Scene, draw_path, draw_plane, height


def animate(
    scene: Scene, in_words: Callable[[str], str] = str, frames: int = 60, fps: int = 12
) -> bytes:
    """The path as a GIF of a few seconds, with the last frame held for a second.

    `in_words` translates each text.
    """
    fig, ax = plt.subplots(figsize=(5, 4.8))
    fig.subplots_adjust(left=0.15, bottom=0.11, right=0.97, top=0.9)
    draw_plane(ax, scene)
    draw_path(ax, scene.path, arrows=0)  # sets the limits; then the line and the end move
    line, _, end = ax.lines[-3:]
    end.set_label("this step")
    for text in (ax.xaxis.label, ax.yaxis.label, *ax.legend(loc="upper right").get_texts()):
        text.set_text(in_words(text.get_text()))
    writer = PillowWriter(fps)
    with tempfile.TemporaryDirectory() as folder:
        with writer.saving(fig, Path(folder) / "descent.gif", dpi=100):
            for t in equally_far(scene.path, frames):
                line.set_data(*scene.path[: t + 1].T)
                end.set_data(*scene.path[t : t + 1].T)
                ax.set_title(in_words(caption(scene, t)))
                for _ in range(fps if t == len(scene.path) - 1 else 1):
                    writer.grab_frame()
        plt.close(fig)
        return (Path(folder) / "descent.gif").read_bytes()


def equally_far(path: Any, frames: int) -> Any:
    """The steps after equal parts of the way, so that each frame moves; the last is the end."""
    way = np.append(0, np.hypot(*np.diff(path, axis=0).T).cumsum())
    return np.unique(np.searchsorted(way, np.linspace(0, way[-1], frames)))


def caption(scene: Scene, t: int) -> str:
    """The step, its w, and the height there where it is known."""
    w = ", ".join(f"{x + 0.0:.2f}".replace("-", "−") for x in scene.path[t].round(2))
    text = f"step {t}: w = ({w})"
    return (
        text + f"\n{scene.height_name}: {height(scene, scene.path[t]):.3g}"
        if scene.height
        else text
    )
