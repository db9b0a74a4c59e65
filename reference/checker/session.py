"""How one function is tried: a call is chosen that can be understood, then all problems are run.

`evaluate(problems)` gives trials and is the only way to ask the code under test. Everything that
is learnt is returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from reference.checker.call_plan import (
    RELATED,
    WEAK,
    CallPlan,
    Problem,
    plans,
    probe,
    written,
)
from reference.checker.diagnosis import match
from reference.checker.diagnosis.history import Path
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import (
    Output,
    Reading,
    key_name,
    parse_output,
    precision,
    readings,
)
from reference.checker.problem_set import (
    distinguishing_problems,
    exact_answers,
    random_problems,
    with_rate,
)
from reference.checker.sandbox.messages import RawOutput, SubjectTerminated
from reference.checker.signature import Definition, words
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
    reason: str = ""  # why nothing is said of it, where the answers are numbers


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
    """What a plan gives on the small problems; on one alone where that raises.

    What refuses arguments by position is given them by keyword.
    """
    problems, found = small_problems(plan, seed), []
    try:
        first = [a for _, a in ask(process, plan, problems[:1])]
        if plan.positional and all(refuses_positions(a) for a in first[0]):
            return attempt(process, replace(plan, positional=0), seed)
        if all(a.raised for a in first[0]):
            return Attempt(plan, problems[:1], first)
        found = [a for _, a in ask(process, plan, problems[1:])]
        return Attempt(plan, problems, [*first, *found])
    except SubjectTerminated as error:
        return Attempt(plan, problems, [], error)


def refuses_positions(answer: RawOutput) -> bool:
    """Whether it raised since it takes fewer arguments by position than it was given."""
    raised = answer.raised or {}
    return raised.get("type") == "TypeError" and "positional argument" in str(raised["message"])


def choose_call(
    process: Any, definition: Definition, losses: Sequence[str], seed: int, deadline: float
) -> Choice:
    """The first call under which the answers are right; else the first that a name explains."""
    attempts: list[Attempt] = []
    for plan in plans(definition):
        if time.monotonic() > deadline:
            reason = "the time was over before all calls that could be meant were tried"
            return Choice(first=attempts[0] if attempts else None, reason=reason)
        if plan.layout.n and any(takes_rows(a, plan, definition) for a in attempts):
            continue
        start = time.monotonic()
        tried = attempt(process, plan, seed)
        if not attempts:  # what a library does at its first call is no part of choosing
            deadline += time.monotonic() - start
        attempts.append(tried)
        if tried.ended is not None:
            if sum(a.ended is not None for a in attempts) > 1:
                break
            continue
        found = right_call(tried, definition, losses)
        if found is not None:
            found = found._replace(plan=with_answer(found, definition))
            choice = with_loss_beside(Choice(found, "right", attempts[0]), tried, definition)
            return with_penalty(process, choice, tried, seed)
    return explained_call(definition, attempts, losses)


def with_answer(call: Call, definition: Definition) -> CallPlan:
    """The plan with what the program calls the numbers that it returns."""
    keys = [k for k in (call.reading or ())[:3] if k]
    names = tuple(key_name(k, call.plan, definition) for k in sorted(keys, key=str))  # type: ignore
    return replace(call.plan, answer=names if all(names) else ())


PENALTY = 0.5


def with_penalty(process: Any, choice: Choice, tried: Attempt, seed: int) -> Choice:
    """The choice; nothing is said where a penalty is added to more than the weights."""
    call = choice.call
    if call is None or "lam" not in call.plan.uses or call.plan.kind == "loss":
        return choice
    other = attempt(process, replace(call.plan, lam=PENALTY), seed)
    for problem, plain, penalised in zip(
        tried.problems, tried.answers, other.answers, strict=False
    ):
        points = [
            [parse_output(call.plan, call.reading, problem, a).vector for a in answers]
            for answers in (plain, penalised)
        ]
        if any(v is None for vectors in points for v in vectors) or not is_ridge(problem, *points):
            reason = "it is right without a penalty; with one, it is no ridge with a free bias"
            return replace(choice, call=None, reason=reason)
    return choice


def is_ridge(problem: Problem, plain: Sequence[Any], penalised: Sequence[Any]) -> bool:
    """Whether a penalty adds a multiple of w to the part of w, and nothing to that of b.

    Where a training begins at zero this is seen in its second iteration.
    """
    w, i = problem.w, 0
    if len(plain) > 1 and np.allclose(plain[0], penalised[0], rtol=1e-12):
        w, i = plain[0][:-1], 1
    added = penalised[i] - plain[i]
    near = 1e-9 * (1 + np.abs(penalised[i]).max() + np.abs(plain[i]).max())
    factor = float(added[:-1] @ w) / (float(w @ w) or 1.0)
    return bool(abs(added[-1]) < near and (abs(added[:-1] - factor * w) < near).all())


def takes_rows(tried: Attempt, plan: CallPlan, definition: Definition) -> bool:
    """Whether the function answered for all rows at once what the plan has for one sample."""
    same = tried.plan.kind == plan.kind and not tried.plan.layout.n
    return same and not raises(tried) and bool(readings_of(tried, definition))


def raises(tried: Attempt) -> bool:
    """Whether a call of an attempt raised."""
    return any(answer.raised for group in tried.answers for answer in group)


def right_call(tried: Attempt, definition: Definition, losses: Sequence[str]) -> Call | None:
    """The reading and the convention under which all answers are right."""
    if tried.plan.is_class and tried.plan.layout.y == "column" and predicts_flat(tried):
        return None
    for reading in readings_of(tried, definition):
        for loss in usual_losses(tried.plan.kind, losses):
            if is_right(tried, reading, loss):
                return Call(tried.plan, reading, loss)
        own = recorded_loss(tried, reading)
        if own and is_right(tried, reading, own):
            return Call(tried.plan, reading, own)
    return None


def is_right(tried: Attempt, reading: Reading, loss: str) -> bool:
    """Whether all answers of an attempt are right; up to the first that is not."""
    found = False
    for i, (problem, group) in enumerate(zip(tried.problems, tried.answers, strict=True)):
        for t in trials_of_problem(tried.plan, reading, loss, i, problem, group):
            if t.plan.name == tried.plan.name:
                found = True
                if not t.is_correct:
                    return False
    return found


def recorded_loss(tried: Attempt, reading: Reading) -> str:
    """The convention of the losses that a trainer records at each iteration, if they are sums."""
    if tried.plan.kind != "trainer" or raises(tried):
        return ""
    for loss in ("half-sse", "sse"):
        if all(records(tried.plan, reading, loss, *pair) for pair in answered_problems(tried)):
            return loss
    return ""


def answered_problems(tried: Attempt) -> Iterator[tuple[Problem, list[RawOutput]]]:
    """The problems of several samples, and the answers to them."""
    pairs = zip(tried.problems, tried.answers, strict=True)
    return (pair for pair in pairs if len(pair[0].y) > 2)


def records(
    plan: CallPlan, reading: Reading, loss: str, problem: Problem, answers: Sequence[RawOutput]
) -> bool:
    """Whether the losses of a convention stand in a list of one number an iteration."""
    outputs = [parse_output(plan, reading, problem, a).vector for a in answers]
    if any(v is None for v in outputs):
        return False
    n, factor = len(problem.y), CONVENTIONS[loss](len(problem.y))
    residuals = [problem.X @ v[:-1] + v[-1] - problem.y for v in outputs]
    values = [factor * float(r @ r) / (2 * n) for r in residuals]
    lists = [p.values for p in answers[-1].parts if p.values is not None]
    return any(
        len(found) == len(values)
        and (np.allclose(found[1:], values[:-1]) or np.allclose(found, values))
        for found in lists
    )


def predicts_flat(tried: Attempt) -> bool:
    """Whether an object's own predictions are (n,): then its labels are not (n, 1)."""
    parts = [p for g in tried.answers for a in g for p in a.parts if p.path[:1] == ("predict",)]
    return bool(parts) and all(len(p.shape) == 1 for p in parts)


def with_loss_beside(choice: Choice, tried: Attempt, definition: Definition) -> Choice:
    """The choice; where the loss that a right gradient's function promises too is wrong, that."""
    if choice.call is None or choice.call.plan.kind != "gradient":
        return choice
    if "loss" not in definition.promised:
        return choice
    other = tried._replace(plan=replace(tried.plan, kind="loss"))
    used = {choice.call.reading.b, choice.call.reading.w} if choice.call.reading else set()
    found = [r for r in readings_of(other, definition) if r.w not in used]
    for reading in found:
        for loss in CONVENTIONS:
            if all(t.is_correct for t in trials_of(other, reading, loss)):
                return choice
    if not found:
        return choice
    return replace(choice, call=Call(other.plan, found[0], choice.call.loss), status="named")


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
        expected = Expected(plan, step, loss)
        found.append(Trial(plan, step, answer, after, expected, index, problem))
    last = answers[-1]
    if plan.is_class and found[-1].finite and not last[0].fault:
        found += predictions(plan, loss, index, problem, *last)
    return found


def predictions(
    plan: CallPlan, loss: str, index: int, problem: Problem, output: Output, answer: RawOutput
) -> list[Trial]:
    """What the fitted model predicts for other rows, as a trial of its own."""
    parts = [p for p in answer.parts if p.path[:1] == ("predict",) and p.values is not None]
    if len(parts) != 1:
        return []
    own = CallPlan(f"{plan.name}.predict", "predict", (), layout=plan.layout)
    theta = output.vector
    point = probe(problem)._replace(w=theta[:-1], b=theta[-1])
    good = parts[0].values.size == len(point.y)
    fault = "" if good else "wrong-shape"
    message = "" if good else f"ŷ must be {len(point.y)} numbers; got {parts[0].shape}."
    found = Output(parts[0].values if good else None, precision(parts[0]), None, fault, message)
    expected = Expected(own, point, loss)
    return [Trial(own, point, RawOutput(tuple(parts)), found, expected, index, problem)]


def explained_call(
    definition: Definition, attempts: Sequence[Attempt], losses: Sequence[str]
) -> Choice:
    """Where no call is right: the first whose answers a name explains, or the only one meant."""
    choice = Choice(first=attempts[0] if attempts else None)
    reason = why_not_accused(definition)
    if reason:
        return replace(choice, reason="" if reason == UNNAMED else reason)
    answered = sorted((a for a in attempts if a.ended is None), key=raises)
    tried = [(a, r) for a in answered for r in readings_of(a, definition)[:4]]
    understood = named_call(tried, losses) or only_reading(tried, definition, losses)
    if understood is not None:
        return replace(choice, call=understood[0], status=understood[1])
    if tried:
        reason = f"called as {written(tried[0][0].plan)}, its answers are neither right nor"
        choice = replace(choice, reason=f"{reason} explained by a mistake; it may be another model")
    terminated = next((a for a in attempts[:1] if a.ended is not None), None)
    if terminated is not None:
        call = Call(terminated.plan, None, losses[0])
        return replace(choice, call=call, status="terminated", ended=terminated.ended)
    silent = next((a for a in answered if not tried and has_no_form(a, definition)), None)
    if silent is not None:
        return replace(choice, call=Call(silent.plan, None, losses[0]), status="no reading")
    return choice


Tried = Sequence[tuple[Attempt, Reading]]


def named_call(tried: Tried, losses: Sequence[str]) -> tuple[Call, str] | None:
    """The first call all of whose answers a name of the catalogue explains."""
    for a, reading in tried[:EXPLAINED]:
        for loss in usual_losses(a.plan.kind, losses):
            trials = trials_of(a, reading, loss)
            if trials and match.matching_faults(trials, trials):
                return Call(a.plan, reading, loss), "named"
    return None


def only_reading(
    tried: Tried, definition: Definition, losses: Sequence[str]
) -> tuple[Call, str] | None:
    """The first call beside which names leave no other."""
    sure = [(a, reading) for a, reading in tried if is_certain(a, definition)]
    return (Call(sure[0][0].plan, sure[0][1], losses[0]), "only reading") if sure else None


UNNAMED = "nothing in its name says that it is one of ours"


def why_not_accused(definition: Definition) -> str:
    """Why nothing wrong is said of a function: what no more than might be ours is not judged."""
    if definition.standardises:
        return (
            "it standardises its data, and training on other data than it is given is not followed"
        )
    if definition.is_class:
        return ""
    if is_residual(definition):
        return "it takes no square: it is a residual, and no loss"
    if definition.other_model:
        return f"it is another model: it has a parameter {definition.other_model}"
    return "" if definition.promised else UNNAMED


def is_residual(definition: Definition) -> bool:
    """Whether a function called error or residual takes no square: then it is no loss."""
    named = set(words(definition.short_name))
    weak = named & {"error", "errors", "residual", "residuals", "err"}
    strong = named & {"loss", "cost", "mse", "squared", "sse", "rss"}
    return definition.promised == ["loss"] and bool(weak) and not strong and not definition.squares


def is_certain(tried: Attempt, definition: Definition) -> bool:
    """Whether names leave no other reading, and all answers have the shape that they promise."""
    plan = tried.plan
    one = bool(plan.layout.n) and not definition.of_one_sample
    if plan.guessed or one or raises(tried) or definition.other_method:
        return False
    kinds = {k for p in definition.promised for k in RELATED[p]} - {"gradient", "trainer"}
    kinds |= set(definition.promised)
    related = plan.kind.partition("_")[0] in kinds and not set(words(definition.short_name)) <= WEAK
    return plan.is_class or related


def has_no_form(tried: Attempt, definition: Definition) -> bool:
    """Whether a gradient, loss or prediction gave nothing, or no numbers of a form that it may."""
    kinds = ("gradient", "loss", "predict")
    sure = is_certain(tried, definition) and tried.plan.kind == definition.promised[0]
    return sure and not tried.plan.is_class and tried.plan.kind in kinds


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
