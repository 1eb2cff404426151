// A socket that comes back: opened again after every loss with a growing, jittered pause, and taken for dead after a silence.
import { config } from "./config.js";

export const ANSWER_WITHIN = 10_000;
const SILENCE = 40_000;
const PERMANENT = new Set([4403, 4404]);

export class Transport {
  #on;
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #silence = 0;

  // `on`: { opened(), heard(message), lost({ attempt, final }), silent() }
  constructor(on) { this.#on = on; }

  get isOpen() { return this.#socket?.readyState === WebSocket.OPEN; }

  send(message) { if (this.isOpen) this.#socket.send(JSON.stringify(message)); }

  drop() { this.#socket?.close(); }

  // The server has answered: the next loss starts with a short pause again.
  settled() { this.#attempt = 0; }

  open() {
    clearTimeout(this.#timer);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const url = new URL(config.socket, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = (this.#socket = new WebSocket(url));
    socket.onopen = () => this.#on.opened();
    socket.onmessage = ({ data }) => { this.#listen(); this.#on.heard(JSON.parse(data)); };
    socket.onclose = ({ code }) => socket === this.#socket && this.#lost(code);
  }

  reopen() {
    this.#attempt = 0;
    const old = this.#socket;
    this.#socket = null;
    if (old) { old.onclose = null; old.close(); }
    this.open();
  }

  // A connection can die without a word: after a silence we ask, and take no answer for the end.
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#on.silent();
      this.#silence = setTimeout(() => this.drop(), ANSWER_WITHIN);
    }, SILENCE);
  }

  #lost(code) {
    clearTimeout(this.#silence);
    const final = PERMANENT.has(code);
    if (!final) this.#attempt += 1;
    this.#on.lost({ attempt: this.#attempt, final });
    if (final) return;
    // Half of the pause is chance, so that a restarted server is not met by everyone at once.
    const pause = Math.min(30_000, 500 * 2 ** this.#attempt);
    this.#timer = setTimeout(() => this.open(), pause / 2 + (Math.random() * pause) / 2);
  }
}
