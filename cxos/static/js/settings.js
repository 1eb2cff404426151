// Settings: the matrix of skills as a spreadsheet, the week's hours, the builder of conditions, narrowing lists.

const narrow = (box) => {
  const words = box.value.trim().toLowerCase();
  for (const line of document.querySelector(box.dataset.narrows)?.children ?? []) line.hidden = Boolean(words) && !line.dataset.words?.includes(words);
};
document.addEventListener("input", (event) => event.target.dataset?.narrows && narrow(event.target));

// --- The matrix: arrows walk, digits set, Delete clears, Enter goes down. Each cell is saved at once.

const matrix = document.querySelector("[data-matrix]");

function show(cell, level) {
  cell.dataset.level = cell.textContent = level;
  cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/: [^:]*$/, `: ${level || "–"}`));
}

// One save at a time and cell: htmx would drop the one that is under way for the next.
const turns = new WeakMap();
function set(cell, level) {
  const before = cell.dataset.level;
  if (before === level) return;
  show(cell, level);
  turns.set(cell, (turns.get(cell) ?? Promise.resolve()).then(() => save(cell, level, before)));
}

async function save(cell, level, before) {
  cell.setAttribute("data-saving", "");
  let good = false;
  const heard = (event) => { if (event.detail.elt === cell) good = event.detail.successful; };
  document.addEventListener("htmx:afterRequest", heard);
  try { await window.htmx.ajax("POST", cell.dataset.url, { source: cell, values: { level }, swap: "none" }); } catch { /* said by requests.js */ }
  document.removeEventListener("htmx:afterRequest", heard);
  cell.removeAttribute("data-saving");
  if (!good && cell.dataset.level === level) show(cell, before);
}

function go(cell, rows, columns) {
  const line = cell.parentElement;
  const target = line.parentElement.rows[Math.min(line.parentElement.rows.length - 1, Math.max(0, line.sectionRowIndex + rows))];
  const next = target.cells[Math.min(target.cells.length - 1, Math.max(1, cell.cellIndex + columns))];
  matrix.querySelector('[tabindex="0"][role="gridcell"]')?.setAttribute("tabindex", "-1");
  next.tabIndex = 0;
  next.focus();
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0], Home: [0, -999], End: [0, 999], PageUp: [-10, 0], PageDown: [10, 0] };
matrix?.addEventListener("keydown", (event) => {
  const cell = event.target.closest('[role="gridcell"]');
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  const mirrored = document.dir === "rtl" ? -1 : 1;
  if (event.key in STEPS) go(cell, STEPS[event.key][0] * (event.shiftKey ? -1 : 1), STEPS[event.key][1] * (event.key.startsWith("Arrow") ? mirrored : 1));
  else if (/^[0-5]$/.test(event.key)) set(cell, event.key);
  else if (event.key === "Delete" || event.key === "Backspace") set(cell, "");
  else return;
  event.preventDefault();
  event.stopPropagation();
});
// A click chooses the cell; a click on the chosen one raises it by one, so that a finger can do it too.
matrix?.addEventListener("pointerdown", (event) => {
  const cell = event.target.closest('[role="gridcell"]');
  if (cell) cell.dataset.wasChosen = document.activeElement === cell ? "1" : "";
});
matrix?.addEventListener("click", (event) => {
  const cell = event.target.closest('[role="gridcell"]');
  if (!cell) return;
  if (cell.dataset.wasChosen) set(cell, cell.dataset.level === "5" ? "" : String(Number(cell.dataset.level || 0) + 1));
  go(cell, 0, 0);
});
// What was saved elsewhere on the page: an undo in a toast.
document.addEventListener("skill:level", ({ detail }) => {
  const cell = document.getElementById(`cell-${detail.user}-${detail.skill}`);
  if (cell && !cell.hasAttribute("data-saving")) show(cell, detail.level);
});

// --- The week

const days = document.querySelector("[data-days]");
const changed = () => document.getElementById("calendar-form").dispatchEvent(new CustomEvent("week:changed"));

function interval(day, start, end) {
  const line = document.getElementById("st-interval").content.firstElementChild.cloneNode(true);
  const [from, to] = line.querySelectorAll("input");
  [from.name, to.name] = [`start_${day.dataset.day}`, `end_${day.dataset.day}`];
  if (start) [from.value, to.value] = [start, end];
  day.querySelector("[data-interval-add]").before(line);
  return from;
}

days?.addEventListener("click", (event) => {
  const day = event.target.closest("[data-day]");
  if (event.target.closest("[data-interval-drop]")) event.target.closest(".st-interval").remove();
  else if (event.target.closest("[data-interval-add]")) interval(day).focus();
  else if (event.target.closest("[data-interval-copy]")) {
    const pairs = [...day.querySelectorAll(".st-interval")].map((line) => [...line.querySelectorAll("input")].map((input) => input.value));
    for (let next = day.nextElementSibling; next; next = next.nextElementSibling) {
      next.querySelectorAll(".st-interval").forEach((line) => line.remove());
      pairs.forEach(([start, end]) => interval(next, start, end));
    }
  } else return;
  changed();
});
days?.addEventListener("change", changed);

// --- Conditions and actions: the server redraws the form after a button or another fact, operator or kind.

const redraw = (form, values) => window.htmx.ajax("POST", location.href, { source: form, target: "#st-parts", swap: "morph:innerHTML", values });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  event.preventDefault();
  redraw(button.form, { do: button.value });
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-redraws]")) redraw(event.target.form, { do: "redraw" });
});
