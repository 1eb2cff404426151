// <cx-range>: presets fill both ends; typing in an end makes it "Custom". Dates are those of this browser's zone.

const day = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

function span(preset) {
  const today = new Date();
  const back = (days) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  const month = (offset, date) => new Date(today.getFullYear(), today.getMonth() + offset, date);
  const spans = { today: [today, today], yesterday: [back(1), back(1)], month: [month(0, 1), today], "last-month": [month(-1, 1), month(0, 0)] };
  return spans[preset] ?? [back(Number(preset) - 1), today];
}

customElements.define("cx-range", class extends HTMLElement {
  connectedCallback() {
    const [from, to] = this.querySelectorAll("input");
    const preset = this.querySelector("[data-preset]");
    const withTime = this.dataset.kind === "datetime-local";
    this.addEventListener("change", (event) => {
      if (event.target === preset && preset.value) {
        const [start, end] = span(preset.value).map(day);
        from.value = withTime ? `${start}T00:00` : start;
        to.value = withTime ? `${end}T23:59` : end;
      } else if (event.target !== preset && preset) {
        preset.value = "";
      }
      to.min = from.value;
      to.setCustomValidity(from.value && to.value && to.value < from.value ? to.validationMessage || "–" : "");
    });
  }
});
