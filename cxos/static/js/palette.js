// The command palette: this page's commands (#page-commands), those for what is open here (data-commands-url?at=…), the
// frame's, and what the server finds (data-url?q=…). A command with data-quiet shows only when somebody types for it.
// The field keeps the focus; arrows move, Enter presses, Mod+Enter opens a link in a new tab. The page behind is not inert,
// which would be a layout of all of it: the palette covers it and lets neither Tab nor a click through.

const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const list = palette?.querySelector(".palette-list");
const [here, results] = ["[data-page-commands]", "[data-results]"].map((part) => palette?.querySelector(part));
const empty = palette?.querySelector(".palette-empty");
let asking = null;
let opening = null;
let timer = 0;
let number = 0;
let moved = null;
let isBare = false; // opened, without this page's lines yet

const shown = () => [...list.querySelectorAll(".palette-item:not([hidden])")];

function choose(item) {
  for (const other of list.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
  field.removeAttribute("aria-activedescendant");
  if (!item) return;
  item.id ||= `palette-item-${++number}`;
  item.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", item.id);
  // With the frame's own layout, not with one more in the midst of a key's work.
  requestAnimationFrame(() => item.scrollIntoView({ block: "nearest" }));
}

const filter = () => palette.dispatchEvent(new CustomEvent("palette:narrow", { detail: field.value }));

// Keeps the line somebody has moved to, as long as it is shown.
function settle() {
  const items = shown();
  empty.hidden = items.length > 0 || asking !== null;
  choose(moved && items.includes(moved) ? moved : items[0]);
}

// What the server has for this place and, with `q`, these words; null when it was not to be had or is not wanted any more.
async function fetched(address, signal, q = "") {
  const url = new URL(address, location.href);
  url.searchParams.set("at", location.pathname);
  if (q) url.searchParams.set("q", q);
  try {
    const answer = await fetch(url, { signal, headers: { "HX-Request": "true" } });
    return answer.ok && !answer.redirected && !signal.aborted ? await answer.text() : null;
  } catch { return null; }
}

async function ask() {
  const query = field.value.trim();
  asking?.abort();
  asking = null;
  if (!palette.dataset.url || !query) return void (results.replaceChildren(), settle());
  const turn = (asking = new AbortController());
  const found = await fetched(palette.dataset.url, turn.signal, query);
  if (turn.signal.aborted) return;
  if (found !== null) {
    results.innerHTML = found;
    window.htmx?.process(results);
  }
  asking = null;
  settle();
}

async function askCommands() {
  opening?.abort();
  const turn = (opening = new AbortController());
  const found = palette.dataset.commandsUrl && (await fetched(palette.dataset.commandsUrl, turn.signal));
  if (!found || turn.signal.aborted) return;
  here.insertAdjacentHTML("beforeend", found);
  window.htmx?.process(here);
  filter();
  settle();
}

function bringLines() {
  if (!isBare) return;
  isBare = false;
  here.replaceChildren(document.getElementById("page-commands")?.content.cloneNode(true) ?? "");
  window.htmx?.process(here);
  filter();
  settle();
  askCommands();
}

palette?.addEventListener("dialog:opened", () => {
  field.value = "";
  moved = null;
  isBare = true;
  here.replaceChildren();
  results.replaceChildren();
  choose(null);
  field.focus();
  // Its lines come once it has been painted: what is typed meanwhile is in the field.
  requestAnimationFrame(() => setTimeout(bringLines));
});

field?.addEventListener("input", () => {
  moved = null;
  filter();
  settle();
  clearTimeout(timer);
  timer = setTimeout(ask, 120);
});

palette?.addEventListener("keydown", (event) => {
  if (event.key === "Tab") event.preventDefault();
  if (event.key === "Enter") bringLines(); // whoever types faster than it is painted
  const items = shown();
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, PageDown: Math.min(at + 8, items.length - 1), PageUp: Math.max(at - 8, 0) }[event.key];
  if (to !== undefined && items.length) {
    event.preventDefault();
    choose((moved = items[to % items.length]));
  } else if (event.key === "Enter" && items[at]) {
    event.preventDefault();
    const item = items[at];
    if ((event.ctrlKey || event.metaKey) && item.href) window.open(item.href, "_blank", "noopener");
    else item.click();
  }
});

palette?.addEventListener("mousedown", (event) => event.target !== field && event.preventDefault());
palette?.addEventListener("click", (event) => {
  if (event.target.closest(".palette-item") && palette.matches(":popover-open")) palette.hidePopover();
});
list?.addEventListener("pointermove", (event) => {
  const item = event.target.closest(".palette-item");
  if (item && item.getAttribute("aria-selected") !== "true") choose(item);
});
