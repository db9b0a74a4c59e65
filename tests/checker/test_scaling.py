"""Trainers that standardise their data, and predictions that do so or not."""

import numpy as np
import pytest
from in_process import right

from reference import check
from reference.checker.trainers.scaling import Scaling


def mean_std(X):
    """(X − mean) / std"""
    return X.mean(axis=0), X.std(axis=0)


def sample_std(X):
    """With n − 1."""
    return X.mean(axis=0), X.std(axis=0, ddof=1)


def min_range(X):
    """(X − min) / (max − min)"""
    return X.min(axis=0), X.max(axis=0) - X.min(axis=0)


def mean_range(X):
    """(X − mean) / (max − min)"""
    return X.mean(axis=0), X.max(axis=0) - X.min(axis=0)


def class_of(measure, eps=0.0, scaled_prediction=True):
    """A class that standardises in `fit`, and in `predict` if it is right."""

    class Standardised:
        def fit(self, X, y, lr=0.1, epochs=10):
            self.mu, self.sigma = measure(X)
            self.sigma = self.sigma + (0.0 if eps == 0 else 1e-8)
            Z = (X - self.mu) / self.sigma
            self.w, self.b = np.zeros(X.shape[1]), 0.0
            for _ in range(epochs):
                grad_w, grad_b = right(Z, y, self.w, self.b)
                self.w, self.b = self.w - lr * grad_w, self.b - lr * grad_b

        def predict(self, X):
            return ((X - self.mu) / self.sigma if scaled_prediction else X) @ self.w + self.b

    return Standardised


MEASURES = [mean_std, sample_std, min_range, mean_range]
EACH_WAY = [(measure, scaled) for measure in MEASURES for scaled in (True, False)]


@pytest.mark.sample(8)
@pytest.mark.parametrize(("measure", "scaled_prediction"), EACH_WAY)
def test_a_trainer_may_standardise_if_it_predicts_so_too(measure, scaled_prediction):
    """With what is subtracted and divided by, in words."""
    fitted, predicted = check(class_of(measure, 0.0, scaled_prediction), max_examples=20).checks
    assert fitted.verdict == "right", fitted
    assert "standardised data, (X − " in fitted.explanation
    assert predicted.fault == (None if scaled_prediction else "predict-not-standardised")


@pytest.mark.thorough
def test_a_small_number_may_be_added_to_the_spread():
    """One that stands in the source."""
    fitted, predicted = check(class_of(mean_std, 1e-8), max_examples=20).checks
    assert (fitted.verdict, predicted.verdict) == ("right", "right")


def gradient_descent(X, y, w, b, lr, n_iters):
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for _ in range(n_iters):
        grad_w, grad_b = right(Z, y, w, b)
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def sums_of_standardised_descent(X, y, w, b, lr, n_iters):
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for _ in range(n_iters):
        r = Z @ w + b - y
        w, b = w - lr * Z.T @ r, b - lr * r.sum()
    return w, b


@pytest.mark.thorough
def test_the_steps_on_standardised_data_are_judged_as_any():
    """Functions too; a sum in place of a mean is not right there either."""
    (found,) = check(gradient_descent, max_examples=20).checks
    assert found.verdict == "right"
    (found,) = check(sums_of_standardised_descent, max_examples=20).checks
    assert found.verdict != "right"


X = np.array([[1.0, 5.0], [3.0, 5.0], [8.0, 8.0]])


@pytest.mark.parametrize(
    ("scaling", "measure"),
    [
        (Scaling(), mean_std),
        (Scaling("mean", "sample std"), sample_std),
        (Scaling("min", "range"), min_range),
        (Scaling("mean", "range"), mean_range),
    ],
)
def test_data_are_scaled_by_the_measures_of_other_data(scaling, measure):
    """What is measured on one table is applied to another; sizes are no smaller than results."""
    centre, spread = measure(X)
    np.testing.assert_allclose(scaling.measure(X), [centre, spread])
    scaled = scaling.apply(2 * X, (centre, spread))
    np.testing.assert_allclose(scaled, (2 * X - centre) / spread)
    assert (scaling.sizes(X, (centre, spread)) >= np.abs(scaling.apply(X, (centre, spread)))).all()
    assert (scaling._replace(eps=0.5).measure(X)[1] == scaling.measure(X)[1] + 0.5).all()


@pytest.mark.parametrize(("data", "applies"), [(X, True), (X[:2], False), (X[:1], False)])
def test_a_constant_column_has_no_scale(data, applies):
    """Nor has a single row."""
    assert Scaling().applies(data) == applies
