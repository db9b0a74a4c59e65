"""The derivation, § by §: equation, code, its value for three houses, and torch's value.

The difference is given in units of the last place (ulps): steps from one float64 to the next.
--seed chooses the houses; w and b are a guess: 2000 $ per 100 square feet, −100 $ per year.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from demos.__main__ import main
from demos._shared.sections import LR, OURS, SECTIONS, Section
from linreg_np import load_houses

W, B = np.array([2.0, -0.1]), 30.0  # 1000 $ per 100 square feet, 1000 $ per year, 1000 $
LINE = "─" * 100


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    from reference import autograd  # here, so that --help needs no torch

    X, y = three_houses(args.seed)
    print("Three houses: area in hundreds of square feet, age in years, price y in 1000 $")
    for i, ((area, age), y_i) in enumerate(zip(X, y, strict=True), 1):
        print(f"    house {i}   area {area:7g}   age {age:5g}   y {y_i:7g}")
    print(
        f"w = ({W[0]}, {W[1]}), b = {B}; η = {LR}, minibatches of m = 2, the first one B = {{1, 2}}"
    )
    differences = []
    for section in SECTIONS:
        differences += show(section, autograd, X, y)
    equal, most = differences.count(0), max(differences)
    print(f"\n{LINE}\n{equal} of {len(differences)} numbers are equal to the last bit")
    print(f"The largest difference is {most:g} ulp; sums may be rounded in another order")
    yield from ()  # no files: all output is text


def three_houses(seed: int) -> tuple[Any, Any]:
    X, y = load_houses()
    some = np.random.default_rng(seed).choice(len(y), 3, replace=False)
    return X[some], y[some]


def show(section: Section, torch: Any, X: Any, y: Any) -> list[float]:
    """Print one §, and return the differences in ulps."""
    print(f"\n{LINE}\n§{section.number}   {section.equation}\n")
    for g in section.functions:
        print(source(g))
    print(f"{'':26}{'linreg_np':>24}{'torch':>24}{'ulps':>8}")
    ours, theirs = (section.values(f, X, y, W, B) for f in (OURS, torch))
    differences = [ulps(float(ours[name]), float(theirs[name])) for name in ours]
    for name, ulp in zip(ours, differences, strict=True):
        print(f"{name:26}{float(ours[name])!r:>24}{float(theirs[name])!r:>24}{ulp:8g}")
    return differences


def source(g: Callable[..., Any]) -> str:
    """The source of a function without its docstring, so that only code is shown."""
    lines = inspect.getsource(g).splitlines(keepends=True)
    (function,) = ast.parse("".join(lines)).body
    if ast.get_docstring(function) is not None:
        doc = function.body[0]
        del lines[doc.lineno - 1 : doc.end_lineno]
    return "".join(lines)


def ulps(a: float, b: float) -> float:
    """|a − b| in units of the last place of the larger one."""
    return abs(a - b) / np.spacing(max(abs(a), abs(b)))


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
