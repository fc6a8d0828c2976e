// The tab "Map": a neighbourhood, or the first words of a model, as points that can be moved, zoomed and walked on.
import { el, labelled, score, whole, word as marked } from "./dom.js";
import { ask } from "./map_answer.js";
import { coloured } from "./map_colours.js";
import { picture, table } from "./map_picture.js";
import { MapView } from "./map_view.js";
import { map as text } from "./strings_map.js";

const NUMBERS = { around: ["30", "100", "300", "1000"], first: ["300", "1000", "3000", "10000", "30000", "100000"] };
const COMMON = { around: "100", first: "1000" }; // the numbers to begin with
const LISTED = 50; // words in view that the table lists
const STEP = 60; // pixels of an arrow key
const NEAR = 14; // pixels around a point that are taken for it
const ZOOM = 1.4;
const SHAPES = ["disc", "square", "diamond"];

let mounted = null;

export function mount(element, app) {
  mounted = new WordMap(element, app);
}

export function unmount() {
  mounted?.close();
  mounted = null;
}

export const update = (state) => mounted.follow(state);

class WordMap {
  constructor(element, app) {
    Object.assign(this, { app, element, map: null, drawn: "", followed: null, ending: new AbortController(), asking: null });
    this.build();
    this.view = new MapView(this.canvas, () => this.list());
    this.listen();
  }

  build() {
    const choice = (values, change) =>
      el("select", { change }, Object.entries(values).map(([value, name]) => el("option", { value }, name)));
    const button = (name, click, properties = {}) => el("button", { type: "button", click, ...properties }, name);
    this.area = choice(text.areas, () => this.count());
    this.number = el("select");
    this.method = choice(text.methods);
    this.clusters = el("input", { type: "number", min: 0, max: 24, value: 8, class: "short" });
    this.target = el("select");
    this.towards = labelled(text.target, this.target);
    this.form = el(
      "form",
      { class: "filters", submit: (event) => (event.preventDefault(), this.submit()) },
      labelled(text.area, this.area),
      labelled(text.number, this.number),
      labelled(text.method, this.method),
      labelled(text.clusters, this.clusters),
      this.towards,
      el("button", { class: "primary" }, text.draw),
    );
    this.bar = el("progress", { max: 1, "aria-label": text.working });
    this.share = el("span");
    this.working = el("p", { class: "working", hidden: true }, this.bar, " ", this.share, " ", button(text.cancel, () => this.cancel()));
    this.told = el("p", { class: "told", role: "status" });
    this.by = choice(text.colours, () => this.app.go({ map_colour: this.by.value }));
    this.sought = el("input", { type: "search", size: 14, autocomplete: "off", spellcheck: "false" });
    this.canvas = el("canvas", { tabindex: 0, role: "application", "aria-label": text.empty, "aria-describedby": "map-help" });
    this.facts = el("p", { class: "current", "aria-live": "polite" });
    this.title = el("h2");
    this.legend = el("ul", { class: "legend" });
    this.summary = el("summary", {}, text.listed);
    this.table = el("table", { class: "words" });
    this.listed = el("details", { toggle: () => this.list() }, this.summary, el("div", { class: "scrolling", tabindex: 0 }, this.table));
    this.shown = el(
      "div",
      { class: "shown", hidden: true },
      el(
        "div",
        { class: "filters" },
        labelled(text.colour, this.by),
        el(
          "div",
          { class: "zooming" },
          button("+", () => this.view.zoom(ZOOM), { "aria-label": text.zoomIn, title: text.zoomIn }),
          button("−", () => this.view.zoom(1 / ZOOM), { "aria-label": text.zoomOut, title: text.zoomOut }),
          button(text.all, () => this.view.fit()),
        ),
      ),
      el("div", { class: "drawing" }, this.canvas),
      this.facts,
      el(
        "form",
        { class: "filters", submit: (event) => (event.preventDefault(), this.find()) },
        labelled(text.find, this.sought),
        el("button", {}, text.go),
      ),
      el("p", { class: "facts", id: "map-help" }, text.help),
      this.title,
      this.legend,
      this.listed,
    );
    this.element.append(this.form, this.working, this.told, this.shown);
    this.styles = stylesheet();
  }

  // The numbers of words to choose from.
  count(given = "") {
    const area = this.area.value, size = this.app.facts.size, numbers = NUMBERS[area];
    const possible = numbers.filter((number, place) => !place || Number(numbers[place - 1]) < size);
    this.usual = possible.includes(COMMON[area]) ? COMMON[area] : possible.at(-1);
    if (/^\d+$/.test(given) && !possible.includes(given)) possible.push(given);
    this.number.replaceChildren(...possible.map((value) => el("option", { value }, whole(Number(value)))));
    this.number.value = possible.includes(given) ? given : this.usual;
  }

  // What a state asks for, in the fields.
  fill(state) {
    const others = this.app.facts.space.filter((name) => name !== state.model);
    this.area.options[0].textContent = text.around(state.word);
    this.area.value = state.map_area === "first" || !state.word ? "first" : "around";
    this.count(state.map_topn);
    this.method.value = state.map_method in text.methods ? state.map_method : "pca";
    this.clusters.value = state.map_clusters;
    this.towards.hidden = !others.length;
    this.target.replaceChildren(...["", ...others].map((value) => el("option", { value }, value || text.noTarget)));
    this.target.value = others.includes(state.map_target) ? state.map_target : "";
  }

  // The fields as a state, whose address brings the map back.
  submit() {
    const area = this.area.value, number = this.number.value;
    if (area === "around" && !this.app.word) {
      this.told.textContent = text.noWord;
      return;
    }
    this.drawn = "";
    this.app.go({
      map_area: area === "first" && this.app.word ? area : "",
      map_topn: number === this.usual ? "" : number,
      map_method: this.method.value,
      map_clusters: this.clusters.value,
      map_target: this.target.value,
    });
  }

  // Shows a state: another map, other colours, or another word of this map.
  async follow(state) {
    // a walk over the first words does not leave them
    if (this.followed === "" && state.word && !state.map_area && this.area.value === "first") this.app.settle({ map_area: "first" });
    const walked = this.followed !== state.word;
    this.followed = state.word;
    this.fill(state);
    const body = { topn: Number(this.number.value), method: this.method.value, clusters: Number(this.clusters.value) };
    if (this.area.value === "around") body.word = state.word;
    if (this.target.value) body.target = this.target.value;
    const asked = JSON.stringify([state.model, body]);
    if (asked !== this.drawn) return this.draw(body, asked);
    if (!this.map) return;
    this.colour();
    const row = walked && !body.word ? this.map.words.indexOf(state.word) : -1;
    if (row >= 0) this.goTo(row);
  }

  // Asking for a map

  async draw(body, asked) {
    this.cancel();
    this.drawn = asked;
    const asking = (this.asking = new AbortController());
    this.told.textContent = "";
    this.progress(0);
    try {
      const map = await ask(this.app, body, asking.signal, (share) => this.asking === asking && this.progress(share));
      if (this.asking === asking) await this.show(map);
    } catch (error) {
      if (this.asking === asking) this.told.textContent = text.failed(error.message);
    }
    if (this.asking === asking) this.end();
  }

  progress(share) {
    this.working.hidden = false;
    if (share) this.bar.value = share;
    else this.bar.removeAttribute("value");
    this.share.textContent = share ? text.progress(share) : text.working;
  }

  cancel() {
    if (!this.asking) return;
    this.asking.abort();
    this.told.textContent = text.cancelled;
    this.end();
  }

  end() {
    this.asking = null;
    this.working.hidden = true;
  }

  // Showing it

  async show(map) {
    this.map = map;
    const kinds = ["cluster", "count", "drift", "none"];
    const known = kinds.filter((kind) => kind === "none" || map[{ cluster: "clusters", count: "counts", drift: "drift" }[kind]]);
    this.by.replaceChildren(...known.map((value) => el("option", { value }, text.colours[value])));
    this.choose();
    const told = [text.drawn(map.words.length, text.methodNames[map.method])];
    told.push(map.explained ? text.explained(map.explained) : text.bent);
    this.told.textContent = told.join(" ");
    this.canvas.setAttribute("aria-label", text.canvas(map.words.length));
    this.facts.textContent = "";
    this.shown.hidden = false;
    await this.styles;
    if (this.map !== map || mounted !== this) return;
    this.view.resize();
    this.view.show(map, this.colours());
    this.explain();
    this.offerFiles();
    this.tell(map.words.indexOf(this.app.word));
  }

  colours() {
    const isDark = luminance(getComputedStyle(this.canvas).backgroundColor) < 0.5;
    return coloured(this.map, this.by.value, isDark ? "dark" : "light", text);
  }

  // The colours that the state asks for, where the map has them.
  choose() {
    const known = [...this.by.options].map(({ value }) => value), chosen = this.app.state.map_colour;
    this.by.value = known.includes(chosen) ? chosen : this.map.drift ? "drift" : known[0];
  }

  colour() {
    if (!this.map) return;
    this.choose();
    this.view.colour(this.colours());
    this.explain();
  }

  explain() {
    const { title, legend } = this.view.colouring;
    this.title.textContent = title;
    this.legend.replaceChildren(
      ...legend.map(({ colour, shape, text }) => {
        const swatch = el("span", { class: `swatch ${SHAPES[shape]}`, "aria-hidden": "true" });
        swatch.style.backgroundColor = colour;
        return el("li", {}, swatch, el("span", {}, text));
      }),
    );
  }

  // The words in view as a table, for those who do not see the canvas.
  list() {
    clearTimeout(this.listing);
    this.listing = setTimeout(() => {
      if (!this.map) return;
      const rows = this.view.inView(), first = [...rows.subarray(0, LISTED)], { columns } = text;
      this.summary.textContent = text.inView(rows.length, first.length);
      if (!this.listed.open) return;
      const { counts, clusters, clusterWords, drift, scores, words } = this.map;
      const known = [
        [columns.count, counts, whole],
        [columns.cluster, clusters, (own) => clusterWords[own].slice(0, 2).join(", ")],
        [columns.drift, drift, (value) => (Number.isNaN(value) ? "" : score(value))],
        [columns.score, scores, score],
      ].filter(([, values]) => values);
      const walk = (i) => el("button", { type: "button", class: "walk", click: () => this.app.walk(words[i]) }, marked(words[i]));
      const focused = this.table.contains(document.activeElement);
      this.table.replaceChildren(
        el("thead", {}, el("tr", {}, [columns.word, ...known.map(([name]) => name)].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, first.map((i) => el("tr", {}, el("th", { scope: "row" }, walk(i)), known.map(([, values, shown]) => el("td", {}, shown(values[i])))))),
      );
      if (focused) this.summary.focus();
    }, 200);
  }

  // Marks a word, and says what it is.
  tell(i) {
    if (!this.map || (i === this.view.current && this.facts.textContent)) return;
    this.view.mark(i);
    if (i < 0) {
      this.facts.textContent = "";
      return;
    }
    const { counts, clusters, clusterWords, drift, scores, words } = this.map;
    const facts = [
      counts && text.facts.count(counts[i]),
      clusters && clusterWords[clusters[i]].join(", "),
      drift && (Number.isNaN(drift[i]) ? text.missing : text.facts.drift(score(drift[i]))),
      scores && text.facts.score(score(scores[i])),
    ].filter(Boolean);
    this.facts.replaceChildren(marked(words[i]), facts.map((fact) => ` · ${fact}`).join(""));
  }

  goTo(i) {
    this.view.centreOn(i);
    this.facts.textContent = "";
    this.tell(i);
  }

  find() {
    const sought = this.sought.value.trim(), small = sought.toLowerCase(), { words } = this.map;
    if (!sought) return;
    const tests = [(word) => word === sought, (word) => word.toLowerCase() === small, (word) => word.toLowerCase().startsWith(small)];
    const row = tests.reduce((found, test) => (found < 0 ? words.findIndex(test) : found), -1);
    if (row < 0) this.facts.textContent = text.notFound(sought);
    else this.goTo(row);
  }

  // What the page saves: all words as a table, and the view as a picture on paper.
  offerFiles() {
    const { app, map, view, by } = this;
    const subject = map.body.word ?? `${map.words.length}`;
    app.offer({
      name: `map-${app.model}-${subject}-${map.method}`,
      columns: table(map).columns,
      get rows() {
        return table(map).rows;
      },
      draw: (palette) => picture(view, coloured(map, by.value, luminance(palette.paper) < 0.5 ? "dark" : "light", text), palette, text.canvas(map.words.length)),
    });
  }

  // Hands and keys

  listen() {
    const { canvas, view } = this, { signal } = this.ending, held = new Map();
    let moved = 0, touched = -1;
    const on = (name, does, options = {}) => canvas.addEventListener(name, does, { signal, ...options });
    const at = (event) => [event.offsetX, event.offsetY];
    on("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      held.set(event.pointerId, at(event));
      moved = held.size > 1 ? NEAR : 0;
    });
    on("pointermove", (event) => {
      if (!this.map) return;
      const [x, y] = at(event), before = held.get(event.pointerId);
      if (!before) return this.tell(view.nearest(x, y, NEAR));
      const still = [...held].find(([id]) => id !== event.pointerId)?.[1];
      moved += Math.hypot(x - before[0], y - before[1]);
      if (still) {
        const width = (place) => Math.max(10, Math.hypot(place[0] - still[0], place[1] - still[1]));
        view.zoom(width([x, y]) / width(before), (x + still[0]) / 2, (y + still[1]) / 2);
      } else if (moved > 4) view.pan(x - before[0], y - before[1]);
      held.set(event.pointerId, [x, y]);
    });
    on("pointerup", (event) => {
      held.delete(event.pointerId);
      if (!this.map || moved > 4) return;
      const row = view.nearest(...at(event), NEAR), again = row === touched;
      this.tell(row);
      touched = row;
      // a finger cannot hover: its first touch shows the word, its second goes there
      if (row >= 0 && (event.pointerType !== "touch" || again)) this.app.walk(this.map.words[row]);
    });
    on("pointercancel", (event) => held.delete(event.pointerId));
    on("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode ? 16 : 1;
      view.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) * 0.002), ...at(event));
    }, { passive: false });
    on("keydown", (event) => this.press(event));
    const sizes = new ResizeObserver(() => view.resize());
    sizes.observe(canvas);
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  press(event) {
    if (!this.map || event.ctrlKey || event.altKey || event.metaKey) return;
    const { view } = this;
    const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    if (moves[event.key]) view.pan(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") view.zoom(ZOOM);
    else if (event.key === "-") view.zoom(1 / ZOOM);
    else if (event.key === "0") view.fit();
    else if (event.key === "Enter" && view.current >= 0) return this.app.walk(this.map.words[view.current]);
    else return;
    event.preventDefault();
    this.tell(view.nearest(view.width / 2, view.height / 2));
  }

  close() {
    this.cancel();
    clearTimeout(this.listing);
    this.ending.abort();
    this.view.close();
    this.map = null;
    this.element.replaceChildren();
  }
}

// The mean of red, green and blue, 0 to 1, of "#rrggbb" or "rgb(r, g, b)".
function luminance(css) {
  const parts = css.startsWith("#") ? [1, 3, 5].map((at) => parseInt(css.slice(at, at + 2), 16)) : css.match(/[\d.]+/g).map(Number);
  return (parts[0] + parts[1] + parts[2]) / 765;
}

// The style of the map, loaded once; a promise of it.
function stylesheet() {
  const href = new URL("map.css", import.meta.url).href;
  const known = [...document.querySelectorAll("link[rel=stylesheet]")].find((link) => link.href === href);
  if (known) return known.sheet ? Promise.resolve() : new Promise((done) => known.addEventListener("load", done));
  return new Promise((done) => document.head.append(el("link", { rel: "stylesheet", href, load: done, error: done })));
}
