// Lists of words with scores: tables whose words are walked to, and the filters of what is listed.
import { el, labelled, score, whole, word as marked } from "./dom.js";
import { strings } from "./strings.js";

/** A word that is walked to by a click or Enter. */
export const walkTo = (app, word) =>
  el("button", { type: "button", class: "walk", click: () => app.walk(word) }, marked(word));

function bar(value) {
  const inner = el("span", { class: "bar" });
  inner.style.setProperty("--share", String(Math.max(0, Math.min(1, value))));
  return el("span", { class: "track", "aria-hidden": "true" }, inner);
}

/** A table of neighbours; `more` are further columns: [{title, cell(neighbour) -> text or element}]. */
export function table(app, caption, neighbours, more = []) {
  const counts = neighbours.some((near) => near.count !== null && near.count !== undefined);
  const heads = [strings.table.word, strings.table.score, ...(counts ? [strings.table.count] : [])];
  return el(
    "table",
    { class: "words" },
    el("caption", { class: "hidden" }, caption),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        [...heads, ...more.map(({ title }) => title)].map((head, i) =>
          el("th", { scope: "col", class: i ? "number" : null }, head),
        ),
      ),
    ),
    el(
      "tbody",
      {},
      neighbours.map((near) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, walkTo(app, near.word)),
          el("td", { class: "number" }, el("span", { class: "scored" }, bar(near.score), score(near.score))),
          counts ? el("td", { class: "number" }, near.count === null ? "" : whole(near.count)) : null,
          more.map(({ cell }) => el("td", { class: "number" }, cell(near))),
        ),
      ),
    ),
  );
}

/** Arrow keys move among the words of some results. */
export function arrows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.target.matches("input, select, textarea")) return;
  const all = [...event.currentTarget.querySelectorAll(".walk")];
  const next = all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

/** The filters of a view: an element, and `update()`, which shows what they are. */
export function filters(app, names = ["topn", "prefix", "min_count"]) {
  const inputs = {
    topn: el("input", { type: "number", min: 1, max: 1000, size: 4, inputmode: "numeric", class: "short" }),
    prefix: el("input", {
      type: "text",
      size: 8,
      dir: "auto",
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
    }),
    min_count: el("input", { type: "number", min: 0, size: 7, inputmode: "numeric" }),
  };
  const labels = { topn: strings.filters.topn, prefix: strings.filters.prefix, min_count: strings.filters.minCount };
  const fields = names.map((name) => {
    inputs[name].addEventListener("change", () => {
      if (inputs[name].checkValidity()) app.go({ [name]: inputs[name].value || (name === "topn" ? "10" : "") });
      else inputs[name].reportValidity();
    });
    return labelled(labels[name], inputs[name]);
  });
  return {
    element: el("fieldset", { class: "filters" }, el("legend", { class: "hidden" }, strings.filters.title), fields),
    update() {
      for (const name of names) if (document.activeElement !== inputs[name]) inputs[name].value = app.state[name];
      if (names.includes("min_count")) inputs.min_count.parentElement.hidden = !app.facts.counts;
    },
  };
}

/** The filters as the service takes them. */
export function asked(state, facts) {
  const own = { topn: Number(state.topn) || 10 };
  if (state.prefix) own.prefix = state.prefix;
  if (state.min_count && facts.counts) own.min_count = Number(state.min_count);
  return own;
}

/** Frequent words to begin with, where no word is given: elements. */
export async function beginning(app) {
  const { words } = await app.api(`${app.address()}/complete?topn=12`);
  return [
    el("p", {}, strings.noWord),
    el(
      "p",
      { class: "chips" },
      words.map(({ word }) => walkTo(app, word)),
    ),
  ];
}

/** What is wrong with a word, and words that begin like it. */
export async function instead(app, problem, word) {
  const alert = el("p", { class: "problem", role: "alert" }, problem.message);
  const letters = [...word];
  if (problem.status !== 404 || letters.length < 2) return [alert];
  const start = app.facts.senses ? `${word}|` : letters.slice(0, Math.ceil(letters.length / 2)).join("");
  const { words } = await app
    .api(`${app.address()}/complete?topn=8&prefix=${encodeURIComponent(start)}`)
    .catch(() => ({ words: [] }));
  if (!words.length) return [alert];
  return [
    alert,
    el("p", {}, strings.instead),
    el(
      "p",
      { class: "chips" },
      words.map((own) => walkTo(app, own.word)),
    ),
  ];
}
