// After the channel's window: instead of free text a template is chosen and filled in. A new message of the customer's
// opens the window again, and the field is there as before.

export function templates(composer, signal) {
  const part = composer.querySelector(".ws-template");
  if (!part) return;
  const chosen = part.querySelector("[name=template]");

  const tell = () => composer.toggleAttribute("data-templated", Boolean(chosen?.value));
  const clear = () => {
    if (!chosen) return;
    chosen.value = "";
    part.querySelector("#template-fields").replaceChildren();
    tell();
  };
  chosen?.addEventListener("change", tell, { signal });
  document.addEventListener("composer:sent", ({ detail }) => String(detail.conversation) === composer.dataset.conversation && setTimeout(clear), { signal });
  document.addEventListener("htmx:afterSettle", () => {
    const heard = Number(document.getElementById("thread")?.dataset.heard ?? 0);
    if (!composer.hasAttribute("data-closed") || heard <= Number(part.dataset.heard)) return;
    clear();
    composer.removeAttribute("data-closed");
    composer.querySelector(".ws-closed").hidden = true;
  }, { signal });
}
