"""Every demo runs; starts, learning_rate and derivation print and draw what the engine computes."""

from __future__ import annotations

import inspect
import re
import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from running import count_pixels, pixels, run, run_once

import reference
from demos import derivation, learning_rate, starts, trajectory
from demos.__main__ import list_demos
from demos._shared import sections
from demos._shared.exact_sections import EXACT
from demos._shared.torch_values import torch_values
from linreg_np import fit, load_houses, loss, max_lr
from reference import autograd
from reference.rounding import loss_bound


@pytest.mark.sample(99)  # tests below run most of the others, too
@pytest.mark.parametrize("name", sorted(list_demos(), key=lambda name: name != "derivation"))
def test_every_demo_runs_and_prints_the_path_of_each_file(name):
    """Status 0 and nothing on stderr; a picture is wide, and has a white ground and black text."""
    ran, folder = run_once(name, *(["--quick"] if name == "speed" else []))
    assert sorted(ran.written()) == sorted(str(p) for p in folder.rglob("*") if p.is_file())
    for file in folder.glob("*.png"):
        with Image.open(file) as image:
            assert image.format == "PNG"
            assert image.width >= 900
        picture = pixels(file)
        assert count_pixels(picture, "#ffffff") > 100_000
        assert count_pixels(picture, "#000000") > 10_000
        assert len(np.unique(picture @ (1 << 16, 1 << 8, 1))) > 100


# starts and learning_rate


def test_training_from_every_start_ends_at_the_same_point():
    """Every end is a hundred times nearer to the true w than any start."""
    ran, _ = run_once("starts")
    X, y, _ = trajectory.worked_example(0)
    ends = []
    for i, w in enumerate(starts.STARTS, 1):
        path = fit(X, y, lr=0.03, batch_size=10, epochs=3, w=w, b=4.2, rng=0)
        shown = ran.line(f"{i:7} ").split()
        assert shown[:3] == [f"{w[0]:.1f}", f"{w[1]:.1f}", f"{loss(X, y, w, 4.2):.3f}"]
        assert shown[3:5] == [f"{v:.4f}" for v in path.w[-1]]
        ends.append(path.w[-1])
    away = np.linalg.norm(np.array(starts.STARTS) - [2, -3.4], axis=1)
    assert len(away) >= 8
    assert 100 * np.linalg.norm(np.array(ends) - [2, -3.4], axis=1).max() < away.min()


def test_below_the_limit_every_step_lowers_the_loss_and_above_it_the_loss_grows():
    """The theorem of full-batch descent, for the four rates drawn; and each is printed."""
    X, y, _ = trajectory.worked_example(0)
    ran, _ = run_once("learning_rate")
    limit = max_lr(X)
    assert f"2/λ_max = {limit:.4f}" in ran.out
    parts = [part for part, *_ in learning_rate.RATES.values()]
    assert parts == sorted(parts)
    assert parts[2] < 1 < parts[3]
    rounding = 2 * loss_bound(X, y, [2, -3.4], 4.2, np.float64)
    for name, part in zip(learning_rate.RATES, parts, strict=True):
        L = learning_rate.losses(X, y, part * limit)
        lr, ratio, _, last = ran.line(name).split()
        assert (lr, ratio, last) == (f"{part * limit:.4f}", f"{part:.3f}", f"{L[-1]:.4g}")
        falls = all(b <= a + rounding for a, b in pairwise(L))
        assert falls if part < 1 else L[-1] > 10 * min(L)


# derivation


def test_every_section_is_shown_once():
    """§0 to §1.3h and §2, in order, each with its equation, in 100 columns; each source once."""
    out = run_once("derivation")[0].out
    shown = re.findall(r"(?m)^§(\S+)   (.+)$", out)
    assert shown == [(section.number, section.equation) for section in sections.SECTIONS]
    expected = "0 1.1a 1.1b 1.2a 1.2b 1.3a 1.3b 1.3c 1.3d 1.3e 1.3f 1.3g 1.3h 2"
    assert [number for number, _ in shown] == expected.split()
    assert max(map(len, out.splitlines())) <= 100
    assert '"""' not in out
    for g in {g for section in sections.SECTIONS for g in section.functions}:
        code = derivation.source(g)
        assert out.count(code) == 1
        undecorated = re.sub(r"(?m)^@.*\n", "", inspect.getsource(g))
        assert re.sub(r' +""".*?"""\n', "", undecorated, flags=re.S) == code


@pytest.mark.parametrize("section", sections.SECTIONS, ids=lambda s: s.number)
def test_numbers_are_computed_by_the_engine_and_by_torch(monkeypatch, section):
    """Each is shown with its difference to the last bit, under the equation of the docstring."""
    docs = [g.__doc__ or "" for g in section.functions]
    assert any(f"{section.equation}   (§{section.number}" in doc for doc in docs)
    monkeypatch.setattr(derivation, "SECTIONS", [section])
    ran = run("derivation", "--seed", "4")
    args = (*sections.three_houses(4), sections.W, sections.B)
    oracles = (sections.OURS, EXACT, autograd)
    ours, exact, torch = (section.values(f, *args) for f in oracles)
    assert ours.keys() == exact.keys() == torch.keys()
    for name in ours:
        a, b, c = (float(values[name]) for values in (ours, exact, torch))
        row = [*map(float, ran.line(f"{name} ").split()[-5:])]
        assert row == [a, b, derivation.ulps(a, b), c, derivation.ulps(a, c)]


def test_fractions_are_exact():
    """Of every section, the largest difference is a few units in the last place: none is rounded."""
    args = (*sections.three_houses(3), sections.W, sections.B)
    for section in sections.SECTIONS:
        ours, exact = (section.values(f, *args) for f in (sections.OURS, EXACT))
        assert all(isinstance(number, Fraction) for number in exact.values())
        for name, number in exact.items():
            assert derivation.ulps(float(ours[name]), float(number)) <= 4


def test_derivation_needs_no_torch(monkeypatch):
    """Then the comparison is with exact arithmetic alone, which one line says."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "reference.autograd")
    monkeypatch.delattr(reference, "autograd")
    ran = run("derivation")
    assert ran.status == 0
    assert "torch is not installed" in ran.out
    assert ran.out.splitlines()[-1].startswith("exact: ")


def test_the_shipped_numbers_of_torch_are_torchs():
    """Those of the default houses, recomputed; sums may be rounded in another order."""
    args = (*sections.three_houses(0), sections.W, sections.B)
    shipped, fresh = (torch_values(*args, default=default) for default in (True, False))
    assert shipped.values.keys() == fresh.values.keys()
    for section, numbers in fresh.values.items():
        assert shipped.values[section].keys() == numbers.keys()
        for name, number in numbers.items():
            assert derivation.ulps(shipped.values[section][name], number) <= 4


def test_names_belong_to_their_numbers():
    """Each number against NumPy by its name (hence the tolerance); §2 trains as fit does."""
    X, y = sections.three_houses(1)
    w, b = sections.W, sections.B
    r = X @ w + b - y
    g = np.column_stack([X, np.ones(3)]).T @ r / 3
    after = np.append(w, b) - sections.LR * np.append(X[:2].T @ r[:2], r[:2].sum()) / 2
    expected = dict(zip(("w_area", "w_age", "b"), after, strict=True))
    expected |= {"L": (r @ r) / 6, "∂ŷ/∂b": 1.0}
    for name, grad in zip(("∂L/∂w_area", "∂L/∂w_age", "∂L/∂b"), g, strict=True):
        expected |= {name: grad, name.replace("∂L/∂w", "∇w L"): grad}
    per_house = {
        "price": r + y, "ŷ": r + y, "l": r**2 / 2, "∂l/∂ŷ": r, "∂l/∂b": r,
        "∂l/∂w_area": r * X[:, 0], "∂l/∂w_age": r * X[:, 1],
        "∂ŷ/∂w_area": X[:, 0], "∂ŷ/∂w_age": X[:, 1],
    }  # fmt: skip
    for name, values in per_house.items():
        expected |= {f"{name}, house {i}": v for i, v in enumerate(values, 1)}
    for section in sections.SECTIONS[:-1]:
        for name, value in section.values(sections.OURS, X, y, w, b).items():
            assert float(value) == pytest.approx(expected[name], rel=1e-12), (section.number, name)
    path = fit(X, y, lr=sections.LR, batch_size=2, epochs=3, w=w, b=b, rng=0)
    trained = sections.SECTIONS[-1].values(sections.OURS, X, y, w, b)
    assert [*trained.values()] == [*path.w[-1], path.b[-1]]


def test_the_seed_chooses_three_houses():
    """Three different rows of the data, other ones for each seed, and they are printed."""
    X, y = load_houses()
    rows = {(*x, y_i) for x, y_i in zip(X, y, strict=True)}
    chosen = {tuple(map(tuple, np.c_[sections.three_houses(seed)])) for seed in range(5)}
    assert len(chosen) == 5
    assert all(len(set(three) & rows) == 3 for three in chosen)
    shown = re.findall(
        r"(?m)^ +house . +area +(\S+) +age +(\S+) +y +(\S+)$", run_once("derivation")[0].out
    )
    assert np.array_equal(np.array(shown, float), np.c_[sections.three_houses(0)])


def test_ulps_count_the_floats_between():
    """Steps from one float64 to the next."""
    for a, b, steps in (
        (1.0, 1.0, 0),
        (0.0, 0.0, 0),
        (-3.0, np.nextafter(-3.0, 0), 1),
        (0.1 + 0.2, 0.3, 1),
        (1e300, 1e300 + 3 * np.spacing(1e300), 3),
    ):
        assert derivation.ulps(a, b) == steps
