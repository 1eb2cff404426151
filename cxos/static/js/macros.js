// The dialog of macros: typing narrows it, arrows walk it, Enter runs the first that is left once something was typed.

const list = () => document.getElementById("ws-macro-list");
const left = () => [...(list()?.querySelectorAll("li:not([hidden]) .ws-macro") ?? [])];

document.addEventListener("input", (event) => {
  if (event.target.id !== "ws-macro-words") return;
  const words = event.target.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  for (const row of list().children) {
    const text = row.textContent.toLocaleLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  document.getElementById("ws-macro-none").hidden = left().length > 0;
});

document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.("#ws-macros") || event.isComposing) return;
  const typing = event.target.id === "ws-macro-words";
  const all = left();
  if (event.key === "Enter" && typing) {
    event.preventDefault();
    if (event.target.value.trim()) all[0]?.click();
    else all[0]?.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (at < 0) document.getElementById("ws-macro-words").focus();
    else all[Math.min(at, all.length - 1)]?.focus();
  }
});
