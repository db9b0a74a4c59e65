"""The baselines of the demo speed: the loops of *Dive into Deep Learning*, and scikit-learn."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import torch

SKLEARN = importlib.util.find_spec("sklearn") is not None


def torch_fit(X: Any, y: Any, *, lr: float, batch_size: int, epochs: int, w: Any, rng: Any) -> Any:
    """The book's training loop in float64, its path and gradients recorded; θ at the end.

    `data_iter`, `linreg`, `squared_loss`, `sgd` of *Dive into Deep Learning*, ch. 3, written
    inline; only the order of the samples comes from `rng`, so that it is that of `fit`.
    """
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
