"""Section 7 in a browser: every path is that of `fit`, and it can be started, steered and sent."""

import math
import re

import numpy as np
import pytest

from demos.surface import correlated
from linreg_np import (
    DivergenceError,
    LossSurface,
    fit,
    gradient,
    load_houses,
    max_lr,
    minibatches,
    sgd_step,
    synthetic_data,
)


def worked_example():
    """X, y, and a generator where the page's batch orders begin."""
    rng = np.random.default_rng(0)
    X, y = synthetic_data([2, -3.4], 4.2, 1000, noise=0.01, rng=rng)
    start = rng.normal(0, 0.01, 2)
    return X, y, rng, start


def houses(features):
    X, y = load_houses()
    return features(X), y, np.random.default_rng(0), np.zeros(2)


DATA = {
    "example": worked_example,
    "line": lambda: houses(lambda X: X[:, :1] / 10),
    "two": lambda: houses(lambda X: (X - X.mean(axis=0)) / X.std(axis=0)),
    "raw_one": lambda: houses(lambda X: X[:, :1]),
    "raw_two": lambda: houses(lambda X: X),
    "valley": lambda: (*correlated(0), np.random.default_rng(0), np.array([1.6, 0])),
}


def fit_path(X, y, rng, start, *, lr, m):
    """(w, b) of 300 steps of `fit`, or as many as are finite; of one feature the start is (w, b)."""
    epochs, d = math.ceil(300 / math.ceil(len(y) / m)), X.shape[1]
    w, b = (start, 0.0) if d > 1 else (start[:1], start[1])
    try:
        path = fit(X, y, lr=lr, batch_size=m, epochs=epochs, w=w, b=b, rng=rng)
    except DivergenceError as error:
        path = error.trajectory
    return np.column_stack([path.w, path.b])[:301]


def assert_same_path(found, expected):
    """To 1e-9, absolute up to one and relative beyond."""
    found = found[:, :-1]
    assert found.shape == expected.shape
    assert (np.abs(found - expected) <= 1e-9 * np.maximum(1, np.abs(expected))).all()


@pytest.mark.sample(99)
@pytest.mark.parametrize(
    ("data", "lr", "m"),
    [
        ("example", 0.03, "10"),
        ("two", 0.1, "10"),
        ("line", 0.3, "all"),
        ("valley", 1, "all"),
        ("raw_one", 0.0051, "all"),
        ("raw_two", 0.0011, "all"),
        ("raw_two", 0.0001, "1"),
        ("example", 0.03, "1"),
        ("example", 0.062, "100"),
        ("example", 0.51, "all"),
        ("two", 0.091, "100"),
        ("line", 0.01, "1"),
        ("valley", 0.1, "10"),
    ],
)
def test_each_step_is_that_of_fit(closed, data, lr, m):
    """300 steps, on all data of the page; the last minibatch of the houses is a short one."""
    study = closed.open(f"language=en&data={data}&eta={lr}&m={m}&t=300")
    X, y, rng, start = DATA[data]()
    expected = fit_path(X, y, rng, start, lr=lr, m=len(y) if m == "all" else int(m))
    assert_same_path(study.path(), expected)
    assert len(expected) == 301
    assert "Step 300, the last" in study.text("#now")


def test_a_dragged_start_is_where_the_path_begins(study):
    """By pointer: the start dragged, η and m set, played to the end."""
    before = study.path()[0, :2]
    study.drag("#plane_start", 120, 90)
    start = study.path()[0, :2]
    assert (np.abs(start - before) > 1).all()
    study.slide("#eta", 8)
    assert study.text("#eta_value") == "0.062"
    study.click("[name=size][value='100']")
    study.change(speed=4)
    study.play()
    X, y, rng, _ = worked_example()
    assert_same_path(study.path(), fit_path(X, y, rng, start, lr=0.062, m=100))


def test_a_held_bias_stays_at_its_best_value(closed):
    """Only w moves, by the engine's own step."""
    study = closed.open("language=en&held=1&t=300")
    X, y, rng, w = worked_example()
    b, path = LossSurface.from_data(X, y).b, []
    for _ in range(3):
        for X_B, y_B in minibatches(X, y, 10, rng):
            path.append([*w, b])
            w, _ = sgd_step(w, b, *gradient(X_B, y_B, w, b), 0.03)
    assert_same_path(study.path(), np.array([*path, [*w, b]]))


def test_momentum_is_ten_lines_of_numpy(closed):
    """v ← βv + ∇L, θ ← θ − ηv."""
    study = closed.open("language=en&data=valley&m=10&eta=0.03&momentum=1&beta=0.8&t=300")
    X, y, rng, w = DATA["valley"]()
    b, v_w, v_b = 0.0, 0.0, 0.0
    path = [[*w, b]]
    for _ in range(3):
        for X_B, y_B in minibatches(X, y, 10, rng):
            grad_w, grad_b = gradient(X_B, y_B, w, b)
            v_w, v_b = 0.8 * v_w + grad_w, 0.8 * v_b + grad_b
            w, b = w - 0.03 * v_w, b - 0.03 * v_b
            path.append([*w, b])
    assert_same_path(study.path(), np.array(path))


def frame_of(study):
    """The numbers on the axes of the plane and of the loss."""
    ticks = "[...document.querySelectorAll('#plane .tick, #losses .tick.end')]"
    return study.js(f"{ticks}.map((e) => e.textContent)")


@pytest.mark.sample(99)
@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("m=all&eta=2.2", "beyond 2/λmax"),
        ("m=1&eta=1", "although η = 1 is below"),
        ("m=1&eta=9.1", "beyond 2/λmax"),
        ("data=raw_two&m=all&eta=9.1", "beyond 2/λmax"),
        ("data=two&m=1&eta=3.9", "beyond 2/λmax"),
        ("momentum=1&m=all&eta=9.1", "With momentum"),
    ],
)
def test_divergence_stays_in_the_frame(closed, settings, why):
    """The path leaves it, and the axes stay; it stops soon and says why; Play plays again."""
    study = closed.open(f"language=en&{settings}")
    frame = frame_of(study)
    study.play()
    steps = len(study.path())
    assert steps < 100
    assert frame_of(study) == frame
    assert why in study.text("#why")
    assert "beyond the top" in study.text("#losses_now")
    assert "outside" in study.text("#plane_now")
    assert study.text("#play") == "Play again"
    study.play()
    assert len(study.path()) == steps
    study.click("#reset")
    assert not study.shown("#why")
    data = study.state("data")
    first = study.js("Object.values(descent_defaults())")
    assert [study.state(key) for key in study.js("Object.keys(descent_defaults())")] == first
    assert (study.state("t"), data in DATA) == (0, True)


def test_just_below_the_limit_it_converges(closed):
    """The limit told is 2/λ_max, as linreg_np has it."""
    study = closed.open("language=en&m=all&eta=1.8&t=300")
    limit = max_lr(worked_example()[0])
    assert study.text("#mark") == f"2/λₘₐₓ = {limit:.4g}"
    path = study.path()
    assert path[-1, -1] < 1e-3 * path[0, -1]
    assert not study.shown("#why")


def test_a_run_before_is_grey_and_never_sets_the_scale(closed):
    """After a run that has diverged there is none."""
    study = closed.open("language=en&m=all&eta=0.1&t=50")
    grey = "document.querySelector('#plane .ghost-path').points.numberOfItems"
    study.slide("#eta", 3)
    assert study.js(grey) == 51
    study.change(eta=2.4, t=60)
    frame = frame_of(study)
    study.change(eta=0.1, t=0)
    assert study.js(grey) == 0
    assert frame_of(study) == frame


def test_the_ratios_of_curvature_are_as_told():
    """1,700 for one raw feature; 13 and 10,284 for two; the page computes the first and the last."""
    X, y = load_houses()
    one, two = (LossSurface.from_data(Z, y).curvature for Z in (X[:, :1], X))
    ratios = [np.linalg.cond(H) for H in (one, two[:2, :2], two)]
    assert ratios == pytest.approx([1700, 13, 10284], rel=0.02)


@pytest.mark.parametrize(("data", "ratio"), [("raw_one", 1700.5), ("raw_two", 10284)])
def test_the_page_computes_the_ratio(closed, data, ratio):
    """Of the largest to the smallest λ."""
    study = closed.open(f"language=en&data={data}")
    assert f"{ratio:.5g}" in study.text("#data_says")


def test_the_axes_of_the_bowl_are_its_eigenvectors(closed):
    """Their λ are told, and with all samples the error shrinks by |1 − ηλ| along each."""
    study = closed.open("language=en&data=valley&axes=1&t=40")
    X, y, *_ = DATA["valley"]()
    told = [float(x) for x in re.findall(r"λ. = ([\d.]+)", study.text("#errors_now"))]
    λ = np.linalg.eigvalsh(LossSurface.from_data(X, y).curvature)[::-1]
    assert told == pytest.approx(λ, rel=5e-3)
    curves = study.js(
        "[...document.querySelectorAll('#errors polyline')].map((e) => [...e.points].map((p) => p.y))"
    )
    f = study.js("(({y0, y1, h}) => [y0, y1, h])(document.querySelector('#errors').frame)")
    per_decade = f[2] / (f[1] - f[0])
    for k in (0, 2):
        falls = (curves[k][20] - curves[k][0]) / per_decade / 20
        assert falls == pytest.approx(-math.log10(abs(1 - λ[k])), abs=0.01)
    assert study.js("document.querySelectorAll('#plane line.principal').length") == 2


def test_the_inserted_numbers_are_those_of_the_step(study):
    """w₁ ← old − η · mean, each as the engine has it."""
    study.click("#step")
    row = study.text("#put_in tbody tr").replace("−", "-").replace("(-", "-").replace(")", "")
    old, lr, mean, new = (
        float(x) for x in re.match(r"w₁\s+← (\S+) - (\S+) · (\S+)\s+= (\S+)", row).groups()
    )
    X, y, rng, w = worked_example()
    path = fit(X, y, w=w, rng=rng)
    assert [old, lr, mean, new] == pytest.approx(
        [path.w[0, 0], 0.03, path.grad_w[0, 0], path.w[1, 0]], rel=1e-3
    )


@pytest.mark.parametrize("calm", [True, False])
def test_play_shows_the_whole_path(closed, calm):
    """With motion and, where it is reduced, in still pictures a few steps apart."""
    study = closed.open("language=en&eta=0.1", calm=calm)
    study.change(speed=4)
    study.click("#play")
    seen = set()
    while (shown := len(study.path())) < 301:
        seen.add(shown)
    X, y, rng, start = worked_example()
    assert_same_path(study.path(), fit_path(X, y, rng, start, lr=0.1, m=10))
    assert not calm or {(k - 1) % 40 for k in seen} <= {0}


# ---- the address


def test_the_address_leads_back_to_the_picture(study):
    """Data, η, m, start, momentum, the step, the line and the language, read back in a new page."""
    for selector in (
        "[name=data][value=valley]",
        "[name=size][value='10']",
        "#momentum",
        "[data-language=zh]",
    ):
        study.click(selector)
    study.slide("#eta", -4)
    study.slide("#momentum-beta", -5)
    study.drag("#plane_start", 40, 50)
    study.slide("#line-w", -4)
    for _ in range(3):
        study.click("#step")
    study.wait("location.hash.includes('t=3')")
    keys = ["language", "w", "b", "data", "eta", "m", "momentum", "beta", "start", "t"]
    state, path = [study.state(key) for key in keys], study.path()
    fragment = study.js("location.hash.slice(1)")
    again = study.open(fragment)
    assert [again.state(key) for key in keys] == state
    assert state[3:6] == ["valley", 0.68, "10"]
    assert (again.path() == path).all()
    assert again.js("document.documentElement.lang") == "zh-Hans"


@pytest.mark.parametrize(
    "fragment",
    [
        "eta=-1&m=7&data=none&w=1e9&b=NaN&house=0.5&language=fr&t=-3&start=a,b&beta=2",
        "data=own&own=x,y;1,2&start=900,900&held=yes",
        "%",
    ],
)
def test_an_address_that_makes_no_sense_is_left_out(closed, fragment):
    """Each part for itself; the page is as at first."""
    study = closed.open(fragment)
    expected = {"eta": 0.03, "m": "10", "data": "example", "w": 30, "b": 10, "house": 91, "t": 0}
    assert {key: study.state(key) for key in expected} == expected
    study.wait("/^#language=(en|zh)$/.test(location.hash)")


def test_a_typed_start_is_checked_where_it_is_typed(study):
    """It has to be a number in the picture; else the old one stays."""
    study.type("[data-weight='0']", "3.5")
    assert study.path()[0, 0] == 3.5
    study.type("[data-weight='0']", "900")
    assert "from −2.251 to 6.25" in study.text("#start_rule")
    assert study.path()[0, 0] == 3.5
    study.type("[data-weight='0']", "1")
    assert study.text("#start_rule") == ""
    assert study.path()[0, 0] == 1


def test_a_complaint_follows_the_language_and_ends_with_its_cause(study):
    """Of a typed number and of own data; another start, from elsewhere, ends the first."""
    paste(study, "x,y\n1,2\n3,oops")
    study.type("[data-weight='0']", "900")
    study.change(language="zh")
    assert "不是数" in study.text("#own_error")
    assert "请输入" in study.text("#start_rule")
    study.focus("#play")
    study.change(start=[1, 1])
    assert study.text("#start_rule") == ""


# ---- own data


def paste(study, text):
    study.click("[name=data][value=own]")
    study.browser.execute_script(
        "const t = document.querySelector('#own_text'); t.value = arguments[0];"
        "t.dispatchEvent(new Event('input'));",
        text,
    )


def own_table(n=30, d=2):
    rng = np.random.default_rng(3)
    X = rng.normal(5, 2, (n, d)).round(3)
    return X, (X @ np.arange(1, d + 1) + rng.normal(0, 1, n)).round(3)


@pytest.mark.sample(99)
@pytest.mark.parametrize(("d", "mark", "named"), [(1, ",", True), (2, ";", True), (2, "\t", False)])
def test_own_data_go_down_their_own_bowl(study, d, mark, named):
    """Pasted, all samples in a batch: each step is that of `fit`; and the address holds them."""
    X, y = own_table(d=d)
    rows = [
        [f"{v}".replace(".", "," if mark == ";" else ".") for v in (*x, v)]
        for x, v in zip(X, y, strict=True)
    ]
    head = [[*["one", "two"][:d], "label"]] if named else []
    paste(study, "\n".join(mark.join(row) for row in head + rows))
    assert study.text("#own_error") == ""
    assert study.state("data") == "own"
    assert "30 samples" in study.text("#data_says")
    lr = study.state("eta")
    assert 0 < lr < max_lr(X)
    study.change(t=300)
    start = np.zeros(2)
    assert_same_path(study.path(), fit_path(X, y, 0, start, lr=lr, m=30))
    study.wait("location.hash.includes('t=300')")
    again = study.open(study.js("location.hash.slice(1)"))
    assert_same_path(again.path(), fit_path(X, y, 0, start, lr=lr, m=30))
    assert len(study.js("$('#own_text').value.split('\\n')")) == 31


def choose_second_feature(study, column):
    study.browser.execute_script(
        "const s = document.querySelector('#own_x2'); s.value = arguments[0];"
        "s.dispatchEvent(new Event('change', {bubbles: true}));",
        column,
    )


def test_own_data_can_be_standardised_and_their_columns_chosen(study):
    """The names of the columns are offered; text columns are no trouble while not chosen."""
    X, y = own_table()
    lines = [f"{a},street {k},{b},{v}" for k, ((a, b), v) in enumerate(zip(X, y, strict=True))]
    paste(study, "\n".join(["one,where,two,label", *lines]))
    assert study.js("problem().names") == ["w_one", "w_two"]
    choose_second_feature(study, "1")
    assert "Row 2, column 2 (“where”): “street 0” is not a number" in study.text("#own_error")
    choose_second_feature(study, "2")
    assert study.text("#own_error") == ""
    study.click("#scaled")
    study.change(t=300)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    assert_same_path(study.path(), fit_path(Z, y, 0, np.zeros(2), lr=study.state("eta"), m=30))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n1,2\n3,oops", "Row 3, column 2 (“y”): “oops” is not a number"),
        ("x,y\n1,2\n3,", "Row 3, column 2 (“y”) is empty"),
        ("x,y\n1,2\n3", "Number of cells in row 3: 1; in the first row: 2"),
        ("x,y\n1,2", "At least 2 samples are needed"),
        ("x,y\n1,2\n1,3", "Column “x” has the same value in every row"),
        ("x,z,y\n1,2,3\n2,4,1\n3,6,5", "One of the two features follows exactly from the other"),
        ("5\n6", "one column"),
        ("   ", "no table"),
        ("x,y\n<b>,2\n3,4", "“<b>” is not a number"),
        ("x,y\n1,Infinity\n3,4", "“Infinity” is not a number"),
    ],
)
def test_bad_data_are_refused_by_row_and_column(study, text, said):
    """And the picture before stays."""
    paste(study, text)
    assert said in study.text("#own_error")
    assert study.js("own_data()") is None


def test_what_else_is_to_be_said_of_own_data(study):
    """None yet; too steep for any η that can be set; too long for the address; names are text."""
    study.click("[name=data][value=own]")
    assert "No data yet" in study.text("#data_says")
    paste(study, "<b>area</b>,<i>age</i>,price\n120000,3,35\n200000,1,52\n310000,2,60")
    assert "standardise the features" in study.text("#data_says")
    assert "w<b>area</b>" in study.text("#plane_now")
    study.click("#scaled")
    assert "standardise the features" not in study.text("#data_says")
    paste(study, "\n".join(["x,y", *(f"{k}.25,{k % 7}.5" for k in range(500))]))
    assert "too long for the address" in study.text("#data_says")
    study.wait("!location.hash.includes('own')")


@pytest.mark.parametrize(
    ("language", "code"), [("zh", "gb18030"), ("en", "utf-16"), ("en", "cp1252")]
)
def test_a_file_of_a_spreadsheet_is_read_in_its_own_encoding(study, tmp_path, language, code):
    """UTF-16, and without a sign the usual one of the language of the page."""
    name = "面积" if code == "gb18030" else "Größe"
    (tmp_path / "mine.csv").write_bytes(f"{name};Preis\n1,5;2\n2,5;4\n4;5\n".encode(code))
    study.change(language=language, data="own")
    study.find("#own_file").send_keys(str(tmp_path / "mine.csv"))
    study.wait("own_data() !== null")
    assert study.js("table.names[0]") == name
    assert study.js("problem().X") == [[1.5], [2.5], [4]]


def test_a_file_can_be_dropped_or_chosen(study, tmp_path):
    """The file input and a drop read the same; nothing is sent."""
    X, y = own_table()
    text = "a,b,y\n" + "\n".join(f"{a},{b},{v}" for (a, b), v in zip(X, y, strict=True))
    (tmp_path / "mine.csv").write_text(text)
    study.click("[name=data][value=own]")
    study.find("#own_file").send_keys(str(tmp_path / "mine.csv"))
    study.wait("problem().n === 30 && state.data === 'own'")
    study.click("#reset")
    study.browser.execute_script(
        "const d = new DataTransfer(); d.items.add(new File(['x,y\\n1,2\\n2,3\\n4,4'], 'other.csv'));"
        "document.querySelector('#own_box').dispatchEvent("
        "new DragEvent('drop', {dataTransfer: d, bubbles: true, cancelable: true}));"
    )
    study.wait("problem().n === 3")


def test_points_can_be_clicked_into_the_plane(study):
    """Or typed; a click on a point removes it."""
    study.click("[name=data][value=own]")
    pad = study.show("#pad")
    for at in ((-120, 40), (30, -20), (100, -80)):
        study.act().move_to_element_with_offset(pad, *at).click().perform()
    assert study.js("problem().n") == 3
    study.act().move_to_element_with_offset(pad, 100, -80).click().perform()
    assert study.js("problem().n") == 2
    study.type("#pad_x", "7")
    study.type("#pad_y", "11")
    study.click("#pad_add")
    assert "from 0 to 10" in study.text("#pad_rule")
    study.type("#pad_y", "8")
    study.click("#pad_add")
    assert study.js("problem().n") == 3
    study.click("#pad_back")
    assert study.js("problem().n") == 2
