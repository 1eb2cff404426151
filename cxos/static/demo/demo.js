// The site's own part: who is signed in, and buttons that open the chat. window.cxos may be called before the chat's
// script has come: it takes what was said meanwhile from cxos.q.
(() => {
  const { identity } = document.currentScript.dataset;
  window.cxos ??= (...said) => (window.cxos.q ??= []).push(said);
  if (identity) window.cxos("identify", identity);
  document.addEventListener("click", (event) => {
    const chat = event.target.closest("[data-chat]");
    if (chat) window.cxos(chat.dataset.chat);
    if (event.target.closest("[data-sign-out]")) window.cxos("reset");
  });
})();
