/**
 * The desk. Everything on it is an input, a link or a form and works without this file; here it becomes quick: keys,
 * zoom, the mode that was used last, dialogs in place of pages.
 */

import { answerAhead, fetchAhead, watchAhead } from "./ahead.js";
import { Canvas } from "./canvas.js";
import { listen } from "./keys.js";
import { listenForSwipes } from "./swipe.js";

const KEPT = "mode";
const TRIES = 15;
const WAIT_MS = 2000;

/** Show what only works with a script. */
function enable() {
  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
}

/** The compare mode stays from case to case. */
function keepMode(desk) {
  const last = sessionStorage.getItem(KEPT);
  const radio = last && desk.querySelector(`#mode-${CSS.escape(last)}`);
  if (radio) radio.checked = true;
  for (const mode of desk.querySelectorAll("input[name=mode]")) {
    mode.addEventListener("change", () => sessionStorage.setItem(KEPT, mode.value));
    // After a click the arrows are for choosing the keeper again; with the tab key the group keeps them.
    mode.addEventListener("pointerup", () => window.setTimeout(() => mode.blur()));
  }
}

/** So does whether B is laid onto A, where it can be. */
function keepAligned(desk) {
  const aligned = desk.querySelector("#aligned");
  if (aligned.disabled) return;
  aligned.checked = sessionStorage.getItem("aligned") !== "no";
  aligned.addEventListener("change", () => sessionStorage.setItem("aligned", aligned.checked ? "yes" : "no"));
}

/** What was concealed or revealed stays so while the answers are swapped for another keeper's. */
function keepVeil() {
  let checked = false;
  // Where a sensitive picture waits to be asked for there is a button instead.
  const veil = () => document.getElementById("veil");
  document.addEventListener("htmx:beforeSwap", () => { checked = Boolean(veil()?.checked); });
  document.addEventListener("htmx:afterSettle", () => { if (veil()) veil().checked = checked; });
}

/** Pictures that a worker makes: until they are there B is shown as it is, and they are asked for again. */
function awaitPictures(desk) {
  const pane = desk.querySelector(".pane.b");
  const note = desk.querySelector(".for-missing");
  const missing = new Set();
  const watch = (picture, name) => {
    let tries = 0;
    const address = picture.getAttribute("src");
    picture.addEventListener("error", () => {
      missing.add(name);
      pane.classList.add(name);
      tries += 1;
      if (tries < TRIES && desk.isConnected) {
        window.setTimeout(() => { picture.loading = "eager"; picture.src = `${address}?again=${tries}`; }, WAIT_MS);
      } else {
        missing.delete(name);
      }
      note.hidden = !missing.size;
    });
    picture.addEventListener("load", () => {
      missing.delete(name);
      pane.classList.remove(name);
      note.hidden = !missing.size;
    });
    // It may have failed before anybody listened.
    if (picture.complete && !picture.naturalWidth && picture.currentSrc) picture.dispatchEvent(new Event("error"));
  };
  for (const [selector, name] of [[".aligned", "unaligned"], [".difference", "undrawn"]]) {
    const picture = pane.querySelector(`img${selector}`);
    if (picture) watch(picture, name);
  }
}

/** Tick just the pictures that a link names; without a script the link is a page of its own. */
function bindScopes(desk) {
  for (const link of desk.querySelectorAll("[data-scope]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const wanted = new Set(link.dataset.scope.split(" "));
      for (const tick of desk.querySelectorAll("[data-tick]")) tick.checked = wanted.has(tick.value);
    });
  }
}

function bindDialogs() {
  const sheet = document.getElementById("keys");
  const changes = document.getElementById("changes-dialog");
  document.querySelector("[data-does=keys]").addEventListener("click", (event) => {
    event.preventDefault();
    sheet.showModal();
  });
  document.getElementById("changes").addEventListener("htmx:afterSwap", () => {
    if (!changes.open) changes.showModal();
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".say[open]")) event.target.querySelector("textarea").focus();
  }, true);
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".say[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll(".say[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  if ("listen" in sheet.dataset) listen(sheet);
}

/** One answer a page: a second press while the first is on its way does nothing. */
function bindAnswers() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.closest("#answers")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // What ends with the next case can show it at once.
    if (event.submitter?.matches("[data-goes-on]") && answerAhead(form, event.submitter)) event.preventDefault();
  });
  // Back in the history the page may come out of the cache as it was left.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("#answers form")) delete form.dataset.sent;
  });
}

function open(desk) {
  enable();
  keepMode(desk);
  keepAligned(desk);
  awaitPictures(desk);
  bindScopes(desk);
  new Canvas(desk);
}

open(document.getElementById("desk"));
bindDialogs();
bindAnswers();
keepVeil();
listenForSwipes();
watchAhead(open);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id === "desk") {
    open(event.detail.elt);
    fetchAhead();
  }
});
