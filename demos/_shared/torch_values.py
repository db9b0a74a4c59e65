"""What torch computes in each section: shipped for the houses of seed 0, else by torch itself.

`python -m demos._shared.torch_values` writes the shipped values anew.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from demos._shared.sections import SECTIONS, B, W, three_houses

SHIPPED = Path(__file__).with_name("torch_values.json")


class TorchValues(NamedTuple):
    """The version of torch, and for each § its numbers by name."""

    torch: str
    values: dict[str, dict[str, float]]


def torch_values(X: Any, y: Any, w: Any, b: float, *, default: bool) -> TorchValues:
    """Torch's numbers for these houses; of the default ones they are read, and need no torch.

    ModuleNotFoundError where others are asked for and torch is not installed.
    """
    if default:
        return TorchValues(**json.loads(SHIPPED.read_text(encoding="utf-8")))
    from reference import autograd  # here, so that the default houses need no torch

    numbers = {s.number: s.values(autograd, X, y, w, b) for s in SECTIONS}
    values = {
        number: {name: float(x) for name, x in named.items()} for number, named in numbers.items()
    }
    return TorchValues(version("torch").partition("+")[0], values)


def write(X: Any, y: Any, w: Any, b: float) -> None:
    """Compute the numbers of the default houses, and ship them."""
    values = torch_values(X, y, w, b, default=False)._asdict()
    text = json.dumps(values, ensure_ascii=False, indent=1)
    SHIPPED.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    write(*three_houses(0), W, B)
