"""Which words compete, many queries in one call, and what words and lists of words have to do with each other."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.rows import Shared, as_rows
from wordvec.search import indexes
from wordvec.vectors import KeyedVectors

WORDS = [f"w{i}" for i in range(300)]
RNG = np.random.default_rng(7)
MATRIX = RNG.standard_normal((300, 12)).astype(np.float32)
MATRIX[5] = 0


def toy(**options):
    return KeyedVectors(WORDS, MATRIX, **options)


def brute(query, allowed, k):
    wide = MATRIX.astype(float)
    lengths = np.linalg.norm(wide, axis=1)
    scores = wide @ query.astype(float) / np.where(lengths > 0, lengths, 1) / np.linalg.norm(query.astype(float))
    order = sorted((i for i in allowed if lengths[i] > 0), key=lambda i: -scores[i])[:k]
    return [(WORDS[i], pytest.approx(scores[i], abs=1e-6)) for i in order]


def test_filters_are_brute_force():
    kv, rng = toy(), np.random.default_rng(1)
    for _ in range(40):
        allowed = rng.choice(300, rng.integers(1, 200), replace=False)
        mask = np.zeros(300, bool)
        mask[allowed] = True
        words = {WORDS[i] for i in allowed}
        row, k = int(rng.integers(6, 300)), int(rng.integers(1, 30))
        inside = brute(MATRIX[row], [i for i in allowed if i != row], k)
        for within in (words, list(words), allowed, allowed.tolist(), mask, mask.tolist(), words.__contains__):
            assert kv.most_similar(WORDS[row], topn=k, within=within) == inside
        outside = brute(MATRIX[row], [i for i in range(300) if i not in allowed and i != row], k)
        assert kv.most_similar(WORDS[row], topn=k, exclude=words) == outside
        assert kv.most_similar(WORDS[row], topn=k, exclude=allowed) == outside
        both = brute(MATRIX[row], [i for i in allowed if i % 2 and 50 <= i < 250 and i != row], k)
        odd = lambda word: int(word[1:]) % 2 == 0  # noqa: E731
        assert kv.most_similar(WORDS[row], topn=k, within=mask, exclude=odd, clip_start=50, clip_end=250) == both


def test_scores_below_a_bound_are_left_out():
    kv = toy()
    every = kv.most_similar("w1", topn=400)
    assert kv.most_similar("w1", topn=400, min_score=0.25) == [(w, s) for w, s in every if s >= 0.25]
    assert kv.most_similar("w1", topn=3, min_score=-2) == every[:3] and kv.most_similar("w1", min_score=1.5) == []
    assert kv.most_similar("w1", within=[]) == [] == kv.most_similar("w1", within=["w1"])
    assert kv.most_similar("w1", within=["w1", "w2", "w5"]) == [("w2", pytest.approx(kv.similarity("w1", "w2")))]
    assert kv.most_similar("w1", exclude=WORDS) == []


@pytest.mark.parametrize(
    ("some", "problem"),
    [
        ("w1", "got the one word 'w1': list it"),
        ([-1], "rows from 0 to 299; got -1 to -1"),
        ([300], "rows from 0 to 299"),
        ([True, False], "one boolean for each of 300 words; got 2"),
        ([1.5], "must be words, row numbers"),
        (np.zeros((2, 2), int), "must be words, row numbers"),
        (["w1", 3], "must be words, row numbers"),
    ],
)
@pytest.mark.parametrize("name", ["within", "exclude"])
def test_filters_that_are_none(some, problem, name):
    for ask in (toy().most_similar, lambda word, **o: toy().most_similar_batch([word], **o), toy().most_similar_cosmul):
        with pytest.raises(
            OptionError, match=f"{name} must .*{problem}" if "must" not in problem else f"{name} .*{problem}"
        ):
            ask("w2", **{name: some})
    with pytest.raises(OptionError, match=f"{name} must be left out with topn=None"):
        toy().most_similar("w2", topn=None, **{name: ["w1"]})
    with pytest.raises(UnknownWordError):
        toy().most_similar("w2", **{name: ["x"]})


def test_filters_where_words_share_rows():
    rows = [0, 1, 2, 1, 0]
    kv = KeyedVectors(list("abcde"), Shared([[1, 0], [1, 1], [0, 1]], rows))
    assert [w for w, _ in kv.most_similar("e", topn=5)] == ["b", "c"]
    for within in (["d"], [1], [False, False, False, True, False], lambda word: word == "d"):
        assert kv.most_similar("a", within=within) == [("b", pytest.approx(0.5**0.5))]
    assert [w for w, _ in kv.most_similar("a", exclude=["d"])] == ["c"]
    assert kv.closer_than("e", "c") == ["b"] and kv.rank("d", "e") == kv.rank("d", "a")
    assert kv.similarity("b", "d") == pytest.approx(1) and [w for w, _ in kv.most_similar_cosmul("e")] == ["b", "c"]


def test_many_queries_are_as_one_by_one():
    kv = toy()
    rng = np.random.default_rng(3)
    queries = ["w1", MATRIX[9] * 2, ["w2", "w3", ("w4", -0.5)], ("w7", "w8"), [MATRIX[1], "w6"], [("w9", 2.0)]]
    queries += [WORDS[i] for i in rng.integers(6, 300, 100)]
    options = {"topn": 7, "within": [w for w in WORDS if w[-1] != "4"], "exclude": ["w8"], "min_score": 0.1}
    for chosen in ({"topn": 7}, options, {"clip_start": 10, "clip_end": 90}, {"restrict_vocab": 50}):
        assert kv.most_similar_batch(queries, **chosen) == [kv.most_similar(query, **chosen) for query in queries]
    assert kv.most_similar_batch(MATRIX[6:9]) == [kv.most_similar(row) for row in MATRIX[6:9]]
    assert kv.most_similar_batch([]) == [] and kv.most_similar_batch(["w1", "w2"], topn=0) == [[], []]
    for bad, problem in (("w1", "use most_similar"), ([[]], "got neither"), ([[1.0, 2.0]], "vector of 12 numbers")):
        with pytest.raises(OptionError, match=problem):
            kv.most_similar_batch(bad)


@pytest.mark.thorough
def test_many_queries_take_little_memory():
    """Ten thousand queries of 3,000 rows: a table of all their scores would be 120 MB."""
    import tracemalloc

    rng = np.random.default_rng(1)
    kv = KeyedVectors([f"w{i}" for i in range(3000)], rng.standard_normal((3000, 8)))
    queries = kv.vectors[rng.integers(0, 3000, 10_000)]
    kv.most_similar_batch(queries[:10], topn=1)
    tracemalloc.start()
    found = kv.most_similar_batch(queries, topn=1)
    result, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 10_000 and all(len(one) == 1 and one[0][1] > 0.999999 for one in found)
    assert peak - result < 40e6


def test_an_indexer_is_asked_instead():
    class Exact(indexes.SearchIndex):
        """Finds what the library would, were it exact."""

        library = make = read = classmethod(lambda cls, *_: None)
        asked = 0

        def write(self, path):
            raise AssertionError

        def find(self, units, count, allowed):
            self.asked += 1
            units_of_rows = self._rows[self._directed] / self._rows.norms[self._directed, None]
            scores = units @ units_of_rows.T
            if allowed is not None:
                scores[:, np.setdiff1d(np.arange(len(self._directed)), allowed)] = -2
            return np.argsort(-scores, axis=1, kind="stable")[:, :count]

    kv = toy()
    index = Exact(None, as_rows(kv.vectors, kv.norms), {})
    half = np.arange(300) % 2 == 0
    several = [{}, {"topn": 3}, {"exclude": ["w2"]}, {"within": half}, {"min_score": 0.3}, {"clip_start": 50}]
    several += [{"restrict_vocab": 200}, {"clip_start": 20, "clip_end": 280, "within": half}, {"topn": 0}]
    for options in several:
        found = kv.most_similar(["w1", "w7"], "w3", indexer=index, **options)
        wanted = kv.most_similar(["w1", "w7"], "w3", **options)
        assert [word for word, _ in found] == [word for word, _ in wanted]
        assert [score for _, score in found] == pytest.approx([score for _, score in wanted])
    assert index.asked == 8
    assert kv.most_similar("w1", topn=None, indexer=index).shape == (300,)
    for bad in (lambda *_: [], "usearch", {}):
        with pytest.raises(OptionError, match=r"indexer must be an index .* build_index\(kv.vectors, norms=kv.norms\)"):
            kv.most_similar("w1", indexer=bad)
    with pytest.raises(OptionError, match="of these vectors, 10 x 12; it is of 300 x 12: build it again"):
        kv.limit(10).most_similar("w1", indexer=index)


def test_a_real_index_finds_the_words():
    if find_spec("usearch") is None:  # not imported here: build_index takes care of the order of libraries
        pytest.skip("usearch is not installed")
    kv = toy()
    index = indexes.build_index(kv.vectors, norms=kv.norms)
    assert kv.most_similar("w1", indexer=index)[0] == kv.most_similar("w1")[0]


def test_an_index_is_of_a_matrix():
    kv = toy()
    for arguments, options in (((kv,), {}), ((kv.vectors,), {}), ((kv,), {"norms": kv.norms})):
        with pytest.raises(OptionError, match=r"as build_index\(kv.vectors, norms=kv.norms\)"):
            indexes.build_index(*arguments, **options)
    with pytest.raises(OptionError, match="norms must be one length for each of 300 rows"):
        indexes.build_index(kv.vectors, norms=kv.norms[:3])


@pytest.mark.parametrize(("value", "problem"), [(np.nan, "not finite"), (np.inf, "not finite"), (0, "zero")])
def test_a_word_without_direction_is_named(value, problem):
    kv = KeyedVectors(["a", "b", "c"], [[1, 2], [value, value], [3, 1]])
    for ask in (kv.most_similar, lambda word: kv.most_similar_batch(["a", word])):
        with pytest.raises(OptionError, match=f"must have a vector with a direction; that of 'b' is {problem}"):
            ask("b")
    if value == 0:  # as gensim has it
        assert kv.most_similar(["a", "b"], topn=1)[0][0] == "c"
    with pytest.raises(OptionError, match="other than zero"):
        kv.most_similar("a", "a")


def test_wrong_types_are_option_errors():
    kv = toy()
    for bad in ("x", True, [1], float("nan")):
        with pytest.raises(OptionError, match="min_score must be a number; got"):
            kv.most_similar("w1", min_score=bad)
    for bad in (5, 0.5, object(), b"w1", [["w1"], ["w2", "w3"]], [None], [["w1"]]):
        for name in ("within", "exclude"):
            with pytest.raises(OptionError, match=f"^{name} must be"):
                kv.most_similar("w1", **{name: bad})


def test_cosmul():
    kv = toy()
    wide = MATRIX.astype(float)
    with np.errstate(invalid="ignore"):
        units = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    shifted = (1 + np.nan_to_num(units) @ units[[1, 2, 3, 4]].T) / 2
    scores = shifted[:, 0] * shifted[:, 1] / (shifted[:, 2] * shifted[:, 3] + 1e-6)
    found = kv.most_similar_cosmul(["w1", "w2"], ["w3", "w4"], topn=20)
    order = [i for i in np.argsort(-scores) if i not in (1, 2, 3, 4, 5)][:20]
    assert found == [(WORDS[i], pytest.approx(scores[i], rel=1e-5)) for i in order]
    every = kv.most_similar_cosmul(["w1", "w2"], ["w3", "w4"], topn=None)
    assert every == pytest.approx(scores, rel=1e-4)
    assert {w for w, _ in kv.most_similar_cosmul("w1", topn=99, restrict_vocab=10)} == set(WORDS[:10]) - {"w1", "w5"}
    clipped = kv.most_similar_cosmul("w1", "w2", topn=99, clip_start=100, clip_end=104, exclude=["w101"])
    assert {w for w, _ in clipped} == {"w100", "w102", "w103"}
    assert kv.most_similar_cosmul("w1", topn=0) == [] and kv.most_similar_cosmul("w1", topn=None, clip_end=9).shape == (
        9,
    )
    assert [w for w, _ in kv.most_similar_cosmul("w1")] == [w for w, _ in kv.most_similar("w1")]
    scaled = kv.most_similar_cosmul(MATRIX[1] * 9, "w2", topn=9)  # a vector counts by its direction
    assert scaled == [(w, pytest.approx(s)) for w, s in kv.most_similar_cosmul(MATRIX[1], "w2", topn=9)]
    for bad in ({}, {"negative": "w1"}, {"positive": []}):
        with pytest.raises(OptionError, match="positive must hold"):
            kv.most_similar_cosmul(**bad)
    with pytest.raises(OptionError, match=r"without weights; got 2\.0 for 'w1'"):
        kv.most_similar_cosmul([("w1", 2.0)])


def test_small_comparisons():
    kv = toy()
    given = ["w9", "w17", "w3"]
    assert kv.most_similar_to_given("w1", given) == max(given, key=lambda w: kv.similarity("w1", w))
    for bad in ([], "w1"):
        with pytest.raises(OptionError, match="keys_list must be a list"):
            kv.most_similar_to_given("w1", bad)
    cosines = KeyedVectors.cosine_similarities(MATRIX[1], MATRIX)
    assert cosines.dtype == np.float32 and cosines[5] == 0 and cosines[1] == pytest.approx(1)
    assert 1 - cosines == pytest.approx(kv.distances("w1"), abs=1e-6)
    assert not KeyedVectors.cosine_similarities(np.zeros(3), np.ones((4, 3))).any()
    assert KeyedVectors.cosine_similarities([1, 0], np.empty((0, 2))).shape == (0,)
    with pytest.raises(OptionError, match="rows as long as vector_1"):
        KeyedVectors.cosine_similarities([1, 2, 3], [[1, 2]])
    near = [score for _, score in kv.most_similar("w1", topn=10)]
    assert kv.relative_cosine_similarity("w1", "w2") == pytest.approx(kv.similarity("w1", "w2") / sum(near))
    with pytest.raises(OptionError, match="topn must be"):
        kv.relative_cosine_similarity("w1", "w2", topn=0)


def test_centrality():
    kv = KeyedVectors(["cat", "dog", "cow", "car"], [[1, 0.1], [1, 0.2], [30, 0], [0, 1]])
    ranked = kv.rank_by_centrality(["cat", "dog", "cow", "car"])
    assert [w for _, w in ranked] == ["dog", "cat", "cow", "car"] and ranked[0][0] > ranked[1][0]
    assert kv.rank_by_centrality(["cat", "dog", "cow"], use_norm=False)[0][1] == "cow"
    with pytest.warns(UserWarning, match=r"left out 1 words without a vector: \['x'\]"):
        assert kv.rank_by_centrality(["cat", "x"]) == [(pytest.approx(1), "cat")]
    with pytest.raises(OptionError, match="at least one word"):
        kv.rank_by_centrality([])


# Word Mover's Distance


def test_distance_of_texts_in_closed_form():
    kv = KeyedVectors(list("abcd"), [[0, 0], [3, 4], [0, 1], [6, 8]])
    move = lambda one, two: kv.wmdistance(list(one), list(two), norm=False)  # noqa: E731
    assert move("a", "b") == 5 and move("a", "a") == 0 == move("abca", "aabc") and move("ab", "bd") == 5
    assert move("ab", "c") == pytest.approx((1 + 18**0.5) / 2) and move("aab", "a") == pytest.approx(5 / 3)
    assert move("ab", "cd") == pytest.approx((1 + 5) / 2)  # a to c and b to d, which is less than the other way round
    assert kv.wmdistance(["b"], ["d"]) == pytest.approx(0)  # of the same direction
    assert move("ax", "b") == 5 and move("x", "b") == move("", "b") == float("inf") == move("", "")
    with pytest.raises(OptionError, match="the str 'a b': split it"):
        kv.wmdistance("a b", ["a"])


def test_distance_of_texts_is_brute_force():
    """Of texts with as many words each, all distinct, the best flow is a permutation."""
    from itertools import permutations

    kv, rng = toy(), np.random.default_rng(1)
    units = kv.get_normed_vectors().astype(float)
    for size in (2, 3, 5):
        rows = rng.choice(np.arange(6, 300), 2 * size, replace=False)
        left, right = rows[:size], rows[size:]
        costs = np.linalg.norm(units[left][:, None] - units[right][None], axis=2)
        best = min(sum(costs[i, p] for i, p in enumerate(order)) for order in permutations(range(size))) / size
        texts = [[WORDS[i] for i in side] for side in (left, right)]
        assert kv.wmdistance(*texts) == pytest.approx(best, abs=1e-7) == kv.wmdistance(*texts[::-1])
        assert kv.wmdistance(texts[0] + texts[1], texts[1] + texts[0]) == 0
        shared = kv.wmdistance([*texts[0], "w1"], [*texts[1], "w1"])  # what both have need not move
        assert shared == pytest.approx(best * size / (size + 1), abs=1e-7)


def test_distance_of_texts_does_not_need_scipy_before_it_is_asked():
    import subprocess

    code = "import sys; from wordvec.vectors import KeyedVectors; print('scipy' in sys.modules)"
    path = {"PYTHONPATH": str(__import__("pathlib").Path(__import__("wordvec").__file__).parent.parent)}
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path).stdout == "False\n"
