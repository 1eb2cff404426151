// The results page by keyboard: arrows lead from the field into the results and back.

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const field = document.getElementById("search-words");
  const stops = [field, ...document.querySelectorAll("#results .se-hit")];
  const at = stops.indexOf(document.activeElement);
  const to = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !to) return;
  event.preventDefault();
  to.focus();
});
