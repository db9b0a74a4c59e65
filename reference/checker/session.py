"""How one function is tried: a call is chosen that can be understood, then all problems are run.

`evaluate(problems)` gives trials and is the only way to ask the code under test. Everything that
is learnt is returned.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
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
from reference.checker.diagnosis import match, pairs
from reference.checker.diagnosis.history import Path, explain_paths
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import (
    Output,
    Reading,
    key_name,
    parse_output,
    parts_of,
    precision,
    readings,
)
from reference.checker.problem_set import (
    distinguishing_problems,
    exact_answers,
    random_problems,
    with_rate,
)
from reference.checker.sandbox.messages import OutOfTime, RawOutput, SubjectTerminated
from reference.checker.signature import RATE_WORDS, Definition, bare, words
from reference.checker.trainers.penalty import (
    OF_BIAS,
    OTHER,
    PENALTY,
    RIDGE,
    penalty_of_losses,
    penalty_seen,
)
from reference.checker.trainers.scaling import scalings
from reference.checker.trial import Trial

REPEATS = 100  # problems that are asked again at the end, in another order
ITERATIONS = (1, 2, 3)
FEW = 300  # random problems that are not too many for a trainer
SMALL = 5  # problems by which a call is chosen
ENOUGH = 3  # of them, where the function is slow
EXPLAINED = 12  # calls at most whose answers are compared with the catalogue
PAIRED = 4  # with two mistakes of it
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
    status: str = "unknown call"  # "right", "named", "understood", "penalised", "loss", …
    first: Attempt | None = None
    ended: SubjectTerminated | None = None
    reason: str = ""  # why nothing is said of it, where the answers are numbers
    penalty: float = 0.0  # what the weights are multiplied with where it is right as ridge


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
        group: list[RawOutput] = []
        try:
            for _ in runs:
                group.append(next(answers))
        except SubjectTerminated as error:
            error.problem = problem._replace(iters=runs[len(group)])
            raise
        yield problem, group


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
        found = first
        for _, answers in ask(process, plan, problems[1:]):
            found.append(answers)
        return Attempt(plan, problems, found)
    except OutOfTime:
        if len(found) < ENOUGH:
            raise
        return Attempt(plan, problems[: len(found)], found)
    except SubjectTerminated as error:
        return Attempt(plan, problems, [], error)


def refuses_positions(answer: RawOutput) -> bool:
    """Whether it raised since it takes fewer arguments by position than it was given."""
    raised = answer.raised or {}
    return raised.get("type") == "TypeError" and "positional argument" in str(raised["message"])


TIME_IS_OVER = "the time was over before all calls that could be meant were tried"


Understands = Callable[[Any, Definition, Call, Sequence[str], int], bool]


def choose_call(
    process: Any,
    definition: Definition,
    losses: Sequence[str],
    seed: int,
    deadline: float,
    is_understood: Understands = lambda *told: False,
) -> Choice:
    """The first call under which the answers are right; else the first that a name explains.

    `is_understood` says whether a trainer that is not right is known by its steps or batches.
    """
    attempts: list[Attempt] = []
    for plan in plans(definition):
        ended, is_over = sum(a.ended is not None for a in attempts), time.monotonic() > deadline
        if is_over and not ended:
            return Choice(first=attempts[0] if attempts else None, reason=TIME_IS_OVER)
        if is_over or ended > 1:
            break
        if is_needless(plan, definition, attempts):
            continue
        start = time.monotonic()
        attempts.append(attempt(process, plan, seed))
        if not attempts[1:] and not attempts[0].ended:  # a library is loaded
            deadline += time.monotonic() - start
        told = process, definition, attempts, losses, seed
        if choice := right_choice(*told) or trained_choice(*told, is_understood):
            return choice
    return with_held_bias(process, explained_call(definition, attempts, losses), seed)


def is_needless(plan: CallPlan, definition: Definition, attempts: Sequence[Attempt]) -> bool:
    """Whether a plan is for one sample, and the function was found to take all rows."""
    alone = plan.layout.n and not definition.is_given_row
    return bool(alone) and any(takes_rows(a, plan, definition) for a in attempts)


UNDERSTOOD = 2  # attempts of a training whose steps and batches are looked at


def trained_choice(
    process: Any,
    definition: Definition,
    attempts: Sequence[Attempt],
    losses: Sequence[str],
    seed: int,
    is_understood: Understands,
) -> Choice | None:
    """The choice of the last call, if it is one of the first of a trainer, and understood so."""
    trained = [a for a in attempts if a.plan.kind == "trainer" and answers(a)]
    tried = attempts[-1]
    if not any(a is tried for a in trained[:UNDERSTOOD]) or definition.standardises:
        return None
    if is_given_columns_for_rows(tried) or is_called_step(tried.plan, definition):
        return None
    for reading in readings_of(tried, definition)[:1]:
        call = Call(tried.plan, reading, losses[0])
        try:
            if is_understood(process, definition, call, losses, seed):
                return Choice(call, "understood", attempts[0])
        except OutOfTime:
            raise
        except SubjectTerminated:
            return None
    return None


def is_called_step(plan: CallPlan, definition: Definition) -> bool:
    """Whether it is a step by its name, and only a number in it looks like iterations."""
    return bool(plan.fixed) and definition.promised[:1] == ["step"]


def right_choice(
    process: Any,
    definition: Definition,
    attempts: Sequence[Attempt],
    losses: Sequence[str],
    seed: int,
) -> Choice | None:
    """The choice of the last call that was tried, if it is right; perhaps on standardised data."""
    tried = attempts[-1]
    if tried.ended is not None:
        return None
    found = right_call(tried, definition, losses)
    if found is not None and not is_special_case(found, attempts, definition):
        found = found._replace(plan=with_answer(found, definition))
        choice = with_loss_beside(Choice(found, "right", attempts[0]), tried, definition)
        return with_penalty(process, choice, tried, seed)
    scaled = scaled_call(process, definition, tried, losses, seed)
    return None if scaled is None else Choice(scaled, "right", attempts[0])


def with_answer(call: Call, definition: Definition) -> CallPlan:
    """The plan with what the program calls the numbers that it returns."""
    keys = [k for k in (call.reading or ())[:3] if k]
    names = tuple(key_name(k, call.plan, definition) for k in sorted(keys, key=str))  # type: ignore
    return replace(call.plan, answer=names if all(names) else ())


def with_penalty(process: Any, choice: Choice, tried: Attempt, seed: int) -> Choice:
    """The choice; where a penalty is added to more than the weights, what is said of that."""
    call = choice.call
    if call is None or "lam" not in call.plan.uses:
        return choice
    plan = replace(call.plan, lam=PENALTY)
    kinds, penalty = penalties(call, tried, attempt(process, plan, seed))
    if kinds == {RIDGE} or (plan.kind == "loss" and OTHER in kinds):
        return replace(choice, penalty=penalty)
    if OTHER not in kinds:
        return replace(choice, call=call._replace(plan=plan), status="penalised")
    if is_rate(call.plan) and explains_path(process, call._replace(plan=plan), seed):
        return replace(choice, call=call._replace(plan=plan), status="understood")
    reason = "it is right without a penalty; with one, it is no ridge with a free bias"
    return replace(choice, call=None, reason=reason)


def is_rate(plan: CallPlan) -> bool:
    """Whether what was taken for a penalty may be what a learning rate changes by."""
    names = [p for p, role in plan.roles + plan.init if role == "lam"]
    return plan.kind == "trainer" and any(bare(p) in RATE_WORDS for p in names)


def explains_path(process: Any, call: Call, seed: int) -> bool:
    """Whether a training is descent of another kind, as with a rate that changes."""
    paths = paths_of(process, call, seed)
    return bool(paths) and bool(explain_paths(paths, CONVENTIONS[call.loss]).kind)


def with_held_bias(process: Any, choice: Choice, seed: int) -> Choice:
    """The choice of what is wrong without a penalty, with one where that holds the bias too."""
    call = choice.call
    if call is None or choice.status != "named" or "lam" not in call.plan.uses:
        return choice
    plan = replace(call.plan, lam=PENALTY)
    plain, penalised = (attempt(process, p, seed) for p in (call.plan, plan))
    if plain.ended or penalised.ended or penalties(call, plain, penalised)[0] != {OF_BIAS}:
        return choice
    return replace(choice, call=call._replace(plan=plan))


def penalties(call: Call, tried: Attempt, penalised: Attempt) -> tuple[set[str], float]:
    """What kinds of penalties are seen in the answers to the small problems, and one factor."""
    read = partial(parse_output, call.plan, call.reading)
    points = []
    for problem, *both in zip(tried.problems, tried.answers, penalised.answers, strict=False):
        points.append([[read(problem, a).vector for a in group] for group in both])
    if not points or any(v is None for pair in points for group in pair for v in group):
        return {OTHER}, 0.0
    if call.plan.kind == "loss":
        added = np.array([after[0][0] - before[0][0] for before, after in points])
        kind, factor = penalty_of_losses(tried.problems[: len(points)], added)
        return {kind}, factor
    found = [penalty_seen(p, *pair) for p, pair in zip(tried.problems, points, strict=False)]
    return {kind for kind, _ in found}, found[0][1]


def is_special_case(call: Call, attempts: Sequence[Attempt], definition: Definition) -> bool:
    """Whether it is right for few sizes alone, while it answers calls of any size.

    One feature as a vector and a number is another call, and no special case of X with rows.
    """
    o, kind = call.plan.layout, call.plan.kind
    if o.n and definition.is_given_row:
        return False
    one_feature = o.x in ("vector", "table") or definition.has_fixed_index
    if not o.n and (not o.d or one_feature):
        return False
    alike = [a for a in attempts if a.plan.kind == kind and not a.plan.layout.n]
    wider = [a for a in alike if a.plan.layout.d in (0, o.d * bool(o.n))]
    return any(not raises(a) and readings_of(a, definition) for a in wider)


def takes_rows(tried: Attempt, plan: CallPlan, definition: Definition) -> bool:
    """Whether the function answered for all rows at once what the plan has for one sample."""
    same = tried.plan.kind == plan.kind and not tried.plan.layout.n
    return same and not raises(tried) and bool(readings_of(tried, definition))


def answers(tried: Attempt) -> bool:
    """Whether some calls of an attempt did not raise."""
    return any(not answer.raised for group in tried.answers for answer in group)


def raises(tried: Attempt) -> bool:
    """Whether a call of an attempt raised."""
    return any(answer.raised for group in tried.answers for answer in group)


def right_call(tried: Attempt, definition: Definition, losses: Sequence[str]) -> Call | None:
    """The reading and the convention under which all answers are right."""
    if is_given_columns_for_rows(tried):
        return None
    for reading in readings_of(tried, definition):
        for loss in usual_losses(tried.plan.kind, losses):
            if is_right(tried, reading, loss):
                return Call(tried.plan, reading, loss)
        own = recorded_loss(tried, reading)
        if own and is_right(tried, reading, own):
            return Call(tried.plan, reading, own)
    return None


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
    outputs = [parse_output(plan, reading, problem, a) for a in answers]
    if any(o.fault for o in outputs):
        return False
    n, factor = len(problem.y), CONVENTIONS[loss](len(problem.y))
    residuals = [problem.X @ o.vector[:-1] + o.vector[-1] - problem.y for o in outputs]
    values = [factor * float(r @ r) / (2 * n) for r in residuals]
    lists = [p.values for p in answers[-1].parts if p.values is not None]
    return any(
        len(found) == len(values)
        and (np.allclose(found[1:], values[:-1]) or np.allclose(found, values))
        for found in lists
    )


def is_given_columns_for_rows(tried: Attempt) -> bool:
    """Whether an object was given labels (n, 1) and predicts (n,): its own labels are (n,)."""
    if not tried.plan.is_class or tried.plan.layout.y != "column":
        return False
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


def is_right(tried: Attempt, reading: Reading | None, loss: str) -> bool:
    """Whether there are trials and all are right; those after a wrong one are not judged."""
    each = (t.is_correct for t in each_trial(tried, reading, loss))
    return next(each, False) and all(each)


def usual_losses(kind: str, losses: Sequence[str]) -> Sequence[str]:
    """A prediction has no convention."""
    return losses[:1] if kind == "predict" else losses


def readings_of(tried: Attempt, definition: Definition) -> list[Reading]:
    """The readings of an attempt's answers."""
    pairs = [(p, a) for p, group in zip(tried.problems, tried.answers, strict=True) for a in group]
    return readings(tried.plan, definition, pairs)


def trials_of(tried: Attempt, reading: Reading | None, loss: str) -> list[Trial]:
    """The trials of an attempt, without the predictions of a fitted model."""
    return list(each_trial(tried, reading, loss))


def each_trial(tried: Attempt, reading: Reading | None, loss: str) -> Iterator[Trial]:
    """The same, one after the other."""
    for i, (problem, group) in enumerate(zip(tried.problems, tried.answers, strict=True)):
        for t in trials_of_problem(tried.plan, reading, loss, i, problem, group):
            if t.plan.name == tried.plan.name:
                yield t


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
        asked = problem._replace(iters=len(answers))
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


UNEXPLAINED = (
    "called as {call}, its answers are neither right nor explained by a mistake; "
    "it may mean something else"
)


def explained_call(
    definition: Definition, attempts: Sequence[Attempt], losses: Sequence[str]
) -> Choice:
    """Where no call is right: the first whose answers a name explains, or the only one meant."""
    choice = Choice(first=attempts[0] if attempts else None)
    reason = why_not_accused(definition)
    if reason and definition.told is None:
        return replace(choice, reason="" if reason == UNNAMED else reason)
    tried = likely_readings(definition, attempts)
    found = named_call(tried, losses) or explained_by(
        match.matching_faults, of_one_feature(definition, attempts), losses
    )
    if found is not None:
        return replace(choice, call=found, status="named")
    for _, a, reading in tried:
        if definition.told is not None or is_certain(a, definition):
            return replace(choice, call=Call(a.plan, reading, losses[0]), status="only reading")
    if tried:
        call = written(tried[0][1].plan)
        choice = replace(choice, reason=UNEXPLAINED.format(call=call))
    return without_reading(definition, attempts, choice, losses, bool(tried))


def named_call(tried: Sequence[tuple[int, Attempt, Reading]], losses: Sequence[str]) -> Call | None:
    """The first of the likely calls whose answers one or two names of the catalogue explain."""
    for i in dict.fromkeys(k for k, _, _ in tried[:EXPLAINED]):
        same = [(a, r) for k, a, r in tried if k == i]
        found = explained_by(match.matching_faults, same, losses)
        if found is None and i < PAIRED:
            several = 2 if same[0][0].plan.kind == "loss" else 1  # a gradient takes longer
            found = explained_by(pairs.matching_pair, same, losses[:several])
        if found is not None:
            return found
    return None


def without_reading(
    definition: Definition,
    attempts: Sequence[Attempt],
    choice: Choice,
    losses: Sequence[str],
    answered_well: bool,
) -> Choice:
    """The choice where no answer can be read: the process ended, or nothing was returned."""
    terminated = next((a for a in attempts[:1] if a.ended is not None), None)
    if terminated is not None and (terminated.plan.guessed or terminated.plan.doubtful):
        return choice
    if terminated is not None:
        call = Call(terminated.plan, None, losses[0])
        return replace(choice, call=call, status="terminated", ended=terminated.ended)
    answered = [a for a in attempts if a.ended is None and not answered_well]
    formless = [a for a in answered if has_no_form(a, definition)]
    for a in (a for a in formless if a.plan.kind == "gradient"):
        loss = right_call(a._replace(plan=replace(a.plan, kind="loss")), definition, [*CONVENTIONS])
        if loss is not None:
            return replace(choice, call=Call(a.plan, None, loss.loss), status="loss")
    if formless:
        call = Call(formless[0].plan, pair_of_parts(formless[0]), losses[0])
        return replace(choice, call=call, status="no reading")
    return choice


def likely_readings(
    definition: Definition, attempts: Sequence[Attempt]
) -> list[tuple[int, Attempt, Reading]]:
    """Each call that was answered with the readings of its answers, the likeliest first.

    What takes any number of features is not read as called with one alone.
    """
    found: list[tuple[int, Attempt, Reading]] = []
    answered = (a for a in attempts if a.ended is None and not a.plan.doubtful)
    for i, a in enumerate(sorted(answered, key=raises)):
        if a.plan.layout.d and any(not b.plan.layout.d for _, b, _ in found):
            continue
        found += [(i, a, r) for r in readings_of(a, definition)[:4]]
    return found


def of_one_feature(
    definition: Definition, attempts: Sequence[Attempt]
) -> list[tuple[Attempt, Reading]]:
    """The calls with x (n,) and a number w, for what multiplies number by number."""
    one = [a for a in attempts if a.ended is None and a.plan.layout.x == "vector" and not raises(a)]
    return [(a, r) for a in one[:PAIRED] for r in readings_of(a, definition)[:4]]


def explained_by(
    explain: Any, tried: Sequence[tuple[Attempt, Reading]], losses: Sequence[str]
) -> Call | None:
    """The reading and the convention under which a name explains all answers."""
    for a, reading in tried:
        for loss in usual_losses(a.plan.kind, losses):
            trials = trials_of(a, reading, loss)
            if trials and explain(trials, trials):
                return Call(a.plan, reading, loss)
    return None


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
    one = bool(plan.layout.n) != definition.of_one_sample
    if plan.kind in ("step", "trainer"):  # which may draw one sample of all that it is given
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
    plan = tried.plan
    sure = is_certain(tried, definition) and plan.kind == definition.promised[0]
    return sure and not (plan.is_class or plan.namespace or plan.doubtful) and plan.kind in kinds


def pair_of_parts(tried: Attempt) -> Reading | None:
    """Where w and b would be in answers that always have two parts, of whatever size."""
    each = [list(parts_of(answer)) for group in tried.answers for answer in group]
    of_both = tried.plan.kind in ("gradient", "step", "trainer")
    if not of_both or any(len(keys) != 2 or keys != each[0] for keys in each):
        return None
    return Reading(*each[0])


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


def scaled_call(
    process: Any, definition: Definition, tried: Attempt, losses: Sequence[str], seed: int
) -> Call | None:
    """The call under which a trainer is right on data that it has standardised itself."""
    plan, possible = tried.plan, list(scalings(definition))
    if plan.kind != "trainer" or raises(tried) or not possible:
        return None
    found = readings_of(tried, definition)
    problems = [p for p in distinguishing_problems(seed, plan.layout.d)[:8] if len(p.y) > 3]
    answers = [a for _, a in ask(process, plan, problems)] if found else []
    for scaling, reading, loss in itertools.product(possible, found, losses):
        scaled = Attempt(replace(plan, scaling=scaling), problems, answers)
        if is_right(scaled, reading, loss):
            return Call(scaled.plan, reading, loss)
    return None


def is_aliased(process: Any, call: Call, seed: int) -> bool:
    """Whether a recorded path of weights has one array many times: the last weights."""
    problem = small_problems(call.plan, seed, 1)[0]._replace(iters=3)
    (answer,) = process.ask([call.plan.request(problem)])
    last = parse_output(call.plan, call.reading, problem, answer).vector
    if last is None:
        return False
    known = [last, last[:-1], np.roll(last, 1)]
    return any(
        len(record) >= 3 and any(v.size and np.array_equal(v, row) for v in known)
        for record in records_of(answer)
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
        points, dtype = [o.vector for o in outputs[-len(LONGER) :]], outputs[-1].dtype
        start = np.append(p.w, p.b) if plan.starts else outputs[0].vector
        zero = np.zeros(len(p.w) + 1)
        begins = plan.starts or not outputs[0].fault
        found.append(Path(p, [start if begins else zero, *points], dtype))
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
        problems = [p for p in problems if plan.scaling.applies(p.X)]
        first = [p for p in first if plan.scaling.applies(p.X)]
        count = len(problems) - len(first)
    again = np.random.default_rng(options.seed).permutation(count)[:REPEATS] + len(first)
    order, known = [*range(len(problems)), *again.tolist()], None
    if not trainer:
        expected = [Expected(plan, with_rate(plan, p), call.loss) for p in first]
        expected += exact_answers(plan, call.loss, options.seed, count)
        known = [expected[i] for i in order]
    trials = evaluate([problems[i] for i in order], expected=known, until=until)
    answered = min(len({t.index for t in trials}), len(problems)) - len(first)
    return Run([replace(t, index=order[t.index]) for t in trials], max(answered, 1))


def of_function(trials: Sequence[Trial], plan: CallPlan) -> list[Trial]:
    """The trials of the function itself, without the predictions of the fitted model."""
    return [t for t in trials if t.plan.name == plan.name]
