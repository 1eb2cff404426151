// The board: clocks that count up, dragging work onto an agent or a queue, and asking again after a command.

// <cx-since data-seconds data-target>: counts from what the server said, so a wrong clock on this machine does no harm.
const shown = new Set();
const two = (number) => String(number).padStart(2, "0");

function clock(total) {
  const [hours, minutes, seconds] = [Math.trunc(total / 3600), Math.trunc(total / 60) % 60, Math.trunc(total) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

customElements.define("cx-since", class extends HTMLElement {
  static observedAttributes = ["data-seconds"];
  #start = 0;

  connectedCallback() { shown.add(this); this.attributeChangedCallback(); }
  disconnectedCallback() { shown.delete(this); }
  attributeChangedCallback() {
    this.#start = performance.now() - Number(this.dataset.seconds) * 1000;
    if (this.isConnected) this.draw();
  }

  draw() {
    const [seconds, target] = [(performance.now() - this.#start) / 1000, Number(this.dataset.target)];
    const words = clock(seconds);
    if (this.textContent !== words) this.textContent = words;
    const tone = !target ? "" : seconds > target ? "late" : seconds * 2 > target ? "waiting" : "";
    if (this.dataset.tone !== tone) this.dataset.tone = tone;
  }
});
setInterval(() => { if (!document.hidden) shown.forEach((one) => one.draw()); }, 1_000);
// A morph puts the server's words back; they are a second old at most, but they must not jump.
document.addEventListener("htmx:afterSettle", () => shown.forEach((one) => one.draw()));

// After a command every part asks again, also where no socket brings the hint.
document.addEventListener("board:changed", () => {
  for (const region of document.querySelectorAll('[data-region~="board"]')) {
    window.htmx.ajax("GET", region.dataset.url, { source: region, target: region, swap: "morph" });
  }
});

// Dragging: what is dragged carries the work item, what it is dropped on the address (with 0 for the item) and a value.
let dragged = null;
const place = (event) => (dragged ? event.target.closest?.("[data-drop]") : null);

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-drag]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.drag);
  document.documentElement.toggleAttribute("data-dragging", true);
});
document.addEventListener("dragover", (event) => {
  const over = place(event);
  if (!over) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("[data-over]")) if (other !== over) other.removeAttribute("data-over");
  over.toggleAttribute("data-over", true);
});
document.addEventListener("dragend", () => {
  dragged = null;
  document.documentElement.removeAttribute("data-dragging");
  document.querySelectorAll("[data-over]").forEach((one) => one.removeAttribute("data-over"));
});
document.addEventListener("drop", (event) => {
  const over = place(event);
  if (!over) return;
  event.preventDefault();
  const { drop, dropName, dropValue } = over.dataset;
  window.htmx.ajax("POST", drop.replace("/0/", `/${dragged.dataset.drag}/`), { source: over, values: { [dropName]: dropValue }, swap: "none" });
});

// A slider says what it stands at.
document.addEventListener("input", (event) => {
  const { shows, unit } = event.target.dataset ?? {};
  if (shows) document.getElementById(shows).textContent = event.target.value + (unit ?? " %");
});

// The search box of the dialog narrows the list below it.
document.addEventListener("input", (event) => {
  const list = event.target.dataset?.narrows && document.querySelector(event.target.dataset.narrows);
  if (!list) return;
  const words = event.target.value.trim().toLowerCase();
  for (const line of list.children) line.hidden = Boolean(words) && !line.dataset.words?.includes(words);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-fullscreen]")) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
});
