"""Folders of model2vec and StaticEmbedding: read by hand-made golden folders, written for both libraries; damage."""

import json
import os
import random
import struct
import subprocess
import sys

import golden_others as golden
import numpy as np
import pytest
from golden_others import MATRIX, WORDS, safetensors, tokenizer

from wordvec import codecs, formats
from wordvec.base.errors import FormatError, OptionError, OutputError, WordvecError
from wordvec.formats import model2vec
from wordvec.rows import Shared
from wordvec.vectors import KeyedVectors

RNG = np.random.default_rng(2)


def folder_of(path, tensors, pieces, place="", **more):
    (path / place).mkdir(parents=True, exist_ok=True)
    (path / place / "model.safetensors").write_bytes(safetensors(tensors))
    (path / place / "tokenizer.json").write_bytes(pieces if isinstance(pieces, bytes) else tokenizer(pieces, **more))
    return path


def test_golden_folder(tmp_path):
    path, words, matrix = golden.model2vec(tmp_path)
    for mapped in (True, False):
        vectors = formats.load(path, mmap=mapped)
        assert list(vectors) == words and vectors.vectors.tobytes() == matrix.tobytes()
    assert vectors.metadata["model2vec"] == {"normalize": True, "hidden_dim": 3}
    source = {"format": "model2vec", "rows": 6, "codec": "F32", "weighted": False}
    assert vectors.metadata["source"] == source
    assert formats.load(path).vectors.base is not None  # a view of the map
    some = formats.load(path, words=["日本", "the"])
    assert list(some) == ["the", "日本"] and some.vectors.tolist() == matrix[[1, 3]].tolist()
    assert list(formats.load(path, limit=2)) == words[:2]
    with pytest.raises(OptionError, match="min_count must be left out"):
        formats.load(path, min_count=2)


@pytest.mark.parametrize("place", ["", "0_StaticEmbedding"])
def test_sentence_transformers_layouts(place, tmp_path):
    path = folder_of(tmp_path / "x", {"embedding.weight": MATRIX}, WORDS, place)
    assert formats.load(path).vectors.tolist() == MATRIX.tolist()


@pytest.mark.parametrize("dtype", ["<f2", "|i1", "<f8"])
def test_dtypes(dtype, tmp_path):
    rows = (MATRIX * 10).astype(dtype)
    vectors = formats.load(folder_of(tmp_path, {"embeddings": rows}, WORDS))
    assert vectors.vectors.dtype == np.float32 and vectors.vectors.tolist() == rows.astype(np.float32).tolist()


def test_bfloat16(tmp_path):
    bits = (MATRIX.view(np.uint32) >> 16).astype("<u2")
    data = safetensors({"embeddings": bits.view("<f2")}).replace(b'"F16"', b'"BF16"')
    head = json.dumps(json.loads(data[8 : data.rindex(b"}") + 1])).encode()
    path = folder_of(tmp_path, {"embeddings": MATRIX}, WORDS)
    (path / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + bits.tobytes())
    np.testing.assert_allclose(formats.load(path).vectors, MATRIX, rtol=1e-2)


def test_weights_and_clusters(tmp_path):
    mapping, weights = np.array([1, 0, 1, 2]), np.array([2, 0.5, 1, -1], np.float32)
    tensors = {"embeddings": MATRIX[:3], "mapping": mapping, "weights": weights}
    vectors = formats.load(folder_of(tmp_path, tensors, WORDS))
    expected = MATRIX[mapping] * weights[:, None]
    assert vectors.vectors.tolist() == expected.tolist() and vectors.metadata["source"]["weighted"]
    some = formats.load(tmp_path, words=["naïve", "日本"])
    assert some.vectors.tolist() == expected[2:].tolist()
    del tensors["weights"]
    vectors = formats.load(folder_of(tmp_path, tensors, WORDS))
    assert vectors.vectors.tolist() == MATRIX[mapping].tolist() and vectors.rows.row_of is None
    tensors["mapping"] = np.array([0, 1, 2, 1])  # every row is owned by the word of its number: rows are shared
    vectors = formats.load(folder_of(tmp_path, tensors, WORDS))
    assert vectors.vectors.tolist() == MATRIX[:3].tolist() and vectors.rows.row_of.tolist() == [0, 1, 2, 1]
    assert vectors["日本"].tolist() == MATRIX[1].tolist()
    some = formats.load(tmp_path, words=["the", "日本"])
    assert some["日本"].tolist() == some["the"].tolist() == MATRIX[1].tolist()


def test_every_kind_of_tokenizer(tmp_path):
    added = [{"id": 4, "content": "<extra>"}, {"id": 0, "content": "a"}]
    for model, words in (
        ({"type": "WordPiece", "vocab": {"b": 2, "a": 0, "##c": 1, "d": 3}}, ["a", "##c", "b", "d"]),
        ({"type": "BPE", "vocab": {"Ġb": 1, "a": 0, "c": 2, "d": 3}, "merges": []}, ["a", "Ġb", "c", "d"]),
        ({"type": "Unigram", "vocab": [["a", 0.5], ["▁b", -1], ["c", -2], ["d", -3]]}, ["a", "▁b", "c", "d"]),
        ({"type": "WordLevel", "vocab": {"a": 0, "c": 3}}, ["a", "c"]),
    ):
        data = json.dumps({"model": model, "added_tokens": added}).encode()
        rows = np.arange(10, dtype=np.float32).reshape(5, 2)
        vectors = formats.load(folder_of(tmp_path, {"embeddings": rows}, data))
        assert list(vectors) == [*words, "<extra>"]
        assert vectors["<extra>"].tolist() == [8, 9]
        assert vectors.vectors[:, 0].tolist() == ([0, 2, 4, 6, 8] if len(words) == 4 else [0, 6, 8])


def test_special_pieces_with_a_vector_stay(tmp_path):
    rows = np.vstack([np.zeros(3), MATRIX]).astype(np.float32)
    path = folder_of(tmp_path, {"embeddings": rows}, ["[PAD]", "[CLS]", *"abc"], special=(0, 1))
    assert list(formats.load(path)) == ["[CLS]", *"abc"]


# Writing


def test_round_trip(tmp_path):
    words = ["</s>", "the", "naïve", "日本", "\x85x", '"', "\\", "[UNK]", "[PAD]"]
    vectors = KeyedVectors(words[:4] + words[5:], RNG.standard_normal((8, 5)))
    path = tmp_path / "folder"
    formats.save(vectors, f"{path}/")
    assert formats.format_of("a/b/") == "model2vec"
    loaded = formats.load(path)
    assert list(loaded) == list(vectors) and loaded.vectors.tobytes() == vectors.vectors.tobytes()
    before = {name: (path / name).read_bytes() for name in os.listdir(path)}
    formats.save(loaded, path, format="model2vec")  # ours, so it is replaced
    assert {name: (path / name).read_bytes() for name in os.listdir(path)} == before
    assert os.listdir(tmp_path) == ["folder"]
    assert json.loads(before["config.json"])["hidden_dim"] == 5 and b"8 words of 5" in before["README.md"]


def test_encoded_and_shared_rows_are_written(tmp_path):
    matrix = RNG.standard_normal((3, 4)).astype(np.float32)
    shared = KeyedVectors([*"abcd"], Shared(matrix, [0, 1, 2, 1]))
    formats.save(shared, tmp_path / "a", format="model2vec")
    assert formats.load(tmp_path / "a").vectors.tolist() == matrix[[0, 1, 2, 1]].tolist()
    half = KeyedVectors([*"abc"], codecs.encode(matrix, "float16"))
    formats.save(half, tmp_path / "b", format="model2vec")
    assert formats.load(tmp_path / "b").vectors.tolist() == matrix.astype(np.float16).astype(np.float32).tolist()
    for vectors in (shared, half):
        formats.save(vectors, tmp_path / "x.fifu")
        np.testing.assert_allclose(formats.load(tmp_path / "x.fifu")["b"], vectors["b"], rtol=1e-6)


def test_other_folders_are_left_alone(tmp_path):
    vectors = KeyedVectors(WORDS, MATRIX)
    for make in (
        lambda path: path.joinpath("thesis.tex").write_text("x"),
        lambda path: (formats.save(vectors, path, "model2vec"), path.joinpath("mine").write_text("x")),
        lambda path: folder_of(path, {"embeddings": MATRIX}, WORDS),  # of another tool
        lambda path: path.joinpath("config.json").write_text("[" * 9999),
    ):
        path = tmp_path / os.urandom(4).hex()
        path.mkdir()
        make(path)
        before = sorted(os.listdir(path))
        with pytest.raises(OutputError, match="new or empty folder"):
            formats.save(vectors, path, format="model2vec")
        assert sorted(os.listdir(path)) == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="a file of this name"):
        formats.save(vectors, tmp_path / "file", format="model2vec")
    with pytest.raises(OutputError):
        formats.save(vectors, tmp_path / "no" / "such", format="model2vec")
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]


def test_nothing_half_written(tmp_path):
    formats.save(KeyedVectors(WORDS, MATRIX), tmp_path / "x", format="model2vec")
    old = (tmp_path / "x" / "model.safetensors").read_bytes()
    code = """
import resource, sys, numpy as np
from wordvec import formats
from wordvec.base import errors
from wordvec.vectors import KeyedVectors
from wordvec.rows import Shared
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    words = [f"w{i}" for i in range(20_000)]
    formats.save(KeyedVectors(words, np.ones((20_000, 9), np.float32)), sys.argv[1], "model2vec")
except errors.OutputError:
    sys.exit(7)
"""
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "x"], timeout=60).returncode == 7
    assert (tmp_path / "x" / "model.safetensors").read_bytes() == old and os.listdir(tmp_path) == ["x"]


def test_words_that_no_text_reaches(tmp_path):
    with pytest.warns(UserWarning, match=r"2 of 4 \(50.0%\) hold white space or nothing, as 'new york'"):
        formats.save(KeyedVectors(["new york", "a", "", "B"], np.eye(4)), tmp_path / "x", format="model2vec")
    assert list(formats.load(tmp_path / "x")) == ["new york", "a", "", "B"]
    with pytest.warns(UserWarning, match="1 of 2 .* hold white space or capital letters"):
        model2vec.save(KeyedVectors(["a", "B"], np.eye(2)), tmp_path / "y", lowercase=True)
    with pytest.raises(OptionError, match="must be UTF-8"):
        formats.save(KeyedVectors(["\udcff"], np.eye(1)), tmp_path / "z", format="model2vec")


# Damage


@pytest.mark.parametrize(
    ("tensors", "pieces", "problem"),
    [
        ({"x": MATRIX}, WORDS, "must have a tensor embeddings"),
        ({"embeddings": MATRIX[0]}, WORDS, "must have 2 dimensions"),
        ({"embeddings": MATRIX[:3]}, WORDS, "rows of the 3 of the matrix"),
        ({"embeddings": MATRIX, "mapping": np.arange(3)}, WORDS, "a number for each of 4 ids"),
        ({"embeddings": MATRIX, "mapping": np.arange(4) - 1}, WORDS, "one has -1"),
        ({"embeddings": MATRIX, "weights": np.ones(3, "f4")}, WORDS, "a number for each of 4 ids"),
        ({"embeddings": MATRIX}, b"{}", "must have a vocabulary"),
        ({"embeddings": MATRIX}, b"[" * 100_000, "must be JSON"),
        ({"embeddings": MATRIX}, b"\xff", "must be JSON"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": {"a": "0"}}}', "text with an id"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": {"a": -1}}}', "text with an id"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": {"a": true}}}', "text with an id"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": {"a": %s}}}' % (b"9" * 9999), "must be JSON"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": [[[], 1]]}}', "text with an id"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": {"\\ud800": 0}}}', "valid text"),
        ({"embeddings": MATRIX}, b'{"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": 1}]}', "objects with a text"),
    ],
)
def test_wrong_folders(tensors, pieces, problem, tmp_path):
    with pytest.raises(FormatError, match=problem):
        formats.load(folder_of(tmp_path, tensors, pieces))


def test_other_folders_are_not_taken_for_models(tmp_path):
    with pytest.raises(FormatError, match="a folder with nothing"):
        formats.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(FormatError, match="a folder"):
        formats.load(tmp_path)


def test_damage_is_our_error(tmp_path):
    path, _, _ = golden.model2vec(tmp_path)
    rng = random.Random(8)
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        data = (path / name).read_bytes()
        for size in rng.sample(range(len(data)), min(len(data), 100)):
            (path / name).write_bytes(data[:size])
            with pytest.raises(FormatError):
                formats.load(path)
        for _ in range(250):
            damaged = bytearray(data)
            for _ in range(rng.randrange(1, 4)):
                damaged[rng.randrange(len(data))] = rng.randrange(256)
            (path / name).write_bytes(damaged)
            try:
                vectors = formats.load(path)
                assert len(vectors) == len(np.asarray(vectors.vectors)) or vectors.rows.row_of is not None
            except WordvecError:
                pass
        (path / name).write_bytes(data)


# Parity


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def expected_means(vectors, texts):
    return [np.mean([vectors[word] for word in text.split()], axis=0) for text in texts]


TEXTS = ["the 日本", "naïve", "</s> the\tthe naïve"]


def test_model2vec_loads_what_we_write_and_we_what_it_writes(tmp_path, offline):
    library = pytest.importorskip("model2vec", reason="model2vec is not installed")
    ours = KeyedVectors(WORDS, MATRIX)
    formats.save(ours, tmp_path / "ours", format="model2vec")
    theirs = library.StaticModel.from_pretrained(str(tmp_path / "ours"))
    np.testing.assert_allclose(theirs.encode(TEXTS), expected_means(ours, TEXTS), atol=1e-6)
    np.testing.assert_allclose(theirs.encode(["the unknown", "unknown"]), [ours["the"], np.zeros(3)], atol=1e-6)
    assert theirs.encode(["the " * 3000 + "日本 " * 1000])[0][0] == pytest.approx(
        MATRIX[1, 0] * 0.75 + MATRIX[3, 0] / 4, rel=1e-4
    )
    for dtype in ("float32", "float16", "int8"):
        for clusters in (None, 3):
            path = str(tmp_path / f"{dtype}-{clusters}")
            quantised = {"quantize_to": dtype, "vocabulary_quantization": clusters}
            theirs = library.StaticModel.from_pretrained(str(tmp_path / "ours"), **quantised)
            theirs.save_pretrained(path)
            loaded = formats.load(path)
            for word in WORDS:
                np.testing.assert_allclose(loaded[word], theirs.encode([word])[0], rtol=1e-3, atol=1e-5)
    model2vec.save(ours, tmp_path / "low", lowercase=True)
    low = library.StaticModel.from_pretrained(str(tmp_path / "low"))
    np.testing.assert_allclose(low.encode(["THE Naïve"])[0], MATRIX[1:3].mean(0), atol=1e-6)


def test_sentence_transformers_loads_what_we_write_and_we_what_it_writes(tmp_path, offline):
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    ours = KeyedVectors(WORDS, MATRIX)
    formats.save(ours, tmp_path / "ours", format="model2vec")
    theirs = library.SentenceTransformer(str(tmp_path / "ours"), device="cpu")
    np.testing.assert_allclose(theirs.encode(TEXTS), expected_means(ours, TEXTS), atol=1e-6)
    theirs.save(str(tmp_path / "theirs"))
    loaded = formats.load(tmp_path / "theirs")
    assert list(loaded) == WORDS and loaded.vectors.tolist() == MATRIX.tolist()
