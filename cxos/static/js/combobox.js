// <cx-combobox><select>…</select>: the select stays the value; this draws a box one can type in, and a cx-listbox below.
// data-url asks the server (?q=…) for <option value data-hint> elements instead of filtering what is there.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

customElements.define("cx-combobox", class extends HTMLElement {
  #select; #box; #field; #list; #typed = false; #timer = 0; #asking = null;

  connectedCallback() {
    this.querySelectorAll(".combobox-box, cx-listbox").forEach((old) => old.remove());
    this.#select = this.querySelector("select");
    if (!this.#select) return;
    this.#field = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", spellcheck: false, disabled: this.#select.disabled });
    this.#box = Object.assign(document.createElement("div"), { className: "input combobox-box" });
    this.#box.append(this.#field);
    this.#list = document.createElement("cx-listbox");
    if (this.#select.multiple) this.#list.setAttribute("aria-multiselectable", "true");
    this.append(this.#box, this.#list);
    this.#list.attach(this.#field, this.#box);
    this.#name();
    this.#listen();
    this.#draw();
  }

  // The label, hint and error of the select are those of the field that stands for it.
  #name() {
    for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) {
      if (this.#select.hasAttribute(name)) this.#field.setAttribute(name, this.#select.getAttribute(name));
    }
    const label = this.#select.labels?.[0];
    if (!label) return void this.#list.setAttribute("aria-label", this.#select.getAttribute("aria-label") ?? this.#select.name);
    label.id ||= `${this.#list.id}-label`;
    this.#field.setAttribute("aria-labelledby", label.id);
    this.#list.setAttribute("aria-labelledby", label.id);
    label.addEventListener("click", () => this.#field.focus());
  }

  #listen() {
    this.#field.addEventListener("input", () => { this.#typed = true; this.#open(); this.#search(); });
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#field.addEventListener("blur", () => { this.#list.close(); this.#draw(); });
    this.#box.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      if (event.target !== this.#field) event.preventDefault();
      this.#field.focus();
      if (this.#list.isOpen) this.#list.close();
      else this.#open();
    });
    this.#list.addEventListener("listbox:chosen", (event) => this.#choose(event.detail));
    this.#select.addEventListener("change", () => this.#draw());
    this.#select.form?.addEventListener("reset", () => setTimeout(() => this.#draw()));
  }

  #fill() {
    const wanted = this.dataset.url || !this.#typed ? "" : plain(this.#field.value.trim());
    const options = [...this.#select.options].filter((option) => (option.value || !this.#select.multiple) && plain(option.label).includes(wanted));
    this.#list.fill(options, this.dataset.none);
  }

  // What is chosen, in the box: words for one, tags for several.
  #draw() {
    const chosen = [...this.#select.selectedOptions].filter((option) => option.value);
    const isMultiple = this.#select.multiple;
    this.#typed = false;
    this.#field.value = isMultiple ? "" : (chosen[0]?.label ?? "");
    this.#field.placeholder = chosen.length && isMultiple ? "" : this.dataset.placeholder || (this.#select.options[0]?.value === "" ? this.#select.options[0].label : "");
    this.#box.querySelectorAll(".tag").forEach((tag) => tag.remove());
    for (const option of isMultiple ? chosen : []) {
      const tag = Object.assign(document.createElement("span"), { className: "tag" });
      const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×", disabled: this.#select.disabled });
      remove.setAttribute("aria-label", `${this.dataset.remove}: ${option.label}`);
      remove.addEventListener("click", () => { this.#choose(option.value); this.#field.focus(); });
      tag.append(Object.assign(document.createElement("span"), { textContent: option.label }), remove);
      this.#field.before(tag);
    }
  }

  #open() {
    if (this.#field.disabled || this.#list.isOpen) return;
    this.#fill();
    this.#list.open();
    if (this.dataset.url && !this.#typed) this.#search();
  }

  #key(event) {
    const { isOpen } = this.#list;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.#list.step(event.key === "ArrowDown" ? 1 : -1);
      else this.#open();
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      this.#list.chooseMarked();
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.#list.close();
      this.#draw();
    } else if (event.key === "Backspace" && this.#select.multiple && !this.#field.value) {
      const last = [...this.#select.selectedOptions].at(-1);
      if (last) this.#choose(last.value);
    }
  }

  #choose(value) {
    const option = [...this.#select.options].find((other) => other.value === value);
    if (!option) return;
    if (this.#select.multiple) option.selected = !option.selected;
    else this.#select.value = value;
    if (!this.#select.multiple) this.#list.close();
    this.#draw();
    if (this.#list.isOpen) this.#fill();
    this.#select.dispatchEvent(new Event("input", { bubbles: true }));
    this.#select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #search() {
    if (!this.dataset.url) return this.#fill();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), 150);
  }

  async #ask() {
    this.#asking?.abort();
    this.#asking = new AbortController();
    try {
      const url = new URL(this.dataset.url, location.href);
      url.searchParams.set("q", this.#typed ? this.#field.value.trim() : "");
      const answer = await fetch(url, { signal: this.#asking.signal });
      if (!answer.ok || answer.redirected) return;
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      // What is chosen stays, whatever was found.
      const kept = [...this.#select.selectedOptions];
      const found = [...fresh.content.querySelectorAll("option")].filter((option) => !kept.some((other) => other.value === option.value));
      this.#select.replaceChildren(...kept, ...found);
      if (this.#list.isOpen) this.#fill();
    } catch (error) {
      if (error.name !== "AbortError") console.warn("The options could not be fetched.", error);
    }
  }
});
