"""Matrices whose rows are composed of rows of a table: answers, files, memory."""

import numpy as np
import pytest
from spelled_topics import SMALL, sentences

import wordvec
from wordvec import FastText, FormatError, KeyedVectors, OptionError
from wordvec.codecs import Composed


@pytest.fixture(scope="module")
def two_topics():
    return sentences()


@pytest.fixture(scope="module")
def fasttext(two_topics):
    return FastText(**SMALL, bucket=2000).fit(two_topics, keep_context=True)


class TestComposed:
    """Composed matrices are the dense ones that they stand for."""

    @pytest.fixture(params=["mean", "multiply", "concat", "weighted"])
    def pair(self, request):
        rng = np.random.default_rng(0)
        codes, table = rng.integers(0, 40, (500, 3)).astype(np.uint32), rng.standard_normal((40, 8)).astype(np.float32)
        weights = rng.standard_normal((500, 3)).astype(np.float32) if request.param == "weighted" else None
        made = Composed(codes, table, request.param, weights)
        words = [f"w{i}" for i in range(500)]
        return KeyedVectors(words, made), KeyedVectors(words, np.asarray(made))

    def test_answers_are_those_of_the_matrix(self, pair):
        composed, dense = pair
        np.testing.assert_allclose(composed.norms, dense.norms, rtol=1e-6)
        for word in ("w0", "w77", "w499"):
            np.testing.assert_array_equal(composed[word], dense[word])
            one, two = composed.most_similar(word, topn=20), dense.most_similar(word, topn=20)
            assert [round(score, 5) for _, score in one] == [round(score, 5) for _, score in two]
        assert (
            composed.most_similar(["w1", "w2"], ["w3"], topn=3)[0][0] == dense.most_similar(["w1", "w2"], ["w3"])[0][0]
        )
        assert composed.similarity("w3", "w4") == pytest.approx(dense.similarity("w3", "w4"), abs=1e-6)
        assert composed.closer_than("w3", "w4") == dense.closer_than("w3", "w4")
        assert composed.subset(["w5", "w9"])["w9"].tolist() == dense["w9"].tolist()

    def test_may_be_encoded_and_decoded(self, pair, tmp_path):
        composed, dense = pair
        composed.save(tmp_path / "v.txt")
        np.testing.assert_array_equal(wordvec.load(tmp_path / "v.txt").vectors, dense.vectors)
        np.testing.assert_array_equal(composed.decompress().vectors, dense.vectors)

    def test_damaged_files(self, pair, tmp_path):
        composed, _ = pair
        tensors, config = composed.vectors.tensors(), composed.vectors.config()
        for wrong in (
            {".table": tensors[".table"][:, :0]},
            {".table": tensors[".table"].astype(np.float64)},
            {"": tensors[""].astype(np.int64)},
            {".norm": tensors[".norm"][:5]},
        ):
            with pytest.raises(FormatError):
                Composed.from_tensors({**tensors, **wrong}, config)
        with pytest.raises(FormatError, match="compose of the codec"):
            Composed.from_tensors(tensors, {"compose": "xor"})
        codes = tensors[""].copy()
        codes[3] = 40
        damaged = Composed.from_tensors({**tensors, "": codes}, config)
        with pytest.raises(FormatError, match="composed of the 40"):
            damaged[3]


def test_rows_of_many_rows_take_little_memory():
    import tracemalloc

    codes = np.random.default_rng(0).integers(0, 50, (2000, 400)).astype(np.uint32)
    made = Composed(codes, np.ones((50, 100), np.float32), "mean")
    tracemalloc.start()
    try:
        assert (np.asarray(made) == 1).all()
        assert tracemalloc.get_traced_memory()[1] < 8e6
    finally:
        tracemalloc.stop()


def test_nothing_is_encoded_as_composed(fasttext):
    with pytest.raises(OptionError, match="codec must be one of"):
        fasttext.compress("composed")
