"""KeyedVectors answers as gensim does where gensim is right, and says clearly what it cannot do."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from wordvec.base.errors import FormatError, OptionError, UnknownWordError, WordTypeError
from wordvec.vectors import KeyedVectors

WORDS = [f"w{i}" for i in range(60)] + ["naïve", "\udcff", "a b"]


def toy(zero=True, dim=20):
    matrix = np.random.default_rng(1).standard_normal((len(WORDS), dim)).astype(np.float32)
    if zero:
        matrix[5] = 0
    return KeyedVectors(WORDS, matrix, counts=range(len(WORDS), 0, -1), metadata={"k": [1, 2]})


def cosine(a, b):
    return float(a.astype(float) @ b.astype(float) / np.linalg.norm(a.astype(float)) / np.linalg.norm(b.astype(float)))


def test_look_up():
    kv = toy()
    assert len(kv) == 63 and kv.vector_size == 20 and kv.vectors.shape == (63, 20)
    for row, word in enumerate(WORDS):
        assert kv[word].tolist() == kv.vectors[row].tolist() and word in kv and kv.get_index(word) == row
    assert kv[["w3", "naïve"]].tolist() == kv.vectors[[3, 60]].tolist() and kv[[]].shape == (0, 20)
    assert list(kv) == WORDS == kv.index_to_key and dict(kv.key_to_index) == {w: i for i, w in enumerate(WORDS)}
    assert kv.has_index_for("w1") and not kv.has_index_for("x") and kv.get_index("x", -1) == -1
    assert kv["w1"].base is not None  # a view


def test_unknown_words_are_named():
    kv = toy()
    for ask in (
        lambda: kv["w 1"],
        lambda: kv[["w1", "w 1"]],
        lambda: kv.get_vector("w 1"),
        lambda: kv.get_index("w 1"),
        lambda: kv.similarity("w1", "w 1"),
        lambda: kv.most_similar("w 1"),
        lambda: kv.most_similar(["w1"], ["w 1"]),
        lambda: kv.n_similarity(["w1"], ["w 1"]),
        lambda: kv.get_vecattr("w 1", "count"),
        lambda: kv.rank("w1", "w 1"),
        lambda: kv.distances("w1", ["w 1"]),
        lambda: kv.get_mean_vector(["w 1"], ignore_missing=False),
    ):
        with pytest.raises(UnknownWordError, match=r"got 'w 1'; close: 'w1'"):
            ask()
    with pytest.raises(KeyError):
        kv["x"]


@pytest.mark.parametrize("key", [3, np.int64(3), None, 2.5, b"w1"])
def test_keys_are_words(key):
    with pytest.raises(WordTypeError, match="must be a str"):
        toy()[key]
    with pytest.raises(TypeError):
        toy().get_vector(key)
    assert key not in toy()


def test_arrays_are_read_only():
    kv = toy()
    for array in (kv.vectors, kv["w1"], kv.norms, kv.vocabulary.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_view_with_padded_rows_is_not_copied():
    wide = np.random.default_rng(1).standard_normal((5, 32)).astype(np.float32)
    kv = KeyedVectors(list("abcde"), wide[:, :20], context=wide[:3, :20])
    assert np.shares_memory(kv.vectors, wide) and np.shares_memory(kv.context, wide)
    assert kv.most_similar("a", topn=4)[0][0] in "bcde"
    assert kv["c"].tolist() == wide[2, :20].tolist()
    fortran = KeyedVectors(list("abcde"), np.asfortranarray(wide[:, :20]))
    assert fortran.most_similar("a") == kv.most_similar("a")
    backwards = KeyedVectors(list("abcde"), wide[::-1, :20])
    assert backwards["a"].tolist() == wide[4, :20].tolist()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((["a", "b"], [[1.0, 2.0]]), "one row for each of 2 words; got 1"),
        ((["a"], [1.0]), "must be a matrix of numbers"),
        ((["a"], [["x"]]), "must be a matrix of numbers"),
        ((["a"], np.empty((1, 0))), "must be a matrix of numbers"),
        ((["a", "a"], np.eye(2)), "'a' is word 0 and word 1"),
        (("ab", np.eye(2)), "words must be a list"),
        ((100, np.eye(2)), "words must be the words of the vectors; got the number 100"),
        ((100,), r"got the number 100: use KeyedVectors\(words, vectors\)"),
        ((["a"],), r"vectors must be given with the words, one row for each: KeyedVectors\(words, vectors\)"),
        ((["a"], [[1.0]], [1, 2]), "counts must hold one number"),
    ],
)
def test_what_vectors_are_not(arguments, problem):
    with pytest.raises(OptionError, match=problem):
        KeyedVectors(*arguments)


def test_norm():
    kv = toy()
    unit = kv.get_vector("w1", norm=True)
    assert unit.dtype == np.float32 and np.linalg.norm(unit) == pytest.approx(1, abs=1e-6)
    assert not kv.get_vector("w5", norm=True).any()
    normed = kv.get_normed_vectors()
    np.testing.assert_allclose(np.linalg.norm(np.delete(normed, 5, 0), axis=1), 1, atol=1e-6)
    assert not normed[5].any() and normed.flags.writeable


def test_similarity():
    kv = toy()
    assert kv.similarity("w1", "w2") == pytest.approx(cosine(kv["w1"], kv["w2"]), abs=1e-12)
    assert kv.distance("w1", "w2") == 1 - kv.similarity("w1", "w2")
    assert kv.similarity("w1", "w1") == pytest.approx(1)
    assert kv.similarity("w1", "w5") == kv.similarity("w5", "w5") == 0
    assert kv.n_similarity(["w1", "w2"], ["w3"]) == pytest.approx(cosine(kv["w1"] + kv["w2"], kv["w3"]), abs=1e-6)
    some = kv.distances("w1", ["w2", "w5"])
    assert some.tolist() == pytest.approx([kv.distance("w1", "w2"), 1])
    assert kv.distances("w1").shape == (63,) and kv.distances(kv["w1"])[2] == pytest.approx(some[0], abs=1e-6)


def test_most_similar_is_brute_force():
    kv = toy()
    units = kv.get_normed_vectors().astype(float)
    query = units[1] + units[2] - 0.5 * units[3]
    query /= np.linalg.norm(query)
    scores = units @ query
    order = [i for i in np.argsort(-scores) if i not in (1, 2, 3, 5)]
    got = kv.most_similar(["w1", "w2"], [("w3", 0.5)], topn=7)
    assert [w for w, _ in got] == [WORDS[i] for i in order[:7]]
    assert [s for _, s in got] == pytest.approx(scores[order[:7]], abs=1e-6)
    assert isinstance(got[0][1], float)


def test_forms_of_most_similar():
    kv = toy()
    plain = kv.most_similar("w1", topn=5)
    assert plain == kv.most_similar(["w1"], topn=5) == kv.similar_by_word("w1", topn=5)
    assert plain == kv.most_similar(positive=[("w1", 3.0)], topn=5) == kv.similar_by_key("w1", 5)
    assert kv.most_similar("w1", [("w2", 2.0)]) == kv.most_similar("w1", [("w2", -2.0)])
    vector = kv.similar_by_vector(kv["w1"], topn=6)
    assert vector[0][0] == "w1" and [w for w, _ in vector[1:]] == [w for w, _ in plain]
    assert kv.most_similar(kv["w1"], topn=6) == vector
    assert kv.most_similar("w1", topn=0) == [] and len(kv.most_similar("w1", topn=1000)) == 61
    every = kv.most_similar("w1", topn=None)
    assert every.shape == (63,) and every[5] == 0 and every[1] == pytest.approx(1, abs=1e-6)
    assert {w for w, _ in kv.most_similar("w1", topn=99, restrict_vocab=10)} == {f"w{i}" for i in range(10)} - {
        "w1",
        "w5",
    }
    clipped = kv.most_similar("w1", topn=99, clip_start=55, clip_end=60)
    assert {w for w, _ in clipped} == {"w55", "w56", "w57", "w58", "w59"}
    assert kv.most_similar("w1", topn=None, clip_start=55).shape == (8,)


def test_zero_vectors_never_give_nan():
    kv = toy()
    assert "w5" not in [w for w, _ in kv.most_similar("w1", topn=100)]
    with pytest.raises(OptionError, match="that of 'w5' is zero"):
        kv.most_similar("w5")
    with pytest.raises(OptionError, match="other than zero"):
        kv.most_similar(["w1"], ["w1"])
    assert kv.doesnt_match(["w1", "w2", "w5"]) in ("w1", "w2", "w5")
    assert kv.rank("w1", "w5") >= 1


@pytest.mark.parametrize(
    ("positive", "negative"), [(None, None), ([], []), ([[1.0, 2.0]], None), ([3], None), ([None], None)]
)
def test_most_similar_of_nothing_or_nonsense(positive, negative):
    with pytest.raises(OptionError):
        toy().most_similar(positive, negative)


def test_rank_and_closer_than():
    kv = toy()
    order = [w for w, _ in kv.most_similar("w1", topn=100)]
    assert kv.rank("w1", order[0]) == 1 and kv.rank("w1", order[7]) == 8
    assert kv.closer_than("w1", order[3]) == sorted(order[:3], key=WORDS.index)


def test_doesnt_match():
    kv = KeyedVectors(["cat", "dog", "cow", "car"], [[1, 0.1], [1, 0.2], [1, 0], [0, 1]])
    assert kv.doesnt_match(["cat", "dog", "cow", "car"]) == "car"
    with pytest.warns(UserWarning, match=r"left out 1 words without a vector: \['x'\]"):
        assert kv.doesnt_match(["cat", "x", "dog", "car"]) == "car"
    with pytest.warns(UserWarning), pytest.raises(OptionError, match="at least one word"):
        kv.doesnt_match(["x"])


def test_mean_vector():
    kv = toy()
    assert kv.get_mean_vector(["w1", "w2"], pre_normalize=False) == pytest.approx((kv["w1"] + kv["w2"]) / 2, abs=1e-6)
    weighted = kv.get_mean_vector(["w1", "w2", "x"], [2, -1, 5], pre_normalize=False)
    assert weighted == pytest.approx((2 * kv["w1"] - kv["w2"]) / 3, abs=1e-6)
    assert np.linalg.norm(kv.get_mean_vector(["w1", kv["w2"]], post_normalize=True)) == pytest.approx(1, abs=1e-6)
    assert not kv.get_mean_vector(["x"]).any()
    for keys, weights in (([], None), (["w1"], [1, 2])):
        with pytest.raises(OptionError):
            kv.get_mean_vector(keys, weights)


def test_counts():
    kv = toy()
    assert kv.get_vecattr("w0", "count") == 63 and kv.get_vecattr("a b", "count") == 1
    with pytest.raises(OptionError, match=r"attribute that has been set \(count\); got 'colour'"):
        kv.get_vecattr("w0", "colour")
    with pytest.raises(OptionError, match="these have none"):
        KeyedVectors(["a"], [[1]]).get_vecattr("a", "count")


@pytest.mark.parametrize(
    ("old", "new"),
    [("vocab", "key_to_index"), ("index2word", "index_to_key"), ("syn0", "vectors"), ("wv", "the object itself")],
)
def test_old_names_say_the_new_one(old, new):
    with pytest.raises(AttributeError, match=f"{old!r} was a name of old gensim; use .*{new}"):
        getattr(toy(), old)
    with pytest.raises(AttributeError, match="no attribute 'sparkle'"):
        toy().sparkle  # noqa: B018


# Files and processes


def test_pickle_by_value(tmp_path):
    kv = toy()
    copy = pickle.loads(pickle.dumps(kv))
    assert copy.vectors.tobytes() == kv.vectors.tobytes() and list(copy) == WORDS and copy.metadata == kv.metadata
    assert copy.vocabulary.counts.tolist() == kv.vocabulary.counts.tolist() and copy.context is None
    kv.save(tmp_path / "x")
    loaded = KeyedVectors.load(tmp_path / "x", mmap=False)
    data = pickle.dumps(loaded)
    (tmp_path / "x").unlink()
    assert pickle.loads(data)["w1"].tolist() == kv["w1"].tolist()


@pytest.mark.parametrize("method", ["other program", "spawn", "forkserver"])
def test_pickle_by_reference(tmp_path, method):
    import multiprocessing

    KeyedVectors([f"w{i}" for i in range(5000)], np.random.default_rng(1).standard_normal((5000, 50))).save(
        tmp_path / "x"
    )
    kv = KeyedVectors.load(tmp_path / "x")
    data = pickle.dumps(kv)
    assert len(data) < 10_000
    assert pickle.loads(data)["w7"].tolist() == kv["w7"].tolist()
    if method == "other program":
        code = f"import pickle; print(pickle.loads({data!r}).most_similar('w7', topn=1)[0][0])"
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert out.stdout.strip() == kv.most_similar("w7", topn=1)[0][0]
        return
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(kv.get_index, ["w7", "w9"]) == [7, 9]


def test_fork(tmp_path):
    toy().save(tmp_path / "x")
    kv = KeyedVectors.load(tmp_path / "x")
    expected = kv.most_similar("w1", topn=3)
    code = """
import os, sys
from wordvec.vectors import KeyedVectors
kv = KeyedVectors.load(sys.argv[1])
expected = kv.most_similar("w1", topn=3)
children = []
for _ in range(8):
    child = os.fork()
    if not child:
        os._exit(0 if all(kv.most_similar("w1", topn=3) == expected for _ in range(50)) else 1)
    children.append(child)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""
    assert expected and subprocess.run([sys.executable, "-c", code, tmp_path / "x"], timeout=60).returncode == 0


def test_pickle_by_reference_sees_another_file(tmp_path):
    toy().save(tmp_path / "x")
    data = pickle.dumps(KeyedVectors.load(tmp_path / "x"))
    KeyedVectors(["a"], [[1]]).save(tmp_path / "x")
    with pytest.raises(FormatError, match="replaced since"):
        pickle.loads(data)
    (tmp_path / "x").unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(data)


def test_word2vec_methods(tmp_path):
    kv = KeyedVectors(["a", "b"], [[1.5, 2], [3, -4]])
    for binary in (True, False):
        kv.save_word2vec_format(tmp_path / "x", binary=binary)
        assert (b"\n" in (tmp_path / "x").read_bytes()[4:]) and KeyedVectors.load_word2vec_format(
            tmp_path / "x", binary=binary
        )["b"].tolist() == [3, -4]
    assert len(KeyedVectors.load_word2vec_format(tmp_path / "x", limit=1)) == 1
