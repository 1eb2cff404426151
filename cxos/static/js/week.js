// The week: hours are drawn, moved and resized with the pointer, or typed below. The fields are what counts; the server
// draws the week from them after every change.

const STEP = 15, DAY = 1440, GRIP = 20;
const days = document.querySelector("[data-days]");
const week = document.getElementById("st-week-place");
const changed = () => document.getElementById("calendar-form").dispatchEvent(new CustomEvent("week:changed"));

function interval(day, start, end) {
  const line = document.getElementById("st-interval").content.firstElementChild.cloneNode(true);
  const [from, to] = line.querySelectorAll("input");
  [from.name, to.name] = [`start_${day.dataset.day}`, `end_${day.dataset.day}`];
  if (start) [from.value, to.value] = [start, end];
  day.querySelector("[data-interval-add]").before(line);
  return from;
}

days?.addEventListener("click", (event) => {
  const day = event.target.closest("[data-day]");
  if (event.target.closest("[data-interval-drop]")) event.target.closest(".st-interval").remove();
  else if (event.target.closest("[data-interval-add]")) interval(day).focus();
  else if (event.target.closest("[data-interval-copy]")) {
    const pairs = [...day.querySelectorAll(".st-interval")].map((line) => [...line.querySelectorAll("input")].map((input) => input.value));
    for (let next = day.nextElementSibling; next; next = next.nextElementSibling) {
      next.querySelectorAll(".st-interval").forEach((line) => line.remove());
      pairs.forEach(([start, end]) => interval(next, start, end));
    }
  } else return;
  changed();
});
days?.addEventListener("change", changed);

// --- Drawing. A drag begins in one row and stays in it: an edge resizes, the middle moves, anywhere else draws.

const minutes = (text) => { const [hour, minute] = text.split(":"); return Number(hour) * 60 + Number(minute); };
const clock = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const snapped = (minute) => Math.max(0, Math.min(DAY, Math.round(minute / STEP) * STEP));

function minuteAt(svg, event) {
  const box = svg.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  return (document.dir === "rtl" ? 1 - share : share) * DAY;
}

// The hours of a day that its fields hold, as [start, end, line]; an end at or before the start is the next day.
function lines(day) {
  return [...day.querySelectorAll(".st-interval")].flatMap((line) => {
    const [from, to] = [...line.querySelectorAll("input")].map((input) => input.value);
    if (!from || !to) return [];
    const start = minutes(from), end = minutes(to);
    return [[start, end > start ? end : end + DAY, line]];
  });
}

let drag = null;

function begin(event) {
  const svg = event.target.closest("svg");
  const row = svg?.closest(".st-week-row");
  if (!row || event.button) return;
  const day = days.querySelector(`[data-day="${[...row.parentElement.children].indexOf(row)}"]`);
  const minute = minuteAt(svg, event);
  const hit = lines(day).find(([start, end]) => minute >= start - GRIP && minute <= Math.min(end, DAY) + GRIP);
  const [start, end, line] = hit ?? [snapped(minute), snapped(minute), null];
  const edge = !hit ? "end" : Math.abs(minute - start) <= GRIP ? "start" : Math.abs(minute - end) <= GRIP ? "end" : "both";
  const draft = document.createElementNS(svg.namespaceURI, "rect");
  draft.setAttribute("class", "st-week-draft");
  draft.setAttribute("height", "20");
  svg.append(draft);
  drag = { svg, day, line, start, end, edge, from: minute, origin: start, draft, now: [start, end], moved: false };
  svg.setPointerCapture(event.pointerId);
  event.preventDefault();
}

function move(event) {
  const { start, end, edge, from, origin, line, draft } = drag;
  const minute = minuteAt(drag.svg, event);
  drag.moved ||= Math.abs(minute - from) > STEP / 2;
  if (edge === "both") {
    const length = end - start, first = Math.max(0, Math.min(DAY - Math.min(length, DAY), snapped(start + minute - from)));
    drag.now = [first, first + length];
  } else if (edge === "start") drag.now = [Math.min(snapped(minute), end - STEP), end];
  else if (line) drag.now = [start, Math.max(snapped(minute), start + STEP)];
  else drag.now = [Math.min(origin, snapped(minute)), Math.max(origin, snapped(minute))];
  draft.setAttribute("x", drag.now[0]);
  draft.setAttribute("width", Math.max(0, Math.min(DAY, drag.now[1]) - drag.now[0]));
  drag.svg.nextElementSibling.textContent = `${clock(drag.now[0])}–${clock(drag.now[1])}`;
}

function finish() {
  const { day, line, draft, moved } = drag;
  let [start, end] = drag.now;
  drag = null;
  draft.remove();
  if (!moved) return;
  if (end - start < STEP) return changed(); // drawn anew as it was
  line?.remove();
  // What it now touches becomes one with it.
  for (const [first, last, other] of lines(day)) if (first <= end && last >= start) {
    [start, end] = [Math.min(start, first), Math.max(end, last)];
    other.remove();
  }
  interval(day, clock(start), clock(Math.min(end, start + DAY)));
  changed();
}

week?.addEventListener("pointerdown", begin);
week?.addEventListener("pointermove", (event) => drag && move(event));
week?.addEventListener("pointerup", () => drag && finish());
week?.addEventListener("pointercancel", () => { drag?.draft.remove(); drag = null; });
