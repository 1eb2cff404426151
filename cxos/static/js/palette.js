// The command palette: this page's commands (#page-commands), the frame's, and what the server finds (data-url?q=…).
// The field keeps the focus; arrows move, Enter presses, Mod+Enter opens a link in a new tab.

const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const list = palette?.querySelector(".palette-list");
const [here, commands, results] = ["[data-page-commands]", "[data-commands]", "[data-results]"].map((part) => palette?.querySelector(part));
const empty = palette?.querySelector(".palette-empty");
let asking = null;
let timer = 0;
let number = 0;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
const shown = () => [...list.querySelectorAll(".palette-item:not([hidden])")];

function choose(item) {
  for (const other of list.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
  field.removeAttribute("aria-activedescendant");
  if (!item) return;
  item.id ||= `palette-item-${++number}`;
  item.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

// Every typed word must begin a word of the command.
function filter() {
  const wanted = plain(field.value).split(/\s+/).filter(Boolean);
  for (const part of [here, commands]) {
    let heading = null;
    let any = false;
    for (const child of part.children) {
      if (child.matches(".palette-group")) {
        if (heading) heading.hidden = !any;
        [heading, any] = [child, false];
        continue;
      }
      const words = plain(`${child.textContent} ${child.dataset.words ?? ""}`).split(/[\s:]+/);
      child.hidden = !wanted.every((start) => words.some((word) => word.startsWith(start)));
      any ||= !child.hidden;
    }
    if (heading) heading.hidden = !any;
  }
}

function settle() {
  const items = shown();
  empty.hidden = items.length > 0 || asking !== null;
  choose(items[0]);
}

async function ask() {
  const query = field.value.trim();
  asking?.abort();
  asking = null;
  if (!palette.dataset.url || !query) return void (results.replaceChildren(), settle());
  const turn = (asking = new AbortController());
  try {
    const url = new URL(palette.dataset.url, location.href);
    url.searchParams.set("q", query);
    const answer = await fetch(url, { signal: turn.signal, headers: { "HX-Request": "true" } });
    if (answer.ok && !answer.redirected) {
      results.innerHTML = await answer.text();
      window.htmx?.process(results);
    }
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  asking = null;
  settle();
}

palette?.addEventListener("dialog:opened", () => {
  here.replaceChildren(document.getElementById("page-commands")?.content.cloneNode(true) ?? "");
  window.htmx?.process(here);
  field.value = "";
  results.replaceChildren();
  filter();
  settle();
  field.focus();
});

field?.addEventListener("input", () => {
  filter();
  settle();
  clearTimeout(timer);
  timer = setTimeout(ask, 120);
});

palette?.addEventListener("keydown", (event) => {
  const items = shown();
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, PageDown: Math.min(at + 8, items.length - 1), PageUp: Math.max(at - 8, 0) }[event.key];
  if (to !== undefined && items.length) {
    event.preventDefault();
    choose(items[to % items.length]);
  } else if (event.key === "Enter" && items[at]) {
    event.preventDefault();
    const item = items[at];
    if ((event.ctrlKey || event.metaKey) && item.href) window.open(item.href, "_blank", "noopener");
    else item.click();
  }
});

palette?.addEventListener("click", (event) => {
  const item = event.target.closest(".palette-item");
  if (item && palette.open) palette.close();
});
list?.addEventListener("pointermove", (event) => {
  const item = event.target.closest(".palette-item");
  if (item && item.getAttribute("aria-selected") !== "true") choose(item);
});
