// The conversation as a text file, to its beginning.
import { config } from "./config.js";
import { h } from "./dom.js";
import { get } from "./requests.js";
import { t } from "./words.js";

const MOST_PAGES = 100;
const moment = new Intl.DateTimeFormat(config.language, { dateStyle: "medium", timeStyle: "short" });

export async function saveTranscript(chat) {
  let { messages, more } = chat;
  for (let page = 0; more && page < MOST_PAGES; page += 1) {
    const earlier = await get(`messages?before=${messages[0].id}`);
    messages = [...earlier.messages, ...messages];
    more = earlier.more;
  }
  const address = URL.createObjectURL(new Blob([textOf(messages)], { type: "text/plain;charset=utf-8" }));
  h("a", { href: address, download: `${config.name}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const textOf = (messages) => messages.map((one) => {
  const name = one.from === "customer" ? t("you") : one.name || t(one.from === "bot" ? "bot" : "team");
  const said = one.from === "joined" ? t("joined", { name }) : [one.text, ...(one.attachments ?? []).map((file) => `[${file.name || t("attachment")}]`)].filter(Boolean).join("\n");
  return `${moment.format(new Date(one.at))} · ${name}\n${said}\n`;
}).join("\n");
