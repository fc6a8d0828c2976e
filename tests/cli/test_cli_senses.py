"""`wordvec senses`: senses of the words of a file of vectors, and what does not fit."""

import json

import numpy as np
import pytest

import wordvec


@pytest.fixture
def run(in_folder, command):
    """A folder with vectors and a text in which `bank` has two senses; run a command line."""
    words = ["bank", *(f"{topic}{i}" for topic in "xy" for i in range(4))]
    rows = [[1, 1, 0], *([3 * (word[0] == "x"), 3 * (word[0] == "y"), 0.1 * i] for i, word in enumerate(words[1:]))]
    wordvec.KeyedVectors(words, np.array(rows, "f4")).save("kv.safetensors")
    text = [" ".join(["bank", *(f"{'xy'[i % 2]}{(i + j) % 4}" for j in range(3))]) for i in range(120)]
    (in_folder / "text.txt").write_text("\n".join(text) + "\n")
    (in_folder / "words.txt").write_text("bank\n")
    (in_folder / "none.txt").write_text("\n")
    return lambda *words: command("senses", "kv.safetensors", "text.txt", "--sample", "0", *words)


def test_senses_are_written(run):
    status, out, err = run("-o", "senses.safetensors", "--words", "words.txt")
    assert status == 0 and out == "senses.safetensors\n"
    assert "10 senses of 9 words, 1 of which were looked at" in err
    senses = wordvec.load("senses.safetensors")
    assert senses.shares("bank").tolist() == [0.5, 0.5]
    told = json.loads(run("-o", "all.safetensors", "--json", "--prototypes", "1")[1])
    assert told["senses"] == 9 and told["looked_at"] == 5 and told["options"]["prototypes"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "s.safetensors", "--words", "none.txt"], "--words none.txt must have words"),
        (["-o", "kv.safetensors"], "kv.safetensors"),
        (["-o", "s.safetensors", "--prototypes", "0"], "prototypes"),
    ],
)
def test_what_does_not_fit(run, words, message):
    status, _, err = run(*words)
    assert status != 0 and message in err
