"""The smallest repair of a wrong function, and the line that is to blame.

Changes of the function's text are tried in the process of the code under test: single ones first,
then pairs of those that bring the answers nearer. A change under which the answers to a few small
problems are right is confirmed by judging the changed function as any other.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from reference.checker.attempts import Attempt, Choice, readings_of, trials_of, usual_losses
from reference.checker.call_plan import CallPlan, Layout, Problem
from reference.checker.definition import Definition, is_stored
from reference.checker.diagnosis.faults import sizes
from reference.checker.diagnosis.history import KEPT, PLAIN, Program
from reference.checker.examples.example import Subject, example
from reference.checker.examples.training_example import (
    first_wrong_step,
    from_the_start,
    problem_in,
)
from reference.checker.output import parts_of
from reference.checker.plans import METHODS
from reference.checker.repairs.edits import (
    Change,
    Edit,
    Scope,
    Text,
    applied,
    changes,
    compatible,
    is_self,
    repeated,
    short,
    tidy,
    with_parentheses,
)
from reference.checker.repairs.moves import moves, standardised
from reference.checker.repairs.preferences import concerns, preferred
from reference.checker.repairs.quick import FAR, RIGHT, Quick
from reference.checker.repairs.quick_passes import QuickPasses
from reference.checker.repairs.repair_text import Hunk, Repair, hunks_between
from reference.checker.report import Check, Counterexample
from reference.checker.sandbox.messages import RawOutput, SubjectTerminated
from reference.checker.session import (
    SMALL,
    Options,
    iterations,
    make_evaluate,
    small_problems,
    trials_of_problem,
)
from reference.checker.shrink import resized
from reference.checker.signature import roles_of
from reference.checker.trainers.minibatches import ALL_ROWS, NAMES, OF_A_PASS
from reference.checker.trainers.penalty import problem_without_weights
from reference.checker.trainers.training import INTENTS, explanation_of, judge_training
from reference.checker.verdict import judge

BATCH = 40  # changes that are sent at once
PROMISING = 36  # single changes of which pairs are made
SHARE = 0.4  # of the time limit of a function, for its repair
HINTED = 12  # changes of each sort at most for each of two mistakes that have names
UNUSUAL = 1.7  # the cost from which pairs of others are tried before a single change
CONFIRMED = 12  # changes at most that are judged in full
SUMS = ("half-sse", "sse")
OF_LOOP = {program.fault for program in KEPT}
HOPELESS = ("timeout", "crash", "nondeterministic", "stale")


class Tried(NamedTuple):
    """A change, how far its answers are from the right ones, and whether they are right.

    `beside`: whether it changes numbers that are returned beside those that were wrong.
    """

    change: Change
    distance: float
    right: bool
    beside: bool = False


def find_repairs(
    process: Any,
    definition: Definition,
    checks: Sequence[Check],
    losses: Sequence[str],
    options: Options,
    deadline: float,
    known: Sequence[Repair] = (),
) -> list[Check]:
    """The checks, those that are wrong with their line, and with a repair if one was confirmed.

    `known`: repairs of other functions of the program, which may mend this one, too.
    """
    program = definition.program
    if definition.node is None or program is None or not program.source:
        return list(checks)
    found = []
    for check in checks:
        if check.verdict == "wrong":
            until = min(deadline, time.monotonic() + SHARE * options.timeout)
            right = frozenset(c.name for c in checks if c.verdict == "right")
            search = Search(process, definition, check, right, tuple(losses), options, until, known)
            line, repair = search.run()
            where = program.place(line) if line else ""
            check = replace(check, line=line, where=where, repair=repair)
            if repair and repair.loss != check.loss and not tells_factor(check):
                check = replace(check, loss=repair.loss, counterexample=search.example(repair.loss))
        found.append(check)
    return found


def tells_factor(check: Check) -> bool:
    """Whether a mistake is named that is a factor, which holds under its convention alone."""
    return bool(set((check.fault or "").split("+")) & {f.name for f in sizes.FAULTS})


@dataclass(frozen=True)
class Search:
    """The search for the repair of one function.

    `right` has the names of what is right of the same definition, and must stay so.
    """

    process: Any
    definition: Definition
    check: Check
    right: frozenset[str]
    losses: tuple[str, ...]
    options: Options
    deadline: float
    known: Sequence[Repair] = ()

    @cached_property
    def call(self) -> Any:
        """How the function is called."""
        return None if self.check.choice is None else self.check.choice.call

    @property
    def plan(self) -> CallPlan:
        """The plan of this call."""
        plan: CallPlan = self.call.plan
        return plan

    @cached_property
    def text(self) -> Text:
        """The source of the program."""
        return Text(self.definition.program.source)

    @cached_property
    def statements(self) -> list[Any]:
        """The function's own statement of the top level, those it uses, and classes after these."""
        tree = self.definition.program.tree
        wanted = {self.definition.name.partition(".")[0]}
        if self.call is not None:
            wanted |= {name for _, name in self.call.plan.functions}
        while True:
            chosen = [s for s in tree.body if names_defined(s) & wanted]
            used = {n.id for s in chosen for n in ast.walk(s) if isinstance(n, ast.Name)}
            known = {n for s in tree.body for n in names_defined(s)}
            if used & known <= wanted:
                return chosen
            wanted |= used & known

    @cached_property
    def scopes(self) -> list[Scope]:
        """The functions that may be changed, the wrong one first."""
        own = [n for n in ast.walk(self.definition.node) if isinstance(n, ast.FunctionDef)]
        wrong = self.check.name.rpartition(".")[2]
        if self.check.kind == "predict":  # that of a fitted model: its training is not to blame
            own = [f for f in own if f.name not in (*METHODS, "__init__")] or own
        first = (wrong, self.plan.method) if self.call is not None else (wrong,)
        own.sort(key=lambda f: (f.name not in first, f.name == "__init__", f.name == "predict"))
        others = [
            n
            for s in self.statements
            for n in ast.walk(s)
            if isinstance(n, ast.FunctionDef) and n not in ast.walk(self.definition.node)
        ]
        attributes = attributes_of(self.definition.node)
        roles = self.plan.roles if self.call is not None else ()
        thetas = tuple(p for p, role in roles if role == "theta")
        biases = biases_in(self.plan.layout, thetas) if self.call is not None else ()
        return [Scope(self.text, f, attributes, thetas, biases) for f in (*own, *others)]

    def standardising(self) -> Iterator[Change]:
        """What keeps the mean and deviation of `fit` for `predict`."""
        methods = [n for n in ast.walk(self.definition.node) if isinstance(n, ast.FunctionDef)]
        predicts = [f for f in methods if f.name == "predict"]
        if self.check.fault == "predict-not-standardised" and predicts:
            for fit in (f for f in methods if f.name != "predict"):  # or a method that it calls
                yield from standardised(Scope(self.text, fit), Scope(self.text, predicts[0]))

    @cached_property
    def singles(self) -> list[Change]:
        """All single changes, the likeliest first."""
        hinted = preferred(self.check.fault or "")
        found: dict[str, tuple[float, Change]] = {}
        for i, scope in enumerate(self.scopes):
            single = list(changes(scope))
            for c in (*single, *repeated(scope, single), *moves(scope)):
                foreign = 0.8 if i and not self.definition.is_class else 0.4 * bool(i)
                cost = c.cost + foreign - (1.0 if c.kind in hinted else 0)
                new = with_parentheses(applied(self.text.source, c.edits))
                cost += 1.0 * leaves_idle_line(new, c) - 0.8 * self.stands_in_line(
                    c, self.check.fault or ""
                )
                if new not in found or cost < found[new][0]:
                    found[new] = cost, c._replace(cost=cost)
        for c in self.standardising():
            found[with_parentheses(applied(self.text.source, c.edits))] = 0, c._replace(cost=0)
        found.pop(self.text.source, None)
        return sorted((c for _, c in found.values()), key=lambda c: c.cost)

    def stands_in_line(self, change: Change, fault: str) -> bool:
        """Whether a change is one of a line in which a fault is likely to stand."""
        number = self.text.source.count("\n", 0, change.edits[0].start)
        told = change.label or (change.kind == "move" and "accumulator-kept" in fault)
        return bool(told) and concerns(fault, self.text.lines[number])

    @cached_property
    def problems(self) -> list[Problem]:
        """The problems by which changes are tried: a large one, and the one that was shown."""
        if self.plan.lam:
            return [problem_without_weights(self.plan)]
        small = small_problems(self.plan, self.options.seed)
        chosen = [max(small, key=lambda p: min(p.X.shape))]
        example = self.check.counterexample
        if example is not None and self.fits(example):
            known = chosen[0]._replace(X=example.X, y=example.y, w=example.w, b=example.b)
            chosen.append(known if example.lr is None else known._replace(lr=example.lr))
        return chosen

    def fits(self, example: Any) -> bool:
        """Whether an example can be asked as it is."""
        arrays = all(isinstance(a, np.ndarray) for a in (example.X, example.y, example.w))
        if not arrays or example.X.ndim != 2:
            return False
        o = self.plan.layout
        return o.d in (0, example.X.shape[1]) and o.n in (0, example.X.shape[0])

    def run(self) -> tuple[int | None, Repair | None]:
        """The line, and the repair if one was confirmed."""
        raised = self.line_that_raised()
        if self.call is None or self.check.fault in HOPELESS:
            return raised or self.likely_line([]), None
        tried: list[Tried] = []
        try:
            with self.restored():
                repair = self.first_confirmed(tried)
        except SubjectTerminated:
            repair = None
        if repair is not None:
            return raised or repair.line, repair
        return raised or self.likely_line(tried), None

    def example(self, loss: str) -> Counterexample | None:
        """The example of the wrong function, with what should have come under this convention."""
        shown, subject = self.check.counterexample, Subject(self.definition, *self.call[:2])
        if shown is None or not self.fits(shown) or not isinstance(shown.expected, float):
            return shown
        first = problem_in(self.plan, shown)
        rows = np.ones((self.plan.layout.n or 2, first.X.shape[1]))
        problems = [first, resized(first, rows)._replace(y=-rows[:, 0])]
        with contextlib.suppress(SubjectTerminated):
            if self.plan.kind == "trainer":
                told = self.process, subject
                steps = (first_wrong_step(*told, p, loss) for p in problems)
                found = next((example(subject, step) for step in steps if step), shown)
                return from_the_start(*told, loss, found)
            evaluate = make_evaluate(self.process, self.call._replace(loss=loss), self.deadline + 1)
            wrong = [t for t in evaluate(problems) if not t.is_correct]
            return example(subject, wrong[0]) if wrong else shown
        return shown

    def line_that_raised(self) -> int | None:
        """The line of the exception, where one came."""
        first = self.check.choice.first if self.check.choice is not None else None
        answers = [a for group in first.answers for a in group] if first else []
        raised = [a.raised for a in answers if a.raised and a.raised.get("lineno")]
        if self.check.fault in ("raised", "wrong-shape", "broadcast-n-by-n") and raised:
            return int(raised[0]["lineno"])
        return None

    def first_confirmed(self, tried: list[Tried]) -> Repair | None:
        """The first change that is confirmed; all that were tried are noted."""
        judged = 0
        usual = [c for c in self.singles if c.cost < UNUSUAL]
        rest, first = self.singles[len(usual) :], BATCH if "+" in (self.check.fault or "") else None
        singles = usual[:first], self.hinted_pairs(), usual[len(usual[:first]) :]
        pairs = self.pairs(tried), rest, self.pairs(tried)
        for source in (self.of_functions_used(), *singles, *pairs):
            for batch in batches(source, BATCH):
                found = self.try_all(batch)
                tried += found
                for good in sorted((t for t in found if t.right), key=lambda t: t.beside):
                    if not self.trains_rightly(good.change):
                        continue
                    repair = self.confirmed(good.change)
                    judged += 1
                    if repair is not None:
                        return repair
                    if judged >= CONFIRMED or time.monotonic() > self.deadline:
                        return None
                if time.monotonic() > self.deadline:
                    return None
        return None

    def of_functions_used(self) -> Iterator[Change]:
        """The known repairs of functions that this one uses."""
        spans = [self.text.span(s) for s in self.statements]
        for repair in self.known:
            edits = [replaced_lines(self.text, hunk) for hunk in repair.hunks]
            if all(any(a <= e.start and e.end <= b + 1 for a, b in spans) for e in edits):
                yield Change(tuple(edits), "known")

    def hinted_pairs(self) -> Iterator[Change]:
        """Where two mistakes have names: a change that mends the one with one for the other."""
        names = (self.check.fault or "").split("+")
        for first, second in itertools.combinations(names, 2):
            each = [self.likely_for(first), self.likely_for(second)]
            ranked = sorted(itertools.product(*each), key=rank_of_pair)
            pairs = (combined(a, b) for (_, a), (_, b) in ranked)
            yield from (both for both in pairs if both is not None)

    def likely_for(self, fault: str) -> list[tuple[int, Change]]:
        """The likeliest changes of each sort for one of several mistakes, with their ranks."""
        kinds = preferred(fault)
        found = [c for c in self.singles if kinds & set(c.kind.split())]
        found.sort(key=lambda c: not self.stands_in_line(c, fault))
        sorts = itertools.product(sorted(kinds), (True, False))  # what is repeated has no label
        each = [[c for c in found if c.kind == k and bool(c.label) == s][:HINTED] for k, s in sorts]
        return list(itertools.chain.from_iterable(map(enumerate, each)))

    def pairs(self, tried: list[Tried]) -> Iterator[Change]:
        """Pairs of the single changes that bring the answers nearest, or are the likeliest."""
        before = self.base_distance
        tried = [t for t in tried if " " not in t.change.kind] or tried  # which are no pairs
        nearer = sorted((t for t in tried if t.distance < before - 1e-9), key=lambda t: t.distance)
        chosen = [t.change for t in nearer[:PROMISING]]
        ranked = [(i + j, a, b) for i, a in enumerate(chosen) for j, b in enumerate(chosen[:i])]
        for _, a, b in sorted(ranked, key=lambda r: r[0]):
            both = combined(a, b)
            if both is not None:
                yield both

    @cached_property
    def base_distance(self) -> float:
        """How far the answers are now."""
        found = self.try_all([Change((), "none")])
        return found[0].distance if found else FAR

    def try_all(self, candidates: Sequence[Change]) -> list[Tried]:
        """Each change, tried on the few problems."""
        requests, kept = self.requests, self.kept_beside
        found: list[Tried] = []
        while len(found) < len(candidates) and time.monotonic() < self.deadline:
            rest = candidates[len(found) :]
            sent = [self.changed(c.edits, requests) for c in rest]
            try:
                answers = self.process.ask_changed(sent, self.deadline + 1)
                for change, answer in zip(rest, answers, strict=True):
                    distance, right = self.judged_quickly(answer)
                    beside = right and self.numbers_beside(answer) != kept
                    found.append(Tried(change, distance, right, beside))
            except SubjectTerminated:
                found.append(Tried(rest[0], 2 * FAR, False))
        return found

    @cached_property
    def requests(self) -> list[dict[str, Any]]:
        """The calls by which changes are tried."""
        if self.compares_passes:
            return self.passes.requests()
        return requests_of(self.plan, self.problems)

    @cached_property
    def passes(self) -> QuickPasses:
        """The right passes, approximately."""
        fixed = 0 if self.definition.batch_sizes else 1
        return QuickPasses(self.plan, self.call.reading, fixed, self.program)

    @cached_property
    def program(self) -> Program:
        """The kind of descent that a trainer is, before it is changed."""
        understood = self.check.choice.status == "understood" and self.check.kind == "trainer"
        if not understood or not self.is_meant_otherwise:
            return PLAIN
        told = self.process, self.call, self.losses, self.options.seed
        return explanation_of(*told)[0].program

    @cached_property
    def kept_beside(self) -> Any:
        """The numbers beside the wrong ones, as they are now."""
        (answers,) = self.process.ask_changed([self.changed((), self.requests)])
        return self.numbers_beside(answers)

    def numbers_beside(self, answers: Sequence[RawOutput]) -> list[Any]:
        """What is returned beside the numbers that are read; of a training all depends on it."""
        if self.plan.kind == "trainer":
            return []
        reading = self.call.reading
        read = [k for k in (reading.w, reading.b, reading.joint) if k] if reading else []
        each = [parts_of(a) for a in answers]
        return [(k, p.values.tobytes()) for ps in each for k, p in ps.items() if k not in read]

    def changed(self, edits: Sequence[Edit], requests: Sequence[Any]) -> dict[str, Any]:
        """The message that defines the changed statements and asks these calls."""
        statements = []
        for s in self.statements:
            line = min([s.lineno, *(d.lineno for d in getattr(s, "decorator_list", []))])
            start, end = self.text.starts[line - 1], self.text.span(s)[1]
            inside = [
                e._replace(start=e.start - start, end=e.end - start)
                for e in edits
                if start <= e.start and e.end <= end + 1
            ]
            piece = applied(self.text.source[start:end], inside)
            statements.append((line, with_parentheses(piece)))
        target = self.definition.name
        return {"target": target, "statements": statements, "requests": list(requests)}

    def judged_quickly(self, answers: Sequence[RawOutput]) -> tuple[float, bool]:
        """The distance from the right answers under the nearest convention, and whether right."""
        if any(a.raised for a in answers):
            return FAR * 1.5, False
        if self.compares_passes:
            return self.passes.distance(answers, self.allowed)
        count = len(iterations(self.plan))
        groups = [list(answers[i : i + count]) for i in range(0, len(answers), count)]
        tried = Attempt(self.plan, self.problems, groups)
        if self.by_batches or self.is_of_other_kind:
            return 0.0, True  # `trains_rightly` decides
        if self.check.kind != self.plan.kind:  # the predictions of what was trained
            return self.judged_predictions(tried)
        readings = [self.call.reading] if self.call and self.call.reading else []
        best = FAR
        for reading in readings or readings_of(tried, self.definition)[:4]:
            for loss in self.allowed:
                gap = self.quick.distance(groups, reading, loss)
                if gap < RIGHT and self.is_right(tried, reading, loss):
                    return 0.0, True
                best = min(best, gap)
        return best, False

    @cached_property
    def allowed(self) -> list[str]:
        """The conventions that a repair may follow: what was meant as a mean becomes no sum."""
        if self.losses[0] == self.check.loss != "half-mse":  # that of the program's own loss
            return [self.check.loss]
        usual = usual_losses(self.plan.kind, self.losses)
        return [k for k in usual if k not in SUMS or self.check.loss in SUMS]

    @property
    def is_pass(self) -> bool:
        """Whether a step takes wrong batches, one after the other."""
        return self.check.kind == "step" and (self.check.fault or "") in OF_A_PASS

    @property
    def by_batches(self) -> bool:
        """Whether the passes of a trainer were wrong, and it is no plain descent on all rows."""
        status, trainer = self.check.choice.status, self.check.kind == "trainer"
        read = status == "only reading" and self.check.cases == SMALL  # by its steps alone
        plain = (status == "understood" or read) and not self.is_of_loop
        plain = plain and not self.is_meant_otherwise
        return trainer and status != "right" and (self.has_batches or plain)

    @property
    def has_batches(self) -> bool:
        """Whether the mistake is one of batches, which are to stay batches."""
        return bool(set((self.check.fault or "").split("+")) & NAMES)

    @property
    def is_of_other_kind(self) -> bool:
        """Whether a trainer is meant to have momentum, or a rate that changes."""
        understood = self.check.choice.status == "understood" and self.check.kind == "trainer"
        return understood and self.is_meant_otherwise and not self.by_batches

    @cached_property
    def is_meant_otherwise(self) -> bool:
        """Whether words say so; the rate of `learning_rate` alone does not."""
        if self.is_of_loop:
            return False
        wording = self.definition.wording
        own = any(short(n) == "rate" for scope in self.scopes for n in scope.names)
        return any(words & wording - {"rate"} for words in INTENTS.values()) or own

    @property
    def is_of_loop(self) -> bool:
        """Whether a mistake of the loop explains a trainer that is plain descent else."""
        return bool(OF_LOOP & set((self.check.fault or "").split("+")))

    @cached_property
    def compares_passes(self) -> bool:
        """Whether passes are compared: not where rows are drawn, or batches have their own size."""
        names = set((self.check.fault or "").split("+"))
        wrong = self.by_batches or (self.check.kind == "trainer" and bool(names & NAMES))
        return wrong and self.passes.applies and "row-never-drawn" not in names

    def judged_predictions(self, tried: Attempt) -> tuple[float, bool]:
        """The same for the predictions of a fitted model."""
        found = []
        for i, (problem, group) in enumerate(zip(tried.problems, tried.answers, strict=True)):
            found += trials_of_problem(
                self.plan, self.call.reading, self.call.loss, i, problem, group
            )
        trials = [t for t in found if t.plan.name == self.check.name]
        wrong = sum(not t.is_correct for t in trials)
        return (FAR * wrong / len(trials), not wrong) if trials else (FAR, False)

    @cached_property
    def quick(self) -> Quick:
        """The right answers, approximately."""
        return Quick(self.plan, self.problems)

    def is_right(self, tried: Attempt, reading: Any, loss: str) -> bool:
        """Whether all answers are right, decided exactly."""
        trials = trials_of(tried, reading, loss)
        return bool(trials) and all(t.is_correct and not t.mutated for t in trials)

    def trains_rightly(self, change: Change) -> bool:
        """Whether the batches and the history of a changed trainer are right."""
        choice = self.check.choice
        batches = self.by_batches or self.is_of_other_kind or "batch_size" in self.plan.uses
        trains = self.check.kind == "trainer" or self.is_pass
        if not trains or not (choice.status == "right" or batches):
            return True
        list(self.process.ask_changed([self.changed(change.edits, [])]))
        calls = [choice.call._replace(loss=loss) for loss in self.losses[:2]]
        choices = [replace(choice, call=call, status="right") for call in calls]
        choices += [choice] if self.by_batches or self.is_of_other_kind else []
        return any(map(self.training_is_right, choices))

    def training_is_right(self, choice: Choice) -> bool:
        """Whether nothing is found in a training that is called in this way."""
        options = replace(self.options, naming=False)
        told = (self.process, self.definition, choice, self.losses, options)
        try:
            checks, batches = judge_training(*told)[:2]
        except SubjectTerminated:
            return False
        if self.is_pass:
            return bool(batches)
        if self.has_batches and ALL_ROWS in "".join([batches, *(c.explanation for c in checks)]):
            return False
        plain = not checks and not (self.by_batches or self.is_of_other_kind)
        return plain or (bool(checks) and all(c.verdict == "right" for c in checks))

    def confirmed(self, change: Change) -> Repair | None:
        """The repair by a change, if the changed function is right in all problems."""
        try:
            source = tidy(applied(self.text.source, change.edits))
        except SyntaxError:
            return None
        program = replace(self.definition.program, source=source)
        node = program.node_of(self.definition.name)
        definition = replace(self.definition, node=node)
        object.__setattr__(definition, "program", program)
        list(self.process.ask_changed([self.changed(change.edits, [])]))
        with self.loading(source):
            checks = self.judged(definition)
            kept = {c.name for c in checks if c.verdict == "right"} >= self.right
            meant = [c.loss for c in checks if self.is_as_meant(c)]
            if not kept or not meant:
                return None
            others = [c for d in self.others_changed(change) for c in self.judged(d)]
        if any(c.verdict == "wrong" for c in others):
            return None
        lines = self.definition.program.lines
        return Repair(hunks_between(self.text.source, source), tuple(lines), meant[0])

    def judged(self, definition: Definition) -> list[Check]:
        """The checks of a changed definition; nothing where there is no time left."""
        left = self.deadline - time.monotonic()
        if left <= 0.2 or definition.node is None:
            return []
        try:
            options = replace(self.options, timeout=left + 1)
            return judge(self.process, definition, self.losses, options)
        except SubjectTerminated:
            return []

    def others_changed(self, change: Change) -> list[Definition]:
        """The other definitions of the program that a change concerns."""
        start = {e.start for e in change.edits}
        found = []
        for d in self.definition.program.definitions:
            if d.name != self.definition.name and d.node is not None:
                first, last = self.text.span(d.node)
                if any(first <= s <= last for s in start):
                    found.append(d)
        return found

    def is_as_meant(self, check: Check) -> bool:
        """Whether a check is of the same thing, called in the same way, and right."""
        call = check.choice.call if check.choice is not None else None
        same = check.name == self.check.name and check.kind == self.check.kind
        same &= check.loss in self.allowed
        layouts = (self.plan.layout, self.plan.layout._replace(d=0))  # for any number of features
        alike = call is not None and call.plan.layout in layouts
        other_kind = check.explanation.startswith("right as") and not self.is_of_other_kind
        if self.check.fault != "row-never-drawn":  # what is drawn misses rows too
            other_kind |= "random" in check.explanation or "drawn" in check.explanation
        other_kind |= self.has_batches and ALL_ROWS in check.explanation
        if self.plan.lam and not check.choice.penalty:  # of the bias alone it is to be free
            return False
        return same and alike and check.verdict == "right" and not other_kind

    @contextlib.contextmanager
    def loading(self, source: str) -> Iterator[None]:
        """Another source, for a process that starts anew."""
        before, self.process.source = self.process.source, source
        try:
            yield
        finally:
            self.process.source = before

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """The program as it was, at the end."""
        try:
            yield
        finally:
            try:
                if self.process.popen is not None:
                    list(self.process.ask_changed([self.changed((), [])]))
            except SubjectTerminated:  # a new process has the program as it was
                self.process.close()

    def likely_line(self, tried: Sequence[Tried]) -> int | None:
        """The line whose change brings the answers nearest; else the likeliest for the fault."""
        line = usual_line(self.definition.node, self.check.fault or "")
        if line:
            return line
        example = self.check.counterexample
        wrong = (example.component if example is not None else "") or ""
        of_bias = bool({"b", "grad_b"} & set(roles_of(wrong)))  # w comes first, and is right
        line = last_assignment(self.definition.node, wrong) if of_bias else None
        nearest = min(tried, key=lambda t: t.distance, default=None)
        change = None
        if nearest is not None and nearest.distance < 0.5 * self.base_distance:
            change = nearest.change
        elif self.singles and line is None:
            change = self.singles[0]
        if change is None:
            return line
        return self.text.source.count("\n", 0, change.edits[0].start) + 1


def biases_in(layout: Layout, parameters: Iterable[str]) -> tuple[str, ...]:
    """b in a dict or a record of parameters, as a program writes it."""
    forms = {"dict": '{}["{}"]', "record": "{}.{}"}
    if layout.packed not in forms:
        return ()
    return tuple(forms[layout.packed].format(p, layout.keys[1]) for p in parameters)


def replaced_lines(text: Text, hunk: Hunk) -> Edit:
    """The edit that puts the lines of a repair in their place."""
    first = hunk.line - 1
    starts = [*text.starts, len(text.source)]
    after = "".join(f"{line}\n" for line in hunk.after.splitlines())
    return Edit(starts[first], starts[first + len(hunk.before.splitlines())], after)


def rank_of_pair(pair: Sequence[tuple[int, Change]]) -> tuple[int, float]:
    """The order of two changes with their ranks: of equal ones, the cheaper first."""
    return sum(rank for rank, _ in pair), sum(change.cost for _, change in pair)


def combined(a: Change, b: Change) -> Change | None:
    """Two changes as one, if neither changes what the other one does."""
    edits = (*a.edits, *b.edits)
    return Change(edits, f"{a.kind} {b.kind}", a.cost + b.cost) if compatible(edits) else None


def usual_line(node: Any, fault: str) -> int | None:
    """The line of a mistake that is seen in the source: of what is returned, or drawn."""
    nodes = list(ast.walk(node))
    if fault in ("loss-as-gradient", "parameter-as-gradient", "wrong-shape"):
        lines = [n.lineno for n in nodes if isinstance(n, ast.Return) and n.value is not None]
    elif fault == "predict-not-standardised":
        predicts = [n for n in nodes if getattr(n, "name", "") == "predict"]
        lines = [n.body[-1].lineno for n in predicts]
    elif fault == "nondeterministic":
        lines = [n.lineno for n in nodes if isinstance(n, ast.Call) and "rand" in ast.unparse(n)]
        lines = [min(lines)] if lines else []
    else:
        lines = [node.body[-1].lineno] if fault == "no-return" else []
    return max(lines, default=None)


def last_assignment(node: Any, name: str) -> int | None:
    """The last line that gives a value to a variable or an attribute of this name."""
    named = (n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute))
    stored = (n for n in named if is_stored(n))
    lines = [n.lineno for n in stored if name in (getattr(n, "id", ""), getattr(n, "attr", ""))]
    return max(lines, default=None)


def names_defined(statement: Any) -> set[str]:
    """The functions and classes that a statement of the top level defines."""
    nodes = ast.walk(statement) if isinstance(statement, ast.If | ast.Try) else [statement]
    return {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def attributes_of(node: Any) -> tuple[str, ...]:
    """The attributes that a class gives its objects, as `self.a`."""
    if not isinstance(node, ast.ClassDef):
        return ()
    found = [n for n in ast.walk(node) if isinstance(n, ast.Attribute) and is_self(n.value)]
    return tuple(dict.fromkeys(f"self.{n.attr}" for n in found if is_stored(n)))


def leaves_idle_line(source: str, change: Change) -> bool:
    """Whether a change makes a line `a = a` of one of those that it concerns."""
    places = [e.start for e in change.edits] or [0]
    first = source.rfind("\n", 0, min(places)) + 1
    last = source.find("\n", max(places) + sum(len(e.text) for e in change.edits))
    sides = (line.partition(" = ") for line in source[first : last + 1 or None].splitlines())
    return any(right and left.strip() == right.strip("() ") for left, _, right in sides)


def requests_of(plan: CallPlan, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The calls for these problems."""
    return [plan.request(p._replace(iters=t)) for p in problems for t in iterations(plan)]


def batches(items: Iterable[Change], size: int) -> Iterator[list[Change]]:
    """The items, some at a time."""
    found: list[Change] = []
    for item in items:
        found.append(item)
        if len(found) == size:
            yield found
            found = []
    if found:
        yield found
