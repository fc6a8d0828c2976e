"""What fastText's own script of checks asks of a model, of random words of many scripts, asked of wordvec.fasttext."""

import random

import numpy as np
import pytest

from wordvec import fasttext

RANGES = [(0x21, 0x21), (0x23, 0x26), (0x28, 0x7E), (0xA1, 0xAC), (0xAE, 0x24F), (0x370, 0x377), (0x16A0, 0x16F0)]
ALPHABET = [chr(code) for first, last in RANGES for code in range(first, last + 1)]
GENERAL = [{"minn": 2, "maxn": 4}, {"minn": 0, "maxn": 0, "bucket": 0}, {"dim": 1}, {"dim": 5}]
SUPERVISED = [*GENERAL, {"dim": 5, "loss": "hs"}]
UNSUPERVISED = [*GENERAL[:3], {"dim": 5, "model": "cbow"}, {"dim": 5, "model": "skipgram"}]


def random_words(rng, count, longest=20):
    return ["".join(rng.choices(ALPHABET, k=rng.randint(1, longest))) for _ in range(count)]


def random_lines(rng, count=100, types=100, least=0):
    words = random_words(rng, types, 10)
    return [" ".join(rng.choices(words, k=rng.randint(least, 20))) for _ in range(count)]


@pytest.fixture
def rng():
    return random.Random(1)


def build(train, lines, path, how, label=""):
    path.write_text("".join(f"{label}{line.strip()}\n" for line in lines), encoding="utf-8")
    return train(input=str(path), **{"thread": 1, "epoch": 1, "minCount": 1, "bucket": 1000, "verbose": 0, **how})


def of_words(lines, path, how):
    return build(fasttext.train_unsupervised, lines, path, {"t": 1.0, **how})


def of_labels(lines, path, how):
    """The first word of each line becomes its label."""
    return build(fasttext.train_supervised, lines, path, how, "__label__")


@pytest.mark.parametrize("how", UNSUPERVISED, ids=str)
def test_a_vector_is_the_mean_of_the_rows_that_subwords_name(rng, tmp_path, how):
    model = of_words(random_lines(rng), tmp_path / "t.txt", how)
    matrix = model.get_input_matrix()
    assert model.get_dimension() == how.get("dim", 100) and not model.is_quantized()
    for word in [*model.get_words(), *random_words(rng, 100)]:
        vector = model.get_word_vector(word)
        strings, rows = model.get_subwords(word)
        own = model.get_word_id(word)
        assert len(strings) == len(rows) and (own < 0 or (strings[0] == word and rows[0] == own))
        ids = [model.get_subword_id(string) for string in strings[own >= 0 :]] + [own] * (own >= 0)
        assert sorted(ids) == sorted(rows.tolist())
        for of_rows in (matrix[rows], np.array([model.get_input_vector(row) for row in rows])):
            mean = of_rows.mean(axis=0) if len(rows) else np.zeros(model.get_dimension())
            np.testing.assert_allclose(vector, mean, atol=1e-5)


@pytest.mark.parametrize("how", UNSUPERVISED, ids=str)
def test_words_are_counted_and_the_end_of_lines_is_one(rng, tmp_path, how):
    lines = random_lines(rng)
    model = of_words(lines, tmp_path / "t.txt", how)
    words, counts = model.get_words(include_freq=True)
    tokens = [word for line in lines for word in line.split()]
    assert set(words) == {*tokens, fasttext.EOS} and words == model.get_words() == model.get_labels()
    assert all(tokens.count(word) == count for word, count in zip(words, counts) if word != fasttext.EOS)
    assert list(counts) == sorted(counts, reverse=True)
    with pytest.raises(ValueError, match="no tokens"):
        of_words([], tmp_path / "none.txt", how)
    with pytest.raises(ValueError, match="supervised"):
        model.quantize()


@pytest.mark.parametrize("how", SUPERVISED, ids=str)
def test_predictions_of_one_and_of_many_are_the_same(rng, tmp_path, how):
    model = of_labels(random_lines(rng, least=1), tmp_path / "t.txt", how)
    labels, counts = model.get_labels(include_freq=True)
    assert labels == model.get_labels() and len(counts) == len(labels) and model.get_dimension() == how.get("dim", 100)
    texts = [*random_words(rng, 10), *random_lines(rng, 10)]
    for k in (1, 2, 5):
        one_by_one = [model.predict(text, k) for text in texts]
        names, values = model.predict(texts, k)
        assert [list(own) for own, _ in one_by_one] == names
        for (_, own), many in zip(one_by_one, values, strict=True):
            np.testing.assert_allclose(own, many, rtol=1e-5)
        assert all(len(own) == min(k, len(labels)) for own in names)


@pytest.mark.parametrize("how", SUPERVISED, ids=str)
def test_what_test_finds_is_what_predict_and_get_line_make(rng, tmp_path, how):
    lines = random_lines(rng, least=2)
    model = of_labels(lines[:66], tmp_path / "train.txt", how)
    (tmp_path / "test.txt").write_text("".join(f"__label__{line}\n" for line in lines[33:]), encoding="utf-8")
    texts, labels = [], []
    for line in (tmp_path / "test.txt").read_text(encoding="utf-8").splitlines():
        words, own = model.get_line(line.strip())
        if own:
            texts.append(" ".join(words))
            labels.append(own)
    predicted, _ = model.predict(texts)
    number, precision, recall = model.test(str(tmp_path / "test.txt"))
    assert number == len(texts)
    assert (precision, recall) == pytest.approx(fasttext.util.test(predicted, labels))


def test_lines_of_many_are_those_of_each(rng, tmp_path):
    lines = random_lines(rng)
    for build_one in (of_labels, of_words):
        model = build_one([line or "x" for line in lines], tmp_path / "t.txt", {})
        words, labels = model.get_line(lines)
        assert words == [model.get_line(line)[0] for line in lines] and labels == [[]] * len(lines)
        assert all(line.split() == own[:-1] and own[-1] == fasttext.EOS for line, own in zip(lines, words))


def test_words_of_any_script_are_tokens(rng):
    words = random_words(rng, 100)
    assert fasttext.tokenize(" ".join(words)) == words
    assert fasttext.tokenize("a\n") == ["a", fasttext.EOS] and fasttext.tokenize("\n") == [fasttext.EOS]
    assert fasttext.tokenize("") == [] == fasttext.tokenize(" ")


def test_a_classifier_is_quantized_once(rng, tmp_path):
    model = of_labels(random_lines(rng, 1000, 1000, least=1), tmp_path / "t.txt", {"dim": 8})
    assert not model.is_quantized()
    before = model.get_word_vector("x")
    model.quantize()
    assert model.is_quantized() and model.get_word_vector("x").shape == before.shape
    with pytest.raises(ValueError, match="this one is"):
        model.quantize()
