"""Fixtures of the tests of the command: a folder with files, and a command line that is run in this process."""

import pytest

from wordvec import KeyedVectors
from wordvec.cli import main

TEXT = "\n".join(f"{a} {b} {c}" for a, b, c in [("sun", "moon", "star"), ("cat", "dog", "cow")] for _ in range(40))


@pytest.fixture
def here(in_folder):
    """A current folder with a corpus, vectors, word pairs and analogies in it."""
    (in_folder / "text.txt").write_text(TEXT)
    rows = [[2, 0, 0], [2, 2, 0], [0, 0, 2], [0, 2, 2.5], [0, 0, -2]]
    KeyedVectors(["man", "king", "woman", "queen", "tax"], rows, counts=[9, 5, 4, 2, 1]).save("toy.safetensors")
    (in_folder / "pairs.tsv").write_text("king\tqueen\t7\nking\ttax\t1\nman\tking\t9\nking\tprince\t8\n")
    (in_folder / "questions.txt").write_text(": royal\nman king woman queen\nman king girl princess\n")
    return in_folder


@pytest.fixture
def command(capsys):
    """Run a command line; its exit status, stdout and stderr."""

    def run(*words):
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return run
