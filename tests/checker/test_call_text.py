"""The text of `--call`: what it says of a function, and what is wrong with one that is none."""

import pytest

from reference.checker.call_text import CallError, constant, parse_call, suggest
from reference.checker.definition import Definition
from reference.checker.signature import choices_of


@pytest.mark.parametrize(
    ("text", "roles", "answers", "kinds"),
    [
        ("f(a: X, b: y, c: theta)", {"a": "X", "b": "y", "c": "theta"}, "", "gradient"),
        ("f(a:X,b:y) -> grad", {"a": "X", "b": "y"}, ":grad", "gradient"),
        (" f ( a : X ) -> grad_b , grad_w ", {"a": "X"}, ":grad_b :grad_w", "gradient"),
        ("f(a: X, s=',:(')-> loss", {"a": "X", "s": "=',:('"}, ":loss", "loss"),
        ("f(a: X, n=[1, 2]) -> y_hat", {"a": "X", "n": "=[1, 2]"}, ":y_hat", "predict"),
        ("f(a: w[0]) -> losses", {"a": "w[0]"}, ":losses", "sample"),
        ("f(a: X) -> u: grad_w, _, v: grad_b", {"a": "X"}, "u:grad_w :_ v:grad_b", "gradient"),
        ("f(a: X) -> w, b", {"a": "X"}, ":w :b", "step"),
        ("f(a: X, k: iters) -> w, b", {"a": "X", "k": "iters"}, ":w :b", "trainer"),
        ("f() -> grad_w", {}, ":grad_w", "gradient_w"),
    ],
)
def test_a_call_gives_parameters_their_roles(text, roles, answers, kinds):
    """A colon is for a role, = for a constant; answers stand in order or have their key."""
    found = parse_call(text)
    assert (found.name, dict(found.roles)) == ("f", roles)
    assert " ".join(map(":".join, found.answers)) == answers
    assert kinds in found.kinds
    assert (found.kinds == [kinds]) == (bool(answers) and kinds != "step")


def test_a_class_has_a_constructor_and_a_method():
    """And its answers are attributes."""
    found = parse_call("M(r: lr, k: iters).go(A: X, t: y, v=False) -> coef: w, offset: b")
    assert (found.name, found.method, found.kinds) == ("M", "go", ["trainer"])
    assert dict(found.init) == {"r": "lr", "k": "iters"}
    assert dict(found.roles) == {"A": "X", "t": "y", "v": "=False"}
    assert dict(found.answers) == {"coef": "w", "offset": "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f", "'f' is no call"),
        ("f(a: X", "is no call"),
        ("f(a)", "neither `parameter: role` nor `parameter=value`"),
        ("f(a: Q)", "a must be one of X, y, w.*got Q"),
        ("f(a: ?)", r"got \?"),
        ("f(a=np.inf)", "literal, got np.inf"),
        ("f(a: X, a: y)", "a stands there twice"),
        ("f(a: X, b: X)", "X stands there twice"),
        ("f(a: X) -> gradient", "answer must be one of grad_w.*got gradient"),
        ("f(a: X) -> grad_w, loss", "answers are"),
    ],
)
def test_what_is_no_call_says_why(text, message):
    """With one that is right."""
    with pytest.raises(CallError, match=rf"(?s){message}.*a call is written f\("):
        parse_call(text)


def test_constants_are_what_python_reads():
    """A tuple is marked as one for the other process."""
    assert [constant(f"={v}") for v in ("0.5", "None", "'a'")] == [0.5, None, "a"]
    assert constant("=(1, 2)") == ("tuple", [1, 2])


def parameters(*names, **defaults):
    """Descriptions of parameters."""
    required = [{"name": n, "required": True, "default": None} for n in names]
    return (*required, *({"name": n, "required": False, "default": v} for n, v in defaults.items()))


MODEL = Definition("M", parameters("lr"), True, {"go": parameters("X", "y"), "_a": (), "b": ()})


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (("gradient", "X", "target", "p_q"), "(X: X, target: y, p_q: ?) -> grad_w, grad_b"),
        (("grad", "X", "y", "theta"), "(X: X, y: y, theta: theta, lam=0.1) -> grad"),
        (("cost", "X", "y", "w", "b"), "(X: X, y: y, w: w, b: b) -> loss"),
        (("update", "alpha", "w", "b"), "(alpha: lr, w: w, b: b) -> w, b"),
        (MODEL, "(lr: lr).go(X: X, y: y) -> w: w, b: b"),
    ],
)
def test_a_suggestion_is_ready_to_edit(definition, text):
    """Known names have their role; what is to be edited is a question mark."""
    if isinstance(definition, tuple):
        name, *names = definition
        more = {"lam": "0.1"} if "lam" in text else {}
        definition = Definition(name, parameters(*names, **more))
    assert suggest(definition) == definition.name + text
    if "?" not in text:
        parse_call(definition.name + text)


def test_a_name_with_a_number_as_its_default_is_no_vector_of_parameters():
    """As momentum that is called beta."""
    number, vector = ({"name": "beta", "required": d is None, "default": d} for d in ("0.9", None))
    allowed = frozenset({"X", "theta"})
    assert choices_of(number, allowed, {}) == [(0, "")]
    assert choices_of(vector, allowed, {}) == [(0, "theta")]
