"""The catalogue: complete, each fault found under its own name, no two of them alike."""

import functools
import inspect
import itertools
import re
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from in_process import answers
from replays import assert_replays
from wrong_programs import WRONG

from reference import check
from reference.checker.call_plan import CallPlan
from reference.checker.diagnosis import match
from reference.checker.diagnosis.faults import BY_NAME, CATALOGUE, batches, training
from reference.checker.diagnosis.faults.formulas import gradient
from reference.checker.expected import Expected
from reference.checker.problem_set import distinguishing_problems
from reference.checker.trial import Trial

PROMISED = """
missing-mean factor-two factor-two-sum sign-flipped sign-flipped-w sign-flipped-b bias-omitted
bias-gradient-zero bias-gradient-sum bias-gradient-double-mean bias-step-doubled divided-by-d
divided-by-n-minus-1 divided-twice feature-missing feature-in-bias squared-residual absolute-loss
mean-of-products-split collapsed-to-scalar broadcast-n-by-n swapped-outputs labels-off-by-one
last-row-dropped residual-parenthesis precedence parameter-as-gradient loss-as-gradient index-port
sequential-update lr-missing lr-twice ragged-divisor weight-decay clipped stale nondeterministic
mutates-input wrong-shape no-return non-finite low-precision finite-difference raised timeout crash
accumulator-kept gradient-outside-loop iteration-missing early-return labels-of-another-batch
same-batch-again whole-data-in-each-batch remainder-dropped batches-overlap full-n-divisor
shuffled-apart row-never-drawn history-aliased bias-penalised predict-not-standardised
"""
KINDS = ("gradient", "step", "loss", "predict")
MANY_TRAININGS = {fault.name for fault in (*training.FAULTS, *batches.FAULTS)}
PROGRAMS = [
    pytest.param(
        BY_NAME[name],
        i,
        id=f"{name}-{i}",
        marks=[pytest.mark.thorough] * (i > 0 or k % (18 if name in MANY_TRAININGS else 12) > 0),
    )
    for k, (name, programs) in enumerate(WRONG.items())
    for i in range(len(programs))
]
ENDED = ("timeout", "crash", "loss-as-gradient")  # these end the process, or are a right loss
FORMULAS = [
    pytest.param(fault, kind, f, id=f"{fault.name}-{kind}-{i}")
    for fault in CATALOGUE
    for kind in KINDS
    for i, f in enumerate(getattr(fault, kind))
]


@pytest.mark.parametrize(("fault", "i"), PROGRAMS)
def test_every_program_of_a_fault_is_rejected_under_its_name(fault, i):
    """Whatever it is; and its example, pasted below the definitions, gives what is printed."""
    options = {"loss": fault.declared_loss, "seed": len(fault.name)}
    timeout = 0.5 if fault.name == "timeout" else 20
    report = check(WRONG[fault.name][i], max_examples=40, timeout=timeout, **options)
    wrong = [c for c in report.checks if c.verdict == "wrong"]
    assert {c.fault for c in wrong} == {fault.name}, str(report)
    for c in wrong if fault.name not in ENDED else ():
        assert_replays(fault.sources[i], c.counterexample)


answers_once = functools.cache(answers)


@pytest.mark.parametrize(("fault", "kind", "formula"), FORMULAS)
def test_every_formula_explains_a_program(fault, kind, formula):
    """The fault with no other formula still explains all answers of one of its programs."""
    alone = replace(fault, **{**dict.fromkeys(KINDS, ()), kind: (formula,)})
    programs = [p for p in WRONG[fault.name] if not inspect.isclass(p)]
    with np.errstate(all="ignore"):
        assert any(
            match.first_match(match.formulas(alone, trials, augmented), trials)
            for trials in map(answers_once, programs)
            for augmented in (False, True)[: 1 + trials[0].plan.theta]
        )


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda f: f.name)
def test_every_entry_is_complete(fault):
    """Two programs, numbers where a formula takes one, a sentence for each kind of function."""
    assert len(fault.sources) >= 2
    arities = {len(inspect.signature(f).parameters) for f in fault.gradient}
    assert bool(fault.numbers) == (5 in arities) or not fault.gradient
    with pytest.raises(FrozenInstanceError):
        fault.name = ""


SYMBOLS = set("abcdehijkmnstwxyBLTX") | {"Xw", "NaN", "None"}


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda f: f.name)
@pytest.mark.parametrize("kind", ["gradient", "loss", "predict", "trainer"])
def test_the_catalogue_is_written_in_the_notation(fault, kind):
    """Formulas in letters of the derivation and lower-case words; whole sentences."""
    for word in re.findall(r"[A-Za-z]+", fault.formula):
        assert word in SYMBOLS or (len(word) > 1 and word.islower()), word
        assert word in SYMBOLS or word not in {s.lower() for s in SYMBOLS}, word
    assert re.fullmatch(r"[A-Z][^{}]*[.?]", fault.sentence(kind))
    for word in re.findall(r"[A-Za-z]{2,}", fault.sentence(kind)):
        assert word in SYMBOLS or word[1:].islower(), word


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda f: f.name)
def test_a_loss_or_a_prediction_is_told_nothing_of_derivatives(fault):
    """Where a fault has a formula for it."""
    for kind in ("loss", "predict"):
        if getattr(fault, kind):
            assert not re.search("gradient|part for|grad_|x_j|step", fault.sentence(kind))


def test_the_catalogue_has_every_promised_fault_once():
    """A name stands for one fault."""
    assert set(PROMISED.split()) <= set(BY_NAME)
    assert len(BY_NAME) == len(CATALOGUE)


def numbers_of(fault, f):
    """What the last argument of a formula may be, three of them."""
    takes_none = len(inspect.signature(f).parameters) == 4
    return [()] if takes_none else [(c,) for c in fault.numbers[:3]]


def step_formulas():
    """(fault, function of a trial) for every formula of the catalogue, as a step."""
    for fault in CATALOGUE:
        for f in fault.gradient:
            for c in numbers_of(fault, f):
                yield (
                    fault.name,
                    lambda e, f=f, c=c: match.as_answer(e, f(*match.terms(e.case), *c)),
                )
        for f in fault.step:
            yield (
                fault.name,
                lambda e, f=f: f(*match.terms(e.case)[2:], e.case.lr, match.right_gradient(e)),
            )


def values(formula):
    """(value, bound) of a formula on each problem; (None, None) where it has no value."""
    plan = CallPlan("step", "step", ())
    for c in distinguishing_problems(1)[:20]:
        try:
            with np.errstate(all="ignore"):
                found = formula(Trial(plan, c, None, None, Expected(plan, c, "half-mse"), 0, c))
                value = np.concatenate([np.ravel(t.value) for t in found])
                bound = np.concatenate([np.ravel(t.bound(100, np.float64)) for t in found])
        except (IndexError, ZeroDivisionError):
            value = bound = None
        yield value, bound


def differ(a, b):
    """Whether two answers, each with its bound, cannot be the same."""
    if a[0] is None or b[0] is None:
        return (a[0] is None) != (b[0] is None)
    with np.errstate(invalid="ignore"):
        return bool((np.abs(a[0] - b[0]) > a[1] + b[1]).any())


def test_formulas_differ_from_each_other_and_from_the_right_one():
    """For any two of different faults there is a problem where their answers certainly differ."""
    right = ("right", lambda e: match.as_answer(e, gradient(*match.terms(e.case))))
    found = [(name, list(values(f))) for name, f in [right, *step_formulas()]]
    assert len(found) > 100
    for (name_a, a), (name_b, b) in itertools.combinations(found, 2):
        if name_a != name_b:
            assert any(map(differ, a, b)), (name_a, name_b)


def test_formulas_work_on_arrays_and_on_terms_alike():
    """The value of a formula on Terms is what it gives on plain arrays."""
    case = distinguishing_problems(0)[0]
    for fault in CATALOGUE:
        for f in fault.gradient:
            for c in numbers_of(fault, f):
                plain = f(*case[:4], *c)
                for a, t in zip(plain, f(*match.terms(case), *c), strict=True):
                    np.testing.assert_allclose(t.value, a, rtol=1e-12, err_msg=fault.name)
