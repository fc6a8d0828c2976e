// The tab "Map": words as points.

export function mount(element, app) {
  const note = document.createElement("p");
  note.textContent = app.strings.map.missing;
  element.append(note);
}

export function unmount() {}
