// Places every popover that a button opens: below it, or above when there is no room, never outside the window.

const EDGE = 8;

function opener(popover) {
  return popover.anchorElement ?? document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);
}

function place(popover) {
  const anchor = opener(popover);
  if (!anchor) return;
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const rightToLeft = getComputedStyle(anchor).direction === "rtl";
  const atEnd = (popover.dataset.align === "end") !== rightToLeft;
  let left = atEnd ? box.right - width : box.left;
  let top = box.bottom + 4;
  if (top + height > innerHeight - EDGE && box.top - height - 4 >= EDGE) top = box.top - height - 4;
  if (popover.dataset.side === "inline-end") [left, top] = [rightToLeft ? box.left - width - 6 : box.right + 6, box.top];
  popover.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  popover.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`;
}

const isOurs = (element) => element instanceof HTMLElement && element.matches(".popover[popover]");

document.addEventListener("beforetoggle", (event) => {
  if (isOurs(event.target) && event.newState === "open") requestAnimationFrame(() => place(event.target));
}, true);
document.addEventListener("toggle", (event) => {
  if (!isOurs(event.target)) return;
  const isOpen = event.newState === "open";
  if (isOpen) place(event.target);
  // What a field opens beside a form says so at the field.
  if (!event.target.anchorElement) opener(event.target)?.setAttribute("aria-expanded", String(isOpen));
}, true);
const replace = () => document.querySelectorAll(".popover:popover-open").forEach(place);
addEventListener("resize", replace);
document.addEventListener("popover:place", (event) => place(event.target));
// Its anchor scrolls: it goes along, and closes once the anchor is out of sight.
document.addEventListener("scroll", (event) => {
  for (const popover of document.querySelectorAll(".popover:popover-open")) {
    const anchor = opener(popover);
    if (popover.contains(event.target) || !anchor || !event.target.contains?.(anchor)) continue;
    const { bottom, top } = anchor.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) popover.hidePopover();
    else place(popover);
  }
}, { capture: true, passive: true });
