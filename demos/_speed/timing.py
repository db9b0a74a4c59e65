"""Two calls timed in turns, once it is known that they return the same (for the demo speed)."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Call = Callable[[], Any]
SAME = 1e-9  # relative: other work would differ by more, rounding alone by less


class Work(NamedTuple):
    """One row: two calls, what their times are held against, and whether they return the same."""

    name: str
    beside: str
    floor: float | None
    ours: Call
    theirs: Call | None  # None: its package is not installed
    growth: bool = False  # ours/theirs must be under the floor; else theirs/ours at least the floor
    same: bool = True  # up to rounding; a peer that takes other steps ends elsewhere


def measure(work: Work, seconds: float) -> dict[str, Any]:
    """Pairs of times, three at least and for so many seconds, and what they say."""
    row: dict[str, Any] = {"work": work.name, "beside": work.beside, "floor": work.floor}
    row["growth"] = work.growth
    if work.theirs is None:
        return {**row, "ratio": None, "note": "not installed"}
    row["apart"] = _apart(work)
    calls = [max(1, int(min(0.02, seconds) / once(f))) for f in (work.ours, work.theirs)]
    ours, theirs, begin = [], [], time.perf_counter()
    while len(ours) < 3 or (time.perf_counter() - begin < seconds and len(ours) < 101):
        ours.append(once(work.ours, calls[0]))
        theirs.append(once(work.theirs, calls[1]))
    pairs = [(min(ours), min(theirs)), *zip(ours, theirs, strict=True)]
    fastest, *ratios = [a / b if work.growth else b / a for a, b in pairs]
    low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive")
    met = work.floor and (ratio < work.floor if work.growth else ratio >= work.floor)
    row |= {"ours": statistics.median(ours), "theirs": statistics.median(theirs)}
    row |= {"ratio": ratio, "quartiles": [low, high], "fastest": fastest}
    return {**row, "pairs": len(ours), "met": met}


def once(call: Call, calls: int = 1) -> float:
    """Seconds a call takes, over so many in a row."""
    gc.disable()
    try:
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - begin) / calls
    finally:
        gc.enable()


def _apart(work: Work) -> float | None:
    """The largest difference of what the two return, relative to the largest number."""
    ours, theirs = work.ours(), work.theirs() if work.theirs else None
    if not work.same:
        return None
    apart = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not apart <= SAME:
        raise ArithmeticError(
            f"{work.name} and {work.beside} must return the same, got results {apart:.1g} apart; "
            "such times cannot be compared"
        )
    return apart
