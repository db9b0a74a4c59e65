"use strict";
// Part 2: the bowl, and a path in it that the reader starts, steers and steps.

// ---- the data: the floats and the batch orders of the run that made this page, bit for bit

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
const rows_of = (flat, width) =>
  Array.from({ length: flat.length / width }, (_, i) => [...flat.subarray(i * width, (i + 1) * width)]);

const EXAMPLES = Object.fromEntries(Object.entries(DATA.explorer).map(([name, packed]) => {
  const y = [...new Float64Array(bytes(packed.y))];
  const X = rows_of(new Float64Array(bytes(packed.X)), 2);
  const orders = rows_of(new Uint16Array(bytes(packed.orders)), y.length);
  return [name, { ...packed, X, y, orders }];
}));

// One epoch after the other. A batch of all needs no order: the sum is the same sum.
function* batches({ orders, y }, batch_size) {
  const everything = y.map((_, i) => i);
  const epochs = batch_size < y.length ? orders : Array(DATA.steps).fill(everything);
  for (const order of epochs) yield* minibatches(order, batch_size);
}

// ---- the state: settings, and the path that follows from them

const SCALE = [
  1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3,
  3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1,
];
const LOWEST_POWER = -3; // η from 0.001 in the steps of the E24 series, 24 to a power of ten
const rate = (k) => Number(`${SCALE[k % 24]}e${LOWEST_POWER + Math.floor(k / 24)}`);

const settings = { data: "example", lr: 0.03, size: "10", held: false, start: [...DATA.explorer.example.start] };
let run, ghost = [];

const data = () => EXAMPLES[settings.data];
const batch_size = () => (settings.size === "all" ? data().y.length : Number(settings.size));
const mark = () => (settings.held ? data().max_lr_held : data().max_lr);
const first_b = () => (settings.held ? data().b : 0);

function reset() {
  const { lr, held, start } = settings;
  if (run?.path.length > 1) ghost = run.path;
  const options = { lr, held, w: [...start], b: first_b() };
  const steps = fit(data().X, data().y, batches(data(), batch_size()), options);
  run = { steps, path: [], steepest: Infinity, playing: false, ended: false };
  advance();
}

// One step; true if there is another.
function advance() {
  const { value, done } = run.ended ? { done: true } : run.steps.next();
  if (done) return false;
  const point = { ...value, loss: loss(data().X, data().y, value.w, value.b) };
  if (point.B) run.steepest = Math.min(run.steepest, own_mark(point.B));
  run.path.push(point);
  run.ended = run.path.length > DATA.steps || !finite(point);
  tabulate(point);
  return !run.ended;
}

// 2/λ_max of the bowl that the samples of one minibatch have by themselves.
function own_mark(B) {
  if (B.length === data().y.length) return mark();
  const H = curvature(B.map((i) => data().X[i]));
  return max_lr(settings.held ? H.slice(0, 2).map((row) => row.slice(0, 2)) : H);
}

const finite = ({ w, b }) => [...w, b].every(Number.isFinite);
const last = () => run.path.at(-1);
const last_finite = () => run.path.findLast(finite);
const diverges = () => !finite(last()) || last().loss > 10 * Math.max(run.path[0].loss, 10 * data().floor);

// ---- colours and canvases

const AXES = ["w₁", "w₂"];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

// From the colour of the floor to the colour of the rim.
function height_colours(count) {
  const stops = ["bowl-low", "bowl-middle", "bowl-high"].map((name) => channels(colour(name)));
  return Array.from({ length: count }, (_, k) => {
    const at = (2 * k) / Math.max(1, count - 1), from = Math.min(1, Math.floor(at));
    return `rgb(${stops[from].map((c, i) => Math.round(c + (at - from) * (stops[from + 1][i] - c))).join(" ")})`;
  });
}

// A cleared canvas in CSS pixels, whatever the pixels of the screen.
function sheet(id) {
  const canvas = $(id), { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const pen = canvas.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  pen.font = `13px ${getComputedStyle($("figcaption")).fontFamily}`;
  pen.lineJoin = "round";
  return { pen, width, height };
}

function stroke(pen, points, style, width) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  Object.assign(pen, { strokeStyle: style, lineWidth: width });
  pen.stroke();
}

// A line that is seen on dark and on light, and the marks of the start, the end and the lowest point.
function trail(pen, points) {
  stroke(pen, points, colour("casing"), 4.5);
  stroke(pen, points, colour("path"), 2);
}

function dot_at(pen, [x, y], radius, fill, edge) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: fill, strokeStyle: edge, lineWidth: 1.5 });
  pen.fill();
  pen.stroke();
}

function cross_at(pen, [x, y], size) {
  for (const [style, width] of [["#000", 5], ["#fff", 2.5]]) {
    stroke(pen, [[x - size, y], [x + size, y]], style, width);
    stroke(pen, [[x, y - size], [x, y + size]], style, width);
  }
}

function label(pen, words, x, y, align = "center", baseline = "middle") {
  Object.assign(pen, { textAlign: align, textBaseline: baseline, fillStyle: colour("ink-soft") });
  pen.fillText(words, x, y);
}

// Round numbers that divide [low, high] in about `count` parts.
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
  const first = Math.ceil(low / apart);
  return Array.from({ length: Math.floor(high / apart) - first + 1 }, (_, k) => (first + k) * apart);
}

// ---- the plane of (w₁, w₂): contours of the slice of the bowl at the true b

const LEVELS = 14;

// The box around the lowest point, doubled until the path is inside.
function box() {
  const [c1, c2] = data().lowest;
  let half = 1.25 * Math.max(Math.abs(c1), Math.abs(c2));
  const far = Math.max(...run.path.filter(finite).map(({ w }) => Math.max(Math.abs(w[0] - c1), Math.abs(w[1] - c2))));
  while (half < far) half *= 2;
  return { c1, c2, half };
}

// The frame's inside, and the maps from weights to pixels and back.
function frame({ width, height }) {
  const { c1, c2, half } = box(), left = 50, bottom = 42, side = Math.min(width - left - 8, height - bottom - 8);
  const to = ([w1, w2]) => [left + (side * (w1 - c1 + half)) / (2 * half), 8 + (side * (c2 + half - w2)) / (2 * half)];
  const from = ([x, y]) => [c1 - half + ((x - left) * 2 * half) / side, c2 + half - ((y - 8) * 2 * half) / side];
  return { left, side, to, from, c1, c2, half };
}

// H_ww and the lowest point of the slice at the true b: L there = low + ½ (w − at)ᵀ H_ww (w − at).
function slice() {
  const { H, lowest, b } = data(), [[p, q], [, s]] = H, d = b - lowest[2];
  const det = p * s - q * q;
  const at = [lowest[0] - (d * (s * H[0][2] - q * H[1][2])) / det, lowest[1] - (d * (p * H[1][2] - q * H[0][2])) / det];
  return { p, q, s, at, low: bowl(data(), [...at, b]) };
}

// The contour of height ℓ is an ellipse: with H_ww = CCᵀ, w = at + √(2(ℓ − low)) C⁻ᵀ (cos t, sin t).
function ellipse(height, { p, q, s, at, low }) {
  const c11 = Math.sqrt(p), c21 = q / c11, c22 = Math.sqrt(s - c21 * c21), r = Math.sqrt(2 * (height - low));
  return Array.from({ length: 91 }, (_, k) => {
    const t = (k * Math.PI) / 45, v = (r * Math.sin(t)) / c22, u = (r * Math.cos(t) - c21 * v) / c11;
    return [at[0] + u, at[1] + v];
  });
}

// Heights that grow as the squares: their contours stand evenly apart.
function levels(half) {
  const cut = slice(), rim = bowl(data(), [data().lowest[0] + half, data().lowest[1] + half, data().b]) - cut.low;
  return Array.from({ length: LEVELS }, (_, k) => cut.low + rim * ((k + 1) / LEVELS) ** 2);
}

function draw_plane() {
  const page = sheet("#plane"), { pen } = page, f = frame(page);
  pen.save();
  pen.beginPath();
  pen.rect(f.left, 8, f.side, f.side);
  pen.clip();
  contours(pen, f);
  stroke(pen, ghost.filter(finite).map(({ w }) => f.to(w)), colour("ghost"), 1.5);
  trail(pen, run.path.filter(finite).map(({ w }) => f.to(w)));
  pen.restore();
  axes(pen, f);
  cross_at(pen, f.to(data().lowest), 7);
  dot_at(pen, f.to(settings.start), 8, "#fff", "#000");
  dot_at(pen, f.to(last_finite().w), 5, colour("path"), "#fff");
}

function contours(pen, f) {
  const heights = levels(f.half), colours = height_colours(LEVELS), cut = slice();
  pen.fillStyle = colours.at(-1);
  pen.fillRect(f.left, 8, f.side, f.side);
  for (let k = LEVELS - 1; k >= 0; k--) {
    stroke(pen, ellipse(heights[k], cut).map(f.to), colour("contour"), 0.75);
    pen.fillStyle = colours[k];
    pen.fill();
  }
}

function axes(pen, { left, side, to, c1, c2, half }) {
  const bottom = 8 + side;
  for (const w1 of ticks(c1 - half, c1 + half, 6)) label(pen, written(w1, 3), to([w1, 0])[0], bottom + 12);
  for (const w2 of ticks(c2 - half, c2 + half, 6)) label(pen, written(w2, 3), left - 6, to([0, w2])[1], "right");
    label(pen, AXES[0], left + side / 2, bottom + 31);
  pen.save();
  pen.translate(9, 8 + side / 2);
  pen.rotate(-Math.PI / 2);
  label(pen, AXES[1], 0, 0);
  pen.restore();
  pen.strokeStyle = colour("rule");
  pen.strokeRect(left, 8, side, side);
}

// ---- the loss at each step, on a scale of powers of ten

function draw_curve() {
  const { pen, width, height } = sheet("#curve"), left = 50, right = 12, top = 12, bottom = 40;
  const shown = (p) => Number.isFinite(p.loss) && p.loss > 0;
  const losses = [...run.path, ...ghost].filter(shown).map((p) => p.loss);
  const powers = [data().floor, ...losses].map(Math.log10);
  const low = Math.floor(Math.min(...powers)), high = Math.max(low + 1, Math.ceil(Math.max(...powers)));
  const steps = Math.max(20, run.path.length - 1);
  const x = (t) => left + ((width - left - right) * t) / steps;
  const y = (l) => top + ((height - top - bottom) * (high - Math.log10(l))) / (high - low);
  const every = Math.ceil((high - low) / 6);
  for (let power = low; power <= high; power += every) {
    stroke(pen, [[left, y(10 ** power)], [width - right, y(10 ** power)]], colour("rule"), 1);
    label(pen, Math.abs(power) < 3 ? written(10 ** power) : `10${raised(power)}`, left - 6, y(10 ** power), "right");
  }
  for (const t of ticks(0, steps, 5)) label(pen, t, x(t), height - bottom + 12);
  label(pen, say("curve.step"), (left + width) / 2, height - 9);
  pen.setLineDash([5, 4]);
  stroke(pen, [[left, y(data().floor)], [width - right, y(data().floor)]], colour("ink-soft"), 1.5);
  pen.setLineDash([]);
  const drawn = (path) => path.slice(0, steps + 1).filter(shown).map((p, t) => [x(t), y(p.loss)]);
  stroke(pen, drawn(ghost), colour("ghost"), 1.5);
  stroke(pen, drawn(run.path), colour("path"), 2);
}

// ---- the bowl in three dimensions: a small projection of its own, turned by dragging

const view = { turn: -0.6, tilt: 0.6 };
const CELLS = 26, TALLEST = 1.7;

function draw_view() {
  const { pen, width, height } = sheet("#view"), { c1, c2, half } = box(), { b, floor } = data();
  const rim = bowl(data(), [c1 + half, c2 + half, b]) - floor;
  const highest = Math.max(...run.path.filter(finite).map((p) => p.loss - floor)) / rim;
  const scale = Math.max(1, highest / TALLEST); // the bowl becomes flat before the path is cut off
  const rise = (l) => (l - floor) / rim / scale;
  const size = Math.min(width / 2.9, height / 2.75);
  const [sin, cos] = [Math.sin(view.turn), Math.cos(view.turn)];
  // u and v from −1 to 1 over the box, z from 0 at the floor to 1 at the rim or TALLEST over it
  const to = (u, v, z) => {
    const across = u * cos - v * sin, depth = u * sin + v * cos;
    const up = depth * Math.sin(view.tilt) + z * Math.cos(view.tilt);
    return [width / 2 + size * across, height * 0.64 - size * up];
  };
  const at = (w, l) => to((w[0] - c1) / half, (w[1] - c2) / half, rise(l));
  quads(pen, to, (u, v) => rise(bowl(data(), [c1 + u * half, c2 + v * half, b])), scale, [sin, cos]);
  edges(pen, to);
  const here = last_finite(), under = at(here.w, bowl(data(), [...here.w, b]));
  stroke(pen, [under, at(here.w, here.loss)], colour("casing"), 3.5);
  stroke(pen, [under, at(here.w, here.loss)], "#000", 1.5);
  trail(pen, run.path.filter(finite).map((p) => at(p.w, p.loss)));
  dot_at(pen, at(settings.start, run.path[0].loss), 6, "#fff", "#000");
  cross_at(pen, at(data().lowest, floor), 6);
  dot_at(pen, at(here.w, here.loss), 5, colour("path"), "#fff");
}

// The surface in squares, the farthest first.
function quads(pen, to, z, scale, [sin, cos]) {
  const colours = height_colours(LEVELS), line = colour("contour");
  const knot = (k) => (2 * k) / CELLS - 1, squares = [];
  for (let i = 0; i < CELLS; i++) for (let j = 0; j < CELLS; j++) {
    const [u, v] = [knot(i + 0.5), knot(j + 0.5)];
    const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(([p, q]) => [knot(p), knot(q)]);
    squares.push({ far: u * sin + v * cos, height: z(u, v), corners });
  }
  squares.sort((one, other) => other.far - one.far);
  for (const { corners, height } of squares) {
    const band = Math.min(LEVELS - 1, Math.floor(Math.sqrt(Math.max(0, height * scale)) * LEVELS));
    const points = corners.map(([u, v]) => to(u, v, z(u, v)));
    stroke(pen, [...points, points[0]], colours[band], 0.75);
    pen.fillStyle = colours[band];
    pen.fill();
    stroke(pen, points.slice(0, 3), line, 0.4);
  }
}

function edges(pen, to) {
  const near = Math.cos(view.turn) > 0 ? -1 : 1, side = Math.sin(view.turn) > 0 ? -1 : 1;
  stroke(pen, [to(-1, near, 0), to(1, near, 0)], colour("ink-soft"), 1);
  stroke(pen, [to(side, -1, 0), to(side, 1, 0)], colour("ink-soft"), 1);
  label(pen, AXES[0], ...to(0, near * 1.18, 0));
  label(pen, AXES[1], ...to(side * 1.18, 0, 0));
}

// ---- in words and numbers

function tell() {
  tell_rate();
  $("#b_says").textContent = say(settings.held ? "b.held.says" : "b.free.says", { b: written(data().b) });
  $("#data_says").textContent = say(`data.${settings.data}.says`);
  $$("#start input").forEach((input, k) => {
    if (input !== document.activeElement) input.value = Number(settings.start[k].toPrecision(6));
  });
  $("#play").textContent = say(run.playing ? "play.pause" : "play.play");
  $("#play").disabled = $("#step").disabled = run.ended;
  put_in();
  why();
}

function tell_rate() {
  const lr = settings.lr, powers = Number($("#lr").max) / 24;
  const under = batch_size() < data().y.length ? "lr.under.batch" : "lr.under.all";
  $("#lr_value").textContent = written(lr);
  $("#lr_says").textContent = say(lr > mark() ? "lr.over" : under);
  $("#lr").setAttribute("aria-valuetext", say("lr.spoken", { lr: written(lr), part: written(lr / mark(), 2) }));
  $("#mark").textContent = `2/λₘₐₓ = ${written(mark())}`;
  $("#mark").style.left = `${(100 * (Math.log10(mark()) - LOWEST_POWER)) / powers}%`;
}

let speech;
const SPOKEN_APART = 1000; // ms: a screen reader is not to be talked over by each step

function status_words() {
  const { w, b, loss: l } = last(), t = run.path.length - 1;
  const values = { t, w1: written(w[0]), w2: written(w[1]), b: written(b), loss: written(l), steps: DATA.steps };
  if (!t) return say("status.start", values);
  return say(run.ended && finite(last()) ? "status.ended" : "status.step", values);
}

function why() {
  const element = $("#why");
  element.hidden = !diverges();
  if (element.hidden) return;
  const lr = settings.lr, factor = Math.abs(1 - (2 * lr) / mark()); // |1 − ηλ_max|
  const values = { lr, mark: mark(), factor, own: run.steepest, m: batch_size() };
  for (const name of Object.keys(values)) values[name] = written(values[name]);
  element.innerHTML = say(lr > mark() ? "why.over" : "why.batch", values)
    + (finite(last()) ? "" : ` ${say("why.infinite", { t: run.path.length - 1 })}`);
}

// 1.3g and 1.3h with the numbers of the last step put in, and the first terms of the sum.
function put_in() {
  const { old, grad_w, grad_b, B, w, b } = last();
  $("#put_in").hidden = !B;
  $("#put_in_none").hidden = Boolean(B);
  if (!B) return;
  const m = B.length;
  const step = (name, symbol, before, grad, after) => `<tr><th scope="row">${part(symbol, name)}</th>
    <td>← ${put(symbol, before, 6)} − (${part("lr", written(settings.lr))}/${part("batch_size", m)}) · ${put(`grad_${symbol}`, grad * m)}</td>
    <td>= <b>${written(after, 6)}</b></td></tr>`;
  $("#put_in tbody").innerHTML = AXES.map((name, j) => step(name, "w", old.w[j], grad_w[j], w[j])).join("")
    + (settings.held ? "" : step("b", "b", old.b, grad_b, b));
  $("#terms").innerHTML = first_terms(B, old);
}

const TERMS = 3;

function first_terms(B, { w, b }) {
  const r = (i) => predict_one(data().X[i], w, b) - data().y[i];
  const terms = B.slice(0, TERMS).map((i) => `${put("X", data().X[i][0])} · ${put("residual", r(i))}`);
  const all = sum(B.map((i) => data().X[i][0] * r(i)));
  const more = B.length > TERMS ? " + …" : "";
  const first = B.slice(0, TERMS).map((i) => i + 1).join(", ") + (more && ", …");
  return `${say("put_in.terms", { m: B.length, i: first })}
    <span class="sum">Σ<sub>i∈B</sub> x₁<sup>(i)</sup>(ŷ<sup>(i)</sup> − y<sup>(i)</sup>)
    = ${terms.join(" + ")}${more} = <b>${written(all)}</b></span>`;
}

// Every step in full, for those who read numbers rather than pictures.
function tabulate({ w, b, loss: l }) {
  if (run.path.length === 1) $("#steps tbody").replaceChildren();
  const cells = [...w, b, l].map((x) => `<td data-value="${x}">${written(x, 6)}</td>`).join("");
  $("#steps tbody").insertAdjacentHTML("beforeend", `<tr><th scope="row">${run.path.length - 1}</th>${cells}</tr>`);
}

function draw() {
  draw_plane();
  draw_curve();
  draw_view();
}

// The picture, the numbers, and what is read aloud.
function show() {
  draw();
  tell();
  const words = status_words();
  $("#now").textContent = words;
  clearTimeout(speech);
  speech = setTimeout(() => { $("#spoken").textContent = words; }, run.playing ? SPOKEN_APART : 100);
}

// ---- play: slow at first, where most happens, then faster

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const CALM_STEPS = 100, CALM_PAUSE = 400; // ms; without motion: a few still pictures
const steps_after = (seconds) => Math.floor(6 * seconds + 8 * seconds ** 2);

function play() {
  run.playing = !run.playing;
  const mine = run, since = performance.now(), from = run.path.length - 1;
  const on = () => {
    if (run !== mine || !run.playing) return;
    const goal = calm.matches ? run.path.length - 1 + CALM_STEPS : from + steps_after((performance.now() - since) / 1000);
    while (run.path.length - 1 < goal && advance());
    if (run.ended) run.playing = false;
    show();
    if (run.playing) calm.matches ? setTimeout(on, CALM_PAUSE) : requestAnimationFrame(on);
  };
  run.playing ? on() : show();
}

function step() {
  run.playing = false;
  advance();
  show();
}

function restart() {
  reset();
  show();
}

// ---- the reader's hands

$("#play").addEventListener("click", play);
$("#step").addEventListener("click", step);
$("#reset").addEventListener("click", () => {
  ghost = [];
  run = null;
  restart();
});

$("#settings").addEventListener("input", ({ target }) => {
  if (target.name === "data") {
    Object.assign(settings, { data: target.value, start: [...EXAMPLES[target.value].start] });
    [ghost, run] = [[], null];
  } else if (target.name === "size") settings.size = target.value;
  else if (target.name === "held") settings.held = target.value === "held";
  else if (target.id === "lr") settings.lr = rate(target.valueAsNumber);
  else if (Number.isFinite(target.valueAsNumber)) settings.start[Number(target.dataset.weight)] = target.valueAsNumber;
  restart();
});

const plane = $("#plane");

function start_here({ offsetX, offsetY }) {
  const { from, left, side } = frame({ width: plane.clientWidth, height: plane.clientHeight });
  const inside = (x, low) => Math.min(low + side, Math.max(low, x));
  settings.start = from([inside(offsetX, left), inside(offsetY, 8)]).map((w) => Number(w.toPrecision(4)));
  restart();
}

plane.addEventListener("pointerdown", (event) => {
  plane.setPointerCapture(event.pointerId);
  if (run.path.length > 1) restart(); // so that a picture grown with its path is small again
  start_here(event);
});
plane.addEventListener("pointermove", (event) => {
  if (plane.hasPointerCapture(event.pointerId)) start_here(event);
});

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

plane.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  if (!arrow) return;
  event.preventDefault();
  const by = (box().half / 100) * (event.shiftKey ? 10 : 1);
  settings.start = settings.start.map((w, k) => Number((w + by * arrow[k]).toPrecision(6)));
  restart();
});

const bowl_view = $("#view");

function turn(across, up) {
  view.turn += across;
  view.tilt = Math.min(1.5, Math.max(0.1, view.tilt + up));
  draw_view();
}

bowl_view.addEventListener("pointerdown", (event) => bowl_view.setPointerCapture(event.pointerId));
bowl_view.addEventListener("pointermove", (event) => {
  if (bowl_view.hasPointerCapture(event.pointerId)) turn(event.movementX / 120, event.movementY / 160);
});
bowl_view.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  if (!arrow) return;
  event.preventDefault();
  turn(arrow[0] / 10, arrow[1] / -10);
});

reset();
redraws.push(show);
new ResizeObserver(draw).observe($("#explorer"));
speak(language);
