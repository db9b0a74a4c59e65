"use strict";
// The houses as dots, price against area, and a line through them: sections 1 and 2, and the line of
// section 5. The left handle is b, the right one w.

const [LEFT, RIGHT] = [0, 4]; // of the handles, in 1000 square feet
const street = (svg, more) => frame(svg, [-0.15, 5], [-25, 205], more);
const line_price = (x) => state.w * x + state.b;
const error_of = (i) => line_price(AREA[i]) - PRICE[i];

const dots = (f) =>
  AREA.map((x, i) =>
    circle(
      i === state.house - 1 ? "dot chosen" : "dot",
      f.to([x, PRICE[i]]),
      i === state.house - 1 ? 5.5 : 2.6
    )
  ).join("");
const sticks = (f) =>
  AREA.map((x, i) =>
    line(
      i === state.house - 1 ? "stick chosen" : "stick",
      f.to([x, PRICE[i]]),
      f.to([x, line_price(x)])
    )
  ).join("");
const fitted_line = (f, kind = "fit", w = state.w) =>
  line(kind, f.to([f.x0, w * f.x0 + state.b]), f.to([f.x1, w * f.x1 + state.b]));

// The square on the stick of one house, away from the other side of the line.
function square_of(f, i) {
  const [x, top] = f.to([AREA[i], Math.max(PRICE[i], line_price(AREA[i]))]);
  const side = Math.abs(f.Y(PRICE[i]) - f.Y(line_price(AREA[i])));
  return box(
    i === state.house - 1 ? "square chosen" : "square",
    error_of(i) > 0 ? x - side : x,
    top,
    side,
    side
  );
}

// The square that is as large as the mean of all squares; half of it is L.
function mean_square(f) {
  const side = Math.abs(f.Y(Math.sqrt(2 * line_loss())) - f.Y(0)), x = f.left + 14, y = f.top + 14;
  return (
    box("mean", x, y, side, side) +
    box("mean-half", x, y + side / 2, side, side / 2) +
    write(`L = ${written(line_loss())}`, x + side + 8, y + side - 4, "label")
  );
}

const line_loss = () => loss(HOUSES.X, PRICE, [state.w], state.b);

function line_handles(svg) {
  const left = handle(svg, `${svg.id}_b`, ([, y]) => change({ b: three(clamp(y, -5, 48)) }));
  const right = handle(svg, `${svg.id}_w`, ([, y]) =>
    change({ w: three(clamp((y - state.b) / RIGHT, -10, 40)) })
  );
  return (f) => {
    place(left, f, [LEFT, state.b], say("handle.b"), state.b, written(state.b));
    place(right, f, [RIGHT, line_price(RIGHT)], say("handle.w"), state.w, written(state.w));
  };
}

const three = (x) => Number(x.toPrecision(4));

// The house nearest to the pointer, while nothing is dragged; on a phone, the one that is tapped.
function look_at_houses(svg) {
  const look = ({ clientX, clientY, buttons, target }) => {
    if (buttons || target.closest(".handle")) return;
    const { left, top } = svg.getBoundingClientRect(), { X, Y } = svg.frame;
    const away = AREA.map((x, i) => Math.hypot(X(x) - clientX + left, Y(PRICE[i]) - clientY + top));
    const nearest = away.indexOf(Math.min(...away));
    if (away[nearest] < 25 && nearest !== state.house - 1) change({ house: nearest + 1 });
  };
  svg.addEventListener("pointermove", look);
  svg.addEventListener("click", look);
}

function house_words() {
  const i = state.house - 1;
  const values = {
    i: state.house,
    area: AREA[i] * 1000,
    price: PRICE[i],
    predicted: line_price(AREA[i]),
    error: error_of(i),
    l: error_of(i) ** 2 / 2
  };
  return Object.fromEntries(Object.entries(values).map(([key, x]) => [key, written(x)]));
}

function scatter(id, shapes, words, keys = []) {
  const svg = $(`#${id}`), show_handles = line_handles(svg);
  look_at_houses(svg);
  picture(["w", "b", "house", ...keys], () => {
    const f = street(svg);
    draw(svg, inside(f, shapes(f)) + axes(f, say("axis.area"), say("axis.price")));
    show_handles(f);
    tell(svg, words());
  });
}

scatter(
  "street",
  (f) => sticks(f) + dots(f) + fitted_line(f),
  () => say("street.now", { ...house_words(), w: written(state.w), b: written(state.b) })
);
scatter(
  "squares",
  (f) =>
    AREA.map((_, i) => square_of(f, i)).join("") +
    sticks(f) +
    dots(f) +
    square_of(f, state.house - 1) +
    fitted_line(f) +
    mean_square(f),
  () =>
    say("squares.now", {
      ...house_words(),
      L: written(line_loss()),
      square: written(2 * line_loss())
    })
);
