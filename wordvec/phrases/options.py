"""The options of phrases: which pairs of words count as one, and how many passes join them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded

# Words that may stand within an English phrase, as in bank_of_america: articles, prepositions, conjunctions.
ENGLISH_CONNECTOR_WORDS = frozenset("a an the for of with without at from to in on by and or".split())


@dataclass(frozen=True, kw_only=True)
class PhraseOptions(Options, Threaded):
    """Score and threshold, delimiter, passes, memory and threads."""

    min_count: int = option(5, "leave out pairs of words that occur fewer times", low=1)
    threshold: float = option(10.0, "a pair whose score is higher is a phrase")
    scoring: Literal["default", "npmi", "log-likelihood"] = option(
        "default",
        "default: of word2vec (Mikolov et al. 2013); npmi: normalised pointwise mutual information, -1 to 1 (Bouma "
        "2009); log-likelihood: ratio of likelihoods (Dunning 1993)",
    )
    delimiter: str = option("_", "what joins the words of a phrase")
    passes: int = option(1, "how often pairs are joined: two passes find phrases of up to four words", low=1, high=20)
    max_words: int | None = option(None, "most words of a phrase, connector words counted", low=2)
    memory: float = option(2.0, "gigabytes of memory for pairs; if they take more, the ids are read again", above=0,
                           resource=True)  # fmt: skip
    workers: int | None = workers_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delimiter:
            raise OptionError("delimiter must have a character; got an empty string")
        if self.scoring == "default" and self.threshold <= 0:
            raise OptionError(f"threshold must be above 0 with scoring default; got {self.threshold:g}")
        if self.scoring == "npmi" and not -1 <= self.threshold <= 1:
            raise OptionError(f"threshold must be from -1 to 1 with scoring npmi; got {self.threshold:g}: try .5")
