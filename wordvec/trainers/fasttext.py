"""fastText (Bojanowski et al. 2017) and floret: words from their character n-grams, on the kernel of skip-gram and CBOW."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import OptionError
from wordvec.keyed_vectors import KeyedVectors
from wordvec.options import option
from wordvec.rows import MAX_N, MAX_ROWS, NGramHash, check_lengths, mean_rows
from wordvec.subwords import Subwords
from wordvec.trainers.bags import NGrams
from wordvec.trainers.word2vec import Inputs, Word2Vec
from wordvec.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class FastText(Word2Vec):
    """The mean of a word's row and of those of its character n-grams is its vector (Bojanowski et al. 2017)."""

    sg: bool = option(True, "skip-gram, not CBOW")
    min_n: int = option(3, "characters of the shortest n-gram", low=0, high=MAX_N)
    max_n: int = option(6, "characters of the longest n-gram; 0: words only", low=0, high=MAX_N)
    bucket: int = option(2_000_000, "rows on which the hashes of n-grams fall", low=1, high=MAX_ROWS // 2)

    name: ClassVar[str] = "fasttext"
    exact: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_n:
            check_lengths(max(1, self.min_n), self.max_n)

    @property
    def cbow(self) -> bool:  # type: ignore[override]
        """Whether words predict what is between them."""
        return not self.sg

    def _inputs(self, words: Vocabulary, init: KeyedVectors | None) -> Inputs:
        if self.max_n == 0:
            return super()._inputs(words, init)
        hashing = NGramHash("fasttext", max(1, self.min_n), self.max_n, self.bucket)
        ngrams, size = NGrams.make(words, hashing, self.threads), len(words)
        bags, input = ngrams.bags, self._random(ngrams.bags.size + 1)
        input[-1] = 0  # the row of all n-grams that do not occur
        if init is not None:
            self._put(init, words, ngrams, input)

        def vectors(metadata: dict[str, Any], context: NDArray[np.float32] | None) -> KeyedVectors:
            made = bags.composed(input, None, self.vector_size, self.threads)
            pruned = np.stack([ngrams.buckets, np.arange(len(ngrams.buckets), dtype=np.int32)], axis=1)
            lengths = {"min_n": hashing.min_n, "max_n": hashing.max_n, "bucket": hashing.bucket}
            subwords = Subwords("fasttext", input[size:], **lengths, pruned=pruned, zeros=True)
            return KeyedVectors(words, made, metadata=metadata, context=context, subwords=subwords)

        return Inputs(bags.arguments(input, None), vectors)

    def _put(self, init: KeyedVectors, words: Vocabulary, ngrams: NGrams, input: NDArray[np.float32]) -> None:
        """Let known words start at their vectors in `init`, and n-grams at their rows where it has the same kind of them.

        A word's vector is a mean: its own row starts where, with those of its n-grams, it gives that vector.
        """
        size, given = len(words), init.subwords
        same = ("kind", "fasttext"), ("min_n", max(1, self.min_n)), ("max_n", self.max_n), ("bucket", self.bucket)
        if given is not None and all(getattr(given, name) == value for name, value in same):
            for first in range(0, len(ngrams.buckets), 4096):
                part = ngrams.buckets[first : first + 4096]
                input[size + first : size + first + len(part)] = given.rows_of(part)
        known = init.vocabulary.ids(words)
        bags, found = ngrams.bags, np.flatnonzero(known >= 0)
        for part in np.array_split(found, len(found) // 4096 + 1):
            starts, rows = bags.of(part)
            means = np.empty((len(part), self.vector_size), np.float32)
            mean_rows(input, starts, rows, means)
            count = np.diff(starts)[:, None].astype(np.float32)
            input[part] += count * (np.asarray(init.vectors[known[part]]) - means)
