// Settings: the builder of conditions, narrowing lists.

const narrow = (box) => {
  const words = box.value.trim().toLowerCase();
  for (const line of document.querySelector(box.dataset.narrows)?.children ?? []) line.hidden = Boolean(words) && !line.dataset.words?.includes(words);
};
document.addEventListener("input", (event) => event.target.dataset?.narrows && narrow(event.target));

// On a phone the list of pages lies across: the present one is brought into sight.
document.querySelector('.side [aria-current="page"]')?.scrollIntoView({ inline: "center", block: "nearest" });

// --- Conditions, actions, questions: the server redraws the list after a button or another fact, operator or kind.

const redraw = (near, values) => window.htmx.ajax("POST", location.href, { source: near.form, target: near.closest("[data-parts]") ?? "#st-parts", swap: "morph:innerHTML", values });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  event.preventDefault();
  redraw(button, { do: button.value });
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-redraws]")) redraw(event.target, { do: event.target.dataset.redraws || "redraw" });
});
