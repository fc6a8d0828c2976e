"""Each kind of picture shows what it should: the names, and the numbers as places of what is drawn."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, PoincareVectors, plot
from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.plot.disc import geodesic
from wordvec.plot.scene import COLOURS

from .conftest import GROUPS, WORDS


def drawn_names(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def dots(figure):
    """[n, 2] the places of all dots, in the order of their drawing."""
    return np.concatenate([dots.get_offsets() for dots in figure.axes[0].collections])


def legend(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


# Maps


def test_a_map_has_every_word_at_its_place_in_the_layout(kv):
    figure = plot.map(kv, WORDS)
    assert sorted(drawn_names(figure)) == sorted(WORDS)
    assert np.allclose(dots(figure), kv.layout(WORDS).points)
    assert figure.axes[0].get_legend() is None


def test_groups_have_colours_and_a_legend(kv):
    from matplotlib.colors import to_hex

    figure = plot.map(kv, GROUPS)
    assert legend(figure) == list(GROUPS)
    colours = [to_hex(dots.get_facecolor()[0]).upper() for dots in figure.axes[0].collections]
    assert colours == list(COLOURS[:3])
    assert np.allclose(dots(figure), kv.layout(WORDS).points)


def test_a_word_is_drawn_once(kv):
    assert len(dots(plot.map(kv, ["king", "dog", "king"]))) == 2
    assert len(dots(plot.map(kv, {"a": ["king", "dog"], "b": ["dog", "cat"]}))) == 3


def test_a_unit_is_as_long_on_both_axes_of_a_map(kv):
    axes = plot.map(kv, WORDS, size=(9, 3)).axes[0]
    axes.figure.draw_without_rendering()
    x, y = axes.transData.transform([[1, 1]])[0] - axes.transData.transform([[0, 0]])[0]
    assert x == pytest.approx(y)


def test_method_and_seed_are_those_of_layout(kv, senses, monkeypatch):
    with pytest.raises(OptionError, match="method must be one of pca, umap, tsne; got 'mds'"):
        plot.map(kv, WORDS, method="mds")
    asked, layout = [], KeyedVectors.layout

    def recorded(self, words, *, method, seed):
        asked.append((method, seed))
        return layout(self, words)

    monkeypatch.setattr(KeyedVectors, "layout", recorded)
    plot.map(kv, WORDS, method="umap", seed=3)
    plot.neighbours(kv, "king", method="tsne", seed=4)
    plot.senses(senses, "bank", method="umap", seed=5)
    assert asked == [("umap", 3), ("tsne", 4), ("umap", 5)]


def test_vectors_plot_is_the_map(kv, nodes):
    assert np.array_equal(dots(kv.plot(WORDS)), dots(plot.map(kv, WORDS)))
    assert np.array_equal(nodes.plot().axes[0].collections[0].get_offsets(), nodes.vectors)


def test_neighbours_are_those_of_most_similar_coloured_by_cosine(kv):
    figure = plot.neighbours(kv, "king", topn=4)
    near = kv.most_similar("king", topn=4)
    assert sorted(drawn_names(figure)) == sorted(["king", *(word for word, _ in near)])
    assert np.allclose(figure.axes[0].collections[1].get_array(), [cosine for _, cosine in near])
    assert figure.axes[1].get_ylabel() == "cosine with king"


def test_an_analogy_is_a_parallelogram_whose_corner_is_marked(kv):
    figure = plot.analogy(kv, "king", "queen", "dog", topn=2)
    answers = [word for word, _ in kv.most_similar(["queen", "dog"], ["king"], topn=2)]
    assert set(drawn_names(figure)) == {"king", "queen", "dog", "queen \N{MINUS SIGN} king + dog", *answers}
    start, end, other, corner = dots(figure)[:4]
    assert np.allclose(corner - other, end - start) and np.linalg.norm(end - start) > 0.01
    assert figure.axes[0].get_title(loc="left") == f"king is to queen as dog is to {answers[0]}"


def test_senses_have_their_share_and_neighbours(senses):
    figure = plot.senses(senses, "bank", topn=2)
    near = senses.sense_neighbours("bank", topn=2)
    expected = {"bank|1", "bank|2", *(key for found in near.values() for key, _ in found)}
    assert set(drawn_names(figure)) == expected and len(expected) == 6
    assert legend(figure) == ["bank|1, 75%", "bank|2, 25%"]


# Tables and charts


def test_a_table_has_the_cosines_in_the_order_of_clusters(kv):
    mixed = WORDS[::3] + WORDS[1::3] + WORDS[2::3]
    axes = plot.similarity(kv, mixed).axes[0]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert sorted(names) == sorted(WORDS) and names == [tick.get_text() for tick in axes.get_xticklabels()]
    groups = [group for word in names for group, words in GROUPS.items() if word in words]
    assert [groups[0], groups[3], groups[6]] == list(dict.fromkeys(groups)) and groups[::3] == groups[2::3]
    cosines = [[kv.similarity(one, other) for other in names] for one in names]
    assert np.allclose(axes.images[0].get_array(), cosines, atol=1e-6)
    assert {text.get_text() for text in axes.texts} >= {"1.00"}
    kept = plot.similarity(kv, mixed, is_clustered=False).axes[0]
    assert [tick.get_text() for tick in kept.get_yticklabels()] == mixed


def test_bars_of_hubness_count_words_by_their_occurrences(kv):
    found = wordvec.search.hubness.hubness(kv.vectors, k=2)
    figure = plot.hubness(kv, k=2)
    axes = figure.axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == len(WORDS)
    assert heights[0] == (found.counts == 0).sum() and heights[1] == (found.counts == 1).sum()
    assert heights[2] == ((found.counts == 2) | (found.counts == 3)).sum()
    assert [tick.get_text() for tick in axes.get_xticklabels()][:3] == ["0", "1", "2\N{EN DASH}3"]
    hub = kv.index_to_key[int(found.rows[found.counts.argmax()])]
    assert drawn_names(figure)[0].startswith(f"most often: {hub} {found.counts.max()}")


def test_loss_is_that_of_the_metadata_of_callbacks_or_of_a_list(kv):
    line = plot.loss(kv).axes[0].lines[0]
    assert line.get_xydata().tolist() == [[1, 2.5], [3, 2.0]]  # no target was trained in the second epoch
    figure = plot.loss({"a": kv, "b": [3, 2, 1.5]})
    assert legend(figure) == ["a", "b"] and figure.axes[0].lines[1].get_ydata().tolist() == [3, 2, 1.5]
    epochs = []
    wordvec.SkipGram(vector_size=4, min_count=1, epochs=2, workers=1).fit(
        [["a", "b", "c"] * 20] * 20, callbacks=[epochs.append]
    )
    assert plot.loss(epochs).axes[0].lines[0].get_ydata().tolist() == [epoch.loss for epoch in epochs]


def test_drift_is_measured_from_the_first_slice_or_the_one_before(slices):
    cell, wall, phone = plot.drift(slices, ["cell", "wall", "phone"]).axes[0].lines
    assert np.allclose(cell.get_ydata(), 1 - np.cos([0, np.pi / 6, np.pi / 3]), atol=1e-6)
    assert np.allclose(wall.get_ydata(), 0, atol=1e-6)
    assert phone.get_xdata().tolist() == [1, 2]
    figure = plot.drift(slices, ["cell"], since="before")
    assert np.allclose(figure.axes[0].lines[0].get_ydata(), 1 - np.cos(np.pi / 6), atol=1e-6)
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["1970", "1990", "2010"]


def test_scores_have_their_intervals(scores):
    axes = (figure := plot.evaluation(scores)).axes[0]
    one_spread, one, two_spread, two = axes.collections
    assert one.get_offsets()[:, 0].tolist() == [0.5, 0.3] and two.get_offsets()[:, 0].tolist() == [0.7]
    assert [segment[:, 0].tolist() for segment in one_spread.get_segments()] == [[0.4, 0.6], [0.3, 0.3]]
    assert [segment[:, 0].tolist() for segment in two_spread.get_segments()] == [[0.65, 0.9]]
    heights = [*one.get_offsets()[:, 1], *two.get_offsets()[:, 1]]
    assert [round(height) for height in heights] == [0, 1, 0] and len(set(heights)) == 3
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["t: set, m", "t: other, m"]
    assert legend(figure) == ["one", "two"] and "1 of 4 scores do not exist" in drawn_names(figure)


def test_scores_of_single_results_get_intervals(kv, tmp_path):
    from wordvec.evaluate import analogies, word_pairs
    from wordvec.evaluate.statistics import fisher, wilson

    pairs, questions = tmp_path / "pairs.tsv", tmp_path / "questions.txt"
    lines = [f"{one}\t{other}\t{len(one) * 3 + len(other)}" for one in WORDS[:4] for other in WORDS[4:8]]
    pairs.write_text("\n".join(lines))
    questions.write_text(": royal\nking queen prince dog\nking queen dog cat\n")
    results = [word_pairs(kv, pairs), analogies(kv, questions)]
    axes = plot.evaluation({"kv": results}).axes[0]
    low, high = fisher(results[0].spearman, results[0].used)
    assert axes.collections[0].get_segments()[0][:, 0].tolist() == pytest.approx([low, high])
    expected = wilson(results[1].correct, results[1].used)
    assert axes.collections[0].get_segments()[1][:, 0].tolist() == pytest.approx(expected)
    assert len(axes.get_yticklabels()) == 3  # the section, too


# The disc


def test_edges_lead_to_the_nearest_node_that_is_higher_along_geodesics(nodes):
    axes = plot.tree(nodes).axes[0]
    assert np.array_equal(axes.collections[0].get_offsets(), nodes.vectors)
    edges = axes.lines[:-1]  # the last is the border
    ends = {tuple(map(tuple, line.get_xydata()[[0, -1]].round(3))) for line in edges}
    at = {node: tuple(map(float, nodes[node].round(3))) for node in nodes.index_to_key}
    assert ends == {(at["left"], at["root"]), (at["right"], at["root"]), (at["leaf"], at["left"])}
    assert np.allclose(np.linalg.norm(axes.lines[-1].get_xydata(), axis=1), 1)


def test_edges_can_be_given(nodes, tmp_path):
    (tmp_path / "edges.tsv").write_text("leaf\troot\n")
    for edges in ([("leaf", "root")], tmp_path / "edges.tsv"):
        (edge, _) = plot.tree(nodes, edges=edges).axes[0].lines
        assert np.allclose(edge.get_xydata()[[0, -1]], nodes[["leaf", "root"]])
    with pytest.raises(UnknownWordError, match="'twig'"):
        plot.tree(nodes, edges=[("twig", "root")])


def test_a_geodesic_is_the_shortest_way_and_meets_the_border_at_right_angles():
    start, end = 0.3 + 0.6j, 0.7 - 0.2j
    curve = geodesic(start, end)
    points = curve[:, 0] + 1j * curve[:, 1]

    def distance(u, v):
        return 2 * np.arctanh(abs((v - u) / (1 - np.conj(u) * v)))

    steps = distance(points[:-1], points[1:])
    assert np.allclose(steps, steps[0]) and steps.sum() == pytest.approx(distance(start, end))
    # the circle through three points of it is orthogonal to that of radius 1: |centre|^2 = 1 + radius^2
    some = curve[[0, 16, -1]]
    centre = np.linalg.solve(2 * (some[1:] - some[0]), (some[1:] ** 2).sum(axis=1) - (some[0] ** 2).sum())
    assert centre @ centre == pytest.approx(1 + ((some[0] - centre) ** 2).sum())


def test_more_dimensions_are_projected_with_their_distances_from_the_origin(nodes):
    flat = np.asarray(nodes.vectors)
    turned = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))[0][:2]
    figure = plot.tree(PoincareVectors(nodes.index_to_key, flat @ turned))
    places = np.asarray(figure.axes[0].collections[0].get_offsets())
    assert np.allclose(places @ places.T, flat @ flat.T)  # the same but for a rotation
    assert "projected from 5 dimensions" in drawn_names(figure)


# What is refused


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda kv: plot.map(kv, ["king"]), "a map must have two words or more; got 1"),
        (lambda kv: plot.map(kv, []), "a map must have two words or more; got 0"),
        (lambda kv: plot.map(kv, "king"), "words must be a list of words; got the one word 'king'"),
        (lambda kv: plot.similarity(kv, ["king", "king"]), "must have two words or more; got 1"),
        (lambda kv: plot.senses(kv, "king"), "vectors must be SenseVectors"),
        (lambda kv: plot.tree(kv), "vectors must be PoincareVectors"),
        (lambda kv: plot.drift({"a": kv}, []), "must have one word or more; got none"),
        (lambda kv: plot.drift({"a": kv}, ["king"], since="last"), "since must be 'first' or 'before'; got 'last'"),
        (lambda kv: plot.loss(KeyedVectors(["a"], [[1]])), "must have the loss of an epoch to be drawn"),
        (lambda kv: plot.loss("abc"), "a training must be vectors, losses, or the epochs of a callback; got 'abc'"),
        (lambda kv: plot.evaluation([kv]), "results must be a Report"),
        (lambda kv: plot.evaluation([]), "a score must exist to be drawn; none of 0 does"),
        (lambda kv: plot.neighbours(kv, "king", topn=0), "topn must be >= 1; got 0"),
        (lambda kv: plot.map(kv, WORDS, size=(0, 3)), "size must be the width and the height in inches"),
        (lambda kv: plot.map(kv, WORDS, colour="red"), "colour must be an option of pictures: ax, size, title"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kv, draw, message):
    with pytest.raises(OptionError, match=message):
        draw(kv)


def test_unknown_words_are_refused(kv, nodes, senses, slices):
    for draw in (
        lambda: plot.map(kv, ["king", "emperor"]),
        lambda: plot.neighbours(kv, "emperor"),
        lambda: plot.similarity(kv, ["king", "emperor"]),
        lambda: plot.analogy(kv, "king", "queen", "emperor"),
        lambda: plot.senses(senses, "emperor"),
        lambda: plot.tree(nodes, ["root", "emperor"]),
        lambda: plot.drift(slices, ["emperor"]),
    ):
        with pytest.raises(UnknownWordError, match="'emperor'"):
            draw()


def test_points_of_the_ball_are_no_map(nodes):
    with pytest.raises(OptionError, match="metric cosine"):
        plot.map(nodes, ["left", "right"])
    many = [f"node{number}" for number in range(201)]
    with pytest.raises(OptionError, match="words must be given where there are more than 200 nodes; there are 201"):
        plot.tree(type(nodes)(many, np.full((201, 2), 0.1)))
