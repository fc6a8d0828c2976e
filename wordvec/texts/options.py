"""The options of text encoders and of topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wordvec.base.options import Options, option


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
