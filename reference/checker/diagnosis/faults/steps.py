"""Faults of a step and of what trainers add to the gradient: rate, order, decay, clipping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from reference.checker.diagnosis.faults.fault import Fault
from reference.checker.diagnosis.faults.formulas import (
    add_decay,
    clip,
    clip_norm,
    clip_norm_w,
    gradient,
    loss,
    means,
    replace,
    residual,
    right_b,
    scale,
    step,
)
from reference.checker.trial import Trial


def estimate_decay(trials: Sequence[Trial]) -> Iterable[float]:
    """What the weights, or their signs, would have been multiplied by; also n times that."""
    t = clearest(trials)
    difference, w, n = (t.gradient - t.expected_gradient)[0], t.case.w[0], len(t.case.y)
    found = [difference / w, difference / w * n, difference * np.sign(w)]
    return in_short([*found, found[2] * n])


def estimate_loss_decay(trials: Sequence[Trial]) -> Iterable[float]:
    """What Σ w_j² would have been multiplied by, without or with b²; also n times that."""
    t = clearest(trials)
    difference, square = float((t.gradient - t.expected_gradient)[0]), t.case.w @ t.case.w
    found = [difference / square, difference / (square + t.case.b**2)]
    return in_short([*found, *(c * len(t.case.y) for c in found)])


def clearest(trials: Sequence[Trial]) -> Trial:
    """The answer in which a penalty on the first weight is seen best beside the rounding."""

    def blur(t: Trial) -> float:
        lr = t.case.lr if t.plan.kind in ("step", "trainer") else 1.0
        return float(t.expected.bounds[0] / lr / abs(t.case.w[0]))

    several = [t for t in trials if len(t.case.y) > 1] or trials
    with np.errstate(all="ignore"):
        return min(several, key=lambda t: (not np.isfinite(blur(t)), blur(t)))


def in_short(numbers: Sequence[float]) -> list[float]:
    """The finite ones, with six digits and as they are."""
    finite = [float(c) for c in numbers if np.isfinite(c)]
    return [float(f"{c:.6g}") for c in finite] + finite


def clip_candidates(trials: Sequence[Trial]) -> Iterable[float]:
    """Limits that would have clipped these answers: their largest entries and norms."""
    vectors = [t.gradient for t in trials]
    found = [max(measure(v[part]) for v in vectors) for measure, part in MEASURES]
    found += [max(single)] if (single := single_residuals(trials)) else []
    return [c for c in (*found, *(float(f"{c:.6g}") for c in found)) if c]


ALL, WEIGHTS = slice(None), slice(-1)
MEASURES = [
    (measure, part)
    for measure in (lambda v: max(abs(v)), lambda v: np.sqrt(v @ v))
    for part in (ALL, WEIGHTS)
]


def single_residuals(trials: Sequence[Trial]) -> list[float]:
    """|ŷ − y| where there is one sample, for which it is grad_b."""
    return [abs(t.gradient[-1]) for t in trials if len(t.case.y) == 1]


def weights_in_turn(w: Any, b: Any, lr: Any, g: Any) -> Any:
    """Each weight stepped along the gradient at those that were stepped before it."""
    for j in range(len(w)):
        w = replace(w, j, w[j] - lr * g(w, b)[0][j])
    return w, b


def bias_after(w: Any, b: Any, lr: Any, g: Any) -> Any:
    """The bias stepped, and the weights as they are."""
    return w, step(w, b, lr, g)[1]


FAULTS = (
    Fault(
        "bias-step-doubled",
        "b ← b − 2η ∂L/∂b",
        "You move the bias twice as far as you should: you step it twice, or double its gradient.",
        gradient=(lambda X, y, w, b: scale(gradient(X, y, w, b), 1, 2),),
        step=(
            lambda w, b, lr, g: (step(w, b, lr, g)[0], b - 2 * lr * g(w, b)[1]),
            lambda w, b, lr, g: (
                step(w, b, lr, g)[0],
                step(w, step(w, b, lr, g)[1], lr, g)[1],
            ),
            lambda w, b, lr, g: (step(w, b, lr, g)[0], step(*step(w, b, lr, g), lr, g)[1]),
        ),
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw, gb + gb

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                w = w - lr * gw
                b = b - lr * gb
                b = b - lr * gb
                return w, b

            def sgd_step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                b = b - lr * gb
                b = b - lr * correct_gradient(X, y, w, b)[1]
                return w - lr * gw, b

            def step(X, y, w, b, lr):
                for k in range(2):
                    gw, gb = correct_gradient(X, y, w, b)
                    w, b = (w - lr * gw, b - lr * gb) if k == 0 else (w, b - lr * gb)
                return w, b
        """,
    ),
    Fault(
        "sequential-update",
        "w ← w − η ∇w L(w, b), then b ← b − η ∂L/∂b(new w, b)",
        "You change a parameter before you compute the gradient of the others: compute all of it "
        "at the old w and b.",
        step=(
            lambda w, b, lr, g: (
                step(w, b, lr, g)[0],
                step(step(w, b, lr, g)[0], b, lr, g)[1],
            ),
            lambda w, b, lr, g: (
                step(w, step(w, b, lr, g)[1], lr, g)[0],
                step(w, b, lr, g)[1],
            ),
            lambda w, b, lr, g: weights_in_turn(w, step(w, b, lr, g)[1], lr, g),
            lambda w, b, lr, g: bias_after(*weights_in_turn(w, b, lr, g), lr, g),
        ),
        programs="""
            def step(X, y, w, b, lr):
                w = w - lr * correct_gradient(X, y, w, b)[0]
                b = b - lr * correct_gradient(X, y, w, b)[1]
                return w, b

            def update_weights(X, y, w, b, lr):
                n = len(y)
                b = b - lr * sum(x @ w + b - t for x, t in zip(X, y)) / n
                w = w - lr * sum(x * (x @ w + b - t) for x, t in zip(X, y)) / n
                return w, b

            class Sequential:
                def __init__(self, lr=0.1, n_iters=10):
                    self.lr, self.n_iters = lr, n_iters

                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.n_iters):
                        self.w = self.w - self.lr * correct_gradient(X, y, self.w, self.b)[0]
                        self.b = self.b - self.lr * correct_gradient(X, y, self.w, self.b)[1]

                def predict(self, X):
                    return X @ self.w + self.b

            def gradient_descent(X, y, theta, alpha, iters):
                theta = np.array(theta, dtype=float)
                for _ in range(iters):
                    for j in range(len(theta)):
                        theta[j] = theta[j] - alpha * ((X @ theta - y) * X[:, j]).sum() / len(y)
                return theta

            def step(X, y, w, b, lr):
                w = np.array(w)
                for j in range(len(w)):
                    w[j] = w[j] - lr * correct_gradient(X, y, w, b)[0][j]
                return w, b - lr * correct_gradient(X, y, w, b)[1]
        """,
    ),
    Fault(
        "lr-missing",
        "w ← w − ∇w L, b ← b − ∂L/∂b",
        "You do not multiply the step by the learning rate.",
        step=(
            lambda w, b, lr, g: step(w, b, 1.0, g),
            lambda w, b, lr, g: (step(w, b, 1.0, g)[0], step(w, b, lr, g)[1]),
            lambda w, b, lr, g: (step(w, b, lr, g)[0], step(w, b, 1.0, g)[1]),
        ),
        programs="""
            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - gw, b - gb

            def gradient_descent(X, y, theta, alpha, iters):
                for _ in range(iters):
                    theta = theta - X.T @ (X @ theta - y) / len(y)
                return theta

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - gw, b - lr * gb

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - lr * gw, b - gb
        """,
    ),
    Fault(
        "lr-twice",
        "w ← w − η² ∇w L, b ← b − η² ∂L/∂b",
        "You multiply the step by the learning rate twice.",
        step=(
            lambda w, b, lr, g: step(w, b, lr * lr, g),
            lambda w, b, lr, g: (step(w, b, lr * lr, g)[0], step(w, b, lr, g)[1]),
            lambda w, b, lr, g: (step(w, b, lr, g)[0], step(w, b, lr * lr, g)[1]),
        ),
        programs="""
            def step(X, y, w, b, lr):
                gw, gb = (lr * g for g in correct_gradient(X, y, w, b))
                return w - lr * gw, b - lr * gb

            class Twice:
                def __init__(self, learning_rate=0.1, epochs=10):
                    self.learning_rate, self.epochs = learning_rate, epochs

                def fit(self, X, y):
                    rng = np.random.default_rng()
                    self.weights, self.bias = rng.normal(size=X.shape[1]), 0.0
                    for _ in range(self.epochs):
                        gw, gb = correct_gradient(X, y, self.weights, self.bias)
                        delta_w, delta_b = self.learning_rate * gw, self.learning_rate * gb
                        self.weights = self.weights - self.learning_rate * delta_w
                        self.bias -= self.learning_rate * delta_b

                def predict(self, X):
                    return X @ self.weights + self.bias

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - lr**2 * gw, b - lr * gb

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - lr * gw, b - lr**2 * gb
        """,
    ),
    Fault(
        "weight-decay",
        "∇w L = (1/n) Xᵀ(ŷ − y) + λw",
        "You add a penalty on the weights: the mean of squares has none.",
        gradient=(
            lambda X, y, w, b, c: add_decay(gradient(X, y, w, b), c * w),
            lambda X, y, w, b, c: add_decay(gradient(X, y, w, b), c * w / len(y)),
            lambda X, y, w, b, c: add_decay(gradient(X, y, w, b), c * np.sign(w)),
            lambda X, y, w, b, c: add_decay(gradient(X, y, w, b), c * np.sign(w) / len(y)),
        ),
        loss=(
            lambda X, y, w, b, c: loss(X, y, w, b) + c * (w @ w),
            lambda X, y, w, b, c: loss(X, y, w, b) + c * (w @ w) / len(y),
        ),
        numbers=(0.02,),
        estimate=estimate_decay,
        estimate_for_loss=estimate_loss_decay,
        programs="""
            def gradient(X, y, w, b, k=0.01):
                gw, gb = correct_gradient(X, y, w, b)
                return gw + k * w, gb

            def gradient(X, y, theta):
                more = 0.5 * np.r_[0, theta[1:]] / len(y)
                return X.T @ (X @ theta - y) / len(y) + more

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w * (1 - lr * 1e-3) - lr * gw, b - lr * gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw + 0.5 * w / len(y), gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw + 0.1 * np.sign(w), gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw + 0.5 * np.sign(w) / len(y), gb

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2) / 2 + 0.1 * np.sum(w**2)

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2) / 2 + 0.5 * np.sum(w**2) / len(y)
        """,
    ),
    Fault(
        "bias-penalised",
        "∇w L = (1/n) Xᵀ(ŷ − y) + λw, ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) + λb",
        "You add a penalty on the weights and on the bias: a penalty leaves the bias free, and the "
        "mean of squares has none.",
        gradient=(
            lambda X, y, w, b, c: add_decay(gradient(X, y, w, b), c * w, c * b),
            lambda X, y, w, b, c: add_decay(gradient(X, y, w, b), c * w / len(y), c * b / len(y)),
        ),
        loss=(
            lambda X, y, w, b, c: loss(X, y, w, b) + c * (w @ w + b * b),
            lambda X, y, w, b, c: loss(X, y, w, b) + c * (w @ w + b * b) / len(y),
        ),
        numbers=(0.02,),
        estimate=estimate_decay,
        estimate_for_loss=estimate_loss_decay,
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw + 0.1 * w, gb + 0.1 * b

            def gradient(X, y, theta):
                n = len(y)
                return X.T @ (X @ theta - y) / n + 0.5 / n * theta

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                n = len(y)
                return w - lr * (gw + w / (3 * n)), b - lr * (gb + b / (3 * n))

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2) / 2 + 0.1 * (np.sum(w**2) + b**2)

            def loss(X, y, w, b):
                penalty = 0.5 * sum(v * v for v in [b, *w]) / len(y)
                return np.mean((X @ w + b - y) ** 2) / 2 + penalty
        """,
    ),
    Fault(
        "clipped",
        "∇w L = clip((1/n) Xᵀ(ŷ − y), −c, c)",
        "You clip the gradient: it is right while it is small, and wrong beyond the limit.",
        gradient=(
            lambda X, y, w, b, c: tuple(clip(part, c) for part in gradient(X, y, w, b)),
            lambda X, y, w, b, c: (clip(gradient(X, y, w, b)[0], c), right_b(X, y, w, b)),
            lambda X, y, w, b, c: clip_norm(gradient(X, y, w, b), c),
            lambda X, y, w, b, c: clip_norm_w(gradient(X, y, w, b), c),
            lambda X, y, w, b, c: (
                clip_norm_w(gradient(X, y, w, b), c)[0],
                clip(right_b(X, y, w, b), c),
            ),
            lambda X, y, w, b, c: means(X, clip(residual(X, y, w, b), c)),
        ),
        numbers=(1.5,),
        estimate=clip_candidates,
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.clip(gw, -1, 1), min(max(gb, -1), 1)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                norm = np.sqrt((gw**2).sum() + gb**2)
                return (gw * 5 / norm, gb * 5 / norm) if norm > 5 else (gw, gb)

            def gradient(X, y, w, b):
                r = np.clip(X @ w + b - y, -1.5, 1.5)
                return X.T @ r / len(y), r.mean()

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.clip(gw, -1, 1), gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw / max(1, np.linalg.norm(gw)), gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw / max(1, np.linalg.norm(gw)), np.clip(gb, -1, 1)
        """,
    ),
)
