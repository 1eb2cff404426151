// The chat beside a channel's form: the server says what the form would make of it, the frame draws that.

const stage = document.querySelector("#stage");
const bar = document.querySelector("#look-options");
const draw = () => {
  const data = document.querySelector("#look-data");
  const screen = bar.elements.screen.value;
  stage.contentWindow.postMessage({ look: data && JSON.parse(data.textContent), screen }, location.origin);
};
document.querySelector("#look").addEventListener("htmx:afterSettle", draw);
bar.addEventListener("change", draw);
bar.addEventListener("submit", (event) => event.preventDefault());
// The frame asks when it is ready, and says where a press in it has led.
addEventListener("message", ({ source, origin, data }) => {
  if (source !== stage.contentWindow || origin !== location.origin) return;
  if (data.screen) bar.elements.screen.value = data.screen;
  draw();
});

// The swatch and the digits beside it say the same.
document.addEventListener("input", ({ target }) => {
  const digits = document.querySelector("#id_color"), swatch = document.querySelector("#swatch");
  if (target === swatch) digits.value = swatch.value;
  else if (target === digits && /^#[\da-f]{6}$/i.test(digits.value)) swatch.value = digits.value;
}, true);
