"""The study page: equation, code, numbers and pictures side by side, in one HTML file.

The file linreg.html needs no network and no server. Part 1 is the derivation: each equation, the
source that computes it, and its numbers for houses and weights of your choice, next to torch's.
Part 2 shows gradient descent on the loss surface. In English and Chinese.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from demos.__main__ import main
from demos._page.notation import NOTATION, code, mathml
from demos._shared.sections import LR, OURS, SECTIONS, Section
from demos._shared.torch_values import TorchValues, torch_values
from demos.derivation import B, W, source, three_houses, ulps
from linreg_np import LossSurface, load_houses, standardise, synthetic_data
from linreg_np.curvature import second_derivative

PARTS = Path(__file__).with_name("_page")
SCRIPTS = ("study", "engine", "derivation", "explorer")  # in the order in which they run
LANGUAGES = ("en", "zh")
STEPS = 300  # of one path in part 2: three epochs of the worked example
MAX_HOUSES = 6
SURFACE = "L = L* + ½ (θ − θ*)ᵀH(θ − θ*), H = (1/n) [X 1]ᵀ[X 1]"  # for §2


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    yield "linreg.html", page(args.seed)


def page(seed: int) -> str:
    """The whole page. Its security policy allows its own script and style, and nothing else."""
    script = "\n".join(part(f"{name}.js").replace('"use strict";\n', "") for name in SCRIPTS)
    script = f'"use strict";\n{script}'
    steps = {s.number: s.equation for s in SECTIONS}
    return Template(part("template.html")).substitute(
        style=part("style.css"),
        style_hash=digest(part("style.css")),
        script=script,
        script_hash=digest(script),
        sections="".join(map(section, SECTIONS)),
        step_equation=mathml(f"{steps['1.3g']}, {steps['1.3h']}"),
        data=as_json(data(seed)),
        words=as_json(
            {language: json.loads(part(f"text.{language}.json")) for language in LANGUAGES}
        ),
    )


def part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """The SHA-256 that a Content-Security-Policy names to allow this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def as_json(value: Any) -> str:
    """JSON without <, which could end the HTML element that holds it."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def section(s: Section) -> str:
    """The equation and the source of one §; the script fills in numbers and words."""
    equations = mathml(SURFACE if s.number == "2" else s.equation)
    functions = (*s.functions, *([second_derivative] if s.number == "2" else []))
    files = [list(g) for _, g in groupby(functions, lambda f: f.__module__)]
    sources = "".join(map(listing, files))
    found = set(re.findall('data-symbol="(\\w+)"', equations + sources))
    buttons = (
        f'<button type="button" data-symbol="{symbol}" aria-pressed="false" tabindex="{-bool(k)}">'
        f'<b>{written}</b>{also} <span data-words="symbol.{symbol}"></span>'
        "</button>"
        for k, (symbol, written, also) in enumerate(legend(found))
    )
    return Template(part("section.html")).substitute(
        section=s.number, equations=equations, symbols="".join(buttons), sources=sources
    )


def legend(found: set[str]) -> Iterator[tuple[str, str, str]]:
    """The symbols of one §: name, HTML, and the name and shape in code."""
    for symbol, (written, shape, *_) in NOTATION.items():
        if symbol in found:
            letters = re.sub(r"_(\w)|(?<=∇)(w)", r"<sub>\1\2</sub>", written)
            name = "" if symbol == written else f"{symbol} "
            yield symbol, letters, f"<code>{name}{shape}</code>" if name + shape else ""


def listing(functions: Sequence[Any]) -> str:
    """The source of functions of one file."""
    name = functions[0].__module__.replace(".", "/")
    text = "\n".join(source(inspect.unwrap(f)) for f in functions)
    return (
        f'<figure class="source"><figcaption><code>{name}.py</code></figcaption>'
        f'<pre tabindex="0"><code>{code(text)}</code></pre></figure>'
    )


def data(seed: int) -> dict[str, Any]:
    """All numbers of the page: the data, the batch orders, and the values of engine and torch."""
    X, y = load_houses()
    chosen_X, chosen_y = three_houses(seed)
    by_torch = torch_values(chosen_X, chosen_y, W, B, default=seed == 0)
    chosen = [
        int(np.flatnonzero((x == X).all(axis=1) & (y == y_i))[0])
        for x, y_i in zip(chosen_X, chosen_y, strict=True)
    ]
    return {
        "houses": {"X": X.tolist(), "y": y.tolist()},
        "chosen": {"houses": chosen, "w": W.tolist(), "b": B},
        "lr": LR,
        "orders": {
            n: epochs(np.random.default_rng(0), n, 3).tolist() for n in range(2, MAX_HOUSES + 1)
        },
        "torch": compared(by_torch, chosen_X, chosen_y),
        "steps": STEPS,
        "made": {
            "seed": seed,
            "numpy": np.__version__,
            "torch": by_torch.torch,
        },
        "explorer": {"example": worked_example(seed), "houses": standardised_houses(seed)},
    }


def compared(values: TorchValues, X: Any, y: Any) -> dict[str, dict[str, Any]]:
    """For each § and each of its quantities, torch's value and how many ulps ours is from it."""
    table: dict[str, dict[str, Any]] = {}
    for s in SECTIONS:
        ours, theirs = s.values(OURS, X, y, W, B), values.values[s.number]
        table[s.number] = {
            name: {"torch": theirs[name], "ulps": ulps(float(ours[name]), theirs[name])}
            for name in ours
        }
    return table


def worked_example(seed: int) -> dict[str, Any]:
    """§2, with the start and the batch orders that `python -m demos trajectory` has."""
    rng = np.random.default_rng(seed)
    X, y = synthetic_data([2, -3.4], 4.2, 1000, noise=0.01, rng=rng)
    start = rng.normal(0, 0.01, 2)
    return packed(X, y, rng, start, b=4.2)


def standardised_houses(seed: int) -> dict[str, Any]:
    X, y = load_houses()
    Z, _, _ = standardise(X)
    b = LossSurface.from_data(Z, y).b
    return packed(Z, y, np.random.default_rng(seed), np.zeros(2), b)


def packed(X: Any, y: Any, rng: Any, start: Any, b: float) -> dict[str, Any]:
    """The data bit for bit, the order of each epoch, and the loss surface in closed form."""
    surface = LossSurface.from_data(X, y)
    enough = -(-STEPS // -(-len(y) // 100))  # epochs, for STEPS steps with m = 100
    return {
        "X": base64_of(X, "<f8"),
        "y": base64_of(y, "<f8"),
        "orders": base64_of(epochs(rng, len(y), enough), "<u2"),
        "start": start.tolist(),
        "b": b,
        "H": surface.curvature.tolist(),
        "lowest": [*surface.w.tolist(), surface.b],
        "floor": surface.min_loss,
        "max_lr": surface.max_lr,
        "max_lr_held": 2 / float(np.linalg.eigvalsh(surface.curvature[:-1, :-1])[-1]),
    }


def epochs(rng: Any, n: int, count: int) -> Any:
    """The order of the samples in each epoch, as `linreg_np.minibatches` draws it."""
    return np.array([rng.permutation(n) for _ in range(count)])


def base64_of(a: Any, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(a, dtype).tobytes()).decode()


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
