"""Words to rows: equal to the slow twin, to fastText and floret on any bytes, in any number of threads."""

import random
from itertools import pairwise

import numpy as np
import pytest
import reference_rows as reference

from wordvec._kernels import rows as kernel
from wordvec.base.errors import OptionError
from wordvec.subwords import ngrams as rows
from wordvec.subwords.ngrams import NGramHash, listed_rows, mean_rows, ngram_strings, word_rows
from wordvec.vocabulary import Vocabulary, packed

KINDS = {"fasttext": {}, "floret": {"hash_count": 3, "hash_seed": 12345}, "finalfusion": {}, "gensim": {}}
BYTES = [b"", b"\x80", b"\xff", b"\x80\x80a", b"cut\xc3", b"\xe2\x82", b"a\x00b", b"\xf0\x9f\x98", bytes(range(1, 256))]


def hashing(kind, min_n=1, max_n=5, bucket=1 << 10):
    return NGramHash(kind, min_n, max_n, bucket, **KINDS[kind])


def lists(starts, found):
    return [found[a:b].tolist() for a, b in pairwise(starts)]


def test_published_vectors_of_the_hashes():
    assert reference.fnv32(b"a") == 0xE40C292C and reference.fnv32(b"foobar") == 0xBF9CF968
    assert reference.fnv64(b"a") == 0xAF63DC4C8601EC8C and reference.fnv64(b"foobar") == 0x85944171F73967E8
    hello = reference.murmur(b"hello", 0)
    assert [hello[0] | hello[1] << 32, hello[2] | hello[3] << 32] == [0xCBD8A7B341BD9B02, 0x5B1E906A48AE1D19]
    fox = reference.murmur(b"The quick brown fox jumps over the lazy dog", 0)
    assert [fox[0] | fox[1] << 32, fox[2] | fox[3] << 32] == [0xE34BBC7BBC071B6C, 0x7A433CA9C49A9347]


@pytest.mark.parametrize("word", ["a", "plain"])
def test_bytes_of_ascii_hash_as_published(word):
    data, offsets = packed([word])
    size = len(word) + 2
    _, found = word_rows(data, offsets, NGramHash("fasttext", size, size, 2**31 - 1))
    assert found.tolist() == [reference.fnv32(f"<{word}>".encode(), signed=False) % (2**31 - 1)]


def test_bytes_beyond_ascii_are_sign_extended():
    data, offsets = packed(["é"])
    _, found = word_rows(data, offsets, NGramHash("fasttext", 3, 3, 2**31 - 1))
    text = "<é>".encode()
    assert found[0] == reference.fnv32(text) % (2**31 - 1) != reference.fnv32(text, signed=False) % (2**31 - 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("min_n", "max_n", "bucket"), [(1, 1, 1), (1, 4, 512), (3, 6, 1 << 20), (2, 40, 64)])
def test_equal_to_the_slow_twin(kind, min_n, max_n, bucket):
    words = [word.encode() for word in reference.odd_words(90, random.Random(1))] + [b"</s>"]
    words += BYTES if kind not in ("finalfusion", "gensim") else []
    data, offsets = packed(words)
    starts, found = word_rows(data, offsets, hashing(kind, min_n, max_n, bucket))
    wanted = [
        reference.rows(word, kind, min_n, max_n, bucket, *([3, 12345] if kind == "floret" else [])) for word in words
    ]
    assert found.dtype == np.int32 and starts.dtype == np.int64
    assert lists(starts, found) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_its_own_and_a_base(kind):
    data, offsets = packed(["no", "</s>", "yes"])
    plain = lists(*word_rows(data, offsets, hashing(kind)))
    owned = lists(*word_rows(data, offsets, hashing(kind), own=5, base=100))
    assert owned == [[5 + i, *(100 + row for row in of_word)] for i, of_word in enumerate(plain)]


def test_threads_do_not_matter(monkeypatch):
    words = [f"w{i}" for i in range(1000)]
    data, offsets = packed(words)
    one = word_rows(data, offsets, hashing("floret"), workers=1)
    monkeypatch.setattr(rows, "_STEP", 7)
    many = word_rows(data, offsets, hashing("floret"), own=None, workers=3)
    assert np.array_equal(one[0], many[0]) and np.array_equal(one[1], many[1])


def test_long_words():
    """One over 65 kB, one of continuation bytes only: as fastText, which knows no limit."""
    for word in ("x" * 70_000, "é" * 40_000):
        data, offsets = packed([word])
        starts, found = word_rows(data, offsets, NGramHash("fasttext", 3, 3, 1000))
        assert starts.tolist() == [0, len(word)] and len(set(found.tolist())) == 3
    data, offsets = packed([b"\x80" * 70_000])
    starts, _ = word_rows(data, offsets, NGramHash("fasttext", 2, 6, 1000))
    assert starts.tolist() == [0, 1]  # the bytes belong to the character <


def test_no_words():
    data, offsets = packed([])
    starts, found = word_rows(data, offsets, NGramHash())
    assert starts.tolist() == [0] and len(found) == 0
    starts, grams, ends = ngram_strings(data, offsets, 1, 3)
    assert starts.tolist() == [0] and len(grams) == 0 and ends.tolist() == [0]


def test_the_strings_of_ngrams():
    words = [word.encode() for word in reference.odd_words(60, random.Random(2))] + BYTES
    data, offsets = packed(words)
    for edges in (False, True):
        starts, grams, ends = ngram_strings(data, offsets, 1, 3, edges)
        found = [grams[a:b].tobytes() for a, b in pairwise(ends)]
        assert [found[a:b] for a, b in pairwise(starts)] == [reference.ngrams(word, 1, 3, edges) for word in words]


def test_listed_ngrams():
    names = Vocabulary.from_words(["<n", "no", "<no>", "é>", "<"])
    data, offsets = packed(["no", "é", "zz"])
    assert lists(*listed_rows(data, offsets, 1, 4, names)) == [[4, 0, 2, 1], [4, 3], [4]]
    shared = np.array([7, 7, 2, 0, 1], np.uint32)
    assert lists(*listed_rows(data, offsets, 1, 4, names, shared)) == [[1, 7, 2, 7], [1, 0], [1]]


@pytest.mark.parametrize("dim", [1, 3, 8, 17, 300])
@pytest.mark.parametrize("own", [False, True])
def test_means(dim, own):
    rng = np.random.default_rng(dim)
    table = rng.standard_normal((50, dim)).astype(np.float32)
    counts = [0, 1, 2, 3, 4, 5, 9, 33, 0]
    starts = np.concatenate([[0], np.cumsum(counts)])
    found = rng.integers(0, 50, starts[-1]).astype(np.int32)
    before = rng.standard_normal((len(counts), dim)).astype(np.float32)
    wanted = np.zeros((len(counts), dim))
    for i, of_word in enumerate(lists(starts, found)):
        parts = ([before[i]] if own else []) + [table[row] for row in of_word]
        if parts:
            wanted[i] = np.mean(np.array(parts, np.float64), 0)
    loose = np.frombuffer(b"?" + table.tobytes(), np.uint8)[1:].view(np.float32).reshape(50, dim)
    wide = np.zeros((50, dim + 5), np.float32)
    wide[:, 2 : dim + 2] = table
    results = []
    for given in (table, loose, wide[:, 2 : dim + 2]):
        out = before.copy()
        mean_rows(given, starts, found, out, own=own)
        assert np.allclose(out, wanted, atol=1e-6)
        results.append(out.tobytes())
    out = before.copy()
    kernel.means(table.view(np.uint8), starts, found, own, out, level=0)
    assert {*results, out.tobytes()} == {results[0]}, "every target gives the same floats"
    if own:
        assert out[0].tobytes() == before[0].tobytes()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"kind": "md5"}, "kind must be one of fasttext, floret, finalfusion, bytes, gensim; got 'md5'"),
        ({"min_n": 0}, "min_n and max_n must be 1 to 255"),
        ({"min_n": 4, "max_n": 3}, "min_n the lower; got 4 and 3"),
        ({"max_n": 256}, "1 to 255"),
        ({"bucket": 0}, "bucket must be 1 to"),
        ({"bucket": 2**31}, "bucket must be 1 to"),
        ({"hash_count": 2}, "hash_count must be 1 to 1 for fasttext"),
        ({"kind": "floret", "hash_count": 5}, "hash_count must be 1 to 4 for floret"),
        ({"kind": "floret", "hash_seed": 2**32}, "hash_seed must be 0 to"),
        ({"kind": "finalfusion", "bucket": 100}, "power of two"),
    ],
)
def test_bad_options(options, problem):
    with pytest.raises(OptionError, match=problem):
        NGramHash(**options)


def test_bad_arrays():
    data, offsets = packed(["no", "yes"])
    for damaged in ([0, 3, 2], [0, 2, 99], [-1, 2, 5]):
        for call in (lambda o: word_rows(data, o, NGramHash()), lambda o: ngram_strings(data, o, 1, 2)):
            with pytest.raises(OptionError, match="offsets must rise"):
                call(np.array(damaged))
    with pytest.raises(OptionError, match="rows must be below"):
        word_rows(data, offsets, NGramHash(), base=2**31 - 10)
    with pytest.raises(OptionError, match="out must be 2 x 3"):
        mean_rows(np.ones((2, 3), np.float32), offsets, np.zeros(5, np.int32), np.empty((1, 3), np.float32))


@pytest.mark.parametrize("lengths", [(1, 4), (3, 6)])
def test_equal_to_fasttext_and_floret(lengths, tmp_path):
    peers = [pytest.importorskip(name, reason=f"{name} is not installed") for name in ("fasttext", "floret")]
    words = reference.odd_words(3000, random.Random(3))
    (tmp_path / "text").write_text("known words\n" * 9, encoding="utf-8")
    options = {"minn": lengths[0], "maxn": lengths[1], "bucket": 5000, "dim": 2, "minCount": 1, "verbose": 0}
    for peer, extra in zip(peers, ({}, {"mode": "floret", "hashCount": 3}), strict=True):
        model = peer.train_unsupervised(str(tmp_path / "text"), epoch=1, thread=1, **options, **extra)
        ours = NGramHash("floret" if extra else "fasttext", *lengths, 5000, 3 if extra else 1)
        theirs = [model.get_subwords(word) for word in words]
        found = lists(*word_rows(*packed(words), ours, base=len(model.words)))
        assert found == [numbers.tolist() for _, numbers in theirs]
