"""Fixtures: the study page in one Chromium."""

import pytest
from study_page import FLAGS, Study, browser_or_skip

from demos import page


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """One browser for the session, with a new profile."""
    binary, driver = browser_or_skip()
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS.split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "linreg.html"
    path.write_text(page.page(0), encoding="utf-8")
    return path


@pytest.fixture
def closed(chromium, written):
    """The page, not yet opened; after each test the browser's console must be empty."""
    chromium.get_log("browser")
    yield Study(chromium, written.as_uri())
    assert chromium.get_log("browser") == []


@pytest.fixture
def study(closed):
    return closed.open("language=en")
