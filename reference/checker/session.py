"""How one function is tried: a call is chosen that can be understood, then all problems are run.

`evaluate(problems)` gives trials and is the only way to ask the code under test. Everything that
is learnt is returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from reference.checker.call_plan import CallPlan, Problem, plans, probe
from reference.checker.diagnosis import match
from reference.checker.diagnosis.history import Path
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import Output, Reading, parse_output, precision, readings
from reference.checker.problem_set import (
    distinguishing_problems,
    exact_answers,
    random_problems,
    with_rate,
)
from reference.checker.sandbox.messages import RawOutput, SubjectTerminated
from reference.checker.scaling import scalings
from reference.checker.signature import Definition, kinds_of
from reference.checker.trial import Trial

REPEATS = 100  # problems that are asked again at the end, in another order
ITERATIONS = (1, 2, 3)
SMALL = 5  # problems by which a call is chosen
EXPLAINED = 12  # calls at most whose answers are compared with the catalogue


@dataclass(frozen=True)
class Options:
    """How to check."""

    loss: str = "auto"
    seed: int = 0
    max_examples: int = 1000
    timeout: float = 10.0
    progress: Callable[[str], None] = lambda text: None
    hint: int = 3

    def __post_init__(self) -> None:
        if self.loss not in ("auto", *CONVENTIONS):
            raise ValueError(
                f"loss must be one of auto, {', '.join(CONVENTIONS)}, got {self.loss!r}"
            )
        if self.max_examples < 1 or not self.timeout > 0:
            raise ValueError(
                "max_examples and timeout must be positive, "
                f"got {self.max_examples} and {self.timeout}"
            )
        if self.hint not in range(4):
            raise ValueError(f"hint must be 0, 1, 2 or 3, got {self.hint!r}")


class Evaluate(Protocol):
    """Problems → trials, in their order; as many as are answered in time."""

    def __call__(self, problems: Sequence[Problem], **limits: Any) -> list[Trial]: ...


class Call(NamedTuple):
    """A call that was tried: the plan, where the numbers are in its answers, the convention."""

    plan: CallPlan
    reading: Reading | None
    loss: str


class Attempt(NamedTuple):
    """What came of one plan on the small problems."""

    plan: CallPlan
    problems: list[Problem]
    answers: list[list[RawOutput]]  # of each problem, one for each number of iterations
    ended: SubjectTerminated | None = None


@dataclass
class Choice:
    """The call that was understood, and how; or the likeliest one, and what came of it."""

    call: Call | None = None
    status: str = "unknown call"  # "right", "named", "only reading", "terminated"
    first: Attempt | None = None
    ended: SubjectTerminated | None = None
    trials: list[Trial] = field(default_factory=list)


def small_problems(plan: CallPlan, seed: int, count: int = SMALL) -> list[Problem]:
    """Problems of several sizes by which a call is chosen."""
    o = plan.layout
    return distinguishing_problems(seed, o.d, o.n)[:count]


def iterations(plan: CallPlan) -> tuple[int, ...]:
    """For how many iterations a problem is asked."""
    return ITERATIONS if plan.kind == "trainer" else (1,)


def ask(
    process: Any, plan: CallPlan, problems: Sequence[Problem]
) -> Iterator[tuple[Problem, list[RawOutput]]]:
    """Each problem, with the answers for each number of iterations.

    Raises
    ------
    SubjectTerminated
        With the problem that got no answer.
    """
    runs = iterations(plan)
    requests = [plan.request(p._replace(iters=t)) for p in problems for t in runs]
    answers = process.ask(requests)
    for problem in problems:
        try:
            yield problem, [next(answers) for _ in runs]
        except SubjectTerminated as error:
            error.problem = problem
            raise


def attempt(process: Any, plan: CallPlan, seed: int) -> Attempt:
    """What a plan gives on the small problems; on one alone where that raises."""
    problems, found = small_problems(plan, seed), []
    try:
        first = [a for _, a in ask(process, plan, problems[:1])]
        if all(a.raised for a in first[0]):
            return Attempt(plan, problems[:1], first)
        found = [a for _, a in ask(process, plan, problems[1:])]
        return Attempt(plan, problems, [*first, *found])
    except SubjectTerminated as error:
        return Attempt(plan, problems, [], error)


def choose_call(
    process: Any, definition: Definition, losses: Sequence[str], seed: int, deadline: float
) -> Choice:
    """The first call under which the answers are right; else the first that a name explains."""
    attempts: list[Attempt] = []
    for plan in plans(definition):
        if time.monotonic() > deadline:
            break
        tried = attempt(process, plan, seed)
        attempts.append(tried)
        if tried.ended is not None:
            if sum(a.ended is not None for a in attempts) > 1:
                break
            continue
        found = right_call(tried, definition, losses)
        if found is not None:
            return Choice(found, "right", attempts[0])
    return explained_call(definition, attempts, losses)


def right_call(tried: Attempt, definition: Definition, losses: Sequence[str]) -> Call | None:
    """The reading and the convention under which all answers are right."""
    for reading in readings_of(tried, definition):
        for loss in usual_losses(tried.plan.kind, losses):
            trials = trials_of(tried, reading, loss)
            if trials and all(t.is_correct for t in trials):
                return Call(tried.plan, reading, loss)
    return None


def usual_losses(kind: str, losses: Sequence[str]) -> Sequence[str]:
    """A prediction has no convention."""
    return losses[:1] if kind == "predict" else losses


def readings_of(tried: Attempt, definition: Definition) -> list[Reading]:
    """The readings of an attempt's answers."""
    pairs = [(p, a) for p, group in zip(tried.problems, tried.answers, strict=True) for a in group]
    return readings(tried.plan, definition, pairs)


def trials_of(tried: Attempt, reading: Reading | None, loss: str) -> list[Trial]:
    """The trials of an attempt, without the predictions of a fitted model."""
    found: list[Trial] = []
    for i, (problem, group) in enumerate(zip(tried.problems, tried.answers, strict=True)):
        found += trials_of_problem(tried.plan, reading, loss, i, problem, group)
    return [t for t in found if t.plan.name == tried.plan.name]


def trials_of_problem(
    plan: CallPlan,
    reading: Reading | None,
    loss: str,
    index: int,
    problem: Problem,
    answers: Sequence[RawOutput],
    expected: Expected | None = None,
) -> list[Trial]:
    """One trial; of a trainer, one for each step."""
    problem = with_rate(plan, problem)
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if plan.kind == "trainer":
        return training_steps(plan, loss, index, problem, list(zip(outputs, answers, strict=True)))
    known = expected or Expected(plan, problem, loss)
    return [Trial(plan, problem, answers[0], outputs[0], known, index, problem)]


def training_steps(
    plan: CallPlan,
    loss: str,
    index: int,
    problem: Problem,
    answers: Sequence[tuple[Output, RawOutput]],
) -> list[Trial]:
    """A training of 1, 2 and 3 iterations as steps, each from where the one before it ended."""
    start = Output(np.append(problem.w, problem.b))
    before_each = [start, *(output for output, _ in answers)]
    found = []
    for before, (after, answer) in list(zip(before_each, answers, strict=False))[not plan.starts :]:
        theta = before.vector
        if before.fault or not np.isfinite(theta).all():
            theta, after = start.vector, before if before.fault else after
        step = problem._replace(w=theta[:-1], b=theta[-1])
        expected = expected_step(plan, step, loss)
        step = expected.case
        found.append(Trial(plan, step, answer, after, expected, index, problem))
    last = answers[-1]
    if plan.is_class and found[-1].finite and not last[0].fault:
        found += predictions(plan, loss, index, problem, *last)
    return found


def expected_step(plan: CallPlan, step: Problem, loss: str) -> Expected:
    """What a step should lead to, on data that the trainer has standardised, if it does."""
    if plan.scaling is None:
        return Expected(plan, step, loss)
    measured = plan.scaling.measure(step.X)
    Z = plan.scaling.apply(step.X, measured)
    return Expected(plan, step._replace(X=Z), loss, plan.scaling.sizes(step.X, measured))


def expected_prediction(plan: CallPlan, point: Problem, fitted: Problem, loss: str) -> Expected:
    """What a fitted model should predict for other rows."""
    own = CallPlan(f"{plan.name}.predict", "predict", (), layout=plan.layout)
    if plan.scaling is None:
        return Expected(own, point, loss)
    measured = plan.scaling.measure(fitted.X)
    sizes = np.abs(point.X) + np.abs(fitted.X).max(axis=0)
    sizes = sizes / measured[1] * (4 + (sizes / measured[1]).max())
    return Expected(own, point._replace(X=plan.scaling.apply(point.X, measured)), loss, sizes)


def predictions(
    plan: CallPlan, loss: str, index: int, problem: Problem, output: Output, answer: RawOutput
) -> list[Trial]:
    """What the fitted model predicts for other rows, as a trial of its own."""
    parts = [p for p in answer.parts if p.path[:1] == ("predict",) and p.values is not None]
    if len(parts) != 1:
        return []
    theta = output.vector
    point = probe(problem)._replace(w=theta[:-1], b=theta[-1])
    good = parts[0].values.size == len(point.y)
    fault = "" if good else "wrong-shape"
    message = "" if good else f"ŷ must be {len(point.y)} numbers; got {parts[0].shape}."
    found = Output(parts[0].values if good else None, precision(parts[0]), None, fault, message)
    expected = expected_prediction(plan, point, problem, loss)
    own, answer = expected.plan, RawOutput(tuple(parts))
    return [Trial(own, expected.case, answer, found, expected, index, problem)]


def explained_call(
    definition: Definition, attempts: Sequence[Attempt], losses: Sequence[str]
) -> Choice:
    """Where no call is right: the first whose answers a name explains, or the only one meant."""
    named = kinds_of(definition.short_name)
    choice = Choice(first=attempts[0] if attempts else None)
    meant = [a for a in attempts if definition.is_class or a.plan.kind.partition("_")[0] in named]
    tried = []
    for a in meant:
        if a.ended is not None or (a.plan.layout.d and any(not b.plan.layout.d for b, _ in tried)):
            continue  # what takes any number of features is not asked with one alone
        found = readings_of(a, definition)[:4]
        tried += [(a, r) for r in found]
    for a, reading in tried[:EXPLAINED]:
        for loss in usual_losses(a.plan.kind, losses):
            trials = trials_of(a, reading, loss)
            if trials and match.matching_faults(trials, trials):
                return replace(choice, call=Call(a.plan, reading, loss), status="named")
    if tried:
        a, reading = tried[0]
        return replace(choice, call=Call(a.plan, reading, losses[0]), status="only reading")
    terminated = next((a for a in meant[:1] if a.ended is not None), None)
    if terminated is not None:
        call = Call(terminated.plan, None, losses[0])
        return replace(choice, call=call, status="terminated", ended=terminated.ended)
    silent = next((a for a in meant if not any(g.raised for g in sum(a.answers, []))), None)
    if silent is not None:
        return replace(choice, call=Call(silent.plan, None, losses[0]), status="no reading")
    return choice


def make_evaluate(process: Any, call: Call, deadline: float) -> Evaluate:
    """The function that asks the code under test, called in this way."""
    plan, reading, loss = call

    def evaluate(
        problems: Sequence[Problem],
        expected: Sequence[Expected] | None = None,
        limited: bool = False,
    ) -> list[Trial]:
        found: list[Trial] = []
        for i, (problem, answers) in enumerate(ask(process, plan, problems)):
            known = expected[i] if expected else None
            found += trials_of_problem(plan, reading, loss, i, problem, answers, known)
            if limited and time.monotonic() > deadline and i + 1 < len(problems):
                process.close()  # with the rest of its answers
                break
        return found

    return evaluate


def scaled_call(
    process: Any, definition: Definition, call: Call, losses: Sequence[str], seed: int
) -> Call | None:
    """The call under which a trainer is right on data that it has standardised itself."""
    plan = call.plan
    problems = [p for p in distinguishing_problems(seed, plan.layout.d)[:8] if len(p.y) > 3]
    answers = [a for _, a in ask(process, plan, problems)]
    for scaling in scalings(definition):
        tried = Attempt(replace(plan, scaling=scaling), problems, answers)
        for loss in losses:
            trials = trials_of(tried, call.reading, loss)
            if trials and all(t.is_correct for t in trials):
                return Call(tried.plan, call.reading, loss)
    return None


def is_aliased(process: Any, call: Call, seed: int) -> bool:
    """Whether a recorded path of weights has one array many times."""
    problem = small_problems(call.plan, seed, 1)[0]._replace(iters=3)
    (answer,) = process.ask([call.plan.request(problem)])
    entries: dict[Any, list[Any]] = {}
    for p in answer.parts:
        if p.values is not None and p.path and p.path[-1].isdigit():
            entries.setdefault((p.path[:-1], p.shape), []).append(p.values)
    sizes = (len(problem.w), len(problem.w) + 1)
    return any(
        len(values) >= 3 and values[0].size in sizes and all((v == values[0]).all() for v in values)
        for values in entries.values()
    )


LONGER = (1, 2, 3, 4)


def paths_of(process: Any, call: Call, seed: int) -> list[Path]:
    """The points of trainings on the small problems, from the start on.

    A trainer that is not told where to start is asked for no iteration, or starts at zero.
    """
    plan, reading, _ = call
    found = []
    for problem in small_problems(plan, seed, 4):
        p = with_rate(plan, problem)
        times = LONGER if plan.starts else (0, *LONGER)
        answers = list(process.ask([plan.request(p._replace(iters=t)) for t in times]))
        outputs = [parse_output(plan, reading, p, a) for a in answers]
        if any(o.fault or not np.isfinite(o.vector).all() for o in outputs[-len(LONGER) :]):
            return []
        points = [o.vector for o in outputs[-len(LONGER) :]]
        start = np.append(p.w, p.b) if plan.starts else outputs[0].vector
        zero = np.zeros(len(p.w) + 1)
        found.append(Path(p, [zero if start is None else start, *points]))
    return found


class Run(NamedTuple):
    """The trials of one function, and how many problems were answered in time."""

    trials: list[Trial]
    problems: int


def run(evaluate: Evaluate, call: Call, options: Options) -> Run:
    """A few simple problems, all random ones, and some of these again in another order.

    A problem that is asked again has the index that it had at first.
    """
    plan, count, o = call.plan, options.max_examples, call.plan.layout
    trainer = plan.kind == "trainer"
    first = small_problems(plan, options.seed)
    problems = [*first, *random_problems(options.seed, count, not trainer, o.d, o.n)]
    if plan.scaling is not None:
        problems = [p for p in problems if plan.scaling.applies(p.X)]
        first = [p for p in first if plan.scaling.applies(p.X)]
        count = len(problems) - len(first)
    again = np.random.default_rng(options.seed).permutation(count)[:REPEATS] + len(first)
    order, known = [*range(len(problems)), *again.tolist()], None
    if not trainer:
        expected = [Expected(plan, with_rate(plan, p), call.loss) for p in first]
        expected += exact_answers(plan, call.loss, options.seed, count)
        known = [expected[i] for i in order]
    trials = evaluate([problems[i] for i in order], expected=known, limited=True)
    answered = min(len({t.index for t in trials}), len(problems)) - len(first)
    return Run([replace(t, index=order[t.index]) for t in trials], max(answered, 1))


def of_function(trials: Sequence[Trial], plan: CallPlan) -> list[Trial]:
    """The trials of the function itself, without the predictions of the fitted model."""
    return [t for t in trials if t.plan.name == plan.name]
