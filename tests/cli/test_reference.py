"""docs/command-line.md is what the program says."""

from pathlib import Path

import pytest

from wordvec.cli.reference import block, blocks, main, updated
from wordvec.cli.verbs import leaves

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"


def test_the_page_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert updated(text) == text, "run python -m wordvec.cli.reference docs/command-line.md"


def test_the_page_has_every_verb_once_in_the_order_of_the_table():
    text = PAGE.read_text(encoding="utf-8")
    names = [" ".join(names) for names in leaves()]
    assert blocks(text) == ["", *names]
    for name in names:
        depth = "#" * (2 + name.count(" "))
        assert f"\n{depth} {name}\n" in text.partition(f"<!-- wordvec {name} -->")[0]


@pytest.mark.parametrize("columns", ["40", "200"])
def test_the_page_does_not_depend_on_the_terminal(columns, monkeypatch):
    before = block("align map") + block()
    monkeypatch.setenv("COLUMNS", columns)
    assert block("align map") + block() == before


def test_nothing_of_the_machine_is_on_the_page(monkeypatch):
    from wordvec.base import threads

    monkeypatch.setattr(threads, "usable_cores", lambda: 77)
    assert updated(PAGE.read_text(encoding="utf-8")).count("77") == PAGE.read_text(encoding="utf-8").count("77")


def test_a_block_is_replaced_and_all_else_stays(in_folder):
    page = "# Mine\n\n<!-- wordvec verify -->\nold\n<!-- end -->\n\nText.\n"
    (in_folder / "page.md").write_text(page)
    main(["page.md"])
    text = (in_folder / "page.md").read_text()
    assert text == page.replace("old\n", block("verify")) and "wordvec verify [options] VECTORS" in text
    with pytest.raises(ValueError, match="verifi"):
        updated(page.replace("verify", "verifi"))


def test_options_of_models_are_grouped():
    rows = block("train").splitlines()
    windows = [row for row in rows if row.startswith("| `--window N`")]
    assert len(windows) == len({row.split("|")[2] for row in windows}) > 0
    assert any(row.startswith("| `--seed N` | all |") for row in rows)
    assert sum("cbow-grad" in row for row in rows) == 1


def test_marks_of_markdown_are_escaped():
    from wordvec.cli.reference import _escaped

    assert _escaped("a|b __label__ <x> `c_d|e` --flag-name, 2--3") == (
        "a\\|b \\_\\_label\\_\\_ \\<x> `c_d\\|e` `--flag-name`, 2--3"
    )
