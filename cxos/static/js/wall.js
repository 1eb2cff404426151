// The wall screen: made to be left alone for weeks. It turns the pages of the queues, asks again by itself where no hint
// comes, says when what it shows is old, and begins anew every few hours, so that nothing can pile up.

const TURN_EVERY = 15_000;
const ASK_EVERY = 30_000;
const OLD_AFTER = 90_000;
const ANEW_AFTER = 4 * 3_600_000;
const born = Date.now();
let page = 0;
let fresh = Date.now();

const wall = () => document.getElementById("sv-wall");

// As many queues as fit without scrolling; the rest have their turn.
function turn(step) {
  const list = wall()?.querySelector(".sv-wall-queues");
  if (!list) return;
  const queues = [...list.children];
  for (const queue of queues) queue.hidden = false;
  const fits = Number(list.dataset.fits) || 6;
  const pages = Math.max(1, Math.ceil(queues.length / fits));
  page = (page + step) % pages;
  queues.forEach((queue, place) => { queue.hidden = Math.floor(place / fits) !== page; });
  const words = document.getElementById("sv-wall-page");
  if (words) words.textContent = pages > 1 ? `${page + 1} / ${pages}` : "";
}

function ask() {
  const region = wall();
  if (region) window.htmx.ajax("GET", region.dataset.url, { source: region, target: region, swap: "morph" });
}

// A page that begins anew must be sure to arrive: the server is asked first whether it is there.
async function beginAnew() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin" });
    if (answer.ok && !answer.redirected) location.reload();
  } catch { /* away; the next round tries again */ }
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "sv-wall") return;
  fresh = Date.now();
  turn(0);
});
setInterval(turn, TURN_EVERY, 1);
setInterval(() => {
  if (Date.now() - fresh >= ASK_EVERY) ask();
  document.querySelector(".sv-tv")?.toggleAttribute("data-old", Date.now() - fresh > OLD_AFTER);
  if (Date.now() - born > ANEW_AFTER) beginAnew();
}, 10_000);
turn(0);
