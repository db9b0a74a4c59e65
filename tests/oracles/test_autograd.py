"""The torch oracle on whole numbers, where it must be exact; its types, its copies, its loop."""

import numpy as np
import pytest
import torch

from reference import autograd

X, Y = [[1, 2], [3, -4], [0, 5], [2, 2]], [7, 0, -3, 1]
W, B = [2, -1], 3
Y_HAT = [3, 13, -2, 5]  # Xw + b
R = [-4, 13, 1, 4]


def test_every_quantity_of_section_1_is_its_equation():
    """Worked by hand on four samples of whole numbers; the answers are float64 tensors."""
    x, y = X[1], Y[1]
    found = {
        "price": (autograd.price(80, 5, 3, -2, 10), 240),
        "predict_one": (autograd.predict_one(x, W, B), 13),
        "predict": (autograd.predict(X, W, B), Y_HAT),
        "residual": (autograd.residual(Y_HAT, Y), R),
        "squared_loss": (autograd.squared_loss(Y_HAT, Y), [8, 84.5, 0.5, 8]),
        "loss": (autograd.loss(X, Y, W, B), 101 / 4),
        "dl_dyhat": (autograd.dl_dyhat(Y_HAT[1], y), 13),
        "dyhat_dw": (autograd.dyhat_dw(x, 1), -4),
        "dyhat_db": (autograd.dyhat_db(), 1),
        "dl_dw": (autograd.dl_dw(x, y, W, B, 0), 39),
        "dl_db": (autograd.dl_db(x, y, W, B), 13),
        "dL_dw": (autograd.dL_dw(X, Y, W, B, 0), 43 / 4),
        "dL_db": (autograd.dL_db(X, Y, W, B), 14 / 4),
        "grad_w": (autograd.gradient(X, Y, W, B)[0], [43 / 4, -47 / 4]),
        "grad_b": (autograd.gradient(X, Y, W, B)[1], 14 / 4),
    }
    for name, (tensor, value) in found.items():
        assert tensor.tolist() == value, name
        assert tensor.dtype == (torch.float32 if name == "dyhat_db" else torch.float64), name


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.float16])
def test_float32_stays_and_all_else_is_float64(dtype):
    """As a copy, which no change of the argument reaches; a tensor stays what it is."""
    a = np.array([1, 2], dtype)
    tensor = autograd.tensor(a)
    a[0] = 9
    assert tensor.tolist() == [1, 2]
    assert tensor.dtype == (torch.float32 if dtype == np.float32 else torch.float64)
    assert autograd.tensor(tensor) is tensor
    problem = [np.array(v, dtype) for v in (X, Y, W, B)]
    assert {g.dtype for g in autograd.gradient(*problem)} == {tensor.dtype}
    assert autograd.dyhat_dw(problem[0][0], 0).dtype == tensor.dtype


def test_minibatches_are_one_epoch_in_the_order_of_the_permutation():
    """Rows and labels together, each sample once, the last batch what is left."""
    order = np.random.default_rng(5).permutation(4)
    batches = list(autograd.minibatches(X, Y, 3, np.random.default_rng(5)))
    assert [len(y) for _, y in batches] == [3, 1]
    assert torch.cat([x for x, _ in batches]).tolist() == np.array(X)[order].tolist()
    assert torch.cat([y for _, y in batches]).tolist() == np.array(Y)[order].tolist()


def test_a_step_changes_none_of_its_arguments():
    """w − ηg and b − ηg are new tensors, also where tensors came that ask for a gradient."""
    w = torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True)
    b = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    for start in ((w, b), (W, B)):
        new_w, new_b = autograd.sgd_step(*start, [4, -8], 2, 0.25)
        assert new_w.tolist() == [1, 1]
        assert new_b.tolist() == 2.5
    assert (w.tolist(), b.item()) == ([2, -1], 3)
    assert w.grad is None


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
    "options",
    [{}, {"lr": 0.1, "batch_size": 4, "epochs": 1}, {"w": [1.0, 2.0], "b": 0.5}],
    ids=str,
)
def test_the_loop_records_every_step(options, dtype):
    """w, b and both gradients as by hand, in the dtype of X; by default η = 0.03, m = 10, 3 epochs.

    It starts where it is told, else from b = 0 and the generator's first draws of N(0, 0.01²).
    """
    rng = np.random.default_rng(0)
    data = rng.normal(size=(25, 3)).astype(dtype)
    X, y = data[:, :2], data[:, 2]
    found = autograd.fit(X, y, **options, rng=1)
    rng = np.random.default_rng(1)
    w = np.array(options["w"]) if "w" in options else rng.normal(0, 0.01, 2)
    settings = {"lr": 0.03, "batch_size": 10, "epochs": 3} | options
    settings |= {"w": w, "b": options.get("b", 0.0)}
    expected = loop(X.astype(float), y.astype(float), rng=rng, **settings)
    for name, a, b in zip(found._fields, found, expected, strict=True):
        assert a.dtype == dtype, name
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 if dtype == np.float64 else 1e-5)


def test_without_a_seed_no_two_paths_are_alike():
    """rng=None is new entropy; a generator is drawn from."""
    data = np.eye(3)
    a, b = (autograd.fit(data, data[0]) for _ in range(2))
    assert (a.w[0] != b.w[0]).all()
    rng = np.random.default_rng(3)
    a, b = (autograd.fit(data, data[0], rng=rng) for _ in range(2))
    assert (a.w[0] != b.w[0]).all()
