"""What a notebook shows of a path and of a loss surface: the line of repr, and a small SVG."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from test_trajectory import trajectories, worked_example

from linreg_np import LossSurface, Trajectory, fit, load_houses, standardise, synthetic_data


def parsed(shown):
    """The elements of what is shown, which must be well-formed, and its text without the minus."""
    tree = ElementTree.fromstring(shown._repr_html_())
    return tree, [text.replace("−", "-") for text in tree.itertext()]


def points(line):
    """The points of a polyline, as pixels."""
    return np.array([p.split(",") for p in line.get("points").split()], float)


@pytest.mark.parametrize("d", [1, 2])
def test_a_path_in_a_plane_is_drawn_from_its_start_to_its_end(d):
    """Of two weights in their plane, of one over (w, b); upwards is more."""
    X, y = synthetic_data([2, 3.4][:d], 4.2, 200, rng=0)
    path = fit(X, y, rng=0)
    tree, texts = parsed(path)
    assert repr(path) in texts
    (line,) = tree.iter("polyline")
    drawn, own = points(line), (path.w if d == 2 else np.asarray(path))
    assert len(drawn) == len(own)
    for axis, sign in ((0, 1), (1, -1)):
        np.testing.assert_allclose(np.corrcoef(drawn[:, axis], own[:, axis])[0, 1], sign, atol=1e-3)
    assert {("w", "b"), ("w₁", "w₂")} & {tuple(t for t in texts if t[0] in "wb" and len(t) < 3)}
    assert f"{own[:, 1].max():.3g}" in texts


def test_other_paths_are_drawn_over_the_steps():
    """A line for each number, with its name; no more than six weights, and b."""
    for d, names in ((3, ["w₁", "w₂", "w₃", "b"]), (9, ["w₁", "w₂", "w₃", "w₄", "w₅", "w₆", "b"])):
        X, y = synthetic_data(np.arange(d), 4.2, 100, rng=0)
        tree, texts = parsed(fit(X, y, rng=0))
        assert len(list(tree.iter("polyline"))) == len(names)
        assert [text for text in texts if text in names] == names
    tree, texts = parsed(Trajectory([[1.0], [2.0]]))
    assert len(list(tree.iter("polyline"))) == 1
    assert "w" in texts
    assert "b" not in texts


def test_a_long_path_stays_small():
    """Of 10,000 steps as of 300: a notebook with many is not slow."""
    path = Trajectory(np.random.default_rng(0).normal(size=(10_001, 2)).cumsum(axis=0))
    assert len(path._repr_html_()) < 8000


@pytest.mark.filterwarnings("error")
@given(path=trajectories())
def test_every_path_is_shown(path):
    """Huge and tiny numbers, none that is finite, one point: well-formed, no warning."""
    tree, texts = parsed(path)
    assert repr(path).replace("−", "-") in texts
    for line in tree.iter("polyline"):
        assert np.isfinite(points(line)).all()


@pytest.mark.parametrize("d", [1, 2, 3])
def test_contours_are_ellipses_of_equal_loss(d):
    """Around the minimum, the outer one through the origin."""
    X, y = load_houses()
    Z = np.column_stack([standardise(X)[0], np.sin(X[:, 0])])[:, :d]
    surface = LossSurface.from_data(Z, y)
    tree, texts = parsed(surface)
    assert repr(surface) in texts
    outer = points(next(tree.iter("polyline")))
    ranges = np.array([float(t) for t in texts if t.lstrip("-")[:1].isdigit()]).reshape(2, 2)
    low, high = outer.min(axis=0), outer.max(axis=0)
    unit = (outer - low) / (high - low)
    unit[:, 1] = 1 - unit[:, 1]
    ends = ranges[:, 0] + unit * (ranges[:, 1] - ranges[:, 0])

    def height(p):
        if d == 1:
            return surface.excess(p[:1], p[1])
        return surface.excess(np.append(p, surface.w[2:]), surface.b)

    np.testing.assert_allclose([height(p) for p in ends], height(np.zeros(2)), rtol=0.05)


def test_a_surface_that_is_flat_or_overflows_is_shown():
    """Dependent columns have a valley without end; the line of repr is always there."""
    for X in (
        [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]],
        [[1e153], [-1e153]],
        [[1e200], [1e200]],
        [[0.0]],
    ):
        surface = LossSurface.from_data(X, np.arange(len(X)))
        assert repr(surface) in parsed(surface)[1]


def test_no_other_library_is_needed(monkeypatch):
    """NumPy and strings alone."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "<svg" in worked_example()._repr_html_()
