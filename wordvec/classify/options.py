"""The options of a text classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded
from wordvec.subwords.ngrams import MAX_N, MAX_ROWS


@dataclass(frozen=True, kw_only=True)
class ClassifierOptions(Options, Threaded):
    """The features of a text and the training of a classifier; the defaults are fastText's."""

    vector_size: int = option(100, "dimensions of a vector", low=1, high=65536)
    epochs: int = option(5, "passes over the lines", low=1)
    alpha: float = option(0.1, "learning rate at the start", above=0)
    min_alpha: float = option(0.0, "learning rate at the end; it falls linearly", low=0)
    loss: Literal["softmax", "ova", "hs"] = option(
        "softmax",
        "softmax: one label of all; ova: each label for itself; hs: hierarchical softmax, for thousands of labels",
    )
    min_count: int = option(1, "words that occur fewer times have no row", low=1)
    min_count_label: int = option(0, "leave out labels that occur in fewer lines", low=0)
    min_n: int = option(0, "characters of the shortest n-gram of a word", low=0, high=MAX_N)
    max_n: int = option(0, "characters of the longest n-gram of a word; 0: no n-grams", low=0, high=MAX_N)
    word_ngrams: int = option(1, "words in the longest word n-gram", low=1, high=255)
    bucket: int = option(2_000_000, "rows that n-grams are hashed to", low=0, high=MAX_ROWS // 2)
    byte_ngrams: str | None = option(None, "lengths of byte n-grams, such as 1,2,4,8; they replace words")
    label_prefix: str = option("__label__", "prefix of the tokens of a line that are labels")
    seed: int = option(1, "seed of every random choice", low=0, high=2**63 - 1)
    workers: int | None = workers_option("results repeat bit for bit with 1 only")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_n > self.max_n:
            raise OptionError(f"min_n must be at most max_n; got {self.min_n} and {self.max_n}")
        if self.label_prefix.split() != [self.label_prefix]:
            raise OptionError(f"label_prefix must be one token, without white space; got {self.label_prefix!r}")
        if self.byte_ngrams is not None and (self.max_n or self.word_ngrams > 1 or self.min_count > 1):
            raise OptionError("byte_ngrams must be given alone; leave max_n, word_ngrams and min_count as they are")
        if self.is_hashed and self.bucket < 1:
            raise OptionError(f"bucket must be at least 1 where n-grams are hashed to it; got {self.bucket}")
        _ = self.byte_lengths

    @property
    def is_hashed(self) -> bool:
        """Whether there are n-grams of any kind."""
        return self.max_n > 0 or self.word_ngrams > 1 or self.byte_ngrams is not None

    @property
    def byte_lengths(self) -> list[int]:
        """The lengths of n-grams of bytes, rising; none where a text is words."""
        if self.byte_ngrams is None:
            return []
        parts = self.byte_ngrams.split(",")
        if not all(part.strip().isdecimal() and 1 <= int(part) <= MAX_N for part in parts):
            raise OptionError(
                f"byte_ngrams must be numbers from 1 to {MAX_N} with commas between them; got {self.byte_ngrams!r}"
            )
        return sorted(set(map(int, parts)))
