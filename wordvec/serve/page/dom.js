// Elements, made without markup: every text is a text node, so no word can be read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** An element of HTML: functions among the properties are listeners, all else are attributes. */
export function el(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** An element of SVG. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

/** A word as text that has its own direction. */
export const word = (text) => el("bdi", { class: "word", dir: "auto" }, text);

/** Text for a screen reader: said once, politely. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

let numbers = 0;

/** A label and what it labels. */
export function labelled(text, control, properties = {}) {
  control.id ||= `control-${++numbers}`;
  return el("div", { class: "field", ...properties }, el("label", { for: control.id }, text), control);
}

/** A score with so many digits; a dash for one that is not a number, which JSON has as null. */
export const score = (value, digits = 3) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));

/** A number of occurrences. */
export const whole = (value) => value.toLocaleString("en");
