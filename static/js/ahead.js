/**
 * The next cases, fetched while somebody looks at this one: an answer shows the next at once, and is sent meanwhile.
 *
 * The server has the last word. It is asked for the pages as a prefetch, so that nobody seems to be at a case before it
 * is shown; if it leads to another case, or refuses, that is what is shown.
 */

import { expire, sayFailed } from "./site.js";

const ready = new Map();
const wanted = new Set();
const FRESH_MS = 10 * 60 * 1000;
const TOASTS = 2;

let pending = Promise.resolve(true);
let opened = () => {};

/** What of a page is the case: null if it shows none. */
function parse(text) {
  const found = new DOMParser().parseFromString(text, "text/html");
  const desk = found.getElementById("desk");
  const answers = found.getElementById("answers");
  return desk && answers ? { desk, answers, document: found } : null;
}

/** Let the pictures load and be decoded before anybody sees them. */
async function warm(page) {
  document.adoptNode(page.desk);
  document.adoptNode(page.answers);
  const pictures = [...page.desk.querySelectorAll("img")];
  for (const picture of pictures) {
    picture.loading = "eager";
    picture.src = picture.getAttribute("src");
  }
  // One that a worker has still to make fails here and is waited for on the desk.
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
}

async function fetchPage(address) {
  wanted.add(address);
  try {
    const response = await fetch(address, { headers: { Purpose: "prefetch" }, priority: "low" });
    const page = response.ok && !response.redirected ? parse(await response.text()) : null;
    if (!page) return;
    await warm(page);
    ready.set(address, { ...page, address, at: Date.now() });
    document.getElementById("answers")?.setAttribute("data-ready", String(ready.size));
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem; // no connection: the answer is then sent as any form is
  } finally {
    wanted.delete(address);
  }
}

function upcoming() {
  return [...document.querySelectorAll("[data-ahead]")].map((item) => item.dataset.ahead);
}

/** Fetch what the page names and is not here yet, one after the other; forget what it no longer names. */
export async function fetchAhead() {
  const addresses = upcoming();
  for (const [address, page] of ready) {
    if (!addresses.includes(address) || Date.now() - page.at > FRESH_MS) ready.delete(address);
  }
  for (const address of addresses) {
    if (!ready.has(address) && !wanted.has(address)) await fetchPage(address);
  }
}

function show(page) {
  document.getElementById("desk").replaceWith(page.desk);
  document.getElementById("answers").replaceWith(page.answers);
  for (const part of [page.desk, page.answers]) {
    if (window.htmx) window.htmx.process(part);
  }
  window.scrollTo(0, 0);
  document.getElementById("main").focus({ preventScroll: true });
  opened(page.desk);
}

function current() {
  return document.getElementById("desk").dataset.address;
}

/** The server's page is of the case that is shown already: take over what only it knows. */
function refresh(page) {
  if (current() !== page.desk.dataset.address) return; // it is answered, too
  if (document.getElementById("desk").dataset.version !== page.desk.dataset.version) {
    show(page);
    return;
  }
  for (const selector of ["#lease", "#ahead", ".around"]) {
    const [old, fresh] = [document.querySelector(selector), page.document.querySelector(selector)];
    const found = fresh ?? page.desk.querySelector(selector) ?? page.answers.querySelector(selector);
    if (!old || !found) continue;
    old.replaceWith(document.adoptNode(found));
    if (window.htmx) window.htmx.process(found);
  }
  const undo = document.querySelector("[data-does=undo]");
  if (undo) undo.disabled = page.answers.querySelector("[data-does=undo]")?.disabled ?? true;
}

function takeOver(page) {
  const words = page.document.querySelector("[data-progress]");
  const shown = document.querySelector("[data-progress]");
  if (words && shown) shown.textContent = words.textContent;
  const toasts = document.getElementById("toasts");
  for (const toast of page.document.querySelectorAll("#toasts .toast")) {
    toasts.append(document.adoptNode(toast));
    expire(toast);
  }
  while (toasts.children.length > TOASTS) toasts.firstElementChild.remove();
}

function putBack(before) {
  show(before);
  delete before.form.dataset.sent;
  pending = Promise.resolve(true);
}

async function post(address, body, next, before) {
  let response, text;
  try {
    response = await fetch(address, { method: "POST", body });
    text = await response.text();
  } catch {
    putBack(before);
    sayFailed();
    return false;
  }
  const page = response.ok ? parse(text) : null;
  if (!page) {
    // Refused, overtaken, or the last case. The form has one effect however often it is sent: let its page be shown.
    putBack(before);
    before.form.action = address;
    before.form.submit();
    return false;
  }
  history.pushState(null, "", response.url);
  if (page.desk.dataset.address === next) refresh(page);
  else show(page);
  takeOver(page);
  fetchAhead();
  return true;
}

/** Show the next case and send `form`. False if the next one is not here yet: then the form goes its usual way. */
export function answerAhead(form, submitter) {
  const next = upcoming()[0];
  const page = ready.get(next);
  if (!page || !document.getElementById("main")) return false;
  performance.mark("answered");
  const body = new FormData(form, submitter);
  const address = submitter?.getAttribute("formaction") ?? form.action;
  const before = {
    form, desk: document.getElementById("desk"), answers: document.getElementById("answers"),
  };
  ready.delete(next);
  show(page);
  performance.measure("next case in the page", "answered");
  requestAnimationFrame(() => setTimeout(() => performance.measure("next case on screen", "answered")));
  pending = pending.then((well) => (well ? post(address, body, next, before) : false));
  return true;
}

/** `open` makes a desk that was put into the page work. */
export function watchAhead(open) {
  opened = open;
  if (document.readyState === "complete") fetchAhead();
  else window.addEventListener("load", fetchAhead);
  window.addEventListener("popstate", () => {
    // A link within the page is no other page.
    if (window.location.pathname !== current()) window.location.reload();
  });
}
