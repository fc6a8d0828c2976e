// The canvas of the map. Points are written as pixels of an image: that takes a few milliseconds for 100,000 of them, with
// or without a graphics card, so there is one way to draw and no fallback. Labels and marks are drawn above it.
import { DIAMOND, SQUARE, pixel } from "./map_colours.js";

const MOST_ZOOM = 4000;
const CELL = 5; // pixels of the grid that finds what overlaps
const MANY = 300; // words in view whose points would leave too little room for labels
const TRIED = 1500; // words in view whose labels are tried, the most frequent first
const FONT = "12px system-ui, sans-serif", BOLD = "bold 13px system-ui, sans-serif";

export class MapView {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.changed = changed;
    this.map = null;
    this.current = -1;
    this.scale = this.fitted = 1;
    this.left = this.top = 0;
    this.widths = new Map();
    this.labels = [];
    this.waiting = 0;
  }

  show(map, colouring) {
    this.map = map;
    this.current = -1;
    this.widths.clear();
    this.colour(colouring);
    this.resize();
    this.fit();
  }

  colour(colouring) {
    this.colouring = colouring;
    this.pixels = Uint32Array.from(colouring.colours, pixel);
    this.plan();
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(box.width)), height = Math.max(1, Math.round(box.height));
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    const middle = this.width ? this.at(this.width / 2, this.height / 2) : null;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.buffer = new Uint32Array(this.image.data.buffer);
    if (middle && this.map) this.centre(...middle);
    this.plan();
  }

  // Places. The y axis of a map points up.

  at(x, y) {
    return [(x - this.left) / this.scale, (this.top - y) / this.scale];
  }

  place(i) {
    return [this.left + this.scale * this.map.x[i], this.top - this.scale * this.map.y[i]];
  }

  centre(x, y) {
    this.left = this.width / 2 - this.scale * x;
    this.top = this.height / 2 + this.scale * y;
  }

  fit() {
    const { x, y } = this.map;
    let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < x.length; i++) {
      west = Math.min(west, x[i]);
      east = Math.max(east, x[i]);
      south = Math.min(south, y[i]);
      north = Math.max(north, y[i]);
    }
    const across = (this.width - 90) / (east - west || 1), up = (this.height - 50) / (north - south || 1);
    this.scale = this.fitted = Math.max(1e-6, Math.min(across, up));
    this.centre((west + east) / 2, (south + north) / 2);
    this.left -= 20; // labels stand on the right of their points
    this.plan();
  }

  pan(across, down) {
    this.left += across;
    this.top += down;
    this.plan();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(this.fitted * MOST_ZOOM, Math.max(this.fitted / 4, this.scale * factor));
    this.left = x - ((x - this.left) * scale) / this.scale;
    this.top = y - ((y - this.top) * scale) / this.scale;
    this.scale = scale;
    this.plan();
  }

  centreOn(i) {
    this.current = i;
    this.scale = Math.max(this.scale, this.fitted * Math.min(8, 1 + Math.sqrt(this.map.words.length) / 25));
    this.centre(this.map.x[i], this.map.y[i]);
    this.plan();
  }

  mark(i) {
    if (i === this.current) return;
    this.current = i;
    this.plan();
  }

  // The word nearest to a place of the canvas, within some pixels; -1 where there is none.
  nearest(px, py, within = Infinity) {
    if (!this.map) return -1;
    const [mx, my] = this.at(px, py);
    const { x, y } = this.map;
    let best = -1, least = (within / this.scale) ** 2;
    for (let i = 0; i < x.length; i++) {
      const distance = (x[i] - mx) ** 2 + (y[i] - my) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  // The words in view, an array of their numbers that is good until the next call.
  inView() {
    const [west, north] = this.at(0, 0), [east, south] = this.at(this.width, this.height);
    const { x, y } = this.map, n = x.length;
    if (this.rows?.length !== n) this.rows = new Int32Array(n);
    const rows = this.rows;
    let count = 0;
    for (let i = 0; i < n; i++) if (x[i] >= west && x[i] <= east && y[i] >= south && y[i] <= north) rows[count++] = i;
    return rows.subarray(0, count);
  }

  // Drawing, at most once a frame.

  plan() {
    if (this.waiting || !this.map || !this.image) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
      this.changed();
    });
  }

  close() {
    cancelAnimationFrame(this.waiting);
    this.map = null;
  }

  draw() {
    const rows = this.inView();
    this.radius = Math.max(1.2, Math.min(4.5, 4.5 * (150 / Math.max(1, rows.length)) ** 0.25));
    this.points(rows);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.putImageData(this.image, 0, 0);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.labels = this.placed(rows);
    this.write();
  }

  points(rows) {
    const { buffer, ratio, pixels } = this;
    const { index, shapes } = this.colouring;
    const { x, y } = this.map;
    const width = this.canvas.width, height = this.canvas.height;
    const sprites = [0, 1, 2].map((shape) => sprite(shape, this.radius * ratio, width));
    const reach = sprites[0].reach, inner = width - reach, lower = height - reach;
    const scale = this.scale * ratio, left = this.left * ratio, top = this.top * ratio;
    buffer.fill(0);
    for (let k = rows.length - 1; k >= 0; k--) { // the most frequent last, so that they lie on top
      const i = rows[k];
      const px = (left + scale * x[i] + 0.5) | 0, py = (top - scale * y[i] + 0.5) | 0;
      if (px < reach || py < reach || px >= inner || py >= lower) continue;
      const { offsets, covers } = sprites[shapes[i]];
      const colour = pixels[index[i]] & 0xffffff, base = py * width + px;
      for (let j = 0; j < offsets.length; j++) {
        const at = base + offsets[j], cover = covers[j];
        if (cover >= buffer[at] >>> 24) buffer[at] = colour + cover * 0x1000000; // where points overlap, who covers more
      }
    }
  }

  // [{i, x, y}] labels that overlap neither each other nor, where there is room, the points.
  placed(rows) {
    const tried = rows.slice(0, TRIED), labels = [];
    const points = this.grid(), written = this.grid();
    for (const i of tried) {
      const [px, py] = this.place(i), r = this.radius / 2;
      points.take(px - r, py - r, 2 * r, 2 * r);
    }
    this.context.font = FONT;
    const most = Math.max(12, Math.round((this.width * this.height) / 3500));
    const isFree = (box, among) => written.isFree(...box) && (!among || points.isFree(...box));
    const put = (i, among) => {
      const [px, py] = this.place(i), width = this.widthOf(i), gap = this.radius + (i === this.current ? 7 : 3);
      const middle = px - width / 2;
      for (const [x, y] of [[px + gap, py], [px - gap - width, py], [middle, py - gap - 7], [middle, py + gap + 7]]) {
        const box = [x + 1, y - 6, width - 2, 12];
        if (x < 0 || y < 7 || x + width > this.width || y + 7 > this.height || !isFree(box, among)) continue;
        written.take(...box);
        labels.push({ i, x, y });
        return true;
      }
      return false;
    };
    if (this.current >= 0 && !put(this.current, true)) put(this.current, false);
    const crowded = [];
    for (const i of tried) if (labels.length < most && i !== this.current && !put(i, true)) crowded.push(i);
    if (rows.length > MANY) for (const i of crowded) if (labels.length < most) put(i, false);
    return labels;
  }

  // Cells of the canvas that are taken.
  grid() {
    const across = Math.ceil(this.width / CELL) + 2, taken = new Uint8Array(across * (Math.ceil(this.height / CELL) + 2));
    const each = (x, y, width, height, does) => {
      for (let row = Math.floor(y / CELL); row <= Math.floor((y + height) / CELL); row++) {
        for (let column = Math.floor(x / CELL); column <= Math.floor((x + width) / CELL); column++) {
          if (row >= 0 && column >= 0 && column < across && does(row * across + column)) return false;
        }
      }
      return true;
    };
    return {
      isFree: (...box) => each(...box, (cell) => taken[cell]),
      take: (...box) => void each(...box, (cell) => void (taken[cell] = 1)),
    };
  }

  widthOf(i) {
    let width = this.widths.get(i);
    if (width === undefined) this.widths.set(i, (width = this.context.measureText(this.map.words[i]).width));
    return width;
  }

  write() {
    const { context } = this;
    const style = getComputedStyle(this.canvas);
    Object.assign(context, { textBaseline: "middle", lineJoin: "round", lineWidth: 3 });
    context.strokeStyle = style.backgroundColor;
    context.fillStyle = style.color;
    for (const { i, x, y } of this.labels) {
      context.font = i === this.current ? BOLD : FONT;
      context.strokeText(this.map.words[i], x, y);
      context.fillText(this.map.words[i], x, y);
    }
    if (this.current < 0) return;
    const [px, py] = this.place(this.current);
    context.beginPath();
    context.arc(px, py, this.radius + 4, 0, 2 * Math.PI);
    context.strokeStyle = style.color;
    context.lineWidth = 2;
    context.stroke();
  }
}

// The pixels of a point: how far each lies from its middle in the buffer, and how much of it is covered, 1 to 255.
function sprite(shape, radius, width) {
  const reach = Math.ceil(radius) + 1, offsets = [], covers = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const [across, down] = [Math.abs(dx), Math.abs(dy)];
      const distance = shape === SQUARE ? Math.max(across, down) / 0.88 : shape === DIAMOND ? (across + down) / 1.25 : Math.hypot(dx, dy);
      const cover = Math.round(255 * Math.max(0, Math.min(1, radius + 0.5 - distance)));
      if (!cover) continue;
      offsets.push(dy * width + dx);
      covers.push(cover);
    }
  }
  return { reach, offsets: Int32Array.from(offsets), covers: Uint8Array.from(covers) };
}
