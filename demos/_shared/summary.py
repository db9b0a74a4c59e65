"""What the demo trajectory prints about a path, in English or Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import numpy as np

from linreg_np import Trajectory, loss

WORDS = {
    "en": {
        "example": "The worked example of §2: 1000 samples, 3 epochs, batch size 10, η = 0.03",
        "houses": "211 houses sold in Baltimore in 1978: 10 epochs, batch size 10, η = 0.03\n"
        "Features standardised: mean subtracted, then divided by the standard deviation\n"
        "w₁ (area), w₂ (age) and b in 1000 $, loss in (1000 $)²",
        "area": "211 houses sold in Baltimore in 1978: 10 epochs, batch size 10, η = 0.03\n"
        "The area alone, standardised: mean subtracted, then divided by the standard deviation\n"
        "w and b in 1000 $, loss in (1000 $)²",
        "start": "start",
        "end": "end, after {} steps",
        "true": "true",
        "least squares": "least squares",
        "loss": "loss",
        "first": "first",
        "last": "last",
        "given": "(as given)",
        "holds": "The file holds {}; not the data, so there is no loss",
        "and": " and ",
        "w": "w",
        "b": "b",
        "gradients": "their gradients",
        "no bias": "It holds no bias",
        "no last bias": "It ends before the last b",
        "no last point": "It ends before the point after the last step",
        "unknown ends": "Without gradients, it does not tell whether its first or last point "
        "is missing",
        "in all": "({} in total)",
    },
    "zh": {
        "example": "§2 的示例：1000 个样本，用小批量随机梯度下降训练 3 轮，"
        "批量大小 10，学习率 η = 0.03",
        "houses": "1978 年巴尔的摩售出的 211 套房屋：训练 10 轮，批量大小 10，学习率 η = 0.03\n"
        "特征已标准化：减去均值，再除以标准差\n"
        "w₁（面积）、w₂（房龄）和 b 的单位是千美元，损失的单位是千美元的平方",
        "area": "1978 年巴尔的摩售出的 211 套房屋：训练 10 轮，批量大小 10，学习率 η = 0.03\n"
        "只用面积，且已标准化：减去均值，再除以标准差\n"
        "w 和 b 的单位是千美元，损失的单位是千美元的平方",
        "start": "起点",
        "end": "终点（第 {} 步后）",
        "true": "真实值",
        "least squares": "最小二乘解",
        "loss": "损失",
        "first": "首个点",
        "last": "末个点",
        "given": "（用户给定）",
        "holds": "文件中有 {}；没有数据，因此无法计算损失",
        "and": "、",
        "w": "w",
        "b": "b",
        "gradients": "它们的梯度",
        "no bias": "文件中没有偏置",
        "no last bias": "文件在最后一个 b 之前结束",
        "no last point": "文件中没有最后一步之后的点",
        "unknown ends": "文件中没有梯度，因此无法判断是否缺少第一个点或最后一个点",
        "in all": "（共 {} 个）",
    },
}


def table(
    lang: str, *, kind: str, X: Any, y: Any, path: Trajectory, w: Any, b: Any, name: str
) -> str:
    """Start, end and lowest point, with the training loss at each."""
    words = WORDS[lang]
    points = {
        words["start"]: path[0],
        words["end"].format(path.steps): path[-1],
        words[name]: (w, b),
    }
    head = " " * (12 - width(words["loss"])) + words["loss"]
    names = ("w₁", "w₂", "b") if len(w) > 1 else ("w", "b")
    rows = [words[kind], " " * 22 + "".join(f"{x:>10}" for x in names) + head]
    for label, (w, b) in points.items():
        values = "".join(f"{x:10.4f}" for x in (*w, b)) + f"{loss(X, y, w, b):12.4g}"
        rows.append(padded(label, 22) + values)
    return "\n".join(rows)


def log_table(lang: str, file: Path, path: Trajectory, true: Any) -> str:
    """The first and the last point, what the file holds, and what it does not."""
    words = WORDS[lang]
    points, d = path.w.shape
    rows = [log_line(lang, file, points, d)]
    for label, t in (("first", 0), ("last", -1)):
        b = "" if path.b is None or np.isnan(path.b[t]) else f"   b {path.b[t]:.4f}"
        rows.append(f"{padded(words[label], 6)} w {numbers(lang, path.w[t])}{b}")
    if true is not None:
        rows.append(f"{padded(words['true'], 6)} w {numbers(lang, true)}   {words['given']}")
    parts = {"w": path.w, "b": path.b, "gradients": path.grad_w}
    held = [words[part] for part, array in parts.items() if array is not None]
    rows.append(words["holds"].format(words["and"].join(held)))
    return "\n".join(rows + [words[key] for key in missing(path)])


def missing(path: Trajectory) -> list[str]:
    """What a path lacks, as keys of WORDS; nobody can tell it of the ends without gradients."""
    gradients = [grad for grad in (path.grad_w, path.grad_b) if grad is not None]
    lacks = {
        "no bias": path.b is None,
        "no last bias": path.b is not None and bool(np.isnan(path.b[-1])),
        "no last point": any(len(grad) == len(path.w) for grad in gradients),
        "unknown ends": not gradients,
    }
    return [key for key, is_missing in lacks.items() if is_missing]


def log_line(lang: str, file: Path, points: int, d: int) -> str:
    if lang == "zh":
        return f"{file}：{points} 个点，{d} 个权重"
    return f"{file}: {points} point{'s' * (points > 1)} of {d} weight{'s' * (d > 1)}"


def numbers(lang: str, w: Any) -> str:
    more = f" … {WORDS[lang]['in all'].format(len(w))}" if len(w) > 8 else ""
    return " ".join(f"{x:.4f}" for x in w[:8]) + more


def width(text: str) -> int:
    """The width in columns of a terminal; a Chinese character takes two."""
    return sum(1 + (east_asian_width(c) in "WF") for c in text)


def padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
