"""Programs that are called in the process of the tests, in place of one of their own."""

from functools import partial

import numpy as np

from reference.checker.check import source_of
from reference.checker.choose_call import choose_call
from reference.checker.command import parallel
from reference.checker.loading import Program
from reference.checker.output import Reading, readings
from reference.checker.plans import plans
from reference.checker.problem_set import distinguishing_problems
from reference.checker.sandbox import definitions, invoke, worker
from reference.checker.sandbox.messages import SubjectTerminated, decode
from reference.checker.session import ask, make_evaluate, trials_of_problem

FOREVER = float("inf")
CASES = distinguishing_problems(0)[:20]
CASES.append(CASES[0]._replace(w=CASES[0].w * [0, 1, 1]))  # no division by a weight of 0


class InProcess:
    """What `Process` is for a file; `requests` has all that was asked."""

    def __init__(self, program, dies_at=None):
        self.functions = {program.__name__: program}
        self.dies_at, self.requests, self.closed = dies_at, [], False

    def ask(self, requests):
        """The answers, one after the other."""
        for request in requests:
            self.requests.append(request)
            if len(self.requests) == self.dies_at:
                raise SubjectTerminated("crash", "it died")
            yield decode(worker.reported(partial(invoke.call, self.functions, request), ""))

    def close(self):
        """Note it."""
        self.closed = True


def check_here(targets, options, jobs, progress):
    """What `check_several` does, one file after the other."""
    reports = []
    for target in targets:
        reports.append(parallel.check_one(target, options, progress.of(target.name)))
        progress.done += 1
    return reports


def definition_of(program):
    """What is known of a function or class from its name, parameters and source."""
    found = definitions.describe(program.__name__, program, {})
    return Program("", source_of(program)).with_definitions([found]).definitions[0]


def chosen(program, losses=("half-mse",), process=None):
    """The choice of a call."""
    process = process or InProcess(program)
    return choose_call(process, definition_of(program), losses, 0, FOREVER)


def evaluate_of(program, losses=("half-mse",), dies_at=None):
    """`evaluate` for a program in the call that is chosen."""
    choice = chosen(program, losses)
    return make_evaluate(InProcess(program, dies_at), choice.call, FOREVER)


def usual_plan(program, kind=""):
    """The likeliest plan for a program; the likeliest of that kind."""
    found = plans(definition_of(program))
    return next(p for p in found if kind in ("", p.kind) and not p.layout.d and not p.layout.n)


def answers(program, kind="", cases=None, loss="half-mse"):
    """The trials of a program in its usual call, whether they are right or not."""
    plan, cases = usual_plan(program, kind), cases or CASES
    pairs = list(ask(InProcess(program), plan, cases))
    each = [(p, a) for p, group in pairs for a in group]
    found = readings(plan, definition_of(program), each)
    reading = found[0] if found else usual_reading(plan)
    trials = [trials_of_problem(plan, reading, loss, i, *pair) for i, pair in enumerate(pairs)]
    return [t for of_problem in trials for t in of_problem if t.plan.name == plan.name]


def usual_reading(plan):
    """w and b of a pair, or the only part of an answer."""
    pair = plan.kind in ("gradient", "step", "trainer") and not plan.theta
    return Reading(("", ("0",)), ("", ("1",))) if pair else Reading(joint=("", ()), order="bw")


def right(X, y, w, b):
    """1.3f."""
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


def gradient_descent(X, y, w, b, lr, n_iters):
    """Steps of 1.3g and 1.3h, with all samples."""
    for _ in range(n_iters):
        grad_w, grad_b = right(X, y, w, b)
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


class Model:
    """The same as a class, from zero."""

    def __init__(self, lr, n_iters):
        self.lr, self.n_iters = lr, n_iters

    def fit(self, X, y):
        """Train."""
        start = np.zeros(X.shape[1]), 0.0
        self.w, self.b = gradient_descent(X, y, *start, self.lr, self.n_iters)

    def predict(self, X):
        """1.1b."""
        return X @ self.w + self.b
