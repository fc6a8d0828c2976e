"""Drift: measures, filters, intervals over trainings; the permutation test by enumeration and by planted change."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import chisquare

from wordvec import KeyedVectors, encode_corpus
from wordvec.align import DriftTest, Slices, train_compass
from wordvec.align.temporal.permutation import ContextDrift, _labels, false_discovery_rates, permuted
from wordvec.base.errors import OptionError

SWAP = {"guitar": "bread", "bread": "guitar"}


def vectors(words, rows, **more):
    return KeyedVectors(list(words), np.asarray(rows, np.float32), **more)


@pytest.fixture(scope="module")
def halves(sample):
    """Two halves of a part of the sample, drawn by lot."""
    lines = [line.split() for line in sample.read_text(encoding="utf-8").splitlines()][:20000]
    order = np.random.default_rng(0).permutation(len(lines))
    return [[lines[i] for i in half] for half in np.array_split(order, 2)]


@pytest.fixture(scope="module")
def swapped(halves):
    """The texts, and slices trained twice on them, of which the second has two words in each other's place."""
    texts = {"old": halves[0], "new": [[SWAP.get(word, word) for word in line] for line in halves[1]]}
    return texts, train_compass(texts, vector_size=20, epochs=3, min_count=20, workers=1, seeds=3)


def test_filters_say_which_words_are_compared():
    tags = {"tag": np.array(["noun", "verb", "noun", "noun"])}
    old = vectors("abcd", np.eye(4), counts=[9, 8, 7, 1], attributes=tags)
    new = vectors("abcd", np.eye(4)[::-1], counts=[9, 8, 2, 6], attributes=tags)
    slices = Slices({"old": old, "new": new})

    def found(**filters):
        return "".join(one.word for one in slices.drift("old", "new", topn=None, **filters))

    assert found() == "abcd"
    assert found(min_count=5) == "ab"
    assert found(stop_words=["a", "zzz"]) == "bcd"
    assert found(where={"tag": "noun"}) == "acd"
    assert found(where={"tag": "noun"}, min_count=5) == "a"
    assert found(words=["b", "a"]) == "ab"
    with pytest.warns(UserWarning, match="1 of 2 words are not compared, such as 'z'"):
        assert found(words=["a", "z"]) == "a"
    with pytest.raises(OptionError, match="where must name attributes"):
        found(where={"colour": "red"})
    bare = Slices({"old": vectors("ab", np.eye(2)), "new": vectors("ab", np.eye(2))})
    with pytest.warns(UserWarning, match="min_count=5 is not applied"):
        assert len(bare.drift("old", "new", min_count=5)) == 2


def test_equal_slices_do_not_drift():
    rows = np.random.default_rng(0).standard_normal((50, 8))
    words = [f"w{i}" for i in range(50)]
    slices = Slices({"a": vectors(words, rows), "b": vectors(words, rows)})
    for measure in ("cosine", "neighbours"):
        assert max(one.drift for one in slices.drift("a", "b", topn=None, measure=measure)) < 1e-6
    with pytest.raises(OptionError, match="measure must be one of cosine, neighbours"):
        slices.drift("a", "b", measure="euclid")


def test_neighbours_need_no_common_space():
    """A rotation moves all vectors and no neighbourhood; a word that changes its neighbours is found by both."""
    rng = np.random.default_rng(1)
    words, rows = [f"w{i}" for i in range(200)], rng.standard_normal((200, 10))
    moved = rows.copy()
    moved[7] = rng.standard_normal(10)
    turned = moved @ np.linalg.qr(rng.standard_normal((10, 10)))[0]
    slices = Slices({"a": vectors(words, rows), "b": vectors(words, turned)})
    first, second = slices.drift("a", "b", topn=2, measure="neighbours", neighbours=10)
    assert first.word == "w7" and first.drift > 5 * second.drift
    assert np.median([one.drift for one in slices.drift("a", "b", topn=None)]) > 0.5


def test_the_second_order_measure_is_that_of_the_definition():
    rng = np.random.default_rng(2)
    words, sides = [f"w{i}" for i in range(30)], [rng.standard_normal((30, 5)) for _ in range(2)]
    slices = Slices({name: vectors(words, side) for name, side in zip("ab", sides)})
    found = {one.word: one.drift for one in slices.drift("a", "b", topn=None, measure="neighbours", neighbours=4)}
    units = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides]
    cosines = [side @ side.T for side in units]
    for word in (0, 11, 29):
        near = sorted({int(other) for side in cosines for other in np.argsort(-side[word])[1:5]})
        profiles = [side[word, near] for side in cosines]
        expected = 1 - profiles[0] @ profiles[1] / np.linalg.norm(profiles[0]) / np.linalg.norm(profiles[1])
        assert found[f"w{word}"] == pytest.approx(expected, abs=1e-6)


def test_intervals_are_those_of_student():
    def slices(angle, repeats=()):
        turned = vectors("ab", [[np.cos(angle), np.sin(angle)], [0, 1]])
        return Slices({"old": vectors("ab", np.eye(2)), "new": turned}, repeats=repeats)

    three = slices(np.arccos(0.5), [slices(np.arccos(0.4)), slices(np.arccos(0.6))])
    found = three.drift("old", "new", intervals=True)[0]
    assert (found.word, found.drift) == ("a", pytest.approx(0.5))
    assert (found.low, found.high) == (pytest.approx(0.5 - 0.24841, abs=1e-4), pytest.approx(0.5 + 0.24841, abs=1e-4))
    assert three.drift("old", "new")[0].low is None
    with pytest.raises(OptionError, match="several trainings"):
        slices(1).drift("old", "new", intervals=True)
    other = Slices({"old": vectors("abc", np.eye(3)[:, :2]), "new": vectors("abc", np.eye(3)[:, :2])})
    with pytest.raises(OptionError, match="slice 'old' has others"):
        slices(1, [other]).drift("old", "new", intervals=True)


def test_trainings_with_other_seeds_are_the_repeats(swapped):
    slices = swapped[1]
    assert len(slices.repeats) == 2 and slices.repeats[0].compass is None
    found = slices.drift("old", "new", words=["guitar", "bread", "the"], intervals=True)
    assert {one.word for one in found[:2]} == set(SWAP)
    assert all(one.low < one.drift < one.high for one in found)
    assert found[1].low > found[2].high


def test_neighbours_over_time_are_one_table(swapped):
    table = swapped[1].neighbour_table(["guitar", "bread"], topn=2)
    assert [(row.word, row.slice, row.rank) for row in table] == [
        (word, name, rank) for word in ("guitar", "bread") for name in ("old", "new") for rank in (1, 2)
    ]
    assert [(row.neighbour, row.cosine) for row in table[:2]] == swapped[1]["old"].most_similar("guitar", topn=2)
    with pytest.raises(OptionError, match="is in none of old, new"):
        swapped[1].neighbour_table("zzz")


@pytest.mark.parametrize(("sizes", "seed"), [((3, 4), 0), ((1, 5), 1), ((5, 2), 2)])
def test_p_is_exact_where_all_assignments_fit(sizes, seed):
    rng = np.random.default_rng(seed)
    sides = [rng.standard_normal((size, 3)) + place for place, size in enumerate(sizes)]
    every = np.concatenate(sides)

    def statistic(chosen):
        first = every[list(chosen)].sum(axis=0)
        second = every.sum(axis=0) - first
        return 1 - first @ second / np.linalg.norm(first) / np.linalg.norm(second)

    observed = statistic(range(sizes[0]))
    all_of_them = [statistic(chosen) for chosen in combinations(range(sum(sizes)), sizes[0])]
    expected = np.mean(np.array(all_of_them) >= observed - 1e-9)
    drift, p = permuted(*sides, 1000, np.random.default_rng(9))
    assert (drift, p) == (pytest.approx(observed), pytest.approx(expected))
    drift, drawn = permuted(*sides, len(all_of_them) - 1, np.random.default_rng(9))  # one too few: by lot
    assert drift == pytest.approx(observed) and 0 < drawn <= 1
    many = [permuted(*sides, len(all_of_them) - 1, np.random.default_rng(i))[1] for i in range(200)]
    draws = len(all_of_them) - 1
    assert np.mean(many) == pytest.approx((draws * expected + 1) / (draws + 1), abs=0.03)


@pytest.mark.parametrize(("vectors", "size"), [(5, 2), (6, 5)])
def test_every_assignment_is_as_likely_as_any_other(vectors, size):
    draws = 3000
    rows = np.concatenate([rows.copy() for rows in _labels(vectors, size, draws, np.random.default_rng(3))])
    assert rows.shape == (draws, vectors) and set(np.unique(rows)) == {0, 1} and (rows.sum(axis=1) == size).all()
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    assert len(counts) == comb(vectors, size)
    assert chisquare(counts).pvalue > 0.001


def test_a_p_value_counted_by_hand():
    """Two sentences "w a" and two "w b": of six ways to deal them, two part them as they were."""
    space = vectors("wab", np.eye(3), counts=[4, 2, 2])
    slices = Slices({"old": space, "new": space})
    found = slices.drift_test("old", "new", {"old": [["w", "a"]] * 2, "new": [["w", "b"]] * 2}, words=["w"], sample=0.0)
    assert found == [ContextDrift("w", 0.0, (4, 4), (2, 2), 1.0, pytest.approx(1 / 3), pytest.approx(1 / 3))]
    same = {"old": [["w", "a"]] * 20, "new": [["w", "a"]] * 30}
    (found,) = slices.drift_test("old", "new", same, words=["w"], permutations=100)
    assert (found.sentences, found.context_drift, found.p) == ((20, 30), pytest.approx(0), 1.0)


def test_p_of_many_sentences_is_uniform_without_change_and_least_with_change():
    rng = np.random.default_rng(4)
    null = [permuted(*rng.standard_normal((2, 12, 3)), 99, rng)[1] for _ in range(200)]
    assert 0.03 < np.mean(np.array(null) <= 0.1) < 0.17 and 0.4 < np.mean(null) < 0.6
    sides = rng.standard_normal((2, 12, 3))
    sides[0, :, 0] += 5
    sides[1, :, 1] += 5
    assert permuted(*sides, 99, rng)[1] == 1 / 100
    assert permuted(sides[0], sides[1][:0], 99, rng) == (None, None)


def test_rates_are_those_of_benjamini_and_hochberg():
    """The fifteen p values of their paper (1995, section 3.2): four are rejected at 0.05."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    rates = false_discovery_rates(p)
    assert sum(rate <= 0.05 for rate in rates) == 4
    assert rates[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert rates[-1] == 1
    assert false_discovery_rates([0.01, 0.04, None, 0.03, 0.005]) == pytest.approx([0.02, 0.04, None, 0.04, 0.02])
    assert false_discovery_rates([None, 0.02]) == [None, 0.02] and false_discovery_rates([]) == []


def test_a_planted_change_is_found_and_no_other(swapped):
    texts, slices = swapped
    options = {"permutations": 10_000, "max_sentences": 200}
    words = [*SWAP, *slices["old"].index_to_key[:220]]
    found = slices.drift_test("old", "new", texts, words=words, **options)
    assert {one.word for one in found if one.q < 0.05} == set(SWAP)
    assert {one.word for one in found[:2]} == set(SWAP) and found[0].p == 1 / 10_001
    others = np.array([one.p for one in found[2:]])
    assert len(others) > 200 and 0.02 < np.mean(others <= 0.05) < 0.09  # sentences were dealt by lot: the null
    again = slices.drift_test("old", "new", texts, words=["guitar", "violin", "the"], workers=1, **options)
    assert {one.word: one.p for one in again}.items() <= {one.word: one.p for one in found}.items()
    encoded = {name: encode_corpus(text, min_count=1) for name, text in texts.items()}
    words = ["bread", "violin"]
    few = slices.drift_test("old", "new", encoded, words=words, permutations=300)
    assert [one.word for one in few] == words and few[0].p == 1 / 301 and few[0].q == 2 / 301
    assert few[0].sentences[0] == sum("bread" in line and len(line) > 1 for line in texts["old"])


def test_few_permutations_of_many_words_are_named(swapped):
    texts, slices = swapped
    with pytest.warns(UserWarning, match=r"permutations=39 are too few for \d+ words"):
        slices.drift_test("old", "new", texts, min_count=70, permutations=39, max_sentences=20)


def test_sentences_that_repeat_are_kept_together_by_blocks():
    """A document says the same ten times: as independent sentences they prove a change; as blocks they do not."""
    rng = np.random.default_rng(5)
    words = [f"c{i}" for i in range(40)]
    space = vectors(["w", *words], rng.standard_normal((41, 20)), counts=[400, *[10] * 40])
    slices = Slices({"a": space, "b": space})

    def text():
        return [["w", words[i], words[(7 * i) % 40]] for i in rng.integers(0, 40, 12) for _ in range(10)]

    corpora = {"a": text(), "b": text()}
    options = {"words": ["w"], "permutations": 999, "sample": 0.0}
    alone = slices.drift_test("a", "b", corpora, **options)[0]
    blocks = slices.drift_test("a", "b", corpora, block=10, **options)[0]
    assert alone.sentences == (120, 120) and blocks.sentences == (12, 12)
    assert alone.context_drift == pytest.approx(blocks.context_drift)
    assert alone.p < 0.01 < blocks.p


def test_words_without_context_have_no_p():
    space = vectors("abc", np.eye(3), counts=[3, 3, 3])
    slices = Slices({"old": space, "new": space})
    corpora = {"old": [["a", "b"], ["a", "b"]], "new": [["b", "a"], ["c"]]}
    found = {one.word: one for one in slices.drift_test("old", "new", corpora)}
    assert (found["c"].p, found["c"].q, found["c"].context_drift, found["c"].sentences) == (None, None, None, (0, 0))
    assert found["a"].p == 1.0 and found["a"].sentences == (2, 1)  # all three contexts are alike
    with pytest.raises(OptionError, match="corpora must have the texts"):
        slices.drift_test("old", "new", {"old": [["a", "b"]]})
    with pytest.raises(OptionError, match="permutations must be"):
        DriftTest(permutations=0)
    assert slices.drift_test("old", "new", corpora, stop_words=["a", "b", "c"]) == []
