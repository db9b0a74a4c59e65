"""Several mistakes at once: named where they explain all answers together."""

import numpy as np
import pytest

from reference import check
from reference.checker.diagnosis import pairs
from reference.checker.diagnosis.faults import BY_NAME
from reference.checker.diagnosis.faults.formulas import gradient
from reference.checker.problem_set import distinguishing_problems

GRADIENTS = {
    "sign-flipped+missing-mean": "r = y - (X @ w + b); return X.T @ r, r.sum()",
    "sign-flipped+bias-gradient-sum": "r = y - X @ w - b; return X.T @ r / len(y), r.sum()",
    "factor-two-w+bias-gradient-sum": "r = X @ w + b - y; return 2 * X.T @ r / len(y), r.sum()",
    "sign-flipped+factor-two-sum": "r = y - X @ w - b; return 2 * X.T @ r, 2 * r.sum()",
    "bias-omitted+sign-flipped": "r = y - X @ w; return X.T @ r / len(y), r.mean()",
    "residual-parenthesis+missing-mean": "r = X @ w - b - y; return X.T @ r, r.sum()",
    "squared-residual+missing-mean": "r = (X @ w + b - y) ** 2; return X.T @ r, r.sum()",
    "bias-omitted+last-row-dropped": (
        "r = X[:-1] @ w - y[:-1]; return X[:-1].T @ r / len(y), r.sum() / len(y)"
    ),
    "labels-off-by-one+missing-mean": "r = X @ w + b - np.roll(y, 1); return X.T @ r, r.sum()",
    "index-port+sign-flipped": "r = y - X @ w - b; return (r @ X / len(y))[::-1], r.mean()",
    "collapsed-to-scalar+bias-gradient-zero": (
        "r = X @ w + b - y; return np.full(len(w), (X.T @ r).sum() / len(y)), 0.0"
    ),
    "feature-missing+bias-gradient-sum": (
        "r = X @ w + b - y; return np.append((r @ X)[:-1], 0) / len(y), r.sum()"
    ),
    "sign-flipped+weight-decay": "r = y - X @ w - b; return r @ X / len(y) + 0.1 * w, r.mean()",
    "missing-mean+bias-penalised": "r = X @ w + b - y; return r @ X + w / 4, r.sum() + b / 4",
}
STEPS = {
    "sequential-update+sign-flipped": (
        "w = w + lr * X.T @ (X @ w + b - y) / len(y); return w, b + lr * (X @ w + b - y).mean()"
    ),
    "sequential-update+bias-omitted": (
        "w = w - lr * X.T @ (X @ w - y) / len(y); return w, b - lr * (X @ w - y).mean()"
    ),
    "lr-missing+missing-mean": "r = X @ w + b - y; return w - X.T @ r, b - r.sum()",
}
PROGRAMS = [
    *((names, f"gradient(X, y, w, b): {body}") for names, body in GRADIENTS.items()),
    *((names, f"step(X, y, w, b, lr): {body}") for names, body in STEPS.items()),
    (
        "sign-flipped+bias-penalised",
        "gradient(X, y, w, b, lam): n = len(y); r = y - X @ w - b; "
        "return X.T @ r / n - lam * w, r.mean() - lam * b",
    ),
    (
        "bias-omitted+last-row-dropped",
        "loss(X, y, w, b): return np.mean((X[:-1] @ w - y[:-1]) ** 2) / 2",
    ),
    ("bias-omitted+feature-missing", "predict(X, w, b): return X[:, 1:] @ w[1:]"),
]


@pytest.mark.sample(20)
@pytest.mark.parametrize(("names", "body"), PROGRAMS, ids=[n for n, _ in PROGRAMS])
def test_two_mistakes_at_once_are_both_named(tmp_path, names, body):
    """With the sentence of each."""
    file = tmp_path / "program.py"
    file.write_text(f"import numpy as np\n\ndef {body}\n")
    found = check(str(file), max_examples=40).checks[0]
    assert set(found.fault.split("+")) == set(names.split("+")), found
    for name in names.split("+"):
        sentence = BY_NAME[name].sentence(found.kind).replace("grad_b", "∂L/∂b")
        assert sentence in found.explanation.replace("grad_b", "∂L/∂b")


@pytest.mark.parametrize("name", pairs.SCALES)
def test_each_factor_is_that_of_the_catalogue(name):
    """One of the formulas of that name is the right gradient times these two factors."""
    for case in distinguishing_problems(3)[:6]:
        expected = pairs.scaled(gradient, pairs.SCALES[name])(*case[:4])
        formulas = [f for f in BY_NAME[name].gradient if f.__code__.co_argcount == 4]
        assert any(
            all(np.allclose(a, e) for a, e in zip(f(*case[:4]), expected, strict=True))
            for f in formulas
        )


def test_fewer_names_come_first():
    """Two before three, and the likeliest first."""
    names = [candidate.names for candidate in pairs.of_factors()]
    assert names[0] == ("sign-flipped", "missing-mean")
    assert [len(n) for n in names] == sorted(len(n) for n in names)
    assert {n[2] for n in names if len(n) == 3} == set(pairs.PLAIN)


def test_what_is_right_or_has_no_numbers_is_no_pair():
    """Nothing is named where nothing is wrong."""
    assert pairs.matching_pair([], []) == ()


@pytest.mark.thorough
def test_an_answer_that_only_nearly_fits_is_not_named(tmp_path):
    """One part in 10⁹ is more than rounding."""
    file = tmp_path / "program.py"
    file.write_text(
        "def gradient(X, y, w, b):\n"
        "    r = (1 + 1e-9) * (y - X @ w - b)\n"
        "    return X.T @ r, r.sum()\n"
    )
    assert check(str(file), max_examples=40).checks[0].fault == "unknown"


GIVEN = {
    "sign-flipped": "p += lr * p.grad / batch_size",
    "lr-missing": "p -= p.grad / batch_size",
    "divided-twice": "p -= lr * p.grad / batch_size**2",
    "lr-missing+sign-flipped": "p += p.grad / batch_size",
    "zero-gradient": "p = p - lr * p.grad / batch_size",
}


@pytest.mark.thorough
@pytest.mark.sample(3)
@pytest.mark.parametrize("names", GIVEN)
def test_steps_along_given_gradients_have_names_too(tmp_path, names):
    """On tensors that hold their gradients; also where nothing is updated at all."""
    file = tmp_path / "program.py"
    loop = f"with torch.no_grad():\n        for p in params:\n            {GIVEN[names]}\n"
    file.write_text(f"import torch\n\ndef sgd(params, lr, batch_size):\n    {loop}")
    found = check(str(file), max_examples=20).checks[0]
    assert found.fault == names, found
