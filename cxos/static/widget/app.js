// The widget inside its frame: puts the parts together, and decides what is on the screen.
import { Bridge } from "./bridge.js";
import { Chat } from "./chat.js";
import { applyPalette } from "./colour.js";
import { Composer } from "./composer.js";
import { config } from "./config.js";
import { Connection } from "./connection.js";
import { h, icon, iconButton } from "./dom.js";
import { acceptDrops } from "./files.js";
import { Foot } from "./foot.js";
import { askForm, fieldsToAsk } from "./form.js";
import { heading } from "./heading.js";
import { Help } from "./help.js";
import { Home } from "./home.js";
import { remember, remembered } from "./memory.js";
import { menu } from "./menu.js";
import { isFramed, popOut, takeToken } from "./popout.js";
import { chime } from "./sound.js";
import { Thread } from "./thread.js";
import { saveTranscript } from "./transcript.js";
import { awayText, placeText, t } from "./words.js";

applyPalette(config.palette);
takeToken();
const bridge = new Bridge();
const chat = new Chat();
const context = () => ({ ...bridge.page, language: config.language, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, agent: navigator.userAgent });
const connection = new Connection(chat, context);

const title = h("div.title");
const back = iconButton("back", t("back"), () => show("home"));
const more = menu([
  { label: () => t(remembered().silent ? "sound_on" : "sound_off"), shown: () => config.sound, run: () => remember({ silent: !remembered().silent }) },
  { label: () => t("transcript"), shown: () => chat.messages.length > 0, run: () => saveTranscript(chat) },
  { label: () => t("popout"), shown: () => isFramed, run: () => { popOut(); leave(); } },
  { label: () => t("end"), shown: () => config.ending && !chat.isEmpty && chat.state.status !== "resolved", run: () => foot.askToEnd() },
]);
const header = h("header.top", {}, back, title, more, iconButton("close", t("close"), () => leave(), { hidden: !isFramed }));
const help = config.help && new Help({ onOpen: () => show("article", { focus: true }), onAsk: () => show("thread", { focus: true }) });
const home = new Home(chat, { onStart: () => show("thread"), help });
const thread = new Thread(chat, { onEarlier: () => connection.earlier(), onRetry: ({ client_id: id }) => { chat.retry(id); send(chat.pending.find((one) => one.client_id === id)); } });
const composer = new Composer({ onSay: (text, files) => send(chat.say(text, { form: answers, files })), onTyping: (on) => connection.typing(on) });
const notice = h("p.notice", { role: "status", hidden: true });
const foot = new Foot(chat, connection, { onChanged: () => render(), onStayed: () => composer.focus() });
const asking = h("div.asking");
const screens = { home: home.element, thread: h("div.talk", {}, thread.element, notice, foot.element, composer.element), form: asking, ...(help && { article: help.article }) };
const panel = h("div.panel", { role: "dialog", "aria-label": config.name }, header, Object.values(screens));
document.getElementById("app").append(panel);

let screen = "";
let answers = remembered().answers;

function show(name, { focus = bridge.open } = {}) {
  if (name === "thread" && chat.isEmpty && !answers && ask()) name = "form";
  screen = name;
  for (const [key, element] of Object.entries(screens)) element.hidden = key !== name;
  panel.dataset.screen = name;
  back.hidden = name === "home";
  more.hidden = name !== "thread";
  if (name === "thread") thread.remark();
  render();
  if (name === "thread") thread.toEnd();
  if (focus) ({ home: () => home.focus(), article: () => help.focus(), thread: () => composer.focus(), form: () => asking.querySelector("input,select")?.focus() })[name]();
}

// The questions to ask before the first message, if there are any.
function ask() {
  const away = !chat.state.outlook.online;
  const fields = fieldsToAsk({ known: chat.visitor.known, away });
  if (!fields.length) return false;
  asking.replaceChildren(askForm(fields, { intro: away && awayText(), onDone: (given) => { answers = given; remember({ answers }); show("thread"); } }));
  return true;
}

function send(message) {
  connection.say(message);
  bridge.tell({ active: true, event: "message:sent", detail: { id: message.client_id } });
}

function leave() {
  bridge.open = false;
  bridge.tell({ close: true });
}

function render() {
  const { state, unread } = chat;
  bridge.tell({ unread: isReading() ? 0 : unread });
  if (screen === "home") home.render();
  if (screen === "thread") {
    thread.render();
    renderNotice();
    foot.render();
  }
  title.replaceChildren(...heading({ screen, agent: state.agent?.name, online: state.outlook.online }));
  markReceipts();
}

function renderNotice() {
  const { outlook, status } = chat.state;
  const text = !chat.online && chat.loaded ? t("reconnecting") : config.wait && outlook.place && status !== "resolved" ? placeText(outlook) : "";
  notice.hidden = !text;
  if (notice.textContent !== text) notice.replaceChildren(chat.online ? "" : icon("alert"), text);
}

const isReading = () => bridge.open && screen === "thread" && !document.hidden && (window.parent === window || document.hasFocus() || bridge.open);

function markReceipts() {
  const last = chat.lastFromStaff;
  if (!last) return;
  if (isReading()) {
    connection.receipt("read", last);
    chat.markRead(last);
  } else connection.receipt("received", last);
}

chat.addEventListener("change", () => render());
chat.addEventListener("arrived", ({ detail }) => {
  detail.forEach(({ id, from }) => bridge.tell({ event: "message:received", detail: { id, from } }));
  if (config.sound && !remembered().silent && (!isReading() || !document.hasFocus())) chime();
});
chat.addEventListener("identity", () => { answers = undefined; composer.clear(); bridge.tell({ active: false, unread: 0 }); if (screen) show("home", { focus: false }); });
acceptDrops(panel, composer.files, () => screen === "thread");
document.addEventListener("visibilitychange", render);
addEventListener("focus", render);
addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.isComposing && isFramed) leave(); });
bridge.addEventListener("open", () => show(screen === "form" ? "form" : chat.isEmpty ? "home" : screen || "thread", { focus: bridge.focus }));
bridge.addEventListener("identity", ({ detail }) => connection.become(detail));
// The token goes to the site's own storage whenever it is renewed.
let told;
chat.addEventListener("change", () => { const { token } = remembered(); if (token && token !== told) bridge.tell({ token: (told = token), active: !chat.isEmpty }); });

// Who waits in line sees his place move, also when no hint comes.
setInterval(() => { if (config.wait && chat.state.outlook.place && bridge.open) connection.look(); }, 15_000);

await bridge.connect();
show("home", { focus: bridge.focus });
connection.start({ identity: bridge.identity });
chat.addEventListener("change", function first() {
  if (!chat.loaded) return;
  chat.removeEventListener("change", first);
  // Who has been talking to us comes back into the conversation, not to the door.
  if (!chat.isEmpty && screen === "home") show("thread", { focus: bridge.focus });
});
