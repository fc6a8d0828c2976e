"""`wordvec count`: files of counts, GloVe's too, and training from them."""

import json

import numpy as np
import pytest

import wordvec
from wordvec.cli import main


def test_counts_a_corpus(sample, in_folder, capsys):
    assert main(["count", str(sample), "--window", "3", "--distance-weight", "harmonic", "--quiet"]) == 0
    assert capsys.readouterr().out == "sample.counts.safetensors\n"
    counts = wordvec.Cooccurrence.load("sample.counts.safetensors").check()
    expected = wordvec.count(sample, window=3, distance_weight="harmonic")
    assert np.array_equal(counts.data, expected.data) and counts.options == expected.options
    assert main(["count", str(sample), "--quiet"]) == 1  # it is there
    assert "--force" in capsys.readouterr().err


def test_json(sample, in_folder, capsys):
    assert main(["count", str(sample), "--per-offset", "--window", "2", "--json", "-o", "x.safetensors"]) == 0
    said = json.loads(capsys.readouterr().out)
    counts = wordvec.Cooccurrence.load("x.safetensors")
    assert said["cells"] == len(counts.data) and said["options"]["window"] == 2
    assert counts.offsets.tolist() == [-2, -1, 1, 2]


def test_gloves_files_there_and_back(sample, in_folder, capsys):
    assert main(["count", str(sample), "--window", "3", "-o", "c.bin", "--vocab", "vocab.txt", "--quiet"]) == 0
    assert main(["count", "c.bin", "--from-glove", "--vocab", "vocab.txt", "-o", "c.safetensors", "--quiet"]) == 0
    counts, expected = wordvec.Cooccurrence.load("c.safetensors"), wordvec.count(sample, window=3)
    assert np.array_equal(counts.data, expected.data) and np.array_equal(counts.indices, expected.indices)


def test_lists_of_words_as_in_train(sample, in_folder, capsys):
    words = list(wordvec.encode_corpus(sample).vocabulary)
    (in_folder / "stop.txt").write_text("\n".join(words[:3]))
    assert main(["count", str(sample), "--stop-words", "stop.txt", "-o", "c.safetensors", "--quiet"]) == 0
    assert list(wordvec.Cooccurrence.load("c.safetensors").vocabulary) == list(words[3:])
    (in_folder / "few.txt").write_text(f"{words[5]}\n{words[2]}\nno_such_word\n")
    assert main(["count", str(sample), "--vocab", "few.txt", "-o", "d.safetensors", "--quiet"]) == 0
    assert list(wordvec.Cooccurrence.load("d.safetensors").vocabulary) == [words[5], words[2], "no_such_word"]
    assert main(["count", str(sample), "-o", "c.bin", "--vocab", "v.txt", "--stop-words", "stop.txt", "--quiet"]) == 0
    assert (in_folder / "v.txt").read_text().split()[0] == words[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "c.txt"], "OUT must be name.safetensors"),
        (["-o", "c.bin"], "--vocab must be given for a cooccurrence.bin"),
        (["--from-glove"], "--vocab must be given for a cooccurrence.bin"),
        (["--from-glove", "--vocab", "v.txt", "--stop-words", "s.txt"], "--stop-words must be left out"),
        (["-o", "c.bin", "--vocab", "v.txt", "--from-glove"], "OUT must be name.safetensors with --from-glove"),
        (["--window", "0"], "--window must be an integer >= 1"),
        (["--memory", "0.000001"], "--memory must be at least"),
    ],
    ids=str,
)
def test_wrong_usage(arguments, message, sample, in_folder, capsys):
    assert main(["count", str(sample), "--quiet", *arguments]) == 2
    assert message in capsys.readouterr().err
