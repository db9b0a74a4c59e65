"use strict";
// Section 3: the chain rule for one house, factor by factor, then the mean over all houses.

const NUDGE = 4; // by how much w is moved to see ŷ move
const chosen = () => state.house - 1;

// The house, its stick, and the line once more with w moved by NUDGE.
function draw_one_house(f) {
  const i = chosen(), x = AREA[i], from = f.to([x, line_price(x)]);
  const moved = f.to([x, line_price(x) + x * NUDGE]);
  const side = x > 3.4 ? -1 : 1, way = side < 0 ? "label end" : "label";
  return (
    dots(f) +
    fitted_line(f) +
    fitted_line(f, "ghost", state.w + NUDGE) +
    line("stick chosen factor-r", f.to([x, PRICE[i]]), from) +
    arrow("nudge factor-x", from, moved) +
    write(
      `${written(x, 3)} · ${NUDGE} = ${written(x * NUDGE, 3)}`,
      moved[0] + 9 * side,
      moved[1] - 6,
      `${way} factor-x`
    ) +
    write(
      `ŷ − y = ${written(error_of(i), 3)}`,
      from[0] + 9 * side,
      (from[1] + f.Y(PRICE[i])) / 2 + 14,
      `${way} factor-r`
    )
  );
}

scatter("one_house", draw_one_house, () =>
  say("one_house.now", {
    ...house_words(),
    x: written(AREA[chosen()], 3),
    by: NUDGE,
    moved: written(AREA[chosen()] * NUDGE, 3)
  })
);

// l over ŷ: the half square of the distance to y, with its tangent.
picture(["w", "b", "house"], () => {
  const svg = $("#one_loss"), y = PRICE[chosen()], y_hat = line_price(AREA[chosen()]);
  const r = y_hat - y;
  const f = frame(svg, [-25, 205], [0, 6000]), l = (p) => (p - y) ** 2 / 2;
  const at = (p) => f.to([p, l(p)]), on_tangent = (p) => f.to([p, l(y_hat) + r * (p - y_hat)]);
  const curve = polyline(
    "curve",
    Array.from({ length: 116 }, (_, k) => at(f.x0 + 2 * k))
  );
  draw(
    svg,
    inside(
      f,
      `${curve}${line("plumb", f.to([y, 0]), f.to([y, 6000]))}${line("tangent factor-r", on_tangent(y_hat - 30), on_tangent(y_hat + 30))}${circle("here", at(y_hat), 6)}`
    ) +
      axes(f, "ŷ", "l") +
      write("y", f.X(y) + 5, f.top + 16, "label symbol")
  );
  tell(svg, say("one_loss.now", { ...house_words(), slope: written(r) }));
});

// The three factors in numbers; each lights up in the pictures.
picture(["w", "b", "house"], () => {
  const x = AREA[chosen()], r = error_of(chosen());
  const values = { x: written(x), r: written(r), product: written(r * x) };
  for (const [name, value] of Object.entries(values)) $(`#factor_${name}`).textContent = value;
});

picture(["factor"], () => {
  for (const button of $$("[data-factor]"))
    button.setAttribute("aria-pressed", button.dataset.factor === state.factor);
  $("#ch-slope").dataset.lit = state.factor;
});

for (const button of $$("[data-factor]")) {
  const name = button.dataset.factor;
  button.addEventListener("click", () => change({ factor: state.factor === name ? "" : name }));
}

// ---- all houses: the share of each in the slope, and the mean of the first so many

const BY_AREA = AREA.map((_, i) => i).sort((i, j) => AREA[i] - AREA[j]);

const share_of = (i) => error_of(i) * AREA[i];

// The mean of the first k shares, for each k.
function running_means() {
  let total = 0;
  return BY_AREA.map((i, k) => (total += share_of(i)) / (k + 1));
}

function draw_share(f, i, k) {
  const counted = k < state.upto ? "share" : "share later", x = f.X(k + 1);
  return line(i === chosen() ? "share chosen" : counted, [x, f.Y(0)], [x, f.Y(share_of(i))]);
}

picture(["w", "b", "upto", "house"], () => {
  const svg = $("#shares"), f = frame(svg, [0, 212], [-220, 420], { ratio: 0.55 });
  const means = running_means().map((mean, k) => f.to([k + 1, mean])).slice(0, state.upto);
  const shares = BY_AREA.map((i, k) => draw_share(f, i, k)).join("");
  const zero = line("edge", f.to([0, 0]), f.to([212, 0]));
  const shapes = shares + zero + polyline("running", means) + circle("here", means.at(-1), 5);
  draw(svg, inside(f, shapes) + axes(f, say("axis.houses"), "(ŷ − y) · x"));
  const mean = running_means()[state.upto - 1], slope = running_means().at(-1);
  tell(svg, say("shares.now", { k: state.upto, mean: written(mean), slope: written(slope) }));
});
