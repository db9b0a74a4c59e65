"""Arrays that keep the size of their terms: one rule for each operation, and the bound."""

import numpy as np
import pytest
from hypothesis import given

from reference import exact, rounding
from reference.checker.call_plan import Problem
from reference.checker.diagnosis.error_bounds import Terms
from reference.checker.diagnosis.faults import formulas
from reference.checker.diagnosis.match import terms
from reference.strategies import problems

A, SIZE_A = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 3.0], [3.0, 7.0]])
B, SIZE_B = np.array([[4.0, 1.0], [-1.0, 2.0]]), np.array([[5.0, 1.0], [6.0, 2.0]])
RULES = {
    "add": (lambda a, b: a + b, SIZE_A + SIZE_B),
    "subtract": (lambda a, b: a - b, SIZE_A + SIZE_B),
    "multiply": (lambda a, b: a * b, SIZE_A * SIZE_B),
    "matmul": (lambda a, b: a @ b, SIZE_A @ SIZE_B),
    "divide": (lambda a, b: a / b, SIZE_A / np.abs(B)),
    "negative": (lambda a, b: -a, SIZE_A),
    "absolute": (lambda a, b: abs(a), SIZE_A),
    "minimum": (lambda a, b: np.minimum(a, b), [[2, 3], [6, 7]]),
    "maximum": (lambda a, b: np.maximum(a, b), [[5, 1], [3, 2]]),
    "sqrt": (lambda a, b: np.sqrt(abs(a)), SIZE_A / np.sqrt(np.abs(A))),
    "sign": (lambda a, b: np.sign(a), np.ones((2, 2))),
    "number": (lambda a, b: 3.0 - a, 3 + SIZE_A),
    "array": (lambda a, b: a + np.array([1.0, -2.0]), SIZE_A + np.array([1, 2])),
    "row": (lambda a, b: a[0], SIZE_A[0]),
    "rest": (lambda a, b: a[1:, ::-1], SIZE_A[1:, ::-1]),
    "transposed": (lambda a, b: a.T, SIZE_A.T),
    "sum": (lambda a, b: a.sum(), 15),
    "sum of columns": (lambda a, b: a.sum(0), [5, 10]),
    "sum of rows": (lambda a, b: a.sum(axis=1), [5, 10]),
    "mean": (lambda a, b: a.mean(), 15 / 4),
    "mean of columns": (lambda a, b: a.mean(0), [2.5, 5]),
    "mean of rows": (lambda a, b: a.mean(axis=1), [2.5, 5]),
}


@pytest.mark.parametrize("name", RULES)
def test_each_operation_has_its_value_and_its_size(name):
    """The value is NumPy's; the size is that of the terms, whatever cancels in the value."""
    f, size = RULES[name]
    found = f(Terms(A, SIZE_A), Terms(B, SIZE_B))
    np.testing.assert_array_equal(found.value, f(A, B))
    np.testing.assert_allclose(found.size, size, rtol=1e-15)


def test_the_sign_of_what_may_have_cancelled_is_unknown():
    """Over 1e-12 of the size it is certain; an exact 0 is one; else there is no bound."""
    values = Terms(np.array([2e-12, 1e-12, -2e-9, 0.0, 0.0]), np.array([1.0, 1.0, 1e3, 1.0, 0.0]))
    assert np.sign(values).size.tolist() == [1, np.inf, 1, np.inf, 0]


@pytest.mark.parametrize("f", [np.sin, np.exp])
def test_what_has_no_rule_is_refused(f):
    """Rather than answered without a size."""
    with pytest.raises(TypeError):
        f(Terms(A))
    with pytest.raises(TypeError):
        np.add.reduce(Terms(A))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_bound_counts_roundings_of_both_programs(dtype):
    """γ_k of the dtype and γ_k of float64, of the size; k subnormals more."""
    k, tiny = 9, {np.float64: 5e-324, np.float32: 2.0**-126}[dtype]
    both = rounding.gamma(k, dtype) + rounding.gamma(k, np.float64)
    found = Terms(np.zeros(3), np.array([1.0, 5.0, 0.0])).bound(k, dtype)
    np.testing.assert_allclose(found, [both, 5 * both, k * tiny], rtol=1e-12)
    scale = 1e-300 if dtype == np.float64 else 1e-38
    found = Terms(0.0, scale).bound(k, dtype)
    np.testing.assert_allclose(found, both * scale + k * tiny, rtol=1e-9)
    if dtype == np.float64:
        found = Terms(0.0, 1e-308).bound(k, dtype)
        assert found == both * 1e-308 + k * tiny


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_beyond_the_range_nothing_is_claimed(dtype):
    """From a k-th of the largest float on the bound is infinite."""
    end = float(np.finfo(dtype).max) / 8
    found = Terms(np.zeros(3), np.array([end * (1 - 1e-9), end, end * 2])).bound(8, dtype)
    assert np.isinf(found).tolist() == [False, True, True]


@given(problems(dtypes=[np.float64], layouts=["C"], extreme=False))
def test_the_bound_of_1_3f_is_that_of_rounding(problem):
    """Its sizes are M_j, the magnitude of `gradient_bound`; its values are within the bound."""
    k = sum(problem[0].shape) + 5
    grad_w, grad_b = formulas.gradient(*terms(Problem(*problem)))
    sizes = rounding.gamma(k, np.float64) * np.append(grad_w.size, grad_b.size)
    bounds = np.append(*rounding.gradient_bound(*problem, np.float64))
    np.testing.assert_allclose(sizes, bounds, rtol=1e-12, atol=1e-300)
    true_w, true_b = exact.gradient(*problem)
    for part, true in ((grad_w, true_w), (grad_b, [true_b])):
        numbers = zip(*map(np.ravel, (part.value, true, part.bound(k, float))), strict=True)
        assert all(rounding.within(*n) for n in numbers)
