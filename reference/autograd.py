"""The same quantities by torch autograd; names and arguments mirror `linreg_np` one to one.

Nothing is differentiated by hand here: every derivative is `torch.autograd.grad` at its own node.
Arguments are arrays or numbers; answers are tensors. float32 stays float32, all else is float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


def tensor(a: Any) -> Tensor:
    """An array as a copy, a float32 or float64 tensor; a tensor as it is, with its graph."""
    if isinstance(a, Tensor):
        return a
    a = np.asarray(a)
    return torch.tensor(np.array(a, dtype=np.float32 if a.dtype == np.float32 else np.float64))


def leaf(a: Any) -> Tensor:
    """A copy that a gradient can be asked of."""
    return tensor(a).detach().clone().requires_grad_()


def price(area: Any, age: Any, w_area: Any, w_age: Any, b: Any) -> Tensor:
    """price = w_area · area + w_age · age + b   (§0)"""
    return tensor(w_area) * tensor(area) + tensor(w_age) * tensor(age) + tensor(b)


def predict_one(x: Any, w: Any, b: Any) -> Tensor:
    """ŷ = wᵀx + b   (§1.1a)"""
    return tensor(w) @ tensor(x) + tensor(b)


def predict(X: Any, w: Any, b: Any) -> Tensor:
    """ŷ = Xw + b   (§1.1b)"""
    return tensor(X) @ tensor(w) + tensor(b)


def residual(y_hat: Any, y: Any) -> Tensor:
    """ŷ − y   (for §1.2a)"""
    return tensor(y_hat) - tensor(y)


def squared_loss(y_hat: Any, y: Any) -> Tensor:
    """l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²   (§1.2a), by torch's own squared error"""
    return torch.nn.functional.mse_loss(tensor(y_hat), tensor(y), reduction="none") / 2


def loss(X: Any, y: Any, w: Any, b: Any) -> Tensor:
    """L = (1/n) Σᵢ l⁽ⁱ⁾   (§1.2b)"""
    return squared_loss(predict(X, w, b), y).mean()


def dl_dyhat(y_hat: Any, y: Any) -> Tensor:
    """∂l/∂ŷ at ŷ   (§1.3b)"""
    y_hat = leaf(y_hat)
    return torch.autograd.grad(squared_loss(y_hat, y), y_hat)[0]


def dyhat_dw(x: Any, j: int) -> Tensor:
    """∂ŷ/∂w_j   (§1.3c), taken at w = 0, since it is the same at every w"""
    x = tensor(x)
    w = torch.zeros_like(x).requires_grad_()
    return torch.autograd.grad(predict_one(x, w, 0), w)[0][j]


def dyhat_db() -> Tensor:
    """∂ŷ/∂b   (§1.3c), taken at x = w = b = 0, since it is the same everywhere"""
    zero, b = torch.zeros(1), torch.zeros((), requires_grad=True)
    return torch.autograd.grad(predict_one(zero, zero, b), b)[0]


def dl_dw(x: Any, y: Any, w: Any, b: Any, j: int) -> Tensor:
    """∂l/∂w_j through ŷ   (§1.3a, §1.3d)"""
    w = leaf(w)
    return torch.autograd.grad(squared_loss(predict_one(x, w, b), y), w)[0][j]


def dl_db(x: Any, y: Any, w: Any, b: Any) -> Tensor:
    """∂l/∂b through ŷ   (§1.3d)"""
    b = leaf(b)
    return torch.autograd.grad(squared_loss(predict_one(x, w, b), y), b)[0]


def dL_dw(X: Any, y: Any, w: Any, b: Any, j: int) -> Tensor:
    """∂L/∂w_j   (§1.3e)"""
    return gradient(X, y, w, b)[0][j]


def dL_db(X: Any, y: Any, w: Any, b: Any) -> Tensor:
    """∂L/∂b   (§1.3e)"""
    return gradient(X, y, w, b)[1]


def gradient(X: Any, y: Any, w: Any, b: Any) -> tuple[Tensor, Tensor]:
    """∇w L, ∂L/∂b   (§1.3f)"""
    w, b = leaf(w), leaf(b)
    grad_w, grad_b = torch.autograd.grad(loss(X, y, w, b), (w, b))
    return grad_w, grad_b


def minibatches(
    X: Any, y: Any, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in the order of `rng.permutation(n)`, as `linreg_np.minibatches`   (for §1.3g)"""
    X, y = tensor(X), tensor(y)
    for B in torch.split(torch.from_numpy(rng.permutation(len(y))), batch_size):
        yield X[B], y[B]


def sgd_step(w: Any, b: Any, grad_w: Any, grad_b: Any, lr: float) -> tuple[Tensor, Tensor]:
    """w ← w − η ∇w L_B, b ← b − η ∂L_B/∂b   (§1.3g, §1.3h), by `torch.optim.SGD`"""
    parameters = [tensor(w).detach().clone(), tensor(b).detach().clone()]
    for parameter, grad in zip(parameters, (grad_w, grad_b), strict=True):
        parameter.grad = tensor(grad)
    torch.optim.SGD(parameters, lr).step()
    return parameters[0], parameters[1]


class Path(NamedTuple):
    """w (T+1, d), b (T+1,), grad_w (T, d), grad_b (T,): the fields of linreg_np.Trajectory."""

    w: Any
    b: Any
    grad_w: Any
    grad_b: Any


def fit(
    X: Any,
    y: Any,
    *,
    lr: float = 0.03,
    batch_size: int = 10,
    epochs: int = 3,
    w: Any = None,
    b: float = 0.0,
    rng: Any = None,
) -> Path:
    """the path of w on the surface L(w₁, w₂) at a fixed b   (§2)

    The loop of *Dive into Deep Learning* in torch, recorded. Given the same `rng` as
    `linreg_np.fit`, it starts from the same point and takes the same batches in the same order.
    """
    X, y, rng = tensor(X), tensor(y), np.random.default_rng(rng)
    w0 = rng.normal(0, 0.01, X.shape[1]) if w is None else np.asarray(w)
    w = torch.tensor(w0, dtype=X.dtype, requires_grad=True)
    b_ = torch.tensor(b, dtype=X.dtype, requires_grad=True)
    points, gradients = [(w.tolist(), b_.item())], []
    for _ in range(epochs):
        for X_B, y_B in minibatches(X, y, batch_size, rng):
            grads = torch.autograd.grad(loss(X_B, y_B, w, b_), (w, b_))
            with torch.no_grad():
                for parameter, grad in zip((w, b_), grads, strict=True):
                    parameter -= lr * grad
            points.append((w.tolist(), b_.item()))
            gradients.append((grads[0].tolist(), grads[1].item()))
    columns = [*zip(*points, strict=True), *zip(*gradients, strict=True)]
    return Path(*(np.array(column, X.numpy().dtype) for column in columns))
