"""surface, batch_size and scaling: what they print and draw is what the data say."""

from __future__ import annotations

import numpy as np
import pytest
from running import count_pixels, pixels, run_once

from demos import batch_size, scaling, surface
from linreg_np import LossSurface, Moments, fit, load_houses, loss

# surface


def test_minimum_floor_axes_and_limit_are_printed():
    """As least squares, eigenvalues and the loss itself give them."""
    ran, _ = run_once("surface")
    X, y = surface.correlated(0)
    A = np.column_stack([X, np.ones(len(y))])
    θ = np.linalg.lstsq(A, y, rcond=None)[0]
    λ = np.linalg.eigvalsh(A.T @ A / len(y))
    printed = ran.numbers("minimum     w*")
    assert printed == [float(f"{x:.4f}") for x in θ]
    assert ran.numbers("floor") == [float(f"{loss(X, y, θ[:2], θ[2]):.4f}")]
    assert ran.numbers("limit of η  2/λ_max") == [float(f"{2 / λ[2]:.4f}")]
    high, low, ratio = ran.numbers("axes        curvature λ")
    assert [high, low] == [float(f"{λ[2]:.4f}"), float(f"{λ[0]:.4f}")]
    assert ratio == float(f"{(λ[2] / λ[0]) ** 0.5:.2f}")
    assert "took 1 pass over the data; the double loop takes 2500" in ran.out


def test_the_flow_follows_the_negative_gradient():
    """θ(0) is the start, dθ/dt = −∇L by central differences, and θ(∞) the minimum."""
    loss_surface = LossSurface.from_data(*surface.correlated(0))
    h, t = 1e-4, np.array([0.0, 0.3, 2.0])
    points = surface.flow(loss_surface, [1.6, 0.0], 0.5, t)
    np.testing.assert_allclose(points[0], [1.6, 0.0, 0.5], atol=1e-14)
    speed = (
        surface.flow(loss_surface, [1.6, 0.0], 0.5, t + h)
        - surface.flow(loss_surface, [1.6, 0.0], 0.5, t - h)
    ) / (2 * h)
    grad = np.column_stack(loss_surface.gradient(points[:, :2], points[:, 2]))
    # Taylor: λ³‖Δ‖h²/6 < 1e-7; rounding: u‖θ‖/h < 1e-10
    np.testing.assert_allclose(speed, -grad, atol=1e-7)
    np.testing.assert_allclose(
        surface.flow(loss_surface, [1.6, 0.0], 0.5, [1e4])[0],
        [*loss_surface.w, loss_surface.b],
        atol=1e-14,
    )


def test_full_batch_descent_follows_the_flow_when_the_step_is_small():
    """At t = η × steps the two are O(η) apart: half the step, half the distance."""
    loss_surface = LossSurface.from_data(*surface.correlated(0))
    apart = []
    for steps in (500, 1000):
        path = loss_surface.descend(surface.W0, loss_surface.b, lr=1 / steps, steps=steps)
        end = surface.flow(loss_surface, surface.W0, loss_surface.b, [1.0])[0]
        apart.append(np.linalg.norm(np.append(path.w[-1], path.b[-1]) - end))
    assert apart[1] / apart[0] == pytest.approx(0.5, abs=0.01)  # the next order is η itself


def test_the_full_batch_path_is_that_of_fit():
    """Computed without the data, it equals the loop on the data up to the rounding of 30 steps."""
    X, y = surface.correlated(0)
    loss_surface = LossSurface.from_moments(Moments.of(X, y))
    _, full = surface.by_surface(loss_surface)
    loop = fit(X, y, lr=full.lr, batch_size=len(y), epochs=30, w=surface.W0, b=loss_surface.b)
    assert np.abs(full.w - loop.w).max() < 1e-12
    np.testing.assert_allclose(full.t, full.lr * np.arange(31))


def test_the_axes_are_drawn_to_scale():
    """Their ends lie on the first contour: a step of loss above the floor."""
    loss_surface = LossSurface.from_data(*surface.correlated(0))
    fig = surface.draw(loss_surface, list(surface.by_surface(loss_surface)))
    lines = [line.get_xydata() for line in fig.axes[0].lines if line.get_linestyle() == "--"]
    assert len(lines) == 2
    for ends in lines:
        np.testing.assert_allclose(
            loss_surface.excess(ends, loss_surface.b), surface.STEP, rtol=1e-12
        )
    (u1, v1), (u2, v2) = (ends[1] - ends[0] for ends in lines)
    assert abs(u1 * u2 + v1 * v2) < 1e-12
    assert fig.axes[0].get_aspect() == 1


@pytest.mark.thorough
def test_the_three_methods_are_seen():
    """Blue, green and vermillion, each by hundreds of pixels."""
    picture = pixels(run_once("surface")[1] / "surface.png")
    for colour in (surface.BLUE, surface.GREEN, surface.PATH["color"]):
        assert count_pixels(picture, colour) > 500


# batch_size


@pytest.mark.thorough
def test_small_batches_get_further_and_jitter_more():
    """After the same samples: 10 is lower than 100, 100 than all; and 1 jitters above 10."""
    ran, folder = run_once("batch_size")
    picture = pixels(folder / "batch_size.png")
    rows = {m: ran.numbers(f"{m:8}") for m in batch_size.SIZES}
    mean = {m: row[-1] for m, row in rows.items()}
    assert mean[10] < mean[100] < mean[1000]
    assert mean[1] > mean[10]
    for m, (steps, start, *_) in rows.items():
        assert steps * m == 1000 * batch_size.EPOCHS
        assert start == rows[1][1]
    for colour, _, opacity in batch_size.SIZES.values():
        assert count_pixels(picture, colour) > (500 if opacity == 1 else 50)


def test_the_heights_are_the_losses():
    """loss − floor at the end of each run, by §1.2 on the data."""
    ran, _ = run_once("batch_size")
    X, y = surface.correlated(0)
    loss_surface = LossSurface.from_data(X, y)
    for m in batch_size.SIZES:
        path = batch_size.train(X, y, loss_surface, m, 0).path
        height = loss(X, y, path.w[-1], path.b[-1]) - loss_surface.min_loss
        assert ran.numbers(f"{m:8}")[2] == pytest.approx(height, rel=0.06)  # two digits shown


# scaling


def test_the_steps_are_the_first_within_one_percent():
    """Taken one by one: at the printed step the loss is within 1 % of the floor, before it not."""
    ran, _ = run_once("scaling")
    X, y = load_houses()
    centred = X - X.mean(axis=0)
    for name, Z in {"raw": X, "centred": centred, "standardised": centred / X.std(axis=0)}.items():
        λ = np.linalg.eigvalsh(np.cov(Z.T, bias=True)) if name == "standardised" else None
        κ, limit, lr, steps = ran.numbers(name)
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


def test_standardising_saves_most_steps():
    """From raw to centred, and from centred to standardised, ten times fewer at least."""
    ran, folder = run_once("scaling")
    picture = pixels(folder / "scaling.png")
    raw, centred, standardised = (ran.numbers(name)[-1] for name in scaling.COLORS)
    assert raw > 10 * centred > 100 * standardised
    for colour in scaling.COLORS.values():
        assert count_pixels(picture, colour) > 300


def test_the_steps_are_found_in_the_millions_as_well():
    """A surface 1000 times as long as wide: two million steps, by bisection."""
    scatter = [[2e6, 2e6], [2e6, 2e6 + 4]]  # of x and y = x + 1 + noise: λ = 10⁶ and 1, floor 1
    loss_surface = LossSurface.from_moments(Moments(2, [0.0, 1.0], scatter))
    each = scaling.case("long", loss_surface)
    at = [scaling.excess(loss_surface, each.lr, t) for t in (each.steps - 1, each.steps)]
    assert at[1] <= 0.01 < at[0]
    # ½ λ (1 − ηλ)²ᵗ ≤ 0.01 for λ = 1, η = 10⁻⁶, c = 1
    assert each.steps == pytest.approx(np.log(0.02) / (2 * np.log1p(-1e-6)), abs=1)
