"""The documentation site: every public name has its entry, every page its place, every link its target."""

import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

import wordvec

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
PAGES = sorted(path for path in DOCS.glob("*.md"))
LINKED = [*PAGES, *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/RESULTS.md"))]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
CODE = re.compile(r"^( *)(```+).*?^\1\2", re.DOTALL | re.MULTILINE)

sys.path.insert(0, str(DOCS / "_ext"))
algorithms, api_pages = import_module("algorithms"), import_module("api_pages")
docstrings, site_pages = import_module("docstrings"), import_module("site_pages")
sys.path.pop(0)


def test_every_public_module_has_a_page():
    modules = {f"wordvec.{name}" for name in dir(wordvec) if inspect.ismodule(getattr(wordvec, name))}
    assert modules, "no public modules"
    assert modules - set(api_pages.MODULES) == set()


def test_every_public_name_is_in_the_reference():
    pages = api_pages.pages()
    for name in api_pages.MODULES:
        module = import_module(name)
        for public in api_pages.public_names(module):
            entry = rf"^\.\. [\w:]+:: {name}\.{public}$|^\* ``{public}``: see ``wordvec"
            assert re.search(entry, pages[f"{name}.md"], re.MULTILINE), f"{name}.{public}"


def test_a_new_public_name_gets_an_entry(monkeypatch):
    from wordvec import texts

    monkeypatch.setattr(texts, "brand_new", lambda: None, raising=False)
    monkeypatch.setattr(texts, "__all__", [*texts.__all__, "brand_new"])
    assert ".. autofunction:: wordvec.texts.brand_new\n" in api_pages.page("wordvec.texts", {})


def test_every_page_has_a_place_in_the_contents():
    trees = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    listed = {line for tree in trees for line in tree.split("\n") if line and not line.startswith(":")}
    generated = {f"_generated/{name.removesuffix('.md')}" for name in site_pages.OUTSIDE.values()}
    generated |= {"_generated/examples", "_generated/api/index"}
    assert listed == {page.stem for page in PAGES if page.name != "index.md"} | generated


def slug(heading):
    """The anchor that code hosts and the site give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower()).replace(" ", "-")


def headings(path):
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.skipif(not (CHECKOUT / "benchmarks").is_dir(), reason="a part of the checkout only: links lead out of it")
@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for path, anchor in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{path} is not there"
        if anchor:
            assert anchor in headings(file), f"{path}#{anchor}: no such heading"


def test_docstrings_become_restructured_text():
    lines = [
        "The rows of `matrix`, `k` at most; *all* of f_i.",
        ">>> f(1)",
        "2",
        "",
        "- one",
        "  more",
        "- two",
        "    x = y",
    ]
    assert docstrings.to_rest(lines) == [
        *["The rows of ``matrix``, ``k`` at most; \\*all\\* of f\\_i.", "", ">>> f(1)", "2", ""],
        *["- one", "  more", "", "- two", "    x = y", ""],
    ]
    lines = ["A sum:", "    a + b", "of `x`s."]
    assert docstrings.to_rest(lines) == ["A sum:", "", "::", "", "    a + b", "", "of ``x``\\ s.", ""]


def test_options_become_a_definition_list():
    lines = ["Options:", "    window: int = 5", "        words on *each* side", "    seed: int = 1", "        a number"]
    assert docstrings.to_rest(lines) == [
        *[
            "Options:",
            "",
            "``window: int = 5``",
            "    words on \\*each\\* side",
            "``seed: int = 1``",
            "    a number",
            "",
        ]
    ]


def test_glossary_has_one_line_a_term_in_order():
    rows = re.findall(r"^\| (.*) \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)[1:]
    terms = [re.sub(r"[^a-z0-9 ]", "", row.split(" | ")[0].lower()) for row in rows]
    assert len(terms) > 60
    assert terms == sorted(terms)
    assert len(terms) == len(set(terms))


def test_algorithms_name_the_files_that_define_them():
    text = algorithms.PAGE.read_text(encoding="utf-8")
    rows = [line for line in text.split("\n") if line.startswith("| ") and not line.startswith("| paper ")]
    assert len(rows) == len(algorithms.ROW.findall(text)) > 40
    assert algorithms.with_files(text) == text, "run python docs/_ext/algorithms.py"
    named = {name for _, name, _ in algorithms.ROW.findall(text)}
    trainers = {id(trainer) for trainer in wordvec.TRAINERS.values()}
    assert trainers <= {id(algorithms.resolve(name)) for name in named}


def test_the_site_claims_no_public_address():
    conf = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert re.findall(r'^PUBLIC_ADDRESS = "(.*)"$', conf, re.MULTILINE) == [""]
    assert "http" not in conf
