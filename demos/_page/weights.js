"use strict";
// Section 5: two weights at once. (w, b) of the line through the houses; then w_area and w_age, with a
// scatter for each: what is left of the price when the other weight and b have had their part.

const two = () => state.features === "two";
const bowl_of_section = () => (two() ? BOTH : HOUSES);
const weights_now = () => (two() ? [state.w_area, state.w_age] : [state.w, state.b]);
const weight_keys = ["w", "b", "w_area", "w_age", "features"];

// First what is to be seen, then what is drawn in it.
picture(["features"], () => {
  for (const element of $$("[data-features]"))
    element.hidden = element.dataset.features !== state.features;
});

// ---- the scatter of the line, and the two of two features

scatter(
  "linked",
  (f) => sticks(f) + dots(f) + fitted_line(f),
  () => say("linked.now", { w: written(state.w), b: written(state.b), L: written(line_loss()) }),
  ["features"]
);

const PARTS = {
  left_area: {
    key: "w_area",
    other: "w_age",
    x: AREA,
    rest: AGE,
    span: [-0.15, 5],
    at: 4,
    low: -3.5,
    high: 33
  },
  left_age: {
    key: "w_age",
    other: "w_area",
    x: AGE,
    rest: AREA,
    span: [-0.5, 15],
    at: 10,
    low: -22.5,
    high: 14
  }
};

for (const [id, { key, other, x, rest, span, at, low, high }] of Object.entries(PARTS)) {
  const svg = $(`#${id}`), b = BOTH.lowest[2];
  const grip = handle(svg, `${id}_w`, ([, y]) =>
    change({ [key]: three(clamp(y / at, low, high)) })
  );
  picture(weight_keys, () => {
    if (!two()) return;
    const f = frame(svg, span, [-170, 170]);
    const left = PRICE.map((y, i) => y - state[other] * rest[i] - b);
    const shapes =
      left.map((y, i) => circle("dot", f.to([x[i], y]), 2.4)).join("") +
      line("fit", f.to([f.x0, state[key] * f.x0]), f.to([f.x1, state[key] * f.x1]));
    draw(svg, inside(f, shapes) + axes(f, say(`axis.${key}`), say(`left.${key}`)));
    place(grip, f, [at, state[key] * at], say(`handle.${key}`), state[key], written(state[key]));
    tell(svg, say(`left.${key}.now`, { w: written(state[key]) }));
  });
}

// ---- the bowl

const contours = $("#contours"),
  contour_grip = handle(contours, "contours_point", ([x, y]) =>
    change(
      two()
        ? { w_area: three(clamp(x, -3.5, 33)), w_age: three(clamp(y, -22.5, 14)) }
        : { w: three(clamp(x, -10, 40)), b: three(clamp(y, -5, 48)) }
    )
  );

picture([...weight_keys, "field"], () => {
  const problem = bowl_of_section(), p = weights_now(), g = slope(problem, p);
  const f = draw_contours(
    contours,
    problem,
    (f) => (state.field ? arrows(problem, f) : "") + downhill(f, p, g)
  );
  const values = {
    L: written(height(problem, p)),
    g0: written(g[0]),
    g1: written(g[1]),
    x: written(p[0]),
    y: written(p[1]),
    b: written(BOTH.lowest[2])
  };
  place(
    contour_grip,
    f,
    p,
    say(two() ? "handle.both" : "handle.line"),
    p[0],
    `${written(p[0])}, ${written(p[1])}`
  );
  tell(contours, say(two() ? "contours.two" : "contours.one", values));
});

// −∇L at the point, a quarter as long as it is, but never longer than a quarter of the picture.
function downhill(f, p, g) {
  const [x, y] = f.to(p);
  const [dx, dy] = [(-0.25 * g[0] * f.w) / (f.x1 - f.x0), (0.25 * g[1] * f.h) / (f.y1 - f.y0)];
  const k = Math.min(1, f.w / 4 / Math.max(1, Math.hypot(dx, dy)));
  return arrow("downhill", [x, y], [x + k * dx, y + k * dy], 11);
}

picture([...weight_keys, "turn", "tilt"], () => {
  const problem = bowl_of_section(), p = weights_now();
  draw_relief($("#relief"), problem, { p, L: height(problem, p) });
  tell(
    $("#relief"),
    say("relief.now", { L: written(height(problem, p)), floor: written(problem.floor) })
  );
});
turnable($("#relief"));

// ---- 1.3f: the same sums as one product, for the first three houses

picture(weight_keys, () => {
  const X = [0, 1, 2].map((i) => (two() ? [AREA[i], AGE[i]] : [AREA[i], 1])), w = weights_now();
  const r = X.map((x, i) => dot(x, w) + (two() ? BOTH.lowest[2] : 0) - PRICE[i]);
  const columns = transpose(X), sums = columns.map((x) => dot(x, r) / 3);
  const names = two() ? ["w_area", "w_age"] : ["w", "b"];
  const rows = columns.map(
    (
      x,
      j
    ) => `<tr class="weight-${j}"><th scope="row">∂<i>L</i>/∂<i>${names[j].replace(/_(\w+)/, "<sub>$1</sub>")}</i></th>
    <td>(${x.map((v, i) => `${put("X", v, 3)} · ${put("residual", r[i], 3)}`).join(" + ")}) / 3</td><td>= <b>${part("grad_w", written(sums[j]))}</b></td></tr>`
  );
  $("#sums tbody").innerHTML = rows.join("");
  $("#product").innerHTML =
    `<math display="block" lang="en"><mfrac><mn>1</mn><mn>3</mn></mfrac>${matrix(columns, "X", true)}${matrix(
      r.map((v) => [v]),
      "residual"
    )}
    <mo>=</mo>${matrix(
      sums.map((v) => [v]),
      "grad_w",
      true
    )}</math>`;
});

function matrix(rows, symbol, tinted = false) {
  const cells = rows.map((row) => row.map((x) => `<mtd><mn>${written(x, 3)}</mn></mtd>`).join(""));
  const lines = cells.map((row, j) => `<mtr${tinted ? ` class="weight-${j}"` : ""}>${row}</mtr>`);
  return `<mtable class="matrix" data-symbol="${symbol}">${lines.join("")}</mtable>`;
}
