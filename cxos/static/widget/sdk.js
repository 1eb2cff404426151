// What a site puts on its pages: the launcher, and nothing else until somebody opens it.
//   <script async src="https://…/widget/site/sdk.js"></script>
// It comes with the channel's settings; the page may say otherwise by data-color, data-position="left", data-corners,
// data-label, data-language, data-text (a bubble with words). /widget/sdk.js is the same without settings: it needs data-channel.
// window.cxos("open" | "close" | "toggle" | "show" | "hide" | "identify", jwt | "reset" | "on", event, run | "off", event),
// also before this has loaded. Events: opened, closed, unread (n), message:sent ({id}), message:received ({id, from}).
((own) => {
  if (window.cxos?.ready) return;
  const script = document.currentScript;
  const { channel, position, corners, label = "Chat", language = "", text = "" } = { ...own, ...script.dataset };
  const color = [script.dataset.color, own.color].find((one) => /^#[\da-f]{6}$/i.test(one)) ?? "#3b5bdb";
  const base = new URL(script.src).origin;
  const waiting = window.cxos?.q ?? [];
  const key = `cxos:${channel}`;
  let identity, frame, port, open = false, focus = false, unread = 0;

  // Private windows and strict settings refuse storage; then the visit is simply not remembered.
  const store = (area, change) => {
    try {
      const kept = JSON.parse(area().getItem(key) ?? "{}");
      if (change) area().setItem(key, JSON.stringify(Object.assign(kept, change)));
      return kept;
    } catch { return {}; }
  };
  const lasting = (change) => store(() => localStorage, change);
  const visit = (change) => store(() => sessionStorage, change);

  // Black or white, whichever is easier to read on the colour.
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  const ink = 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000" : "#fff";
  const [round, edge] = { soft: [14, 10], square: [2, 2] }[corners] ?? [28, 16];
  const side = position === "left" ? "left" : "right";
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial !important; position: fixed !important; inset: auto !important; bottom: 0 !important; ${side}: 0 !important; z-index: 2147483000 !important; display: block !important; color-scheme: normal !important }
    :host([hidden]) { display: none !important }
    button { all: unset; position: fixed; bottom: 20px; ${side}: 20px; box-sizing: border-box; min-width: 56px; height: 56px; padding: 0 16px; border-radius: ${round}px; display: flex; gap: 10px; align-items: center; justify-content: center; background: ${color}; color: ${ink}; font: 600 15px/1 system-ui, sans-serif; cursor: pointer; box-shadow: 0 1px 2px #0003, 0 8px 24px -4px #0005; transition: transform .15s, box-shadow .15s }
    button:hover { transform: translateY(-1px); box-shadow: 0 1px 2px #0003, 0 12px 28px -4px #0006 }
    button:active { transform: scale(.96) }
    button:focus-visible { outline: 3px solid ${color}; outline-offset: 3px; box-shadow: 0 0 0 3px #fff }
    svg { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
    b { position: absolute; top: -4px; inset-inline-end: -4px; min-width: 20px; height: 20px; padding: 0 6px; box-sizing: border-box; border-radius: 10px; background: #d6293e; color: #fff; font: 700 12px/20px system-ui, sans-serif; text-align: center; box-shadow: 0 0 0 2px #fff }
    b:empty { display: none }
    iframe { position: fixed; bottom: 92px; ${side}: 20px; width: min(392px, calc(100vw - 40px)); height: min(704px, calc(100dvh - 112px)); border: 0; border-radius: ${edge}px; background: transparent; box-shadow: 0 0 0 1px #0000000f, 0 16px 48px -8px #0004, 0 4px 12px #0001; transform-origin: bottom ${side}; transition: opacity .18s, transform .22s cubic-bezier(.2, 0, 0, 1), visibility .22s }
    iframe:not(.open) { opacity: 0; visibility: hidden; transform: translateY(12px) scale(.97) }
    @media (max-width: 480px), (max-height: 420px) { iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0 } .open + button { visibility: hidden } }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important } }
    @media print { :host { display: none !important } }`);
  root.adoptedStyleSheets = [sheet];

  const svg = (d) => {
    const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    image.setAttribute("viewBox", "0 0 24 24");
    image.setAttribute("aria-hidden", "true");
    line.setAttribute("d", d);
    image.append(line);
    return image;
  };
  const button = document.createElement("button");
  const badge = document.createElement("b");
  const bubble = svg("M4 5h16v11H11l-5 4v-4H4z");
  const arrow = svg("M6 9l6 6 6-6");
  button.type = "button";
  button.append(bubble, text, badge);
  button.onclick = () => setOpen(!open);
  button.onkeydown = ({ key }) => { if (key === "Escape") setOpen(false); };
  root.append(button);
  const describe = () => {
    badge.textContent = unread ? String(Math.min(unread, 99)) : "";
    button.setAttribute("aria-expanded", open);
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-label", unread ? `${label} (${unread})` : label);
    button.firstChild.replaceWith(open ? arrow : bubble);
  };

  const heard = {};
  const fire = (name, detail) => heard[name]?.forEach((run) => { try { run(detail); } catch (problem) { setTimeout(() => { throw problem; }); } });

  const tell = (message) => port?.postMessage(message);
  const page = () => ({ url: location.href, title: document.title, referrer: document.referrer });

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = label;
    frame.allow = "clipboard-write";
    frame.src = `${base}/widget/${channel}/?language=${language}`;
    root.prepend(frame);
  }

  // The frame says it is ready; from then on the two talk over a channel that no other window can reach.
  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== base || data?.cxos !== "ready") return;
    const pair = new MessageChannel();
    port = pair.port1;
    port.onmessage = ({ data: said }) => {
      if (said.token !== undefined) lasting({ token: said.token });
      if (said.active !== undefined) lasting({ active: said.active });
      if (said.unread !== undefined && said.unread !== unread) { unread = said.unread; describe(); fire("unread", unread); }
      if (said.event) fire(said.event, said.detail);
      if (said.close) setOpen(false, { back: true });
    };
    source.postMessage({ cxos: "init", token: lasting().token, identity, open, focus, page: page() }, base, [pair.port2]);
    if (focus) frame.focus();
  });

  // `quiet`: open again on the next page of a visit, without taking the focus from it.
  function setOpen(wanted, { back, quiet } = {}) {
    if (wanted) load();
    const changed = open !== wanted;
    open = wanted;
    focus = open && !quiet;
    visit({ open });
    frame?.classList.toggle("open", open);
    tell({ open, focus, page: page() });
    describe();
    if (changed) fire(open ? "opened" : "closed");
    if (focus) frame.focus();
    else if (back) button.focus();
  }

  const commands = {
    open: () => setOpen(true),
    close: () => setOpen(false),
    toggle: () => setOpen(!open),
    show: () => { host.hidden = false; },
    hide: () => { host.hidden = true; },
    on: (name, run) => (heard[name] ??= []).push(run),
    off: (name) => delete heard[name],
    identify: (jwt) => { identity = jwt; tell({ identity }); },
    reset: () => { identity = undefined; unread = 0; lasting({ token: null, active: false }); tell({ reset: true }); describe(); },
  };
  window.cxos = (name, ...given) => commands[name]?.(...given);
  window.cxos.ready = true;

  describe();
  // Beside <body>, which sites that swap their pages replace; and back again if somebody clears the document.
  const attach = () => host.isConnected || document.documentElement.append(host);
  attach();
  new MutationObserver(attach).observe(document.documentElement, { childList: true });
  for (const [name, ...given] of waiting) window.cxos(name, ...given);
  if (visit().open) setOpen(true, { quiet: true });
  // A conversation is going on: be there when the answer comes.
  else if (lasting().active) setTimeout(load, 1500);
})({});
