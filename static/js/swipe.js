/**
 * Deciding by touch: the bar above the answers is drawn to one side. The pictures are only ever moved; and each side
 * presses a button that is on the page anyway.
 */

const SHARE = 0.3;

function sideOf(bar, across, down) {
  const enough = Math.abs(across) >= bar.clientWidth * SHARE && Math.abs(across) > 2 * Math.abs(down);
  if (!enough) return "";
  return across < 0 ? "left" : "right";
}

function follow(bar, across, down) {
  bar.style.setProperty("--drawn", `${across}px`);
  bar.dataset.side = sideOf(bar, across, down);
}

export function listenForSwipes() {
  let held = null;
  const letGo = () => {
    if (held) follow(held.bar, 0, 0);
    held = null;
  };
  document.addEventListener("pointerdown", (event) => {
    const bar = event.target.closest?.("[data-swipe]");
    if (!bar || !event.isPrimary || event.button !== 0) return;
    held = { bar, x: event.clientX, y: event.clientY };
    bar.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (held && event.isPrimary) follow(held.bar, event.clientX - held.x, event.clientY - held.y);
  });
  document.addEventListener("pointerup", (event) => {
    if (!held || !event.isPrimary) return;
    const { bar } = held;
    const side = sideOf(bar, event.clientX - held.x, event.clientY - held.y);
    letGo();
    if (side) document.querySelector(`[data-does="${CSS.escape(bar.dataset[side])}"]`)?.click();
  });
  document.addEventListener("pointercancel", letGo);
}
