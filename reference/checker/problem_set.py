"""The problems, drawn once, and their exact answers, computed once, for all that is checked."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected

LRS = [float(np.float32(lr)) for lr in (0.5, 0.25, 0.1, 0.03, 1, 2)]  # the same in float32
LOCK = threading.Lock()


def cases(seed: int, count: int, nasty: bool = True) -> list[Problem]:
    """Hypothesis problems with a learning rate each, the same for the same seed."""
    with LOCK:
        return drawn(seed, count, nasty)


def exact_answers(plan: CallPlan, loss: str, seed: int, count: int) -> list[Expected]:
    """What the answers to `cases` should be: the same for every subject that is called alike."""
    alike = CallPlan("", plan.kind, tuple((role, role) for _, role in plan.roles))
    with LOCK:
        return computed(alike, loss, seed, count)


@lru_cache(maxsize=32)
def computed(plan: CallPlan, loss: str, seed: int, count: int) -> list[Expected]:
    """The exact answers, once for all."""
    return [Expected(plan, case, loss) for case in drawn(seed, count, True)]


@lru_cache(maxsize=8)
def drawn(seed: int, count: int, nasty: bool) -> list[Problem]:
    """The problems: magnitudes of 1e±15 are as far as a complex step with h = 1e-200 can follow."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    from reference.strategies import problems

    found: list[Any] = []

    @seeded(seed)
    @settings(
        database=None,
        deadline=None,
        max_examples=(count + 1) // 2,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(problems(dtypes=[np.float64], layouts=["C"], nasty=nasty, digits=15))
    def collect(problem: Any) -> None:
        found.append(problem)

    collect()
    both = [p for problem in found for p in (problem, twin(problem))][:count]
    lrs = np.random.default_rng(seed).choice(LRS, count)
    scaled = (tiny(p) if i % 20 in (4, 9) else p for i, p in enumerate(both))
    return [Problem(*p, lr=float(lr)) for p, lr in zip(scaled, lrs, strict=True)]


def twin(problem: Any) -> Any:
    """A second problem from a draw, which is what takes time: a corner of X, y and b negated."""
    X, y, w, b = problem
    n, d = len(y) - len(y) // 3, len(w) - len(w) // 3
    return type(problem)(np.ascontiguousarray(X[-n:, -d:]), -y[-n:], w[-d:], -b)


def tiny(problem: Any) -> Any:
    """The same problem with labels and parameters about 1e-10 times as large, exactly."""
    X, y, w, b = problem
    return type(problem)(X, y * 2.0**-33, w * 2.0**-33, b * 2.0**-33)
