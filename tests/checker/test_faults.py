"""The catalogue: complete, each fault found under its own name, no two of them alike."""

import inspect
import itertools
import re
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from wrong_programs import WRONG

from reference import check
from reference.checker.call_plan import CallPlan
from reference.checker.diagnosis.faults import BY_NAME, CATALOGUE, gradient, times
from reference.checker.diagnosis.match import as_answer, terms
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
"""
NUMBERS = {"ragged-divisor": 8.0, "weight-decay": 0.02, "clipped": 1.5}
RELATIVE = {"another-loss"}  # to what was declared: no formula of its own


PROGRAMS = [
    pytest.param(name, program, id=f"{name}-{i}")
    for name, found in WRONG.items()
    for i, program in enumerate(found)
]


@pytest.mark.parametrize(("name", "program"), PROGRAMS)
def test_every_fault_is_rejected_under_its_own_name(name, program):
    """Whoever wrote it, and however: gradient, step, trainer, prediction or loss."""
    report = check(program, max_examples=60, timeout=3, seed=len(name))
    assert not report.passed
    assert report.checks[0].fault == name, str(report)


def test_every_fault_is_written_at_least_two_ways():
    """Each but the one that depends on what is declared."""
    assert {f.name for f in CATALOGUE} - RELATIVE == set(WRONG)
    assert all(len(found) >= 2 for found in WRONG.values())


def test_the_catalogue_is_complete():
    """Every promised fault is in it once, for good, with a formula and a sentence that ends."""
    names = [f.name for f in CATALOGUE]
    assert set(PROMISED.split()) <= set(names)
    assert len(set(names)) == len(names)
    for f in CATALOGUE:
        assert f.formula
        assert re.search(r"[.?]$", f.explanation), f.name
        assert f.name in RELATIVE or f.gradient or f.step or f.subject, f.name
        assert all(p is None or callable(p) for p in (f.subject, f.choices, f.loss_choices))
        with pytest.raises(FrozenInstanceError):
            f.name = ""


def numbers_of(fault, f):
    """What the last argument of a formula may be, one of each kind."""
    arity = len(inspect.signature(f).parameters)
    if arity == 4:
        return [()]
    if fault.name in NUMBERS:
        return [(NUMBERS[fault.name],)]
    return [(c,) for c in fault.choices([])][:3]


def formulas():
    """(fault, function of a case) for every formula of the catalogue, as a step."""
    for fault in CATALOGUE:
        for f in fault.gradient:
            for c in numbers_of(fault, f):
                yield fault.name, lambda e, f=f, c=c: as_answer(e, f(*terms(e.case), *c))
        for f in fault.step:
            yield fault.name, lambda e, f=f: f(*terms(e.case)[2:], e.case.lr, right_gradient(e))


def right_gradient(e):
    """The right gradient at any w and b."""
    X, y, _, _ = terms(e.case)
    return lambda w, b: gradient(X, y, w, b)


def answers(formula, trials):
    """(value, bound) of a formula on each problem; (None, None) where it has no value."""
    for e in trials:
        try:
            with np.errstate(all="ignore"):
                found = formula(e)
                value = np.concatenate([np.ravel(t.value) for t in found])
                bound = np.concatenate([np.ravel(t.bound(100, np.float64)) for t in found])
        except (IndexError, ZeroDivisionError):
            value = bound = None
        yield value, bound


def test_the_formulas_are_pairwise_distinguishable():
    """For any two of different faults there is a witness: a problem where they differ for sure."""
    plan = CallPlan("step", "step", ())
    trials = [
        Trial(plan, c, None, None, Expected(plan, c, "half-mse"), 0, c)
        for c in distinguishing_problems(1)[:20]
    ]
    found = [(name, list(answers(f, trials))) for name, f in formulas()]
    assert len(found) > 100
    for (name_a, a), (name_b, b) in itertools.combinations(found, 2):
        if name_a != name_b:
            assert any(apart(*pair) for pair in zip(a, b, strict=True)), (name_a, name_b)


def apart(a, b):
    """Whether two answers, each with its bound, cannot be the same."""
    if a[0] is None or b[0] is None:
        return (a[0] is None) != (b[0] is None)
    with np.errstate(invalid="ignore"):
        return bool((np.abs(a[0] - b[0]) > a[1] + b[1]).any())


def test_no_formula_is_right():
    """Every formula of the catalogue differs from 1.3f on a distinguishing_problems problem."""
    plan = CallPlan("step", "step", ())
    trials = [
        Trial(plan, c, None, None, Expected(plan, c, "half-mse"), 0, c)
        for c in distinguishing_problems(1)[:20]
    ]
    true = list(answers(lambda e: as_answer(e, gradient(*terms(e.case))), trials))
    for name, f in formulas():
        assert any(apart(*pair) for pair in zip(answers(f, trials), true, strict=True)), name


@pytest.mark.parametrize("name", [f.name for f in CATALOGUE if f.subject])
def test_the_catalogues_own_programs_are_what_they_say(name):
    """The faults that are no formula show themselves, each under its own name."""
    report = check(BY_NAME[name].subject, max_examples=40, timeout=3)
    assert report.checks[0].fault == name, str(report)


def test_the_program_that_changes_its_arguments_is_right_otherwise():
    """Its answer is the gradient, and what it leaves in w is w − ∇w L."""
    X, y, w, b = distinguishing_problems(0)[0][:4]
    grad_w, grad_b = gradient(X, y, w, b)
    changed = w.copy()
    found_w, found_b = BY_NAME["mutates-input"].subject(X, y, changed, b)
    np.testing.assert_allclose(np.append(found_w, found_b), np.append(grad_w, grad_b), rtol=1e-14)
    np.testing.assert_allclose(changed, w - grad_w, rtol=1e-14)


@pytest.mark.parametrize("name", [f.name for f in CATALOGUE if f.gradient])
def test_the_catalogues_own_formulas_are_named(name):
    """The first formula of each fault, as a step: what is true of a gradient is true of a step."""
    fault = BY_NAME[name]
    number = numbers_of(fault, fault.gradient[-1])[0]

    def step(X, y, w, b, lr):
        grad_w, grad_b = fault.gradient[-1](X, y, w, b, *number)
        return w - lr * grad_w, b - lr * grad_b

    report = check(step, max_examples=40)
    assert report.checks[0].fault == name, str(report)


def test_formulas_work_on_arrays_and_on_terms_alike():
    """The value of a formula on Terms is what it gives on plain arrays."""
    case = distinguishing_problems(0)[0]
    for fault in CATALOGUE:
        for f in fault.gradient:
            for c in numbers_of(fault, f):
                plain = f(*case[:4], *c)
                for a, t in zip(plain, f(*terms(case), *c), strict=True):
                    np.testing.assert_allclose(t.value, a, rtol=1e-12, err_msg=fault.name)


def test_two_factors_multiply_a_pair():
    """`times` is what the table is written with."""
    grad_w, grad_b = times(2, 3, (np.ones(2), 1.0))
    assert grad_w.tolist() == [2, 2]
    assert grad_b == 3
