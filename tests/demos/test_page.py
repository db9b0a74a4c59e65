"""The study page in a real browser: its numbers are those of linreg_np, and everybody can use it.

Without Chromium and selenium the browser's tests skip; with LINREG_NP_BROWSER=required they fail.
"""

import html
import importlib.util
import json
import math
import os
import re
import shutil
import time

import numpy as np
import pytest

from demos import page
from demos._page.notation import IN_MATHS, NOTATION, code, mathml
from demos._shared.sections import OURS, SECTIONS
from demos._shared.torch_values import torch_values
from demos.derivation import B, W, source, three_houses
from linreg_np import (
    DivergenceError,
    fit,
    gradient,
    load_houses,
    max_lr,
    minibatches,
    sgd_step,
    synthetic_data,
)

WORDS = {language: json.loads(page.part(f"text.{language}.json")) for language in page.LANGUAGES}
FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync"
)
LATIN = {"torch", "NumPy", "Python", "SGD", "ulp", "Shift", "English"}  # names, kept in Chinese


# ---- the browser


def browser_or_skip():
    """Paths of Chromium and its driver; without them a skip, or a failure where one is required."""
    paths = [shutil.which(name) for name in ("chromium", "chromedriver")]
    missing = [n for n, p in zip(("chromium", "chromedriver"), paths, strict=True) if not p]
    missing += [] if importlib.util.find_spec("selenium") else ["the package selenium"]
    if missing:
        reason = f"no browser: {' and '.join(missing)} not installed"
        required = os.environ.get("LINREG_NP_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)(reason)
    return paths


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """One browser for the module, with a new profile."""
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


class Study:
    """The page in the browser, and what a reader does with it."""

    def __init__(self, browser, url):
        from selenium.webdriver import ActionChains, Keys

        self.browser, self.url = browser, url
        self.act, self.keys = (lambda: ActionChains(browser, duration=20)), Keys

    def open(self, *, width=1280, height=900, dark=False, calm=True):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        media = {"color-scheme": ("light", "dark")[dark], "reduced-motion": ("", "reduce")[calm]}
        features = [{"name": f"prefers-{k}", "value": v} for k, v in media.items()]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.browser.get(self.url)
        return self

    def js(self, expression, *arguments):
        return self.browser.execute_script(f"return {expression.strip()}", *arguments)

    def find(self, selector):
        return self.browser.find_element("css selector", selector)

    def show(self, selector):
        """Scroll there, and wait for the frame that shows it: the pointer hits what is drawn."""
        element = self.find(selector)
        self.browser.execute_async_script(
            "arguments[0].scrollIntoView({block: 'center'});"
            "requestAnimationFrame(() => requestAnimationFrame(arguments[1]));",
            element,
        )
        return element

    def click(self, selector):
        self.show(selector).click()

    def press(self, *keys):
        self.act().send_keys(*keys).perform()

    def tab_to(self, selector):
        """Press Tab until the focus is there."""
        for _ in range(150):
            if self.js("document.activeElement.matches(arguments[0])", selector):
                return
            self.press(self.keys.TAB)
        pytest.fail(f"Tab never reaches {selector}")

    def slide(self, selector, steps):
        """Move a slider by the arrow keys."""
        self.browser.execute_script("arguments[0].focus()", self.find(selector))
        self.press((self.keys.ARROW_RIGHT if steps > 0 else self.keys.ARROW_LEFT) * abs(steps))

    def text(self, selector):
        return self.js("document.querySelector(arguments[0]).innerText", selector)

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not self.js(condition):
            assert time.monotonic() < end, condition
            time.sleep(0.05)

    def play(self):
        """To the end of the path."""
        self.click("#play")
        self.wait("document.querySelector('#play').disabled")

    def path(self):
        """w₁, w₂, b and the loss at each step."""
        rows = "[...document.querySelectorAll('#steps tbody tr')]"
        cells = "[...tr.querySelectorAll('td')].map((td) => td.dataset.value)"
        return np.array(self.js(f"{rows}.map((tr) => {cells})"), float)

    def numbers(self):
        """Every number of part 1, by § and name."""
        rows = "[...document.querySelectorAll('#derivation tbody tr[data-key]')]"
        section = "tr.closest('[data-section]').dataset.section"
        value = "tr.querySelector('[data-value]').dataset.value"
        torch = "[...tr.querySelectorAll('.torch')].map((td) => td.textContent)"
        found = self.js(f"{rows}.map((tr) => [{section}, tr.dataset.key, {value}, {torch}])")
        return {(section, key): (float(v), torch) for section, key, v, torch in found}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "linreg.html"
    path.write_text(page.page(0), encoding="utf-8")
    return path


@pytest.fixture
def study(chromium, written):
    """The page, opened from the file system; after each test its console must be empty."""
    chromium.get_log("browser")
    chromium.get_log("performance")
    yield Study(chromium, written.as_uri()).open()
    assert chromium.get_log("browser") == []


def test_a_missing_browser_is_a_skip_and_a_failure_where_it_is_required(monkeypatch):
    """So that a run that promises the browser's tests cannot pass without them."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("LINREG_NP_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium and chromedriver not installed"):
        browser_or_skip()
    monkeypatch.setenv("LINREG_NP_BROWSER", "required")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        browser_or_skip()


# ---- the file


def test_the_file_is_small(written):
    """Fewer than 1.5 MB, and the same again (test_determinism has it in another process)."""
    assert written.stat().st_size < 1.5e6
    assert page.page(0) == written.read_text(encoding="utf-8")


def test_the_page_forbids_loading_anything(written):
    """Its policy allows nothing but the style and the script that stand in it."""
    text = written.read_text(encoding="utf-8")
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r'(?:src|href)="(?!#|data:,)', text)


def test_both_languages_have_the_same_texts():
    """The same keys, with the same values put in; and no Chinese text has an English word in it."""
    en, zh = WORDS["en"], WORDS["zh"]
    assert list(en) == list(zh)
    for key in en:
        assert sorted(re.findall(r"\{\w+\}", en[key])) == sorted(re.findall(r"\{\w+\}", zh[key])), (
            key
        )
        assert english_in(without_code(zh[key])) == [], key


def without_code(text):
    return re.sub(r"<(code|i|b|sub)>.*?</\1>|<[^>]*>|\{\w+\}", "", text)


def english_in(text):
    return [w for w in re.findall(r"[A-Za-z]{2,}", text) if w not in LATIN]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.number)
def test_the_code_shown_is_the_source(section):
    """Letter for letter without the docstring; each symbol is marked and explained by a button."""
    shown = re.findall(r"<pre[^>]*>(.*?)</pre>", page.section(section), re.S)
    text = html.unescape("\n".join(re.sub("<[^>]*>", "", part) for part in shown))
    assert all(source(f).strip() in text for f in section.functions)
    assert '"""' not in text
    marked = set(re.findall(r'data-symbol="(\w+)"', page.section(section))) - {"one"}
    buttons = set(re.findall(r'<button type="button" data-symbol="(\w+)"', page.section(section)))
    assert marked == buttons != set()
    assert all(f"symbol.{symbol}" in WORDS["en"] for symbol in buttons)


@pytest.mark.parametrize("section", SECTIONS[:-1], ids=lambda s: s.number)
def test_the_equation_shown_is_the_one_in_the_docstring(section):
    """Sign for sign: MathML only says where each one stands."""
    plain = re.sub(r"[\s_/{},]|\((?=\w/)|(?<=/[nm])\)", "", section.equation)
    signs = {"½": "12", "⁽ⁱ⁾": "(i)", "ᵀ": "⊤", "²": "2", "Σ": "∑", "ᵢ": "i", "ŷ": "y^"}
    for sign, leaves in signs.items():
        plain = plain.replace(sign, leaves)
    assert re.sub("<[^>]*>", "", mathml(section.equation)) == plain


def test_an_unknown_sign_is_refused():
    """Rather than left out of the equation."""
    with pytest.raises(ValueError, match="an equation must consist of known signs, got '_'"):
        mathml("x + _")
    with pytest.raises(ValueError, match=r"a bracket must close, got '\(x'"):
        mathml("(x")


def test_code_is_escaped_and_marked():
    """Keywords, strings and comments by class, names by symbol."""
    assert code("if w < 1:  # a < b\n    pass\n") == (
        '<span class="keyword">if</span> <span data-symbol="w">w</span> &lt; 1:  '
        '<span class="comment"># a &lt; b</span>\n    <span class="keyword">pass</span>'
    )
    assert set(IN_MATHS.values()) <= set(NOTATION)


# ---- part 1


def expected(f, X, y, w, b):
    """Every number of the table of the derivation."""
    values = {s.number: s.values(f, X, y, w, b) for s in SECTIONS}
    return {(s, name): float(v) for s, named in values.items() for name, v in named.items()}


def assert_equal_numbers(found, X, y, w, b):
    """To the rounding of sums of a few terms, taken in another order; nothing cancels here."""
    engine = expected(OURS, X, y, w, b)
    assert {section for section, _ in found} == {s.number for s in SECTIONS}
    for key, (value, _) in found.items():
        assert value == pytest.approx(engine[key], rel=1e-12), key


def test_numbers_are_those_of_the_engine_and_of_torch(study):
    """For the houses and the weights of the run that made the page."""
    X, y = three_houses(0)
    found = study.numbers()
    assert_equal_numbers(found, X, y, W, B)
    shipped = torch_values(X, y, W, B, default=True).values
    torch = {(s, name): x for s, numbers in shipped.items() for name, x in numbers.items()}
    ours = expected(OURS, X, y, W, B)
    for key, (_, (value, ulp)) in found.items():
        assert float(value.replace("−", "-").replace("×10⁻", "e-")) == torch[key], key
        apart = abs(ours[key] - torch[key]) / np.spacing(max(abs(ours[key]), abs(torch[key])))
        assert float(ulp) == apart, key


def test_numbers_follow_the_houses_and_the_weights(study):
    """Sliders moved by the arrow keys, one house exchanged by typing, two more added."""
    study.slide("#w_area", 13)
    study.slide("#w_age", -4)
    study.slide("#b", 7)
    house = study.find('[data-house="1"]')
    house.clear()
    house.send_keys("211")
    study.click("#more")
    study.click("#more")
    X, y = load_houses()
    chosen = [
        int(i) - 1
        for i in study.js("[...document.querySelectorAll('#houses input')].map((x) => x.value)")
    ]
    assert len(chosen) == 5
    assert chosen[1] == 210
    w, b = np.array([2 + 1.3, -0.1 - 0.2]), 37.0
    assert study.text("#w_area_value") == "3.3"
    assert_equal_numbers(study.numbers(), X[chosen], y[chosen], np.array([3.3, -0.3]), b)
    assert w == pytest.approx([3.3, -0.3])
    assert "“As at first”" in study.text("#belongs")
    study.click("#again")
    assert_equal_numbers(study.numbers(), *three_houses(0), W, B)
    assert study.text("#belongs") == WORDS["en"]["sample.same"]


ARITHMETIC = {"½": "0.5 *", "·": "*", "−": "-", "²": "** 2", "×10⁻⁵": "e-5", "10⁻⁵": "1e-5"}


@pytest.mark.thorough
def test_the_inserted_numbers_give_the_value(study):
    """What stands behind = or ←, reckoned as it stands, is the value to the digits shown."""
    rows = "[...document.querySelectorAll('.numbers tbody tr')]"
    how = "tr.querySelector('.how')?.textContent"
    found = study.js(f"{rows}.map((tr) => [{how}, tr.querySelector('td').dataset.value])")
    reckoned = 0
    for text, value in found:
        if text and not re.search("[a-z]", text):  # §1.3c puts in a letter
            for sign, python in ARITHMETIC.items():
                text = text.replace(sign, python)
            assert eval(text.lstrip("= ")) == pytest.approx(float(value), rel=1e-3), text
            reckoned += 1
    assert reckoned >= 20


def lit(study, section):
    """Where in a § something is lit: the classes of places, and the symbols."""
    places = f"{list(EVERYWHERE)}.find((p) => e.closest(p))"
    elements = f"[...document.querySelectorAll('[id=\"s{section}\"] .lit')]"
    return {tuple(x) for x in study.js(f"{elements}.map((e) => [e.dataset.symbol, {places}])")}


EVERYWHERE = (".equation", "pre", ".numbers, .picture", ".symbols")


@pytest.mark.parametrize(
    ("section", "symbol"),
    [
        ("1.3g", "lr"),
        pytest.param("1.1b", "y_hat", marks=pytest.mark.thorough),
        pytest.param("1.3f", "X", marks=pytest.mark.thorough),
        pytest.param("1.2a", "residual", marks=pytest.mark.thorough),
    ],
)
def test_a_symbol_lights_up_everywhere(study, section, symbol):
    """Pointed at in the equation or focused in the legend; nothing else does, and it goes out."""
    within = f'[id="s{section}"]'
    study.show(f"{within} .equation")
    for place in EVERYWHERE[:2]:
        study.act().move_to_element(
            study.find(f"{within} {place} [data-symbol={symbol}]")
        ).perform()
        if (symbol, place) != ("residual", ".equation"):  # in its middle stands the y inside
            assert lit(study, section) == {(symbol, place) for place in EVERYWHERE}
    study.act().move_to_element(study.find("h1")).perform()
    assert lit(study, section) == set()
    button = study.find(f"{within} .symbols [data-symbol={symbol}]")
    study.browser.execute_script("arguments[0].focus()", button)
    assert lit(study, section) == {(symbol, place) for place in EVERYWHERE}


# ---- part 2


def worked_example():
    """X, y, and a generator where the page's batch orders begin."""
    rng = np.random.default_rng(0)
    X, y = synthetic_data([2, -3.4], 4.2, 1000, noise=0.01, rng=rng)
    rng.normal(0, 0.01, 2)
    return X, y, rng


def houses():
    X, y = load_houses()
    return (X - X.mean(axis=0)) / X.std(axis=0), y, np.random.default_rng(0)


def fit_path(X, y, rng, *, lr, batch_size, start):
    """w and b of 300 steps of `fit`, or as many as are finite."""
    epochs = math.ceil(300 / math.ceil(len(y) / batch_size))
    try:
        path = fit(X, y, lr=lr, batch_size=batch_size, epochs=epochs, w=start, rng=rng)
    except DivergenceError as error:
        path = error.trajectory
    return np.column_stack([path.w, path.b])[:301]


def assert_same_path(found, expected):
    """To 1e-9, absolute up to one and relative beyond."""
    assert len(found) == len(expected)
    assert (np.abs(found[:, :3] - expected) <= 1e-9 * np.maximum(1, np.abs(expected))).all()


def start_of(study):
    return study.path()[0, :2]


@pytest.mark.parametrize("calm", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_a_dragged_start_gives_the_path_of_fit(study, calm):
    """By pointer: the start dragged to a place, η and m set, 300 steps played, also in motion."""
    study.open(calm=calm)
    canvas = study.show("#plane")
    before = start_of(study)
    study.act().move_to_element_with_offset(canvas, -80, -120).click_and_hold().move_by_offset(
        200, 60
    ).release().perform()
    start = start_of(study)
    assert (start - before > 1).any()
    study.slide("#lr", 8)
    assert study.text("#lr_value") == "0.062"
    study.click("[name=size][value='100']")
    study.play()
    X, y, rng = worked_example()
    path = study.path()
    assert_same_path(path, fit_path(X, y, rng, lr=0.062, batch_size=100, start=start))
    assert (path[0, :2] == start).all()
    assert path[-1, :2] == pytest.approx([2, -3.4], abs=0.01)
    assert "Step 300" in study.text("#now")


@pytest.mark.parametrize(
    ("data", "size", "slides", "lr"),
    [
        ("houses", "10", 0, 0.03),
        pytest.param("example", "1", 0, 0.03, marks=pytest.mark.thorough),
        pytest.param("example", "10", 0, 0.03, marks=pytest.mark.thorough),
        pytest.param("example", "all", 30, 0.51, marks=pytest.mark.thorough),
        pytest.param("houses", "100", 12, 0.091, marks=pytest.mark.thorough),
    ],
)
def test_every_batch_size_gives_the_path_of_fit(study, data, size, slides, lr):
    """From the first start, on both data; the last minibatch of the houses is a short one."""
    study.click(f"[name=data][value={data}]")
    study.click(f"[name=size][value='{size}']")
    if slides:
        study.slide("#lr", slides)
    assert float(study.text("#lr_value")) == lr
    study.play()
    X, y, rng = {"example": worked_example, "houses": houses}[data]()
    m = len(y) if size == "all" else int(size)
    path = study.path()
    assert_same_path(path, fit_path(X, y, rng, lr=lr, batch_size=m, start=path[0, :2]))


@pytest.mark.thorough
def test_the_first_path_is_that_of_the_demo(study):
    """Untouched, the explorer walks the path that `python -m demos trajectory` draws."""
    from demos.trajectory import worked_example as drawn

    study.play()
    *_, path = drawn(0)
    assert_same_path(study.path(), np.column_stack([path.w, path.b]))


@pytest.mark.thorough
def test_a_held_bias_stays_where_it_belongs(study):
    """Only w moves, by the engine's own step; b is the true one throughout."""
    study.click("[name=held][value=held]")
    study.play()
    X, y, rng = worked_example()
    w, path = study.path()[0, :2], []
    for _ in range(3):
        for X_B, y_B in minibatches(X, y, 10, rng):
            path.append([*w, 4.2])
            w, _ = sgd_step(w, 4.2, *gradient(X_B, y_B, w, 4.2), 0.03)
    assert_same_path(study.path(), np.array([*path, [*w, 4.2]]))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("size", "slides", "lr", "why"),
    [
        ("all", 44, 2.0, "It diverges. η = 2 is beyond 2/λₘₐₓ"),
        ("all", 43, None, ""),
        ("1", 37, 1.0, "although η = 1 is below the mark"),
    ],
    ids=["above the limit", "just below", "small minibatches"],
)
def test_divergence_is_explained(study, size, slides, lr, why):
    """Above 2/λ_max, and with one sample per step also below it; not just below it with all."""
    limit = max_lr(worked_example()[0])
    assert study.text("#mark") == f"2/λₘₐₓ = {limit:.4g}"
    study.click(f"[name=size][value='{size}']")
    study.slide("#lr", slides)
    study.play()
    path = study.path()
    assert study.find("#why").is_displayed() == bool(why)
    if not why:
        assert float(study.text("#lr_value")) < limit
        assert path[-1, 3] < path[0, 3]
        return
    X, y, rng = worked_example()
    m = 1000 if size == "all" else 1
    assert_same_path(path, fit_path(X, y, rng, lr=lr, batch_size=m, start=path[0, :2]))
    assert path[-1, 3] > 1e6 * path[0, 3]
    assert why in study.text("#why")
    study.click("#plane")  # the picture, grown with the path, is small again before it is used
    assert np.abs(start_of(study) - [2, -3.4]).max() < 1


@pytest.mark.thorough
def test_the_inserted_numbers_are_those_of_the_step(study):
    """w₁ ← old − (η/m) · sum, each as the engine has it."""
    study.click("#step")
    row = study.text("#put_in tbody tr").replace("−", "-").replace("(-", "-").replace(")", "")
    old, lr, m, total, new = (
        float(x) for x in re.match(r"w₁\s+← (\S+) - \((\S+)/(\d+) · (\S+)\s+= (\S+)", row).groups()
    )
    X, y, rng = worked_example()
    path = fit(X, y, w=study.path()[0, :2], rng=rng)
    assert (lr, m) == (0.03, 10)
    assert [old, total, new] == pytest.approx(
        [path.w[0, 0], 10 * path.grad_w[0, 0], path.w[1, 0]], rel=1e-3
    )


@pytest.mark.thorough
def test_with_motion_reduced_the_path_jumps(study):
    """A hundred steps at once, and none in between."""
    study.click("#play")
    seen = set()
    while len(study.path()) < 301:
        seen.add(len(study.path()))
    assert seen <= {101, 201, 301}


@pytest.mark.thorough
def test_the_view_turns(study):
    """By dragging and by the arrow keys; its picture changes and nothing else does."""
    picture = "document.querySelector('#view').toDataURL()"
    view = study.show("#view")
    pictures = [study.js(picture)]
    for by in ((60, 0), (0, 20)):
        study.act().drag_and_drop_by_offset(view, *by).perform()
        pictures.append(study.js(picture))
    study.browser.execute_script("arguments[0].focus()", study.find("#view"))
    for key in (study.keys.ARROW_UP, study.keys.ARROW_LEFT):
        study.press(key)
        pictures.append(study.js(picture))
    assert len(set(pictures)) == 5
    assert len(study.path()) == 1


# ---- for everybody


def test_the_keyboard_alone_is_enough(study):
    """Tab, arrows, space and Enter: a weight, a symbol, the start, η, m, b, play, the table."""
    keys = study.keys
    study.tab_to("#w_area")
    study.press(keys.ARROW_RIGHT)
    assert study.text("#w_area_value") == "2.1"
    study.tab_to('[id="s0"] .symbols button')
    study.press(keys.ARROW_RIGHT)
    assert {symbol for symbol, _ in lit(study, "0")} == {"w"}
    study.tab_to("[name=data]")
    study.tab_to("#lr")
    study.press(keys.ARROW_RIGHT * 12)
    study.tab_to("[name=size]")
    study.press(keys.ARROW_RIGHT)
    study.tab_to("[name=held]")
    study.tab_to("#play")
    study.tab_to("#plane")
    before = start_of(study)
    study.press(keys.ARROW_LEFT * 3)
    study.act().key_down(keys.SHIFT).send_keys(keys.ARROW_DOWN).key_up(keys.SHIFT).perform()
    start = start_of(study)
    assert start - before == pytest.approx([-3 * 0.0425, -10 * 0.0425], rel=0.01)
    study.tab_to("#view")
    study.act().key_down(keys.SHIFT).send_keys(keys.TAB * 2).key_up(keys.SHIFT).perform()
    assert study.js("document.activeElement.id") == "reset"
    study.act().key_down(keys.SHIFT).send_keys(keys.TAB * 2).key_up(keys.SHIFT).perform()
    study.press(keys.SPACE)
    study.wait("document.querySelector('#play').disabled")
    X, y, rng = worked_example()
    assert_same_path(study.path(), fit_path(X, y, rng, lr=0.091, batch_size=100, start=start))
    study.tab_to("summary[data-words='steps.heading']")
    study.press(keys.ENTER)
    assert study.find("#steps").is_displayed()


SAID = """
((one, other) => one.textContent === other.textContent)(
  document.querySelector("#spoken"), document.querySelector("#now"))
"""
NAMED = {"button", "slider", "spinbutton", "radio", "application", "link", "image", "toolbar"}


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.thorough)])
def test_everything_has_a_name_for_screen_readers(study, language):
    """Each control and picture in the accessibility tree; and each step is read out."""
    study.click(f"[data-language={language}]")
    tree = study.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [n for n in tree if not n["ignored"] and n["role"]["value"].lower() in NAMED]
    assert {n["role"]["value"].lower() for n in roles} >= {
        "button",
        "slider",
        "spinbutton",
        "radio",
    }
    nameless = [n["role"]["value"] for n in roles if not n.get("name", {}).get("value", "").strip()]
    assert nameless == []
    study.click("#step")
    assert re.match("Step 1:|第 1 步：", study.text("#now"))
    study.wait(SAID, seconds=2)


SPOKEN = """
(() => {
  const own = "code, math, pre, [lang], i, b, sub, output, script, style, title, noscript, .how";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const texts = [document.title];
  while (walker.nextNode()) {
    const within = walker.currentNode.parentElement.closest(own);
    if (!within || within === document.documentElement) texts.push(walker.currentNode.textContent);
  }
  for (const name of ["aria-label", "title", "alt", "placeholder", "aria-valuetext", "data-head"]) {
    for (const e of document.querySelectorAll(`[${name}]`)) texts.push(e.getAttribute(name));
  }
  return texts.filter((text) => text.trim());
})()
"""
DRAWN = """
((write) => {
  window.drawn = [];
  CanvasRenderingContext2D.prototype.fillText = function (words, ...place) {
    window.drawn.push(String(words));
    write.call(this, words, ...place);
  };
})(CanvasRenderingContext2D.prototype.fillText)
"""
QUANTITIES = {"price", "area", "age"}  # of §0, in the language of mathematics


def test_the_language_switch_leaves_no_english_behind(study):
    """Nor does what comes up later; and switched back, the page is as it was."""
    study.wait(SAID, seconds=2)
    en = study.js(SPOKEN)
    study.js(DRAWN)
    study.click("[data-language=zh]")
    assert study.js("document.documentElement.lang") == "zh-Hans"
    assert study.browser.title == WORDS["zh"]["page.title"]
    study.slide("#w_area", 1)
    study.click("[name=size][value='1']")
    study.slide("#lr", 44)
    study.play()
    assert study.text("#why").startswith("发散了")
    assert "步数" in study.js("window.drawn")
    left = {
        w for text in study.js(SPOKEN) + study.js("window.drawn") for w in english_in(text)
    } - QUANTITIES
    assert left == set()
    study.open()
    study.click("[data-language=zh]")
    study.click("[data-language=en]")
    study.wait(SAID, seconds=2)
    assert study.js(SPOKEN) == en


OVERFLOWING = """
[...document.querySelectorAll("body *")].filter((e) => {
  const scrolls = e.parentElement.closest(".equation, pre, .picture, #put_in, .scroll, .unseen");
  const { left, right } = e.getBoundingClientRect();
  return !scrolls && (right > innerWidth + 0.5 || left < -0.5);
}).map((e) => e.outerHTML.slice(0, 80))
"""


def overflowing(study):
    """What reaches over the sides of the window; the window itself, if it scrolls sideways."""
    wide = study.js("document.documentElement.scrollWidth > innerWidth")
    return ["the page"] * wide + study.js(OVERFLOWING)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.thorough)])
def test_nothing_overflows_at_360_pixels(study, language):
    """At the start, and with the longest numbers: those of a path that diverges."""
    study.open(width=360, height=740)
    study.click(f"[data-language={language}]")
    assert overflowing(study) == []
    study.slide("#w_area", 1)
    study.click("[name=size][value='1']")
    study.slide("#lr", 1)
    study.press(study.keys.END)
    study.play()
    assert study.find("#why").is_displayed()
    assert overflowing(study) == []


CONTRAST = """
((pairs) => {
  const style = getComputedStyle(document.documentElement);
  return pairs.map((pair) => pair.map((name) => style.getPropertyValue(`--${name}`).trim()));
})(arguments[0])
"""
PAIRS = """ink paper, ink card, ink-soft paper, ink-soft card, accent paper, accent card,
lit-ink lit, warn-ink warn, keyword card, string card, comment card, ink weight-0, ink weight-1,
ink-soft weight-0, ink-soft weight-1, mark paper"""


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_legible_in_light_and_dark(study, dark):
    """Every colour of text against what it stands on: at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    study.open(dark=dark)
    pairs = [pair.split() for pair in PAIRS.replace("\n", " ").split(",")]
    colours = study.js(CONTRAST, pairs)
    background = study.js("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 384) == dark
    for pair, (one, other) in zip(pairs, colours, strict=True):
        light, deep = sorted([luminance(one), luminance(other)], reverse=True)
        assert (light + 0.05) / (deep + 0.05) >= 4.5, pair


def test_the_page_sends_no_request(study):
    """From opening it to a path played in the other language: one request, for the file itself."""
    study.click("[data-language=zh]")
    study.click("[name=data][value=houses]")
    study.play()
    messages = [json.loads(m["message"])["message"] for m in study.browser.get_log("performance")]
    asked = {
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    }
    asked = {url for url in asked if not url.startswith("chrome:")}  # the browser's own first page
    assert asked <= {study.url, "data:,"}
    assert study.url in asked
    assert study.js("performance.getEntriesByType('resource').map((e) => e.name)") in (
        [],
        ["data:,"],
    )
