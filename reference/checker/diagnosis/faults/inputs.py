"""Faults of what enters the sums: features, samples, labels, residuals, and the shape of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from reference.checker.diagnosis.faults.fault import Fault
from reference.checker.diagnosis.faults.formulas import (
    bias_first,
    bias_last,
    gradient,
    gradient_sum,
    loss,
    mask_out,
    mean_square,
    means,
    replace,
    residual,
    right_b,
    right_w,
    scale,
)

FEATURES = (0, -1, 1, 2, 3, 4, -2)
PORTS: tuple[Callable[[Any], Any], ...] = (  # which feature stands where the j-th should
    lambda j: 0 * j,
    lambda j: 0 * j - 1,
    lambda j: (j + 1) % len(j),
    lambda j: (j - 1) % len(j),
    lambda j: j[::-1],
    lambda j: np.where(j == 1, 0, j),
    lambda j: np.where(j == 0, 1, j),
    lambda j: np.where(j < 2, 1 - j, j),
    lambda j: np.where(j == 2, 1, j),
    lambda j: np.where(j == len(j) - 1, len(j) - 2, j),
    lambda j: np.where(j == len(j) - 1, 0, j),
    lambda j: np.maximum(j - 1, 0),
    lambda j: np.minimum(j + 1, len(j) - 1),
)
FAULTS = (
    Fault(
        "bias-omitted",
        "ŷ = Xw",
        "Your prediction has no bias: it is ŷ = Xw + b, here too.",
        gradient=(
            lambda X, y, w, b: means(X, X @ w - y),
            lambda X, y, w, b: (means(X, X @ w - y)[0], right_b(X, y, w, b)),
            lambda X, y, w, b: (right_w(X, y, w, b), means(X, X @ w - y)[1]),
        ),
        loss=(lambda X, y, w, b: mean_square(X @ w - y),),
        predict=(lambda X, w, b: X @ w,),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w - y
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                r = np.array([sum(a * c for a, c in zip(row, w)) for row in X]) - y
                return np.array([(X[:, j] * r).mean() for j in range(len(w))]), (r + b).mean()

            def predict(X, w, b):
                return np.dot(X, w)

            def gradient(X, y, w, b):
                return correct_gradient(X, y, w, b)[0], np.mean(X @ w - y)

            def loss(X, y, w, b):
                return np.mean((X @ w - y) ** 2) / 2
        """,
    ),
    Fault(
        "feature-missing",
        "ŷ = Σ_{k≠j} x_k w_k + b, or ∂L/∂w_j = 0",
        "You leave out one feature: a loop or a slice starts or ends one too early or too late.",
        gradient=(
            lambda X, y, w, b, j: scale(gradient(X, y, w, b), mask_out(j, len(w)), 1),
            lambda X, y, w, b, j: means(X, residual(X, y, w * mask_out(j, len(w)), b)),
            lambda X, y, w, b, j: gradient(X * mask_out(j, len(w)), y, w, b),
            lambda X, y, w, b: (0 * w + gradient(X, y, w, b)[1], gradient(X, y, w, b)[1]),
        ),
        loss=(lambda X, y, w, b, j: loss(X, y, w * mask_out(j, len(w)), b),),
        predict=(lambda X, w, b, j: X @ (w * mask_out(j, len(w))) + b,),
        numbers=FEATURES,
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                for j in range(len(w) - 1, len(w)):
                    gw[j] = 0
                return gw, gb

            def gradient(X, y, w, b):
                r = X[:, 1:] @ w[1:] + b - y
                return X.T @ r / len(y), r.mean()

            def predict(X, w, b):
                y_hat = np.full(len(X), b)
                for j in range(len(w) - 1):
                    y_hat = y_hat + X[:, j] * w[j]
                return y_hat

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.full(len(w), r.mean()), r.mean()

            def gradient(X, y, w, b):
                X = np.column_stack([0 * X[:, 0], X[:, 1:]])
                return correct_gradient(X, y, w, b)

            def loss(X, y, w, b):
                return np.mean((X[:, 1:] @ w[1:] + b - y) ** 2) / 2
        """,
    ),
    Fault(
        "feature-in-bias",
        "∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾",
        "You multiply grad_b by a feature: ∂ŷ/∂b is 1, so grad_b is the mean of the residuals.",
        gradient=(
            lambda X, y, w, b, j: (right_w(X, y, w, b), right_w(X, y, w, b)[j]),
            lambda X, y, w, b: (right_w(X, y, w, b), right_w(X, y, w, b).sum()),
            lambda X, y, w, b: (right_w(X, y, w, b), right_w(X, y, w, b).mean()),
        ),
        numbers=FEATURES,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / len(y), (X[:, 0] * r).mean()

            def gradient(X, y, w, b):
                gw = np.zeros_like(w)
                for j in range(len(w)):
                    gw[j] = ((X @ w + b - y) * X[:, j]).mean()
                return gw, ((X @ w + b - y) * X[:, j]).mean()

            def gradient(X, y, w, b):
                gw = correct_gradient(X, y, w, b)[0]
                return gw, np.sum(gw)

            def gradient(X, y, w, b):
                gw = correct_gradient(X, y, w, b)[0]
                return gw, np.mean(gw)
        """,
    ),
    Fault(
        "squared-residual",
        "∇w L = (1/n) Xᵀ(ŷ − y)², ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²",
        "You square the residual in the gradient: the derivative of ½ (ŷ − y)² is ŷ − y.",
        gradient=(
            lambda X, y, w, b: means(X, residual(X, y, w, b) * residual(X, y, w, b)),
            lambda X, y, w, b: means(X, -residual(X, y, w, b) * residual(X, y, w, b)),
            lambda X, y, w, b: means(X, residual(X, y, w, b) * abs(residual(X, y, w, b))),
            lambda X, y, w, b: (
                means(X, residual(X, y, w, b) * residual(X, y, w, b))[0],
                right_b(X, y, w, b),
            ),
            lambda X, y, w, b: (right_w(X, y, w, b), 2 * loss(X, y, w, b)),
        ),
        programs="""
            def gradient(X, y, w, b):
                r = (X @ w + b - y) ** 2
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                e = [(x @ w + b - t) * (x @ w + b - t) for x, t in zip(X, y)]
                return sum(x * r for x, r in zip(X, e)) / len(y), sum(e) / len(y)

            def gradient(X, y, w, b):
                r = X @ w + b - y
                r = np.copysign(r**2, r)
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                e = (y - X @ w - b) ** 2
                return -X.T @ e / len(y), -e.mean()

            def gradient(X, y, w, b):
                return correct_gradient(X, y, w, b)[0], np.mean((X @ w + b - y) ** 2)

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r**2 / len(y), r.mean()
        """,
    ),
    Fault(
        "absolute-loss",
        "∇w L = (1/n) Xᵀ sign(ŷ − y), ∂L/∂b = (1/n) Σᵢ sign(ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You use the absolute loss |ŷ − y|: the loss here is ½ (ŷ − y)².",
        gradient=(lambda X, y, w, b: means(X, np.sign(residual(X, y, w, b))),),
        loss=(
            lambda X, y, w, b: abs(residual(X, y, w, b)).mean(),
            lambda X, y, w, b: abs(residual(X, y, w, b)).mean() / 2,
            lambda X, y, w, b: abs(residual(X, y, w, b)).sum(),
        ),
        programs="""
            def gradient(X, y, w, b):
                r = np.sign(X @ w + b - y)
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                over = X @ w + b > y
                s = np.where(over, 1.0, -1.0) * (X @ w + b != y)
                return np.einsum("ij,i->j", X, s) / len(y), s.sum() / len(y)

            def loss(X, y, w, b):
                return np.mean(np.abs(X @ w + b - y))

            def loss(X, y, w, b):
                return np.mean(np.abs(X @ w + b - y)) / 2

            def loss(X, y, w, b):
                return np.sum(np.abs(X @ w + b - y))
        """,
    ),
    Fault(
        "mean-of-products-split",
        "∂L/∂w_j = mean(x_j) · mean(ŷ − y)",
        "You multiply two means: take the mean of the products (ŷ − y)·x_j instead.",
        of_loss="You square a mean, or a sum: take the mean of the squares (ŷ − y)² instead.",
        gradient=(
            lambda X, y, w, b: (X.mean(0) * residual(X, y, w, b).mean(), right_b(X, y, w, b)),
            lambda X, y, w, b: (X.mean(0) * residual(X, y, w, b).sum(), right_b(X, y, w, b)),
        ),
        loss=(lambda X, y, w, b: residual(X, y, w, b).mean() * residual(X, y, w, b).mean() / 2,),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.mean(axis=0) * r.mean(), r.mean()

            def gradient(X, y, w, b):
                m = np.mean(X @ w + b) - np.mean(y)
                return np.array([np.mean(X[:, j]) * m for j in range(len(w))]), m

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.mean(axis=0) * r.sum(), r.mean()

            def loss(X, y, w, b):
                return np.mean(X @ w + b - y) ** 2 / 2
        """,
    ),
    Fault(
        "collapsed-to-scalar",
        "∂L/∂w_j = (1/n) Σᵢ Σ_k (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_k⁽ⁱ⁾ for every j",
        "You give all weights the same number: your sum runs over the features too. Use axis=0.",
        gradient=(
            lambda X, y, w, b: (0 * w + right_w(X, y, w, b).sum(), right_b(X, y, w, b)),
            lambda X, y, w, b: (0 * w + right_w(X, y, w, b).mean(), right_b(X, y, w, b)),
            lambda X, y, w, b: (
                0 * w + gradient_sum(X, y, w, b)[0].sum(),
                right_b(X, y, w, b),
            ),
            lambda X, y, w, b: (
                0 * w + gradient_sum(X, y, w, b)[0].sum(),
                gradient_sum(X, y, w, b)[1],
            ),
        ),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.full(len(w), np.sum(X.T * r) / len(y)), r.mean()

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.full(len(w), np.mean(X.T * r)), r.mean()

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.full(len(w), np.sum(r @ X)), r.mean()

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.full(len(w), np.sum(r @ X)), r.sum()
        """,
    ),
    Fault(
        "broadcast-n-by-n",
        "∇w L = (1/n) Σᵢ x⁽ⁱ⁾ (1/n) Σ_k (ŷ⁽ⁱ⁾ − y⁽ᵏ⁾)",
        "You combine shapes (n,) and (n, 1), which makes n × n residuals ŷ⁽ⁱ⁾ − y⁽ᵏ⁾: use "
        "y.ravel().",
        gradient=(
            lambda X, y, w, b, powers: scale(
                (means(X, X @ w + b - y.mean())[0], right_b(X, y, w, b)),
                *(len(y) ** p for p in powers),
            ),
            lambda X, y, w, b, powers: scale(
                (means(X, (X @ w).mean() + b - y)[0], right_b(X, y, w, b)),
                *(len(y) ** p for p in powers),
            ),
        ),
        loss=(
            lambda X, y, w, b: (
                (X @ w + b) * (X @ w + b) / 2 + (y * y).mean() / 2 - (X @ w + b) * y.mean()
            ).mean(),
            lambda X, y, w, b: (
                (X @ w + b) * (X @ w + b) / 2 + (y * y).mean() / 2 - (X @ w + b) * y.mean()
            ).sum(),
        ),
        numbers=tuple(itertools.product((0, 1), (0, 1))),
        programs="""
            def gradient(X, y, w, b):
                r = (X @ w + b)[:, None] - y
                return (X.T @ r).mean(axis=1), r.mean()

            def gradient(X, y, w, b):
                r = X @ w.ravel() + b - y.reshape(-1, 1)
                return (X.T @ r).sum(axis=1) / len(y), r.sum() / len(y)

            def loss(X, y, w, b):
                return np.mean(((X @ w + b)[:, None] - y) ** 2) / 2

            def loss(X, y, w, b):
                return np.square((X @ w + b)[:, None] - y).mean(axis=1).sum() / 2
        """,
    ),
    Fault(
        "swapped-outputs",
        "w is given ∂L/∂b, and b is given ∂L/∂w",
        "You return the parts for w and for b in each other's place.",
        gradient=(
            lambda X, y, w, b, j: (0 * w + right_b(X, y, w, b), right_w(X, y, w, b)[j]),
            lambda X, y, w, b: (0 * w + right_b(X, y, w, b), right_w(X, y, w, b).sum()),
            lambda X, y, w, b: (0 * w + right_b(X, y, w, b), right_w(X, y, w, b).mean()),
            lambda X, y, w, b: bias_last(*gradient(X, y, w, b)),
            lambda X, y, w, b: bias_first(*gradient(X, y, w, b)),
        ),
        numbers=FEATURES,
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.full(len(w), gb), gw[0]

            def gradient(X, y, theta):
                g = X.T @ (X @ theta - y) / len(y)
                return np.append(g[1:], g[0])

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.full(len(w), gb), np.sum(gw)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.full(len(w), gb), np.mean(gw)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.append(gb, gw[:-1]), gw[-1]

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.append(gw[1:], gb), gw[0]
        """,
    ),
    Fault(
        "labels-off-by-one",
        "∇w L = (1/n) Σᵢ x⁽ⁱ⁾ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁺¹⁾)",
        "You compare each prediction with the label of the sample before or after it: an index is "
        "off by one.",
        gradient=(
            lambda X, y, w, b, p: gradient(X, y[(np.arange(len(y)) + p) % len(y)], w, b),
            lambda X, y, w, b: gradient(X[1:], y[:-1], w, b),
            lambda X, y, w, b: gradient(X[:-1], y[1:], w, b),
            lambda X, y, w, b: scale(gradient_sum(X[1:], y[:-1], w, b), 1 / len(y)),
            lambda X, y, w, b: scale(gradient_sum(X[:-1], y[1:], w, b), 1 / len(y)),
        ),
        loss=(lambda X, y, w, b, p: loss(X, y[(np.arange(len(y)) + p) % len(y)], w, b),),
        numbers=(1, -1),
        programs="""
            def gradient(X, y, w, b):
                return correct_gradient(X, np.roll(y, 1), w, b)

            def gradient(X, y, w, b):
                r = np.array([X[i] @ w + b - y[i - 1] for i in range(len(y))])
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                return correct_gradient(X[1:], y[:-1], w, b)

            def gradient(X, y, w, b):
                return correct_gradient(X[:-1], y[1:], w, b)

            def gradient(X, y, w, b):
                r = X[1:] @ w + b - y[:-1]
                return X[1:].T @ r / len(y), r.sum() / len(y)

            def gradient(X, y, w, b):
                r = X[:-1] @ w + b - y[1:]
                return X[:-1].T @ r / len(y), r.sum() / len(y)

            def loss(X, y, w, b):
                return np.mean((X @ w + b - np.roll(y, 1)) ** 2) / 2

            def loss(X, y, w, b):
                return np.mean((X @ w + b - np.roll(y, -1)) ** 2) / 2
        """,
    ),
    Fault(
        "last-row-dropped",
        "∇w L = (1/n) Σ_{i<n} x⁽ⁱ⁾ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You leave out the last sample, or the first: a loop or a slice is one too short.",
        gradient=(
            lambda X, y, w, b: gradient(X[:-1], y[:-1], w, b),
            lambda X, y, w, b: gradient(X[1:], y[1:], w, b),
            lambda X, y, w, b: scale(gradient_sum(X[:-1], y[:-1], w, b), 1 / len(y)),
            lambda X, y, w, b: scale(gradient_sum(X[1:], y[1:], w, b), 1 / len(y)),
        ),
        loss=(
            lambda X, y, w, b: loss(X[:-1], y[:-1], w, b),
            lambda X, y, w, b: loss(X[1:], y[1:], w, b),
            lambda X, y, w, b: mean_square(residual(X[:-1], y[:-1], w, b), len(y)),
            lambda X, y, w, b: mean_square(residual(X[1:], y[1:], w, b), len(y)),
        ),
        programs="""
            def gradient(X, y, w, b):
                gw, gb = np.zeros(len(w)), 0.0
                for i in range(len(y) - 1):
                    r = X[i] @ w + b - y[i]
                    gw += r * X[i] / len(y)
                    gb += r / len(y)
                return gw, gb

            def gradient(X, y, w, b):
                return correct_gradient(X[:-1], y[:-1], w, b)

            def gradient(X, y, w, b):
                return correct_gradient(X[1:], y[1:], w, b)

            def gradient(X, y, w, b):
                r = X[1:] @ w + b - y[1:]
                return X[1:].T @ r / len(y), r.sum() / len(y)

            def loss(X, y, w, b):
                return np.mean((X[:-1] @ w + b - y[:-1]) ** 2) / 2

            def loss(X, y, w, b):
                return np.mean((X[1:] @ w + b - y[1:]) ** 2) / 2

            def loss(X, y, w, b):
                return sum((X[i] @ w + b - y[i]) ** 2 for i in range(len(y) - 1)) / (2 * len(y))

            def loss(X, y, w, b):
                return sum((X[i] @ w + b - y[i]) ** 2 for i in range(1, len(y))) / (2 * len(y))
        """,
    ),
    Fault(
        "residual-parenthesis",
        "y − Xw + b for y − (Xw + b)",
        "You left out a parenthesis: y − Xw + b adds the bias that should be subtracted.",
        gradient=(
            lambda X, y, w, b: means(X, X @ w - b - y),
            lambda X, y, w, b: means(X, y - X @ w + b),
            lambda X, y, w, b: means(X, X @ (w + b) - y),
        ),
        loss=(
            lambda X, y, w, b: mean_square(X @ w - b - y),
            lambda X, y, w, b: mean_square(X @ (w + b) - y),
        ),
        predict=(lambda X, w, b: X @ (w + b),),
        programs="""
            def gradient(X, y, w, b):
                error = y - X @ w + b
                return -(X.T @ error) / len(y), -error.mean()

            def gradient(X, y, w, b):
                r = np.array([x @ w - b - t for x, t in zip(X, y)])
                return r @ X / len(y), r.sum() / len(y)

            def gradient(X, y, w, b):
                r = y - X @ w + b
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                r = X @ (w + b) - y
                return X.T @ r / len(y), r.mean()

            def loss(X, y, w, b):
                return np.mean((y - X @ w + b) ** 2) / 2

            def loss(X, y, w, b):
                return np.mean((X @ (w + b) - y) ** 2) / 2

            def predict(X, w, b):
                return np.dot(X, w + b)
        """,
    ),
    Fault(
        "precedence",
        "∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾·x_j⁽ⁱ⁾)",
        "You left out a parenthesis: · binds closer than −, so ŷ − y·x is not (ŷ − y)·x.",
        gradient=(
            lambda X, y, w, b: ((X @ w + b).mean() - y @ X / len(y), right_b(X, y, w, b)),
            lambda X, y, w, b: ((X @ w + b) @ X / len(y) - y.mean(), right_b(X, y, w, b)),
            lambda X, y, w, b: ((X @ w + b).sum() - y @ X, right_b(X, y, w, b)),
        ),
        programs="""
            def gradient(X, y, w, b):
                y_hat = X @ w + b
                return np.array([np.mean(y_hat - y * x_j) for x_j in X.T]), np.mean(y_hat - y)

            def gradient(X, y, w, b):
                gw = np.zeros(len(w))
                for j in range(len(w)):
                    gw[j] = sum(X[i] @ w + b - y[i] * X[i, j] for i in range(len(y))) / len(y)
                return gw, (X @ w + b - y).sum() / len(y)

            def gradient(X, y, w, b):
                y_hat = X @ w + b
                return np.array([np.mean(y_hat * x_j - y) for x_j in X.T]), np.mean(y_hat - y)

            def gradient(X, y, w, b):
                y_hat = X @ w + b
                return np.sum(y_hat[:, None] - y[:, None] * X, axis=0) + 0 * w, np.mean(y_hat - y)
        """,
    ),
    Fault(
        "parameter-as-gradient",
        "∇w L = w, ∂L/∂b = b",
        "You return the parameters in place of their gradient.",
        gradient=(
            lambda X, y, w, b: (w, b),
            lambda X, y, w, b: (w, right_b(X, y, w, b)),
        ),
        programs="""
            def gradient(X, y, w, b):
                return w.copy(), b

            def gradient(X, y, theta):
                return theta * 1.0

            def gradient(X, y, w, b):
                return w.copy(), correct_gradient(X, y, w, b)[1]
        """,
    ),
    Fault(
        "loss-as-gradient",
        "∂L/∂w_j = L, ∂L/∂b = L",
        "You return the loss in place of its gradient.",
        gradient=(
            lambda X, y, w, b, c: (0 * w + c * loss(X, y, w, b), c * loss(X, y, w, b)),
            lambda X, y, w, b, c: (0 * w + c * loss(X, y, w, b), right_b(X, y, w, b)),
            lambda X, y, w, b, c: (
                0 * w + c * len(y) * loss(X, y, w, b),
                c * len(y) * loss(X, y, w, b),
            ),
        ),
        numbers=(1, 2),
        programs="""
            def gradient(X, y, w, b):
                loss = ((X @ w + b - y) ** 2).mean() / 2
                return np.full(len(w), loss), loss

            def gradient(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2) / 2

            def gradient(X, y, w, b):
                loss = np.sum((X @ w + b - y) ** 2) / 2
                return np.full(len(w), loss), loss

            def gradient(X, y, w, b):
                loss = np.sum((X @ w + b - y) ** 2)
                return np.full(len(w), loss), loss

            def gradient(X, y, w, b):
                loss = np.mean((X @ w + b - y) ** 2)
                return np.full(len(w), loss), loss

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.full(len(w), np.mean(r**2) / 2), r.mean()
        """,
    ),
    Fault(
        "index-port",
        "∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_k⁽ⁱ⁾, k ≠ j",
        "You use one feature in place of another: the index of x and that of w differ.",
        gradient=(
            lambda X, y, w, b, port: (
                right_w(X, y, w, b)[port(np.arange(len(w)))],
                right_b(X, y, w, b),
            ),
            lambda X, y, w, b: (
                replace(right_w(X, y, w, b), 0, right_b(X, y, w, b)),
                right_b(X, y, w, b),
            ),
        ),
        predict=(lambda X, w, b, port: X @ w[port(np.arange(len(w)))] + b,),
        numbers=PORTS,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return np.array([(r * X[:, 0]).mean() for _ in w]), r.mean()

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                if len(gw) > 1:
                    gw[1] = gw[0]
                return gw, gb

            def step(X, y, theta, lr):
                r = X @ theta - y
                new = theta.copy()
                for j in range(len(theta)):
                    new[j] -= lr * (r * X[:, 1 if j == 2 else j]).mean()
                return new

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw[::-1], gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.append(gb, gw[1:]), gb

            def predict(X, w, b):
                return X[:, ::-1] @ w + b
        """,
    ),
)
