"""The study page for everybody: keyboard, screen reader, phone, both languages, paper, no network."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from study_page import WORDS, english_in, firefox_or_skip

from demos import page
from demos._page.notation import mathml
from demos._shared.sections import SECTIONS

AXE = (Path(__file__).parent / "data" / "axe.min.js").read_text(encoding="utf-8")


# ---- exercises


def exercises(study):
    """Name, right answer and all options of each."""
    return study.js("EXERCISES.map(({ id, right, options }) => [id, right, options ?? null])")


def answer(study, name, option):
    if isinstance(option, str):
        study.click(f"#ex-{name} input[value='{option}']")
    else:
        study.type(f"#ex-{name} input", str(option))
    study.click(f"#ex-{name} .check")


def test_each_exercise_asks_first_and_then_tells(study):
    """Without an answer nothing is told; a wrong one is called wrong; the right one is explained."""
    found = exercises(study)
    assert len(found) >= 8
    assert len(found) == study.js("document.querySelectorAll('.exercise').length")
    for name, right, options in found:
        why, verdict = f"#ex-{name} .why", f"#ex-{name} .verdict"
        study.click(f"#ex-{name} .check")
        assert study.text(f"#ex-{name} .rule") != ""
        assert not study.shown(why)
        wrong = next(o for o in options if o != right) if options else right + 1
        answer(study, name, wrong)
        assert study.text(verdict) == WORDS["en"]["ex.wrong"]
        assert not study.shown(why)
        if options is None or name == "which":
            study.click(f"#ex-{name} .reveal")
            assert study.shown(why)
            assert study.text(verdict) == WORDS["en"]["ex.shown"]
        answer(study, name, right)
        assert study.text(verdict) == WORDS["en"]["ex.right"]
        assert study.shown(why)


def test_the_wrong_descents_show_their_symptoms(study):
    """b never moves; the path never rests; every step is the first."""
    still, restless, straight = (
        study.js("wrong_path(arguments[0])", name)
        for name in ("bias-gradient-zero", "accumulator-kept", "gradient-outside-loop")
    )
    assert {b for _, b in still} == {30}
    assert abs(still[-1][0] - still[-2][0]) < 1e-3
    moves = moves_of(restless)
    assert max(abs(w) for w, _ in moves[-15:]) > 1
    moves = moves_of(straight)
    assert moves == [pytest.approx(moves[0])] * len(moves)


def moves_of(path):
    """The steps between the points of a path."""
    return np.diff(path, axis=0).tolist()


# ---- axe-core


def violations(study):
    """What axe-core finds, by rule and element."""
    study.browser.execute_script(AXE)
    return study.browser.execute_async_script(
        "const done = arguments[0]; axe.run().then(({ violations }) => done("
        "violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target}`))));"
    )


def act_at_will(study):
    """Every kind of thing that a reader can open, at once."""
    for selector in ("#axes", "#momentum", "#ch-weights [data-state=field]", "[data-factor=x]"):
        study.click(selector)
    study.slide("#line-w", -3)
    study.type("#line-house", "900")
    study.click("#derivation_view > summary")
    study.slide("#w_area", 3)
    study.click("[id='s1.3f'] .agrees")
    answer(study, "by_hand", -20)
    answer(study, "converge", "creeps")


@pytest.mark.parametrize(
    ("fragment", "options", "act"),
    [
        ("language=en", {}, None),
        ("language=zh&m=all&eta=2.4&t=300", {"dark": True, "width": 360, "height": 740}, None),
        ("language=en&features=two", {"dark": True}, act_at_will),
        ("language=zh", {}, act_at_will),
        ("language=en&data=own&own=x,y;1,2;2,3;4,4", {}, None),
        ("language=en", {"width": 360, "height": 740}, act_at_will),
        ("language=en&m=1&eta=9.1&t=300", {}, None),
    ],
)
def test_axe_finds_nothing(closed, fragment, options, act):
    """In any state: after load, diverged, dark, in Chinese, on a phone, with all things open."""
    study = closed.open(fragment, **options)
    if act:
        act(study)
    assert violations(study) == []


# ---- phone


OVERFLOWING = """
[...document.querySelectorAll("body *")].filter((e) => {
  const scrolls = e.parentElement.closest("pre, .matrices, .scroll, .unseen, svg, math");
  const { left, right } = e.getBoundingClientRect();
  return !scrolls && e.checkVisibility() && (right > arguments[0] + 0.5 || left < -0.5);
}).map((e) => e.outerHTML.slice(0, 80))
"""


CUT_OFF = """
[...document.querySelectorAll('#product, .matrices')]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)
"""


def overflowing(study, width):
    """What reaches over the sides of the window; the window itself, if it scrolls sideways."""
    wide = study.js("document.documentElement.scrollWidth > arguments[0]", width)
    return ["the page"] * wide + study.js(OVERFLOWING, width)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_overflows(closed, width, language):
    """At the start; with the longest numbers, those of a path that diverges; all unfolded."""
    study = closed.open(f"language={language}", width=width, height=740)
    study.browser.execute_script(
        "for (const d of document.querySelectorAll('details')) d.open = true"
    )
    study.browser.execute_script(
        "for (const d of document.querySelectorAll('.why')) d.hidden = false"
    )
    assert overflowing(study, width) == []
    study.browser.execute_script("change({data: 'own'})")
    study.change(features="two", axes=True, momentum=True)
    study.click("#digits")
    assert overflowing(study, width) == []
    assert study.js(CUT_OFF) == []
    study.change(data="example", m="1", eta=9.1, momentum=False, t=300)
    assert study.shown("#why")
    assert overflowing(study, width) == []


def touch(study, selector, down, across=0):
    """A finger put on the middle of this, moved and lifted; by how much the page has scrolled."""
    at_rest = "const now = scrollY; setTimeout(() => done(now === scrollY), 100)"
    while not study.browser.execute_async_script(f"const done = arguments[0]; {at_rest}"):
        pass
    element = study.show(selector)
    r = study.js("arguments[0].getBoundingClientRect().toJSON()", element)
    x, y = r["x"] + r["width"] / 2, r["y"] + r["height"] / 2
    before = study.js("scrollY")

    def send(kind, *points):
        event = {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]}
        study.browser.execute_cdp_cmd("Input.dispatchTouchEvent", event)

    send("touchStart", (x, y))
    for k in range(1, 11):
        send("touchMove", (x + across * k / 10, y + down * k / 10))
    send("touchEnd")
    study.browser.execute_async_script("setTimeout(arguments[0], 300)")
    return study.js("scrollY") - before


def test_a_finger_scrolls_unless_it_holds_a_handle(closed):
    """Over each kind of picture; a handle that is held moves, and the page does not."""
    study = closed.open("language=en", width=360, height=740)
    for picture in ("#street", "#contours", "#plane", "#view"):
        state = [study.state(key) for key in ("w", "b", "start")]
        assert touch(study, picture, -150) > 60, picture
        assert [study.state(key) for key in ("w", "b", "start")] == state
    assert abs(touch(study, "#street_w .grip", 40)) < 2
    assert study.state("w") < 30
    start = study.state("start")
    assert abs(touch(study, "#plane_start .grip", 60, 40)) < 2
    assert study.state("start") != start
    assert abs(touch(study, "#street .dot:nth-of-type(1)", 0)) < 2  # a tap
    assert study.state("house") != 91


@pytest.mark.parametrize(
    "picture",
    [
        "street",
        "plane",
        *(p for p in ("over_w", "steps", "contours")),
    ],
)
def test_a_picture_and_its_slider_are_in_view_together(closed, picture):
    """On a phone: the whole frame of the picture, and the slider that sticks below it."""
    study = closed.open("language=en", width=360, height=740)
    study.browser.execute_script(
        "document.documentElement.style.scrollBehavior = 'auto';"
        "document.querySelector(arguments[0]).scrollIntoView({block: 'start'})",
        f"#{picture}",
    )
    controls = f"[...document.querySelector('#{picture}').closest('.stage').querySelectorAll('.controls')].find((e) => e.checkVisibility())"
    slider = study.js(f"(({{top, bottom}}) => [top, bottom])({controls}.getBoundingClientRect())")
    frame = study.js(
        f"(({{top}}, f) => [top + f.top, top + f.top + f.h])(document.querySelector('#{picture}').getBoundingClientRect(), document.querySelector('#{picture}').frame)"
    )
    assert slider[1] <= 741
    assert frame[0] >= -1
    assert frame[1] <= slider[0] + 1


# ---- keyboard and screen reader


def test_the_keyboard_alone_is_enough(study):
    """Tab, arrows, space and Enter: a handle, a slider, a factor, the descent, an exercise."""
    keys = study.keys
    study.tab_to("#street_b")
    study.press(keys.ARROW_UP * 2)
    assert study.state("b") == pytest.approx(10 + 2 * 2.3)
    study.tab_to("#line-w")
    study.press(keys.ARROW_LEFT * 2)
    assert study.state("w") == 29
    study.tab_to("[data-factor=r]")
    study.press(keys.SPACE)
    assert study.state("factor") == "r"
    study.tab_to("#contours_point")
    study.press(keys.ARROW_LEFT)
    assert study.state("w") < 29
    study.tab_to("#ch-formula .symbols button")
    study.press(keys.ARROW_RIGHT)
    lit = "[...document.querySelectorAll('#ch-formula .lit')].map((e) => e.dataset.symbol)"
    assert set(study.js(lit)) == {"y"}
    study.tab_to("#momentum")
    study.press(keys.SPACE)
    study.tab_to("#plane_start")
    study.press(keys.ARROW_RIGHT, keys.ARROW_DOWN)
    study.tab_to("#eta")
    study.press(keys.ARROW_RIGHT)
    study.tab_to("#step")
    study.press(keys.ENTER * 2)
    assert (study.state("momentum"), study.state("t"), study.state("eta")) == (True, 2, 0.033)
    assert study.state("start")[0] > 0
    study.tab_to("#ex-converge input")
    study.press(keys.ARROW_DOWN * 2)
    study.press(keys.ENTER)
    assert study.shown("#ex-converge .why")


NAMED = {"button", "slider", "spinbutton", "radio", "link", "image", "toolbar", "checkbox", "group"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_has_a_name_for_screen_readers(study, language):
    """Each control and picture in the accessibility tree; and each step is read out."""
    study.click(f"[data-language={language}]")
    tree = study.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [n for n in tree if not n["ignored"] and n["role"]["value"].lower() in NAMED]
    assert {n["role"]["value"].lower() for n in roles} >= NAMED - {"group", "toolbar"}
    nameless = [n for n in roles if not n.get("name", {}).get("value", "").strip()]
    assert [n["role"]["value"] for n in nameless if n["role"]["value"] != "group"] == []
    study.click("#step")
    assert re.match("Step 1:|第 1 步：", study.text("#now"))
    study.wait(
        "document.querySelector('#spoken').textContent === document.querySelector('#now').textContent",
        seconds=3,
    )


def test_each_picture_tells_what_it_shows_now(study):
    """A sentence below each; it changes with the picture."""
    told = "[...document.querySelectorAll('figure .now')].map((e) => [e.id, e.textContent])"
    before = dict(study.js(told))
    study.change(w=5, b=40, features="two", w_area=3, eta=0.2, t=4, lr=0.3, upto=100, field=True)
    after = dict(study.js(told))
    same = {name for name in before if before[name] == after[name]}
    assert same <= {"errors_now", "pad_now", "plane_now", "left_age_now"}
    described = "[...document.querySelectorAll('figure > svg')].map((e) => e.getAttribute('aria-describedby'))"
    assert study.js(described) == list(before)


# ---- languages


SPOKEN = """
(() => {
  const own = "code, math, pre, [lang], i, b, sub, output, script, style, title, noscript, .how, textarea, option, .tick, .axis, .d2l, #mark";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const texts = [document.title];
  while (walker.nextNode()) {
    const within = walker.currentNode.parentElement.closest(own);
    if (!within || within === document.documentElement) texts.push(walker.currentNode.textContent);
  }
  for (const name of ["aria-label", "title", "alt", "aria-valuetext"]) {
    for (const e of document.querySelectorAll(`:not([lang="en"])[${name}]`)) texts.push(e.getAttribute(name));
  }
  for (const e of document.querySelectorAll(".axis")) texts.push(e.textContent.replace(e.querySelector(".index")?.textContent ?? "", ""));
  return texts.filter((text) => text.trim());
})()
"""
KEPT = {"price", "area", "age", "dl"}  # of §0, in the language of mathematics; d2l


@pytest.mark.sample(99)
def test_the_language_switch_leaves_no_english_behind(study):
    """Nor does what comes up later; and switched back, the page is as it was."""
    study.wait("document.querySelector('#spoken').textContent !== ''")
    en = study.js(SPOKEN)
    study.click("[data-language=zh]")
    assert study.js("document.documentElement.lang") == "zh-Hans"
    assert study.browser.title == WORDS["zh"]["page.title"]
    study.change(m="1", eta=9.1, t=300, axes=True, features="two", lr=0.7)
    assert study.text("#why").startswith("发散了")
    answer(study, "converge", "creeps")
    left = {w for text in study.js(SPOKEN) for w in english_in(text)} - KEPT
    assert left == set()
    study.open("language=zh")
    study.click("[data-language=en]")
    study.wait("document.querySelector('#spoken').textContent.startsWith('At')")
    assert study.js(SPOKEN) == en


# ---- paper, network, another browser


def test_paper_shows_pictures_and_no_controls(closed):
    """Printed, dark or light; and each answer is open."""
    study = closed.open("language=en", width=720, print_=True, dark=True)
    assert not any(study.shown(s) for s in ("#settings", ".controls", "nav", "#play"))
    assert all(study.shown(s) for s in ("#street", "#contours", "#plane", "#ex-raw .why"))
    background = study.js("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    study.browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    two = [study.js(f"$('#{n}').getBoundingClientRect().toJSON()") for n in ("squares", "over_w")]
    assert two[0]["top"] == two[1]["top"]  # side by side, and drawn for this width
    assert two[0]["width"] == pytest.approx(study.js("width_of($('#squares'))"), rel=0.1)
    study.browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not study.js("printing")


@pytest.mark.sample(99)
def test_the_page_sends_no_request(study):
    """From opening it to a path played in the other language: one request, for the file itself."""
    study.browser.get_log("performance")
    study.open("language=zh&data=two&t=20")
    study.click("#derivation_view > summary")
    messages = [json.loads(m["message"])["message"] for m in study.browser.get_log("performance")]
    asked = {
        m["params"]["request"]["url"].partition("#")[0]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    }
    asked = {url for url in asked if not url.startswith(("chrome:", "data:", "about:"))}
    assert asked == {study.url}


def ink_lines(picture, gap=12):
    """How many lines of ink there are, one below the other."""
    with Image.open(picture) as image:
        rows = np.flatnonzero((np.asarray(image.convert("L")) < 128).any(axis=1))
    return 1 + int((np.diff(rows) > gap).sum())


@pytest.mark.thorough
def test_firefox_draws_each_equation_on_one_line(tmp_path):
    """By one screenshot without a window: no square floats above, no fraction falls apart."""
    firefox = firefox_or_skip()
    style = re.search("<style>(.*?)</style>", page.page(0), re.S)[1]
    equations = [s.equation for s in SECTIONS[:-1]] + list(page.LINES.values())
    lines = [line for e in equations for line in re.findall("<math.*?</math>", mathml(e))]
    body = "".join(f'<div class="equation"><p>{line}</p></div>' for line in lines)
    (tmp_path / "equations.html").write_text(
        f'<!doctype html><meta charset="utf-8"><style>{style}</style>{body}', encoding="utf-8"
    )
    picture = tmp_path / "equations.png"
    command = [firefox, "--headless", "--profile", str(tmp_path), "--window-size=900,4000"]
    address = (tmp_path / "equations.html").as_uri()
    subprocess.run([*command, f"--screenshot={picture}", address], check=True, timeout=120)
    assert ink_lines(picture) == len(lines)
