"""What is said of a mistake without a name: which numbers, from where on, by which factor."""

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis import symptoms
from reference.checker.expected import Expected
from reference.checker.output import Output
from reference.checker.problem_set import distinguishing_problems
from reference.checker.sandbox.messages import ArrayMessage, RawOutput
from reference.checker.trial import Trial

GRADIENT = CallPlan("gradient", "gradient", (("X", "X"), ("y", "y"), ("w", "w"), ("b", "b")))
PREDICT = CallPlan("predict", "predict", (("X", "X"), ("w", "w"), ("b", "b")))
CASES = distinguishing_problems(0)


def answers(change, plan=GRADIENT, cases=CASES):
    """Items whose answer is the right one, changed as `change(case, vector)` does in place."""
    for case in cases:
        expected = Expected(plan, case, "half-mse")
        vector = expected.rounded.copy()
        change(case, vector)
        yield Trial(plan, case, RawOutput(), Output(vector), expected, id(case), case)


def by(factor, where=lambda c: True, component=0):
    """A change by a factor in one component, or in a slice of them, under a condition."""

    def change(case, vector):
        if where(case):
            vector[component] *= factor(case) if callable(factor) else factor

    return change


def items_of_all_sizes():
    """Right answers to problems whose numbers lie on either side of every limit."""
    rng = np.random.default_rng(0)
    for n, d in [(1, 1), (2, 3), (3, 2), (4, 5), (6, 1), (8, 4)]:
        for scale in (0.0, 0.9e-12, 1e-8, 1.1e-8, 1e-4, 1.0, 1e2, 1.1e4, 1e10):
            X, y, w = (
                rng.choice([-1, 0, 1, 2], (n, d)),
                rng.choice([0, 1], n),
                rng.choice([-1, 1], d),
            )
            X, y, w = X * max(scale, 1.0), y * scale, w * min(scale, 1.0)
            case = Problem(X.astype(float), y, w, np.float64(scale * rng.choice([-1, 0, 1])))
            yield from answers(by(1), cases=[case._replace(lr=1e12)])
    yield from answers(by(1), cases=[Problem(np.zeros((1, 1)), np.zeros(1), np.zeros(1), 0.0)])


def numbers(item):
    """Of a problem, and of its exact answer: as lists of magnitudes."""
    c = item.case
    of_answer = [abs(float(v)) for v in item.expected.exact]
    return [abs(float(v)) for v in (*c.X.flat, *c.y, *c.w, c.b)] + of_answer, of_answer


RULES = {
    "from n = 2 on": lambda i: len(i.case.y) >= 2,
    "from d = 1 on": lambda i: len(i.case.w) >= 1,
    "up to n = 6": lambda i: len(i.case.y) <= 6,
    "up to d = 5": lambda i: len(i.case.w) <= 5,
}
for m in (2, 3, 4, 5, 6, 7, 8):
    RULES[f"where n is a multiple of {m}"] = lambda i, m=m: len(i.case.y) % m == 0
    RULES[f"where n is not a multiple of {m}"] = lambda i, m=m: len(i.case.y) % m > 0
RULES["where b is negative"] = lambda i: i.case.b < 0
RULES["where b is positive"] = lambda i: i.case.b > 0
RULES["where a weight is negative"] = lambda i: min(i.case.w) < 0
for k in (-12, -10, -8, -6, -4):
    RULES[f"where the answer has a number below 1e{k}"] = lambda i, k=k: any(
        0 < v < 10.0**k for v in numbers(i)[1]
    )
for k in (-12, -10, -8, -6, -4):
    RULES[f"where a number is below 1e{k}"] = lambda i, k=k: any(
        0 < v < 10.0**k for v in numbers(i)[0]
    )
for k in (2, 4, 6, 8, 10):
    RULES[f"where a number is over 1e{k}"] = lambda i, k=k: max(numbers(i)[0]) > 10.0**k


def test_every_rule_holds_where_it_says():
    """In this order; n and d from the smallest and largest wrong problem; limits excluded."""
    trials = list(items_of_all_sizes())
    wrong = [i for i in trials if i.case.X.shape in ((2, 3), (6, 1), (4, 5))]
    rules = list(symptoms.rules(wrong))
    assert [text for text, _ in rules] == list(RULES)
    for text, holds in rules:
        for i in trials:
            assert holds(i) == RULES[text](i), (text, i.case)


NOTHING = "It is right for other problems, and nothing simple tells them apart."


def test_a_condition_holds_wherever_it_is_wrong_and_nearly_nowhere_else():
    """It may hold for half as many right answers as there are of the fewer; else nothing is said."""
    wide = [c for c in CASES if len(c.w) >= 4]
    narrow = [c for c in CASES if len(c.w) < 4 and len(c.y) < 9 and c.b > 0]
    half = by(1.5)
    found = [*answers(half, cases=wide[:4]), *answers(by(1), cases=narrow[:6])]
    assert symptoms.condition(found) == "It is wrong from d = 4 on, and right otherwise."
    also = [*answers(by(1), cases=wide[4:6])]
    assert symptoms.condition([*found, *also]) == "It is wrong from d = 4 on, and right otherwise."
    also += answers(by(1), cases=wide[6:8])
    assert symptoms.condition([*found, *also]) != "It is wrong from d = 4 on, and right otherwise."
    few = [*answers(half, cases=wide[:4]), *answers(by(1), cases=narrow[:1])]
    assert symptoms.condition(few) == ""
    few += answers(by(1), cases=narrow[1:2])
    assert symptoms.condition(few) != ""
    more = answers(half, cases=[wide[4]])
    assert symptoms.condition([*few, *more]) == ""
    odd = [by(1.5 if k % 2 else 1) for k in range(12)]
    mixed = [
        i
        for change, c in zip(odd, [CASES[2]] * 12, strict=True)
        for i in answers(change, cases=[c])
    ]
    assert symptoms.condition(mixed) == NOTHING


@pytest.mark.parametrize(
    ("change", "plan", "text"),
    [
        (by(2), GRADIENT, "Wrong in 40 problems: grad_w[0]."),
        (by(2, component=-1), GRADIENT, "Wrong in 40 problems: grad_b."),
        (by(2, component=-2), GRADIENT, "Wrong in 40 problems: the last of grad_w."),
        (by(2, component=slice(None)), GRADIENT, "Wrong in 40 problems: grad_b, grad_w."),
        (by(2, component=slice(-1)), GRADIENT, "Wrong in 40 problems: grad_w."),
        (by(2, lambda c: len(c.w) == 4, slice(-1)), GRADIENT, None),
        (
            by(2, lambda c: len(c.w) == 4, slice(None)),
            GRADIENT,
            "Wrong in 8 problems: grad_b, grad_w.",
        ),
        (
            by(2, lambda c: len(c.w) in (2, 3, 4), -2),
            GRADIENT,
            "Wrong in 24 problems: the last of grad_w.",
        ),
        (by(2, lambda c: len(c.w) == 4, -2), GRADIENT, "Wrong in 8 problems: grad_w[3]."),
        (
            by(2, lambda c: len(c.w) in (3, 4), -2),
            GRADIENT,
            "Wrong in 16 problems: grad_w[2], grad_w[3].",
        ),
        (by(2), PREDICT, "Wrong in 40 problems: ŷ[0]."),
    ],
)
def test_the_wrong_numbers_are_named(change, plan, text):
    """One by one up to four; the last one of each; by their arrays where they are more."""
    wrong = [i for i in answers(change, plan) if not i.is_correct]
    names = ", ".join(f"grad_w[{j}]" for j in range(4))
    assert symptoms.components(wrong) == (text or f"Wrong in 8 problems: {names}.")


def test_answers_of_the_wrong_form_have_no_numbers_to_name():
    """They are counted, a problem once, however often it was asked."""
    case = CASES[0]
    bad = Output(None, fault="wrong-shape")
    item = Trial(
        GRADIENT, case, RawOutput(), bad, Expected(GRADIENT, case, "half-mse"), id(case), case
    )
    assert symptoms.components([item, item]) == "Wrong in 1 problems."
    assert symptoms.ratio([item]) == ""
    numbers_too = Output(np.ones(4), fault="wrong-shape")
    item = Trial(GRADIENT, case, RawOutput(), numbers_too, item.expected, id(case), case)
    assert symptoms.ratio([item]) == ""


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (2, "got/expected is 2 wherever it is wrong."),
        (-1 / 3, "got/expected is -0.333333 wherever it is wrong."),
        (lambda c: 3.0 * len(c.y), "got/expected is 3 · n wherever it is wrong."),
        (lambda c: 0.5 / len(c.y), "got/expected is 0.5 / n wherever it is wrong."),
        (0, "got/expected is 0 wherever it is wrong."),
        (lambda c: 2 + 1e-6 * (len(c.y) > 3), "got/expected is 2 wherever it is wrong."),
        (lambda c: 2 + 1e-5 * (len(c.y) > 3), ""),
        (lambda c: 1 + len(c.w), ""),
        (np.nan, ""),
        (1 + 1e-9, "got/expected is (1 + 1e-09) wherever it is wrong."),
        (1 - 1e-9, "got/expected is (1 − 1e-09) wherever it is wrong."),
        (1.0011, "got/expected is 1.0011 wherever it is wrong."),
        (1.0009, "got/expected is (1 + 0.0009) wherever it is wrong."),
    ],
)
def test_the_ratio_is_named_where_it_is_one(factor, text):
    """The same in all, or n times or an n-th of the same; to one part in a million."""
    wrong = [i for i in answers(by(factor)) if not i.is_correct]
    assert symptoms.ratio(wrong) == text


def test_at_the_bound_a_number_is_not_wrong():
    """An error of 1 is neither named nor counted in the ratio; one of 1.5 is."""
    (item,) = answers(by(2), cases=CASES[:1])
    item.errors = np.array([1.5, 1.0, 0.0, 1.0])
    assert symptoms.components([item]) == "Wrong in 1 problems: grad_w[0]."
    assert symptoms.ratio([item]) == "got/expected is 2 wherever it is wrong."


def test_a_number_in_place_of_nothing_has_no_ratio():
    """Where the exact answer is 0."""
    case = Problem(np.ones((2, 1)), np.ones(2), np.ones(1), np.float64(0))
    expected = Expected(GRADIENT, case, "half-mse")
    item = Trial(
        GRADIENT, case, RawOutput(), Output(np.array([3.0, 0.0])), expected, id(case), case
    )
    assert symptoms.ratio([item]) == ""


def test_one_ratio_is_one():
    """Exactly 1 has no deviation to be written out."""
    assert symptoms.factor(1.0) == "1"
    assert symptoms.factor(0.9995) == "(1 − 0.0005)"
    assert symptoms.factor(0.999) == "0.999"


def test_all_of_it_is_said_in_sentences():
    """What is wrong, when, by how much: a line each, but for what cannot be said."""
    no_fault = "No fault of the catalogue explains all answers."
    assert symptoms.described(list(answers(by(2, lambda c: len(c.y) >= 7)))) == (
        f"{no_fault} Wrong in 12 problems: grad_w[0].\n"
        "It is wrong from n = 7 on, and right otherwise.\n"
        "got/expected is 2 wherever it is wrong."
    )
    everywhere = list(answers(by(lambda c: 1 + len(c.w))))
    assert symptoms.described(everywhere) == f"{no_fault} Wrong in 40 problems: grad_w[0]."


def shaped(case, *parts):
    """An item that answers with arrays of any shape."""
    parts = tuple(
        ArrayMessage("float64", np.shape(p), None if p is None else np.ravel(p)) for p in parts
    )
    return Trial(
        GRADIENT, case, RawOutput(parts), Output(None, fault="wrong-shape"), None, id(case), case
    )


def test_n_by_n_residuals_are_recognised():
    """By an n × n array, or by Xᵀ times one, also divided by n or 2/n; in all but single samples."""
    c = next(c for c in CASES if c.X.shape == (5, 3))
    one = next(c for c in CASES if c.X.shape == (1, 3))
    every = (c.X @ c.w + c.b)[:, None] - c.y
    assert symptoms.n_by_n([shaped(c, every)])
    assert symptoms.n_by_n([shaped(c, np.ones(3), every)])
    for scale in (1, 5, 5 / 2):
        for r in (every, every.T):
            assert symptoms.n_by_n([shaped(c, c.X.T @ r / scale), shaped(one, np.ones(3))])
    assert not symptoms.n_by_n([shaped(c, c.X.T @ every / 3)])
    assert not symptoms.n_by_n([shaped(c, c.X.T @ every * (1 + 5e-6))])
    two = next(c for c in CASES if c.X.shape == (2, 3))
    assert symptoms.n_by_n([shaped(two, np.ones((2, 2)))])
    assert not symptoms.n_by_n([shaped(c, every), shaped(c, np.ones(3))])
    assert not symptoms.n_by_n([shaped(c, (c.X.T @ every).T)])
    assert not symptoms.n_by_n([shaped(one, np.ones((1, 1)))])
    assert not symptoms.n_by_n([shaped(c)])
    no_numbers = ArrayMessage("complex128", (3, 5), None)
    assert not symptoms.n_by_n([Trial(GRADIENT, c, RawOutput((no_numbers,)), None, None, id(c), c)])
