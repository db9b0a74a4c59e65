"use strict";
// The bowl of a problem, from above as contours and in three dimensions.

const LEVELS = 14;
const band = (k, levels = LEVELS) => {
  const at = (2 * k) / (levels - 1), [low, high] = at < 1 ? ["low", "middle"] : ["middle", "high"];
  return `fill="color-mix(in srgb, var(--bowl-${high}) ${Math.round(100 * (at < 1 ? at : at - 1))}%, var(--bowl-${low}))"`;
};

// The contour of height ℓ is an ellipse: with H = CCᵀ, p = at + √(2(ℓ − low)) C⁻ᵀ (cos t, sin t).
function ellipse({ floor, plane: [[[p, q], [, s]], at] }, level) {
  const c11 = Math.sqrt(p), c21 = q / c11, c22 = Math.sqrt(s - c21 * c21);
  const r = Math.sqrt(2 * (level - floor));
  return Array.from({ length: 91 }, (_, k) => {
    const t = (k * Math.PI) / 45, v = (r * Math.sin(t)) / c22;
    const u = (r * Math.cos(t) - c21 * v) / c11;
    return [at[0] + u, at[1] + v];
  });
}

// Heights that grow as the squares: their contours stand evenly apart. The last is that of the
// highest corner of the frame.
const rim = (problem) => {
  const { low, high } = problem.frame;
  return Math.max(
    ...[low[0], high[0]].flatMap((x) => [low[1], high[1]].map((y) => height(problem, [x, y])))
  );
};
const levels = (problem) =>
  Array.from(
    { length: LEVELS },
    (_, k) => problem.floor + (rim(problem) - problem.floor) * ((k + 1) / LEVELS) ** 2
  );

function plane_frame(svg, { frame: { low, high, equal } }) {
  return frame(svg, [low[0], high[0]], [low[1], high[1]], { square: equal, ratio: 0.85 });
}

// Contours, and over them what `more(frame)` draws.
function draw_contours(svg, problem, more) {
  const f = plane_frame(svg, problem), heights = levels(problem);
  const filled = heights
    .map((level, k) => polygon("contour", ellipse(problem, level).map(f.to), band(k)))
    .reverse();
  const shapes =
    `<rect x="${f.left}" y="${f.top}" width="${f.w}" height="${f.h}" ${band(LEVELS - 1)}/>` +
    filled.join("") +
    more(f) +
    cross(f.to(problem.plane[1]));
  draw(svg, inside(f, shapes) + axes(f, problem.names[0], problem.names[1]));
  return f;
}

// The field of −∇L: where a step goes from each point, all arrows of one length.
function arrows(problem, f) {
  const list = [];
  for (let i = 1; i < 10; i++)
    for (let j = 1; j < 10; j++) {
      const p = [f.x0 + (i / 10) * (f.x1 - f.x0), f.y0 + (j / 10) * (f.y1 - f.y0)];
      const [gx, gy] = slope(problem, p);
      const [dx, dy] = [(-gx * f.w) / (f.x1 - f.x0), (gy * f.h) / (f.y1 - f.y0)];
      const length = Math.hypot(dx, dy);
      const from = f.to(p), r = Math.min(f.w, f.h) / 28;
      if (length)
        list.push(
          arrow(
            "field",
            [from[0] - (r * dx) / length, from[1] - (r * dy) / length],
            [from[0] + (r * dx) / length, from[1] + (r * dy) / length],
            6
          )
        );
    }
  return list.join("");
}

// The axes of the bowl through its lowest point, each with its λ.
function axis_lines(problem, f) {
  const steep = principal_axes(problem.H), reach = Math.max(f.x1 - f.x0, f.y1 - f.y0) * 0.42;
  return steep
    .map(({ λ, v }, k) => {
      const [x, y] = problem.plane[1], [u, s] = [v[0] * reach, v[1] * reach];
      if (Math.hypot(v[0], v[1]) < 0.05) return ""; // it stands upright on the plane
      const end = [clamp(x + u, f.x0, f.x1), clamp(y + s, f.y0, f.y1)];
      const name = write(
        `λ${LOWERED[k + 1]} = ${written(λ, 3)}`,
        clamp(f.X(end[0]), f.left + 45, f.left + f.w - 45),
        clamp(f.Y(end[1]) - 6, f.top + 16, f.top + f.h - 8),
        "on-bowl middle"
      );
      return line(`principal axis-${k}`, f.to([x - u, y - s]), f.to([x + u, y + s])) + name;
    })
    .join("");
}

const LOWERED = "₀₁₂₃₄₅₆₇₈₉";

// ---- three dimensions: a small projection of its own, turned by dragging

const CELLS = 22,
  TALLEST = 1.5; // the frame's top, as a multiple of the rim's height

// From u and v, −1 to 1 over the frame, and z, 0 at the floor and 1 at the rim, to pixels.
function projection(svg) {
  const width = width_of(svg);
  const tall = Math.round(Math.min(width * 0.8, Math.max(280, innerHeight * 0.5)));
  svg.setAttribute("viewBox", `0 0 ${width} ${tall}`);
  const size = Math.min(width / 2.9, tall / 2.75);
  const sin = Math.sin(state.turn), cos = Math.cos(state.turn);
  return (u, v, z) => {
    const across = u * cos - v * sin, depth = u * sin + v * cos;
    const up = depth * Math.sin(state.tilt) + z * Math.cos(state.tilt);
    return [width / 2 + size * across, tall * 0.66 - size * up];
  };
}

// The bowl of a problem with a path; `here` is the point { p, L } that is shown.
function draw_relief(svg, problem, here, path = []) {
  const { low, high } = problem.frame, top = rim(problem) - problem.floor, to = projection(svg);
  const unit = (p) => p.map((x, k) => (2 * (x - low[k])) / (high[k] - low[k]) - 1);
  const weights = (u) => u.map((x, k) => low[k] + ((x + 1) * (high[k] - low[k])) / 2);
  const z = (L) => (L - problem.floor) / top;
  const within = ({ p, L }) => unit(p).every((x) => Math.abs(x) <= 1.02) && z(L) <= TALLEST;
  const at = ({ p, L }) => to(...unit(p), z(L));
  const surface = squares((u, v) => z(height(problem, weights([u, v]))), to);
  const trails = runs(path, within).map((run) => trail(run.map(at))).join("");
  const lowest = cross(to(...unit(problem.plane[1]), 0), 5);
  const point = within(here) ? upright(problem, here, at) : "";
  draw(svg, surface + base(to, problem.names) + trails + lowest + point);
}

// The parts of a path that are in the frame.
function runs(path, within) {
  const found = [[]];
  for (const point of path) within(point) ? found.at(-1).push(point) : found.push([]);
  return found.filter((run) => run.length);
}

// The point, and below it the place of the surface: what lies between is the loss of b.
const upright = (problem, here, at) => {
  const under = at({ p: here.p, L: height(problem, here.p) });
  return (
    line("casing", under, at(here)) + line("plumb", under, at(here)) + circle("here", at(here), 5.5)
  );
};

// The surface in squares, the farthest first.
function squares(z, to) {
  const sin = Math.sin(state.turn), cos = Math.cos(state.turn);
  const knot = (k) => (2 * k) / CELLS - 1, list = [];
  for (let i = 0; i < CELLS; i++)
    for (let j = 0; j < CELLS; j++) {
      const u = knot(i + 0.5), v = knot(j + 0.5);
      const corners = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1]
      ].map(([p, q]) => [knot(p), knot(q)]);
      list.push({ far: u * sin + v * cos, high: z(u, v), corners });
    }
  list.sort((one, other) => other.far - one.far);
  return list
    .map(({ high, corners }) => {
      const k = Math.min(LEVELS - 1, Math.floor(Math.sqrt(Math.max(0, high)) * LEVELS));
      return polygon(
        "tile",
        corners.map(([u, v]) => to(u, v, z(u, v))),
        band(k)
      );
    })
    .join("");
}

function base(to, names) {
  const near = Math.cos(state.turn) > 0 ? -1 : 1, side = Math.sin(state.turn) > 0 ? -1 : 1;
  return (
    line("edge", to(-1, near, 0), to(1, near, 0)) +
    line("edge", to(side, -1, 0), to(side, 1, 0)) +
    write(names[0], ...to(0, near * 1.2, 0), axis_kind(names[0])) +
    write(names[1], ...to(side * 1.2, 0, 0), axis_kind(names[1]))
  );
}

// A picture that turns when it is dragged, or by the arrow keys.
function turnable(svg) {
  const turn = (across, up) =>
    change({ turn: state.turn + across, tilt: clamp(state.tilt + up, 0.1, 1.5) });
  svg.addEventListener("pointerdown", (event) => svg.setPointerCapture(event.pointerId));
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) turn(event.movementX / 120, event.movementY / 160);
  });
  svg.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    turn(arrow[0] / 10, arrow[1] / -10);
  });
}
