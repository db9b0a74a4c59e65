"""From trials to a verdict: right, wrong with the name of the mistake, or not checked and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem, probe
from reference.checker.diagnosis import match, symptoms
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.diagnosis.faults import BY_NAME
from reference.checker.diagnosis.history import Explanation, explain_paths
from reference.checker.expected import CONVENTIONS, FORMULAS, Expected
from reference.checker.minibatches import follows, read_batches
from reference.checker.problem_set import distinguishing_problems
from reference.checker.report import Check, Counterexample
from reference.checker.sandbox.messages import SubjectTerminated
from reference.checker.session import (
    SMALL,
    Attempt,
    Call,
    Choice,
    Evaluate,
    Options,
    choose_call,
    is_aliased,
    make_evaluate,
    of_function,
    paths_of,
    run,
    scaled_call,
)
from reference.checker.shrink import smallest
from reference.checker.signature import Definition, kinds_of
from reference.checker.trial import Trial

STATEFUL = ("stale", "nondeterministic")


def judge(
    process: Any, definition: Definition, losses: Sequence[str], options: Options
) -> list[Check]:
    """The checks of a function; of a class, also of its predictions."""
    start = time.monotonic()
    choice = choose_call(process, definition, losses, options.seed, start + options.timeout / 2)
    checks = judge_choice(process, definition, choice, losses, options, start + options.timeout)
    return [replace(c, choice=choice) for c in checks]


def judge_choice(
    process: Any,
    definition: Definition,
    choice: Choice,
    losses: Sequence[str],
    options: Options,
    deadline: float,
) -> list[Check]:
    """The checks of a function that is called as was chosen."""
    if choice.status == "terminated" and choice.call and choice.ended:
        return [ended(choice.call, choice.ended)]
    if choice.call is None:
        return [not_understood(definition, choice)]
    if choice.status != "right" and definition.nonlinear:
        reason = f"its model is not linear: it calls {definition.nonlinear}"
        return [unchecked(definition, kind_of(definition, choice), reason)]
    evaluate = make_evaluate(process, choice.call, deadline)
    try:
        if choice.call.plan.kind == "trainer":
            choice = with_scaling(process, definition, choice, losses, options)
            evaluate = make_evaluate(process, choice.call, deadline)
            checks = judge_training(process, definition, choice, losses, options)
            if checks:
                return checks
        found = run(evaluate, choice.call, options)
        return make_checks(
            found.trials, found.problems, evaluate, choice, losses, options, definition
        )
    except SubjectTerminated as error:
        return [ended(choice.call, error)]


def with_scaling(
    process: Any, definition: Definition, choice: Choice, losses: Sequence[str], options: Options
) -> Choice:
    """The choice, for a trainer that standardises its data if that makes it right."""
    call = choice.call
    if choice.status == "right" or call is None or call.reading is None:
        return choice
    scaled = scaled_call(process, definition, call, losses, options.seed)
    return choice if scaled is None else replace(choice, call=scaled, status="right")


INTENTS = {
    "descent with momentum": {"momentum", "velocity", "beta", "nesterov", "inertia", "mu"},
    "a learning rate": {"decay", "schedule", "anneal", "annealing", "rate", "decayed"},
}


def judge_training(
    process: Any, definition: Definition, choice: Choice, losses: Sequence[str], options: Options
) -> list[Check]:
    """The check of a trainer that is no plain descent on all rows; nothing where it may be."""
    call = choice.call
    if call is None or call.reading is None or choice.status == "named":
        return []
    told: dict[str, Any] = {"call": described(call.plan), "loss": call.loss, "cases": SMALL}
    if choice.status == "right":
        if is_aliased(process, call, options.seed):
            text = explain("history-aliased", "trainer")[1]
            return [Check("trainer", call.plan.name, "wrong", "history-aliased", text, **told)]
        if "batch_size" not in call.plan.uses:
            return []
        factors = [CONVENTIONS[call.loss](1)]
    else:
        paths = paths_of(process, call, options.seed)
        for loss in losses if paths else ():
            found = explain_paths(paths, CONVENTIONS[loss])
            if found != Explanation():
                return [by_explanation(definition, call, found, told)]
        factors = [CONVENTIONS[loss](1) for loss in ("half-mse", "mse")]
    for factor in factors:
        finding = read_batches(process, call.plan, call.reading, [factor])
        if finding.fault:
            return [
                Check(
                    "trainer",
                    call.plan.name,
                    "wrong",
                    finding.fault,
                    explain(finding.fault, "trainer", finding.more)[1],
                    **told,
                )
            ]
        if finding.kind and follows(
            process, call.plan, call.reading, factor, finding.kind, options.seed
        ):
            return [Check("trainer", call.plan.name, "right", explanation=finding.kind, **told)]
    if choice.status == "right":
        reason = "it is right with one batch of all rows; minibatches could not be run"
        return [Check("trainer", call.plan.name, "unchecked", reason=reason, **told)]
    return []


RIDGE = {"l2", "lam", "lambda", "lambd", "reg", "regularization", "regularisation", "ridge"}
RIDGE |= {"penalty", "decay", "regularized", "regularised"}


def penalty(trials: Sequence[Trial]) -> str:
    """The penalty on the weights, from two answers of different n."""
    found = []
    for t in sorted(trials, key=lambda t: len(t.case.y))[:: max(1, len(trials) - 1)]:
        ratio = (t.gradient - t.expected_gradient)[: len(t.case.w)] / t.case.w
        found.append((float(np.median(ratio)), len(t.case.y)))
    (a, n), (b, m) = found[0], found[-1]
    if n != m and not np.isclose(a, b, rtol=1e-3):
        return f"λ/n = {a * n:.4g}/n"
    return f"λ = {a:.4g}"


def by_explanation(definition: Definition, call: Call, found: Explanation, told: Any) -> Check:
    """The check of a trainer whose steps depend on earlier ones."""
    if found.fault:
        return Check(
            "trainer",
            call.plan.name,
            "wrong",
            found.fault,
            explain(found.fault, "trainer")[1],
            **told,
        )
    wanted = next(words for kind, words in INTENTS.items() if found.kind.startswith(kind))
    if wanted & definition.wording:
        return Check(
            "trainer", call.plan.name, "right", explanation=f"right as {found.kind}", **told
        )
    sentence = f"It is {found.kind}, and nothing in its names says so."
    return Check("trainer", call.plan.name, "wrong", "unknown", sentence, **told)


def make_checks(
    trials: Sequence[Trial],
    count: int,
    evaluate: Evaluate,
    choice: Choice,
    losses: Sequence[str],
    options: Options,
    definition: Definition,
) -> list[Check]:
    """The check of the function's own answers, and of a fitted model's predictions."""
    call = choice.call
    assert call is not None
    own = of_function(trials, call.plan)
    checks = [make_check(own, count, evaluate, call, losses, options, definition)]
    predictions = [t for t in trials if t.plan.name != call.plan.name]
    if predictions:
        checks.append(make_check(predictions, count, None, call, losses, options, definition))
    return checks


def kind_of(definition: Definition, choice: Choice) -> str:
    """The kind that a function is likely to be."""
    if choice.first is not None:
        return choice.first.plan.kind
    return next((k for k in kinds_of(definition.short_name) if k != "other"), "function")


def unchecked(definition: Definition, kind: str, reason: str) -> Check:
    """Not checked, with the reason."""
    return Check(kind, definition.name, "unchecked", reason=reason)


def not_understood(definition: Definition, choice: Choice) -> Check:
    """Not checked: the likeliest call, and what came of it."""
    kind = kind_of(definition, choice)
    if choice.first is None:
        return unchecked(definition, kind, "no call is known for these parameters")
    return unchecked(definition, kind, what_came(choice.first))


def what_came(first: Attempt) -> str:
    """The likeliest call, and what it raised or returned."""
    if first.ended is not None:
        return f"called {described(first.plan)}, it gave no answer: {first.ended.detail}"
    answer = first.answers[0][0] if first.answers else None
    if answer is not None and answer.raised:
        if answer.raised["type"] in ("LeftOut", "ModuleNotFoundError"):
            return str(answer.raised["message"])
        return f"called {described(first.plan)}, it raised {answer.raised['type']}: {answer.raised['message']}"
    shapes = [p.shape if p.values is not None else p.dtype for p in answer.parts] if answer else []
    return (
        f"called {described(first.plan)}, it returned {shapes or 'nothing'}, which fits no formula"
    )


def described(plan: CallPlan) -> str:
    """A call in short: each parameter and what it is given."""
    given = plan.init + plan.roles
    return f"as {plan.name}({', '.join(f'{p}: {role}' for p, role in given)})"


def ended(call: Call, error: SubjectTerminated) -> Check:
    """The check of a function that ended its process, or did not come back."""
    plan = call.plan
    example = example_of(plan, error.problem)
    text = f"{BY_NAME[error.fault].sentence()} ({error.detail}.)"
    return Check(
        plan.kind,
        plan.name,
        "wrong",
        error.fault,
        text,
        counterexample=example,
        worst_error=float("inf"),
    )


def make_check(
    trials: Sequence[Trial],
    count: int,
    evaluate: Evaluate | None,
    call: Call,
    losses: Sequence[str],
    options: Options,
    definition: Definition,
) -> Check:
    """The verdict on a function's answers; the predictions of a model cannot be asked again."""
    plan = trials[0].plan
    wrong = [t for t in trials if not t.is_correct or t.mutated]
    if definition.stops_early and all(stopped(t) for t in wrong):
        wrong, trials = [], [t for t in trials if not stopped(t)] or trials
    worst = max(float(t.errors.max()) for t in trials)
    told = {"cases": count, "worst_error": worst, "call": described(plan), "loss": call.loss}
    if not wrong:
        if "batch_size" in plan.uses and plan.kind == "trainer":
            return Check(
                plan.kind,
                plan.name,
                "unchecked",
                reason="it is right with one batch of all rows; minibatches were not run",
                **told,
            )
        kind = f"right on standardised data, {plan.scaling.text}" if plan.scaling else ""
        text = "; ".join(filter(None, [kind, plan.note]))
        return Check(plan.kind, plan.name, "right", explanation=text, **told)
    fresh = (
        evaluate(distinguishing_problems(options.seed + 1, plan.layout.d, plan.layout.n))
        if evaluate
        else []
    )
    if plan.kind == "predict" and evaluate is None and call.plan.scaling is not None:
        if all(answers_raw(t, call) for t in trials):
            fault, text = explain("predict-not-standardised", "predict")
            shown = counterexample(wrong[0])
            return Check(plan.kind, plan.name, "wrong", fault, text, counterexample=shown, **told)
    asked = 1 + max(t.index for t in trials)
    fresh = [replace(t, index=asked + t.index) for t in of_function(fresh, plan)]
    fault, explanation = diagnose(Evidence(trials, fresh, evaluate), call.loss)
    if fault == "weight-decay" and RIDGE & definition.wording:
        kind = f"right as ridge regression, with {penalty(fresh or trials)}"
        return Check(plan.kind, plan.name, "right", explanation=kind, **told)
    shown = shrunk(evaluate, wrong, fault) if evaluate else wrong[0]
    text = "\n".join(filter(None, [explanation, plan.note and f"({plan.note}.)"]))
    return Check(
        plan.kind, plan.name, "wrong", fault, text, counterexample=counterexample(shown), **told
    )


def answers_raw(trial: Trial, call: Call) -> bool:
    """Whether a prediction is right for data that were not standardised."""
    point = probe(trial.problem)._replace(w=trial.case.w, b=trial.case.b)
    expected = Expected(trial.plan, point, call.loss)
    return bool((expected.errors(*trial.numbers) <= 1).all())


def stopped(trial: Trial) -> bool:
    """Whether a step of a training led nowhere, as where it has stopped early."""
    theta = np.append(trial.case.w, trial.case.b)
    return (
        trial.plan.kind == "trainer"
        and trial.finite
        and bool((trial.reading.vector == theta).all())
    )


def diagnose(evidence: Evidence, loss: str) -> tuple[str, str]:
    """The fault, and the sentences that explain it: form first, then state, then mathematics."""
    kind = evidence.trials[0].plan.kind
    detected = match.detected(evidence, "detect_first")
    if detected:
        return explain(detected, kind)
    other = match.other_loss(evidence.everything, loss)
    if other:
        fault, sentence = explain(other[0], kind)
        hint = f"(It would be right for the loss {FORMULAS[other[1]]}: "
        return fault, f"{sentence}\n{hint}if that is your loss, add --loss {other[1]}.)"
    few = [*evidence.fresh, *evidence.wrong[:30]]
    names = match.matching_faults(few, evidence.everything)
    if len(names) == 1:
        return explain(names[0], kind)
    fault, sentence = unnamed(evidence)
    return fault, f"{sentence}\nIt may be one of {', '.join(names)}." if names else sentence


def unnamed(evidence: Evidence) -> tuple[str, str]:
    """The fault where no formula explains all: what was raised, the form, the size; or unknown."""
    kind, wrong = evidence.trials[0].plan.kind, evidence.wrong
    for fault in ("raised", "no-return", "wrong-shape"):
        found = next((t for t in wrong if t.reading.fault == fault), None)
        if found and all(t.reading.fault or not t.finite for t in wrong):
            if found.answer.raised and found.answer.raised["type"] == "SystemExit":
                fault = "crash"
            fault = "broadcast-n-by-n" if symptoms.n_by_n(wrong) else fault
            return explain(fault, kind, found.reading.message)
    detected = match.detected(evidence, "detect_last")
    if detected:
        return explain(detected, kind)
    return "unknown", symptoms.describe(evidence.everything)


def explain(fault: str, kind: str, more: str = "") -> tuple[str, str]:
    """A fault and its sentence, for this kind of function."""
    sentence = BY_NAME[fault].sentence(kind)
    return fault, f"{sentence}\n{more}" if more else sentence


def shrunk(evaluate: Evaluate, wrong: Sequence[Trial], fault: str) -> Trial:
    """The wrong answer to the smallest problem that shows it."""
    smallest_seen = min(wrong, key=lambda t: t.problem.X.size)
    if fault in STATEFUL:
        return smallest_seen
    plan, form = smallest_seen.plan, smallest_seen.reading.fault

    def failing(problems: Sequence[Problem]) -> list[Trial]:
        trials = of_function(evaluate(problems), plan)
        wrong = [t for t in trials if not t.is_correct or t.mutated]
        return [t for t in wrong if t.reading.fault == form]

    def fails(candidates: Sequence[Problem]) -> list[bool]:
        fitting = [p for p in candidates if fits(p, plan)]
        found = {id(fitting[t.index]) for t in failing(fitting)} if fitting else set()
        return [id(p) in found for p in candidates]

    try:
        problem = smallest(smallest_seen.problem, fails)
        return next(iter(failing([problem])), smallest_seen)
    except SubjectTerminated:
        return smallest_seen


def fits(problem: Problem, plan: CallPlan) -> bool:
    """Whether a problem has the only number of features and samples that the function takes."""
    n, d = problem.X.shape
    return plan.layout.d in (0, d) and plan.layout.n in (0, n)


def example_of(plan: CallPlan, problem: Problem) -> Counterexample:
    """A problem, with a learning rate if it matters."""
    lr = problem.lr if "lr" in plan.uses else None
    return Counterexample(*problem[:4], lr=lr)


def counterexample(item: Trial) -> Counterexample:
    """The problem of an item, and the first number that is wrong in it."""
    lr = item.case.lr if "lr" in item.plan.uses else None
    if item.reading.fault or not (item.errors > 1).any():
        return Counterexample(*item.case[:4], lr=lr)
    i = int(np.flatnonzero(item.errors > 1)[0])
    if item.plan.kind == "trainer":  # as the gradient that it went along
        factor = item.expected.factor
        got, expected = item.gradient * factor, item.expected_gradient * factor
    else:
        got, expected = item.reading.vector, item.expected.rounded
    component = item.expected.component(i)
    return Counterexample(*item.case[:4], lr, component, float(got[i]), float(expected[i]))
