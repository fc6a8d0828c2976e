"""What is no text, no list of texts, and no token is refused before it is learned from."""

import csv
import gzip
import io
import os
import pickle
import zipfile

import numpy as np
import pytest

import wordvec
from wordvec import PVDBOW
from wordvec.base.threads import cpu_quota, usable_cores
from wordvec.texts import TextEncoder

SMALL = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 1, "sample": 0.0}
LINES = "the cat sat on the mat\n" * 30


def zipped():
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("text.txt", LINES)
    return whole.getvalue()


NO_TEXT = {
    "UTF-16 without": LINES.encode("utf-16-le"),
    "gzip": gzip.compress(gzip.compress(LINES.encode())),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(100),
    "PDF": b"%PDF-1.4\n...",
    "Parquet": b"PAR1\x15\x04",
    "pickle": pickle.dumps([LINES] * 3),
    "vectors": b"2 3\nthe 0.1 -0.2 0.3\ncat 0.5 0.1 0.2\n",
}


@pytest.mark.parametrize(("name", "data"), NO_TEXT.items(), ids=NO_TEXT)
def test_files_that_are_no_text_are_refused(name, data, file):
    """They were trained on: eleven vectors of a program, with a loss of zero."""
    cut = lambda path: wordvec.encode_corpus(path, tokenizer=str.split)  # noqa: E731
    for read in (wordvec.SkipGram(**SMALL).fit, PVDBOW(**SMALL).fit, cut):
        with pytest.raises(wordvec.CorpusError, match="must be text in UTF-8; it is"):
            read(file(data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_text_with_a_byte_order_mark_is_read_in_its_encoding(encoding, file):
    plain, marked = wordvec.encode_corpus(file(LINES.encode())), wordvec.encode_corpus(file(LINES.encode(encoding)))
    assert marked.fingerprint == plain.fingerprint


def test_vectors_are_no_corpus(tmp_path):
    wordvec.SkipGram(**SMALL).fit([["a", "b"]] * 9).save(tmp_path / "v.safetensors")
    with pytest.raises(wordvec.CorpusError, match=r"a \.safetensors file"):
        wordvec.encode_corpus(tmp_path / "v.safetensors")


def test_rows_of_json_are_a_warning(file):
    with pytest.warns(UserWarning, match="looks like JSON"):
        wordvec.encode_corpus(file(b'{"text": "the cat"}\n' * 3), min_count=1)


ROW = {"text": "the cat", "label": 1}
NO_SENTENCES = {
    "dicts": [ROW],
    "csv": csv.DictReader(io.StringIO("text,label\nthe cat,1\n")),
    "letters": [np.array("abc")],
    "characters": [np.frombuffer(b"abc", "S1")],
    "bytes": [bytearray(b"abc")],
    "set": [{"a", "b"}],
    "set of sentences": {("a", "b"), ("c", "d")},
    "none": [None],
    "no numbers": [["a", float("nan")]],
    "nested": [["a", ["b", "c"]]],
    "one array": np.array("abc"),
}


@pytest.mark.parametrize("corpus", NO_SENTENCES.values(), ids=NO_SENTENCES)
def test_sentences_that_are_something_else(corpus):
    with pytest.raises(wordvec.CorpusError, match=r"must be a list of tokens|cannot be|must be a str"):
        wordvec.SkipGram(**SMALL).fit(corpus)


def test_tables_name_their_columns():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame([ROW, ROW])
    with pytest.raises(wordvec.CorpusError, match=r"a table \(DataFrame, which has 'text', 'label'\): give one column"):
        wordvec.SkipGram(**SMALL).fit(table)
    model = PVDBOW(**SMALL).fit(table["text"])
    for read in (PVDBOW(**SMALL).fit, model.encode, TextEncoder(model.words).encode):
        with pytest.raises(wordvec.OptionError, match="give one column"):
            read(table)


@pytest.mark.parametrize("text", [None, float("nan"), 3, {"text": "the cat"}, {"the", "cat"}, bytearray(b"cat")])
def test_texts_that_are_something_else(text):
    model = PVDBOW(**SMALL).fit(["the cat", "the dog"])
    for read in (PVDBOW(**SMALL).fit, model.encode, TextEncoder(model.words).encode):
        with pytest.raises(wordvec.WordTypeError, match="a text must be a str or a list of tokens; text 1 is"):
            read(["the cat", text])


def test_quotas_of_control_groups(tmp_path):
    """Of both versions, of the group and of those it is in; rounded up."""

    def quota(membership, **files):
        (tmp_path / "cgroup").write_text(membership)
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return cpu_quota(str(tmp_path / "cgroup"), str(tmp_path))

    assert quota("0::/\n") is None and cpu_quota(str(tmp_path / "nowhere")) is None
    assert quota("0::/pod/box\n", **{"pod__cpu.max": "max 100000\n"}) is None
    assert quota("0::/pod/box\n", **{"pod__cpu.max": "350000 100000\n"}) == 4
    assert quota("0::/pod/box\n", **{"pod__box__cpu.max": "50000 100000\n"}) == 1
    v1 = {"cpu__cpu.cfs_quota_us": "-1\n", "cpu__cpu.cfs_period_us": "100000\n"}
    assert quota("4:cpu,cpuacct:/docker/x\n", **v1) is None
    assert quota("4:cpu,cpuacct:/docker/x\n", **v1 | {"cpu__cpu.cfs_quota_us": "200000\n"}) == 2


def test_usable_cores_are_those_of_the_affinity_or_the_quota_whichever_are_fewer(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    for quota, usable in ((None, 3), (1, 1), (2, 2), (64, 3)):
        monkeypatch.setattr("wordvec.base.threads._own_quota", lambda quota=quota: quota)
        assert usable_cores() == usable


def test_a_corpus_without_frequent_words_is_doubted_where_it_is_no_text(file):
    data = np.random.default_rng(0).integers(128, 256, 4000, np.uint8).tobytes()
    with pytest.raises(wordvec.CorpusError, match=r"no word occurs 5 times .* another encoding than UTF-8"):
        wordvec.encode_corpus(file(data))
    with pytest.raises(wordvec.CorpusError, match=r"occurs once; give more text or min_count=1$"):
        wordvec.encode_corpus(file(b"one word"))


def test_vectors_of_one_dimension_are_warned_of():
    with pytest.warns(UserWarning, match=r"one dimension .* vector_size=50"):
        wordvec.SkipGram(**SMALL | {"vector_size": 1}).fit([["a", "b"]] * 9)
