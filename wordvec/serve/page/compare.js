// The view "Compare": the neighbours of a word in two models; what is kept, lost and gained, and what it translates to.
import { el, labelled, word as marked } from "./dom.js";
import { bars } from "./figures.js";
import { start } from "./neighbours.js";
import { heading, results } from "./results.js";
import { strings } from "./strings.js";
import { asked, filters, table } from "./words.js";

let update_;

export function mount(element, app) {
  const other = el("select", { change: () => app.go({ other: other.value }) });
  const chosen = filters(app);
  chosen.element.prepend(labelled(strings.compare.other, other));
  const { element: shown, fill } = results(app);
  element.append(chosen.element, shown);
  update_ = (state) => {
    chosen.update();
    const others = app.models.filter(({ name }) => name !== state.model);
    if (!others.length) {
      chosen.element.hidden = true;
      return fill(() => ({ content: [el("p", {}, strings.compare.only)] }));
    }
    other.replaceChildren(...others.map(({ name }) => el("option", { value: name }, name)));
    other.value = others.some(({ name }) => name === state.other) ? state.other : nextTo(app, others).name;
    fill(() => (state.word ? compared(app, state, other.value) : start(app)));
  };
}

export const update = (state) => update_(state);
export const unmount = () => {};

/** The model to compare with at first: one of the same space, where there is one. */
const nextTo = (app, others) => others.find(({ name }) => app.facts.space.includes(name)) ?? others[0];

/** The words of the other model nearest to the vector of the word in this one; [] where they share no space. */
async function translation(app, state, other) {
  if (!app.facts.space.includes(other)) return [];
  const body = { words: [state.word], target: other, topn: asked(state, app.facts).topn };
  const { results } = await app.api(`${app.address()}/translate`, body).catch(() => ({ results: [[]] }));
  return results[0];
}

async function compared(app, state, other) {
  const own = strings.compare;
  const names = [state.model, other];
  const [translated, ...answers] = await Promise.all([
    translation(app, state, other),
    ...names.map((name) => {
      const facts = app.models.find((model) => model.name === name);
      const body = { positive: [state.word], ...asked(state, facts) };
      return app.api(`${app.address(name)}/most_similar`, body).catch((problem) => problem);
    }),
  ]);
  const lists = answers.map((answer) => (answer instanceof Error ? [] : answer.neighbours));
  const places = lists.map((list) => new Map(list.map(({ word }, i) => [word, i])));
  const compares = answers.every((answer) => !(answer instanceof Error));
  const kind = (side, near) => (places[1 - side].has(near.word) ? "kept" : side ? "gained" : "lost");
  const change = (side) => (near) => {
    if (!compares) return "";
    if (side && kind(side, near) === "kept") return own.moved(places[0].get(near.word) - places[1].get(near.word));
    return own[kind(side, near)];
  };
  const kept = lists[0].filter(({ word }) => places[1].has(word)).length;
  const [lost, gained] = lists.map((list) => list.length - kept);
  const summary = compares ? own.summary(kept, lost, gained, kept / Math.max(1, kept + lost + gained)) : "";
  const tag = (side) => (near) => el("span", { class: `tag ${kind(side, near)}` }, change(side)(near));
  const column = (side) =>
    el(
      "section",
      { "aria-label": names[side] },
      el("h3", {}, names[side]),
      answers[side] instanceof Error
        ? el(
            "p",
            { class: "problem", role: "alert" },
            answers[side].status === 404 ? own.absent(names[side]) : answers[side].message,
          )
        : table(app, names[side], lists[side], compares ? [{ title: strings.table.change, cell: tag(side) }] : []),
    );
  // a word of the other model is looked at in that one
  const turned = { walk: (word) => app.go({ model: other, other: state.model, word }) };
  const title = heading(marked(state.word), " ", own.heading);
  return {
    content: [
      title,
      el("p", { class: "summary" }, summary),
      el("div", { class: "columns" }, column(0), column(1)),
      ...(translated.length
        ? [el("h3", {}, own.translated(marked(state.word), ...names)), table(turned, own.arrow(...names), translated)]
        : []),
    ],
    said: summary || state.word,
    save: {
      name: `compare-${state.word}-${names.join("-")}`,
      columns: ["model", "word", "score", "count", "change"],
      rows: [
        ...lists.flatMap((list, side) =>
          list.map((near) => [names[side], near.word, near.score, near.count, change(side)(near)]),
        ),
        ...translated.map((near) => [own.arrow(...names), near.word, near.score, near.count, ""]),
      ],
      draw: (palette) =>
        bars(
          palette,
          `${state.word} ${own.heading}`,
          [
            ...lists.map((list, side) => ({
              name: names[side],
              rows: list.map((near) => ({ ...near, note: change(side)(near) })),
            })),
            { name: own.arrow(...names), rows: translated },
          ].filter(({ rows }) => rows.length),
        ),
    },
  };
}
