"""Counting by several workers is counting by one machine, to the byte, for every option."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from forgetful import Forgetful
from hypothesis import given, settings
from hypothesis import strategies as st

import wordvec
from wordvec import CorpusError, OptionError
from wordvec.distributed import FolderStore, count, counting, encode_corpus, inbox
from wordvec.distributed import parts as part_sizes


def check_same(counts, expected):
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(counts, name), getattr(expected, name)), name
    assert counts.vocabulary == expected.vocabulary
    assert np.array_equal(counts.vocabulary.counts, expected.vocabulary.counts)
    assert counts.options == expected.options and counts.stats == expected.stats
    assert counts.fingerprint == expected.fingerprint
    assert (counts.offsets is None) == (expected.offsets is None)
    if counts.offsets is not None:
        assert np.array_equal(counts.offsets, expected.offsets)


def lines(seed, sentences=400, longest=40, words=60):
    """Sentences of which some are long, and which chunks of 10,000 tokens cut at many places."""
    rng = np.random.default_rng(seed)
    sizes = np.where(rng.random(sentences) < 0.01, 4_000, rng.integers(0, longest, sentences))
    return [[f"w{n}" for n in np.minimum(rng.zipf(1.3, size), words)] for size in sizes]


OPTIONS = [
    {},
    {"side": "left", "distance_weight": "harmonic"},
    {"side": "right", "distance_weight": "linear", "window": 2},
    {"gaps": "keep", "min_count": 40},
    {"gaps": "keep", "min_count": 40, "max_vocab": 7, "distance_weight": "harmonic"},
    {"sample": 0.01},
    {"sample": 0.003, "subsample": "sampled"},
    {"sample": 0.003, "subsample": "sampled", "gaps": "keep", "min_count": 40},
    {"per_offset": True, "window": 3},
]


@pytest.mark.parametrize("few", [0, 8], ids=["runs", "rows"])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options.values())) or "default")
def test_every_option(tmp_path, options, few, monkeypatch):
    monkeypatch.setattr(counting, "FEW", few)
    monkeypatch.setattr(counting, "LEAST", 1000)  # so that rows are merged in many ranges
    monkeypatch.setattr(part_sizes, "UNKNOWN", 70_000)
    text = lines(1)
    expected = wordvec.count(text, workers=1, **options)
    with ThreadPoolExecutor(3) as executor:
        counts = count(text, executor=executor, store=FolderStore(tmp_path / "store"), parts=6, **options)
    check_same(counts, expected)
    assert not any((tmp_path / "store").iterdir()), "everything is removed from the store"


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 1000),
    options=st.sampled_from(OPTIONS),
    workers=st.integers(1, 5),
    parts=st.integers(1, 12),
    threads=st.integers(1, 2),
    least=st.sampled_from([1, 300, 1 << 20]),
    few=st.sampled_from([0, 8]),
    host=st.sampled_from(["", "here"]),
)
def test_any_parts_and_workers(seed, options, workers, parts, threads, least, few, host):
    text = lines(seed, sentences=60 if seed % 2 else 900, words=30)
    expected = wordvec.count(text, workers=1, **options)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "LEAST", least)
        patch.setattr(counting, "FEW", few)
        patch.setattr(part_sizes, "UNKNOWN", 9_000)
        patch.setattr(inbox, "own_host", lambda: host)  # "": cells go through the store
        with ThreadPoolExecutor(workers) as executor:
            told = {"executor": executor, "store": FolderStore(folder), "parts": parts, "workers": threads}
            check_same(count(text, **told, **options), expected)


def test_processes_and_files(tmp_path, zipf):
    path = tmp_path / "text.txt"
    path.write_bytes(zipf)
    expected = wordvec.count(path, min_count=3, window=3)
    with ProcessPoolExecutor(2) as executor:
        store = FolderStore(tmp_path / "store")
        check_same(count(path, executor=executor, store=store, min_count=3, window=3), expected)
        corpus = encode_corpus(path, executor=executor, store=store, min_count=3, parts=5)
        check_same(count(corpus, window=3, min_count=3), expected)
        assert corpus.gather().fingerprint == expected.fingerprint  # it is still there
    vectors = wordvec.train(expected, model="ppmi-svd", vector_size=8)
    assert vectors.vector_size == 8


@pytest.mark.parametrize("near", [0, 1, 2])
def test_workers_of_the_drivers_machine_write_where_the_matrix_is(tmp_path, monkeypatch, near):
    """All of them, only the first, or none; cells of the others go through the store."""
    stored, seen = [], []

    class Noting(FolderStore):
        def put(self, name, arrays):
            stored.extend([name] if "columns" in arrays else [])
            super().put(name, arrays)

    def is_here(self):
        seen.append(self)
        return len(seen) <= near

    monkeypatch.setattr(inbox.Inbox, "is_here", is_here)
    text = lines(5)
    with ThreadPoolExecutor(1) as executor:
        counts = count(text, executor=executor, store=Noting(tmp_path / "store"), parts=2)
    check_same(counts, wordvec.count(text))
    assert len(stored) == 2 - near


def test_a_folder_is_known_by_its_mark(tmp_path, monkeypatch):
    made = inbox.Inbox.make(tmp_path)
    assert made.is_here() == (os.name == "posix")
    assert not made._replace(mark=b"other").is_here() and not made._replace(path=str(tmp_path / "no")).is_here()
    assert not made._replace(host="another").is_here()


def test_a_full_disk_of_the_driver_is_told(tmp_path, monkeypatch):
    def full(file, array, what):
        raise CorpusError(f"cannot write {what[0]} to {os.path.dirname(file.name)}: No space left on device; {what[1]}")

    monkeypatch.setattr(inbox, "write_all", full)
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(CorpusError, match=r"cannot write the counts to .*free some space"),
    ):
        count(lines(5), executor=executor, store=FolderStore(tmp_path / "store"))


def test_what_is_lost_is_counted_again(tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "LEAST", 1000)
    monkeypatch.setattr(counting, "FEW", 0)
    lost = ["run/0", "run/1", "tables", "rows/0", "ids/0"]
    store = Forgetful(tmp_path / "store", [])
    text = lines(2)
    with ThreadPoolExecutor(2) as executor:
        corpus = encode_corpus(text, executor=executor, store=store, min_count=2, name="mine")
        store.left = list(lost)
        counts = count(corpus, sample=0.01, parts=4, min_count=2)
    assert store.left == []
    check_same(counts, wordvec.count(text, min_count=2, sample=0.01))


def test_little_memory_makes_more_blocks(tmp_path):
    text = lines(3, sentences=3000, words=12)
    with ThreadPoolExecutor(2) as executor:
        corpus = encode_corpus(text, executor=executor, store=FolderStore(tmp_path), min_count=1)
        check_same(count(corpus, parts=1, memory=0.0008, min_count=1), wordvec.count(text, min_count=1))
        with pytest.raises(OptionError, match="memory must be at least"):
            count(corpus, memory=0.00001)


def test_errors_are_those_of_one_machine(tmp_path):
    with ThreadPoolExecutor(2) as executor:
        told = {"executor": executor, "store": FolderStore(tmp_path), "min_count": 1}
        with pytest.raises(CorpusError, match="each of the 3 sentences has one left"):
            count([["a"], ["b"], ["a"]], **told)
        with pytest.raises(CorpusError, match="occurs 9 times or more"):
            count([["a"], ["b"], ["a"]], **{**told, "min_count": 9})
        assert not any(tmp_path.iterdir()), "everything is removed from the store"
        with pytest.raises(OptionError, match="window"):
            count([["a", "b"]], window=0, **told)
        corpus = encode_corpus([["a", "b"]], **told)
        with pytest.raises(OptionError, match="encoded already"):
            count(corpus, send=True)
        with pytest.raises(OptionError, match="parts must be"):
            count(corpus, parts=0)
    with pytest.raises(OptionError, match="executor and store must be given"):
        count([["a", "b"]])
