"""The study page: a line through houses, the descent, exercises, in one HTML file.

The file linreg.html needs no network and no server. Pictures that move together lead from a street
of houses to gradient descent on the reader's own data. A second view has each equation, the source
that computes it, and its numbers beside torch's. In English and Chinese.
"""

from __future__ import annotations

import argparse
import ast
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
from demos._page.notation import NOTATION, code, inline_mathml, mathml
from demos._shared.sections import LR, OURS, SECTIONS, B, Section, W, three_houses
from demos._shared.torch_values import TorchValues, torch_values
from demos.derivation import source, ulps
from linreg_np import load_houses, minibatches, synthetic_data

PARTS = Path(__file__).with_name("_page")
SCRIPTS = [  # in the order in which they run
    "words",
    "state",
    "engine",
    "svg",
    "data",
    "own_data",
    "scatter",
    "parabola",
    "chain",
    "bowl",
    "weights",
    "formula",
    "descent",
    "own_form",
    "derivation",
    "exercises",
    "main",
]
FONT = "vendor/stix-two-math.woff2"
LANGUAGES = ("en", "zh")
STEPS = 300  # of one path: three epochs of the worked example
MAX_HOUSES = 6
SURFACE = "L = L* + ½ (θ − θ*)ᵀH(θ − θ*), H = (1/n) [X 1]ᵀ[X 1]"  # for §2
D2L = {"0": "3.1.1", "1.1a": "3.1.3", "1.1b": "3.1.4", "1.2a": "3.1.5", "1.2b": "3.1.6"}
D2L |= {"1.3g": "3.1.10", "1.3h": "3.1.10", "2": "3.2"}
LINES = {  # of section 6: from the gradient to the formula; what is new in a line is in ⟦ ⟧
    "gradient": "w ← w ⟦− η⟧ ∇w L_B",
    "mean": "w ← w − η ⟦(1/m) Σ_{i∈B} (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) x⁽ⁱ⁾⟧",
    "order": "w ← w − ⟦(η/m)⟧ Σ_{i∈B} ⟦x⁽ⁱ⁾⟧(ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
    "model": "w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾⟦(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)⟧",
    "bias": "⟦b⟧ ← ⟦b⟧ − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)",
}
LOOP = """\
for epoch in range(epochs):
    for X_B, y_B in minibatches(X, y, batch_size, rng):
        residual = X_B @ w + b - y_B
        w = w - lr / len(y_B) * X_B.T @ residual
        b = b - lr / len(y_B) * residual.sum()
"""


def run(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    yield "linreg.html", page(args.seed)


def page(seed: int) -> str:
    """The whole page. Its security policy allows its own script and style, and nothing else."""
    script = "\n".join(part(f"{name}.js").replace('"use strict";\n', "") for name in SCRIPTS)
    script = f'"use strict";\n{script}'
    font = base64.b64encode((PARTS / FONT).read_bytes()).decode()
    style = Template(part("style.css")).substitute(font=font)
    steps = {s.number: s.equation for s in SECTIONS}
    return Template(expand(part("template.html"))).substitute(
        style=style,
        style_hash=digest(style),
        script=script,
        script_hash=digest(script),
        sections="".join(map(section, SECTIONS)),
        step_equation=mathml(f"{steps['1.3g']}, {steps['1.3h']}"),
        formula_lines="".join(map(formula_line, LINES)),
        loop=loop(),
        loop_symbols=symbol_buttons(symbols_in(loop())),
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


def expand(template: str) -> str:
    """Replace {{math …}}, {{inline …}}, {{figure …}} and {{slider …}} by their HTML."""
    kinds = {"math": mathml, "inline": inline_mathml, "figure": figure, "slider": slider}
    return re.sub(r"\{\{(\w+) (.*?)\}\}", lambda m: kinds[m[1]](m[2]), template)


def figure(text: str) -> str:
    """A picture, and the sentence that tells what it shows now: `id`, then more attributes.

    A picture with handles is a group; one without is an image.
    """
    name, _, more = text.partition(" ")
    role = "img" if name in ("one_loss", "shares", "losses", "fitted", "errors") else "group"
    return Template(part("figure.html")).substitute(id=name, role=role, more=f" {more}".rstrip())


def slider(text: str) -> str:
    """A slider that shows and sets a part of the state: `place key low high step`."""
    place, key, low, high, step = text.split()
    symbol = {"lr": "η", "beta": "β", "upto": ""}.get(key, re.sub(r"_(\w+)", r"<sub>\1</sub>", key))
    return Template(part("slider.html")).substitute(
        id=f"{place}-{key}",
        key=key,
        low=low,
        high=high,
        step=step,
        symbol=f'<i lang="en">{symbol}</i>' if symbol else "",
    )


def formula_line(name: str) -> str:
    return (
        f'\n      <li><div class="equation">{mathml(LINES[name])}</div>'
        f'<p data-words="formula.{name}"></p></li>'
    )


def loop() -> str:
    """LOOP as HTML; len(y_B) is m here, not n."""
    return code(LOOP).replace('data-symbol="n"', 'data-symbol="batch_size"')


def section(s: Section) -> str:
    """The equation and the source of one §; the script fills in numbers and words."""
    equations = mathml(SURFACE if s.number == "2" else s.equation)
    functions = (*s.functions, *([minibatches] if s.number == "1.3g" else []))
    files = [list(g) for _, g in groupby(functions, lambda f: f.__module__)]
    d2l = f' <small class="d2l">d2l {D2L[s.number]}</small>' if s.number in D2L else ""
    return Template(part("section.html")).substitute(
        section=s.number,
        d2l=d2l,
        equations=equations,
        symbols=symbol_buttons(symbols_in(equations)),
        sources="".join(map(listing, files)),
    )


def symbols_in(html: str) -> set[str]:
    """The symbols that are written in it: not X where it says area, nor x_j as a derivative."""
    marked = re.findall('<(\\w+)[^>]* data-symbol="(\\w+)"[^>]*>(\\w*)', html)
    written = {
        s for tag, s, text in marked if tag != "mfrac" and (tag, len(text) > 1) != ("mi", True)
    }
    return written | {s for _, s, _ in marked if s in NOTATION and NOTATION[s][0].startswith("∂")}


def symbol_buttons(found: set[str]) -> str:
    """One button for each symbol: how it is written, its name and shape in code, its meaning."""
    return "".join(
        f'<button type="button" data-symbol="{symbol}" aria-pressed="false" tabindex="{-bool(k)}">'
        f'<i lang="en">{written}</i>{also} <span data-words="symbol.{symbol}"></span></button>'
        for k, (symbol, written, also) in enumerate(legend(found))
    )


def legend(found: set[str]) -> Iterator[tuple[str, str, str]]:
    """The symbols of one §: name, HTML, and the name and shape in code."""
    for symbol, (written, shape, *_) in NOTATION.items():
        if symbol in found:
            letters = re.sub(r"_(\w)|(?<=∇)(w)", r"<sub>\1\2</sub>", written)
            name = "" if symbol == written else f"{symbol} "
            also = f'<code lang="en">{name}{shape}</code>' if name + shape else ""
            yield symbol, letters, also


def listing(functions: Sequence[Any]) -> str:
    """The source of functions of one file."""
    name = functions[0].__module__.replace(".", "/")
    text = "\n".join(plain_source(inspect.unwrap(f)) for f in functions)
    return (
        f'<figure class="source"><figcaption><code lang="en">{name}.py</code></figcaption>'
        f'<pre tabindex="0" role="group" aria-label="{name}.py" lang="en">'
        f"<code>{code(text)}</code></pre></figure>"
    )


def plain_source(f: Any) -> str:
    """The source without docstring, decorators and annotations: its body as it stands."""
    text = source(f)
    (function,) = ast.parse(text).body
    for argument in ast.walk(function.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    body = text.splitlines(keepends=True)[header_length(text, function) :]
    return f"def {function.name}({ast.unparse(function.args)}):\n{''.join(body)}"


def header_length(text: str, function: ast.FunctionDef) -> int:
    """The number of lines before the body and its comments."""
    ends = [k for k, line in enumerate(text.splitlines(), 1) if line.rstrip().endswith(":")]
    return next(k for k in ends if k >= function.lineno)


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
        "explorer": {
            "example": worked_example(seed),
            "valley": long_valley(seed),
            "houses": orders(np.random.default_rng(seed), len(y)),
        },
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
    return {**packed(X, y, rng), "start": start.tolist()}


def long_valley(seed: int) -> dict[str, Any]:
    """The data of `python -m demos surface`."""
    from demos.surface import correlated  # here, because it imports matplotlib

    return packed(*correlated(seed), np.random.default_rng(seed))


def packed(X: Any, y: Any, rng: Any) -> dict[str, Any]:
    """The data bit for bit, and the order of each epoch."""
    return {"X": as_base64(X, "<f8"), "y": as_base64(y, "<f8"), "orders": orders(rng, len(y))}


def orders(rng: Any, n: int) -> str:
    """The order of the samples in each epoch, enough of them for STEPS steps with m = 100."""
    return as_base64(epochs(rng, n, -(-STEPS // -(-n // 100))), "<u2")


def epochs(rng: Any, n: int, count: int) -> Any:
    """The order of the samples in each epoch, as `linreg_np.minibatches` draws it."""
    return np.array([rng.permutation(n) for _ in range(count)])


def as_base64(a: Any, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(a, dtype).tobytes()).decode()


if __name__ == "__main__":
    main([__spec__.name, *sys.argv[1:]])
