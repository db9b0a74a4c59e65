"""The front of all demos: which one, its options, the files it wrote, and errors in one line."""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import os
import re
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).parent
PROG = "python -m demos"


def main(argv: list[str] | None = None) -> None:
    """Run the demo that `argv` names; trajectory if it names none.

    Raises
    ------
    SystemExit
        2 after an error, 130 after Ctrl-C, 141 if the reader of the output has gone.
    """
    _prepare_streams()
    try:
        _main(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except (KeyboardInterrupt, ImportError) as error:  # the latter from a module in C that begins
        if not isinstance(error.__cause__ or error, KeyboardInterrupt):
            raise
        _tell("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        _silence(sys.stdout)
        sys.exit(141)
    except OSError as error:  # of what was printed: a file's own is told where it comes up
        _silence(sys.stdout)
        _refuse(PROG, f"cannot print: {error.strerror}")


def _prepare_streams() -> None:
    """A terminal that knows no ŷ gets a ?; a stream that is closed takes everything."""
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (to the end)
        else:
            stream.reconfigure(errors="replace")


def _silence(stream: Any) -> None:
    """What is still to be written, and cannot be, goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _main(argv: list[str]) -> None:
    if argv[:1] in (["-h"], ["--help"]):
        print(
            f"usage: {PROG} [NAME] [options]\n\n{_list()}\n\n{PROG} NAME --help shows its options"
        )
    elif argv[:1] == ["list"]:
        if argv[1:]:
            _refuse(f"{PROG} list", f"takes no options, got {' '.join(argv[1:])}")
        print(_list())
    else:
        named = bool(argv) and not argv[0].startswith("-")
        _run(argv[0] if named else "trajectory", argv[named:])


def found() -> dict[str, str]:
    """The name of each demo and its docstring, in order of name, without importing any."""
    files = sorted(p for p in HERE.glob("*.py") if not p.stem.startswith("_"))
    return {p.stem: ast.get_docstring(ast.parse(p.read_bytes())) or "" for p in files}


def _list() -> str:
    width = max(map(len, found()))
    return "\n".join(
        f"{name:{width}}  {doc.partition(chr(10))[0]}" for name, doc in found().items()
    )


def _run(name: str, argv: list[str]) -> None:
    name = name.rpartition(".")[2].replace("-", "_")
    if name not in found():
        close = "".join(f"; did you mean {n}?" for n in difflib.get_close_matches(name, found(), 1))
        _refuse(PROG, f"there is no demo {name!r}{close}; {PROG} list shows all")
    prog = f"{PROG} {name}"
    try:
        demo = importlib.import_module(f"demos.{name}")
        args = _parser(prog, demo).parse_args(argv)
        if "matplotlib" in sys.modules:  # a demo that draws has imported it
            _backend(args.show)
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: _say(prog, "warning", message)
            _write_all(demo.run(args), args)
    except ModuleNotFoundError as error:
        extra = {"matplotlib": "demos", "torch": "reference"}.get(error.name or "")
        if extra is None:
            raise
        _refuse(prog, f"{error.name} is not installed; pip install '.[{extra}]'")
    except BrokenPipeError:
        raise
    except OSError as error:
        _refuse(prog, f"{error.filename}: {error.strerror}" if error.filename else error)
    except (ValueError, ArithmeticError, MemoryError) as error:
        _refuse(prog, str(error) or "there is not enough memory")


def _parser(prog: str, demo: Any) -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog, description=demo.__doc__, formatter_class=raw, allow_abbrev=False)
    parser.add_argument(
        "--out", type=Path, default=Path("figures"), metavar="DIR", help="where files go (figures)"
    )
    parser.add_argument("--show", action="store_true", help="also open the pictures in a window")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of all randomness (0)")
    demo.options(parser)
    return parser


class _Parser(argparse.ArgumentParser):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._negative_number_matcher = re.compile(r"-\.?\d")  # argparse takes -1e5 for an option

    def print_help(self, file: Any = None) -> None:
        print(self.format_help(), end="", file=file, flush=True)  # argparse hides a full disk

    def error(self, message: str) -> NoReturn:
        _refuse(self.prog, f"{message}; --help shows the options")


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 up, got {text!r}")
    return int(text)


def _backend(show: bool) -> None:
    """matplotlib's own look, whatever the user's settings; without --show, no window."""
    import matplotlib

    matplotlib.rcdefaults()
    if not show:
        matplotlib.use("Agg")
    elif matplotlib.get_backend().lower() == "agg":
        raise ValueError("--show needs a display, and matplotlib found none; leave it out")


def _write_all(files: Iterable[tuple[str, Any]], args: argparse.Namespace) -> None:
    """Write each (name, content) into --out and print its path; then show the pictures."""
    for name, content in files:
        _write(args.out / name, content)
        print(f"wrote {args.out / name}")
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.show() if args.show else plt.close("all")


def _write(path: Path, content: Any) -> None:
    from demos import DPI
    from linreg_np._utils.files import atomic_write

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            if isinstance(content, str | bytes):
                file.write(content.encode() if isinstance(content, str) else content)
            else:  # without the version of matplotlib: the same seed gives the same bytes
                content.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    except OSError as error:
        raise OSError(
            f"cannot write {path}: {error.strerror or error}; choose another --out"
        ) from error


def _refuse(prog: str, message: Any) -> NoReturn:
    _say(prog, "error", message)
    sys.exit(2)


def _say(prog: str, kind: str, message: Any) -> None:
    sys.stdout.flush()
    _tell(f"{prog}: {kind}: {' '.join(str(message).split())}")


def _tell(line: str) -> None:
    """One line to stderr, if it takes one: the exit status tells the rest."""
    try:
        print(line, file=sys.stderr)
    except OSError:
        _silence(sys.stderr)


if __name__ == "__main__":
    main()
