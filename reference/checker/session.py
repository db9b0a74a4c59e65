"""How one function is tried: `evaluate` gives trials for problems, and nothing else asks it.

The layout of the arguments is chosen first, then all problems are run. Everything that is learnt
is returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import Output, parse_output, precision
from reference.checker.problem_set import distinguishing_problems, exact_answers, random_problems
from reference.checker.sandbox.messages import RawOutput, SubjectTerminated
from reference.checker.trial import Trial

PLAIN = Problem(np.ones((2, 1)), np.zeros(2), np.ones(1), np.float64(0), lr=0.5)
REPEATS = 100  # problems that are asked again at the end, in another order
ITERATIONS = (1, 2, 3)


@dataclass(frozen=True)
class Options:
    """How to check."""

    loss: str = "half-mse"
    seed: int = 0
    max_examples: int = 1000
    timeout: float = 10.0
    progress: Callable[[str], None] = lambda text: None

    def __post_init__(self) -> None:
        if self.loss not in CONVENTIONS:
            raise ValueError(f"loss must be one of {', '.join(CONVENTIONS)}, got {self.loss!r}")
        if self.max_examples < 1 or not self.timeout > 0:
            raise ValueError(
                "max_examples and timeout must be positive, "
                f"got {self.max_examples} and {self.timeout}"
            )


class Evaluate(Protocol):
    """Problems → trials, in their order; as many as are answered before `deadline`, if given."""

    def __call__(self, problems: Sequence[Problem], **limits: Any) -> list[Trial]: ...


class Run(NamedTuple):
    """The trials of one function, and how many problems were answered in time."""

    trials: list[Trial]
    problems: int


def make_evaluate(process: Any, plan: CallPlan, loss: str) -> Evaluate:
    """The function that asks the code under test, called as `plan` says."""

    def evaluate(
        problems: Sequence[Problem],
        expected: Sequence[Expected] | None = None,
        deadline: float | None = None,
    ) -> list[Trial]:
        runs = ITERATIONS if plan.kind == "trainer" else (1,)
        calls = [plan.arguments(p._replace(iters=t)) for p in problems for t in runs]
        answers, found = process.ask(plan.name, calls, plan.tensors), []
        for i, problem in enumerate(problems):
            group = next_answers(answers, len(runs), problem)
            if plan.kind == "trainer":
                found += training_steps(plan, loss, i, problem, group)
            else:
                known = expected[i] if expected else Expected(plan, problem, loss)
                output = parse_output(plan, problem, group[0])
                found.append(Trial(plan, problem, group[0], output, known, i, problem))
            if deadline and time.monotonic() > deadline and i + 1 < len(problems):
                process.close()  # with the rest of its answers
                break
        return found

    return evaluate


def next_answers(answers: Iterator[RawOutput], count: int, problem: Problem) -> list[RawOutput]:
    """The answers to one problem; where the process ended, the error names the problem."""
    try:
        return [next(answers) for _ in range(count)]
    except SubjectTerminated as error:
        error.problem = problem
        raise


def training_steps(
    plan: CallPlan, loss: str, index: int, problem: Problem, answers: Sequence[RawOutput]
) -> list[Trial]:
    """A training of 1, 2 and 3 iterations as steps, each from where the one before it ended."""
    outputs = [parse_output(plan, problem, a) for a in answers]
    start = Output(np.append(problem.w, problem.b))
    pairs = list(zip([start, *outputs], outputs, answers, strict=False))
    found = []
    for before, after, answer in pairs[plan.is_class :]:
        theta = before.vector
        if before.fault or not np.isfinite(theta).all():
            theta, after = start.vector, before
        step = problem._replace(w=theta[:-1], b=theta[-1])
        expected = Expected(plan, step, loss)
        found.append(Trial(plan, step, answer, after, expected, index, problem))
    if plan.is_class and found[-1].finite:
        found.append(prediction(found[-1], outputs[-1].vector))
    return found


def prediction(last: Trial, theta: Any) -> Trial:
    """What the fitted model predicts, as a trial of its own: nobody calls it, so no roles."""
    plan = CallPlan(f"{last.plan.name}.predict", "predict", ())
    point = last.problem._replace(w=theta[:-1], b=theta[-1])
    answer = RawOutput((last.answer.parts[2],))
    output = Output(answer.parts[0].values, precision(answer.parts))
    expected = Expected(plan, point, last.expected.loss)
    return Trial(plan, point, answer, output, expected, last.index, last.problem)


def of_function(trials: Sequence[Trial], plan: CallPlan) -> list[Trial]:
    """The trials of the function itself, without the predictions of the fitted model."""
    return [t for t in trials if t.plan.name == plan.name]


def choose_layout(process: Any, plan: CallPlan, options: Options) -> CallPlan:
    """The layout of the arguments that is not refused: the usual one if all are."""
    problems = [PLAIN, *distinguishing_problems(options.seed)[:4]]
    usual_raised = False
    for k, layout in enumerate(plan.layouts()):
        trials = of_function(make_evaluate(process, layout, options.loss)(problems), layout)
        shaped = [t for t in trials if t.index]  # the first is too small to show a wrong layout
        if k == 0:
            usual_raised = all(t.reading.fault == "raised" for t in shaped)
        as_usual = k == 0 or usual_raised  # else the usual one answered, and this must be better
        if not refused(shaped) and (as_usual or all(t.is_correct for t in trials)):
            return layout
    return next(plan.layouts())


def refused(trials: Sequence[Trial]) -> bool:
    """Whether no answer could be read; or a trainer in minibatches stayed where it was."""
    in_batches = trials[0].plan.kind == "trainer" and "batch_size" in trials[0].plan.uses
    return all(t.reading.refused or (in_batches and not t.moved) for t in trials)


def run(evaluate: Evaluate, plan: CallPlan, options: Options) -> Run:
    """A few simple problems, all random ones, and some of these again in another order.

    A problem that is asked again has the index that it had at first.
    """
    trainer, count = plan.kind == "trainer", options.max_examples
    first = [PLAIN, *distinguishing_problems(options.seed)[:4]]
    problems = [*first, *random_problems(options.seed, count, not trainer)]
    again = np.random.default_rng(options.seed).permutation(count)[:REPEATS] + len(first)
    order, known = [*range(len(problems)), *again.tolist()], None
    if not trainer:
        expected = [Expected(plan, p, options.loss) for p in first]
        expected += exact_answers(plan, options.loss, options.seed, count)
        known = [expected[i] for i in order]
    deadline = time.monotonic() + options.timeout
    trials = evaluate([problems[i] for i in order], expected=known, deadline=deadline)
    answered = min(len({t.index for t in trials}), len(problems)) - len(first)
    return Run([replace(t, index=order[t.index]) for t in trials], max(answered, 1))
