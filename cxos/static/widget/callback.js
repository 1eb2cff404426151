// Instead of waiting here: to be called back, in one's place of the line or at a time.
import { h } from "./dom.js";
import { post } from "./requests.js";
import { t, when } from "./words.js";

export const callbackOffer = ({ onAsk }) => h("p.callback", {}, h("button.quiet", { type: "button", onclick: onAsk }, t("callback_offer")));

export function callbackLine({ number, at }) {
  const words = at ? t("callback_at", { number: "\u2068" + number + "\u2069", when: when(at) }) : t("callback_turn", { number: "\u2068" + number + "\u2069" });
  return h("p.event", { role: "status" }, words);
}

export function callbackForm({ onAsked, onStay }) {
  const number = h("input", { id: "callback-number", type: "tel", autocomplete: "tel", required: true, maxlength: 40, dir: "ltr", placeholder: "+49 30 1234567", "aria-describedby": "callback-problem" });
  const at = h("input", { id: "callback-at", type: "datetime-local", min: local(new Date()), "aria-label": t("callback_time") });
  const later = h("div.field", { hidden: true }, h("label", { for: "callback-at" }, t("callback_time")), at);
  const problem = h("span.problem", { id: "callback-problem", role: "alert" });
  const way = (value, label) => h("label.way", {}, h("input", { type: "radio", name: "way", value, checked: value === "turn", onchange: () => { later.hidden = value !== "at"; } }), label);
  const send = h("button.primary", { type: "submit" }, t("callback_ask"));
  const asked = async (event) => {
    event.preventDefault();
    if (!number.value.trim() || (!later.hidden && !at.value)) {
      problem.textContent = t("required");
      return void (number.value.trim() ? at : number).focus();
    }
    send.disabled = true;
    problem.textContent = "";
    try {
      await post("callback", { number: number.value, zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...(!later.hidden && { at: new Date(at.value).toISOString() }) });
      onAsked();
    } catch (refusal) {
      problem.textContent = refusal?.detail ?? t("failed");
      send.disabled = false;
    }
  };
  return h("form.callback-form", { novalidate: true, onsubmit: asked, "aria-label": t("callback_offer") },
    h("div.field", {}, h("label", { for: "callback-number" }, t("callback_number")), number),
    h("div.ways", { role: "radiogroup", "aria-label": t("callback_when") }, way("turn", t("callback_my_turn")), way("at", t("callback_my_time"))),
    later, problem, h("div.callback-verbs", {}, send, h("button.quiet", { type: "button", onclick: onStay }, t("callback_stay"))));
}

// As a field for a day and a time takes it: by the clock here.
const local = (at) => new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
