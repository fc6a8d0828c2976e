// The part of a view that is filled by answers of the server.
import { el, say } from "./dom.js";
import { arrows } from "./words.js";

/** A heading of results, which takes the focus after a walk. */
export const heading = (...children) => el("h2", { tabindex: -1 }, ...children);

/**
 * {element, fill}: `fill(work)` shows what `work()` gives, {content, said, save}, unless something newer came between.
 * `content` are elements, `said` is for screen readers, `save` is what can be saved of it.
 */
export function results(app) {
  const element = el("section", { class: "results", keydown: arrows });
  let latest = 0;

  async function fill(work) {
    const own = ++latest;
    element.setAttribute("aria-busy", "true");
    let done;
    try {
      done = await work();
    } catch (problem) {
      done = { content: [el("p", { class: "problem", role: "alert" }, problem.message)] };
    }
    if (own !== latest || !element.isConnected) return;
    const focused = element.contains(document.activeElement);
    element.replaceChildren(...done.content);
    element.removeAttribute("aria-busy");
    app.offer(done.save ?? null);
    if (done.said) say(done.said);
    if (focused) (element.querySelector("h2") ?? document.getElementById("panel")).focus();
  }

  return { element, fill };
}
