"use strict";
// The one state that all pictures read, and `change`, the one function that changes it. What differs
// from the first state stands in the fragment of the address, so that a link leads to a picture.

const SIZES_OF_BATCH = ["1", "10", "100", "all"];
const FIRST = {
  language: navigator.language.startsWith("zh") ? "zh" : "en",
  // the line through the houses, the house looked at, the factor that is lit, the houses counted
  ...{ w: 30, b: 10, house: 91, factor: "", upto: 211 },
  lr: 0.1, // η of the step on the parabola
  ...{ features: "one", w_area: 30, w_age: 5, field: false }, // the two weights
  ...{ turn: -0.6, tilt: 0.6 }, // of the pictures in three dimensions
  // the descent, and how it is shown
  ...{ data: "example", own: "", scaled: false, eta: 0.03, m: "10", held: false },
  ...{ momentum: false, beta: 0.9, start: null, t: 0, axes: false, speed: 1 }
};

const number = (low, high) => (text) => {
  const x = Number(text);
  return text.trim() !== "" && x >= low && x <= high ? x : undefined;
};
const whole = (low, high) => (text) => {
  const x = number(low, high)(text);
  return Number.isInteger(x) ? x : undefined;
};
const one_of =
  (...names) =>
  (text) =>
    names.includes(text) ? text : undefined;
const yes = (text) => (text === "1" ? true : undefined);
const pair = (text) => {
  const list = text.split(",").map(Number);
  return list.length === 2 && list.every(Number.isFinite) ? list : undefined;
};

// How each part of the state is read from the address; what is not listed is not kept there.
const READ = {
  language: one_of("en", "zh"),
  w: number(-10, 40),
  b: number(-5, 48),
  house: whole(1, 211),
  lr: number(0.01, 0.8),
  features: one_of("one", "two"),
  w_area: number(-3.5, 33),
  w_age: number(-22.5, 14),
  data: one_of("example", "line", "two", "valley", "raw_one", "raw_two", "own"),
  own: (text) => text,
  eta: number(1e-5, 9.1),
  m: one_of(...SIZES_OF_BATCH),
  held: yes,
  momentum: yes,
  beta: number(0, 0.99),
  start: pair,
  t: whole(0, 10000),
  axes: yes,
  field: yes,
  scaled: yes
};

const state = { ...FIRST };
const pictures = []; // each with what it reads of the state

// `draw_it` is called when one of the `keys` has changed.
function picture(keys, draw_it) {
  pictures.push({ keys: ["language", ...keys], draw_it });
}

function change(patch) {
  Object.assign(state, patch);
  const changed = { ...consequences(patch), ...patch };
  Object.assign(state, changed);
  for (const { keys, draw_it } of pictures) if (keys.some((key) => key in changed)) draw_it();
  save();
}

function redraw() {
  widths.clear();
  for (const { draw_it } of pictures) draw_it();
}

picture([], speak);

// ---- the address

// What a part of the state is at first: some of it depends on the data of the descent.
const first = (key) => descent_defaults()[key] ?? FIRST[key];

function fragment() {
  const long = state.own.length > MOST_IN_ADDRESS; // data too many for an address are not kept there
  const own = ["data", "own", "scaled", "start", "eta", "t"];
  const differs = (key) => key === "language" || String(state[key]) !== String(first(key));
  const kept = Object.keys(READ).filter((key) => differs(key) && !(long && own.includes(key)));
  const texts = kept.map((key) => [key, state[key] === true ? "1" : String(state[key])]);
  return new URLSearchParams(texts).toString().replaceAll("%2C", ",");
}

let saving;
function save() {
  clearTimeout(saving);
  saving = setTimeout(() => history.replaceState(null, "", `#${fragment()}`), 150);
}

// Read the address; a part that makes no sense is left out.
function read_address() {
  const found = {};
  for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
    const value = READ[key]?.(text);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

// ---- controls: an input with data-state="w" shows and sets state.w

function bind(input) {
  const key = input.dataset.state;
  const value = {
    checkbox: () => input.checked,
    range: () => input.valueAsNumber,
    number: () => input.valueAsNumber
  };
  input.addEventListener("input", () => {
    if (input.type === "number" && !accepted(input)) return;
    change({ [key]: (value[input.type] ?? (() => input.value))() });
  });
  picture([key, "data"], () => {
    if (input.type === "checkbox") input.checked = state[key];
    else if (input.type === "radio") input.checked = input.value === state[key];
    else if (input !== document.activeElement || input.type === "range") input.value = state[key];
    if (input.type === "number") accepted(input);
    if (input.type === "range") input.setAttribute("aria-valuetext", written(state[key]));
  });
}

// Whether a typed number may be used; what it has to be is said beside it.
function accepted(input) {
  const { min, max, step } = input, x = input.valueAsNumber;
  const good =
    Number.isFinite(x) &&
    (min === "" || x >= min) &&
    (max === "" || x <= max) &&
    (step !== "1" || Number.isInteger(x));
  const range = { low: written(Number(min)), high: written(Number(max)) };
  const words = good
    ? ""
    : say(step === "1" ? "rule.whole" : min === "" ? "rule.number" : "rule.range", range);
  input.setCustomValidity(words);
  input.setAttribute("aria-invalid", !good);
  const group = input.closest("fieldset, .field, form"), inputs = $$("[type=number]", group);
  $(".rule", group).textContent = inputs.map((i) => i.validationMessage).find(Boolean) ?? "";
  return good;
}
