"""Mutation testing: each small change of `linreg_np` or `reference` makes a test fail.

    pip install -q '.[test,mutation]' && python tests/mutation.py

runs all of it (hours, on one core); arguments are the files to mutate instead of all, as
`reference/exact.py`, and `--only LIST` takes no other mutants than those in a list of the form of
`equivalent_mutants.txt`, survivors that an earlier run printed, say. Linux alone.

The changes are mutmut's: every operator of `mutmut.mutation.mutators` at every place of a file.
What mutmut leaves out when it runs by itself is in: decorated functions, module level, defaults.
Only annotations are not, which nothing evaluates.

Each mutant is written into a copy of the tree, so that subprocesses run it too, and a fork of one
warm process collects and runs the tests that setup.cfg names for its file, in that order, until
one fails. A mutant is killed by a failure, by an import that fails, or by taking longer than thrice
the unchanged file and ten seconds more. Hypothesis draws fewer examples, the same each time.

A survivor is a claim that no test makes. A mutant that no test could tell from the original is
listed, with the reason, in `equivalent_mutants.txt`; those are run too, and the list is wrong where
one is killed or is no mutant any more. The exit status is 1 for a survivor or a wrong list.
"""

from __future__ import annotations

import argparse
import ast
import configparser
import ctypes
import difflib
import gc
import inspect
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import hypothesis.extra.numpy
import libcst as cst
import numpy as np
import pytest
import torch._dynamo  # what torch.optim imports when it is first used
from libcst.metadata import MetadataWrapper, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("equivalent_mutants.txt")
WARM = (hypothesis.extra.numpy, np, torch)  # imported once, and not anew in every fork
OPTIONS = ["-x", "-s", "--hypothesis-profile=mutation", "-p", "no:cacheprovider"]
OPTIONS += ["-p", "no:terminal", "-p", "no:xdist", "-p", "no:cov", "-p", "no:randomly"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported already
LENIENT = r"(, )?keyword\(arg='strict', value=Constant\(value=(None|False)\)\)"
MEMORY = 6 << 30  # bytes, for a mutant that wants all there is
PASSED = 71  # the exit status of a fork that is at its end: what ends it on its way has another
SUBREAPER = 36  # of prctl: what a killed fork leaves behind becomes our own child


class Mutant(NamedTuple):
    """One change: where it is, and the lines that differ, without their indentation."""

    file: str
    function: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        removed = [f"- {line}" for line in self.before]
        return "\n".join(
            [f"{self.file} {self.function}", *removed, *(f"+ {a}" for a in self.after)]
        )


def mutants(file: str, source: str) -> Iterator[tuple[Mutant, str]]:
    """Every mutant of a file and its source: those that compile, and mean something else."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    spans = wrapper.resolve(WhitespaceInclusivePositionProvider)
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:i])) for i in range(len(lines) + 1)]
    seen = {parsed(source)}
    for node, function in nodes(wrapper.module, ()):
        for kind, operator in mutation_operators:
            for changed in operator(node) if isinstance(node, kind) else ():
                start, end = (
                    starts[at.line - 1] + at.column for at in (spans[node].start, spans[node].end)
                )
                mutated = source[:start] + wrapper.module.code_for_node(changed) + source[end:]
                if (tree := parsed(mutated)) is not None and tree not in seen:
                    seen.add(tree)
                    yield Mutant(file, function, *difference(source, mutated)), mutated


def nodes(node: cst.CSTNode, scope: tuple[str, ...]) -> Iterator[tuple[cst.CSTNode, str]]:
    """Every node that is run, and the function or class that it is in."""
    if isinstance(node, cst.Annotation):
        return
    yield node, ".".join(scope) or "(module)"
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        scope = (*scope, node.name.value)
    for child in node.children:
        yield from nodes(child, scope)


def parsed(source: str) -> str | None:
    """What the source means; None if it does not compile. No `strict` and a false one are one."""
    try:
        compile(source, "mutant", "exec")
        return re.sub(LENIENT, "", ast.dump(ast.parse(source)))
    except SyntaxError:
        return None


def difference(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines taken away and the lines put in their place."""
    a, b = ([line.strip() for line in text.splitlines()] for text in (before, after))
    lines = list(difflib.ndiff(a, b)) if len(a) != len(b) else []
    pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y]
    if not lines:
        return tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
    removed, added = (tuple(s[2:] for s in lines if s.startswith(mark)) for mark in ("- ", "+ "))
    return removed, added


def listed(path: Path) -> set[Mutant]:
    """The mutants of a list: lines that begin with # are reasons."""
    found, where, lines = set(), "", {"-": [], "+": []}
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line[:2] in ("- ", "+ "):
            lines[line[0]].append(line[2:])
            continue
        if any(lines.values()):
            found.add(Mutant(*where.split(" ", 1), tuple(lines["-"]), tuple(lines["+"])))
        where, lines = line, {"-": [], "+": []}
    return found


class Forks:
    """A pytest plugin: tests are collected once, and run in a fork for each source of a file."""

    def __init__(self, path: Path, found: list[tuple[Mutant, str]]) -> None:
        self.path, self.found = path, found
        self.original = path.read_text(encoding="utf-8")
        self.survived: list[Mutant] = []
        self.writes = 0
        self.killer = path.parents[1] / "killer.txt"
        self.killers: list[str] = []  # the last one first: it may well kill the next mutant, too

    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect, and run every mutant; then there is nothing left to run."""
        session.perform_collect()
        self.functions = functions(self.path)
        gc.freeze()  # no fork is to look through what it shares with the others
        begun = time.monotonic()
        if not all(self.passes(session, self.original, 0, again) for again in (False, True)):
            pytest.exit(f"the tests of {self.path} must pass without a mutant", 3)
        limit = 10 + 3 * (time.monotonic() - begun)
        for mutant, source in self.found:
            if all(self.passes(session, source, limit, again) for again in (False, True)):
                self.survived.append(mutant)
                print(f"{mutant}\n", flush=True)
        self.write(self.original)
        session.items.clear()
        return True

    def passes(self, session: pytest.Session, source: str, limit: float, again: bool) -> bool:
        """Whether all tests pass with this source in a process of their own; imported again or not.

        Functions get their new code where they are; where more than functions changed, or none
        was found, that shows nothing, and the tests count as passed.
        """
        changed = replaced(*(compile(s, self.path, "exec") for s in (self.original, source)))
        if not again and (changed is None or not all(old in self.functions for old, _ in changed)):
            return True
        self.write(source)
        pid = os.fork()
        if not pid:
            new = None if again else [(self.functions[old], code) for old, code in changed]
            run(session, limit, new, self.killers)
        status = os.waitpid(pid, 0)[1]
        if self.killer.exists():
            name = self.killer.read_text(encoding="utf-8")
            self.killers = [name, *(k for k in self.killers if k != name)]
            self.killer.unlink()
        for orphan in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            os.kill(int(orphan), signal.SIGKILL)
            os.waitpid(int(orphan), 0)
        return os.waitstatus_to_exitcode(status) == PASSED

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        """At the first failure of a test leave its name and end: nobody reads a report."""
        try:
            return (yield)
        except Exception:
            self.killer.write_text(item.nodeid, encoding="utf-8")
            os._exit(1)

    def write(self, source: str) -> None:
        """Put a source in its place, with a time of its own: the bytecode of another is stale."""
        self.writes += 1
        self.path.write_text(source, encoding="utf-8")
        os.utime(self.path, (self.writes, self.writes))


def functions(path: Path) -> dict[CodeType, list[FunctionType]]:
    """The functions of a file that are there when it has been imported, by their code."""
    found: dict[CodeType, list[FunctionType]] = {}
    for f in gc.get_objects():
        if type(f) is FunctionType and f.__code__.co_filename == str(path):
            found.setdefault(f.__code__, []).append(f)
    return found


def replaced(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """The functions that differ, old and new, of a module or class; None if anything else does."""
    a, b = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new))
    rest = [
        (c.co_code, c.co_names, [repr(k) for k in c.co_consts if not isinstance(k, CodeType)])
        for c in (old, new)
    ]
    if rest[0] != rest[1] or len(a) != len(b):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for x, y in zip(a, b, strict=True):
        if x.co_flags & inspect.CO_NEWLOCALS:
            found += [(x, y)] if x != y else []
        elif (inner := replaced(x, y)) is None:
            return None
        else:
            found += inner
    return found


def run(session: pytest.Session, limit: float, changed: Any, first: list[str]) -> None:
    """In a fork: run what was collected; its status is PASSED if there were tests and all passed.

    changed: functions and the code that they get; None to import the project, and collect, anew.
    first: the tests to begin with.
    """
    failed = True
    try:
        os.setsid()
        signal.setitimer(signal.ITIMER_REAL, limit)  # whose signal ends the process
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        for found, code in changed or ():
            for function in found:
                function.__code__ = code
        if changed is None:
            for name, module in list(sys.modules.items()):
                if str(getattr(module, "__file__", "")).startswith(os.getcwd()):
                    del sys.modules[name]
            session.perform_collect()
        session.items.sort(key=lambda i: first.index(i.nodeid) if i.nodeid in first else len(first))
        session.config.hook.pytest_runtestloop(session=session)
        failed = session.testsfailed > 0 or session.testscollected == 0
    finally:
        os._exit(1 if failed else PASSED)


def tested(file: str, tests: list[str], only: set[Mutant] | None, known: set[Mutant]) -> bool:
    """Run the mutants of a file, and say what came of it; whether all is as listed."""
    found = list(mutants(file, Path(file).read_text(encoding="utf-8")))
    missing = {m for m in known if m.file == file} - {m for m, _ in found}
    chosen = [(m, source) for m, source in found if only is None or m in only]
    forks = Forks(Path(file).absolute(), chosen)
    status = pytest.main([*OPTIONS, f"--basetemp={os.getcwd()}/tmp", *tests], plugins=[forks])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        print(f"# {file}: the tests must pass without a mutant, got {status}", flush=True)
        return False
    survived = set(forks.survived)
    killed = {m for m, _ in chosen} & known - survived
    for word, wrong in (("killed", killed), ("no mutant", missing)):
        for mutant in sorted(wrong):
            print(f"# listed as equivalent, but {word}:\n{mutant}\n")
    equivalent = [m for m in forks.survived if m in known]
    left = len(forks.survived) - len(equivalent)
    print(
        f"# {file}: {len(chosen)} mutants, {len(chosen) - len(forks.survived)} killed, "
        f"{len(equivalent)} equivalent, {left} survived",
        flush=True,
    )
    return not (left or killed or missing)


def main() -> int:
    """Mutate the files that were asked for, in a copy of the tree; the exit status."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="all by default")
    parser.add_argument("--only", type=Path, help="a list of mutants")
    options = parser.parse_args()
    only = listed(options.only) if options.only else None
    known = listed(LIST)
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    with tempfile.TemporaryDirectory() as copy:
        tree = shutil.copytree(
            ROOT, f"{copy}/tree", ignore=shutil.ignore_patterns(".git", "__pycache__", "*.egg-info")
        )
        os.chdir(tree)
        sys.path[0] = tree
        right = [
            tested(file, setup["mutation"][file].split(), only, known)
            for file in options.files or setup["mutation"]
        ]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
