"""What of a program is executed before its functions are called, and what stands in for the rest."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reference.checker.loading import Program
from reference.checker.sandbox import process
from reference.checker.sandbox.process import Process

GRADIENT = (
    "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r / len(y), r.mean()\n"
)


def finish(process):
    """Let a process end by itself."""
    process.requests.put(None)
    process.popen.wait(10)


@pytest.fixture
def load(tmp_path):
    """What a program defines, and what of it is left out; in a fork of this process."""

    def load(source, name="mine.py"):
        file = tmp_path / name
        file.write_text(source)
        with Process(str(file), "", 10, {}, source) as process:
            found = process.load()
            finish(process)
        return [f["name"] for f in found["found"]], dict(found["left_out"])

    return load


@pytest.fixture
def answer(tmp_path):
    """The number that `f()` of a program returns, or what it raises."""

    def answer(source, name="mine.py"):
        file = tmp_path / name
        file.write_text(source)
        with Process(str(file), "", 10, {}, source) as process:
            process.load()
            (output,) = process.ask([{"target": "f", "args": []}])
            finish(process)
        return output.raised["message"] if output.raised else output.parts[0].values.tolist()[0]

    return answer


LEFT_OUT = [
    ("data = open('no.csv').read()", "reads the file no.csv"),
    ("import pathlib\ndata = pathlib.Path('no.csv').read_text()", "reads the file no.csv"),
    ("import numpy as np\ndata = np.loadtxt('no.csv')", "no.csv"),
    ("data = 1 / 0", "ZeroDivisionError"),
    ("data = input('n? ')", "EOF"),
    ("import time\ndata = time.sleep(5)", "more than 1 second"),
    ("data = sum(1 for _ in iter(int, 1))", "more than 1 second"),
    ("import subprocess\ndata = subprocess.run(['ls'])", "another program"),
    ("import urllib.request\ndata = urllib.request.urlopen('http://a.b')", "network"),
    ("import no_such_module", "No module named no_such_module"),
    ("from no_such_module import data", "No module named no_such_module"),
    ("raise SystemExit", None),
    ("while True: pass", None),
    ("print(input())", None),
]


@pytest.mark.sample(6)
@pytest.mark.parametrize(("source", "why"), LEFT_OUT)
def test_what_cannot_be_executed_is_left_out_and_said(load, source, why):
    """And the function below it is found all the same."""
    names, left_out = load(f"{source}\n{GRADIENT}")
    assert names == ["gradient"]
    (line,) = left_out
    assert line == source.count("\n") + 1
    assert (why or "") in left_out[line]
    assert bool(left_out[line]) == bool(why)


MESSAGES = [
    ("import no_such\ndef f(): return no_such.g()", "No module named no_such .line 1.; install"),
    ("from no_such import *\ndef f(): return g()", "No module named no_such .line 1."),
    ("data = open('a.csv')\nX = data.x\ndef f(): return len(X)", "`data` .*a.csv .line 1."),
    ("for i in range(3): n = i / 0\ndef f(): return n", "`n` is left out: ZeroDivisionError"),
    ("def f(): return xrange(3)", "Python 2: xrange is range now"),
]


@pytest.mark.sample(2)
@pytest.mark.parametrize(("source", "message"), MESSAGES)
def test_a_placeholder_says_why_when_it_is_used(answer, source, message):
    """Not that a name is not defined."""
    assert re.search(message, answer(source))


NEEDED = [
    "import no_such\ndef f(x: no_such.Array = None) -> no_such.Array | None: return 7",
    "import no_such as ns\ndef f(): return 7 if not isinstance(1, ns.Array) else 0",
    "from __future__ import annotations\ndef f(x: Nowhere = 1): return 7",
    "if True:\n    print(1)\n    def f(): return 7",
    "try:\n    import no_such\nexcept ImportError:\n    no_such = None\ndef f(): return 7",
    "import functools\nf = functools.partial(lambda x: x, 7)",
    "n = 7\ndef f(): return n",
    "n, k = 3, 4\nn += k\ndef f(): return n",
    "for i in range(8): n = i\ndef f(): return n",
    "rows = []\nfor i in range(7): rows.append(i)\ndef f(): return len(rows)",
    "rows = []\nfor i in range(7): rows.append(i)\nn = len(rows)\nrows = rows\ndef f(): return n * (len(rows) == 7)",
    "with open(__file__) as t: n = 7\ndef f(): return n",
    "if __name__ == '__main__':\n    n = 7\ndef f(): return n",
    "import numpy as np\nnp.random.seed(3)\nn = np.random.rand()\nnp.random.seed(3)\n"
    "m = np.random.rand()\ndef f(): return 7 * (n == m)",
]


@pytest.mark.sample(6)
@pytest.mark.parametrize("source", NEEDED)
def test_what_a_function_needs_is_there(answer, source):
    """Assignments, settings, and the code at the top level that makes a name of a function."""
    assert answer(source) == 7


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "rest",
    [
        "w = 0\nfor _ in range(9): w = w + 1\nopen('made', 'w')",  # w is a parameter alone
        "if __name__ == '__main__':\n    open('made', 'w')",
        "import os\nfor i in range(3):\n    os.mkdir(f'made{i}')",
    ],
)
def test_code_that_no_function_needs_is_not_run(load, rest, tmp_path, monkeypatch):
    """A parameter is no name of the top level."""
    monkeypatch.chdir(tmp_path)
    names, _ = load(f"{GRADIENT}{rest}\n")
    assert names == ["gradient"]
    assert list(tmp_path.glob("made*")) == []


def test_the_rest_is_run_up_to_what_is_needed(load):
    """The endless loop below is not."""
    source = "for i in range(3): n = i\ndef f(): return n\nwhile True: pass\n"
    names, left_out = load(source)
    assert (names, left_out) == (["f"], {3: ""})


@pytest.mark.thorough
def test_an_endless_loop_that_a_function_needs_ends_in_time(load):
    """The other functions are found."""
    source = f"n = 0\nwhile True:\n    try: k = n\n    except Exception: pass\ndef f(): return k\n{GRADIENT}"
    names, left_out = load(source)
    assert names == ["f", "gradient"]
    assert "takes more than" in left_out[2]


PUBLIC = [
    ("from math import sqrt\ndef f(): pass\ndef _g(): pass", ["f"]),
    ("class A:\n    def __call__(self): pass\na = A()", ["A"]),
    ("import math\ng = math.sqrt", []),
    ("import functools\n@functools.lru_cache\ndef f(): pass", ["f"]),
    ("def wrap(f): return lambda *a: f(*a)\n@wrap\ndef f(): pass", ["wrap", "f"]),
    ("f = lambda x: x\nn = 3", ["f"]),
    ("import no_such\n@no_such.jit\ndef f(): pass\ndef g(): pass", ["g"]),
]


@pytest.mark.sample(4)
@pytest.mark.parametrize(("source", "names"), PUBLIC)
def test_what_a_program_defines_is_public(load, source, names):
    """Not what it imports, and not the objects of its classes."""
    assert load(source)[0] == names


def test_an_alias_names_the_function_that_it_is(tmp_path):
    """So that it is judged once."""
    source = "def f(): pass\ng = f\n"
    with Process(str(tmp_path / "a.py"), "", 5, source=source) as process:
        found = process.load()["found"]
    assert [(f["name"], f["alias_of"]) for f in found] == [("f", ""), ("g", "f")]


def test_modules_beside_the_program_are_read_from_their_source(answer, tmp_path):
    """Also in packages and by relative imports; old bytecode is not read, and none is left."""
    package = tmp_path / "pack"
    package.mkdir()
    for file in (tmp_path / "beside.py", package / "__init__.py", package / "inner.py"):
        file.write_text("n = 5\n")
    program = "import beside\nfrom pack.inner import n\ndef f(): return beside.n + n - 3\n"
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(tmp_path)], check=True)
    caches = list(tmp_path.rglob("__pycache__"))
    for cache in caches:
        for file in cache.iterdir():  # the bytecode claims to be of the source as it is
            data = file.read_bytes().replace(b"\x05\x00\x00\x00", b"\x04\x00\x00\x00")
            file.write_bytes(data)
    assert answer(program) == 7
    for cache in caches:
        for file in cache.iterdir():
            file.unlink()
        cache.rmdir()
    assert answer(program) == 7
    assert list(tmp_path.rglob("__pycache__")) == []
    relative = "from .inner import n\ndef f(): return n + 2\n"
    assert answer(relative, "pack/mine.py") == 7


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["22a_mine.py", "mine.py", "with-dash.py"])
def test_child_processes_find_the_program_by_its_name(answer, name):
    """A pool of spawned processes imports the module that a function is of."""
    source = (
        "import multiprocessing as mp\ndef g(x): return x + 1\n"
        "def f():\n    with mp.get_context('spawn').Pool(1) as pool: return pool.map(g, [6])[0]\n"
    )
    assert answer(source, name) == 7


def test_a_program_from_elsewhere_has_its_own_lines(tmp_path):
    """The line of an exception is that of the source that was sent."""
    source = "def f():\n    return 1 / 0  # here\n"
    with Process("<stdin>", "", 5, source=source) as process:
        process.load()
        (output,) = process.ask([{"target": "f", "args": []}])
    assert output.raised["lineno"] == 2
    assert "here" in output.raised["line"]
    assert Program("<stdin>", source).line(2).endswith("# here")
    assert not Path("<stdin>").exists()


def described(source, file, name=""):
    """What is found in a source or a module."""
    with Process(file, name, 10, {}, source) as process:
        found = process.load()["found"]
        finish(process)
    return {f["name"]: f for f in found}


def test_a_class_is_described_by_its_methods(tmp_path):
    """With the parameters of each, without self; an abstract one is known as such."""
    source = (
        "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def fit(self, X): ...\n"
        "class B:\n    def __init__(self, lr: float = 0.1): ...\n    def fit(self, X, y=()): ...\n"
        "class C(metaclass=abc.ABCMeta):\n    __signature__ = 3\n"
    )
    found = described(source, str(tmp_path / "a.py"))
    classes = {n: f["abstract"] for n, f in found.items() if f["is_class"]}
    assert classes == {"A": True, "B": False, "C": False}
    assert set(found) - set(classes) == {"A.fit", "B.fit"}
    assert [p["name"] for p in found["B"]["methods"]["fit"]] == ["X", "y"]
    (lr,) = found["B"]["parameters"]
    assert (lr["default"], lr["annotation"], lr["required"]) == ("0.1", "float", False)


def test_a_module_is_imported_by_its_name():
    """One name of it, or all that it defines itself."""
    assert list(described("", "reference.exact", "gradient")) == ["gradient"]
    found = described("", "reference.exact")
    assert "gradient" in found
    assert "Fraction" not in found


@pytest.mark.thorough
def test_slow_assignments_have_a_common_limit(load):
    """The last of them are not tried."""
    slow = "import time\n" + "".join(f"a{i} = time.sleep(3)\n" for i in range(9))
    names, left_out = load(f"{slow}{GRADIENT}")
    assert names == ["gradient"]
    assert len(left_out) == 9


@pytest.mark.thorough
def test_a_slow_import_is_told_from_a_loop(tmp_path, monkeypatch):
    """Each is left out by itself; what needs neither is judged."""
    (tmp_path / "looping.py").write_text("while True: pass")
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "slow.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(packages))
    monkeypatch.setattr(process, "IMPORT_TIMEOUT", 1.0)
    whys = []
    for name in ("looping", "slow"):
        source = f"import {name}\n{GRADIENT}"
        with Process(str(tmp_path / "mine.py"), "", 1.0, source=source) as opened:
            found = opened.load()
        assert [f["name"] for f in found["found"]] == ["gradient"]
        whys += [why for _, why in found["left_out"]]
    assert "loop" in whys[0]
    assert "looping.py, line 1" in whys[0]
    assert "slow import" in whys[1]
