// data-opens="<id>" shows a dialog, data-closes closes the one it stands in, a click outside closes it unless data-sticky.
// A dialog that arrives with data-open (in a server's answer) shows itself; inside #dialogs it is removed when closed.
// data-opens also shows a popover: the palette, which lies over the page without being modal.

function show(layer) {
  if (!layer || layer.matches("dialog[open], :popover-open")) return;
  if (layer.popover) layer.showPopover();
  else showModal(layer);
  layer.dispatchEvent(new CustomEvent("dialog:opened", { bubbles: true }));
}

function showModal(dialog) {
  dialog.removeAttribute("data-open");
  dialog.showModal();
  // The first thing to fill in, else the dialog itself: never the closing button with its tooltip.
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".dialog-body :is(input, select, textarea):not([type=hidden], :disabled)");
  if (!first) dialog.tabIndex = -1;
  (first ?? dialog).focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    opener.closest("dialog[open]")?.close();
    opener.closest("[popover]")?.hidePopover();
    show(document.getElementById(opener.dataset.opens));
    return;
  }
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
});

// Outside: pressed and released on the backdrop, so that a selection dragged out of a field closes nothing.
let pressedOn = null;
document.addEventListener("pointerdown", (event) => { pressedOn = event.target; });
document.addEventListener("click", (event) => {
  const dialog = event.target;
  if (pressedOn !== dialog) return;
  if (dialog.matches?.("[aria-modal]:popover-open")) return void dialog.hidePopover(); // it covers the window by itself
  if (!(dialog instanceof HTMLDialogElement) || dialog.hasAttribute("data-sticky")) return;
  const box = dialog.getBoundingClientRect();
  if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom) dialog.close();
});

document.addEventListener("close", (event) => {
  const dialog = event.target;
  if (dialog instanceof HTMLDialogElement && dialog.closest("#dialogs")) dialog.remove();
}, true);

const showArrived = () => document.querySelectorAll("dialog[data-open]").forEach(show);
document.addEventListener("htmx:afterSettle", showArrived);
// A view that answers with HX-Trigger: {"dialog:close": true} closes the dialog its form stood in.
document.addEventListener("dialog:close", (event) => (event.target.closest?.("dialog[open]") ?? document.querySelector("#dialogs dialog[open]"))?.close());
showArrived();
