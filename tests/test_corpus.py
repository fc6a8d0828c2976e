"""Reading and encoding: the same numbers whatever the workers, the compression and the kind of corpus; nothing lost."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import lzma
import mmap
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from wordvec.corpus import EncodedCorpus, encode
from wordvec.corpus.passes import LONGEST, Passes
from wordvec.corpus.sources import resolve
from wordvec.errors import CorpusError, OptionError

SPACE = re.compile(rb"[ \t\n\v\f\r]+")
TEXT = (
    b"The cat sat on the mat\r\n\n  the\tdog\vsat\fon the log \n"
    b"caf\xc3\xa9 CAF\xc3\x89 caf\xc3\xa9\nbroken \xff\xfe bytes\x00here the\xc2\xa0cat\nthe last line has no end"
)


def zstd_compress(data):
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd_compress}


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
    folder = tempfile.mkdtemp(dir=tmp_path)
    found = resolve(source, options.get("tokenizer") is not None)
    return Passes(found, workers=workers, range_size=range_size, batch_size=batch_size, **options).run(_path(folder))


def _path(name):
    from pathlib import Path

    return Path(name)


def random_text(seed, size=3000, alphabet=b"aab\xc3\xa9\xff\x00Z \t\n\v\f\r  \n"):
    rng = random.Random(seed)
    return bytes(rng.choice(alphabet) for _ in range(size))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"

    def write(data):
        path.write_bytes(data)
        return path

    return write


@pytest.fixture(scope="module")
def zipf():
    """A text of 200,000 tokens in lines of all lengths, with a long tail of rare words."""
    rng = np.random.default_rng(1)
    words = [f"w{n}" if n % 7 else f"rare-word-number-{n}" for n in np.minimum(rng.zipf(1.3, 200_000), 50_000).tolist()]
    ends = np.unique(rng.integers(0, len(words), 9_000)).tolist()
    return "\n".join(" ".join(words[a:b]) for a, b in zip([0, *ends], [*ends, len(words)], strict=True)).encode()


# ---- what a corpus is read as ----


def test_text_is_cut_at_ascii_white_space_and_lines_are_sentences(file):
    check(encode(file(TEXT), min_count=1), twin(TEXT))


def test_nothing_but_ascii_white_space_separates(file):
    text = "a\u00a0b c\u3000d e\u0085f g\u2028h i\x1cj k\x1fl".encode()
    assert set(encode(file(text), min_count=1).vocabulary) == set(text.decode().split(" "))


def test_words_are_ordered_by_count_and_equal_counts_by_bytes(file):
    corpus = encode(file("z b é a é Z z z zz\n".encode()), min_count=1)
    assert list(corpus.vocabulary) == ["z", "é", "Z", "a", "b", "zz"]


def test_invalid_utf8_is_kept_and_counted_and_so_are_nul_bytes(file):
    corpus = encode(file(b"\xff\xfe ok \xff\xfe caf\xc3 \xc3\xa9 \xed\xa0\x80 a\0b \0"), min_count=1)
    assert (corpus.stats.read, corpus.stats.invalid_utf8, corpus.stats.nul) == (8, 4, 2)
    assert "\udcff\udcfe" in corpus.vocabulary and "a\0b" in corpus.vocabulary


def test_a_byte_order_mark_is_dropped_at_the_start_of_each_file_only(tmp_path):
    for name in ("1.txt", "2.txt"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbfone \xef\xbb\xbftwo\n")
    (tmp_path / "3.txt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfone"))
    assert encode(tmp_path, min_count=1).vocabulary.words == ["one", "\ufefftwo"]


def test_lower_casing_sums_the_words_that_become_one(file):
    text = "The THE the CAFÉ café ΣΑΣ σας İ \ufb01 ẞ ß\n".encode() + b"\xffA \xffa"
    corpus = encode(file(text), min_count=1, lowercase=True)
    check(corpus, twin(text, lowercase=True))
    assert corpus.vocabulary.counts[corpus.vocabulary.index("the")] == 3
    assert corpus.stats.invalid_utf8 == 2


@pytest.mark.parametrize("max_vocab", [1, 2, 3, 100])
def test_max_vocab_keeps_exactly_that_many_words(file, max_vocab):
    text = b"a a a a b b b c c c d d e\nc b a"
    corpus = encode(file(text), min_count=2, max_vocab=max_vocab)
    check(corpus, twin(text, 2, max_vocab))
    assert len(corpus.vocabulary) == min(max_vocab, 4)


def test_sentences_end_with_files_and_empty_ones_are_dropped(tmp_path):
    for name, data in {"a": b"x y", "b": b"", "c": b"\n\n rare \n x", "d": b" \n"}.items():
        (tmp_path / name).write_bytes(data)
    corpus = encode(tmp_path, min_count=2)
    assert corpus.offsets.tolist() == [0, 1, 2]


@pytest.mark.parametrize("length", [9_999, 10_000, 10_001, 25_000])
def test_long_sentences_are_cut_every_10_000_kept_tokens(file, length):
    text = b"a rare%d " * 3 % (1, 2, 3) + b"a " * (length - 3) + b"\nb b a"
    corpus = encode(file(text), min_count=2)
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


@pytest.mark.parametrize("range_size", range(1, 40))
def test_words_and_newlines_that_straddle_ranges(tmp_path, file, range_size):
    expected = twin(TEXT)
    check(encode_in_pieces(file(TEXT), tmp_path, range_size), expected)
    (tmp_path / "text.gz").write_bytes(gzip.compress(TEXT))
    check(encode_in_pieces(tmp_path / "text.gz", tmp_path, range_size), expected)


@pytest.mark.parametrize("seed", range(40))
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
    expected = encode(path, min_count=2)
    sentences = [line.split(" ") for line in zipf.decode().split("\n")]
    equal(encode(sentences, min_count=2), expected)
    equal(encode((tuple(sentence) for sentence in sentences), min_count=2), expected)
    equal(encode(path, min_count=2, tokenizer=str.split), expected)
    equal(encode(zipf.decode().split("\n"), min_count=2, tokenizer=str.split), expected)
    equal(encode_in_pieces(sentences, tmp_path, 1, batch_size=333, min_count=2), expected)


def test_standard_input_and_pipes(tmp_path, monkeypatch, zipf, file):
    expected = encode(file(zipf))
    for data in (zipf, gzip.compress(zipf)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        equal(encode("-"), expected)
        assert not sys.stdin.buffer.closed
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    thread = threading.Thread(target=lambda: fifo.write_bytes(zipf))
    thread.start()
    equal(encode(fifo), expected)
    thread.join()


def test_urls(file, zipf):
    path = file(zipf)
    equal(encode(f"file://{path}"), encode(path))


def test_lists_globs_and_folders(tmp_path):
    for name, data in {"b.txt": b"b x", "a.txt": b"a x", "sub/c.txt": b"c x", ".hidden": b"h", "sub/.h/d": b"h"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)

    def words(source):
        corpus = encode(source, min_count=1)
        return "".join(corpus.vocabulary[i] for i in corpus.ids)

    assert words(tmp_path) == words(str(tmp_path)) == "axbxcx"
    assert words(str(tmp_path / "*.txt")) == "axbx"
    assert words(str(tmp_path / "**" / "*.txt")) == "axbxcx"
    assert words([str(tmp_path / "b.txt"), tmp_path / "sub"]) == "bxcx"


def test_compressed_files_are_known_by_content(tmp_path, zipf, file):
    expected = encode(file(zipf))
    for suffix, compress in COMPRESS.items():
        path = tmp_path / f"{suffix}.txt"
        path.write_bytes(compress(zipf))
        equal(encode(path), expected)
    (tmp_path / "two.gz").write_bytes(gzip.compress(zipf[:5000]) + gzip.compress(zipf[5000:]))
    equal(encode(tmp_path / "two.gz"), expected)


# ---- token lists ----


def test_tokens_of_lists_may_hold_white_space_but_empty_ones_are_not_tokens(tmp_path):
    sentences = [["New York", "is", "", "big"], [], [""], ["a\nb", "is", "New York", "naïve", "caf\udcc3", "\0"]]
    expected = twin_of_lists([[w.encode("utf-8", "surrogateescape") for w in s if w] for s in sentences])
    for size in (1, 8, 1 << 20):
        corpus = encode_in_pieces(sentences, tmp_path, 1, batch_size=size, min_count=1)
        check(corpus, expected)
        assert corpus.stats.empty == 2
    assert encode([["a", "", "b"]], min_count=1).stats.empty == 1


def test_tokens_may_be_bytes_or_integers():
    assert encode([[1, b"caf\xc3\xa9", np.int64(7), "x"]], min_count=1).vocabulary.words == ["1", "7", "café", "x"][:2] + ["café", "x"]
    assert encode([np.array([3, 3, 5])], min_count=1).vocabulary.words == ["3", "5"]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint16])
def test_arrays_of_ids(dtype):
    rng = np.random.default_rng(3)
    ids = rng.integers(0, 300, 20_000).astype(dtype)
    offsets = np.unique(np.concatenate([[0, 20_000], rng.integers(0, 20_000, 700)]))
    lists = [ids[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
    equal(encode((ids, offsets), min_count=60), encode(lists, min_count=60))


def test_arrays_of_huge_ids(monkeypatch):
    monkeypatch.setattr("wordvec.corpus.numbers.SLICE", 700)
    ids = np.random.default_rng(4).integers(0, 50, 5_000) * (2**62 // 50)
    offsets = np.array([0, 0, 100, 699, 700, 701, 5000, 5000])
    lists = [ids[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
    equal(encode((ids, offsets), max_vocab=20), encode(lists, max_vocab=20))


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
        encode((ids, offsets), min_count=1)


# ---- what comes back ----


def test_counters_are_64_bit_and_ids_are_mapped(file):
    corpus = encode(file(TEXT), min_count=1)
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
    corpus = encode(file(zipf), min_count=2)
    chunks = corpus.chunks(1000)
    assert chunks[0] == 0 and chunks[-1] == corpus.stats.sentences and np.all(np.diff(chunks) > 0)
    sizes = np.diff(corpus.offsets[chunks])
    assert abs(sizes.mean() - 1000) < 100 and sizes.max() < 1000 + np.diff(corpus.offsets).max()
    assert corpus.chunks(1).tolist() == list(range(corpus.stats.sentences + 1))
    assert corpus.chunks(10**9).tolist() == [0, corpus.stats.sentences]


def test_chunks_when_the_size_divides_the_tokens():
    assert encode([["a"] * 10, ["a"] * 10], min_count=1).chunks(10).tolist() == [0, 1, 2]
    assert encode([["a"] * 10, ["a"] * 10], min_count=1).chunks(20).tolist() == [0, 2]


def test_an_encoded_corpus_is_returned_as_it_is(file):
    corpus = encode(file(TEXT), min_count=1)
    assert encode(corpus, min_count=3) is corpus
    assert isinstance(corpus, EncodedCorpus) and len(corpus) == corpus.stats.sentences


def test_fingerprints_tell_corpora_apart():
    sentences = [["a", "b", "a"], ["b", "c"]]
    others = ([["a", "b"], ["a", "b", "c"]], [["a", "b", "a"], ["c", "b"]], [["a", "b", "a"], ["b", "d"]])
    prints = {encode(source, min_count=1).fingerprint for source in (sentences, *others)}
    assert len(prints) == 4 and encode(sentences, min_count=1).fingerprint in prints


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


# ---- the cache, and what is left behind ----


def leftovers(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith((".wordvec", "wordvec", "shard")))


def test_the_cache_is_reused_until_file_or_options_change(tmp_path, file, monkeypatch):
    cache, path = tmp_path / "cache", file(TEXT)
    first = encode(path, min_count=1, cache=cache)
    assert len(os.listdir(cache)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(Passes, "run", None)  # a second pass would fail
        equal(encode(str(path), min_count=1, cache=str(cache)), first)
    encode(path, min_count=2, cache=cache)
    encode(path, min_count=1, lowercase=True, cache=cache)
    assert len(os.listdir(cache)) == 3
    path.write_bytes(TEXT + b" more")
    assert encode(path, min_count=1, cache=cache).stats.read == first.stats.read + 1
    equal(first, encode(file(TEXT), min_count=1))  # still readable


def test_a_damaged_cache_is_made_again(tmp_path, file):
    cache, path = tmp_path / "cache", file(TEXT)
    first = encode(path, min_count=1, cache=cache)
    (folder,) = cache.iterdir()
    os.truncate(folder / "counts", 4)
    equal(encode(path, min_count=1, cache=cache), first)
    (folder / "info.json").write_text("{")
    equal(encode(path, min_count=1, cache=cache), first)
    assert [entry.name for entry in cache.iterdir()] == [folder.name]


def test_what_cannot_be_cached_leaves_nothing_in_the_cache(tmp_path, file):
    cache = tmp_path / "cache"
    encode([["a"]], min_count=1, cache=cache)
    encode(file(TEXT), min_count=1, tokenizer=str.split, cache=cache)
    assert os.listdir(cache) == []


def test_temporary_files_are_gone_with_the_corpus_and_after_errors(tmp_path, file, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    corpus = encode(file(TEXT), min_count=1)
    total = int(corpus.ids.sum())
    ids = corpus.ids
    del corpus
    gc.collect()
    assert int(ids.sum()) == total  # arrays outlive the corpus
    del ids
    assert leftovers(tmp_path) == []
    with pytest.raises(CorpusError):
        encode(file(TEXT), min_count=1000)
    assert leftovers(tmp_path) == []


def run_python(code, *arguments, **options):
    code = textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, **options)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_disk_that_fills_is_one_clear_error_and_leaves_nothing(tmp_path, file, zipf):
    done = run_python(
        """
        import resource, sys, tempfile
        from wordvec.corpus import encode
        from wordvec.errors import CorpusError
        tempfile.tempdir = sys.argv[2]
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            encode(sys.argv[1], min_count=1)
        except CorpusError as error:
            print(error)
        """,
        file(zipf),
        tmp_path,
    )
    assert done.stdout.startswith("cannot write the encoded corpus to") and "free some space" in done.stdout, done.stderr
    assert leftovers(tmp_path) == []


# ---- errors ----


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("the cat sat on the mat", "looks like text; give the path"),
        ("one line\nanother", "looks like text"),
        ("no-such-file.txt", "there is no file 'no-such-file.txt'"),
        ("no-such-*.txt", "no file matches"),
        ("", "looks like text"),
        ("nul\0.txt", "there is no file"),
        (["the cat sat", "on the mat"], "is read as a list of paths, and 'the cat sat' is no file"),
        ([["a", "b"], "c d"], r"sentence 1 must be a list of tokens, not a str \('c d'\); split it"),
        ([["a"], 7], "sentence 1 must be a list of tokens, not a int"),
        ([["a", None]], "a token must be a str"),
        ([["a", True]], "a token must be a str"),
        ([["a", "\ud800"]], "half of a surrogate pair"),
        (b"bytes", "a corpus cannot be a bytes"),
        ({"a": 1}, "a corpus cannot be a dict"),
        (5, "a corpus cannot be a int"),
        (None, "a corpus cannot be a NoneType"),
        ([], "no tokens"),
        ([[], [""]], "no tokens"),
        (io.StringIO("a b"), "a corpus cannot be a StringIO; give the path of a file"),
        ("nosuchscheme://x/y", "cannot be opened"),
    ],
)
def test_what_is_no_corpus(source, message):
    with pytest.raises(CorpusError, match=message):
        encode(source, min_count=1)


def test_a_generator_of_strings_and_one_that_is_used_up():
    with pytest.raises(CorpusError, match=r"sentence 0 must be a list of tokens, not a str.*tokenizer="):
        encode(line for line in ["a b c", "d e f"])
    sentences = iter([["a"]])
    encode(sentences, min_count=1)
    with pytest.raises(CorpusError, match="an iterator that was used up gives none"):
        encode(sentences, min_count=1)


def test_nothing_above_min_count(file):
    with pytest.raises(CorpusError, match=r"no word occurs 50 times.*most frequent of 20 distinct words occurs 5 times.*min_count"):
        encode(file(TEXT), min_count=50)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n "])
def test_empty_files(file, data):
    with pytest.raises(CorpusError, match="the corpus has no tokens"):
        encode(file(data))


def test_folders_without_text(tmp_path):
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(CorpusError, match="has no files"):
        encode(tmp_path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_truncated_and_damaged_compressed_files(tmp_path, zipf, suffix):
    path, data = tmp_path / f"x.{suffix}", COMPRESS[suffix](zipf)
    for cut in (len(data) // 2, len(data) - 3, 12):
        path.write_bytes(data[:cut])
        with pytest.raises(CorpusError, match=rf"x\.{suffix} is cut short"):
            encode(path)
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 0x55
    damaged[len(data) // 2 + 1] ^= 0x55
    path.write_bytes(damaged)
    with pytest.raises(CorpusError, match=rf"x\.{suffix}"):
        encode(path)
    path.write_bytes(b"plain text under a wrong name")
    with pytest.raises(CorpusError, match="does not hold"):
        encode(path)


def test_unreadable_files(file):
    path = file(TEXT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(CorpusError, match="cannot be read: Permission denied"):
        encode(path)


def test_a_file_that_changes_while_it_is_read(tmp_path, file):
    path = file(b"a b c\n" * 100)
    found = resolve(path, False)
    path.write_bytes(b"a b c\n" * 50)
    with pytest.raises(CorpusError, match="became shorter"):
        Passes(found, range_size=100).run(tmp_path)
    path.write_bytes(b"a b d\n" * 100)
    os.utime(path, ns=(1, 1))
    with pytest.raises(CorpusError, match="changed while it was read"):
        Passes(found, range_size=100).run(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count must be an integer >= 1; got 0"),
        ({"min_count": 2.5}, "min_count must be an integer"),
        ({"max_vocab": 0}, "max_vocab must be an integer >= 1 or None; got 0"),
        ({"workers": 0}, "workers must be an integer >= 1 or None; got 0"),
        ({"tokenizer": "split"}, "tokenizer must be a function"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(OptionError, match=message):
        encode([["a"]], **options)


def test_a_tokenizer_must_return_lists_and_get_lines():
    with pytest.raises(CorpusError, match="what the tokenizer made of line 0 must be a list of tokens, not a str"):
        encode(["a b"], tokenizer=str.lower)
    with pytest.raises(CorpusError, match="each item must be a line"):
        encode([["a"]], tokenizer=str.split)


def test_an_exception_of_the_users_iterator_comes_through_and_threads_end(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def sentences():
        yield from ([["a", "b"] * 50] * 20_000)
        raise KeyError("mine")

    before = threading.active_count()
    for options in ({}, {"tokenizer": str.split}):
        items = sentences() if not options else (" ".join(tokens) for tokens in sentences())
        with pytest.raises(KeyError, match="mine"):
            encode(items, workers=3, **options)
        assert threading.active_count() == before
        assert leftovers(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path):
    code = """
        import itertools, sys, tempfile, threading
        from wordvec.corpus import encode
        tempfile.tempdir = sys.argv[1]
        print("ready", flush=True)
        try:
            encode((["a", "b", str(i)] for i in itertools.count()), workers=2)
        except KeyboardInterrupt:
            print(threading.active_count(), flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert out == "1\n" and process.returncode == 0
    assert leftovers(tmp_path) == []


def test_progress_goes_to_standard_error(file, capsys):
    encode(file(TEXT), min_count=1, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "reading" in err
    encode(file(TEXT), min_count=1)
    assert capsys.readouterr() == ("", "")
