"""The columns of somebody's CSV file as numbers; what is no number is named by row and column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np


def read_columns(file: Path, names: list[str]) -> Any:
    """The columns `names` of a file whose first line names its columns.

    Separated by comma, semicolon or tab, whichever the first line has most of; UTF-8, with a
    byte-order mark or without. Wholly empty lines are passed over.

    Returns
    -------
    (n, len(names)) float64

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not such a file, lacks a column, or has a cell that is no number. Rows are counted
        from 1 below the header; the line of the file stands beside.
    """
    header, rows = _table(file)
    places = [_place(file, header, name) for name in names]
    values, faults = [], []
    for i, (line, row) in enumerate(rows, 1):
        where = f"{file}, row {i} (line {line})"
        if len(row) != len(header):
            faults.append(f"{where}: {len(row)} cells under {len(header)} column names")
            continue
        faults += [
            f"{where}, column {header[j]!r}: {_fault(row[j])}" for j in places if _fault(row[j])
        ]
        values.append([row[j] for j in places])
    if faults:
        more = f" (and {len(faults) - 1} more like it)" if len(faults) > 1 else ""
        raise ValueError(f"{faults[0]}{more}; mend it or delete the row")
    return np.array(values, dtype=float)


def _table(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The column names, and each row with its line number."""
    try:
        with open(file, encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
            lines.seek(0)
            separator = max(",;\t", key=first.count)
            reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file} must be UTF-8 text ({error.reason}); save it as CSV UTF-8"
        ) from error
    except csv.Error as error:
        raise ValueError(f"{file} must be a CSV file: {error}") from error
    if not rows:
        raise ValueError(f"{file} is empty; its first line must name the columns")
    if len(rows) == 1:
        raise ValueError(f"{file} has one line only; the column names must be followed by rows")
    return [name.strip() for name in rows[0][1]], rows[1:]


def _place(file: Path, header: list[str], name: str) -> int:
    found = header.count(name)
    if found == 0:
        has = ", ".join(map(repr, header[:20])) + (", …" if len(header) > 20 else "")
        raise ValueError(f"{file} has no column {name!r}; its first line names {has}")
    if found > 1:
        raise ValueError(f"{file} has {found} columns {name!r}; rename all but one")
    return header.index(name)


def _fault(cell: str) -> str:
    """What is wrong with a cell; nothing, if it is a number."""
    if not cell.strip():
        return "the cell is blank"
    try:
        value = float(cell.replace("_", "?"))  # Python alone would read 1_000
    except ValueError:
        hint = ": there must be no comma in it" if "," in cell else ""
        return f"{cell[:40]!r} is not a number{hint}"
    return "" if abs(value) < 1e100 else f"{cell[:40]} is not a finite number under 1e100"
