/**
 * The two pictures: one zoom and one position for both, a slider to swipe, another to see through, and a walk through
 * the changed regions. Sizes are shares of a pane, so both panes always show the same part.
 */

import { TileLayers } from "./tiles.js";

const MOST = 12;
const PIXELS_FROM = 4;

/** Where a picture of `width` by `height` lies in a pane that shows all of it: left, top, width and height, 0 to 1. */
export function contained(width, height, pane) {
  const scale = Math.min(pane.width / width, pane.height / height);
  const across = (width * scale) / pane.width;
  const down = (height * scale) / pane.height;
  return { left: (1 - across) / 2, top: (1 - down) / 2, width: across, height: down };
}

export class Canvas {
  constructor(desk) {
    this.desk = desk;
    // It has no id: htmx would carry its style over to the next one as an attribute, which the page's policy forbids.
    this.panes = desk.querySelector(".panes");
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.region = -1;
    this.boxes = [...desk.querySelectorAll("[data-box]")].map((box) => box.dataset.box.split(" ").map(Number));
    this.pointers = new Map();
    this.tiles = new TileLayers(desk);
    this.bind();
    this.show();
  }

  bind() {
    const press = (name, action) => {
      this.desk.querySelector(`[data-does="${name}"]`)?.addEventListener("click", action);
    };
    press("zoom-in", () => this.zoomTo(this.zoom * 1.5));
    press("zoom-out", () => this.zoomTo(this.zoom / 1.5));
    press("zoom-fit", () => this.fit());
    press("region-next", () => this.visit(1));
    press("region-previous", () => this.visit(-1));
    this.bindSlider("swipe-at", (value) => this.panes.style.setProperty("--swipe", `${value}%`));
    this.bindSlider("onion-at", (value) => this.panes.style.setProperty("--onion", String(value / 100)));
    this.panes.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.panes.addEventListener("keydown", (event) => this.arrow(event));
    this.panes.addEventListener("pointerdown", (event) => this.grab(event));
    this.panes.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      this.panes.addEventListener(kind, (event) => this.release(event));
    }
    // Another mode, or B as it is: other pictures are in sight.
    for (const choice of this.desk.querySelectorAll("input[name=mode], #aligned")) {
      choice.addEventListener("change", () => this.tiles.follow(this));
    }
    new ResizeObserver(() => this.tiles.follow(this)).observe(this.panes);
    this.panes.addEventListener("dblclick", () => (this.zoom > 1 ? this.fit() : this.zoomTo(3)));
  }

  bindSlider(id, apply) {
    const slider = this.desk.querySelector(`#${id}`);
    slider.addEventListener("input", () => apply(slider.value));
    apply(slider.value);
  }

  get swiping() {
    return this.desk.querySelector("#mode-swipe").checked;
  }

  /** The pane that a pointer is over, or the first that is shown. */
  paneAt(event) {
    const under = event?.target instanceof Element ? event.target.closest(".pane") : null;
    const pane = under ?? this.desk.querySelector(".pane.a");
    return pane.getBoundingClientRect();
  }

  /** Zoom to `zoom` times, keeping the point under `event` where it is; the middle without one. */
  zoomTo(zoom, event) {
    const wanted = Math.min(MOST, Math.max(1, zoom));
    const pane = this.paneAt(event);
    const [px, py] = event
      ? [(event.clientX - pane.left) / pane.width - 0.5, (event.clientY - pane.top) / pane.height - 0.5]
      : [0, 0];
    const grown = wanted / this.zoom;
    this.x = px - (px - this.x) * grown;
    this.y = py - (py - this.y) * grown;
    this.zoom = wanted;
    this.show();
  }

  fit() {
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.region = -1;
    this.show();
  }

  moveBy(x, y) {
    this.x += x;
    this.y += y;
    this.show();
  }

  /** Write the state to the page; a picture never leaves its pane altogether. */
  show() {
    const limit = (this.zoom - 1) / 2;
    this.x = Math.min(limit, Math.max(-limit, this.x));
    this.y = Math.min(limit, Math.max(-limit, this.y));
    const style = this.panes.style;
    style.setProperty("--zoom", this.zoom.toFixed(4));
    style.setProperty("--x", `${(this.x * 100).toFixed(3)}%`);
    style.setProperty("--y", `${(this.y * 100).toFixed(3)}%`);
    this.panes.classList.toggle("zoomed", this.zoom > 1);
    this.panes.classList.toggle("close", this.zoom >= PIXELS_FROM);
    const shown = this.desk.querySelector("[data-zoom]");
    if (shown) shown.textContent = `${Math.round(this.zoom * 100)} %`;
    this.tiles.follow(this);
  }

  /** Go to the next changed region of A (`step` 1) or the one before (-1). */
  visit(step) {
    if (!this.boxes.length) return;
    const count = this.boxes.length;
    this.region = this.region < 0 ? (step > 0 ? 0 : count - 1) : (this.region + step + count) % count;
    const picture = this.desk.querySelector(".pane.a .plain");
    const pane = this.paneAt();
    const place = contained(picture.naturalWidth || 1, picture.naturalHeight || 1, pane);
    const [left, top, right, bottom] = this.boxes[this.region];
    const middle = [place.left + ((left + right) / 2) * place.width, place.top + ((top + bottom) / 2) * place.height];
    const across = Math.max((right - left) * place.width, (bottom - top) * place.height, 0.02);
    this.zoom = Math.min(6, Math.max(1, 0.6 / across));
    this.x = (0.5 - middle[0]) * this.zoom;
    this.y = (0.5 - middle[1]) * this.zoom;
    this.show();
    const words = this.desk.querySelector("[data-regions]").dataset.words;
    const progress = words.replace("{n}", String(this.region + 1)).replace("{all}", String(count));
    this.desk.querySelector("[data-region-count]").textContent = progress;
  }

  wheel(event) {
    // The page itself scrolls on a phone-sized screen; there zooming is for two fingers and the buttons.
    if (!event.ctrlKey && document.documentElement.scrollHeight > window.innerHeight + 1) return;
    event.preventDefault();
    this.zoomTo(this.zoom * Math.exp(-event.deltaY * 0.002), event);
  }

  arrow(event) {
    if (!event.shiftKey || !event.key.startsWith("Arrow")) return;
    const step = 0.1;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    event.preventDefault();
    this.moveBy(...moves[event.key]);
  }

  grab(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    // A finger on a picture that is shown whole scrolls the page.
    if (this.swiping || this.zoom > 1 || this.pointers.size > 1) this.panes.setPointerCapture(event.pointerId);
    this.panes.classList.add("held");
    if (this.swiping && this.pointers.size === 1) this.swipeTo(event);
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const spread = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
      this.zoomTo(this.zoom * (spread(now) / spread(before)), event);
    } else if (this.swiping && this.zoom === 1) {
      this.swipeTo(event);
    } else if (this.zoom > 1) {
      const pane = this.paneAt(event);
      this.moveBy((now[0] - before[0]) / pane.width, (now[1] - before[1]) / pane.height);
    }
    this.pointers.set(event.pointerId, now);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.panes.classList.remove("held");
  }

  swipeTo(event) {
    const box = this.panes.getBoundingClientRect();
    const slider = this.desk.querySelector("#swipe-at");
    slider.value = String(((event.clientX - box.left) / box.width) * 100);
    slider.dispatchEvent(new Event("input"));
  }
}
