"""Static word embeddings: train, keep, query."""

from __future__ import annotations

from importlib import import_module

from wordvec.base.version import __version__ as __version__

TYPE_CHECKING = False  # as `typing` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from wordvec.base.errors import (
        ClusterError,
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
    from wordvec.corpus import EncodedCorpus, encode_corpus
    from wordvec.corpus.relations import Relations
    from wordvec.evaluate.sweeps import sweep
    from wordvec.formats import load
    from wordvec.induction import ALaCarte, FormContext, Selective, induce, senses_of
    from wordvec.optim.checkpoints import Checkpoint
    from wordvec.phrases import FrozenPhrases, Phrases
    from wordvec.trainers import (
        CBOW,
        CMOW,
        LINE,
        MSSG,
        PPMISVD,
        PVDBOW,
        PVDM,
        TRAINERS,
        AdaGram,
        BinaryPVDBOW,
        BitCipher,
        DeepWalk,
        Disambiguated,
        Documents,
        FastText,
        Floret,
        GloVe,
        HashEmbedding,
        HybridCBOWCMOW,
        Node2Vec,
        Pairs,
        Poincare,
        PULearning,
        Sent2Vec,
        Sentences,
        SkipGram,
        SquaredNorm,
        X2Static,
        load_documents,
        train,
    )
    from wordvec.trainers.cipher import Cipher
    from wordvec.trainers.growth import Growth
    from wordvec.vectors import Concatenated, KeyedVectors, PoincareVectors, SenseVectors
    from wordvec.vocabulary import Vocabulary

# Where each public name lives; it is imported when it is first used, so that `import wordvec` stays quick.
_HOME = {
    "ALaCarte": "induction",
    "AdaGram": "trainers",
    "FormContext": "induction",
    "Selective": "induction",
    "BinaryPVDBOW": "trainers",
    "BitCipher": "trainers",
    "CBOW": "trainers",
    "CMOW": "trainers",
    "Checkpoint": "optim.checkpoints",
    "Cipher": "trainers.cipher",
    "Concatenated": "vectors",
    "ClusterError": "base.errors",
    "Cooccurrence": "cooccurrence",
    "CorpusError": "base.errors",
    "DeepWalk": "trainers",
    "Disambiguated": "trainers",
    "Documents": "trainers",
    "EncodedCorpus": "corpus",
    "FastText": "trainers",
    "Floret": "trainers",
    "FormatError": "base.errors",
    "FrozenPhrases": "phrases",
    "GloVe": "trainers",
    "Growth": "trainers.growth",
    "HashEmbedding": "trainers",
    "HybridCBOWCMOW": "trainers",
    "KeyedVectors": "vectors",
    "LINE": "trainers",
    "LibraryError": "base.errors",
    "MSSG": "trainers",
    "Node2Vec": "trainers",
    "OptionError": "base.errors",
    "OutputError": "base.errors",
    "PPMISVD": "trainers",
    "PULearning": "trainers",
    "PVDBOW": "trainers",
    "PVDM": "trainers",
    "Pairs": "trainers",
    "Poincare": "trainers",
    "PoincareVectors": "vectors",
    "Relations": "corpus.relations",
    "Phrases": "phrases",
    "SenseVectors": "vectors",
    "Sent2Vec": "trainers",
    "Sentences": "trainers",
    "SkipGram": "trainers",
    "SquaredNorm": "trainers",
    "TRAINERS": "trainers",
    "TrainingError": "base.errors",
    "UnknownWordError": "base.errors",
    "Vocabulary": "vocabulary",
    "WordTypeError": "base.errors",
    "WordvecError": "base.errors",
    "X2Static": "trainers",
    "count": "cooccurrence",
    "encode_corpus": "corpus",
    "induce": "induction",
    "load": "formats",
    "load_documents": "trainers",
    "senses_of": "induction",
    "sweep": "evaluate.sweeps",
    "train": "trainers",
}

# modules that are attributes, imported as late
_PARTS = (
    "align",
    "classify",
    "distributed",
    "evaluate",
    "fasttext",
    "formats",
    "gensim",
    "graphs",
    "induction",
    "interop",
    "phrases",
    "plot",
    "search",
    "texts",
)

__all__ = [
    "CBOW",
    "CMOW",
    "LINE",
    "MSSG",
    "PPMISVD",
    "PVDBOW",
    "PVDM",
    "TRAINERS",
    "ALaCarte",
    "AdaGram",
    "BinaryPVDBOW",
    "BitCipher",
    "Checkpoint",
    "Cipher",
    "ClusterError",
    "Concatenated",
    "Cooccurrence",
    "CorpusError",
    "DeepWalk",
    "Disambiguated",
    "Documents",
    "EncodedCorpus",
    "FastText",
    "Floret",
    "FormContext",
    "FormatError",
    "FrozenPhrases",
    "GloVe",
    "Growth",
    "HashEmbedding",
    "HybridCBOWCMOW",
    "KeyedVectors",
    "LibraryError",
    "Node2Vec",
    "OptionError",
    "OutputError",
    "PULearning",
    "Pairs",
    "Phrases",
    "Poincare",
    "PoincareVectors",
    "Relations",
    "Selective",
    "SenseVectors",
    "Sent2Vec",
    "Sentences",
    "SkipGram",
    "SquaredNorm",
    "TrainingError",
    "UnknownWordError",
    "Vocabulary",
    "WordTypeError",
    "WordvecError",
    "X2Static",
    "count",
    "encode_corpus",
    "induce",
    "load",
    "load_documents",
    "senses_of",
    "sweep",
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
