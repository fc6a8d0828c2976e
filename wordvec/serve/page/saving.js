// What is shown, as files that the browser makes itself: tables as CSV, pictures as SVG and PNG.
import { el, say } from "./dom.js";
import { PAPER } from "./figures.js";
import { strings } from "./strings.js";

const DIGITS = 7; // of a number, as many as a float32 has
const SHARPNESS = 2; // pixels of a PNG for each of the picture

/** Saves a blob under a name. */
export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name.replace(/[^\p{L}\p{N}._-]+/gu, "_") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(strings.save.saved(name));
}

/** Rows as CSV (RFC 4180, UTF-8 with a mark that spreadsheets need). */
export function csv(columns, rows) {
  return `\ufeff${[columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

// A spreadsheet computes what begins with = + - @: such words get an apostrophe, which it hides.
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
  const plain = /^[=+\-@\t\r].+/s.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

const source = (picture) => new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });

/** A picture as PNG: a promise of a blob. */
export async function png(picture) {
  const [width, height] = ["width", "height"].map((name) => Number(picture.getAttribute(name)));
  const url = URL.createObjectURL(source(picture));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = el("canvas", { width: width * SHARPNESS, height: height * SHARPNESS });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    if (blob === null) throw new Error(strings.save.failed);
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Buttons that save; `offer(what)` says what, {name, columns, rows, draw(palette)}, or null for nothing. */
export function saving() {
  let what = null;
  const button = (label, click, properties = {}) => el("button", { type: "button", click, ...properties }, label);
  const buttons = [
    button(strings.save.csv, () =>
      download(`${what.name}.csv`, new Blob([csv(what.columns, what.rows)], { type: "text/csv" })),
    ),
    button(strings.save.svg, () => download(`${what.name}.svg`, source(what.draw(PAPER)))),
    button(strings.save.png, () =>
      png(what.draw(PAPER)).then(
        (blob) => download(`${what.name}.png`, blob),
        () => say(strings.save.failed),
      ),
    ),
  ];
  const link = button(strings.save.link, async () => {
    const copied = await Promise.resolve(navigator.clipboard?.writeText(location.href) ?? Promise.reject()).then(
      () => strings.save.copied,
      () => strings.save.notCopied,
    );
    told.textContent = copied;
    setTimeout(() => (told.textContent = ""), 4000);
  });
  const told = el("span", { class: "told", role: "status" });
  return {
    element: el("div", { class: "saving", role: "group", "aria-label": strings.save.title }, buttons, link, told),
    offer(next) {
      what = next;
      for (const own of buttons) own.disabled = next === null;
    },
  };
}
