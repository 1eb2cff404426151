// An offer is heard and seen wherever one is: two notes (unless switched off beside the presence), a title that flashes,
// and A takes the first one whatever else A does on this page. One that has run out is asked for again at once.

let audio;
let known = new Set();
let flashing = 0;
let title = "", flashed = ""; // what the page is called; what we called it
const region = () => document.getElementById("offers");
const cards = () => [...document.querySelectorAll("#offers .offer")];
const mayRing = () => document.querySelector("[data-offer-sound]")?.dataset.offerSound !== "off";

// A page may sound once somebody has used it, or the one they came from: with whatever, and the browser knows.
async function sounds() {
  try {
    audio ??= new AudioContext();
    await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 1_000))]);
  } catch { /* no sound here */ }
  return audio?.state === "running";
}

async function ring() {
  if (!mayRing() || !(await sounds())) return;
  [587, 784].forEach((pitch, index) => {
    const start = audio.currentTime + index * 0.16;
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.1, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  });
}

function look() {
  const here = new Set(cards().map((card) => card.dataset.offer));
  if ([...here].some((id) => !known.has(id))) ring();
  known = here;
  if (here.size && !flashing) flashing = setInterval(flash, 1_000);
  else if (!here.size && flashing) {
    flashing = clearInterval(flashing) ?? 0;
    if (document.title === flashed) document.title = title;
    flashed = "";
  }
}

// Whoever opens something else meanwhile gives the page another name.
function flash() {
  const isOurs = document.title === flashed;
  if (!isOurs) title = document.title;
  document.title = isOurs ? title : flashed = `(${known.size}) ${region()?.dataset.title ?? ""}`;
}

document.addEventListener("htmx:afterSettle", look);
document.addEventListener("countdown:over", (event) => {
  const here = event.target.closest?.("#offers") && region();
  if (here) window.htmx.ajax("GET", here.dataset.url, { source: here, target: here, swap: "morph" });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], [role=menu], dialog[open]")) return;
  const accept = document.querySelector("#offers [data-accepts]");
  if (!accept) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  accept.click();
}, true);
look();
