"""Words that were made to share a hash: tables of words stay fast, whatever words a file or a text holds."""

import random
import time
import zlib
from itertools import product

import numpy as np
import pytest

import wordvec
from wordvec._kernels import text
from wordvec._kernels import words as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.store import open_file, write_file
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.word_index import MOST_PROBES


def of_one_crc(count):
    """Words of one CRC-32: a prefix, then its own checksum."""
    prefixes = (b"%d" % i for i in range(count))
    return [prefix + zlib.crc32(prefix).to_bytes(4, "little") for prefix in prefixes]


def test_words_of_texts_are_found_as_alone_again_and_again():
    draw = random.Random(5)
    kinds = ["".join(draw.choices("a\0é", k=draw.randint(1, 20))) for _ in range(2000)]
    kinds += [f"w{i}" for i in range(40_000)]  # more than are remembered
    vocabulary = Vocabulary.from_words(dict.fromkeys(kinds[::2]))
    texts = [" ".join(draw.choices(kinds, k=draw.randint(0, 90))) + "\n" * (i % 2) for i in range(1000)]
    texts += [" ", "", "a", "\t\x0b aé", "x" * 64, "x" * 63 + " y"]
    tokens = [text.split() for text in texts]
    expected = [vocabulary.get(word, -1) for words in tokens for word in words]
    for _ in range(2):
        rows, ends, unknown = np.empty(200_000, np.int32), np.empty(len(texts), np.int64), []
        assert vocabulary.cut(texts, 0, len(texts), rows, ends, unknown) == (len(texts), 0)
        assert ends.tolist() == np.cumsum([*map(len, tokens)]).tolist()
        assert rows[: ends[-1]].tolist() == expected
        assert [word.decode() for word in unknown] == [
            word for words in tokens for word in words if word not in vocabulary
        ]


@pytest.fixture(scope="module")
def flood():
    words = of_one_crc(3000)
    assert len(set(map(zlib.crc32, words))) == 1
    return words


def test_two_hundred_thousand_words_of_one_crc_are_indexed_and_found_at_once():
    words = of_one_crc(200_000)
    started = time.process_time()
    vocabulary = Vocabulary.from_words(words)
    sizes = np.fromiter(map(len, words), np.int64)
    data, offsets = np.frombuffer(b"".join(words), np.uint8), np.concatenate([[0], np.cumsum(sizes)])
    assert np.array_equal(vocabulary.rows_of(data, offsets), np.arange(len(words)))
    assert time.process_time() - started < 10  # a table of hashes alone took over a minute
    assert vocabulary.hash is None and vocabulary.order is not None and len(vocabulary.order) == len(words)
    vocabulary.check()


def test_words_in_order_are_found_as_words_in_a_table_are(flood):
    strings = [word.decode("utf-8", "surrogateescape") for word in [*flood, b"", b"a", b"\xff" * 9]]
    shuffled = [strings[i] for i in np.random.default_rng(1).permutation(len(strings))]
    vocabulary = Vocabulary.from_words([word.encode("utf-8", "surrogateescape") for word in shuffled])
    assert vocabulary.hash is None and vocabulary.max_probe == 0
    assert [vocabulary.get(word) for word in shuffled] == list(range(len(shuffled)))
    assert not any(word + "x" in vocabulary or "x" + word in vocabulary for word in shuffled)
    for word in shuffled[::100]:
        assert word[:-1] not in vocabulary or shuffled[vocabulary.index(word[:-1])] == word[:-1]
    assert vocabulary.take(range(10)).hash is not None  # few enough of them are no flood
    assert list(vocabulary.recounted(np.ones(len(shuffled), np.int64))) == shuffled


def test_texts_of_such_words_are_cut_as_others_are(flood):
    plain = [word for word in flood if not set(word) & set(b" \t\n\v\f\r")]
    vocabulary, table = Vocabulary.from_words(flood), Vocabulary.from_words(plain[:100])
    texts = [b" ".join([*plain[i : i + 3], b"none"]).decode("utf-8", "surrogateescape") for i in range(0, 90, 3)]
    found = []
    for words in (vocabulary, table):
        rows, ends, unknown = np.empty(1000, np.int32), np.empty(len(texts), np.int64), []
        assert words.cut(texts, 0, len(texts), rows, ends, unknown) == (len(texts), 0)
        assert unknown == [b"none"] * len(texts)
        found.append([words[row] if row >= 0 else None for row in rows[: ends[-1]].tolist()])
    assert found[0] == found[1]


def test_a_word_that_is_there_twice_is_named_also_where_hashes_collide(flood):
    with pytest.raises(OptionError, match=r"is word 7 and word 3000: drop one"):
        Vocabulary.from_words([*flood, flood[7], flood[3]])


def test_files_keep_the_order_and_old_readers_are_told(flood, tmp_path):
    path = tmp_path / "x.safetensors"
    names = Vocabulary.from_words(flood)
    subwords = make_subwords("explicit", np.ones((len(flood), 2), np.float32), min_n=1, max_n=9, names=names)
    rows = np.arange(2 * len(flood), dtype=np.float32).reshape(-1, 2)
    KeyedVectors(names, rows, subwords=subwords).save(path)
    stored = open_file(path)
    assert stored.metadata["wordvec.requires"] == "vocab.order" and "vocab.hash" not in stored.tensors
    opened = wordvec.load(path)
    assert np.shares_memory(opened.vocabulary.order, opened._stored.tensors["vocab.order"])
    word = flood[1234].decode("utf-8", "surrogateescape")
    assert opened[word].tolist() == [2468, 2469] and "absent" not in opened
    opened.verify()
    assert opened.to_memory()[word].tolist() == [2468, 2469]
    again = tmp_path / "y.safetensors"
    opened.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_a_damaged_order_is_never_a_crash_and_verify_finds_it(flood, tmp_path):
    path = tmp_path / "x.safetensors"
    KeyedVectors(Vocabulary.from_words(flood), np.ones((len(flood), 2))).save(path)
    stored = open_file(path, mmap=False)
    arrays = {name: array for name, array in stored.tensors.items() if not name.startswith("_pad.")}
    order = np.array(arrays["vocab.order"])
    for wrong in (order[::-1], np.zeros_like(order), np.full_like(order, 2**32 - 1), order + 1):
        write_file(path, arrays | {"vocab.order": wrong}, stored.config, ["vocab.order"])
        vectors = wordvec.load(path)
        for word in flood[::50]:
            try:
                vectors.vocabulary.get(word.decode("utf-8", "surrogateescape"))
            except FormatError:
                pass
        with pytest.raises(FormatError, match="order of the words does not agree"):
            vectors.verify()
    write_file(path, arrays | {"vocab.order": order[1:]}, stored.config, ["vocab.order"])
    with pytest.raises(FormatError, match=r"'vocab\.order' must be U32 \[3000\]"):
        wordvec.load(path)


def test_a_file_whose_table_takes_too_many_probes_is_read_by_an_order_of_its_own(flood):
    packed = Vocabulary.from_words(flood)
    table = np.zeros(8192, np.uint32)
    hashes, size = np.empty(len(flood), np.uint32), len(flood)
    longest = kernel.build_index(packed.data, packed.offsets, hashes, table, 1 << 30, 1 << 40)[0]
    assert longest == size > MOST_PROBES
    old = Vocabulary(packed.data, packed.offsets, None, table, longest)
    assert old.index(flood[5].decode("utf-8", "surrogateescape")) == 5 and old.order is not None
    old.check()
    liar = Vocabulary(packed.data, packed.offsets, None, table, 10)
    with pytest.raises(FormatError, match="max_probe must be small, where hashes collide; got 10"):
        liar.check()


A, PAIRS = b"a" * 8, 13  # eight bytes, and how many differences a word has or has not
BITS = {  # of two neighbouring blocks; a multiplication by a known number takes the first to the second
    "top bits": ((63,), (63, 34)),
    "swapped bits": ((61, 34), (61, 34, 32)),
    "top bits of halves": ((63, 31), (63, 31)),
    "first block": ((63,), ()),
}


def flipped(block, bits):
    return (int.from_bytes(block, "little") ^ sum(1 << bit for bit in bits)).to_bytes(8, "little")


@pytest.mark.parametrize("bits", BITS.values(), ids=BITS)
@pytest.mark.parametrize("seed", [0, 1, 0x123456789ABCDEF])
def test_no_differences_of_words_make_their_hashes_collide(bits, seed):
    pair = (A + A, flipped(A, bits[0]) + flipped(A, bits[1]))
    tokens = [b"".join(some) for some in product(pair, repeat=PAIRS)]
    shard = text.Shard(seed)
    assert encoded(shard, tokens) == list(range(1 << PAIRS))
    assert shard.longest_probe() < 40


@pytest.mark.parametrize("places", [range(13), range(7), (0, 4, 8, 12)])
@pytest.mark.parametrize("seed", [0, 1, 0x123456789ABCDEF])
def test_words_that_follow_one_another_spread(places, seed):
    """Letters of short words at some places; a sum of such differences is what a multiplication alone may keep."""
    letters = [b"aq" if len(places) > 7 else b"abcd" if len(places) > 4 else b"abcdefghij"] * len(places)
    tokens = []
    for some in product(*letters):
        word = bytearray(b"z" * (max(places) + 1))
        for place, letter in zip(places, some):
            word[place] = letter
        tokens.append(bytes(word))
    shard = text.Shard(seed)
    assert encoded(shard, tokens) == list(range(len(tokens)))
    assert shard.longest_probe() < 80


def encoded(shard, tokens):
    """The ids that a table gives to the tokens of a line."""
    assert not any(set(token) & set(b" \n\t\r\v\f") for token in tokens)
    data = b" ".join(tokens)
    buffer = np.frombuffer(data + b" " * text.PAD, np.uint8).copy()
    ids, ends = np.empty(len(data) // 2 + 1, np.int32), np.empty(len(data) // 2 + 2, np.int32)
    return ids[: shard.encode(buffer, 0, len(data), ids, ends)[0]].tolist()
