"""Describe a mistake that has no name: which numbers are wrong, when, and by which factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.trial import Trial

FEW = 10  # right answers that are too few to tell when answers are right
Rule = tuple[str, Callable[[Trial], bool]]


def describe(trials: Sequence[Trial]) -> str:
    """In sentences: the wrong numbers, when they are wrong, what they are, their ratio."""
    wrong = [i for i in trials if not i.is_correct]
    sentences = [f"No mistake that is known explains all your answers. {components(wrong)}"]
    sentences += filter(None, [condition(trials), *appearance(wrong), ratio(wrong)])
    return "\n".join(sentences)


def components(wrong: Sequence[Trial]) -> str:
    """Which numbers are wrong, and how often."""
    numeric = [i for i in wrong if not i.reading.fault]
    each = [{i.expected.component(int(j)) for j in np.flatnonzero(i.errors > 1)} for i in numeric]
    last = [{i.expected.component(len(i.case.w) - 1)} for i in numeric]
    names = set().union(*each)
    count = len({i.index for i in wrong})
    problems = f"Wrong in {count:,} problem{'s' * (count != 1)}"
    if len(names) > 2 and each == last:
        return f"{problems}: the last of {names.pop().split('[')[0]}."
    if len(names) > 4:
        names = {name.partition("[")[0] for name in names}
    return f"{problems}: {', '.join(sorted(names))}." if names else f"{problems}."


def condition(trials: Sequence[Trial]) -> str:
    """When it is wrong: the first rule that holds for all wrong answers and few right ones."""
    wrong = [i for i in trials if not i.is_correct]
    right = [i for i in trials if i.is_correct and has_residual(i)]
    few = len(right) < len(wrong) / 2  # which may be right by cancellation, not by a condition
    if few and len(right) < FEW:
        return ""
    most = len(right) / 20 if few else min(len(wrong), len(right)) / 2
    for text, holds in rules(wrong, trials):
        if all(map(holds, wrong)) and sum(map(holds, right)) <= most:
            return f"Your answers are wrong {text}, and right otherwise."
    if few:
        return ""
    shapes = [i.case.X.shape for i in wrong]
    n, d = (span([shape[axis] for shape in shapes]) for axis in (0, 1))
    return f"They are wrong in {len(wrong):,} of {len(trials):,} answers, with n {n} and d {d}."


def has_residual(i: Trial) -> bool:
    """Whether a mistake can be seen: where every residual is 0, most wrong answers are right."""
    X, y, w, b = i.case[:4]
    return bool((X @ w + b - y).any())


def span(sizes: Sequence[int]) -> str:
    """From the smallest size to the largest, in words."""
    low, high = min(sizes), max(sizes)
    return f"= {low:,}" if low == high else f"from {low:,} to {high:,}"


def steps_of(trials: Sequence[Trial]) -> dict[int, int]:
    """Which step of its training each trial is, by its id; nothing where there are no trainings."""
    found, before, step = {}, None, 0
    for t in trials:
        if t.plan.kind == "trainer":
            step = step + 1 if before == t.index else 1 if t.plan.starts else 2
            found[id(t)], before = step, t.index
    return found


def rules(wrong: Sequence[Trial], trials: Sequence[Trial] = ()) -> Iterator[Rule]:
    """Conditions that could be the reason, the most likely ones first."""
    steps = steps_of(trials)
    if steps:
        first = min(steps.get(id(i), 1) for i in wrong)
        yield f"from step {first} on", lambda i: steps.get(id(i), 1) >= first
    yield from rules_of_size(wrong)
    yield "where b is negative", lambda i: i.case.b < 0
    yield "where b is positive", lambda i: i.case.b > 0
    yield "where a weight is negative", lambda i: bool((i.case.w < 0).any())
    yield "where a number of X is 0", lambda i: bool((i.case.X == 0).any())
    yield "where all numbers are whole", is_whole
    yield "where not all numbers are whole", lambda i: not is_whole(i)
    yield "where rows of X are repeated", lambda i: is_repeated(i.case.X)
    yield "where columns of X are repeated", lambda i: is_repeated(i.case.X.T)
    yield "where a column of X is constant", lambda i: bool((np.ptp(i.case.X, axis=0) == 0).any())
    yield from rules_of_magnitude()


def is_whole(i: Trial) -> bool:
    """Whether all numbers of a problem are whole."""
    return all(bool((np.rint(a) == a).all()) for a in i.case[:4])


def is_repeated(X: Any) -> bool:
    """Whether two rows are the same."""
    return len(np.unique(X, axis=0)) < len(X)


def rules_of_size(wrong: Sequence[Trial]) -> Iterator[Rule]:
    """Conditions on n and d."""
    n, d = (min(i.case.X.shape[axis] for i in wrong) for axis in (0, 1))
    top_n, top_d = (max(i.case.X.shape[axis] for i in wrong) for axis in (0, 1))
    yield f"from n = {n} on", lambda i: len(i.case.y) >= n
    yield f"from d = {d} on", lambda i: len(i.case.w) >= d
    yield f"up to n = {top_n}", lambda i: len(i.case.y) <= top_n
    yield f"up to d = {top_d}", lambda i: len(i.case.w) <= top_d
    for m in range(2, 9):
        yield f"where n is a multiple of {m}", lambda i, m=m: len(i.case.y) % m == 0
        yield f"where n is not a multiple of {m}", lambda i, m=m: len(i.case.y) % m != 0


def rules_of_magnitude() -> Iterator[Rule]:
    """Conditions on how small or large the numbers are."""
    for k in (-12, -10, -8, -6, -4):
        yield (
            f"where a number of the exact answer is below 1e{k}",
            lambda i, k=k: smallest_answer(i) < 10.0**k,
        )
    for k in (-12, -10, -8, -6, -4):
        yield f"where a number is below 1e{k}", lambda i, k=k: smallest_number(i) < 10.0**k
    for k in (2, 4, 6, 8, 10):
        yield f"where a number is over 1e{k}", lambda i, k=k: largest_number(i) > 10.0**k


def numbers(i: Trial) -> Any:
    """The absolute values of all numbers of a problem and its exact answer."""
    return np.abs(np.concatenate([*(np.ravel(a) for a in i.case[:4]), i.expected.rounded]))


def smallest_number(i: Trial) -> float:
    """The smallest one that is not 0."""
    found = numbers(i)
    return float(found[found > 0].min(initial=np.inf))


def smallest_answer(i: Trial) -> float:
    """The smallest number of the exact answer that is not 0."""
    found = np.abs(i.expected.rounded)
    return float(found[found > 0].min(initial=np.inf))


def largest_number(i: Trial) -> float:
    """The largest one."""
    return float(numbers(i).max())


def appearance(wrong: Sequence[Trial]) -> Iterator[str]:
    """What can be seen in the numbers of both parts: zeros, one number for all, whole numbers."""
    used = [i for i in wrong if i.finite and not i.reading.fault]
    for name, part in parts_of(used):
        got = [i.gradient[part] for i in used]
        if any((np.abs(i.errors[part]) > 1).any() for i in used):
            yield from (f"{name} {text}." for text, holds in LOOKS if all(map(holds, got)))


LOOKS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("is always 0", lambda v: bool((v == 0).all())),
    ("is in whole numbers alone", lambda v: bool((np.rint(v) == v).all() and (v != 0).any())),
)


def parts_of(trials: Sequence[Trial]) -> list[tuple[str, Any]]:
    """The parts of these answers: their names, and where they are in the vector."""
    if not trials:
        return []
    kind = trials[0].plan.kind
    if kind in ("gradient", "step", "trainer"):
        names = ("The gradient for w", "The gradient for b")
        return [(names[0], slice(None, -1)), (names[1], slice(-1, None))]
    return [("Your answer", slice(None))]


def ratio(wrong: Sequence[Trial]) -> str:
    """got/expected, where it is the same in all wrong numbers, or n times or 1/n of the same.

    Else that of each part that has one.
    """
    used = [i for i in wrong if i.finite and not i.reading.fault]
    whole = constant_ratio(used, slice(None))
    if whole:
        return f"got/expected is {whole} in all wrong numbers."
    found = []
    for name, part in parts_of(used):
        one = constant_ratio(used, part)
        found += [f"{name}: got/expected is {one}."] if one else []
    return "\n".join(found)


def constant_ratio(used: Sequence[Trial], part: slice) -> str:
    """The ratio of a part, as text; "" where it is not always the same."""
    with np.errstate(all="ignore"):
        ratios = [(i.gradient / i.expected_gradient)[part][i.errors[part] > 1] for i in used]
    if not any(r.size for r in ratios):
        return ""
    for text, scale in (("", 0), (" · n", 1), (" / n", -1)):
        found = np.concatenate(
            [r * float(len(i.case.y)) ** -scale for r, i in zip(ratios, used, strict=True)]
        )
        if np.isfinite(found).all() and np.ptp(found) <= 1e-6 * np.abs(found).max():
            return f"{factor(float(np.median(found)))}{text}"
    return ""


def factor(ratio: float) -> str:
    """A ratio as text, with its difference from 1 where that is small.

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
    """Whether the answers look like n × n residuals, or like Xᵀ times them."""
    found = [i for i in wrong if len(i.case.y) > 1 and i.answer.parts]
    return bool(found) and all(square(i) or stacked(i) for i in found)


def square(i: Trial) -> bool:
    """Whether the answer has an n × n array."""
    n = len(i.case.y)
    return any(p.shape == (n, n) for p in i.answer.parts)


def stacked(i: Trial) -> bool:
    """Whether the answer has a d × n array that is Xᵀ(ŷ⁽ⁱ⁾ − y⁽ᵏ⁾), or a multiple of it."""
    X, y, w, b = i.case[:4]
    every = [X.T @ (r := (X @ w + b)[:, None] - y), X.T @ r.T]
    parts = [p for p in i.answer.parts if p.shape == (len(w), len(y)) and p.values is not None]
    return any(
        np.allclose(p.values * c, e.ravel(), rtol=1e-6)
        for p in parts
        for e in every
        for c in (1, len(y), len(y) / 2)
    )
