"""Pieces of words that are learned from text or given: corpora, vectors, files, folders of model2vec, and errors."""

import json
import pickle

import numpy as np
import pytest

import wordvec
from wordvec import OptionError, encode_corpus
from wordvec.cli import main
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.tokenizers import tokenizer_of
from wordvec.texts import TextEncoder

pytest.importorskip("tokenizers")
STEMS, ENDS = ["walk", "talk", "jump", "look"], ["", "s", "ed", "ing", "er"]
LINES = [f"the {a}{x} and a {b}{y}, É 東" for a in STEMS for b in STEMS for x in ENDS for y in ENDS]
KINDS = ["bpe", "unigram", "wordpiece"]
LEARNED = {"\u0120walk", "\u2581walk", "##ing"}
TEXT = "the talking jumper looked zzz"


@pytest.fixture(scope="module", params=KINDS)
def pieces(request):
    return Pieces.learn(LINES, request.param, size=300 if request.param == "bpe" else 60)


def test_pieces_are_the_words_of_a_corpus_and_of_vectors(pieces, tmp_path):
    corpus = encode_corpus(LINES, tokenizer=pieces)
    assert list(corpus.vocabulary) == pieces.words and corpus.pieces == pieces
    assert LEARNED & set(pieces.words) and not {"[PAD]", "[UNK]"} & set(pieces.words)
    first = [corpus.vocabulary[i] for i in corpus.ids[: corpus.offsets[1]]]
    assert first == pieces(LINES[0]) == pieces.batch(LINES[:1])[0]
    (tmp_path / "raw.txt").write_text("\n".join(LINES))
    pieces.save(tmp_path / "pieces.json")
    again = encode_corpus(tmp_path / "raw.txt", tokenizer=f"pieces:{tmp_path / 'pieces.json'}", workers=2)
    assert again.fingerprint == corpus.fingerprint and again.options["tokenizer"] == "pieces"
    again.save(tmp_path / "corpus")
    opened = encode_corpus(tmp_path / "corpus", vocabulary=pieces.words)
    assert opened.pieces == pieces and opened.fingerprint == corpus.fingerprint
    vectors = wordvec.SkipGram(vector_size=8, epochs=1, workers=1).fit(opened)
    direct = wordvec.SkipGram(vector_size=8, epochs=1, workers=1).fit(tmp_path / "raw.txt", tokenizer=pieces)
    assert vectors.tokenizer == direct.tokenizer == pieces and (vectors.vectors == direct.vectors).all()
    vectors.save(tmp_path / "v.safetensors")
    opened = wordvec.load(tmp_path / "v.safetensors")
    mean = np.mean([vectors[piece] for piece in pieces(TEXT)], axis=0)
    for same in (vectors, opened):
        assert np.allclose(TextEncoder(same).encode([TEXT])[0], mean, atol=1e-6)
    assert tokenizer_of(opened.metadata) is None  # the name in a file is inert; the pieces are data


def test_counts_say_that_they_do_not_keep_the_tokenizer():
    with pytest.warns(UserWarning, match="counts do not keep the tokenizer of pieces"):
        wordvec.count(LINES, tokenizer=Pieces.learn(LINES, size=300), window=2)


def test_a_folder_is_what_model2vec_opens(pieces, tmp_path):
    model2vec = pytest.importorskip("model2vec")
    vectors = wordvec.SkipGram(vector_size=8, epochs=1, workers=1).fit(LINES, tokenizer=pieces)
    vectors.save(f"{tmp_path}/model/")
    found = model2vec.StaticModel.from_pretrained(str(tmp_path / "model")).encode([TEXT, LINES[7]])
    assert np.allclose(found, TextEncoder(vectors).encode([TEXT, LINES[7]]), atol=1e-6)


def test_text_is_cut_alike_however_it_comes():
    pieces = Pieces.learn(LINES, size=300, lowercase=True)
    assert pieces("THE Walk") == pieces("the walk") and pieces.batch(["", "a\udc80"])[0] == []
    assert pieces.batch(LINES) == [pieces(line) for line in LINES]
    assert Pieces.learn(LINES, size=300, lowercase=True) == pieces == pickle.loads(pickle.dumps(pieces))


def test_on_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.txt").write_text("\n".join(LINES))
    assert main(["pieces", "raw.txt", "-o", "p.json", "--kind", "wordpiece", "--size", "60", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pieces"] == len(Pieces.open("p.json").words)
    options = ["--vector-size", "4", "--epochs", "1", "--quiet", "-o", "v.safetensors"]
    assert main(["train", "raw.txt", "--tokenizer", "pieces:p.json", *options]) == 0
    assert wordvec.load("v.safetensors").tokenizer == Pieces.open("p.json")
    assert main(["pieces", "raw.txt", "-o", "p.json"]) == 1 and "--force" in capsys.readouterr().err
    assert main(["train", "raw.txt", "--tokenizer", "pieces:raw.txt", *options]) == 1


def test_what_is_refused(tmp_path):
    pieces = Pieces.learn(LINES, size=300)
    for given in ({"lowercase": True}, {"max_vocab": 10}, {"nfc": True, "fold_accents": True}):
        with pytest.raises(OptionError, match=f"{', '.join(given)} must be left out with pieces"):
            encode_corpus(LINES, tokenizer=pieces, **given)
    with pytest.raises(OptionError, match="kind must be one of bpe, unigram, wordpiece"):
        Pieces.learn(LINES, "words")
    with pytest.raises(OptionError, match="size must be an integer >= 10"):
        Pieces.learn(LINES, size=1)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(wordvec.FormatError, match="must be one that the library tokenizers reads"):
        encode_corpus(LINES, tokenizer=f"pieces:{tmp_path / 'bad.json'}")
    with pytest.raises(FileNotFoundError):
        encode_corpus(LINES, tokenizer=f"pieces:{tmp_path / 'none.json'}")


def test_pieces_are_cut_on_one_machine(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from wordvec.distributed import FolderStore
    from wordvec.distributed import encode_corpus as encode_on

    with ThreadPoolExecutor(1) as executor, pytest.raises(OptionError, match="pieces must be left out on several"):
        encode_on(LINES, executor=executor, store=FolderStore(tmp_path), tokenizer=Pieces.learn(LINES, size=300))
