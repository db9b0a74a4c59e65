"""Generated programs: no right one is accused, no wrong one is approved."""

import pytest
from generated_programs import program

from reference.checker.check import check

ALL = 200


def verdict_of(written, folder):
    """What is said of the function or class that is judged."""
    file = folder / "program.py"
    file.write_text(written.source, encoding="utf-8")
    checks = check(str(file), max_examples=10).checks
    return next(c for c in checks if c.name == written.name)


@pytest.mark.sample(50)
@pytest.mark.parametrize("seed", range(ALL))
def test_the_verdict_is_the_one_known_by_construction(seed, tmp_path):
    """Right or wrong, and never passed over."""
    written = program(seed)
    found = verdict_of(written, tmp_path)
    assert found.verdict == ("right" if written.right else "wrong"), f"{written}\n{found}"


def test_both_verdicts_and_all_forms_are_among_the_programs():
    """Otherwise the test above would say little."""
    programs = [program(seed) for seed in range(8)]
    assert {p.right for p in programs} == {True, False}
    assert {p.form.partition(",")[0] for p in programs} == {"gradient", "step", "trainer", "class"}
