"""gensim's files: what gensim 3 and 4 write is read as data; pickles that could run code are refused, and run none."""

import bz2
import gzip
import io
import os
import pickle
import random
import struct
import tracemalloc
import zipfile
from contextlib import nullcontext

import golden_others as golden
import numpy as np
import pytest
from golden_others import COUNTS, MATRIX, WORDS, array, dictionary, instance, integer, text

from wordvec import formats
from wordvec.base.errors import FormatError, WordvecError
from wordvec.formats.io import pickles

KV = "gensim.models.keyedvectors", "KeyedVectors"


def words_list(words=WORDS):
    return b"](" + b"".join(map(text, words)) + b"e"


def gensim4(*more, aside=(), counts=True):
    """KeyedVectors of gensim 4, by hand; `aside` are attributes that lie in side files."""
    state = [("index_to_key", words_list()), ("key_to_index", b"}"), ("vector_size", b"K\x03")]
    state += [("vectors", array(MATRIX))] if "vectors" not in aside else []
    state += [("expandos", dictionary([(text("count"), array(np.array(COUNTS), "i8"))]))] if counts else []
    state += [("__numpys", words_list(aside)), *more]
    return b"\x80\x02" + instance(*KV, state) + b"."


def written(folder, data, name="x"):
    (folder / name).write_bytes(data)
    return folder / name


def loads(data):
    return pickles.read(data, "a file")


# What gensim wrote


@pytest.mark.parametrize("vectors", ["vectors", "syn0"])
def test_gensim_3(vectors, tmp_path):
    path = written(tmp_path, golden.gensim3(vectors))
    loaded = formats.load(path)
    assert list(loaded) == WORDS and loaded.vocabulary.counts.tolist() == COUNTS
    assert loaded.vectors.tobytes() == MATRIX.tobytes() and loaded.context is None and loaded.subwords is None
    source = {"format": "gensim", "class": "Word2VecKeyedVectors", "rows": 4, "duplicates": 0}
    assert loaded.metadata == {"source": source, "options": {"vector_size": 3}}


def test_gensim_4_and_its_parts(tmp_path):
    path = written(tmp_path, gensim4())
    for mapped in (True, False):
        loaded = formats.load(path, mmap=mapped)
        assert list(loaded) == WORDS and loaded.vectors.tobytes() == MATRIX.tobytes()
    some = formats.load(path, words=["日本", "the", "x"])
    assert list(some) == ["the", "日本"] and some.vectors.tolist() == MATRIX[[1, 3]].tolist()
    assert list(formats.load(path, min_count=4)) == WORDS[:3] and list(formats.load(path, limit=1)) == WORDS[:1]
    assert formats.load(written(tmp_path, gensim4(counts=False))).vocabulary.counts is None


def test_a_model_of_gensim_3_with_its_output_matrix(tmp_path):
    wv = golden.gensim3()[2:-1]
    trainables = instance("gensim.models.word2vec", "Word2VecTrainables", [("syn1neg", array(2 * MATRIX))])
    state = [("wv", wv), ("trainables", trainables), ("window", integer(5)), ("alpha", b"G" + struct.pack(">d", 0.25))]
    path = written(tmp_path, b"\x80\x02" + instance("gensim.models.word2vec", "Word2Vec", state) + b".")
    loaded = formats.load(path, limit=2)
    assert loaded.context.tolist() == (2 * MATRIX[:2]).tolist()
    assert loaded.metadata["options"] == {"window": 5, "alpha": 0.25}


def test_an_old_model_that_is_its_own_vectors(tmp_path):
    state = [("index2word", words_list()), ("syn0", array(MATRIX)), ("syn1neg", array(MATRIX + 1))]
    path = written(tmp_path, b"\x80\x02" + instance("gensim.models.word2vec", "Word2Vec", state) + b".")
    loaded = formats.load(path)
    assert loaded.vectors.tolist() == MATRIX.tolist() and loaded.context.tolist() == (MATRIX + 1).tolist()


def test_side_files(tmp_path):
    path = written(tmp_path, gensim4(aside=["vectors"]), "my.kv")
    with pytest.raises(FormatError, match=r"my\.kv\.vectors\.npy, which must lie beside"):
        formats.load(path)
    np.save(tmp_path / "my.kv.vectors.npy", MATRIX)
    loaded = formats.load(path)
    assert loaded.vectors.tobytes() == MATRIX.tobytes() and loaded.vectors.base is not None
    assert formats.load(path, mmap=False).vectors.tobytes() == MATRIX.tobytes()
    assert formats.load(path, words=["naïve"]).vectors.tolist() == MATRIX[2:3].tolist()
    for wrong, why in (
        (MATRIX[:3], "matrix of 4 rows"),
        (MATRIX[0], "matrix of 4 rows"),
        (np.array([None, 1]), "plain numbers"),
        (np.asfortranarray(MATRIX), "row order"),
        (np.zeros(4, "f4,f4"), "plain numbers"),
    ):
        np.save(tmp_path / "my.kv.vectors.npy", wrong, allow_pickle=True)
        with pytest.raises(FormatError, match=why):
            formats.load(path)
    np.save(tmp_path / "my.kv.vectors.npy", MATRIX.astype(">f8"))
    assert formats.load(path).vectors.tolist() == MATRIX.tolist()
    data = (tmp_path / "my.kv.vectors.npy").read_bytes()
    for damaged in (data[:-1], data + b"x", data[:9], data[:40], b"", data.replace(b"(4, 3)", b"(4, 9)")):
        (tmp_path / "my.kv.vectors.npy").write_bytes(damaged)
        with pytest.raises(FormatError):
            formats.load(path)


def test_no_side_file_lies_elsewhere(tmp_path):
    """The names of side files are ours: one that the file makes up is not looked for."""
    np.save(tmp_path / "secret.npy", MATRIX)
    (tmp_path / "in").mkdir()
    path = written(tmp_path / "in", gensim4(aside=["vectors", "/../../secret"]))
    with pytest.raises(FormatError, match=r"x\.vectors\.npy"):
        formats.load(path)


def test_compressed_files_have_zipped_side_files(tmp_path):
    for name, pack in (("x.kv.gz", gzip), ("x.kv.bz2", bz2)):
        path = written(tmp_path, pack.compress(gensim4(aside=["vectors"])), name)
        with pytest.raises(FormatError, match=r"vectors\.npz, which must lie beside"):
            formats.load(path)
        np.savez_compressed(f"{path}.vectors.npz", val=MATRIX)
        assert formats.load(path).vectors.tolist() == MATRIX.tolist()
        assert formats.load(path, words=["the"]).vectors.tolist() == MATRIX[1:2].tolist()
        data = (tmp_path / f"{name}.vectors.npz").read_bytes()
        for size in range(0, len(data), 9):
            (tmp_path / f"{name}.vectors.npz").write_bytes(data[:size])
            with pytest.raises(FormatError):
                formats.load(path)


def test_a_zip_that_lies_about_its_size(tmp_path):
    path = written(tmp_path, gzip.compress(gensim4(aside=["vectors"])), "x.gz")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (4, 1 << 20)})
    with zipfile.ZipFile(f"{path}.vectors.npz", "w") as archive:
        archive.writestr("val.npy", header.getvalue() + bytes(100))
    with pytest.raises(FormatError):
        formats.load(path)


def fasttext(*more, vectors=None):
    state = [("index_to_key", words_list()), ("min_n", b"K\x03"), ("max_n", b"K\x04")]
    state += [("vectors_vocab", array(MATRIX)), ("vectors_ngrams", array(np.eye(7, 3))), *more]
    state += [("vectors", array(vectors))] if vectors is not None else []
    return b"\x80\x02" + instance("gensim.models.fasttext", "FastTextKeyedVectors", state) + b"."


def test_ngrams(tmp_path):
    hashed = ("compatible_hash", b"\x88")
    loaded = formats.load(written(tmp_path, fasttext(hashed)))
    assert loaded.subwords.kind == "fasttext" and loaded.subwords.bucket == 7
    rows = [row for _, rows in loaded.subwords.ngrams("naïve") for row in rows]
    expected = (MATRIX[2] + np.eye(7, 3)[rows].sum(0)) / (len(rows) + 1)
    np.testing.assert_allclose(loaded["naïve"], expected, rtol=1e-6)
    given = formats.load(written(tmp_path, fasttext(hashed, vectors=2 * MATRIX)))
    assert given.vectors.tolist() == (2 * MATRIX).tolist() and given.subwords is not None

    old = formats.load(written(tmp_path, fasttext(vectors=2 * MATRIX)))  # the hash of gensim before 3.8
    assert old.vectors.tolist() == (2 * MATRIX).tolist() and old.subwords.kind == "gensim"
    assert formats.load(written(tmp_path, fasttext()))["the"].tolist() == loaded["the"].tolist()  # ASCII
    index = dictionary([(b"K\x06", b"K\x01"), (b"K\x02", b"K\x00")])
    some = formats.load(written(tmp_path, fasttext(hashed, ("hash2index", index), ("bucket", b"K\x07"))))
    left = [{6: 1, 2: 0}[row] for _, rows in loaded.subwords.ngrams("the") for row in rows if row in (6, 2)]
    np.testing.assert_allclose(some["the"], (MATRIX[1] + np.eye(7, 3)[left].sum(0)) / (len(left) + 1), rtol=1e-6)
    names = dictionary([(text("<th"), b"K\x02"), (text("日本>"), b"K\x00")])
    named = formats.load(written(tmp_path, fasttext(("ngrams", names))))
    assert named.subwords.kind == "explicit" and ("日本>", (0,)) in named.subwords.ngrams("x日本")
    np.testing.assert_allclose(named["日本"], (MATRIX[3] + np.eye(7, 3)[0]) / 2, rtol=1e-6)
    with pytest.raises(FormatError, match="min_n"):
        formats.load(written(tmp_path, fasttext(hashed, ("max_n", b"N"))))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x80\x02" + instance("gensim.corpora", "Dictionary", [("x", b"N")]) + b".", "words and vectors"),
        (b"\x80\x02" + text("gensim.") + b".", "an object of gensim"),
        (
            b"\x80\x02" + instance(*KV, [("index_to_key", b"](K\x01]e"), ("vectors", array(MATRIX))]) + b".",
            "be strings or integers",
        ),
        (b"\x80\x02" + instance(*KV, [("index_to_key", words_list("a"))]) + b".", "was the model trained"),
        (
            b"\x80\x02" + instance(*KV, [("index_to_key", words_list("abcde")), ("vectors", array(MATRIX))]) + b".",
            "5 rows",
        ),
        (b"\x80\x04\x95\xff\xff\xff\xff\0\0\0\0\x8c\x07gensim.", "frame of"),
    ],
)
def test_wrong_files(data, problem, tmp_path):
    with pytest.raises(FormatError, match=problem):
        formats.load(written(tmp_path, data))


def test_keys_that_are_integers_become_their_digits(tmp_path):
    keys = b"](" + b"".join(b"K" + bytes([7 - row]) for row in range(len(WORDS))) + b"e"
    state = [("index_to_key", keys), ("vectors", array(MATRIX))]
    found = formats.load(written(tmp_path, b"\x80\x02" + instance(*KV, state) + b"."))
    assert list(found) == [str(7 - row) for row in range(len(WORDS))] and found["7"].tolist() == MATRIX[0].tolist()
    assert found.metadata["source"]["int_keys"] == "str"
    assert "int_keys" not in formats.load(written(tmp_path, gensim4())).metadata["source"]
    both = [("index_to_key", b"](K\x01" + text("1") + b"e"), ("vectors", array(MATRIX))]
    with pytest.raises(FormatError, match="distinct"):
        formats.load(written(tmp_path, b"\x80\x02" + instance(*KV, both) + b"."))


def test_tags_of_real_gensim(tmp_path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    tagged = [models.doc2vec.TaggedDocument(words, [i]) for i, words in enumerate(SENTENCES)]
    tags = models.Doc2Vec(tagged, vector_size=8, min_count=1, epochs=1).dv
    tags.save(str(tmp_path / "dv"))
    found = formats.load(tmp_path / "dv")
    assert list(found) == [str(i) for i in range(len(SENTENCES))] and found["3"].tolist() == tags[3].tolist()


# The pickle machine


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data(protocol):
    shared = ["x", 1]
    data = {
        "numbers": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**40, -(2**100), True, False, None],
        "floats": [0.5, -1e300, float("inf")],
        "text": ["", "naïve", "日本", "a\nb\\u1234'\"", "\ud800", "x" * 300, "\x1a\r"],
        "bytes": [b"", b"ab", bytes(range(256)), b"x" * 300],
        "shared": [shared, shared, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        3: {"a": {"b": {}}},
    }
    if protocol >= 4:
        data["sets"] = [{1, "a"}, frozenset({2}), set()]
    made = loads(pickle.dumps(data, protocol))
    assert made == data and made["shared"][0] is made["shared"][1]
    values = [np.arange(6).reshape(2, 3).astype(kind) for kind in ("<f4", ">f8", "i8", "u1", "f2", "?")]
    values += [np.asfortranarray(values[0]), np.zeros((0, 5), "f4")]
    for value, read in zip(values, loads(pickle.dumps(values, protocol)), strict=True):
        assert read.values.dtype == value.dtype and read.values.shape == value.shape
        assert (read.values == value).all()
    assert loads(pickle.dumps([np.float32(0.5), np.int64(7)], protocol)) == [0.5, 7]
    inert = loads(pickle.dumps([np.array(["a"]), np.array([None, {}]), np.zeros(2, "f4,i4")], protocol))
    assert [value.values for value in inert] == [None, None, None]


class Bomb:
    """Calls os.mkdir when it is unpickled."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def attacks(folder):
    """Pickles that would make the folder, were they believed: by every way to name or call something."""
    path = str(folder).encode()
    argument = b"X" + struct.pack("<I", len(path)) + path
    start = b"\x80\x04"
    for protocol in range(6):
        yield pickle.dumps(Bomb(folder), protocol)
    yield start + b"cos\nmkdir\n" + argument + b"\x85R."
    yield start + b"\x8c\x02os\x8c\x05mkdir\x93" + argument + b"\x85R."
    yield start + b"\x8c\x05posix\x8c\x05mkdir\x93" + argument + b"\x85\x81."
    yield start + b"\x8c\x02os\x8c\x05mkdir\x93" + argument + b"\x85}\x92."
    yield b"(" + argument + b"ios\nmkdir\n."
    yield b"(cos\nmkdir\n" + argument + b"o."
    yield b"(S'" + path + b"'\nios\nmkdir\n."
    code = b"X\x30\x00\x00\x00" + b"__import__('os').mkdir('x')".ljust(0x30)
    for name in (b"eval", b"exec", b"getattr", b"__import__", b"compile", b"map", b"apply", b"open", b"globals"):
        yield start + b"cbuiltins\n" + name + b"\n" + code + b"\x85R."
        yield b"\x80\x02c__builtin__\n" + name + b"\n" + code + b"\x85R."
    for module, name in ((b"gensim.utils", b"os.mkdir"), (b"numpy", b"os.mkdir"), (b"gensim.utils", b"os\0")):
        yield start + b"\x8c" + bytes([len(module)]) + module + b"\x8c" + bytes([len(name)]) + name + b"\x93."
    for module, name in (("numpy", "fromfile"), ("numpy", "load"), ("numpy.testing", "runstring"), ("_codecs", "x")):
        yield start + f"c{module}\n{name}\n".encode() + argument + b"\x85R."
    for name in (b"int", b"hash", b"dict", b"str", b"bytes", b"object"):  # may be named, not called
        yield start + b"cbuiltins\n" + name + b"\n" + argument + b"\x85R."
    yield start + b"ccopyreg\n_reconstructor\n(cos\nmkdir\ncbuiltins\nobject\nNtR."
    yield start + b"cnumpy.core.multiarray\n_reconstruct\n(cos\nmkdir\nK\x00\x85C\x01btR."
    yield start + b"ccollections\ndefaultdict\ncos\nmkdir\n\x85R."
    for code in b"\x82\x83\x84":
        yield start + bytes([code]) + b"\x01\x00\x00\x00."
    yield b"Pos.mkdir\n."
    yield start + argument + b"Q."
    yield b"\x80\x05\x97." + argument
    # gensim is only the cover: the attack lies in the state, in a list, in a key, as a class of its own
    hidden = b"cos\nmkdir\n" + argument + b"\x85R"
    for state in ([("vectors", hidden)], [("index_to_key", b"](" + hidden + b"e")], [("__setstate__", hidden)]):
        yield b"\x80\x02" + instance(*KV, state) + b"."
    yield b"\x80\x02" + instance(*KV, []) + b"0" + hidden + b"."
    yield b"\x80\x02cgensim.utils\ncall_on_class_only\n" + hidden + b"\x85R."


def test_no_attack_runs(tmp_path):
    for number, data in enumerate(attacks(tmp_path / "boom")):
        with pytest.raises(FormatError):
            loads(data)
        with pytest.raises(FormatError):
            formats.load(written(tmp_path, data))
        assert not (tmp_path / "boom").exists(), number
    with pytest.raises(FormatError, match=r"names posix\.mkdir, which is refused"):
        loads(b"\x80\x02cposix\nmkdir\n.")


def test_objects_of_gensim_have_no_behaviour():
    made = loads(b"\x80\x02cgensim.utils\nSaveLoad\n)\x81" + dictionary([(text("__class__"), b"K\x07")]) + b"b.")
    assert made.name == "gensim.utils.SaveLoad" and made.state == {"__class__": 7}
    called = loads(b"\x80\x02cgensim.utils\nunpickle\n" + text("/etc/passwd") + b"\x85R.")
    assert called.name == "gensim.utils.unpickle" and called.state == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"\x80\x06N.",
        b".",
        b"N",
        b"a.",
        b"e.",
        b"u.",
        b"\x85.",
        b"Na.",
        b"]N(at.",  # a mark above what is left of the stack
        b"N(0001.",
        b"}](e\x94s.",  # a list as a key
        b"}((((ttttNs.",
        b"\x8f(]\x90.",
        b"h\x00.",
        b"X\xff\xff\xff\x7fabc.",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
        b"\x8b\xff\xff\xff\x7fabc.",
        b"I" + b"9" * 5000 + b"\n.",
        b"L" + b"9" * 5000 + b"L\n.",
        b"Fx\n.",
        b"S'abc\n.",
        b"cgensim.x\n" + b"y" * 5000 + b"\n.",
        b"}\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fNs.",  # numbers that collide in a dict
        b"X\x01\x00\x00\x00\xff.",
        b"NNb.",
        b"]}b.",
    ],
)
def test_damaged_pickles(data):
    with pytest.raises(FormatError):
        loads(data)


@pytest.mark.thorough
def test_deep_and_shared_objects_take_no_stack_and_no_memory():
    deep = loads(b"N" + b"\x85" * 500_000 + b".")
    assert type(deep) is tuple
    del deep
    assert type(loads(b"]" * 300_000 + b"a" * 299_999 + b".")) is list
    laughs = b"]q\x00" + b"".join(
        b"](" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"eq" + bytes([i + 1]) for i in range(60)
    )
    laughs += b"."
    big = b"X" + struct.pack("<I", 1 << 20) + b"x" * (1 << 20) + b"q\x00"
    again = b"\x80\x02](" + big + b"h\x00" * 100_000 + b"e."  # a megabyte, 100,000 times
    encoded = b"\x80\x02](" + b"c_codecs\nencode\nq\x01" + big + text("latin1") + b"q\x02\x86R"
    encoded += b"h\x01h\x00h\x02\x86R" * 20_000 + b"e."
    tracemalloc.start()
    loads(laughs)
    assert len(loads(again)[-1]) == 1 << 20
    assert len(loads(encoded)) == 20_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20


def test_a_word_a_million_times_takes_no_memory(tmp_path):
    big = b"X" + struct.pack("<I", 1 << 20) + b"x" * (1 << 20) + b"q\x00"
    path = written(
        tmp_path, b"\x80\x02" + instance(*KV, [("index_to_key", b"](" + big + b"h\x00" * 9999 + b"e")]) + b"."
    )
    with pytest.raises(FormatError, match="distinct"):
        formats.load(path)


def test_damage_is_our_error(tmp_path):
    rng = random.Random(6)
    for data in (golden.gensim3(), gensim4(), fasttext(("compatible_hash", b"\x88"))):
        for size in rng.sample(range(len(data)), 150):
            with pytest.raises(FormatError):
                formats.load(written(tmp_path, data[:size]))
        for _ in range(350):
            damaged = bytearray(data)
            for _ in range(rng.randrange(1, 4)):
                damaged[rng.randrange(len(data))] = rng.randrange(256)
            try:
                loaded = formats.load(written(tmp_path, damaged))
                assert loaded.vectors.shape == (len(loaded), loaded.vector_size)
            except WordvecError:
                pass


# Parity

SENTENCES = [["naïve", "the", "cat", "日本", f"word{i % 30}"] * 3 for i in range(60)]


@pytest.mark.parametrize("limit", [None, 10])
def test_real_gensim(limit, tmp_path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    same = {"vector_size": 8, "min_count": 1, "epochs": 1}
    tagged = [models.doc2vec.TaggedDocument(words, [i]) for i, words in enumerate(SENTENCES)]
    word2vec, grams = models.Word2Vec(SENTENCES, **same), models.FastText(SENTENCES, bucket=50, **same)
    plain = models.FastText(SENTENCES, max_n=0, **same)
    saved = [word2vec, word2vec.wv, grams, grams.wv, plain.wv, models.Doc2Vec(tagged, **same)]
    saved.append(models.Word2Vec(SENTENCES, hs=1, negative=0, **same))
    for i, model in enumerate(saved):
        for suffix in ("model", "model.gz"):
            path, vectors = tmp_path / f"{i}.{suffix}", getattr(model, "wv", model)
            told = "documents" if isinstance(model, models.Doc2Vec) else "syn1" if getattr(model, "hs", 0) else None
            model.save(str(path), **({"sep_limit": limit} if limit else {}))
            for options in (
                {},
                {"mmap": False},
                {"limit": 9},
                {"words": ["the", "日本", "unknown"]},
                {"min_count": 10},
            ):
                with pytest.warns(UserWarning, match=told) if told else nullcontext():
                    ours = formats.load(path, **options)
                assert set(ours) == set(vectors.index_to_key) or options
                for row, word in enumerate(ours):
                    np.testing.assert_allclose(ours[word], vectors[word], atol=1e-6)
                    assert ours.get_vecattr(word, "count") == vectors.get_vecattr(word, "count")
                    if ours.context is not None:
                        assert (ours.context[row] == model.syn1neg[vectors.key_to_index[word]]).all()
            assert (ours.context is not None) == hasattr(model, "syn1neg")
            if model in (grams, grams.wv):
                for word in ("unseen", "naïveté", "日本語"):
                    np.testing.assert_allclose(ours.subwords.compose([word])[0][0], vectors[word], atol=1e-6)
            else:
                assert ours.subwords is None
