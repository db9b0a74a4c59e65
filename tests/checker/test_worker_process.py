"""The subject's process, asked as the judge asks it: pickles in, a line of JSON for each answer."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reference.checker.sandbox import process, worker

ROOT = Path(__file__).parents[2]
X, W = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])


def sent(*requests):
    """The requests as they stand in the pipe."""
    found = [pickle.dumps(r) for r in requests]
    return b"".join(len(f).to_bytes(8, "big") + f for f in found)


def answers(*requests, cwd=ROOT):
    """What a worker answers; it must end by itself when nobody asks any more, and say nothing."""
    command = [sys.executable, worker.__file__]
    run = subprocess.run(
        command, input=sent(*requests), cwd=cwd, capture_output=True, timeout=60, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture
def subject(tmp_path):
    """Write a file, call one function of it on each arguments given; its answers."""

    def subject_(source, *calls, name="f", tensors=False):
        file = tmp_path / "subject.py"
        file.write_text(f"import numpy as np\n{source}\n", encoding="utf-8")
        found, *rest = answers((str(file), ""), (name, [(c, {}) for c in calls], tensors))
        assert "found" in found
        return rest

    return subject_


def test_without_requests_there_are_no_answers():
    """And it ends."""
    assert answers() == []


def test_a_file_is_described_by_what_it_defines(tmp_path):
    """Its own public functions and classes, not what it imports; parameters and how they go."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from math import sqrt\nfrom operator import add\nLIMIT = 3\nplus = (1).__add__\n"
        "def _hidden(x): pass\n"
        "def f(X, /, y, *rest, lr=1, **more): pass\n"
        "class Model:\n"
        "    def __init__(self, lr): pass\n"
        "    def fit(self, X, y=None): pass\n"
        "    def predict(self, X): pass\n"
        "class Other:\n"
        "    __signature__ = 'none'\n"
        "@dataclass\nclass _Hidden:\n    w: float\n"
    )
    ((found,),) = [a["found"] for a in answers((str(file), "f"))]
    f = {"name": "f", "fit": None, "is_class": False}
    f["parameters"] = [["X", True, False], ["y", True, True], ["lr", False, True]]
    assert found == f
    (all_of_it,) = answers((str(file), ""))
    model = {"name": "Model", "parameters": [["lr", True, True]], "is_class": True}
    model["fit"] = [["X", True, True], ["y", False, True]]
    other = {"name": "Other", "parameters": [], "fit": None, "is_class": True}
    assert all_of_it["found"] == [f, model, other]


def test_a_module_and_a_name_within_it_are_found():
    """package.module and NAME.NAME, from the working directory."""
    (found,) = answers(("linreg_np.trajectory", "Trajectory.load"))
    assert [f["name"] for f in found["found"]] == ["Trajectory.load"]
    (found,) = answers(("linreg_np.gradient", ""))
    assert [f["name"] for f in found["found"]] == ["gradient"]


def test_a_module_of_the_working_directory_comes_first(tmp_path):
    """Not that of the same name which stands beside the worker."""
    (tmp_path / "trials.py").write_text("def mine(X): return X")
    (found,) = answers(("trials", ""), cwd=tmp_path)
    assert [f["name"] for f in found["found"]] == ["mine"]


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ("None", []),
        ("2", [("int64", [], [2.0])]),
        ("X", [("float64", [2, 2], [1.0, 2.0, 3.0, 4.0])]),
        ("(w, True)", [("float64", [2], [5.0, 6.0]), ("bool", [], [1.0])]),
        ("{'w': w, 'b': 1.5}", [("float64", [2], [5.0, 6.0]), ("float64", [], [1.5])]),
        ("[w, 2.0]", [("float64", [2], [5.0, 6.0]), ("float64", [], [2.0])]),
        ("[1.0, 2.0]", [("float64", [2], [1.0, 2.0])]),
        ("(w, None)", [("float64", [2], [5.0, 6.0]), ("NoneType", [], None)]),
        ("np.array([1, 2.5], dtype=object)", [("float64", [2], [1.0, 2.5])]),
        ("np.array([1, 'a'], dtype=object)", [("ndarray", [], None)]),
        ("w + 1j", [("complex128", [2], None)]),
        ("np.zeros(10_001)", [("float64", [10_001], None)]),
        ("print", [("builtin_function_or_method", [], None)]),
    ],
)
def test_an_answer_is_numbers_in_parts(subject, answer, parts):
    """dtype, shape and values of each; no values where they are no real numbers or too many."""
    (found,) = subject(f"def f(X, w): return {answer}", (X, W))
    keys = ("dtype", "shape", "values")
    assert found == {"parts": [dict(zip(keys, p, strict=True)) for p in parts], "changed": []}


def test_arguments_that_change_are_told(subject):
    """By their place; and the next call gets them as they were."""
    source = "def f(a, X, w): w[0] += 1; X.shape = 4; return w"
    one, two = subject(source, (7.0, X, W), (7.0, X, W))
    assert one == two
    assert one["changed"] == [1, 2]
    assert one["parts"][0]["values"] == [6.0, 6.0]


@pytest.mark.parametrize(
    ("source", "raised"),
    [
        (
            "def f(X): raise ValueError('no')",
            {"type": "ValueError", "message": "no", "line": "def f(X): raise ValueError('no')"},
        ),
        (
            "def f(X):\n    return np.linalg.inv(X[:1])",
            {"type": "LinAlgError", "line": "return np.linalg.inv(X[:1])", "lineno": 3},
        ),
        ("def f(X): return input()", {"type": "EOFError"}),
        ("def f(X): raise SystemExit(3)", {"type": "SystemExit", "message": "3"}),
        ("def f(): return 1", {"type": "TypeError"}),
    ],
)
def test_an_exception_is_told_with_the_subjects_own_line(subject, source, raised):
    """Also where it came from a library; the process goes on."""
    one, two = subject(source, (X,), (X,))
    assert one == two
    assert raised.items() <= one["raised"].items()


def test_an_exception_outside_the_subject_has_the_line_that_there_is(tmp_path):
    """None for a name that is missing; the parser's for a file that is no Python."""
    (tmp_path / "mine.py").write_text("")
    (missing,) = answers((str(tmp_path / "mine.py"), "f"))
    assert missing["raised"].keys() == {"type", "message"}
    (tmp_path / "mine.py").write_text("def f(")
    (broken,) = answers((str(tmp_path / "mine.py"), ""))
    assert broken["raised"]["type"] == "SyntaxError"


def test_what_a_subject_prints_goes_nowhere(subject):
    """Through Python or not; warnings and traps of floats are off."""
    source = (
        "import os, warnings\n"
        "def f(X):\n"
        "    print('x'); os.write(1, b'y'); os.write(2, b'z'); warnings.warn('w')\n"
        "    return np.divide(X, 0)"
    )
    (found,) = subject(source, (X,))
    assert found["parts"][0]["values"] == [np.inf] * 4


def test_a_subject_that_makes_errors_of_warnings_is_not_stopped_by_its_floats(subject):
    """NumPy has nothing to warn of."""
    source = (
        "import warnings\nwarnings.simplefilter('error')\n"
        "def f(X): return np.divide(X, np.random.default_rng().integers(1))"
    )
    (found,) = subject(source, (X,))
    assert found["parts"][0]["values"] == [np.inf] * 4


@pytest.mark.parametrize("error", ["ImportError", "ValueError", "OSError"])
def test_it_serves_where_there_are_no_limits(subject, tmp_path, monkeypatch, error):
    """As on Windows, where Python has no module for them, or where lower ones are in force."""
    where = "raise" if error == "ImportError" else "RLIMIT_CORE = 0\ndef setrlimit(*_): raise"
    (tmp_path / "resource.py").write_text(f"{where} {error}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (found,) = subject("def f(X): return X", (X,))
    assert found["parts"][0]["values"] == [1, 2, 3, 4]


def test_a_fork_that_the_subject_forgot_answers_nothing(subject):
    """One line for one call."""
    (found,) = subject("import os\ndef f(X): os.fork(); return 1", (X,))
    assert found["parts"][0]["values"] == [1.0]


def test_it_ends_well(subject):
    """As a fork that the subject waits for can tell it."""
    source = (
        "import os\ndef f(X):\n    pid = os.fork()\n    return os.waitpid(pid, 0)[1] if pid else 1"
    )
    (found,) = subject(source, (X,))
    assert found["parts"][0]["values"] == [0]


TORCH = """
import sys, types
class Tensor:
    def __init__(self, a): self.a = a
    def __array__(self, *args, **kwargs): return self.a
    def detach(self): return self
    cpu = detach
    def numpy(self): return self.a
sys.modules["torch"] = torch = types.ModuleType("torch")
torch.as_tensor = Tensor
torch.manual_seed = lambda seed: setattr(torch, "seed", seed)
"""


def test_tensors_are_made_of_arrays_and_read_as_such(subject):
    """By the torch that the subject imported; numbers stay numbers."""
    source = f"{TORCH}\ndef f(w, b): return Tensor(2 * w.a), type(w).__name__ == 'Tensor', b"
    (found,) = subject(source, (W, 7.0), tensors=True)
    assert [p["values"] for p in found["parts"]] == [[10.0, 12.0], [1.0], [7.0]]
    assert found["changed"] == []


MODEL = """
import random
class Model:
    def __init__(self, lr): self.lr = lr
    def fit(self, X, y):
        drawn = np.random.default_rng().random(), np.random.rand(), random.random()
        self.theta = np.array([*drawn, self.lr, float(y[0])])
        self.{bias} = np.random.default_rng(5).random()
    def predict(self, X): return X[:, 0]
"""


@pytest.mark.parametrize("torch", ["", TORCH])
def test_a_class_is_trained_from_the_same_chance_each_time(subject, torch):
    """Whatever it draws from; its weights, its bias and what it predicts are the answer."""
    arguments = X, W, {"lr": 0.5}, {}
    one, two = subject(torch + MODEL.format(bias="intercept_"), arguments, arguments, name="Model")
    assert one == two
    weights, bias, y_hat = (p["values"] for p in one["parts"])
    assert len(set(weights[:3])) == 3
    assert weights[3:] == [0.5, 5.0]
    assert bias == [np.random.default_rng(5).random()]
    assert y_hat == [1.0, 3.0]
    (found,) = subject(MODEL.format(bias="other"), arguments, name="Model")
    assert found["parts"][1] == {"dtype": "NoneType", "shape": [], "values": None}


def test_a_fork_serves_functions_of_this_process_and_ends_with_its_requests():
    """It needs no file, and has the judge's variables; 0 is its exit code, as often as asked."""
    fork = process.Fork({"scaled": lambda w, b: b * w + W})
    fork.stdin.write(sent(("", ""), ("scaled", [((W, 2.0), {}), ((W,), {"b": 0.0})], False)))
    fork.stdin.close()
    with fork.stdout as lines:
        found, once, again = map(json.loads, lines)
    assert (fork.wait(), fork.wait()) == (0, 0)
    fork.kill()  # what has ended needs no signal
    assert [f["name"] for f in found["found"]] == ["scaled"]
    assert once["parts"][0]["values"] == [15.0, 18.0]
    assert again["parts"][0]["values"] == [5.0, 6.0]
