/** The list of cases: how many are ticked, and all of a page at once. Without this file each is ticked by itself. */

const form = document.getElementById("bulk");

if (form) {
  const ticks = [...document.querySelectorAll("input[name=case][form=bulk]")];
  const all = form.querySelector("[data-tick-all]");
  const words = form.querySelector("[data-ticked]");
  const send = form.querySelector("[data-for-ticked]");
  for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;

  const show = () => {
    const count = ticks.filter((tick) => tick.checked).length;
    all.checked = count === ticks.length;
    all.indeterminate = count > 0 && count < ticks.length;
    words.textContent = count ? words.dataset.some.replace("%n", count) : words.dataset.none;
    send.disabled = count === 0;
  };
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
    show();
  });
  for (const tick of ticks) tick.addEventListener("change", show);
  // A browser that comes back to the page keeps the ticks, and shows them only after the script has run.
  window.addEventListener("pageshow", show);
  show();
}
