"""The verb classify: train, predict, test and compress, and what goes wrong."""

import io
import json
import os
import signal
import subprocess
import sys

import pytest
from reference_classify import TEST, TRAIN, small

from wordvec.classify import TextClassifier
from wordvec.cli import main

OPTIONS = ["--vector-size", "12", "--epochs", "8", "--alpha", "0.5", "--workers", "1"]


@pytest.fixture
def files(in_folder):
    """train.txt and test.txt with labels, lines.txt without."""
    for name, (texts, labels) in (("train.txt", TRAIN), ("test.txt", TEST)):
        lines = [f"__label__{label} {text}\n" for text, label in zip(texts, labels)]
        (in_folder / name).write_text("".join(lines), encoding="utf-8")
    (in_folder / "lines.txt").write_text("\n".join([*TEST[0][:3], "", TEST[0][3]]) + "\n", encoding="utf-8")
    return in_folder


@pytest.fixture
def model(files):
    small().fit(*TRAIN).save("model.safetensors")
    return "model.safetensors"


def test_train_then_test(files, capsys):
    assert main(["classify", "train", "train.txt", "-o", "a.safetensors", *OPTIONS, "--quiet"]) == 0
    assert capsys.readouterr() == ("a.safetensors\n", "")
    assert main(["classify", "test", "a.safetensors", "test.txt"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["label", "precision", "recall", "f1", "texts"]
    assert [row[0] for row in rows[1:]] == ["sport", "music", "politics", "art", "all, k 1", "accuracy"]
    assert float(rows[-1][1]) > 0.97 and rows[-1][-1] == "300"
    assert main(["classify", "test", "a.safetensors", "test.txt", "--json", "-k", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["k"] == 2 and found["precision"] < 0.6 and found["recall"] > 0.97


def test_train_says_what_was_passed_and_never_replaces(files, capsys):
    (files / "more.txt").write_text("no label here\n")
    command = ["classify", "train", "train.txt", "more.txt", "-o", "a.bin", *OPTIONS]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out == "a.bin\n" and "4 labels" in err and "1 lines without a label were passed" in err
    assert main(command) == 1
    assert "give --force to replace it" in capsys.readouterr().err
    assert main([*command, "--force", "--json", "--quiet"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == 4 and facts["corpus"]["texts"] == 1500 and facts["options"]["vector_size"] == 12
    assert TextClassifier.load("a.bin").labels == ["sport", "music", "politics", "art"]


def test_predict_answers_every_line(model, capsys, monkeypatch):
    assert main(["classify", "predict", model, "lines.txt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    texts = [*TEST[0][:3], "", TEST[0][3]]
    wanted = TextClassifier.load(model).predict(texts)
    assert lines == [f"__label__{row[0][0]}" for row in wanted]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(texts).encode())))
    assert main(["classify", "predict", model, "-k", "2", "--probability"]) == 0
    first = capsys.readouterr().out.splitlines()[0].split(" ")
    (label, value), (second, _) = TextClassifier.load(model).predict(texts[0], k=2)
    assert (first[0], first[2]) == (f"__label__{label}", f"__label__{second}")
    assert float(first[1]) == pytest.approx(value, rel=1e-5)
    assert main(["classify", "predict", model, "lines.txt", "--threshold", "2"]) == 0
    assert capsys.readouterr().out == "\n" * 5


def test_labels_of_lines_are_no_part_of_their_bytes(files, capsys):
    small(byte_ngrams="3", bucket=5000).fit(*TRAIN).save("bytes.safetensors")
    assert main(["classify", "predict", "bytes.safetensors", "test.txt", "--probability"]) == 0
    values = [float(line.split(" ")[1]) for line in capsys.readouterr().out.splitlines()]
    wanted = TextClassifier.load("bytes.safetensors").predict(TEST[0])
    assert values == pytest.approx([row[0][1] for row in wanted], rel=1e-4)


def test_compress(model, capsys):
    command = ["classify", "compress", model, "-o", "small.safetensors", "--cutoff", "150", "--retrain", "train.txt"]
    assert main([*command, "--epochs", "2", "--quiet", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rows"] == 150 and len(facts["compression"]["loss"]) == 2
    assert main(["classify", "test", "small.safetensors", "test.txt", "--quiet"]) == 0
    assert float(capsys.readouterr().out.splitlines()[-1].split("\t")[1]) > 0.85


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (["train", "lines.txt", "-o", "a.st"], 1, "two labels at least"),
        (["train", "empty.txt", "-o", "a.st"], 1, "no tokens"),
        (
            ["train", "train.txt", "-o", "a.st", "--min-n", "3", "--max-n", "2"],
            2,
            "--min-n must be at most --max-n; got 3 and 2",
        ),
        (["train", "train.txt", "-o", "a.st", "--bucket", "0", "--word-ngrams", "2"], 2, "--bucket must be at least 1"),
        (["train", "train.txt", "-o", "a.bin", "--byte-ngrams", "2"], 2, "OUT must not be .bin"),
        (["train", "train.txt"], 2, "-o/--output"),
        (["test", "model.safetensors", "lines.txt"], 1, "lines must have labels to test with"),
        (["test", "train.txt", "train.txt"], 1, "must be a native file of wordvec or a supervised model"),
        (["predict", "missing", "lines.txt"], 1, "missing"),
        (["predict", "model.safetensors", "missing.txt"], 1, "there is no file"),
        (["compress", "model.safetensors", "-o", "b.bin"], 2, "OUT must not be .bin"),
        (["compress", "model.safetensors", "-o", "b.st", "--epochs", "3"], 2, "give the corpus"),
        (["guess", "-o", "a.st"], 2, "invalid choice"),
    ],
)
def test_what_goes_wrong(model, files, capsys, command, status, said):
    (files / "empty.txt").write_bytes(b"")
    assert main(["classify", *command]) == status
    assert said in capsys.readouterr().err


def test_labels_that_the_model_does_not_know(model, files, capsys):
    (files / "new.txt").write_text("__label__new w1\n__label__sport sp1é sp2é\nno label\n", encoding="utf-8")
    assert main(["classify", "test", model, "new.txt"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].split("\t")[1] == "0.5000"
    assert "do not know" not in err and "does not know count as not found: 'new'" in err
    assert "1 lines without a label were passed" in err


TUNE = ["classify", "train", "train.txt", "--autotune", "test.txt", "-o", "a.safetensors", "--workers", "1"]


def test_autotune_says_what_it_tries_and_writes_the_best(files, capsys):
    assert main([*TUNE, "--trials", "3", "--vector-size", "8", "--epochs", "4"]) == 0
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "a.safetensors\n" and lines[0].startswith("trial 1: alpha=0.1 word_ngrams=1 min_n=0 max_n=0: 0.")
    assert lines[3].startswith("best of 3: trial ") and "epoch" not in err
    model = TextClassifier.load("a.safetensors")
    best = max(float(line.split(": ")[2].split(",")[0]) for line in lines[:3])
    assert model.metadata["autotune"]["value"] == pytest.approx(best, abs=1e-4)
    assert (model.options.vector_size, model.options.epochs) == (8, 4)


def test_autotune_keeps_to_a_size(files, capsys):
    line = ["--trials", "2", "--max-size", "60kB", "--metric", "accuracy", "--quiet"]
    assert main([*TUNE[:-3], "small.ftz", "--workers", "1", *line, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["output"] == "small.ftz" and facts["file_bytes"] <= 60_000
    assert (files / "small.ftz").stat().st_size == facts["file_bytes"]


BAD_TUNING = [
    (["--minutes", "0"], "--minutes must be a number > 0"),
    (["--metric", "best"], "--metric must be one of f1"),
    (["--max-size", "2 lines"], "--max-size must be bytes"),
    (["--checkpoint", "kept"], "--checkpoint must be left out with --autotune"),
    (["--alpha", "-1"], "--alpha must be"),
]


@pytest.mark.parametrize(("words", "message"), BAD_TUNING, ids=lambda words: " ".join(words)[:20])
def test_what_autotune_refuses(words, message, files, capsys):
    assert main([*TUNE, *words]) == 2
    assert message in capsys.readouterr().err


def test_what_goes_with_autotune_only(files, capsys):
    plain = ["classify", "train", "train.txt", "-o"]
    for words, message in [
        (["a.safetensors", "--trials", "3"], "--trials needs --autotune VALID"),
        (["a.safetensors", "--max-size", "2MB"], "--max-size needs --autotune VALID"),
        (["a.ftz", "--autotune", "test.txt"], "without --max-size"),
        (["a.bin", "--autotune", "test.txt", "--max-size", "2MB"], "OUT must not be .bin with --max-size"),
    ]:
        assert main([*plain, *words]) == 2
        assert message in capsys.readouterr().err
    assert main([*plain, "test.txt", "--autotune", "test.txt", "--force"]) == 1  # an output in the place of an input


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_writes_the_best_so_far(files):
    line = [*TUNE, "--minutes", "3"]
    with subprocess.Popen([sys.executable, "-m", "wordvec", *line], stderr=subprocess.PIPE) as process:
        seen = [process.stderr.readline().decode() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read().decode()
        assert process.wait(timeout=30) == 130
    assert seen[1].startswith("trial 2") and "best of" in rest and "interrupted" in rest and "Traceback" not in rest
    assert TextClassifier.load("a.safetensors").metadata["autotune"]["trials"] >= 2
