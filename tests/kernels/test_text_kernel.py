"""The table of words: ids, counts, hashes, order and validity against plain Python."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import numpy as np
import pytest

from wordvec._kernels import text


def encode(shard, data, start=0):
    buffer = np.frombuffer(data + b"x" * text.PAD, np.uint8).copy()
    ids, ends = np.empty(len(data) // 2 + 1, np.int32), np.empty(len(data) // 2 + 2, np.int32)
    tokens, n_ends = shard.encode(buffer, start, len(data), ids, ends)
    return ids[:tokens].tolist(), ends[:n_ends].tolist()


def words_of(shard):
    data, offsets = shard.words(np.arange(len(shard), dtype=np.int32))
    return [data[a:b].tobytes() for a, b in itertools.pairwise(offsets)]


def add(shard, words, weights=None):
    offsets = np.cumsum([0, *map(len, words)])
    ids = np.empty(len(words), np.int32)
    shard.add(np.frombuffer(b"".join(words), np.uint8), offsets, ids, weights)
    return ids.tolist()


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_a_hundred_thousand_words_of_every_length(seed):
    rng = random.Random(5)
    pool = [bytes(rng.choices(b"ab\x00\xff", k=1 + n % 40)) for n in range(100_000)]
    tokens = [rng.choice(pool) for _ in range(200_000)]
    shard = text.Shard(seed)
    ids, _ = encode(shard, b" ".join(tokens))
    words = words_of(shard)
    assert [words[i] for i in ids] == tokens
    assert len(set(words)) == len(words) and words == list(dict.fromkeys(tokens))
    assert dict(zip(words, shard.counts().tolist(), strict=True)) == Counter(tokens)


def test_words_that_differ_only_in_trailing_nul_bytes_or_length():
    tokens = [b"a" * n + b"\0" * m for n in range(1, 20) for m in range(20)]
    shard = text.Shard(7)
    assert encode(shard, b" ".join(tokens))[0] == list(range(len(tokens)))


def test_words_of_text_and_words_given_one_by_one_are_the_same():
    tokens = [b"w" * n for n in range(1, 50)]
    shard = text.Shard(3)
    ids, _ = encode(shard, b"\n".join(tokens))
    assert add(shard, tokens) == ids
    assert shard.counts().tolist() == [2] * len(tokens)
    assert add(shard, [b"", b"a b", b"w"], np.array([1, 2, 2**40])) == [len(tokens), len(tokens) + 1, 0]
    assert shard.counts()[0] == 2**40 + 2


def test_merging_in_parts():
    rng = random.Random(9)
    pool = [bytes(rng.choices(b"ab\x00\xff", k=1 + n % 40)) for n in range(9000)]
    left, right = text.Shard(3), text.Shard(3)
    lists = [rng.choices(pool, k=5000), rng.choices(pool, k=9000)]
    for shard, tokens in zip((left, right), lists, strict=True):
        encode(shard, b" ".join(tokens))
    before, old = words_of(left), words_of(right)
    ids = np.full(len(right), -1, np.int32)
    for start, stop in itertools.pairwise([0, 5, 1000, right.slots]):
        left.merge(right, start, stop, ids)
    words = words_of(left)
    assert words[: len(before)] == before and [words[i] for i in ids] == old
    assert len(set(words)) == len(words)
    assert dict(zip(words, left.counts().tolist(), strict=True)) == Counter(lists[0] + lists[1])
    with pytest.raises(ValueError, match="one seed"):
        text.Shard(4).merge(right, 0, right.slots, ids)
    with pytest.raises(ValueError, match="different lengths"):
        left.merge(right, 0, right.slots + 1, ids)


def test_ends_are_tokens_before_newlines_without_repeats():
    assert encode(text.Shard(0), b"\n\na b\n \r\n\nc\n") == ([0, 1, 2], [0, 2, 3])
    assert encode(text.Shard(0), b"a b") == ([0, 1], [])
    assert encode(text.Shard(0), b"x\ny", start=1) == ([0], [0])
    assert encode(text.Shard(0), b"") == ([], [])


def test_words_and_white_space_at_every_place_are_those_of_split():
    rng = random.Random(8)
    words = [bytes(rng.choices(b"ab\xc3\xa9", k=k)) for k in (1, 2, 7, 8, 9, 15, 16, 17, 24, 63, 64, 65, 200)]
    for size in (*range(140), 5000):
        parts = (rng.choice(words) + rng.choice([b" ", b"\n", b"  ", b"\r\n\n", b" \t\v"]) for _ in range(size))
        data = b"".join(parts)[:size] or b""
        shard, start = text.Shard(rng.getrandbits(64)), rng.randint(0, 3) if size > 3 else 0
        ids, ends = encode(shard, data, start)
        names = words_of(shard)
        assert [names[i] for i in ids] == data[start:].split()
        lines = itertools.accumulate(len(line.split()) for line in data[start:].split(b"\n")[:-1])
        assert ends == list(dict.fromkeys(lines))


def test_exactly_six_bytes_separate():
    for byte in range(256):
        ids, _ = encode(text.Shard(0), b"ab" + bytes([byte]) + b"cdefghijk")
        assert len(ids) == (2 if byte in b" \t\n\v\f\r" else 1), byte


def test_validity_is_that_of_python():
    rng = random.Random(6)
    edges = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF, 0x41]
    words = {bytes(rng.choices(edges, k=rng.randint(1, 5))) for _ in range(20_000)}
    words |= {
        chr(c).encode("utf-8", "surrogatepass") for c in (0, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0x10FFFF)
    }
    words = sorted(words)
    shard = text.Shard(0)
    add(shard, words)

    def valid(word):
        try:
            return bool(word.decode())
        except UnicodeDecodeError:
            return False

    kinds = shard.kinds()
    assert [not kind & text.NOT_UTF8 for kind in kinds.tolist()] == [valid(word) for word in words]
    assert [bool(kind & text.NOT_ASCII) for kind in kinds.tolist()] == [not word.isascii() for word in words]
    assert [bool(kind & text.HAS_NUL) for kind in kinds.tolist()] == [b"\0" in word for word in words]
    assert [bool(kind & text.HAS_UPPER) for kind in kinds.tolist()] == [b"A" in word for word in words]


def test_order_is_by_falling_count_then_bytes():
    rng = random.Random(7)
    words = sorted(
        {bytes(rng.choices(b"\x00a\xff", k=rng.randint(0, 12))) for _ in range(3000)}, key=lambda _: rng.random()
    )
    weights = np.array([rng.choice([1, 2, 2**33]) for _ in words])
    shard = text.Shard(0)
    add(shard, words, weights)
    ids = np.arange(len(words), dtype=np.int32)
    shard.sort(ids, shard.counts())
    assert ids.tolist() == sorted(range(len(words)), key=lambda i: (-weights[i], words[i]))


def test_renumbering_drops_words_and_keeps_ends():
    kept, ends = np.empty(6, np.int32), np.empty(4, np.int32)
    size = text.renumber(
        np.array([0, 1, 2, 2, 1, 0], np.int32),
        np.array([0, 2, 4, 4], np.int32),
        np.array([5, -1, 7], np.int32),
        kept,
        ends,
    )
    assert size == 4 and kept[:size].tolist() == [5, 7, 7, 5] and ends.tolist() == [0, 1, 3, 3]


def test_white_space_is_found_from_either_side():
    data = np.frombuffer(b"ab cd\te", np.uint8)
    assert text.find_space(data, 0, 7) == 2 and text.find_space(data, 3, 5) == 5
    assert text.rfind_space(data, 0, 7) == 6 and text.rfind_space(data, 3, 5) == 3


def test_checksums_see_every_bit():
    data = np.random.default_rng(8).integers(0, 256, 75).astype(np.uint8)
    sums = {text.checksum(data)}
    for bit in range(data.size * 8):
        data[bit // 8] ^= 1 << bit % 8
        sums.add(text.checksum(data))
        data[bit // 8] ^= 1 << bit % 8
    assert len(sums) == data.size * 8 + 1 and len(text.checksum(data[:0])) == 32


def test_bounds_are_checked():
    shard, ids = text.Shard(0), np.empty(3, np.int32)
    buffer = np.zeros(4 + text.PAD, np.uint8)
    for start, stop, room in ((0, 5, 3), (-1, 2, 3), (3, 2, 3), (0, 4, 1)):
        with pytest.raises(ValueError, match="bad bounds"):
            shard.encode(buffer, start, stop, ids[:room], ids)
    with pytest.raises(IndexError):
        shard.words(np.array([0], np.int32))
    with pytest.raises(IndexError):
        shard.sort(np.array([0], np.int32), shard.counts())
