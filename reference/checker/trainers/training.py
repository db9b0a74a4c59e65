"""The judging of trainings: what is kept between iterations, and what a pass of batches uses."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from reference.checker.attempts import Choice
from reference.checker.call_plan import CallPlan, written
from reference.checker.definition import Definition
from reference.checker.diagnosis.faults import BY_NAME
from reference.checker.diagnosis.history import PLAIN, Explanation, Program, explain_paths
from reference.checker.diagnosis.loop_pairs import explain_loop_and_gradient
from reference.checker.expected import CONVENTIONS
from reference.checker.output import parse_output
from reference.checker.report import Check
from reference.checker.session import (
    SMALL,
    Call,
    Options,
    is_aliased,
    make_evaluate,
    paths_of,
    small_problems,
)
from reference.checker.trainers.drawn_rates import drawn_rates
from reference.checker.trainers.minibatches import (
    ALL_ROWS,
    DRAWS_ROWS,
    NAMES,
    OF_A_PASS,
    Finding,
    Trainer,
    bias_apart,
    never_used,
    read_batches,
    steps_in_turn,
)
from reference.checker.trainers.row_formulas import row_formula
from reference.checker.trial import Trial

INTENTS = {
    "momentum": {"momentum", "velocity", "beta", "nesterov", "inertia", "mu"},
    "a learning rate": {"decay", "schedule", "anneal", "annealing", "rate", "decayed"},
}


class Trained(NamedTuple):
    """What is known of a trainer before it is run on all problems.

    `checks` are empty where that run decides; `batches` is what a pass of it is then. `predictions`
    are those of a class, which are judged by themselves. `first`: which multiple of a plain step
    the first one should be, where the steps show what is wrong. `program`: the kind of descent
    of which the batches are wrong.
    """

    checks: list[Check]
    batches: str = ""
    call: Call | None = None
    predictions: Sequence[Trial] = ()
    first: float = 0.0
    program: Program = PLAIN


def judge_training(
    process: Any, definition: Definition, choice: Choice, losses: Sequence[str], options: Options
) -> Trained:
    """The check of a trainer that is no plain descent on all rows; nothing where it may be."""
    call, right = choice.call, choice.status == "right"
    if call is None or call.reading is None or call.plan.kind != "trainer":
        return judge_batches_of_step(process, choice, options)
    if not right or not call.plan.starts:
        allowed = [call.loss] if right else losses
        found, loss = explanation_of(process, call, allowed, options.seed, options.naming)
        if found.fault and is_meant(definition, found.kind):
            check = by_name(call._replace(loss=loss), found.fault)
            return Trained([check], first=found.program.first)
        if found.kind:
            call, found = call._replace(loss=loss), with_own_rates(call.plan, found)
            return judge_kind(process, definition, call, found, options)
    if right and is_aliased(process, call, options.seed):
        return Trained([by_name(call, "history-aliased")])
    if right and "batch_size" not in call.plan.uses:
        return Trained([])
    if rates := rates_drawn(process, definition, call, options.seed):
        return judge_drawn(call, rates, options)
    possible = [call.loss] if right else [c for c in MEANS if c in losses]
    return judge_batches(process, definition, call, possible, choice.status, options)


def judge_drawn(call: Call, rates: Sequence[float], options: Options) -> Trained:
    """The check of a training on one random sample a step, whose learning rate changes."""
    shown = ", ".join(f"{r:.4g}" for r in rates[:4])
    kind = f"one random sample a step, with a learning rate that changes: {shown}, …"
    check = Check("trainer", call.plan.name, "right", explanation=kind, **known_of(call))
    return Trained([of_kind(check, kind, options)], "", call)


def with_own_rates(plan: CallPlan, found: Explanation) -> Explanation:
    """The explanation; where no learning rate is given, with those of the first steps."""
    if plan.lr is None or not found.program.rates:
        return found
    shown = ", ".join(f"{plan.lr * r:.4g}" for r in found.program.rates)
    return found._replace(kind=f"a learning rate that changes: {shown}, …")


MEANS = ("half-mse", "mse")


def judge_batches_of_step(process: Any, choice: Choice, options: Options) -> Trained:
    """The check of a step that is a pass; nothing where it may be a step on all rows.

    Its batch size may be a mere divisor: only the rows of its batches show that it has some.
    """
    call, found = choice.call, Finding()
    if choice.status != "right" or call is None or call.plan.kind != "step" or call.plan.given:
        return Trained(judge_pass(process, choice, options))
    if call.reading and "batch_size" in call.plan.uses:
        trainer = Trainer(process, call.plan, call.reading, options.seed)
        found = read_batches(trainer, [CONVENTIONS[call.loss](1)])
    if OF_A_PASS & set(found.fault.split("+")):
        return Trained([by_name(call, found.fault, found.more)])
    return Trained([], found.kind * (found.kind == "minibatches"))


def judge_pass(process: Any, choice: Choice, options: Options) -> list[Check]:
    """The check of a step that is a pass of steps on one row each; nothing where it is none."""
    call = choice.call
    if call is None or call.reading is None or call.plan.kind != "step" or call.plan.given:
        return []
    if choice.status == "right" or call.plan.lr is not None:
        return []
    for loss in ("half-mse", "mse"):
        factor = CONVENTIONS[loss](1)
        if steps_in_turn(process, call.plan, call.reading, factor, options.seed):
            told = known_of(call._replace(loss=loss))
            kind = "one sample a step, each in turn"
            return [Check("step", call.plan.name, "right", explanation=kind, **told)]
    return []


def explanation_of(
    process: Any, call: Call, losses: Sequence[str], seed: int, naming: bool = True
) -> tuple[Explanation, str]:
    """What explains a training whose steps depend on earlier ones, and under which convention."""
    paths = paths_of(process, call, seed)
    ways = (explain_paths, explain_loop_and_gradient) if naming else (explain_paths,)
    for explain_by in ways if paths else ():
        for loss in losses:
            found = explain_by(paths, CONVENTIONS[loss])
            if found != Explanation():
                return found, loss
    return Explanation(), call.loss


def is_understood(
    process: Any, definition: Definition, call: Call, losses: Sequence[str], seed: int
) -> bool:
    """Whether a trainer that is not right is known by its steps, or by batches that it draws."""
    if explanation_of(process, call, losses, seed)[0] != Explanation():
        return True
    drawn = bool(DRAWS_ROWS & definition.wording or definition.batch_sizes)
    if not drawn and "batch_size" not in call.plan.uses:
        return False
    factors = [CONVENTIONS[c](1) for c in MEANS if c in losses]
    trainers = trainers_of(process, definition, call, seed)
    if any(read_batches(t, factors) != Finding() for t in trainers):
        return True
    if any(row_formula(trainers[0], c) for c in factors):
        return True
    return bool(rates_drawn(process, definition, call, seed))


def rates_drawn(process: Any, definition: Definition, call: Call, seed: int) -> list[float]:
    """The rates of a training on one random sample a step, where its names say that they change."""
    meant = INTENTS["a learning rate"] & definition.wording and DRAWS_ROWS & definition.wording
    if not meant or call.reading is None or "lr" in call.plan.uses:
        return []
    return drawn_rates(process, call.plan, call.reading, seed)


def trainers_of(process: Any, definition: Definition, call: Call, seed: int) -> list[Trainer]:
    """The trainer, with each size that its batches may have where that is no parameter."""
    fixed = [1] if "batch_size" in call.plan.uses else [1, *definition.batch_sizes[:2]]
    return [Trainer(process, call.plan, call.reading, seed, k) for k in fixed]


def judge_kind(
    process: Any, definition: Definition, call: Call, found: Explanation, options: Options
) -> Trained:
    """The check of descent of another kind: whether it is meant, and its minibatches, if any."""
    told, name, batches = known_of(call), call.plan.name, ""
    if not is_meant(definition, found.kind):
        sentence = f"It is {found.kind}, and nothing in its names says so."
        return Trained([Check("trainer", name, "wrong", "unknown", sentence, **told)])
    if "batch_size" in call.plan.uses:
        trainer = Trainer(process, call.plan, call.reading, options.seed)
        finding = read_batches(trainer, [CONVENTIONS[call.loss](1)], found.program)
        if finding.fault:
            check = by_name(call, finding.fault, finding.more)
            return Trained([check], program=found.program)
        if not finding.kind:
            return Trained([unread(call, f"right as {found.kind}")])
        batches = finding.kind
    text = "; ".join(filter(None, [batches, f"right as {found.kind}"]))
    check = Check("trainer", name, "right", explanation=text, **told)
    checks = [of_kind(check, found.kind, options)]
    return Trained(checks, "", call, predictions_of(process, call, options))


def is_meant(definition: Definition, kind: str) -> bool:
    """Whether names or comments say that it is to be descent of another kind, if it is one."""
    wanted = [words for part, words in INTENTS.items() if part in kind]
    return all(words & definition.wording for words in wanted)


def of_kind(check: Check, kind: str, options: Options, fault: str = "unknown") -> Check:
    """The check of what is right of another kind: wrong where plain descent is insisted on."""
    if not options.plain:
        return check
    sentence = f"It is {kind}: --plain asks for plain gradient descent."
    return replace(check, verdict="wrong", fault=fault, explanation=sentence)


def other_kind(process: Any, definition: Definition, call: Call) -> str:
    """What a trainer that is right on all problems is beside plain descent; "" if nothing."""
    if call.plan.kind != "trainer":
        return ""
    if call.plan.scaling is not None:
        return "descent on standardised data"
    stops = definition.stops_early and stops_early(process, call)
    return "descent that stops early" if stops else ""


def with_own_tolerance(plan: CallPlan) -> CallPlan:
    """The plan, with the tolerance left at its default."""
    roles, init = (tuple(r for r in rs if r[1] != "tol") for rs in (plan.roles, plan.init))
    return (
        plan
        if roles + init == plan.roles + plan.init
        else replace(plan, roles=roles, init=init, positional=0)
    )


TINY = 2.0**-40
MORE = 16  # iterations, which lead as many times as far as one where the learning rate is tiny


def stops_early(process: Any, call: Call) -> bool:
    """Whether a training ends before its last iteration, where gradient and steps are tiny."""
    plan = with_own_tolerance(call.plan)
    (problem,) = small_problems(plan, 0, 1)
    _, y, w, b, *_ = problem
    tiny = problem._replace(y=y * TINY, w=w * TINY, b=b * TINY, lr=TINY)
    answers = process.ask([plan.request(tiny._replace(iters=t)) for t in (1, 2, MORE)])
    found = [parse_output(plan, call.reading, tiny, a).vector for a in answers]
    if any(v is None for v in found):
        return False
    step, all_steps = (np.abs(v - found[0]).max() for v in found[1:])
    return bool(all_steps < (MORE - 2) * step or not step)


def unread(call: Call, right: str) -> Check:
    """Not checked, since the passes are none that are known."""
    reason = f"it is {right} with one batch of all rows; its minibatches are not understood"
    return Check("trainer", call.plan.name, "unchecked", reason=reason, **known_of(call))


def judge_batches(
    process: Any,
    definition: Definition,
    call: Call,
    losses: Sequence[str],
    status: str,
    options: Options,
) -> Trained:
    """The check of a trainer by its minibatches; nothing where they leave it to the full run."""
    trainers = trainers_of(process, definition, call, options.seed)
    for trainer, loss in itertools.product(trainers, losses):
        finding, known = read_batches(trainer, [CONVENTIONS[loss](1)]), call._replace(loss=loss)
        if finding.fault:
            if status == "named" and finding.fault not in NAMES and "+" not in finding.fault:
                return Trained([])
            return Trained([by_name(known, finding.fault, finding.more)])
        if finding.kind:
            text = in_words(finding.kind, known, trainer.fixed)
            if status == "right" or is_decided_by_answers(call, finding.kind):
                return Trained([], text * (status == "right"))
            check = Check("trainer", call.plan.name, "right", explanation=text, **known_of(known))
            if finding.kind != "minibatches":
                check = of_kind(check, f"descent along {text}", options)
            return Trained([check], text, known, predictions_of(process, known, options))
    return judge_rows(trainers[0], call, losses if options.naming else (), status)


def judge_rows(trainer: Trainer, call: Call, losses: Sequence[str], status: str) -> Trained:
    """The check of a trainer whose batches are none that are known: by the formula of its rows."""
    if status == "right":
        return Trained([unexplained(trainer.process, call)])
    for loss in losses if status != "named" else ():
        if fault := row_formula(trainer, CONVENTIONS[loss](1)):
            return Trained([by_name(call._replace(loss=loss), fault)])
    return Trained([])


def is_decided_by_answers(call: Call, kind: str) -> bool:
    """Whether answers to the small problems are right if a trainer is of this kind."""
    return kind == ALL_ROWS and call.plan.scaling is None


def unexplained(process: Any, call: Call) -> Check:
    """The check of a trainer that is right with one batch, and whose passes nothing explains."""
    trainer = Trainer(process, call.plan, call.reading)
    seen = bias_apart(trainer, CONVENTIONS[call.loss](1)) or never_used(trainer)
    if not seen:
        return unread(call, "right")
    sentence = f"No mistake that is known explains your batches. {seen}"
    return Check("trainer", call.plan.name, "wrong", "unknown", sentence, **known_of(call))


def in_words(kind: str, call: Call, size: int = 1) -> str:
    """The kind of batches that a trainer is right of."""
    if "batch_size" in call.plan.uses or kind != "minibatches":
        return kind
    return f"minibatches of {size} rows" if size > 1 else "one sample a step, each in turn"


def predictions_of(process: Any, call: Call, options: Options) -> list[Trial]:
    """The predictions of a class whose trainings are checked by themselves."""
    if not call.plan.is_class:
        return []
    evaluate = make_evaluate(process, call, time.monotonic() + options.timeout / 2)
    trials = evaluate(small_problems(call.plan, options.seed, 20))
    return [t for t in trials if t.plan.kind == "predict"]


def fixed_batch_size(definition: Definition, trials: Sequence[Trial]) -> int:
    """The number in the source up to which n a trainer is right and beyond which it is wrong."""
    wrong = [len(t.case.y) for t in trials if not t.is_correct]
    right = [len(t.case.y) for t in trials if t.is_correct]
    if trials[0].plan.kind != "trainer" or not wrong or not right:
        return 0
    sizes = sorted({int(v) for v in definition.numbers if v == int(v) and v > 1})
    return next((k for k in sizes if max(right) <= k < min(wrong)), 0)


def judge_fixed_batches(
    process: Any, call: Call, size: int, count: int, options: Options
) -> list[Check]:
    """The check of a trainer whose batches have a size that is fixed inside."""
    if call.reading is None:
        return []
    told = known_of(call) | {"cases": count}
    trainer = Trainer(process, call.plan, call.reading, options.seed, size)
    finding = read_batches(trainer, [CONVENTIONS[call.loss](1)])
    if finding.fault:
        return [by_name(call, finding.fault, finding.more)]
    text = f"{finding.kind} of {size} rows"
    right = [Check("trainer", call.plan.name, "right", explanation=text, **told)]
    return right if finding.kind else []


def known_of(call: Call) -> dict[str, Any]:
    """What a check says of a call that was tried on the small problems alone."""
    return {"call": described(call.plan), "loss": call.loss, "cases": SMALL}


def by_name(call: Call, fault: str, more: str = "") -> Check:
    """The check of a mistake that is not told by one answer beside its exact value."""
    kind, name = call.plan.kind, call.plan.name
    return Check(kind, name, "wrong", fault, explain(fault, kind, more)[1], **known_of(call))


def described(plan: CallPlan) -> str:
    """A call in short: each parameter and what it is given."""
    return f"as {written(plan)}"


def explain(fault: str, kind: str, more: str = "") -> tuple[str, str]:
    """A fault, or several, and the sentences, for this kind of function."""
    sentence = "\n".join(BY_NAME[name].sentence(kind) for name in fault.split("+"))
    if "+" in fault:
        sentence = f"Several mistakes explain all your answers:\n{sentence}"
    return fault, f"{sentence}\n{more}" if more else sentence
