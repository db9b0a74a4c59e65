"""The house as DESIGN has it: who imports whom, which function is which equation."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import linreg_np
import reference
from reference import autograd

ROOT = Path(__file__).parents[2]
FILES = {name: sorted(ROOT.joinpath(name).rglob("*.py")) for name in ("linreg_np", "reference")}
FOREIGN = {
    "linreg_np": {"reference", "demos", "tests", "torch", "matplotlib", "hypothesis", "pytest"},
    "reference": {"linreg_np", "demos", "tests", "matplotlib", "pytest", "scipy"},
    "demos": {"tests", "pytest"},
}

EQUATIONS = {
    "0": ("price = w_area · area + w_age · age + b", ["data.price"]),
    "1.1a": ("ŷ = wᵀx + b", ["model.predict_one"]),
    "1.1b": ("ŷ = Xw + b", ["model.predict"]),
    "1.2a": ("l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²", ["loss.squared_loss"]),
    "1.2b": ("L = (1/n) Σᵢ l⁽ⁱ⁾", ["loss.loss"]),
    "1.3a": ("∂l/∂w_j = ∂l/∂ŷ · ∂ŷ/∂w_j", ["chain_rule.dl_dw"]),
    "1.3b": ("∂l/∂ŷ = ŷ − y", ["chain_rule.dl_dyhat"]),
    "1.3c": ("∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1", ["chain_rule.dyhat_db", "chain_rule.dyhat_dw"]),
    "1.3d": (
        "∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y",
        ["chain_rule.dl_db", "chain_rule.dl_dw"],
    ),
    "1.3e": ("∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾", ["chain_rule.dL_dw"]),
    "1.3f": (
        "∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
        ["gradient.gradient"],
    ),
    "1.3g": ("w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)", ["sgd.sgd_step"]),
    "1.3h": ("b ← b − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)", ["sgd.sgd_step"]),
    "2": ("the path of w on the surface L(w₁, w₂) at a fixed b", ["train.fit"]),
}


def imported(file):
    """The dotted names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reading_order():
    """The modules in the order in which the package's docstring says to read them."""
    lines = linreg_np.__doc__.partition("Read the files")[2].splitlines()
    return [line.split()[0] for line in lines if line.startswith("    ")]


@pytest.mark.parametrize("package", FOREIGN)
def test_arrows_point_one_way(package):
    """The engine knows nobody, the reference not the engine, and no one knows the tests."""
    for file in ROOT.joinpath(package).rglob("*.py"):
        roots = {name.split(".")[0] for name in imported(file)}
        assert not roots & FOREIGN[package], file


def test_the_engine_imports_numpy_and_the_standard_library_alone():
    """In its source: no other package is named, and none of its own by a relative dot."""
    allowed = {"numpy", "linreg_np", *sys.stdlib_module_names}
    for file in FILES["linreg_np"]:
        assert {name.split(".")[0] for name in imported(file)} <= allowed, file


def test_importing_the_engine_does_nothing():
    """In a new process: nothing but NumPy and the standard library, no output, no random draw."""
    code = (
        "import sys, numpy, random\n"
        "import linreg_np as L\n"
        "new = {m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(m for m in new if not m.startswith('__')))"
    )
    run = subprocess.run(
        [sys.executable, "-Ic", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(ast.literal_eval(run.stdout))
    assert found <= {"linreg_np", "numpy", *startup_modules()}
    assert run.stderr == ""


def startup_modules():
    """What site-packages' own .pth files load into every new process."""
    code = "import sys; print(sorted({m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(run.stdout)


def test_reading_order_is_import_order():
    """Each file of the engine imports only from files above it, and all files are in the order."""
    order = reading_order()
    assert sorted(order) == sorted(f.stem for f in FILES["linreg_np"] if f.stem != "__init__")
    for file in FILES["linreg_np"]:
        if file.stem == "__init__":
            continue
        parts = (name.split(".") for name in imported(file))
        above = order[: order.index(file.stem)]
        for name in parts:
            if name[0] == "linreg_np":
                assert len(name) > 1, f"{file.name} imports the package as a whole"
                assert name[1] in above, f"{file.name} imports {name[1]}"


def functions():
    """(module.function, function) of every public function of the engine."""
    for info in pkgutil.iter_modules(linreg_np.__path__):
        module = __import__(f"linreg_np.{info.name}", fromlist=["_"])
        for name, f in inspect.getmembers(module, inspect.isfunction):
            if f.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{info.name}.{name}", f


@pytest.mark.parametrize("section", EQUATIONS)
def test_each_equation_stands_over_its_function(section):
    """The equation opens the docstring of exactly the function that computes it."""
    equation, expected = EQUATIONS[section]
    opening = {n: inspect.getdoc(f).partition("\n\n")[0].splitlines() for n, f in functions()}
    found = [
        name
        for name, lines in opening.items()
        if any(line.startswith(f"{equation}   (§{section}") for line in lines)
    ]
    assert found == expected


def test_no_other_function_claims_an_equation():
    """Every § that opens a docstring is one of the equations', over the function named for it."""
    for name, f in functions():
        for line in inspect.getdoc(f).partition("\n\n")[0].splitlines():
            _, found, claim = line.partition("   (§")
            if found:
                section = claim.split(")")[0].split(",")[0]
                assert name in EQUATIONS[section][1]
                assert line.startswith(EQUATIONS[section][0])


@pytest.mark.parametrize(
    ("name", "f"),
    [
        x
        for x in functions()
        if x[0].split(".")[0]
        in ("data", "model", "loss", "chain_rule", "gradient", "sgd", "curvature", "train")
    ],
)
def test_docstrings_say_what_a_reader_needs(name, f):
    """§ first; then what goes in, what comes out, what is raised, and where it is from."""
    doc = inspect.getdoc(f)
    assert "§" in doc.splitlines()[0], name
    if inspect.signature(f).parameters:
        assert "Parameters\n---" in doc, name
    for part in ("Returns\n---", "Yields\n---"):
        if part in doc:
            break
    else:
        pytest.fail(f"{name} does not say what it returns")
    assert "Source: " in doc, name
    if name != "data.price":
        assert "Raises\n---" in doc or "load_houses" in name, name
    assert ">>> " in doc, name


def test_public_names_come_in_the_promised_order():
    """The names of the README, with their arguments in the order X, y, w, b."""
    promised = {
        "predict": "X, w, b",
        "residual": "y_hat, y",
        "squared_loss": "y_hat, y",
        "loss": "X, y, w, b",
        "gradient": "X, y, w, b",
        "minibatches": "X, y, batch_size, rng",
        "sgd_step": "w, b, grad_w, grad_b, lr",
        "fit": "X, y, lr, batch_size, epochs, w, b, rng",
        "synthetic_data": "w, b, n, noise, rng",
        "load_houses": "",
    }
    for name, arguments in promised.items():
        assert ", ".join(inspect.signature(getattr(linreg_np, name)).parameters) == arguments
        assert name in linreg_np.__all__


def test_the_names_of_the_package_are_those_that_it_has():
    """`__all__` is whatever it imports from its modules, and what * gives; so is `reference`'s."""
    given = {n for n, v in vars(linreg_np).items() if callable(v)}
    assert sorted(linreg_np.__all__) == sorted(given)
    assert sorted(reference.__all__) == ["assert_gradient", "check"]


def test_autograd_mirrors_the_names():
    """Every function from §1.1 to §2 has its like in `reference.autograd`, arguments too."""
    for name, f in functions():
        module, _, own = name.partition(".")
        if module in ("model", "loss", "chain_rule", "gradient", "sgd", "train"):
            ours, mirrored = inspect.signature(f), inspect.signature(getattr(autograd, own))
            assert list(mirrored.parameters) == list(ours.parameters), name


def test_functions_and_modules_stay_short():
    """No function over 25 lines and no module over 150, beside docstrings, without a reason."""
    for file in [*FILES["linreg_np"], *FILES["reference"], *ROOT.joinpath("demos").rglob("*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        first_line = (ast.get_docstring(tree) or "").partition("\n")[0]
        assert code_lines(tree, file) <= 150 or "lines" in first_line, file
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert code_lines(node, file) <= 25, f"{file.name}: {node.name}"


def code_lines(tree, file):
    """The lines of a module or function that hold code: neither blank, comment nor docstring."""
    lines = set()
    skipped = {
        id(n.body[0].value)
        for n in ast.walk(tree)
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(n)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr) and id(node) not in skipped:
            if isinstance(node, ast.Expr) and id(node.value) in skipped:
                continue
            lines.add(node.lineno)
            lines.add(node.end_lineno)
    return len(lines)
