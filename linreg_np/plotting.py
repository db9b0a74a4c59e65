"""§2: the pictures of a path: the loss surface, the bowl of one feature, weights over steps.

`Trajectory.plot` draws them; the demos draw with the same functions. matplotlib is imported inside
the functions alone, so that nothing else needs it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from linreg_np._utils.types import Array, ArrayLike
from linreg_np.surface.loss_surface import LossSurface
from linreg_np.trajectory import Trajectory, known_bias

# The hues of Okabe and Ito, *Color Universal Design* (2008); the marks differ in shape, too.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
COLORS = (BLUE, ORANGE, GREEN, VERMILLION, "#56B4E9", "#CC79A7")  # for several lines in one plot
LOSS = "viridis"  # the colour map of the loss: dark is low
PATH: dict[str, Any] = {"color": VERMILLION, "linewidth": 2}
START: dict[str, Any] = {"marker": "o", "ms": 9, "mfc": "white", "mec": "black", "mew": 1.5}
END: dict[str, Any] = {"marker": "s", "ms": 7, "mfc": VERMILLION, "mec": "white", "mew": 1.5}
TRUTH: dict[str, Any] = {"marker": "P", "ms": 14, "mfc": "white", "mec": "black", "mew": 1}
for _point in (START, END, TRUTH):
    _point["linestyle"] = "none"
MAX_DRAWN = 1e100  # its square is finite


class Scene(NamedTuple):
    """A path in a plane and, where it is known, the surface above the plane."""

    path: Array  # (T+1, 2)
    axes: tuple[str, str]
    lowest: Any = None  # (2,)
    lowest_name: str = ""
    height: Callable[[Array], Array] | None = None  # of points (..., 2)
    height_name: str = ""  # with its unit
    scale: tuple[float, float] = (1.0, 1.0)  # lengths on both axes that are to look alike
    box: tuple[float, float, float, float] | None = None  # the limits of both axes


def plot_path(path: Trajectory, X: ArrayLike, y: ArrayLike, axes: Any = None) -> Any:
    """See `Trajectory.plot`, which this is."""
    plt = import_pyplot()
    given = [] if axes is None else [*np.ravel(axes)]
    if len(given) > 2 or not all(hasattr(ax, "plot") for ax in given):
        raise ValueError(
            f"axes must be one or two axes of matplotlib, got {axes!r:.60}; pass plt.gca(), or none"
        )
    surface, path = LossSurface.from_data(X, y), cut_at_infinity(path)
    d = len(surface.w)
    if d != path.w.shape[1]:
        raise ValueError(f"X must have {path.w.shape[1]} columns, as many as w, got {d}")
    losses = surface.loss(path.w, known_bias(path))
    if d > 2:
        drawn = given or [*plt.subplots(1, 2, figsize=(9, 4), layout="constrained")[1]]
        draw_weights(drawn[0], path)
        draw_losses(drawn[1], losses) if drawn[1:] else None
    elif given:
        draw_on(given, scene_of(path, surface), losses)
    else:
        drawn = [*draw_scene(scene := scene_of(path, surface))]
        drawn[0].figure.suptitle(f"{path.steps} steps on the surface of the {scene.height_name}")
    return axes if given else tuple(drawn)


def import_pyplot() -> Any:
    """matplotlib.pyplot, or an error that says how to install it."""
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "pictures need matplotlib, got none; pip install matplotlib, or install this package "
            "with its extra 'demos'",
            name=error.name,
        ) from None
    return pyplot


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
    return path[:end]


def scene_of(path: Trajectory, surface: LossSurface) -> Scene:
    """Of two features the plane of w at the best b, of one feature the plane of (w, b)."""
    steepness = np.sqrt(np.diagonal(surface.curvature))[:2]
    scale = tuple((steepness.max() / np.maximum(steepness, steepness.max() / 1e6)).tolist())
    if len(surface.w) == 1:
        bowl = lambda p: surface.loss(p[..., :1], p[..., 1])  # noqa: E731
        lowest = np.append(surface.w, surface.b)
        box = _box_around(np.vstack([path, lowest]), np.array(scale))
        return Scene(np.asarray(path), ("w", "b"), lowest, "lowest", bowl, "loss", scale, box)
    slice_at_b = lambda p: surface.loss(p, surface.b)  # noqa: E731
    name = f"loss at b = {surface.b:.3g}"
    return Scene(path.w, ("w₁", "w₂"), surface.w, "lowest", slice_at_b, name, scale)


def draw_on(axes: list[Any], scene: Scene, losses: Array) -> None:
    """The surface on axes in 3-D; on flat ones the contours, and then the loss curve."""
    flat = [draw_contours, lambda ax, _: draw_losses(ax, losses)]
    for ax in axes:
        draw = draw_surface if hasattr(ax, "plot_surface") else flat.pop(0)
        draw(ax, scene)


def draw_scene(scene: Scene, fig: Any = None, width: float = 1.0) -> tuple[Any, Any]:
    """The path on the surface in 3-D on the left, on the contours on the right; and both axes.

    They take up this part of the width of the figure, from the left.
    """
    fig = fig or import_pyplot().figure(figsize=(9, 4.5))
    left = fig.add_axes(
        (0.01 * width, 0.02, 0.48 * width, 0.88), projection="3d", computed_zorder=False
    )
    right = fig.add_axes((0.59 * width, 0.13, 0.29 * width, 0.74))
    filled = draw_contours(right, scene)
    bar = fig.add_axes((0.9 * width, 0.13, 0.012 * width, 0.74))
    fig.colorbar(filled, cax=bar, label=scene.height_name)
    draw_surface(left, scene)
    return left, right


def draw_surface(ax: Any, scene: Scene) -> None:
    """The surface in 3-D with the path, seen as the contours are: w₁ to the right, w₂ away."""
    u, v, L = height_grid(scene)
    levels = contour_levels(L)
    grid = (*np.meshgrid(u, v), L)
    look = {"cmap": LOSS, "vmin": levels[0], "vmax": levels[-1]}
    ax.plot_surface(*grid, rcount=50, ccount=50, antialiased=False, **look)
    lift = 0.02 * np.ptp(L)  # above the surface, to be seen
    points = np.column_stack([scene.path, height(scene, scene.path) + lift]).T
    ax.plot(*points, zorder=4, path_effects=casing(), **PATH)
    lowest = np.append(scene.lowest, height(scene, scene.lowest) + lift)[:, None]
    ax.plot(*lowest, zorder=3, **TRUTH)
    ax.plot(*points[:, :1], zorder=5, **START)
    ax.plot(*points[:, -1:], zorder=6, **END)
    ax.view_init(45, -65 if L[0, -1] < L[0, 0] else -115)  # over the lower one of the near corners
    ax.locator_params(nbins=5)
    ax.set(xlim=u[[0, -1]], ylim=v[[0, -1]])
    ax.set_xlabel(scene.axes[0], labelpad=8)
    ax.set_ylabel(scene.axes[1], labelpad=8)
    ax.set_zlabel("loss", labelpad=8)
    ax.set_box_aspect(None, zoom=0.9)


def draw_contours(ax: Any, scene: Scene) -> Any:
    """The path on the contours, with a legend; and the filled contours, for a colour bar."""
    filled = draw_plane(ax, scene)
    draw_path(ax, scene.path)
    put_legend_above(ax)
    return filled


def draw_plane(ax: Any, scene: Scene) -> Any:
    """The plane of w, with contours and the lowest point where they are known."""
    ax.set(xlabel=scene.axes[0], ylabel=scene.axes[1])
    if max(scene.scale) < 2 * min(scene.scale):
        ax.set_aspect("equal", adjustable="box" if scene.height else "datalim")
    if scene.lowest is not None:
        ax.plot(*scene.lowest, zorder=5, label=scene.lowest_name, **TRUTH)
    if scene.height is None:
        return None
    u, v, L = height_grid(scene)
    ax.set(xlim=u[[0, -1]], ylim=v[[0, -1]], autoscale_on=False)
    return ax.contourf(u, v, L, contour_levels(L), cmap=LOSS)


def draw_path(ax: Any, path: Array, arrows: int = 5) -> None:
    """The path, its start and end, and arrows at equal parts of the distance to the end."""
    ax.plot(*path.T, path_effects=casing(), zorder=4, **PATH)
    ax.plot(*path[0], clip_on=False, zorder=7, label="start", **START)
    ax.plot(*path[-1], zorder=6, label="end", **END)
    left = np.hypot(*(path - path[-1]).T)  # the distance to the end
    for part in np.arange(1, arrows + 1) / (arrows + 1):
        t = int((left <= (1 - part) * left[0]).argmax())
        ahead = path[min(t + 5, len(path) - 1)] - path[max(t - 5, 0)]
        look = {"arrowstyle": "-|>", "color": VERMILLION, "mutation_scale": 20}
        if t:
            ax.annotate("", path[t] + ahead * 1e-3, path[t], arrowprops=look, zorder=5)


def draw_weights(ax: Any, path: Trajectory, true: Any = None) -> None:
    """Every weight and the bias at each step; dashed, the true weights where they are given."""
    d, mark = path.w.shape[1], "o" if len(path) == 1 else None
    for j, w in enumerate(path.w.T[:6]):
        ax.plot(w, marker=mark, color=COLORS[j], label=f"w{chr(0x2081 + j)}" if d > 1 else "w")
        if true is not None:
            ax.axhline(true[j], color=COLORS[j], linestyle="--", linewidth=1)
    if path.b is not None:
        ax.plot(path.b, marker=mark, color="black", label="b")
    ax.set(xlabel="step", ylabel="value" if d <= 6 else f"value, the first 6 of {d} weights")
    put_legend_above(ax)


def put_legend_above(ax: Any) -> None:
    """Beside the data rather than over them."""
    look = {"frameon": False, "handlelength": 1, "columnspacing": 1}
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.03), ncols=7, **look)


def draw_losses(ax: Any, losses: Array) -> None:
    """The loss at each step."""
    ax.plot(losses, **PATH)
    ax.set(xlabel="step", ylabel="loss", yscale="log" if losses.min() > 0 else "linear")


def height_grid(scene: Scene) -> tuple[Array, Array, Array]:
    """50 values on each axis, and the height at each of the 50 × 50 points."""
    x0, x1, y0, y1 = scene.box or _box(scene)
    u, v = np.linspace(x0, x1, 50), np.linspace(y0, y1, 50)
    return u, v, height(scene, np.stack(np.meshgrid(u, v), axis=-1))


def height(scene: Scene, points: Array) -> Array:
    """The height of points (..., 2), of a scene that has one."""
    if scene.height is None:
        raise ValueError("scene must have a height to be drawn as a surface, got none; pass one")
    return np.asarray(scene.height(points), float)


def contour_levels(L: Array) -> Array:
    """Round numbers from the lowest to the highest value."""
    from matplotlib.ticker import MaxNLocator

    return np.asarray(MaxNLocator(20).tick_values(L.min(), L.max()))


def casing() -> list[Any]:
    """A white edge for lines, so that they are visible on dark and on light."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=4.5, foreground="white")]


def _box_around(points: Array, scale: Array) -> tuple[float, float, float, float]:
    """Around all points, half as large again as these, and as large on one axis as on the other."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.75 * scale * (((high - low) / scale).max() or 1.0)
    (x0, y0), (x1, y1) = (low + high) / 2 - half, (low + high) / 2 + half
    return x0, x1, y0, y1


def _box(scene: Scene) -> tuple[float, float, float, float]:
    """As in §2: 1.5 times the distance from the start to the lowest point, and the whole path."""
    scale = np.array(scene.scale)
    step = (scene.lowest - scene.path[0]) / scale
    beyond = scene.path[0] + scale * np.copysign(1.5 * np.abs(step).max() or 1.0, step)
    points = np.vstack([scene.path, beyond])
    low, high = points.min(axis=0), points.max(axis=0)
    (x0, y0), (x1, y1) = low - (high - low) / 20, high + (high - low) / 20
    return x0, x1, y0, y1
