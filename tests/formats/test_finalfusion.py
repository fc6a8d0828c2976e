"""finalfusion files: every kind of chunk, as other tools write them; damage; parity with the finalfusion package."""

import random
import struct

import golden_others as golden
import numpy as np
import pytest
from golden_others import MATRIX, NORMS, UNITS, WORDS, fifu, simple, strings

from wordvec import formats
from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors

RNG = np.random.default_rng(3)
CODEBOOK = RNG.standard_normal((3, 5, 2)).astype(np.float32)
CODES = RNG.integers(0, 5, (4, 3)).astype(np.uint8)
ROTATION = np.linalg.qr(RNG.standard_normal((6, 6)))[0].astype(np.float32)


def written(folder, data):
    (folder / "x").write_bytes(data)
    return folder / "x"


def quantised(projection=None, norms=None, codes=CODES, codebook=CODEBOOK):
    """A function of the place in the file that gives a chunk of a quantised matrix."""
    head = struct.pack("<IIIII", projection is not None, norms is not None, *codes.shape[1:], 6, codebook.shape[1])
    head += struct.pack("<QII", len(codes), 1, 10)
    floats = [array.astype("<f4").tobytes() for array in (projection, codebook, norms) if array is not None]
    return lambda at: golden.chunk(4, golden.padded(at, head, b"".join(floats) + codes.tobytes()))


def decoded(projection=None, norms=None):
    rows = np.stack([np.concatenate([CODEBOOK[j, code[j]] for j in range(3)]) for code in CODES]).astype(np.float64)
    rows = rows if projection is None else np.stack([projection.astype(np.float64) @ row for row in rows])
    return rows if norms is None else rows * norms[:, None]


def test_golden_file(tmp_path):
    path, words, matrix = golden.finalfusion(tmp_path)
    for mapped in (True, False):
        vectors = formats.load(path, mmap=mapped)
        assert list(vectors) == words and vectors.subwords is None
        np.testing.assert_allclose(vectors.vectors, matrix, rtol=1e-7)
    assert vectors.metadata["finalfusion"] == 'a = "b"\n'
    assert vectors.metadata["source"] == {"format": "finalfusion", "rows": 4, "duplicates": 0}


@pytest.mark.parametrize("shift", range(5))
def test_padding_whatever_comes_before(shift, tmp_path):
    path = written(tmp_path, fifu(simple(), UNITS, NORMS, "x" * shift))
    np.testing.assert_allclose(formats.load(path).vectors, MATRIX, rtol=1e-7)


def test_without_norms_rows_are_as_they_lie_and_are_mapped(tmp_path):
    path = written(tmp_path, fifu(simple(), UNITS))
    vectors = formats.load(path)
    assert vectors.vectors.tobytes() == UNITS.tobytes() and vectors.vectors.base is not None
    assert formats.load(path, mmap=False).vectors.tobytes() == UNITS.tobytes()


@pytest.mark.parametrize("mapped", [True, False])
def test_a_part(mapped, tmp_path):
    path, _, matrix = golden.finalfusion(tmp_path)
    two = formats.load(path, limit=2, mmap=mapped)
    some = formats.load(path, words=["日本", "</s>", "none"], mmap=mapped)
    assert (list(two), list(some)) == (WORDS[:2], ["</s>", "日本"])
    np.testing.assert_allclose(two.vectors, matrix[:2], rtol=1e-7)
    np.testing.assert_allclose(some.vectors, matrix[[0, 3]], rtol=1e-7)
    with pytest.raises(OptionError, match="min_count must be left out"):
        formats.load(path, min_count=3)


@pytest.mark.parametrize("projection", [None, ROTATION])
@pytest.mark.parametrize("norms", [None, NORMS])
def test_quantised(projection, norms, tmp_path):
    path = written(tmp_path, fifu(simple(), quantised(projection, norms)))
    expected = decoded(projection, norms)
    np.testing.assert_allclose(formats.load(path).vectors, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(formats.load(path, words=["naïve"]).vectors, expected[2:3], rtol=1e-5, atol=1e-6)


TABLE = RNG.standard_normal((8, 3)).astype(np.float32)
VOCABULARIES = {
    "finalfusion": (3, struct.pack("<QIII", 4, 3, 4, 3) + strings(WORDS)),
    "fasttext": (7, struct.pack("<QIII", 4, 3, 4, 8) + strings(WORDS)),
    "explicit": (
        8,
        struct.pack("<QQII", 4, 9, 1, 2)
        + strings(WORDS)
        + b"".join(strings([gram]) + struct.pack("<Q", max(i - 1, 0)) for i, gram in enumerate("abcdefghi")),
    ),
}


@pytest.mark.parametrize("kind", VOCABULARIES)
def test_ngrams(kind, tmp_path):
    path = written(tmp_path, fifu(VOCABULARIES[kind], np.vstack([UNITS, TABLE]), NORMS))
    for options in ({}, {"mmap": False}, {"limit": 2}):
        vectors = formats.load(path, **options)
        np.testing.assert_allclose(vectors.vectors, MATRIX[: options.get("limit")], rtol=1e-7)
        subwords = vectors.subwords
        assert (subwords.kind, np.asarray(subwords.table).tobytes()) == (kind, TABLE.tobytes())
        grams = subwords.ngrams("abc")
        rows = [row for _, rows in grams for row in rows]
        np.testing.assert_allclose(subwords.compose(["abc"])[0][0], TABLE[rows].mean(0), rtol=1e-5)
        assert kind != "explicit" or rows == [0, 0, 1]
    formats.save(vectors, tmp_path / "again.fifu")
    again = formats.load(tmp_path / "again.fifu")
    assert again.subwords.kind == kind and again.subwords.ngrams("abc") == grams
    np.testing.assert_allclose(again.vectors, vectors.vectors, rtol=1e-6)


def test_floret_has_ngrams_alone(tmp_path):
    body = struct.pack("<IIQII", 4, 5, 8, 2, 2166136261) + strings("<>")
    path = written(tmp_path, fifu((9, body), TABLE))
    vectors = formats.load(path)
    assert len(vectors) == 0 and vectors.subwords.kind == "floret" and vectors.subwords.hash_count == 2
    assert vectors.subwords.table.tobytes() == TABLE.tobytes()
    path = written(tmp_path, fifu((9, body[:-5] + strings("|")), TABLE))
    with pytest.raises(FormatError, match="between < and >"):
        formats.load(path)


def test_round_trip(tmp_path):
    matrix = RNG.standard_normal((200, 5)).astype(np.float32) * 10 ** RNG.uniform(-6, 6, (200, 1)).astype(np.float32)
    matrix[7] = 0
    vectors = KeyedVectors(["", "a b", "a\nb", *(f"wörd{i}" for i in range(197))], matrix)
    formats.save(vectors, tmp_path / "x.fifu")
    assert formats.format_of("x.fifu") == "finalfusion"
    loaded = formats.load(tmp_path / "x.fifu")
    assert list(loaded) == list(vectors)
    np.testing.assert_allclose(loaded.vectors, matrix, rtol=3e-7)
    formats.save(vectors, tmp_path / "y.fifu")
    assert (tmp_path / "y.fifu").read_bytes() == (tmp_path / "x.fifu").read_bytes()


def test_what_cannot_be_written(tmp_path):
    for words in (["a", "\udcff"], ["\udce6\udc97", "\udca5"]):
        with pytest.raises(OptionError, match=r"must be UTF-8.*word [01] is"):
            formats.save(KeyedVectors(words, np.eye(2)), tmp_path / "x.fifu")
    floret = make_subwords("floret", TABLE, min_n=3, max_n=4, bucket=8, hash_count=2)
    with pytest.raises(OptionError, match="got floret"):
        formats.save(KeyedVectors(WORDS, MATRIX, subwords=floret), tmp_path / "x.fifu")
    assert not list(tmp_path.iterdir())


def test_the_first_of_duplicates_stays(tmp_path):
    path = written(tmp_path, fifu(simple(["a", "b", "a", "c"]), UNITS, NORMS))
    vectors = formats.load(path)
    assert list(vectors) == ["a", "b", "c"] and vectors.metadata["source"]["duplicates"] == 1
    np.testing.assert_allclose(vectors.vectors, MATRIX[[0, 1, 3]], rtol=1e-7)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"FiFu\x01\0\0\0\x01\0\0\0", "version 0"),
        (b"FiFu\0\0\0\0\xff\xff\xff\xff", "1 to 64 chunks"),
        (b"FiFu\0\0\0\0\x01\0\0\0\x01\0\0\0", "the head of a chunk must take"),
        (fifu(simple(), UNITS[:3]), "a row for each of 4 words and 0 n-grams"),
        (fifu((3, VOCABULARIES["finalfusion"][1]), UNITS), "4 words and 8 n-grams"),
        (fifu((7, struct.pack("<QIII", 4, 3, 4, 2**32 - 1) + strings(WORDS)), UNITS), "fewer than 2"),
        (fifu((1, struct.pack("<Q", 2**62) + strings(WORDS)), UNITS), "fill their chunk"),
        (fifu((1, struct.pack("<Q", 3) + strings(WORDS)), UNITS), "must end with its chunk"),
        (fifu((1, struct.pack("<QI", 1, 2**31)), UNITS), "fill their chunk"),
        (fifu(simple(), UNITS, NORMS[:3]), "as many as the 4 words"),
        (fifu(simple(), quantised(codes=CODES + 5)), "codes must be below 5"),
        (fifu((5, b""), UNITS), "in this order"),
    ],
)
def test_wrong_files(data, problem, tmp_path):
    with pytest.raises(FormatError, match=problem):
        formats.load(written(tmp_path, data))


def test_a_hostile_header_takes_no_memory(tmp_path):
    huge = golden.chunk(2, struct.pack("<QII", 4, 1 << 20, 10) + bytes(20))
    path = written(
        tmp_path, fifu(simple(), lambda at: huge).replace(struct.pack("<II", 1, 4), struct.pack("<II", 1, 2), 1)
    )
    with pytest.raises(FormatError):
        formats.load(path)
    one = CODEBOOK[:1, :1]
    wide = struct.pack("<IIIIIQII", 0, 0, 1, 1 << 20, 1, 4, 1, 10)
    path = written(tmp_path, fifu(simple(), lambda at: golden.chunk(4, golden.padded(at, wide, one.tobytes()))))
    with pytest.raises(FormatError, match="parts of equal width of at most 64"):
        formats.load(path)


@pytest.mark.parametrize("kind", ["simple", "quantised", "explicit"])
def test_damage_is_our_error(kind, tmp_path):
    data = {
        "simple": fifu(simple(), UNITS, NORMS, "a = 1"),
        "quantised": fifu(simple(), quantised(ROTATION, NORMS)),
        "explicit": fifu(VOCABULARIES["explicit"], np.vstack([UNITS, TABLE]), NORMS),
    }[kind]
    rng = random.Random(5)
    for size in range(len(data)):
        with pytest.raises(FormatError):
            formats.load(written(tmp_path, data[:size]))
    for _ in range(250):
        damaged = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(4, len(data))] = rng.randrange(256)
        try:
            vectors = formats.load(written(tmp_path, damaged), mmap=bool(rng.randrange(2)))
            assert vectors.vectors.shape == (len(vectors), vectors.vector_size)
        except WordvecError:
            pass


def test_tables_of_ngrams_are_written_with_all_rows_decoded(tmp_path):
    table = RNG.standard_normal((5, 3)).astype(np.float32)
    table[-1] = 0
    options = {"min_n": 3, "max_n": 4, "bucket": 40, "pruned": [[1, 0], [7, 2], [30, 1], [39, 3]]}
    few = KeyedVectors(WORDS, MATRIX, subwords=make_subwords("fasttext", table, **options, zeros=True))
    unknown = [word for word in (f"word{i}" for i in range(40)) if few.can_embed(word)]
    assert 0 < len(unknown) < 40  # the others have no n-gram of which anything was learned
    for vectors in (few, few.compress("int8")):
        formats.save(vectors, tmp_path / "x.fifu")
        loaded = formats.load(tmp_path / "x.fifu")
        assert loaded.subwords.table.shape == (40, 3)
        assert [word for word in (f"word{i}" for i in range(40)) if loaded.can_embed(word)] == unknown
        np.testing.assert_allclose(loaded[unknown], vectors[unknown], rtol=1e-6)
    pruned = KeyedVectors(WORDS, MATRIX, subwords=make_subwords("fasttext", table, **options))
    with pytest.raises(OptionError, match="n-grams must all have rows"):
        formats.save(pruned, tmp_path / "y.fifu")
    assert not (tmp_path / "y.fifu").exists()


def test_compressed(tmp_path):
    import gzip

    data = fifu(VOCABULARIES["fasttext"], np.vstack([UNITS, TABLE]), NORMS)
    path = written(tmp_path, gzip.compress(data))
    for limit in (None, 2):
        vectors = formats.load(path, limit=limit)
        np.testing.assert_allclose(vectors.vectors, MATRIX[:limit], rtol=1e-7)
        assert np.asarray(vectors.subwords.table).tobytes() == TABLE.tobytes()
    for size in range(20, len(path.read_bytes()) - 1, 7):
        with pytest.raises(FormatError):
            formats.load(written(tmp_path, gzip.compress(data)[:size]))


# Parity


def test_the_package_reads_what_we_write_and_we_what_it_writes(tmp_path):
    ff = pytest.importorskip("finalfusion", reason="finalfusion is not installed")
    from finalfusion.norms import Norms
    from finalfusion.storage import NdArray
    from finalfusion.storage.quantized import PQ, QuantizedArray
    from finalfusion.subword import FastTextIndexer, FinalfusionHashIndexer
    from finalfusion.vocab import FastTextVocab, FinalfusionBucketVocab, SimpleVocab

    formats.save(KeyedVectors(WORDS, MATRIX), tmp_path / "x.fifu")
    theirs = ff.load_finalfusion(str(tmp_path / "x.fifu"))
    for word, row in zip(WORDS, MATRIX, strict=True):
        unit, norm = theirs.embedding_with_norm(word)
        np.testing.assert_allclose(unit * norm, row, atol=1e-6)
    rows = NdArray(np.vstack([UNITS, TABLE]))
    explicit = FinalfusionBucketVocab(WORDS, FinalfusionHashIndexer(9, 2, 4)).to_explicit()
    explicit_rows = np.vstack([UNITS, RNG.standard_normal((explicit.upper_bound - 4, 3)).astype(np.float32)])
    for theirs in (
        ff.Embeddings(NdArray(UNITS), SimpleVocab(WORDS), Norms(NORMS)),
        ff.Embeddings(rows, FinalfusionBucketVocab(WORDS, FinalfusionHashIndexer(3, 3, 6)), Norms(NORMS)),
        ff.Embeddings(rows, FastTextVocab(WORDS, FastTextIndexer(8, 3, 6)), Norms(NORMS)),
        ff.Embeddings(NdArray(explicit_rows), explicit, Norms(NORMS)),
        ff.Embeddings(QuantizedArray(PQ(CODEBOOK, ROTATION), CODES, NORMS), SimpleVocab(WORDS)),
    ):
        theirs.write(str(tmp_path / "y.fifu"))
        ours = formats.load(tmp_path / "y.fifu")
        for i, word in enumerate(WORDS):
            norm = NORMS[i] if theirs.norms is not None else 1
            np.testing.assert_allclose(ours[word], theirs[word] * norm, rtol=1e-5, atol=1e-6)
        if ours.subwords is not None:
            for word in ("them", "naïves", "日本語"):
                vector = ours.subwords.compose([word])[0][0]
                np.testing.assert_allclose(vector / np.linalg.norm(vector), theirs[word], atol=1e-6)
            formats.save(ours, tmp_path / "z.fifu")
            again = ff.load_finalfusion(str(tmp_path / "z.fifu"))
            np.testing.assert_allclose(again["them"], theirs["them"], atol=1e-6)
