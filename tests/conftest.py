"""The Hypothesis profiles, the marker `thorough`, and Ctrl-C for the tests that send it.

The profile `default` is quick; `ci`, which is thorough, is used where the variable CI is set. Tests
marked `thorough` run where CI is set, or with --thorough. Of a test marked `sample(k)` one case of k
runs always; the others are thorough. So is what needs a browser and has no such mark. Examples are
the same in every run, so that a change is what makes a test fail; `random` draws others:
--hypothesis-profile=random.
"""

import collections
import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("default", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=1000, deadline=None, derandomize=True)
settings.register_profile("random", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

collect_ignore_glob = ["*conftest.py"]  # as modules with doctests: they have the same name

# In a shell's background job SIGINT is ignored, and the programs that the tests start inherit that:
# the tests that interrupt one would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    """Add --thorough."""
    parser.addoption("--thorough", action="store_true", help="run the tests marked thorough, too")


def in_sample(item, case):
    """Whether the case of that number runs always, unless it is marked `thorough`."""
    mark = item.get_closest_marker("sample")
    return case % mark.args[0] == 0 if mark else "chromium" not in item.fixturenames


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Deselect what is thorough, unless CI is set or --thorough is given.

    The tests of the page come first, so that one worker has the browser while the other goes on.
    """
    items.sort(key=lambda item: "chromium" not in getattr(item, "fixturenames", ()))
    cases = collections.Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if not isinstance(item, pytest.DoctestItem) and not in_sample(item, cases[test]):
            item.add_marker("thorough")
        cases[test] += 1
    if os.environ.get("CI") or config.getoption("--thorough"):
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=thorough)
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
