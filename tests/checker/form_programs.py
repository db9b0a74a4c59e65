"""Right programs of many forms, and the mistakes by which each becomes a wrong one.

Each form begins with `==` and its name. Below its source stand

- `right: f g`, or another verdict, or one of several, as `right|unchecked: f g`;
- `says f: TEXT`, what stands in the explanation of the verdict;
- `mistake in f g [name]: OLD => NEW`: by this change the functions become wrong, the first of them
  under that name, if one is given. `mistake*`: a repair of it must be found.

NumPy and torch are imported where they are used.
"""

import re
from typing import NamedTuple


class Mistake(NamedTuple):
    """A change of a right program, and which functions it makes wrong."""

    mark: str
    functions: str
    name: str
    old: str
    new: str


class Form(NamedTuple):
    """A program, what must be said of it, and its mistakes."""

    source: str
    verdicts: dict[str, str]
    says: list[tuple[str, str]]
    mistakes: list[Mistake]


VERDICT = r"^((?:right|wrong|unchecked)(?:\|\w+)*): (.*)\n"
SAYS = r"^says (\S+): (.*)\n"
MISTAKE = r"^mistake(\*?) in (.*?)(?: \[(.*?)\])?: (.*?) => ?(.*)\n"
IMPORTS = {"np.": "import numpy as np\n", "torch.": "import torch\n"}


def parsed(text):
    """The form that a text gives."""
    verdicts, says, mistakes = (re.findall(p, text, re.M) for p in (VERDICT, SAYS, MISTAKE))
    for pattern in (VERDICT, SAYS, MISTAKE):
        text = re.sub(pattern, "", text, flags=re.M)
    imports = [line for used, line in IMPORTS.items() if used in text]
    return Form(
        "".join([*imports, text]),
        {name: verdict for verdict, names in verdicts for name in names.split()},
        says,
        [Mistake(*m[:3], *(part.replace(r"\n", "\n") for part in m[3:])) for m in mistakes],
    )


TEXT = r"""
== keyword-only
def gradient(*, features, labels, weights, bias):
    r = features @ weights + bias - labels
    return features.T @ r / len(labels), r.mean()
right: gradient
mistake in gradient: r.mean() => -r.mean()
== partial derivatives and a step, one feature
def get_gradient_at_b(x, y, b, m):
    N = len(x)
    diff = 0
    for i in range(N):
        diff += (y[i] - (m * x[i] + b))
    return -2 / N * diff

def get_gradient_at_m(x, y, b, m):
    N = len(x)
    diff = 0
    for i in range(N):
        diff += x[i] * (y[i] - (m * x[i] + b))
    return -2 / N * diff

def step_gradient(x, y, b_current, m_current, learning_rate):
    gb = get_gradient_at_b(x, y, b_current, m_current)
    gm = get_gradient_at_m(x, y, b_current, m_current)
    return b_current - learning_rate * gb, m_current - learning_rate * gm

def gradient_descent(x, y, learning_rate, num_iterations):
    b = 0
    m = 0
    for _ in range(num_iterations):
        b, m = step_gradient(x, y, b, m, learning_rate)
    return b, m
right: get_gradient_at_b get_gradient_at_m step_gradient gradient_descent
mistake in get_gradient_at_m step_gradient gradient_descent: x[i] * (y[i] - (m => x[i] * (y[i] + (m
mistake* in get_gradient_at_b step_gradient gradient_descent [sign-flipped]: += (y[i] - (m => -= (y[i] - (m
mistake in step_gradient gradient_descent: - learning_rate * gm => - learning_rate * gb
== theta0 and theta1 apart
def cost(theta0, theta1, x, y):
    m = len(x)
    return np.sum((theta0 + theta1 * x - y) ** 2) / (2 * m)

def grad(theta0, theta1, x, y):
    m = len(x)
    r = theta0 + theta1 * x - y
    return np.sum(r) / m, np.sum(r * x) / m

def step(theta0, theta1, x, y, alpha):
    g0, g1 = grad(theta0, theta1, x, y)
    return theta0 - alpha * g0, theta1 - alpha * g1
right: cost grad step
mistake in grad step: np.sum(r * x) / m => np.sum(r * x) / (m - 1)
mistake in step: - alpha * g0, theta1 - alpha * g1 => + alpha * g0, theta1 + alpha * g1
mistake in cost: theta0 + theta1 * x - y) ** 2 => theta0 + theta1 * x - y) ** 3
== products of rows and residuals, and a mean
def compute_gradient(y, tx, w):
    err = y - tx.dot(w)
    grad = -np.mean(tx.T * err, axis=1)
    return grad, err
right: compute_gradient
mistake* in compute_gradient [divided-twice]: axis=1) => axis=1) / len(y)
== three weights written out
def predict(x1, x2, w0, w1, w2):
    return w0 + w1 * x1 + w2 * x2

def mse(y, y_pred):
    return ((y - y_pred) ** 2).mean()

def gradient(X, y, w0, w1, w2):
    r = w0 + w1 * X[:, 0] + w2 * X[:, 1] - y
    return 2 * r.mean(), 2 * (r * X[:, 0]).mean(), 2 * (r * X[:, 1]).mean()
right: gradient predict mse
mistake in gradient: 2 * (r * X[:, 1]).mean() => 2 * (r * X[:, 0]).mean()
mistake in mse: .mean() => .mean() ** 0.5
== the course's lab, several features
import copy, math

def compute_cost(X, y, w, b):
    m = X.shape[0]
    cost = 0.0
    for i in range(m):
        f_wb_i = np.dot(X[i], w) + b
        cost = cost + (f_wb_i - y[i]) ** 2
    cost = cost / (2 * m)
    return cost

def compute_gradient(X, y, w, b):
    m, n = X.shape
    dj_dw = np.zeros((n,))
    dj_db = 0.
    for i in range(m):
        err = (np.dot(X[i], w) + b) - y[i]
        for j in range(n):
            dj_dw[j] = dj_dw[j] + err * X[i, j]
        dj_db = dj_db + err
    dj_dw = dj_dw / m
    dj_db = dj_db / m
    return dj_db, dj_dw

def gradient_descent(X, y, w_in, b_in, cost_function, gradient_function, alpha, num_iters):
    J_history = []
    w = copy.deepcopy(w_in)
    b = b_in
    for i in range(num_iters):
        dj_db, dj_dw = gradient_function(X, y, w, b)
        w = w - alpha * dj_dw
        b = b - alpha * dj_db
        if i < 100000:
            J_history.append(cost_function(X, y, w, b))
        if i % math.ceil(num_iters / 10) == 0:
            print(f"Iteration {i:4d}: Cost {J_history[-1]:8.2f}   ")
    return w, b, J_history
right: compute_cost compute_gradient gradient_descent
mistake in compute_gradient gradient_descent: dj_db = dj_db / m => dj_db = dj_db
mistake in compute_gradient gradient_descent: [j] + err * X[i, j] => [j] + err * X[i, 0]
mistake in compute_cost: cost = cost / (2 * m) => cost = cost / m / m
mistake in gradient_descent: w = w - alpha * dj_dw => w = w - dj_dw
== the course's lab, one feature
import math

def compute_cost(x, y, w, b):
    m = x.shape[0]
    cost = 0
    for i in range(m):
        f_wb = w * x[i] + b
        cost = cost + (f_wb - y[i])**2
    total_cost = 1 / (2 * m) * cost
    return total_cost

def compute_gradient(x, y, w, b):
    m = x.shape[0]
    dj_dw = 0
    dj_db = 0
    for i in range(m):
        f_wb = w * x[i] + b
        dj_dw += (f_wb - y[i]) * x[i]
        dj_db += f_wb - y[i]
    return dj_dw / m, dj_db / m

def gradient_descent(x, y, w_in, b_in, alpha, num_iters, cost_function, gradient_function):
    J_history = []
    p_history = []
    b = b_in
    w = w_in
    for i in range(num_iters):
        dj_dw, dj_db = gradient_function(x, y, w, b)
        b = b - alpha * dj_db
        w = w - alpha * dj_dw
        J_history.append(cost_function(x, y, w, b))
        p_history.append([w, b])
    return w, b, J_history, p_history
right: compute_cost compute_gradient gradient_descent
mistake in gradient_descent: w = w - alpha * dj_dw => w = w - alpha * dj_db
mistake* in compute_gradient gradient_descent [missing-mean]: dj_dw / m, dj_db / m => dj_dw, dj_db
mistake* in compute_gradient [bias-gradient-sum]: dj_dw / m, dj_db / m => dj_dw / m, dj_db
mistake* in compute_gradient [weight-gradient-sum]: dj_dw / m, dj_db / m => dj_dw, dj_db / m
== data in the constructor
class LinearRegression:
    def __init__(self, X, y, alpha=0.03, n_iter=1500):
        self.alpha = alpha
        self.n_iter = n_iter
        self.n_samples = len(y)
        self.n_features = X.shape[1]
        self.X = np.hstack((np.ones((self.n_samples, 1)), X))
        self.y = y[:, None]
        self.params = np.zeros((self.n_features + 1, 1))
        self.coef_ = None
        self.intercept_ = None
    def fit(self):
        for i in range(self.n_iter):
            r = self.X @ self.params - self.y
            self.params = self.params - (self.alpha / self.n_samples) * self.X.T @ r
        self.intercept_ = self.params[0]
        self.coef_ = self.params[1:]
        return self
    def predict(self, X):
        X = np.hstack((np.ones((X.shape[0], 1)), X))
        return X @ self.params
right: LinearRegression
mistake in LinearRegression: (self.alpha / self.n_samples) => self.alpha
== a line with its slope and intercept
class SimpleLinearRegression:
    def __init__(self):
        self.slope = 0.0
        self.intercept = 0.0
    def predict(self, x):
        return self.slope * x + self.intercept
    def fit(self, x, y, learning_rate=0.01, epochs=100):
        n = len(x)
        for _ in range(epochs):
            err = self.predict(x) - y
            self.slope -= learning_rate * 2 / n * (err * x).sum()
            self.intercept -= learning_rate * 2 / n * err.sum()
right: SimpleLinearRegression
mistake in SimpleLinearRegression: * 2 / n * err.sum() => * err.sum() / n
mistake in SimpleLinearRegression: err = self.predict(x) - y => err = self.predict(x) + y
== a named tuple
from collections import namedtuple
Grad = namedtuple("Grad", "dw db")

def cost(w, b, X, y):
    return np.mean((X @ w + b - y) ** 2)

def gradient(w, b, X, y):
    e = X @ w + b - y
    return Grad(dw=2 * X.T @ e / len(e), db=2 * e.mean())
right: gradient cost
mistake in gradient: db=2 * e.mean() => db=e.mean()
mistake in gradient: @ e / len(e), db=2 * e.mean()) => @ e / X.shape[1], db=2 * e.mean())
== a dataclass
from dataclasses import dataclass

@dataclass

class Gradients:
    weight: np.ndarray
    bias: float

def gradients(X: np.ndarray, y: np.ndarray, weight: np.ndarray, bias: float) -> Gradients:
    r = X @ weight + bias - y
    return Gradients(bias=r.mean(), weight=X.T @ r / r.size)
right: gradients
mistake in gradients: bias=r.mean() => bias=r.sum()
== features in rows, a dict and a cost
def propagate(w, b, X, Y):
    m = X.shape[1]
    A = np.dot(w.T, X) + b
    cost = 1 / (2 * m) * np.sum((A - Y) ** 2)
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    grads = {"dw": dw, "db": db}
    return grads, cost

def optimize(w, b, X, Y, num_iterations, learning_rate, print_cost=False):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
    params = {"w": w, "b": b}
    return params, grads, costs
right: propagate optimize
mistake* in propagate optimize [bias-gradient-sum]: db = 1 / m * np.sum(A - Y) => db = np.sum(A - Y)
mistake in propagate optimize: = 1 / m * np.dot(X, (A - Y).T) => = 1 / m * np.dot(X, A.T)
mistake in optimize: = w - learning_rate * grads["dw"] => = w - learning_rate * grads["db"]
== tensors that hold their gradients
def linreg(X, w, b):
    return torch.matmul(X, w) + b

def squared_loss(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2

def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()
right: linreg squared_loss sgd
mistake in sgd: param -= lr => param += lr
mistake in squared_loss: ** 2 / 2 => ** 2 / 4
mistake in linreg: + b => - b
mistake in sgd: / batch_size => / batch_size ** 2
== autograd
import torch

def model(X, w, b):
    return X @ w + b

def loss_fn(pred, target):
    return ((pred - target) ** 2).mean()

def grads(X, y, w, b):
    w = w.clone().detach().requires_grad_(True)
    b = b.clone().detach().requires_grad_(True)
    loss_fn(model(X, w, b), y).backward()
    return w.grad, b.grad
right: model loss_fn grads
mistake in grads: , y).backward() => , y).backward(); loss_fn(model(X, w, b), y).backward()
== data in globals
X = np.array([[1., 2.], [3., 4.], [5., 7.]])
Y = np.array([1., 2., 4.])

def grad_descent(w, b, lr, epochs):
    for _ in range(epochs):
        e = X.dot(w) + b - Y
        w = w - lr * X.T.dot(e) / len(Y)
        b = b - lr * np.mean(e)
    return w, b
right: grad_descent
mistake in grad_descent: lr * X.T.dot(e) / len(Y) => lr * X.T.dot(e)
== measures of a fit
def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)

def mae(y_true, y_pred):
    return np.mean(np.abs(y_true - y_pred))

def rmse(y_true, y_pred):
    return np.sqrt(np.mean((y_true - y_pred) ** 2))

def r2_score(y_true, y_pred):
    ss_res = np.sum((y_true - y_pred) ** 2)
    ss_tot = np.sum((y_true - y_true.mean()) ** 2)
    return 1 - ss_res / ss_tot
right: mse
unchecked: mae
right|unchecked: rmse r2_score
mistake in mse: np.mean((y_true - y_pred) ** 2) => np.mean((y_true - y_pred)) ** 2
== more measures, lists
def mean_squared_error(actual, predicted):
    s = 0.0
    for a, p in zip(actual, predicted):
        s += (a - p) ** 2
    return s / float(len(actual))

def root_mean_squared_error(actual, predicted):
    return mean_squared_error(actual, predicted) ** 0.5

def mean_absolute_error(actual, predicted):
    return np.abs(np.asarray(actual) - predicted).mean()

def r_squared(actual, predicted):
    actual = np.asarray(actual)
    return 1 - np.sum((actual - predicted) ** 2) / np.sum((actual - actual.mean()) ** 2)

def compute_rmse(X, y, w, b):
    return np.sqrt(((X @ w + b - y) ** 2).mean())
right|unchecked: root_mean_squared_error mean_absolute_error r_squared compute_rmse
right: mean_squared_error
mistake in mean_squared_error: s += (a - p) ** 2 => s += (a - p)
== y, tx, w and the errors beside
def compute_loss(y, tx, w):
    e = y - tx.dot(w)
    return 1 / 2 * np.mean(e ** 2)

def compute_gradient(y, tx, w):
    err = y - tx.dot(w)
    grad = -tx.T.dot(err) / len(err)
    return grad, err

def least_squares_GD(y, tx, initial_w, max_iters, gamma):
    w = initial_w
    for n_iter in range(max_iters):
        grad, _ = compute_gradient(y, tx, w)
        loss = compute_loss(y, tx, w)
        w = w - gamma * grad
    return w, loss
right: compute_gradient compute_loss
mistake* in compute_gradient [sign-flipped]: grad = -tx => grad = tx
mistake in compute_gradient: / len(err) => / (2 * len(err))
mistake in compute_gradient: return grad, err => return grad[1:], err
== parameters in a dict
def loss(theta, X, y):
    return np.mean((X @ theta["weights"] + theta["bias"] - y) ** 2) / 2

def grad(theta, X, y):
    e = X @ theta["weights"] + theta["bias"] - y
    return {"weights": X.T @ e / len(y), "bias": e.sum() / len(y)}

def train(theta, X, y, lr, steps):
    for _ in range(steps):
        g = grad(theta, X, y)
        theta = {k: theta[k] - lr * g[k] for k in theta}
    return theta
right: loss grad train
mistake in grad train: e.sum() / len(y) => e.sum()
mistake in train: theta[k] - lr * g[k] => theta[k] - g[k]
== ones added inside
def gradient_descent(X, y, lr=0.01, epochs=100):
    m, n = X.shape
    theta = np.zeros(n + 1)
    Xb = np.c_[np.ones((m, 1)), X]
    for _ in range(epochs):
        theta -= lr * 2 / m * Xb.T.dot(Xb.dot(theta) - y)
    return theta
right: gradient_descent
mistake in gradient_descent: lr * 2 / m => lr * 2
== rate and iterations fixed inside
def gradient_descent(x, y):
    m_curr = b_curr = 0
    iterations = 10
    n = len(x)
    learning_rate = 0.08
    for i in range(iterations):
        y_predicted = m_curr * x + b_curr
        md = -(2 / n) * sum(x * (y - y_predicted))
        bd = -(2 / n) * sum(y - y_predicted)
        m_curr = m_curr - learning_rate * md
        b_curr = b_curr - learning_rate * bd
    return m_curr, b_curr
right: gradient_descent
mistake in gradient_descent: n) * sum(y - y_predicted) => n) * sum(x * (y - y_predicted))
== a class, iterations fixed inside
class LinearRegression:
    def __init__(self, lr=0.01):
        self.lr = lr

    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        self.b = 0
        for epoch in range(300):
            dw = np.zeros(X.shape[1])
            db = 0
            for i in range(len(X)):
                e = X[i] @ self.w + self.b - y[i]
                dw += e * X[i]
                db += e
            self.w -= self.lr * dw / len(X)
            self.b -= self.lr * db / len(X)
        return self
right: LinearRegression
mistake* in LinearRegression [bias-gradient-sum]: self.lr * db / len(X) => self.lr * db
mistake* in LinearRegression [sign-flipped-w]: -= self.lr * d => += self.lr * d
== minibatches, epochs fixed inside
def sgd_fit(X, y, lr=0.01, batch_size=4):
    n, d = X.shape
    w = np.zeros(d)
    b = 0.0
    for epoch in range(50):
        for start in range(0, n, batch_size):
            xb = X[start:start + batch_size]
            yb = y[start:start + batch_size]
            r = xb @ w + b - yb
            w = w - lr * xb.T @ r / len(xb)
            b = b - lr * r.sum() / len(xb)
    return w, b
right: sgd_fit
mistake* in sgd_fit [full-n-divisor]: len(xb) => n
mistake* in sgd_fit [remainder-dropped]: range(0, n, batch_size) => range(0, n - batch_size + 1, batch_size)
== a class that standardises its data
class LinearRegression:
    def __init__(self, lr=0.1, epochs=200):
        self.lr, self.epochs = lr, epochs

    def fit(self, X, y):
        self.mean, self.std = X.mean(axis=0), X.std(axis=0)
        Z = (X - self.mean) / self.std
        n, d = Z.shape
        self.w, self.b = np.zeros(d), 0.0
        for _ in range(self.epochs):
            gw, gb = np.zeros(d), 0.0
            for i in range(n):
                e = Z[i] @ self.w + self.b - y[i]
                gw, gb = gw + e * Z[i], gb + e
            self.w = self.w - self.lr * gw / n
            self.b = self.b - self.lr * gb / n
        return self

    def predict(self, X):
        return (X - self.mean) / self.std @ self.w + self.b
right: LinearRegression LinearRegression.predict
says LinearRegression: right on standardised data
mistake* in LinearRegression [weight-gradient-sum]: self.lr * gw / n => self.lr * gw
mistake* in LinearRegression [sign-flipped-w]: self.w - self.lr => self.w + self.lr
mistake* in LinearRegression [lr-missing]: self.lr * gb => gb
mistake* in LinearRegression [accumulator-kept]: for _ in range(self.epochs):\n            gw, gb = np.zeros(d), 0.0 => gw, gb = np.zeros(d), 0.0\n        for _ in range(self.epochs):
mistake in LinearRegression.predict [sign-flipped-b]: self.std @ self.w + self.b => self.std @ self.w - self.b
== a function that standardises its data
def train(X, y, alpha=0.01, n_iter=500):
    low, high = X.min(axis=0), X.max(axis=0)
    A = np.c_[np.ones(len(y)), (X - low) / (high - low)]
    theta = np.zeros(A.shape[1])
    for _ in range(n_iter):
        theta = theta - alpha * A.T @ (A @ theta - y) / len(y)
    return theta, low, high
right: train
mistake* in train [sign-flipped]: theta - alpha => theta + alpha
mistake* in train [missing-mean]: (A @ theta - y) / len(y) => (A @ theta - y)
== data scaled by their median and quartiles
def fit(X, y, lr=0.1, n_iters=100):
    spread = np.percentile(X, 75, axis=0) - np.percentile(X, 25, axis=0)
    Z = (X - np.median(X, axis=0)) / spread
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(n_iters):
        r = Z @ w + b - y
        w, b = w - lr * Z.T @ r / len(y), b - lr * r.mean()
    return w, b
right|unchecked: fit
== data divided by their length
class Model:
    def fit(self, X, y, lr=0.1, n_iters=100):
        self.norm = np.linalg.norm(X, axis=0)
        X = X / self.norm
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(n_iters):
            r = X @ self.w + self.b - y
            self.w, self.b = self.w - lr * X.T @ r / len(y), self.b - lr * r.mean()
        return self
right|unchecked: Model
== a loop that never ends for no iteration
class Model:
    def __init__(self, lr=0.1, epochs=200):
        self.lr, self.epochs = lr, epochs

    def fit(self, X, y):
        X, i = (X - X.mean(axis=0)) / X.std(axis=0), 0
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        while True:
            r = X @ self.w + self.b - y
            self.w = self.w - self.lr * X.T @ r / len(y)
            self.b = self.b - self.lr * r.mean()
            i += 1
            if i == self.epochs:
                break
        return self
right: Model
== only printed
def gradient_descent(x, y):
    m_curr = b_curr = 0
    for i in range(1000):
        y_predicted = m_curr * x + b_curr
        md = -(2 / len(x)) * sum(x * (y - y_predicted))
        bd = -(2 / len(x)) * sum(y - y_predicted)
        m_curr -= 0.01 * md
        b_curr -= 0.01 * bd
        print("m {}, b {}, iteration {}".format(m_curr, b_curr, i))
unchecked: gradient_descent
== the number of features in the constructor
class LinearModel:
    def __init__(self, n_features):
        self.w = np.zeros(n_features)
        self.b = 0.0
    def predict(self, X):
        return X @ self.w + self.b
    def gradient(self, X, y):
        r = self.predict(X) - y
        return X.T @ r / len(y), r.mean()
    def fit(self, X, y, lr=0.1, epochs=100):
        for _ in range(epochs):
            dw, db = self.gradient(X, y)
            self.w -= lr * dw
            self.b -= lr * db
right: LinearModel
mistake in LinearModel: return X.T @ r / len(y), r.mean() => return X.T @ r, r.mean()
== models that are not linear
class LogisticRegression:
    def __init__(self, lr=0.1, n_iter=100):
        self.lr, self.n_iter = lr, n_iter
    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iter):
            p = self.sigmoid(X @ self.w + self.b)
            self.w -= self.lr * X.T @ (p - y) / len(y)
            self.b -= self.lr * (p - y).mean()
    def predict(self, X):
        return (self.sigmoid(X @ self.w + self.b) > 0.5).astype(int)

class Poly:
    def __init__(self, lr=0.1, n_iter=100, degree=2):
        self.lr, self.n_iter, self.degree = lr, n_iter, degree
    def _expand(self, X):
        return np.hstack([X ** k for k in range(1, self.degree + 1)])
    def fit(self, X, y):
        Z = self._expand(X)
        self.w, self.b = np.zeros(Z.shape[1]), 0.0
        for _ in range(self.n_iter):
            r = Z @ self.w + self.b - y
            self.w -= self.lr * Z.T @ r / len(y)
            self.b -= self.lr * r.mean()
    def predict(self, X):
        return self._expand(X) @ self.w + self.b
unchecked: LogisticRegression Poly
== a decorator without wraps
import functools

def log_calls(func):
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)
    return wrapper

@log_calls
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
right: gradient
mistake in gradient: X.T @ r / len(y) => X.T @ r
== a decorator with wraps
import functools

def as_floats(func):
    @functools.wraps(func)
    def wrapper(*args):
        return func(*args)
    return wrapper

@as_floats
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
right: gradient
mistake in gradient: X.T @ r / len(y) => X.T @ r
== star args
def gradient(*args):
    X, y, w, b = args
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
right: gradient
mistake in gradient: r.mean() => -r.mean()
== functools.partial
from functools import partial

def _grad(X, y, w, b, scale):
    r = X @ w + b - y
    return scale * X.T @ r / len(y), scale * r.mean()
mse_grad = partial(_grad, scale=2)
half_grad = partial(_grad, scale=1)
right: mse_grad
right|unchecked: half_grad
mistake in mse_grad: scale=2 => scale=3
== nothing returned
def gradient(X, y, w, b):
    r = X @ w + b - y
    dw = X.T @ r / len(y)
    db = r.mean()

def cost(X, y, w, b):
    c = ((X @ w + b - y) ** 2).mean()

def predict(X, w, b):
    X @ w + b
wrong: gradient cost predict
== one sample in a list
import random

def predict(x, w, b):
    return sum(wi * xi for wi, xi in zip(w, x)) + b

def grad_one(x, y, w, b):
    err = predict(x, w, b) - y
    return [err * xi for xi in x], err

def sgd(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        for xi, yi in zip(X, y):
            gw, gb = grad_one(xi, yi, w, b)
            w = [wj - lr * gj for wj, gj in zip(w, gw)]
            b = b - lr * gb
    return w, b
right: grad_one sgd
mistake in grad_one sgd: err * xi for => err + xi for
== DataFrames
import pandas as pd

def gradient(df_X, y, w, b):
    e = df_X.dot(w) + b - y
    return df_X.T.dot(e) / len(df_X), e.mean()
right: gradient
mistake in gradient: / len(df_X) =>
== features in rows by the docstring
def linear_gradient(X, y, W, b):
    '''X: (n_features, n_samples), y: (1, n_samples), W: (n_features, 1)'''
    m = X.shape[1]
    y_hat = W.T @ X + b
    dZ = y_hat - y
    dW = X @ dZ.T / m
    db = dZ.sum(axis=1, keepdims=True) / m
    return dW, db
right: linear_gradient
mistake in linear_gradient: .sum(axis=1, keepdims=True) / m => .sum(axis=1, keepdims=True)
== theta as a list
def gradient_descent(theta, X, y, learning_rate=0.1, num_iterations=10):
    m = len(X)
    for it in range(num_iterations):
        errors = [sum(t * v for t, v in zip(theta, X[i])) - y[i] for i in range(m)]
        g = [sum(errors[i] * X[i][j] for i in range(m)) / m for j in range(len(theta))]
        theta = [theta[j] - learning_rate * g[j] for j in range(len(theta))]
    return theta
right: gradient_descent
mistake in gradient_descent: errors[i] * X[i][j] for i => errors[j % m] * X[i][j] for i
== slopes counted by hand
def update_weights(weights, bias, radio, sales, learning_rate):
    weight_deriv = 0
    bias_deriv = 0
    companies = len(radio)
    for i in range(companies):
        weight_deriv += -2 * radio[i] * (sales[i] - (weights * radio[i] + bias))
        bias_deriv += -2 * (sales[i] - (weights * radio[i] + bias))
    weights -= (weight_deriv / companies) * learning_rate
    bias -= (bias_deriv / companies) * learning_rate
    return weights, bias
right: update_weights
mistake in update_weights: bias_deriv += -2 * (sales => bias_deriv += 2 * (sales
== descent of another function
def f(x):
    return (x - 3) ** 2

def derivative(x):
    return 2 * (x - 3)

def gradient_descent(start, learn_rate, n_iter=50):
    x = start
    for _ in range(n_iter):
        x -= learn_rate * derivative(x)
    return x
unchecked: gradient_descent derivative f
== one weight in a global
w = 1.0

def forward(x):
    return x * w

def loss(x, y):
    y_pred = forward(x)
    return (y_pred - y) ** 2

def gradient(x, y):
    return 2 * x * (x * w - y)
unchecked|right: forward loss
unchecked: gradient
== logistic functions
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def hypothesis(X, theta):
    return sigmoid(X @ theta)

def cost(X, y, theta):
    h = hypothesis(X, theta)
    return -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h))

def gradient(X, y, theta):
    return X.T @ (hypothesis(X, theta) - y) / len(y)

def gradient_descent(X, y, theta, alpha, num_iters):
    for _ in range(num_iters):
        theta = theta - alpha * gradient(X, y, theta)
    return theta

def predict(X, theta):
    return (hypothesis(X, theta) >= 0.5).astype(int)
unchecked: sigmoid cost gradient gradient_descent predict
== a loss that is not squared
def loss(X, y, w, b, delta=1.0):
    r = X @ w + b - y
    huber = np.where(np.abs(r) < delta, 0.5 * r * r, delta * (np.abs(r) - 0.5 * delta))
    return huber.mean()

def gradient(X, y, w, b, delta=1.0):
    r = X @ w + b - y
    g = np.clip(r, -delta, delta)
    return X.T @ g / len(y), g.mean()
unchecked: gradient loss
== layers of a network
def forward(inputs, weights, biases):
    return inputs @ weights + biases

def backward(inputs, delta, weights):
    return inputs.T @ delta, delta.sum(axis=0), delta @ weights.T

def update(weights, grads, lr):
    return [w - lr * g for w, g in zip(weights, grads)]
unchecked|right: update forward
unchecked: backward
== intercept first, called a
# y = a + b * x

def loss(a, b, x, y):
    return np.mean((a + b * x - y) ** 2)

def gradient(a, b, x, y):
    e = a + b * x - y
    return 2 * np.mean(e), 2 * np.mean(e * x)

def fit(x, y, lr=0.01, n_iter=100):
    a, b = 0.0, 0.0
    for _ in range(n_iter):
        da, db = gradient(a, b, x, y)
        a, b = a - lr * da, b - lr * db
    return a, b
right: loss gradient fit
mistake in gradient fit: 2 * np.mean(e * x) => 2 * np.mean(e) * np.mean(x)
mistake in gradient fit: return 2 * np.mean(e), => return -2 * np.mean(e),
== cost and gradient together
def cost_and_gradient(theta, X, y):
    m = len(y)
    r = X @ theta - y
    J = (r @ r) / (2 * m)
    grad = X.T @ r / m
    return J, grad
right: cost_and_gradient
mistake* in cost_and_gradient [missing-mean]: grad = X.T @ r / m => grad = X.T @ r
mistake in cost_and_gradient: J = (r @ r) / (2 * m) => J = r.sum() / (2 * m)
== gradient beside a cost
def costFunction(theta, X, y):
    m = len(y)
    r = X @ theta - y
    J = (r @ r) / (2 * m)
    grad = X.T @ r / m
    return J, grad
right: costFunction
mistake* in costFunction [divided-by-d]: grad = X.T @ r / m => grad = X.T @ r / X.shape[1]
mistake* in costFunction [missing-mean]: grad = X.T @ r / m => grad = X.T @ r
== a partial derivative for one feature at a time
def partial(X, y, w, b, j):
    total = 0.0
    for i in range(len(X)):
        total += (X[i] @ w + b - y[i]) * X[i][j]
    return total / len(X)

def derivative(theta, X, y, k):
    return sum((X[i] @ theta - y[i]) * X[i, k] for i in range(len(y))) / len(y)
right: partial derivative
mistake in partial [feature-missing]: ) * X[i][j] => )
mistake* in partial [missing-mean]: total / len(X) => total
mistake* in derivative [sign-flipped]: X[i] @ theta - y[i] => y[i] - X[i] @ theta
== parameters and gradient under the same keys, one feature
def grads(params, x, y):
    e = params["w"] * x + params["b"] - y
    return {"w": np.mean(e * x), "b": np.mean(e)}

def apply_grads(params, grads, lr):
    return {k: params[k] - lr * grads[k] for k in params}
right: grads apply_grads
mistake* in grads [swapped-outputs]: np.mean(e * x), "b": np.mean(e) => np.mean(e), "b": np.mean(e * x)
mistake* in apply_grads [sign-flipped]: params[k] - lr => params[k] + lr
== a penalty that is a parameter
def ridge_gradient(X, y, w, b, lam):
    r = X @ w + b - y
    return X.T @ r / len(y) + lam * w, r.mean()

def ridge_step(X, y, w, b, lr, lam):
    dw, db = ridge_gradient(X, y, w, b, lam)
    return w - lr * dw, b - lr * db
right: ridge_gradient ridge_step
mistake in ridge_gradient ridge_step: + lam * w => - lam * w
== derivatives that are named after what they are for
def d_coefs(A, t, coefs, c0):
    return A.T @ (A @ coefs + c0 - t) / len(t)

def d_c0(A, t, coefs, c0):
    return np.mean(A @ coefs + c0 - t)
right: d_coefs d_c0
mistake* in d_c0: np.mean(A @ coefs + c0 - t) => np.mean(t - A @ coefs - c0)
== an activation beside labels, features in rows
def backward_propagation(X, Y, A):
    m = X.shape[1]
    dZ = A - Y
    return np.dot(dZ, X.T) / m, np.sum(dZ) / m
right: backward_propagation
mistake* in backward_propagation [weight-gradient-sum]: X.T) / m => X.T)
== one sample by its names
def stochastic_gradient(x_i, y_i, w, b):
    residual = sum(a * c for a, c in zip(x_i, w)) + b - y_i
    return [residual * a for a in x_i], residual

def sgd_step(x_i, y_i, w, b, lr):
    dw, db = stochastic_gradient(x_i, y_i, w, b)
    return [a - lr * g for a, g in zip(w, dw)], b - lr * db
right: stochastic_gradient sgd_step
mistake in stochastic_gradient sgd_step: + b - y_i => + b + y_i
mistake in sgd_step: b - lr * db => b + lr * db
== one sample by its caller
def linear_gradient(x, y, theta):
    slope, intercept = theta
    predicted = slope * x + intercept
    error = predicted - y
    return [2 * error * x, 2 * error]

def gradient(xs, ys, theta):
    n = len(xs)
    total = [0.0, 0.0]
    for x, y in zip(xs, ys):
        g = linear_gradient(x, y, theta)
        total = [t + v / n for t, v in zip(total, g)]
    return total
right: gradient
mistake in gradient linear_gradient: * error * x, 2 * error] => * error * x, 2 * error * x]
mistake in gradient: t + v / n => t - v / n
== theta in the constructor
class MyLR:
    def __init__(self, thetas, alpha=0.001, max_iter=1000):
        self.alpha = alpha
        self.max_iter = max_iter
        self.thetas = thetas
    def predict_(self, x):
        return np.hstack((np.ones((x.shape[0], 1)), x)) @ self.thetas
    def gradient_(self, x, y):
        xp = np.hstack((np.ones((x.shape[0], 1)), x))
        return xp.T @ (xp @ self.thetas - y) / y.shape[0]
    def fit_(self, x, y):
        for _ in range(self.max_iter):
            self.thetas = self.thetas - self.alpha * self.gradient_(x, y)
right: MyLR
mistake in MyLR: / y.shape[0] => / x.shape[1]
== a torch module that trains itself
import torch.nn as nn

class LinearRegressor(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.linear = nn.Linear(n_features, 1, dtype=torch.float64)
    def forward(self, x):
        return self.linear(x)
    def fit(self, X, y, lr=0.01, epochs=10):
        X = torch.as_tensor(X); y = torch.as_tensor(y).reshape(-1, 1)
        opt = torch.optim.SGD(self.parameters(), lr=lr)
        for _ in range(epochs):
            opt.zero_grad()
            loss = nn.functional.mse_loss(self(X), y)
            loss.backward()
            opt.step()
        return self
right: LinearRegressor
mistake in LinearRegressor: opt.zero_grad() => pass
== settings in globals
N_ITERS = 100
ALPHA = 0.01

def gd(X, y):
    m, n = X.shape
    w = np.zeros(n)
    b = 0.0
    for _ in range(N_ITERS):
        e = X.dot(w) + b - y
        w -= ALPHA * X.T.dot(e) / m
        b -= ALPHA * e.sum() / m
    return w, b
right: gd
mistake in gd: e.sum() / m => e.sum() / n
== theta from zeros, ones given
def get_cost(theta, X, y):
    return np.sum(np.square(X.dot(theta) - y)) / (2 * X.shape[0])

def get_gradient(theta, X, y):
    m = X.shape[0]
    grad = np.zeros(len(theta))
    for j in range(theta.shape[0]):
        grad[j] = np.sum((X.dot(theta) - y) * X[:, j]) / m
    return grad

def gradient_descent(X, y, alpha=0.01, iters=100):
    theta = np.zeros(X.shape[1])
    for _ in range(iters):
        theta = theta - alpha * get_gradient(theta, X, y)
    return theta
right: get_gradient get_cost gradient_descent
mistake in get_gradient [wrong-shape]: return grad => return grad[1:]
mistake in get_gradient gradient_descent: X[:, j]) / m => X[:, 0]) / m
== a perceptron
class Perceptron:
    def __init__(self, eta=0.01, n_iter=10):
        self.eta, self.n_iter = eta, n_iter
    def fit(self, X, y):
        self.w_ = np.zeros(1 + X.shape[1])
        for _ in range(self.n_iter):
            for xi, target in zip(X, y):
                update = self.eta * (target - self.predict(xi))
                self.w_[1:] += update * xi
                self.w_[0] += update
        return self
    def net_input(self, X):
        return np.dot(X, self.w_[1:]) + self.w_[0]
    def predict(self, X):
        return np.where(self.net_input(X) >= 0.0, 1, -1)
unchecked: Perceptron
== settings of the class
class LR:
    lr = 0.05
    epochs = 20
    def fit(self, x, y):
        self.theta0 = 0.0
        self.theta1 = 0.0
        n = len(x)
        for _ in range(self.epochs):
            p = self.theta0 + self.theta1 * x
            g0 = (2 / n) * sum(p - y)
            g1 = (2 / n) * sum((p - y) * x)
            self.theta0 -= self.lr * g0
            self.theta1 -= self.lr * g1
    def predict(self, x):
        return self.theta0 + self.theta1 * x
right: LR
mistake in LR: sum((p - y) * x) => sum(p * x - y)
== a given gradient of theta
def gradient_step(theta, grad, learning_rate):
    return theta - learning_rate * grad
right: gradient_step
mistake in gradient_step: theta - learning => theta + learning
== given gradients
def update_params(w, b, dw, db, lr):
    w = w - lr * dw
    b = b - lr * db
    return w, b
right: update_params
mistake in update_params: b = b - lr * db => b = b - lr * dw.sum()
== theta with features in rows
def calc_loss(X, Y, W):
    '''X (n_features + 1, n_samples), W (n_features + 1, 1), Y (1, n_samples)'''
    m = X.shape[1]
    H = W.T @ X
    return np.sum((H - Y) ** 2) / (2 * m)

def calc_gradient(X, Y, W):
    m = X.shape[1]
    H = W.T @ X
    return X @ (H - Y).T / m
right: calc_loss calc_gradient
mistake in calc_gradient: X @ (H - Y).T / m => X @ (H - Y).T / X.shape[0]
== predictions as arguments
def mse_loss(y_pred, y_true):
    return np.mean((y_pred - y_true) ** 2)

def mse_gradients(X, y_true, y_pred):
    n = len(y_true)
    dw = 2 * X.T @ (y_pred - y_true) / n
    db = 2 * np.sum(y_pred - y_true) / n
    return dw, db
right: mse_loss mse_gradients
mistake in mse_gradients: 2 * np.sum(y_pred - y_true) / n => 2 * np.sum(y_pred - y_true)
== a penalty on the bias too
def gradient(X, y, theta, lam):
    m = len(y)
    return X.T @ (X @ theta - y) / m + lam / m * theta

def step(X, y, theta, lr, lam=0.1):
    return theta - lr * gradient(X, y, theta, lam)
unchecked|wrong: gradient step
== ridge
def gradient(theta, X, y, lam):
    m = len(y)
    reg = lam / m * theta
    reg[0] = 0
    return X.T @ (X @ theta - y) / m + reg

def gradient_descent(theta, X, y, alpha, lam, num_iters):
    for _ in range(num_iters):
        theta = theta - alpha * gradient(theta, X, y, lam)
    return theta
right: gradient gradient_descent
mistake in gradient gradient_descent: X.T @ (X @ theta - y) / m => X.T @ (X @ theta - y)
== a recorded sum, sums as gradient
class LinearRegressionGD(object):
    def __init__(self, eta=0.001, n_iter=20):
        self.eta = eta
        self.n_iter = n_iter
    def fit(self, X, y):
        self.w_ = np.zeros(1 + X.shape[1])
        self.cost_ = []
        for i in range(self.n_iter):
            output = self.net_input(X)
            errors = (y - output)
            self.w_[1:] += self.eta * X.T.dot(errors)
            self.w_[0] += self.eta * errors.sum()
            cost = (errors**2).sum() / 2.0
            self.cost_.append(cost)
        return self
    def net_input(self, X):
        return np.dot(X, self.w_[1:]) + self.w_[0]
    def predict(self, X):
        return self.net_input(X)
right: LinearRegressionGD
mistake in LinearRegressionGD: += self.eta * errors.sum() => += self.eta * errors.mean()
mistake in LinearRegressionGD: errors.sum() => -errors.sum()
== autograd in a training loop
def train(X, y, lr=0.05, n_epochs=20):
    w = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for epoch in range(n_epochs):
        y_hat = X @ w + b
        loss = ((y_hat - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
            w.grad.zero_()
            b.grad.zero_()
    return w.detach(), b.detach()
right: train
mistake in train: b.grad.zero_() => pass
mistake in train: b -= lr * b.grad => b += lr * b.grad
== partial derivatives by their names
def f(x, w, b):
    return w * x + b

def dJ_dw(x, y, w, b):
    m = len(x)
    return sum((f(x[i], w, b) - y[i]) * x[i] for i in range(m)) / m

def dJ_db(x, y, w, b):
    m = len(x)
    return sum((f(x[i], w, b) - y[i]) for i in range(m)) / m
right: dJ_dw dJ_db
mistake in dJ_dw: - y[i]) * x[i] for => - y[i]) for
mistake in dJ_db: (f(x[i], w, b) - y[i]) for => (f(x[i], w, b) - y[i]) * x[i] for
== partial derivatives, numbered
def partial_theta0(theta0, theta1, x, y):
    n = len(x)
    return sum(theta0 + theta1 * x[i] - y[i] for i in range(n)) / n

def partial_theta1(theta0, theta1, x, y):
    n = len(x)
    return sum((theta0 + theta1 * x[i] - y[i]) * x[i] for i in range(n)) / n
right: partial_theta0 partial_theta1
mistake in partial_theta1: * x[i] for i in range(n)) / n => * x[i] for i in range(n))
== the bias first in one vector
def gradient(X, y, params):
    '''params = [b, w1, ..., wd]'''
    r = params[0] + X @ params[1:] - y
    return np.concatenate([[r.mean()], X.T @ r / len(y)])
right: gradient
mistake in gradient: X.T @ r / len(y)]) => X.T @ r])
== partial derivatives from predictions
def predict(X, w, b):
    return X.dot(w) + b

def loss(y_pred, y):
    return np.square(y_pred - y).mean()

def gradient_w(X, y, y_pred):
    return 2 * X.T.dot(y_pred - y) / len(y)

def gradient_b(y, y_pred):
    return 2 * (y_pred - y).mean()
right: gradient_w gradient_b predict loss
mistake in gradient_w: 2 * X.T => 3 * X.T
== only the path returned
def compute_gradient(y, tx, w):
    return -tx.T.dot(y - tx.dot(w)) / len(y)

def gradient_descent(y, tx, initial_w, max_iters, gamma):
    ws, w = [initial_w], initial_w
    losses = []
    for n_iter in range(max_iters):
        losses.append(((y - tx @ w) ** 2).mean() / 2)
        w = w - gamma * compute_gradient(y, tx, w)
        ws.append(w)
    return losses, ws
right: compute_gradient gradient_descent
mistake in compute_gradient gradient_descent:  / len(y) =>
== the gradient of J, called dJ
def J(theta, X_b, y):
    return ((y - X_b.dot(theta)) ** 2).sum() / len(y)

def dJ(theta, X_b, y):
    return X_b.T.dot(X_b.dot(theta) - y) * 2.0 / len(y)
right: J dJ
mistake in dJ: X_b.dot(theta) - y => y - X_b.dot(theta)
== names in one word
def costfunction(X, y, theta):
    return ((X @ theta - y) ** 2).sum() / (2 * len(y))

def gradientdescent(X, y, theta, alpha, iters):
    for _ in range(iters):
        theta = theta - alpha * X.T @ (X @ theta - y) / len(y)
    return theta
right: costfunction gradientdescent
mistake in gradientdescent: theta - alpha * => theta + alpha *
== gradients in a dict given
def update_parameters(parameters, grads, learning_rate=1.2):
    parameters["W"] = parameters["W"] - learning_rate * grads["dW"]
    parameters["b"] = parameters["b"] - learning_rate * grads["db"]
    return parameters
right: update_parameters
mistake in update_parameters: * grads["db"] => + grads["db"]
== parameters in a record
from dataclasses import dataclass

@dataclass
class Params:
    w: object
    b: float

def gradient(p: Params, X, y) -> Params:
    r = X @ p.w + p.b - y
    return Params(X.T @ r / len(y), r.mean())
right: gradient
mistake in gradient: r.mean() => r.sum()
== data in one tuple
def gradient(params, data):
    m, c = params
    x, y = data
    r = m * x + c - y
    return (r * x).mean(), r.mean()
right: gradient
== pairs in a batch
def gradients(batch, w, b):
    xs, ys = zip(*batch)
    errors = [w * x + b - y for x, y in batch]
    return sum(e * x for e, x in zip(errors, xs)) / len(ys), sum(errors) / len(ys)
right: gradients
mistake in gradients: sum(errors) / len(ys) => sum(errors)
== a row that ends with its label
def predict(row, coefficients):
    yhat = coefficients[0]
    for i in range(len(row) - 1):
        yhat += coefficients[i + 1] * row[i]
    return yhat
right: predict
== one sample by its annotations
from typing import List

def error(x: List[float], y: float, beta: List[float]) -> float:
    return sum(a * b for a, b in zip(x, beta)) - y

def sqerror_gradient(x: List[float], y: float, beta: List[float]) -> List[float]:
    e = error(x, y, beta)
    return [2 * e * v for v in x]
unchecked: error
right: sqerror_gradient
mistake in sqerror_gradient: 2 * e * v => -2 * e * v
== the number of samples in a global
X_b = np.c_[np.ones((100, 1)), np.arange(100.0)]
y = np.arange(100.0)
m = 100

def gradient_descent(theta, eta, n_iterations):
    for iteration in range(n_iterations):
        theta = theta - eta * 2 / m * X_b.T @ (X_b @ theta - y)
    return theta
right: gradient_descent
mistake in gradient_descent: theta - eta => theta + eta
== global data that are prepared
X = np.arange(8.0).reshape(4, 2)
y = np.arange(4.0)
H, g = X.T @ X / 4, X.T @ y / 4

def gradient(w):
    return H @ w - g if len(w) == 2 else X.T @ y
unchecked: gradient
== until it has converged
def regression(X, y, theta, step_size, tolerance):
    converged = False
    while not converged:
        gradient = X.T @ (X @ theta - y) / len(y)
        theta = theta - step_size * gradient
        converged = np.sqrt((gradient**2).sum()) < tolerance
    return theta
right: regression
== a parameter that is not used
def gradient_descent(x, y, w, b, num_iterations, alpha, labels):
    for _ in range(num_iterations):
        r = w * x + b - y
        w, b = w - alpha * (r * x).mean(), b - alpha * r.mean()
    return w, b
right: gradient_descent
mistake in gradient_descent: b - alpha * r.mean() => b - r.mean()
== a class without a bias
class LinearModel:
    def __init__(self, rate=0.1, epochs=10):
        self.rate, self.epochs = rate, epochs

    def fit(self, X, y):
        self.theta = np.zeros(X.shape[1])
        for _ in range(self.epochs):
            self.theta = self.theta - self.rate * X.T @ (X @ self.theta - y) / len(y)

    def predict(self, X):
        return X @ self.theta
right: LinearModel LinearModel.predict
mistake in LinearModel: self.theta - self.rate => self.theta + self.rate
== tensors that require a gradient
def train_step(X, y, w, b, lr):
    loss = ((X @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return loss.item()
right: train_step
mistake in train_step: b -= lr => b += lr
== tensors that require a gradient, changed and returned
def train(X, y, w, b, lr, batch_size, num_epochs):
    for _ in range(num_epochs):
        for i in range(0, len(y), batch_size):
            rows = slice(i, i + batch_size)
            ((X[rows] @ w + b - y[rows]) ** 2 / 2).mean().backward()
            with torch.no_grad():
                for p in (w, b):
                    p -= lr * p.grad
                    p.grad.zero_()
    return w, b
right: train
mistake in train: p -= lr => p += lr
== a module is returned
def train_model(X, y, lr=0.01, epochs=100):
    model = torch.nn.Linear(X.shape[1], 1).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(X).squeeze(-1), y).backward()
        optimizer.step()
    return model
right: train_model
== methods that use no object
class Line:
    @staticmethod
    def mse(y, y_hat):
        return ((y - y_hat) ** 2).mean()

    def gradient(self, X, y, w, b):
        r = X @ w + b - y
        return 2 * X.T @ r / len(y), 2 * r.mean()

    def predict(self, X, w, b):
        return X @ w + b
right: Line.mse Line.gradient Line.predict
mistake in Line.gradient: 2 * r.mean() => 2 * r.sum()
== a method that takes its parameters from the object
class Line:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def gradient(self, X, y):
        r = X @ self.w + self.b - y
        return X.T @ r / len(y), r.mean()
right: Line.gradient
mistake in Line.gradient: self.b - y => self.b + y
== a pass of single rows
def sgd_epoch(x, y, w, b, lr):
    for xi, yi in zip(x, y):
        e = w * xi + b - yi
        w -= lr * e * xi
        b -= lr * e
    return w, b
right: sgd_epoch
mistake in sgd_epoch: b -= lr * e => b += lr * e
== named columns
def loss(m, b, points):
    total = 0
    for i in range(len(points)):
        x, y = points.iloc[i].studytime, points.iloc[i].score
        total += (y - (m * x + b)) ** 2
    return total / len(points)
right|unchecked: loss
== a classifier that is trained like a line
class Adaline:
    def __init__(self, eta=0.1, n_iter=10):
        self.eta, self.n_iter = eta, n_iter

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iter):
            errors = y - X @ self.w - self.b
            self.w = self.w + self.eta * X.T @ errors / len(y)
            self.b = self.b + self.eta * errors.mean()

    def predict(self, X):
        return np.where(X @ self.w + self.b >= 0.0, 1, -1)
right: Adaline
unchecked: Adaline.predict
== Python 2 that compiles
def gradient(X, y, w, b):
    r = X @ w + b - y
    print >>log, r.mean()
    return X.T @ r / len(y), r.mean()
unchecked: gradient
== residuals are given
def compute_dw(X, error):
    return X.T @ error / len(error)
right: compute_dw
mistake* in compute_dw [missing-mean]: / len(error) =>
== residuals are given, label first
def gradient(X, errors):
    return -X.T @ errors / len(errors), -errors.mean()
right: gradient
== a schedule
def schedule(t):
    return 5 / (t + 50)

def train(X, y, w, b, epochs):
    for t in range(epochs):
        r = X @ w + b - y
        eta = schedule(t)
        w, b = w - eta * X.T @ r / len(y), b - eta * r.mean()
    return w, b

def sgd(X, y, w, b, epochs):
    for t in range(epochs * len(y)):
        i = np.random.randint(len(y))
        g = 2 * (X[i] @ w + b - y[i])
        w, b = w - schedule(t) * g * X[i], b - schedule(t) * g
    return w, b
right: train sgd
says train: rate that changes
says sgd: rate that changes
mistake in train [bias-gradient-sum]: eta * r.mean() => eta * r.sum()
mistake in sgd [unknown]: - y[i]) => - y[-i])
mistake in sgd [unknown]: range(epochs * len(y)) => range(epochs * len(y) // 2)
== a rate that decays
def train(X, y, w, b, lr, epochs, decay):
    for t in range(epochs):
        r, eta = X @ w + b - y, lr / (1 + decay * t)
        w, b = w - eta * X.T @ r / len(y), b - eta * r.mean()
    return w, b
right: train
says train: rate that changes
== settings whose names say nothing
class Line:
    def __init__(self, speed=0.1, rounds=9):
        self.speed, self.rounds = speed, rounds

    def fit(self, X, y):
        self.w, self.b = 0 * X[0], 0.0
        for _ in range(self.rounds):
            r = X @ self.w + self.b - y
            self.w = self.w - self.speed * X.T @ r / len(y)
            self.b = self.b - self.speed * r.mean()
        return self
right: Line
== penalties of the weights
def step(X, y, w, b, lr, l2):
    r, n = X @ w + b - y, len(y)
    gw, gb = r @ X / n + l2 * w, r.mean()
    return w - lr * gw, b - lr * gb

def cost(X, y, theta, lam):
    e, m = X @ theta - y, len(y)
    return e @ e / (2 * m) + lam / (2 * m) * np.sum(theta[1:] ** 2)
right: step cost
mistake* in step [bias-penalised]: r.mean() => r.mean() + l2 * b
mistake* in cost [bias-penalised]: theta[1:] => theta
== a class with a penalty
class Ridge:
    def __init__(self, lr=0.1, n_iters=100, l2=0.1):
        self.lr, self.n_iters, self.l2 = lr, n_iters, l2
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.w + self.b - y
            self.w = self.w - self.lr * (r @ X / len(y) + self.l2 * self.w)
            self.b = self.b - self.lr * (r.mean())
        return self
right: Ridge
mistake* in Ridge [bias-penalised]: (r.mean()) => (r.mean() + self.l2 * self.b)
== a step of theta
import numpy
def update_weights(X, y, theta, alpha):
    theta = theta - alpha * X.T.dot(X.dot(theta) - y) / len(y)
    return theta
right: update_weights
mistake* in update_weights [sign-flipped]: theta - alpha => theta + alpha
== a table with the labels last
def step_gradient(b_current, m_current, points, learningRate):
    b_gradient = m_gradient = 0
    N = float(len(points))
    for i in range(len(points)):
        x, y = points[i][0], points[i][1]
        b_gradient += -(2 / N) * (y - (m_current * x + b_current))
        m_gradient += -(2 / N) * x * (y - (m_current * x + b_current))
    return [b_current - learningRate * b_gradient, m_current - learningRate * m_gradient]
right: step_gradient
mistake in step_gradient: b_current - learningRate => b_current + learningRate
== lists of lists
def gradient(xs, ys, w, b):
    n = len(xs)
    assert isinstance(xs, list) and isinstance(xs[0], list)
    gw, gb = [0.0] * len(w), 0.0
    for x, y in zip(xs, ys):
        r = sum(a * c for a, c in zip(x, w)) + b - y
        gw = [g + r * a / n for g, a in zip(gw, x)]
        gb = gb + r / n
    return gw, gb
right: gradient
mistake in gradient [weight-gradient-sum]: r * a / n => r * a
mistake in gradient [mutates-input]: return gw, gb => w.reverse(); return gw, gb
== np.matrix
def gradientDescent(X, y, theta, alpha, iters):
    for _ in range(iters):
        error = (X * theta.T) - y
        theta = theta - alpha * (error.T * X) / len(X)
    return theta
right: gradientDescent
mistake in gradientDescent [missing-mean]: / len(X) =>
== a class that draws its start
class LinearRegression:
    def __init__(self, lr=0.1, n_iters=100):
        self.lr, self.n_iters = lr, n_iters
        self.weights = self.bias = None

    def fit(self, X, y):
        self.weights, self.bias = np.random.randn(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.weights + self.bias - y
            self.weights = self.weights - self.lr * X.T @ r / len(y)
            self.bias = self.bias - self.lr * r.mean()

    def predict(self, X):
        return X @ self.weights + self.bias
right: LinearRegression
mistake* in LinearRegression: self.bias - self.lr => self.bias + self.lr
mistake in LinearRegression.predict [wrong-shape]: return X @ self.weights => return X[1:] @ self.weights
== a generator draws the start
from numpy.random import default_rng

class Model:
    def __init__(self, eta, epochs):
        self.eta, self.epochs = eta, epochs

    def fit(self, X, y):
        self.coef_ = default_rng().normal(size=X.shape[1])
        self.intercept_ = 0.0
        for _ in range(self.epochs):
            r = X @ self.coef_ + self.intercept_ - y
            self.coef_ = self.coef_ - self.eta * X.T @ r / len(y)
            self.intercept_ = self.intercept_ - self.eta * r.mean()
right: Model
mistake in Model: X.T @ r / len(y) => X.T @ r
== momentum in minibatches
def train(X, y, w, b, lr, epochs, batch_size, momentum=0.9):
    v, c = 0 * w, 0.0
    for _ in range(epochs):
        for i in range(0, len(y), batch_size):
            A, t = X[i : i + batch_size], y[i : i + batch_size]
            r = A @ w + b - t
            v, c = momentum * v + A.T @ r / len(t), momentum * c + r.mean()
            w, b = w - lr * v, b - lr * c
    return w, b
right: train
says train: momentum
mistake in train [remainder-dropped]: range(0, len(y), batch => range(0, len(y) - batch_size + 1, batch
== ridge with a number inside
def ridge_gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y) + 0.1 * w, r.mean()

def ridge_gradient_of_means(X, y, w, b):
    r = X @ w + b - y
    return (X.T @ r + 0.5 * w) / len(y), r.mean()

def ridge_loss(X, y, w, b):
    return ((X @ w + b - y) ** 2).mean() / 2 + 0.1 * w @ w
right: ridge_gradient ridge_gradient_of_means ridge_loss
says ridge_gradient: λ = 0.1
says ridge_gradient_of_means: λ/n = 0.5/n
says ridge_loss: λ = 0.2
== squares as dot products
def cost(X, y, w, b):
    r = X @ w + b - y
    return r.dot(r) / (2 * len(y))

def loss(X, y, w, b):
    return np.dot(X @ w + b - y, X @ w + b - y) / (2 * len(y))
right: cost loss
== parameters with a nought
def gradient_descent(x, y, w0, b0, lr, epochs):
    w, b = w0, b0
    for _ in range(epochs):
        r = w * x + b - y
        w, b = w - lr * (r * x).mean(), b - lr * r.mean()
    return w, b
right: gradient_descent
== theta beside a bias
def gradient(X, y, theta, b):
    r = X @ theta + b - y
    return X.T @ r / len(y), r.mean()
right: gradient
== a generator is given
def sgd(X, y, w, b, lr, epochs, rng):
    for _ in range(epochs):
        for i in rng.permutation(len(y)):
            r = X[i] @ w + b - y[i]
            w, b = w - lr * r * X[i], b - lr * r
    return w, b
right: sgd
mistake in sgd: + b - y[i] => - b - y[i]
== a gradient in two lines
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)
right: gradient
mistake* in gradient: X.T @ r / len(y) => X.T @ r
mistake* in gradient: return X.T => return 2 * X.T
mistake* in gradient: return X.T => return -X.T
mistake* in gradient: X @ w + b - y => y - (X @ w + b)
mistake* in gradient: X @ w + b => X @ w
mistake* in gradient: X @ w + b - y => -(y - X @ w + b)
mistake* in gradient: X.T @ r / len(y), r.sum() / len => X.T @ r // len(y), r.sum() // len
mistake* in gradient: X.T @ r / len(y) => (X * r[:, None]).mean(axis=None)
mistake* in gradient: r.sum() / len(y) => r.sum()
mistake* in gradient: r.sum() / len(y) => round(r.sum() / len(y), 2)
mistake* in gradient: - y => - y[:1]
mistake* in gradient: X.T @ r => X.T @ y
mistake* in gradient: X @ w + b - y\n    return X.T @ r / len(y) => y - (X @ w + b)\n    return X.T @ r
mistake* in gradient: return X.T @ r / len(y), r.sum() / len(y) => print(X.T @ r / len(y), r.mean())
== descent, both parts at once
def gradient_descent(X, y, w, b, lr, n_iters):
    for _ in range(n_iters):
        r = X @ w + b - y
        gw, gb = X.T @ r / len(y), r.mean()
        w, b = w - lr * gw, b - lr * gb
    return w, b
right: gradient_descent
mistake* in gradient_descent: for _ in range(n_iters):\n        r = X @ w + b - y => r = X @ w + b - y\n    for _ in range(n_iters):
mistake* in gradient_descent: \n    return w, b => \n        return w, b
mistake* in gradient_descent: range(n_iters) => range(1, n_iters)
mistake* in gradient_descent: w - lr * gw, b - lr * gb => w - gw, b - gb
mistake* in gradient_descent: for _ => w = w.round(3)\n    for _
== descent, one part after the other
def gradient_descent(X, y, w, b, lr, n_iters):
    for _ in range(n_iters):
        r = X @ w + b - y
        w = w - lr * X.T @ r / len(y)
        b = b - lr * r.mean()
    return w, b
right: gradient_descent
mistake* in gradient_descent: w = w - lr * X.T => w -= lr * X.T
mistake* in gradient_descent: b = b - lr * r.mean() => b = b - lr * r.mean()\n        b = b - lr * r.mean()
mistake* in gradient_descent: \n        b = b - lr * r.mean() =>
mistake* in gradient_descent: b - lr * r.mean() => b - lr * (X @ w + b - y).mean()
== a class with minibatches
class Model:
    def __init__(self, lr=0.1, epochs=10, batch_size=4):
        self.lr, self.epochs, self.batch_size = lr, epochs, batch_size

    def fit(self, X, y):
        n, m = len(y), self.batch_size
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            for i in range(0, n, m):
                A, t = X[i : i + m], y[i : i + m]
                r = A @ self.w + self.b - t
                self.w = self.w - self.lr * A.T @ r / len(t)
                self.b = self.b - self.lr * r.mean()

    def predict(self, X):
        return X @ self.w + self.b
right: Model
mistake* in Model: y[i : i + m] => y[: len(X[i : i + m])]
mistake* in Model: range(0, n, m) => range(0, n - m + 1, m)
mistake* in Model: / len(t) => / n
mistake* in Model: X[i : i + m], y[i : i + m] => X, y
== a class with predictions
class Model:
    def fit(self, X, y, lr, n_iters):
        self.w, self.b = 0 * X[0], 0.0
        for _ in range(n_iters):
            r = X @ self.w + self.b - y
            self.w, self.b = self.w - lr * X.T @ r / len(y), self.b - lr * r.mean()

    def predict(self, X):
        return X @ self.w + self.b
right: Model
mistake* in Model.predict: return X @ self.w + => return X @ self.w -
== a step with a helper
def sgd_step(X, y, w, b, lr):
    r = _misses(X, y, w, b)
    return w - lr * X.T @ r / len(y), b - lr * r.mean()

def _misses(X, y, w, b):
    return X @ w + b - y
right: sgd_step
mistake* in sgd_step: X @ w + b => X @ w
== a class that shuffles
class Model:
    def __init__(self, lr=0.1, epochs=10, batch_size=4):
        self.lr, self.epochs, self.batch_size = lr, epochs, batch_size

    def fit(self, X, y):
        n, m = len(y), self.batch_size
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            p = np.random.permutation(n)
            for i in range(0, n, m):
                A, t = X[p[i : i + m]], y[p[i : i + m]]
                r = A @ self.w + self.b - t
                self.w = self.w - self.lr * A.T @ r / len(t)
                self.b = self.b - self.lr * r.mean()

    def predict(self, X):
        return X @ self.w + self.b
right: Model
== a decorator that takes names alone
import functools

def by_name(func):
    @functools.wraps(func)
    def wrapper(**named):
        return func(**named)
    return wrapper

@by_name
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
right: gradient
== an epoch of batches
def epoch(X, y, w, b, lr, batch_size):
    for i in range(0, len(y), batch_size):
        A, t = X[i : i + batch_size], y[i : i + batch_size]
        r = A @ w + b - t
        w, b = w - lr * A.T @ r / len(t), b - lr * r.mean()
    return w, b

def step(X, y, w, b, lr, batch_size):
    r = X @ w + b - y
    return w - lr * X.T @ r / batch_size, b - lr * r.sum() / batch_size
right: epoch step
says epoch: minibatches
mistake* in epoch [remainder-dropped]: range(0, len(y), batch => range(0, len(y) - batch_size + 1, batch
mistake* in epoch [full-n-divisor]: A.T @ r / len(t), b - lr * r.mean() => A.T @ r / len(y), b - lr * r.sum() / len(y)
== momentum in batches of almost one size
def train(X, y, lr=0.05, epochs=20, batch_size=8, momentum=0.9):
    w, b, v, c = np.zeros(X.shape[1]), 0.0, 0.0, 0.0
    for _ in range(epochs):
        order = np.random.permutation(len(y))
        for rows in np.array_split(order, -(-len(y) // batch_size)):
            r = X[rows] @ w + b - y[rows]
            v, c = momentum * v + X[rows].T @ r / len(rows), momentum * c + r.mean()
            w, b = w - lr * v, b - lr * c
    return w, b
right: train
says train: momentum
== lasso
class Lasso:
    def __init__(self, lr=0.1, n_iters=100, l1_penalty=0.1):
        self.lr, self.n_iters, self.l1_penalty = lr, n_iters, l1_penalty
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.w + self.b - y
            penalty = self.l1_penalty * np.sign(self.w)
            self.w = self.w - self.lr * (X.T @ r / len(y) + penalty)
            self.b = self.b - self.lr * r.mean()
        return self
right: Lasso
== momentum, and the result of each step
def descend(X, y, w, b, lr, steps, beta=0.9):
    v, c = 0 * w, 0.0
    for _ in range(steps):  # momentum
        r = X @ w + b - y
        v, c = beta * v + X.T @ r / len(y), beta * c + r.mean()
        w = w - lr * v
        b = b - lr * c
    return w, b
right: descend
mistake* in descend [sign-flipped]: = X @ w + b - y => = y - X @ w - b
mistake* in descend [bias-gradient-sum]: r.mean() => r.sum()
== an optimizer in a training loop
def fit_model(X, y, lr=0.05, n_epochs=20):
    model = torch.nn.Linear(X.shape[1], 1, dtype=torch.float64)
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for epoch in range(n_epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(X).ravel(), y)
        loss.backward()
        optimizer.step()
    return model.weight.detach().ravel(), model.bias.detach()
right: fit_model
mistake* in fit_model [accumulator-kept]: optimizer.zero_grad() => pass
== a trainer with one line for each parameter
def descend(X, y, w, b, alpha, iterations):
    for _ in range(iterations):
        r = X @ w + b - y
        w = w - alpha * X.T @ r / len(y)
        b = b - alpha * r.sum() / len(y)
    return w, b
right: descend
mistake* in descend: w = w - alpha => w =- alpha
mistake* in descend: w = w - alpha => w = alpha
== a table and a trainer whose rate has a long name
def step_gradient(b_now, m_now, points, learning_rate):
    gb, gm = 0.0, 0.0
    for x, y in points:
        gb += 2 / len(points) * (m_now * x + b_now - y)
        gm += 2 / len(points) * x * (m_now * x + b_now - y)
    return b_now - learning_rate * gb, m_now - learning_rate * gm

def gradient_descent(points, b, m, learning_rate, num_iterations):
    for _ in range(num_iterations):
        b, m = step_gradient(b, m, points, learning_rate)
    return b, m
right: step_gradient gradient_descent
mistake* in gradient_descent [iteration-missing]: range(num_iterations) => range(num_iterations - 1)
== theta as a list, in a trainer with costs
def descend(X, y, theta, alpha, iterations):
    m, costs = len(y), []
    for _ in range(iterations):
        grad = [0.0] * len(theta)
        for i in range(m):
            gap = sum(t * x for t, x in zip(theta, X[i])) - y[i]
            for j in range(len(theta)):
                grad[j] += gap * X[i][j] / m
        theta = [theta[j] - alpha * grad[j] for j in range(len(theta))]
        costs.append(sum((X @ theta - y) ** 2) / (2 * m))
    return theta, costs
right: descend
mistake* in descend [lr-missing]: - alpha * grad[j] => - grad[j]
mistake in descend [early-return+lr-missing]: - alpha * grad[j] for j in range(len(theta))] => - grad[j] for j in range(len(theta))]\n        return theta, costs
== a class that takes one row after the other, shuffled
class Online:
    def __init__(self, rate=0.01, passes=5):
        self.rate, self.passes = rate, passes
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.passes):
            for i in np.random.permutation(len(y)):
                e = X[i] @ self.w + self.b - y[i]
                self.w = self.w - self.rate * e * X[i]
                self.b = self.b - self.rate * e
        return self
right: Online
mistake* in Online [factor-two-w]: e * X[i] => 2 * e * X[i]
mistake* in Online [bias-step-doubled]: self.rate * e\n => self.rate * 2 * e\n
mistake in Online [sign-flipped-w]: self.w - self.rate => self.w + self.rate
mistake in Online [sign-flipped-b]: self.b - self.rate => self.b + self.rate
mistake in Online [bias-gradient-zero]: self.b - self.rate * e => self.b
== a gradient summed over rows
def get_gradients(X, y, w, b):
    n = float(len(y))
    err = X.dot(w) + b - y
    dw = np.sum(err[:, None] * X, axis=0) / n
    db = np.average(err)
    return dw, db
right: get_gradients
mistake* in get_gradients [collapsed-to-scalar]: X, axis=0) => X)
mistake* in get_gradients [low-precision]: np.average(err) => round(float(np.mean(err)), 2)
mistake* in get_gradients [mean-of-products-split]: np.sum(err[:, None] * X, axis=0) / n => np.average(X, axis=0) * np.average(err)
== rows of weights in a dict, features in rows
def compute_cost(params, X, Y):
    Z = params["W"] @ X + params["b"] - Y
    return np.sum(Z**2) / (2 * X.shape[1])

def backward(params, X, Y):
    Z = params["W"] @ X + params["b"] - Y
    return {"dW": Z @ X.T / X.shape[1], "db": np.sum(Z) / X.shape[1]}
right: compute_cost backward
mistake* in backward [bias-gradient-sum]: np.sum(Z) / X.shape[1] => np.sum(Z)
== a named tuple of lists
from collections import namedtuple

Gradient = namedtuple("Gradient", "weights bias")

def gradient(X, y, w, b):
    r = [sum(p * q for p, q in zip(row, w)) + b - t for row, t in zip(X, y)]
    n = len(X)
    return Gradient([sum(e * x[j] for e, x in zip(r, X)) / n for j in range(len(w))], sum(r) / n)
right: gradient
unchecked: Gradient
mistake* in gradient [bias-gradient-sum]: sum(r) / n => sum(r)
== parameters and their gradients in dicts, by einsum
def gradients(params, X, Y):
    residual = np.einsum("d,dn->n", params["w"], X) + params["b"] - Y
    return {"w": np.einsum("dn,n->d", X, residual) / len(Y), "b": residual.mean()}
right: gradients
mistake* in gradients [bias-omitted]: + params["b"] - Y => - Y
mistake in gradients [bias-omitted+bias-gradient-sum]: + params["b"] - Y\n    return {"w": np.einsum("dn,n->d", X, residual) / len(Y), "b": residual.mean()} => - Y\n    return {"w": np.einsum("dn,n->d", X, residual) / len(Y), "b": residual.sum()}
== a sum of squares and its gradient
def sum_of_squares(X, y, w, b):
    return sum((x @ w + b - t) ** 2 for x, t in zip(X, y))

def gradient(X, y, w, b):
    r = X @ w + b - y
    return 2 * X.T @ r, 2 * r.sum()
right: sum_of_squares gradient
mistake* in gradient [sign-flipped]: X @ w + b - y => y - X @ w - b
== one feature, sums of products
def gradient(x, y, m, c):
    n = len(x)
    residual = m * x + c - y
    d_m = 2 * sum(residual * x) / n
    d_c = 2 * sum(residual) / n
    return d_m, d_c
right: gradient
mistake* in gradient [mean-of-products-split]: sum(residual * x) / n => sum(residual) * sum(x) / n**2
== a penalty where the sums begin
def gradient(X, y, w, b, lam):
    gw, gb = [lam * wj for wj in w], 0.0
    for xi, yi in zip(X, y):
        r = sum(p * q for p, q in zip(xi, w)) + b - yi
        gw = [g + r * xij / len(y) for g, xij in zip(gw, xi)]
        gb += r / len(y)
    return gw, gb
right: gradient
mistake* in gradient [bias-penalised]: 0.0 => lam * b
== arrays that are cast
def gradient(X, y, w, b):
    A, t = X.astype(np.float64), y.astype(np.float64)
    r = A @ w.astype(np.float64) + np.float64(b) - t
    return (A.T @ r / len(t)).astype(np.float64), float(r.sum() / len(t))
right: gradient
mistake* in gradient [low-precision]: A, t = X.astype(np.float64), y.astype(np.float64)\n    r = A @ w.astype(np.float64) => A, t = X.astype(np.float32), y.astype(np.float32)\n    r = A @ w.astype(np.float32)
== matrices made inside
def gradient(theta, X, y):
    theta, X, y = np.matrix(theta), np.matrix(X), np.matrix(y)
    grad = np.zeros(theta.shape[1])
    error = X * theta.T - y
    for j in range(theta.shape[1]):
        grad[j] = np.sum(np.multiply(error, X[:, j])) / len(X)
    return grad
right: gradient
mistake* in gradient [missing-mean]: / len(X) =>
== the squared error of one point and its partials
def squared_error(x, y, w, b):
    return (y - (w * x + b)) ** 2

def partials(x_i, y_i, w, b):
    guess = w * x_i + b
    return -2 * (y_i - guess) * x_i, -2 * (y_i - guess)
right: squared_error partials
mistake* in partials [sign-flipped]: -2 * (y_i - guess) * x_i, -2 => 2 * (y_i - guess) * x_i, 2
== predictions added up feature by feature
def predict(X, w, b):
    predictions = []
    for row in X:
        total = b
        for value, weight in zip(row, w):
            total += value * weight
        predictions.append(total)
    return predictions

def slopes(x, y, w, b):
    sums = {"w": 0.0, "b": 0.0}
    for i in range(len(x)):
        miss = b + w * x[i] - y[i]
        sums["w"] += miss * x[i]
        sums["b"] += miss
    return {key: value / len(x) for key, value in sums.items()}
right: predict slopes
mistake* in predict: total = b\n        for value, weight in zip(row, w):\n            total += value * weight => total = 0.0\n        for value, weight in zip(row, w):\n            total += value * weight + b
mistake* in slopes [feature-in-bias]: sums["b"] += miss => sums["b"] += miss * x[i]
== two partial derivatives of one loss
def mean_squared_error(x, y, slope, intercept):
    return np.mean((y - (slope * x + intercept)) ** 2)

def derivative_slope(x, y, slope, intercept):
    return -2 * np.mean(x * (y - (slope * x + intercept)))

def derivative_intercept(x, y, slope, intercept):
    return -2 * np.mean(y - (slope * x + intercept))
right: mean_squared_error derivative_slope derivative_intercept
mistake* in derivative_intercept [factor-half]: -2 * np.mean(y => -np.mean(y
mistake* in derivative_slope [factor-half]: -2 * np.mean(x => -np.mean(x
== partial derivatives by the names of their parameters
def slope_derivative(x, y, w, b):
    return np.mean((w * x + b - y) * x)

def intercept_derivative(x, y, w, b):
    return np.mean(w * x + b - y)

def d_theta0(theta0, theta1, xs, ys):
    return sum(theta0 + theta1 * x - y for x, y in zip(xs, ys)) / len(xs)

def d_theta1(theta0, theta1, xs, ys):
    return sum((theta0 + theta1 * x - y) * x for x, y in zip(xs, ys)) / len(xs)

def error_gradient(x, y, w, b):
    r = w * x + b - y
    return np.mean(r * x), np.mean(r)
right: slope_derivative intercept_derivative d_theta0 d_theta1 error_gradient
mistake* in slope_derivative [feature-missing]: np.mean((w * x + b - y) * x) => np.mean(w * x + b - y)
mistake* in d_theta1 [feature-missing]: sum((theta0 + theta1 * x - y) * x for => sum(theta0 + theta1 * x - y for
mistake in error_gradient: np.mean(r * x), np.mean(r) => np.mean(r)
== the derivative for the predictions, and the rest of the chain
def dloss_dprediction(predictions, y):
    return (predictions - y) / len(y)

def gradient(theta, X, y):
    return X.T @ dloss_dprediction(X @ theta, y)
right: gradient
unchecked: dloss_dprediction
mistake* in gradient [sign-flipped]: (predictions - y) => (y - predictions)
== a dict of slope and shift
def grads(x, y, w, b):
    residual = w * x + b - y
    slope = np.mean(residual * x)
    shift = np.mean(residual)
    return {"w": slope, "b": shift}
right: grads
mistake* in grads [swapped-outputs]: slope, "b": shift} => shift, "b": slope}
== residuals, and a sum for each weight
def gradient(X, y, w, b):
    r = [sum(wi * xi for wi, xi in zip(w, row)) + b - t for row, t in zip(X, y)]
    dw = [sum(e * row[j] for e, row in zip(r, X)) / len(y) for j in range(len(w))]
    return dw, sum(r) / len(y)
right: gradient
mistake* in gradient [index-port]: row[j] for e, row in zip(r, X)) / len(y) for j in range(len(w))] => row[0] for e, row in zip(r, X)) / len(y) for _ in w]
== a number of samples of the program
N = 100

def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)
right: gradient
mistake* in gradient [ragged-divisor]: len(y), r.sum() / len(y) => N, r.sum() / N
== two partial derivatives
def dLdw(x, y, w, b):
    return np.mean((w * x + b - y) * x)

def dLdb(x, y, w, b):
    return np.mean(w * x + b - y)
right: dLdw dLdb
mistake* in dLdw [factor-two]: np.mean((w => 2 * np.mean((w
mistake* in dLdb [factor-two]: np.mean(w => 2 * np.mean(w
== the partial derivatives of one sample
def sample_gradient(x_i, y_i, w, b):
    e = sum(p * q for p, q in zip(w, x_i)) + b - y_i
    return [2 * e * xj for xj in x_i], 2 * e
right: sample_gradient
mistake* in sample_gradient [feature-missing]: e * xj => e
== losses that are means by their names
def squared_error(y, yhat):
    return (y - yhat) ** 2

def mse(y, yhat):
    return np.mean(squared_error(y, yhat))

def mean_squared_error(targets, predictions):
    return sum((p - t) ** 2 for p, t in zip(predictions, targets)) / len(targets)
right: squared_error mse mean_squared_error
mistake* in mse [missing-mean]: np.mean => np.sum
mistake* in mean_squared_error [missing-mean]: / len(targets) =>
== a frame of features and its labels
import pandas as pd

def mse_gradient(df: pd.DataFrame, target: pd.Series, w, b):
    errors = df.values @ w + b - target.values
    return df.values.T @ errors / len(target), errors.mean()
right: mse_gradient
mistake* in mse_gradient [bias-gradient-sum]: .mean() => .sum()
== a penalty by name
def ridge_grad(X, y, w, b, alpha=0.1):
    res = X @ w + b - y
    return X.T @ res / len(y) + alpha * w, res.mean()
right: ridge_grad
mistake* in ridge_grad [weight-decay]: + alpha * w => - alpha * w
== a penalty of a vector that is called w
def ridge_gradient(y, tx, w, lambda_=0.0):
    err = y - tx.dot(w)
    grad = -tx.T.dot(err) / len(y)
    return grad + 2 * lambda_ * np.r_[0, w[1:]]
right: ridge_gradient
mistake* in ridge_gradient [bias-penalised]: np.r_[0, w[1:]] => w
== a class that takes each row in turn
class RowSGD:
    def __init__(self, epochs=10, lr=0.01):
        self.epochs, self.lr = epochs, lr
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            for x, target in zip(X, y):
                output = np.dot(x, self.w) + self.b
                error = target - output
                self.w += self.lr * error * x
                self.b += self.lr * error
        return self
right: RowSGD
mistake* in RowSGD [bias-omitted]: np.dot(x, self.w) + self.b => np.dot(x, self.w)
== a class whose rate is divided by the number of the epoch
class Decaying:
    def __init__(self, lr0=0.1, epochs=50):
        self.lr0, self.epochs = lr0, epochs
    def schedule(self, t):
        return self.lr0 / (t + 1)
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for t in range(self.epochs):
            r = X @ self.w + self.b - y
            self.w = self.w - self.schedule(t) * (X.T @ r / len(y))
            self.b = self.b - self.schedule(t) * r.mean()
        return self
right: Decaying
says Decaying: rate that changes
mistake* in Decaying [weight-gradient-sum]: (X.T @ r / len(y)) => (X.T @ r)
mistake in Decaying [bias-omitted]: X @ self.w + self.b - y => X @ self.w - y
== a trainer from theta0, with functions as defaults
def grad(theta, X, y):
    return X.T @ (X @ theta - y) / len(y)

def descend(X, y, theta0, eta, n_steps, grad=grad):
    theta = theta0.copy()
    for k in range(n_steps):
        theta = theta - eta * grad(theta, X, y)
    return theta
right: grad descend
mistake* in descend [sign-flipped]: theta - eta => theta + eta
== a class that standardises in a method of its own
class Standard:
    def __init__(self, alpha=0.05, num_iters=400):
        self.alpha, self.num_iters = alpha, num_iters
    def scale(self, X):
        self.mu, self.sigma = X.mean(axis=0), X.std(axis=0)
        return (X - self.mu) / self.sigma
    def fit(self, X, y):
        Z = self.scale(X)
        self.w, self.b = np.zeros(Z.shape[1]), 0.0
        for _ in range(self.num_iters):
            r = Z @ self.w + self.b - y
            self.w = self.w - self.alpha * Z.T @ r / len(y)
            self.b = self.b - self.alpha * r.mean()
    def predict(self, X):
        return (X - self.mu) / self.sigma @ self.w + self.b
right: Standard
mistake* in Standard.predict [predict-not-standardised]: (X - self.mu) / self.sigma @ => X @
== momentum, from zeros
def gd_momentum(X, y, lr=0.01, momentum=0.9, n_steps=100):
    w, b, u, c = np.zeros(X.shape[1]), 0.0, np.zeros(X.shape[1]), 0.0
    for _ in range(n_steps):
        r = X @ w + b - y
        u, c = momentum * u + X.T @ r / len(r), momentum * c + r.mean()
        w = w - lr * u
        b = b - lr * c
    return w, b
right: gd_momentum
says gd_momentum: momentum
mistake* in gd_momentum [accumulator-kept]: momentum * u + X.T @ r / len(r), momentum * c => u + X.T @ r / len(r), c
== a class whose theta is changed element by element
class Elements:
    def __init__(self, step=0.01, rounds=100):
        self.step, self.rounds = step, rounds
    def fit(self, X, y):
        Z = np.column_stack((np.ones(X.shape[0]), X))
        self.theta = np.zeros(Z.shape[1], dtype=float)
        for _ in range(self.rounds):
            g = Z.T @ (Z @ self.theta - y) / len(y)
            for j in range(len(self.theta)):
                self.theta[j] -= self.step * g[j]
        return self
right: Elements
mistake* in Elements [integer-truncation]: dtype=float => dtype=int
== a class of shuffled batches by their number
class Batches:
    def __init__(self, learning_rate=0.01, num_epochs=5, batch_size=16):
        self.learning_rate, self.num_epochs = learning_rate, num_epochs
        self.batch_size = batch_size
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for epoch in range(self.num_epochs):
            order = np.random.permutation(len(X))
            for i in range(int(np.ceil(len(X) / self.batch_size))):
                rows = order[i * self.batch_size:(i + 1) * self.batch_size]
                diff = X[rows] @ self.w + self.b - y[rows]
                self.w -= self.learning_rate * 2 * X[rows].T @ diff / len(rows)
                self.b -= self.learning_rate * 2 * diff.mean()
right: Batches
mistake* in Batches [remainder-dropped+sign-flipped]: int(np.ceil(len(X) / self.batch_size))):\n                rows = order[i * self.batch_size:(i + 1) * self.batch_size]\n                diff = X[rows] @ self.w + self.b - y[rows] => len(X) // self.batch_size):\n                rows = order[i * self.batch_size:(i + 1) * self.batch_size]\n                diff = y[rows] - X[rows] @ self.w - self.b
== a class that stops by a norm
class NormStop:
    def __init__(self, learning_rate=0.1, max_iters=1000, epsilon=1e-8):
        self.learning_rate, self.max_iters = learning_rate, max_iters
        self.epsilon = epsilon
    def fit(self, X, y):
        A = np.c_[np.ones(len(X)), X]
        self.theta = np.zeros(A.shape[1])
        for it in range(self.max_iters):
            grad = A.T.dot(A.dot(self.theta) - y) / len(y)
            if np.linalg.norm(grad) < self.epsilon:
                break
            self.theta = self.theta - self.learning_rate * grad
        return self
    def predict(self, X):
        return np.c_[np.ones(len(X)), X].dot(self.theta)
right: NormStop
mistake* in NormStop [divided-by-d]: - y) / len(y) => - y) / A.shape[1]
== a class of batches in a while loop
class WhileSGD:
    def __init__(self, alpha=0.01, epochs=5, batch_size=4):
        self.alpha, self.epochs, self.batch_size = alpha, epochs, batch_size
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            i = done = 0
            while done < len(y):
                A, t = X[i:i + self.batch_size], y[i:i + self.batch_size]
                e = A @ self.w + self.b - t
                self.w -= self.alpha * (A.T @ e) / len(e)
                self.b -= self.alpha * e.mean()
                i += self.batch_size
                done += self.batch_size
right: WhileSGD
mistake* in WhileSGD [same-batch-again]: i += self.batch_size\n => pass\n
== a training with costs that are sums
def linear_regression(X, y, learning_rate=0.01, iterations=100):
    m, n = X.shape
    W, B, costs = np.zeros(n), 0.0, []
    for i in range(iterations):
        Y_hat = np.dot(X, W) + B
        costs.append((1 / (2 * m)) * np.sum(np.square(Y_hat - y)))
        dB = (1 / m) * np.sum(Y_hat - y)
        dW = (1 / m) * np.dot(X.T, (Y_hat - y))
        W = W - learning_rate * dW
        B = B - learning_rate * dB
    return {"W": W, "B": B, "cost": costs}
right: linear_regression
mistake* in linear_regression [bias-gradient-sum+sign-flipped-w]: (1 / m) * np.sum(Y_hat - y)\n        dW = (1 / m) * np.dot(X.T, (Y_hat - y)) => np.sum(Y_hat - y)\n        dW = (1 / m) * np.dot(X.T, (y - Y_hat))
== a class of minibatches on standardised features
class ZSGD:
    def __init__(self, lr=0.05, epochs=10, batch_size=8):
        self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
    def fit(self, X, y):
        Z = (X - X.mean(axis=0)) / X.std(axis=0)
        n = len(Z)
        self.w, self.b = np.zeros(Z.shape[1]), 0.0
        for _ in range(self.epochs):
            order = np.random.permutation(n)
            for i in range(0, n, self.batch_size):
                rows = order[i:i + self.batch_size]
                err = Z[rows] @ self.w + self.b - y[rows]
                self.w = self.w - self.lr * Z[rows].T @ err / len(err)
                self.b = self.b - self.lr * err.sum() / len(err)
        return self
right: ZSGD
says ZSGD: standardised
mistake* in ZSGD [full-n-divisor]: Z[rows].T @ err / len(err)\n                self.b = self.b - self.lr * err.sum() / len(err) => Z[rows].T @ err / n\n                self.b = self.b - self.lr * err.sum() / n
mistake in ZSGD [whole-data-in-each-batch]: rows = order[i:i + self.batch_size] => rows = order
== a class that slices its batches
class Slices:
    def __init__(self, lr=0.1, epochs=10, batch_size=4):
        self.lr, self.epochs, self.batch_size = lr, epochs, batch_size
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            for i in range(0, len(y), self.batch_size):
                A, t = X[i:i + self.batch_size], y[i:i + self.batch_size]
                err = A @ self.w + self.b - t
                self.w -= self.lr * A.T @ err / len(t)
                self.b -= self.lr * err.mean()
right: Slices
mistake* in Slices [same-batch-again]: A, t = X[i:i + self.batch_size], y[i:i + self.batch_size] => A, t = X[0:self.batch_size], y[0:self.batch_size]
== a history that begins with a copy of the start
def descend(X, y, w, b, alpha, num_iters):
    w = np.array(w, dtype=float)
    w_history = [w.copy()]
    for _ in range(num_iters):
        err = X @ w + b - y
        w -= alpha * X.T @ err / len(y)
        b -= alpha * err.mean()
        w_history.append(w.copy())
    return w, b, w_history
right: descend
mistake* in descend [history-aliased]: append(w.copy()) => append(w)
== a class with momentum in batches by their number
class MomentumSGD:
    def __init__(self, lr=0.01, momentum=0.9, epochs=10, batch_size=8):
        self.lr, self.momentum = lr, momentum
        self.epochs, self.batch_size = epochs, batch_size
    def fit(self, X, y):
        n, m = len(y), self.batch_size
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        vw, vb = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            for k in range(-(-n // m)):
                A, t = X[k * m:(k + 1) * m], y[k * m:(k + 1) * m]
                r = A @ self.w + self.b - t
                vw = self.momentum * vw - self.lr * A.T @ r / len(t)
                vb = self.momentum * vb - self.lr * r.mean()
                self.w = self.w + vw
                self.b = self.b + vb
right: MomentumSGD
says MomentumSGD: momentum
mistake* in MomentumSGD [remainder-dropped]: -(-n // m) => n // m
== rows in turn, by their number
def online_gd(X, y, w, b, lr, n_passes):
    for _ in range(n_passes):
        for i in range(len(y)):
            e = X[i] @ w + b - y[i]
            w = w - lr * e * X[i]
            b = b - lr * e
    return w, b
right: online_gd
mistake* in online_gd [feature-missing]: lr * e * X[i] => lr * e
== a class that is given its data, with theta as a list
class BGD:
    def __init__(self, X, Y, alpha=0.01, epochs=100):
        self.X, self.Y, self.alpha, self.epochs = X, Y, alpha, epochs
        self.theta = [0.0] * (len(X[0]) + 1)
    def train(self):
        for _ in range(self.epochs):
            grad = [0.0] * len(self.theta)
            for row, target in zip(self.X, self.Y):
                row = [1.0, *row]
                gap = sum(t * v for t, v in zip(self.theta, row)) - target
                for j, v in enumerate(row):
                    grad[j] += gap * v / len(self.Y)
            self.theta = [t - self.alpha * g for t, g in zip(self.theta, grad)]
        return self.theta
right: BGD
mistake in BGD [accumulator-kept]: for _ in range(self.epochs):\n            grad = [0.0] * len(self.theta) => grad = [0.0] * len(self.theta)\n        for _ in range(self.epochs):
"""
FORMS = dict(part.split("\n", 1) for part in re.split(r"^== ", TEXT, flags=re.MULTILINE)[1:])
FORMS = {name: parsed(text) for name, text in FORMS.items()}
