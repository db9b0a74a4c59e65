"""Programs that attack whoever judges them: random ones from a grammar, none of them right.

Each does a few hostile things, at its import or in its calls, and returns no gradient. MARK in
paths and command lines is the folder of the program.
"""

import random

HEADER = """
import builtins, ctypes, gc, itertools, json, os, pickle, resource, signal, subprocess, sys
import threading, time
import numpy as np
MARK = os.path.dirname(__file__)
LOOP = "while True: pass"

class Odd:
    def __array__(self, *_, **__): raise {error}("array")
    def __len__(self): return {count} ** 9
    def __getitem__(self, i): return self
    def __float__(self): raise {error}("float")
    def __repr__(self): raise {error}("repr")

class Endless(dict):
    def items(self): return itertools.repeat(("dw", 1.0))
    def values(self): return itertools.repeat(1.0)

class Worse({error}):
    def __str__(self): raise {error}("str")

def forever(*_):
    while True: time.sleep(0.05)

def tried(*statements):
    for s in statements:
        try: exec(s, globals())
        except Exception: pass

def attempt(f, *args):
    try: return f(*args)
    except Exception: pass

def write_in(place):
    for path in (place + "/linreg_np-hostile", place + "/numpy.py", place + "/fractions.py"):
        attempt(lambda: open(path, "x").write("raise SystemExit"))

def link_in(place):
    attempt(os.makedirs, place + "/linreg_np-hostile/a/b")
    attempt(os.symlink, "/", place + "/linreg_np-hostile/a/root")

def move_to(place):
    attempt(os.rename, __file__, place + "/linreg_np-hostile")
    attempt(os.remove, __file__)

def write_to_all(junk):
    for i in range(3, 12): attempt(os.write, i, junk)
"""
ERRORS = ["ValueError", "SystemExit", "KeyboardInterrupt", "MemoryError", "RecursionError"]
ERRORS += [
    "BaseException",
    "StopIteration",
    "GeneratorExit",
    "BrokenPipeError",
    "TimeoutError",
    "EOFError",
]
ENDS = [
    "raise {error}('\\x1b[2J\\ngradient   right \\ud800')",
    "raise Worse()",
    "sys.exit({count})",
    "os._exit({count})",
    "os.abort()",
    "os.kill(os.getpid(), {signal})",
    "os.killpg(0, {signal})",
    "os.kill(os.getppid(), {signal})",
    "ctypes.string_at(0)",
    "sys.setrecursionlimit(10 ** 8); f = lambda: f(); f()",
    "bytearray(10 ** 11)",
    "forever()",
    "while True: pass",
    "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); forever()",
]
DEEDS = [
    "tried('os.closerange({low}, 300)')",
    "tried('os.close({low})')",
    "tried('os.dup2(0, {low})')",
    "write_to_all({junk})",
    "[os.fork() or forever() for _ in range({few})]",
    "[os.fork() or os.setsid() or os.fork() or forever() for _ in range({few})]",
    "tried('while True: os.fork()')",
    "os.fork()",
    "tried('for _ in range(999): threading.Thread(target=forever).start()')",
    "threading.Thread(target=forever).start()",
    "subprocess.Popen([sys.executable, '-c', LOOP, MARK])",
    "subprocess.Popen([sys.executable, '-c', LOOP, MARK], start_new_session=True)",
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "tried('ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)', 'ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)')",
    "tried('os.setsid()', 'os.setpgid(0, 0)', 'os.nice(-20)')",
    "np.array_equal = lambda *_, **__: True",
    "np.asarray = np.array = lambda *_, **__: {answer}",
    "np.ndarray = list",
    "json.dumps = lambda *_, **__: {text}",
    "json.encoder = json.JSONEncoder = None",
    "pickle.load = lambda *_: ('call', [])",
    "os.getpid = lambda: 1",
    "builtins.isinstance = lambda *_: True",
    "builtins.len = lambda *_: {count}",
    "sys.modules.clear()",
    "gc.disable(); sys.setswitchinterval(100)",
    "sys.settrace(forever)",
    "tried('resource.setrlimit(resource.RLIMIT_NPROC, (-1, -1))')",
    "write_in({place})",
    "link_in({place})",
    "move_to({place})",
    'tried(\'open("big", "wb").write(bytes(10 ** 8))\')',
    'tried(\'open(f"/proc/{{os.getppid()}}/fd/1", "w").write("right")\')',
    'tried(\'open(f"/proc/{{os.getppid()}}/mem", "r+b").write(b"x")\')',
    'tried(\'open("numpy.py", "w").write("x")\', \'os.chmod(".", 0)\')',
    "[setattr(np, n, None) for n in ('ndim', 'isscalar', 'prod', 'generic')]",
    "globals().update(gradient=forever, X=None)",
    "X[...] = np.nan; w[...] = 7",
]
ANSWERS = [
    "None",
    "w, b + 1",
    "np.zeros(10 ** {few})",
    "[0.0] * 10 ** 6",
    "'x' * 10 ** 7",
    "[[[1.0] * 99] * 99] * 99",
    "Endless()",
    "Odd()",
    "(Odd(), Odd())",
    "{{Odd(): 1.0}}",
    "(w * 1j, 'b')",
    "(w.astype('datetime64[s]'), b)",
    "(w * np.inf, -b)",
    "itertools.count()",
    "(lambda a: a.append(a) or a)([])",
    "np.array([Odd(), None], object)",
    "(10 ** 5000, 10 ** 400)",
    "np.ma.masked, np.nan",
    "type('T', (), {{'dw': property(forever)}})()",
    "forever",
    "np.lib.stride_tricks.as_strided(w, (10 ** 6, 10 ** 6), (0, 0))",
]
HERE = ["'.'"]
PLACES = [*HERE, "'..'", "MARK", "'/tmp'", "'/var/tmp'", "'/'", "os.path.expanduser('~')"]
TEXTS = ["'[1'", "'{{}}'", "'null'", "'x' * 10 ** 7", "'[' * 10 ** 5", "b'1'", "None"]
JUNK = ["b'{{\"parts\": []}}\\n'", "b'\\x00\\xff\\n'", "b'[' * 10 ** 5", "b'{{\"par'"]


def hostile_program(seed: int, places: list[str]) -> str:
    """The source of a program: definitions, what it does at its import and in its calls."""
    rng = random.Random(seed)
    choices = Choices(rng, places)

    def chosen(lines):
        return rng.choice(lines).format_map(choices)

    deeds = [chosen(DEEDS) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.4:
        deeds.append(chosen(ENDS))
    at_import = [d for d in deeds if "X[" not in d and rng.random() < 0.2]
    body = [d for d in deeds if d not in at_import] + [f"return {chosen(ANSWERS)}"]
    lines = ["class Setup:", *(f"    {d}" for d in at_import or ["pass"])]
    lines += ["def gradient(X, y, w, b):", *(f"    {line}" for line in body)]
    return HEADER.format_map(choices) + "\n".join(lines) + "\n"


class Choices(dict):
    """What stands for a name of the grammar, drawn anew each time."""

    def __init__(self, rng, places):
        self.rng, self.places = rng, places

    def __missing__(self, name):
        numbers = {"signal": (1, 64), "low": (0, 9), "few": (1, 8), "count": (0, 300)}
        if name in numbers:
            return self.rng.randint(*numbers[name])
        words = {"error": ERRORS, "text": TEXTS, "junk": JUNK, "answer": ANSWERS}
        words["place"] = self.places
        return self.rng.choice(words[name]).format_map(self)
