"""Programs that are given residuals, or that change their own learning rate."""

import pytest

from reference import check

SCHEDULE = "import numpy as np\n\ndef schedule(t):\n    return 5 / (t + 50)\n\n"
PROGRAMS = {
    "residuals": "def compute_dw(X, error):\n    return X.T @ error / len(error)\n",
    "residuals, label first": (
        "def gradient(X, errors):\n    return -X.T @ errors / len(errors), -errors.mean()\n"
    ),
    "a schedule": (
        f"{SCHEDULE}def train(X, y, w, b, epochs):\n    for t in range(epochs):\n"
        "        r = X @ w + b - y\n        eta = schedule(t)\n"
        "        w, b = w - eta * X.T @ r / len(y), b - eta * r.mean()\n    return w, b\n"
    ),
    "a schedule, one random sample a step": (
        f"{SCHEDULE}def sgd(X, y, w, b, epochs):\n    for t in range(epochs * len(y)):\n"
        "        i = np.random.randint(len(y))\n        g = 2 * (X[i] @ w + b - y[i])\n"
        "        w, b = w - schedule(t) * g * X[i], b - schedule(t) * g\n    return w, b\n"
    ),
    "a rate that decays": (
        "def train(X, y, w, b, lr, epochs, decay):\n    for t in range(epochs):\n"
        "        r, eta = X @ w + b - y, lr / (1 + decay * t)\n"
        "        w, b = w - eta * X.T @ r / len(y), b - eta * r.mean()\n    return w, b\n"
    ),
    "names that say nothing": (
        "class Line:\n    def __init__(self, speed=0.1, rounds=9):\n"
        "        self.speed, self.rounds = speed, rounds\n\n"
        "    def fit(self, X, y):\n        self.w, self.b = 0 * X[0], 0.0\n"
        "        for _ in range(self.rounds):\n            r = X @ self.w + self.b - y\n"
        "            self.w = self.w - self.speed * X.T @ r / len(y)\n"
        "            self.b = self.b - self.speed * r.mean()\n        return self\n"
    ),
}
MISTAKES = {
    "residuals": ("X.T @ error / len(error)", "X.T @ error", "missing-mean"),
    "a schedule": ("eta * r.mean()", "eta * r.sum()", "unknown"),
    "a schedule, one random sample a step": ("- y[i])", "- y[-i])", "unknown"),
}


def checks_of(source, folder):
    """The checks of a program, but for those of helpers."""
    file = folder / "program.py"
    file.write_text(source)
    found = check(str(file), max_examples=10, timeout=60).checks
    return [c for c in found if c.name not in ("schedule", "Line.predict")]


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_right_of_its_kind_is_right(name, tmp_path):
    """And what changes its learning rate is said to do so."""
    (found,) = checks_of(PROGRAMS[name], tmp_path)
    assert found.verdict == "right", found
    assert ("rate that changes" in found.explanation) == ("rate" in name or "schedule" in name)


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_it_is_seen(name, tmp_path):
    """With its name, where the size of the gradient is known."""
    old, new, fault = MISTAKES[name]
    (found,) = checks_of(PROGRAMS[name].replace(old, new), tmp_path)
    assert (found.verdict, found.fault) == ("wrong", fault), found
    assert found.counterexample is not None
