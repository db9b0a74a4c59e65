"""What is read off a training: which rows a pass used, with what weight, and whose labels."""

from dataclasses import replace

import numpy as np
import pytest
from in_process import InProcess, chosen, gradient_descent

from reference.checker.diagnosis.history import Program
from reference.checker.trainers.minibatches import (
    PLAIN,
    Trainer,
    bias_apart,
    matching_models,
    read_batches,
)
from reference.checker.trainers.passes import Pass, labels_of, row_labels


def slices(n, m):
    """The batches of all rows in their order."""
    return [np.arange(n)[k : k + m] for k in range(0, n, m)]


def shuffled(n, m):
    """The same of rows in a random order."""
    order = np.random.permutation(n)  # noqa: NPY002
    return [order[k : k + m] for k in range(0, n, m)]


def of_two_orders(n, m):
    """Rows and labels, each in an order of their own."""
    return list(zip(shuffled(n, m), shuffled(n, m), strict=True))


def drawn(size, first=0, last=0):
    """A batch with replacement, from a range of rows."""
    return lambda n, m: [np.random.randint(first, n - last, size(m))]  # noqa: NPY002


def windows(width=0):
    """Batches that begin one row apart, or have one row too many, of rows in a random order."""

    def batches(n, m):
        order = np.random.permutation(n)  # noqa: NPY002
        starts = range(0, n, m) if width else range(n // m)
        return [order[k : k + m + width] for k in starts]

    return batches


def one_row_left_out(n, m):
    """All rows but the last, in a random order."""
    order = np.random.permutation(n - 1)  # noqa: NPY002
    return [order[k : k + m] for k in range(0, n - 1, m)]


def train(batches, divide=lambda rows, n, m: len(rows)):
    """A trainer that takes steps along the rows, or (rows, labels), that `batches(n, m)` gives."""

    def gradient_descent(X, y, w, b, lr, epochs, batch_size):
        for _ in range(epochs):
            for batch in batches(len(y), batch_size):
                rows, labels = batch if isinstance(batch, tuple) else (batch, batch)
                r = X[rows] @ w + b - y[labels]
                divisor = divide(rows, len(y), batch_size)
                w, b = w - lr * r @ X[rows] / divisor, b - lr * r.sum() / divisor
        return w, b

    return gradient_descent


def with_labels(shift):
    """Batches with the labels of other rows."""
    return lambda n, m: [(rows, shift(rows, n)) for rows in slices(n, m)]


BATCHES = {
    "minibatches": [train(slices), train(shuffled), train(lambda n, m: slices(n, m)[::-1])],
    "one random sample a step": [train(drawn(lambda m: 1))],
    "one random batch a step": [
        train(lambda n, m: [np.random.permutation(n)[:m]])  # noqa: NPY002
    ],
    "batches drawn with replacement": [
        train(drawn(lambda m: m)),
        train(lambda n, m: [batch for _ in slices(n, m) for batch in drawn(lambda m: m)(n, m)]),
    ],
    "all rows in each step": [train(lambda n, m: [np.arange(n)])],
    "full-n-divisor": [train(slices, lambda rows, n, m: n), train(shuffled, lambda rows, n, m: n)],
    "ragged-divisor": [train(slices, lambda rows, n, m: m), train(shuffled, lambda rows, n, m: m)],
    "same-batch-again": [
        train(lambda n, m: [np.arange(m)] * len(slices(n, m))),
        train(lambda n, m: shuffled(n, m)[:1] * len(slices(n, m))),
    ],
    "whole-data-in-each-batch": [
        train(lambda n, m: [np.arange(n)] * len(slices(n, m))),
        train(lambda n, m: [np.arange(n)] * (n // m)),
    ],
    "remainder-dropped": [
        train(lambda n, m: slices(n, m)[: n // m]),
        train(lambda n, m: shuffled(n, m)[: n // m]),
        train(lambda n, m: slices(n, m)[: -(-n // m) - 1]),
    ],
    "batches-overlap": [
        train(lambda n, m: [np.arange(n)[i : i + m] for i in range(n // m)]),
        train(lambda n, m: [np.arange(n)[i : i + m] for i in range(n)]),
        train(windows()),
        train(windows(1)),
    ],
    "remainder-dropped+sign-flipped": [
        train(lambda n, m: shuffled(n, m)[: n // m], lambda rows, n, m: -len(rows))
    ],
    "missing-mean+same-batch-again": [
        train(lambda n, m: [np.arange(m)] * len(slices(n, m)), lambda rows, n, m: 1)
    ],
    "missing-mean+shuffled-apart": [train(of_two_orders, lambda rows, n, m: 1)],
    "labels-of-another-batch": [train(with_labels(lambda rows, n: np.arange(len(rows))))],
    "labels-off-by-one": [train(with_labels(lambda rows, n: (rows + 1) % n))],
    "shuffled-apart": [train(of_two_orders)],
    "row-never-drawn": [
        train(drawn(lambda m: 1, last=1)),
        train(drawn(lambda m: m, first=1)),
        train(one_row_left_out),
    ],
    "": [train(slices, lambda rows, n, m: 1.37 * n), train(lambda n, m: [])],
}
TRAINERS = [
    pytest.param(program, name, id=f"{name or 'nothing'}-{i}")
    for name, programs in BATCHES.items()
    for i, program in enumerate(programs)
]


def trainer(program, call, **options):
    """A program as a trainer that can be asked."""
    return Trainer(InProcess(program, **options), call.plan, call.reading)


@pytest.mark.sample(2)
@pytest.mark.parametrize(("program", "name"), TRAINERS)
def test_batches_are_told_by_the_rows_that_they_use(program, name):
    """Where m divides n and where it does not, for m = 1, in several passes."""
    call = chosen(train(lambda n, m: [np.arange(n)])).call
    found = read_batches(trainer(program, call), [1.0])
    assert name in (found.fault, found.kind)
    assert "" in (found.fault, found.kind)
    assert bool(found.more) <= (name == "row-never-drawn")


@pytest.mark.parametrize("factor", [2.0, 1.0])
def test_batches_are_read_under_several_conventions(factor):
    """Those of 1.2b with and without the ½."""
    call = chosen(train(slices)).call
    program = train(slices, lambda rows, n, m: len(rows) / factor)
    found = read_batches(trainer(program, call), [2.0, 1.0])
    assert found.kind == "minibatches"


@pytest.mark.parametrize(
    ("change", "readable"),
    [
        (lambda w: w, True),
        (lambda w: w * np.nan, False),
        (lambda w: w[1:], False),
        (lambda w: w * 1.5, False),
    ],
)
def test_only_steps_of_whole_batches_can_be_read(change, readable):
    """Not NaN, another number of weights, or anything that no batch gives."""

    def gradient_descent(X, y, w, b, lr, epochs, batch_size):
        w, b = train(slices)(X, y, w, b, lr, epochs, batch_size)
        return change(w), b

    call = chosen(train(slices)).call
    found = read_batches(trainer(gradient_descent, call), [1.0])
    assert (found.kind == "minibatches") == readable


@pytest.mark.sample(4)
@pytest.mark.parametrize("batches", [slices, shuffled, drawn(lambda m: m), lambda n, m: [[0, 1]]])
@pytest.mark.parametrize("part", [lambda r: r[0], lambda r: r.max(), lambda r: r.sum() / 7])
def test_batches_whose_bias_moves_otherwise_are_none_that_are_known(batches, part):
    """The rows are told by the weights, and b must have moved along the same ones."""

    def gradient_descent(X, y, w, b, lr, epochs, batch_size):
        for _ in range(epochs):
            for rows in batches(len(y), batch_size):
                r = X[rows] @ w + b - y[rows]
                w, b = w - lr * r @ X[rows] / len(r), b - lr * part(r)
        return w, b

    call = chosen(train(slices)).call
    asked = trainer(gradient_descent, call)
    found = read_batches(asked, [1.0])
    assert (found.fault, found.kind) == ("", "")
    known = batches in (slices, shuffled)
    assert ("the bias does not" in bias_apart(asked, 1.0)) == known


def test_a_bias_that_moves_along_one_row_has_no_divisor_of_its_own():
    """Rows that are all alike would not show it: there the first residual is the mean."""

    def gradient_descent(X, y, w, b, lr, epochs):
        for _ in range(epochs):
            r = X @ w + b - y
            w, b = w - lr * r @ X / len(r), b - lr * r[0]
        return w, b

    def right(X, y, w, b, lr, epochs, batch_size):
        return train(slices)(X, y, w, b, lr, epochs, batch_size)

    right.__name__ = "gradient_descent"
    call = chosen(right).call
    assert bias_apart(trainer(right, call), 1.0) == ""
    roles = tuple(pair for pair in call.plan.roles if pair[1] != "batch_size")
    plan = replace(call.plan, roles=roles, positional=len(roles))
    found = read_batches(Trainer(InProcess(gradient_descent), plan, call.reading), [1.0])
    assert (found.fault, found.kind) == ("", "")


def test_a_process_that_ends_says_nothing():
    """Its minibatches could not be run."""
    call, program = chosen(train(slices)).call, train(slices)
    found = read_batches(trainer(program, call, dies_at=3), [1.0])
    assert (found.fault, found.kind) == ("", "")


def passed(n, m, weights, labels, b=0.5, number=0):
    """A pass that uses the rows in this way."""
    start = np.linspace(-1, 1, n) + b
    moved = np.where(labels < 0, 0, weights * (start - row_labels(n)[labels]))
    return Pass(n, m, number, moved, start)


@pytest.mark.parametrize(
    ("weights", "labels"),
    [
        ([1 / 3] * 7, [0, 1, 2, 3, 4, 5, 6]),
        ([1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1], [0, 1, 2, 3, 4, 5, 6]),
        ([2 / 3, 0, 1, 1 / 3, 0, 0, 0], [0, -1, 2, 3, -1, -1, -1]),
        ([1 / 3] * 7, [1, 2, 0, 5, 4, 3, 6]),
        ([1 / 7] * 7, [0, 1, 2, 3, 4, 5, 6]),
        ([-1 / 3] * 7, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_weights_and_labels_of_each_row_are_read(weights, labels):
    """c and σ; a row that was not used has neither."""
    found, used = labels_of(passed(7, 3, np.array(weights), np.array(labels)), 1.0)
    np.testing.assert_allclose(found, weights, rtol=1e-12)
    assert used.tolist() == labels


def test_a_weight_that_no_batch_gives_tells_no_label():
    """Nothing is claimed of it."""
    assert labels_of(passed(7, 3, np.full(7, 0.1234567), np.arange(7)), 1.0) is None


def names_of(passes, program=PLAIN):
    """The mistake or the kind of the first model of these passes."""
    model = next(matching_models(passes, 1.0, program), None)
    return model and ("+".join(model.names) or model.structure.kind)


def test_passes_that_differ_by_chance_have_no_name_of_a_plain_loop():
    """The same batch in each step is a mistake where it is the same in each pass."""
    first, second = (
        passed(4, 2, np.array(weights), np.where(np.array(weights) > 0, np.arange(4), -1))
        for weights in ([0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5])
    )
    assert names_of([first, first]) == "same-batch-again"
    assert names_of([first, second]) == "one random batch a step"


def test_batches_of_momentum_are_compared_in_the_first_pass_alone():
    """A later one feels the steps before it; and nothing is said where the first was not seen."""
    momentum = Program("", "momentum", lambda t, s, n: 0.5 ** (t - s))
    weights = np.array([1.5, 1.5, 1, 1]) / 2
    first, later = (passed(4, 2, c * weights, np.arange(4), number=k) for k, c in enumerate((1, 3)))
    assert names_of([first, later], momentum) == "minibatches"
    assert names_of([later], momentum) is None
    assert names_of([passed(4, 2, weights[::-1] * 1.1, np.arange(4))], momentum) is None


def test_the_rows_of_one_feature_are_read_one_by_one():
    """A training for each row, in which that row alone acts on the weight."""

    def gradient_descent(x, y, w, b, lr, epochs, batch_size):
        for _ in range(epochs):
            for k in range(0, len(y), batch_size):
                r = w * x[k : k + batch_size] + b - y[k : k + batch_size]
                w, b = w - lr * r @ x[k : k + batch_size] / len(r), b - lr * r.mean()
        return w, b

    def summed(x, y, w, b, lr, epochs, batch_size):
        for _ in range(epochs):
            r = w * x + b - y
            w, b = w - lr * 1.37 * (r @ x), b - lr * r.sum()
        return w, b

    call = chosen(gradient_descent).call
    assert call.plan.layout.d == 1
    found = read_batches(trainer(gradient_descent, call), [1.0])
    assert found.kind == "minibatches"
    summed.__name__ = "gradient_descent"
    assert read_batches(trainer(summed, call), [1.0]).kind == ""


def frozen(X, y, w, b, lr, epochs, batch_size):
    """A residual for each epoch, and not for each step."""
    for _ in range(epochs):
        r = X @ w + b - y
        for k in range(0, len(y), batch_size):
            rows = slice(k, k + batch_size)
            w, b = w - lr * r[rows] @ X[rows] / len(r[rows]), b - lr * r[rows].mean()
    return w, b


def kept(X, y, w, b, lr, epochs, batch_size):
    """A sum that is set to zero in each epoch, and not for each step."""
    for _ in range(epochs):
        grad_w, grad_b = np.zeros(len(w)), 0.0
        for rows in shuffled(len(y), batch_size):
            r = X[rows] @ w + b - y[rows]
            grad_w, grad_b = grad_w + r @ X[rows] / len(r), grad_b + r.mean()
            w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def frozen_whole(X, y, w, b, lr, epochs, batch_size):
    """The same, of all rows in each step."""
    for _ in range(epochs):
        r = X @ w + b - y
        for _ in range(0, len(y), batch_size):
            w, b = w - lr * r @ X / len(y), b - lr * r.mean()
    return w, b


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        (frozen, "gradient-outside-loop"),
        (frozen_whole, "gradient-outside-loop+whole-data-in-each-batch"),
        (kept, "accumulator-kept"),
    ],
)
def test_what_is_kept_within_a_pass_is_named(program, fault):
    """With all rows in one batch both are right."""
    call = chosen(program).call
    assert read_batches(trainer(program, call), [1.0]).fault == fault


def test_all_data_as_often_as_there_are_rows_is_no_sample_at_a_time():
    """For small steps both are alike; for large ones each row has moved the weights n times."""

    def descent(X, y, w, b, lr, n_iters):
        for _ in range(n_iters * len(y)):
            r = X @ w + b - y
            w, b = w - lr * r @ X / len(y), b - lr * r.mean()
        return w, b

    def one_by_one(X, y, w, b, lr, n_iters):
        for _ in range(n_iters):
            for x_i, y_i in zip(X, y, strict=True):
                r = x_i @ w + b - y_i
                w, b = w - lr * r * x_i, b - lr * r
        return w, b

    call = chosen(gradient_descent).call
    descent.__name__ = one_by_one.__name__ = "gradient_descent"
    found = [read_batches(trainer(p, call), [1.0]) for p in (one_by_one, descent)]
    assert [f.kind for f in found] == ["minibatches", ""]
    assert found[1].fault == "whole-data-in-each-batch"
