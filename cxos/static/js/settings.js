// Settings: the builder of conditions, narrowing lists.

const narrow = (box) => {
  const words = box.value.trim().toLowerCase();
  for (const line of document.querySelector(box.dataset.narrows)?.children ?? []) line.hidden = Boolean(words) && !line.dataset.words?.includes(words);
};
document.addEventListener("input", (event) => event.target.dataset?.narrows && narrow(event.target));

// On a phone the list of pages lies across: the present one is brought into sight.
document.querySelector('.side [aria-current="page"]')?.scrollIntoView({ inline: "center", block: "nearest" });

// --- Conditions, actions, questions: the server redraws the list after a button or another fact, operator or kind.

const redraw = (form, target, values) => window.htmx.ajax("POST", location.href, { source: form, target, swap: "morph:innerHTML", values });
const redrawFor = (field, does) => redraw(field.form, field.closest("[data-parts]") ?? "#st-parts", { do: does });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  event.preventDefault();
  redrawFor(button, button.value);
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-redraws]")) redrawFor(event.target, event.target.dataset.redraws || "redraw");
});

// An answer that does not know what was written meanwhile would take it back: the same is asked once more instead. What is
// half-written may be drawn anew; only saving wants it whole.
let written = 0;
let known = 0;
const ofParts = (event) => event.detail.target?.matches?.("#st-parts, [data-parts]");
document.addEventListener("input", () => (written += 1));
document.addEventListener("htmx:configRequest", (event) => ofParts(event) && (event.detail.errors = []));
document.addEventListener("htmx:beforeRequest", (event) => ofParts(event) && (known = written));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!ofParts(event) || known === written) return;
  event.detail.shouldSwap = false;
  const { elt, target, parameters } = event.detail.requestConfig;
  redraw(elt, target, { do: parameters.do });
});
