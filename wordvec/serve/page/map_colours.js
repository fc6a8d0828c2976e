// Colours of points. Clusters: eight colours that people with colour-blindness can tell apart (after Okabe and Ito 2008),
// each with three shapes. Counts and drift: ramps whose lightness rises or falls all the way.
import { whole } from "./dom.js";

export const DISC = 0, SQUARE = 1, DIAMOND = 2;
const STEPS = 5; // ranges of a ramp in the legend

const CLUSTERS = {
  light: ["#0072b2", "#c77700", "#00805d", "#d1495b", "#9b5fa5", "#3f9bd1", "#666666", "#8a7500"],
  dark: ["#56b4e9", "#e69f00", "#00c08b", "#ff7f6a", "#dd9be0", "#f0e442", "#b5b5b5", "#4a8fd9"],
};
const RAMPS = {
  light: ["#86b2dd", "#4f8bc9", "#3a63ad", "#56308a", "#3a0a45"],
  dark: ["#41618e", "#3f87ba", "#4fb3ac", "#a4d56e", "#fdf3a6"],
};
const PLAIN = { light: "#3a63ad", dark: "#7fb2e5" };
const MISSING = { light: "#b3b3b3", dark: "#5c5c5c" };

// {colours: css texts, index: [n] the colour of each word, shapes: [n], title, legend: [{colour, shape, text}]}
export function coloured(map, by, theme, text) {
  const plain = { colours: [PLAIN[theme]], index: new Uint8Array(map.words.length), shapes: new Uint8Array(map.words.length) };
  if (by === "cluster" && map.clusters) return byCluster(map, theme, text, plain);
  const values = by === "count" ? map.counts : by === "drift" ? map.drift : null;
  return values ? byValue(map, by, values, theme, text, plain) : { ...plain, title: text.legends.none, legend: [] };
}

function byCluster(map, theme, text, { index, shapes }) {
  const sizes = map.clusterWords.map(() => 0), colours = CLUSTERS[theme];
  map.clusters.forEach((own, i) => {
    sizes[own]++;
    index[i] = own % 8;
    shapes[i] = own >> 3;
  });
  const legend = map.clusterWords.map((words, own) => ({
    colour: colours[own % 8],
    shape: own >> 3,
    text: text.cluster(words, sizes[own]),
  }));
  return { colours, index, shapes, legend, title: text.legends.cluster };
}

// Counts in a logarithmic scale, drift in a linear one, cut into ranges of one colour each.
function byValue(map, by, values, theme, text, { index, shapes }) {
  const isCount = by === "count";
  const scaled = isCount ? (value) => Math.log(1 + value) : (value) => value;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const bottom = scaled(low), width = scaled(high) - bottom || 1;
  const used = new Set();
  for (let i = 0; i < index.length; i++) {
    const share = (scaled(values[i]) - bottom) / width;
    used.add((index[i] = Number.isNaN(share) ? STEPS : Math.min(STEPS - 1, Math.floor(share * STEPS))));
  }
  const edge = (step) => {
    const value = bottom + (width * step) / STEPS;
    return isCount ? whole(Math.round(Math.exp(value) - 1)) : value.toFixed(2);
  };
  const colours = [...RAMPS[theme], MISSING[theme]];
  const legend = colours.map((colour, step) => ({
    colour,
    shape: DISC,
    text: step === STEPS ? text.missing : text.range(edge(step), edge(step + 1)),
  }));
  const title = isCount ? text.legends.count : text.legends.drift(map.body.target);
  return { colours, index, shapes, title, legend: legend.filter((_, step) => used.has(step)) };
}

// 0xAABBGGRR of "#rrggbb", as a pixel lies in memory.
export function pixel(css) {
  const value = parseInt(css.slice(1), 16);
  return (0xff000000 | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
