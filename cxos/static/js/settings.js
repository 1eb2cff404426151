// Settings: the week's hours, the builder of conditions, narrowing lists.

const narrow = (box) => {
  const words = box.value.trim().toLowerCase();
  for (const line of document.querySelector(box.dataset.narrows)?.children ?? []) line.hidden = Boolean(words) && !line.dataset.words?.includes(words);
};
document.addEventListener("input", (event) => event.target.dataset?.narrows && narrow(event.target));

// --- The week

const days = document.querySelector("[data-days]");
const changed = () => document.getElementById("calendar-form").dispatchEvent(new CustomEvent("week:changed"));

function interval(day, start, end) {
  const line = document.getElementById("st-interval").content.firstElementChild.cloneNode(true);
  const [from, to] = line.querySelectorAll("input");
  [from.name, to.name] = [`start_${day.dataset.day}`, `end_${day.dataset.day}`];
  if (start) [from.value, to.value] = [start, end];
  day.querySelector("[data-interval-add]").before(line);
  return from;
}

days?.addEventListener("click", (event) => {
  const day = event.target.closest("[data-day]");
  if (event.target.closest("[data-interval-drop]")) event.target.closest(".st-interval").remove();
  else if (event.target.closest("[data-interval-add]")) interval(day).focus();
  else if (event.target.closest("[data-interval-copy]")) {
    const pairs = [...day.querySelectorAll(".st-interval")].map((line) => [...line.querySelectorAll("input")].map((input) => input.value));
    for (let next = day.nextElementSibling; next; next = next.nextElementSibling) {
      next.querySelectorAll(".st-interval").forEach((line) => line.remove());
      pairs.forEach(([start, end]) => interval(next, start, end));
    }
  } else return;
  changed();
});
days?.addEventListener("change", changed);

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
