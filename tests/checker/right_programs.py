"""Correct programs, written in as many ways as people write them."""

# ruff: noqa: NPY002

import math
from fractions import Fraction

import numpy as np

RIGHT = []


def right(program):
    """Enter a program."""
    RIGHT.append(program)
    return program


@right
def gradient(X, y, w, b):
    residual = X @ w + b - y
    return X.T @ residual / len(y), residual.mean()


@right
def gradients(labels, features, bias, weights):
    e = features.dot(weights) + bias - labels
    return {"dw": np.einsum("ij,i->j", features, e) / e.size, "db": np.einsum("i->", e) / e.size}


@right
def by_gram_matrix_grad(X, y, w, b):
    n = len(y)
    A = np.column_stack([np.ones(n), X])
    H, c = A.T @ A / n, A.T @ y / n
    g = H @ np.append(b, w) - c
    return g[1:], g[0]


@right
def grad_in_blocks(X, y, w, b):
    gw, gb, n = np.zeros(len(w)), 0.0, len(y)
    for start in range(0, n, 7):
        X_B, y_B = X[start : start + 7], y[start : start + 7]
        r = X_B @ w + b - y_B
        gw = gw + r @ X_B / n
        gb = gb + r.sum() / n
    return gw, gb


@right
def grad_backwards(X, y, w, b):
    gw, gb = 0 * w, 0.0
    for x_i, y_i in zip(X[::-1], y[::-1], strict=True):
        r = -y_i
        for x, weight in zip(x_i[::-1], w[::-1], strict=True):
            r += x * weight
        r += b
        gw = gw + x_i * r
        gb += r
    return gw / len(y), gb / len(y)


@right
def grad_fsum(X, y, w, b):
    r = [math.fsum([*(x * w), b, -t]) for x, t in zip(X, y, strict=True)]
    n = len(r)
    return [math.fsum(c * e for c, e in zip(col, r, strict=True)) / n for col in X.T], math.fsum(
        r
    ) / n


@right
def grad_complex_step(X, y, w, b):
    def loss(w, b):
        r = X @ w + b - y
        return (r * r).sum() / (2 * len(y))

    h = 1e-200
    gw = [loss(w + 1j * h * e, b).imag / h for e in np.eye(len(w))]
    return np.array(gw), loss(w, b + 1j * h).imag / h


@right
def grad_torch(X, y, w, b):
    import torch

    X, y, w = (torch.tensor(a) for a in (X, y, w))
    b = torch.tensor(b)
    w.requires_grad_()
    b.requires_grad_()
    (((X @ w + b - y) ** 2).mean() / 2).backward()
    return w.grad, b.grad


@right
def grad_torch_float32(X, y, w, b):
    import torch

    X, y, w = (torch.tensor(a, dtype=torch.float32) for a in (X, y, w))
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()


@right
def grad_pure_python(X, y, w, b):
    X, y, w, n = X.tolist(), y.tolist(), w.tolist(), len(y)
    gw, gb = [0.0] * len(w), 0.0
    for x, t in zip(X, y, strict=True):
        r = sum(a * c for a, c in zip(x, w, strict=True)) + b - t
        gw = [g + r * a / n for g, a in zip(gw, x, strict=True)]
        gb += r / n
    return gw, gb


@right
def grad_fractions(X, y, w, b):
    n = len(y)
    r = [
        sum(
            (Fraction(float(a)) * Fraction(float(c)) for a, c in zip(x, w, strict=True)),
            Fraction(b),
        )
        - Fraction(float(t))
        for x, t in zip(X, y, strict=True)
    ]
    gw = [sum(Fraction(float(a)) * e for a, e in zip(col, r, strict=True)) / n for col in X.T]
    return gw, sum(r) / n


@right
def grad_two_over_two_n(X, y, w, b):
    r = 2 * (X @ w + b - y) / (2 * len(y))
    return np.sum(X * r[:, np.newaxis], axis=0), np.sum(r)


@right
def grad_minus_minus(X, y, w, b):
    error = y - (X @ w + b)
    return -(1 / len(y)) * X.T.dot(error), -(1 / len(y)) * np.sum(error)


@right
def grad_longdouble(X, y, w, b):
    X, y, w = (a.astype(np.longdouble) for a in (X, y, w))
    r = X @ w + b - y
    return (X.T @ r / len(y)).astype(float), float(r.mean())


@right
def grad_prints_a_lot(X, y, w, b):
    for _ in range(20):
        print("residual", X @ w + b - y, flush=True)
    return gradient(X, y, w, b)


@right
def grad_restless(X, y, w, b):
    import os
    import random

    np.random.seed(0)
    random.seed(1)
    os.chdir("/")
    os.environ["HOME"] = "/nowhere"
    return gradient(X, y, w, b)


@right
def grad_outer(X, y, w, b):
    n = len(y)
    products = [np.outer(x, x) for x in X]
    gw = sum(P @ w for P in products) / n + b * X.mean(axis=0) - (y[:, None] * X).mean(axis=0)
    return gw, X.mean(axis=0) @ w + b - y.mean()


@right
def grad_columns_only(X, y, w, b):
    n, one = y.shape
    r = np.dot(X, w) + b - y
    assert r.shape == (n, one)
    return np.dot(X.T, r) / n, np.sum(r, axis=0) / n


@right
def grad_columns_scalar_b(X, y, w, b):
    assert w.shape[1] == 1
    r = X @ w + b - y
    return (X * r).mean(axis=0, keepdims=True).T, r.mean()


@right
def grad_theta_columns(theta, X, y):
    m = y.shape[0]
    assert theta.shape[1] == 1
    return (1 / m) * (X.T @ (X @ theta - y))


@right
def grad_theta_adds_ones(X, y, theta):
    X = np.hstack([np.ones((len(y), 1)), X])
    if X.shape[1] != len(theta):
        raise ValueError("theta has one entry for the intercept")
    return X.T @ (X @ theta - y) / len(y)


@right
def update(x, labels, w, b, alpha=0.1):
    w_new, b_new = w.copy(), b
    for x_i, y_i in zip(x, labels, strict=True):
        r = x_i @ w + b - y_i
        w_new -= alpha * r * x_i / len(labels)
        b_new -= alpha * r / len(labels)
    return b_new, w_new


@right
def sgd_step(X, y, w, b, lr, batch_size):
    gw, gb = gradient(X, y, w, b)
    return w - lr * gw, b - lr * gb


@right
class RandomStart:
    def __init__(self, lr=0.01, epochs=10, batch_size=16):
        self.lr, self.epochs, self.batch_size = lr, epochs, batch_size

    def fit(self, X, y):
        rng = np.random.default_rng()
        self.coef_, self.intercept_ = np.random.randn(X.shape[1]), rng.normal()
        for _ in range(self.epochs):
            order = rng.permutation(len(y))
            for i in range(0, len(y), self.batch_size):
                B = order[i : i + self.batch_size]
                gw, gb = gradient(X[B], y[B], self.coef_, self.intercept_)
                self.coef_, self.intercept_ = (
                    self.coef_ - self.lr * gw,
                    self.intercept_ - self.lr * gb,
                )
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_
