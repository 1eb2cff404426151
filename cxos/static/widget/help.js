// Help on the first screen: a search over the site's articles, and one article with "Did this help?".
import { config } from "./config.js";
import { h, icon } from "./dom.js";
import { nodesOf } from "./markup.js";
import { get, post } from "./requests.js";
import { t } from "./words.js";

const PAUSE = 250;
const LISTS = { ul: "li", ol: "li" };

export class Help {
  #asked = 0;
  #timer = 0;
  #onOpen;
  #onAsk;
  #opened = null; // the row one came by

  constructor({ onOpen, onAsk }) {
    this.#onOpen = onOpen;
    this.#onAsk = onAsk;
    this.field = h("input", { type: "search", "aria-label": t("help"), placeholder: t("help"), maxlength: 200, autocomplete: "off", oninput: () => this.#later() });
    this.list = h("ul", { "aria-live": "polite" });
    this.element = h("section.help", { "aria-label": t("help_title") }, h("h2", {}, t("help_title")), this.field, this.list);
    this.article = h("article.article");
    this.#find();
  }

  focus() { this.article.querySelector("h1")?.focus({ preventScroll: true }); }

  // Back on the first screen: where one was.
  focusBack() {
    const row = this.#opened;
    this.#opened = null;
    if (row?.isConnected) row.focus({ preventScroll: true });
    return Boolean(row);
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), PAUSE);
  }

  async #find() {
    const number = (this.#asked += 1), words = this.field.value.trim();
    try {
      const { articles } = await get(`help?q=${encodeURIComponent(words)}&language=${config.language}`);
      if (number !== this.#asked) return; // a later question was faster
      this.element.hidden = !articles.length && !words;
      const rows = articles.map((one) => h("li", {}, h("button", { type: "button", onclick: ({ currentTarget }) => this.#open(one, currentTarget) }, h("span", { dir: "auto" }, one.title), icon("next"))));
      this.list.replaceChildren(...(rows.length ? rows : [h("li.none", {}, t("help_none"))]));
    } catch { /* what is shown stays */ }
  }

  async #open({ id }, row) {
    try {
      const { title, language, blocks } = await get(`help/${id}`);
      this.#opened = row;
      this.article.lang = language;
      this.article.replaceChildren(h("h1", { tabindex: -1, dir: "auto" }, title), ...blocks.map(shown), this.#question(id));
      this.article.scrollTop = 0;
      this.#onOpen();
    } catch { this.#find(); }
  }

  #question(id) {
    const place = h("div.helped", { role: "group", "aria-label": t("helped") });
    const answer = (helped) => {
      post(`help/${id}`, { helped }).catch(() => {}); // thanked all the same: asking twice would help nobody
      place.replaceChildren(h("p", { role: "status" }, t("helped_thanks")), helped ? "" : h("button.quiet", { type: "button", onclick: () => this.#onAsk() }, t("help_ask")));
      place.querySelector("button")?.focus();
    };
    place.append(h("p", {}, t("helped")), h("button.quiet", { type: "button", onclick: () => answer(true) }, t("yes")), h("button.quiet", { type: "button", onclick: () => answer(false) }, t("no")));
    return place;
  }
}

function shown({ kind, lines }) {
  if (kind === "code") return h("pre", {}, h("code", {}, lines.join("\n")));
  if (LISTS[kind]) return h(kind, {}, lines.map((line) => h("li", { dir: "auto" }, nodesOf(line))));
  const tag = { quote: "blockquote", h2: "h2", h3: "h3", h4: "h4" }[kind] ?? "p";
  return h(tag, { dir: "auto" }, lines.flatMap((line, at) => (at ? [h("br"), ...nodesOf(line)] : nodesOf(line))));
}
