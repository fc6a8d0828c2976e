// Colours of points. Clusters: eight colours that people with colour-blindness can tell apart (after Okabe and Ito 2008),
// each with three shapes. Counts and drift: ramps whose lightness rises or falls all the way.

export const DISC = 0, SQUARE = 1, DIAMOND = 2;
export const STEPS = 5; // ranges of a ramp in the legend

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

// {colours: [n] css texts by index, index: Uint8Array [n], shapes: Uint8Array [n], legend: [{colour, shape, text}], title}
export function coloured(map, by, theme, text, filled, show) {
  const n = map.words.length;
  const index = new Uint8Array(n), shapes = new Uint8Array(n);
  if (by === "cluster" && map.clusters) {
    const sizes = new Array(map.clusterWords.length).fill(0);
    for (let i = 0; i < n; i++) {
      const own = map.clusters[i];
      sizes[own]++;
      index[i] = own % 8;
      shapes[i] = (own >> 3) % 3;
    }
    const legend = map.clusterWords.map((words, own) => ({
      colour: CLUSTERS[theme][own % 8],
      shape: (own >> 3) % 3,
      text: filled(text.cluster, { words: words.join(", "), count: show(sizes[own]) }),
    }));
    return { colours: CLUSTERS[theme], index, shapes, legend, title: text.legendCluster };
  }
  const values = by === "count" ? map.counts : by === "drift" ? map.drift : null;
  if (!values) return { colours: [PLAIN[theme]], index, shapes, legend: [], title: text.legendNothing };
  const scaled = by === "count" ? (value) => Math.log(1 + value) : (value) => value;
  let low = Infinity, high = -Infinity, missing = false;
  for (const value of values) {
    if (Number.isNaN(value)) missing = true;
    else {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const bottom = scaled(low), width = scaled(high) - bottom || 1;
  for (let i = 0; i < n; i++) {
    const share = (scaled(values[i]) - bottom) / width;
    index[i] = Number.isNaN(share) ? STEPS : Math.min(STEPS - 1, Math.floor(share * STEPS));
  }
  const edge = (step) => {
    const value = bottom + (width * step) / STEPS;
    return by === "count" ? show(Math.round(Math.exp(value) - 1)) : value.toFixed(2);
  };
  const legend = low > high ? [] : RAMPS[theme].map((colour, step) => ({
    colour, shape: DISC, text: filled(text.upTo, { low: edge(step), high: edge(step + 1) }),
  }));
  if (missing) legend.push({ colour: MISSING[theme], shape: DISC, text: text.noDrift });
  const title = by === "count" ? text.legendCount : filled(text.legendDrift, { target: map.target });
  return { colours: [...RAMPS[theme], MISSING[theme]], index, shapes, legend, title };
}

// 0xAABBGGRR of "#rrggbb", as a pixel lies in memory.
export function pixel(css) {
  const value = parseInt(css.slice(1), 16);
  return (0xff000000 | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
