// The board of cases: a card is dragged to another column. By keyboard and by touch its menu does the same.

let dragged = null;
const column = (event) => (dragged ? event.target.closest?.("[data-column]") : null);

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-case]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.case);
  dragged.toggleAttribute("data-dragged", true);
});
document.addEventListener("dragover", (event) => {
  const over = column(event);
  if (!over) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("[data-over]")) if (other !== over) other.removeAttribute("data-over");
  over.toggleAttribute("data-over", true);
});
document.addEventListener("dragend", () => {
  dragged?.removeAttribute("data-dragged");
  dragged = null;
  document.querySelectorAll("[data-over]").forEach((one) => one.removeAttribute("data-over"));
});
document.addEventListener("drop", (event) => {
  const over = column(event);
  if (!over) return;
  event.preventDefault();
  if (dragged.closest("[data-column]") === over) return;
  window.htmx.ajax("POST", dragged.dataset.move, { source: over, values: { status: over.dataset.column }, swap: "none" });
});

// After a command the board asks again, also where no socket brings the hint.
document.addEventListener("cases:changed", () => {
  const board = document.getElementById("ca-columns");
  if (board) window.htmx.ajax("GET", board.dataset.url, { source: board, target: board, swap: "morph" });
});
