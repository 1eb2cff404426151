// Which of the palette's commands are shown for what is typed (palette:narrow, detail: the text). Every typed word must
// begin a word of the command; a heading goes with the last of its lines.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

const known = new WeakMap(); // a command's words do not change
function wordsOf(command) {
  if (!known.has(command)) known.set(command, plain(`${command.textContent} ${command.dataset.words ?? ""}`).split(/[\s:]+/));
  return known.get(command);
}

document.getElementById("palette")?.addEventListener("palette:narrow", (event) => {
  const wanted = plain(event.detail).split(/\s+/).filter(Boolean);
  for (const part of event.target.querySelectorAll("[data-page-commands], [data-commands]")) {
    let heading = null;
    let any = false;
    for (const child of part.children) {
      if (child.matches(".palette-group")) {
        if (heading) heading.hidden = !any;
        [heading, any] = [child, false];
        continue;
      }
      const words = wordsOf(child);
      child.hidden = (!wanted.length && child.hasAttribute("data-quiet")) || !wanted.every((start) => words.some((word) => word.startsWith(start)));
      any ||= !child.hidden;
    }
    if (heading) heading.hidden = !any;
  }
});
