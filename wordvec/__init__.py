"""Static word embeddings: train, keep, query."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as `typing` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from wordvec.base.errors import (
        CorpusError,
        FormatError,
        LibraryError,
        OptionError,
        OutputError,
        TrainingError,
        UnknownWordError,
        WordTypeError,
        WordvecError,
    )
    from wordvec.cooccurrence import Cooccurrence, count
    from wordvec.corpus import EncodedCorpus, encode
    from wordvec.formats import load
    from wordvec.trainers import (
        CBOW,
        CMOW,
        PPMISVD,
        TRAINERS,
        BitCipher,
        FastText,
        Floret,
        GloVe,
        HashEmbedding,
        HybridCBOWCMOW,
        PULearning,
        SkipGram,
        SquaredNorm,
        train,
    )
    from wordvec.trainers.cipher import Cipher
    from wordvec.vectors import Concatenated, KeyedVectors
    from wordvec.vocabulary import Vocabulary

__version__ = "0.1.0"

# Where each public name lives; it is imported when it is first used, so that `import wordvec` stays quick.
_HOME = {
    "BitCipher": "trainers",
    "CBOW": "trainers",
    "CMOW": "trainers",
    "Cipher": "trainers.cipher",
    "Concatenated": "vectors",
    "Cooccurrence": "cooccurrence",
    "CorpusError": "base.errors",
    "EncodedCorpus": "corpus",
    "FastText": "trainers",
    "Floret": "trainers",
    "FormatError": "base.errors",
    "GloVe": "trainers",
    "HashEmbedding": "trainers",
    "HybridCBOWCMOW": "trainers",
    "KeyedVectors": "vectors",
    "LibraryError": "base.errors",
    "OptionError": "base.errors",
    "OutputError": "base.errors",
    "PPMISVD": "trainers",
    "PULearning": "trainers",
    "SkipGram": "trainers",
    "SquaredNorm": "trainers",
    "TRAINERS": "trainers",
    "TrainingError": "base.errors",
    "UnknownWordError": "base.errors",
    "Vocabulary": "vocabulary",
    "WordTypeError": "base.errors",
    "WordvecError": "base.errors",
    "count": "cooccurrence",
    "encode": "corpus",
    "load": "formats",
    "train": "trainers",
}

# modules that are attributes, imported as late
_PARTS = ("align", "classify", "documents", "evaluate", "fasttext", "formats", "gensim", "interop", "search", "texts")

__all__ = [
    "CBOW",
    "CMOW",
    "PPMISVD",
    "TRAINERS",
    "BitCipher",
    "Cipher",
    "Concatenated",
    "Cooccurrence",
    "CorpusError",
    "EncodedCorpus",
    "FastText",
    "Floret",
    "FormatError",
    "GloVe",
    "HashEmbedding",
    "HybridCBOWCMOW",
    "KeyedVectors",
    "LibraryError",
    "OptionError",
    "OutputError",
    "PULearning",
    "SkipGram",
    "SquaredNorm",
    "TrainingError",
    "UnknownWordError",
    "Vocabulary",
    "WordTypeError",
    "WordvecError",
    "count",
    "encode",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"wordvec.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    if name in _PARTS:
        return import_module(f"wordvec.{name}")
    raise AttributeError(f"module 'wordvec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_PARTS])
