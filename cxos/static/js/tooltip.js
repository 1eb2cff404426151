// data-tip (and data-key beside it, shown as keys) → one tooltip, on hover after a moment and on keyboard focus at once.
// data-tip-side="inline-end" puts it beside instead of below.

const tip = document.getElementById("tooltip");
const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
const names = { mod: isMac ? "⌘" : "Ctrl", shift: "⇧", enter: "↵", escape: "Esc", alt: isMac ? "⌥" : "Alt" };
let timer = 0;
let current = null;
let hiddenAt = 0;

function show(anchor) {
  if (!tip || !anchor.isConnected || !anchor.dataset.tip || anchor.getAttribute("aria-expanded") === "true") return;
  current = anchor;
  tip.textContent = anchor.dataset.tip;
  const keys = (anchor.dataset.key ?? "").replaceAll("+", " ").split(" ").filter(Boolean);
  if (keys.length) {
    const hint = document.createElement("span");
    hint.className = "kbd";
    for (const key of keys) hint.append(Object.assign(document.createElement("kbd"), { textContent: names[key] ?? key.toUpperCase() }));
    tip.append(hint);
  }
  if (tip.matches(":popover-open")) tip.hidePopover();
  tip.showPopover();
  const box = anchor.getBoundingClientRect();
  let left = box.left + (box.width - tip.offsetWidth) / 2;
  let top = box.bottom + 6;
  if (anchor.dataset.tipSide === "inline-end" && innerWidth > 767) {
    left = document.dir === "rtl" ? box.left - tip.offsetWidth - 8 : box.right + 8;
    top = box.top + (box.height - tip.offsetHeight) / 2;
  } else if (top + tip.offsetHeight > innerHeight - 4) {
    top = box.top - tip.offsetHeight - 6;
  }
  tip.style.left = `${Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

function hide() {
  clearTimeout(timer);
  if (!current) return;
  current = null;
  hiddenAt = Date.now();
  if (tip.matches(":popover-open")) tip.hidePopover();
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const anchor = event.target.closest?.("[data-tip]");
  if (anchor === current && anchor) return;
  hide();
  // The next one in a row comes at once.
  if (anchor) timer = setTimeout(show, Date.now() - hiddenAt < 400 ? 0 : 450, anchor);
});
document.addEventListener("focusin", (event) => {
  const anchor = event.target.closest?.("[data-tip]");
  hide();
  if (anchor?.matches(":focus-visible")) show(anchor);
});
document.addEventListener("focusout", hide);
document.addEventListener("pointerdown", hide, true);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
document.addEventListener("scroll", hide, { capture: true, passive: true });

// Printed key hints speak this machine's language.
if (isMac) document.querySelectorAll('kbd[data-name="mod"]').forEach((key) => (key.textContent = "⌘"));
