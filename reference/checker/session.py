"""The questions put to one function, and its answers, each beside what it should have been."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import CONVENTIONS, Expected
from reference.checker.output import Output, parse_output, precision
from reference.checker.problem_set import cases, exact_answers
from reference.checker.sandbox.messages import RawOutput, SubjectTerminated
from reference.checker.sandbox.process import Process
from reference.checker.trial import Trial, distinguishing_problems

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


class Session:
    """The questions put to one function, in the order in which they were put."""

    def __init__(self, process: Process, plan: CallPlan, options: Options) -> None:
        self.process, self.plan, self.options = process, plan, options
        self.trials: list[Trial] = []
        self.predictions: list[Trial] = []

    def choose_layout(self) -> None:
        """Find the layout of the arguments that is not refused: the usual one if all are."""
        tried: list[tuple[CallPlan, list[Trial]]] = []
        for plan in self.plan.layouts():
            self.plan = plan
            self.trials = self.ask([PLAIN, *distinguishing_problems(self.options.seed)[:4]])
            tried.append((self.plan, self.trials))
            raised = all(i.reading.fault == "raised" for i in tried[0][1] if i.problem is not PLAIN)
            as_usual = len(tried) == 1 or raised  # else it answered, and this must be better
            if not refused(self.trials) and (as_usual or all(i.is_correct for i in self.trials)):
                return
        self.plan, self.trials = tried[0]

    def run(self) -> int:
        """Ask all problems, and some of them again; how many were answered in time."""
        o, trainer = self.options, self.plan.kind == "trainer"
        problems = cases(o.seed, o.max_examples, nasty=not trainer)
        again = np.random.default_rng(o.seed).permutation(len(problems))[:REPEATS]
        expected = [] if trainer else exact_answers(self.plan, o.loss, o.seed, o.max_examples)
        asked = [*problems, *(problems[i] for i in again)]
        known = [*expected, *(expected[i] for i in again)] if expected else None
        trials = self.ask(asked, known, limited=True)
        self.trials += trials
        return min(len({id(item.problem) for item in trials}), len(problems))

    def ask(
        self,
        problems: Sequence[Problem],
        expected: Sequence[Expected] | None = None,
        limited: bool = False,
    ) -> list[Trial]:
        """The answers to problems, one after the other; as many as come in time, if limited."""
        runs = ITERATIONS if self.plan.kind == "trainer" else (1,)
        calls = [self.plan.arguments(c._replace(iters=t)) for c in problems for t in runs]
        answers = self.process.ask(self.plan.name, calls, self.plan.tensors)
        found, end = [], time.monotonic() + self.options.timeout
        for i, case in enumerate(problems):
            try:
                group = [next(answers) for _ in runs]
            except SubjectTerminated as error:
                error.case = case
                raise
            if self.plan.kind == "trainer":
                found += self.steps(case, group)
            else:
                known = expected[i] if expected else Expected(self.plan, case, self.options.loss)
                reading = parse_output(self.plan, case, group[0])
                found.append(Trial(self.plan, case, group[0], reading, known, case))
            if limited and time.monotonic() > end and i + 1 < len(problems):
                self.process.close()  # with the rest of its answers
                break
        return found

    def steps(self, case: Problem, answers: Sequence[RawOutput]) -> list[Trial]:
        """A training of 1, 2 and 3 iterations as steps, each from where the one before it ended."""
        readings = [parse_output(self.plan, case, a) for a in answers]
        start = Output(np.append(case.w, case.b))
        pairs = list(zip([start, *readings], readings, answers, strict=False))
        found = []
        for before, after, answer in pairs[self.plan.is_class :]:
            theta = before.vector
            if before.fault or not np.isfinite(theta).all():
                theta, after = start.vector, before
            step = case._replace(w=theta[:-1], b=theta[-1])
            expected = Expected(self.plan, step, self.options.loss)
            found.append(Trial(self.plan, step, answer, after, expected, case))
        if self.plan.is_class and found[-1].finite:
            self.predict(found[-1], readings[-1].vector)
        return found

    def predict(self, last: Trial, theta: Any) -> None:
        """What the fitted model predicts, as an item of its own: nobody calls it, so no roles."""
        plan = CallPlan(f"{self.plan.name}.predict", "predict", ())
        case = last.problem._replace(w=theta[:-1], b=theta[-1])
        answer = RawOutput((last.answer.parts[2],))
        reading = Output(answer.parts[0].values, precision(answer.parts))
        expected = Expected(plan, case, self.options.loss)
        self.predictions.append(Trial(plan, case, answer, reading, expected, last.problem))


def refused(trials: Sequence[Trial]) -> bool:
    """Whether no answer could be read; or a trainer in minibatches stayed where it was."""
    in_batches = trials[0].plan.kind == "trainer" and "batch_size" in trials[0].plan.uses
    shaped = [i for i in trials if i.problem is not PLAIN]  # it is too small to show a wrong layout
    return all(i.reading.refused or (in_batches and not i.moved) for i in shaped)
