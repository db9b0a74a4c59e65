"""The demos of the bowl: what they print and draw is what the engine and the data say."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from demos import __main__, batch_size, scaling, surface
from linreg_np import LossSurface, Moments, fit, load_houses, loss


@pytest.fixture
def shown(capsys, tmp_path):
    """What a demo printed, and the pixels of its picture."""

    def run(name, *argv):
        __main__.main([name, "--out", str(tmp_path), *argv])
        out, err = capsys.readouterr()
        assert err == ""
        assert f"wrote {tmp_path / name}.png" in out
        with Image.open(tmp_path / f"{name}.png") as image:
            return out, np.asarray(image.convert("RGB"), dtype=int)

    return run


def numbers(text, beginning):
    """The numbers in the line that begins so."""
    (line,) = [line for line in text.splitlines() if line.startswith(beginning)]
    found = re.findall(r"-?\d[\d,]*\.?\d*(?:e[-+]\d+)?", line.removeprefix(beginning))
    return [float(x.replace(",", "")) for x in found]


def seen(picture, colour):
    """The number of pixels of about this colour, given as #RRGGBB."""
    return int((np.abs(picture - list(bytes.fromhex(colour[1:]))).sum(axis=-1) < 30).sum())


# surface


def test_the_surface_tells_minimum_floor_axes_and_limit(shown):
    """As the data say: by least squares, by eigenvalues, and by the loss itself."""
    out, _ = shown("surface", "--seed", "3")
    X, y = surface.correlated(3)
    A = np.column_stack([X, np.ones(len(y))])
    θ = np.linalg.lstsq(A, y, rcond=None)[0]
    λ = np.linalg.eigvalsh(A.T @ A / len(y))
    printed = numbers(out, "minimum     w*")
    assert printed == [float(f"{x:.4f}") for x in θ]
    assert numbers(out, "floor") == [float(f"{loss(X, y, θ[:2], θ[2]):.4f}")]
    assert numbers(out, "limit of η  2/λ_max") == [float(f"{2 / λ[2]:.4f}")]
    high, low, ratio = numbers(out, "axes        curvature λ")
    assert [high, low] == [float(f"{λ[2]:.4f}"), float(f"{λ[0]:.4f}")]
    assert ratio == float(f"{(λ[2] / λ[0]) ** 0.5:.2f}")
    assert "took 1 pass over the data; the double loop takes 2500" in out


def test_the_flow_goes_straight_down():
    """θ(0) is the start, dθ/dt = −∇L by central differences, and θ(∞) the minimum."""
    bowl = LossSurface.from_data(*surface.correlated(0))
    h, t = 1e-4, np.array([0.0, 0.3, 2.0])
    points = surface.flow(bowl, [1.6, 0.0], 0.5, t)
    np.testing.assert_allclose(points[0], [1.6, 0.0, 0.5], atol=1e-14)
    speed = (
        surface.flow(bowl, [1.6, 0.0], 0.5, t + h) - surface.flow(bowl, [1.6, 0.0], 0.5, t - h)
    ) / (2 * h)
    grad = np.column_stack(bowl.gradient(points[:, :2], points[:, 2]))
    # Taylor: λ³‖Δ‖h²/6 < 1e-7; rounding: u‖θ‖/h < 1e-10
    np.testing.assert_allclose(speed, -grad, atol=1e-7)
    np.testing.assert_allclose(
        surface.flow(bowl, [1.6, 0.0], 0.5, [1e4])[0], [*bowl.w, bowl.b], atol=1e-14
    )


def test_full_batch_descent_follows_the_flow_when_the_step_is_small():
    """At t = η × steps the two are O(η) apart: half the step, half the distance."""
    bowl = LossSurface.from_data(*surface.correlated(0))
    apart = []
    for steps in (500, 1000):
        path = bowl.descend(surface.W0, bowl.b, lr=1 / steps, steps=steps)
        end = surface.flow(bowl, surface.W0, bowl.b, [1.0])[0]
        apart.append(np.linalg.norm(np.append(path.w[-1], path.b[-1]) - end))
    assert apart[1] / apart[0] == pytest.approx(0.5, abs=0.01)  # the next order is η itself


def test_the_full_batch_way_is_what_fit_walks():
    """Drawn without the data, it is the loop's path on the data, to 30 steps' rounding."""
    X, y = surface.correlated(0)
    bowl = LossSurface.from_moments(Moments.of(X, y))
    _, full = surface.by_surface(bowl)
    loop = fit(X, y, lr=full.lr, batch_size=len(y), epochs=30, w=surface.W0, b=bowl.b)
    assert np.abs(full.w - loop.w).max() < 1e-12
    np.testing.assert_allclose(full.t, full.lr * np.arange(31))


def test_the_axes_are_drawn_at_scale():
    """Their ends lie on the first contour: a step of loss above the floor."""
    bowl = LossSurface.from_data(*surface.correlated(0))
    fig = surface._figure(bowl, list(surface.by_surface(bowl)))
    lines = [line.get_xydata() for line in fig.axes[0].lines if line.get_linestyle() == "--"]
    assert len(lines) == 2
    for ends in lines:
        np.testing.assert_allclose(bowl.excess(ends, bowl.b), surface.STEP, rtol=1e-12)
    (u1, v1), (u2, v2) = (ends[1] - ends[0] for ends in lines)
    assert abs(u1 * u2 + v1 * v2) < 1e-12
    assert fig.axes[0].get_aspect() == 1


def test_the_three_ways_are_seen(shown):
    """Blue, green and vermillion, each by hundreds of pixels."""
    _, picture = shown("surface")
    for colour in (surface.BLUE, surface.GREEN, surface.PATH["color"]):
        assert seen(picture, colour) > 500


# batch_size


def test_small_batches_go_further_and_jitter_higher(shown):
    """After the same samples: 10 is lower than 100, 100 than all; and 1 jitters above 10."""
    out, picture = shown("batch_size")
    rows = {m: numbers(out, f"{m:8}") for m in batch_size.SIZES}
    mean = {m: row[-1] for m, row in rows.items()}
    assert mean[10] < mean[100] < mean[1000]
    assert mean[1] > mean[10]
    for m, (steps, start, *_) in rows.items():
        assert steps * m == 1000 * batch_size.EPOCHS
        assert start == rows[1][1]
    for colour, _ in batch_size.SIZES.values():
        assert seen(picture, colour) > 500


def test_the_heights_are_the_losses(shown):
    """loss − floor at the end of each run, by §1.2 on the data."""
    out, _ = shown("batch_size", "--seed", "2")
    X, y = surface.correlated(2)
    bowl = LossSurface.from_data(X, y)
    for m in batch_size.SIZES:
        path = batch_size.train(X, y, bowl, m, 2).path
        height = loss(X, y, path.w[-1], path.b[-1]) - bowl.min_loss
        assert numbers(out, f"{m:8}")[2] == pytest.approx(height, rel=0.06)  # two digits shown


# scaling


def test_the_steps_are_the_first_within_one_percent(shown):
    """Taken one by one: at the printed step the loss is within 1 % of the floor, before it not."""
    out, _ = shown("scaling")
    X, y = load_houses()
    centred = X - X.mean(axis=0)
    for name, Z in {"raw": X, "centred": centred, "standardised": centred / X.std(axis=0)}.items():
        λ = np.linalg.eigvalsh(np.cov(Z.T, bias=True)) if name == "standardised" else None
        κ, limit, lr, steps = numbers(out, name)
        path = fit(Z, y, lr=1 / _largest(Z), batch_size=211, epochs=int(steps), w=[0, 0])
        θ = np.linalg.lstsq(np.column_stack([Z, np.ones(211)]), y, rcond=None)[0]
        goal = 1.01 * loss(Z, y, θ[:2], θ[2])
        assert loss(Z, y, path.w[-1], path.b[-1]) <= goal < loss(Z, y, path.w[-2], path.b[-2])
        assert [limit, lr] == [float(f"{x / _largest(Z):.5f}") for x in (2, 1)]
        assert λ is None or κ == float(f"{λ[1] / λ[0]:.1f}")


def _largest(Z):
    """λ_max of the curvature."""
    A = np.column_stack([Z, np.ones(len(Z))])
    return np.linalg.eigvalsh(A.T @ A / len(Z))[-1]


def test_standardising_saves_most_steps(shown):
    """From raw to centred, and from centred to standardised, ten times fewer at least."""
    out, picture = shown("scaling")
    raw, centred, standardised = (numbers(out, name)[-1] for name in scaling.COLORS)
    assert raw > 10 * centred > 100 * standardised
    for colour in scaling.COLORS.values():
        assert seen(picture, colour) > 300


def test_the_steps_are_found_in_the_millions_as_well():
    """A bowl 1000 times as long as wide: two million steps, by bisection."""
    bowl = LossSurface.from_moments(Moments(1, [0.0, 1.0], [[1e6, 1e6], [1e6, 1e6 + 2]]))
    each = scaling.case("long", bowl)
    at = [scaling.excess(bowl, each.lr, t) for t in (each.steps - 1, each.steps)]
    assert at[1] <= 0.01 < at[0]
    # ½ λ (1 − ηλ)²ᵗ ≤ 0.01 for λ = 1, η = 10⁻⁶, c = 1
    assert each.steps == pytest.approx(np.log(0.02) / (2 * np.log1p(-1e-6)), abs=1)
