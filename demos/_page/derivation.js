"use strict";
// The second view: the numbers of each §, for the houses and the weights that the reader picks.

const M = 2; // a minibatch in §1.3g is the first two houses
const SIZES = Object.keys(DATA.orders).map(Number); // of a sample: those that batch orders are known for
let sample = structuredClone(DATA.chosen);

// ---- how the quantities are written

const NAMES = ["area", "age"];
const of = (i) => `<sup>(${i + 1})</sup>`;
const each = (symbol, before, after = "") =>
  NAMES.map((name) => part(symbol, `${before}<sub>${name}</sub>${after}`));
const WEIGHT = each("w", "w"), DLOSS = each("grad_w", "∂L/∂w");
const DL = (i) => each("dl_dw", "∂l/∂w", of(i)), DYHAT = (i) => each("X", "∂ŷ/∂w", of(i));
const product = (w_j, x_j) => `${put("w", w_j)} · ${put("X", x_j)}`;
const weighted = (x, w, b) => `${product(w[0], x[0])} + ${product(w[1], x[1])} + ${put("b", b)}`;
const mean = (terms, n) => `(${terms.join(" + ")}) / ${part("n", n)}`;

// ---- § by §: each quantity under the name that it has in the terminal (`python -m demos derivation`),
//      with the numbers put in, and its value

const QUANTITIES = {
  0: ({ X, w, b }) =>
    X.map((x, i) =>
      row(
        `price, house ${i + 1}`,
        part("y_hat", `price${of(i)}`),
        weighted(x, w, b),
        price(...x, ...w, b)
      )
    ),
  "1.1a": ({ X, w, b }) =>
    X.map((x, i) =>
      row(`ŷ, house ${i + 1}`, part("y_hat", `ŷ${of(i)}`), weighted(x, w, b), predict_one(x, w, b))
    ),
  "1.1b": ({ y_hat }) =>
    y_hat.map((v, i) => row(`ŷ, house ${i + 1}`, part("y_hat", `ŷ${of(i)}`), "", v)),
  "1.2a": ({ y_hat, y }) =>
    squared_loss(y_hat, y).map((l, i) =>
      row(`l, house ${i + 1}`, part("l", `l${of(i)}`), `½ ${difference(y_hat[i], y[i])}²`, l)
    ),
  "1.2b": ({ X, y, w, b, n, y_hat }) => {
    const l = squared_loss(y_hat, y).map((v) => put("l", v));
    return [row("L", part("L", "L"), mean(l, n), loss(X, y, w, b))];
  },
  "1.3a": ({ X, y, w, b, r }) =>
    NAMES.flatMap((name, j) =>
      X.map((x, i) =>
        row(
          `∂l/∂w_${name}, house ${i + 1}`,
          DL(i)[j],
          `${put("residual", r[i])} · ${put("X", x[j])}`,
          dl_dw(x, y[i], w, b, j)
        )
      )
    ),
  "1.3b": ({ y_hat, y }) =>
    y_hat.map((v, i) =>
      row(
        `∂l/∂ŷ, house ${i + 1}`,
        part("residual", `∂l/∂ŷ${of(i)}`),
        difference(v, y[i]),
        dl_dyhat(v, y[i])
      )
    ),
  "1.3c": ({ X }) => [
    ...NAMES.flatMap((name, j) =>
      X.map((x, i) =>
        row(`∂ŷ/∂w_${name}, house ${i + 1}`, DYHAT(i)[j], put("X", x[j]), dyhat_dw(x, j))
      )
    ),
    row("∂ŷ/∂b", part("one", "∂ŷ/∂b"), "", dyhat_db())
  ],
  "1.3d": ({ X, y, w, b, y_hat }) => [
    ...NAMES.flatMap((name, j) =>
      X.map((x, i) =>
        row(
          `∂l/∂w_${name}, house ${i + 1}`,
          DL(i)[j],
          `${difference(y_hat[i], y[i])} · ${put("X", x[j])}`,
          dl_dw(x, y[i], w, b, j)
        )
      )
    ),
    ...X.map((x, i) =>
      row(
        `∂l/∂b, house ${i + 1}`,
        part("dl_db", `∂l/∂b${of(i)}`),
        difference(y_hat[i], y[i]),
        dl_db(x, y[i], w, b)
      )
    )
  ],
  "1.3e": ({ X, y, w, b, n, r }) => [
    ...NAMES.map((name, j) => {
      const terms = X.map((x, i) => `${put("residual", r[i])} · ${put("X", x[j])}`);
      return row(`∂L/∂w_${name}`, DLOSS[j], mean(terms, n), dL_dw(X, y, w, b, j));
    }),
    row(
      "∂L/∂b",
      part("grad_b", "∂L/∂b"),
      mean(
        r.map((v) => put("residual", v)),
        n
      ),
      dL_db(X, y, w, b)
    )
  ],
  "1.3f": ({ grad_w, grad_b }) => [
    ...NAMES.map((name, j) => row(`∇w L_${name}`, DLOSS[j], "", grad_w[j])),
    row("∂L/∂b", part("grad_b", "∂L/∂b"), "", grad_b)
  ],
  "1.3g": (s) =>
    NAMES.map((name, j) => {
      const x_j = s.X.map((x) => [x[j]]);
      return row(`w_${name}`, `${WEIGHT[j]} ←`, stepped(s.w[j], "w", x_j, s), s.after[0][j]);
    }),
  "1.3h": (s) => [
    row(
      "b",
      `${part("b", "b")} ←`,
      stepped(
        s.b,
        "b",
        s.X.map(() => []),
        s
      ),
      s.after[1]
    )
  ],
  2: ({ end: { w, b } }) => [
    ...NAMES.map((name, j) => row(`w_${name}`, WEIGHT[j], "", w[j])),
    row("b", part("b", "b"), "", b)
  ]
};

const difference = (y_hat, y) => part("residual", `(${put("y_hat", y_hat)} − ${put("y", y)})`);
const row = (key, what, how, value) => ({ key, what: with_italics(what), how, value });
// The letters of a quantity as in the equations; not those of words.
const with_italics = (html) =>
  html.replace(/>[^<]+/g, (text) => text.replace(/(?<![a-z])[lLwbŷ](?![a-z])/g, "<i>$&</i>"));

// old − (η/m) (x⁽¹⁾ r⁽¹⁾ + x⁽²⁾ r⁽²⁾), the minibatch being the first M samples
function stepped(old, symbol, xs, { r }) {
  const terms = xs
    .slice(0, M)
    .map((x, i) => [...x.map((v) => put("X", v)), put("residual", r[i])].join(" · "));
  const total = part(`grad_${symbol}`, `(${terms.join(" + ")})`);
  return `${put(symbol, old)} − (${part("lr", written(DATA.lr))}/${part("batch_size", M)}) · ${total}`;
}

// What more than one § needs.
function quantities({ houses, w, b }) {
  const X = houses.map((i) => DATA.houses.X[i]), y = houses.map((i) => DATA.houses.y[i]);
  const n = y.length;
  const y_hat = predict(X, w, b), r = residual(y_hat, y);
  const [grad_w, grad_b] = gradient(X, y, w, b);
  const after = sgd_step(w, b, ...gradient(X.slice(0, M), y.slice(0, M), w, b), DATA.lr);
  const order = DATA.orders[n].flatMap((epoch) => [...minibatches(epoch, M)]);
  const end = [...fit(X, y, order, { lr: DATA.lr, w, b })].at(-1);
  return { X, y, w, b, n, y_hat, r, grad_w, grad_b, after, end };
}

// ---- matrices, where the matrix is the point

const column = (v) => v.map((x) => [x]);

const MATRICES = {
  "1.1b": ({ X, w, b, y_hat }) => `${matrix(X, "X")}${matrix(column(w), "w")}
    <mo>+</mo><mn data-symbol="b">${written(b)}</mn><mo>=</mo>${matrix(column(y_hat), "y_hat")}`,
  "1.3f": ({ X, n, r, grad_w }) => `<mfrac><mn>1</mn><mn data-symbol="n">${n}</mn></mfrac>
    ${matrix(transpose(X), "X", true)}${matrix(column(r), "residual")}
    <mo>=</mo>${matrix(column(grad_w), "grad_w", true)}`
};

// ---- the tables

const untouched = () => JSON.stringify(sample) === JSON.stringify(DATA.chosen);

function show_numbers() {
  const now = quantities(sample);
  for (const section of $$("#derivation [data-section]")) {
    const name = section.dataset.section;
    const rows = QUANTITIES[name](now).map((quantity, k) => table_row(name, quantity, k));
    $(".numbers tbody", section).innerHTML = rows.join("");
    tell_torch(section);
    if (name in MATRICES) {
      $(".matrices", section).innerHTML =
        `<math display="block" lang="en">${MATRICES[name](now)}</math>`;
    }
  }
  $("#belongs").textContent = say(untouched() ? "sample.same" : "sample.moved");
}

function table_row(section, { key, what, how, value }, k) {
  const torch = DATA.torch[section][key]; // none for a house beyond the first three
  const tint = ["1.3e", "1.3f"].includes(section) && k < 2 ? ` class="weight-${k}"` : "";
  const known = torch && untouched();
  const theirs = known ? [exactly(torch.torch), torch.ulps] : ["", ""];
  return `<tr${tint} data-key="${key}"><th scope="row">${what}${how && ` <span class="how">${what.endsWith("←") ? "" : "= "}${how}</span>`}</th>
    <td data-value="${value}"><span class="short">${written(value)}</span><span class="all">${exactly(value)}</span></td>
    <td class="torch">${theirs[0]}</td><td class="torch">${theirs[1]}</td></tr>`;
}

// "torch agrees to the last bit", or by how much it does not; it opens torch's columns.
function tell_torch(section) {
  const apart = Math.max(
    ...Object.values(DATA.torch[section.dataset.section]).map(({ ulps }) => ulps)
  );
  const words = untouched()
    ? apart
      ? say("torch.near", { apart: written(apart) })
      : say("torch.same")
    : say("torch.hidden");
  const button = $(".agrees", section);
  button.innerHTML = words;
  button.setAttribute("aria-expanded", section.classList.contains("digits"));
}

for (const button of $$(".agrees")) {
  button.addEventListener("click", () => {
    button.closest("[data-section]").classList.toggle("digits");
    tell_torch(button.closest("[data-section]"));
  });
}

// ---- the sample and the weights

function show_houses() {
  $("#houses tbody").innerHTML = sample.houses
    .map(
      (i, k) => `<tr>
    <th scope="row"><input type="number" min="1" max="${DATA.houses.y.length}" value="${i + 1}" data-house="${k}"
      aria-label="${say("sample.which", { i: k + 1 })}"></th>${house_cells(i)}</tr>`
    )
    .join("");
  $("#more").disabled = sample.houses.length === Math.max(...SIZES);
  $("#fewer").disabled = sample.houses.length === Math.min(...SIZES);
}

const house_cells = (i) =>
  [...DATA.houses.X[i], DATA.houses.y[i]]
    .map((v, k) => `<td data-symbol="${k < 2 ? "X" : "y"}">${written(v)}</td>`)
    .join("");

function show_weights() {
  for (const [id, value] of [
    ["w_area", sample.w[0]],
    ["w_age", sample.w[1]],
    ["b", sample.b]
  ]) {
    $(`#${id}`).value = value;
    $(`#${id}_value`).textContent = written(value);
  }
}

function show_sample() {
  show_houses();
  show_weights();
  show_numbers();
}

$("#houses").addEventListener("input", ({ target }) => {
  const i = target.valueAsNumber - 1;
  const good = i in DATA.houses.y;
  target.setCustomValidity(good ? "" : say("sample.rule"));
  target.setAttribute("aria-invalid", !good);
  $("#sample .rule").textContent = good ? "" : say("sample.rule");
  if (!good) return;
  sample.houses[target.dataset.house] = i;
  $$("td", target.closest("tr")).forEach((td) => td.remove());
  target.closest("tr").insertAdjacentHTML("beforeend", house_cells(i));
  show_numbers();
});

$("#weights").addEventListener("input", () => {
  sample.w = [$("#w_area").valueAsNumber, $("#w_age").valueAsNumber];
  sample.b = $("#b").valueAsNumber;
  show_weights();
  show_numbers();
});

$("#more").addEventListener("click", () => {
  const i = DATA.houses.y.findIndex((_, k) => !sample.houses.includes(k));
  sample.houses.push(i);
  show_sample();
});

$("#fewer").addEventListener("click", () => {
  sample.houses.pop();
  show_sample();
});

$("#again").addEventListener("click", () => {
  sample = structuredClone(DATA.chosen);
  show_sample();
});

$("#digits").addEventListener("click", ({ target }) => {
  target.setAttribute("aria-pressed", $("#derivation").classList.toggle("all-digits"));
});

$("#sample").open = matchMedia("(min-width: 64rem)").matches; // where it would not cover what it is about
picture([], show_sample);
