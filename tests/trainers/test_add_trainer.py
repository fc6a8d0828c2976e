"""A trainer is added by one class and one line of a table, as CONTRIBUTING shows it."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import wordvec
from wordvec.base.options import option
from wordvec.cli import main
from wordvec.corpus import EncodedCorpus
from wordvec.trainers import TRAINERS, WordTrainer
from wordvec.trainers.base import FitOptions


@dataclass(frozen=True, kw_only=True)
class RandomVectors(WordTrainer):
    """Random vectors that know nothing of the text: the baseline of every evaluation."""

    scale: float = option(1.0, "standard deviation of each dimension", above=0)
    name: ClassVar[str] = "random"
    iterative: ClassVar[bool] = False

    def _fit(self, corpus: EncodedCorpus, options: FitOptions) -> wordvec.KeyedVectors:
        rows = np.random.default_rng(self.seed).normal(0, self.scale, (len(corpus.vocabulary), self.vector_size))
        return wordvec.KeyedVectors(corpus.vocabulary, rows.astype(np.float32), metadata=self.metadata(corpus))


@pytest.fixture
def added(monkeypatch):
    monkeypatch.setitem(TRAINERS.places, "random", f"{__name__}.RandomVectors")


def test_it_trains_by_name_and_says_its_options(added):
    """`fit`, `train`, bounds, help and metadata follow from the class."""
    vectors = wordvec.train([["a", "b"]] * 10, model="random", vector_size=4, min_count=1, scale=2)
    assert vectors.vectors.shape == (2, 4) and vectors.metadata["options"]["scale"] == 2.0
    assert np.array_equal(vectors.vectors, RandomVectors(vector_size=4, min_count=1, scale=2).fit([["a", "b"]]).vectors)
    with pytest.raises(wordvec.OptionError, match="scale must be a number > 0; got 0"):
        RandomVectors(scale=0)
    with pytest.raises(wordvec.OptionError, match=r"scales must be an option .*: did you mean scale\?"):
        wordvec.train([["a", "b"]], model="random", scales=2)
    assert "scale: float = 1.0 (> 0)\n        standard deviation of each dimension" in RandomVectors.__doc__


def test_it_is_on_the_command_line(added, in_folder, capsys):
    (in_folder / "text.txt").write_text("a b\n" * 10)
    flags = ["--model", "random", "--vector-size", "4", "--min-count", "1", "--scale", "2", "--json", "--quiet"]
    assert main(["train", "text.txt", *flags]) == 0
    assert json.loads(capsys.readouterr().out)["options"]["scale"] == 2.0
    expected = RandomVectors(vector_size=4, min_count=1, scale=2).fit("text.txt")
    assert np.array_equal(wordvec.load("text.safetensors").vectors, expected.vectors)
    assert main(["train", "--model", "random", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "--scale" in out and "standard deviation of each dimension (default: 1.0)" in out
