// The view of a map as a picture (SVG), and all its words as rows of a table.
import { svg } from "./dom.js";
import { DIAMOND, DISC } from "./map_colours.js";

const round = (value) => Math.round(10 * value) / 10;

/** An element of SVG: points of one colour and shape are one path, so that 100,000 of them stay small. */
export function picture(view, colouring, palette, title) {
  const { width, height, radius, map } = view;
  const paths = new Map();
  for (const i of view.inView().slice().reverse()) {
    const [x, y] = view.place(i).map(round);
    const key = 3 * colouring.index[i] + colouring.shapes[i];
    if (!paths.has(key)) paths.set(key, []);
    const r = round(1.2 * radius);
    paths.get(key).push(colouring.shapes[i] === DIAMOND ? `M${x} ${round(y - r)}l${r} ${r}l${-r} ${r}l${-r} ${-r}z` : `M${x} ${y}h0`);
  }
  const drawn = [...paths].map(([key, parts]) => {
    const [colour, shape] = [colouring.colours[Math.floor(key / 3)], key % 3];
    if (shape === DIAMOND) return svg("path", { d: parts.join(""), fill: colour });
    const end = { "stroke-linecap": shape === DISC ? "round" : "square", "stroke-width": round(shape === DISC ? 2 * radius : 1.8 * radius) };
    return svg("path", { d: parts.join(""), stroke: colour, ...end });
  });
  const halo = { stroke: palette.paper, "stroke-width": 3, "stroke-linejoin": "round", "paint-order": "stroke" };
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    svg("title", {}, title),
    svg("rect", { width, height, fill: palette.paper }),
    drawn,
    svg(
      "g",
      { "font-family": "system-ui, sans-serif", "font-size": 12, fill: palette.ink, ...halo },
      view.labels.map(({ i, x, y }) => svg("text", { x: round(x), y: round(y + 4) }, map.words[i])),
    ),
  );
}

/** {columns, rows} of all words; what is not known of a word is null. */
export function table(map) {
  const { words, x, y, counts, clusters, drift, scores } = map;
  const known = Object.entries({ word: words, x, y, count: counts, cluster: clusters, drift, cosine: scores }).filter(([, values]) => values);
  const cell = (value) => (Number.isNaN(value) ? null : value);
  return { columns: known.map(([name]) => name), rows: words.map((_, i) => known.map(([, values]) => cell(values[i]))) };
}
