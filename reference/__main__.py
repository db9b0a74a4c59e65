"""The command line: `python -m reference check FILE.py`, `python -m reference faults`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from reference.checker.call_text import ANSWERS, EXAMPLE, ROLES, CallError, parse_call
from reference.checker.check import check, failure
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.expected import CONVENTIONS
from reference.checker.loading import locate
from reference.checker.repair_text import write_mended
from reference.checker.report import (
    RIGHT,
    UNCHECKED,
    WRONG,
    Report,
    as_json,
    escaped,
    exit_status,
    table,
)
from reference.checker.sandbox.bubblewrap import CHOICES, choose_sandbox
from reference.checker.sandbox.process import kill_all
from reference.checker.session import LONGEST
from reference.checker.targets import Target, expand

INTERRUPTED = 130
WORKERS = 2
MOST = 1_000_000  # examples
HELP = f"""\
targets: FILE.py, FILE.ipynb, FILE.py:NAME, package.module:NAME, - for standard input; a folder, a
pattern or a .zip for every .py and .ipynb in it

understood are
  gradients     of (w, b), of theta, of one sample, one function for each partial derivative
  losses        of (X, y, w, b), of theta, of (y_hat, y); predictions; steps, in place too
  trainers      functions, classes with fit or train, torch modules with their own loop
  data          rows, columns, one feature as a vector, features in rows, tables with y last,
                lists, np.matrix, DataFrames, tensors; in globals or in the constructor

--call says how a function is called that is not understood, or misunderstood:
  --call '{EXAMPLE}'
  --call 'Model(rate: lr, rounds: iters).fit(X: X, t: y) -> coef: w, offset: b'
  Each parameter is one of {{roles}}; with = it is a constant.
  Answers, in their order or by key or attribute, are {{answers}}; _ for any other.

exit status: 1 if anything is wrong; else 2 if nothing was judged, or a gradient was not, or a file
could not be loaded (with --strict, if anything was not checked); else 0
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = parser().parse_args(arguments)
    if options.command == "faults":
        print(catalogue())
        return RIGHT
    try:
        choose_sandbox(options.sandbox)
    except ValueError as error:
        print(error, file=sys.stderr)
        return UNCHECKED
    return check_files(options)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    top = argparse.ArgumentParser(prog="python -m reference", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("faults", help="print the catalogue of faults")
    c = commands.add_parser(
        "check",
        help="check the gradients of files, and name their mistakes",
        epilog=HELP.format(roles=", ".join(ROLES), answers=", ".join(ANSWERS)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(c)
    return top


def add_options(c: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    c.add_argument("targets", nargs="+", metavar="FILE.py", help="or what is listed below")
    c.add_argument(
        "--call", type=call, action="append", default=[], metavar="'f(x: X) -> grad'", help="below"
    )
    c.add_argument("--strict", action="store_true", help="status 2 if anything was not checked")
    c.add_argument("--loss", choices=["auto", *CONVENTIONS], default="auto", help="default: auto")
    add_limits(c)
    c.add_argument(
        "--explain", action="store_true", help="print the derivation beside each example"
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


def add_limits(c: argparse.ArgumentParser) -> None:
    """The arguments that say how much is tried, and where."""
    c.add_argument("--seed", type=seed, default=0, help="of the problems; default: 0")
    c.add_argument("--max-examples", type=positive(int), default=1000, help="default: 1000")
    c.add_argument(
        "--timeout",
        type=positive(float, LONGEST),
        default=10.0,
        help="seconds a function; default: 10",
    )
    c.add_argument(
        "--sandbox",
        choices=CHOICES,
        default="auto",
        help="whether files run in bubblewrap: where that works, always, or never; default: auto",
    )


def call(text: str) -> str:
    """A type for argparse: a text that is a call."""
    try:
        parse_call(text)
    except CallError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def seed(text: str) -> int:
    """A type for argparse: a whole number that is not negative."""
    if int(text) < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, got {text}")
    return int(text)


def positive(number: type, largest: float = MOST) -> Any:
    """A type for argparse."""

    def parse(text: str) -> Any:
        value = number(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"must be positive, got {text}")
        if value > largest:
            raise argparse.ArgumentTypeError(f"must be at most {largest:,}, got {text}")
        return value

    parse.__name__ = f"positive {number.__name__}"
    return parse


def check_files(options: argparse.Namespace) -> int:
    """Check every target, two at a time; print; the exit status."""
    names = ("loss", "seed", "max_examples", "timeout", "call", "hint", "sandbox")
    chosen = {name: getattr(options, name) for name in names}
    targets = expand(options.targets)
    progress = Progress(len(targets))
    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(checked, t, chosen, progress) for t in targets]
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
    return exit_status(reports, options.strict)


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


def checked(target: Target, options: dict[str, Any], progress: Progress) -> Report:
    """A report, also where there is nothing to report on."""
    try:
        if target.trouble:
            return Report(target.name, (), target.trouble)
        report = check(target.name, **options, progress=progress.of(target.name))
        return replace(report, left_out=(*target.left_out, *report.left_out))
    except ValueError as error:  # an option out of its range
        return Report(target.name, (), str(error))
    except Exception as error:
        return Report(target.name, (), failure(error))
    finally:
        progress.done += 1


def print_reports(reports: Sequence[Report], options: argparse.Namespace) -> None:
    """As JSON; or each that was checked, and a table if they are several."""
    if options.json:
        print(as_json(reports))
        return
    for r in reports:
        if not options.quiet or r.status == WRONG:
            print(r.as_text(derived=options.explain))
        elif r.unchecked:
            print(escaped(f"{r.file}: {r.unchecked}"), file=sys.stderr)
    if len(reports) > 1 and not options.quiet:
        print(f"\n{table(reports)}")


class Progress:
    """A line on standard error, if that is a terminal: how many files are done, and what runs."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.on = total, 0, sys.stderr.isatty()

    def of(self, target: str) -> Callable[[str], None]:
        """What shows that a function of a target is checked."""
        return lambda name: self.show(escaped(f"{os.path.basename(target)} {name}"))

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
    blocks = [f"{f.name}\n    {f.formula}\n    {f.sentence()}" for f in CATALOGUE]
    return "\n".join(blocks)


def run() -> int:
    """The command, with Ctrl-C as an ordinary end."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # where it cannot print ∇ or Σ
    try:
        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
