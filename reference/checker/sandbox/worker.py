"""The subject's own process: it sees inputs only, and imports nothing of the authority.

Requests come as pickles, from the judge. Answers go back as a line of JSON for each call, which
can carry names and numbers but nothing that runs. The subject prints into nowhere, and reads from
nowhere. A judge starts this file as a script, or forks into `serve`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import importlib
import importlib.util
import inspect
import json
import os
import pickle
import random
import sys
import traceback
import warnings
from typing import Any

import numpy as np

LARGEST = 10_000  # numbers in an answer; a prediction here has 40
MEMORY = 4 << 30  # bytes; a subject that wants more gets a MemoryError, not the whole machine
WEIGHTS = ("weights", "w", "W", "coef_", "weight", "theta", "theta_")
BIASES = ("bias", "b", "intercept_", "intercept")


def main() -> None:
    """Serve the standard streams, after putting others in their place."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    serve(requests, answers, {})


def serve(requests: Any, answers: Any, subjects: dict[str, Any]) -> None:
    """Answer requests: (file, name) loads a subject, (name, calls, tensors) calls one."""
    isolate()
    own, subjects, file = os.getpid(), dict(subjects), ""
    while size := requests.read(8):
        message = pickle.loads(requests.read(int.from_bytes(size, "big")))
        if len(message) == 2:
            file = message[0]
            jobs: list[Any] = [functools.partial(load, *message, subjects)]
        else:
            name, calls, tensors = message
            f = training(subjects[name]) if inspect.isclass(subjects[name]) else subjects[name]
            jobs = [functools.partial(call, f, *arguments, tensors) for arguments in calls]
        for job in jobs:
            line = json.dumps(reported(job, file)).encode() + b"\n"
            end_of_forks(own)
            answers.write(line)
            answers.flush()


def end_of_forks(own: int) -> None:
    """The end of a fork that the subject made and forgot."""
    if os.getpid() != own:
        os._exit(0)


def isolate() -> None:
    """Nothing printed, nothing read, no warning raised, no core dump, no more than `MEMORY`."""
    faulthandler.disable()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    sys.stdin = open(os.devnull)  # noqa: SIM115  it stays open as long as the process
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    np.random.default_rng = functools.partial(unseeded, np.random.default_rng)
    unseeded.seed = None  # whatever it is in the process that this is a copy of
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # POSIX alone has it

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def reported(job: Any, file: str) -> dict[str, Any]:
    """What the job returns, or what it raised and where, SystemExit included."""
    try:
        return job()
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == file] or [
            f for f in frames if f.filename != __file__
        ]
        where = {"line": str(own[-1].line)[:200], "lineno": own[-1].lineno} if own else {}
        return {"raised": {"type": type(error).__name__, "message": str(error)[:300], **where}}


def load(file: str, name: str, subjects: dict[str, Any]) -> dict[str, Any]:
    """Import FILE.py or package.module, and describe NAME, or else all that it defines."""
    if file.endswith(".py"):
        sys.path[0] = os.path.dirname(file)
        spec = importlib.util.spec_from_file_location("subject", file)
        module = sys.modules["subject"] = importlib.util.module_from_spec(spec)  # type: ignore
        spec.loader.exec_module(module)  # type: ignore
    elif file:
        sys.path[0] = os.getcwd()
        module = importlib.import_module(file)
    if name:
        subjects[name] = functools.reduce(getattr, name.split("."), module)
    elif file:
        subjects.update((n, f) for n, f in vars(module).items() if defined_in(module, n, f))
    return {"found": [describe(n, f) for n, f in subjects.items()]}


def defined_in(module: Any, name: str, f: Any) -> bool:
    """Whether it is a public function or class of the module's own."""
    return (
        callable(f)
        and not name.startswith("_")
        and getattr(f, "__module__", None) == module.__name__
    )


def describe(name: str, f: Any) -> dict[str, Any]:
    """Its name and parameters; of a class, those of its constructor and of `fit`."""
    found = {"name": name, "parameters": parameters(f), "fit": None}
    if inspect.isclass(f) and callable(getattr(f, "predict", None)):
        found["fit"] = parameters(getattr(f, "fit", None))[1:]
    return found | {"is_class": inspect.isclass(f)}


def parameters(f: Any) -> list[Any]:
    """(name, required, by keyword) of each; none where Python cannot tell."""
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    own = [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [(p.name, p.default is p.empty, p.kind is not p.POSITIONAL_ONLY) for p in own]


def call(f: Any, args: Any, kwargs: Any, tensors: bool) -> dict[str, Any]:
    """What f returns, and which arguments it changed."""
    given = [*args, *kwargs.values()]
    ours = [as_tensor(a) if tensors else np.copy(a) if np.ndim(a) else a for a in given]
    answer = f(*ours[: len(args)], **dict(zip(kwargs, ours[len(args) :], strict=True)))
    changed = [i for i, (a, b) in enumerate(zip(given, ours, strict=True)) if differ(a, b)]
    return {"parts": parts(answer), "changed": changed}


def as_tensor(a: Any) -> Any:
    """A float64 or float32 tensor, of the torch that the subject imported."""
    torch = sys.modules["torch"]
    return torch.as_tensor(np.array(a)) if isinstance(a, np.ndarray) else a


def differ(a: Any, b: Any) -> bool:
    """Whether an argument has other numbers, or another shape, than it was given."""
    return bool(np.ndim(a)) and not np.array_equal(a, np.asarray(b), equal_nan=True)


def parts(answer: Any) -> list[Any]:
    """The arrays of an answer: those of a tuple, of a dict's values, of a list of arrays."""
    if answer is None:
        return []
    if isinstance(answer, dict):
        answer = tuple(answer.values())
    if isinstance(answer, tuple) or (isinstance(answer, list) and any(map(np.ndim, answer))):
        return [part(value) for value in answer]
    return [part(answer)]


def part(value: Any) -> dict[str, Any]:
    """dtype, shape and numbers; no numbers where they are no real numbers, or too many."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        a = np.asarray(value)
        a = a.astype(float) if a.dtype == object and value is not None else a
    except (TypeError, ValueError):
        return {"dtype": type(value).__name__, "shape": [], "values": None}
    real = a.dtype.kind in "fiub" and a.size <= LARGEST
    dtype = "NoneType" if value is None else a.dtype.name
    values = a.astype(float).ravel().tolist() if real else None
    return {"dtype": dtype, "shape": list(a.shape), "values": values}


def training(cls: Any) -> Any:
    """cls as a function: construct, fit from the same random state each time, look inside."""

    def train(X: Any, y: Any, init: Any, fit: Any) -> Any:
        unseeded.seed = 0
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002  whatever the subject draws from
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(0)
        model = cls(**init)
        model.fit(X, y, **fit)
        return attribute(model, WEIGHTS), attribute(model, BIASES), model.predict(X)

    return train


def attribute(model: Any, names: tuple[str, ...]) -> Any:
    """The first of the names that the model has; None for none."""
    return next((getattr(model, n) for n in names if getattr(model, n, None) is not None), None)


def unseeded(default_rng: Any, seed: Any = None) -> Any:
    """`np.random.default_rng`; in training one without a seed gets the same one each time."""
    return default_rng(unseeded.seed if seed is None else seed)


if __name__ == "__main__":
    main()
