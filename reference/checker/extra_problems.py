"""More than ordinary problems: larger ones, and the same numbers as other arrays.

A few each, for functions that are right on all ordinary problems. Larger problems are in whole
numbers, so that the exact answers are quick. Whole numbers as integer arrays, float32 and Fortran
order are the same problems in another form: what holds for ordinary arrays alone is said, and an
answer that is cut to whole numbers in silence is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected
from reference.checker.problem_set import normal_numbers, whole_numbers
from reference.checker.sandbox.messages import RawOutput, SubjectTerminated
from reference.checker.session import Call, ask, of_function, trials_of_problem
from reference.checker.trial import Trial

SIZES = [(12, 11), (8, 17), (6, 33), (5, 65), (63, 2), (64, 3), (65, 1), (127, 2), (128, 3)]
SIZES += [(129, 1), (255, 2), (256, 1), (257, 2), (1000, 2), (1025, 2), (4097, 1)]
OF_STEPS = [(12, 11), (8, 17), (6, 33), (5, 65), (65, 2), (129, 1), (257, 2), (1025, 1)]
OF_SAMPLES = 300  # rows at most where each has a bound of its own
LR = 2.0**-6
OTHER_FORMS = [(2, 1), (3, 2), (5, 3), (8, 2)]
NO_ROOM = ("MemoryError", "RecursionError")  # a limit of the machine, not a mistake


@dataclass(frozen=True)
class Extra:
    """What the further problems have shown.

    Attributes
    ----------
    trials : list of Trial
        Of the larger problems, the right ones included.
    largest : (int, int)
        The largest n and d that were answered, here and before.
    remarks : tuple of str
        What holds for ordinary arrays alone.
    fault, sentence, shown
        The name of a mistake that only other arrays show, its reason and its smallest example.
    """

    trials: list[Trial] = field(default_factory=list)
    largest: tuple[int, int] = (0, 0)
    remarks: tuple[str, ...] = ()
    fault: str = ""
    sentence: str = ""
    shown: Trial | None = None


def look_further(
    process: Any, call: Call, known: Sequence[Trial], deadline: float, place: Callable[[int], str]
) -> Extra:
    """Ask larger problems and other arrays of a function that is right on ordinary ones.

    Parameters
    ----------
    process, call
        As for `session.make_evaluate`.
    known : sequence of Trial
        The ordinary trials.
    deadline : float
        The moment after which nothing more is asked.
    place : callable
        Puts a line number in words.
    """
    trials, remarks = larger(process, call, deadline)
    first = 1 + max((t.index for t in known), default=-1)
    trials = [replace(t, index=first + t.index) for t in trials]
    shapes = [t.problem.X.shape for t in (*known, *trials)]
    largest = (max(n for n, _ in shapes), max(d for _, d in shapes)) if shapes else (0, 0)
    found = Extra(trials, largest, tuple(remarks))
    if any(not t.is_correct for t in trials):
        return found
    for form in FORMS:
        if time.monotonic() > deadline or not form.fits(call.plan):
            continue
        try:
            found = compare(process, call, form, found, place)
        except SubjectTerminated as error:
            remark = f"with {form.name} it gave no answer: {error.detail}"
            found = replace(found, remarks=(*found.remarks, remark))
        if found.fault:
            break
    return found


def larger(process: Any, call: Call, deadline: float) -> tuple[list[Trial], list[str]]:
    """The trials of larger problems, the smallest first; and where the answers end."""
    plan, reading, loss = call
    alike = plan.kind, loss, plan.lr, plan.theta, plan.given, "y_hat" in plan.uses
    found: list[Trial] = []
    for problem in large_problems(plan):
        if time.monotonic() > deadline:
            break
        n, d = problem.X.shape
        try:
            ((_, answers),) = ask(process, plan, [problem])
        except SubjectTerminated as error:
            return found, [f"with n = {n:,} and d = {d} it gave no answer: {error.detail}"]
        limits = [a.raised["type"] for a in answers if a.raised and a.raised["type"] in NO_ROOM]
        if limits:
            return found, [f"with n = {n:,} and d = {d} it raised {limits[0]}"]
        expected = None if plan.kind == "trainer" else large_answer(alike, n, d, plan, problem)
        index = len(found)
        found += trials_of_problem(plan, reading, loss, index, problem, answers, expected)
    return found, []


def large_problems(plan: CallPlan) -> list[Problem]:
    """Sizes around those of usual blocks and limits; only n or d varies if the other is fixed.

    A step that is given its gradient sees no rows.
    """
    o = plan.layout
    if plan.given:
        return []
    sizes = OF_STEPS if plan.kind == "trainer" else SIZES
    if plan.kind == "sample":
        sizes = [size for size in sizes if size[0] <= OF_SAMPLES]
    sizes = list(dict.fromkeys((o.n or n, o.d or d) for n, d in sizes))
    found = [large_problem(n, d, plan.lr or LR) for n, d in sizes if max(n, d) > 10]
    return [p for p in found if plan.takes(p.X)]


@lru_cache(maxsize=64)
def large_problem(n: int, d: int, lr: float) -> Problem:
    """A problem of this size in whole numbers."""
    X, y, w, b = whole_numbers(np.random.default_rng(n * 100 + d), n, d)
    return Problem(X, y, w, np.float64(b), lr=lr)


KNOWN: dict[Any, Expected] = {}


def large_answer(alike: Any, n: int, d: int, plan: CallPlan, problem: Problem) -> Expected:
    """Its exact answer, computed once for all functions that are called alike."""
    key = (*alike, n, d)
    if key not in KNOWN:
        KNOWN[key] = Expected(plan, problem, alike[1])
    return KNOWN[key]


@dataclass(frozen=True)
class Form:
    """Another form of the same numbers: `change` makes it of an argument, `drawn` the numbers."""

    name: str
    change: Callable[[Any], Any]
    drawn: Callable[..., Any]
    parts: tuple[str, ...] = ("X", "y", "w", "b")

    def fits(self, plan: CallPlan) -> bool:
        """Whether the arguments of a call can differ in it."""
        if plan.given:
            return False
        if plan.layout.container in ("array", "matrix", "frame"):
            return self.name != FORTRAN or plan.layout.container == "array"
        return plan.layout.container == "tensor" and self.name == FLOAT32

    def of(self, problem: Problem) -> Problem:
        """A problem in this form."""
        return problem._replace(**{p: self.change(getattr(problem, p)) for p in self.parts})


FORTRAN, FLOAT32, INTEGER = "arrays in Fortran order", "float32 arrays", "integer arrays"
FORMS = (
    Form(INTEGER, lambda a: np.asarray(a).astype(np.int64)[()], whole_numbers),
    Form(FLOAT32, lambda a: np.asarray(a).astype(np.float32)[()], normal_numbers),
    Form(FORTRAN, np.asfortranarray, normal_numbers, ("X",)),
)
SUBSETS = {("X", "y"): "integer X and y", ("w", "b"): "integer weights"}


def whole_apart(
    process: Any, call: Call, form: Form, place: Callable[[int], str]
) -> tuple[Trial | None, list[str]]:
    """With whole numbers in some of the arrays alone: a wrong answer, and what was raised."""
    wrong, remarks = None, []
    for parts, name in SUBSETS.items():
        some = list(asked_in(process, call, replace(form, name=name, parts=parts)))
        raised = next((t for t in some if t.answer.raised), None)
        wrong = wrong or next((t for t in some if not (t.is_correct or t.answer.raised)), None)
        if raised is not None:
            remarks.append(raises(name, raised.answer, place))
    return wrong, remarks


def compare(
    process: Any, call: Call, form: Form, found: Extra, place: Callable[[int], str]
) -> Extra:
    """What the answers in one form add to what was found."""
    trials = list(asked_in(process, call, form))
    wrong = next((t for t in trials if not t.is_correct and not t.answer.raised), None)
    raised = next((t for t in trials if t.answer.raised), None)
    if wrong is None and raised is not None and form.name == INTEGER:
        wrong, remarks = whole_apart(process, call, form, place)
        found = replace(found, remarks=(*found.remarks, *remarks))
    elif raised is not None:
        remark = raises(form.name, raised.answer, place)
        found = replace(found, remarks=(*found.remarks, remark))
    if wrong is None:
        return found
    if form.name == FLOAT32:
        remark = f"right for float64 alone: {form.name} give {off(wrong)}"
        return replace(found, remarks=(*found.remarks, remark))
    if form.name == FORTRAN:
        sentence = "The same numbers in Fortran order, as X.T has them, give another answer."
        return replace(found, fault="unknown", sentence=sentence, shown=wrong)
    return replace(found, **cut(wrong))


def asked_in(process: Any, call: Call, form: Form) -> Iterator[Trial]:
    """The trials of small problems in a form, held against the answers to their numbers."""
    plan, reading, loss = call
    asked = list(small(plan, form))
    for i, (problem, answers) in enumerate(ask(process, plan, [form.of(p) for p in asked])):
        as_floats = problem if form.name == FLOAT32 else asked[i]
        known = trials_of_problem(plan, reading, loss, i, as_floats, answers)
        yield from (shown_in(t, problem) for t in of_function(known, plan))


def shown_in(t: Trial, problem: Problem) -> Trial:
    """A trial whose example has the arrays that were given."""
    same = bool(np.array_equal(t.case.w, problem.w))
    case = t.case._replace(X=problem.X, y=problem.y, w=problem.w if same else t.case.w)
    return replace(t, problem=problem, case=case)


def small(plan: CallPlan, form: Form) -> Iterator[Problem]:
    """Small problems whose numbers the form can hold."""
    rng, o = np.random.default_rng(5), plan.layout
    for n, d in OTHER_FORMS:
        X, y, w, b = form.drawn(rng, o.n or n, o.d or d)
        if plan.takes(X):
            yield Problem(X, y, w, np.float64(b), lr=plan.lr or 2.0**-2)


def raises(name: str, answer: RawOutput, place: Callable[[int], str]) -> str:
    """An exception that ordinary arrays do not raise, in words."""
    raised: dict[str, Any] = answer.raised or {}
    where = f" in {place(raised['lineno'])}" if raised.get("lineno") else ""
    verb = "raises" if name.startswith("integer X") else "raise"
    return f"right for floats; {name} {verb} {raised['type']}{where}"


def off(t: Trial) -> str:
    """By how much an answer is wrong, in words."""
    if t.reading.fault:
        return t.reading.message
    worst = float(np.max(t.errors))
    return f"errors of up to {worst:.2g} × the rounding of float32"


def cut(wrong: Trial) -> dict[str, Any]:
    """The fault where integers give another answer than the same numbers as floats."""
    if is_cut(wrong):
        sentence = (
            "Right for floats; of integer arrays your answers are cut to whole numbers, in "
            "silence: an array that is made like them has no room for fractions."
        )
        return {"fault": "integer-truncation", "sentence": sentence, "shown": wrong}
    sentence = "Right for floats; the same whole numbers in integer arrays give another answer."
    return {"fault": "unknown", "sentence": sentence, "shown": wrong}


def is_cut(t: Trial) -> bool:
    """Whether an answer is in whole numbers, or n-ths of them, where it should not be."""
    vector, n = t.reading.vector, len(t.case.y)
    if vector is None:
        return False
    return any(bool((np.rint(v) == v).any()) for v in (vector, vector * n, vector * n / 2))


def narrow(trials: Sequence[Trial]) -> str:
    """What is said where answers to float64 arguments are in a narrower precision; or ""."""
    dtypes = {
        dtype
        for t in trials
        for dtype in (t.reading.dtype, t.reading.dtype_b)
        if dtype is not None and t.case.X.dtype == np.float64
    }
    found = {np.dtype(dtype).name for dtype in dtypes}
    names = " and ".join(sorted(found - {"float64"}))
    which = "some of your numbers are" if "float64" in found else "your numbers are"
    return f"{which} {names}: right to that precision" if names else ""
