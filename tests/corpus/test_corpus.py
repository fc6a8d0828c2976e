"""Reading and encoding: the same numbers whatever the workers, the compression and the kind of corpus; nothing lost."""

from __future__ import annotations

import gzip
import io
import itertools
import mmap
import os
import random
import re
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from compressions import COMPRESS

from wordvec.base.errors import CorpusError
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.encoder import LONGEST, Passes
from wordvec.corpus.sources import resolve

SPACE = re.compile(rb"[ \t\n\v\f\r]+")
TEXT = (
    b"The cat sat on the mat\r\n\n  the\tdog\vsat\fon the log \n"
    b"caf\xc3\xa9 CAF\xc3\x89 caf\xc3\xa9\nbroken \xff\xfe bytes\x00here the\xc2\xa0cat\nthe last line has no end"
)


def twin(text, min_count=1, max_vocab=None, lowercase=False):
    """The same by plain Python: words, counts, sentences of ids, and the counts of tokens."""
    text = text.removeprefix(b"\xef\xbb\xbf")
    sentences = [[word for word in SPACE.split(line) if word] for line in text.split(b"\n")]
    return twin_of_lists(sentences, min_count, max_vocab, lowercase)


def twin_of_lists(sentences, min_count=1, max_vocab=None, lowercase=False):
    raw = [word for sentence in sentences for word in sentence]
    if lowercase:
        lower = {w: w.decode("utf-8", "surrogateescape").lower().encode("utf-8", "surrogateescape") for w in set(raw)}
        sentences = [[lower[word] for word in sentence] for sentence in sentences]
    counts = Counter(word for sentence in sentences for word in sentence)
    frequent = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    words = frequent[:max_vocab]
    index = {word: i for i, word in enumerate(words)}
    ids, offsets = [], [0]
    for sentence in sentences:
        kept = [index[word] for word in sentence if word in index]
        for start in range(0, len(kept), LONGEST):
            ids += kept[start : start + LONGEST]
            offsets.append(len(ids))
    stats = {
        "read": len(raw),
        "kept": len(ids),
        "too_rare": sum(n for n in counts.values() if n < min_count),
        "beyond_max_vocab": sum(counts[w] for w in frequent[len(words) :]),
        "types_read": len(counts),
        "sentences": len(offsets) - 1,
        "nul": sum(b"\0" in word for word in raw) if not lowercase else None,
    }
    return words, [counts[word] for word in words], ids, offsets, stats


def check(corpus, expected):
    words, counts, ids, offsets, stats = expected
    vocabulary = corpus.vocabulary
    raw = vocabulary.data.tobytes()
    assert [raw[a:b] for a, b in zip(vocabulary.offsets[:-1], vocabulary.offsets[1:], strict=True)] == words
    assert vocabulary.counts.tolist() == counts
    assert corpus.ids.tolist() == ids
    assert corpus.offsets.tolist() == offsets
    for name, value in stats.items():
        assert value is None or getattr(corpus.stats, name) == value, name
    assert corpus.stats.read == corpus.stats.kept + corpus.stats.too_rare + corpus.stats.beyond_max_vocab


def equal(left, right):
    assert left.fingerprint == right.fingerprint
    assert left.stats == right.stats
    for name in ("ids", "offsets"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
    for name in ("data", "offsets", "counts"):
        np.testing.assert_array_equal(getattr(left.vocabulary, name), getattr(right.vocabulary, name))


def encode_in_pieces(source, tmp_path, range_size, workers=2, batch_size=1 << 20, **options):
    options = {"min_count": 1, "workers": workers, "range_size": range_size, "batch_size": batch_size, **options}
    return Passes(resolve(source, has_tokenizer=False), **options).run(Path(tempfile.mkdtemp(dir=tmp_path)))


def random_text(seed, size=3000, alphabet=b"aab\xc3\xa9\xff\x00Z \t\n\v\f\r  \n"):
    rng = random.Random(seed)
    return bytes(rng.choice(alphabet) for _ in range(size))


# ---- what a corpus is read as ----


def test_text_is_cut_at_ascii_white_space_and_lines_are_sentences(file):
    check(encode_corpus(file(TEXT), min_count=1), twin(TEXT))


def test_nothing_but_ascii_white_space_separates(file):
    text = "a\u00a0b c\u3000d e\u0085f g\u2028h i\x1cj k\x1fl".encode()
    assert set(encode_corpus(file(text), min_count=1).vocabulary) == set(text.decode().split(" "))


def test_words_are_ordered_by_count_and_equal_counts_by_bytes(file):
    corpus = encode_corpus(file("z b é a é Z z z zz\n".encode()), min_count=1)
    assert list(corpus.vocabulary) == ["z", "é", "Z", "a", "b", "zz"]


def test_invalid_utf8_is_kept_and_counted_and_so_are_nul_bytes(file):
    corpus = encode_corpus(file(b"\xff\xfe ok \xff\xfe caf\xc3 \xc3\xa9 \xed\xa0\x80 a\0b \0"), min_count=1)
    assert (corpus.stats.read, corpus.stats.invalid_utf8, corpus.stats.nul) == (8, 4, 2)
    assert "\udcff\udcfe" in corpus.vocabulary and "a\0b" in corpus.vocabulary


def test_a_byte_order_mark_is_dropped_at_the_start_of_each_file_only(tmp_path):
    for name in ("1.txt", "2.txt"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbfone \xef\xbb\xbftwo\n")
    (tmp_path / "3.txt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfone"))
    assert encode_corpus(tmp_path, min_count=1).vocabulary.words == ["one", "\ufefftwo"]


def test_lower_casing_sums_the_words_that_become_one(file):
    text = "The THE the CAFÉ café ΣΑΣ σας İ \ufb01 ẞ ß\n".encode() + b"\xffA \xffa"
    corpus = encode_corpus(file(text), min_count=1, lowercase=True)
    check(corpus, twin(text, lowercase=True))
    assert corpus.vocabulary.counts[corpus.vocabulary.index("the")] == 3
    assert corpus.stats.invalid_utf8 == 2


@pytest.mark.parametrize("max_vocab", [1, 2, 3, 100])
def test_max_vocab_keeps_exactly_that_many_words(file, max_vocab):
    text = b"a a a a b b b c c c d d e\nc b a"
    corpus = encode_corpus(file(text), min_count=2, max_vocab=max_vocab)
    check(corpus, twin(text, 2, max_vocab))
    assert len(corpus.vocabulary) == min(max_vocab, 4)


def test_sentences_end_with_files_and_empty_ones_are_dropped(tmp_path):
    for name, data in {"a": b"x y", "b": b"", "c": b"\n\n rare \n x", "d": b" \n"}.items():
        (tmp_path / name).write_bytes(data)
    corpus = encode_corpus(tmp_path, min_count=2)
    assert corpus.offsets.tolist() == [0, 1, 2]


@pytest.mark.parametrize("length", [9_999, 10_000, 10_001, 25_000])
def test_long_sentences_are_cut_every_10_000_kept_tokens(file, length):
    text = b"a rare%d " * 3 % (1, 2, 3) + b"a " * (length - 3) + b"\nb b a"
    corpus = encode_corpus(file(text), min_count=2)
    check(corpus, twin(text, 2))
    assert corpus.stats.cut == (length - 1) // LONGEST


# ---- the same result however it is read ----


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("suffix", [None, *COMPRESS])
def test_every_token_is_accounted_for(tmp_path, zipf, workers, suffix):
    path = tmp_path / ("zipf.txt" + (f".{suffix}" if suffix else ""))
    path.write_bytes(COMPRESS[suffix](zipf) if suffix else zipf)
    corpus = encode_in_pieces(str(path), tmp_path, 10_000, workers, min_count=3, max_vocab=2000)
    check(corpus, twin(zipf, 3, 2000))
    assert corpus.stats.too_rare > 0 and corpus.stats.beyond_max_vocab > 0


def test_one_line_of_a_million_tokens(tmp_path, file):
    words = np.random.default_rng(2).integers(0, 5000, 1_000_000)
    path = file(" ".join(map(str, words.tolist())).encode())
    one, many = (encode_in_pieces(path, tmp_path, size, workers) for size, workers in ((1 << 30, 1), (70_001, 4)))
    equal(one, many)
    assert one.stats.read == 1_000_000 and one.stats.sentences == 100 and one.stats.cut == 99
    assert [one.vocabulary[i] for i in one.ids[:50]] == [str(word) for word in words[:50]]


def test_words_and_newlines_that_straddle_ranges(tmp_path, file):
    expected = twin(TEXT)
    (tmp_path / "text.gz").write_bytes(gzip.compress(TEXT))
    for range_size in range(1, 40):
        check(encode_in_pieces(file(TEXT), tmp_path, range_size), expected)
        check(encode_in_pieces(tmp_path / "text.gz", tmp_path, range_size), expected)


@pytest.mark.parametrize(
    "seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(12, 40))]
)
def test_random_bytes(tmp_path, file, seed):
    text = random_text(seed)
    options = {"min_count": 1 + seed % 3, "max_vocab": [None, 7][seed % 2], "lowercase": seed % 5 == 0}
    for size in (1, 5, 64, 1000):
        check(encode_in_pieces(file(text), tmp_path, size + seed % 3, **options), twin(text, **options))


def test_a_token_longer_than_many_ranges_and_look_aheads(tmp_path, file):
    text = b"short " + b"x" * 100_000 + b" end\n" + b"y" * 70_000
    check(encode_in_pieces(file(text), tmp_path, 1000), twin(text))
    (tmp_path / "text.gz").write_bytes(gzip.compress(text))
    check(encode_in_pieces(tmp_path / "text.gz", tmp_path, 1000), twin(text))


def test_files_lists_generators_and_tokenizers_agree(tmp_path, file, zipf):
    path = file(zipf)
    expected = encode_corpus(path, min_count=2)
    sentences = [line.split(" ") for line in zipf.decode().split("\n")]
    equal(encode_corpus(sentences, min_count=2), expected)
    equal(encode_corpus((tuple(sentence) for sentence in sentences), min_count=2), expected)
    equal(encode_corpus(path, min_count=2, tokenizer=str.split), expected)
    equal(encode_corpus(zipf.decode().split("\n"), min_count=2, tokenizer=str.split), expected)
    equal(encode_in_pieces(sentences, tmp_path, 1, batch_size=333, min_count=2), expected)


def test_standard_input_and_pipes(tmp_path, monkeypatch, zipf, file):
    expected = encode_corpus(file(zipf))
    for data in (zipf, gzip.compress(zipf)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        equal(encode_corpus("-"), expected)
        assert not sys.stdin.buffer.closed
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    thread = threading.Thread(target=lambda: fifo.write_bytes(zipf))
    thread.start()
    equal(encode_corpus(fifo), expected)
    thread.join()


def test_urls(file, zipf):
    path = file(zipf)
    equal(encode_corpus(f"file://{path}"), encode_corpus(path))


def test_lists_globs_and_folders(tmp_path):
    for name, data in {
        "b.txt": b"b x",
        "a.txt": b"a x",
        "sub/c.txt": b"c x",
        ".hidden": b"h",
        "sub/.h/d": b"h",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)

    def words(source):
        corpus = encode_corpus(source, min_count=1)
        return "".join(corpus.vocabulary[i] for i in corpus.ids)

    assert words(tmp_path) == words(str(tmp_path)) == "axbxcx"
    assert words(str(tmp_path / "*.txt")) == "axbx"
    assert words(str(tmp_path / "**" / "*.txt")) == "axbxcx"
    assert words([str(tmp_path / "b.txt"), tmp_path / "sub"]) == "bxcx"


def test_compressed_files_are_known_by_content(tmp_path, zipf, file):
    expected = encode_corpus(file(zipf))
    for suffix, compress in COMPRESS.items():
        path = tmp_path / f"{suffix}.txt"
        path.write_bytes(compress(zipf))
        equal(encode_corpus(path), expected)
    (tmp_path / "two.gz").write_bytes(gzip.compress(zipf[:5000]) + gzip.compress(zipf[5000:]))
    equal(encode_corpus(tmp_path / "two.gz"), expected)


# ---- token lists ----


def test_tokens_of_lists_may_hold_white_space_but_empty_ones_are_not_tokens(tmp_path):
    sentences = [["New York", "is", "", "big"], [], [""], ["a\nb", "is", "New York", "naïve", "caf\udcc3", "\0"]]
    expected = twin_of_lists([[w.encode("utf-8", "surrogateescape") for w in s if w] for s in sentences])
    for size in (1, 8, 1 << 20):
        corpus = encode_in_pieces(sentences, tmp_path, 1, batch_size=size, min_count=1)
        check(corpus, expected)
        assert corpus.stats.empty == 2
    assert encode_corpus([["a", "", "b"]], min_count=1).stats.empty == 1


def test_tokens_may_be_bytes_or_integers():
    corpus = encode_corpus([[1, b"caf\xc3\xa9", np.int64(7), "x"]], min_count=1)
    assert corpus.vocabulary.words == ["1", "7", "café", "x"]
    assert encode_corpus([np.array([3, 3, 5])], min_count=1).vocabulary.words == ["3", "5"]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint16])
def test_arrays_of_ids(dtype):
    rng = np.random.default_rng(3)
    ids = rng.integers(0, 300, 20_000).astype(dtype)
    offsets = np.unique(np.concatenate([[0, 20_000], rng.integers(0, 20_000, 700)]))
    lists = [ids[a:b].tolist() for a, b in itertools.pairwise(offsets)]
    equal(encode_corpus((ids, offsets), min_count=60), encode_corpus(lists, min_count=60))


def test_arrays_of_huge_ids(monkeypatch):
    monkeypatch.setattr("wordvec.corpus.arrays.SLICE", 700)
    ids = np.random.default_rng(4).integers(0, 50, 5_000) * (2**62 // 50)
    offsets = np.array([0, 0, 100, 699, 700, 701, 5000, 5000])
    lists = [ids[a:b].tolist() for a, b in itertools.pairwise(offsets)]
    equal(encode_corpus((ids, offsets), max_vocab=20), encode_corpus(lists, max_vocab=20))


@pytest.mark.parametrize(
    ("ids", "offsets", "message"),
    [
        (np.array([1.0]), np.array([0, 1]), "ids must be a 1-d array of integers"),
        (np.array([[1]]), np.array([0, 1]), "ids must be a 1-d array"),
        (np.array([1, 2]), np.array([0, 1]), "offsets must rise from 0 to the 2 ids"),
        (np.array([1, 2]), np.array([0, 2, 1, 2]), "offsets must rise"),
        (np.array([1, -2]), np.array([0, 2]), "ids must be >= 0; got -2"),
        (np.array([], int), np.array([0]), "no tokens"),
    ],
)
def test_bad_arrays(ids, offsets, message):
    with pytest.raises(CorpusError, match=message):
        encode_corpus((ids, offsets), min_count=1)


# ---- what comes back ----


def test_counters_are_64_bit_and_ids_are_mapped(file):
    corpus = encode_corpus(file(TEXT), min_count=1)
    assert corpus.ids.dtype == np.int32
    assert corpus.offsets.dtype == corpus.vocabulary.counts.dtype == corpus.chunks().dtype == np.int64
    assert all(isinstance(value, int) for value in vars(corpus.stats).values())
    for array in (corpus.ids, corpus.offsets):
        assert not array.flags.writeable
        base = array
        while isinstance(base, np.ndarray) and base.base is not None:
            base = base.base
        assert isinstance(base, mmap.mmap)


def test_chunks_are_about_the_asked_size_and_cut_at_sentence_ends(file, zipf):
    corpus = encode_corpus(file(zipf), min_count=2)
    chunks = corpus.chunks(1000)
    assert chunks[0] == 0 and chunks[-1] == corpus.stats.sentences and np.all(np.diff(chunks) > 0)
    sizes = np.diff(corpus.offsets[chunks])
    assert abs(sizes.mean() - 1000) < 100 and sizes.max() < 1000 + np.diff(corpus.offsets).max()
    assert corpus.chunks(1).tolist() == list(range(corpus.stats.sentences + 1))
    assert corpus.chunks(10**9).tolist() == [0, corpus.stats.sentences]


def test_chunks_when_the_size_divides_the_tokens():
    assert encode_corpus([["a"] * 10, ["a"] * 10], min_count=1).chunks(10).tolist() == [0, 1, 2]
    assert encode_corpus([["a"] * 10, ["a"] * 10], min_count=1).chunks(20).tolist() == [0, 2]


def test_an_encoded_corpus_is_returned_as_it_is(file):
    corpus = encode_corpus(file(TEXT), min_count=1)
    assert encode_corpus(corpus, min_count=3) is corpus
    assert isinstance(corpus, EncodedCorpus) and len(corpus) == corpus.stats.sentences


def test_fingerprints_tell_corpora_apart():
    sentences = [["a", "b", "a"], ["b", "c"]]
    others = ([["a", "b"], ["a", "b", "c"]], [["a", "b", "a"], ["c", "b"]], [["a", "b", "a"], ["b", "d"]])
    prints = {encode_corpus(source, min_count=1).fingerprint for source in (sentences, *others)}
    assert len(prints) == 4 and encode_corpus(sentences, min_count=1).fingerprint in prints


def test_a_sparse_file_of_many_gigabytes_has_64_bit_offsets(tmp_path):
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate((1 << 33) + 5)
        file.seek(1 << 33)
        file.write(b" end\n")
    if path.stat().st_blocks > 100:
        pytest.skip("the file system has no sparse files")
    # One range at the far end, as encode would read it: reading eight gigabytes of NUL would take too long here.
    from wordvec.corpus.blocks import Range
    from wordvec.corpus.shards import Spool

    spool = Spool(0, tmp_path, 0)
    piece = spool.take(Range(str(path), 0, (1 << 33) - 1, (1 << 33) + 5, (1 << 33) + 5))
    spool.close()
    assert (piece.tokens, piece.ends, len(spool.words)) == (1, 1, 1)
