"""The second view in a browser: its numbers are those of linreg_np and of torch."""

import numpy as np
import pytest

from demos._shared.sections import OURS, SECTIONS, B, W, three_houses
from demos._shared.torch_values import torch_values
from linreg_np import load_houses


@pytest.fixture
def view(study):
    """The second view, unfolded."""
    study.click("#derivation_view > summary")
    return study


def numbers(study):
    """Every number, by § and name; and what stands in torch's columns."""
    rows = "[...document.querySelectorAll('#derivation tbody tr[data-key]')]"
    section = "tr.closest('[data-section]').dataset.section"
    value = "tr.querySelector('[data-value]').dataset.value"
    torch = "[...tr.querySelectorAll('.torch')].map((td) => td.textContent)"
    found = study.js(f"{rows}.map((tr) => [{section}, tr.dataset.key, {value}, {torch}])")
    return {(section, key): (float(v), torch) for section, key, v, torch in found}


def expected(f, X, y, w, b):
    """Every number of the table of the derivation."""
    values = {s.number: s.values(f, X, y, w, b) for s in SECTIONS}
    return {(s, name): float(v) for s, named in values.items() for name, v in named.items()}


def assert_equal_numbers(found, X, y, w, b):
    """To the rounding of sums of a few terms, taken in another order; nothing cancels here."""
    engine = expected(OURS, X, y, w, b)
    assert found.keys() == engine.keys()
    for key, (value, _) in found.items():
        assert value == pytest.approx(engine[key], rel=1e-12), key


@pytest.mark.sample(99)
def test_numbers_are_those_of_the_engine_and_of_torch(view):
    """For the houses and the weights of the run that made the page."""
    X, y = three_houses(0)
    found = numbers(view)
    assert_equal_numbers(found, X, y, W, B)
    shipped = torch_values(X, y, W, B, default=True).values
    torch = {(s, name): x for s, numbers in shipped.items() for name, x in numbers.items()}
    ours = expected(OURS, X, y, W, B)
    for key, (_, (value, ulp)) in found.items():
        assert float(value.replace("−", "-").replace("×10⁻", "e-")) == torch[key], key
        apart = abs(ours[key] - torch[key]) / np.spacing(max(abs(ours[key]), abs(torch[key])))
        assert float(ulp) == apart, key


def test_numbers_follow_the_houses_and_the_weights(view):
    """Sliders moved by the arrow keys, one house exchanged by typing, two more added."""
    view.slide("#w_area", 13)
    view.slide("#w_age", -4)
    view.slide("#b", 7)
    view.type('[data-house="1"]', "211")
    view.click("#more")
    view.click("#more")
    X, y = load_houses()
    inputs = "[...document.querySelectorAll('#houses input')].map((x) => x.value)"
    chosen = [int(i) - 1 for i in view.js(inputs)]
    assert (len(chosen), chosen[1]) == (5, 210)
    assert_equal_numbers(numbers(view), X[chosen], y[chosen], np.array([3.3, -0.3]), 37.0)
    assert {tuple(torch) for _, torch in numbers(view).values()} == {("", "")}
    assert "hidden" in view.text("#belongs")
    view.type('[data-house="1"]', "212")
    assert "1 to 211" in view.text("#sample .rule")
    view.click("#again")
    assert_equal_numbers(numbers(view), *three_houses(0), W, B)


ARITHMETIC = {"½": "0.5 *", "·": "*", "−": "-", "²": "** 2", "×10⁻⁵": "e-5", "10⁻⁵": "1e-5"}


def test_the_inserted_numbers_give_the_value(view):
    """What stands behind = or ←, computed as it stands, is the value to the digits shown."""
    rows = "[...document.querySelectorAll('.numbers tbody tr')]"
    how = "tr.querySelector('.how')?.textContent"
    found = view.js(f"{rows}.map((tr) => [{how}, tr.querySelector('td').dataset.value])")
    computed = 0
    for text, value in found:
        if text:
            for sign, python in ARITHMETIC.items():
                text = text.replace(sign, python)
            assert eval(text.lstrip("= ")) == pytest.approx(float(value), rel=1e-3), text
            computed += 1
    assert computed >= 30


def test_four_digits_are_shown_and_all_on_demand(view):
    """One button for all tables; and torch's columns open by the line below each table."""
    cell = "[id='s1.3f'] td[data-value]"
    assert len(view.text(cell).strip("−").replace(".", "")) <= 4
    view.click("#digits")
    assert float(view.text(cell).replace("−", "-")) == float(
        view.js(f'document.querySelector("{cell}").dataset.value')
    )
    view.click("#digits")
    assert not view.shown("[id='s1.3f'] td.torch")
    assert "torch agrees" in view.text("[id='s1.3f'] .agrees")
    view.click("[id='s1.3f'] .agrees")
    assert view.shown("[id='s1.3f'] td.torch")


def lit(study, section):
    """Where in a § something is lit: the classes of places, and the symbols."""
    places = f"{list(EVERYWHERE)}.find((p) => e.closest(p))"
    elements = f"[...document.querySelectorAll('[id=\"s{section}\"] .lit')]"
    return {tuple(x) for x in study.js(f"{elements}.map((e) => [e.dataset.symbol, {places}])")}


EVERYWHERE = (".equation", "pre", ".numbers, .matrices", ".symbols")


@pytest.mark.sample(99)
@pytest.mark.parametrize(
    ("section", "symbol"),
    [
        ("1.3g", "lr"),
        ("1.1b", "y_hat"),
        ("1.3f", "X"),
    ],
)
def test_a_symbol_lights_up_everywhere(view, section, symbol):
    """Pointed at in the equation or focused in the legend; nothing else does, and it goes out."""
    within = f'[id="s{section}"]'
    view.show(f"{within} .equation")
    for place in EVERYWHERE[:2]:
        target = view.show(f"{within} {place} [data-symbol={symbol}]")
        view.act().move_to_element(target).perform()
        assert lit(view, section) == {(symbol, place) for place in EVERYWHERE}
    view.act().move_to_element(view.show("#derivation-heading")).perform()
    assert lit(view, section) == set()
    view.focus(f"{within} .symbols [data-symbol={symbol}]")
    assert lit(view, section) == {(symbol, place) for place in EVERYWHERE}
