/**
 * Real pixels: where a picture is zoomed further than its small copy shows, tiles of the original are laid over it.
 * They are made when somebody first looks so closely; until then the small copy is what one sees.
 */

import { contained } from "./canvas.js";

const SETTLED_MS = 150;
const AGAIN_MS = 1000;
const TRIES = 40;

/** The part of a pane that is in sight, 0 to 1, when its view is moved by x and y and then enlarged. */
export function inSight({ zoom, x, y }) {
  return {
    left: 0.5 - (0.5 + x) / zoom, right: 0.5 + (0.5 - x) / zoom,
    top: 0.5 - (0.5 + y) / zoom, bottom: 0.5 + (0.5 - y) / zoom,
  };
}

class Layer {
  constructor(picture) {
    this.picture = picture;
    const { tiles, width, height, tile, file } = picture.dataset;
    this.address = tiles;
    this.file = file;
    [this.width, this.height, this.side] = [Number(width), Number(height), Number(tile)];
    this.asked = null;
    this.shown = new Map();
    this.box = document.createElement("div");
    this.box.className = "tiles";
    picture.after(this.box);
  }

  /** Whether the small copy has fewer pixels than the screen shows of it. */
  fallsShort(zoom, pane) {
    const place = contained(this.width, this.height, pane);
    return place.width * pane.width * zoom * window.devicePixelRatio > this.picture.naturalWidth * 1.05;
  }

  show(canvas, pane) {
    const coarse = this.picture.closest(".pane").querySelector("[data-coarse]");
    if (coarse) coarse.hidden = !this.fallsShort(canvas.zoom, pane);
    if (!this.picture.checkVisibility() || !this.picture.naturalWidth || !this.fallsShort(canvas.zoom, pane)) {
      this.box.hidden = true;
      return;
    }
    this.box.hidden = false;
    this.asked ??= this.ask();
    const place = contained(this.width, this.height, pane);
    const sight = inSight(canvas);
    const across = (share) => ((share - place.left) / place.width) * this.width;
    const down = (share) => ((share - place.top) / place.height) * this.height;
    const [columns, rows] = [Math.ceil(this.width / this.side), Math.ceil(this.height / this.side)];
    const range = (from, to, count) => [
      Math.max(0, Math.floor(from / this.side)), Math.min(count - 1, Math.floor(to / this.side)),
    ];
    const [first, last] = range(across(sight.left), across(sight.right), columns);
    const [top, bottom] = range(down(sight.top), down(sight.bottom), rows);
    for (let column = first; column <= last; column += 1) {
      for (let row = top; row <= bottom; row += 1) this.lay(column, row, place);
    }
  }

  async ask() {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    const response = await fetch(this.address, { method: "POST", headers });
    return response.ok;
  }

  async lay(column, row, place) {
    const key = `${column}/${row}`;
    const known = this.shown.get(key);
    const tile = known ?? document.createElement("img");
    const share = (pixels, all, start, length) => `${(start + (pixels / all) * length) * 100}%`;
    tile.style.left = share(column * this.side, this.width, place.left, place.width);
    tile.style.top = share(row * this.side, this.height, place.top, place.height);
    tile.style.width = share(Math.min(this.side, this.width - column * this.side), this.width, 0, place.width);
    tile.style.height = share(Math.min(this.side, this.height - row * this.side), this.height, 0, place.height);
    if (known) return;
    this.shown.set(key, tile);
    tile.alt = "";
    tile.draggable = false;
    if (!(await this.asked.catch(() => false))) return;
    let tries = 0;
    tile.addEventListener("load", () => this.box.append(tile), { once: true });
    tile.addEventListener("error", () => {
      tries += 1;
      if (tries < TRIES && this.box.isConnected) window.setTimeout(() => load(), AGAIN_MS);
      else this.shown.delete(key);
    });
    const load = () => { tile.src = `${this.address}${column}/${row}/?file=${this.file}${tries ? `&again=${tries}` : ""}`; };
    load();
  }
}

export class TileLayers {
  constructor(desk) {
    this.layers = [...desk.querySelectorAll("img[data-tiles]")].map((picture) => new Layer(picture));
    this.timer = 0;
  }

  /** The canvas has moved: once it rests, what is in sight gets its pixels. */
  follow(canvas) {
    if (!this.layers.length) return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      for (const layer of this.layers) {
        layer.show(canvas, layer.picture.closest(".pane").getBoundingClientRect());
      }
    }, SETTLED_MS);
  }
}
