// Watching a conversation: its newest lines stay in sight, and who holds it is told, for as long as the page is open.

const SAY_EVERY = 15_000;
const page = document.querySelector("[data-watches]");
const region = page?.dataset.watches;

function say(on) {
  document.dispatchEvent(new CustomEvent("live:send", { detail: { signal: { region, kind: "watching", on } } }));
}

function toEnd() {
  const thread = document.getElementById("sv-watched");
  if (thread) thread.scrollTop = thread.scrollHeight;
}

if (page) {
  let atEnd = true;
  toEnd();
  document.addEventListener("scroll", (event) => {
    const { id, scrollHeight, scrollTop, clientHeight } = event.target;
    if (id === "sv-watched") atEnd = scrollHeight - scrollTop - clientHeight < 48;
  }, true);
  document.addEventListener("htmx:afterSettle", () => atEnd && toEnd());
  document.addEventListener("live:open", () => setTimeout(say, 500, true));
  setInterval(say, SAY_EVERY, true);
  addEventListener("pagehide", () => say(false));
}
