// Under the log: whether to end the conversation, that it has ended, and how it was.
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
    const kind = !over ? "" : chat.state.survey ? "thanked" : config.survey ? "survey" : "over";
    if (element.dataset.kind === kind || (element.dataset.kind === "ending" && !over)) return;
    element.dataset.kind = kind;
    element.replaceChildren(...(over ? [h("p.event", {}, t("resolved"))] : []), { survey: () => this.survey(), thanked: thanks }[kind]?.() ?? "");
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
