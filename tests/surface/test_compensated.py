"""Sums and products in twice the precision, against exact arithmetic."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linreg_np.surface.compensated import dot2, sum2, two_product, two_sum

floats = st.floats(-1e100, 1e100).map(lambda x: x if abs(x) > 1e-100 else 0.0)
rows = st.lists(st.tuples(floats, floats), min_size=1, max_size=50)


def exactly(s, e):
    """The pair as one fraction."""
    return Fraction(float(s)) + Fraction(float(e))


@given(a=floats, b=floats)
def test_two_sum_and_two_product_lose_nothing(a, b):
    """s + e is the sum, and p + e the product, exactly; s and p are what floats give."""
    assert exactly(*two_sum(a, b)) == Fraction(a) + Fraction(b)
    assert exactly(*two_product(a, b)) == Fraction(a) * Fraction(b)
    assert two_sum(a, b)[0] == a + b
    assert two_product(a, b)[0] == a * b


@given(rows)
def test_a_sum_of_products_is_off_by_twice_the_precision(pairs):
    """|s + e − Σ| ≤ (4k)² u² Σ|aᵢbᵢ|: k errors of k sums each, themselves rounded once."""
    a, b = np.array(pairs).T
    true = sum(Fraction(x) * Fraction(y) for x, y in pairs)
    size = sum(abs(Fraction(x) * Fraction(y)) for x, y in pairs)
    allowed = (4 * len(pairs)) ** 2 * Fraction(2) ** -106 * size
    assert abs(exactly(*dot2(a, b)) - true) <= allowed
    s, e = dot2(np.stack([a, 0 * a], axis=1), b[:, None])
    assert abs(exactly(s[0], e[0]) - true) <= allowed
    assert exactly(s[1], e[1]) == 0, "each column by itself"
    s, e = sum2(np.stack([a, b], axis=1))
    for j, column in enumerate((a, b)):
        size = sum(abs(Fraction(x)) for x in column)
        allowed = (4 * len(pairs)) ** 2 * Fraction(2) ** -106 * size
        assert abs(exactly(s[j], e[j]) - sum(map(Fraction, column))) <= allowed
