// <cx-thread>: the scrolling part of a conversation. It opens at the line one came for, at the first unread one, or at the
// newest; what comes in above or below moves nothing one is reading; and far-off pages give their elements back, so that a
// conversation of 5,000 lines costs what one of 500 does.

const FAR = "3000px 0px";
const NEAR_END = 40;
const lines = ".ws-line, .ws-event";

customElements.define("cx-thread", class extends HTMLElement {
  #ending = new AbortController();
  #place = null;
  #last = "";

  connectedCallback() {
    const { signal } = this.#ending;
    this.scroll = this.closest(".ws-scroll");
    this.button = document.getElementById("newest");
    this.#last = this.querySelector("#thread")?.dataset.last;
    this.pages = new IntersectionObserver((seen) => seen.forEach((one) => this.#recycle(one)), { root: this.scroll, rootMargin: FAR });
    document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.shouldSwap && this.contains(detail.target) && this.#hold(), { signal });
    // Whoever answers with the newest part answers with all of it that is on the page.
    document.addEventListener("htmx:configRequest", ({ detail }) => {
      if (detail.target?.id === "thread" && detail.verb === "post") detail.parameters.set?.("from", new URL(detail.target.dataset.url, location.href).searchParams.get("from") ?? "");
    }, { signal });
    // Lines that leave the newest part for pages above it do so once, however many answers say so.
    this.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
      if ([...detail.fragment.querySelectorAll(".ws-page")].some((page) => document.getElementById(page.id))) detail.shouldSwap = false;
    }, { signal });
    document.addEventListener("htmx:afterSwap", () => this.#keep(), { signal });
    document.addEventListener("htmx:afterSettle", () => this.#settled(), { signal });
    document.addEventListener("live:signal", ({ detail }) => detail.kind === "held" && this.#refetch("held"), { signal });
    this.addEventListener("click", (event) => this.#showPicture(event.target.closest("[data-show-picture]")), { signal });
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    this.button?.addEventListener("click", () => this.scroll.scrollTo({ top: 0 }), { signal });
    this.#settled();
    this.#begin(this.#aimed ?? this.querySelector("#first-unread"));
  }

  disconnectedCallback() {
    this.#ending.abort();
    this.pages.disconnect();
  }

  get #aimed() { return this.dataset.aimed ? this.querySelector(`#${CSS.escape(this.dataset.aimed)}`) : null; }
  get #atEnd() { return Math.abs(this.scroll.scrollTop) < NEAR_END; }

  #begin(line) {
    if (!line) return;
    const [own, box] = [line.getBoundingClientRect(), this.scroll.getBoundingClientRect()];
    const isAimed = line === this.#aimed;
    this.scroll.scrollTop += own.top - box.top - (isAimed ? Math.max(0, (box.height - own.height) / 2) : 0);
    if (!isAimed) return;
    line.tabIndex = -1;
    line.focus({ preventScroll: true }); // what is read out first, and where the keyboard goes on
  }

  // The first line in sight, and where it stands.
  #hold() {
    if (this.#place || this.#atEnd) return;
    const top = this.scroll.getBoundingClientRect().top;
    const line = [...this.querySelectorAll(lines)].find((one) => one.getBoundingClientRect().bottom > top);
    if (line) this.#place = { id: line.id, top: line.getBoundingClientRect().top };
  }

  #keep() {
    this.#aimed?.setAttribute("aria-current", "true"); // which no answer of the server knows
    const line = this.#place && document.getElementById(this.#place.id);
    if (line) this.scroll.scrollTop += line.getBoundingClientRect().top - this.#place.top;
  }

  #settled() {
    // A day is said once. A page that gave its lines back still counts: else the heading after it came back and moved all.
    let day = "";
    for (const one of this.querySelectorAll(".ws-day, .ws-page[data-day]")) {
      if (one.matches(".ws-day")) one.hidden = one.dataset.day === day;
      day = one.dataset.day;
    }
    this.#keep();
    this.#place = null;
    for (const page of this.querySelectorAll(".ws-page")) this.pages.observe(page);
    this.#scrolled();
  }

  #scrolled() {
    if (!this.button) return;
    const last = this.querySelector("#thread")?.dataset.last;
    const words = this.button.querySelector("span");
    if (this.#atEnd) this.#last = last;
    this.button.hidden = Math.abs(this.scroll.scrollTop) < 300;
    words.textContent = last === this.#last ? words.dataset.words : words.dataset.news;
    this.button.toggleAttribute("data-news", last !== this.#last);
  }

  // Out of reach: only its height stays. Back in reach: its lines are asked for again.
  async #recycle({ target: page, isIntersecting }) {
    if (!isIntersecting && page.childElementCount && page.offsetHeight) {
      page.style.blockSize = `${page.offsetHeight}px`;
      page.dataset.day = [...page.querySelectorAll(".ws-day")].at(-1)?.dataset.day ?? "";
      page.replaceChildren();
    } else if (isIntersecting && !page.childElementCount && !page.hasAttribute("data-asking")) {
      page.toggleAttribute("data-asking", true);
      try {
        const answer = await fetch(page.dataset.again, { headers: { "HX-Request": "true" }, redirect: "error" });
        if (!answer.ok || !page.isConnected) return;
        const fresh = document.createElement("template");
        fresh.innerHTML = await answer.text();
        this.#hold();
        page.replaceChildren(...(fresh.content.querySelector(".ws-page")?.childNodes ?? []));
        page.style.blockSize = "";
        delete page.dataset.day;
        window.htmx.process(page);
        this.#settled();
      } catch { /* scrolling on asks again */ } finally {
        page.removeAttribute("data-asking");
      }
    }
  }

  #refetch(id) {
    const region = document.getElementById(id);
    if (region) window.htmx.ajax("GET", region.dataset.url, { source: region, target: region, swap: "morph" });
  }

  // A picture that lies elsewhere is fetched, through our server, when somebody asks for it.
  #showPicture(button) {
    if (!button) return;
    const picture = Object.assign(new Image(), { alt: button.dataset.alt, className: "ws-shown" });
    picture.addEventListener("error", () => picture.replaceWith(Object.assign(document.createElement("small"), { textContent: button.dataset.failed })));
    picture.src = button.dataset.showPicture;
    button.replaceWith(picture);
  }
});

// Ctrl+Z outside a field takes the reply back that was just sent.
document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.target.closest("input, select, [contenteditable]")) return;
  if (event.target.matches("textarea") && event.target.value) return;
  const undo = [...document.querySelectorAll('[data-held="undo"] [data-undo-send]')].at(-1);
  if (undo) { event.preventDefault(); undo.click(); }
});
