// The agent's ear: says who watches this conversation, until nothing was heard of them for a while.

const GONE_AFTER = 40_000;
const timers = new Map(); // region → timer

document.addEventListener("live:signal", ({ detail }) => {
  const ear = document.querySelector("[data-ear]");
  if (detail.kind !== "watching" || !ear || detail.region !== `conversation.${ear.dataset.ear}`) return;
  const line = ear.querySelector("[data-watched]");
  clearTimeout(timers.get(detail.region));
  const show = (on) => {
    line.hidden = !on;
    line.querySelector("span").textContent = on ? detail.name : "";
  };
  show(detail.on);
  if (detail.on) timers.set(detail.region, setTimeout(show, GONE_AFTER, false));
});
