"""The verdict: problems, answers, judgement; formed where the code under test does not run."""

from __future__ import annotations

import ast
import inspect
import os
import re
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from reference.checker.attempts import MEANS
from reference.checker.call_text import ToldCall, parse_call, suggest
from reference.checker.definition import Definition
from reference.checker.expected import CONVENTIONS
from reference.checker.loading import (
    NotLoaded,
    Program,
    locate,
    names_defined,
    read_program,
    why_not_python,
    why_too_many,
)
from reference.checker.output import describe_raised
from reference.checker.repairs.repair import find_repairs
from reference.checker.repairs.repair_text import Repair
from reference.checker.report import HINTS, OTHER, Check, Report, hinted
from reference.checker.sandbox.bubblewrap import choose_sandbox
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.sandbox.process import Process
from reference.checker.script import check_script
from reference.checker.session import Options
from reference.checker.signature import is_model, kinds_of, parted, roles_of, why_other, words
from reference.checker.verdict import judge, unchecked


def check(
    target: str | Callable[..., Any],
    *,
    loss: str = "auto",
    seed: int = 0,
    max_examples: int = 1000,
    timeout: float = 10.0,
    call: str | Sequence[str] = (),
    progress: Callable[[str], None] = lambda name: None,
    hint: int = HINTS,
    sandbox: str = "auto",
    only: str | Sequence[str] = (),
    plain: bool = False,
) -> Report:
    """Whether a gradient, step, trainer, prediction or loss is right; and if not, why.

    Parameters
    ----------
    target : str or callable
        FILE.py, FILE.ipynb, FILE.py:NAME or package.module:NAME; or a function or class itself.
    loss : {"auto", "half-mse", "mse", "half-sse", "sse"}
        The convention that it is meant to follow; "auto" is that of the file's own loss, or any
        mean.
    seed : int
        Of the problems.
    max_examples : int
        How many random problems; fewer if time is up. A trainer gets a third, of three steps each.
    timeout : float
        Seconds for each function.
    call : str or sequence of str
        How a function is called, where it is not understood: "f(features: X, t: y, v: w, lam=0.0)
        -> grad_b, grad_w" gives for each parameter what it is, or a constant.
    progress : callable
        Called with the name of each function before it is tried.
    hint : {0, 1, 2, 3}
        What is said of a wrong function: that it is wrong; which equation; what is wrong; the line
        and the smallest repair that was confirmed.
    sandbox : {"auto", "require", "off"}
        Whether a file runs in bubblewrap: where that works, always, or never.
    only : str or sequence of str
        The names of the functions that are checked; by default all are.
    plain : bool
        Whether to insist on plain gradient descent: momentum, a schedule, a penalty, early
        stopping, standardising and sampling are wrong then, where they are meant too.

    Returns
    -------
    Report
        `passed`, `checks`, and as text what to read. A file that cannot be read is not checked,
        and says why.

    Raises
    ------
    ValueError
        For an option out of its range, a `call` that is none, or a sandbox that is required and
        does not work.
    """
    names = (only,) if isinstance(only, str) else tuple(only)
    chosen = Options(loss, seed, max_examples, timeout, progress, hint, names, plain)
    told = [parse_call(c) for c in ([call] if isinstance(call, str) else call)]
    runs_in = choose_sandbox(sandbox, isinstance(target, str))
    return replace(check_target(target, chosen, told, runs_in), sandbox=runs_in)


def check_target(
    target: str | Callable[..., Any], options: Options, told: Sequence[ToldCall], sandbox: str
) -> Report:
    """The report on a target that runs in this sandbox."""
    program = Program("", "")
    label = target if isinstance(target, str) else name_of(target)
    try:
        functions = None if isinstance(target, str) else {label: target}
        program, name = program_of(target)
        started = Process(program.file, name, options.timeout, functions, program.source, sandbox)
        with started as process:
            checks, left_out = all_checks(process, program, options, told, bool(name))
        return Report(label, tuple(checks), left_out=(*program.left_out, *left_out))
    except NotLoaded as error:
        return not_loaded(label, getattr(error, "program", program), str(error))


def not_loaded(label: str, program: Program, reason: str) -> Report:
    """The report on a file that was not loaded: what it defines, and why none of it was checked."""
    told = "the file was not loaded"
    names = names_defined(program.source)
    checks = [Check("function", name, "unchecked", reason=told) for name in names]
    return Report(label, tuple(checks), placed(reason, program))


def program_of(target: str | Callable[..., Any]) -> tuple[Program, str]:
    """The program of a target, and the name that is meant in it."""
    if not isinstance(target, str):
        return Program("", source_of(target)), name_of(target)
    file, name = locate(target)
    program = read_program(file)
    if too_many := why_too_many(program.source):
        raise NotLoaded(too_many)
    why = why_not_python(program.source)
    if why:
        raise NotPython(why, program)
    return program, name


class NotPython(NotLoaded):
    """A source that does not compile."""

    def __init__(self, why: str, program: Program) -> None:
        super().__init__(why)
        self.program = program


def name_of(function: Any) -> str:
    """The name of a function; a lambda is a gradient, an object has that of its type."""
    name = getattr(function, "__name__", type(function).__name__)
    return "gradient" if name == "<lambda>" else name


def source_of(function: Any) -> str:
    """The source of a function at the line where it is in its file, or "" where there is none."""
    try:
        lines, start = inspect.getsourcelines(function)
        source = textwrap.dedent("".join(lines))
        ast.parse(source)
        return "\n" * (start - 1) + source
    except (OSError, TypeError, SyntaxError):
        return ""


def assert_gradient(function: str | Callable[..., Any], **options: Any) -> None:
    """Raise an AssertionError, whose text is the report, unless `function` is right.

    Parameters
    ----------
    function : str or callable
    **options
        Those of `check`.

    Raises
    ------
    AssertionError
        If it is wrong, or could not be checked.
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    report = check(function, **options)
    if not report.passed:
        raise AssertionError(f"\n{report}")


def all_checks(
    process: Process, program: Program, options: Options, told: Sequence[ToldCall], asked: bool
) -> tuple[list[Check], list[str]]:
    """A check for every public function and class of a program; and what was left out of it."""
    found = loaded(process)
    program = program.with_definitions([f for f in found["found"] if not f["alias_of"]])
    definitions = with_told(program.definitions, told)
    only = meant(found["found"], options.only)
    checks = judge_each(process, definitions, options, only, asked)
    definitions = [d for d in definitions if not only or d.name in only]
    definitions = [d for d in definitions if not is_left_to_training(d, checks)]
    asked = asked or bool(only)
    aliases = [(f["alias_of"], f["name"]) for f in found["found"] if f["alias_of"]]
    result = [finished(c, d, program, aliases, asked) for d in definitions for c in checks[d.name]]
    if not asked:
        result += not_defined(program, result, found["left_out"])
        result += [c for d in definitions for c in other_methods(d, result)]
        result += imported(program)
        result += [check_script(program)] * (not any(c.kind != OTHER for c in result))
    return result, described_rest(program, found["left_out"])


def is_left_to_training(definition: Definition, checks: dict[str, list[Check]]) -> bool:
    """Whether a method is not judged by itself: it could not be, or it was with its class."""
    if "." not in definition.name:
        return False
    of_class = {c.name for c in checks.get(definition.name.partition(".")[0], ())}
    own = checks[definition.name]
    return definition.name in of_class or all(c.verdict == "unchecked" for c in own)


def judge_each(
    process: Process,
    definitions: Sequence[Definition],
    options: Options,
    only: set[str],
    asked: bool,
) -> dict[str, list[Check]]:
    """The checks of each definition that is meant, and of losses, which tell the convention.

    Functions come before those that call them: what repairs them may repair these.
    """
    checks: dict[str, list[Check]] = {}
    losses = [options.loss] if options.loss != "auto" else []
    needed = [d for d in definitions if not only or d.name in only or is_loss(d)]
    for d in sorted(needed, key=lambda d: (not is_loss(d), d.functions_used)):
        options.progress(d.name)
        done = [c for cs in checks.values() for c in cs]
        allowed = losses or conventions(d, done)
        known = [c.repair for c in done if c.repair]
        checks[d.name] = judge_one(process, d, allowed, options, asked or d.name in only, known)
    for d, loss in of_another_loss(definitions, checks) if not losses else ():
        checks[d.name] = judge_one(process, d, [loss], options, asked or d.name in only)
    return checks


def of_another_loss(
    definitions: Sequence[Definition], checks: dict[str, list[Check]]
) -> list[tuple[Definition, str]]:
    """The partial derivative that is right for another loss than the one beside it, and that loss.

    It is the one that does not agree with the program's own loss; else that of the larger.
    """
    right = [c for cs in checks.values() for c in cs if c.verdict == "right"]
    partials = [c for c in right if c.kind in ("gradient_w", "gradient_b")]
    if sorted(c.kind for c in partials) != ["gradient_b", "gradient_w"]:
        return []
    own = [c.loss for c in right if c.kind in ("loss", "sample")]
    first, *_ = sorted(
        {c.loss for c in partials}, key=lambda k: (k not in own, [*CONVENTIONS].index(k))
    )
    odd = {c.name for c in partials if c.loss != first}
    return [(d, first) for d in definitions if d.name in odd]


def loaded(process: Process) -> dict[str, Any]:
    """What the process of the code under test found in the program."""
    try:
        return process.load()
    except SubjectTerminated as error:
        hint = "; if it is only slow, try --timeout 60" if error.fault == "timeout" else ""
        raise NotLoaded(f"cannot be imported: {error.detail}{hint}") from None
    except ImportError as error:
        raise NotLoaded(f"cannot be imported: {describe_raised(error.args[0])}") from None


def with_told(definitions: Sequence[Definition], told: Sequence[ToldCall]) -> list[Definition]:
    """The definitions, those with their call for which a person said it."""
    found = {d.name: d for d in definitions}
    for call in told:
        d = found.get(call.name)
        if d is None:
            raise NotLoaded(
                f"--call is for {call.name}; it defines {', '.join(found) or 'nothing'}"
            )
        if d.is_class and call.method not in d.methods:
            example = next(iter(d.methods), "fit")
            raise NotLoaded(f"{d.name} is a class: write --call '{d.name}(...).{example}(...)'")
        methods = d.methods.get(call.method, ())
        known = [p["name"] for p in (*d.parameters, *methods)]
        stray = [p for p, _ in call.roles + call.init if p not in known]
        if stray:
            raise NotLoaded(f"{d.name} has no parameter {stray[0]}, but {', '.join(known)}")
        found[d.name] = replace(d, told=call)
    return list(found.values())


def meant(found: Sequence[dict[str, Any]], only: Sequence[str]) -> set[str]:
    """The definitions that `only` names, by whichever of their names."""
    names = {f["alias_of"] or f["name"] for f in found if f["name"] in only}
    if only and not names:
        defined = ", ".join(f["name"] for f in found) or "nothing"
        raise NotLoaded(f"there is no {' and no '.join(only)} in it; it defines {defined}")
    return names


def is_loss(definition: Definition) -> bool:
    """Whether a definition is called a loss: losses come first, as they tell the convention."""
    return kinds_of(definition.short_name)[:1] == ["loss"]


MEAN_WORDS = {"mse", "mean", "average", "avg"}  # in the name of a loss that is no sum


def conventions(definition: Definition, checks: Sequence[Check]) -> list[str]:
    """The conventions that are right for a function, the one of the file's own loss first."""
    if is_loss(definition):
        means = MEAN_WORDS & {w for word in words(definition.short_name) for w in parted(word)}
        return MEANS[::-1] if means else [*CONVENTIONS]
    own = [c.loss for c in checks if c.kind in ("loss", "sample") and c.verdict == "right"]
    if any(c in ("sse", "half-sse") for c in own):
        return list(dict.fromkeys([*own, "half-sse", "sse"]))
    return list(dict.fromkeys([*own, "half-mse", "mse"]))


def judge_one(
    process: Process,
    definition: Definition,
    losses: Sequence[str],
    options: Options,
    asked: bool = False,
    known: Sequence[Repair] = (),
) -> list[Check]:
    """The checks of one definition; none is tried that is plainly none of ours, unless asked."""
    if not asked and definition.told is None and (reason := why_none_of_ours(definition)):
        return [unchecked(definition, OTHER, reason)]
    try:
        process.begin()
        deadline = time.monotonic() + options.timeout
        checks = judge(process, definition, losses, options)
        if not asked and all(c.verdict == "unchecked" for c in checks) and is_inner(definition):
            return [unchecked(definition, OTHER, INNER)]
        if options.hint < HINTS:
            return [hinted(c, options.hint) for c in checks]
        return find_repairs(process, definition, checks, losses, options, deadline, known)
    except Exception as error:  # whatever is wrong with the checker is not the author's mistake
        return [unchecked(definition, "function", failure(error))]


def why_none_of_ours(definition: Definition) -> str:
    """Why something is plainly none of ours; "" if it may be.

    The name of a class that predicts says so only if it is that of another model.
    """
    if definition.abstract:
        return "it is an abstract base"
    if definition.is_record:
        return "it holds values, and computes nothing"
    name = definition.short_name
    predicts = definition.is_class and "predict" in definition.methods
    other = kinds_of(name)[:1] == [OTHER] and not (predicts and is_model(name))
    return why_other(name) if other else ""


INNER = "it is the derivative for the predictions: it is judged where it is used"


def is_inner(definition: Definition) -> bool:
    """Whether a derivative is given labels and predictions alone, and no parameters."""
    roles = [roles_of(p["name"])[:1] for p in definition.parameters if p["required"]]
    of_gradient = kinds_of(definition.short_name)[:1] == ["gradient"]
    return of_gradient and sorted(roles) == [["y"], ["y_hat"]]


def failure(error: Exception) -> str:
    """An error of the checker's own, with its place, for a report of it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
    return f"the checker failed: {type(error).__name__}: {error} ({place}); please report it"


def finished(
    check: Check,
    definition: Definition,
    program: Program,
    aliases: Sequence[tuple[str, str]],
    asked: bool,
) -> Check:
    """A check with its line, its other names, and a call to edit where none was understood."""
    others = [alias for name, alias in aliases if name == check.name]
    remarks = (*check.remarks, *([f"also named {', '.join(others)}"] if others else []))
    hidden = check.verdict == "wrong" and check.hint < HINTS
    line = None if hidden else check.line or program.first_line(definition.name)
    reason = placed(check.reason, program)
    found = replace(check, line=line, remarks=remarks, reason=reason)
    not_called = ("cannot be imported", "left out", "it is written for", "the checker failed")
    named = kinds_of(definition.short_name)[:1] not in ([], [OTHER])
    trains = any(len(p) > 1 for p in definition.methods.values())
    known = check.loss or reason.startswith(("its model is not linear", *not_called))
    known = known or not (named or check.call or trains or asked)
    if check.verdict != "unchecked" or check.kind == OTHER or known or definition.told:
        return found
    return replace(found, suggestion=suggest(definition))


def placed(text: str, program: Program) -> str:
    """A text with the lines of a notebook as cell and line."""
    if not program.lines:
        return text
    return re.sub(r"(?<!, )\bline (\d+)", lambda match: program.place(int(match[1])), text)


def not_defined(
    program: Program, checks: Sequence[Check], left_out: Sequence[tuple[int, str]]
) -> Iterator[Check]:
    """The functions and classes of the source that could not be defined, and why."""
    known = {c.name for c in checks}
    why = dict(left_out)
    for node in program.tree.body:
        name = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else "_"
        if why.get(node.lineno) and name not in known and not name.startswith("_"):
            kind = next(iter(kinds_of(name)), "function")
            reason = placed(why[node.lineno], program)
            yield Check(kind, name, "unchecked", reason=reason, line=node.lineno)


def other_methods(definition: Definition, checks: Sequence[Check]) -> Iterator[Check]:
    """The methods of a class that have a known name: they are judged through its training."""
    known = {c.name for c in checks}
    missed = any(
        c.name == definition.name and c.verdict == "unchecked" and c.kind != OTHER for c in checks
    )
    own = {getattr(n, "name", "") for n in getattr(definition.node, "body", ())}
    for method in definition.methods:
        name, kinds = f"{definition.name}.{method}", kinds_of(method)
        named = kinds[:1] in (["gradient"], ["loss"], ["predict"], ["step"])
        if named and method in own and name not in known and not method.startswith("_"):
            kind = kinds[0] if missed else OTHER
            yield Check(kind, name, "unchecked", reason="a method is judged through the training")


def imported(program: Program) -> Iterator[Check]:
    """The names of ours that a program imports: they are checked where they are defined."""
    for node in program.tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name
                if kinds_of(name)[:1] not in ([], [OTHER]) and name.isidentifier():
                    reason = f"it is imported from {node.module or '.'}"
                    yield Check(OTHER, name, "unchecked", reason=reason, line=node.lineno)


def described_rest(program: Program, left_out: Sequence[tuple[int, str]]) -> list[str]:
    """In words, what of the top level was not executed."""
    not_run = [line for line, why in left_out if not why]
    found = [placed(why, program) for _, why in left_out if why and not why.startswith("`")]
    if not_run:
        found.append(f"top-level code from {program.place(min(not_run))} on was not run")
    return list(dict.fromkeys(found))
