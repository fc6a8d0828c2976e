// What is looked at, and its address: #view?name=value. It stands behind the #, so no server ever sees it.

export const DEFAULTS = {
  view: "neighbours",
  model: "",
  word: "",
  topn: "10",
  prefix: "",
  min_count: "",
  a: "",
  b: "",
  c: "",
  method: "3cosadd",
  other: "",
  words: "",
  context: "",
  map_area: "",
  map_topn: "",
  map_method: "pca",
  map_clusters: "8",
  map_target: "",
  map_colour: "",
};
const FILTERS = ["topn", "prefix", "min_count"];
export const NAMES = {
  neighbours: ["model", "word", ...FILTERS],
  analogy: ["model", "a", "b", "c", "method", ...FILTERS],
  compare: ["model", "other", "word", ...FILTERS],
  time: ["model", "word", ...FILTERS],
  senses: ["model", "word", "context", "topn"],
  pairwise: ["model", "words"],
  map: ["model", "word", "map_area", "map_topn", "map_method", "map_clusters", "map_target", "map_colour"],
};
export const VIEWS = Object.keys(NAMES);

/** The name in an address: that of the route, while a state holds the values of two views. */
const outside = (name) => name.replace(/^map_/, "");

/** The address of a state. */
export function written(state) {
  const changed = NAMES[state.view].filter((name) => state[name] !== DEFAULTS[name]);
  const values = changed.map((name) => [outside(name), state[name]]);
  return `#${state.view}${values.length ? `?${new URLSearchParams(values)}` : ""}`;
}

/** The state of an address; what its view does not name stays as it was. */
export function read(hash, before) {
  const [view, query] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const state = { ...before, view: VIEWS.includes(view) ? view : DEFAULTS.view };
  const given = new URLSearchParams(query ?? "");
  for (const name of NAMES[state.view]) state[name] = given.get(outside(name)) ?? DEFAULTS[name];
  return state;
}
