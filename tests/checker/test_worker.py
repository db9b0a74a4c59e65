"""The subject's end of the pipe: what is found in a file, called, and written down of an answer."""

import io
import json
import linecache
import pickle
import random
import sys

import numpy as np
import pytest
import torch

from reference.checker.sandbox import worker


def function(X, y, *more, w=1, b, **rest):
    return X


def positional(X, y, /, w):
    return X


class Model:
    """With a constructor, fit with settings, and predict."""

    def __init__(self, lr, n_iters=3):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y, w=None):
        self.w, self.b = X.sum(axis=0) + (0 if w is None else w), np.float64(self.n_iters)

    def predict(self, X):
        return X @ self.w * self.lr


class Unfitted:
    """predict alone."""

    predict = None


class Predicts:
    """predict, but no fit."""

    def predict(self, X):
        return X


def test_a_function_is_described_by_its_parameters():
    """(name, required, by keyword), without *args and **kwargs; nothing where Python cannot tell."""
    expected = [("X", True, True), ("y", True, True), ("w", False, True), ("b", True, True)]
    assert worker.describe("f", function) == {
        "name": "f",
        "parameters": expected,
        "fit": None,
        "is_class": False,
    }
    assert worker.parameters(positional)[1:] == [("y", True, False), ("w", True, True)]
    assert worker.parameters(None) == worker.parameters(iter) == []


def test_a_class_is_described_by_its_constructor_and_fit():
    """Without self; a class that cannot predict has no fit."""
    found = worker.describe("Model", Model)
    assert found["is_class"] is True
    assert found["parameters"] == [("lr", True, True), ("n_iters", False, True)]
    assert found["fit"] == [("X", True, True), ("y", True, True), ("w", False, True)]
    assert worker.describe("Unfitted", Unfitted)["fit"] is None
    assert worker.describe("Predicts", Predicts)["fit"] == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, []),
        (2, [("int64", [], [2.0])]),
        (np.float32(2.5), [("float32", [], [2.5])]),
        ((np.ones(2), 3.0), [("float64", [2], [1, 1]), ("float64", [], [3])]),
        ({"a": np.ones((1, 2)), "b": True}, [("float64", [1, 2], [1, 1]), ("bool", [], [1])]),
        ([np.ones(2), 1.0], [("float64", [2], [1, 1]), ("float64", [], [1])]),
        ([1.0, 2.0], [("float64", [2], [1, 2])]),
        ((None, 1.0), [("NoneType", [], None), ("float64", [], [1])]),
        ("text", [("str128", [], None)]),
        (1j, [("complex128", [], None)]),
        (np.array([1, 2], object), [("float64", [2], [1, 2])]),
        ([[1], [1, 2]], [("int64", [1], [1]), ("int64", [2], [1, 2])]),
        (([1, [2]],), [("list", [], None)]),
        (object(), [("object", [], None)]),
        (torch.tensor([1.0, 2.0], requires_grad=True), [("float32", [2], [1, 2])]),
        (np.zeros(10_000), [("float64", [10_000], [0.0] * 10_000)]),
        (np.zeros(10_001), [("float64", [10_001], None)]),
        (np.uint8(3), [("uint8", [], [3])]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_an_answer_is_written_as_its_arrays(answer, expected):
    """Those of a tuple, of a dict, of a list of arrays; numbers where they are real and few."""
    found = worker.parts(answer)
    assert json.loads(json.dumps(found)) == found
    seen = [(p["dtype"], p["shape"], p["values"]) for p in found]
    assert seen == expected


def test_a_call_gets_copies_and_tells_what_was_changed():
    """By its number among all arguments, those by keyword last; numbers and shapes alike."""
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


def test_tensors_are_given_where_they_are_asked_for():
    """Of the dtype of the array; numbers stay numbers; what is changed is seen."""
    X = np.ones((2, 1), np.float32)

    def types(X, b):
        assert isinstance(X, torch.Tensor)
        assert isinstance(b, float)
        X[0] = 7
        return X

    found = worker.call(types, (X, 2.0), {}, True)
    assert found["changed"] == [0]
    assert found["parts"][0]["dtype"] == "float32"
    assert X[0, 0] == 1


def raises(error):
    def job():
        raise error

    return job


def test_what_was_raised_is_reported_with_the_line():
    """Type, message and line, cut at 300 and 200 characters; SystemExit and Ctrl-C, too."""
    found = worker.reported(raises(KeyError("w")), __file__)["raised"]
    assert (found["type"], found["message"], found["line"]) == ("KeyError", "'w'", "raise error")
    assert linecache.getline(__file__, found["lineno"]).strip() == "raise error"
    for error in (SystemExit(2), KeyboardInterrupt()):
        assert worker.reported(raises(error), __file__)["raised"]["type"] == type(error).__name__
    long = worker.reported(raises(ValueError("x" * 999)), "")["raised"]
    assert long["message"] == "x" * 300
    assert long["line"] == "raise error"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.traceback.FrameSummary, "line", "x" * 201)
        long = worker.reported(raises(ValueError()), __file__)["raised"]
    assert long["line"] == "x" * 200
    assert worker.reported(lambda: {"parts": []}, "") == {"parts": []}


def test_the_line_is_the_last_of_the_subjects_own():
    """Not that of a library that it called, where its file is known."""

    def job():
        json.loads("{")

    found = worker.reported(job, __file__)["raised"]
    assert found["line"] == 'json.loads("{")'
    assert worker.reported(job, "")["raised"]["line"] != found["line"]


def test_a_file_is_imported_and_what_it_defines_is_found(tmp_path, monkeypatch):
    """Public functions and classes of its own, with the directory to import from; or one NAME."""
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setitem(sys.modules, "subject", None)
    (tmp_path / "beside.py").write_text("def helper(): pass")
    file = tmp_path / "mine.py"
    file.write_text(
        "from beside import helper\nfrom math import sqrt\n"
        "def gradient(X): return X\ndef _hidden(): pass\nnumber = 3\n"
        "class Model:\n    def inner(self): pass\n"
    )
    subjects = {}
    found = worker.load(str(file), "", subjects)
    assert [f["name"] for f in found["found"]] == ["gradient", "Model"]
    assert list(subjects) == ["gradient", "Model"]
    assert sys.path[0] == str(tmp_path)
    assert sys.modules["subject"].gradient is subjects["gradient"]
    subjects = {}
    found = worker.load(str(file), "Model.inner", subjects)
    assert [f["name"] for f in found["found"]] == ["Model.inner"]
    monkeypatch.chdir(tmp_path)
    assert [f["name"] for f in worker.load("beside", "", {})["found"]] == ["helper"]
    assert sys.path[0] == str(tmp_path)
    assert [f["name"] for f in worker.load("", "", {"f": function})["found"]] == ["f"]


def test_a_class_is_trained_from_the_same_state_each_time():
    """Whatever it draws from: random, NumPy old and new, torch; seeded ones draw what they would."""
    before = np.random.default_rng

    class Draws(Model):
        def fit(self, X, y):
            self.weights = np.array(
                [
                    random.random(),
                    np.random.random(),  # noqa: NPY002
                    torch.rand(()).item(),
                    np.random.default_rng().random(),
                    np.random.default_rng(5).random(),
                ]
            )
            self.bias = 1.0

        def predict(self, X):
            return X

    try:
        np.random.default_rng = worker.functools.partial(worker.unseeded, before)
        train = worker.training(Draws)
        first, second = (train(np.ones(1), np.ones(1), {"lr": 1}, {})[0] for _ in range(2))
    finally:
        np.random.default_rng = before
    assert first.tolist() == second.tolist()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    expected = [random.random(), np.random.random(), torch.rand(()).item()]  # noqa: NPY002
    expected += [np.random.default_rng(seed).random() for seed in (0, 5)]
    assert first.tolist() == expected


def test_a_model_answers_with_weights_bias_and_predictions():
    """After one construction and one fit, with their settings."""
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    weights, bias, y_hat = worker.training(Model)(X, None, {"lr": 0.5}, {"w": 1})
    assert (weights.tolist(), bias, y_hat.tolist()) == ([5, 7], 3, [9.5, 21.5])


@pytest.mark.parametrize("name", ["weights", "w", "W", "coef_", "weight", "theta", "theta_"])
def test_weights_and_bias_have_many_names(name):
    """The first that there is, and is not None; none where there is none."""

    class Fitted:
        bias = None
        intercept_ = 4

    setattr(Fitted, name, 3)
    assert worker.attribute(Fitted(), worker.WEIGHTS) == 3
    assert worker.attribute(Fitted(), worker.BIASES) == 4
    assert worker.attribute(object(), worker.WEIGHTS) is None
    assert worker.BIASES == ("bias", "b", "intercept_", "intercept")
    Fitted.weights, Fitted.b = 1, 5
    assert worker.attribute(Fitted(), worker.WEIGHTS) == 1
    assert worker.attribute(Fitted(), worker.BIASES) == 5


def test_requests_are_served_in_order_until_there_are_none(monkeypatch):
    """A pair loads; a triple calls, with an answer for each call; a class is trained."""
    monkeypatch.setattr(worker, "isolate", lambda: None)
    calls = [((np.ones(2),), {}), ((np.zeros(1),), {})]
    training = [((np.ones((1, 2)), np.ones(1), {"lr": 1.0}, {}), {})]
    messages = [("", ""), ("f", calls, False), ("M", training, False), ("f", [((), {})], False)]
    requests = b""
    for message in messages:
        data = pickle.dumps(message)
        requests += len(data).to_bytes(8, "big") + data
    answers = io.BytesIO()
    worker.serve(io.BytesIO(requests), answers, {"f": lambda a: a + 1, "M": Model})
    lines = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [f["name"] for f in lines[0]["found"]] == ["f", "M"]
    assert [line["parts"][0]["values"] for line in lines[1:3]] == [[2, 2], [1]]
    assert [p["values"] for p in lines[3]["parts"]] == [[1, 1], [3], [2]]
    assert lines[4]["raised"]["type"] == "TypeError"
    assert len(lines) == 5
