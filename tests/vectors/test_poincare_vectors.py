"""PoincareVectors: the metric, the nearest nodes, the tree, files, and what has no meaning there and is refused."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import wordvec
from wordvec import (
    Concatenated,
    FormatError,
    KeyedVectors,
    OptionError,
    PoincareVectors,
    UnknownWordError,
    align,
    search,
)
from wordvec.classify import TextClassifier
from wordvec.evaluate import compression_report, word_pairs
from wordvec.interop import WordVectorizer, to_numpy, to_pandas, to_projector
from wordvec.rows import Ball
from wordvec.search.ball import nearest_points
from wordvec.search.indexes import build_index
from wordvec.texts import TextEncoder


def points(count=60, dim=4, seed=0):
    """Points at all distances from the origin up to 12."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(count, dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * np.tanh(rng.uniform(0, 6, (count, 1)))


@pytest.fixture(scope="module")
def vectors():
    matrix = points()
    return PoincareVectors([f"n{i}" for i in range(len(matrix))], matrix, counts=range(60, 0, -1))


def distance(u, v):
    return np.arccosh(1 + 2 * ((u - v) ** 2).sum() / ((1 - u @ u) * (1 - v @ v)))


def test_distances_have_their_closed_form():
    kv = PoincareVectors(["o", "a", "b"], [[0, 0], [np.tanh(1.5), 0], [-np.tanh(0.25), 0]])
    assert kv.distance("o", "a") == pytest.approx(3, abs=1e-12) == kv.depth("a")
    assert kv.distance("a", "b") == pytest.approx(3.5, abs=1e-12)
    assert kv.similarity("a", "b") == pytest.approx(1 / 4.5) and kv.similarity("a", "a") == 1
    assert kv.norm("a") == pytest.approx(np.tanh(1.5)) and kv.depth("o") == 0
    np.testing.assert_allclose(kv.distances("o"), [0, 3, 0.5], atol=1e-12)
    np.testing.assert_allclose(kv.distances([0.0, 0.0], ["b", "a"]), [0.5, 3], atol=1e-12)


def test_distance_is_a_metric(vectors):
    matrix = np.array([vectors.distances(word) for word in vectors])
    assert (np.diag(matrix) == 0).all() and (matrix[~np.eye(len(matrix), dtype=bool)] > 0).all()
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-12)
    assert (matrix[:, :, None] <= matrix[:, None, :] + matrix.T[None] + 1e-9).all()
    wide = points()
    np.testing.assert_allclose(matrix[3], [distance(wide[3], other) for other in wide], rtol=1e-6, atol=1e-12)


def test_the_nearest_are_those_of_a_plain_search(vectors):
    matrix = np.asarray(vectors.vectors)
    for word in ("n0", "n7", "n59"):
        own = vectors.get_index(word)
        order = sorted((distance(matrix[own], other), row) for row, other in enumerate(matrix) if row != own)
        near = vectors.most_similar(word, topn=8)
        assert [name for name, _ in near] == [f"n{row}" for _, row in order[:8]]
        np.testing.assert_allclose([score for _, score in near], [1 / (1 + far) for far, _ in order[:8]], rtol=1e-9)
        assert vectors.rank(word, f"n{order[4][1]}") == 5
        assert vectors.closer_than(word, f"n{order[2][1]}") == [f"n{row}" for row in sorted(r for _, r in order[:2])]
        some = [name for name, _ in vectors.most_similar(word, topn=99, within=["n1", "n2", word], exclude=["n2"])]
        assert some == ["n1"]
        least = near[3][1]
        assert vectors.most_similar(word, topn=99, min_score=least - 1e-12) == near[:4]
    batch = vectors.most_similar_batch(["n0", matrix[7]], topn=3, restrict_vocab=30)
    assert batch[0] == vectors.most_similar("n0", topn=3, restrict_vocab=30) and batch[1][0] == ("n7", 1.0)
    assert vectors.most_similar("n0", topn=None).shape == (60,) and vectors.most_similar("n0", topn=0) == []
    assert vectors.similar_by_vector(matrix[5], topn=1)[0][0] == "n5"
    assert vectors.similar_by_word("n5", topn=2) == vectors.similar_by_vector(matrix[5], topn=3)[1:]
    assert vectors.most_similar_to_given("n0", ["n4", vectors.most_similar("n0")[0][0]]) != "n4"


def test_equal_distances_come_by_row_and_points_outside_never():
    rows = Ball([[0.5, 0], [0.1, 0], [-0.5, 0], [0, 0.5]])
    found, far = nearest_points(rows, np.zeros(2), 3)
    assert found.tolist() == [1, 0, 2] and far[1] == far[2]
    outside = Ball.from_tensors({"": np.array([[0.5, 0.0], [1.0, 0.0], [3.0, 0.0], [np.nan, 0.0]])}, {})
    assert nearest_points(outside, np.zeros(2), 4)[0].tolist() == [0]


def test_the_tree():
    kv = PoincareVectors(["root", "l", "r", "ll", "lr"], [[0.01, 0], [-0.5, 0], [0.5, 0], [-0.7, 0.2], [-0.7, -0.21]])
    assert kv.closest_parent("ll") == "l" and kv.closest_child("root") == "r" and kv.closest_parent("root") is None
    assert kv.ancestors("lr") == ["l", "root"] and kv.descendants("root", 1) == ["r"]
    assert [name for name, _ in kv.parents("ll")] == ["l", "root", "r"] and kv.children("ll")[0][0] == "lr"
    assert [name for name, _ in kv.children([0.0, 0.0], 2)] == ["root", "l"]
    assert kv.difference_in_hierarchy("root", "l") == pytest.approx(0.49)
    expected = -(1 + 1000 * (0.5 - kv.norm("ll"))) * kv.distance("ll", "l")
    assert kv.entailment("ll", "l") == pytest.approx(expected) and expected > 0 > kv.entailment("l", "ll")
    assert kv.entailment("ll", "l", steepness=0) == -kv.distance("ll", "l")


def test_float64_keeps_points_apart_that_float32_would_not(tmp_path):
    near, far = np.tanh(10.0), np.tanh(10.5)
    kv = PoincareVectors(["a", "b"], [[near, 0], [far, 0]])
    kv.save(tmp_path / "kv.safetensors")
    assert wordvec.load(tmp_path / "kv.safetensors").distance("a", "b") == pytest.approx(1, abs=1e-6)
    assert np.float32(near) == np.float32(far) == 1


def test_files_keep_the_metric(vectors, tmp_path):
    path = tmp_path / "kv.safetensors"
    vectors.save(path)
    for opened in (wordvec.load(path), KeyedVectors.load(path, mmap=False), PoincareVectors.load(path)):
        assert type(opened) is PoincareVectors and opened.metric == "poincare"
        assert np.array_equal(opened.vectors, vectors.vectors) and opened["n3"].dtype == np.float64
        opened.verify()
    again = tmp_path / "again.safetensors"
    wordvec.load(path).save(again)
    assert again.read_bytes() == path.read_bytes()
    assert wordvec.store.open_file(path).metadata["wordvec.requires"] == "codec,metric"
    damaged = path.read_bytes().replace(b'\\"metric\\":\\"poincare\\"', b'\\"metric\\":\\"cosine\\"  ')
    path.write_bytes(damaged)
    with pytest.raises(FormatError, match="rows must have the metric of the config, 'cosine'; got poincare"):
        wordvec.load(path)


@pytest.mark.parametrize("name", ["kv.txt", "kv.bin", "kv.npy", "kv.fifu", "kv.glove", "folder/"])
def test_formats_without_a_place_for_the_metric_say_so(vectors, tmp_path, name):
    with pytest.warns(UserWarning, match="the metric poincare: distances will be taken by the cosine, which is wrong"):
        vectors.save(f"{tmp_path}/{name}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_allclose(wordvec.load(f"{tmp_path}/{name}")["n3"], vectors["n3"], atol=1e-6)


def test_other_vectors_of_these_keep_the_metric(vectors):
    made = [vectors.subset(["n3", "n1"]), vectors.drop(["n0", "n2"]), vectors.limit(4), vectors.to_memory()]
    made += [vectors.rename({"n0": "m"}), vectors.without("counts"), vectors.vectors_for_all(["n3", "x", "n1", "n3"])]
    made += [copy.copy(vectors), copy.deepcopy(vectors), pickle.loads(pickle.dumps(vectors)), vectors.with_oov("raise")]
    for other in made:
        assert type(other) is PoincareVectors and np.array_equal(other["n3"], vectors["n3"])
        assert other["n3"].dtype == np.float64
    assert list(made[6]) == ["n3", "n1"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda kv: kv.most_similar(["n1", "n2"]),
        lambda kv: kv.most_similar("n1", "n2"),
        lambda kv: kv.most_similar([("n1", 2.0)]),
        lambda kv: kv.most_similar("n1", indexer=object()),
        lambda kv: kv.most_similar_cosmul("n1", "n2"),
        lambda kv: kv.get_mean_vector(["n1", "n2"]),
        lambda kv: kv.doesnt_match(["n1", "n2"]),
        lambda kv: kv.n_similarity(["n1"], ["n2"]),
        lambda kv: kv.wmdistance(["n1"], ["n2"]),
        lambda kv: kv.get_vector("n1", norm=True),
        lambda kv: kv.get_normed_vectors(),
        lambda kv: kv.unit_normalize_all(),
        lambda kv: kv.rotate_pca(),
        lambda kv: kv.transformed(),
        lambda kv: kv.truncate(2),
        lambda kv: kv.compress("int8"),
        lambda kv: kv.prune(3),
        lambda kv: kv.merge(kv),
        lambda kv: kv.dedupe(),
        lambda kv: kv.add_vector("x", [0, 0, 0, 0]),
        lambda kv: kv.__setitem__("n1", [0, 0, 0, 0]),
        lambda kv: kv.with_oov("zero"),
        lambda kv: kv.relative_cosine_similarity("n1", "n2"),
        lambda kv: kv.evaluate_word_pairs("pairs.tsv"),
        lambda kv: kv.evaluate_word_analogies("questions.txt"),
        lambda kv: word_pairs(kv, "pairs.tsv"),
        lambda kv: compression_report(kv, kv),
        lambda kv: search.nearest(kv.vectors, np.ones((1, 4)), 2),
        lambda kv: search.nearest(kv.rows, np.ones((1, 4)), 2),
        lambda kv: search.cosines(kv.rows, np.ones(4)),
        lambda kv: search.all_nearest(kv.rows, 2),
        lambda kv: align.fit_map(kv, kv, [("n1", "n2"), ("n2", "n3")]),
        lambda kv: align.retrofit(kv, {"n1": ["n2"]}),
        lambda kv: Concatenated(kv, kv),
        lambda kv: build_index(kv.vectors, norms=kv.norms),
        lambda kv: build_index(kv.rows),
        lambda kv: WordVectorizer(kv).fit_transform(["n1 n2"]),
        lambda kv: align.meta.average([kv, kv]),
        lambda kv: wordvec.SkipGram(vector_size=4, min_count=1).fit([["n1", "n2"]], init=kv),
        lambda kv: wordvec.induce(kv, {"x": [["n1", "x"]]}),
        lambda kv: TextEncoder(kv),
        lambda kv: TextClassifier(vector_size=4).fit([("n1", "a"), ("n2", "b")], init=kv),
        lambda kv: to_numpy(kv),
        lambda kv: to_pandas(kv),
        lambda kv: to_projector(kv, "folder"),
    ],
)
def test_what_has_no_meaning_in_the_ball_is_refused(vectors, in_folder, ask):
    (in_folder / "pairs.tsv").write_text("n1\tn2\t3\nn2\tn3\t1\nn3\tn4\t2\n")
    (in_folder / "questions.txt").write_text(": x\nn1 n2 n3 n4\n")
    with pytest.raises(OptionError, match=r"cosine|Poincare|points|raise"):
        ask(vectors)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([[1.0, 0.0]], "points inside the unit ball, of a length below 1; that of row 0 is 1"),
        ([[np.nan, 0.0]], "that of row 0 is nan"),
        ([["a", "b"]], "must be a matrix of numbers"),
        ([0.5], "must be a matrix of numbers"),
    ],
)
def test_points_must_be_inside_the_ball(matrix, said):
    with pytest.raises(OptionError, match=said):
        PoincareVectors(["a"], matrix)


def test_parts_that_points_cannot_have_and_unknown_nodes(vectors):
    with pytest.raises(OptionError, match="context must be left out"):
        PoincareVectors(["a"], [[0.5]], context=[[1.0]])
    with pytest.raises(OptionError, match="oov must be 'raise'"):
        PoincareVectors(["a"], [[0.5]], oov="zero")
    with pytest.raises(OptionError, match=r"points of the Poincare ball; got .* of the metric cosine"):
        PoincareVectors(["a"], KeyedVectors(["a"], [[0.5]]).rows)
    with pytest.raises(UnknownWordError):
        vectors.distance("n1", "none")
    with pytest.raises(OptionError, match="a point must be inside the unit ball"):
        vectors.most_similar(np.array([1.0, 0, 0, 0]))
