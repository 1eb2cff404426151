// One socket per page. It brings hints {"regions": [names], "version": n}; the page then asks the ordinary view again
// (data-url of every [data-region~=name]) and morphs the answer in. After a lost connection every region is asked again,
// so nothing depends on a hint having arrived. Without a socket the page works as well; it is only not live.
//
// Events on document: "live:signal" (detail {region, …}: who types, who looks), "live:open", "live:lost".
// Send with the event "live:send" (detail = the message); it is dropped while there is no connection. <html data-live> says
// that there is one. The server answers every heartbeat: a line that is silent for SILENCE is dead, whatever the socket says.

const meta = document.querySelector('meta[name="live-url"]');
const GAP = 200; // at most five fetches a second per region
const PATIENCE = 5_000; // what a region names in data-patient is asked for no sooner after its hint, and once for all till then
const SILENCE = 25_000; // two heartbeats without an answer, and a half
const states = new WeakMap(); // element → {busy, again, stale, overtaken, last}
const asked = new WeakMap(); // request → when it was sent, by performance.now()
let socket = null;
let subscribed = new Set();
let attempt = 0;
let timer = 0;
let heard = 0; // when the line last said something
let wasOpen = false;
let leaving = false;

const elements = (name) => document.querySelectorAll(name ? `[data-region~="${CSS.escape(name)}"]` : "[data-region]");
const isOpen = () => socket?.readyState === WebSocket.OPEN;
const isAsking = (element) => element.querySelector(".htmx-request") !== null;
const send = (message) => isOpen() && socket.send(JSON.stringify(message));
const showLost = (lost) => document.dispatchEvent(new CustomEvent("live:line", { detail: { lost } }));

async function refetch(element) {
  const state = states.get(element) ?? { busy: false, again: false, stale: false, overtaken: false, last: 0 };
  states.set(element, state);
  if (!element.dataset.url) return;
  if (document.hidden && !element.hasAttribute("data-eager")) return void (state.stale = true);
  if (state.busy || isAsking(element)) return void (state.again = true);
  state.busy = true;
  state.again = state.stale = false;
  const rest = state.last + GAP - Date.now();
  if (rest > 0) await new Promise((done) => setTimeout(done, rest));
  state.last = Date.now();
  state.overtaken = false;
  try {
    if (element.isConnected) await window.htmx.ajax("GET", element.dataset.url, { source: element, target: element, swap: "morph" });
  } catch { /* said by requests.js; the next hint or reconnect asks again */ } finally {
    state.busy = false;
    if (state.again && element.isConnected) refetch(element);
  }
}

const refetchAll = () => elements().forEach(refetch);

// Nothing is taken from under a button that waits for its answer: its events would find no way to the document. And what
// was asked before somebody's own answer came (another tab, a saved view) is older than what that answer shows.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const region = detail.target.closest?.("[data-region]");
  const state = states.get(region);
  if (!state?.busy) return;
  if (detail.requestConfig.elt !== region) return void (state.overtaken = true);
  if (state.overtaken || isAsking(region)) [detail.shouldSwap, state.again] = [false, true];
});
document.addEventListener("htmx:afterRequest", ({ target }) => {
  for (let region = target.closest?.("[data-region]"); region; region = region.parentElement?.closest("[data-region]")) {
    const state = states.get(region);
    if (state?.again && !state.busy) refetch(region);
  }
});

// Tell the server which regions are on the page, and since when they may be old: what changed between the answer that
// brought them and this subscription, it tells at once.
function subscribe(since = 0) {
  const wanted = new Set([...elements()].flatMap((element) => element.dataset.region.split(" ")).filter(Boolean));
  const fresh = [...wanted].filter((name) => !subscribed.has(name));
  const gone = [...subscribed].filter((name) => !wanted.has(name));
  if (fresh.length) send({ subscribe: fresh, age_ms: Math.round(performance.now() - since) });
  if (gone.length) send({ unsubscribe: gone });
  if (isOpen()) subscribed = wanted;
}

function receive(message) {
  if (message.paused) return showLost(true);
  if (message.resync) return showLost(false), refetchAll();
  for (const name of message.regions ?? []) {
    if (message.signal) document.dispatchEvent(new CustomEvent("live:signal", { detail: { region: name, ...message.signal } }));
    else for (const element of elements(name)) {
      if (element.dataset.patient === name) element.patience ??= setTimeout(() => { element.patience = undefined; refetch(element); }, PATIENCE);
      else if (Number(element.dataset.version || -1) < message.version) refetch(element);
    }
  }
}

function lost(event) {
  subscribed = new Set();
  document.documentElement.removeAttribute("data-live");
  if (leaving || event.code === 4401) return; // logged out: the next request says so
  document.dispatchEvent(new CustomEvent("live:lost"));
  if (wasOpen || attempt > 1) showLost(true);
  // Half of the pause is chance, so that a restarted server is not met by everyone at once.
  const pause = Math.min(30_000, 500 * 2 ** attempt++);
  timer = setTimeout(open, pause / 2 + Math.random() * (pause / 2));
}

function cut() {
  if (!socket || !wasOpen) return;
  socket.onclose = socket.onmessage = socket.onopen = null; // what it still says is of a line given up
  socket.close();
  lost({ code: 1006 });
}

function open() {
  clearTimeout(timer);
  if (!meta?.content || isOpen() || socket?.readyState === WebSocket.CONNECTING) return;
  const url = new URL(meta.content, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.onopen = () => {
    [attempt, heard] = [0, Date.now()];
    showLost(false);
    subscribe();
    send({ heartbeat: true });
    if (wasOpen) refetchAll();
    wasOpen = true;
    document.documentElement.setAttribute("data-live", "");
    document.dispatchEvent(new CustomEvent("live:open"));
  };
  socket.onmessage = (event) => {
    heard = Date.now();
    try { receive(JSON.parse(event.data)); } catch (error) { console.warn("A live message could not be read.", error); }
  };
  socket.onclose = lost;
}

document.addEventListener("live:send", (event) => send(event.detail));
document.addEventListener("htmx:beforeRequest", ({ detail }) => detail.xhr && asked.set(detail.xhr, performance.now()));
document.addEventListener("htmx:afterSettle", ({ detail }) => subscribe(asked.get(detail?.xhr)));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (socket?.readyState === WebSocket.CLOSED) open();
  elements().forEach((element) => states.get(element)?.stale && refetch(element));
});
document.addEventListener("live:reconnect", () => { attempt = 0; open(); });
document.addEventListener("live:cut", cut);
addEventListener("pagehide", () => { leaving = true; socket?.close(); });
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  open();
  refetchAll();
});
if (meta?.dataset.pulse) new Worker(meta.dataset.pulse).onmessage = () => (isOpen() && Date.now() - heard > SILENCE ? cut() : send({ heartbeat: true }));
open();
