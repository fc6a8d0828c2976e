// Asking the service for a map: its progress in lines, then its columns as arrays.
import { map as text } from "./strings_map.js";

/** The map that a body asks for; `progress(share)` is told how far it is. Aborting the signal ends it on the server, too. */
export async function ask(app, body, signal, progress) {
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal };
  const response = await app.fetch(`/v1/models/${encodeURIComponent(app.model)}/map`, init);
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? response.statusText);
  let last = null;
  for await (const line of lines(response.body)) {
    last = JSON.parse(line);
    if (last.progress !== undefined) progress(last.progress);
  }
  if (last?.detail) throw new Error(last.detail);
  if (!last?.words) throw new Error(text.broken);
  return read(last, body);
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let parts = [];
  for (;;) {
    const { value, done } = await reader.read();
    const pieces = (done ? "\n" : value).split("\n");
    for (const piece of pieces.slice(0, -1)) {
      const line = parts.join("") + piece;
      parts = [];
      if (line) yield line;
    }
    if (done) return;
    parts.push(pieces.at(-1));
  }
}

function read(answer, body) {
  const floats = (column) => column && new Float32Array(bytes(column).buffer);
  const points = floats(answer.points);
  return {
    body,
    words: answer.words,
    x: points.filter((_, place) => place % 2 === 0),
    y: points.filter((_, place) => place % 2 === 1),
    method: answer.method,
    explained: answer.explained,
    counts: answer.counts,
    scores: floats(answer.scores),
    drift: floats(answer.drift),
    clusters: answer.clusters && bytes(answer.clusters),
    clusterWords: answer.cluster_words,
  };
}

const bytes = (column) => Uint8Array.from(atob(column), (letter) => letter.charCodeAt(0));
