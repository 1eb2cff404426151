// The messages: a log that screen readers follow, kept at its end while the visitor is there.
import { avatar, h, icon } from "./dom.js";
import { attachmentsOf } from "./attachments.js";
import { isEmoji, nodesOf } from "./markup.js";
import { day, dayKey, t, time } from "./words.js";

const NEAR_END = 80;
const GROUP = 5 * 60_000; // messages of one author within five minutes stand together

export class Thread {
  #chat;
  #rows = new Map(); // key → {element, mark}
  #onEarlier;
  #onRetry;
  #firstNew = 0;
  #stays = true; // at the end, also when what stands below grows

  constructor(chat, { onEarlier, onRetry }) {
    this.#chat = chat;
    this.#onEarlier = onEarlier;
    this.#onRetry = onRetry;
    this.list = h("div.log", { role: "log", "aria-label": t("log"), "aria-live": "off", tabindex: "0" });
    this.pill = h("button.to-end", { type: "button", hidden: true, onclick: () => this.toEnd() }, icon("down"), t("new"));
    this.element = h("div.thread", {}, this.list, this.pill);
    this.list.addEventListener("scroll", () => { this.#stays = this.atEnd; if (this.#stays) this.pill.hidden = true; }, { passive: true });
    new ResizeObserver(() => this.#stays && this.toEnd()).observe(this.list);
  }

  get atEnd() { return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_END; }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.#stays = this.pill.hidden = true;
  }

  // Where "new messages" begins: fixed when the thread is opened, so that the line does not run away while one reads.
  remark() { this.#firstNew = this.#chat.unread ? this.#chat.readId : 0; }

  render() {
    const wasAtEnd = this.atEnd;
    const [height, top] = [this.list.scrollHeight, this.list.scrollTop];
    const firstBefore = this.list.querySelector("[data-message]")?.dataset.message;
    const rows = this.#plan();
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { element }] of this.#rows) if (!wanted.has(key)) { element.remove(); this.#rows.delete(key); }
    let at = this.list.firstChild;
    let ownAdded = false;
    for (const row of rows) {
      let known = this.#rows.get(row.key);
      if (known?.mark !== row.mark) {
        const element = row.make();
        if (known) { if (known.element === at) at = element; known.element.replaceWith(element); } else ownAdded ||= row.own;
        known = { element, mark: row.mark };
        this.#rows.set(row.key, known);
      }
      if (known.element === at) at = at.nextSibling;
      else this.list.insertBefore(known.element, at);
    }
    const first = this.list.querySelector("[data-message]")?.dataset.message;
    if (firstBefore && first !== firstBefore && !wasAtEnd) this.list.scrollTop = top + this.list.scrollHeight - height;
    else if (wasAtEnd || ownAdded) this.toEnd();
    else if (this.list.scrollHeight > height) this.pill.hidden = false;
    if (this.#chat.loaded && this.list.getAttribute("aria-live") === "off") requestAnimationFrame(() => this.list.setAttribute("aria-live", "polite"));
  }

  // What stands in the log, each line with a key that stays and a mark that changes when it must be drawn anew.
  #plan() {
    const chat = this.#chat;
    const rows = [];
    if (chat.more) rows.push({ key: "earlier", mark: "", make: () => h("button.earlier", { type: "button", onclick: this.#onEarlier }, t("earlier")) });
    if (chat.loaded && chat.isEmpty) rows.push({ key: "empty", mark: "", make: () => h("p.empty", {}, t("empty")) });
    const all = [...chat.messages, ...chat.pending.map((one) => ({ ...one, from: "customer", pending: true }))];
    const lastOwn = all.findLast((one) => one.from === "customer");
    let before = null;
    let marked = !this.#firstNew;
    all.forEach((message, index) => {
      if (!before || dayKey(before.at) !== dayKey(message.at)) {
        rows.push({ key: `day-${dayKey(message.at)}`, mark: day(message.at), make: () => h("div.day", { role: "separator" }, h("span", {}, day(message.at))) });
        before = null;
      }
      if (!marked && message.id > this.#firstNew && message.from !== "customer") {
        marked = true;
        rows.push({ key: "new", mark: "", make: () => h("div.day.fresh", { role: "separator" }, h("span", {}, t("new"))) });
        before = null;
      }
      const starts = !belongs(before, message);
      const ends = !belongs(message, all[index + 1]);
      const status = message === lastOwn || message.state === "failed" ? this.#status(message) : "";
      const key = message.from === "customer" && message.client_id ? `c-${message.client_id}` : `m-${message.id}`;
      rows.push({ key, own: Boolean(message.pending), mark: `${starts}${ends}${status}`, make: () => this.#message(message, { starts, ends, status }) });
      before = message;
    });
    if (chat.typing !== null) rows.push({ key: "typing", mark: chat.typing, make: () => typingLine(chat.typing) });
    return rows;
  }

  #status(message) {
    if (message.pending) return { sending: "sending", waiting: "waiting", accepted: "sent", failed: "failed" }[message.state];
    const seen = this.#chat.state.seen_at;
    return seen && Date.parse(seen) >= Date.parse(message.at) ? "seen" : "delivered";
  }

  #message(message, { starts, ends, status }) {
    if (message.from === "joined") return h("p.event", { "data-message": message.id }, t("joined", { name: message.name }));
    const own = message.from === "customer";
    const name = own ? t("you") : message.name || (message.from === "bot" ? t("bot") : t("team"));
    const body = h("div.bubble", { dir: "auto", class: isEmoji(message.text) ? "bubble big" : "bubble" }, nodesOf(message.text), attachmentsOf(message));
    return h(`div.message${own ? ".own" : ""}${starts ? ".starts" : ""}${ends ? ".ends" : ""}`, { "data-message": message.id ?? message.client_id, "data-status": status },
      !own && starts && h("div.author", { "aria-hidden": "true" }, name),
      !own && ends && avatar(name, message.from),
      h("span.unseen", {}, `${name}, ${time(message.at)}: `),
      body,
      (ends || status) && h("div.meta", {}, h("time", { datetime: message.at }, time(message.at)), status && this.#statusLine(message, status)));
  }

  #statusLine(message, status) {
    const icons = { sending: "clock", waiting: "clock", sent: "tick", delivered: "ticks", seen: "ticks", failed: "alert" };
    return h("span.status", {}, icon(icons[status]), status === "failed" && message.problem ? message.problem : t(status),
      status === "failed" && h("button.retry", { type: "button", onclick: () => this.#onRetry(message) }, t("retry")));
  }
}

const belongs = (one, other) =>
  Boolean(one && other) && one.from === other.from && one.name === other.name && one.from !== "joined" &&
  dayKey(one.at) === dayKey(other.at) && Date.parse(other.at) - Date.parse(one.at) < GROUP;

function typingLine(name) {
  const said = t("typing", { name: name || t("someone") });
  return h("div.message.ends.starts.typing", {}, avatar(name || t("someone")), h("div.bubble", { role: "status", "aria-label": said }, h("i"), h("i"), h("i")));
}
