// Files on their way into the next message: chosen, pasted or dropped, uploaded at once, each with its progress.
import { config } from "./config.js";
import { h, icon, iconButton } from "./dom.js";
import { upload } from "./requests.js";
import { t } from "./words.js";

const MOST = 15;
const MEGABYTE = 1_000_000;

export class Files {
  #rows = []; // {key, element, sent: {id, name, mime, size} | null, stop()}
  #input;
  #onChange;

  constructor({ onChange }) {
    this.#onChange = onChange;
    this.tray = h("ul.tray", { hidden: true });
    this.problem = h("p.problem", { role: "alert" });
    this.#input = h("input", { type: "file", multiple: true, hidden: true, accept: config.files?.accept, onchange: () => { this.add(this.#input.files); this.#input.value = ""; } });
    this.button = iconButton("clip", t("attach"), () => this.#input.click(), { hidden: !config.files });
  }

  get parts() { return [this.tray, this.problem, this.#input]; }
  get busy() { return this.#rows.some((row) => !row.sent); }
  get ready() { return this.#rows.filter((row) => row.sent).map((row) => row.sent); }

  // Those that are ready, for the message that now goes.
  take() {
    const taken = this.ready;
    this.#show(this.#rows.filter((row) => !row.sent));
    return taken;
  }

  clear() {
    this.#rows.forEach((row) => row.stop());
    this.#show([]);
  }

  add(list) {
    if (!config.files) return;
    this.problem.textContent = "";
    for (const file of [...list].slice(0, MOST - this.#rows.length)) {
      if (file.size > config.files.bytes) this.problem.textContent = t("file_large", { name: file.name, n: config.files.bytes / MEGABYTE });
      else this.#begin(file);
    }
  }

  #begin(file) {
    const bar = h("progress", { max: 1, value: 0, "aria-label": t("uploading", { name: file.name }) });
    const row = { sent: null };
    row.element = h("li", {}, icon("file"), h("span.name", { dir: "auto" }, file.name), bar, iconButton("close", t("remove", { name: file.name }), () => this.#drop(row)));
    const { done, stop } = upload("files", file, (share) => { bar.value = share; });
    row.stop = stop;
    this.#show([...this.#rows, row]);
    done.then((sent) => { row.sent = sent; bar.remove(); this.#onChange(); }, (problem) => {
      if (!this.#rows.includes(row)) return;
      this.problem.textContent = problem?.detail ?? t("file_failed", { name: file.name });
      this.#show(this.#rows.filter((one) => one !== row));
    });
  }

  #drop(row) {
    row.stop();
    this.#show(this.#rows.filter((one) => one !== row));
    this.button.focus();
  }

  #show(rows) {
    this.#rows = rows;
    this.tray.hidden = !rows.length;
    this.tray.replaceChildren(...rows.map((row) => row.element));
    this.#onChange();
  }
}

// Files dropped anywhere on the panel, while `isWanted` says so.
export function acceptDrops(panel, files, isWanted) {
  for (const name of ["dragover", "drop"]) panel.addEventListener(name, (event) => {
    if (!config.files || !isWanted() || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    panel.dataset.drop = name === "dragover" ? t("drop") : "";
    if (name === "drop") files.add(event.dataTransfer.files);
  });
  panel.addEventListener("dragleave", (event) => { if (!panel.contains(event.relatedTarget)) panel.dataset.drop = ""; });
}
