"""Fixtures shared by the tests: the sample corpus and vectors trained on it."""

import json
import os
from pathlib import Path

import pytest

import wordvec

HERE = Path(__file__).parent
CORPORA = HERE.parent / "corpora"


@pytest.fixture(scope="session")
def sample():
    """The path of the sample corpus."""
    return CORPORA / "sample.txt"


@pytest.fixture(scope="session")
def topics():
    """The planted topics: name -> word forms."""
    return json.loads((CORPORA / "sample-topics.json").read_text())


@pytest.fixture(scope="session")
def encoded_sample(sample):
    """The sample as ids, read once."""
    return wordvec.encode(sample)


@pytest.fixture(scope="session")
def skipgram(encoded_sample):
    """Skip-gram vectors of the sample."""
    return wordvec.SkipGram(vector_size=64, epochs=8, workers=2).fit(encoded_sample)


@pytest.fixture(scope="session")
def cbow(encoded_sample):
    """CBOW vectors of the sample."""
    return wordvec.CBOW(vector_size=64, epochs=12, workers=2).fit(encoded_sample)


@pytest.fixture
def in_folder(tmp_path):
    """An empty folder that is the current one."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)
