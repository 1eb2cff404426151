// <cx-countdown data-seconds data-total data-state data-warn>: counts from what the server said was left, so a wrong clock
// on this machine does no harm. Sends "countdown:over" once, when it reaches zero.

const shown = new Set();
let ticker = 0;

function clock(seconds) {
  const total = Math.abs(Math.trunc(seconds));
  const [hours, minutes, rest] = [Math.trunc(total / 3600), Math.trunc(total / 60) % 60, String(total % 60).padStart(2, "0")];
  return (seconds <= -1 ? "−" : "") + (hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`);
}

customElements.define("cx-countdown", class extends HTMLElement {
  static observedAttributes = ["data-seconds", "data-state"];
  #end = 0;
  #over = false;

  connectedCallback() {
    shown.add(this);
    this.#start();
    ticker ||= setInterval(() => shown.forEach((element) => element.draw()), 250);
  }

  disconnectedCallback() {
    shown.delete(this);
    if (!shown.size) ticker = clearInterval(ticker) ?? 0;
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#start();
  }

  #start() {
    const seconds = Number(this.dataset.seconds ?? 0);
    this.#end = performance.now() + seconds * 1000;
    this.#over = seconds <= 0;
    this.draw();
  }

  draw() {
    if (this.dataset.state !== "running" && this.dataset.state) return;
    const total = Number(this.dataset.total) || 1;
    const left = (this.#end - performance.now()) / 1000;
    const box = this.firstElementChild;
    const text = box?.querySelector(".countdown-clock");
    if (!text) return;
    const words = clock(left > 0 ? Math.ceil(left) : left);
    if (text.textContent !== words) text.textContent = words;
    const tone = left <= 0 ? "late" : left <= Number(this.dataset.warn ?? total / 5) ? "waiting" : "";
    if ((box.dataset.tone ?? "") !== tone) tone ? (box.dataset.tone = tone) : delete box.dataset.tone;
    box.querySelector(".countdown-left")?.setAttribute("stroke-dasharray", `${Math.max(0, Math.min(100, (left / total) * 100)).toFixed(1)} 100`);
    if (left <= 0 && !this.#over) {
      this.#over = true;
      this.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
    }
  }
});
document.addEventListener("htmx:afterSettle", () => shown.forEach((element) => element.draw()));
