// Every htmx request: CSRF header, the thin bar while one is under way, and words when one fails.

const bar = document.getElementById("request-bar");
let underWay = 0;

function toast(tone, message) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { tone, message } }));
}

function words(name) {
  return document.getElementById("toast-error")?.content.querySelector(".toast")?.dataset[name] ?? "";
}

if (window.Idiomorph) {
  // What someone is typing stays theirs; a focused button shows its new words like any other.
  Object.defineProperty(window.Idiomorph.defaults, "ignoreActiveValue", {
    enumerable: true,
    get: () => Boolean(document.activeElement?.matches("input, textarea, select, [contenteditable]")),
  });
  window.Idiomorph.defaults.restoreFocus = true;
  // The server does not know what is unfolded, open or switched here; it says so with data-server-owned when it does.
  // What was fetched into a part by itself (the rest of a menu) stays when the region around it is fetched again.
  window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (old) => !(old instanceof Element && old.hasAttribute("data-fetched-here"));
  window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element, change) => {
    if (name === "style" && element.matches(":popover-open")) return false; // where it stands
    if (name === "aria-expanded" && element.hasAttribute("popovertarget")) return false;
    if (name !== "open" || element.hasAttribute("data-server-owned")) return true;
    return !(element instanceof HTMLDetailsElement || (element instanceof HTMLDialogElement && change === "remove"));
  };
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (event.detail.verb === "get") return;
  if (token) event.detail.headers["X-CSRFToken"] = token;
  // A command says whom the page shows as the holder: when somebody else has it by now, it is refused.
  const shown = event.detail.elt.closest("[data-holder]");
  if (shown) event.detail.parameters.holder = shown.dataset.holder;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.closest("[data-region]") === event.detail.elt) return; // a live refetch is nobody's waiting
  event.detail.requestConfig.counted = true;
  underWay += 1;
  bar?.toggleAttribute("data-busy", true);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.requestConfig?.counted) return;
  underWay = Math.max(0, underWay - 1);
  bar?.toggleAttribute("data-busy", underWay > 0);
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (elt.matches?.("[data-region]")) return;
  if (xhr.getResponseHeader("HX-Trigger")?.includes("toast")) return; // the server found words of its own
  const known = { 401: "signedOut", 403: "denied", 404: "gone", 410: "gone" };
  let message = words(known[xhr.status] ?? "failed");
  if (xhr.getResponseHeader("Content-Type")?.includes("json")) {
    try { message = JSON.parse(xhr.responseText).detail ?? message; } catch { /* no words in it */ }
  }
  toast("error", message);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (!event.detail.elt.matches?.("[data-region]")) toast("error", words("offline"));
  });
}

// What htmx.ajax promises fails without a reason; the events above have said it.
addEventListener("unhandledrejection", (event) => { if (event.reason === undefined) event.preventDefault(); });

// A form of one choice sends itself.
document.addEventListener("change", (event) => event.target.closest?.("form[data-submits]")?.requestSubmit());

// A form whose words were taken is empty for the next ones, but for what was typed since.
document.addEventListener("htmx:afterRequest", ({ detail, target }) => {
  if (!detail.successful || !target.matches?.("form[data-clears]")) return;
  for (const field of target.elements) {
    if ("defaultValue" in field && field.value === detail.requestConfig.formData.get(field.name)) field.value = field.defaultValue;
  }
});

// A form sent twice by an impatient double click is sent once.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "dialog" || event.target.hasAttribute("hx-post")) return;
  const button = event.submitter;
  if (button?.matches(".button")) queueMicrotask(() => !event.defaultPrevented && button.setAttribute("aria-busy", "true"));
});
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll(".button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
});
