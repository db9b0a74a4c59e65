"""The wheel: it holds the two packages and nothing else, and works without the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from test_readme import ROOT, blocks

BUILD = "import sys; from setuptools import build_meta as b; b.build_wheel(sys.argv[1])"


def run(*command, **options):
    """Run Python, which must succeed; return what it printed."""
    options |= {"capture_output": True, "encoding": "utf-8", "timeout": 120, "check": False}
    done = subprocess.run([sys.executable, *command], **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of the checkout that holds no earlier build."""
    copy, out = tmp_path_factory.mktemp("checkout") / "linreg", tmp_path_factory.mktemp("wheel")
    built = shutil.ignore_patterns(".*", "build", "dist", "figures", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=built)
    run("-c", BUILD, str(out), cwd=copy)
    (file,) = out.glob("linreg_np-*-py3-none-any.whl")
    return file


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel):
    """Every module, houses.csv, py.typed, a schema, and the licence in the metadata."""
    names = zipfile.ZipFile(wheel).namelist()
    metadata = {name for name in names if ".dist-info/" in name}
    packages = {p for part in ("linreg_np", "reference") for p in ROOT.glob(f"{part}/**/*.py")}
    data = ("linreg_np/houses.csv", "linreg_np/py.typed", "reference/checker/report.schema.json")
    packages |= {ROOT / name for name in data}
    assert sorted(set(names) - metadata) == sorted(p.relative_to(ROOT).as_posix() for p in packages)
    assert any(name.endswith("LICENSE") for name in metadata)


@pytest.mark.thorough
def test_the_wheel_runs_what_the_readme_shows(wheel, tmp_path):
    """Unpacked, in another directory: the code block, the houses, and the checker."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONIOENCODING": "utf-8"}
    where = "import linreg_np, reference; print(linreg_np.__file__, reference.__file__)"
    found = run("-c", where, cwd=tmp_path, env=env).split()
    assert found == [str(tmp_path / "site" / p / "__init__.py") for p in ("linreg_np", "reference")]
    ((code, expected),) = blocks("python")
    assert run("-c", code, cwd=tmp_path, env=env) == expected
    check = ("-m", "reference", "check", "linreg_np:gradient", "--max-examples", "20")
    assert "∇w L = (1/n) Xᵀ(ŷ − y)   right   20 problems" in run(*check, cwd=tmp_path, env=env)
    assert len(run("-c", "import linreg_np as l; print(*l.load_houses()[1])", env=env).split()) > 9


def test_the_console_script_is_the_command_without_the_working_directory(wheel, tmp_path):
    """Written as pip writes it; a module that lies where it is started is not imported."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    (entries,) = (tmp_path / "site").glob("*.dist-info/entry_points.txt")
    name, _, place = entries.read_text().splitlines()[1].partition(" = ")
    module, _, function = place.partition(":")
    script = tmp_path / "bin" / name
    script.parent.mkdir()
    script.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "mine.py").write_text("def predict(X, w, b):\n    return X @ w + b\n")
    for planted in ("fractions.py", "reference.py"):
        (tmp_path / planted).write_text("raise SystemExit('imported')\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONIOENCODING": "utf-8"}
    found = run(str(script), "hw/mine.py", "--max-examples", "5", cwd=tmp_path, env=env)
    assert name == "linreg-check"
    assert "right   5 problems" in found
