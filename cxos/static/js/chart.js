// <cx-chart data-source="id of its JSON">: uPlot, fetched when the first chart comes into sight; redrawn when its place,
// its numbers or the theme change. {"x": [seconds or words], "series": [{label, values, kind, unit, tone}]}.

let library = null;
function load(script, style) {
  library ??= new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
    document.head.append(Object.assign(document.createElement("script"), { src: script, onload: () => done(window.uPlot), onerror: failed }));
  });
  return library;
}

const language = document.documentElement.lang || "en";
const figure = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
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
  #colour(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    this.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  #fade(colour, share) {
    return colour.replace(/^(\w+)\((.*)\)$/, (_, kind, parts) => `${kind}(${parts.includes("/") ? parts : `${parts}${kind === "rgb" ? ", " : " / "}${share}`})`).replace("rgb(", kind => kind === "rgb(" ? "rgba(" : kind);
  }

  #series(uPlot, item, place) {
    const stroke = this.#colour(TONES[item.tone] ?? `--series-${place % 6}`);
    const isBar = item.kind === "bar";
    return {
      label: item.label, stroke, width: isBar ? 0 : 1.75, dash: item.dashed ? [5, 4] : undefined, points: { show: false },
      fill: isBar ? this.#fade(stroke, 0.85) : item.kind === "area" ? this.#fade(stroke, 0.12) : undefined,
      paths: isBar ? uPlot.paths.bars({ size: [0.7, 40], radius: 0.2 }) : undefined,
      value: (_, value) => (value == null ? "–" : figure.format(value) + (item.unit ? ` ${item.unit}` : "")),
    };
  }

  async draw() {
    const source = document.getElementById(this.dataset.source);
    if (!source) return;
    const uPlot = await load(this.dataset.script, this.dataset.style);
    if (!this.isConnected) return;
    const { x, series } = JSON.parse(source.textContent);
    const words = typeof x[0] === "string" ? x : null;
    const [line, ink] = [this.#colour("--line"), this.#colour("--ink-3")];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px "Inter Variable", sans-serif', gap: 6 };
    this.#plot?.destroy();
    this.#plot = new uPlot({
      width: this.clientWidth || 320, height: this.#height(), padding: [8, 8, 0, 0],
      scales: { x: { time: !words }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 1) * 1.08 || 1] } },
      cursor: { points: { size: 7 }, y: false, drag: { x: false, y: false } },
      legend: { live: true },
      axes: [
        { ...axis, grid: { show: false }, ...(words && { values: (_, at) => at.map((place) => words[place] ?? ""), incrs: [1, 2, 5, 10] }) },
        { ...axis, size: 44, values: (_, at) => at.map((value) => figure.format(value)) },
      ],
      series: [words ? { value: (_, place) => words[place] ?? "–" } : {}, ...series.map((item, place) => this.#series(uPlot, item, place))],
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
