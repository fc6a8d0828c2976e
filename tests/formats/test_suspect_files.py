"""Files that look like vectors and are something else are named; odd ones that people really have are read."""

import struct
import time
import warnings

import numpy as np
import pytest

from wordvec import KeyedVectors, formats
from wordvec.base.errors import FormatError


def put(folder, data, name="x"):
    (folder / name).write_bytes(data)
    return folder / name


ROWS = [b"the 0.1 0.2 0.3", b"cat 0.4 0.5 0.6", b"dog 0.7 0.8 0.9"]


def text(form, count=3):
    """Rows of 3 numbers, each as `form` says it."""
    words = ["the", "cat", "dog", *(f"w{i}" for i in range(3, count))]
    lines = (form.format(word, 0.1 + i, -0.2 + i, 1 / (3 + i), i=i, n=7 + i) for i, word in enumerate(words))
    return ("\n".join(lines) + "\n").encode()


DOUBTFUL = {
    "counts": (b"the 12345\nof 9876\ncat 12\n", "words and their counts"),
    "counts of numbers": (b"11 7\n12 8\n13 9\n", "words and their counts"),
    "counts, tabs": (b"the\t12345\nof\t9876\n", "words and their counts"),
    "frequencies": (b"the 0.05\nof 0.03\n", "words or pairs with a score"),
    "pairs": (b"tiger cat 7.35\nbook paper 7.46\n", "two words each, as pairs"),
    "pairs, tabs": (b"tiger\tcat\t7.35\nbook\tpaper\t7.46\n", "two words each, as pairs"),
    "pairs, many scores": (b"tiger cat 7.35 8 9\nbook paper 7.46 6 8\n", "two words each, as pairs"),
    "part of speech": (text("{}\tNN {} {} {}"), "two words each|every word has white space"),
    "phrases": (b"new york city 1.5 2\nthe united states 3 4\n", "every word has white space"),
    "matrix": (b"1 0.5 0.25\n0 0.5 0.125\n0.5 1 0\n", "a matrix without words"),
    "matrix, distinct": (b"1 0.5 0.25\n0 0.5 0.125\n", "a matrix without words"),
    "matrix, whole numbers": (b"1 0 2\n0 1 5\n1 1 1\n", "a matrix without words"),
    "matrix, header": (b"3 3\n1 0.5 0.25\n0 0.5 0.125\n0.5 1 0\n", "a matrix without words"),
    "ids": (text("{i} {} {} {} {}"), "a number comes before the word"),
    "ids, header": (b"3 3\n" + text("{i} {} {} {} {}"), "a number comes before the word"),
    "counts before numbers": (b"3 3\n" + text("{} {n} {} {} {}"), "another number follows the word, not 3"),
    "comma, space": (text("{}, {}, {}, {}"), "a comma or another sign"),
    "comma after the word": (text("{},{} {} {}"), "a comma or another sign"),
    "comma after the word, header": (b"3 2\n" + text("{},{} {} {}"), "a comma or another sign"),
    "colon": (text("{}: {} {} {}"), "a comma or another sign"),
    "commas": (text("{},{},{},{}"), "separated by commas"),
    "commas between numbers": (text("{} {},{},{}"), "separated by commas"),
    "commas before": (text("{} ,{} ,{} ,{}"), "separated by commas"),
    "csv": (b"word,d0,d1,d2\n" + text("{},{},{},{}"), "separated by commas, under a line of names"),
    "csv, quoted": (b'"word","d0","d1","d2"\n' + text('"{}",{},{},{}'), "separated by commas, under a line of names"),
    "semicolons": (text("{};{};{};{}"), "separated by semicolons"),
    "semicolons, decimal commas": (b"the;0,1;0,2\ncat;0,3;1,5\n", "separated by semicolons"),
    "bars": (text("{}|{}|{}|{}"), "separated by bars"),
    "names of columns": (b"word d0 d1 d2\n" + text("{} {} {} {}"), "first line has no numbers"),
    "names of columns, tabs": (b"word\td0\td1\td2\n" + text("{}\t{}\t{}\t{}"), "under a line of names"),
    "decimal commas": (b"the 0,1 0,2\ncat 0,3 0,4\n", "must have a point, not a comma"),
    "quoted": (text('"{}" {} {} {}'), "in quotation marks"),
    "carriage returns": (text("{} {} {} {}").replace(b"\n", b"\r"), "carriage returns"),
    "carriage returns, header": (b"3 3\r" + text("{} {} {} {}").replace(b"\n", b"\r"), "carriage returns"),
    "carriage returns, long": (text("{} {} {} {}", 5000).replace(b"\n", b"\r"), "carriage returns"),
    "space first": (text(" {} {} {} {}"), "white space before the word"),
    "space first, header": (b"3 3\n" + text(" {} {} {} {}"), "white space before the word"),
    "hexadecimal": (b"the 0x1.8p-3 0x1p2\ncat 0x1p0 0x1p1\n", "hexadecimal"),
    "hexadecimal, one": (b"2 2\nthe 1 2\ncat 1 0x1p1\n", "0x1p1': numbers must be decimal"),
    "analogies": (b": capital\nathens greece oslo norway\n", "analogies"),
    "blank": (b"  \n\n  \n", "blank lines alone"),
    "words": (b"the\ncat\ndog\n", "no line ends in a number"),
    "beyond float32": (b"2 2\nthe 1 2\ncat 1 1e39\n", r"row 2 \(line 3\).*float32 can hold.*'1e39'"),
    "far beyond float32": (b"the 1 2\ncat -1e4000 2\n", r"row 2 \(line 2\).*float32 can hold.*'-1e4000'"),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_is_no_word_with_its_numbers_is_named(kind, tmp_path):
    data, named = DOUBTFUL[kind]
    for strict in (True, False) if "float32" not in kind and "one" not in kind else (True,):
        with pytest.raises(FormatError, match=named):
            formats.load(put(tmp_path, data), strict=strict)


@pytest.mark.parametrize("kind", ["counts", "pairs", "matrix", "ids", "comma after the word", "quoted", "space first"])
def test_who_names_the_format_is_not_doubted(kind, tmp_path):
    """format= says that the words are what they look like, however odd."""
    data, _ = DOUBTFUL[kind]
    with pytest.raises(FormatError, match="format='glove' reads it as it is"):
        formats.load(put(tmp_path, data))
    assert len(formats.load(put(tmp_path, data), format="glove")) >= 2


def test_large_files_are_doubted_as_a_whole(tmp_path):
    """Words that look like numbers may fill the start of a sorted file; a few odd rows hide nothing."""
    row = " 0.5 0.25 0.125\n"
    numbers = "".join(f"{i}.5{row}" for i in range(90_000))
    with pytest.raises(FormatError, match="a matrix without words"):
        formats.load(put(tmp_path, numbers.encode()))
    assert len(formats.load(put(tmp_path, (numbers + "the" + row).encode()))) == 90_001
    listed = "".join(f"w{i},0.5{row}" for i in range(3000))
    with pytest.raises(FormatError, match="a comma or another sign"):
        formats.load(put(tmp_path, (listed + "odd" + row).encode()))


REAL = {
    "GloVe": (text("{} {} {} {}"), ["the", "cat", "dog"]),
    "GloVe with spaces": (
        b". . . 0.5 0.25\nat name@domain.com 0.5 1\nthe 1 2\n0.5 1.5 2\n",
        [". . .", "at name@domain.com", "the", "0.5"],
    ),
    "fastText": (b"4 2\n</s> 0.1 0.2 \n, 0.1 0.2 \n2,000 1 2 \n: 3 4 \n", ["</s>", ",", "2,000", ":"]),
    "tabs": (text("{}\t{}\t{}\t{}"), ["the", "cat", "dog"]),
    "a tab, then spaces": (text("{}\t{} {} {}"), ["the", "cat", "dog"]),
    "phrases before tabs": (b"new york\t0.5\t1\nsan francisco\t1\t2\n", ["new york", "san francisco"]),
    "CRLF": (text("{} {} {} {}").replace(b"\n", b"\r\n"), ["the", "cat", "dog"]),
    "numbers among words": (b"2000 0.1 0.2\nthe 1 2\n2001 3 4\n3.14 5 6\n", ["2000", "the", "2001", "3.14"]),
    "a number first": (b"1 0.1 0.2\nthe 1 2\n", ["1", "the"]),
    "nodes": (b"3 2\n1 0.1 0.2\n17 0.1 0.3\n5 0.3 0.1\n", ["1", "17", "5"]),
    "nodes without a header": (b"1 0.1 0.2\n5 0.1 0.3\n17 0.3 0.1\n", ["1", "5", "17"]),
    "one dimension": (b"3 1\nthe 0.5\ncat 1\n7 2\n", ["the", "cat", "7"]),
    "no rows": (b"0 3\n", []),
    "quotation marks": (b'" 0.1 0.2\n"" 0.3 0.4\n"a" 1 2\nb 1 2\n', ['"', '""', '"a"', "b"]),
    "signs": (b", 0.1 0.2\n; 0.3 0.4\n: 1 2\n| 1 2\n", [",", ";", ":", "|"]),
    "times and dates": (b"10:30 0.1 0.2\n9:15 0.3 0.4\n", ["10:30", "9:15"]),
    "mail": (b"3 2\na@b.c 1 2\nx,y 3 4\n1,5 3 4\n", ["a@b.c", "x,y", "1,5"]),
    "infinite": (b"a inf 2\nb -inf NaN\n", ["a", "b"]),
}


@pytest.mark.parametrize("kind", REAL)
def test_odd_files_that_people_have_are_read(kind, tmp_path):
    data, words = REAL[kind]
    assert list(formats.load(put(tmp_path, data))) == words


@pytest.mark.parametrize("name", ["x.words", "x.vocab", "vocab.txt", "metadata.tsv"])
def test_a_matrix_finds_its_words_beside_it(name, tmp_path):
    """Numbers in one file, words in another, as numpy.savetxt and projectors of embeddings write them."""
    matrix = np.random.default_rng(2).standard_normal((30, 4)).astype(np.float32)
    words = [f"word {i}" if i % 5 == 0 else f"w{i}x" for i in range(30)]
    np.savetxt(tmp_path / "x.tsv", matrix, delimiter="\t" if name[0] == "m" else " ")
    with pytest.raises(FormatError, match="a matrix without words"):
        formats.load(tmp_path / "x.tsv")
    put(tmp_path, "\r\n".join(words).encode(), name)
    loaded = formats.load(tmp_path / "x.tsv")
    assert list(loaded) == words and loaded.vectors.tobytes() == matrix.tobytes()
    assert loaded.metadata["source"] == {"format": "matrix-text", "rows": 30, "words": name, "duplicates": 0}
    assert list(formats.load(tmp_path / "x.tsv", limit=2)) == words[:2]
    assert formats.load(tmp_path / "x.tsv", words=["w7x"])["w7x"].tolist() == matrix[7].tolist()
    put(tmp_path, b"one\ntwo\n", name)
    with pytest.raises(FormatError, match="one word for each of 30 rows; it has 2 lines"):
        formats.load(tmp_path / "x.tsv")
    put(tmp_path, b"1 2\n3 x\n", "x.tsv")
    with pytest.raises(FormatError):
        formats.load(tmp_path / "x.tsv")


# ---- after a bad row ----


def test_rows_after_a_bad_one_are_kept(tmp_path):
    """strict=False leaves out what is no row, goes on, and says how many were left out, and which came first."""
    path = put(tmp_path, b"4 2\na 1 2\nb1 2\nc 1 2\nd 3 4")
    with pytest.warns(UserWarning) as caught:
        loaded = formats.load(path, strict=False)
    assert list(loaded) == ["a", "c", "d"] and loaded["d"].tolist() == [3, 4]
    assert [str(warning.message) for warning in caught] == [
        f"{path}: row 2 (line 3) must have a word and 2 numbers; it has fewer, at byte 10; 1 row was left out, 3 kept"
    ]
    assert caught[0].filename == __file__
    assert loaded.metadata["source"] == {"format": "word2vec-text", "rows": 3, "left_out": 1, "duplicates": 0}
    with pytest.raises(FormatError, match=r"row 2 \(line 3\).*strict=False keeps the other rows"):
        formats.load(path)


@pytest.mark.parametrize("block", [1, 40, 1000, 1 << 20])
@pytest.mark.parametrize("header", [True, False])
def test_bad_rows_anywhere(block, header, tmp_path, monkeypatch):
    from wordvec.formats.io import blocks

    monkeypatch.setattr(blocks, "BLOCK", block)
    bad = {3: "w3 1.5", 4: "w4 1.5 x", 17: "w17 1.5 2.5 3.5 4.5 5.5", 18: "", 90: "w90", 99: "w99 1 1e99"}
    good = [i for i in range(100) if i not in bad]
    lines = [bad.get(i, f"w{i} {i}.5 {i}.25") for i in range(100)]
    path = put(tmp_path, (("99 2\n" if header else "") + "\n".join(lines)).encode())
    with pytest.warns(UserWarning, match=rf"row 4 \(line {4 + header}\) .*; 5 rows were left out, 94 kept") as caught:
        loaded = formats.load(path, strict=False)
    assert len(caught) == 1
    assert list(loaded) == [f"w{i}" for i in good]
    np.testing.assert_array_equal(loaded.vectors, [[i + 0.5, i + 0.25] for i in good])
    assert len(formats.load(path, strict=False, limit=3)) == 3  # no bad row comes before them
    with pytest.warns(UserWarning, match="2 rows were left out, 10 kept"):
        assert list(formats.load(path, strict=False, limit=10))[-1] == "w11"
    with pytest.warns(UserWarning, match="5 rows were left out"):
        assert list(formats.load(path, strict=False, words=["w2", "w3", "w98"])) == ["w2", "w98"]


def test_a_line_without_end_is_left_out(tmp_path):
    data = b"3 2\na 1 2\n" + b"x" * 5_000_000 + b"\nb 3 4\n"
    with pytest.warns(UserWarning, match=r"row 2 \(line 3\).*1 row was left out, 2 kept"):
        assert list(formats.load(put(tmp_path, data), strict=False)) == ["a", "b"]


def test_binary_rows_cannot_be_found_again(tmp_path):
    rows = b"".join(b"w%d %s\n" % (i, struct.pack("<2f", i, i)) for i in range(9))
    data = b"9 2\n" + rows[:44] + rows[47:]
    with pytest.warns(UserWarning, match="where the next row starts cannot be told in a binary file"):
        assert 3 <= len(formats.load(put(tmp_path, data), strict=False)) <= 4


# ---- binary rows ----

MATRIX = np.random.default_rng(1).standard_normal((40, 25))
WORDS = [f"wörd{i}" for i in range(40)]


def binary(kind="<f4", ends=(b"\n",), head=b"40 25\n"):
    rows = (w.encode() + b" " + r.astype(kind).tobytes() for w, r in zip(WORDS, MATRIX, strict=True))
    return head + b"".join(row + ends[i % len(ends)] for i, row in enumerate(rows))


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize(
    "ends", [(b"\n",), (b"",), (b"\r\n",), (b"\n", b""), (b"", b"\n"), (b"\n", b"\n", b"", b"", b"\r\n")]
)
def test_kinds_of_binary_rows(kind, ends, tmp_path):
    """Newlines of any kind after all rows, some or none; float64 and big-endian numbers."""
    for head in (b"40 25\n", b"40 25\r\n"):
        loaded = formats.load(put(tmp_path, binary(kind, ends, head)))
        assert list(loaded) == WORDS
        np.testing.assert_array_equal(loaded.vectors, MATRIX.astype(np.float32))
        other = {"<f4": None, ">f4": "big-endian float32", "<f8": "float64", ">f8": "big-endian float64"}[kind]
        assert loaded.metadata["source"].get("numbers") == other
    assert len(formats.load(tmp_path / "x", limit=7)) == 7
    assert list(formats.load(tmp_path / "x", words=["wörd3", "wörd39"])) == ["wörd3", "wörd39"]


def test_binary_rows_that_are_not_read(tmp_path):
    with pytest.raises(FormatError, match="these are float16"):
        formats.load(put(tmp_path, binary("<f2")))
    huge = binary("<f8").replace(MATRIX[3].tobytes(), np.full(25, 1e39).tobytes())
    with pytest.raises(FormatError, match=r"float32 can hold, up to 3\.4e38; one of float64 is larger"):
        formats.load(put(tmp_path, huge))
    for cut in (1, 30, 1000):
        for kind in ("<f4", "<f8"):
            with pytest.raises(FormatError, match=r"cut off|truncated|must"):
                formats.load(put(tmp_path, binary(kind)[: -cut - 1]))


def test_names_of_senses_are_words(tmp_path):
    vectors = KeyedVectors(["bank|1", "bank|2", "river|1"], np.eye(3, 4, dtype=np.float32))
    for suffix in (".vec", ".txt"):
        vectors.save(tmp_path / f"v{suffix}")
        assert list(formats.load(tmp_path / f"v{suffix}").index_to_key) == list(vectors.index_to_key)


# ---- time ----


@pytest.mark.parametrize("kind", ["digits", "field", "every line bad"])
def test_time_is_linear(kind, tmp_path):
    """A number of many digits that ends in a letter, and others that a pattern could try again and again."""
    data = {
        "digits": b"a 1 2\nb " + b"1" * 200_000 + b"x 2\n",
        "field": b"2 3\na " + b"1" * 100_000 + b"e" + b"1" * 100_000 + b" " + b"." * 100_000 + b"\n",
        "every line bad": b"9 2\n" + b"a 1 2\n" + b"b 1\n" * 100_000,
    }[kind]
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            formats.load(put(tmp_path, data), strict=False)
        except FormatError:
            pass
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("names", [[], ["1990.safetensors"], ["a", "b", "c", "d", ".hidden"]])
def test_a_folder_that_is_no_vectors_says_what_is_in_it(names, tmp_path):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    said = {
        0: "it is a folder with nothing in it",
        1: "with 1990.safetensors in it: give",
        5: "with a, b, c and others in it: give",
    }
    with pytest.raises(FormatError, match=said[len(names)]):
        formats.load(tmp_path)
