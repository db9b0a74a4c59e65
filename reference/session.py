"""The questions put to one function, and its answers, each beside what it should have been."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.answers import Reading, precision, read
from reference.bank import cases, exact_answers
from reference.calls import Case, Plan
from reference.expected import CONVENTIONS, Expected
from reference.items import Item, telling
from reference.pipe import Answer, Ended
from reference.process import Process

PLAIN = Case(np.ones((2, 1)), np.zeros(2), np.ones(1), np.float64(0), lr=0.5)
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

    def __init__(self, process: Process, plan: Plan, options: Options) -> None:
        self.process, self.plan, self.options = process, plan, options
        self.items: list[Item] = []
        self.predictions: list[Item] = []

    def settle(self) -> None:
        """Find the layout of the arguments that is not refused: the usual one if all are."""
        tried: list[tuple[Plan, list[Item]]] = []
        for plan in self.plan.layouts():
            self.plan = plan
            self.items = self.ask([PLAIN, *telling(self.options.seed)[:4]])
            tried.append((self.plan, self.items))
            raised = all(i.reading.fault == "raised" for i in tried[0][1] if i.asked is not PLAIN)
            as_usual = len(tried) == 1 or raised  # else it answered, and this must be better
            if not refused(self.items) and (as_usual or all(i.right for i in self.items)):
                return
        self.plan, self.items = tried[0]

    def examine(self) -> int:
        """Ask all problems, and some of them again; how many were answered in time."""
        o, trainer = self.options, self.plan.kind == "trainer"
        problems = cases(o.seed, o.max_examples, nasty=not trainer)
        again = np.random.default_rng(o.seed).permutation(len(problems))[:REPEATS]
        expected = [] if trainer else exact_answers(self.plan, o.loss, o.seed, o.max_examples)
        asked = [*problems, *(problems[i] for i in again)]
        known = [*expected, *(expected[i] for i in again)] if expected else None
        items = self.ask(asked, known, limited=True)
        self.items += items
        return min(len({id(item.asked) for item in items}), len(problems))

    def ask(
        self,
        problems: Sequence[Case],
        expected: Sequence[Expected] | None = None,
        limited: bool = False,
    ) -> list[Item]:
        """The answers to problems, one after the other; as many as come in time, if limited."""
        runs = ITERATIONS if self.plan.kind == "trainer" else (1,)
        calls = [self.plan.arguments(c._replace(iters=t)) for c in problems for t in runs]
        answers = self.process.ask(self.plan.name, calls, self.plan.tensors)
        found, end = [], time.monotonic() + self.options.timeout
        for i, case in enumerate(problems):
            try:
                group = [next(answers) for _ in runs]
            except Ended as error:
                error.case = case
                raise
            if self.plan.kind == "trainer":
                found += self.steps(case, group)
            else:
                known = expected[i] if expected else Expected(self.plan, case, self.options.loss)
                reading = read(self.plan, case, group[0])
                found.append(Item(self.plan, case, group[0], reading, known, case))
            if limited and time.monotonic() > end and i + 1 < len(problems):
                self.process.close()  # with the rest of its answers
                break
        return found

    def steps(self, case: Case, answers: Sequence[Answer]) -> list[Item]:
        """A training of 1, 2 and 3 iterations as steps, each from where the one before it ended."""
        readings = [read(self.plan, case, a) for a in answers]
        start = Reading(np.append(case.w, case.b))
        pairs = list(zip([start, *readings], readings, answers, strict=False))
        found = []
        for before, after, answer in pairs[self.plan.is_class :]:
            theta = before.vector
            if before.fault or not np.isfinite(theta).all():
                theta, after = start.vector, before
            step = case._replace(w=theta[:-1], b=theta[-1])
            expected = Expected(self.plan, step, self.options.loss)
            found.append(Item(self.plan, step, answer, after, expected, case))
        if self.plan.is_class and found[-1].finite:
            self.predict(found[-1], readings[-1].vector)
        return found

    def predict(self, last: Item, theta: Any) -> None:
        """What the fitted model predicts, as an item of its own: nobody calls it, so no roles."""
        plan = Plan(f"{self.plan.name}.predict", "predict", ())
        case = last.asked._replace(w=theta[:-1], b=theta[-1])
        answer = Answer((last.answer.parts[2],))
        reading = Reading(answer.parts[0].values, precision(answer.parts))
        expected = Expected(plan, case, self.options.loss)
        self.predictions.append(Item(plan, case, answer, reading, expected, last.asked))


def refused(items: Sequence[Item]) -> bool:
    """Whether no answer could be read; or a trainer in minibatches stayed where it was."""
    in_batches = items[0].plan.kind == "trainer" and "batch_size" in items[0].plan.uses
    shaped = [i for i in items if i.asked is not PLAIN]  # it is too small to show a wrong layout
    return all(i.reading.refused or (in_batches and not i.moved) for i in shaped)
