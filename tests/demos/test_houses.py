"""The demo houses: prices as least squares gives them, for the 211 houses and for any CSV file."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import Run, assert_one_error, run, run_once

from demos import __main__, houses
from linreg_np import load_houses

EXAMPLES = max(5, settings().max_examples // 10)
FINITE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1e300, 1e-320])
)
GOOD = "A,B,y\n" + "".join(f"{i},{i * i % 7},{2 * i - 3 * (i * i % 7) + i % 2}\n" for i in range(9))


def least_squares(X, y):
    A = np.column_stack([X, np.ones(len(y))])
    return A, np.linalg.lstsq(A, y, rcond=None)[0]


def test_the_houses_equal_least_squares():
    """Dollars per square foot and per year, from features that were never standardised."""
    X, y = load_houses()
    A, exact = least_squares(X * [100, 1], y * 1000)
    (w, b), direct, _ = houses.train(houses.load_table(), seed=0)
    # The distance that descent leaves, 1e-12, and the rounding of either solution: κ(A)² u.
    tolerance = (1e-12 + np.linalg.cond(A) ** 2 * 2.0**-53) * np.linalg.norm(exact)
    assert np.abs([*w, b] - exact).max() <= tolerance
    assert np.abs([*direct[0], direct[1]] - exact).max() <= tolerance
    ran, _ = run_once("houses")
    labels = ("area, $ per square foot", "age, $ per year", "constant, $")
    for label, value in zip(labels, exact, strict=True):
        assert ran.line(label).split() == [f"{value:,.6g}"] * 2


@pytest.mark.parametrize("area", [1500, 15])
def test_one_house_is_predicted(area, tmp_path):
    """In dollars; and an area outside the data, as in hundreds of square feet, is pointed out."""
    _, θ = least_squares(*load_houses())
    value = 1000 * np.array([area / 100, 30, 1]) @ θ
    ran = run("houses", "--area", str(area), "--age", "30", "--out", str(tmp_path))
    assert f"area = {area:,}, age = 30: price in $ = {value:,.6g} " in ran.out
    assert ("Extrapolated: area = 15 is outside the data (576 to 4,761)" in ran.out) == (area == 15)


@pytest.fixture
def no_picture(monkeypatch):
    monkeypatch.setattr(houses, "draw", lambda *_: "no picture")
    monkeypatch.setattr(__main__, "write_file", lambda *_: None)


# CSV files


@pytest.fixture
def fit_csv(tmp_path):
    """Run `houses` on a CSV file of this content."""

    def fit_csv_(content: str | bytes, *options: str, target="y", features="A,B") -> Run:
        file = tmp_path / "own.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        names = ("--target", target, "--features", features, "--out", str(tmp_path / "out"))
        return run("houses", "--csv", str(file), *names, *options)

    return fit_csv_


def test_a_csv_file_is_fitted(fit_csv, tmp_path):
    """Weights in the units of the file, next to least squares; --at predicts."""
    table = np.loadtxt(GOOD.splitlines(), delimiter=",", skiprows=1)
    _, exact = least_squares(table[:, :2], table[:, 2])
    ran = fit_csv(GOOD, "--at", "2", "-5")
    assert ran.written() == [str(tmp_path / "out" / "houses_csv.png")]
    for label, value in zip(("A ", "B ", "constant "), exact, strict=True):
        assert ran.line(label).split() == [f"{value:,.6g}"] * 2
    assert f"At A = 2, B = -5: y = {exact @ [2, -5, 1]:,.6g} " in ran.out
    assert "Extrapolated: B = -5 is outside the data (0 to 4)" in ran.out


@pytest.mark.usefixtures("no_picture")
def test_files_as_programs_write_them_are_read(fit_csv):
    """Each gives the numbers of the plain file; a column that is not used may hold anything."""
    expected = fit_csv(GOOD).out
    for content in (
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", ", "),
        GOOD + "\n\n",
        GOOD.rstrip("\n"),
        GOOD.replace("A,B", 'A, "B"'),
        GOOD.replace("\n", ",words\n"),
    ):
        assert fit_csv(content).out == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.replace("\n3,2,", "\nold,2,"), "line 5, column 'A': .* number .* 'old'"),
        (GOOD.replace("\n3,2,", "\n3,,"), "line 5, column 'B': .* number .* ''"),
        (GOOD.replace("\n3,2,", "\n3,NaN,"), "line 5, column 'B': .* finite .* 'NaN'"),
        (GOOD.replace("\n3,2,", "\n1e200,2,"), "line 5, column 'A': .* under 1e100.* '1e200'"),
        (GOOD.replace("\n3,2,", '\n"1,5",2,'), "line 5, column 'A': .* number .* '1,5'"),
        (GOOD.replace("\n3,2,", "\n3,2,2,"), "line 5: must have one cell for each column"),
        (GOOD.replace("\n3,2,", "\n\n3,"), "line 6: must have one cell for each column"),
        (GOOD.replace("A,B,y", "A,C,y"), "one column 'B', got 'A', 'C', 'y'"),
        (GOOD.replace("A,B,y", "A,A,y"), "one column 'A', got 'A', 'A', 'y'"),
        ("", "one column 'A', got none"),
        ("A,B,y\n", "must have rows"),
        ("A,B,y\n1,2,3\n2,2,4\n3,2,1\n", r"column 'B' is constant \(2 in every row\)"),
        ("A,B,y\n1,2,3\n2,1,3\n3,2,3\n", "column 'y' is constant"),
        ("A,B,y\n1,2,3\n2,1,4\n", "2 features need 3 rows or more.*got 2 rows"),
        ("A,B,y\n1,2,3\n2,4,4\n3,6,9\n4,8,0\n", "got 4 rows of rank 2: B follows from A; add rows"),
        (GOOD.encode("utf-16"), "must be a CSV file in UTF-8"),
        ("A,B,y\n" + "1" * 200_000 + ",2,3\n", "must be a CSV file"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(fit_csv, tmp_path, content, message):
    """With the line and the column; no picture is written."""
    assert_one_error(fit_csv(content), message)
    assert not (tmp_path / "out").exists()


def test_a_prediction_needs_a_number_for_each_feature(fit_csv):
    assert_one_error(fit_csv(GOOD, "--at", "3"), "--at needs 2 numbers, one per feature, got 1")


@pytest.mark.filterwarnings("default")
def test_nearly_dependent_features_bring_a_warning(fit_csv, monkeypatch):
    """Descent would need too many steps; one line says so."""
    monkeypatch.setattr(houses, "MAX_STEPS", 1000)
    nearly = "A,B,y\n" + "".join(f"{i},{i + i * i % 7 * 1e-6:.6f},{i % 3}\n" for i in range(9))
    ran = fit_csv(nearly)
    assert ran.status == 0
    assert re.fullmatch(".*houses: warning: .* nearly dependent.*\n", ran.err)
    assert "1000 steps" in ran.out


def test_names_with_dollar_signs_are_not_formulas(fit_csv):
    """matplotlib would set what stands between two of them as mathematics, or fail."""
    content = GOOD.replace("A,B,y", "$A^$,B,$_y$")
    assert fit_csv(content, target="$_y$", features="$A^$,B").status == 0


@pytest.mark.thorough
@pytest.mark.usefixtures("no_picture")
@pytest.mark.filterwarnings("default")
@settings(max_examples=EXAMPLES)
@given(
    rows=st.lists(
        st.lists(
            st.one_of(FINITE.map(repr), st.text(max_size=3), st.sampled_from(["", '"', "1,5"])),
            min_size=3,
            max_size=3,
        ),
        max_size=6,
    ),
    at=st.lists(FINITE, max_size=3),
    separator=st.sampled_from(",;\t"),
)
def test_any_csv_file_is_fitted_or_refused(rows, at, separator, tmp_path_factory):
    """Finite weights, or one line that names the file or the option."""
    file = tmp_path_factory.getbasetemp() / "any.csv"
    lines = map(separator.join, [["A", "B", "y"], *rows])
    file.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    argv = ["--csv", str(file), "--target", "y", "--features", "A,B", *(["--at"] * bool(at))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(houses, "MAX_STEPS", 100)
        ran = run("houses", *argv, *map(repr, at))
    if ran.status == 0:
        assert not re.search(r"\b(nan|inf)\b", ran.out)
        assert ran.err == "" or ": warning: the features are nearly dependent" in ran.err
    else:
        assert_one_error(ran, f"{re.escape(str(file))}|--at|features need", "houses")
