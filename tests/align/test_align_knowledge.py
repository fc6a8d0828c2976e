"""Knowledge brought into vectors: retrofitting, counter-fitting, graphs, relative representations, other spaces."""

from itertools import pairwise

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.align import (
    counterfit,
    fit_features,
    graph_vectors,
    join_graph,
    read_graph,
    relative,
    retrofit,
    shared_anchors,
)
from wordvec.align.knowledge.graph import adjacency, as_graph, matched
from wordvec.align.maps.features import pls
from wordvec.base.errors import FormatError, OptionError

NAMES = [f"w{i}" for i in range(80)]


@pytest.fixture
def vectors():
    return KeyedVectors(NAMES, np.random.default_rng(0).standard_normal((80, 10)), counts=range(80, 0, -1))


@pytest.fixture
def edges():
    rng = np.random.default_rng(1)
    return [(f"w{a}", f"w{b}") for a, b in rng.integers(0, 60, (120, 2)).tolist()]


def system(edges, vectors, alpha):
    """The exact answer by a dense solve."""
    first, second = matched(as_graph(edges), vectors)
    graph = adjacency(first, second, len(vectors)).toarray()
    degree = np.diag(graph.sum(axis=1))
    start = vectors.get_normed_vectors().astype(np.float64)
    there = graph.any(axis=1)
    left = (alpha * degree + degree - graph)[np.ix_(there, there)]
    start[there] = np.linalg.solve(left, alpha * degree[np.ix_(there, there)] @ start[there])
    return start, there


@pytest.mark.parametrize("alpha", [0.3, 1.0, 4.0])
def test_retrofitting_solves_its_system(vectors, edges, alpha):
    expected, there = system(edges, vectors, alpha)
    made = retrofit(vectors, edges, alpha=alpha)
    np.testing.assert_allclose(made.vectors, expected, atol=1e-6)
    swept = retrofit(vectors, edges, method="iterate", iterations=300, alpha=alpha)
    np.testing.assert_allclose(swept.vectors, expected, atol=1e-6)
    told = made.metadata["retrofit"]
    assert told["moved"] == there.sum() and told["steps"] < 60
    assert not np.shares_memory(made.vectors, vectors.vectors)
    assert made.vocabulary.counts.tolist() == vectors.vocabulary.counts.tolist()


def test_ten_published_sweeps_come_near_and_equal_the_formula(vectors):
    kv = KeyedVectors(["a", "b", "c"], [[1, 0], [0, 1], [1, 1]])
    made = retrofit(kv, [("a", "b"), ("b", "c")], method="iterate", iterations=1, normalize=False)
    a = np.array([0.5, 0.5])  # uses b as it was, b uses the new a
    b = (np.array([0, 2]) + a + np.array([1, 1])) / 4
    np.testing.assert_allclose(made[["a", "b", "c"]], [a, b, (np.array([1, 1]) + b) / 2], atol=1e-6)
    far = retrofit(vectors, [("w1", "w2"), ("w2", "w3")], method="iterate")
    np.testing.assert_allclose(far.vectors, retrofit(vectors, [("w1", "w2"), ("w2", "w3")]).vectors, atol=1e-3)
    np.testing.assert_allclose(far["w70"], vectors.get_vector("w70", norm=True), atol=1e-6)


def test_graphs_are_read_and_cleaned(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text("big large great\nlarge big\nbig big\nalone\n\ncaf\u00e9\tlarge\n", encoding="utf-8")
    graph = read_graph(path)
    assert len(graph) == 3 and graph.loops == 1 and graph.one_sided == 2
    path.write_bytes(b"a\0b c")
    with pytest.raises(FormatError, match="must be text"):
        read_graph(path)
    path.write_text("alone\n")
    with pytest.raises(FormatError, match="a word and its neighbours"):
        read_graph(path)
    with pytest.raises(FileNotFoundError):
        read_graph(tmp_path / "none")
    for bad in ({"a": "bc"}, [("a",)], [("a", 1)], 7, {"a": 3}):
        with pytest.raises(OptionError):
            as_graph(bad)
    with pytest.raises(OptionError, match="got none"):
        as_graph([])


def test_bad_retrofitting_is_refused(vectors):
    with pytest.raises(OptionError, match="differ in case"):
        retrofit(vectors, [("W1", "W2")])
    with pytest.raises(OptionError, match="none of its 0 edges"):
        retrofit(vectors, [("w1", "w1")])
    for options, message in (({"method": "guess"}, "method"), ({"alpha": 0}, "alpha")):
        with pytest.raises(OptionError, match=message):
            retrofit(vectors, [("w1", "w2")], **options)


def test_vectors_that_are_not_finite_are_refused_or_left_out(vectors):
    rows = np.array(vectors.vectors)
    rows[3, 0], rows[4, 1] = np.nan, np.inf
    broken = KeyedVectors(NAMES, rows)
    with pytest.raises(OptionError, match="'w3' is not"):
        retrofit(broken, [("w1", "w2")])
    with pytest.raises(OptionError, match="'w3' is not"):
        counterfit(broken, [("w1", "w2")], None)
    assert fit_features(broken, vectors).words == 78


def test_counterfitting_moves_apart_and_together_and_its_objective_falls(vectors):
    rng = np.random.default_rng(2)
    base = rng.standard_normal((20, 10))
    kv = KeyedVectors(
        NAMES[:60], np.concatenate([base, base + 0.2 * rng.standard_normal((20, 10)), rng.standard_normal((20, 10))])
    )
    antonyms = [(f"w{i}", f"w{i + 20}") for i in range(10)]
    synonyms = [(f"w{i}", f"w{i + 40}") for i in range(10, 20)] + antonyms[:2]
    before = [kv.similarity(*pair) for pair in antonyms]
    made = counterfit(kv, synonyms, antonyms)
    told = made.metadata["counterfit"]
    assert min(before) > 0.8
    assert max(made.similarity(*pair) for pair in antonyms) < 0.3
    assert min(made.similarity(*pair) for pair in synonyms[:10]) > 0.6
    assert all(later <= earlier for earlier, later in pairwise(told["objective"]))
    assert len(told["objective"]) == 21
    assert (told["antonyms"], told["synonyms"]) == (10, 10)  # a pair in both lists counts as antonyms
    np.testing.assert_allclose(np.linalg.norm(made.vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(made["w45"], kv.get_vector("w45", norm=True), atol=1e-6)


def test_words_that_were_near_stay_near(vectors):
    rng = np.random.default_rng(3)
    centre = rng.standard_normal(10)
    kv = KeyedVectors(NAMES[:12], [*(centre + 0.2 * rng.standard_normal((10, 10))), *rng.standard_normal((2, 10))])
    pull = [("w0", "w10")]
    kept, loose = counterfit(kv, pull, None, rho=0.3), counterfit(kv, pull, None, rho=0)
    assert kept.metadata["counterfit"]["kept"] > 0 == loose.metadata["counterfit"]["kept"]
    assert kept.similarity("w0", "w1") > loose.similarity("w0", "w1")


def test_one_step_of_counterfitting_follows_the_numerical_gradient(vectors):
    units = vectors.get_normed_vectors().astype(np.float64)
    pair, weights, step = ("w1", "w2"), (1.0, 0.0, 0.0), 1e-6
    made = counterfit(vectors, None, [pair], iterations=1, weights=tuple(1e-3 * w for w in weights), rho=0, delta=2.0)
    taken = (made["w1"].astype(np.float64) - units[1]) / 1e-3

    def loss(u):
        return 2 - (1 - u @ units[2] / np.linalg.norm(u))

    numeric = [(loss(units[1] + step * e) - loss(units[1] - step * e)) / (2 * step) for e in np.eye(10)]
    np.testing.assert_allclose(taken, -np.array(numeric), atol=1e-3)


def test_bad_counterfitting_is_refused(vectors):
    with pytest.raises(OptionError, match="got neither"):
        counterfit(vectors, None, None)
    for options, message in (({"delta": 3}, "delta"), ({"rho": -1}, "rho"), ({"weights": (1, 1)}, "weights")):
        with pytest.raises(OptionError, match=message):
            counterfit(vectors, [("w1", "w2")], None, **options)


def cliques():
    return [(f"{c}{i}", f"{c}{j}") for c in "abc" for i in range(8) for j in range(i)] + [("a0", "b0")]


def test_graph_vectors_follow_the_graph():
    made = graph_vectors(cliques(), vector_size=8)
    assert made.index_to_key[0] in ("a0", "b0") and made.get_vecattr("a0", "count") == 8
    for word in ("a3", "b5", "c0"):
        assert {other[0] for other, _ in made.most_similar(word, topn=5)} == {word[0]}
    first, second = as_graph(cliques()).first, as_graph(cliques()).second
    dense = adjacency(first, second, 24).toarray()
    sums = dense.sum(axis=0)
    ppmi = np.maximum(np.log(np.maximum(dense, 1e-30) * (sums**0.75).sum() / np.outer(sums, sums**0.75)), 0)
    u, values, v = np.linalg.svd(ppmi)
    expected = (u[:, :8] + v[:8].T) * np.sqrt(values[:8])
    order = [as_graph(cliques()).words.index(word) for word in made]
    np.testing.assert_allclose(made.vectors @ made.vectors.T, (expected @ expected.T)[np.ix_(order, order)], atol=1e-3)
    with pytest.raises(OptionError, match="only loops"):
        graph_vectors([("a", "a")])


def test_joined_vectors_know_the_graph_also_for_words_that_it_lacks():
    rng = np.random.default_rng(0)
    kinds = np.arange(200) % 2
    rows = rng.standard_normal((200, 10))
    rows[:, 0] = 2 * kinds - 1 + 0.3 * rng.standard_normal(200)  # what the graph knows is there, but faint
    rows[:, 1:] *= 2
    kv = KeyedVectors([f"w{i}" for i in range(200)], rows)
    graph = KeyedVectors(
        [f"w{i}" for i in range(150)], (2 * kinds[:150, None] - 1) + 0.1 * rng.standard_normal((150, 3))
    )
    made = join_graph(kv, graph)
    assert made.vector_size == 10 and len(made) == 200

    def gap(vectors, some):
        units = vectors.get_normed_vectors()[some]
        same = kinds[some][:, None] == kinds[some]
        cosines = units @ units.T
        return cosines[same].mean() - cosines[~same].mean()

    assert gap(made, np.arange(150)) > gap(kv, np.arange(150)) + 0.05
    assert gap(made, np.arange(150, 200)) > gap(kv, np.arange(150, 200)) + 0.05
    low, high = graph.vectors.min(axis=0), graph.vectors.max(axis=0)
    scaled = rows[:150].min() + (graph.vectors - low) / (high - low) * (rows[:150].max() - rows[:150].min())
    both = np.concatenate([rows[:150], scaled], axis=1)
    u, s, _ = np.linalg.svd(both - both.mean(axis=0), full_matrices=False)
    centred = rows - rows[:150].mean(axis=0)
    for power in (0.0, 1.0):
        fitted = centred @ np.linalg.lstsq(centred[:150], u * s**power, rcond=None)[0]
        full = join_graph(kv, graph, dim=13, power=power)
        np.testing.assert_allclose(full.vectors @ full.vectors.T, fitted @ fitted.T, rtol=1e-3, atol=1e-3)
    kept = join_graph(kv, graph, dim=13, power=1, keep=True)
    np.testing.assert_array_equal(kept.vectors[150:], full.vectors[150:])
    np.testing.assert_allclose(kept.vectors[:150] @ kept.vectors[:150].T, (u * s**2) @ u.T, rtol=1e-3, atol=1e-3)
    alike = join_graph(kv, graph, dim=13, power=1, keep=True, scale="unit").vectors[:150]
    both = np.concatenate(
        [side / np.linalg.norm(side, axis=1)[:, None] for side in (rows[:150], graph.vectors)], axis=1
    )
    both -= both.mean(axis=0)
    np.testing.assert_allclose(alike @ alike.T, both @ both.T, rtol=1e-3, atol=1e-3)
    with pytest.raises(OptionError, match="scale must be one of range, unit"):
        join_graph(kv, graph, scale="none")
    with pytest.raises(OptionError, match="power must be"):
        join_graph(kv, graph, power=2)
    with pytest.raises(OptionError, match="more than 10 words"):
        join_graph(kv, graph.limit(10))
    with pytest.raises(OptionError, match="dim must be"):
        join_graph(kv, graph, dim=14)


def test_relative_representations_forget_rotation_and_scale(vectors):
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((16, 16)))[0][:10]
    other = KeyedVectors(NAMES[::-1], 5 * vectors.vectors[::-1] @ turn)
    anchors = shared_anchors([vectors, other], 20)
    left, right = relative(vectors, anchors), relative(other, anchors)
    assert left.vector_size == right.vector_size == 20
    np.testing.assert_allclose(left["w33"], right["w33"], atol=1e-5)
    assert left.get_vector(anchors[0])[0] == pytest.approx(1)
    assert left.metadata["relative"]["anchors"] == anchors == relative(vectors, 20).metadata["relative"]["anchors"]
    np.testing.assert_allclose(left.apply_transforms(vectors.vectors[:3]), left.vectors[:3], atol=1e-6)


def test_bad_anchors_are_refused(vectors):
    zero = KeyedVectors(["a", "b"], [[0, 0], [1, 0]])
    for anchors, message in (([], "one word or more"), ("w1", "one word 'w1'"), (81, "from 1 to 80"), (0, "anchors")):
        with pytest.raises(OptionError, match=message):
            relative(vectors, anchors)
    with pytest.raises(OptionError, match="'a' is zero"):
        relative(zero, ["a"])
    with pytest.raises(OptionError, match="share 1"):
        shared_anchors([zero, KeyedVectors(["b"], [[1, 0]])], 2)


@pytest.mark.parametrize("method", ["ridge", "pls"])
def test_features_are_learned_and_baselines_stand_beside(method):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((150, 12))
    kv = KeyedVectors([f"w{i}" for i in range(150)], rows)
    features = KeyedVectors([f"w{i}" for i in range(100)], rows[:100] @ rng.standard_normal((12, 6)) + 3)
    made = fit_features(kv, features, method)
    assert set(made.report) == {method, "copy", "mean", "mode"}
    assert made.report[method].mse < 0.1 * made.report["copy"].mse
    assert made.report[method].p1 > 0.9 > made.report["mean"].p1
    predicted = made.predict(kv)
    np.testing.assert_allclose(predicted.vectors[:100], features.vectors, atol=0.2)
    assert predicted.metadata["features"]["report"][method]["cosine"] > 0.99
    random = KeyedVectors(features.vocabulary, rng.integers(0, 2, (100, 6)))
    noise = fit_features(kv, random, method).report
    assert noise[method].mse > 0.95 * noise["mean"].mse  # the report says that nothing was learned


def test_pls_is_that_of_scikit_learn():
    cross = pytest.importorskip("sklearn.cross_decomposition")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 8)), rng.standard_normal((60, 5))
    x, y = x - x.mean(axis=0), y + x[:, :5]
    y -= y.mean(axis=0)
    for components in (1, 3, 8):
        peer = cross.PLSRegression(components, scale=False, max_iter=10_000, tol=1e-12).fit(x, y)
        np.testing.assert_allclose(pls(x, y, components)[0], peer.coef_.T, atol=1e-5)
    full = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(pls(x, y, 8)[0], full, atol=1e-8)


def test_baselines_are_what_they_say():
    words = [f"w{i}" for i in range(20)]
    rows = np.repeat(np.eye(4), 5, axis=0) + 0.01 * np.random.default_rng(0).standard_normal((20, 4))
    kinds = np.repeat(np.eye(4), 5, axis=0)
    report = fit_features(KeyedVectors(words, rows), KeyedVectors(words, kinds)).report
    assert report["copy"].p1 == 1 and report["copy"].mse == 0
    assert report["mode"].mse == pytest.approx(0.25)  # zeros
    assert report["mean"].mse == pytest.approx(0.1875, abs=0.03)


def test_bad_features_are_refused(vectors):
    few = KeyedVectors(NAMES[:9], np.eye(9))
    with pytest.raises(OptionError, match="10 words must have"):
        fit_features(vectors, few)
    for options, message in (({"method": "cca"}, "method"), ({"folds": 1}, "folds")):
        with pytest.raises(OptionError, match=message):
            fit_features(vectors, vectors, **options)
    with pytest.raises(OptionError, match="components must be from 1 to 10"):
        fit_features(vectors, vectors, "pls", components=11)
    constant = KeyedVectors(NAMES, np.ones((80, 3)))
    assert fit_features(vectors, constant).report["ridge"].correlation is None
