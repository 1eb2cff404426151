// <cx-listbox>: the floating list of a combobox. The field beside it keeps the focus and hears of the marked row by
// aria-activedescendant. Rows are made of <option> elements; pressing one sends "listbox:chosen" (detail = its value, or
// another of its data). data-preview is shown below the rows while it is marked, with data-keys; data-href opens a tab.

let number = 0;

customElements.define("cx-listbox", class extends HTMLElement {
  #active = -1;
  #field = null;

  connectedCallback() {
    this.id ||= `listbox-${++number}`;
    this.className = "popover listbox";
    this.popover = "manual";
    this.setAttribute("role", "listbox");
    this.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const row = event.target.closest(".option");
      if (row) this.#choose(row);
    });
  }

  attach(field, box) {
    this.#field = field;
    this.anchorElement = box;
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list" })) {
      field.setAttribute(name, value);
    }
  }

  get isOpen() {
    return this.matches(":popover-open");
  }

  open() {
    this.style.setProperty("--_width", `${this.anchorElement.offsetWidth}px`);
    this.showPopover();
    this.dispatchEvent(new CustomEvent("popover:place", { bubbles: true }));
    this.#field.setAttribute("aria-expanded", "true");
  }

  close() {
    if (this.isOpen) this.hidePopover();
    this.#field.setAttribute("aria-expanded", "false");
    this.#field.removeAttribute("aria-activedescendant");
  }

  fill(options, none) {
    const rows = options.map((option, place) => {
      const row = Object.assign(document.createElement("div"), { className: "option", id: `${this.id}-${place}` });
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(option.selected));
      if (option.disabled) row.setAttribute("aria-disabled", "true");
      Object.assign(row.dataset, option.dataset, { value: option.value });
      if (option.dataset.preview) row.setAttribute("aria-description", option.dataset.preview.slice(0, 200));
      row.append(Object.assign(document.createElement("span"), { className: "option-label", textContent: option.label }));
      if (option.dataset.hint) row.append(Object.assign(document.createElement("span"), { className: "option-hint", textContent: option.dataset.hint }));
      return row;
    });
    this.replaceChildren(...(rows.length ? rows : [Object.assign(document.createElement("p"), { className: "listbox-empty", textContent: none })]));
    const chosen = this.hasAttribute("aria-multiselectable") ? 0 : rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    this.#mark(Math.max(chosen, 0));
    if (this.isOpen) this.dispatchEvent(new CustomEvent("popover:place", { bubbles: true }));
  }

  step(by) {
    this.#mark(this.#active + by);
  }

  chooseMarked(what = "value") {
    const row = this.querySelectorAll(".option")[this.#active];
    if (row) this.#choose(row, what);
  }

  #choose(row, what = "value") {
    if (row.getAttribute("aria-disabled") === "true" || row.dataset[what] === undefined) return;
    if (row.dataset.href) window.open(row.dataset.href, "_blank", "noopener");
    this.dispatchEvent(new CustomEvent("listbox:chosen", { detail: row.dataset[what] }));
  }

  #preview({ preview, keys }) {
    this.querySelector(".option-preview")?.remove();
    if (!preview) return;
    const shown = Object.assign(document.createElement("div"), { className: "option-preview", dir: "auto", textContent: preview });
    shown.append(Object.assign(document.createElement("small"), { textContent: keys }));
    this.append(shown);
  }

  #mark(place) {
    const rows = [...this.querySelectorAll(".option")];
    this.#active = rows.length ? (place + rows.length) % rows.length : -1;
    rows.forEach((row, at) => row.toggleAttribute("data-active", at === this.#active));
    const row = rows[this.#active];
    if (!row) return this.#field.removeAttribute("aria-activedescendant");
    this.#field.setAttribute("aria-activedescendant", row.id);
    this.#preview(row.dataset);
    row.scrollIntoView({ block: "nearest" });
  }
});
