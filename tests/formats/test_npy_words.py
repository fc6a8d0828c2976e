"""A numpy array with its words beside it: mapped where it can be, whatever its kind of numbers and order."""

import gzip
from io import BytesIO

import numpy as np
import pytest

from wordvec import formats
from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.io.binary_matrix import read_matrix
from wordvec.formats.io.source import open_source
from wordvec.vectors import KeyedVectors

WORDS = ["</s>", "the", "naïve", "new york", ""]
LINES = "\n".join(WORDS) + "\n"
MATRIX = np.arange(20, dtype=np.float32).reshape(5, 4) / 8


def put(folder, array=MATRIX, words=LINES, name="x.words"):
    np.save(folder / "x.npy", array)
    (folder / name).write_bytes(words.encode() if isinstance(words, str) else words)
    return folder / "x.npy"


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_kinds_of_numbers(dtype, order, tmp_path):
    path = put(tmp_path, np.asarray(MATRIX, dtype, order=order))
    for loaded in (formats.load(path), formats.load(path, mmap=False)):
        assert list(loaded) == WORDS and loaded.vectors.dtype == np.float32
        np.testing.assert_array_equal(loaded.vectors, MATRIX)
    np.testing.assert_array_equal(formats.load(path, words=["the", ""]).vectors, MATRIX[[1, 4]])


def test_float32_is_mapped(tmp_path):
    array = formats.load(put(tmp_path)).vectors
    while array.base is not None and not isinstance(array, np.memmap):
        array = array.base
    assert isinstance(array, np.memmap) or type(array).__name__ == "mmap"


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("x.vocab", "a 9\nb 7\nnew york 4\nd\t3\ne 1\n", [9, 7, 4, 3, 1]),
        ("x.txt", "a 9\nb 7\nnew york 4\nd 3\ne 1", [9, 7, 4, 3, 1]),
        ("vocab.txt", "a 9\r\nb 7\r\nnew york 4\r\nd 3\r\ne 1\r\n", [9, 7, 4, 3, 1]),
        ("vocab.txt", "\ufeffa\nb\nnew york\nd\ne\n", None),
        ("x.words", "a\nb\nnew york\nd\ne", None),
    ],
)
def test_files_of_words(name, text, counts, tmp_path):
    loaded = formats.load(put(tmp_path, words=text, name=name))
    assert list(loaded) == ["a", "b", "new york", "d", "e"]
    assert (None if loaded.vocabulary.counts is None else loaded.vocabulary.counts.tolist()) == counts
    if counts:
        assert list(formats.load(tmp_path / "x.npy", min_count=4)) == ["a", "b", "new york"]


WIDE = np.eye(2, dtype=np.float32)


@pytest.mark.parametrize("name", ["x.words", "x.txt", "vocab.txt"])
@pytest.mark.parametrize(
    "text", ["the\r\ncat", "the\r\ncat\r\n", "the\ncat\r\n", "\ufeffthe\ncat\n\n\n", "the\r\ncat\r\n\r\n"]
)
def test_line_ends_are_no_part_of_words(name, text, tmp_path):
    """Carriage returns, a byte order mark and blank lines at the end of a list are left out."""
    assert list(formats.load(put(tmp_path, WIDE, text, name))) == ["the", "cat"]


def test_an_empty_word_at_the_end_counts_where_a_row_is_left_for_it(tmp_path):
    assert list(formats.load(put(tmp_path, WIDE, "the\n\n\n\n"))) == ["the", ""]


def test_carriage_returns_alone(tmp_path):
    with pytest.raises(FormatError, match="carriage returns alone"):
        formats.load(put(tmp_path, WIDE, "the\rcat\r"))


@pytest.mark.parametrize("text", ["iphone 5\nwindows 10\n", "windows 10\niphone 5\n"])
def test_names_that_end_in_numbers_are_words(text, tmp_path):
    """Numbers are counts where all lines have them after a tab, or falling in a list that is long enough."""
    path = put(tmp_path, WIDE, text, "x.txt")
    with pytest.warns(UserWarning, match="all lines end in numbers.*parts of the words") as caught:
        loaded = formats.load(path)
    assert caught[0].filename == __file__
    assert list(loaded) == text.split("\n")[:2] and loaded.vocabulary.counts is None
    (tmp_path / "x.txt").write_text(text.replace(" ", "\t"))
    assert formats.load(path).vocabulary.counts.tolist() == [int(line.split()[1]) for line in text.split("\n")[:2]]
    assert formats.load(path).metadata["source"]["words"] == "x.txt"


def test_counts_fall_but_for_the_end_of_sentences(tmp_path):
    lines = "</s> 3\n" + "".join(f"w{i} {99 - i}\n" for i in range(9))
    counts = formats.load(put(tmp_path, np.ones((10, 2), np.float32), lines, "x.txt")).vocabulary.counts
    assert counts.tolist() == [3, *range(99, 90, -1)]
    with pytest.warns(UserWarning, match="parts of the words"):
        formats.load(put(tmp_path, np.ones((10, 2), np.float32), lines.replace("w8 91", "w8 912"), "x.txt"))


def test_what_follows_the_array_is_not_passed_over(tmp_path):
    path = put(tmp_path)
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(FormatError, match="must end with its array of 5 rows; 208 bytes follow"):
        formats.load(path)
    with pytest.warns(UserWarning, match="208 bytes follow, which are not read"):
        assert len(formats.load(path, strict=False)) == 5


def test_text_vectors_of_the_same_name_are_not_its_words(tmp_path):
    path = put(tmp_path, words="a 1 2\nb 3 4\nc 5 6\nd 7 8\ne 9 10\n", name="x.txt")
    with pytest.raises(FormatError, match=r"has no words; they must stand one a line in a file beside it: x\.words"):
        formats.load(path)


def header(text, version=1):
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text.encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (5, 4)}"), r"float64; got '\|O'.*can run code"),
        (header("{'descr': '<i4', 'fortran_order': False, 'shape': (5, 4)}"), "float16, float32 or float64; got"),
        (header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (5, 4)}"), "float16, float32 or float64"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}"), r"two dimensions.*got \(5,\)"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 0)}"), "two dimensions"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-5, 4)}"), "two dimensions"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (True, 4)}"), "two dimensions"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 4)}"), "must take 80 bytes .* the file has 0"),
        (header("{'descr': '<f4', 'fortran_order': False}"), "must say descr, fortran_order and shape"),
        (header("__import__('os').getcwd()"), "must say descr"),
        (header("(" * 5000, 2), "must say descr"),
        (header("{}", 9), "must be of version 1, 2 or 3"),
        (b"\x93NUMPY", "must be of version 1, 2 or 3"),
    ],
)
def test_arrays_that_are_not_read(data, problem, tmp_path):
    path = put(tmp_path)
    path.write_bytes(data)
    with pytest.raises(FormatError, match=problem):
        formats.load(path)


def test_as_many_words_as_rows(tmp_path):
    with pytest.raises(FormatError, match=r"x\.words: there must be one word for each of 5 rows; it has 2 lines"):
        formats.load(put(tmp_path, words="a\nb\n"))


def test_compressed(tmp_path):
    path = put(tmp_path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(formats.load(path).vectors, MATRIX)
    np.testing.assert_array_equal(formats.load(path, limit=2).vectors, MATRIX[:2])
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1]))
    with pytest.raises(FormatError, match="it is truncated or its header is wrong"):
        formats.load(path)


def test_words_that_are_refused(tmp_path):
    for word in ("a\nb", "a\r", "\n"):
        with pytest.raises(OptionError, match="words must have no line ends to be written one a line; word 1 is"):
            formats.save(KeyedVectors(["ok", word], np.eye(2)), tmp_path / "x.npy")
    assert list(tmp_path.iterdir()) == []


def test_numpy_reads_what_is_written(tmp_path):
    formats.save(KeyedVectors(WORDS, MATRIX), tmp_path / "x.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy", allow_pickle=False), MATRIX)
    assert (tmp_path / "x.words").read_text(encoding="utf-8").split("\n")[:-1] == WORDS
    data = BytesIO()
    np.lib.format.write_array(data, MATRIX, version=(1, 0))
    assert (tmp_path / "x.npy").read_bytes() == data.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_rows_of_a_matrix_in_a_file(packed, tmp_path, monkeypatch):
    from wordvec.formats.io import binary_matrix as dense

    matrix = np.random.default_rng(1).standard_normal((1000, 8)).astype(np.float32)
    data = b"head" + matrix.tobytes() + b"tail"
    (tmp_path / "x").write_bytes(gzip.compress(data) if packed else data)
    source = open_source(tmp_path / "x")
    for block, gap in ((4 << 20, 1 << 16), (100, 0), (1, 64)):
        monkeypatch.setattr(dense, "BLOCK", block)
        monkeypatch.setattr(dense, "_GAP", gap)
        for keep in (None, [], [0], [999], [0, 1, 5, 6, 500, 998], list(range(0, 1000, 3))):
            rows = None if keep is None else np.array(keep, np.int64)
            found = read_matrix(source, 4, 1000, 8, "<f4", rows)
            assert found.tobytes() == (matrix if keep is None else matrix[keep]).tobytes()
    with pytest.raises(FormatError, match="it is truncated or its header is wrong"):
        read_matrix(source, 4, 1001, 8)


def test_a_first_word_that_starts_with_a_byte_order_mark(tmp_path):
    words = ["\ufeffa", "b"]
    formats.save(KeyedVectors(words, np.eye(2, dtype=np.float32)), tmp_path / "x.npy")
    assert list(formats.load(tmp_path / "x.npy")) == words
