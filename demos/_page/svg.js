"use strict";
// Pictures as SVG: a frame with two scales, and handles moved by a pointer or by the arrow keys.

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const HIDDEN = 300; // pixels: the width of a picture that is not to be seen
const FAR = 20000; // pixels: where a point outside the frame is drawn at the farthest

const ON_PAPER = 330; // pixels: the width of a picture in print, where two stand side by side
let printing = false;

// The width in pixels, kept until all is drawn anew: to ask for it makes the browser lay out the page.
const widths = new Map();
function width_of(svg) {
  if (printing) return ON_PAPER;
  if (!widths.get(svg)) widths.set(svg, svg.clientWidth);
  return widths.get(svg) || HIDDEN;
}

// Where the frame lies within the picture. `square`: as wide as high.
function layout(svg, { ratio = 0.68, square = false, left = 54, right = 14 }) {
  const width = width_of(svg), top = 12, bottom = 44;
  const most = Math.max(280, innerHeight * 0.6);
  const across = width - left - right;
  const height = Math.round(Math.min(square ? across + top + bottom : width * ratio, most));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const up = height - top - bottom;
  if (!square) return { left, top, w: across, h: up };
  const side = Math.min(across, up);
  return { left: left + (across - side) / 2, top, w: side, h: side };
}

// The scales from [x0, x1] × [y0, y1] to pixels and back.
function frame(svg, [x0, x1], [y0, y1], options = {}) {
  const place = layout(svg, options), { left, top, w, h } = place;
  const X = (x) => clamp(left + (w * (x - x0)) / (x1 - x0), -FAR, FAR);
  const Y = (y) => clamp(top + (h * (y1 - y)) / (y1 - y0), -FAR, FAR);
  const to = ([x, y]) => [X(x), Y(y)];
  const from = ([px, py]) => [x0 + ((px - left) * (x1 - x0)) / w, y1 - ((py - top) * (y1 - y0)) / h];
  const within = ([x, y]) => [clamp(x, x0, x1), clamp(y, y0, y1)];
  svg.frame = { ...place, x0, x1, y0, y1, X, Y, to, from, within };
  return svg.frame;
}

// ---- shapes, as text; `kind` is the class that gives them their colour

const line = (kind, [x1, y1], [x2, y2]) =>
  `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
const circle = (kind, [x, y], r, more = "") =>
  `<circle class="${kind}" cx="${x}" cy="${y}" r="${r}" ${more}/>`;
const box = (kind, x, y, w, h) =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${w}" height="${h}"/>`;
const write = (words, x, y, kind = "", more = "") =>
  `<text class="${kind}" x="${x}" y="${y}" ${more}>${with_index(escaped(words))}</text>`;
const with_index = (words) =>
  // w_area with area below the line
  words.replace(
    /^w_([^·]+)$|\bw_([^\s·]+)(.*)/,
    (_, all, index = all, rest = "") =>
      `w<tspan class="index" dy="4">${index}</tspan>${rest && `<tspan dy="-4">${rest}</tspan>`}`
  );
const points = (list) => list.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
const polyline = (kind, list) => `<polyline class="${kind}" points="${points(list)}"/>`;
const polygon = (kind, list, more = "") =>
  `<polygon class="${kind}" points="${points(list)}" ${more}/>`;
const trail = (list) => polyline("casing", list) + polyline("path", list);
const cross = ([x, y], r = 7) =>
  ["cross-edge", "cross"]
    .map((kind) => line(kind, [x - r, y], [x + r, y]) + line(kind, [x, y - r], [x, y + r]))
    .join("");

function arrow(kind, [x1, y1], [x2, y2], head = 9) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 1) return "";
  const [u, v] = [(x2 - x1) / length, (y2 - y1) / length], size = Math.min(head, length / 2);
  const [bx, by] = [x2 - size * u, y2 - size * v];
  const tip = [
    [x2, y2],
    [bx - (size * v) / 2, by + (size * u) / 2],
    [bx + (size * v) / 2, by - (size * u) / 2]
  ];
  return line(kind, [x1, y1], [bx, by]) + polygon(`${kind} head`, tip);
}

// What lies in the frame; what reaches out of it is cut off.
const inside = ({ left, top, w, h }, shapes) =>
  `<svg x="${left}" y="${top}" width="${w}" height="${h}" viewBox="${left} ${top} ${w} ${h}">${shapes}</svg>`;

// Round numbers that divide [low, high] in about `count` parts.
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
  const first = Math.ceil(low / apart - 1e-9);
  return Array.from(
    { length: Math.floor(high / apart + 1e-9) - first + 1 },
    (_, k) => (first + k) * apart
  );
}

function axes(
  f,
  across,
  up,
  { as_y = (y) => written(y, 3), y_ticks = ticks(f.y0, f.y1, f.h / 55) } = {}
) {
  const bottom = f.top + f.h, middle = f.top + f.h / 2, turned = /^\S[₀-₉]?$/.test(up) ? "" : " rotate(-90)";
  const x_ticks = ticks(f.x0, f.x1, f.w / 70);
  return (
    box("edge", f.left, f.top, f.w, f.h) +
    x_ticks.map((x) => write(written(x, 3), f.X(x), bottom + 16, "tick middle")).join("") +
    y_ticks.map((y) => write(as_y(y), f.left - 6, f.Y(y) + 4, "tick end")).join("") +
    write(across, f.left + f.w / 2, bottom + 36, axis_kind(across)) +
    write(up, 0, 0, axis_kind(up), `transform="translate(${f.left - 41} ${middle})${turned}"`)
  );
}

// A letter, with an index or without, is written as in the equations.
const axis_kind = (words) => `axis middle${/^(\S[₀-₉]?|w_.*)$/.test(words) ? " symbol" : ""}`;

// ---- drawing and handles

// Draw anew all but the handles, which keep the focus and the pointer.
function draw(svg, shapes) {
  const layer =
    svg.querySelector(":scope > .drawn") ??
    svg.insertBefore(element("g", { class: "drawn" }), svg.firstChild);
  layer.innerHTML = shapes;
}

function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// A point that the reader moves: `move` is told where to, in the units of the axes.
function handle(svg, id, move) {
  const grip = element("g", { class: "handle", id, tabindex: 0, role: "slider" });
  const circles = { reach: 21, grip: 8 };
  for (const [kind, r] of Object.entries(circles)) grip.append(element("circle", { class: kind, r }));
  svg.append(grip);
  // a finger that holds it does not scroll the page
  grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
  grip.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
    if (!grip.hasPointerCapture(pointerId)) return;
    const { left, top } = svg.getBoundingClientRect();
    move(svg.frame.within(svg.frame.from([clientX - left, clientY - top])));
  });
  grip.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    move(nudged(grip.at, event, svg.frame));
  });
  return grip;
}

// A hundredth of the frame farther; with Shift a tenth.
function nudged([x, y], { key, shiftKey }, { x0, x1, y0, y1, within }) {
  const by = shiftKey ? 0.1 : 0.01, [across, up] = ARROWS[key];
  return within([x + across * by * (x1 - x0), y + up * by * (y1 - y0)]);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// Put a handle at a point; `value` is what it stands for, `words` say it to a screen reader.
function place(grip, f, [x, y], label, value, words) {
  grip.at = [x, y];
  grip.setAttribute(
    "transform",
    `translate(${f.X(clamp(x, f.x0, f.x1))} ${f.Y(clamp(y, f.y0, f.y1))})`
  );
  const attributes = {
    "aria-label": label,
    "aria-valuenow": Number(value.toPrecision(4)),
    "aria-valuetext": words
  };
  for (const [key, text] of Object.entries(attributes)) grip.setAttribute(key, text);
}

// The sentence under a picture that says what it shows now.
function tell(svg, words) {
  $(".now", svg.closest("figure")).innerHTML = words;
  if (svg.getAttribute("role") === "img")
    svg.setAttribute("aria-label", $(".now", svg.closest("figure")).textContent);
}
