"""Examples are Python code: below the definitions of the program they give what is printed."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.check import check
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.examples.literal import Writer, entry, number
from reference.checker.loading import Program
from reference.checker.report import details
from reference.checker.sandbox.invoke import build

ONE_FEATURE = """
import numpy as np

def compute_gradient(x, y, w, b):
    m = x.shape[0]
    dj_dw, dj_db = 0.0, 0.0
    for i in range(m):
        err = w * x[i] + b - y[i]
        dj_dw += err * x[i]
        dj_db += err
    return dj_dw, dj_db
"""
THETA = """
import numpy as np
def gradient(theta, X, y):
    return -X.T @ (X @ theta - y) / len(y)
"""
THETA_STEP = """
import numpy
def update_weights(X, y, theta, alpha):
    theta = theta + alpha * X.T.dot(X.dot(theta) - y) / len(y)
    return theta
"""
TABLE = """
def step_gradient(b_current, m_current, points, learningRate):
    b_gradient = m_gradient = 0
    N = float(len(points))
    for i in range(len(points)):
        x, y = points[i][0], points[i][1]
        b_gradient += (2 / N) * (y - (m_current * x + b_current))
        m_gradient += (2 / N) * x * (y - (m_current * x + b_current))
    return [b_current + learningRate * b_gradient, m_current - learningRate * m_gradient]
"""
LISTS = """
def gradient(xs, ys, w, b):
    n = len(xs)
    assert isinstance(xs, list) and isinstance(xs[0], list)
    gw, gb = [0.0] * len(w), 0.0
    for x, y in zip(xs, ys):
        r = sum(a * c for a, c in zip(x, w)) + b - y
        gw = [g + r * a for g, a in zip(gw, x)]
        gb = gb + r / n
    return gw, gb
"""
DICTIONARY = """
import numpy as np
np_ = None
def propagate(params, X, Y):
    r = X @ params["w"] + params["b"] - Y
    return {"dw": X.T @ r / len(Y), "db": r.sum()}
"""
NAMED_TUPLE = """
import collections
import numpy as np
Gradients = collections.namedtuple("Gradients", "dw db")
def gradient(X, y, w, b):
    r = X @ w + b - y
    return Gradients(X.T @ r / len(y), -r.mean())
"""
CLASS = """
import numpy as np

class LinearRegression:
    def __init__(self, lr=0.1, n_iters=100):
        self.lr, self.n_iters = lr, n_iters
        self.weights = self.bias = None

    def fit(self, X, y):
        self.weights, self.bias = np.random.randn(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.weights + self.bias - y
            self.weights = self.weights - self.lr * X.T @ r / len(y)
            self.bias = self.bias + self.lr * r.mean()

    def predict(self, X):
        return X @ self.weights - self.bias
"""
GENERATOR = """
from numpy.random import default_rng
import numpy as np

class Model:
    def __init__(self, eta, epochs):
        self.eta, self.epochs = eta, epochs

    def fit(self, X, y):
        self.coef_ = default_rng().normal(size=X.shape[1])
        self.intercept_ = 0.0
        for _ in range(self.epochs):
            r = X @ self.coef_ + self.intercept_ - y
            self.coef_ = self.coef_ - self.eta * X.T @ r
            self.intercept_ = self.intercept_ - self.eta * r.sum()
"""
TENSORS = """
import torch
def gradient(X, y, w, b):
    assert isinstance(X, torch.Tensor)
    r = X @ w + b - y
    return torch.matmul(X.T, r), r.mean()
"""
IN_PLACE = """
import torch
def sgd_step(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param += lr * param.grad / batch_size
            param.grad.zero_()
"""
MATRIX = """
import numpy as np
def gradientDescent(X, y, theta, alpha, iters):
    for _ in range(iters):
        error = (X * theta.T) - y
        theta = theta - alpha * (error.T * X)
    return theta
"""
GLOBALS = """
import numpy as np
X = np.ones((3, 2))
y = np.ones(3)
def gradient(w, b):
    r = X @ w + b - y
    return X.T @ r, r.mean()
"""
CALLABLES = """
import numpy as np
def compute_gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
def gradient_descent(X, y, w_in, b_in, alpha, num_iters, gradient_function):
    w, b = w_in, b_in
    for _ in range(num_iters):
        dj_dw, dj_db = gradient_function(X, y, w, b)
        w, b = w + alpha * dj_dw, b - alpha * dj_db
    return w, b
"""
OWN = {
    "one feature": ONE_FEATURE,
    "theta": THETA,
    "step of theta": THETA_STEP,
    "table": TABLE,
    "lists": LISTS,
    "dict": DICTIONARY,
    "named tuple": NAMED_TUPLE,
    "class": CLASS,
    "generator": GENERATOR,
    "tensors": TENSORS,
    "in place": IN_PLACE,
    "matrix": MATRIX,
    "globals": GLOBALS,
    "callables": CALLABLES,
}
FROM_CATALOGUE = {
    f"{f.name} {i}": (source, f.declared_loss)
    for f in CATALOGUE
    for i, source in enumerate(f.sources)
    if f.name not in ("timeout", "crash", "loss-as-gradient")  # these end it, or are a right loss
}


def checks_of(source, folder, loss="auto"):
    """The wrong functions of a program."""
    file = folder / "program.py"
    file.write_text(source)
    found = check(str(file), loss=loss, max_examples=10, timeout=30).checks
    return [c for c in found if c.verdict == "wrong"]


def replay(source, call, times=1):
    """What the code of an example gives in a fresh process, each time that it is evaluated."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
    body = [s for s in ast.parse(source).body if isinstance(s, kept)]
    program = ast.unparse(ast.Module(body, []))
    *lines, last = call.splitlines()
    code = f"""{program}
import warnings
warnings.simplefilter("ignore")
try:
    {"; ".join(lines) or "pass"}
    for _ in range({times}):
        value = {last}
        print("GOT", value if value is None or isinstance(value, tuple) else repr(float(value)))
except Exception as error:
    print("GOT", type(error).__name__ + ": " + str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    found = [line[4:] for line in done.stdout.splitlines() if line.startswith("GOT ")]
    assert found, done.stderr
    return found


def same(a, b):
    """Whether two numbers are equal, but for the order of a sum."""
    return a == b or (np.isnan(a) and np.isnan(b)) or abs(a - b) <= 1e-13 * max(abs(a), abs(b))


def assert_replays(source, found):
    """The code gives what came, and that is not what should have come."""
    shown = found.counterexample
    assert shown is not None
    if isinstance(shown.got, float):
        (value,) = replay(source, shown.call)
        assert same(float(value), shown.got), (shown, value)
        assert shown.expected != shown.got
    elif "other numbers" in shown.got:
        assert len(set(replay(source, shown.call, 20))) > 1
    else:
        (value,) = replay(source, shown.call)
        assert "shape" in shown.got or "str" in shown.got or shown.got.startswith(value[:60])


@pytest.mark.sample(120)
@pytest.mark.parametrize("name", FROM_CATALOGUE)
def test_each_example_of_the_catalogue_gives_what_is_printed(name, tmp_path):
    """Pasted below the definitions, in a process of its own."""
    source, loss = FROM_CATALOGUE[name]
    for found in checks_of(source, tmp_path, loss):
        assert_replays(source, found)


NAMES = {  # program: what its number is called, and a part of its call
    "one feature": ("dj_dw", "dj_dw, dj_db = compute_gradient(x=np.array("),
    "theta": ("∂L/∂theta[1]", "gradient(theta=np.array([0., 1.]), X=np.array([[1., 1.]])"),
    "step of theta": ("theta[1]", "numpy.array("),
    "lists": ("gw[0]", "gradient(xs=[[1.0]"),
    "dict": ("db", "propagate(params={'w': np.array([1.]), 'b': 0.0}"),
    "named tuple": ("db", ".db"),
    "class": ("bias", "model = LinearRegression(lr=1.0, n_iters="),
    "in place": ("params[0][0]", "w.grad = torch.tensor("),
    "callables": ("w[0]", "gradient_function=compute_gradient)"),
    "globals": ("∂L/∂w[0]", "X = np.array("),
}


@pytest.mark.sample(8)
@pytest.mark.parametrize("name", OWN)
def test_each_example_is_in_the_author_s_form(name, tmp_path):
    """In his arguments and layout; a number has the name that the program gives it."""
    wrong = checks_of(OWN[name], tmp_path)
    assert wrong
    for found in wrong:
        assert_replays(OWN[name], found)
    component, in_call = NAMES.get(name, ("", ""))
    assert component in ("", wrong[0].counterexample.component)
    assert in_call in wrong[0].counterexample.call


def test_a_training_tells_the_step_and_its_points(tmp_path):
    """From where it went to where, and where it should have gone."""
    own = checks_of(CALLABLES, tmp_path)[0].counterexample
    assert own.step.startswith("step 1: from w = [1.], b = 0.0 to w = [")
    assert "; should be w = [" in own.step


def test_a_name_that_the_program_uses_is_not_bound_to_something_else():
    """Its own imports are used, other names are made for what would replace its own."""
    program = Program("a.py", "import numpy as N\nimport json as np\ndef model(): return pd")
    writer = Writer(program)
    assert writer.value(np.ones(1)) == "N.array([1.])"
    assert writer.fresh("model") == "model_"
    assert writer.value(("frame", np.ones(1))).startswith("pandas.Series(")
    assert writer.imports == ["import pandas"]


@pytest.mark.parametrize(
    "value",
    [
        np.array([[1.0, -0.1], [np.inf, np.nan]]),
        np.array([0.1, 3], np.float32),
        np.array([[1, 2]]),
        np.ones((12, 2)),
        np.zeros(30),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        ("list", np.array([[1.5], [2.0]])),
        ("matrix", np.array([[1.0, 2.0]])),
        ("tuple", [np.ones(1), 2.0]),
        ("dict", {"w": np.ones(1), "b": -1.5}),
        3,
        -2.5,
        True,
        float("-inf"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_value_written_is_the_value(value):
    """Types, precision, order in memory and non-finite numbers included."""
    writer = Writer(None)
    written = writer.value(value)
    again, wanted = eval(written, {"np": np}), build(value, {})
    assert type(again) is type(wanted)
    if isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(again, wanted)
        assert again.dtype == wanted.dtype
        assert again.flags.f_contiguous == wanted.flags.f_contiguous
    else:
        assert repr(again) == repr(wanted)


@pytest.mark.parametrize(("value", "written"), [(1.0, "1."), (np.float32(0.1), "0.1"), (3, "3")])
def test_an_entry_has_no_more_digits_than_it_needs(value, written):
    """In its own precision."""
    assert entry(value) == written


def test_a_number_alone_keeps_its_type():
    """1 and 1.0 are different arguments."""
    assert (number(1), number(1.0), number(np.int64(2))) == ("1", "1.0", "2")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("one feature", ["1.1b", "1.3b", "1.3d", "1.3f"]),
        ("step of theta", ["1.3f", "1.3g"]),
        ("class", ["1.3b", "1.3h"]),
    ],
)
def test_the_derivation_ends_with_the_number_that_differs(name, lines, tmp_path):
    """This example's numbers, equation by equation."""
    found = checks_of(OWN[name], tmp_path)[0]
    shown = found.counterexample.derivation
    assert all(any(line.startswith(number) for line in shown) for number in lines)
    last = shown[-2]
    assert last.startswith(lines[-1])
    assert f"yours is {found.counterexample.got!r}" in last
    expected = float(last.partition("   ← ")[0].rpartition("= ")[2])
    assert same(expected, found.counterexample.expected)
    assert set(shown) <= set(details(found, derived=True))
    assert not set(shown) & set(details(found))


def test_a_plan_in_lists_is_written_in_lists():
    """Without any import."""
    plan = CallPlan("f", "predict", (("X", "X"),))
    problem = Problem(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0)
    wrapped = plan.layout._replace(container="list")
    value = CallPlan("f", "predict", (("X", "X"),), layout=wrapped).request(problem)["kwargs"]["X"]
    writer = Writer(None)
    assert (writer.value(value), writer.imports) == ("[[1.0]]", [])
