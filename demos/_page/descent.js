"use strict";
// Section 7: a path that the reader starts, steers and steps. It follows from the state: the settings
// give the path, and state.t is the step that is shown.

const OUTSIDE = 15; // so many steps outside the picture, uphill, end a path
const settings_key = () =>
  JSON.stringify([
    state.data,
    state.own,
    state.scaled,
    state.eta,
    state.m,
    state.held,
    state.momentum,
    state.beta,
    start_now()
  ]);
const start_now = () => state.start ?? descent_defaults().start;
const batch_size = () => (state.m === "all" ? problem().n : Math.min(problem().n, Number(state.m)));
const held = () => state.held && problem().d > 1;
const mark = () => (held() ? problem().max_lr_held : problem().max_lr);
let run = null, ghost = [];

// The path of these settings, as far as it has been asked for.
function path() {
  if (run?.key !== settings_key()) {
    ghost = run_before();
    run = begin();
  }
  while (run.points.length <= state.t && advance());
  run.shown = run.points.slice(0, state.t + 1);
  return run;
}

// The run before, drawn in grey: none after divergence, nor of other data.
function run_before() {
  if (run?.data !== problem() || run.lost) return [];
  return run.shown.length > 1 ? run.shown : ghost;
}

function begin() {
  const data = problem(), { w, b } = full(data, start_now());
  const start = { w, b: data.d === 1 ? b : held() ? data.lowest[2] : 0 };
  const options = { lr: state.eta, held: held(), beta: state.momentum ? state.beta : 0, ...start };
  const steps = fit(data.X, data.y, batches(data, batch_size()), options);
  const fresh = {
    key: settings_key(),
    data,
    steps,
    points: [],
    shown: [],
    steepest: Infinity,
    out: 0,
    ended: false,
    lost: false
  };
  add_point(fresh, steps.next().value);
  return fresh;
}

// One step; true if there is another.
function advance() {
  const { value, done } = run.ended ? { done: true } : run.steps.next();
  if (done) run.ended = true;
  else add_point(run, value);
  return !run.ended;
}

function add_point(run, value) {
  const { data, points } = run, L = loss(data.X, data.y, value.w, value.b);
  points.push({ ...value, p: flat(data, value), L });
  if (value.B) run.steepest = Math.min(run.steepest, own_mark(value.B));
  run.out = in_frame(data, points.at(-1).p) || L < points[0].L ? 0 : run.out + 1;
  run.lost = run.out >= OUTSIDE || !finite(value);
  run.ended = run.lost || points.length > DATA.steps;
}

const in_frame = ({ frame: { low, high } }, p) => p.every((x, k) => x >= low[k] && x <= high[k]);
const finite = ({ w, b }) => [...w, b].every(Number.isFinite);

// 2/λ_max of the bowl that the samples of one minibatch have by themselves.
function own_mark(B) {
  if (B.length === problem().n) return mark();
  const H = curvature(B.map((i) => problem().X[i]));
  return max_lr(held() ? H.slice(0, 2).map((row) => row.slice(0, 2)) : H);
}

// What else changes with a part of the state: other data begin anew, and with another setting the
// path does.
function consequences(patch) {
  const changes = (...keys) => keys.some((key) => key in patch);
  const anew = changes("data", "own", "scaled");
  if (!anew && !changes("eta", "m", "held", "momentum", "beta", "start")) return {};
  stop();
  return anew ? { ...descent_defaults(), held: false, momentum: false, t: 0 } : { t: 0 };
}

// ---- the pictures

const DESCENT = ["data", "own", "scaled", "eta", "m", "held", "momentum", "beta", "start", "t"];
const plane = $("#plane");
const start_grip = handle(plane, "plane_start", (p) => change({ start: p.map(three) }));

// In 1e-9 of a frame or so: what is not finite is not drawn.
const drawn = (list, f) => list.filter(finite).map(({ p }) => f.to(p));

// The path as a line with a dot at each step.
function steps_of(shown, f) {
  const list = drawn(shown, f), r = list.length > 60 ? 1.6 : 3;
  return trail(list) + list.map((at) => circle("step-dot", at, r)).join("") + circle("here", list.at(-1), 5.5);
}

picture([...DESCENT, "axes", "field"], () => {
  const { data, shown } = path(), [x, y] = start_now();
  const f = draw_contours(plane, data, (f) => {
    const field = state.field ? arrows(data, f) : "", lines = state.axes ? axis_lines(data, f) : "";
    return field + lines + polyline("ghost-path", drawn(ghost, f)) + steps_of(shown, f);
  });
  place(start_grip, f, [x, y], say("handle.start"), x, `${written(x, 3)}, ${written(y, 3)}`);
  const [x_name, y_name] = data.names.map(sub_name);
  const values = { b: written(data.lowest.at(-1)), x: x_name, y: y_name };
  tell(plane, say(data.d > 1 ? "plane.now" : "plane.now.one", values) + outside_words());
});

const outside_words = () =>
  in_frame(problem(), run.shown.at(-1).p) ? "" : ` ${say("plane.outside")}`;

picture([...DESCENT, "turn", "tilt"], () => {
  const { data, shown } = path(), last = shown.at(-1);
  draw_relief($("#view"), data, last, shown.filter(finite));
  tell(
    $("#view"),
    say(data.d > 1 && !held() ? "view.free" : "view.now", {
      extra: written(Math.max(0, last.L - height(data, last.p)), 3),
      b: written(last.b)
    })
  );
});
turnable($("#view"));

// ---- the loss at each step, on a scale of powers of ten that a path cannot stretch

const CEILING = 100; // times the loss at the start, or at the rim

function log_frame(svg, low, high, steps) {
  const [a, b] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  return frame(svg, [0, steps], [a, Math.max(a + 1, b)], { ratio: 0.8 });
}

const power = (k) => (Math.abs(k) < 3 ? written(10 ** k) : `10${raised(k)}`);
const whole_ticks = (f) => ticks(f.y0, f.y1, 5).filter(Number.isInteger);
const log_axes = (f, up) => axes(f, say("axis.step"), up, { as_y: power, y_ticks: whole_ticks(f) });

picture(DESCENT, () => {
  const { data, points, shown } = path(), svg = $("#losses"), floor = Math.max(data.floor, 1e-12);
  const high = Math.max(rim(data), Math.min(points[0].L, rim(data) * CEILING));
  const f = log_frame(svg, floor * 0.9, high, Math.max(20, shown.length - 1));
  const at = (list) =>
    list.filter(({ L }) => L > 0 && Number.isFinite(L)).map(({ L }, t) => f.to([t, Math.log10(L)]));
  const base = f.to([0, Math.log10(floor)]);
  draw(
    svg,
    inside(
      f,
      line("floor", base, [f.left + f.w, base[1]]) +
        polyline("ghost-path", at(ghost).slice(0, shown.length + 20)) +
        polyline("path", at(shown))
    ) + log_axes(f, say("axis.loss"))
  );
  tell(
    svg,
    say(Math.log10(shown.at(-1).L) <= f.y1 ? "losses.now" : "losses.roof", {
      L: written(shown.at(-1).L),
      floor: written(data.floor)
    })
  );
});

// ---- the error along each axis of the bowl

// For each axis the distance from the lowest point at each step.
function errors_along(axes, { data, shown }) {
  const away = shown.filter(finite).map((point) => theta(point).map((x, k) => x - data.lowest[k]));
  return axes.map(({ v }) => away.map((d) => Math.abs(dot(v, d))));
}

// What one step does to the error along each axis, in the colour of its curve.
function factors(axes) {
  const row = ({ λ }, k) => {
    const name = `λ${LOWERED[k + 1]}`, factor = written(Math.abs(1 - state.eta * λ));
    return `<span class="key-${k}">${name} = ${written(λ, 3)}: |1 − η${name}| = ${factor} </span>`;
  };
  return `<span class="keys">${axes.map(row).join("")}</span>`;
}

picture([...DESCENT, "axes"], () => {
  $("#errors_figure").hidden = !state.axes;
  if (!state.axes) return;
  const svg = $("#errors"), steep = principal_axes(path().data.H);
  const curves = errors_along(steep, run), all = curves.flat().filter((x) => x > 0);
  const first = Math.max(...curves.map((c) => c[0]), 1e-9);
  const least = clamp(Math.min(...all, first), first * 1e-8, first);
  const f = log_frame(svg, least, first * 1.5, Math.max(20, run.shown.length - 1));
  const at = (x, t) => f.to([t, Math.log10(Math.max(x, 1e-300))]);
  const lines = curves.map((curve, k) => polyline(`axis-${k}`, curve.map(at)));
  draw(svg, inside(f, lines.join("")) + log_axes(f, say("axis.error")));
  tell(svg, factors(steep) + say("errors.says"));
});

// ---- the data, with what the weights of this step predict

// From the least to the largest, and a little more.
function span(list) {
  const low = Math.min(...list), high = Math.max(...list), room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

// Of one feature the line through the data; of two the label over the prediction.
picture(DESCENT, () => {
  const { data, shown } = path(), svg = $("#fitted"), { w, b, L } = shown.at(-1);
  const one = data.d === 1, apart = Math.ceil(data.n / 250); // not more dots than can be told apart
  const some = data.y.map((_, i) => i).filter((i) => i % apart === 0);
  const x = (i) => (one ? data.X[i][0] : predict_one(data.X[i], w, b));
  const f = frame(svg, span(one ? some.map(x) : data.y), span(data.y), { ratio: 0.8 });
  const dots = some.map((i) => circle("dot", f.to([x(i), data.y[i]]), data.n < 50 ? 4 : 2.4)).join("");
  const ends = [f.x0, f.x1].map((v) => f.to([v, one ? w[0] * v + b : v]));
  const drawn_line = ends.flat().every(Number.isFinite) ? line(one ? "fit" : "floor", ...ends) : "";
  draw(svg, inside(f, dots + drawn_line) + axes(f, one ? "x" : "ŷ", "y"));
  tell(svg, say(one ? "fitted.line" : "fitted.two", { L: written(L) }));
});

// ---- in words and numbers

picture(["data", "own", "scaled"], () => {
  const { n, H, max_lr: most } = problem(), λ = principal_axes(H);
  const values = { n, ratio: written(λ[0].λ / λ.at(-1).λ, 5) };
  const own = state.data === "own" ? own_notes(most) : "";
  $("#data_says").innerHTML = own_missing() ? say("own.wait") : say(`data.${state.data}.says`, values) + own;
  $("#own_box").hidden = state.data !== "own";
  $("#held_box").hidden = problem().d === 1;
  problem().names.forEach((name, k) => {
    $(`#start_name_${k}`).innerHTML = sub_name(name);
  });
});

picture(DESCENT, () => {
  const powers = (RATES - 1) / 24, eta = $("#eta");
  eta.value = place_of_rate(state.eta);
  eta.setAttribute(
    "aria-valuetext",
    say("eta.spoken", { eta: written(state.eta), part: written(state.eta / mark(), 2) })
  );
  $("#eta_value").textContent = written(state.eta);
  const under = state.momentum
    ? "eta.momentum"
    : batch_size() < problem().n
      ? "eta.under.batch"
      : "eta.under.all";
  $("#eta_says").innerHTML = say(state.eta > mark() && !state.momentum ? "eta.over" : under, {
    most: written(mark() * (1 + state.beta))
  });
  $("#mark").textContent = `2/λₘₐₓ = ${written(mark())}`;
  $("#mark").style.setProperty("--at", clamp((Math.log10(mark()) - LOWEST_POWER) / powers, 0, 1));
  $("#held_says").innerHTML = say(held() ? "held.yes" : "held.no", {
    b: written(problem().lowest.at(-1))
  });
  $("#momentum_box").hidden = $("#beta_box").hidden = !state.momentum;
});

let speech;
const SPOKEN_APART = 1000; // ms: a screen reader is not to be talked over by each step

function status_words() {
  const { shown, data } = run, { p, b, L } = shown.at(-1), t = shown.length - 1;
  const values = {
    t,
    n0: sub_name(data.names[0]),
    n1: sub_name(data.names[1]),
    x: written(p[0]),
    y: written(p[1]),
    b: written(b),
    L: written(L)
  };
  const more = data.d > 1 ? say("status.b", values) : "";
  return `${say(t === 0 ? "status.start" : run.ended && at_end() ? "status.ended" : "status.step", values)}${more}${say("status.loss", values)}`;
}

const at_end = () => state.t >= run.points.length - 1;

picture(DESCENT, () => {
  path();
  const words = status_words();
  $("#now").innerHTML = words;
  clearTimeout(speech);
  speech = setTimeout(
    () => {
      $("#spoken").innerHTML = words;
    },
    playing ? SPOKEN_APART : 100
  );
  const why = $("#why"), lost = run.lost && at_end();
  why.hidden = !lost;
  if (lost) why.innerHTML = why_words();
  $("#step").disabled = run.ended && at_end();
  $("#play").textContent = say(
    playing ? "play.pause" : run.ended && at_end() ? "play.again" : "play.play"
  );
  tabulate(run.shown);
  put_in();
});

function why_words() {
  const factor = Math.abs(1 - (2 * state.eta) / mark()); // |1 − ηλ_max|
  const values = { eta: state.eta, mark: mark(), factor, own: run.steepest, m: batch_size() };
  for (const name of Object.keys(values)) values[name] = written(values[name]);
  const name = state.momentum ? "why.momentum" : state.eta > mark() ? "why.over" : "why.batch";
  return `${say(name, values)} ${say(finite(run.points.at(-1)) ? "why.stopped" : "why.infinite", { t: run.shown.length - 1, steps: OUTSIDE })}`;
}

// 1.3g and 1.3h with the numbers of the last step put in, and the first terms of the sum.
function put_in() {
  const { old, v, B, w, b } = run.shown.at(-1);
  $("#put_in").hidden = !B;
  $("#put_in_none").hidden = Boolean(B);
  if (!B) return;
  const name = (j) => (j === w.length ? "b" : problem().names[j]);
  const rows = theta(old).map(
    (before, j) => `<tr><th scope="row"><i>${sub_name(name(j))}</i></th>
    <td>← ${put("w", before, 6)} − ${part("lr", written(state.eta))} · ${put("grad_w", v[j])}</td><td>= <b>${written(theta({ w, b })[j], 6)}</b></td></tr>`
  );
  $("#put_in tbody").innerHTML = rows.slice(0, held() ? -1 : undefined).join("");
  $("#terms").innerHTML = state.momentum ? say("put_in.momentum") : first_terms(B, old);
}

const sub_name = (name) => escaped(name).replace(/^w_(.+)/, "w<sub>$1</sub>");
const TERMS = 3;

function first_terms(B, { w, b }) {
  const { X, y } = problem(), r = (i) => predict_one(X[i], w, b) - y[i];
  const name = sub_name(problem().names[0]);
  const terms = B.slice(0, TERMS).map((i) => `${put("X", X[i][0])} · ${put("residual", r(i))}`);
  const all = sum(B.map((i) => X[i][0] * r(i))), more = B.length > TERMS ? " + …" : "";
  return `${say("put_in.terms", {
    m: B.length,
    i:
      B.slice(0, TERMS)
        .map((i) => i + 1)
        .join(", ") + (more && ", …")
  })} <i>${name}</i>:
    <span class="sum">(1/<i>m</i>) Σ<sub><i>i</i>∈<i>B</i></sub> <i>x</i><sup>(<i>i</i>)</sup>(<i>ŷ</i><sup>(<i>i</i>)</sup> − <i>y</i><sup>(<i>i</i>)</sup>) = (${terms.join(" + ")}${more}) / ${B.length} = <b>${written(all / B.length)}</b></span>`;
}

// Every step in full, for those who read numbers rather than pictures.
function tabulate(shown) {
  const body = $("#steps_table tbody"), { names, d } = problem();
  const row = ({ w, b, L }, t) =>
    `<tr><th scope="row">${t}</th>${[...w, b, L].map((x) => `<td data-value="${x}">${written(x, 6)}</td>`).join("")}</tr>`;
  const same = body.run === run && body.rows.length <= shown.length;
  if (!same) body.innerHTML = "";
  body.run = run;
  body.insertAdjacentHTML(
    "beforeend",
    shown
      .slice(body.rows.length)
      .map((point, k) => row(point, body.rows.length + k))
      .join("")
  );
  const head = [say("axis.step"), ...names.slice(0, d).map(sub_name), "b", say("axis.loss")];
  $("#steps_table thead tr").innerHTML = head
    .map((name) => `<th scope="col">${name}</th>`)
    .join("");
}

// ---- play: slow at first, where most happens, then faster

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const CALM_STEPS = 10,
  CALM_PAUSE = 250; // ms; without motion: still pictures
const steps_after = (seconds) => Math.floor(state.speed * (6 * seconds + 8 * seconds ** 2));
let playing = null; // an object of its own for each time that Play is pressed

function stop() {
  playing = null;
}

function play() {
  if (playing) {
    stop();
    return change({ t: state.t });
  }
  const mine = (playing = {}), since = performance.now();
  const from = run.ended && at_end() ? 0 : state.t;
  const on = () => {
    if (playing !== mine) return;
    const goal = calm.matches
      ? state.t + Math.ceil(CALM_STEPS * state.speed)
      : from + steps_after((performance.now() - since) / 1000);
    show_step(goal);
    if (playing) calm.matches ? setTimeout(on, CALM_PAUSE) : requestAnimationFrame(on);
  };
  if (from === 0) change({ t: 0 });
  on();
}

// Show this step of the path, or the last one if it has ended before.
function show_step(goal) {
  while (run.points.length <= goal && advance());
  const t = Math.min(goal, run.points.length - 1);
  if (run.ended && t === run.points.length - 1) stop();
  if (t !== state.t || !playing) change({ t });
}

$("#play").addEventListener("click", play);
$("#step").addEventListener("click", () => {
  stop();
  show_step(state.t + 1);
});
$("#reset").addEventListener("click", () => {
  [ghost, run] = [[], null];
  change({ data: state.data, beta: FIRST.beta });
});
$("#eta").addEventListener("input", ({ target }) => change({ eta: rate(target.valueAsNumber) }));

const short = (x) => Number(Math.abs(x) < 1 ? x.toFixed(3) : x.toPrecision(4));

// The start, typed: it has to lie in the picture.
for (const input of $$("[data-weight]")) {
  const k = Number(input.dataset.weight);
  picture(DESCENT, () => {
    const { low, high } = problem().frame;
    [input.min, input.max] = [low[k], high[k]].map(three);
    if (input !== document.activeElement)
      input.value = clamp(short(start_now()[k]), input.min, input.max);
    accepted(input);
  });
  input.addEventListener("input", () => {
    if (!accepted(input)) return;
    change({ start: start_now().map((x, j) => (j === k ? input.valueAsNumber : x)) });
  });
}
$("#speed").addEventListener("change", ({ target }) => change({ speed: Number(target.value) }));
