"""§2: LossSurface: its minimum, its loss and its descent against exact arithmetic and `fit`."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_nist import FILES, certified

import linreg_np as engine
from linreg_np import DivergenceError, LossSurface, Moments, fit, synthetic_data
from linreg_np.surface import least_squares
from reference import exact, rounding
from reference.strategies import problems

U = 2.0**-53
POINTS = st.integers(0, 2**32 - 1).map(np.random.default_rng)

# Two rows whose first features depend on each other, of sizes from 46 to 0.006.
SCALED = (
    np.array([[0, 0, 0, 1.27545879], [-46.6347983, 6.27469615e-3, -0.413045269, 0.811148486]]),
    np.array([0.18191552, 0.50357343]),
    np.array([0, -133.419434, 0, 0]),
    0.5630206850266488,
)


def qr_roundings(n, d):
    """k such that QR and what follows is off by γ_k of each column (Higham, Theorem 19.4)."""
    return 10 * (n + d + 4) * (d + 2)


def with_ones(X):
    """[X 1] in float64."""
    return np.column_stack([X, np.ones(len(X))]).astype(float)


def in_blocks(X, y, rows):
    """The surface of data that are read so many rows at a time."""
    parts = [(X[i : i + rows], y[i : i + rows]) for i in range(0, len(y), rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(least_squares, "row_blocks", lambda *_: iter(parts))
        return LossSurface.from_data(X, y)


def surface_with(R):
    """A surface with this R, its minimum of 0 at w = 0, b = 0."""
    S = np.pad(np.transpose(R) @ R, (0, 1))
    return LossSurface.from_moments(Moments(1, np.zeros(len(S)), S))


def is_unique(surface):
    """Whether the loss has one minimum only."""
    return surface.rank == len(surface.w)


def exact_minimum(X, y):
    """θ* = (w*, b*) in fractions; problems with many minima are passed over."""
    try:
        w, b = exact.minimum(X, y)
    except ValueError:
        assume(False)
    return [*w, b]


def condition(X):
    """The condition number of [X 1] with columns of length 1."""
    A = with_ones(X)
    length = np.linalg.norm(A, axis=0)
    return np.linalg.cond(A / np.where(length > 0, length, 1))


def slack(X, y, *points):
    """(1/2n) Σᵢ Sᵢ², Sᵢ = |x⁽ⁱ⁾| Σ|θ| + |y⁽ⁱ⁾| over the points: what a rounding of 1 costs."""
    S = np.abs(with_ones(X)) @ sum(np.abs(np.append(w, b)) for w, b in points) + np.abs(y)
    with np.errstate(over="ignore"):
        return S @ S / (2 * len(y))


@given(problem=problems(max_n=15, max_d=4), rows=st.integers(1, 15))
def test_the_minimum_is_the_exact_one_but_for_its_last_bit(problem, rows):
    """|θ* − exact| ≤ 2u|θ*|: two Newton steps leave of the error what the last rounding adds.

    In blocks of so many rows, the first of which may be far from the others. Each step multiplies the error by about ku·cond, so that, of a first error of ku·cond, its
    cube is left; b = ȳ − x̄ᵀw is not rounded as a sum but stepped, too.
    """
    X, y, _, _ = problem
    true, k = exact_minimum(X, y), qr_roundings(*X.shape)
    κ = condition(X)
    assume(k * U * κ**2 < 1)
    surface = in_blocks(X, y, rows)
    assume(is_unique(surface))
    length = np.linalg.norm(with_ones(X), axis=0)
    size = np.linalg.norm(y.astype(float)) + length @ np.abs([float(t) for t in true])
    for got, t, long in zip([*surface.w, surface.b], true, length, strict=True):
        assert rounding.within(got, t, 2 * U * abs(float(t)) + (k * U * κ) ** 2 * size / long)


@given(problem=problems(max_n=15, max_d=4), rng=POINTS, digits=st.integers(0, 8))
@example(
    problem=(*synthetic_data([2, -3.4], 4.2, 15, rng=0), None, None),
    rng=np.random.default_rng(0),
    digits=8,
)
def test_near_the_minimum_the_loss_keeps_its_digits(problem, rng, digits):
    """√(L − min_loss) is off by γ_k ‖U_j‖|θ_j − θ*_j|, and by what the last bits of θ* make of it.

    Δ = θ − θ* down to 10⁻⁸ of θ*, where L itself is equal to the min_loss in all 16 digits.
    """
    X, y, _, _ = problem
    true, k = exact_minimum(X, y), qr_roundings(*X.shape)
    assume(k * U * condition(X) ** 2 < 1)
    surface = LossSurface.from_data(X, y)
    assume(is_unique(surface))
    start = np.append(*surface.minimum)
    θ = start + rng.normal(size=len(start)) * np.abs(start) * 10.0**-digits
    excess = float(exact.loss(X, y, θ[:-1], θ[-1]) - exact.loss(X, y, true[:-1], true[-1]))
    length = np.sqrt(np.mean(with_ones(X) ** 2, axis=0))
    off = [abs(float(Fraction(float(a)) - t)) for a, t in zip(start, true, strict=True)]
    allowed = rounding.gamma(k, float) * length @ np.abs(θ - start) + length @ off
    got = surface.excess(θ[:-1], θ[-1])
    assert got >= 0
    assert abs(np.sqrt(2 * got) - np.sqrt(2 * excess)) <= allowed
    assert surface.loss(θ[:-1], θ[-1]) >= surface.min_loss


@given(problem=problems(max_n=30, max_d=6), rows=st.integers(0, 30))
@example(problem=SCALED, rows=2)
def test_everywhere_the_surface_is_the_loss(problem, rows):
    """L and ∇L at any point, dependent columns or not, within γ_k of the terms they are sums of.

    From data in blocks of so many rows or, for 0, from moments: these give a column that depends
    on others to √ε only.
    """
    X, y, w, b = problem
    n, d = X.shape
    surface = in_blocks(X, y, rows) if rows else LossSurface.from_moments(Moments.of(X, y))
    u = rounding.gamma(qr_roundings(n, d), float)
    u += 8 * np.finfo(X.dtype).eps * d if not is_unique(surface) else 0
    if not rows:
        u = 10 * d * np.sqrt(u)
    terms = slack(X, y, (w, b), surface.minimum)
    length = np.sqrt(np.mean(with_ones(X) ** 2, axis=0))
    if not is_unique(surface):  # a direction without loss is known to u of the longest column
        length[:] = length.max()
        terms += slack(np.full(X.shape, length.max()), y, (w, b), surface.minimum)
    assume(terms < 1e300)
    assert rounding.within(surface.loss(w, b), exact.loss(X, y, w, b), u * terms)
    true_w, true_b = exact.gradient(X, y, w, b)
    grad_w, grad_b = surface.gradient(w, b)
    for got, true, long in zip([*grad_w, grad_b], [*true_w, true_b], length, strict=True):
        assert rounding.within(got, true, 2 * u * long * np.sqrt(2 * terms))
    assert surface.min_loss >= 0


@given(problem=problems(max_n=30, max_d=6, extreme=False), rng=POINTS)
def test_a_grid_of_points_is_each_of_its_points(problem, rng):
    """loss, gradient and excess broadcast; grid() is the loss on its own rectangle."""
    X, y, _, _ = problem
    surface, d = LossSurface.from_data(X, y), X.shape[1]
    w, b = rng.normal(size=(3, 4, d)), rng.normal(size=(3, 1))
    L, (grad_w, grad_b) = surface.loss(w, b), surface.gradient(w, b)
    assert L.shape == grad_b.shape == (3, 4)
    assert grad_w.shape == (3, 4, d)
    tolerance = {"rtol": 1e-12, "atol": 1e-13 * slack(X, y, (w.max((0, 1)), b.max()))}
    for i in np.ndindex(3, 4):
        np.testing.assert_allclose(L[i], surface.loss(w[i], b[i[0], 0]), **tolerance)
        at = surface.gradient(w[i], b[i[0], 0])
        np.testing.assert_allclose(np.append(grad_w[i], grad_b[i]), np.append(*at), **tolerance)
    each_b = [surface.loss(w[0, 0], c) for c in b[:, 0]]
    np.testing.assert_allclose(surface.loss(w[0, 0], b[:, 0]), each_b, **tolerance)
    if d >= 2:
        i, j = rng.permutation(d)[:2]
        w1, w2, rest = rng.normal(size=3), rng.normal(size=4), rng.normal(size=d)
        points = np.broadcast_to(rest, (4, 3, d)).copy()
        points[:, :, i], points[:, :, j] = w1, w2[:, None]
        grid = surface.grid(w1, w2, b=0.5, w=rest, features=(i, j))
        np.testing.assert_allclose(grid, surface.loss(points, 0.5), **tolerance)
        best_b = surface.grid(w1, w2, w=rest, features=(i, j))
        best = y.mean() - points @ X.mean(axis=0)
        np.testing.assert_allclose(best_b, surface.loss(points, best), **tolerance)


def test_the_articles_surface_is_its_double_loop():
    """The 50 × 50 picture of §2, point by point; and w1 runs along its rows."""
    X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    w1, w2 = np.linspace(0, 5, 50), np.linspace(-5, 0, 50)
    L = LossSurface.from_moments(Moments.of(X, y)).grid(w1, w2, b=4.2)
    loop = [[engine.loss(X, y, np.array([a, c]), 4.2) for a in w1] for c in w2]
    most = slack(X, y, ([5, 5], 4.2), ([2, 3.4], 4.2))  # of the loop's terms, and of θ*'s own
    np.testing.assert_allclose(L, loop, rtol=0, atol=rounding.gamma(1000 + 9, float) * most)
    assert np.unravel_index(L.argmin(), L.shape) == (abs(w2 + 3.4).argmin(), abs(w1 - 2).argmin())


DIGITS = {  # from moments; the two files whose model has no intercept are not here
    **{"Norris": 11, "Pontius": 10, "Longley": 10, "Wampler2": 8, "Wampler5": 4},
    **dict.fromkeys(["Wampler1", "Wampler3", "Wampler4"], 5),
}


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_of_the_floats_of_nist_the_minimum_is_right_to_the_last_digits(file):
    """Against exact least squares of the rounded design: 15 digits, and 14 of Filip's x¹⁰.

    Of the certified values, which belong to powers that are not rounded, 13, and Filip 7.
    """
    X, y, certified_θ, _ = certified(file)
    surface = LossSurface.from_data(X, y)
    w, b = exact.minimum(X, y)
    known, digits = (7, 14) if file.stem == "Filip" else (13, 15)
    assert_digits(surface, [b, *w], digits)
    if certified_θ[0]:
        assert_digits(surface, certified_θ, known)


@pytest.mark.parametrize("name", ["Filip", *DIGITS])
def test_of_moments_half_the_digits_of_nist_are_right(name):
    """In the moments of four shards the columns of Filip cannot be told apart."""
    X, y, certified_θ, _ = certified(FILES[0].with_stem(name))
    shards = np.array_split(np.arange(len(y)), 4)
    surface = LossSurface.from_moments(sum(Moments.of(X[B], y[B]) for B in shards))
    assert is_unique(surface) == (name != "Filip")
    if name in DIGITS:
        assert_digits(surface, certified_θ, DIGITS[name])


def test_a_condition_number_of_a_billion_costs_no_digit():
    """Powers up to x¹², and much noise: one step of Newton would leave 35u of a weight."""
    rng, x = np.random.default_rng(2), np.linspace(0, 1, 100)
    X, y = x[:, None] ** np.arange(1, 13), np.cos(5 * x) + 100 * rng.normal(size=100)
    w, b = exact.minimum(X, y)
    assert_digits(LossSurface.from_data(X, y), [b, *w], 15)


def assert_digits(surface, true, digits):
    """So many digits of b and of each weight are right."""
    for got, t in zip([surface.b, *surface.w], true, strict=True):
        assert abs(Fraction(float(got)) - t) <= abs(t) / 10**digits


@given(problem=problems(max_n=20, max_d=4, extreme=False, dtypes=[np.float64]))
def test_columns_that_depend_on_others_are_counted(problem):
    """A copy, a multiple plus a constant, a sum, a constant: none of them adds to the rank."""
    X = problem.X
    assume(np.linalg.matrix_rank(X - X.mean(axis=0), tol=1e-3) == X.shape[1])
    d = X.shape[1]
    more = [2 * X[:, 0] - 1, X.sum(axis=1), np.full(len(X), 3.0), np.zeros(len(X))]
    wide = np.column_stack([X, *more])
    for surface in (
        LossSurface.from_data(wide, problem.y),
        LossSurface.from_moments(Moments.of(wide, problem.y)),
    ):
        assert surface.rank == d
        assert f"rank {d} of {d + 4}" in repr(surface)
        assert surface.condition_number == np.inf


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_column_computed_and_rounded_is_dependent_all_the_same(dtype):
    """0.3·x₀ + 0.7·x₁ far from zero: its rounding is noise, not a direction of its own."""
    rng = np.random.default_rng(0)
    X = (1e3 + rng.normal(size=(50, 2))).astype(dtype)
    X = np.column_stack([X, dtype(0.3) * X[:, 0] + dtype(0.7) * X[:, 1]])
    surface = LossSurface.from_data(X, rng.normal(size=50))
    assert surface.rank == 2
    assert np.abs(surface.w).max() < 1


@pytest.mark.parametrize("from_moments", [False, True])
def test_columns_that_depend_on_each_other_exchange_weight_without_loss(from_moments):
    """However much, though the moments know the columns to seven digits only."""
    X = np.random.default_rng(0).normal(size=(50, 2))
    X, y = np.column_stack([X, X @ [0.3, 0.7] + 1]), X[:, 0] ** 2
    s = LossSurface.from_moments(Moments.of(X, y)) if from_moments else LossSurface.from_data(X, y)
    w, b = s.w + 1e6 * np.array([0.3, 0.7, -1]), s.b + 1e6
    np.testing.assert_allclose(s.loss(w, b), s.min_loss, rtol=1e-12)


def test_moments_as_large_as_floats_go_have_a_surface():
    """Though the sum of their squares has no float, and without a warning."""
    surface = LossSurface.from_moments(Moments(2, np.zeros(4), np.diag(np.full(4, 1e308))))
    assert is_unique(surface)
    np.testing.assert_allclose(surface.min_loss, 1e308 / 4)


@given(rng=POINTS, n=st.integers(1, 12), d=st.integers(1, 12), rank=st.integers(1, 12))
def test_of_many_minima_it_is_the_one_of_least_norm(rng, n, d, rank):
    """Rank-deficient X, d ≥ n included: w* is the pseudo-inverse's, with b free to be the best."""
    X = rng.integers(-3, 4, (n, min(rank, d))) @ rng.integers(-3, 4, (min(rank, d), d))
    y = rng.integers(-9, 10, n)
    w = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=1e-10)[0]
    surface = LossSurface.from_data(X, y)
    κ = 1e4  # of the independent columns of such small whole numbers, and then some
    np.testing.assert_allclose(surface.w, w, atol=κ * 1e-12 * max(1, np.abs(w).max()))
    true = engine.loss(X, y, w, y.mean() - X.mean(axis=0) @ w)
    np.testing.assert_allclose(surface.min_loss, true, atol=1e-10)
    independent = np.linalg.matrix_rank(X - X.mean(axis=0), tol=1e-8)
    assert surface.rank == independent


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("from_moments", [False, True])
@pytest.mark.parametrize(
    ("X", "y", "minimum", "rank"),
    [
        ([[5.0]], [2.0], [0, 2, 0], 0),
        ([[0.0], [0.0]], [1.0, 3.0], [0, 2, 0.5], 0),
        ([[7.0], [7.0]], [1.0, 3.0], [0, 2, 0.5], 0),
        ([[1.0], [2.0], [4.0]], [3.0, 3.0, 3.0], [0, 3, 0], 1),
        ([[1.0], [2.0], [4.0]], [3.0, 5.0, 9.0], [2, 1, 0], 1),
        ([[0.0, 0.0], [1.0, 1.0]], [0.0, 2.0], [1, 1, 0, 0], 1),
        ([[1.0, 0.0]], [1.0], [0, 0, 1, 0], 0),
    ],
)
def test_the_minimum_of_degenerate_data_is_known(X, y, minimum, rank, from_moments, dtype):
    """n = 1, d ≥ n, zero and constant columns, y constant: w, b and the least loss are known."""
    X, y = np.array(X, dtype), np.array(y, dtype)
    s = LossSurface.from_moments(Moments.of(X, y)) if from_moments else LossSurface.from_data(X, y)
    assert s.w.dtype == np.float64
    few_roundings = 32 * U
    np.testing.assert_allclose([*s.w, s.b, s.min_loss], minimum, rtol=0, atol=few_roundings)
    assert s.rank == rank


@given(problem=problems(extreme=False, max_n=30, max_d=6), rate=st.floats(0.05, 1.5), rng=POINTS)
@pytest.mark.filterwarnings("ignore::linreg_np.DivergenceWarning")
def test_descent_in_closed_form_is_the_loops(problem, rate, rng):
    """The path equals full-batch `fit` within the loop's bound and that of the eigenvectors.

    H is off by γ_k‖H‖, so (1 − ηH)ᵗ by tη times that; θ* enters with 2u of itself and what its
    own error adds; |1 − ηλ| ≤ q.
    """
    X, y = problem.X.astype(float), problem.y.astype(float)
    (n, d), steps = X.shape, 30
    surface = LossSurface.from_data(X, y)
    assume(is_unique(surface))
    assume(surface.condition_number < 1e8)
    lr = rate * surface.max_lr
    w, b = rng.normal(size=d), rng.normal()
    path = surface.descend(w, b, lr=lr, steps=steps)
    loop = fit(X, y, lr=lr, batch_size=n, epochs=steps, w=w, b=b)
    batches = [np.arange(n)] * steps
    e, e_grad = rounding.trajectory_bound(X, y, batches, loop.w, loop.b, lr, float)
    q, t = max(1.0, abs(1 - 2 * rate)), np.arange(steps + 1)
    u = rounding.gamma(qr_roundings(n, d), float)
    far = np.linalg.norm(np.append(w - surface.w, b - surface.b))
    own = q**t * u * ((1 + 4 * rate * t) * far + np.linalg.norm(np.append(*surface.minimum)))
    assert np.isfinite(e).all()
    off = np.linalg.norm(np.column_stack([path.w - loop.w, path.b - loop.b]), axis=1)
    assert (off <= e + own).all()
    grads = np.column_stack([path.grad_w - loop.grad_w, path.grad_b - loop.grad_b])
    steepest = 2 / surface.max_lr
    assert (np.linalg.norm(grads, axis=1) <= e_grad + steepest * (2 * own[:-1] + u * far)).all()
    np.testing.assert_array_equal(path.epoch_ends, loop.epoch_ends)


@pytest.mark.filterwarnings("ignore::linreg_np.DivergenceWarning")
def test_descent_that_overflows_is_divergence_as_in_fit():
    """lr over 2/λ_max grows without bound: the same error, at the same step, with the path."""
    X, y = synthetic_data([2, -3.4], 4.2, 100, rng=0)
    surface = LossSurface.from_data(X, y)
    with pytest.raises(DivergenceError, match=r"step \d+") as ours:
        surface.descend([0, 0], 0, lr=3 * surface.max_lr, steps=2000)
    with pytest.raises(DivergenceError) as loops:
        fit(X, y, lr=3 * surface.max_lr, batch_size=100, epochs=2000, w=[0, 0])
    # A step multiplies by 5; the loop's sums of n = 100 terms overflow log₅ 100 < 3 steps sooner.
    assert 0 <= ours.value.step - loops.value.step <= 3
    assert ours.value.max_lr == surface.max_lr
    np.testing.assert_allclose(surface.max_lr, loops.value.max_lr, rtol=1e-13)
    ask, step = {"w": [0, 0], "b": 0, "lr": 3 * surface.max_lr}, ours.value.step
    assert ours.value.trajectory.steps == surface.descend(**ask, steps=step - 1).steps == step - 1
    with pytest.raises(DivergenceError, match=rf"step {step}\b"):
        surface.descend(**ask, steps=step)
    assert np.isfinite(ours.value.trajectory.w).all()
    stay = surface.descend(*surface.minimum, lr=1e9, steps=100_000)
    np.testing.assert_array_equal(stay.w, np.broadcast_to(surface.w, stay.w.shape))
    above = surface.descend([0, 0], 0, lr=1.01 * surface.max_lr, steps=500)
    assert surface.loss(above.w[-1], above.b[-1]) > 1e3 * surface.loss(above.w[0], above.b[0])


@settings(max_examples=30)
@given(seed=st.integers(0, 999), noise=st.floats(0, 2), k1=st.integers(1, 5), k2=st.integers(1, 5))
def test_of_one_feature_the_grid_is_the_bowl_over_w_and_b(seed, noise, k1, k2):
    """L[i, j] is the loss at (w[j], b[i]), as `loss` of the data gives it."""
    rng = np.random.default_rng(seed)
    X, y = synthetic_data([3.0], 2.0, 30, noise=noise, rng=rng)
    w, b = rng.normal(size=k1), rng.normal(size=k2)
    grid = LossSurface.from_data(X, y).grid(w, b)
    assert grid.shape == (k2, k1)
    direct = [[engine.loss(X, y, [u], v) for u in w] for v in b]
    np.testing.assert_allclose(grid, direct, rtol=1e-12)


@pytest.mark.parametrize(
    "options", [{"b": 0.0}, {"w": [0.0]}, {"features": (0, 2)}, {"features": np.array([0, 1])}]
)
def test_the_grid_of_one_feature_has_no_options(options):
    """They choose among several weights."""
    surface = LossSurface.from_data([0.0, 2.0], [1.0, 3.0])
    with pytest.raises(ValueError, match=r"^features must be two .* w and b, without options"):
        surface.grid([0.0], [1.0], **options)
    assert surface.grid([0.0], [0.0]) == surface.loss(0.0, 0.0) == surface.loss([0.0], 0.0) == 2.5


@pytest.mark.parametrize("steps", [10**18, 10**40])
def test_more_steps_than_can_be_recorded_are_refused(steps):
    """Whether the numbers have no room in memory or their number none in an index."""
    with pytest.raises(MemoryError, match=rf"^steps .*got {steps}, .*; do it in parts"):
        SURFACE.descend([1, 1], 0, lr=0.1, steps=steps)


@given(problem=problems(max_n=30, max_d=6, extreme=False))
def test_curvature_max_lr_and_condition_number_are_those_of_h(problem):
    """As `curvature` and `max_lr` of X alone, and as the eigenvalues of H."""
    X, y = problem.X.astype(float), problem.y
    surface, H = LossSurface.from_data(X, y), engine.curvature(X)
    u = rounding.gamma(qr_roundings(*X.shape), float)
    largest = np.linalg.norm(H, 2)
    assert np.abs(surface.curvature - H).max() <= u * largest
    assert abs(surface.max_lr / engine.max_lr(X) - 1) <= 2 * u
    if is_unique(surface):
        λ = np.linalg.eigvalsh(H)
        κ = surface.condition_number
        assert abs(1 / κ - λ[0] / λ[-1]) <= 4 * u
    assert surface.n == len(y)


def test_curvature_is_summed_in_blocks():
    """So that the data are never copied as a whole: many blocks give what one does."""
    X = np.random.default_rng(0).normal(size=(200_000, 3))
    A = with_ones(X)
    np.testing.assert_allclose(engine.curvature(X), A.T @ A / len(A), rtol=0, atol=1e-13)
    for kind in (np.float32, ">f4"):
        assert engine.curvature(X.astype(kind)).dtype == np.float32


def test_a_curvature_that_no_float_holds_is_refused():
    """Where `max_lr` says 0."""
    with pytest.raises(ValueError, match=r"^X must be .*; rescale the columns"):
        engine.curvature([[1e200]])
    assert engine.max_lr([[1e200]]) == 0


def test_a_surface_is_frozen_comparable_and_picklable():
    """Read-only arrays, equality by content, and a pickle that is as read-only."""
    X, y = synthetic_data([2, -3.4], 4.2, 50, rng=0)
    surface = LossSurface.from_data(X, y)
    again = pickle.loads(pickle.dumps(surface))
    assert again == copy.deepcopy(surface) == surface == LossSurface.from_data(X.copy(), y)
    assert surface != LossSurface.from_data(X, y + 1)
    for array in (surface.w, surface.U, again.w, *surface.principal_axes, *again.principal_axes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        surface.min_loss = 0.0
    assert repr(surface).startswith("LossSurface(n = 50: minimum at w = [2")


def test_a_surface_is_made_from_data_or_moments_alone():
    """A call of the class is refused, whatever its arguments, and says what to call."""
    for arguments in ((), ([[1.0], [2.0]], [1.0, 2.0]), ([0, 0], 0, 0, np.eye(3), 5)):
        with pytest.raises(TypeError, match=r"LossSurface\.from_data\(X, y\)"):
            LossSurface(*arguments)
    with pytest.raises(TypeError, match=r"LossSurface\.from_moments\(m\)"):
        LossSurface(X=[[1.0]], y=[1.0])


SURFACE = LossSurface.from_data([[1.0, 2.0], [3.0, 1.0], [5.0, 6.5], [0.0, 1.0]], [1, 2, 3, 5])
NAN, STEP = float("nan"), {"lr": 1, "steps": 1}
SMALL, LARGE = [[1e-150], [2e-150], [4e-150]], [1e153, -1e153, 1e153]
TINY = Moments(2, [0, 0], [[1e-310, 0.1], [0.1, 1e308]])  # w = 0.1/10⁻³¹⁰
PAIR = r"^features must be two different numbers from 0 to 1, got "


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda s: s.loss([1.0], 0), ValueError, r"^w must .*\(\.\.\., 2\).* got \(1,\); pass"),
        (lambda s: s.loss(np.ones((3, 2)), [1, 2]), ValueError, r"^b must be .*, got shape \(2,\)"),
        (lambda s: s.gradient("w", 0), TypeError, "^w must be an array of real numbers, got str"),
        (lambda s: s.excess([1, 2], None), TypeError, "^b must be an array .*, got NoneType"),
        (lambda s: s.grid([0, NAN], [1]), ValueError, "^w1 must be finite, got nan in row 1"),
        (lambda s: s.grid([0], [[1]]), ValueError, r"^w2 must have shape .*, got \(1, 1\); pass"),
        (lambda s: s.grid([0], [1], b="b"), TypeError, "^b must be one real number, got 'b'"),
        (
            lambda s: s.grid([0], [1], w=[1]),
            ValueError,
            r"^w must have shape \(2,\), .*, got \(1,\)",
        ),
        (lambda s: s.grid([0], [1], features=(0, 2)), ValueError, rf"{PAIR}\(0, 2\)"),
        (lambda s: s.grid([0], [1], features=(1, 1)), ValueError, rf"{PAIR}\(1, 1\)"),
        (lambda s: s.grid([0], [1], features=np.array([True, False])), ValueError, PAIR),
        (lambda s: s.descend([0, 0], 0, lr=0, steps=5), ValueError, "^lr .* zero, got 0; pass"),
        (lambda s: s.descend([0, 0], 0, lr=1, steps=1.5), ValueError, "^steps .* got 1.5; pass 2"),
        (lambda s: s.descend([0, NAN], 0, **STEP), ValueError, "^w must .* nan in row 1"),
        (lambda s: s.from_data(SMALL, LARGE), ValueError, r"^X and y .*\[nan\].*; rescale"),
        (lambda s: s.from_data([[1e200], [-1e200]], [1, 2]), ValueError, "^X and y .*; rescale"),
        (lambda s: s.from_moments(TINY), ValueError, r"^X and y .*w = \[ *inf.*; rescale"),
        (lambda s: s.from_moments(3), TypeError, r"^m must be Moments, got 3; pass Moments\.of"),
    ],
)
def test_wrong_arguments_are_refused_under_their_names(ask, error, message):
    """Each error states the requirement, the value received and how to fix it."""
    with pytest.raises(error, match=message):
        ask(SURFACE)


@pytest.mark.parametrize(("d", "more"), [(7, False), (8, True)])
def test_the_repr_of_a_surface_names_at_most_eight_weights(d, more):
    """And the rank."""
    X = np.column_stack([np.eye(12)[:, :d], np.full(12, 3.0)])
    text = repr(LossSurface.from_data(X, np.arange(12)))
    assert text.startswith("LossSurface(n = 12: minimum at w = [")
    assert text.partition("]")[0].count(",") == d
    assert ("…" in text) == more
    assert text.endswith(f", rank {d} of {d + 1})")


def test_the_condition_number_is_the_ratio_of_the_curvatures():
    """Infinite where one of them underflows, or the ratio overflows."""
    assert surface_with(np.diag([1.0, 4.0])).condition_number == 16
    for small in (1e-155, 1e-170):
        assert LossSurface.from_data([[small], [-small]], [0, 0]).condition_number == np.inf


def test_what_is_too_large_for_a_float_is_not_finite_and_no_warning():
    """Curvatures, a point far away, its slope: even where NumPy is to raise."""
    surface = LossSurface.from_data([[1e200], [1e200]], [1, 2])
    with np.errstate(all="raise"):
        assert surface.principal_axes[0][0] == surface.condition_number == np.inf
        assert surface.max_lr == 0
        assert not np.isfinite(surface.loss([1e308], 0))
        assert not np.isfinite(surface.gradient([1e308], 0)[0][0])
        assert not np.isfinite(surface.curvature[0, 0])
