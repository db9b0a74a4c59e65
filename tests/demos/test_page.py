"""The file of the study page: what stands in it, without a browser."""

import html
import json
import re
import shutil

import numpy as np
import pytest
from study_page import WORDS, browser_or_skip, english_in, firefox_or_skip

from demos import page
from demos._page.notation import IN_MATHS, NOTATION, code, mathml
from demos._shared.sections import SECTIONS
from demos.derivation import source
from linreg_np import fit, minibatches, synthetic_data
from reference import check
from reference.checker.diagnosis.faults import BY_NAME


def test_a_missing_browser_is_a_skip_and_a_failure_where_it_is_required(monkeypatch):
    """So that a run that promises the browser's tests cannot pass without them."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("LINREG_NP_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium and chromedriver"):
        browser_or_skip()
    with pytest.raises(pytest.skip.Exception, match="firefox not installed"):
        firefox_or_skip()
    monkeypatch.setenv("LINREG_NP_BROWSER", "required")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        browser_or_skip()


def test_the_file_is_small(written):
    """Fewer than 1.5 MB, and the same again (test_determinism has it in another process)."""
    assert written.stat().st_size < 1.5e6
    assert page.page(0) == written.read_text(encoding="utf-8")


def test_the_page_forbids_loading_anything(written):
    """Its policy allows nothing but the style, the script and the font that stand in it."""
    text = written.read_text(encoding="utf-8")
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r'(?:src|href)="(?!#|data:,)', text)
    assert not re.search(r"url\((?!data:font/woff2;base64,)", text)


def test_the_font_has_its_licence_beside_it():
    """The SIL Open Font License must go with the font."""
    licence = (page.PARTS / page.FONT).with_suffix(".OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licence
    assert (page.PARTS / page.FONT).read_bytes()[:4] == b"wOF2"


def test_both_languages_have_the_same_texts():
    """The same keys, with the same values put in; and no Chinese text has an English word in it."""
    en, zh = WORDS["en"], WORDS["zh"]
    assert list(en) == list(zh)
    for key in en:
        put_in = [sorted(set(re.findall(r"\{\w+\}", t[key]))) for t in (en, zh)]
        assert put_in[0] == put_in[1], key
        assert english_in(without_code(zh[key])) == [], key


def without_code(text):
    text = re.sub(r"<(code|pre)\b[^>]*>.*?</\1>", "", text, flags=re.S)
    return re.sub(r"<(i|b|sub)\b[^>]*>.*?</\1>|<[^>]*>|\{\w+\}|w_\w+", "", text)


def test_every_text_is_used():
    """What no script and no template names, in whole or by its beginning, is not there."""
    named = "".join(page.part(f"{name}.js") for name in page.SCRIPTS)
    named += "".join(page.part(f"{n}.html") for n in ("template", "section", "figure", "slider"))
    numbers = {s.number for s in SECTIONS}
    built = re.compile(
        r"(ex|data|symbol|name|axis|handle|left|fault|formula|factor)\.|\w+\.(now|label)$"
    )
    unused = [
        key
        for key in WORDS["en"]
        if key not in named and not built.match(key) and key.rpartition(".")[0] not in numbers
    ]
    assert unused == []


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.number)
def test_the_code_shown_is_the_source(section):
    """Line for line; without docstring, decorators and annotations."""
    shown = re.findall(r"<pre[^>]*>(.*?)</pre>", page.section(section), re.S)
    text = html.unescape("\n".join(re.sub("<[^>]*>", "", part) for part in shown))
    for f in section.functions:
        body = source(f).partition(":\n")[2] if source(f).startswith("def") else source(f)
        assert body.rpartition(":\n")[2].strip().splitlines()[-1] in text
        assert re.search(rf"^def {f.__name__}\(", text, re.M)
    for word in ('"""', "@convert", "ArrayLike", "->"):
        assert word not in text


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.number)
def test_there_is_a_button_for_each_symbol_of_the_equation(section):
    """And for none whose letters are not in it."""
    shown = page.section(section)
    equation = re.search('<div class="equation">(.*?)</div>', shown, re.S)[1]
    buttons = set(re.findall(r'<button type="button" data-symbol="(\w+)"', shown))
    assert buttons <= set(re.findall(r'data-symbol="(\w+)"', equation))
    leaves = set(re.findall(r"<m[in][^>]*>(\w)</m", equation))
    letters = {symbol: NOTATION[symbol][0] for symbol in NOTATION if symbol != "residual"}
    letters = {s: {"ŷ": "y", "∇w L": "L"}.get(x, x.replace("∂", "")[0]) for s, x in letters.items()}
    for symbol, letter in letters.items():
        if symbol in buttons:
            assert {letter, letter.lower()} & leaves, symbol
    single = set(re.findall(r'<mi data-symbol="(\w+)">\w</mi>', equation))
    assert single <= buttons != set()


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


def test_the_lines_of_the_formula_end_with_that_of_the_derivation():
    """What is marked as changed aside."""
    equations = {s.number: s.equation for s in SECTIONS}
    plain = {name: re.sub("[⟦⟧]", "", line) for name, line in page.LINES.items()}
    assert (plain["model"], plain["bias"]) == (equations["1.3g"], equations["1.3h"])
    assert all("⟦" in line for line in page.LINES.values())


def test_the_five_lines_of_python_are_the_loop():
    """Executed, they go the way of `fit`; the last minibatch is shorter."""
    X, y = synthetic_data([2, -3.4], 4.2, 25, rng=0)
    names = {"X": X, "y": y, "batch_size": 10, "epochs": 4, "lr": 0.1, "minibatches": minibatches}
    names |= {"rng": np.random.default_rng(1), "w": np.zeros(2), "b": 0.0}
    assert page.LOOP.count("\n") == 5
    exec(page.LOOP, names)
    path = fit(X, y, lr=0.1, batch_size=10, epochs=4, w=[0, 0], rng=1)
    assert [*names["w"], names["b"]] == pytest.approx([*path.w[-1], path.b[-1]], rel=1e-12)


def test_the_causes_of_the_exercises_are_in_the_catalogue():
    """Under these very names; and the text names the right one."""
    (names,) = re.findall(r"const FAULTS = (\[.*?\])", page.part("exercises.js"), re.S)
    assert set(json.loads(names)) <= set(BY_NAME)
    rights = re.findall(r'id: "(symptom_\d)".*?right: "([\w-]+)"', page.part("exercises.js"))
    assert len(rights) == 3
    for (exercise, right), words in [(r, w) for r in rights for w in WORDS.values()]:
        assert f"<code>{right}</code>" in words[f"ex.{exercise}.why"]


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_the_checker_says_what_the_exercise_says_of_it(tmp_path, language):
    """The program in the text, saved and checked."""
    words = WORDS[language]
    program = html.unescape(re.search("<code>(def .*?)</code>", words["ex.check.asks"], re.S)[1])
    (tmp_path / "mine.py").write_text(program)
    (found,) = check(str(tmp_path / "mine.py"), max_examples=30).checks
    assert found.verdict == "wrong"
    assert "bias-gradient-sum" in words["ex.check.why"]
    assert "bias-gradient-sum" in str(check(str(tmp_path / "mine.py"), max_examples=30))
