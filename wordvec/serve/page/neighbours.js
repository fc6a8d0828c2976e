// The view "Neighbours": the words nearest to a word.
import { el, word as marked } from "./dom.js";
import { bars } from "./figures.js";
import { heading, results } from "./results.js";
import { strings } from "./strings.js";
import { asked, beginning, filters, instead, table } from "./words.js";

let update_;

export function mount(element, app) {
  const chosen = filters(app);
  const { element: shown, fill } = results(app);
  element.append(chosen.element, shown);
  update_ = (state) => {
    chosen.update();
    fill(() => (state.word ? near(app, state) : start(app)));
  };
}

export const update = (state) => update_(state);
export const unmount = () => {};

/** What is shown before a word is given. */
export async function start(app) {
  return { content: await beginning(app) };
}

async function near(app, state) {
  const word = state.word;
  const [found, own] = await Promise.all([
    app
      .api(`${app.address()}/most_similar`, { positive: [word], ...asked(state, app.facts) })
      .catch((problem) => problem),
    ownFacts(app, word),
  ]);
  const title = heading(strings.neighbours.heading, " ", marked(word));
  if (found instanceof Error) return { content: [title, ...(await instead(app, found, word))] };
  const list = found.neighbours;
  return {
    content: [title, own, table(app, strings.neighbours.said(list.length, word), list)],
    said: strings.neighbours.said(list.length, word),
    save: {
      name: `neighbours-${word}`,
      columns: ["word", "score", "count"],
      rows: list.map((near) => [near.word, near.score, near.count]),
      draw: (palette) =>
        bars(palette, `${strings.neighbours.heading} ${word} (${state.model})`, [{ name: "", rows: list }]),
    },
  };
}

async function ownFacts(app, word) {
  if (word === "." || word === "..") return null; // an address cannot end in these
  const found = await app.api(`${app.address()}/vectors/${encodeURIComponent(word)}`).catch(() => null);
  if (found === null) return null;
  if (!found.known) return el("p", { class: "facts" }, strings.neighbours.pieces);
  return found.count === null ? null : el("p", { class: "facts" }, strings.neighbours.count(found.count));
}
