// Under the log: whether to end the conversation, that it has ended, and how it was; or whether to be called back.
import { callbackForm, callbackLine, callbackOffer } from "./callback.js";
import { config } from "./config.js";
import { h } from "./dom.js";
import { askEnd } from "./ending.js";
import { surveyCard, thanks } from "./survey.js";
import { t } from "./words.js";

export class Foot {
  element = h("div.foot");

  constructor(chat, connection, { onChanged, onStayed }) {
    Object.assign(this, { chat, connection, onChanged, onStayed });
  }

  render() {
    const { chat, element } = this;
    const over = chat.state.status === "resolved" && !chat.isEmpty;
    if (!over && element.dataset.kind !== "ending") return this.renderCallback();
    const kind = !over ? "" : chat.state.survey ? "thanked" : config.survey ? "survey" : "over";
    if (element.dataset.kind === kind || (element.dataset.kind === "ending" && !over)) return;
    element.dataset.kind = kind;
    element.replaceChildren(...(over ? [h("p.event", {}, t("resolved"))] : []), { survey: () => this.survey(), thanked: thanks }[kind]?.() ?? "");
  }

  // The form stays while the place in the line moves; it goes when somebody is there, or the callback is agreed on.
  renderCallback() {
    const { callback, may_ask_callback: may } = this.chat.state.outlook;
    const kind = callback ? `called ${callback.number} ${callback.at}` : may ? "offer" : "";
    if (this.element.dataset.kind === kind || (this.element.dataset.kind === "asking" && kind === "offer")) return;
    this.element.dataset.kind = kind;
    this.element.replaceChildren(callback ? callbackLine(callback) : may ? callbackOffer({ onAsk: () => this.askCallback() }) : "");
  }

  askCallback() {
    const done = () => { this.element.dataset.kind = "-"; this.render(); this.onStayed(); };
    this.element.dataset.kind = "asking";
    this.element.replaceChildren(callbackForm({ onAsked: () => { done(); this.connection.look(); }, onStay: done }));
    this.element.querySelector("input").focus();
  }

  survey() {
    return surveyCard({ onAnswer: (answer) => { this.connection.tell({ survey: answer }, "survey", answer); this.chat.state.survey = answer; this.onChanged(); } });
  }

  askToEnd() {
    const done = () => { this.element.dataset.kind = "-"; this.render(); this.onStayed(); };
    this.element.dataset.kind = "ending";
    this.element.replaceChildren(askEnd({ onEnd: () => { this.connection.tell({ end: true }, "end", {}); done(); }, onStay: done }));
    this.element.querySelector("button").focus();
  }
}
