// The view "Time": a word through the slices of a space, and the words that changed most.
import { el, score, word as marked } from "./dom.js";
import { line, NIGHT, PAPER } from "./figures.js";
import { start } from "./neighbours.js";
import { heading, results } from "./results.js";
import { strings } from "./strings.js";
import { asked, filters, table, walkTo } from "./words.js";

let update_;

export function mount(element, app) {
  const chosen = filters(app);
  const { element: shown, fill } = results(app);
  const most = el("section", { class: "most" });
  element.append(chosen.element, shown, most);
  let of = "";
  update_ = (state) => {
    chosen.update();
    const space = app.facts.space;
    chosen.element.hidden = most.hidden = space.length < 2;
    if (space.length < 2) return fill(() => ({ content: [el("p", {}, strings.time.only)] }));
    if (of !== space.join()) most.replaceChildren(...changed(app, space));
    of = space.join();
    fill(() => (state.word ? through(app, state, space) : start(app)));
  };
}

export const update = (state) => update_(state);
export const unmount = () => {};

async function through(app, state, space) {
  const own = strings.time;
  const word = state.word;
  const known = (name) => app.models.find((model) => model.name === name);
  const [drift, ...near] = await Promise.all([
    app.api(`${app.address()}/drift`, { word }),
    ...space.map((name) =>
      app
        .api(`${app.address(name)}/most_similar`, { positive: [word], ...asked(state, known(name)) })
        .catch((problem) => problem),
    ),
  ]);
  const steps = drift.changes;
  const points = steps.map((step) => ({ label: `${step.source} → ${step.target}`, value: step.drift }));
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const largest = steps.reduce((most, step) => (step.drift > (most?.drift ?? -1) ? step : most), null);
  const before = new Map(steps.map((step) => [step.target, step.drift]));
  const chart = own.chart(word);
  const width = Math.max(300, Math.min(620, document.getElementById("panel").clientWidth));
  return {
    content: [
      heading(own.heading, " ", marked(word)),
      steps.length ? null : el("p", {}, own.one),
      steps.length > 1 ? el("div", { class: "figure" }, line(dark ? NIGHT : PAPER, chart, points, width)) : null,
      steps.length ? steptable(steps) : null,
      el(
        "div",
        { class: "columns" },
        space.map((name, i) =>
          el(
            "section",
            { "aria-label": name },
            el("h3", {}, name),
            near[i] instanceof Error
              ? el("p", {}, near[i].status === 404 ? own.absent : near[i].message)
              : table(app, name, near[i].neighbours),
          ),
        ),
      ),
    ].filter(Boolean),
    said: largest ? own.said(word, largest.source, largest.target) : own.one,
    save: {
      name: `time-${word}`,
      columns: ["slice", "drift", "word", "score", "count"],
      rows: space.flatMap((name, i) =>
        near[i] instanceof Error
          ? []
          : near[i].neighbours.map((each) => [name, before.get(name), each.word, each.score, each.count]),
      ),
      draw: (palette) => line(palette, chart, points.length ? points : [{ label: word, value: 0 }]),
    },
  };
}

function steptable(steps) {
  const heads = [strings.time.from, strings.time.to, strings.time.drift];
  return el(
    "table",
    { class: "steps" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        heads.map((head, i) => el("th", { scope: "col", class: i === 2 ? "number" : null }, head)),
      ),
    ),
    el(
      "tbody",
      {},
      steps.map((step) =>
        el(
          "tr",
          {},
          el("td", {}, step.source),
          el("td", {}, step.target),
          el("td", { class: "number" }, score(step.drift)),
        ),
      ),
    ),
  );
}

/** The words that changed most, found when they are asked for: that reads all rows. */
function changed(app, space) {
  const [first, last] = [space[0], space.at(-1)];
  const list = el("p", { class: "chips" });
  const find = async () => {
    list.setAttribute("aria-busy", "true");
    const asking = { target: last, topn: 20 };
    if (app.state.min_count) asking.min_count = Number(app.state.min_count);
    const found = await app.api(`${app.address(first)}/drift`, asking).catch((problem) => problem);
    list.removeAttribute("aria-busy");
    if (found instanceof Error) list.replaceChildren(found.message);
    else
      list.replaceChildren(
        ...found.changes.map(({ word, drift }) => el("span", { class: "pair" }, walkTo(app, word), " ", score(drift))),
      );
  };
  return [
    el("h3", {}, strings.time.most(first, last)),
    el("button", { type: "button", click: find }, strings.time.search),
    list,
  ];
}
