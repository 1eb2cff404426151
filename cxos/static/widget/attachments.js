// What a message carries: pictures of our own server are shown, everything else is a name to open. Their addresses are
// good for minutes, a page stays open for hours: one that is too old is asked for anew, when it is needed.
import { config } from "./config.js";
import { h, icon } from "./dom.js";
import { get } from "./requests.js";
import { t } from "./words.js";

const GOOD_FOR = 240_000; // ms; the server takes them for five minutes
const MEGABYTE = 1_000_000;
const UNITS = ["byte", "kilobyte", "megabyte"];
const given = new WeakMap(); // message → when its addresses were given
const asked = new WeakMap(); // message → the request for fresh ones

export function sizeText(bytes) {
  const step = bytes < 1_000 ? 0 : bytes < MEGABYTE ? 1 : 2;
  return new Intl.NumberFormat(config.language, { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step === 2 ? 1 : 0 }).format(bytes / 1_000 ** step);
}

export function attachmentsOf(message) {
  if (!given.has(message)) given.set(message, Date.now());
  return (message.attachments ?? []).map((one, index) => {
    const name = one.name || t("attachment");
    const url = one.url && new URL(one.url, location.href);
    const safe = url && ["http:", "https:"].includes(url.protocol);
    const ours = safe && url.origin === location.origin;
    const opens = { href: url?.href, target: "_blank", rel: "noopener noreferrer nofollow", ...(ours && { onclick: (event) => openFresh(event, message, index) }) };
    if (ours && one.mime?.startsWith("image/"))
      return h("a.picture", opens, h("img", { src: url.href, alt: name, width: one.width, height: one.height, loading: "lazy", onerror: ({ target }) => showFresh(target, message, index) }));
    return h("span.file", {}, icon("file"), safe ? h("a", { ...opens, dir: "auto" }, name) : h("span", { dir: "auto" }, name), one.size > 0 && h("small", {}, sizeText(one.size)));
  });
}

// Its files' addresses anew, from the server; one request for all of a message's files.
function renewed(message) {
  if (!asked.has(message)) asked.set(message, get(`messages?after=${message.id - 1}`).then(({ messages }) => {
    const found = messages.find((one) => one.id === message.id);
    if (found) message.attachments = found.attachments;
    given.set(message, Date.now());
  }).finally(() => asked.delete(message)));
  return asked.get(message);
}

async function openFresh(event, message, index) {
  if (!message.id || Date.now() - given.get(message) < GOOD_FOR) return;
  event.preventDefault();
  const link = event.currentTarget;
  await renewed(message).catch(() => given.set(message, Date.now())); // then the old address says what is wrong
  link.href = new URL(message.attachments[index].url, location.href).href;
  link.click();
}

// Once only: a picture whose fresh address fails too is gone.
async function showFresh(image, message, index) {
  if (!message.id || image.dataset.again) return;
  image.dataset.again = "";
  try { await renewed(message); } catch { return; }
  const { href } = new URL(message.attachments[index].url, location.href);
  image.src = href;
  image.parentElement.href = href;
}
