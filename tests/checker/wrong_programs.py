"""Programs that are wrong: each fault of the catalogue, written at least two ways.

None takes its formula from `reference.checker.diagnosis.faults`. A program's name says what it is to be: a gradient,
a step, a trainer, a prediction or a loss.
"""

# They are written as people write them, and many have the same name.
# ruff: noqa: F811, B006, B008, B905, NPY002, PLR, SIM, RET, C4, E741, T201

import ctypes
import itertools
import os
import sys
import time

import numpy as np

WRONG = {}


def fault(name):
    """Enter a program under the fault that it has."""

    def enter(program):
        WRONG.setdefault(name, []).append(program)
        return program

    return enter


def right(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


@fault("missing-mean")
def gradient(X, y, w, b):
    error = X @ w + b - y
    return error @ X, error.sum()


@fault("missing-mean")
def gradient(X, y, w, b):
    dw, db = np.zeros(len(w)), 0.0
    for x_i, y_i in zip(X, y):
        e = x_i @ w + b - y_i
        dw += e * x_i
        db += e
    return dw, db


@fault("factor-two")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return 2 / len(y) * X.T @ r, 2 * r.mean()


@fault("factor-two")
def compute_gradients(X, y, w, b):
    n = len(y)
    dw = -(2 / n) * sum(x * (t - (x @ w + b)) for x, t in zip(X, y))
    return dw, -(2 / n) * sum(t - (x @ w + b) for x, t in zip(X, y))


@fault("factor-two-sum")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return 2 * X.T @ r, 2 * np.sum(r)


@fault("factor-two-sum")
def gradient(X, y, w, b):
    A = np.c_[X, np.ones(len(y))]
    g = 2 * (A.T @ A @ np.r_[w, b] - A.T @ y)
    return g[:-1], g[-1]


@fault("sign-flipped")
def gradient(X, y, w, b):
    r = y - (X @ w + b)
    return X.T @ r / len(y), r.mean()


@fault("sign-flipped")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return -gw, -gb


@fault("sign-flipped")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    return w + lr * gw, b + lr * gb


@fault("sign-flipped-w")
def gradient(X, y, w, b):
    r = y - X @ w - b
    return X.T @ r / len(y), -r.mean()


@fault("sign-flipped-w")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    return w + lr * gw, b - lr * gb


@fault("sign-flipped-b")
def gradient(X, y, w, b):
    r = y - X @ w - b
    return -X.T @ r / len(y), r.mean()


@fault("sign-flipped-b")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    return w - lr * gw, b + lr * gb


@fault("bias-omitted")
def gradient(X, y, w, b):
    r = X @ w - y
    return X.T @ r / len(y), r.mean()


@fault("bias-omitted")
def gradient(X, y, w, b):
    r = np.array([sum(a * c for a, c in zip(row, w)) for row in X]) - y
    return np.array([(X[:, j] * r).mean() for j in range(len(w))]), (r + b).mean()


@fault("bias-omitted")
def predict(X, w, b):
    return np.dot(X, w)


@fault("zero-gradient")
def gradient(X, y, w, b):
    return np.zeros_like(w), 0.0


@fault("zero-gradient")
class Unmoved:
    def __init__(self, lr=0.1, n_iters=10):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y):
        self.w, self.b = np.ones(X.shape[1]), 1.0
        for _ in range(self.n_iters):
            w, b = self.w, self.b
            gw, gb = right(X, y, w, b)
            w, b = w - self.lr * gw, b - self.lr * gb

    def predict(self, X):
        return X @ self.w + self.b


@fault("bias-gradient-zero")
def gradient(X, y, w, b):
    return right(X, y, w, b)[0], 0


@fault("bias-gradient-zero")
def step(X, y, w, b, lr):
    return w - lr * right(X, y, w, b)[0], b


@fault("bias-gradient-sum")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum()


@fault("bias-gradient-sum")
def update_parameters(X, y, w, b, learning_rate):
    r = X @ w + b - y
    return w - learning_rate * (r @ X) / len(r), b - learning_rate * sum(r)


@fault("bias-gradient-double-mean")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean() / len(y)


@fault("bias-gradient-double-mean")
def gradient(X, y, w, b):
    r = (X @ w + b - y) / len(y)
    return X.T @ r, np.mean(r)


@fault("bias-step-doubled")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return gw, gb + gb


@fault("bias-step-doubled")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    w = w - lr * gw
    b = b - lr * gb
    b = b - lr * gb
    return w, b


@fault("bias-step-doubled")
def sgd_step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    b = b - lr * gb
    b = b - lr * right(X, y, w, b)[1]
    return w - lr * gw, b


@fault("divided-by-d")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / X.shape[1], r.sum() / X.shape[1]


@fault("divided-by-d")
def gradient(X, y, w, b):
    r, d = X @ w + b - y, len(w)
    return np.array([(r * c).sum() / d for c in X.T]), sum(r) / d


@fault("divided-by-n-minus-1")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / (len(y) - 1), r.sum() / (len(y) - 1)


@fault("divided-by-n-minus-1")
def gradient(X, y, w, b):
    n = len(y) - 1
    r = [float(x @ w + b - t) for x, t in zip(X, y)]
    return [sum(e * c for e, c in zip(r, col)) / n for col in X.T.tolist()], sum(r) / n


@fault("divided-twice")
def gradient(X, y, w, b):
    r = (X @ w + b - y) / len(y)
    return np.mean(X * r[:, None], axis=0), np.mean(r)


@fault("divided-twice")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return gw / len(y), gb / len(y)


@fault("feature-missing")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    for j in range(len(w) - 1, len(w)):
        gw[j] = 0
    return gw, gb


@fault("feature-missing")
def gradient(X, y, w, b):
    r = X[:, 1:] @ w[1:] + b - y
    return X.T @ r / len(y), r.mean()


@fault("feature-missing")
def predict(X, w, b):
    y_hat = np.full(len(X), b)
    for j in range(len(w) - 1):
        y_hat = y_hat + X[:, j] * w[j]
    return y_hat


@fault("feature-in-bias")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), (X[:, 0] * r).mean()


@fault("feature-in-bias")
def gradient(X, y, w, b):
    gw = np.zeros_like(w)
    for j in range(len(w)):
        gw[j] = ((X @ w + b - y) * X[:, j]).mean()
    return gw, ((X @ w + b - y) * X[:, j]).mean()


@fault("squared-residual")
def gradient(X, y, w, b):
    r = (X @ w + b - y) ** 2
    return X.T @ r / len(y), r.mean()


@fault("squared-residual")
def gradient(X, y, w, b):
    e = [(x @ w + b - t) * (x @ w + b - t) for x, t in zip(X, y)]
    return sum(x * r for x, r in zip(X, e)) / len(y), sum(e) / len(y)


@fault("absolute-loss")
def gradient(X, y, w, b):
    r = np.sign(X @ w + b - y)
    return X.T @ r / len(y), r.mean()


@fault("absolute-loss")
def gradient(X, y, w, b):
    over = X @ w + b > y
    s = np.where(over, 1.0, -1.0) * (X @ w + b != y)
    return np.einsum("ij,i->j", X, s) / len(y), s.sum() / len(y)


@fault("mean-of-products-split")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.mean(axis=0) * r.mean(), r.mean()


@fault("mean-of-products-split")
def gradient(X, y, w, b):
    m = np.mean(X @ w + b) - np.mean(y)
    return np.array([np.mean(X[:, j]) * m for j in range(len(w))]), m


@fault("collapsed-to-scalar")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return np.sum(X.T * r) / len(y), r.mean()


@fault("collapsed-to-scalar")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return np.full(len(w), np.mean(X.T * r)), r.mean()


@fault("broadcast-n-by-n")
def gradient(X, y, w, b):
    r = (X @ w + b)[:, None] - y
    return (X.T @ r).mean(axis=1), r.mean()


@fault("broadcast-n-by-n")
def gradient(X, y, w, b):
    r = X @ w + b - y.reshape(-1, 1)
    return (X.T @ r).sum(axis=1) / len(y), r.sum() / len(y)


@fault("broadcast-n-by-n")
def loss(X, y, w, b):
    return np.mean(((X @ w + b)[:, None] - y) ** 2) / 2


@fault("swapped-outputs")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return np.full(len(w), gb), gw[0]


@fault("swapped-outputs")
def gradient(X, y, theta):
    g = X.T @ (X @ theta - y) / len(y)
    return np.append(g[1:], g[0])


@fault("labels-off-by-one")
def gradient(X, y, w, b):
    return right(X, np.roll(y, 1), w, b)


@fault("labels-off-by-one")
def gradient(X, y, w, b):
    r = np.array([X[i] @ w + b - y[i - 1] for i in range(len(y))])
    return X.T @ r / len(y), r.mean()


@fault("last-row-dropped")
def gradient(X, y, w, b):
    gw, gb = np.zeros(len(w)), 0.0
    for i in range(len(y) - 1):
        r = X[i] @ w + b - y[i]
        gw += r * X[i] / len(y)
        gb += r / len(y)
    return gw, gb


@fault("last-row-dropped")
def gradient(X, y, w, b):
    return right(X[:-1], y[:-1], w, b)


@fault("residual-parenthesis")
def gradient(X, y, w, b):
    error = y - X @ w + b
    return -(X.T @ error) / len(y), -error.mean()


@fault("residual-parenthesis")
def gradient(X, y, w, b):
    r = np.array([x @ w - b - t for x, t in zip(X, y)])
    return r @ X / len(y), r.sum() / len(y)


@fault("precedence")
def gradient(X, y, w, b):
    y_hat = X @ w + b
    return np.array([np.mean(y_hat - y * x_j) for x_j in X.T]), np.mean(y_hat - y)


@fault("precedence")
def gradient(X, y, w, b):
    n = len(y)
    gw = [sum(X[i] @ w + b - y[i] * X[i, j] for i in range(n)) / n for j in range(len(w))]
    return np.array(gw), (X @ w + b - y).sum() / n


@fault("parameter-as-gradient")
def gradient(X, y, w, b):
    return w.copy(), b


@fault("parameter-as-gradient")
def gradient(X, y, theta):
    return theta * 1.0


@fault("loss-as-gradient")
def gradient(X, y, w, b):
    loss = ((X @ w + b - y) ** 2).mean() / 2
    return np.full(len(w), loss), loss


@fault("loss-as-gradient")
def gradient(X, y, w, b):
    return np.mean((X @ w + b - y) ** 2) / 2


@fault("index-port")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return np.array([(r * X[:, 0]).mean() for _ in w]), r.mean()


@fault("index-port")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    if len(gw) > 1:
        gw[1] = gw[0]
    return gw, gb


@fault("index-port")
def step(X, y, theta, lr):
    r = X @ theta - y
    new = theta.copy()
    for j in range(len(theta)):
        new[j] -= lr * (r * X[:, 1 if j == 2 else j]).mean()
    return new


@fault("sequential-update")
def step(X, y, w, b, lr):
    w = w - lr * right(X, y, w, b)[0]
    b = b - lr * right(X, y, w, b)[1]
    return w, b


@fault("sequential-update")
def update_weights(X, y, w, b, lr):
    n = len(y)
    b = b - lr * sum(x @ w + b - t for x, t in zip(X, y)) / n
    w = w - lr * sum(x * (x @ w + b - t) for x, t in zip(X, y)) / n
    return w, b


@fault("sequential-update")
class Sequential:
    def __init__(self, lr=0.1, n_iters=10):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            self.w = self.w - self.lr * right(X, y, self.w, self.b)[0]
            self.b = self.b - self.lr * right(X, y, self.w, self.b)[1]

    def predict(self, X):
        return X @ self.w + self.b


@fault("lr-missing")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    return w - gw, b - gb


@fault("lr-missing")
def gradient_descent(X, y, theta, alpha, iters):
    for _ in range(iters):
        theta = theta - X.T @ (X @ theta - y) / len(y)
    return theta


@fault("lr-twice")
def step(X, y, w, b, lr):
    gw, gb = (lr * g for g in right(X, y, w, b))
    return w - lr * gw, b - lr * gb


@fault("lr-twice")
class Twice:
    def __init__(self, learning_rate=0.1, epochs=10):
        self.learning_rate, self.epochs = learning_rate, epochs

    def fit(self, X, y):
        rng = np.random.default_rng()
        self.weights, self.bias = rng.normal(size=X.shape[1]), 0.0
        for _ in range(self.epochs):
            gw, gb = right(X, y, self.weights, self.bias)
            delta_w, delta_b = self.learning_rate * gw, self.learning_rate * gb
            self.weights = self.weights - self.learning_rate * delta_w
            self.bias -= self.learning_rate * delta_b

    def predict(self, X):
        return X @ self.weights + self.bias


@fault("ragged-divisor")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / 10, r.sum() / 10


@fault("ragged-divisor")
def sgd_step(X, y, w, b, lr, batch_size):
    r = X @ w + b - y
    return w - lr * X.T @ r / batch_size, b - lr * r.sum() / batch_size


@fault("ragged-divisor")
class Ragged:
    def __init__(self, lr=0.1, n_iters=10, batch_size=32):
        self.lr, self.n_iters, self.batch_size = lr, n_iters, batch_size

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            for i in range(0, len(y), self.batch_size):
                r = X[i : i + self.batch_size] @ self.w + self.b - y[i : i + self.batch_size]
                self.w = self.w - self.lr * (r @ X[i : i + self.batch_size]) / self.batch_size
                self.b = self.b - self.lr * r.sum() / self.batch_size

    def predict(self, X):
        return X @ self.w + self.b


@fault("weight-decay")
def gradient(X, y, w, b, lam=0.01):
    gw, gb = right(X, y, w, b)
    return gw + lam * w, gb


@fault("weight-decay")
def gradient(X, y, theta):
    penalty = 0.5 * np.r_[0, theta[1:]] / len(y)
    return X.T @ (X @ theta - y) / len(y) + penalty


@fault("weight-decay")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    return w * (1 - lr * 1e-3) - lr * gw, b - lr * gb


@fault("clipped")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return np.clip(gw, -1, 1), min(max(gb, -1), 1)


@fault("clipped")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    norm = np.sqrt((gw**2).sum() + gb**2)
    return (gw * 5 / norm, gb * 5 / norm) if norm > 5 else (gw, gb)


@fault("clipped")
def gradient(X, y, w, b):
    r = np.clip(X @ w + b - y, -1.5, 1.5)
    return X.T @ r / len(y), r.mean()


MEMORY = {}


@fault("stale")
def gradient(X, y, w, b):
    if X.shape not in MEMORY:
        MEMORY[X.shape] = right(X, y, w, b)
    return MEMORY[X.shape]


@fault("stale")
def gradient(X, y, w, b, last=[]):
    last.append(right(X, y, w, b))
    return last[-2] if len(last) > 1 else last[-1]


@fault("nondeterministic")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return gw + 1e-6 * np.random.default_rng().normal(size=len(w)), gb


@fault("nondeterministic")
def gradient(X, y, w, b):
    i = np.random.randint(len(y))
    return right(X[i : i + 1], y[i : i + 1], w, b)


@fault("nondeterministic")
def gradient(X, y, w, b, calls=itertools.count()):
    gw, gb = right(X, y, w, b)
    return gw, gb * (1 + 1e-9 * next(calls))


@fault("mutates-input")
def gradient(X, y, w, b):
    X -= X.mean(axis=0)
    return right(X, y, w, b)


@fault("mutates-input")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    w -= lr * gw
    b -= lr * gb
    return w, b


@fault("mutates-input")
def predict(X, w, b):
    X[:, 0] *= 1.5
    return X @ w + b


@fault("wrong-shape")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return gw.reshape(-1, 1), gb


@fault("wrong-shape")
def gradient(X, y, w, b):
    return right(X, y, w, b)[0]


@fault("wrong-shape")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean(keepdims=True)


@fault("wrong-shape")
def gradient(X, y, w, b):
    return (*right(X, y, w, b), 0.0)


@fault("wrong-shape")
def gradient(X, y, w, b):
    return "grad_w", "grad_b"


@fault("wrong-shape")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X * r[:, None], r


@fault("no-return")
def gradient(X, y, w, b):
    print(right(X, y, w, b))


@fault("no-return")
def step(X, y, w, b, lr):
    gw, gb = right(X, y, w, b)
    w, b = w - lr * gw, b - lr * gb


@fault("non-finite")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return gw / np.float64(0), gb


@fault("non-finite")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return gw, gb * (np.nan if len(y) == 7 else 1)


@fault("low-precision")
def gradient(X, y, w, b):
    r = (X @ w + b - y).astype(np.float32)
    gw = X.astype(np.float32).T @ r / np.float32(len(y))
    return gw.astype(float), float(r.mean())


@fault("low-precision")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return np.float32(gw).astype(float), np.float32(gb).astype(float)


@fault("low-precision")
def gradient(X, y, w, b):
    return right(np.float32(X).astype(float), y, w, b)


@fault("finite-difference")
def gradient(X, y, w, b):
    def L(w, b):
        return np.mean((X @ w + b - y) ** 2) / 2

    h = 1e-5
    gw = np.zeros_like(w)
    for j in range(len(w)):
        e = np.zeros_like(w)
        e[j] = h
        gw[j] = (L(w + e, b) - L(w - e, b)) / (2 * h)
    return gw, (L(w, b + h) - L(w, b - h)) / (2 * h)


@fault("finite-difference")
def gradient(X, y, theta):
    h, n = 1e-7, len(y)

    def L(theta):
        return ((X @ theta - y) ** 2).sum() / (2 * n)

    return np.array([(L(theta + h * e) - L(theta)) / h for e in np.eye(len(theta))])


@fault("raised")
def gradient(X, y, w, b):
    return undefined_name  # noqa: F821


@fault("raised")
def gradient(X, y, w, b):
    if len(w) > 6:
        raise RuntimeError("too many features")
    return right(X, y, w, b)


@fault("raised")
def gradient(X, y, w, b):
    def again(k):
        return again(k + 1)

    return again(0)


@fault("timeout")
def gradient(X, y, w, b):
    while True:
        pass


@fault("timeout")
def gradient(X, y, w, b):
    if len(y) == 5:
        time.sleep(60)
    return right(X, y, w, b)


@fault("crash")
def gradient(X, y, w, b):
    os._exit(0)


@fault("crash")
def gradient(X, y, w, b):
    ctypes.string_at(0)


@fault("crash")
def gradient(X, y, w, b):
    sys.exit("done")


@fault("factor-half")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / (2 * len(y)), r.sum() / (2 * len(y))


@fault("factor-half")
def loss(X, y, w, b):
    return np.mean((X @ w + b - y) ** 2) / 4


@fault("factor-two-w")
def gradient(X, y, w, b):
    gw, gb = right(X, y, w, b)
    return 2 * gw, gb


@fault("factor-two-w")
def gradient(X, y, theta):
    r = X @ theta - y
    return np.r_[r.mean(), 2 * r @ X[:, 1:] / len(y)]


@fault("weight-gradient-sum")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r, r.mean()


@fault("weight-gradient-sum")
def gradient(X, y, theta):
    r = X @ theta - y
    return np.r_[r.mean(), r @ X[:, 1:]]
