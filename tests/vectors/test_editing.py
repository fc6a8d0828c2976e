"""New vectors from old ones leave the old ones as they were."""

import pickle

import numpy as np
import pytest

from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

DIM = 6


def toy(words=("a", "b", "c", "d"), counts=(4, 9, 9, 1), seed=1, **options):
    matrix = np.random.default_rng(seed).standard_normal((len(words), DIM)).astype(np.float32)
    return KeyedVectors(list(words), matrix, counts=counts, metadata={"k": 1}, **options)


def test_subset_drop_and_limit():
    kv = toy(context=np.ones((4, DIM)) * np.arange(4)[:, None])
    kv.set_vecattr("c", "n", 3)
    part = kv.subset(["c", "a"])
    assert list(part) == ["c", "a"] and part.vocabulary.counts.tolist() == [9, 4]
    assert part["c"].tolist() == kv["c"].tolist() and part.get_vecattr("c", "n") == 3
    assert part.context.tolist() == [[2] * DIM, [0] * DIM] and part.metadata == {"k": 1}
    assert list(kv.subset(rows=[3, 0])) == ["d", "a"] == list(kv.subset(rows=np.array([3, 0], np.uint8)))
    assert list(kv.subset(rows=slice(1, 3))) == ["b", "c"] and list(kv.subset(rows=[False, True, True, False])) == [
        "b",
        "c",
    ]
    assert list(kv.drop(["b", "d"])) == ["a", "c"] and list(kv.limit(2)) == ["a", "b"] and len(kv.limit(9)) == 4
    assert list(kv) == ["a", "b", "c", "d"] and len(kv.subset([])) == 0 == len(kv.limit(0))
    with pytest.warns(UserWarning, match="context is left out: its 2 rows are not those of the 4 words") as caught:
        assert toy(context=np.ones((2, DIM))).subset(["a"]).context is None
    assert caught[0].filename == __file__
    for ask, problem in (
        (lambda: kv.subset("ab"), "put it in a list"),
        (lambda: kv.drop("ab"), "put it in a list"),
        (lambda: kv.subset(["a", "a"]), "must be distinct; 'a'"),
        (lambda: kv.subset(rows=[1, -1]), "rows must be from 0 to 3; got -1"),
        (lambda: kv.subset(rows=[4]), "rows must be from 0 to 3"),
        (lambda: kv.subset(rows=[0.5]), "row numbers or 4 booleans"),
        (lambda: kv.subset(rows=[True]), "row numbers or 4 booleans"),
        (lambda: kv.subset(), "either words or rows"),
        (lambda: kv.subset(["a"], rows=[0]), "either words or rows"),
        (lambda: kv.limit(-1), "size must be"),
    ):
        with pytest.raises(OptionError, match=problem):
            ask()
    for ask in (lambda: kv.subset(["x"]), lambda: kv.drop(["x"]), lambda: kv.rename({"x": "y"})):
        with pytest.raises(UnknownWordError):
            ask()


def test_rename():
    kv = toy()
    new = kv.rename({"a": "b", "b": "a", "d": "naïve"})
    assert list(new) == ["b", "a", "c", "naïve"] and new["b"].tolist() == kv["a"].tolist()
    assert new.vocabulary.counts.tolist() == [4, 9, 9, 1] and list(kv) == ["a", "b", "c", "d"]
    with pytest.raises(OptionError, match="must be distinct; 'b'"):
        kv.rename({"a": "b"})


def test_dedupe(tmp_path):
    rng = np.random.default_rng(1)
    unique = rng.standard_normal((40, DIM)).astype(np.float32)
    rows = np.concatenate([np.arange(40), rng.integers(0, 40, 60)])[rng.permutation(100)]
    kv = KeyedVectors([f"w{i}" for i in range(100)], unique[rows], counts=range(100, 0, -1))
    kv.set_vecattr("w50", "n", 50)
    small = kv.dedupe()
    assert small.vectors.shape == (40, DIM) and len(small) == 100 and small.rows.row_of[:40].tolist() == list(range(40))
    owners = list(small)[:40]
    assert owners == sorted(owners, key=kv.get_index) and list(small)[40:] == [w for w in kv if w not in owners]
    small.save(tmp_path / "x")
    for vectors in (
        small,
        KeyedVectors.load(tmp_path / "x"),
        small.to_memory(),
        small.dedupe(),
        small.with_oov("zero"),
    ):
        assert len(vectors.vectors) == 40
        for word in kv:
            assert vectors[word].tolist() == kv[word].tolist()
            assert vectors.get_vecattr(word, "count") == kv.get_vecattr(word, "count")
        assert vectors.get_vecattr("w50", "n") == 50 and vectors.get_vecattr("w51", "n") == 0
        found = vectors.most_similar("w99", topn=200)
        assert {w for w, _ in found} == set(owners) - {owners[small.key_to_index["w99"]]}
        own = vectors.subset(["w99", "w3"])
        assert own.rows.row_of is None and own["w99"].tolist() == kv["w99"].tolist()
    assert kv.limit(1).dedupe().rows.row_of is None
    # A change gives every word a row of its own: the words that shared one do not follow.
    first, second = next((a, b) for a in owners for b in list(small)[40:] if small[a].tolist() == small[b].tolist())
    changed = small.to_memory()
    changed[second] = np.zeros(DIM)
    assert changed.rows.row_of is None and changed[first].tolist() == kv[first].tolist() and not changed[second].any()
    assert len(changed.vectors) == 100 == len(changed.norms)
    sorted_again = small.to_memory()
    sorted_again.sort_by_descending_frequency()
    assert list(sorted_again) == list(kv) and np.array_equal(sorted_again.vectors, kv.vectors)
    zero = KeyedVectors(["a", "b"], [[0.0], [-0.0]])
    assert len(zero.dedupe().vectors) == 2  # not the same bits


def test_dedupe_believes_bytes_not_hashes(monkeypatch):
    kv = KeyedVectors(list("abc"), [[1, 2], [2, 1], [1, 2]])
    monkeypatch.setattr("wordvec.vectors.editing._row_hashes", lambda bits: np.zeros(len(bits), np.uint64))
    assert kv._owners().tolist() == [0, 1, 0]


def test_merge():
    first = KeyedVectors(["a", "b"], [[1, 2], [3, 4]], counts=[5, 1], attributes={"n": np.array([1, 2])})
    second = KeyedVectors(["c", "b"], [[5, 6], [7, 8]], counts=[3, 2], attributes={"n": np.array([3, 4])})
    third = KeyedVectors(["b"], [[0, 0]], counts=[10])
    for conflict, b, n in (("first", [3, 4], 2), ("last", [0, 0], 4), ("mean", [10 / 3, 4], 2)):
        merged = first.merge(second, third, on_conflict=conflict)
        assert list(merged) == ["a", "b", "c"] and merged["b"].tolist() == pytest.approx(b, abs=1e-6)
        assert merged["a"].tolist() == [1, 2] and merged["c"].tolist() == [5, 6]
        assert merged.vocabulary.counts.tolist() == [5, 13, 3]
        assert [merged.get_vecattr(w, "n") for w in "abc"] == [1, n, 3]
    with pytest.raises(OptionError, match="no word in common with on_conflict='error'; 'b' is"):
        first.merge(second, on_conflict="error")
    assert list(first.merge(KeyedVectors(["c"], [[9, 9]]), on_conflict="error")) == ["a", "b", "c"]
    known = first.merge(second, on_conflict="last", add=False)  # gensim's intersect_word2vec_format
    assert list(known) == ["a", "b"] and known["b"].tolist() == [7, 8] and known["a"].tolist() == [1, 2]
    assert first.merge(KeyedVectors(["x"], [[1, 1]])).vocabulary.counts is None and list(first.merge()) == ["a", "b"]
    with pytest.raises(OptionError, match="2 numbers to be merged; got some of 1"):
        first.merge(KeyedVectors(["x"], [[1]]))
    with pytest.raises(OptionError, match="on_conflict must be one of first, last, mean, error; got 'max'"):
        first.merge(second, on_conflict="max")


def test_merging_many_words_is_as_a_dict():
    rng = np.random.default_rng(2)
    parts = []
    for seed in range(4):
        words = [f"w{i}" for i in rng.choice(500, 200, replace=False)]
        parts.append(toy(words, None, seed))
    expected = {}
    for part in parts[::-1]:
        expected |= {word: part[word].tolist() for word in part}
    merged = parts[0].merge(*parts[1:])
    assert {word: merged[word].tolist() for word in merged} == expected
    assert list(merged) == list(dict.fromkeys(word for part in parts for word in part))


def test_vectors_for_all():
    kv = toy().with_oov(lambda word: np.ones(DIM) if word.startswith("x") else None)
    kv.set_vecattr("b", "n", 2)
    new = kv.vectors_for_all(["b", "x1", "nothing", "a", "b", "x1"], copy_vecattrs=True)
    assert list(new) == ["b", "x1", "a"] and new["x1"].tolist() == [1] * DIM and new["b"].tolist() == kv["b"].tolist()
    assert new.vocabulary.counts.tolist() == [9, 0, 4] and [new.get_vecattr(w, "n") for w in new] == [2, 0, 0]
    plain = kv.vectors_for_all(w for w in ["b", "x1"])
    assert list(plain) == ["b", "x1"] and plain.vocabulary.counts is None and plain.oov == "raise"
    assert list(kv.vectors_for_all(["b", "x1"], allow_inference=False)) == ["b"]
    assert len(kv.vectors_for_all([])) == 0
    with pytest.raises(OptionError, match="put it in a list"):
        kv.vectors_for_all("ab")


def test_a_vocabulary_that_was_given_away_stays_as_it_is():
    kv = toy()
    kv.add_vector("x", np.ones(DIM))
    words = kv.vocabulary
    other = KeyedVectors(kv.vocabulary, kv.vectors)
    kv.add_vector("y", np.ones(DIM))
    kv.set_vecattr("x", "count", 5)
    assert list(words) == [*"abcdx"] == list(other) and words.counts.tolist() == [4, 9, 9, 1, 0]
    assert isinstance(words, Vocabulary) and kv.vocabulary.counts.tolist() == [4, 9, 9, 1, 5, 0]
    assert kv.compress("float16").index_to_key == [*"abcdxy"] and kv._vocabulary.rows_of(
        words.data, words.offsets
    ).tolist() == [0, 1, 2, 3, 4]
    assert pickle.loads(pickle.dumps(kv.vocabulary)) == kv.vocabulary == kv._vocabulary
