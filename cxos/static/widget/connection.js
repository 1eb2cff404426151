// To the server and back: by a socket that comes back, by requests where none comes about. Whatever was missed is asked for
// by the last id; whatever was not taken is sent again.
import { forget, remembered } from "./memory.js";
import { get, post } from "./requests.js";
import { ANSWER_WITHIN, Transport } from "./transport.js";

const POLL = 4_000;

export class Connection {
  #chat;
  #context;
  #identity;
  #transport;
  #everOpen = false;
  #welcomed = false;
  #polling = false;
  #receipts = { received: 0, read: 0 };

  constructor(chat, context) {
    this.#chat = chat;
    this.#context = context;
    this.#transport = new Transport({
      opened: () => this.#hello(), heard: (message) => this.#hear(message), lost: (loss) => this.#lost(loss), silent: () => this.look(),
    });
  }

  start({ identity } = {}) {
    this.#identity = identity;
    addEventListener("online", () => this.#transport.reopen());
    addEventListener("offline", () => this.#chat.setOnline(false));
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.#transport.isOpen) this.#transport.reopen(); });
    this.#transport.open();
  }

  // Somebody has signed in to the site, or out of it.
  become(identity) {
    this.#identity = identity;
    if (!identity) forget();
    // What was said before signing in goes along; what somebody else said does not.
    this.#chat.reset({ keepUnsent: Boolean(identity) && !this.#chat.visitor.known });
    this.#welcomed = false;
    this.#transport.reopen();
  }

  say(message) {
    const { client_id, text, files, form } = message;
    const said = { client_id, text, files, form, context: this.#context() };
    if (this.#transport.isOpen && this.#welcomed) this.#transport.send({ say: said });
    else if (this.#polling) post("messages", said).then(() => this.#chat.accepted(message), (problem) => this.#refused(message, problem));
    else return void this.#chat.waiting(client_id);
    setTimeout(() => {
      if (!this.#chat.pending.some((one) => one.client_id === client_id && one.state === "sending")) return;
      this.#chat.waiting(client_id);
      this.#transport.drop(); // it swallowed a message: it only looks open
    }, ANSWER_WITHIN);
  }

  earlier() {
    const before = this.#chat.messages[0]?.id;
    if (!before) return;
    if (this.#transport.isOpen) this.#transport.send({ before });
    else get(`messages?before=${before}`).then((page) => this.#chat.earlier(page), () => {});
  }

  look() { this.#transport.send({ after: this.#chat.lastId }); }

  typing(on) {
    if (this.#transport.isOpen) this.#transport.send({ typing: on });
    else if (this.#polling) post("typing", { on }).catch(() => {});
  }

  receipt(kind, id) {
    if (!id || id <= this.#receipts[kind]) return;
    this.#receipts[kind] = id;
    if (this.#transport.isOpen) this.#transport.send({ [kind]: id });
    else if (this.#polling) post("receipts", { [kind]: id }).catch(() => {});
  }

  tell(message, path, body) {
    if (this.#transport.isOpen) this.#transport.send(message);
    else post(path, body).catch(() => {});
  }

  // --- The socket

  #hello() {
    const after = this.#chat.loaded ? this.#chat.lastId : undefined;
    this.#transport.send({ hello: { token: remembered().token, identity: this.#identity, after } });
  }

  #hear(message) {
    const chat = this.#chat;
    if (message.welcome) this.#enter(message.welcome);
    else if (message.news) chat.news(message.news);
    else if (message.earlier) chat.earlier(message.earlier);
    else if (message.accepted) chat.accepted(message.accepted);
    else if (message.typing) chat.someoneTypes(message.typing);
    else if (message.refused?.client_id) chat.refused(message.refused);
    else if (message.refused) this.#identity = undefined; // a wrong identity: go on without
    else if (message.paused) this.#poll();
  }

  #enter(welcome) {
    const chat = this.#chat;
    chat.welcome(welcome, { fresh: !chat.loaded });
    this.#everOpen = this.#welcomed = true;
    this.#transport.settled();
    this.#polling = false;
    this.#receipts = { received: 0, read: 0 };
    chat.setOnline(true);
    chat.unsent.forEach((one) => { chat.retry(one.client_id); this.say(one); });
  }

  #lost({ attempt, final }) {
    this.#welcomed = false;
    if (!final && !this.#everOpen && attempt >= 3) this.#poll();
    if (final || !this.#polling) this.#chat.setOnline(false);
  }

  // --- Without a socket

  async #poll() {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#polling) {
      try {
        const chat = this.#chat;
        if (chat.loaded) chat.news(await get(`messages?after=${chat.lastId}`));
        else chat.welcome(await post("session", { token: remembered().token, identity: this.#identity }), { fresh: true });
        chat.setOnline(true);
        chat.unsent.filter((one) => one.state === "waiting").forEach((one) => { chat.retry(one.client_id); this.say(one); });
      } catch {
        this.#chat.setOnline(false);
      }
      await new Promise((done) => setTimeout(done, POLL));
    }
  }

  #refused(message, problem) {
    if (problem?.detail) this.#chat.refused({ client_id: message.client_id, message: problem.detail });
    else this.#chat.waiting(message.client_id);
  }
}
