"""The command line: what it takes, what it prints and where, and with which status it ends."""

import io
import json
import re
import sys
import zipfile
from pathlib import Path

import pytest

from reference import __main__ as command
from reference import assert_gradient
from reference import check as check_program
from reference.checker import check as checking
from reference.checker.command.classroom import Submission, table
from reference.checker.command.formats import as_json
from reference.checker.diagnosis.faults import CATALOGUE


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("a.py", 0),
        ("wrong.py", 1),
        ("a.py wrong.py", 1),
        ("wrong.py absent.py fails.py", 1),
        ("absent.py", 2),
        ("a.py absent.py", 2),
        ("a.py fails.py", 2),
        ("seed.py", 2),
        ("partly.py", 0),
        ("partly.py --strict", 2),
        ("wrong.py partly.py --strict", 1),
        ("no*such.py", 2),
    ],
)
@pytest.mark.usefixtures("checked")
def test_the_status_tells_right_wrong_and_not_checked(arguments, status):
    """0 all right, 1 a mistake in any, 2 none found but not all could be checked."""
    assert command.main(["check", *arguments.split()]) == status


DEFAULTS = {"loss": "auto", "seed": 0, "max_examples": 1000, "timeout": 10.0, "call": [], "hint": 3}
DEFAULTS |= {"sandbox": "auto", "only": [], "plain": False}


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ([], {}),
        (["--loss", "sse", "--seed", "7"], {"loss": "sse", "seed": 7}),
        (["--max-examples", "1", "--timeout", "0.5"], {"max_examples": 1, "timeout": 0.5}),
        (["--call", "f(a: X)", "--call", "g(a=1)"], {"call": ["f(a: X)", "g(a=1)"]}),
        (["--only", "f,Model.fit", "--hint", "1"], {"only": ["f", "Model.fit"], "hint": 1}),
    ],
)
def test_options_reach_the_check(arguments, changed, checked):
    """Or their defaults, which are those of `check`."""
    command.main(["check", "a.py", *arguments])
    ((target, options),) = checked
    assert (target, options) == ("a.py", DEFAULTS | changed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("check a.py --max-examples 0", "--max-examples: must be positive, got 0"),
        ("check a.py --timeout -1", "--timeout: must be positive, got -1"),
        ("check a.py --timeout nan", "--timeout: must be positive, got nan"),
        ("check a.py --timeout x", "--timeout: invalid positive float value: 'x'"),
        ("check a.py --jobs 0", "--jobs: must be positive, got 0"),
        ("check a.py --only 1a", "--only: must be names like gradient,loss, got '1a'"),
        ("check a.py --points gradient", "--points: must be like 'gradient=5 loss=2', got 'gradi"),
        ("check a.py --points gradient=-1", "--points: must be like .*, got 'gradient=-1'"),
        ("check a.py --seed -1", "--seed: must not be negative, got -1"),
        ("check a.py --timeout 1e10", "--timeout: must be at most 86,400, got 1e10"),
        ("check a.py --sandbox on", "--sandbox: invalid choice: 'on'.*require"),
        ("check a.py --loss l2", "--loss: invalid choice: 'l2'.*half-mse"),
        ("check a.py --call f(a)", "--call: 'a' is neither .*a call is written f"),
        ("check", "required: FILE"),
        ("list", "invalid choice: 'list'"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, capsys, checked):
    """With the rule and status 2; nothing is checked."""
    with pytest.raises(SystemExit) as stop:
        command.main(arguments.split())
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: python -m reference")
    assert re.search(message, err)
    assert checked == []


def test_without_arguments_the_purpose_and_the_commands_are_printed(capsys):
    """One page, as with --help; the status says that nothing was judged."""
    assert command.main([]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert "linreg-check my_gradient.py" in out
    with pytest.raises(SystemExit) as stop:
        command.main(["--help"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip() == out.strip()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ("-h", "faults check"),
        (
            "check -h",
            "FILE.py FILE.ipynb FILE.py:NAME package.module:NAME folder .zip --json --quiet --loss "
            "half-mse --seed --max-examples 1000 --timeout 10 --call grad_w --strict exit understood",
        ),
    ],
)
def test_the_help_names_commands_options_and_defaults(arguments, parts, capsys):
    """On standard output, with status 0."""
    with pytest.raises(SystemExit) as stop:
        command.main(arguments.split())
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert [p for p in parts.split() if p not in out] == []
    assert "{" not in out.partition("targets:")[2]


@pytest.mark.parametrize(
    ("arguments", "shown", "has_table"),
    [
        ("wrong.py", ["wrong.py"], False),
        ("a.py wrong.py", ["a.py", "wrong.py"], True),
        ("a.py absent.py wrong.py", ["a.py", "absent.py", "wrong.py"], True),
        ("a.py --quiet", [], False),
        ("a.py wrong.py absent.py --quiet", ["wrong.py"], False),
    ],
)
@pytest.mark.usefixtures("checked")
def test_reports_are_printed_in_order_and_several_end_in_a_table(
    arguments, shown, has_table, capsys, report
):
    """Only what is wrong with --quiet; what could not be read is on standard error then."""
    command.main(["check", *arguments.split()])
    out, err = capsys.readouterr()
    targets = [a for a in arguments.split() if a.endswith(".py")]
    found = [Submission(t, (report(t),)) for t in targets]
    rows = f"\n{table(found)}\n" if has_table else ""
    rows += "\nmistakes, and in how many submissions:\n      1   stale\n" if has_table else ""
    assert out == "".join(f"{report(t)}\n" for t in shown) + rows
    quiet = "absent" in arguments and "--quiet" in arguments
    assert err == ("absent.py: there is no file absent.py\n" if quiet else "")


@pytest.mark.usefixtures("checked")
def test_json_is_all_that_is_printed(capsys, report):
    """Also of what could not be checked."""
    command.main(["check", "a.py", "absent.py", "--json"])
    found = [Submission(t, (report(t),)) for t in ("a.py", "absent.py")]
    assert capsys.readouterr() == (f"{as_json(found, False)}\n", "")


@pytest.mark.usefixtures("checked")
def test_an_error_of_the_checker_is_said_and_keeps_nothing_from_being_checked(capsys):
    """With its place, and no traceback."""
    assert command.main(["check", "fails.py", "wrong.py"]) == 1
    out, err = capsys.readouterr()
    assert re.search(r"the checker failed: ZeroDivisionError: of the checker \(.*line \d+\)", out)
    assert "stale" in out
    assert err == ""


def test_a_folder_and_an_archive_are_checked_file_by_file(tmp_path, capsys, checked):
    """What is left out of them is said."""
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "a.py").touch()
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("b.py", "")
    assert command.main(["check", str(tmp_path), str(tmp_path / "all.zip")]) == 0
    assert [Path(t).name for t, _ in checked] == ["a.py", "b.py"]
    assert "left out: venv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "status", "err"), [("stop.py", 130, "interrupted\n"), ("wrong.py", 1, "")]
)
@pytest.mark.usefixtures("checked")
def test_ctrl_c_is_an_ordinary_end(target, status, err, capsys, monkeypatch):
    """Status 130 and a word; whatever runs is killed."""
    killed = []
    monkeypatch.setattr(command, "kill_all", lambda: killed.append(1))
    monkeypatch.setattr(sys, "argv", ["reference", "check", target])
    assert command.run() == status
    assert capsys.readouterr().err == err
    assert bool(killed) == bool(err)


@pytest.mark.usefixtures("checked")
def test_output_that_has_no_letters_for_it_is_escaped(monkeypatch):
    """∇ becomes its escape where the stream is ASCII."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "argv", ["reference", "check", "wrong.py"])
    assert command.run() == 1
    stream.flush()
    assert b"\\u2207w L" in stream.buffer.getvalue()


@pytest.mark.usefixtures("checked")
def test_progress_is_a_line_on_a_terminal(capsys, monkeypatch):
    """How many are done of how many, the file and the function, in 80 columns; then nothing."""
    command.main(["check", "a.py", "absent.py"])
    assert "\r" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    command.main(["check", "some/where/mine.py", f"{'x' * 100}.py", "absent.py"])
    err = capsys.readouterr().err
    assert re.search(r"\r\033\[K[01]/3 mine\.py grad\r", err)
    assert re.search(r"\r\033\[K[01]/3 x{50,}\r", err)
    assert max(len(line) for line in err.split("\r")) < 80
    assert err.endswith("\r\033[K")


def test_faults_prints_the_whole_catalogue(capsys):
    """Name, formula and sentence of each, in its order, with nothing left to fill in."""
    assert command.main(["faults"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^(\S+)\n    \S", out, re.MULTILINE) == [f.name for f in CATALOGUE]
    assert all(f.formula in out for f in CATALOGUE)
    assert "{subject}" not in out
    assert "{section}" not in out
    assert re.search(r"^missing-mean\n    ∇w L = Xᵀ\(ŷ − y\).*\n    .*1/n", out, re.MULTILINE)


GRADIENT = """
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.mean()
"""
HARD = """
def solve_it(feat, v, targ, k):
    r = feat @ v[1:] + v[0] - targ
    return {"rest": feat.T @ r / len(targ) * k, "first": r.mean() * k}
class Fitter:
    def __init__(self, q): self.q = q
    def go(self, A, t, rounds):
        self.p, self.r = A[0] * 0.0, 0.0
        for _ in range(rounds):
            e = A @ self.p + self.r - t
            self.p, self.r = self.p - self.q * A.T @ e / len(t), self.r - self.q * e.mean()
"""
CALL = "solve_it(feat: X, v: theta, targ: y, k=1.0) -> rest: grad_w, first: grad_b"
CALL_OF_CLASS = "Fitter(q: lr).go(A: X, t: y, rounds: iters) -> p: w, r: b"


@pytest.fixture
def run(tmp_path):
    """The report on a source, as JSON has it, and its text."""

    def run(source, name="mine.py", **options):
        file = tmp_path / name
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        found = check_program(str(file), max_examples=5, **options)
        return found.as_dict(), str(found)

    return run


def verdicts(found):
    """{name: verdict} of a report."""
    return {c["name"]: c["verdict"] for c in found["checks"]}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ([CALL, CALL_OF_CLASS], "right"),
        ([CALL.replace("1.0", "2.0"), CALL_OF_CLASS.replace("p: w, r: b", "r: b, p: w")], "wrong"),
    ],
)
def test_a_call_that_is_given_is_the_one_that_is_used(run, call, verdict):
    """Its roles, constants and answers; a gradient twice as large is wrong with k=2."""
    found, _ = run(HARD, call=call, loss="half-mse")
    assert verdicts(found) == {"solve_it": verdict, "Fitter": "right"}


@pytest.mark.parametrize(
    ("answer", "call"),
    [
        ("{'g': A.T @ (A @ v - t) / len(t)}", "h(A: X, v: theta, t: y) -> g: grad"),
        ("[A @ v[1:] + v[0]]", "h(A: X, v: theta, t=None) -> y_hat"),
        ("(A @ v + c - t).mean()", "h(A: X, v: w, t: y, c: b) -> grad_b"),
    ],
)
def test_an_answer_that_is_told_is_read(run, answer, call):
    """As one array of all, or as one part."""
    found, text = run(f"def h(A, v, t, c=0.0): return {answer}\n", call=[call], loss="half-mse")
    assert "right" in verdicts(found).values(), text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("g(a: X)", "--call is for g; it defines solve_it, Fitter"),
        ("solve_it(x: X)", "solve_it has no parameter x, but feat, v, targ, k"),
        ("Fitter(q: lr)", r"Fitter is a class: write --call 'Fitter\(\.\.\.\)\.go"),
    ],
)
def test_a_call_that_does_not_fit_the_file_is_said(run, call, message):
    """The file is not checked then."""
    found, _ = run(HARD, call=call)
    assert re.search(message, found["unchecked"])
    assert found["passed"] is None


def test_what_is_none_of_ours_stands_on_one_line(run):
    """Imported names, abstract bases, plots; an alias is named with its function."""
    source = (
        "import abc\nfrom no_such import compute_loss\nfrom math import sqrt\n"
        "class Base(abc.ABC):\n    @abc.abstractmethod\n    def fit(self): ...\n"
        f"def plot_data(): pass\ndef helper(a): pass\n{GRADIENT}\ngrad = gradient\n"
    )
    found, text = run(source)
    assert verdicts(found) == {
        **dict.fromkeys(("Base", "plot_data", "helper", "compute_loss"), "unchecked"),
        "gradient": "right",
    }
    assert re.search(r"not checked: Base, plot_data, helper, compute_loss$", text, re.MULTILINE)
    assert "also named grad" in text


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        ("def gradient(X):\n    print 'x'\n", "mine.py", r"Python 2: print .*line 2"),
        ("def gradient(X:\n", "mine.py", "no Python 3"),
        (f"import os\nn = os._exit(0)\n{GRADIENT}", "mine.py", "cannot be imported: .*exit code 0"),
        (b"{}" + GRADIENT.encode(), "mine.ipynb", "no notebook"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_not_checked(run, source, name, reason):
    """With its reason, and the names that stand in it."""
    found, text = run(source, name)
    assert re.search(reason, found["unchecked"])
    assert re.search(rf"not checked +.*{reason}", text)
    assert found["passed"] is None
    assert verdicts(found) in ({"gradient": "unchecked"}, {})


@pytest.mark.parametrize("target", ["/absent.py", "no_such_module_at_all:f", "/"])
def test_a_target_that_is_not_there_is_not_checked(target):
    """Neither an exception nor a mistake."""
    found = check_program(target)
    assert found.unchecked
    assert found.status == 2


def test_a_module_that_cannot_be_imported_is_not_checked(tmp_path, monkeypatch):
    """With what it raised."""
    (tmp_path / "module_that_raises.py").write_text("raise LookupError('here')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = check_program("module_that_raises:f")
    assert re.search("cannot be imported: LookupError: here", found.unchecked)


def test_a_builtin_has_no_source_and_is_not_checked():
    """It is asked all the same."""
    found = check_program(max, max_examples=5)
    assert (found.file, found.status) == ("max", 2)


def test_sums_are_right_where_the_files_own_loss_is_a_sum(run):
    """And wrong where it is a mean."""
    sums = GRADIENT.replace("/ len(y)", "").replace("mean", "sum")
    loss = "def loss(X, y, w, b): return 0.5 * ((X @ w + b - y) ** 2).{}()\n"
    for name, verdict in (("sum", "right"), ("mean", "wrong")):
        found, _ = run(sums + loss.format(name))
        assert verdicts(found) == {"gradient": verdict, "loss": "right"}


def test_a_missing_module_is_the_reason_of_what_needs_it_alone(run):
    """With its line, and what to do."""
    source = f"import no_such\n{GRADIENT}\ndef loss(X, y, w, b): return no_such.mse(X @ w + b, y)\n"
    found, text = run(source)
    assert verdicts(found) == {"gradient": "right", "loss": "unchecked"}
    reason = next(c["reason"] for c in found["checks"] if c["name"] == "loss")
    assert re.search(r"cannot be imported: No module named no_such \(line 1\); install it", reason)
    assert "--call" not in text


def test_a_function_that_could_not_be_defined_is_named(run):
    """Its decorator is missing."""
    found, text = run(f"import no_such\n{GRADIENT}@no_such.jit\ndef grad_b(X, y, w, b): return 1\n")
    assert verdicts(found) == {"gradient": "right", "grad_b": "unchecked"}
    assert re.search(r"grad_b +not checked +.*no_such \(line 1\)", text)
    assert found["passed"] is None


def test_the_lines_of_a_notebook_are_told_by_their_cells(run):
    """In reasons and in what was left out."""
    cells = [
        GRADIENT,
        "import no_such\nprint(no_such.x)",
        "def loss(X, y, w, b): return no_such.x()",
    ]
    data = json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells]})
    found, _ = run(data, "mine.ipynb")
    assert verdicts(found) == {"gradient": "right", "loss": "unchecked"}
    assert "no_such (cell 2, line 1)" in found["checks"][1]["reason"]
    assert any("cell 2, line 2 on was not run" in said for said in found["left_out"])


@pytest.mark.parametrize(
    ("loop", "header", "result"),
    [
        (
            "for _ in range(9):\n    r = a * x - t\n    a -= 0.1 * (r * x).mean()",
            "x, t, a, n_iters",
            "a",
        ),
        (
            "for _ in range(n):\n    r = a * x - t\n    a, c = a - lr * r.mean(), c - lr * 2",
            "x, t, a, c, lr, n",
            "a, c",
        ),
        ("while c < 9:\n    a = a - lr * (a * x - t).mean()\n    c = c + 1", "x, t, a, c, lr", "a"),
    ],
)
def test_a_script_is_shown_how_to_wrap_its_loop(run, loop, header, result):
    """The lines that are shown can be executed."""
    before = "import numpy as np\nx, t = np.ones(3), np.ones(3)\na, c, lr, n = 0.0, 0, 0.1, 3\n"
    found, text = run(f"{before}{loop}\nprint(a)\n")
    (check,) = found["checks"]
    assert (check["kind"], check["name"], check["verdict"]) == ("script", "<script>", "unchecked")
    code = "\n".join(check["remarks"])
    assert code.startswith(f"def gradient_descent({header}):")
    assert code.endswith(f"    return {result}")
    compile(code, "shown", "exec")
    assert re.search(r"training loop in lines 4–\d", text)


def test_a_file_without_anything_is_shown_a_gradient(run):
    """Which is right."""
    found, _ = run("print(1)\n")
    (check,) = found["checks"]
    assert "no function, no class and no training loop" in check["reason"]
    again, _ = run("\n".join(check["remarks"]))
    assert verdicts(again) == {"gradient": "right"}


def test_methods_are_judged_through_the_training(run):
    """A gradient among them is missed only where the class could not be judged."""
    found, _ = run(f"{HARD}    def gradient(self, A): return A\n", call=CALL_OF_CLASS)
    assert verdicts(found) | {"solve_it": ""} == {
        "solve_it": "",
        "Fitter": "right",
        "Fitter.gradient": "unchecked",
    }
    assert next(c["kind"] for c in found["checks"] if "." in c["name"]) == "other"
    found, _ = run("class A:\n    def gradient(self): return 1\n")
    assert found["passed"] is None
    assert verdicts(found) == {"A": "unchecked", "A.gradient": "unchecked"}


def test_assert_gradient_is_for_right_functions_alone():
    """One that could not be checked is a failure too, and says why; its call can be given."""

    def strange(feat, v, targ, k):
        raise LookupError("nothing here")

    with pytest.raises(AssertionError, match="not checked"):
        assert_gradient(strange, max_examples=5)
    with pytest.raises(AssertionError, match=r"WRONG"):
        assert_gradient(lambda X, y, w, b: (w, b), max_examples=5)
    with pytest.raises(ValueError, match="is no call"):
        assert_gradient(strange, call="strange")

    def odd(feat, v, u, targ):
        r = feat @ v + u - targ
        return r.mean(), feat.T @ r / len(r)

    text = "odd(feat: X, v: w, u: b, targ: y) -> grad_b, grad_w"
    assert assert_gradient(odd, max_examples=5, call=text) is None


def test_an_error_of_the_checker_is_that_functions_alone(run, monkeypatch):
    """The others are judged."""
    judge = checking.judge

    def failing(process, definition, *rest):
        if definition.name == "loss":
            raise ZeroDivisionError("here")
        return judge(process, definition, *rest)

    monkeypatch.setattr(checking, "judge", failing)
    found, text = run(f"{GRADIENT}\ndef loss(X, y, w, b): return 1\n")
    assert verdicts(found) == {"gradient": "right", "loss": "unchecked"}
    assert "the checker failed: ZeroDivisionError: here" in text


def test_assert_gradient_has_the_options_of_check():
    """Its failure shows the report, as far as the hint allows; what is no option is refused."""

    def gradient(X, y, w, b):
        r = y - (X @ w + b)
        return X.T @ r / len(y), r.mean()

    for hint, shown in ((1, False), (2, True)):
        with pytest.raises(AssertionError, match="WRONG") as failure:
            assert_gradient(gradient, hint=hint, max_examples=5, timeout=60)
        assert ("sign-flipped" in str(failure.value)) == shown
    with pytest.raises(TypeError, match="no_such"):
        assert_gradient(gradient, no_such=1)
