"""What a notebook shows of vectors and of their results."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.base.shown import Ranked, RankedBy, Records
from wordvec.rows import Rows


@pytest.fixture
def vectors():
    words, rows = ["king", "<b>queen</b>", "man", "woman"], [[2, 1], [2, -1], [1, 1], [1, -1]]
    return KeyedVectors(words, rows, counts=[9000, 4, 7, 5], attributes={"year": np.arange(4), "pos": list("NNVV")})


def test_the_summary_has_the_facts_and_the_first_words(skipgram):
    shown = skipgram._repr_html_()
    for fact in ("1,942", "float32, 256 bytes per row", "cosine", "skipgram", "window=5", "tokens kept", "26,219"):
        assert fact in shown
    assert "and 1,932 more" in shown and skipgram.index_to_key[9] in shown
    assert f"{skipgram.metadata['loss'][-1]:.4f}" in shown


def test_attributes_codec_and_words_are_shown_escaped(vectors):
    shown = vectors.compress("int8")._repr_html_()
    assert "int8, " in shown and "year=int64, pos=text, 2 distinct" in shown and "9,000" in shown
    assert "&lt;b&gt;queen" in shown and "<b>" not in shown


def test_vectors_of_all_kinds_have_a_summary(vectors):
    bare = KeyedVectors(["a", "b", "c"], [[1.0], [1.0], [2.0]])
    assert "count</th>" not in bare._repr_html_() and "2 rows for 3 words" in bare.dedupe()._repr_html_()
    ball = wordvec.PoincareVectors(["animal", "dog"], [[0, 0], [0.5, 0]])
    assert "PoincareVectors of 2 words" in ball._repr_html_() and "poincare" in ball._repr_html_()
    assert "Concatenated" in wordvec.Concatenated(bare, bare)._repr_html_()
    assert "none" in KeyedVectors([], np.zeros((0, 3)))._repr_html_()
    strange = KeyedVectors(["a"], [[1.0]], metadata={"options": 5, "corpus": [1], "loss": 7, "trainer": {"x": [None]}})
    assert "other metadata" in strange._repr_html_()


class Unread(Rows):
    """A million rows that cannot be read."""

    name, nbytes = "unread", 0

    def _decode(self, rows):
        raise AssertionError("a row is read")

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("all rows are read")

    tensors = from_tensors = __array__


def test_the_summary_of_a_million_words_is_small_and_reads_no_row():
    words = wordvec.Vocabulary.from_words(f"w{i}" for i in range(1_000_000))
    options = {f"option{i}": "x" * 100 for i in range(1000)}
    attributes = {f"a{i}": np.zeros(1_000_000, np.int8) for i in range(40)}
    vectors = KeyedVectors(
        words, Unread((1_000_000, 300)), metadata={"options": options, **options}, attributes=attributes
    )
    shown = vectors._repr_html_()
    assert "and 999,990 more" in shown and "1,000,000" in shown
    assert len(shown) < 10_000


def test_results_of_queries_are_lists_that_show_themselves(vectors):
    queries = [
        vectors.most_similar("king"),
        vectors.most_similar("king", topn=0),
        vectors.most_similar_cosmul("king"),
        vectors.similar_by_vector([1, 0]),
        *vectors.most_similar_batch(["king", "man"]),
        *vectors.most_similar_batch(["king"], topn=0),
        wordvec.PoincareVectors(["animal", "dog"], [[0, 0], [0.5, 0]]).most_similar("dog"),
        wordvec.Concatenated(vectors, vectors).most_similar("king"),
        wordvec.align.Aligned(vectors, vectors).translate("king"),
        wordvec.align.Slices({"a": vectors, "b": vectors}).temporal_analogy("king", "a", "b"),
    ]
    assert all(type(result) is Ranked for result in queries)
    assert type(vectors.most_similar_batch(["king"])) is list
    assert vectors.most_similar("king", topn=1) == [("man", pytest.approx(0.9487, abs=1e-4))]


def test_slices_show_drift_and_neighbours(vectors):
    slices = wordvec.align.Slices({"then": vectors, "now": vectors})
    drift, near = slices.drift("then", "now"), slices.neighbours("king")
    assert type(drift) is Records and "9,000, 9,000" in drift._repr_html_()
    assert type(near) is RankedBy and near == {name: slices[name].most_similar("king") for name in ("then", "now")}
    assert near._repr_html_().count("<caption>") == 2
