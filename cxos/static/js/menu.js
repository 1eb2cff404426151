// Keys inside role=menu popovers: arrows, Home, End, first letters, Tab closes. Focus returns to the button by itself.

const items = (menu) => [...menu.querySelectorAll('[role^="menuitem"]:not(:disabled, [aria-disabled="true"])')].filter((item) => item.offsetParent);
// The one that has the focus is the one Tab would find, so that a long list can be scrolled by keys alone.
const go = (menu, item) => {
  for (const other of items(menu)) other.tabIndex = other === item ? 0 : -1;
  item?.focus();
};
let typed = "";
let typedTimer = 0;

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches('[role="menu"][popover]') || event.newState !== "open") return;
  go(menu, menu.querySelector('[aria-checked="true"]') ?? items(menu)[0]);
}, true);

// What a menu fetches comes after it has opened; whoever has not moved on is led to the first of it.
document.addEventListener("htmx:afterSettle", (event) => {
  const menu = event.target.closest?.('[role="menu"]:popover-open');
  if (menu && !menu.contains(document.activeElement)) go(menu, menu.querySelector('[aria-checked="true"]') ?? items(menu)[0]);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.('[role="menu"][popover]');
  if (!menu) {
    // Arrow down on a menu's button opens it.
    if (event.key === "ArrowDown" && event.target.matches?.('[popovertarget][aria-haspopup="menu"][aria-expanded="false"]')) {
      event.preventDefault();
      event.target.click();
    }
    return;
  }
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 };
  if (event.key in moves) {
    event.preventDefault();
    go(menu, all[moves[event.key] % all.length]);
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== " ") {
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(typedTimer);
    typedTimer = setTimeout(() => (typed = ""), 600);
    typed += event.key.toLocaleLowerCase();
    const found = all.find((item) => item.querySelector(".menu-label")?.textContent.trim().toLocaleLowerCase().startsWith(typed));
    if (found) go(menu, found);
  }
});

// Choosing closes.
document.addEventListener("click", (event) => {
  const item = event.target.closest?.('[role^="menuitem"], .popover .menu-item');
  if (item && !item.matches('[aria-disabled="true"]')) item.closest("[popover]")?.hidePopover();
});
