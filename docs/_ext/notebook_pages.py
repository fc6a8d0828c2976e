"""The notebooks as pages of the site: each is run in this process, and what its cells show stands below them.

A cell is run as Jupyter runs it: what it prints is shown, and the value of its last line. It takes neither a kernel nor
a library beside wordvec, so the tests run the notebooks by the same code.
"""

from __future__ import annotations

import ast
import io
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"


class Ran(NamedTuple):
    """A cell of a notebook that was run: what it printed, and its last value as text and as HTML."""

    is_code: bool
    source: str
    printed: str = ""
    text: str = ""
    html: str = ""


def notebooks() -> list[Path]:
    """The notebooks, in their order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def run(path: Path) -> list[Ran]:
    """All cells of a notebook, run in an empty folder beside a copy of corpora/, as where it lies in a checkout."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {"__name__": "__main__"}
    with _folder():
        return [
            _ran("".join(cell["source"]), names, f"{path.name}[{number}]")
            if cell["cell_type"] == "code"
            else Ran(False, "".join(cell["source"]))
            for number, cell in enumerate(cells, 1)
        ]


def page(path: Path) -> str:
    """The page of a notebook, in MyST."""
    parts = []
    for cell in run(path):
        if not cell.is_code:
            parts.append(cell.source)
            continue
        parts.append(_fenced("{code-block} python", cell.source))
        if cell.printed:
            parts.append(_fenced("{code-block} text", cell.printed.rstrip()))
        if cell.html:
            parts.append(_fenced("{raw} html", cell.html))
        elif cell.text:
            parts.append(_fenced("{code-block} text", cell.text))
    parts.insert(1, f"*This page is `notebooks/{path.name}`, as it ran when the site was built.*")
    return "\n\n".join(parts) + "\n"


def _ran(source: str, names: dict[str, Any], place: str) -> Ran:
    """A cell of code, run among the names of the cells before it."""
    tree, printed, value = ast.parse(source, place), io.StringIO(), None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with redirect_stdout(printed):
        exec(compile(tree, place, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), place, "eval"), names)
    if value is None:
        return Ran(True, source, printed.getvalue())
    html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
    return Ran(True, source, printed.getvalue(), repr(value), html)


@contextmanager
def _folder() -> Iterator[None]:
    """A folder like the one of the notebooks, as the current one; the log, which is no part of a page, is quiet."""
    before, log = Path.cwd(), logging.getLogger("wordvec")
    level = log.level
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "corpora", folder / "corpora", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / NOTEBOOKS.name).mkdir()
        os.chdir(folder / NOTEBOOKS.name)
        log.setLevel(logging.WARNING)
        try:
            yield
        finally:
            log.setLevel(level)
            os.chdir(before)


def _fenced(kind: str, text: str) -> str:
    return f"``````{kind}\n{text}\n``````"


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
