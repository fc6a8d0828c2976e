"""Encoding by several workers is encoding by one machine: vocabulary, ids, sentences and every count of tokens."""

import gzip
import os
import pickle
import random
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from forgetful import Deadly, Forgetful
from hypothesis import given, settings
from hypothesis import strategies as st

import wordvec
from wordvec import CorpusError, OptionError, Vocabulary
from wordvec.distributed import FolderStore, Lost, encode_corpus
from wordvec.distributed import parts as part_sizes


@pytest.fixture
def tiny(monkeypatch):
    """Parts may be as small as a byte."""
    monkeypatch.setattr(part_sizes, "LEAST", 1)


def check_same(source, store, workers=2, **options):
    """Encode by several workers and by one machine; both must be equal."""
    own = {name: options.pop(name) for name in ("parts", "send", "name") if name in options}
    try:
        expected = wordvec.encode_corpus(source, workers=1, **options)
    except wordvec.WordvecError as error:
        with ThreadPoolExecutor(workers) as executor, pytest.raises(type(error)) as caught:
            encode_corpus(source, executor=executor, store=store, **own, **options)
        assert str(error) in str(caught.value)
        return None
    with ThreadPoolExecutor(workers) as executor:
        corpus = encode_corpus(source, executor=executor, store=store, **own, **options)
        got = corpus.gather()
        assert corpus.fingerprint == expected.fingerprint == got.fingerprint
        assert np.array_equal(corpus.chunk_sentences, expected.chunks())
        assert np.array_equal(corpus.chunk_tokens, expected.offsets[expected.chunks()])
        assert corpus.longest == np.diff(expected.offsets).max()
        _check_shares(corpus, expected)
    assert np.array_equal(got.ids, expected.ids) and np.array_equal(got.offsets, expected.offsets)
    for name in ("data", "offsets", "counts"):
        assert np.array_equal(getattr(got.vocabulary, name), getattr(expected.vocabulary, name))
    assert got.stats == expected.stats and got.options == expected.options
    return corpus


def _check_shares(corpus, expected):
    chunks = expected.chunks()
    for first in range(0, len(chunks) - 1, max(1, len(chunks) // 3)):
        last = min(first + 2, len(chunks) - 1)
        share = pickle.loads(pickle.dumps(corpus.share(first, last)))
        ids, offsets = share.read()
        low, high = chunks[first], chunks[last]
        whole = expected.offsets[low : high + 1]
        assert np.array_equal(ids, expected.ids[whole[0] : whole[-1]])
        assert np.array_equal(offsets, whole - whole[0])
        assert np.array_equal(share.chunks, chunks[first : last + 1] - low)


ALPHABET = [b"a", b"A", b"bb", b" ", b" ", b"\n", b"\r\n", b"\t", b"\xc3\xa9", b"\xff", b"\0", b"\n\n", b"long-word"]
texts = st.lists(st.sampled_from(ALPHABET), max_size=80).map(b"".join)


@settings(max_examples=25, deadline=None)
@given(
    files=st.lists(st.tuples(texts, st.booleans(), st.booleans()), min_size=1, max_size=4),
    parts=st.integers(1, 30),
    workers=st.integers(1, 5),
    lowercase=st.booleans(),
    min_count=st.integers(1, 4),
    max_vocab=st.sampled_from([None, 1, 3]),
    send=st.booleans(),
)
def test_any_text_in_any_parts(files, parts, workers, lowercase, min_count, max_vocab, send):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_sizes, "LEAST", 1)
        names = []
        for number, (text, mark, packed) in enumerate(files):
            data = b"\xef\xbb\xbf" * mark + text
            names.append(os.path.join(folder, f"{number}.txt" + ".gz" * packed))
            Path(names[-1]).write_bytes(gzip.compress(data) if packed else data)
        options = {"lowercase": lowercase, "min_count": min_count, "max_vocab": max_vocab}
        check_same(names, FolderStore(folder + "/store"), workers, parts=parts, send=send, **options)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_text_with_a_long_tail(tmp_path, zipf, workers):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf)
    corpus = check_same(path, FolderStore(tmp_path / "store"), workers, parts=7, min_count=2, max_vocab=500)
    assert corpus.stats.too_rare and corpus.stats.beyond_max_vocab and len(corpus.chunk_tokens) > 15


@pytest.mark.parametrize("parts", [1, 3, 40])
def test_lines_beyond_10_000_tokens_that_span_parts(tmp_path, parts):
    rng = random.Random(parts)
    words = [f"w{min(int(rng.expovariate(0.3)), 40)}" for _ in range(70_000)]
    lines = [words[:5], words[5:35_000], words[35_000:35_004], [], words[35_004:]]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(" ".join(line) for line in lines))
    corpus = check_same(path, FolderStore(tmp_path / "store"), 3, parts=parts, min_count=3)
    assert corpus.stats.cut >= 5 and corpus.longest == 10_000


def test_a_given_vocabulary_and_one_that_grows(tmp_path, tiny):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat\nthe dog sat\na dog\nowl\n" * 3)
    store, old = FolderStore(tmp_path / "store"), Vocabulary.from_words(["unicorn", "dog", "owl"], [9, 5, 1])
    for options in (
        {"vocabulary": old},
        {"vocabulary": ["sat", "never", "The"], "lowercase": True},
        {"vocabulary": ["x"]},
        {"grow": old, "min_count": 4},
        {"grow": old, "min_count": 4, "max_vocab": 4},
        {"grow": ["x"], "min_count": 99},
    ):
        check_same(path, store, parts=5, **options)


def test_token_lists_and_tokenizers(tmp_path, monkeypatch):
    monkeypatch.setattr(part_sizes, "UNKNOWN", 50)
    store = FolderStore(tmp_path / "store")
    sentences = [["a", "b c", "", "d\n"], [], ["a"] * 30, [b"\xff", 7]] * 5
    corpus = check_same(sentences, store, min_count=1)
    assert corpus.stats.empty == 5 and len(corpus.parts.token_starts) > 5
    path = tmp_path / "text.txt"
    path.write_text("a,b\nc,a\n" * 20)
    check_same(path, store, min_count=1, tokenizer=lambda line: line.split(","))
    check_same(path, store, min_count=1, tokenizer="unicode")


def test_standard_input_is_sent(tmp_path, monkeypatch):
    import io
    import sys
    from types import SimpleNamespace

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a b\na\n")))
    with ThreadPoolExecutor(2) as executor:
        corpus = encode_corpus("-", executor=executor, store=FolderStore(tmp_path), min_count=1)
        assert corpus.gather().ids.tolist() == [0, 1, 0]


def test_large_compressed_files_are_unpacked_into_parts(tmp_path, zipf, monkeypatch):
    monkeypatch.setattr(part_sizes, "LEAST", 30_000)
    monkeypatch.setattr(part_sizes, "MOST", 30_000)
    (tmp_path / "a.txt").write_bytes(zipf[:100_000])
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(zipf[:400_000]))
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"w1 w1 a few words"))
    (tmp_path / "d.txt.gz").write_bytes(gzip.compress(zipf[200_000:500_000]))
    store = Forgetful(tmp_path.parent / "store", ["text/4/0", "text/6/1"])
    corpus = check_same(tmp_path, store, min_count=2)
    assert len(corpus.parts.token_starts) > 10
    assert store.left == [], "both were lost, and unpacked again"
    with pytest.raises(Lost):
        store.read(f"{corpus.parts.name}/text/4/1", "data")


def test_small_files_share_a_part(tmp_path):
    for number in range(40):
        (tmp_path / f"{number:02}.txt").write_text(f"a word{number}\n")
    corpus = check_same(tmp_path, FolderStore(tmp_path.parent / "store"), parts=4, min_count=1)
    assert len(corpus.parts.token_starts) - 1 == 4 or len(corpus.parts.token_starts) - 1 == 5


def test_processes(tmp_path, zipf):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf)
    expected = wordvec.encode_corpus(path, min_count=3)
    with ProcessPoolExecutor(2) as executor:
        corpus = encode_corpus(path, executor=executor, store=FolderStore(tmp_path / "store"), parts=4, min_count=3)
        assert corpus.gather().fingerprint == expected.fingerprint and corpus.stats == expected.stats


# ---- what goes wrong ----


@pytest.mark.parametrize("send", [False, True])
def test_what_is_lost_is_made_again(tmp_path, zipf, send, tiny):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf)
    lost = ["text/1", "counted/0", "counted/2", "words/0", "given", "vocabulary", "ids/1", "sentences/2"]
    store = Forgetful(tmp_path / "store", lost)
    check_same(path, store, parts=4, send=send, grow=["w1", "new"], min_count=2)
    assert store.left == ([] if send else ["text/1"])
    for name in lost[not send :]:
        assert store.times[name] >= 2, name


def test_what_is_lost_at_last_is_made_from_the_text(tmp_path, zipf, tiny):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf)
    store = FolderStore(tmp_path / "store")
    expected = wordvec.encode_corpus(path, min_count=2)
    with ThreadPoolExecutor(2) as executor:
        corpus = encode_corpus(path, executor=executor, store=store, parts=3, min_count=2, name="mine")
        for name in ("mine/ids/1", "mine/counted/1", "mine/vocabulary"):
            store.drop(name)
        share = corpus.share(0, len(corpus.chunk_sentences) - 1)
        with pytest.raises(Lost) as caught:
            share.read()
        corpus.make(caught.value)
        assert np.array_equal(share.read()[0], expected.ids)
        corpus.drop()
        with pytest.raises(Lost):
            corpus.gather()


def test_text_that_cannot_be_read_twice(tmp_path):
    store = Forgetful(tmp_path / "store", ["text/0"])
    with ThreadPoolExecutor(1) as executor, pytest.raises(CorpusError, match="cannot be read twice"):
        encode_corpus(iter([["a", "b"]]), executor=executor, store=store, min_count=1)


def test_a_file_that_changes_is_named(tmp_path, tiny):
    path = tmp_path / "text.txt"
    path.write_text("a b c\n" * 50)

    class Changing(FolderStore):
        def put(self, name, arrays):
            super().put(name, arrays)
            path.write_text("another text\n" * 60)

    with ThreadPoolExecutor(1) as executor, pytest.raises(CorpusError, match=r"on .+ it is another, or it changed"):
        encode_corpus(path, executor=executor, store=Changing(tmp_path / "store"), parts=3, min_count=1)


def test_a_file_that_only_the_driver_can_read(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("a b c\n" * 50)

    class Elsewhere(ThreadPoolExecutor):
        """Workers that cannot see the file."""

        def submit(self, *arguments):
            path.unlink(missing_ok=True)
            return super().submit(*arguments)

    store = FolderStore(tmp_path / "store")
    with (
        Elsewhere(1) as executor,
        pytest.raises(CorpusError, match=r"text\.txt cannot be read on .+: No such.*send=True"),
    ):
        encode_corpus(path, executor=executor, store=store, min_count=1)
    path.write_text("a b c\n" * 50)
    with Elsewhere(1) as executor:
        corpus = encode_corpus(path, executor=executor, store=store, min_count=1, send=True)
        assert corpus.gather().stats.read == 150


def test_errors_of_workers_name_the_host(tmp_path):
    import socket

    path = tmp_path / "text.txt.gz"
    path.write_bytes(gzip.compress(os.urandom(20_000).hex().encode())[:-300])
    with ThreadPoolExecutor(1) as executor, pytest.raises(CorpusError, match=f"on {socket.gethostname()}: .*text.txt"):
        encode_corpus(path, executor=executor, store=FolderStore(tmp_path / "store"), min_count=1)


def test_a_process_that_is_killed(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("a b c\n" * 50)
    store = Deadly(tmp_path / "store")
    with ProcessPoolExecutor(1) as executor, pytest.raises(wordvec.WordvecError, match="one has ended"):
        encode_corpus(path, executor=executor, store=store, min_count=1)


def test_what_is_lost_again_and_again_is_an_error(tmp_path):
    class Hopeless(FolderStore):
        def read(self, name, array, start=0, stop=None):
            if "ids" in name:
                raise Lost(name)
            return super().read(name, array, start, stop)

    with ThreadPoolExecutor(1) as executor, pytest.raises(Lost, match="ids/0"):
        encode_corpus([["a", "b"]], executor=executor, store=Hopeless(tmp_path), min_count=1)


def test_arguments_that_do_not_fit(tmp_path):
    store = FolderStore(tmp_path / "store")
    with ThreadPoolExecutor(1) as executor:
        options = {"executor": executor, "store": store}
        with pytest.raises(CorpusError, match=r"got ids: use wordvec\.encode_corpus"):
            encode_corpus((np.arange(3), np.array([0, 3])), **options)
        with pytest.raises(CorpusError, match="encoded already"):
            encode_corpus(wordvec.encode_corpus([["a"]], min_count=1), **options)
        with pytest.raises(OptionError, match="parts must be"):
            encode_corpus([["a"]], parts=0, **options)
        with pytest.raises(OptionError, match="a name must be"):
            encode_corpus([["a"]], name="../up", **options)
        with pytest.raises(OptionError, match="leave min_count out"):
            encode_corpus([["a"]], vocabulary=["a"], min_count=1, **options)
    with pytest.raises(OptionError, match="executor must have submit"):
        encode_corpus([["a"]], executor=None, store=store)
