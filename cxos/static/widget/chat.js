// The chat as this page knows it: messages of the server, messages on their way, how the conversation stands.
// Events: "change" (anything), "arrived" (detail: new messages of ours), "identity" (another visitor than before).
import { remember, remembered } from "./memory.js";

const STAFF = new Set(["agent", "bot"]);
const BRIEFLY = 60_000; // a message that was taken stands in the thread before that
const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

export class Chat extends EventTarget {
  messages = [];
  pending = []; // {client_id, text, form, files, attachments, at, state: "sending" | "waiting" | "accepted" | "failed", problem}
  state = { status: "new", agent: null, seen_at: null, outlook: { online: true } };
  visitor = { known: false, name: "" };
  more = false;
  loaded = false;
  online = true;
  typing = null; // name of who types
  #typingTimer = 0;
  #tabs = new BroadcastChannel(`cxos.chat.${location.pathname}`);

  constructor() {
    super();
    this.pending = (remembered().pending ?? []).flatMap((one) => {
      if (one.state === "accepted") return Date.now() - Date.parse(one.at) < BRIEFLY ? [one] : [];
      return [{ ...one, state: one.state === "failed" ? "failed" : "waiting" }];
    });
    this.#tabs.onmessage = ({ data }) => this.#fromOtherTab(data);
  }

  get lastId() { return this.messages.at(-1)?.id ?? 0; }
  get lastFromStaff() { return this.messages.findLast((one) => STAFF.has(one.from))?.id ?? 0; }
  get readId() { return remembered().readId ?? 0; }
  get unread() { return this.messages.filter((one) => STAFF.has(one.from) && one.id > this.readId && !one.read).length; }
  get isEmpty() { return !this.messages.length && !this.pending.length; }

  // --- From the server

  welcome({ token, visitor, messages, more, state }, { fresh }) {
    remember({ token });
    this.visitor = visitor;
    if (fresh) { this.messages = []; this.more = more; }
    this.loaded = true;
    this.#merge(messages, { silent: fresh });
    this.#stand(state);
  }

  news({ messages, state }) {
    this.#merge(messages, { silent: false });
    this.#stand(state);
  }

  earlier({ messages, more }) {
    this.more = more;
    this.#merge(messages, { silent: true });
    this.#changed();
  }

  accepted({ client_id: id }) { this.#mark(id, "accepted"); }
  refused({ client_id: id, message }) { this.#mark(id, "failed", message); }

  someoneTypes({ name, on }) {
    clearTimeout(this.#typingTimer);
    this.typing = on ? name : null;
    if (on) this.#typingTimer = setTimeout(() => { this.typing = null; this.#changed(); }, 6_000);
    this.#changed();
  }

  #merge(messages, { silent }) {
    const known = new Set(this.messages.map((one) => one.id));
    const fresh = messages.filter((one) => !known.has(one.id));
    if (!fresh.length) return;
    this.messages = [...this.messages, ...fresh].sort((one, other) => one.id - other.id);
    const arrived = new Set(fresh.map((one) => one.client_id).filter(Boolean));
    this.#setPending(this.pending.filter((one) => !arrived.has(one.client_id)));
    const ours = fresh.filter((one) => STAFF.has(one.from));
    if (ours.length && ours.at(-1).from === "agent") this.typing = null;
    if (ours.length && !silent) this.dispatchEvent(new CustomEvent("arrived", { detail: ours }));
  }

  #stand(state) {
    this.state = state;
    this.#changed();
  }

  // --- From the visitor

  say(text, { form, files = [] } = {}) {
    const message = { client_id: newId(), text, form, files: files.map((one) => one.id), attachments: files, at: new Date().toISOString(), state: "sending" };
    this.#setPending([...this.pending, message]);
    this.#tabs.postMessage({ said: message });
    this.#changed();
    return message;
  }

  // Everything that no server has yet taken; sent again with the same ids, so that nothing arrives twice.
  get unsent() { return this.pending.filter((one) => one.state === "waiting" || one.state === "sending"); }

  retry(id) { this.#mark(id, "sending"); }
  waiting(id) { this.#mark(id, "waiting"); }

  markRead(id) {
    if (id <= this.readId) return false;
    remember({ readId: id });
    this.#tabs.postMessage({ readId: id });
    this.#changed();
    return true;
  }

  setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    if (!online) this.pending.forEach((one) => { if (one.state === "sending") one.state = "waiting"; });
    this.#changed();
  }

  // Another visitor on this browser: nothing of the one before stays on the page.
  reset({ keepUnsent = false } = {}) {
    this.messages = [];
    this.more = this.loaded = false;
    this.state = { status: "new", agent: null, seen_at: null, outlook: { online: true } };
    this.#setPending(keepUnsent ? this.unsent : []);
    this.dispatchEvent(new Event("identity"));
    this.#changed();
  }

  #mark(id, state, problem = "") {
    const message = this.pending.find((one) => one.client_id === id);
    if (!message || (state === "waiting" && message.state !== "sending")) return;
    Object.assign(message, { state, problem });
    this.#setPending(this.pending);
    this.#changed();
  }

  #setPending(pending) {
    this.pending = pending;
    remember({ pending }); // also what the server has taken: a page loaded now may not hear of it for a moment
  }

  #fromOtherTab({ said, readId }) {
    if (said && !this.pending.some((one) => one.client_id === said.client_id)) this.pending = [...this.pending, { ...said, state: "accepted" }];
    if (readId) remember({ readId: Math.max(readId, this.readId) });
    this.#changed();
  }

  #changed() { this.dispatchEvent(new Event("change")); }
}
