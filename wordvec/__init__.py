"""Static word embeddings: train, keep, query."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as `typing` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from wordvec.cipher import Cipher
    from wordvec.cooccurrence import Cooccurrence, count
    from wordvec.corpus import EncodedCorpus, encode
    from wordvec.errors import (
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
    from wordvec.formats import load
    from wordvec.keyed_vectors import Concatenated, KeyedVectors
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
    from wordvec.vocabulary import Vocabulary

__version__ = "0.1.0"

# Where each public name lives; it is imported when it is first used, so that `import wordvec` stays quick.
_HOME = {
    "BitCipher": "trainers",
    "CBOW": "trainers",
    "CMOW": "trainers",
    "Cipher": "cipher",
    "Concatenated": "keyed_vectors",
    "Cooccurrence": "cooccurrence",
    "CorpusError": "errors",
    "EncodedCorpus": "corpus",
    "FastText": "trainers",
    "Floret": "trainers",
    "FormatError": "errors",
    "GloVe": "trainers",
    "HashEmbedding": "trainers",
    "HybridCBOWCMOW": "trainers",
    "KeyedVectors": "keyed_vectors",
    "LibraryError": "errors",
    "OptionError": "errors",
    "OutputError": "errors",
    "PPMISVD": "trainers",
    "PULearning": "trainers",
    "SkipGram": "trainers",
    "SquaredNorm": "trainers",
    "TRAINERS": "trainers",
    "TrainingError": "errors",
    "UnknownWordError": "errors",
    "Vocabulary": "vocabulary",
    "WordTypeError": "errors",
    "WordvecError": "errors",
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
