"""Several vectors side by side are as one matrix of them, which is never made."""

import pickle

import numpy as np
import pytest

from wordvec.base.errors import OptionError, UnknownWordError, WordTypeError
from wordvec.rows import Shared, SideBySide
from wordvec.vectors import Concatenated, KeyedVectors


def part(words, dim, seed, scale=1.0):
    matrix = scale * np.random.default_rng(seed).standard_normal((len(words), dim)).astype(np.float32)
    return KeyedVectors(list(words), matrix)


A = part([f"w{i}" for i in range(60)], 5, 1)
B = part([f"w{i}" for i in range(40, 90)][::-1], 7, 2, 30.0)
C = part(["w3", "w89", "only"], 2, 3)


def dense(word, normalize):
    pieces = []
    for vectors in (A, B, C):
        piece = vectors[word].astype(float) if word in vectors else np.zeros(vectors.vector_size)
        pieces.append(piece / np.linalg.norm(piece) if normalize and piece.any() else piece)
    return np.concatenate(pieces)


@pytest.mark.parametrize("normalize", [True, False])
def test_as_one_matrix(normalize):
    both = Concatenated(A, B, C, normalize=normalize)
    words = [f"w{i}" for i in range(60)] + [f"w{i}" for i in range(89, 59, -1)] + ["only"]
    assert list(both) == words == list(both.index_to_key) and len(both) == 91 and both.vector_size == 14
    assert dict(both.key_to_index) == {word: i for i, word in enumerate(words)}
    matrix = np.array([dense(word, normalize) for word in words])
    for word, row in zip(words, matrix):
        assert both[word] == pytest.approx(row, abs=1e-5) and word in both
    assert both[words] == pytest.approx(matrix, abs=1e-5) and both[[]].shape == (0, 14)
    made = both.materialise()
    assert np.array_equal(made.vectors, both[words]) and list(made) == words
    units = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    for query in ("w50", "only", "w3", "w89"):
        scores = units @ units[words.index(query)]
        order = [i for i in np.argsort(-scores, kind="stable") if words[i] != query]
        found = both.most_similar(query, topn=200)
        assert [w for w, _ in found] == [words[i] for i in order]
        assert [s for _, s in found] == pytest.approx(scores[order], abs=1e-6)
        assert found[:9] == both.most_similar(query, topn=9)
        assert both.similarity(query, "w1") == pytest.approx(scores[1], abs=1e-6)
    mixed = both.most_similar(["w50", ("w3", 0.5), matrix[7]], "w1", topn=8)
    expected = made.most_similar(["w50", ("w3", 0.5), matrix[7] / np.linalg.norm(matrix[7])], "w1", topn=8)
    assert [w for w, _ in mixed] == [w for w, _ in expected]
    assert [s for _, s in mixed] == pytest.approx([s for _, s in expected], abs=1e-6)
    assert np.linalg.norm(both.get_vector("w50", norm=True)) == pytest.approx(1)


def test_nothing_is_copied():
    both = Concatenated(A, B)
    assert np.shares_memory(both.parts[0].vectors, A.vectors) and np.shares_memory(both.parts[1].vectors, B.vectors)
    own = sum(row_of.nbytes for _, row_of in both.rows.parts)
    assert own == 4 * 2 * len(both)


def test_later_changes_of_the_parts_do_not_show():
    first = KeyedVectors(["a", "b", "c"], [[1, 2], [3, 4], [0, 1]], counts=[1, 2, 3])
    both = Concatenated(first, KeyedVectors(["a"], [[1]]))
    before = both[["a", "b"]].tolist(), both.most_similar("b")
    first["b"] = np.array([9, -9])
    first.add_vector("x", [1, 1])
    first.sort_by_descending_frequency()
    assert (both[["a", "b"]].tolist(), both.most_similar("b")) == before and "x" not in both


def test_unknown_words():
    both = Concatenated(A, B)
    for ask in (both.__getitem__, lambda w: both[["w1", w]], both.get_vector, both.most_similar):
        with pytest.raises(UnknownWordError, match="got 'w 1'; close: 'w1'"):
            ask("w 1")
    with pytest.raises(KeyError):
        both.similarity("w1", "x")
    some = Concatenated(A, B.with_oov(lambda word: np.ones(7) if word == "made" else None))
    assert some.can_embed("made") and not some.can_embed("x") and "made" not in some
    assert some["made"] == pytest.approx([0] * 5 + [7**-0.5] * 7) and some.most_similar("made", topn=1)[0][0] in some
    assert not some["w1"][5:].any()  # a word with a row somewhere has zeros where it has none
    for key in (3, None):
        with pytest.raises(WordTypeError):
            both[key]
        assert key not in both


def test_rows_without_direction():
    zeros = KeyedVectors(["a", "b", "c"], [[0, 0], [1, 2], [0, 0]])
    more = KeyedVectors(["a", "d"], [[1, 0], [0, 0]])
    for normalize in (True, False):
        both = Concatenated(zeros, more, normalize=normalize)
        assert [w for w, _ in both.most_similar("b", topn=9)] == ["a"] and both.similarity("c", "a") == 0
        with pytest.raises(OptionError, match="other than zero"):
            both.most_similar("c")


def test_parts_of_all_kinds(tmp_path):
    A.save(tmp_path / "a")
    mapped = KeyedVectors.load(tmp_path / "a")
    shared = KeyedVectors(["x", "y", "w1"], Shared([[1, 2], [3, 4]], [0, 1, 0]))
    both = Concatenated(mapped, shared, B.compress("int8"))
    assert both["w1"][5:7] == pytest.approx(np.array([1, 2]) / 5**0.5) and "x" in both
    made = both.materialise()
    for word in ("w1", "x", "w44"):
        assert made[word].tolist() == both[word].tolist()
        expected = made.most_similar(word, topn=5)
        found = both.most_similar(word, topn=5)
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-5)


def test_what_is_not_concatenated():
    for bad in ((), (A, "b"), (A, Concatenated(A))):
        with pytest.raises(OptionError, match="must be one or more KeyedVectors"):
            Concatenated(*bad)
    both = Concatenated(A, B)
    assert both.most_similar("w1", topn=0) == [] and repr(both) == "Concatenated of 90 words x 5 + 7"
    for bad, problem in (((), "got neither"), (([[1.0, 2.0]],), "a vector of 12 numbers")):
        with pytest.raises(OptionError, match=problem):
            both.most_similar(*bad)


@pytest.mark.parametrize("normalize", [True, False])
def test_parts_of_codes_count_by_what_they_decode_to(normalize):
    rows = np.random.default_rng(5).standard_normal((3000, 8)).astype(np.float32)
    coarse = KeyedVectors([f"w{i}" for i in range(3000)], rows).compress("pq", m=1)
    both = Concatenated(coarse, part([f"w{i}" for i in range(3000)], 4, 6, 2.0), normalize=normalize)
    whole = both.materialise()
    for word in [f"w{i}" for i in range(40, 70)]:
        found, exact = both.most_similar(word, topn=3), whole.most_similar(word, topn=3)
        assert [score for _, score in found] == pytest.approx([score for _, score in exact], abs=1e-6)


def test_topn_is_a_whole_number():
    for topn in (None, 2.5, "3"):
        with pytest.raises(OptionError, match="topn must be a whole number"):
            Concatenated(A, B).most_similar("w1", topn=topn)


def test_it_is_saved_and_answers_as_before(tmp_path):
    shared = KeyedVectors(["x", "y", "w1"], Shared([[1, 2], [3, 4]], [0, 1, 0]))
    both = Concatenated(A, shared, B.compress("int8"))
    both.save(tmp_path / "both.safetensors")
    for mmap in (True, False):
        opened = KeyedVectors.load(tmp_path / "both.safetensors", mmap=mmap)
        opened.verify()
        assert list(opened) == list(both) and opened.metadata == {"concatenated": [5, 2, 7], "normalize": True}
        assert isinstance(opened.rows, SideBySide) and np.array_equal(opened[list(both)], both[list(both)])
        assert opened.norms.tobytes() == both.norms.tobytes()
        for word in ("w1", "w44", "x"):
            assert opened.most_similar(word, topn=7) == both.most_similar(word, topn=7)
    assert list(Concatenated.load(tmp_path / "both.safetensors")) == list(both)
    both.save(tmp_path / "both.vec")
    assert KeyedVectors.load(tmp_path / "both.vec")["w1"] == pytest.approx(both["w1"], abs=1e-6)


def test_what_the_parts_give_for_unknown_words_is_told_where_it_is_lost(tmp_path):
    both = Concatenated(A, B.with_oov("zero"))
    with pytest.warns(
        UserWarning, match="oov is left out, as native has no place for it .the policy of a function"
    ) as caught:
        both.save(tmp_path / "both.safetensors")
    assert len(caught) == 1 and KeyedVectors.load(tmp_path / "both.safetensors").oov == "raise"
    assert (
        both.parts[1].oov == "zero"
        and both["unknown"].tolist() == [0] * 12 == both.with_oov("zero")["unknown"].tolist()
    )
    with pytest.raises(UnknownWordError):
        both.with_oov("raise")["unknown"]


def test_it_is_filtered_and_edited_as_other_vectors():
    both = Concatenated(A, B)
    whole = both.materialise()
    for options in (
        {"within": ["w2", "w45", "w80"]},
        {"exclude": ["w2", "w80"]},
        {"restrict_vocab": 30},
        {"min_score": 0.3},
    ):
        near, expected = both.most_similar("w45", topn=20, **options), whole.most_similar("w45", topn=20, **options)
        assert [word for word, _ in near] == [word for word, _ in expected]
        assert [score for _, score in near] == pytest.approx([score for _, score in expected], abs=1e-6)
    words = ["w80", "w45"]
    assert both.most_similar_batch(words)[1] == both.most_similar("w45")
    assert both.closer_than("w45", "w2") == whole.closer_than("w45", "w2")
    for made in (
        both.subset(words),
        both.to_memory().subset(words),
        both.compress("float16").decompress().subset(words),
    ):
        assert type(made) is KeyedVectors and made[words] == pytest.approx(both[words], abs=1e-3)
    with pytest.raises(OptionError, match=r"these are side-by-side: change a copy, vectors.to_memory\(\)"):
        both.add_vector("new", np.ones(12))
    both.set_vecattr("w2", "year", 1987)
    assert both.most_similar("w45", within={"year": 1987})[0][0] == "w2"
    again = pickle.loads(pickle.dumps(both.with_oov("zero")))
    assert type(again) is Concatenated and again.oov == "zero" and again.most_similar("w1") == both.most_similar("w1")
