"""The trainers. To add one: a file here, a line of `TRAINERS`, a kernel if its mathematics is new, and a test of it."""

from __future__ import annotations

import os
from dataclasses import fields
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Literal, overload

from wordvec.base.arguments import is_one_of
from wordvec.base.errors import OptionError
from wordvec.base.option_names import unknown_option
from wordvec.base.tables import Table

if TYPE_CHECKING:
    from wordvec.optim.callbacks import Epoch
    from wordvec.trainers.base import TextTrainer, Trainer, WordTrainer
    from wordvec.trainers.bitcipher import BitCipher
    from wordvec.trainers.cmow import CMOW, HybridCBOWCMOW
    from wordvec.trainers.fasttext import FastText, Floret
    from wordvec.trainers.glove import GloVe, SquaredNorm
    from wordvec.trainers.hashed import HashEmbedding
    from wordvec.trainers.line import LINE
    from wordvec.trainers.pairs import Pairs, PairTrainer
    from wordvec.trainers.paragraphs import PVDBOW, PVDM, BinaryPVDBOW, Documents
    from wordvec.trainers.poincare import Poincare
    from wordvec.trainers.ppmi import PPMISVD
    from wordvec.trainers.pu import PULearning
    from wordvec.trainers.senses import MSSG, AdaGram, Disambiguated, SenseTrainer
    from wordvec.trainers.sent2vec import Sent2Vec, Sentences
    from wordvec.trainers.walks import DeepWalk, Node2Vec
    from wordvec.trainers.word2vec import CBOW, SkipGram
    from wordvec.trainers.x2static import X2Static
    from wordvec.vectors import KeyedVectors, PoincareVectors, SenseVectors

# A model's module is imported when the model is asked for, as all of them take longer than a small training.
TRAINERS: Table[type[Trainer]] = Table(
    __name__,
    {
        "skipgram": ".word2vec.SkipGram",
        "cbow": ".word2vec.CBOW",
        "fasttext": ".fasttext.FastText",
        "floret": ".fasttext.Floret",
        "hash": ".hashed.HashEmbedding",
        "glove": ".glove.GloVe",
        "sn": ".glove.SquaredNorm",
        "ppmi-svd": ".ppmi.PPMISVD",
        "pu": ".pu.PULearning",
        "bitcipher": ".bitcipher.BitCipher",
        "cmow": ".cmow.CMOW",
        "cbow-cmow": ".cmow.HybridCBOWCMOW",
        "pv-dbow": ".paragraphs.PVDBOW",
        "binary-pv-dbow": ".paragraphs.BinaryPVDBOW",
        "pv-dm": ".paragraphs.PVDM",
        "sent2vec": ".sent2vec.Sent2Vec",
        "pairs": ".pairs.Pairs",
        "line": ".line.LINE",
        "deepwalk": ".walks.DeepWalk",
        "node2vec": ".walks.Node2Vec",
        "poincare": ".poincare.Poincare",
        "adagram": ".senses.AdaGram",
        "mssg": ".senses.MSSG",
        "disambiguated": ".senses.Disambiguated",
        "x2static": ".x2static.X2Static",
    },
)

# Public names beside those of the models, which are imported as late.
_OTHERS = (
    ".base.TextTrainer",
    ".base.Trainer",
    ".base.WordTrainer",
    ".pairs.PairTrainer",
    ".paragraphs.Documents",
    ".senses.SenseTrainer",
    ".sent2vec.Sentences",
    "wordvec.optim.callbacks.Epoch",
)
_PUBLIC: Table[Any] = Table(
    __name__, {place.rpartition(".")[2]: place for place in (*TRAINERS.places.values(), *_OTHERS)}
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
    "AdaGram",
    "BinaryPVDBOW",
    "BitCipher",
    "DeepWalk",
    "Disambiguated",
    "Documents",
    "Epoch",
    "FastText",
    "Floret",
    "GloVe",
    "HashEmbedding",
    "HybridCBOWCMOW",
    "Node2Vec",
    "PULearning",
    "PairTrainer",
    "Pairs",
    "Poincare",
    "SenseTrainer",
    "Sent2Vec",
    "Sentences",
    "SkipGram",
    "SquaredNorm",
    "TextTrainer",
    "Trainer",
    "WordTrainer",
    "X2Static",
    "load_documents",
    "train",
]

# The models whose vectors `train` returns as KeyedVectors, for type checkers; of a name that is not here they know
# only that it is one of the three kinds of result.
WordModel = Literal[
    "skipgram",
    "cbow",
    "fasttext",
    "floret",
    "hash",
    "glove",
    "sn",
    "ppmi-svd",
    "pu",
    "bitcipher",
    "cmow",
    "cbow-cmow",
    "pairs",
    "line",
    "deepwalk",
    "node2vec",
    "x2static",
]


@overload
def train(corpus: Any, *, model: WordModel = "skipgram", **options: Any) -> KeyedVectors: ...


@overload
def train(corpus: Any, *, model: Literal["pv-dbow", "binary-pv-dbow", "pv-dm"], **options: Any) -> Documents: ...


@overload
def train(corpus: Any, *, model: Literal["sent2vec"], **options: Any) -> Sentences: ...


@overload
def train(corpus: Any, *, model: Literal["poincare"], **options: Any) -> PoincareVectors: ...


@overload
def train(corpus: Any, *, model: Literal["adagram", "mssg", "disambiguated"], **options: Any) -> SenseVectors: ...


@overload
def train(corpus: Any, *, model: str, **options: Any) -> KeyedVectors | Documents | Sentences: ...


def train(corpus: Any, *, model: str = "skipgram", **options: Any) -> Any:
    """Train the model of that name on a corpus; `options` are those of its class and of its `fit`.

    Returns KeyedVectors of a model of words, `Documents` of paragraph vectors ("pv-dbow", "binary-pv-dbow", "pv-dm"),
    `Sentences` of "sent2vec", `PoincareVectors` of "poincare", which learns from relations, `SenseVectors` of models of
    senses ("adagram", "mssg", "disambiguated"). Raises OptionError for a model or an option that there is not, and what
    `fit` of the model raises.

    >>> import wordvec
    >>> vectors = wordvec.train([["a", "b"], ["b", "c"]] * 10, model="cbow", vector_size=8, min_count=1)
    >>> vectors.vector_size
    8
    >>> model = wordvec.train(["red green", "one two"] * 10, model="pv-dm", vector_size=8, min_count=1, sample=0)
    >>> model.documents.vectors.shape
    (20, 8)
    """
    if not is_one_of(model, TRAINERS):
        raise OptionError(f"model must be one of {', '.join(TRAINERS)}; got {model!r}")
    trainer = TRAINERS[model]
    of_fit = [name for name, one in signature(trainer.fit).parameters.items() if one.kind == Parameter.KEYWORD_ONLY]
    fit_options = {name: options.pop(name) for name in of_fit if name in options}
    known = [field.name for field in fields(trainer)]
    for name in options:
        if name not in known:
            raise unknown_option(name, f"{model} or of fit", [*known, *of_fit])
    return trainer(**options).fit(corpus, **fit_options)


def load_documents(folder: str | os.PathLike[str]) -> Documents | Sentences:
    """Open what `Documents.save` or `Sentences.save` wrote, memory-mapped; FormatError for any other folder.

    >>> from tempfile import TemporaryDirectory
    >>> from wordvec import PVDBOW, load_documents
    >>> with TemporaryDirectory() as folder:
    ...     PVDBOW(vector_size=8, min_count=1, sample=0.0).fit(["red green", "one two"] * 20).save(folder)
    ...     load_documents(folder).encode(["red"]).shape
    (1, 8)
    """
    from wordvec.trainers.document_folders import parts_of

    kind: Any = _PUBLIC["Documents" if "documents" in parts_of(folder) else "Sentences"]
    return kind.load(folder)  # type: ignore[no-any-return]


if not TYPE_CHECKING:  # type checkers know all names by the imports above

    def __getattr__(name: str) -> Any:
        if name in _PUBLIC:
            value = globals()[name] = _PUBLIC[name]
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
