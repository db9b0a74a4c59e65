"""The verdict: no false alarm, no leak, and no subject that gets away or takes others with it."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch  # noqa: F401  here once, and not anew in every fork
from right_programs import RIGHT

import linreg_np
from reference import assert_gradient, check, exact
from reference.__main__ import main
from reference.checker import expected, problem_set
from reference.checker.check import NothingToCheck
from reference.checker.sandbox import process

ROOT = Path(__file__).parents[2]
CORRECT = """
import numpy as np

def gradient(X, y, w, b):
    residual = X @ w + b - y
    return X.T @ residual / len(y), residual.mean()
"""


FEW = ["--max-examples", "10"]


def correct(X, y, w, b):
    """1.3f."""
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


@pytest.mark.parametrize("program", RIGHT, ids=[p.__name__ for p in RIGHT])
def test_correct_programs_pass_whatever_the_seed(program):
    """Loops, einsum, Gram matrix, blocks, fsum, complex step, torch: ten seeds each."""
    for seed in range(10):
        report = check(program, max_examples=12, seed=seed)
        assert report.passed, str(report)


def test_there_are_enough_correct_programs():
    """Twenty-five gradients, and more of the other kinds."""
    kinds = [check(p, max_examples=1).checks[0].kind for p in RIGHT]
    assert kinds.count("gradient") >= 25
    assert set(kinds) == {"gradient", "step", "trainer", "predict", "loss", "sample"}


@pytest.mark.parametrize("function", [linreg_np.gradient, linreg_np.sgd_step, linreg_np.loss])
def test_our_own_engine_passes(function):
    """As anybody's would."""
    assert_gradient(function, max_examples=200)


def leak(where, size=1e-12, component="w"):
    """A gradient that is wrong by a relative `size` in one component, on some problems only."""

    def gradient(X, y, w, b):
        gw, gb = correct(X, y, w, b)
        if not where(X, y, w, b):
            return gw, gb
        if component == "b":
            return gw, gb * (1 + size)
        gw[-1 if component == "last" else 0] *= 1 + size
        return gw, gb

    return gradient


def always(X, y, w, b):
    return True


LEAKS = {
    "1e-12 in w": (leak(always), "grad_w"),
    "1e-12 in the last of w": (leak(always, component="last"), "the last of grad_w"),
    "1e-12 in b": (leak(always, component="b"), "grad_b"),
    "d ≥ 5": (leak(lambda X, y, w, b: len(w) >= 5), "from d = 5 on"),
    "n not a multiple of 4": (leak(lambda X, y, w, b: len(y) % 4, 1e-9), "1e-09"),
    "b negative": (leak(lambda X, y, w, b: b < 0, component="b"), "where b is negative"),
    "n > 9": (leak(lambda X, y, w, b: len(y) > 9, 1e-6), "from n = 1"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_nothing_leaks(name):
    """A relative error of 1e-12 in one component, or on some problems only, is caught and told."""
    gradient, told = LEAKS[name]
    found = check(gradient, max_examples=400).checks[0]
    assert found.fault == "unknown"
    assert told in found.explanation


def below(limit):
    """A gradient whose numbers under a limit are 0."""

    def gradient(X, y, w, b):
        gw, gb = correct(X, y, w, b)
        return np.where(np.abs(gw) < limit, 0, gw), gb * (abs(gb) >= limit)

    return gradient


@pytest.mark.parametrize("seed", range(3))
def test_an_error_below_1e_8_is_caught(seed):
    """Zero in place of a small gradient is a large error, relatively."""
    found = check(below(1e-8), seed=seed, max_examples=400).checks[0]
    assert found.fault == "unknown"
    assert "below 1e-8" in found.explanation


def test_a_step_and_a_trainer_leak_nothing_either():
    """1e-12 of the gradient shows in the new weights, and in (p₁ − p₂)/lr."""

    def step(X, y, w, b, lr):
        gw, gb = correct(X, y, w, b)
        return w - lr * gw, b - lr * gb * (1 + 1e-12)

    class Model:
        def __init__(self, lr, n_iters):
            self.lr, self.n_iters = lr, n_iters

        def fit(self, X, y):
            self.w, self.b = np.zeros(X.shape[1]), 0.0
            for _ in range(self.n_iters):
                gw, gb = correct(X, y, self.w, self.b)
                self.w, self.b = self.w - self.lr * gw * (1 + 1e-12), self.b - self.lr * gb

        def predict(self, X):
            return X @ self.w + self.b

    assert check(step, max_examples=100).checks[0].fault == "unknown"
    assert [c.fault for c in check(Model, max_examples=100).checks] == ["unknown", None]


def test_the_checker_goes_red_with_a_wrong_oracle(monkeypatch):
    """An authority that is off by 1e-12 rejects what is right: so it is asked, and decides."""

    def off(case, c):
        grad_w, grad_b = exact.gradient(*case[:4])
        return [c * g * (1 + Fraction(1, 10**12)) for g in (*grad_w, grad_b)]

    problem_set.computed.cache_clear()
    monkeypatch.setitem(expected.VALUES, "gradient", off)
    try:
        assert not check(correct, max_examples=20).passed
    finally:
        problem_set.computed.cache_clear()


def test_the_declared_loss_decides():
    """The gradient of another convention is reported as that, and right where it is declared."""

    def gradient(X, y, w, b):
        gw, gb = correct(X, y, w, b)
        return 2 * len(y) * gw, 2 * len(y) * gb

    assert check(gradient, loss="sse", max_examples=30).passed
    for declared, fault in [
        ("half-mse", "factor-two-sum"),
        ("mse", "missing-mean"),
        ("half-sse", "factor-two"),
    ]:
        found = check(gradient, loss=declared, max_examples=30).checks[0]
        assert found.fault == fault
        assert "right for the loss Σ (ŷ − y)²" in found.explanation
        assert "--loss sse" in found.explanation
    found = check(correct, loss="half-sse", max_examples=30).checks[0]
    assert found.fault == "another-loss"
    assert "--loss half-mse" in found.explanation


def test_options_are_checked():
    """Each with its rule."""
    with pytest.raises(ValueError, match="loss must be one of half-mse, mse"):
        check(correct, loss="l2")
    with pytest.raises(ValueError, match="must be positive, got 0"):
        check(correct, max_examples=0)
    with pytest.raises(ValueError, match="must be positive"):
        check(correct, timeout=0)


def test_assert_gradient_raises_the_report():
    """Its text is the report; a right gradient raises nothing."""

    def sums(X, y, w, b):
        r = X @ w + b - y
        return X.T @ r, r.sum()

    with pytest.raises(AssertionError, match=r"WRONG   missing-mean\n.*1/n of 1.3f is missing"):
        assert_gradient(sums, max_examples=30)
    assert assert_gradient(correct, max_examples=30) is None


def test_the_smallest_example_is_small():
    """Shrunk to ones and zeros, with the wrong number beside the right one."""

    def sums(X, y, w, b):
        r = X @ w + b - y
        return X.T @ r, r.sum()

    example = check(sums, max_examples=100).checks[0].counterexample
    assert example.X.tolist() == [[1], [1]]
    assert (*example.y, *example.w, example.b) == (0, 0, 1, 0)
    assert (example.component, example.got, example.expected) == ("grad_w[0]", 2, 1)


def test_slow_is_not_wrong():
    """What answers steadily is checked for as long as the time allows."""

    def slow(X, y, w, b):
        time.sleep(0.01)
        return correct(X, y, w, b)

    found = check(slow, timeout=0.3, max_examples=150).checks[0]
    assert found.passed
    assert 5 < found.cases < 100


HOSTILE = {
    "exits.py": ("import sys; sys.exit(0)", "crash"),
    "dies.py": ("import os; os._exit(0)", "crash"),
    "loops.py": ("while True: pass", "timeout"),
    "bad_syntax.py": ("def f(x: return 1", "raised"),
    "segfault.py": (
        "import ctypes\ndef gradient(X, y, w, b): return ctypes.string_at(0)",
        "crash",
    ),
    "stops.py": ("def gradient(X, y, w, b): raise SystemExit(0)", "crash"),
    "asks.py": ("def gradient(X, y, w, b): return input('grad_w? ')", "raised"),
    "forges.py": (
        "import os\n"
        "def gradient(X, y, w, b):\n"
        "    for fd in range(3, 20):\n"
        "        try: os.write(fd, b'[[[[[[\\n')\n"
        "        except OSError: pass\n"
        "    return w, b",
        "crash",
    ),
    "forges_a_number.py": (
        "import os\n"
        "def gradient(X, y, w, b):\n"
        "    for fd in range(3, 20):\n"
        "        try: os.write(fd, b'3\\n')\n"
        "        except OSError: pass\n"
        "    return w, b",
        "crash",
    ),
    "prints.py": (
        CORRECT.replace(
            "    residual",
            "    import os; os.write(1, b'x' * 10**7); print('y' * 10**6)\n    residual",
            1,
        ),
        None,
    ),
    "wanders.py": (
        "import os; os.chdir('/')\n"
        + CORRECT.replace("    residual", "    os.chdir('/'); np.random.seed(0)\n    residual", 1),
        None,
    ),
    "forks.py": (
        CORRECT.replace("    residual", "    import os; os.fork()\n    residual", 1),
        None,
    ),
}


@pytest.fixture
def files(tmp_path):
    """Every hostile subject as a file; and where the checker is, before and after."""
    for name, (code, _) in HOSTILE.items():
        tmp_path.joinpath(name).write_text(code)
    return tmp_path


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_file_has_its_verdict(name, files, monkeypatch, capfd):
    """And leaves the checker where it was: directory, random state, output, processes."""
    if name == "loops.py":
        monkeypatch.setattr(process, "IMPORT_TIMEOUT", 1.0)
    directory, state = Path.cwd(), np.random.get_state()[1].tolist()  # noqa: NPY002
    report = check(str(files / name), max_examples=40, timeout=1 if name == "loops.py" else 5)
    assert report.checks[0].fault == HOSTILE[name][1], str(report)
    assert Path.cwd() == directory
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert capfd.readouterr() == ("", "")
    assert not process.ALIVE


def test_a_crash_while_it_is_shrunk_leaves_the_example_that_there_is():
    """The mistake is told as it is, and its problem is one that was asked."""

    def gradient(X, y, w, b):
        if len(y) >= 3 and not y.any():
            os._exit(3)
        r = (1 + (len(y) >= 3)) * (X @ w + b - y)
        return X.T @ r / len(y), r.mean()

    (found,) = check(gradient, max_examples=5).checks
    assert found.fault == "unknown"
    assert "Your answers are wrong from n = 3 on, and right otherwise." in found.explanation
    assert found.counterexample.y.all()


def test_a_training_that_starts_from_infinity_is_not_finite():
    """Its second step cannot be told from where it began, and is no answer of its own."""

    def gradient_descent(X, y, theta, alpha, iters):
        return theta * np.inf

    assert check(gradient_descent, max_examples=10).checks[0].fault == "non-finite"


def test_one_bad_file_does_not_keep_others_from_being_checked(files, capsys):
    """Several files end in a table, in the order in which they were given."""
    names = ["stops.py", "segfault.py", "wanders.py"]
    status = main(["check", *(str(files / n) for n in names), "--max-examples", "20"])
    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [line.split()[1] for line in lines[-3:]] == ["WRONG", "WRONG", "right"]
    assert lines[-2].endswith("gradient: crash")


def test_a_missing_hypothesis_is_named_with_the_way_out(tmp_path, monkeypatch):
    """One line and status 2: what is missing and how to install it."""
    (tmp_path / "right.py").write_text("def predict(X, w, b):\n    return X @ w + b\n")
    blocked = "import sys; sys.modules['hypothesis'] = None; from reference.__main__ import main"
    run = subprocess.run(
        [sys.executable, "-c", f"{blocked}; sys.exit(main(['check', 'right.py']))"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr == "right.py: needs Hypothesis; pip install 'linreg_np[reference]'\n"


def test_exit_statuses(files, capsys):
    """0 all right, 1 a mistake found, 2 could not check; what was found is said."""
    right, wrong = str(files / "wanders.py"), str(files / "stops.py")
    nothing = files / "nothing.py"
    nothing.write_text("def helper(x): return x")
    assert main(["check", right, *FEW]) == 0
    assert main(["check", wrong, *FEW]) == 1
    assert main(["check", right, wrong, *FEW]) == 1
    capsys.readouterr()
    assert main(["check", str(nothing), *FEW]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing to check: found helper" in err
    assert "def gradient(X, y, w, b):" in err
    assert main(["check", str(files / "absent.py")]) == 2
    assert "there is no file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["check", right, "--max-examples", "0"])
    assert stop.value.code == 2
    with pytest.raises(NothingToCheck):
        check(str(nothing))


def test_the_example_in_that_message_is_right(tmp_path):
    """It can be copied."""
    from reference.checker.check import EXAMPLE

    tmp_path.joinpath("copied.py").write_text(EXAMPLE)
    assert check(str(tmp_path / "copied.py"), max_examples=50).passed
    assert len(EXAMPLE.splitlines()) == 6


def test_quiet_says_nothing_of_what_is_right(files, capsys):
    """One mistake, one report."""
    main(["check", str(files / "wanders.py"), "--quiet", *FEW])
    assert capsys.readouterr().out == ""
    main(["check", str(files / "wanders.py"), str(files / "stops.py"), "--quiet", *FEW])
    assert capsys.readouterr().out.startswith(str(files / "stops.py"))


def test_json_is_what_was_promised(tmp_path, capsys):
    """One object for one file, an array for several; every float comes back as it was."""
    file = tmp_path / "sums.py"
    file.write_text(CORRECT.replace("/ len(y)", "* 0.1").replace("residual.mean()", "1e400 * b"))
    main(["check", str(file), "--json", "--max-examples", "30"])
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["file", "passed", "checks"]
    (record,) = found["checks"]
    assert list(record) == [
        "kind",
        "name",
        "passed",
        "fault",
        "explanation",
        "cases",
        "worst_error",
        "counterexample",
    ]
    assert list(record["counterexample"]) == [
        *("X", "y", "w", "b", "lr", "component", "got", "expected")
    ]
    assert record["worst_error"] == "inf"
    report = check(str(file), max_examples=30)
    assert record["counterexample"]["X"] == report.checks[0].counterexample.X.tolist()
    assert record["counterexample"]["expected"] == report.checks[0].counterexample.expected
    main(["check", str(file), str(file), "--json", "--max-examples", "30"])
    assert [r["file"] for r in json.loads(capsys.readouterr().out)] == [str(file)] * 2


def run(*arguments, **options):
    """The command, as a process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "reference", *arguments]
    return subprocess.Popen(command, env=environment, text=True, **options)


def test_no_torch_is_imported(tmp_path):
    """Neither for the command nor for `from reference import check`."""
    file = tmp_path / "right.py"
    file.write_text(CORRECT)
    code = (
        "import sys\nfrom reference import check\nfrom reference.__main__ import main\n"
        f"status = main(['check', {str(file)!r}, '--max-examples', '20'])\n"
        "sys.exit(status or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_subject_never_meets_the_authority(tmp_path):
    """In its process neither `reference` nor Hypothesis is imported."""
    file = tmp_path / "looks.py"
    file.write_text(
        "import sys\ndef gradient(X, y, w, b):\n"
        "    raise LookupError(sorted(m for m in sys.modules if m.split('.')[0] in\n"
        "        ('reference', 'hypothesis', 'exact', 'fractions', 'faults')))"
    )
    assert "LookupError: []" in check(str(file), max_examples=5).checks[0].explanation


def test_ctrl_c_ends_it_cleanly(tmp_path):
    """Status 130, a word on standard error, no subject left behind."""
    file = tmp_path / "endless.py"
    file.write_text(
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(60)"
    )
    job = run("check", str(file), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    job.send_signal(signal.SIGINT)
    out, err = job.communicate(timeout=20)
    assert job.returncode == 130
    assert (out, err) == ("", "interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_progress_is_for_terminals_only(tmp_path):
    """On a terminal a line on standard error, wiped at the end; in a pipe nothing."""
    file = tmp_path / "right.py"
    file.write_text(CORRECT)
    arguments = ["check", str(file), "--max-examples", "5"]
    quiet = run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert quiet.communicate()[1] == ""
    ours, theirs = os.openpty()
    job = run(*arguments, stdout=subprocess.PIPE, stderr=theirs)
    job.communicate()
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "right.py gradient" in shown
    assert shown.endswith("\r\033[K")


def test_the_catalogue_is_printed(capsys):
    """By `python -m reference faults`: name, formula, sentence."""
    assert main(["faults"]) == 0
    out = capsys.readouterr().out
    assert "missing-mean\n    ∇w L = Xᵀ(ŷ − y)" in out
    assert "{" not in out.replace("Σ_{", "").replace("_{", "")
