"""Faults in the minibatches of a training: which rows, whose labels, what divisor."""

from __future__ import annotations

from reference.checker.diagnosis.faults.fault import Fault

FAULTS = (
    Fault(
        "labels-of-another-batch",
        "Σ_{i∈B} x⁽ⁱ⁾(ŷ⁽ⁱ⁾ − y⁽ⁱ⁻ᵏ⁾)",
        "You use each batch of rows with the labels of the first: slice both with the same rows.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    for k in range(0, len(y), batch_size):
                        rows = X[k : k + batch_size]
                        gw, gb = correct_gradient(rows, y[: len(rows)], w, b)
                        w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                for _ in range(num_iters):
                    start = 0
                    while start < len(y):
                        A = X[start : start + batch_size]
                        t = y[0 : A.shape[0]]
                        theta = theta - alpha * A.T.dot(A.dot(theta) - t) / len(t)
                        start += batch_size
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b, m = np.zeros(X.shape[1]), 0.0, self.batch_size
                    for _ in range(self.epochs):
                        for k in range(0, len(y), m):
                            A = X[k : k + m]
                            gw, gb = correct_gradient(A, y[:m][: len(A)], self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "same-batch-again",
        "B = {1, …, m} in every step",
        "Every step uses the same rows: you take the batch once, or its start never moves.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    for k in range(0, len(y), batch_size):
                        gw, gb = correct_gradient(X[:batch_size], y[:batch_size], w, b)
                        w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                A, t = X[:batch_size], y[:batch_size]
                for _ in range(num_iters):
                    theta = theta - alpha * A.T.dot(A.dot(theta) - t) / len(t)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b, start = np.zeros(X.shape[1]), 0.0, 0
                    for _ in range(self.epochs):
                        for _ in range(-(-len(y) // self.batch_size)):
                            rows = slice(start, start + self.batch_size)
                            gw, gb = correct_gradient(X[rows], y[rows], self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "whole-data-in-each-batch",
        "B = {1, …, n} in every step",
        "Every batch holds all the data: you make the slice of the batch and do not use it.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    for k in range(0, len(y), batch_size):
                        gw, gb = correct_gradient(X, y, w, b)
                        w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                for _ in range(num_iters):
                    for k in range(0, len(y), batch_size):
                        A, t = X[k : k + batch_size], y[k : k + batch_size]
                        theta = theta - alpha * X.T.dot(X.dot(theta) - y) / len(y)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.epochs):
                        for _ in range(0, len(y), self.batch_size):
                            gw, gb = correct_gradient(X, y, self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "remainder-dropped",
        "B₁ ∪ B₂ ∪ … ≠ {1, …, n}",
        "You never use the last, shorter batch: n is not a multiple of the batch size.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    for k in range(len(y) // batch_size):
                        rows = slice(k * batch_size, (k + 1) * batch_size)
                        gw, gb = correct_gradient(X[rows], y[rows], w, b)
                        w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                for _ in range(num_iters):
                    for k in range(0, len(y) - batch_size + 1, batch_size):
                        A, t = X[k : k + batch_size], y[k : k + batch_size]
                        theta = theta - alpha * A.T.dot(A.dot(theta) - t) / len(t)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b, m = np.zeros(X.shape[1]), 0.0, self.batch_size
                    for _ in range(self.epochs):
                        order = np.random.permutation(len(y))
                        for k in range(len(y) // m):
                            rows = order[k * m : k * m + m]
                            gw, gb = correct_gradient(X[rows], y[rows], self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "batches-overlap",
        "B_k = {k, …, k + m − 1} in place of {km, …, km + m − 1}",
        "Your batches overlap: they begin one row apart, and not one batch.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    for k in range(len(y) // batch_size):
                        rows = slice(k, k + batch_size)
                        gw, gb = correct_gradient(X[rows], y[rows], w, b)
                        w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                for _ in range(num_iters):
                    for k in range(len(y) - batch_size + 1):
                        A, t = X[k : k + batch_size], y[k : k + batch_size]
                        theta = theta - alpha * A.T.dot(A.dot(theta) - t) / len(t)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.epochs):
                        for k in range(max(1, len(y) // self.batch_size)):
                            rows = slice(k, k + self.batch_size)
                            gw, gb = correct_gradient(X[rows], y[rows], self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "full-n-divisor",
        "w ← w − (η/n) Σ_{i∈B} x⁽ⁱ⁾(ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        "You divide each batch by n, the number of all rows: divide it by its own.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    for k in range(0, len(y), batch_size):
                        A, t = X[k : k + batch_size], y[k : k + batch_size]
                        r = A @ w + b - t
                        w, b = w - lr * A.T @ r / len(y), b - lr * r.sum() / len(y)
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                m = len(y)
                for _ in range(num_iters):
                    for k in range(0, m, batch_size):
                        A, t = X[k : k + batch_size], y[k : k + batch_size]
                        theta = theta - alpha / m * A.T.dot(A.dot(theta) - t)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    n, d = X.shape
                    self.w, self.b = np.zeros(d), 0.0
                    for _ in range(self.epochs):
                        order = np.random.permutation(n)
                        for k in range(0, n, self.batch_size):
                            rows = order[k : k + self.batch_size]
                            r = X[rows] @ self.w + self.b - y[rows]
                            self.w = self.w - self.lr * X[rows].T @ r / n
                            self.b = self.b - self.lr * r.sum() / n
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "shuffled-apart",
        "Σ x⁽ⁱ⁾(ŷ⁽ⁱ⁾ − y⁽ʲ⁾), i and j from two permutations",
        "You shuffle rows and labels by two different permutations: use one for both.",
        programs="""
            def sgd(X, y, w, b, lr, epochs, batch_size):
                for _ in range(epochs):
                    A, t = np.random.permutation(X), np.random.permutation(y)
                    for k in range(0, len(y), batch_size):
                        B = slice(k, k + batch_size)
                        gw, gb = correct_gradient(A[B], t[B], w, b)
                        w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                rng = np.random.default_rng()
                for _ in range(num_iters):
                    A, t = X.copy(), y.copy()
                    rng.shuffle(A)
                    rng.shuffle(t)
                    for k in range(0, len(y), batch_size):
                        B, s = A[k : k + batch_size], t[k : k + batch_size]
                        theta = theta - alpha * B.T.dot(B.dot(theta) - s) / len(s)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b, m = np.zeros(X.shape[1]), 0.0, self.batch_size
                    for _ in range(self.epochs):
                        p, q = np.random.permutation(len(y)), np.random.permutation(len(y))
                        for k in range(0, len(y), m):
                            A, t = X[p[k : k + m]], y[q[k : k + m]]
                            gw, gb = correct_gradient(A, t, self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "row-never-drawn",
        "i from {1, …, n − 1}",
        "One row is never used, however often rows are taken: does the range of their index end "
        "one too early, or begin at 1?",
        programs="""
            def sgd(X, y, w, b, lr, n_iters):
                for _ in range(n_iters):
                    i = np.random.randint(len(y) - 1)
                    gw, gb = correct_gradient(X[i : i + 1], y[i : i + 1], w, b)
                    w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters, batch_size):
                for _ in range(num_iters):
                    i = np.random.randint(1, len(y), batch_size)
                    theta = theta - alpha * X[i].T.dot(X[i].dot(theta) - y[i]) / len(i)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10, batch_size=4):
                    self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
                def fit(self, X, y):
                    self.w, self.b, m = np.zeros(X.shape[1]), 0.0, self.batch_size
                    for _ in range(self.epochs):
                        drawn = np.random.choice(len(y) - 1, len(y))
                        for k in range(0, len(y), m):
                            rows = drawn[k : k + m]
                            gw, gb = correct_gradient(X[rows], y[rows], self.w, self.b)
                            self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
)
