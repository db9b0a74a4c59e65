"""The wrong programs of the catalogue of faults, as functions and classes."""

import linecache
import sys
import types

from reference.checker.diagnosis.faults import CATALOGUE


def load(source, name="program"):
    """What a source defines last, in a module whose source Python can show."""
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = len(source), None, source.splitlines(True), module.__file__
    exec(compile(source, module.__file__, "exec"), vars(module))
    return list(vars(module).values())[-1]


WRONG = {
    f.name: [load(source, f"{f.name}-{i}") for i, source in enumerate(f.sources)] for f in CATALOGUE
}
