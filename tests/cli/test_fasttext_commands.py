"""What scripts of fastText do in the shell, by the verbs of wordvec."""

import json

import numpy as np
import pytest
from reference_classify import TEST, TRAIN

import wordvec
from wordvec import fasttext
from wordvec.classify import TextClassifier
from wordvec.cli import main

OPTIONS = ["--vector-size", "12", "--epochs", "8", "--alpha", "0.5", "--workers", "1", "--quiet"]


@pytest.fixture
def files(in_folder):
    for name, (texts, labels) in (("train.txt", TRAIN), ("test.txt", TEST)):
        lines = [f"__label__{label} {text}\n" for text, label in zip(texts, labels)]
        (in_folder / name).write_text("".join(lines), encoding="utf-8")
    return in_folder


def rows_of(text):
    return np.array([line.split()[-12:] for line in text.splitlines()], float)


def test_a_compressed_classifier_is_a_model_of_fasttext(files, capsys):
    """`compress -o name.ftz` writes what its name says, and refuses other names before any work."""
    hashed = ["--word-ngrams", "2", "--bucket", "3000"]
    assert main(["classify", "train", "train.txt", "-o", "m.bin", *hashed, *OPTIONS]) == 0
    assert main(["classify", "compress", "m.bin", "-o", "m.ftz", "--cutoff", "300", "--quiet"]) == 0
    assert (files / "m.ftz").read_bytes()[:4] == (files / "m.bin").read_bytes()[:4]
    model = fasttext.load_model("m.ftz")
    assert model.is_quantized() and model.test("test.txt")[1] > 0.9
    capsys.readouterr()
    for action, name, said in (
        (["train", "train.txt"], "x.ftz", "of compressed classifiers"),
        (["train", "train.txt"], "x.vec", "a classifier (name.safetensors"),
        (["compress", "m.bin"], "x.csv", "a classifier (name.safetensors"),
        (["compress", "m.bin"], "x.safetensors.gz", "must not be compressed"),
    ):
        assert main(["classify", *action, "-o", name]) == 2
        assert said in capsys.readouterr().err and not (files / name).exists()
    with pytest.raises(ValueError, match=r"must be compressed to be saved as name\.ftz"):
        TextClassifier.load("m.bin").save("x.ftz")
    with pytest.raises(ValueError, match=r"a classifier \(name\.safetensors"):
        TextClassifier.load("m.bin").save("x.txt")


def test_predictions_as_json(files, capsys):
    main(["classify", "train", "train.txt", "-o", "m.safetensors", *OPTIONS])
    (files / "lines.txt").write_text(f"{TEST[0][0]}\n\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["classify", "predict", "m.safetensors", "lines.txt", "--json", "-k", "2"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    wanted = TextClassifier.load("m.safetensors").predict([TEST[0][0], ""], k=2)
    assert [[(one["label"], one["probability"]) for one in line] for line in found] == wanted


def test_training_starts_at_given_vectors_and_weighs_labels(files, capsys):
    (files / "p.vec").write_text("2 12\nw1 " + "3 " * 12 + "\nnowhere " + "1 " * 12 + "\n")
    command = ["classify", "train", "train.txt", "-o", "m.safetensors", *OPTIONS, "--force"]
    assert main([*command, "--init", "p.vec", "--class-weight", "art=3", "--class-weight", "sport=.5"]) == 0
    made = TextClassifier.load("m.safetensors")
    assert "nowhere" in made.words and made.metadata["class_weight"] == {"art": 3.0, "sport": 0.5}
    assert main([*command, "--class-weight", "balanced"]) == 0
    assert TextClassifier.load("m.safetensors").metadata["class_weight"] == "balanced"
    capsys.readouterr()
    for wrong, said in (("art", "LABEL=W"), ("arts=2", "did you mean 'art'"), ("art=-1", "at least 0")):
        assert main([*command, "--class-weight", wrong]) == 2
        assert said in capsys.readouterr().err


def test_vectors_of_lines_and_words_of_a_classifier(files, capsys):
    """print-sentence-vectors and print-word-vectors, of a supervised model."""
    main(["classify", "train", "train.txt", "-o", "m.bin", "--min-n", "2", "--max-n", "3", "--bucket", "999", *OPTIONS])
    main(["classify", "train", "train.txt", "-o", "m.safetensors", *OPTIONS])
    capsys.readouterr()
    (files / "lines.txt").write_text("w1 w2\nunseen\n", encoding="utf-8")
    model = fasttext.load_model("m.bin")
    for how in ([], ["--agg", "fasttext"]):
        assert main(["encode", "m.bin", "lines.txt", *how]) == 0
        wanted = [model.get_sentence_vector(line) for line in ("w1 w2", "unseen")]
        np.testing.assert_allclose(rows_of(capsys.readouterr().out), wanted, atol=1e-5)
    assert main(["encode", "m.bin", "lines.txt", "--words"]) == 0
    out = capsys.readouterr().out
    assert [line.split(" ")[0] for line in out.splitlines()] == ["w1", "w2", "unseen"]
    np.testing.assert_allclose(rows_of(out), [model[word] for word in ("w1", "w2", "unseen")], atol=1e-5)
    assert main(["encode", "m.safetensors", "lines.txt"]) == 0
    wanted = TextClassifier.load("m.safetensors").transform(["w1 w2", "unseen"])
    np.testing.assert_allclose(rows_of(capsys.readouterr().out), wanted, atol=1e-5)
    assert main(["encode", "m.bin", "lines.txt", "--words", "--norm", "l2"]) == 2


def test_vectors_of_lines_and_words_of_a_model_of_words(in_folder, sample, capsys):
    how = {"dim": 12, "epoch": 1, "minCount": 30, "bucket": 500, "t": 0.1, "thread": 1, "verbose": 0}
    model = fasttext.train_unsupervised(str(sample), **how)
    model.save_model("m.bin")
    lines = ["the guitar", "unseenword the", "", "the 日本語"]
    (in_folder / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["encode", "m.bin", "lines.txt", "--agg", "fasttext"]) == 0
    wanted = [model.get_sentence_vector(line) for line in lines]
    np.testing.assert_allclose(rows_of(capsys.readouterr().out), wanted, atol=1e-5)
    assert main(["encode", "m.bin", "lines.txt", "--words"]) == 0
    wanted = [model[word] for line in lines for word in line.split()]
    np.testing.assert_allclose(rows_of(capsys.readouterr().out), wanted, atol=1e-5)
    kv = wordvec.load("m.bin")
    words = wordvec.KeyedVectors(["a", "b", "zero"], [[3, 4], [0, 2], [0, 0]])
    encoder = wordvec.texts.TextEncoder(words, agg="fasttext")
    np.testing.assert_allclose(encoder.encode(["a b zero", "zero", "x"]), [[0.3, 0.9], [0, 0], [0, 0]], atol=1e-6)
    words.save("w.vec")
    (in_folder / "two.txt").write_text("a nope\n")
    assert main(["encode", "w.vec", "two.txt", "--words"]) == 0
    assert capsys.readouterr().out == "a 3 4\nnope 0 0\n"
    assert kv.context is not None
