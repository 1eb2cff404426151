// The list stays still under the hand: while the pointer or the focus is in it, a live refetch changes what the rows say,
// but moves none, brings none and takes none away. A button says what waits; leaving the list, or the button, lets it in.

const list = () => document.getElementById("list");
const rowsOf = (root) => [...root.querySelectorAll("#ws-rows > li[id^='conversation-row-']")];
const isLive = (detail) => detail.target?.id === "list" && detail.requestConfig?.elt === detail.target;
const inHand = () => Boolean(document.querySelector("#ws-rows:hover, #ws-rows:focus-within, #ws-rows:has(.checkbox:checked)"));
let waiting = null; // {fresh, moved}: what the last answer held that is not shown yet
let letIn = false;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!isLive(detail) || !detail.shouldSwap) return;
  waiting = null;
  if (letIn || !inHand()) return void (letIn = false);
  const answer = document.createElement("template");
  answer.innerHTML = detail.serverResponse;
  const old = rowsOf(document), fresh = new Map(rowsOf(answer.content).map((row) => [row.id, row]));
  const place = answer.content.querySelector("#ws-rows");
  const kept = new Set(old.map((row) => row.id));
  const news = [...fresh.keys()].filter((id) => !kept.has(id)).length;
  const stayed = old.filter((row) => fresh.has(row.id)).map((row) => row.id);
  const wanted = [...fresh.keys()].filter((id) => kept.has(id));
  const moved = stayed.length !== old.length || stayed.some((id, at) => id !== wanted[at]);
  if (!news && !moved) return;
  if (!place) { detail.shouldSwap = false; waiting = { news, moved }; return void tell(); }
  // The old order with the new words; what is gone stays a moment longer.
  const more = place.querySelector("#ws-more");
  place.replaceChildren(...old.map((row) => fresh.get(row.id) ?? row.cloneNode(true)), ...(more ? [more] : []));
  detail.serverResponse = answer.innerHTML;
  waiting = { news, moved };
});

function tell() {
  const button = document.getElementById("ws-held");
  if (!button) return;
  button.hidden = !waiting;
  const words = button.querySelector("span");
  if (waiting) words.textContent = !waiting.news ? words.dataset.moved : waiting.news === 1 ? words.dataset.one : words.dataset.many.replace("{n}", waiting.news);
}

function release(atOnce) {
  if (!waiting || (!atOnce && inHand())) return;
  letIn = true;
  waiting = null;
  tell();
  window.htmx.ajax("GET", list().dataset.url, { source: list(), target: list(), swap: "morph" });
}

// A refetch asks for as many rows as have been loaded, so that none of them disappears below the reader.
function remember() {
  const region = list();
  if (region?.dataset.base) region.dataset.url = `${region.dataset.base}&shown=${Math.max(30, rowsOf(region).length)}`;
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id !== "list" && detail.target?.id !== "ws-more" && !detail.elt?.closest?.("#list")) return;
  const isNew = detail.target?.id === "list" && !isLive(detail);
  if (isNew) waiting = null;
  if (isNew && detail.requestConfig?.elt?.id !== "ws-find") document.getElementById("ws-rows")?.scrollTo({ top: 0 });
  remember();
  tell();
});
document.addEventListener("click", (event) => event.target.closest?.("#ws-held") && (document.getElementById("ws-rows")?.scrollTo({ top: 0 }), release(true)));
document.addEventListener("pointerout", (event) => event.target.closest?.("#ws-rows") && !event.relatedTarget?.closest?.("#ws-rows") && setTimeout(release, 150));
document.addEventListener("focusout", (event) => event.target.closest?.("#ws-rows") && setTimeout(release, 150));
remember();
