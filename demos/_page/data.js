"use strict";
// The data of all pictures: the floats and the batch orders of the run that made this page, bit for
// bit, and what the reader brings. A problem is data with its bowl.

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
const rows_of = (flat, width) =>
  Array.from({ length: flat.length / width }, (_, i) => [
    ...flat.subarray(i * width, (i + 1) * width)
  ]);
const unpacked = ({ X, y, ...more }) => {
  const labels = [...new Float64Array(bytes(y))];
  return { ...more, X: rows_of(new Float64Array(bytes(X)), 2), y: labels };
};

// The data with the bowl of their loss. A bowl over one weight is drawn over (w, b); over two
// weights it is drawn over these, at the best b.
function make_problem({ X, y, ...more }) {
  const H = curvature(X), lowest = least_squares(X, y);
  const floor = loss(X, y, lowest.slice(0, -1), lowest.at(-1));
  const plane = [H.slice(0, 2).map((row) => row.slice(0, 2)), lowest.slice(0, 2)];
  const problem = {
    X,
    y,
    d: X[0].length,
    n: y.length,
    H,
    lowest,
    floor,
    max_lr: max_lr(H),
    plane,
    ...more
  };
  problem.max_lr_held = problem.d > 1 ? max_lr(plane[0]) : problem.max_lr;
  return { ...problem, frame: frame_of(problem) };
}

// Where the lowest point is in the middle and the origin inside; as wide as high where that fits.
function frame_of({ plane: [H, at], floor }) {
  const half = at.map(
    (c, k) => 1.25 * Math.max(Math.abs(c), Math.sqrt((2 * floor) / H[k][k])) || 1
  );
  const both = Math.max(...half), equal = both < 4 * Math.min(...half);
  return {
    equal,
    low: at.map((c, k) => c - (equal ? both : half[k])),
    high: at.map((c, k) => c + (equal ? both : half[k]))
  };
}

// A point of the plane as (w, b).
const full = ({ d, lowest }, p) => (d > 1 ? { w: [...p], b: lowest[2] } : { w: [p[0]], b: p[1] });
const flat = ({ d }, { w, b }) => (d > 1 ? w : [w[0], b]);
const theta = ({ w, b }) => [...w, b];

// The bowl over the plane, at the best of what is not drawn.
const height = ({ floor, plane: [H, at] }, p) => bowl({ H, lowest: at, floor }, p);
const slope = ({ plane: [H, at] }, p) => H.map((row) => dot(row, [p[0] - at[0], p[1] - at[1]]));

// ---- the houses of the sections before the descent: area in 1000 square feet, age in decades

const AREA = DATA.houses.X.map(([area]) => area / 10);
const AGE = DATA.houses.X.map(([, age]) => age / 10);
const PRICE = DATA.houses.y;
const HOUSES = make_problem({ X: AREA.map((x) => [x]), y: PRICE, names: ["w", "b"] });
const BOTH = make_problem({
  X: AREA.map((x, i) => [x, AGE[i]]),
  y: PRICE,
  names: ["w_area", "w_age"]
});

// ---- the data of the descent

const raw = DATA.houses.X;
const house_orders = () => rows_of(new Uint16Array(bytes(DATA.explorer.houses)), raw.length);
const packed = (name) => {
  const { orders, ...data } = unpacked(DATA.explorer[name]);
  return { ...data, orders: rows_of(new Uint16Array(bytes(orders)), data.y.length) };
};

const SOURCES = {
  example: () => ({ ...packed("example"), names: ["w₁", "w₂"] }),
  line: () => ({ X: HOUSES.X, y: PRICE, names: ["w", "b"], orders: house_orders() }),
  two: () => ({
    X: standardise(raw),
    y: PRICE,
    names: ["w_area", "w_age"],
    orders: house_orders()
  }),
  raw_one: () => ({
    X: raw.map((x) => [x[0]]),
    y: PRICE,
    names: ["w", "b"],
    orders: house_orders()
  }),
  raw_two: () => ({ X: raw, y: PRICE, names: ["w_area", "w_age"], orders: house_orders() }),
  valley: () => ({ ...packed("valley"), names: ["w₁", "w₂"] }),
  own: () => own_data()
};
// How each is begun: η, m, and a start if it is not the origin.
const BEGIN = {
  example: { eta: 0.03, m: "10" },
  line: { eta: 0.3, m: "all" },
  two: { eta: 0.1, m: "10" },
  raw_one: { eta: 0.0051, m: "all" },
  raw_two: { eta: 0.0011, m: "all" },
  valley: { eta: 1, m: "all", start: [1.6, 0] },
  own: { eta: 0.1, m: "all" }
};

const made = new Map();

function problem_of(name, key = name) {
  if (!made.has(key)) made.set(key, make_problem(SOURCES[name]()));
  return made.get(key);
}

// The data of the descent as the reader has chosen them; the worked example while own data are missing.
const own_missing = () => state.data === "own" && !own_data();
const problem = () =>
  state.data === "own" && own_data()
    ? problem_of("own", `own ${state.scaled} ${state.own}`)
    : problem_of(state.data === "own" ? "example" : state.data);

// η, m and the start of these data, as long as the reader has not chosen others.
function descent_defaults() {
  const begin = BEGIN[state.data];
  const eta = state.data === "own" ? safe_rate(problem().max_lr / 2) : begin.eta;
  return { ...begin, eta, start: begin.start ?? problem().start ?? [0, 0] };
}

const SERIES = [
  1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8,
  7.5, 8.2, 9.1
];
const LOWEST_POWER = -5; // η from 0.00001 in the steps of the E24 series, 24 to a power of ten
const RATES = 144;
const rate = (k) => Number(`${SERIES[k % 24]}e${LOWEST_POWER + Math.floor(k / 24)}`);
const place_of_rate = (eta) =>
  clamp(Math.round(24 * (Math.log10(eta) - LOWEST_POWER)), 0, RATES - 1);
const safe_rate = (most) =>
  rate(
    Math.max(0, Array.from({ length: RATES }, (_, k) => k).findLast((k) => rate(k) <= most) ?? 0)
  );

// One epoch after the other. A batch of all needs no order: the sum is the same sum.
function* batches({ orders, n }, size) {
  const everything = Array.from({ length: n }, (_, i) => i);
  const epochs = size < n ? orders : Array(DATA.steps).fill(everything);
  for (const order of epochs) yield* minibatches(order, size);
}

// Orders for the reader's own data: drawn by a small generator, always the same.
function own_orders(n, count) {
  let seed = 1;
  const draw_below = (k) => (seed = (seed * 48271) % 2147483647) % k;
  return Array.from({ length: count }, () => {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const k = draw_below(i + 1);
      [order[i], order[k]] = [order[k], order[i]];
    }
    return order;
  });
}
