"""Fixtures shared by the tests: the sample corpus and vectors trained on it, files and texts."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

import wordvec

HERE = Path(__file__).parent
CORPORA = HERE.parent / "corpora"

# As in a job in the background or under nohup, whose children would inherit that these are ignored.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(config, items):
    """Leave out what takes many minutes, unless `-m` asks for it."""
    unasked = [name for name in ("fuzz", "thorough") if name not in (config.option.markexpr or "")]
    left_out = [item for item in items if any(map(item.get_closest_marker, unasked))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not any(map(item.get_closest_marker, unasked))]


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
    return wordvec.encode_corpus(sample)


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


@pytest.fixture
def terminal(monkeypatch):
    """Bars are drawn as on a terminal."""
    monkeypatch.setattr("wordvec.base.progress.is_seen", lambda: True)


@pytest.fixture
def file(tmp_path):
    """A function that writes bytes to a text file and gives its path."""
    path = tmp_path / "text.txt"

    def write(data):
        path.write_bytes(data)
        return path

    return write


@pytest.fixture(scope="session")
def zipf():
    """A text of 200,000 tokens in lines of all lengths, with a long tail of rare words."""
    rng = np.random.default_rng(1)
    words = [f"w{n}" if n % 7 else f"rare-word-number-{n}" for n in np.minimum(rng.zipf(1.3, 200_000), 50_000).tolist()]
    ends = np.unique(rng.integers(0, len(words), 9_000)).tolist()
    return "\n".join(" ".join(words[a:b]) for a, b in zip([0, *ends], [*ends, len(words)], strict=True)).encode()
