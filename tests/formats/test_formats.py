"""Every format of the table: what is written comes back, and a damaged file is an error of ours, nothing else."""

import bz2
import gzip
import lzma
import os
import random
import subprocess
import sys

import numpy as np
import pytest
from row_formats import ROWS, WORDS, file_of, same, toy

from wordvec import formats
from wordvec.base.errors import FormatError, OptionError, OutputError, WordvecError
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors

NAMES = ["native", "npy", "word2vec-text", "glove", "word2vec-binary"]  # the others have tests of their own


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


def test_doctests():
    import doctest

    assert doctest.testmod(formats).failed == 0
