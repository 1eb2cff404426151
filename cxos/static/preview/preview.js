// The widget's own parts, drawn from what a form holds just now, without a server behind them.

const modules = document.documentElement.dataset.modules.replace(/[^/]+$/, "");
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const from = (name) => import(`${modules}${name}.js`);
const names = ["config", "colour", "home", "thread", "form", "heading", "survey", "composer", "dom", "words"];
const [{ config }, { applyPalette }, { Home }, { Thread }, { askForm, fieldsToAsk }, { heading }, { surveyCard }, { Composer }, { drawing, h, icon }, { awayText, placeText, t }] = await Promise.all(names.map(from));

const sample = read("sample");
let launcher = read("launcher");
let screen = "home";
const nobody = { known: false, name: "" };
const minutesAgo = (n) => new Date(Date.now() - n * 60_000).toISOString();
const said = () => [
  { id: 1, from: "customer", name: "", text: sample.asked, at: minutesAgo(4), read: true, attachments: [] },
  { id: 2, from: "agent", name: sample.agent, text: sample.answered, at: minutesAgo(3), read: true, attachments: [] },
  { id: 3, from: "agent", name: sample.agent, text: sample.found, at: minutesAgo(2), read: true, attachments: [] },
];

function chatAt(where) {
  const online = where !== "away", talks = where === "thread" || where === "survey";
  const state = { status: where === "survey" ? "resolved" : talks ? "open" : "new", agent: talks ? { name: sample.agent } : null, seen_at: minutesAgo(1), survey: null, outlook: { online, place: null, wait_seconds: null, opens_at: null } };
  return Object.assign(new EventTarget(), { messages: talks ? said() : [], pending: [], state, visitor: nobody, more: false, loaded: true, online: true, typing: null, lastId: 3, lastFromStaff: 3, readId: 3, unread: 0, isEmpty: !talks });
}

function talkOf(chat) {
  const thread = new Thread(chat, { onEarlier() {}, onRetry() {} });
  const over = chat.state.status === "resolved";
  const notice = h("p.notice", { hidden: over || !config.wait || !chat.isEmpty }, placeText({ place: 2, wait_seconds: 200 }));
  const foot = h("div.foot", {}, over && h("p.event", {}, t("resolved")), over && config.survey && surveyCard({ onAnswer() {} }));
  const composer = new Composer({ onSay() {}, onTyping() {} });
  thread.render();
  requestAnimationFrame(() => thread.toEnd());
  return h("div.talk", {}, thread.element, notice, foot, composer.element);
}

const helpPart = () => h("section.help", {}, h("h2", {}, t("help_title")), h("input", { type: "search", placeholder: t("help"), "aria-label": t("help"), readonly: true }));

function homeOf(chat) {
  const home = new Home(chat, { onStart: () => go("form") });
  home.render();
  if (config.help) home.element.append(helpPart());
  return home.element;
}

// What stands in the panel, and under which name the widget's style sheet knows it.
function contentOf(where) {
  const chat = chatAt(where), away = where === "away";
  if (where === "home") return ["home", homeOf(chat), chat];
  const fields = where === "form" || away ? fieldsToAsk({ known: false, away }) : [];
  if (fields.length) return ["form", h("div.asking", {}, askForm(fields, { intro: away && awayText(), onDone: () => go("thread") })), chat];
  if (away) return ["home", homeOf(chat), chat];
  return ["thread", talkOf(chat), chat];
}

function draw() {
  applyPalette(config.palette);
  Object.assign(document.documentElement.dataset, { scheme: config.scheme, corners: config.corners, side: launcher.position });
  Object.assign(document.documentElement, { lang: config.language, dir: config.dir });
  const [name, content, chat] = contentOf(screen);
  const title = h("div.title", {}, ...heading({ screen: name, agent: chat.state.agent?.name, online: chat.state.outlook.online }));
  const panel = h("div.panel", { "data-screen": name }, h("header.top", {}, title, h("span.icon-button", {}, icon("close"))), content);
  const button = h("div.launcher", { dir: "auto" }, drawing("M4 5h16v11H11l-5 4v-4H4z"), launcher.text);
  button.style.setProperty("background", launcher.color);
  button.style.setProperty("color", launcher.ink);
  document.getElementById("app").replaceChildren(panel, button);
}

function go(where) {
  screen = where;
  parent.postMessage({ screen }, location.origin);
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || origin !== location.origin) return;
  if (data.look) { Object.assign(config, data.look.appearance); launcher = data.look.launcher; }
  screen = data.screen || screen;
  draw();
});
document.addEventListener("submit", (event) => event.preventDefault());
draw();
parent.postMessage({ ready: true }, location.origin);
