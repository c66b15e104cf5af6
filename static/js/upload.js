/**
 * Uploads: chosen, dropped or pasted files are sent one a request, three at a time. The server answers each with the
 * row that the list shows, also when it refuses; this file only speaks where the server could not.
 */

import { wake } from "./polling.js";

const AT_ONCE = 3;
const KB = 1_000;
const MB = 1_000_000;

const form = document.querySelector("[data-drop]");
const field = form.querySelector("input[type=file]");
const batch = document.querySelector("[data-batch]");
const list = batch.querySelector("#rows");
const summary = batch.querySelector("[data-summary]");
const blank = document.querySelector("template[data-row]");

const queue = [];
const tally = { all: 0, done: 0, refused: 0 };
let sending = 0;

const inUnit = (unit, maximumFractionDigits) =>
  new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits });
const inMegabytes = inUnit("megabyte", 1);
const inKilobytes = inUnit("kilobyte", 0);
const sized = (bytes) => (bytes < MB ? inKilobytes.format(bytes / KB) : inMegabytes.format(bytes / MB));
const filled = (sentence, ...values) => values.reduce((text, value) => text.replace(/%[sd]/, value), sentence);

/** One file on its way: its row in the list and what can be done with it. */
class Upload {
  constructor(file) {
    this.file = file;
    this.row = document.importNode(blank.content.firstElementChild, true);
    this.part = (name) => this.row.querySelector(`[data-${name}]`);
    this.part("name").textContent = file.name;
    this.part("cancel").addEventListener("click", () => this.cancel());
    this.part("retry").addEventListener("click", () => this.retry());
    this.progress = this.row.querySelector("progress");
    this.thumb = this.part("thumb");
    this.preview();
    this.tell("waits", sized(file.size));
  }

  preview() {
    if (!this.file.type.startsWith("image/")) return;
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(this.file);
    // What the browser cannot show keeps the empty place; the address is freed either way.
    const settle = () => URL.revokeObjectURL(picture.src);
    picture.addEventListener("load", settle, { once: true });
    picture.addEventListener("error", () => { settle(); picture.remove(); }, { once: true });
    this.thumb.append(picture);
  }

  tell(kind, ...values) {
    const size = this.part("size");
    size.textContent = filled(size.dataset[kind], ...values);
  }

  send() {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
    body.set("rows", "1");
    body.set("files", this.file, this.file.name);
    this.request = new XMLHttpRequest();
    this.request.open("POST", form.action);
    this.request.upload.addEventListener("progress", (event) => this.advance(event));
    this.request.upload.addEventListener("load", () => this.tell("stored"));
    this.request.addEventListener("load", () => this.answered());
    this.request.addEventListener("error", () => this.stuck("lost"));
    this.request.addEventListener("loadend", () => { sending -= 1; this.request = null; next(); });
    sending += 1;
    this.request.send(body);
  }

  advance(event) {
    if (!event.lengthComputable) return;
    this.progress.value = event.loaded / event.total;
    this.tell("part", sized(Math.min(event.loaded, this.file.size)), sized(this.file.size));
  }

  answered() {
    const answer = document.createElement("template");
    answer.innerHTML = this.request.responseText;
    const rows = [...answer.content.querySelectorAll("li.row")];
    if (rows.length === 0) {
      this.stuck(this.request.status === 413 ? "large" : "busy");
      return;
    }
    this.settle(rows[0]);
  }

  /** The server's row takes the place of ours and keeps the picture that is already shown. */
  settle(row) {
    const same = row.id && document.getElementById(row.id);
    if (same) same.remove();
    this.row.replaceWith(row);
    // Only now that both are in this document: on its way into another one the picture would be loaded again.
    row.querySelector("[data-thumb]")?.replaceWith(this.thumb);
    window.htmx.process(row);
    tally.done += 1;
    if (row.querySelector(".pill.bad")) tally.refused += 1;
    summarise();
    if (row.querySelector("[name=waiting]")) wake();
  }

  /** The server could not say what happened: the person may try again. */
  stuck(kind) {
    const sentence = this.part("sentence");
    sentence.textContent = sentence.dataset[kind];
    this.show({ sentence: true, retry: kind !== "large" });
    this.progress.hidden = true;
    this.tell("whole", sized(this.file.size));
  }

  show({ sentence, retry }) {
    this.part("sentence").hidden = !sentence;
    this.part("retry").hidden = !retry;
  }

  retry() {
    this.show({ sentence: false, retry: false });
    this.progress.hidden = false;
    this.progress.value = 0;
    this.tell("waits", sized(this.file.size));
    queue.push(this);
    next();
  }

  cancel() {
    const place = queue.indexOf(this);
    if (place >= 0) queue.splice(place, 1);
    this.request?.abort();
    const neighbour = this.row.nextElementSibling ?? this.row.previousElementSibling;
    this.row.remove();
    tally.all -= 1;
    summarise();
    // The focus goes to the next row's button, not to the top of the page.
    (neighbour?.querySelector("button, a") ?? field).focus();
  }
}

function next() {
  while (sending < AT_ONCE && queue.length > 0) queue.shift().send();
}

function summarise() {
  batch.hidden = list.childElementCount === 0;
  const parts = [filled(summary.dataset.one, tally.done, tally.all)];
  if (tally.refused > 0) parts.push(filled(summary.dataset.needs, tally.refused));
  summary.textContent = parts.join(" · ");
}

function take(files) {
  for (const file of files) {
    const upload = new Upload(file);
    list.append(upload.row);
    queue.push(upload);
    tally.all += 1;
  }
  summarise();
  next();
}

const holdsFiles = (transfer) => transfer !== null && [...transfer.types].includes("Files");

function watchDrops() {
  // Over the whole page: a file that misses the field must not open in its place.
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    form.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

for (const part of form.querySelectorAll("[data-scripted]")) part.hidden = false;
for (const part of form.querySelectorAll("[data-plain]")) part.hidden = true;
form.classList.add("scripted");
field.addEventListener("change", () => { take(field.files); field.value = ""; });
document.addEventListener("paste", (event) => {
  if (!holdsFiles(event.clipboardData)) return;
  event.preventDefault();
  take(event.clipboardData.files);
});
watchDrops();
// A page left in the middle loses what is not sent yet.
window.addEventListener("beforeunload", (event) => { if (sending + queue.length > 0) event.preventDefault(); });
