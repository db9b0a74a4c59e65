"""Which files a target means: a file, a folder, a pattern, or a zip archive.

A folder or an archive may hold a class: one file a student, or one folder a student.
"""

from __future__ import annotations

import glob
import itertools
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reference.checker.loading import ENDINGS, in_archive, locate

NO_PROGRAM = "there is no .py and no .ipynb in it"
MOST_FILES = 10_000
MOST_BYTES = 100_000_000
ENVIRONMENT = "pyvenv.cfg"  # what every virtual environment has
SKIPPED = re.compile(r"__MACOSX|__pycache__|\.ipynb_checkpoints|\.[^.].*|node_modules")


class Target(NamedTuple):
    """A program to check, or why there is none."""

    name: str
    trouble: str = ""
    left_out: tuple[str, ...] = ()  # of the folder that it is the first file of
    submission: str = ""  # in a folder or an archive: its file or folder there


def expand(targets: Sequence[str]) -> list[Target]:
    """The programs that are meant, in their order; each once.

    Of several targets each is one submission.
    """
    each = as_one if len(targets) > 1 else expand_one
    found = [t for target in targets for t in each(target)]
    return list({t.name: t for t in reversed(found)}.values())[::-1]


def as_one(target: str) -> list[Target]:
    """The programs of a target as one submission; those that a pattern matches as several."""
    if is_pattern(target):
        return expand_one(target)
    return [t._replace(submission=t.submission and target) for t in expand_one(target)]


def expand_one(target: str) -> list[Target]:
    """The programs that one target means; itself, where it is no folder and no pattern."""
    if os.path.isdir(target):
        return of_files(target, files_below(target))
    if target.lower().endswith(".zip"):
        return of_archive(target)
    if is_pattern(target):
        matched = sorted(glob.glob(target, recursive=True))
        found = [t for m in matched if wanted(m) for t in as_one(m)]
        return found or [Target(target, "no file matches it")]
    return [Target(target)]


def is_pattern(target: str) -> bool:
    """Whether a target is a pattern, and no file that is called so."""
    file = locate(target)[0]
    return glob.has_magic(target) and not (os.path.exists(file) or in_archive(file)[0])


def wanted(path: str) -> bool:
    """Whether a pattern that matches a path means it: programs, archives and folders."""
    return os.path.isdir(path) or path.lower().endswith((*ENDINGS, ".zip"))


def files_below(folder: str) -> Iterator[tuple[str, int]]:
    """(path in the folder, size) of all files; what is left out is not entered, but named."""
    for here, folders, files in os.walk(folder):
        inner = os.path.relpath(here, folder).replace(os.sep, "/")
        prefix = "" if inner == "." else f"{inner}/"
        for name in sorted(folders):
            is_environment = os.path.exists(os.path.join(here, name, ENVIRONMENT))
            if is_skipped(name) or is_environment:
                folders.remove(name)
                yield f"{prefix}{name}/{ENVIRONMENT}", 0
        folders.sort()
        if prefix and not files and not folders:
            yield prefix, 0
        for name in sorted(files):
            path = os.path.join(here, name)
            yield prefix + name, os.path.getsize(path) if os.path.isfile(path) else 0
            if prefix and is_archive(name):
                yield from ((f"{prefix}{name}/{inner}", size) for inner, size in entries_of(path))


def is_archive(name: str) -> bool:
    """Whether a file is called a zip archive."""
    return name.lower().endswith(".zip")


def entries_of(archive: str) -> list[tuple[str, int]]:
    """(name, size) of the entries of an archive; none where it is damaged."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return [(e.filename, e.file_size) for e in opened.infolist()]
    except Exception:  # damaged archives raise errors of many kinds
        return []


def is_skipped(name: str) -> bool:
    """Whether a file or folder of this name is no program of its author."""
    return SKIPPED.fullmatch(name) is not None


def of_archive(archive: str) -> list[Target]:
    """The programs in a zip archive, which is read where it is, and never unpacked."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
    except FileNotFoundError:
        return [Target(archive, f"there is no file {archive}")]
    except Exception as error:  # damaged archives raise errors of many kinds
        return [Target(archive, f"it is no zip archive that can be read: {error}")]
    return of_files(archive, ((e.filename, e.file_size) for e in entries))


def of_files(source: str, files: Iterable[tuple[str, int]]) -> list[Target]:
    """The programs among files, unless these are too many; and what was left out."""
    entries, size = [], 0
    for inner, length in files:
        entries.append(inner)
        size += length if inner.endswith(ENDINGS) else 0  # nothing else is read
        if len(entries) > MOST_FILES or size > MOST_BYTES:
            limit = f"{MOST_FILES:,} files or {MOST_BYTES // 1_000_000} MB"
            return [Target(source, f"it has more than {limit}: check a part of it")]
    environments = {inner.rpartition("/")[0] for inner in entries if inner.endswith(ENVIRONMENT)}
    reasons = {inner: why_left_out(inner, environments) for inner in entries}
    left_out = tuple(sorted(set(filter(None, reasons.values()))))
    programs = [i for i, why in reasons.items() if not why and i.endswith(ENDINGS)]
    if not programs:
        said = f" ({'; '.join(left_out)})" if left_out else ""
        return [Target(source, f"{NO_PROGRAM}{said}")]
    folder = source.rstrip("/")
    paths = {i: os.path.normpath(f"{folder}/{i}") for i in programs}
    found = [Target(paths[i], submission=s) for i, s in submissions_of(programs).items()]
    found[0] = found[0]._replace(left_out=left_out)
    others = [inner for inner, why in reasons.items() if not why]
    return sorted([*found, *without_program(folder, others, programs)], key=place_of)


def place_of(target: Target) -> tuple[str, ...]:
    """What sorts submissions by their name, those with digits by their number."""
    return tuple(f"{int(p):020}" if p.isdecimal() else p for p in re.split(r"(\d+)", target.name))


def submissions_of(programs: Sequence[str]) -> dict[str, str]:
    """Each program's submission: the folder that it is in, or itself where it is in none.

    Folders that all programs are in together do not count.

    Examples
    --------
    >>> submissions_of(["hw/ada/a.py", "hw/ada/b.py", "hw/bob.py"])
    {'hw/ada/a.py': 'ada', 'hw/ada/b.py': 'ada', 'hw/bob.py': 'bob.py'}
    """
    depth = len(common_folder(programs))
    return {inner: inner.split("/")[depth] for inner in programs}


def common_folder(programs: Sequence[str]) -> list[str]:
    """The folders that all programs are in, one within the other."""
    parents = [inner.split("/")[:-1] for inner in programs]
    shared = [set(parts) for parts in zip(*parents, strict=False)]
    alike = itertools.takewhile(lambda parts: len(parts) == 1, shared)
    return [next(iter(parts)) for parts in alike]


def without_program(
    folder: str, entries: Sequence[str], programs: Sequence[str]
) -> Iterator[Target]:
    """Students' folders that hold no program, where all others hold one: nobody is passed over."""
    first = common_folder(programs)
    depth, prefix = len(first), "".join(f"{part}/" for part in first)
    inside = [e.split("/") for e in entries if e.startswith(prefix)]
    found = {parts[depth] for parts in inside if len(parts) > depth + 1}
    having = {inner.split("/")[depth] for inner in programs}
    if len(having) > 1 and having <= found:
        for name in sorted(found - having):
            path = os.path.normpath(f"{folder}/{prefix}{name}")
            files = ["/".join(p[depth + 1 :]) for p in inside if p[depth] == name and p[-1]]
            yield Target(path, f"{NO_PROGRAM}{but(files)}", submission=name)


def but(files: Sequence[str]) -> str:
    """What is there instead of a program."""
    return f", but {', '.join(files[:3])}{', …' * (len(files) > 3)}" if files else ""


def why_left_out(inner: str, environments: set[str]) -> str:
    """Why an entry is passed over: the folder that it is in, or that it leads out of it; or ""."""
    parts = inner.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in parts[0]:
        return f"refused: {inner} leads out of the archive"
    for i, part in enumerate(parts, start=1):
        folder = "/".join(parts[:i])
        if is_skipped(part) or folder in environments:
            return f"left out: {folder}"
    if is_archive(inner) and len(parts) == 1:
        return f"left out: {inner}, an archive: check it by itself"
    return ""
