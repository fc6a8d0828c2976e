"""gensim's files as every version laid them out, by every protocol of pickle, and with keys of every kind.

The files are made here, of classes that bear gensim's names for as long as one is written: gensim is not needed.
"""

import gzip
import io
import pickle
import sys
import tracemalloc
import types
import zipfile

import numpy as np
import pytest

import wordvec
from wordvec.base.errors import FormatError
from wordvec.formats import open_source
from wordvec.formats.gensim import document_part
from wordvec.formats.io import gensim_saved, pickles
from wordvec.formats.io.selection import selection

WORDS = ["the", "naïve", "日本", "x y"]
MATRIX = np.arange(1, 13, dtype=np.float32).reshape(4, 3) / 7
COUNTS = [9, 7, 4, 2]
KV = "gensim.models.keyedvectors.KeyedVectors"
W2V = "gensim.models.word2vec.Word2Vec"


class Peer:
    """An object of a class of that name."""

    def __init__(self, _class, **state):
        self.__dict__.update(state)
        self.kind = _class


def users_hash(word):
    """What a user may give as hashfxn."""
    return len(word)


@pytest.fixture
def save(monkeypatch, tmp_path):
    """A function that pickles a Peer as gensim would."""

    def made(value):
        if isinstance(value, Peer):
            module, _, name = value.kind.rpartition(".")
            if not hasattr(sys.modules.get(module), "made_here"):
                for parent in (module.rpartition(".")[0].partition(".")[0], module.rpartition(".")[0]):
                    if parent and parent not in sys.modules:
                        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
                monkeypatch.setitem(sys.modules, module, types.ModuleType(module))
                sys.modules[module].made_here = True
            space = sys.modules[module]
            if not hasattr(space, name):
                setattr(space, name, type(name, (), {"__module__": module, "__qualname__": name}))
            new = getattr(space, name)()
            new.__dict__.update({key: made(item) for key, item in vars(value).items() if key != "kind"})
            return new
        if isinstance(value, tuple):
            return tuple(map(made, value))
        if isinstance(value, dict):
            return {key: made(item) for key, item in value.items()}
        return value

    def write(value, name="x.model", protocol=4):
        (tmp_path / name).write_bytes(pickle.dumps(made(value), protocol))
        return tmp_path / name

    return write


def vocab(words=WORDS, counts=COUNTS):
    kind = "gensim.models.keyedvectors.Vocab"
    return {w: Peer(kind, index=i, count=c, sample_int=2**32) for i, (w, c) in enumerate(zip(words, counts))}


def layouts():
    """(name, model) of Word2Vec as gensim 0.12, 1, 3.4 and 4 had it."""
    outputs, numbers = MATRIX + 1, {"window": 5, "alpha": 0.025, "negative": 5, "hs": 0, "seed": 2**40}
    logger = Peer("mine.Logger", n=1)
    names = {"index2word": WORDS, "vocab": vocab()}
    yield "0.12", Peer(W2V, syn0=MATRIX, syn1neg=outputs, iter=7, min_count=3, hashfxn=hash, **names, **numbers)
    wv = Peer(KV, syn0=MATRIX, syn0norm=None, **names)
    yield "1", Peer(W2V, wv=wv, syn1neg=outputs, iter=7, min_count=3, hashfxn=users_hash, **numbers)
    wv = Peer("gensim.models.keyedvectors.Word2VecKeyedVectors", vectors=MATRIX, vector_size=3, **names)
    trainables = Peer("gensim.models.word2vec.Word2VecTrainables", syn1neg=outputs, hashfxn=users_hash)
    vocabulary = Peer("gensim.models.word2vec.Word2VecVocab", min_count=3)
    yield "3.4", Peer(W2V, wv=wv, vocabulary=vocabulary, trainables=trainables, epochs=7, **numbers)
    wv = Peer(
        KV,
        vectors=MATRIX,
        index_to_key=WORDS,
        key_to_index={word: row for row, word in enumerate(WORDS)},
        expandos={"count": np.array(COUNTS), "sample_int": np.array(COUNTS, np.uint32)},
    )
    yield "4", Peer(W2V, wv=wv, syn1neg=outputs, epochs=7, min_count=3, callbacks=(logger,), **numbers)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(("version", "model"), list(layouts()), ids=[name for name, _ in layouts()])
def test_every_layout_by_every_protocol(version, model, protocol, save):
    """Also integers as protocols 0 to 2 write them, a function of the user's as hashfxn, and an object of theirs."""
    loaded = wordvec.load(save(model, protocol=protocol))
    assert list(loaded) == WORDS and loaded.vectors.tobytes() == MATRIX.tobytes()
    assert loaded.vocabulary.counts.tolist() == COUNTS and (loaded.context == MATRIX + 1).all()
    options = {"window": 5, "alpha": 0.025, "negative": 5, "hs": 0, "seed": 2**40, "epochs": 7, "min_count": 3}
    assert loaded.metadata["options"] == options
    some = wordvec.load(save(model, protocol=protocol), words=["日本", "the"])
    assert list(some) == ["the", "日本"] and some.context.tolist() == (MATRIX[[0, 2]] + 1).tolist()


def test_a_users_function_is_neither_imported_nor_called(save, monkeypatch):
    path = save(Peer(W2V, wv=Peer(KV, vectors=MATRIX, index_to_key=WORDS), hashfxn=users_hash))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"test_gensim_layouts", b"no_such_module_here"))
    assert list(wordvec.load(path)) == WORDS and "no_such_module_here" not in sys.modules
    for called in (b"cos\nmkdir\n(X\x01\x00\x00\x00atR.", b"cmine\nf\n)R.", b"(imine\nf\n."):
        with pytest.raises(FormatError, match="which is refused, as a pickle could run code"):
            pickles.read(b"\x80\x02" + called, "a file")


def kv(**state):
    return Peer(KV, **{"vectors": MATRIX, "index_to_key": WORDS, **state})


@pytest.mark.parametrize("protocol", range(6))
def test_keys_of_numpy(protocol, save):
    """np.str_ and np.int64, as they come from arrays of words, are words as others are."""
    keys = list(np.array(WORDS))
    rows = {word: row for row, word in enumerate(keys)}
    loaded = wordvec.load(save(kv(index_to_key=keys, key_to_index=rows), protocol=protocol))
    assert list(loaded) == WORDS and loaded["日本"].tolist() == MATRIX[2].tolist()
    numbers = wordvec.load(save(kv(index_to_key=list(np.arange(5, 9))), protocol=protocol))
    assert list(numbers) == ["5", "6", "7", "8"] and numbers.metadata["source"]["int_keys"] == "str"
    assert list(wordvec.load(save(kv(index_to_key=[w.encode() for w in WORDS]), protocol=protocol))) == WORDS


def test_a_word_added_twice(save):
    """The row that gensim had for it, unless `duplicates` says which; an unreached row is counted as one."""
    keys = ["a", "b", "a", "c"]
    path = save(kv(index_to_key=keys, key_to_index={"a": 2, "b": 1, "c": 3}, expandos={"count": np.array(COUNTS)}))
    loaded = wordvec.load(path)
    assert list(loaded) == ["b", "a", "c"] and loaded["a"].tolist() == MATRIX[2].tolist()
    assert loaded.get_vecattr("a", "count") == 4 and loaded.metadata["source"]["duplicates"] == 1
    for which, row in (("first", MATRIX[0]), ("last", MATRIX[2]), ("mean", (MATRIX[0] + MATRIX[2]) / 2)):
        found = wordvec.load(path, duplicates=which)
        np.testing.assert_allclose(found["a"], row, rtol=1e-6)
        assert sorted(found) == ["a", "b", "c"] and found["c"].tolist() == MATRIX[3].tolist()
    with pytest.raises(FormatError, match="distinct"):
        wordvec.load(path, duplicates="error")
    with pytest.raises(FormatError, match="distinct"):
        wordvec.load(save(kv(index_to_key=[1, "1", "a", "b"])))


def test_vectors_that_are_partly_filled(save):
    """Room that was made for more keys than were added is left out; numbers in it are not, without a word."""
    matrix = np.zeros((9, 3), np.float32)
    matrix[[0, 2]] = MATRIX[:2]
    path = save(kv(vectors=matrix, index_to_key=["a", None, "b"] + [None] * 6, key_to_index={"a": 0, "b": 2}))
    loaded = wordvec.load(path)
    assert list(loaded) == ["a", "b"] and loaded.vectors.tolist() == MATRIX[:2].tolist()
    assert wordvec.load(path, words=["b"]).vectors.tolist() == MATRIX[1:2].tolist()
    fewer = wordvec.load(save(kv(vectors=matrix, index_to_key=["a", "z", "b"])))
    assert list(fewer) == ["a", "z", "b"]
    with pytest.warns(UserWarning, match="1 rows of which no word is known"):
        wordvec.load(save(kv(index_to_key=WORDS[:3])))


def test_attributes(save):
    numbers = {"count": np.array(COUNTS), "weight": np.arange(4) / 2, "seen": np.array([True, False, True, True])}
    loaded = wordvec.load(save(kv(expandos=numbers)), words=["日本", "x y"])
    assert [loaded.get_vecattr(word, "weight") for word in loaded] == [1, 1.5]
    assert loaded.get_vecattr("x y", "seen") and loaded.vocabulary.counts.tolist() == [4, 2]
    loaded = wordvec.load(save(kv(expandos={"colour": np.array(["red", 0, "blue", "red"], object)})))
    assert loaded.get_vecattrs("colour").tolist() == ["red", "", "blue", "red"]
    with pytest.warns(UserWarning, match="not read: the attribute 'colour', which is not a number or text for each"):
        wordvec.load(save(kv(expandos={"colour": np.array(["red", 1, 2, 3], object)})))


def documents(**more):
    words = Peer(KV, vectors=MATRIX, index_to_key=WORDS)
    return Peer("gensim.models.doc2vec.Doc2Vec", wv=words, dm=0, **more)


def layouts_of_tags():
    kind = "gensim.models.doc2vec.DocvecsArray"
    rows, tag = 2 * MATRIX, "gensim.models.doc2vec.Doctag"
    texts = {"one": Peer(tag, offset=0), "two": Peer(tag, offset=1)}
    yield {"docvecs": Peer(kind, doctag_syn0=rows, doctags={}, index2doctag=[], count=4)}, ["0", "1", "2", "3"]
    yield {"docvecs": Peer(kind, doctag_syn0=rows, doctags={}, offset2doctag=[], max_rawint=3)}, ["0", "1", "2", "3"]
    state = {"doctags": texts, "offset2doctag": ["one", "two"], "max_rawint": 1}
    yield {"docvecs": Peer(kind, doctag_syn0=rows, **state)}, ["0", "1", "one", "two"]
    kind = "gensim.models.keyedvectors.Doc2VecKeyedVectors"
    yield {"docvecs": Peer(kind, vectors_docs=rows, vectors=[], vocab={}, **state)}, ["0", "1", "one", "two"]
    yield {"dv": Peer(KV, vectors=rows, index_to_key=["a", 1, "b", 3])}, ["a", "1", "b", "3"]


@pytest.mark.parametrize(("part", "tags"), list(layouts_of_tags()))
def test_the_vectors_of_documents(part, tags, save):
    """They are not among the words, and a warning names the way to them."""
    path = save(documents(**part))
    with pytest.warns(UserWarning, match=r"4 documents \(dv\), which wordvec\.gensim\.Doc2Vec\.load\(path\)\.dv has"):
        words = wordvec.load(path)
    assert list(words) == WORDS
    found = document_part(gensim_saved.Saved(open_source(path), selection())).vectors()
    assert list(found) == tags and found.vectors.tolist() == (2 * MATRIX).tolist()
    alone = wordvec.load(save(next(iter(part.values()))))
    assert list(alone) == tags and alone.vectors.tolist() == (2 * MATRIX).tolist()


def test_outputs_of_another_width_are_not_a_context(save):
    model = documents(syn1neg=np.zeros((4, 33), np.float32), dm_concat=1)
    with pytest.warns(UserWarning, match=r"the output matrix \(syn1neg\) of dm_concat=1"):
        loaded = wordvec.load(save(model))
    assert loaded.context is None and loaded.metadata["options"]["dm_concat"] == 1


@pytest.mark.parametrize("shape", [(2**27, 0), (0, 2**27), (2**27, 0, 1)])
@pytest.mark.parametrize("name", ["vectors_ngrams", "vectors", "syn0_all"])
def test_large_shapes_of_nothing_take_no_memory(shape, name, save):
    """Some hundred bytes may ask for as many numbers as they have."""
    state = {name: np.zeros(shape, np.float32), "min_n": 3, "max_n": 4, "compatible_hash": True}
    path = save(Peer("gensim.models.fasttext.FastTextKeyedVectors", index_to_key=["a"], **state))
    assert path.stat().st_size < 1024
    tracemalloc.start()
    with pytest.raises(FormatError):
        wordvec.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("shape", [(2**47, 3), (2**30, 3), (2**40, 0)])
@pytest.mark.parametrize("part", ["wv.vectors", "dv.vectors_docs", "wv.vectors_ngrams"])
def test_a_zipped_side_file_cannot_claim_more_than_it_holds(shape, part, save):
    owner, name = part.split(".")
    model = documents(dv=Peer(KV, doctags={}))
    model.wv = Peer(KV, index_to_key=WORDS, vectors=MATRIX, min_n=3, max_n=3)
    if name == "vectors":
        del model.wv.vectors
    getattr(model, owner).__dict__["__numpys"] = [name]
    path = save(model, "m")
    packed = path.rename(path.with_suffix(".gz"))
    packed.write_bytes(gzip.compress(packed.read_bytes()))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(f"{packed}.{part}.npz", "w") as archive:
        archive.writestr("val.npy", header.getvalue() + bytes(100))
    with pytest.raises(FormatError, match="no more than the file can hold"):
        wordvec.load(packed)


def test_side_files_of_every_kind(save, tmp_path):
    """Each array that gensim put beside the file is found by the name of its object: words, n-grams, outputs, tags."""
    words = Peer(KV, index_to_key=WORDS, **{"__numpys": ["vectors"]})
    model = Peer("gensim.models.doc2vec.Doc2Vec", wv=words, **{"__numpys": ["syn1neg"]})
    model.dv = Peer(KV, index_to_key=list(range(4)), **{"__numpys": ["vectors"]})
    path = save(model, "d.model")
    np.save(f"{path}.wv.vectors.npy", MATRIX)
    np.save(f"{path}.syn1neg.npy", MATRIX + 1)
    np.save(f"{path}.dv.vectors.npy", MATRIX + 2)
    with pytest.warns(UserWarning, match="4 documents"):
        loaded = wordvec.load(path)
    assert (loaded.vectors == MATRIX).all() and (loaded.context == MATRIX + 1).all()
    found = document_part(gensim_saved.Saved(open_source(path), selection())).vectors()
    assert (found.vectors == MATRIX + 2).all()


@pytest.mark.parametrize("numbers", [np.array([5, -3, 1, 1]), np.array([2**64 - 1, 3, 1, 1], np.uint64)])
def test_counts_that_are_none(numbers, save):
    with pytest.warns(UserWarning, match="counts must be 0 to 2"):
        loaded = wordvec.load(save(kv(expandos={"count": numbers})))
    assert loaded.vocabulary.counts is None


def test_numbers_beyond_float32_are_infinite_without_a_warning(save):
    assert np.isinf(wordvec.load(save(kv(vectors=np.full(MATRIX.shape, 1e300)))).vectors).all()
