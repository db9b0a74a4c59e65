"""Wrong functions in the forms that people write: their name, their line, their repair."""

import contextlib
import io

import pytest

from reference import check
from reference.checker.repairs import repair

PROGRAMS = {  # name, line of the repair, program
    "an accumulated part": (
        "bias-gradient-sum",
        7,
        """\
def compute_gradient(x, y, w, b):
    m = len(x)
    dj_dw, dj_db = 0.0, 0.0
    for i in range(m):
        f_wb = w * x[i] + b
        dj_dw += (f_wb - y[i]) * x[i] / m
        dj_db += f_wb - y[i]
    return dj_dw, dj_db
""",
    ),
    "a loss beside the gradient": (
        "missing-mean",
        4,
        """\
def propagate(w, b, X, Y):
    A = np.dot(w.T, X) + b
    cost = np.sum((A - Y) ** 2) / (2 * X.shape[1])
    dw = np.dot(X, (A - Y).T)
    db = np.sum(A - Y)
    return {"dw": dw, "db": db}, cost
""",
    ),
    "residuals beside the gradient": (
        "sign-flipped",
        3,
        """\
def compute_gradient(y, tx, w):
    e = y - tx.dot(w)
    return tx.T.dot(e) / len(y), e
""",
    ),
    "the wrong axis": (
        "divided-by-d",
        2,
        """\
def computeCost(X, y, theta):
    m = X.shape[1]
    return np.sum((X @ theta - y) ** 2) / (2 * m)
""",
    ),
    "one feature, by rows": (
        "sign-flipped",
        3,
        """\
def gradient_m(x, y, m, c):
    n = len(x)
    return sum((yi - (m * xi + c)) * xi for xi, yi in zip(x, y)) * 2 / n
""",
    ),
    "one feature, a sum": (
        "weight-gradient-sum",
        3,
        """\
def compute_gradient(x, y, w, b):
    errors = w * x + b - y
    dj_dw = (errors * x).sum()
    return dj_dw, errors.sum() / len(x)
""",
    ),
    "a prediction that is one number for one feature": (
        "feature-missing",
        3,
        """\
def predict(X, w, b):
    total = b
    for j in range(X.shape[1] - 1):
        total = total + X[:, j] * w[j]
    return total
""",
    ),
    "two mistakes": (
        "sign-flipped+bias-gradient-sum",
        6,
        """\
def compute_gradient(x, y, w, b):
    m = len(x)
    dj_dw = dj_db = 0.0
    for i in range(m):
        err = y[i] - w * x[i] - b
        dj_dw += err * x[i] / m
        dj_db += err
    return dj_dw, dj_db
""",
    ),
}


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    """A busy machine changes nothing."""
    monkeypatch.setattr(repair, "SHARE", 3.0)


def checked(tmp_path, source):
    """The check of the last function of a source."""
    file = tmp_path / "program.py"
    file.write_text(f"import numpy as np\n{source}")
    return check(str(file), max_examples=20, timeout=60).checks[-1]


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wrong_function_has_its_name_its_line_and_its_repair(tmp_path, name):
    """Where the mistake is made, without a change of what is returned beside."""
    fault, line, source = PROGRAMS[name]
    found = checked(tmp_path, source)
    assert set(found.fault.split("+")) == set(fault.split("+")), found
    assert found.line == line + 1  # below the import
    assert found.repair is not None


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
    namespace = {}
    exec((tmp_path / "program.py").read_text(), namespace)
    *lines, last = found.counterexample.call.splitlines()
    with contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join(lines), namespace)
    assert float(eval(last, namespace)) == found.counterexample.got


WORDS = {
    "dj_db": PROGRAMS["an accumulated part"][2],
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
