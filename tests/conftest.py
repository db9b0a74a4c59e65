"""Hypothesis profiles, the marker `thorough`, and the signals that a test sends.

The profile `ci` has 1,000 examples for the core properties, and is on where CI is set. Tests that
are marked `thorough` run where CI is set, or with --thorough.
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


def pytest_addoption(parser):
    """Add --thorough."""
    parser.addoption("--thorough", action="store_true", help="run the tests marked thorough, too")


def pytest_collection_modifyitems(config, items):
    """Deselect what is marked `thorough`, unless CI is set or --thorough is given."""
    if os.environ.get("CI") or config.getoption("--thorough"):
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=thorough)
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
