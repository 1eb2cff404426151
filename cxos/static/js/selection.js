// Selecting rows of the list: the box, X for the row under the focus or the open one, Shift for a range, the box above them
// for all that are shown, and from any of these all that match.
// The server never knows what is selected; after every swap the boxes are set again from here.

const chosen = new Set(); // ids as text
let all = false; // everything the list matches, not only what is shown
let last = "";

const bar = () => document.getElementById("ws-bulk");
const boxes = () => [...document.querySelectorAll("#ws-rows .ws-check .checkbox")];

function draw() {
  const here = boxes(), most = document.getElementById("ws-check-all");
  for (const box of here) box.checked = all || chosen.has(box.value);
  if (most) {
    most.checked = here.length > 0 && here.every((box) => box.checked);
    most.indeterminate = !most.checked && here.some((box) => box.checked);
  }
  const section = bar();
  if (!section) return;
  const number = all ? document.getElementById("ws-bulk-found").textContent.trim() : String(chosen.size);
  section.hidden = !all && !chosen.size;
  const words = section.querySelector(".ws-bulk-count");
  const kind = all ? "all" : chosen.size === 1 ? "one" : "many";
  words.textContent = words.dataset[kind].replace("{n}", number);
  document.getElementById("ws-bulk-all").hidden = all;
  const form = document.getElementById("ws-chosen").elements;
  form.ids.value = [...chosen].join(",");
  form.all.value = all ? "1" : "";
  form.query.value = document.getElementById("list")?.dataset.query ?? "";
}

function none() {
  chosen.clear();
  all = false;
  last = "";
  draw();
}

// With a range: everything from the row chosen last to this one becomes what this one becomes.
function choose(id, on, range) {
  const ids = boxes().map((box) => box.value);
  if (all) { all = false; ids.forEach((one) => chosen.add(one)); }
  const [from, to] = [ids.indexOf(range ? last : id), ids.indexOf(id)].sort((a, b) => a - b);
  for (const one of ids.slice(from < 0 ? to : from, to + 1)) on ? chosen.add(one) : chosen.delete(one);
  last = id;
  draw();
}

function chooseShown(on) {
  if (!on) return none();
  for (const box of boxes()) chosen.add(box.value);
  draw();
}

let withShift = false;
document.addEventListener("click", (event) => {
  if (event.target.closest?.(".ws-check")) withShift = event.shiftKey;
  if (event.target.closest?.("#ws-bulk-none")) none();
  const asker = event.target.closest?.("#ws-bulk-all");
  if (asker) asker.setAttribute("hx-vals", JSON.stringify(Object.fromEntries(new URLSearchParams(document.getElementById("list").dataset.query))));
}, true);
document.addEventListener("change", (event) => {
  if (event.target.matches?.(".ws-check .checkbox")) choose(event.target.value, event.target.checked, withShift);
  if (event.target.id === "ws-check-all") chooseShown(event.target.checked);
  withShift = false;
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open], [role=menu]")) return;
  if (event.key === "Escape" && bar() && !bar().hidden) return none();
  if (event.key.toLowerCase() !== "x") return;
  const row = event.target.closest?.("#ws-rows > li") ?? document.querySelector("#ws-rows .ws-row[aria-current]")?.parentElement ?? document.querySelector("#ws-rows > li");
  const box = row?.querySelector(".ws-check .checkbox");
  if (!box) return;
  event.preventDefault();
  choose(box.value, !box.checked || event.shiftKey, event.shiftKey);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "ws-bulk-found") all = true;
  // Another list: nothing of it is selected yet.
  if (event.detail.target?.id === "list" && event.detail.requestConfig?.elt?.id !== "list") return none();
  draw();
});
// What it was done to may have left the list; the button of a change under way stays with its progress.
for (const name of ["bulk:taken", "bulk:done"]) document.addEventListener(name, () => {
  if (name === "bulk:done") window.htmx.ajax("GET", document.getElementById("list").dataset.url, { source: "#list", target: "#list", swap: "morph" });
  const tag = document.getElementById("ws-bulk-tag");
  if (tag) tag.value = "";
  none();
});
