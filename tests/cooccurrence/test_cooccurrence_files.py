"""Counts in files: a round trip, what the GloVe tools read and write, and what damage gets."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest

import wordvec
from wordvec.cooccurrence import Cooccurrence
from wordvec.cooccurrence import files as module


@pytest.fixture(scope="module")
def counts(sample):
    return wordvec.count(sample, window=4, distance_weight="harmonic")


def assert_same(one, other):
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert list(one.vocabulary) == list(other.vocabulary)
    assert np.array_equal(one.vocabulary.counts, other.vocabulary.counts)


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("per_offset", [True, False])
def test_round_trip(per_offset, mmap, tmp_path):
    counts = wordvec.count([["a", "rose", "is", "a", "rose"]] * 3, window=2, min_count=1, per_offset=per_offset)
    counts.save(tmp_path / "c.safetensors")
    again = Cooccurrence.load(tmp_path / "c.safetensors", mmap=mmap).check()
    assert_same(counts, again)
    assert again.options == counts.options and again.stats == counts.stats and again.fingerprint == counts.fingerprint
    assert (again.offsets is None) == (not per_offset)
    if per_offset:
        assert np.array_equal(again.offsets, counts.offsets)
    with pytest.raises(ValueError, match="read-only"):
        again.data[:1] = 1
    first = (tmp_path / "c.safetensors").read_bytes()
    again.save(tmp_path / "c.safetensors")
    assert (tmp_path / "c.safetensors").read_bytes() == first


def test_words_without_counts(tmp_path):
    words = wordvec.Vocabulary.from_words(["a", "b"])
    counts = Cooccurrence(words, np.array([0, 1, 2]), np.array([1, 0], np.int32), np.ones(2, np.float32))
    counts.save(tmp_path / "c.safetensors")
    again = Cooccurrence.load(tmp_path / "c.safetensors").check()
    assert again.vocabulary.counts is None and again.to_scipy().toarray().tolist() == [[0, 1], [1, 0]]
    with pytest.raises(wordvec.OptionError, match="needs the count of every word"):
        counts.save_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")


def test_each_kind_of_file_says_what_it_holds(counts, tmp_path):
    counts.save(tmp_path / "c.safetensors")
    with pytest.raises(wordvec.FormatError, match=r"must hold vectors.*it holds counts.*Cooccurrence\.load"):
        wordvec.load(tmp_path / "c.safetensors")
    wordvec.KeyedVectors(["a"], [[1.0]]).save(tmp_path / "v.safetensors")
    with pytest.raises(wordvec.FormatError, match="must hold counts of pairs of words; it holds vectors"):
        Cooccurrence.load(tmp_path / "v.safetensors")
    assert module.is_counts(tmp_path / "c.safetensors") and not module.is_counts(tmp_path / "v.safetensors")


def test_trainers_of_text_refuse_counts(counts, tmp_path):
    counts.save(tmp_path / "c.safetensors")
    for corpus in (counts, tmp_path / "c.safetensors"):
        with pytest.raises(wordvec.OptionError, match="skipgram, which does not learn from counts"):
            wordvec.SkipGram().fit(corpus)


def damaged(counts, **arrays):
    parts = {name: np.array(getattr(counts, name)) for name in ("indptr", "indices", "data")}
    for name, change in arrays.items():
        change(parts[name])
    return Cooccurrence(counts.vocabulary, **parts)


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("indptr", 0, 1, "indptr must rise from 0"),
        ("indptr", 2, 10**15, "indptr must never fall"),
        ("indptr", 2, -5, "indptr must never fall"),
        ("indices", 5, -1, "indices must be from 0"),
        ("indices", 5, 10**6, "indices must be from 0"),
        ("indices", 1, 0, "indices must rise"),
        ("data", 7, np.nan, "counts must be finite and above 0"),
        ("data", 7, np.inf, "counts must be finite and above 0"),
        ("data", 7, 0, "counts must be finite and above 0"),
        ("data", -1, -1, "counts must be finite and above 0"),
    ],
    ids=str,
)
@pytest.mark.parametrize("step", [1 << 20, 7])
def test_damage_is_found_before_it_is_believed(counts, name, place, value, message, step, tmp_path, monkeypatch):
    monkeypatch.setattr("wordvec.cooccurrence.counts.STEP", step)
    assert replace(counts, checked=False).check().checked

    def change(array):
        array[place] = value

    broken = damaged(counts, **{name: change})
    with pytest.raises(wordvec.FormatError, match=message):
        broken.check()
    with pytest.raises(wordvec.FormatError, match=message):
        broken.save(tmp_path / "c.safetensors")
    monkeypatch.setattr(Cooccurrence, "check", lambda self: self)
    broken.save(tmp_path / "c.safetensors")  # as a file that was damaged and given new checksums
    monkeypatch.undo()
    with pytest.raises(wordvec.FormatError, match=message):
        Cooccurrence.load(tmp_path / "c.safetensors").check()


def test_damaged_bytes_are_no_crash(tmp_path):
    path = tmp_path / "c.safetensors"
    wordvec.count([["a", "rose", "is", "a", "rose"]] * 3, window=2, min_count=1).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    opened = 0
    for _ in range(300):
        data = bytearray(whole)
        if rng.random() < 0.3:
            del data[int(rng.integers(0, len(data))) :]
        else:
            data[int(rng.integers(0, len(data)))] = int(rng.integers(0, 256))
        path.write_bytes(data)
        try:
            Cooccurrence.load(path).check()
            opened += 1
        except (wordvec.FormatError, wordvec.OptionError):
            pass
    assert 0 < opened < 300


def test_headers_that_lie(counts, tmp_path):
    path = tmp_path / "c.safetensors"
    counts.save(path)
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    del header["indptr"]
    text = json.dumps(header).encode().ljust(size)
    path.write_bytes(data[:8] + text + data[8 + size :])
    with pytest.raises(wordvec.FormatError):
        Cooccurrence.load(path)


def test_glove_round_trip(counts, tmp_path):
    counts.save_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")
    records = np.fromfile(tmp_path / "c.bin", module.RECORD)
    assert len(records) == len(counts.data) and records["row"].min() == 1
    lines = (tmp_path / "vocab.txt").read_text().splitlines()
    assert lines[0] == f"{counts.vocabulary[0]} {counts.vocabulary.counts[0]}"
    assert_same(Cooccurrence.load_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt"), counts)


@pytest.mark.parametrize("limit", [1 << 24, 1000])
def test_records_in_any_order_and_in_pieces(counts, limit, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SORTED", limit)
    monkeypatch.setattr(module, "STEP", 777)
    counts.save_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")
    records = np.fromfile(tmp_path / "c.bin", module.RECORD)
    records["value"] = np.round(records["value"] * 64)  # whole numbers, whose sums are exact in any order
    whole = np.maximum(records["value"], 2)
    records["value"] = whole - 1
    twice = np.concatenate([records, records])
    twice["value"][len(records) :] = 1
    np.random.default_rng(0).shuffle(twice)
    twice.tofile(tmp_path / "c.bin")
    again = Cooccurrence.load_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt").check()
    assert np.array_equal(again.indptr, counts.indptr) and np.array_equal(again.indices, counts.indices)
    assert np.array_equal(again.data, whole)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ((0, 1, 1.0), "must have words from 1 to 3"),
        ((1, 4, 1.0), "must have words from 1 to 3"),
        ((-7, 1, 1.0), "record 2 is"),
        ((1, 1, float("nan")), "weight above 0"),
        ((1, 1, 0.0), "weight above 0"),
        ((1, 1, float("inf")), "weight above 0"),
        ((1, 3, 1e-300), "a weight above 0 that float32 can hold"),
        ((1, 3, 3.5e38), "a weight above 0 that float32 can hold"),
        ((1, 2, 3.4028234e38), None),
    ],
    ids=str,
)
def test_records_that_cannot_be(record, message, tmp_path):
    (tmp_path / "vocab.txt").write_text("a 3\nb 2\nc 1\n")
    records = [(1, 2, 1.0), record]
    if message is None:
        records, message = [record] * 2, r"c\.bin: weights of a cell must add up to what float32 can hold"
    np.array(records, module.RECORD).tofile(tmp_path / "c.bin")
    with pytest.raises(wordvec.FormatError, match=message):
        Cooccurrence.load_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")


@pytest.mark.parametrize(
    ("vocab", "size", "message"),
    [
        ("a 3\nb 2\n", 20, "records of 16 bytes"),
        ("a 3\nb 2\n", 0, "records of 16 bytes"),
        ("a 3\nb\n", 16, "line 2 must be a word and its count"),
        ("a 3\na 2\n", 16, "distinct"),
        ("", 16, "the file is empty"),
    ],
    ids=str,
)
def test_files_that_are_no_glove(vocab, size, message, tmp_path):
    (tmp_path / "vocab.txt").write_text(vocab)
    (tmp_path / "c.bin").write_bytes(np.array([(1, 2, 1.0)] * 2, module.RECORD).tobytes()[:size])
    with pytest.raises(wordvec.FormatError, match=message):
        Cooccurrence.load_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")


def test_words_that_vocab_txt_cannot_hold(tmp_path):
    counts = wordvec.count([["new york", "is"]], min_count=1)
    with pytest.raises(wordvec.OptionError, match="no white space; got 'new york'"):
        counts.save_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")
    assert not (tmp_path / "c.bin").exists() and not (tmp_path / "vocab.txt").exists()
    apart = wordvec.count([["a", "b"]], min_count=1, per_offset=True)
    with pytest.raises(wordvec.OptionError, match="per_offset"):
        apart.save_glove_format(tmp_path / "c.bin", tmp_path / "vocab.txt")
