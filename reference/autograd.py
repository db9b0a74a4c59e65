"""The derivation by torch autograd: the names and arguments are those of `linreg_np`.

No derivative is written by hand here: each is computed by `torch.autograd.grad`.
Arguments are arrays or tensors; results are tensors: float32 for float32, else float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

TensorLike: TypeAlias = ArrayLike | Tensor


def tensor(a: TensorLike) -> Tensor:
    """Copy an array to a float32 or float64 tensor; return a tensor unchanged, with its graph."""
    if isinstance(a, Tensor):
        return a
    a = np.asarray(a)
    return torch.tensor(np.array(a, dtype=np.float32 if a.dtype == np.float32 else np.float64))


def leaf(a: TensorLike) -> Tensor:
    """Copy `a` to a tensor that can be differentiated by."""
    return tensor(a).detach().clone().requires_grad_()


def price(
    area: TensorLike, age: TensorLike, w_area: TensorLike, w_age: TensorLike, b: TensorLike
) -> Tensor:
    """price = w_area · area + w_age · age + b   (§0)"""
    return tensor(w_area) * tensor(area) + tensor(w_age) * tensor(age) + tensor(b)


def predict_one(x: TensorLike, w: TensorLike, b: TensorLike) -> Tensor:
    """ŷ = wᵀx + b   (§1.1a)"""
    return tensor(w) @ tensor(x) + tensor(b)


def predict(X: TensorLike, w: TensorLike, b: TensorLike) -> Tensor:
    """ŷ = Xw + b   (§1.1b)"""
    return tensor(X) @ tensor(w) + tensor(b)


def residual(y_hat: TensorLike, y: TensorLike) -> Tensor:
    """ŷ − y   (for §1.2a)"""
    return tensor(y_hat) - tensor(y)


def squared_loss(y_hat: TensorLike, y: TensorLike) -> Tensor:
    """l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²   (§1.2a), by torch's own squared error"""
    return torch.nn.functional.mse_loss(tensor(y_hat), tensor(y), reduction="none") / 2


def loss(X: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike) -> Tensor:
    """L = (1/n) Σᵢ l⁽ⁱ⁾   (§1.2b)"""
    return squared_loss(predict(X, w, b), y).mean()


def dl_dyhat(y_hat: TensorLike, y: TensorLike) -> Tensor:
    """∂l/∂ŷ at ŷ   (§1.3b)"""
    y_hat = leaf(y_hat)
    return torch.autograd.grad(squared_loss(y_hat, y), y_hat)[0]


def dyhat_dw(x: TensorLike, j: int) -> Tensor:
    """∂ŷ/∂w_j   (§1.3c), at w = 0: it is the same at every w"""
    x = tensor(x)
    w = torch.zeros_like(x).requires_grad_()
    return torch.autograd.grad(predict_one(x, w, 0), w)[0][j]


def dyhat_db() -> Tensor:
    """∂ŷ/∂b   (§1.3c), at x = w = b = 0: it is the same everywhere"""
    zero, b = torch.zeros(1), torch.zeros((), requires_grad=True)
    return torch.autograd.grad(predict_one(zero, zero, b), b)[0]


def dl_dw(x: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike, j: int) -> Tensor:
    """∂l/∂w_j through ŷ   (§1.3a, §1.3d)"""
    w = leaf(w)
    return torch.autograd.grad(squared_loss(predict_one(x, w, b), y), w)[0][j]


def dl_db(x: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike) -> Tensor:
    """∂l/∂b through ŷ   (§1.3d)"""
    b = leaf(b)
    return torch.autograd.grad(squared_loss(predict_one(x, w, b), y), b)[0]


def dL_dw(X: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike, j: int) -> Tensor:
    """∂L/∂w_j   (§1.3e)"""
    return gradient(X, y, w, b)[0][j]


def dL_db(X: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike) -> Tensor:
    """∂L/∂b   (§1.3e)"""
    return gradient(X, y, w, b)[1]


def gradient(X: TensorLike, y: TensorLike, w: TensorLike, b: TensorLike) -> tuple[Tensor, Tensor]:
    """∇w L, ∂L/∂b   (§1.3f)"""
    w, b = leaf(w), leaf(b)
    grad_w, grad_b = torch.autograd.grad(loss(X, y, w, b), (w, b))
    return grad_w, grad_b


def minibatches(
    X: TensorLike, y: TensorLike, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in the order of `rng.permutation(n)`, as `linreg_np.minibatches`   (for §1.3g)"""
    X, y = tensor(X), tensor(y)
    for B in torch.split(torch.from_numpy(rng.permutation(len(y))), batch_size):
        yield X[B], y[B]


def sgd_step(
    w: TensorLike, b: TensorLike, grad_w: TensorLike, grad_b: TensorLike, lr: float
) -> tuple[Tensor, Tensor]:
    """w ← w − η ∇w L_B, b ← b − η ∂L_B/∂b   (§1.3g, §1.3h), by `torch.optim.SGD`"""
    parameters = [tensor(w).detach().clone(), tensor(b).detach().clone()]
    for parameter, grad in zip(parameters, (grad_w, grad_b), strict=True):
        parameter.grad = tensor(grad)
    torch.optim.SGD(parameters, lr).step()
    return parameters[0], parameters[1]


class Path(NamedTuple):
    """w (T+1, d), b (T+1,), grad_w (T, d), grad_b (T,): the fields of `linreg_np.Trajectory`."""

    w: NDArray[np.floating]
    b: NDArray[np.floating]
    grad_w: NDArray[np.floating]
    grad_b: NDArray[np.floating]


def fit(
    X: TensorLike,
    y: TensorLike,
    *,
    lr: float = 0.03,
    batch_size: int = 10,
    epochs: int = 3,
    w: ArrayLike | None = None,
    b: float = 0.0,
    rng: np.random.Generator | int | None = None,
) -> Path:
    """the path of w on the surface L(w₁, w₂) at a fixed b   (§2)

    The training loop of *Dive into Deep Learning*, recorded. Given the same `rng` as
    `linreg_np.fit`, it starts from the same point and takes the same batches in the same order.
    """
    X, y, rng = tensor(X), tensor(y), np.random.default_rng(rng)
    w = rng.normal(0, 0.01, X.shape[1]) if w is None else w
    theta = [torch.tensor(np.asarray(p), dtype=X.dtype, requires_grad=True) for p in (w, b)]
    points, gradients = [[p.tolist() for p in theta]], []
    for _ in range(epochs):
        for X_B, y_B in minibatches(X, y, batch_size, rng):
            grads = torch.autograd.grad(loss(X_B, y_B, *theta), theta)
            with torch.no_grad():
                for parameter, grad in zip(theta, grads, strict=True):
                    parameter -= lr * grad
            points.append([p.tolist() for p in theta])
            gradients.append([g.tolist() for g in grads])
    columns = [*zip(*points, strict=True), *zip(*gradients, strict=True)]
    return Path(*(np.array(column, X.numpy().dtype) for column in columns))
