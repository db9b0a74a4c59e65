"use strict";
// The loss over one weight, for the b that the line has: the curve of section 2, the slope of section
// 3, and the steps of section 4.

const CURVATURE = HOUSES.H[0][0]; // λ: the mean of x²
const loss_at = (w) => bowl(HOUSES, [w, state.b]);
const best_w = () => HOUSES.lowest[0] - ((state.b - HOUSES.lowest[1]) * HOUSES.H[0][1]) / CURVATURE;
const slope_at = (w) => CURVATURE * (w - best_w());
const parabola_frame = (svg) => frame(svg, [-10, 40], [0, 1600]);
const on_curve = (f, w) => f.to([w, loss_at(w)]);
const curve_of = (f) =>
  polyline(
    "curve",
    Array.from({ length: 101 }, (_, k) => on_curve(f, f.x0 + (k / 100) * (f.x1 - f.x0)))
  );
const lowest_of = (f) => cross(on_curve(f, best_w()), 6);

// The tangent at the point, as long as it needs to be seen.
function tangent(f, reach = 9) {
  const at = (w) => f.to([w, loss_at(state.w) + slope_at(state.w) * (w - state.w)]);
  return line("tangent", at(state.w - reach), at(state.w + reach));
}

function parabola(id, keys, shapes, words) {
  const svg = $(`#${id}`), grip = handle(svg, `${id}_w`, ([w]) => change({ w: three(w) }));
  picture(["w", "b", ...keys], () => {
    const f = parabola_frame(svg);
    draw(svg, inside(f, curve_of(f) + lowest_of(f) + shapes(f)) + axes(f, say("axis.w"), "L"));
    place(
      grip,
      f,
      [state.w, loss_at(state.w)],
      say("handle.w"),
      state.w,
      say("curve.at", { w: written(state.w), L: written(loss_at(state.w)) })
    );
    tell(svg, words());
  });
}

const point_words = () => ({
  w: written(state.w),
  b: written(state.b),
  L: written(loss_at(state.w)),
  best: written(best_w()),
  slope: written(slope_at(state.w))
});

parabola(
  "over_w",
  [],
  (f) => line("plumb", on_curve(f, state.w), [f.X(state.w), f.top + f.h]),
  () => say("over_w.now", point_words())
);
parabola(
  "slope_w",
  ["factor"],
  (f) => tangent(f),
  tangent_words
);

// At the lowest point, up to the digits that are shown, neither side is down.
function tangent_words() {
  const steep = slope_at(state.w) > 0 ? "slope_w.up" : "slope_w.down";
  return say(Math.abs(state.w - best_w()) < 0.01 ? "slope_w.flat" : steep, point_words());
}

// ---- section 4: steps w ← w − η · slope, at most so many, and as long as they stay in the picture

const MANY = 12;

function steps_from(w, count = MANY) {
  const list = [w];
  while (list.length <= count && Math.abs(list.at(-1)) < 1e4)
    list.push(list.at(-1) - state.lr * slope_at(list.at(-1)));
  return list;
}

function draw_steps(f) {
  const list = steps_from(state.w), [now, next] = list.map((w) => on_curve(f, w));
  const zigzag = polyline(
    "ghost",
    list.map((w) => on_curve(f, w))
  );
  const marks = list
    .slice(1)
    .map((w) => circle("step-dot", on_curve(f, w), 3.5))
    .join("");
  return (
    tangent(f) +
    zigzag +
    marks +
    arrow("step-arrow", now, [next[0], now[1]]) +
    line("plumb", [next[0], now[1]], next)
  );
}

// Which of the five cases this η is.
function kind_of_rate() {
  const part_left = 1 - state.lr * CURVATURE; // of the distance to the lowest point, after a step
  if (Math.abs(part_left) > 1) return "steps.diverges";
  if (part_left < -0.02) return "steps.over";
  return part_left <= 0.02 ? "steps.right" : part_left > 0.6 ? "steps.small" : "steps.under";
}

const step_words = () => ({
  ...point_words(),
  eta: written(state.lr),
  next: written(steps_from(state.w, 1)[1]),
  move: written(-state.lr * slope_at(state.w)),
  part: written(100 * Math.abs(1 - state.lr * CURVATURE), 3),
  mark: written(2 / CURVATURE, 3),
  best_rate: written(1 / CURVATURE, 3),
  curvature: written(CURVATURE, 3)
});

parabola(
  "steps",
  ["lr"],
  draw_steps,
  () => `${say("steps.now", step_words())} ${say(kind_of_rate(), step_words())}`
);

function take_step() {
  const next = steps_from(state.w, 1)[1], outside = next < -10 || next > 40;
  $("#step_out").textContent = outside ? say("steps.out", { next: written(next) }) : "";
  if (!outside) change({ w: Number(next.toPrecision(12)) });
}

$("#step_once").addEventListener("click", take_step);
$("#step_reset").addEventListener("click", () => {
  $("#step_out").textContent = "";
  change({ w: FIRST.w, b: FIRST.b, lr: FIRST.lr });
});
