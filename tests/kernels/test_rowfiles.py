"""Files of rows: numbers to the last bit, what is recognised, what is kept of a part or of a damaged file."""

import gzip
import math
import random
import re
import struct
import subprocess
import sys
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from wordvec import formats
from wordvec._kernels import rowfiles as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.vectors import KeyedVectors

# ---- numbers ----


def printed(matrix):
    """The fields of each row, as they are written."""
    rows = np.ascontiguousarray(matrix, np.float32)
    out = np.empty((kernel.NUMBER * rows.shape[1] + 1) * len(rows), np.uint8)
    size = kernel.write_text(rows, np.empty(0, np.uint8), np.zeros(len(rows) + 1, np.int64), out)
    return [line.split() for line in out[:size].tobytes().decode().splitlines()]


def shortest(number):
    """The float64 of the digits that numpy prints for a float32."""
    return float(str(np.float32(number)))


def parsed(texts):
    """The numbers that are read from texts, one a line."""
    text = "".join(f"w {text}\n" for text in texts).encode()
    data = np.zeros(len(text) + kernel.PAD, np.uint8)
    data[: len(text)] = np.frombuffer(text, np.uint8)
    rows, sizes = np.empty((len(texts), 1), np.float32), np.empty(len(texts), np.int64)
    words = np.empty(len(text), np.uint8)
    found = kernel.parse_text(data, 0, len(text), rows, words, sizes)
    assert found == (len(texts), len(texts), len(texts), len(text), 0)
    return rows[:, 0]


def some_numbers():
    rng = np.random.default_rng(5)
    powers = np.arange(0, 255, dtype=np.uint32) << 23
    return {
        "normal": rng.standard_normal(20_000),
        "small": rng.standard_normal(20_000) * 0.01,
        "four digits": np.round(rng.standard_normal(5_000), 4),
        "all bits": rng.integers(0, 0x7F800000, 20_000, dtype=np.uint32).view(np.float32),
        "near powers of two": np.concatenate([powers, powers + 1, powers[1:] - 1]).view(np.float32),
        "near powers of ten": [float(f"{digits}e{i}") for i in range(-45, 38) for digits in (1, 2, 5, 9.9999999, 1.5)],
        "least": np.arange(3_000, dtype=np.uint32).view(np.float32),
        "whole": rng.integers(-(2**30), 2**30, 5_000),
    }


@pytest.mark.parametrize("kind", some_numbers())
def test_numbers_are_written_as_python_prints_their_shortest_digits(kind):
    values = np.array(some_numbers()[kind]).astype(np.float32)
    fields = printed(values[:, None])
    assert [field[0] for field in fields] == [repr(shortest(value)) for value in values]
    back = parsed([field[0] for field in fields])
    assert back.tobytes() == values.tobytes()


@pytest.mark.thorough
def test_a_million_numbers_of_any_bits():
    bits = np.random.default_rng(8).integers(0, 0x7F800000, 1_000_000, dtype=np.uint32)
    fields = [row[0] for row in printed(bits.view(np.float32)[:, None])]
    assert fields == [repr(shortest(value)) for value in bits.view(np.float32)]
    assert parsed(fields).tobytes() == bits.tobytes()


def distances(a, m, most):
    """How near n * a / m comes to a whole number from above and from below, for n = 1 .. most, unless it is one.

    By the three distance theorem: the records from one side are made of those of both sides, as in Euclid's algorithm.
    """
    divisor = math.gcd(a, m)
    a, m = a // divisor, m // divisor
    most = min(most, m - 1)
    p, above, r, below = 1, a % m, 0, m  # p * a is `above` a multiple of m; r * a is `below` one
    while most > 0:
        if above < below:
            times = min((below - 1) // above, (most - r) // p)
            r, below = r + times * p, below - times * above
        else:
            times = min((above - 1) // below, (most - p) // r if r else 0)
            p, above = p + times * r, above - times * below
        if times <= 0:
            break
    return Fraction(above, m), Fraction(below, m)


def test_how_near_distances_come():
    rng = random.Random(4)
    for _ in range(200):
        a, m, most = rng.randrange(1, 500), rng.randrange(2, 500), rng.randrange(1, 60)
        rests = [n * a % m for n in range(1, most + 1) if n * a % m]
        if rests:
            assert distances(a, m, most) == (Fraction(min(rests), m), Fraction(m - max(rests), m))


@pytest.mark.parametrize("is_edge", [False, True])
def test_factors_for_writing_are_exact_enough_for_every_float32(is_edge):
    """What decimals.h claims: too large by less than 2^-34, and products that are not whole are further from whole."""
    for exponent in range(255):
        factor, shift, k = kernel.scale(exponent, is_edge)
        power = Fraction(2) ** (max(exponent, 1) - 150)
        assert Fraction(10) ** k <= power * (Fraction(3, 4) if is_edge else 1) < Fraction(10) ** (k + 1)
        exact = power / Fraction(10) ** k
        given = Fraction(factor, 2 ** (64 - shift))
        assert 2**63 <= factor < 2**64 and 0 <= given - exact < Fraction(1, 2 ** (64 - shift))
        most = 2**26 + 2
        assert most << shift < 2**31 and most * (given - exact) < Fraction(1, 2**34)
        above, below = distances(exact.numerator, exact.denominator, most)
        assert exact.denominator == 1 or (above > Fraction(1, 2**34) and below > Fraction(1, 2**34))


def test_numbers_without_digits():
    assert printed([[np.nan, np.inf, -np.inf, 0.0, -0.0]]) == [["nan", "inf", "-inf", "0.0", "-0.0"]]


def test_every_number_is_read_as_float_does():
    rng = random.Random(1)
    texts = ["nan", "-nan", "inf", "-Infinity", "1e-400", "1e400", "1e39", "3.4028236e38", "0e-100", "-0", "-0.0"]
    texts += [f"0.{'0' * 80}1", f"{'0' * 40}1.5", "12345678901.", f"{'1234567890' * 5}e-40", ".5", "5.", "+.5e+1"]
    for _ in range(30_000):
        digits = "".join(rng.choices("0123456789", k=rng.randrange(1, 25)))
        point = rng.randrange(len(digits) + 1)
        text = rng.choice(["", "-", "+"]) + digits[:point] + "." + digits[point:]
        if rng.random() < 0.4:
            text += rng.choice("eE") + rng.choice(["", "-", "+"]) + str(rng.randrange(rng.choice([5, 25, 60])))
        texts.append(text)
    for _ in range(5_000):  # between two float32, exactly and nearly
        low = np.array([rng.randrange(1, 0x7F7FFFFE)], np.uint32).view(np.float32)
        middle = (float(low[0]) + float(np.nextafter(low, np.float32(np.inf))[0])) / 2
        texts += [repr(x) for x in (middle, float(np.nextafter(middle, 0)), float(np.nextafter(middle, 1e300)))]
        if 1e-20 < middle < 1e30:
            texts.append(format(Decimal(middle), "f")[:350])
    with np.errstate(over="ignore"):
        expected = np.array([np.float32(float(text)) for text in texts])
    assert parsed(texts).tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "text", ["1_0", "0x10", "1e", "1e+", "--1", "+-1", ".", "-", "1.2.3", "1,5", "infinit", "1f", "٣"]
)
def test_what_is_no_number(text, tmp_path):
    (tmp_path / "x").write_bytes(f"2 2\na 1 2\nb {text} 2\n".encode())
    with pytest.raises(FormatError, match=r"row 2 \(line 3\) must have 2 numbers after its word; .*" + re.escape(text)):
        formats.load(tmp_path / "x")


# ---- what is recognised ----


def load(path, data, **options):
    path.write_bytes(data)
    return formats.load(path, **options)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"2 1\na 5\nb 6\n", ["a", "b"]),
        (b"1 2\n5 6 7\n", ["5"]),
        (b"\xef\xbb\xbf2 1\na 5\nb 6\n", ["a", "b"]),  # a byte order mark
        (b"\xef\xbb\xbfa 5 6\nb 6 7\n", ["a", "b"]),
        (b"a\t5\t6\r\nb\t6\t7\r\n", ["a", "b"]),
        (b"  a  5 \t 6  \n\n\nb 6 7\n   \n", ["  a ", "b"]),  # a space is all that ends a word
        (b"4 2\n. . . 5 6\nnew york 6 7\nroom 101 1 2\n1 2 3 4\n", [". . .", "new york", "room 101", "1 2"]),
        (b". . . 5 6\nnew york 6 7\nroom 101 1 2\nx 1 2\n", [". . .", "new york", "room 101", "x"]),
        (
            b"a\xc2\xa0b 5 6\n\xe3\x80\x80 6 7\nc\xc2\x85 1 2\n\xe2\x80\xa8 1 2\n",
            ["a\xa0b", "\u3000", "c\x85", "\u2028"],
        ),
        (b"caf\xc3 1 2\n\xff 3 4\n", ["caf\udcc3", "\udcff"]),
        (b"a nan inf\nb -inf 1e-400\n", ["a", "b"]),
        (b"2 2\n 1 2\nb 3 4\n", ["", "b"]),  # an empty word
        (b"room 1 5 6\nb 7 8\nroom 2 5 6\nc 5 6\nd 7 8\n", ["room 1", "b", "room 2", "c", "d"]),
    ],
)
def test_text_without_options(data, words, tmp_path):
    loaded = load(tmp_path / "x", data)
    assert list(loaded) == words and loaded.metadata["source"]["rows"] == len(words)


@pytest.mark.parametrize(("newline", "least"), [(b"\n", 499), (b"", 400)])
def test_binary_words_with_spaces(newline, least, tmp_path):
    """With newlines they are told; without, the end of a word can look like a part of the next."""
    rng = np.random.default_rng(3)
    words = [f"w{i} and {i}" if i % 3 == 0 else f"w{i}" for i in range(500)]
    matrix = rng.standard_normal((500, 20)).astype(np.float32)
    rows = (w.encode() + b" " + row.tobytes() + newline for w, row in zip(words, matrix, strict=True))
    loaded = load(tmp_path / "x", b"500 20\n" + b"".join(rows))
    assert len(loaded) == 500 and sum(a == b for a, b in zip(loaded, words, strict=True)) >= least
    assert loaded["w499"].tobytes() == matrix[-1].tobytes()


@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_binary_rows_of_every_byte(newline, tmp_path):
    """Spaces and newlines among the floats, and words that are cut in the middle of a character, change nothing."""
    rng = np.random.default_rng(3)
    words = [f"wö{i}".encode() for i in range(3000)]
    words = [word[:2] + word[3:] if i % 50 == 0 else word for i, word in enumerate(words)]
    matrix = rng.integers(0, 256, (3000, 40), dtype=np.uint8)
    matrix[rng.random(matrix.shape) < 0.01] = 32
    rows = (word + b" " + row.tobytes() + newline for word, row in zip(words, matrix, strict=True))
    loaded = load(tmp_path / "x", b"3000 10\n" + b"".join(rows))
    assert [word.encode("utf-8", "surrogateescape") for word in loaded] == words
    assert loaded.vectors.tobytes() == matrix.tobytes()


def test_gensim_floats_of_float64_text(tmp_path):
    values = np.random.default_rng(1).standard_normal((50, 8))
    text = "".join(f"w{i} " + " ".join(map(repr, row)) + "\n" for i, row in enumerate(values.tolist()))
    assert load(tmp_path / "x", text.encode()).vectors.tobytes() == values.astype(np.float32).tobytes()


def test_decimal_commas_are_named(tmp_path):
    for head in (b"", b"2 2\n"):
        with pytest.raises(FormatError, match="'2,5': decimals must have a point, not a comma"):
            load(tmp_path / "x", head + b"a 1 2,5\nb 3 4\n")
        with pytest.raises(FormatError, match="decimals must have a point"):
            load(tmp_path / "x", head + b"a 1,5 2,5\nb 3,5 4,5\n")


def test_a_wide_row_that_does_not_fit_the_head(tmp_path):
    row = " ".join(["0.125"] * 30_000)
    for head in (b"", b"2 30000\n"):
        loaded = load(tmp_path / "x", head + f"a {row}\nb {row}\n".encode()) if head else None
        assert loaded is None or (list(loaded) == ["a", "b"] and (loaded.vectors == 0.125).all())


# ---- a part of a file ----


@pytest.mark.parametrize("name", ["word2vec-text", "glove", "word2vec-binary"])
@pytest.mark.parametrize("packed", [False, True])
def test_selection(name, packed, tmp_path):
    matrix = np.random.default_rng(1).standard_normal((5000, 16)).astype(np.float32)
    path = tmp_path / "x"
    formats.save(KeyedVectors([f"w{i}" for i in range(5000)], matrix), path, format=name)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes(), 1))
    loaded = formats.load(path, limit=4000)
    assert len(loaded) == 4000 and loaded.vectors.tobytes() == matrix[:4000].tobytes()
    asked = [f"w{i}" for i in range(0, 5000, 7)]
    (tmp_path / "asked").write_text("\n".join(asked))
    for words in (asked, tmp_path / "asked", asked[::-1]):
        loaded = formats.load(path, words=words)
        assert list(loaded) == asked and loaded.vectors.tobytes() == matrix[::7].tobytes()
        loaded = formats.load(path, words=words, limit=100)
        assert list(loaded) == asked[:15] and loaded.vectors.tobytes() == matrix[:100:7].tobytes()
    with pytest.raises(OptionError, match="min_count must be left out where a file has no counts"):
        formats.load(path, min_count=2)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("name", ["word2vec-text", "word2vec-binary", "npy"])
def test_memory_is_that_of_what_is_kept(name, tmp_path):
    path = tmp_path / "big.npy"
    words = [f"w{i}" for i in range(40_000)]
    block = np.round(np.random.default_rng(1).standard_normal((40_000, 300)), 1).astype(np.float32)  # 48 MB
    formats.save(KeyedVectors(words, block), path, format=name)
    code = """
import resource, sys
from wordvec import formats
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary
KeyedVectors(["a"], [[1]]).norms
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(formats.load(sys.argv[1], words=["w7", "w39999"])) == 2
assert len(formats.load(sys.argv[1], limit=50)) == 50
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code, path], stdout=subprocess.PIPE, check=True, timeout=60)
    assert int(done.stdout) < 35_000  # kilobytes: the blocks in flight, not the 48 MB of the matrix


# ---- duplicates ----


@pytest.mark.parametrize(
    ("which", "words", "rows"),
    [
        ("first", ["a", "b", "c"], [[1, 1], [2, 2], [5, 5]]),
        ("last", ["b", "c", "a"], [[4, 4], [5, 5], [6, 6]]),
        ("mean", ["a", "b", "c"], [[10 / 3, 10 / 3], [3, 3], [5, 5]]),
    ],
)
@pytest.mark.parametrize("name", ["word2vec-text", "word2vec-binary", "npy"])
def test_duplicates(which, words, rows, name, tmp_path):
    keys, values = "abABc2"[:6], np.array([[i, i] for i in range(1, 7)], np.float32)
    path = tmp_path / "x.npy"
    formats.save(KeyedVectors(list(keys), values), path, format=name)
    where = tmp_path / "x.words" if name == "npy" else path
    data = where.read_bytes()
    for new, old in ((b"a", b"A"), (b"b", b"B"), (b"a", b"2")):
        place = data.rindex(old if name == "npy" else old + b" ")
        data = data[:place] + new + data[place + 1 :]
    where.write_bytes(data)
    values[2], values[3] = 3, 4
    loaded = formats.load(path, duplicates=which)
    assert list(loaded) == words and loaded.metadata["source"]["duplicates"] == 3
    np.testing.assert_allclose(loaded.vectors, rows, rtol=1e-6)
    with pytest.raises(FormatError, match=r"words must be distinct; 'a' is word 0 and word 2: .*, or keep"):
        formats.load(path, duplicates="error")
    with pytest.raises(OptionError, match="duplicates must be one of first, last, mean, error"):
        formats.load(path, duplicates="second")


# ---- strict or not ----

BIN = b"3 1\n" + b"".join(w + b" " + struct.pack("<f", i) + b"\n" for i, w in enumerate([b"a", b"b", b"c"]))


@pytest.mark.parametrize(
    ("data", "kept", "why"),
    [
        (b"3 2\na 1 2\nb 3 4\nc 5", 2, r"row 3 \(line 4\) must have a word and 2 numbers; it has fewer, at byte 16"),
        (b"3 2\na 1 2\nb 3 4\nc 5 x\nd 1 2\n", 3, r"row 3 \(line 4\) .*'x', at byte 16"),
        (b"a 1 2\nb 3 4\nc 5", 2, r"row 3 \(line 3\) .* at byte 12"),
        (b"9 2\na 1 2\nb 3 4\n", 2, "the header says 9 rows; the file has 2"),
        (b"99999999 2\na 1 2\nb 3 4\n", 2, "the header says 99999999 rows; the file has 2"),
        (b"1 2\na 1 2\nb 3 4\n", 2, "the header says 1 rows; the file has 2"),
        (b"2 3\na 1 2\nb 3 4\n", 2, "must have the 3 numbers that the header says; the first have 2"),
        (BIN[:-3], 2, "row 3 is cut off: the file ends in the middle of it, at byte 17"),
        (BIN.replace(b"3 1", b"4 1"), 3, "the header says 4 rows; the file has 3"),
        (BIN.replace(b"3 1", b"2 1"), 3, "the header says 2 rows; the file has 3"),
        (gzip.compress(b"".join(b"w%d 1 2\n" % (i * i) for i in range(9000)))[:-3000], None, "is cut short"),
    ],
)
def test_what_was_read_of_a_damaged_file_can_be_kept(data, kept, why, tmp_path):
    with pytest.raises(FormatError, match=r"strict=False|get a complete copy"):
        load(tmp_path / "x", data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = load(tmp_path / "x", data, strict=False)
    assert len(loaded) == kept or (kept is None and len(loaded) > 1000)
    assert any(re.search(why, str(warning.message)) for warning in caught), [str(w.message) for w in caught]


def test_a_limit_needs_no_more_than_it_reads(tmp_path):
    assert len(load(tmp_path / "x", b"3 2\na 1 2\nb 3 4\nc x", limit=2)) == 2
    assert len(load(tmp_path / "x", BIN[:-3], limit=2)) == 2


# ---- gensim ----


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim leaves files open
def test_gensim_reads_the_same(tmp_path):
    gensim = pytest.importorskip("gensim", reason="gensim is not installed")
    words = [f"w{i}" for i in range(300)]
    matrix = np.random.default_rng(2).standard_normal((300, 50)).astype(np.float32)
    vectors = KeyedVectors(words, matrix)
    for binary in (False, True):
        vectors.save_word2vec_format(tmp_path / "x", binary=binary)
        theirs = gensim.models.KeyedVectors.load_word2vec_format(str(tmp_path / "x"), binary=binary)
        assert theirs.index_to_key == words and theirs.vectors.tobytes() == matrix.tobytes()
    formats.save(vectors, tmp_path / "x", format="glove")
    theirs = gensim.models.KeyedVectors.load_word2vec_format(str(tmp_path / "x"), no_header=True)
    assert theirs.index_to_key == words and theirs.vectors.tobytes() == matrix.tobytes()
