"""The words of the pictures in Chinese: a font that has them, and what each text becomes."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from matplotlib import font_manager, rcParams
from matplotlib.text import Text

FONTS = (  # of Linux, Windows and macOS, of which one is enough
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback"),
    *("Microsoft YaHei", "SimHei", "SimSun", "PingFang SC", "Hiragino Sans GB", "Heiti TC"),
)
NO_FONT = "没有找到中文字体，图中文字为英文；请安装一种，例如 apt-get install fonts-noto-cjk"
PHRASES = {  # patterns, longer ones before their parts
    r"(\d+) steps of minibatch SGD lead from near \(0, 0\) to the true w = (\(.*\));\n": (
        r"小批量 SGD 用 \1 步从 (0, 0) 附近走到真实的 w = \2；\n"
    ),
    r"b is trained, too, but the surface is drawn at b = ": "b 也在训练，但曲面取在 b = ",
    r"211 houses, features standardised: (\d+) steps of minibatch SGD reach the "
    r"least-squares w\n": r"211 套房屋，特征已标准化：小批量 SGD 用 \1 步到达最小二乘解 w，\n",
    r"and keep jittering around it; the surface is drawn at b = ": (
        "之后在它周围抖动；曲面取在 b = "
    ),
    r"The price of 211 houses from their area alone, standardised: (\d+) steps of minibatch "
    r"SGD\n": (r"只用标准化的面积预测 211 套房屋的价格：小批量 SGD 走 \1 步，\n"),
    r"in the bowl over \(w, b\), and the line of some of these w and b": (
        "(w, b) 上的碗形曲面，以及其中几组 w 和 b 对应的直线"
    ),
    r"One point in the log of a training loop, which is no path yet": (
        "训练循环的日志中只有一个点，还不成路径"
    ),
    r"(\d+) points of w in the log of a training loop": r"训练循环的日志中 w 的 \1 个点",
    r"; the height is the loss above its minimum, if X is\n": "；高度是损失高出最小值的部分，\n",
    r"standard normal, b correct, and the lowest point where --true says": (
        "假设 X 服从标准正态分布、b 正确、最低点在 --true 给定处"
    ),
    r"true w, as given": "给定的真实 w",
    r"true w": "真实 w",
    r"least squares": "最小二乘解",
    r"loss at b = ([−\-.\d]+)": r"b = \1 处的损失",
    r"loss": "损失",
    r", in \(1000 \$\)²": "，千美元的平方",
    r"w_area": "w（面积）",
    r"w_age": "w（房龄）",
    r"area, 100 square feet": "面积，百平方英尺",
    r"price, 1000 \$": "价格，千美元",
    r", 1000 \$": "，千美元",
    r"value, the first 6 of (\d+) weights": r"数值（共 \1 个权重，只画前 6 个）",
    r"value": "数值",
    r"(\d+) steps": r"\1 步",
    r"^step (\d+)": r"第 \1 步",
    r"this step": "这一步",
    r"step": "步",
    r"start": "起点",
    r"end": "终点",
}


def use_chinese_font() -> bool:
    """Let matplotlib write Chinese, for which it needs a font; whether one is installed."""
    found = chinese_fonts()
    if not found:  # matplotlib keeps a list of fonts: one installed since is not in it
        add_new_fonts()
        found = chinese_fonts()
    rcParams["font.family"] = ["DejaVu Sans", *found[:1]]  # Chinese characters from the second
    return bool(found)


def chinese_fonts() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in installed]


def add_new_fonts() -> None:
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in set(font_manager.findSystemFonts()) - known:
        with suppress(RuntimeError):  # a file that matplotlib cannot read
            font_manager.fontManager.addfont(path)


def translate(fig: Any) -> None:
    """Replace every text of a figure by its Chinese one; numbers and symbols stay."""
    for text in fig.findobj(Text):
        text.set_text(in_chinese(text.get_text()))
    for ax in fig.axes:
        if hasattr(ax, "zaxis"):  # Chinese labels are taller
            ax.set_box_aspect(None, zoom=0.84)


def in_chinese(text: str) -> str:
    for pattern, replacement in PHRASES.items():
        text = re.sub(pattern, replacement, text)
    return text
