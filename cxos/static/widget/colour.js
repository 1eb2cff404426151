// The site's colour, made readable: what stands on it, and what of it can be text on our own surfaces (WCAG: 4.5 to 1).

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
export const luminance = (hex) => channels(hex).reduce((sum, value, at) => sum + linear(value) * [0.2126, 0.7152, 0.0722][at], 0);

export function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const mix = (hex, other, share) =>
  `#${channels(hex).map((value, at) => Math.round(value + (channels(other)[at] - value) * share).toString(16).padStart(2, "0")).join("")}`;

// White or near-black on the colour, whichever reads better.
export const inkOn = (colour) => (contrast(colour, "#ffffff") >= contrast(colour, "#14171f") ? "#ffffff" : "#14171f");

// The colour moved towards black or white until it reads on the surface.
export function readableOn(colour, surface) {
  const towards = luminance(surface) > 0.4 ? "#000000" : "#ffffff";
  for (let share = 0; share <= 1; share += 0.05) {
    const tried = mix(colour, towards, share);
    if (contrast(tried, surface) >= 4.5) return tried;
  }
  return towards;
}

// The fill of our own bubbles and header: the colour itself where its ink reads, else a shade of it that does.
export function fillOf(colour) {
  if (contrast(colour, inkOn(colour)) >= 4.5) return colour;
  const towards = inkOn(colour) === "#ffffff" ? "#000000" : "#ffffff";
  for (let share = 0.05; share <= 1; share += 0.05) {
    const tried = mix(colour, towards, share);
    if (contrast(tried, inkOn(tried)) >= 4.5) return tried;
  }
  return towards;
}

export function applyColour(colour, style = document.documentElement.style) {
  const fill = fillOf(colour);
  style.setProperty("--brand", fill);
  style.setProperty("--brand-deep", mix(fill, "#000000", inkOn(fill) === "#ffffff" ? 0.28 : 0.08));
  style.setProperty("--on-brand", inkOn(fill));
  style.setProperty("--brand-ink-light", readableOn(colour, "#ffffff"));
  style.setProperty("--brand-ink-dark", readableOn(colour, "#1b1e26"));
}
