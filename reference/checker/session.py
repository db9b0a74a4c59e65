"""How one function is asked: the call is known, and problems become trials.

`evaluate(problems)` gives trials and is the only way to ask the code under test. Everything that
is learnt is returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from reference.checker.call_plan import CallPlan, Problem, probe
from reference.checker.diagnosis.history import Path
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import Output, Reading, parse_output, precision
from reference.checker.problem_set import (
    distinguishing_problems,
    exact_answers,
    random_problems,
    with_rate,
)
from reference.checker.sandbox.messages import OutOfTime, RawOutput, SubjectTerminated
from reference.checker.trial import Trial

REPEATS = 100  # problems that are asked again at the end, in another order
ITERATIONS = (1, 2, 3)
FEW = 300  # random problems that are not too many for a trainer
SMALL = 5  # problems by which a call is chosen
LONGEST = 86_400  # seconds for a function: a day


@dataclass(frozen=True)
class Options:
    """How to check."""

    loss: str = "auto"
    seed: int = 0
    max_examples: int = 1000
    timeout: float = 10.0
    progress: Callable[[str], None] = lambda text: None
    hint: int = 3
    only: tuple[str, ...] = ()
    plain: bool = False  # whether descent of another kind is wrong, meant or not
    naming: bool = True  # whether mistakes are named too that take long to find

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
        if self.timeout > LONGEST:
            raise ValueError(f"timeout must be at most {LONGEST} (a day), got {self.timeout}")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}")
        if self.hint not in range(4):
            raise ValueError(f"hint must be 0, 1, 2 or 3, got {self.hint!r}")


class Evaluate(Protocol):
    """Problems → trials, in their order; as many as are answered in time, or `until` a moment.

    `OutOfTime` is raised if there are none.
    """

    def __call__(self, problems: Sequence[Problem], **limits: Any) -> list[Trial]: ...


class Call(NamedTuple):
    """A call that was tried: the plan, where the numbers are in its answers, the convention."""

    plan: CallPlan
    reading: Reading | None
    loss: str


def small_problems(plan: CallPlan, seed: int, count: int = SMALL) -> list[Problem]:
    """Problems of several sizes by which a call is chosen."""
    o = plan.layout
    return distinguishing_problems(seed, o.d, o.n)[:count]


def iterations(plan: CallPlan) -> tuple[int, ...]:
    """For how many iterations a problem is asked."""
    if plan.kind != "trainer":
        return (1,)
    return (0, *ITERATIONS) if plan.begins else ITERATIONS


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
        group: list[RawOutput] = []
        try:
            for _ in runs:
                group.append(next(answers))
        except SubjectTerminated as error:
            error.problem = problem._replace(iters=runs[len(group)])
            raise
        yield problem, group


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
    steps = list(zip(iterations(plan), before_each, answers, strict=False))
    for t, before, (after, answer) in steps[not plan.starts :]:
        theta = before.vector
        if before.fault or not np.isfinite(theta).all():
            theta, after = start.vector, before if before.fault else after
        step = problem._replace(w=theta[:-1], b=theta[-1])
        expected = expected_step(plan, step, loss)
        step = expected.case
        asked = problem._replace(iters=t - (after is before))
        found.append(Trial(plan, step, answer, after, expected, index, asked))
    last = answers[-1]
    if plan.is_class and found[-1].finite and not last[0].fault:
        asked = problem._replace(iters=iterations(plan)[-1])
        found += predictions(plan, loss, index, asked, *last)
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


def make_evaluate(process: Any, call: Call, deadline: float) -> Evaluate:
    """The function that asks the code under test, called in this way."""
    plan, reading, loss = call

    def evaluate(
        problems: Sequence[Problem],
        expected: Sequence[Expected] | None = None,
        until: float = float("inf"),
    ) -> list[Trial]:
        found: list[Trial] = []
        try:
            for i, (problem, answers) in enumerate(ask(process, plan, problems)):
                known = expected[i] if expected else None
                found += trials_of_problem(plan, reading, loss, i, problem, answers, known)
                if time.monotonic() > until and i + 1 < len(problems):
                    process.close()  # with the rest of its answers
                    break
        except OutOfTime:
            if not found:
                raise
        return found

    evaluate.deadline = deadline  # type: ignore[attr-defined]
    return evaluate


def is_aliased(process: Any, call: Call, seed: int) -> bool:
    """Whether a recorded path of weights has one array many times: the last weights.

    Its first entry may be a copy of where the training starts.
    """
    problem = small_problems(call.plan, seed, 1)[0]._replace(iters=3)
    (answer,) = process.ask([call.plan.request(problem)])
    last = parse_output(call.plan, call.reading, problem, answer).vector
    if last is None:
        return False
    known = [last, last[:-1], np.roll(last, 1)]
    return any(
        any(v.size and np.array_equal(v, row) for v in known)
        for whole in records_of(answer)
        for record in (whole, whole[1:])
        if len(record) >= 3
        for row in [record[0]]
        if all(np.array_equal(other, row) for other in record)
    )


def records_of(answer: RawOutput) -> Iterator[Sequence[Any]]:
    """The lists in an answer: of arrays, of records that hold one, or of lists of numbers."""
    entries: dict[Any, list[Any]] = {}
    for p in answer.parts:
        if p.values is None:
            continue
        if len(p.shape) == 2:
            yield p.values.reshape(p.shape)
        for i in (i for i, key in enumerate(p.path) if key.isdigit()):
            entries.setdefault((i, *p.path[:i], *p.path[i + 1 :]), []).append(p.values)
    yield from entries.values()


LONGER = (1, 2, 3, 4)
NO_ITERATION = 1.0  # seconds for a training of no iteration, which some loops never end


def start_of(process: Any, plan: CallPlan, reading: Reading | None, problem: Problem) -> Output:
    """What a training of no iteration gives, with a fault where it does not end in time."""
    request = plan.request(problem._replace(iters=0))
    try:
        (answer,) = process.ask([request], time.monotonic() + NO_ITERATION)
    except OutOfTime:
        raise
    except SubjectTerminated as error:
        return Output(None, fault=error.fault)
    return parse_output(plan, reading, problem, answer)


def paths_of(process: Any, call: Call, seed: int) -> list[Path]:
    """The points of trainings on the small problems, from the start on.

    A trainer that is not told where to start is asked for no iteration, or starts at zero.
    """
    plan, reading, _ = call
    found, begins, first = [], True, Output(None)
    for problem in small_problems(plan, seed, 4):
        if not plan.takes(problem.X):
            continue
        p = with_rate(plan, problem)
        if begins and not plan.starts:
            first = start_of(process, plan, reading, p)
            begins = first.fault not in ("timeout", "crash")  # then none of the others ends
        answers = list(process.ask([plan.request(p._replace(iters=t)) for t in LONGER]))
        outputs = [parse_output(plan, reading, p, a) for a in answers]
        if any(o.fault or not np.isfinite(o.vector).all() for o in outputs[-len(LONGER) :]):
            return []
        points, dtype = [o.vector for o in outputs[-len(LONGER) :]], outputs[-1].dtype
        start = np.append(p.w, p.b) if plan.starts else np.zeros(len(p.w) + 1)
        if begins and not plan.starts and not first.fault:
            start = first.vector
        points = [start, *points]
        found.append(Path(expected_step(plan, p, "half-mse").case, points, dtype))
    return found


class Run(NamedTuple):
    """The trials of one function, and how many problems were answered in time."""

    trials: list[Trial]
    problems: int


def problem_count(plan: CallPlan, options: Options) -> int:
    """How many random problems are asked: of trainers a third, since each is three steps."""
    most = options.max_examples
    return max(most // len(iterations(plan)), min(most, FEW))


def run(evaluate: Evaluate, call: Call, options: Options, until: float = float("inf")) -> Run:
    """A few simple problems, all random ones, and some of these again in another order.

    A problem that is asked again has the index that it had at first.
    """
    plan, o, trainer = call.plan, call.plan.layout, call.plan.kind == "trainer"
    count = problem_count(plan, options)
    first = small_problems(plan, options.seed)
    problems = [*first, *random_problems(options.seed, count, not trainer, o.d, o.n)]
    if plan.scaling is not None:
        problems = [p for p in problems if plan.takes(p.X)]
        first = [p for p in first if plan.takes(p.X)]
        count = len(problems) - len(first)
    again = np.random.default_rng(options.seed).permutation(count)[:REPEATS] + len(first)
    order, known = [*range(len(problems)), *again.tolist()], None
    if not trainer:
        expected = [Expected(plan, with_rate(plan, p), call.loss) for p in first]
        expected += exact_answers(plan, call.loss, options.seed, count)
        known = [expected[i] for i in order]
    trials = evaluate([problems[i] for i in order], expected=known, until=until)
    answered = min(len({t.index for t in trials}), len(problems)) - len(first)
    numbered = [
        t if order[t.index] == t.index else replace(t, index=order[t.index]) for t in trials
    ]
    return Run(numbered, max(answered, 1))


def of_function(trials: Sequence[Trial], plan: CallPlan) -> list[Trial]:
    """The trials of the function itself, without the predictions of the fitted model."""
    return [t for t in trials if t.plan.name == plan.name]
