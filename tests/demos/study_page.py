"""The study page in a browser, and what a reader does with it.

Without Chromium and selenium the browser's tests skip; with LINREG_NP_BROWSER=required they fail.
"""

import importlib.util
import json
import os
import re
import shutil
import time

import numpy as np
import pytest

from demos import page

FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync"
)

WORDS = {language: json.loads(page.part(f"text.{language}.json")) for language in page.LANGUAGES}
LATIN = {"torch", "NumPy", "Python", "SGD", "ulp", "Shift", "English", "CSV", "dl"}  # names; d2l


def english_in(text):
    """The English words in a Chinese text that are not names."""
    return [w for w in re.findall(r"[A-Za-z]{2,}", text) if w not in LATIN]


def browser_or_skip():
    """Paths of Chromium and its driver; without them a skip, or a failure where one is required."""
    paths = [shutil.which(name) for name in ("chromium", "chromedriver")]
    missing = [n for n, p in zip(("chromium", "chromedriver"), paths, strict=True) if not p]
    missing += [] if importlib.util.find_spec("selenium") else ["the package selenium"]
    skip_or_fail(missing)
    return paths


def firefox_or_skip():
    """The path of Firefox; the same without it."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    skip_or_fail([] if path else ["firefox"])
    return path


def skip_or_fail(missing):
    if missing:
        reason = f"no browser: {' and '.join(missing)} not installed"
        required = os.environ.get("LINREG_NP_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)(reason)


class Study:
    """The page in the browser, and what a reader does with it."""

    def __init__(self, browser, url):
        from selenium.webdriver import ActionChains, Keys

        self.browser, self.url = browser, url
        self.act, self.keys = (lambda: ActionChains(browser, duration=20)), Keys

    def open(self, fragment="", *, width=1280, height=900, dark=False, calm=True, print_=False):
        """Load the page anew, with this part of the address and in these circumstances."""
        phone = width < 500
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        media = {"color-scheme": ("light", "dark")[dark], "reduced-motion": ("", "reduce")[calm]}
        features = [{"name": f"prefers-{k}", "value": v} for k, v in media.items()]
        cdp = self.browser.execute_cdp_cmd
        cdp("Emulation.setDeviceMetricsOverride", size)
        cdp("Emulation.setTouchEmulationEnabled", {"enabled": phone})
        medium = "print" if print_ else ""
        cdp("Emulation.setEmulatedMedia", {"features": features, "media": medium})
        self.browser.get("about:blank")
        self.browser.get(f"{self.url}#{fragment}")
        return self

    def js(self, expression, *arguments):
        return self.browser.execute_script(f"return {expression.strip()}", *arguments)

    def find(self, selector):
        return self.browser.find_element("css selector", selector)

    def show(self, selector):
        """Scroll there, and wait for the frame that shows it: the pointer hits what is drawn."""
        element = self.find(selector)
        self.browser.execute_async_script(
            "document.documentElement.style.scrollBehavior = 'auto';"
            "arguments[0].scrollIntoView({block: 'center'});"
            "requestAnimationFrame(() => requestAnimationFrame(arguments[1]));",
            element,
        )
        return element

    def click(self, selector):
        self.show(selector).click()

    def press(self, *keys):
        self.act().send_keys(*keys).perform()

    def focus(self, selector):
        self.browser.execute_script("arguments[0].focus()", self.find(selector))

    def tab_to(self, selector):
        """Press Tab until the focus is there."""
        for _ in range(100):
            if self.js("document.activeElement.matches(arguments[0])", selector):
                return
            self.press(self.keys.TAB)
        pytest.fail(f"Tab never reaches {selector}")

    def slide(self, selector, steps):
        """Move a slider, or a handle, by the arrow keys."""
        self.focus(selector)
        self.press((self.keys.ARROW_RIGHT if steps > 0 else self.keys.ARROW_LEFT) * abs(steps))

    def drag(self, selector, across, down):
        """Move a handle by the pointer."""
        grip = self.show(f"{selector} .grip")
        self.act().click_and_hold(grip).move_by_offset(across, down).release().perform()

    def type(self, selector, text):
        box = self.show(selector)
        box.clear()
        box.send_keys(text)

    def text(self, selector):
        return self.js("document.querySelector(arguments[0]).innerText", selector)

    def number(self, selector):
        """What stands in an element, as a number."""
        return float(self.text(selector).replace("−", "-"))

    def state(self, key):
        return self.js(f"state[{key!r}]")

    def change(self, **patch):
        """What a control does, without the control."""
        self.browser.execute_script("change(arguments[0])", patch)

    def shown(self, selector):
        return self.js("document.querySelector(arguments[0]).checkVisibility()", selector)

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not self.js(condition):
            assert time.monotonic() < end, condition
            time.sleep(0.05)

    def play(self):
        """To the end of the path."""
        self.click("#play")
        self.wait("document.querySelector('#step').disabled")

    def path(self):
        """The weights, b and the loss at each step shown."""
        rows = "[...document.querySelectorAll('#steps_table tbody tr')]"
        cells = "[...tr.querySelectorAll('td')].map((td) => td.dataset.value)"
        return np.array(self.js(f"{rows}.map((tr) => {cells})"), float)
