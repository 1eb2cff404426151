// "End this conversation?", asked under the log.
import { h } from "./dom.js";
import { t } from "./words.js";

export function askEnd({ onEnd, onStay }) {
  return h("div.ask-end", { role: "group", "aria-label": t("end_sure") }, h("p", {}, t("end_sure")),
    h("button.primary", { type: "button", onclick: onEnd }, t("end_yes")),
    h("button.quiet", { type: "button", onclick: onStay }, t("end_no")));
}
