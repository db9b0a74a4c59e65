"""Logs in all the forms in which people print w and b are read back as they were printed."""

import collections

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from linreg_np import Trajectory

# One step in each form: from w (a list) and b (a number), which print as they are.


def column(w: list[float]) -> torch.Tensor:
    return torch.tensor(w, dtype=torch.float64).reshape(-1, 1)


def row(w: list[float]) -> torch.Tensor:
    return torch.tensor([w], dtype=torch.float64)


def one(b: float) -> torch.Tensor:
    return torch.tensor([b], dtype=torch.float64)


def parameter(tensor: torch.Tensor) -> torch.nn.Parameter:
    return torch.nn.Parameter(tensor)


def state(weight: str, w: list[float], b: float) -> dict[str, torch.Tensor]:
    bias = weight.replace("weight", "bias")
    return collections.OrderedDict({weight: row(w), bias: one(b)})


FORMS = {
    "labels on lines": lambda t, w, b: f"w: {column(w)}\nb: {one(b)}",
    "one label for both": lambda t, w, b: f"w:  {column([*w, 0.5])}\nw:  {one(b)}",
    "labels on one line": lambda t, w, b: f"w: {column(w)}, b: {one(b)}",
    "behind words": lambda t, w, b: f"epoch {t}, loss 0.04, w: {row(w)}, b: {one(b)}",
    "without colons": lambda t, w, b: f"step {t} loss 0.2 w {column(w)} b {one(b)}",
    "capitals": lambda t, w, b: f"W = {column(w)} B = {one(b)}",
    "weight and bias": lambda t, w, b: f"[{t}/9] Weight: {w} | Bias: {b}",
    "weights": lambda t, w, b: f"Epoch {t}/9 - weights={w}; bias={b}",
    "a dot": lambda t, w, b: f"linear.weight: {row(w)}\nlinear.bias: {one(b)}",
    "numbers": lambda t, w, b: " ".join(f"w{j + 1}: {x}" for j, x in enumerate(w)) + f" b: {b}",
    "from zero": lambda t, w, b: " ".join(f"w[{j}]={x}" for j, x in enumerate(w)) + f" b={b}",
    "bias first": lambda t, w, b: f"{t}: bias {b} weights {np.array(w)}",
    "NumPy": lambda t, w, b: f"w: {np.array(w)} b: {b}",
    "NumPy column": lambda t, w, b: f"w:\n{np.array(w).reshape(-1, 1)}\nb: {np.array([b])}",
    "NumPy repr": lambda t, w, b: repr({"w": np.array(w), "b": np.float64(b)}),
    "tensor and number": lambda t, w, b: f"w: {column(w)} b: {b}",
    "state_dict": lambda t, w, b: str(state("weight", w, b)),
    "state_dict of layers": lambda t, w, b: f"epoch {t} {state('0.weight', w, b)}",
    "named_parameters": lambda t, w, b: "\n".join(
        f"{k} {v}" for k, v in state("0.weight", w, b).items()
    ),
    "named pairs": lambda t, w, b: "\n".join(
        str((k, parameter(v))) for k, v in state("net.0.weight", w, b).items()
    ),
    "names on lines": lambda t, w, b: "\n".join(
        f"{k}\n{parameter(v)}" for k, v in state("weight", w, b).items()
    ),
    "parameters": lambda t, w, b: f"{parameter(row(w))}\n{parameter(one(b))}",
    "a list of parameters": lambda t, w, b: str([parameter(row(w)), parameter(one(b))]),
    "a pair": lambda t, w, b: f"{column(w).requires_grad_()} {one(b).requires_grad_()}",
    "a numbered pair": lambda t, w, b: f"{t} {row(w).requires_grad_()} {one(b).requires_grad_()}",
}
FORMS_OF_ONE = {
    "numbers": lambda t, w, b: f"epoch {t} w: {w[0]} b: {b} loss 5.25",
    "slope and intercept": lambda t, w, b: f"m {w[0]}, b {b}, cost 4.5 iteration {t}",
    "m and c": lambda t, w, b: f"{t}: m = {w[0]}; c = {b}",
    "words": lambda t, w, b: f"slope {w[0]} intercept {b} after {t} steps.",
}
NOISE = [
    "",
    "epoch 1, loss 0.035 (best)",
    " 50%|█████     | 1/2 [00:00<00:00, 1.2it/s]\r",
    "tensor([0.3])",
    "loss: tensor(9., grad_fn=<MeanBackward0>)",
    "tensor([[0.1],\n        [0.2]], grad_fn=<AddmmBackward0>) tensor(0.5)",
    "error in estimating w: tensor([ 0.0003, -0.0004], grad_fn=<SubBackward0>)",
    "true w: [2.0, -3.4], true b: 4.2",
    "Linear(in_features=2, out_features=1, bias=True)",
    "X.shape torch.Size([1000, 2]), y.shape (1000,)",
    "[1, 2, 3] batches, learning rate = 0.03",
]

# Four digits after the point: what every form prints without loss, whatever the magnitude.
NUMBERS = st.integers(-99_999, 99_999).map(lambda k: k / 10_000)


@st.composite
def trainings(draw, weights):
    """w (T, d) and b (T,) as lists."""
    steps = draw(st.integers(1, 4))
    d = draw(weights)
    row_of = st.lists(NUMBERS, min_size=d, max_size=d)
    w = draw(st.lists(row_of, min_size=steps, max_size=steps))
    return w, draw(st.lists(NUMBERS, min_size=steps, max_size=steps))


def printed(form, w, b, noise):
    """The log: a step, a line of noise, a step, …"""
    steps = [form(t, *point) for t, point in enumerate(zip(w, b, strict=True))]
    return "\n".join(part for pair in zip(noise, steps, strict=False) for part in pair) + "\n"


def assert_read(text, w, b):
    path = Trajectory.read_log(text)
    np.testing.assert_array_equal(path.w, w)
    np.testing.assert_array_equal(path.b, b)
    assert path.grad_w is None
    assert path.grad_b is None


NOISES = st.lists(st.sampled_from(NOISE), min_size=4, max_size=4)


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None, max_examples=10)
@given(training=trainings(st.integers(2, 4)), noise=NOISES)
def test_each_form_is_read_as_printed(name, training, noise):
    """Several weights, with other lines between the steps."""
    w, b = training
    if name == "one label for both":
        w = [[*row_, 0.5] for row_ in w]
        form = lambda t, w, b: FORMS[name](t, w[:-1], b)  # noqa: E731
    else:
        form = FORMS[name]
    assert_read(printed(form, w, b, noise), w, b)


@pytest.mark.parametrize(
    "name", [*FORMS_OF_ONE, *(name for name in FORMS if name != "one label for both")]
)
@settings(deadline=None, max_examples=4)
@given(training=trainings(st.just(1)), noise=NOISES)
def test_each_form_is_read_of_one_weight(name, training, noise):
    """One weight, where a label, or the depth of the brackets, tells it from the bias."""
    assert_read(printed({**FORMS, **FORMS_OF_ONE}[name], *training, noise), *training)


GRADIENTS = {
    "dots": "w: {0} w.grad: {2}\nb: {1} b.grad: {3}",
    "capitals": "W {0}, W.grad {2}, B {1}, B.grad {3}",
    "derivatives": "step 3: w={0}, b={1}, dw={2}, db={3}",
    "fractions": "w={0}, b={1}, dL/dw={2}, dL/db={3}",
    "underscores": "w={0}; b={1}; grad_w={2}; grad_b={3}",
    "words": "w {0} b {1} gradient of w {2} grad b {3}",
    "a layer": "0.weight {0}\n0.bias {1}\n0.weight.grad {2}\n0.bias.grad {3}",
}


@pytest.mark.parametrize("form", GRADIENTS.values(), ids=GRADIENTS)
@pytest.mark.parametrize("last_point", [False, True])
def test_gradients_are_read_and_the_point_after_the_last_step(form, last_point):
    """T gradients; T points, or T + 1 where the log ends with w and b alone."""
    w, b = np.array([[0.5, 1], [0.25, 2], [0, 3]]), np.array([1, 0.5, 0.25])
    text = "".join(form.format(w[t], b[t], 2 * w[t], 3 * b[t]) + "\n" for t in range(2))
    if last_point:
        label = "0.weight {} 0.bias {}\n" if form.startswith("0.") else "final w: {}, b: {}\n"
        text += label.format(w[2], b[2])
    path = Trajectory.read_log(text)
    np.testing.assert_array_equal(path.w, w[: 2 + last_point])
    np.testing.assert_array_equal(path.b, b[: 2 + last_point])
    np.testing.assert_array_equal(path.grad_w, 2 * w[:2])
    np.testing.assert_array_equal(path.grad_b, 3 * b[:2])


@pytest.mark.parametrize(
    "text",
    [
        "true w: 2, b: 4\nw: 0, b: 1\ntrue w: 2, b: 4\n",
        "parameters (epoch 0): w = 0, b = 1\n",
        "OrderedDict([('w', tensor(0.)),\r\n    ('b', tensor(1.))])\r\n",
        "w: 0 b: 1 c: 3 m: 7\n",
        "m: 0 b: 1 c: 3\n",
        "w is 0 and b is 1.\n",
    ],
)
def test_only_w_and_b_are_read(text):
    """One point, w = 0 and b = 1, whatever else the lines name."""
    assert_read(text, [[0]], [1])
