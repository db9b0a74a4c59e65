"""Sections 1 to 6 in a browser: each picture moves with each other, and its numbers are right."""

import math

import numpy as np
import pytest

from linreg_np import LossSurface, gradient, load_houses, loss

X, PRICE = load_houses()
AREA, AGE = X[:, :1] / 10, X[:, 1:] / 10
LINE = ("street", "squares", "one_house", "linked")
PARABOLAS = ("over_w", "slope_w", "steps")


def now(study, handle):
    """What a handle says that it stands for."""
    return float(
        study.js("document.getElementById(arguments[0]).getAttribute('aria-valuenow')", handle)
    )


def handles(study):
    """w and b, as each picture has them."""
    w = [now(study, f"{name}_w") for name in (*LINE, *PARABOLAS)] + [now(study, "contours_point")]
    return w, [now(study, f"{name}_b") for name in LINE]


@pytest.mark.sample(99)
@pytest.mark.parametrize(
    ("handle", "across", "down"),
    [
        ("street_w", 0, 60),
        ("street_b", 0, -40),
        ("over_w_w", -120, 0),
        ("contours_point", -90, -60),
        *((f"{name}_w", -70, 50) for name in (*LINE[1:], *PARABOLAS[1:])),
        ("linked_b", 0, -50),
    ],
)
def test_what_is_dragged_in_one_picture_moves_in_all(study, handle, across, down):
    """By the pointer: every handle of w and every handle of b tells the same new number."""
    study.drag(f"#{handle}", across, down)
    w, b = study.state("w"), study.state("b")
    assert (w != 30) == (not handle.endswith("_b"))
    assert (b != 10) == (handle.endswith("_b") or handle == "contours_point")
    all_w, all_b = handles(study)
    assert all_w == [pytest.approx(w, rel=1e-3)] * len(all_w)
    assert all_b == [pytest.approx(b, rel=1e-3)] * len(all_b)
    assert study.number("output[for='line-w']") == pytest.approx(w, rel=1e-3)
    line = study.js(
        "[...document.querySelectorAll('.fit')].filter((e) => e.checkVisibility()).map((e) => (e.y1.baseVal.value - e.y2.baseVal.value) / e.closest('.drawn').parentElement.frame.h)"
    )
    assert line == pytest.approx([line[0]] * len(line), rel=1e-3)


@pytest.mark.sample(99)
@pytest.mark.parametrize(("w", "b"), [(30, 10), (5, 40.5)])
def test_the_numbers_are_those_of_the_engine(study, w, b):
    """Residual, loss, slope, factors, curvature, the next step."""
    study.change(w=w, b=b, house=16, lr=0.2)
    grad_w, grad_b = gradient(AREA, PRICE, [w], b)
    r = w * AREA[15, 0] + b - PRICE[15]
    assert f"−y = {r:.4g}".replace("-", "−") in study.text("#street_now").replace("− y", "−y")
    assert f"L = {loss(AREA, PRICE, np.array([w]), b):.4g}" in study.text("#squares_now")
    assert study.number("#factor_r") == pytest.approx(r, rel=1e-3)
    assert study.number("#factor_x") == pytest.approx(AREA[15, 0], rel=1e-3)
    assert study.number("#factor_product") == pytest.approx(r * AREA[15, 0], rel=1e-3)
    assert f"{grad_w[0]:.4g}".replace("-", "−") in study.text("#slope_w_now")
    assert f"{grad_w[0]:.4g}".replace("-", "−") in study.text("#shares_now")
    assert f"{grad_b:.4g}".replace("-", "−") in study.text("#contours_now")
    assert f"to {w - 0.2 * grad_w[0]:.4g}".replace("-", "−") in study.text("#steps_now")
    assert f"2/λ = {2 / np.mean(AREA**2):.3g}" in study.text("#steps_now")


@pytest.mark.parametrize(("away", "said"), [(1, "positive"), (0, "lowest point")])
def test_the_tangent_says_which_way_is_down(study, away, said):
    """At the lowest point neither side is."""
    study.change(w=study.js("best_w()") + away)
    assert said in study.text("#slope_w_now")


def test_three_pictures_of_the_bowl_stand_side_by_side(study):
    """The data, the contours and the three dimensions, above their sliders."""
    for features in ("one", "two"):
        study.change(features=features)
        first = "linked" if features == "one" else "left_area"
        boxes = [
            study.js(f"(({{left, top}}) => [left, top])({id_}.getBoundingClientRect())")
            for id_ in (first, "contours", "relief")
        ]
        assert len({top for _, top in boxes}) == 1
        assert [left for left, _ in boxes] == sorted({left for left, _ in boxes})


def test_the_mean_square_is_as_large_as_the_mean_of_the_squares(study):
    """Measured in pixels."""
    sides = "[...document.querySelectorAll('#squares .square')].map((e) => e.width.baseVal.value)"
    squares = np.array(study.js(sides)[:211]) ** 2
    mean = study.js("document.querySelector('#squares .mean').width.baseVal.value")
    assert mean**2 == pytest.approx(squares.mean())


def test_a_house_pointed_at_is_told_in_all_pictures(study):
    """By the pointer; and by its number, which is checked where it is typed."""
    study.show("#street")
    dot = study.js(
        "document.querySelectorAll('#street circle.dot')[2].getBoundingClientRect().toJSON()"
    )
    study.act().w3c_actions.pointer_action.move_to_location(
        int(dot["x"] + dot["width"] / 2), int(dot["y"] + dot["height"] / 2)
    )
    study.act().perform()
    actions = study.act()
    actions.w3c_actions.pointer_action.move_to_location(int(dot["x"]) + 3, int(dot["y"]) + 3)
    actions.perform()
    assert study.state("house") == 3
    assert "House 3" in study.text("#one_house_now")
    study.type("#line-house", "211")
    assert "House 211" in study.text("#squares_now")
    for bad in ("212", "0", "1.5"):
        study.type("#line-house", bad)
        assert "whole number from 1 to 211" in study.text("#line-rule")
        assert study.state("house") != float(bad)
    study.type("#line-house", "7")
    assert study.text("#line-rule") == ""


def test_a_factor_lights_up_in_the_pictures(study):
    """Pressed, it is drawn heavily; pressed again, it is not."""
    width = "getComputedStyle(document.querySelector('#one_house line.factor-x')).strokeWidth"
    before = study.js(width)
    study.click("[data-factor=x]")
    assert study.js(width) != before
    assert study.js("document.querySelector('[data-factor=x]').ariaPressed") == "true"
    study.click("[data-factor=x]")
    assert study.js(width) == before


@pytest.mark.sample(99)
@pytest.mark.parametrize(
    ("times", "said"),
    [
        (0.7, "Good"),
        (2.2, "Too large"),
        (0.2, "Small"),
        (1.0, "Just right"),
        (1.5, "Large"),
    ],
)
def test_a_step_goes_where_the_formula_says(study, times, said):
    """w − η · slope, five kinds of η; a step out of the picture is refused, and Reset restores."""
    curvature = np.mean(AREA**2)
    lr = round(times / curvature, 2)
    study.change(lr=lr)
    assert said in study.text("#steps_now")
    w = study.state("w")
    for _ in range(3):
        after = w - lr * gradient(AREA, PRICE, [w], 10)[0][0]
        study.click("#step_once")
        if not -10 <= after <= 40:
            assert "out of the picture" in study.text("#step_out")
            break
        w = after
        assert study.state("w") == pytest.approx(w, rel=1e-5)
    assert math.isclose(now(study, "street_w"), study.state("w"), rel_tol=1e-3)
    study.click("#step_reset")
    assert (study.state("w"), study.state("b"), study.state("lr")) == (30, 10, 0.1)


@pytest.mark.sample(99)
def test_two_features_have_a_bowl_of_their_own(study):
    """The point and the two lines are linked; the numbers are those of the surface."""
    study.click("[name=features][value=two]")
    assert not study.shown("#linked")
    study.drag("#contours_point", -60, 40)
    w = [study.state("w_area"), study.state("w_age")]
    assert w != [30, 5]
    assert [now(study, "left_area_w"), now(study, "left_age_w")] == pytest.approx(w, rel=1e-3)
    study.drag("#left_age_w", 0, 30)
    assert study.state("w_age") < w[1]
    w = np.array([study.state("w_area"), study.state("w_age")])
    both = np.hstack([AREA, AGE])
    surface = LossSurface.from_data(both, PRICE)
    assert f"L = {loss(both, PRICE, w, surface.b):.4g}" in study.text("#contours_now")
    study.click("#ch-weights [data-state=field]")
    assert study.js("document.querySelectorAll('#contours line.field').length") > 50


def test_the_arrow_points_downhill(study):
    """Along −∇L in the units of the axes; to the eye at right angles to the contours."""
    study.change(w=0, b=5)
    x1, y1, x2, y2 = study.js(
        "((e) => [e.x1, e.y1, e.x2, e.y2].map((v) => v.baseVal.value))(document.querySelector('#contours line.downhill'))"
    )
    grad_w, grad_b = gradient(AREA, PRICE, [0], 5)
    assert math.atan2(y1 - y2, x2 - x1) == pytest.approx(math.atan2(-grad_b, -grad_w[0]), abs=0.02)


def test_the_view_turns(study):
    """By dragging and by the arrow keys; its picture changes and nothing else does."""
    picture = "document.querySelector('#relief .drawn').innerHTML"
    view = study.show("#relief")
    pictures = [study.js(picture)]
    for by in ((60, 0), (0, 20)):
        study.act().drag_and_drop_by_offset(view, *by).perform()
        pictures.append(study.js(picture))
    study.focus("#relief")
    for key in (study.keys.ARROW_UP, study.keys.ARROW_LEFT):
        study.press(key)
        pictures.append(study.js(picture))
    assert len(set(pictures)) == 5
    assert (study.state("w"), study.state("b")) == (30, 10)


def test_a_symbol_of_the_formula_lights_up_in_equations_and_code(study):
    """Focused below the code; and pointed at in the code."""
    lit = "[...document.querySelectorAll('#ch-formula .lit')].map((e) => [e.dataset.symbol, e.closest('.equation, pre, .symbols').className || 'pre'])"
    study.focus("#ch-formula .symbols [data-symbol=lr]")
    assert {tuple(x) for x in study.js(lit)} == {
        ("lr", place) for place in ("equation", "pre", "symbols")
    }
    study.act().move_to_element(study.show("#ch-formula pre [data-symbol=residual]")).perform()
    assert {symbol for symbol, _ in study.js(lit)} == {"residual"}
