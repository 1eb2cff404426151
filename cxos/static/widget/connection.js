// To the server and back: a socket, opened again after every loss with a growing, jittered pause; requests instead where
// no socket comes about. Whatever was missed is asked for by the last id; whatever was not taken is sent again.
import { config } from "./config.js";
import { forget, remembered } from "./memory.js";

const ANSWER_WITHIN = 10_000;
const SILENCE = 40_000;
const POLL = 4_000;
const PERMANENT = new Set([4403, 4404]);

export class Connection {
  #chat;
  #context;
  #identity;
  #socket = null;
  #attempt = 0;
  #everOpen = false;
  #welcomed = false;
  #timer = 0;
  #silence = 0;
  #polling = false;
  #receipts = { received: 0, read: 0 };

  constructor(chat, context) {
    this.#chat = chat;
    this.#context = context;
  }

  start({ identity } = {}) {
    this.#identity = identity;
    addEventListener("online", () => this.#retryNow());
    addEventListener("offline", () => this.#chat.setOnline(false));
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.#isOpen) this.#retryNow(); });
    this.#open();
  }

  // Somebody has signed in to the site, or out of it.
  become(identity) {
    this.#identity = identity;
    if (!identity) forget();
    // What was said before signing in goes along; what somebody else said does not.
    this.#chat.reset({ keepUnsent: Boolean(identity) && !this.#chat.visitor.known });
    this.#welcomed = false;
    this.#retryNow();
  }

  say(message) {
    const { client_id, text, form } = message;
    const said = { client_id, text, form, context: this.#context() };
    if (this.#isOpen && this.#welcomed) this.#send({ say: said });
    else if (this.#polling) this.#post("messages", said).then(() => this.#chat.accepted(message), (problem) => this.#refused(message, problem));
    else return void this.#chat.waiting(client_id);
    setTimeout(() => {
      if (!this.#chat.pending.some((one) => one.client_id === client_id && one.state === "sending")) return;
      this.#chat.waiting(client_id);
      this.#socket?.close(); // it swallowed a message: it only looks open
    }, ANSWER_WITHIN);
  }

  earlier() {
    const before = this.#chat.messages[0]?.id;
    if (!before) return;
    if (this.#isOpen) this.#send({ before });
    else this.#get(`messages?before=${before}`).then((page) => this.#chat.earlier(page), () => {});
  }

  look() { this.#send({ after: this.#chat.lastId }); }

  typing(on) {
    if (this.#isOpen) this.#send({ typing: on });
    else if (this.#polling) this.#post("typing", { on }).catch(() => {});
  }

  receipt(kind, id) {
    if (!id || id <= this.#receipts[kind]) return;
    this.#receipts[kind] = id;
    if (this.#isOpen) this.#send({ [kind]: id });
    else if (this.#polling) this.#post("receipts", { [kind]: id }).catch(() => {});
  }

  tell(message, path, body) {
    if (this.#isOpen) this.#send(message);
    else this.#post(path, body).catch(() => {});
  }

  // --- The socket

  get #isOpen() { return this.#socket?.readyState === WebSocket.OPEN; }

  #open() {
    clearTimeout(this.#timer);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const url = new URL(config.socket, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = (this.#socket = new WebSocket(url));
    socket.onopen = () => {
      const after = this.#chat.loaded ? this.#chat.lastId : undefined;
      this.#send({ hello: { token: remembered().token, identity: this.#identity, after } });
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#lost(code);
  }

  #send(message) { if (this.#isOpen) this.#socket.send(JSON.stringify(message)); }

  #hear(message) {
    this.#listen();
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
    this.#attempt = 0;
    this.#polling = false;
    this.#receipts = { received: 0, read: 0 };
    chat.setOnline(true);
    chat.unsent.forEach((one) => { chat.retry(one.client_id); this.say(one); });
  }

  // A connection can die without a word: after a silence we ask, and take no answer for the end.
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.look();
      this.#silence = setTimeout(() => this.#socket?.close(), ANSWER_WITHIN);
    }, SILENCE);
  }

  #lost(code) {
    clearTimeout(this.#silence);
    this.#welcomed = false;
    if (PERMANENT.has(code)) return void this.#chat.setOnline(false);
    this.#attempt += 1;
    if (!this.#everOpen && this.#attempt >= 3) this.#poll();
    if (!this.#polling) this.#chat.setOnline(false);
    // Half of the pause is chance, so that a restarted server is not met by everyone at once.
    const pause = Math.min(30_000, 500 * 2 ** this.#attempt);
    this.#timer = setTimeout(() => this.#open(), pause / 2 + (Math.random() * pause) / 2);
  }

  #retryNow() {
    this.#attempt = 0;
    const old = this.#socket;
    this.#socket = null;
    if (old) { old.onclose = null; old.close(); }
    this.#open();
  }

  // --- Without a socket

  async #poll() {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#polling) {
      try {
        const chat = this.#chat;
        if (chat.loaded) chat.news(await this.#get(`messages?after=${chat.lastId}`));
        else chat.welcome(await this.#post("session", { token: remembered().token, identity: this.#identity }), { fresh: true });
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

  #get(path) { return this.#request(path, {}); }
  #post(path, body) { return this.#request(path, { method: "POST", body: JSON.stringify(body) }); }

  async #request(path, options) {
    const token = remembered().token;
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(config.api + path, { ...options, headers, credentials: "omit" });
    const body = await response.json();
    if (response.ok) return body;
    throw response.status < 500 ? body : new Error(response.status);
  }
}
