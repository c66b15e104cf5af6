/**
 * The tuning page: sliders beside the numbers, the draft's mark under the hand, and the answer without a button.
 * Without this file the numbers are typed and “Preview” asks.
 */

const PAUSE_MS = 200;
const form = document.querySelector("[data-tuning]");
let timer = 0;

/** Ask what the draft would do, once the hand rests. */
function weighSoon() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => form.dispatchEvent(new Event("weigh")), PAUSE_MS);
}

/** Put the draft's mark where the threshold is now; the server draws it there again with its answer. */
function moveMark(value) {
  const svg = form.querySelector(".histogram");
  const mark = svg?.querySelector(".mark.draft");
  if (!mark || !Number.isFinite(value)) return;
  const [from, to, width] = ["from", "to", "width"].map((name) => Number(svg.dataset[name]));
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  mark.setAttribute("transform", `translate(${share * width} 0)`);
  const words = mark.querySelector("text");
  words.textContent = words.textContent.replace(/^[\d.,]+/, value.toFixed(2));
}

function showWhetherChanged(field) {
  const part = field.closest(".control, .hero");
  part?.classList.toggle("changed", field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
}

function bind(slider) {
  const field = document.getElementById(slider.dataset.for);
  const wide = slider.classList.contains("wide");
  slider.hidden = false;
  slider.value = field.value;
  slider.addEventListener("input", () => {
    field.value = slider.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", () => {
    slider.value = field.value;
    if (wide) moveMark(Number.parseFloat(field.value));
  });
}

for (const slider of form.querySelectorAll('input[type="range"][data-for]')) bind(slider);
for (const button of form.querySelectorAll("[data-preview]")) button.hidden = true;
form.addEventListener("input", (event) => {
  if (event.target.type === "range" || event.target.name === "note") return;
  showWhetherChanged(event.target);
  weighSoon();
});
