// To the page around us, through a channel it hands over once: no other window can speak on it. Without a page around us
// (the chat opened by itself) everything works but the launcher.
import { config } from "./config.js";
import { remember, remembered } from "./memory.js";

export class Bridge extends EventTarget {
  open = window.parent === window;
  focus = false; // whether opening it was meant to take the focus
  page = { url: "", title: "", referrer: "" };
  identity;
  #port = null;

  // Resolves when the page around us has said what it knows; after two seconds without a word we go on alone.
  connect() {
    if (window.parent === window) return Promise.resolve();
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, 2_000);
      addEventListener("message", ({ source, origin, data, ports }) => {
        if (this.#port || source !== window.parent || !config.origins.includes(origin) || data?.cxos !== "init") return;
        clearTimeout(patience);
        this.#begin(data, ports[0]);
        resolve();
      });
      window.parent.postMessage({ cxos: "ready" }, "*"); // says nothing that anybody may not know
    });
  }

  tell(message) { this.#port?.postMessage(message); }

  #begin({ token, identity, open, focus, page }, port) {
    this.#port = port;
    this.open = Boolean(open);
    this.focus = Boolean(focus);
    this.page = page ?? this.page;
    this.identity = identity;
    if (token !== undefined && token !== null) remember({ token });
    else if (token === null) remember({ token: undefined });
    port.onmessage = ({ data }) => {
      if (data.page) this.page = data.page;
      if (data.open !== undefined) { this.open = data.open; this.focus = Boolean(data.focus); this.dispatchEvent(new Event("open")); }
      if (data.identity !== undefined || data.reset) this.dispatchEvent(new CustomEvent("identity", { detail: data.identity }));
    };
    this.tell({ token: remembered().token });
  }
}
