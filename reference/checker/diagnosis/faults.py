"""The catalogue of wrong gradients, one table: far more lines than 150, and no logic.

Each fault has a name, the wrong formula in the notation of the derivation, the formula as one-line
functions, and a sentence for whoever made it. The functions take ordinary arrays or `Terms` alike:

    gradient   (X, y, w, b) → (grad_w, grad_b)
    step       (w, b, lr, g) → (w, b), where g(w, b) is the right gradient
    loss       (X, y, w, b) → L
    predict    (X, w, b) → ŷ
    subject    (X, y, w, b) → whatever such a function returns: faults that are no formula

Several functions of one kind are several ways to make the same mistake. Where a mistake has a
number of its own (which feature, what bound, how much decay), it is the last argument, and
`choices` lists what it may be, given the answers that came.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.checker.call_plan import SHORT

Function = Callable[..., Any]


def residual(X: Any, y: Any, w: Any, b: Any) -> Any:
    """ŷ − y"""
    return X @ w + b - y


def sums(X: Any, r: Any) -> Any:
    """Xᵀr, Σᵢ rᵢ"""
    return X.T @ r, r.sum()


def means(X: Any, r: Any) -> Any:
    """(1/n) Xᵀr, (1/n) Σᵢ rᵢ"""
    return X.T @ r / len(X), r.sum() / len(X)


def gradient(X: Any, y: Any, w: Any, b: Any) -> Any:
    """1.3f as it should be."""
    return means(X, residual(X, y, w, b))


def loss(X: Any, y: Any, w: Any, b: Any) -> Any:
    """1.2b as it should be."""
    return mean_square(residual(X, y, w, b))


def mean_square(r: Any) -> Any:
    """½ (1/n) Σᵢ rᵢ²"""
    return (r * r).sum() / (2 * len(r))


def times(c_w: Any, c_b: Any, pair: Any) -> Any:
    """The two parts of a gradient, each multiplied."""
    return c_w * pair[0], c_b * pair[1]


def but(j: int, d: int) -> Any:
    """A one for each feature but the j-th."""
    return 1.0 - np.eye(d)[j]


def plus(grad: Any, decay_w: Any, decay_b: Any = 0.0) -> Any:
    """A gradient and the decay of its parameters."""
    return grad[0] + decay_w, grad[1] + decay_b


def clip(a: Any, c: float) -> Any:
    """a, within ±c."""
    return np.minimum(np.maximum(a, -c), c)


def shrunk(c: float, grad: Any, squares: Any) -> Any:
    """A gradient of at most the norm c, from the sum of its squares."""
    return times(*[np.minimum(1.0, c / np.sqrt(squares))] * 2, grad)


def clip_candidates(evidence: Any) -> Iterable[float]:
    """Bounds that would have clipped these answers: their largest entries and norms."""
    entries = [max(abs(e.gradient)) for e in evidence]
    entries_w = [max(abs(e.gradient[:-1])) for e in evidence]
    norms = [np.sqrt(e.gradient @ e.gradient) for e in evidence]
    norms_w = [np.sqrt(e.gradient[:-1] @ e.gradient[:-1]) for e in evidence]
    single = [abs(e.gradient[-1]) for e in evidence if len(e.case.y) == 1]
    found = [max(a) for a in (entries, entries_w, norms, norms_w, single) if a]
    return [c for c in (*found, *(float(f"{c:.6g}") for c in found)) if c]


def decay(evidence: Any) -> Iterable[float]:
    """What the weights, or their signs, would have been multiplied with; also n times that."""
    e = max(evidence[:40], key=lambda e: len(e.case.y))  # of normal numbers, without cancellation
    difference, w, n = (e.gradient - e.expected_gradient)[0], e.case.w[0], len(e.case.y)
    found = [difference / w, difference / w * n, difference * np.sign(w)]
    return [float(f"{c:.6g}") for c in [*found, found[2] * n] if np.isfinite(c)]


def loss_decay(evidence: Any) -> Iterable[float]:
    """What Σ w_j² would have been multiplied with; also n times that."""
    e = max(evidence[:40], key=lambda e: len(e.case.y))  # of normal numbers, without cancellation
    found = float((e.gradient - e.expected_gradient)[0] / (e.case.w @ e.case.w))
    return [float(f"{c:.6g}") for c in (found, found * len(e.case.y))]


def divisor(evidence: Any) -> Iterable[float]:
    """What the sums would have been divided by; 1 would be no division."""
    ratios = [len(e.case.y) * e.expected_gradient[-1] / e.gradient[-1] for e in evidence]
    return sorted(m for m in {float(f"{r:.6g}") for r in ratios[:8]} if 1 < m < np.inf)


FEATURES = (0, -1, 1, 2, 3, 4, -2)
PORTS: tuple[Callable[[Any], Any], ...] = (  # which feature's gradient stands where the j-th should
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


@dataclass(frozen=True)
class Fault:
    """One mistake: name, wrong formula, explanation, and the formula as functions of each kind."""

    name: str
    formula: str
    explanation: str
    gradient: tuple[Function, ...] = ()
    step: tuple[Function, ...] = ()
    loss: tuple[Function, ...] = ()
    predict: tuple[Function, ...] = ()
    subject: Function | None = None
    choices: Callable[[Any], Iterable[Any]] | None = None
    loss_choices: Callable[[Any], Iterable[Any]] | None = None


CATALOGUE = (
    Fault(
        "missing-mean",
        "∇w L = Xᵀ(ŷ − y), ∂L/∂b = Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {subject} n times too large: the 1/n of {section} is missing.",
        gradient=(lambda X, y, w, b: sums(X, residual(X, y, w, b)),),
        loss=(lambda X, y, w, b: len(y) * loss(X, y, w, b),),
    ),
    Fault(
        "factor-two",
        "∇w L = (2/n) Xᵀ(ŷ − y), ∂L/∂b = (2/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {subject} twice too large: the ½ of 1.2a cancels the 2 of the square.",
        gradient=(lambda X, y, w, b: times(2, 2, gradient(X, y, w, b)),),
        loss=(lambda X, y, w, b: 2 * loss(X, y, w, b),),
    ),
    Fault(
        "factor-two-sum",
        "∇w L = 2 Xᵀ(ŷ − y), ∂L/∂b = 2 Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {subject} 2n times too large: the ½ of 1.2a and the 1/n of {section} are missing.",
        gradient=(lambda X, y, w, b: times(2, 2, sums(X, residual(X, y, w, b))),),
        loss=(lambda X, y, w, b: 2 * len(y) * loss(X, y, w, b),),
    ),
    Fault(
        "factor-half",
        "∇w L = (1/2n) Xᵀ(ŷ − y), ∂L/∂b = (1/2n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {subject} half of what it should be: the ½ of the loss is cancelled by the 2 of "
        "the square.",
        gradient=(lambda X, y, w, b: times(0.5, 0.5, gradient(X, y, w, b)),),
        loss=(lambda X, y, w, b: loss(X, y, w, b) / 2,),
    ),
    Fault(
        "factor-two-w",
        "∇w L = (2/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your grad_w is twice too large and your grad_b is right: the factor 2 belongs to both or "
        "to neither.",
        gradient=(lambda X, y, w, b: times(2, 1, gradient(X, y, w, b)),),
    ),
    Fault(
        "weight-gradient-sum",
        "∇w L = Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your grad_w is n times too large and your grad_b is right: the 1/n stands in one only.",
        gradient=(lambda X, y, w, b: times(len(y), 1, gradient(X, y, w, b)),),
    ),
    Fault(
        "sign-flipped",
        "∇w L = (1/n) Xᵀ(y − ŷ), ∂L/∂b = (1/n) Σᵢ (y⁽ⁱ⁾ − ŷ⁽ⁱ⁾)",
        "Your {subject} of the wrong sign: the residual is ŷ − y, and a step goes against the "
        "gradient.",
        gradient=(lambda X, y, w, b: means(X, -residual(X, y, w, b)),),
        loss=(lambda X, y, w, b: -loss(X, y, w, b),),
        predict=(lambda X, w, b: -(X @ w + b),),
    ),
    Fault(
        "sign-flipped-w",
        "∇w L = (1/n) Xᵀ(y − ŷ), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "The part of w has the wrong sign, that of b the right one: both have the residual ŷ − y.",
        gradient=(lambda X, y, w, b: times(-1, 1, gradient(X, y, w, b)),),
        predict=(lambda X, w, b: b - X @ w,),
    ),
    Fault(
        "sign-flipped-b",
        "∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (y⁽ⁱ⁾ − ŷ⁽ⁱ⁾)",
        "The part of b has the wrong sign, that of w the right one: both have the residual ŷ − y.",
        gradient=(lambda X, y, w, b: times(1, -1, gradient(X, y, w, b)),),
        predict=(lambda X, w, b: X @ w - b,),
    ),
    Fault(
        "bias-omitted",
        "ŷ = Xw",
        "Your prediction has no bias: 1.1b is ŷ = Xw + b, here too.",
        gradient=(
            lambda X, y, w, b: means(X, X @ w - y),
            lambda X, y, w, b: (means(X, X @ w - y)[0], gradient(X, y, w, b)[1]),
            lambda X, y, w, b: (gradient(X, y, w, b)[0], means(X, X @ w - y)[1]),
        ),
        loss=(lambda X, y, w, b: mean_square(X @ w - y),),
        predict=(lambda X, w, b: X @ w,),
    ),
    Fault(
        "zero-gradient",
        "∇w L = 0, ∂L/∂b = 0",
        "Your {subject} always 0: nothing moves.",
        gradient=(lambda X, y, w, b: times(0, 0, gradient(X, y, w, b)),),
    ),
    Fault(
        "bias-gradient-zero",
        "∂L/∂b = 0",
        "Your grad_b is always 0, so the bias never moves: it is the mean of the residuals.",
        gradient=(lambda X, y, w, b: times(1, 0, gradient(X, y, w, b)),),
    ),
    Fault(
        "bias-gradient-sum",
        "∂L/∂b = Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your grad_b is n times too large: it is the mean of the residuals, not their sum.",
        gradient=(lambda X, y, w, b: times(1, len(y), gradient(X, y, w, b)),),
    ),
    Fault(
        "bias-gradient-double-mean",
        "∂L/∂b = (1/n²) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your grad_b is n times too small: a mean was divided by n once more.",
        gradient=(lambda X, y, w, b: times(1, 1 / len(y), gradient(X, y, w, b)),),
    ),
    Fault(
        "bias-step-doubled",
        "b ← b − 2η ∂L/∂b",
        "The bias goes twice as far as it should: it is stepped twice, or its gradient doubled.",
        gradient=(lambda X, y, w, b: times(1, 2, gradient(X, y, w, b)),),
        step=(
            lambda w, b, lr, g: (w - lr * g(w, b)[0], b - 2 * lr * g(w, b)[1]),
            lambda w, b, lr, g: (
                w - lr * g(w, b)[0],
                stepped(w, stepped(w, b, lr, g)[1], lr, g)[1],
            ),
            lambda w, b, lr, g: (
                stepped(w, b, lr, g)[0],
                stepped(*stepped(w, b, lr, g), lr, g)[1],
            ),
        ),
    ),
    Fault(
        "divided-by-d",
        "∇w L = (1/d) Xᵀ(ŷ − y), ∂L/∂b = (1/d) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You divided by the number of features d, or of parameters, where the samples n are meant.",
        gradient=(
            lambda X, y, w, b: times(*[len(y) / len(w)] * 2, gradient(X, y, w, b)),
            lambda X, y, w, b: times(*[len(y) / (len(w) + 1)] * 2, gradient(X, y, w, b)),
            lambda X, y, w, b: times(*[1 / len(w)] * 2, gradient(X, y, w, b)),
            lambda X, y, w, b: times(len(y) / len(w), 1, gradient(X, y, w, b)),
            lambda X, y, w, b: times(1 / len(w), 1, gradient(X, y, w, b)),
        ),
        loss=(
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / len(w)),
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / (len(w) + 1)),
        ),
    ),
    Fault(
        "divided-by-n-minus-1",
        "∇w L = (1/(n−1)) Xᵀ(ŷ − y), ∂L/∂b = (1/(n−1)) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You divided by n − 1, as for a sample variance: the loss is a plain mean over n.",
        gradient=(
            lambda X, y, w, b: times(*[1 / (len(y) - 1)] * 2, sums(X, residual(X, y, w, b))),
            lambda X, y, w, b: times(*[1 / max(len(y) - 1, 1)] * 2, sums(X, residual(X, y, w, b))),
        ),
        loss=(
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / (len(y) - 1)),
            lambda X, y, w, b: loss(X, y, w, b) * (len(y) / max(len(y) - 1, 1)),
        ),
    ),
    Fault(
        "divided-twice",
        "∇w L = (1/n²) Xᵀ(ŷ − y), ∂L/∂b = (1/n²) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "Your {subject} n times too small: a mean was divided by n once more.",
        gradient=(
            lambda X, y, w, b: times(*[1 / len(y)] * 2, gradient(X, y, w, b)),
            lambda X, y, w, b: times(1 / len(y), 1, gradient(X, y, w, b)),
        ),
        loss=(lambda X, y, w, b: loss(X, y, w, b) / len(y),),
    ),
    Fault(
        "feature-missing",
        "ŷ = Σ_{k≠j} x_k w_k + b, or ∂L/∂w_j = 0",
        "One feature is left out: a loop or a slice that starts or ends one off.",
        gradient=(
            lambda X, y, w, b, j: times(but(j, len(w)), 1, gradient(X, y, w, b)),
            lambda X, y, w, b, j: means(X, residual(X, y, w * but(j, len(w)), b)),
            lambda X, y, w, b, j: gradient(X * but(j, len(w)), y, w, b),
        ),
        loss=(lambda X, y, w, b, j: loss(X, y, w * but(j, len(w)), b),),
        predict=(lambda X, w, b, j: X @ (w * but(j, len(w))) + b,),
        choices=lambda evidence: FEATURES,
    ),
    Fault(
        "feature-in-bias",
        "∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾",
        "Your grad_b is multiplied with a feature: ∂ŷ/∂b is 1, so grad_b is the mean residual.",
        gradient=(
            lambda X, y, w, b, j: (gradient(X, y, w, b)[0], gradient(X, y, w, b)[0][j]),
            lambda X, y, w, b, j: (gradient(X, y, w, b)[0], gradient(X, y, w, b)[0].sum()),
            lambda X, y, w, b, j: (gradient(X, y, w, b)[0], gradient(X, y, w, b)[0].mean()),
        ),
        choices=lambda evidence: FEATURES,
    ),
    Fault(
        "squared-residual",
        "∇w L = (1/n) Xᵀ(ŷ − y)², ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²",
        "The residual is squared in the gradient: the derivative of ½ (ŷ − y)² has ŷ − y itself.",
        gradient=(
            lambda X, y, w, b: means(X, residual(X, y, w, b) * residual(X, y, w, b)),
            lambda X, y, w, b: means(X, residual(X, y, w, b) * abs(residual(X, y, w, b))),
            lambda X, y, w, b: (
                means(X, residual(X, y, w, b) * residual(X, y, w, b))[0],
                gradient(X, y, w, b)[1],
            ),
            lambda X, y, w, b: (gradient(X, y, w, b)[0], 2 * loss(X, y, w, b)),
        ),
    ),
    Fault(
        "absolute-loss",
        "∇w L = (1/n) Xᵀ sign(ŷ − y), ∂L/∂b = (1/n) Σᵢ sign(ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "This belongs to the absolute loss |ŷ − y|: the loss here is ½ (ŷ − y)².",
        gradient=(lambda X, y, w, b: means(X, np.sign(residual(X, y, w, b))),),
        loss=(
            lambda X, y, w, b: abs(residual(X, y, w, b)).mean(),
            lambda X, y, w, b: abs(residual(X, y, w, b)).mean() / 2,
            lambda X, y, w, b: abs(residual(X, y, w, b)).sum(),
        ),
    ),
    Fault(
        "mean-of-products-split",
        "∂L/∂w_j = mean(x_j) · mean(ŷ − y)",
        "You multiplied two means: the mean of the products (ŷ − y)·x_j is another number.",
        gradient=(
            lambda X, y, w, b: (X.mean(0) * residual(X, y, w, b).mean(), gradient(X, y, w, b)[1]),
            lambda X, y, w, b: (X.mean(0) * residual(X, y, w, b).sum(), gradient(X, y, w, b)[1]),
        ),
        loss=(lambda X, y, w, b: residual(X, y, w, b).mean() * residual(X, y, w, b).mean() / 2,),
    ),
    Fault(
        "collapsed-to-scalar",
        "∂L/∂w_j = (1/n) Σᵢ Σ_k (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_k⁽ⁱ⁾ for every j",
        "One number stands for all weights: the sum ran over the features too. Use axis=0.",
        gradient=(
            lambda X, y, w, b: (0 * w + gradient(X, y, w, b)[0].sum(), gradient(X, y, w, b)[1]),
            lambda X, y, w, b: (0 * w + gradient(X, y, w, b)[0].mean(), gradient(X, y, w, b)[1]),
            lambda X, y, w, b: (
                0 * w + sums(X, residual(X, y, w, b))[0].sum(),
                gradient(X, y, w, b)[1],
            ),
            lambda X, y, w, b: (
                0 * w + sums(X, residual(X, y, w, b))[0].sum(),
                sums(X, residual(X, y, w, b))[1],
            ),
        ),
    ),
    Fault(
        "broadcast-n-by-n",
        "∇w L = (1/n) Σᵢ x⁽ⁱ⁾ (1/n) Σ_k (ŷ⁽ⁱ⁾ − y⁽ᵏ⁾)",
        "Shapes (n,) and (n, 1) met, and made n × n residuals ŷ⁽ⁱ⁾ − y⁽ᵏ⁾: use y.ravel().",
        gradient=(
            lambda X, y, w, b, p: times(
                len(y) ** p[0],
                len(y) ** p[1],
                (means(X, X @ w + b - y.mean())[0], gradient(X, y, w, b)[1]),
            ),
            lambda X, y, w, b, p: times(
                len(y) ** p[0],
                len(y) ** p[1],
                (means(X, (X @ w).mean() + b - y)[0], gradient(X, y, w, b)[1]),
            ),
        ),
        loss=(
            lambda X, y, w, b, p: (
                len(y) ** p[0]
                * (
                    (X @ w + b) * (X @ w + b) / 2 + (y * y).mean() / 2 - (X @ w + b) * y.mean()
                ).mean()
            ),
        ),
        choices=lambda evidence: itertools.product((0, 1), (0, 1)),
    ),
    Fault(
        "swapped-outputs",
        "w is given ∂L/∂b, and b is given ∂L/∂w",
        "The parts of w and of b have changed places.",
        gradient=(
            lambda X, y, w, b, p: (0 * w + gradient(X, y, w, b)[1], gradient(X, y, w, b)[0][p]),
            lambda X, y, w, b, p: (0 * w + gradient(X, y, w, b)[1], gradient(X, y, w, b)[0].sum()),
            lambda X, y, w, b, p: (0 * w + gradient(X, y, w, b)[1], gradient(X, y, w, b)[0].mean()),
            lambda X, y, w, b, p: bias_last(*gradient(X, y, w, b)),
            lambda X, y, w, b, p: bias_first(*gradient(X, y, w, b)),
        ),
        choices=lambda evidence: FEATURES,
    ),
    Fault(
        "labels-off-by-one",
        "∇w L = (1/n) Σᵢ x⁽ⁱ⁾ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁺¹⁾)",
        "Each prediction is compared with its neighbour's label: an index is one off.",
        gradient=(
            lambda X, y, w, b, p: gradient(X, y[(np.arange(len(y)) + p) % len(y)], w, b),
            lambda X, y, w, b, p: gradient(X[1:], y[:-1], w, b),
            lambda X, y, w, b, p: gradient(X[:-1], y[1:], w, b),
            lambda X, y, w, b, p: times(
                *[1 / len(y)] * 2, sums(X[1:], residual(X[1:], y[:-1], w, b))
            ),
            lambda X, y, w, b, p: times(
                *[1 / len(y)] * 2, sums(X[:-1], residual(X[:-1], y[1:], w, b))
            ),
        ),
        loss=(lambda X, y, w, b, p: loss(X, y[(np.arange(len(y)) + p) % len(y)], w, b),),
        choices=lambda evidence: (1, -1),
    ),
    Fault(
        "last-row-dropped",
        "∇w L = (1/n) Σ_{i<n} x⁽ⁱ⁾ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "The last sample, or the first, is left out: a loop or a slice is one too short.",
        gradient=(
            lambda X, y, w, b: gradient(X[:-1], y[:-1], w, b),
            lambda X, y, w, b: gradient(X[1:], y[1:], w, b),
            lambda X, y, w, b: times(
                *[1 / len(y)] * 2, sums(X[:-1], residual(X[:-1], y[:-1], w, b))
            ),
            lambda X, y, w, b: times(*[1 / len(y)] * 2, sums(X[1:], residual(X[1:], y[1:], w, b))),
        ),
        loss=(
            lambda X, y, w, b: loss(X[:-1], y[:-1], w, b),
            lambda X, y, w, b: loss(X[1:], y[1:], w, b),
            lambda X, y, w, b: loss(X[:-1], y[:-1], w, b) * ((len(y) - 1) / len(y)),
            lambda X, y, w, b: loss(X[1:], y[1:], w, b) * ((len(y) - 1) / len(y)),
        ),
    ),
    Fault(
        "residual-parenthesis",
        "y − Xw + b for y − (Xw + b)",
        "A parenthesis is missing: y − Xw + b adds the bias that should be subtracted.",
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
    ),
    Fault(
        "precedence",
        "∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾·x_j⁽ⁱ⁾)",
        "· binds closer than −: ŷ − y·x is not (ŷ − y)·x.",
        gradient=(
            lambda X, y, w, b: ((X @ w + b).mean() - y @ X / len(y), gradient(X, y, w, b)[1]),
            lambda X, y, w, b: ((X @ w + b) @ X / len(y) - y.mean(), gradient(X, y, w, b)[1]),
            lambda X, y, w, b: ((X @ w + b).sum() - y @ X, gradient(X, y, w, b)[1]),
        ),
    ),
    Fault(
        "parameter-as-gradient",
        "∇w L = w, ∂L/∂b = b",
        "You return the parameters where their gradient is asked for.",
        gradient=(
            lambda X, y, w, b: (w, b),
            lambda X, y, w, b: (w, gradient(X, y, w, b)[1]),
        ),
    ),
    Fault(
        "loss-as-gradient",
        "∂L/∂w_j = L, ∂L/∂b = L",
        "You return the loss where its gradient is asked for.",
        gradient=(
            lambda X, y, w, b, c: (0 * w + c * loss(X, y, w, b), c * loss(X, y, w, b)),
            lambda X, y, w, b, c: (0 * w + c * loss(X, y, w, b), gradient(X, y, w, b)[1]),
            lambda X, y, w, b, c: (
                0 * w + c * len(y) * loss(X, y, w, b),
                c * len(y) * loss(X, y, w, b),
            ),
        ),
        choices=lambda evidence: (1, 2),
    ),
    Fault(
        "index-port",
        "∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_k⁽ⁱ⁾, k ≠ j",
        "One feature's gradient is used for another: the index of x and that of w differ.",
        gradient=(
            lambda X, y, w, b, port: (
                gradient(X, y, w, b)[0][port(np.arange(len(w)))],
                gradient(X, y, w, b)[1],
            ),
            lambda X, y, w, b, port: (
                but(0, len(w)) * gradient(X, y, w, b)[0]
                + (1 - but(0, len(w))) * gradient(X, y, w, b)[1],
                gradient(X, y, w, b)[1],
            ),
        ),
        predict=(lambda X, w, b, port: X @ w[port(np.arange(len(w)))] + b,),
        choices=lambda evidence: PORTS,
    ),
    Fault(
        "sequential-update",
        "w ← w − η ∇w L(w, b), then b ← b − η ∂L/∂b(new w, b)",
        "w is changed before b's gradient is taken: take both at the old w and b.",
        step=(
            lambda w, b, lr, g: (
                stepped(w, b, lr, g)[0],
                stepped(stepped(w, b, lr, g)[0], b, lr, g)[1],
            ),
            lambda w, b, lr, g: (
                stepped(w, stepped(w, b, lr, g)[1], lr, g)[0],
                stepped(w, b, lr, g)[1],
            ),
        ),
    ),
    Fault(
        "lr-missing",
        "w ← w − ∇w L, b ← b − ∂L/∂b",
        "The step is not multiplied with the learning rate.",
        step=(
            lambda w, b, lr, g: stepped(w, b, 1.0, g),
            lambda w, b, lr, g: (stepped(w, b, 1.0, g)[0], stepped(w, b, lr, g)[1]),
            lambda w, b, lr, g: (stepped(w, b, lr, g)[0], stepped(w, b, 1.0, g)[1]),
        ),
    ),
    Fault(
        "lr-twice",
        "w ← w − η² ∇w L, b ← b − η² ∂L/∂b",
        "The step is multiplied with the learning rate twice.",
        step=(
            lambda w, b, lr, g: stepped(w, b, lr * lr, g),
            lambda w, b, lr, g: (stepped(w, b, lr * lr, g)[0], stepped(w, b, lr, g)[1]),
            lambda w, b, lr, g: (stepped(w, b, lr, g)[0], stepped(w, b, lr * lr, g)[1]),
        ),
    ),
    Fault(
        "ragged-divisor",
        "∇w L = (1/m) Σᵢ x⁽ⁱ⁾ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾), with m = batch_size ≠ n",
        "The sum is divided by a fixed batch size: a short last batch must be divided by its own.",
        gradient=(
            lambda X, y, w, b, m: times(*[len(y) / (len(y) + SHORT)] * 2, gradient(X, y, w, b)),
            lambda X, y, w, b, m: times(*[len(y) / m] * 2, gradient(X, y, w, b)),
        ),
        choices=divisor,
    ),
    Fault(
        "weight-decay",
        "∇w L = (1/n) Xᵀ(ŷ − y) + λw",
        "There is a penalty on the weights in it: the loss of 1.2b has none.",
        gradient=(
            lambda X, y, w, b, c: plus(gradient(X, y, w, b), c * w),
            lambda X, y, w, b, c: plus(gradient(X, y, w, b), c * w, c * b),
            lambda X, y, w, b, c: plus(gradient(X, y, w, b), c * w / len(y)),
            lambda X, y, w, b, c: plus(gradient(X, y, w, b), c * w / len(y), c * b / len(y)),
            lambda X, y, w, b, c: plus(gradient(X, y, w, b), c * np.sign(w)),
            lambda X, y, w, b, c: plus(gradient(X, y, w, b), c * np.sign(w) / len(y)),
        ),
        loss=(
            lambda X, y, w, b, c: loss(X, y, w, b) + c * (w @ w),
            lambda X, y, w, b, c: loss(X, y, w, b) + c * (w @ w) / len(y),
        ),
        choices=decay,
        loss_choices=loss_decay,
    ),
    Fault(
        "clipped",
        "∇w L = clip((1/n) Xᵀ(ŷ − y), −c, c)",
        "The gradient is cut off at a bound: it is right while small, and wrong beyond.",
        gradient=(
            lambda X, y, w, b, c: tuple(clip(part, c) for part in gradient(X, y, w, b)),
            lambda X, y, w, b, c: (clip(gradient(X, y, w, b)[0], c), gradient(X, y, w, b)[1]),
            lambda X, y, w, b, c: shrunk(
                c, gradient(X, y, w, b), sum_of_squares(*gradient(X, y, w, b))
            ),
            lambda X, y, w, b, c: (
                shrunk(c, gradient(X, y, w, b), sum_of_squares(gradient(X, y, w, b)[0], 0.0))[0],
                gradient(X, y, w, b)[1],
            ),
            lambda X, y, w, b, c: (
                shrunk(c, gradient(X, y, w, b), sum_of_squares(gradient(X, y, w, b)[0], 0.0))[0],
                clip(gradient(X, y, w, b)[1], c),
            ),
            lambda X, y, w, b, c: means(X, clip(residual(X, y, w, b), c)),
        ),
        choices=clip_candidates,
    ),
    Fault(
        "another-loss",
        "the gradient of ½ mean, mean, ½ sum or sum of (ŷ − y)², but not of the declared one",
        "It belongs to another of the four usual losses than the declared one.",
    ),
    Fault(
        "stale",
        "∇L(X, y, w, b) of an earlier call",
        "You return an earlier call's answer: something is kept between calls.",
        subject=lambda X, y, w, b, seen=[]: seen.append(gradient(X, y, w, b)) or seen[0],
    ),
    Fault(
        "nondeterministic",
        "∇L plus noise",
        "The same arguments give different answers: something random takes part.",
        subject=lambda X, y, w, b: times(*np.random.random(2), gradient(X, y, w, b)),  # noqa: NPY002
    ),
    Fault(
        "mutates-input",
        "w ← w − ∇w L in the caller's own array",
        "You change the caller's arrays: compute new ones, without +=, -= or out=.",
        subject=lambda X, y, w, b: (g := gradient(X, y, w, b), w.__isub__(g[0]))[0],
    ),
    Fault(
        "wrong-shape",
        "grad_w of another shape than w, or grad_b not a number",
        "The gradient has the shape of what it belongs to: grad_w that of w, grad_b is a number.",
        subject=lambda X, y, w, b: (gradient(X, y, w, b)[0][:, None], gradient(X, y, w, b)[1]),
    ),
    Fault(
        "no-return",
        "None",
        "You return nothing: is the `return` missing, or is there a print in its place?",
        subject=lambda X, y, w, b: None,
    ),
    Fault(
        "non-finite",
        "NaN or infinity where the exact answer is a number",
        "NaN or infinity comes out where the exact answer is an ordinary number.",
        subject=lambda X, y, w, b: means(X, residual(X, y, w, b) / (y - y)),
    ),
    Fault(
        "low-precision",
        "float32(∇L), labelled float64",
        "The answer is labelled float64 and is only as accurate as float32: is there a cast?",
        subject=lambda X, y, w, b: tuple(
            a.astype(float) for a in gradient(*(np.float32(a) for a in (X, y, w, b)))
        ),
    ),
    Fault(
        "finite-difference",
        "∂L/∂w_j = (L(w + h e_j) − L(w − h e_j)) / 2h",
        "This is a difference quotient of the loss: near the derivative, and no closer than "
        "cancellation lets it.",
        subject=lambda X, y, w, b: (
            np.array([slope(lambda t: loss(X, y, w + t * e, b), 1e-6) for e in np.eye(len(w))]),  # noqa: B023
            slope(lambda t: loss(X, y, w, b + t), 1e-6),
        ),
    ),
    Fault(
        "raised",
        "an exception",
        "It raised an exception on valid arguments.",
        subject=lambda X, y, w, b: (w.grad, b.grad),
    ),
    Fault(
        "timeout",
        "no answer",
        "It gave no answer in time: a loop that does not end?",
        subject=lambda X, y, w, b: max(itertools.count()),
    ),
    Fault(
        "crash",
        "no process",
        "It ended its own process: a call of exit, or a crash in compiled code.",
        subject=lambda X, y, w, b: os.abort(),
    ),
)

BY_NAME = {fault.name: fault for fault in CATALOGUE}


def stepped(w: Any, b: Any, lr: Any, g: Any) -> Any:
    """1.3g and 1.3h as they should be."""
    grad_w, grad_b = g(w, b)
    return w - lr * grad_w, b - lr * grad_b


def sum_of_squares(grad_w: Any, grad_b: Any) -> Any:
    """‖∇L‖²"""
    return (grad_w * grad_w).sum() + grad_b * grad_b


def bias_last(grad_w: Any, grad_b: Any) -> Any:
    """What (b, w) holds when it was given (w, b)."""
    d = len(grad_w)
    return grad_w[np.arange(1, d + 1) % d] * but(-1, d) + grad_b * (1 - but(-1, d)), grad_w[0]


def bias_first(grad_w: Any, grad_b: Any) -> Any:
    """What (w, b) holds when it was given (b, w)."""
    d = len(grad_w)
    return grad_w[np.arange(-1, d - 1)] * but(0, d) + grad_b * (1 - but(0, d)), grad_w[-1]


def slope(f: Function, h: float) -> Any:
    """(f(h) − f(−h)) / 2h

    Examples
    --------
    >>> slope(lambda t: t**2 + 3 * t, 0.5)
    3.0
    """
    return (f(h) - f(-h)) / (2 * h)
