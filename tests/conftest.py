"""The Hypothesis profiles, and Ctrl-C for the tests that send it.

The profile `default` is quick; `ci`, which is thorough, is used where the variable CI is set.
"""

import os
import signal

from hypothesis import settings

settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# In a shell's background job SIGINT is ignored, and the programs that the tests start inherit that:
# the tests that interrupt one would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
