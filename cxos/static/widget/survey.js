// After the end: one question, five answers, once.
import { drawing, h } from "./dom.js";
import { t } from "./words.js";

// Drawn, because not every system has the same faces, or any.
const MOUTHS = ["M8 16.5q4-4 8 0", "M8.5 16q3.5-2 7 0", "M8.5 15.5h7", "M8.5 15q3.5 2.2 7 0", "M7.5 14.2q4.5 5.4 9 0z"];
const EYES = "M9 9.6v.6M15 9.6v.6";

export function surveyCard({ onAnswer }) {
  const comment = h("textarea", { rows: 2, "aria-label": t("survey_comment"), placeholder: t("survey_comment"), maxlength: 1000, dir: "auto" });
  const rest = h("div.survey-rest", { hidden: true }, comment, h("button.primary", { type: "submit" }, t("survey_send")));
  const choices = MOUTHS.map((mouth, index) => h("label", { title: t(`survey_${index + 1}`) },
    h("input", { type: "radio", name: "score", value: index + 1, required: true, "aria-label": t(`survey_${index + 1}`), onchange: () => { rest.hidden = false; } }), h("span", {}, drawing(`M12 3a9 9 0 100 18 9 9 0 000-18z${EYES}${mouth}`))));
  return h("form.survey", { onsubmit: (event) => {
    event.preventDefault();
    onAnswer({ score: Number(new FormData(event.target).get("score")), comment: comment.value.trim() });
  } }, h("fieldset", {}, h("legend", {}, t("survey")), h("div.faces", {}, choices)), rest);
}

export const thanks = () => h("p.event", { role: "status" }, t("survey_thanks"));
