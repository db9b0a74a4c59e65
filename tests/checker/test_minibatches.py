"""What is read off a training: which rows a pass used, with what weight, and whose labels."""

import numpy as np
import pytest
from in_process import InProcess, chosen

from reference.checker.minibatches import LR, Pass, classify, decode, read_batches, row_labels


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
    "same-batch-again": [train(lambda n, m: [np.arange(m)] * len(slices(n, m)))],
    "whole-data-in-each-batch": [
        train(lambda n, m: [np.arange(n)] * len(slices(n, m))),
        train(lambda n, m: [np.arange(n)] * (n // m)),
    ],
    "remainder-dropped": [
        train(lambda n, m: slices(n, m)[: n // m]),
        train(lambda n, m: shuffled(n, m)[: n // m]),
    ],
    "batches-overlap": [train(lambda n, m: [np.arange(n)[i : i + m] for i in range(n // m)])],
    "labels-of-another-batch": [train(with_labels(lambda rows, n: np.arange(len(rows))))],
    "labels-off-by-one": [train(with_labels(lambda rows, n: (rows + 1) % n))],
    "shuffled-apart": [train(of_two_orders)],
    "row-never-drawn": [
        train(drawn(lambda m: 1, last=1)),
        train(drawn(lambda m: m, first=1)),
    ],
    "": [train(slices, lambda rows, n, m: 1.37 * n), train(lambda n, m: [])],
}
TRAINERS = [
    pytest.param(program, name, id=f"{name or 'nothing'}-{i}")
    for name, programs in BATCHES.items()
    for i, program in enumerate(programs)
]


@pytest.mark.parametrize(("program", "name"), TRAINERS)
def test_batches_are_told_by_the_rows_that_they_use(program, name):
    """Where m divides n and where it does not, for m = 1, in several passes."""
    call = chosen(train(lambda n, m: [np.arange(n)])).call
    found = read_batches(InProcess(program), call.plan, call.reading, [1.0])
    assert name in (found.fault, found.kind)
    assert "" in (found.fault, found.kind)
    if name == "row-never-drawn":
        assert "of 3) is not among" in found.more


@pytest.mark.parametrize("factor", [2.0, 1.0])
def test_batches_are_read_under_several_conventions(factor):
    """Those of 1.2b with and without the ½."""
    call = chosen(train(slices)).call
    program = train(slices, lambda rows, n, m: len(rows) / factor)
    found = read_batches(InProcess(program), call.plan, call.reading, [2.0, 1.0])
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
    found = read_batches(InProcess(gradient_descent), call.plan, call.reading, [1.0])
    assert (found.kind == "minibatches") == readable


def test_a_process_that_ends_tells_nothing():
    """Its minibatches could not be run."""
    call, program = chosen(train(slices)).call, train(slices)
    found = read_batches(InProcess(program, dies_at=3), call.plan, call.reading, [1.0])
    assert (found.fault, found.kind) == ("", "")


def passed(n, m, weights, labels, b=0.5):
    """The points before and after a pass that uses the rows in this way."""
    y, w = row_labels(n), np.linspace(-1, 1, n)
    moved = np.where(labels < 0, 0, weights * (w + b - y[labels]))
    return np.append(w, b), np.append(w - LR * moved, b)


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
def test_weights_and_labels_of_each_row_are_decoded(weights, labels):
    """c and σ; a row that was not used has neither."""
    before, after = passed(7, 3, np.array(weights), np.array(labels))
    found = decode(before, after, 7, 3, 1.0)
    np.testing.assert_allclose(found.weights, weights, rtol=1e-12)
    assert found.labels.tolist() == labels


def test_a_weight_that_no_batch_gives_is_not_decoded():
    """Nothing is claimed of it."""
    before, after = passed(7, 3, np.full(7, 0.1234567), np.arange(7))
    assert decode(before, after, 7, 3, 1.0) is None


def test_passes_that_differ_by_chance_have_no_name_of_a_plain_loop():
    """The same batch in each step is a mistake where it is the same in each pass."""
    first, second = (
        Pass(4, 2, np.array(weights), np.where(np.array(weights) > 0, np.arange(4), -1))
        for weights in ([0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5])
    )
    assert classify([first, first]).fault == "same-batch-again"
    assert classify([first, second]).kind == "one random batch a step"


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
    found = read_batches(InProcess(gradient_descent), call.plan, call.reading, [1.0])
    assert found.kind == "minibatches"
    summed.__name__ = "gradient_descent"
    assert read_batches(InProcess(summed), call.plan, call.reading, [1.0]).kind == ""
