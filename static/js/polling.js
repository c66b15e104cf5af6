/** The poll of a list stops when the server says that nothing waits. It is woken when a row is added. */

const STOPPED = 286;
const ASKED = 300; // rows at once, as many as the server looks at: those that wait first, then those that are done

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, formData } = event.detail;
  if (!elt.matches("[data-poll]")) return;
  let left = ASKED;
  for (const name of ["waiting", "shown"]) {
    const kept = formData.getAll(name).slice(0, left);
    formData.delete(name);
    for (const value of kept) formData.append(name, value);
    left -= kept.length;
  }
});

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
