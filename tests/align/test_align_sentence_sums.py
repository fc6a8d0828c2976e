"""Context vectors added up in each sentence: by definition, by lot, and the same whatever is looked up at a time."""

import numpy as np
import pytest

from wordvec import KeyedVectors, encode_corpus
from wordvec.align.temporal import sentence_sums
from wordvec.align.temporal.sentence_sums import SentenceSums, groups_of, weighed

WORDS = [f"w{i}" for i in range(12)]
SPACE = KeyedVectors(WORDS, np.random.default_rng(0).standard_normal((12, 5)))


@pytest.fixture(scope="module")
def texts():
    """Two texts of short sentences, some of one word, with words that have no vector."""
    rng = np.random.default_rng(1)
    return [
        [[f"w{i}" for i in rng.integers(0, 14, size)] for size in rng.integers(1, 9, sentences)]
        for sentences in (90, 70)
    ]


@pytest.fixture(scope="module")
def weighed_texts(texts):
    return weighed(SPACE, [encode_corpus(text, min_count=1) for text in texts], 0.0)


def sums_of(text, words=(0, 5, 11), **options):
    chosen = {"window": 2, "block": 1, "most": 1000, "lot": (1, 0), **options}
    return SentenceSums(SPACE, text, **chosen).of(np.array(words))


def expected(text, word, window, block):
    """[S, D] the sums by definition."""
    sums = {}
    for number, line in enumerate(text):
        for place, other in enumerate(line):
            near = [*line[max(0, place - window) : place], *line[place + 1 : place + 1 + window]]
            known = [SPACE[one] / np.linalg.norm(SPACE[one]) for one in near if one in SPACE]
            if other == word and known:
                sums[number // block] = sums.get(number // block, 0) + np.sum(known, axis=0)
    return np.array(list(sums.values()))


def by_rows(matrix):
    return matrix[np.lexsort(matrix.T)]


@pytest.mark.parametrize(("window", "block"), [(1, 1), (2, 1), (30, 1), (2, 4), (2, 1000)])
def test_sums_are_those_of_the_definition(texts, weighed_texts, window, block):
    for word, found in zip((0, 5, 11), sums_of(weighed_texts[0], window=window, block=block), strict=True):
        right = expected(texts[0], f"w{word}", window, block)
        assert found.sentences == len(right) > 0
        np.testing.assert_allclose(by_rows(found.sums), by_rows(right), atol=1e-6)


def test_sentences_are_drawn_by_lot_and_counted_all(weighed_texts):
    every = sums_of(weighed_texts[0])
    some = sums_of(weighed_texts[0], most=7)
    assert [one.sentences for one in some] == [one.sentences for one in every]
    for few, all_of_them in zip(some, every, strict=True):
        assert len(few.sums) == 7 and len(all_of_them.sums) == all_of_them.sentences > 7
        assert all(np.isclose(all_of_them.sums, row).all(axis=1).any() for row in few.sums)
    other = sums_of(weighed_texts[0], most=7, lot=(2, 0))
    assert not np.array_equal(other[0].sums, some[0].sums)
    drawn = [sums_of(weighed_texts[0], (0,), most=1, lot=(seed, 0))[0].sums[0] for seed in range(400)]
    mean = every[0].sums.mean(axis=0)  # every sentence is as likely as any other
    assert np.abs(np.mean(drawn, axis=0) - mean).max() < 4 * every[0].sums.std(axis=0).max() / np.sqrt(400)


@pytest.mark.parametrize("most", [3, 1000])
@pytest.mark.parametrize("block", [1, 3])
def test_parts_do_not_change_the_sums(weighed_texts, monkeypatch, most, block):
    """What is looked up at a time, and with which other words, does not matter."""
    whole = sums_of(weighed_texts[0], most=most, block=block)
    for name, size in (("_TOKENS", 10), ("_PLACES", 5), ("_CELLS", 12)):
        monkeypatch.setattr(sentence_sums, name, size)
    parts = sums_of(weighed_texts[0], most=most, block=block)
    alone = sums_of(weighed_texts[0], (5,), most=most, block=block)
    for one, other in [*zip(whole, parts, strict=True), (whole[1], alone[0])]:
        assert one.sentences == other.sentences
        np.testing.assert_allclose(one.sums, other.sums, atol=1e-12)


def test_words_are_grouped_by_the_bytes_of_their_sums(weighed_texts, monkeypatch):
    sides = [SentenceSums(SPACE, text, window=2, block=1, most=10, lot=(1,)) for text in weighed_texts]
    rows = np.arange(12)
    sizes = sum(side.most_bytes(rows) for side in sides)
    assert sizes.max() == 2 * 10 * 5 * 8  # ten sentences of two texts, five dimensions of eight bytes
    real = [sum(found.sums.nbytes for found in pair) for pair in zip(*(side.of(rows) for side in sides), strict=True)]
    assert (real <= sizes).all()
    for budget in (1, 1000, 1 << 26):
        monkeypatch.setattr(sentence_sums, "_BYTES", budget)
        groups = groups_of(sides, rows)
        assert np.concatenate(groups).tolist() == rows.tolist()
        assert all(len(group) == 1 or sizes[group].sum() < budget + sizes.max() for group in groups)
    assert len(groups) == 1


def test_words_without_a_row_or_an_occurrence_have_no_sums(weighed_texts):
    none, some = sums_of(weighed_texts[0], (-1, 3))
    assert none.sentences == 0 and none.sums.shape == (0, 5) and some.sentences > 0
    empty = weighed(SPACE, [encode_corpus([["zzz"]], min_count=1)], 0.0)[0]
    assert [one.sums.shape for one in sums_of(empty)] == [(0, 5)] * 3
