// The questions before the first message, and when nobody is there (unless the channel wants none): a way to reach the visitor.
import { config } from "./config.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const EMAIL = { name: "email", type: "email", label: "", required: true, choices: [], hint: "" };
const AUTOCOMPLETE = { email: "email", phone: "tel" };

// The fields to ask now; none when the site has told us who this is.
export function fieldsToAsk({ known, away }) {
  if (known) return [];
  const fields = config.form;
  if (!away || !config.away_form) return fields;
  const email = fields.find((field) => field.type === "email");
  return email ? fields.map((field) => (field === email ? { ...field, required: true } : field)) : [...fields, { ...EMAIL, label: t("email") }];
}

export function askForm(fields, { intro, onDone }) {
  const rows = fields.map(fieldRow);
  const form = h("form.ask", { novalidate: true }, h("h2", {}, t("form_title")), intro && h("p", {}, intro), rows.map((row) => row.element),
    h("button.primary", { type: "submit" }, t("form_start")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wrong = rows.filter((row) => !row.check());
    if (wrong.length) return wrong[0].input.focus();
    return onDone(Object.fromEntries(rows.map((row) => [row.name, row.value()]).filter(([, value]) => value)));
  });
  return form;
}

function fieldRow({ name, type, label, required, choices, hint }) {
  const id = `field-${name}`;
  const shared = { id, name, required, "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-problem` };
  let input;
  if (type === "choice") input = h("select", shared, h("option", { value: "" }, ""), choices.map((choice) => h("option", {}, choice)));
  else if (type === "consent") input = h("input", { ...shared, type: "checkbox" });
  else input = h("input", { ...shared, type: { phone: "tel", number: "text" }[type] ?? type, inputmode: type === "number" && "decimal", autocomplete: AUTOCOMPLETE[type] ?? (name === "name" ? "name" : "off"), maxlength: 500, dir: "auto" });
  const problem = h("span.problem", { id: `${id}-problem`, role: "alert" });
  const words = h("label", { for: id }, h("bdi", {}, label), !required && h("small", {}, ` ${t("optional")}`));
  const help = hint && h("small.hint", { id: `${id}-hint`, dir: "auto" }, hint);
  const row = type === "consent" ? h("div.field.consent", {}, input, words, help, problem) : h("div.field", {}, words, help, input, problem);
  const value = () => (type === "consent" ? (input.checked ? "yes" : "") : input.value.trim());
  const check = () => {
    const wrong = required && !value() ? t("required") : input.validity.valid || type === "consent" ? "" : t("invalid");
    problem.textContent = wrong;
    input.setAttribute("aria-invalid", Boolean(wrong));
    return !wrong;
  };
  // Not when a field is left: the line that goes would move what is just being clicked.
  input.addEventListener("input", () => input.getAttribute("aria-invalid") === "true" && check());
  return { name, element: row, input, value, check };
}
