// <cx-composer>: reply or note, a draft that survives reload, Ctrl+Enter, one id per message so that a resend is the same.

const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

customElements.define("cx-composer", class extends HTMLElement {
  #mode = "reply";
  #typing = 0;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    this.addEventListener("click", (event) => this.#click(event));
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#changed());
    this.form.addEventListener("htmx:configRequest", (event) => { event.detail.path = this.dataset[this.#mode]; });
    this.onSent = ({ detail }) => String(detail.conversation) === this.dataset.conversation && this.#sent();
    document.addEventListener("composer:sent", this.onSent);
    this.#switch("reply");
  }

  disconnectedCallback() { document.removeEventListener("composer:sent", this.onSent); }

  get #draft() { return `draft:${this.dataset.conversation}:${this.#mode}`; }

  #click(event) {
    const mode = event.target.closest("[data-mode]");
    if (mode) { this.#switch(mode.dataset.mode); this.text.focus(); return; }
    const submit = event.target.closest("[type=submit]");
    if (submit) this.form.elements.then.value = submit.dataset.then ?? "";
  }

  #switch(mode) {
    this.#mode = this.dataset.mode = mode;
    for (const button of this.querySelectorAll("[data-mode]")) button.setAttribute("aria-checked", String(button.dataset.mode === mode));
    this.text.setAttribute("aria-label", this.text.dataset[`${mode}Label`]);
    this.text.placeholder = this.text.dataset[`${mode}Hint`];
    this.text.value = localStorage.getItem(this.#draft) ?? "";
    this.form.elements.client_id.value = newId();
    const resolve = this.querySelector("[data-then]");
    if (resolve) resolve.hidden = mode === "note";
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit(this.querySelector("[data-send]"));
    }
    if (event.key === "Escape") this.text.blur();
  }

  #changed() {
    if (this.text.value) localStorage.setItem(this.#draft, this.text.value);
    else localStorage.removeItem(this.#draft);
    const now = Date.now();
    if (now - this.#typing < 3_000) return;
    this.#typing = now;
    const signal = { region: `conversation.${this.dataset.conversation}`, kind: "typing", on: true, note: this.#mode === "note" };
    document.dispatchEvent(new CustomEvent("live:send", { detail: { signal } }));
  }

  #sent() {
    localStorage.removeItem(this.#draft);
    this.text.value = "";
    this.form.elements.client_id.value = newId();
    this.form.elements.then.value = "";
    document.getElementById("scroll")?.scrollTo({ top: 0 });
  }
});
