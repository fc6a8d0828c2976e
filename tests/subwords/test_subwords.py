"""Subwords: composed vectors equal to fastText's and floret's; tables kept in tensors and opened, hostile ones too."""

import pickle
import random

import numpy as np
import pytest
import reference_rows as reference

from wordvec.base.errors import FormatError, OptionError, WordTypeError
from wordvec.subwords import base as module
from wordvec.subwords import make_subwords, open_subwords
from wordvec.vocabulary import Vocabulary

WORDS = reference.odd_words(300, random.Random(1))
TABLE = np.random.default_rng(1).standard_normal((128, 5)).astype(np.float32)
NAMES = ["<n", "no", "ab", "<", "é>"]


class Doubled:
    """A table that is decoded when it is asked for: codes times two."""

    name = "doubled"

    def __init__(self, codes):
        self.codes, self.shape = codes, codes.shape

    def __getitem__(self, rows):
        return self.codes[rows] * np.float32(2)

    def __array__(self, dtype=None, copy=None):
        return self[:]

    def tensors(self):
        return {"": self.codes, ".scale": np.float32([2])}

    def config(self):
        return {"by": 2}


def of_kind(kind, table=TABLE):
    if kind == "explicit":
        return make_subwords(kind, table, min_n=1, max_n=3, names=Vocabulary.from_words(NAMES), rows=[7, 7, 0, 3, 120])
    if kind == "pruned":
        pairs = np.stack([np.arange(0, 1000, 8)[::-1], np.arange(125)], 1)
        return make_subwords("fasttext", table, min_n=1, max_n=3, bucket=1000, pruned=pairs)
    extra = {"hash_count": 2, "hash_seed": 5} if kind == "floret" else {}
    return make_subwords(kind, table, min_n=1, max_n=3, **extra)


KINDS = ["fasttext", "floret", "finalfusion", "explicit", "pruned"]


def slow_rows(kind, word):
    data = word.encode()
    if kind == "explicit":
        listed = dict(zip([name.encode() for name in NAMES], [7, 7, 0, 3, 120], strict=True))
        return [listed[gram] for gram in reference.ngrams(data, 1, 3, edges=True) if gram in listed]
    if kind == "pruned":
        return [124 - row // 8 for row in reference.rows(data, "fasttext", 1, 3, 1000) if row % 8 == 0 and row < 1000]
    return reference.rows(data, kind, 1, 3, 128, *([2, 5] if kind == "floret" else []))


@pytest.mark.parametrize("kind", KINDS)
def test_a_vector_is_the_mean_of_the_rows_of_the_ngrams(kind, monkeypatch):
    for block in (1 << 17, 13):
        monkeypatch.setattr(module, "_BLOCK", block)
        vectors, found = of_kind(kind).compose([*WORDS, "", "</s>"])
        for word, vector, has in zip([*WORDS, "", "</s>"], vectors, found, strict=True):
            rows = slow_rows(kind, word)
            assert has == bool(rows)
            assert np.allclose(vector, TABLE[rows].astype(np.float64).mean(0) if rows else 0, atol=1e-6)
    assert vectors.dtype == np.float32 and found.dtype == bool


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoded_table_is_decoded_where_it_is_needed(kind, monkeypatch):
    monkeypatch.setattr(module, "_DECODED", 1000)
    plain, encoded = of_kind(kind).compose(WORDS), of_kind(kind, Doubled(TABLE / 2)).compose(WORDS)
    assert np.array_equal(plain[0], encoded[0]) and np.array_equal(plain[1], encoded[1])


@pytest.mark.parametrize("kind", KINDS)
def test_ngrams_are_listed_with_their_rows(kind):
    subwords = of_kind(kind)
    for word in [*WORDS[:60], "</s>", "no"]:
        listed = subwords.ngrams(word)
        assert [row for _, rows in listed for row in rows] == slow_rows(kind, word)
        if word != "</s>":
            grams = reference.ngrams(word.encode(), 1, 3, edges=kind in ("finalfusion", "explicit"))
            whole = [f"<{word}>"] if kind == "floret" else []
            assert [gram for gram, _ in listed] == whole + [gram.decode() for gram in grams]


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_round_trip(kind):
    subwords = of_kind(kind)
    for again in (
        open_subwords(subwords.tensors(), subwords.config()),
        pickle.loads(pickle.dumps(subwords)),
    ):
        assert again.compose(WORDS)[0].tobytes() == subwords.compose(WORDS)[0].tobytes()
        assert (again.kind, again.bucket, again.config()) == (subwords.kind, subwords.bucket, subwords.config())
        assert repr(again) == repr(subwords)
    assert open_subwords(subwords.tensors(), subwords.config()).table.base is not None, "it was not copied"


def test_an_encoded_table_keeps_its_codes():
    subwords = of_kind("fasttext", Doubled(TABLE))
    assert set(subwords.tensors()) == {"table", "table.scale"}
    assert subwords.config()["codec"] == "doubled" and subwords.config()["codec_options"] == {"by": 2}


@pytest.mark.parametrize(
    ("kind", "changes", "problem"),
    [
        ("fasttext", {"bucket": 129}, "table must have the 129 rows"),
        ("fasttext", {"bucket": 2**40}, "bucket must be 1 to"),
        ("fasttext", {"bucket": True}, "bucket must be a number"),
        ("fasttext", {"min_n": "3"}, "min_n must be a number"),
        ("fasttext", {"max_n": 10**9}, "1 to 255"),
        ("fasttext", {"min_n": None}, "min_n must be a number"),
        ("fasttext", {"kind": "md5"}, "kind must be one of"),
        ("fasttext", {"kind": None}, "kind must be one of"),
        ("fasttext", {"kind": "explicit"}, "names must be given"),
        ("fasttext", {"table": np.ones(3, np.float32)}, "matrix of float32"),
        ("fasttext", {"table": np.ones((128, 5))}, "matrix of float32"),
        ("fasttext", {"table": np.ones((128, 0), np.float32)}, "must be a matrix"),
        ("floret", {"hash_count": 9}, "hash_count must be 1 to 4"),
        ("floret", {"hash_seed": -1}, "hash_seed must be a number"),
        ("finalfusion", {"bucket": 100}, "power of two"),
        ("features", {"max_n": 0}, "1 to 255"),
        ("features", {"bucket": 100}, "rows of bucket"),
        ("pruned", {"pruned": np.array([[0, 128]])}, "rows below 128"),
        ("pruned", {"pruned": np.array([[1000, 0]])}, "distinct rows below 1000"),
        ("pruned", {"pruned": np.array([[0, 1], [0, 2]])}, "distinct"),
        ("pruned", {"pruned": np.array([[-1, 1]])}, "distinct"),
        ("pruned", {"pruned": np.array([0, 1])}, "pairs"),
        ("pruned", {"pruned": np.array([[0.5, 1]])}, "integers"),
        ("explicit", {"row": np.array([0, 1, 2, 3, 128], np.uint32)}, "row below 128; got 5 rows below 129"),
        ("explicit", {"row": np.array([0], np.uint32)}, "got 1 rows"),
        ("explicit", {"offsets": np.array([0, 99])}, "offsets must run"),
        ("explicit", {"hash": np.zeros(3, np.uint32)}, "power of two"),
        ("explicit", {"table": np.ones((3, 5), np.float32), "row": None}, "row below 3"),
    ],
)
def test_what_does_not_fit_is_refused(kind, changes, problem):
    subwords = of_kind(kind)
    tensors, config = subwords.tensors(), subwords.config()
    for name, value in changes.items():
        (tensors if name in tensors else config)[name] = value
    tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    with pytest.raises(FormatError, match=problem):
        open_subwords(tensors, config)


def test_missing_tensors():
    for name in ("data", "offsets", "hash", "table"):
        tensors = of_kind("explicit").tensors()
        del tensors[name]
        with pytest.raises(FormatError):
            open_subwords(tensors, of_kind("explicit").config())


def test_a_damaged_index_of_ngrams_is_an_error():
    subwords = of_kind("explicit")
    tensors = subwords.tensors() | {"hash": np.full(16, 99, np.uint32)}
    with pytest.raises(FormatError, match="index must hold rows"):
        open_subwords(tensors, subwords.config()).compose(["no"])


def test_bad_words():
    subwords = of_kind("fasttext")
    for words in (["a", 3], [None]):
        with pytest.raises(WordTypeError):
            subwords.compose(words)
    with pytest.raises(OptionError, match="put it in a list"):
        subwords.compose("word")
    assert subwords.compose([])[0].shape == (0, 5)


@pytest.mark.parametrize("peer", ["fasttext", "floret"])
@pytest.mark.parametrize("lengths", [(3, 6), (1, 2)])
def test_unknown_words_as_the_peers_compose_them(peer, lengths, tmp_path):
    fasttext = pytest.importorskip(peer, reason=f"{peer} is not installed")
    (tmp_path / "text").write_text("known words of a text\n" * 9, encoding="utf-8")
    options = {"mode": "floret", "hashCount": 4} if peer == "floret" else {}
    model = fasttext.train_unsupervised(
        str(tmp_path / "text"),
        dim=7,
        minn=lengths[0],
        maxn=lengths[1],
        bucket=3000,
        minCount=1,
        epoch=1,
        verbose=0,
        **options,
    )
    table = model.get_input_matrix()[len(model.words) :]
    extra = {"hash_count": 4} if peer == "floret" else {}
    subwords = make_subwords(peer, table, min_n=lengths[0], max_n=lengths[1], **extra)
    words = [*reference.odd_words(10_000, random.Random(4)), "é" * 50_000]
    words = [word for word in words if word not in model.words]
    theirs = np.stack([model.get_word_vector(word) for word in words])
    assert np.array_equal(subwords.compose(words)[0], theirs), "not the same floats"


def test_ngrams_as_finalfusion_finds_them():
    finalfusion = pytest.importorskip("finalfusion.subword", reason="finalfusion is not installed")
    indexer = finalfusion.FinalfusionHashIndexer(bucket_exp=7, min_n=1, max_n=3)
    for word in WORDS:
        ours = of_kind("finalfusion").ngrams(word)
        assert sorted(row for _, rows in ours for row in rows) == sorted(indexer.subword_indices(word))
