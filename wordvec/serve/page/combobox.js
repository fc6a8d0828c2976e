// A text field with suggestions, by the pattern "combobox" of WAI-ARIA.
import { el, say, whole, word as marked } from "./dom.js";
import { strings } from "./strings.js";

const PAUSE = 30; // milliseconds without a key before suggestions are asked for
let numbers = 0;

/** Makes a field suggest words: `complete(prefix)` gives [{word, count}], `choose(word)` is told what was taken. */
export function combobox(input, complete, choose) {
  const id = `suggestions-${++numbers}`;
  const list = el("ul", { id, role: "listbox", class: "suggestions", "aria-label": strings.search, hidden: true });
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": id,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    dir: "auto",
  }))
    input.setAttribute(name, value);
  let active = -1;
  let asked = 0;
  let timer = 0;

  function close() {
    clearTimeout(timer);
    asked++;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    activate(-1);
  }

  function activate(place) {
    active = place;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === place)));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[place].id);
      list.children[place].scrollIntoView({ block: "nearest" });
    }
  }

  function take(word) {
    input.value = word;
    close();
    choose(word);
  }

  async function suggest() {
    const own = ++asked;
    const found = await complete(input.value).catch(() => []);
    if (own !== asked || document.activeElement !== input) return;
    list.replaceChildren(
      ...found.map(({ word, count }, i) =>
        el(
          "li",
          // the field keeps the focus
          {
            id: `${id}-${i}`,
            role: "option",
            "aria-selected": "false",
            mousedown: (event) => event.preventDefault(),
            click: () => take(word),
          },
          marked(word),
          count === null || count === undefined ? null : el("span", { class: "count" }, whole(count)),
        ),
      ),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    activate(-1);
    say(strings.suggestions(found.length));
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value) timer = setTimeout(suggest, PAUSE);
    else close();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const size = list.children.length;
    if (event.isComposing) return; // the keys are those of an input method
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!size) suggest();
      else
        activate(
          event.key === "ArrowDown" ? (active + 1 < size ? active + 1 : -1) : active < 0 ? size - 1 : active - 1,
        );
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (active >= 0) take(found(active));
      else if (input.value.trim()) take(input.value.trim());
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  const found = (place) => list.children[place].querySelector(".word").textContent;
  return el("div", { class: "combobox" }, input, list);
}
