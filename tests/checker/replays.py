"""Examples as their readers use them: pasted below the definitions of the program."""

import ast
import subprocess
import sys

import numpy as np


def replay(source, call, times=1):
    """What the code of an example gives in a fresh process, each time that it is evaluated."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
    body = [s for s in ast.parse(source).body if isinstance(s, kept)]
    program = ast.unparse(ast.Module(body, []))
    *lines, last = call.splitlines()
    code = f"""{program}
import warnings
warnings.simplefilter("ignore")
try:
    {"; ".join(lines) or "pass"}
    for _ in range({times}):
        value = {last}
        print("GOT", value if value is None or isinstance(value, tuple) else repr(float(value)))
except Exception as error:
    print("GOT", type(error).__name__ + ": " + str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    found = [line[4:] for line in done.stdout.splitlines() if line.startswith("GOT ")]
    assert found, done.stderr
    return found


def same(a, b):
    """Whether two numbers are equal, but for the order of a sum."""
    return a == b or (np.isnan(a) and np.isnan(b)) or abs(a - b) <= 1e-13 * max(abs(a), abs(b))


def assert_replays(source, shown):
    """The code of an example gives what came, and that is not what should have come."""
    if isinstance(shown.got, float):
        (value,) = replay(source, shown.call)
        assert same(float(value), shown.got), (shown, value)
        assert shown.expected != shown.got
    elif "other numbers" in shown.got:
        assert len(set(replay(source, shown.call, 20))) > 1
    else:
        (value,) = replay(source, shown.call)
        assert (
            "shape" in shown.got
            or "str" in shown.got
            or shown.got.startswith(value.partition(":")[0])
        )


def assert_gives(source, call, wanted):
    """The code of an example gives a number, but for rounding."""
    *lines, last = call.splitlines()
    (value,) = replay(source, "\n".join(["import numpy", *lines, f"numpy.ravel({last})[0]"]))
    assert abs(float(value) - wanted) <= 1e-9 * (1 + abs(wanted)), (call, value, wanted)
