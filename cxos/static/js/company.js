// Who else looks at the open conversation or writes in it, and telling them that we do. Nothing of it is stored: whoever
// falls silent is forgotten after a while.

const EVERY = 15_000;
const LOOKS_FOR = 35_000;
const WRITES_FOR = 6_000;
const others = new Map(); // user id, or "customer" → {name, looks, writes, note}: until when
let told = "";
let written = { at: 0 }; // when we last told that we write, and in which words

const here = () => document.querySelector(".ws-conversation")?.dataset.conversation ?? "";
const say = (id, on) => document.dispatchEvent(new CustomEvent("live:send", { detail: { signal: { region: `conversation.${id}`, kind: "viewing", on } } }));

function look() {
  const id = document.hidden ? "" : here();
  if (told && told !== id) say(told, false);
  if (told !== id) others.clear();
  if (id) say(id, true);
  told = id;
  draw();
}

function hear({ detail }) {
  if (detail.region !== `conversation.${here()}` || !["typing", "viewing"].includes(detail.kind)) return;
  const line = document.getElementById("company");
  const who = detail.customer ? "customer" : String(detail.user);
  if (!line || who === line.dataset.me) return;
  const isNew = !others.has(who);
  const one = others.get(who) ?? { looks: 0, writes: 0 };
  const now = Date.now();
  one.name = detail.customer ? document.querySelector(".ws-who h2")?.textContent ?? "" : detail.name;
  if (detail.kind === "typing") Object.assign(one, { writes: detail.on ? now + WRITES_FOR : 0, note: detail.note, looks: Math.max(one.looks, now + LOOKS_FOR) });
  else one.looks = detail.on ? now + LOOKS_FOR : 0;
  others.set(who, one);
  if (isNew && detail.on && who !== "customer" && told) tellAll(now);
  draw();
}

// Whoever has just come knows of us at once.
function tellAll(now) {
  say(told, true);
  const { at, signal } = written;
  if (now - at > WRITES_FOR || signal.region !== `conversation.${told}`) return;
  document.dispatchEvent(new CustomEvent("live:send", { detail: { signal } }));
  written = { at, signal };
}

function draw() {
  const line = document.getElementById("company");
  if (!line) return;
  const now = Date.now();
  const writing = [...others].filter(([, one]) => one.writes > now);
  const looking = [...others].filter(([who, one]) => who !== "customer" && one.looks > now && one.writes <= now).map(([, one]) => one.name);
  const words = writing.map(([who, one]) => `${one.name} ${line.dataset[who === "customer" ? "writes" : one.note ? "notes" : "replies"]}`);
  if (looking.length) words.push(`${looking.join(", ")} ${line.dataset[looking.length > 1 ? "look" : "looks"]}`);
  const text = words.join(" · ");
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
  line.toggleAttribute("data-writing", writing.length > 0);
}

document.addEventListener("live:signal", hear);
document.addEventListener("live:send", ({ detail }) => { if (detail.signal?.kind === "typing") written = { at: Date.now(), signal: detail.signal }; });
document.addEventListener("live:open", () => setTimeout(look, 300)); // after the page has said what it watches
document.addEventListener("htmx:afterSettle", () => here() !== told && look());
document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => told && say(told, false));
setInterval(look, EVERY);
setInterval(draw, 1_000);
