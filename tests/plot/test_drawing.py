"""How pictures are drawn and written: names that do not overlap, any script, the same bytes, no state left behind."""

import json
import subprocess
import sys

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, plot
from wordvec.base.errors import LibraryError, OptionError, OutputError

from .conftest import GROUPS, WORDS


def boxes(figure):
    """The boxes [n, 4] of the names that are drawn, in pixels."""
    figure.draw_without_rendering()
    return np.array([text.get_window_extent().extents for text in figure.axes[0].texts if text.get_text()])


def overlaps(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def crowd(count):
    words = [f"word{number:03d}" for number in range(count)]
    return KeyedVectors(words, np.random.default_rng(2).standard_normal((count, 6)).astype(np.float32))


def test_names_overlap_neither_each_other_nor_dots():
    vectors = crowd(45)
    figure = plot.map(vectors, vectors.index_to_key)
    found = boxes(figure)
    assert len(found) == 45
    assert not any(overlaps(one, other) for place, one in enumerate(found) for other in found[:place])
    axes = figure.axes[0]
    dots = axes.transData.transform(axes.collections[0].get_offsets())
    inside = (dots[:, None] > found[:, :2]) & (dots[:, None] < found[:, 2:])
    assert not inside.all(axis=2).any()
    left, low, right, high = axes.get_window_extent().extents
    assert (found[:, [0, 1]] >= [left, low]).all() and (found[:, [2, 3]] <= [right, high]).all()


def test_a_warning_counts_the_names_without_room():
    vectors = crowd(90)
    with pytest.warns(UserWarning, match=r"(\d+) of 90 names have no room .* take fewer words or a larger picture"):
        figure = plot.map(vectors, vectors.index_to_key, size=(3, 3))
    found = boxes(figure)
    assert 5 < len(found) < 90 and len(figure.axes[0].collections[0].get_offsets()) == 90
    assert not any(overlaps(one, other) for place, one in enumerate(found) for other in found[:place])


def test_nothing_is_printed_where_no_name_has_room(capsys):
    vectors = KeyedVectors(["x" * 40, "y" * 40], [[1, 0], [0, 1]])
    with pytest.warns(UserWarning, match="2 of 2 names have no room"):
        plot.map(vectors, vectors.index_to_key, size=(1, 1))
    assert capsys.readouterr() == ("", "")


def test_words_of_any_script_and_odd_words_are_drawn(tmp_path):
    words = [
        "\u0645\u0644\u0643",
        "\u05e9\u05dc\u05d5\u05dd",
        "$x_1$ 5%",
        "_a",
        "a\tb\nc",
        "\udcff\udce9",
        "</b>&amp;",
        "x" * 90,
    ]
    matrix = np.random.default_rng(3).standard_normal((len(words), 5))
    vectors = KeyedVectors(words, matrix.astype(np.float32))
    figure = plot.map(vectors, {"_under$": words[:4], "b": words[4:]})
    names = {text.get_text() for text in figure.axes[0].texts}
    expected = {*words[:4], "a\ufffdb\ufffdc", "\ufffd\ufffd", "</b>&amp;", "x" * 39 + "\N{HORIZONTAL ELLIPSIS}"}
    assert names == expected
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["_under$", "b"]
    plot.save(figure, tmp_path / "odd.png")
    plot.save(plot.similarity(vectors, words), tmp_path / "table.svg")


def test_characters_without_a_font_are_boxes_and_a_warning(tmp_path, monkeypatch):
    from wordvec.plot import fonts

    usual = next(fonts._installed())
    monkeypatch.setattr(fonts, "_installed", lambda: iter([usual]))  # as on a machine without other fonts
    vectors = KeyedVectors(["\u738b\u69d8", "king"], [[1, 0], [0, 1]])
    with pytest.warns(UserWarning, match="1 texts have characters that no installed font has, .* '\u738b\u69d8'"):
        figure = plot.map(vectors, vectors.index_to_key)
    assert {text.get_text() for text in figure.axes[0].texts} == {"\N{WHITE SQUARE}" * 2, "king"}
    plot.save(figure, tmp_path / "boxes.png")  # without a warning of matplotlib


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_same_picture_is_the_same_bytes(kv, tmp_path, suffix):
    first, again, later = (tmp_path / f"{name}{suffix}" for name in ("first", "again", "later"))
    figure = plot.map(kv, GROUPS)
    plot.save(figure, first)
    plot.save(figure, again)
    plot.save(plot.map(kv, GROUPS), later)
    assert first.read_bytes() == again.read_bytes() == later.read_bytes()
    start = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix]
    assert first.read_bytes().startswith(start)


def test_axes_that_are_given_are_drawn_in(kv):
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plot.map(kv, WORDS, ax=left, title="mine") is left
    assert left.get_title(loc="left") == "mine" and not right.collections
    assert plot.loss(kv, ax=right) is right and len(right.lines) == 1
    with pytest.raises(OptionError, match="size must be left out where ax is given"):
        plot.map(kv, WORDS, ax=left, size=(3, 3))


def test_pyplot_stays_out_and_nothing_global_changes(tmp_path):
    script = """
import sys, json, matplotlib, wordvec
from wordvec import plot
def settings():  # but for the backend, which matplotlib looks for when it is asked
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
before = settings()
kv = wordvec.KeyedVectors(["a", "b", "c"], [[1, 0], [0, 1], [1, 1]], metadata={"loss": [2, 1]})
plot.save(kv.plot(["a", "b", "c"]), "a.svg")
plot.save(plot.similarity(kv, ["a", "b", "c"]), "b.png")
plot.save(plot.loss(kv), "c.pdf")
assert before == settings()
print(json.dumps([name for name in sys.modules if "pyplot" in name]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout) == [] and not done.stderr


def test_without_the_library_the_message_names_the_extra(kv, monkeypatch):
    for module, extra, look in (
        ("matplotlib.figure", "plot", {}),
        ("textalloc", "plot", {}),
        ("plotly.graph_objects", "plotly", {"interactive": True}),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            with pytest.raises(LibraryError, match=rf'pip install "wordvec\[{extra}\]"'):
                plot.map(kv, WORDS, **look)


def test_other_files_and_figures_are_refused(kv, tmp_path):
    figure = plot.map(kv, WORDS)
    with pytest.raises(OptionError, match=r"a picture must be a file of .svg, .png, .pdf, .html; got .*map.jpg"):
        plot.save(figure, tmp_path / "map.jpg")
    with pytest.raises(OptionError, match="give interactive=True to the picture"):
        plot.save(figure, tmp_path / "map.html")
    with pytest.raises(OptionError, match=r"a figure must be one that wordvec\.plot returned; got KeyedVectors"):
        plot.save(kv, tmp_path / "map.png")
    with pytest.raises(OutputError):
        plot.save(figure, tmp_path / "no" / "map.png")
    assert not list(tmp_path.iterdir())


# Pages


@pytest.fixture
def _needs_plotly():
    pytest.importorskip("plotly")


@pytest.mark.usefixtures("_needs_plotly")
def test_an_interactive_map_has_the_same_places_and_names(kv):
    figure = plot.map(kv, GROUPS, interactive=True)
    assert [trace.name for trace in figure.data] == list(GROUPS)
    places = np.concatenate([np.stack([trace.x, trace.y], axis=1) for trace in figure.data])
    assert np.allclose(places, kv.layout(WORDS).points)
    assert [name for trace in figure.data for name in trace.hovertext] == WORDS


@pytest.mark.usefixtures("_needs_plotly")
def test_every_kind_can_be_interactive(kv, senses, slices, nodes, scores):
    table = plot.similarity(kv, WORDS, interactive=True).data[0]
    assert np.shape(table.z) == (9, 9) and table.hovertext[0][0].endswith(": 1.000")
    assert sum(plot.hubness(kv, k=2, interactive=True).data[0].y) == 9
    assert list(plot.loss(kv, interactive=True).data[0].y) == [2.5, 2.0]
    assert list(plot.drift(slices, ["wall"], interactive=True).data[0].x) == [0, 1, 2]
    dots = plot.evaluation(scores, interactive=True).data[0]
    assert np.allclose([dots.error_x.array[0], dots.error_x.arrayminus[0]], 0.1)
    assert len(plot.analogy(kv, "king", "queen", "dog", interactive=True).layout.annotations) == 2
    assert (
        plot.neighbours(kv, "king", topn=3, interactive=True).data[1].marker.colorbar.title.text == "cosine with king"
    )
    assert "bank|1, 75%" in [trace.name for trace in plot.senses(senses, "bank", interactive=True).data]
    assert len(plot.tree(nodes, interactive=True).data) == 5  # three edges, the nodes, the border
    with pytest.raises(OptionError, match="ax must be left out of an interactive picture"):
        plot.loss(kv, interactive=True, ax=object())


@pytest.mark.usefixtures("_needs_plotly")
def test_a_page_repeats_and_holds_words_as_text(tmp_path):
    vectors = KeyedVectors(["</script><b>x", "a&b"], [[1, 0], [0, 1]])
    for name in ("one.html", "two.html"):
        plot.save(plot.map(vectors, vectors.index_to_key, interactive=True), tmp_path / name)
    page = (tmp_path / "one.html").read_bytes()
    assert page == (tmp_path / "two.html").read_bytes()
    assert b"</script><b>x" not in page and b"a&amp;b" in page.replace(b"\\u0026", b"&")
    assert b'src="http' not in page
    assert wordvec.plot is plot
