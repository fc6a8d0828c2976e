"""Lexicons are read as they come; translations are found as planted, and counted under both policies."""

import tracemalloc

import numpy as np
import pytest
from scipy.stats import ortho_group

from wordvec import KeyedVectors, OptionError, UnknownWordError
from wordvec.align import Aligned, evaluate_lexicon, fit_map, induce, read_lexicon, write_lexicon
from wordvec.base.errors import FormatError
from wordvec.search.matching import mutual, roughly_best


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def write(tmp_path):
    def write(data):
        path = tmp_path / "pairs.txt"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def units(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# Reading


def test_fields_are_cut_at_the_tab_or_the_last_space(write):
    path = write(
        b"\xef\xbb\xbfdog\tHund\r\ncat   Katze\nhot dog\tW\xc3\xbcrstchen im Brot\nice cream Eis\n\n# Nummer\n"
    )
    assert read_lexicon(path).pairs == (
        ("dog", "Hund"),
        ("cat", "Katze"),
        ("hot dog", "Würstchen im Brot"),
        ("ice cream", "Eis"),
        ("#", "Nummer"),
    )


def test_what_is_no_pair_is_counted_and_what_comes_twice(write):
    lexicon = read_lexicon(write("a\tb\na\tb\na\tc\na\tb\t0.9\nalone\n\tb\na\t\n"))
    assert lexicon.pairs == (("a", "b"), ("a", "c")) and lexicon.duplicates == 1
    assert lexicon.unreadable == 4 and lexicon.unreadable_lines == ("a\tb\t0.9", "alone", "\tb")
    assert lexicon.translations() == {"a": ["b", "c"]} and lexicon.reversed().pairs == (("b", "a"), ("c", "a"))


@pytest.mark.parametrize("data", ["", "alone\n", b"\0\1\2\0\n"])
def test_files_without_pairs_are_refused(write, data):
    with pytest.raises(FormatError, match=r"pairs\.txt: "):
        read_lexicon(write(data))
    with pytest.raises(FileNotFoundError):
        read_lexicon("no-such-file")


@pytest.mark.parametrize("pairs", [[], [("a",)], [("a", 3)], ["ab"], 3, [("a", "b", "c")]])
def test_lists_without_pairs_are_refused(pairs):
    kv = KeyedVectors(["a"], [[1]])
    with pytest.raises(OptionError, match="pairs must"):
        fit_map(kv, kv, pairs)


def test_what_was_induced_is_written_and_read_again(tmp_path):
    pairs = [("dog", "hund", 0.5), ("new york", "new york", -0.25)]
    write_lexicon(pairs, tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_text() == "dog\thund\t0.5000\nnew york\tnew york\t-0.2500\n"
    write_lexicon([pair[:2] for pair in pairs], tmp_path / "out.tsv")
    assert read_lexicon(tmp_path / "out.tsv").pairs == tuple(pair[:2] for pair in pairs)
    with pytest.raises(OptionError, match="without tabs"):
        write_lexicon([("a\tb", "c")], tmp_path / "out.tsv")


def test_case_is_folded_where_it_is_asked_for_and_reported():
    source = KeyedVectors(["dog", "Cat", "eu"], [[1, 0], [0, 1], [1, 1]])
    target = KeyedVectors(["hund", "katze", "EU"], [[0, 1], [-1, 0], [-1, 1]])
    pairs = [("dog", "Hund"), ("cat", "Katze"), ("EU", "EU"), ("mouse", "Maus"), ("eu", "EU")]
    found = fit_map(source, target, pairs, normalize="none").facts["coverage"]
    assert found["used"] == 3 and found["pairs"] == 5 and found["ratio"] == 0.6  # EU and eu are one pair of rows
    assert (found["source_folded"], found["target_folded"]) == (2, 2)
    assert (found["source_unknown"], found["target_unknown"]) == (1, 1)
    with pytest.warns(UserWarning, match="1 pairs are fewer"):
        strict = fit_map(source, target, pairs, normalize="none", case_insensitive=False).facts["coverage"]
    assert strict["used"] == 1 and strict["source_folded"] == 0


# Scores


def five_words():
    """Of five words the first is translated rightly, the second at rank 2, the third not at all within reach."""
    source = KeyedVectors(["one", "two", "three", "four"], [[1, 0.1, 0], [0, 1, 0], [0, 0.1, 1], [1, 1, 1]])
    target = KeyedVectors(["eins", "zwei", "drei", "x"], [[1, 0, 0], [0, 1, 0.4], [-0.1, -0.2, -1], [0, 1, 0.1]])
    pairs = [("one", "uno"), ("one", "Eins"), ("two", "zwei"), ("three", "drei"), ("four", "vier"), ("five", "fünf")]
    return source, target, pairs


def test_both_policies_on_words_counted_by_hand():
    source, target, pairs = five_words()
    found = evaluate_lexicon(source, target, pairs, method="nn")
    assert (found.used, found.total, found.pairs) == (3, 5, 6) and found.coverage == 0.6
    assert (found.source_unknown, found.target_unknown) == (1, 1)  # five has no vector, four no translation with one
    known, every = found.known, found.every
    assert known.words == 3 and every.words == 5
    assert known.p1 == pytest.approx(1 / 3) and known.p5 == known.p10 == 1
    assert known.mrr == pytest.approx((1 + 1 / 2 + 1 / 4) / 3)
    for name in ("p1", "p5", "p10", "mrr"):
        assert getattr(every, name) == pytest.approx(getattr(known, name) * 3 / 5)
    assert "nearest by cosine among the first 4 rows" in found.policy and found.to_dict()["coverage"] == 0.6


def test_no_known_word_is_a_result_without_figures():
    source, target, _ = five_words()
    found = evaluate_lexicon(source, target, [("six", "sechs"), ("one", "uno")])
    assert found.known is None and found.every.p1 == 0 and (found.used, found.total) == (0, 2)


def test_rows_beyond_the_restriction_are_no_answers():
    source, target, pairs = five_words()
    found = Aligned(source, target, restrict_vocab=2).evaluate(pairs, method="nn")
    assert found.used == 2 and found.known.p1 == 1  # x, which was nearer to two, is gone; so is drei


# Retrieval


@pytest.fixture
def pair(rng):
    source, target = rng.standard_normal((60, 8)).astype("f4"), rng.standard_normal((70, 8)).astype("f4")
    source[5] = 0
    return KeyedVectors([f"s{i}" for i in range(60)], source), KeyedVectors([f"t{i}" for i in range(70)], target)


def direct_scores(pair, method, k=10, beta=30.0):
    source = units(np.delete(np.asarray(pair[0].vectors, float), 5, 0))
    cos = source @ units(np.asarray(pair[1].vectors, float)).T
    if method == "nn":
        return cos
    if method == "csls":
        own, other = (np.sort(table, axis=1)[:, -k:].mean(axis=1) for table in (cos, cos.T))
        return 2 * cos - own[:, None] - other
    return beta * cos - np.log(np.exp(beta * cos).sum(axis=0))


@pytest.mark.parametrize("method", ["nn", "csls", "isf"])
def test_translations_have_the_scores_of_the_formulas(pair, method):
    words = [f"s{i}" for i in range(60) if i != 5]
    expected = direct_scores(pair, method)
    found = Aligned(*pair).translate(words, topn=3, method=method)
    for line, answers in zip(expected, found, strict=True):
        best = np.argsort(-line)[:3]
        assert [word for word, _ in answers] == [f"t{i}" for i in best]
        assert np.allclose([score for _, score in answers], line[best], atol=1e-5)
    assert Aligned(*pair).translate("s3", topn=3, method=method) == found[3]
    induced = induce(*pair, method=method, topn=3)
    assert induced == [(word, other, score) for word, line in zip(words, found) for other, score in line]


@pytest.mark.parametrize("method", ["nn", "csls", "isf"])
def test_pairs_that_are_best_both_ways(pair, method):
    scores = direct_scores(pair, method)
    back = direct_scores(pair, method) if method != "isf" else None
    if back is None:  # the sums run over the other side
        cos = direct_scores(pair, "nn")
        back = 30 * cos - np.log(np.exp(30 * cos).sum(axis=1))[:, None]
    names = [f"s{i}" for i in range(60) if i != 5]
    expected = [(names[i], f"t{j}") for i, j in enumerate(scores.argmax(axis=1).tolist()) if back[:, j].argmax() == i]
    got = [found[:2] for found in Aligned(*pair).induce(both_ways=True, method=method)]
    assert got == expected and 5 < len(got) < 59


def test_the_criterion_is_the_mean_cosine_of_translations(pair):
    cos, best = direct_scores(pair, "nn"), direct_scores(pair, "csls").argmax(axis=1)
    aligned = Aligned(*pair)
    assert aligned.criterion() == pytest.approx(cos[np.arange(59), best].mean(), abs=1e-6)
    assert aligned.criterion(5) == pytest.approx(cos[np.arange(5), best[:5]].mean(), abs=1e-6)
    better = KeyedVectors(list(pair[1]), np.asarray(pair[1].vectors))
    assert Aligned(better, pair[1]).criterion() == pytest.approx(1)


def test_words_that_cannot_be_translated(pair):
    aligned = Aligned(*pair)
    with pytest.raises(UnknownWordError, match="got 'x'"):
        aligned.translate("x")
    with pytest.raises(UnknownWordError):
        aligned.induce(["s1", "x"])
    with pytest.raises(OptionError, match="put it in a list"):
        aligned.induce("s1")
    with pytest.raises(OptionError, match="other than zero"):
        aligned.translate("s5")
    with pytest.raises(OptionError, match="method must be one of csls, nn, isf"):
        aligned.translate("s1", method="cosine")
    assert aligned.induce(["s5"]) == [] and aligned.translate([]) == []


def test_sides_must_be_in_one_space(pair):
    with pytest.raises(OptionError, match="map the source first"):
        Aligned(pair[0], KeyedVectors(["a"], [[1, 2]]))
    for wrong in ({"k": 0}, {"restrict_vocab": 0}):
        with pytest.raises(OptionError, match="must be an integer >= 1"):
            Aligned(*pair, **wrong)


def test_a_vocabulary_smaller_than_k_and_a_compressed_one(rng):
    turn, rows = ortho_group.rvs(24, random_state=1), rng.standard_normal((6, 24))
    words = [f"w{i}" for i in range(6)]
    source, target = KeyedVectors(words, rows), KeyedVectors(words, rows @ turn)
    with pytest.warns(UserWarning, match="6 pairs are fewer"):
        made = fit_map(source.compress("int8"), target.compress("int8"), list(zip(words, words)), normalize="unit")
    assert made.aligned(source, target).evaluate(list(zip(words, words))).known.p1 == 1


def test_memory_does_not_grow_with_the_product_of_the_vocabularies(rng):
    size = 12_000
    sides = [KeyedVectors([f"w{i}" for i in range(size)], rng.standard_normal((size, 4)).astype("f4")) for _ in "ab"]
    aligned = Aligned(*sides, workers=2)
    tracemalloc.start()
    aligned.induce([f"w{i}" for i in range(5000)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size * size * 4 / 8  # an eighth of a table of all cosines, and it is no larger where they are more


# Blocks of scores in float32


def test_rough_scores_are_those_of_the_product_whatever_the_workers(rng):
    matrix, queries = rng.standard_normal((1500, 9)).astype("f4"), rng.standard_normal((2100, 9)).astype("f4")
    norms = np.linalg.norm(matrix, axis=1).astype("f4")
    found = [roughly_best(matrix, queries, 4, norms=norms, workers=workers) for workers in (1, 3)]
    assert np.array_equal(found[0][0], found[1][0])
    scores = queries.astype(float) @ (matrix / norms[:, None]).T
    rows = np.argsort(-scores, axis=1)[:, :4]
    assert (found[0][0] == rows).mean() > 0.999
    assert np.allclose(found[0][1], np.take_along_axis(scores, rows, 1), atol=1e-5)


def test_mutual_pairs():
    first, second = mutual(np.array([1, 0, 2, -1]), np.array([1, 2, 2]))
    assert (first.tolist(), second.tolist()) == ([1, 2], [0, 2])
