"""The process of the code under test: it gets arguments alone, and imports nothing of the checker.

Requests come as pickles. The answer to each is a line of JSON, which can carry names and numbers
but nothing that runs. stdin, stdout and stderr are redirected to /dev/null. `process` starts this
file as a script, or forks into `serve_fork`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import gc
import importlib
import importlib.util
import inspect
import itertools
import json
import os
import pickle
import random
import sys
import traceback
import warnings
from typing import Any

import numpy as np

MAX_NUMBERS = 10_000  # in an array of an answer; a prediction here has 40
MAX_PARTS = 100  # arrays in an answer
MAX_MEMORY = 4 << 30  # bytes; more is a MemoryError
WEIGHTS = ("weights", "w", "W", "coef_", "weight", "theta", "theta_")
BIASES = ("bias", "b", "intercept_", "intercept")


def serve_fork(functions: dict[str, Any]) -> None:
    """Serve functions in the child that `Popen` forked, in place of the program that it would run.

    Popen waits until all files that the child inherited are closed, and has stopped the collector.
    """
    try:
        os.closerange(3, max(map(int, os.listdir("/dev/fd"))) + 1)
        gc.enable()
        main(functions)
    finally:
        os._exit(0)


def main(functions: dict[str, Any]) -> None:
    """Answer requests from stdin on stdout, and redirect these for the code under test."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    isolate()
    serve(requests, answers, functions)


def serve(requests: Any, answers: Any, functions: dict[str, Any]) -> None:
    """Answer requests: (file, name) to import, and (name, calls, tensors), with a line a call."""
    own, functions, file = os.getpid(), dict(functions), ""
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        if len(request) == 2:
            file = request[0]
            jobs: list[Any] = [functools.partial(load, *request, functions)]
        else:
            name, calls, tensors = request
            f = training(functions[name]) if inspect.isclass(functions[name]) else functions[name]
            jobs = [functools.partial(call, f, *arguments, tensors) for arguments in calls]
        for job in jobs:
            line = json.dumps(reported(job, file)).encode() + b"\n"
            exit_unless(own)
            answers.write(line)
            answers.flush()


def exit_unless(pid: int) -> None:
    """Exit if this is a fork that the code under test made and forgot."""
    if os.getpid() != pid:
        os._exit(0)


def isolate() -> None:
    """Redirect all streams to /dev/null; no warning, no core dump, no more than `MAX_MEMORY`."""
    faulthandler.disable()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    sys.stdin = open(os.devnull)  # noqa: SIM115  open until the process ends
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    np.random.default_rng = functools.partial(unseeded, np.random.default_rng)
    unseeded.seed = None  # a fork may have inherited another
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))


def reported(job: Any, file: str) -> dict[str, Any]:
    """Return the result of `job`, or what it raised and where, SystemExit included."""
    try:
        return job()
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == file] or [
            f for f in frames if f.filename != __file__
        ]
        where = {"line": str(own[-1].line)[:200], "lineno": own[-1].lineno} if own else {}
        return {"raised": {"type": type(error).__name__, "message": str(error)[:300], **where}}


def load(file: str, name: str, functions: dict[str, Any]) -> dict[str, Any]:
    """Import FILE.py or package.module, and describe NAME, or all that it defines."""
    if file.endswith(".py"):
        sys.path[0] = os.path.dirname(file)
        spec = importlib.util.spec_from_file_location("subject", file)
        module = sys.modules["subject"] = importlib.util.module_from_spec(spec)  # type: ignore
        spec.loader.exec_module(module)  # type: ignore
    elif file:
        sys.path[0] = os.getcwd()
        module = importlib.import_module(file)
    if name:
        functions[name] = functools.reduce(getattr, name.split("."), module)
    elif file:
        functions.update((n, f) for n, f in vars(module).items() if defined_in(module, n, f))
    return {"found": [describe(n, f) for n, f in functions.items()]}


def defined_in(module: Any, name: str, f: Any) -> bool:
    """Whether f is a public function or class that the module itself defines."""
    return (
        callable(f)
        and not name.startswith("_")
        and getattr(f, "__module__", None) == module.__name__
    )


def describe(name: str, f: Any) -> dict[str, Any]:
    """Name and parameters; for a class, those of its constructor and of `fit`."""
    found = {"name": name, "parameters": parameters(f), "fit": None}
    if inspect.isclass(f) and callable(getattr(f, "predict", None)):
        found["fit"] = parameters(getattr(f, "fit", None))[1:]
    return found | {"is_class": inspect.isclass(f)}


def parameters(f: Any) -> list[Any]:
    """(name, required, by keyword) of each; none if they are not known to Python."""
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    own = [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [(p.name, p.default is p.empty, p.kind is not p.POSITIONAL_ONLY) for p in own]


def call(f: Any, args: Any, kwargs: Any, tensors: bool) -> dict[str, Any]:
    """Return what f returns for copies of the arguments, and which of the copies it changed."""
    given = [*args, *kwargs.values()]
    copies = [as_tensor(a) if tensors else np.copy(a) if np.ndim(a) else a for a in given]
    answer = f(*copies[: len(args)], **dict(zip(kwargs, copies[len(args) :], strict=True)))
    changed = [i for i, (a, b) in enumerate(zip(given, copies, strict=True)) if differ(a, b)]
    return {"parts": parts(answer), "changed": changed}


def as_tensor(a: Any) -> Any:
    """An array as a tensor of the same dtype, by the torch that the code under test imported."""
    torch = sys.modules["torch"]
    return torch.as_tensor(np.array(a)) if isinstance(a, np.ndarray) else a


def differ(a: Any, b: Any) -> bool:
    """Whether an array has other numbers, or another shape, than before the call."""
    return bool(np.ndim(a)) and not np.array_equal(a, np.asarray(b), equal_nan=True)


def parts(answer: Any) -> list[Any]:
    """The arrays in an answer: a tuple's, those of a dict's values, those of a list of arrays."""
    if answer is None:
        return []
    if isinstance(answer, dict):
        answer = tuple(itertools.islice(answer.values(), MAX_PARTS))
    if isinstance(answer, tuple) or (isinstance(answer, list) and any(map(np.ndim, answer))):
        return [part(value) for value in itertools.islice(answer, MAX_PARTS)]
    return [part(answer)]


def part(value: Any) -> dict[str, Any]:
    """dtype, shape and numbers; None for numbers that are not real, or too many."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        a = np.asarray(value)
        a = a.astype(float) if a.dtype == object and value is not None else a
    except (TypeError, ValueError):
        return {"dtype": type(value).__name__, "shape": [], "values": None}
    real = a.dtype.kind in "fiub" and a.size <= MAX_NUMBERS
    dtype = "NoneType" if value is None else a.dtype.name
    values = a.astype(float).ravel().tolist() if real else None
    return {"dtype": dtype, "shape": list(a.shape), "values": values}


def training(cls: Any) -> Any:
    """A function that constructs, fits and reads a model, from the same random state each time."""

    def train(X: Any, y: Any, init: Any, fit: Any) -> Any:
        unseeded.seed = 0
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002  the code under test may use it
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(0)
        model = cls(**init)
        model.fit(X, y, **fit)
        return attribute(model, WEIGHTS), attribute(model, BIASES), model.predict(X)

    return train


def attribute(model: Any, names: tuple[str, ...]) -> Any:
    """The model's first attribute of these names; None if it has none."""
    return next((getattr(model, n) for n in names if getattr(model, n, None) is not None), None)


def unseeded(default_rng: Any, seed: Any = None) -> Any:
    """`np.random.default_rng`, which in training uses the same seed each time if none is given."""
    return default_rng(unseeded.seed if seed is None else seed)


if __name__ == "__main__":
    main({})
