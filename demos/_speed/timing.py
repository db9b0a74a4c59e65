"""Time two functions in turns, after checking that they return the same (for the demo speed)."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Call = Callable[[], Any]
EXTRAS = {"SGDRegressor": "bench", "numba": "peers", "jax": "peers"}  # they may be absent
TOLERANCE = 1e-9  # relative: rounding stays below it, other computations do not


class Benchmark(NamedTuple):
    """One row of the table: two functions, and the target for the ratio of their times."""

    name: str
    baseline: str
    ours: Call
    theirs: Call | None  # None: its package is not installed
    min_speedup: float | None = None  # theirs/ours is to be at least this
    max_ratio: float | None = None  # ours/theirs is to be less than this
    results_comparable: bool = True  # False: the baseline takes other steps, and ends elsewhere


def measure(benchmark: Benchmark, seconds: float) -> dict[str, Any]:
    """Time pairs, at least three and for so many seconds, and summarise them."""
    name, baseline, ours, theirs, min_speedup, max_ratio, comparable = benchmark
    row: dict[str, Any] = {"name": name, "baseline": baseline}
    row |= {"min_speedup": min_speedup, "max_ratio": max_ratio}
    if theirs is None:
        return {**row, "ratio": None, "note": f"not installed; pip install '.[{EXTRAS[baseline]}]'"}
    row["difference"] = compare_results(benchmark) if comparable else None
    pairs = time_pairs(ours, theirs, seconds)
    our_times, their_times = zip(*pairs, strict=True)
    fastest, *ratios = [
        a / b if max_ratio else b / a for a, b in [(min(our_times), min(their_times)), *pairs]
    ]
    low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive")
    row |= {"ours": statistics.median(our_times), "theirs": statistics.median(their_times)}
    row |= {"ratio": ratio, "quartiles": [low, high], "fastest": fastest, "pairs": len(pairs)}
    row["met"] = ratio < max_ratio if max_ratio else min_speedup and ratio >= min_speedup
    return row


def time_pairs(ours: Call, theirs: Call, seconds: float) -> list[tuple[float, float]]:
    """Seconds that a call of each takes, in turns."""
    calls = [max(1, int(min(0.02, seconds) / time_calls(f))) for f in (ours, theirs)]
    pairs: list[tuple[float, float]] = []
    begin = time.perf_counter()
    while len(pairs) < 3 or (time.perf_counter() - begin < seconds and len(pairs) < 101):
        pairs.append((time_calls(ours, calls[0]), time_calls(theirs, calls[1])))
    return pairs


def time_calls(call: Call, count: int = 1) -> float:
    """Seconds per call, averaged over so many in a row."""
    gc.disable()
    try:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        return (time.perf_counter() - begin) / count
    finally:
        gc.enable()


def compare_results(benchmark: Benchmark) -> float:
    """The largest difference of the two results, relative to the largest number."""
    ours, theirs = benchmark.ours(), benchmark.theirs() if benchmark.theirs else None
    difference = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not difference <= TOLERANCE:
        raise ArithmeticError(
            f"{benchmark.name} and {benchmark.baseline} must return the same, got a difference of "
            f"{difference:.1g}; their times cannot be compared"
        )
    return difference
