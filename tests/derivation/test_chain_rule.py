"""§1.3a to §1.3d: each factor is the derivative that torch takes at that node."""

import numpy as np
import pytest
from hypothesis import given

from linreg_np import chain_rule
from reference import autograd, exact, rounding
from reference.strategies import problems


def one_sample(problem):
    """The first sample of a problem, as a problem of n = 1."""
    return problem._replace(X=problem.X[:1], y=problem.y[:1])


@given(problems())
def test_the_first_factor_is_the_residual(problem):
    """∂l/∂ŷ = ŷ − y, the very float that torch gives for the same ŷ (1.3b)."""
    y_hat, y = problem.y[0], problem.w[0]
    with np.errstate(all="ignore"):
        ours = chain_rule.dl_dyhat(y_hat, y)
    assert ours == autograd.dl_dyhat(y_hat, y).item() == autograd.residual(y_hat, y).item()
    rounded = abs(float(ours)) * rounding.gamma(1, problem.X.dtype)
    assert rounding.within(ours, *exact.residual([y_hat], [y]), rounded)


@given(problems())
def test_the_second_factor_is_the_feature_or_one(problem):
    """∂ŷ/∂w_j = x_j and ∂ŷ/∂b = 1, exactly, in torch too (1.3c)."""
    x = problem.X[0]
    for j, x_j in enumerate(x):
        assert chain_rule.dyhat_dw(x, j) == autograd.dyhat_dw(x, j).item() == x_j
    assert chain_rule.dyhat_db() == autograd.dyhat_db().item() == 1


@given(problems())
def test_the_product_of_the_factors_is_exact_within_the_bound(problem):
    """∂l/∂w_j and ∂l/∂b, ours and torch's, are exact within the bound (1.3a, 1.3d)."""
    X, y, w, b = one_sample(problem)
    true_w, true_b = exact.gradient(X, y, w, b)
    bound_w, bound_b = rounding.gradient_bound(X, y, w, b, X.dtype)
    with np.errstate(all="ignore"):
        for source in (chain_rule, autograd):
            for j in range(len(w)):
                dl_dw = source.dl_dw(X[0], y[0], w, b, j)
                assert rounding.within(float(dl_dw), true_w[j], bound_w[j])
            assert rounding.within(float(source.dl_db(X[0], y[0], w, b)), true_b, bound_b)


@pytest.mark.parametrize("n", [1, 3])
def test_each_sample_has_its_label(n):
    """Rows and labels of different number are a ValueError, and not a shorter sum (1.3e)."""
    X, y, w, b = np.ones((n, 1)), np.ones(2), np.ones(1), 0.0
    with pytest.raises(ValueError, match="zip"):
        chain_rule.dL_dw(X, y, w, b, 0)
    with pytest.raises(ValueError, match="zip"):
        chain_rule.dL_db(X, y, w, b)


@given(problems())
def test_chain_rule_is_the_product_it_claims(problem):
    """`dl_dw` is `dl_dyhat` times `dyhat_dw`, float for float (1.3a)."""
    X, y, w, b = one_sample(problem)
    with np.errstate(all="ignore"):
        outer = chain_rule.dl_dyhat(chain_rule.predict_one(X[0], w, b), y[0])
        for j in range(len(w)):
            ours = chain_rule.dl_dw(X[0], y[0], w, b, j)
            np.testing.assert_equal(ours, outer * chain_rule.dyhat_dw(X[0], j))
