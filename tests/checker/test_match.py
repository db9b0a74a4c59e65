"""Which fault explains all answers: decided here without a process, from answers made on the spot."""

import numpy as np
import pytest

from reference.checker import signature
from reference.checker.call_plan import Problem
from reference.checker.diagnosis import match
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import parse_output
from reference.checker.sandbox import worker
from reference.checker.sandbox.messages import decode
from reference.checker.trial import Trial, distinguishing_problems

CASES = distinguishing_problems(0)[:20]
CASES.append(CASES[0]._replace(w=CASES[0].w * [0, 1, 1]))  # a weight of 0 is none to divide by


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


def by_n(X, y, w, b, n_w, n_b):
    """The sums, divided by what is given."""
    r = res(X, y, w, b)
    return (X * r[:, None]).sum(axis=0) / n_w, r.sum() / n_b


def apart(theta):
    """All but the last, and the last."""
    return theta[:-1], theta[-1]


def answers(program, name="", cases=CASES, loss="half-mse"):
    """Its answers to the cases, in the first layout of the arguments that it does not refuse."""
    description = worker.describe(name or program.__name__, program)
    usual = signature.plan(description, asked_for=True)
    for plan in usual.layouts():
        found = []
        for case in cases:
            args, kwargs = plan.arguments(case)
            line = worker.reported(lambda a=args, k=kwargs: worker.call(program, a, k, False), "")
            answer = decode(line)
            reading = parse_output(plan, case, answer)
            found.append(Trial(plan, case, answer, reading, Expected(plan, case, loss), case))
        if not all(i.reading.refused for i in found):
            return found
    return found


def sign_flipped(X, y, w, b):
    """By the wrong residual."""
    return by_mean(X, -res(X, y, w, b))


def reversed_sign(X, y, w, b, lr):
    """A step uphill."""
    grad_w, grad_b = right(X, y, w, b)
    return w + lr * grad_w, b + lr * grad_b


def minus_loss(X, y, w, b):
    """What is to be maximised."""
    return -half_mse(X, y, w, b)


def reversed_theta(X, y, theta):
    """The right gradient, the wrong way round."""
    return (X.T @ (X @ theta - y) / len(y))[::-1]


def test_the_column_of_ones_is_a_feature_where_the_program_sees_one():
    """A mistake among θ = (b, w) is named; for w and b by themselves it is another one."""

    def gradient(X, y, w, b):
        found = np.append(*right(X, y, w, b))
        return found[:-1][::-1], found[-1]

    def of_both(X, y, w, b):
        found = reversed_theta(np.column_stack([np.ones(len(y)), X]), y, np.append(b, w))
        return found[1:], found[0]

    for program, names in (
        (reversed_theta, ["index-port"]),
        (gradient, ["index-port"]),
        (of_both, []),
    ):
        trials = answers(program, "gradient")
        assert match.matching_faults(trials, trials) == names


@pytest.mark.parametrize("program", [sign_flipped, reversed_sign])
def test_one_answer_is_evidence(program):
    """Where there is no more; of a step, too."""
    trials = answers(program)[:1]
    assert match.matching_faults(trials, trials) == ["sign-flipped"]
    assert match.other_loss(trials, "half-mse") is None


def test_the_mistakes_of_a_step_are_no_gradients():
    """A gradient that is a step without a learning rate has no name."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return w - grad_w, b - grad_b

    trials = answers(gradient)
    assert match.matching_faults(trials, trials) == []


@pytest.mark.parametrize("loss", CONVENTIONS)
def test_a_step_is_explained_under_any_declared_loss(loss):
    """As one along its gradient."""

    def step(X, y, w, b, lr):
        grad_w, grad_b = right(X, y, w, b)
        c = CONVENTIONS[loss](len(y))
        return w + lr * c * grad_w, b + lr * c * grad_b

    trials = answers(step, loss=loss)
    assert match.matching_faults(trials, trials) == ["sign-flipped"]


@pytest.mark.parametrize("answer", [None, lambda w: (w, 0.0, 0.0), np.ones_like])
def test_no_formula_explains_an_answer_of_another_form(answer):
    """Nothing, too many numbers, or too few, among answers that a formula explains."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return (answer and answer(w)) if len(y) == 4 else (-grad_w, -grad_b)

    trials = answers(gradient)
    assert match.matching_faults([i for i in trials if i.finite], trials) == []
    assert match.matching_faults(*[[i for i in trials if not i.reading.fault]] * 2) == [
        "sign-flipped"
    ]


def test_no_formula_with_a_value_explains_a_nan():
    """Nor an infinity, and without a warning."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return -grad_w, {4: np.nan, 5: np.inf}.get(len(y), -grad_b)

    trials = answers(gradient)
    assert match.matching_faults(trials, trials) == []
    for n in (4, 5):
        assert match.matching_faults(trials, [i for i in trials if len(i.case.y) == n]) == []


def test_parameters_of_zero_divide_nothing():
    """Numbers that a mistake may have are found without a warning."""
    cases = [*CASES, CASES[11]._replace(w=0 * CASES[11].w)]
    for program, name in ((sign_flipped, "gradient"), (minus_loss, "loss")):
        trials = answers(program, name, cases[::-1])
        assert match.matching_faults(trials, trials) == ["sign-flipped"]


def test_however_many_samples_are_added_one_after_the_other():
    """In float32 what is lost grows with their number, and is still within rounding."""
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
    assert match.matching_faults(trials[1:], trials) == ["sign-flipped"]


FOUR = {  # what it is to have one for the other
    ("half-mse", "mse"): "factor-two",
    ("half-mse", "half-sse"): "missing-mean",
    ("half-mse", "sse"): "factor-two-sum",
    ("mse", "sse"): "missing-mean",
    ("half-sse", "sse"): "factor-two",
}


@pytest.mark.parametrize("declared", CONVENTIONS)
@pytest.mark.parametrize("actual", CONVENTIONS)
def test_another_loss_is_told_by_its_answers(declared, actual):
    """Gradients and losses in either precision; of single samples, a sum is as good as a mean."""

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
            assert found == (FOUR.get((declared, actual), "another-loss"), actual)
            assert match.other_loss(trials[:1], declared) == found


@pytest.mark.parametrize("declared", CONVENTIONS)
@pytest.mark.parametrize("c", [1, 2])
def test_of_single_samples_a_sum_is_as_good_as_a_mean(declared, c):
    """So that there are two losses for each, which differ by the factor two."""

    def squared_loss(y_hat, y):
        return c * (y_hat - y) ** 2 / 2

    trials = answers(squared_loss, loss=declared)
    if all(i.is_correct for i in trials):
        assert CONVENTIONS[declared](1) == c
    else:
        name, _ = match.other_loss(trials, declared)
        assert name == ("factor-two" if c == 2 else "another-loss")


@pytest.mark.parametrize("loss", [name for name in CONVENTIONS if name != "half-mse"])
def test_right_for_another_loss_is_within_its_bound(loss):
    """Up to the bound itself, where the exact answer is 0."""
    X = np.array([[2.0], [3.0]])
    case = Problem(X, X[:, 0] + 1, np.ones(1), np.float64(1))
    expected = Expected(signature.plan(worker.describe("gradient", right), True), case, loss)
    at, beyond = (
        answers(lambda X, y, w, b, v=v: apart(v), "gradient", [case])[0]
        for v in (expected.bounds, np.nextafter(expected.bounds, 1))
    )
    assert match.is_right_for(loss, at)
    assert not match.is_right_for(loss, beyond)


@pytest.mark.parametrize(("name", "c"), [(f.name, f.ratio) for f in CATALOGUE if f.ratio])
def test_the_usual_factors_are_mistakes_beyond_the_four_losses(name, c):
    """Twice, n times and 2n times the largest of them."""

    def gradient(X, y, w, b):
        return tuple(2 * len(y) * c(len(y)) * g for g in right(X, y, w, b))

    def loss(X, y, w, b):
        return 2 * len(y) * c(len(y)) * half_mse(X, y, w, b)

    for program in (gradient, loss):
        trials = answers(program, loss="sse")
        assert match.other_loss(trials, "sse") is None
        assert match.matching_faults(trials, trials) == [name]


def test_losses_of_predictions_are_explained_as_those_of_weights_are():
    """Sample by sample, and their mean."""

    def squared_loss(y_hat, y):
        return -((y_hat - y) ** 2) / 2

    def loss(y_hat, y):
        return squared_loss(y_hat, y).mean()

    for program, kind in ((squared_loss, "sample"), (loss, "loss")):
        trials = answers(program)
        assert trials[0].plan.kind == kind
        assert match.matching_faults(trials, trials) == ["sign-flipped"]


def test_a_number_is_chosen_where_there_are_some_to_choose_from():
    """A formula that takes one is passed over where no answer is finite, or where none may be."""

    def power(x, c):
        return x**c

    for choices, usable, found in [
        (lambda usable: usable, [1, 3], [2, 8]),
        (lambda usable: usable, [], []),
        (None, [1, 3], []),
    ]:
        assert [f(2.0) for f in match.chosen([power], 1, choices, usable)] == found
    assert [f(2.0) for f in match.chosen([abs], 1, None, [])] == [2]


@pytest.mark.parametrize("j", [0, 1, 2, 3, 4, -1, -2])
def test_whichever_feature_is_left_out(j):
    """The first five and the last two; where there is no such feature, nothing is wrong."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        if -len(w) <= j < len(w):
            grad_w[j] = 0
        return grad_w, grad_b

    trials = answers(gradient)
    assert match.matching_faults(trials, trials) == ["feature-missing"]


@pytest.mark.parametrize("powers", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("of_labels", [False, True])
def test_either_mean_of_n_by_n_residuals_or_their_sum(powers, of_labels):
    """For w and for b; but sums of both with the labels' mean are another mistake's."""

    def gradient(X, y, w, b):
        y_hat = res(X, 0 * y, w, b)
        r = y_hat - y.mean() if of_labels else y_hat.mean() - y
        grad_w, grad_b = by_mean(X, r)
        return grad_w * len(y) ** powers[0], grad_b * float(len(y)) ** powers[1]

    trials = answers(gradient)
    assert match.matching_faults(trials, trials) == ["broadcast-n-by-n"]


@pytest.mark.parametrize("c", [0.02, 0.75, -3.0])
@pytest.mark.parametrize(
    "what",
    [lambda w, n: w, lambda w, n: w / n, lambda w, n: np.sign(w), lambda w, n: np.sign(w) / n],
)
def test_whatever_the_decay(c, what):
    """λw, λw/n, λ sign(w) and λ sign(w)/n, for any λ."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return grad_w + c * what(w, len(y)), grad_b

    trials = answers(gradient)
    assert match.matching_faults(trials, trials) == ["weight-decay"]


def norm(g):
    """‖g‖"""
    return float(np.sqrt(np.sum(np.square(g))))


@pytest.mark.parametrize("c", [0.3, 1.0, 1 / 3])
@pytest.mark.parametrize(
    "cut",
    [
        lambda w, b, c: (np.clip(w, -c, c), np.clip(b, -c, c)),
        lambda w, b, c: (np.clip(w, -c, c), b),
        lambda w, b, c: tuple(g * min(1, c / norm([*w, b])) for g in (w, b)),
        lambda w, b, c: (w * min(1, c / norm(w)), b),
        lambda w, b, c: (w * min(1, c / norm(w)), np.clip(b, -c, c)),
    ],
)
def test_whatever_the_bound(c, cut):
    """Each entry, or the norm, of both or of w alone, for any bound that is met."""

    def gradient(X, y, w, b):
        return cut(*right(X, y, w, b), c)

    trials = answers(gradient)
    assert match.matching_faults(of_several_features(trials), trials) == ["clipped"]


def of_several_features(trials):
    """The answers where the norm of w is another number than its entries."""
    return [i for i in trials if len(i.case.w) > 1]


@pytest.mark.parametrize("j", range(4))
def test_a_bound_is_found_wherever_it_is_met(j):
    """By the bias alone, or by one weight alone."""
    size = np.where(np.arange(4) == j, 1.0, 1e-3)
    cases = [
        c._replace(X=c.X * size[:3])
        for c in distinguishing_problems(0)
        if c.X.shape in ((5, 3), (3, 3))
    ]

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return np.clip(grad_w, -0.1, 0.1), np.clip(grad_b, -0.1, 0.1) if j == 3 else grad_b

    trials = answers(gradient, cases=cases)
    assert {int(np.flatnonzero(i.errors > 1)[0]) for i in trials if not i.is_correct} == {j}
    assert match.matching_faults(trials, trials) == ["clipped"]


def test_clipped_residuals_are_told_by_single_samples():
    """With one sample grad_b is the residual itself, and so shows its bound."""

    def gradient(X, y, w, b):
        return by_mean(X, np.clip(res(X, y, w, b), -0.7, 0.7))

    trials = answers(gradient)
    assert match.matching_faults(of_several_features(trials), trials) == ["clipped"]


@pytest.mark.parametrize("m", [1.5, 4, 10, 32])
def test_whatever_the_divisor(m):
    """A fixed batch size in place of n."""

    def gradient(X, y, w, b):
        return by_n(X, y, w, b, m, m)

    trials = answers(gradient)
    assert match.matching_faults(trials, trials) == ["ragged-divisor"]
    for i in trials:  # each shows it by itself, if not that alone
        assert i.is_correct or "ragged-divisor" in match.matching_faults([i], [i])
