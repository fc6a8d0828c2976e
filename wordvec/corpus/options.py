"""The options of trainers and counters that read a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded


@dataclass(frozen=True, kw_only=True)
class CorpusOptions(Options, Threaded):
    """Vocabulary, window, seed and threads."""

    window: int = option(5, "words of context on either side", low=1, high=1000)
    min_count: int = option(5, "leave out words that occur fewer times", low=1)
    max_vocab: int | None = option(None, "keep at most this many words, the most frequent ones", low=1)
    lowercase: bool = option(False, "lower-case the text")
    seed: int = option(1, "seed of every random choice", low=0, high=2**63 - 1)
    workers: int | None = workers_option()

    def reading(self) -> dict[str, Any]:
        """The options for `wordvec.encode_corpus`."""
        return {
            "min_count": self.min_count,
            "max_vocab": self.max_vocab,
            "lowercase": self.lowercase,
            "workers": self.threads,
        }
