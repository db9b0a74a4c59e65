"use strict";
// What all files share: the data in the page, its words in two languages, and how numbers are written.

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const DATA = JSON.parse($("#data").textContent);
const WORDS = JSON.parse($("#words").textContent);

// The words for `key`, with {name} replaced by its value.
function say(key, values = {}) {
  const words = WORDS[state.language];
  if (!(key in words)) throw new Error(`no words for ${key} in ${state.language}`);
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? FACTS[name]);
}

const RAISED = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹"
};
const raised = (n) => [...String(n)].map((digit) => RAISED[digit]).join("");

// A number as one writes it: 1234.5, −0.02, 1.2×10⁸.
function written(x, digits = 4) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x < 0 ? "−∞" : "∞";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    const [digit, power] = x.toExponential(digits - 1).split("e");
    return `${trimmed(digit)}×10${raised(Number(power))}`.replace(/^(−?)1×/, "$1");
  }
  return trimmed(size >= 10 ** digits ? x.toFixed(0) : x.toPrecision(digits));
}

const trimmed = (digits) =>
  digits
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")
    .replace("-", "−");

// All digits that it takes to know the number again.
const exactly = (x) =>
  String(x)
    .replace(/e\+?(-?\d+)/, (_, power) => `×10${raised(power)}`)
    .replace("-", "−");

// A number that belongs to a symbol, and one that stands in a sum, in brackets if it is negative.
const part = (symbol, html) => `<span data-symbol="${symbol}">${html}</span>`;
const put = (symbol, x, digits) =>
  part(symbol, x < 0 ? `(${written(x, digits)})` : written(x, digits));

const FACTS = { ...DATA.made, steps: DATA.steps, lr: written(DATA.lr) }; // what fixed words may name

// Each element's words in the language of the state.
function speak() {
  document.documentElement.lang = state.language === "zh" ? "zh-Hans" : "en";
  document.title = say("page.title");
  for (const element of $$("[data-words]")) element.innerHTML = say(element.dataset.words);
  for (const element of $$("[data-label]"))
    element.setAttribute("aria-label", say(element.dataset.label));
  for (const button of $$("[data-language]")) {
    button.setAttribute("aria-pressed", button.dataset.language === state.language);
  }
}
