"""What queries take and refuse, and the edges of their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.base.errors import OptionError

WORDS = [f"w{i}" for i in range(40)]
ROWS = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def kv():
    return KeyedVectors(WORDS, ROWS)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda kv: kv.most_similar([("w1", "w2")]), "the weight a number"),
        (lambda kv: kv.most_similar("w1", topn="3"), "topn must be a whole number; got '3'"),
        (lambda kv: kv.most_similar("w1", topn=2.0), "topn must be a whole number; got 2.0"),
        (lambda kv: kv.most_similar_cosmul("w1", topn="3"), "topn must be a whole number; got '3'"),
        (lambda kv: kv.most_similar_batch(["w1"], topn=None), "topn must be a whole number; got None"),
        (lambda kv: kv.most_similar_batch(["w1"], topn=1.5), "topn must be a whole number; got 1.5"),
        (lambda kv: kv.relative_cosine_similarity("w1", "w2", topn=None), "topn must be a whole number; got None"),
        (lambda kv: kv.most_similar("w1", within=3), "within must be words, rows"),
        (lambda kv: kv.most_similar("w1", exclude=[[1], [2, 3]]), "exclude must be one list"),
        (lambda kv: kv.most_similar("w1", restrict_vocab=2.5), "restrict_vocab must be a whole number; got 2.5"),
        (lambda kv: kv.most_similar("w1", clip_end="9"), "clip_end must be a whole number; got '9'"),
        (lambda kv: kv.most_similar("w1", min_score="x"), "min_score must be a number; got 'x'"),
        (lambda kv: kv.most_similar(3), "a query must be a word, a vector, or a list"),
        (lambda kv: kv.most_similar([[[1], [2, 3]]]), "a key must be a word or a vector of 8 numbers"),
        (lambda kv: kv.get_mean_vector(3), "keys must be words and vectors; got 3"),
        (lambda kv: kv.merge([kv]), "others must be KeyedVectors, each an argument; got list"),
        (lambda kv: kv.limit(2.0), "size must be a number of words; got 2.0"),
    ],
)
def test_bad_arguments_are_option_errors(kv, call, said):
    with pytest.raises(OptionError) as info:
        call(kv)
    assert said in str(info.value)


def test_arrays_of_words_are_lists_of_words(kv):
    some = np.array(["w1", "w2", "w3"])
    assert kv.most_similar("w0", within=some) == kv.most_similar("w0", within=some.tolist())
    assert kv.most_similar("w0", within=some.astype(object)) == kv.most_similar("w0", within=some.tolist())
    assert kv.most_similar("w0", within=np.array([])) == []
    assert len(kv.most_similar("w0", topn=39, exclude=np.array([]))) == 39
    np.testing.assert_array_equal(kv[some], ROWS[1:4])


def test_numbers_may_be_those_of_numpy(kv):
    assert kv.most_similar("w0", topn=np.int32(2)) == kv.most_similar("w0", topn=2)
    assert kv.most_similar_batch(["w0"], topn=np.int64(2)) == [kv.most_similar("w0", topn=2)]
    assert kv.most_similar("w0", restrict_vocab=np.int64(5)) == kv.most_similar("w0", restrict_vocab=5)
    assert list(kv.limit(np.int64(3))) == WORDS[:3]


def test_generators_are_lists(kv):
    np.testing.assert_array_equal(kv.get_mean_vector(w for w in WORDS), kv.get_mean_vector(WORDS))
    np.testing.assert_array_equal(kv.distances("w0", (w for w in WORDS)), kv.distances("w0", WORDS))
    assert kv.rank_by_centrality(w for w in WORDS) == kv.rank_by_centrality(WORDS)


def test_similarities_are_never_beyond_1():
    rows = np.random.default_rng(1).standard_normal((300, 5)).astype(np.float32)
    words = [str(i) for i in range(300)]
    kv = KeyedVectors(words, rows)
    assert any(u @ u > 1 for u in (rows.astype(float) / np.sqrt(np.square(rows.astype(float)).sum(axis=1))[:, None]))
    assert max(kv.similarity(w, w) for w in words) == 1
    assert max(kv.n_similarity([w], [w]) for w in words) <= 1
    assert min(kv.distances(w, [w])[0] for w in words) == 0 == min(kv.distance(w, w) for w in words)


def test_a_relative_similarity_to_neighbours_at_right_angles_is_0():
    kv = KeyedVectors(["a", "b"], [[1, 0], [0, 1]])
    assert kv.relative_cosine_similarity("a", "b") == 0


@pytest.mark.parametrize("options", [{"codec": "bits", "rescore": None}, {"codec": "bits"}, {"codec": "pq", "m": 2}])
def test_ranks_are_the_places_among_the_most_similar(kv, options):
    small = kv.compress(**options)
    found = [word for word, _ in small.most_similar("w3", topn=40)]
    assert len(found) == 39
    scores = dict(small.most_similar("w3", topn=40))
    for word in found:
        above = [other for other in found if scores[other] > scores[word] + 1e-9]
        assert sorted(small.closer_than("w3", word)) == sorted(above)
        assert small.rank("w3", word) == len(above) + 1
