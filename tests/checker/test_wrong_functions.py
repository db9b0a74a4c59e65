"""Wrong functions of which something else is said than of others."""

import pytest
from replays import assert_replays

from reference import check


def checked(tmp_path, source):
    """The check of the last function of a source."""
    file = tmp_path / "program.py"
    file.write_text(f"import numpy as np\n{source}")
    return check(str(file), max_examples=20, timeout=60).checks[-1]


LOSSES = {
    "a row at a time": """\
def gradient(X, y, w, b):
    total = 0
    for row, t in zip(X, y):
        total += (row @ w + b - t) ** 2
    return total / (2 * len(y))
""",
    "for one feature": """\
def compute_gradient(x, y, w, b):
    total = 0
    for i in range(len(x)):
        total += (w * x[i] + b - y[i]) ** 2
    return total / (2 * len(x))
""",
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_in_place_of_a_gradient_is_told_with_its_number(tmp_path, name):
    """The example gives the number that came; the line is that of the return."""
    found = checked(tmp_path, LOSSES[name])
    assert (found.fault, found.line) == ("loss-as-gradient", 6)
    assert_replays((tmp_path / "program.py").read_text(), found.counterexample)


WORDS = {
    "dj_db": "def compute_gradient(x, y, w, b):\n    r = w * x + b - y\n"
    "    dj_db = r.sum()\n    return (r * x).mean(), dj_db\n",
    "∂L/∂theta[0]": "def gradient(X, y, theta):\n    g = X.T @ (X @ theta - y) / len(y)\n"
    "    return np.r_[g[0] * len(y), g[1:]]\n",
    "a loss is one number": "def cost(X, y, w, b):\n    return (X @ w + b - y) ** 2 * X.T\n",
}


@pytest.mark.parametrize("words", WORDS)
def test_the_sentence_is_about_what_is_judged_in_its_own_names(tmp_path, words):
    """Not of grad_w where a program has another name for it, or has none."""
    found = checked(tmp_path, WORDS[words])
    assert words in found.explanation, found.explanation
    assert "grad_" not in found.explanation


@pytest.mark.thorough
def test_small_steps_along_the_right_rows_do_not_make_a_training_right(tmp_path):
    """Where larger numbers show that it computes something else; nor do they give it a name."""
    source = """
def sgd(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        A = np.clip(X, -2, 2)
        r = A @ w + b - y
        w, b = w - lr * A.T @ r / len(y), b - lr * r.mean()
    return w, b
"""
    found = checked(tmp_path, source)
    assert (found.verdict, found.fault) == ("wrong", "unknown")


@pytest.mark.sample(2)
@pytest.mark.parametrize("batch", ["", ", batch_size"])
def test_batches_that_are_right_for_few_rows_do_not_make_a_training_right(tmp_path, batch):
    """Where the problems by which batches are read are smaller than what it leaves out."""
    source = f"""
def sgd(X, y, w, b, lr, epochs{batch}):
    X, y = X[:8], y[:8]
    for _ in range(epochs):
        m = {"batch_size" if batch else "len(y)"}
        for i in range(0, len(y), m):
            r = X[i : i + m] @ w + b - y[i : i + m]
            w, b = w - lr * X[i : i + m].T @ r / len(r), b - lr * r.mean()
    return w, b
"""
    assert checked(tmp_path, source).verdict == "wrong"


@pytest.mark.thorough
def test_the_new_values_have_the_names_of_the_program(tmp_path):
    """Those that a training returns, and not those of the derivation."""
    source = """
def gradient_descent(X, y, weights, offset, lr, epochs):
    coefs, shift = weights, offset
    for _ in range(epochs):
        r = X @ coefs + shift - y
        coefs, shift = coefs - lr * X.T @ r / len(y), shift - lr * np.median(r)
    return coefs, shift
"""
    assert "new shift." in checked(tmp_path, source).explanation


@pytest.mark.sample(2)
@pytest.mark.parametrize("bias", ["[]", "np.array([b, 1e9])"])
def test_a_bias_is_one_number(tmp_path, bias):
    """What an attribute of that name holds is not passed over for another number."""
    source = f"""
import numpy as np
class LinearRegression:
    def __init__(self, lr=0.1, n_iters=10):
        self.lr, self.n_iters = lr, n_iters
    def fit(self, X, y):
        self.w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.w + b - y
            self.w, b = self.w - self.lr * X.T @ r / len(y), b - self.lr * r.mean()
        self.b = {bias}
"""
    found = checked(tmp_path, source)
    assert (found.name, found.fault) == ("LinearRegression", "wrong-shape")
