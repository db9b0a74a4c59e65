"""The process of the code under test: what it finds in a file, calls, and writes of an answer."""

import io
import itertools
import json
import pickle
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from reference.checker.sandbox import worker

ROOT = Path(__file__).parents[2]
X, W = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])


def function(X, y, /, *more, w=1, b, **rest):
    return X


class Model:
    """With a constructor, fit with settings, and predict."""

    def __init__(self, lr, n_iters=3):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y, w=None):
        self.w, self.b = X.sum(axis=0) + (0 if w is None else w), np.float64(self.n_iters)

    def predict(self, X):
        return X @ self.w * self.lr


def test_a_function_is_described_by_its_parameters():
    """(name, required, by keyword), without *args and **kwargs; none where Python cannot tell."""
    found = worker.describe("f", function)
    parameters = [("X", True, False), ("y", True, False), ("w", False, True), ("b", True, True)]
    assert found == {"name": "f", "parameters": parameters, "fit": None, "is_class": False}
    assert worker.parameters(None) == worker.parameters(iter) == []


def test_a_class_is_described_by_its_constructor_and_fit():
    """Without self; a class that cannot predict has no fit."""
    found = worker.describe("Model", Model)
    assert found["is_class"] is True
    assert found["parameters"] == [("lr", True, True), ("n_iters", False, True)]
    assert found["fit"] == [("X", True, True), ("y", True, True), ("w", False, True)]
    assert worker.describe("A", type("A", (), {"predict": None}))["fit"] is None
    assert worker.describe("A", type("A", (), {"predict": print}))["fit"] == []


class Endless(dict):
    def values(self):
        return itertools.repeat(1.0)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, []),
        (2, [("int64", [], [2.0])]),
        (np.float32(2.5), [("float32", [], [2.5])]),
        ((W, True), [("float64", [2], [5, 6]), ("bool", [], [1])]),
        ({"a": np.ones((1, 2)), "b": 3.0}, [("float64", [1, 2], [1, 1]), ("float64", [], [3])]),
        ([W, 1.0], [("float64", [2], [5, 6]), ("float64", [], [1])]),
        ([1.0, 2.0], [("float64", [2], [1, 2])]),
        ((None, 1.0), [("NoneType", [], None), ("float64", [], [1])]),
        ("text", [("str128", [], None)]),
        (W + 1j, [("complex128", [2], None)]),
        (np.array([1, 2], object), [("float64", [2], [1, 2])]),
        (np.array([1, "a"], object), [("ndarray", [], None)]),
        ([[1], [1, 2]], [("int64", [1], [1]), ("int64", [2], [1, 2])]),
        (([1, [2]],), [("list", [], None)]),
        (print, [("builtin_function_or_method", [], None)]),
        (torch.tensor([1.0, 2.0], requires_grad=True), [("float32", [2], [1, 2])]),
        (np.zeros(10_000), [("float64", [10_000], [0.0] * 10_000)]),
        (np.zeros(10_001), [("float64", [10_001], None)]),
        (Endless(), [("float64", [], [1])] * worker.MAX_PARTS),
        (tuple(range(200)), [("int64", [], [i]) for i in range(worker.MAX_PARTS)]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_an_answer_is_written_as_its_arrays(answer, expected):
    """Those of a tuple, of a dict, of a list of arrays; numbers where they are real and few."""
    found = worker.parts(answer)
    assert json.loads(json.dumps(found)) == found
    assert [(p["dtype"], p["shape"], p["values"]) for p in found] == expected


def test_a_call_gets_copies_and_tells_which_were_changed():
    """By their number among all arguments, those by keyword last; numbers and shapes alike."""
    X, y, w = np.ones((2, 1)), np.array([1.0, np.nan]), np.ones(1)

    def changes(X, y, w, b):
        X[0, 0] = 9
        w.resize((1, 1), refcheck=False)
        return X, y, w, b

    found = worker.call(changes, (X, y), {"w": w, "b": 2.0}, False)
    assert found["changed"] == [0, 2]
    assert [p["values"] for p in found["parts"]][2:] == [[1], [2]]
    assert (X[0, 0], w.shape) == (1, (1,))
    assert worker.call(lambda y: y, (y,), {}, False)["changed"] == []
    swapped = worker.call(lambda w, b: (w, b), (), {"b": 3.0, "w": w}, False)
    assert [p["values"] for p in swapped["parts"]] == [[1], [3]]


def test_tensors_are_made_of_arrays():
    """Of the same dtype; numbers stay numbers; what is changed is seen."""
    X = np.ones((2, 1), np.float32)

    def changes(X, b):
        X[0] = 7
        return X, isinstance(X, torch.Tensor), isinstance(b, float)

    found = worker.call(changes, (X, 2.0), {}, True)
    assert found["changed"] == [0]
    assert [p["dtype"] for p in found["parts"]] == ["float32", "bool", "bool"]
    assert [p["values"] for p in found["parts"]][1:] == [[1], [1]]
    assert X[0, 0] == 1


@pytest.mark.parametrize("error", [KeyError("w"), SystemExit(2), KeyboardInterrupt()])
def test_what_was_raised_is_reported_with_its_line(error):
    """Whatever its type; text and line are cut."""

    def job(error=error):
        raise error

    found = worker.reported(job, __file__)["raised"]
    assert found["type"] == type(error).__name__
    assert found["message"] == str(error)
    assert found["line"] == "raise error"
    assert Path(__file__).read_text().splitlines()[found["lineno"] - 1].strip() == "raise error"
    long = worker.reported(lambda: job(ValueError("x" * 999)), "")["raised"]
    assert long["message"] == "x" * 300


def test_the_line_is_the_last_of_the_file_under_test(monkeypatch):
    """Not that of a library which it called, where its file is known."""
    call = lambda: json.loads("{")  # noqa: E731
    assert "json.loads" in worker.reported(call, __file__)["raised"]["line"]
    assert "json.loads" not in worker.reported(call, "")["raised"]["line"]
    monkeypatch.setattr(worker.traceback.FrameSummary, "line", "x" * 201)
    assert worker.reported(call, __file__)["raised"]["line"] == "x" * 200


def test_a_class_is_trained_from_the_same_state_each_time(monkeypatch):
    """Whatever it draws from: random, NumPy old and new, torch; seeded ones draw what they would."""

    def draw(seed=None):
        numbers = random.random(), np.random.random(), torch.rand(()).item()  # noqa: NPY002
        return [*numbers, np.random.default_rng(seed).random(), np.random.default_rng(5).random()]

    class Draws(Model):
        def fit(self, X, y):
            self.weights, self.bias = np.array(draw()), 1.0

        def predict(self, X):
            return X

    default_rng = worker.functools.partial(worker.unseeded, np.random.default_rng)
    with monkeypatch.context() as patch:
        patch.setattr(np.random, "default_rng", default_rng)
        train = worker.training(Draws)
        first, second = (train(np.ones(1), np.ones(1), {"lr": 1}, {})[0] for _ in range(2))
    assert first.tolist() == second.tolist()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    assert first.tolist() == draw(seed=0)


def test_a_model_answers_with_weights_bias_and_predictions():
    """After one construction and one fit, with their settings."""
    weights, bias, y_hat = worker.training(Model)(X, None, {"lr": 0.5}, {"w": 1})
    assert (weights.tolist(), bias, y_hat.tolist()) == ([5, 7], 3, [9.5, 21.5])


@pytest.mark.parametrize("names", [worker.WEIGHTS, worker.BIASES])
def test_weights_and_bias_have_many_names(names):
    """The first of them that is there, and not None; None if none is."""
    for name in names:
        assert worker.attribute(type("A", (), {names[0]: None, name: 3}), names) == 3
    assert worker.attribute(type("A", (), {names[-1]: 3, names[0]: 1}), names) == 1
    assert worker.attribute(object(), names) is None


def test_requests_are_served_in_order_until_there_are_none():
    """A pair imports; a triple calls, with an answer for each call; a class is trained."""
    calls = [((np.ones(2),), {}), ((np.zeros(1),), {})]
    training = [((np.ones((1, 2)), np.ones(1), {"lr": 1.0}, {}), {})]
    requests = [("", ""), ("f", calls, False), ("M", training, False), ("f", [((), {})], False)]
    answers = io.BytesIO()
    sent = io.BytesIO(b"".join(map(pickle.dumps, requests)))
    worker.serve(sent, answers, {"f": lambda a: a + 1, "M": Model})
    found, one, two, model, error = map(json.loads, answers.getvalue().splitlines())
    assert [f["name"] for f in found["found"]] == ["f", "M"]
    assert [a["parts"][0]["values"] for a in (one, two)] == [[2, 2], [1]]
    assert [p["values"] for p in model["parts"]] == [[1, 1], [3], [2]]
    assert error["raised"]["type"] == "TypeError"


def answers(*requests, cwd=ROOT):
    """What a worker answers; it must end by itself when there are no more, and print nothing."""
    sent = b"".join(map(pickle.dumps, requests))
    command = [sys.executable, worker.__file__]
    run = subprocess.run(command, input=sent, cwd=cwd, capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, b"")
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture
def ask(tmp_path):
    """Write a file, call its function f on each arguments given; the answers."""

    def ask_(source, *calls):
        file = tmp_path / "mine.py"
        file.write_text(f"import os, warnings\nimport numpy as np\n{source}\n", encoding="utf-8")
        _, *rest = answers((str(file), ""), ("f", [(c, {}) for c in calls], False))
        return rest

    return ask_


def test_it_ends_without_requests():
    """And answers nothing."""
    assert answers() == []


def test_a_file_is_described_by_what_it_defines(tmp_path):
    """Its own public functions and classes, not what it imports; or one NAME."""
    (tmp_path / "beside.py").write_text("def helper(): pass")
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from beside import helper\nfrom math import sqrt\nLIMIT = 3\nplus = (1).__add__\n"
        "def _hidden(x): pass\ndef f(X): pass\n"
        "@dataclass\nclass Model:\n    w: float\n    def inner(self): pass\n"
        "class Other:\n    __signature__ = 'none'\n"
    )
    of_all, of_one = answers((str(file), ""), (str(file), "Model.inner"))
    assert [f["name"] for f in of_all["found"]] == ["f", "Model", "Other"]
    assert of_all["found"][1]["parameters"] == [["w", True, True]]
    assert of_one["found"][-1]["name"] == "Model.inner"


def test_a_module_and_a_name_within_it_are_found(tmp_path):
    """From the working directory, which comes before that of the worker."""
    (found,) = answers(("linreg_np.trajectory", "Trajectory.load"))
    assert [f["name"] for f in found["found"]] == ["Trajectory.load"]
    (tmp_path / "messages.py").write_text("def mine(X): return X")
    (found,) = answers(("messages", ""), cwd=tmp_path)
    assert [f["name"] for f in found["found"]] == ["mine"]


@pytest.mark.parametrize(
    ("source", "raised"),
    [
        ("def f(X): raise ValueError('no')", ("ValueError", "no", "def f(X): raise", 3)),
        ("def f(X):\n    np.linalg.inv(X[:1])", ("LinAlgError", "", "np.linalg.inv(X[:1])", 4)),
        ("def f(X): return input()", ("EOFError", "", "def f(X): return input()", 3)),
        ("def f(X): raise SystemExit(3)", ("SystemExit", "3", "def f(X)", 3)),
    ],
)
def test_an_exception_is_described_with_the_line_of_the_file(ask, source, raised):
    """Also where it came from a library; the process goes on."""
    one, two = ask(source, (X,), (X,))
    assert one == two
    kind, message, line, lineno = raised
    found = one["raised"]
    assert (found["type"], found["lineno"]) == (kind, lineno)
    assert message in found["message"]
    assert found["line"].startswith(line)


def test_an_import_without_a_line_of_its_own_is_described(tmp_path):
    """A name that is missing; a file that is no Python."""
    (tmp_path / "mine.py").write_text("")
    (missing,) = answers((str(tmp_path / "mine.py"), "f"))
    assert missing["raised"].keys() == {"type", "message"}
    (tmp_path / "mine.py").write_text("def f(")
    (broken,) = answers((str(tmp_path / "mine.py"), ""))
    assert broken["raised"]["type"] == "SyntaxError"


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("def f(X): print('x'); os.write(1, b'y'); os.write(2, b'z'); return 1", [1]),
        ("def f(X): warnings.warn('w'); return np.divide(X, 0)", [np.inf] * 4),
        ("warnings.simplefilter('error')\ndef f(X): return np.divide(X, 0)", [np.inf] * 4),
        ("def f(X): os.fork(); return 1", [1]),
        ("def f(X): pid = os.fork(); return os.waitpid(pid, 0)[1] if pid else 1", [0]),
    ],
    ids=["prints", "warns", "warnings as errors", "forgets a fork", "waits for a fork"],
)
def test_an_answer_is_one_line_and_nothing_else_is_written(ask, source, values):
    """Whatever is printed or warned of; a fork of the code under test answers nothing, and ends."""
    (found,) = ask(source, (X,))
    assert found["parts"][0]["values"] == values


@pytest.mark.parametrize("error", ["ImportError", "ValueError", "OSError"])
def test_it_serves_where_there_are_no_limits(ask, tmp_path, monkeypatch, error):
    """As on Windows, where Python has no module for them, or where lower ones are in force."""
    where = "raise" if error == "ImportError" else "RLIMIT_CORE = 0\ndef setrlimit(*_): raise"
    (tmp_path / "resource.py").write_text(f"{where} {error}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (found,) = ask("def f(X): return X", (X,))
    assert found["parts"][0]["values"] == [1, 2, 3, 4]


def test_a_class_without_seeds_is_trained_to_the_same_weights(tmp_path):
    """In a worker: a model that draws from all generators gives the same numbers twice."""
    file = tmp_path / "mine.py"
    file.write_text(
        "import random\nimport numpy as np\nclass Model:\n    def fit(self, X, y):\n"
        "        draws = np.random.default_rng().random(), np.random.rand(), random.random()\n"
        "        self.theta = np.array(draws)\n    def predict(self, X): return X[:, 0]\n"
    )
    call = ((X, W, {}, {}), {})
    _, one, two = answers((str(file), ""), ("Model", [call, call], False))
    assert one == two
    weights, bias, y_hat = (p["values"] for p in one["parts"])
    assert len(set(weights)) == 3
    assert (bias, y_hat) == (None, [1.0, 3.0])
