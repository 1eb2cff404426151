// <cx-combobox><select>…</select>: the select stays the value; this draws a box one can type in and a listbox below.
// data-url asks the server (?q=…) for <option value data-hint> elements instead of filtering what is there.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
let number = 0;

customElements.define("cx-combobox", class extends HTMLElement {
  #select; #box; #input; #list; #active = -1; #timer = 0; #asking = null;

  connectedCallback() {
    this.querySelectorAll(".combobox-box, .listbox").forEach((old) => old.remove());
    this.#select = this.querySelector("select");
    if (!this.#select) return;
    const id = `combobox-${++number}`;
    this.#list = Object.assign(document.createElement("div"), { id, className: "popover listbox", popover: "manual" });
    this.#list.setAttribute("role", "listbox");
    if (this.#select.multiple) this.#list.setAttribute("aria-multiselectable", "true");
    this.#input = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", spellcheck: false, disabled: this.#select.disabled });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list" })) this.#input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) if (this.#select.hasAttribute(name)) this.#input.setAttribute(name, this.#select.getAttribute(name));
    const label = this.#select.labels?.[0];
    if (label) {
      label.id ||= `${id}-label`;
      this.#input.setAttribute("aria-labelledby", label.id);
      this.#list.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", () => this.#input.focus());
    }
    this.#box = Object.assign(document.createElement("div"), { className: "input combobox-box" });
    this.#box.append(this.#input);
    this.append(this.#box, this.#list);
    this.#list.anchorElement = this.#box;
    this.#listen();
    this.#draw();
  }

  #listen() {
    this.#input.addEventListener("input", () => { this.#open(); this.#search(); });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => { this.#close(); this.#draw(); });
    this.#box.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      if (event.target !== this.#input) event.preventDefault();
      this.#input.focus();
      this.#list.matches(":popover-open") ? this.#close() : this.#open();
    });
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest(".option");
      if (option) this.#choose(option.dataset.value);
    });
    this.#select.addEventListener("change", () => this.#draw());
    this.#select.form?.addEventListener("reset", () => setTimeout(() => this.#draw()));
  }

  #options() {
    const wanted = this.dataset.url || !this.#list.dataset.typed ? "" : plain(this.#input.value.trim());
    return [...this.#select.options].filter((option) => (option.value || !this.#select.multiple) && plain(option.label).includes(wanted));
  }

  // What is chosen, in the box: words for one, tags for several.
  #draw() {
    const chosen = [...this.#select.selectedOptions].filter((option) => option.value);
    this.#box.querySelectorAll(".tag").forEach((tag) => tag.remove());
    delete this.#list.dataset.typed;
    this.#input.value = this.#select.multiple ? "" : (chosen[0]?.label ?? "");
    this.#input.placeholder = chosen.length && this.#select.multiple ? "" : this.dataset.placeholder || (this.#select.options[0]?.value === "" ? this.#select.options[0].label : "");
    if (!this.#select.multiple) return;
    for (const option of chosen) {
      const tag = Object.assign(document.createElement("span"), { className: "tag" });
      const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
      remove.setAttribute("aria-label", `${this.dataset.remove}: ${option.label}`);
      remove.addEventListener("click", () => { this.#choose(option.value); this.#input.focus(); });
      tag.append(Object.assign(document.createElement("span"), { textContent: option.label }), remove);
      this.#input.before(tag);
    }
  }

  #open() {
    if (this.#input.disabled || this.#list.matches(":popover-open")) return;
    this.#fill();
    this.#list.style.setProperty("--_width", `${this.#box.offsetWidth}px`);
    this.#list.showPopover();
    this.#list.dispatchEvent(new CustomEvent("popover:place", { bubbles: true }));
    this.#input.setAttribute("aria-expanded", "true");
    if (this.dataset.url && !this.#select.options.length) this.#search();
  }

  #close() {
    if (this.#list.matches(":popover-open")) this.#list.hidePopover();
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }

  #fill() {
    const rows = this.#options().map((option, place) => {
      const row = Object.assign(document.createElement("div"), { className: "option", id: `${this.#list.id}-${place}` });
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(option.selected));
      if (option.disabled) row.setAttribute("aria-disabled", "true");
      row.dataset.value = option.value;
      row.append(Object.assign(document.createElement("span"), { className: "option-label", textContent: option.label }));
      if (option.dataset.hint) row.append(Object.assign(document.createElement("span"), { className: "option-hint", textContent: option.dataset.hint }));
      return row;
    });
    const none = Object.assign(document.createElement("p"), { className: "listbox-empty", textContent: this.dataset.none });
    this.#list.replaceChildren(...(rows.length ? rows : [none]));
    this.#mark(rows.findIndex((row) => row.getAttribute("aria-selected") === "true" && !this.#select.multiple) || 0);
  }

  #mark(place) {
    const rows = [...this.#list.querySelectorAll(".option")];
    this.#active = rows.length ? (Math.max(place, 0) + rows.length) % rows.length : -1;
    rows.forEach((row, at) => row.toggleAttribute("data-active", at === this.#active));
    const row = rows[this.#active];
    row ? this.#input.setAttribute("aria-activedescendant", row.id) : this.#input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const isOpen = this.#list.matches(":popover-open");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.#mark(this.#active < 0 ? 0 : this.#active + (event.key === "ArrowDown" ? 1 : this.#list.children.length - 1));
      else this.#open();
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const row = this.#list.querySelectorAll(".option")[this.#active];
      if (row) this.#choose(row.dataset.value);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
      this.#draw();
    } else if (event.key === "Backspace" && this.#select.multiple && !this.#input.value) {
      const last = [...this.#select.selectedOptions].at(-1);
      if (last) this.#choose(last.value);
    }
  }

  #choose(value) {
    const option = [...this.#select.options].find((other) => other.value === value);
    if (!option || option.disabled) return;
    if (this.#select.multiple) option.selected = !option.selected;
    else this.#select.value = value;
    if (!this.#select.multiple) this.#close();
    this.#draw();
    if (this.#list.matches(":popover-open")) this.#fill();
    this.#select.dispatchEvent(new Event("input", { bubbles: true }));
    this.#select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #search() {
    this.#list.dataset.typed = "1";
    if (!this.dataset.url) return this.#fill();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      this.#asking?.abort();
      this.#asking = new AbortController();
      try {
        const url = new URL(this.dataset.url, location.href);
        url.searchParams.set("q", this.#input.value.trim());
        const answer = await fetch(url, { signal: this.#asking.signal });
        if (!answer.ok) return;
        const fresh = document.createElement("template");
        fresh.innerHTML = await answer.text();
        const kept = [...this.#select.selectedOptions];
        const found = [...fresh.content.querySelectorAll("option")].filter((option) => !kept.some((other) => other.value === option.value));
        this.#select.replaceChildren(...kept, ...found);
        this.#fill();
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    }, 150);
  }
});
