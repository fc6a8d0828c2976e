"""Tokenizers of language models: texts are cut into the pieces that the vectors are of, everywhere and after saving."""

import copy
import json
import pickle
import sys

import numpy as np
import pytest

from wordvec import KeyedVectors, load
from wordvec.base.errors import FormatError, LibraryError
from wordvec.corpus.pieces import Pieces
from wordvec.interop import WordVectorizer
from wordvec.texts import TextEncoder

LETTERS = list("abcdefghijklmnopqrstuvwxyz,.!")
TEXTS = ["The king, walked!", "walking talking é the", "", "zzz ü [UNK] x", "the " * 600, "a" * 1500]
KINDS = ["wordpiece", "unigram", "bpe", "words"]


def tokenizer(kind):
    tokenizers = pytest.importorskip("tokenizers")
    models, before = tokenizers.models, tokenizers.pre_tokenizers
    if kind == "unigram":
        vocab = [("<unk>", 0.0), ("▁", -2.0), *((letter, -4.0) for letter in LETTERS), ("▁the", -1.0), ("ing", -1.0)]
        made = tokenizers.Tokenizer(models.Unigram(vocab, 0))
        made.pre_tokenizer = before.Metaspace()
    elif kind == "bpe":
        vocab = {piece: i for i, piece in enumerate([*LETTERS, "Ġ", "th", "the", "Ġt", "in", "ing"])}
        made = tokenizers.Tokenizer(models.BPE(vocab, [("t", "h"), ("th", "e"), ("i", "n"), ("in", "g")]))
        made.pre_tokenizer = before.ByteLevel(add_prefix_space=True)
    elif kind == "words":
        made = tokenizers.Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "king": 2, ",": 3}, unk_token="[UNK]"))
        made.pre_tokenizer, made.normalizer = before.Whitespace(), tokenizers.normalizers.Lowercase()
    else:
        pieces = ["[PAD]", "[UNK]", *LETTERS, *(f"##{letter}" for letter in LETTERS), "the", "walk", "##ing", "##ed"]
        made = tokenizers.Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = tokenizers.normalizers.BertNormalizer(), before.BertPreTokenizer()
        made.add_special_tokens(["[PAD]", "[UNK]"])
    return made


def saved(kind, folder, **options):
    """A folder of model2vec, and what that library makes of the texts."""
    model2vec = pytest.importorskip("model2vec")
    cut = tokenizer(kind)
    rows = np.random.default_rng(1).standard_normal((cut.get_vocab_size(), 6)).astype(np.float32)
    if kind == "wordpiece":
        rows[0] = 0
    model2vec.StaticModel(rows, cut, **options).save_pretrained(str(folder))
    return model2vec.StaticModel.from_pretrained(str(folder)).encode(TEXTS)


@pytest.mark.parametrize("options", [{}, {"normalize": True}, {"max_length": 7}, {"max_length": None}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_encoded_as_by_the_library_and_after_saving_again(kind, options, tmp_path):
    wanted = saved(kind, tmp_path / "model", **options)
    vectors = load(tmp_path / "model")
    vectors.save(tmp_path / "x.safetensors")
    again = load(tmp_path / "x.safetensors")
    again.save(f"{tmp_path}/again/")
    for each in (vectors, again, load(tmp_path / "again"), pickle.loads(pickle.dumps(vectors)), copy.deepcopy(again)):
        np.testing.assert_allclose(TextEncoder(each).encode(TEXTS), wanted, atol=1e-4)
        np.testing.assert_allclose(WordVectorizer(each).transform(TEXTS), wanted, atol=1e-4)
        assert each.tokenizer == vectors.tokenizer and repr(each.tokenizer).startswith("Pieces(<")
    original = (tmp_path / "model" / "tokenizer.json").read_bytes()
    assert (tmp_path / "again" / "tokenizer.json").read_bytes() == original
    model2vec = pytest.importorskip("model2vec")
    found = model2vec.StaticModel.from_pretrained(str(tmp_path / "again")).encode(TEXTS)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_tokenizer_or_tokens_that_are_given_come_first(tmp_path):
    saved("wordpiece", tmp_path / "model", normalize=True)
    vectors = load(tmp_path / "model")
    mean = vectors[["the", "walk"]].mean(axis=0)
    for texts, options in ((["the walk"], {"tokenizer": str.split}), ([["the", "walk"]], {"norm": None})):
        np.testing.assert_allclose(TextEncoder(vectors, **options).encode(texts)[0], mean, atol=1e-6)
    assert np.linalg.norm(TextEncoder(vectors, norm="l2").encode(["the walk"])[0]) == pytest.approx(1)
    assert np.linalg.norm(TextEncoder(vectors, norm=None).encode(["the walk"])[0]) != pytest.approx(1)


def test_a_tokenizer_of_other_pieces_is_left_out_with_a_warning(tmp_path):
    saved("wordpiece", tmp_path / "model")
    vectors = load(tmp_path / "model")
    for change in (vectors.rename({"the": "thee"}), vectors.drop(["walk"])):
        with pytest.warns(UserWarning, match="tokenizer and metadata are left out, as model2vec has no place"):
            change.save(f"{tmp_path}/other/")
        assert load(tmp_path / "other").tokenizer is None
    with pytest.warns(UserWarning, match="texts will be cut at white space"):
        vectors.save(tmp_path / "x.vec")


def test_words_split_at_white_space_need_no_tokenizer(tmp_path):
    KeyedVectors(["king", "queen"], np.eye(2)).save(f"{tmp_path}/plain/")
    vectors = load(tmp_path / "plain")
    assert vectors.tokenizer is None and TextEncoder(vectors).encode(["king queen"]).tolist() == [[0.5, 0.5]]


def test_the_library_is_asked_for_when_texts_are_cut(monkeypatch, tmp_path):
    data = json.dumps({"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a"}}).encode()
    vectors = KeyedVectors(["a"], [[1, 2]], tokenizer=Pieces(data))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    vectors.save(tmp_path / "x.safetensors")
    with pytest.raises(LibraryError, match=r'tokenizers must be installed .*pip install "tokenizers'):
        TextEncoder(load(tmp_path / "x.safetensors")).encode(["a text"])
    assert TextEncoder(vectors).encode([["a"]]).tolist() == [[1, 2]]


def test_what_is_no_tokenizer():
    pytest.importorskip("tokenizers")
    for data in (b"", b"{}", b"\xff", b'{"model": 3}'):
        with pytest.raises(FormatError, match="must be one that the library tokenizers reads"):
            Pieces(data)("a text")
    for config in ({"max_length": 0}, {"max_length": "7"}, 3, {"max_length": True}):
        with pytest.raises(FormatError, match="max_length"):
            Pieces.from_config(b"{}", config)
    assert Pieces.from_config(b"{}", None).config() == {"max_length": None, "normalize": False}
