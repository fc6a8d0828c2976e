"""Every file of vectors that gensim's own test data hold, saved by gensim 0.12 to 3.8, opens with all that it holds.

The data are read where gensim is installed; what is expected comes from Python's pickle module with classes that do
nothing, and from gensim itself where it still opens the file.
"""

import bz2
import gzip
import io
import pickle
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import wordvec

pytest.importorskip("gensim", reason="gensim is not installed")
DATA = Path(find_spec("gensim").submodule_search_locations[0]) / "test" / "test_data"
VERSIONS = ["0.12.0", "0.12.1", "0.12.2", "0.12.3", "0.12.4", "0.13.0", "0.13.1", "0.13.2", "0.13.3", "0.13.4"]
VERSIONS += ["1.0.0", "1.0.1", "2.0.0", "2.1.0", "2.2.0", "2.3.0", "3.0.0", "3.1.0", "3.2.0", "3.3.0", "3.4.0"]
WORDS = [f"old_w2v_models/w2v_{version}.mdl" for version in VERSIONS]
WORDS += ["w2v-lee-v0.12.0", "word2vec_3.3", "word2vec_old", "word2vec_old_sep", "model-from-gensim-3.8.0.w2v"]
WORDS += [f"word2vec_pre_kv_{kind}" for kind in ("py2", "py3", "py3_4", "sep_py2", "sep_py3", "sep_py3_4")]
WORDS += ["old_keyedvectors_320.dat", "poincare_test_3.4.0"]
NGRAMS = ["fasttext_old", "fasttext_old_sep", "ft_kv_3.6.0.model.gz", "ft_model_2.3.0", "lee_fasttext"]
NGRAMS += ["compatible-hash-true.model"]
DOCUMENTS = [f"old_d2v_models/d2v_{version}.mdl" for version in VERSIONS]
DOCUMENTS += ["d2v-lee-v0.13.0", "doc2vec_old", "doc2vec_old_sep", "large_tag_doc_10_iter50", "small_tag_doc_5_iter50"]

if not (DATA / WORDS[0]).exists():
    pytest.skip("gensim is installed without its test data", allow_module_level=True)


class Plain:
    """Stands for every class of a pickle but those of numpy."""

    def __init__(self, *args):
        pass

    def __setstate__(self, state):
        self.__dict__.update(state if isinstance(state, dict) else {})


class Reader(pickle.Unpickler):
    """Python's own unpickler, with classes that do nothing."""

    def find_class(self, module, name):
        if module.startswith("numpy") and name in ("_reconstruct", "ndarray", "dtype", "scalar"):
            return super().find_class(module, name)
        if name in ("long", "int"):
            return int
        if name == "_reconstructor":
            return lambda kind, base, state: kind()
        if name == "encode":
            return super().find_class("_codecs", "encode")
        return (lambda *given: {}) if name in ("defaultdict", "OrderedDict") else Plain


def state(name):
    """The attributes of what a file holds, with the arrays of its side files."""
    data = (DATA / name).read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else bz2.decompress(data) if data[:3] == b"BZh" else data
    root = Reader(io.BytesIO(data), encoding="latin1").load()
    for side in DATA.glob(f"{name}.*.npy"):
        owner, attribute = root, side.name[len(Path(name).name) + 1 : -4].split(".")
        for part in attribute[:-1]:
            owner = getattr(owner, part)
        setattr(owner, attribute[-1], np.load(side))
    return root


def first(owner, *names):
    """The first attribute that is there."""
    return next((getattr(owner, name) for name in names if getattr(owner, name, None) is not None), None)


def loaded(name):
    """(the vectors, what the warning says, or None)."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        vectors = wordvec.load(DATA / name)
    return vectors, "; ".join(str(warning.message) for warning in said) or None


@pytest.mark.parametrize("name", WORDS + NGRAMS + DOCUMENTS)
def test_words_counts_vectors_and_outputs(name):
    """Whatever version wrote the file, and in whichever of its layouts."""
    root, (vectors, _) = state(name), loaded(name)
    wv = first(root, "wv", "kv") or root
    assert list(vectors) == list(first(wv, "index2word", "index_to_key"))
    assert (vectors.vectors == first(wv, "vectors", "syn0").astype(np.float32)).all()
    assert vectors.vocabulary.counts.tolist() == [wv.vocab[word].count for word in vectors]
    assert vectors.metadata["source"]["format"] == "gensim"
    if getattr(root, "vector_size", None):
        assert vectors.metadata["options"]["vector_size"] == root.vector_size
    outputs = first(getattr(root, "trainables", root), "syn1neg")
    assert (vectors.context is not None) == (outputs is not None and outputs.shape == vectors.vectors.shape)
    if vectors.context is not None:
        assert (vectors.context == outputs).all()


@pytest.mark.parametrize("name", WORDS + NGRAMS + DOCUMENTS)
def test_what_is_not_read_is_said(name):
    """The vectors of documents, the tree of hierarchical softmax, outputs of another width: each by name, no more."""
    root, (_, said) = state(name), loaded(name)
    told = said or ""
    documents = first(root, "docvecs")
    assert ("the vectors of" in told) == (documents is not None)
    if documents is not None:
        tags = first(documents, "vectors_docs", "doctag_syn0")
        assert f"the vectors of {len(tags)} documents (dv), which wordvec.gensim.Doc2Vec.load(path).dv has" in told
    assert ("(syn1)" in told) == (first(getattr(root, "trainables", root), "syn1") is not None)
    assert ("dm_concat=1" in told) == bool(getattr(root, "dm_concat", 0))
    assert ("hyperbolic" in told) == name.startswith("poincare")
    assert said is None or said.startswith(f"{DATA / name}: not read: ")


def old_ngrams(word, least, most):
    text = f"<{word}>"
    sizes = range(least, min(len(text), most) + 1)
    return [text[i : i + size] for size in sizes for i in range(len(text) - size + 1)]


def old_hash(ngram):
    h = 2166136261
    for character in ngram:
        h = (h ^ ord(character)) * 16777619 % 2**32
    return h


@pytest.mark.parametrize("name", NGRAMS)
def test_ngrams_compose_unknown_words(name):
    """As gensim of that time did: by the names of n-grams, or by its hash of then, without those that it left out."""
    root, (vectors, _) = state(name), loaded(name)
    wv = getattr(root, "wv", root)
    table = first(wv, "vectors_ngrams", "syn0_ngrams", "syn0_all")
    assert (np.asarray(vectors.subwords.table) == table).all()
    for word in ("system", "syste", "unseen-thing", "human", "anarchismus", "naïveté", "Юникод"):
        grams = old_ngrams(word, wv.min_n, wv.max_n)
        if hasattr(wv, "ngrams"):
            rows = [wv.ngrams[gram] for gram in grams if gram in wv.ngrams]
        elif word.isascii() or not getattr(wv, "compatible_hash", False):
            hashes = [old_hash(gram) % wv.bucket for gram in grams]
            rows = [wv.hash2index[row] for row in hashes if row in wv.hash2index]
        else:
            continue
        composed, found = vectors.subwords.compose([word])
        assert found[0] == bool(rows)
        if rows:
            np.testing.assert_allclose(composed[0], table[rows].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in NGRAMS if name.startswith("fasttext")])
def test_words_are_the_means_of_their_ngrams(name):
    wv, (vectors, _) = state(name).wv, loaded(name)
    for row, word in enumerate(vectors):
        rows = [wv.ngrams[gram] for gram in old_ngrams(word, wv.min_n, wv.max_n)]
        mean = (wv.syn0_vocab[row] + wv.syn0_ngrams[rows].sum(axis=0)) / (len(rows) + 1)
        np.testing.assert_allclose(vectors[word], mean, atol=1e-6)


@pytest.mark.parametrize("name", ["old_w2v_models/w2v_3.4.0.mdl", "word2vec_old_sep", "word2vec_3.3"])
def test_gensim_4_opens_the_same(name):
    from gensim.models import Word2Vec

    peer, (vectors, _) = Word2Vec.load(str(DATA / name)), loaded(name)
    assert list(vectors) == list(peer.wv.index_to_key) and (vectors.vectors == peer.wv.vectors).all()
    assert (vectors.context == peer.syn1neg).all()
    word = vectors.index_to_key[0]
    assert [w for w, _ in vectors.most_similar(word)] == [w for w, _ in peer.wv.most_similar(word)]
