// What this browser remembers of the chat: in our own storage, and the token also in the site's (by way of the bridge),
// because browsers clear or divide the storage of frames. Where storage is refused, the visit is simply not remembered.
import { config } from "./config.js";

const KEY = `cxos.chat.${config.channel}`;
let kept = {};
try { kept = JSON.parse(localStorage.getItem(KEY) ?? "{}"); } catch { /* refused or damaged */ }

export const remembered = () => kept;

export function remember(change) {
  kept = { ...kept, ...change };
  try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* refused or full */ }
}

export function forget() {
  kept = {};
  try { localStorage.removeItem(KEY); } catch { /* refused */ }
}
