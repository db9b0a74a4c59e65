"""A made-up class: notebooks that are right, wrong, hang, crash, and cannot be read."""

import itertools
import json

RIGHT = """
import numpy as np

def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()

def loss(X, y, w, b):
    return ((X @ w + b - y) ** 2).mean() / 2
"""
LOOPS = """
import numpy as np

def compute_cost(X, y, w, b):
    return sum((np.dot(x, w) + b - t) ** 2 for x, t in zip(X, y)) / (2 * len(y))

def compute_gradient(X, y, w, b):
    m, n = X.shape
    dj_dw, dj_db = np.zeros(n), 0.0
    for i in range(m):
        err = np.dot(X[i], w) + b - y[i]
        dj_dw += err * X[i]
        dj_db += err
    return dj_dw / m, dj_db / m

def gradient_descent(X, y, w, b, alpha, num_iters):
    for _ in range(num_iters):
        dw, db = compute_gradient(X, y, w, b)
        w, b = w - alpha * dw, b - alpha * db
    return w, b
"""
MODEL = """
import numpy as np

class LinearRegression:
    def __init__(self, lr=0.01, n_iters=1000):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y):
        self.weights, self.bias = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.weights + self.bias - y
            self.weights = self.weights - self.lr * X.T @ r / len(y)
            self.bias = self.bias - self.lr * r.mean()
        return self

    def predict(self, X):
        return X @ self.weights + self.bias
"""
WRONG = [
    RIGHT.replace("X @ w + b - y\n    return", "y - X @ w - b\n    return"),
    RIGHT.replace("X.T @ r / len(y), r.mean()", "X.T @ r, r.sum()"),
    RIGHT.replace("r.mean()", "r.sum()"),
    RIGHT.replace("r.mean()", "r.mean() + 1 + b * b"),
    LOOPS.replace("w - alpha * dw, b - alpha * db", "w + alpha * dw, b + alpha * db"),
    LOOPS.replace("(2 * len(y))", "len(y) ** 2"),
    MODEL.replace("self.lr * r.mean()", "r.mean()"),
]
HANGS = [
    RIGHT.replace("    r = X", "    while True: pass\n    r = X"),
    RIGHT.replace("    return ((X", "    while True: pass\n    return ((X"),
]
CRASHES = [
    RIGHT.replace("    r = X", "    import os; os._exit(3)\n    r = X"),
    RIGHT + "\nclass Broken:\n    import os; os.abort()\n",
]
UNREADABLE = [b"{", b"\x80PK\x03", b'{"cells": 3}', b"", b'{"cells": [{"cell_type": "code"}'[:20]]


def notebook(source):
    """A notebook of one code cell."""
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True)}
    return json.dumps(
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def write_class(folder, size=100):
    """Write a class into a folder, one folder a student; {student: what kind of program it is}."""
    kinds = {"wrong": WRONG, "hang": HANGS, "crash": CRASHES, "unreadable": UNREADABLE}
    counts = {"wrong": size // 5, "hang": size // 20, "crash": size // 20, "unreadable": size // 20}
    order = [kind for kind, count in counts.items() for _ in range(count)]
    order += ["right"] * (size - len(order))
    sources = {k: itertools.cycle(s) for k, s in (kinds | {"right": [RIGHT, LOOPS, MODEL]}).items()}
    found = {}
    for i in range(size):
        kind = order[i * 37 % size]  # mixed, the same in each run
        source = next(sources[kind])
        (folder / f"student_{i}").mkdir(parents=True)
        data = source if isinstance(source, bytes) else notebook(source)
        (folder / f"student_{i}" / "homework.ipynb").write_bytes(data)
        found[f"student_{i}"] = kind
    return found
