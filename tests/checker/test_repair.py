"""The smallest repair of a wrong function: what is changed, what is confirmed, what is shown."""

import ast
import json

import pytest
from form_programs import FORMS

from reference.__main__ import main
from reference.checker.check import check
from reference.checker.repairs.edits import (
    Edit,
    Scope,
    Text,
    applied,
    changes,
    compatible,
    repeated,
    tidy,
    with_parentheses,
)
from reference.checker.repairs.moves import moves
from reference.checker.repairs.repair_text import Hunk, Repair, hunks_between, mended

EXAMPLES = 30


pytestmark = pytest.mark.usefixtures("time_enough")


def scope_of(source):
    """The last function of a source."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    return Scope(Text(source), functions[-1])


def sources(source):
    """What all changes make of a source, as text."""
    scope = scope_of(source)
    single = list(changes(scope))
    found = [*single, *repeated(scope, single), *moves(scope)]
    texts = {with_parentheses(applied(source, c.edits)) for c in found}
    return {tidy_or_none(applied(source, c.edits)) for c in found} | texts


def tidy_or_none(text):
    """A changed text without parentheses that it does not need; None where it is no Python."""
    try:
        return tidy(text)
    except SyntaxError:
        return None


GRADIENT = """\
def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)
"""
ONE_FEATURE = """\
def compute_gradient(x, y, w, b):
    r = w * x + b - y
    return (r * x).mean(), r.mean()
"""
CALLER = """\
def gradient_descent(x, y, w, b, lr, n_iters):
    for _ in range(n_iters):
        db, dw = compute_gradient(x, y, w, b)
        w, b = w - lr * dw, b - lr * db
    return w, b
"""
SHUFFLES, PREDICTS = (
    FORMS[f"a class {does}"].source for does in ("that shuffles", "with predictions")
)
WRONG = {
    "shuffled-apart": SHUFFLES.replace("p = np", "Z, s = np")
    .replace("permutation(n)", "permutation(X), np.random.permutation(y)")
    .replace("X[p[i : i + m]], y[p[i : i + m]]", "Z[i : i + m], s[i : i + m]"),
    "predict-not-standardised": PREDICTS.replace(
        "        self.w, self.b = 0",
        "        X = (X - X.mean(axis=0)) / X.std(axis=0)\n        self.w, self.b = 0",
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("fault", WRONG)
def test_a_repair_of_several_lines_makes_the_program_right(fault, tmp_path):
    """The mended copy is judged right; the mistakes of forms have repairs of one line."""
    file, copy = tmp_path / "program.py", tmp_path / "mended.py"
    file.write_text(WRONG[fault])
    wrong = [c for c in check(str(file), max_examples=EXAMPLES, timeout=60).checks if not c.passed]
    assert wrong[0].fault == fault
    copy.write_text(mended(file.read_text(), [wrong[0].repair]))
    assert check(str(copy), max_examples=EXAMPLES, timeout=60).passed, copy.read_text()


def test_a_repair_leaves_other_functions_right(tmp_path):
    """A trainer that misuses a right gradient is mended itself, and not the gradient."""
    file = tmp_path / "program.py"
    file.write_text(f"{ONE_FEATURE}\n{CALLER}")
    checks = check(str(file), max_examples=EXAMPLES, timeout=60).checks
    (wrong,) = [c for c in checks if not c.passed]
    assert wrong.name == "gradient_descent"
    assert wrong.repair.line > len(ONE_FEATURE.splitlines())


@pytest.mark.parametrize("order", [1, -1])
def test_a_wrong_gradient_is_mended_where_it_stands(order, tmp_path):
    """The trainer that calls it has the same repair, whichever comes first in the file."""
    file = tmp_path / "program.py"
    wrong = ONE_FEATURE.replace("(r * x).mean()", "(r * x).sum()")
    caller = CALLER.replace("db, dw", "dw, db")
    file.write_text("import numpy as np\n" + "\n".join([wrong, caller][::order]))
    checks = check(str(file), max_examples=EXAMPLES, timeout=60).checks
    assert [c.fault for c in checks] == ["weight-gradient-sum"] * 2
    assert checks[0].repair == checks[1].repair
    assert "return (r * x)" in checks[0].repair.hunks[0].before


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    "body",
    [
        "return w * 0, 0.0",
        "h = 1e-6\n    L = lambda b: ((X @ w + b - y) ** 2).mean() / 2\n"
        "    return w, (L(b + h) - L(b - h)) / h",
    ],
)
def test_nothing_is_claimed_without_a_repair(body, tmp_path):
    """A function that no small change mends has a line, and no repair."""
    file = tmp_path / "program.py"
    file.write_text(f"def gradient(X, y, w, b):\n    {body}\n")
    report = check(str(file), max_examples=EXAMPLES)
    (wrong,) = report.checks
    assert wrong.verdict == "wrong"
    assert wrong.repair is None
    assert wrong.line >= 2
    assert f"line {wrong.line}" in str(report)


def test_an_exception_has_the_line_where_it_came(tmp_path):
    """Where an exception came, its line."""
    file = tmp_path / "program.py"
    file.write_text(
        "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    if len(y) > 0:\n"
        "        raise ValueError('no')\n    return r\n"
    )
    (found,) = check(str(file), max_examples=EXAMPLES).checks
    assert found.verdict == "unchecked" or found.line == 4


def test_a_function_object_has_the_lines_of_its_file():
    """A function that is passed as it is."""

    def gradient(X, y, w, b):
        r = X @ w + b - y
        return X.T @ r, r.sum() / len(y)

    (wrong,) = check(gradient, max_examples=EXAMPLES).checks
    assert wrong.repair.line == gradient.__code__.co_firstlineno + 2


@pytest.mark.thorough
def test_an_endless_change_is_given_up(tmp_path):
    """A loop that some changes make endless costs a moment, not the time limit."""
    source = """\
def gradient(X, y, w, b):
    i, gw, gb = 0, 0 * w, 0.0
    while i < len(y):
        r = X[i] @ w + b - y[i]
        gw, gb = gw + r * X[i], gb + r
        i = i + 1
    return gw / len(y), gb
"""
    file = tmp_path / "program.py"
    file.write_text(source)
    (wrong,) = check(str(file), max_examples=EXAMPLES, timeout=60).checks
    assert wrong.repair.line == 7


@pytest.mark.sample(4)
@pytest.mark.parametrize("hint", [3, 2, 1, 0])
def test_a_hint_says_no_more_than_it_should(hint, tmp_path, capsys):
    """0: that it is wrong; 1: the equation; 2: what is wrong; 3: the line and the repair."""
    file = tmp_path / "program.py"
    file.write_text(GRADIENT.replace("X @ w + b - y", "y - (X @ w + b)"))
    options = ["--hint", str(hint), "--max-examples", str(EXAMPLES)]
    assert main(["check", *options, str(file)]) == 1
    text = capsys.readouterr().out
    assert "WRONG" in text
    for level, part in ((1, "∇w L"), (2, "sign-flipped"), (2, "smallest example"), (3, "+ 2  r")):
        assert (part in text) == (hint >= level)
    assert main(["check", "--json", *options, str(file)]) == 1
    (found,) = json.loads(capsys.readouterr().out)["checks"]
    assert (found["call"] != "") == (hint >= 1)
    assert (found["fault"] is not None) == (hint >= 2)
    assert (found["counterexample"] is not None) == (hint >= 2)
    assert (found["line"], found["repair"] is not None) == (
        (2, True) if hint == 3 else (None, False)
    )


def test_hints_out_of_range_are_refused():
    """There are four."""
    with pytest.raises(ValueError, match="hint must be 0, 1, 2 or 3"):
        check(test_hints_out_of_range_are_refused, hint=4)


@pytest.mark.sample(2)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_mended_copy_is_written_beside_the_file(newline, tmp_path, capsys):
    """`--repair` never writes over the file, and keeps the rest of it as it is."""
    wrong = "# é\n" + GRADIENT.replace("r.sum() / len(y)", "r.sum()  # sum")
    file = tmp_path / "program.py"
    data = wrong.replace("\n", newline).encode()
    file.write_bytes(data)
    assert main(["check", "--repair", "--max-examples", str(EXAMPLES), str(file)]) == 1
    copy = tmp_path / "program.repaired.py"
    assert str(copy) in capsys.readouterr().err
    assert file.read_bytes() == data
    expected = wrong.replace("r.sum()  #", "r.sum() / len(y)  #").replace("\n", newline)
    assert copy.read_bytes() == expected.encode()
    assert main(["check", "--repair", "--max-examples", str(EXAMPLES), str(copy)]) == 0


def test_the_mended_copy_of_a_notebook_keeps_its_other_cells(tmp_path, capsys):
    """The cell is changed; magics and other cells stay."""
    cells = [
        "%matplotlib inline\nimport numpy as np",
        GRADIENT.replace("r.sum() / len(y)", "r.sum()"),
    ]
    code = [{"cell_type": "code", "source": c.splitlines(keepends=True)} for c in cells]
    file = tmp_path / "program.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": []}, *code]}))
    assert main(["check", "--repair", "--max-examples", str(EXAMPLES), str(file)]) == 1
    assert "cell 2, line 3" in capsys.readouterr().out
    written = json.loads((tmp_path / "program.repaired.ipynb").read_text())["cells"]
    assert "".join(written[1]["source"]) == cells[0]
    assert "".join(written[2]["source"]).rstrip() == GRADIENT.rstrip()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a - b", "b - a"),
        ("(a + b) * 2", "a + b"),
        ("a * b - c", "a * (b - c)"),
        ("a - b + c", "a - (b + c)"),
        ("(a - b) * c", "a - b * c"),
        ("a // b", "a / b"),
        ("a.mean()", "a.sum()"),
        ("a[1][1]", "a[:, 1]"),
        ("f(a, b)", "f(b, a)"),
        ("a.T @ b", "a @ b"),
        ("a @ b", "a.T @ b"),
        ("f(a[:-1], b)", "f(a, b)"),
        ("f(range(1, a))", "f(range(a))"),
        ("f(range(a // b))", "f(range(-(-a // b)))"),
        ("f('ij,k->j', a, b)", 'f("ij,i->j", a, b)'),
        ("a.copy()", "a.astype(float)"),
        ("f(a, dtype=int)", "f(a, dtype=float)"),
        ("a.sum(axis=0)", "a.sum(axis=1)"),
        ("2 * a, 2 * b", "a, b"),
        ("np.mean(a) * np.mean(b)", "(a * b).mean()"),
        ("np.mean(a, axis=0) * b.mean()", "a.T @ b / len(b)"),
        ("np.abs(a - b).mean()", "((a - b) ** 2).mean()"),
        ("[b * a[:, 0] for c in b]", "[b * a[:, c] for c in b]"),
        ("[b * a[0] for _ in c]", "[b * a[j] for j in range(len(c))]"),
        ("[b * a[0] for _ in range(c)]", "[a[0] for _ in range(c)]"),
        ("np.sum(a - b) ** 2", "np.sum((a - b) ** 2)"),
    ],
)
def test_each_change_of_an_expression_is_tried(before, after):
    """Each is among the changes, with the parentheses that it needs and no others."""
    head = "def f(a, b, c):\n    return "
    assert f"{head}{after}\n" in sources(f"{head}{before}\n")


STEP = "def f(w, b, lr, dw, db):\n    {}\n    return w, b\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("w = lr * dw", "w = w - lr * dw"),
        ("w =- lr * dw", "w = w - lr * dw"),
        ("w = lr * dw\n    b = lr * db", "w = w - lr * dw\n    b = b - lr * db"),
        ("w = w - lr * dw", "w = w - lr * dw\n    b = b - lr * db"),
    ],
)
def test_each_change_of_a_step_is_tried(before, after):
    """A parameter less its step, at one place or at all; the step of the bias."""
    assert STEP.format(after) in sources(STEP.format(before))


def test_gradients_that_torch_adds_up_are_set_to_zero():
    """At the end of the block that uses them."""
    step = "with torch.no_grad():\n        w -= lr * w.grad"
    mended_step = f"{step}\n        w.grad.zero_()"
    assert STEP.format(mended_step) in sources(STEP.format(step))


BATCH_LOOP = """\
def f(X, y, w, lr, batch_size):
    n = len(y)
    i = 0
    for k in range(n // batch_size):
        A, t = X[i:i + batch_size], y[i:i + batch_size]
        w = w - lr * X.T @ (X @ w - y) / batch_size
    return w
"""


@pytest.mark.parametrize(
    "mended_lines",
    [
        {"n // batch_size": "-(-n // batch_size)"},
        {"n // batch_size": "-(-n // batch_size)", "/ batch_size\n": "/ len(t)\n"},
        {"X.T @ (X @ w - y)": "A.T @ (A @ w - t)"},
        {"/ batch_size\n": "/ batch_size\n        i += batch_size\n"},
    ],
)
def test_each_change_of_a_loop_over_batches_is_tried(mended_lines):
    """The number of batches, the divisor of a short one, the batch itself, where the next begins."""
    wanted = BATCH_LOOP
    for old, new in mended_lines.items():
        wanted = wanted.replace(old, new)
    assert wanted in sources(BATCH_LOOP)


def test_positions_are_counted_in_characters():
    """Text before an expression may have characters of several bytes."""
    source = "def f(a, b):\n    é = 'ü'; return a - b  # größer\n"
    assert "def f(a, b):\n    é = 'ü'; return b - a  # größer\n" in sources(source)


def test_f_strings_are_left_alone():
    """Their parts have no positions to rely on."""
    source = 'def f(a, b):\n    print(f"{a - b}")\n    return a\n'
    assert all("{a - b}" in s for s in sources(source) if s and "print" in s)


def test_edits_within_each_other_are_applied_in_their_order():
    """The first of two edits of the same text stands around the other."""
    outer, inner = Edit(0, 1, "-(", ")"), Edit(0, 1, "", " / n")
    assert applied("r", [outer, inner]) == "-(r / n)"
    assert compatible([outer, inner])
    assert not compatible([Edit(0, 3, "a"), inner])
    assert not compatible([Edit(0, 2, "(", ")"), Edit(1, 3, "(", ")")])


def test_hunks_show_what_changes_alone():
    """Lines before and after, dedented together."""
    found = Repair(hunks_between("if a:\n    b\n    return\n", "if a:\n    b\nreturn\n"))
    assert str(found) == "- 3      return\n+ 3  return"
    assert found.as_dict() == {"line": 3, "before": "    return", "after": "return"}
    two = Repair((Hunk(1, "a", "b"), Hunk(4, "", "c")))
    assert two.as_dict()["also"] == [{"line": 4, "before": "", "after": "c"}]


@pytest.mark.thorough
def test_without_a_repair_the_line_is_the_one_that_gives_the_wrong_bias_its_value(tmp_path):
    """No small change of a median makes it a mean."""
    source = """\
import numpy as np

def gradient_descent(X, y, w, b, lr, iters):
    for _ in range(iters):
        r = X @ w + b - y
        w = w - lr * X.T @ r / len(y)
        b = b - lr * np.median(r)
    return w, b
"""
    file = tmp_path / "median.py"
    file.write_text(source)
    (found,) = check(str(file), max_examples=60, timeout=4).checks
    assert (found.verdict, found.repair, found.line) == ("wrong", None, 7)
