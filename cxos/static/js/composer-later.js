// Sending later: what the menu's words mean in this browser's zone, as a moment the server understands anywhere.

function moment(choice, chosen) {
  const at = new Date();
  if (choice === "chosen") return chosen ? new Date(chosen) : null;
  if (choice === "hour") {
    at.setHours(at.getHours() + 1);
  } else {
    at.setDate(at.getDate() + (choice === "monday" ? (8 - at.getDay()) % 7 || 7 : 1));
    at.setHours(9, 0, 0, 0);
  }
  return at;
}

export function sendLater(composer, choice) {
  const field = composer.querySelector("#later-at");
  const at = moment(choice, field.value);
  if (!at || Number.isNaN(at.getTime())) return field.focus();
  composer.querySelector("#later").close();
  composer.sendAt = at.toISOString();
  composer.form.requestSubmit(composer.querySelector("[data-send]"));
}
