"""Wrong usage, failures, help and version: exit statuses and messages of all verbs."""

from pathlib import Path

import pytest

import wordvec
from wordvec.cli import VERBS

SMALL = ["--vector-size", "8", "--epochs", "2", "--min-count", "1", "--workers", "1"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["--nonsense"],
        ["train"],
        ["train", "text.txt", "--nonsense"],
        ["similar", "toy.safetensors"],
        ["similar", "toy.safetensors", "king", "-n", "0"],
        ["similar", "toy.safetensors", "king", "-n", "x"],
        ["analogy", "toy.safetensors", "man", "king"],
        ["similar", "toy.safetensors", "-", "king"],
        ["analogy", "toy.safetensors", "man", "-", "king"],
        ["train", "text.txt", "--model", "nonsense"],
        ["train", "text.txt", "--window", "0"],
        ["train", "text.txt", "--vector-size", "0"],
        ["train", "text.txt", "--workers", "0"],
        ["train", "text.txt", "--alpha", "nan"],
        ["train", "text.txt", "--cbow-grad", "exact"],
        ["train", "text.txt", "--epoch", "3"],
        ["eval", "toy.safetensors", "pairs.tsv", "--restrict-vocab", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_why(here, command, words):
    status, out, err = command(*words)
    assert (status, out) == (2, "") and "wordvec" in err
    assert not Path("text.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["similar", "toy.safetensors", "prince"], "prince"),
        (["similar", "missing.safetensors", "king"], "missing.safetensors"),
        (["similar", "text.txt", "king"], "text.txt"),
        (["info", "."], "."),
        (["verify", "missing.safetensors"], "missing.safetensors"),
        (["train", "missing.txt"], "missing.txt"),
        (["train", "empty.txt", "-o", "out.safetensors"], "no tokens"),
        (["train", "text.txt", "--min-count", "1000"], "1000"),
        (["train", "text.txt", "--init", "missing.safetensors"], "missing.safetensors"),
        (["eval", "toy.safetensors", "--pairs", "missing.tsv"], "missing.tsv"),
        (["eval", "toy.safetensors", "--pairs", "empty.txt"], "empty.txt"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_failures_exit_with_1_and_one_line(here, command, words, said):
    Path("empty.txt").touch()
    before = sorted(here.iterdir())
    status, out, err = command(*words, *(["--quiet"] if words[0] == "train" else []))
    assert (status, out) == (1, "")
    assert err.startswith("wordvec: error: ") and said in err and err.count("\n") == 1
    assert sorted(here.iterdir()) == before


def test_help_and_version(command):
    status, out, _ = command("--help")
    assert status == 0 and all(name in out for name in VERBS)
    assert command("--version") == (0, f"wordvec {wordvec.__version__}\n", "")
    for verb in VERBS:
        assert command(verb, "--help")[0] == 0


def test_files_and_flags_come_in_any_order(here, command):
    Path("more.txt").write_text("owl bat owl bat\n")
    assert command("train", "text.txt", *SMALL, "more.txt", "--quiet")[0] == 0
    assert "owl" in wordvec.load("text.safetensors")
    assert command("eval", "--restrict-vocab", "4", "toy.safetensors", "--json", "pairs.tsv", "questions.txt")[0] == 0
    assert command("similar", "-n", "1", "toy.safetensors", "--json", "king")[0] == 0
