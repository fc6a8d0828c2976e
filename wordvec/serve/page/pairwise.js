// The view "Pairs": the similarity of all pairs of a list of words, as a heat map and in words.
import { el, labelled, score, word as marked } from "./dom.js";
import { heat, NIGHT, PAPER, shade } from "./figures.js";
import { heading, results } from "./results.js";
import { strings } from "./strings.js";
import { walkTo } from "./words.js";

const MOST = 60;
let update_;

export function mount(element, app) {
  const own = strings.pairwise;
  const words = el("textarea", { rows: 3, dir: "auto", spellcheck: "false", autocapitalize: "off" });
  const submit = (event) => {
    event.preventDefault();
    app.go({ words: listed(words.value).join(",") });
  };
  const form = el(
    "form",
    { class: "list", submit },
    labelled(own.words, words),
    el("button", { class: "primary" }, own.run),
  );
  const { element: shown, fill } = results(app);
  element.append(form, shown);
  update_ = (state) => {
    words.value = state.words.replaceAll(",", ", ");
    fill(() => matrix(app, listed(state.words)));
  };
}

export const update = (state) => update_(state);
export const unmount = () => {};

/** The distinct words of a text, cut at commas and line breaks, else at white space: words may hold spaces. */
export function listed(text) {
  const parts = text.trim().split(/[,;\n]/.test(text.trim()) ? /[,;\n]/ : /\s+/);
  return [...new Set(parts.map((part) => part.trim()).filter(Boolean))];
}

/** Vectors of length 1. */
function unit(vector) {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

async function matrix(app, given) {
  const own = strings.pairwise;
  const told = (text) => el("p", {}, text);
  if (given.length < 2) return { content: [told(own.few)] };
  if (app.facts.metric !== "cosine") return { content: [told(own.cosine)] };
  const asked = given.slice(0, MOST);
  const { vectors } = await app.api(`${app.address()}/vectors`, { words: asked, missing: true });
  const words = asked.filter((_, i) => vectors[i] !== null);
  const missing = asked.filter((_, i) => vectors[i] === null);
  const units = vectors.filter((vector) => vector !== null).map(unit);
  const scores = units.map((a) => units.map((b) => dot(a, b)));
  const notes = [
    given.length > MOST ? told(own.limit(MOST)) : null,
    missing.length ? el("p", { class: "problem", role: "alert" }, own.unknown(missing.join(", "))) : null,
  ].filter(Boolean);
  if (words.length < 2) return { content: [...notes, told(own.few)] };
  return {
    content: [heading(own.heading), ...notes, heatTable(app, words, scores), ...inWords(app, words, scores)],
    said: own.heading,
    save: {
      name: "pairs",
      columns: ["", ...words],
      rows: words.map((word, i) => [word, ...scores[i]]),
      draw: (palette) => heat(palette, own.heading, words, scores),
    },
  };
}

function heatTable(app, words, scores) {
  const palette = matchMedia("(prefers-color-scheme: dark)").matches ? NIGHT : PAPER;
  const cell = (value) => {
    const own = el("td", {}, score(value, 2));
    own.style.backgroundColor = shade(palette, value);
    return own;
  };
  const head = el(
    "tr",
    {},
    el("td", {}),
    words.map((word) => el("th", { scope: "col" }, marked(word))),
  );
  const rows = words.map((word, i) => el("tr", {}, el("th", { scope: "row" }, walkTo(app, word)), scores[i].map(cell)));
  return el(
    "div",
    { class: "scrolling", tabindex: 0, role: "group", "aria-label": strings.pairwise.scroll },
    el(
      "table",
      { class: "heat" },
      el("caption", { class: "hidden" }, strings.pairwise.heading),
      el("thead", {}, head),
      el("tbody", {}, rows),
    ),
  );
}

/** What the heat map says, without colours. */
function inWords(app, words, scores) {
  const own = strings.pairwise;
  const pairs = words.flatMap((a, i) => words.slice(i + 1).map((b, j) => ({ a, b, value: scores[i][i + 1 + j] })));
  pairs.sort((one, other) => other.value - one.value);
  const [first, last] = [pairs[0], pairs.at(-1)];
  const nearest = (i) =>
    scores[i].reduce((best, value, j) => (j !== i && (best < 0 || value > scores[i][best]) ? j : best), -1);
  return [
    el("h3", {}, own.inWords),
    el(
      "p",
      {},
      own.closest(marked(first.a), marked(first.b), score(first.value)),
      own.farthest(marked(last.a), marked(last.b), score(last.value)),
    ),
    el("h3", {}, own.nearest),
    el(
      "ul",
      { class: "plain" },
      words.map((word, i) =>
        el("li", {}, marked(word), " → ", marked(words[nearest(i)]), ` ${score(scores[i][nearest(i)])}`),
      ),
    ),
  ];
}
