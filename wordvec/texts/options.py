"""The options of text encoders and of topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded


@dataclass(frozen=True, kw_only=True)
class EncoderOptions(Options):
    """How the vectors of words become the vector of a text."""

    agg: Literal["auto", "mean", "max", "sum", "tfidf", "sif", "usif", "product", "fasttext"] = option(
        "auto", "how words become a text; auto: what the vectors were made for, else the mean"
    )
    oov: Literal["auto", "skip", "subword"] = option(
        "auto", "unknown words; auto: by the policy of the vectors, skip: left out, subword: composed of n-grams"
    )
    norm: Literal["auto", "l2"] | None = option(
        "auto", "l2: scale the vectors of texts to unit length; auto: where their tokenizer says so"
    )
    lowercase: bool = option(False, "lower-case the texts")
    sif_a: float = option(1e-3, "SIF: words weigh A / (A + share of the tokens)", above=0)
    usif_length: float = option(11.0, "uSIF: mean number of words of a text", above=0)
    components: int | None = option(
        None, "common components to remove; none given: 1 for sif, 5 for usif, else 0", low=0
    )
    workers: int | None = option(None, "threads; none given: all usable cores", low=1, high=1024, resource=True)


@dataclass(frozen=True, kw_only=True)
class TopicOptions(Options):
    """Which documents the vector of a topic is the mean of."""

    num_docs: int = option(100, "at most this many documents for each topic, the nearest to its keywords", low=1)
    threshold: float = option(-1.0, "only documents whose cosine with the mean of the keywords is at least this")


@dataclass(frozen=True, kw_only=True)
class TuneOptions(Options, Threaded):
    """How the rows of words are tuned for texts."""

    epochs: int = option(5, "passes over the texts", low=1)
    alpha: float = option(0.1, "learning rate at the start, of Adagrad with a number for each row", above=0)
    min_alpha: float = option(1e-4, "learning rate at the end; it falls linearly", low=0)
    batch_size: int = option(
        256, "texts, or pairs, in a step; the others of a batch are the negatives of a pair", low=2
    )
    scale: float = option(20.0, "of pairs: cosines are multiplied by this before the softmax", above=0)
    loss: Literal["cosine", "mse"] = option(
        "cosine", "of a teacher: 1 - the cosine of a mean and the teacher's vector, or their squared distance"
    )
    lowercase: bool = option(False, "lower-case the texts for the words; the teacher gets them as they are")
    teacher_batch: int = option(32, "texts in a batch for the teacher", low=1, resource=True)
    seed: int = option(1, "seed of the order of the texts", low=0, high=2**63 - 1)
    workers: int | None = workers_option("results repeat bit for bit with 1 only")
