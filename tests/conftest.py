"""Hypothesis profiles, the marker `thorough`, and the signals that a test sends.

Where the environment variable CI is set, core properties are tested with 1,000 examples, and the
tests marked `thorough` run too. Elsewhere these are deselected unless --thorough is given.
"""

import os
import signal

from hypothesis import settings

settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# A shell that starts the tests in the background ignores Ctrl-C for them, and the programs under
# test would inherit that: tests that send the signal would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="also run the tests marked thorough")


def pytest_collection_modifyitems(config, items):
    if os.environ.get("CI") or config.getoption("--thorough"):
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    if thorough:
        config.hook.pytest_deselected(items=thorough)
