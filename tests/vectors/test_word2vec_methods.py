"""gensim's methods for word2vec files: sorting, prefixes, files of counts, encodings."""

import numpy as np
import pytest

from wordvec.base.errors import OptionError
from wordvec.vectors import KeyedVectors


def test_word2vec_files_by_gensims_signature(tmp_path):
    path, counts = tmp_path / "x.txt", tmp_path / "counts"
    kv = KeyedVectors(["a", "b", "c"], [[1, 2], [3, 4], [5, 6]], counts=[1, 9, 9])
    kv.save_word2vec_format(path, fvocab=counts, prefix="p_")
    assert path.read_text() == "3 2\np_b 3.0 4.0\np_c 5.0 6.0\np_a 1.0 2.0\n"
    assert counts.read_text() == "p_b 9\np_c 9\np_a 1\n"
    back = KeyedVectors.load_word2vec_format(path, fvocab=counts, binary=False, no_header=False)
    assert list(back) == ["p_b", "p_c", "p_a"] and back.vocabulary.counts.tolist() == [9, 9, 1]
    kv.set_vecattr("c", "n", 4)
    with pytest.warns(UserWarning, match="^attributes and counts are left out, as word2vec-binary has no place"):
        kv.save_word2vec_format(path, binary=True, sort_attr="n")
    assert list(KeyedVectors.load_word2vec_format(path, binary=True)) == ["c", "a", "b"]
    kv.without("attributes").save_word2vec_format(path, total_vec=3, sort_attr="no such")
    assert list(KeyedVectors.load_word2vec_format(path)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"append": True}, "append must be left out"),
        ({"total_vec": 7}, "total_vec must be the number of words, 2"),
        ({"binary": True, "write_header": False}, "write_header must be true where binary is"),
        ({"fvocab": "counts"}, "counts must be known"),
    ],
)
def test_word2vec_options_that_are_refused(options, problem, in_folder):
    with pytest.raises(OptionError, match=problem):
        KeyedVectors(["a", "b"], [[1], [2]]).save_word2vec_format("x.txt", **options)


def test_text_without_a_header_is_what_glove_writes(tmp_path):
    KeyedVectors(["a", "b"], [[1, 0.5], [2, 1]]).save_word2vec_format(tmp_path / "x", write_header=False)
    assert (tmp_path / "x").read_text().split() == "a 1.0 0.5 b 2.0 1.0".split()


def test_other_encodings(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("2 1\nnaïve 1\nb 2\n".encode("latin-1"))
    load = KeyedVectors.load_word2vec_format
    assert list(load(path)) == ["na\udcefve", "b"] and list(load(path, encoding="latin-1")) == ["naïve", "b"]
    assert list(load(path, unicode_errors="ignore")) == ["nave", "b"]
    path.write_bytes(b"3 1\na\xff 1\na\xfe 2\nb 3\n")
    same = load(path, unicode_errors="replace")  # of words that become the same the first is kept
    assert list(same) == ["a\ufffd", "b"] and same["b"].tolist() == [3] and same["a\ufffd"].tolist() == [1]
    for options, problem in (
        ({"encoding": "nothing"}, "one that Python knows"),
        ({"unicode_errors": "loud"}, "strict, ignore or replace"),
        ({"datatype": np.float16}, "datatype must be float32"),
    ):
        with pytest.raises(OptionError, match=problem):
            load(path, **options)


def test_counts_of_a_file(tmp_path):
    from wordvec.base.errors import FormatError

    path, counts = tmp_path / "x.txt", tmp_path / "counts"
    path.write_text("2 1\na 1\nb 2\n")
    counts.write_text("b 7\nother 3\na 9\n")
    kv = KeyedVectors.load_word2vec_format(path, counts)
    assert kv.vocabulary.counts.tolist() == [9, 7]
    for text, problem in (("b 7\n", "'a' has none"), ("b\n", "line 1"), ("b x\n", "line 1"), ("b -1\n", "line 1")):
        counts.write_text(text)
        with pytest.raises(FormatError, match=problem):
            KeyedVectors.load_word2vec_format(path, counts)
