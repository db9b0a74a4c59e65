"use strict";
// The form for the reader's own data: text pasted or a file dropped, and points clicked into a plane.

// ---- the form

let table = null; // what was pasted or dropped last

function read_text(text) {
  table = parse_table(text);
  $("#own_columns").hidden = Boolean(table.trouble);
  if (table.trouble) return complain(table.trouble);
  const option = (name, c) => `<option value="${c}">${escaped(name)}</option>`;
  const options = table.names.map(option).join(""), usable = columns_of_numbers(table);
  $("#own_x1").innerHTML = $("#own_y").innerHTML = options;
  $("#own_x2").innerHTML = `<option value="" data-words="own.none">${say("own.none")}</option>${options}`;
  $("#own_x1").value = usable[0];
  $("#own_x2").value = usable.length > 2 ? usable[1] : "";
  $("#own_y").value = usable.at(-1);
  use_columns();
}

function use_columns() {
  const columns = ["x1", "x2", "y"]
    .map((id) => $(`#own_${id}`).value)
    .filter((c) => c !== "")
    .map(Number);
  if (new Set(columns).size < columns.length) return complain(say("own.twice"));
  const { names, table: numbers, trouble } = chosen_columns(table, columns);
  if (trouble) return complain(trouble);
  complain("");
  use_own(names, numbers);
}

function use_own(names, numbers) {
  change({ data: "own", own: [names, ...numbers].map((row) => row.join(",")).join(";") });
}

function complain(words) {
  $("#own_error").innerHTML = words;
  $("#own_text").setAttribute("aria-invalid", Boolean(words));
}

// The same complaint in the other language.
picture([], () => {
  if (!$("#own_error").textContent) return;
  table.trouble ? read_text($("#own_text").value) : use_columns();
});

// Data that came with the address stand in the box, too.
picture(["own"], () => {
  const box = $("#own_text"), clicked = state.own.startsWith("x,y;");
  if (!box.value && !clicked) box.value = state.own.replaceAll(";", "\n");
});

$("#own_text").addEventListener("input", ({ target }) => read_text(target.value));
$("#own_columns").addEventListener("change", use_columns);
$("#own_file").addEventListener("change", ({ target }) => read_file(target.files[0]));
$("#own_box").addEventListener("dragover", (event) => event.preventDefault());
$("#own_box").addEventListener("drop", (event) => {
  event.preventDefault();
  read_file(event.dataTransfer.files[0]);
});

async function read_file(file) {
  if (!file) return;
  $("#own_text").value = decoded(new Uint8Array(await file.arrayBuffer()));
  read_text($("#own_text").value);
}

// A spreadsheet writes UTF-8 or UTF-16, or what its country had before.
function decoded(bytes) {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return new TextDecoder(wide ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(state.language === "zh" ? "gb18030" : "windows-1252").decode(bytes);
  }
}

// ---- points clicked into a plane

const pad = $("#pad"),
  clicked = () =>
    state.own.startsWith("x,y;")
      ? state.own
          .split(";")
          .slice(1)
          .map((row) => row.split(",").map(Number))
      : [];
let lone = []; // points that are too few to be data

const all_points = () => [...clicked(), ...lone];

picture(["own", "data"], () => {
  if (state.data !== "own") return;
  const f = frame(pad, [0, 10], [0, 10], { ratio: 0.62 });
  draw(
    pad,
    axes(f, "x", "y") +
      all_points()
        .map((p) => circle("dot chosen", f.to(p), 5))
        .join("")
  );
  tell(pad, say("pad.now", { n: all_points().length }));
});

function set_points(list) {
  const table = list.map(([x, y]) => [x, y]), trouble = trouble_with(["x", "y"], table);
  $("#pad_rule").innerHTML = trouble;
  lone = trouble ? list : [];
  trouble ? change({ own: "" }) : use_own(["x", "y"], table);
}

pad.addEventListener("click", ({ clientX, clientY }) => {
  const { left, top } = pad.getBoundingClientRect();
  const [x, y] = pad.frame.from([clientX - left, clientY - top]);
  const near = all_points().findIndex(
    (p) => Math.hypot(pad.frame.X(p[0]) - clientX + left, pad.frame.Y(p[1]) - clientY + top) < 9
  );
  if (near >= 0) set_points(all_points().filter((_, k) => k !== near));
  else if (x >= 0 && x <= 10 && y >= 0 && y <= 10)
    set_points([...all_points(), [x, y].map((v) => Number(v.toFixed(2)))]);
});

$("#pad_add").addEventListener("click", () => {
  const inputs = [$("#pad_x"), $("#pad_y")];
  if (inputs.every(accepted))
    set_points([...all_points(), inputs.map((input) => input.valueAsNumber)]);
});
$("#pad_back").addEventListener("click", () => set_points(all_points().slice(0, -1)));
