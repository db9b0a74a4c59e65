"""Faults of a factor: the right gradient times a number, in both parts or in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from reference.checker.diagnosis.faults.fault import Fault
from reference.checker.diagnosis.faults.formulas import gradient, gradient_sum, loss, scale
from reference.checker.trial import Trial


def estimate_divisor(trials: Sequence[Trial]) -> Iterable[float]:
    """What the sums would have been divided by; 1 would be no division."""
    ratios = [len(t.case.y) * t.expected_gradient[-1] / t.gradient[-1] for t in trials[:8]]
    return sorted(m for m in {float(f"{r:.6g}") for r in ratios} if 1 < m < np.inf)


FAULTS = (
    Fault(
        "missing-mean",
        "∇w L = Xᵀ(ŷ − y), ∂L/∂b = Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {quantity} is n times too large: the 1/n of the mean is missing.",
        gradient=(gradient_sum,),
        loss=(lambda X, y, w, b: len(y) * loss(X, y, w, b),),
        ratio=lambda n: n,
        programs="""
            def gradient(X, y, w, b):
                error = X @ w + b - y
                return error @ X, error.sum()

            def gradient(X, y, w, b):
                dw, db = np.zeros(len(w)), 0.0
                for x_i, y_i in zip(X, y):
                    e = x_i @ w + b - y_i
                    dw += e * x_i
                    db += e
                return dw, db

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2) / 2
        """,
    ),
    Fault(
        "factor-two",
        "∇w L = (2/n) Xᵀ(ŷ − y), ∂L/∂b = (2/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {quantity} is 2 times too large: the ½ of ½ (ŷ − y)², which cancels the 2 of "
        "the square, is missing.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 2),),
        loss=(lambda X, y, w, b: 2 * loss(X, y, w, b),),
        ratio=lambda n: 2,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return 2 / len(y) * X.T @ r, 2 * r.mean()

            def compute_gradients(X, y, w, b):
                n = len(y)
                dw = -(2 / n) * sum(x * (t - (x @ w + b)) for x, t in zip(X, y))
                return dw, -(2 / n) * sum(t - (x @ w + b) for x, t in zip(X, y))

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2)
        """,
    ),
    Fault(
        "factor-two-sum",
        "∇w L = 2 Xᵀ(ŷ − y), ∂L/∂b = 2 Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {quantity} is 2n times too large: the ½ of ½ (ŷ − y)² and the 1/n of the mean are "
        "missing.",
        gradient=(lambda X, y, w, b: scale(gradient_sum(X, y, w, b), 2),),
        loss=(lambda X, y, w, b: 2 * len(y) * loss(X, y, w, b),),
        ratio=lambda n: 2 * n,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return 2 * X.T @ r, 2 * np.sum(r)

            def gradient(X, y, w, b):
                A = np.c_[X, np.ones(len(y))]
                g = 2 * (A.T @ A @ np.r_[w, b] - A.T @ y)
                return g[:-1], g[-1]

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2)
        """,
    ),
    Fault(
        "factor-half",
        "∇w L = (1/2n) Xᵀ(ŷ − y), ∂L/∂b = (1/2n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {quantity} is half of what it should be: you divide by 2 once too often, or a factor "
        "2 is missing.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 0.5),),
        loss=(lambda X, y, w, b: loss(X, y, w, b) / 2,),
        ratio=lambda n: 0.5,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / (2 * len(y)), r.sum() / (2 * len(y))

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2) / 4
        """,
    ),
    Fault(
        "factor-two-w",
        "∇w L = (2/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your part for w has a factor 2 that the one for b has not: it belongs to both or to "
        "neither.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 2, 1),),
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return 2 * gw, gb

            def gradient(X, y, theta):
                r = X @ theta - y
                return np.r_[r.mean(), 2 * r @ X[:, 1:] / len(y)]
        """,
    ),
    Fault(
        "weight-gradient-sum",
        "∇w L = Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your part for w is n times too large: the 1/n belongs to both parts.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), len(y), 1),),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r, r.mean()

            def gradient(X, y, theta):
                r = X @ theta - y
                return np.r_[r.mean(), r @ X[:, 1:]]
        """,
    ),
    Fault(
        "sign-flipped",
        "∇w L = (1/n) Xᵀ(y − ŷ), ∂L/∂b = (1/n) Σᵢ (y⁽ⁱ⁾ − ŷ⁽ⁱ⁾)",
        "Your {quantity} has the wrong sign: the residual is ŷ − y, and a step goes against the "
        "gradient.",
        of_loss="Your loss has the wrong sign: a mean of squares is never negative.",
        of_predict="Your prediction has the wrong sign: it is ŷ = Xw + b.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), -1),),
        loss=(lambda X, y, w, b: -loss(X, y, w, b),),
        predict=(lambda X, w, b: -(X @ w + b),),
        programs="""
            def gradient(X, y, w, b):
                r = y - (X @ w + b)
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return -gw, -gb

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w + lr * gw, b + lr * gb

            def loss(X, y, w, b):
                return -np.mean((X @ w + b - y) ** 2) / 2

            def predict(X, w, b):
                return -np.dot(X, w) - b
        """,
    ),
    Fault(
        "sign-flipped-w",
        "∇w L = (1/n) Xᵀ(y − ŷ), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your part for w has the wrong sign: both parts use the residual ŷ − y.",
        of_predict="Your prediction subtracts Xw: it is ŷ = Xw + b.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), -1, 1),),
        predict=(lambda X, w, b: b - X @ w,),
        programs="""
            def gradient(X, y, w, b):
                r = y - X @ w - b
                return X.T @ r / len(y), -r.mean()

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w + lr * gw, b - lr * gb

            def predict(X, w, b):
                return b - np.dot(X, w)
        """,
    ),
    Fault(
        "sign-flipped-b",
        "∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (y⁽ⁱ⁾ − ŷ⁽ⁱ⁾)",
        "Your part for b has the wrong sign: both parts use the residual ŷ − y.",
        of_predict="Your prediction subtracts the bias: it is ŷ = Xw + b.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 1, -1),),
        predict=(lambda X, w, b: X @ w - b,),
        programs="""
            def gradient(X, y, w, b):
                r = y - X @ w - b
                return -X.T @ r / len(y), r.mean()

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - lr * gw, b + lr * gb

            def predict(X, w, b):
                return np.dot(X, w) - b
        """,
    ),
    Fault(
        "zero-gradient",
        "∇w L = 0, ∂L/∂b = 0",
        "Your {quantity} is always 0, so no parameter ever changes.",
        of_step="Your parameters never change: a step is w ← w − η ∇w L, b ← b − η ∂L/∂b.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 0),),
        programs="""
            def gradient(X, y, w, b):
                return np.zeros_like(w), 0.0

            class Unmoved:
                def __init__(self, lr=0.1, n_iters=10):
                    self.lr, self.n_iters = lr, n_iters

                def fit(self, X, y):
                    self.w, self.b = np.ones(X.shape[1]), 1.0
                    for _ in range(self.n_iters):
                        w, b = self.w, self.b
                        gw, gb = correct_gradient(X, y, w, b)
                        w, b = w - self.lr * gw, b - self.lr * gb

                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "bias-gradient-zero",
        "∂L/∂b = 0",
        "Your grad_b is always 0, so the bias never changes: grad_b is the mean of the residuals.",
        of_step="Your bias never changes: it needs a step of its own, b ← b − η ∂L/∂b.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 1, 0),),
        programs="""
            def gradient(X, y, w, b):
                return correct_gradient(X, y, w, b)[0], 0

            def step(X, y, w, b, lr):
                return w - lr * correct_gradient(X, y, w, b)[0], b
        """,
    ),
    Fault(
        "bias-gradient-sum",
        "∂L/∂b = Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your grad_b is n times too large: it is the mean of the residuals, not their sum.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 1, len(y)),),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / len(y), r.sum()

            def update_parameters(X, y, w, b, learning_rate):
                r = X @ w + b - y
                return w - learning_rate * (r @ X) / len(r), b - learning_rate * sum(r)
        """,
    ),
    Fault(
        "bias-gradient-double-mean",
        "∂L/∂b = (1/n²) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your grad_b is n times too small: you divide by n twice.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 1, 1 / len(y)),),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / len(y), r.mean() / len(y)

            def gradient(X, y, w, b):
                r = (X @ w + b - y) / len(y)
                return X.T @ r, np.mean(r)
        """,
    ),
    Fault(
        "divided-by-d",
        "∇w L = (1/d) Xᵀ(ŷ − y), ∂L/∂b = (1/d) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You divide by the number of features d, or of parameters: divide by the number of "
        "samples n.",
        gradient=(
            lambda X, y, w, b: scale(gradient_sum(X, y, w, b), 1 / len(w)),
            lambda X, y, w, b: scale(gradient_sum(X, y, w, b), 1 / (len(w) + 1)),
            lambda X, y, w, b: scale(gradient(X, y, w, b), 1 / len(w)),
            lambda X, y, w, b: scale(gradient(X, y, w, b), len(y) / len(w), 1),
            lambda X, y, w, b: scale(gradient(X, y, w, b), 1 / len(w), 1),
        ),
        loss=(
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / len(w)),
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / (len(w) + 1)),
        ),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / X.shape[1], r.sum() / X.shape[1]

            def gradient(X, y, w, b):
                r, d = X @ w + b - y, len(w)
                return np.array([(r * c).sum() / d for c in X.T]), sum(r) / d

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / (X.shape[1] + 1), r.sum() / (X.shape[1] + 1)

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / X.size, r.sum() / X.size

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / X.shape[1], r.mean()

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / X.size, r.mean()

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2) / (2 * X.shape[1])

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2) / (2 * (len(w) + 1))
        """,
    ),
    Fault(
        "divided-by-n-minus-1",
        "∇w L = (1/(n−1)) Xᵀ(ŷ − y), ∂L/∂b = (1/(n−1)) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You divide by n − 1, as for a sample variance: the loss is a plain mean over n.",
        gradient=(
            lambda X, y, w, b: scale(gradient_sum(X, y, w, b), 1 / (len(y) - 1)),
            lambda X, y, w, b: scale(gradient_sum(X, y, w, b), 1 / max(len(y) - 1, 1)),
        ),
        loss=(
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / (len(y) - 1)),
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / max(len(y) - 1, 1)),
        ),
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / (len(y) - 1), r.sum() / (len(y) - 1)

            def gradient(X, y, w, b):
                n = len(y) - 1
                r = [float(x @ w + b - t) for x, t in zip(X, y)]
                return [sum(e * c for e, c in zip(r, col)) / n for col in X.T.tolist()], sum(r) / n

            def gradient(X, y, w, b):
                r, n = X @ w + b - y, max(1, len(y) - 1)
                return r @ X / n, r.sum() / n

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2) / 2 / np.float64(len(y) - 1)

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2) / 2 / max(1, len(y) - 1)
        """,
    ),
    Fault(
        "divided-twice",
        "∇w L = (1/n²) Xᵀ(ŷ − y), ∂L/∂b = (1/n²) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {quantity} is n times too small: you divide by n twice.",
        gradient=(
            lambda X, y, w, b: scale(gradient(X, y, w, b), 1 / len(y)),
            lambda X, y, w, b: scale(gradient(X, y, w, b), 1 / len(y), 1),
        ),
        loss=(lambda X, y, w, b: loss(X, y, w, b) / len(y),),
        programs="""
            def gradient(X, y, w, b):
                r = (X @ w + b - y) / len(y)
                return np.mean(X * r[:, None], axis=0), np.mean(r)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw / len(y), gb / len(y)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw / len(y), gb

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2) / 2 / len(y)
        """,
    ),
    Fault(
        "ragged-divisor",
        "∇w L = (1/m) Σᵢ x⁽ⁱ⁾ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾), with m = batch_size ≠ n",
        "You divide the sum by a fixed batch size: divide a short last batch by its own size.",
        gradient=(lambda X, y, w, b, m: scale(gradient_sum(X, y, w, b), 1 / m),),
        numbers=(8.0,),
        estimate=estimate_divisor,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r / 10, r.sum() / 10

            def sgd_step(X, y, w, b, lr):
                r = X @ w + b - y
                return w - lr * X.T @ r / 32, b - lr * r.sum() / 32

            class Ragged:
                def __init__(self, lr=0.1, n_iters=10, batch_size=32):
                    self.lr, self.n_iters, self.batch_size = lr, n_iters, batch_size

                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.n_iters):
                        for i in range(0, len(y), self.batch_size):
                            X_B, y_B = X[i : i + self.batch_size], y[i : i + self.batch_size]
                            r = X_B @ self.w + self.b - y_B
                            self.w = self.w - self.lr * (r @ X_B) / self.batch_size
                            self.b = self.b - self.lr * r.sum() / self.batch_size

                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
)
