"""Larger problems, and the same numbers as integers, in float32 and in Fortran order."""

import textwrap

import numpy as np
import pytest

from reference import check
from reference.checker import extra_problems
from reference.checker.call_plan import CallPlan, Layout


def judged(tmp_path, source, **options):
    """The check of the first function in a source."""
    file = tmp_path / "program.py"
    file.write_text("import numpy as np\n" + textwrap.dedent(source))
    return check(str(file), max_examples=40, **options).checks[0]


RIGHT = {
    "gradient": """
        def gradient(X, y, w, b):
            r = X @ w + b - y
            return X.T @ r / len(y), r.mean()
    """,
    "loss": """
        def loss(X, y, w, b):
            return np.mean((X @ w + b - y) ** 2) / 2
    """,
    "predict": """
        def predict(X, w, b):
            return X @ w + b
    """,
    "one feature": """
        def compute_gradient(x, y, w, b):
            r = w * x + b - y
            return (r * x).mean(), r.mean()
    """,
    "theta": """
        def gradient_descent(X, y, theta, alpha, num_iters):
            for _ in range(num_iters):
                theta = theta - alpha * X.T @ (X @ theta - y) / len(y)
            return theta
    """,
    "class": """
        class Model:
            def fit(self, X, y, lr, epochs):
                self.w, self.b = np.zeros(X.shape[1]), 0.0
                for _ in range(epochs):
                    r = X @ self.w + self.b - y
                    self.w = self.w - lr * X.T @ r / len(y)
                    self.b = self.b - lr * r.mean()
    """,
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_stays_right_and_the_sizes_are_said(tmp_path, name):
    """Up to more than a thousand rows; 65 features unless it takes one alone."""
    found = judged(tmp_path, RIGHT[name])
    assert found.verdict == "right", found
    n, d = found.largest
    assert n > 1000
    assert d == (1 if name == "one feature" else 65)
    assert "right for" not in found.explanation


BLOCKS = """
    def gradient(X, y, w, b):
        n, d = X.shape
        gw, gb = np.zeros(d), 0.0
        for i in range(0, max(n - 64, 1), 64):
            r = X[i : i + 64] @ w + b - y[i : i + 64]
            gw, gb = gw + X[i : i + 64].T @ r, gb + r.sum()
        return gw / n, gb / n
"""
WIDE = """
    def predict(X, w, b):
        return X[:, :64] @ w[:64] + b
"""


LARGE = [(WIDE, "from d = 65 on"), (BLOCKS, "from n = 65 on")]


@pytest.mark.sample(2)
@pytest.mark.parametrize(("source", "said"), LARGE, ids=["d", "n"])
def test_what_is_wrong_in_large_problems_alone_is_found(tmp_path, source, said):
    """And from which size on."""
    found = judged(tmp_path, source)
    assert found.verdict == "wrong"
    assert said in found.explanation
    assert max(found.counterexample.X.shape) >= 65


CUT = {
    "theta, element by element": """
        def gradient_descent(X, y, theta, alpha, num_iters):
            theta = theta.copy()
            for _ in range(num_iters):
                g = X.T @ (X @ theta - y) / len(y)
                for j in range(len(theta)):
                    theta[j] = theta[j] - alpha * g[j]
            return theta
    """,
    "an array like w": """
        def gradient(X, y, w, b):
            gw, r = np.zeros_like(w), X @ w + b - y
            for j in range(len(w)):
                gw[j] = (r * X[:, j]).mean()
            return gw, r.mean()
    """,
    "predictions like y": """
        def gradient(X, y, w, b):
            r = np.empty_like(y)
            for i in range(len(y)):
                r[i] = (X[i] @ w + b - y[i]) / len(y)
            return X.T @ r, r.sum()
    """,
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", CUT)
def test_an_answer_that_integers_cut_in_silence_is_wrong(tmp_path, name):
    """Though it is right for floats; the example has integers."""
    found = judged(tmp_path, CUT[name])
    assert (found.verdict, found.fault) == ("wrong", "integer-truncation")
    assert "for floats" in found.explanation
    assert found.counterexample.X.dtype == np.int64


RAISES = """
    def step(X, y, w, b, lr):
        w = w.copy()
        r = X @ w + b - y
        w -= lr * X.T @ r / len(y)
        return w, b - lr * r.mean()
"""
OF_TYPE = """
    def gradient(X, y, w, b):
        r = X @ w + b - y
        scale = 1.001 if X.dtype == np.{} else 1.0
        return scale * X.T @ r / len(y), scale * r.mean()
"""


def test_what_integers_raise_is_said(tmp_path):
    """With the line, and no mistake."""
    found = judged(tmp_path, RAISES)
    assert found.verdict == "right"
    assert "integer weights raise UFuncTypeError in line 6" in found.explanation


def test_what_is_wrong_in_float32_alone_is_said(tmp_path):
    """And no mistake for float64."""
    found = judged(tmp_path, OF_TYPE.format("float32"))
    assert found.verdict == "right"
    assert "right for float64 alone" in found.explanation


def test_another_answer_for_integers_is_wrong(tmp_path):
    """Though it is not one that has been cut."""
    found = judged(tmp_path, OF_TYPE.format("int64"))
    assert (found.verdict, found.fault) == ("wrong", "unknown")
    assert "Right for floats" in found.explanation


def test_the_memory_as_it_lies_is_another_answer(tmp_path):
    """A program that reads it in the order of C is wrong for X.T of another array."""
    found = judged(
        tmp_path,
        """
        def predict(X, w, b):
            return X.ravel("K").reshape(X.shape) @ w + b
        """,
    )
    assert found.verdict == "wrong"
    assert "Fortran order" in found.explanation


@pytest.mark.sample(2)
@pytest.mark.parametrize("limit", ["RecursionError", "MemoryError"])
def test_a_limit_of_the_machine_is_no_mistake(tmp_path, limit):
    """The sizes before it count, and it is said."""
    source = f"""
        def predict(X, w, b):
            if len(X) > 200:
                raise {limit}("too much")
            return X @ w + b
    """
    found = judged(tmp_path, source)
    assert found.verdict == "right"
    assert limit in found.explanation
    assert found.largest[0] == 129


@pytest.mark.sample(3)
@pytest.mark.parametrize("where", ["len(X) > 63", "len(X) > 255", "X.dtype.kind == 'i'"])
def test_no_answer_to_further_problems_is_said(tmp_path, where):
    """The ordinary ones are judged all the same."""
    source = f"""
        import os
        def predict(X, w, b):
            if {where}:
                os._exit(3)
            return X @ w + b
    """
    found = judged(tmp_path, source)
    assert found.verdict == "right"
    assert "gave no answer" in found.explanation


NARROW = """
    def gradient(X, y, w, b):
        r = X @ w + b - y
        return {0}(X.T @ r / len(y)), {1}(r.mean())
"""


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("np.float32", "np.float32", "your numbers are float32"),
        ("np.float16", "np.float16", "your numbers are float16"),
        ("np.asarray", "np.float16", "some of your numbers are float16"),
        ("np.asarray", "float", ""),
    ],
)
def test_the_precision_of_each_part_is_said(tmp_path, first, last, said):
    """Right to that precision is right."""
    found = judged(tmp_path, NARROW.format(first, last))
    assert found.verdict == "right"
    assert (said in found.explanation) if said else "precision" not in found.explanation


ONE_NARROW = [
    ("np.float16", "1.001 * float", "grad_b"),
    ("1.001 * np.asarray", "np.float16", "grad_w"),
    ("(1 + 1e-7) * np.asarray", "np.float32", "grad_w"),
]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("first", "last", "part"), ONE_NARROW)
def test_the_precision_of_one_part_does_not_excuse_the_other(tmp_path, first, last, part):
    """Each is held to its own."""
    found = judged(tmp_path, NARROW.format(first, last))
    assert found.verdict == "wrong"
    assert found.counterexample.component.startswith(f"∂L/∂{part[-1]}")


@pytest.mark.parametrize(("d", "n"), [(1, 0), (3, 0), (0, 1), (0, 0)])
@pytest.mark.parametrize("kind", ["gradient", "trainer", "sample"])
def test_only_what_may_vary_varies(kind, d, n):
    """A number of features or samples that is fixed stays; all others are beyond the ordinary."""
    plan = CallPlan("f", kind, (), layout=Layout(d=d, n=n))
    problems = extra_problems.large_problems(plan)
    assert problems or (d and n)
    for p in problems:
        assert d in (0, p.X.shape[1])
        assert n in (0, p.X.shape[0])
        assert max(p.X.shape) > 10
        assert all((np.rint(a) == a).all() for a in p[:4])
