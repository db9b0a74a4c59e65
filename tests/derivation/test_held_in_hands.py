"""What people hold in their hands: one feature as a vector, pandas, np.matrix, and wrong shapes."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linreg_np as engine
from linreg_np import (
    LossSurface,
    Moments,
    Trajectory,
    chain_rule,
    fit,
    fit_affine,
    gradient,
    load_houses,
    loss,
    max_lr,
    predict,
    standardise,
    unstandardise,
)

X, Y = load_houses()
Z = standardise(X)[0]
AREA = Z[:, 0]
HOUSES = pd.DataFrame({"area": Z[:, 0], "age": Z[:, 1], "price": Y})


# one feature


@pytest.mark.parametrize("kind", [np.asarray, list, pd.Series, lambda x: x.astype(np.float32)])
@pytest.mark.parametrize("w", [0.5, 2, np.float64(0.5), np.float32(0.5), np.array(0.5)])
def test_one_feature_is_a_vector_and_a_number(kind, w):
    """The same numbers as of one column: ŷ and L as they are, ∂L/∂w as a number."""
    x, y, column = kind(AREA), Y, np.asarray(kind(AREA))[:, None]
    np.testing.assert_array_equal(predict(x, w, 1.5), predict(column, [w], 1.5))
    assert loss(x, y, w, 1.5) == pytest.approx(loss(column, y, [w], 1.5), rel=1e-12)
    grad_w, grad_b = gradient(x, y, w, 1.5)
    (of_column,), of_b = gradient(column, y, [w], 1.5)
    assert np.ndim(grad_w) == 0
    assert grad_w == pytest.approx(of_column, rel=1e-12)
    assert grad_b == of_b


@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize("w", [None, 0.5])
def test_training_of_one_feature_keeps_the_shape_of_a_path(train, w):
    """(T+1, 1), whether w is given as a number or drawn; x may be a list."""
    column = train(AREA[:, None], Y, w=None if w is None else [w], rng=0)
    for x in (AREA, AREA.tolist(), pd.Series(AREA)):
        path = train(x, Y, w=w, rng=0)
        assert path == column
        assert path.w.shape == (len(path), 1)


def test_one_feature_has_a_surface_and_a_limit():
    """As its column has."""
    assert LossSurface.from_data(AREA, Y) == LossSurface.from_data(AREA[:, None], Y)
    assert Moments.of(AREA, Y) == Moments.of(AREA[:, None], Y)
    assert max_lr(AREA) == max_lr(AREA[:, None])


SEVERAL = np.ones(len(Y))


@pytest.mark.parametrize("w", [SEVERAL, SEVERAL[:2], [1.0]])
def test_several_weights_and_one_vector_are_refused(w):
    """x (n,) could then be one sample, or a slip: with w of n numbers ŷ would be one number."""
    for call in (
        lambda: fit(AREA, Y, w=w),
        lambda: gradient(AREA, Y, w, 0.0),
        lambda: loss(AREA, Y, w, 0.0),
        lambda: predict(AREA, w, 0.0),
    ):
        with pytest.raises(ValueError, match=r"^X must be 2-D .*got shape \(211,\)"):
            call()


# wrong shapes are named by the argument


SHAPES = [
    ([0], r"^w must have shape \(2,\), .*got \(1,\); pass 2 number"),
    ([1, 2, 3], r"^w must have shape \(2,\), .*got \(3,\)"),
    (3.0, r"^w must have shape \(2,\), .*got \(\)"),
    (np.ones((2, 1)), r"^w must have shape \(2,\), .*got \(2, 1\); pass np.asarray\(w\).ravel"),
    (np.ones((2, 5)), r"^w must have shape \(2,\), .*got \(2, 5\)"),
]


@pytest.mark.parametrize(("w", "message"), SHAPES)
@pytest.mark.parametrize("data", [(X, Y), (X.tolist(), Y.tolist()), (pd.DataFrame(X), Y)])
def test_a_wrong_number_of_weights_is_named(w, message, data):
    """As w, where NumPy would speak of shapes that are not aligned, or say nothing."""
    x, y = data
    for call in (
        lambda: gradient(x, y, w, 0),
        lambda: loss(x, y, w, 0),
        lambda: predict(x, w, 0),
        lambda: gradient(X=x, y=y, w=w, b=0),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_arguments_that_are_no_numbers_are_named():
    """By the name that they have in the function: there is no argument a."""
    path = fit(Z, Y, rng=0)
    bad = Trajectory(path.w, path.b)
    calls = {
        "w": lambda: loss(X, Y, "w", 0),
        "b": lambda: gradient(X, Y, [1, 2], None),
        "X": lambda: predict({"area": 1}, [1, 2], 0),
        "y": lambda: loss(X, Y.astype(str), [1, 2], 0),
        "y_hat": lambda: engine.residual([None], [1.0]),
        "lr": lambda: engine.sgd_step([1.0], 0.0, [1.0], 0.0, "fast"),
        "x": lambda: engine.dl_dw(["a", "b"], 1.0, [1.0, 2.0], 0.0, 0),
        "grad_w": lambda: engine.sgd_step([1.0], 0.0, ["a"], 0.0, 0.1),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"^{name} must be an array of real numbers, got"):
            call()
    with pytest.raises(ValueError, match=r"^w must have shape \(2,\)"):
        loss(X, Y, bad, 0)
    with pytest.raises(ValueError, match=r"^X must be 2-D"):
        predict(1.0, 2.0, 0.0)
    with pytest.raises(ValueError, match=r"^grad_w must have shape \(2,\), .*got \(3,\)"):
        engine.sgd_step([1.0, 2.0], 0.0, [1.0, 2.0, 3.0], 0.0, 0.1)
    with pytest.raises(ValueError, match=r"^w must have shape \(2,\)"):
        engine.dl_dw([1, 2], 4, [1, 1, 1], 0.5, 0)


@pytest.mark.parametrize("j", [2, 5, -3])
@pytest.mark.parametrize("kind", [list, np.asarray])
def test_a_weight_that_is_not_there_is_named(kind, j):
    """As j, whatever holds the features."""
    message = f"^j must be from 0 to 1, .*got {j}"
    with pytest.raises(IndexError, match=message):
        engine.dl_dw(kind([1.0, 2.0]), 4, [1, 1], 0.5, j=j)
    with pytest.raises(IndexError, match=message):
        chain_rule.dL_dw(kind([[1.0, 2.0]]), [4], [1, 1], 0.5, j=j)


# pandas and np.matrix


def test_columns_of_a_frame_are_data():
    """With the numbers of the arrays, for each function that takes X and y."""
    x, y = HOUSES[["area", "age"]], HOUSES["price"]
    np.testing.assert_allclose(fit(x, y, rng=0), fit(Z, Y, rng=0), rtol=1e-12, atol=1e-12)
    best, own = LossSurface.from_data(x, y), LossSurface.from_data(Z, Y)
    np.testing.assert_allclose([*best.w, best.b], [*own.w, own.b], rtol=1e-12)
    for ours, theirs in zip(gradient(x, y, [1, 2], 3), gradient(Z, Y, [1, 2], 3), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("labels", [HOUSES.index[::-1], HOUSES.index + 1])
def test_labels_of_other_rows_are_not_paired(labels):
    """In another order or of other rows: an error, never a pairing by position in silence."""
    x, y = HOUSES[["area", "age"]], HOUSES["price"].set_axis(labels)
    for call in (
        lambda: fit(x, y),
        lambda: fit_affine(x["area"], y),
        lambda: gradient(x, y, [1, 2], 3),
        lambda: loss(x["area"], y, 1, 3),
        lambda: LossSurface.from_data(x, y),
        lambda: Moments.of(x, y),
    ):
        with pytest.raises(ValueError, match=r"^X and y must have the same index, .*\.loc\[X"):
            call()
    assert fit(x, y.to_numpy(), rng=0) == fit(x.to_numpy(), y, rng=0) == fit(Z, Y, rng=0)
    assert fit(x.iloc[::-1], y.iloc[::-1].set_axis(x.index[::-1]), rng=0).steps


@pytest.fixture
def matrix():
    """np.matrix without the warning that it gives when it is made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield np.asmatrix


def test_a_matrix_of_features_is_data(matrix):
    """np.matrix X is converted once, on the way in."""
    assert fit(matrix(Z), Y, rng=0) == fit(Z, Y, rng=0)
    np.testing.assert_array_equal(predict(matrix(Z), [1, 2], 3), predict(Z, [1, 2], 3))


@pytest.mark.parametrize("shape", [(-1, 1), (1, -1)])
def test_the_advice_for_a_matrix_of_labels_ends(matrix, shape):
    """np.matrix stays 2-D when it is ravelled: what the message says to pass is accepted."""
    y = matrix(Y.reshape(shape))
    for call in (lambda y: fit(Z, y, rng=0), lambda y: gradient(Z, y, [1, 2], 3)):
        with pytest.raises(ValueError, match=r"y.*np\.asarray\(y\)\.ravel\(\)"):
            call(y)
        call(np.asarray(y).ravel())


# standardise


@given(seed=st.integers(0, 99), d=st.integers(1, 4), scale=st.floats(1e-3, 1e3))
def test_standardised_weights_come_back(seed, d, scale):
    """Mean 0 and standard deviation 1; the weights that come back predict the same from X."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, d)) * scale + rng.normal(size=d)
    z, mean, std = standardise(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(z * std + mean, x, rtol=1e-9, atol=1e-9)
    w, b = rng.normal(size=d), rng.normal()
    back_w, back_b = unstandardise(w, b, mean, std)
    np.testing.assert_allclose(predict(x, back_w, back_b), predict(z, w, b), rtol=1e-8, atol=1e-8)


def test_a_whole_path_is_taken_back_at_once():
    """Each point (w, b) as alone; for one feature mean and std are numbers."""
    for x in (X, X[:, 0]):
        z, mean, std = standardise(x)
        path = fit(z, Y, rng=0)
        w, b = unstandardise(path.w, path.b, mean, std)
        assert (w.shape, b.shape) == (path.w.shape, path.b.shape)
        end_w, end_b = unstandardise(*path[-1], mean, std)
        np.testing.assert_array_equal(w[-1], end_w)
        assert b[-1] == pytest.approx(end_b, rel=1e-14)
    assert np.ndim(mean) == np.ndim(std) == 0
    assert unstandardise(2, 1, 4, 2) == (1, -3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.ones((3, 2)), "^X must vary in each column, got only 1.0 in column 0; drop it"),
        (np.column_stack([np.arange(3.0), [0.1] * 3]), "got only 0.1 in column 1"),
        ([[1.0, np.nan], [2, 3]], "^X must be finite"),
        (np.array([[1e200], [-1e200]]), "^X must be so small"),
        ([], "^X must be 2-D"),
    ],
)
def test_features_that_cannot_be_standardised_are_refused(bad, message):
    """A constant one by its number; what is not finite as in `fit`."""
    with pytest.raises(ValueError, match=message):
        standardise(bad)


def test_the_mean_of_other_features_is_refused():
    """Shapes that NumPy would broadcast, one weight against two standard deviations."""
    for w, mean, std in (([1.0], [1.0, 2.0], [1.0, 2.0]), ([1.0, 2.0], [1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match=r"^w, mean and std must have one number per feature"):
            unstandardise(w, 0.0, mean, std)
