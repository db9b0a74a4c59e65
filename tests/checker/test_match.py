"""Which fault explains all answers: here the programs run in this process."""

import numpy as np
import pytest
from in_process import answers, usual_plan

from reference.checker.call_plan import Problem
from reference.checker.diagnosis import match
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.problem_set import distinguishing_problems


def res(X, y, w, b):
    """ŷ − y, sample by sample."""
    return np.array([np.dot(x, w) + b - t for x, t in zip(X, y, strict=True)])


def by_mean(X, r):
    """The mean of r x, and of r."""
    return (X * r[:, None]).mean(axis=0), r.mean()


def right(X, y, w, b):
    """1.3f."""
    return by_mean(X, res(X, y, w, b))


def half_mse(X, y, w, b):
    """1.2b."""
    return np.mean(res(X, y, w, b) ** 2 / 2)


def gradient_with(change):
    """The right gradient, changed by `change(grad_w, grad_b, w, b, n)`."""

    def gradient(X, y, w, b):
        return change(*right(X, y, w, b), w, b, len(y))

    return gradient


def sign_flipped(X, y, w, b):
    """With the wrong residual."""
    return by_mean(X, -res(X, y, w, b))


def reversed_sign(X, y, w, b, lr):
    """A step uphill."""
    grad_w, grad_b = right(X, y, w, b)
    return w + lr * grad_w, b + lr * grad_b


def names(trials, few=None):
    """The faults that explain all answers."""
    return match.matching_faults(trials if few is None else few, trials)


def reversed_theta(X, y, theta):
    """The right gradient, the wrong way round."""
    return (X.T @ (X @ theta - y) / len(y))[::-1]


def reversed_both(X, y, w, b):
    """The same of w and b."""
    found = reversed_theta(np.column_stack([np.ones(len(y)), X]), y, np.append(b, w))
    return found[1:], found[0]


@pytest.mark.parametrize(
    ("program", "found"),
    [
        (reversed_theta, ["index-port"]),
        (gradient_with(lambda grad_w, grad_b, *_: (grad_w[::-1], grad_b)), ["index-port"]),
        (reversed_both, []),
        (gradient_with(lambda grad_w, grad_b, w, b, n: (w - grad_w, b - grad_b)), []),
    ],
)
def test_a_fault_is_named_for_what_the_program_returns(program, found):
    """θ = (b, w) has b as a feature's weight, w and b have not; faults of steps are no gradients."""
    assert names(answers(program, "gradient")) == found


@pytest.mark.parametrize("program", [sign_flipped, reversed_sign])
def test_one_answer_is_enough(program):
    """If it fits one fault alone; of a step, too."""
    trials = answers(program)[:1]
    assert names(trials) == ["sign-flipped"]
    assert match.other_loss(trials, "half-mse") is None


@pytest.mark.parametrize("loss", CONVENTIONS)
def test_a_step_is_explained_under_any_declared_loss(loss):
    """As one along its gradient."""

    def step(X, y, w, b, lr):
        return reversed_sign(X, y, w, b, lr * CONVENTIONS[loss](len(y)))

    assert names(answers(step, loss=loss)) == ["sign-flipped"]


@pytest.mark.parametrize("answer", [None, lambda w: np.append(w, [0, 0]), np.ones_like])
def test_no_formula_explains_an_answer_of_another_form(answer):
    """Nothing, too many numbers, or too few, among answers that a formula explains."""

    def change(grad_w, grad_b, w, b, n):
        return (answer and answer(w)) if n == 4 else (-grad_w, -grad_b)

    trials = answers(gradient_with(change))
    assert names(trials, [i for i in trials if i.finite]) == []
    assert names([i for i in trials if not i.reading.fault]) == ["sign-flipped"]


def test_no_formula_with_a_value_explains_a_nan():
    """Nor an infinity, and without a warning."""
    special = {4: np.nan, 5: np.inf}
    program = gradient_with(lambda grad_w, grad_b, w, b, n: (-grad_w, special.get(n, -grad_b)))
    trials = answers(program)
    assert names(trials) == []
    for n in special:
        assert names([i for i in trials if len(i.case.y) == n], trials) == []


def test_a_long_sum_in_float32_is_within_the_bound():
    """What is lost grows with the number of samples that are added one after the other."""
    n = 5000
    case = Problem(*(np.full(s, 0.1, np.float32) for s in ((n, 1), n, 1)), np.float32(0.1), lr=1.0)

    def gradient(X, y, w, b):
        total = np.float32(0)
        for x in X[:, 0] * (y - X @ w - b):
            total += x
        return np.array([total / np.float32(n)]), (y - X @ w - b).mean()

    trials = [*answers(gradient, cases=[case]), *answers(sign_flipped)]
    assert trials[0].reading.dtype == np.float32
    lost = abs(trials[0].reading.vector / -trials[0].expected.rounded - 1).max()
    assert lost > 30 * 2.0**-24  # more than a sum of few would lose
    assert names(trials, trials[1:]) == ["sign-flipped"]


OTHERS = {  # (declared, actual): the fault
    ("half-mse", "mse"): "factor-two",
    ("half-mse", "half-sse"): "missing-mean",
    ("half-mse", "sse"): "factor-two-sum",
    ("mse", "sse"): "missing-mean",
    ("half-sse", "sse"): "factor-two",
    ("mse", "half-mse"): "factor-half",
    ("sse", "half-sse"): "factor-half",
}


@pytest.mark.parametrize("declared", CONVENTIONS)
@pytest.mark.parametrize("actual", CONVENTIONS)
def test_another_loss_is_recognised_by_its_answers(declared, actual):
    """Gradients in either precision, and losses; by one answer, too."""

    def gradient(X, y, w, b):
        return tuple(g * CONVENTIONS[actual](len(y)) for g in right(X, y, w, b))

    def in_float32(X, y, w, b):
        return tuple(np.float32(g) for g in gradient(X, y, w, b))

    def loss(X, y, w, b):
        return CONVENTIONS[actual](len(y)) * half_mse(X, y, w, b)

    for program, name in ((gradient, ""), (in_float32, "gradient"), (loss, "")):
        trials = answers(program, name, loss=declared)
        found = match.other_loss(trials, declared)
        if declared == actual:
            assert all(i.is_correct for i in trials)
            assert found is None
        else:
            assert found == (OTHERS.get((declared, actual), "another-loss"), actual)
            assert match.other_loss(trials[:1], declared) == found


@pytest.mark.parametrize("declared", CONVENTIONS)
@pytest.mark.parametrize("c", [1, 2])
def test_for_single_samples_a_sum_is_as_good_as_a_mean(declared, c):
    """There are two losses for each, which differ by the factor two."""

    def squared_loss(y_hat, y):
        return c * (y_hat - y) ** 2 / 2

    trials = answers(squared_loss, "sample", loss=declared)
    if all(i.is_correct for i in trials):
        assert CONVENTIONS[declared](1) == c
    else:
        name, _ = match.other_loss(trials, declared)
        assert name == ("factor-two" if c == 2 else "factor-half")


@pytest.mark.parametrize("loss", [name for name in CONVENTIONS if name != "half-mse"])
def test_right_for_another_loss_is_within_its_bound(loss):
    """Up to the bound itself, where the exact answer is 0."""
    X = np.array([[2.0], [3.0]])
    case = Problem(X, X[:, 0] + 1, np.ones(1), np.float64(1))
    bounds = Expected(usual_plan(right, "gradient"), case, loss).bounds
    for vector, is_right in ((bounds, True), (np.nextafter(bounds, 1), False)):
        program = gradient_with(lambda *_, v=vector: (v[:-1], v[-1]))
        assert match.is_right_for(loss, answers(program, cases=[case])[0]) == is_right


LARGER = [f for f in CATALOGUE if f.ratio and f.ratio(7) > 1]


@pytest.mark.parametrize("fault", LARGER, ids=lambda f: f.name)
def test_the_usual_factors_are_faults_beyond_the_four_losses(fault):
    """Twice, n times and 2n times the largest of them."""

    def gradient(X, y, w, b):
        return tuple(2 * len(y) * fault.ratio(len(y)) * g for g in right(X, y, w, b))

    def loss(X, y, w, b):
        return 2 * len(y) * fault.ratio(len(y)) * half_mse(X, y, w, b)

    for program in (gradient, loss):
        trials = answers(program, loss="sse")
        assert match.other_loss(trials, "sse") is None
        assert names(trials) == [fault.name]


@pytest.mark.parametrize("j", [0, 1, 2, 3, 4, -1, -2])
def test_any_feature_can_be_missing(j):
    """The first five and the last two; where there is no such feature, nothing is wrong."""

    def change(grad_w, grad_b, w, b, n):
        if -len(w) <= j < len(w):
            grad_w[j] = 0
        return grad_w, grad_b

    assert names(answers(gradient_with(change))) == ["feature-missing"]


@pytest.mark.parametrize("c", [0.02, 0.75, -3.0])
@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("of", [np.array, np.sign])
def test_any_decay_is_estimated(c, per_sample, of):
    """λw, λw/n, λ sign(w) and λ sign(w)/n, for any λ."""

    def change(grad_w, grad_b, w, b, n):
        return grad_w + c * of(w) / (n if per_sample else 1), grad_b

    assert names(answers(gradient_with(change))) == ["weight-decay"]


def of_several_features(trials):
    """The answers where the norm of w is another number than its entries."""
    return [i for i in trials if len(i.case.w) > 1]


def shorten(part, vector, c):
    """A part of a vector, shortened as the vector must be for the norm c."""
    return part * min(1, c / float(np.sqrt(np.sum(np.square(vector)))))


@pytest.mark.parametrize("c", [0.3, 1.0, 1 / 3])
@pytest.mark.parametrize(
    "cut",
    [
        lambda w, b, c: (np.clip(w, -c, c), np.clip(b, -c, c)),
        lambda w, b, c: (np.clip(w, -c, c), b),
        lambda w, b, c: tuple(shorten(g, [*w, b], c) for g in (w, b)),
        lambda w, b, c: (shorten(w, w, c), b),
        lambda w, b, c: (shorten(w, w, c), np.clip(b, -c, c)),
    ],
)
def test_any_limit_is_estimated(c, cut):
    """Of each entry, or of the norm, of both or of w alone."""
    trials = answers(gradient_with(lambda grad_w, grad_b, *_: cut(grad_w, grad_b, c)))
    assert names(trials, of_several_features(trials)) == ["clipped"]


@pytest.mark.parametrize("j", range(4))
def test_a_limit_is_found_wherever_it_is_met(j):
    """By the bias alone, or by one weight alone."""
    size = np.where(np.arange(4) == j, 1.0, 1e-3)[:3]
    cases = [c._replace(X=c.X * size) for c in distinguishing_problems(0) if c.X.shape[1] == 3]

    def change(grad_w, grad_b, *_):
        return np.clip(grad_w, -0.1, 0.1), np.clip(grad_b, -0.1, 0.1) if j == 3 else grad_b

    trials = answers(gradient_with(change), cases=[c for c in cases if len(c.y) in (3, 5)])
    assert {int(np.flatnonzero(i.errors > 1)[0]) for i in trials if not i.is_correct} == {j}
    assert names(trials) == ["clipped"]


def test_the_limit_of_residuals_is_seen_in_single_samples():
    """With one sample grad_b is the residual itself."""

    def gradient(X, y, w, b):
        return by_mean(X, np.clip(res(X, y, w, b), -0.7, 0.7))

    trials = answers(gradient)
    assert names(trials, of_several_features(trials)) == ["clipped"]


@pytest.mark.parametrize("m", [1.5, 4, 10, 32])
def test_any_divisor_is_estimated(m):
    """A fixed batch size in place of n: each wrong answer shows it by itself, if not that alone."""
    program = gradient_with(lambda grad_w, grad_b, w, b, n: (grad_w * n / m, grad_b * n / m))
    trials = answers(program)
    assert names(trials) == ["ragged-divisor"]
    assert all(i.is_correct or "ragged-divisor" in names([i]) for i in trials[:8])
