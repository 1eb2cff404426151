// The workspace: which row is open, reading marks, and the way into an accepted offer.
import "./composer.js";
import "./context-cards.js";
import "./thread.js";
import "./company.js";
import "./inbox-list.js";
import "./selection.js";
import "./macros.js";

const open = () => document.querySelector(".ws-conversation");

// The list says which conversation is open, or asked for; on a phone the open one covers the list.
let asked = "";
function mark() {
  const opened = open()?.dataset.conversation ?? "";
  if (opened === asked) asked = "";
  const id = asked || opened;
  document.getElementById("workspace")?.toggleAttribute("data-has-open", Boolean(opened));
  for (const row of document.querySelectorAll(".ws-row")) {
    const here = row.parentElement.id === `conversation-row-${id}`;
    if (here) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
  }
}

// Read is what was on a visible page: told once per newest message.
let told = "";
function tellSeen() {
  const here = open(), last = document.getElementById("thread")?.dataset.last;
  if (!here || !last || last === "0" || document.hidden || told === `${here.dataset.conversation}:${last}`) return;
  told = `${here.dataset.conversation}:${last}`;
  window.htmx.ajax("POST", here.dataset.seen, { values: { last }, swap: "none" });
  document.querySelector(`#conversation-row-${here.dataset.conversation} [data-unread]`)?.removeAttribute("data-unread");
}

// On a narrow screen what is known about the conversation lies over it, as long as it is asked for.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-shows-context]")) open()?.toggleAttribute("data-context");
  else if (!event.target.closest?.(".ws-context")) open()?.removeAttribute("data-context");
});
document.addEventListener("key:wanted", (event) => { if (event.target.closest(".ws-context")) open()?.setAttribute("data-context", ""); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") open()?.removeAttribute("data-context"); });

document.addEventListener("offer:accepted", ({ detail }) => { if (detail.url) location.assign(detail.url); });

// The row asked for is marked at once, so that J J goes down two rows however long the answers take.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const row = detail.elt.closest?.(".ws-row");
  if (!row) return;
  asked = row.parentElement.id.replace("conversation-row-", "");
  mark();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful || detail.elt.closest?.("li")?.id !== `conversation-row-${asked}`) return;
  asked = "";
  mark();
});

// J and K walk through the list.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !/^[jk]$/.test(event.key)) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
  const rows = [...document.querySelectorAll(".ws-row")];
  const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
  rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]?.click();
});

document.addEventListener("htmx:afterSettle", () => { mark(); tellSeen(); });
document.addEventListener("visibilitychange", tellSeen);
mark();
tellSeen();

// A suggested step that belongs into the reply: its words are put there, or it is only opened.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert-reply]"), composer = document.querySelector("cx-composer");
  if (!button || !composer) return;
  composer.switch("reply");
  composer.insert(button.dataset.insertReply);
});
