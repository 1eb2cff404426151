// Event "toast" on document (also by the header HX-Trigger: {"toast": {…}}): {message, tone, undo, link: {url, words}}.
// Errors stay until closed; the others go after six seconds, but not while someone points at them or has focus in them, nor
// while the page is not seen.

const place = document.getElementById("toasts");
const STAY = 6_000;
const MOST = 4;

// In the top layer, above an open dialog; without script it is an ordinary box.
function raise() {
  place.popover = "manual";
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
}

function leave(toast) {
  toast?.remove();
  if (!place.children.length && place.matches(":popover-open")) place.hidePopover();
}

function keep(toast) {
  if (toast.dataset.tone === "error") return;
  const wait = () => setTimeout(() => (document.hidden || toast.matches(":hover, :focus-within") ? wait() : leave(toast)), STAY);
  wait();
}

document.addEventListener("toast", (event) => {
  const detail = typeof event.detail === "string" ? { message: event.detail } : (event.detail ?? {});
  const message = detail.message ?? detail.value;
  const template = document.getElementById(`toast-${detail.tone ?? "info"}`) ?? document.getElementById("toast-info");
  if (!message || !template || !place) return;
  const toast = template.content.querySelector(".toast").cloneNode(true);
  toast.querySelector(".toast-text").textContent = message;
  if (detail.undo) {
    const undo = document.createElement("button");
    Object.assign(undo, { type: "button", className: "toast-action", textContent: place.dataset.undo });
    undo.setAttribute("hx-post", detail.undo);
    undo.setAttribute("hx-swap", "none");
    toast.querySelector(".toast-close").before(undo);
  }
  if (detail.link) {
    const link = Object.assign(document.createElement("a"), { className: "toast-action", href: detail.link.url, textContent: detail.link.words });
    toast.querySelector(".toast-close").before(link);
  }
  place.append(toast);
  raise();
  window.htmx?.process(toast);
  while (place.children.length > MOST) place.firstElementChild.remove();
  keep(toast);
});

place?.addEventListener("click", (event) => {
  const toast = event.target.closest(".toast");
  if (toast && event.target.closest(".toast-close")) leave(toast);
});
place?.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) leave(event.detail.elt.closest(".toast"));
});
if (place?.children.length) raise();
for (const toast of place?.children ?? []) keep(toast);
