// <cx-tabs>: one row of role=tab, arrows move and show, panels by aria-controls. The panel in the address (#id) is shown.

customElements.define("cx-tabs", class extends HTMLElement {
  get #tabs() {
    return [...this.querySelectorAll('[role="tab"]')];
  }

  connectedCallback() {
    this.addEventListener("click", (event) => {
      const tab = event.target.closest('[role="tab"]');
      if (tab) this.show(tab);
    });
    this.addEventListener("keydown", (event) => {
      const tabs = this.#tabs;
      const at = tabs.indexOf(document.activeElement);
      const step = getComputedStyle(this).direction === "rtl" ? -1 : 1;
      const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const tab = tabs[(to + tabs.length) % tabs.length];
      tab.focus();
      this.show(tab);
    });
    const wanted = location.hash && this.querySelector(`[aria-controls="${CSS.escape(location.hash.slice(1))}"]`);
    const first = wanted || this.querySelector('[aria-selected="true"]') || this.#tabs[0];
    if (first) this.show(first);
  }

  show(chosen) {
    for (const tab of this.#tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls"));
      if (!panel) continue;
      panel.hidden = !isChosen;
      panel.setAttribute("aria-labelledby", tab.id);
    }
    chosen.dispatchEvent(new CustomEvent("tab:shown", { bubbles: true }));
  }
});
