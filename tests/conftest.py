"""Hypothesis profiles, and the signals that a test sends.

The profile `ci` has 1,000 examples for the core properties, and is on where CI is set; `mutation`
is that of `mutation.py`, which runs the tests and is none.
"""

import os
import signal

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1000, deadline=None, print_blob=True)
settings.register_profile(
    "mutation",  # what is slow because of a mutant is not thereby found out
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("ci" if os.environ.get("CI") else "default")

collect_ignore = ["mutation.py"]

# Whoever runs the tests in the background has Ctrl-C ignored, and the programs under test inherit
# that: the tests that send it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
