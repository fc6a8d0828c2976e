"""Sphinx extension: writes the generated pages of the site, and points links at files outside docs/ to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import notebook_pages
from api_pages import pages
from docstrings import to_rest

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
GENERATED = DOCS / "_generated"
# Files outside docs/ that are pages of the site as well, by the name of that page.
OUTSIDE = {
    "benchmarks/RESULTS.md": "results.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "corpora/README.md": "sample-corpus.md",
}
LINK = re.compile(r"\]\((?!#|https?:)([^)#\s]+)(#[^)\s]*)?\)")


def target(path: str, folder: Path) -> str | None:
    """Where a link from a file in `folder` points on the site: a path below docs/, or None for what is not there."""
    file = (folder / path).resolve()
    name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
    if name in OUTSIDE:
        return f"/_generated/{OUTSIDE[name]}"
    if name == "examples" or name.startswith("examples/"):
        return "/_generated/examples.md"
    if file.suffix == ".ipynb":
        return f"/_generated/notebooks/{file.stem}.md"
    if file.is_relative_to(DOCS):
        inside = file.relative_to(DOCS).as_posix()
        return f"/{inside}"
    return None


def relinked(text: str, folder: Path) -> str:
    """The text with its links to other files made links between pages; links to what has no page become plain text."""

    def replaced(match: re.Match[str]) -> str:
        page = target(match[1], folder)
        if page is None:
            return "]{.nolink}"
        return f"]({page}{match[2] or ''})"

    text = LINK.sub(replaced, text)
    return re.sub(r"\[([^\[\]]*)\]\{\.nolink\}", r"\1", text)


def examples() -> str:
    """One page with all example programs."""
    parts = ["# Examples", "", "Short programs, in order. Each is run by the tests.", ""]
    for path in sorted((ROOT / "examples").glob("*.py")):
        title = path.stem[3:].replace("_", " ").capitalize()
        code = path.read_text(encoding="utf-8")
        parts += [f"## {path.stem[:2]} {title}", "", "``````{code-block} python", code.rstrip(), "``````", ""]
    return "\n".join(parts)


def write(path: Path, text: str) -> None:
    """Write a file unless it has this text already: an unchanged page is not built again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_pages(app: Any) -> None:
    """Write all generated pages, and remove those of names that are gone."""
    wanted = {GENERATED / "api" / name: text for name, text in pages().items()}
    wanted[GENERATED / "examples.md"] = examples()
    for path in notebook_pages.notebooks():
        wanted[GENERATED / "notebooks" / f"{path.stem}.md"] = relinked(notebook_pages.page(path), path.parent)
    for source, page in OUTSIDE.items():
        path = ROOT / source
        wanted[GENERATED / page] = relinked(path.read_text(encoding="utf-8"), path.parent)
    for path, text in wanted.items():
        write(path, text)
    for path in set(GENERATED.rglob("*.md")) - set(wanted):
        path.unlink()


def read_source(app: Any, name: str, source: list[str]) -> None:
    """Point the links of hand-written pages to pages of the site."""
    if not name.startswith("_generated/"):
        source[0] = relinked(source[0], DOCS)


def read_docstring(app: Any, what: str, name: str, value: object, options: Any, lines: list[str]) -> None:
    """Make the docstring that autodoc found reStructuredText."""
    lines[:] = to_rest(lines)


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("builder-inited", write_pages)
    app.connect("source-read", read_source)
    app.connect("autodoc-process-docstring", read_docstring)
    return {"parallel_read_safe": True}
