// The explorer: what is looked at, the view of it, and the walk from word to word.
import { connection } from "./api.js";
import { el } from "./dom.js";
import * as neighbours from "./neighbours.js";
import { askToken, shell } from "./shell.js";
import { DEFAULTS, NAMES, read, VIEWS, written } from "./state.js";
import { strings } from "./strings.js";

const LATER = {
  analogy: () => import("./analogy.js"),
  compare: () => import("./compare.js"),
  time: () => import("./time.js"),
  senses: () => import("./senses.js"),
  pairwise: () => import("./pairwise.js"),
  map: () => import("./map.js"),
};
const VISITED = "wordvec.visited";
const MOST_VISITED = 30;
const { api, fetch: fetched } = connection(askToken);
let mounted = { view: null, module: null, element: null };
let turn = 0;

/** What views are given. */
const app = {
  api,
  fetch: fetched,
  strings,
  state: { ...DEFAULTS },
  models: [],
  get model() {
    return app.state.model;
  },
  get word() {
    return app.state.word;
  },
  /** Facts of the model that is looked at. */
  get facts() {
    return app.models.find(({ name }) => name === app.state.model);
  },
  address: (name = app.state.model) => `/v1/models/${encodeURIComponent(name)}`,
  async complete(prefix) {
    const ask = async (text) =>
      (await api(`${app.address()}/complete?topn=10&prefix=${encodeURIComponent(text)}`)).words;
    for (const form of new Set([prefix, prefix.normalize("NFC"), prefix.normalize("NFC").toLowerCase()])) {
      const found = await ask(form);
      if (found.length) return found;
    }
    return [];
  },
  /** Looks at a word, in this view where it is one of a word. */
  walk(word) {
    app.go({ word, view: NAMES[app.state.view].includes("word") ? app.state.view : "neighbours" });
  },
  /** Looks at something else, under an address of its own. */
  go(changes) {
    const next = { ...app.state, ...changes };
    if (written(next) !== location.hash) history.pushState(null, "", written(next));
    show(next);
  },
  /** Adds to the address what a view found out itself; there is no step back to what was before. */
  settle(changes) {
    Object.assign(app.state, changes);
    history.replaceState(null, "", written(app.state));
    visit(app.state);
  },
  download: async (name, blob) => (await import("./saving.js")).download(name, blob),
  offer: (what) => page.offer(what),
};

const page = shell(
  {
    model: (model) => app.go({ model }),
    search: (word) => app.walk(word),
    view: (view) => app.go({ view }),
    revisit: (hash) => {
      history.pushState(null, "", hash);
      show(read(hash, app.state));
    },
    clear: () => {
      sessionStorage.removeItem(VISITED);
      page.showVisited([]);
    },
  },
  (prefix) => app.complete(prefix),
);

/** Shows a state. */
async function show(state) {
  const own = ++turn;
  if (!app.models.some(({ name }) => name === state.model)) state.model = app.models[0].name;
  app.state = state;
  const { view } = state;
  page.model.value = state.model;
  page.search.value = state.word;
  page.facts.textContent = strings.facts(app.facts);
  page.showTab(view);
  document.title = strings.title(strings.tabs[view], subject(state));
  visit(state);
  try {
    if (mounted.view !== view) {
      const module = view === "neighbours" ? neighbours : await LATER[view]();
      if (own !== turn) return;
      await mount(view, module);
    } else if (!mounted.module.update) await mount(view, mounted.module);
    if (own === turn) mounted.module.update?.(state);
  } catch (problem) {
    fail(problem);
  }
}

function fail(problem) {
  mounted = { view: null, module: null, element: null };
  page.panel.replaceChildren(el("p", { class: "problem", role: "alert" }, strings.failed(problem.message)));
}

async function mount(view, module) {
  mounted.module?.unmount?.();
  const element = el("div", { class: `view ${view}` });
  page.panel.replaceChildren(element);
  app.offer(null);
  mounted = { view, module, element };
  await module.mount(element, app);
}

/** What a state is about, in words; empty where it is about nothing yet. */
function subject(state) {
  if (state.view === "analogy") return state.a && state.b && state.c ? `${state.a} : ${state.b} = ${state.c} : ?` : "";
  return state.view === "pairwise" ? state.words.replaceAll(",", ", ") : state.word;
}

/** Keeps the list of what was looked at; it ends with the tab of the browser. */
function visit(state) {
  const [hash, text] = [written(state), subject(state)];
  let entries = JSON.parse(sessionStorage.getItem(VISITED) ?? "[]");
  if (text) {
    entries = [{ hash, text, view: state.view }, ...entries.filter((entry) => entry.hash !== hash)].slice(
      0,
      MOST_VISITED,
    );
    sessionStorage.setItem(VISITED, JSON.stringify(entries));
  }
  page.showVisited(entries);
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (!page.help.enabled() || event.target.matches("input, select, textarea")) return;
  const view = VIEWS[Number(event.key) - 1];
  if (event.key === "/") page.search.focus();
  else if (event.key === "?") page.help.open();
  else if (view) app.go({ view });
  else return;
  event.preventDefault();
}

async function start() {
  const { models } = await api("/v1/models");
  app.models = models.filter(({ kind }) => kind === "vectors");
  if (!app.models.length) throw new Error(strings.noModel);
  page.model.replaceChildren(...app.models.map(({ name }) => el("option", { value: name }, name)));
  addEventListener("popstate", () => show(read(location.hash, app.state)));
  addEventListener("keydown", pressed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(app.state));
  await show(read(location.hash, app.state));
}

start().catch(fail);
