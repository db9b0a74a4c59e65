"""Which fault explains all answers: decided here without a process, from answers made on the spot."""

import functools
import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
from wrong_programs import WRONG

from reference import diagnosis, subject, worker
from reference.answers import read
from reference.expected import Expected
from reference.faults import CATALOGUE, PORTS
from reference.items import Item, telling
from reference.pipe import decode

CASES = telling(0)[:20]


def res(X, y, w, b):
    """ŷ − y, sample by sample."""
    return np.array([np.dot(x, w) + b - t for x, t in zip(X, y, strict=True)])


def by_mean(X, r):
    """The mean of r x, and of r."""
    return (X * r[:, None]).mean(axis=0), r.mean()


def right(X, y, w, b):
    """1.3f."""
    return by_mean(X, res(X, y, w, b))


def half_mse(X, y, w, b):
    """1.2b."""
    return np.mean(res(X, y, w, b) ** 2 / 2)


def cut(X, y, rows, labels=None):
    """Some rows, and their labels or others."""
    return X[rows], y[rows if labels is None else labels]


LAST, FIRST = slice(None, -1), slice(1, None)
ALSO = {  # what people write besides the programs of wrong_programs.py: fault, kind, program
    "missing-mean": [("loss", lambda X, y, w, b: np.sum(res(X, y, w, b) ** 2) / 2)],
    "factor-two": [("loss", lambda X, y, w, b: np.mean(res(X, y, w, b) ** 2))],
    "factor-two-sum": [("loss", lambda X, y, w, b: np.sum(res(X, y, w, b) ** 2))],
    "sign-flipped": [
        ("loss", lambda X, y, w, b: -np.mean(res(X, y, w, b) ** 2) / 2),
        ("predict", lambda X, w, b: -res(X, 0 * X[:, 0], w, b)),
    ],
    "sign-flipped-w": [("predict", lambda X, w, b: res(X, 0 * X[:, 0], -w, b))],
    "sign-flipped-b": [("predict", lambda X, w, b: res(X, 0 * X[:, 0], w, -b))],
    "bias-omitted": [
        ("gradient", lambda X, y, w, b: (right(X, y, w, b)[0], right(X, y, w, 0)[1])),
        ("loss", lambda X, y, w, b: half_mse(X, y, w, 0)),
    ],
    "bias-step-doubled": [
        (
            "step",
            lambda w, b, lr, g: (
                w - lr * g(w, b)[0],
                b - lr * g(w, b)[1] - lr * g(w - lr * g(w, b)[0], b - lr * g(w, b)[1])[1],
            ),
        ),
    ],
    "divided-by-d": [
        ("gradient", lambda X, y, w, b: by_n(X, y, w, b, len(w) + 1, len(w) + 1)),
        ("gradient", lambda X, y, w, b: by_n(X, y, w, b, len(y) * len(w), len(y) * len(w))),
        ("gradient", lambda X, y, w, b: by_n(X, y, w, b, len(w), len(y))),
        ("gradient", lambda X, y, w, b: by_n(X, y, w, b, len(w) * len(y), len(y))),
        ("loss", lambda X, y, w, b: np.sum(res(X, y, w, b) ** 2) / 2 / len(w)),
        ("loss", lambda X, y, w, b: np.sum(res(X, y, w, b) ** 2) / 2 / (len(w) + 1)),
    ],
    "divided-by-n-minus-1": [
        ("gradient", lambda X, y, w, b: by_n(X, y, w, b, *[max(1, len(y) - 1)] * 2)),
        ("loss", lambda X, y, w, b: np.sum(res(X, y, w, b) ** 2) / 2 / np.float64(len(y) - 1)),
        ("loss", lambda X, y, w, b: np.sum(res(X, y, w, b) ** 2) / 2 / max(1, len(y) - 1)),
    ],
    "divided-twice": [("loss", lambda X, y, w, b: np.mean(res(X, y, w, b) ** 2) / 2 / len(y))],
    "feature-missing": [
        ("gradient", lambda X, y, w, b: right(without(X), y, w, b)),
        ("loss", lambda X, y, w, b: half_mse(X, y, without(w), b)),
    ],
    "feature-in-bias": [
        ("gradient", lambda X, y, w, b: (right(X, y, w, b)[0], np.sum(right(X, y, w, b)[0]))),
        ("gradient", lambda X, y, w, b: (right(X, y, w, b)[0], np.mean(right(X, y, w, b)[0]))),
    ],
    "squared-residual": [
        (
            "gradient",
            lambda X, y, w, b: by_mean(X, np.copysign(res(X, y, w, b) ** 2, res(X, y, w, b))),
        ),
        ("gradient", lambda X, y, w, b: (right(X, y, w, b)[0], np.mean(res(X, y, w, b) ** 2))),
    ],
    "absolute-loss": [
        ("loss", lambda X, y, w, b: np.mean(np.abs(res(X, y, w, b)))),
        ("loss", lambda X, y, w, b: np.mean(np.abs(res(X, y, w, b))) / 2),
        ("loss", lambda X, y, w, b: np.sum(np.abs(res(X, y, w, b)))),
    ],
    "mean-of-products-split": [
        (
            "gradient",
            lambda X, y, w, b: (np.mean(X, 0) * np.sum(res(X, y, w, b)), right(X, y, w, b)[1]),
        ),
        ("loss", lambda X, y, w, b: np.mean(res(X, y, w, b)) ** 2 / 2),
    ],
    "collapsed-to-scalar": [
        (
            "gradient",
            lambda X, y, w, b: (np.full(len(w), (res(X, y, w, b) @ X).sum()), right(X, y, w, b)[1]),
        ),
        (
            "gradient",
            lambda X, y, w, b: (
                np.full(len(w), (res(X, y, w, b) @ X).sum()),
                res(X, y, w, b).sum(),
            ),
        ),
    ],
    "swapped-outputs": [
        ("gradient", lambda X, y, w, b: swapped(X, y, w, b, np.sum)),
        ("gradient", lambda X, y, w, b: swapped(X, y, w, b, np.mean)),
        ("gradient", lambda X, y, w, b: apart(np.roll(np.append(*right(X, y, w, b)), 1))),
        ("gradient", lambda X, y, w, b: apart(np.roll(np.append(*right(X, y, w, b)), -1))),
    ],
    "labels-off-by-one": [
        ("gradient", lambda X, y, w, b: right(*cut(X, y, FIRST, LAST), w, b)),
        ("gradient", lambda X, y, w, b: right(*cut(X, y, LAST, FIRST), w, b)),
        ("gradient", lambda X, y, w, b: shorter(*cut(X, y, FIRST, LAST), w, b)),
        ("gradient", lambda X, y, w, b: shorter(*cut(X, y, LAST, FIRST), w, b)),
        ("loss", lambda X, y, w, b: half_mse(X, np.roll(y, 1), w, b)),
        ("loss", lambda X, y, w, b: half_mse(X, np.roll(y, -1), w, b)),
    ],
    "last-row-dropped": [
        ("gradient", lambda X, y, w, b: right(*cut(X, y, FIRST), w, b)),
        ("gradient", lambda X, y, w, b: shorter(*cut(X, y, FIRST), w, b)),
        *(
            ("loss", lambda X, y, w, b, s=s, c=c: half_mse(*cut(X, y, s), w, b) * c(len(y)))
            for s in (LAST, FIRST)
            for c in (lambda n: 1, lambda n: (n - 1) / n)
        ),
    ],
    "residual-parenthesis": [
        ("gradient", lambda X, y, w, b: by_mean(X, -res(X, y, w, -b))),
        ("gradient", lambda X, y, w, b: by_mean(X, res(X, y, w + b, 0))),
        ("loss", lambda X, y, w, b: half_mse(X, y, w, -b)),
        ("loss", lambda X, y, w, b: half_mse(X, y, w + b, 0)),
        ("predict", lambda X, w, b: np.array([np.dot(x, w + b) for x in X])),
    ],
    "precedence": [
        (
            "gradient",
            lambda X, y, w, b: (
                by_mean(X, res(X, 0 * y, w, b))[0] - np.mean(y),
                right(X, y, w, b)[1],
            ),
        ),
        (
            "gradient",
            lambda X, y, w, b: (
                np.sum(res(X, 0 * y, w, b)) - (X * y[:, None]).sum(axis=0),
                right(X, y, w, b)[1],
            ),
        ),
    ],
    "loss-as-gradient": [
        ("gradient", lambda X, y, w, b: alike(w, np.sum(res(X, y, w, b) ** 2) / 2)),
        ("gradient", lambda X, y, w, b: alike(w, np.sum(res(X, y, w, b) ** 2))),
        ("gradient", lambda X, y, w, b: alike(w, np.mean(res(X, y, w, b) ** 2))),
    ],
    "index-port": [
        (
            "gradient",
            lambda X, y, w, b: (
                np.r_[right(X, y, w, b)[1], right(X, y, w, b)[0][1:]],
                right(X, y, w, b)[1],
            ),
        ),
        ("predict", lambda X, w, b: res(X, 0 * X[:, 0], w[::-1], b)),
    ],
    "lr-missing": [
        ("step", lambda w, b, lr, g: (w - g(w, b)[0], b - lr * g(w, b)[1])),
        ("step", lambda w, b, lr, g: (w - lr * g(w, b)[0], b - g(w, b)[1])),
    ],
    "lr-twice": [
        ("step", lambda w, b, lr, g: (w - lr**2 * g(w, b)[0], b - lr * g(w, b)[1])),
        ("step", lambda w, b, lr, g: (w - lr * g(w, b)[0], b - lr**2 * g(w, b)[1])),
    ],
    "weight-decay": [
        *(
            (
                "gradient",
                lambda X, y, w, b, t=t: tuple(map(np.add, right(X, y, w, b), t(w, b, len(y)))),
            )
            for t in (
                lambda w, b, n: (0.1 * w, 0.1 * b),
                lambda w, b, n: (0.5 * w / n, 0),
                lambda w, b, n: (0.5 * w / n, 0.5 * b / n),
                lambda w, b, n: (0.1 * np.sign(w), 0),
                lambda w, b, n: (0.5 * np.sign(w) / n, 0),
            )
        ),
        ("loss", lambda X, y, w, b: half_mse(X, y, w, b) + 0.1 * np.sum(w**2)),
        ("loss", lambda X, y, w, b: half_mse(X, y, w, b) + 0.5 * np.sum(w**2) / len(y)),
    ],
}


def by_n(X, y, w, b, n_w, n_b):
    """The sums, divided by what is given."""
    r = res(X, y, w, b)
    return (X * r[:, None]).sum(axis=0) / n_w, r.sum() / n_b


def without(a):
    """The first feature as 0."""
    a = np.array(a)
    a[..., 0] = 0
    return a


def swapped(X, y, w, b, one):
    """∂L/∂b for each weight, and one number of ∇w L for the bias."""
    grad_w, grad_b = right(X, y, w, b)
    return np.full(len(w), grad_b), one(grad_w)


def apart(theta):
    """All but the last, and the last."""
    return theta[:-1], theta[-1]


def shorter(X, y, w, b):
    """The sums over fewer rows, divided by the number of all."""
    return by_n(X, y, w, b, len(y) + 1, len(y) + 1)


def alike(w, number):
    """One number for all."""
    return np.full(len(w), number), number


def called(kind, f):
    """A program of that kind; a step gets the right gradient as g."""
    if kind != "step":
        return f
    return lambda X, y, w, b, lr: f(w, b, lr, lambda w, b: right(X, y, w, b))


FORMULAS = {f.name for f in CATALOGUE if f.gradient or f.step or f.loss or f.predict}
PROGRAMS = [
    pytest.param(name, program, id=f"{name}-{i}")
    for name, programs in WRONG.items()
    for i, program in enumerate(programs)
    if name in FORMULAS and not inspect.isclass(program)
]


def answers(program, name="", cases=CASES, loss="half-mse"):
    """Its answers to the cases, in the first layout of the arguments that it does not refuse."""
    description = worker.describe(name or program.__name__, program)
    usual = subject.plan(description, asked_for=True)
    for plan in usual.layouts():
        found = []
        for case in cases:
            args, kwargs = plan.arguments(case)
            line = worker.reported(lambda a=args, k=kwargs: worker.call(program, a, k, False), "")
            answer = decode(line)
            reading = read(plan, case, answer)
            found.append(Item(plan, case, answer, reading, Expected(plan, case, loss), case))
        if not all(i.reading.refused for i in found):
            return found
    return found


@functools.cache
def all_answers(fault):
    """Those of every program that has a fault."""
    with np.errstate(all="ignore"):
        found = [answers(p.values[1]) for p in PROGRAMS if p.values[0] == fault]
        return found + [answers(called(kind, f), kind) for kind, f in ALSO.get(fault, ())]


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_one_fault_explains_a_wrong_program(name):
    """Its own; or it is right for another loss, by a factor that has the name."""
    for items in all_answers(name):
        other = diagnosis.other_loss(items, "half-mse")
        found = diagnosis.named(items, items)
        assert (other[0] if other else found) in (name, [name])


EACH = [
    pytest.param(fault, kind, f, id=f"{fault.name}-{kind}-{k}")
    for fault in CATALOGUE
    for kind in ("gradient", "step", "loss", "predict")
    for k, f in enumerate(getattr(fault, kind))
]


@pytest.mark.parametrize(("fault", "kind", "formula"), EACH)
def test_each_formula_is_a_program_that_somebody_wrote(fault, kind, formula):
    """Alone in the catalogue it would still explain a program that does not take it from there."""
    alone = replace(fault, **dict.fromkeys(("gradient", "step", "loss", "predict"), ()))
    alone = replace(alone, **{kind: (formula,)})
    assert any(
        diagnosis.first(diagnosis.formulas(alone, items, view), items)
        for items in all_answers(fault.name)
        for view in (False, True)
    )


def test_losses_of_predictions_are_explained_as_those_of_weights_are():
    """Sample by sample, and their mean."""

    def squared_loss(y_hat, y):
        return -((y_hat - y) ** 2) / 2

    def loss(y_hat, y):
        return squared_loss(y_hat, y).mean()

    for program, kind in ((squared_loss, "sample"), (loss, "loss")):
        items = answers(program)
        assert items[0].plan.kind == kind
        assert diagnosis.named(items, items) == ["sign-flipped"]


def test_a_number_is_chosen_where_there_are_some_to_choose_from():
    """A formula that takes one is passed over where no answer is finite, or where none may be."""

    def power(x, c):
        return x**c

    for choices, usable, found in [
        (lambda usable: usable, [1, 3], [2, 8]),
        (lambda usable: usable, [], []),
        (None, [1, 3], []),
    ]:
        assert [f(2.0) for f in diagnosis.chosen([power], 1, choices, usable)] == found
    assert [f(2.0) for f in diagnosis.chosen([abs], 1, None, [])] == [2]


@pytest.mark.parametrize("j", [0, 1, 2, 3, 4, -1, -2])
def test_whichever_feature_is_left_out(j):
    """The first five and the last two; where there is no such feature, nothing is wrong."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        if -len(w) <= j < len(w):
            grad_w[j] = 0
        return grad_w, grad_b

    items = answers(gradient)
    assert diagnosis.named(items, items) == ["feature-missing"]


def test_each_port_moves_the_features_as_it_says():
    """One for all, the neighbour, the reverse, two for one: for five features, and for one."""
    assert [np.array(port(np.arange(5))).tolist() for port in PORTS] == [
        [0, 0, 0, 0, 0],
        [-1, -1, -1, -1, -1],
        [1, 2, 3, 4, 0],
        [4, 0, 1, 2, 3],
        [4, 3, 2, 1, 0],
        [0, 0, 2, 3, 4],
        [1, 1, 2, 3, 4],
        [1, 0, 2, 3, 4],
        [0, 1, 1, 3, 4],
        [0, 1, 2, 3, 3],
        [0, 1, 2, 3, 0],
        [0, 0, 1, 2, 3],
        [1, 2, 3, 4, 4],
    ]


@pytest.mark.parametrize("powers", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("of_labels", [False, True])
def test_either_mean_of_n_by_n_residuals_or_their_sum(powers, of_labels):
    """For w and for b; but sums of both with the labels' mean are another mistake's."""

    def gradient(X, y, w, b):
        y_hat = res(X, 0 * y, w, b)
        r = y_hat - y.mean() if of_labels else y_hat.mean() - y
        grad_w, grad_b = by_mean(X, r)
        return grad_w * len(y) ** powers[0], grad_b * float(len(y)) ** powers[1]

    items = answers(gradient)
    assert diagnosis.named(items, items) == ["broadcast-n-by-n"]


@pytest.mark.parametrize("c", [0.02, 0.75, -3.0])
@pytest.mark.parametrize(
    "what",
    [lambda w, n: w, lambda w, n: w / n, lambda w, n: np.sign(w), lambda w, n: np.sign(w) / n],
)
def test_whatever_the_decay(c, what):
    """λw, λw/n, λ sign(w) and λ sign(w)/n, for any λ."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return grad_w + c * what(w, len(y)), grad_b

    items = answers(gradient)
    assert diagnosis.named(items, items) == ["weight-decay"]


def norm(g):
    """‖g‖"""
    return float(np.sqrt(np.sum(np.square(g))))


@pytest.mark.parametrize("c", [0.3, 1.0, 1 / 3])
@pytest.mark.parametrize(
    "cut",
    [
        lambda w, b, c: (np.clip(w, -c, c), np.clip(b, -c, c)),
        lambda w, b, c: (np.clip(w, -c, c), b),
        lambda w, b, c: tuple(g * min(1, c / norm([*w, b])) for g in (w, b)),
        lambda w, b, c: (w * min(1, c / norm(w)), b),
        lambda w, b, c: (w * min(1, c / norm(w)), np.clip(b, -c, c)),
    ],
)
def test_whatever_the_bound(c, cut):
    """Each entry, or the norm, of both or of w alone, for any bound that is met."""

    def gradient(X, y, w, b):
        return cut(*right(X, y, w, b), c)

    items = answers(gradient)
    assert diagnosis.named(items, items) == ["clipped"]


def test_clipped_residuals_are_told_by_single_samples():
    """With one sample grad_b is the residual itself, and so shows its bound."""

    def gradient(X, y, w, b):
        return by_mean(X, np.clip(res(X, y, w, b), -0.7, 0.7))

    items = answers(gradient)
    assert diagnosis.named(items, items) == ["clipped"]


@pytest.mark.parametrize("m", [4, 10, 32])
def test_whatever_the_divisor(m):
    """A fixed batch size in place of n."""

    def gradient(X, y, w, b):
        return by_n(X, y, w, b, m, m)

    items = answers(gradient)
    assert diagnosis.named(items, items) == ["ragged-divisor"]


SYMBOLS = set("abcdehijkmnswxyLX") | {"Xw", "NaN", "None"}


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda f: f.name)
def test_the_catalogue_is_written_in_the_notation(fault):
    """Formulas in the letters of the derivation and lower-case words; sentences in neither shout."""
    for word in re.findall(r"[A-Za-z]+", fault.formula):
        assert word in SYMBOLS or (len(word) > 1 and word.islower()), word
        assert word not in ("nan", "none")
    sentence = fault.explanation.format(subject="S are", section="1.3f")
    assert sentence[0].isupper() or sentence.startswith(("w is changed before b's", "· binds"))
    assert sentence[-1] in ".?"
    for word in re.findall(r"[A-Za-z]{2,}", sentence):
        assert not word.isupper(), word
