"""Counting pairs of words: equal to a dictionary for every option, and the same whatever the threads and memory."""

import subprocess
import sys
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pytest

import wordvec
from wordvec.cooccurrence import Counting
from wordvec.cooccurrence.plan import Plan
from wordvec.corpus.subsampling import keep_chances


def texts(seed, sentences=60, words=12, longest=15):
    """Sentences of words whose frequencies differ widely."""
    rng = np.random.default_rng(seed)
    draw = np.minimum(rng.zipf(1.5, sentences * longest), words)
    ends = np.cumsum(rng.integers(0, longest, sentences))
    return [[f"w{n}" for n in part] for part in np.split(draw[: ends[-1]], ends[:-1]) if len(part)]


def weight(kind, distance, window):
    return {
        "flat": Fraction(1),
        "harmonic": Fraction(1, distance),
        "linear": Fraction(window + 1 - distance, window),
    }[kind]


def naive(sentences, *, window, side="both", distance_weight="flat", gaps="close", min_count=1, per_offset=False):
    """{(word, context, offset or None): weight}, one pair at a time."""
    counts = Counter(word for sentence in sentences for word in sentence)
    total = defaultdict(Fraction)
    for sentence in sentences:
        kept = [word if counts[word] >= min_count else None for word in sentence]
        if gaps == "close":
            kept = [word for word in kept if word is not None]
        for i, word in enumerate(kept):
            for j in range(max(0, i - window), min(len(kept), i + window + 1)):
                if i == j or word is None or kept[j] is None:
                    continue
                if (side == "left" and j > i) or (side == "right" and j < i):
                    continue
                total[word, kept[j], j - i if per_offset else None] += weight(distance_weight, abs(j - i), window)
    return total


def dictionary(counts):
    words, cells = list(counts.vocabulary), {}
    for i, word in enumerate(words):
        for at in range(counts.indptr[i], counts.indptr[i + 1]):
            block, column = divmod(int(counts.indices[at]), len(words))
            offset = None if counts.offsets is None else int(counts.offsets[block])
            cells[word, words[column], offset] = counts.data[at]
    return cells


def assert_equal(counts, expected):
    found = dictionary(counts)
    assert set(found) == set(expected)
    assert all(found[cell] == np.float32(float(expected[cell])) for cell in expected)


def assert_same(one, other):
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert list(one.vocabulary) == list(other.vocabulary) and one.options == other.options
    assert one.stats == other.stats


@pytest.mark.parametrize("window", [1, 2, 5, 30])
@pytest.mark.parametrize("side", ["both", "left", "right"])
@pytest.mark.parametrize("distance_weight", ["flat", "harmonic", "linear"])
def test_equals_a_dictionary(window, side, distance_weight):
    sentences = texts(window, longest=40)
    options = {"window": window, "side": side, "distance_weight": distance_weight}
    assert_equal(wordvec.count(sentences, min_count=1, workers=2, **options), naive(sentences, **options))


@pytest.mark.parametrize("gaps", ["close", "keep"])
@pytest.mark.parametrize("per_offset", [False, True])
@pytest.mark.parametrize("side", ["both", "left", "right"])
def test_gaps_and_offsets(gaps, per_offset, side):
    sentences = texts(3, words=40)
    options = {"window": 4, "side": side, "gaps": gaps, "min_count": 4, "distance_weight": "harmonic"}
    counts = wordvec.count(sentences, per_offset=per_offset, **options)
    assert_equal(counts, naive(sentences, per_offset=per_offset, **options))
    assert counts.options["min_count"] == 4 and len(counts.vocabulary) < 40
    stats = counts.stats
    assert stats.read == stats.kept + stats.too_rare + stats.beyond_max_vocab == sum(map(len, sentences))
    assert stats.kept == counts.vocabulary.counts.sum()
    assert (counts.offsets is not None) == per_offset


def test_the_columns_of_offsets_add_up():
    sentences = texts(5)
    apart = wordvec.count(sentences, window=3, min_count=1, per_offset=True)
    together = wordvec.count(sentences, window=3, min_count=1)
    assert apart.offsets.tolist() == [-3, -2, -1, 1, 2, 3]
    blocks = apart.to_scipy().toarray().reshape(len(apart.vocabulary), 6, -1)
    assert np.array_equal(blocks.sum(1), together.to_scipy().toarray())
    assert np.array_equal(blocks[:, 2], blocks[:, 3].T)  # one before is, from the other word, one after


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"per_offset": True},
        {"sample": 0.01},
        {"sample": 0.01, "subsample": "sampled"},
        {"gaps": "keep", "min_count": 3, "sample": 0.02, "subsample": "sampled"},
    ],
    ids=str,
)
def test_memory_and_workers_change_nothing(options, monkeypatch):
    monkeypatch.setattr("wordvec.cooccurrence.plan.MOST_CELLS", 64)
    sentences = texts(7, sentences=20_000, words=30)
    how = {"window": 3, "distance_weight": "harmonic", "min_count": 1} | options
    encoded = wordvec.encode_corpus(sentences, min_count=1)
    assert len(encoded.chunks()) > 4
    expected = wordvec.count(encoded, workers=1, **how)
    for workers, memory in [(2, 2.0), (1, 0.0007), (3, 0.0007), (2, 0.0004)]:
        per_offset = how.get("per_offset", False)
        chosen = Counting(workers=workers, memory=memory, **{k: v for k, v in how.items() if k != "per_offset"})
        several = len(Plan.make(encoded, chosen, per_offset).sentences) > 2
        assert several == (memory < 1)
        assert_same(wordvec.count(encoded, workers=workers, memory=memory, **how), expected)


def test_sums_beyond_32_bits(monkeypatch):
    """A row whose sums may not fit into narrow ones is counted in wide ones, with the same result."""
    sentences = [["a", "b"] * 500] * 40
    options = {"window": 22, "distance_weight": "harmonic", "min_count": 1}
    counts = wordvec.count(sentences, **options)
    expected = naive(sentences[:1], **options)
    assert_equal(counts, {cell: 40 * value for cell, value in expected.items()})
    assert max(expected.values()) * 40 * 232792560 > 2**32  # the unit of window 22 is the least common multiple


def test_subsampling_in_expectation():
    sentences = texts(11, sentences=300)
    plain = wordvec.count(sentences, window=3, min_count=1)
    weighed = wordvec.count(sentences, window=3, min_count=1, sample=0.01)
    chance = keep_chances(plain.vocabulary.counts, 0.01)
    assert chance.min() < 0.5 and chance.max() == 1
    dense = plain.to_scipy().toarray() * chance[:, None] * chance
    np.testing.assert_allclose(weighed.to_scipy().toarray(), dense, rtol=1e-6)


def test_sampling_draws_with_these_chances_and_closes_gaps():
    sentences = [["a", "a", "b", "a"]] * 4000
    counts = wordvec.count(sentences, window=1, min_count=1, sample=0.1, subsample="sampled", seed=3)
    chance = float(keep_chances(np.array([12000]), 0.1)[0])  # of a, were there no b
    kept_a, kept_b = keep_chances(np.array([12000, 4000]), 0.1)
    # b's left neighbour is whichever of the two a before it is kept
    expected = 4000 * kept_b * (1 - (1 - kept_a) ** 2)
    left = wordvec.count(sentences, window=1, min_count=1, sample=0.1, subsample="sampled", seed=3, side="left")
    found = dictionary(left)["b", "a", None]
    assert chance < kept_a < 0.7
    assert abs(found - expected) < 5 * np.sqrt(expected)
    other = wordvec.count(sentences, window=1, min_count=1, sample=0.1, subsample="sampled", seed=4)
    assert not np.array_equal(counts.data, other.data)


def test_long_sentences_and_unknown_words_do_not_join_neighbours():
    counts = wordvec.count([["a", "b"], ["c", "d"]], window=5, min_count=1)
    assert set(dictionary(counts)) == {("a", "b", None), ("b", "a", None), ("c", "d", None), ("d", "c", None)}


@pytest.mark.parametrize(
    ("sentences", "options", "message"),
    [
        ([["a"], ["b"]], {"min_count": 1}, "must have two words"),
        ([["a", "x"], ["a", "y"]], {"min_count": 2}, "must have two words"),
        ([["a", "x"], ["a", "y"]], {"min_count": 2, "gaps": "keep"}, "no two words stand near"),
        ([["a", "b"]], {"min_count": 2}, "no word occurs 2 times"),
        ([["a", "b"]], {"min_count": 2, "gaps": "keep"}, "no word occurs 2 times"),
        ([], {}, "no tokens"),
    ],
    ids=str,
)
def test_nothing_to_count(sentences, options, message):
    with pytest.raises(wordvec.CorpusError, match=message):
        wordvec.count(sentences, **options)


def test_a_window_longer_than_every_sentence():
    sentences = [["a", "b", "c"], ["b", "a"]]
    assert_equal(wordvec.count(sentences, window=1000, min_count=1), naive(sentences, window=1000))


def test_a_word_beside_itself():
    assert dictionary(wordvec.count([["a", "a", "a"]], window=2, min_count=1)) == {("a", "a", None): 6}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": 0.0}, "memory must be a number > 0"),
        ({"memory": 1e-6}, r"memory must be at least .* GB for 12 words and 1 workers; got 1e-06"),
        ({"window": 0}, "window must be an integer >= 1"),
        ({"side": "up"}, "side must be one of both, left, right"),
        ({"distance_weight": "1/k"}, "distance_weight must be one of"),
        ({"sample": -0.1}, "sample must be a number >= 0"),
    ],
    ids=str,
)
def test_options_out_of_bounds(options, message):
    with pytest.raises(wordvec.OptionError, match=message):
        wordvec.count(texts(1), min_count=1, workers=1, **options)
    with pytest.raises(TypeError, match="no_such"):
        wordvec.count(texts(1), no_such=1)


def test_too_many_columns():
    corpus = wordvec.encode_corpus([[f"w{i}" for i in range(1_100_000)]], min_count=1)
    with pytest.raises(wordvec.OptionError, match=r"fewer than 2\^31 columns"):
        wordvec.count(corpus, window=1000, per_offset=True)


def test_the_arrays_are_read_only_and_the_sums_right():
    counts = wordvec.count(texts(2), window=2, min_count=1, side="right")
    rows, columns = counts.sums()
    dense = counts.to_scipy().toarray()
    np.testing.assert_allclose(rows, dense.sum(1))
    np.testing.assert_allclose(columns, dense.sum(0))
    for array in (counts.indptr, counts.indices, counts.data):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 0


FULL = """
import resource, sys, wordvec
from wordvec.cooccurrence import Counting
words = [[f"w{i * j % 997}" for j in range(400)] for i in range(400)]
corpus = wordvec.encode_corpus(words, min_count=1)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    wordvec.count(corpus, window=5, memory=float(sys.argv[1]), workers=1)
except wordvec.CorpusError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
@pytest.mark.parametrize(("memory", "message"), [("2", "write the counts"), ("0.0008", "do not fit into memory")])
def test_a_full_disk(memory, message):
    done = subprocess.run([sys.executable, "-c", FULL, memory], capture_output=True, text=True, check=True)
    assert message in done.stdout and "TMPDIR" in done.stdout


def test_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no" / "such"))
    with pytest.raises(wordvec.CorpusError, match="cannot make a folder"):
        wordvec.count([["a", "b"]], min_count=1)


@pytest.mark.parametrize("weighting", ["harmonic", "flat"])
@pytest.mark.parametrize("longest", [None, 20_000], ids=["at once", "in runs"])
def test_rare_words_among_many_are_counted_as_frequent_ones_are(longest, weighting, monkeypatch):
    """Their few columns are listed, since looking at the marks of all columns for each row would be quadratic."""
    if longest:
        monkeypatch.setattr("wordvec.cooccurrence.plan.LONGEST_BLOCK", longest)
    rng = np.random.default_rng(2)
    ids = np.where(rng.random(60_000) < 0.4, rng.integers(0, 50, 60_000), rng.integers(0, 40_000, 60_000))
    sentences = [[f"w{i}" for i in part] for part in np.split(ids, np.arange(9, 60_000, 9)).copy()]
    counts = wordvec.count(sentences, window=3, min_count=1, distance_weight=weighting, workers=2)
    expected = {}
    place = counts.vocabulary.key_to_index
    for sentence in sentences:
        rows = [place[word] for word in sentence]
        for i, row in enumerate(rows):
            for far in range(1, 4):
                for j in (i - far, i + far):
                    if 0 <= j < len(rows):
                        at = (row, rows[j])
                        expected[at] = expected.get(at, 0) + (1 / far if weighting == "harmonic" else 1)
    matrix = counts.to_scipy().tocoo()
    found = dict(zip(zip(matrix.row.tolist(), matrix.col.tolist()), matrix.data.tolist()))
    assert found.keys() == expected.keys()
    assert np.allclose([found[at] for at in expected], list(expected.values()), rtol=1e-6)
