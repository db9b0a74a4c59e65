"""What tests of a course see of the catalogue's own programs: two cases, gradcheck, final weights.

Each program is called in this process, as its author would, in the call that the checker finds.
"""

from __future__ import annotations

import contextlib
import io
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from linreg_np import loss
from reference import check
from reference.checker.call_plan import CallPlan, Problem
from reference.checker.check import source_of
from reference.checker.choose_call import choose_call
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.diagnosis.faults.fault import Fault
from reference.checker.expected import Expected
from reference.checker.loading import Program
from reference.checker.output import Reading, parse_output
from reference.checker.sandbox import definitions, invoke, worker
from reference.checker.sandbox.messages import decode
from reference.checker.session import trials_of_problem

NO_ANSWER = ("timeout", "crash")  # which every test sees
RATES = (0.3, 0.1, 0.03, 0.01, 0.003)  # a user tries several until one converges
STEPS = 400


class Subject(NamedTuple):
    """A program of the catalogue, and how it is called."""

    fault: Fault
    function: Any
    plan: CallPlan
    reading: Reading | None

    def answer(self, problem: Problem) -> Any:
        """Its raw answer."""
        return next(Local(self.function).ask([self.plan.request(problem)]))

    def numbers(self, problem: Problem) -> Any:
        """w and b, the gradient, the loss or ŷ as one vector; None where they have another form."""
        output = parse_output(self.plan, self.reading, problem, self.answer(problem))
        return None if output.fault else output.vector


class Local:
    """What a process of its own is for other programs: these are called here."""

    def __init__(self, function: Any) -> None:
        self.functions = {function.__name__: function}

    def ask(self, requests: Sequence[dict[str, Any]], *_: Any) -> Iterator[Any]:
        """The answers, one after the other."""
        for request in requests:
            yield decode(worker.reported(partial(invoke.call, self.functions, request), ""))

    def close(self) -> None:
        """There is nothing to close."""


def subjects() -> list[Subject]:
    """The first program of each fault that gives an answer."""
    faults = [f for f in CATALOGUE if f.name not in NO_ANSWER and f.sources]
    with quiet():
        return [subject(f, loaded(f.sources[0], f.name)) for f in faults]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let programs print, and divide by zero, unseen."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def loaded(source: str, name: str) -> Any:
    """What a source defines last."""
    module = sys.modules[f"_{name}"] = types.ModuleType(f"_{name}")
    exec(compile(source, f"<{name}>", "exec"), vars(module))
    return list(vars(module).values())[-1]


def subject(fault: Fault, function: Any) -> Subject:
    """A program in the call that is understood, or else in the likeliest one."""
    found = definitions.describe(function.__name__, function, {})
    program = Program("", source_of(function)).with_definitions([found])
    definition = program.definitions[0]
    losses = (fault.declared_loss,)
    choice = choose_call(Local(function), definition, losses, 0, float("inf"))
    call, first = choice.call, choice.first
    plan = call.plan if call else first.plan if first else CallPlan(function.__name__, "", ())
    return Subject(fault, function, plan, call.reading if call else None)


def two_cases(plan: CallPlan) -> list[Problem]:
    """Two fixed cases of a few whole numbers, in one batch, as in the tests of a course."""
    X = np.array([[1.0, 2], [3, -1], [0, 4], [2, 2]])
    y, w = np.array([3.0, -2, 7, 5]), np.array([1.0, -2])
    d, n = plan.layout.d or 2, plan.layout.n or 4
    one = Problem(X[:n, :d], y[:n], w[:d], np.float64(0.5), lr=0.1, iters=2)
    return [one, one._replace(X=X[:n, :d] - 1, y=-y[:n], b=np.float64(-1), lr=0.01, iters=3)]


def passes_two_cases(s: Subject) -> bool:
    """Whether `np.allclose` finds its answers to two fixed cases right."""
    with np.errstate(all="ignore"):
        return all(is_close(s, p) for p in two_cases(s.plan))


def is_close(s: Subject, p: Problem) -> bool:
    """Whether the answer to one case is close to the exact one; of a trainer, after its steps."""
    if s.plan.kind != "trainer":
        case = trials_of_problem(s.plan, s.reading, s.fault.declared_loss, 0, p, [s.answer(p)])[0]
        got, wanted = s.numbers(p), case.expected.rounded
    else:
        start = p if s.plan.starts else p._replace(w=0 * p.w, b=np.float64(0))
        got, wanted = s.numbers(p), after_steps(s.plan, start, s.fault.declared_loss)
    return got is not None and got.shape == wanted.shape and bool(np.allclose(got, wanted))


def after_steps(plan: CallPlan, p: Problem, convention: str) -> Any:
    """Where the iterations of plain descent lead."""
    for _ in range(p.iters):
        theta = Expected(plan, p, convention).rounded
        p = p._replace(w=theta[:-1], b=theta[-1])
    return np.append(p.w, p.b)


def passes_gradcheck(s: Subject) -> bool | None:
    """Whether `torch.autograd.gradcheck` finds a gradient right; None for what is no gradient."""
    import torch

    if s.plan.kind != "gradient" or s.reading is None:
        return None
    (case, _), c = two_cases(s.plan), Expected(s.plan, two_cases(s.plan)[0], s.fault.declared_loss)

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, theta: Any) -> Any:
            ctx.theta = theta.detach().numpy()
            return torch.tensor(c.factor * loss(case.X, case.y, ctx.theta[:-1], ctx.theta[-1]))

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            at = case._replace(w=ctx.theta[:-1], b=ctx.theta[-1])
            return upstream * torch.as_tensor(s.numbers(at).reshape(ctx.theta.shape))

    theta = torch.tensor(np.append(case.w, case.b), requires_grad=True)
    try:
        return bool(torch.autograd.gradcheck(Loss.apply, (theta,), raise_exception=False))
    except Exception:  # it raised, or gave numbers of another form
        return False


def passes_final_weights(s: Subject, seed: int = 0) -> bool | None:
    """Whether training with it ends within 1 part in 1,000 of least squares, at some rate.

    None for what does not train.
    """
    if s.plan.kind not in ("gradient", "step", "trainer") or s.plan.layout.n or s.plan.given:
        return None
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(50, s.plan.layout.d or 2))
    y = X @ [2, -3.4][: X.shape[1]] + 4.2 + rng.normal(0, 0.01, 50)
    best = np.linalg.lstsq(np.column_stack([X, np.ones(50)]), y, rcond=None)[0]
    start = Problem(X, y, np.zeros(X.shape[1]), np.float64(0))
    with np.errstate(all="ignore"):
        return any(ends_at(s, start._replace(lr=lr), best) for lr in RATES)


def ends_at(s: Subject, p: Problem, best: Any) -> bool:
    """Whether so many steps with this learning rate lead to these weights."""
    if s.plan.kind == "trainer":
        found = s.numbers(p._replace(iters=STEPS))
        return found is not None and bool(np.allclose(found, best, rtol=1e-3, atol=0))
    theta = np.append(p.w, p.b)
    for _ in range(STEPS):
        found = s.numbers(p._replace(w=theta[:-1], b=theta[-1]))
        if found is None or found.shape != theta.shape or not np.isfinite(found).all():
            return False
        theta = found if s.plan.kind == "step" else theta - p.lr * found
    return bool(np.allclose(theta, best, rtol=1e-3, atol=0))


def passes_this_checker(s: Subject) -> bool:
    """Whether the checker of this project finds nothing wrong."""
    report = check(s.function, loss=s.fault.declared_loss, max_examples=40, hint=0)
    return not any(c.verdict == "wrong" for c in report.checks)


TESTS: dict[str, Callable[[Subject], bool | None]] = {
    "torch gradcheck": passes_gradcheck,
    "np.allclose, two cases": passes_two_cases,
    "final weights": passes_final_weights,
    "this checker": passes_this_checker,
}


def let_through(found: Sequence[Subject]) -> dict[str, tuple[int, list[str]]]:
    """By each test: how many programs it can be applied to, and the names of those that pass it."""
    told = {}
    for name, passes in TESTS.items():
        with quiet():
            results = [(s.fault.name, passes(s)) for s in found]
        told[name] = (
            sum(passed is not None for _, passed in results),
            [fault for fault, passed in results if passed],
        )
    return told
