"""What is known about a mistake that has no name: which numbers, from where on, by which factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.trial import Trial

Rule = tuple[str, Callable[[Trial], bool]]


def described(trials: Sequence[Trial]) -> str:
    """In sentences: the components, the condition, the ratio."""
    wrong = [i for i in trials if not i.is_correct]
    sentences = [f"No fault of the catalogue explains all answers. {components(wrong)}"]
    sentences += filter(None, [condition(trials), ratio(wrong)])
    return "\n".join(sentences)


def components(wrong: Sequence[Trial]) -> str:
    """Which numbers are wrong, and how often."""
    numeric = [i for i in wrong if not i.reading.fault]
    each = [{i.expected.component(int(j)) for j in np.flatnonzero(i.errors > 1)} for i in numeric]
    last = [{i.expected.component(len(i.case.w) - 1)} for i in numeric]
    names = set().union(*each)
    problems = f"Wrong in {len({i.index for i in wrong}):,} problems"
    if len(names) > 2 and each == last:
        return f"{problems}: the last of {names.pop().split('[')[0]}."
    if len(names) > 4:
        names = {name.partition("[")[0] for name in names}
    return f"{problems}: {', '.join(sorted(names))}." if names else f"{problems}."


def condition(trials: Sequence[Trial]) -> str:
    """When it is wrong: the first rule that holds wherever it is, and nearly nowhere else."""
    wrong = [i for i in trials if not i.is_correct]
    right = [i for i in trials if i.is_correct]
    if len(right) < len(wrong) / 2:  # and those are right where cancellation hides it
        return ""
    for text, holds in rules(wrong):
        also = sum(map(holds, right))
        if all(map(holds, wrong)) and also <= min(len(wrong), len(right)) / 2:
            return f"It is wrong {text}, and right otherwise."
    return "It is right for other problems, and nothing simple tells them apart."


def rules(wrong: Sequence[Trial]) -> Iterator[Rule]:
    """Conditions that may be behind it."""
    n, d = (min(i.case.X.shape[axis] for i in wrong) for axis in (0, 1))
    top_n, top_d = (max(i.case.X.shape[axis] for i in wrong) for axis in (0, 1))
    yield f"from n = {n} on", lambda i: len(i.case.y) >= n
    yield f"from d = {d} on", lambda i: len(i.case.w) >= d
    yield f"up to n = {top_n}", lambda i: len(i.case.y) <= top_n
    yield f"up to d = {top_d}", lambda i: len(i.case.w) <= top_d
    for m in range(2, 9):
        yield f"where n is a multiple of {m}", lambda i, m=m: len(i.case.y) % m == 0
        yield f"where n is not a multiple of {m}", lambda i, m=m: len(i.case.y) % m != 0
    yield "where b is negative", lambda i: i.case.b < 0
    yield "where b is positive", lambda i: i.case.b > 0
    yield "where a weight is negative", lambda i: bool((i.case.w < 0).any())
    for k in (-12, -10, -8, -6, -4):
        yield f"where the answer has a number below 1e{k}", lambda i, k=k: smallest_of(i) < 10.0**k
    for k in (-12, -10, -8, -6, -4):
        yield f"where a number is below 1e{k}", lambda i, k=k: smallest_number(i) < 10.0**k
    for k in (2, 4, 6, 8, 10):
        yield f"where a number is over 1e{k}", lambda i, k=k: largest_number(i) > 10.0**k


def numbers(i: Trial) -> Any:
    """All numbers of a problem and its exact answer, without signs."""
    return np.abs(np.concatenate([*(np.ravel(a) for a in i.case[:4]), i.expected.rounded]))


def smallest_number(i: Trial) -> float:
    """The smallest of a problem and its answer that is not 0."""
    found = numbers(i)
    return float(found[found > 0].min(initial=np.inf))


def smallest_of(i: Trial) -> float:
    """The smallest of the exact answer that is not 0."""
    found = np.abs(i.expected.rounded)
    return float(found[found > 0].min(initial=np.inf))


def largest_number(i: Trial) -> float:
    """The largest."""
    return float(numbers(i).max())


def ratio(wrong: Sequence[Trial]) -> str:
    """got/expected, where it is the same for all wrong numbers, or n times the same."""
    used = [i for i in wrong if i.finite and not i.reading.fault]
    if not used:
        return ""
    with np.errstate(all="ignore"):
        ratios = [(i.gradient / i.expected_gradient)[i.errors > 1] for i in used]
    for text, scale in (("", 0), (" · n", 1), (" / n", -1)):
        found = np.concatenate(
            [r * float(len(i.case.y)) ** -scale for r, i in zip(ratios, used, strict=True)]
        )
        if np.isfinite(found).all() and np.ptp(found) <= 1e-6 * np.abs(found).max():
            return f"got/expected is {factor(float(np.median(found)))}{text} wherever it is wrong."
    return ""


def factor(ratio: float) -> str:
    """A ratio, so that one beside 1 can be told from 1.

    Examples
    --------
    >>> factor(0.5), factor(1 + 1e-9)
    ('0.5', '(1 + 1e-09)')
    """
    off = ratio - 1
    if 0 < abs(off) < 1e-3:
        return f"(1 {'+' if off > 0 else '−'} {abs(off):.2g})"
    return f"{ratio:.6g}"


def n_by_n(wrong: Sequence[Trial]) -> bool:
    """Whether the answers have the shape of n × n residuals, or of Xᵀ times them."""
    found = [i for i in wrong if len(i.case.y) > 1 and i.answer.parts]
    return bool(found) and all(square(i) or stacked(i) for i in found)


def square(i: Trial) -> bool:
    """An n × n array, or a vector of n in place of one number."""
    n = len(i.case.y)
    return any(p.shape == (n, n) for p in i.answer.parts)


def stacked(i: Trial) -> bool:
    """A d × n array that is Xᵀ(ŷ − y) for ŷ and y in all pairs."""
    X, y, w, b = i.case[:4]
    every = [X.T @ (r := (X @ w + b)[:, None] - y), X.T @ r.T]
    parts = [p for p in i.answer.parts if p.shape == (len(w), len(y)) and p.values is not None]
    return any(
        np.allclose(p.values * c, e.ravel(), rtol=1e-6)
        for p in parts
        for e in every
        for c in (1, len(y), len(y) / 2)
    )
