"""`python -m demos`: find the demos, parse the options of one, run it and write its files."""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import sys
import warnings
from pathlib import Path
from typing import Any, NoReturn

from demos._shared.output import (
    discard_output,
    fail,
    prepare_streams,
    print_stderr,
    report,
    write_file,
)

FOLDER = Path(__file__).parent
PROG = "python -m demos"
EXTRAS = {"matplotlib": "demos", "torch": "reference", "hypothesis": "reference"}


def main(argv: list[str] | None = None) -> None:
    """Run the demo that `argv` names; without a name, trajectory.

    The exit status is 2 after an error, 130 after Ctrl-C and 141 if stdout's reader has gone.
    """
    prepare_streams()
    try:
        try:
            run_command(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()
    except (KeyboardInterrupt, ImportError) as error:  # a C module turns Ctrl-C into ImportError
        if not isinstance(error.__cause__ or error, KeyboardInterrupt):
            raise
        print_stderr("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        discard_output(sys.stdout)
        sys.exit(141)
    except OSError as error:
        discard_output(sys.stdout)
        print_stderr(f"{PROG}: error: cannot print: {error.strerror}")
        sys.exit(2)


def run_command(argv: list[str]) -> None:
    if argv[:1] in (["-h"], ["--help"]):
        print(f"usage: {PROG} [NAME] [options]\n\n{format_list()}")
        print(f"\n{PROG} NAME --help shows the options of one demo")
    elif argv[:1] == ["list"]:
        Parser(f"{PROG} list", description="List all demos.").parse_args(argv[1:])
        print(format_list())
    elif argv and not argv[0].startswith("-"):
        run_demo(argv[0].rpartition(".")[2].replace("-", "_"), argv[1:])
    else:
        run_main_demos(argv)


def run_main_demos(argv: list[str]) -> None:
    """Draw the trajectory and write the study page; of both, no part needs torch."""
    run_demo("trajectory", argv)
    args, others = make_parser(PROG, None).parse_known_args(argv)
    if not others:  # the options of trajectory ask for that picture only
        run_demo("page", ["--out", str(args.out)])
        print(f"\nopen {args.out / 'linreg.html'} in a browser")


def list_demos() -> dict[str, str]:
    """The name and the docstring of each demo, sorted by name; no demo is imported."""
    files = sorted(p for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))
    return {p.stem: ast.get_docstring(ast.parse(p.read_bytes())) or "" for p in files}


def format_list() -> str:
    demos = list_demos()
    width = max(map(len, demos))
    return "\n".join(f"{name:{width}}  {doc.partition(chr(10))[0]}" for name, doc in demos.items())


def run_demo(name: str, argv: list[str]) -> None:
    if name not in list_demos():
        fail(PROG, f"there is no demo {name!r}; {PROG} list shows all")
    prog = f"{PROG} {name}"
    try:
        demo = importlib.import_module(f"demos.{name}")
        args = make_parser(prog, demo).parse_args(argv)
        if "matplotlib" in sys.modules:  # then the demo draws, and has imported it
            choose_backend(args.show)
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: report(prog, "warning", message)
            write_files(demo.run(args), args)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        fail(prog, f"{error.name} is not installed; pip install '.[{EXTRAS[error.name]}]'")
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(prog, f"{error.filename}: {error.strerror}" if error.filename else error)
    except (ValueError, ArithmeticError, MemoryError) as error:
        fail(prog, str(error) or "not enough memory")


class Parser(argparse.ArgumentParser):
    """argparse with errors in one line, and with -1e5 as a number rather than an option."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        fail(self.prog, f"{message}; --help shows the options")


def make_parser(prog: str, demo: Any) -> Parser:
    """The options of all demos, and those that this demo adds."""
    style = argparse.RawDescriptionHelpFormatter
    parser = Parser(prog, description=demo.__doc__, formatter_class=style, allow_abbrev=False)
    out = {"type": Path, "default": Path("figures"), "metavar": "DIR"}
    parser.add_argument("--out", help="output directory (default: figures)", **out)
    parser.add_argument("--show", action="store_true", help="also open the pictures in a window")
    seed = {"type": parse_seed, "default": 0, "metavar": "N"}
    parser.add_argument("--seed", help="random seed (default: 0)", **seed)
    if hasattr(demo, "options"):
        demo.options(parser)
    return parser


def parse_seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 up, got {text!r}")
    return int(text)


def choose_backend(show: bool) -> None:
    """Use matplotlib's own style whatever the user's settings; open windows only with --show."""
    import matplotlib

    matplotlib.rcdefaults()
    if not show:
        matplotlib.use("Agg")


def write_files(files: Any, args: argparse.Namespace) -> None:
    """Write each (name, content) into --out and print its path; then show the pictures."""
    for name, content in files:
        write_file(args.out / name, content)
        print(f"wrote {args.out / name}")
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.show() if args.show else plt.close("all")


if __name__ == "__main__":
    main()
