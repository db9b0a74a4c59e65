"""The layout: which file imports which, which function is which equation, what is public."""

import ast
import graphlib
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import linreg_np
import reference
from reference import autograd

ROOT = Path(__file__).parents[2]
PACKAGES = ("linreg_np", "reference", "demos")
FILES = {name: sorted(ROOT.joinpath(name).rglob("*.py")) for name in PACKAGES}
DERIVATION = (
    *("data", "model", "loss", "chain_rule", "gradient", "sgd"),
    *("curvature", "trajectory", "train", "affine"),
)
CHAIN_RULE = {"dl_dyhat", "dyhat_dw", "dyhat_db", "dl_dw", "dl_db", "dL_dw", "dL_db"}
BEYOND = ("linreg_np.surface", "linreg_np.torch_log", "linreg_np.plotting")
SHARED_FOLDERS = {"_utils", "_shared", "_page", "_speed"}

# Per package, from the lowest layer to the highest: a file imports from its own layer and those
# below it. A folder stands for all its files; what is not named is the highest layer.
LAYERS = {
    "linreg_np": ["_utils", *DERIVATION],
    "reference": ["exact rounding strategies autograd", "checker.sandbox", "checker"],
    "demos": ["_shared _page _speed"],
}

EQUATIONS = {
    ("0", "price = w_area · area + w_age · age + b"): {"data.price"},
    ("1.1a", "ŷ = wᵀx + b"): {"model.predict_one"},
    ("1.1b", "ŷ = Xw + b"): {"model.predict"},
    ("1.2a", "l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²"): {"loss.squared_loss"},
    ("1.2b", "L = (1/n) Σᵢ l⁽ⁱ⁾"): {"loss.loss"},
    ("1.3a", "∂l/∂w_j = ∂l/∂ŷ · ∂ŷ/∂w_j"): {"chain_rule.dl_dw"},
    ("1.3b", "∂l/∂ŷ = ŷ − y"): {"chain_rule.dl_dyhat"},
    ("1.3c", "∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1"): {"chain_rule.dyhat_db", "chain_rule.dyhat_dw"},
    ("1.3d", "∂l/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y"): {"chain_rule.dl_db", "chain_rule.dl_dw"},
    ("1.3e", "∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾"): {"chain_rule.dL_dw"},
    ("1.3f", "∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)"): {"gradient.gradient"},
    ("1.3g", "w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)"): {"sgd.sgd_step"},
    ("1.3h", "b ← b − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)"): {"sgd.sgd_step"},
    ("2", "the path of w on the surface L(w₁, w₂) at a fixed b"): {"train.fit"},
}


def module_name(file):
    """linreg_np.surface.moments for linreg_np/surface/moments.py."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for files in FILES.values() for file in files}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in MODULES.items()}


# Imported inside functions alone, and not installed with the package.
IN_FUNCTIONS = {
    "reference.checker.sandbox.invoke": {"pandas"},  # its frames are built only for programs
    "linreg_np.plotting": {"matplotlib"},
    "demos._speed.baselines": {"numba", "jax"},  # of the extra `peers`
}


def walk(tree, into_functions):
    """The nodes of a tree, without what is run only in a function or read only by a type checker."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        skipped = isinstance(child, ast.FunctionDef | ast.Lambda) or (
            isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        )
        if into_functions or not skipped:
            yield from walk(child, into_functions)


def imports(module, anywhere=False):
    """(where from, name) of each import of a module, at module level or anywhere in it."""
    for node in walk(TREES[module], anywhere):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((full_name(node, module), alias.name) for alias in node.names)


def full_name(node, module):
    """Where an import is from; a relative one starts from the package that the module is in.

    The sandbox has relative ones: its worker is started with the folder as a package of its own.
    """
    if not node.level:
        return node.module
    package = module.rpartition(".")[0]
    assert (node.level, package) == (1, "reference.checker.sandbox"), module
    return f"{package}.{node.module}" if node.module else package


def imported_modules(module, anywhere=False):
    """The modules that a module imports; a name that is no module counts as the module it is in."""
    for source, name in imports(module, anywhere):
        yield f"{source}.{name}" if f"{source}.{name}" in MODULES else source


def layer(module):
    """How high a module of one of the three packages stands in it."""
    package, _, inner = module.partition(".")
    for height, names in enumerate(LAYERS[package]):
        if any(inner == n or inner.startswith(n + ".") for n in names.split()):
            return height
    return len(LAYERS[package])


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("linreg_np", {"numpy"}),
        ("reference", {"numpy", "torch", "hypothesis"}),
        ("demos", {"linreg_np", "reference", "numpy", "matplotlib", "torch", "scipy", "sklearn"}),
    ],
)
def test_a_package_imports_nothing_but_what_it_is_said_to_need(package, allowed):
    """The engine needs NumPy alone; neither it nor the reference imports the other."""
    allowed = {package, *allowed, *sys.stdlib_module_names}
    for module in MODULES:
        if module.partition(".")[0] == package:
            roots = {name.partition(".")[0] for name in imported_modules(module, anywhere=True)}
            assert roots - IN_FUNCTIONS.get(module, set()) <= allowed, module
            at_import = {name.partition(".")[0] for name in imported_modules(module)}
            assert at_import <= allowed, module


def test_importing_the_engine_does_nothing():
    """In a new process: it loads nothing but NumPy and the standard library, and prints nothing."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import numpy.random\n"
        "before = set(sys.modules); import linreg_np\n"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    command = [sys.executable, "-Ic", code]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert set(run.stdout.split()) - sys.stdlib_module_names - {"numpy"} == {"linreg_np"}
    assert run.stderr == ""


def test_the_reading_order_is_told_and_complete():
    """The package's docstring names the derivation's files in order; no other file lies there."""
    first_words = [line.split()[0].removesuffix(".py") for line in doc_lines(linreg_np)]
    assert tuple(word for word in first_words if word in DERIVATION) == DERIVATION
    files = {file.stem for file in ROOT.joinpath("linreg_np").glob("*.py")}
    assert files - {"__init__", "plotting"} == set(DERIVATION)


def doc_lines(module):
    """The lines of a module's docstring that are not blank."""
    return [line for line in module.__doc__.splitlines() if line.strip()]


def test_no_file_imports_a_higher_layer():
    """Reading order is import order; the helpers and the oracles know nothing of who uses them."""
    for module in MODULES.keys() - set(PACKAGES):
        for name in imported_modules(module):
            if name.partition(".")[0] == module.partition(".")[0] and name != "demos":
                assert layer(name) <= layer(module), (name, module)
                assert not module.startswith(name + "."), f"{name} holds {module}"


def test_the_derivation_can_be_read_without_the_folders():
    """No file of it imports the surface, the torch log or the plots, unless inside a function."""
    for name in DERIVATION:
        for imported in imported_modules(f"linreg_np.{name}"):
            assert not imported.startswith(BEYOND), name


def test_there_is_no_circle_of_imports():
    """Of the imports at module level, in all three packages together."""
    graph = {m: {i for i in imported_modules(m) if i in MODULES} for m in MODULES}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def private_names_used(module):
    """The private names that a module imports, or takes from what it imports."""
    pairs = [p for p in imports(module, anywhere=True) if p[0].partition(".")[0] in PACKAGES]
    crossing = {part for source, name in pairs for part in f"{source}.{name}".split(".")}
    bound = {name for _, name in pairs}
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in bound:
            crossing.add(node.attr)
    return {name for name in crossing if name.startswith("_") and not name.startswith("__")}


def test_no_private_name_crosses_a_file():
    """But for the shared folders, which are open to all."""
    for module in MODULES:
        assert private_names_used(module) <= SHARED_FOLDERS, module


def functions():
    """(module.function, function) of every public function of the derivation."""
    for info in pkgutil.iter_modules(linreg_np.__path__):
        module = import_module(f"linreg_np.{info.name}")
        for name, f in inspect.getmembers(module, inspect.isfunction):
            if f.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{info.name}.{name}", f


def test_each_equation_stands_over_its_function():
    """It opens the docstring of the function that computes it, and no other one's."""
    found = {}
    for name, f in functions():
        for line in inspect.getdoc(f).partition("\n\n")[0].splitlines():
            equation, opened, rest = line.partition("   (§")
            if opened:
                section = rest.partition(")")[0].partition(",")[0]
                found.setdefault((section, equation), set()).add(name)
    assert found == EQUATIONS


def test_arguments_come_in_the_promised_order():
    """X, y, w, b, and then the rest."""
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


def test_the_packages_show_their_public_names_alone():
    """`dir` and `*` give what is for use, the factors of the chain rule among it, and no module."""
    public = {name for name in dir(linreg_np) if not name.startswith("__")}
    assert public == set(linreg_np.__all__) - {"__version__"}
    assert public >= CHAIN_RULE
    assert not any(inspect.ismodule(getattr(linreg_np, name)) for name in public)
    assert sorted(reference.__all__) == ["assert_gradient", "check"]


def test_autograd_has_the_same_names():
    """Every function from §1.1 to §1.3, and `fit`, is there under its name and arguments."""
    for name, f in functions():
        module, _, own = name.partition(".")
        if module in ("model", "loss", "chain_rule", "gradient", "sgd") or own == "fit":
            theirs = inspect.signature(getattr(autograd, own))
            assert list(theirs.parameters) == list(inspect.signature(f).parameters), name


def test_functions_stay_short():
    """None has more than 25 lines of code beside its docstring."""
    for module, file in MODULES.items():
        lines = file.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert code_lines(node, lines) <= 25, (node.name, module)


def code_lines(function, lines):
    """How many lines of a function hold a word of code: no comment, docstring or bracket alone."""
    numbers = set(range(function.lineno, function.end_lineno + 1))
    if ast.get_docstring(function) is not None:
        numbers -= set(range(function.body[0].lineno, function.body[0].end_lineno + 1))
    code = (lines[n - 1].partition("#")[0] for n in numbers)
    return sum(any(c.isalnum() for c in line) for line in code)
