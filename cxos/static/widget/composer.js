// Where the visitor writes: Enter sends, Shift+Enter makes a line; the draft survives a reload.
import { h, iconButton } from "./dom.js";
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
    this.element = h("form.composer", { onsubmit: (event) => { event.preventDefault(); this.#submit(); } }, this.field, this.button);
    this.field.value = remembered().draft ?? "";
    this.field.addEventListener("input", () => { this.#fit(); this.#tellTyping(); });
    this.field.addEventListener("blur", () => this.#tellStopped());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    requestAnimationFrame(() => this.#fit());
  }

  focus() { this.field.focus({ preventScroll: true }); }

  clear() { this.field.value = ""; this.#fit(); }

  #submit() {
    const text = this.field.value.trim();
    if (!text) return;
    this.field.value = "";
    this.#fit();
    this.#tellStopped();
    this.#onSay(text);
    this.focus();
  }

  #fit() {
    const { field } = this;
    field.dir = field.value ? "auto" : ""; // an empty field has no direction of its own
    field.style.blockSize = "auto";
    field.style.blockSize = `${Math.min(field.scrollHeight, 132)}px`;
    this.button.disabled = !field.value.trim();
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
