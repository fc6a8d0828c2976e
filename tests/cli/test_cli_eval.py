"""`wordvec eval`: the scores, and what cannot be scored."""

import json
from pathlib import Path

import numpy as np
import pytest

from wordvec import KeyedVectors


def test_eval(here, command):
    status, out, err = command("eval", "toy.safetensors", "--pairs", "pairs.tsv", "--analogies", "questions.txt")
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert rows[0] == ["pairs.tsv", "spearman", "1.0000", "3 of 4"]
    assert rows[-1] == ["questions.txt", "accuracy", "1.0000", "1 of 2"]
    assert "looked up" in err and "3CosAdd" in err
    by_content = command("eval", "toy.safetensors", "pairs.tsv", "questions.txt")
    assert by_content[1] == out
    results = json.loads(command("eval", "toy.safetensors", "questions.txt", "--dummy4unknown", "--json")[1])
    assert results[0]["accuracy"] == 0.5 and results[0]["found"] == 1


def test_eval_says_what_it_cannot_score(here, command):
    Path("few.txt").write_text("king queen 1\nhello\n")
    status, out, err = command("eval", "toy.safetensors", "--pairs", "few.txt", "--restrict-vocab", "4")
    assert status == 0 and "spearman\t-\t1 of 1" in out
    assert "3 pairs or more" in err and "'hello'" in err and "first 4 rows" in err
    assert command("eval", "toy.safetensors")[0] == 2
    Path("zeros.dat").write_bytes(bytes(9000))
    for file, said in (("toy.safetensors", "a file of vectors (native)"), ("zeros.dat", "something that starts with")):
        for flags in (["--pairs"], ["--analogies"], *([] if "toy" in file else [[]])):  # without a flag it is a model
            status, _, err = command("eval", "toy.safetensors", *flags, file)
            assert status == 1 and "must be text" in err and said in err
    Path("log.txt").write_text("one line\n" * 5000)
    status, _, err = command("eval", "toy.safetensors", "log.txt")
    assert status == 1 and "empty" not in err and "'one line'" in err


@pytest.mark.filterwarnings("default")
def test_warnings_are_lines_on_stderr(here, command):
    KeyedVectors(["a", "king", "queen"], np.eye(3), counts=[1, 5, 2]).save("unsorted.safetensors")
    status, _, err = command("eval", "unsorted.safetensors", "pairs.tsv", "--restrict-vocab", "2")
    assert status == 0 and "wordvec: warning: --restrict-vocab 2" in err
