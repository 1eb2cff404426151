// Elements and icons. Text only ever becomes text nodes: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  send: "M12 19V5M6 11l6-6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  tick: "M5 13l4 4 10-10",
  ticks: "M2 13l4 4L16 7M11 16l1 1L22 7",
  clock: "M12 7v5l3 2M12 3a9 9 0 100 18 9 9 0 000-18z",
  alert: "M12 8v5M12 16.5v.01M12 3a9 9 0 100 18 9 9 0 000-18z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  clip: "M20 11l-8.5 8.5a5 5 0 01-7-7L13 4a3.3 3.3 0 015 5l-8.5 8.5a1.7 1.7 0 01-2.5-2.5L15 7",
  bot: "M6 9h12v10H6zM12 9V5M9.5 13.5v.01M14.5 13.5v.01",
};

// h("button.primary", { onclick, "aria-label": "…" }, "text", child, null)
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export function drawing(path, name = "drawing") {
  const image = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  image.setAttribute("viewBox", "0 0 24 24");
  image.setAttribute("aria-hidden", "true");
  image.setAttribute("class", `icon icon-${name}`);
  line.setAttribute("d", path);
  image.append(line);
  return image;
}

export const icon = (name) => drawing(ICONS[name], name);

export const iconButton = (name, label, onclick, more = {}) =>
  h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...more }, icon(name));

// One or two letters on a colour that is always the same for the same name.
export function avatar(name, kind = "agent") {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("");
  const element = h("span.avatar", { "aria-hidden": "true", "data-kind": kind }, kind === "bot" ? icon("bot") : letters.toUpperCase());
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  element.style.setProperty("--hue", hue);
  return element;
}
