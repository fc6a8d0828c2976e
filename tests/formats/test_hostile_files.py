"""Hostile and damaged files: no crash, memory and time in proportion to the file, an error that says why."""

import contextlib
import gzip
import os
import struct
import subprocess
import sys
import textwrap

import golden_fasttext
import golden_others
import numpy as np
import pytest

from wordvec import formats
from wordvec._kernels import rowfiles
from wordvec.base.errors import FormatError, OptionError, UnknownWordError
from wordvec.formats import word2vec_binary
from wordvec.formats.io import pickles
from wordvec.formats.io.selection import selection
from wordvec.formats.io.source import open_source
from wordvec.store import write_file
from wordvec.subwords import HashedNGrams, make_subwords, open_subwords
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary, _close_spellings


def in_child(code, *arguments, gigabytes=3):
    """What code prints, run in a process of its own with so much memory: a crash there is a failed test here."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({gigabytes} << 30,) * 2)\n"
    head = "import sys\n" + ("" if "asan" in os.environ.get("LD_PRELOAD", "") else limit)  # its shadows take more
    command = [sys.executable, "-c", head + textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return done.stdout


def native(path, **tensors):
    """A native file of three words, some of whose tensors are others."""
    words = Vocabulary.from_words(["aa", "bb", "cc"], [3, 2, 1])
    plain = {"data": words.data, "offsets": words.offsets, "hash": words.hash}
    parts = {"embeddings": np.eye(3, 4, dtype=np.float32), "counts": words.counts}
    parts |= {f"vocab.{name}": array for name, array in plain.items()} | tensors
    config = {"codec": "float32", "dim": 4, "metric": "cosine", "sorted_by_count": True, "metadata": {}}
    write_file(path, parts, config | {"vocab": {"max_probe": words.max_probe}}, [])
    return path


@pytest.mark.parametrize("offsets", [[0, 2**40, 4, 6], [0, -(2**40), 4, 6], [0, 5, 1, 6], [0, 2**63 - 1, -(2**63), 6]])
def test_bad_offsets_are_an_error_of_every_writer(offsets, tmp_path):
    path = native(tmp_path / "x.safetensors", **{"vocab.offsets": np.array(offsets)})
    code = """
        from wordvec import formats
        from wordvec.base.errors import FormatError, OptionError, UnknownWordError
        path, folder = sys.argv[1:]
        targets = ("o.vec", None), ("o.bin", None), ("o.npy", None), ("o.fifu", None), ("m/", None)
        for target, name in (*targets, ("o.glove", None), ("f.bin", "fasttext")):
            try:
                formats.save(formats.load(path), f"{folder}/{target}", name)
            except FormatError as error:
                assert "offsets" in str(error), error
                print(target)
        for call in (lambda kv: kv.vocabulary.take([0, 1, 2]), lambda kv: kv.vocabulary.take(slice(0, 1))):
            try:
                call(formats.load(path))
            except FormatError:
                pass
    """
    assert len(in_child(code, path, tmp_path).split()) == 7


def test_packed_words_with_bad_offsets_are_not_looked_up():
    words, data = Vocabulary.from_words(["a", "b"]), np.frombuffer(b"ab", np.uint8)
    for offsets in ([0, 2**40, 2], [0, 1, 2**40], [-5, 1, 2], [2, 1]):
        with pytest.raises(FormatError, match="offsets must"):
            words.rows_of(data, np.array(offsets))
    overlapping = Vocabulary(data, [0, 2, 0, 2])
    with pytest.raises(FormatError, match="must never fall"):
        overlapping.take([0, 2])
    assert list(words.take([1, 1, 0, 0])) == ["b", "b", "a", "a"]


def test_kernels_refuse_rows_that_do_not_fit():
    rows, words = np.ones((2, 3), np.float32), np.frombuffer(b"ab", np.uint8)
    good, out = np.array([0, 1, 2]), np.empty(500, np.uint8)
    for offsets, room in (([0, 9, 2], out), ([0, 2, 1], out), ([0, 1], out), ([-1, 1, 2], out), (good, out[:10])):
        offsets = np.array(offsets)
        with pytest.raises(ValueError, match="offsets must rise"):
            rowfiles.write_text(rows, words, offsets, room)
        with pytest.raises(ValueError, match="offsets must rise"):
            rowfiles.write_binary(rows, words, offsets, room)
    starts = np.zeros(3, np.int64)
    with pytest.raises(ValueError, match="room for 2"):
        rowfiles.copy_binary(out, starts, starts, rows, out)


def test_binary_file_that_grows_while_it_is_read(tmp_path):
    path, rows = tmp_path / "x.bin", [b"w%07d " % i + bytes(400) + b"\n" for i in range(20000)]
    path.write_bytes(b"2000000 100\n" + b"".join(rows[:10]))
    source = open_source(path)
    with open(path, "ab") as file:
        file.write(b"".join(rows[10:]))
    with pytest.raises(FormatError, match="it has grown"):
        word2vec_binary.load(source, selection(limit=2_000_000, strict=False))


def test_time_for_a_binary_file_of_spaces_is_linear(tmp_path):
    path, body = tmp_path / "x.bin", (b"k" * 250 + b" ") * (1 << 11)
    path.write_bytes(b"%d 1\n" % (len(body) // 255) + b"w \0\0\x80\x3f" + body)
    code = """
        import time, warnings
        from wordvec import formats
        warnings.simplefilter("ignore")
        start = time.process_time()
        formats.load(sys.argv[1], strict=False)
        print(time.process_time() - start)
    """
    assert float(in_child(code, path)) < 2


LOAD = """
    import time, warnings
    from wordvec import formats
    from wordvec.base.errors import FormatError, OptionError, UnknownWordError
    warnings.simplefilter("ignore")
    start = time.process_time()
    try:
        formats.load(sys.argv[1])
        print("loaded")
    except FormatError as error:
        print(error)
    assert time.process_time() - start < 10
"""


def test_finalfusion_buckets_are_compared_with_the_size_of_the_file(tmp_path):
    path, body = tmp_path / "x.fifu", struct.pack("<QIII", 0, 3, 6, 30)
    for code, size, head in ((2, 16 + 4 + (4 << 30), "<QII"), (4, 36 + 4 + (1 << 32), "<IIIIIQII")):
        numbers = (1 << 30, 1, 10) if code == 2 else (0, 0, 1, 1, 1, 1 << 30, 1, 10)
        chunk = struct.pack("<IQ", code, size) + struct.pack(head, *numbers) + bytes(40)
        data = b"FiFu" + struct.pack("<4I", 0, 2, 3, code) + struct.pack("<IQ", 3, len(body)) + body + chunk
        for content in (data, gzip.compress(data)):
            path.write_bytes(content)
            assert str(path) in in_child(LOAD, path)


def test_compressed_array_of_too_wide_rows(tmp_path):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, %d), }\n" % 2**45
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(40)
    (tmp_path / "x.words").write_bytes(b"a\n")
    (tmp_path / "x.npy").write_bytes(gzip.compress(data))
    assert "must have at most 1048576 numbers" in in_child(LOAD, tmp_path / "x.npy")


@pytest.mark.parametrize("kind", ["set", "frozenset", "dict", "pairs"])
def test_pickle_that_copies_again_and_again(kind, tmp_path):
    numbers = [b"J" + struct.pack("<i", i) for i in range(50_000)]
    data = b"\x80\x04\x8c\x07gensim.0"
    if kind == "dict":
        data += b"}\x94(" + b"".join(number + b"N" for number in numbers) + b"u0" + b"cgensim.x\nY\n\x94)\x940"
        again = b"h\x01h\x02\x81h\x00b"
    else:
        items = [number + b"N\x86" for number in numbers] if kind == "pairs" else numbers
        name = b"ccollections\nOrderedDict\n" if kind == "pairs" else b"cbuiltins\n" + kind.encode() + b"\n"
        data += b"]\x94(" + b"".join(items) + b"e0" + name + b"\x94h\x00\x85\x940"
        again = b"h\x01h\x02R"
    path = tmp_path / "x"
    path.write_bytes(data + again * 3000 + b".")
    assert "copies the same items" in in_child(LOAD, path)


def test_pickle_with_colliding_numbers_of_the_memo(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\x80\x02cgensim.x\nY\n" + b"".join(b"p%d\n" % (i * (2**61 - 1)) for i in range(9)) + b".")
    assert "a line of at most 10 bytes" in in_child(LOAD, path)


@pytest.mark.parametrize(("written", "read"), [(rb"x\d", "x\\d"), (rb"\\d\'", "\\d'"), (rb"\101\541", "Aa")])
def test_escapes_of_python_2_warn_of_nothing(written, read):
    assert pickles.read(b"S'" + written + b"'\n.", "x") == read


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("size", [(1 << 16) + 1, 9 << 20])
def test_fasttext_words_that_are_too_long(size, compress, tmp_path):
    words = [b"</s>", b"k" * size]
    data = golden_fasttext.MAGIC + struct.pack("<i", 12) + golden_fasttext.options() + golden_fasttext.dictionary(words)
    path = tmp_path / "x.bin"
    path.write_bytes(compress(data))
    assert "entry 1 of the dictionary is longer" in in_child(LOAD, path)


def test_rows_of_long_words_are_listed_in_parts(tmp_path, monkeypatch):
    table = np.random.default_rng(1).standard_normal((7, 3)).astype(np.float32)
    parts = make_subwords("fasttext", table, min_n=1, max_n=20)
    words = ["a", "b" * 500, "cd", "e" * 900, "", "fgh"]
    whole, found = parts.compose(words)
    asked, rows = [], HashedNGrams.rows
    monkeypatch.setattr("wordvec.subwords.base._ROWS", 2000)
    monkeypatch.setattr(HashedNGrams, "rows", lambda *given, **named: asked.append(rows(*given, **named)) or asked[-1])
    again, found_again = parts.compose(words)
    assert again.tobytes() == whole.tobytes() and found.tolist() == found_again.tolist()
    assert len(asked) > 3 and sum(len(starts) - 1 for starts, _ in asked) == len(words)
    assert all(len(starts) == 2 or len(listed) <= 2000 for starts, listed in asked)


def put(folder, data, name="x"):
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize(
    ("data", "format", "words", "rows"),
    [
        (b"2 3\n4 5\n", "glove", ["2", "4"], [[3], [5]]),
        (b"2013 5\nking 7\n", "glove", ["2013", "king"], [[5], [7]]),
        (b"2 1\na 0123\nb 0.11\n", "word2vec-binary", ["a", "b"], np.frombuffer(b"01230.11", "<f4").reshape(2, 1)),
        (b"FiFu 1 2 3\nking 1 2 4\n", None, ["FiFu", "king"], [[1, 2, 3], [1, 2, 4]]),
        (b"10 1 2 3 4 5 6 7\n11 1 2 3 4 5 6 8\n", None, ["10", "11"], [range(1, 8), [*range(1, 7), 8]]),
    ],
)
def test_format_overrules_what_a_file_looks_like(data, format, words, rows, tmp_path):
    for strict in (True, False):
        loaded = formats.load(put(tmp_path, data), format=format, strict=strict)
        assert list(loaded) == words
        np.testing.assert_array_equal(loaded.vectors, [list(row) for row in rows])


def test_duplicates_of_matrices_with_words(tmp_path):
    path = put(tmp_path, golden_others.fifu(golden_others.simple(["a", "b", "a", "c"]), golden_others.UNITS))
    units = golden_others.UNITS
    for which, words, rows in (("first", "abc", [0, 1, 3]), ("last", "bac", [1, 2, 3])):
        for mapped in (True, False):
            loaded = formats.load(path, duplicates=which, mmap=mapped)
            assert list(loaded) == list(words) and loaded.metadata["source"]["duplicates"] == 1
            np.testing.assert_array_equal(loaded.vectors, units[rows])
    with pytest.raises(FormatError, match="'a' is word 0 and word 2"):
        formats.load(path, duplicates="error")
    with pytest.raises(OptionError, match="duplicates must be 'first', 'last' or 'error'"):
        formats.load(path, duplicates="mean")


def test_a_matrix_without_words_is_no_glove_file(tmp_path):
    with pytest.raises(FormatError, match="a matrix without words"):
        formats.load(put(tmp_path, b"0.1 0.2 0.3\n-4e-1 0.5 0.6\n".replace(b"-4e-1", b"-4.0e-01")))
    assert list(formats.load(put(tmp_path, b"0.1 2 3\nking 5 6\n"))) == ["0.1", "king"]
    assert list(formats.load(put(tmp_path, b"2 1\n0.1 2\n0.2 5\n"))) == ["0.1", "0.2"]


def test_a_row_with_an_integer_too_many(tmp_path):
    for head in (b"", b"3 2\n"):
        path = put(tmp_path, head + b"a 1 2\nb 3 4 5\nc 5 6\n")
        with pytest.raises(FormatError, match="must have a word and 2 numbers; one has more, or its word is 'b 3'"):
            formats.load(path)
        with pytest.warns(UserWarning, match="the only one with a space"):
            assert list(formats.load(path, strict=False)) == ["a", "b 3", "c"]
        assert list(formats.load(put(tmp_path, head + b"a 1 2\nb 3 4 5\nc d 5 6\n"))) == ["a", "b 3", "c d"]


@pytest.mark.parametrize("size", [65_536, 65_537])
def test_long_words(size, tmp_path):
    vectors = KeyedVectors(["a" * size, "b"], np.array([[1, 2], [3, 4.5]], np.float32))
    for name in ("x.vec", "x.glove", "x.bin", "x.npy", "x.fifu"):
        if size > 65_536 and name in ("x.vec", "x.glove", "x.bin"):
            with pytest.raises(OptionError, match="at most 65536 bytes"):
                formats.save(vectors, tmp_path / name)
            continue
        formats.save(vectors, tmp_path / name)
        loaded = formats.load(tmp_path / name)
        assert list(loaded) == list(vectors)
        np.testing.assert_allclose(loaded.vectors, vectors.vectors, rtol=1e-6)


@pytest.mark.parametrize("name", ["x.vec", "x.glove", "x.bin"])
@pytest.mark.parametrize("rows", [1, 3])
def test_wide_rows(name, rows, tmp_path):
    matrix = np.random.default_rng(2).standard_normal((rows, 20_000)).astype(np.float32)
    formats.save(KeyedVectors(["a", "b", "c"][:rows], matrix), tmp_path / name)
    np.testing.assert_array_equal(formats.load(tmp_path / name).vectors, matrix)


def test_text_is_no_binary_file(tmp_path):
    path = put(tmp_path, b"12 3\n" + "só palavras, nada mais ".encode() * 9000)
    with pytest.raises(FormatError, match="it is text that starts with"):
        formats.load(path)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_named(encoding, tmp_path):
    with pytest.raises(FormatError, match="it is text in UTF-16: save it as UTF-8"):
        formats.load(put(tmp_path, "\ufeff2 2\nking 1 2\nqueen 3 4\n".encode(encoding)))


def test_words_of_a_file_may_be_compressed_and_have_a_byte_order_mark(tmp_path):
    path = put(tmp_path, b"2 1\nking 1\nqueen 2\n")
    for data in (b"\xef\xbb\xbfking\r\nno\r\n", gzip.compress(b"\xef\xbb\xbfking\n")):
        assert list(formats.load(path, words=put(tmp_path, data, "list"))) == ["king"]
    np.save(tmp_path / "a.npy", np.eye(2, dtype=np.float32))
    put(tmp_path, b"\xef\xbb\xbfking\nqueen\n", "a.words")
    assert list(formats.load(tmp_path / "a.npy")) == ["king", "queen"]


@pytest.mark.parametrize(
    "change",
    [{"kind": ["fasttext"]}, {"codec": {}}, {"codec": "int8", "codec_options": 3}, {"min_n": "3"}, 7, {"kind": None}],
)
def test_subwords_of_a_wrong_config(change):
    subwords = make_subwords("fasttext", np.ones((3, 4), np.float32), min_n=3, max_n=3)
    config = subwords.config() | change if isinstance(change, dict) else change
    with pytest.raises(FormatError, match="subword"):
        open_subwords(subwords.tensors(), config)


def test_subwords_of_another_width(tmp_path):
    vectors = KeyedVectors(["a"], np.ones((1, 4), np.float32))
    vectors._subwords = make_subwords("fasttext", np.ones((3, 9), np.float32), min_n=3, max_n=3)
    vectors.save(tmp_path / "x.safetensors")
    with pytest.raises(FormatError, match=r"subword\.table must have the 4 numbers of the vectors; got 9"):
        formats.load(tmp_path / "x.safetensors")


def test_a_damaged_index_does_not_spoil_a_message():
    words = Vocabulary.from_words(["aa", "bb"])
    table = words.hash.copy()
    table[table == 1] = 99  # the slot of "aa" names a row that is not there
    damaged, messages, hidden = Vocabulary(words.data, words.offsets, hash=table, max_probe=1), [], 0
    for word in ("aab", "aac", "ab", "ba", "aad", "aaz", "Aa", "a"):
        try:
            damaged.index(word)
        except UnknownWordError as error:
            messages.append(str(error))
            with contextlib.suppress(FormatError):
                _close_spellings(damaged, word)
                hidden -= 1
            hidden += 1
        except FormatError:
            pass
    assert hidden and all("a word must be one of the 2 words" in message for message in messages)


def test_numbers_at_the_edges(tmp_path):
    path = put(tmp_path, b"2 1\na inf\na -inf\n")
    assert np.isnan(formats.load(path, duplicates="mean").vectors).all()
    vectors = KeyedVectors(["a", "b"], np.ones((2, 3), np.float32), counts=[2**62, 2**62])
    formats.save(vectors, tmp_path / "x.bin", "fasttext")
    loaded = formats.load(tmp_path / "x.bin")
    assert loaded.metadata["source"]["tokens"] == 2**63 - 1 and loaded.vocabulary.counts.tolist() == [2**62, 2**62]


def test_rows_of_named_ngrams_are_one_row():
    names = Vocabulary.from_words(["<a", "a>"])
    subwords = make_subwords("explicit", np.ones((2, 3), np.float32), min_n=2, max_n=2, names=names, rows=[0, 1])
    tensors = subwords.tensors() | {"row": np.zeros((2, 2), np.uint32)}
    with pytest.raises(FormatError, match=r"subword\.row must be one row"):
        open_subwords(tensors, subwords.config())
