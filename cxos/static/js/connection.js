// What people see of the line, and what they and the browser know about it: a banner two seconds after it was lost, a
// button that tries again at once, and the browser's own word that there is a network again, or none any more. The last
// matters: a cable pulled out ends no socket.
//
// Hears "live:line" (detail {lost}) from live-regions.js and tells it "live:reconnect" and "live:cut".

const banner = document.getElementById("connection");
let timer = 0;
const tell = (name) => document.dispatchEvent(new CustomEvent(name));

document.addEventListener("live:line", ({ detail: { lost } }) => {
  clearTimeout(timer);
  document.documentElement.toggleAttribute("data-offline", lost);
  if (lost) timer = setTimeout(() => banner && (banner.hidden = false), 2_000);
  else if (banner) banner.hidden = true;
});
document.addEventListener("click", (event) => event.target.closest?.("[data-reconnect]") && tell("live:reconnect"));
addEventListener("online", () => tell("live:reconnect"));
addEventListener("offline", () => tell("live:cut"));
