"""The process of the code under test: what it calls, and what it writes of an answer."""

import io
import json
import os
import pickle
import random
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from reference.checker.sandbox import invoke, worker
from reference.checker.sandbox.process import BOOT

ROOT = Path(__file__).parents[2]
X, W = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
Pair = namedtuple("Pair", "dw db")


@dataclass
class Record:
    """An answer with names."""

    dw: object
    db: float


class Model:
    """With a constructor, fit with settings, and predict."""

    def __init__(self, lr, n_iters=3):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y, w=None):
        self.w, self.b = X.sum(axis=0) + (0 if w is None else w), np.float64(self.n_iters)
        self.layer = torch.nn.Linear(1, 1) if self.lr == 2 else None
        return self

    def predict(self, X):
        return X @ self.w * self.lr


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, [("", "NoneType", [], None)]),
        (2, [("", "int64", [], [2.0])]),
        (np.float32(2.5), [("", "float32", [], [2.5])]),
        ((W, True), [("0", "float64", [2], [5, 6]), ("1", "bool", [], [1])]),
        ({"a": np.ones((1, 2))}, [("a", "float64", [1, 2], [1, 1])]),
        ({"g": {"w": W, "b": 1.0}}, [("g.w", "float64", [2], [5, 6]), ("g.b", "float64", [], [1])]),
        (Pair(W, 1.0), [("dw", "float64", [2], [5, 6]), ("db", "float64", [], [1])]),
        (Record(W, 1.0), [("dw", "float64", [2], [5, 6]), ("db", "float64", [], [1])]),
        ([W, 1.0], [("0", "float64", [2], [5, 6]), ("1", "float64", [], [1])]),
        ([1.0, 2.0], [("", "float64", [2], [1, 2])]),
        ([[1.0], [2.0]], [("", "float64", [2, 1], [1, 2])]),
        ([[1], [1, 2]], [("0", "int64", [1], [1]), ("1", "int64", [2], [1, 2])]),
        (["a", 1], [("0", "str32", [], None), ("1", "int64", [], [1])]),
        ((None, 1.0), [("0", "NoneType", [], None), ("1", "float64", [], [1])]),
        ("text", [("", "str128", [], None)]),
        (W + 1j, [("", "complex128", [2], None)]),
        (np.array([1, 2], object), [("", "float64", [2], [1, 2])]),
        (np.array([1, "a"], object), [("", "ndarray", [], None)]),
        (((([1, [2]],),),), [("0.0.0", "list", [], None)]),
        (torch.tensor([1.0, 2.0], requires_grad=True), [("", "float32", [2], [1, 2])]),
        (np.zeros(10_000), [("", "float64", [10_000], [0.0] * 10_000)]),
        (np.zeros(10_001), [("", "float64", [10_001], None)]),
        (tuple(range(200)), [(str(i), "int64", [], [i]) for i in range(invoke.MAX_PARTS)]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_an_answer_is_written_as_its_parts(answer, expected):
    """Of tuples, dicts, records and lists of arrays; numbers where they are real and few."""
    found = list(invoke.flatten(answer))
    assert json.loads(json.dumps(found)) == found
    shown = [(".".join(p["path"]), p["dtype"], p["shape"], numbers(p)) for p in found]
    assert shown == expected


def call(f, *args, **more):
    """What comes of a call with these arguments."""
    return invoke.call({"f": f}, {"target": "f", "args": list(args), **more})


def numbers(part):
    """The numbers of a part, or None."""
    return None if part["values"] is None else invoke.numbers(part["values"])


def values(parts):
    """Their numbers."""
    return list(map(numbers, parts))


def test_a_call_gets_copies_and_tells_which_were_changed():
    """By position or name, with their new numbers; numbers and shapes alike, NaN is like NaN."""
    X, y, w = np.ones((2, 1)), np.array([1.0, np.nan]), np.ones(1)

    def changes(X, y, w, b):
        X[0, 0] = 9
        w.resize((1, 1), refcheck=False)
        return X, y, w, b

    found = call(changes, X, y, kwargs={"w": w, "b": 2.0})
    assert [(a["argument"], values(a["parts"])) for a in found["after"]] == [
        (0, [[9, 1]]),
        ("w", [[1]]),
    ]
    assert values(found["parts"])[2:] == [[1], [2]]
    assert (X[0, 0], w.shape) == (1, (1,))
    assert call(lambda y: y, y)["after"] == []
    appended = call(lambda items: items.append(1.0), ("items", [W]))
    assert values(appended["after"][0]["parts"]) == [[5, 6], [1]]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(
    ("value", "kind", "numbers"),
    [
        (X, np.ndarray, X),
        (2.0, float, 2.0),
        (("list", X), list, X),
        (("matrix", X), np.matrix, X),
        (("tensor", X), torch.Tensor, X),
        (("frame", X), pd.DataFrame, X),
        (("frame", W), pd.Series, W),
        (("tuple", [W, 2.0]), tuple, None),
        (("items", [W, ("list", W)]), list, None),
        (("dict", {"w": W, "b": ("tensor", W)}), dict, None),
        (("generator", 3), np.random.Generator, None),
        (("function", "helper"), type(len), None),
    ],
    ids=lambda v: v[0] if isinstance(v, tuple) else None,
)
def test_an_argument_is_built_as_it_is_described(value, kind, numbers):
    """Lists, matrices, tensors, frames, and what is composed of them."""
    found = invoke.build(value, {"helper": len})
    assert type(found) is kind
    if numbers is not None:
        np.testing.assert_array_equal(np.asarray(found), numbers)


def test_tensors_may_hold_a_gradient():
    """As after backward."""
    found = invoke.build(("tensor", W, np.ones(2)), {})
    assert found.requires_grad
    assert found.grad.tolist() == [1, 1]


DATA = np.zeros(1)


def uses_a_global_name():
    """Where a function finds its data."""
    return DATA


def test_global_names_are_given_to_the_function():
    """In its own module."""
    before = DATA
    try:
        found = call(uses_a_global_name, globals={"DATA": W})
    finally:
        globals()["DATA"] = before
    assert values(found["parts"]) == [[5, 6]]
    assert invoke.module_of(len) is not None


def train(cls=Model, **request):
    """The parts of an object that was made and trained."""
    usual = {"args": [X, W], "kwargs": {}, "init": {"lr": 0.5}, "method": "fit"}
    found = invoke.call({"M": cls}, {"target": "M", **usual, **request})
    return {".".join(p["path"]): numbers(p) for p in found["parts"]}


def test_an_object_answers_with_its_attributes_and_predictions():
    """After construction and training, with their settings; those of torch modules, too."""
    found = train(kwargs={"w": 1.0}, set={"n_iters": 7}, probe=X)
    assert found["return"] is None
    assert (found["self.w"], found["self.b"], found["self.n_iters"]) == ([5, 7], [7], [7])
    assert found["predict"] == [9.5, 21.5]
    found = train(init={"lr": 2})
    assert "predict" not in found
    assert len(found["self.layer.weight"]) == len(found["self.layer.bias"]) == 1

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(2, 1)

        def train(self, X, y):
            return 3.0

        def forward(self, X):
            return X

    found = train(Net, init={}, method="train", probe=("tensor", np.float32(X)))
    assert (found["return"], len(found["self.linear.weight"])) == ([3], 2)


def test_a_training_begins_from_the_same_state_each_time(monkeypatch):
    """Whatever it draws from; seeded generators draw what they would, other calls anything."""

    def draw():
        numbers = random.random(), np.random.random(), torch.rand(()).item()  # noqa: NPY002
        return [*numbers, np.random.default_rng().random(), np.random.default_rng(5).random()]

    monkeypatch.setattr(np.random, "default_rng", np.random.default_rng)
    invoke.install()
    first, second = (values(call(draw, seeded=True)["parts"])[0] for _ in range(2))
    assert first == second
    later = values(call(draw)["parts"])[0]
    assert later[-1] == first[-1]
    assert not set(later[:-1]) & set(first)


def count(rounds=None):
    """How often it counts; the number stands in its code."""
    found = 0
    for _ in range(100):
        found += (lambda: 7)() if rounds else 1
    return found


class Counter:
    """The same in a method."""

    def fit(self):
        self.found = count() * 0 + len([i * i for i in range(50)])


def test_numbers_in_the_code_are_replaced_for_a_call():
    """Also in functions within it, and in a method; the function itself stays as it is."""
    constants = [(100, 3), (7, 2)]
    assert values(call(count, constants=constants)["parts"]) == [[3]]
    assert values(call(count, True, constants=constants)["parts"]) == [[6]]
    assert train(Counter, args=[], init={}, constants=[(50, 4)])["self.found"] == [4]
    assert count() == 100


def test_a_record_that_is_returned_is_not_also_changed():
    """One that is given, filled and returned is an answer; what else was given tells a change."""

    def fills(record, a):
        record["w"], a[0] = a * 2, 9.0
        return record

    found = call(fills, ("dict", {"w": W}), W)
    assert [a["argument"] for a in found["after"]] == [1]


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
    assert "line" not in worker.reported(call, "other.py")["raised"]
    monkeypatch.setattr(worker.traceback.FrameSummary, "line", "x" * 201)
    assert worker.reported(call, __file__)["raised"]["line"] == "x" * 200


def serve(*requests, functions=None):
    """What the worker answers to requests."""
    answers = io.BytesIO()
    worker.serve(requests, answers, functions or {})
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_requests_are_served_in_order_until_there_are_none():
    """One loads; another calls, with an answer for each call."""
    calls = [{"target": "f", "args": [np.ones(2)]}, {"target": "f", "args": [np.zeros(1)]}]
    requests = [("load", "", "", "", "", 9), ("call", calls), ("call", [{"target": "f"}])]
    found, one, two, error = serve(*requests, functions={"f": lambda a: a + 1, "M": Model})
    assert [f["name"] for f in found["found"]] == ["f", "M"]
    assert [numbers(a["parts"][0]) for a in (one, two)] == [[2, 2], [1]]
    assert error["raised"]["type"] == "TypeError"


CHANGED = """\
def helper(a): return a
def f(a): return helper(a)
class M:
    def fit(self, a): self.w = helper(a)
"""


@pytest.mark.parametrize(
    ("target", "line", "statement", "found"),
    [
        ("f", 1, "def helper(a): return a + 1", [2.0]),
        ("f", 2, "def f(a): return a + 2", [3.0]),
        ("M", 3, "class M:\n    def fit(self, a): self.w = 4 * a", [4.0]),
        ("f", 1, "def helper(a): raise KeyError(a[0])", "KeyError"),
        ("f", 1, "def helper(a):\n    while True: pass", "TimeIsUp"),
    ],
)
def test_a_changed_statement_takes_the_place_of_what_was_loaded(target, line, statement, found):
    """In all that uses it; nothing is asked after an exception, or at the end of the time."""
    namespace = {}
    exec(CHANGED, namespace)
    functions = {name: namespace[name] for name in ("helper", "f", "M")}
    request = {"target": target, "args": [np.ones(1)], "method": "fit" * (target == "M")}
    change = {"target": target, "statements": [(line, statement)], "requests": [request] * 2}
    (answer,) = serve(("change", [change]), functions=functions)
    if isinstance(found, str):
        assert [a["raised"]["type"] for a in answer["answers"]] == [found]
    else:
        values = [numbers(a["parts"][-1]) for a in answer["answers"]]
        assert values == [found] * 2


def answers(*requests, cwd=ROOT):
    """What a worker answers; it must end by itself when there are no more, and print nothing."""
    sent = b"".join(map(pickle.dumps, requests))
    command = [sys.executable, "-c", BOOT, str(Path(worker.__file__).parent)]
    command += [str(os.getpid()), "none", "", str(cwd)]
    run = subprocess.run(command, input=sent, cwd=cwd, capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, b"")
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture
def ask_file(tmp_path):
    """Load a source, call its function f on each argument given; the answers."""

    def ask(source, *given):
        source = f"import os, warnings\nimport numpy as np\n{source}\n"
        calls = [{"target": "f", "args": [a]} for a in given]
        _, *rest = answers(("load", str(tmp_path / "a.py"), source, "", "", 9), ("call", calls))
        return rest

    return ask


def test_a_module_and_a_name_within_it_are_found(tmp_path):
    """From the folder that is said, which comes before that of the worker."""
    (found,) = answers(("load", "linreg_np.trajectory", "", "Trajectory.load", str(ROOT), 9))
    assert [f["name"] for f in found["found"]] == ["Trajectory.load"]
    (tmp_path / "messages.py").write_text("def mine(X): return X")
    (found,) = answers(("load", "messages", "", "", str(tmp_path), 9), cwd=tmp_path)
    assert [f["name"] for f in found["found"]] == ["mine"]
    (missing,) = answers(("load", "linreg_np", "", "absent", str(ROOT), 9))
    assert missing["raised"]["type"] == "AttributeError"


@pytest.mark.parametrize(
    ("source", "raised"),
    [
        ("def f(X): raise ValueError('no')", ("ValueError", "no", 3)),
        ("def f(X):\n    np.linalg.inv(X[:1])", ("LinAlgError", "", 4)),
        ("def f(X): return input()", ("EOFError", "", 3)),
        ("def f(X): raise SystemExit(3)", ("SystemExit", "3", 3)),
    ],
)
def test_an_exception_is_described_with_the_line_of_the_file(ask_file, source, raised):
    """Also where it came from a library; the process goes on."""
    one, two = ask_file(source, X, X)
    assert one == two
    kind, message, lineno = raised
    assert (one["raised"]["type"], one["raised"]["lineno"]) == (kind, lineno)
    assert message in one["raised"]["message"]


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
def test_an_answer_is_one_line_and_nothing_else_is_written(ask_file, source, values):
    """Whatever is printed or warned of; a fork of the code under test answers nothing, and ends."""
    (found,) = ask_file(source, X)
    assert numbers(found["parts"][0]) == values


@pytest.mark.parametrize("error", ["ImportError", "ValueError", "OSError"])
def test_it_serves_where_there_are_no_limits(ask_file, tmp_path, monkeypatch, error):
    """As on Windows, where Python has no module for them, or where lower ones are in force."""
    where = "raise" if error == "ImportError" else "RLIMIT_CORE = 0\ndef setrlimit(*_): raise"
    (tmp_path / "resource.py").write_text(f"{where} {error}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (found,) = ask_file("def f(X): return X", X)
    assert numbers(found["parts"][0]) == [1, 2, 3, 4]


def test_changed_arguments_are_seen_though_numpy_was_changed(ask_file):
    """A program that has replaced its functions."""
    source = "np.array_equal = lambda *_, **__: True\ndef f(X): X[:] = 0"
    (found,) = ask_file(f"class A:\n    {source}", X)
    assert [a["argument"] for a in found["after"]] == [0]
