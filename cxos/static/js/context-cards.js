// The cards of the context column: folded and moved as this person likes, and so on every device. By keyboard: Alt and an
// arrow on a card's heading.

let dragged = null;
let timer = 0;
const column = () => document.getElementById("context");
const cards = () => [...(column()?.querySelectorAll(":scope > [data-card]") ?? [])];

function keep() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const url = column()?.dataset.keeps;
    if (!url) return;
    const values = { order: cards().map((card) => card.dataset.card).join(","), folded: cards().filter((card) => !card.open).map((card) => card.dataset.card).join(",") };
    window.htmx.ajax("POST", url, { values, swap: "none" });
  }, 400);
}

function move(card, before) {
  column().insertBefore(card, before);
  keep();
}

// Only what a hand does: a card that arrives unfolded also says "toggle".
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#context > [data-card] > summary")) keep();
});

document.addEventListener("keydown", (event) => {
  const card = event.altKey && event.target.closest?.("#context > [data-card] > summary")?.parentElement;
  if (!card || !/^Arrow(Up|Down)$/.test(event.key)) return;
  event.preventDefault();
  const all = cards(), to = all.indexOf(card) + (event.key === "ArrowUp" ? -1 : 1);
  if (to < 0 || to >= all.length) return;
  move(card, event.key === "ArrowUp" ? all[to] : all[to].nextSibling);
  event.target.focus();
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("#context > [data-card]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.card);
});
document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("#context > [data-card]");
  if (!over) return;
  event.preventDefault();
  if (over === dragged) return;
  const { top, height } = over.getBoundingClientRect();
  const before = event.clientY < top + height / 2 ? over : over.nextSibling;
  if (before !== dragged && before !== dragged.nextSibling) column().insertBefore(dragged, before);
});
document.addEventListener("dragend", () => { if (dragged) keep(); dragged = null; });
