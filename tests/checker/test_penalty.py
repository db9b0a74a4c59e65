"""Penalties: right where they leave the bias free, and wrong where they hold it too."""

import pytest

from reference import check

STEP = "r = X @ w + b - y; n = len(y); gw = r @ X / n + l2 * w"
LOSS = "e = X @ theta - y; m = len(y)"
CLASS = """\
class Ridge:
    def __init__(self, lr=0.1, n_iters=100, l2=0.1):
        self.lr, self.n_iters, self.l2 = lr, n_iters, l2
    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iters):
            r = X @ self.w + self.b - y
            self.w = self.w - self.lr * (r @ X / len(y) + self.l2 * self.w)
            self.b = self.b - self.lr * ({})
        return self
"""
PROGRAMS = {
    "step, held": f"def step(X, y, w, b, lr, l2):\n    {STEP}; gb = r.mean() + l2 * b\n"
    "    return w - lr * gw, b - lr * gb\n",
    "step, free": f"def step(X, y, w, b, lr, l2):\n    {STEP}; gb = r.mean()\n"
    "    return w - lr * gw, b - lr * gb\n",
    "loss, held": f"def cost(X, y, theta, lam):\n    {LOSS}\n"
    "    return e @ e / (2 * m) + lam / (2 * m) * np.sum(theta ** 2)\n",
    "loss, free": f"def cost(X, y, theta, lam):\n    {LOSS}\n"
    "    return e @ e / (2 * m) + lam / (2 * m) * np.sum(theta[1:] ** 2)\n",
    "class, held": CLASS.format("r.mean() + self.l2 * self.b"),
    "class, free": CLASS.format("r.mean()"),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_penalty_holds_the_weights_alone(tmp_path, name):
    """In steps, losses and classes; the example and the repair are of the bias."""
    file = tmp_path / "program.py"
    file.write_text(f"import numpy as np\n\n{PROGRAMS[name]}")
    found = check(str(file), max_examples=20).checks[0]
    if name.endswith("free"):
        assert found.verdict == "right", found
        return
    assert found.fault == "bias-penalised", found
    assert found.counterexample.got != found.counterexample.expected
    assert found.repair is not None
    namespace = {}
    exec(file.read_text(), namespace)
    *lines, last = found.counterexample.call.splitlines()
    exec("\n".join(lines), namespace)
    assert float(eval(last, namespace)) == found.counterexample.got
