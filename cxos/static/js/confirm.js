// hx-confirm and data-confirm ask in our own dialog. data-confirm-button gives the words of the button that does it.

const dialog = document.getElementById("confirm");

function ask(element, question, proceed) {
  if (!dialog) return window.confirm(question) && proceed();
  dialog.querySelector("[data-question]").textContent = question;
  const accept = dialog.querySelector("[data-accept]");
  accept.dataset.words ??= accept.textContent;
  accept.textContent = element.dataset?.confirmButton || accept.dataset.words;
  accept.onclick = () => { dialog.close(); proceed(); };
  dialog.showModal();
  accept.focus();
}

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.elt, event.detail.question, () => event.detail.issueRequest(true));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset?.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  const submitter = event.submitter;
  ask(form, form.dataset.confirm, () => {
    form.dataset.confirmed = "1";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  });
}, true);
