// The colours the server has worked out of the site's own, so that everything on them reads.
export function applyPalette(palette, style = document.documentElement.style) {
  for (const [name, value] of Object.entries(palette)) style.setProperty(name, value);
}
