"""Every notebook runs, says something, has its page, and is stored without outputs."""

import json
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

import wordvec

CHECKOUT = Path(__file__).parents[2]
sys.path.insert(0, str(CHECKOUT / "docs" / "_ext"))
notebook_pages, site_pages = import_module("notebook_pages"), import_module("site_pages")
sys.path.pop(0)
NOTEBOOKS = notebook_pages.notebooks()
every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_there_are_notebooks_and_they_are_numbered():
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{i:02d}_" for i in range(1, len(NOTEBOOKS) + 1)]
    listed = (CHECKOUT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert NOTEBOOKS and all(f"](../notebooks/{path.name})" in listed for path in NOTEBOOKS)


@every
def test_a_notebook_is_stored_without_outputs_and_in_one_form(path):
    book = read(path)
    assert path.read_text(encoding="utf-8") == json.dumps(book, indent=1, ensure_ascii=False) + "\n"
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert set(book["metadata"]) == {"kernelspec", "language_info"}
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    for cell in book["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            assert not re.search(r"^\s*[%!]", "".join(cell["source"]), re.MULTILINE), "Jupyter's own syntax"


@every
def test_links_of_a_notebook_lead_somewhere(path):
    text = "\n".join("".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text.replace("\n", " "))
    assert links and all((path.parent / link).is_file() for link in links)


@every
def test_a_notebook_runs_and_is_a_page(path):
    """In this process; a cell whose library is absent prints so."""
    before = Path.cwd()
    page = site_pages.relinked(notebook_pages.page(path), path.parent)
    assert Path.cwd() == before
    assert page.startswith("# ") and f"notebooks/{path.name}" in page
    assert page.count("{raw} html") >= 2, "tables"
    assert "](../" not in page and "&lt;script" not in page
    assert not re.search(r"(?<!\w)/(home|root|work|tmp)/", page), "an absolute path"


def test_a_cell_shows_what_it_prints_and_its_last_value(tmp_path):
    cells = [
        "print('a')\n1 + 1",
        "x = 3",
        "x",
        "import wordvec\nwordvec.KeyedVectors(['v', 'w'], [[1], [1]]).most_similar('v')",
    ]
    book = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    book["cells"].insert(0, {"cell_type": "markdown", "source": ["# A"]})
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(book))
    ran = notebook_pages.run(path)
    assert [(cell.printed, cell.text) for cell in ran[:4]] == [("", ""), ("a\n", "2"), ("", ""), ("", "3")]
    assert ran[4].html.startswith("<div") and ran[4].text.startswith("[('w', 1.0")
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["1 / 0"]}]}))
    with pytest.raises(ZeroDivisionError):
        notebook_pages.run(path)


@pytest.mark.thorough
@every
def test_a_notebook_runs_in_jupyter(path, tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    (tmp_path / "corpora").symlink_to(CHECKOUT / "corpora")
    (tmp_path / "notebooks").mkdir()
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    package = str(Path(wordvec.__file__).parent.parent)
    book.cells.insert(0, nbformat.v4.new_code_cell(f"import sys; sys.path.insert(0, {package!r})"))
    resources = {"metadata": {"path": str(tmp_path / "notebooks")}}
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources=resources).execute()
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("text/html" in output.get("data", {}) for output in shown) >= 2
    assert "Warning" not in json.dumps(shown)
