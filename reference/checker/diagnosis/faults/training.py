"""Faults between the iterations of a training, and in its minibatches.

They are found by running trainings of several lengths and batch sizes (`history`, `minibatches`),
not by a formula for one step.
"""

from __future__ import annotations

from reference.checker.diagnosis.faults.fault import Fault

FAULTS = (
    Fault(
        "gradient-outside-loop",
        "w ← w − η ∇w L(w₀) in every step",
        "You take the gradient once, before the loop: every step repeats the first one.",
        programs="""
            def gradient_descent(X, y, w, b, lr, n_iters):
                gw, gb = correct_gradient(X, y, w, b)
                for _ in range(n_iters):
                    w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters):
                residual = X.dot(theta) - y
                for _ in range(num_iters):
                    for j in range(len(theta)):
                        theta = theta.copy()
                        theta[j] = theta[j] - alpha * (residual * X[:, j]).sum() / len(y)
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10):
                    self.lr, self.epochs = lr, epochs
                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    gw, gb = correct_gradient(X, y, self.w, self.b)
                    for _ in range(self.epochs):
                        self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "early-return",
        "w ← w − η ∇w L, once",
        "You make one iteration only: the `return` stands within the loop.",
        programs="""
            def gradient_descent(X, y, w, b, lr, n_iters):
                for _ in range(n_iters):
                    gw, gb = correct_gradient(X, y, w, b)
                    w, b = w - lr * gw, b - lr * gb
                    return w, b

            def train(x, y, w, b, alpha, epochs):
                for _ in range(epochs):
                    dw = db = 0.0
                    for i in range(len(x)):
                        dw += (w * x[i] + b - y[i]) * x[i] / len(x)
                        db += (w * x[i] + b - y[i]) / len(x)
                    w -= alpha * dw
                    b -= alpha * db
                    return w, b

            class Model:
                def __init__(self, lr=0.1, epochs=10):
                    self.lr, self.epochs = lr, epochs
                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.epochs):
                        gw, gb = correct_gradient(X, y, self.w, self.b)
                        self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                        return self
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "iteration-missing",
        "T − 1 steps in place of T",
        "One iteration is missing: the loop begins one too late or ends one too early.",
        programs="""
            def gradient_descent(X, y, w, b, lr, n_iters):
                for _ in range(1, n_iters):
                    gw, gb = correct_gradient(X, y, w, b)
                    w, b = w - lr * gw, b - lr * gb
                return w, b

            def train(X, y, theta, alpha, num_iters):
                t = 1
                while t < num_iters:
                    theta = theta - alpha * X.T.dot(X.dot(theta) - y) / len(y)
                    t += 1
                return theta

            class Model:
                def __init__(self, lr=0.1, epochs=10):
                    self.lr, self.epochs = lr, epochs
                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.epochs - 1):
                        gw, gb = correct_gradient(X, y, self.w, self.b)
                        self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "accumulator-kept",
        "w ← w − η Σ_{s ≤ t} ∇w L(w_s)",
        "Step 1 is right, and each later one adds all earlier gradients: set the sum to zero in "
        "each iteration.",
        programs="""
            def gradient_descent(X, y, w, b, lr, n_iters):
                sum_w, sum_b = np.zeros(len(w)), 0.0
                for _ in range(n_iters):
                    gw, gb = correct_gradient(X, y, w, b)
                    sum_w, sum_b = sum_w + gw, sum_b + gb
                    w, b = w - lr * sum_w, b - lr * sum_b
                return w, b

            def train(x, y, w, b, alpha, epochs):
                dw = db = 0.0
                for _ in range(epochs):
                    for i in range(len(x)):
                        dw += (w * x[i] + b - y[i]) * x[i] / len(x)
                        db += (w * x[i] + b - y[i]) / len(x)
                    w, b = w - alpha * dw, b - alpha * db
                return w, b

            class Model:
                def __init__(self, lr=0.1, epochs=10):
                    self.lr, self.epochs = lr, epochs
                def fit(self, X, y):
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    dw, db = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.epochs):
                        gw, gb = correct_gradient(X, y, self.w, self.b)
                        dw, db = dw + gw, db + gb
                        self.w, self.b = self.w - self.lr * dw, self.b - self.lr * db
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "history-aliased",
        "history = [w, w, w, …], one array many times",
        "Every entry of your history is the same array, so that all of them show the last "
        "weights: append a copy.",
        programs="""
            def gradient_descent(X, y, w, b, lr, n_iters):
                w, history = w.copy(), []
                for _ in range(n_iters):
                    gw, gb = correct_gradient(X, y, w, b)
                    w -= lr * gw
                    b -= lr * gb
                    history.append(w)
                return w, b, history

            def train(X, y, theta, alpha, num_iters):
                theta = np.array(theta)
                path = [theta]
                for _ in range(num_iters):
                    theta[:] = theta - alpha * X.T.dot(X.dot(theta) - y) / len(y)
                    path.append(theta)
                return theta, path

            class Model:
                def __init__(self, lr=0.1, epochs=10):
                    self.lr, self.epochs = lr, epochs
                def fit(self, X, y):
                    self.w, self.b, self.history = np.zeros(X.shape[1]), 0.0, []
                    for _ in range(self.epochs):
                        gw, gb = correct_gradient(X, y, self.w, self.b)
                        self.w -= self.lr * gw
                        self.b -= self.lr * gb
                        self.history.append(self.w)
                def predict(self, X):
                    return X @ self.w + self.b
        """,
    ),
    Fault(
        "predict-not-standardised",
        "ŷ = Xw + b, with w of (X − mean) / std",
        "You train on standardised features and predict from raw ones: standardise in `predict` "
        "too, with the mean and deviation of the training data.",
        programs="""
            class Model:
                def __init__(self, lr=0.1, epochs=10):
                    self.lr, self.epochs = lr, epochs
                def fit(self, X, y):
                    X = (X - X.mean(axis=0)) / X.std(axis=0)
                    self.w, self.b = np.zeros(X.shape[1]), 0.0
                    for _ in range(self.epochs):
                        gw, gb = correct_gradient(X, y, self.w, self.b)
                        self.w, self.b = self.w - self.lr * gw, self.b - self.lr * gb
                def predict(self, X):
                    return X @ self.w + self.b

            class Regression:
                def __init__(self, alpha=0.1, n_iters=10):
                    self.alpha, self.n_iters = alpha, n_iters
                def fit(self, X, y):
                    low, spread = X.min(axis=0), X.max(axis=0) - X.min(axis=0)
                    scaled = np.c_[np.ones(len(X)), (X - low) / spread]
                    self.theta = np.zeros(scaled.shape[1])
                    for _ in range(self.n_iters):
                        residual = scaled @ self.theta - y
                        self.theta = self.theta - self.alpha * scaled.T @ residual / len(y)
                def predict(self, X):
                    return self.theta[0] + X @ self.theta[1:]

            class Standardised:
                def fit(self, X, y, lr=0.1, epochs=10):
                    mu, sigma = X.mean(axis=0), X.std(axis=0) + 1e-8
                    n, d = X.shape
                    self.weights, self.bias = np.zeros(d), 0.0
                    for _ in range(epochs):
                        dw, db = np.zeros(d), 0.0
                        for i in range(n):
                            z = (X[i] - mu) / sigma
                            e = z @ self.weights + self.bias - y[i]
                            dw, db = dw + e * z / n, db + e / n
                        self.weights, self.bias = self.weights - lr * dw, self.bias - lr * db
                def predict(self, X):
                    return X @ self.weights + self.bias
        """,
    ),
)
