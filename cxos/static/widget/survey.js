// After the end: one question, five answers, once.
import { h } from "./dom.js";
import { t } from "./words.js";

const FACES = ["😞", "🙁", "😐", "🙂", "😍"];

export function surveyCard({ onAnswer }) {
  const comment = h("textarea", { rows: 2, "aria-label": t("survey_comment"), placeholder: t("survey_comment"), maxlength: 1000, dir: "auto" });
  const rest = h("div.survey-rest", { hidden: true }, comment, h("button.primary", { type: "submit" }, t("survey_send")));
  const choices = FACES.map((face, index) => h("label", { title: t(`survey_${index + 1}`) },
    h("input", { type: "radio", name: "score", value: index + 1, required: true, "aria-label": t(`survey_${index + 1}`), onchange: () => { rest.hidden = false; } }), h("span", { "aria-hidden": "true" }, face)));
  return h("form.survey", { onsubmit: (event) => {
    event.preventDefault();
    onAnswer({ score: Number(new FormData(event.target).get("score")), comment: comment.value.trim() });
  } }, h("fieldset", {}, h("legend", {}, t("survey")), h("div.faces", {}, choices)), rest);
}

export const thanks = () => h("p.event", { role: "status" }, t("survey_thanks"));
