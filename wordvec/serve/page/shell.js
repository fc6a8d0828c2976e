// What stands around the views: header, tabs, history, dialogs.
import { combobox } from "./combobox.js";
import { el, labelled, word as marked } from "./dom.js";
import { saving } from "./saving.js";
import { VIEWS } from "./state.js";
import { strings } from "./strings.js";

const PLAIN_KEYS = "wordvec.keys";

/** The page without its view; `on` are {model, search, view, revisit, clear} and `complete`. */
export function shell(on, complete) {
  const model = el("select", { id: "model", change: () => on.model(model.value) });
  const search = el("input", { id: "search", type: "text", placeholder: strings.searchHint });
  const facts = el("p", { class: "facts", id: "facts" });
  const help = keys();
  const form = el(
    "form",
    {
      class: "search",
      role: "search",
      submit: (event) => {
        event.preventDefault();
        if (search.value.trim()) on.search(search.value.trim());
      },
    },
    el(
      "div",
      { class: "field" },
      el("label", { for: "search" }, strings.search),
      combobox(search, complete, on.search),
    ),
    el("button", { class: "primary" }, strings.go),
  );
  const header = el(
    "header",
    {},
    el("h1", {}, strings.name),
    labelled(strings.model, model),
    form,
    el("button", { type: "button", class: "help", click: () => help.open(), "aria-keyshortcuts": "?" }, strings.help),
    facts,
  );
  const tabs = el(
    "div",
    { role: "tablist", class: "tabs", "aria-label": strings.views, keydown: among },
    VIEWS.map((view) => tab(view, on)),
  );
  const panel = el("div", { id: "panel", role: "tabpanel", tabindex: -1 });
  const saved = saving();
  const history = el("ol", { class: "visited" });
  const clear = el("button", { type: "button", click: () => on.clear() }, strings.clearHistory);
  const aside = el(
    "aside",
    { "aria-labelledby": "visited" },
    el("h2", { id: "visited" }, strings.history),
    history,
    clear,
  );
  const footer = el("footer", {}, el("a", { href: "docs" }, strings.routes));
  const skip = el("a", { class: "skip", href: "#panel", click: skipTo(panel) }, strings.skip);
  const main = el("main", {}, panel, saved.element);
  document.body.replaceChildren(
    skip,
    header,
    el("nav", { "aria-label": strings.views }, tabs),
    el("div", { class: "body" }, main, aside),
    footer,
    el("div", { id: "said", class: "hidden", role: "status" }),
    help.element,
  );
  return { model, search, facts, panel, help, offer: saved.offer, showTab, showVisited };

  function showTab(view) {
    for (const own of tabs.children) {
      const chosen = own.id === `tab-${view}`;
      own.setAttribute("aria-selected", String(chosen));
      own.tabIndex = chosen ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${view}`);
  }

  /** The list of what was looked at: [{hash, text}], the newest first. */
  function showVisited(entries) {
    clear.hidden = !entries.length;
    history.replaceChildren(
      ...entries.map(({ hash, text, view }) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "walk", click: () => on.revisit(hash) },
            marked(text),
            el("span", { class: "count" }, ` ${strings.tabs[view]}`),
          ),
        ),
      ),
    );
    if (!entries.length) history.replaceChildren(el("li", { class: "facts" }, strings.noHistory));
  }
}

const skipTo = (panel) => (event) => {
  event.preventDefault(); // the part behind the # is the state
  panel.focus();
};

const tab = (view, on) =>
  el(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-${view}`,
      "aria-controls": "panel",
      "aria-selected": "false",
      click: () => on.view(view),
    },
    strings.tabs[view],
  );

/** Arrow keys among tabs. */
function among(event) {
  const tabs = [...event.currentTarget.children];
  const now = tabs.indexOf(document.activeElement);
  const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const chosen = tabs.at(next % tabs.length);
  chosen.click();
  chosen.focus();
}

/** The dialog of keys: {element, open(), enabled()}. */
function keys() {
  const own = strings.keys;
  const enabled = el("input", {
    type: "checkbox",
    id: "keys-enabled",
    change: () => localStorage.setItem(PLAIN_KEYS, enabled.checked ? "on" : "off"),
  });
  enabled.checked = localStorage.getItem(PLAIN_KEYS) !== "off";
  const element = el(
    "dialog",
    { "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title" }, own.title),
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        own.rows.map(([key, does]) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, does))),
      ),
    ),
    el("p", {}, own.plain),
    el("p", {}, enabled, " ", el("label", { for: "keys-enabled" }, own.enabled)),
    el("button", { type: "button", class: "primary", click: () => element.close() }, strings.close),
  );
  return { element, open: () => element.showModal(), enabled: () => enabled.checked };
}

/** Asks for the token: a promise of it. */
export function askToken(wrong) {
  const own = strings.token;
  const input = el("input", { type: "password", id: "token", required: true, pattern: "[!-~]+", autocomplete: "off" });
  return new Promise((resolve) => {
    const submit = (event) => {
      event.preventDefault();
      dialog.remove();
      resolve(input.value);
    };
    const dialog = el(
      "dialog",
      {
        "aria-labelledby": "token-title",
        cancel: (event) => event.preventDefault(),
        close: () => dialog.isConnected && dialog.showModal(),
      },
      el(
        "form",
        { submit },
        el("h2", { id: "token-title" }, own.title),
        el("p", { role: wrong ? "alert" : null, class: wrong ? "problem" : null }, wrong ? own.wrong : own.why),
        labelled(own.label, input),
        el("button", { class: "primary" }, own.send),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
