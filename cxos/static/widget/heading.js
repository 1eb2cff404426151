// What stands at the top: the brand, or who is talking to us and whether anybody is there.
import { config } from "./config.js";
import { avatar, h } from "./dom.js";
import { t } from "./words.js";

export function heading({ screen, agent, online }) {
  if (screen === "home" || screen === "article") return [h("span.brand", {}, config.name)];
  const words = online ? (agent ? t("online") : t("reply_time")) : t("offline");
  return [
    avatar(agent || config.name, agent ? "agent" : "team"),
    h("div", {}, h("strong", {}, agent || config.name), h("small", {}, h("i", { "data-online": String(online) }), words)),
  ];
}
