"""The log of a torch training loop: what torch prints is read, and what is written equals it."""

import contextlib
import io
import re
import signal
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from linreg_np import Trajectory
from linreg_np.torch_log import format
from linreg_np.torch_log.parse import parse_log, read_text

ARTICLE = """\
w:  tensor([[ 0.0114],
        [-0.0007]], requires_grad=True)
w.grad:  tensor([[-21.2000],
        [ 33.9000]])
w:  tensor([0.], requires_grad=True)
w.grad:  tensor([-42.1000])
w:  tensor([[ 0.0750],
        [-0.1024]], requires_grad=True)
w.grad:  tensor([[-18.3000],
        [ 30.1000]])
w:  tensor([0.1263], requires_grad=True)
w.grad:  tensor([-39.5000])
"""
FIRST, SECOND = ARTICLE[: (middle := ARTICLE.index("w:  tensor([[ 0.0750]"))], ARTICLE[middle:]


class Log(NamedTuple):
    """The parts of a path that a log holds."""

    w: object
    b: object
    grad_w: object
    grad_b: object


def parts_of(path: Trajectory) -> Log:
    """The same of a path."""
    return Log(*(getattr(path, name) for name in Log._fields))


def format_log(*parts: object, precision: int = 4) -> Iterator[str]:
    """The lines of the path with these parts: w, b, grad_w, grad_b."""
    return format.format_log(Trajectory(*parts), precision=precision)


@contextlib.contextmanager
def printing(dtype: torch.dtype = torch.float32, **options: object) -> Iterator[None]:
    """Torch's print options and default dtype, for a while."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    torch.set_printoptions(**options)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)
        torch.set_printoptions(profile="default")


def printed(*args: object, **options: object) -> str:
    """What print(*args) writes."""
    out = io.StringIO()
    with printing(**options):
        print(*args, file=out)
    return out.getvalue()


def train(w: torch.Tensor, b: torch.Tensor, steps: int, lr: float = 0.03) -> tuple[str, Log]:
    """The article's loop on ten fixed samples: what it printed, and what it printed that of."""
    rng = torch.Generator().manual_seed(0)
    X = torch.randn(10, w.numel(), generator=rng).to(w.dtype)
    y = X @ torch.arange(1.0, w.numel() + 1).to(w.dtype) + 4.2
    out, path = io.StringIO(), []
    for _ in range(steps):
        loss = ((X @ w.reshape(-1) + b - y) ** 2 / 2).sum()
        loss.backward()
        with torch.no_grad(), contextlib.redirect_stdout(out):
            for param in [w, b]:
                path.append(param.detach().double().numpy().ravel().copy())
                path.append(param.grad.double().numpy().ravel().copy())
                print("w: ", param)
                print("w.grad: ", param.grad)
                param -= lr * param.grad / 10
                param.grad.zero_()
        print(f"epoch 1, loss {loss:f}\n", file=out)
    w_, grad_w, b_, grad_b = (np.array(path[i::4]) for i in range(4))
    return out.getvalue(), Log(w_, b_[:, 0], grad_w, grad_b[:, 0])


def assert_same(got: Log | Trajectory, want: Log | Trajectory) -> None:
    """Bit for bit, None for None (nan like nan)."""
    got, want = (x if isinstance(x, Log) else parts_of(x) for x in (got, want))
    for name, g, w in zip(Log._fields, got, want, strict=True):
        assert (g is None) == (w is None), name
        if g is not None:
            assert g.dtype == np.float64
            np.testing.assert_array_equal(g, w, err_msg=name, strict=True)


def test_the_articles_own_log_is_read_as_printed():
    """Weights, bias and both gradients, the summed loss's, in the order of the steps."""
    assert_same(
        parse_log(ARTICLE),
        Log(
            np.array([[0.0114, -0.0007], [0.075, -0.1024]]),
            np.array([0, 0.1263]),
            np.array([[-21.2, 33.9], [-18.3, 30.1]]),
            np.array([-42.1, -39.5]),
        ),
    )


@pytest.mark.sample(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [1, 2, 3, 17])
@pytest.mark.parametrize("shape", [(-1, 1), (1, -1), (-1,)])
@pytest.mark.parametrize("sci_mode", [None, True, False])
@pytest.mark.parametrize("linewidth", [80, 30])
def test_a_loop_of_torch_is_read_exactly(dtype, d, shape, sci_mode, linewidth):
    """Columns, rows and 1-D; either notation; wrapped lines; with and without a dtype."""
    w = torch.full((d,), 0.01, dtype=dtype).reshape(shape).requires_grad_()
    b = torch.zeros(() if d == 1 else 1, dtype=dtype, requires_grad=True)
    with printing(precision=20, sci_mode=sci_mode, linewidth=linewidth):
        text, path = train(w, b, steps=4)
    assert ("dtype=torch.float64" in text) == (dtype == torch.float64)
    assert ("e-" in text) >= (sci_mode is True)
    assert_same(parse_log(text), path)


@pytest.mark.parametrize("d", [1, 2, 40])
@pytest.mark.parametrize("linewidth", [10, 30, 80])
def test_a_grad_fn_is_passed_over_wherever_it_is_wrapped(d, linewidth):
    """A w that was computed prints grad_fn=<…>, alone on its line or not."""
    w = torch.arange(1.0, d + 1, dtype=torch.float64, requires_grad=True) * 2
    text = printed("w: ", w, linewidth=linewidth)
    assert "dtype=torch.float64" in text
    assert "grad_fn=<MulBackward0>)" in text
    assert_same(parse_log(text), Log(np.array([w.tolist()]), None, None, None))


@pytest.mark.parametrize(
    "suffix",
    [
        ", device='cuda:0'",
        ", device='mps:0', grad_fn=<SubBackward0>",
        ", device='cuda:0', dtype=torch.float64,\n       requires_grad=True",
        ",\n       dtype=torch.bfloat16, grad_fn=<torch::autograd::CppNode<Scale>>",
    ],
)
def test_every_suffix_is_passed_over(suffix):
    """Devices that this machine has not, in any combination and on any line."""
    text = ARTICLE.replace(", requires_grad=True", "").replace(")\n", f"{suffix})\n")
    assert text.count(suffix) == 8
    assert_same(parse_log(text), parse_log(ARTICLE))


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        *((r":  tensor", f":{blanks}tensor") for blanks in ("", " ", "\t", "   ", "\n")),
        *((r"(?m)^w", f"{x}w") for x in ("    ", "\t", "\r 50%|███  | 1/2 [00:01<00:01]\r")),
        (r"\n", "\r\n"),
    ],
)
def test_blanks_and_line_breaks_do_not_matter(pattern, replacement):
    """After the colon, before the label, or a progress bar before it; CRLF of Windows."""
    assert_same(parse_log(re.sub(pattern, replacement, ARTICLE)), parse_log(ARTICLE))


def test_other_lines_are_passed_over_look_alikes_too():
    """Prints, bars, blank lines, and labels that only end in w: or name something else."""
    noise = """
epoch 1, loss 0.035 (best)
100%|██████████| 100/100 [00:00<00:00, 1.2it/s]

raw:  tensor([[9.], [9.]])
new_w:  tensor([[9.], [9.]])
# w:  tensor([[9.], [9.]])
- w: tensor(9.)
the true w : tensor([9.])
true w: 2.0, b: 4.2
Linear(in_features=2, out_features=1, bias=True)
batch size b = 10, learning rate 0.03, m: 1000
w.grad.norm(): tensor(9.)
loss: tensor(9., grad_fn=<MeanBackward0>)
error in estimating w: tensor([ 0.0003, -0.0004], grad_fn=<SubBackward0>)
error in estimating b: tensor([0.0004], grad_fn=<RsubBackward1>)
"""
    text = noise + re.sub(r"\)\n", lambda m: m[0] + noise, ARTICLE)
    assert_same(parse_log(text), parse_log(ARTICLE))


def test_nan_and_infinity_are_read():
    """A log of a training that diverged is a log."""
    w = torch.tensor([[float("nan")], [float("-inf")], [float("inf")], [-0.0]])
    log = parse_log(printed("w: ", w))
    np.testing.assert_array_equal(log.w, [[np.nan, -np.inf, np.inf, -0.0]])
    assert np.signbit(log.w[0, 3])


def test_each_tensor_has_its_own_notation():
    """Integers, fixed and scientific, one after the other; what is not in the log is None."""
    tensors = [[1.0, 200.0], [0.5, -2.25], [1e-7, 3.0], [5e9, 1e-9]]
    text = "".join(printed("w: ", torch.tensor(w).reshape(2, 1)) for w in tensors)
    assert all(part in text for part in ("[  1.]", "[-2.2500]", "[3.0000e+00]"))
    text += printed("w:", torch.tensor([1, -2]))
    assert_same(parse_log(text), Log(np.array([*tensors, [1.0, -2.0]]), None, None, None))


def test_values_may_come_before_gradients():
    """print w, print b, then both gradients: told apart by their lengths."""
    lines = re.split(r"(?m)^(?=w)", FIRST)[1:]
    swapped = "".join(lines[i] for i in (0, 2, 1, 3))
    assert_same(parse_log(swapped), parse_log(FIRST))


@pytest.mark.parametrize(("w", "b"), [("[[2.]]", "[4.]"), ("[[2.]]", "4."), ("[2.]", "4.")])
def test_one_weight_is_told_from_the_bias_by_its_shape(w, b):
    """The weights come first and nest deeper: no warning is due."""
    log = parse_log(
        f"w: tensor({w})\nw.grad: tensor({w})\nw: tensor({b})\nw.grad: tensor({b})\n" * 2
    )
    assert_same(log, Log(*(np.array(x) for x in ([[2.0]] * 2, [4.0] * 2, [[2.0]] * 2, [4.0] * 2))))


@pytest.mark.parametrize("tensor", ["tensor([[2.]])", "tensor([2.])", "tensor(2.)"])
def test_one_weight_that_might_be_a_bias_is_read_with_a_warning(tensor):
    """Where all records look alike, nobody can tell; one record, or a label b:, is clear."""
    with pytest.warns(UserWarning, match="^all records from line 2 on .*; .* under the label b:"):
        log = parse_log(f"\nw: {tensor}\nw: {tensor}\n")
    assert_same(log, Log(np.array([[2.0], [2.0]]), None, None, None))
    assert parse_log(f"w: {tensor}\n").b is None
    assert_same(
        parse_log(f"w: {tensor}\nb: {tensor}\n" * 2),
        Log(np.array([[2.0], [2.0]]), np.array([2.0, 2.0]), None, None),
    )


@pytest.mark.parametrize("text", ["w: tensor([2.])\n" * 2, "w: tensor([2.])\nw: tensor(["])
def test_a_warning_points_at_the_caller(text):
    """Not at the reader's own lines."""
    with pytest.warns(UserWarning, match=r"^(all records from )?line \d") as caught:
        parse_log(text)
    assert caught[0].filename == __file__


PLACES = {  # where in the second step the log ends: the line named, and whether w and b are whole
    "w:": (7, False, False),
    "w.grad:": (9, True, False),
    "b:": (11, True, False),
    "b.grad:": (12, True, True),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("characters", [0, 1, 5, 14])
def test_a_log_cut_off_in_a_tensor_keeps_what_is_whole(place, characters):
    """The steps before, and of the last one its w and b; a b that was not printed is nan."""
    line, has_w, has_b = PLACES[place]
    starts = [m.end() for m in re.finditer(r"(?m)^w(\.grad)?: ", ARTICLE)]
    text = ARTICLE[: starts[4 + list(PLACES).index(place)] + characters]
    with pytest.warns(UserWarning, match=rf"^line {line}: the tensor after w(\.grad)?: is cut off"):
        log = parse_log(text)
    whole = parse_log(ARTICLE)
    points = 1 + has_w
    np.testing.assert_array_equal(log.w, whole.w[:points])
    np.testing.assert_array_equal(log.b, [*whole.b[: 1 + has_b], *[np.nan] * (has_w - has_b)])
    np.testing.assert_array_equal(log.grad_b, whole.grad_b[:1])
    np.testing.assert_array_equal(log.grad_w, whole.grad_w[: 1 + (place in ("b:", "b.grad:"))])


@pytest.mark.parametrize("at", range(len(FIRST), ARTICLE.rindex(")") + 1))
def test_a_log_cut_off_anywhere_keeps_its_whole_steps(at):
    """Wherever the second step ends too early, the first is kept, and a warning says so."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        log = parse_log(ARTICLE[:at])
    assert len(caught) == (at >= len(FIRST) + len("w:"))
    assert all(re.search("the 1 complete step", str(w.message)) for w in caught)
    for got, want in zip(parts_of(log), parts_of(parse_log(ARTICLE)), strict=True):
        np.testing.assert_array_equal(got[:1], want[:1])
        unknown = np.isnan(got)
        np.testing.assert_array_equal(got[~unknown], want[: len(got)][~unknown])


@pytest.mark.parametrize("final", ["w: {}b: {}", "final w: {}final b: {}", "w: {}w: {}"])
def test_a_last_record_without_gradients_is_the_point_after_the_last_step(final):
    """As the end of training prints it: T + 1 points, T gradients, no warning."""
    log = parse_log(ARTICLE + final.format("tensor([[0.1], [-0.2]])\n", "tensor([0.25])\n"))
    whole = parse_log(ARTICLE)
    np.testing.assert_array_equal(log.w, [*whole.w, [0.1, -0.2]])
    np.testing.assert_array_equal(log.b, [*whole.b, 0.25])
    np.testing.assert_array_equal(log.grad_w, whole.grad_w)
    np.testing.assert_array_equal(log.grad_b, whole.grad_b)


def test_two_weights_may_change_their_shape():
    """A column, then a row: nothing else has two numbers."""
    log = parse_log("w:  tensor([[1.],\n        [2.]])\nw:  tensor([3., 4.])\n")
    np.testing.assert_array_equal(log.w, [[1, 2], [3, 4]])


def test_the_warning_names_the_line_of_the_record_that_is_cut_off():
    """Also within `Parameter containing:`, and where other lines follow."""
    for end in [
        "w: tens",
        "w: Parameter contai",
        "w:",
        "w: Parameter containing:\ntensor([[1.",
        "w: tensor([[1.],\nTraceback (most recent call last):\n  File 'a.py'\n",
    ]:
        with pytest.warns(UserWarning, match=r"line 13: the tensor after w(\.grad)?: is cut off"):
            assert_same(parse_log(ARTICLE + end), parse_log(ARTICLE))


def test_a_first_step_that_is_cut_off_keeps_its_whole_records():
    """One whole record and half a gradient: w, and nothing else."""
    with pytest.warns(UserWarning, match="line 3: .*cut off"):
        log = parse_log(ARTICLE[:80] + "1")
    assert_same(log, Log(np.array([[0.0114, -0.0007]]), None, None, None))


W, G, B = "w: tensor([[1.], [2.]])\n", "w.grad: tensor([[1.], [2.]])\n", "w: tensor([3.])\n"
P = "tensor([[0.5]], requires_grad=True)"
NONE = "no record, no label and no tensor; a log must contain w and b, .* as print"
VALUE = "must come a tensor, an array or a number, got"
FORM = r"must be a column \(d, 1\), row \(1, d\), 1-D or 0-d of real numbers, got"
CUT = "the tensor after w: is cut off"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NONE),
        (
            "loss 3\nraw: tensor([1.])\n",
            r"no record; line 2: 'raw: tensor\(\[1.\]\)' comes near; a",
        ),
        (ARTICLE[:20], f"line 1: {CUT}; a log must contain"),
        (W + "w: tensor([[1.],\n" + W, f"line 2: {CUT}, and not the last; complete"),
        (W + "w:\n" + W, f"line 2: after w: {VALUE} 'w: tensor"),
        (W + "w: tensor([1., 2.)\n", rf"line 2: .* w: {FORM} \[n,n; print w\.float"),
        (W + "w: tensor(" + "x" * 50 + ")\n", f"line 2: .* w: {FORM} 'x{{40}}'; print"),
        (W + "w: [[[1.0, 2.0]]]\n", rf"line 2: .* w: {VALUE} '\[\[\[1.0, 2.0\]\]\]'; print"),
        (W + "w.grad: None\n", rf"line 2: .* w.grad: {VALUE} 'None'; .*after backward\(\)"),
        (W + "w: [[1., 2.], [3., 4.]]\n", r"line 2: the array after w: must .*\[\[n,n\],\[n,n\]\]"),
        (W + "w: [0. 1. ... 8. 9.]\n", "line 2: the array after w: is summarised by"),
        ("w: tensor([1.]), tensor([0.])\n", "line 1: one value must follow w, got several; print"),
        ("w: 0.5, 0.25, b: 1\n", "line 1: one value must follow w, .* weights in brackets"),
        ("w: tensor([[1., 2.], [3., 4.]])\n", rf"line 1: .* w: {FORM} \[\[n,n\],\[n,n\]\]; print"),
        ("w: tensor([])\n", rf"line 1: .* w: {FORM} \[\]; print"),
        ("w: tensor([1.+2.j, 0.+0.j])\n", rf"line 1: .* w: {FORM} '1\.\+2\.j'; print"),
        ("w: tensor([1., ١])\n", f"line 1: .* w: {FORM} '١'; print"),
        ("w: tensor([1.], layout=torch.sparse)\n", f"line 1: .* w: {FORM} 'layout=torch.sparse'"),
        (W + "w: tensor([1., 2., 3.])\n", "line 2: w: has 3 .* 1 bracket.* at line 1 2 in 2; "),
        (W + G + W + "w.grad: tensor([1., 2., 3.])\n", "line 4: w.grad: has 3 .* line 1 2 in 2; "),
        ("w: tensor([3.])\nw: tensor([[1.]])\n", "line 2: w: has 1 .* 2 bracket.* line 1 1 in 1; "),
        (G + W, "line 1: w.grad: must come once in a step, after its w:; print"),
        ("b: tensor([3.])\n" + W, "line 1: b: must come once in a step, after its w:; "),
        (W + G + G, "line 3: w.grad: must come once in a step, "),
        (W + W + G, r"line 2: the step contains w, w.grad, but the first \(line 1\) w; print"),
        (W + G + B + W + B + W, r"line 4: .* w, b, but the first \(line 1\) w, w.grad, b; "),
        ("\r\n\r\n" + W + "w: one\n", f"line 4: after w: {VALUE} 'one'; print"),
        ("\n" + G + "loss 3\n", r"line 2: w.grad must come with a w, got a log without; "),
        ("w1: 1 w3: 2 b: 0\n", "line 1: weights one by one must be w1, w2, .* got w1, w3; "),
        ("w0: 1 w1: 2\n", "line 1: w0 may be a bias or a weight; print a bias as b"),
        ("0.weight 1\n0.bias 1\n1.weight 1\n", r"line 3: 1.weight and 0.weight \(line 1\) are two"),
        ("weights: [1 2]\nweights: 3\n", "line 2: weights: has 1 .* at line 1 2 in 1; "),
        (2 * (P + " " + P + "\n"), "line 1: parameters without labels must have shapes that tell"),
        (G[8:] + "tensor([4.])\n", "no record; line 1: 'tensor.* comes near; .* may be gradients"),
        (
            "epoch 1, loss 0.3\nerror in estimating w: tensor([0.1, 0.2])\n",
            "no record; line 2: 'error in estimating w: tensor.* comes near; ",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, message):
    """Each for its own reason, and with the line where it stands."""
    with pytest.raises(ValueError, match=f"^{message}"):
        parse_log(text)


@pytest.mark.parametrize("shape", [(1001,), (1001, 1), (1, 1001)])
def test_a_summarised_tensor_is_refused(shape):
    """Data are missing; with the threshold that the error names, all are printed and read."""
    w = torch.arange(1001.0).reshape(shape)
    with pytest.raises(ValueError, match=r"^line 1: .* summarised .*; print after .*threshold"):
        parse_log(printed("w: ", w))
    log = parse_log(printed("w: ", w, threshold=float("inf")))
    np.testing.assert_array_equal(log.w, [np.arange(1001)])


FORMS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


def encoded(text, encoding):
    """The bytes of a file; UTF-16 begins with a byte-order mark."""
    return (text if encoding in FORMS[:3] else "\ufeff" + text).encode(encoding)


@pytest.mark.parametrize("encoding", FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_is_read_in_each_encoding(tmp_path, encoding, newline):
    """UTF-8 with and without a byte-order mark and UTF-16 with one, as PowerShell writes it."""
    text = f"epoch 1 ██ ŷ{newline}" + ARTICLE.replace("\n", newline)
    path = tmp_path / "log.txt"
    path.write_bytes(encoded(text, encoding))
    assert read_text(path) == read_text(str(path)) == text
    assert_same(parse_log(read_text(path)), parse_log(ARTICLE))


@pytest.mark.parametrize("encoding", FORMS)
def test_a_file_that_ends_within_a_character_is_read_up_to_it(tmp_path, encoding):
    """Logs are cut off at any byte, and what is no character stands for itself."""
    path = tmp_path / "log.txt"
    path.write_bytes(encoded(ARTICLE + "█", encoding)[:-1])
    assert read_text(path) == ARTICLE + "\ufffd"


def test_a_mark_within_a_text_is_passed_over():
    """Of a text that somebody else read, or of files put one after the other."""
    assert_same(parse_log("\ufeff" + FIRST + "\ufeff" + SECOND), parse_log(ARTICLE))


@pytest.mark.parametrize("text", [ARTICLE, "w: tensor([1.])", "\n", "a\rb"])
def test_a_text_is_its_own_text(text):
    """A line break or tensor( makes a str a text."""
    assert read_text(text) == text


def test_a_missing_file_is_named():
    """As by `open`."""
    with pytest.raises(FileNotFoundError, match=r"no-such\.log"):
        read_text("no-such.log")


@pytest.mark.parametrize("source", [b"w: tensor([1.])\n", None, 3, ["w: tensor([1.])\n"]])
def test_what_is_neither_path_nor_text_is_refused(source):
    """Bytes above all."""
    got = type(source).__name__
    with pytest.raises(TypeError, match=f"^path_or_text must be .*, got {got}; decode bytes"):
        read_text(source)


JUNK = st.text(
    alphabet=st.one_of(st.sampled_from("wb:.[](),-+0123456789e \n\r\t\ufeff"), st.characters())
)
PIECES = st.sampled_from(
    [
        *("w:", "w.grad:", "b:", "b.grad:", "tensor(", "tensor([", "[[1.],[2.]]", "[", "]", "])"),
        *(")", "1.", "nan", "-inf", "1e5", ",", "...", "requires_grad=True", "dtype=torch.float64"),
        *("None", "grad_fn=<A>", "loss", " ", "\n", "\n", "Parameter containing:\n", W, W, G, B),
    ]
)


@settings(deadline=None)
@given(
    st.one_of(JUNK, st.lists(st.one_of(PIECES, JUNK)).map("".join), st.lists(PIECES).map("".join))
)
def test_any_text_is_a_log_or_a_value_error(text):
    """Nothing else is raised, and a Log has as many rows everywhere, and no bias made up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            log = parse_log(text)
        except ValueError:
            return
    assert log.w.ndim == 2
    assert len(log.w) >= 1
    assert all(x is None or x.shape == log.w.shape[: x.ndim] for x in parts_of(log))


def test_large_logs_are_read_in_linear_time():
    """Made to mislead a backtracking reader, which would take many minutes: after two it is ended."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("not read in linear time"))
    signal.alarm(120)
    try:
        n = 100_000
        w, b = np.arange(n // 80 * 2.0).reshape(-1, 2) / 7, np.arange(n // 80 * 1.0)
        assert len(parse_log("".join(format_log(w, b, w, b))).w) == n // 80
        noise = np.random.default_rng(0).choice(list("wb.:grad tensor([]),\n"), n)
        for text in [
            "".join(noise),
            "w: tensor(" + "1" * n + "x)",
            "w: tensor(" + "[" * (n // 10) + ")",
            "w: tensor(1." + ",grad_fn=<" * (n // 10) + ")",
            "w: tensor(1." + ",requires_grad=True" * (n // 19) + "x)",
            "w:" + " " * n,
            " " * n + "\r " * n,
            "w: " + "Parameter containing:\n" * (n // 22),
        ]:
            with pytest.raises(ValueError, match=r"line|no record"):
                parse_log(text)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


FLOATS = st.one_of(
    st.floats(),
    st.floats(-1000, 1000),
    st.integers(-2000, 2000).map(float),
    st.sampled_from([0.0, -0.0, 1e-4, 9.9999e-5, 1e8, 1e8 + 8, 1000.0, 1000.5, 0.5, 2.5, 5e-324]),
)


def paths(width: int = 64) -> st.SearchStrategy[list[np.ndarray]]:
    """w, b, grad_w, grad_b of T steps and d weights."""

    def of(shape: tuple[int, int]) -> st.SearchStrategy[list[np.ndarray]]:
        t, d = shape
        kinds = FLOATS if width == 64 else FLOATS.map(lambda x: float(_float32(x)))
        flat = st.lists(kinds, min_size=t * (2 * d + 2), max_size=t * (2 * d + 2))
        cuts = [t * d, t * d + t, 2 * t * d + t]
        shapes = [(t, d), (t,), (t, d), (t,)]
        return flat.map(
            lambda x: [
                a.reshape(s) for a, s in zip(np.split(np.array(x), cuts), shapes, strict=True)
            ]
        )

    return st.tuples(st.integers(1, 3), st.integers(1, 5)).flatmap(of)


def _float32(x: float) -> np.float32:
    with np.errstate(over="ignore"):
        return np.float32(x)


def torch_prints(path: list[np.ndarray], dtype: torch.dtype, precision: int) -> str:
    """The article's loop, given what it would have computed."""
    out = io.StringIO()
    w, b, grad_w, grad_b = (torch.from_numpy(x).to(dtype) for x in path)
    with printing(dtype, precision=precision, threshold=float("inf")):
        for t in range(len(w)):
            params = [
                (w[t].reshape(-1, 1), grad_w[t].reshape(-1, 1)),
                (b[t : t + 1], grad_b[t : t + 1]),
            ]
            for param, grad in params:
                print("w: ", param.clone().requires_grad_(), file=out)
                print("w.grad: ", grad, file=out)
    return out.getvalue()


@pytest.mark.parametrize(("width", "dtype"), [(64, torch.float64), (32, torch.float32)])
@settings(deadline=None)
@given(data=st.data(), precision=st.integers(0, 70))
def test_what_is_written_is_what_torch_prints(width, dtype, data, precision):
    """Byte for byte, for every value, shape and precision, in double and single precision."""
    path = data.draw(paths(width))
    text = torch_prints(path, dtype, precision)
    assert "".join(format_log(*path, precision=precision)) == text
    same = [x.astype(f"f{width // 8}") for x in path]
    assert "".join(format_log(*same, precision=precision)) == text


def test_weights_are_never_summarised():
    """1,001 weights, where torch would leave out most."""
    w = np.arange(1001.0)[None] / 8
    text = "".join(format_log(w))
    assert text == printed(
        "w: ", torch.tensor(w[0]).float().reshape(-1, 1).requires_grad_(), threshold=float("inf")
    )
    np.testing.assert_array_equal(parse_log(text).w, w)


@settings(deadline=None)
@given(paths())
def test_precision_20_keeps_every_float64(path):
    """Written and read back, the path is the same, bit for bit, the signs of zeros too."""
    log = parse_log("".join(format_log(*path, precision=20)))
    assert_same(log, Log(*path))
    for got, want in zip(parts_of(log), path, strict=True):
        finite = ~np.isnan(want)  # nan has a sign that nobody prints
        np.testing.assert_array_equal(np.signbit(got)[finite], np.signbit(want)[finite])


@settings(deadline=None)
@given(paths(width=32))
def test_precision_12_keeps_every_float32(path):
    """Nine digits tell two float32 apart."""
    log = parse_log("".join(format_log(*path, precision=12)))
    with np.errstate(over="ignore"):
        assert_same(Log(*(x.astype(np.float32).astype(float) for x in parts_of(log))), Log(*path))


@given(paths(), st.sampled_from([(0,), (0, 1), (0, 2), (0, 1, 2), (0, 1, 3)]), st.booleans())
def test_what_is_not_given_is_not_written(path, which, last_point):
    """None in, None out; the point after the last step is not printed among gradients."""
    assume(path[0].shape[1] > 1)
    given_ = [x if i in which else None for i, x in enumerate(path)]
    grown = last_point and (2 in which or 3 in which)
    longer = [
        np.concatenate([x, x[:1]]) if grown and i < 2 and x is not None else x
        for i, x in enumerate(given_)
    ]
    assert_same(parse_log("".join(format_log(*longer, precision=20))), Log(*given_))


@pytest.mark.parametrize("precision", [-1, 1075, 10**30, True, np.bool_(True), 2.0, "4", None])
def test_a_precision_is_an_integer_that_some_number_has(precision):
    """The smallest float64 has 1074 digits; also one of NumPy's integers."""
    message = re.escape(f"precision must be an integer from 0 to 1074, got {precision!r}; ")
    with pytest.raises(ValueError, match=f"^{message}"):
        format_log([[1.0]], precision=precision)
    (log,) = parse_log("".join(format_log([[5e-324]], precision=np.int16(1074)))).w
    assert log.tolist() == [5e-324]
