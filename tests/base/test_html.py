"""What notebooks show: HTML that parses, escapes all text, is bounded, and holds the numbers."""

import copy
import json
import pickle
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

import numpy as np
import pytest

from wordvec.base import html
from wordvec.base.shown import Ranked, RankedBy, Records, Shown

VOID = {"br", "meta"}


class Reader(HTMLParser):
    """The texts of cells, and a check that tags are closed in order and need nothing from elsewhere."""

    def __init__(self, source):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "link", "img", "iframe")
        assert not {name for name, _ in attributes if name.startswith("on") or name in ("src", "href")}
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def texts(shown):
    return Reader(shown._repr_html_()).texts


class Interval(NamedTuple):
    score: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Part:
    word: str
    drift: float | None
    reason: str | None = None

    @property
    def twice(self):
        return None if self.drift is None else 2 * self.drift


@dataclass(frozen=True)
class Whole(Shown):
    name: str
    correct_answers: int
    band: Interval
    parts: tuple[Part, ...]
    labels: dict[str, Part]
    one: Part
    nothing: None = None
    lines: tuple[str, ...] = ()


def test_words_with_scores_have_a_row_each_and_bars_in_proportion():
    shown = Ranked([("guitar", 0.5), ("bread", 0.25), ("no", -0.1)])
    reader = Reader(shown._repr_html_())
    assert reader.texts == ["word", "score", "guitar", "0.5000", "bread", "0.2500", "no", "-0.1000"]
    widths = [attributes["style"] for tag, attributes in reader.tags if attributes.get("class") == "bar"]
    assert widths == ["width:8.00em", "width:4.00em", "width:0.00em"]


def test_no_words_are_said_to_be_none():
    assert texts(Ranked()) == ["word", "score", "none"]
    assert texts(Records()) == ["none"]
    assert texts(RankedBy()) == []


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("<script>alert('x')</script>", "<script>alert('x')</script>"),
        ('"><img src=x onerror=y>', '"><img src=x onerror=y>'),
        ("&amp;", "&amp;"),
        ("\udcff", "\\udcff"),
        ("x" * 1000, "x" * 60 + "…"),
    ],
)
def test_text_is_escaped_and_cut_everywhere(word, shown):
    part = Part(word, 0.5)
    result = Whole(word, 1, Interval(1, None, None), (part,), {word: part}, part, lines=(word,))
    short = [Ranked([(word, 0.5)]), RankedBy({"a": Ranked([(word, 0.5)])}), Records([part])]
    assert all(shown in texts(some) for some in short)
    assert len(result._repr_html_().encode()) < 10_000
    assert any(shown[:40] in text for text in texts(result))
    assert html.page(word).encode()
    Reader(html.page(word, html.table([word], [(word,)], title=word, note=word)))


def test_words_from_right_to_left_stand_in_cells_of_their_own_direction():
    tags = Reader(Ranked([("שלום", 1.0)])._repr_html_()).tags
    assert ("td", {"dir": "auto"}) in tags


def test_a_result_shows_its_fields_properties_and_parts():
    parts = (Part("a", 0.1), Part("b", None))
    result = Whole("set", 1234, Interval(0.5, 0.4, 0.6), parts, {"label": parts[0]}, Part("c", 0.25))
    shown = texts(result)
    assert shown[:7] == ["Whole", "name", "set", "correct answers", "1,234", "band", "0.5000 [0.400, 0.600]"]
    assert {"one: drift", "0.2500", "one: twice", "0.5000", "label", "parts"} <= set(shown)
    assert "nothing" not in shown and "lines" not in shown and "reason" not in shown


def test_records_are_drawn_with_intervals_where_they_have_some():
    @dataclass(frozen=True)
    class Bounded:
        word: str
        drift: float | None
        low: float | None
        high: float | None

    items = [Bounded("a", 0.5, 0.4, 0.6), Bounded("b", None, None, None)]
    tags = [tag for tag, _ in Reader(Records(items, bar="drift")._repr_html_()).tags]
    assert (tags.count("svg"), tags.count("circle"), tags.count("line")) == (1, 1, 2)
    bars = [tag for tag, kind in Reader(Records([Part("a", 0.5)], bar="drift")._repr_html_()).tags if "style" in kind]
    assert bars == ["span"]


def test_long_results_are_cut_and_say_so():
    many = Ranked((f"w{i}", 1 / (i + 1)) for i in range(100_000))
    shown = texts(many)
    assert "w49" in shown and "w50" not in shown and "and 99,950 more" in shown
    records = Records([Part(f"w{i}", 0.5) for i in range(1000)], bar="drift")
    assert "and 950 more" in texts(records)
    assert len(RankedBy({str(i): many for i in range(1000)})._repr_html_()) < 1_000_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (True, "yes"),
        (np.float32(0.5), "0.5000"),
        (float("nan"), "nan"),
        (1e-7, "1e-07"),
        (np.int64(12_345), "12,345"),
        ({"alpha": 0.025, "hs": False, "words": 10_000_000}, "alpha=0.025, hs=no, words=1e+07"),
        (list(range(20)), "0, 1, 2, 3, 4, 5, 6, 7, …"),
        ((("a", 1), ("b", 2)), "(a, 1), (b, 2)"),
        (Interval(None, None, None), "-"),
    ],
)
def test_cells_of_values(value, shown):
    assert html.cell(value) == shown


@pytest.mark.parametrize("made", [Ranked([("a", 0.5), ("b", 0.25)]), Records([Part("a", 0.5)], bar="drift")])
def test_a_shown_list_is_a_list_in_all_else(made):
    plain = list(made)
    assert made == plain and plain == made and isinstance(made, list) and repr(made) == repr(plain)
    assert made[:1] == plain[:1] and made + plain == plain + plain and type(made[:1]) is list
    for copied in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert copied == made and type(copied) is type(made) and copied._repr_html_() == made._repr_html_()
    if isinstance(made, Ranked):
        assert json.dumps(made) == json.dumps(plain) and np.array_equal(np.array(made), np.array(plain))
