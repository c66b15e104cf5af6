/** The poll of a list stops when the server says that nothing waits. It is woken when a row is added. */

const STOPPED = 286;

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  if (elt.matches("[data-poll]") && xhr.status === STOPPED) elt.dataset.stopped = "";
});

/** htmx never polls an element again that it has stopped, so a fresh one takes its place. */
export function wake() {
  const poll = document.querySelector("[data-poll][data-stopped]");
  if (!poll) return;
  const fresh = poll.cloneNode(false);
  delete fresh.dataset.stopped;
  poll.replaceWith(fresh);
  window.htmx.process(fresh);
}
