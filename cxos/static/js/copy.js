// data-copy="text" or data-copy-from="<id>": copies and says so.

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom)?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission (plain http): by way of a selection.
    const field = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
    (button.closest("dialog") ?? document.body).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const words = button.dataset.tip;
  button.dataset.tip = button.dataset.copied ?? words;
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = button.dataset.copied ?? "";
  button.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  setTimeout(() => { if (words) button.dataset.tip = words; }, 1_500);
});
