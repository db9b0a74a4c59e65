"use strict";
// The reader's own data: pasted, dropped or clicked. They are kept in the state as text, names first,
// "area,price;1.5,40;2,55", the label last; nothing leaves the page.

const MOST_ROWS = 5000, MOST_IN_ADDRESS = 4000;
let parsed = { text: "", data: null };

// The data in state.own, or null.
function own_data() {
  const key = `${state.scaled} ${state.own}`;
  if (parsed.text !== key) parsed = { text: key, data: state.own ? read_own(state.own) : null };
  return parsed.data;
}

function read_own(text) {
  const [names, ...rows] = text.split(";").map((row) => row.split(","));
  const table = rows.map((row) => row.map(Number));
  if (trouble_with(names, table)) return null;
  const X = table.map((row) => row.slice(0, -1)), y = table.map((row) => row.at(-1));
  const orders = own_orders(y.length, Math.ceil(DATA.steps / Math.ceil(y.length / 100)));
  const weights = names.length > 2 ? names.slice(0, 2).map((name) => `w_${name}`) : ["w", "b"];
  return { X: state.scaled ? standardise(X) : X, y, names: weights, orders };
}

// What else is to be said of data that can be used; `most` is their 2/λ_max.
function own_notes(most) {
  const long = state.own.length > MOST_IN_ADDRESS ? say("own.long") : "";
  const values = { least: written(rate(0)), most: written(most) };
  return long + (most < rate(0) ? say("own.steep", values) : "");
}

// What is wrong with the numbers as data, in words; "" if nothing is.
function trouble_with(names, table) {
  if (table.length < 2) return say("own.few", { n: table.length });
  if (table.length > MOST_ROWS) return say("own.many", { n: table.length, most: MOST_ROWS });
  if (!table.every((row) => row.length === names.length && row.every(Number.isFinite)))
    return say("own.table");
  const features = transpose(table).slice(0, -1);
  const same = features.findIndex((x) => x.every((v) => v === x[0]));
  if (same >= 0) return say("own.constant", { name: escaped(names[same]) });
  if (features.length === 2 && Math.abs(correlation(...features)) > 1 - 1e-9)
    return say("own.dependent");
  return "";
}

function correlation(u, v) {
  const [a, b] = transpose(standardise(transpose([u, v])));
  return dot(a, b) / a.length;
}

// ---- CSV: rows of cells; commas, semicolons or tabs, and names in the first row if it has no number

function parse_table(text) {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((cells, k) => ({ cells, row: k + 1 }))
    .filter(({ cells }) => cells.trim());
  if (!lines.length) return { trouble: say("own.empty") };
  const mark = ["\t", ";", ","].find((c) => lines[0].cells.includes(c)) ?? ",";
  const rows = lines.map(({ cells, row }) => ({ row, cells: cells_of(cells, mark) }));
  const named = !rows[0].cells.some((cell) => Number.isFinite(number_in(cell, mark)));
  const names = named ? rows.shift().cells : rows[0].cells.map((_, k) => String(k + 1));
  const uneven = rows.find(({ cells }) => cells.length !== names.length);
  if (uneven)
    return {
      trouble: say("own.uneven", {
        row: uneven.row,
        has: uneven.cells.length,
        should: names.length
      })
    };
  if (names.length < 2) return { trouble: say("own.one_column") };
  return { names: names.map((name) => name.replace(/[,;]/g, " ").trim()), rows, mark };
}

const cells_of = (text, mark) => {
  const cells = [""];
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (c === mark && !quoted) cells.push("");
    else cells[cells.length - 1] += c;
  }
  return cells.map((cell) => cell.trim());
};

// A comma is a decimal sign where it does not part the cells.
const number_in = (cell, mark) =>
  cell === "" ? NaN : Number(mark === "," ? cell : cell.replace(",", "."));

// The columns that hold a number anywhere: a column of names is not chosen at first.
function columns_of_numbers({ names, rows, mark }) {
  const all = names.map((_, c) => c);
  const some = all.filter((c) => rows.some(({ cells }) => Number.isFinite(number_in(cells[c], mark))));
  return some.length > 1 ? some : all;
}

// The chosen columns as numbers, or what is wrong, by row and column.
function chosen_columns({ names, rows, mark }, columns) {
  const table = [];
  for (const { row, cells } of rows) {
    const numbers = columns.map((c) => number_in(cells[c], mark));
    const bad = numbers.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      const c = columns[bad];
      const values = { row, column: c + 1, name: escaped(names[c]), cell: escaped(cells[c]) };
      return { trouble: say(cells[c] === "" ? "own.missing" : "own.not_number", values) };
    }
    table.push(numbers);
  }
  const chosen_names = columns.map((c) => names[c]);
  return { names: chosen_names, table, trouble: trouble_with(chosen_names, table) };
}
