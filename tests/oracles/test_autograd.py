"""The torch oracle: exact on integers, its types and copies, and its training loop."""

import numpy as np
import pytest
import torch

from reference import autograd

X, Y = [[1, 2], [3, -4], [0, 5], [2, 2]], [7, 0, -3, 1]
W, B = [2, -1], 3
Y_HAT = [3, 13, -2, 5]  # Xw + b

BY_HAND = {
    "price": ((80, 5, 3, -2, 10), 240),
    "predict_one": ((X[1], W, B), 13),
    "predict": ((X, W, B), Y_HAT),
    "residual": ((Y_HAT, Y), [-4, 13, 1, 4]),
    "squared_loss": ((Y_HAT, Y), [8, 84.5, 0.5, 8]),
    "loss": ((X, Y, W, B), 101 / 4),
    "dl_dyhat": ((13, 0), 13),
    "dyhat_dw": ((X[1], 1), -4),
    "dyhat_db": ((), 1),
    "dl_dw": ((X[1], 0, W, B, 0), 39),
    "dl_db": ((X[1], 0, W, B), 13),
    "dL_dw": ((X, Y, W, B, 0), 43 / 4),
    "dL_db": ((X, Y, W, B), 14 / 4),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_each_quantity_of_section_1_is_its_equation(name):
    """Computed by hand on samples of integers; the results are float64 tensors."""
    arguments, value = BY_HAND[name]
    found = getattr(autograd, name)(*arguments)
    assert found.tolist() == value
    assert found.dtype == (torch.float32 if name == "dyhat_db" else torch.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.float16])
def test_float32_stays_and_all_else_becomes_float64(dtype):
    """An array is copied; a tensor is returned as it is; the gradient has the same type."""
    a = np.array([1, 2], dtype)
    tensor = autograd.tensor(a)
    a[0] = 9
    assert tensor.tolist() == [1, 2]
    assert tensor.dtype == (torch.float32 if dtype == np.float32 else torch.float64)
    assert autograd.tensor(tensor) is tensor
    problem = [np.array(v, dtype) for v in (X, Y, W, B)]
    grad_w, grad_b = autograd.gradient(*problem)
    assert (grad_w.tolist(), grad_b.item()) == ([43 / 4, -47 / 4], 14 / 4)
    assert {grad_w.dtype, grad_b.dtype} == {tensor.dtype}


def test_minibatches_are_one_epoch_in_the_order_of_the_permutation():
    """Rows and labels together, each sample once, the rest in the last batch."""
    order = np.random.default_rng(5).permutation(4)
    batches = list(autograd.minibatches(X, Y, 3, np.random.default_rng(5)))
    assert [len(y) for _, y in batches] == [3, 1]
    assert torch.cat([x for x, _ in batches]).tolist() == np.array(X)[order].tolist()
    assert torch.cat([y for _, y in batches]).tolist() == np.array(Y)[order].tolist()


def test_a_step_changes_none_of_its_arguments():
    """w − ηg and b − ηg are new tensors, also for tensors that require a gradient."""
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (W, B)]
    for start in (leaves, (W, B)):
        new_w, new_b = autograd.sgd_step(*start, [4, -8], 2, 0.25)
        assert (new_w.tolist(), new_b.item()) == ([1, 1], 2.5)
    assert [v.tolist() for v in leaves] == [W, B]
    assert leaves[0].grad is None


def loop(X, y, w, b, lr, batch_size, epochs, rng):
    """The points and the gradients of §2's loop, in NumPy."""
    points, gradients = [(w, b)], []
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for start in range(0, len(y), batch_size):
            rows = order[start : start + batch_size]
            r = X[rows] @ w + b - y[rows]
            grad_w, grad_b = X[rows].T @ r / len(rows), r.mean()
            w, b = w - lr * grad_w, b - lr * grad_b
            points.append((w, b))
            gradients.append((grad_w, grad_b))
    return [np.array(c) for c in (*zip(*points, strict=True), *zip(*gradients, strict=True))]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "options", [{}, {"lr": 0.1, "batch_size": 4, "epochs": 1}, {"w": [1.0, 2.0], "b": 0.5}], ids=str
)
def test_the_loop_records_every_step(options, dtype):
    """w, b and both gradients, in the dtype of X; by default η = 0.03, m = 10, 3 epochs.

    It starts from the given point, or from b = 0 and the first draws of N(0, 0.01²).
    """
    data = np.random.default_rng(0).normal(size=(25, 3)).astype(dtype)
    X, y = data[:, :2], data[:, 2]
    found = autograd.fit(X, y, **options, rng=1)
    rng = np.random.default_rng(1)
    settings = {"lr": 0.03, "batch_size": 10, "epochs": 3, "b": 0.0} | options
    settings["w"] = np.array(options["w"]) if "w" in options else rng.normal(0, 0.01, 2)
    expected = loop(X.astype(float), y.astype(float), rng=rng, **settings)
    for name, a, b in zip(found._fields, found, expected, strict=True):
        assert a.dtype == dtype, name
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("rng", [None, np.random.default_rng(3)])
def test_two_paths_without_a_seed_differ(rng):
    """None draws from the system; a generator continues where it is."""
    a, b = (autograd.fit(np.eye(3), np.eye(3)[0], rng=rng) for _ in range(2))
    assert (a.w[0] != b.w[0]).all()
