// <cx-composer>: reply or note, with one id per message so that a resend is the same. Drafts, files and suggestions are
// modules of their own; here is what they have in common: the modes, sending, and what stands in its way.
import { Drafts } from "./composer-drafts.js";
import { Tray } from "./composer-files.js";
import { sendLater } from "./composer-later.js";
import { suggest } from "./composer-suggest.js";
import { templates } from "./composer-template.js";

const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
const thread = () => document.getElementById("thread");

customElements.define("cx-composer", class extends HTMLElement {
  #typing = 0;
  #ending = new AbortController();

  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    this.notice = this.querySelector("#composer-notice");
    const start = JSON.parse(this.dataset.start), { signal } = this.#ending;
    suggest(this, signal); templates(this, signal);
    this.tray = new Tray(this, start.files, signal);
    this.drafts = new Drafts(this, start.drafts, signal);
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.text.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.text.addEventListener("input", () => this.#changed(), { signal });
    this.form.addEventListener("submit", (event) => this.#submit(event), { signal, capture: true });
    this.form.addEventListener("htmx:configRequest", ({ detail }) => { if (detail.elt === this.form) detail.path = `${this.dataset.base}${this.mode}/`; }, { signal });
    this.form.addEventListener("htmx:afterRequest", ({ detail }) => detail.elt === this.form && this.text.value && this.drafts.flush(), { signal }); // refused, or asked first: it is a draft as before
    document.addEventListener("composer:sent", ({ detail }) => this.#isMine(detail) && this.#sent(), { signal });
    document.addEventListener("composer:restore", ({ detail }) => this.#isMine(detail) && this.#restore(), { signal });
    document.addEventListener("htmx:afterSettle", () => this.#lookAround(), { signal });
    this.switch(["reply", "note"].find((mode) => this.drafts.of(mode) || this.tray.holds(mode)) ?? "reply");
  }

  disconnectedCallback() {
    this.drafts.flush();
    this.#ending.abort();
  }

  #isMine(detail) { return String(detail.conversation) === this.dataset.conversation; }

  switch(mode) {
    this.tray.switch(this.mode = this.dataset.mode = mode);
    for (const button of this.querySelectorAll("[data-mode]")) button.setAttribute("aria-checked", String(button.dataset.mode === mode));
    this.text.setAttribute("aria-label", this.text.dataset[`${mode}Label`]);
    this.text.placeholder = this.text.dataset[`${mode}Hint`];
    this.form.elements.client_id.value = newId();
    this.show(this.drafts.of(mode));
  }

  show(text) { // as if it had been there from the start
    this.text.value = text;
    this.#count();
    this.#lookAround();
  }

  // Put words where the cursor is, as if they had been typed.
  insert(words, from = this.text.selectionStart, to = this.text.selectionEnd) {
    this.text.focus();
    this.text.setRangeText(words, from, to, "end");
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.mode) { this.switch(button.dataset.mode); this.text.focus(); }
    if (button.dataset.insert) this.insert((/(^|\s)$/.test(this.text.value.slice(0, this.text.selectionStart)) ? "" : " ") + button.dataset.insert);
    if (button.dataset.later) sendLater(this, button.dataset.later);
    if (button.hasAttribute("data-look-first")) { this.notice.replaceChildren(); this.#know(); document.getElementById("scroll")?.scrollTo({ top: 0 }); }
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit(this.querySelector(event.shiftKey && this.mode === "reply" ? "[data-then]" : "[data-send]"));
    }
    if (event.key === "Escape") this.text.blur();
  }

  #submit(event) {
    const stop = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    const { submitter } = event, { mode } = this;
    if (this.tray.isBusy) { stop(); this.tray.whenDone().then(() => this.isConnected && this.mode === mode && this.form.requestSubmit(submitter)); return; }
    const templated = mode === "reply" && this.hasAttribute("data-closed");
    if (templated && !this.hasAttribute("data-templated")) return stop();
    if (!templated && !this.text.value.trim() && !this.tray.count) { stop(); this.text.focus(); return; }
    if (submitter?.name !== "anyway") { // which repeats what was asked for
      this.form.elements.then.value = submitter?.dataset.then ?? "";
      this.form.elements.send_at.value = this.sendAt ?? "";
    }
    [this.sendAt, this.submitted, this.submittedMode] = [null, this.text.value, mode];
    this.form.elements.seen.value = this.drafts.seen(mode) || this.form.elements.seen.value;
    this.drafts.pause();
  }

  #sent() {
    const mode = this.submittedMode ?? this.mode;
    if (!this.hasAttribute("data-templated")) { this.drafts.ended(mode); this.tray.clear(mode); }
    this.notice.replaceChildren();
    if (mode !== this.mode) return; // gone on to the other one before the answer was here
    this.form.elements.client_id.value = newId();
    this.#know();
    const more = this.submitted && this.text.value.startsWith(this.submitted) ? this.text.value.slice(this.submitted.length).trimStart() : "";
    this.show(more || this.drafts.of(mode)); if (more) this.#changed(); // the next message, begun on a slow line before the answer was here
    document.getElementById("scroll")?.scrollTo({ top: 0 });
  }

  async #restore() {
    await this.drafts.refresh();
    this.switch("reply");
    this.text.focus();
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  #changed() {
    if (this.drafts.of(this.mode) === "" && !this.notice.childElementCount) this.#know();
    this.drafts.write(this.mode, this.text.value, this.form.elements.seen.value);
    this.#count();
    const now = Date.now();
    if (now - this.#typing < 3_000) return;
    this.#typing = now;
    const signal = { region: `conversation.${this.dataset.conversation}`, kind: "typing", on: true, note: this.mode === "note" };
    document.dispatchEvent(new CustomEvent("live:send", { detail: { signal } }));
  }

  // What is on the page now is what the reply answers.
  #know() {
    this.form.elements.seen.value = thread()?.dataset.last ?? "0";
    this.drafts.know(this.mode, this.form.elements.seen.value);
  }

  // Somebody else answered while this was being written: said before it is sent.
  #lookAround() {
    const { answer, answerBy, answerName } = thread()?.dataset ?? {};
    const begun = this.drafts.seen(this.mode) || this.form.elements.seen.value;
    const line = this.querySelector("[data-meanwhile]"), words = line.querySelector("span");
    line.hidden = !(this.mode === "reply" && this.text.value && Number(answer) > Number(begun) && answerBy !== this.dataset.me);
    if (!line.hidden) words.textContent = `${answerName} ${words.dataset.words}`;
  }

  #count() {
    const most = Number(this.dataset.max), length = this.text.value.length, output = this.querySelector("[data-count]");
    output.hidden = this.mode === "note" || length < most * 0.8;
    output.toggleAttribute("data-over", length > most);
    output.value = `${length.toLocaleString()} / ${most.toLocaleString()}`;
  }
});
