// data-key="r", "shift+t", "mod+enter" or "g i": pressing it clicks (or focuses, for fields) the first visible element that
// carries it; where all are hidden, the first that can be brought into sight: cards around it are unfolded, and who hides a
// part of the page hears "key:wanted" there. Single keys rest while someone types or a dialog is open. The sheet (?) is
// made from what is on the page.

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
const names = { mod: isMac ? "⌘" : "Ctrl", shift: "⇧", enter: "↵", escape: "Esc", alt: isMac ? "⌥" : "Alt", up: "↑", down: "↓" };
let first = "";
let firstTimer = 0;

const typing = (element) => element?.closest?.('input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select, [contenteditable="true"], [role="menu"]');

const isSeen = (element) => element.checkVisibility?.() ?? true;

function pressed(event) {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const parts = [mod && "mod", event.altKey && "alt", event.shiftKey && /^([a-z]|enter|escape|arrow.*)$/.test(key) && "shift", key];
  return parts.filter(Boolean).join("+").replace("arrow", "");
}

function find(combination) {
  const scope = document.querySelector("dialog[open]:modal, [aria-modal]:popover-open") ?? document;
  const all = [...scope.querySelectorAll(`[data-key="${CSS.escape(combination)}"]`)];
  const isAble = (element) => !element.matches(':disabled, [aria-disabled="true"]');
  return all.find((element) => isAble(element) && isSeen(element) || element.closest("[popover]:not(:popover-open)")) ?? all.find((element) => isAble(element) && unfold(element));
}

function unfold(element) {
  for (let card = element.closest("details:not([open])"); card; card = card.parentElement.closest("details:not([open])")) card.open = true;
  element.dispatchEvent(new CustomEvent("key:wanted", { bubbles: true }));
  return isSeen(element);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || ["Control", "Meta", "Shift", "Alt"].includes(event.key)) return;
  const combination = pressed(event);
  const isPlain = !/^(mod|alt)\+/.test(combination);
  if (isPlain && (typing(event.target) || document.documentElement.hasAttribute("data-no-keys"))) return;
  const element = (first && find(`${first} ${combination}`)) || find(combination);
  clearTimeout(firstTimer);
  const wasFirst = first;
  first = "";
  if (element) {
    event.preventDefault();
    if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) element.focus();
    else element.click();
  } else if (!wasFirst && isPlain && document.querySelector(`[data-key^="${CSS.escape(combination)} "]`)) {
    first = combination;
    firstTimer = setTimeout(() => (first = ""), 1_200);
  }
});

function row(label, combination) {
  const line = document.createElement("div");
  const term = Object.assign(document.createElement("dt"), { textContent: label });
  const keys = Object.assign(document.createElement("dd"), { className: "kbd" });
  for (const key of combination.replaceAll("+", " ").split(" ")) {
    keys.append(Object.assign(document.createElement("kbd"), { textContent: names[key] ?? key.toUpperCase() }));
  }
  line.append(term, keys);
  return line;
}

document.getElementById("shortcuts")?.addEventListener("dialog:opened", (event) => {
  const sheet = event.target.querySelector(".shortcut-sheet");
  const groups = new Map();
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    const label = element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim().replace(/\s+/g, " ");
    if (!label || seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    const group = element.closest("[data-key-group]")?.dataset.keyGroup ?? sheet.dataset.here;
    groups.set(group, [...(groups.get(group) ?? []), row(label, element.dataset.key)]);
  }
  sheet.replaceChildren(...[...groups].map(([name, rows]) => {
    const section = document.createElement("section");
    const list = document.createElement("dl");
    list.append(...rows);
    section.append(Object.assign(document.createElement("h3"), { textContent: name }), list);
    return section;
  }));
});
