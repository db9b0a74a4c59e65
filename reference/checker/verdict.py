"""From trials to a verdict: right, wrong with the name of the mistake, or not checked and why."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reference.checker.attempts import ENOUGH, Attempt, Choice
from reference.checker.call_plan import CallPlan, Problem, probe
from reference.checker.choose_call import choose_call
from reference.checker.definition import Definition
from reference.checker.diagnosis import match, pairs, symptoms
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.diagnosis.faults import BY_NAME, training
from reference.checker.diagnosis.history import PLAIN
from reference.checker.diagnosis.own_names import in_own_names
from reference.checker.examples.example import Subject, example, unanswered
from reference.checker.examples.repeated_example import repeated_example
from reference.checker.examples.training_example import (
    aliased_example,
    batch_example,
    first_step,
    from_the_start,
    missed_row_example,
)
from reference.checker.expected import FORMULAS, Expected
from reference.checker.extra_problems import Extra, look_further, narrow
from reference.checker.output import describe_raised
from reference.checker.problem_set import distinguishing_problems
from reference.checker.report import Check, Counterexample
from reference.checker.sandbox.messages import OutOfTime, SubjectTerminated
from reference.checker.session import (
    Call,
    Evaluate,
    Options,
    make_evaluate,
    of_function,
    run,
    small_problems,
)
from reference.checker.shrink import resized, smallest
from reference.checker.signature import kinds_of
from reference.checker.trainers.penalty import OF_BIAS, PENALTY, problem_without_weights
from reference.checker.trainers.training import (
    Trained,
    by_name,
    described,
    explain,
    fixed_batch_size,
    is_understood,
    judge_fixed_batches,
    judge_training,
    known_of,
    of_kind,
    other_kind,
)
from reference.checker.trial import Trial

SHARES = 0.5, 0.6, 0.85  # of a function's time: until its call is chosen, it is asked, shrunk
LARGE = 400  # numbers in X; a larger problem is shown as it is
KEPT = {"unknown", *(f.name for f in training.FAULTS)}  # what single steps show
STATEFUL = ("stale", "nondeterministic")
MUTATES = "mutates-input"


def judge(
    process: Any, definition: Definition, losses: Sequence[str], options: Options
) -> list[Check]:
    """The checks of a function; of a class, also of its predictions."""
    start = time.monotonic()
    chosen_by, asked_by, shrunk_by = (start + share * options.timeout for share in SHARES)
    try:
        choice = choose_call(process, definition, losses, options.seed, chosen_by, is_understood)
    except OutOfTime as error:
        choice = Choice(reason=error.detail)
    if options.plain and choice.call and choice.penalty:
        plan = replace(choice.call.plan, lam=PENALTY)
        choice = replace(choice, call=choice.call._replace(plan=plan), status="named")
    try:
        limits = asked_by, shrunk_by
        checks = judge_choice(process, definition, choice, losses, options, limits)
    except OutOfTime as error:
        checks = [interrupted(definition, choice, error)]
    except SubjectTerminated as error:
        if choice.call is None:
            raise
        checks = [ended(process, definition, choice.call, error)]
    return [replace(c, choice=choice) for c in checks]


def interrupted(definition: Definition, choice: Choice, error: OutOfTime) -> Check:
    """The check of a function whose time was over after its call had been chosen."""
    call = choice.call
    if choice.status == "right" and call is not None and "batch_size" not in call.plan.uses:
        told = known_of(call) | {"explanation": right_as(call.plan), "remarks": (error.detail,)}
        told["cases"] = max(ENOUGH, len(choice.first.answers)) if choice.first else ENOUGH
        return Check(call.plan.kind, call.plan.name, "right", **told)
    return unchecked(definition, kind_of(definition, choice), error.detail)


def judge_choice(
    process: Any,
    definition: Definition,
    choice: Choice,
    losses: Sequence[str],
    options: Options,
    limits: tuple[float, float],
) -> list[Check]:
    """The checks of a function that is called as was chosen: asked and shrunk until two moments."""
    early = without_run(process, definition, choice)
    if early is not None or choice.call is None:
        return [early] if early else []
    trained = judge_training(process, definition, choice, losses, options)
    checks = [*trained.checks, *judge_predictions(trained, options, definition)]
    call = choice.call._replace(plan=replace(choice.call.plan, batches=trained.batches))
    evaluate = make_evaluate(process, call, limits[1])
    if not checks:
        losses = [call.loss]
        checks = judge_all(process, definition, call, losses, options, evaluate, limits)
    subject = Subject(definition, call.plan, call.reading)
    return [with_example(c, process, subject, losses, evaluate, trained) for c in checks]


def judge_predictions(trained: Trained, options: Options, definition: Definition) -> list[Check]:
    """The check of the predictions of a class whose trainings were judged by themselves."""
    trials = trained.predictions
    if not trials or trained.call is None:
        return []
    return [make_check(trials, len(trials), None, trained.call, options, definition)]


def without_run(process: Any, definition: Definition, choice: Choice) -> Check | None:
    """The check of a function that need not, or cannot, be run on all problems."""
    if choice.status == "terminated" and choice.call and choice.ended:
        return ended(process, definition, choice.call, choice.ended)
    if choice.call is None:
        return not_understood(definition, choice)
    if choice.status not in ("right", "named", "understood") and definition.nonlinear:
        reason = f"its model is not linear: it {definition.nonlinear}"
        return unchecked(definition, kind_of(definition, choice), reason)
    if choice.status == "penalised":
        return of_penalty(process, definition, choice.call)
    if choice.status == "loss":
        return of_loss(process, definition, choice.call)
    return None


def of_loss(process: Any, definition: Definition, call: Call) -> Check:
    """The check of a gradient that returns the loss, with the plainest call as its example."""
    n, d = call.plan.layout.n or 1, call.plan.layout.d or 1
    problem = resized(small_problems(call.plan, 0, 1)[0], np.ones((n, d)))
    (shown,) = make_evaluate(process, call, float("inf"))([problem])
    example = counterexample(shown, call, definition)
    return replace(by_name(call, "loss-as-gradient"), counterexample=example)


def of_penalty(process: Any, definition: Definition, call: Call) -> Check:
    """The check of a function whose penalty holds the bias too, with an example of that alone."""
    evaluate = make_evaluate(process, call, float("inf"))
    trials = of_function(evaluate([problem_without_weights(call.plan)]), call.plan)
    wrong = [t for t in trials if not t.is_correct]
    shown = counterexample(wrong[0], call, definition) if wrong else None
    return replace(by_name(call, OF_BIAS), counterexample=shown)


def judge_all(
    process: Any,
    definition: Definition,
    call: Call,
    losses: Sequence[str],
    options: Options,
    evaluate: Evaluate,
    limits: tuple[float, float],
) -> list[Check]:
    """The checks on all problems: random ones, larger ones, other arrays."""
    found = run(evaluate, call, options, limits[0])
    extra = further(process, definition, call, found.trials, limits[1])
    trials = [*found.trials, *extra.trials]
    size = fixed_batch_size(definition, of_function(trials, call.plan))
    checks = judge_fixed_batches(process, call, size, found.problems, options) if size else []
    if checks:
        return checks
    checks = make_checks(trials, found.problems, evaluate, call, losses, options, definition)
    first = with_extra(checks[0], extra, trials, definition, call)
    if (
        options.plain
        and first.verdict == "right"
        and (kind := other_kind(process, definition, call))
    ):
        first = of_kind(first, kind, options)
    return [first, *checks[1:]]


def further(
    process: Any, definition: Definition, call: Call, known: Sequence[Trial], deadline: float
) -> Extra:
    """Larger problems and other arrays, where all is right so far."""
    own = of_function(known, call.plan)
    if not own or not all(t.is_correct and not t.mutated for t in own):
        return Extra()
    program = definition.program
    place = program.place if program else lambda number: f"line {number}"
    return look_further(process, call, own, deadline, place)


def with_extra(
    check: Check, extra: Extra, trials: Sequence[Trial], definition: Definition, call: Call
) -> Check:
    """The check of a function, with what larger problems and other arrays have shown."""
    if check.verdict != "right":
        return check
    if extra.fault and extra.shown:
        shown = counterexample(extra.shown, call, definition)
        told = {"fault": extra.fault, "counterexample": shown, "explanation": extra.sentence}
        return replace(check, verdict="wrong", **told)
    remarks = [check.explanation, *extra.remarks, narrow(trials)]
    return replace(check, explanation="\n".join(filter(None, remarks)), largest=extra.largest)


RIDGE = {"l2", "lam", "lambda", "lambd", "reg", "regularization", "regularisation", "ridge"}
RIDGE |= {"penalty", "decay", "regularized", "regularised"}


def ridge(trials: Sequence[Trial]) -> str:
    """The penalty on the weights, as λ or λ/n, from answers of different n; "" if it is another."""
    each = [(t.gradient - t.expected_gradient)[: len(t.case.w)] for t in trials]
    for shown, scale in (("λ = {:.4g}", 0), ("λ/n = {:.4g}/n", 1)):
        found = [
            np.median(gap / (t.case.w if t.plan.kind != "loss" else t.case.w @ t.case.w))
            * len(t.case.y) ** scale
            for gap, t in zip(each, trials, strict=True)
        ]
        if np.ptp(found) <= 1e-3 * np.median(found):
            return shown.format(np.median(found) * (2 if trials[0].plan.kind == "loss" else 1))
    return ""


def make_checks(
    trials: Sequence[Trial],
    count: int,
    evaluate: Evaluate,
    call: Call,
    losses: Sequence[str],
    options: Options,
    definition: Definition,
) -> list[Check]:
    """The check of the function's own answers, and of a fitted model's predictions."""
    own = of_function(trials, call.plan)
    checks = [with_answers(make_check(own, count, evaluate, call, options, definition), own)]
    predictions = [t for t in trials if t.plan.name != call.plan.name]
    if predictions and are_classes(predictions):
        reason = "its predictions are classes: it is no regression"
        checks.append(Check("predict", predictions[0].plan.name, "unchecked", reason=reason))
    elif predictions:
        check = make_check(predictions, count, None, call, options, definition)
        checks.append(with_answers(check, predictions))
    return checks


def are_classes(trials: Sequence[Trial]) -> bool:
    """Whether all predictions together are two numbers, and not as they should be."""
    values = {float(v) for t in trials if t.finite for v in t.reading.vector}
    return 0 < len(values) <= 2 < len(trials) and not all(t.is_correct for t in trials)


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
    if choice.reason:
        return unchecked(definition, kind, choice.reason)
    if choice.first is None:
        return unchecked(definition, kind, "no call is known for these parameters")
    found = unchecked(definition, kind, what_came(choice.first))
    return replace(found, call=described(choice.first.plan))


def what_came(first: Attempt) -> str:
    """The likeliest call, and what it raised or returned."""
    if first.ended is not None:
        return f"called {described(first.plan)}, it gave no answer: {first.ended.detail}"
    answer = first.answers[0][0] if first.answers else None
    if answer is not None and answer.raised:
        if answer.raised["type"] in ("LeftOut", "ModuleNotFoundError"):
            return str(answer.raised["message"])
        return f"called {described(first.plan)}, it raised {describe_raised(answer.raised)}"
    shapes = [p.shape if p.values is not None else p.dtype for p in answer.parts] if answer else []
    return (
        f"called {described(first.plan)}, it returned {shapes or 'nothing'}, which fits no formula"
    )


def ended(process: Any, definition: Definition, call: Call, error: SubjectTerminated) -> Check:
    """The check of a function that ended its process, or did not come back."""
    plan = call.plan
    problem, detail = plain_ending(process, plan, error)
    example = unanswered(Subject(definition, plan, call.reading), problem, detail)
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
    options: Options,
    definition: Definition,
) -> Check:
    """The verdict on a function's answers; the predictions of a model cannot be asked again."""
    plan = trials[0].plan
    wrong = [t for t in trials if not t.is_correct or t.mutated]
    if definition.stops_early and not options.plain and all(stopped(t) for t in wrong):
        wrong, trials = [], [t for t in trials if not stopped(t)] or trials
    worst = max(float(t.errors.max()) for t in trials)
    told = {"cases": count, "worst_error": worst, "call": described(plan), "loss": call.loss}
    if not wrong:
        return Check(plan.kind, plan.name, "right", explanation=right_as(plan), **told)
    fresh = fresh_trials(evaluate, trials, options)
    fault, text = wrong_as(Evidence(trials, fresh, evaluate, definition), call)
    meant = fault == "weight-decay" and RIDGE & definition.wording and not options.plain
    if meant and (found := ridge(fresh or trials)):
        kind = f"right as ridge regression, with {found}"
        return Check(plan.kind, plan.name, "right", explanation=kind, **told)
    shown = shrunk(evaluate, wrong, fault) if evaluate else simplest(wrong)
    example = with_penalty(counterexample(shown, call, definition), text)
    return Check(plan.kind, plan.name, "wrong", fault, text, counterexample=example, **told)


def with_penalty(shown: Counterexample, explanation: str) -> Counterexample:
    """The example; of a penalty of the wrong sign with what comes of the other one."""
    numbers = isinstance(shown.got, float) and isinstance(shown.expected, float)
    if WRONG_PENALTY not in explanation or not numbers:
        return shown
    step = shown.step.partition("; should")[0]  # which is that without a penalty
    return replace(shown, expected=2 * shown.expected - shown.got, step=step, derivation=())


COMPARED = 5  # problems by whose answers two unknown mistakes are told apart


def with_answers(check: Check, trials: Sequence[Trial]) -> Check:
    """The check; of an unknown mistake with its answers to problems that all programs get."""
    if check.fault != "unknown":
        return check
    first = [t.reading.vector for t in trials if t.index < trials[0].index + COMPARED]
    numbers = [float(v) for vector in first if vector is not None for v in vector]
    return replace(check, answers=tuple(numbers))


def right_as(plan: CallPlan) -> str:
    """What a function is right as, where that is not plain descent."""
    scaled = f"right on standardised data, {plan.scaling.text}" if plan.scaling else ""
    return "; ".join(filter(None, [plan.batches, scaled]))


def fresh_trials(
    evaluate: Evaluate | None, trials: Sequence[Trial], options: Options
) -> list[Trial]:
    """Answers to problems that distinguish all mistakes, where the function can be asked."""
    if evaluate is None:
        return []
    plan, asked = trials[0].plan, 1 + max(t.index for t in trials)
    problems = distinguishing_problems(options.seed + 1, plan.layout.d, plan.layout.n)
    problems = [p for p in problems if plan.takes(p.X)]
    try:
        found = of_function(evaluate(problems), plan)
    except OutOfTime:
        return []
    return [replace(t, index=asked + t.index) for t in found]


def wrong_as(evidence: Evidence, call: Call) -> tuple[str, str]:
    """The fault, and its sentences in the names of the program."""
    plan = evidence.trials[0].plan
    scaled = plan.kind == "predict" and evidence.evaluate is None and call.plan.scaling is not None
    if scaled and all(answers_raw(t, call) for t in evidence.trials):
        return explain("predict-not-standardised", "predict")
    try:
        fault, explanation = diagnose(evidence, call.loss)
    except OutOfTime:  # then by the answers that came, without asking more
        fault, explanation = diagnose(replace(evidence, evaluate=None), call.loss)
    if fault == "weight-decay" and plan.lam:  # with a penalty of its own, which would be right
        explanation = WRONG_PENALTY
    return fault, in_own_names(explanation, plan, call.reading, evidence.definition)


WRONG_PENALTY = "Your penalty has the wrong sign: it is added to the gradient, as to the loss."


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
        and not trial.reading.fault
        and bool((trial.reading.vector == theta).all())
    )


def diagnose(evidence: Evidence, loss: str) -> tuple[str, str]:
    """The fault, and the sentences that explain it; of changed arguments and of numbers."""
    kind = evidence.trials[0].plan.kind
    detected = match.detected(evidence, "detect_first")
    if detected != MUTATES:
        return explain(detected, kind) if detected else diagnose_numbers(evidence, loss)
    fault, sentence = explain(MUTATES, kind)
    if not evidence.wrong:
        return fault, f"{sentence}\nThe numbers that you return are right."
    other = match.detected(evidence, "detect_first", beside=MUTATES)
    found, reason = explain(other, kind) if other else diagnose_numbers(evidence, loss)
    name = fault if found == "unknown" else f"{fault}+{found}"
    return name, f"{sentence}\nThe numbers that you return are wrong, too. {reason}"


def diagnose_numbers(evidence: Evidence, loss: str) -> tuple[str, str]:
    """The fault of the numbers: the loss, one formula, several, what the numbers look like."""
    kind = evidence.trials[0].plan.kind
    other = match.other_loss(evidence.everything, loss)
    if other:
        fault, sentence = explain(other[0], kind)
        hint = f"(It would be right for the loss {FORMULAS[other[1]]}: "
        return fault, f"{sentence}\n{hint}if that is your loss, add --loss {other[1]}.)"
    few = [*evidence.fresh, *evidence.wrong[:30]]
    names = match.matching_faults(few, evidence.everything)
    if len(names) == 1:
        return explain(names[0], kind)
    seldom = all(t.is_correct for t in evidence.fresh)  # then no two formulas explain it
    several = () if names or seldom else pairs.matching_pair(few, evidence.everything)
    if several:
        sentences = "\n".join(BY_NAME[name].sentence(kind) for name in several)
        return "+".join(several), f"Several mistakes explain all your answers:\n{sentences}"
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
        tell = BY_NAME[detected].tell
        return detected, (tell(evidence) if tell else "") or BY_NAME[detected].sentence(kind)
    return "unknown", symptoms.describe(evidence.everything)


def shrunk(evaluate: Evaluate, wrong: Sequence[Trial], fault: str) -> Trial:
    """The wrong answer to the smallest problem that shows it."""
    smallest_seen = simplest(wrong)
    if fault in STATEFUL or smallest_seen.problem.X.size > LARGE:
        return smallest_seen
    plan, form = smallest_seen.plan, smallest_seen.reading.fault
    deadline = getattr(evaluate, "deadline", float("inf"))

    def failing(problems: Sequence[Problem]) -> list[Trial]:
        trials = of_function(evaluate(problems, until=deadline), plan)
        wrong = [t for t in trials if not t.is_correct or t.mutated]
        return [t for t in wrong if t.reading.fault == form]

    def fails(candidates: Sequence[Problem]) -> list[bool]:
        able = [i for i, c in enumerate(candidates) if plan.takes(c.X)]
        found = {able[t.index] for t in failing([candidates[i] for i in able])}
        return [i in found for i in range(len(candidates))]

    try:
        fixed = plan.layout.n, plan.layout.d
        problem = smallest(smallest_seen.problem, fails, fixed, deadline)
        return next(iter(failing([problem])), smallest_seen)
    except SubjectTerminated:
        return smallest_seen


def plain_ending(process: Any, plan: CallPlan, error: SubjectTerminated) -> tuple[Problem, str]:
    """A plain problem that ends the process as well, if there is one; and how it ends."""
    n, d = plan.layout.n or 1, plan.layout.d or 1
    problem = resized(error.problem, np.ones((n, d)))
    try:
        list(process.ask([]))  # starts the process, which takes its time
        list(process.ask([plan.request(problem)], time.monotonic() + 1.0))
    except OutOfTime:
        return error.problem, error.detail
    except SubjectTerminated as again:
        if again.fault == error.fault:
            return problem, again.detail
    return error.problem, error.detail


def with_example(
    check: Check,
    process: Any,
    subject: Subject,
    losses: Sequence[str],
    evaluate: Evaluate,
    trained: Trained,
) -> Check:
    """The check of a wrong training, with an example of what is wrong in it."""
    known = check.counterexample is not None and check.fault not in STATEFUL
    if check.verdict == "wrong" and subject.plan.is_class and check.name != subject.plan.name:
        return with_smaller_prediction(check, subject, evaluate)
    if check.verdict != "wrong" or subject.reading is None:
        return check
    losses, shown = list(dict.fromkeys([check.loss, *losses])), check.counterexample
    plain = known or bool(KEPT & set((check.fault or "").split("+")))
    with contextlib.suppress(SubjectTerminated):
        if not known and (trained.program is not PLAIN or (trained.first and not plain)):
            shown = example_of_kind(process, subject, check.loss, trained) or shown
        elif not known:
            told = process, subject, losses, evaluate
            shown = example_of_training(check.fault or "", *told) or shown
        alone = bool(subject.plan.fixed) or not subject.plan.starts
        if shown and plain and alone and subject.plan.kind == "trainer":
            shown = from_the_start(process, subject, check.loss, shown)
    return replace(check, counterexample=shown)


def with_smaller_prediction(check: Check, subject: Subject, evaluate: Evaluate) -> Check:
    """The check of a model's predictions, with the smallest training that shows what is wrong."""
    if subject.plan.scaling is not None:  # which one row does not have
        return check
    try:
        trials = evaluate(small_problems(subject.plan, 0))
        wrong = [t for t in trials if t.plan.name == check.name and not t.is_correct]
        if not wrong:
            return check
        item = shrunk(evaluate, wrong, check.fault or "")
        return replace(check, counterexample=example(subject, item))
    except SubjectTerminated:
        return check


def example_of_kind(
    process: Any, subject: Subject, loss: str, trained: Trained
) -> Counterexample | None:
    """The first step of a training whose later ones are no plain steps, or an epoch of it."""
    if trained.program is not PLAIN:
        return batch_example(process, subject, [loss], trained.program)
    item = first_step(process, subject, loss, trained.first)
    return None if item is None else example(subject, item)


def example_of_training(
    fault: str, process: Any, subject: Subject, losses: Sequence[str], evaluate: Evaluate
) -> Counterexample | None:
    """The record of a training, an epoch of batches, or a step that is wrong."""
    names = set(fault.split("+"))
    if fault == "history-aliased":
        return aliased_example(process, subject)
    if fault in STATEFUL:
        return repeated_example(process, subject, losses[0])
    if fault == "row-never-drawn":
        return missed_row_example(process, subject)
    if not KEPT & names:
        return batch_example(process, subject, losses)
    item = wrong_step(process, subject, losses, evaluate)
    if item is None:
        return batch_example(process, subject, losses) if len(names) > 1 else None
    return example(subject, item)


def wrong_step(
    process: Any, subject: Subject, losses: Sequence[str], evaluate: Evaluate
) -> Trial | None:
    """The smallest step that is wrong, under the convention under which the fewest are."""
    deadline = getattr(evaluate, "deadline", float("inf"))
    problems = small_problems(subject.plan, 0)
    tried = []
    for loss in losses:
        asked = make_evaluate(process, Call(subject.plan, subject.reading, loss), deadline)
        trials = of_function(asked(problems), subject.plan)
        tried.append(([t for t in trials if not t.is_correct], loss, asked))
    wrong, loss, asked = min(tried, key=lambda found: len(found[0]))
    return shrunk(asked, wrong, "") if wrong else first_step(process, subject, loss)


def simplest(wrong: Sequence[Trial]) -> Trial:
    """The wrong answer to the smallest of the problems."""
    return min(wrong, key=lambda t: t.problem.X.size)


def counterexample(item: Trial, call: Call, definition: Definition) -> Counterexample:
    """The code that shows a wrong answer, and the first number that is wrong in it."""
    return example(Subject(definition, call.plan, call.reading), item)
