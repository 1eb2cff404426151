// The first screen: a greeting, who is there, and the way into the conversation.
import { config } from "./config.js";
import { avatar, h, icon } from "./dom.js";
import { awayText, t, time, when } from "./words.js";

export class Home {
  #chat;
  #onStart;
  #help;
  #mark = "";
  #cards = h("div");

  constructor(chat, { onStart, help }) {
    this.#chat = chat;
    this.#onStart = onStart;
    this.#help = help;
    this.element = h("div.home", {}, this.#cards, help && help.element);
  }

  render() {
    const { outlook } = this.#chat.state;
    const last = this.#chat.pending.at(-1) ?? this.#chat.messages.at(-1);
    const name = this.#chat.visitor.name;
    const mark = JSON.stringify([outlook, last?.client_id, last?.id, name, this.#chat.state.agent, this.#chat.unread]);
    if (mark === this.#mark) return; // whoever is on the button stays there
    this.#mark = mark;
    const focused = this.#cards.contains(document.activeElement);
    this.#cards.replaceChildren(
      h("div.hero", {}, h("h1", {}, name ? t("greeting_name", { name: name.split(" ")[0] }) : t("greeting")), h("p", {}, outlook.online ? t("intro") : awayText())),
      h("div.cards", {},
        last ? this.#conversationCard(last) : this.#startCard(outlook),
        h("p.presence", { "data-online": String(outlook.online) }, h("i"), outlook.online ? t("online") : t("offline"), !outlook.online && outlook.opens_at && ` · ${t("opens", { when: when(outlook.opens_at) })}`)),
    );
    if (focused) this.focus();
  }

  focus() { if (!this.#help || !this.#help.focusBack()) this.#cards.querySelector("button")?.focus({ preventScroll: true }); }

  #startCard(outlook) {
    return h("button.card", { type: "button", onclick: this.#onStart },
      h("span.card-words", {}, h("strong", {}, t("start")), h("small", {}, outlook.online ? t("reply_time") : t("offline"))), icon("send"));
  }

  #conversationCard(last) {
    const agent = this.#chat.state.agent?.name || last.name || config.name;
    const unread = this.#chat.unread;
    const said = last.text || t("file_only");
    return h("button.card", { type: "button", onclick: this.#onStart },
      avatar(agent),
      h("span.card-words", {}, h("strong", {}, t("continue")), h("small", { dir: "auto" }, last.from === "customer" || !last.from ? `${t("you")}: ${said}` : said)),
      h("span.card-end", {}, h("time", { datetime: last.at }, time(last.at)), unread > 0 && h("b.badge", { "aria-label": t("unread", { n: unread }) }, String(unread))));
  }
}
