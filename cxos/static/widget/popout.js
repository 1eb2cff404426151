// The chat in a window of its own. Browsers divide the storage of frames from that of windows, so the token goes along in
// the part of the address that no server sees, and is taken out of it at once.
import { config } from "./config.js";
import { remember, remembered } from "./memory.js";

const TOKEN = "#token=";
export const isFramed = window.parent !== window;

export const popOut = () =>
  window.open(`${location.pathname}?language=${config.language}${TOKEN}${encodeURIComponent(remembered().token ?? "")}`, "_blank", "popup,noopener,width=420,height=720");

export function takeToken() {
  if (isFramed || !location.hash.startsWith(TOKEN)) return;
  remember({ token: decodeURIComponent(location.hash.slice(TOKEN.length)) || undefined });
  history.replaceState(null, "", location.pathname + location.search);
}
