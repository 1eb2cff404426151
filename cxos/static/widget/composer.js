// Where the visitor writes: Enter sends, Shift+Enter makes a line; the draft survives a reload.
import { h, iconButton } from "./dom.js";
import { Files } from "./files.js";
import { remember, remembered } from "./memory.js";
import { t } from "./words.js";

const LONGEST = 10_000;
const STILL_TYPING = 3_000;
const STOPPED_AFTER = 4_000;

export class Composer {
  #onSay;
  #onTyping;
  #told = 0;
  #stop = 0;

  constructor({ onSay, onTyping }) {
    this.#onSay = onSay;
    this.#onTyping = onTyping;
    this.field = h("textarea", { rows: 1, placeholder: t("write"), "aria-label": t("write"), maxlength: LONGEST, enterkeyhint: "send", autocomplete: "off" });
    this.button = iconButton("send", t("send"), () => this.#submit(), { disabled: true });
    this.button.classList.add("send");
    this.files = new Files({ onChange: () => this.#allow() });
    this.element = h("div.writing", {}, this.files.parts,
      h("form.composer", { onsubmit: (event) => { event.preventDefault(); this.#submit(); } }, this.files.button, this.field, this.button));
    this.field.value = remembered().draft ?? "";
    this.field.addEventListener("input", () => { this.#fit(); this.#tellTyping(); });
    this.field.addEventListener("blur", () => this.#tellStopped());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.files.add(event.clipboardData.files);
    });
    requestAnimationFrame(() => this.#fit());
  }

  focus() { this.field.focus({ preventScroll: true }); }

  clear() { this.field.value = ""; this.files.clear(); this.#fit(); }

  // Something to say, and nothing of it still on its way up.
  get #complete() { return !this.files.busy && Boolean(this.field.value.trim() || this.files.ready.length); }

  #allow() { if (this.button) this.button.disabled = !this.#complete; }

  #submit() {
    if (!this.#complete) return;
    const text = this.field.value.trim();
    this.field.value = "";
    this.#fit();
    this.#tellStopped();
    this.#onSay(text, this.files.take());
    this.focus();
  }

  #fit() {
    const { field } = this;
    field.dir = field.value ? "auto" : ""; // an empty field has no direction of its own
    field.style.blockSize = "auto";
    field.style.blockSize = `${Math.min(field.scrollHeight, 132)}px`;
    this.#allow();
    remember({ draft: field.value });
  }

  #tellTyping() {
    clearTimeout(this.#stop);
    if (!this.field.value.trim()) return this.#tellStopped();
    this.#stop = setTimeout(() => this.#tellStopped(), STOPPED_AFTER);
    if (Date.now() - this.#told < STILL_TYPING) return undefined;
    this.#told = Date.now();
    return this.#onTyping(true);
  }

  #tellStopped() {
    clearTimeout(this.#stop);
    if (this.#told) this.#onTyping(false);
    this.#told = 0;
  }
}
