// Texts in the visitor's language, and times as people say them there.
import { config } from "./config.js";

export const t = (name, values = {}) => (config.texts[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

// What is said while nobody is there: with the request for an address only where it is asked.
export const awayText = () => t(config.away_form ? "offline_intro" : "offline_plain");

const clock = new Intl.DateTimeFormat(config.language, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(config.language, { weekday: "long" });
const date = new Intl.DateTimeFormat(config.language, { day: "numeric", month: "long", year: "numeric" });

const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
const daysAgo = (at) => Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);

export const time = (at) => clock.format(new Date(at));
export const dayKey = (at) => midnight(new Date(at));

export function day(at) {
  const then = new Date(at);
  const days = daysAgo(then);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return days < 7 ? weekday.format(then) : date.format(then);
}

// "14:05" today, "Tuesday 09:00" else: for when somebody will be back.
export function when(at) {
  const then = new Date(at);
  return daysAgo(then) === 0 ? clock.format(then) : `${weekday.format(then)} ${clock.format(then)}`;
}

// Minutes at which one band of waiting ends and the next begins: a promise is never finer than what is known.
const BANDS = [1, 2, 5, 10, 15, 30, 60];

export function waitText(seconds) {
  const to = BANDS.findIndex((end) => seconds < end * 60);
  if (to === 0) return t("wait_short");
  if (to < 0) return t("wait_long");
  const figure = new Intl.NumberFormat(config.language);
  return t("wait_between", { from: figure.format(BANDS[to - 1]), to: figure.format(BANDS[to]) });
}

export function placeText({ place, wait_seconds: seconds }) {
  const line = place === 1 ? t("place_next") : t("place", { n: new Intl.NumberFormat(config.language).format(place) });
  return seconds == null ? line : `${line} · ${waitText(seconds)}`;
}
