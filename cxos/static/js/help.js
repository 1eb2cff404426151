// The public help by keyboard: "/" leads to the search, arrows from there into what was found and back.

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const field = document.getElementById("help-words");
  if (!field || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing(event.target)) {
    event.preventDefault();
    field.select();
    return;
  }
  if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const stops = [field, ...document.querySelectorAll("#help-found .he-link")];
  const at = stops.indexOf(document.activeElement);
  const to = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !to) return;
  event.preventDefault();
  to.focus();
});
