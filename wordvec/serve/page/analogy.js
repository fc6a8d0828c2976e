// The view "Analogy": a is to b as c is to what? With the arithmetic, and the cosines that it is made of.
import { combobox } from "./combobox.js";
import { el, labelled, score, word as marked } from "./dom.js";
import { bars } from "./figures.js";
import { heading, results } from "./results.js";
import { strings } from "./strings.js";
import { asked, filters, instead, table } from "./words.js";

const NAMES = ["a", "b", "c"];
const EXPLAINED = 100; // answers whose cosines are asked for
let update_;

export function mount(element, app) {
  const own = strings.analogy;
  const inputs = Object.fromEntries(
    NAMES.map((name) => [name, el("input", { type: "text", size: 12, required: true })]),
  );
  const method = el(
    "select",
    { change: () => app.go({ method: method.value }) },
    Object.entries(own.methods).map(([value, name]) => el("option", { value }, name)),
  );
  const run = () => {
    const given = Object.fromEntries(NAMES.map((name) => [name, inputs[name].value.trim()]));
    if (NAMES.every((name) => given[name])) app.go({ ...given, method: method.value });
  };
  const submit = (event) => {
    event.preventDefault();
    run();
  };
  const fields = NAMES.map((name) => labelled(own[name], inputs[name]));
  NAMES.forEach((name, i) => {
    const next = inputs[NAMES[i + 1]];
    const box = combobox(inputs[name], app.complete, () => (next && !next.value ? next.focus() : run()));
    fields[i].append(box);
  });
  const form = el(
    "form",
    { class: "terms", submit },
    fields,
    el("span", { class: "question" }, own.question),
    labelled(own.method, method),
    el("button", { class: "primary" }, own.run),
  );
  const chosen = filters(app);
  const { element: shown, fill } = results(app);
  element.append(form, chosen.element, shown);
  update_ = (state) => {
    chosen.update();
    for (const name of NAMES) inputs[name].value = state[name];
    method.value = state.method;
    fill(() => (NAMES.every((name) => state[name]) ? answers(app, state) : { content: [el("p", {}, own.empty)] }));
  };
}

export const update = (state) => update_(state);
export const unmount = () => {};

async function answers(app, state) {
  const own = strings.analogy;
  const { a, b, c, method } = state;
  const formula = (method === "3cosadd" ? own.sum : own.product)(marked(a), marked(b), marked(c));
  const title = heading(own.heading);
  const found = await app
    .api(`${app.address()}/analogy`, { a, b, c, method, ...asked(state, app.facts) })
    .catch((problem) => problem);
  if (found instanceof Error) {
    const unknown = NAMES.map((name) => state[name]).find((word) => found.message.includes(`got '${word}'`));
    return { content: [title, ...(await instead(app, found, unknown ?? ""))] };
  }
  const list = found.neighbours;
  const near = await cosines(app, [b, c, a], list.slice(0, EXPLAINED));
  const columns = near.map(({ word, scores }) => ({
    title: el("span", {}, `${own.near} `, marked(word)),
    cell: (answer) => (scores.has(answer.word) ? score(scores.get(answer.word)) : ""),
  }));
  const best = list.length ? marked(list[0].word) : "";
  const plain = (method === "3cosadd" ? own.sum : own.product)(a, b, c).join("");
  return {
    content: [
      title,
      el("p", { class: "formula" }, formula, el("strong", {}, best)),
      el("p", { class: "facts" }, own.explain),
      scrolling(table(app, own.heading, list, columns)),
    ],
    said: own.said(list.length, list[0]?.word ?? ""),
    save: {
      name: `analogy-${a}-${b}-${c}`,
      columns: ["word", "score", "count", ...near.map(({ word }) => `cosine ${word}`)],
      rows: list.map((answer) => [
        answer.word,
        answer.score,
        answer.count,
        ...near.map(({ scores }) => scores.get(answer.word)),
      ]),
      draw: (palette) => bars(palette, plain, [{ name: "", rows: list }]),
    },
  };
}

const scrolling = (child) =>
  el("div", { class: "scrolling", tabindex: 0, role: "group", "aria-label": strings.analogy.heading }, child);

/** The cosines of answers with each of some words: [{word, scores: Map}]; none where vectors have no cosine. */
async function cosines(app, words, list) {
  if (!list.length) return [];
  const pairs = words.flatMap((word) => list.map((answer) => [answer.word, word]));
  const { scores } = await app.api(`${app.address()}/similarity`, { pairs }).catch(() => ({ scores: null }));
  if (scores === null) return [];
  return words.map((word, i) => ({
    word,
    scores: new Map(list.map((answer, j) => [answer.word, scores[i * list.length + j]])),
  }));
}
