"""Hypothesis profiles, and the signals that a test sends.

The profile `ci` has 1,000 examples for the core properties, and is on where CI is set.
"""

import os
import signal

from hypothesis import settings

settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Whoever runs the tests in the background has Ctrl-C ignored, and the programs under test inherit
# that: the tests that send it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
