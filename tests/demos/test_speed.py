"""The demo speed: its table is complete and the baselines compute the same; no time is asserted."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from demos import __main__, speed
from demos._speed import baselines, benchmarks, timing
from demos._speed.timing import Benchmark, measure
from linreg_np import LossSurface, Trajectory, fit, gradient, sgd_step, synthetic_data
from reference.rounding import gradient_bound, loss_bound, trajectory_bound

EXAMPLE = "1000 × 2, batches of 10, 3 epochs: fit"
PROMISED = {  # name, baseline, target
    (EXAMPLE, "the loop in torch", 12),
    ("the same, fit_affine", "the loop in torch", 100),
    ("the same, fit_affine", "SGDRegressor", 1.2),
    ("100,000 × 8, batches of 32, 1 epoch: fit_affine", "SGDRegressor", 1.2),
    ("the 50 × 50 surface", "the double loop", 50),
    ("100 steps of full-batch descent, 1,000,000 × 32", "torch autograd", 25),
    ("the same, 10,000 steps", "100 steps", 1.05),
    ("one gradient call, 1,000,000 × 32", "torch, both passes", 1.3),
    ("import linreg_np", "import numpy", 1.1),
}


@pytest.fixture
def table(capsys, tmp_path):
    """Run the demo quickly; what it printed and its JSON."""

    def run():
        __main__.main(["speed", "--quick", "--json", "--out", str(tmp_path)])
        out, err = capsys.readouterr()
        assert err == ""
        assert f"wrote {tmp_path / 'speed.png'}" in out
        return out, json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))

    return run


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


@pytest.mark.thorough
def test_every_row_is_measured(table, tmp_path):
    """Each with a ratio over 0 between its quartiles, and times that are seconds."""
    out, found = table()
    json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"), parse_constant=no_constant)
    packages = {"NumPy", "torch", "scikit-learn", "numba", "jax"}
    assert set(found["machine"]) == {"CPU", "Python"} | packages
    assert all(found["machine"].values())
    for i, row in enumerate(found["rows"], 1):
        assert f"{i:2}/{len(found['rows'])} {row['name']}" in out
        if row["ratio"] is None:
            assert row["baseline"] in ("SGDRegressor", "numba", "jax")
            assert "not installed" in row["note"]
            continue
        low, high = row["quartiles"]
        assert 0 < low <= row["ratio"] <= high < math.inf
        assert min(row["ours"], row["theirs"]) > 0
        assert row["fastest"] > 0
        assert row["pairs"] >= 3
        assert (row["met"] is None) == (row["min_speedup"] is row["max_ratio"] is None)
        assert row["difference"] is None or row["difference"] <= timing.TOLERANCE
    for lines in found["curves"].values():
        for points in lines.values():
            assert all(0 < low <= median <= high for _, low, median, high in points)


def test_the_full_run_has_the_promised_rows(monkeypatch):
    """Nine targets, at the promised sizes; rows whose baseline is faster have none."""
    monkeypatch.setattr(
        benchmarks, "data", lambda shape, seed: (np.empty(shape), np.empty(shape[0]))
    )
    rows = benchmarks.all_benchmarks(speed.Sizes(), 0)
    targets = [(row.name, row.baseline, row.min_speedup or row.max_ratio) for row in rows]
    assert {row for row in targets if row[2]} == PROMISED
    assert {row.max_ratio for row in rows} == {None, 1.05, 1.1}
    assert {baseline for _, baseline, target in targets if not target} >= {"SGDRegressor", "torch"}


def test_without_an_optional_package_its_rows_say_so(monkeypatch):
    """It is optional: the other rows have a function to compare with."""
    for name in ("SKLEARN", "NUMBA", "JAX"):
        monkeypatch.setattr(benchmarks, name, False)
    rows = benchmarks.all_benchmarks(speed.QUICK, 0)
    missing = [row for row in rows if row.theirs is None]
    assert {row.baseline for row in missing} == {"SGDRegressor", "numba", "jax"}
    assert len(rows) - len(missing) >= 9 - 2
    for row in missing:
        measured = measure(row, 0)
        assert measured["ratio"] is None
        assert re.search(r"not installed; pip install '\.\[\w+\]'", speed.format_row(measured))


# the baselines compute the same numbers


def assert_near(theirs, X, y, batches, path):
    """The end of a path, within the bounds of both."""
    bound = trajectory_bound(X, y, batches, path.w, path.b, 0.03, np.float64)[0][-1]
    assert np.linalg.norm(theirs - [*path.w[-1], path.b[-1]]) <= 2 * bound < 1e-11


@pytest.mark.sample(3)
@pytest.mark.parametrize(("peer", "n"), [("torch", 105), ("numba", 100), ("jax", 100)])
@pytest.mark.filterwarnings("default")
def test_the_loops_of_others_take_the_steps_of_fit(peer, n):
    """On the same order of samples; torch with a short batch at the end of an epoch."""
    pytest.importorskip(peer)
    X, y = synthetic_data([2, -3.4], 4.2, n, rng=0)
    path, rng = (
        fit(X, y, lr=0.03, batch_size=10, epochs=3, w=[0, 0], rng=1),
        np.random.default_rng(1),
    )
    orders = [rng.permutation(n) for _ in range(3)]
    batches = [order[i : i + 10] for order in orders for i in range(0, n, 10)]
    assert_near(
        benchmarks.train(getattr(baselines, f"{peer}_fit"), X, y, 10, 3), X, y, batches, path
    )


def test_sgd_regressor_takes_the_steps_of_the_derivation_one_sample_each():
    """Without shuffling: §1.3g and §1.3h on sample after sample."""
    pytest.importorskip("sklearn")
    X, y = synthetic_data([2, -3.4], 4.2, 50, rng=0)
    points, batches = [(np.zeros(2), 0.0)], [np.array([i]) for _ in range(2) for i in range(50)]
    for B in batches:
        points.append(sgd_step(*points[-1], *gradient(X[B], y[B], *points[-1]), 0.03))
    theirs = baselines.sgd_regressor(X, y, lr=0.03, epochs=2, shuffle=False)
    assert_near(theirs, X, y, batches, Trajectory(*map(list, zip(*points, strict=True))))


def test_the_double_loop_draws_the_surface():
    """At each of the 50 × 50 points the loss of §1.2, within its bound."""
    X, y = synthetic_data([2, -3.4], 4.2, 40, rng=0)
    L = baselines.double_loop(X, y, *benchmarks.GRID, 4.2)
    grid = LossSurface.from_data(X, y).grid(*benchmarks.GRID, b=4.2)
    for i, w2 in enumerate(benchmarks.GRID[1]):
        for j, w1 in enumerate(benchmarks.GRID[0]):
            bound = loss_bound(X, y, [w1, w2], 4.2, np.float64)
            assert abs(L[i, j] - grid[i, j]) <= 2 * bound


def test_autograd_descends_and_differentiates_as_we_do():
    """One step of full-batch descent is one gradient; both within twice its bound."""
    X, y = benchmarks.data((300, 32), 0)
    w = np.linspace(-1, 1, 32)
    bound = np.append(*gradient_bound(X, y, w, 0.5, np.float64))
    assert (
        abs(benchmarks.our_gradient(X, y, w, 0.5) - baselines.torch_gradient(X, y, w, 0.5))
        <= 2 * bound
    ).all()
    path = fit(X, y, lr=0.03, batch_size=300, epochs=10, w=0 * w, rng=0)
    for θ in (
        baselines.torch_descent(X, y, w=0 * w, lr=0.03, steps=10),
        benchmarks.descend(X, y, 10),
    ):
        assert_near(θ, X, y, [np.arange(300)] * 10, path)


# measuring


def test_different_results_are_not_timed():
    """Two functions that return different numbers, or NaN, are named in an error."""
    for theirs in (1 + 1e-6, np.nan):
        row = Benchmark("a", "b", lambda: np.array([1.0]), lambda t=theirs: np.array([t]))
        with pytest.raises(ArithmeticError, match="a and b must return the same"):
            measure(row, 0)


@pytest.mark.parametrize(
    ("target", "ratio", "met"),
    [
        ({"min_speedup": 2}, 3, True),
        ({"min_speedup": 4}, 3, False),
        ({"max_ratio": 1}, 1 / 3, True),
        ({"max_ratio": 0.2}, 1 / 3, False),
        ({}, 3, None),
    ],
)
def test_a_ratio_meets_its_target(monkeypatch, target, ratio, met):
    """theirs/ours is at least min_speedup; where max_ratio is given, ours/theirs is less."""
    ours, theirs = (lambda: np.ones(1)), (lambda: np.ones(1))
    monkeypatch.setattr(timing, "time_calls", lambda f, calls=1: 1.0 if f is ours else 3.0)
    row = measure(Benchmark("a", "b", ours, theirs, **target), 0)
    assert row["ratio"] == row["fastest"] == pytest.approx(ratio)
    assert row["met"] is met
    assert (row["ours"], row["theirs"], row["pairs"]) == (1.0, 3.0, 3)
