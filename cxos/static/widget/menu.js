// A button and the few things behind it: a native popover, so that Esc and a click elsewhere close it.
import { h, iconButton } from "./dom.js";
import { t } from "./words.js";

export function menu(choices) {
  const list = h("div.menu", { role: "menu", popover: "auto", id: "menu" });
  const items = () => [...list.children];
  const button = iconButton("more", t("menu"), () => {
    list.replaceChildren(...choices.filter((one) => one.shown()).map((one) =>
      h("button", { type: "button", role: "menuitem", onclick: () => { list.hidePopover(); button.focus(); one.run(); } }, one.label())));
    if (!list.children.length) return;
    list.showPopover();
    list.firstChild.focus();
  }, { "aria-haspopup": "menu", "aria-expanded": "false" });
  list.addEventListener("toggle", ({ newState }) => button.setAttribute("aria-expanded", newState === "open"));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { event.stopPropagation(); list.hidePopover(); button.focus(); }
    if (!step) return;
    event.preventDefault();
    items().at((items().indexOf(document.activeElement) + step) % items().length).focus();
  });
  return h("div.more", {}, button, list);
}
