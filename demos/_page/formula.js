"use strict";
// One symbol in the equation, the code and the numbers: where it is pointed at, it lights up in all
// of them, within the same part of the page.

let pinned = null;

function light(section, symbol) {
  for (const element of $$(".lit")) element.classList.remove("lit");
  if (!section || !symbol) return;
  for (const element of $$(`[data-symbol="${symbol}"]`, section)) element.classList.add("lit");
}

const named = (element) => element && [element.closest("[data-section]"), element.dataset.symbol];
const focused = ({ target }) => named(target.closest("[data-symbol]"));

// What is pointed at. In an equation the innermost box that holds the point, and not the target of
// the event: the letters of a mathematical font reach far over their neighbours.
function pointed({ target, clientX, clientY }) {
  const equation = target.closest("math");
  if (!equation) return focused({ target });
  return named(
    $$("[data-symbol]", equation).findLast((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
    })
  );
}

for (const place of $$(".lights")) {
  place.addEventListener("pointermove", (event) => light(...(pointed(event) ?? pinned ?? [])));
  place.addEventListener("pointerleave", () => light(...(pinned ?? [])));
  place.addEventListener("focusin", (event) => light(...(focused(event) ?? pinned ?? [])));
  place.addEventListener("click", (event) => {
    const symbol = pointed(event);
    const again = symbol && pinned && symbol.every((part, k) => part === pinned[k]);
    pinned = again ? null : symbol;
    for (const button of $$(".symbols button")) {
      const [section, name] = named(button);
      button.setAttribute("aria-pressed", pinned?.[0] === section && pinned?.[1] === name);
    }
    light(...(pinned ?? []));
  });
  // One Tab stop for the symbols of a part, the arrow keys within.
  place.addEventListener("keydown", (event) => {
    const bar = event.target.closest(".symbols");
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!bar || !by) return;
    const buttons = $$("button", bar), k = buttons.indexOf(event.target);
    const next = buttons[(k + by + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  });
}
