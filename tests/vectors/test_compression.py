"""Smaller KeyedVectors: codecs, transforms, truncation and pruning, and what stays as it was."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.base.errors import OptionError
from wordvec.codecs import CODECS, Encoded
from wordvec.subwords import make_subwords
from wordvec.transforms import ABTT, PCA, Center, SIFScale, Transforms

V, D = 600, 16


@pytest.fixture(scope="module")
def kv():
    """Vectors of words in groups, of unequal variances, sorted by count."""
    rng = np.random.default_rng(7)
    rows = (rng.normal(size=(30, D))[np.arange(V) % 30] + 0.4 * rng.normal(size=(V, D))) * np.geomspace(3, 0.2, D) + 0.5
    counts = np.sort(rng.zipf(1.5, V))[::-1]
    return KeyedVectors([f"w{i}" for i in range(V)], rows.astype(np.float32), counts, {"made": "here"})


class Letters:
    """Subwords that compose a word as the sum of the table's rows of its letters."""

    def __init__(self, table):
        self.table = table

    def compose(self, words):
        rows = [[ord(letter) % len(self.table) for letter in word] for word in words]
        return np.array([self.table[r].sum(axis=0) for r in rows], np.float32), np.ones(len(words), bool)


def cosines(matrix):
    units = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return units.astype(np.float64) @ units.T


# compress


@pytest.mark.parametrize("codec", list(CODECS))
def test_compressed_vectors_answer_as_the_others(kv, codec):
    small = kv.compress(codec)
    assert isinstance(small.vectors, Encoded) and small.vectors.name == codec
    assert small.vectors.shape == (V, D) and small.metadata == {"made": "here"}
    assert np.array_equal(small.norms, kv.norms) and small.get_vecattr("w3", "count") == kv.get_vecattr("w3", "count")
    least = 0.9 if codec == "residual-bits" else 0.95  # half of the axes
    assert small["w5"] @ kv["w5"] > least * np.linalg.norm(small["w5"]) * np.linalg.norm(kv["w5"])
    assert small.similarity("w1", "w31") == pytest.approx(kv.similarity("w1", "w31"), abs=0.1)


def test_int8_is_a_quarter(kv):
    assert kv.compress().vectors.codes.nbytes == kv.vectors.nbytes // 4


def test_options_of_the_codec_pass(kv):
    assert kv.compress("pq", m=4).vectors.codes.shape == (V, 4)
    with pytest.raises(OptionError, match="codec must be one of float32, float16"):
        kv.compress("zip")
    with pytest.raises(OptionError, match="options of int8"):
        kv.compress("int8", m=4)
    with pytest.raises(OptionError, match="float32 has no options"):
        kv.compress("float32", m=4)


def test_pq_draws_its_sample_by_counts(kv, monkeypatch):
    given = {}

    def encode(matrix, norms=None, *, counts=None):
        given["counts"] = counts
        return CODECS["int8"].encode(matrix, norms)

    monkeypatch.setattr(CODECS["pq"], "encode", encode)
    kv.compress("pq")
    assert np.array_equal(given["counts"], kv.vocabulary.counts)


def test_decompress_gives_what_the_codes_stand_for(kv):
    small = kv.compress("int8")
    back = small.decompress()
    assert isinstance(back.vectors, np.ndarray) and np.array_equal(back.vectors, small.vectors[:])
    assert np.allclose(back.norms, np.linalg.norm(back.vectors, axis=1))
    assert np.shares_memory(kv.decompress().vectors, kv.vectors)
    assert np.array_equal(kv.compress("float32").vectors, kv.vectors)


def test_compressing_twice_warns_and_keeps_the_lengths(kv):
    with pytest.warns(UserWarning, match="kept as float16 already"):
        twice = kv.compress("float16").compress("int8")
    assert np.array_equal(twice.norms, kv.norms)
    assert np.abs(twice.vectors[:] - kv.compress("int8").vectors[:]).max() < 0.1


def test_the_table_of_subwords_is_compressed_too(kv):
    table = np.random.default_rng(0).normal(size=(300, D)).astype(np.float32)
    with_subwords = KeyedVectors(kv.vocabulary, kv.vectors, subwords=Letters(table))
    small = with_subwords.compress("int8")
    assert isinstance(small.subwords.table, Encoded)
    assert np.allclose(small.subwords.compose(["cat"])[0], Letters(table).compose(["cat"])[0], atol=0.05)
    assert isinstance(with_subwords.subwords.table, np.ndarray)
    assert np.array_equal(small.decompress().subwords.table, small.subwords.table[:])
    assert with_subwords.compress("pq", m=4, counts=np.ones(V, int)).subwords.table.shape == (300, D)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_named(kv, value):
    rows = kv.vectors.copy()
    rows[77, 3] = value
    bad = KeyedVectors(kv.vocabulary, rows)
    for work in (bad.rotate_pca, lambda: bad.transformed(Center())):
        with pytest.raises(OptionError, match="row 77 "):
            work()
    for work in (bad.compress, lambda: bad.compress("bits"), lambda: bad.prune(5, by="order")):
        with pytest.raises(OptionError, match=r"'w77' \(row 77\) holds NaN or inf: drop or repair it"):
            work()


# transformed, rotate_pca, truncate


def test_transforms_are_recorded_and_bring_others_in(kv):
    done = kv.transformed(Center(), ABTT(2)).transformed(PCA(5))
    assert [step.name for step in done.transforms.steps] == ["center", "abtt", "pca"] and kv.transforms is None
    assert done.vectors.shape == (V, 5) and done.metadata == kv.metadata
    assert np.allclose(done.apply_transforms(kv.vectors[10:20]), done.vectors[10:20], atol=1e-5)
    saved = Transforms.from_tensors(done.transforms.tensors(), done.transforms.config())
    assert np.array_equal(saved.apply(kv.vectors[10:20]), done.apply_transforms(kv.vectors[10:20]))


def test_what_subwords_compose_has_been_brought_in(kv):
    table = np.random.default_rng(0).normal(size=(300, D)).astype(np.float32)
    words, subwords = ["cat", "dog", "cow", "ant"], make_subwords("floret", table, min_n=2, max_n=3)
    inside = KeyedVectors(words, subwords.compose(words)[0], subwords=subwords)
    done = inside.transformed(Center(), ABTT(1))
    composed = done.subwords.compose(["cow"])[0]
    assert np.allclose(composed[0], done["cow"], atol=1e-5)
    assert np.allclose(done.apply_transforms(subwords.compose(["cow"])[0])[0], done["cow"], atol=1e-5)


def test_nothing_to_do_is_a_copy(kv):
    assert np.array_equal(kv.apply_transforms(kv.vectors[:3]), kv.vectors[:3])
    with pytest.raises(OptionError, match=r"vectors must be \[n, 16\]; got shape \(3, 2\)"):
        kv.apply_transforms(np.zeros((3, 2)))


def test_sif_needs_counts_and_uses_them(kv):
    done = kv.transformed(SIFScale(1e-2))
    p = kv.vocabulary.counts / kv.vocabulary.counts.sum()
    assert np.allclose(done.vectors, kv.vectors * (1e-2 / (1e-2 + p))[:, None], rtol=1e-5)
    with pytest.raises(OptionError, match="SIFScale needs the counts"):
        KeyedVectors(["a"], [[1, 2]]).transformed(SIFScale())


@pytest.mark.parametrize("counts", [False, True])
def test_rotated_vectors_have_the_same_cosines(kv, counts):
    done = kv.rotate_pca(counts)
    assert np.abs(cosines(done.vectors) - cosines(kv.vectors)).max() < 1e-5
    assert np.allclose(done.norms, kv.norms, rtol=1e-5)
    near, same = done.most_similar("w5"), kv.most_similar("w5")
    assert [word for word, _ in near] == [word for word, _ in same]


def test_truncate_is_a_view_with_lengths_of_its_own(kv):
    rotated = kv.rotate_pca()
    for d in (1, 5, D):
        cut = rotated.truncate(d)
        assert cut.vectors.shape == (V, d) and np.shares_memory(cut.vectors, rotated.vectors)
        assert np.allclose(cut.norms, np.linalg.norm(rotated.vectors[:, :d], axis=1), rtol=1e-5)
        assert np.allclose(cut.apply_transforms(kv.vectors[:4]), cut.vectors[:4], atol=1e-5)
    moments = kv.vectors.T.astype(np.float64) @ kv.vectors
    lost = np.square(kv.norms.astype(np.float64)).sum() - np.square(rotated.truncate(5).norms.astype(np.float64)).sum()
    assert lost == pytest.approx(np.linalg.eigvalsh(moments)[::-1][5:].sum(), rel=1e-4)


def test_truncate_of_a_file_is_a_view_of_the_map(kv, tmp_path):
    kv.save(tmp_path / "a.safetensors")
    opened = wordvec.load(tmp_path / "a.safetensors")
    cut = opened.truncate(4)
    assert np.shares_memory(cut.vectors, opened.vectors) and cut._stored is None
    assert cut.most_similar("w1", topn=1)[0][1] <= 1
    cut.save(tmp_path / "b.safetensors")
    assert np.array_equal(wordvec.load(tmp_path / "b.safetensors").vectors, kv.vectors[:, :4])


@pytest.mark.parametrize("d", [0, D + 1, 2.5, True])
def test_truncate_refuses(kv, d):
    with pytest.raises(OptionError, match="d must be an integer from 1 to 16"):
        kv.truncate(d)


def test_what_needs_float32_says_so(kv):
    small = kv.compress("int8")
    for what, change in (("cut", lambda: small.truncate(4)), ("pruned", lambda: small.prune(4, by="order"))):
        with pytest.warns(UserWarning, match=f"are kept as .*; they are decoded to be {what}") as caught:
            changed = change()
        assert len(caught) == 1 and caught[0].filename == __file__
        plain = small.decompress()
        wanted = plain.truncate(4) if what == "cut" else plain.prune(4, by="order")
        assert isinstance(changed.vectors, np.ndarray) and (changed.vectors == wanted.vectors).all()
        assert list(changed) == list(wanted) and (changed.norms == wanted.norms).all()
    assert isinstance(small.rotate_pca().vectors, np.ndarray)  # decoded in blocks


# prune


def owner(kv, word):
    return kv.index_to_key[kv.key_to_index[word]]


@pytest.mark.parametrize("by", ["count", "norm", "order"])
def test_every_word_still_resolves_to_the_nearest_kept_row(kv, by):
    small = kv.prune(50, by=by, keep=["w599", "w300"])
    kept = list(small.index_to_key[:50])
    assert small.vectors.shape == (50, D) and len(small) == V and set(small.index_to_key) == set(kv.index_to_key)
    assert {"w599", "w300"} <= set(kept) and kept == sorted(kept, key=lambda word: int(word[1:]))
    assert all(np.array_equal(small[word], kv[word]) and owner(small, word) == word for word in kept)
    scores = cosines(kv.vectors)[:, [kv.key_to_index[word] for word in kept]]
    for word in kv.index_to_key:
        assert owner(small, word) == kept[scores[kv.key_to_index[word]].argmax()]
        assert small.get_vecattr(word, "count") == kv.get_vecattr(word, "count")
    assert np.allclose(small.norms, np.linalg.norm(small.vectors, axis=1), rtol=1e-6)


def test_what_is_kept_goes_by_count_norm_or_order_and_ties_by_row():
    rows = [[3, 0], [0, 1], [0, 2], [2, 0], [5, 5], [1, 0]]
    kv = KeyedVectors(list("abcdef"), rows, counts=[4, 9, 4, 9, 1, 4])
    assert list(kv.prune(3, remap="drop").index_to_key) == ["a", "b", "d"]
    assert list(kv.prune(3, by="norm", remap="drop").index_to_key) == ["a", "c", "e"]
    assert list(kv.prune(3, by="order", remap="drop").index_to_key) == ["a", "b", "c"]
    assert list(kv.prune(2, keep=["f", "c", "e"], remap="drop").index_to_key) == ["c", "e", "f"]
    assert list(kv.prune(["e", "a"], keep=["c"], remap="drop").index_to_key) == ["a", "c", "e"]


def test_dropped_words_are_gone(kv):
    small = kv.prune(50, remap="drop")
    assert len(small) == 50 and small.rows.row_of is None and "w599" not in small
    assert np.shares_memory(small.vectors, kv.vectors)  # the first rows, by count


def test_pruning_again_leads_to_what_is_left(kv):
    once = kv.prune(50)
    twice = once.prune(10)
    assert twice.vectors.shape == (10, D) and len(twice) == V
    assert all(owner(twice, word) == owner(twice, owner(once, word)) for word in kv.index_to_key)
    assert once.prune(50).vectors.shape == (50, D) and len(once.prune(50)) == V
    left = [word for word in kv.index_to_key if once.key_to_index[word] < 10]
    assert sorted(once.prune(10, remap="drop").index_to_key) == sorted(left)


def test_words_of_zeros_share_a_row_of_zeros():
    kv = KeyedVectors(list("abcd"), [[1, 0], [0, 0], [1, 1], [0, 0]], counts=[9, 1, 5, 1])
    small = kv.prune(1)
    assert small.vectors.tolist() == [[1, 0], [0, 0]] and small["d"].tolist() == [0, 0] and owner(small, "c") == "a"
    with pytest.raises(OptionError, match="must be other than zero"):
        kv.prune(["b"])
    assert KeyedVectors(["a"], [[0, 0]], counts=[1]).prune(1)["a"].tolist() == [0, 0]


def test_attributes_follow_their_words(kv):
    marked = KeyedVectors(kv.vocabulary, kv.vectors, attributes={"place": np.arange(V)})
    for small in (marked.prune(50), marked.prune(50, remap="drop"), marked.compress(), marked.rotate_pca()):
        assert [f"w{place}" for place in small._attributes["place"]] == list(small.index_to_key)


def test_pruned_vectors_compress(kv):
    small = kv.prune(50).compress("int8")
    assert small.vectors.shape == (50, D) and len(small) == V
    assert owner(small, "w599") == owner(kv.prune(50), "w599")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be a number of rows from 1 to 600"),
        ({"n": V + 1}, "n must be a number of rows from 1 to 600"),
        ({"n": True}, "n must be a number"),
        ({"n": []}, "got no word"),
        ({"n": "w1"}, "words must be a list of words"),
        ({"n": 3, "keep": "w1"}, "words must be a list of words"),
        ({"n": 3, "by": "size"}, "by must be"),
        ({"n": 3, "remap": "first"}, "remap must be"),
    ],
)
def test_prune_refuses(kv, arguments, message):
    with pytest.raises(OptionError, match=message):
        kv.prune(**arguments)


def test_prune_by_count_needs_counts_and_known_words(kv):
    with pytest.raises(OptionError, match="needs the counts"):
        KeyedVectors(["a", "b"], [[1, 2], [3, 4]]).prune(1)
    with pytest.raises(wordvec.UnknownWordError, match="nothing"):
        kv.prune(3, keep=["nothing"])


@pytest.mark.parametrize("rows", [[[2.0]], [[1, 1], [1, 1], [1, 1]], [[0, 0]]], ids=["1 x 1", "constant", "zero"])
def test_the_smallest_vectors(rows):
    kv = KeyedVectors([f"w{i}" for i in range(len(rows))], rows, counts=np.ones(len(rows), int))
    for small in (kv.compress(), kv.rotate_pca().truncate(1), kv.prune(1), kv.transformed(Center())):
        assert len(small) == len(kv) and np.isfinite(small[f"w{len(rows) - 1}"]).all()
