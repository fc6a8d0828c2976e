"""gensim.models.phrases: Phrases and FrozenPhrases with gensim's arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import wordvec.phrases
from wordvec.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, npmi_scorer, original_scorer

__all__ = ["ENGLISH_CONNECTOR_WORDS", "FrozenPhrases", "Phraser", "Phrases", "npmi_scorer", "original_scorer"]


class Phrases(wordvec.phrases.Phrases):
    """`wordvec.Phrases` with gensim's arguments; `max_vocab_size` and `progress_per` are ignored: nothing is dropped.

    >>> from wordvec.gensim.models import Phrases
    >>> Phrases([["new", "york"], ["new", "york", "city"]] * 5, 1, 0.4)[["new", "york", "street"]]
    ['new_york', 'street']
    """

    def __init__(
        self,
        sentences: Any = None,
        min_count: int = 5,
        threshold: float = 10.0,
        max_vocab_size: int = 40_000_000,
        delimiter: str = "_",
        progress_per: int = 10_000,
        scoring: str | Callable[..., float] = "default",
        connector_words: Iterable[str] = frozenset(),
        **options: Any,
    ) -> None:
        self.max_vocab_size, self.progress_per = max_vocab_size, progress_per
        options |= {"min_count": min_count, "threshold": threshold, "delimiter": delimiter}
        super().__init__(sentences, scoring=scoring, connector_words=connector_words, **options)


Phraser = FrozenPhrases
