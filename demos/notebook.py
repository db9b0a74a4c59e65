"""The notebook: from data to a trained model, its pictures, and a check of a gradient of your own.

Writes notebook.ipynb, to be opened in Jupyter where this package is installed with its extra
notebook. The copy in demos/ is what `python -m demos notebook --out demos` writes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from demos.__main__ import main

TEXT, CODE = "markdown", "code"
CELLS = [
    (
        TEXT,
        """# Linear regression by gradient descent, step by step

Each cell can be changed and run again. The sections (§) are those of the derivation, as the
docstring of each function names them.""",
    ),
    (
        CODE,
        """from linreg_np import (
    LossSurface,
    fit,
    gradient,
    load_houses,
    loss,
    standardise,
    synthetic_data,
    unstandardise,
)""",
    ),
    (
        TEXT,
        """## 1. Data from a line that is known (§2)

Two features, 1000 samples, y = 2 x₁ − 3.4 x₂ + 4.2 and a little noise.""",
    ),
    (
        CODE,
        """X, y = synthetic_data(w=[2, -3.4], b=4.2, n=1000, rng=0)
X.shape, y.shape""",
    ),
    (
        TEXT,
        """## 2. Train

Minibatch SGD, three epochs. Every step is recorded: `path[t]` is (w, b) after t steps.""",
    ),
    (
        CODE,
        """path = fit(X, y, lr=0.03, batch_size=10, epochs=3, rng=0)
path""",
    ),
    (
        CODE,
        """for t in (0, 1, 100, -1):
    w, b = path[t]
    print(w, b, loss(X, y, w, b))""",
    ),
    (
        TEXT,
        """## 3. The path on the loss surface

On the left the loss above the plane of w₁ and w₂, on the right its contours.""",
    ),
    (CODE, """path.plot(X, y);"""),
    (TEXT, """The gradient at the end is nearly zero, by the formula of §1.3f:"""),
    (CODE, """gradient(X, y, *path[-1])"""),
    (
        TEXT,
        """## 4. Real houses: first it diverges

Area in hundreds of square feet, age in years, price in thousands of dollars. With the same
learning rate the loss grows without bound, and `fit` says so.""",
    ),
    (
        CODE,
        """X, y = load_houses()
fit(X, y, rng=0)""",
    ),
    (
        TEXT,
        """`standardise` gives all features one scale; `unstandardise` takes the weights back.""",
    ),
    (
        CODE,
        """Z, mean, std = standardise(X)
path = fit(Z, y, epochs=10, rng=0)
path.plot(Z, y)
w, b = unstandardise(*path[-1], mean, std)
print(f"price = {w[0]:.2f} · area + {w[1]:.2f} · age + {b:.1f}")""",
    ),
    (TEXT, """The lowest loss of all, without any steps, is that of least squares:"""),
    (CODE, """LossSurface.from_data(Z, y)"""),
    (
        TEXT,
        """## 5. One feature: the bowl over (w, b)

The area alone, as a vector.""",
    ),
    (
        CODE,
        """z = Z[:, 0]
fit(z, y, epochs=10, rng=0).plot(z, y);""",
    ),
    (
        TEXT,
        """## 6. Check a gradient of your own

Something is wrong with this one. What?""",
    ),
    (
        CODE,
        """from reference import check


def my_gradient(X, y, w, b):
    residual = X @ w + b - y
    return X.T @ residual, residual.sum()


print(check(my_gradient, max_examples=30))""",
    ),
    (TEXT, """Mend it, and check again:"""),
    (
        CODE,
        """def my_gradient(X, y, w, b):
    residual = X @ w + b - y
    return X.T @ residual / len(y), residual.sum() / len(y)


print(check(my_gradient, max_examples=30))""",
    ),
]


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    yield "notebook.ipynb", notebook()
    print("Open it with: jupyter lab (or any editor of notebooks)")


def notebook() -> str:
    """The cells in the format of Jupyter, version 4.5, without outputs."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {
        "cells": [cell(f"cell-{i}", *content) for i, content in enumerate(CELLS)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def cell(name: str, kind: str, text: str) -> dict[str, Any]:
    empty = {"execution_count": None, "outputs": []} if kind == CODE else {}
    source = text.splitlines(keepends=True)
    return {"cell_type": kind, "id": name, "metadata": {}, **empty, "source": source}


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
