"""Runs a test module of an installed gensim against wordvec.gensim; results as JSON on stdout.

python tests/gensim/gensim_suite.py gensim.test.test_word2vec

The names gensim.models... are those of wordvec.gensim for the tests, which are read from where gensim is installed.
"""

import importlib
import importlib.util
import json
import logging
import os
import sys
import types

import numpy as np
import pytest

PARTS = ("callbacks", "doc2vec", "fasttext", "keyedvectors", "phrases", "word2vec")
INTERNALS = {
    "_fasttext_bin": (),
    "fasttext_inner": ("compute_ngrams", "compute_ngrams_bytes", "ft_hash_bytes"),
    "word2vec_corpusfile": ("CythonLineSentence",),
}


class Lines(logging.Handler):
    """What was logged, as text."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())

    def __str__(self):
        return "\n".join(self.lines)


def log_capture():
    """The decorator of testfixtures: the test gets what was logged."""

    def decorated(test):
        def run(self):
            lines = Lines()
            logging.getLogger().addHandler(lines)
            try:
                test(self, lines)
            finally:
                logging.getLogger().removeHandler(lines)

        run.__name__ = test.__name__
        return run

    return decorated


def replaced():
    """Let the names of gensim's models stand for those of wordvec.gensim."""
    import gensim
    import gensim.test.utils

    from wordvec.gensim import models

    for name in [name for name in sys.modules if name.startswith("gensim.models")]:
        del sys.modules[name]
    gensim.models = sys.modules["gensim.models"] = models
    for part in PARTS:
        sys.modules[f"gensim.models.{part}"] = getattr(models, part)
    # of the module, not of what it does: a type, a vector, and the function behind a method
    models.keyedvectors.REAL = np.float32
    models.keyedvectors.pseudorandom_weak_vector = lambda size: (np.random.default_rng().random(size) - 0.5) / size
    models.fasttext._unpack = None
    models.phrases._PhrasesTransformation = object  # the base class of an internal test
    for part, names in INTERNALS.items():  # what is compiled in gensim, and read by its own file formats: not ours
        inner = sys.modules[f"gensim.models.{part}"] = types.ModuleType(part)
        inner.__dict__.update(dict.fromkeys(names))
        setattr(models, part, inner)
    models.keyedvectors._load_word2vec_format = lambda cls, fname, binary_chunk_size, **options: (
        cls.load_word2vec_format(fname, **options)
    )
    try:
        importlib.import_module("testfixtures")
    except ImportError:
        sys.modules["testfixtures"] = types.ModuleType("testfixtures")
        sys.modules["testfixtures"].log_capture = log_capture


class Outcomes:
    """How the tests ended, by name."""

    def __init__(self):
        self.passed, self.skipped, self.failed = [], [], {}

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("::")[2]
        if report.failed:
            self.failed[name] = report.longrepr.reprcrash.message[:300] if report.longrepr else "?"
        elif report.skipped:
            self.skipped.append(name)
        elif report.when == "call":
            self.passed.append(name)


def main(name):
    replaced()
    outcomes, path = Outcomes(), importlib.util.find_spec(name).origin
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "--import-mode=importlib", "-c", os.devnull]
    sys.stdout, real = sys.stderr, sys.stdout
    pytest.main([*options, path], plugins=[outcomes])
    sys.stdout = real
    print(json.dumps(vars(outcomes), indent=1))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(sys.argv[1])
