// The view "Senses": the senses of a word, and which of them a context asks for.
import { el, labelled, word as marked } from "./dom.js";
import { bars } from "./figures.js";
import { start } from "./neighbours.js";
import { heading, results } from "./results.js";
import { strings } from "./strings.js";
import { filters, instead, table } from "./words.js";

let update_;

export function mount(element, app) {
  const own = strings.senses;
  const context = el("input", {
    type: "text",
    size: 30,
    dir: "auto",
    placeholder: own.contextHint,
    autocomplete: "off",
  });
  const submit = (event) => {
    event.preventDefault();
    app.go({ context: context.value.trim() });
  };
  const chosen = filters(app, ["topn"]);
  const form = el("form", { class: "filters", submit }, labelled(own.context, context), el("button", {}, own.ask));
  const { element: shown, fill } = results(app);
  const controls = el("div", { class: "filters" }, chosen.element, form);
  element.append(controls, shown);
  update_ = (state) => {
    chosen.update();
    context.value = state.context;
    controls.hidden = !app.facts.senses;
    if (!app.facts.senses) return fill(() => ({ content: [el("p", {}, own.only)] }));
    fill(() => (state.word ? senses(app, state) : start(app)));
  };
}

export const update = (state) => update_(state);
export const unmount = () => {};

async function senses(app, state) {
  const own = strings.senses;
  const word = state.word.replace(/\|\d+$/, "");
  const body = { word, topn: Number(state.topn) || 10 };
  if (state.context) body.context = state.context.split(/\s+/).filter((token) => token !== word);
  const found = await app.api(`${app.address()}/senses`, body).catch((problem) => problem);
  const title = heading(own.heading, " ", marked(word));
  if (found instanceof Error) return { content: [title, ...(await instead(app, found, word))] };
  const likely = Math.max(...found.senses.map((sense) => sense.probability ?? -1));
  const card = (sense) =>
    el(
      "section",
      { class: sense.probability !== null && sense.probability === likely ? "likely" : null, "aria-label": sense.key },
      el("h3", {}, marked(sense.key)),
      el(
        "p",
        { class: "facts" },
        own.share(sense.share),
        sense.probability === null ? "" : ` · ${own.likely(sense.probability)}`,
      ),
      table(app, sense.key, sense.neighbours),
    );
  return {
    content: [title, el("div", { class: "columns" }, found.senses.map(card))],
    said: own.said(found.senses.length, word),
    save: {
      name: `senses-${word}`,
      columns: ["sense", "share", "probability", "word", "score", "count"],
      rows: found.senses.flatMap((sense) =>
        sense.neighbours.map((near) => [sense.key, sense.share, sense.probability, near.word, near.score, near.count]),
      ),
      draw: (palette) =>
        bars(
          palette,
          `${own.heading} ${word}`,
          found.senses.map((sense) => ({ name: `${sense.key} (${own.share(sense.share)})`, rows: sense.neighbours })),
        ),
    },
  };
}
