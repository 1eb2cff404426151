// Message text to nodes: links, **bold**, `code`, [words](address). Everything else stays the text it is.
import { h } from "./dom.js";

const PARTS = /\[([^\]\n]{1,200})\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])|\*\*([^*\n]+)\*\*|`([^`\n]+)`/g;

export function nodesOf(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(PARTS)) {
    const [whole, words, address, bare, bold, code] = found;
    if (found.index > at) nodes.push(text.slice(at, found.index));
    if (address || bare) nodes.push(link(address ?? bare, words ?? bare));
    else nodes.push(bold ? h("strong", {}, bold) : h("code", {}, code));
    at = found.index + whole.length;
  }
  if (at < text.length) nodes.push(text.slice(at));
  return nodes;
}

export function link(address, words) {
  let url;
  try { url = new URL(address); } catch { return words; }
  if (!["http:", "https:"].includes(url.protocol)) return words;
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" }, words);
}

export const isEmoji = (text) => /^(\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,12}$/u.test(text) && /\p{Extended_Pictographic}/u.test(text);
