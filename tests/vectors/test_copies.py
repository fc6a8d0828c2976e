"""Copies of vectors: by copy, deepcopy, pickle and to_memory."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.codecs import CODECS, encode
from wordvec.subwords import make_subwords
from wordvec.transforms import Center

RNG = np.random.default_rng(0)
WORDS = [f"word{i}" for i in range(50)]
ROWS = RNG.standard_normal((50, 8)).astype(np.float32)


def made():
    subwords = make_subwords("fasttext", RNG.standard_normal((64, 8)).astype(np.float32), min_n=3, max_n=4)
    return KeyedVectors(WORDS, ROWS, subwords=subwords, metadata={"of": ["a"]}).transformed(Center())


@pytest.fixture(params=["memory", "file"])
def kv(request, tmp_path):
    vectors = made()
    if request.param == "file":
        vectors.save(tmp_path / "v")
        vectors = KeyedVectors.load(tmp_path / "v")
    return vectors


def base(array):
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return array


@pytest.mark.parametrize("codec", ["float32", "int8", "pq"])
def test_vectors_in_memory_need_no_file(tmp_path, codec):
    made().compress(codec).save(tmp_path / "v")
    mapped = KeyedVectors.load(tmp_path / "v")
    own = mapped.to_memory()
    for mine, theirs in ((own.subwords, mapped.subwords), (own.transforms, mapped.transforms)):
        for name, array in mine.tensors().items():
            np.testing.assert_array_equal(array, theirs.tensors()[name])
            assert base(array).flags.owndata and not np.shares_memory(array, theirs.tensors()[name])
    np.testing.assert_array_equal(own["unseen"], mapped["unseen"])


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda kv: pickle.loads(pickle.dumps(kv))])
def test_copies_have_what_was_changed_beside_the_file(kv, how):
    kv.metadata["new"] = 1
    same = how(kv.with_oov("zero"))
    assert same.metadata == {"of": ["a"], "new": 1} and same.oov == "zero" and how(kv).oov == "subword"
    np.testing.assert_array_equal(same["word3"], kv["word3"])
    same.metadata["other"] = 2
    assert "other" not in kv.metadata


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
def test_a_copy_shares_nothing_that_is_changed(how):
    kv = KeyedVectors(WORDS, ROWS, metadata={"of": ["a"]})
    kv["word1"] = np.ones(8)
    other = how(kv)
    kv["word2"], other["word3"] = np.full(8, 2), np.full(8, 3)
    kv.set_vecattr("word1", "n", 1)
    assert other["word2"].tolist() == ROWS[2].tolist() and kv["word3"].tolist() == ROWS[3].tolist()
    assert other["word1"].tolist() == [1] * 8 and "n" not in other._attributes
    other.metadata["of"].append("b")
    assert (kv.metadata["of"] == ["a"]) == (how is copy.deepcopy)


def test_codes_of_a_damaged_file_that_have_no_centroid_are_zeros():
    matrix = encode(ROWS, "pq", m=4)
    tensors = {name: np.array(array) for name, array in matrix.tensors().items()}
    assert tensors[".codebook"].shape[1] == 50
    tensors[""][7] = 255
    damaged = CODECS["pq"].from_tensors(tensors, matrix.config())
    assert damaged[7].tolist() == [0] * 8
    np.testing.assert_array_equal(damaged[8], matrix[8])
    found = KeyedVectors(WORDS, damaged).most_similar("word8", topn=49)
    assert "word7" not in dict(found) and len(found) == 48
