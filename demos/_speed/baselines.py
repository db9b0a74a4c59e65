"""The baselines of the demo speed: the loops of *Dive into Deep Learning*, and compiled ones.

Packages are imported where they are used, so that `speed --help` needs none of them.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

SKLEARN, NUMBA, JAX = (
    importlib.util.find_spec(name) is not None for name in ("sklearn", "numba", "jax")
)


def torch_fit(X: Any, y: Any, *, lr: float, batch_size: int, epochs: int, w: Any, rng: Any) -> Any:
    """The book's training loop in float64, its path and gradients recorded; θ at the end.

    `data_iter`, `linreg`, `squared_loss`, `sgd` of *Dive into Deep Learning*, ch. 3, written
    inline; only the order of the samples comes from `rng`, so that it is that of `fit`.
    """
    import torch

    X, y, n, path = torch.from_numpy(X), torch.from_numpy(y).reshape(-1, 1), len(y), []
    w = torch.tensor(w).reshape(-1, 1).requires_grad_()
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(epochs):
        indices = rng.permutation(n).tolist()
        for i in range(0, n, batch_size):
            batch = torch.tensor(indices[i : min(i + batch_size, n)])
            X_B, y_B = X[batch], y[batch]
            y_hat = torch.matmul(X_B, w) + b
            loss = (y_hat - y_B.reshape(y_hat.shape)) ** 2 / 2
            loss.sum().backward()
            path.append((w.detach().clone(), b.detach().clone(), w.grad.clone(), b.grad.clone()))
            with torch.no_grad():
                for parameter in (w, b):
                    parameter -= lr * parameter.grad / len(batch)
                    parameter.grad.zero_()
    return np.append(w.detach().numpy(), b.item())


def torch_descent(X: Any, y: Any, *, w: Any, lr: float, steps: int) -> Any:
    """Full-batch descent by autograd; θ at the end."""
    import torch

    X, y, w = torch.from_numpy(X), torch.from_numpy(y), torch.tensor(w, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        loss = ((X @ w + b - y) ** 2).mean() / 2
        loss.backward()
        with torch.no_grad():
            for parameter in (w, b):
                parameter -= lr * parameter.grad
                parameter.grad = None
    return np.append(w.detach().numpy(), b.item())


def torch_gradient(X: Any, y: Any, w: Any, b: float) -> Any:
    """∇L by one forward and backward pass."""
    import torch

    w = torch.tensor(w, requires_grad=True)
    c = torch.tensor(b, dtype=w.dtype, requires_grad=True)
    loss = ((torch.from_numpy(X) @ w + c - torch.from_numpy(y)) ** 2).mean() / 2
    loss.backward()
    return np.append(w.grad.numpy(), c.grad.item())


def double_loop(X: Any, y: Any, w1: Any, w2: Any, b: float) -> Any:
    """§2's surface, `linreg` and `squared_loss` for each of its points."""
    L = np.empty((len(w2), len(w1)))
    for i in range(len(w2)):
        for j in range(len(w1)):
            y_hat = np.matmul(X, np.array([w1[j], w2[i]])) + b
            loss = (y_hat - y.reshape(y_hat.shape)) ** 2 / 2
            L[i, j] = loss.mean()
    return L


def sgd_regressor(X: Any, y: Any, *, lr: float, epochs: int, shuffle: bool = True) -> Any:
    """scikit-learn's compiled SGD, one step per sample, without penalty; θ at the end."""
    from sklearn.linear_model import SGDRegressor

    model = SGDRegressor(
        penalty=None,
        learning_rate="constant",
        eta0=lr,
        max_iter=epochs,
        tol=None,
        shuffle=shuffle,
        random_state=0,
    ).fit(X, y)
    return np.append(model.coef_, model.intercept_)


def numba_fit(X: Any, y: Any, *, lr: float, batch_size: int, epochs: int, w: Any, rng: Any) -> Any:
    """The same steps in plain loops, compiled by numba; θ at the end, no path."""
    orders = np.array([rng.permutation(len(y)) for _ in range(epochs)])
    return numba_loop()(X, y, orders, w.copy(), lr, batch_size)


@functools.cache
def numba_loop() -> Callable[..., Any]:
    """The loop, which numba compiles at its first call."""
    import numba

    @numba.njit
    def loop(X: Any, y: Any, orders: Any, w: Any, lr: float, m: int) -> Any:
        n, d = X.shape
        theta, grad = np.append(w, 0.0), np.zeros(d + 1)
        for order in orders:
            for begin in range(0, n, m):
                grad[:] = 0.0
                batch = order[begin : begin + m]
                for i in batch:
                    residual = theta[d] - y[i]
                    for j in range(d):
                        residual += X[i, j] * theta[j]
                    for j in range(d):
                        grad[j] += residual * X[i, j]
                    grad[d] += residual
                for j in range(d + 1):
                    theta[j] -= lr / len(batch) * grad[j]
        return theta

    return loop


def jax_fit(X: Any, y: Any, *, lr: float, batch_size: int, epochs: int, w: Any, rng: Any) -> Any:
    """The same steps by automatic differentiation, compiled by jax as one scan; θ at the end.

    Every batch must be of one size, so n a multiple of it.
    """
    orders = np.array([rng.permutation(len(y)) for _ in range(epochs)]).reshape(-1, batch_size)
    return np.asarray(jax_scan()(X, y, orders, np.append(w, 0.0), lr))


@functools.cache
def jax_scan() -> Callable[..., Any]:
    """All steps in float64, which jax compiles at the first call for each size."""
    import jax

    jax.config.update("jax_enable_x64", True)

    def loss(theta: Any, X: Any, y: Any) -> Any:
        return ((X @ theta[:-1] + theta[-1] - y) ** 2).mean() / 2

    @jax.jit
    def scan(X: Any, y: Any, orders: Any, theta: Any, lr: float) -> Any:
        def step(theta: Any, batch: Any) -> Any:
            return theta - lr * jax.grad(loss)(theta, X[batch], y[batch]), None

        return jax.lax.scan(step, theta, orders)[0]

    return scan
