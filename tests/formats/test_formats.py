"""Every format of the table: what is written comes back, and a damaged file is an error of ours, nothing else."""

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from wordvec import formats
from wordvec.base.errors import FormatError, OptionError, OutputError, WordvecError
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors

NAMES = ["native", "npy", "word2vec-text", "glove", "word2vec-binary"]  # the others have tests of their own
WORD2VEC = ["word2vec-text", "word2vec-binary"]
ROWS = [*WORD2VEC, "glove"]  # files of a word and its numbers, row after row
WORDS = ["</s>", "the", "naïve", "\udcff\udce9", "日本", "\xa0", "\u2028", "\x85", "3", "-1.5", "x:y"]


def toy(words=WORDS, dim=7, seed=1):
    matrix = np.random.default_rng(seed).standard_normal((len(words), dim)).astype(np.float32)
    return KeyedVectors(words, matrix)


def same(a, b):
    return list(a) == list(b) and a.vectors.tobytes() == b.vectors.tobytes()


def file_of(name, vectors, folder):
    path = folder / f"x{formats.FORMATS[name].suffixes[0]}"
    formats.save(vectors, path)
    return path


# Conformance: asked of every entry of the table


@pytest.mark.parametrize("name", NAMES)
def test_round_trip(name, tmp_path):
    vectors = toy()
    for suffix in formats.FORMATS[name].suffixes:
        formats.save(vectors, tmp_path / f"x{suffix}", format=name)
        first = next(n for n in NAMES if suffix in formats.FORMATS[n].suffixes)  # some formats share a suffix
        assert formats.format_of(tmp_path / f"x{suffix}") == first
        for mapped in (True, False):
            loaded = formats.load(tmp_path / f"x{suffix}", mmap=mapped)
            assert same(loaded, vectors) and loaded.get_index("naïve") == 2
    formats.save(vectors, tmp_path / "no suffix at all", format=name)
    assert same(formats.load(tmp_path / "no suffix at all"), vectors)
    first = (tmp_path / "no suffix at all").read_bytes()
    formats.save(formats.load(tmp_path / "no suffix at all"), tmp_path / "again", format=name)
    if name != "native":  # whose metadata says where vectors came from
        assert (tmp_path / "again").read_bytes() == first


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dim", [1, 2, 300])
def test_odd_numbers_round_trip(name, dim, tmp_path):
    rng = np.random.default_rng(dim)
    bits = rng.integers(0, 2**32, (400, dim), dtype=np.uint32)
    matrix = bits.view(np.float32).copy()
    matrix[~np.isfinite(matrix)] = -0.0
    special = [0.0, 1e-45, -1e-45, 3.4028235e38, 1.17549435e-38, 0.1, 1 / 3, 16777217, 1e10, 123456789, 1e-5, -7]
    matrix.reshape(-1)[: len(special)] = special
    vectors = KeyedVectors([f"w{i}" for i in range(400)], matrix)
    told = name if (name, dim) == ("glove", 1) else None  # which looks like a list of words and numbers
    assert formats.load(file_of(name, vectors, tmp_path), format=told).vectors.tobytes() == matrix.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_rows_far_apart(name, tmp_path):
    wide = np.random.default_rng(2).standard_normal((30, 40)).astype(np.float32)
    vectors = KeyedVectors([f"w{i}" for i in range(30)], wide[:, 3:24])
    assert same(formats.load(file_of(name, vectors, tmp_path)), vectors)


@pytest.mark.parametrize("name", NAMES)
def test_limit(name, tmp_path):
    vectors = toy()
    path = file_of(name, vectors, tmp_path)
    for limit in (1, 3, 10, 11, 500, 10**15):
        loaded = formats.load(path, limit=limit)
        assert list(loaded) == WORDS[:limit] and loaded.vectors.tobytes() == vectors.vectors[:limit].tobytes()
    for limit in (0, -1, 2.0, "3"):
        with pytest.raises(OptionError, match="limit must be"):
            formats.load(path, limit=limit)


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_is_found(name, tmp_path):
    path = file_of(name, toy(), tmp_path)
    data = path.read_bytes()
    end = len(data) - (1 if name in ROWS else 0)  # the last newline may be missing
    for size in {*range(min(end, 300)), *random.Random(1).sample(range(end), min(end, 200))}:
        path.write_bytes(data[:size])
        try:
            formats.load(path).verify() if name == "native" else formats.load(path)
        except FormatError:
            continue
        # Text that is cut in its last number, or anything that lacks its last newline only, can be taken for whole.
        # Of rows without a header nobody knows how many there should be, nor of the first one how long it is.
        lines = data[:size].count(b"\n")
        assert (
            size == end
            or (name == "word2vec-text" and lines == len(WORDS))
            or (name == "glove" and (lines == 0 or data[:size].rsplit(b"\n", 1)[1].count(b" ") in (0, 7)))
        ), size


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bytes_are_our_errors_or_other_vectors(name, tmp_path):
    path = file_of(name, toy(), tmp_path)
    data, rng = path.read_bytes(), random.Random(2)
    used = min(len(data), 2000)
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(used)] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            loaded = formats.load(path)
            assert loaded.vectors.shape == (len(loaded), loaded.vector_size)
            for word in list(loaded):
                assert word not in loaded or loaded[word].shape == (loaded.vector_size,)
        except WordvecError:
            pass


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["gzip", "bz2", "xz", "zstd"])
def test_compressed_whatever_the_name(name, kind, tmp_path):
    vectors = toy()
    path = file_of(name, vectors, tmp_path)
    data = path.read_bytes()
    if kind == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            zstd = pytest.importorskip("backports.zstd", reason="backports.zstd is not installed")
        packed = zstd.compress(data)
    else:
        packed = {"gzip": gzip, "bz2": bz2, "xz": lzma}[kind].compress(data)
    path.write_bytes(packed)
    assert same(formats.load(path), vectors) and list(formats.load(path, limit=2)) == WORDS[:2]
    for size in (len(packed) - 1, len(packed) - 9, len(packed) // 2, 20):
        path.write_bytes(packed[:size])
        with pytest.raises(FormatError):
            formats.load(path)
    for place in range(2, len(packed), 7):
        path.write_bytes(packed[:place] + bytes([packed[place] ^ 0x55]) + packed[place + 1 :])
        try:
            formats.load(path)
        except WordvecError:
            pass


@pytest.mark.parametrize("name", NAMES)
def test_nothing_half_written(name, tmp_path):
    path = file_of(name, toy(), tmp_path)
    old, names = path.read_bytes(), sorted(os.listdir(tmp_path))
    code = """
import resource, sys, numpy as np
from wordvec import formats
from wordvec.base import errors
from wordvec.vectors import KeyedVectors
from wordvec.subwords import make_subwords
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    formats.save(KeyedVectors([f"w{i}" for i in range(20_000)], np.ones((20_000, 9), np.float32)), sys.argv[1])
except errors.OutputError:
    sys.exit(7)
"""
    assert subprocess.run([sys.executable, "-c", code, path], timeout=60).returncode == 7
    assert path.read_bytes() == old and sorted(os.listdir(tmp_path)) == names
    with pytest.raises(OutputError):
        formats.save(toy(), tmp_path / "no" / "such" / path.name)


@pytest.mark.parametrize("name", NAMES)
def test_words_come_back_or_are_refused(name, tmp_path):
    for word in ("a b", "a\nb", "a\tb", "a\rb", "", "a\x00", " ", "\n", "a 1", "\ufeffa"):
        for words in (["ok", word], [word, "ok"], [word]):
            vectors = KeyedVectors(words, np.eye(2)[: len(words)])
            path = tmp_path / "x"
            try:
                formats.save(vectors, path, format=name)
            except OptionError as error:
                assert f"word {words.index(word)} is {word!r}" in str(error)
                assert not path.exists() and name != "native"
            else:
                assert same(formats.load(path), vectors)
                path.unlink()


@pytest.mark.parametrize("name", ROWS)
def test_words_that_rows_cannot_hold(name, tmp_path):
    for word in ("a b", "a\nb", "a\tb", "a\rb", "", "a\x00"):
        with pytest.raises(OptionError, match=r"no white space and not be empty.*word 1 is"):
            formats.save(KeyedVectors(["ok", word], np.eye(2)), tmp_path / "x", format=name)


@pytest.mark.parametrize("name", [*ROWS, "fasttext"])
def test_words_that_rows_cannot_hold_are_named_and_left_out_if_asked(name, tmp_path):
    vectors = KeyedVectors(["ok", "a b", "", "end"], np.arange(12).reshape(4, 3), counts=[9, 8, 7, 6])
    with pytest.raises(OptionError, match=f"to be written as {name}; word 1 is 'a b': .*unwritable='skip'"):
        formats.save(vectors, tmp_path / "x", format=name)
    with pytest.warns(UserWarning, match=f"^2 of 4 words are left out, as 'a b': {name} cannot hold them") as caught:
        formats.save(vectors, tmp_path / "x", format=name, unwritable="skip")
    assert len(caught) == 1 and caught[0].filename == __file__
    found = formats.load(tmp_path / "x")
    assert list(found) == ["ok", "end"] and found["end"].tolist() == [9, 10, 11]
    with pytest.raises(OptionError, match="unwritable must be 'error' or 'skip'; got 'drop'"):
        formats.save(vectors, tmp_path / "x", format=name, unwritable="drop")


@pytest.mark.parametrize(
    ("name", "words", "kept"),
    [
        ("npy", ["a b", "a\nb", "c"], ["a b", "c"]),
        ("glove", ["\ufeffa", "a b", "\ufeff", "c", "\ufeffd"], ["c", "\ufeffd"]),
        ("finalfusion", ["a b", "\udc80", "c"], ["a b", "c"]),
        ("finalfusion", ["\udcc3", "\udca9", "c"], ["c"]),  # together they are a character
        ("native", ["a b", "", "\udc80"], ["a b", "", "\udc80"]),
    ],
)
def test_each_format_leaves_out_what_it_cannot_hold(name, words, kept, tmp_path):
    vectors, path = toy(words), tmp_path / "x.npy"
    if len(kept) == len(words):
        formats.save(vectors, path, name, unwritable="skip")
    else:
        with pytest.raises(OptionError, match="unwritable='skip'"):
            formats.save(vectors, path, name)
        with pytest.warns(UserWarning, match=f"^{len(words) - len(kept)} of {len(words)} words"):
            formats.save(vectors, path, name, unwritable="skip")
    found = formats.load(path)
    assert list(found) == kept
    assert np.allclose(found.vectors, vectors[kept], rtol=1e-6)


def test_subwords_that_a_format_has_no_place_for_are_named(tmp_path):
    table = np.ones((8, 7), np.float32)
    vectors = KeyedVectors(["ok"], np.ones((1, 7)), subwords=make_subwords("fasttext", table, min_n=3, max_n=4))
    for name in ("word2vec-text", "word2vec-binary", "glove", "npy", "model2vec"):
        with pytest.warns(UserWarning, match=f"subwords are left out, as {name} has no place") as caught:
            formats.save(vectors, tmp_path / f"{name}.x", name)
        assert len(caught) == 1 and caught[0].filename == __file__
    with pytest.warns(UserWarning, match="subwords are left out") as caught:
        vectors.save_word2vec_format(tmp_path / "y")
    assert caught[0].filename == __file__
    for name in ("native", "fasttext", "finalfusion"):
        formats.save(vectors, tmp_path / "z", name)
        assert formats.load(tmp_path / "z").subwords is not None
        os.unlink(tmp_path / "z")


@pytest.mark.parametrize(
    "suffix", [".bin", ".txt", ".vec", ".VEC", ".glove", ".fifu", ".npy", "/", ".safetensors", "", ".x"]
)
def test_vectors_are_saved_by_suffix_and_loaded_by_content(suffix, tmp_path):
    vectors, path = toy(["a", "b", "c"]), f"{tmp_path}/name{suffix}"
    vectors.save(path)
    found = KeyedVectors.load(path)
    assert list(found) == ["a", "b", "c"] and np.allclose(found.vectors, vectors.vectors, rtol=1e-6)
    wanted = "native" if suffix in ("", ".x") else formats.format_of(path)
    assert formats.FORMATS[wanted].recognise(formats.open_source(path))
    assert formats.load(path, format=wanted)["b"].tolist() == found["b"].tolist()


def test_the_line_of_gensim_opens_any_file(tmp_path):
    vectors = toy(["a", "b", "c d"])
    with pytest.warns(UserWarning, match="^1 of 3 words") as caught:
        vectors.save(tmp_path / "x.bin", unwritable="skip")
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="^1 of 3 words"):
        vectors.save_word2vec_format(tmp_path / "x.vec", unwritable="skip")
    with pytest.raises(OptionError, match="word 2 is 'c d'"):
        vectors.save_word2vec_format(tmp_path / "y.vec")
    assert not (tmp_path / "y.vec").exists()
    vectors.save(tmp_path / "x")
    for name, size in (("x.bin", 2), ("x.vec", 2), ("x", 3)):
        for mmap in (True, False, None, "r"):
            assert len(KeyedVectors.load(tmp_path / name, mmap=mmap)) == size
            assert len(formats.load(tmp_path / name, mmap=mmap)) == size
    stored = [KeyedVectors.load(tmp_path / "x", mmap=mmap)._stored for mmap in (True, "r", False, None)]
    assert [one.map is not None for one in stored] == [True, True, False, False]
    for load in (KeyedVectors.load, formats.load):
        with pytest.raises(OptionError, match=r"mmap must be True or 'r'.*got 'r\+'"):
            load(tmp_path / "x", mmap="r+")
        for bad in (None, 3, ""):
            with pytest.raises(OptionError, match="path must be that of a file"):
                load(bad)
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "none")
    for save in (vectors.save, vectors.save_word2vec_format, lambda path: formats.save(vectors, path)):
        with pytest.raises(OptionError, match="path must be that of a file"):
            save(None)


def test_counts_of_skipped_words_are_not_written(tmp_path):
    vectors = KeyedVectors(["a", "b c", "d"], np.eye(3), counts=[3, 2, 1])
    with pytest.warns(UserWarning, match="^1 of 3 words"):
        vectors.save_word2vec_format(tmp_path / "x", tmp_path / "counts", unwritable="skip")
    assert (tmp_path / "counts").read_text() == "a 3\nd 1\n"


def test_a_warning_where_no_word_is_found(tmp_path):
    toy(["a", "b"]).save(tmp_path / "x.vec")
    with pytest.warns(
        UserWarning, match=r"none of the 2 words that were asked for, as 'nope', was found in .*x\.vec"
    ) as caught:
        assert len(formats.load(tmp_path / "x.vec", words=["nope", "A"])) == 0
    assert caught[0].filename == __file__
    assert len(formats.load(tmp_path / "x.vec", words=["nope", "b"])) == 1
    assert len(formats.load(tmp_path / "x.vec", words=[])) == 0


@pytest.mark.parametrize("name", NAMES)
def test_no_words(name, tmp_path):
    if name == "glove":
        with pytest.raises(OptionError, match="must have a word"):
            file_of(name, KeyedVectors([], np.empty((0, 3))), tmp_path)
        return
    loaded = formats.load(file_of(name, KeyedVectors([], np.empty((0, 3))), tmp_path))
    assert len(loaded) == 0 and loaded.vector_size == 3


# The bytes of word2vec


TWO = {"a": [1.0, -2.5], "bc": [0.125, 3.0]}


def binary(newline, rows=TWO, header=None):
    head = header if header is not None else b"%d 2\n" % len(rows)
    return head + b"".join(w.encode() + b" " + struct.pack("<2f", *v) + newline for w, v in rows.items())


@pytest.mark.parametrize(
    "data",
    [
        b"2 2\na 1.0 -2.5\nbc 0.125 3.0\n",
        b"2 2\na 1.000000 -2.500000 \nbc 0.125000 3.000000 \n",  # word2vec and fastText: a space at every end
        b"2 2\r\na 1 -2.5\r\nbc .125 3.\r\n",
        b"2 2\na 1 -25e-1\nbc 1.25E-1 +3",
        b"2\t2\na\t1\t-2.5\nbc\t0.125\t3\n",
        b"a 1 -2.5\nbc 0.125 3\n",  # GloVe: no header
        b"a 1 -2.5 \r\nbc 0.1250000000000000000000 3e0\r\n",
        b"a 1  -2.5\nbc 0.125   3\n\n",
        binary(b""),
        binary(b"\n"),
    ],
)
def test_files_of_other_tools(data, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(data)
    loaded = formats.load(path)
    assert {w: loaded[w].tolist() for w in loaded} == TWO


def test_golden_bytes(tmp_path):
    vectors = KeyedVectors(list(TWO), list(TWO.values()))
    formats.save(vectors, tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_bytes() == b"2 2\na 1.0 -2.5\nbc 0.125 3.0\n"
    formats.save(vectors, tmp_path / "x.bin")
    assert (tmp_path / "x.bin").read_bytes() == binary(b"\n")


def test_numbers_are_as_short_as_they_can_be(tmp_path):
    formats.save(KeyedVectors(["a"], [[0.1, 1 / 3, 1e-7, 16777216, 5e-324]]), tmp_path / "x.vec")
    fields = (tmp_path / "x.vec").read_text().split()
    assert fields[:3] == ["1", "5", "a"] and fields[3] == "0.1" and len(fields[4]) <= 11
    assert [np.float32(f) for f in fields[3:]] == np.float32([0.1, 1 / 3, 1e-7, 16777216, 0]).tolist()


def test_words_with_spaces_are_read_from_the_right(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"w 1 2 3\n. . . 4 5 6\nnew york 7 8 9\na 1 2 3\n")
    assert list(formats.load(path)) == ["w", ". . .", "new york", "a"]
    path.write_bytes(binary(b"\n", {"a": [1, 2], "new york": [3, 4], "b": [5, 6]}))
    loaded = formats.load(path)
    assert list(loaded) == ["a", "new york", "b"] and loaded["b"].tolist() == [5, 6]


def test_newlines_and_spaces_among_the_floats(tmp_path):
    value = struct.unpack("<f", b"\n \n ")[0]
    rows = {f"w{i}": [value, value] for i in range(9)}
    for newline in (b"", b"\n"):
        (tmp_path / "x").write_bytes(binary(newline, rows))
        assert {w: v for w, v in zip(formats.load(tmp_path / "x"), [[value] * 2] * 9, strict=True)} == rows


def test_invalid_utf8_is_kept(tmp_path):
    for name, data in (("t", b"2 1\ncaf\xc3 1\ncaf\xc3\xa9 2\n"), ("b", b"1 1\n\xff\xfe \0\0\0\0")):
        (tmp_path / name).write_bytes(data)
    assert list(formats.load(tmp_path / "t")) == ["caf\udcc3", "café"]
    assert list(formats.load(tmp_path / "b")) == ["\udcff\udcfe"]


@pytest.mark.parametrize("name", ROWS)
def test_the_first_of_duplicates_stays(name, tmp_path):
    words = [f"w{i}" for i in range(9000)]
    path = file_of(name, KeyedVectors(words, np.arange(9000)[:, None] * [1, 1]), tmp_path)
    text = path.read_bytes().replace(b"w7 ", b"w3 ").replace(b"w8999 ", b"w5 ")
    path.write_bytes(text)
    loaded = formats.load(path)
    assert len(loaded) == 8998 and loaded.metadata["source"] == {"format": name, "rows": 9000, "duplicates": 2}
    assert (
        loaded["w3"].tolist() == [3, 3] and loaded["w5"].tolist() == [5, 5] and loaded["w8998"].tolist() == [8998, 8998]
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"3 2\na 1 2\nbc 1 2\nc 1", r"row 3 \(line 4\) must have a word and 2 numbers; it has fewer"),
        (b"3 2\na 1 2\nbc 1 2\n          ", "header says 3 rows; the file has 2"),
        (b"2 2\na 1 2\nbc 1 2\nc 1 2\n", "must end after the 2 rows of its header"),
        (b"2 2\na 1 2\nbc 1.5 2 0.5\n", r"row 2 \(line 3\) must have a word and 2 numbers; it has more"),
        (b"2 2\na 1 2\nbc 1 two\n", r"row 2 \(line 3\) .*not a number"),
        (b"2 2\na 1 2\nbc 1 0,5\n", r"row 2 \(line 3\) .*not a number"),
        (b"a 1 2\nb 1 2\nc 1 x\n" * 20, r"row 3 \(line 3\) .*not a number|must be vectors"),
        (b"a 1 2\n" + b"b 3 4\n" * 20 + b"c 1\n", r"row 22 \(line 22\) .*fewer"),
        (b"2 2\na 1 " + b"1" * 500 + b"\nb 1 2\n", r"row 1 \(line 2\) .*not a number"),
        (b"2 0\na\nb\n", "1 to 1048576 numbers a row; it says 0"),
        (b"1 99999999\na " + b"1 " * 50 + b"\n", "99999999 numbers that the header says; the first have 50"),
        (b"1 99999999\na " + b"\0" * 50, "1 to 1048576 numbers a row; it says 99999999"),
        (b"999999999999 300\na " + b"1 " * 300 + b"\n", "must take 600999999999399 bytes or more"),
        (b"99999999 2\na " + struct.pack("<2f", 1.1, 2.2), "must take 899999991 bytes or more"),
        (binary(b"\n", header=b"3 2\n"), "is cut off|must take"),
        (binary(b"", header=b"1 2\n"), "must end after the 1 rows"),
        (binary(b"\n")[:-1] + b"x", "must take 8 bytes after its word and end with a newline"),
        (b"1 2\n" + b"x" * 70_000 + b" 12345678", "the first have 1"),
    ],
)
def test_wrong_files_say_where(data, problem, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=problem):
        formats.load(path)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "an empty file"),
        (b"\x80\x04\x95hello", "a Python pickle"),
        (b"\x93NUMPY\x01\x00v\x00", "a numpy array"),
        (b"<html><body>404</body></html>\n", "a web page"),
        (b'{"a": 1}', "JSON"),
        (b"some text without any numbers\nat all\n", "starts with b'some text"),
        (os.urandom(0) + bytes(range(128, 256)) * 50, "a Python pickle|starts with"),
        (b"FiFu\x00\x00\x00\x00", "a finalfusion file"),
    ],
)
def test_what_is_no_vectors_is_named(data, named, tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=named):
        formats.load(path)


def test_a_pickle_is_not_opened(tmp_path):
    class Boom:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "boom"),)

    import pickle

    path = tmp_path / "model.kv"
    path.write_bytes(pickle.dumps(Boom()))
    with pytest.raises(FormatError, match="pickle"):
        formats.load(path)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data.pkl", pickle.dumps(Boom()))
    path.write_bytes(archive.getvalue())
    with pytest.raises(FormatError, match="pickle"):
        formats.load(path)
    assert not (tmp_path / "boom").exists()


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, why in ((tmp_path, "is a folder"), (tmp_path / "pipe", "device, pipe"), ("/dev/null", "device, pipe")):
        with pytest.raises(FormatError, match=why):
            formats.load(path)
    with pytest.raises(FileNotFoundError):
        formats.load(tmp_path / "missing")


@pytest.mark.parametrize("path", ["x", "x.xyz", "x.gz", ""])
def test_unknown_suffixes(path):
    with pytest.raises(OptionError, match=r"must end in one of .*\.safetensors \(native\)"):
        formats.format_of(path)
    with pytest.raises(OptionError, match="format must be one of"):
        formats.save(toy(), "x", format="sparkle")


def test_blocks_do_not_matter(tmp_path, monkeypatch):
    """Rows that straddle blocks of any size are read as if there were none."""
    from wordvec.formats.io import rows

    vectors = toy([f"word{i}" for i in range(300)], dim=5)
    for name in ROWS:
        path = file_of(name, vectors, tmp_path)
        for block in (1, 7, 64, 1000):
            monkeypatch.setattr(rows, "BLOCK", block)
            assert same(formats.load(path), vectors)
        path.write_bytes(gzip.compress(path.read_bytes()))
        assert same(formats.load(path), vectors)


def test_a_hostile_compressed_header_takes_no_memory(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"999999999999999999 1000000\na 1 2 3\n"))
    with pytest.raises(FormatError):
        formats.load(path)
    path.write_bytes(gzip.compress(b"999999999999999999 3\na 1 2 3\n"))
    with pytest.raises(FormatError, match="the file has 1: it is truncated"):
        formats.load(path)


def test_gensim_reads_what_we_write_and_we_what_it_writes(tmp_path):
    gensim = pytest.importorskip("gensim", reason="gensim is not installed")
    vectors = toy(["a", "naïve", "日本"])
    for binary_ in (True, False):
        vectors.save_word2vec_format(tmp_path / "ours", binary=binary_)
        theirs = gensim.models.KeyedVectors.load_word2vec_format(str(tmp_path / "ours"), binary=binary_)
        assert theirs.index_to_key == list(vectors) and theirs.vectors.tobytes() == vectors.vectors.tobytes()
        theirs.save_word2vec_format(str(tmp_path / "theirs"), binary=binary_)
        assert same(formats.load(tmp_path / "theirs"), vectors)


def test_doctests():
    import doctest

    assert doctest.testmod(formats).failed == 0
