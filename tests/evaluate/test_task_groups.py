"""Categorisation, outlier detection and EvalRank: planted groups are found, and small cases are right by hand."""

import numpy as np
import pytest

from wordvec import FormatError, KeyedVectors
from wordvec.evaluate.policy import PRESETS, Policy, Resolver
from wordvec.evaluate.suite import Found, Model, differences, evaluate
from wordvec.evaluate.tasks import TASKS, Dataset, Place
from wordvec.evaluate.tasks.categories import of_commonest_class, v_measure
from wordvec.optim.clusters import spherical_kmeans

CATEGORIES, OUTLIERS, EVALRANK = TASKS["categories"], TASKS["outliers"], TASKS["evalrank"]


def groups(sizes=(8, 8, 8), noise=0.1):
    """Words g0w0 g0w1 ... near one direction for each group, and as many words far from all."""
    rng = np.random.default_rng(4)
    words, rows = [], []
    for group, size in enumerate(sizes):
        for word in range(size):
            words.append(f"g{group}w{word}")
            rows.append(np.eye(len(sizes) + 1)[group] + noise * rng.standard_normal(len(sizes) + 1))
    for word in range(6):
        words.append(f"odd{word}")
        rows.append(np.eye(len(sizes) + 1)[-1] + noise * rng.standard_normal(len(sizes) + 1))
    return KeyedVectors(words, np.array(rows, "f4"))


def run(task, vectors, path, policy=None):
    found = task.run(Resolver(vectors, policy or Policy()), task.read(path), 1)
    return {outcome.measure: outcome for outcome in found}


# Categories


def test_planted_classes_are_found_and_shuffled_ones_are_not(tmp_path):
    vectors, path = groups(), tmp_path / "classes.csv"
    lines = [f"{i},class {i % 3},g{i % 3}w{i // 3}" for i in range(24)]
    path.write_text("\n".join([",category,word", *lines, "24,class 0,", "25,class 9,unknown"]))
    assert CATEGORIES.recognise(Place.at(path))
    found = run(CATEGORIES, vectors, path)
    for measure in ("purity", "v-measure"):
        outcome = found[measure]
        score, low, high = outcome.interval()
        assert score > 0.85 and low <= score <= high and outcome.deviation >= 0
        assert (outcome.used, outcome.total, outcome.coverage) == (24, 25, 24 / 25)
    assert CATEGORIES.read(path).unreadable == ("24,class 0,",)
    mixed = KeyedVectors(list(vectors.index_to_key), np.random.default_rng(1).permutation(vectors.vectors))
    assert run(CATEGORIES, mixed, path)["v-measure"].score < 0.5


def test_measures_of_clusters_are_those_of_their_definitions():
    table = np.array([[[3.0, 1.0], [0.0, 4.0]]])
    classes, clusters = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1, 1, 1])
    assert of_commonest_class(classes, clusters).mean() == 7 / 8
    metrics = pytest.importorskip("sklearn.metrics")
    assert v_measure(table)[0] == pytest.approx(metrics.v_measure_score(classes, clusters))


def test_kmeans_has_no_empty_cluster_and_any_number_of_words():
    rng = np.random.default_rng(0)
    units = rng.standard_normal((20, 3))
    units /= np.linalg.norm(units, axis=1)[:, None]
    assert len(set(spherical_kmeans(units, 6, 1).tolist())) == 6
    assert len(spherical_kmeans(units[:2], 6, 1)) == 2
    assert len(spherical_kmeans(np.zeros((4, 3)), 2, 1)) == 4


def test_models_are_compared_word_by_word(tmp_path):
    path = tmp_path / "classes.tsv"
    path.write_text("\n".join(["word\tclass", *(f"g{i % 3}w{i // 3}\tclass{i % 3}" for i in range(24))]))
    clear = groups()
    mixed = KeyedVectors(list(clear.index_to_key), np.random.default_rng(1).permutation(clear.vectors))
    found = Found(((CATEGORIES, CATEGORIES.read(path)),))
    (one,) = differences(evaluate([Model("clear", clear), Model("mixed", mixed)], found))
    assert (one.measure, one.test, one.used) == ("purity", "bootstrap", 24)
    assert one.low > 0.1 and one.p < 0.01
    (same,) = differences(evaluate([Model("clear", clear), Model("again", groups())], found))
    assert (same.difference, same.p) == (0, 1)


def test_classes_that_cannot_be_scored(tmp_path):
    path = tmp_path / "classes.tsv"
    path.write_text("word\tclass\ng0w0\ta\ng0w1\ta\nnowhere\tb\n")
    assert "one class" in run(CATEGORIES, groups(), path)["purity"].reason
    path.write_text("word\tclass\ng0w0\ta\nnowhere\tb\n")
    assert "2 words or more; 1" in run(CATEGORIES, groups(), path)["purity"].reason
    path.write_text("words of a text\nand more\n")
    with pytest.raises(FormatError, match="category and word"):
        CATEGORIES.read(path)


# Outliers

FORMS = ["table", "files"]


@pytest.fixture(params=FORMS)
def outlier_set(request, tmp_path):
    members = {f"group{g}": [f"g{g}w{w}" for w in range(8)] for g in range(2)}
    odd = {"group0": ["odd0", "g1w0", "nowhere"], "group1": ["odd1", "g0w1"]}
    if request.param == "files":
        folder = tmp_path / "wikisem"
        folder.mkdir()
        for name, words in members.items():
            (folder / f"{name}.txt").write_text(
                "\n".join([*words, "", *odd[name]]), encoding="utf-8-sig", newline="\r\n"
            )
        return folder
    path = tmp_path / "8-8-8.csv"
    lines = [f'{i},{name},"{[*odd[name], ""]}","{members[name]}"' for i, name in enumerate(members)]
    path.write_text("\n".join([",category,outliers,words", *lines]))
    return path


def test_outliers_are_found_in_both_forms(outlier_set):
    assert OUTLIERS.recognise(Place.at(outlier_set))
    assert [group[0] for group in OUTLIERS.read(outlier_set).items] == ["group0", "group1"]
    found = run(OUTLIERS, groups(), outlier_set)
    accuracy, opp = found["accuracy"], found["opp"]
    assert accuracy.interval().score == opp.interval().score == 1
    assert (accuracy.used, accuracy.total, accuracy.coverage) == (4, 5, 0.8)
    assert set(accuracy.groups) == {0, 1}


def test_the_position_of_an_outlier_by_hand(tmp_path):
    (tmp_path / "set").mkdir()
    for name in ("one", "two"):
        (tmp_path / "set" / f"{name}.txt").write_text("a\nb\nc\n\nd\n")
    degrees = {"a": 0, "b": 10, "c": 100, "d": 40}  # c is farther out than d: d comes last but one
    rows = [[np.cos(np.radians(angle)), np.sin(np.radians(angle))] for angle in degrees.values()]
    found = run(OUTLIERS, KeyedVectors(list(degrees), rows), tmp_path / "set")
    sums = {w: sum(np.cos(np.radians(degrees[w] - degrees[v])) for v in degrees if v != w) for w in degrees}
    position = sum(sums[w] > sums["d"] for w in "abc")
    assert position < 3
    assert found["opp"].values.tolist() == pytest.approx([position / 3] * 2) and not found["accuracy"].values.any()


# EvalRank


def test_ranks_of_four_words_by_hand(tmp_path):
    (tmp_path / "positive_pairs.txt").write_text("a\tb\nb\ta\na\tc\nb\td\n")
    (tmp_path / "basic_vocab.txt").write_text("a\nb\nc\nd\nnowhere\n")
    (tmp_path / "wiki_vocab.txt").write_text("d\n")
    assert EVALRANK.recognise(Place.at(tmp_path))
    degrees = [0, 10, 40, 90]
    vectors = KeyedVectors(list("abcd"), [[np.cos(np.radians(d)), np.sin(np.radians(d))] for d in degrees])
    found = run(EVALRANK, vectors, tmp_path)
    assert (1 / found["mrr"].values).tolist() == pytest.approx([1, 2, 1, 3])  # a-b, a-c, b-a, b-d
    assert found["hits@1"].interval().score == 0.5 and found["hits@3"].interval().score == 1
    assert EVALRANK.read(tmp_path).more["background"] == ["a", "b", "c", "d", "nowhere"]


def test_pairs_with_ratings_make_a_set_of_their_top_quarter():
    """Both ways, without pairs of a word with itself; the words of all pairs are the background."""
    pairs = tuple((f"a{i}", f"b{i}", float(i)) for i in range(8))
    sets = [Dataset("similarity", "one", pairs), Dataset("similarity", "two", (("x", "x", 9.0), ("y", "z", 9.0)))]
    made = EVALRANK.derived([*sets, Dataset("analogies", "q", ())])
    assert made.items == (("a6", "b6"), ("a7", "b7"), ("b6", "a6"), ("b7", "a7"), ("y", "z"), ("z", "y"))
    assert made.more["background"] == sorted({word for pair in pairs for word in pair[:2]} | {"x", "y", "z"})
    assert EVALRANK.derived([]) is None


def test_the_preset_evalrank_is_its_formula(tmp_path):
    rng = np.random.default_rng(8)
    words = [f"W{i}" for i in range(40)]
    matrix = rng.standard_normal((40, 5)).astype("f4")
    pairs = [tuple(rng.choice([*words, "new1", "new2"], 2, replace=False)) for _ in range(60)]
    background = [word.lower() for word in [*words[:30], "new1", "new3"]]
    (tmp_path / "positive_pairs.txt").write_text("\n".join(f"{a.lower()} {b.lower()}" for a, b in pairs))
    (tmp_path / "basic_vocab.txt").write_text("\n".join(background))
    units = matrix.astype(float) / np.linalg.norm(matrix.astype(float), axis=1)[:, None]
    vector = {word.lower(): row for word, row in zip(words, units)}
    everything = sorted({*background, *(word.lower() for pair in pairs for word in pair)})
    table = np.array([vector.get(word, units.mean(axis=0)) for word in everything])
    ranks = []
    for a, b in pairs:
        one, other = (vector.get(word.lower(), units.mean(axis=0)) for word in (a, b))
        ranks.append(max(1, int((table @ one > one @ other + 1e-12).sum())))
    found = run(EVALRANK, KeyedVectors(words, matrix), tmp_path, PRESETS["evalrank"])
    assert found["mrr"].used == 60 and found["mrr"].interval().score == pytest.approx(np.mean(1 / np.array(ranks)))
    assert found["hits@3"].interval().score == pytest.approx(np.mean(np.array(ranks) <= 3))
