// The matrix of skills as a spreadsheet. What is chosen is a rectangle from an anchor to the cell in focus. Every change
// is a list of [cell, before, after]: shown at once, saved in order, put back when the server refuses, and undone the same way.

const table = document.querySelector("[data-matrix]");
const bar = document.querySelector("[data-sheet-bar]");
const body = table?.tBodies[0];
const skills = table ? [...table.tHead.rows[0].cells].map((head) => head.dataset.skill) : [];
const done = [], undone = [];
let at = { row: 0, column: 1 }, anchor = { ...at }, chosen = [], dragging = false, turn = Promise.resolve();

const cell = ({ row, column }) => body.rows[row]?.cells[column];
const last = () => ({ row: body.rows.length - 1, column: skills.length - 1 });
const kept = (number, least, most) => Math.min(most, Math.max(least, number));
const place = (element) => ({ row: element.parentElement.sectionRowIndex, column: element.cellIndex });

function choose(next, { extend = false, focus = true } = {}) {
  cell(at)?.removeAttribute("tabindex");
  at = { row: kept(next.row, 0, last().row), column: kept(next.column, 1, last().column) };
  if (!extend) anchor = { ...at };
  for (const one of chosen) one.removeAttribute("aria-selected");
  chosen = rectangle();
  for (const one of chosen) one.setAttribute("aria-selected", "true");
  cell(at).tabIndex = 0;
  if (focus) cell(at).focus();
  bar.querySelector("[data-chosen]").textContent = chosen.length > 1 ? `${chosen.length} ${table.dataset.wordsCells}` : "";
}

function edges() {
  const [top, bottom] = [at.row, anchor.row].sort((one, other) => one - other);
  const [start, end] = [at.column, anchor.column].sort((one, other) => one - other);
  return { top, start, rows: [...body.rows].slice(top, bottom + 1), cells: (row) => [...row.cells].slice(start, end + 1) };
}

const rectangle = () => { const { rows, cells } = edges(); return rows.flatMap(cells); };

function show(one, level) {
  one.textContent = level;
  if (level === "") delete one.dataset.level;
  else one.dataset.level = level;
}

function change(pairs, { into = done, fresh = true } = {}) {
  const changes = pairs.filter(([one, level]) => (one.dataset.level ?? "") !== level).map(([one, level]) => [one, one.dataset.level ?? "", level]);
  if (!changes.length) return;
  for (const [one, , level] of changes) show(one, level);
  into.push(changes);
  if (fresh) undone.length = 0;
  buttons();
  turn = turn.then(() => save(changes, into));
}

// One save after the other: htmx would drop the one that is under way for the next.
async function save(changes, into) {
  let good = false;
  table.ariaBusy = "true";
  const heard = (event) => { if (event.detail.elt === table) good = event.detail.successful; };
  const cells = changes.map(([one, , level]) => [Number(one.parentElement.dataset.user), Number(skills[one.cellIndex]), level === "" ? null : Number(level)]);
  document.addEventListener("htmx:afterRequest", heard);
  try { await window.htmx.ajax("POST", table.dataset.url, { source: table, values: { cells: JSON.stringify(cells) }, swap: "none" }); } catch { /* said by requests.js */ }
  document.removeEventListener("htmx:afterRequest", heard);
  table.ariaBusy = "false";
  if (good) return;
  for (const [one, before, level] of changes) if ((one.dataset.level ?? "") === level) show(one, before);
  into.splice(into.indexOf(changes), 1);
  buttons();
}

function again(from, into) {
  const changes = from.pop();
  if (!changes) return;
  change(changes.map(([one, before]) => [one, before]), { into, fresh: false });
  choose(place(changes[0][0]));
}

function buttons() {
  for (const [name, list] of [["undo", done], ["redo", undone]]) bar.querySelector(`[data-sheet="${name}"]`).disabled = !list.length;
}

const fill = (rows, columns) => change(rectangle().map((one) => {
  const { row, column } = place(one), { top, start } = edges();
  return [one, cell({ row: rows ? top : row, column: columns ? start : column }).dataset.level ?? ""];
}));

// The clipboard as spreadsheets write it: tabs between cells, a line a row.
function copied() {
  const { rows, cells } = edges();
  return rows.map((row) => cells(row).map((one) => one.dataset.level ?? "").join("\t")).join("\n");
}

function paste(text) {
  const rows = text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map((line) => line.split("\t").map((word) => word.trim()));
  const wrong = rows.flat().find((word) => !/^[0-5]?$/.test(word));
  if (wrong !== undefined) return document.dispatchEvent(new CustomEvent("toast", { detail: { message: `${table.dataset.wordsBad} ${wrong.slice(0, 20)}`, tone: "error" } }));
  if (rows.flat().length === 1) return change(chosen.map((one) => [one, rows[0][0]]));
  const { top, start } = edges();
  const pairs = rows.flatMap((line, row) => line.map((level, column) => [cell({ row: top + row, column: start + column }), level])).filter(([one]) => one);
  change(pairs);
  anchor = { row: top, column: start };
  choose({ row: top + rows.length - 1, column: start + rows[0].length - 1 }, { extend: true });
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e6], End: [0, 1e6], PageUp: [-10, 0], PageDown: [10, 0] };
function pressed(event) {
  const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  if (event.key in STEPS) {
    const [rows, columns] = STEPS[event.key].map((step) => step * (command ? 1e6 : 1));
    const mirrored = document.dir === "rtl" && event.key.startsWith("Arrow") ? -1 : 1;
    choose({ row: at.row + rows, column: at.column + columns * mirrored }, { extend: event.shiftKey });
  } else if (event.key === "Enter") choose({ row: at.row + (event.shiftKey ? -1 : 1), column: at.column });
  else if (event.key === "Escape") choose(at);
  else if (command && key === "a") { anchor = { row: 0, column: 1 }; choose(last(), { extend: true }); }
  else if (command && key === "d") fill(true, false);
  else if (command && key === "r") fill(false, true);
  else if (command && (key === "y" || (key === "z" && event.shiftKey))) again(undone, done);
  else if (command && key === "z") again(done, undone);
  else if (!command && !event.altKey && /^[0-5]$/.test(event.key)) change(chosen.map((one) => [one, event.key]));
  else if (["Delete", "Backspace"].includes(event.key)) change(chosen.map((one) => [one, ""]));
  else return;
  event.preventDefault();
  event.stopPropagation();
}

if (table && bar) {
  choose(at, { focus: false });
  table.addEventListener("keydown", (event) => event.target.closest("td") && pressed(event));
  table.addEventListener("focusin", (event) => event.target.matches("td") && event.target !== cell(at) && choose(place(event.target)));
  table.addEventListener("pointerdown", (event) => {
    const one = event.target.closest("tbody td");
    if (!one || event.button) return;
    // A finger raises the chosen cell by one: there are no digits to type.
    if (event.pointerType === "touch" && one === cell(at) && chosen.length === 1) change([[one, one.dataset.level === "5" ? "" : String(Number(one.dataset.level ?? -1) + 1)]]);
    else choose(place(one), { extend: event.shiftKey });
    dragging = event.pointerType !== "touch";
    if (dragging) event.preventDefault();
  });
  table.addEventListener("pointerover", (event) => dragging && event.target.closest("tbody td") && choose(place(event.target.closest("td")), { extend: true }));
  document.addEventListener("pointerup", () => (dragging = false));
  for (const name of ["copy", "cut", "paste"]) document.addEventListener(name, (event) => {
    if (!document.activeElement?.closest("[data-matrix] td")) return;
    event.preventDefault();
    if (name === "paste") return paste(event.clipboardData.getData("text/plain"));
    event.clipboardData.setData("text/plain", copied());
    if (name === "cut") change(chosen.map((one) => [one, ""]));
  });
  bar.addEventListener("click", (event) => {
    const { sets, sheet } = event.target.closest("button")?.dataset ?? {};
    if (sets !== undefined) change(chosen.map((one) => [one, sets]));
    else ({ fill: () => fill(true, false), undo: () => again(done, undone), redo: () => again(undone, done) })[sheet]?.();
  });
}
