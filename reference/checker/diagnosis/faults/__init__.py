"""The catalogue of wrong gradients: one table, in modules by subject.

A new fault is one entry in one of them (`fault.Fault` says what an entry holds); its programs are
checked by tests/checker/test_faults.py, which must find each under the name of its entry.
"""

from __future__ import annotations

from reference.checker.diagnosis.faults import (
    batches,
    behaviour,
    inputs,
    sizes,
    steps,
    training,
)
from reference.checker.diagnosis.faults.fault import Fault

CATALOGUE: tuple[Fault, ...] = (
    *sizes.FAULTS,
    *inputs.FAULTS,
    *steps.FAULTS,
    *training.FAULTS,
    *batches.FAULTS,
    *behaviour.FAULTS,
)
BY_NAME = {fault.name: fault for fault in CATALOGUE}
