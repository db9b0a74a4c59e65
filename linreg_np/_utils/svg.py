"""Small pictures for notebooks: SVG in HTML, of strings alone."""

from __future__ import annotations

import html

import numpy as np

from linreg_np._utils.types import Array

WIDTH, HEIGHT, MARGIN, LEFT = 370, 210, 30, 80
COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "gray")
MOST = 300  # points of a line: more cannot be seen at this size


def path_svg(caption: str, w: Array, points: Array) -> str:
    """Two weights, or one and b, in their plane; anything else over the steps."""
    if not np.isfinite(points).all(axis=1).any():
        return caption_alone(caption)
    if w.shape[1] == 2:
        return plane_svg(caption, w, ("w₁", "w₂"))
    if points.shape[1] == 2:
        return plane_svg(caption, points, ("w", "b"))
    names = [f"w{chr(0x2081 + j)}" for j in range(min(6, w.shape[1]))] if w.shape[1] > 1 else ["w"]
    columns = [*range(len(names)), *range(w.shape[1], points.shape[1])]
    return series_svg(caption, points[:, columns], [*names, "b"][: len(columns)])


def plane_svg(caption: str, points: Array, names: tuple[str, str]) -> str:
    """The way of points (T+1, 2) in the plane, from a ring to a square.

    >>> plane_svg("a path", np.array([[0.0, 0.0], [1.0, 2.0]]), ("w", "b")).count("<polyline")
    1
    """
    points = thinned(points)
    x, y = across(points[:, 0]), up(points[:, 1])
    ring = f'<circle cx="{x[0]:.1f}" cy="{y[0]:.1f}" r="4" fill="white" stroke="black"/>'
    end = f'<rect x="{x[-1] - 4:.1f}" y="{y[-1] - 4:.1f}" width="8" height="8" fill="{COLORS[3]}"/>'
    body = polyline(x, y, COLORS[3]) + ring + end
    return figure(caption, body, names, points[:, 0], points[:, 1])


def series_svg(caption: str, values: Array, names: list[str]) -> str:
    """Each column of (T+1, k) over the steps, and its name at the end."""
    steps, values = np.array([0.0, len(values) - 1]), thinned(values)
    x, y = across(np.arange(float(len(values)))), up(values)
    lines = "".join(map(polyline, [x] * len(names), y.T, COLORS))
    ends = "".join(
        f'<text x="{x[-1] + 4:.0f}" y="{at + 4:.0f}" style="fill:{color}">{name}</text>'
        for at, color, name in zip(y[-1], COLORS, names, strict=False)
    )
    return figure(caption, lines + ends, ("step", ""), steps, values)


def contours_svg(caption: str, lowest: Array, H: Array, names: tuple[str, str]) -> str:
    """Ellipses ½ δᵀHδ = c around the lowest point (2,); the outer one passes through (0, 0)."""
    if not np.isfinite(H).all():
        return caption_alone(caption)
    λ, V = np.linalg.eigh(H)
    angle = np.linspace(0, 2 * np.pi, 90)
    axes = V / np.sqrt(np.maximum(λ, λ.max() * 1e-6))
    reach = np.sqrt(lowest @ H @ lowest) or 1.0
    ellipse = reach * axes @ [np.cos(angle), np.sin(angle)]
    x, y = (lowest[:, None] + ellipse)[0], (lowest[:, None] + ellipse)[1]
    px, py = across(x), up(y)
    middle = (px.min() + px.max()) / 2, (py.min() + py.max()) / 2
    body = "".join(
        polyline(
            middle[0] + r * (px - middle[0]), middle[1] + r * (py - middle[1]), COLORS[0], 0.15
        )
        for r in (1, 0.8, 0.6, 0.4, 0.2)
    )
    dot = f'<circle cx="{middle[0]:.1f}" cy="{middle[1]:.1f}" r="3" fill="currentColor"/>'
    return figure(caption, body + dot, names, x, y)


def caption_alone(caption: str) -> str:
    """Where there is nothing to draw."""
    return f"<div><code>{html.escape(caption)}</code></div>"


def figure(caption: str, body: str, names: tuple[str, str], x: Array, y: Array) -> str:
    """The picture below its caption, with the names of its axes and the range of each."""
    corners = [
        (names[0], (LEFT + WIDTH - MARGIN) / 2, HEIGHT - 6, "middle"),
        (names[1], LEFT - 12, HEIGHT / 2, "end"),
        (f"{x.min():.3g}", LEFT, HEIGHT - 6, "middle"),
        (f"{x.max():.3g}", WIDTH - MARGIN, HEIGHT - 6, "middle"),
        (f"{y.min():.3g}", LEFT - 12, HEIGHT - MARGIN + 4, "end"),
        (f"{y.max():.3g}", LEFT - 12, MARGIN + 4, "end"),
    ]
    texts = "".join(
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{text.replace("-", "−")}</text>'
        for text, x, y, anchor in corners
    )
    label = html.escape(caption)
    return (
        f'<div><code>{label}</code><br/><svg width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{label}" font-size="11" font-family="sans-serif" fill="currentColor">'
        f"{body}{texts}</svg></div>"
    )


def polyline(x: Array, y: Array, color: str, opacity: float = 0.0) -> str:
    """A line through points in pixels; what it encloses is filled with this opacity."""
    points = " ".join(f"{u:.1f},{v:.1f}" for u, v in zip(x, y, strict=True))
    look = f'fill="{color}" fill-opacity="{opacity}" stroke="{color}" stroke-width="1.5"'
    return f'<polyline points="{points}" {look}/>'


def thinned(points: Array) -> Array:
    """The finite points in float64, or evenly distributed ones of them where there are too many."""
    finite: Array = points[np.isfinite(points).all(axis=1)].astype(float)
    few: Array = finite[np.unique(np.linspace(0, len(finite) - 1, MOST).astype(int))]
    return few


def across(a: Array) -> Array:
    """Pixels from the left margin to the right one."""
    return LEFT + (WIDTH - LEFT - MARGIN) * to_unit(a)


def up(a: Array) -> Array:
    """Pixels from the lower margin to the upper one."""
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * to_unit(a)


def to_unit(a: Array) -> Array:
    """From 0 for the lowest number to 1 for the highest; ½ where all are equal."""
    a = a / (abs(a).max() or 1)
    low, high = float(a.min()), float(a.max())
    unit: Array = (a - low) / (high - low) if high > low else np.full(a.shape, 0.5)
    return unit
