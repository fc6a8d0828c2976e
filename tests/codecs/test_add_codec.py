"""A codec is a class and a line of CODECS: the example of CONTRIBUTING.md works everywhere that codecs do."""

import numpy as np
import pytest

from wordvec import KeyedVectors, load
from wordvec.base.errors import OptionError
from wordvec.codecs import CODECS
from wordvec.codecs.base import Encoded, each_block


class Fixed8(Encoded):
    """Multiples of 1/16 from -8 to 7.9375, a byte for each dimension."""

    name, code_dtype = "fixed8", "i1"

    @classmethod
    def _encode(cls, matrix, norms, options):
        codes = np.empty(matrix.shape, np.int8)

        def work(first, block, lengths):
            codes[first : first + len(block)] = np.clip(np.rint(16 * block), -128, 127)

        return cls(codes, matrix.shape[1], each_block(matrix, norms, work))

    def _decode(self, rows):
        return self.codes[rows] / np.float32(16)


@pytest.fixture
def vectors(monkeypatch):
    monkeypatch.setitem(CODECS, "fixed8", Fixed8)
    matrix = np.random.default_rng(0).standard_normal((3000, 20)).astype(np.float32)
    return KeyedVectors([f"w{i}" for i in range(3000)], matrix)


def test_it_compresses_searches_saves_and_loads(vectors, tmp_path):
    small = vectors.compress("fixed8")
    assert small.vectors.nbytes == 3000 * 20 + 4 * 3000 and small.vectors.name == "fixed8"
    np.testing.assert_allclose(np.asarray(small.vectors), vectors.vectors, atol=1 / 32)
    small.save(tmp_path / "small")
    decoded = small.decompress()
    for again in (small, load(tmp_path / "small")):
        found, expected = again.most_similar("w7", topn=20), decoded.most_similar("w7", topn=20)
        assert [word for word, _ in found] == [word for word, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)
    batch = small.most_similar_batch(["w7", "w9"], topn=5)
    assert [[word for word, _ in words] for words in batch] == [
        [word for word, _ in decoded.most_similar(word, topn=5)] for word in ("w7", "w9")
    ]
    assert small.rank("w7", found[0][0]) == 1


def test_its_options_are_those_it_declares(vectors):
    with pytest.raises(OptionError, match="options of fixed8 must be among none; got 'm'"):
        vectors.compress("fixed8", m=3)
    with pytest.raises(OptionError, match=r"codec must be one of float32, .*fixed8; got 'fixed9'"):
        vectors.compress("fixed9")
