// Settings: the builder of conditions, narrowing lists.

const narrow = (box) => {
  const words = box.value.trim().toLowerCase();
  for (const line of document.querySelector(box.dataset.narrows)?.children ?? []) line.hidden = Boolean(words) && !line.dataset.words?.includes(words);
};
document.addEventListener("input", (event) => event.target.dataset?.narrows && narrow(event.target));

// On a phone the list of pages lies across: the present one is brought into sight.
document.querySelector('.side [aria-current="page"]')?.scrollIntoView({ inline: "center", block: "nearest" });

// --- Conditions and actions: the server redraws the form after a button or another fact, operator or kind.

const redraw = (form, values) => window.htmx.ajax("POST", location.href, { source: form, target: "#st-parts", swap: "morph:innerHTML", values });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  event.preventDefault();
  redraw(button.form, { do: button.value });
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-redraws]")) redraw(event.target.form, { do: "redraw" });
});
