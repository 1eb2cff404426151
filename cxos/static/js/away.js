// Away: an available agent who has touched no page of ours for so long takes a break, and comes back by one click.
// Pages of one browser know of each other by localStorage: whoever works in another tab is here.

const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const KEY = "cxos-touched";
let written = 0;

function touched() {
  if (Date.now() - written < 5_000) return;
  written = Date.now();
  localStorage.setItem(KEY, String(written));
}

function check() {
  const control = document.getElementById("presence");
  const minutes = Number(control?.dataset.awayAfter ?? 0);
  const last = Number(localStorage.getItem(KEY) ?? Date.now());
  if (!minutes || control.dataset.now !== "available" || Date.now() - last < minutes * 60_000) return;
  control.dataset.now = "";
  window.htmx.ajax("POST", control.dataset.set, { source: control, target: control, swap: "morph", values: { presence: "break", reason: control.dataset.away } });
}

for (const touch of TOUCHES) addEventListener(touch, touched, { passive: true, capture: true });
touched();
setInterval(check, 15_000);
