// Theme, density and contrast: a choice of this browser, kept in a cookie so that the server draws the page right at once.
// <cx-display> holds radio groups named theme, density, contrast; [data-display] buttons (palette) set one.

const YEAR = 60 * 60 * 24 * 365;

function choose(name, value) {
  if (!["theme", "density", "contrast"].includes(name)) return;
  document.documentElement.dataset[name] = value;
  document.cookie = `cxos_${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  for (const radio of document.querySelectorAll(`cx-display input[name="${name}"]`)) radio.checked = radio.value === value;
  document.dispatchEvent(new CustomEvent("display:changed", { detail: { name, value } }));
}

customElements.define("cx-display", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => choose(event.target.name, event.target.value));
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-display]");
  if (button) choose(button.dataset.display, button.dataset.value);
});
