"""`check` and `assert_gradient`: no false alarm, no mistake missed, no harm from hostile files."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch  # noqa: F401  imported here once, and not anew in every fork
from in_process import Model, gradient_descent, planned, right
from right_programs import RIGHT

import linreg_np
from reference import assert_gradient, check, exact
from reference.__main__ import main
from reference.checker import expected, problem_set
from reference.checker.check import EXAMPLE, NothingToCheck
from reference.checker.sandbox import process

ROOT = Path(__file__).parents[2]
CORRECT = """
import numpy as np

def gradient(X, y, w, b):
    residual = X @ w + b - y
    return X.T @ residual / len(y), residual.mean()
"""
SEEDS = [
    pytest.param([0], id="one seed"),
    pytest.param(range(1, 11), id="ten seeds", marks=pytest.mark.thorough),
]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("program", RIGHT, ids=[p.__name__ for p in RIGHT])
def test_correct_programs_pass_whatever_the_seed(program, seeds):
    """Loops, einsum, Gram matrix, blocks, fsum, complex step, torch, classes."""
    for seed in seeds:
        report = check(program, max_examples=12, seed=seed)
        assert report.passed, str(report)


def test_there_are_enough_correct_programs():
    """Twenty-five gradients, and more of the other kinds."""
    kinds = [planned(p, p.__name__).kind for p in RIGHT]
    assert kinds.count("gradient") >= 25
    assert set(kinds) == {"gradient", "step", "trainer", "predict", "loss", "sample"}


@pytest.mark.parametrize("function", [linreg_np.gradient, linreg_np.sgd_step, linreg_np.loss])
def test_the_functions_of_linreg_np_pass(function):
    """As anybody's would."""
    assert_gradient(function, max_examples=200)


def off(where=lambda X, y, w, b: True, size=1e-12, component=0):
    """A gradient that is wrong by a relative `size` in one component, on some problems."""

    def gradient(X, y, w, b):
        grad = np.append(*right(X, y, w, b))
        grad[component] *= 1 + size * bool(where(X, y, w, b))
        return grad[:-1], grad[-1]

    return gradient


@pytest.mark.parametrize(
    ("gradient", "explanation"),
    [
        pytest.param(off(), "grad_w", id="1e-12 in w"),
        pytest.param(off(component=-2), "the last of grad_w", id="1e-12 in the last of w"),
        pytest.param(off(component=-1), "grad_b", id="1e-12 in b"),
        pytest.param(off(lambda X, y, w, b: len(w) >= 5), "from d = 5 on", id="d ≥ 5"),
        pytest.param(off(lambda X, y, w, b: len(y) % 4, 1e-9), "1e-09", id="n not of 4"),
        pytest.param(off(lambda X, y, w, b: b < 0, component=-1), "b is negative", id="b < 0"),
        pytest.param(off(lambda X, y, w, b: len(y) < 20, 1e-6), "up to n = 19", id="n < 20"),
    ],
)
def test_an_error_of_1e_12_is_found_and_located(gradient, explanation):
    """In one component, or on some problems only."""
    (found,) = check(gradient, max_examples=200).checks
    assert found.fault == "unknown"
    assert explanation in found.explanation


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough)])
def test_zero_in_place_of_a_small_number_is_found(seed):
    """It is a large error, relatively."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return np.where(np.abs(grad_w) < 1e-8, 0, grad_w), grad_b * (abs(grad_b) >= 1e-8)

    (found,) = check(gradient, seed=seed, max_examples=400).checks
    assert found.fault == "unknown"
    assert "below 1e-8" in found.explanation


def test_an_error_of_1e_12_is_found_in_a_step_and_in_a_trainer():
    """In the new weights, and in (p₁ − p₂)/lr."""

    def step(X, y, w, b, lr):
        grad_w, grad_b = right(X, y, w, b)
        return w - lr * grad_w, b - lr * grad_b * (1 + 1e-12)

    class Off(Model):
        def fit(self, X, y):
            lr = self.lr * (1 + 1e-12)
            start = np.zeros(X.shape[1]), 0.0
            self.w, self.b = gradient_descent(X, y, *start, lr, self.n_iters)

    assert check(step, max_examples=40).checks[0].fault == "unknown"
    assert [c.fault for c in check(Off, max_examples=20).checks] == ["unknown", None]


def test_a_wrong_oracle_rejects_a_right_gradient(monkeypatch):
    """One that is off by 1e-12: so it is used, and decides."""

    def off(case, c):
        grad_w, grad_b = exact.gradient(*case[:4])
        return [c * g * (1 + Fraction(1, 10**12)) for g in (*grad_w, grad_b)]

    problem_set.computed.cache_clear()
    monkeypatch.setitem(expected.VALUES, "gradient", off)
    try:
        assert not check(right, max_examples=20).passed
    finally:
        problem_set.computed.cache_clear()


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("sse", None),
        ("half-mse", "factor-two-sum"),
        ("mse", "missing-mean"),
        ("half-sse", "factor-two"),
    ],
)
def test_the_declared_loss_decides(declared, fault):
    """The gradient of another one is reported as that, with the option that declares it."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return 2 * len(y) * grad_w, 2 * len(y) * grad_b

    (found,) = check(gradient, loss=declared, max_examples=20).checks
    assert found.fault == fault
    assert ("--loss sse" in found.explanation) == (fault is not None)
    (found,) = check(right, loss=declared, max_examples=20).checks
    assert found.passed == (declared == "half-mse")
    assert ("--loss half-mse" in found.explanation) == (not found.passed)


def test_assert_gradient_raises_the_report():
    """With the options of `check`; a right gradient raises nothing."""

    def sums(X, y, w, b):
        r = X @ w + b - y
        return X.T @ r, r.sum()

    with pytest.raises(AssertionError, match=r"WRONG +missing-mean\n.*1/n of 1.3f is missing"):
        assert_gradient(sums, max_examples=20)
    assert assert_gradient(sums, max_examples=20, loss="half-sse") is None
    for wrong in ({"loss": "l2"}, {"max_examples": 0}, {"timeout": 0}):
        with pytest.raises(ValueError, match="must be"):
            assert_gradient(sums, **wrong)


def test_a_slow_function_is_not_wrong():
    """It is checked for as long as the time allows."""

    def slow(X, y, w, b):
        time.sleep(0.01)
        return right(X, y, w, b)

    (found,) = check(slow, timeout=0.3, max_examples=150).checks
    assert found.passed
    assert 0 < found.cases < 100


def test_a_crash_during_shrinking_leaves_the_example_that_was_found():
    """The mistake is reported as it is, and its problem is one that was asked."""

    def gradient(X, y, w, b):
        if len(w) >= 5 and not y.any():
            os._exit(3)
        r = (1 + (len(w) >= 5)) * (X @ w + b - y)
        return X.T @ r / len(y), r.mean()

    (found,) = check(gradient, max_examples=50).checks
    assert found.fault == "unknown"
    assert "from d = 5 on" in found.explanation
    assert found.counterexample.y.any()


def test_a_training_that_starts_from_infinity_is_not_finite():
    """Its second step has no start of its own, and is compared from the first."""

    def gradient_descent(X, y, theta, alpha, iters):
        return theta * np.inf

    assert check(gradient_descent, max_examples=10).checks[0].fault == "non-finite"


class Callable:
    """An object that is called."""

    def __call__(self, X, y, w, b):
        """1.3f."""
        return right(X, y, w, b)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (right, "right"),
        (lambda X, y, w, b: right(X, y, w, b), "gradient"),
        (Callable(), "Callable"),
    ],
)
def test_a_function_is_reported_by_its_name(target, name):
    """A lambda is a gradient; an object has the name of its type."""
    report = check(target, max_examples=3)
    assert (report.file, [c.name for c in report.checks]) == (name, [name])
    assert report.passed


def test_a_file_has_all_its_checks_and_a_name_its_own(tmp_path):
    """In the order of the derivation; FILE.py:NAME is checked under any name."""
    file = tmp_path / "mine.py"
    file.write_text(
        "def loss(X, y, w, b): return ((X @ w + b - y) ** 2).mean() / 2\n"
        "def squared_loss(y_hat, y): return (y_hat - y) ** 2 / 2\n"
        "def predict(X, w, b): return X @ w + b\n"
        "def other(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r / len(y), r.mean()\n"
        "def update(X, y, w, b, lr):\n"
        "    return tuple(p - lr * g for p, g in zip((w, b), other(X, y, w, b)))\n"
        "def gradient_descent(X, y, w, b, lr, iters):\n"
        "    for _ in range(iters): w, b = update(X, y, w, b, lr)\n    return w, b\n"
        "def gradient(X, y, w, b): return other(X, y, w, b)\n"
    )
    seen = []
    report = check(str(file), max_examples=3, progress=seen.append)
    kinds = ["gradient", "step", "trainer", "predict", "sample", "loss"]
    assert (report.file, [c.kind for c in report.checks]) == (str(file), kinds)
    assert report.passed, str(report)
    assert [c.name for c in report.checks] == seen
    assert all(c.cases == 3 for c in report.checks)
    report = check(f"{file}:other", max_examples=3)
    assert report.file == f"{file}:other"
    assert [(c.kind, c.name) for c in report.checks] == [("gradient", "other")]


@pytest.mark.parametrize(
    ("code", "found"), [("def helper(x): return x", "helper"), ("", "no function and no class")]
)
def test_a_file_without_a_gradient_says_what_was_found_and_what_is_wanted(code, found, tmp_path):
    """With an example that can be copied, and is right."""
    file = tmp_path / "mine.py"
    file.write_text(code)
    with pytest.raises(NothingToCheck, match=f"nothing to check: found {found}") as error:
        check(str(file))
    assert EXAMPLE in str(error.value)
    file.write_text(EXAMPLE)
    assert check(str(file), max_examples=20).passed


FORGES = """
import os
def gradient(X, y, w, b):
    for fd in range(3, 20):
        try: os.write(fd, {!r})
        except OSError: pass
    return w, b
"""
PRINTS = "import os; os.write(1, b'x' * 10**7); print('y' * 10**6)"
WANDERS = "import os; os.chdir('/'); np.random.seed(0)"
SEGFAULT = "import ctypes\ndef gradient(X, y, w, b): return ctypes.string_at(0)"
STOPS = "def gradient(X, y, w, b): raise SystemExit(0)"


def correct_but(code):
    """A right gradient that does something else before."""
    return CORRECT.replace("    residual", f"    {code}\n    residual", 1)


HOSTILE = {
    "exits on import": ("import sys; sys.exit(0)", "crash", "cannot be imported: SystemExit"),
    "ends its process on import": ("import os; os._exit(0)", "crash", "exit code 0"),
    "never ends on import": ("while True: pass", "timeout", "within 1 second"),
    "is no Python": ("def f(x: return 1", "raised", r"SyntaxError.*line 1"),
    "has no such name": (CORRECT, "raised", "no_such"),
    "crashes in C": (SEGFAULT, "crash", "SIGSEGV"),
    "raises SystemExit": (STOPS, "crash", "SystemExit"),
    "asks for input": ("def gradient(X, y, w, b): return input('grad_w? ')", "raised", ""),
    "forges an answer": (FORGES.format(b"[[[[[[\n"), "crash", ""),
    "forges a number": (FORGES.format(b"3\n"), "crash", ""),
    "prints a lot": (correct_but(PRINTS), None, ""),
    "changes directory and seed": (correct_but(WANDERS), None, ""),
    "forks": (correct_but("import os; os.fork()"), None, ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_file_has_its_verdict(name, tmp_path, monkeypatch, capfd):
    """And changes nothing here: directory, random state, output, processes."""
    monkeypatch.setattr(process, "IMPORT_TIMEOUT", 1.0)
    code, fault, explanation = HOSTILE[name]
    file = tmp_path / "hostile.py"
    file.write_text(code)
    directory, state = Path.cwd(), np.random.get_state()[1].tolist()  # noqa: NPY002
    target = f"{file}:no_such" if name == "has no such name" else str(file)
    timeout = 1 if name.startswith("never") else 5
    (found,) = check(target, max_examples=20, timeout=timeout).checks
    assert found.fault == fault, found
    assert (found.kind == "import") == (name.split()[0] in ("is", "has") or "import" in name)
    assert re.search(explanation, found.explanation), found.explanation
    assert Path.cwd() == directory
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert capfd.readouterr() == ("", "")
    assert not process.ALIVE


def test_one_bad_file_does_not_keep_others_from_being_checked(tmp_path, capsys):
    """Several files end in a table, in the order in which they were given."""
    names = {"stops.py": STOPS, "segfault.py": SEGFAULT, "correct.py": CORRECT}
    for name, code in names.items():
        (tmp_path / name).write_text(code)
    status = main(["check", *(str(tmp_path / n) for n in names), "--max-examples", "20"])
    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [line.split()[1] for line in lines[-3:]] == ["WRONG", "WRONG", "right"]
    assert lines[-2].endswith("gradient: crash")


def test_json_holds_the_report(tmp_path, capsys):
    """Every float comes back as it was; what is infinite is a string."""
    file = tmp_path / "sums.py"
    file.write_text(CORRECT.replace("/ len(y)", "* 0.1").replace("residual.mean()", "1e400 * b"))
    assert main(["check", str(file), "--json", "--max-examples", "20"]) == 1
    (record,) = json.loads(capsys.readouterr().out)["checks"]
    (found,) = check(str(file), max_examples=20).checks
    assert (record["fault"], record["worst_error"]) == (found.fault, "inf")
    assert record["counterexample"]["X"] == found.counterexample.X.tolist()
    assert record["counterexample"]["expected"] == found.counterexample.expected


def test_the_command_needs_numpy_alone(tmp_path):
    """It works where neither Hypothesis nor torch can be imported."""
    file = tmp_path / "right.py"
    file.write_text(CORRECT)
    code = (
        "import sys; sys.modules['hypothesis'] = sys.modules['torch'] = None\n"
        "from reference import check\nfrom reference.__main__ import main\n"
        f"sys.exit(main(['check', {str(file)!r}, '--max-examples', '20']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_code_under_test_cannot_reach_the_oracles(tmp_path):
    """In its process neither `reference` nor Hypothesis is imported."""
    file = tmp_path / "looks.py"
    file.write_text(
        "import sys\ndef gradient(X, y, w, b):\n"
        "    raise LookupError(sorted(m for m in sys.modules if m.split('.')[0] in\n"
        "        ('reference', 'hypothesis', 'exact', 'fractions', 'faults')))"
    )
    assert "LookupError: []" in check(str(file), max_examples=5).checks[0].explanation


def command(*arguments, **options):
    """The command, as a process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    full = [sys.executable, "-m", "reference", *arguments]
    return subprocess.Popen(full, env=environment, text=True, stdout=subprocess.PIPE, **options)


def test_ctrl_c_ends_the_command_and_what_it_started(tmp_path):
    """Status 130, a word on standard error, no process left behind."""
    file, note = tmp_path / "endless.py", tmp_path / "pid"
    file.write_text(
        f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    job = command("check", str(file), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not note.exists() or not note.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    job.send_signal(signal.SIGINT)
    assert job.communicate(timeout=20) == ("", "interrupted\n")
    assert job.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_progress_is_shown_on_a_terminal(tmp_path):
    """A line on standard error, wiped at the end."""
    file = tmp_path / "right.py"
    file.write_text(CORRECT)
    ours, theirs = os.openpty()
    command("check", str(file), "--max-examples", "5", stderr=theirs).communicate()
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "right.py gradient" in shown
    assert shown.endswith("\r\033[K")
