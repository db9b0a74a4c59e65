"""Columns of a CSV file as numbers; what is not a number is named by line and column."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np


def read_columns(file: Path, names: list[str]) -> Any:
    """The columns `names` of a CSV file whose first line names its columns: (n, len(names)).

    The file is UTF-8, with or without a byte-order mark, separated by comma, semicolon or tab,
    whichever is most frequent in the first line. Empty lines are skipped.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        lines = io.StringIO(text, newline="")
        reader = csv.DictReader(lines, delimiter=separator, skipinitialspace=True)
        reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
        check_header(file, reader.fieldnames, names)
        rows = [read_row(row, names, f"{file}, line {reader.line_num}") for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file} must be a CSV file in UTF-8: {error}") from error
    if not rows:
        raise ValueError(f"{file} must have rows below the column names, got none; add some")
    return np.array(rows)


def check_header(file: Path, header: Any, names: list[str]) -> None:
    for name in names:
        if header.count(name) != 1:
            found = ", ".join(map(repr, header[:20])) + ", …" * (len(header) > 20)
            raise ValueError(
                f"{file} must have one column {name!r}, got {found or 'none'}; correct its first "
                "line or the options"
            )


def read_row(row: dict[Any, Any], names: list[str], where: str) -> list[float]:
    if None in row or None in row.values():  # too many cells, or too few
        raise ValueError(f"{where}: must have one cell for each column name; correct the line")
    return [read_cell(row[name], f"{where}, column {name!r}") for name in names]


def read_cell(cell: str, where: str) -> float:
    try:
        return parse_number(cell)
    except ValueError as error:
        raise ValueError(f"{where}: {error}; correct it or delete the line") from None


def parse_number(text: str) -> float:
    """A finite number under 1e100, so that its square is finite, too."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < 1e100:
        raise ValueError(f"must be a finite number under 1e100, got {text[:40]!r}")
    return value
