"""HashEmbedding: schemes of sharing rows, what they learn, digits and residues of ranks, bad options."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from spelled_topics import SMALL, gap, sentences

import wordvec
from wordvec import HashEmbedding, OptionError
from wordvec.trainers.hashed import digits, residues

FIT = SMALL | {"epochs": 1}
SCHEMES = {
    "hash": {"bucket": 100},
    "hashing trick": {"bucket": 100, "hash_count": 1},
    "importance": {"scheme": "importance", "bucket": 100},
    "qr multiply": {"scheme": "qr", "bucket": 100},
    "qr add": {"scheme": "qr", "bucket": 100, "operation": "add"},
    "qr concat": {"scheme": "qr", "bucket": 100, "operation": "concat"},
    "three digits": {"scheme": "qr", "bucket": 100, "hash_count": 3},
    "residues": {"scheme": "residues", "bucket": 100},
    "unified": {"scheme": "unified", "bucket": 100, "hash_count": 4},
    "multi": {"scheme": "multi", "bucket": 80},
    "bytes": {"scheme": "bytes", "bucket": 80, "min_n": 1, "max_n": 4},
}
every_scheme = pytest.mark.parametrize("options", SCHEMES.values(), ids=SCHEMES)


@pytest.fixture(scope="module")
def two_topics():
    return sentences()


@every_scheme
def test_every_scheme_learns_and_saves(options, two_topics, tmp_path):
    vectors = HashEmbedding(**SMALL | {"epochs": 6}, **options).fit(two_topics)
    assert gap(vectors) > 0.15
    vectors.save(tmp_path / "v.safetensors")
    again = wordvec.load(tmp_path / "v.safetensors")
    again.verify()
    assert np.array_equal(np.asarray(again.vectors), np.asarray(vectors.vectors))
    assert again.most_similar("berry1ish", topn=5) == vectors.most_similar("berry1ish", topn=5)


@every_scheme
def test_training_goes_on_where_it_ended(options, two_topics):
    made = HashEmbedding(**SMALL, **options)
    first = made.fit(two_topics)
    still = dataclasses.replace(made, alpha=1e-9, min_alpha=0.0, epochs=1)
    np.testing.assert_allclose(np.asarray(still.fit(two_topics, init=first).vectors), first.vectors, atol=1e-5)
    with pytest.raises(OptionError, match=r"init must .* of the same"):
        dataclasses.replace(made, bucket=30).fit(two_topics, init=first)


@pytest.mark.parametrize("options", [SCHEMES["multi"], SCHEMES["bytes"]], ids=["multi", "bytes"])
def test_features_and_bytes_compose_unknown_words_too(options, two_topics, tmp_path):
    vectors = HashEmbedding(**SMALL | {"epochs": 5}, **options).fit(two_topics)
    unknown = ["berry99ish", "mount77ain", "berry98ish", "mount78ain"]
    assert gap(vectors, unknown) > 0.4
    known = list(vectors.index_to_key[:20])
    composed, found = vectors.subwords.compose(known)
    assert found.all() and np.array_equal(composed, [vectors[word] for word in known])
    vectors.save(tmp_path / "v.safetensors")
    assert np.array_equal(wordvec.load(tmp_path / "v.safetensors")["berry99ish"], vectors["berry99ish"])
    assert vectors.subwords.ngrams("berry1ish")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"scheme": "unified", "hash_count": 5}, "vector_size must be a multiple of hash_count"),
        ({"scheme": "qr", "operation": "concat", "hash_count": 5}, "vector_size must be a multiple"),
        ({"scheme": "qr", "hash_count": 1}, "hash_count must be 2 to 8 for qr"),
        ({"scheme": "qr", "hash_count": 9}, "hash_count must be 2 to 8 for qr"),
        ({"scheme": "qr", "bucket": 10}, "bucket must be at least 22 for 120 words of 2 rows"),
        ({"scheme": "importance", "hash_count": 9}, "hash_count must be 1 to 8 for importance"),
        ({"scheme": "md5"}, "scheme must be one of"),
    ],
)
def test_options_of_schemes_that_cannot_be(options, problem, two_topics):
    with pytest.raises(OptionError, match=problem):
        HashEmbedding(**SMALL, **options).fit(two_topics)


def test_digits_of_quotient_and_remainder_tell_all_words_apart():
    for words, bucket, count in [
        (100, 40, 2),
        (100_000, 5_000, 2),
        (100_000, 300, 3),
        (7, 6, 2),
        (1, 3, 2),
        (99, 60, 5),
    ]:
        rows = digits(words, bucket, count)
        assert len(np.unique(rows, axis=0)) == words and rows.max() < bucket
        ranges = [(rows[:, place].min(), rows[:, place].max()) for place in range(count)]
        assert all(a[1] < b[0] for a, b in pairwise(ranges)) or words == 1


@pytest.mark.parametrize(
    ("words", "bucket", "count"), [(100, 40, 2), (100_000, 5_000, 2), (100_000, 300, 3), (1, 6, 2)]
)
def test_residues_tell_all_words_apart(words, bucket, count):
    rows = residues(words, bucket, count)
    assert len(np.unique(rows, axis=0)) == words and rows.max() < bucket
    frequent = rows[: bucket // count // 2]
    assert all(len(np.unique(column)) == len(frequent) for column in frequent.T)
    with pytest.raises(OptionError, match="bucket must be at least 202"):
        residues(10_000, 20, 2)
    assert len(np.unique(residues(10_000, 202, 2), axis=0)) == 10_000
    with pytest.raises(OptionError, match="bucket must be at least 192"):  # eight numbers without common divisors
        residues(1000, 8, 8)


def test_residues_of_a_huge_table_are_found_at_once():
    assert residues(10, 2**31 - 1, 2).max() < 2**31 - 1


@pytest.mark.parametrize("bucket", [1, 2])
def test_factors_of_a_row_that_a_word_has_several_times(bucket, two_topics):
    vectors = HashEmbedding(**SMALL, scheme="importance", bucket=bucket, hash_count=8, alpha=0.05).fit(two_topics)
    assert vectors.metadata["loss"][1] < vectors.metadata["loss"][0]
