"""The trainers. To add one: a file here, a line below, a kernel if its mathematics is new, and a test of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from wordvec.base.arguments import is_one_of
from wordvec.base.errors import OptionError
from wordvec.base.options import unknown_option
from wordvec.optim.callbacks import Epoch
from wordvec.trainers.base import Trainer
from wordvec.trainers.bitcipher import BitCipher
from wordvec.trainers.cmow import CMOW, HybridCBOWCMOW
from wordvec.trainers.fasttext import FastText, Floret
from wordvec.trainers.glove import GloVe, SquaredNorm
from wordvec.trainers.hashed import HashEmbedding
from wordvec.trainers.ppmi import PPMISVD
from wordvec.trainers.pu import PULearning
from wordvec.trainers.word2vec import CBOW, SkipGram
from wordvec.vectors import KeyedVectors

TRAINERS: dict[str, type[Trainer]] = {
    "skipgram": SkipGram,
    "cbow": CBOW,
    "fasttext": FastText,
    "floret": Floret,
    "hash": HashEmbedding,
    "glove": GloVe,
    "sn": SquaredNorm,
    "ppmi-svd": PPMISVD,
    "pu": PULearning,
    "bitcipher": BitCipher,
    "cmow": CMOW,
    "cbow-cmow": HybridCBOWCMOW,
}

__all__ = [
    "CBOW",
    "CMOW",
    "PPMISVD",
    "TRAINERS",
    "BitCipher",
    "Epoch",
    "FastText",
    "Floret",
    "GloVe",
    "HashEmbedding",
    "HybridCBOWCMOW",
    "PULearning",
    "SkipGram",
    "SquaredNorm",
    "Trainer",
    "train",
]

FIT = ("init", "keep_context", "callbacks", "progress", "tokenizer", "cache")


def train(corpus: Any, *, model: str = "skipgram", **options: Any) -> KeyedVectors:
    """Vectors trained on a corpus by the model of that name; `options` are those of its class and of `Trainer.fit`.

    >>> import wordvec
    >>> vectors = wordvec.train([["a", "b"], ["b", "c"]] * 10, model="cbow", vector_size=8, min_count=1)
    >>> vectors.vector_size
    8
    """
    if not is_one_of(model, TRAINERS):
        raise OptionError(f"model must be one of {', '.join(TRAINERS)}; got {model!r}")
    how = {name: options.pop(name) for name in FIT if name in options}
    known = [field.name for field in fields(TRAINERS[model])]
    for name in options:
        if name not in known:
            raise unknown_option(name, f"{model} or of fit", [*known, *FIT])
    return TRAINERS[model](**options).fit(corpus, **how)
