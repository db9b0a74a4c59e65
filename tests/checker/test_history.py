"""Trainings whose steps depend on earlier ones: what is meant, and what is a mistake."""

import numpy as np
import pytest
import torch
from in_process import right

from reference import check
from reference.checker.call_plan import Problem
from reference.checker.diagnosis.history import Explanation, Path, explain_paths
from reference.checker.diagnosis.loop_pairs import explain_loop_and_gradient
from reference.checker.problem_set import distinguishing_problems


def path(coefficients, problem, factor=1.0, steps=4):
    """The training that goes along Σ_s c(t, s) ∇L(θ_s) in step t."""
    points, gradients = [np.append(problem.w, problem.b)], []
    for t in range(steps):
        theta = points[-1]
        gradients.append(factor * np.append(*right(*problem[:2], theta[:-1], theta[-1])))
        moved = sum(coefficients(t, s) * g for s, g in enumerate(gradients))
        points.append(theta - problem.lr * moved)
    return Path(problem, points)


PROGRAMS = {
    "gradient-outside-loop": lambda t, s: s == 0,
    "early-return": lambda t, s: s == t == 0,
    "iteration-missing": lambda t, s: s == t > 0,
    "accumulator-kept": lambda t, s: 1,
    "momentum: 0.9 ×": lambda t, s: 0.9 ** (t - s),
    "momentum: 0.25 ×": lambda t, s: 0.25 ** (t - s) * 0.75,
    "rate that changes: 1, 0.5, 0.25, 0.125 times": lambda t, s: 0.5**t * (s == t),
    "rate that changes: 1, 0.5, 0.3333, 0.25 times": lambda t, s: (s == t) / (t + 1),
    "": lambda t, s: s == t,
}


@pytest.mark.parametrize("factor", [1.0, 2.0])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_path_is_explained_by_the_gradients_that_its_steps_go_along(name, factor):
    """By a mistake or by what is meant, with its number; plain descent by neither."""
    paths = [path(PROGRAMS[name], p, factor) for p in distinguishing_problems(0)[:4]]
    found = explain_paths(paths, lambda n: factor)
    assert found.fault == name or (name and name in found.kind) or found == Explanation()
    assert (found == Explanation()) == (not name)


def test_a_mistake_of_size_in_one_part_is_told_beside_one_of_the_loop():
    """Where the bias goes along n times its gradient, and the first iteration is missing."""
    paths = []
    for problem in distinguishing_problems(0)[:4]:
        theta, n = np.append(problem.w, problem.b), len(problem.y)
        points = [theta, theta]
        for _ in range(3):
            gw, gb = right(*problem[:2], points[-1][:-1], points[-1][-1])
            points.append(points[-1] - problem.lr * np.append(gw, n * gb))
        paths.append(Path(problem, points))
    found = explain_paths(paths, lambda n: 1)
    assert found.fault == "bias-gradient-sum+iteration-missing"


@pytest.mark.parametrize("loop", [n for n in PROGRAMS if "-" in n])
@pytest.mark.parametrize(
    ("fault", "moved"),
    [
        ("lr-missing", lambda X, y, w, b, lr: right(X, y, w, b)),
        ("factor-half", lambda X, y, w, b, lr: [lr / 2 * g for g in right(X, y, w, b)]),
        ("bias-omitted", lambda X, y, w, b, lr: [lr * g for g in right(X, y, w, 0.0)]),
    ],
)
def test_a_mistake_in_the_gradient_is_told_beside_one_of_the_loop(loop, fault, moved):
    """Of size, of the formula, of the step."""
    paths = []
    for problem in distinguishing_problems(0)[:4]:
        points, steps = [np.append(problem.w, problem.b)], []
        for t in range(4):
            theta = points[-1]
            steps.append(np.append(*moved(*problem[:2], theta[:-1], theta[-1], problem.lr)))
            points.append(theta - sum(PROGRAMS[loop](t, s) * g for s, g in enumerate(steps)))
        paths.append(Path(problem, points))
    assert set(explain_loop_and_gradient(paths, lambda n: 1).fault.split("+")) == {loop, fault}
    paths[0].points[-1][0] += 1e-3
    assert explain_loop_and_gradient(paths, lambda n: 1) == Explanation()


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0])
def test_a_path_that_is_off_is_explained_by_nothing(size):
    """In one number of its last point."""
    paths = [path(PROGRAMS["accumulator-kept"], p) for p in distinguishing_problems(0)[:4]]
    assert explain_paths(paths, lambda n: 1).fault == "accumulator-kept"
    paths[2].points[-1][0] += size
    assert explain_paths(paths, lambda n: 1) == Explanation()


def test_a_path_that_stays_where_the_gradient_is_zero_raises_nothing():
    """No number can be estimated from it."""
    problem = Problem(np.zeros((2, 1)), np.zeros(2), np.ones(1), np.float64(0))
    found = explain_paths([path(PROGRAMS[""], problem)], lambda n: 1)
    assert found.kind == ""


def descent_with_momentum(X, y, w, b, lr, n_iters, beta=0.9):
    velocity_w, velocity_b = 0 * w, 0.0
    for _ in range(n_iters):
        grad_w, grad_b = right(X, y, w, b)
        velocity_w = beta * velocity_w + grad_w
        velocity_b = beta * velocity_b + grad_b
        w, b = w - lr * velocity_w, b - lr * velocity_b
    return w, b


def descent_without_a_word(X, y, w, b, lr, n_iters):
    u = np.zeros(len(w) + 1)
    for _ in range(n_iters):
        u = 0.8 * u + np.append(*right(X, y, w, b))
        w, b = w - lr * u[:-1], b - lr * u[-1]
    return w, b


def descent_that_slows_down(X, y, w, b, lr, n_iters):
    for t in range(n_iters):
        grad_w, grad_b = right(X, y, w, b)
        w, b = w - lr / (t + 1) * grad_w, b - lr / (t + 1) * grad_b
    return w, b


def descent_with_copies(X, y, w, b, lr, n_iters):
    w, history = w.copy(), []
    for _ in range(n_iters):
        grad_w, grad_b = right(X, y, w, b)
        w -= lr * grad_w
        b = b - lr * grad_b
        history.append(w.copy())
    return w, b, history


class OneShort:
    """Its start is its own: that the first step is missing is seen by no iteration at all."""

    def fit(self, X, y, lr=0.1, epochs=10):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(1, epochs):
            grad_w, grad_b = right(X, y, self.w, self.b)
            self.w, self.b = self.w - lr * grad_w, self.b - lr * grad_b


class DrawnStart:
    """The same, right, from random numbers."""

    def fit(self, X, y, lr=0.1, epochs=10):
        self.w, self.b = np.random.normal(size=X.shape[1]), 0.0  # noqa: NPY002
        for _ in range(epochs):
            grad_w, grad_b = right(X, y, self.w, self.b)
            self.w, self.b = self.w - lr * grad_w, self.b - lr * grad_b


class DrawnSum:
    """From random numbers, and without a mean: one batch of all rows, whose size is no setting."""

    def fit(self, X, y, lr=0.1, epochs=10):
        self.w, self.b = np.random.normal(size=X.shape[1]), 0.0  # noqa: NPY002
        for _ in range(epochs):
            residual = X @ self.w + self.b - y
            self.w, self.b = self.w - lr * X.T @ residual, self.b - lr * residual.sum()


class FlatLabels:
    """Predicts (n,), so its labels are (n,); with labels (n, 1) it would be right."""

    def fit(self, X, y, lr=0.1, epochs=10):
        X, y = (torch.as_tensor(a, dtype=torch.float64) for a in (X, y))
        self.model = torch.nn.Linear(X.shape[1], 1, dtype=torch.float64)
        optimizer = torch.optim.SGD(self.model.parameters(), lr=lr)
        for _ in range(epochs):
            optimizer.zero_grad()
            ((self.model(X) - y) ** 2).mean().backward()
            optimizer.step()
        self.w, self.b = self.model.weight.detach().numpy().ravel(), self.model.bias.item()

    def predict(self, X):
        with torch.no_grad():
            return self.model(torch.as_tensor(X, dtype=torch.float64)).numpy().ravel()


TRAININGS = [
    (descent_with_momentum, None, "momentum: 0.9 ×"),
    (descent_without_a_word, "unknown", "momentum: 0.8 ×"),
    (descent_that_slows_down, "unknown", "1, 0.5, 0.3333, 0.25 times"),
    (descent_with_copies, None, ""),
    (OneShort, "iteration-missing", ""),
    (DrawnStart, None, ""),
    (DrawnSum, "missing-mean", "n times too large"),
    (FlatLabels, "broadcast-n-by-n", "n × n residuals"),
]


@pytest.mark.sample(8)
@pytest.mark.parametrize(("program", "fault", "said"), TRAININGS)
def test_a_training_is_right_of_its_kind_where_its_names_say_so(program, fault, said):
    """Momentum and a schedule without a word for it are no plain descent."""
    found = check(program, max_examples=40, timeout=60).checks[0]
    assert (found.verdict, found.fault) == ("wrong" if fault else "right", fault)
    assert said in found.explanation
