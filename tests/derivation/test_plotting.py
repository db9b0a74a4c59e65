"""§2: the pictures of a path: which one for how many features, on whose axes, and what they show."""

import doctest
import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt

from linreg_np import (
    LossSurface,
    Trajectory,
    fit,
    load_houses,
    loss,
    plotting,
    standardise,
    synthetic_data,
)

ONE, TWO, THREE = (synthetic_data([2, -3.4, 1][:d], 4.2, 200, rng=0) for d in (1, 2, 3))


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    """No picture is ever shown by a call, and none stays open."""
    plt.switch_backend("Agg")
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("show was called"))
    yield
    plt.close("all")


def curve(ax):
    """The points of the first line that is longer than two points."""
    return next(line.get_data() for line in ax.lines if len(line.get_xdata()) > 2)


@pytest.mark.parametrize("data", [ONE, TWO])
def test_of_one_or_two_features_the_surface_and_its_contours_are_drawn(data):
    """In 3-D and flat, with the path on both; of one feature over (w, b), of two over (w₁, w₂)."""
    path = fit(*data, rng=0)
    surface, contours = path.plot(*data)
    d = path.w.shape[1]
    assert hasattr(surface, "plot_surface")
    assert (contours.get_xlabel(), contours.get_ylabel()) == (("w", "b"), ("w₁", "w₂"))[d - 1]
    assert surface.get_xlabel() == contours.get_xlabel()
    assert surface.get_zlabel() == "loss"
    points = np.asarray(path) if d == 1 else path.w
    marks = {line.get_label(): line.get_xydata()[0] for line in contours.lines}
    np.testing.assert_array_equal(curve(contours), points.T)
    np.testing.assert_array_equal(marks["start"], points[0])
    np.testing.assert_array_equal(marks["end"], points[-1])
    best = LossSurface.from_data(*data)
    np.testing.assert_array_equal(marks["lowest"], np.append(*best.minimum)[:2])
    (x0, x1), (y0, y1) = contours.get_xlim(), contours.get_ylim()
    assert (points >= [x0, y0]).all()
    assert (points <= [x1, y1]).all()


@pytest.mark.parametrize("data", [ONE, TWO])
def test_the_heights_are_the_losses(data):
    """On the grid, as `loss` of the data gives them: of two features at the best b."""
    path, best = fit(*data, rng=0), LossSurface.from_data(*data)
    scene = plotting.scene_of(path, best)
    u, v, L = plotting.height_grid(scene)
    for i, j in ((0, 0), (3, 40), (49, 7)):
        w, b = ([u[j]], v[i]) if len(best.w) == 1 else ([u[j], v[i]], best.b)
        assert L[i, j] == pytest.approx(loss(*data, w, b), rel=1e-9)


def test_of_more_features_the_weights_and_the_loss_are_drawn():
    """Over the steps: a line for each weight and one for b."""
    path = fit(*THREE, rng=0)
    weights, losses = path.plot(*THREE)
    drawn = {line.get_label(): line.get_ydata() for line in weights.lines}
    assert list(drawn) == ["w₁", "w₂", "w₃", "b"]
    np.testing.assert_array_equal(drawn["w₂"], path.w[:, 1])
    np.testing.assert_array_equal(drawn["b"], path.b)
    np.testing.assert_array_equal(curve(losses)[1], path.loss(*THREE))
    assert losses.get_yscale() == "log"


@pytest.mark.parametrize("data", [ONE, TWO, THREE])
@pytest.mark.parametrize("count", [1, 2])
def test_own_axes_are_drawn_on_and_come_back(data, count):
    """One or two, in an array or a list or alone; no other figure is made."""
    path = fit(*data, rng=0)
    _, axes = plt.subplots(1, count)
    assert path.plot(*data, axes=axes) is axes
    assert all(ax.lines for ax in np.ravel(axes))
    assert len(plt.get_fignums()) == 1
    if count == 2:
        np.testing.assert_array_equal(curve(axes[1])[1], path.loss(*data))


def test_own_axes_in_3d_get_the_surface():
    """In whichever place they stand."""
    fig = plt.figure()
    flat, solid = fig.add_subplot(1, 2, 1), fig.add_subplot(1, 2, 2, projection="3d")
    assert fit(*TWO, rng=0).plot(*TWO, axes=[flat, solid]) == [flat, solid]
    assert solid.get_zlabel() == "loss"
    assert flat.get_legend()


@pytest.mark.parametrize("axes", [[], [None], "ax", np.zeros(3), 5])
def test_what_are_no_axes_is_refused(axes):
    """With the value and what to pass; three axes are too many."""
    path = fit(*TWO, rng=0)
    if not np.size(axes):
        axes = list(plt.subplots(1, 3)[1])
    with pytest.raises(ValueError, match=r"^axes must be one or two axes of matplotlib, got"):
        path.plot(*TWO, axes=axes)


def test_data_of_other_features_are_refused():
    """For the picture and for the loss curve; and a log without b says what it lacks."""
    with pytest.raises(ValueError, match=r"^X must have 3 columns, as many as w, got 2"):
        fit(*THREE, rng=0).plot(*TWO)
    with pytest.raises(ValueError, match=r"^w must have shape \(\.\.\., 2\)"):
        fit(*THREE, rng=0).loss(*TWO)
    for use in (Trajectory.loss, Trajectory.plot):
        with pytest.raises(ValueError, match=r"must hold b .* log"):
            use(Trajectory(np.zeros((3, 2))), *TWO)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    """And all else works without it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = fit(*TWO, rng=0)
    with pytest.raises(ModuleNotFoundError, match=r"pip install matplotlib, .* extra 'demos'"):
        path.plot(*TWO)


def test_the_loss_curve_is_the_loss_at_each_point():
    """(T+1,), of the data that are given; also of one feature as a vector."""
    for X, y in (TWO, THREE, (ONE[0][:, 0], ONE[1])):
        path = fit(X, y, rng=0)
        column = X if X.ndim == 2 else X[:, None]
        direct = [loss(column, y, w, b) for w, b in path]
        np.testing.assert_allclose(path.loss(X, y), direct, rtol=1e-9)
        assert path.loss(X, y).shape == (len(path),)


@pytest.mark.filterwarnings("ignore::linreg_np.DivergenceWarning")
def test_a_path_that_diverges_is_drawn_as_far_as_numbers_go():
    """With a warning that says where it is cut off; one that stays smaller is drawn whole."""
    X, y = load_houses()
    path = fit(X, y, rng=0)
    with pytest.warns(UserWarning, match=r"point \d+ .* only the points before it are drawn"):
        _, contours = path.plot(X, y)
    assert 2 < len(curve(contours)[0]) < len(path)
    path[:20].plot(X, y)[0].figure.canvas.draw()


@pytest.mark.sample(3)
@pytest.mark.parametrize("points", [1, 2])
@pytest.mark.parametrize("data", [ONE, TWO, THREE])
def test_a_path_of_one_point_is_drawn(data, points):
    """At the minimum, too, where there is no distance to take the size of the picture from."""
    best = LossSurface.from_data(*data)
    for w, b in ((best.w, best.b), (best.w + 1, best.b)):
        path = Trajectory([w] * points, [b] * points)
        path.plot(*data)[0].figure.canvas.draw()


def test_features_of_unlike_size_are_drawn_in_their_own_units():
    """The bowl is a hundred times as wide in one direction: the axes have other lengths."""
    X, y = TWO[0] * [1, 100], TWO[1]
    _, contours = fit(X, y, lr=1e-5, rng=0).plot(X, y)
    width, height = np.ptp(contours.get_xlim()), np.ptp(contours.get_ylim())
    assert 30 < width / height < 300
    assert contours.get_aspect() == "auto"
    Z, _, _ = standardise(X)
    assert fit(Z, y, rng=0).plot(Z, y)[1].get_aspect() == 1


def test_the_six_lines_of_the_help_draw_the_picture(tmp_path, monkeypatch):
    """`help(Trajectory)` shows how to come from data to a picture, and so it comes."""
    monkeypatch.chdir(tmp_path)
    examples = doctest.DocTestParser().get_examples(Trajectory.__doc__)[:6]
    exec("".join(example.source for example in examples), {})
    assert (tmp_path / "path.png").stat().st_size > 10_000
