"""Folders of spaCy and sense2vec, read without these libraries."""

import json
import struct

import numpy as np
import pytest

from wordvec import load
from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.spacy import hashes_of

WORDS = ["king", "queen", "naïve", "日本語", "a b", "natural_language_processing|NOUN", "x" * 40, "12345678"]
ROWS = np.random.default_rng(1).standard_normal((9, 4)).astype(np.float32)


def written(folder, words=WORDS, rows=ROWS, keys=None, config=None):
    folder.mkdir(parents=True)
    with open(folder / "vectors", "wb") as file:
        np.save(file, rows)
    pairs = [(int(key), row) for row, key in enumerate(hashes_of([word.encode() for word in words]))]
    pairs = pairs if keys is None else keys
    body = b"".join(b"\xcf" + struct.pack(">Q", key) + b"\xcd" + struct.pack(">H", row) for key, row in pairs)
    (folder / "key2row").write_bytes(b"\xdf" + struct.pack(">I", len(pairs)) + body)
    (folder / "strings.json").write_text(json.dumps([*words[::-1], "without a row"]))
    (folder / "vectors.cfg").write_text(json.dumps(config or {"mode": "default"}))
    return folder


def test_strings_are_known_by_their_hash():
    # what spaCy's StringStore gives
    assert hashes_of([b"apple", b""]).tolist() == [8566208034543834098, 0]
    peer = pytest.importorskip("spacy").strings
    assert hashes_of([word.encode() for word in WORDS]).tolist() == [peer.hash_string(word) for word in WORDS]


def test_words_come_in_the_order_of_rows(tmp_path):
    for folder in (written(tmp_path / "a"), written(tmp_path / "pipeline" / "vocab").parent):
        kv = load(folder)
        assert list(kv) == WORDS and kv.vectors.tobytes() == ROWS[:8].tobytes()
        assert kv.metadata["source"] == {"format": "spacy", "rows": 9, "duplicates": 0, "without_word": 0}
    assert list(load(tmp_path / "a", words=["queen", "x"])) == ["queen"]
    seen = [[int(key), 5] for key in hashes_of([word.encode() for word in WORDS])]
    (tmp_path / "a" / "freqs.json").write_text(json.dumps(seen))
    assert load(tmp_path / "a", limit=2).vocabulary.counts.tolist() == [5, 5]
    shared = written(tmp_path / "b", keys=[(int(key), 3) for key in hashes_of([b"king", b"queen"])] + [(92, 1)])
    kv = load(shared)
    assert sorted(kv) == ["king", "queen"] and kv.metadata["source"]["without_word"] == 1
    assert kv["king"].tolist() == kv["queen"].tolist() == ROWS[3].tolist()


def test_what_spacy_itself_has_written(tmp_path):
    spacy = pytest.importorskip("spacy")
    from wordvec import KeyedVectors
    from wordvec.interop import to_spacy
    from wordvec.subwords import make_subwords

    kv = KeyedVectors(WORDS, ROWS[:8])
    to_spacy(kv, "en", tmp_path / "pipeline")
    again = load(tmp_path / "pipeline")
    assert sorted(again) == sorted(WORDS) and all((again[word] == kv[word]).all() for word in WORDS)
    floret = make_subwords("floret", ROWS, min_n=2, max_n=3, hash_count=2)
    to_spacy(KeyedVectors([], np.empty((0, 4)), subwords=floret), "en", tmp_path / "floret")
    read = load(tmp_path / "floret", words=["king"])
    assert list(read) == ["king"] and spacy
    np.testing.assert_allclose(read["kingdom"], floret.compose(["kingdom"])[0][0], atol=1e-6)
    with pytest.raises(OptionError, match="limit and min_count must be left out"):
        load(tmp_path / "floret", limit=3)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("key2row", b""),
        ("key2row", b"\x81"),
        ("key2row", b"\x81\xcf\0"),
        ("key2row", b"\x81\xa1a\x01"),
        ("key2row", b"\x81\x05\x09"),
        ("key2row", b"\xdf\xff\xff\xff\xff\x01\x01"),
        ("key2row", b"\x90"),
        ("key2row", b"\x80\x00"),
        ("strings.json", b"{}"),
        ("strings.json", b"[1]"),
        ("strings.json", b"\xff"),
        ("strings.json", b"[" * 100_000),
        ("vectors", b"\x93NUMPY"),
        ("vectors.cfg", b'{"mode": "floret"}'),
        ("vectors.cfg", b'{"mode": "floret", "minn": 2, "maxn": 3, "hash_count": 1, "hash_seed": 1, "bow": "^"}'),
    ],
)
def test_damaged_folders_are_refused(name, data, tmp_path):
    folder = written(tmp_path / "a")
    (folder / name).write_bytes(data)
    with pytest.raises(FormatError):
        load(folder)
