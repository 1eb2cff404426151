// The drafts of one composer. The server keeps them; this browser keeps only what the server has not confirmed yet, so
// that a lost connection or a closed lid costs no word.

const PAUSE = 600;
const page = Math.random().toString(36).slice(2, 12); // tells this page's own changes from those of another device

export class Drafts {
  #kept; // mode → {text, seen_id}
  #timer = 0;
  #unsaved = new Set();
  #turns = { reply: 0, note: 0 }; // of each mode's text here: written, saved, sent
  #flying = null;
  #cutOff = false;

  constructor(composer, kept, signal) {
    this.composer = composer;
    this.#kept = kept;
    this.saved = composer.querySelector("[data-saved]");
    for (const mode of ["reply", "note"]) {
      const local = localStorage.getItem(this.#key(mode));
      if (local !== null) { this.#kept[mode] = { ...this.#kept[mode], text: local }; this.#unsaved.add(mode); }
    }
    if (this.#unsaved.size) this.#later();
    const onSignal = ({ detail }) => detail.kind === "draft" && String(detail.conversation) === composer.dataset.conversation && detail.page !== page && this.refresh();
    document.addEventListener("live:signal", onSignal, { signal });
    document.addEventListener("live:open", () => this.flush().then(() => this.refresh()), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.flush(), { signal });
    addEventListener("pagehide", () => this.flush(), { signal });
    addEventListener("online", () => this.flush(), { signal });
  }

  of(mode) { return this.#kept[mode]?.text ?? ""; }
  seen(mode) { return this.#kept[mode]?.seen_id ?? 0; }
  know(mode, seen) { if (this.#kept[mode]) this.#kept[mode].seen_id = Number(seen); }
  #key(mode) { return `draft:${this.composer.dataset.me}:${this.composer.dataset.conversation}:${mode}`; }

  write(mode, text, seen) {
    this.#kept[mode] = { text, seen_id: this.of(mode) ? this.seen(mode) : Number(seen) };
    this.#turns[mode]++;
    this.#unsaved.add(mode);
    localStorage.setItem(this.#key(mode), text);
    this.saved.hidden = true;
    this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), PAUSE);
  }

  async flush() {
    clearTimeout(this.#timer);
    for (const mode of [...this.#unsaved]) await this.#save(mode);
  }

  async #save(mode) {
    const { text, seen_id: seen } = this.#kept[mode];
    this.#flying = new AbortController();
    const body = new URLSearchParams({ mode, text, seen, page });
    const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" };
    try {
      const url = `${this.composer.dataset.base}draft/`;
      const answer = await fetch(url, { method: "POST", body, headers, signal: this.#flying.signal, keepalive: String(body).length < 60_000, redirect: "error" });
      if (!answer.ok || this.of(mode) !== text || !this.#unsaved.has(mode)) return;
      this.#turns[mode]++;
      this.#unsaved.delete(mode);
      localStorage.removeItem(this.#key(mode));
      if (mode === this.composer.mode) this.saved.hidden = !text;
    } catch { /* it stays here, and is told again with the next word or the next connection */ } finally {
      this.#flying = null;
    }
  }

  // Nothing of what is just being sent may arrive after it.
  pause() {
    clearTimeout(this.#timer);
    this.#cutOff = Boolean(this.#flying);
    this.#flying?.abort();
  }

  ended(mode) {
    clearTimeout(this.#timer);
    this.#turns[mode]++;
    this.#unsaved.delete(mode);
    this.#kept[mode] = { text: "", seen_id: 0 };
    localStorage.removeItem(this.#key(mode));
    this.saved.hidden = true;
    if (this.#cutOff) { this.#cutOff = false; this.#save(mode); }
  }

  // What another device, or an undone reply, has made of it; what is typed here, or saved while we ask, is newer.
  async refresh() {
    const asked = { ...this.#turns };
    try {
      const answer = await fetch(`${this.composer.dataset.base}drafts/`, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok || !this.composer.isConnected) return;
      const { drafts, files } = await answer.json();
      for (const mode of ["reply", "note"]) {
        if (this.#unsaved.has(mode) || this.#turns[mode] !== asked[mode]) continue;
        const before = this.of(mode);
        this.#kept[mode] = drafts[mode] ?? { text: "", seen_id: 0 };
        if (mode === this.composer.mode && this.of(mode) !== before) this.composer.show(this.of(mode));
      }
      this.composer.tray.show(files);
    } catch { /* the next connection asks again */ }
  }
}
