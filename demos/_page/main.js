"use strict";
// Begin: the controls, the state that the address holds, and the first drawing.

for (const input of $$("[data-state]")) bind(input);
for (const button of $$("[data-language]")) {
  button.addEventListener("click", () => change({ language: button.dataset.language }));
}
for (const link of $$("nav a")) {
  link.addEventListener("click", (event) => {
    // the fragment is the state's
    event.preventDefault();
    $(link.hash).scrollIntoView();
    $(link.hash).focus({ preventScroll: true });
  });
}

// The state that the address holds, over what is first for its data. Own data that are none are left
// out, and a start that is not in the picture.
function restore() {
  const found = read_address(), { eta, m, held, momentum, start, t, ...others } = FIRST;
  if (found.data === "own" && !(found.own && read_own(found.own))) delete found.data;
  if (found.data !== "own") delete found.own;
  widths.clear();
  change({ ...others, ...found });
  if (!in_frame(problem(), start_now())) change({ start: descent_defaults().start });
}

const SHOWN = [...new Set($$("[data-shows]").map((output) => output.dataset.shows))];
picture(SHOWN, () => {
  for (const output of $$("[data-shows]"))
    output.textContent = written(state[output.dataset.shows]);
});

restore();
addEventListener("hashchange", restore);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) redraw(); // on a phone the height changes while one scrolls
  width = innerWidth;
});
for (const details of $$("details")) details.addEventListener("toggle", redraw);
document.fonts.ready.then(redraw);
for (const event of ["beforeprint", "afterprint"]) {
  addEventListener(event, () => {
    printing = event === "beforeprint";
    redraw();
  });
}
