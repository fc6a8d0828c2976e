// Pictures of results as SVG. All their looks are attributes, so that they are the same in a file of their own.
import { score, svg } from "./dom.js";

export const PAPER = {
  paper: "#ffffff",
  ink: "#1b1f24",
  soft: "#57606a",
  accent: "#0b5cad",
  high: "#8fc1ee",
  low: "#f2b880",
};
export const NIGHT = {
  paper: "#14171b",
  ink: "#e8eaed",
  soft: "#a9b1ba",
  accent: "#6cb2f5",
  high: "#1d4f80",
  low: "#70451a",
};
const LINE = 22;
const FONT = "system-ui, sans-serif";

function sheet(palette, title, width, height, ...children) {
  return svg(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "font-family": FONT,
      "font-size": 13,
    },
    svg("title", {}, title),
    svg("rect", { width, height, fill: palette.paper }),
    text(palette.ink, 16, 26, cut(title, Math.floor((width - 32) / 9)), { "font-size": 15, "font-weight": 600 }),
    children,
  );
}

const text = (fill, x, y, content, more = {}) => svg("text", { x, y, fill, ...more }, content);

/** Text that fits into so many characters. */
const cut = (content, most) => ([...content].length > most ? `${[...content].slice(0, most - 1).join("")}…` : content);

/** Lists of words with bars: lists are [{name, rows: [{word, score, note}]}], one below the other. */
export function bars(palette, title, lists) {
  const [left, span] = [190, 330];
  const width = lists.some(({ rows }) => rows.some(({ note }) => note)) ? 740 : 620;
  const parts = [];
  let y = 52;
  for (const { name, rows } of lists) {
    if (name) {
      parts.push(text(palette.soft, 16, y + 4, name, { "font-weight": 600 }));
      y += LINE + 4;
    }
    for (const { word, score: value, note } of rows) {
      parts.push(
        text(palette.ink, left - 10, y + 4, cut(word, 24), { "text-anchor": "end" }),
        svg("rect", {
          x: left,
          y: y - 7,
          width: Math.max(1, span * Math.max(0, Math.min(1, value))),
          height: 14,
          rx: 2,
          fill: palette.accent,
        }),
        text(palette.soft, left + span + 10, y + 4, note ? `${score(value)}  ${note}` : score(value)),
      );
      y += LINE;
    }
    y += 10;
  }
  return sheet(palette, title, width, y, parts);
}

/** The colour of a score from -1 to 1, between the paper and one of two colours. */
export function shade(palette, value) {
  const [from, to] = [palette.paper, value < 0 ? palette.low : palette.high].map((hex) =>
    [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)),
  );
  const part = Math.min(1, Math.abs(value));
  return `#${from
    .map((start, i) =>
      Math.round(start + part * (to[i] - start))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** A matrix of scores [n][n] as a heat map. */
export function heat(palette, title, words, scores) {
  const [cell, left, top] = [46, 150, 130];
  const size = cell * words.length;
  const parts = words.flatMap((own, i) => [
    text(palette.ink, left - 8, top + cell * i + cell / 2 + 4, cut(own, 20), { "text-anchor": "end" }),
    text(palette.ink, 0, 0, cut(own, 15), {
      transform: `translate(${left + cell * i + cell / 2 + 4} ${top - 8}) rotate(-55)`,
    }),
    ...words.flatMap((_, j) => [
      svg("rect", {
        x: left + cell * j,
        y: top + cell * i,
        width: cell - 1,
        height: cell - 1,
        fill: shade(palette, scores[i][j]),
      }),
      text(palette.ink, left + cell * (j + 0.5), top + cell * (i + 0.5) + 4, score(scores[i][j], 2), {
        "text-anchor": "middle",
        "font-size": 11,
      }),
    ]),
  ]);
  return sheet(palette, title, Math.max(left + size + 70, 420), top + size + 16, parts);
}

/** A line through points [{label, value}], so wide. */
export function line(palette, title, points, width = 620) {
  const [height, left, bottom] = [260, 60, 40];
  const most = Math.max(...points.map(({ value }) => value), 1e-6) * 1.1;
  const span = width - left - 100;
  const x = (i) => left + 40 + (points.length === 1 ? span / 2 : (span / (points.length - 1)) * i);
  const y = (value) => height - bottom - ((height - bottom - 60) * Math.max(0, value)) / most;
  const each = Math.ceil(points.length / Math.max(1, Math.floor((width - left) / 90)));
  return sheet(palette, title, width, height, [
    svg("path", { d: `M${left} 50V${height - bottom}H${width - 20}`, fill: "none", stroke: palette.soft }),
    svg("polyline", {
      points: points.map(({ value }, i) => `${x(i)},${y(value)}`).join(" "),
      fill: "none",
      stroke: palette.accent,
      "stroke-width": 2,
    }),
    points.flatMap(({ label, value }, i) => [
      svg("circle", { cx: x(i), cy: y(value), r: 4, fill: palette.accent }),
      ...(i % each
        ? []
        : [
            text(palette.ink, x(i), y(value) - 10, score(value), { "text-anchor": "middle", "font-size": 11 }),
            text(palette.soft, x(i), height - bottom + 20, cut(label, 16), {
              "text-anchor": "middle",
              "font-size": 11,
            }),
          ]),
    ]),
  ]);
}
