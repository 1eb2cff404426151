// What one types in the composer to find something: "/" a snippet, "@" a colleague or team (in notes), ":" an emoji,
// "??" an article. The server answers with <option value data-hint> elements; the chosen value replaces what was typed,
// with Ctrl and Enter an article's link.

const FINDS = [
  { kind: "snippet", pattern: /(?<=^|\s)\/([\p{L}\p{N}_-]{0,40})$/u },
  { kind: "person", pattern: /(?<=^|[\s(])@([\p{L}\p{N}._-]{0,40}(?: [\p{L}\p{N}._-]{1,40})?)$/u, mode: "note" },
  { kind: "emoji", pattern: /(?<=^|\s):([a-z0-9_+-]{0,40})$/iu },
  { kind: "article", pattern: /(?<=^|\s)\?\? ?([^\n?]{0,60})$/u },
];
const PAUSE = 120;
const ROLE = ["role", "aria-expanded", "aria-controls", "aria-autocomplete", "aria-activedescendant"];

export function suggest(composer, signal) {
  const field = composer.text;
  const list = document.createElement("cx-listbox");
  list.setAttribute("aria-label", field.getAttribute("aria-label"));
  composer.append(list);
  let found = null; // {kind, start, end} of what is being typed
  let timer = 0;
  let asking = null;

  function close() {
    clearTimeout(timer);
    asking?.abort();
    found = null;
    if (list.isOpen) list.close();
    for (const name of ROLE) field.removeAttribute(name); // a plain text field again
  }

  function look() {
    const before = field.value.slice(0, field.selectionStart);
    for (const { kind, pattern, mode } of FINDS) {
      const match = (!mode || mode === composer.mode) && before.match(pattern);
      if (match) return { kind, words: match[1], start: match.index, end: before.length };
    }
    return null;
  }

  async function ask() {
    const wanted = look();
    if (!wanted) return close();
    found = wanted;
    asking?.abort();
    asking = new AbortController();
    const url = new URL(`${composer.dataset.base}suggest/`, location.href);
    url.searchParams.set("kind", wanted.kind);
    url.searchParams.set("q", wanted.words);
    url.searchParams.set("mode", composer.mode);
    try {
      const answer = await fetch(url, { signal: asking.signal, redirect: "error" });
      if (!answer.ok) return close();
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      const options = [...fresh.content.querySelectorAll("option")];
      if (!options.length || document.activeElement !== field) return close();
      if (!list.isOpen) { list.attach(field, composer.form); list.open(); }
      for (const option of options) option.selected = false;
      list.fill(options, "");
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (look()) timer = setTimeout(ask, PAUSE);
    else close();
  }, { signal });
  field.addEventListener("keydown", (event) => {
    if (!list.isOpen || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "Enter" || found?.kind !== "article") return;
      list.chooseMarked("link");
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") list.step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" || event.key === "Tab") list.chooseMarked();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  field.addEventListener("blur", close, { signal });
  list.addEventListener("listbox:chosen", ({ detail }) => {
    const place = found;
    close();
    if (place) composer.insert(detail, place.start, Math.max(place.end, field.selectionStart));
  });
}
