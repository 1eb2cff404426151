// One socket per page. It brings hints {"region": name, "version": n}; the page then asks the ordinary view again
// (data-url) and morphs the answer in. After a lost connection every region is asked again, so nothing depends on a
// hint having arrived. Without a socket the page works as well; it is only not live.
//
// Events on document: "live:message" (a message without region; detail = the message), "live:open", "live:lost".
// Send with the event "live:send" (detail = what to send); it is dropped while there is no connection.

const address = document.querySelector('meta[name="live-url"]')?.content;
const banner = document.getElementById("connection");
const HEARTBEAT = 25_000;
const GAP = 200; // at most five fetches a second per region
const states = new WeakMap(); // element → {busy, again, last}
let socket = null;
let attempt = 0;
let timer = 0;
let beat = 0;
let bannerTimer = 0;
let wasOpen = false;
let leaving = false;

const regions = (name) => document.querySelectorAll(name ? `[data-region="${CSS.escape(name)}"]` : "[data-region]");

async function refetch(element) {
  const state = states.get(element) ?? { busy: false, again: false, last: 0 };
  states.set(element, state);
  if (document.hidden && !element.hasAttribute("data-eager")) return void (state.stale = true);
  if (state.busy) return void (state.again = true);
  state.busy = true;
  state.again = state.stale = false;
  const rest = state.last + GAP - Date.now();
  if (rest > 0) await new Promise((done) => setTimeout(done, rest));
  state.last = Date.now();
  try {
    if (element.isConnected) await window.htmx.ajax("GET", element.dataset.url, { source: element, target: element, swap: "morph" });
  } finally {
    state.busy = false;
    if (state.again && element.isConnected) refetch(element);
  }
}

function receive(message) {
  if (!message.region) return document.dispatchEvent(new CustomEvent("live:message", { detail: message }));
  for (const element of regions(message.region)) {
    if (message.version && Number(element.dataset.version ?? -1) >= message.version) continue;
    refetch(element);
  }
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function showLost(lost) {
  clearTimeout(bannerTimer);
  document.documentElement.toggleAttribute("data-offline", lost);
  if (lost) bannerTimer = setTimeout(() => banner && (banner.hidden = false), 2_000);
  else if (banner) banner.hidden = true;
}

function open() {
  clearTimeout(timer);
  if (!address || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.onopen = () => {
    attempt = 0;
    showLost(false);
    document.dispatchEvent(new CustomEvent("live:open"));
    if (wasOpen) regions().forEach(refetch);
    wasOpen = true;
    clearInterval(beat);
    beat = setInterval(() => send({ type: "ping" }), HEARTBEAT);
  };
  socket.onmessage = (event) => {
    try { receive(JSON.parse(event.data)); } catch (error) { console.warn("A live message could not be read.", error); }
  };
  socket.onclose = (event) => {
    clearInterval(beat);
    if (leaving) return;
    if (event.code === 4401) return; // logged out: the next request says so
    document.dispatchEvent(new CustomEvent("live:lost"));
    if (wasOpen || attempt > 1) showLost(true);
    // Half of the pause is chance, so that a restarted server is not met by everyone at once.
    const pause = Math.min(30_000, 500 * 2 ** attempt++);
    timer = setTimeout(open, pause / 2 + Math.random() * (pause / 2));
  };
}

document.addEventListener("live:send", (event) => send(event.detail));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (socket?.readyState === WebSocket.CLOSED) open();
  regions().forEach((element) => states.get(element)?.stale && refetch(element));
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-reconnect]")) return;
  attempt = 0;
  open();
});
addEventListener("online", () => { attempt = 0; open(); });
addEventListener("pagehide", () => { leaving = true; socket?.close(); });
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  open();
  regions().forEach(refetch);
});
open();
