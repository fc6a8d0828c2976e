// The map as a file: a picture of the view as PNG or SVG, and all words as CSV.
import { csv as table } from "./saving.js";

export function png(view) {
  const copy = document.createElement("canvas");
  copy.width = view.canvas.width;
  copy.height = view.canvas.height;
  const context = copy.getContext("2d");
  context.fillStyle = getComputedStyle(view.canvas).backgroundColor;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(view.canvas, 0, 0);
  return new Promise((done) => copy.toBlob(done, "image/png"));
}

export function svg(view) {
  const { width, height, radius, colouring, map } = view;
  const style = getComputedStyle(view.canvas);
  const number = (value) => String(Math.round(value * 10) / 10);
  const shape = (i) => {
    const [x, y] = view.place(i);
    const fill = `fill="${colouring.colours[colouring.index[i]]}"`;
    const [px, py, r] = [number(x), number(y), radius];
    if (colouring.shapes[i] === 0) return `<circle cx="${px}" cy="${py}" r="${number(r)}" ${fill}/>`;
    const turn = colouring.shapes[i] === 2 ? ` transform="rotate(45 ${px} ${py})"` : "";
    const side = number(1.76 * r);
    return `<rect x="${number(x - 0.88 * r)}" y="${number(y - 0.88 * r)}" width="${side}" height="${side}" ${fill}${turn}/>`;
  };
  const label = ({ i, x, y }) => `<text x="${number(x)}" y="${number(y + 4)}">${escaped(map.words[i])}</text>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" fill="${escaped(style.backgroundColor)}"/>`,
    ...view.inView().reverse().map(shape),
    `<g font-family="system-ui, sans-serif" font-size="12" fill="${escaped(style.color)}">`,
    ...view.labels.map(label),
    "</g></svg>",
  ];
  return new Blob([parts.join("\n") + "\n"], { type: "image/svg+xml" });
}

export function csv(map) {
  const { words, x, y, counts, clusters, drift, scores } = map;
  const columns = { word: words, x, y, count: counts, cluster: clusters, drift, cosine: scores };
  const known = Object.entries(columns).filter(([, values]) => values);
  const cell = (value) => (Number.isNaN(value) ? null : value);
  const rows = words.map((_, i) => known.map(([, values]) => cell(values[i])));
  return new Blob([table(known.map(([name]) => name), rows)], { type: "text/csv;charset=utf-8" });
}

function escaped(text) {
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  return allowed.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
