"""The options of the command `check`: what they are, their defaults, and their help."""

from __future__ import annotations

import argparse
import os
from typing import Any

from reference.checker.call_text import ANSWERS, EXAMPLE, ROLES, CallError, parse_call
from reference.checker.command.classroom import Item
from reference.checker.expected import CONVENTIONS
from reference.checker.sandbox.bubblewrap import CHOICES
from reference.checker.session import LONGEST

FILES = ("csv", "junit", "gradescope")  # the options that name a file to write
MOST = 1_000_000  # examples
PURPOSE = """\
Is your gradient of linear regression right, and if not, what exactly is wrong, and where?
Each function of a file is compared with exact arithmetic; a mistake is named, with the smallest
example that shows it."""
EXAMPLES = """\
linreg-check my_gradient.py          judge every function of a file
linreg-check --help                  what is understood, and all options
python -P -m reference check FILE    the same without an installation; -P needs Python 3.11
python -m reference faults | less    the mistakes that have a name
"""
HELP = f"""\
targets: FILE.py, FILE.ipynb, FILE.py:NAME, package.module:NAME, - for standard input; a folder, a
pattern or a .zip for every .py and .ipynb in it: one file or one folder a submission

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
could not be loaded, or what is required is missing (with --strict, if anything was not checked), or
a file cannot be written; else 0
"""


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m reference`."""
    top = argparse.ArgumentParser(
        prog="python -m reference",
        description=PURPOSE,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands.add_parser("faults", help="print the catalogue of faults")
    check = commands.add_parser(
        "check",
        help="check the gradients of files, and name their mistakes",
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(check)
    return top


def check_parser() -> argparse.ArgumentParser:
    """The arguments of `linreg-check`: those of `python -m reference check`."""
    check = argparse.ArgumentParser(
        prog="linreg-check",
        description="Check the gradients of files, and name their mistakes.",
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.set_defaults(command="check")
    add_options(check)
    return check


def epilog() -> str:
    """What stands below the options."""
    return HELP.format(roles=", ".join(ROLES), answers=", ".join(ANSWERS))


def add_options(c: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    c.add_argument("targets", nargs="+", metavar="FILE.py", help="or what is listed below")
    add_judging(c)
    add_output(c)
    add_class(c)


def add_judging(c: argparse.ArgumentParser) -> None:
    """What is judged, and how."""
    c.add_argument(
        "--call", type=call, action="append", default=[], metavar="'f(x: X) -> grad'", help="below"
    )
    c.add_argument("--only", type=names, default=[], metavar="NAME", help="of the functions; a,b")
    c.add_argument("--loss", choices=["auto", *CONVENTIONS], default="auto", help="default: auto")
    c.add_argument(
        "--plain",
        action="store_true",
        help="insist on plain gradient descent: momentum, a schedule, a penalty, early stopping, "
        "standardising and sampling are wrong, where they are meant too",
    )
    add_limits(c)


def add_limits(c: argparse.ArgumentParser) -> None:
    """How much is tried, and where."""
    c.add_argument("--seed", type=seed, default=0, help="of the problems; default: 0")
    c.add_argument("--max-examples", type=positive(int), default=1000, help="default: 1000")
    c.add_argument(
        "--timeout",
        type=positive(float, LONGEST),
        default=10.0,
        help="seconds a function; default: 10",
    )
    c.add_argument(
        "--jobs", type=positive(int), default=cores(), help="files at a time; default: the cores"
    )
    c.add_argument(
        "--sandbox",
        choices=CHOICES,
        default="auto",
        help="whether files run in bubblewrap: where that works, always, or never; default: auto",
    )


def add_output(c: argparse.ArgumentParser) -> None:
    """What is said."""
    c.add_argument("--strict", action="store_true", help="status 2 if anything was not checked")
    c.add_argument(
        "--explain", action="store_true", help="print the derivation beside each example"
    )
    c.add_argument(
        "--hint",
        type=int,
        choices=range(4),
        default=3,
        help="what reports say of a mistake: 0 that there is one, 1 in which equation, 2 what it "
        "is, 3 the line and the smallest repair; default: 3",
    )
    c.add_argument(
        "--repair", action="store_true", help="write the mended copy, NAME.repaired.py, beside it"
    )
    c.add_argument("--json", action="store_true", help="print JSON")
    c.add_argument("--quiet", action="store_true", help="print what is wrong, and nothing else")


def add_class(c: argparse.ArgumentParser) -> None:
    """What a class needs."""
    c.add_argument(
        "--require",
        type=names,
        default=[],
        metavar="gradient,loss",
        help="the kinds or names of functions that each submission must contain",
    )
    c.add_argument(
        "--points",
        type=points,
        default=[],
        metavar="'gradient=5 loss=2'",
        help="the points for each that is right; default: 1 for each that is required",
    )
    c.add_argument(
        "--one-submission",
        action="store_true",
        help="all files are of one person, as in Gradescope",
    )
    for name, what in zip(
        FILES, ("a table", "JUnit XML", "Gradescope's results.json"), strict=True
    ):
        c.add_argument(f"--{name}", metavar="FILE", help=f"write {what}")


def items(options: argparse.Namespace) -> list[Item]:
    """What a submission must contain: all that is required, and all that has points."""
    found = {name: Item(name) for name in options.require}
    return list((found | {item.name: item for item in options.points}).values())


def call(text: str) -> str:
    """A type for argparse: a text that is a call."""
    try:
        parse_call(text)
    except CallError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def names(text: str) -> list[str]:
    """A type for argparse: names, with commas or spaces between."""
    found = text.replace(",", " ").split()
    if not found or not all(part.isidentifier() for name in found for part in name.split(".")):
        raise argparse.ArgumentTypeError(f"must be names like gradient,loss, got {text!r}")
    return list(dict.fromkeys(found))


def points(text: str) -> list[Item]:
    """A type for argparse: name=number, with commas or spaces between.

    Examples
    --------
    >>> points("gradient=5 loss=2.5")
    [Item(name='gradient', points=5.0), Item(name='loss', points=2.5)]
    """
    found = []
    for part in text.replace(",", " ").split():
        name, _, number = part.partition("=")
        try:
            item = Item(*names(name), float(number))
        except (TypeError, ValueError, argparse.ArgumentTypeError):
            item = Item("", -1.0)
        if not 0 <= item.points < float("inf"):
            raise argparse.ArgumentTypeError(f"must be like 'gradient=5 loss=2', got {text!r}")
        found.append(item)
    return found


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


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
