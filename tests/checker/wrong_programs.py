"""The wrong programs of the catalogue of faults, as functions and classes."""

from reference.checker.diagnosis.faults import CATALOGUE


def load(source, file="<program>"):
    """What a source defines last."""
    namespace = {}
    exec(compile(source, file, "exec"), namespace)
    return list(namespace.values())[-1]


WRONG = {f.name: [load(source, f"<{f.name}>") for source in f.sources] for f in CATALOGUE}
