"""The types at the door: a client that uses the library in the ordinary way passes mypy --strict."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import wordvec

CLIENT = """
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

import wordvec
from wordvec.classify import TextClassifier

Floats = NDArray[np.float32]
Neighbours = list[tuple[str, float]]


def main(corpus: Path, limit: int | None) -> dict[str, float]:
    kv = assert_type(wordvec.train(corpus, model="cbow", vector_size=50), wordvec.KeyedVectors)
    kv.save(corpus.with_suffix(".safetensors"))
    kv = assert_type(wordvec.load(corpus.with_suffix(".safetensors")), wordvec.KeyedVectors)
    king = assert_type(kv["king"], Floats)
    both = assert_type(kv[["king", "queen"]], Floats)
    near = assert_type(kv.most_similar(["king", ("woman", 0.5), king], "man", topn=5), Neighbours)
    scores = assert_type(kv.most_similar("king", topn=None, clip_end=100), Floats)
    scores += assert_type(kv.most_similar("king", None, None), Floats)
    either = assert_type(kv.most_similar("king", topn=limit), Neighbours | Floats)
    near += assert_type(kv.most_similar("king", within={"pos": "NOUN"}, min_score=0.2, workers=1), Neighbours)
    batches = assert_type(kv.most_similar_batch(["king", king], topn=2), list[Neighbours])
    near += assert_type(kv.most_similar_cosmul(["king", "woman"], ["man"]), Neighbours)
    scores += assert_type(kv.most_similar_cosmul(["king", "woman"], topn=None), Floats)
    near += assert_type(kv.similar_by_word("king"), Neighbours) + kv.similar_by_vector(both[0], 3)
    scores += assert_type(kv.similar_by_word("king", None), Floats)
    cosine = assert_type(kv.similarity("king", "queen"), float) + kv.wmdistance(["king"], ["queen"])
    odd = assert_type(kv.doesnt_match(["king", "queen", "tax"]), str)
    words = assert_type(kv.closer_than("king", "queen"), list[str])
    known = assert_type(kv.subset([odd, *words]).merge(kv).compress("int8"), wordvec.KeyedVectors)
    known.with_oov(lambda word: np.zeros(50) if word else None).add_vector("new", king)
    correlation = assert_type(kv.evaluate_word_pairs("pairs.tsv").spearman, float | None)
    classifier = TextClassifier.load("model.safetensors")
    one = assert_type(classifier.predict("a text"), Neighbours)
    several = assert_type(classifier.predict(["a text", "another"], k=2), list[Neighbours])
    return {**dict(one), **dict(several[0]), **dict(batches[0]), odd: cosine + (correlation or 0) + len(either)}
"""


def check(tmp_path, source):
    """What mypy --strict says of a script that is no part of the package."""
    (tmp_path / "client.py").write_text(source)
    root = str(Path(wordvec.__file__).parent.parent)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path), "client.py"]
    environment = {"MYPYPATH": root, "PATH": "", "HOME": str(tmp_path)}
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)


@pytest.mark.thorough
@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed: pip install wordvec[lint]")
def test_a_client_passes_mypy_strict(tmp_path):
    done = check(tmp_path, CLIENT)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = """
assert_type(wordvec.load("x").most_similar("king"), Floats)
wordvec.load("x").most_similar(3)
"""
    done = check(tmp_path, CLIENT + wrong)
    assert "[assert-type]" in done.stdout and "[call-overload]" in done.stdout and done.stdout.count("error:") == 2
