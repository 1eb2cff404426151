// The bell: a sound when something new asks for one, once over all open pages; work that was given to me is said at the
// corner of each, with the way to it; and the switch that lets this browser tell its owner while no page is open
// (<cx-push data-key-url data-worker data-add data-remove>, on the profile).

let heard = null, given = null; // when what was told last happened; null: this page has not asked yet

function chime() {
  const audio = new AudioContext();
  const gain = audio.createGain();
  gain.connect(audio.destination);
  gain.gain.setValueAtTime(0.0001, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.12, audio.currentTime + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.5);
  for (const [tone, after] of [[660, 0], [880, 0.12]]) {
    const voice = audio.createOscillator();
    voice.frequency.value = tone;
    voice.connect(gain);
    voice.start(audio.currentTime + after);
    voice.stop(audio.currentTime + 0.5);
    voice.onended = () => after && audio.close();
  }
}

document.addEventListener("htmx:afterSettle", (event) => {
  const bell = document.getElementById("notifications");
  if (!bell || event.target !== bell || bell.dataset.sound === undefined) return;
  const link = bell.querySelector("[data-given]");
  const sounds = Number(bell.dataset.sound), comes = Number(link?.dataset.given ?? 0);
  const rings = heard !== null && sounds > Math.max(heard, Number(localStorage.getItem("cxos-heard")) || 0);
  if (given !== null && comes > given) tellGiven(link);
  [heard, given] = [Math.max(heard, sounds), Math.max(given, comes)];
  if (!rings) return;
  localStorage.setItem("cxos-heard", sounds);
  if (navigator.userActivation?.hasBeenActive) chime(); // browsers let no page sound that nobody has touched
});

function tellGiven(link) {
  const open = document.querySelector("[data-conversation]")?.dataset.conversation;
  if (link.dataset.about === `conversation:${open}`) return;
  const detail = { message: link.dataset.words, link: { url: link.href, words: link.textContent } };
  document.dispatchEvent(new CustomEvent("toast", { detail }));
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

customElements.define("cx-push", class extends HTMLElement {
  #box = null;

  async connectedCallback() {
    this.#box = this.querySelector("input[type=checkbox]");
    const known = "serviceWorker" in navigator && "PushManager" in window && isSecureContext;
    this.toggleAttribute("data-unable", !known);
    if (!this.#box || !known) return;
    this.#box.disabled = false;
    this.#box.checked = Boolean(await (await this.#registered())?.pushManager.getSubscription());
    this.#box.addEventListener("change", () => (this.#box.checked ? this.#on() : this.#off()));
  }

  async #registered() {
    return navigator.serviceWorker.getRegistration(new URL(this.dataset.worker, location.href).href);
  }

  async #on() {
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error(this.dataset.denied);
      const registration = await navigator.serviceWorker.register(this.dataset.worker);
      await this.#ready(registration);
      const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(await this.#key()) });
      const values = { endpoint: made.endpoint, p256dh: base64url(made.getKey("p256dh")), auth: base64url(made.getKey("auth")) };
      await window.htmx.ajax("POST", this.dataset.add, { values, swap: "none" });
    } catch (problem) {
      this.#box.checked = false;
      document.dispatchEvent(new CustomEvent("toast", { detail: { tone: "error", message: problem.message || this.dataset.denied } }));
    }
  }

  async #off() {
    const made = await (await this.#registered())?.pushManager.getSubscription();
    if (!made) return;
    await made.unsubscribe();
    await window.htmx.ajax("POST", this.dataset.remove, { values: { endpoint: made.endpoint }, swap: "none" });
  }

  async #key() {
    const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" };
    const answer = await fetch(this.dataset.keyUrl, { method: "POST", headers });
    if (!answer.ok) throw new Error(this.dataset.failed);
    return answer.text();
  }

  #ready(registration) {
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (worker.state === "activated") return Promise.resolve();
    return new Promise((done) => worker.addEventListener("statechange", () => worker.state === "activated" && done()));
  }
});
