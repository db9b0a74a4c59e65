"""Programs as people write them: right ones are not accused, wrong ones are not approved."""

import pytest
from form_programs import FORMS

from reference.checker.check import check

MISTAKES = [
    pytest.param(form.source.replace(old, new, 1), functions, id=f"{name}: {new[:40]}")
    for name, form in FORMS.items()
    for functions, old, new in form.mistakes
]


def verdicts_of(source, folder):
    """{name: verdict} of all functions and classes."""
    file = folder / "program.py"
    file.write_text(source, encoding="utf-8")
    return {
        c.name: c.verdict for c in reversed(check(str(file), max_examples=10, timeout=30).checks)
    }


@pytest.mark.sample(8)
@pytest.mark.parametrize("name", FORMS)
def test_a_program_gets_the_verdict_that_it_deserves(name, tmp_path):
    """Each function of it; what is none of ours is not checked."""
    found, verdicts = verdicts_of(FORMS[name].source, tmp_path), FORMS[name].verdicts
    wrong = {n: found.get(n) for n, v in verdicts.items() if found.get(n) not in v.split("|")}
    assert not wrong


@pytest.mark.thorough
@pytest.mark.parametrize(("source", "functions"), MISTAKES)
def test_a_mistake_makes_a_function_wrong(source, functions, tmp_path):
    """Whatever its name."""
    found = verdicts_of(source, tmp_path)
    assert {n: found[n] for n in functions} == dict.fromkeys(functions, "wrong")


@pytest.mark.parametrize(
    ("form", "name", "call"),
    [
        (
            "the course's lab, one feature",
            "compute_gradient",
            "compute_gradient(x=X[:, 0], y=y, w=w[0], b=b); for one feature",
        ),
        (
            "the course's lab, several features",
            "compute_gradient",
            "compute_gradient(X=X, y=y, w=w, b=b) → dj_db, dj_dw",
        ),
    ],
)
def test_the_call_is_shown_as_its_author_would_write_it(form, name, call, tmp_path):
    """With what is given for each parameter, and the names that are returned."""
    file = tmp_path / "program.py"
    file.write_text(FORMS[form].source, encoding="utf-8")
    checks = check(str(file), max_examples=5).checks
    assert call in next(c.call for c in checks if c.name == name)
