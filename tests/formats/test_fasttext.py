"""fastText and floret files: hand-made, damaged and hostile ones."""

import gzip
import random
import struct
import subprocess
import sys

import numpy as np
import pytest
from golden_fasttext import DIM, GOLDEN, MAGIC, WORDS, dense, dictionary, numbers, options
from reference_rows import odd_words, rows

import wordvec
from wordvec.base.errors import FormatError, OptionError, WordvecError

names = pytest.mark.parametrize("name", GOLDEN)
BINARY = [name for name in GOLDEN if name != "floret"]


# Hand-made files


@names
def test_golden_files(name, tmp_path):
    path, words, matrix = GOLDEN[name](tmp_path)
    for mapped in (True, False):
        loaded = wordvec.load(path, mmap=mapped)
        assert list(loaded) == words
        assert loaded.vectors.shape == matrix.shape and np.allclose(loaded.vectors, matrix, atol=1e-6)
        assert loaded.metadata["source"]["format"] == ("floret" if name == "floret" else "fasttext")
    path.write_bytes(gzip.compress(path.read_bytes()))
    packed = wordvec.load(path)
    assert list(packed) == words and packed.vectors.tobytes() == loaded.vectors.tobytes()
    if loaded.subwords is not None:
        assert np.array_equal(packed.subwords.compose(["unseen"])[0], loaded.subwords.compose(["unseen"])[0])


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("compressed", [False, True])
def test_a_part_of_a_golden_file(name, compressed, tmp_path):
    path, words, matrix = GOLDEN[name](tmp_path)
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    for chosen, select in (
        ([0, 1], {"limit": 2}),
        ([1, 3], {"words": [words[3], "nowhere", words[1]]}),
        ([0, 1, 2], {"min_count": 48}),
        ([1], {"limit": 2, "words": words[1:]}),
    ):
        loaded = wordvec.load(path, **select)
        assert list(loaded) == [words[i] for i in chosen]
        assert np.allclose(loaded.vectors, matrix[chosen], atol=1e-6)
        assert loaded.vocabulary.counts.tolist() == [50 - i for i in chosen]


def test_what_a_file_tells(tmp_path):
    loaded = wordvec.load(GOLDEN["fasttext-11"](tmp_path)[0])
    assert loaded.metadata["labels"] == ["__label__x", "__label__y"] and loaded.subwords is None
    source = wordvec.load(GOLDEN["fasttext"](tmp_path)[0]).metadata["source"]
    assert source["model"] == "skipgram" and source["loss"] == "ns" and source["tokens"] == 1000
    assert source["version"] == 12 and source["rows"] == len(WORDS) and source["sample"] == 1e-4
    assert wordvec.load(GOLDEN["floret-binary"](tmp_path)[0]).subwords.hash_count == 3


def test_the_table_of_a_plain_file_is_not_copied(tmp_path):
    path, _, _ = GOLDEN["fasttext"](tmp_path)
    table = wordvec.load(path).subwords.table
    assert not table.flags.owndata and np.array_equal(table, numbers(len(WORDS) + 11)[len(WORDS) :])
    assert wordvec.load(path, mmap=False).subwords.table.base.flags.owndata


def test_a_pruned_table_leaves_out_ngrams(tmp_path):
    """As fastText does: a dropped n-gram neither adds to a vector nor counts."""
    subwords = wordvec.load(GOLDEN["fasttext-quantised"](tmp_path)[0]).subwords
    kept = {9: 3, 0: 1, 4: 0, 7: 2}
    whole = np.asarray(subwords.table)
    words = odd_words(200, random.Random(1))
    vectors, found = subwords.compose(words)
    for word, vector, has in zip(words, vectors, found, strict=True):
        left = [kept[row] for row in rows(word.encode(), "fasttext", 2, 3, 11) if row in kept]
        assert has == bool(left) and np.allclose(vector, whole[left].mean(0) if left else 0, atol=1e-6)
    assert found.any() and not found.all()


def test_a_floret_table_has_no_words(tmp_path):
    path, _, _ = GOLDEN["floret"](tmp_path)
    loaded = wordvec.load(path)
    assert len(loaded) == 0 and loaded.vector_size == DIM and loaded.subwords.compose(["any"])[1].all()
    some = wordvec.load(path, words=["b", "a"])
    assert list(some) == ["b", "a"] and np.array_equal(some.vectors, loaded.subwords.compose(["b", "a"])[0])
    for select in ({"limit": 3}, {"min_count": 3}):
        with pytest.raises(OptionError, match="limit and min_count must be left out"):
            wordvec.load(path, **select)


# Damage


@names
def test_truncations_and_flipped_bytes(name, tmp_path):
    path, _, _ = GOLDEN[name](tmp_path)
    data, rng = path.read_bytes(), random.Random(1)
    start = data.index(b"\n") if name == "floret" else 0  # a header that is cut off may be a line of another text
    for size in rng.sample(range(start, len(data)), min(len(data) - start - 1, 250)):
        path.write_bytes(data[:size])
        try:
            loaded = wordvec.load(path)
        except FormatError:
            continue
        assert name == "floret" and data[size:].strip().count(b" ") <= 1, "text may lack the end of its last number"
    text_end = min(len(data), 900)
    for turn in range(200):
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(text_end if turn % 5 else len(data))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            loaded = wordvec.load(path)
            assert loaded.vectors.shape == (len(loaded), loaded.vector_size)
            if loaded.subwords is not None:
                with np.errstate(all="ignore"):
                    loaded.subwords.compose(["word"])
        except WordvecError:
            pass


def model(version=12, words=None, matrix=None, tail=b"", **changes):
    count, head = len(WORDS), MAGIC + struct.pack("<i", version) + options(**changes)
    body = dense(numbers(count + 11)) if matrix is None else matrix
    return head + (dictionary(WORDS) if words is None else words) + b"\0" + body + b"\0" + dense(numbers(count)) + tail


def counts(size, words, labels, prunes=-1):
    return struct.pack("<3i2q", size, words, labels, 10, prunes)


HUGE = struct.pack("<2q", 2**31 - 1, DIM)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (model(version=13), "version 11 or 12.*version 13"),
        (model(version=-5), "version 11 or 12"),
        (MAGIC, "version 11 or 12"),
        (model(tail=b"x"), "must end after its output matrix, at byte .*it goes on"),
        (model(words=counts(7, 6, 0)), "derived from fastText"),
        (model(words=counts(10**9, 10**9, 0)), "1000000000 entries; the file ends after"),
        (model(words=counts(1, 1, 0, 2**60) + b"a\0" + struct.pack("<qb", 1, 0)), "pruned n-grams must take 9223"),
        (model(words=counts(0, 0, 0, -2)), "pruned n-grams of -1 or"),
        (model(words=dictionary([b"a", b"a"])), "words must be distinct; 'a'"),
        (
            model(words=dictionary([], [b"a"]).replace(struct.pack("<3i", 1, 0, 1), struct.pack("<3i", 1, 1, 0))),
            "words, then labels",
        ),
        (model(words=dictionary(WORDS, pruned=[(1, 1)])), "pruned n-grams must go with a quantised"),
        (model(matrix=HUGE), "the input matrix must take 25769803764 bytes"),
        (model(matrix=struct.pack("<2q", 2**62, DIM)), "must have up to"),
        (model(matrix=struct.pack("<2q", -1, DIM)), "must have up to"),
        (model(matrix=dense(numbers(17, dim=4))), "rows of 3 numbers; got 17 x 4"),
        (model(matrix=dense(numbers(16))), "6 words and 11 n-grams; it has 16"),
        (model(bucket=0), "bucket of at least 1"),
        (model(max_n=300), "up to 255 characters"),
        (model(max_n=-1), "up to 255 characters"),
        (model(min_n=5), "min_n the lower"),
    ],
)
def test_wrong_files_say_why(data, problem, tmp_path):
    path = tmp_path / "x.bin"
    for packed in (data, gzip.compress(data)):
        path.write_bytes(packed)
        expected = problem if packed is data else ".*"
        with pytest.raises(FormatError, match=expected):
            wordvec.load(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("size", -1),
        ("size", 2**31 - 1),
        ("size", 19),
        ("parts", 3),
        ("width", 0),
        ("width", 10**6),
        ("last", 2),
        ("flag", 7),
    ],
)
def test_wrong_quantisers(place, value, tmp_path):
    path, _, _ = GOLDEN["fasttext-quantised"](tmp_path)
    data = bytearray(path.read_bytes())
    start = data.index(struct.pack("<?2qi", True, 10, DIM, 20))
    at = {"flag": start, "size": start + 17, "parts": start + 45, "width": start + 49, "last": start + 53}[place]
    data[at : at + (1 if place == "flag" else 4)] = struct.pack("<B" if place == "flag" else "<i", value)
    path.write_bytes(data)
    with pytest.raises(FormatError):
        wordvec.load(path)


@pytest.mark.parametrize("suffix", [".bin", ".gz"])
def test_a_hostile_file_takes_no_memory(suffix, tmp_path):
    files = [model(matrix=HUGE), model(words=counts(2**31 - 1, 2**31 - 1, 0)), model(words=counts(6, 6, 0, 2**40))]
    files += [b"999999999 900000 3 6 2 2166136261 < >\n0 1 2 3\n"]
    for i, data in enumerate(files):
        (tmp_path / f"{i}{suffix}").write_bytes(gzip.compress(data) if suffix == ".gz" else data)
    code = """
import resource, sys, wordvec
from wordvec.base.errors import FormatError
wordvec.KeyedVectors(["a"], [[1]])
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20),) * 2)
for path in sys.argv[1:]:
    try:
        wordvec.load(path)
    except FormatError:
        continue
    sys.exit(f"{path} was read")
"""
    paths = [tmp_path / f"{i}{suffix}" for i in range(len(files))]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"3 2 1 2 1 0 < >\n0 1 2\n1 1 2\n", "header says 3 rows; the file has 2|truncated"),
        (b"2 2 1 2 1 0 < >\n1 1 2\n0 1 2\n", "must be numbered 0 to 1"),
        (b"2 2 1 2 1 0 < >\n0 1.5 2\n1 1\n", r"row 2 \(line 3\) must have a word and 2 numbers"),
        (b"2 2 1 2 9 0 < >\n0 1 2\n1 1 2\n", "hash_count must be 1 to 4"),
        (b"2 2 3 2 1 0 < >\n0 1 2\n1 1 2\n", "min_n the lower"),
        (b"2 2 1 2 1 0 [ ]\n0 1 2\n1 1 2\n", "between < and >"),
        (b"2 0 1 2 1 0 < >\n0\n1\n", "1 to 1048576 numbers"),
    ],
)
def test_wrong_tables_say_why(data, problem, tmp_path):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(FormatError, match=problem):
        wordvec.load(tmp_path / "x")


def test_blocks_do_not_matter(tmp_path, monkeypatch):
    from wordvec.formats import fasttext as reader
    from wordvec.formats.io import binary_reader as pieces
    from wordvec.formats.io import fasttext_model as parts

    for name in BINARY:
        path, _, matrix = GOLDEN[name](tmp_path)
        for size in (1, 13, 40, 1000):
            monkeypatch.setattr(parts, "_WINDOW", size)
            monkeypatch.setattr(pieces, "_PIECE", size)
            monkeypatch.setattr(reader, "_BLOCK", size)
            for data in (path.read_bytes(), gzip.compress(path.read_bytes())):
                (tmp_path / "again").write_bytes(data)
                assert np.allclose(wordvec.load(tmp_path / "again").vectors, matrix, atol=1e-6)
