"""The command line: `python -m reference check FILE.py`, `python -m reference faults`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from reference.checker.command import classroom, formats
from reference.checker.command.classroom import Submission
from reference.checker.command.options import FILES, check_parser, items, parser
from reference.checker.command.parallel import check_one, check_several
from reference.checker.command.terminal import (
    Progress,
    complain,
    escape_what_cannot_be_encoded,
    write,
)
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.loading import locate
from reference.checker.repairs.repair_text import write_mended
from reference.checker.report import RIGHT, UNCHECKED, WRONG, Report
from reference.checker.sandbox.bubblewrap import choose_sandbox
from reference.checker.sandbox.judge import protect
from reference.checker.sandbox.process import kill_all
from reference.checker.targets import Target, expand

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    return execute(parser().parse_args(arguments))


def execute(options: argparse.Namespace) -> int:
    """Run the command that the options name; without one, print the help; the exit status."""
    if options.command is None:
        write(parser().format_help())
        return UNCHECKED
    if options.command == "faults":
        return RIGHT if write(catalogue()) else UNCHECKED
    refused = list(why_impossible(options))
    for why in refused:
        complain(why)
    return UNCHECKED if refused else check_files(options)


def why_impossible(options: argparse.Namespace) -> Iterator[str]:
    """What is known before the work begins: no sandbox where one is required, no file to write."""
    try:
        choose_sandbox(options.sandbox)
    except ValueError as error:
        yield str(error)
    yield from filter(None, map(formats.why_unwritable, outputs(options)))


def check_files(options: argparse.Namespace) -> int:
    """Check every target; print, and write what was asked for; the exit status."""
    targets = expand(options.targets)
    reports = check_all(targets, options)
    one = options.one_submission
    found = classroom.submissions(targets, reports, items(options), one)
    is_class = one or bool(items(options)) or any(t.submission for t in targets)
    text = formats.as_json(found, is_class) if options.json else as_text(found, options)
    written = write_files(found, options)
    if options.repair:
        write_repairs(reports)
    written = (not text or write(text)) and written
    status = classroom.class_status(found, options.strict)
    return status if written or status == WRONG else UNCHECKED


def outputs(options: argparse.Namespace) -> dict[str, Any]:
    """The files that were asked for, and what makes their text."""
    forms = {name: getattr(formats, f"as_{name}") for name in FILES}
    return {path: form for name, form in forms.items() if (path := getattr(options, name))}


def write_files(found: Sequence[Submission], options: argparse.Namespace) -> bool:
    """Write the files that were asked for; whether all could be written."""
    complete = True
    for path, form in outputs(options).items():
        try:
            formats.write_whole(path, form(found))
        except OSError as error:
            complain(f"{path} cannot be written: {error.strerror}")
            complete = False
    return complete


def check_all(targets: Sequence[Target], options: argparse.Namespace) -> list[Report]:
    """The report on each target, several at a time; on one, and on standard input, here."""
    names = ("loss", "seed", "max_examples", "timeout", "call", "hint", "sandbox", "only", "plain")
    chosen = {name: getattr(options, name) for name in names}
    progress = Progress(len(targets))
    here = targets if len(targets) == 1 else [t for t in targets if locate(t.name)[0] == "-"]
    try:
        reports = {t: check_one(t, chosen, progress.of(t.name)) for t in here}
        progress.done = len(here)
        others = [t for t in targets if t not in reports]
        reports |= zip(others, check_several(others, chosen, options.jobs, progress), strict=True)
        return [reports[t] for t in targets]
    except KeyboardInterrupt:
        kill_all()
        raise
    finally:
        progress.clear()


def as_text(found: Sequence[Submission], options: argparse.Namespace) -> str:
    """Each report; of several, or where something is required, also a table and a summary."""
    reports = [r for s in found for r in s.reports]
    if options.quiet:
        for r in reports:
            if r.unchecked and r.status != WRONG:
                complain(f"{r.file}: {r.unchecked}")
        reports = [r for r in reports if r.status == WRONG]
    text = "\n".join(r.as_text(derived=options.explain) for r in reports)
    several = len(reports) > 1 or bool(items(options))
    if options.quiet or not several:
        return text
    summary = classroom.summary(found) if len(found) > 1 else ""
    return "\n\n".join(filter(None, [text, classroom.table(found), summary]))


def write_repairs(reports: Sequence[Report]) -> None:
    """Write the mended copy of each file that has a repair, and say so."""
    found: dict[str, list[Any]] = {}
    for r in reports:
        file, _ = locate(r.file)
        repairs = [c.repair for c in r.checks if c.repair]
        if repairs and os.path.isfile(file):
            found.setdefault(file, []).extend(repairs)
    for file, repairs in found.items():
        complain(f"mended copy: {write_mended(file, repairs)}")


def catalogue() -> str:
    """Every fault: name, wrong formula, explanation."""
    blocks = [f"{f.name}\n    {f.formula}\n    {f.sentence()}" for f in CATALOGUE]
    return "\n".join(blocks)


def run(options: argparse.Namespace | None = None) -> int:
    """The command, in a process of its own."""
    protect()
    escape_what_cannot_be_encoded()
    try:
        return main() if options is None else execute(options)
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED


def run_check() -> int:
    """The console script `linreg-check`."""
    return run(check_parser().parse_args())


if __name__ == "__main__":
    sys.exit(run())
