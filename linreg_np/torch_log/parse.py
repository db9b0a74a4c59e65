"""Parse the log of a torch training loop: text to arrays."""

from __future__ import annotations

import codecs
import os
import re
import warnings
from typing import NamedTuple, TypeAlias

import numpy as np

from linreg_np.trajectory import Trajectory

# Patterns are compiled at their first use, so that importing costs nothing.
# A label stands at the beginning of a line, or after the \r of a progress bar.
_LABEL = r"(?m)(?:^|(?<=\r))[ \t\ufeff]*([wb](?:\.grad)?):"
_TENSOR = r"\s*(?:Parameter containing:\s*)?tensor\(([^()]*)\)(.*)"
_BEGUN = ("tensor(", "Parameter containing: tensor(")
# A token is a number, a suffix, a bracket or comma, or something invalid.
_TOKEN = (
    r"(?P<n>[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?|nan|inf))(?![^\[\],\s])"
    r"|(?P<s>dtype=torch\.\w+|device='[\w:]+'|requires_grad=True|grad_fn=<[\w:<>]+>)"
    r"|[\[\],]|(?P<x>[^\[\],\s]+)"
)
# Numbers and suffixes make a tensor that is 0-d, 1-D, a row or a column.
_FORM = r"(n|\[n(,n)*\]|\[\[n(,n)*\]\]|\[\[n\](,\[n\])*\])(,s)*"


class _Record(NamedTuple):
    """One printed tensor: its label, line, how deep its brackets nest, and its numbers."""

    label: str
    line: int
    depth: int
    values: list[float]


_Step: TypeAlias = dict[str, _Record]  # w, w.grad, b, b.grad: in the order printed


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

    A record is a tensor after one of the labels ``w:``, ``w.grad:``, ``b:``, ``b.grad:`` at the
    beginning of a line, in any form in which torch prints it; each ``w:`` of the weights begins a
    step; other lines are skipped. A tensor of one number under ``w:`` or ``w.grad:`` is the bias,
    if the weights (the first record) are more than one number or nest deeper: [[2.]], then [4.].

    Raises
    ------
    ValueError
        With the line and the reason: no record; a record that cannot be read, is summarised by
        ``...``, or is cut off before the end of the log; steps that do not contain the same
        records (``w.grad: None`` among them), or weights of another length.

    Warns
    -----
    UserWarning
        If the log ends within a record or a step: the complete steps before are kept. If all its
        records are single numbers of one shape: they are read as one weight without a bias, but
        every second one might be a bias.

    Examples
    --------
    >>> log = parse_log("w:  tensor([[ 2.0],\n        [-3.4]])\nloss 0.5\nw:  tensor([4.2])\n")
    >>> log.w, log.b, log.grad_w
    (array([[ 2. , -3.4]]), array([4.2]), None)
    """
    records, cut = _records(text)
    steps = _complete_steps(_steps(records), cut)
    if len(steps) > 1 and len(records[0].values) == 1 and "b" not in steps[0]:
        warnings.warn(
            f"all records from line {records[0].line} on are single numbers of one shape, read as "
            "one weight without bias; if some are a bias, print it under the label b:",
            stacklevel=2,
        )
    columns = {kind: np.array([step[kind].values for step in steps]) for kind in steps[0]}
    b, grad_b = (columns[kind][:, 0] if kind in columns else None for kind in ("b", "b.grad"))
    return Trajectory(columns["w"], b, columns.get("w.grad"), grad_b)


def _records(text: str) -> tuple[list[_Record], str]:
    """All complete records in order, and where the last one is cut off ("" if it is not)."""
    before, *parts = re.split(_LABEL, text)
    records, cut, line = list[_Record](), "", 1 + before.count("\n")
    for label, span in zip(parts[::2], parts[1::2], strict=True):
        where = f"line {line}: the tensor after {label}:"
        if cut:
            raise ValueError(f"{cut}, and not the last; complete that step or delete it")
        match = re.match(_TENSOR, span)
        if match and "tensor(" not in match[2]:
            records.append(_Record(label, line, *_numbers(match[1], where)))
        elif not match and _is_begun(span):
            cut = f"{where} is cut off"
        else:
            raise ValueError(
                f"{where} must be one tensor at the end of its line, got {span.strip()[:40]!r}; "
                "print it alone, and after backward(): a gradient is None before"
            )
        line += span.count("\n")
    if not records:
        rule = "a log must contain lines of w:, w.grad:, b: or b.grad: and a tensor(...)"
        raise ValueError(f"{cut or 'no record'}; {rule}, as print('w: ', w) makes them")
    return records, cut


def _is_begun(span: str) -> bool:
    """Whether these are the first characters of a tensor, or all of them but its end."""
    got = " ".join(span.split())
    return any(begun.startswith(got[: len(begun)]) for begun in _BEGUN)


def _numbers(inside: str, where: str) -> tuple[int, list[float]]:
    """How deep the brackets nest, and the numbers within, of ``tensor(inside)``."""
    tokens = list(re.finditer(_TOKEN, inside))
    form = "".join(token.lastgroup or token[0] for token in tokens)
    if re.fullmatch(_FORM, form):
        return form.index("n"), [float(token[0]) for token in tokens if token.lastgroup == "n"]
    if "..." in inside:
        hint = "print after torch.set_printoptions(threshold=float('inf'))"
        raise ValueError(f"{where} is summarised by '...', so data are missing; {hint}")
    got = next((repr(token[0][:40]) for token in tokens if token.lastgroup == "x"), form[:40])
    rule = "must be a column (d, 1), row (1, d), 1-D or 0-d of real numbers"
    raise ValueError(f"{where} {rule}, got {got}; print w.float().reshape(-1, 1)")


def _kind(record: _Record, weights: _Record) -> str:
    """The kind of a record, by label and shape: a bias may have the label of the weights."""
    d, got, label = len(weights.values), len(record.values), record.label
    if got == 1 and (d > 1 or record.depth < weights.depth):
        return label.replace("w", "b")
    same = got == d and (d > 1 or record.depth == weights.depth)
    if same if label[0] == "w" else got == 1:
        return label
    raise ValueError(
        f"line {record.line}: {label}: has {got} number(s) in {record.depth} bracket(s), but the "
        f"weights at line {weights.line} {d} in {weights.depth}; w and its gradient must keep one "
        "shape, and b be one number: read one training at a time"
    )


def _steps(records: list[_Record]) -> list[_Step]:
    """The records by kind, a step a dict; w begins a step, or gradients would join the next w."""
    steps = list[_Step]()
    for record in records:
        kind = _kind(record, records[0])
        steps += [{}] if kind == "w" else []
        if not steps or kind in steps[-1]:
            rule = "must come once in a step, after its w:"
            raise ValueError(f"line {record.line}: {kind}: {rule}; print it so, or delete the line")
        steps[-1][kind] = record
    return steps


def _complete_steps(steps: list[_Step], cut: str) -> list[_Step]:
    """The steps with the same records as the first one; only the last may lack its end."""
    kinds, last = list(steps[0]), steps[-1]
    for step in steps:
        if list(step) != (kinds[: len(step)] if step is last else kinds):
            raise ValueError(
                f"line {step['w'].line}: the step contains {', '.join(step)}, but the first (line "
                f"{steps[0]['w'].line}) {', '.join(kinds)}; print the same, in one order, each time"
            )
    if len(last) < len(kinds):
        cut = cut or f"line {last['w'].line}: the log ends within the step that begins here"
        steps = steps[:-1]
    if cut:
        warnings.warn(f"{cut}; the {len(steps)} complete step(s) before are kept", stacklevel=3)
    return steps
