// <cx-chart data-source="id of its JSON">: uPlot, fetched when the first chart comes into sight; redrawn when its place,
// its numbers (the <script> beside it is replaced) or the theme change. {"x": [seconds or words], "now": seconds,
// "series": [{label, values, kind, unit, tone, dashed}]}; a band has low and high instead of values.

let library = null;
function load(script) {
  library ??= new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: script, onload: () => done(window.uPlot), onerror: failed }));
  });
  return library;
}

const language = document.documentElement.lang || "en";
const figure = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const hour = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const TONES = { live: "--live", late: "--late", waiting: "--waiting", neutral: "--ink-3" };

customElements.define("cx-chart", class extends HTMLElement {
  #plot = null; #drawn = ""; #now = 0; #watch = null; #numbers = null; #onDisplay = () => this.draw(true);

  connectedCallback() {
    this.#watch = new ResizeObserver(() => this.#resize());
    this.#watch.observe(this);
    this.#numbers = new MutationObserver((changes) => {
      if (this.#plot && changes.some((one) => [...one.addedNodes].some((node) => node.id === this.dataset.source))) this.draw();
    });
    this.#numbers.observe(this.parentElement, { childList: true });
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
    this.#numbers?.disconnect();
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
    if (item.kind === "band") return this.#band(item, name);
    const stroke = this.#colour(name);
    const isBar = item.kind === "bar";
    return [{
      label: item.label, stroke, width: isBar ? 0 : 1.75, dash: item.dashed ? [5, 4] : undefined, points: { show: false },
      fill: isBar ? this.#colour(name, 85) : item.kind === "area" ? this.#colour(name, 12) : undefined,
      paths: isBar ? uPlot.paths.bars({ size: [0.7, 40], radius: 0.2 }) : undefined,
      value: (_, value) => (value == null ? "" : figure.format(value) + (item.unit ? ` ${item.unit}` : "")),
    }];
  }

  // Two lines nobody sees; what lies between them is filled (see `bands` below), and the legend names it once.
  #band(item, name) {
    const line = { stroke: this.#colour(name, 25), width: 0, points: { show: false } };
    const words = (plot, high, place, at) => (high == null ? "" : `${figure.format(plot.data[place - 1][at])}–${figure.format(high)}`);
    return [{ ...line, label: "", class: "chart-low" }, { ...line, label: item.label, fill: undefined, value: words }];
  }

  #drawNow(plot) {
    if (!this.#now) return;
    const x = Math.round(plot.valToPos(this.#now, "x", true));
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = this.#colour("--ink-3");
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  async draw(anew = false) {
    const source = document.getElementById(this.dataset.source);
    if (!source) return;
    const uPlot = await load(this.dataset.script);
    if (!this.isConnected) return;
    const { x, now, series } = JSON.parse(source.textContent);
    this.#now = now;
    const values = series.flatMap((item) => (item.kind === "band" ? [item.low, item.high] : [item.values]));
    const shape = JSON.stringify(series.map(({ label, kind, tone, dashed }) => [label, kind, tone, dashed]));
    const words = typeof x[0] === "string" ? x : null;
    const data = [words ? words.map((_, place) => place) : x, ...values];
    if (this.#plot && !anew && !words && shape === this.#drawn) return this.#plot.setData(data);
    this.#drawn = shape;
    const [line, ink] = [this.#colour("--line"), this.#colour("--ink-3")];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px "Inter Variable", sans-serif', gap: 6 };
    const atTime = (_, at, __, ___, step) => at.map((second) => (step >= 86_400 ? day : hour).format(second * 1000));
    const lines = series.map((item, place) => this.#series(uPlot, item, place));
    const bands = lines.flatMap((made, place) => {
      const low = 1 + lines.slice(0, place).flat().length;
      return made.length === 2 ? [{ series: [low + 1, low], fill: this.#colour(TONES[series[place].tone] ?? `--series-${place % 6}`, 18) }] : [];
    });
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
      series: [{ label: "", value: (_, at) => (at == null ? "" : words ? words[at] : exact.format(at * 1000)) }, ...lines.flat()],
      bands, hooks: { draw: [(plot) => this.#drawNow(plot)] },
    }, data, this);
  }

  #height() {
    const wanted = parseFloat(getComputedStyle(this).getPropertyValue("--_height")) || 14;
    return Math.max(96, wanted * parseFloat(getComputedStyle(document.documentElement).fontSize) - 28);
  }

  #resize() {
    if (this.#plot && this.clientWidth && this.clientWidth !== this.#plot.width) this.#plot.setSize({ width: this.clientWidth, height: this.#height() });
  }
});
