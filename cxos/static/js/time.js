// <cx-time><time datetime>: "5 min", with data-past "5 min ago", stays true while the page is open. One timer for all.

const language = document.documentElement.lang || "en";
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
const shortDay = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const shortYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const ago = new Intl.RelativeTimeFormat(language, { style: "short" });
const units = ["second", "minute", "hour", "day"].map((unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }));
const shown = new Set();

// "5 min ago", as long as that says more than the day.
function past(moment) {
  const seconds = Math.max(0, Date.now() - moment) / 1000;
  if (seconds < 60) return ago.format(-Math.floor(seconds), "second");
  if (seconds < 3600) return ago.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return ago.format(-Math.floor(seconds / 3600), "hour");
  return seconds < 86_400 * 7 ? ago.format(-Math.floor(seconds / 86_400), "day") : words(moment);
}

function words(moment) {
  const seconds = Math.abs(Date.now() - moment) / 1000;
  if (seconds < 60) return units[0].format(Math.floor(seconds));
  if (seconds < 3600) return units[1].format(Math.floor(seconds / 60));
  if (seconds < 86_400) return units[2].format(Math.floor(seconds / 3600));
  if (seconds < 86_400 * 7) return units[3].format(Math.floor(seconds / 86_400));
  return (new Date(moment).getFullYear() === new Date().getFullYear() ? shortDay : shortYear).format(moment);
}

customElements.define("cx-time", class extends HTMLElement {
  connectedCallback() {
    shown.add(this);
    this.draw();
  }

  disconnectedCallback() {
    shown.delete(this);
  }

  draw() {
    const time = this.querySelector("time");
    const moment = Date.parse(time?.dateTime ?? "");
    if (Number.isNaN(moment)) return;
    const said = this.hasAttribute("data-past") ? past : words;
    const text = this.hasAttribute("data-exact") ? exact.format(moment) : said(moment);
    if (time.textContent !== text) time.textContent = text;
    time.dataset.tip = exact.format(moment);
  }
});

setInterval(() => { if (!document.hidden) shown.forEach((element) => element.draw()); }, 10_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) shown.forEach((element) => element.draw()); });
// A morph may have put the server's older words back.
document.addEventListener("htmx:afterSettle", () => shown.forEach((element) => element.draw()));
