"""The derivation, § by §: equation, code, and its value for three houses, also in fractions.

The exact value is shown beside it, rounded once, and torch's where torch is installed. Differences
are in units of the last place (ulps): steps from one float64 to the next. --seed chooses the
houses; w and b are a guess: 2000 $ per 100 square feet, −100 $ per year.
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
from demos._shared.exact_sections import EXACT
from demos._shared.sections import LR, OURS, SECTIONS, B, Section, W, three_houses

LINE = "─" * 100


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    X, y = three_houses(args.seed)
    print("Three houses: area in hundreds of square feet, age in years, price y in 1000 $")
    for i, ((area, age), y_i) in enumerate(zip(X, y, strict=True), 1):
        print(f"    house {i}   area {area:7g}   age {age:5g}   y {y_i:7g}")
    print(
        f"w = ({W[0]}, {W[1]}), b = {B}; η = {LR}, minibatches of m = 2, the first one B = {{1, 2}}"
    )
    oracles = find_oracles()
    differences: dict[str, list[float]] = {name: [] for name in oracles}
    shown: set[Callable[..., Any]] = set()
    for section in SECTIONS:
        print_code(section, shown)
        for name, ulps_ in print_values(section, oracles, X, y).items():
            differences[name] += ulps_
    print(f"\n{LINE}")
    for name, all_ulps in differences.items():
        print(
            f"{name}: {all_ulps.count(0)} of {len(all_ulps)} numbers are equal to the last bit, "
            f"the largest difference is {max(all_ulps):g} ulp"
        )
    yield from ()  # no files: all output is text


def find_oracles() -> dict[str, Any]:
    """The functions that each oracle has under the names of ours: exact, and torch if installed."""
    oracles: dict[str, Any] = {"exact": EXACT}
    try:
        from reference import autograd
    except ModuleNotFoundError:
        print("torch is not installed: the comparison is with exact arithmetic alone")
    else:
        oracles["torch"] = autograd
    return oracles


def print_code(section: Section, shown: set[Callable[..., Any]]) -> None:
    """Print the equation of one §, and the code that computes it unless it was shown before."""
    print(f"\n{LINE}\n§{section.number}   {section.equation}\n")
    for g in section.functions:
        print(source(g) if g not in shown else f"{g.__name__}, as above\n")
        shown.add(g)


def print_values(section: Section, oracles: dict[str, Any], X: Any, y: Any) -> dict[str, Any]:
    """Print the numbers of one §, and return the differences of each oracle in ulps."""
    ours = {name: float(x) for name, x in section.values(OURS, X, y, W, B).items()}
    theirs = {name: section.values(f, X, y, W, B) for name, f in oracles.items()}
    differences: dict[str, Any] = {name: [] for name in oracles}
    print(f"{'':20}{'linreg_np':>22}" + "".join(f"{name:>22}{'ulps':>5}" for name in oracles))
    for name, number in ours.items():
        row = f"{name:20}{number!r:>22}"
        for oracle, values in theirs.items():
            differences[oracle].append(ulps(number, float(values[name])))
            row += f"{float(values[name])!r:>22}{differences[oracle][-1]:5g}"
        print(row)
    return differences


def source(g: Callable[..., Any]) -> str:
    """The source of a function without decorators and docstring, which are not its equation."""
    lines = inspect.getsource(g).splitlines(keepends=True)
    (function,) = ast.parse("".join(lines)).body
    if ast.get_docstring(function) is not None:
        doc = function.body[0]
        del lines[doc.lineno - 1 : doc.end_lineno]
    return "".join(lines[function.lineno - 1 :])


def ulps(a: float, b: float) -> float:
    """|a − b| in units of the last place of the larger one."""
    return abs(a - b) / np.spacing(max(abs(a), abs(b)))


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
