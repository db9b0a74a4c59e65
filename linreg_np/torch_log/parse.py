"""Parse the log of a training loop: text to arrays."""

from __future__ import annotations

import codecs
import os
import re
import warnings
from typing import TypeAlias

import numpy as np

from linreg_np.torch_log.records import Record, find_near_line, find_records
from linreg_np.trajectory import Trajectory

_Step: TypeAlias = dict[str, Record]  # w (or w1, w2, …), w.grad, b, b.grad: in the order printed
_LOOKED_FOR = (
    "a log must contain w and b, each a tensor, an array or a number after its label (w, weight, "
    "w1, 0.weight, b, bias, …), as print('w:', w, 'b:', b) makes them; without labels, only "
    "parameters (requires_grad=True) whose shapes tell w from b: other tensors may be gradients"
)


def read_text(source: str | os.PathLike[str]) -> str:
    r"""The text of a log: that of a file, or `source` itself if it has a line break or ``tensor(``.

    A file is UTF-8, or UTF-16 with a byte-order mark; what is no character in it becomes �.

    Raises
    ------
    TypeError, OSError
        If `source` is neither path nor text, or the file cannot be read.

    Examples
    --------
    >>> read_text("w:  tensor([2.])\n")
    'w:  tensor([2.])\n'
    """
    if not isinstance(source, str | os.PathLike):
        got = type(source).__name__
        raise TypeError(
            f"path_or_text must be the path of a log or its text, got {got}; decode bytes to str"
        )
    if isinstance(source, str) and re.search(r"tensor\(|[\n\r]", source):
        return source
    with open(source, "rb") as file:
        data = file.read()
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")


def parse_log(text: str) -> Trajectory:
    r"""The path in a log: w₀, w₁, …, wₜ and what was printed with them, in float64.

    A record is a label such as ``w:``, ``weight``, ``w1``, ``0.bias`` or ``w.grad:``, and a tensor,
    an array or a number after it; all else is skipped. A tensor of one number under ``w:`` is the
    bias, if the weights (the first record) are more than one number or nest deeper: [[2.]],
    then [4.]. The same tells parameters without labels apart. Each w begins a step. A last step
    of w and b without their gradients is the point after the last step.

    Raises
    ------
    ValueError
        With the line and the reason: no record; a record that cannot be read, is summarised by
        ``...``, or is cut off before the end of the log; steps that do not contain the same
        records (``w.grad: None`` among them), or weights of another length.

    Warns
    -----
    UserWarning
        If the log ends within a record or a step: the last w is kept if it is whole, and its b, if
        that was not printed, is nan. If all its records are single numbers of one shape: they are
        read as one weight without a bias, but every second one might be a bias.

    Examples
    --------
    >>> log = parse_log("w:  tensor([[ 2.0],\n        [-3.4]])\nloss 0.5\nw:  tensor([4.2])\n")
    >>> log.w, log.b, log.grad_w
    (array([[ 2. , -3.4]]), array([4.2]), None)
    >>> parse_log("epoch 0 w1 0.5 w2 0.1 b 0\nepoch 1 w1 0.7 w2 0.2 b 0.1\n")
    Trajectory(1 step: w = [0.5, 0.1], b = 0 → w = [0.7, 0.2], b = 0.1)
    """
    records, cut = _whole_records(text)
    steps = _complete_steps(_steps(records), cut)
    _check_labels(steps)
    w = _rows(steps, _weights(steps))
    grad_w = _rows(steps, _weights(steps, ".grad")) or None
    b, grad_b = ([row[0] for row in _rows(steps, [kind])] for kind in ("b", "b.grad"))
    missing = [np.nan] * (len(w) - len(b)) if b else []
    return Trajectory(w, b + missing or None, grad_w, grad_b or None)


def _whole_records(text: str) -> tuple[list[Record], str]:
    """All complete records in order, and where the last one is cut off ("" if it is not)."""
    records = find_records(text)
    cuts = [
        f"line {r.line}: the tensor after {r.label}: is cut off" for r in records if not r.values
    ]
    cut = cuts[0] if cuts else ""
    if len(cuts) > 1 or (cuts and records[-1].values):
        raise ValueError(f"{cut}, and not the last; complete that step or delete it")
    whole = [record for record in records if record.values]
    if not whole:
        near = find_near_line(text)
        near = f"no record; {near} comes near" if near else "no record, no label and no tensor"
        raise ValueError(f"{cut or near}; {_LOOKED_FOR}")
    return whole, cut


def _steps(records: list[Record]) -> list[_Step]:
    """The records by kind, a step a dict; w begins it, or gradients would join the next w.

    Only on one line may b come first: of several lines, the first may have been lost.
    """
    weights = next((r for r in records if r.kind[0] == "w" and "grad" not in r.kind), None)
    if weights is None:
        line, label = records[0].line, records[0].label
        raise ValueError(
            f"line {line}: {label} must come with a w, got a log without; {_LOOKED_FOR}"
        )
    first = _kind(records[0], weights)
    b_first = first == "b" and weights.line == records[0].line and weights is not records[0]
    steps = list[_Step]()
    for record in records:
        kind = _kind(record, weights)
        steps += [{}] if kind == (first if b_first else weights.kind) else []
        if not steps or kind in steps[-1]:
            rule = "must come once in a step, after its w:"
            raise ValueError(f"line {record.line}: {kind}: {rule}; print it so, or delete the line")
        steps[-1][kind] = record
    return steps


def _kind(record: Record, weights: Record) -> str:
    """The kind of a record, by label and shape: a bias may have the label w, or none."""
    d, got, kind = len(weights.values), len(record.values), record.kind
    is_plain = record.label.lower() in ("", "w", "w.grad")
    if is_plain and got == 1 and (d > 1 or record.depth < weights.depth):
        return kind.replace("w", "b")
    same_shape = d > 1 or record.depth == weights.depth or not is_plain
    if (got == d and same_shape) if kind in ("w", "w.grad") else got == 1:
        return kind
    raise ValueError(
        f"line {record.line}: {record.label or 'tensor'}: has {got} number(s) in {record.depth} "
        f"bracket(s), but the weights at line {weights.line} {d} in {weights.depth}; w and its "
        "gradient must keep one shape, and b be one number: read one training at a time"
    )


def _complete_steps(steps: list[_Step], cut: str) -> list[_Step]:
    """The steps with the same records as the first one; only the last may lack its end."""
    kinds, last = list(steps[0]), list(steps[-1])
    point = [kind for kind in kinds if "grad" not in kind]
    for step in steps:
        if list(step) != kinds and not (step is steps[-1] and last in (kinds[: len(last)], point)):
            raise _different(step, steps[0])
    if last not in (kinds, point):
        line = next(iter(steps[-1].values())).line
        cut = cut or f"line {line}: the log ends within the step that begins here"
        steps = steps if set(_weights(steps)) <= set(last) else steps[:-1]
    if cut:
        complete = sum(list(step) == kinds for step in steps)
        more = ", and what is whole of this one" if complete < len(steps) else ""
        warnings.warn(f"{cut}; the {complete} complete step(s) before are kept{more}", stacklevel=3)
    return steps


def _different(step: _Step, first: _Step) -> ValueError:
    lines = [next(iter(each.values())).line for each in (step, first)]
    return ValueError(
        f"line {lines[0]}: the step contains {', '.join(step)}, but the first (line {lines[1]}) "
        f"{', '.join(first)}; print the same, in one order, each time"
    )


def _check_labels(steps: list[_Step]) -> None:
    """Refuse, or warn of, values of which nobody can tell whether they are weights or a bias."""
    first = next(iter(steps[0].values()))
    if "b" in steps[0] or len(first.values) > 1:
        return
    if not first.label:
        raise ValueError(
            f"line {first.line}: parameters without labels must have shapes that tell w from b, "
            "got single numbers of one shape; print them after labels: print('w:', w, 'b:', b)"
        )
    if first.kind == "w0" and "[" not in first.label:
        raise ValueError(
            f"line {first.line}: {first.label} may be a bias or a weight; print a bias as b"
        )
    if len(steps) > 1 and "w" in steps[0]:
        warnings.warn(
            f"all records from line {first.line} on are single numbers of one shape, read as "
            "one weight without bias; if some are a bias, print it under the label b:",
            stacklevel=3,
        )


def _weights(steps: list[_Step], end: str = "") -> list[str]:
    """The kinds that are weights, or with the end ".grad" their gradients: w, or w1, w2, …"""
    kinds = [kind for kind in steps[0] if re.fullmatch(rf"w[0-9]*{re.escape(end)}", kind)]
    if kinds in ([], ["w" + end]):
        return kinds
    numbers = sorted(int(re.sub("[^0-9]", "", kind) or -1) for kind in kinds)
    if numbers[0] not in (0, 1) or numbers != list(range(numbers[0], numbers[0] + len(kinds))):
        line = steps[0][kinds[0]].line
        raise ValueError(
            f"line {line}: weights one by one must be w1, w2, … or w0, w1, … without a gap, "
            f"got {', '.join(kinds)}; print all of them"
        )
    return [f"w{number}{end}" for number in numbers]


def _rows(steps: list[_Step], kinds: list[str]) -> list[list[float]]:
    """The numbers of these kinds, of each step that has all of them."""
    whole = [step for step in steps if kinds and all(kind in step for kind in kinds)]
    return [[x for kind in kinds for x in step[kind].values] for step in whole]
