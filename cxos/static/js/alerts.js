// A sound when an alert that wants one is raised: once for each, also when the page is opened again.

const KEPT = "sv-alerts-heard";
const heard = new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
let audio = null;

// Two short tones, falling. A browser lets a page sound only after it was touched once; before that nothing is heard.
function sound() {
  audio ??= new AudioContext();
  for (const [place, pitch] of [880, 660].entries()) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + place * 0.22;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.22);
  }
}

function listen() {
  const alerts = [...document.querySelectorAll("[data-alert][data-sound]")].map((one) => one.dataset.alert);
  const fresh = alerts.filter((id) => !heard.has(id));
  if (!fresh.length) return;
  fresh.forEach((id) => heard.add(id));
  sessionStorage.setItem(KEPT, JSON.stringify([...heard].slice(-50)));
  sound();
}

document.addEventListener("htmx:afterSettle", listen);
listen();
