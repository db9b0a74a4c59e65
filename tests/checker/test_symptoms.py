"""The description of a mistake without a name: which numbers, when, by which factor."""

import re
from dataclasses import replace

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan
from reference.checker.diagnosis import symptoms
from reference.checker.expected import Expected
from reference.checker.output import Output
from reference.checker.problem_set import distinguishing_problems, random_problems
from reference.checker.sandbox.messages import ArrayMessage, RawOutput
from reference.checker.trial import Trial

GRADIENT = CallPlan("gradient", "gradient", (("X", "X"), ("y", "y"), ("w", "w"), ("b", "b")))
PREDICT = CallPlan("predict", "predict", (("X", "X"), ("w", "w"), ("b", "b")))
CASES = distinguishing_problems(0)


def answers(change, plan=GRADIENT, cases=CASES):
    """Trials whose answer is the right one, changed in place by `change(case, vector)`."""
    for index, case in enumerate(cases):
        expected = Expected(plan, case, "half-mse")
        vector = expected.rounded.copy()
        change(case, vector)
        yield Trial(plan, case, RawOutput(), Output(vector), expected, index, case)


def by(factor, where=lambda c: True, component=0):
    """A change by a factor in one component, or in a slice of them, under a condition."""

    def change(case, vector):
        if where(case):
            vector[component] *= factor(case) if callable(factor) else factor

    return change


def varied(change):
    """Twenty of the problems, with what `change(X, y, w, b)` makes of their numbers."""
    return [c._replace(**change(*map(np.copy, c[:4]))) for c in CASES[:20]]


POOL = [
    *CASES,
    *varied(lambda X, y, w, b: {"X": X * (np.arange(X.size).reshape(X.shape) > 0)}),
    *varied(lambda X, y, w, b: dict(zip("Xywb", map(np.rint, (X + 9, y, w, b)), strict=True))),
    *varied(lambda X, y, w, b: {"X": np.vstack([X, X[:1]]), "y": np.append(y, y[0])}),
    *varied(lambda X, y, w, b: {"X": np.column_stack([X, X[:, 0]]), "w": np.append(w, w[0])}),
    *varied(lambda X, y, w, b: {"X": np.column_stack([X, 0 * y + 1.5]), "w": np.append(w, 1)}),
    *varied(lambda X, y, w, b: {"X": X * 1e5}),
]


def has_equal_rows(X):
    """Whether two rows are the same."""
    return len(np.unique(X, axis=0)) < len(X)


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ("from n = 7 on", lambda c: len(c.y) >= 7),
        ("up to d = 2", lambda c: len(c.w) <= 2),
        ("where n is a multiple of 3", lambda c: len(c.y) % 3 == 0),
        ("where b is negative", lambda c: c.b < 0),
        ("where b is positive", lambda c: c.b > 0),
        ("where a number of X is 0", lambda c: 0 in c.X),
        ("where all numbers are whole", lambda c: all((np.rint(a) == a).all() for a in c[:4])),
        ("where rows of X are repeated", lambda c: has_equal_rows(c.X)),
        ("where columns of X are repeated", lambda c: has_equal_rows(c.X.T)),
        ("where a column of X is constant", lambda c: (np.ptp(c.X, axis=0) == 0).any()),
        ("where a number is over 1e2", lambda c: np.abs(c.X).max() > 1e3),
    ],
)
def test_the_condition_is_that_of_the_wrong_answers(condition, where):
    """Of sizes, signs, magnitudes, and what repeats."""
    trials = list(answers(by(1.5, where, slice(None)), cases=POOL))
    assert f"wrong {condition}, and right" in symptoms.condition(trials)


FROM_4 = r"wrong from d = 4 on, and right otherwise"


def test_a_condition_holds_for_all_wrong_answers_and_few_right_ones():
    """For half as many right answers as there are of the fewer, at most; else there is none."""
    wide = [c for c in CASES if len(c.w) >= 4]
    narrow = [c for c in CASES if len(c.w) < 4 and len(c.y) < 9 and c.b > 0]
    wrong = list(answers(by(1.5), cases=wide[:4]))
    right, also = list(answers(by(1), cases=narrow)), list(answers(by(1), cases=wide[4:]))
    for trials, holds in [
        ([*wrong, *right[:6]], True),
        ([*wrong, *right[:6], *also[:2]], True),
        ([*wrong, *right[:6], *also[:4]], False),
    ]:
        assert bool(re.search(FROM_4, symptoms.condition(trials))) == holds
    assert symptoms.condition([*wrong, *right[:1]]) == ""
    assert symptoms.condition([*wrong, *right[:2]]) != ""
    assert symptoms.condition([*wrong, *answers(by(1.5), cases=[wide[4]]), *right[:2]]) == ""


def test_a_few_right_answers_tell_a_condition_if_nearly_all_keep_to_it():
    """Where all residuals are 0 a mistake does not show: such an answer counts for nothing."""
    cases = random_problems(0, 250, extreme=False)
    wrong = list(answers(by(1.5), cases=[c for c in cases if len(c.y) >= 4]))
    right = list(answers(by(1), cases=[c for c in cases if len(c.y) < 4]))
    exact = [c._replace(y=c.X @ c.w + c.b) for c in cases if len(c.y) >= 4]
    unseen = list(answers(by(1), cases=exact))
    text = "wrong from n = 4 on, and right otherwise"
    assert 10 <= len(right) < len(wrong) / 2
    assert text in symptoms.condition([*wrong, *right, *unseen])
    assert symptoms.condition([*wrong, *right[:9], *unseen]) == ""
    also = list(answers(by(1), cases=[i.case for i in wrong[:3]]))
    assert symptoms.condition([*wrong, *right, *also]) == ""


def test_without_a_condition_it_says_how_often_and_for_which_sizes():
    """The same problem is answered rightly and wrongly."""
    trials = [i for k in range(12) for i in answers(by(1 + k % 2), cases=[CASES[2]])]
    assert re.search(r"in 6 of 12 answers, with n = 4 and d = 2", symptoms.condition(trials))


def test_the_step_from_which_a_training_is_wrong_is_said():
    """Of three, the first is right."""
    plan = CallPlan("train", "trainer", ())
    trials = []
    for index, case in enumerate(CASES[:5]):
        for change in (1, 2, 2):
            (t,) = answers(by(change), plan, cases=[case])
            trials.append(replace(t, index=index))
    assert "wrong from step 2 on" in symptoms.condition(trials)


def test_each_part_has_a_ratio_of_its_own():
    """Where that of all numbers is not the same."""

    def change(case, vector):
        vector[:-1] *= 2 + len(case.w)
        vector[-1] *= -len(case.y)

    text = symptoms.ratio(list(answers(change)))
    assert re.fullmatch(r"The gradient for b: got/expected is -1 · n\.", text)


@pytest.mark.parametrize(
    ("part", "number", "text"),
    [(-1, 0.0, "for b is always 0"), (slice(-1), 3.0, "for w is in whole numbers alone")],
)
def test_what_the_numbers_look_like_is_said(part, number, text):
    """Of a part that is wrong."""

    def change(case, vector):
        vector[part] = number

    assert any(text in line for line in symptoms.appearance(list(answers(change))))


FOUR, ALL, WEIGHTS = (lambda c: len(c.w) == 4), slice(None), slice(-1)


@pytest.mark.parametrize(
    ("change", "count", "names"),
    [
        (by(2), 40, "grad_w[0]"),
        (by(2, component=-1), 40, "grad_b"),
        (by(2, component=-2), 40, "the last of grad_w"),
        (by(2, component=ALL), 40, "grad_b, grad_w"),
        (by(2, component=WEIGHTS), 40, "grad_w"),
        (by(2, FOUR, WEIGHTS), 8, "grad_w[0], grad_w[1], grad_w[2], grad_w[3]"),
        (by(2, FOUR, ALL), 8, "grad_b, grad_w"),
        (by(2, lambda c: len(c.w) in (2, 3, 4), -2), 24, "the last of grad_w"),
        (by(2, FOUR, -2), 8, "grad_w[3]"),
        (by(2, lambda c: len(c.w) in (3, 4), -2), 16, "grad_w[2], grad_w[3]"),
    ],
)
def test_the_wrong_numbers_are_named(change, count, names):
    """One by one up to four; the last one of each; by their arrays where they are more."""
    wrong = [i for i in answers(change) if not i.is_correct]
    assert re.search(rf"\b{count} problems: {re.escape(names)}\.", symptoms.components(wrong))


def test_a_wrong_prediction_is_named():
    """By its sample."""
    assert "ŷ[0]" in symptoms.components(list(answers(by(2), PREDICT)))


@pytest.mark.parametrize("vector", [None, np.ones(4)])
def test_answers_of_the_wrong_form_have_no_numbers_to_name(vector):
    """They are counted, a problem once, however often it was asked."""
    case, bad = CASES[0], Output(vector, fault="wrong-shape")
    item = Trial(GRADIENT, case, RawOutput(), bad, Expected(GRADIENT, case, "half-mse"), 0, case)
    assert symptoms.components([item, item]) == "Wrong in 1 problem."
    assert symptoms.ratio([item]) == ""


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (2, "2"),
        (-1 / 3, "-0.333333"),
        (lambda c: 3 * len(c.y), "3 · n"),
        (lambda c: 0.5 / len(c.y), "0.5 / n"),
        (0, "0"),
        (lambda c: 2 + 1e-6 * (len(c.y) > 3), "2"),
        (lambda c: 2 + 1e-5 * (len(c.y) > 3), None),
        (lambda c: 1 + len(c.w), None),
        (np.nan, None),
        (1 + 1e-9, "(1 + 1e-09)"),
        (1 - 1e-9, "(1 − 1e-09)"),
        (1.0011, "1.0011"),
        (1.0009, "(1 + 0.0009)"),
    ],
)
def test_the_ratio_is_named_where_it_is_one(factor, text):
    """The same in all, or n times or 1/n of the same; to one part in a million."""
    found = symptoms.ratio([i for i in answers(by(factor)) if not i.is_correct])
    assert found.startswith(f"got/expected is {text} in") if text else found == ""


def test_a_description_has_a_line_each_for_what_when_and_how_much():
    """But for what cannot be said."""
    lines = symptoms.describe(list(answers(by(2, lambda c: len(c.y) >= 7)))).split("\n")
    patterns = [r"No mistake .*\b12 problems: grad_w\[0\]", r"from n = 7 on", r"got/expected is 2 "]
    assert all(re.search(p, line) for p, line in zip(patterns, lines, strict=True))
    everywhere = list(answers(by(lambda c: 1 + len(c.w))))
    assert re.fullmatch(r"No mistake .*\b40 problems: grad_w\[0\]\.", symptoms.describe(everywhere))


COMPLEX = ArrayMessage("complex128", (3, 5), None)


def shaped(case, *parts):
    """An item that answers with arrays of any shape."""
    parts = tuple(
        ArrayMessage("float64", np.shape(p), None if p is None else np.ravel(p)) for p in parts
    )
    return Trial(GRADIENT, case, RawOutput(parts), Output(None, fault="wrong-shape"), None, 0, case)


def case_of(n, d):
    """The first problem of that shape."""
    return next(c for c in CASES if c.X.shape == (n, d))


C, ONE, TWO = case_of(5, 3), case_of(1, 3), case_of(2, 3)
PAIRS = (C.X @ C.w + C.b)[:, None] - C.y


@pytest.mark.parametrize(
    ("trials", "recognised"),
    [
        ([shaped(C, PAIRS)], True),
        ([shaped(C, np.ones(3), PAIRS)], True),
        *(
            ([shaped(C, C.X.T @ r / scale), shaped(ONE, np.ones(3))], True)
            for scale in (1, 5, 5 / 2)
            for r in (PAIRS, PAIRS.T)
        ),
        ([shaped(C, C.X.T @ PAIRS / 3)], False),
        ([shaped(C, C.X.T @ PAIRS * (1 + 5e-6))], False),
        ([shaped(TWO, np.ones((2, 2)))], True),
        ([shaped(C, PAIRS), shaped(C, np.ones(3))], False),
        ([shaped(C, (C.X.T @ PAIRS).T)], False),
        ([shaped(ONE, np.ones((1, 1)))], False),
        ([shaped(C)], False),
        ([Trial(GRADIENT, C, RawOutput((COMPLEX,)), None, None, 0, C)], False),
    ],
)
def test_n_by_n_residuals_are_recognised(trials, recognised):
    """By an n × n array, or by Xᵀ times one, also divided by n or n/2; in all but single samples."""
    assert symptoms.n_by_n(trials) == recognised
