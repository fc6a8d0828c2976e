"""Files of word2vec and GloVe, byte by byte: those of other tools, wrong ones, and what is no file of vectors."""

import gzip
import io
import os
import struct
import zipfile

import numpy as np
import pytest
from row_formats import ROWS, file_of, same, toy

from wordvec import formats
from wordvec.base.errors import FormatError, OptionError
from wordvec.vectors import KeyedVectors

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
    from wordvec.formats.io import blocks

    vectors = toy([f"word{i}" for i in range(300)], dim=5)
    for name in ROWS:
        path = file_of(name, vectors, tmp_path)
        for block, room in ((1, 1 << 18), (7, 4), (64, 0), (64, 100), (1000, 30)):
            monkeypatch.setattr(blocks, "BLOCK", block)
            monkeypatch.setattr(blocks, "ROOM", room)
            assert same(formats.load(path), vectors)
        path.write_bytes(gzip.compress(path.read_bytes()))
        assert same(formats.load(path), vectors)


@pytest.mark.parametrize("bad", [0, 1, 5])
def test_an_error_of_the_disk_ends_reading(bad, tmp_path, monkeypatch):
    """It is raised, and no thread waits for the block that could not be read."""
    from wordvec.formats.io import blocks

    path = file_of(ROWS[0], toy([f"word{i}" for i in range(300)], dim=5), tmp_path)
    whole = blocks.Blocks._read_at

    def broken(self, data, number):
        if number == bad:
            raise OSError(5, "Input/output error")
        return whole(self, data, number)

    monkeypatch.setattr(blocks, "BLOCK", 512)
    monkeypatch.setattr(blocks.Blocks, "_read_at", broken)
    with pytest.raises(OSError, match="Input/output error"):
        formats.load(path)


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
