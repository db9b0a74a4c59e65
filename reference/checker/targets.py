"""Which files a target means: a file, a folder, a pattern, or a zip archive."""

from __future__ import annotations

import glob
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reference.checker.loading import ENDINGS, locate

MOST_FILES = 10_000
MOST_BYTES = 100_000_000
ENVIRONMENT = "pyvenv.cfg"  # what every virtual environment has
SKIPPED = re.compile(r"__MACOSX|__pycache__|\.ipynb_checkpoints|\.[^.].*|node_modules")


class Target(NamedTuple):
    """A program to check, or why there is none."""

    name: str
    trouble: str = ""
    left_out: tuple[str, ...] = ()  # of the folder that it is the first file of


def expand(targets: Sequence[str]) -> list[Target]:
    """The programs that are meant, in their order; each once."""
    found = [t for target in targets for t in expand_one(target)]
    return list({t.name: t for t in reversed(found)}.values())[::-1]


def expand_one(target: str) -> list[Target]:
    """The programs that one target means; itself, where it is no folder and no pattern."""
    if os.path.isdir(target):
        return of_files(target, files_below(target))
    if target.lower().endswith(".zip"):
        return of_archive(target)
    if glob.has_magic(target) and not os.path.exists(locate(target)[0]):
        matched = sorted(glob.glob(target, recursive=True))
        found = [t for m in matched if wanted(m) for t in expand_one(m)]
        return found or [Target(target, "no file matches it")]
    return [Target(target)]


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
        for name in sorted(files):
            path = os.path.join(here, name)
            yield prefix + name, os.path.getsize(path) if os.path.isfile(path) else 0


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
    except (OSError, zipfile.BadZipFile) as error:
        return [Target(archive, f"it is no zip archive that can be read: {error}")]
    return of_files(archive, ((e.filename, e.file_size) for e in entries))


def of_files(source: str, files: Iterable[tuple[str, int]]) -> list[Target]:
    """The programs among files, unless these are too many; and what was left out."""
    entries, size = [], 0
    for inner, length in files:
        entries.append(inner)
        size += length
        if len(entries) > MOST_FILES or size > MOST_BYTES:
            limit = f"{MOST_FILES:,} files or {MOST_BYTES // 1_000_000} MB"
            return [Target(source, f"it has more than {limit}: check a part of it")]
    environments = {inner.rpartition("/")[0] for inner in entries if inner.endswith(ENVIRONMENT)}
    reasons = {inner: why_left_out(inner, environments) for inner in entries}
    left_out = tuple(sorted(set(filter(None, reasons.values()))))
    programs = [i for i, why in reasons.items() if not why and i.endswith(ENDINGS)]
    if not programs:
        said = f" ({'; '.join(left_out)})" if left_out else ""
        return [Target(source, f"there is no .py and no .ipynb in it{said}")]
    folder = source.rstrip("/")
    found = [Target(os.path.normpath(f"{folder}/{inner}")) for inner in programs]
    return [found[0]._replace(left_out=left_out), *found[1:]]


def why_left_out(inner: str, environments: set[str]) -> str:
    """Why an entry is passed over: the folder that it is in, or that it leads out of it; or ""."""
    parts = inner.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in parts[0]:
        return f"refused: {inner} leads out of the archive"
    for i, part in enumerate(parts, start=1):
        folder = "/".join(parts[:i])
        if is_skipped(part) or folder in environments:
            return f"left out: {folder}"
    return ""
