/**
 * The list of cases: how many are ticked, here and on other pages, and all of a page at once. Without this file each is
 * ticked by itself.
 */

const form = document.getElementById("bulk");

if (form) {
  const ticks = [...document.querySelectorAll("input[name=case][form=bulk]")];
  const all = form.querySelector("[data-tick-all]");
  const words = form.querySelector("[data-ticked]");
  const send = form.querySelector("[data-for-ticked]");
  const elsewhere = Number(words.dataset.elsewhere);
  const most = Number(words.dataset.most);
  for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;

  const show = () => {
    const here = ticks.filter((tick) => tick.checked).length;
    const count = here + elsewhere;
    all.checked = here === ticks.length;
    all.indeterminate = here > 0 && here < ticks.length;
    const { none, some, full } = words.dataset;
    words.textContent = count ? (count < most ? some : full).replace("%n", count) : none;
    for (const tick of ticks) tick.disabled = count >= most && !tick.checked;
    send.disabled = count === 0;
  };
  all.addEventListener("change", () => {
    let room = most - elsewhere;
    for (const tick of ticks) {
      tick.checked = all.checked && room > 0;
      room -= 1;
    }
    show();
  });
  for (const tick of ticks) tick.addEventListener("change", show);
  // A browser that comes back to the page keeps the ticks, and shows them only after the script has run.
  window.addEventListener("pageshow", show);
  show();
}
