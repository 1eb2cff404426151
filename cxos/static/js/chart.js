// <cx-chart data-source="id of its JSON">: uPlot, fetched when the first chart comes into sight; redrawn when its place,
// its numbers or the theme change. {"x": [seconds or words], "series": [{label, values, kind, unit, tone}]}.

let library = null;
function load(script) {
  library ??= new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: script, onload: () => done(window.uPlot), onerror: failed }));
  });
  return library;
}

const language = document.documentElement.lang || "en";
const figure = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const hour = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const TONES = { live: "--live", late: "--late", waiting: "--waiting", neutral: "--ink-3" };

customElements.define("cx-chart", class extends HTMLElement {
  #plot = null; #watch = null; #onDisplay = () => this.draw();

  connectedCallback() {
    this.#watch = new ResizeObserver(() => this.#resize());
    this.#watch.observe(this);
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.draw();
    }, { rootMargin: "200px" }).observe(this);
    document.addEventListener("display:changed", this.#onDisplay);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#onDisplay);
  }

  disconnectedCallback() {
    this.#watch?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    document.removeEventListener("display:changed", this.#onDisplay);
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.#onDisplay);
  }

  // A custom property may hold light-dark(); only a used colour is one a canvas understands.
  #colour(name, share = 100) {
    const probe = document.createElement("span");
    probe.style.color = `color-mix(in oklab, var(${name}) ${share}%, transparent)`;
    this.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  #series(uPlot, item, place) {
    const name = TONES[item.tone] ?? `--series-${place % 6}`;
    const stroke = this.#colour(name);
    const isBar = item.kind === "bar";
    return {
      label: item.label, stroke, width: isBar ? 0 : 1.75, dash: item.dashed ? [5, 4] : undefined, points: { show: false },
      fill: isBar ? this.#colour(name, 85) : item.kind === "area" ? this.#colour(name, 12) : undefined,
      paths: isBar ? uPlot.paths.bars({ size: [0.7, 40], radius: 0.2 }) : undefined,
      value: (_, value) => (value == null ? "–" : figure.format(value) + (item.unit ? ` ${item.unit}` : "")),
    };
  }

  async draw() {
    const source = document.getElementById(this.dataset.source);
    if (!source) return;
    const uPlot = await load(this.dataset.script);
    if (!this.isConnected) return;
    const { x, series } = JSON.parse(source.textContent);
    const words = typeof x[0] === "string" ? x : null;
    const [line, ink] = [this.#colour("--line"), this.#colour("--ink-3")];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px "Inter Variable", sans-serif', gap: 6 };
    const atTime = (_, at, __, ___, step) => at.map((second) => (step >= 86_400 ? day : hour).format(second * 1000));
    this.#plot?.destroy();
    this.#plot = new uPlot({
      width: this.clientWidth || 320, height: this.#height(), padding: [8, 12, 0, 0],
      scales: { x: words ? { time: false, range: () => [-0.6, words.length - 0.4] } : { time: true }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 1) * 1.08 || 1] } },
      cursor: { points: { size: 7 }, y: false, drag: { x: false, y: false } },
      legend: { live: true },
      axes: [
        words
          ? { ...axis, size: 28, grid: { show: false }, space: 24, incrs: [1, 2, 5, 10, 20, 50], values: (_, at) => at.map((place) => words[place] ?? "") }
          : { ...axis, size: 28, grid: { show: false }, space: 64, values: atTime },
        { ...axis, size: 44, space: 32, values: (_, at) => at.map((value) => figure.format(value)) },
      ],
      series: [{ label: "", value: (_, at) => (at == null ? "" : words ? words[at] : exact.format(at * 1000)) }, ...series.map((item, place) => this.#series(uPlot, item, place))],
    }, [words ? words.map((_, place) => place) : x, ...series.map((item) => item.values)], this);
  }

  #height() {
    const wanted = parseFloat(getComputedStyle(this).getPropertyValue("--_height")) || 14;
    return Math.max(96, wanted * parseFloat(getComputedStyle(document.documentElement).fontSize) - 28);
  }

  #resize() {
    if (this.#plot && this.clientWidth && this.clientWidth !== this.#plot.width) this.#plot.setSize({ width: this.clientWidth, height: this.#height() });
  }
});
