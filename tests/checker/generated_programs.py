"""Programs of many forms, styles and names, right ones and such with one mistake, by a seed.

Each is put together from a residual, the two parts of the gradient, and a frame: a gradient, a
step, a training function, a class. What must be said of it is known by construction.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

STYLES = {  # residual, part of w, part of b; in the letters of NAMES
    "vectors": ("{X} @ {w} + {b}", "{X}.T @ r / n", "r.sum() / n"),
    "dot": ("np.dot({X}, {w}) + {b}", "np.dot({X}.T, r) / n", "np.sum(r) / n"),
    "sums": ("({X} * {w}).sum(axis=1) + {b}", "(r[:, None] * {X}).sum(0) / n", "r.sum() / n"),
    "rows": (
        "np.array([row @ {w} + {b} for row in {X}])",
        "sum(e * row for e, row in zip(r, {X})) / n",
        "sum(r) / n",
    ),
    "one feature": ("{w} * {X} + {b}", "(r * {X}).sum() / n", "r.sum() / n"),
    "one feature, lists": (
        "np.array([{w} * v + {b} for v in {X}])",
        "sum(e * v for e, v in zip(r, {X})) / n",
        "sum(r) / n",
    ),
}
NAMES = [
    {"X": "X", "y": "y", "w": "w", "b": "b", "lr": "lr", "iters": "n_iters"},
    {"X": "x", "y": "y", "w": "w", "b": "b", "lr": "alpha", "iters": "num_iters"},
    {"X": "features", "y": "labels", "w": "weights", "b": "bias", "lr": "eta", "iters": "epochs"},
    {"X": "X_train", "y": "y_train", "w": "coef", "b": "intercept", "lr": "step_size"}
    | {"iters": "max_iter"},
    {"X": "inputs", "y": "targets", "w": "slope", "b": "c", "lr": "learning_rate"}
    | {"iters": "iterations"},
    {"X": "xs", "y": "ys", "w": "m", "b": "b", "lr": "rate", "iters": "num_iterations"},
]
ORDERS = ["X y w b", "w b X y", "X y b w", "b w X y", "y X w b"]
FUNCTIONS = {
    "gradient": ["gradient", "compute_gradient", "grad_fn", "get_gradients", "calcGradient"],
    "step": ["step", "update_weights", "gradient_step", "update_params"],
    "trainer": ["gradient_descent", "fit", "train", "gd", "batchGradientDescent"],
    "class": ["LinearRegression", "LinearModel", "GDRegressor", "MyLinReg"],
}
ANSWERS = {
    "tuple": "return {gw}, {gb}",
    "bias first": "return {gb}, {gw}",
    "dict": 'return {{{{"dw": {gw}, "db": {gb}}}}}',
    "list": "return [{gw}, {gb}]",
}
MISTAKES = ["sign", "no mean", "bias is a sum", "no bias", "bias stays", "label added", "half of w"]
MISTAKES += ["one row too many"]


@dataclass(frozen=True)
class Program:
    """A program, the name in it that is judged, and whether it is right."""

    source: str
    name: str
    right: bool
    form: str


def formulas(style: str, mistake: str, names: dict[str, str]) -> tuple[str, str, str]:
    """The residual and both parts of the gradient, with a mistake in them."""
    predicted, gw, gb = (part.format(**names) for part in STYLES[style])
    residual = f"{predicted} - {names['y']}"
    if mistake == "sign":
        residual = f"{names['y']} - ({predicted})"
    elif mistake == "no mean":
        gw, gb = gw.removesuffix(" / n"), gb.removesuffix(" / n")
    elif mistake == "bias is a sum":
        gb = gb.removesuffix(" / n")
    elif mistake == "no bias":
        residual = residual.replace(f" + {names['b']}", "", 1)
    elif mistake == "bias stays":
        gb = "0.0"
    elif mistake == "label added":
        residual = f"{predicted} + {names['y']}"
    elif mistake == "half of w":
        gw = f"0.5 * {gw}"
    elif mistake == "one row too many":
        gw, gb = gw.replace("/ n", "/ (n + 1)"), gb.replace("/ n", "/ (n + 1)")
    return residual, gw, gb


def frame(form: str, answer: str, order: str, name: str, names: dict[str, str]) -> str:
    """The text around the formulas."""
    data = ", ".join(names[letter] for letter in order.split())
    w, b, lr, iters = (names[letter] for letter in ("w", "b", "lr", "iters"))
    body = f"{{i}}n = len({names['y']})\n{{i}}r = {{r}}\n"
    if form == "gradient":
        answers = ANSWERS[answer].format(gw="gw", gb="gb")
        return f"def {name}({data}):\n{body}{{i}}gw = {{gw}}\n{{i}}gb = {{gb}}\n{{i}}{answers}\n"
    update = f"{{i}}{w}, {b} = {w} - {lr} * ({{gw}}), {b} - {lr} * ({{gb}})\n"
    back = f"    return {b}, {w}\n" if answer == "bias first" else f"    return {w}, {b}\n"
    if form == "step":
        return f"def {name}({data}, {lr}):\n{body}{update}{back}"
    return f"def {name}({data}, {lr}, {iters}):\n    for _ in range({iters}):\n{body}{update}{back}"


def in_class(style: str, name: str, names: dict[str, str], parts: tuple[str, str, str]) -> str:
    """A class with settings in the constructor; its parameters are attributes."""
    lr, iters, X, y = (names[letter] for letter in ("lr", "iters", "X", "y"))
    w, b = names["w"], names["b"]
    start = "0.0" if "one" in style else f"np.zeros({X}.shape[1])"
    r, gw, gb = parts
    return (
        f"class {name}:\n"
        f"    def __init__(self, {lr}=0.01, {iters}=100):\n"
        f"        self.{lr}, self.{iters} = {lr}, {iters}\n\n"
        f"    def fit(self, {X}, {y}):\n"
        f"        {w}, {b} = {start}, 0.0\n"
        f"        n = len({y})\n"
        f"        for _ in range(self.{iters}):\n"
        f"            r = {r}\n"
        f"            {w}, {b} = {w} - self.{lr} * ({gw}), {b} - self.{lr} * ({gb})\n"
        f"        self.{w}, self.{b} = {w}, {b}\n"
        f"        return self\n"
    )


def program(seed: int) -> Program:
    """The program of a seed: two of five are right."""
    rng = random.Random(seed)
    form = rng.choice(list(FUNCTIONS))
    style, names = rng.choice(list(STYLES)), rng.choice(NAMES)
    mistake = "" if rng.random() < 0.4 else rng.choice(MISTAKES)
    name, answer, order = rng.choice(FUNCTIONS[form]), rng.choice(list(ANSWERS)), rng.choice(ORDERS)
    r, gw, gb = formulas(style, mistake, names)
    if form == "class":
        text = in_class(style, name, names, (r, gw, gb))
    else:
        indent = "        " if form == "trainer" else "    "
        text = frame(form, answer, order, name, names)
        text = text.format(i=indent, r=r, gw=gw, gb=gb)
    return Program(f"import numpy as np\n\n\n{text}", name, not mistake, f"{form}, {style}")
