"""The command line: `python -m reference check FILE.py`, `python -m reference faults`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reference.checker.check import check
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.expected import CONVENTIONS
from reference.checker.loading import NotLoaded, locate
from reference.checker.repair_text import write_mended
from reference.checker.report import Report, as_json, table
from reference.checker.sandbox.process import kill_all
from reference.checker.signature import kinds_of

RIGHT, WRONG, UNCHECKED, INTERRUPTED = 0, 1, 2, 130
WORKERS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = parser().parse_args(arguments)
    if options.command == "faults":
        print(catalogue())
        return RIGHT
    return check_files(options)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    top = argparse.ArgumentParser(prog="python -m reference", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("faults", help="print the catalogue of faults")
    c = commands.add_parser("check", help="check the gradients of files, and name their mistakes")
    c.add_argument(
        "targets", nargs="+", metavar="FILE.py", help="or FILE.py:NAME, or package.module:NAME"
    )
    c.add_argument("--loss", choices=["auto", *CONVENTIONS], default="auto", help="default: auto")
    c.add_argument("--seed", type=int, default=0, help="of the problems; default: 0")
    c.add_argument("--max-examples", type=positive(int), default=1000, help="default: 1000")
    c.add_argument(
        "--timeout", type=positive(float), default=10.0, help="seconds a function; default: 10"
    )
    c.add_argument(
        "--hint",
        type=int,
        choices=range(4),
        default=3,
        help="what is said of a mistake: 0 that there is one, 1 in which equation, 2 what it is, "
        "3 the line and the smallest repair; default: 3",
    )
    c.add_argument(
        "--repair", action="store_true", help="write the mended copy, NAME.repaired.py, beside it"
    )
    c.add_argument("--json", action="store_true", help="print JSON")
    c.add_argument("--quiet", action="store_true", help="print what is wrong, and nothing else")
    return top


def positive(number: type) -> Any:
    """A type for argparse."""

    def parse(text: str) -> Any:
        value = number(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"must be positive, got {text}")
        return value

    parse.__name__ = f"positive {number.__name__}"
    return parse


def check_files(options: argparse.Namespace) -> int:
    """Check every target, two at a time; print; the exit status."""
    names = ("loss", "seed", "max_examples", "timeout", "hint")
    chosen = {name: getattr(options, name) for name in names}
    progress = Progress(len(options.targets))
    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(checked, t, chosen, progress) for t in options.targets]
        try:
            reports = [job.result() for job in jobs]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            kill_all()
            raise
        finally:
            progress.clear()
    print_reports(reports, options)
    if options.repair:
        write_repairs(reports)
    return max((status_of(r) for r in reports), key=[RIGHT, UNCHECKED, WRONG].index)


def write_repairs(reports: Sequence[Report]) -> None:
    """Write the mended copy of each file that has a repair, and say so."""
    found: dict[str, list[Any]] = {}
    for r in reports:
        file, _ = locate(r.file)
        repairs = [c.repair for c in r.checks if c.repair]
        if repairs and os.path.isfile(file):
            found.setdefault(file, []).extend(repairs)
    for file, repairs in found.items():
        print(f"mended copy: {write_mended(file, repairs)}", file=sys.stderr)


def status_of(report: Report) -> int:
    """1 for anything wrong; 2 if nothing, or a gradient not, could be judged; else 0."""
    if any(c.verdict == "wrong" for c in report.checks):
        return WRONG
    judged = [c for c in report.checks if c.verdict == "right"]
    missed = [c for c in report.checks if c.verdict == "unchecked" and is_gradient(c)]
    return UNCHECKED if report.unchecked or not judged or missed else RIGHT


def is_gradient(check: Any) -> bool:
    """Whether the name of a function says that it is a gradient."""
    return kinds_of(check.name.rpartition(".")[2])[:1] == ["gradient"]


def checked(target: str, options: dict[str, Any], progress: Progress) -> Report:
    """A report, also where there is nothing to report on."""
    try:
        return check(target, **options, progress=progress.of(target))
    except (NotLoaded, FileNotFoundError, ModuleNotFoundError) as error:
        return Report(target, (), str(error))
    finally:
        progress.done += 1


def print_reports(reports: Sequence[Report], options: argparse.Namespace) -> None:
    """As JSON; or each that was checked, and a table if they are several."""
    for r in reports:
        if r.unchecked:
            print(f"{r.file}: {r.unchecked}", file=sys.stderr)
    if options.json:
        print(as_json(reports))
        return
    shown = [r for r in reports if not r.unchecked and not (options.quiet and r.passed)]
    for r in shown:
        print(r)
    if len(reports) > 1 and not options.quiet:
        print(f"\n{table(reports)}")


class Progress:
    """A line on standard error, if that is a terminal: how many files are done, and what runs."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.on = total, 0, sys.stderr.isatty()

    def of(self, target: str) -> Callable[[str], None]:
        """What shows that a function of a target is checked."""
        return lambda name: self.show(f"{os.path.basename(target)} {name}")

    def show(self, text: str) -> None:
        """Another line in place of the last."""
        if self.on:
            sys.stderr.write(f"\r\033[K{self.done}/{self.total} {text}"[:80])
            sys.stderr.flush()

    def clear(self) -> None:
        """No line."""
        if self.on:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def catalogue() -> str:
    """Every fault: name, wrong formula, explanation."""
    blocks = [
        f"{f.name}\n    {f.formula}\n    "
        + f.explanation.format(subject="grad_w and grad_b are", section="1.3f")
        for f in CATALOGUE
    ]
    return "\n".join(blocks)


def run() -> int:
    """The command, with Ctrl-C as an ordinary end."""
    try:
        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
