"""Programs as people write them: right ones are not accused, wrong ones are not approved."""

import pytest
from form_programs import FORMS
from replays import assert_gives, assert_replays

from reference.checker.check import check
from reference.checker.repairs.repair_text import mended

MISTAKES = [
    pytest.param(form.source.replace(m.old, m.new, 1), m, id=f"{name}: {m.new[:40]}")
    for name, form in FORMS.items()
    for m in form.mistakes
]


pytestmark = pytest.mark.usefixtures("time_enough")


def checks_of(source, folder):
    """{name: check} of all functions and classes."""
    file = folder / "program.py"
    file.write_text(source, encoding="utf-8")
    return {c.name: c for c in reversed(check(str(file), max_examples=10, timeout=30).checks)}


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", FORMS)
def test_a_program_gets_the_verdict_that_it_deserves(name, tmp_path):
    """Each function of it; what is none of ours is not checked."""
    form, found = FORMS[name], checks_of(FORMS[name].source, tmp_path)
    wrong = {n: found.get(n) for n, v in form.verdicts.items() if found[n].verdict not in v}
    assert not wrong
    assert all(text in found[n].explanation for n, text in form.says)


@pytest.mark.sample(50)
@pytest.mark.parametrize(("source", "mistake"), MISTAKES)
def test_a_mistake_makes_a_function_wrong(source, mistake, tmp_path):
    """Its example gives what is printed, and what is said to repair it does so.

    With the repair the example gives what should have come.
    """
    found = checks_of(source, tmp_path)
    first, *_ = names = mistake.functions.split()
    assert {n: found[n].verdict for n in names} == dict.fromkeys(names, "wrong")
    assert set(mistake.name.split("+")) in ({""}, set(found[first].fault.split("+")))
    for c in found.values():
        if c.counterexample:
            assert_replays(source, c.counterexample)
    assert found[first].repair or mistake.mark != "*"
    if found[first].repair:
        assert found[first].line == found[first].repair.line
        right = mended(source, [found[first].repair])
        assert checks_of(right, tmp_path)[first].verdict == "right"
        shown, same_loss = (
            found[first].counterexample,
            found[first].repair.loss == found[first].loss,
        )
        if shown and same_loss and isinstance(shown.expected, float):
            assert_gives(right, shown.call, shown.expected)
