/**
 * What every page does: toasts that go by themselves, the appearance switch without a reload, menus that close,
 * and a word when the connection is gone. Each of them also works, less smoothly, without this file.
 */

import { belongsElsewhere } from "./keys.js";

const TOAST_MS = 10_000;
const APPEARANCES = ["auto", "light", "dark"];

/** Let a toast go after ten seconds, but never while it is pointed at or has the focus. */
export function expire(toast) {
  let timer = 0;
  const start = () => { timer = window.setTimeout(() => toast.remove(), TOAST_MS); };
  const stop = () => window.clearTimeout(timer);
  for (const kind of ["pointerenter", "focusin"]) toast.addEventListener(kind, stop);
  for (const kind of ["pointerleave", "focusout"]) toast.addEventListener(kind, () => { stop(); start(); });
  const close = toast.querySelector("[data-close]");
  if (close) {
    close.hidden = false;
    close.addEventListener("click", () => toast.remove());
  }
  start();
}

/** Say `sentence` to everybody, sighted or not. */
export function say(sentence) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("span"), { textContent: sentence }));
  document.getElementById("toasts")?.append(toast);
  expire(toast);
}

/** Each choice is sent when the one before it is kept: of two presses in a row, the second must be what stays. */
function switchAppearance(form) {
  let kept = Promise.resolve();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = form.elements.namedItem("appearance");
    const chosen = field.value;
    const body = new FormData(form);
    const send = () => fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true });
    document.documentElement.dataset.appearance = chosen;
    field.value = APPEARANCES[(APPEARANCES.indexOf(chosen) + 1) % APPEARANCES.length];
    kept = kept.then(send).catch(() => sayFailed());
  });
}

export function sayFailed() {
  const sentence = document.getElementById("toasts")?.dataset.sentenceFailed;
  if (sentence) say(sentence);
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) {
      menu.open = false;
      if (event.type === "keydown") menu.querySelector("summary").focus();
    }
  }
}

/** The key on a toast takes the decision back on any page; the desk has a control of its own for it. */
function pressToast(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || belongsElsewhere(event)) return;
  if (document.querySelector("[data-does=undo], dialog[open]")) return;
  for (const toast of document.querySelectorAll(".toast[data-key]")) {
    if (toast.dataset.key === event.key.toLowerCase()) toast.querySelector("form button").click();
  }
}

function watchConnection(strip) {
  const show = () => { strip.hidden = navigator.onLine; };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}

for (const toast of document.querySelectorAll(".toast")) expire(toast);
for (const form of document.querySelectorAll("[data-appearance-switch]")) switchAppearance(form);
for (const strip of document.querySelectorAll("[data-offline]")) watchConnection(strip);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
document.addEventListener("keydown", pressToast);
// Polls repeat by themselves; only what a person asked for needs a word when it fails.
document.addEventListener("htmx:sendError", (event) => {
  if (!event.detail.elt.matches("[data-poll]")) sayFailed();
});
