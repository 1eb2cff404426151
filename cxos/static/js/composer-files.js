// The files of a draft: pasted, dropped or picked; uploaded at once, one request each, with progress. Each mode has a tray
// of its own, of which only the one on the page goes along with what is sent.

const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const make = (tag, more = {}) => Object.assign(document.createElement(tag), more);
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const complain = (message) => document.dispatchEvent(new CustomEvent("toast", { detail: { tone: "error", message } }));

export class Tray {
  #uploads = { reply: new Set(), note: new Set() };
  #lists;

  constructor(composer, files, signal) {
    this.composer = composer;
    this.list = composer.querySelector(".ws-tray");
    this.#lists = { reply: this.list, note: this.list.cloneNode() };
    this.mode = "reply";
    this.show(files);
    const pick = composer.querySelector("#composer-pick");
    composer.querySelector("[data-pick]").addEventListener("click", () => pick.click(), { signal });
    pick.addEventListener("change", () => { this.add(pick.files); pick.value = ""; }, { signal });
    composer.text.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    }, { signal });
    this.#takeDrops(document.getElementById("open") ?? composer, signal);
  }

  // Anywhere in the conversation: one need not aim.
  #takeDrops(place, signal) {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    place.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.composer.toggleAttribute("data-dropping", true);
    }, { signal });
    place.addEventListener("dragleave", (event) => !place.contains(event.relatedTarget) && this.composer.removeAttribute("data-dropping"), { signal });
    place.addEventListener("drop", (event) => {
      this.composer.removeAttribute("data-dropping");
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    }, { signal });
  }

  get isBusy() { return this.#uploads[this.mode].size > 0; }
  get count() { return this.list.children.length; }
  holds(mode) { return this.#lists[mode].children.length > 0; }
  whenDone() { return Promise.allSettled([...this.#uploads[this.mode]]); }
  clear(mode) { this.#lists[mode].replaceChildren(); }

  switch(mode) {
    this.list.replaceWith(this.#lists[mode]);
    [this.mode, this.list] = [mode, this.#lists[mode]];
  }

  // What the server says is in the drafts; what is being uploaded stays.
  show(files) {
    for (const [mode, list] of Object.entries(this.#lists)) {
      const own = files.filter((file) => file.mode === mode);
      for (const row of [...list.querySelectorAll("li[data-file]")]) if (!own.some((file) => file.id === row.dataset.file)) row.remove();
      for (const file of own) if (!list.querySelector(`li[data-file="${CSS.escape(file.id)}"]`)) this.#finish(this.#row(file.name, list), file);
    }
  }

  add(files) {
    const { maxBytes, maxFiles } = this.composer.dataset, under = this.#uploads[this.mode];
    for (const file of files) {
      if (this.count >= Number(maxFiles)) return complain(this.list.dataset.tooMany);
      if (file.size > Number(maxBytes)) { complain(`${file.name}: ${this.list.dataset.tooLarge} (${size(Number(maxBytes))})`); continue; }
      const upload = this.#upload(file).finally(() => under.delete(upload));
      under.add(upload);
    }
  }

  #row(name, list) {
    const row = make("li", { className: "ws-chip" });
    row.append(make("span", { className: "ws-chip-name", textContent: name, dir: "auto" }));
    list.append(row);
    return row;
  }

  #upload(file) {
    const row = this.#row(file.name, this.list);
    const bar = make("progress", { max: 1, value: 0 });
    bar.setAttribute("aria-label", file.name);
    row.append(bar);
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("mode", this.mode);
    body.append("file", file, file.name);
    return new Promise((done) => {
      const fail = () => {
        row.remove();
        let words = this.list.dataset.failed;
        try { words = JSON.parse(request.responseText).message ?? words; } catch { /* no answer, or none of ours */ }
        complain(words);
        done();
      };
      request.upload.onprogress = (event) => { bar.value = event.loaded / event.total; };
      request.onload = () => {
        if (request.status !== 200) return fail();
        bar.remove();
        this.#finish(row, JSON.parse(request.responseText));
        done();
      };
      request.onerror = request.onabort = fail;
      request.open("POST", `${this.composer.dataset.base}files/`);
      request.setRequestHeader("X-CSRFToken", csrf());
      request.send(body);
    });
  }

  #finish(row, file) {
    row.dataset.file = file.id;
    if (file.mime.startsWith("image/")) row.prepend(make("img", { src: `/workspace/files/${file.id}/`, alt: "", loading: "lazy" }));
    const remove = make("button", { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `${this.list.dataset.remove}: ${file.name}`);
    remove.addEventListener("click", () => {
      row.remove();
      this.composer.text.focus();
      fetch(`${this.composer.dataset.base}files/${file.id}/remove/`, { method: "POST", headers: { "X-CSRFToken": csrf() } });
    });
    row.append(make("small", { textContent: size(file.size) }), make("input", { type: "hidden", name: "file", value: file.id }), remove);
  }
}
