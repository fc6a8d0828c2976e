"""Encoding with a given vocabulary, or one that grows: ids are its rows, counts are added, no token is lost."""

import warnings
from collections import Counter

import numpy as np
import pytest

import wordvec
from wordvec import CorpusError, OptionError, Vocabulary
from wordvec.cooccurrence import Counting
from wordvec.corpus import encode_corpus
from wordvec.trainers.word2vec import noise_table
from wordvec.vocabulary.huffman import huffman

TEXT = [["the", "cat", "sat"], ["the", "dog", "sat"], ["a", "dog"], ["owl"]]


def accounted(stats):
    return stats.kept + stats.too_rare + stats.beyond_max_vocab + stats.unlisted == stats.read


def test_ids_are_the_rows_of_a_given_vocabulary():
    corpus = encode_corpus(TEXT, vocabulary=["sat", "unicorn", "dog", "the"])
    assert list(corpus.vocabulary) == ["sat", "unicorn", "dog", "the"]
    assert corpus.vocabulary.counts.tolist() == [2, 0, 2, 2]
    assert corpus.ids.tolist() == [3, 0, 3, 2, 0, 2] and corpus.offsets.tolist() == [0, 2, 5, 6]
    stats = corpus.stats
    assert (stats.read, stats.kept, stats.unlisted, stats.too_rare, stats.types_read) == (9, 6, 3, 0, 6)
    assert corpus.options["vocabulary"] == "given"


def test_counts_of_a_given_vocabulary_stay():
    given = Vocabulary.from_words(["dog", "cat"], [3, 70])
    corpus = encode_corpus(TEXT, vocabulary=given)
    assert corpus.vocabulary == given and corpus.vocabulary.counts.tolist() == [3, 70]
    nothing_known = encode_corpus(TEXT, vocabulary=Vocabulary.from_words(["dog", "cat"], [0, 0]))
    assert nothing_known.vocabulary.counts.tolist() == [2, 1]


def test_a_given_vocabulary_of_the_corpus_itself_changes_nothing(tmp_path, zipf):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf)
    own = encode_corpus(path, min_count=3)
    again = encode_corpus(path, vocabulary=own.vocabulary)
    assert own.fingerprint == again.fingerprint
    assert again.stats.unlisted == own.stats.too_rare > 0 and accounted(again.stats)
    assert encode_corpus(path, vocabulary=own.vocabulary, workers=1).fingerprint == own.fingerprint


def test_growth_keeps_old_words_adds_counts_and_orders_by_the_sums():
    old = Vocabulary.from_words(["cat", "unicorn", "owl"], [4, 3, 1])
    corpus = encode_corpus(TEXT, grow=old, min_count=2)
    assert list(corpus.vocabulary) == ["cat", "unicorn", "dog", "owl", "sat", "the"]
    assert corpus.vocabulary.counts.tolist() == [5, 3, 2, 2, 2, 2]
    stats = corpus.stats
    assert (stats.read, stats.kept, stats.too_rare, stats.unlisted) == (9, 8, 1, 0)
    assert corpus.options["vocabulary"] == "grown" and corpus.options["min_count"] == 2
    assert [corpus.vocabulary[row] for row in corpus.ids[:3]] == ["the", "cat", "sat"]


def test_max_vocab_limits_the_new_words_of_growth():
    old = Vocabulary.from_words(["unicorn", "owl"], [9, 1])
    grown = encode_corpus(TEXT, grow=old, min_count=2, max_vocab=3)
    assert list(grown.vocabulary) == ["unicorn", "dog", "owl"] and grown.stats.beyond_max_vocab == 4
    assert accounted(grown.stats)
    least = encode_corpus(TEXT, grow=old, min_count=2, max_vocab=1)
    assert list(least.vocabulary) == ["unicorn", "owl"] and accounted(least.stats)


@pytest.mark.parametrize("seed", range(5))
def test_growth_equals_a_dictionary(seed):
    rng = np.random.default_rng(seed)
    old_words = [f"w{n}" for n in rng.permutation(40)[:15]]
    old = dict(zip(old_words, rng.integers(0, 30, 15).tolist(), strict=True))
    text = [[f"w{n}" for n in rng.zipf(1.4, 9) if n < 60] for _ in range(60)]
    counts = Counter(word for sentence in text for word in sentence)
    union = {w: old.get(w, 0) + counts[w] for w in {*old, *(w for w in counts if counts[w] >= 4)}}
    corpus = encode_corpus(text, grow=Vocabulary.from_words(list(old), list(old.values())), min_count=4)
    expected = sorted(union, key=lambda w: (-union[w], w))
    assert list(corpus.vocabulary) == expected
    assert corpus.vocabulary.counts.tolist() == [union[w] for w in expected]
    kept = [word for sentence in text for word in sentence if word in union]
    assert [corpus.vocabulary[row] for row in corpus.ids] == kept
    assert accounted(corpus.stats) and corpus.stats.kept == len(kept)


def test_lower_casing_meets_the_given_words():
    corpus = encode_corpus([["The", "CAT", "the"]], vocabulary=["the", "CAT", "cat"], lowercase=True)
    assert corpus.vocabulary.counts.tolist() == [2, 0, 1]


def test_a_cache_is_for_one_vocabulary(tmp_path):
    path, cache = tmp_path / "text.txt", tmp_path / "cache"
    path.write_text("a b c\na b\n")

    def read(**options):
        return encode_corpus(path, cache=cache, **options)

    made = [
        read(vocabulary=["a"]),
        read(vocabulary=["b"]),
        read(vocabulary=Vocabulary.from_words(["b"], [7])),
        read(grow=["b"], min_count=1),
        read(grow=["b"], min_count=2),
        read(min_count=2),
    ]
    assert len(list(cache.iterdir())) == 6
    again = read(vocabulary=["b"])
    assert len(list(cache.iterdir())) == 6 and again.stats == made[1].stats and list(again.vocabulary) == ["b"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocabulary": ["a"], "min_count": 5}, "leave min_count out"),
        ({"vocabulary": ["a"], "max_vocab": 5, "grow": ["a"]}, "leave grow, max_vocab out"),
        ({"vocabulary": "a"}, "vocabulary must be a Vocabulary or a list of words"),
        ({"vocabulary": []}, "vocabulary must have a word"),
        ({"grow": ["a", "a"]}, "words must be distinct"),
        ({"grow": 3}, "grow must be"),
    ],
)
def test_options_that_do_not_fit_together(options, message):
    with pytest.raises(OptionError, match=message):
        encode_corpus(TEXT, **options)


def test_a_vocabulary_serves_reading():
    with pytest.raises(OptionError, match="encoded already"):
        encode_corpus(encode_corpus(TEXT, min_count=1), vocabulary=["a"])


def test_a_corpus_without_a_word_of_the_vocabulary():
    with pytest.raises(CorpusError, match=r"none of its 6 distinct words is one of the 2 given: look"):
        encode_corpus(TEXT, vocabulary=["x", "y"])
    with pytest.raises(CorpusError, match="and no other word occurs 9 times"):
        encode_corpus(TEXT, grow=["x", "y"], min_count=9)


# ---- counts of 0, and orders that do not fall ----


def test_words_that_never_occur_are_no_noise():
    counts = np.array([3, 0, 1, 0, 0, 7, 0])
    for exponent in (0.75, 0.0, -1.0):
        table = noise_table(counts, exponent)
        assert (table[counts == 0, 0] == 0).all()
        assert (counts[table[table[:, 0] < 2**32 - 1, 1]] > 0).all()


@pytest.mark.parametrize("counts", [[5, 0, 9, 0, 2, 2, 0], [0] * 300, [1] * 7])
def test_codes_of_words_in_any_order_are_those_in_falling_order(counts):
    counts = np.array(counts)
    offsets, path, code = huffman(counts)
    order = np.argsort(-counts, kind="stable")
    sorted_offsets, sorted_path, sorted_code = huffman(counts[order])
    for place, row in enumerate(order):
        mine, other = slice(*offsets[row : row + 2]), slice(*sorted_offsets[place : place + 2])
        assert path[mine].tolist() == sorted_path[other].tolist()
        assert code[mine].tolist() == sorted_code[other].tolist()
    assert np.diff(offsets).max() < 12


MODELS = [name for name, kind in wordvec.TRAINERS.items() if issubclass(kind, wordvec.trainers.WordTrainer)]


@pytest.mark.parametrize("model", MODELS)
def test_every_trainer_bears_words_that_do_not_occur(model):
    rng = np.random.default_rng(1)
    text = [[f"w{n}" for n in rng.integers(0, 20, 12)] for _ in range(200)]
    given = ["never", *[f"w{n}" for n in range(5)], "nor", *[f"w{n}" for n in range(19, 4, -1)], "at all"]
    corpus = encode_corpus(text, vocabulary=given)
    if model == "bitcipher":
        with pytest.raises(OptionError, match="from the most frequent one down"):
            wordvec.train(corpus, model=model, vector_size=8, workers=1)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        vectors = wordvec.train(corpus, model=model, vector_size=16, workers=1)
    assert list(vectors.index_to_key) == given
    assert np.isfinite(vectors.vectors).all() and vectors.vectors[1:6].any(axis=1).all()


def test_hierarchical_softmax_bears_words_that_do_not_occur():
    corpus = encode_corpus(TEXT * 30, vocabulary=["x", "dog", "y", "the", "cat"])
    vectors = wordvec.SkipGram(vector_size=8, hs=True, workers=1).fit(corpus)
    assert np.isfinite(vectors.vectors).all()


@pytest.mark.parametrize("memory", [2.0, 0.0002])
def test_counting_bears_words_that_do_not_occur(memory):
    rng = np.random.default_rng(2)
    text = [[f"w{n}" for n in rng.integers(0, 9, 30)] for _ in range(300)]
    given = ["x", *[f"w{n}" for n in range(5)], "y"]
    counts = wordvec.count(encode_corpus(text, vocabulary=given), memory=memory, workers=1)
    shifted = [[word for word in sentence if word in given] for sentence in text]
    expected = wordvec.count(encode_corpus(shifted, min_count=1), workers=1)
    dense, rows = counts.to_scipy().toarray(), counts.vocabulary.ids(expected.vocabulary)
    assert np.array_equal(dense[np.ix_(rows, rows)], expected.to_scipy().toarray())
    assert not dense[0].any() and not dense[6].any()
    assert counts.stats.unlisted > 0


def test_keeping_gaps_needs_falling_counts():
    corpus = encode_corpus(TEXT, vocabulary=["cat", "the", "sat"])
    with pytest.raises(OptionError, match="gaps='keep' must have words by falling count"):
        wordvec.count(corpus, **{"gaps": "keep", "min_count": 1})
    assert Counting().gaps == "close"


def test_protected_words_stay_and_stop_words_are_left_out(tmp_path):
    corpus = encode_corpus(TEXT, min_count=2, protected=["owl", "unicorn"], stop_words=["the", "zebra"])
    assert list(corpus.vocabulary) == ["dog", "sat", "owl"] and corpus.vocabulary.counts.tolist() == [2, 2, 1]
    stats = corpus.stats
    assert accounted(stats) and (stats.read, stats.kept, stats.too_rare, stats.unlisted) == (9, 5, 2, 2)
    assert (corpus.options["protected"], corpus.options["stop_words"]) == (2, 2)
    few = encode_corpus(TEXT, min_count=1, max_vocab=2, protected=["owl"])
    assert list(few.vocabulary) == ["dog", "owl"] and accounted(few.stats) and few.stats.beyond_max_vocab == 6
    both = encode_corpus(TEXT, min_count=2, protected=["the"], stop_words=["the"])
    assert "the" in both.vocabulary and accounted(both.stats)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, TEXT)))
    found = [
        encode_corpus(path, min_count=1, cache=tmp_path, **{name: ["owl"]}) for name in ("protected", "stop_words")
    ]
    assert ["owl" in part.vocabulary for part in found] == [True, False]
    grown = encode_corpus(TEXT, grow=["fox"], min_count=2, stop_words=["the"])
    assert set(grown.vocabulary) == {"fox", "dog", "sat"} and accounted(grown.stats)
    with pytest.raises(CorpusError, match="be no stop word; none of the 6 distinct words does"):
        encode_corpus(TEXT, min_count=2, stop_words=["the", "sat", "dog"])
    with pytest.raises(OptionError, match="leave protected out"):
        encode_corpus(TEXT, vocabulary=["the"], protected=["owl"])
    with pytest.raises(OptionError, match="protected must be left out"):
        encode_corpus(TEXT, grow=["the"], protected=["owl"])
