"use strict";
// Section 8: exercises. Each asks for a prediction; only then it tells the answer.

const FAULTS = [
  "sign-flipped",
  "missing-mean",
  "bias-gradient-zero",
  "accumulator-kept",
  "gradient-outside-loop"
]; // names of the checker's catalogue
const LETTERS = ["A", "B", "C"];
const EXERCISES = [
  { id: "converge", options: ["creeps", "settles", "diverges"], right: "diverges" },
  { id: "by_hand", right: -20 },
  { id: "which", options: LETTERS, right: "B", draw: draw_three_rates },
  { id: "missing", options: ["mean", "minus", "bias"], right: "mean" },
  { id: "raw", options: ["rate", "axis", "noise"], right: "axis" },
  { id: "batch", options: ["limit", "order", "start"], right: "limit" },
  { id: "held", options: ["surface", "same", "up"], right: "surface" },
  { id: "symptom_1", options: FAULTS, right: "bias-gradient-zero", draw: draw_wrong_path },
  { id: "symptom_2", options: FAULTS, right: "accumulator-kept", draw: draw_wrong_path },
  { id: "symptom_3", options: FAULTS, right: "gradient-outside-loop", draw: draw_wrong_path },
  { id: "check", options: ["right", "wrong", "not_checked"], right: "wrong" }
];

// ---- the pictures

function draw_three_rates(svg, k) {
  const η = [0.6, 1.9, 2.1][k] / CURVATURE, L = (w) => bowl(HOUSES, [w, FIRST.b]);
  const at = (w) => f.to([w, L(w)]);
  const f = frame(svg, [-10, 40], [0, 900], { ratio: 0.8, left: 20 });
  const least = HOUSES.lowest[0] - ((FIRST.b - HOUSES.lowest[1]) * HOUSES.H[0][1]) / CURVATURE;
  const list = Array.from({ length: 9 }, (_, t) => least + (1 - η * CURVATURE) ** t * 9);
  const curve = polyline(
    "curve",
    Array.from({ length: 101 }, (_, i) => at(-10 + i / 2))
  );
  draw(
    svg,
    box("edge", f.left, f.top, f.w, f.h) +
      inside(
        f,
        curve +
          polyline("path", list.map(at)) +
          list.map((w) => circle("step-dot", at(w), 3)).join("")
      ) +
      write("w", f.left + f.w / 2, f.top + f.h + 22, "axis middle symbol") +
      write(LETTERS[k], f.left + f.w / 2, f.top + 20, "label middle")
  );
}

// A descent with one mistake: the next point from the point, the gradient and what is kept.
const WRONG = {
  "bias-gradient-zero": { lr: 0.3, count: 40, next: ([w, b], [g], lr) => [w - lr * g, b] },
  "accumulator-kept": {
    lr: 0.02,
    count: 60,
    next: ([w, b], g, lr, kept) => {
      kept.sum = (kept.sum ?? [0, 0]).map((s, k) => s + g[k]);
      return [w - lr * kept.sum[0], b - lr * kept.sum[1]];
    }
  },
  "gradient-outside-loop": {
    lr: 0.03,
    count: 20,
    next: ([w, b], g, lr, kept) => {
      kept.first ??= g;
      return [w - lr * kept.first[0], b - lr * kept.first[1]];
    }
  }
};

function wrong_path(fault) {
  const { lr, count, next } = WRONG[fault], kept = {}, list = [[38, 30]];
  while (list.length <= count) list.push(next(list.at(-1), slope(HOUSES, list.at(-1)), lr, kept));
  return list;
}

function draw_wrong_path(svg, _, { right }) {
  const list = wrong_path(right);
  draw_contours(svg, HOUSES, (f) => {
    const at = list.map(f.to);
    return (
      trail(at) +
      at.map((p) => circle("step-dot", p, 2.6)).join("") +
      circle("here", at.at(-1), 5) +
      circle("begin", at[0], 6)
    );
  });
}

// ---- the list

const answer_inputs = ({ id, options }) =>
  options
    ? options
        .map(
          (option) =>
            `<label><input type="radio" name="ex-${id}" value="${option}"> <span data-option="${option}"></span></label>`
        )
        .join("")
    : `<label><span data-words="ex.number"></span> <input type="number" step="any" name="ex-${id}"></label>`;
const how_many_pictures = ({ draw, options }) =>
  draw === draw_three_rates ? options.length : draw ? 1 : 0;

function exercise_html(exercise, k) {
  const { id } = exercise;
  const svgs = Array.from(
    { length: how_many_pictures(exercise) },
    (_, i) => `<svg role="img" data-picture="${i}"></svg>`
  );
  return `<li class="exercise" id="ex-${id}">
    <h3 id="ex-${id}-title">${k + 1} · <span data-words="ex.${id}.title"></span></h3><div data-words="ex.${id}.asks"></div>
    ${svgs.length ? `<div class="pictures pictures-${svgs.length}">${svgs.join("")}</div>` : ""}
    <form class="field" aria-labelledby="ex-${id}-title"><div class="answers" role="group" aria-labelledby="ex-${id}-title">${answer_inputs(exercise)}</div>
      <p class="rule" role="status"></p>
      <p class="buttons"><button type="submit" class="check" data-words="ex.check_it"></button> <button type="button" class="reveal" data-words="ex.reveal" hidden></button></p></form>
    <p class="verdict" role="status"></p><div class="why" data-words="ex.${id}.why" hidden></div></li>`;
}

$("#exercises").innerHTML = EXERCISES.map(exercise_html).join("");

function judge(exercise, item) {
  const form = $("form", item), input = $("input", form);
  const given = new FormData(form).get(`ex-${exercise.id}`);
  const missing = given === null || (!exercise.options && !Number.isFinite(input.valueAsNumber));
  $(".rule", item).textContent = missing ? say(exercise.options ? "ex.choose" : "rule.number") : "";
  if (missing) return;
  const right = exercise.options
    ? given === exercise.right
    : Math.abs(input.valueAsNumber - exercise.right) < 1e-9;
  item.dataset.answer = right ? "right" : "wrong";
  $(".why", item).hidden = !right;
  $(".reveal", item).hidden = right;
  tell_verdict(item);
}

function tell_verdict(item) {
  const { answer } = item.dataset;
  $(".verdict", item).textContent = answer ? say(`ex.${answer}`) : "";
}

for (const exercise of EXERCISES) {
  const item = $(`#ex-${exercise.id}`);
  $("form", item).addEventListener("submit", (event) => {
    event.preventDefault();
    judge(exercise, item);
  });
  $(".reveal", item).addEventListener("click", () => {
    $(".why", item).hidden = false;
    $(".reveal", item).hidden = true;
    item.dataset.answer = "shown";
    tell_verdict(item);
  });
  picture([], () => {
    const word = (option) =>
      exercise.options === FAULTS
        ? say(`fault.${option}`)
        : exercise.options === LETTERS
          ? option
          : say(`ex.${exercise.id}.${option}`);
    for (const span of $$("[data-option]", item)) span.innerHTML = word(span.dataset.option);
    for (const svg of $$("svg[data-picture]", item)) {
      const k = Number(svg.dataset.picture);
      exercise.draw(svg, k, exercise);
      svg.setAttribute(
        "aria-label",
        say(`ex.${exercise.id}.picture`, { letter: LETTERS[k], kind: say(`ex.kind.${k}`) })
      );
    }
    tell_verdict(item);
  });
}
